"""What a ZILN regression found, in the units of its covariates."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from tenure.exceptions import DataError, ParameterError

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from numpy.typing import NDArray

    from tenure._frame import Table
    from tenure.survival._covariates import Covariates

    Floats = NDArray[np.float64]

__all__ = [
    "HEADS",
    "ZilnResult",
    "checked",
    "finite_matrix",
    "in_units",
    "moments",
]

HEADS = ("buying", "value", "spread")
"""The heads of the regression."""


@dataclass(frozen=True, eq=False)
class ZilnResult:
    """Coefficients in the user's units, one head after the other.

    Attributes
    ----------
    heads : tuple of str
        The head of each coefficient: "buying", "value" or "spread".
    names : tuple of str
        Its covariate; "constant" for constants.
    coefficients : float64 array
    covariance : float64 array, shape (k, k), or None
    log_likelihood : float
    customers : float
    gradient_norm : float
    status, message : str
    """

    heads: tuple[str, ...]
    names: tuple[str, ...]
    coefficients: Floats
    covariance: Floats | None
    log_likelihood: float
    customers: float
    gradient_norm: float
    status: str
    message: str

    def __post_init__(self) -> None:
        """Make what was learned read-only."""
        self.coefficients.setflags(write=False)
        if self.covariance is not None:
            self.covariance.setflags(write=False)

    def of(self, head: str) -> NDArray[np.intp]:
        """Return the places of a head's coefficients."""
        return np.array([i for i, one in enumerate(self.heads) if one == head])


def checked(values: Floats, column: str, *, least: float | None = None) -> Floats:
    """Return a column as numbers; all must be finite, and not too small."""
    numbers = np.array(values, dtype=np.float64)
    bad = ~np.isfinite(numbers)
    if least is not None:
        bad |= numbers < least
    if bad.any():
        row = int(bad.argmax())
        raise DataError.at(
            column,
            "be finite" if least is None else f"be finite and at least {least:g}",
            row=row,
            found=repr(float(numbers[row])),
            count=int(bad.sum()),
        )
    return numbers


def finite_matrix(covariates: Covariates, table: Table) -> Floats:
    """Return one row of numbers a row of the table; all must be finite."""
    x = covariates.matrix(table)
    for place, name in enumerate(covariates.names):
        checked(x[:, place], name)
    return x


def moments(
    x: Floats, names: Sequence[str], counts: Floats | None = None
) -> tuple[Floats, Floats]:
    """Return mean and standard deviation of each covariate; all must vary.

    Of so many customers a row, if `counts` says how many.
    """
    if not len(x) or not x.shape[1]:
        width = int(x.shape[1])
        return np.zeros(width), np.ones(width)
    means: Floats = np.average(x, axis=0, weights=counts)
    scales: Floats = np.sqrt(np.average((x - means) ** 2, axis=0, weights=counts))
    for name, mean, scale in zip(names, means, scales, strict=True):
        if not scale > 1e-12 * max(1.0, abs(float(mean))):
            raise ParameterError.of(
                name="covariates",
                expected="vary over customers",
                found=f"{name!r}, which is {mean:g} for all",
            )
    return means, scales


def in_units(
    found: Mapping[str, Any],
    names: Sequence[str],
    means: Floats,
    scales: Floats,
    customers: float,
) -> ZilnResult:
    """Return what the core found in the units of the covariates."""
    size = len(found["coefficients"])
    width = 1 + len(names)
    # constant + sum of b (x - mean) / scale, sorted by powers of x
    head = np.diag(np.concatenate([[1.0], 1.0 / scales]))
    head[0, 1:] = -means / scales
    transform = np.zeros((size, size))
    labels = ("constant", *names)
    heads: list[str] = []
    columns: list[str] = []
    for place, start in enumerate(range(0, size, width)):
        stop = min(start + width, size)
        transform[start:stop, start:stop] = head[: stop - start, : stop - start]
        heads += [HEADS[place]] * (stop - start)
        columns += labels[: stop - start]
    covariance = found["covariance"]
    message = {
        "converged": "",
        "boundary": "some covariates tell buyers from others without fail, or are "
        "combinations of each other: their coefficients are not known; try a penalty, "
        "or fewer covariates",
        "stopped": "no optimum was reached; try a penalty",
    }[found["status"]]
    return ZilnResult(
        heads=tuple(heads),
        names=tuple(columns),
        coefficients=transform @ found["coefficients"],
        covariance=transform @ covariance @ transform.T if covariance.size else None,
        log_likelihood=found["log_likelihood"],
        customers=customers,
        gradient_norm=found["gradient_norm"],
        status=found["status"],
        message=message,
    )
