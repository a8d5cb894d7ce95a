"""Columns of strings, in one piece of memory each."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any, ClassVar

import numpy as np

from tenure import _core
from tenure._column import (
    NUMBERS,
    Column,
    NullColumn,
    some,
)
from tenure._readings import Clock, Codes, Instants, Mask, Numbers
from tenure._time import naive
from tenure._typing import override
from tenure.exceptions import DataError

if TYPE_CHECKING:
    from collections.abc import Callable

    from numpy.typing import NDArray

__all__ = ["DictionaryColumn", "TextColumn", "ViewColumn"]


@dataclass(frozen=True)
class TextColumn(Column):
    """One string a row, cut out of UTF-8 bytes.

    Attributes
    ----------
    strings : tuple of int64 array, uint8 array
        Where each string starts and where the last one ends; the bytes.
    missing : bool array or None
        Where there is no string; None if there is one in every row.
    """

    strings: tuple[NDArray[np.int64], NDArray[np.uint8]]
    missing: Mask | None = None

    holds: ClassVar[str] = "text"

    @classmethod
    def of(
        cls, name: str, dtype: str, objects: NDArray[Any], missing: Mask | None
    ) -> TextColumn:
        """Return the column of an array of Python strings."""
        strings = _core.text_of_objects(name, objects, missing)
        return cls(name, dtype, strings, missing)

    @override
    def codes(self) -> Codes:
        codes, rows = _core.codes_of_text(self.strings, self.missing)
        return Codes(
            codes, len(rows), lambda: _core.objects_of_text(self.strings, rows)
        )

    @override
    def instants(self, clock: Clock) -> Instants:
        civil, zone = _core.instants_of_text(
            self.name, self.strings, self.missing, clock.time_format, clock.tz
        )
        if zone is None and clock.tz is not None:
            raise naive(self.name, clock.tz)
        return Instants(civil, self.missing, zone)

    @override
    def numbers(self) -> Numbers:
        raise self._unlike(NUMBERS, "make numbers of it first, as by pandas.to_numeric")

    @override
    def take(self, keys: NDArray[np.int64]) -> Column:
        if len(self.strings[0]) == 1:
            return NullColumn(self.name, self.dtype, len(keys))
        missing = keys < 0
        if self.missing is not None:
            missing |= self.missing[keys]
        objects = _core.objects_of_text(self.strings, None)[keys]
        return self.of(self.name, self.dtype, objects, some(missing))


@dataclass(frozen=True)
class ViewColumn(Column):
    """Text that is read where it lies, or copied when anything but the kernel asks.

    Attributes
    ----------
    table : ArrowTable
        A table with one column.
    copied : callable
        Returns a copy of it.
    """

    table: _core.ArrowTable
    copied: Callable[[], Column]

    holds: ClassVar[str] = "text"

    @override
    def codes(self) -> Codes:
        return self.copied().codes()

    @override
    def instants(self, clock: Clock) -> Instants:
        return self.copied().instants(clock)

    @override
    def numbers(self) -> Numbers:
        return self.copied().numbers()

    @override
    def take(self, keys: NDArray[np.int64]) -> Column:
        return self.copied().take(keys)


@dataclass(frozen=True)
class DictionaryColumn(Column):
    """Positions in a list of strings, some of which may be equal or occur nowhere.

    Attributes
    ----------
    keys : int64 array
        One position a row; -1 where there is none.
    words : TextColumn
        The strings.
    """

    keys: NDArray[np.int64]
    words: TextColumn

    holds: ClassVar[str] = "text"

    @classmethod
    def of(
        cls, name: str, dtype: str, keys: NDArray[np.int64], words: Column
    ) -> Column:
        """Return the column; of anything but text, with the values put in."""
        if isinstance(words, TextColumn):
            return cls(name, dtype, keys, words)
        return words.take(keys)

    @override
    def codes(self) -> Codes:
        codes = self._used().codes()
        values = np.append(codes.values, -1)[self.keys]
        return Codes(values, codes.n_categories, lambda: codes.categories)

    @override
    def instants(self, clock: Clock) -> Instants:
        try:
            instants = self._used().instants(clock)
        except DataError:
            # say in which row of the column it is, not in which of the dictionary
            return self.words.take(self.keys).instants(clock)
        missing = self.keys < 0
        if instants.missing is not None:
            missing |= instants.missing[self.keys]
        values = np.append(instants.values, 0)[self.keys]
        return Instants(values, some(missing), instants.zone)

    @override
    def numbers(self) -> Numbers:
        return self.words.numbers()

    @override
    def take(self, keys: NDArray[np.int64]) -> Column:
        # nothing where a key is negative, which takes the last
        return replace(self, keys=np.append(self.keys, -1)[np.maximum(keys, -1)])

    def _used(self) -> TextColumn:
        """Return the strings with those missing that stand in no row."""
        missing = np.ones(len(self.words.strings[0]), np.bool_)
        missing[self.keys] = False
        missing = missing[:-1]
        if self.words.missing is not None:
            missing |= self.words.missing
        return TextColumn(self.name, self.dtype, self.words.strings, some(missing))
