"""What each event of a log is worth to the tables of value."""

from __future__ import annotations

from typing import TYPE_CHECKING, get_args

import numpy as np

from tenure.cohorts.values import What
from tenure.exceptions import ParameterError

if TYPE_CHECKING:
    from numpy.typing import ArrayLike, NDArray

    from tenure._core_types import HistoryColumns

__all__ = ["measured"]


def measured(
    history: HistoryColumns, what: str, margin: float | ArrayLike | None
) -> tuple[NDArray[np.float64] | None, float]:
    """Return the value of each event, and what later refunds count for."""
    if what not in get_args(What):
        expected = f"be one of {', '.join(get_args(What))}"
        raise ParameterError.of(name="what", expected=expected, found=repr(what))
    if what == "orders":
        return None, 0.0
    values = history["values"]
    if values is None:
        raise ParameterError.of(
            name="what",
            expected="be 'orders' for a log without amounts",
            found=repr(what),
            hint="Transactions(..., amount=...) reads them",
        )
    if what == "refunds":
        return np.zeros_like(values), 1.0
    if what == "revenue":
        return values, 1.0
    return _margins(values, margin)


def _margins(
    values: NDArray[np.float64], margin: float | ArrayLike | None
) -> tuple[NDArray[np.float64], float]:
    if margin is None:
        raise ParameterError.of(
            name="margin",
            expected="be a share of revenue or one number a purchase",
            found="None",
        )
    given = np.asarray(margin, np.float64)
    if not np.isfinite(given).all():
        raise ParameterError.of(name="margin", expected="be finite", found=repr(margin))
    if given.ndim == 0:
        return values * float(given), float(given)
    if given.shape != values.shape:
        raise ParameterError.of(
            name="margin",
            expected=f"have one number for each of the {len(values)} purchases",
            found=f"{given.size}",
        )
    return np.ascontiguousarray(given), 0.0
