"""Columns of Python objects: told apart by the types that are in them."""

from __future__ import annotations

import datetime as dt
import reprlib
import sys
from dataclasses import dataclass, field
from decimal import Decimal
from numbers import Integral, Real
from typing import TYPE_CHECKING, Any, ClassVar

import numpy as np

from tenure import _core
from tenure._column import (
    ArrayColumn,
    BooleanColumn,
    Column,
    FloatColumn,
    IntegerColumn,
    NullColumn,
    TimeColumn,
    some,
)
from tenure._readings import Clock, Codes, Instants, Mask, Numbers
from tenure._text import TextColumn
from tenure._time import zone_name
from tenure._typing import override
from tenure.exceptions import DataError

if TYPE_CHECKING:
    from numpy.typing import NDArray

__all__ = ["column_of_objects"]

# What the types of objects stand for, the narrower ones first.
_KINDS: tuple[tuple[str, tuple[type, ...]], ...] = (
    ("text", (str,)),
    ("boolean", (bool, np.bool_)),
    ("integer", (Integral,)),
    ("float", (Real, Decimal)),
    ("time", (dt.date, np.datetime64)),  # datetimes and Timestamps are dates too
)


def column_of_objects(name: str, objects: NDArray[np.object_]) -> Column:
    """Return the column that an array of Python objects stands for.

    None, NaT and NA are missing; NaN is too, except among numbers, where it is a float.
    """
    missing, nan, types = _core.survey_objects(objects)
    firsts: dict[str, int] = {}
    for type_, row in types:
        firsts.setdefault(_kind(type_), row)
    if firsts.keys() <= {"integer", "float"} and (firsts or nan.any()):
        return _numeric(name, objects, missing, nan)
    if not firsts:
        return NullColumn(name, "object", len(objects))
    nothing = some(missing | nan)
    if len(firsts) > 1:
        return MixedColumn(name, "object", objects, nothing, firsts)
    kind = next(iter(firsts))
    make = {"text": TextColumn.of, "boolean": BooleanColumn, "time": _times}.get(kind)
    if make is None:
        return ObjectColumn(name, kind, objects, nothing)
    return make(name, "object", objects, nothing)


def _kind(type_: type[Any]) -> str:
    """Return what objects of a type stand for, or its name if that is nothing known."""
    for kind, types in _KINDS:
        if issubclass(type_, types):
            return kind
    return type_.__qualname__


class ObjectColumn(ArrayColumn):
    """Objects of one type, such as UUIDs, that are told apart by being equal or not."""

    holds: ClassVar[str] = "objects"

    @override
    def codes(self) -> Codes:
        missing = self.missing
        present = self.values if missing is None else self.values[~missing]
        try:
            distinct = sorted(dict.fromkeys(present), key=str)
        except TypeError:  # not hashable
            return super().codes()
        places = {value: place for place, value in enumerate(distinct)}
        codes = np.fromiter(
            (places[value] for value in present), np.int64, len(present)
        )
        values = codes
        if missing is not None:
            values = np.full(len(self.values), -1, np.int64)
            values[~missing] = codes
        return Codes(values, len(distinct), lambda: _object_array(distinct))


@dataclass(frozen=True)
class MixedColumn(ArrayColumn):
    """Objects that stand for different kinds of things.

    Attributes
    ----------
    firsts : dict of str to int
        The kinds, with the first row of each.
    """

    firsts: dict[str, int] = field(default_factory=dict[str, int])

    @override
    def codes(self) -> Codes:
        kind, first = next(iter(self.firsts.items()))
        expected = f"hold values of one kind, as {self._show(first)} in row {first}"
        raise self._odd(expected, {kind})

    @override
    def instants(self, clock: Clock) -> Instants:
        del clock
        expected = "hold times"
        raise self._odd(expected, {"time"})

    @override
    def numbers(self) -> Numbers:
        expected = "hold numbers"
        raise self._odd(expected, {"integer", "float"})

    def _odd(self, expected: str, kinds: set[str]) -> DataError:
        """Return the error for the rows that are of none of these kinds."""
        row = min(row for kind, row in self.firsts.items() if kind not in kinds)
        missing = self.missing
        present = self.values if missing is None else self.values[~missing]
        types: list[type[Any]] = [type(value) for value in present]
        count = sum(_kind(type_) not in kinds for type_ in types)
        return DataError.at(
            self.name, expected, row=row, found=self._show(row), count=count
        )

    def _show(self, row: int) -> str:
        value = self.values[row]
        return f"{reprlib.repr(value)} ({type(value).__qualname__})"


