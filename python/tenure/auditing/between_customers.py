"""The first lens: how customers differ in one period."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import numpy as np

from tenure._concentration import Concentration, concentration
from tenure._frame import native_frame
from tenure._intervals import normal_quantile
from tenure._ranking import part_ends
from tenure._report import counted, html_report, text_table
from tenure._typing import override
from tenure.exceptions import EmptyDataError
from tenure.rfm.intervals import wilson

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from numpy.typing import NDArray

    from tenure.auditing._ledger import Ledger

    Floats = NDArray[np.float64]

__all__ = ["BetweenCustomers", "between_customers"]

# Customers with as many orders as this, or more, share a row.
_MANY = 10


@dataclass(frozen=True, eq=False, repr=False)
class BetweenCustomers:
    """How the customers who bought in a period differ.

    The first lens of a customer-base audit: see `audit`.

    Attributes
    ----------
    period : numpy.datetime64
        The first day of the period.
    label : str
        What it is called.
    customers : int
        How many bought in it.
    orders, value : array
        Orders of each of them in the period, and what these brought.
    what : str
        What values are: "revenue", "margin" or, without amounts, "orders".
    concentration : Concentration
        How much of the value the best of them brought.
    level : float
        Confidence level of intervals.
    """

    period: np.datetime64
    label: str
    orders: NDArray[np.int64]
    value: Floats
    new: NDArray[np.bool_]
    what: str
    concentration: Concentration
    level: float
    family: str
    _ids: NDArray[Any] = field(repr=False)

    @property
    def customers(self) -> int:
        """How many bought in the period."""
        return len(self.orders)

    def to_frame(self) -> Any:
        """Return one row a tenth of the customers, the most valuable first.

        Returns
        -------
        frame
            `decile`, `customers`, `orders`, `value`, `share` of the value of all,
            `cumulative_share`, `value_per_customer`, `orders_per_customer`,
            `value_per_order`, and `new_share`: how many of them had never bought before
            the period. The three factors say why a tenth is better than the next.
        """
        return native_frame(self._deciles(), family=self.family)

    def _deciles(self) -> dict[str, NDArray[Any]]:
        # equal values in the order of ids, so that the order of rows does not matter
        best = np.argsort(-self.value, kind="stable")
        ends = part_ends(self.customers, min(10, self.customers))
        starts = np.append(0, ends[:-1])
        count = ends - starts
        value = np.add.reduceat(self.value[best], starts)
        orders = np.add.reduceat(self.orders[best], starts)
        new = np.add.reduceat(self.new[best].astype(np.int64), starts)
        total = self.value.sum()
        share = value / total if total > 0 else np.full(len(value), np.nan)
        return {
            "decile": np.arange(1, len(ends) + 1),
            "customers": count,
            "orders": orders,
            "value": value,
            "share": share,
            "cumulative_share": np.cumsum(share),
            "value_per_customer": value / count,
            "orders_per_customer": orders / count,
            "value_per_order": value / orders,
            "new_share": new / count,
        }

    def by_orders(self) -> Any:
        """Return one row a number of orders, 10 and more together.

        Returns
        -------
        frame
            `orders` (the last row is "10+"), `customers`, their `share` with Wilson's
            interval `share_low` and `share_high`, and `value_share`: how much of the
            value they brought.
        """
        return native_frame(self._by_orders(), family=self.family)

    def _by_orders(self) -> dict[str, NDArray[Any]]:
        place = np.minimum(self.orders, _MANY) - 1
        counts = np.bincount(place, minlength=_MANY)
        value = np.bincount(place, self.value, minlength=_MANY)
        share, low, high = wilson(counts, self.customers, self.level)
        total = self.value.sum()
        names = [*(str(k) for k in range(1, _MANY)), f"{_MANY}+"]
        return {
            "orders": np.array(names, dtype=object),
            "customers": counts,
            "share": share,
            "share_low": low,
            "share_high": high,
            "value_share": value / total if total > 0 else np.full(_MANY, np.nan),
        }

    def summary(self) -> Any:
        """Return one row a measure: how it is spread over customers.

        Returns
        -------
        frame
            `measure` ("orders", "value", "value_per_order"), `mean` with the normal
            interval `mean_low` and `mean_high`, `p10`, `median`, `p90` and `cv`: the
            standard deviation over the mean.
        """
        measures = {
            "orders": self.orders.astype(np.float64),
            "value": self.value,
            "value_per_order": self.value / self.orders,
        }
        rows = [self._spread(values) for values in measures.values()]
        names = ("mean", "mean_low", "mean_high", "p10", "median", "p90", "cv")
        columns: dict[str, NDArray[Any]] = {
            "measure": np.array(list(measures), dtype=object)
        }
        columns |= dict(zip(names, np.array(rows).T, strict=True))
        return native_frame(columns, family=self.family)

    def _spread(self, values: Floats) -> list[float]:
        n, mean = len(values), float(values.mean())
        deviation = float(values.std(ddof=1)) if n > 1 else np.nan
        reach = normal_quantile(self.level) * deviation / np.sqrt(n)
        quantiles = np.quantile(values, [0.1, 0.5, 0.9]).tolist()
        cv = deviation / mean if mean > 0 else np.nan
        return [mean, mean - reach, mean + reach, *quantiles, cv]

    def plot(self, *, ax: Axes | None = None, **kwargs: Any) -> Axes:
        """Draw the tenths of the customers: `plotting.plot_audit_deciles`."""
        from tenure.plotting import plot_audit_deciles  # noqa: PLC0415

        return plot_audit_deciles(self, ax=ax, **kwargs)

    def sentences(self) -> list[str]:
        """Return what the numbers say, the most important first."""
        from tenure.auditing._words import of_between_customers  # noqa: PLC0415

        return of_between_customers(self)

    def _headline(self) -> str:
        who = counted(self.customers, "customer")
        return f"Differences between the {who} of {self.label}"

    def _table(self) -> tuple[list[str], list[list[str]]]:
        found = self._deciles()
        names = (
            "customers",
            "value",
            "share",
            "orders_per_customer",
            "value_per_order",
        )
        rows = [
            [
                str(found["decile"][place]),
                f"{found['customers'][place]:,}",
                f"{found['value'][place]:,.2f}",
                f"{100 * found['share'][place]:.1f} %",
                f"{found['orders_per_customer'][place]:,.2f}",
                f"{found['value_per_order'][place]:,.2f}",
            ]
            for place in range(len(found["decile"]))
        ]
        return ["decile", *(name.replace("_", " ") for name in names)], rows

    @override
    def __repr__(self) -> str:
        parts = [self._headline(), *self.sentences(), text_table(*self._table())]
        return "\n".join(parts)

    def _repr_html_(self) -> str:
        return html_report(self._headline(), *self._table(), " ".join(self.sentences()))


def between_customers(ledger: Ledger, place: int) -> BetweenCustomers:
    """Return how the customers of a period differ."""
    orders, value = ledger.in_period(place)
    active = orders > 0
    if not active.any():
        what = f"nobody bought in {ledger.label(place)}"
        raise EmptyDataError.of(what, hint="choose longer periods")
    found = concentration(
        {ledger.what: value[active]}, value=ledger.what, interval=ledger.level
    )
    return BetweenCustomers(
        period=ledger.starts[place],
        label=ledger.label(place),
        orders=orders[active],
        value=value[active],
        new=ledger.born[active] == place,
        what=ledger.what,
        concentration=found,
        level=ledger.level,
        family=ledger.family,
        _ids=ledger.log.customers[active],
    )
