"""Contracts by customer and start: read, checked, and put one after the other."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Literal, TypeAlias, get_args

import numpy as np

from tenure._report import written
from tenure.exceptions import DataError, EmptyDataError, ParameterError
from tenure.rfm.intervals import sums

if TYPE_CHECKING:
    from collections.abc import Callable

    from numpy.typing import NDArray

    from tenure._core_types import LedgerColumns
    from tenure._frame import Table

__all__ = [
    "Contracts",
    "Interval",
    "Overlap",
    "Spells",
    "Trials",
    "read_contracts",
    "read_snapshots",
]

Interval: TypeAlias = Literal["day", "week", "month", "quarter", "year"]
"""What an amount is paid for."""

Overlap: TypeAlias = Literal["raise", "sum", "replace"]
"""What two contracts of a customer do on the same day."""

# How much of a month's payment the payment for an interval is.
_MONTHLY = {
    "day": 365.25 / 12,
    "week": 365.25 / 84,
    "month": 1.0,
    "quarter": 1 / 3,
    "year": 1 / 12,
}

# The end of a contract that runs on, and more days than there are up to then.
_FAR = np.datetime64("9999-12-31")
_MORE_DAYS = 10_000_000


@dataclass(frozen=True, eq=False)
class Spells:
    """Stretches of time for which customers paid without a pause.

    Attributes
    ----------
    customer, number : int64 array
        Whose it is, and which of that customer's, from 1.
    start, end : datetime64[D] array
        The first day, and the first day that is not covered.
    first_revenue, last_revenue : float64 array
        Monthly recurring revenue on the first and on the last day.
    """

    customer: NDArray[np.int64]
    number: NDArray[np.int64]
    start: NDArray[np.datetime64]
    end: NDArray[np.datetime64]
    first_revenue: NDArray[np.float64]
    last_revenue: NDArray[np.float64]


@dataclass(frozen=True, eq=False)
class Trials:
    """The first trial of each customer who had one.

    Attributes
    ----------
    start : datetime64[D] array
        Its first day.
    undecided : bool array
        Whether the time in which it may become paid is not over.
    converted : bool array
        Whether it was over, and a paid contract began within it.
    """

    start: NDArray[np.datetime64]
    undecided: NDArray[np.bool_]
    converted: NDArray[np.bool_]


@dataclass(frozen=True, eq=False)
class Contracts:
    """Contracts in order of customer and start, one entry each.

    Attributes
    ----------
    customer : int64 array
        The place of the customer.
    start, end : datetime64[D] array
        The first day, and the first day that is not covered; far in the future for a
        contract that runs on.
    revenue : float64 array
        What is paid a month; 0 for trials.
    trial : bool array
        Whether it is a trial.
    """

    customer: NDArray[np.int64]
    start: NDArray[np.datetime64]
    end: NDArray[np.datetime64]
    revenue: NDArray[np.float64]
    trial: NDArray[np.bool_]

    def __post_init__(self) -> None:
        for name in ("customer", "start", "end", "revenue", "trial"):
            getattr(self, name).setflags(write=False)

    @property
    def paid(self) -> NDArray[np.bool_]:
        """Whether anything is paid for each."""
        return self.revenue > 0

    def running(self, day: np.datetime64) -> NDArray[np.bool_]:
        """Return which contracts cover a day."""
        return (self.start <= day) & (day < self.end)

    def revenue_on(self, day: np.datetime64, customers: int) -> NDArray[np.float64]:
        """Return the monthly recurring revenue of each customer on a day."""
        rows = self.running(day)
        sums = np.bincount(self.customer[rows], self.revenue[rows], customers)
        return sums.astype(np.float64, copy=False)

    def ledger(self, days: NDArray[np.datetime64], customers: int) -> LedgerColumns:
        """Return what each customer pays on each of some ascending days."""
        paid = self.paid
        first = np.searchsorted(days, self.start[paid])
        counts = np.maximum(np.searchsorted(days, self.end[paid]) - first, 0)
        ends = np.cumsum(counts)
        steps = np.arange(int(counts.sum())) - np.repeat(ends - counts, counts)
        places = np.repeat(first, counts) + steps
        keys = np.repeat(self.customer[paid], counts) * len(days) + places
        cells, rows = np.unique(keys, return_inverse=True)
        customer, period = np.divmod(cells, len(days))
        sizes = np.bincount(customer, minlength=customers)
        revenue = np.repeat(self.revenue[paid], counts)
        return {
            "offsets": np.concatenate([[0], np.cumsum(sizes)]).astype(np.int64),
            "periods": period.astype(np.int64),
            "amounts": np.bincount(rows, revenue, len(cells)).astype(np.float64),
            "length": len(days),
        }

    def spells(self, grace: float) -> Spells:
        """Return the stretches of paid contracts with no more days between them."""
        paid = self.paid
        customer, start = self.customer[paid], self.start[paid]
        end, revenue = self.end[paid], self.revenue[paid]
        # the latest end so far of the same customer, whose numbers rise with the rows
        base = customer * _MORE_DAYS
        latest = np.maximum.accumulate(base + end.astype(np.int64))
        begins = np.ones(len(start), dtype=bool)
        begins[1:] = start[1:].astype(np.int64) + base[1:] > latest[:-1] + grace
        begins[1:] |= np.diff(customer) != 0
        spell = np.cumsum(begins) - 1
        firsts = np.flatnonzero(begins)
        lasts = np.append(firsts[1:], len(start)) - 1 if len(firsts) else firsts
        ends = (latest[lasts] - base[lasts]).astype("datetime64[D]")
        starts = start[firsts]
        count = len(firsts)
        opening, closing = start == starts[spell], end == ends[spell]
        owners = customer[firsts]
        first_of_owner = np.searchsorted(owners, owners)
        return Spells(
            customer=owners,
            number=np.arange(count) - first_of_owner + 1,
            start=starts,
            end=ends,
            first_revenue=sums(revenue[opening], spell[opening], count),
            last_revenue=sums(revenue[closing], spell[closing], count),
        )

    def trials(self, days: float, as_of: np.datetime64) -> Trials:
        """Return each customer's first trial, and what became of it in so many days."""
        rows = np.flatnonzero(self.trial)
        rows = rows[np.unique(self.customer[rows], return_index=True)[1]]
        start, end = self.start[rows], self.end[rows].astype(np.int64)
        paid = np.flatnonzero(self.paid)
        keys = self.customer[paid] * _MORE_DAYS + self.start[paid].astype(np.int64)
        own = self.customer[rows] * _MORE_DAYS
        place = np.searchsorted(keys, own + start.astype(np.int64))
        next_paid = np.append(keys, np.iinfo(np.int64).max)[place]
        undecided = end + days > as_of.astype(np.int64)
        return Trials(start, undecided, ~undecided & (next_paid <= own + end + days))


