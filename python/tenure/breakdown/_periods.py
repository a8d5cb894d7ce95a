"""What each customer did in two periods, in each segment."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, TypeAlias

import numpy as np

from tenure._report import counted, written
from tenure._series import column_of
from tenure._time import civil_microseconds
from tenure.breakdown._people import (
    ALL,
    Grouping,
    grouping_of,
    labelled_rows,
    numbers_of,
    table_of,
)
from tenure.exceptions import ColumnError, DataError, EmptyDataError, ParameterError

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from tenure._frame import Table
    from tenure._typing import Date
    from tenure.transactions import Transactions

__all__ = ["Period", "Spells", "of_lines", "of_log", "spans_of"]

Period: TypeAlias = "tuple[Date, Date]"
"""The first and the last day of a period, both of which belong to it."""

Span: TypeAlias = "tuple[np.datetime64, np.datetime64]"


@dataclass(frozen=True, eq=False)
class Spells:
    """Sums for each customer and segment, in each of two periods.

    Attributes
    ----------
    owners, groups : int64 array
        The customer and the segment of each row.
    active, orders, items, revenue : array, shape (2, rows)
        Whether something was bought in each period, and how much.
    customers : int
        How many customers bought in either.
    names : tuple of str
        The segments.
    factors : tuple of str
        What the factors of revenue are called.
    notes : tuple of str
        What was left out.
    """

    owners: NDArray[np.int64]
    groups: NDArray[np.int64]
    active: NDArray[np.float64]
    orders: NDArray[np.float64]
    items: NDArray[np.float64]
    revenue: NDArray[np.float64]
    customers: int
    names: tuple[str, ...]
    factors: tuple[str, ...]
    notes: tuple[str, ...] = ()

    @property
    def of_customers(self) -> NDArray[np.float64]:
        """Whether each customer bought in each period, in whatever segment."""
        found = np.zeros((2, self.customers))
        for period in range(2):
            np.maximum.at(found[period], self.owners, self.active[period])
        return found


def spans_of(before: Period, after: Period, zone: str | None) -> tuple[Span, Span]:
    """Return where two periods begin, and the first instants after them."""
    first, second = (
        _span(period, name, zone)
        for period, name in ((before, "before"), (after, "after"))
    )
    if first[1] > second[0]:
        raise ParameterError.of(
            name="after",
            expected="begin after `before` ends: " + written(first[1] - 1)[:10],
            found=written(second[0]),
        )
    return first, second


def _span(period: Period, name: str, zone: str | None) -> Span:
    if isinstance(period, str) or len(period) != 2:
        raise ParameterError.of(
            name=name,
            expected="be two dates, the first and the last day of the period",
            found=repr(period),
        )
    (start, _), (last, whole_day) = (
        civil_microseconds(one, name=name, zone=zone) for one in period
    )
    end = last + (86_400_000_000 if whole_day else 1)
    if end <= start:
        raise ParameterError.of(
            name=name, expected="end after it begins", found=repr(period)
        )
    return np.datetime64(start, "us"), np.datetime64(end, "us")


def of_log(
    log: Transactions,
    before: Period,
    after: Period,
    *,
    by: str | None,
    attributes: object,
) -> Spells:
    """Return what the customers of a log did in two periods."""
    if log.values is None:
        raise ParameterError.of(
            name="log",
            expected="have amounts",
            found="a log without",
            hint="Transactions(..., amount=...) names their column",
        )
    spans = spans_of(before, after, log.zone)
    grouping = _of_customers(log, by, attributes)
    lines = log.lines
    items = np.zeros(len(log)) if lines is None else np.diff(lines.offsets)
    n = len(log.customers)
    owner = np.repeat(np.arange(n), np.diff(log.offsets))
    sums = np.zeros((4, 2, n))
    for place, (start, end) in enumerate(spans):
        inside = (log.times >= start) & (log.times < end)
        who = owner[inside]
        sums[1, place] = np.bincount(who, minlength=n)
        sums[2, place] = np.bincount(who, items[inside], n)
        sums[3, place] = np.bincount(who, log.values[inside], n)
    sums[0] = sums[1] > 0
    _check_active(sums[0].sum(axis=1), spans)
    rows = np.flatnonzero(sums[0].any(axis=0))
    segments = grouping.among(rows)
    factors = ("customers", "purchases_per_customer", "value_per_purchase")
    if lines is not None:
        factors = (*factors[:2], "lines_per_purchase", "value_per_line")
    return Spells(
        np.arange(len(rows)),
        segments.codes,
        *sums[:, :, rows],
        customers=len(rows),
        names=segments.names,
        factors=factors,
    )


def _of_customers(log: Transactions, by: str | None, attributes: object) -> Grouping:
    """Return the segment of each customer of a log."""
    n = len(log.customers)
    if by is None:
        return Grouping(np.zeros(n, dtype=np.int64), (ALL,))
    own = log._log.attributes  # noqa: SLF001
    if by in own:
        return grouping_of(column_of(by, own[by]))
    if by == "cohort":
        firsts = log.times[log.offsets[:-1]].astype("datetime64[M]")
        return grouping_of(column_of(by, firsts.astype(str).astype(object)))
    if attributes is None:
        raise ColumnError.unknown(by, (*own, "cohort"))
    table = table_of(attributes, "customer_id")
    rows = labelled_rows(log.customers.astype(object), table, "customer_id")
    return grouping_of(table.column(by).take(rows))


def _check_active(counts: NDArray[np.float64], spans: tuple[Span, Span]) -> None:
    for count, (start, end) in zip(counts, spans, strict=True):
        if count == 0:
            days = f"{written(start)[:10]} to {written(end - 1)[:10]}"
            msg = f"nobody bought in the period from {days}"
            raise EmptyDataError.of(
                msg,
                hint="choose periods within the log",
            )


def of_lines(
    table: Table,
    before: Period,
    after: Period,
    *,
    by: str | None,
    names: dict[str, str | None],
) -> Spells:
    """Return what the customers in lines of orders did in two periods.

    Parameters
    ----------
    table : Table
        One row a line.
    before, after : (date, date)
    by : str or None
        The column of segments, of lines or of customers.
    names : dict of str to (str or None)
        The columns "customer", "time", "amount", and "order" and "quantity" if there
        are such.
    """
    instants = table.instants(str(names["time"]))
    spans = spans_of(before, after, instants.zone)
    who = table.codes(str(names["customer"])).values
    times = instants.values.view("datetime64[us]")
    period = np.full(len(who), -1)
    for place, (start, end) in enumerate(spans):
        period[(times >= start) & (times < end)] = place
    if instants.missing is not None:
        period[instants.missing] = -1
    nobody = int(((who < 0) & (period >= 0)).sum())
    rows = np.flatnonzero((period >= 0) & (who >= 0))
    amount = _known(table, str(names["amount"]))[rows]
    order = names["order"]
    if order is None:
        orders = times.astype("datetime64[D]").view(np.int64)[rows]
    else:
        orders = table.codes(order).values[rows]
    quantity = names["quantity"]
    items = np.zeros(len(rows)) if quantity is None else _known(table, quantity)[rows]
    segment = (
        Grouping(np.zeros(table.n_rows, dtype=np.int64), (ALL,))
        if by is None
        else grouping_of(table.column(by))
    )
    segment = segment.among(rows)
    spells = _summed(who[rows], segment.codes, period[rows], orders, items, amount)
    _check_active(spells["active"].sum(axis=1), spans)
    factors = ("customers", "purchases_per_customer", "value_per_purchase")
    if quantity is not None:
        factors = (*factors[:2], "items_per_purchase", "price_per_item")
    notes = (f"{counted(nobody, 'row')} without a customer left out",) if nobody else ()
    return Spells(**spells, names=segment.names, factors=factors, notes=notes)


def _known(table: Table, name: str) -> NDArray[np.float64]:
    values = numbers_of(table.column(name))
    bad = np.flatnonzero(np.isnan(values))
    if len(bad):
        raise DataError.at(
            name,
            "hold a number in every row",
            row=int(bad[0]),
            found="nothing",
            count=len(bad),
        )
    return values


def _summed(  # noqa: PLR0917
    who: NDArray[np.int64],
    segment: NDArray[np.int64],
    period: NDArray[np.int64],
    orders: NDArray[np.int64],
    items: NDArray[np.float64],
    amount: NDArray[np.float64],
) -> dict[str, Any]:
    """Return the sums over the rows of each customer and segment.

    An order is a purchase if any of its rows in the segment has no negative amount: one
    that only gives money back is none.
    """
    owners, owner = np.unique(who, return_inverse=True)
    pairs = np.stack([owner, segment])
    keys, key = np.unique(pairs, axis=1, return_inverse=True)
    key = key.reshape(-1)
    n = keys.shape[1]
    bought = amount >= 0
    placed = np.unique(np.stack([period[bought], key[bought], orders[bought]]), axis=1)
    sums = np.zeros((3, 2, n))
    for place in range(2):
        inside = period == place
        sums[0, place] = np.bincount(placed[1][placed[0] == place], minlength=n)
        sums[1, place] = np.bincount(key[inside], items[inside], n)
        sums[2, place] = np.bincount(key[inside], amount[inside], n)
    return {
        "owners": keys[0],
        "groups": keys[1],
        "active": (sums[0] > 0).astype(np.float64),
        "orders": sums[0],
        "items": sums[1],
        "revenue": sums[2],
        "customers": len(owners),
    }
