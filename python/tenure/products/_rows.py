"""Rows with a customer, a time and a product, read from a frame or a log."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

import numpy as np

from tenure._frame import Table
from tenure._time import civil_microseconds
from tenure.exceptions import ColumnError, DataError, EmptyDataError

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from typing import Self

    from numpy.typing import NDArray

    from tenure._typing import Date
    from tenure.transactions import Transactions

__all__ = ["Raw", "rows_of_frame", "rows_of_log"]

_LAST = 86_400_000_000 - 1  # the last microsecond of a day


@dataclass(frozen=True, eq=False)
class Raw:
    """Columns as they were read: ids as places, -1 where there is none.

    Attributes
    ----------
    until : int
        The last instant that is observed.
    attributes : dict of str to array
        One value a customer.
    """

    family: str
    customer: NDArray[np.int64]
    customers: NDArray[Any]
    times: NDArray[np.int64]
    time_missing: NDArray[np.bool_] | None
    product: NDArray[np.int64]
    products: NDArray[Any]
    order: NDArray[np.int64] | None
    amounts: NDArray[np.float64] | None
    quantities: NDArray[np.float64] | None
    prices: NDArray[np.float64] | None
    category: NDArray[np.int64] | None
    categories: NDArray[Any] | None
    attributes: dict[str, NDArray[Any]]
    until: int

    @property
    def last_day(self) -> np.datetime64:
        """The last day observed."""
        return np.datetime64(self.until, "us").astype("datetime64[D]")

    @property
    def returned(self) -> NDArray[np.bool_]:
        """Whether a row is something given back."""
        found = np.zeros(len(self.customer), np.bool_)
        if self.amounts is not None:
            found |= self.amounts < 0
        if self.quantities is not None:
            found |= self.quantities <= 0
        return found

    def used(self) -> tuple[NDArray[np.int64], dict[str, int]]:
        """Return the rows that are used, and how many are not, by reason."""
        nobody = self.customer < 0
        never = np.zeros(len(nobody), np.bool_)
        if self.time_missing is not None:
            never = self.time_missing & ~nobody
        later = (self.times > self.until) & ~nobody & ~never
        kept = np.flatnonzero(~(nobody | never | later))
        return kept, {
            "without a customer": int(nobody.sum()),
            "without a time": int(never.sum()),
            "after the last day": int(later.sum()),
            "without a product (count for the value of orders)": int(
                (self.product[kept] < 0).sum()
            ),
        }

    def with_categories(self, category: Mapping[Any, Any]) -> Self:
        """Return the rows with the categories of their products."""
        names = [category.get(one) for one in self.products.tolist()]
        codes = Table.of({"category": _objects(names)}).codes("category")
        of_product = np.append(codes.values, -1)
        found = of_product[self.product]
        return replace(self, category=found, categories=codes.categories)


def rows_of_frame(
    data: object,
    columns: Mapping[str, str | None],
    attributes: Sequence[str],
    as_of: Date | None,
) -> Raw:
    """Read the rows of a frame; `columns` are names by what they hold."""
    table = Table.of(data)
    read = {name: columns[name] for name in ("customer", "time", "product")}
    customer = table.codes(str(read["customer"]))
    product = table.codes(str(read["product"]))
    instants = table.instants(str(read["time"]))
    numbers = {
        name: _finite(table, columns[name]) for name in ("amount", "quantity", "price")
    }
    prices = numbers["price"]
    if prices is None:
        prices = _unit_prices(numbers["amount"], numbers["quantity"])
    order = None if columns["order"] is None else table.codes(columns["order"])
    kind = None if columns["category"] is None else table.codes(columns["category"])
    missing = instants.missing
    times = instants.values if missing is None else instants.values[~missing]
    if as_of is None and len(times) == 0:
        msg = "there is no row with a time"
        raise EmptyDataError.of(msg)
    return Raw(
        family=table.family,
        customer=customer.values,
        customers=customer.categories,
        times=instants.values,
        time_missing=missing,
        product=product.values,
        products=product.categories,
        order=order and order.values,
        amounts=numbers["amount"],
        quantities=numbers["quantity"],
        prices=prices,
        category=kind and kind.values,
        categories=kind and kind.categories,
        attributes={
            name: _of_customers(table, name, customer.values, instants.values)
            for name in attributes
        },
        until=_until(as_of, int(times.max(initial=0)), instants.zone),
    )


def rows_of_log(log: Transactions, as_of: Date | None) -> Raw:
    """Read the lines behind the purchases of a log, and later refunds."""
    lines, history = log.lines, log._log.history  # noqa: SLF001
    if lines is None or lines.products is None:
        hint = "group it with product=..., the name of a column"
        msg = "product"
        raise ColumnError.unusable(msg, "is not in this log", (), hint=hint)
    purchase = np.repeat(np.arange(len(log.times)), np.diff(lines.offsets))
    # a refund is one more line of its purchase: of its last order, without a product
    refunds = history["refund_purchases"]
    last_lines = lines.offsets[refunds + 1] - 1
    placed = log.times.view(np.int64)
    customer = np.repeat(np.arange(len(log.customers)), np.diff(log.offsets))
    product = Table.of({"product": lines.products}).codes("product")
    order = None
    if lines.orders is not None:
        codes = Table.of({"order": lines.orders}).codes("order").values
        order = np.append(codes, codes[last_lines])
    amounts = None
    if lines.amounts is not None:
        amounts = np.append(lines.amounts, history["refund_amounts"])
    until = _until(as_of, int(log.receipt.last_time.astype(np.int64)), log.zone)
    times = np.append(placed[purchase], placed[refunds])
    times[len(purchase) :] = np.where(
        history["refund_times"] <= until, times[len(purchase) :], until + 1
    )
    whose = np.append(customer[purchase], customer[refunds])
    return Raw(
        family=log.family,
        customer=whose,
        customers=log.customers,
        times=times,
        time_missing=None,
        product=np.append(product.values, np.full(len(refunds), -1)),
        products=product.categories,
        order=order,
        amounts=amounts,
        quantities=None,
        prices=None,
        category=None,
        categories=None,
        attributes={
            name: values.astype(object)
            for name, values in log._log.attributes.items()  # noqa: SLF001
        },
        until=until,
    )


def _until(as_of: Date | None, last: int, zone: str | None) -> int:
    """Return the last instant of the last day observed."""
    if as_of is not None:
        last, whole_day = civil_microseconds(as_of, name="as_of", zone=zone)
        if not whole_day:
            return last
    return last // (_LAST + 1) * (_LAST + 1) + _LAST


def _finite(table: Table, name: str | None) -> NDArray[np.float64] | None:
    """Read numbers, all of which must be there."""
    if name is None:
        return None
    numbers = table.numbers(name)
    bad = ~np.isfinite(numbers.values)
    if numbers.missing is not None:
        bad |= numbers.missing
    if bad.any():
        row = int(bad.argmax())
        none = numbers.missing is not None and numbers.missing[row]
        raise DataError.at(
            name,
            "be a finite number",
            row=row,
            found="nothing" if none else repr(float(numbers.values[row])),
            count=int(bad.sum()),
            hint="drop these rows, or give them a number",
        )
    return numbers.values


def _unit_prices(
    amounts: NDArray[np.float64] | None, quantities: NDArray[np.float64] | None
) -> NDArray[np.float64] | None:
    if amounts is None or quantities is None:
        return None
    with np.errstate(divide="ignore", invalid="ignore"):
        return np.where(quantities == 0, np.nan, amounts / quantities)


def _of_customers(
    table: Table,
    name: str,
    customer: NDArray[np.int64],
    times: NDArray[np.int64],
) -> NDArray[Any]:
    """Return each customer's earliest value of an attribute, None without any."""
    codes = table.codes(name)
    rows = np.flatnonzero((customer >= 0) & (codes.values >= 0))
    # the last to be written is the earliest, and of equally early ones the smallest
    rows = rows[np.lexsort((codes.values[rows], times[rows]))][::-1]
    found = np.full(int(customer.max(initial=-1)) + 1, -1)
    found[customer[rows]] = codes.values[rows]
    values = np.empty(len(codes.categories) + 1, dtype=object)
    values[:-1] = codes.categories
    return values[found]  # that of -1 is the last, which is None


def _objects(values: list[Any]) -> NDArray[np.object_]:
    found = np.empty(len(values), dtype=object)
    found[:] = values
    return found
