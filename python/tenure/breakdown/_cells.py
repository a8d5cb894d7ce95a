"""The groups that several attributes make, one within the other, and their totals."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from tenure.breakdown._people import ALL

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from tenure.breakdown._people import Grouping

__all__ = ["Cells"]


def _coded(
    values: NDArray[np.int64],
) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Return the values that occur, and the place of each row's among them."""
    found, own = np.unique(values, return_inverse=True)
    return found, own.astype(np.int64)


@dataclass(frozen=True, eq=False)
class Cells:
    """Groups at each depth: everybody, the first attribute, the first two, and so on.

    Attributes
    ----------
    labels : dict of str to array
        For each attribute the group of each cell, `ALL` above its depth.
    depth : int64 array
        How many attributes each cell is made of.
    parent : int64 array
        The cell that each lies in; -1 for everybody.
    codes : list of int64 array
        For each depth, the cell of each customer.
    shown : bool array
        Which cells were asked for: without roll-up the deepest and everybody.
    """

    labels: dict[str, NDArray[Any]]
    depth: NDArray[np.int64]
    parent: NDArray[np.int64]
    codes: list[NDArray[np.int64]]
    shown: NDArray[np.bool_]

    @classmethod
    def of(
        cls, names: Sequence[str], groupings: Sequence[Grouping], *, roll_up: bool
    ) -> Cells:
        """Return the cells that customers with these groups are in.

        They stand as a reader goes down a table: each before those within it.
        """
        n = len(groupings[0].codes)
        keys = [np.zeros((1, 0), np.int64)]
        parents = [np.full(1, -1, dtype=np.int64)]
        codes = [np.zeros(n, dtype=np.int64)]
        first = 0
        for grouping in groupings:
            size = len(grouping.names)
            found, own = _coded((codes[-1] - first) * size + grouping.codes)
            above, here = np.divmod(found, size)
            parents.append(first + above)
            keys.append(np.column_stack([keys[-1][above], here]))
            first += len(keys[-2])
            codes.append(first + own)
        return cls._ordered(names, groupings, keys, parents, codes, roll_up=roll_up)

    @classmethod
    def _ordered(
        cls,
        names: Sequence[str],
        groupings: Sequence[Grouping],
        keys: list[NDArray[np.int64]],
        parents: list[NDArray[np.int64]],
        codes: list[NDArray[np.int64]],
        *,
        roll_up: bool,
    ) -> Cells:
        """Bring the cells of all depths into one list."""
        width = len(names)
        padded = np.concatenate(
            [
                np.pad(k, ((0, 0), (0, width - k.shape[1])), constant_values=-1)
                for k in keys
            ]
        )
        order = np.lexsort(padded.T[::-1])
        place = np.empty(len(order), dtype=np.int64)
        place[order] = np.arange(len(order))
        parent = np.concatenate(parents)[order]
        rows = padded[order]
        depth = (rows >= 0).sum(axis=1)
        labels = {
            name: np.append(grouping.array, ALL)[rows[:, column]]
            for column, (name, grouping) in enumerate(
                zip(names, groupings, strict=True)
            )
        }
        return cls(
            labels=labels,
            depth=depth.astype(np.int64),
            parent=np.where(parent < 0, -1, place[parent]),
            codes=[place[one] for one in codes],
            shown=np.ones(len(depth), bool)
            if roll_up
            else (depth == 0) | (depth == width),
        )

    def __len__(self) -> int:
        """Return the number of cells."""
        return len(self.depth)

    def sums(
        self, values: NDArray[Any], rows: NDArray[np.bool_] | None = None
    ) -> NDArray[np.float64]:
        """Return the sum of the values over the customers of each cell."""
        totals = np.zeros(len(self))
        for codes in self.codes:
            own = codes if rows is None else codes[rows]
            totals += np.bincount(own, values, len(self))
        return totals

    def name(self, cell: int) -> str:
        """Return a cell as text."""
        own = [str(one[cell]) for one in self.labels.values()]
        return " / ".join(own[: int(self.depth[cell])]) or ALL
