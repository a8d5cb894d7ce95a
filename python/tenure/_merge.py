"""Logs of different customers made one log."""

from __future__ import annotations

import math
from dataclasses import replace
from typing import TYPE_CHECKING, Any, cast

import numpy as np

from tenure import _core
from tenure._counts import sum_counts
from tenure._extend import no_line_offsets
from tenure._grouped import GroupedLog, Lines, history_of, net_values, receipt_of
from tenure._report import counted
from tenure._series import column_of
from tenure.exceptions import ColumnError, EmptyDataError

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from tenure._core_types import (
        CollatedColumns,
        GroupedColumns,
        HistoryColumns,
        ReceiptCounts,
    )
    from tenure.receipt import Receipt

__all__ = ["LogParts", "order_of_ids"]


class LogParts:
    """What the parts of a log come to, each of which has all rows of its customers."""

    def __init__(self) -> None:
        self._counts: ReceiptCounts | None = None
        self._refunds: list[float] = []
        self._conflicts: dict[str, int] = {}
        self._last: GroupedLog | None = None
        self._is_instant = False

    def add(self, log: GroupedLog, grouped: GroupedColumns) -> None:
        """Count what became of the rows of a part.

        Raises
        ------
        ColumnError
            If its times are of another zone than those before.
        """
        counts = grouped["receipt"]
        if self._last is not None and self._last.zone != log.zone:
            zones = " and ".join(str(one) for one in (self._last.zone, log.zone))
            what, hint = (
                f"has times of {zones}",
                "bring all rows to one, as by tz='UTC'",
            )
            raise ColumnError.unusable(log.settings.time, what, (), hint=hint)
        self._counts = sum_counts(self._counts, counts) if self._counts else counts
        self._refunds += grouped["refund_parts"]
        for name, count in log.receipt.attribute_conflicts.items():
            self._conflicts[name] = self._conflicts.get(name, 0) + count
        self._is_instant |= log.history["grain"] == "instant"
        self._last = log

    @property
    def receipt(self) -> Receipt:
        """What became of all rows.

        Raises
        ------
        EmptyDataError
            If nobody has bought anything.
        """
        counts, last = self._counts, self._last
        if counts is None or last is None or counts["purchases"] == 0:
            rows = 0 if counts is None else counts["rows"]
            what = f"the log has no purchase: {counted(rows, 'row')} read"
            raise EmptyDataError.of(what, hint="are the columns the right ones?")
        counts = cast(
            "ReceiptCounts", {**counts, "refund_amount": math.fsum(self._refunds)}
        )
        return receipt_of(
            last.settings, counts, zone=last.zone, attribute_conflicts=self._conflicts
        )

    def log_of(
        self, customers: NDArray[Any], history: HistoryColumns, **more: Any
    ) -> GroupedLog:
        """Return the log of these customers and purchases, with the receipt of all."""
        receipt = self.receipt
        last = cast("GroupedLog", self._last)
        grain = "instant" if self._is_instant else last.history["grain"]
        return replace(
            last,
            customers=customers,
            history={**history, "grain": grain},
            receipt=receipt,
            **{"values": None, "lines": None, "attributes": {}, "rows": None, **more},
        )

    def joined(self, logs: Sequence[GroupedLog]) -> GroupedLog:
        """Return the logs of all parts as one."""
        receipt = self.receipt  # says so if there is nothing in them
        logs = [log for log in logs if len(log.customers)]
        ids = np.concatenate([log.customers for log in logs])
        order = order_of_ids(ids)
        parts = [
            (log.history, no_line_offsets if log.lines is None else log.lines.offsets)
            for log in logs
        ]
        collated = _core.collate_customers(parts, order)
        return self.log_of(
            ids[order],
            history_of(collated),
            values=net_values(collated),
            lines=_lines(logs, collated),
            attributes={
                name: np.concatenate([log.attributes[name] for log in logs])[order]
                for name in receipt.attribute_conflicts
            },
        )


def _lines(logs: Sequence[GroupedLog], collated: CollatedColumns) -> Lines | None:
    """Return the lines of all logs in the order of their purchases."""
    lines = [log.lines for log in logs if log.lines is not None]
    if not lines:
        return None

    def joined(name: str) -> NDArray[Any] | None:
        columns = [getattr(one, name) for one in lines]
        if columns[0] is None:
            return None
        return np.concatenate(columns)[collated["lines"]]

    return Lines(
        offsets=collated["line_offsets"],
        orders=joined("orders"),
        products=joined("products"),
        amounts=joined("amounts"),
    )


def order_of_ids(ids: NDArray[Any]) -> NDArray[np.int64]:
    """Return the places of distinct ids in ascending order.

    Examples
    --------
    >>> order_of_ids(np.array(["b", "c", "a"], object))
    array([2, 0, 1])
    """
    keys = (
        ids if ids.dtype.kind != "O" else column_of("customer_id", ids).codes().values
    )
    return np.argsort(keys, kind="stable")
