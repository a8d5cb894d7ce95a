"""The purchases of a log by customer and period: what the lenses look through."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING

import numpy as np

from tenure.exceptions import EmptyDataError, ParameterError
from tenure.retention.periods import Periods

if TYPE_CHECKING:
    from typing import Self

    from numpy.typing import NDArray

    from tenure._calendar import Every
    from tenure._typing import Date
    from tenure.transactions import Transactions

    Floats = NDArray[np.float64]

__all__ = ["Ledger", "label_of"]

_LENGTHS: tuple[Every, ...] = ("year", "quarter", "month", "week", "day")


@dataclass(frozen=True, eq=False)
class Ledger:
    """The purchases of a log by customer and period.

    Attributes
    ----------
    log : Transactions
        The log.
    every : str
        How long a period is.
    starts : numpy.datetime64 array
        The first day of each period.
    complete : bool array
        Whether it was over at the end of observation.
    end : numpy.datetime64
        The first instant that is not observed.
    owner, period : int64 array
        The place of the customer and of the period of each purchase known.
    value : float64 array
        What each purchase brought: revenue, margin, or 1 in a log without amounts.
    what : str
        What that is: "revenue", "margin" or "orders".
    as_of : date or None
        What was asked for.
    margin : float or None
        The share of revenue that is earned.
    level : float
        Confidence level of intervals.
    """

    log: Transactions
    every: Every
    starts: NDArray[np.datetime64]
    complete: NDArray[np.bool_]
    end: np.datetime64
    owner: NDArray[np.int64]
    period: NDArray[np.int64]
    value: Floats
    what: str
    as_of: Date | None
    margin: float | None
    level: float

    @classmethod
    def of(
        cls,
        log: Transactions,
        every: Every | None,
        *,
        as_of: Date | None,
        margin: float | None,
        level: float,
    ) -> Self:
        """Return it with periods of a length, or of the longest with two complete."""
        periods = _periods(log, every, as_of)
        known = log.times < periods.end
        owner = np.repeat(np.arange(len(log.customers)), np.diff(log.offsets))[known]
        times = log.times[known]
        if margin is not None and log.values is None:
            raise ParameterError.of(
                name="margin",
                expected="be left out of a log without amounts",
                found=repr(margin),
            )
        if log.values is None:
            value, what = np.ones(len(times)), "orders"
        else:
            share = 1.0 if margin is None else float(margin)
            value = share * log.values[known]
            what = "revenue" if margin is None else "margin"
        return cls(
            log=log,
            every=periods.every,
            starts=periods.starts.astype("datetime64[D]"),
            complete=periods.complete,
            end=periods.end,
            owner=owner,
            period=np.searchsorted(periods.edges, times, side="right") - 1,
            value=value,
            what=what,
            as_of=as_of,
            margin=margin,
            level=level,
        )

    def by(self, every: Every) -> Ledger:
        """Return the same by periods of another length."""
        return Ledger.of(
            self.log, every, as_of=self.as_of, margin=self.margin, level=self.level
        )

    @property
    def family(self) -> str:
        """The kind of frame that results come back as."""
        return self.log.family

    @property
    def has_money(self) -> bool:
        """Whether values are money."""
        return self.what != "orders"

    @property
    def over(self) -> NDArray[np.intp]:
        """The places of the complete periods."""
        return np.flatnonzero(self.complete)

    @cached_property
    def born(self) -> NDArray[np.int64]:
        """The period of each customer's first purchase; past the last if not known."""
        found = np.full(len(self.log.customers), len(self.starts))
        np.minimum.at(found, self.owner, self.period)
        return found

    def label(self, place: int) -> str:
        """Return what a period is called."""
        return label_of(self.starts[place], self.every)

    def in_period(self, place: int) -> tuple[NDArray[np.int64], Floats]:
        """Return how many orders each customer made in a period, and their value."""
        inside = self.period == place
        size = len(self.log.customers)
        orders = np.bincount(self.owner[inside], minlength=size)
        value = np.bincount(self.owner[inside], self.value[inside], minlength=size)
        return orders, value.astype(np.float64)


def _periods(log: Transactions, every: Every | None, as_of: Date | None) -> Periods:
    if every is not None:
        if every not in _LENGTHS:
            raise ParameterError.of(
                name="every",
                expected=f"be one of {', '.join(_LENGTHS)}",
                found=repr(every),
            )
        found = Periods.of(log, every, as_of)
        if not found.complete.any():
            what = f"no {every} was over by the end of observation"
            raise EmptyDataError.of(what, hint="choose shorter periods")
        return found
    shortest: Periods | None = None
    for length in _LENGTHS:
        try:
            found = Periods.of(log, length, as_of)
        except ParameterError:  # purchases are merged by longer periods than this
            break
        if found.complete.sum() >= 2:
            return found
        shortest = found if found.complete.any() else shortest
    if shortest is None:
        what = "no period was over by the end of observation"
        raise EmptyDataError.of(what, hint="say with `as_of` until when it is observed")
    return shortest


def label_of(start: np.datetime64, every: str) -> str:
    """Return what a period is called.

    Examples
    --------
    >>> day = np.datetime64("2024-04-01")
    >>> [label_of(day, one) for one in ("year", "quarter", "month", "week")]
    ['2024', 'Q2 2024', '2024-04', 'the week of 2024-04-01']
    """
    month = start.astype("datetime64[M]")
    if every == "year":
        return str(start.astype("datetime64[Y]"))
    if every == "quarter":
        number = int(month.astype(np.int64)) % 12 // 3 + 1
        return f"Q{number} {start.astype('datetime64[Y]')}"
    if every == "month":
        return str(month)
    day = str(start.astype("datetime64[D]"))
    return f"the week of {day}" if every == "week" else day
