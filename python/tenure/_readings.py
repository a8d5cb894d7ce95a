"""What a column can be read as: identifiers, times or numbers in canonical arrays."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Any, TypeAlias

import numpy as np
from numpy.typing import NDArray

if TYPE_CHECKING:
    from collections.abc import Callable

__all__ = ["Clock", "Codes", "Instants", "Mask", "Numbers"]

# True where there is no value.
Mask: TypeAlias = NDArray[np.bool_]


class Codes:
    """Identifiers as positions in the sorted list of those that occur.

    Attributes
    ----------
    values : int64 array
        One position a row; -1 where the identifier is missing.
    n_categories : int
        How many distinct identifiers there are.
    categories : array
        The distinct identifiers in ascending order: int64 for integers, otherwise
        objects (strings by code point, anything else by its `str`). Python objects
        are made when they are first asked for.
    """

    def __init__(
        self,
        values: NDArray[np.int64],
        n_categories: int,
        make: Callable[[], NDArray[Any]],
    ) -> None:
        self.values = values
        self.n_categories = n_categories
        self._make = make

    @cached_property
    def categories(self) -> NDArray[Any]:
        """Return the distinct identifiers in ascending order."""
        return self._make()


@dataclass(frozen=True)
class Instants:
    """Times as civil (wall-clock) microseconds since 1970-01-01T00:00.

    Attributes
    ----------
    values : int64 array
        One instant a row; 0 where it is missing.
    missing : bool array or None
        Where there is no time; None if there is one in every row.
    zone : str or None
        The time zone whose clocks were read; None if the data name none.
    """

    values: NDArray[np.int64]
    missing: Mask | None
    zone: str | None


@dataclass(frozen=True)
class Numbers:
    """Numbers as float64.

    Attributes
    ----------
    values : float64 array
        One number a row. NaN that stands in a float column is kept as a value;
        where the source marks a value as missing, there is NaN too.
    missing : bool array or None
        Where the source marks a value as missing; None if nowhere.
    """

    values: NDArray[np.float64]
    missing: Mask | None


@dataclass(frozen=True)
class Clock:
    """How times are written, and whose clocks are read."""

    time_format: str | None = None
    time_unit: str | None = None
    tz: str | None = None
