"""Transitions between segments as a Markov chain: stable or not, and the long run."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from tenure import _core

if TYPE_CHECKING:
    from numpy.typing import NDArray

__all__ = ["Homogeneity", "stationary_shares"]


@dataclass(frozen=True)
class Homogeneity:
    """A test of whether transitions are the same at all steps.

    The chi-square test of Anderson and Goodman 1957 (Statistical inference about
    Markov chains): each step's transitions against those of all steps together.

    Attributes
    ----------
    statistic : float
    degrees_of_freedom : int
    p_value : float
        How often such differences, or larger ones, come by chance.
    """

    statistic: float
    degrees_of_freedom: int
    p_value: float

    @classmethod
    def of(cls, counts: NDArray[np.int64]) -> Homogeneity:
        """Test counts of shape (steps, from, to)."""
        rows = counts.sum(axis=2, keepdims=True).astype(np.float64)
        pooled = counts.sum(axis=0).astype(np.float64)
        totals = pooled.sum(axis=1, keepdims=True)
        shares = np.divide(pooled, totals, out=np.zeros_like(pooled), where=totals > 0)
        expected = rows * shares
        used = expected > 0
        statistic = float(((counts[used] - expected[used]) ** 2 / expected[used]).sum())
        targets = (pooled > 0).sum(axis=1)
        present = (rows[:, :, 0] > 0).sum(axis=0)
        degrees = int(((present - 1).clip(0) * (targets - 1).clip(0)).sum())
        return cls(statistic, degrees, _chi_square_tail(statistic, degrees))


def _chi_square_tail(statistic: float, degrees: int) -> float:
    """Return the probability of more than this by chance."""
    return _core.chi_square_tail(statistic, degrees) if degrees else float("nan")


def stationary_shares(flows: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return the shares that transitions leave as they are; NaN if there are several.

    All customers end up among the segments that nobody leaves for others; if there are
    several such groups, where they end depends on where they start.
    """
    closed = _closed_groups(flows)
    if len(closed) != 1:
        return np.full(len(flows), np.nan)
    used = sorted(closed[0])
    inner = flows[np.ix_(used, used)]
    size = len(used)
    shares = inner / inner.sum(axis=1, keepdims=True)
    system = np.vstack([shares.T - np.eye(size), np.ones(size)])
    goal = np.append(np.zeros(size), 1.0)
    found = np.zeros(len(flows))
    found[used] = np.linalg.lstsq(system, goal, rcond=None)[0]
    return found


def _closed_groups(flows: NDArray[np.float64]) -> list[frozenset[int]]:
    """Return the groups of segments that lead to each other and nowhere else."""
    reach = (flows > 0) | np.eye(len(flows), dtype=bool)
    for _ in range(len(flows).bit_length()):
        reach = reach @ reach
    used = np.flatnonzero(flows.sum(axis=1) + flows.sum(axis=0) > 0)
    groups = {
        frozenset(np.flatnonzero(reach[place]).tolist())
        for place in used
        if reach[np.flatnonzero(reach[place]), place].all()
    }
    # somebody who was seen once, in the last of all segments, shows no transition
    return [group for group in groups if flows[list(group)].sum() > 0]
