"""Which parameters of a model move when retention or frequency shall change."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

from tenure.exceptions import ParameterError

if TYPE_CHECKING:
    from collections.abc import Mapping

    from tenure._estimator import Estimator

__all__ = ["frequency_of", "retention_of", "with_frequency", "with_retention"]

_PAIRS = {
    "BGNBD": ("a", "b"),
    "MBGNBD": ("a", "b"),
    "BGCNBD": ("a", "b"),
    "MBGCNBD": ("a", "b"),
    "PDO": ("a", "b"),
    "BGBB": ("gamma", "delta"),
    "SBG": ("alpha", "beta"),
    "BdW": ("alpha", "beta"),
}
"""Beta distributions of the chance of leaving: its two parameters."""

_WHAT = {
    "PDO": "the mean chance of staying at the end of a period",
    "BGBB": "the mean chance of staying at an opportunity",
    "ParetoNBD": "the share still alive after one {unit}",
    "GGompertzNBD": "the share still alive after one {unit}",
}

_OF_RATES = ("ParetoNBD", "GGompertzNBD")
_OF_THETA = ("Geometric", "DiscreteWeibull")
_OF_ALPHA = ("ExponentialGamma", "WeibullGamma")
_RENEWAL = ("SBG", "BdW", *_OF_THETA, *_OF_ALPHA)


def retention_of(
    model: Estimator, known: Mapping[str, float] | None = None
) -> tuple[float, str, str]:
    """Return a model's retention, what that is, and which parameters move it.

    Parameters
    ----------
    model : Estimator
        A fitted model.
    known : mapping, optional
        Parameters in place of its own.
    """
    name = type(model).__name__
    given = model.params_ if known is None else known
    unit = model.time_unit_ or "unit of time"
    if name in _RENEWAL:
        once, never = (given.get(one, 0.0) for one in ("one_and_done", "never_leaving"))
        first = (1 - once) * (never + (1 - never) * _kernel(name, given))
        return first, "retention at the first renewal", _moving(name)
    if name in _OF_RATES:
        share = _kernel(name, given)
        return share, _WHAT[name].format(unit=unit), _moving(name)
    if name in _PAIRS:
        what = _WHAT.get(name, "the mean chance of staying after a purchase")
        return _kernel(name, given), what, _moving(name)
    return math.nan, "nothing: customers of this model never leave", ""


def with_retention(
    model: Estimator, known: Mapping[str, float], target: float
) -> dict[str, float]:
    """Return the parameters with which the model's retention is the target."""
    name = type(model).__name__
    if not 0 < target < 1 or name not in (*_RENEWAL, *_OF_RATES, *_PAIRS):
        raise _impossible(name, target)
    wanted = target
    if name in _RENEWAL:
        once, never = (known.get(one, 0.0) for one in ("one_and_done", "never_leaving"))
        wanted = (target / (1 - once) - never) / (1 - never)
        if not 0 < wanted < 1:
            raise _impossible(name, target)
    moved = dict(known)
    if name in _PAIRS:
        leave, stay = _PAIRS[name]
        total = known[leave] + known[stay]
        return moved | {leave: (1 - wanted) * total, stay: wanted * total}
    if name in _OF_THETA:
        return moved | {"theta": 1 - wanted}
    shape = known["r"] if name in _OF_ALPHA else known["s"]
    part = wanted ** (1 / shape)
    if name == "GGompertzNBD":
        return moved | {"beta": part * math.expm1(known["b"]) / (1 - part)}
    scale = "alpha" if name in _OF_ALPHA else "beta"
    return moved | {scale: part / (1 - part)}


def frequency_of(
    model: Estimator, known: Mapping[str, float] | None = None
) -> tuple[float, str]:
    """Return the mean frequency of buying while alive, and which parameters move it."""
    given = model.params_ if known is None else known
    if type(model).__name__ == "BGBB":
        total = given["alpha"] + given["beta"]
        return given["alpha"] / total, "alpha and beta, their sum held"
    return given["r"] / given["alpha"], "alpha, r held"


def with_frequency(
    model: Estimator, known: Mapping[str, float], target: float
) -> dict[str, float]:
    """Return the parameters with which the mean frequency is the target."""
    if type(model).__name__ == "BGBB":
        if not 0 < target < 1:
            raise ParameterError.of(
                name="frequency",
                expected="stay between 0 and 1 orders an opportunity",
                found=f"{target:.4g}",
            )
        total = known["alpha"] + known["beta"]
        shares = {"alpha": target * total, "beta": (1 - target) * total}
        return {**known, **shares}
    if not target > 0:
        raise ParameterError.of(
            name="frequency", expected="stay above 0", found=f"{target:.4g}"
        )
    return {**known, "alpha": known["r"] / target}


def _kernel(name: str, known: Mapping[str, float]) -> float:
    if name in _PAIRS:
        leave, stay = _PAIRS[name]
        return known[stay] / (known[leave] + known[stay])
    if name in _OF_THETA:
        return 1 - known["theta"]
    if name in _OF_ALPHA:
        return (known["alpha"] / (known["alpha"] + 1)) ** known["r"]
    growth = math.expm1(known["b"]) if name == "GGompertzNBD" else 1.0
    return (known["beta"] / (known["beta"] + growth)) ** known["s"]


def _moving(name: str) -> str:
    if name in _PAIRS:
        return f"{_PAIRS[name][0]} and {_PAIRS[name][1]}, their sum held"
    if name in _OF_THETA:
        return "theta"
    return "alpha, r held" if name in _OF_ALPHA else "beta, the others held"


def _impossible(name: str, target: float) -> ParameterError:
    return ParameterError.of(
        name="retention",
        expected=f"stay within what {name} can have, between 0 and 1",
        found=f"{target:.4g}",
    )
