"""Intervals for costs and ratios: of counts that are Poisson, and Fieller's."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from tenure._intervals import check_level, normal_quantile

if TYPE_CHECKING:
    from numpy.typing import ArrayLike, NDArray

__all__ = ["fieller", "poisson_interval", "written_interval"]


def poisson_interval(
    counts: ArrayLike, level: float
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    r"""Return the interval for the mean of which each count is one draw.

    The score interval, which is to counts what Wilson's is to shares: the means
    :math:`\mu` with :math:`|n - \mu| \le z \sqrt\mu`, that is
    :math:`n + z^2/2 \pm z \sqrt{n + z^2/4}`. A closed form, so that no table of the
    chi-square is needed, and a little shorter than the exact interval, which holds its
    level too often.

    Examples
    --------
    >>> low, high = poisson_interval([0, 100], 0.95)
    >>> low.round(2), high.round(2)
    (array([ 0.  , 82.23]), array([  3.84, 121.61]))
    """
    z = normal_quantile(check_level(level, name="level"))
    n = np.asarray(counts, dtype=np.float64)
    middle, reach = n + z * z / 2, z * np.sqrt(n + z * z / 4)
    return np.where(n == 0, 0.0, middle - reach), middle + reach


def fieller(
    above: float,
    below: float,
    variances: tuple[float, float],
    level: float,
    *,
    covariance: float = 0.0,
) -> tuple[float, float]:
    r"""Return Fieller's interval for the ratio of two normal estimates.

    The ratios :math:`\rho` that :math:`a - \rho b` does not rule out, whose variance is
    :math:`v_a - 2 \rho v_{ab} + \rho^2 v_b`. Where `below` may be 0, no finite interval
    holds the ratio, and both ends are NaN.

    Parameters
    ----------
    above, below : float
        The estimates.
    variances : (float, float)
        Theirs.
    level : float
        The confidence level.
    covariance : float, default 0
        Of the two.

    References
    ----------
    Fieller, E. C. (1954). Some problems in interval estimation. Journal of the Royal
    Statistical Society B 16, 175-185.

    Examples
    --------
    >>> low, high = fieller(30.0, 10.0, (4.0, 1.0), 0.95)
    >>> round(low, 3), round(high, 3)
    (2.389, 3.85)
    """
    z2 = normal_quantile(check_level(level, name="level")) ** 2
    of_above, of_below = variances
    square = below**2 - z2 * of_below
    if not square > 0:
        return np.nan, np.nan
    middle = above * below - z2 * covariance
    constant = above**2 - z2 * of_above
    root = np.sqrt(max(middle**2 - square * constant, 0.0))
    ends = (middle - root) / square, (middle + root) / square
    return float(ends[0]), float(ends[1])


def written_interval(low: float, high: float, digits: int = 2) -> str:
    """Return an interval as tables show it.

    Examples
    --------
    >>> written_interval(1.234, 5.678), written_interval(float("nan"), float("nan"))
    ('[1.23, 5.68]', '')
    """
    if np.isnan(low) and np.isnan(high):
        return ""
    return f"[{low:,.{digits}f}, {high:,.{digits}f}]"
