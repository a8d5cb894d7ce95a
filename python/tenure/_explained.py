"""Models whose parameters depend on covariates: what all of them have in common."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, ClassVar, NamedTuple, TypeAlias

import numpy as np

from tenure._effects import Effects
from tenure._frame import Table, native_frame
from tenure._intervals import check_level, normal_quantile
from tenure._settings import Configured
from tenure.exceptions import ColumnError, ParameterError
from tenure.summary import Summary

if TYPE_CHECKING:
    from abc import abstractmethod
    from collections.abc import Mapping, Sequence

    from numpy.typing import NDArray

    from tenure._customers import Customers
    from tenure._effects import Chosen
    from tenure._fit import FitResult

    Floats: TypeAlias = NDArray[np.float64]

__all__ = ["Explained"]


class Known(NamedTuple):
    """Estimates that the data say something of, and the place of one of them."""

    estimates: list[float]
    place: int


class Explained(Configured):
    """A model whose parameters may depend on what is known of customers."""

    _processes: ClassVar[dict[str, str]] = {}
    """What covariates act on, and what the exponential of a coefficient is there."""

    shared_covariates: Sequence[str] | None = None
    covariate_penalty: float | Mapping[str, float] = 0.0

    _effects: Effects | None = None
    _unknowable: tuple[str, ...] = ()

    if TYPE_CHECKING:

        @property
        @abstractmethod
        def result_(self) -> FitResult: ...

    def _chosen(self) -> dict[str, Chosen]:
        """Return the covariates of each process, as they were given."""
        return {}

    def _setting(self, process: str) -> str:
        """Return the name of the setting with the covariates of a process."""
        own = f"{process}_covariates"
        return own if own in self._settings() else "covariates"

    def _customer_parameters(
        self, theta: list[float], predictors: Floats, *, gradient: bool
    ) -> tuple[Floats, Floats | None]:
        """Return the parameters of customers with these linear predictors."""
        raise NotImplementedError

    # -- learning --------------------------------------------------------------------

    def _explain(self, data: object, seen: NDArray[np.bool_]) -> Floats | None:
        """Learn what becomes of the covariates, and return their columns.

        `seen` says which rows the fit is to.
        """
        self._effects, self._unknowable = None, ()
        chosen = self._chosen()
        if not any(columns is not None and len(columns) for columns in chosen.values()):
            if self.shared_covariates:
                raise ParameterError.of(
                    name="shared_covariates",
                    expected="name covariates of both processes",
                    found=repr(self.shared_covariates[0]),
                )
            return None
        table = _table(data, chosen)
        effects = Effects.of(
            table,
            chosen,
            {process: self._setting(process) for process in chosen},
            shared=self.shared_covariates or (),
            penalty=self.covariate_penalty,
        )
        matrix = effects.matrix(table)
        self._unknowable = effects.unknowable(matrix[seen]) if seen.any() else ()
        self._effects = effects
        return matrix

    def _coefficient_names(self) -> tuple[str, ...]:
        return () if self._effects is None else self._effects.names

    def _design(
        self,
        customers: Customers,
        fixed: Mapping[str, float] | None = None,
        start: Mapping[str, float] | None = None,
    ) -> dict[str, Any] | None:
        """Return the covariates as the core wants them; None where there are none."""
        if self._effects is None:
            return None
        assert customers.covariates is not None  # noqa: S101
        return self._effects.for_core(
            customers.covariates, without=self._unknowable, fixed=fixed, start=start
        )

    def _completed(self, found: dict[str, Any], size: int) -> dict[str, Any]:
        """Return what the core found, with coefficients that are not known at 0."""
        if self._effects is None:
            return found
        known = [name not in self._unknowable for name in self._effects.names]
        places = (size + place for place, one in enumerate(known) if one)
        where = [*range(size), *places]
        parameters = np.zeros(size + len(known))
        parameters[where] = found["parameters"]
        covariance = found["covariance"]
        if covariance.size:
            covariance = np.zeros((len(parameters), len(parameters)))
            covariance[np.ix_(where, where)] = found["covariance"]
        message = found["message"]
        if self._unknowable:
            nothing = dict.fromkeys(
                f"`{one.covariate}` is 0 for every customer"
                for one in self._effects.coefficients
                if one.name in self._unknowable
            )
            said = (
                f"{', '.join(nothing)}: the data do not identify its coefficient, "
                "which is held at 0"
            )
            message = f"{message}; {said}" if message else said
        return {
            **found,
            "parameters": parameters,
            "covariance": covariance,
            "message": message,
        }

    def _known_place(self, parameter: int) -> Known | None:
        """Return the estimates that a refit knows; None for one of no coefficient."""
        parameters = self.result_.parameters
        name = list(parameters)[parameter]
        if name in self._unknowable:
            return None
        known = [one for one in parameters if one not in self._unknowable]
        return Known([parameters[one] for one in known], known.index(name))

    # -- predicting ------------------------------------------------------------------

    def _covariates_of(self, data: object) -> Floats | None:
        """Return the covariates of customers to predict for."""
        if self._effects is None:
            return None
        return self._effects.matrix(_table(data, {"": self._effects.columns}))

    def _covariates_of_new(self, frame: object) -> Floats | None:
        """Return the covariates of new customers; None for a model without."""
        if self._effects is None:
            if frame is None:
                return None
            raise ParameterError.of(
                name="covariates",
                expected=f"be left out: this {type(self).__name__} has none",
                found=type(frame).__name__,
            )
        if frame is None:
            raise ParameterError.of(
                name="covariates",
                expected="hold those of new customers: "
                + ", ".join(self._effects.columns),
                found="None",
            )
        return self._covariates_of(frame)

    def _own(
        self, customers: Customers, theta: Sequence[float] | None = None
    ) -> list[float] | Floats:
        """Return what the core wants: parameters of all, or a row for each customer."""
        values = list(self.result_.theta if theta is None else theta)
        if self._effects is None:
            return self._for_core(values)
        base, by = self._predicted(customers, values)
        if self._is_plain():
            return self._for_core(base)
        return self._customer_parameters(base, by.ravel(), gradient=False)[0]

    def _is_plain(self) -> bool:
        """Whether the data say nothing of any coefficient."""
        return set(self._coefficient_names()) <= set(self._unknowable)

    def _for_core(self, theta: Sequence[float]) -> list[float]:
        """Return parameters of all customers as the core wants them."""
        return list(theta)

    def _predicted(
        self, customers: Customers, theta: list[float]
    ) -> tuple[list[float], Floats]:
        """Return the parameters at covariates of 0, and linear predictors."""
        assert self._effects is not None  # noqa: S101
        size = len(theta) - len(self._effects.names)
        if customers.covariates is None:
            raise ParameterError.of(
                name="data",
                expected="hold the covariates of the customers: "
                + ", ".join(self._effects.columns),
                found="none",
            )
        by = self._effects.predictors(customers.covariates, theta[size:])
        return theta[:size], by

    def _chained(
        self,
        customers: Customers,
        gradients: Floats | None,
        theta: Sequence[float] | None = None,
    ) -> Floats | None:
        """Return slopes in the parameters of all, given those in customers' own."""
        if self._effects is None or gradients is None:
            return gradients
        values = list(self.result_.theta if theta is None else theta)
        base, by = self._predicted(customers, values)
        if self._is_plain():
            nothing = np.zeros((len(gradients), len(self._effects.names)))
            return np.hstack([gradients[:, self._places()], nothing])
        _, along = self._customer_parameters(base, by.ravel(), gradient=True)
        assert along is not None  # noqa: S101
        assert customers.covariates is not None  # noqa: S101
        size = gradients.shape[1]
        inner = along.reshape(len(customers), size, -1)
        with np.errstate(invalid="ignore"):  # where something does not exist
            slopes = np.einsum("nk,nkm->nm", gradients, inner)
            rest = self._effects.slopes(customers.covariates, slopes[:, size:])
        return np.ascontiguousarray(np.hstack([slopes[:, self._places()], rest]))

    def _places(self) -> list[int]:
        """Return where this model's parameters stand among those of the core's."""
        names = set(self.result_.parameters) - set(self._coefficient_names())
        return list(range(len(names)))

    # -- what was learned ------------------------------------------------------------

    def rate_ratios(self, level: float = 0.95) -> Any:
        """Return by what factor covariates change what they act on.

        The exponential of each coefficient: the factor by which a rate, the odds of a
        probability or a mean is larger for a customer whose covariate is larger by 1,
        or who is of the category rather than of the one that it is compared with.

        Parameters
        ----------
        level : float, default 0.95
            How often such intervals hold the true factor; they are made on the scale
            of the coefficients.

        Returns
        -------
        frame
            One row a covariate and process: `process`, `covariate`, `compared_with`
            (the reference category; empty for numbers), `measure` ("rate ratio", "odds
            ratio", "hazard ratio" or "mean ratio"), `ratio`, `lower`, `upper`. The
            family is that of the data of the fit.

        Raises
        ------
        ParameterError
            If the model has no covariates.

        Examples
        --------
        >>> import tenure as tn
        >>> customers = tn.datasets.load_telco_churn()
        >>> customers = customers[customers["tenure"] > 0]
        >>> customers = customers.assign(churned=customers["churn"] == "Yes")
        >>> model = tn.SBG(covariates=["contract"])
        >>> model = model.fit(customers, duration="tenure")
        >>> model.rate_ratios()[["covariate", "compared_with", "ratio"]].round(3)
                   covariate   compared_with  ratio
        0  contract=One year  Month-to-month  0.050
        1  contract=Two year  Month-to-month  0.009
        """
        check_level(level, name="level")
        result = self.result_
        if self._effects is None:
            raise ParameterError.of(
                name="rate_ratios",
                expected="be asked of a model with covariates",
                found="none",
            )
        covariance = result.covariance
        errors = (
            np.full(len(result.parameters), np.nan)
            if covariance is None
            else np.sqrt(np.diag(covariance))
        )
        places = {name: place for place, name in enumerate(result.parameters)}
        rows = [
            (process, one)
            for process in self._processes
            for one in self._effects.coefficients
            if process in one.processes
        ]
        estimates = np.array([result.parameters[one.name] for _, one in rows])
        spread = np.array(
            [
                np.nan if one.name in self._unknowable else errors[places[one.name]]
                for _, one in rows
            ]
        )
        reach = normal_quantile(level) * spread
        columns: dict[str, NDArray[Any]] = {
            "process": np.array([process for process, _ in rows], dtype=object),
            "covariate": np.array([one.covariate for _, one in rows], dtype=object),
            "compared_with": np.array([one.reference for _, one in rows], dtype=object),
            "measure": np.array(
                [self._processes[process] for process, _ in rows], dtype=object
            ),
            "ratio": np.exp(estimates),
            "lower": np.exp(estimates - reach),
            "upper": np.exp(estimates + reach),
        }
        return native_frame(columns, family=self._family())

    def _family(self) -> str:
        """Return the kind of frame that results come back as."""
        return "numpy"

    # -- storage ---------------------------------------------------------------------

    def _stored_effects(self) -> dict[str, Any] | None:
        if self._effects is None:
            return None
        return {**self._effects.to_dict(), "unknowable": list(self._unknowable)}

    def _restore_effects(self, stored: Mapping[str, Any] | None) -> None:
        if stored is not None:
            self._effects = Effects.from_dict(stored)
            self._unknowable = tuple(stored["unknowable"])


def _table(data: object, chosen: Mapping[str, Chosen]) -> Table:
    """Return the data as a table that has covariates."""
    if not isinstance(data, Summary):
        return Table.of(data)
    for columns in chosen.values():
        names = [columns] if isinstance(columns, str) else list(columns or ())
        for name in names:
            hint = (
                "join the summary's frame, to_frame(), with what is known of customers"
            )
            raise ColumnError.unusable(
                name, "is none of a summary", tuple(data.columns), hint=hint
            )
    return Table.of(data)
