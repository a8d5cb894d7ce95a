"""Models of renewal: how long customers stay who can leave at every renewal."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar

from tenure._bootstrap import Bootstrap
from tenure._renewal_predictions import RenewalModel

if TYPE_CHECKING:
    from collections.abc import Mapping
    from typing import Self

    from numpy.typing import ArrayLike

    from tenure._effects import Chosen

__all__ = [
    "SBG",
    "BdW",
    "Bootstrap",
    "DiscreteWeibull",
    "ExponentialGamma",
    "Geometric",
    "WeibullGamma",
]


class SBG(RenewalModel):
    """Shifted-beta-geometric model of renewal (sBG).

    Each customer leaves at every renewal with a probability of their own that never
    changes; these probabilities are beta distributed over customers. Retention rises
    with age because those who leave easily are gone first, not because anybody becomes
    more loyal. Survival is ``S(t) = B(alpha, beta + t) / B(alpha, beta)``.

    Parameters
    ----------
    one_and_done, never_leaving : bool, default False
        Whether a share of customers leaves at the first renewal whatever the law says,
        and whether a share of the others never leaves.
    covariates : sequence of str or str, optional
        What the risk of leaving depends on: columns of the frame that the model is
        fitted to, or a formula, as in `BGNBD`. Hazards are proportional in discrete
        time: a customer stays with the power `exp(z'g)` of the probability of one
        whose covariates are 0, ``S(t) = B(alpha, beta + exp(z'g) t) / B(alpha, beta)``.
        Those are beta distributed as without covariates, so that it matters which
        customers have covariates of 0.
    covariate_penalty : float, default 0.0
        Strength of a pull of the coefficients towards 0, as in `BGNBD`.
    penalty : float, default 0.0
        Strength of a pull of the parameters towards 1 (shares: one half), per customer,
        in squared logarithms (log odds); 0 is plain maximum likelihood.
    strict : bool, default False
        Raise `ConvergenceError` where a fit would otherwise warn.

    Attributes
    ----------
    params_ : dict
        alpha and beta: alpha / (alpha + beta) is the mean probability of leaving at the
        first renewal, and a small alpha + beta means that customers differ widely;
        one_and_done and never_leaving where asked for.
    covariance_, standard_errors_, log_likelihood_, aic_, bic_, converged_ : ...
        How well they are known, and how the fit ended.

    References
    ----------
    Fader, P. S., Hardie, B. G. S. (2007). How to project customer retention. Journal of
    Interactive Marketing 21(1), 76-90.

    Examples
    --------
    >>> import tenure as tn
    >>> table = tn.datasets.load_sbg_survival()
    >>> seen = tn.Renewals.from_survivors(
    ...     table, age="year", survivors="regular", customers=1000, unit="year"
    ... )
    >>> model = tn.SBG().fit(seen.until(7))
    >>> model
    SBG fitted to 1,000 customers, ages in years; log-likelihood -1680.27, ...
           estimate  std. error     95 % interval
    alpha    0.7041       0.066  [0.5755, 0.8326]
    beta      1.182        0.15   [0.8832, 1.481]
    >>> model.survival([8, 12], interval=0.9).round(3)
        age  survival  std_error  lower  upper
    0   8.0      0.22      0.013  0.199  0.243
    1  12.0      0.17      0.013  0.149  0.193
    """

    _model: ClassVar[str] = "SBG"
    _explained_model: ClassVar[str | None] = "ProportionalBdW"

    @classmethod
    def from_params(
        cls,
        *,
        alpha: float,
        beta: float,
        one_and_done: float = 0.0,
        never_leaving: float = 0.0,
        covariance: ArrayLike | None = None,
        unit: str | None = None,
    ) -> Self:
        """Make a model from known parameters, such as published ones.

        Parameters
        ----------
        alpha, beta : float
            The parameters, greater than 0.
        one_and_done, never_leaving : float, default 0
            The shares; a share of 0 is no parameter of the model.
        covariance : array, optional
            Their covariance, for intervals: one row and column a parameter.
        unit : str, optional
            How long a period is.

        Examples
        --------
        >>> import tenure as tn
        >>> model = tn.SBG.from_params(alpha=3.8, beta=15.2, unit="year")
        >>> round(model.discounted_lifetime_new(discount_rate=0.1), 4)
        4.0089
        """
        given = {"alpha": alpha, "beta": beta}
        return cls._with_shares(given, one_and_done, never_leaving, covariance, unit)


class BdW(RenewalModel):
    """Beta-discrete-Weibull model of renewal (BdW).

    As the shifted-beta-geometric model, but each customer may leave more readily the
    longer they have stayed (c above 1) or less readily (c below 1). It tells rising
    loyalty from the mere leaving of the disloyal, and projects survival better where
    both matter. Survival is ``S(t) = B(alpha, beta + t^c) / B(alpha, beta)``.

    Parameters
    ----------
    one_and_done, never_leaving, covariates, covariate_penalty, penalty, strict
        As `SBG`.

    Attributes
    ----------
    params_ : dict
        alpha and beta, as in `SBG`; c, the duration dependence of one customer; shares
        where asked for.
    covariance_, standard_errors_, log_likelihood_, aic_, bic_, converged_ : ...
        How well they are known, and how the fit ended.

    References
    ----------
    Fader, P. S., Hardie, B. G. S., Liu, Y., Davin, J., Steenburgh, T. (2018). "How to
    project customer retention" revisited: the role of duration dependence. Journal of
    Interactive Marketing 43, 1-16.

    Examples
    --------
    >>> import tenure as tn
    >>> table = tn.datasets.load_sbg_survival()
    >>> seen = tn.Renewals.from_survivors(
    ...     table, age="year", survivors="high_end", customers=1000, unit="year"
    ... )
    >>> model = tn.BdW().fit(seen.until(7))
    >>> print(round(model.params_["c"], 4), round(model.log_likelihood_, 2))
    1.7236 -1605.31
    """

    _model: ClassVar[str] = "BdW"
    _explained_model: ClassVar[str | None] = "ProportionalBdW"

    @classmethod
    def from_params(
        cls,
        *,
        alpha: float,
        beta: float,
        c: float,
        one_and_done: float = 0.0,
        never_leaving: float = 0.0,
        covariance: ArrayLike | None = None,
        unit: str | None = None,
    ) -> Self:
        """Make a model from known parameters; see `SBG.from_params`.

        Examples
        --------
        >>> import tenure as tn
        >>> model = tn.BdW.from_params(alpha=0.2143, beta=1.4266, c=1.7236)
        >>> model.retention([1, 2, 3])["retention"].round(4)
        array([0.8694, 0.8515, 0.8851])
        """
        given = {"alpha": alpha, "beta": beta, "c": c}
        return cls._with_shares(given, one_and_done, never_leaving, covariance, unit)


class Geometric(RenewalModel):
    """Geometric model of renewal: one constant churn rate for everybody.

    What a spreadsheet with "a churn rate of 5 per cent" assumes, here to be compared
    with. Where customers differ it understates how long the remaining ones stay.
    Survival is ``S(t) = (1 - theta)^t``.

    Parameters
    ----------
    one_and_done, never_leaving, covariates, covariate_penalty, penalty, strict
        As `SBG`.

    Attributes
    ----------
    params_ : dict
        theta, the probability of leaving at a renewal; shares where asked for.
    covariance_, standard_errors_, log_likelihood_, aic_, bic_, converged_ : ...
        How well they are known, and how the fit ended.

    Examples
    --------
    >>> import tenure as tn
    >>> seen = tn.Renewals.from_survivors(
    ...     {"age": [0, 1, 2], "survivors": [100, 80, 64]}
    ... )
    >>> model = tn.Geometric().fit(seen)
    >>> print(round(model.params_["theta"], 6))
    0.2
    """

    _model: ClassVar[str] = "Geometric"

    @classmethod
    def from_params(
        cls,
        *,
        theta: float,
        one_and_done: float = 0.0,
        never_leaving: float = 0.0,
        covariance: ArrayLike | None = None,
        unit: str | None = None,
    ) -> Self:
        """Make a model from known parameters; see `SBG.from_params`.

        Examples
        --------
        >>> import tenure as tn
        >>> model = tn.Geometric.from_params(theta=0.25)
        >>> model.expected_residual_lifetime()["expected_residual_lifetime"].round(6)
        array([3.])
        """
        given = {"theta": theta}
        return cls._with_shares(given, one_and_done, never_leaving, covariance, unit)


class DiscreteWeibull(RenewalModel):
    """Discrete Weibull model of renewal: alike customers whose churn changes with age.

    Survival is ``S(t) = (1 - theta)^(t^c)``.

    Parameters
    ----------
    one_and_done, never_leaving, covariates, covariate_penalty, penalty, strict
        As `SBG`.

    Attributes
    ----------
    params_ : dict
        theta, the probability of leaving at the first renewal; c, below 1 where
        customers leave less readily the longer they have stayed; shares where asked
        for.
    covariance_, standard_errors_, log_likelihood_, aic_, bic_, converged_ : ...
        How well they are known, and how the fit ended.

    References
    ----------
    Nakagawa, T., Osaki, S. (1975). The discrete Weibull distribution. IEEE Transactions
    on Reliability R-24(5), 300-301.

    Examples
    --------
    >>> import tenure as tn
    >>> model = tn.DiscreteWeibull.from_params(theta=0.3, c=0.5)
    >>> model.survival([1, 4])["survival"].round(3)
    array([0.7 , 0.49])
    """

    _model: ClassVar[str] = "DiscreteWeibull"

    @classmethod
    def from_params(
        cls,
        *,
        theta: float,
        c: float,
        one_and_done: float = 0.0,
        never_leaving: float = 0.0,
        covariance: ArrayLike | None = None,
        unit: str | None = None,
    ) -> Self:
        """Make a model from known parameters; see `SBG.from_params`.

        Examples
        --------
        >>> import tenure as tn
        >>> tn.DiscreteWeibull.from_params(theta=0.3, c=1.0, unit="month").time_unit_
        'month'
        """
        given = {"theta": theta, "c": c}
        return cls._with_shares(given, one_and_done, never_leaving, covariance, unit)


class ExponentialGamma(RenewalModel):
    """Exponential-gamma model of staying, in continuous time (Lomax, Pareto II).

    Each customer may leave at any moment, at a rate of their own that never changes;
    rates are gamma distributed over customers. The continuous twin of `SBG`. Survival
    is ``S(t) = (alpha / (alpha + t))^r``.

    Parameters
    ----------
    never_leaving : bool, default False
        Whether a share of the customers never leaves.
    covariates, covariate_penalty
        What the rate of leaving depends on, as in `SBG`: it is `exp(z'g)` times that of
        a customer whose covariates are 0.
    penalty, strict
        As `SBG`; alpha is measured against the mean time that customers stayed, so that
        the unit does not matter.

    Attributes
    ----------
    params_ : dict
        r, the shape of the rates of leaving (small: customers differ widely); alpha,
        their inverse scale in periods (r / alpha is the mean rate at the start);
        never_leaving where asked for.
    covariance_, standard_errors_, log_likelihood_, aic_, bic_, converged_ : ...
        How well they are known, and how the fit ended.

    References
    ----------
    Morrison, D. G., Schmittlein, D. C. (1980). Jobs, strikes, and wars: probability
    models for duration. Organizational Behavior and Human Performance 25(2), 224-251.

    Examples
    --------
    >>> import tenure as tn
    >>> model = tn.ExponentialGamma.from_params(r=2.0, alpha=10.0)
    >>> model.expected_residual_lifetime([0, 5.5])["expected_residual_lifetime"].round(
    ...     6
    ... )
    array([10. , 15.5])
    """

    _model: ClassVar[str] = "ExponentialGamma"
    _continuous: ClassVar[bool] = True

    def __init__(
        self,
        *,
        never_leaving: bool = False,
        covariates: Chosen = None,
        covariate_penalty: float | Mapping[str, float] = 0.0,
        penalty: float = 0.0,
        strict: bool = False,
    ) -> None:
        super().__init__(
            never_leaving=never_leaving,
            covariates=covariates,
            covariate_penalty=covariate_penalty,
            penalty=penalty,
            strict=strict,
        )

    @classmethod
    def from_params(
        cls,
        *,
        r: float,
        alpha: float,
        never_leaving: float = 0.0,
        covariance: ArrayLike | None = None,
        unit: str | None = None,
    ) -> Self:
        """Make a model from known parameters; see `SBG.from_params`.

        Examples
        --------
        >>> import tenure as tn
        >>> model = tn.ExponentialGamma.from_params(r=1.0, alpha=3.0)
        >>> model.survival(3.0)["survival"]
        array([0.5])
        """
        given = {"r": r, "alpha": alpha}
        return cls._with_shares(given, 0.0, never_leaving, covariance, unit)


class WeibullGamma(RenewalModel):
    """Weibull-gamma model of staying, in continuous time (Burr XII).

    As `ExponentialGamma`, but each customer's rate of leaving rises (c above 1) or
    falls (c below 1) with their age. Survival is
    ``S(t) = (alpha / (alpha + t^c))^r``.

    Parameters
    ----------
    never_leaving, covariates, covariate_penalty, penalty, strict
        As `ExponentialGamma`.

    Attributes
    ----------
    params_ : dict
        r and alpha, as in `ExponentialGamma`, alpha in periods to the power c; c, the
        duration dependence of one customer; never_leaving where asked for.
    covariance_, standard_errors_, log_likelihood_, aic_, bic_, converged_ : ...
        How well they are known, and how the fit ended.

    References
    ----------
    Hardie, B. G. S., Fader, P. S., Wisniewski, M. (1998). An empirical comparison of
    new product trial forecasting models. Journal of Forecasting 17(3-4), 209-229.

    Examples
    --------
    >>> import tenure as tn
    >>> model = tn.WeibullGamma.from_params(r=1.0, alpha=9.0, c=2.0)
    >>> model.survival(3.0)["survival"].round(6)
    array([0.5])
    """

    _model: ClassVar[str] = "WeibullGamma"
    _continuous: ClassVar[bool] = True

    def __init__(
        self,
        *,
        never_leaving: bool = False,
        covariates: Chosen = None,
        covariate_penalty: float | Mapping[str, float] = 0.0,
        penalty: float = 0.0,
        strict: bool = False,
    ) -> None:
        super().__init__(
            never_leaving=never_leaving,
            covariates=covariates,
            covariate_penalty=covariate_penalty,
            penalty=penalty,
            strict=strict,
        )

    @classmethod
    def from_params(
        cls,
        *,
        r: float,
        alpha: float,
        c: float,
        never_leaving: float = 0.0,
        covariance: ArrayLike | None = None,
        unit: str | None = None,
    ) -> Self:
        """Make a model from known parameters; see `SBG.from_params`.

        Examples
        --------
        >>> import tenure as tn
        >>> tn.WeibullGamma.from_params(r=1.0, alpha=9.0, c=2.0).params_["c"]
        2.0
        """
        given = {"r": r, "alpha": alpha, "c": c}
        return cls._with_shares(given, 0.0, never_leaving, covariance, unit)
