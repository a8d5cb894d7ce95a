"""Products: which of them customers buy, and how much hangs on a few."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from tenure._frame import Table, native_frame
from tenure._report import counted, html_report, text_table
from tenure._typing import override
from tenure.exceptions import EmptyDataError
from tenure.rfm.intervals import sums, wilson

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from numpy.typing import NDArray

    from tenure.auditing._ledger import Ledger

__all__ = ["Products", "products"]

_SHOWN = 10


@dataclass(frozen=True, eq=False, repr=False)
class Products:
    """What customers bought, product by product.

    Beside the five lenses of a customer-base audit: see `audit`.

    Attributes
    ----------
    columns : dict of str to array
        What `to_frame` returns.
    buyers : int
        How many customers bought a product that is known.
    unknown : int
        Lines without a product, which are left out.
    what : str
        What values are: "revenue", "margin" or, without amounts, "lines".
    level : float
        Confidence level of intervals.
    """

    columns: dict[str, NDArray[Any]]
    buyers: int
    unknown: int
    what: str
    level: float
    family: str

    def to_frame(self) -> Any:
        """Return one row a product, the one that brought most first.

        Returns
        -------
        frame
            `product`, `buyers` (customers), `penetration` (their share of all buyers,
            with Wilson's interval `penetration_low` and `penetration_high`), `orders`
            (purchases with it), `lines`, `value`, `share` of the value of all products,
            `cumulative_share`, and `repeat_rate`: the share of its buyers who bought
            it on two occasions or more, with `repeat_low` and `repeat_high`.
        """
        return native_frame(self.columns, family=self.family)

    def __len__(self) -> int:
        """Return the number of products."""
        return len(self.columns["product"])

    def pareto(self, share: float = 0.8) -> int:
        """Return how few products bring a share of the value.

        Parameters
        ----------
        share : float, default 0.8
            Of the value of all products.
        """
        reached = self.columns["cumulative_share"]
        if not np.isfinite(reached).all():
            return len(self)
        # the first to reach it: products that were refunded come last and take away
        return int(np.argmax(reached >= share * (1 - 1e-12))) + 1

    def plot(self, *, ax: Axes | None = None, **kwargs: Any) -> Axes:
        """Draw the products that brought most: `plotting.plot_audit_products`."""
        from tenure.plotting import plot_audit_products  # noqa: PLC0415

        return plot_audit_products(self, ax=ax, **kwargs)

    def sentences(self) -> list[str]:
        """Return what the numbers say, the most important first."""
        from tenure.auditing._words import of_products  # noqa: PLC0415

        return of_products(self)

    def _headline(self) -> str:
        return f"{counted(len(self), 'product')} of {counted(self.buyers, 'buyer')}"

    def _table(self) -> tuple[list[str], list[list[str]]]:
        c = self.columns
        rows = [
            [
                str(c["product"][place]),
                f"{c['buyers'][place]:,}",
                f"{c['orders'][place]:,}",
                f"{c['value'][place]:,.2f}",
                f"{100 * c['share'][place]:.1f} %",
                f"{100 * c['repeat_rate'][place]:.1f} %",
            ]
            for place in range(min(_SHOWN, len(self)))
        ]
        return ["", "buyers", "orders", self.what, "share", "bought again"], rows

    @override
    def __repr__(self) -> str:
        parts = [self._headline(), *self.sentences(), text_table(*self._table())]
        return "\n".join(parts)

    def _repr_html_(self) -> str:
        return html_report(self._headline(), *self._table(), " ".join(self.sentences()))


def products(ledger: Ledger) -> Products:
    """Return what customers bought, from the lines behind the purchases."""
    log, lines = ledger.log, ledger.log.lines
    if lines is None or lines.products is None:
        what = "the log has no products"
        hint = "Transactions(..., product=...) names their column"
        raise EmptyDataError.of(what, hint=hint)
    purchase = np.repeat(np.arange(len(log)), np.diff(lines.offsets))
    known = log.times[purchase] < ledger.end
    codes = Table.of({"product": lines.products}).codes("product")
    kept = known & (codes.values >= 0)
    purchase, code = purchase[kept], codes.values[kept]
    if not len(code):
        what = "no line of the log has a product"
        raise EmptyDataError.of(what)
    size = codes.n_categories
    amounts = np.ones(len(code)) if lines.amounts is None else lines.amounts[kept]
    value = sums(np.nan_to_num(amounts), code, size)
    if ledger.margin is not None:
        value = ledger.margin * value
    owner = np.repeat(np.arange(len(log.customers)), np.diff(log.offsets))
    counts = _counts(code, purchase, owner, size)
    everyone = len(np.unique(owner[purchase]))
    return Products(
        columns=_columns(codes.categories, counts, value, everyone, ledger.level),
        buyers=everyone,
        unknown=int((known & (codes.values < 0)).sum()),
        what=ledger.what if lines.amounts is not None else "lines",
        level=ledger.level,
        family=ledger.family,
    )


def _columns(
    categories: NDArray[Any],
    counts: tuple[NDArray[np.int64], ...],
    value: NDArray[np.float64],
    everyone: int,
    level: float,
) -> dict[str, NDArray[Any]]:
    """Return the columns of the result, the product that brought most first."""
    orders, lines, buyers, again = counts
    best = np.lexsort((np.arange(len(value)), -value))
    best = best[buyers[best] > 0]
    total = float(value.sum())
    share = value[best] / total if total > 0 else np.full(len(best), np.nan)
    reach, low, high = wilson(buyers[best], everyone, level)
    rate, rate_low, rate_high = wilson(again[best], buyers[best], level)
    names = np.array([str(one) for one in categories.tolist()], dtype=object)
    return {
        "product": names[best],
        "buyers": buyers[best],
        "penetration": reach,
        "penetration_low": low,
        "penetration_high": high,
        "orders": orders[best],
        "lines": lines[best],
        "value": value[best],
        "share": share,
        "cumulative_share": np.cumsum(share),
        "repeat_rate": rate,
        "repeat_low": rate_low,
        "repeat_high": rate_high,
    }


def _counts(
    code: NDArray[np.int64],
    purchase: NDArray[np.int64],
    owner: NDArray[np.int64],
    size: int,
) -> tuple[NDArray[np.int64], ...]:
    """Return purchases, lines and buyers of each product, and who bought it again."""
    pair = np.unique(purchase * size + code)
    which, product = np.divmod(pair, size)
    orders = np.bincount(product, minlength=size)
    _, times = np.unique(owner[which] * size + product, return_counts=True)
    bought = np.unique(owner[which] * size + product) % size
    buyers = np.bincount(bought, minlength=size)
    again = np.bincount(bought[times > 1], minlength=size)
    return orders, np.bincount(code, minlength=size), buyers, again
