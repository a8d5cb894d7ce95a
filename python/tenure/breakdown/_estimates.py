"""A metric of each cell with its interval, and how it stands to the whole."""

from __future__ import annotations

from dataclasses import dataclass
from importlib import import_module
from typing import TYPE_CHECKING, Any, Literal, TypeAlias

import numpy as np

from tenure._intervals import bounds, normal_quantile
from tenure.breakdown._resampled import (
    bca,
    resampled_medians,
    resampled_ratios,
    tails,
)
from tenure.exceptions import DataError
from tenure.rfm.intervals import group_ratios, share_of_total, wilson

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from tenure._intervals import Scale
    from tenure.breakdown._cells import Cells
    from tenure.breakdown._people import People
    from tenure.breakdown.measures import Metric

__all__ = ["Method", "Options", "estimated", "median_ends", "median_ranks", "stats"]

Method: TypeAlias = Literal["normal", "t", "percentile", "bca"]
"""How intervals of means and ratios are made."""

Ends: TypeAlias = "tuple[NDArray[np.float64], NDArray[np.float64]]"


@dataclass(frozen=True)
class Options:
    """How intervals are made: see `metrics`."""

    level: float
    method: Method
    replicates: int
    seed: int


def stats(work: str) -> Any:
    """Return SciPy's statistics."""
    try:
        return import_module("scipy.stats")
    except ModuleNotFoundError:
        msg = f"{work} needs SciPy; install it with pip install 'tenure[stats]'"
        raise ImportError(msg) from None


def estimated(
    metric: Metric, people: People, cells: Cells, options: Options
) -> tuple[dict[str, NDArray[Any]], int]:
    """Return the columns of a metric, one row a cell, and how many had no number."""
    above, below = _columns(metric, people)
    known = np.isfinite(above) & np.isfinite(below)
    above, below = above[known], below[known]
    one = _Estimate(metric, above, below, cells, known, options)
    return one.columns(), int((~known).sum())


