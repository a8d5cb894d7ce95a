"""The rows behind a grouped log, kept so that others can be added to it.

Purchases do not tell what they were made of: a row that comes late may repeat another
to the microsecond, change the order in which amounts of a day are added up, or come
before a refund that was dropped as there was nothing to refund. So the rows themselves
are kept, as they were read and in any order: 20 bytes each, and 4 for each further
column of identifiers.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from numpy.typing import NDArray

    from tenure._reading import Reading

__all__ = ["KEPT_BY_DEFAULT", "Rows", "Vocabulary"]

# Rows of a log that are kept unless the user says otherwise: 20 MB at most.
KEPT_BY_DEFAULT = 1_000_000


@dataclass(frozen=True, eq=False)
class Rows:
    """The rows of a log that have a customer and a time.

    Attributes
    ----------
    codes : mapping of str to int32 array
        For each column of identifiers, the place of each row's one in `vocabularies`;
        -1 where there is none.
    times : int64 array
        Microseconds by the wall clock.
    amounts : float64 array or None
    vocabularies : mapping of str to array
        The distinct identifiers of each column, ascending.
    buyers : int32 array
        The places of the customers with a purchase, ascending.
    labels : mapping of str to int32 array
        For each attribute, the place of each buyer's value.
    refund_parts : sequence of float
        The sum of all refunds without rounding, as numbers that add up to it.
    """

    codes: Mapping[str, NDArray[np.int32]]
    times: NDArray[np.int64]
    amounts: NDArray[np.float64] | None
    vocabularies: Mapping[str, NDArray[Any]]
    buyers: NDArray[np.int32]
    labels: Mapping[str, NDArray[np.int32]]
    refund_parts: Sequence[float]

    def __len__(self) -> int:
        """Return the number of rows."""
        return len(self.times)

    @classmethod
    def of(
        cls,
        reading: Reading,
        customers: NDArray[Any],
        labels: Sequence[NDArray[np.int64]],
        refund_parts: Sequence[float],
    ) -> Rows:
        """Return copies of what was read of a log: the caller's may change.

        Parameters
        ----------
        reading : Reading
            The rows.
        customers : array
            The ids of those with a purchase, ascending.
        labels : sequence of int64 array
            The places of their attributes.
        refund_parts : sequence of float
            See above.
        """
        used, attributes = usable(reading), reading.settings.attributes
        ids = reading.codes[reading.settings.customer].categories
        return cls(
            codes={
                name: codes.values[used].astype(np.int32)
                for name, codes in reading.codes.items()
            },
            times=reading.times[used].copy(),
            amounts=None if reading.amounts is None else reading.amounts[used].copy(),
            vocabularies={
                name: codes.categories for name, codes in reading.codes.items()
            },
            buyers=np.flatnonzero(_among(ids, customers)).astype(np.int32),
            labels={
                name: places.astype(np.int32)
                for name, places in zip(attributes, labels, strict=True)
            },
            refund_parts=tuple(refund_parts),
        )


def _among(ids: NDArray[Any], some: NDArray[Any]) -> NDArray[np.bool_]:
    """Return which of the ids are among some of them."""
    if len(ids) == len(some):
        return np.ones(len(ids), np.bool_)
    if ids.dtype.kind != "O":
        return np.isin(ids, some, assume_unique=True)
    known = set(some)
    return np.fromiter((one in known for one in ids), np.bool_, len(ids))


def usable(reading: Reading) -> NDArray[np.bool_] | slice:
    """Return which rows have a customer and a time."""
    used = reading.codes[reading.settings.customer].values >= 0
    if reading.missing is not None:
        used &= ~reading.missing
    return slice(None) if used.all() else used


@dataclass(frozen=True, eq=False)
class Vocabulary:
    """Two sorted lists of identifiers made one.

    Attributes
    ----------
    words : array
        All of them, ascending.
    old, new : int64 array
        Where each of the one and of the other list is among them; and -1 at the end,
        which is where the code -1 of a missing identifier looks.
    """

    words: NDArray[Any]
    old: NDArray[np.int64]
    new: NDArray[np.int64]

    @classmethod
    def union(cls, old: NDArray[Any], new: NDArray[Any]) -> Vocabulary:
        """Return the union, in time proportional to the lists."""
        if len(old) == 0:
            return cls(
                new, _with_missing(np.arange(0)), _with_missing(np.arange(len(new)))
            )
        if len(new) == 0:
            new = new.astype(old.dtype)
        keys, new_keys = _keys(old), _keys(new)
        places = np.searchsorted(keys, new_keys)
        known = keys[np.minimum(places, len(keys) - 1)] == new_keys
        added = places[~known]
        shift = np.searchsorted(added, np.arange(len(old)), side="right")
        moved = np.arange(len(old)) + shift
        found = np.empty(len(new), np.int64)
        found[known] = moved[places[known]]
        found[~known] = added + np.arange(len(added))
        words = np.insert(old, added, new[~known])
        return cls(words, _with_missing(moved), _with_missing(found))


def _with_missing(places: NDArray[np.int64]) -> NDArray[np.int64]:
    return np.append(places, -1)


def _keys(words: NDArray[Any]) -> NDArray[Any]:
    """Return what identifiers are sorted by: themselves, or their text."""
    if words.dtype.kind != "O" or all(isinstance(word, str) for word in words):
        return words
    return np.fromiter(map(str, words), np.object_, len(words))
