"""One pass over files: rows are held in memory as long as they fit, then put aside."""

from __future__ import annotations

import re
from contextlib import ExitStack
from dataclasses import dataclass, replace
from math import ceil
from typing import TYPE_CHECKING, Any

import numpy as np

from tenure import _core
from tenure._arrow import pyarrow_for
from tenure._frame import Table
from tenure._grouped import group, grouped_log
from tenure._merge import LogParts, order_of_ids
from tenure._reading import read
from tenure._report import counted
from tenure._spill import Spill
from tenure._time import LATEST, civil_microseconds
from tenure.exceptions import DataError, EmptyDataError, ParameterError
from tenure.transactions import Transactions

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from types import TracebackType
    from typing import Self

    from numpy.typing import NDArray

    from tenure._family import Family
    from tenure._grouped import GroupedLog
    from tenure._log_settings import LogSettings
    from tenure._sources import Sources
    from tenure._typing import Date, Unit
    from tenure.summary import Summary

__all__ = ["Run", "SummaryPart", "joined_summary"]

_WORK = "scanning files"
# What grouping needs at its peak, in multiples of the columns that are grouped.
_EXPANSION = 6
# Rows of a part that is put aside: few, so that its grouping can soon be interrupted.
_PART = 1_000_000
_MOST_PARTS = 512
# Bytes that are shared out over the parts at once.
_SHARE = 1 << 25


class Run:
    """The rows of files, read once; what is put aside is removed at the end.

    Attributes
    ----------
    total : LogParts
        What the parts read so far came to.
    """

    def __init__(
        self,
        sources: Sources,
        settings: LogSettings,
        *,
        memory: int,
        family: Family,
        spill_to: str | None,
        progress: bool | None,
    ) -> None:
        from tenure.reporting.progress import Progress  # noqa: PLC0415

        self.total = LogParts()
        self._sources = sources
        self._settings = settings
        self._memory = memory
        self._family: Family = family
        self._spill_to = spill_to
        self._stack = ExitStack()
        self._progress = Progress("scan", show=progress)
        self._spill: Spill | None = None

    def __enter__(self) -> Self:
        """Begin to watch the clock."""
        self._stack.enter_context(self._progress)
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        """Remove what was put aside."""
        self._stack.close()

    def in_memory(self) -> Any:
        """Read all rows; return them as a table, or nothing if they were put aside."""
        held: list[Any] = []
        size = rows = 0
        for batch in self._sources.batches():
            held.append(batch)
            size += batch.nbytes
            rows += batch.num_rows
            self._progress.step(f"{counted(rows, 'row')} read")
            if self._spill is None and size * _EXPANSION > self._memory:
                self._spill = self._begin_spill(size, rows)
            if self._spill is not None and size > min(
                _SHARE, self._memory // _EXPANSION
            ):
                self._put_aside(self._spill, held)
                size = 0
        if self._spill is None:
            return self._table(held)
        self._put_aside(self._spill, held)
        return None

    def _put_aside(self, spill: Spill, held: list[Any]) -> None:
        """Put batches aside, and let go of them one after the other."""
        share: list[Any] = []
        while held:
            share.append(held.pop(0))
            if not held or sum(batch.nbytes for batch in share) > _SHARE:
                spill.add(self._table(share))
                share.clear()
        pyarrow_for(_WORK).default_memory_pool().release_unused()

    def grouped(self, table: Any) -> GroupedLog:
        """Group all rows at once."""
        self._progress.step(f"grouping {counted(table.num_rows, 'row')}")
        return replace(group(Table.of(table), self._settings), family=self._family)

    def parts(self) -> Iterator[GroupedLog]:
        """Group the rows that were put aside, one part of the customers at a time.

        Raises
        ------
        DataError
            For rows that no log can have; the first of them in all parts.
        """
        if self._spill is None:
            return
        errors: list[DataError] = []
        for part, (table, rows) in enumerate(self._spill.read(), start=1):
            self._progress.step(f"grouping part {part} of {self._spill.parts}")
            try:
                log = self._part(table)
            except DataError as error:
                errors.append(_in_the_log(error, rows))
                continue
            if not errors:
                yield log
        if errors:
            raise _first(errors)

    def check_room(self, logs: Sequence[GroupedLog]) -> None:
        """Pass if the logs fit into the memory, together and once more."""
        size = sum(_size(log) for log in logs)
        if 2 * size > self._memory:
            raise ParameterError.of(
                name="memory",
                expected="be enough for the grouped log, and a copy of it",
                found=f"{self._memory / 1e9:.3g} GB",
                hint="allow more, or ask for summary(), which needs less",
            )

    def _part(self, table: Any) -> GroupedLog:
        reading = read(Table.of(table), self._settings)
        grouped = _core.group_part(reading.columns, *self._settings.rules)
        log = grouped_log(reading, grouped, family=self._family)
        self.total.add(log, grouped)
        return log

    def _table(self, batches: list[Any]) -> Any:
        pa = pyarrow_for(_WORK)
        return pa.Table.from_batches(batches, schema=self._sources.schema)

    def _begin_spill(self, size: int, rows: int) -> Spill:
        """Open as many files as keep each part small."""
        expected = self._sources.rows()
        if expected is None:  # text takes about as much room as what it says
            expected = self._sources.bytes_on_disk() * rows // max(size, 1)
        expected = max(expected, rows)
        in_memory = expected * size // max(rows, 1) * 4 * _EXPANSION // self._memory
        parts = min(max(ceil(expected / _PART), in_memory, 2), _MOST_PARTS)
        spill = Spill(self._settings.customer, parts, self._spill_to)
        return self._stack.enter_context(spill)


