"""Models of renewal: how they are fitted, and what the core is asked."""

from __future__ import annotations

import math
from dataclasses import replace
from typing import TYPE_CHECKING, Any, ClassVar, Literal, TypeAlias

import numpy as np

from tenure import _core
from tenure._customers import Customers
from tenure._estimator import Estimator
from tenure._fit import FitResult
from tenure._frame import Table
from tenure._held import parameters_named
from tenure._typing import override
from tenure._units import plural, unit_named
from tenure.exceptions import (
    DataError,
    LengthError,
    NotFittedError,
    ParameterError,
)
from tenure.renewals import Renewals

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from typing import Self

    from numpy.typing import ArrayLike, NDArray

    from tenure._core_types import RenewalSettings
    from tenure._effects import Chosen

    Floats: TypeAlias = NDArray[np.float64]

__all__ = ["Quantity", "RenewalFit", "triple"]

Quantity: TypeAlias = Literal["survival", "leaving", "residual", "payments"]

SHARES = ("one_and_done", "never_leaving")
"""The parameters that a model has only if it is asked to."""
_NOTHING: dict[str, float] = dict.fromkeys(SHARES, 0.0)


class RenewalFit(Estimator):
    """A model of renewal without its predictions."""

    _model: ClassVar[str]
    _explained_model: ClassVar[str | None] = None
    """The core's model with covariates, where that is another one."""
    _continuous: ClassVar[bool] = False
    _processes: ClassVar[dict[str, str]] = {"churn": "hazard ratio"}

    one_and_done: bool
    never_leaving: bool

    def __init__(
        self,
        *,
        one_and_done: bool = False,
        never_leaving: bool = False,
        covariates: Chosen = None,
        covariate_penalty: float | Mapping[str, float] = 0.0,
        penalty: float = 0.0,
        strict: bool = False,
    ) -> None:
        super().__init__(penalty=penalty, strict=strict)
        self.covariates = covariates
        self.covariate_penalty = covariate_penalty
        self.one_and_done = one_and_done
        self.never_leaving = never_leaving
        self._renewals: Renewals | None = None

    @override
    def _parameter_table(self) -> list[tuple[str, str, str]]:
        return _core.renewal_parameters(self._model)

    @override
    def _chosen(self) -> dict[str, Chosen]:
        return {"churn": self.covariates}

    @property
    def _core_model(self) -> str:
        """The name of the core's model."""
        known = set(self._coefficient_names()) - set(self._unknowable)
        return self._explained_model or self._model if known else self._model

    def _all_parameters(self) -> tuple[str, ...]:
        """Return the parameters of the core's model."""
        return tuple(name for name, _, _ in _core.renewal_parameters(self._core_model))

    def _parameters(self) -> tuple[str, ...]:
        """Return the parameters that this model has, without coefficients.

        Those of the fit, whatever the settings have become since.
        """
        learned = None if self._result is None else self._result.parameters
        return tuple(
            name
            for name, _, _ in self._parameter_table()
            if name not in SHARES
            or (getattr(self, name) if learned is None else name in learned)
        )

    def _theta(self, own: Sequence[float] | None = None) -> list[float]:
        """Return parameters as the core wants them, without coefficients.

        A share that the model does not have is 0, and what else it does not have 1.
        """
        values = self.result_.theta if own is None else own
        known = dict(zip(self._parameters(), values, strict=False))
        return [known.get(n, _NOTHING.get(n, 1.0)) for n in self._all_parameters()]

    @override
    def _places(self) -> list[int]:
        every = self._all_parameters()
        return [every.index(name) for name in self._parameters()]

    @override
    def _customer_parameters(
        self, theta: list[float], predictors: Floats, *, gradient: bool
    ) -> tuple[Floats, Floats | None]:
        return _core.renewal_customer_parameters(
            self._core_model, self._theta(theta), predictors, gradient=gradient
        )

    @override
    def _for_core(self, theta: Sequence[float]) -> list[float]:
        return self._theta(theta)

    @classmethod
    def _with_shares(
        cls,
        given: dict[str, float],
        one_and_done: float,
        never_leaving: float,
        covariance: ArrayLike | None,
        unit: str | None,
    ) -> Self:
        """Make a model from known parameters; shares of 0 are none of them."""
        shares = {"one_and_done": one_and_done, "never_leaving": never_leaving}
        used = {name: share for name, share in shares.items() if share != 0.0}
        model = cls._from_params({**given, **used}, covariance, unit)
        model.one_and_done, model.never_leaving = (name in used for name in SHARES)
        return model

    # -- fitting ---------------------------------------------------------------------

    def fit(
        self,
        data: Renewals | object,
        *,
        duration: str = "duration",
        churned: str = "churned",
        weights: str | ArrayLike | None = None,
        fixed: Mapping[str, float] | None = None,
        start: Mapping[str, float] | None = None,
        unit: str | None = None,
    ) -> Self:
        """Find the parameters under which what the customers did is likeliest.

        Parameters
        ----------
        data : Renewals or frame
            A survival table, a cohort triangle or single customers, as `Renewals` reads
            them; or a frame with one row a customer, which is read as
            `Renewals.from_durations` does (with exact times for a model in continuous
            time).
        duration, churned : str
            For a frame, the columns: how long each customer stayed, and whether they
            left.
        weights : str or array, optional
            What each row counts beside the number of customers it stands for; a column
            of the frame, or the numbers.
        fixed : mapping of str to float, optional
            Parameters to hold at a value: `fixed={"c": 1.0}`.
        start : mapping of str to float, optional
            Where to start, for some or all parameters; the data say it otherwise.
        unit : str, optional
            How long a period is, for a frame.

        Returns
        -------
        self

        Raises
        ------
        DataError
            If a column holds something that cannot be.
        ConvergenceError
            If nobody left or nobody stayed, or (with `strict`) there is no clear
            optimum.

        Warns
        -----
        ConvergenceWarning
            If a parameter ran to a boundary, or no optimum was reached.
        """
        self._result, self._training, self._weights = None, None, None
        self._renewals = None
        self._names = {"duration": duration, "churned": churned}
        renewals = self._renewals_in(data, self._names, unit)
        self._learn_from(data, renewals, weights, fixed, start)
        return self

    def _learn_from(
        self,
        data: object,
        renewals: Renewals,
        weights: str | ArrayLike | None,
        fixed: Mapping[str, float] | None,
        start: Mapping[str, float] | None,
    ) -> None:
        customers = _as_customers(data, renewals)
        counts = renewals.customers
        if weights is not None:
            counts = counts * _checked_weights(customers.weights(data, weights), counts)
        _check_has_covariates(data, self.covariates)
        customers = replace(customers, covariates=self._explain(data, counts > 0))
        names = (*self._parameters(), *self._coefficient_names())
        held = parameters_named(fixed, "fixed", names)
        begin = parameters_named(start, "start", names)
        design = self._design(customers, held, begin)
        settings = self._core_settings(counts, held, begin, design)
        found = _core.renewal_fit(self._core_model, triple(customers), settings)
        result = self._reduced(found, renewals.unit, held)
        self._result, self._training, self._weights = result, customers, counts
        self._renewals, self._penalty_of_fit = renewals, self.penalty
        if result.status != "converged":
            self._complain(result)

    def _renewals_in(
        self, data: object, names: Mapping[str, str], unit: str | None
    ) -> Renewals:
        """Return the data as renewals, fit for this model."""
        if isinstance(data, Renewals):
            if unit is not None and data.unit is not None and unit != data.unit:
                raise ParameterError.of(
                    name="unit",
                    expected="be left out: the renewals have their own",
                    found=f"{unit!r} where they are in {data.unit}s",
                )
            renewals = data if unit is None else replace(data, unit=unit_named(unit))
        else:
            given: Any = unit
            renewals = Renewals.from_durations(
                data, **names, exact=self._continuous, unit=given
            )
        if renewals.exact and not self._continuous:
            raise ParameterError.of(
                name="data",
                expected=f"count whole periods for {type(self).__name__}, a model in "
                "discrete time",
                found="exact ages",
                hint="ExponentialGamma and WeibullGamma take exact ages",
            )
        return renewals

    def _core_settings(
        self,
        counts: Floats,
        held: Mapping[str, float],
        start: Mapping[str, float] | None = None,
        design: dict[str, Any] | None = None,
    ) -> RenewalSettings:
        own, every = self._parameters(), self._all_parameters()
        start = start or {}
        return {
            "weights": counts,
            "penalty": self._strength(),
            "fixed": [held.get(n) if n in own else _NOTHING.get(n, 1.0) for n in every],
            "start": [start.get(n) if n in own else None for n in every],
            "covariates": design,
        }

    def _reduced(
        self, found: dict[str, Any], unit: str | None, held: Mapping[str, float]
    ) -> FitResult:
        """Return what the core found of the parameters that this model has."""
        every, own = self._all_parameters(), self._parameters()
        coefficients = range(len(every), len(found["parameters"]))
        where = [*(every.index(name) for name in own), *coefficients]
        covariance = found["covariance"]
        if covariance.size:
            covariance = np.ascontiguousarray(covariance[np.ix_(where, where)])
        found = {
            **found,
            "parameters": found["parameters"][where],
            "covariance": covariance,
        }
        names = (*own, *self._coefficient_names())
        fixed = tuple(n for n in names if n in held or n in self._unknowable)
        return FitResult.of(names, self._completed(found, len(own)), unit, fixed)

    def _held(self) -> dict[str, float]:
        """Return the parameters that were held fixed, with their values."""
        result = self.result_
        return {name: result.parameters[name] for name in result.fixed}

    @override
    def _fit(self, customers: Customers, weights: Any) -> dict[str, Any]:
        settings = self._core_settings(weights, {})
        return _core.renewal_fit(self._core_model, triple(customers), settings)

    @override
    def _profile(self, parameter: int, level: float) -> tuple[float, float]:
        customers, known = self._customers(None), self._known_place(parameter)
        if known is None:
            return -math.inf, math.inf
        assert self._weights is not None  # noqa: S101
        every, own = self._all_parameters(), self._parameters()
        place = known.place - len(own) + len(every)
        if known.place < len(own):
            place = every.index(own[known.place])
        held = self._held()
        return _core.renewal_profile(
            self._core_model,
            [*self._theta(), *known.estimates[len(own) :]],
            triple(customers),
            self._core_settings(
                self._weights, held, design=self._design(customers, held)
            ),
            parameter=place,
            level=level,
        )

    @override
    def _log_likelihoods(self, customers: Customers) -> Floats:
        return _core.renewal_log_likelihood(
            self._core_model, self._own(customers), triple(customers)
        )

    @override
    def _customers(self, data: object) -> Customers:
        if data is None:
            return self._customers_of(None, {})
        names = self._names or {"duration": "duration", "churned": "churned"}
        customers = _as_customers(data, self._renewals_in(data, names, None))
        if self._effects is not None:
            _check_has_covariates(data, self._effects.columns)
        return replace(customers, covariates=self._covariates_of(data))

    @property
    def fitted_to_(self) -> float | None:
        """The highest age that the fit has seen; None if it was not fitted here."""
        _ = self.result_
        return None if self._renewals is None else self._renewals.longest

    def _seen(self) -> Renewals:
        """Return the renewals of the fit."""
        _ = self.result_
        if self._renewals is None:
            msg = (
                f"this {type(self).__name__} does not hold the customers of its fit "
                "(it was loaded, or made from given parameters)"
            )
            raise NotFittedError(msg)
        return self._renewals

    @override
    def log_likelihood(self, data: object = None) -> Any:
        """Return the log-likelihood of a customer of each row, as a series.

        Parameters
        ----------
        data : Renewals or frame, optional
            The customers; those of the fit if left out. What a row of a `Renewals`
            counts is not part of it.
        """
        return super().log_likelihood(data)

    # -- the work ----------------------------------------------------------------------

    def _spans(
        self,
        quantity: Quantity,
        ages: tuple[Floats, Floats],
        *,
        rate: float = 0.0,
        gradient: bool = False,
        theta: list[float] | None = None,
        covariates: Floats | None = None,
    ) -> tuple[Floats, Floats | None]:
        """Return a quantity for each pair of ages, and its slopes in the parameters."""
        pairs = np.column_stack(ages)
        where: Any = slice(None)
        if covariates is None:
            pairs, places = np.unique(pairs, axis=0, return_inverse=True)
            where = places.ravel()
        nobody: dict[str, Any] = {"from": pairs[:, 0]}
        who = Customers(nobody, "numpy", None, None, None, covariates)
        values, gradients = _core.renewal_predict(
            self._core_model,
            quantity,
            self._own(who, theta),
            (np.ascontiguousarray(pairs[:, 0]), np.ascontiguousarray(pairs[:, 1])),
            rate=rate,
            gradient=gradient,
        )
        if gradients is not None:
            if self._effects is None:
                gradients = gradients[:, self._places()]
            gradients = self._chained(who, gradients, theta)
        return values[where], None if gradients is None else gradients[where]

    def _of_customers(
        self, frame: object, *ages: Floats
    ) -> tuple[Floats | None, tuple[Floats, ...]]:
        """Return covariates and ages, as many of each.

        One age may be that of all customers, and one customer may be asked about at
        several ages.
        """
        if self._effects is None:
            return None, ages
        if frame is None:
            raise ParameterError.of(
                name="covariates",
                expected="hold those of the customers: "
                + ", ".join(self._effects.columns),
                found="None",
            )
        matrix = self._covariates_of(frame)
        assert matrix is not None  # noqa: S101
        rows, count = len(matrix), len(ages[0])
        if count != 1 and rows not in (1, count):
            raise ParameterError.of(
                name="covariates",
                expected=f"hold one customer, or one for each of {count:,} ages",
                found=f"{rows:,}",
            )
        size = max(rows, count)
        matrix = np.broadcast_to(matrix, (size, matrix.shape[1]))
        longer = tuple(np.ascontiguousarray(np.broadcast_to(a, size)) for a in ages)
        return np.ascontiguousarray(matrix), longer

    @override
    def __getstate__(self) -> dict[str, Any]:
        """Pickle without the training data: a fitted model is a few numbers."""
        return {**super().__getstate__(), "_renewals": None}

    @override
    def _ages(self) -> str:
        unit = self.result_.time_unit
        return f", ages in {plural(unit)}" if unit else ""


