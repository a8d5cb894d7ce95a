"""What the parameters of distributions are called, and what a fit of one found."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from tenure._intervals import delta_method

if TYPE_CHECKING:
    from collections.abc import Mapping

    from numpy.typing import NDArray

__all__ = ["Distribution", "ParametricResult"]

CURED = "cured_share_"
"""The share that never has the event."""


@dataclass(frozen=True)
class Distribution:
    """A distribution of durations.

    Attributes
    ----------
    family : str
        What the core calls it.
    names : tuple of str
        Its parameters: location, scale, shape.
    positive : tuple of str
        Those whose logarithms are estimated.
    """

    family: str
    names: tuple[str, ...]
    positive: tuple[str, ...]

    def natural(self, name: str, value: float) -> float:
        """Return a parameter from what was estimated."""
        if name == CURED:
            return 1 / (1 + math.exp(-value)) if value > -700 else 0.0
        return math.exp(value) if name in self.positive else value


@dataclass(frozen=True, eq=False)
class ParametricResult:
    """Estimates and how they were found.

    Attributes
    ----------
    coefficients : dict of (str, str) to float
        By parameter and covariate, in the order of `covariance`.
    covariance : float64 array, shape (k, k)
    width : int
        How many covariates there are.
    rest : (float, float, float)
        Scale, shape and log odds of never having the event, 0 where there is none.
    cured : bool
        Whether such a share was estimated.
    log_likelihood, rows : float
    iterations : int
    gradient_norm : float
    status, message : str
    """

    coefficients: Mapping[tuple[str, str], float]
    covariance: NDArray[np.float64]
    width: int
    rest: tuple[float, float, float]
    cured: bool
    log_likelihood: float
    rows: float
    iterations: int
    gradient_norm: float
    status: str
    message: str

    @classmethod
    def of(
        cls,
        distribution: Distribution,
        covariates: list[str],
        found: Mapping[str, Any],
        *,
        cured: bool,
        rows: float,
    ) -> ParametricResult:
        """Return what the core found, under the parameters' names."""
        location, *others = distribution.names
        keys = [(location, name) for name in ("Intercept", *covariates)]
        keys += [(name, "Intercept") for name in others]
        if cured:
            keys.append((CURED, "Intercept"))
        values = found["parameters"].tolist()
        tail = values[1 + len(covariates) :]
        odds = tail.pop() if cured else 0.0
        scale, shape = [*tail, 0.0, 0.0][:2]
        return cls(
            coefficients=dict(zip(keys, values, strict=True)),
            covariance=found["covariance"],
            width=len(covariates),
            rest=(scale, shape, odds),
            cured=cured,
            log_likelihood=found["log_likelihood"],
            rows=rows,
            iterations=found["iterations"],
            gradient_norm=found["gradient_norm"],
            status=found["status"],
            message=found["message"],
        )

    @property
    def errors(self) -> NDArray[np.float64]:
        """Standard errors of the coefficients."""
        return np.sqrt(np.diag(self.covariance))

    @property
    def cured_share(self) -> float:
        """The share that never has the event."""
        return 1 / (1 + math.exp(-self.rest[2])) if self.cured else 0.0

    def locations(self, x: NDArray[np.float64]) -> NDArray[np.float64]:
        """Return the location of each row of covariates."""
        values = np.array(list(self.coefficients.values()))
        return values[0] + x @ values[1 : 1 + self.width]

    def chained(
        self, gradients: NDArray[np.float64], x: NDArray[np.float64]
    ) -> NDArray[np.float64]:
        """Return derivatives by the coefficients from those by the four parameters."""
        location = gradients[:, :1]
        size = len(self.coefficients) - self.width - int(self.cured)
        parts = [location, location * x, gradients[:, 1:size]]
        if self.cured:
            parts.append(gradients[:, 3:4])
        return np.concatenate(parts, axis=1)

    def spread(self, slopes: NDArray[np.float64]) -> NDArray[np.float64]:
        """Return standard errors of what has these derivatives."""
        return delta_method(slopes, self.covariance)
