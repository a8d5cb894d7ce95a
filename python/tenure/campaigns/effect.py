"""One effect: what one group did beyond another, and how sure that is."""

from __future__ import annotations

from dataclasses import dataclass, fields
from typing import TYPE_CHECKING, Any

import numpy as np

from tenure._frame import native_frame

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

__all__ = ["CLAIMS", "Effect"]

CLAIMS = {
    "randomised": "causal under randomisation",
    "matched": (
        "causal if no unmeasured reason to join goes with buying more (association "
        "otherwise)"
    ),
    "weighted": (
        "causal if no unmeasured reason for treatment goes with the outcome "
        "(association otherwise)"
    ),
    "differences": (
        "causal if no unmeasured change hit one group alone: parallel trends "
        "(association otherwise)"
    ),
    "association": "association",
}
"""What a comparison can claim, by how the groups came about."""


@dataclass(frozen=True)
class Effect:
    """The difference between two groups of customers in one measure.

    Attributes
    ----------
    metric : str
        What is compared: a mean or a share over all customers of the group, zeros
        included, or a ratio of two sums.
    arm : object
        The group; what it is compared with is the control.
    method : str
        How the difference and its interval were found.
    customers, control_customers : int
        How many customers stand behind each side.
    value, control_value : float
        The measure in the group and in the control.
    difference, std_error, low, high : float
        Group less control, its standard error and the ends of its interval.
    lift, lift_low, lift_high : float
        The difference as a share of the control's value; NaN where that has none.
    p_value : float
        How likely so large a difference is if there is none.
    p_holm : float
        The same after Holm's correction for several arms; equal to it with one arm.
    variance_reduction : float
        By what share the covariate has reduced the variance of the difference; NaN
        without one.
    """

    metric: str
    arm: Any
    method: str
    customers: int
    control_customers: int
    value: float
    control_value: float
    difference: float
    std_error: float
    low: float
    high: float
    lift: float = np.nan
    lift_low: float = np.nan
    lift_high: float = np.nan
    p_value: float = np.nan
    p_holm: float = np.nan
    variance_reduction: float = np.nan


def effects_frame(
    effects: Sequence[Effect], family: str, *, without: Sequence[str] = ()
) -> Any:
    """Return one row an effect."""
    columns: dict[str, NDArray[Any]] = {}
    for field in fields(Effect):
        if field.name in without:
            continue
        values = [getattr(effect, field.name) for effect in effects]
        columns[field.name] = (
            _objects(values)
            if field.name in ("metric", "arm", "method")
            else np.array(values)
        )
    return native_frame(columns, family=family)


def effect_rows(
    effects: Sequence[Effect], *, arms: bool
) -> tuple[list[str], list[list[str]]]:
    """Return the header and rows of a printed table of effects."""
    rows = [
        [
            effect.metric,
            *([str(effect.arm)] if arms else []),
            shown(effect.value),
            shown(effect.control_value),
            shown(effect.difference),
            f"[{shown(effect.low)}, {shown(effect.high)}]",
            "" if np.isnan(effect.lift) else f"{100 * effect.lift:+.1f} %",
            _probability(effect.p_holm if arms else effect.p_value),
            effect.method,
        ]
        for effect in effects
    ]
    header = ["", *(["arm"] if arms else []), "value", "control", "difference"]
    return [*header, "interval", "lift", "p (Holm)" if arms else "p", "method"], rows


def shown(number: float) -> str:
    """Return a number with as many digits as are read.

    Examples
    --------
    >>> shown(1234.567), shown(0.012345), shown(2.5), shown(float("nan"))
    ('1,234.57', '0.0123', '2.500', '')
    """
    if np.isnan(number):
        return ""
    if not np.isfinite(number):
        return "inf" if number > 0 else "-inf"
    digits = 2 if abs(number) >= 10 else 3 if abs(number) >= 1 else 4
    return f"{number:,.{digits}f}"


def _probability(p: float) -> str:
    if np.isnan(p):
        return ""
    return "< 0.001" if p < 0.001 else f"{p:.3f}"


def _objects(values: list[Any]) -> NDArray[Any]:
    array = np.empty(len(values), dtype=object)
    array[:] = values
    return array
