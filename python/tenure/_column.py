"""Canonical columns: what every kind of column becomes before anything is computed."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

__all__ = ["Codes", "Instants", "Numbers"]


@dataclass(frozen=True)
class Codes:
    """Identifiers as positions in the sorted list of those that occur.

    Attributes
    ----------
    values : int64 array
        One position a row; -1 where the identifier is missing.
    categories : array
        The distinct identifiers in ascending order: int64 for integers, otherwise
        objects (strings by code point, anything else by its `str`).
    """

    values: NDArray[np.int64]
    categories: NDArray[Any]


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
        The time zone whose clock was read; None if the data name none.
    """

    values: NDArray[np.int64]
    missing: NDArray[np.bool_] | None
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
    missing: NDArray[np.bool_] | None
