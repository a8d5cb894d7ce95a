"""What a fit found, as plain numbers."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from tenure.exceptions import ParameterError

if TYPE_CHECKING:
    from collections.abc import Mapping

    from numpy.typing import NDArray

__all__ = ["FitResult"]


@dataclass(frozen=True, eq=False)
class FitResult:
    """A model's parameters and how they were found.

    Attributes
    ----------
    parameters : dict of str to float
        Estimates, or the values given to `from_params`.
    covariance : array, shape (k, k), or None
        Covariance of the estimates: the inverse of the exact observed information.
        None where there is none: parameters that were given, or a likelihood without
        a curved optimum.
    log_likelihood : float
        At the estimates, without any penalty; NaN where nothing was fitted.
    customers : float
        How many customers were fitted to (the sum of the weights).
    iterations : int
        Evaluations of the likelihood.
    gradient_norm : float
        Largest slope of the mean objective in a log parameter.
    smallest_eigenvalue : float
        Smallest curvature of the mean objective in the log parameters.
    status : str
        "converged", "boundary" (a simpler model describes the data as well), "stopped"
        (before an optimum) or "given" (by `from_params`).
    message : str
        What to know about it, in words; may be empty.
    time_unit : str or None
        What the customers' ages are measured in.
    fixed : tuple of str
        The parameters that were held at a value, not estimated.
    """

    parameters: dict[str, float]
    covariance: NDArray[np.float64] | None
    log_likelihood: float
    customers: float
    iterations: int
    gradient_norm: float
    smallest_eigenvalue: float
    status: str
    message: str
    time_unit: str | None
    fixed: tuple[str, ...] = ()

    @classmethod
    def of(
        cls,
        names: tuple[str, ...],
        found: Mapping[str, Any],
        unit: str | None,
        fixed: tuple[str, ...] = (),
    ) -> FitResult:
        """Return what the core found, under the parameters' names."""
        covariance = found["covariance"]
        covariance.setflags(write=False)
        return cls(
            parameters=dict(zip(names, map(float, found["parameters"]), strict=True)),
            covariance=covariance if covariance.size else None,
            log_likelihood=found["log_likelihood"],
            customers=found["customers"],
            iterations=found["iterations"],
            gradient_norm=found["gradient_norm"],
            smallest_eigenvalue=found["smallest_eigenvalue"],
            status=found["status"],
            message=found["message"],
            time_unit=unit,
            fixed=fixed,
        )

    @classmethod
    def given(
        cls,
        parameters: dict[str, float],
        covariance: NDArray[np.float64] | None,
        unit: str | None,
        fixed: tuple[str, ...] = (),
    ) -> FitResult:
        """Return parameters that were not fitted here."""
        return cls(
            parameters=parameters,
            covariance=covariance,
            log_likelihood=math.nan,
            customers=0.0,
            iterations=0,
            gradient_norm=math.nan,
            smallest_eigenvalue=math.nan,
            status="given",
            message="",
            time_unit=unit,
            fixed=fixed,
        )

    def to_dict(self) -> dict[str, Any]:
        """Return numbers and texts that JSON can hold, without what is not finite."""
        numbers = {
            name: value
            for name in (
                "log_likelihood",
                "customers",
                "gradient_norm",
                "smallest_eigenvalue",
            )
            if math.isfinite(value := getattr(self, name))
        }
        return {
            "parameters": self.parameters,
            "covariance": None if self.covariance is None else self.covariance.tolist(),
            **numbers,
            "iterations": self.iterations,
            "status": self.status,
            "message": self.message,
            "time_unit": self.time_unit,
            "fixed": list(self.fixed),
        }

    @classmethod
    def from_dict(cls, stored: Mapping[str, Any]) -> FitResult:
        """Return what `to_dict` wrote."""
        covariance = stored["covariance"]
        return cls(
            parameters={name: float(p) for name, p in stored["parameters"].items()},
            covariance=None
            if covariance is None
            else np.array(covariance, dtype=float),
            log_likelihood=stored.get("log_likelihood", math.nan),
            customers=stored.get("customers", math.nan),
            iterations=stored["iterations"],
            gradient_norm=stored.get("gradient_norm", math.nan),
            smallest_eigenvalue=stored.get("smallest_eigenvalue", math.nan),
            status=stored["status"],
            message=stored["message"],
            time_unit=stored["time_unit"],
            fixed=tuple(stored.get("fixed", ())),
        )

    @property
    def theta(self) -> list[float]:
        """The parameters in order."""
        return list(self.parameters.values())

    @property
    def n_estimated(self) -> int:
        """How many parameters were estimated."""
        return len(self.parameters) - len(self.fixed)

    def needed_covariance(
        self, model: str, *, bootstrap: str | None = None
    ) -> NDArray[np.float64]:
        """Return the covariance, or say why there is none and so no interval.

        And what to give as `bootstrap` for an interval that needs none, if that can be.
        """
        if self.covariance is not None:
            return self.covariance
        reason = (
            "its parameters were given without a covariance"
            if self.status == "given"
            else self.message or "its information is not positive definite"
        )
        instead = ""
        if bootstrap is not None and self.status != "given":
            instead = " or come with a bootstrap"
            reason += f"; bootstrap={bootstrap} needs no standard errors"
        raise ParameterError.of(
            name="interval",
            expected=f"be left out{instead}: this {model} has no standard errors",
            found="a level",
            hint=reason,
        )
