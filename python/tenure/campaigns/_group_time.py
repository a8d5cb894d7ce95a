"""Effects of each cohort in each period, and their means (Callaway and Sant'Anna)."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Literal

import numpy as np

from tenure.campaigns._panel import check_once, period_values, refuse
from tenure.exceptions import DataError, EmptyDataError

if TYPE_CHECKING:
    from typing import Self

    from numpy.typing import NDArray

    from tenure._frame import Table

__all__ = ["Controls", "GroupTimes", "Mean", "Staggered"]

Controls = Literal["not yet treated", "never treated"]

_FEW = 2  # customers that a side needs, to know how they differ


@dataclass(frozen=True, eq=False)
class Staggered:
    """A panel of customers who start at different periods.

    Attributes
    ----------
    outcome : float64 array, shape (customers, periods)
        The outcome.
    start : int64 array
        The place of each customer's first period with treatment; the number of periods
        for those who are not treated in them.
    periods : array
        The periods in order.
    left_out : dict of str to int
        Customers who are not compared, by reason.
    """

    outcome: NDArray[np.float64]
    start: NDArray[np.int64]
    periods: NDArray[Any]
    left_out: dict[str, int]

    @classmethod
    def of(cls, table: Table, names: tuple[str, str, str, str]) -> Self:
        """Read the rows: names are those of customer, period, outcome and start."""
        customer, period, outcome, start = names
        codes = table.codes(customer).values
        values = table.numbers(outcome).values
        if not len(values):
            what = "there is no row in the panel"
            raise EmptyDataError.of(what)
        refuse(~np.isfinite(values), outcome, "be finite", values)
        refuse(codes < 0, customer, "say who the customer is", codes)
        periods, place = np.unique(period_values(table, period), return_inverse=True)
        check_once(codes, (periods, place), period)
        begin = _starts(table, start, periods)
        _, codes = np.unique(codes, return_inverse=True)
        count = int(codes.max()) + 1
        own = np.zeros(count, np.int64)
        own[codes] = begin
        hint = "the first period with treatment, and missing if there is none"
        expected = "be the same in all rows of a customer"
        refuse(begin != own[codes], start, expected, _named(periods, begin), hint)
        _check_complete(codes, place, periods, customer)
        wide = np.empty((count, len(periods)))
        wide[codes, place] = values
        return cls._of_comparable(wide, own, periods)

    @classmethod
    def _of_comparable(
        cls, wide: NDArray[np.float64], start: NDArray[np.int64], periods: NDArray[Any]
    ) -> Self:
        """Leave out, and count, those who cannot be compared."""
        sizes = np.bincount(start, minlength=len(periods) + 1)
        early = start == 0
        alone = ~early & (start < len(periods)) & (sizes[start] < _FEW)
        keep = ~(early | alone)
        if not (start[keep] < len(periods)).any():
            what = (
                f"no cohort of at least {_FEW} customers starts after {periods[0]}, "
                f"the first period, up to {periods[-1]}, the last"
            )
            hint = "effects need periods both before and after a start"
            raise EmptyDataError.of(what, hint=hint)
        left_out = {
            "treated from the first period on": int(early.sum()),
            "alone in their cohort": int(alone.sum()),
        }
        return cls(wide[keep], start[keep], periods, left_out)


@dataclass(frozen=True, eq=False)
class Mean:
    """A mean of effects, and how much each customer has moved it.

    Attributes
    ----------
    change, control_change : float
        The mean changes of treated and controls.
    influence : float64 array
        One number a customer; the sum of squares is the variance.
    customers : int
        Customers of the cohorts behind it.
    cohorts : int
        How many cohorts there are.
    """

    change: float
    control_change: float
    influence: NDArray[np.float64]
    customers: int
    cohorts: int

    @property
    def difference(self) -> float:
        """Treated less controls."""
        return self.change - self.control_change

    @property
    def error(self) -> float:
        """The standard error."""
        return float(np.sqrt((self.influence**2).sum()))


@dataclass(frozen=True, eq=False)
class GroupTimes:
    """The cells: cohort, period, and the two changes since the period before the start.

    Attributes
    ----------
    panel : Staggered
        The customers.
    controls : str
        Who the controls are.
    cohort, time : int64 array
        The place of the start and of the period of each cell.
    changes : float64 array, shape (cells, 2)
        Mean changes of the cohort and of its controls.
    sizes : int64 array, shape (cells, 2)
        How many customers either side has.
    without : int
        Cells with treatment that nobody is left to be compared with.
    """

    panel: Staggered
    controls: Controls
    cohort: NDArray[np.int64]
    time: NDArray[np.int64]
    changes: NDArray[np.float64]
    sizes: NDArray[np.int64]
    without: int

    @classmethod
    def of(cls, panel: Staggered, controls: Controls) -> Self:
        """Compare each cohort with its controls in each period."""
        rows: list[tuple[int, int, float, float, int, int]] = []
        without, last = 0, len(panel.periods)
        for start in np.unique(panel.start[panel.start < last]).tolist():
            own = panel.start == start
            for time in range(last):
                others = _others(panel, start, time, controls)
                if others.sum() < _FEW:
                    without += time >= start
                    continue
                change = panel.outcome[:, time] - panel.outcome[:, start - 1]
                means = float(change[own].mean()), float(change[others].mean())
                rows.append((start, time, *means, int(own.sum()), int(others.sum())))
        cells = np.array(rows, dtype=np.float64).reshape(-1, 6)
        cohort, time = cells[:, 0].astype(np.int64), cells[:, 1].astype(np.int64)
        if not (time >= cohort).any():
            what = f"there are no controls ({controls}) for any start"
            hint = (
                "give customers who are never treated, with a missing start"
                if controls == "not yet treated"
                else "choose `controls='not yet treated'`, or give customers who are "
                "never treated, with a missing start"
            )
            raise EmptyDataError.of(what, hint=hint)
        sizes = cells[:, 4:].astype(np.int64)
        return cls(panel, controls, cohort, time, cells[:, 2:4], sizes, without)

    @property
    def since(self) -> NDArray[np.int64]:
        """The period of each cell, counted from the start of its cohort."""
        return self.time - self.cohort

    @property
    def difference(self) -> NDArray[np.float64]:
        """The effect of each cell."""
        return self.changes[:, 0] - self.changes[:, 1]

    def mean(self, chosen: NDArray[np.bool_]) -> Mean:
        """Return the mean of some cells, weighted by the customers of their cohorts.

        Cohort sizes are as random as outcomes: what a customer does to the weights is
        part of the influence.
        """
        cells = np.flatnonzero(chosen)
        weights = self.sizes[cells, 0] / self.sizes[cells, 0].sum()
        change, other = weights @ self.changes[cells]
        panel, apart = self.panel, self.difference[cells] - (change - other)
        influence = np.zeros(len(panel.start))
        for cell, weight, away in zip(cells.tolist(), weights, apart, strict=True):
            own = panel.start == self.cohort[cell]
            influence += weight * self._of_cell(cell, own)
            influence[own] += weight * away / self.sizes[cell, 0]
        cohorts = np.unique(self.cohort[cells])
        customers = int(np.isin(panel.start, cohorts).sum())
        return Mean(float(change), float(other), influence, customers, len(cohorts))

    def controls_used(self) -> int:
        """Return how many customers serve as controls of an effect."""
        used = np.zeros(len(self.panel.start), np.bool_)
        for start, time in zip(self.cohort.tolist(), self.time.tolist(), strict=True):
            if time >= start:
                used |= _others(self.panel, start, time, self.controls)
        return int(used.sum())

    def _of_cell(self, cell: int, own: NDArray[np.bool_]) -> NDArray[np.float64]:
        """Return the influence of each customer on one cell: Welch's variance."""
        panel, start, time = self.panel, int(self.cohort[cell]), int(self.time[cell])
        change = panel.outcome[:, time] - panel.outcome[:, start - 1]
        others = _others(panel, start, time, self.controls)
        influence = np.zeros(len(change))
        for k, (side, sign) in enumerate(((own, 1.0), (others, -1.0))):
            n = int(self.sizes[cell, k])
            apart = change[side] - self.changes[cell, k]
            influence[side] = sign * apart / np.sqrt(n * (n - 1))
        return influence