@dataclass(frozen=True)
class ZonesColumn(TimeColumn):
    """Instants in UTC that were given by the clocks of different zones.

    Attributes
    ----------
    odd : DataError
        The error if they are not brought to one zone.
    """

    odd: DataError | None = None

    @override
    def instants(self, clock: Clock) -> Instants:
        if clock.tz is None and self.odd is not None:
            raise self.odd
        return super().instants(clock)


def _numeric(
    name: str, objects: NDArray[np.object_], missing: Mask, nan: Mask
) -> Column:
    """Return a column of integers, or of floats if there are any."""
    present = ~(missing | nan)
    if all(isinstance(number, Integral) for number in objects[present]):
        values = np.zeros(len(objects), np.int64)
        values[present] = _cast(np.int64, name, objects, present)
        if not nan.any() or np.abs(values).max(initial=0) > 2**53:
            return IntegerColumn(name, "object", values, some(~present))
    floats = np.full(len(objects), np.nan)
    floats[present] = _cast(np.float64, name, objects, present)
    return FloatColumn(name, "object", floats, some(missing))


def _cast(
    kind: type[np.int64 | np.float64],
    name: str,
    objects: NDArray[np.object_],
    present: Mask,
) -> NDArray[Any]:
    """Return the numbers that are present as numbers of NumPy's."""
    try:
        return objects[present].astype(kind)
    except OverflowError:
        limit, expected = sys.float_info.max, "hold numbers below 1.8e308"
        if kind is np.int64:
            limit, expected = 2**63, "hold integers below 2**63"
        fits = [-limit <= number < limit for number in objects[present]]
        rows = np.flatnonzero(present)[np.logical_not(fits)]
        error = DataError.at(
            name,
            expected,
            row=int(rows[0]),
            found=reprlib.repr(objects[rows[0]]),
            count=len(rows),
        )
        raise error from None


def _times(
    name: str, dtype: str, objects: NDArray[np.object_], missing: Mask | None
) -> Column:
    """Return a column of dates, datetimes or NumPy's datetimes."""
    rows = np.arange(len(objects)) if missing is None else np.flatnonzero(~missing)
    present = objects[rows]
    zones = [getattr(time, "tzinfo", None) for time in present]
    if any(zone is not None for zone in zones):
        return _aware_times(name, dtype, objects, rows, zones)
    whole_days = all(type(time) is dt.date for time in present)
    unit = "D" if whole_days else "us"
    times = np.full(len(objects), "NaT", f"datetime64[{unit}]")
    times[rows] = present.astype(times.dtype)
    return TimeColumn.of(name, times)


def _aware_times(
    name: str,
    dtype: str,
    objects: NDArray[np.object_],
    rows: NDArray[np.intp],
    zones: list[dt.tzinfo | None],
) -> Column:
    """Return a column of datetimes with time zones, in UTC."""
    names = [None if zone is None else zone_name(zone) for zone in zones]
    odd = [row for row, zone in zip(rows, names, strict=True) if zone != names[0]]
    expected, hint = "be in one time zone", "bring all rows to one, as by tz='UTC'"
    if None in names:
        odd = [
            row
            for row, zone in zip(rows, names, strict=True)
            if (zone is None) != (names[0] is None)
        ]
        expected, hint = "have a time zone in every row or in none", ""
    error = None
    if odd:
        found = str(objects[odd[0]])
        error = DataError.at(
            name, expected, row=odd[0], found=found, count=len(odd), hint=hint
        )
    if error is not None and None in names:
        raise error
    times = np.full(len(objects), "NaT", "datetime64[us]")
    times[rows] = [_utc(name, row, objects[row]) for row in rows]
    ticks, missing = times.view(np.int64), some(np.isnat(times))
    return ZonesColumn(name, dtype, ticks, missing, "us", names[0], odd=error)


def _utc(name: str, row: int, time: Any) -> dt.datetime:
    try:
        return time.astimezone(dt.UTC).replace(tzinfo=None)
    except OverflowError:
        expected = "lie in the years 1 to 9999"
        raise DataError.at(name, expected, row=row, found=str(time)) from None


def _object_array(values: list[Any]) -> NDArray[np.object_]:
    return np.fromiter(values, np.object_, len(values))
