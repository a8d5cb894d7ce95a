"""Intervals and tests for shares: Wilson's, Newcombe's, and the sum of many tests."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Literal, TypeAlias

import numpy as np

from tenure._intervals import check_level, normal_quantile
from tenure.exceptions import ParameterError

if TYPE_CHECKING:
    from numpy.typing import ArrayLike, NDArray

__all__ = [
    "Adjustment",
    "adjusted",
    "newcombe",
    "two_share_p_values",
    "wilson",
]

Adjustment: TypeAlias = Literal["holm", "bh", "none"]
"""How p-values allow for there being many."""


def wilson(
    successes: ArrayLike, trials: ArrayLike, level: float
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    r"""Return Wilson's interval for a share; NaN where there were no trials.

    The shares that a score test does not reject:
    :math:`(p + z^2/2n \pm z \sqrt{p(1-p)/n + z^2/4n^2}) / (1 + z^2/n)`.

    References
    ----------
    Wilson, E. B. (1927). Probable inference, the law of succession, and statistical
    inference. Journal of the American Statistical Association 22, 209-212.

    Examples
    --------
    >>> low, high = wilson(10, 20, 0.95)
    >>> low.round(4), high.round(4)
    (np.float64(0.2993), np.float64(0.7007))
    """
    z = normal_quantile(check_level(level, name="level"))
    x, n = np.asarray(successes, np.float64), np.asarray(trials, np.float64)
    with np.errstate(divide="ignore", invalid="ignore"):
        p = x / n
        middle = p + z * z / (2 * n)
        reach = z * np.sqrt(p * (1 - p) / n + z * z / (4 * n * n))
        scale = 1 + z * z / n
        low, high = (middle - reach) / scale, (middle + reach) / scale
    # at the ends the formula is exact but for rounding
    low = np.where(x == 0, np.where(n > 0, 0.0, np.nan), low)
    high = np.where((x == n) & (n > 0), 1.0, high)
    return np.asarray(low), np.asarray(high)


def newcombe(
    one: tuple[ArrayLike, ArrayLike], other: tuple[ArrayLike, ArrayLike], level: float
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Return the interval for the difference of two independent shares.

    Newcombe's hybrid of two Wilson intervals (his method 10), which stays within
    [-1, 1] and holds its level in small groups.

    References
    ----------
    Newcombe, R. G. (1998). Interval estimation for the difference between independent
    proportions. Statistics in Medicine 17, 873-890.

    Examples
    --------
    >>> low, high = newcombe((56, 70), (48, 80), 0.95)
    >>> low.round(4), high.round(4)
    (np.float64(0.0524), np.float64(0.3339))
    """
    (x1, n1), (x2, n2) = one, other
    (low1, high1), (low2, high2) = wilson(x1, n1, level), wilson(x2, n2, level)
    with np.errstate(divide="ignore", invalid="ignore"):
        p1 = np.asarray(x1, np.float64) / np.asarray(n1, np.float64)
        p2 = np.asarray(x2, np.float64) / np.asarray(n2, np.float64)
    difference = p1 - p2
    return (
        difference - np.hypot(p1 - low1, high2 - p2),
        difference + np.hypot(high1 - p1, p2 - low2),
    )


def two_share_p_values(
    one: tuple[ArrayLike, ArrayLike], other: tuple[ArrayLike, ArrayLike]
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Return z and the two-sided p-value of the test that two shares are equal.

    With the pooled variance; NaN where a group is empty or nothing varies.
    """
    x1, n1 = (np.asarray(part, np.float64) for part in one)
    x2, n2 = (np.asarray(part, np.float64) for part in other)
    with np.errstate(divide="ignore", invalid="ignore"):
        pooled = (x1 + x2) / (n1 + n2)
        error = np.sqrt(pooled * (1 - pooled) * (1 / n1 + 1 / n2))
        z = (x1 / n1 - x2 / n2) / error
    z = np.where(np.isfinite(z), z, np.nan)
    tails = [math.erfc(abs(one) / math.sqrt(2)) for one in z.ravel()]
    return z, np.array(tails).reshape(z.shape)


def adjusted(p_values: NDArray[np.float64], adjust: str) -> NDArray[np.float64]:
    """Return p-values that allow for there being many; NaN are no tests.

    Parameters
    ----------
    p_values : float64 array
    adjust : {"holm", "bh", "none"}
        "holm" keeps the chance of any false alarm at its level; "bh" keeps the share
        of false alarms among all alarms there.

    References
    ----------
    Holm, S. (1979). A simple sequentially rejective multiple test procedure.
    Scandinavian Journal of Statistics 6, 65-70.
    Benjamini, Y., Hochberg, Y. (1995). Controlling the false discovery rate. Journal of
    the Royal Statistical Society B 57, 289-300.

    Examples
    --------
    >>> adjusted(np.array([0.01, 0.04, 0.03]), "holm").round(3)
    array([0.03, 0.06, 0.06])
    >>> adjusted(np.array([0.01, 0.04, 0.03]), "bh").round(3)
    array([0.03, 0.04, 0.04])
    """
    if adjust not in ("holm", "bh", "none"):
        raise ParameterError.of(
            name="adjust", expected="be 'holm', 'bh' or 'none'", found=repr(adjust)
        )
    result = p_values.copy()
    tests = np.flatnonzero(~np.isnan(p_values))
    order = tests[np.argsort(p_values[tests], kind="stable")]
    number = len(order)
    if adjust == "holm":
        steps = (number - np.arange(number)) * p_values[order]
        result[order] = np.minimum(1.0, np.maximum.accumulate(steps))
    elif adjust == "bh":
        steps = number / np.arange(1, number + 1) * p_values[order]
        falling = np.minimum.accumulate(steps[::-1])[::-1]
        result[order] = np.minimum(1.0, falling)
    return result
