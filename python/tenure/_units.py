"""Units of time: what a horizon, a rate or an age is measured in."""

from __future__ import annotations

import datetime as dt
import math
import re
import reprlib
from typing import TYPE_CHECKING, TypeAlias, cast, get_args

import numpy as np

from tenure._typing import Unit
from tenure.exceptions import ParameterError

if TYPE_CHECKING:
    from numpy.typing import ArrayLike, NDArray

__all__ = [
    "Horizon",
    "continuous_rate",
    "in_units",
    "period_length",
    "plural",
    "unit_named",
]

Horizon: TypeAlias = "float | str | dt.timedelta | np.timedelta64 | ArrayLike"
"""A length of time: a number in the data's unit, or a text such as "12 months"."""

DAYS: dict[str, float] = {
    "hour": 1 / 24,
    "day": 1.0,
    "week": 7.0,
    "month": 365.25 / 12,
    "quarter": 365.25 / 4,
    "year": 365.25,
}
"""Mean length in days. Where a horizon in months meets data in weeks, this counts."""

_LENGTHS = DAYS | {"minute": 1 / 1440, "second": 1 / 86_400}
"""What a length may be given in; nothing is counted in units of less than an hour."""

_TEXT = re.compile(r"\s*([0-9]*\.?[0-9]+(?:e[0-9]+)?)?\s*([a-z]+?)s?\s*", re.IGNORECASE)


def unit_named(unit: str, *, name: str = "unit") -> Unit:
    """Return the unit, or explain which there are."""
    if unit in DAYS:
        return cast("Unit", unit)
    raise ParameterError.of(
        name, f"be one of {', '.join(get_args(Unit))}", found=repr(unit)
    )


def plural(unit: str | None) -> str:
    """Return the unit's plural, or "time units" where it is not known."""
    return f"{unit}s" if unit else "time units"


def in_units(horizon: Horizon, unit: str | None, *, name: str) -> NDArray[np.float64]:
    """Return a length of time as numbers in `unit`: one, or one a customer.

    Parameters
    ----------
    horizon : float, str, timedelta or array
        Numbers are in the data's unit already; "12 months", "1 year" or a timedelta
        are converted by mean lengths (a year has 365.25 days).
    unit : str or None
        The data's unit; a text needs it.
    name : str
        What the argument is called, for errors.

    Returns
    -------
    ndarray
        One-dimensional: a single number, or as many as were given.
    """
    if isinstance(horizon, str):
        return np.array([_from_text(horizon, unit, name)])
    if isinstance(horizon, dt.timedelta):
        horizon = np.timedelta64(horizon)
    try:
        lengths = np.atleast_1d(np.asarray(horizon))
    except ValueError:  # a ragged list
        lengths = np.empty(0, dtype=object)
    if lengths.dtype.kind == "m" and np.datetime_data(lengths.dtype)[0] not in "YM":
        lengths = lengths / np.timedelta64(1, "D") / _days(unit, name)
    if lengths.ndim != 1 or lengths.dtype.kind not in "iuf":
        raise ParameterError.of(
            name=name,
            expected="be a number, a text such as '12 months', or one number a "
            "customer",
            found=reprlib.repr(horizon),
        )
    return np.ascontiguousarray(lengths, dtype=np.float64)


def continuous_rate(
    rate: float, per: str | float, unit: str | None, *, name: str = "discount_rate"
) -> float:
    """Return `ln(1 + rate)` per unit of the data's time.

    Parameters
    ----------
    rate : float
        Share by which value shrinks over one `per`: 0.10 for ten per cent.
    per : str or float
        The rate's own unit, or its length in the data's unit.
    unit : str or None
        The data's unit.
    name : str
        What the argument is called, for errors.
    """
    if not (math.isfinite(rate) and rate >= 0):
        raise ParameterError.of(name, "be finite and at least 0", found=repr(rate))
    return math.log1p(rate) / period_length(per, unit, name="per")


def period_length(period: str | float, unit: str | None, *, name: str) -> float:
    """Return the length of a period, named or numeric, in the data's unit."""
    if isinstance(period, str):
        return DAYS[unit_named(period, name=name)] / _days(unit, name)
    if not (math.isfinite(period) and period > 0):
        raise ParameterError.of(
            name, "be a unit of time or a number greater than 0", found=repr(period)
        )
    return float(period)


def _from_text(text: str, unit: str | None, name: str) -> float:
    match = _TEXT.fullmatch(text)
    if match is None or match[2].lower() not in _LENGTHS:
        raise ParameterError.of(
            name,
            "be a number with a unit of time, such as '12 months'",
            found=repr(text),
        )
    count = float(match[1]) if match[1] else 1.0
    return count * _LENGTHS[match[2].lower()] / _days(unit, name)


def _days(unit: str | None, name: str) -> float:
    if unit is None:
        raise ParameterError.of(
            name,
            "be a number here: the data's unit of time is not known",
            found="a length with a unit",
            hint="say it where the model is made: fit(data, unit='week') or "
            "from_params(..., unit='week')",
        )
    return DAYS[unit]
