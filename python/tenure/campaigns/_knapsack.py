"""The knapsack problem: most value within a budget."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from tenure.campaigns._stats import stats_module

if TYPE_CHECKING:
    from numpy.typing import NDArray

__all__ = ["Problem", "chosen", "regret"]


@dataclass(frozen=True, eq=False)
class Problem:
    """Options with a net value and a cost each; at most one of each group.

    Attributes
    ----------
    net, cost : float64 array
        What an option brings beyond its cost, and costs, if it is funded whole.
    groups : int64 array
        Options of the same number exclude each other.
    budget : float
        What may be spent.
    divisible : bool
        Whether options can be funded in part.
    """

    net: NDArray[np.float64]
    cost: NDArray[np.float64]
    groups: NDArray[np.int64]
    budget: float
    divisible: bool

    @property
    def is_plain(self) -> bool:
        """Whether no two options exclude each other."""
        return len(np.unique(self.groups)) == len(self.groups)


def chosen(problem: Problem) -> NDArray[np.float64]:
    """Return the share of each option that is funded.

    Examples
    --------
    >>> import numpy as np
    >>> groups = np.arange(3)
    >>> net, cost = np.array([6.0, 10.0, 12.0]), np.array([1.0, 2.0, 3.0])
    >>> chosen(Problem(net, cost, groups, 5.0, True)).round(3)
    array([1.   , 1.   , 0.667])
    >>> chosen(Problem(net, cost, groups, 5.0, False))
    array([0., 1., 1.])
    """
    if problem.is_plain and problem.divisible:
        return greedy(problem.net[None, :], problem.cost, problem.budget)[0]
    return _solved(problem, problem.net, whole=not problem.divisible)


def regret(
    problem: Problem, net: NDArray[np.float64], funded: NDArray[np.float64]
) -> float:
    """Return how much more the best plan of each draw brings, on average.

    The best plan may fund parts, also where options are funded whole: then it is a
    bound from above.

    Parameters
    ----------
    problem : Problem
        The options.
    net : float64 array, shape (draws, options)
        Net values as they may be.
    funded : float64 array
        The plan.
    """
    if problem.is_plain:
        best = (greedy(net, problem.cost, problem.budget) * net).sum(axis=1)
    else:
        some = net[:400]  # one linear program each
        best = np.array([_solved(problem, one, whole=False) @ one for one in some])
        net = some
    return float(np.maximum(best - net @ funded, 0.0).mean())


def greedy(
    net: NDArray[np.float64], cost: NDArray[np.float64], budget: float
) -> NDArray[np.float64]:
    """Return shares by net value per cost until the budget is spent, row by row."""
    with np.errstate(divide="ignore", invalid="ignore"):
        rate = np.where(cost > 0, net / cost, np.where(net > 0, np.inf, -np.inf))
    order = np.argsort(-rate, axis=1, kind="stable")
    wanted = np.where(np.take_along_axis(net, order, 1) > 0, cost[order], 0.0)
    left = budget - (np.cumsum(wanted, axis=1) - wanted)
    paid = np.clip(wanted, 0.0, np.maximum(left, 0.0))
    with np.errstate(divide="ignore", invalid="ignore"):
        share = np.where(wanted > 0, paid / wanted, 0.0)
    funded = np.zeros_like(net)
    np.put_along_axis(funded, order, share, 1)
    return funded


def _solved(
    problem: Problem, net: NDArray[np.float64], *, whole: bool
) -> NDArray[np.float64]:
    """Return the best shares by linear or integer programming."""
    optimize: Any = stats_module("scipy.optimize")
    one_each = np.unique(problem.groups)[:, None] == problem.groups
    rows = np.vstack([problem.cost[None, :], one_each.astype(np.float64)])
    most = np.concatenate([[problem.budget], np.ones(len(one_each))])
    found = optimize.milp(
        -net,
        constraints=optimize.LinearConstraint(rows, ub=most),
        integrality=np.full(len(net), int(whole)),
        bounds=optimize.Bounds(0, 1),
    )
    shares = np.asarray(found.x, dtype=np.float64)
    return np.clip(np.round(shares) if whole else shares, 0.0, 1.0) + 0.0
