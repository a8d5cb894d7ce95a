"""Comparing two groups: scipy and statsmodels do the tests, the delta method lifts."""

from __future__ import annotations

import warnings
from typing import TYPE_CHECKING, Any, Literal, NamedTuple

import numpy as np

from tenure._intervals import normal_quantile
from tenure.campaigns._stats import stats_module
from tenure.campaigns.effect import Effect

if TYPE_CHECKING:
    from numpy.typing import NDArray

__all__ = [
    "How",
    "LiftMethod",
    "Side",
    "compare_means",
    "compare_ratios",
    "compare_shares",
]

LiftMethod = Literal["delta", "fieller"]


class Side(NamedTuple):
    """One arm's name beside the two groups that are compared, for an `Effect`."""

    metric: str
    arm: Any


class How(NamedTuple):
    """The confidence level, and how intervals of lifts are made."""

    level: float
    lift: LiftMethod = "delta"


def compare_means(
    side: Side,
    treated: NDArray[np.float64],
    control: NDArray[np.float64],
    how: How,
) -> Effect:
    """Compare means by Welch's test, which takes no variances to be equal."""
    n, m = len(treated), len(control)
    mean, base = float(treated.mean()), float(control.mean())
    variances = _variance_of_mean(treated), _variance_of_mean(control)
    difference, error = mean - base, float(np.sqrt(sum(variances)))
    low, high, p = difference, difference, np.nan
    if error > 0:
        stats = stats_module("scipy.stats")
        with warnings.catch_warnings():  # one side may be all alike
            warnings.simplefilter("ignore", RuntimeWarning)
            test = stats.ttest_ind(treated, control, equal_var=False)
            low, high = test.confidence_interval(how.level)
        p = test.pvalue
    elif error == 0 and difference == 0:
        p = 1.0
    elif np.isnan(error):
        low = high = np.nan
    return Effect(
        *(side.metric, side.arm, "Welch", n, m, mean, base),
        *(difference, error, float(low), float(high)),
        *_lift((mean, variances[0]), (base, variances[1]), how),
        p_value=float(p),
        p_holm=float(p),
    )


def compare_shares(
    side: Side,
    treated: NDArray[np.float64],
    control: NDArray[np.float64],
    how: How,
) -> Effect:
    """Compare shares: Newcombe's interval and the score test."""
    n, m = len(treated), len(control)
    count, base_count = int(treated.sum()), int(control.sum())
    share, base = count / n, base_count / m
    proportion = stats_module("statsmodels.stats.proportion")
    low, high = proportion.confint_proportions_2indep(
        *(count, n, base_count, m),
        compare="diff",
        method="newcomb",
        alpha=1 - how.level,
    )
    p = 1.0  # everybody, or nobody
    if 0 < count + base_count < n + m:
        with np.errstate(divide="ignore", invalid="ignore"):  # ratios are not used
            test = proportion.test_proportions_2indep(
                *(count, n, base_count, m), compare="diff", method="score"
            )
        p = float(test.pvalue)
    variances = share * (1 - share) / n, base * (1 - base) / m
    return Effect(
        *(side.metric, side.arm, "Newcombe", n, m, share, base),
        *(share - base, float(np.sqrt(sum(variances))), float(low), float(high)),
        *_lift((share, variances[0]), (base, variances[1]), how),
        p_value=p,
        p_holm=p,
    )


def compare_ratios(
    side: Side,
    treated: tuple[NDArray[np.float64], NDArray[np.float64]],
    control: tuple[NDArray[np.float64], NDArray[np.float64]],
    how: How,
) -> Effect:
    """Compare ratios of sums over customers, such as revenue an order.

    The customers are the units, not the orders: those of one customer are alike
    (Deng, Knoblich and Lu 2018, Applying the delta method in metric analytics).
    """
    ratio, variance = _ratio(*treated)
    base, base_variance = _ratio(*control)
    error = float(np.sqrt(variance + base_variance))
    difference, reach = ratio - base, normal_quantile(how.level) * error
    p = np.nan
    if error > 0:
        normal = stats_module("scipy.stats").norm
        p = float(2 * normal.sf(abs(difference) / error))
    return Effect(
        *(side.metric, side.arm, "delta", len(treated[0]), len(control[0])),
        *(ratio, base, difference, error, difference - reach, difference + reach),
        *_lift((ratio, variance), (base, base_variance), how),
        p_value=p,
        p_holm=p,
    )


def _variance_of_mean(values: NDArray[np.float64]) -> float:
    if len(values) < 2:
        return np.nan
    return float(values.var(ddof=1)) / len(values)


def _ratio(
    above: NDArray[np.float64], below: NDArray[np.float64]
) -> tuple[float, float]:
    """Return a ratio of sums and its variance by the delta method."""
    total = float(below.sum())
    if not total > 0:
        return np.nan, np.nan
    ratio = float(above.sum()) / total
    if len(above) < 2:
        return ratio, np.nan
    residual = above - ratio * below
    return ratio, float(residual.var(ddof=1)) * len(above) / total**2


def _lift(
    treated: tuple[float, float], control: tuple[float, float], how: How
) -> tuple[float, float, float]:
    """Return the lift `value / base - 1` and the ends of its interval.

    Of each side, the value and its variance are given.

    By the delta method, or by Fieller's theorem (1954), which has no end on one side
    or both where the base might be 0. A base of 0 or below has no lift.
    """
    (value, variance), (base, base_variance) = treated, control
    if not base > 0:
        return np.nan, np.nan, np.nan
    ratio, z = value / base, normal_quantile(how.level)
    if how.lift == "delta":
        error = np.sqrt(variance + ratio**2 * base_variance) / base
        return ratio - 1, float(ratio - z * error - 1), float(ratio + z * error - 1)
    g = z**2 * base_variance / base**2
    if g >= 1:
        return ratio - 1, -np.inf, np.inf
    spread = np.sqrt(variance * (1 - g) + ratio**2 * base_variance) / base
    low, high = (ratio - z * spread) / (1 - g), (ratio + z * spread) / (1 - g)
    return ratio - 1, float(low - 1), float(high - 1)
