"""The calendar periods of a log, and what each customer did in each of them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Literal, TypeAlias, get_args

import numpy as np

from tenure import _core
from tenure._calendar import Calendar
from tenure._frame import Categories
from tenure._report import written
from tenure._units import in_units
from tenure.exceptions import EmptyDataError, ParameterError

if TYPE_CHECKING:
    from collections.abc import Mapping
    from typing import Self

    from numpy.typing import NDArray

    from tenure._calendar import Every, Weekday
    from tenure._core_types import LedgerColumns
    from tenure._typing import Date
    from tenure._units import Horizon
    from tenure.transactions import Transactions

__all__ = [
    "Incomplete",
    "Periods",
    "at_least_one",
    "ledger_of",
    "length_in_days",
    "shown_rows",
]

Incomplete: TypeAlias = Literal["drop", "mask", "flag"]
"""What a table shows of a period that was not over at the end of observation."""

# Days of ten thousand years.
_MOST_PERIODS = 3_660_000


@dataclass(frozen=True, eq=False)
class Periods:
    """Calendar periods one after the other, the last of which may be in progress.

    Attributes
    ----------
    every : str
        How long they are.
    edges : datetime64[us] array
        Where each begins, and where the last one ends.
    end : numpy.datetime64
        The end of observation: the first instant that is not observed.
    """

    every: Every
    edges: NDArray[np.datetime64]
    end: np.datetime64

    @classmethod
    def of(
        cls,
        log: Transactions,
        every: Every,
        as_of: Date | None,
        week_start: Weekday = "monday",
        year_start: int = 1,
    ) -> Self:
        """Return the periods from the first purchase to the end of observation."""
        calendar = Calendar.of(every, week_start, year_start)
        _check(log, calendar)
        first = log.times[log.offsets[:-1]].min()
        end = observed_until(log, as_of)
        if first >= end:
            last = written(end - np.timedelta64(1, "us"))
            hint = "choose a date after the first purchase of the log"
            what = f"no customer had bought by {last[:10]}"
            raise EmptyDataError.of(what, hint=hint)
        return cls.between(first, end, calendar)

    @classmethod
    def between(
        cls, first: np.datetime64, end: np.datetime64, calendar: Calendar
    ) -> Self:
        """Return the periods from that of an instant to the end of observation.

        Examples
        --------
        >>> moments = np.datetime64("2024-02-29", "us"), np.datetime64("2024-03-10")
        >>> weeks = Calendar.of("week", "sunday", 1)
        >>> Periods.between(*moments, weeks).starts.astype("datetime64[D]")
        array(['2024-02-25', '2024-03-03'], dtype='datetime64[D]')
        """
        last = end - np.timedelta64(1, "us")
        days = np.array([first, last]).astype("datetime64[D]").astype(np.int64)
        edges = calendar.starts(*days.tolist()).astype("datetime64[D]")
        return cls(calendar.every, edges.astype("datetime64[us]"), end)

    def __len__(self) -> int:
        """Return the number of periods."""
        return len(self.edges) - 1

    @property
    def starts(self) -> NDArray[np.datetime64]:
        """The first day of each period."""
        return self.edges[:-1]

    @property
    def complete(self) -> NDArray[np.bool_]:
        """Whether each period was over at the end of observation."""
        return self.edges[1:] <= self.end

    @property
    def last_days(self) -> NDArray[np.datetime64]:
        """The last observed day of each period."""
        ends = np.minimum(self.edges[1:], self.end) - np.timedelta64(1, "us")
        return ends.astype("datetime64[D]")


def observed_until(log: Transactions, as_of: Date | None) -> np.datetime64:
    """Return the first instant that is not observed: after the day, or the instant."""
    if as_of is None:
        return (log.span[1] + 1).astype("datetime64[us]")
    microseconds, whole_day = log._date(as_of, "as_of")  # noqa: SLF001
    moment = np.datetime64(microseconds, "us")
    if whole_day:
        return (moment.astype("datetime64[D]") + 1).astype("datetime64[us]")
    return moment + np.timedelta64(1, "us")


def _check(log: Transactions, calendar: Calendar) -> None:
    grain = log._log.history["grain"]  # noqa: SLF001
    if calendar.holds(grain):
        return
    shifted = grain == "week" and calendar.week_start != "monday"
    raise ParameterError.of(
        name="every",
        expected=f"be made of the periods that purchases were merged over: {grain}s",
        found=repr(calendar.every)
        + (f" from {calendar.week_start}" if shifted else ""),
        hint='group the log with merge="day"',
    )


def ledger_of(log: Transactions, periods: Periods, as_of: Date | None) -> LedgerColumns:
    """Return what each customer bought in each period."""
    date = log._date(as_of, "as_of")  # noqa: SLF001
    return _core.period_ledger(log._log.history, date, periods.edges.view(np.int64))  # noqa: SLF001


def at_least_one(value: Any, name: str) -> int:
    """Return a whole number of at least 1, or say that it is none.

    More than there can be periods is as many as that.
    """
    try:
        whole = int(value)
    except (OverflowError, TypeError, ValueError):
        whole = 0
    if isinstance(value, bool | str) or whole != value or whole < 1:
        expected = "be a whole number of at least 1"
        raise ParameterError.of(name, expected, found=repr(value))
    return min(whole, _MOST_PERIODS)


def length_in_days(length: Horizon, name: str, *, zero: bool = False) -> float:
    """Return a length of time in days.

    Parameters
    ----------
    length : float, str or timedelta
        Numbers are days.
    name : str
        What the argument is called, for errors.
    zero : bool, default False
        Whether it may be no time at all.
    """
    days = in_units(length, "day", name=name)
    if len(days) == 1 and 0 <= days[0] < np.inf and (days[0] > 0 or zero):
        return float(days[0])
    expected = f"be one finite length of time{', not negative' if zero else ' above 0'}"
    raise ParameterError.of(name, expected, found=repr(length))


def shown_rows(
    columns: Mapping[str, NDArray[Any]], complete: NDArray[np.bool_], rule: Incomplete
) -> dict[str, NDArray[Any] | Categories]:
    """Return the columns of a table over periods, with what is to be seen of it.

    Parameters
    ----------
    columns : mapping of str to array
        `period` first.
    complete : bool array
        Whether the period of each row was over.
    rule : {"drop", "mask", "flag"}
        Whether rows of the period in progress are left out, have NaN in place of
        numbers, or are shown as they are. "mask" and "flag" add a column `status`.
    """
    if rule not in get_args(Incomplete):
        expected = "be 'drop', 'mask' or 'flag'"
        raise ParameterError.of(name="incomplete", expected=expected, found=repr(rule))
    if rule == "drop":
        return {name: values[complete] for name, values in columns.items()}
    shown: dict[str, NDArray[Any] | Categories] = {}
    for name, values in columns.items():
        masked = rule == "mask" and values.dtype.kind in "if" and not complete.all()
        shown[name] = np.where(complete, values, np.nan) if masked else values
    codes = (~complete).astype(np.int64)
    return shown | {"status": Categories(codes, ("complete", "in progress"))}
