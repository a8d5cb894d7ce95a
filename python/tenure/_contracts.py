"""Contracts by their dates: how many periods they were paid for."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from tenure._report import written
from tenure._time import civil_microseconds
from tenure._units import unit_named
from tenure.exceptions import DataError, EmptyDataError, ParameterError

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from tenure._frame import Table
    from tenure._typing import Date

__all__ = ["ages_of_contracts"]

_MONTHS = {"month": 1, "quarter": 3, "year": 12}
_DAYS = {"day": 1, "week": 7}


def ages_of_contracts(
    frame: Table, start: str, end: str, as_of: Date, unit: str
) -> tuple[NDArray[np.float64], NDArray[np.bool_], NDArray[np.float64]]:
    """Return how long contracts ran, whether they ended, and their age at `as_of`.

    A contract that ended has run for every period that had begun; one that runs on has
    been renewed as often as whole periods have passed.
    """
    if unit_named(unit) not in {**_MONTHS, **_DAYS}:
        raise ParameterError.of(
            name="unit",
            expected="be one of day, week, month, quarter, year",
            found=repr(unit),
        )
    starts, ends = frame.instants(start), frame.instants(end)
    _check_there(starts.missing, start)
    today = np.datetime64(civil_microseconds(as_of, name="as_of")[0], "us")
    today = today.astype("datetime64[D]")
    first = _days(starts.values)
    running = np.zeros(len(first), np.bool_) if ends.missing is None else ends.missing
    last = np.where(running, today, _days(ends.values))
    _check_order(start, end, first, last, ~running)
    seen = first <= today
    if not seen.any():
        raise EmptyDataError.of(what=f"no contract started by {today}")
    first, last, left = first[seen], last[seen], (~running & (last <= today))[seen]
    age = _whole_periods(first, np.full(len(first), today), unit)
    ended = _whole_periods(first, np.where(left, last, today), unit)
    begun = ended + (_after(first, ended, unit) < np.where(left, last, today))
    return (
        np.where(left, np.maximum(begun, 1.0), age),
        left,
        np.maximum(age, begun * left),
    )


def _days(microseconds: NDArray[np.int64]) -> NDArray[np.datetime64]:
    return microseconds.astype("datetime64[us]").astype("datetime64[D]")


def _check_there(missing: NDArray[np.bool_] | None, start: str) -> None:
    if missing is not None and missing.any():
        raise DataError.at(
            start,
            "have a date in every row",
            row=int(missing.argmax()),
            found="none",
            count=int(missing.sum()),
        )


def _check_order(
    start: str,
    end: str,
    first: NDArray[np.datetime64],
    last: NDArray[np.datetime64],
    ended: NDArray[np.bool_],
) -> None:
    bad = ended & (last < first)
    if bad.any():
        row = int(bad.argmax())
        raise DataError.at(
            end,
            f"not lie before `{start}`",
            row=row,
            found=f"{written(last[row])} with {start} = {written(first[row])}",
            count=int(bad.sum()),
        )


def _whole_periods(
    first: NDArray[np.datetime64], last: NDArray[np.datetime64], unit: str
) -> NDArray[np.float64]:
    """Return how many whole periods have passed between two days."""
    if unit in _DAYS:
        return np.floor((last - first).astype(np.float64) / _DAYS[unit])
    months = (last.astype("datetime64[M]") - first.astype("datetime64[M]")).astype(int)
    guess = (months // _MONTHS[unit]).astype(np.float64)
    return guess - (_after(first, guess, unit) > last)


def _after(
    first: NDArray[np.datetime64], periods: NDArray[np.float64], unit: str
) -> NDArray[np.datetime64]:
    """Return the day so many periods later; the last of the month where it is short."""
    count = periods.astype(np.int64)
    if unit in _DAYS:
        return first + count * _DAYS[unit]
    month = first.astype("datetime64[M]")
    day = (first - month.astype("datetime64[D]")).astype(np.int64)
    target = month + count * _MONTHS[unit]
    last = (target + 1).astype("datetime64[D]") - 1
    return np.minimum(target.astype("datetime64[D]") + day, last)
