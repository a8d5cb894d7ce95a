"""One definition of time: wall-clock microseconds since 1970-01-01T00:00."""

from __future__ import annotations

import datetime as dt
from typing import TYPE_CHECKING, Any, cast

import numpy as np

from tenure import _core
from tenure.exceptions import ParameterError

if TYPE_CHECKING:
    from tenure._typing import Date

__all__ = [
    "EARLIEST",
    "LATEST",
    "NUMPY_UNITS",
    "UNITS",
    "civil_microseconds",
    "naive",
    "recorded",
    "zone_name",
]

# The first and the last instant of the years 1 to 9999.
EARLIEST = -62_135_596_800_000_000
LATEST = 253_402_300_799_999_999

# What the units of `time_unit=` are called, beside their names in the core.
UNITS = {
    "nanosecond": "ns",
    "microsecond": "us",
    "millisecond": "ms",
    "second": "s",
    "nanoseconds": "ns",
    "microseconds": "us",
    "milliseconds": "ms",
    "seconds": "s",
    "minutes": "minute",
    "hours": "hour",
    "days": "day",
    "weeks": "week",
    "min": "minute",
    "h": "hour",
    "D": "day",
    "W": "week",
}

# The same for NumPy's codes.
NUMPY_UNITS = {
    "ns": "ns",
    "us": "us",
    "ms": "ms",
    "s": "s",
    "m": "minute",
    "h": "hour",
    "D": "day",
    "W": "week",
}


def civil_microseconds(
    value: Date, *, name: str, zone: str | None = None
) -> tuple[int, bool]:
    """Return an instant in microseconds, and whether it was a whole day.

    Parameters
    ----------
    value : str, date, datetime, datetime64 or Timestamp
        Text is ISO 8601. A time with a zone or an offset is brought to the clocks of
        `zone`, and needs one; any other time is taken as those clocks show it.
    name : str
        The argument's name, for messages.
    zone : str, optional
        The time zone of the data that the instant is compared with.

    Raises
    ------
    ParameterError
        If it is no time, or has a zone while the data have none.

    Examples
    --------
    >>> civil_microseconds("1970-01-02", name="as_of")
    (86400000000, True)
    >>> civil_microseconds("1970-01-01T12:00Z", name="as_of", zone="Asia/Tokyo")
    (75600000000, False)
    """
    written = _core.parse_time(_iso(value))
    if written is None:
        raise ParameterError.of(
            name,
            "be a date or a time, or ISO 8601 text such as '2024-03-31'",
            found=repr(value),
        )
    civil, offset, whole_day = written
    if offset is None:
        return civil, whole_day
    if zone is None:
        raise ParameterError.of(
            name,
            "be without a time zone, since the data have none",
            found=repr(value),
        )
    utc = np.array([civil - offset])
    local, _ = _core.instants_of_ticks(name, utc, None, "us", zone)
    return int(local[0]), whole_day


def recorded(date: tuple[int, bool], *, has_times: bool) -> np.datetime64:
    """Return a date as results show it: a day, unless purchases have times.

    Parameters
    ----------
    date : tuple of int, bool
        An instant in microseconds, and whether it stands for a whole day.
    has_times : bool
        Whether purchases have times of day.
    """
    moment, whole_day = np.datetime64(date[0], "us"), date[1]
    return moment if has_times and not whole_day else moment.astype("datetime64[D]")


def _iso(value: object) -> str:
    """Return a time as ISO 8601 text; anything else as text that is none."""
    if isinstance(value, str):
        return value
    if isinstance(value, np.datetime64):
        time = cast("np.datetime64[Any]", value)
        unit = np.datetime_data(time.dtype)[0]
        if unit not in NUMPY_UNITS:
            return ""
        return np.datetime_as_string(time, "D" if unit in {"D", "W"} else "us")
    if isinstance(value, dt.date):  # datetimes and Timestamps are dates too
        return value.isoformat()
    return ""


def zone_name(zone: dt.tzinfo | str) -> str:
    """Return a time zone's name: Europe/Berlin, or +02:00 if its offset is fixed."""
    if isinstance(zone, str):
        return zone
    for attribute in ("key", "zone"):  # zoneinfo; pytz
        name = getattr(zone, attribute, None)
        if isinstance(name, str):
            return name
    offset = zone.utcoffset(None)
    if offset is None:
        return str(zone)
    minutes, rest = divmod(offset, dt.timedelta(minutes=1))
    sign = "-" if minutes < 0 else "+"
    hours = f"{sign}{abs(minutes) // 60:02}:{abs(minutes) % 60:02}"
    return str(zone) if rest else hours


def naive(column: str, tz: str, *, dates: bool = False) -> ParameterError:
    """Return the error for a zone that is asked of times that have none."""
    kind = "dates" if dates else "times"
    hint = (
        "if you know their zone, localise them first, as by .dt.tz_localize in pandas "
        "or .dt.replace_time_zone in polars"
    )
    return ParameterError.of(
        "tz",
        f"be left out: the {kind} in column `{column}` have no time zone",
        found=repr(tz),
        hint="" if dates else hint,
    )
