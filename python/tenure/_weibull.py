"""The model of repeat buying with Weibull lifetimes."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar

from tenure._with_covariates import LeavingInTime

if TYPE_CHECKING:
    from typing import Self

    from numpy.typing import ArrayLike

__all__ = ["WeibullNBD"]


class WeibullNBD(LeavingInTime):
    """Gamma-Weibull / negative binomial model of repeat buying (Weibull/NBD).

    As the Pareto/NBD model, but the risk of leaving changes as a power of the
    customer's age: below c = 1 it is highest for new customers and falls, above it
    rises, and with c = 1 it is the Pareto/NBD model. By the age t the hazard of a
    customer has summed up to ``eta (t / beta)^c``, with gamma distributed eta, so that
    lifetimes have Burr's law, ``S(t) = (1 + (t / beta)^c)^-s``.

    Parameters
    ----------
    never_leaving : bool, default False
        Whether a share of customers never leaves: see `ParetoNBD`.
    purchase_covariates, dropout_covariates, shared_covariates, covariate_penalty
        What purchases and leaving depend on: see `BGNBD`. The rate of purchases and the
        hazard of leaving are `exp(z'g)` and `exp(z'h)` times those of one whose
        covariates are 0.
    penalty : float, default 0.0
        Strength of a pull of the parameters towards a neutral scale: see `BGNBD`.
    strict : bool, default False
        Raise `ConvergenceError` where a fit would otherwise warn.

    Attributes
    ----------
    params_ : dict
        r and alpha, of the purchase rates, as in `ParetoNBD`; s, the shape of the
        hazards of leaving (small: customers differ widely); beta, the scale of the
        lifetimes in the time unit; c, how the hazard changes with age; never_leaving,
        the share of customers who never leave, where asked for.
    covariance_, standard_errors_, log_likelihood_, aic_, bic_, converged_ : ...
        How well they are known, and how the fit ended.

    Notes
    -----
    `expected_rates` calls ``eta / beta`` the leaving rate: gamma distributed with s and
    beta, it is that of the Pareto/NBD model where c = 1.

    References
    ----------
    Hardie, B. G. S., Fader, P. S., Wisniewski, M. (1998). An empirical comparison of
    new product trial forecasting models. Journal of Forecasting 17(3-4), 209-229.

    Examples
    --------
    >>> import tenure as tn
    >>> log = tn.Transactions(tn.datasets.load_cdnow(), amount="amount", time="date")
    >>> summary = log.summary(unit="week", as_of="1997-09-30")
    >>> buying = tn.WeibullNBD().fit(summary)
    >>> buying
    WeibullNBD fitted to 2,357 customers, T in weeks; log-likelihood -9592.25, ...
           estimate  std. error       95 % interval
    r        0.5163       0.042    [0.4347, 0.5979]
    alpha     10.32        0.80      [8.750, 11.88]
    s       0.08551       0.077  [-0.06494, 0.2360]
    beta      3.036        0.83      [1.406, 4.665]
    c         3.554         2.8     [-1.903, 9.011]
    """

    _model: ClassVar[str] = "WeibullNBD"
    _processes: ClassVar[dict[str, str]] = {
        "purchase": "rate ratio",
        "dropout": "hazard ratio",
    }

    @classmethod
    def from_params(
        cls,
        *,
        r: float,
        alpha: float,
        s: float,
        beta: float,
        c: float,
        never_leaving: float = 0.0,
        covariance: ArrayLike | None = None,
        unit: str | None = None,
    ) -> Self:
        """Make a model from known parameters, such as published ones.

        Parameters
        ----------
        r, alpha, s, beta, c : float
            The parameters, all greater than 0; alpha and beta are in the time unit.
        never_leaving : float, default 0
            The share of customers who never leave, if there is one.
        covariance : array, shape (5, 5) or (6, 6) with a share, optional
            Their covariance, for intervals.
        unit : str, optional
            The time unit.

        Examples
        --------
        >>> import tenure as tn
        >>> rates = {"r": 0.553, "alpha": 10.578, "s": 0.606, "beta": 11.669}
        >>> model = tn.WeibullNBD.from_params(**rates, c=1)
        >>> round(model.expected_purchases_new(39), 4)
        1.213
        >>> model = tn.WeibullNBD.from_params(**rates, c=1, never_leaving=0.2)
        >>> round(model.expected_purchases_new(39), 4)
        1.3782
        """
        given = {"r": r, "alpha": alpha, "s": s, "beta": beta, "c": c}
        return cls._with_share(given, never_leaving, covariance, unit)
