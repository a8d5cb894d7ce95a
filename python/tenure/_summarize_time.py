"""Time in an engine: instants, periods and ages as whole numbers in expressions.

An engine has no wall-clock microseconds as the core has them, and each has functions of
dates of its own. All of them know the year, the month and the day of a time, and whole
numbers; the calendar follows from these by the same arithmetic everywhere.
"""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import narwhals as nw

if TYPE_CHECKING:
    from collections.abc import Callable

__all__ = ["MICROSECONDS", "Cutoff", "age", "cutoff", "instant", "tick"]

HOUR = 3_600_000_000
DAY = 24 * HOUR

# Microseconds between two ticks. Weeks and months are counted by their first days.
MICROSECONDS = {"instant": 1, "hour": HOUR, "day": DAY, "week": DAY, "month": DAY}

# Lengths of the units that have one.
_LENGTHS = {"hour": HOUR, "day": DAY, "week": 7 * DAY, "year": 365 * DAY + DAY // 4}

# Days from 0000-03-01, where Hinnant's calendar begins, to 1970-01-01.
_EPOCH = 719_468


@dataclass(frozen=True)
class Cutoff:
    """The end of observation, in ticks.

    Attributes
    ----------
    last : int
        The last period observed.
    now : int
        Up to when ages are measured.
    """

    last: int
    now: int


def cutoff(date: tuple[int, bool], grain: str, *, whole_days: bool) -> Cutoff:
    """Return the end of observation at a grain.

    Parameters
    ----------
    date : tuple of int and bool
        Microseconds, and whether a whole day is observed to its end.
    grain : str
        A key of `MICROSECONDS`.
    whole_days : bool
        Whether the log has nothing but dates: then ages are in whole days.
    """
    at, whole_day = date
    midnight = at // DAY * DAY + DAY
    if grain == "instant" and whole_days:
        last = at // DAY * DAY
        return Cutoff(last, last)
    if grain == "instant":
        last = midnight - 1 if whole_day else at
        return Cutoff(last, midnight if whole_day else at)
    last = _floor(midnight - 1 if whole_day else at, grain)
    return Cutoff(last, last)


def _floor(at: int, grain: str) -> int:
    """Return the tick of the period that holds an instant."""
    if grain == "hour":
        return at // HOUR
    day = at // DAY
    if grain == "week":
        return day - (day + 3) % 7  # day 0 is a Thursday
    if grain == "month":
        date = dt.date(1970, 1, 1) + dt.timedelta(days=day)
        return day - date.day + 1
    return day


def tick(time: nw.Expr, grain: str, *, dates: bool) -> nw.Expr:
    """Return the period of each time; `dates` are without a time of day."""
    year, month, day = (_int(part) for part in _date(time))
    if grain == "month":
        return _days(year, month, nw.lit(1))
    days = _days(year, month, day)
    if grain == "week":
        return days - (days + _EPOCH + 2) % 7  # 0000-03-01 is a Wednesday
    if grain == "day":
        return days
    if grain == "hour":
        return days * 24 if dates else days * 24 + _int(time.dt.hour())
    return days * DAY if dates else days * DAY + _time_of_day(time)


def instant(time: nw.Expr, *, dates: bool) -> nw.Expr:
    """Return each time in microseconds by its own clock."""
    return tick(time, "instant", dates=dates)


def _date(time: nw.Expr) -> tuple[nw.Expr, nw.Expr, nw.Expr]:
    return time.dt.year(), time.dt.month(), time.dt.day()


def _time_of_day(time: nw.Expr) -> nw.Expr:
    hours, minutes = _int(time.dt.hour()), _int(time.dt.minute())
    seconds = hours * 3600 + minutes * 60 + _int(time.dt.second())
    # some engines count the fraction of a second back from it before 1970
    return seconds * 1_000_000 + _int(time.dt.microsecond()) % 1_000_000


def _int(number: nw.Expr) -> nw.Expr:
    return number.cast(nw.Int64)


def _days(year: nw.Expr, month: nw.Expr, day: nw.Expr) -> nw.Expr:
    """Return days since 1970-01-01, as the core's `days_from_civil`.

    Years are taken to begin in March; of the years 1 to 9999 no term is negative, so
    that it does not matter how an engine divides negative numbers.
    """
    year = nw.when(month <= 2).then(year - 1).otherwise(year)
    leap_days = year // 4 - year // 100 + year // 400
    day_of_year = (153 * ((month + 9) % 12) + 2) // 5 + day - 1
    return _int(365 * year + leap_days + day_of_year - _EPOCH)


def age(
    frame: nw.LazyFrame[Any], name: str, start: str, end: nw.Expr, how: tuple[str, str]
) -> nw.LazyFrame[Any]:
    """Add the time from one tick to another, measured in a unit.

    Parameters
    ----------
    frame : LazyFrame
        One row a customer.
    name : str
        The column to add.
    start : str
        The column of ticks to count from.
    end : Expr
        The ticks to count to, none of them before `start`.
    how : tuple of str
        The grain of the ticks, and the unit.
    """
    grain, unit = how
    if unit in _LENGTHS:
        passed = (end - nw.col(start)) * MICROSECONDS[grain]
        return frame.with_columns((_float(passed) / _LENGTHS[unit]).alias(name))
    frame = _months(frame, name, start, end, grain)
    if unit == "quarter":
        frame = frame.with_columns((nw.col(name) / 3.0).alias(name))
    return frame


def _float(number: nw.Expr) -> nw.Expr:
    return number.cast(nw.Float64)


def _months(
    frame: nw.LazyFrame[Any], name: str, start: str, end: nw.Expr, grain: str
) -> nw.LazyFrame[Any]:
    """Add whole months from anniversary to anniversary and the share of the next."""
    columns = frame.collect_schema().names()
    frame = frame.with_columns(end.alias("_end"))
    for which, ticks in (("s", start), ("e", "_end")):
        frame = _with_calendar(frame, which, ticks, grain)
    whole = nw.col("_e_month") - nw.col("_s_month")
    frame = frame.with_columns(whole.alias("_whole"))
    reached = _plus_months(nw.col("_whole"))
    late = (reached > nw.col("_e_day")) | (
        (reached == nw.col("_e_day")) & (nw.col("_s_time") > nw.col("_e_time"))
    )
    frame = frame.with_columns(
        nw.when(late).then(nw.col("_whole") - 1).otherwise(nw.col("_whole"))
    )
    frame = frame.with_columns(
        _plus_months(nw.col("_whole")).alias("_reached"),
        _plus_months(nw.col("_whole") + 1).alias("_next"),
    )
    days = nw.col("_e_day") - nw.col("_reached")
    passed = days * DAY + nw.col("_e_time") - nw.col("_s_time")
    length = (nw.col("_next") - nw.col("_reached")) * DAY
    months = _float(nw.col("_whole")) + _float(passed) / _float(length)
    return frame.with_columns(months.alias(name)).select(*columns, name)


def _with_calendar(
    frame: nw.LazyFrame[Any], which: str, ticks: str, grain: str
) -> nw.LazyFrame[Any]:
    """Add the day, the time of day, the month since the year 0 and the day in it."""
    per_day = DAY // MICROSECONDS[grain]
    # counted from 0000-03-01, so that nothing is negative
    since = nw.col(ticks) + _EPOCH * per_day
    frame = frame.with_columns((since % per_day).alias("_rest"), since.alias("_since"))
    frame = frame.with_columns(
        _int((nw.col("_since") - nw.col("_rest")) // per_day).alias("_march"),
        (nw.col("_rest") * MICROSECONDS[grain]).alias(f"_{which}_time"),
    )
    # civil_from_days of the core
    days = nw.col("_march")
    frame = frame.with_columns(_int(days // 146_097).alias("_era"))
    frame = frame.with_columns((days - nw.col("_era") * 146_097).alias("_doe"))
    doe = nw.col("_doe")
    year = (doe - doe // 1_460 + doe // 36_524 - doe // 146_096) // 365
    frame = frame.with_columns(_int(year).alias("_yoe"))
    yoe = nw.col("_yoe")
    first = 365 * yoe + yoe // 4 - yoe // 100
    frame = frame.with_columns(_int(doe - first).alias("_doy"))
    frame = frame.with_columns(_int((5 * nw.col("_doy") + 2) // 153).alias("_mp"))
    from_march = nw.col("_mp")
    return frame.with_columns(
        _int(nw.col("_doy") - (153 * from_march + 2) // 5 + 1).alias(f"_{which}_dom"),
        _int(12 * (yoe + nw.col("_era") * 400) + from_march + 2).alias(
            f"_{which}_month"
        ),
        (days - _EPOCH).alias(f"_{which}_day"),
    )


def _plus_months(months: nw.Expr) -> nw.Expr:
    """Return the same day so many months later, or the last of a shorter month."""
    first = _first_of_month(nw.col("_s_month") + months)
    last = _first_of_month(nw.col("_s_month") + months + 1) - 1
    day = first + nw.col("_s_dom") - 1
    return nw.when(day > last).then(last).otherwise(day)


def _first_of_month(month: nw.Expr) -> nw.Expr:
    return _days(month // 12, month % 12 + 1, nw.lit(1))