def _size(log: GroupedLog) -> int:
    """Return the bytes of a log's arrays; of its ids, those of what they name."""
    arrays = [log.customers, log.values, *log.attributes.values()]
    arrays += [one for one in log.history.values() if isinstance(one, np.ndarray)]
    if log.lines is not None:
        arrays += [
            getattr(log.lines, name)
            for name in ("offsets", "orders", "products", "amounts")
        ]
    return sum(one.nbytes for one in arrays if one is not None)


def _in_the_log(error: DataError, rows: NDArray[np.int64]) -> DataError:
    """Return the error with the row of the log in place of that of the part."""

    def place(match: re.Match[str]) -> str:
        return f"the same values as row {rows[int(match[1])]}"

    return DataError.at(
        error.column,
        error.expected,
        row=int(rows[error.row]),
        found=re.sub(r"the same values as row (\d+)", place, error.found),
        count=error.count,
        hint=error.hint,
    )


def _first(errors: Sequence[DataError]) -> DataError:
    """Return the error about the first row, with the count of all like it."""
    first = min(errors, key=lambda error: error.row)
    alike = [
        error
        for error in errors
        if (error.column, error.expected) == (first.column, first.expected)
    ]
    return DataError.at(
        first.column,
        first.expected,
        row=first.row,
        found=first.found,
        count=sum(error.count for error in alike),
        hint=first.hint,
    )


@dataclass(frozen=True, eq=False)
class SummaryPart:
    """The summary of some customers but for T, which the date of the last event sets.

    Attributes
    ----------
    ids : array
    firsts : int64 array
        When each customer bought first.
    frequency, recency, monetary_value : array
    """

    ids: NDArray[Any]
    firsts: NDArray[np.int64]
    frequency: NDArray[np.int64]
    recency: NDArray[np.float64]
    monetary_value: NDArray[np.float64]

    @classmethod
    def of(cls, log: GroupedLog, unit: Unit, as_of: Date | None) -> SummaryPart:
        """Summarise one part; without a date, as of the end of time."""
        date = (LATEST, False)
        if as_of is not None:
            date = civil_microseconds(as_of, name="as_of", zone=log.zone)
        history = log.history
        nobody = np.empty(0, np.int64)
        try:
            found = _core.summarize_transactions(history, date, unit)
        except EmptyDataError:
            none = nobody.astype(np.float64)
            return cls(log.customers[:0], nobody, nobody, none, none)
        return cls(
            ids=log.customers[found["customers"]],
            firsts=history["times"][history["offsets"][found["customers"]]],
            frequency=found["frequency"],
            recency=found["recency"],
            monetary_value=found["monetary_value"],
        )


def joined_summary(
    total: LogParts, parts: Sequence[SummaryPart], unit: Unit, as_of: Date | None
) -> Summary:
    """Return the summary of the customers of all parts."""
    _ = total.receipt  # says so if nobody has bought anything
    some = [part for part in parts if len(part.ids)] or list(parts[:1])
    ids = np.concatenate([part.ids for part in some])
    order = order_of_ids(ids)

    def joined(name: str) -> NDArray[Any]:
        return np.concatenate([getattr(part, name) for part in some])[order]

    # A log of first purchases alone has the ages of the customers.
    nothing = np.empty(0, np.int64)
    firsts = total.log_of(
        ids[order],
        {
            "grain": "",
            "offsets": np.arange(len(ids) + 1),
            "times": joined("firsts"),
            "values": None,
            "refund_purchases": nothing,
            "refund_times": nothing,
            "refund_amounts": nothing.astype(np.float64),
        },
    )
    ages = Transactions._of(firsts).summary(unit, as_of)  # noqa: SLF001
    has_values = firsts.settings.amount is not None
    return replace(
        ages,
        frequency=joined("frequency"),
        recency=joined("recency"),
        monetary_value=joined("monetary_value") if has_values else None,
    )
