"""From standard errors to intervals."""

from __future__ import annotations

from statistics import NormalDist
from typing import TYPE_CHECKING, Literal, TypeAlias

import numpy as np

from tenure.exceptions import ParameterError

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

__all__ = [
    "Scale",
    "bounds",
    "check_level",
    "delta_method",
    "level_names",
    "normal_quantile",
]

Scale: TypeAlias = Literal["plain", "positive", "probability", "association"]
"""The range of an estimate: its interval is made where that has no ends."""


def check_level(level: float, *, name: str = "interval") -> float:
    """Return the confidence level, or say that it is none."""
    if not 0 < level < 1:
        raise ParameterError.of(name, "lie between 0 and 1", found=repr(level))
    return float(level)


def level_names(levels: Sequence[float]) -> dict[str, float]:
    """Return the levels by the names that their columns get, or refuse equal ones.

    Examples
    --------
    >>> level_names((0.05, 0.5))
    {'0.05': 0.05, '0.5': 0.5}
    """
    numbers = [float(level) for level in np.atleast_1d(levels)]
    named = {repr(level): level for level in numbers}
    if len(named) < len(numbers):
        raise ParameterError.of(
            name="levels", expected="differ from each other", found=repr(numbers)
        )
    return named


def normal_quantile(level: float) -> float:
    """Return how many standard errors a two-sided interval reaches to either side."""
    return NormalDist().inv_cdf(0.5 + level / 2)


def delta_method(
    gradients: NDArray[np.float64], covariance: NDArray[np.float64]
) -> NDArray[np.float64]:
    """Return the standard errors of estimates with these gradients.

    Parameters
    ----------
    gradients : array, shape (n, k)
        Derivatives of each estimate with respect to each parameter.
    covariance : array, shape (k, k)
        Covariance of the parameters.
    """
    variances = np.einsum("ij,jk,ik->i", gradients, covariance, gradients)
    return np.sqrt(np.maximum(variances, 0.0))


def bounds(
    estimates: NDArray[np.float64],
    errors: NDArray[np.float64],
    level: float,
    scale: Scale,
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Return lower and upper ends that stay within the range of the estimate.

    Positive estimates get their interval on the log scale, probabilities on the log
    odds scale, associations on that of Fisher's z; an estimate at the end of its range
    has none, and neither has one that does not exist.
    """
    reach = normal_quantile(check_level(level)) * errors
    if scale == "plain":
        return estimates - reach, estimates + reach
    if scale == "association":
        inside = (errors > 0) & (np.abs(estimates) < 1)
        middle = np.arctanh(np.where(inside, estimates, 0.0))
        shift = reach / np.where(inside, 1 - estimates**2, 1.0)
        ends = np.tanh(middle - shift), np.tanh(middle + shift)
        lower, upper = (np.where(inside, end, estimates) for end in ends)
        return lower, upper
    with np.errstate(divide="ignore", invalid="ignore", over="ignore"):
        if scale == "positive":
            factor = np.exp(reach / estimates)
            lower, upper = estimates / factor, estimates * factor
        else:
            shift = np.exp(reach / (estimates * (1 - estimates)))
            odds = estimates / (1 - estimates)
            lower = 1 / (1 + shift / odds)
            upper = 1 / (1 + 1 / (odds * shift))
    inside = (errors > 0) & np.isfinite(estimates) & (estimates > 0)
    if scale == "probability":
        inside &= estimates < 1
    return np.where(inside, lower, estimates), np.where(inside, upper, estimates)