def _columns(
    metric: Metric, people: People
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    ones = np.ones(people.n)
    if metric.kind == "count":
        return ones, ones
    above = people.numbers(metric.above)
    if metric.kind == "share":
        bad = np.flatnonzero(np.isfinite(above) & (above != 0) & (above != 1))
        if len(bad):
            raise DataError.at(
                metric.above,
                "hold True and False, or 1 and 0",
                row=int(bad[0]),
                found=repr(float(above[bad[0]])),
                count=len(bad),
            )
    return above, people.numbers(metric.below) if metric.kind == "ratio" else ones


@dataclass(frozen=True, eq=False)
class _Estimate:
    """A metric of the customers about whom it is known."""

    metric: Metric
    above: NDArray[np.float64]
    below: NDArray[np.float64]
    cells: Cells
    known: NDArray[np.bool_]
    options: Options

    def columns(self) -> dict[str, NDArray[Any]]:
        n = self.cells.sums(np.ones(len(self.above)), self.known).astype(np.int64)
        value, (lower, upper) = self._value(n)
        index, index_ends = self._index(value)
        part, part_ends = self._share(n)
        return {
            "customers": n,
            "value": value,
            "lower": lower,
            "upper": upper,
            "index": index,
            "index_lower": index_ends[0],
            "index_upper": index_ends[1],
            "share": part,
            "share_lower": part_ends[0],
            "share_upper": part_ends[1],
        }

    def _codes(self) -> list[NDArray[np.int64]]:
        return [one[self.known] for one in self.cells.codes]

    def _value(self, n: NDArray[np.int64]) -> tuple[NDArray[np.float64], Ends]:
        kind, level = self.metric.kind, self.options.level
        sums = self.cells.sums(self.above, self.known)
        if kind in ("count", "total"):
            # customers come as a Poisson process, so that what they bring is compound
            errors = np.sqrt(self.cells.sums(self.above**2, self.known))
            scale: Scale = "positive" if (self.above >= 0).all() else "plain"
            low, high = bounds(sums, errors, level, scale)
            return sums, tuple(np.where(n > 0, e, np.nan) for e in (low, high))  # type: ignore[return-value]
        if kind == "share":
            share, low, high = wilson(sums.astype(np.int64), n, level)
            return share, (low, high)
        if kind == "median" or self.options.method != "normal":
            return self._cell_by_cell(n)
        return self._delta(n)

    def _delta(self, n: NDArray[np.int64]) -> tuple[NDArray[np.float64], Ends]:
        del n
        found = np.full((3, len(self.cells)), np.nan)
        for codes in self._codes():
            here = np.unique(codes)
            size, level = len(self.cells), self.options.level
            ends = group_ratios(self.above, self.below, codes, size, level)
            found[:, here] = np.stack(ends)[:, here]
        return found[0], (found[1], found[2])

    def _cell_by_cell(self, n: NDArray[np.int64]) -> tuple[NDArray[np.float64], Ends]:
        found = np.full((3, len(self.cells)), np.nan)
        for codes in self._codes():
            order = np.argsort(codes, kind="stable")
            starts = np.searchsorted(codes[order], np.arange(len(self.cells) + 1))
            for cell in np.unique(codes).tolist():
                rows = order[starts[cell] : starts[cell + 1]]
                found[:, cell] = self._one(cell, self.above[rows], self.below[rows])
        found[1:, n < 2] = np.nan
        return found[0], (found[1], found[2])

    def _middle(
        self, cell: int, values: NDArray[np.float64]
    ) -> tuple[float, float, float]:
        """Return the median and the ends of one cell."""
        middle, level = float(np.median(values)), self.options.level
        if self.options.method not in ("percentile", "bca"):
            return middle, *median_ends(values, level)
        rng = np.random.default_rng([self.options.seed, cell])
        low, high = tails(
            resampled_medians(values, self.options.replicates, rng), level
        )
        return middle, float(low), float(high)

    def _one(
        self, cell: int, above: NDArray[np.float64], below: NDArray[np.float64]
    ) -> tuple[float, float, float]:
        """Return the estimate and the ends of one cell."""
        if self.metric.kind == "median":
            return self._middle(cell, above)
        level, method = self.options.level, self.options.method
        rng = np.random.default_rng([self.options.seed, cell])
        base = below.sum()
        if base == 0:
            return np.nan, np.nan, np.nan
        ratio = float(above.sum() / base)
        if len(above) < 2:
            return ratio, np.nan, np.nan
        if method == "t":
            return ratio, *_t_ends(above, below, ratio, level)
        drawn = resampled_ratios(above, below, self.options.replicates, rng)
        drawn = drawn[np.isfinite(drawn)]
        if method == "bca":
            return ratio, *bca(drawn, above, below, level)
        low, high = tails(drawn, level)
        return ratio, float(low), float(high)

    def _index(self, value: NDArray[np.float64]) -> tuple[NDArray[np.float64], Ends]:
        """Return a hundred times the cell's value over that of the whole.

        A total is taken per customer. The interval is normal on the log scale; its
        variance is that of the mean influence of a customer on the logarithm of the
        index, of which those in the cell have one on either side of it.
        """
        kind = self.metric.kind
        nothing = np.full(len(value), np.nan)
        whole = value[0]
        if kind == "total":
            n = self.cells.sums(np.ones(len(self.above)), self.known)
            with np.errstate(divide="ignore", invalid="ignore"):
                value = value / n
                whole = value[0]
        if kind == "count" or not whole > 0:
            return nothing, (nothing, nothing)
        index = 100 * value / whole
        if kind == "median":
            return index, (nothing, nothing)
        base = self.cells.sums(self.below, self.known)
        above = self.above
        pull = (above - whole * self.below) / (whole * base[0])
        squares = np.full(len(value), float((pull**2).sum()))
        for codes in self._codes():
            with np.errstate(divide="ignore", invalid="ignore"):
                mine = (above - value[codes] * self.below) / (value * base)[codes]
            gained = np.bincount(codes, mine**2 - 2 * mine * pull, len(value))
            squares += gained
        squares = np.maximum(squares, 0.0)
        squares[0] = 0.0
        with np.errstate(invalid="ignore", over="ignore"):
            reach = np.exp(normal_quantile(self.options.level) * np.sqrt(squares))
            ends = index / reach, index * reach
        sound = (index > 0) & np.isfinite(reach)
        low, high = (np.where(sound, end, np.nan) for end in ends)
        return index, (low, high)

    def _share(self, n: NDArray[np.int64]) -> tuple[NDArray[np.float64], Ends]:
        """Return the part of the whole that is in each cell, where that adds up."""
        nothing = np.full(len(n), np.nan)
        if self.metric.kind not in ("count", "total") or not len(self.above):
            return nothing, (nothing, nothing)
        if self.metric.kind == "count":
            part, low, high = wilson(n, int(n[0]), self.options.level)
            return part, (low, high)
        found = np.full((3, len(n)), np.nan)
        for codes in self._codes():
            here = np.unique(codes)
            ends = share_of_total(self.above, codes, len(n), self.options.level)
            found[:, here] = np.stack(ends)[:, here]
        found[:, 0] = 1.0 if np.isfinite(found[0, 0]) else np.nan
        return found[0], (found[1], found[2])


def _t_ends(
    above: NDArray[np.float64], below: NDArray[np.float64], ratio: float, level: float
) -> tuple[float, float]:
    n = len(above)
    residual = above - ratio * below
    error = np.sqrt((residual**2).sum() * n / (n - 1)) / abs(below.sum())
    reach = float(stats("an interval by Student's t").t.ppf(0.5 + level / 2, n - 1))
    return ratio - reach * float(error), ratio + reach * float(error)


def median_ends(values: NDArray[np.float64], level: float) -> tuple[float, float]:
    """Return the order statistics between which the median is at the level."""
    place = median_ranks(len(values), level)
    if place is None:
        return np.nan, np.nan
    ascending = np.sort(values)
    return float(ascending[place]), float(ascending[-1 - place])


def median_ranks(n: int, level: float) -> int | None:
    """Return how many values lie outside the interval of a median on either side.

    The number below the median is binomial, whatever the values are like (Conover 1999,
    section 3.2); the interval has at least the level. None if even the smallest and
    the largest value do not reach so far.

    Examples
    --------
    >>> median_ranks(10, 0.9), median_ranks(4, 0.9)
    (1, None)
    """
    counts = np.arange(1, n + 1)
    steps = np.log((n - counts + 1) / counts)
    chance = np.exp(np.append(0.0, np.cumsum(steps)) - n * np.log(2.0))
    below = np.cumsum(chance)
    outside = int(np.searchsorted(below, (1 - level) / 2, side="right"))
    return outside - 1 if outside > 0 else None
