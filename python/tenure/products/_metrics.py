"""What counts of A, of B and of both say about A and B together."""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any, Literal, TypeAlias

import numpy as np

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
    "stats_module",
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
    stats = stats_module("scipy.stats")
    if test == "fisher":
        return np.asarray(stats.hypergeom.sf(both - 1, total, first, second))
    counts = [one.astype(np.float64) for one in (both, first, second)]
    joint, one, other = counts
    with np.errstate(divide="ignore", invalid="ignore"):
        spread = one * (total - one) * other * (total - other)
        statistic = total * (total * joint - one * other) ** 2 / spread
    # what is in every basket, or in none, can be no more often together
    return np.where(spread > 0, stats.chi2.sf(statistic, 1), 1.0)


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
    stats = stats_module("scipy.stats")
    found = stats.false_discovery_control(np.clip(p, 0.0, 1.0), method="bh")
    return np.minimum(np.asarray(found) * (max(tests, len(p)) / len(p)), 1.0)


def stats_module(name: str) -> Any:
    """Return a module of the libraries of statistics, which are optional."""
    try:
        return import_module(name)
    except ModuleNotFoundError:
        package = name.split(".", maxsplit=1)[0]
        msg = f"this needs {package}; install it with pip install 'tenure[stats]'"
        raise ImportError(msg) from None
