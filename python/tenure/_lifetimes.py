"""Models of repeat buying whose risk of leaving changes with age, or by periods."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, ClassVar

import numpy as np

from tenure._typing import override
from tenure._units import in_units
from tenure._with_covariates import LeavingInTime

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from typing import Self

    from numpy.typing import ArrayLike

    from tenure._customers import Customers
    from tenure._effects import Chosen

__all__ = ["PDO", "GGompertzNBD", "WeibullNBD"]


class GGompertzNBD(LeavingInTime):
    """Gamma-Gompertz / negative binomial model of repeat buying (GGompertz/NBD).

    As the Pareto/NBD model, but the hazard of leaving grows exponentially with the
    customer's age, so that lifetimes may have a mode other than 0. Where the hazard
    does not grow (b near 0) it is the Pareto/NBD model, and the fit says so.

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
        r and alpha, of the purchase rates; b, by which the hazard of leaving grows in
        a time unit; s and beta, shape and inverse scale of the hazards over customers
        (b s / beta is the mean hazard of a new customer); never_leaving, the share of
        customers who never leave, where asked for.
    covariance_, standard_errors_, log_likelihood_, aic_, bic_, converged_ : ...
        How well they are known, and how the fit ended.

    References
    ----------
    Bemmaor, A. C., Glady, N. (2012). Modeling purchasing behavior with sudden "death":
    a flexible customer lifetime model. Management Science 58(5), 1012-1021.

    Examples
    --------
    >>> import tenure as tn
    >>> model = tn.GGompertzNBD.from_params(
    ...     r=0.553, alpha=10.578, b=0.0002, s=0.603, beta=0.0026
    ... )
    >>> round(model.expected_purchases_new(39), 4)
    1.2555
    """

    _model: ClassVar[str] = "GGompertzNBD"
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
        b: float,
        s: float,
        beta: float,
        never_leaving: float = 0.0,
        covariance: ArrayLike | None = None,
        unit: str | None = None,
    ) -> Self:
        """Make a model from known parameters, such as published ones.

        Parameters
        ----------
        r, alpha, b, s, beta : float
            The parameters, all greater than 0; alpha is in the time unit, b is per
            time unit.
        never_leaving : float, default 0
            The share of customers who never leave, if there is one.
        covariance : array, shape (5, 5) or (6, 6) with a share, optional
            Their covariance, for intervals.
        unit : str, optional
            The time unit.

        Examples
        --------
        >>> import tenure as tn
        >>> model = tn.GGompertzNBD.from_params(r=1, alpha=10, b=0.05, s=2, beta=3)
        >>> customer = {"frequency": [3], "recency": [30], "T": [40]}
        >>> model.probability_alive(customer).round(4)
        array([0.3542])
        """
        given = {"r": r, "alpha": alpha, "b": b, "s": s, "beta": beta}
        return cls._with_share(given, never_leaving, covariance, unit)


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


class PDO(LeavingInTime):
    """Periodic-death-opportunity / NBD model of repeat buying (PDO).

    While alive a customer buys at random at a rate of their own; at the end of each
    period since the first purchase they leave with a probability of their own. Periods
    have the same length for all. With short periods it is the Pareto/NBD model, with
    one longer than the observation the NBD model.

    Parameters
    ----------
    period : float or str, optional
        The length of the periods: a number in the data's unit, or a text such as
        "4 weeks". If left out, the likeliest of 25 lengths up to the longest
        T is chosen. (The likelihood jumps where periods end at purchases, so there is
        no slope to follow and no standard error.)
    never_leaving : bool, default False
        Whether a share of customers never leaves: see `ParetoNBD`.
    purchase_covariates, dropout_covariates, shared_covariates, covariate_penalty
        What purchases and leaving depend on: see `BGNBD`. The rate of purchases is
        `exp(z'g)` times that of one whose covariates are 0; the odds of leaving at the
        end of a period are, at the mean probability, `exp(z'h)` times as large, with
        a + b as it is. Periods are equally long for all.
    penalty : float, default 0.0
        Strength of a pull of the parameters towards a neutral scale: see `BGNBD`.
    strict : bool, default False
        Raise `ConvergenceError` where a fit would otherwise warn.

    Attributes
    ----------
    params_ : dict
        r and alpha, of the purchase rates; a and b, of the probability of leaving at
        the end of a period (a / (a + b) is its mean); tau, the length of the periods;
        never_leaving, the share of customers who never leave, where asked for.
    covariance_, standard_errors_, log_likelihood_, aic_, bic_, converged_ : ...
        How well they are known, and how the fit ended.

    References
    ----------
    Jerath, K., Fader, P. S., Hardie, B. G. S. (2011). New perspectives on customer
    "death" using a generalization of the Pareto/NBD model. Marketing Science 30(5),
    866-880.

    Examples
    --------
    >>> import tenure as tn
    >>> log = tn.Transactions(tn.datasets.load_cdnow(), amount="amount", time="date")
    >>> summary = log.summary(unit="week", as_of="1997-09-30")
    >>> buying = tn.PDO(period="4 weeks").fit(summary)
    >>> buying.converged_
    True
    """

    _model: ClassVar[str] = "PDO"
    _held: ClassVar[tuple[str, ...]] = ("tau",)
    _processes: ClassVar[dict[str, str]] = {
        "purchase": "rate ratio",
        "dropout": "odds ratio",
    }

    def __init__(
        self,
        *,
        period: float | str | None = None,
        never_leaving: bool = False,
        purchase_covariates: Chosen = None,
        dropout_covariates: Chosen = None,
        shared_covariates: Sequence[str] | None = None,
        covariate_penalty: float | Mapping[str, float] = 0.0,
        penalty: float = 0.0,
        strict: bool = False,
    ) -> None:
        super().__init__(
            never_leaving=never_leaving,
            purchase_covariates=purchase_covariates,
            dropout_covariates=dropout_covariates,
            shared_covariates=shared_covariates,
            covariate_penalty=covariate_penalty,
            penalty=penalty,
            strict=strict,
        )
        self.period = period

    @override
    def _fit(self, customers: Customers, weights: Any) -> dict[str, Any]:
        def fit(tau: float) -> dict[str, Any]:
            return self._fit_holding(customers, weights, {"tau": tau})

        if self.period is not None:
            given = float(in_units(self.period, customers.unit, name="period")[0])
            return {**fit(given), "fixed": ("tau",)}
        longest = float(np.max(customers.columns["T"], initial=0.0))
        if longest == 0.0:
            return fit(1.0)
        lengths: list[float] = np.geomspace(longest / 64, longest, 19).tolist()
        fits = [fit(tau) for tau in lengths]
        best = max(range(len(fits)), key=lambda i: fits[i]["log_likelihood"])
        near = lengths[max(best - 1, 0)], lengths[min(best + 1, len(lengths) - 1)]
        finer: list[float] = np.geomspace(*near, 8)[1:-1].tolist()
        fits += [fit(tau) for tau in finer]
        return max(fits, key=lambda found: found["log_likelihood"])

    @classmethod
    def from_params(
        cls,
        *,
        r: float,
        alpha: float,
        a: float,
        b: float,
        tau: float,
        never_leaving: float = 0.0,
        covariance: ArrayLike | None = None,
        unit: str | None = None,
    ) -> Self:
        """Make a model from known parameters, such as published ones.

        Parameters
        ----------
        r, alpha, a, b, tau : float
            The parameters, all greater than 0; alpha and tau are in the time unit.
        never_leaving : float, default 0
            The share of customers who never leave, if there is one.
        covariance : array, shape (5, 5) or (6, 6) with a share, optional
            Their covariance, for intervals.
        unit : str, optional
            The time unit.

        Examples
        --------
        >>> import tenure as tn
        >>> model = tn.PDO.from_params(r=0.5, alpha=10, a=0.5, b=5, tau=4)
        >>> round(model.expected_purchases_new(39), 4)
        1.464
        """
        given = {"r": r, "alpha": alpha, "a": a, "b": b, "tau": tau}
        return cls._with_share(given, never_leaving, covariance, unit)
