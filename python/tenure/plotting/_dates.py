"""Days and calendar periods as NumPy sees them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal, TypeAlias, cast, get_args

import numpy as np

from tenure._time import civil_microseconds
from tenure.exceptions import ParameterError

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from tenure._typing import Date

__all__ = ["Period", "end_of", "last_days", "period_named", "period_starts"]

Period: TypeAlias = Literal["day", "week", "month", "quarter", "year"]
"""What a picture over time counts by."""

_MONTHS = {"month": 1, "quarter": 3, "year": 12}
_MONDAY = np.datetime64("1970-01-05")


def period_named(period: str) -> str:
    """Return the period, or explain which there are."""
    if period in get_args(Period):
        return period
    raise ParameterError.of(
        name="period",
        expected=f"be one of {', '.join(get_args(Period))}",
        found=repr(period),
    )


def end_of(date: Date, *, name: str) -> np.datetime64:
    """Return the first instant after a date, or after an instant."""
    if isinstance(date, np.datetime64) and np.datetime_data(date)[0] == "D":
        date = str(date)
    microseconds, whole_day = civil_microseconds(date, name=name)
    step = np.timedelta64(1, "D") if whole_day else np.timedelta64(1, "us")
    return np.datetime64(microseconds, "us") + step


def period_starts(times: NDArray[np.datetime64], period: str) -> NDArray[np.datetime64]:
    """Return the first day of the calendar period that each time is in.

    Weeks begin on Mondays.
    """
    days = times.astype("datetime64[D]")
    if period == "day":
        return days
    if period == "week":
        since = (days - _MONDAY).astype(np.int64)
        return _MONDAY + since // 7 * 7
    months = days.astype("datetime64[M]").astype(np.int64)
    step = _MONTHS[period]
    return (months // step * step).astype("datetime64[M]").astype("datetime64[D]")


def last_days(
    first: np.datetime64, last: np.datetime64, period: str
) -> NDArray[np.datetime64]:
    """Return the last day of each period from `first` to `last`, inclusive.

    Days and weeks are counted from `first` on; longer periods are those of the
    calendar. The last period may end before it is over: on `last`.
    """
    if period in ("day", "week"):
        step = 1 if period == "day" else 7
        ends = np.arange(first + (step - 1), last + step, step)
    else:
        step = _MONTHS[period]
        start = period_starts(np.array([first]), period)[0].astype("datetime64[M]")
        until = last.astype("datetime64[M]") + step
        months = cast("NDArray[np.datetime64]", np.arange(start, until, step))
        ends = (months + step).astype("datetime64[D]") - 1
    return np.minimum(ends[: np.searchsorted(ends, last) + 1], last)
