"""Lines of orders: which customer bought what, order by order."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from functools import cached_property
from typing import TYPE_CHECKING, Any, TypedDict

import numpy as np

from tenure import _core
from tenure._report import counted
from tenure._typing import override
from tenure.exceptions import ColumnError, EmptyDataError, ParameterError
from tenure.products._rows import Raw, rows_of_frame, rows_of_log
from tenure.rfm.intervals import sums
from tenure.transactions import Transactions

if TYPE_CHECKING:
    from collections.abc import Sequence
    from typing import Unpack

    from numpy.typing import NDArray

    from tenure._typing import Date

__all__ = ["LineColumns", "OrderLines", "lines_of", "order_lines"]

DAY = 86_400_000_000  # microseconds


class LineColumns(TypedDict, total=False):
    """How the columns of a frame are called; see `order_lines`."""

    customer: str
    time: str
    product: str
    order: str | None
    amount: str | None
    quantity: str | None
    price: str | None
    category: str | Mapping[Any, Any] | None
    attributes: Sequence[str]
    as_of: Date | None


@dataclass(frozen=True, eq=False, repr=False)
class OrderLines:
    """Lines of orders, sorted by customer, time and order; made by `order_lines`.

    Attributes
    ----------
    customers, products : array
        The ids of customers with an order and of products, ascending.
    order, product : int64 array
        The place of each line's order, and that of its product; -1 without one.
    returned : bool array
        Whether a line is something given back: a negative amount or no quantity.
    amounts, quantities, prices : float64 array or None
        One number a line; a price is that of one unit.
    order_customer : int64 array
        The place of each order's customer.
    order_time : datetime64 array
        When each order was placed.
    category : int64 array or None
        The place of each line's category; -1 without one.
    categories : array or None
        Their names, ascending.
    attributes : dict of str to array
        One value a customer.
    last_day : numpy.datetime64
        The last day observed.
    left_out : dict of str to int
        Rows that are not used, by reason.
    family : str
        The kind of frame that results come back as.

    Examples
    --------
    >>> import tenure as tn
    >>> rows = {
    ...     "customer_id": ["ann", "ann", "bob"],
    ...     "date": ["2024-01-01", "2024-01-01", "2024-02-01"],
    ...     "product": ["tea", "cup", "tea"],
    ... }
    >>> tn.products.order_lines(rows)
    OrderLines: 3 lines in 2 orders of 2 customers, 2 products, to 2024-02-01
    """

    customers: NDArray[Any]
    products: NDArray[Any]
    order: NDArray[np.int64]
    product: NDArray[np.int64]
    returned: NDArray[np.bool_]
    amounts: NDArray[np.float64] | None
    quantities: NDArray[np.float64] | None
    prices: NDArray[np.float64] | None
    order_customer: NDArray[np.int64]
    order_time: NDArray[np.datetime64]
    category: NDArray[np.int64] | None
    categories: NDArray[Any] | None
    attributes: dict[str, NDArray[Any]]
    last_day: np.datetime64
    left_out: dict[str, int] = field(default_factory=dict[str, int])
    family: str = "numpy"

    @property
    def n_orders(self) -> int:
        """How many orders there are."""
        return len(self.order_customer)

    @property
    def taken(self) -> NDArray[np.bool_]:
        """Whether a line says that a known product was bought."""
        return ~self.returned & (self.product >= 0)

    @cached_property
    def customer_offsets(self) -> NDArray[np.int64]:
        """Where the orders of each customer begin, and where the last one's end."""
        counts = np.bincount(self.order_customer, minlength=len(self.customers))
        return np.append(0, np.cumsum(counts))

    @cached_property
    def order_day(self) -> NDArray[np.int64]:
        """The day of each order, counted from 1970."""
        return self.order_time.astype("datetime64[D]").astype(np.int64)

    @cached_property
    def order_number(self) -> NDArray[np.int64]:
        """The number of each order among its customer's: 0 for the first."""
        starts = self.customer_offsets[:-1][self.order_customer]
        return np.arange(self.n_orders) - starts

    @cached_property
    def order_values(self) -> NDArray[np.float64]:
        """The value of each order, net of what was given back."""
        return sums(self.needed("amount"), self.order, self.n_orders)

    @property
    def first_day(self) -> NDArray[np.int64]:
        """The day of each customer's first order."""
        return self.order_day[self.customer_offsets[:-1]]

    @property
    def end_day(self) -> int:
        """The last day observed, counted from 1970."""
        return int(self.last_day.astype(np.int64))

    def until(self, day: int) -> OrderLines:
        """Return the orders up to a day, counted from 1970, and their customers."""
        early = self.order_day <= day
        orders = np.cumsum(early) - 1
        had = self.first_day <= day
        customers = np.cumsum(had) - 1
        rows = early[self.order]
        return replace(
            self,
            customers=self.customers[had],
            order=orders[self.order[rows]],
            product=self.product[rows],
            returned=self.returned[rows],
            amounts=_of(self.amounts, rows),
            quantities=_of(self.quantities, rows),
            prices=_of(self.prices, rows),
            order_customer=customers[self.order_customer[early]],
            order_time=self.order_time[early],
            category=_of(self.category, rows),
            attributes={name: one[had] for name, one in self.attributes.items()},
            last_day=np.datetime64(min(day, self.end_day), "D"),
        )

    def needed(self, what: str) -> NDArray[np.float64]:
        """Return the amounts, quantities or prices, or say that there are none."""
        found = {
            "amount": self.amounts,
            "quantity": self.quantities,
            "price": self.prices,
        }[what]
        if found is None:
            hint = f"say where it is: order_lines(data, {what}=...)"
            if what == "price":
                hint += ", or give amount= and quantity="
            raise ParameterError.of(
                what, "be the name of a column here", found="None", hint=hint
            )
        return found

    def groups(self, level: str) -> tuple[NDArray[np.int64], NDArray[Any]]:
        """Return the product or the category of each line, and their names."""
        if level == "product":
            return self.product, self.products
        if level != "category":
            expected = "be 'product' or 'category'"
            raise ParameterError.of(name="of", expected=expected, found=repr(level))
        if self.category is None or self.categories is None:
            msg = "category"
            raise ParameterError.of(
                msg,
                "say which category a product is of",
                found="None",
                hint="give a column, or a mapping from products: "
                "order_lines(data, category=...)",
            )
        return self.category, self.categories

    def segments(
        self, by: str | Mapping[Any, Any]
    ) -> tuple[NDArray[np.int64], NDArray[Any]]:
        """Return the place of each customer's segment, and the segments; -1 if none."""
        values: list[Any]
        if isinstance(by, Mapping):
            values = [by.get(one) for one in self.customers.tolist()]
        elif by in self.attributes:
            values = self.attributes[by].tolist()
        else:
            raise ColumnError.unknown(by, tuple(self.attributes))
        known = {one for one in values if one is not None and one == one}  # noqa: PLR0124
        if not known:
            what = "no customer has a value to group by"
            raise EmptyDataError.of(what, hint="choose another attribute")
        names = np.empty(len(known), dtype=object)
        names[:] = sorted(known, key=lambda one: (one.__class__.__name__, one))
        place = {name: code for code, name in enumerate(names.tolist())}
        return np.array([place.get(one, -1) for one in values], np.int64), names

    @override
    def __repr__(self) -> str:
        lines = counted(len(self.order), "line")
        orders = counted(self.n_orders, "order")
        customers = counted(len(self.customers), "customer")
        products = counted(len(self.products), "product")
        text = f"{lines} in {orders} of {customers}, {products}, to {self.last_day}"
        rows = [f"  {counted(n, 'row')} {why}" for why, n in self.left_out.items() if n]
        return "\n".join([f"OrderLines: {text}", *rows])


