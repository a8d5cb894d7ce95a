"""Time in an engine: instants, periods and ages as whole numbers in expressions.

Engines differ in their functions of dates and in how they round, but all of them know
the year, the month and the day of a time, and whole numbers. A tick is the beginning of
a period as a number that grows with time and from which the date can be read:

    ((months since March of the year 0) * 32 + day of the month) * (ticks a day) + ticks

No number here is negative or, where it is divided, larger than 2**53, so that it does
not matter how an engine divides.
"""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, TypeVar

import narwhals as nw

if TYPE_CHECKING:
    from tenure._typing import Unit

__all__ = [
    "DAY",
    "Cutoff",
    "cutoff",
    "days_of_tick",
    "instant",
    "microseconds",
    "tick",
    "with_age",
]

HOUR = 3_600_000_000
DAY = 24 * HOUR

# Periods that divide the day. Weeks and months are counted by their first days.
_TICKS_A_DAY = {"instant": DAY, "hour": 24, "day": 1, "week": 1, "month": 1}

# Lengths of the units that have one, in microseconds.
_LENGTHS = {"hour": HOUR, "day": DAY, "week": 7 * DAY, "year": 365 * DAY + DAY // 4}

# Days from 0000-03-01 to 1970-01-01.
_EPOCH = 719_468

Number = TypeVar("Number", int, nw.Expr)


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
    """Return the end of observation at a grain, as `Grain::cutoff` of the core.

    Parameters
    ----------
    date : tuple of int and bool
        Microseconds since 1970, and whether a whole day is observed to its end.
    grain : {"instant", "hour", "day", "week", "month"}
        The periods of purchases.
    whole_days : bool
        Whether the log has nothing but dates: then ages are in whole days.
    """
    at, whole_day = date
    midnight = at // DAY * DAY
    last = midnight + DAY - 1 if whole_day else at
    if grain != "instant":
        last = now = _tick_of(last, grain)
    elif whole_days:
        last = now = _tick_of(midnight, grain)
    else:
        now = _tick_of(midnight + DAY if whole_day else at, grain)
        last = _tick_of(last, grain)
    return Cutoff(last, now)


def _tick_of(at: int, grain: str) -> int:
    """Return the tick of the period that holds an instant."""
    days, rest = divmod(at, DAY)
    if grain == "week":
        days -= (days + 3) % 7  # day 0 is a Thursday
    # the day after the last one that Python knows may be asked for
    beyond = max(0, days - (dt.date.max - dt.date(1970, 1, 1)).days)
    date = dt.date(1970, 1, 1) + dt.timedelta(days=days - beyond)
    day = 1 if grain == "month" else date.day + beyond
    ticks = _TICKS_A_DAY[grain]
    months = 12 * date.year + date.month - 3
    return (months * 32 + day) * ticks + rest * ticks // DAY


def microseconds(tick: int, grain: str) -> int:
    """Return the beginning of a period since 1970, by the clock."""
    ticks = _TICKS_A_DAY[grain]
    date, rest = divmod(tick, ticks)
    return _days(*divmod(date, 32)) * DAY + rest * (DAY // ticks)


def tick(time: nw.Expr, grain: str, *, dates: bool) -> nw.Expr:
    """Return the period of each time; `dates` are without a time of day."""
    months = _int(time.dt.year()) * 12 + _int(time.dt.month()) - 3
    if grain == "month":
        return months * 32 + 1
    day = _int(time.dt.day())
    if grain == "week":
        return _monday(months, day)
    date = months * 32 + day
    if grain == "day":
        return date
    if grain == "hour":
        return date * 24 if dates else date * 24 + _int(time.dt.hour())
    return date * DAY if dates else date * DAY + _time_of_day(time)


def instant(time: nw.Expr, *, dates: bool) -> nw.Expr:
    """Return each time to the microsecond, as a tick."""
    return tick(time, "instant", dates=dates)


def days_of_tick(tick: nw.Expr, grain: str) -> tuple[nw.Expr, nw.Expr]:
    """Return days since 1970 and microseconds of the day."""
    date, rest = _date(tick, grain)
    months = date // 32
    return _days(months, date - months * 32), rest


def with_age(
    frame: nw.LazyFrame[Any], name: str, ticks: tuple[str, str], grain: str, unit: Unit
) -> nw.LazyFrame[Any]:
    """Add the time between two columns of ticks, the first never after the second.

    Parameters
    ----------
    frame : LazyFrame
        One row a customer.
    name : str
        The column to add.
    ticks : tuple of str
        The columns to count from and to.
    grain : str
        What these count.
    unit : str
        What to measure in, as `Unit::between` of the core.
    """
    columns = frame.collect_schema().names()
    parts = [_date(nw.col(one), grain) for one in ticks]
    frame = frame.with_columns(
        *(date.alias(f"_date{place}") for place, (date, _) in enumerate(parts)),
        *(rest.alias(f"_rest{place}") for place, (_, rest) in enumerate(parts)),
    )
    months = [nw.col(f"_date{place}") // 32 for place in (0, 1)]
    days = [nw.col(f"_date{place}") % 32 for place in (0, 1)]
    frame = frame.with_columns(
        *(_int(one).alias(f"_month{place}") for place, one in enumerate(months)),
        *(one.alias(f"_day{place}") for place, one in enumerate(days)),
    )
    if unit in _LENGTHS:
        start, end = (
            _days(nw.col(f"_month{place}"), nw.col(f"_day{place}")) for place in (0, 1)
        )
        passed = (end - start) * DAY + nw.col("_rest1") - nw.col("_rest0")
        age = _float(passed) / _LENGTHS[unit]
    else:
        frame = _with_anniversaries(frame)
        passed = (nw.col("_end") - nw.col("_reached")) * DAY
        passed = passed + nw.col("_rest1") - nw.col("_rest0")
        length = (nw.col("_next") - nw.col("_reached")) * DAY
        age = _float(nw.col("_whole")) + _float(passed) / _float(length)
    if unit == "quarter":
        age = age / 3.0
    return frame.select(*columns, age.alias(name))


def _with_anniversaries(frame: nw.LazyFrame[Any]) -> nw.LazyFrame[Any]:
    """Add whole months, and the days when they were reached and the next one will be.

    A month that is too short for the day of the month has its anniversary at its end.
    """
    months, end = nw.col("_month1"), nw.col("_day1")
    length = _days(months + 1, nw.lit(1)) - _days(months, nw.lit(1))
    frame = frame.with_columns(_least(nw.col("_day0"), length).alias("_due"))
    early = (nw.col("_due") == end) & (nw.col("_rest0") > nw.col("_rest1"))
    early = (nw.col("_due") > end) | early
    frame = frame.with_columns(
        nw.when(early).then(months - 1).otherwise(months).alias("_month")
    )
    starts = {f"_start{ahead}": nw.col("_month") + ahead for ahead in (0, 1, 2)}
    frame = frame.with_columns(
        *(_days(month, nw.lit(1)).alias(name) for name, month in starts.items()),
        (nw.col("_month") - nw.col("_month0")).alias("_whole"),
        _days(months, end).alias("_end"),
    )
    start = [nw.col(name) for name in starts]
    day = nw.col("_day0") - 1
    return frame.with_columns(
        _least(start[0] + day, start[1] - 1).alias("_reached"),
        _least(start[1] + day, start[2] - 1).alias("_next"),
    )


def _date(tick: nw.Expr, grain: str) -> tuple[nw.Expr, nw.Expr]:
    """Return the date in a tick, months and days, and the microseconds of the day."""
    ticks = _TICKS_A_DAY[grain]
    if ticks == 1:
        return tick, nw.lit(0).cast(nw.Int64)
    rest = tick % ticks
    # without the rest the quotient is whole, and exact even where it is made of floats
    return _int((tick - rest) // ticks), rest * (DAY // ticks)


def _monday(months: nw.Expr, day: nw.Expr) -> nw.Expr:
    """Return the date of the Monday before a date, in months and days."""
    weekday = (_days(months, day) + _EPOCH + 2) % 7  # 0000-03-01 is a Wednesday
    before = _days(months, nw.lit(1)) - _days(months - 1, nw.lit(1))
    monday = day - weekday
    earlier = (months - 1) * 32 + monday + before
    return nw.when(monday > 0).then(months * 32 + monday).otherwise(earlier)


def _time_of_day(time: nw.Expr) -> nw.Expr:
    hours, minutes = _int(time.dt.hour()), _int(time.dt.minute())
    seconds = hours * 3600 + minutes * 60 + _int(time.dt.second())
    # some engines count the fraction of a second back from it before 1970
    return seconds * 1_000_000 + _int(time.dt.microsecond()) % 1_000_000


def _days(months: Number, day: Number) -> Number:
    """Return days since 1970-01-01 of a date, its months counted from March.

    Howard Hinnant, chrono-compatible low-level date algorithms: where years begin in
    March the leap day comes last, and the months before are of a regular length.
    """
    year = months // 12
    leap_days = year // 4 - year // 100 + year // 400
    day_of_year = (153 * (months - 12 * year) + 2) // 5 + day - 1
    return 365 * year + leap_days + day_of_year - _EPOCH


def _least(one: nw.Expr, other: nw.Expr) -> nw.Expr:
    return nw.when(one < other).then(one).otherwise(other)


def _int(number: nw.Expr) -> nw.Expr:
    return number.cast(nw.Int64)


def _float(number: nw.Expr) -> nw.Expr:
    return number.cast(nw.Float64)
