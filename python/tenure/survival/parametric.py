"""Durations from distributions with few parameters, and covariates."""

from __future__ import annotations

import warnings
from typing import TYPE_CHECKING, Any

import numpy as np

from tenure._frame import native_frame
from tenure.exceptions import ConvergenceWarning
from tenure.survival._distributions import Distribution
from tenure.survival._parametric import ParametricSurvival

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import ArrayLike

__all__ = [
    "Exponential",
    "GeneralizedGamma",
    "LogLogistic",
    "LogNormal",
    "ParametricSurvival",
    "Weibull",
    "compare_distributions",
]


class Exponential(ParametricSurvival):
    """Exponential durations: the risk is the same at every age.

    S(t) = exp(-t / lambda). For the settings see `ParametricSurvival`.

    Examples
    --------
    >>> import tenure as tn
    >>> model = tn.Exponential().fit([1, 2, 3, 6], [1, 1, 1, 0])
    >>> round(model.params_["lambda_"], 6), round(model.quantile(0.5), 4)
    (4.0, 2.7726)
    """

    _distribution = Distribution("exponential", ("lambda_",), ("lambda_",))


class Weibull(ParametricSurvival):
    """Weibull durations: the risk rises (rho > 1) or falls (rho < 1) with age.

    S(t) = exp(-(t / lambda)^rho). For the settings see `ParametricSurvival`.

    References
    ----------
    Kalbfleisch, J. D., Prentice, R. L. (2002). The statistical analysis of failure time
    data, 2nd ed., chapters 2 and 3.

    Examples
    --------
    >>> import tenure as tn
    >>> telco = tn.datasets.load_telco_churn(family="numpy")
    >>> months, churned = telco["tenure"], telco["churn"] == "Yes"
    >>> seen = months > 0
    >>> model = tn.Weibull(cured=True).fit(months[seen], churned[seen])
    >>> model.params_["rho_"] < 1 < model.params_["lambda_"]
    True
    """

    _distribution = Distribution("weibull", ("lambda_", "rho_"), ("lambda_", "rho_"))


class LogNormal(ParametricSurvival):
    """Log-normal durations: the risk rises at first and falls later.

    ln t is normal with mean mu and standard deviation sigma. For the settings see
    `ParametricSurvival`.

    Examples
    --------
    >>> import tenure as tn
    >>> model = tn.LogNormal().fit([1, 2, 4, 8, 16])
    >>> round(model.params_["mu_"], 6), round(model.quantile(), 4)
    (1.386294, 4.0)
    """

    _distribution = Distribution("log_normal", ("mu_", "sigma_"), ("sigma_",))


class LogLogistic(ParametricSurvival):
    """Log-logistic durations: the odds of still being there fall as a power of age.

    S(t) = 1 / (1 + (t / alpha)^beta). For the settings see `ParametricSurvival`.

    Examples
    --------
    >>> import tenure as tn
    >>> model = tn.LogLogistic().fit([1, 2, 4, 8, 16])
    >>> round(model.params_["alpha_"], 4), round(model.quantile(), 4)
    (4.0, 4.0)
    """

    _distribution = Distribution(
        "log_logistic", ("alpha_", "beta_"), ("alpha_", "beta_")
    )


class GeneralizedGamma(ParametricSurvival):
    """Generalised gamma durations, which hold the others but one as special cases.

    (ln t - mu) / sigma is log-gamma with shape lambda: Weibull for lambda = 1,
    log-normal for 0, gamma for lambda = sigma, exponential where both are 1. For the
    settings see `ParametricSurvival`.

    References
    ----------
    Prentice, R. L. (1974). A log gamma model and its maximum likelihood estimation.
    Biometrika 61, 539-544.

    Examples
    --------
    >>> import tenure as tn
    >>> model = tn.GeneralizedGamma().fit([1, 2, 3, 3, 5, 6, 7, 9, 12, 15])
    >>> sorted(model.params_)
    ['lambda_', 'mu_', 'sigma_']
    """

    _distribution = Distribution(
        "generalized_gamma", ("mu_", "sigma_", "lambda_"), ("sigma_",)
    )


def compare_distributions(
    data: object,
    event_observed: str | ArrayLike | None = None,
    *,
    durations: str | ArrayLike | None = None,
    covariates: Sequence[str] = (),
    entry: str | ArrayLike | None = None,
    weights: str | ArrayLike | None = None,
    cured: bool = False,
) -> Any:
    """Fit every distribution and return them in order of Akaike's criterion.

    Parameters
    ----------
    data, event_observed, durations, covariates, entry, weights
        As `ParametricSurvival.fit`.
    cured : bool, default False
        Fit each also with a share that never has the event.

    Returns
    -------
    frame
        One row a fit, the best first: `distribution`, `cured`, `parameters` (how
        many), `log_likelihood`, `aic`, `bic`, `converged`.

    Examples
    --------
    >>> import tenure as tn
    >>> weeks = [1, 2, 3, 3, 5, 6, 7, 9, 12, 15]
    >>> table = tn.compare_distributions(weeks, [1] * 9 + [0])
    >>> len(table["aic"]), bool(table["aic"][0] <= table["aic"][1])
    (5, True)
    """
    kinds = (Exponential, Weibull, LogNormal, LogLogistic, GeneralizedGamma)
    fits: list[ParametricSurvival] = []
    for kind in kinds:
        for share in (False, True) if cured else (False,):
            with warnings.catch_warnings():
                # said by the column `converged`
                warnings.simplefilter("ignore", ConvergenceWarning)
                fits.append(
                    kind(cured=share).fit(
                        data,
                        event_observed,
                        durations=durations,
                        covariates=covariates,
                        entry=entry,
                        weights=weights,
                    )
                )
    fits.sort(key=lambda fit: fit.aic_)
    columns = {
        "distribution": np.array([type(fit).__name__ for fit in fits], dtype=object),
        "cured": np.array([fit.cured for fit in fits]),
        "parameters": np.array([len(fit.coefficients_) for fit in fits]),
        "log_likelihood": np.array([fit.log_likelihood_ for fit in fits]),
        "aic": np.array([fit.aic_ for fit in fits]),
        "bic": np.array([fit.bic_ for fit in fits]),
        "converged": np.array([fit.converged_ for fit in fits]),
    }
    return native_frame(columns, family=fits[0].family_)
