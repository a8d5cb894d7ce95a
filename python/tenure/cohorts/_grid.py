"""The rows, columns and cell states that all tables of some cohorts share."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Literal, TypeAlias, get_args

import numpy as np

from tenure._frame import Categories, native_frame
from tenure._report import counted
from tenure.exceptions import ParameterError

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from tenure._core_types import CohortCounts
    from tenure.cohorts._lives import Segments

__all__ = ["COMPLETE", "FUTURE", "IN_PROGRESS", "STATES", "Grid", "Incomplete"]

Incomplete: TypeAlias = Literal["mask", "eligible", "flag"]
"""What becomes of cells that have not been observed to their end."""

STATES = ("complete", "in progress", "future")
"""How far a cell has been observed."""

COMPLETE, IN_PROGRESS, FUTURE = range(3)


@dataclass(frozen=True, eq=False)
class Grid:
    """Rows, columns and states of a table.

    Attributes
    ----------
    cohorts : datetime64 array
        The first day of the period in which each row's customers begin.
    segments : tuple of str and array, or None
        What rows are divided by beside that, and the segment of each row.
    ages : array
        The age of each column, or the text of a bracket of ages.
    sizes : int64 array
        Members of each row.
    eligible : int64 array, shape (rows, columns)
        Members of whom the age has been observed to its end.
    states : int8 array, shape (rows, columns)
        Places in `STATES`.
    left_edge : bool array
        Rows at the beginning of the log, whose customers may be older.
    unit : str
        What ages count, for labels.
    family : str
        The kind of frame that results come back as.
    outside, early : int
        Customers in no cohort: who begin after the last day observed, or have no
        segment; and customers with events before they begin, which count nowhere.
    """

    cohorts: NDArray[np.datetime64]
    segments: tuple[str, NDArray[Any]] | None
    ages: NDArray[Any]
    sizes: NDArray[np.int64]
    eligible: NDArray[np.int64]
    states: NDArray[np.int8]
    left_edge: NDArray[np.bool_]
    unit: str
    family: str
    outside: int
    early: int

    @classmethod
    def of(
        cls,
        counts: CohortCounts,
        starts: NDArray[np.int64],
        end: int,
        *,
        ages: NDArray[Any] | None,
        segments: Segments | None,
        burn_in: int,
        unit: str,
        family: str,
    ) -> Grid:
        """Return what the counts of a table say about its cells."""
        periods = len(starts) - 1
        groups = 1 if segments is None else len(segments.labels)
        sizes, eligible = counts["sizes"], counts["eligible"]
        width = int(eligible.shape[1])
        columns = np.arange(width)
        # with somebody in the cohort they decide; with nobody the calendar does
        nobody = (sizes == 0)[:, None]
        reach = np.tile(counts["latest_complete"], groups)[:, None]
        begun = np.tile(counts["earliest_started"], groups)[:, None]
        over = np.tile(starts[1:] * 86_400_000_000 <= end, groups)[:, None]
        complete = over & np.where(nobody, columns < reach, eligible == sizes[:, None])
        future = np.where(nobody, columns >= begun, counts["started"] == 0)
        states = np.where(complete, COMPLETE, np.where(future, FUTURE, IN_PROGRESS))
        # trailing columns that nobody has reached
        reached = np.flatnonzero((states != FUTURE).any(axis=0))
        width = int(reached[-1]) + 1 if len(reached) else 0
        named = None
        if segments is not None:
            named = segments.name, np.repeat(segments.labels, periods)
        labels = columns if ages is None else ages
        return cls(
            cohorts=np.tile(starts[:-1].astype("datetime64[D]"), groups),
            segments=named,
            ages=labels[:width],
            sizes=sizes,
            eligible=eligible[:, :width],
            states=states[:, :width].astype(np.int8),
            left_edge=np.tile(np.arange(periods) < burn_in, groups),
            unit=unit,
            family=family,
            outside=int(counts["outside"]),
            early=int(counts["early"]),
        )

    @property
    def note(self) -> str:
        """Who is not in the table, in words; empty if everybody is."""
        notes: list[str] = []
        if self.outside:
            who = counted(self.outside, "customer")
            notes.append(
                f"{who} in no cohort: not begun by the last day observed, or without a "
                "segment"
            )
        if self.early:
            who = counted(self.early, "customer")
            notes.append(f"events of {who} before they begin are left out")
        return "; ".join(notes)

    @property
    def width(self) -> int:
        """The number of columns."""
        return len(self.ages)

    @property
    def rows(self) -> dict[str, NDArray[Any]]:
        """The columns that name the rows."""
        named = {} if self.segments is None else {self.segments[0]: self.segments[1]}
        return {**named, "cohort": self.cohorts}

    def hides(self, incomplete: str) -> NDArray[np.bool_]:
        """Return the cells without a value."""
        if incomplete not in get_args(Incomplete):
            raise ParameterError.of(
                name="incomplete",
                expected="be 'mask', 'eligible' or 'flag'",
                found=repr(incomplete),
            )
        if incomplete == "mask":
            return self.states != COMPLETE
        return self.states == FUTURE

    def long(self, cells: dict[str, NDArray[Any]]) -> Any:
        """Return a frame with one row a cell that has begun, row after row."""
        shown = (self.states != FUTURE).ravel()
        width = self.width
        columns: dict[str, Any] = {
            name: np.repeat(values, width)[shown] for name, values in self.rows.items()
        }
        columns["period"] = np.tile(self.ages, len(self.sizes))[shown]
        sizes = np.repeat(self.sizes, width)[shown]
        for name, values in cells.items():
            columns[name] = sizes if name == "cohort_size" else values.ravel()[shown]
        columns["status"] = Categories(self.states.ravel()[shown], STATES)
        return native_frame(columns, family=self.family)

    def wide(self, values: NDArray[Any]) -> Any:
        """Return a frame with one row a cohort and one column an age."""
        columns: dict[str, Any] = dict(self.rows)
        if self.family != "pandas":
            columns["cohort_size"] = self.sizes
        for place, age in enumerate(self.ages):
            columns[str(age)] = np.ascontiguousarray(values[:, place])
        frame = native_frame(columns, family=self.family)
        if self.family != "pandas":
            return frame
        frame = frame.set_index(list(self.rows))
        frame = frame.set_axis(self.ages.tolist(), axis=1)
        return frame.rename_axis(columns="period_number")

    def place(self, age: object) -> int:
        """Return the column of an age."""
        found = np.flatnonzero(self.ages == age)
        if len(found) == 0:
            shown = ", ".join(str(one) for one in self.ages[:20])
            raise ParameterError.of(
                name="age", expected=f"be one of {shown}", found=repr(age)
            )
        return int(found[0])
