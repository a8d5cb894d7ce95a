"""Customers by how often they buy and for how much: counts, revenue, value."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import pairwise
from typing import TYPE_CHECKING, Any

import numpy as np

from tenure._frame import native_frame
from tenure._intervals import check_level
from tenure._report import counted, html_report, text_table
from tenure._typing import override
from tenure._values import customer_values
from tenure.exceptions import LengthError, ParameterError
from tenure.formulas import valued_activity
from tenure.rfm.intervals import group_ratios, share_of_total, wilson

if TYPE_CHECKING:
    from collections.abc import Sequence

    from matplotlib.axes import Axes
    from numpy.typing import NDArray

    from tenure._typing import Date
    from tenure.transactions import Transactions

    Floats = NDArray[np.float64]

__all__ = ["OrderQuadrants", "order_quadrants"]


@dataclass(frozen=True, eq=False, repr=False)
class OrderQuadrants:
    """Customers by frequency and by order value.

    Made by `order_quadrants`.

    Attributes
    ----------
    columns : dict of str to array
        One row a cell: see `to_frame`.
    frequency_cuts, value_cuts : tuple of float
        Where cells end: a customer at a cut is below it.
    customers : int
        How many.
    level : float
        Confidence level of the intervals.
    """

    columns: dict[str, NDArray[Any]]
    frequency_cuts: tuple[float, ...]
    value_cuts: tuple[float, ...]
    customers: int
    level: float
    family: str

    def to_frame(self) -> Any:
        """Return one row a cell, the least frequent and smallest first.

        Returns
        -------
        frame
            `frequency_above`, `frequency_to` and `value_above`, `value_to` (the ends
            of the cell: orders, and mean value of an order), `customers`, their `share`
            of all, `revenue`, its `revenue_share`, `orders_per_customer`,
            `order_value`, `value` (what a customer is worth: what they brought, or the
            values given); of shares and value the ends of intervals, `..._low` and
            `..._high`.
        """
        return native_frame(self.columns, family=self.family)

    def table(self, column: str = "customers") -> Floats:
        """Return a column as a table: frequency down, order value across."""
        if column not in self.columns:
            raise ParameterError.of(
                name="column",
                expected=f"be one of {', '.join(self.columns)}",
                found=repr(column),
            )
        shape = len(self.frequency_cuts) + 1, len(self.value_cuts) + 1
        return np.asarray(self.columns[column], dtype=np.float64).reshape(shape)

    def plot(self, *, ax: Axes | None = None, **kwargs: Any) -> Axes:
        """Draw the cells; see `plotting.plot_order_quadrants`."""
        from tenure.plotting.economics import plot_order_quadrants  # noqa: PLC0415

        return plot_order_quadrants(self, ax=ax, **kwargs)

    def labels(self) -> tuple[list[str], list[str]]:
        """Return what the rows and the columns are called."""
        return _ranges(self.frequency_cuts, "orders"), _ranges(self.value_cuts, "each")

    def _headline(self) -> str:
        columns = self.columns
        last = len(columns["customers"]) - 1
        share = columns["share"][last]
        revenue = columns["revenue_share"][last]
        return (
            f"{counted(self.customers, 'customer')} by orders and order value: the "
            f"{100 * share:.1f} % who buy often and for much bring "
            f"{100 * revenue:.1f} % of the revenue"
        )

    def _table(self) -> tuple[list[str], list[list[str]]]:
        columns = self.columns
        down, across = self.labels()
        names = [f"{one}, {other}" for one in down for other in across]
        rows = [
            [
                name,
                f"{columns['customers'][place]:,}",
                f"{100 * columns['share'][place]:.1f} %",
                f"{100 * columns['revenue_share'][place]:.1f} %",
                ""
                if np.isnan(columns["value"][place])
                else f"{columns['value'][place]:,.2f}",
            ]
            for place, name in enumerate(names)
        ]
        return ["", "customers", "share", "of revenue", "value each"], rows

    @override
    def __repr__(self) -> str:
        return f"{self._headline()}\n{text_table(*self._table())}"

    def _repr_html_(self) -> str:
        return html_report(self._headline(), *self._table())


def order_quadrants(
    log: Transactions,
    *,
    frequency_cuts: Sequence[float] | None = None,
    value_cuts: Sequence[float] | None = None,
    values: Any = None,
    as_of: Date | None = None,
    level: float = 0.95,
) -> OrderQuadrants:
    """Return customers by how often they buy and for how much an order.

    Parameters
    ----------
    log : Transactions
        A log with amounts.
    frequency_cuts, value_cuts : sequence of float, optional
        Where to cut the number of orders, and the mean value of an order: the medians
        by default, for four cells. Who is at a cut is below it.
    values : LifetimeValue, array or frame, optional
        What each customer is worth, in the order of `log.activity()`; what they have
        brought by default.
    as_of : date, optional
        The last day observed.
    level : float, default 0.95
        Confidence level of the intervals.

    Returns
    -------
    OrderQuadrants

    Notes
    -----
    Customers who came long ago have had more time to order: cohorts of one age, or
    `values` from a model, compare them as equals.

    Examples
    --------
    >>> import tenure as tn
    >>> orders = {
    ...     "customer_id": [1, 2, 2, 3, 4, 4],
    ...     "date": ["2024-01-01", *["2024-01-01", "2024-01-02"] * 2, "2024-01-05"],
    ...     "amount": [10.0, 10.0, 10.0, 90.0, 60.0, 100.0],
    ... }
    >>> log = tn.Transactions(orders, amount="amount")
    >>> found = tn.economics.order_quadrants(log)
    >>> found.table(), found.table("revenue_share").round(3)
    (array([[1., 1.],
           [1., 1.]]), array([[0.036, 0.321],
           [0.071, 0.571]]))
    """
    check_level(level, name="level")
    activity = valued_activity(log, as_of)
    orders = activity["purchases"].astype(np.float64)
    revenue = activity["total_value"]
    sizes = revenue / orders
    down = _cuts("frequency_cuts", frequency_cuts, orders)
    across = _cuts("value_cuts", value_cuts, sizes)
    worth = revenue
    if values is not None:
        _, given = customer_values(values, None)
        worth = next(iter(given.columns.values()))
        if len(worth) != len(orders):
            raise LengthError.between(
                column="values",
                found=len(worth),
                reference="customers",
                expected=len(orders),
            )
    cell = np.searchsorted(down, orders) * (len(across) + 1)
    cell = cell + np.searchsorted(across, sizes)
    count = (len(down) + 1) * (len(across) + 1)
    columns = _cells(
        cell, count, orders=orders, revenue=revenue, worth=worth, level=level
    )
    ends = {
        name: _spread(cuts, repeat, tile)
        for name, cuts, repeat, tile in (
            ("frequency", down, len(across) + 1, 1),
            ("value", across, 1, len(down) + 1),
        )
    }
    table: dict[str, NDArray[Any]] = {
        "frequency_above": ends["frequency"][0],
        "frequency_to": ends["frequency"][1],
        "value_above": ends["value"][0],
        "value_to": ends["value"][1],
        **columns,
    }
    return OrderQuadrants(
        table,
        tuple(down.tolist()),
        tuple(across.tolist()),
        len(orders),
        level,
        log.family,
    )


def _cells(
    cell: NDArray[np.int64],
    count: int,
    *,
    orders: Floats,
    revenue: Floats,
    worth: Floats,
    level: float,
) -> dict[str, NDArray[Any]]:
    n = np.bincount(cell, minlength=count)
    ones = np.ones(len(cell))
    columns: dict[str, NDArray[Any]] = {"customers": n}
    parts = {
        "share": wilson(n, len(cell), level),
        "revenue_share": share_of_total(revenue, cell, count, level),
        "value": group_ratios(worth, ones, cell, count, level),
    }
    for name, ends in parts.items():
        columns |= dict(zip((name, f"{name}_low", f"{name}_high"), ends, strict=True))
    with np.errstate(divide="ignore", invalid="ignore"):
        total = np.bincount(cell, revenue, minlength=count)
        bought = np.bincount(cell, orders, minlength=count)
        columns["revenue"] = total
        columns["orders_per_customer"] = bought / n
        columns["order_value"] = total / bought
    return columns


def _cuts(name: str, cuts: Sequence[float] | None, numbers: Floats) -> Floats:
    if cuts is None:
        return np.array([float(np.median(numbers))])
    found = np.atleast_1d(np.asarray(cuts, dtype=np.float64))
    if found.ndim != 1 or not np.isfinite(found).all() or (np.diff(found) <= 0).any():
        raise ParameterError.of(name, "be ascending finite numbers", found=repr(cuts))
    return found


def _spread(cuts: Floats, repeat: int, tile: int) -> tuple[Floats, Floats]:
    """Return the lower and the upper end of each cell."""
    low, high = np.append(-np.inf, cuts), np.append(cuts, np.inf)
    return (
        np.tile(np.repeat(low, repeat), tile),
        np.tile(np.repeat(high, repeat), tile),
    )


def _ranges(cuts: tuple[float, ...], word: str) -> list[str]:
    """Return the cells of one side in words."""

    def named(cut: float) -> str:
        one = word.removesuffix("s") if cut == 1 else word
        return f"{cut:,.4g} {one}"

    between = [f"{low:,.4g} to {named(high)}" for low, high in pairwise(cuts)]
    return [f"up to {named(cuts[0])}", *between, f"over {named(cuts[-1])}"]
