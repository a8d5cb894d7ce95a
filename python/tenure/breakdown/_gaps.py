"""Times between the purchases of customers: their median, spread and regularity."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from tenure._intervals import bounds, normal_quantile
from tenure.breakdown._estimates import median_ends
from tenure.survival.kaplan_meier import KaplanMeier

if TYPE_CHECKING:
    from numpy.typing import NDArray

__all__ = [
    "Estimate",
    "Waits",
    "median_gap",
    "own_variation",
    "regularity",
    "spend_slope",
]

Estimate = tuple[float, float, float]
"""A number and the ends of its interval."""

NOTHING: Estimate = (np.nan, np.nan, np.nan)

# The fewest gaps of a customer whose own variation is looked at.
_GAPS = 3


@dataclass(frozen=True, eq=False)
class Waits:
    """The gap after each purchase, those still open included.

    Attributes
    ----------
    owners : int64 array
        The customer of each purchase, ascending.
    gaps : float64 array
        Days to the next purchase, or to the last day observed.
    ended : bool array
        Whether there was a next one.
    orders : int64 array
        Which purchase of the customer it is, from 1.
    values : float64 array or None
        What it was worth.
    """

    owners: NDArray[np.int64]
    gaps: NDArray[np.float64]
    ended: NDArray[np.bool_]
    orders: NDArray[np.int64]
    values: NDArray[np.float64] | None

    def of(self, customers: NDArray[np.bool_]) -> Waits:
        """Return those of some of the customers, numbered anew."""
        rows = customers[self.owners]
        values = None if self.values is None else self.values[rows]
        owners = np.unique(self.owners[rows], return_inverse=True)[1]
        return Waits(
            owners, self.gaps[rows], self.ended[rows], self.orders[rows], values
        )


def median_gap(waits: Waits, level: float, replicates: int, seed: int) -> Estimate:
    """Return the median gap, the open ones censored; its interval by customers."""
    curve = KaplanMeier().fit(waits.gaps, waits.ended)
    rng = np.random.default_rng(seed)
    times, place = np.unique(waits.gaps, return_inverse=True)
    customers = int(waits.owners[-1]) + 1
    drawn = np.empty(replicates)
    for replicate in range(replicates):
        weights = rng.poisson(1.0, customers)[waits.owners].astype(np.float64)
        there = np.bincount(place, weights, len(times))
        events = np.bincount(place, weights * waits.ended, len(times))
        at_risk = there[::-1].cumsum()[::-1]
        with np.errstate(divide="ignore", invalid="ignore"):
            left = np.cumprod(np.where(at_risk > 0, 1 - events / at_risk, 1.0))
        below = np.flatnonzero(left <= 0.5 + 1e-12)
        drawn[replicate] = times[below[0]] if len(below) else np.inf
    # between infinite values there is nothing to interpolate
    ascending = np.sort(drawn)
    ends = [(0.5 - level / 2) * (replicates - 1), (0.5 + level / 2) * (replicates - 1)]
    low, high = ascending[int(np.floor(ends[0]))], ascending[int(np.ceil(ends[1]))]
    return float(curve.median_survival_time_), float(low), float(high)


def own_variation(waits: Waits, level: float) -> Estimate:
    """Return the median of customers' coefficients of variation."""
    owners, gaps = waits.owners[waits.ended], waits.gaps[waits.ended]
    n = np.bincount(owners)
    if not len(n) or n.max() < _GAPS:
        return NOTHING
    with np.errstate(divide="ignore", invalid="ignore"):
        means = np.bincount(owners, gaps) / n
        squares = np.bincount(owners, (gaps - means[owners]) ** 2)
        own = np.sqrt(squares / (n - 1)) / means
    own = own[(n >= _GAPS) & np.isfinite(own)]
    if not len(own):
        return NOTHING
    return float(np.median(own)), *median_ends(own, level)


def regularity(waits: Waits, level: float) -> Estimate:
    """Return the shape of gamma gaps from each customer's first two."""
    first = np.flatnonzero((waits.orders == 1) & waits.ended)
    first = first[first + 1 < len(waits.gaps)]
    second = first + 1
    both = waits.ended[second] & (waits.orders[second] == 2)
    one, other = waits.gaps[first[both]], waits.gaps[second[both]]
    sums = one + other
    parts = one[sums > 0] / sums[sums > 0]
    if len(parts) < 2:
        return NOTHING
    squares = (parts - 0.5) ** 2
    spread = squares.mean()
    if spread <= 0:
        return np.inf, np.nan, np.nan
    shape = (1 - 4 * spread) / (8 * spread)
    error = squares.std(ddof=1) / np.sqrt(len(parts)) / (8 * spread**2)
    low, high = bounds(np.array([shape]), np.array([error]), level, "positive")
    return float(shape), float(low[0]), float(high[0])


def spend_slope(waits: Waits, level: float) -> Estimate:
    """Return the change of spend from one order to the next, within customers.

    Least squares with a constant of each customer; errors by customer.
    """
    if waits.values is None:
        return NOTHING
    owners, values = waits.owners, waits.values
    n = np.bincount(owners)
    x, y = (
        one - (np.bincount(owners, one) / n)[owners]
        for one in (waits.orders.astype(np.float64), values)
    )
    base = float((x**2).sum())
    customers = int((n > 1).sum())
    if not base > 0:
        return NOTHING
    slope = float((x * y).sum()) / base
    if customers < 2:
        return slope, np.nan, np.nan
    scores = np.bincount(owners, x * (y - slope * x))
    error = np.sqrt((scores**2).sum() * customers / (customers - 1)) / base
    reach = normal_quantile(level) * float(error)
    return slope, slope - reach, slope + reach
