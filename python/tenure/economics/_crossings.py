"""Where curves of cumulative money reach the cost, as they were and drawn anew."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from tenure.economics._groups import Cells
    from tenure.economics._journeys import Journeys

__all__ = ["Sums", "first_reached", "percentiles"]

# Entries of weights that are drawn at a time.
_AT_ONCE = 4_000_000


@dataclass(frozen=True, eq=False)
class Sums:
    """What the customers of each cell brought, as it was and drawn anew.

    Attributes
    ----------
    steps : int64 array
        To how many whole steps each cell was observed.
    money : array, shape (1 + replicates, cells, 1 + steps)
        Sums at once and in each step; the first is what was.
    size : array, shape (1 + replicates, cells)
    """

    steps: NDArray[np.int64]
    money: NDArray[np.float64]
    size: NDArray[np.float64]

    @classmethod
    def of(
        cls, journeys: Journeys, cells: Cells, length: float, replicates: int, seed: int
    ) -> Sums:
        used = cells.size > 0
        exposure = np.where(used, cells.exposure, 0.0)
        # to the end of the last day: 30 days seen are a step of 30 days
        steps = np.floor(exposure / length + 1e-9).astype(np.int64)
        most = int(steps.max())
        table = journeys.steps(length, most)
        shape = 1 + replicates, len(cells.size)
        money, size = np.zeros((*shape, most + 1)), np.zeros(shape)
        random = np.random.default_rng(seed)
        for cell in np.flatnonzero(used):
            rows = table[cells.members[cell]]
            money[0, cell], size[0, cell] = rows.sum(axis=0), len(rows)
            chunk = max(1, _AT_ONCE // len(rows))
            for begin in range(1, 1 + replicates, chunk):
                end = min(begin + chunk, 1 + replicates)
                weights = random.poisson(1.0, (end - begin, len(rows)))
                weights = weights.astype(np.float64)
                money[begin:end, cell] = weights @ rows
                size[begin:end, cell] = weights.sum(axis=1)
        return cls(steps, money, size)

    def curves(self, group: NDArray[np.int64]) -> NDArray[np.float64]:
        """Return cumulative money a customer at once and by each step, each drawing."""
        last = int(self.steps[group].max())
        seen = self.steps[group][:, None] >= np.arange(last + 1)
        money = (self.money[:, group, : last + 1] * seen).sum(axis=1)
        size = (self.size[:, group, None] * seen).sum(axis=1)
        with np.errstate(divide="ignore", invalid="ignore"):
            return np.cumsum(money / size, axis=1)


def first_reached(
    curves: NDArray[np.float64], costs: NDArray[np.float64]
) -> NDArray[np.float64]:
    """Return where each curve first reaches its cost: infinite if it does not."""
    with np.errstate(invalid="ignore"):
        reached = curves >= costs[:, None]
    step = reached.argmax(axis=1)
    rows = np.arange(len(curves))
    before = curves[rows, np.maximum(step - 1, 0)]
    gained = curves[rows, step] - before
    with np.errstate(divide="ignore", invalid="ignore"):
        between = step - 1 + (costs - before) / gained
    times = np.where(step == 0, 0.0, between)
    times = np.where(reached.any(axis=1), times, np.inf)
    unknown = np.isnan(costs) | np.isnan(curves[:, 0])
    return np.where(unknown, np.nan, times)


def percentiles(draws: NDArray[np.float64], level: float) -> tuple[float, float]:
    """Return the ends of the interval; infinite draws are in order with the others."""
    known = draws[~np.isnan(draws)]
    if len(known) < 2:
        return np.nan, np.nan
    tail = (1 - level) / 2
    low, high = np.quantile(known, [tail, 1 - tail], method="nearest")
    return float(low), float(high)
