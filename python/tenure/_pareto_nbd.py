"""The Pareto/NBD model, with rates that are independent or correlated."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, ClassVar

import numpy as np

from tenure import _core
from tenure._buying import triple
from tenure._estimator import covariance_matrix
from tenure._intervals import bounds, check_level, delta_method
from tenure._sarmanov import REFERENCE_TIMES, STRENGTH, Sarmanov
from tenure._typing import override
from tenure._units import in_units
from tenure._with_covariates import LeavingInTime
from tenure.exceptions import ParameterError

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from typing import Self

    from numpy.typing import ArrayLike, NDArray

    from tenure._customers import Customers
    from tenure._effects import Chosen
    from tenure._heterogeneity import Mixing

__all__ = ["ParetoNBD"]


class ParetoNBD(LeavingInTime):
    """Pareto / negative binomial model of repeat buying (Pareto/NBD).

    While alive a customer buys at random at a rate of their own, and may leave at any
    moment, at a rate of their own. Both rates are gamma distributed over customers and,
    unless they are `correlated`, have nothing to do with each other. Other than in the
    BG/NBD model a customer without a repeat purchase may have left.

    Parameters
    ----------
    never_leaving : bool, default False
        Whether a share of customers never leaves, whatever their rate of purchases: a
        cure model. Then `dropout_covariates` are about those who may leave.
    correlated : bool, default False
        Whether the rates of purchases and of leaving may be correlated, as Sarmanov's
        density has it (see Notes). Not together with `never_leaving`.
    reference_time : float or str, default 1.0
        With `correlated`, the time by which the density tells customers apart: a number
        in the data's unit, or a text such as "4 weeks". It is a part of the model, so
        that summaries in days and in weeks give different models unless the time is
        said with its unit; with the default it is that of CLVTools.
    purchase_covariates, dropout_covariates, shared_covariates, covariate_penalty
        What purchases and leaving depend on: see `BGNBD`. Both rates of a customer are
        `exp(z'g)` and `exp(z'h)` times those of one whose covariates are 0.
    penalty : float, default 0.0
        Strength of a pull of the parameters towards a neutral scale: see `BGNBD`.
    strict : bool, default False
        Raise `ConvergenceError` where a fit would otherwise warn.

    Attributes
    ----------
    params_ : dict
        r, the shape of the purchase rates (small: customers differ widely); alpha,
        their inverse scale in the time unit (r / alpha is the mean rate while alive);
        s and beta, the same of the rates of leaving; never_leaving, the share of
        customers who never leave, where asked for. Where correlated, strength, how
        strongly the rates are related (see Notes), and tau_purchase and tau_dropout,
        the reference time, which is not estimated.
    correlation_, m_ : float
        The correlation of the rates, and the weight of Sarmanov's term; 0 where rates
        are not correlated. `rates_correlation` gives the interval.
    covariance_, standard_errors_, log_likelihood_, aic_, bic_, converged_ : ...
        How well they are known, and how the fit ended.

    Notes
    -----
    With `correlated`, the joint density of a customer's rates lambda and mu is that of
    independent ones times `1 + m (exp(-tau lambda) - A) (exp(-tau mu) - B)`, with tau
    the reference time and A and B the means of both exponentials over customers. Each
    rate keeps its gamma law. The density is positive for m in a range that depends on
    the other parameters, so what is fitted is the strength: Yule's Q of the table of
    customers by whether, within the reference time, they would buy or not, and stay or
    leave. It is 0 where rates are independent, and -1 and 1 at the ends of the range.
    Positive: who buys often leaves early.

    The correlation that can be reached is small: 0.09 for CDNOW with a reference time
    of a week. A longer reference time reaches further. Where the data ask for more than
    can be had, the fit ends at the end of the range and says so. All predictions are
    those of the correlated rates; given when a customer left, or that they are alive,
    rates are independent, so that none needs more than the integrals of the model
    without correlation. With covariates it is the rates before them that are related.

    References
    ----------
    Schmittlein, D. C., Morrison, D. G., Colombo, R. (1987). Counting your customers:
    who are they and what will they do next? Management Science 33(1), 1-24.

    Park, Y.-H., Fader, P. S. (2004). Modeling browsing behavior at multiple websites.
    Marketing Science 23(3), 280-303.

    Plackett, R. L. (1965). A class of bivariate distributions. Journal of the American
    Statistical Association 60(310), 516-522.

    Boag, J. W. (1949). Maximum likelihood estimates of the proportion of patients cured
    by cancer therapy. Journal of the Royal Statistical Society B 11(1), 15-53.

    Examples
    --------
    >>> import tenure as tn
    >>> log = tn.Transactions(tn.datasets.load_cdnow(), amount="amount", time="date")
    >>> summary = log.summary(unit="week", as_of="1997-09-30")
    >>> buying = tn.ParetoNBD().fit(summary)
    >>> buying
    ParetoNBD fitted to 2,357 customers, T in weeks; log-likelihood -9594.98, ...
           estimate  std. error     95 % interval
    r        0.5533       0.048  [0.4599, 0.6466]
    alpha     10.58        0.84    [8.926, 12.23]
    s        0.6062        0.19  [0.2392, 0.9733]
    beta      11.67         6.2  [-0.5048, 23.84]
    >>> print(round(buying.expected_purchases(horizon="39 weeks").sum(), 2))
    1665.51

    Rates that are correlated, where who buys often leaves early:

    >>> related = tn.ParetoNBD.from_params(
    ...     r=0.53, alpha=9.8, s=0.5, beta=9.2, m=10, unit="week"
    ... )
    >>> print(f"{related.correlation_:.4f}")
    0.0422
    """

    _model: ClassVar[str] = "ParetoNBD"
    _held: ClassVar[tuple[str, ...]] = REFERENCE_TIMES

    def __init__(
        self,
        *,
        never_leaving: bool = False,
        correlated: bool = False,
        reference_time: float | str = 1.0,
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
        self.correlated = correlated
        self.reference_time = reference_time

    @classmethod
    def from_params(
        cls,
        *,
        r: float,
        alpha: float,
        s: float,
        beta: float,
        never_leaving: float = 0.0,
        m: float | None = None,
        reference_time: float = 1.0,
        covariance: ArrayLike | None = None,
        unit: str | None = None,
    ) -> Self:
        """Make a model from known parameters, such as published ones.

        Parameters
        ----------
        r, alpha, s, beta : float
            The parameters, all greater than 0; alpha and beta are in the time unit.
        never_leaving : float, default 0
            The share of customers who never leave; a share of 0 is no parameter of the
            model.
        m : float, optional
            The weight of Sarmanov's term, for correlated rates: 0 for none, and within
            the range that the other parameters leave, up to a millionth of it.
        reference_time : float, default 1.0
            With `m`, the time that its density is for, in the time unit.
        covariance : array, shape (4, 4), or (5, 5) with a share or `m`, optional
            Their covariance, for intervals; with `m`, that of the strength (see
            `params_`) as the last.
        unit : str, optional
            The time unit.

        Examples
        --------
        >>> import tenure as tn
        >>> model = tn.ParetoNBD.from_params(
        ...     r=0.553, alpha=10.578, s=0.606, beta=11.669
        ... )
        >>> round(model.expected_purchases_new(39), 4)
        1.213
        """
        given = {"r": r, "alpha": alpha, "s": s, "beta": beta}
        if m is None:
            return cls._with_share(given, never_leaving, covariance, unit)
        law = Sarmanov(r, alpha, s, beta, reference_time, reference_time)
        given = {**given, STRENGTH: law.strength_of(m)}
        given |= dict.fromkeys(REFERENCE_TIMES, reference_time)
        if covariance is not None:
            matrix = covariance_matrix(covariance, 5)
            covariance = np.zeros((7, 7))
            covariance[:5, :5] = matrix
        if never_leaving != 0.0:
            raise _not_both()
        return cls._from_params(
            given,
            covariance,
            unit,
            REFERENCE_TIMES,
            correlated=True,
            reference_time=reference_time,
        )

    # -- correlated rates --------------------------------------------------------------

    @property
    def m_(self) -> float:
        """The weight of Sarmanov's term in the density of the rates; 0 without one."""
        law, strength = self._sarmanov(self.result_.theta)
        return float(law.m(strength))

    @property
    def correlation_(self) -> float:
        """The correlation of customers' rates of purchases and of leaving."""
        law, strength = self._sarmanov(self.result_.theta)
        return float(law.correlation(strength))

    def rates_correlation(self, *, interval: float | None = None) -> Any:
        """Return the correlation of customers' rates of purchases and of leaving.

        With covariates it is that of the rates before them.

        Parameters
        ----------
        interval : float, optional
            Confidence level of an interval by the delta method. (There is none where
            the fit ended at the end of the range.)

        Returns
        -------
        float or dict
            With `interval` a dictionary with the estimate, its standard error and the
            ends of the interval.

        Examples
        --------
        >>> import tenure as tn
        >>> model = tn.ParetoNBD.from_params(
        ...     r=0.53, alpha=9.8, s=0.5, beta=9.2, m=-1, reference_time=1
        ... )
        >>> round(model.rates_correlation(), 4)
        -0.0042
        """
        estimate = self.correlation_
        if interval is None:
            return estimate
        check_level(interval)
        covariance = self.result_.needed_covariance(type(self).__name__)
        theta = np.array(self.result_.theta, dtype=complex)
        slopes = np.zeros((1, len(theta)))
        if STRENGTH in self.result_.parameters:
            for place in range(len(theta)):
                # a step along the imaginary axis gives the slope without a difference
                moved = theta.copy()
                moved[place] += 1e-30j
                law, strength = self._sarmanov(moved)
                slopes[0, place] = law.correlation(strength).imag / 1e-30
        error = delta_method(slopes, covariance)
        lower, upper = bounds(np.array([estimate]), error, interval, "plain")
        return {
            "correlation": estimate,
            "std_error": float(error[0]),
            "lower": float(lower[0]),
            "upper": float(upper[0]),
        }

    def _sarmanov(self, theta: Sequence[Any] | NDArray[Any]) -> tuple[Sarmanov, Any]:
        """Return the law of rates with these parameters, and its strength."""
        named = dict(zip(self.result_.parameters, theta, strict=True))
        return _law(named), named.get(STRENGTH, 0.0)

    @override
    def _core_model(self) -> str:
        result = self._result
        related = STRENGTH in result.parameters if result else self.correlated
        if not related:
            return super()._core_model()
        if not result and self.never_leaving:
            raise _not_both()
        return f"{self._model}+correlated"

    @override
    def _fit(self, customers: Customers, weights: Any) -> dict[str, Any]:
        if not self.correlated:
            return super()._fit(customers, weights)
        length = in_units(self.reference_time, customers.unit, name="reference_time")
        if len(length) != 1 or not length[0] > 0 or not np.isfinite(length[0]):
            raise ParameterError.of(
                name="reference_time",
                expected="be one length of time, finite and greater than 0",
                found=repr(self.reference_time),
            )
        held = dict.fromkeys(REFERENCE_TIMES, float(length[0]))
        found = self._fit_holding(customers, weights, held)
        return {**found, "fixed": REFERENCE_TIMES}

    @override
    def _posterior_mean(
        self,
        law: Mixing,
        parameters: dict[str, Any],
        customers: Customers,
        before: NDArray[np.float64],
    ) -> NDArray[np.float64]:
        if STRENGTH not in parameters:
            return super()._posterior_mean(law, parameters, customers, before)
        # the four Pareto/NBD models that the density is made of, with their weights
        first = {name: parameters[name] for name in ("r", "alpha", "s", "beta")}
        tau, tau_dropout = (parameters[name] for name in REFERENCE_TIMES)
        kappa = _law(parameters).weight(parameters[STRENGTH])
        total = np.zeros(len(before))
        for sign, idle, stays in ((1, 0, 0), (1, 1, 1), (-1, 1, 0), (-1, 0, 1)):
            part = {
                **first,
                "alpha": first["alpha"] + idle * tau,
                "beta": first["beta"] + stays * tau_dropout,
            }
            weight = sign * kappa + (1.0 if idle == stays == 0 else 0.0)
            moved = {**part, law.first: part[law.first] + 1.0}
            rows = np.column_stack(list(moved.values())).ravel()
            after = _core.purchasing_log_likelihood(
                self._model, rows, triple(customers)
            )
            total += weight * law.mean(part) * np.exp(after - before)
        return total


def _law(parameters: Mapping[str, Any]) -> Sarmanov:
    """Return the law of the rates, with any reference time where there is none."""
    r, alpha, s, beta = (parameters[name] for name in ("r", "alpha", "s", "beta"))
    tau, tau_dropout = (parameters.get(name, 1.0) for name in REFERENCE_TIMES)
    return Sarmanov(r, alpha, s, beta, tau, tau_dropout)


def _not_both() -> ParameterError:
    return ParameterError.of(
        name="correlated",
        expected="be left out where a share of customers never leaves",
        found="both correlated rates and never_leaving",
        hint="the rate of leaving of who never leaves is 0, whatever they buy",
    )
