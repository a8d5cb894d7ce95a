"""An interval for the difference of two shares of the same people."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from tenure._intervals import normal_quantile

if TYPE_CHECKING:
    from numpy.typing import NDArray

__all__ = ["score_interval"]

# Halvings of a range of 2: the ends are exact to 2e-16.
_HALVINGS = 54


def score_interval(
    above: NDArray[np.float64],
    below: NDArray[np.float64],
    n: NDArray[np.float64],
    level: float,
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Return the ends of Tango's score interval for `above - below`.

    The two are shares of the same n people, nobody in both. As Wilson's interval for
    one share, it asks which true differences would make the observed one unlikely, and
    so stays within -1 to 1 and is right for few people and extreme shares as well.

    Parameters
    ----------
    above, below : float64 array
        Shares.
    n : float64 array
        Of how many; NaN ends for none.
    level : float
        Confidence level.

    References
    ----------
    Tango, T. (1998). Equivalence test and confidence interval for the difference in
    proportions for the paired-sample design. Statistics in Medicine 17, 891-908.

    Examples
    --------
    12 of 86 people for, 2 against:

    >>> twelve, two, of = (np.array([share]) for share in (12 / 86, 2 / 86, 86.0))
    >>> [round(float(end[0]), 4) for end in score_interval(twelve, two, of, 0.95)]
    [0.036, 0.2096]
    """
    z = normal_quantile(level)
    found = above - below
    ends: list[NDArray[np.float64]] = []
    for sign in (1.0, -1.0):
        inner, outer = found.copy(), np.full(len(found), -sign)
        for _ in range(_HALVINGS):
            middle = (inner + outer) / 2
            likely = sign * _deviation(above, below, n, middle) < z
            inner = np.where(likely, middle, inner)
            outer = np.where(likely, outer, middle)
        ends.append(np.where(n > 0, (inner + outer) / 2, np.nan))
    return ends[0], ends[1]


def _deviation(
    above: NDArray[np.float64],
    below: NDArray[np.float64],
    n: NDArray[np.float64],
    difference: NDArray[np.float64],
) -> NDArray[np.float64]:
    """Return by how many standard errors the shares are off a true difference.

    The standard error is that under this difference, with the most likely share of
    those below.
    """
    linear = (2 - above + below) * difference - above - below
    constant = -below * difference * (1 - difference)
    root = np.sqrt(np.maximum(linear**2 - 8 * constant, 0.0))
    smaller = (root - linear) / 4
    variance = 2 * smaller + difference * (1 - difference)
    with np.errstate(divide="ignore", invalid="ignore"):
        return (above - below - difference) * np.sqrt(n / np.maximum(variance, 0.0))
