"""What every model of repeat buying predicts."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, ClassVar, Literal, TypeAlias

import numpy as np

from tenure import _core
from tenure._customers import Customers, unpacked
from tenure._estimator import Estimator
from tenure._intervals import Scale, bounds, check_level, delta_method, level_names
from tenure._typing import override
from tenure._units import continuous_rate, in_units, period_length
from tenure.exceptions import ParameterError

if TYPE_CHECKING:
    from collections.abc import Sequence
    from typing import Self

    from numpy.typing import ArrayLike, NDArray

    from tenure._units import Horizon

__all__ = ["PurchasingModel"]

Quantity: TypeAlias = Literal[
    "probability_alive", "expected_purchases", "discounted_purchases", "no_purchase"
]


class PurchasingModel(Estimator):
    """A model of how customers buy while alive, and of when they leave.

    Parameters
    ----------
    penalty : float, default 0.0
        Strength of a pull of the parameters towards a neutral scale: the fit maximises
        the log-likelihood less `penalty` times the number of customers times the sum of
        squares of `ln(parameter / neutral)`, where neutral is 1 for pure numbers and
        the mean of T for parameters with a dimension of time, so that the time unit
        does not matter. 0 is plain maximum likelihood. The log-likelihood that is
        reported is always the plain one.
    strict : bool, default False
        Raise `ConvergenceError` where a fit would otherwise warn.
    """

    _columns: ClassVar[dict[str, str]] = {
        "frequency": "frequency",
        "recency": "recency",
        "T": "T",
    }
    _model: ClassVar[str]

    @classmethod
    @override
    def _parameter_table(cls) -> list[tuple[str, str, str]]:
        return _core.purchasing_parameters(cls._model)

    @override
    def _fit(self, customers: Customers, weights: Any) -> dict[str, Any]:
        return _core.purchasing_fit(
            self._model, _triple(customers), weights=weights, penalty=self.penalty
        )

    @override
    def _profile(self, parameter: int, level: float) -> tuple[float, float]:
        return _core.purchasing_profile(
            self._model,
            self.result_.theta,
            _triple(self._customers(None)),
            parameter=parameter,
            level=level,
            weights=self._weights,
            penalty=self.penalty,
        )

    def fit(
        self,
        data: object,
        *,
        frequency: str = "frequency",
        recency: str = "recency",
        T: str = "T",
        weights: str | ArrayLike | None = None,
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
        self._learn(data, names, weights=weights, unit=unit)
        return self

    def log_likelihood(self, data: object = None) -> Any:
        """Return the log-likelihood of each customer, as a series.

        Parameters
        ----------
        data : Summary or frame, optional
            The customers; those of the fit if left out.
        """
        customers = self._customers(data)
        values = _core.purchasing_log_likelihood(
            self._model, self.result_.theta, _triple(customers)
        )
        return customers.series("log_likelihood", values)

    # -- known customers -----------------------------------------------------------

    def probability_alive(
        self,
        data: object = None,
        *,
        ahead: Horizon = 0.0,
        interval: float | None = None,
    ) -> Any:
        """Return the probability that each customer is alive: will ever buy again.

        Parameters
        ----------
        data : Summary or frame, optional
            The customers; those of the fit if left out.
        ahead : float, str or array, default 0
            How long after the end of observation: a number in the data's unit, a text
            such as "6 months", or one number a customer.
        interval : float, optional
            Confidence level of an interval for the uncertainty of the parameters.

        Returns
        -------
        series or frame
            With `interval`, a frame with the estimate, its standard error and the ends
            of the interval; a series otherwise. The family is that of the data.
        """
        customers = self._customers(data)
        horizon = in_units(ahead, customers.unit, name="ahead")
        return self._answer(
            "probability_alive", "probability", customers, horizon, interval
        )

    def expected_purchases(
        self,
        data: object = None,
        *,
        horizon: Horizon,
        interval: float | None = None,
    ) -> Any:
        """Return how many purchases to expect of each customer within a horizon.

        Parameters
        ----------
        data : Summary or frame, optional
            The customers; those of the fit if left out.
        horizon : float, str or array
            How long from the end of observation: a number in the data's unit, a text
            such as "12 months", or one number a customer.
        interval : float, optional
            Confidence level of an interval for the uncertainty of the parameters. (For
            the spread of the purchases themselves see `prediction_interval`.)

        Returns
        -------
        series or frame
            As `probability_alive`.
        """
        customers = self._customers(data)
        length = in_units(horizon, customers.unit, name="horizon")
        return self._answer(
            "expected_purchases", "positive", customers, length, interval
        )

    def probability_no_purchase(
        self,
        data: object = None,
        *,
        horizon: Horizon,
        interval: float | None = None,
    ) -> Any:
        """Return the probability that each customer buys nothing within a horizon.

        Parameters and result are those of `expected_purchases`.
        """
        customers = self._customers(data)
        length = in_units(horizon, customers.unit, name="horizon")
        return self._answer("no_purchase", "probability", customers, length, interval)

    def discounted_purchases(
        self,
        data: object = None,
        *,
        horizon: Horizon | None = None,
        discount_rate: float = 0.10,
        per: str | float = "year",
        compounding: str | float | None = None,
        interval: float | None = None,
    ) -> Any:
        """Return expected purchases, each worth less the later it comes.

        Times the value of a purchase this is lifetime value (see `lifetime_value`).
        Without end it is the "discounted expected residual transactions" (DERT).

        Parameters
        ----------
        data : Summary or frame, optional
            The customers; those of the fit if left out.
        horizon : float, str or array, optional
            As `expected_purchases`; without end if left out.
        discount_rate : float, default 0.10
            Share by which value shrinks over one `per`.
        per : str or float, default "year"
            What the discount rate is for: a unit of time, or a length in the data's
            unit.
        compounding : str or float, optional
            Count a purchase at the end of its period ("month", or a length in the
            data's unit); at its own time if left out.
        interval : float, optional
            As `expected_purchases`.

        Returns
        -------
        series or frame
            As `probability_alive`.
        """
        customers = self._customers(data)
        length, rate, period = self._discounting(
            customers.unit, horizon, discount_rate, per, compounding
        )
        return self._answer(
            "discounted_purchases",
            "positive",
            customers,
            length,
            interval,
            rate=rate,
            period=period,
        )

    def purchase_probabilities(
        self, data: object = None, *, horizon: Horizon, most: int = 10
    ) -> Any:
        """Return the probability of 0, 1, 2, ... purchases of each customer.

        Parameters
        ----------
        data : Summary or frame, optional
            The customers; those of the fit if left out.
        horizon : float, str or array
            As `expected_purchases`.
        most : int, default 10
            The largest count asked for.

        Returns
        -------
        frame
            One row a customer, columns "0" to `most`.
        """
        customers = self._customers(data)
        table = self._probabilities(customers, horizon, most)
        return customers.frame({str(k): p for k, p in enumerate(table.T.copy())})

    def purchase_quantiles(
        self,
        data: object = None,
        *,
        horizon: Horizon,
        levels: Sequence[float] = (0.05, 0.5, 0.95),
    ) -> Any:
        """Return quantiles of each customer's number of purchases within a horizon.

        Parameters
        ----------
        data : Summary or frame, optional
            The customers; those of the fit if left out.
        horizon : float, str or array
            As `expected_purchases`.
        levels : sequence of float, default (0.05, 0.5, 0.95)
            The smallest count with at least this probability of not being passed.

        Returns
        -------
        frame
            One row a customer, one column a level, named by it.
        """
        customers = self._customers(data)
        named = level_names(levels)
        table = self._quantiles(customers, horizon, list(named.values()))
        counts = table.T.astype(np.int64)
        return customers.frame(dict(zip(named, counts, strict=True)))

    def prediction_interval(
        self, data: object = None, *, horizon: Horizon, level: float = 0.9
    ) -> Any:
        """Return counts between which each customer's purchases will fall.

        The spread is that of the purchases at the fitted parameters. Counts are whole,
        so the interval holds at least `level` of the probability.

        Parameters
        ----------
        data : Summary or frame, optional
            The customers; those of the fit if left out.
        horizon : float, str or array
            As `expected_purchases`.
        level : float, default 0.9
            Probability of the interval.

        Returns
        -------
        frame
            One row a customer, columns "lower" and "upper".
        """
        check_level(level, name="level")
        customers = self._customers(data)
        tails = ((1 - level) / 2, (1 + level) / 2)
        lower, upper = self._quantiles(customers, horizon, tails).T.astype(np.int64)
        return customers.frame({"lower": lower, "upper": upper})

    # -- new customers -------------------------------------------------------------

    def expected_purchases_new(
        self, horizon: Horizon, *, interval: float | None = None
    ) -> Any:
        """Return how many repeat purchases to expect of a customer who has just come.

        Parameters
        ----------
        horizon : float, str or array
            How long from the first purchase; several at once as an array.
        interval : float, optional
            As `expected_purchases`.

        Returns
        -------
        float or array, or dict of them
            One number a horizon; with `interval` a dictionary with the estimate, its
            standard error and the ends of the interval.
        """
        lengths = in_units(horizon, self.time_unit_, name="horizon")
        newcomers = _newcomers(len(lengths), self.time_unit_)
        answer = self._answer(
            "expected_purchases", "positive", newcomers, lengths, interval
        )
        return unpacked(answer) if _is_one(horizon) else answer

    def purchase_probabilities_new(
        self, horizon: Horizon, *, most: int = 10
    ) -> NDArray[np.float64]:
        """Return the probabilities of 0 to `most` repeat purchases of a new customer.

        Parameters
        ----------
        horizon : float or str
            How long from the first purchase.
        most : int, default 10
            The largest count asked for.
        """
        return self._probabilities(_newcomers(1, self.time_unit_), horizon, most)[0]

    def discounted_purchases_new(
        self,
        horizon: Horizon | None = None,
        *,
        discount_rate: float = 0.10,
        per: str | float = "year",
        compounding: str | float | None = None,
        interval: float | None = None,
    ) -> Any:
        """Return expected discounted repeat purchases of a customer who has just come.

        Parameters are those of `discounted_purchases`, the result is that of
        `expected_purchases_new`.
        """
        length, rate, period = self._discounting(
            self.time_unit_, horizon, discount_rate, per, compounding
        )
        answer = self._answer(
            "discounted_purchases",
            "positive",
            _newcomers(len(length), self.time_unit_),
            length,
            interval,
            rate=rate,
            period=period,
        )
        return unpacked(answer) if _is_one(horizon) else answer

    # -- the work --------------------------------------------------------------------

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
        return _core.purchasing_predict(
            self._model,
            quantity,
            self.result_.theta,
            _triple(customers),
            horizon=horizon,
            rate=rate,
            period=period,
            gradient=gradient,
        )

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
    ) -> Any:
        """Return the quantity as a series, or with its interval as a frame."""
        name = "probability_no_purchase" if quantity == "no_purchase" else quantity
        if interval is None:
            values, _ = self._predict(
                quantity, customers, horizon, rate=rate, period=period
            )
            return customers.series(name, values)
        check_level(interval)
        covariance = self.result_.needed_covariance(type(self).__name__)
        values, gradients = self._predict(
            quantity, customers, horizon, rate=rate, period=period, gradient=True
        )
        assert gradients is not None  # noqa: S101
        errors = delta_method(gradients, covariance)
        lower, upper = bounds(values, errors, interval, scale)
        return customers.frame(
            {name: values, "std_error": errors, "lower": lower, "upper": upper}
        )

    def _probabilities(
        self, customers: Customers, horizon: Horizon, most: int
    ) -> NDArray[np.float64]:
        if most < 0:
            raise ParameterError.of(
                name="most", expected="be at least 0", found=repr(most)
            )
        return _core.purchasing_probabilities(
            self._model,
            self.result_.theta,
            _triple(customers),
            horizon=in_units(horizon, customers.unit, name="horizon"),
            most=most,
        )

    def _quantiles(
        self, customers: Customers, horizon: Horizon, levels: Sequence[float]
    ) -> NDArray[np.float64]:
        return _core.purchasing_quantiles(
            self._model,
            self.result_.theta,
            _triple(customers),
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


def _triple(customers: Customers) -> tuple[NDArray[np.float64], ...]:
    columns = customers.columns
    return columns["frequency"], columns["recency"], columns["T"]


def _newcomers(count: int, unit: str | None) -> Customers:
    nothing = np.zeros(count)
    columns = {"frequency": nothing, "recency": nothing, "T": nothing}
    return Customers(columns, "numpy", None, None, unit)


def _is_one(horizon: object) -> bool:
    return horizon is None or np.ndim(np.asarray(horizon)) == 0
