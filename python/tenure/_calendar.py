"""Where the periods of a calendar begin: days, weeks, months, fiscal years, 4-4-5."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal, TypeAlias, get_args

import numpy as np

from tenure.exceptions import ParameterError

if TYPE_CHECKING:
    from numpy.typing import NDArray

__all__ = ["Calendar", "Every", "Weekday", "elapsed_age", "period_noun"]

Every: TypeAlias = Literal[
    "day", "week", "month", "quarter", "year", "4-4-5", "4-5-4", "5-4-4"
]
"""The periods of a calendar."""

Weekday: TypeAlias = Literal[
    "monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday"
]

_MONTHS = {"month": 1, "quarter": 3, "year": 12}

# 1970-01-01 was a Thursday.
_EPOCH_WEEKDAY = 3

_MICROSECONDS = {"hour": 3_600_000_000, "day": 86_400_000_000, "week": 604_800_000_000}

_AGE = re.compile(r"\s*([0-9]+)?\s*([a-z]+?)s?\s*", re.IGNORECASE)


@dataclass(frozen=True)
class Calendar:
    """How time is cut into periods.

    Attributes
    ----------
    every : str
        The grain.
    week_start : str
        The day on which weeks, and the years of 4-4-5 calendars, begin.
    year_start : int
        The month with which quarters and years begin, 1 for January; those of 4-4-5
        calendars begin on the `week_start` that is nearest to its first day.
    """

    every: Every
    week_start: Weekday
    year_start: int

    @classmethod
    def of(
        cls,
        every: str,
        week_start: str,
        year_start: int,
        *,
        name: str = "every",
        hint: str = "",
    ) -> Calendar:
        """Return the calendar, or say what is wrong with it."""
        grains, weekdays = get_args(Every), get_args(Weekday)
        if every not in grains:
            expected = f"be one of {', '.join(grains)}"
            raise ParameterError.of(name, expected, found=repr(every), hint=hint)
        if week_start not in weekdays:
            raise ParameterError.of(
                name="week_start",
                expected=f"be one of {', '.join(weekdays)}",
                found=repr(week_start),
            )
        if isinstance(year_start, bool) or year_start not in range(1, 13):
            raise ParameterError.of(
                name="year_start",
                expected="be a month from 1 to 12",
                found=repr(year_start),
            )
        return cls(every, week_start, int(year_start))  # pyright: ignore[reportArgumentType]

    def holds(self, grain: str) -> bool:
        """Whether purchases that were merged over a grain fall into whole periods.

        Parameters
        ----------
        grain : {"instant", "hour", "day", "week", "month"}
            Weeks are those from Monday.

        Examples
        --------
        >>> quarters = Calendar.of("quarter", "monday", 2)
        >>> quarters.holds("day"), quarters.holds("month"), quarters.holds("week")
        (True, True, False)
        """
        if grain == "month":
            return self.every in _MONTHS
        if grain == "week":
            of_weeks = self.every == "week" or "-" in self.every
            return of_weeks and self.week_start == "monday"
        return True

    def starts(self, first: int, last: int) -> NDArray[np.int64]:
        """Return the days on which periods begin, from that of one day on.

        Parameters
        ----------
        first, last : int
            Days since 1970-01-01.

        Returns
        -------
        int64 array
            The last one is the first day after the period that holds `last`.

        Examples
        --------
        >>> Calendar.of("week", "sunday", 1).starts(0, 7)
        array([-4,  3, 10])
        """
        if self.every == "day":
            return np.arange(first, last + 2)
        if self.every == "week":
            begin = first - (first + self._shift) % 7
            return np.arange(begin, last + 8, 7)
        if self.every in _MONTHS:
            return self._months(first, last, _MONTHS[self.every])
        return self._weeks_of_years(first, last)

    @property
    def _shift(self) -> int:
        """Days from the first day of the week to the epoch's."""
        return (_EPOCH_WEEKDAY - get_args(Weekday).index(self.week_start)) % 7

    def _months(self, first: int, last: int, length: int) -> NDArray[np.int64]:
        offset = self.year_start - 1
        month = _month(first)
        begin = month - (month - offset) % length
        months = np.arange(begin, _month(last) + length + 1, length)
        return _days(months)

    def _weeks_of_years(self, first: int, last: int) -> NDArray[np.int64]:
        years = np.arange(_month(first) // 12 - 2, _month(last) // 12 + 3)
        months = _days(12 * years + self.year_start - 1)
        begins = months + 3 - (months + 3 + self._shift) % 7
        weeks = np.array([int(count) for count in self.every.split("-")])
        within = 7 * np.concatenate([[0], np.cumsum(np.tile(weeks, 4))[:-1]])
        starts = (begins[:, None] + within).ravel()
        place = int(np.searchsorted(starts, first, side="right")) - 1
        stop = int(np.searchsorted(starts, last, side="right")) + 1
        return starts[place:stop]


def period_noun(every: str) -> str:
    """Return what a period of a calendar is called.

    Examples
    --------
    >>> period_noun("month"), period_noun("4-4-5")
    ('month', '4-4-5 period')
    """
    return f"{every} period" if "-" in every else every


def _month(day: int) -> int:
    """Return months since 1970-01 of a day."""
    return int(np.datetime64(day, "D").astype("datetime64[M]").astype(np.int64))


def _days(months: NDArray[np.int64]) -> NDArray[np.int64]:
    """Return the first days of months counted since 1970-01."""
    return months.astype("datetime64[M]").astype("datetime64[D]").astype(np.int64)


def elapsed_age(elapsed: str) -> tuple[int | None, int | None]:
    """Return the length of an age, in microseconds or in months.

    Parameters
    ----------
    elapsed : str
        A whole number of hours, days, weeks, months, quarters or years.

    Examples
    --------
    >>> elapsed_age("30 days"), elapsed_age("month"), elapsed_age("1 year")
    ((2592000000000, None), (None, 1), (None, 12))
    """
    found = _AGE.fullmatch(str(elapsed))
    number, unit = (found[1] or "1", found[2].lower()) if found else ("0", "")
    if int(number) > 0 and unit in _MICROSECONDS:
        return int(number) * _MICROSECONDS[unit], None
    if int(number) > 0 and unit in _MONTHS:
        return None, int(number) * _MONTHS[unit]
    raise ParameterError.of(
        name="elapsed",
        expected="be a whole number of hours, days, weeks, months, quarters or years",
        found=repr(elapsed),
        hint="such as '30 days' or '1 month'",
    )
