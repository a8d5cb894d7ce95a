"""What customers have bought, in order of time."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import numpy as np

from tenure._frame import native_frame
from tenure._grouped import labels
from tenure._report import counted, html_report, text_table
from tenure._typing import override
from tenure.exceptions import EmptyDataError
from tenure.products._lines import lines_of

if TYPE_CHECKING:
    from collections.abc import Sequence
    from typing import Unpack

    from matplotlib.axes import Axes
    from numpy.typing import NDArray

    from tenure.products._lines import LineColumns

__all__ = ["CustomerTimeline", "customer_timeline"]

# Rows that are shown.
_SHOWN = 12


@dataclass(frozen=True, eq=False, repr=False)
class CustomerTimeline:
    """Everything that some customers have bought. Made by `customer_timeline`.

    Attributes
    ----------
    customers : array
        Whose purchases they are.
    last_day : numpy.datetime64
        The last day observed.
    family : str
        The kind of frame that results come back as.
    """

    customers: NDArray[Any]
    last_day: np.datetime64
    family: str
    _columns: dict[str, NDArray[Any]] = field(repr=False)

    def to_frame(self) -> Any:
        """Return one row a line, by customer and time.

        Returns
        -------
        frame
            `customer_id`; `order`: 1 for the first; `date`; `product`, and `category`,
            `quantity` and `amount` where they are known; `returned`; `new`: whether
            the customer buys it for the first time; `days_since_first` and
            `days_since_previous` order (NaN for the first); and where amounts are
            known, `value_to_date`: all that the customer has spent up to this order.
        """
        return native_frame(self._columns, family=self.family)

    def plot(self, *, ax: Axes | None = None) -> Axes:
        """Draw a line of purchases a customer; see `plot_timeline`."""
        from tenure.plotting.products import plot_timeline  # noqa: PLC0415

        return plot_timeline(self, ax=ax)

    def _headline(self) -> str:
        lines = counted(len(self._columns["order"]), "line")
        of = counted(len(self.customers), "customer")
        return f"CustomerTimeline: {lines} of {of}, to {self.last_day}"

    def _table(self) -> tuple[list[str], list[list[str]]]:
        names = ("customer_id", "order", "date", "product")
        rows = [
            [str(self._columns[name][at]) for name in names]
            for at in range(min(_SHOWN, len(self._columns["order"])))
        ]
        return list(names), rows

    @override
    def __repr__(self) -> str:
        return f"{self._headline()}\n{text_table(*self._table())}"

    def _repr_html_(self) -> str:
        return html_report(self._headline(), *self._table())


def customer_timeline(
    data: object,
    customers: Sequence[Any] | None = None,
    **columns: Unpack[LineColumns],
) -> CustomerTimeline:
    """Return what customers have bought, order by order.

    Parameters
    ----------
    data : OrderLines, Transactions or frame
        Lines of orders; a log must have been made with `product`.
    customers : sequence of ids, optional
        Whose; by default everybody's.
    **columns
        How the columns of a frame are called, and `as_of`, as for `order_lines`.

    Returns
    -------
    CustomerTimeline

    Raises
    ------
    EmptyDataError
        If none of the customers has bought.

    Examples
    --------
    >>> import tenure as tn
    >>> rows = {
    ...     "customer_id": ["ann", "ann", "bob"],
    ...     "date": ["2024-03-01", "2024-01-01", "2024-02-01"],
    ...     "product": ["tea", "tea", "cup"],
    ... }
    >>> tn.products.customer_timeline(rows, ["ann"])
    CustomerTimeline: 2 lines of 1 customer, to 2024-03-01
    customer_id  order        date  product
    ann              1  2024-01-01      tea
    ann              2  2024-03-01      tea
    """
    lines = lines_of(data, columns)
    chosen = np.ones(len(lines.customers), np.bool_)
    if customers is not None:
        wanted = set(customers)
        chosen = np.array([one in wanted for one in lines.customers.tolist()])
    whose = lines.order_customer[lines.order]
    rows = np.flatnonzero(chosen[whose])
    if len(rows) == 0:
        hint = "ids must be those of the data, of the same type"
        msg = "none of these customers has bought"
        raise EmptyDataError.of(msg, hint=hint)
    order, whose = lines.order[rows], whose[rows]
    day, first = lines.order_day, lines.first_day
    before = np.append(0, day[:-1])
    number = lines.order_number
    gap = np.where(number > 0, day - before, np.nan)
    table: dict[str, NDArray[Any]] = {
        "customer_id": lines.customers[whose],
        "order": number[order] + 1,
        "date": lines.order_time[order].astype("datetime64[D]"),
        "product": labels(lines.products, lines.product[rows]),
    }
    if lines.category is not None and lines.categories is not None:
        table["category"] = labels(lines.categories, lines.category[rows])
    if lines.quantities is not None:
        table["quantity"] = lines.quantities[rows]
    if lines.amounts is not None:
        table["amount"] = lines.amounts[rows]
    table |= {
        "returned": lines.returned[rows],
        "new": _is_new(lines.product[rows], whose, order, lines.returned[rows]),
        "days_since_first": day[order] - first[whose],
        "days_since_previous": gap[order],
    }
    if lines.amounts is not None:
        total = np.cumsum(lines.order_values)
        start = total - lines.order_values
        of_first = start[lines.customer_offsets[:-1]]
        table["value_to_date"] = (total - of_first[lines.order_customer])[order]
    return CustomerTimeline(
        customers=lines.customers[chosen],
        last_day=lines.last_day,
        family=lines.family,
        _columns=table,
    )


def _is_new(
    product: NDArray[np.int64],
    customer: NDArray[np.int64],
    order: NDArray[np.int64],
    returned: NDArray[np.bool_],
) -> NDArray[np.bool_]:
    """Return whether a line is of the first order of a customer with the product."""
    bought = ~returned & (product >= 0)
    kinds = int(product.max(initial=0)) + 1
    key = customer * kinds + product
    # rows are in the order of orders, so that the first row of a key is the earliest
    keys, firsts = np.unique(key[bought], return_index=True)
    is_new = np.zeros(len(key), np.bool_)
    place = np.searchsorted(keys, key[bought])
    is_new[bought] = order[bought][firsts][place] == order[bought]
    return is_new
