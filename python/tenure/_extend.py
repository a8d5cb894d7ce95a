"""More rows for a log that is grouped: only their customers are grouped anew."""

from __future__ import annotations

import math
import re
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

import numpy as np

from tenure import _core
from tenure._batch import Batch
from tenure._counts import counts_of, exact_parts, sum_counts
from tenure._grouped import (
    GroupedLog,
    Lines,
    history_of,
    labels,
    net_values,
    receipt_of,
)
from tenure._reading import read
from tenure._rows import KEPT_BY_DEFAULT, Rows, Vocabulary, usable
from tenure.exceptions import ColumnError, DataError, ParameterError

if TYPE_CHECKING:
    from collections.abc import Mapping

    from numpy.typing import NDArray

    from tenure._core_types import (
        CollatedColumns,
        GroupedColumns,
    )
    from tenure._frame import Table
    from tenure._log_settings import LogSettings
    from tenure._reading import Reading
    from tenure.receipt import Receipt

__all__ = ["extended", "no_line_offsets"]


def extended(log: GroupedLog, table: Table) -> GroupedLog:
    """Return the log with the rows of a table."""
    settings, rows = log.settings, log.rows
    if rows is None:
        raise _not_kept(log)
    reading = read(table, settings)
    if len(reading) == 0:
        return log
    _check_kinds(log, rows, reading)
    words = {
        name: Vocabulary.union(rows.vocabularies[name], codes.categories)
        for name, codes in reading.codes.items()
    }
    old, new = Batch.of_rows(rows, words), Batch.of_reading(reading, words)
    buyers = words[settings.customer]
    named = new.codes[settings.customer]
    touched = np.unique(named[named >= 0])
    places = np.full(len(buyers.words) + 1, -1, np.int64)
    places[touched] = np.arange(len(touched))
    theirs = old.take(places[old.codes[settings.customer]] >= 0)
    # The new rows first, so that an error names a row of the table that was given.
    after = _group_new(new.followed_by(theirs), settings, places, len(reading))
    change = _Change(
        words=words,
        before=None if len(theirs) == 0 else _group(theirs, settings, places),
        after=after,
        chosen=_Chosen.of(
            buyers.old[rows.buyers], touched[after["customers"]], touched
        ),
    )
    return change.apply(log, rows, old.followed_by(new.take(usable(reading))))


def _group(
    batch: Batch, settings: LogSettings, places: NDArray[np.int64]
) -> GroupedColumns:
    return _core.group_part(batch.columns(settings, places), *settings.rules)


def _group_new(
    batch: Batch, settings: LogSettings, places: NDArray[np.int64], n_new: int
) -> GroupedColumns:
    """Group rows of which the first `n_new` are new."""
    try:
        return _group(batch, settings, places)
    except DataError as error:
        repeated = re.search(r"the same values as row (\d+)", error.found)
        if error.row < n_new or repeated is None:
            raise
        raise DataError.at(
            error.column,
            error.expected,
            row=int(repeated[1]),
            found="the same values as a row of the log",
            count=error.count,
            hint=error.hint,
        ) from None


@dataclass(frozen=True, eq=False)
class _Chosen:
    """Which customers the extended log has, and where each is taken from.

    Attributes
    ----------
    buyers : int64 array
        Their places among all identifiers, ascending.
    sources : int64 array
        Their places among the old customers followed by those grouped anew.
    """

    buyers: NDArray[np.int64]
    sources: NDArray[np.int64]

    @classmethod
    def of(
        cls,
        old: NDArray[np.int64],
        new: NDArray[np.int64],
        touched: NDArray[np.int64],
    ) -> _Chosen:
        """Take the old customers who are not touched, and all those grouped anew."""
        stays = ~np.isin(old, touched, assume_unique=True)
        buyers = np.concatenate([old[stays], new])
        sources = np.concatenate(
            [np.flatnonzero(stays), len(old) + np.arange(len(new))]
        )
        order = np.argsort(buyers, kind="stable")
        return cls(buyers[order], sources[order])


