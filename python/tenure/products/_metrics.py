"""What counts of A, of B and of both say about A and B together."""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal, TypeAlias

import numpy as np

from tenure._differences import needed
from tenure._intervals import normal_quantile
from tenure.exceptions import ParameterError

if TYPE_CHECKING:
    from numpy.typing import NDArray

    Floats: TypeAlias = NDArray[np.float64]

__all__ = [
    "AssociationTest",
    "adjusted",
    "association_metrics",
    "check_test",
    "lift_interval",
    "p_values",
]

AssociationTest: TypeAlias = Literal["fisher", "chi-square"]
"""How it is tested whether two products are bought together more often."""


def association_metrics(
    both: NDArray[np.int64],
    first: NDArray[np.int64],
    second: NDArray[np.int64],
    total: int,
) -> dict[str, Floats]:
    """Return the metrics of rules "if the first, then the second".

    Parameters
    ----------
    both, first, second : int array
        In how many of the baskets both stand, the first, and the second.
    total : int
        How many baskets there are.

    Examples
    --------
    >>> one = np.array([1])
    >>> found = association_metrics(4 * one, 5 * one, 8 * one, 10)
    >>> [(name, round(float(value[0]), 4)) for name, value in found.items()][:4]
    [('support', 0.4), ('confidence', 0.8), ('lift', 1.0), ('leverage', 0.0)]
    """
    n = max(total, 1)
    support, a, b = both / n, first / n, second / n
    confidence = both / first
    with np.errstate(divide="ignore", invalid="ignore"):
        leverage = (both - first * second / n) / n
        conviction = np.where(both == first, np.inf, (1 - b) / (1 - confidence))
        # Zhang 2000: +1 where the second is always with the first, -1 where never
        most = np.maximum(support * (1 - a), a * (b - support))
        zhang = np.where(most == 0, 0.0, leverage / most)
        certainty = np.where(second == n, 0.0, (confidence - b) / (1 - b))
    return {
        "support": support,
        "confidence": confidence,
        # of whole numbers first, so that independent ones have a lift of exactly 1
        "lift": both * float(n) / (first.astype(np.float64) * second),
        "leverage": leverage,
        "conviction": conviction,
        "zhang": zhang,
        "jaccard": both / (first + second - both),
        "kulczynski": (confidence + both / second) / 2,
        "certainty": certainty,
    }


def lift_interval(
    both: NDArray[np.int64],
    first: NDArray[np.int64],
    second: NDArray[np.int64],
    total: int,
    level: float,
) -> tuple[Floats, Floats]:
    """Return the ends of an interval for the lift, normal on its logarithm.

    By the delta method for baskets drawn at random, the variance of the logarithm is
    1/n_AB - 1/n_A - 1/n_B + (2 lift - 1)/n.
    """
    lift = both * float(total) / (first.astype(np.float64) * second)
    variance = 1 / both - 1 / first - 1 / second + (2 * lift - 1) / total
    reach = normal_quantile(level) * np.sqrt(np.maximum(variance, 0.0))
    return lift * np.exp(-reach), lift * np.exp(reach)


def check_test(test: str | None) -> AssociationTest | None:
    """Return the test, or say which there are."""
    if test is None or test == "fisher" or test == "chi-square":  # noqa: PLR1714
        return test
    expected = "be 'fisher', 'chi-square' or None"
    raise ParameterError.of(name="test", expected=expected, found=repr(test))


def p_values(
    test: AssociationTest,
    both: NDArray[np.int64],
    first: NDArray[np.int64],
    second: NDArray[np.int64],
    total: int,
) -> Floats:
    """Return how likely as much is by chance, where the two have nothing to do.

    Fisher's exact test is one-sided: together at least as often. Chi-square is the test
    of Pearson for both sides, without a correction for continuity.
    """
    if test == "fisher":
        return _at_least(both, first, second, total)
    stats = needed("scipy.stats")
    counts = [one.astype(np.float64) for one in (both, first, second)]
    joint, one, other = counts
    with np.errstate(divide="ignore", invalid="ignore"):
        spread = one * (total - one) * other * (total - other)
        statistic = total * (total * joint - one * other) ** 2 / spread
    # what is in every basket, or in none, can be no more often together
    return np.where(spread > 0, stats.chi2.sf(statistic, 1), 1.0)


def _at_least(
    both: NDArray[np.int64],
    first: NDArray[np.int64],
    second: NDArray[np.int64],
    total: int,
) -> Floats:
    """Return how likely it is that as many baskets or more hold both by chance.

    SciPy's distribution takes one pair at a time, a minute for a million: here the
    probabilities of the counts that are known, by SciPy's logarithms of the beta
    function, are followed outwards for all pairs at a time, away from the mean, where
    each is a part of the one before.
    """
    log_beta = needed("scipy.special").betaln
    above = both * float(total) >= first * second.astype(np.float64)
    k = np.where(above, both, both - 1).astype(np.float64)
    a, b = first.astype(np.float64), second.astype(np.float64)
    rest = total - a - b
    inside = k >= np.maximum(0.0, -rest)
    one = np.where(inside, k, np.minimum(a, b))  # a count that there can be
    logarithm = (
        log_beta(a + 1, 1.0)
        + log_beta(total - a + 1, 1.0)
        + log_beta(total - b + 1, b + 1)
        - log_beta(one + 1, a - one + 1)
        - log_beta(b - one + 1, rest + one + 1)
        - log_beta(total + 1.0, 1.0)
    )
    term = np.where(inside, np.exp(logarithm), 0.0)
    tail = term.copy()
    rows: NDArray[np.int64] = np.arange(len(k))
    up = above
    while len(rows):
        # the way that is not gone may begin with a division by 0
        with np.errstate(divide="ignore", invalid="ignore"):
            more = (a - k) * (b - k) / ((k + 1) * (rest + k + 1))
            less = k * (rest + k) / ((a - k + 1) * (b - k + 1))
        term = term * np.where(up, more, less)
        tail[rows] += term
        on = np.flatnonzero(term > 1e-17 * tail[rows])
        k = k[on] + np.where(up[on], 1.0, -1.0)
        rows, up, term = rows[on], up[on], term[on]
        a, b, rest = a[on], b[on], rest[on]
    return np.clip(np.where(above, tail, 1 - tail), 0.0, 1.0)


def adjusted(p: Floats, tests: int) -> Floats:
    """Return p values that keep the share of false discoveries (Benjamini-Hochberg).

    Parameters
    ----------
    p : array
        The p values that are known.
    tests : int
        How many there are in all; the others are taken for 1.
    """
    if len(p) == 0:
        return p
    stats = needed("scipy.stats")
    found = stats.false_discovery_control(np.clip(p, 0.0, 1.0), method="bh")
    return np.minimum(np.asarray(found) * (max(tests, len(p)) / len(p)), 1.0)