def order_lines(
    data: object,
    *,
    customer: str = "customer_id",
    time: str = "date",
    product: str = "product",
    order: str | None = None,
    amount: str | None = None,
    quantity: str | None = None,
    price: str | None = None,
    category: str | Mapping[Any, Any] | None = None,
    attributes: Sequence[str] = (),
    as_of: Date | None = None,
) -> OrderLines:
    """Return lines of orders, grouped once, for all functions about products.

    Parameters
    ----------
    data : frame or Transactions
        One row a line: a product in an order. Of a log that was made with `product`,
        only `category`, a mapping, and `as_of` can be given: it knows the rest.
    customer, time, product : str
        The columns that say who bought what, and when. Rows without a customer or a
        time are left out; those without a product count for the value of their order
        alone.
    order : str, optional
        The column with order ids; it is one order a customer and id. Without, what a
        customer buys on a day is an order.
    amount : str, optional
        What was paid for the line. A negative amount is something given back.
    quantity : str, optional
        How many units; negative where they are given back. 1 a line by default.
    price : str, optional
        What one unit costs; by default amount over quantity, where both are given.
    category : str or mapping, optional
        The column with categories, or a mapping from products to them.
    attributes : sequence of str
        Columns with something about the customer; the earliest value counts.
    as_of : date, optional
        The last day observed; by default that of the last row. Later rows are left
        out.

    Returns
    -------
    OrderLines
        Orders of nothing but returns are no orders: their lines belong to the
        customer's order before, and are left out where there is none.

    Raises
    ------
    ColumnError
        If a column is not there, or a log has no products.
    DataError
        If an amount, quantity or price is not finite.
    EmptyDataError
        If nothing was bought.

    Examples
    --------
    >>> import tenure as tn
    >>> rows = {
    ...     "customer_id": [1, 1, 1],
    ...     "date": ["2024-01-01", "2024-01-03", "2024-01-04"],
    ...     "product": ["tea", "tea", "cup"],
    ...     "amount": [4.0, -4.0, 9.0],
    ... }
    >>> lines = tn.products.order_lines(rows, amount="amount")
    >>> lines.order_values
    array([0., 9.])
    """
    if isinstance(data, Transactions):
        if isinstance(category, str):
            expected = "be a mapping from products to categories for a log"
            raise ParameterError.of(
                name="category", expected=expected, found=repr(category)
            )
        raw = rows_of_log(data, as_of)
    else:
        columns = {
            "customer": customer,
            "time": time,
            "product": product,
            "order": order,
            "amount": amount,
            "quantity": quantity,
            "price": price,
            "category": category if isinstance(category, str) else None,
        }
        raw = rows_of_frame(data, columns, tuple(attributes), as_of)
    if isinstance(category, Mapping):
        raw = raw.with_categories(category)
    return _assembled(raw)


