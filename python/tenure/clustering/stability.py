"""Whether clusters would be found again in other customers of the same kind."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from tenure.clustering.search import find, in_one_order

if TYPE_CHECKING:
    from collections.abc import Mapping
    from typing import Self

    from numpy.typing import NDArray

    from tenure.clustering.partition import Partition
    from tenure.clustering.search import Method

__all__ = ["Stability", "adjusted_rand", "bootstrap"]


@dataclass(frozen=True)
class Stability:
    """How far clusters of bootstrap samples agree with the clusters themselves.

    Attributes
    ----------
    adjusted_rand : tuple of float
        The adjusted Rand index of each sample: 1 where all customers are put together
        alike, 0 where no more than by chance.
    jaccard : tuple of float
        For each cluster, the mean over samples of the overlap (Jaccard index) with the
        most similar cluster of the sample (Hennig 2007, Cluster-wise assessment of
        cluster stability, Computational Statistics and Data Analysis 52(1), 258-271).
        He takes clusters above 0.75 as valid, and would not trust those below 0.6.
    """

    adjusted_rand: tuple[float, ...]
    jaccard: tuple[float, ...]

    @property
    def mean(self) -> float:
        """The mean adjusted Rand index; NaN without samples."""
        return float(np.mean(self.adjusted_rand)) if self.adjusted_rand else np.nan

    def between(self, level: float = 0.9) -> tuple[float, float]:
        """Return between which two that share of the samples' indices lies."""
        if not self.adjusted_rand:
            return np.nan, np.nan
        ends: Any = np.quantile(self.adjusted_rand, [(1 - level) / 2, (1 + level) / 2])
        return float(ends[0]), float(ends[1])

    def to_dict(self) -> dict[str, Any]:
        """Return the indices as plain lists."""
        return {
            "adjusted_rand": list(self.adjusted_rand),
            "jaccard": list(self.jaccard),
        }

    @classmethod
    def from_dict(cls, stored: Mapping[str, Any]) -> Self:
        """Return what `to_dict` wrote."""
        return cls(tuple(stored["adjusted_rand"]), tuple(stored["jaccard"]))


def bootstrap(
    points: NDArray[np.float64],
    found: Partition,
    *,
    samples: int,
    method: Method,
    floor: float,
    seed: int,
) -> Stability:
    """Find clusters in samples drawn with replacement, and compare.

    Each sample's clusters are those of the original points that they would get: all
    points are compared, whether or not they were drawn.
    """
    labels, _ = found.assign(points)
    indices: list[float] = []
    overlaps: list[NDArray[np.float64]] = []
    streams: list[np.random.Generator] = np.random.default_rng(seed).spawn(samples)
    for rng in streams:
        rows: NDArray[np.int64] = rng.integers(0, len(points), len(points) + 1)
        drawn, start = in_one_order(points[rows[1:]]), int(rows[0])
        again = find(drawn, len(found), method=method, floor=floor, seed=start)
        table = _crossed(labels, again.assign(points)[0], len(found))
        indices.append(_adjusted_rand(table))
        overlaps.append(_jaccard(table))
    mean = np.mean(overlaps, axis=0) if overlaps else np.full(len(found), np.nan)
    return Stability(tuple(indices), tuple(float(one) for one in mean))


def adjusted_rand(first: NDArray[np.int64], second: NDArray[np.int64]) -> float:
    r"""Return how far two ways to group the same points agree, corrected for chance.

    .. math:: \frac{\sum_{ij}\binom{n_{ij}}{2} - E}{M - E}, \quad
        E = \frac{\sum_i\binom{a_i}{2}\sum_j\binom{b_j}{2}}{\binom{n}{2}}, \quad
        M = \frac12\Bigl(\sum_i\tbinom{a_i}{2} + \sum_j\tbinom{b_j}{2}\Bigr)

    Hubert, L., Arabie, P. (1985). Comparing partitions. Journal of Classification
    2(1), 193-218.

    Parameters
    ----------
    first, second : int64 array
        The group of each point, from 0 on.

    Examples
    --------
    >>> import numpy as np
    >>> adjusted_rand(np.array([0, 0, 1, 1]), np.array([1, 1, 0, 0]))
    1.0
    """
    size = int(max(first.max(), second.max())) + 1
    return _adjusted_rand(_crossed(first, second, size))


def _crossed(
    first: NDArray[np.int64], second: NDArray[np.int64], size: int
) -> NDArray[np.float64]:
    """Return how many points are in each group of the first and of the second."""
    counts = np.bincount(first * size + second, minlength=size * size)
    return counts.reshape(size, size).astype(np.float64)


def _adjusted_rand(table: NDArray[np.float64]) -> float:
    cells, rows, columns, total = (
        (counts * (counts - 1) / 2).sum()
        for counts in (table, table.sum(axis=1), table.sum(axis=0), table.sum())
    )
    if total == 0:
        return 1.0
    expected = rows * columns / total
    most = (rows + columns) / 2
    return 1.0 if most == expected else float((cells - expected) / (most - expected))


def _jaccard(table: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return the overlap of each row with the column that is most like it."""
    either = table.sum(axis=1, keepdims=True) + table.sum(axis=0) - table
    shares = np.divide(table, either, out=np.zeros_like(table), where=either > 0)
    return shares.max(axis=1)
