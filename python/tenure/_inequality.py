"""How unequally values are spread, and how well a sample tells.

Every measure comes with its influence function: how much one customer more of a given
value would move it. The influences of the customers of a sample average to 0, and
their standard deviation over the root of their number is the standard error of the
measure (the infinitesimal jackknife; Efron 1982, The Jackknife, the Bootstrap and
Other Resampling Plans, chapter 6), at the cost of one pass over sorted values.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from tenure._intervals import bounds

if TYPE_CHECKING:
    from numpy.typing import NDArray

__all__ = ["Measured", "gini", "top_share"]


@dataclass(frozen=True)
class Measured:
    """A measure of a sample.

    Attributes
    ----------
    value : float
        What it is in the sample; NaN where it is not defined.
    bias_factor : float
        What the value is multiplied by where the population is estimated.
    std_error : float
        How well the sample tells it; NaN where it does not.
    """

    value: float
    bias_factor: float = 1.0
    std_error: float = np.nan

    def between(self, level: float) -> tuple[float, float]:
        """Return the interval: within (0, 1) for measures that lie there."""
        estimate = np.array([self.value * self.bias_factor])
        error = np.array([self.std_error])
        if not np.isfinite(error[0]):
            return np.nan, np.nan
        scale = "probability" if 0.0 < estimate[0] < 1.0 else "plain"
        lower, upper = bounds(estimate, error, level, scale)
        return float(lower[0]), float(upper[0])


def gini(ascending: NDArray[np.float64]) -> Measured:
    r"""Return the Gini index, for values of either sign.

    .. math:: G = \frac{E|X - Y|}{2\,E|X|}

    with X and Y two customers drawn at random. Without negative values this is the
    common index; with them the common one, which divides by the mean, has no upper
    bound, while this one stays between 0 and 1 (Raffinetti, Siletti, Vernizzi 2015,
    On the Gini coefficient normalization when attributes with negative values are
    considered, Statistical Methods and Applications 24(3), 507-521).

    Parameters
    ----------
    ascending : array
        The values in ascending order.
    """
    x, n = ascending, len(ascending)
    size = np.abs(x)
    mean_size = float(size.mean()) if n else 0.0
    if mean_size == 0.0:
        return Measured(np.nan)
    apart = _mean_distances(x)
    index = float(apart.mean()) / (2.0 * mean_size)
    if n == 1 or index == 0.0:
        return Measured(index)
    influence = (apart - apart.mean() - index * (size - mean_size)) / mean_size
    # |X - Y| is 0 for a customer drawn twice, which a population hardly ever does
    return Measured(index, n / (n - 1), _standard_error(influence))


def _mean_distances(ascending: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return the mean distance from each value to all of them."""
    x, n = ascending, len(ascending)
    below = np.arange(n, dtype=np.float64)
    up_to = np.cumsum(x)
    # (x times the values below, less their sum) + (sum above, less x times as many)
    total = x * (2.0 * below + 1.0 - n) - 2.0 * up_to + x + up_to[-1]
    return np.maximum(total, 0.0) / n


def top_share(ascending: NDArray[np.float64], count: int) -> Measured:
    r"""Return the share of the sum that the largest values make.

    .. math:: S_p = \frac{E[X;\, X > q]}{E[X]}, \qquad P(X > q) = p

    Parameters
    ----------
    ascending : array
        The values in ascending order.
    count : int
        How many of the largest; p is their share of all.
    """
    x, n = ascending, len(ascending)
    mean = float(x.mean()) if n else 0.0
    if mean <= 0.0:
        return Measured(np.nan)
    share = float(x[n - count :].sum() / x.sum())
    if count == n:
        return Measured(share)
    cut, p = x[n - count], count / n
    influence = (np.maximum(x - cut, 0.0) + p * cut - share * x) / mean
    return Measured(share, 1.0, _standard_error(influence))


def _standard_error(influence: NDArray[np.float64]) -> float:
    n = len(influence)
    if n < 2:
        return np.nan
    return float(np.sqrt(np.square(influence).sum() / (n - 1) / n))
