"""Bins for histograms of what is spread over several orders of magnitude."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

__all__ = ["Histogram", "histogram"]

# Half of this quantile of the positive values is where a logarithmic axis begins.
_LOW = 0.005


@dataclass(frozen=True, eq=False)
class Histogram:
    """How many values lie between neighbouring edges.

    Attributes
    ----------
    lower, upper : float64 array
        The ends of each bin; a value on an edge belongs to the bin above it.
    counts : int64 array
        How many values lie in each.
    is_log : bool
        Whether the bins have equal widths on the logarithmic scale.
    has_rest : bool
        Whether the first bin holds what is too small for that scale: what is not
        positive, and the few values that are far below all others.
    """

    lower: NDArray[np.float64]
    upper: NDArray[np.float64]
    counts: NDArray[np.int64]
    is_log: bool = False
    has_rest: bool = False


def histogram(values: NDArray[np.float64], bins: int) -> Histogram:
    """Count values in bins: of equal ratio where they are skewed, else of equal width.

    Skewed means that the largest value is more than ten times the median of the
    positive ones.
    """
    values = values[np.isfinite(values)]
    positive = values[values > 0]
    if not len(values):
        return Histogram(np.empty(0), np.empty(0), np.empty(0, dtype=np.int64))
    if not len(positive) or positive.max() <= 10 * np.median(positive):
        counts, even = np.histogram(values, bins)
        return Histogram(even[:-1], even[1:], counts)
    lowest = max(float(positive.min()), float(np.quantile(positive, _LOW)) / 2)
    edges: Any = np.geomspace(lowest, float(positive.max()), bins + 1)
    counts, _ = np.histogram(values, edges)
    lower: Any = edges[:-1]
    upper: Any = edges[1:]
    rest = len(values) - int(counts.sum())
    if rest:
        lower, upper = np.append(values.min(), lower), np.append(lowest, upper)
        counts = np.append(rest, counts)
    return Histogram(lower, upper, counts, is_log=True, has_rest=rest > 0)
