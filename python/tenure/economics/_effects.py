"""What each change does: one by one, in turn, and shared out fairly."""

from __future__ import annotations

import math
from itertools import combinations, pairwise
from typing import TYPE_CHECKING

import numpy as np

from tenure._intervals import normal_quantile

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from numpy.typing import NDArray

    from tenure.economics._asked import Segment
    from tenure.economics._changes import Change

    Floats = NDArray[np.float64]

__all__ = ["elasticity", "in_turn", "intervals", "shapley"]

# Relative steps of numerical slopes: errors of both kinds are near 1e-10 there.
_STEP = 1e-5


def in_turn(
    worth: Callable[[Sequence[str]], float], levers: Sequence[str]
) -> list[float]:
    """Return what each change adds, made one after the other."""
    values = [worth(levers[:count]) for count in range(len(levers) + 1)]
    return [after - before for before, after in pairwise(values)]


def shapley(
    worth: Callable[[Sequence[str]], float], levers: Sequence[str]
) -> list[float]:
    """Return what each change adds, as a mean over all orders in which to make them.

    References
    ----------
    Shapley, L. S. (1953). A value for n-person games. Contributions to the Theory of
    Games II, 307-317.
    """
    count = len(levers)
    known = {
        chosen: worth([levers[place] for place in chosen])
        for size in range(count + 1)
        for chosen in combinations(range(count), size)
    }
    shares: list[float] = []
    for lever in range(count):
        others = [place for place in range(count) if place != lever]
        share = 0.0
        for size in range(count):
            weight = (
                math.factorial(size)
                * math.factorial(count - size - 1)
                / math.factorial(count)
            )
            for chosen in combinations(others, size):
                more = tuple(sorted((*chosen, lever)))
                share += weight * (known[more] - known[chosen])
        shares.append(share)
    return shares


def intervals(
    segments: Sequence[Segment],
    weights: Floats,
    effects: Callable[[Segment, Mapping[str, float]], Floats],
    level: float,
    draws: Sequence[Mapping[str, float]] | None,
) -> tuple[Floats, Floats] | None:
    """Return the ends of the intervals of effects, for the error of what is estimated.

    By the delta method, with slopes of the parameters; or percentiles over draws.
    Segments are estimated apart. None if nothing is known of any error.
    """
    if draws is not None:
        found = np.array([effects(segments[0], draw) for draw in draws])
        tails = [(1 - level) / 2, (1 + level) / 2]
        low, high = np.nanquantile(found * weights[0], tails, axis=0)
        return low, high
    if any(one.subject.covariance is None for one in segments):
        return None
    total, variance = 0.0, 0.0
    for segment, weight in zip(segments, weights, strict=True):
        known, covariance = segment.subject.estimated, segment.subject.covariance
        assert covariance is not None  # noqa: S101
        total = total + weight * effects(segment, known)
        slopes = _slopes(segment, known, covariance, effects)
        variance = variance + weight**2 * np.einsum(
            "ki,kl,li->i", slopes, covariance, slopes
        )
    reach = normal_quantile(level) * np.sqrt(np.maximum(variance, 0.0))
    return np.asarray(total - reach), np.asarray(total + reach)


def _slopes(
    segment: Segment,
    known: Mapping[str, float],
    covariance: Floats,
    effects: Callable[[Segment, Mapping[str, float]], Floats],
) -> Floats:
    """Return the derivative of each effect in each parameter that has an error."""
    rows: list[Floats] = []
    for place, (name, value) in enumerate(known.items()):
        if covariance[place, place] == 0:  # held, such as whole numbers
            rows.append(np.zeros(len(effects(segment, known))))
            continue
        step = _STEP * max(abs(value), 1e-6)
        up = effects(segment, {**known, name: value + step})
        down = effects(segment, {**known, name: value - step})
        rows.append((up - down) / (2 * step))
    return np.array(rows)


def elasticity(gross: Callable[[dict[str, Change]], float], lever: str) -> float:
    """Return by how many per cent a value changes where a lever does by one."""
    from tenure.economics._changes import Change  # noqa: PLC0415

    ends = [
        gross({lever: Change(lever, "times", factor, "")})
        for factor in (1 + _STEP, 1 - _STEP)
    ]
    if min(ends) <= 0:
        return math.nan
    return math.log(ends[0] / ends[1]) / math.log((1 + _STEP) / (1 - _STEP))
