"""Columns of any origin as plain arrays, and what they can be read as.

Each kind of column is a class that can be read as identifiers, times or numbers, or
says why it cannot. Text is in `_text`, Python objects are in `_objects`.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import cached_property
from typing import TYPE_CHECKING, Any, ClassVar

import numpy as np

from tenure import _core
from tenure._readings import Codes, Instants, Numbers
from tenure._time import EARLIEST, LATEST, NUMPY_UNITS, UNITS, naive
from tenure._typing import override
from tenure.exceptions import ColumnError, DataError, ParameterError

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from tenure._readings import Clock, Mask

__all__ = [
    "NUMBERS",
    "ArrayColumn",
    "BooleanColumn",
    "Column",
    "FloatColumn",
    "IntegerColumn",
    "NullColumn",
    "OtherColumn",
    "TimeColumn",
    "some",
]

# What a column can be read as.
IDENTIFIERS = "identifiers (integers, text, categories or UUIDs)"
TIMES = "times"
NUMBERS = "numbers"

# The largest integer up to which floats hold all integers.
_EXACT = 2.0**53

# What stands in an array of times where there is none.
_NOT_A_TIME = int(np.iinfo(np.int64).min)


@dataclass(frozen=True)
class Column:
    """A column; this base class can be read as nothing.

    Attributes
    ----------
    name : str
        The column's name, for messages.
    dtype : str
        What its own library calls its type, for messages.
    """

    name: str
    dtype: str

    holds: ClassVar[str] = "values"

    def codes(self) -> Codes:
        """Read identifiers."""
        raise self._unlike(IDENTIFIERS)

    def instants(self, clock: Clock) -> Instants:
        """Read times."""
        del clock
        raise self._unlike(TIMES)

    def numbers(self) -> Numbers:
        """Read numbers."""
        raise self._unlike(NUMBERS)

    def counts(self) -> NDArray[np.int64] | NDArray[np.float64]:
        """Read numbers that ought to be counts, as they are where they are int64."""
        return self.numbers().values

    def flags(self) -> NDArray[np.bool_]:
        """Read yes and no: the numbers 0 and 1 will do."""
        values = self.numbers().values
        bad = (values != 0.0) & (values != 1.0)
        if bad.any():
            row = int(bad.argmax())
            raise DataError.at(
                self.name,
                "hold True and False, or 1 and 0",
                row=row,
                found=repr(float(values[row])),
                count=int(bad.sum()),
            )
        return values == 1.0

    def take(self, keys: NDArray[np.int64]) -> Column:
        """Return the values at these positions, and nothing where one is negative."""
        del keys
        return self

    def _unlike(self, wanted: str, hint: str = "") -> ColumnError:
        what = f"must hold {wanted}, but holds {self.holds} ({self.dtype})"
        return ColumnError.unusable(self.name, what, (), hint=hint)


class OtherColumn(Column):
    """A column of a type that cannot be used."""

    @override
    def _unlike(self, wanted: str, hint: str = "") -> ColumnError:
        what = f"must hold {wanted}, but is of the type {self.dtype}"
        return ColumnError.unusable(self.name, what, (), hint=hint)


@dataclass(frozen=True)
class NullColumn(Column):
    """A column of so many rows in which nothing stands."""

    rows: int

    @override
    def codes(self) -> Codes:
        values = np.full(self.rows, -1, np.int64)
        return Codes(values, 0, lambda: np.empty(0, np.object_))

    @override
    def instants(self, clock: Clock) -> Instants:
        missing = some(np.ones(self.rows, np.bool_))
        return Instants(np.zeros(self.rows, np.int64), missing, clock.tz)

    @override
    def numbers(self) -> Numbers:
        missing = some(np.ones(self.rows, np.bool_))
        return Numbers(np.full(self.rows, np.nan), missing)

    @override
    def take(self, keys: NDArray[np.int64]) -> Column:
        return replace(self, rows=len(keys))


@dataclass(frozen=True)
class ArrayColumn(Column):
    """A column with one value a row, and a mask that is true where there is none."""

    values: NDArray[Any]
    missing: Mask | None = None

    @override
    def take(self, keys: NDArray[np.int64]) -> Column:
        if len(self.values) == 0:
            return NullColumn(self.name, self.dtype, len(keys))
        missing = keys < 0
        if self.missing is not None:
            missing |= self.missing[keys]
        return replace(self, values=self.values[keys], missing=some(missing))

    def _check(self, bad: Mask, expected: str, hint: str) -> None:
        """Pass if no row that has a value is bad."""
        if self.missing is not None:
            bad = bad & ~self.missing
        if bad.any():
            row = int(bad.argmax())
            found, count = str(self.values[row]), int(bad.sum())
            raise DataError.at(
                self.name, expected, row=row, found=found, count=count, hint=hint
            )


class BooleanColumn(ArrayColumn):
    """True and false, which neither name anybody nor measure anything."""

    holds = "booleans"

    @override
    def flags(self) -> NDArray[np.bool_]:
        if self.missing is not None:
            row = int(self.missing.argmax())
            raise DataError.at(
                self.name,
                "hold True or False in every row",
                row=row,
                found="nothing",
                count=int(self.missing.sum()),
            )
        return self.values.astype(np.bool_)


class IntegerColumn(ArrayColumn):
    """Integers of any width."""

    holds = "integers"

    @override
    def codes(self) -> Codes:
        codes, categories = _core.codes_of_integers(self.int64(), self.missing)
        return Codes(codes, len(categories), lambda: categories)

    @override
    def instants(self, clock: Clock) -> Instants:
        if clock.time_format is not None:
            return self._written(clock)
        if clock.time_unit is None:
            hint = (
                "say what they count since 1970-01-01, as in time_unit='s', "
                "or how they are written, as in time_format='%Y%m%d'"
            )
            raise self._unlike(TIMES, hint)
        unit = UNITS.get(clock.time_unit, clock.time_unit)
        # seconds since 1970 are counted by the clock of UTC; days belong to no zone
        zone = None if unit in {"day", "week"} else "UTC"
        ticks = self.int64()
        column = TimeColumn(self.name, self.dtype, ticks, self.missing, unit, zone)
        return column.instants(clock)

    @override
    def numbers(self) -> Numbers:
        return _numbers(self.values, self.missing)

    @override
    def counts(self) -> NDArray[np.int64] | NDArray[np.float64]:
        if self.missing is None and self.values.dtype == np.int64:
            return np.ascontiguousarray(self.values)
        return super().counts()

    def _written(self, clock: Clock) -> Instants:
        """Read times such as 20240131 from their digits."""
        digits = self.values.astype(np.str_).astype(np.object_)
        text = _core.text_of_objects(self.name, digits, self.missing)
        civil, zone = _core.instants_of_text(
            self.name, text, self.missing, clock.time_format, None
        )
        if clock.tz is not None:
            raise naive(self.name, clock.tz)
        return Instants(civil, self.missing, zone)

    def int64(self) -> NDArray[np.int64]:
        """Return the integers, without a copy where they are 64-bit already."""
        if self.values.dtype == np.uint64:
            above = self.values > np.uint64(np.iinfo(np.int64).max)
            self._check(above, "hold integers below 2**63", "turn them into text")
        return np.ascontiguousarray(self.values, np.int64)


class FloatColumn(ArrayColumn):
    """Floats, which may be integers with gaps."""

    holds = "floats"

    @override
    def codes(self) -> Codes:
        return self._integers("identifiers are integers or text").codes()

    @override
    def instants(self, clock: Clock) -> Instants:
        if clock.time_format is None and clock.time_unit is None:
            hint = "say what they count since 1970-01-01, as in time_unit='s'"
            raise self._unlike(TIMES, hint)
        return self._integers("make them times before, or round them").instants(clock)

    @override
    def numbers(self) -> Numbers:
        return _numbers(self.values, self.missing)

    def _integers(self, hint: str) -> IntegerColumn:
        missing = np.isnan(self.values)
        if self.missing is not None:
            missing |= self.missing
        values = np.where(missing, 0, self.values)
        self._check(values != np.floor(values), "hold whole numbers", hint)
        beyond = np.abs(values) > _EXACT
        expected = "hold whole numbers up to 2**53, beyond which floats leave some out"
        self._check(beyond, expected, "keep them as integers or text")
        integers = values.astype(np.int64)
        return IntegerColumn(self.name, self.dtype, integers, some(missing))


@dataclass(frozen=True)
class TimeColumn(ArrayColumn):
    """Ticks of a clock since 1970-01-01T00:00: of UTC if there is a zone.

    Attributes
    ----------
    unit : str
        What is counted: "ns", "us", "ms", "s", "minute", "hour", "day" or "week".
    zone : str or None
        The zone whose clocks the times are meant for.
    """

    unit: str = "us"
    zone: str | None = None

    holds: ClassVar[str] = "times"

    @classmethod
    def of(cls, name: str, times: NDArray[Any], zone: str | None = None) -> Column:
        """Return the column of a datetime64 array, in UTC if there is a zone."""
        dtype = str(times.dtype)
        unit, step = np.datetime_data(times.dtype)
        if unit in {"Y", "M"}:
            times, unit = times.astype("datetime64[D]"), "D"
        if step != 1 or unit not in NUMPY_UNITS:
            return OtherColumn(name, dtype)
        ticks = np.ascontiguousarray(times).view(np.int64)
        column = cls(name, dtype, ticks, None, NUMPY_UNITS[unit], zone)
        if column._ends[0] != _NOT_A_TIME:
            return column
        return replace(column, missing=some(np.isnat(times)))

    @cached_property
    def _ends(self) -> tuple[int, int]:
        """The smallest and the largest number of ticks."""
        return _core.ends(self._int64())

    @override
    def instants(self, clock: Clock) -> Instants:
        if self.zone is None and clock.tz is not None:
            raise naive(self.name, clock.tz, dates=self.unit == "day")
        zone = clock.tz or self.zone
        if zone is None and self.unit == "us" and self.missing is None:
            first, last = self._ends
            if first >= EARLIEST and last <= LATEST:
                return Instants(self.values, None, None)
        try:
            civil, zone = _core.instants_of_ticks(
                self.name, self._int64(), self.missing, self.unit, zone
            )
        except ParameterError as error:
            if error.name != "tz" or clock.tz is not None:
                raise
            what = f"has times of an unknown time zone, {self.zone!r}"
            hint = "say whose clocks to read, as in tz='Europe/Berlin'"
            raise ColumnError.unusable(self.name, what, (), hint=hint) from None
        return Instants(civil, self.missing, zone)

    def _int64(self) -> NDArray[np.int64]:
        return np.ascontiguousarray(self.values, np.int64)


def some(mask: Mask) -> Mask | None:
    """Return the mask if it is true anywhere."""
    return mask if mask.any() else None


def _numbers(values: NDArray[Any], missing: Mask | None) -> Numbers:
    floats = np.ascontiguousarray(values, np.float64)
    if missing is not None:
        floats = np.where(missing, np.nan, floats)
    return Numbers(floats, missing)
