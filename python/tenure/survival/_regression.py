"""What a proportional hazards regression found, and tables of it."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from tenure._intervals import normal_quantile

if TYPE_CHECKING:
    from collections.abc import Mapping

    from numpy.typing import NDArray

    from tenure.survival._subjects import Groups, Subjects

__all__ = ["Baseline", "CoxResult", "Design", "coefficient_table", "two_sided"]


@dataclass(frozen=True, eq=False)
class Design:
    """The rows of a regression, as the core takes them.

    Attributes
    ----------
    subjects : Subjects
    names : list of str
        What the covariates are called.
    x : float64 array, shape (n, k)
        The covariates.
    strata, clusters : Groups or None
    """

    subjects: Subjects
    names: list[str]
    x: NDArray[np.float64]
    strata: Groups | None
    clusters: Groups | None

    @property
    def explained(self) -> tuple[list[str], NDArray[np.float64], Any]:
        """Names, covariates and codes of strata."""
        return self.names, self.x, None if self.strata is None else self.strata.codes

    @property
    def weights(self) -> NDArray[np.float64]:
        """How many each row stands for."""
        weights = self.subjects.weights
        return np.ones(len(self.subjects)) if weights is None else weights

    @property
    def events(self) -> NDArray[np.bool_]:
        """Whether each row ends with the event."""
        events = self.subjects.events
        if events is None:
            return np.ones(len(self.subjects), np.bool_)
        return np.asarray(events, dtype=np.bool_)


@dataclass(frozen=True, eq=False)
class Baseline:
    """The hazard at the means of the covariates in one stratum.

    Attributes
    ----------
    stratum : Any
        Its label; None if there are no strata.
    times, events, hazard : float64 array
        Event times, ascending, events then, and the hazard there.
    """

    stratum: Any
    times: NDArray[np.float64]
    events: NDArray[np.float64]
    hazard: NDArray[np.float64]


@dataclass(frozen=True, eq=False)
class CoxResult:
    """Coefficients and how they were found.

    Attributes
    ----------
    names : list of str
        The covariates.
    coefficients, means : float64 array
        Log hazard ratios, and the weighted means of the covariates.
    information_covariance, covariance : float64 array, shape (k, k)
        Inverse of the information, and what standard errors are made from: the same,
        or the robust covariance.
    log_likelihood, log_likelihood_null, score_statistic : float
    iterations : int
    gradient_norm : float
    status, message : str
    baselines : dict of str to list of Baseline
        By how ties are treated.
    rows, events : float
        How many there are.
    """

    names: list[str]
    coefficients: NDArray[np.float64]
    means: NDArray[np.float64]
    information_covariance: NDArray[np.float64]
    covariance: NDArray[np.float64]
    log_likelihood: float
    log_likelihood_null: float
    score_statistic: float
    iterations: int
    gradient_norm: float
    status: str
    message: str
    baselines: Mapping[str, list[Baseline]]
    rows: float
    events: float

    @property
    def errors(self) -> NDArray[np.float64]:
        """Standard errors of the coefficients."""
        return np.sqrt(np.diag(self.covariance))


def two_sided(z: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return how likely a standard normal is at least so far from zero.

    Examples
    --------
    >>> two_sided(np.array([0.0, 1.959964])).round(6)
    array([1.  , 0.05])
    """
    return np.array([math.erfc(abs(one) / math.sqrt(2)) for one in z])


def coefficient_table(
    names: list[str],
    coefficients: NDArray[np.float64],
    errors: NDArray[np.float64],
    level: float,
    ratio: str,
) -> dict[str, NDArray[Any]]:
    """Return coefficients with their intervals, and the same as ratios."""
    reach = normal_quantile(level) * errors
    lower, upper = coefficients - reach, coefficients + reach
    with np.errstate(divide="ignore", invalid="ignore", over="ignore"):
        z = coefficients / errors
        ratios = [np.exp(values) for values in (coefficients, lower, upper)]
    return {
        "covariate": np.array(names, dtype=object),
        "coefficient": coefficients,
        "std_error": errors,
        "lower": lower,
        "upper": upper,
        ratio: ratios[0],
        f"{ratio}_lower": ratios[1],
        f"{ratio}_upper": ratios[2],
        "z": z,
        "p_value": two_sided(z),
    }
