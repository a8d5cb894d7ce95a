"""How well one number a customer ranks what they do next."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from tenure._intervals import normal_quantile

if TYPE_CHECKING:
    from numpy.typing import NDArray

__all__ = ["Concentration", "Order", "area_under_curve", "lift"]


@dataclass(frozen=True, eq=False)
class Order:
    """Customers in ascending order of a ranking, those with equal values together.

    Attributes
    ----------
    places : int array
        The customers, the lowest first.
    starts : int array
        Where each run of equal values begins, and where the last one ends.
    """

    places: NDArray[np.intp]
    starts: NDArray[np.intp]

    @classmethod
    def of(cls, ranking: NDArray[np.float64]) -> Order:
        """Sort a ranking."""
        places = np.argsort(ranking, kind="stable")
        ranked = ranking[places]
        new = np.flatnonzero(ranked[1:] != ranked[:-1]) + 1
        return cls(places, np.concatenate([[0], new, [len(ranked)]]))

    @property
    def sizes(self) -> NDArray[np.intp]:
        """How many customers each run has."""
        return np.diff(self.starts)

    def midranks(self) -> NDArray[np.float64]:
        """Return the mean rank, from 1 on, of each customer's run."""
        middle = (self.starts[:-1] + self.starts[1:] + 1) / 2
        return self.given_back(middle)

    def sums(self, values: NDArray[np.float64]) -> NDArray[np.float64]:
        """Return the sum of the values of each run."""
        return np.add.reduceat(values[self.places], self.starts[:-1])

    def given_back(self, of_runs: NDArray[np.float64]) -> NDArray[np.float64]:
        """Return one number a customer, that of the run."""
        found = np.empty(len(self.places))
        found[self.places] = np.repeat(of_runs, self.sizes)
        return found


@dataclass(frozen=True, eq=False)
class Concentration:
    """How much of a quantity the customers ranked highest account for.

    The concentration index of Kakwani, Wagstaff and van Doorslaer 1997 (Socioeconomic
    inequalities in health: measurement, computation, and statistical inference),
    equations 2 and 14, with customers of equal rank sharing what they have: 0 if the
    ranking says nothing, and the Gini coefficient of the quantity if it is perfect.

    Attributes
    ----------
    index : float
        NaN if there is nothing to account for.
    influence : array
        Each customer's influence on it; their variance over n is that of the index.
    """

    index: float
    influence: NDArray[np.float64]

    @classmethod
    def of(cls, order: Order, amounts: NDArray[np.float64]) -> Concentration:
        """Measure how a ranking concentrates amounts."""
        n, mean = len(amounts), float(amounts.mean())
        if not mean > 0:
            return cls(float("nan"), np.full(n, np.nan))
        share = order.sums(amounts) / (n * mean)
        reached = np.cumsum(share)
        ordinates = order.given_back(2 * reached - share)
        ranks = (2 * order.midranks() - 1) / n
        index = float((amounts * ranks).sum() / (n * mean) - 1)
        found = amounts / mean * (ranks - 1 - index) + 2 - ordinates
        return cls(index, found - (1 + index))

    def interval(self, level: float) -> tuple[float, float]:
        """Return the normal interval of the index."""
        return _interval(self.index, self.influence, level)

    def difference(
        self, other: Concentration, level: float
    ) -> tuple[float, float, float]:
        """Return this index less another's, of the same customers, and its interval."""
        gap = self.index - other.index
        return gap, *_interval(gap, self.influence - other.influence, level)


def _interval(
    estimate: float, influence: NDArray[np.float64], level: float
) -> tuple[float, float]:
    error = float(np.sqrt((influence**2).mean() / len(influence)))
    reach = normal_quantile(level) * error
    return estimate - reach, estimate + reach


def area_under_curve(
    ranking: NDArray[np.float64], bought: NDArray[np.bool_], level: float
) -> tuple[float, float, float]:
    """Return how often a buyer is ranked above somebody else, and its interval.

    Ties count for a half. The interval is that of DeLong, DeLong and Clarke-Pearson
    1988, computed from midranks (Sun and Xu 2014), and cut at 0 and 1.
    """
    buyers, others = ranking[bought], ranking[~bought]
    m, n = len(buyers), len(others)
    if not (m and n):
        return float("nan"), float("nan"), float("nan")
    ranks = Order.of(ranking).midranks()
    above = (ranks[bought] - Order.of(buyers).midranks()) / n
    below = 1 - (ranks[~bought] - Order.of(others).midranks()) / m
    area = float(above.mean())
    spread = [
        part.var(ddof=1) / len(part) if len(part) > 1 else np.nan
        for part in (above, below)
    ]
    reach = normal_quantile(level) * float(np.sqrt(sum(spread)))
    return area, max(area - reach, 0.0), min(area + reach, 1.0)


def lift(
    order: Order, amounts: NDArray[np.float64], groups: int, level: float
) -> dict[str, NDArray[np.float64]]:
    """Return the mean of amounts by groups of equal size, the highest ranked first.

    Customers with equal values are shared out to groups evenly, so that nothing
    depends on their order.

    Returns
    -------
    dict of str to array
        `mean` with the normal interval `mean_low` and `mean_high`, `lift` (the mean
        over that of all) and `captured` (the share of the total in this group and
        those before it).
    """
    n = len(amounts)
    ends = np.linspace(0, n, groups + 1)
    size = n / groups
    sums = np.diff(_reached(order, amounts, ends))
    squares = np.diff(_reached(order, amounts**2, ends))
    mean = sums[::-1] / size
    variance = np.maximum(squares[::-1] / size - mean**2, 0.0)
    with np.errstate(divide="ignore", invalid="ignore"):
        reach = normal_quantile(level) * np.sqrt(variance / max(size - 1, 0.0))
        relative = mean / amounts.mean()
        captured = np.cumsum(sums[::-1]) / amounts.sum()
    return {
        "mean": mean,
        "mean_low": mean - reach,
        "mean_high": mean + reach,
        "lift": relative,
        "captured": captured,
    }


def _reached(
    order: Order, amounts: NDArray[np.float64], ends: NDArray[np.float64]
) -> NDArray[np.float64]:
    """Return the sums over so many of the lowest ranked, runs shared evenly."""
    total = np.concatenate([[0.0], np.cumsum(order.sums(amounts))])
    return np.interp(ends, order.starts, total)
