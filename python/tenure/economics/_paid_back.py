"""When one group of customers has earned back what it cost, and how that is found."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import numpy as np

from tenure._report import counted
from tenure._units import plural
from tenure.economics._crossings import first_reached, percentiles

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from tenure.economics._crossings import Sums
    from tenure.economics._groups import Cells, Group
    from tenure.economics._projection import Projection

__all__ = ["PaybackOf", "paid_back"]


@dataclass(frozen=True, eq=False)
class PaybackOf:
    """When one group of customers has paid back what they cost.

    Attributes
    ----------
    label : Any
        The first day of the cohort, the attribute's value, or None for all.
    customers : int
        How many.
    cost : float
        What each cost.
    time : float
        The age at which cumulative margin reaches the cost, between two ages by a
        straight line; NaN if it has not yet.
    low, high : float
        Its interval; infinite where that end lies beyond what was observed.
    observed : int
        Up to which age the group was observed.
    flat : float
        Cost over mean margin a customer and unit of time.
    projected : float
        The age at which a model expects it, from what was observed on; infinite if not
        within its horizon, NaN without a model.
    curve, curve_low, curve_high : float64 array
        Cumulative margin a customer at once, and by each age, and its interval.
    counts : int64 array
        How many customers were observed to each age.
    """

    label: Any
    customers: int
    cost: float
    time: float
    low: float
    high: float
    observed: int
    flat: float
    projected: float
    curve: NDArray[np.float64] = field(repr=False)
    curve_low: NDArray[np.float64] = field(repr=False)
    curve_high: NDArray[np.float64] = field(repr=False)
    counts: NDArray[np.int64] = field(repr=False)

    @property
    def paid_back(self) -> bool:
        """Whether the cost has been earned back; False also if it is not known."""
        return bool(np.isfinite(self.time))

    def answer(self, unit: str) -> str:
        """Return the answer in words."""
        if np.isnan(self.cost):
            return "no cost known"
        if self.paid_back:
            return f"{self.time:.1f} {plural(unit)}"
        return f"not yet (observed {counted(self.observed, unit)})"

    def end(self, time: float) -> str:
        """Return an end of the interval as tables show it."""
        return f"{time:.1f}" if np.isfinite(time) else f"> {self.observed}"

    def why_flat_errs(self, unit: str) -> str:
        """Return in which direction the flat formula errs, and why."""
        if not np.isfinite(self.flat):
            return "no margin of a whole unit of time is known to divide by"
        if not self.paid_back:
            return (
                f"it lets customers bring as much a {unit} after "
                f"{counted(self.observed, unit)} as before, though some leave: too "
                "short"
            )
        if self.flat > self.time:
            return (
                f"it spreads the margin of {counted(self.observed, unit)} evenly, "
                "while most of it came early: too long"
            )
        return (
            f"it spreads the margin of {counted(self.observed, unit)} evenly, while "
            "more of it came late: too short"
        )


def paid_back(
    group: Group,
    cells: Cells,
    sums: Sums,
    *,
    level: float,
    length: float,
    projection: Projection | None,
    until: float,
) -> PaybackOf:
    """Return when a group has paid back, of curves drawn anew as well."""
    own = group.cells
    curves = sums.curves(own)
    costs = np.broadcast_to(cells.cost_of(own, sums.size[:, own]), len(curves))
    times = first_reached(curves, costs)
    last = curves.shape[1] - 1
    cost, value = float(costs[0]), float(curves[0, last])
    few = cells.size[own].sum() < 2
    low, high = (np.nan, np.nan) if few else percentiles(times[1:], level)
    nothing = np.full((2, last + 1), np.nan)
    ends = nothing if few else _band(curves[1:], level)
    counts = [
        cells.size[own][sums.steps[own] >= step].sum() for step in range(last + 1)
    ]
    observed = np.isfinite(times[0])
    flat = cost * last / value if value > 0 and last > 0 else np.nan
    return PaybackOf(
        label=group.label,
        customers=int(cells.size[own].sum()),
        cost=cost,
        time=float(times[0]) if observed else np.nan,
        low=low,
        high=high,
        observed=last,
        flat=flat,
        projected=_projected(
            curves[0],
            cost,
            float(times[0]),
            projection,
            length=length,
            until=until,
        ),
        curve=curves[0],
        curve_low=ends[0],
        curve_high=ends[1],
        counts=np.array(counts, dtype=np.int64),
    )


def _band(curves: NDArray[np.float64], level: float) -> NDArray[np.float64]:
    """Return the percentiles of curves at each age."""
    tails = [(1 - level) / 2, (1 + level) / 2]
    ends: Any = np.nanquantile(curves, tails, axis=0)
    return np.asarray(ends, dtype=np.float64)


def _projected(
    curve: NDArray[np.float64],
    cost: float,
    observed: float,
    projection: Projection | None,
    *,
    length: float,
    until: float,
) -> float:
    """Return when the curve, continued by the model, reaches the cost."""
    if projection is None or np.isnan(cost):
        return np.nan
    if np.isfinite(observed):
        return observed
    last = len(curve) - 1
    ages = np.arange(last, max(int(np.ceil(until)), last) + 1, dtype=np.float64)
    more = projection.at(ages * length)
    further = curve[last] + more - more[0]
    further = further[np.isfinite(further)]
    if not len(further):  # the curve of retention is too short
        return np.nan
    return float(last + first_reached(further[None, :], np.array([cost]))[0])
