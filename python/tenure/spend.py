"""Models of spend: what a purchase is worth."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any, ClassVar

import numpy as np

from tenure import _core
from tenure._order_values import value_columns
from tenure._spend_predictions import SpendPredictions, pair
from tenure._typing import override
from tenure.exceptions import ParameterError

if TYPE_CHECKING:
    from collections.abc import Mapping
    from typing import Self

    from numpy.typing import ArrayLike, NDArray

    from tenure._bootstrap import Bootstrap
    from tenure._customers import Customers
    from tenure._effects import Chosen

__all__ = ["GammaGamma"]


class GammaGamma(SpendPredictions):
    """Gamma-Gamma model of the value of a purchase.

    The values of one customer's purchases vary around a mean of their own, and the
    means vary over customers; how often a customer buys says nothing about how much.
    The estimate for a customer is drawn from their own mean towards that of all, the
    more so the fewer purchases there are.

    Only repeat purchases count: customers with frequency 0 are left out of the fit, and
    their estimate is that of a new customer.

    Parameters
    ----------
    covariates : sequence of str or str, optional
        What the value of purchases depends on: columns of the data, or a formula, as in
        `BGNBD`. The values of a customer are `exp(z'g)` times those of one whose
        covariates are 0: gamma is.
    covariate_penalty : float, default 0.0
        Strength of a pull of the coefficients towards 0, as in `BGNBD`.
    penalty : float, default 0.0
        Strength of a pull of the parameters towards a neutral scale: the fit maximises
        the log-likelihood less `penalty` times the number of customers times the sum of
        squares of `ln(parameter / neutral)`, where neutral is 1 for p and q and the
        mean value for gamma, so that the currency unit does not matter.
    strict : bool, default False
        Raise `ConvergenceError` where a fit would otherwise warn.

    Attributes
    ----------
    params_ : dict
        p, the regularity of one customer's values (large: they hardly differ); q, the
        alikeness of customers (large: their means hardly differ); gamma, the scale:
        p gamma / (q - 1) is the mean over customers, which exists for q > 1 only.
    covariance_, standard_errors_, log_likelihood_, aic_, bic_, converged_ : ...
        How well they are known, and how the fit ended.

    References
    ----------
    Fader, P. S., Hardie, B. G. S. (2013). The Gamma-Gamma model of monetary value.
    Fader, P. S., Hardie, B. G. S., Lee, K. L. (2005). RFM and CLV: using iso-value
    curves for customer base analysis. Journal of Marketing Research 42(4), 415-430.

    Examples
    --------
    >>> import tenure as tn
    >>> log = tn.Transactions(tn.datasets.load_cdnow(), amount="amount", time="date")
    >>> spend = tn.GammaGamma().fit(log.summary(unit="week", as_of="1997-09-30"))
    >>> spend
    GammaGamma fitted to 946 customers; log-likelihood -4055.92, AIC 8117.8, ...
           estimate  std. error   95 % interval
    p         6.250         1.2  [3.917, 8.582]
    q         3.744        0.29  [3.176, 4.313]
    gamma     15.44         4.2  [7.291, 23.60]
    >>> round(spend.expected_spend_new(), 2)
    35.17
    """

    _columns: ClassVar[dict[str, str]] = {
        "frequency": "frequency",
        "monetary_value": "monetary_value",
    }
    _processes: ClassVar[dict[str, str]] = {"spend": "mean ratio"}

    def __init__(
        self,
        *,
        covariates: Chosen = None,
        covariate_penalty: float | Mapping[str, float] = 0.0,
        penalty: float = 0.0,
        strict: bool = False,
    ) -> None:
        super().__init__(penalty=penalty, strict=strict)
        self.covariates = covariates
        self.covariate_penalty = covariate_penalty

    @override
    def _chosen(self) -> dict[str, Chosen]:
        return {"spend": self.covariates}

    @override
    def _parameter_table(self) -> list[tuple[str, str, str]]:
        return _core.spending_parameters()

    @override
    def _seen_in_fit(self, customers: Customers, weights: Any) -> NDArray[np.bool_]:
        bought = np.asarray(customers.columns["frequency"]) > 0
        return super()._seen_in_fit(customers, weights) & bought

    @override
    def _customer_parameters(
        self, theta: list[float], predictors: NDArray[np.float64], *, gradient: bool
    ) -> tuple[NDArray[np.float64], NDArray[np.float64] | None]:
        return _core.spending_customer_parameters(theta, predictors, gradient=gradient)

    @override
    def _fit(self, customers: Customers, weights: Any) -> dict[str, Any]:
        return _core.spending_fit(
            pair(customers),
            covariates=self._design(customers, self._fixed, self._start),
            weights=weights,
            penalty=self._strength(),
            mean_ln=customers.columns.get("mean_log"),
            **self._told({}),
        )

    @override
    def _profile(self, parameter: int, level: float) -> tuple[float, float]:
        customers, result = self._customers(None), self.result_
        known = self._known_place(parameter)
        if known is None:
            return -math.inf, math.inf
        held = {name: result.parameters[name] for name in result.fixed}
        return _core.spending_profile(
            known.estimates,
            pair(customers),
            parameter=known.place,
            level=level,
            covariates=self._design(customers, held),
            weights=self._weights,
            penalty=self._strength(),
            mean_ln=customers.columns.get("mean_log"),
            fixed=[held.get(name) for name, _, _ in self._parameter_table()],
        )

    @override
    def _ages(self) -> str:
        return ""

    @classmethod
    def from_params(
        cls, *, p: float, q: float, gamma: float, covariance: ArrayLike | None = None
    ) -> Self:
        """Make a model from known parameters, such as published ones.

        Parameters
        ----------
        p, q, gamma : float
            The parameters, all greater than 0; gamma (v in some papers) is in the
            currency.
        covariance : array, shape (3, 3), optional
            Their covariance, for intervals.

        Examples
        --------
        >>> import tenure as tn
        >>> model = tn.GammaGamma.from_params(p=6.25, q=3.74, gamma=15.44)
        >>> round(model.expected_spend_new(), 2)
        35.22
        """
        return cls._from_params({"p": p, "q": q, "gamma": gamma}, covariance, None)

    def fit(
        self,
        data: object,
        *,
        frequency: str = "frequency",
        monetary_value: str = "monetary_value",
        weights: str | ArrayLike | None = None,
        fixed: Mapping[str, float] | None = None,
        start: Mapping[str, float] | None = None,
    ) -> Self:
        """Find the parameters under which the customers' mean values are likeliest.

        Parameters
        ----------
        data : Summary or frame
            One row a customer: what `Transactions.summary` returns, or any frame or
            mapping of arrays with these columns.
        frequency, monetary_value : str
            The columns: repeat purchases, and their mean value.
        weights : str or array, optional
            How many customers each row stands for; a column or the numbers.
        fixed, start : mapping of str to float, optional
            Parameters to hold at a value, and where to start with others.

        Returns
        -------
        self

        Raises
        ------
        DataError
            If a customer with repeat purchases has a mean value that is not greater
            than 0.
        EmptyDataError
            If hardly anybody bought again.

        Warns
        -----
        ConvergenceWarning
            If a parameter ran to a boundary, or no optimum was reached.
        """
        names = {"frequency": frequency, "monetary_value": monetary_value}
        self._learn(data, names, weights=weights, unit=None, fixed=fixed, start=start)
        return self

    def fit_orders(
        self,
        data: object,
        *,
        customer: str = "customer_id",
        value: str = "value",
        fixed: Mapping[str, float] | None = None,
        start: Mapping[str, float] | None = None,
    ) -> Self:
        """Find the parameters under which the values of single purchases are likeliest.

        How much the values of one customer vary is then seen, not inferred from how the
        means of few vary more than those of many: p is known far better. (If the values
        of a customer vary in another way than a gamma distribution, though, it is the
        means that lifetime value needs.) Predictions are those of a fit to means.

        Parameters
        ----------
        data : Transactions or frame
            A log, of which the repeat purchases are taken, those after each customer's
            first; or a frame with one row a purchase, all of which are taken.
        customer, value : str
            The columns of a frame: who bought, and for how much.
        fixed, start : mapping of str to float, optional
            As `fit`.

        Returns
        -------
        self

        Raises
        ------
        DataError
            If a value is not greater than 0.

        Examples
        --------
        >>> import tenure as tn
        >>> log = tn.Transactions(
        ...     tn.datasets.load_cdnow(), amount="amount", time="date"
        ... )
        >>> spend = tn.GammaGamma().fit_orders(log)
        >>> round(spend.params_["p"], 2), round(spend.expected_spend_new(), 2)
        (3.32, 35.91)
        """
        if self.covariates is not None and len(self.covariates):
            raise ParameterError.of(
                name="covariates",
                expected="be left out of a fit to single purchases",
                found=repr(self.covariates),
                hint="fit() takes covariates, and a customer's mean value",
            )
        columns = value_columns(data, customer, value)
        names = {name: name for name in ("frequency", "monetary_value", "mean_log")}
        self._learn(columns, names, weights=None, unit=None, fixed=fixed, start=start)
        self._names = {}
        return self

    @override
    def _log_likelihoods(self, customers: Customers) -> NDArray[np.float64]:
        return _core.spending_log_likelihood(self._own(customers), pair(customers))

    def bootstrap(self, replicates: int = 500, *, seed: int = 0) -> Bootstrap:
        """Fit the model to customers drawn again from those of the fit.

        Each replicate has as many customers with repeat purchases as the data, drawn
        with replacement; fits start at the estimates and run in parallel.

        Parameters
        ----------
        replicates : int, default 500
            How many data sets to draw.
        seed : int, default 0
            The same seed gives the same bits on any number of threads.

        Returns
        -------
        Bootstrap
            For `expected_spend` and `expected_spend_new`, whose intervals are its
            percentiles then.

        Examples
        --------
        >>> import tenure as tn
        >>> log = tn.Transactions(
        ...     tn.datasets.load_cdnow(), amount="amount", time="date"
        ... )
        >>> spend = tn.GammaGamma().fit(log.summary(unit="week", as_of="1997-09-30"))
        >>> spend.bootstrap(100, seed=1)
        Bootstrap of GammaGamma: 100 replicates
        """
        from tenure._spend_bootstrap import spend_bootstrap  # noqa: PLC0415

        return spend_bootstrap(self, self._customers(None), replicates, seed)

    @override
    def _customers(self, data: object) -> Customers:
        return self._customers_of(data, self._columns)
