"""What each member of a cohort is worth at each age, and what is robust about it.

The sums of a table say how much its cells vary. Where a few customers spend most of the
money the normal interval made of that is not to be trusted: here the members themselves
are drawn anew, capped at quantiles, or ranked.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Literal, TypeAlias, cast, get_args

import numpy as np

from tenure import _core
from tenure._intervals import normal_quantile
from tenure.cohorts._settings import DAY
from tenure.exceptions import ParameterError

if TYPE_CHECKING:
    from collections.abc import Iterator

    from numpy.typing import NDArray

    from tenure._core_types import LayoutColumns, MeasureColumns
    from tenure.cohorts._lives import Lives

    Floats: TypeAlias = NDArray[np.float64]

__all__ = ["Interval", "Members", "Robust", "Statistic"]

Statistic: TypeAlias = Literal["mean", "winsorised", "median"]
"""What cells are of the members' values."""

Interval: TypeAlias = Literal["delta", "bootstrap"]
"""How the interval of a cell is made."""

# Members whose tables are asked of the core at once, and drawn weights held at once.
_AT_ONCE, _WEIGHTS = 1 << 15, 1 << 22


@dataclass(frozen=True)
class Robust:
    """What cells are, and how their intervals are made.

    Attributes
    ----------
    statistic : {"mean", "winsorised", "median"}
    interval : {"delta", "bootstrap"}
    trim : float
        The share of members that is capped at either end.
    draws, seed : int
        Of the bootstrap.
    """

    statistic: Statistic = "mean"
    interval: Interval = "delta"
    trim: float = 0.01
    draws: int = 2000
    seed: int = 0

    @classmethod
    def of(
        cls, statistic: str, interval: str, trim: float, draws: int, seed: int
    ) -> Robust:
        """Return the settings, or say what is wrong with them."""
        for name, value, allowed in (
            ("statistic", statistic, get_args(Statistic)),
            ("interval", interval, get_args(Interval)),
        ):
            if value not in allowed:
                listed = [repr(one) for one in allowed]
                expected = f"be {', '.join(listed[:-1])} or {listed[-1]}"
                raise ParameterError.of(name, expected, found=repr(value))
        if not 0 <= trim < 0.5:
            raise ParameterError.of(
                name="trim", expected="lie from 0 to below 0.5", found=repr(trim)
            )
        if draws < 2:
            raise ParameterError.of(
                name="draws", expected="be at least 2", found=repr(draws)
            )
        if statistic == "median" and interval == "bootstrap":
            raise ParameterError.of(
                name="interval",
                expected="be left out for medians, whose interval is one of ranks",
                found="'bootstrap'",
            )
        return cls(
            cast("Statistic", statistic), cast("Interval", interval), trim, draws, seed
        )

    @property
    def is_plain(self) -> bool:
        """Whether the sums of the table are enough."""
        return self.statistic == "mean" and self.interval == "delta"


@dataclass(frozen=True, eq=False)
class Members:
    """The members of all rows of a table, and what each is worth.

    Attributes
    ----------
    lives : Lives
    layout : LayoutColumns
        Of the table.
    measure : MeasureColumns
    eligible_only : bool
        Whether ages count that have been observed to their end, only.
    """

    lives: Lives
    layout: LayoutColumns
    measure: MeasureColumns
    eligible_only: bool

    def rows(self) -> NDArray[np.int64]:
        """Return the row of each customer; -1 for who is in none."""
        history, layout = self.lives.history, self.layout
        births = self.lives.births
        if births is None:
            births = history["times"][history["offsets"][:-1]]
        periods = len(layout["cohorts"]) - 1
        rows = np.searchsorted(layout["cohorts"] * DAY, births, side="right") - 1
        outside = births >= layout["end"]
        if self.lives.segments is not None:
            codes = self.lives.segments.codes
            rows += codes * periods
            outside |= codes < 0
        return np.where(outside, -1, rows)

    def tables(self) -> Iterator[tuple[int, Floats, Floats, Floats]]:
        """Yield each row with its members' values, orders and whether ages are over."""
        rows = self.rows()
        order = np.argsort(rows, kind="stable")
        order = order[np.searchsorted(rows[order], 0) :]
        starts = np.flatnonzero(np.diff(rows[order], prepend=-1))
        for members in np.split(order, starts[1:]) if len(order) else ():
            parts = [
                self._table(members[place : place + _AT_ONCE])
                for place in range(0, len(members), _AT_ONCE)
            ]
            tables = [np.concatenate(part) for part in zip(*parts, strict=True)]
            yield int(rows[members[0]]), tables[0], tables[1], tables[2]

    def _table(self, members: NDArray[np.int64]) -> tuple[Floats, Floats, Floats]:
        """Return values, orders and eligibility: each member is a row of a table."""
        codes = np.full(len(self.lives.history["offsets"]) - 1, -1)
        codes[members] = np.arange(len(members))
        columns: Any = {**self.lives.columns, "segments": codes}
        ends = self.layout["cohorts"][[0, -1]]
        layout: Any = {**self.layout, "cohorts": ends, "segments": len(members)}
        sums = _core.cohort_values(columns, layout, self.measure, self.eligible_only)
        eligible = np.ones_like(sums["total"])
        if self.eligible_only:
            counts = _core.cohort_counts(columns, layout, "bounded", True)  # noqa: FBT003
            eligible = counts["eligible"].astype(np.float64)
        return sums["total"], sums["orders"], eligible

    def estimate(
        self, per: str, robust: Robust, level: float, *, cumulative: bool
    ) -> tuple[Floats, Floats, Floats, Floats]:
        """Return values, ends of intervals and standard errors of all cells."""
        segments = self.layout["segments"]
        shape = (segments * (len(self.layout["cohorts"]) - 1), -1)
        found: list[tuple[int, tuple[Floats, ...]]] = []
        for row, values, orders, eligible in self.tables():
            worth = np.cumsum(values, axis=1) * eligible if cumulative else values
            base = {"active": orders > 0, "order": orders}.get(per, eligible > 0)
            cell = _Cells(worth, base.astype(np.float64), robust, level)
            found.append((row, cell.estimate(row, whole=per == "cohort")))
        width = found[0][1][0].shape[0] if found else 0
        tables = np.full((4, shape[0], width), np.nan)
        tables[0] = 0.0 if per == "cohort" else np.nan
        for row, parts in found:
            tables[:, row] = parts
        return tables[0], tables[1], tables[2], tables[3]


