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
    from collections.abc import Iterable, Mapping

    from tenure._typing import Unit

__all__ = [
    "DAY",
    "Cutoff",
    "cutoff",
    "instant",
    "microseconds",
    "moment",
    "tick",
    "with_ages",
    "with_dates",
    "year",
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
Frame = TypeVar("Frame", nw.LazyFrame[Any], nw.DataFrame[Any])


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
    months = _part(time.dt.year()) * 12 + _part(time.dt.month()) - 3
    if grain == "month":
        return months * 32 + 1
    day = _part(time.dt.day())
    if grain == "week":
        return _monday(months, day)
    date = months * 32 + day
    if grain == "day":
        return date
    if grain == "hour":
        return date * 24 if dates else date * 24 + _part(time.dt.hour())
    return date * DAY if dates else date * DAY + _time_of_day(time)


def instant(time: nw.Expr, *, dates: bool) -> nw.Expr:
    """Return each time to the microsecond, as a tick."""
    return tick(time, "instant", dates=dates)


def year(time: nw.Expr) -> nw.Expr:
    """Return the year of each time, 0 where there is none."""
    return _part(time.dt.year())


def with_dates(frame: Frame, ticks: Iterable[str], grain: str) -> Frame:
    """Add to columns of ticks their months, days of the month and times of day.

    What `moment` and `with_ages` need. A step at a time: an engine that puts the
    expressions of one step into those of the next makes long ones of them.
    """
    dates = {one: _date(nw.col(one), grain) for one in ticks}
    frame = frame.with_columns(
        *(date.alias(f"{one}_date") for one, (date, _) in dates.items()),
        *(rest.alias(f"{one}_rest") for one, (_, rest) in dates.items()),
    )
    return frame.with_columns(
        *(_int(nw.col(f"{one}_date") // 32).alias(f"{one}_month") for one in dates),
        *((nw.col(f"{one}_date") % 32).alias(f"{one}_day") for one in dates),
    )


def moment(ticks: str) -> nw.Expr:
    """Return a column of ticks in microseconds since 1970."""
    days = _days(nw.col(f"{ticks}_month"), nw.col(f"{ticks}_day"))
    return days * DAY + nw.col(f"{ticks}_rest")


def with_ages(frame: Frame, ages: Mapping[str, tuple[str, str]], unit: Unit) -> Frame:
    """Add the time between columns of ticks, measured as by the core's `Unit`.

    Parameters
    ----------
    frame : frame
        What `with_dates` returns.
    ages : mapping of str to tuple of str
        The columns to add, each with those to count from and to, the former never
        after the latter.
    unit : str
        What to measure in.
    """
    if unit in _LENGTHS:
        found = {name: _regular(*pair, unit) for name, pair in ages.items()}
    else:
        frame = _with_anniversaries(frame, ages)
        found = {name: _months(name, *pair) for name, pair in ages.items()}
    if unit == "quarter":
        found = {name: months / 3.0 for name, months in found.items()}
    return frame.with_columns(**found)


def _regular(start: str, end: str, unit: Unit) -> nw.Expr:
    """Return the time between ticks in a unit that has a length."""
    return _float(moment(end) - moment(start)) / _LENGTHS[unit]


def _months(name: str, start: str, end: str) -> nw.Expr:
    """Return whole months and the share of the running one."""
    reached, following = nw.col(f"{name}_reached"), nw.col(f"{name}_next")
    day = _days(nw.col(f"{end}_month"), nw.col(f"{end}_day"))
    passed = _float((day - reached) * DAY + _rest(start, end))
    whole = nw.col(f"{name}_month") - nw.col(f"{start}_month")
    return _float(whole) + passed / _float((following - reached) * DAY)


def _rest(start: str, end: str) -> nw.Expr:
    return nw.col(f"{end}_rest") - nw.col(f"{start}_rest")


def _with_anniversaries(frame: Frame, ages: Mapping[str, tuple[str, str]]) -> Frame:
    """Add the last month with an anniversary, its day, and the day of the next one.

    A month that is too short for the day of the month has its anniversary at its end.
    """
    due: list[nw.Expr] = []
    months: list[nw.Expr] = []
    starts: list[nw.Expr] = []
    days: list[nw.Expr] = []
    for name, (start, end) in ages.items():
        month, day = nw.col(f"{end}_month"), nw.col(f"{start}_day")
        length = _first_of(month + 1) - _first_of(month)
        due.append(_least(day, length).alias(f"{name}_due"))
        ends = nw.col(f"{end}_day"), nw.col(f"{name}_due")
        early = (ends[1] == ends[0]) & (_rest(start, end) < 0)
        early = (ends[1] > ends[0]) | early
        month = nw.when(early).then(month - 1).otherwise(month)
        months.append(month.alias(f"{name}_month"))
        names = [f"{name}_start{ahead}" for ahead in (0, 1, 2)]
        for ahead, begin in enumerate(names):
            starts.append(_first_of(nw.col(f"{name}_month") + ahead).alias(begin))
        begin = [nw.col(one) for one in names]
        reached = _least(begin[0] + day - 1, begin[1] - 1)
        following = _least(begin[1] + day - 1, begin[2] - 1)
        days += [reached.alias(f"{name}_reached"), following.alias(f"{name}_next")]
    for step in (due, months, starts, days):
        frame = frame.with_columns(*step)
    return frame


def _first_of(months: nw.Expr) -> nw.Expr:
    return _days(months, nw.lit(1))


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
    before = _first_of(months) - _first_of(months - 1)
    monday = day - weekday
    earlier = (months - 1) * 32 + monday + before
    return nw.when(monday > 0).then(months * 32 + monday).otherwise(earlier)


def _time_of_day(time: nw.Expr) -> nw.Expr:
    hours, minutes = _part(time.dt.hour()), _part(time.dt.minute())
    seconds = hours * 3600 + minutes * 60 + _part(time.dt.second())
    # some engines count the fraction of a second back from it before 1970
    return seconds * 1_000_000 + _part(time.dt.microsecond()) % 1_000_000


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


def _part(number: nw.Expr) -> nw.Expr:
    """Return part of a time as a whole number, 0 where there is no time.

    pandas makes floats of numbers with gaps, and no whole numbers of these again.
    """
    return _int(number.fill_null(0))


def _float(number: nw.Expr) -> nw.Expr:
    return number.cast(nw.Float64)