@dataclass(frozen=True, eq=False)
class _Change:
    """What new rows change in a log.

    Attributes
    ----------
    words : mapping of str to Vocabulary
        The identifiers of each column.
    before, after : GroupedColumns
        What the rows of the customers in the new rows came to, and what they come to
        with these.
    chosen : _Chosen
        The customers of the extended log.
    """

    words: Mapping[str, Vocabulary]
    before: GroupedColumns | None
    after: GroupedColumns
    chosen: _Chosen

    def apply(self, log: GroupedLog, rows: Rows, batch: Batch) -> GroupedLog:
        """Return the extended log, whose rows are now these."""
        words, buyers = self.words, self.chosen.buyers
        collated = self._collated(log)
        codes = self._attributes(rows)
        parts = self._refund_parts(rows)
        return replace(
            log,
            customers=words[log.settings.customer].words[buyers],
            history=history_of(collated),
            values=net_values(collated),
            lines=self._lines(log, collated),
            attributes={
                name: labels(words[name].words, places)
                for name, places in codes.items()
            },
            receipt=self._receipt(log, math.fsum(parts)),
            rows=Rows(
                codes={name: _narrow(one) for name, one in batch.codes.items()},
                times=batch.times,
                amounts=batch.amounts,
                vocabularies={name: union.words for name, union in words.items()},
                buyers=_narrow(buyers),
                labels={name: _narrow(one) for name, one in codes.items()},
                refund_parts=exact_parts(parts),
            ),
        )

    def _collated(self, log: GroupedLog) -> CollatedColumns:
        """Copy the customers who stay as they are, and those grouped anew."""
        old = no_line_offsets if log.lines is None else log.lines.offsets
        parts = [
            (log.history, old),
            (history_of(self.after), self.after["line_offsets"]),
        ]
        return _core.collate_customers(parts, self.chosen.sources)

    def _attributes(self, rows: Rows) -> dict[str, NDArray[np.int64]]:
        """Return the places of the values that each customer has."""
        found = zip(rows.labels, self.after["attributes"], strict=True)
        return {
            name: np.concatenate([self.words[name].old[rows.labels[name]], places])[
                self.chosen.sources
            ]
            for name, (places, _) in found
        }

    def _refund_parts(self, rows: Rows) -> list[float]:
        """Return numbers that add up to the sum of all refunds."""
        parts = [*rows.refund_parts, *self.after["refund_parts"]]
        gone = [] if self.before is None else self.before["refund_parts"]
        return parts + [-part for part in gone]

    def _lines(self, log: GroupedLog, collated: CollatedColumns) -> Lines | None:
        old, after, settings = log.lines, self.after, log.settings
        if old is None:
            return None

        def joined(
            column: NDArray[Any] | None, name: str | None, codes: NDArray[np.int64]
        ) -> NDArray[Any] | None:
            if column is None or name is None:
                return None
            new = labels(self.words[name].words, codes)
            return np.concatenate([column, new])[collated["lines"]]

        amounts = old.amounts
        if amounts is not None:
            both = np.concatenate([amounts, after["line_amounts"]])
            amounts = both[collated["lines"]]
        return Lines(
            offsets=collated["line_offsets"],
            orders=joined(old.orders, settings.order, after["line_orders"]),
            products=joined(old.products, settings.product, after["line_products"]),
            amounts=amounts,
        )

    def _receipt(self, log: GroupedLog, refund_amount: float) -> Receipt:
        """Return the old receipt, with what the rows now come to in its place."""
        counts = sum_counts(counts_of(log.receipt), self.after["receipt"])
        conflicts = dict(log.receipt.attribute_conflicts)
        changes = [(1, self.after)]
        if self.before is not None:
            counts = sum_counts(counts, self.before["receipt"], sign=-1)
            changes.append((-1, self.before))
        for sign, grouped in changes:
            for name, (_, count) in zip(conflicts, grouped["attributes"], strict=True):
                conflicts[name] += sign * count
        counts["refund_amount"] = refund_amount
        return receipt_of(
            log.settings, counts, zone=log.zone, attribute_conflicts=conflicts
        )


def _narrow(codes: NDArray[np.int64]) -> NDArray[np.int32]:
    return codes.astype(np.int32)


# Of a log without lines.
no_line_offsets = np.empty(0, np.int64)


def _not_kept(log: GroupedLog) -> ParameterError:
    return ParameterError.of(
        "keep_rows",
        "be True for a log that is to be extended",
        found=f"a log of {log.receipt.rows:,} rows that were not kept",
        hint=f"up to {KEPT_BY_DEFAULT:,} rows are kept unless keep_rows=False; group a "
        "larger log by Transactions(..., keep_rows=True)",
    )


def _check_kinds(log: GroupedLog, rows: Rows, new: Reading) -> None:
    """Pass if ids and times are of the kinds that the log has."""
    if new.zone != log.zone and len(new.times) > 0:
        ours, theirs = (zone or "no time zone" for zone in (log.zone, new.zone))
        what = f"must have the time zone of the log, {ours}, but has {theirs}"
        hint = "bring all rows to one, as by tz='UTC'"
        raise ColumnError.unusable(log.settings.time, what, (), hint=hint)
    for name, codes in new.codes.items():
        ours, theirs = (
            _kind(words) for words in (rows.vocabularies[name], codes.categories)
        )
        if ours and theirs and ours != theirs:
            what = f"must hold {ours}, as in the log, but holds {theirs}"
            raise ColumnError.unusable(name, what, ())


def _kind(words: NDArray[Any]) -> str:
    """Return what kind of identifiers these are; nothing of none."""
    if len(words) == 0:
        return ""
    if words.dtype.kind in "iu":
        return "integers"
    word = words[0]
    return "text" if isinstance(word, str) else f"{type(word).__qualname__} objects"
