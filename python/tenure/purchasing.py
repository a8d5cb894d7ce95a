"""Models of repeat buying: how often customers buy, and when they leave."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar

from tenure._condensed import BGCNBD, MBGCNBD
from tenure._lifetimes import PDO, GGompertzNBD, WeibullNBD
from tenure._pareto_nbd import ParetoNBD
from tenure._purchasing import PurchasingModel
from tenure._typing import override
from tenure._with_covariates import BuyingAndLeaving

if TYPE_CHECKING:
    from collections.abc import Mapping
    from typing import Self

    from numpy.typing import ArrayLike

    from tenure._effects import Chosen

__all__ = [
    "BGBB",
    "BGCNBD",
    "BGNBD",
    "MBGCNBD",
    "MBGNBD",
    "NBD",
    "PDO",
    "GGompertzNBD",
    "ParetoNBD",
    "WeibullNBD",
]


class BGNBD(BuyingAndLeaving):
    """Beta-geometric / negative binomial model of repeat buying (BG/NBD).

    While alive a customer buys at random at a rate of their own; after each repeat
    purchase they leave for good with a probability of their own. Rates are gamma
    distributed over customers, and probabilities of leaving are beta distributed. Since
    leaving happens at purchases, a customer without a repeat purchase is alive for
    certain: think of it as "has not had a chance to leave".

    Parameters
    ----------
    purchase_covariates, dropout_covariates : sequence of str or str, optional
        What the rate of purchases and the chance of leaving depend on: columns of the
        data, or a formula such as "age + C(channel)" (which needs formulaic:
        ``pip install 'tenure[formula]'``). Columns of text become one column of 0 and
        1 for each category but the first, which the others are compared with. A
        customer's rate is `exp(z'g)` times that of one whose covariates are 0, and the
        log odds of their mean chance of leaving, a / (a + b), are larger by `z'h`.
    shared_covariates : sequence of str, optional
        Covariates of both that have one coefficient for both.
    covariate_penalty : float or dict, default 0.0
        Strength of a pull of the coefficients towards 0, for all or by process
        ("purchase", "dropout"): as `penalty`, of the coefficients of standardised
        columns.
    penalty : float, default 0.0
        Strength of a pull of the parameters towards a neutral scale: the fit maximises
        the log-likelihood less `penalty` times the number of customers times the sum of
        squares of `ln(parameter / neutral)`, where neutral is 1 for r, a and b and the
        mean of T for alpha, so that the time unit does not matter. 0 is plain maximum
        likelihood. The log-likelihood that is reported is always the plain one.
    strict : bool, default False
        Raise `ConvergenceError` where a fit would otherwise warn.

    Attributes
    ----------
    params_ : dict
        r, the shape of the purchase rates (small: customers differ widely); alpha,
        their inverse scale in the time unit (r / alpha is the mean rate while alive);
        a and b, of the probability of leaving (a / (a + b) is its mean; a + b large:
        customers are alike).
    covariance_, standard_errors_, log_likelihood_, aic_, bic_, converged_ : ...
        How well they are known, and how the fit ended.

    References
    ----------
    Fader, P. S., Hardie, B. G. S., Lee, K. L. (2005). "Counting your customers" the
    easy way: an alternative to the Pareto/NBD model. Marketing Science 24(2), 275-284.

    Examples
    --------
    >>> import tenure as tn
    >>> log = tn.Transactions(tn.datasets.load_cdnow(), amount="amount", time="date")
    >>> summary = log.summary(unit="week", as_of="1997-09-30")
    >>> buying = tn.BGNBD().fit(summary)
    >>> buying
    BGNBD fitted to 2,357 customers, T in weeks; log-likelihood -9582.43, ...
           estimate  std. error      95 % interval
    r        0.2426       0.013   [0.2180, 0.2672]
    alpha     4.414        0.38     [3.672, 5.155]
    a        0.7929        0.19    [0.4289, 1.157]
    b         2.426        0.71     [1.043, 3.808]
    >>> print(round(buying.expected_purchases(horizon="39 weeks").sum(), 2))
    1653.41
    """

    _model: ClassVar[str] = "BGNBD"
    _processes: ClassVar[dict[str, str]] = {
        "purchase": "rate ratio",
        "dropout": "odds ratio",
    }

    @classmethod
    def from_params(
        cls,
        *,
        r: float,
        alpha: float,
        a: float,
        b: float,
        covariance: ArrayLike | None = None,
        unit: str | None = None,
    ) -> Self:
        """Make a model from known parameters, such as published ones.

        Parameters
        ----------
        r, alpha, a, b : float
            The parameters, all greater than 0; alpha is in the time unit.
        covariance : array, shape (4, 4), optional
            Their covariance, for intervals.
        unit : str, optional
            The time unit.

        Examples
        --------
        >>> import tenure as tn
        >>> model = tn.BGNBD.from_params(r=0.243, alpha=4.414, a=0.793, b=2.426)
        >>> round(model.expected_purchases_new(39), 4)
        1.1967
        """
        given = {"r": r, "alpha": alpha, "a": a, "b": b}
        return cls._from_params(given, covariance, unit)


class NBD(PurchasingModel):
    """Negative binomial model of repeat buying (NBD): nobody ever leaves.

    A customer buys at random at a rate of their own, for ever; rates are gamma
    distributed over customers. It is what the models with dropout are measured
    against. The likelihood is that of the times of purchases, as in those models, so
    that the two compare; that of the counts has another constant.

    Parameters
    ----------
    purchase_covariates, covariate_penalty
        What the rate of purchases depends on: see `BGNBD`.
    penalty : float, default 0.0
        Strength of a pull of the parameters towards a neutral scale: see `BGNBD`.
    strict : bool, default False
        Raise `ConvergenceError` where a fit would otherwise warn.

    Attributes
    ----------
    params_ : dict
        r, the shape of the purchase rates (small: customers differ widely); alpha,
        their inverse scale in the time unit (r / alpha is the mean rate).
    covariance_, standard_errors_, log_likelihood_, aic_, bic_, converged_ : ...
        How well they are known, and how the fit ended.

    References
    ----------
    Ehrenberg, A. S. C. (1959). The pattern of consumer purchases. Applied Statistics
    8(1), 26-41.

    Examples
    --------
    >>> import tenure as tn
    >>> log = tn.Transactions(tn.datasets.load_cdnow(), amount="amount", time="date")
    >>> summary = log.summary(unit="week", as_of="1997-09-30")
    >>> tn.NBD().fit(summary)
    NBD fitted to 2,357 customers, T in weeks; log-likelihood -9763.66, ...
           estimate  std. error     95 % interval
    r        0.3848       0.021  [0.3436, 0.4259]
    alpha     12.07        0.81    [10.49, 13.66]
    """

    _model: ClassVar[str] = "NBD"
    _processes: ClassVar[dict[str, str]] = {"purchase": "rate ratio"}

    def __init__(
        self,
        *,
        purchase_covariates: Chosen = None,
        covariate_penalty: float | Mapping[str, float] = 0.0,
        penalty: float = 0.0,
        strict: bool = False,
    ) -> None:
        super().__init__(penalty=penalty, strict=strict)
        self.purchase_covariates = purchase_covariates
        self.covariate_penalty = covariate_penalty

    @override
    def _chosen(self) -> dict[str, Chosen]:
        return {"purchase": self.purchase_covariates}

    @classmethod
    def from_params(
        cls,
        *,
        r: float,
        alpha: float,
        covariance: ArrayLike | None = None,
        unit: str | None = None,
    ) -> Self:
        """Make a model from known parameters, such as published ones.

        Parameters
        ----------
        r, alpha : float
            The parameters, both greater than 0; alpha is in the time unit.
        covariance : array, shape (2, 2), optional
            Their covariance, for intervals.
        unit : str, optional
            The time unit.

        Examples
        --------
        >>> import tenure as tn
        >>> model = tn.NBD.from_params(r=0.385, alpha=12.072)
        >>> round(model.expected_purchases_new(39), 4)
        1.2438
        """
        return cls._from_params({"r": r, "alpha": alpha}, covariance, unit)


class MBGNBD(BuyingAndLeaving):
    """Modified beta-geometric / negative binomial model of repeat buying (MBG/NBD).

    As the BG/NBD model, but a customer may leave after the first purchase too: who has
    not come back need not be alive.

    Parameters
    ----------
    purchase_covariates, dropout_covariates, shared_covariates, covariate_penalty
        What purchases and leaving depend on: see `BGNBD`.
    penalty : float, default 0.0
        Strength of a pull of the parameters towards a neutral scale: see `BGNBD`.
    strict : bool, default False
        Raise `ConvergenceError` where a fit would otherwise warn.

    Attributes
    ----------
    params_ : dict
        r, alpha, a and b: as in `BGNBD`.
    covariance_, standard_errors_, log_likelihood_, aic_, bic_, converged_ : ...
        How well they are known, and how the fit ended.

    References
    ----------
    Batislam, E. P., Denizel, M., Filiztekin, A. (2007). Empirical validation and
    comparison of models for customer base analysis. International Journal of Research
    in Marketing 24(3), 201-209.

    Hoppe, D., Wagner, U. (2007). Customer base analysis: the case for a central
    variant of the betageometric/NBD model. Marketing JRM 3(2), 75-90.

    Examples
    --------
    >>> import tenure as tn
    >>> log = tn.Transactions(tn.datasets.load_cdnow(), amount="amount", time="date")
    >>> summary = log.summary(unit="week", as_of="1997-09-30")
    >>> buying = tn.MBGNBD().fit(summary)
    >>> buying
    MBGNBD fitted to 2,357 customers, T in weeks; log-likelihood -9582.14, ...
           estimate  std. error     95 % interval
    r        0.5248       0.083  [0.3616, 0.6880]
    alpha     6.183        0.70    [4.820, 7.546]
    a        0.8914        0.15   [0.5880, 1.195]
    b         1.614        0.54   [0.5605, 2.667]
    >>> print(round(buying.expected_purchases(horizon="39 weeks").sum(), 2))
    1576.73
    """

    _model: ClassVar[str] = "MBGNBD"
    _processes: ClassVar[dict[str, str]] = {
        "purchase": "rate ratio",
        "dropout": "odds ratio",
    }

    @classmethod
    def from_params(
        cls,
        *,
        r: float,
        alpha: float,
        a: float,
        b: float,
        covariance: ArrayLike | None = None,
        unit: str | None = None,
    ) -> Self:
        """Make a model from known parameters, such as published ones.

        Parameters
        ----------
        r, alpha, a, b : float
            The parameters, all greater than 0; alpha is in the time unit.
        covariance : array, shape (4, 4), optional
            Their covariance, for intervals.
        unit : str, optional
            The time unit.

        Examples
        --------
        >>> import tenure as tn
        >>> model = tn.MBGNBD.from_params(r=0.525, alpha=6.183, a=0.891, b=1.614)
        >>> round(model.expected_purchases_new(78), 4)
        1.8048
        """
        given = {"r": r, "alpha": alpha, "a": a, "b": b}
        return cls._from_params(given, covariance, unit)


class BGBB(BuyingAndLeaving):
    """Beta-geometric / beta-Bernoulli model of repeat buying in discrete time (BG/BB).

    For purchases that can be made once at each of a number of opportunities: a yearly
    donation, a monthly visit, an event. At the start of each opportunity a customer
    leaves for good with a probability of their own; who stays buys with a probability
    of their own. Frequency counts the opportunities used, recency says which the last
    of them was, and T how many there have been since the first purchase, which is not
    counted. Customers may have seen different numbers of opportunities. Horizons count
    opportunities too, and a part of one adds nothing.

    `probability_alive` is that of being alive after the last opportunity; with
    `ahead=1`, that of being there for the next one.

    Parameters
    ----------
    purchase_covariates, dropout_covariates, shared_covariates, covariate_penalty
        What buying and leaving depend on: see `BGNBD`. The log odds of both mean
        chances are larger by `z'g` and `z'h`.
    penalty : float, default 0.0
        Strength of a pull of the parameters towards a neutral scale: see `BGNBD`.
    strict : bool, default False
        Raise `ConvergenceError` where a fit would otherwise warn.

    Attributes
    ----------
    params_ : dict
        alpha and beta, of the probability of buying (alpha / (alpha + beta) is its
        mean); gamma and delta, of the probability of leaving.
    covariance_, standard_errors_, log_likelihood_, aic_, bic_, converged_ : ...
        How well they are known, and how the fit ended.

    References
    ----------
    Fader, P. S., Hardie, B. G. S., Shang, J. (2010). Customer-base analysis in a
    discrete-time noncontractual setting. Marketing Science 29(6), 1086-1108.

    Examples
    --------
    >>> import tenure as tn
    >>> donors = tn.datasets.load_donations()
    >>> giving = tn.BGBB().fit(donors, T="periods", weights="donors")
    >>> giving
    BGBB fitted to 11,104 customers; log-likelihood -33225.58, ...
    """

    _model: ClassVar[str] = "BGBB"
    _counts_opportunities: ClassVar[bool] = True
    _processes: ClassVar[dict[str, str]] = {
        "purchase": "odds ratio",
        "dropout": "odds ratio",
    }

    @classmethod
    def from_params(
        cls,
        *,
        alpha: float,
        beta: float,
        gamma: float,
        delta: float,
        covariance: ArrayLike | None = None,
        unit: str | None = None,
    ) -> Self:
        """Make a model from known parameters, such as published ones.

        Parameters
        ----------
        alpha, beta, gamma, delta : float
            The parameters, all greater than 0.
        covariance : array, shape (4, 4), optional
            Their covariance, for intervals.
        unit : str, optional
            The time unit.

        Examples
        --------
        >>> import tenure as tn
        >>> model = tn.BGBB.from_params(
        ...     alpha=1.204, beta=0.750, gamma=0.657, delta=2.783
        ... )
        >>> round(model.expected_purchases_new(10), 4)
        3.1789
        """
        given = {"alpha": alpha, "beta": beta, "gamma": gamma, "delta": delta}
        return cls._from_params(given, covariance, unit)