def read_contracts(
    table: Table,
    *,
    columns: tuple[str, str, str, str],
    interval: str,
    trial: str | None,
    overlap: str,
    today: np.datetime64,
) -> tuple[NDArray[Any], Contracts]:
    """Return the customers and their contracts known by a day.

    Raises
    ------
    DataError, EmptyDataError
        As `Subscriptions.from_contracts` says.
    """
    if overlap not in get_args(Overlap):
        raise ParameterError.of(
            name="overlap",
            expected="be 'raise', 'sum' or 'replace'",
            found=repr(overlap),
        )
    customer, start, end, amount = columns
    ids = table.codes(customer)
    _check(ids.values >= 0, customer, "name the customer of each row", "nothing")
    begins, ends = table.instants(start), table.instants(end)
    if begins.missing is not None:
        _check(~begins.missing, start, "have a date in every row", "none")
    first = _days(begins.values)
    last = _days(ends.values)
    if ends.missing is not None:
        last = np.where(ends.missing, _FAR, last)
    bad = last < first
    if bad.any():
        row = int(bad.argmax())
        found = f"{written(last[row])} with {start} = {written(first[row])}"
        raise DataError.at(
            end, f"not lie before `{start}`", row=row, found=found, count=int(bad.sum())
        )
    revenue = _amounts(table, amount) * _factors(table, interval)
    trials = revenue == 0 if trial is None else table.flags(trial)
    rows = np.flatnonzero((first <= today) & (last > first))
    if len(rows) == 0:
        what = f"no contract had started by {today}"
        raise EmptyDataError.of(what, hint="are the columns the right ones?")
    rows = rows[np.lexsort((first[rows], ids.values[rows]))]
    owners, codes = np.unique(ids.values[rows], return_inverse=True)
    last = _after_overlaps(codes, first, last, rows, (overlap, start, end))
    kept = last > first[rows]
    rows, codes, last = rows[kept], codes[kept], last[kept]
    contracts = Contracts(
        customer=codes.astype(np.int64),
        start=first[rows],
        end=last,
        revenue=np.where(trials, 0.0, revenue)[rows],
        trial=np.ascontiguousarray(trials[rows]),
    )
    return ids.categories[owners], contracts


