"""Covariates of two groups: how unlike the groups are, and the chance of treatment."""

from __future__ import annotations

import warnings
from typing import TYPE_CHECKING, Any

import numpy as np

from tenure.campaigns._stats import stats_module
from tenure.exceptions import ParameterError

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

__all__ = ["design", "differences", "propensity_model"]

# Log odds beyond which a chance of treatment is 0 or 1 for all purposes.
_CERTAIN = 16.0


def differences(
    covariates: NDArray[np.float64],
    treated: NDArray[np.bool_],
    weights: NDArray[np.float64] | None = None,
) -> NDArray[np.float64]:
    """Return standardised mean differences: beyond 0.1 groups are called unlike.

    Differences of means in standard deviations, the root of the mean of both groups'
    variances without weights (Austin 2009).
    """
    w = np.ones(len(treated)) if weights is None else weights
    means = [
        np.average(covariates[side], axis=0, weights=w[side])
        for side in (treated, ~treated)
    ]
    spread = np.sqrt(
        (covariates[treated].var(axis=0) + covariates[~treated].var(axis=0)) / 2
    )
    with np.errstate(divide="ignore", invalid="ignore"):
        found = (means[0] - means[1]) / spread
    return np.where(spread > 0, found, 0.0)


def design(covariates: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return a constant and the covariates with mean 0 and standard deviation 1."""
    spread = covariates.std(axis=0)
    scaled = (covariates - covariates.mean(axis=0)) / np.where(spread > 0, spread, 1.0)
    return np.column_stack([np.ones(len(covariates)), scaled])


def propensity_model(
    treated: NDArray[np.bool_], matrix: NDArray[np.float64], names: Sequence[str]
) -> NDArray[np.float64]:
    """Return the coefficients of a logistic regression of treatment."""
    api: Any = stats_module("statsmodels.api")
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # what is the matter is said below
        fit = api.GLM(
            treated.astype(np.float64), matrix, family=api.families.Binomial()
        ).fit(maxiter=100)
    coefficients = np.asarray(fit.params, dtype=np.float64)
    odds = matrix @ coefficients
    apart = (treated & (odds > _CERTAIN)) | (~treated & (odds < -_CERTAIN))
    if not np.isfinite(odds).all() or apart.all() or np.abs(coefficients).max() > 50:
        raise ParameterError.of(
            name="covariates",
            expected="leave it open who is treated",
            found=f"{', '.join(names)}, which tell the treated from the others",
            hint="leave out what only one group can have; without overlap there is "
            "nothing to compare",
        )
    return coefficients