@dataclass(frozen=True, eq=False)
class _Cells:
    """The cells of one row: what members are worth, and whom or what it is shared by.

    Attributes
    ----------
    worth, base : float64 array, shape (members, ages)
        `base` is 1 for members that count, or how many orders they have placed.
    """

    worth: Floats
    base: Floats
    robust: Robust
    level: float

    def estimate(
        self, row: int, *, whole: bool
    ) -> tuple[Floats, Floats, Floats, Floats]:
        """Return value, low, high and error of each cell; of sums where `whole`."""
        if self.robust.statistic == "median":
            return self._medians()
        worth, errors = self.worth, None
        if self.robust.statistic == "winsorised":
            worth, errors = self._capped()
            worth = np.where(self.base > 0, worth, 0.0)
        total = self.base.sum(axis=0)
        with np.errstate(divide="ignore", invalid="ignore"):
            value = np.where(total > 0, worth.sum(axis=0) / total, np.nan)
        scale = total if whole else 1.0
        if self.robust.interval == "bootstrap":
            low, high, errors = self._drawn(worth, row)
        else:
            assert errors is not None  # noqa: S101
            reach = normal_quantile(self.level) * errors
            low, high = value - reach, value + reach
        return value * scale, low * scale, high * scale, errors * scale

    def _capped(self) -> tuple[Floats, Floats]:
        """Return values capped at the ends of each cell, and errors of their means.

        With g members at either end made equal to the next one inside, and h = n - 2 g
        left, the error is that of the capped values times (n - 1) / (h - 1) (Dixon and
        Tukey 1968).
        """
        capped = self.worth.copy()
        errors = np.full(self.worth.shape[1], np.nan)
        for age in range(self.worth.shape[1]):
            counts = self.base[:, age] > 0
            values = self.worth[counts, age]
            n = len(values)
            if n < 2:
                continue
            g = int(self.robust.trim * n)
            ordered = np.partition(values, (g, n - 1 - g))
            kept = np.clip(values, ordered[g], ordered[n - 1 - g])
            capped[counts, age] = kept
            if n - 2 * g > 1:
                stretch = (n - 1) / (n - 2 * g - 1)
                errors[age] = kept.std(ddof=1) / np.sqrt(n) * stretch
        return capped, errors

    def _drawn(self, worth: Floats, row: int) -> tuple[Floats, Floats, Floats]:
        """Return percentiles and spread of ratios over members drawn anew."""
        n, width = worth.shape
        draws = np.empty((self.robust.draws, width))
        generator = np.random.default_rng((self.robust.seed, row))
        block = max(1, _WEIGHTS // n)
        shares = np.full(n, 1 / n)
        for place in range(0, len(draws), block):
            size = min(block, len(draws) - place)
            weights = generator.multinomial(n, shares, size=size).astype(np.float64)
            with np.errstate(divide="ignore", invalid="ignore"):
                ratios = (weights @ worth) / (weights @ self.base)
            draws[place : place + size] = ratios
        tail = (1 - self.level) / 2
        low, high, errors = np.full((3, width), np.nan)
        for age in np.flatnonzero((self.base > 0).sum(axis=0) > 1).tolist():
            found = draws[np.isfinite(draws[:, age]), age]
            low[age], high[age] = np.quantile(found, [tail, 1 - tail])
            errors[age] = found.std(ddof=1)
        return low, high, errors

    def _medians(self) -> tuple[Floats, Floats, Floats, Floats]:
        """Return medians and the intervals of their ranks.

        Between two ranks the median lies with the chance that as many of n coins fall
        on one side, whatever the distribution is; at least the level (David and
        Nagaraja 2003, Order statistics, section 7.1).
        """
        width = int(self.worth.shape[1])
        value, low, high = np.full((3, width), np.nan)
        for age in range(width):
            values = np.sort(self.worth[self.base[:, age] > 0, age])
            if not len(values):
                continue
            value[age] = np.median(values)
            rank = lower_rank(len(values), self.level)
            if rank is not None:
                low[age], high[age] = values[rank], values[-1 - rank]
        return value, low, high, np.full(width, np.nan)


def lower_rank(n: int, level: float) -> int | None:
    """Return the place of the lower end of a median's interval among n values.

    The highest r with P(B < r + 1) of at most half of what is left of the level, B the
    number of heads of n coins; None where there are too few values.

    Examples
    --------
    >>> lower_rank(10, 0.95), lower_rank(100, 0.95), lower_rank(5, 0.95)
    (1, 39, None)
    """
    places = np.arange(n // 2 + 1)
    logs = np.zeros(len(places))
    np.cumsum(np.log((n + 1 - places[1:]) / places[1:]), out=logs[1:])
    below = np.cumsum(np.exp(logs - n * np.log(2.0)))
    good = np.flatnonzero(below <= (1 - level) / 2)
    return int(good[-1]) if len(good) else None
