"""Differences between two groups, with intervals."""

from __future__ import annotations

import warnings
from importlib import import_module
from statistics import NormalDist
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np

from tenure._intervals import normal_quantile

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

__all__ = ["UNKNOWN", "Difference", "mover", "needed", "paired", "stratified", "welch"]


class Difference(NamedTuple):
    """A difference, its interval, and how often chance alone would make as much."""

    value: float
    low: float
    high: float
    p_value: float


UNKNOWN = Difference(np.nan, np.nan, np.nan, np.nan)
"""What two groups say of which one has too few to tell."""


def needed(name: str) -> Any:
    """Return a part of SciPy or statsmodels, or say how to install them."""
    try:
        return import_module(name)
    except ModuleNotFoundError:
        package = name.partition(".")[0]
        msg = f"this needs {package}; install with pip install 'tenure[stats]'"
        raise ImportError(msg) from None


def mover(
    first: Sequence[float], second: Sequence[float]
) -> tuple[float, float, float]:
    """Return `first - second` of two independent estimates, with its interval.

    Recovers variances from the ends of the two intervals (Zou and Donner 2008); of two
    Wilson intervals it makes Newcombe's hybrid score interval.

    Parameters
    ----------
    first, second : (estimate, low, high)

    References
    ----------
    Zou, G. Y., Donner, A. (2008). Construction of confidence limits about effect
    measures: a general approach. Statistics in Medicine 27, 1693-1702.
    Newcombe, R. G. (1998). Interval estimation for the difference between independent
    proportions: comparison of eleven methods. Statistics in Medicine 17, 873-890,
    method 10.

    Examples
    --------
    Newcombe's example (a), 56/70 against 48/80:

    >>> from tenure.rfm.intervals import wilson
    >>> groups = wilson(np.array([56, 48]), np.array([70, 80]), 0.95)
    >>> one, other = zip(*groups)
    >>> [round(float(end), 4) for end in mover(one, other)]
    [0.2, 0.0524, 0.3339]
    """
    (x, x_low, x_high), (y, y_low, y_high) = first, second
    apart = x - y
    low = apart - np.hypot(x - x_low, y_high - y)
    return apart, float(low), float(apart + np.hypot(x_high - x, y - y_low))


def welch(
    first: NDArray[np.float64], second: NDArray[np.float64], level: float
) -> Difference:
    """Return the difference of two means of groups that vary differently (Welch 1947).

    No interval where a group has fewer than two members, or nobody differs.
    """
    if min(len(first), len(second)) == 0:
        return UNKNOWN
    value = float(first.mean() - second.mean())
    if min(len(first), len(second)) < 2 or np.ptp(first) == np.ptp(second) == 0:
        return UNKNOWN._replace(value=value)
    stats = needed("scipy.stats")
    with warnings.catch_warnings():
        # SciPy warns where one of the groups does not vary, which is no harm here
        warnings.filterwarnings("ignore", "Precision loss", RuntimeWarning)
        test = stats.ttest_ind(first, second, equal_var=False)
    ends = test.confidence_interval(level)
    return Difference(value, float(ends.low), float(ends.high), float(test.pvalue))


def paired(changes: NDArray[np.float64], level: float) -> Difference:
    """Return the mean of changes of the same members, by Student's t.

    No interval with fewer than two members, and where all change alike.
    """
    if len(changes) < 2 or np.ptp(changes) == 0:
        return (
            UNKNOWN._replace(value=float(changes.mean())) if len(changes) else UNKNOWN
        )
    test = needed("scipy.stats").ttest_1samp(changes, 0.0)
    ends = test.confidence_interval(level)
    return Difference(
        float(changes.mean()), float(ends.low), float(ends.high), float(test.pvalue)
    )


def stratified(
    outcome: NDArray[np.float64],
    first: NDArray[np.bool_],
    strata: NDArray[np.int64],
    level: float,
) -> Difference:
    """Return the mean difference of two groups between members of the same stratum.

    The differences within the strata that hold both groups, each weighted by how many
    of the first group are in it: how the first group differs from others like them.
    The variance is the sum of those of the strata; a stratum with a single member of
    a group takes the variance that this group has within all strata together.

    Parameters
    ----------
    outcome : float64 array
    first : bool array
        Who is in the first group.
    strata : int64 array
    level : float

    Examples
    --------
    Differences of 1 (two of the first group) and 4 (one of it):

    >>> outcome = np.array([2.0, 4.0, 1.0, 3.0, 9.0, 4.0, 6.0])
    >>> first = np.array([True, True, False, False, True, False, False])
    >>> strata = np.array([0, 0, 0, 0, 1, 1, 1])
    >>> stratified(outcome, first, strata, 0.9).value
    2.0
    """
    _, place = np.unique(strata, return_inverse=True)
    count = int(place.max(initial=-1)) + 1
    means: list[NDArray[np.float64]] = []
    variances: list[NDArray[np.float64]] = []
    sizes: list[NDArray[np.integer]] = []
    for members in (first, ~first):
        n = np.bincount(place[members], minlength=count)
        total = np.bincount(place[members], outcome[members], count)
        with np.errstate(divide="ignore", invalid="ignore"):
            mean = total / n
        residual = outcome[members] - mean[place[members]]
        squares = np.bincount(place[members], residual**2, count)
        free = np.maximum(n - 1, 0)
        pooled = squares.sum() / free.sum() if free.sum() else np.nan
        with np.errstate(divide="ignore", invalid="ignore"):
            own = np.where(n > 1, squares / free, pooled) / n
        means.append(mean)
        variances.append(own)
        sizes.append(n)
    both = (sizes[0] > 0) & (sizes[1] > 0)
    if not both.any():
        return UNKNOWN
    weights = sizes[0][both] / sizes[0][both].sum()
    value = float(weights @ (means[0] - means[1])[both])
    error = float(np.sqrt(weights**2 @ (variances[0] + variances[1])[both]))
    if not error > 0:
        return UNKNOWN._replace(value=value)
    reach = normal_quantile(level) * error
    p_value = 2 * NormalDist().cdf(-abs(value / error))
    return Difference(value, value - reach, value + reach, p_value)