def _check_has_covariates(data: object, covariates: Chosen) -> None:
    """Pass unless covariates are asked of renewals, which have none."""
    if isinstance(data, Renewals) and covariates is not None and len(covariates):
        raise ParameterError.of(
            name="data",
            expected="be a frame with one row a customer and the covariates as columns",
            found="Renewals",
            hint="fit(frame, duration=..., churned=...) reads such a frame",
        )


def _as_customers(data: object, renewals: Renewals) -> Customers:
    """Return the contracts as what every model is fitted to."""
    columns = {
        "entry": renewals.entry,
        "from": renewals.last_seen,
        "to": renewals.gone,
    }
    index = None if isinstance(data, Renewals) else Table.of(data).index
    return Customers(columns, renewals.family, index, None, renewals.unit)


def triple(customers: Customers) -> tuple[Floats, Floats, Floats]:
    columns = customers.columns
    return columns["entry"], columns["from"], columns["to"]


def _checked_weights(weights: Floats, counts: Floats) -> Floats:
    """Return weights that can be multiplied with the rows' counts."""
    if weights.shape != counts.shape:
        raise LengthError.between(
            column="weights",
            found=weights.size,
            reference="customers",
            expected=len(counts),
        )
    bad = ~np.isfinite(weights) | (weights < 0)
    if bad.any():
        row = int(bad.argmax())
        raise DataError.at(
            column="weights",
            expected="be finite and at least 0",
            row=row,
            found=repr(float(weights[row])),
            count=int(bad.sum()),
        )
    return weights
