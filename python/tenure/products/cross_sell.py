"""Who buys more than what the first order was of: cross-selling and upselling."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Literal, TypeAlias, get_args

import numpy as np

from tenure._frame import native_frame
from tenure._intervals import check_level
from tenure._report import counted, html_report, text_table
from tenure._typing import override
from tenure.exceptions import EmptyDataError, ParameterError
from tenure.products._lines import OrderLines, with_segments
from tenure.retention.periods import length_in_days
from tenure.rfm.intervals import group_ratios, wilson

if TYPE_CHECKING:
    from collections.abc import Mapping
    from typing import Unpack

    from numpy.typing import NDArray

    from tenure._units import Horizon
    from tenure.products._lines import LineColumns

__all__ = ["CrossSell", "Definition", "cross_sell", "upsell"]

Definition: TypeAlias = Literal["any", "new_category", "same_category_higher_price"]
"""What counts as having been sold more."""

_WORDS = {
    "any": "bought a further product",
    "new_category": "bought from a further category",
    "same_category_higher_price": "traded up within a category",
}


@dataclass(frozen=True, eq=False, repr=False)
class CrossSell:
    """How many customers bought more than the first order. Made by `cross_sell`.

    Attributes
    ----------
    definition : {"any", "new_category", "same_category_higher_price"}
        What counts.
    horizon : float
        Within how many days after the first order.
    by : str or None
        What the segments are.
    eligible, too_recent : int
        Customers who are observed that long after their first order, and who are not.
    customers : int
        Those of the eligible who were sold more.
    rate, low, high : float
        Their share, with its interval (Wilson).
    level : float
        Confidence level of the intervals.
    family : str
        The kind of frame that results come back as.
    """

    definition: Definition
    horizon: float
    by: str | None
    eligible: int
    too_recent: int
    customers: int
    rate: float
    low: float
    high: float
    level: float
    family: str
    _columns: dict[str, NDArray[Any]] = field(repr=False)
    _added: dict[str, NDArray[Any]] = field(repr=False)

    def to_frame(self) -> Any:
        """Return one row, or one a segment.

        Returns
        -------
        frame
            The segment, if there are any; `eligible` customers; `customers` of them who
            were sold more, and the `rate` with `low` and `high` (Wilson);
            `attach_rate`: the share of their orders within the horizon, the first
            included, that hold more than one product (or category), with `attach_low`
            and `attach_high`; `breadth`: the mean number of different products (or
            categories) that a customer has bought within the horizon, with
            `breadth_low` and `breadth_high`; and where amounts are known, `returned`:
            customers with a later order within the horizon; `first_value` and
            `later_value`: the mean value of their first order and of their later ones;
            and `value_change` with `change_low` and `change_high`: the mean over
            customers of what their later orders are worth on average less their first.
            Intervals but those of the rate are normal, with customers drawn at random;
            NaN for fewer than two.
        """
        return native_frame(self._columns, family=self.family)

    def added(self) -> Any:
        """Return what was bought in addition.

        Returns
        -------
        frame
            The product (or category), `customers` to whom it was sold in addition, and
            the `rate`: their share of the eligible, with `low` and `high` (Wilson).
        """
        return native_frame(self._added, family=self.family)

    def _headline(self) -> str:
        name = "Upsell" if self.definition.startswith("same") else "Cross-sell"
        ends = f"{100 * self.low:.1f} to {100 * self.high:.1f} %"
        who = counted(self.eligible, "customer")
        return (
            f"{name}: {100 * self.rate:.1f} % of {who} {_WORDS[self.definition]} "
            f"within {self.horizon:g} days ({100 * self.level:g} % interval {ends}); "
            f"{self.too_recent:,} too recent to tell"
        )

    def _table(self) -> tuple[list[str], list[list[str]]]:
        columns = self._columns
        rows: list[list[str]] = []
        for at in range(len(columns["eligible"])):
            row = {name: values[at] for name, values in columns.items()}
            change = row.get("value_change", np.nan)
            rows.append(
                [
                    str(row[self.by]) if self.by else "all",
                    f"{row['eligible']:,}",
                    f"{100 * row['rate']:.1f} %",
                    f"[{100 * row['low']:.1f}, {100 * row['high']:.1f}]",
                    f"{100 * row['attach_rate']:.1f} %",
                    f"{row['breadth']:.2f}",
                    "" if np.isnan(change) else f"{change:+,.2f}",
                ]
            )
        header = ["", "eligible", "rate", f"{100 * self.level:g} % interval"]
        return [*header, "attach rate", "breadth", "order value"], rows

    @override
    def __repr__(self) -> str:
        return f"{self._headline()}\n{text_table(*self._table())}"

    def _repr_html_(self) -> str:
        return html_report(self._headline(), *self._table())


def cross_sell(
    data: object,
    *,
    horizon: Horizon = "1 year",
    definition: Definition = "any",
    by: str | Mapping[Any, Any] | None = None,
    level: float = 0.9,
    **columns: Unpack[LineColumns],
) -> CrossSell:
    """Return how many customers buy something that was not in their first order.

    Parameters
    ----------
    data : OrderLines, Transactions or frame
        Lines of orders; a log must have been made with `product`.
    horizon : float, str or timedelta, default "1 year"
        Within how long after the first order. Customers whose first order is not so
        long before the last day observed are not counted.
    definition : {"any", "new_category", "same_category_higher_price"}
        "any": a product that was not in the first order. "new_category": a product of a
        category that was not. "same_category_higher_price": a product of a category of
        the first order, at a higher unit price than any there; this is `upsell`.
    by : str or mapping, optional
        An attribute of the customers, or a mapping from their ids to segments.
    level : float, default 0.9
        Confidence level of the intervals.
    **columns
        How the columns of a frame are called, and `as_of`, as for `order_lines`.

    Returns
    -------
    CrossSell

    Raises
    ------
    EmptyDataError
        If no customer is observed for so long.
    ParameterError
        If categories or prices are needed and not known.

    Examples
    --------
    Ann comes back for a cup; Bob comes back, but for tea again:

    >>> import tenure as tn
    >>> rows = {
    ...     "customer_id": ["ann", "ann", "bob", "bob"],
    ...     "date": ["2024-01-01", "2024-02-01", "2024-01-01", "2024-03-01"],
    ...     "product": ["tea", "cup", "tea", "tea"],
    ... }
    >>> found = tn.products.cross_sell(rows, horizon=30, as_of="2024-03-31")
    >>> found.eligible, found.customers
    (2, 0)
    >>> tn.products.cross_sell(rows, horizon=31, as_of="2024-03-31").rate
    0.5
    """
    if definition not in get_args(Definition):
        expected = f"be one of {', '.join(get_args(Definition))}"
        raise ParameterError.of(
            name="definition", expected=expected, found=repr(definition)
        )
    check_level(level, name="level")
    days = length_in_days(horizon, "horizon")
    lines = with_segments(data, by, **columns)
    eligible = lines.first_day + days <= lines.end_day
    if not eligible.any():
        what = f"no customer is observed for {days:g} days after the first order"
        raise EmptyDataError.of(what, hint="choose a shorter horizon")
    sales = _Sales(lines, days, definition, eligible)
    found = np.unique(sales.customer[sales.counts])
    was_sold = np.zeros(len(eligible), np.bool_)
    was_sold[found] = True
    everybody = np.where(eligible, 0, -1)
    label = None if by is None else by if isinstance(by, str) else "segment"
    groups, names = everybody, np.array(["all"], dtype=object)
    if by is not None:
        groups, names = lines.segments(by)
        groups = np.where(eligible, groups, -1)
    table = sales.table(groups, len(names), was_sold, level)
    share, low, high = wilson(np.array([len(found)]), int(eligible.sum()), level)
    return CrossSell(
        definition=definition,
        horizon=days,
        by=label,
        eligible=int(eligible.sum()),
        too_recent=int((~eligible).sum()),
        customers=len(found),
        rate=float(share[0]),
        low=float(low[0]),
        high=float(high[0]),
        level=level,
        family=lines.family,
        _columns=table if label is None else {label: names, **table},
        _added=sales.added(level),
    )


def upsell(
    data: object,
    *,
    horizon: Horizon = "1 year",
    by: str | Mapping[Any, Any] | None = None,
    level: float = 0.9,
    **columns: Unpack[LineColumns],
) -> CrossSell:
    """Return how many customers trade up: the same category at a higher price.

    A later line counts if its category is one of the first order, and its unit price is
    higher than any that the customer paid in this category then.

    Parameters
    ----------
    data, horizon, by, level, **columns
        As for `cross_sell`; categories and prices must be known.

    Returns
    -------
    CrossSell

    Examples
    --------
    >>> import tenure as tn
    >>> rows = {
    ...     "customer_id": ["ann", "ann", "bob", "bob"],
    ...     "date": ["2024-01-01", "2024-02-01", "2024-01-01", "2024-02-01"],
    ...     "product": ["tea", "fine tea", "tea", "cup"],
    ...     "kind": ["tea", "tea", "tea", "cup"],
    ...     "price": [4.0, 6.0, 4.0, 9.0],
    ... }
    >>> tn.products.upsell(rows, horizon=31, category="kind", price="price").rate
    0.5
    """
    return cross_sell(
        data,
        horizon=horizon,
        definition="same_category_higher_price",
        by=by,
        level=level,
        **columns,
    )


class _Sales:
    """What eligible customers bought within the horizon, line by line."""

    def __init__(
        self,
        lines: OrderLines,
        days: float,
        definition: Definition,
        eligible: NDArray[np.bool_],
    ) -> None:
        self.lines = lines
        self.of = "product" if definition == "any" else "category"
        codes, self.names = lines.groups(self.of)
        age = lines.order_day - lines.first_day[lines.order_customer]
        self.within = eligible[lines.order_customer] & (age <= days)
        own = self.within[lines.order] & ~lines.returned & (codes >= 0)
        self._rows = np.flatnonzero(own)
        self.order, self.what = lines.order[own], codes[own]
        self.customer = lines.order_customer[self.order]
        self.eligible = int(eligible.sum())
        self.counts = self._counts(definition)

    def _counts(self, definition: Definition) -> NDArray[np.bool_]:
        """Return which lines count."""
        later = self.lines.order_number[self.order] > 0
        key = self.customer * max(len(self.names), 1) + self.what
        known = np.unique(key[~later])
        if definition != "same_category_higher_price":
            return later & ~np.isin(key, known)
        price = self.lines.needed("price")[self._rows]
        best = np.full(len(known), -np.inf)
        np.fmax.at(best, np.searchsorted(known, key[~later]), price[~later])
        place = np.minimum(np.searchsorted(known, key), len(known) - 1)
        # a price that is not known is not higher
        return later & (known[place] == key) & (price > best[place])

    def added(self, level: float) -> dict[str, NDArray[Any]]:
        """Return to how many each product was sold in addition."""
        kinds = max(len(self.names), 1)
        pairs = np.unique(self.customer[self.counts] * kinds + self.what[self.counts])
        customers = np.bincount(pairs % kinds, minlength=kinds)
        places = np.argsort(-customers, kind="stable")
        places = places[customers[places] > 0]
        share, low, high = wilson(customers[places], self.eligible, level)
        return {
            self.of: self.names[places],
            "customers": customers[places],
            "rate": share,
            "low": low,
            "high": high,
        }

    def table(
        self,
        groups: NDArray[np.int64],
        count: int,
        was_sold: NDArray[np.bool_],
        level: float,
    ) -> dict[str, NDArray[Any]]:
        """Return the rates of groups of customers; those of group -1 are in none."""
        chosen = groups >= 0
        own = groups[chosen]
        size = np.bincount(own, minlength=count)
        sold = np.bincount(own[was_sold[chosen]], minlength=count)
        rate = wilson(sold, size, level)
        several, orders, breadth = self._widths(len(groups))
        of_orders = group_ratios(
            several[chosen], orders[chosen], own, count, level, scale="probability"
        )
        ones = np.ones(len(own))
        width = group_ratios(breadth[chosen], ones, own, count, level)
        columns = {"eligible": size, "customers": sold}
        columns |= dict(zip(("rate", "low", "high"), rate, strict=True))
        names = ("attach_rate", "attach_low", "attach_high")
        columns |= dict(zip(names, of_orders, strict=True))
        names = ("breadth", "breadth_low", "breadth_high")
        columns |= dict(zip(names, width, strict=True))
        if self.lines.amounts is None:
            return columns
        return columns | self._values(groups, count, level)

    def _widths(
        self, customers: int
    ) -> tuple[NDArray[np.float64], NDArray[np.float64], NDArray[np.float64]]:
        """Return orders of several things, orders, and different things of each."""
        lines, kinds = self.lines, max(len(self.names), 1)
        in_orders = np.unique(self.order * kinds + self.what) // kinds
        width = np.bincount(in_orders, minlength=lines.n_orders)
        whose = lines.order_customer
        several = np.bincount(whose[self.within & (width > 1)], minlength=customers)
        orders = np.bincount(whose[self.within], minlength=customers)
        pairs = np.unique(self.customer * kinds + self.what) // kinds
        breadth = np.bincount(pairs, minlength=customers)
        return several.astype(float), orders.astype(float), breadth.astype(float)

    def _values(
        self, groups: NDArray[np.int64], count: int, level: float
    ) -> dict[str, NDArray[Any]]:
        """Return what later orders are worth beside the first."""
        lines, customers = self.lines, len(groups)
        first = lines.order_values[lines.customer_offsets[:-1]]
        later = self.within & (lines.order_number > 0)
        whose = lines.order_customer[later]
        number = np.bincount(whose, minlength=customers)
        total = np.bincount(whose, lines.order_values[later], customers)
        chosen = (groups >= 0) & (number > 0)
        own = groups[chosen]
        mean = total[chosen] / number[chosen]
        ones = np.ones(len(own))
        change = group_ratios(
            mean - first[chosen], ones, own, count, level, scale="plain"
        )
        size = np.bincount(own, minlength=count)
        with np.errstate(divide="ignore", invalid="ignore"):
            columns = {
                "returned": size,
                "first_value": np.bincount(own, first[chosen], count) / size,
                "later_value": np.bincount(own, mean, count) / size,
            }
        names = ("value_change", "change_low", "change_high")
        return columns | dict(zip(names, change, strict=True))
