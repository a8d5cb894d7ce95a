"""What every model has in common: settings, a fit, its report, storage."""

from __future__ import annotations

import math
import warnings
from abc import abstractmethod
from dataclasses import replace
from typing import TYPE_CHECKING, Any, Literal, TypeAlias

import numpy as np

from tenure._core import VERSION
from tenure._customers import Customers
from tenure._explained import Explained
from tenure._fit import FitResult
from tenure._frame import native_frame
from tenure._held import parameters_named
from tenure._intervals import Scale, bounds, check_level
from tenure._report import html_report, text_table
from tenure._settings import FORMAT
from tenure._typing import override
from tenure._units import plural, unit_named
from tenure.exceptions import (
    ConvergenceError,
    ConvergenceWarning,
    NotFittedError,
    ParameterError,
)

if TYPE_CHECKING:
    from collections.abc import Mapping
    from typing import Self

    from numpy.typing import ArrayLike, NDArray


__all__ = ["Estimator", "IntervalMethod", "covariance_matrix"]

IntervalMethod: TypeAlias = Literal["wald", "log", "profile"]
"""How an interval of a parameter is made."""


class Estimator(Explained):
    """A model with parameters that are fitted by maximum likelihood.

    The rules are scikit-learn's: the constructor only stores settings, `fit` returns
    the model and forgets any earlier fit, what was learned ends in an underscore, and
    `get_params`, `set_params`, `clone` and `pickle` work.
    """

    def __init__(self, *, penalty: float = 0.0, strict: bool = False) -> None:
        self.penalty = penalty
        self.strict = strict
        self._result: FitResult | None = None
        self._training: Customers | None = None
        self._weights: NDArray[np.float64] | None = None
        self._penalty_of_fit = 0.0
        self._names: dict[str, str] = {}
        self._fixed: dict[str, float] = {}
        self._start: dict[str, float] = {}

    @abstractmethod
    def _parameter_table(self) -> list[tuple[str, str, str]]:
        """Return name, meaning and dimension of each parameter."""

    @abstractmethod
    def _fit(self, customers: Customers, weights: Any) -> dict[str, Any]:
        """Return what the core found."""

    @abstractmethod
    def _profile(self, parameter: int, level: float) -> tuple[float, float]:
        """Return the profile-likelihood interval of one parameter."""

    @abstractmethod
    def _log_likelihoods(self, customers: Customers) -> NDArray[np.float64]:
        """Return the log-likelihood of each customer."""

    @abstractmethod
    def _customers(self, data: object) -> Customers:
        """Return the customers to predict for: those given, or those of the fit."""

    # -- fitting -----------------------------------------------------------------

    def _learn(
        self,
        data: object,
        columns: dict[str, str],
        *,
        weights: str | ArrayLike | None,
        unit: str | None,
        fixed: Mapping[str, float] | None = None,
        start: Mapping[str, float] | None = None,
        complain: bool = True,
    ) -> None:
        """Fit to the columns of the data, which are called as `columns` says."""
        self._result, self._training, self._weights = None, None, None
        names = tuple(name for name, _, _ in self._parameter_table())
        customers = self._customers_to_fit(data, columns, unit).kept()
        self._names = columns
        self._weights = customers.weights(data, weights)
        seen = self._seen_in_fit(customers, self._weights)
        customers = replace(customers, covariates=self._explain(data, seen))
        size, names = len(names), (*names, *self._coefficient_names())
        self._fixed = parameters_named(fixed, "fixed", names)
        self._start = parameters_named(start, "start", names)
        found = self._completed(self._fit(customers, self._weights), size)
        held = {*found.get("fixed", ()), *self._fixed, *self._unknowable}
        in_order = tuple(name for name in names if name in held)
        result = FitResult.of(names, found, customers.unit, in_order)
        self._result, self._training = result, customers
        self._penalty_of_fit = self.penalty
        if complain and result.status != "converged":
            self._complain(result)

    def _strength(self) -> float:
        """Return the penalty of the fit, whatever the setting has become since.

        That of the setting as long as nothing is fitted.
        """
        return self.penalty if self._result is None else self._penalty_of_fit

    def _seen_in_fit(self, customers: Customers, weights: Any) -> NDArray[np.bool_]:
        """Return which rows a fit is to."""
        seen = np.ones(len(customers), np.bool_)
        if weights is not None and np.shape(weights) == seen.shape:
            seen &= weights > 0
        return seen

    def _customers_to_fit(
        self, data: object, columns: dict[str, str], unit: str | None
    ) -> Customers:
        """Return the customers to fit to."""
        return Customers.of(data, columns, unit=unit)

    def _complain(self, result: FitResult) -> None:
        message = f"{type(self).__name__}: {result.message}"
        if self.strict:
            error = ConvergenceError(message)
            error.model, error.reason = type(self).__name__, result.message
            error.hint = ""
            self._result, self._training = None, None
            raise error
        warnings.warn(message, ConvergenceWarning, stacklevel=4)

    @classmethod
    def _from_params(
        cls,
        parameters: dict[str, float],
        covariance: ArrayLike | None,
        unit: str | None,
        fixed: tuple[str, ...] = (),
        **settings: Any,
    ) -> Self:
        """Make a model with these settings and parameters, some of them `fixed`."""
        model = cls(**settings)
        size = len(parameters)
        scales = model._scales()
        for name, value in parameters.items():
            fits, expected = {
                "probability": (0 < value < 1, "lie between 0 and 1"),
                "association": (-1 <= value <= 1, "lie between -1 and 1"),
            }.get(
                scales.get(name, "positive"),
                (math.isfinite(value) and value > 0, "be finite and greater than 0"),
            )
            if not fits:
                raise ParameterError.of(name, expected, found=repr(value))
        matrix = None if covariance is None else covariance_matrix(covariance, size)
        unit = None if unit is None else unit_named(unit)
        parameters = {name: float(value) for name, value in parameters.items()}
        model._result = FitResult.given(parameters, matrix, unit, fixed)
        return model

    def _told(self, held: Mapping[str, float]) -> dict[str, list[float | None]]:
        """Return what the core is told of each parameter: its value, or where to start.

        What the user holds fixed goes before what the model itself holds.
        """
        names = [name for name, _, _ in self._parameter_table()]
        fixed = {**held, **self._fixed}
        return {
            "fixed": [fixed.get(name) for name in names],
            "start": [self._start.get(name) for name in names],
        }

    # -- what was learned --------------------------------------------------------

    @property
    @override
    def result_(self) -> FitResult:
        """Everything that the fit found, as plain numbers."""
        if self._result is None:
            msg = f"this {type(self).__name__} is not fitted; call fit() first"
            raise NotFittedError(msg)
        return self._result

    @property
    def params_(self) -> dict[str, float]:
        """The parameters by name."""
        return dict(self.result_.parameters)

    @property
    def covariance_(self) -> NDArray[np.float64]:
        """Covariance of the parameters, in their order; NaN where there is none."""
        result = self.result_
        if result.covariance is None:
            return np.full((len(result.parameters), len(result.parameters)), np.nan)
        return result.covariance.copy()

    @property
    def standard_errors_(self) -> dict[str, float]:
        """Standard errors of the parameters by name; NaN where there are none."""
        errors = np.sqrt(np.diag(self.covariance_))
        return dict(zip(self.result_.parameters, map(float, errors), strict=True))

    @property
    def log_likelihood_(self) -> float:
        """The log-likelihood at the estimates, without any penalty."""
        return self.result_.log_likelihood

    @property
    def aic_(self) -> float:
        """Akaike's information criterion: smaller is better."""
        return 2.0 * self.result_.n_estimated - 2.0 * self.log_likelihood_

    @property
    def bic_(self) -> float:
        """Bayesian information criterion, with the number of customers."""
        result = self.result_
        if result.status == "given":
            return math.nan
        size = result.n_estimated
        return size * math.log(result.customers) - 2.0 * result.log_likelihood

    @property
    def converged_(self) -> bool:
        """Whether the fit ended at an optimum that identifies every parameter."""
        return self.result_.status == "converged"

    @property
    def n_customers_(self) -> float:
        """How many customers were fitted to (the sum of the weights)."""
        return self.result_.customers

    @property
    def time_unit_(self) -> str | None:
        """What ages and horizons are measured in; None if that was not said."""
        return self.result_.time_unit

    def _scales(self) -> dict[str, Scale]:
        """Return the range of each parameter, by name."""
        ranges: dict[str, Scale] = {
            "share": "probability",
            "association": "association",
        }
        return {
            name: ranges.get(dimension, "positive")
            for name, _, dimension in self._parameter_table()
        }

    def _customers_of(self, data: object, columns: Mapping[str, str]) -> Customers:
        """Return the customers to predict for: those given, or those of the fit.

        Columns of a frame may be called as they were in the fit.
        """
        result, name = self.result_, type(self).__name__
        if data is None:
            if self._training is not None:
                return self._training
            msg = (
                f"this {name} does not hold the customers of its fit (it was loaded, "
                "or made from given parameters); pass them as data"
            )
            raise NotFittedError(msg)
        customers = Customers.of(data, columns, fitted=self._names, unit=None)
        units = {customers.unit, result.time_unit} - {None}
        if len(units) > 1:
            raise ParameterError.of(
                name="data",
                expected=f"have ages in {plural(result.time_unit)} as this {name} has",
                found=f"ages in {plural(customers.unit)}",
                hint=f"log.summary(unit={result.time_unit!r}) makes such a summary",
            )
        return replace(
            customers,
            unit=customers.unit or result.time_unit,
            covariates=self._covariates_of(data),
        )

    def log_likelihood(self, data: object = None) -> Any:
        """Return the log-likelihood of each customer, as a series.

        Parameters
        ----------
        data : Summary or frame, optional
            The customers; those of the fit if left out.
        """
        customers = self._customers(data)
        return customers.series("log_likelihood", self._log_likelihoods(customers))

    # -- intervals of the parameters ---------------------------------------------

    def confidence_intervals(
        self, level: float = 0.95, *, method: IntervalMethod = "wald"
    ) -> dict[str, tuple[float, float]]:
        """Return an interval for each parameter.

        Parameters
        ----------
        level : float, default 0.95
            How often such intervals hold the true value.
        method : {"wald", "log", "profile"}, default "wald"
            Estimate plus and minus standard errors; the same on the log scale (that of
            log odds for shares), which cannot leave the parameter's range; or the
            values that the data do not reject by a likelihood-ratio test when all other
            parameters are refitted, which is the best of the three and takes a few
            fits. A profile interval may end at infinity.

        Returns
        -------
        dict of str to (float, float)
            Lower and upper end by parameter.
        """
        check_level(level, name="level")
        result = self.result_
        if method == "profile":
            profiles = [self._profile(j, level) for j in range(len(result.parameters))]
            return dict(zip(result.parameters, profiles, strict=True))
        if method not in ("wald", "log"):
            raise ParameterError.of(
                name="method",
                expected="be 'wald', 'log' or 'profile'",
                found=repr(method),
            )
        errors = self.standard_errors_
        ends: dict[str, tuple[float, float]] = {}
        for name, value in result.parameters.items():
            scale = "plain" if method == "wald" else self._scales().get(name, "plain")
            pair = np.array([value]), np.array([errors[name]])
            lower, upper = bounds(*pair, level, scale)
            ends[name] = float(lower[0]), float(upper[0])
        return ends

    def summary(self, level: float = 0.95, *, method: IntervalMethod = "wald") -> Any:
        """Return the parameters as a table of the family of the training data.

        One row a parameter: estimate, standard error, and the interval of
        `confidence_intervals`.
        """
        intervals = self.confidence_intervals(level, method=method)
        columns = {
            "parameter": np.array(list(self.params_), dtype=object),
            "estimate": np.array(self.result_.theta),
            "std_error": np.array(list(self.standard_errors_.values())),
            "lower": np.array([lower for lower, _ in intervals.values()]),
            "upper": np.array([upper for _, upper in intervals.values()]),
        }
        return native_frame(columns, family=self._family(), index="parameter")

    @override
    def _family(self) -> str:
        return "numpy" if self._training is None else self._training.family

    # -- storage -----------------------------------------------------------------

    @override
    def to_dict(self) -> dict[str, Any]:
        """Return settings and fit as numbers and texts; the training data stay out."""
        return {
            "format": FORMAT,
            "tenure": VERSION,
            "model": type(self).__name__,
            "settings": self.get_params(),
            "columns": self._names,
            "covariates": self._stored_effects(),
            "fit": None if self._result is None else self._result.to_dict(),
        }

    @override
    @classmethod
    def from_dict(cls, stored: Mapping[str, Any]) -> Self:
        """Return the model that `to_dict` wrote."""
        cls._check_stored(stored)
        model = cls(**stored["settings"])
        model._names = dict(stored.get("columns", {}))
        model._restore_effects(stored.get("covariates"))
        if stored["fit"] is not None:
            model._result = FitResult.from_dict(stored["fit"])
        return model

    @override
    def __getstate__(self) -> dict[str, Any]:
        """Pickle without the training data: a fitted model is a few numbers."""
        return {**self.__dict__, "_training": None, "_weights": None}

    # -- display -----------------------------------------------------------------

    def _headline(self) -> str:
        result, name = self.result_, type(self).__name__
        ages = self._ages()
        if result.status == "given":
            return f"{name} with given parameters{ages}"
        how = {
            "converged": f"converged in {result.iterations} iterations",
            "boundary": "at a boundary",
            "stopped": f"stopped after {result.iterations} iterations",
        }[result.status]
        return (
            f"{name} fitted to {result.customers:,.10g} customers{ages}; "
            f"log-likelihood {result.log_likelihood:.2f}, AIC {self.aic_:.1f}, {how}"
        )

    def _ages(self) -> str:
        unit = self.result_.time_unit
        return f", T in {plural(unit)}" if unit else ""

    def _table(self) -> tuple[list[str], list[list[str]]]:
        intervals = self.confidence_intervals(0.95)
        rows = [
            [
                name,
                f"{value:#.4g}",
                f"{self.standard_errors_[name]:#.2g}",
                f"[{intervals[name][0]:#.4g}, {intervals[name][1]:#.4g}]",
            ]
            if name not in self.result_.fixed
            else [name, f"{value:#.4g}", "fixed", ""]
            for name, value in self.params_.items()
        ]
        header = ["", "estimate", "std. error", "95 % interval"]
        if self.result_.covariance is None:
            return header[:2], [row[:2] for row in rows]
        return header, rows

    @override
    def __repr__(self) -> str:
        if self._result is None:
            return self._constructor()
        notes = "".join(f"\n{note}" for note in self._notes())
        return f"{self._headline()}\n{text_table(*self._table())}{notes}"

    def _repr_html_(self) -> str:
        if self._result is None:
            return html_report(repr(self), [], [])
        return html_report(self._headline(), *self._table(), "; ".join(self._notes()))

    def _notes(self) -> list[str]:
        """Return what to know beside the table."""
        compared = "" if self._effects is None else self._effects.words()
        return [note for note in (self.result_.message, compared) if note]


def covariance_matrix(given: ArrayLike, size: int) -> NDArray[np.float64]:
    """Return a covariance matrix of `size` parameters, or say why it is none."""
    matrix = np.array(given, dtype=np.float64)
    if matrix.shape != (size, size):
        raise ParameterError.of(
            name="covariance",
            expected=f"have one row and one column a parameter, {size} by {size}",
            found=" by ".join(map(str, matrix.shape)) or "a single number",
        )
    if not np.isfinite(matrix).all():
        problem = "values that are not finite"
    elif not np.allclose(matrix, matrix.T, rtol=1e-6, atol=0.0):
        problem = "one that is not symmetric"
    elif np.linalg.eigvalsh(matrix)[0] < -1e-9 * np.abs(matrix).max():
        problem = "one with a negative variance in some direction"
    else:
        return matrix
    raise ParameterError.of(
        name="covariance",
        expected="be finite, symmetric and positive semi-definite",
        found=problem,
    )
