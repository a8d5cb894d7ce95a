"""Counts straight from the rows of a frame, before anything is grouped."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from tenure import _core
from tenure._events import read_events

if TYPE_CHECKING:
    from tenure._core_types import CohortCounts, EventColumns, LayoutColumns
    from tenure._frame import Table
    from tenure._log_settings import LogSettings

__all__ = ["EventRows"]


@dataclass(frozen=True, eq=False)
class EventRows:
    """The rows of a frame whose customers begin with their first purchase.

    Attributes
    ----------
    columns : EventColumns
        As the kernel reads them.
    first, last : int
        The first and the last instant.
    rules : tuple
        How rows become purchases.
    zone : str or None
        The time zone whose clocks were read.
    family : str
        The kind of frame that results come back as.
    """

    columns: EventColumns
    first: int
    last: int
    rules: tuple[str | None, str, str]
    zone: str | None
    family: str

    @classmethod
    def of(cls, table: Table, settings: LogSettings) -> EventRows | None:
        """Read the columns, where counts need no more than these."""
        if not settings.is_plain or settings.merge not in ("day", "hour"):
            return None
        events = read_events(
            table,
            customer=settings.customer,
            time=settings.time,
            amount=settings.amount,
            **settings.clock,
        )
        times, missing = events.columns["time"], events.columns["time_missing"]
        known = times if missing is None else times[~missing]
        if len(known) == 0:
            return None
        ends = _core.ends(known)
        return cls(events.columns, *ends, settings.rules, events.zone, table.family)

    def count(
        self, layout: LayoutColumns, rule: str, *, eligible_only: bool
    ) -> CohortCounts | None:
        """Return the counts, or None where the log must be grouped first."""
        found = _core.cohort_counts_of_log(
            self.columns, self.rules, layout, rule, eligible_only
        )
        # rows that were not used may have been the first or the last ones
        if found is None:
            return None
        counts, used = found
        is_whole = used == (self.first, self.last) and counts["sizes"][0] > 0
        return counts if is_whole else None

    @property
    def days(self) -> tuple[int, int]:
        """The first and the last day."""
        day = 86_400_000_000
        return self.first // day, self.last // day
