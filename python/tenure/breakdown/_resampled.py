"""Intervals from customers drawn anew: percentiles, and those with both corrections."""

from __future__ import annotations

from statistics import NormalDist
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

__all__ = ["bca", "drawn_sums", "resampled_medians", "resampled_ratios", "tails"]

# How many numbers are drawn at once.
_AT_ONCE = 4_000_000


def resampled_ratios(
    above: NDArray[np.float64],
    below: NDArray[np.float64],
    replicates: int,
    rng: np.random.Generator,
) -> NDArray[np.float64]:
    """Return the ratio of two sums over customers that were drawn with replacement."""
    n = len(above)
    found = np.empty(replicates)
    step = max(1, _AT_ONCE // n)
    for start in range(0, replicates, step):
        rows = rng.integers(0, n, (min(step, replicates - start), n))
        with np.errstate(divide="ignore", invalid="ignore"):
            found[start : start + step] = above[rows].sum(1) / below[rows].sum(1)
    return found


def resampled_medians(
    values: NDArray[np.float64], replicates: int, rng: np.random.Generator
) -> NDArray[np.float64]:
    """Return the median of customers that were drawn with replacement."""
    n = len(values)
    found = np.empty(replicates)
    step = max(1, _AT_ONCE // n)
    for start in range(0, replicates, step):
        rows = rng.integers(0, n, (min(step, replicates - start), n))
        found[start : start + step] = np.median(values[rows], axis=1)
    return found


def tails(
    drawn: NDArray[np.float64], level: float, axis: int = 0
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Return the percentile interval."""
    low, high = np.quantile(drawn, [0.5 - level / 2, 0.5 + level / 2], axis=axis)
    return low, high


def bca(
    drawn: NDArray[np.float64],
    above: NDArray[np.float64],
    below: NDArray[np.float64],
    level: float,
) -> tuple[float, float]:
    """Return the interval corrected for bias and for skewness (Efron 1987).

    The acceleration is that of the jackknife, whose ratios without each customer need
    no drawing. Where all draws lie on one side of the estimate there is no bias to be
    told, and the ends are the percentiles.
    """
    estimate = above.sum() / below.sum()
    share = ((drawn < estimate).mean() + (drawn <= estimate).mean()) / 2
    if not 0 < share < 1:
        low, high = tails(drawn, level)
        return float(low), float(high)
    normal = NormalDist()
    bias = normal.inv_cdf(float(share))
    without = (above.sum() - above) / (below.sum() - below)
    away = without.mean() - without
    spread = float((away**2).sum())
    pull = float((away**3).sum()) / (6 * spread**1.5) if spread > 0 else 0.0
    ends: list[float] = []
    for tail in (0.5 - level / 2, 0.5 + level / 2):
        z = bias + normal.inv_cdf(tail)
        place = normal.cdf(bias + z / (1 - pull * z))
        ends.append(float(np.quantile(drawn, place)))
    return ends[0], ends[1]


def drawn_sums(  # noqa: PLR0917
    columns: NDArray[np.float64],
    owners: NDArray[np.int64],
    groups: NDArray[np.int64],
    sizes: tuple[int, int],
    replicates: int,
    rng: np.random.Generator,
) -> NDArray[np.float64]:
    """Return sums over groups when whole customers are drawn anew.

    Each is drawn a Poisson number of times, since how many come is left to chance.

    Parameters
    ----------
    columns : array, shape (m, rows)
        What is summed.
    owners, groups : int64 array
        The customer and the group of each row; a customer may have several.
    sizes : (int, int)
        How many customers and groups there are.
    replicates : int
    rng : numpy.random.Generator

    Returns
    -------
    array, shape (replicates, m, groups)
    """
    customers, n_groups = sizes
    order = np.argsort(groups, kind="stable")
    there, starts = np.unique(groups[order], return_index=True)
    sorted_columns = np.ascontiguousarray(columns[:, order])
    owner = owners[order]
    found = np.zeros((replicates, len(columns), n_groups))
    for replicate in range(replicates):
        counts = rng.poisson(1.0, customers)
        weighted = sorted_columns * counts[owner]
        found[replicate][:, there] = np.add.reduceat(weighted, starts, axis=1)
    return found