def _others(
    panel: Staggered, start: int, time: int, controls: Controls
) -> NDArray[np.bool_]:
    """Return who was untreated in the period and in that before the start."""
    until = max(time, start) if controls == "not yet treated" else len(panel.periods)
    return panel.start > until if until < len(panel.periods) else panel.start == until


def _starts(table: Table, start: str, periods: NDArray[Any]) -> NDArray[np.int64]:
    """Return the place of each row's start among the periods."""
    values, missing = _start_values(table, start, dates=periods.dtype.kind == "M")
    inside = ~missing & (values >= periods[0]) & (values <= periods[-1])
    place = np.searchsorted(periods, values)
    place[~missing & (values < periods[0])] = 0
    place[missing] = len(periods)
    wrong = inside & (periods[np.minimum(place, len(periods) - 1)] != values)
    hint = "periods without any row are not known; round dates to the periods"
    expected = f"be one of the periods, {periods[0]} to {periods[-1]}, or missing"
    refuse(wrong, start, expected, values, hint)
    return place.astype(np.int64)


def _start_values(
    table: Table, start: str, *, dates: bool
) -> tuple[NDArray[Any], NDArray[np.bool_]]:
    column = table.column(start)
    try:
        values: NDArray[Any] = column.numbers().values
    except KeyError:
        if not dates:
            raise
        times = table.instants(start)
        missing = times.missing
        if missing is None:
            missing = np.zeros(len(times.values), np.bool_)
        days = times.values.astype("datetime64[us]").astype("datetime64[D]")
        return days, missing
    missing = np.isnan(values)
    if dates and not missing.all():
        row = int((~missing).argmax())
        raise DataError.at(
            start,
            "be a date, as the periods are",
            row=row,
            found=repr(float(values[row])),
            count=int((~missing).sum()),
        )
    if dates:
        return np.zeros(len(values), "datetime64[D]"), missing
    return values, missing


def _named(periods: NDArray[Any], place: NDArray[np.int64]) -> NDArray[Any]:
    names = [*map(str, periods.tolist()), "nothing"]
    return np.array(names)[place]


def _check_complete(
    codes: NDArray[np.int64],
    place: NDArray[np.int64],
    periods: NDArray[Any],
    customer: str,
) -> None:
    """Pass if each customer has a row for each period."""
    rows = np.bincount(codes)
    short = rows < len(periods)
    if short.any():
        row = int(short[codes].argmax())
        absent = np.setdiff1d(np.arange(len(periods)), place[codes == codes[row]])
        raise DataError.at(
            customer,
            "have a row for each period of each customer",
            row=row,
            found=f"a customer without one for {periods[absent[0]]}",
            count=int(short.sum()),
            hint="a customer who bought nothing in a period has 0",
        )