def read_snapshots(
    table: Table, columns: tuple[str, str, str]
) -> tuple[NDArray[Any], Contracts, np.datetime64]:
    """Return the customers, a contract for each paid month, and the last day of all."""
    customer, month, amount = columns
    ids, times = table.codes(customer), table.instants(month)
    _check(ids.values >= 0, customer, "name the customer of each row", "nothing")
    if times.missing is not None:
        _check(~times.missing, month, "have a date in every row", "none")
    months = times.values.view("datetime64[us]").astype("datetime64[M]")
    revenue = _amounts(table, amount)
    rows = np.lexsort((months, ids.values))
    again = np.zeros(len(rows), dtype=bool)
    same = (np.diff(ids.values[rows]) == 0) & (np.diff(months[rows]).astype(int) == 0)
    again[rows[1:][same]] = True
    _check(
        ~again,
        month,
        "hold each month of a customer once",
        lambda row: f"{months[row]} a second time",
        hint="add these rows up first",
    )
    rows = rows[revenue[rows] > 0]
    if len(rows) == 0:
        what = "nobody pays anything in any month"
        raise EmptyDataError.of(what, hint="are the columns the right ones?")
    owners, codes = np.unique(ids.values[rows], return_inverse=True)
    contracts = Contracts(
        customer=codes.astype(np.int64),
        start=months[rows].astype("datetime64[D]"),
        end=(months[rows] + 1).astype("datetime64[D]"),
        revenue=revenue[rows],
        trial=np.zeros(len(rows), dtype=bool),
    )
    last = (months.max() + 1).astype("datetime64[D]") - 1
    return ids.categories[owners], contracts, last


def _after_overlaps(
    customer: NDArray[np.int64],
    first: NDArray[np.datetime64],
    last: NDArray[np.datetime64],
    rows: NDArray[np.int64],
    rule: tuple[str, str, str],
) -> NDArray[np.datetime64]:
    """Return the ends of contracts, in order of customer and start, after the rule."""
    overlap, start, end = rule
    begins, ends = first[rows], last[rows]
    same = np.diff(customer) == 0
    if overlap == "replace":
        cut = np.where(same, np.minimum(ends[:-1], begins[1:]), ends[:-1])
        return np.append(cut, ends[-1:])
    if overlap == "sum":
        return ends
    base = customer * _MORE_DAYS
    latest = np.maximum.accumulate(base + ends.astype(np.int64))
    clash = same & (base[1:] + begins[1:].astype(np.int64) < latest[:-1])
    if clash.any():
        place = int(np.flatnonzero(clash)[np.argmin(rows[1:][clash])]) + 1
        until = (latest[place - 1] - base[place]).astype("datetime64[D]")
        runs = "runs on" if until == _FAR else f"runs to {written(until)}"
        raise DataError.at(
            start,
            f"not lie before the `{end}` of another contract of the customer",
            row=int(rows[place]),
            found=f"{written(begins[place])}, when another one {runs}",
            count=int(clash.sum()),
            hint='overlap="sum" adds contracts up, as add-ons; "replace" lets the '
            "later one end the other, as a change of plan",
        )
    return ends


def _amounts(table: Table, amount: str) -> NDArray[np.float64]:
    values = table.numbers(amount).values
    finite = np.isfinite(values)
    _check(finite, amount, "be a finite number", lambda row: f"{values[row]}")
    _check(values >= 0, amount, "not be negative", lambda row: f"{values[row]:g}")
    return values


def _factors(table: Table, interval: str) -> NDArray[np.float64]:
    """Return how much of a payment each row's interval pays a month."""
    if interval in _MONTHLY:
        return np.full(table.n_rows, _MONTHLY[interval])
    found = table.codes(interval)
    # the last one is for rows without an interval, whose code is -1
    names: list[Any] = [*found.categories.tolist(), None]
    factors = np.array([_MONTHLY.get(name, np.nan) for name in names])
    _check(
        np.isfinite(factors[found.values]),
        interval,
        f"be one of {', '.join(_MONTHLY)}",
        lambda row: repr(names[found.values[row]]),
    )
    return factors[found.values]


def _check(
    good: NDArray[np.bool_],
    column: str,
    expected: str,
    found: str | Callable[[int], str],
    *,
    hint: str = "",
) -> None:
    """Raise for the first row that is not good; `found` is text, or makes it."""
    if good.all():
        return
    row = int(np.argmin(good))
    raise DataError.at(
        column,
        expected,
        row=row,
        found=found if isinstance(found, str) else found(row),
        count=int((~good).sum()),
        hint=hint,
    )


def _days(microseconds: NDArray[np.int64]) -> NDArray[np.datetime64]:
    return microseconds.view("datetime64[us]").astype("datetime64[D]")
