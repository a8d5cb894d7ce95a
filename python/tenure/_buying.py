"""Models of repeat buying: how they are fitted, and how their predictions are made."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any, ClassVar, Literal, TypeAlias

import numpy as np

from tenure import _core
from tenure._customers import Customers
from tenure._estimator import Estimator
from tenure._intervals import Scale, bounds, check_level, delta_method
from tenure._typing import override
from tenure._units import continuous_rate, in_units, period_length
from tenure.exceptions import ParameterError

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from typing import Self

    from numpy.typing import ArrayLike, NDArray

    from tenure._bootstrap import Bootstrap
    from tenure._units import Horizon

__all__ = ["NEVER", "BuyingModel", "Quantity", "is_one", "newcomers", "triple"]

NEVER = "never_leaving"
"""The parameter that a model has only if it is asked to."""

Quantity: TypeAlias = Literal[
    "probability_alive", "expected_purchases", "discounted_purchases", "no_purchase"
]


class BuyingModel(Estimator):
    """A model of repeat buying without its public predictions."""

    _columns: ClassVar[dict[str, str]] = {
        "frequency": "frequency",
        "recency": "recency",
        "T": "T",
    }
    _model: ClassVar[str]
    _held: ClassVar[tuple[str, ...]] = ()
    """Parameters that are not found by slopes, but held while the others are fitted."""

    _counts_opportunities: ClassVar[bool] = False
    """Whether time is counted in opportunities to buy, of which none is half."""

    never_leaving: bool = False
    """Whether a share of customers never leaves: a setting of some models."""

    @override
    def _parameter_table(self) -> list[tuple[str, str, str]]:
        return _core.purchasing_parameters(self._core_model())

    def _core_model(self) -> str:
        """Return what the core calls the model: that of the fit, or of the next."""
        result = self._result
        stays = NEVER in result.parameters if result else self.never_leaving
        return f"{self._model}+{NEVER}" if stays else self._model

    @classmethod
    def _with_share(
        cls,
        given: dict[str, float],
        never_leaving: float,
        covariance: ArrayLike | None,
        unit: str | None,
    ) -> Self:
        """Make a model from known parameters; a share of 0 is none of them."""
        if never_leaving == 0.0:
            return cls._from_params(given, covariance, unit)
        given = {**given, NEVER: never_leaving}
        return cls._from_params(given, covariance, unit, never_leaving=True)

    @override
    def _fit(self, customers: Customers, weights: Any) -> dict[str, Any]:
        return self._fit_holding(customers, weights, {})

    def _fit_holding(
        self, customers: Customers, weights: Any, held: dict[str, float]
    ) -> dict[str, Any]:
        """Return what the core found with some parameters held."""
        return _core.purchasing_fit(
            self._core_model(),
            triple(customers),
            covariates=self._design(customers, self._fixed, self._start),
            weights=weights,
            penalty=self._strength(),
            **self._told(held),
        )

    @override
    def _profile(self, parameter: int, level: float) -> tuple[float, float]:
        customers, known = self._customers(None), self._known_place(parameter)
        if known is None:
            return -math.inf, math.inf
        return _core.purchasing_profile(
            self._core_model(),
            known.estimates,
            triple(customers),
            parameter=known.place,
            level=level,
            covariates=self._held_design(customers),
            weights=self._weights,
            penalty=self._strength(),
            fixed=self._holding(),
        )

    def _holding(self) -> list[float | None]:
        """Return the parameters that no refit may move."""
        result = self.result_
        held = {*self._held, *result.fixed}
        names = [name for name, _, _ in self._parameter_table()]
        return [result.parameters[name] if name in held else None for name in names]

    def _held_design(self, customers: Customers) -> dict[str, Any] | None:
        """Return the covariates for a refit, which holds what the fit held."""
        result = self.result_
        held = {name: result.parameters[name] for name in result.fixed}
        return self._design(customers, held)

    @override
    def _customer_parameters(
        self, theta: list[float], predictors: NDArray[np.float64], *, gradient: bool
    ) -> tuple[NDArray[np.float64], NDArray[np.float64] | None]:
        return _core.purchasing_customer_parameters(
            self._core_model(), theta, predictors, gradient=gradient
        )

    def fit(
        self,
        data: object,
        *,
        frequency: str = "frequency",
        recency: str = "recency",
        T: str = "T",
        weights: str | ArrayLike | None = None,
        fixed: Mapping[str, float] | None = None,
        start: Mapping[str, float] | None = None,
        unit: str | None = None,
    ) -> Self:
        """Find the parameters under which the customers' purchases are likeliest.

        Parameters
        ----------
        data : Summary or frame
            One row a customer: what `Transactions.summary` returns, or any frame or
            mapping of arrays with these columns.
        frequency, recency, T : str
            The columns: repeat purchases; age at the last purchase; age at the end of
            observation.
        weights : str or array, optional
            How many customers each row stands for; a column or the numbers.
        fixed : mapping of str to float, optional
            Parameters to hold at a value: `fixed={"r": 1.0}` for rates that are
            exponentially distributed.
        start : mapping of str to float, optional
            Where to start, for some or all parameters; the data say it otherwise.
        unit : str, optional
            What recency and T are measured in, for a frame that does not know it.
            Then horizons may be texts such as "12 months".

        Returns
        -------
        self

        Raises
        ------
        DataError
            If a column holds something that cannot be.
        ConvergenceError
            If there is nothing to fit, or (with `strict`) no clear optimum.

        Warns
        -----
        ConvergenceWarning
            If a parameter ran to a boundary, or no optimum was reached.
        """
        names = {"frequency": frequency, "recency": recency, "T": T}
        self._check_held(fixed)
        self._learn(data, names, weights=weights, unit=unit, fixed=fixed, start=start)
        return self

    def _check_held(self, fixed: Mapping[str, float] | None) -> None:
        """Pass unless a parameter is fixed that is a matter of the constructor."""
        both = [name for name in self._held if name in (fixed or {})]
        if both:
            raise ParameterError.of(
                name="fixed",
                expected=f"not name {both[0]}, which {type(self).__name__} is told "
                "when it is made",
                found=repr(both[0]),
            )

    @override
    def _log_likelihoods(self, customers: Customers) -> NDArray[np.float64]:
        return _core.purchasing_log_likelihood(
            self._core_model(), self._own(customers), triple(customers)
        )

    # -- the work --------------------------------------------------------------------

    @override
    def _customers(self, data: object) -> Customers:
        return self._customers_of(data, self._columns)

    def _predict(
        self,
        quantity: Quantity,
        customers: Customers,
        horizon: NDArray[np.float64],
        *,
        rate: float = 0.0,
        period: float | None = None,
        gradient: bool = False,
    ) -> tuple[NDArray[np.float64], NDArray[np.float64] | None]:
        return self._asked(
            quantity,
            customers,
            self.result_.theta,
            horizon,
            rate=rate,
            period=period,
            gradient=gradient,
        )

    def _expected_and_discounted(
        self,
        customers: Customers,
        horizon: NDArray[np.float64],
        *,
        rate: float,
        period: float | None,
        gradient: bool,
    ) -> tuple[
        NDArray[np.float64] | None, NDArray[np.float64], NDArray[np.float64] | None
    ]:
        """Return expected purchases, discounted ones, and the slopes of the latter.

        Nothing is expected within a horizon without end.
        """
        finite = bool(np.isfinite(horizon).all())
        if finite and not gradient:
            # both depend on the chance of being alive, which takes the most time
            discounted, expected = _core.purchasing_discounted_and_expected(
                self._core_model(),
                self._own(customers, self.result_.theta),
                triple(customers),
                horizon=horizon,
                rate=rate,
                period=period,
            )
            return expected, discounted, None
        expected = None
        if finite:
            expected, _ = self._predict("expected_purchases", customers, horizon)
        discounted, slopes = self._predict(
            "discounted_purchases",
            customers,
            horizon,
            rate=rate,
            period=period,
            gradient=gradient,
        )
        return expected, discounted, slopes

    def _asked(
        self,
        quantity: Quantity,
        customers: Customers,
        theta: list[float],
        horizon: NDArray[np.float64],
        *,
        rate: float,
        period: float | None,
        gradient: bool,
    ) -> tuple[NDArray[np.float64], NDArray[np.float64] | None]:
        """Return what the core says at any parameters, with slopes in those of all."""
        values, slopes = _core.purchasing_predict(
            self._core_model(),
            quantity,
            self._own(customers, theta),
            triple(customers),
            horizon=horizon,
            rate=rate,
            period=period,
            gradient=gradient,
        )
        return values, self._chained(customers, slopes, theta)

    def _answer(
        self,
        quantity: Quantity,
        scale: Scale,
        customers: Customers,
        horizon: NDArray[np.float64],
        interval: float | None,
        *,
        rate: float = 0.0,
        period: float | None = None,
        after: NDArray[np.float64] | None = None,
        bootstrap: Bootstrap | None = None,
    ) -> Any:
        """Return the quantity as a series, or with its interval as a frame.

        With `after` it is what is added to the quantity from then to the horizon.
        """
        name = "probability_no_purchase" if quantity == "no_purchase" else quantity

        def ask(
            theta: list[float], *, gradient: bool = False
        ) -> tuple[NDArray[np.float64], NDArray[np.float64] | None]:
            def at(end: NDArray[np.float64]) -> Any:
                return self._asked(
                    quantity,
                    customers,
                    theta,
                    end,
                    rate=rate,
                    period=period,
                    gradient=gradient,
                )

            values, slopes = at(horizon)
            if after is None:
                return values, slopes
            before, slopes_before = at(after)
            gained = np.maximum(values - before, 0.0)
            return gained, slopes - slopes_before if gradient else None

        if interval is None:
            if bootstrap is not None:
                raise ParameterError.of(
                    name="interval",
                    expected="be a level where a bootstrap is given",
                    found="None",
                )
            return customers.series(name, ask(self.result_.theta)[0])
        check_level(interval)
        if bootstrap is not None:
            names = tuple(self.result_.parameters)
            draws = [ask(one)[0] for one in bootstrap.for_core(self, names)]
            ends = bootstrap.ends(np.array(draws), interval)
            return customers.frame({name: ask(self.result_.theta)[0], **ends})
        covariance = self.result_.needed_covariance(
            type(self).__name__, bootstrap="model.bootstrap()"
        )
        values, gradients = ask(self.result_.theta, gradient=True)
        assert gradients is not None  # noqa: S101
        errors = delta_method(gradients, covariance)
        lower, upper = bounds(values, errors, interval, scale)
        return customers.frame(
            {name: values, "std_error": errors, "lower": lower, "upper": upper}
        )

    def _newcomers(
        self, frame: object, lengths: NDArray[np.float64]
    ) -> tuple[Customers, NDArray[np.float64]]:
        """Return new customers, one a horizon or a row of the frame; and horizons."""
        covariates = self._covariates_of_new(frame)
        if covariates is None:
            return newcomers(len(lengths), self.time_unit_), lengths
        rows = len(covariates)
        if len(lengths) != 1 and rows not in (1, len(lengths)):
            raise ParameterError.of(
                name="horizon",
                expected=f"be one, or one for each of {rows:,} new customers",
                found=f"{len(lengths):,}",
            )
        count = max(rows, len(lengths))
        covariates = np.broadcast_to(covariates, (count, covariates.shape[1]))
        lengths = np.broadcast_to(lengths, (count,))
        unseen = newcomers(count, self.time_unit_, np.ascontiguousarray(covariates))
        return unseen, np.ascontiguousarray(lengths)

    def _probabilities(
        self, customers: Customers, horizon: Horizon, most: int
    ) -> NDArray[np.float64]:
        if most < 0:
            raise ParameterError.of(
                name="most", expected="be at least 0", found=repr(most)
            )
        return _core.purchasing_probabilities(
            self._core_model(),
            self._own(customers),
            triple(customers),
            horizon=in_units(horizon, customers.unit, name="horizon"),
            most=most,
        )

    def _quantiles(
        self, customers: Customers, horizon: Horizon, levels: Sequence[float]
    ) -> NDArray[np.float64]:
        return _core.purchasing_quantiles(
            self._core_model(),
            self._own(customers),
            triple(customers),
            horizon=in_units(horizon, customers.unit, name="horizon"),
            levels=list(levels),
        )

    @staticmethod
    def _discounting(
        unit: str | None,
        horizon: Horizon | None,
        discount_rate: float,
        per: str | float,
        compounding: str | float | None,
    ) -> tuple[NDArray[np.float64], float, float | None]:
        """Return horizon, continuous rate and period in the data's unit."""
        length = np.inf if horizon is None else horizon
        rate = continuous_rate(discount_rate, per, unit)
        period = (
            None
            if compounding is None
            else period_length(compounding, unit, name="compounding")
        )
        return in_units(length, unit, name="horizon"), rate, period


def triple(customers: Customers) -> tuple[NDArray[Any], NDArray[Any], NDArray[Any]]:
    columns = customers.columns
    return columns["frequency"], columns["recency"], columns["T"]


def newcomers(
    count: int,
    unit: str | None,
    covariates: NDArray[np.float64] | None = None,
) -> Customers:
    """Return customers who have just made their first purchase."""
    nothing = np.zeros(count)
    columns = {"frequency": nothing, "recency": nothing, "T": nothing}
    return Customers(columns, "numpy", None, None, unit, covariates)


def is_one(horizon: object) -> bool:
    """Whether a horizon is a single one: then so is the answer."""
    return horizon is None or np.ndim(np.asarray(horizon)) == 0