def lines_of(data: object, columns: LineColumns) -> OrderLines:
    """Return lines of orders as they are, or read them."""
    if not isinstance(data, OrderLines):
        return order_lines(data, **columns)
    if columns:
        raise ParameterError.of(
            next(iter(columns)),
            "be left out for lines that were read already",
            found=repr(next(iter(columns.values()))),
            hint="give it to order_lines",
        )
    return data


def with_segments(
    data: object, by: str | Mapping[Any, Any] | None, **columns: Unpack[LineColumns]
) -> OrderLines:
    """Return the lines, read with the attribute where it is a column of a frame."""
    if isinstance(by, str) and not isinstance(data, (OrderLines, Transactions)):
        columns["attributes"] = (*columns.get("attributes", ()), by)
    return lines_of(data, columns)


def _assembled(raw: Raw) -> OrderLines:
    """Return the rows that are used, sorted by order."""
    kept, left_out = raw.used()
    customer, times = raw.customer[kept], raw.times[kept]
    group, sub = _order_groups(raw, kept)
    positive = ~raw.returned[kept]
    count = int(group.max(initial=-1)) + 1
    placed = np.full(count, np.iinfo(np.int64).max)
    np.minimum.at(placed, group, times)
    owner = np.zeros(count, np.int64)
    owner[group] = customer
    is_order = np.zeros(count, np.bool_)
    is_order[group[positive]] = True
    if not is_order.any():
        msg = "nothing was bought in these rows"
        raise EmptyDataError.of(msg)
    ranked = np.lexsort((sub, placed, owner))
    number = _numbers(is_order[ranked], owner[ranked])
    of_group = np.empty(count, np.int64)
    of_group[ranked] = number
    order = of_group[group]
    left_out["refunding something before the first order"] = int((order < 0).sum())
    rows = kept[order >= 0]
    order = order[order >= 0]
    amounts = np.zeros(len(rows)) if raw.amounts is None else raw.amounts[rows]
    sorted_ = np.lexsort((amounts, raw.product[rows], order))
    rows, order = rows[sorted_], order[sorted_]
    chosen = ranked[is_order[ranked]]
    buyers, order_customer = np.unique(owner[chosen], return_inverse=True)
    return OrderLines(
        customers=raw.customers[buyers],
        products=raw.products,
        order=order,
        product=raw.product[rows],
        returned=raw.returned[rows],
        amounts=_of(raw.amounts, rows),
        quantities=_of(raw.quantities, rows),
        prices=_of(raw.prices, rows),
        order_customer=order_customer.astype(np.int64),
        order_time=placed[chosen].view("datetime64[us]"),
        category=_of(raw.category, rows),
        categories=raw.categories,
        attributes={name: one[buyers] for name, one in raw.attributes.items()},
        last_day=raw.last_day,
        left_out=left_out,
        family=raw.family,
    )


def _of(values: NDArray[Any] | None, rows: NDArray[Any]) -> Any:
    return None if values is None else values[rows]


def _order_groups(
    raw: Raw, kept: NDArray[np.int64]
) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Return the group of each row, and a number that tells a customer's apart."""
    days = raw.times[kept] // DAY
    sub = days - days.min(initial=0)
    if raw.order is not None:
        ids = raw.order[kept]
        # a row without an order id is one of the orders of its day
        sub = np.where(ids >= 0, ids, ids.max(initial=0) + 1 + sub)
    span = int(sub.max(initial=0)) + 1
    group, keys = _core.codes_of_integers(raw.customer[kept] * span + sub, None)
    return group, keys % span


def _numbers(
    is_order: NDArray[np.bool_], owner: NDArray[np.int64]
) -> NDArray[np.int64]:
    """Return the number of each group's order: its own, or the one before; -1 if none.

    Groups are sorted by customer and time.
    """
    number = np.cumsum(is_order) - 1
    last = np.maximum.accumulate(np.where(is_order, np.arange(len(is_order)), 0))
    return np.where(owner[last] == owner, number, -1)
