"""Intervals for shares, means and ratios of groups of customers."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from tenure._intervals import bounds, check_level, normal_quantile

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from tenure._intervals import Scale

__all__ = ["group_ratios", "share_of_total", "sums", "wilson"]


def sums(
    amounts: NDArray[Any], groups: NDArray[np.integer], count: int
) -> NDArray[np.float64]:
    """Return the sum of the amounts of each group."""
    return np.bincount(groups, amounts, count).astype(np.float64, copy=False)


def wilson(
    counts: NDArray[np.int64], totals: NDArray[np.int64] | int, level: float
) -> tuple[NDArray[np.float64], NDArray[np.float64], NDArray[np.float64]]:
    """Return shares and the ends of their intervals (Wilson 1927).

    The interval lies within [0, 1], also for shares of 0 and 1; of no customers all
    three are NaN.

    Examples
    --------
    >>> share, low, high = wilson(np.array([8]), 10, 0.95)
    >>> [round(float(end[0]), 3) for end in (share, low, high)]
    [0.8, 0.49, 0.943]
    """
    z2 = normal_quantile(check_level(level, name="level")) ** 2
    n = np.broadcast_to(np.asarray(totals, dtype=np.float64), counts.shape)
    with np.errstate(divide="ignore", invalid="ignore"):
        share = counts / n
        middle = (share + z2 / (2 * n)) / (1 + z2 / n)
        spread = np.sqrt(z2 * (share * (1 - share) + z2 / (4 * n)) / n) / (1 + z2 / n)
    low = np.where(counts == 0, share, middle - spread)
    high = np.where(counts == n, share, middle + spread)
    return share, low, high


def group_ratios(
    above: NDArray[np.float64],
    below: NDArray[np.float64],
    groups: NDArray[np.integer],
    count: int,
    level: float,
    *,
    further: NDArray[np.float64] | float = 0.0,
    scale: Scale | None = None,
) -> tuple[NDArray[np.float64], NDArray[np.float64], NDArray[np.float64]]:
    """Return, for each group, a ratio of two sums over its customers, and its interval.

    The interval is the normal one for a ratio of means of customers drawn at random
    (Cochran 1977, Sampling techniques, section 6.3): the standard error is that of the
    mean of ``above - ratio * below`` over the mean of `below`. With `below` all 1 the
    ratio is a mean, and the interval the usual one. Groups of one customer have none.

    Parameters
    ----------
    above, below : array
        One number a customer each.
    groups : integer array
        The group of each customer.
    count : int
        The number of groups.
    level : float
        The confidence level.
    further : array, optional
        What else makes each ratio uncertain: a variance to be added.
    scale : {"plain", "positive", "probability"}, optional
        Where the interval is normal. By default that of the logarithm where nobody's
        `above` is negative, so that ends are not either; otherwise the plain one.
    """
    check_level(level, name="level")
    n = np.bincount(groups, minlength=count)
    base = sums(below, groups, count)
    with np.errstate(divide="ignore", invalid="ignore"):
        ratio = sums(above, groups, count) / base
        residual = above - np.where(np.isfinite(ratio), ratio, 0.0)[groups] * below
        squares = sums(residual**2, groups, count)
        error = np.sqrt(squares * n / (n - 1) / base**2 + further)
    error[n < 2] = np.nan
    usual: Scale = "positive" if (above >= 0).all() else "plain"
    return _between(ratio, error, level, scale or usual)


def share_of_total(
    amounts: NDArray[np.float64],
    groups: NDArray[np.integer],
    count: int,
    level: float,
) -> tuple[NDArray[np.float64], NDArray[np.float64], NDArray[np.float64]]:
    """Return each group's share of the sum over all customers, and its interval.

    A ratio as in `group_ratios`, over all customers: the amount of those in the group,
    0 for the others, over the amount of everyone. Computed from sums over the groups.
    The interval is normal on the scale of log odds where no amount is negative. Groups
    without anything have none. Where the total is not above 0, shares of it mean
    nothing: they are NaN.
    """
    check_level(level, name="level")
    n, total = len(amounts), amounts.sum()
    if not total > 0:
        nothing = np.full(count, np.nan)
        return nothing, nothing, nothing
    own = sums(amounts**2, groups, count)
    share = sums(amounts, groups, count) / total
    squares = own * (1 - 2 * share) + share**2 * own.sum()
    error = np.sqrt(np.maximum(squares, 0.0) * n / max(n - 1, 1)) / total
    error[(own == 0) | (n < 2)] = np.nan
    scale: Scale = "probability" if (amounts >= 0).all() else "plain"
    return _between(share, error, level, scale)


def _between(
    estimates: NDArray[np.float64],
    errors: NDArray[np.float64],
    level: float,
    scale: Scale,
) -> tuple[NDArray[np.float64], NDArray[np.float64], NDArray[np.float64]]:
    """Return estimates and the ends of their intervals; NaN without an error."""
    unknown = ~np.isfinite(errors)
    ends = bounds(estimates, errors, level, scale)
    low, high = (np.where(unknown, np.nan, end) for end in ends)
    return estimates, low, high
