"""Who was acquired when, through which channel: of a log, or as counts."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from tenure._frame import Table
from tenure.economics._spend import days_in, labels_in
from tenure.exceptions import ColumnError, DataError, EmptyDataError, LengthError
from tenure.retention.periods import observed_until

if TYPE_CHECKING:
    from numpy.typing import ArrayLike, NDArray

    from tenure._typing import Date
    from tenure.transactions import Transactions

__all__ = ["Acquired", "first_moments", "values_of"]

_DAY = 86_400_000_000


@dataclass(frozen=True, eq=False)
class Acquired:
    """Rows of customers who were acquired.

    Attributes
    ----------
    days : int64 array
        The day of each row, since 1970-01-01.
    channels : object array or None
        The channel of each; None where none is known. Without channels at all, None.
    customers : float64 array
        How many customers each row is.
    until : int or None
        The first day that was not observed to its end; None where counts are whole.
    """

    days: NDArray[np.int64]
    channels: NDArray[Any] | None
    customers: NDArray[np.float64]
    until: int | None

    @classmethod
    def of_log(
        cls, log: Transactions, by: str | ArrayLike | None, as_of: Date | None
    ) -> Acquired:
        """Return the customers of a log: one row each."""
        end = int(observed_until(log, as_of).astype(np.int64))
        first = first_moments(log)
        channels = None if by is None else values_of(log, by)
        there = first < end
        if not there.any():
            what = f"no customer had bought by {as_of}"
            hint = "choose a date after the first purchase of the log"
            raise EmptyDataError.of(what, hint=hint)
        return cls(
            first[there] // _DAY,
            None if channels is None else channels[there],
            np.ones(int(there.sum())),
            end // _DAY,
        )

    @classmethod
    def of_counts(
        cls,
        data: object,
        *,
        period: str,
        channel: str | None,
        customers: str,
        time_format: str | None,
    ) -> Acquired:
        """Return the counts of a table."""
        table = Table.of(data)
        if table.n_rows == 0:
            raise EmptyDataError.of(what="the table of customers has no rows")
        counts = np.asarray(table.counts(customers), dtype=np.float64)
        bad = ~(np.isfinite(counts) & (counts >= 0) & (counts == np.round(counts)))
        if bad.any():
            row = int(bad.argmax())
            raise DataError.at(
                customers,
                "be whole numbers of at least 0",
                row=row,
                found=f"{counts[row]:g}",
                count=int(bad.sum()),
            )
        channels = None
        if channel is not None and channel in table.names:
            channels = labels_in(table, channel)
        return cls(days_in(table, period, time_format), channels, counts, None)


def first_moments(log: Transactions) -> NDArray[np.int64]:
    """Return when each customer of a log bought first, in microseconds."""
    return log.times[log.offsets[:-1]].view(np.int64)


def values_of(log: Transactions, by: str | ArrayLike) -> NDArray[Any]:
    """Return an attribute of each customer, None where there is none."""
    customers = len(log.customers)
    if isinstance(by, str):
        attributes = log._log.attributes  # noqa: SLF001
        if by not in attributes:
            raise ColumnError.unknown(by, tuple(attributes))
        return labels_in(Table.of({by: attributes[by]}), by)
    labels = labels_in(Table.of({"by": by}), "by")
    if len(labels) != customers:
        raise LengthError.between(
            column="by",
            found=len(labels),
            reference="customers",
            expected=customers,
        )
    return labels
