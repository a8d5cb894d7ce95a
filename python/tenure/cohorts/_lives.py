"""From logs to what tables of cohorts are counted from: births, segments and events."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from tenure._frame import Table
from tenure.exceptions import DataError, EmptyDataError, LengthError, ParameterError

if TYPE_CHECKING:
    from numpy.typing import ArrayLike, NDArray

    from tenure._core_types import HistoryColumns, LifeColumns, MeasureColumns
    from tenure.transactions import Transactions

__all__ = ["Lives", "Segments"]


@dataclass(frozen=True, eq=False)
class Segments:
    """What divides customers beside their cohort.

    Attributes
    ----------
    name : str
        What it is called.
    labels : array
        The segments, ascending.
    codes : int64 array
        The segment of each customer; -1 for who has none.
    """

    name: str
    labels: NDArray[Any]
    codes: NDArray[np.int64]

    @classmethod
    def of(cls, log: Transactions, by: str | ArrayLike) -> Segments:
        """Read an attribute of the log, or one value a customer."""
        if isinstance(by, str):
            values = Table.of(log._log.attributes).codes(by)  # noqa: SLF001
            return cls(by, values.categories, values.values)
        column = Table.of({"segment": by}).codes("segment")
        customers = len(log.customers)
        if len(column.values) != customers:
            raise LengthError.between(
                column="by",
                found=len(column.values),
                reference="customers",
                expected=customers,
            )
        return cls("segment", column.categories, column.values)

    def take(self, places: NDArray[np.int64]) -> Segments:
        """Return the segments of customers at these places, -1 for nowhere."""
        codes = np.where(places >= 0, self.codes[places], -1)
        return Segments(self.name, self.labels, codes)


@dataclass(frozen=True, eq=False)
class Lives:
    """Customers with their births and events.

    Attributes
    ----------
    history : HistoryColumns
        The events that can be returns, and later refunds of them.
    births : int64 array or None
        When each customer begins; None if with the first event.
    segments : Segments or None
    first, last : int
        The days of the first and the last birth.
    """

    history: HistoryColumns
    births: NDArray[np.int64] | None
    segments: Segments | None
    first: int
    last: int

    @classmethod
    def of(
        cls,
        log: Transactions,
        births: Transactions | None,
        signup: str | ArrayLike | None,
        by: str | ArrayLike | None,
    ) -> Lives:
        """Return the customers of a log, who begin with its events or otherwise."""
        segments = None if by is None else Segments.of(log, by)
        history = log._log.history  # noqa: SLF001
        if births is not None and signup is not None:
            expected = "be left out where births are given"
            raise ParameterError.of(
                name="signup", expected=expected, found=repr(signup)
            )
        if births is not None:
            return _joined(log, births, segments)
        if signup is not None:
            begun = _signups(log, signup)
            return cls(history, begun, segments, *_days(begun))
        first = history["times"][history["offsets"][:-1]]
        return cls(history, None, segments, *_days(first))

    @property
    def columns(self) -> LifeColumns:
        """The columns that the core reads."""
        return {
            "births": self.births,
            "segments": None if self.segments is None else self.segments.codes,
            "offsets": self.history["offsets"],
            "times": self.history["times"],
        }

    def measure(
        self, values: NDArray[np.float64] | None, *, refunds: float
    ) -> MeasureColumns:
        """Return what is summed: values of events, and a share of later refunds."""
        history = self.history
        keep = slice(None) if refunds else slice(0)
        return {
            "values": values,
            "refund_purchases": history["refund_purchases"][keep],
            "refund_times": history["refund_times"][keep],
            "refund_amounts": history["refund_amounts"][keep] * refunds,
        }


def _days(instants: NDArray[np.int64]) -> tuple[int, int]:
    """Return the first and the last day of instants."""
    day = 86_400_000_000
    return int(instants.min()) // day, int(instants.max()) // day


def _signups(log: Transactions, signup: str | ArrayLike) -> NDArray[np.int64]:
    """Return when customers signed up: an attribute, or one time a customer."""
    if isinstance(signup, str):
        name, table = signup, Table.of(log._log.attributes)  # noqa: SLF001
    else:
        name, table = "signup", Table.of({"signup": signup})
    found = table.instants(name)
    customers = len(log.customers)
    if len(found.values) != customers:
        raise LengthError.between(
            name, len(found.values), reference="customers", expected=customers
        )
    if found.missing is not None and found.missing.any():
        raise DataError.at(
            name,
            "hold a time for every customer",
            row=int(found.missing.argmax()),
            found="none",
            count=int(found.missing.sum()),
            hint="births takes a log of signups, and leaves out who has none",
        )
    return np.ascontiguousarray(found.values)


def _joined(
    log: Transactions, births: Transactions, segments: Segments | None
) -> Lives:
    """Return everybody with a birth, beside their events in the log."""
    begun = births._log.history  # noqa: SLF001
    first = np.ascontiguousarray(begun["times"][begun["offsets"][:-1]])
    places = _places(log.customers, births.customers)
    if (places < 0).all() or len(first) == 0:
        what = "no customer with a birth has an event in the log"
        raise EmptyDataError.of(what, hint="are the ids of the same kind?")
    chosen = _chosen(log._log.history, places)  # noqa: SLF001
    taken = None if segments is None else segments.take(places)
    return Lives(chosen, first, taken, *_days(first))


def _places(known: NDArray[Any], wanted: NDArray[Any]) -> NDArray[np.int64]:
    """Return where ids stand among ascending ones, -1 where they do not."""
    if known.dtype.kind != wanted.dtype.kind:
        return np.full(len(wanted), -1)
    places = np.minimum(np.searchsorted(known, wanted), len(known) - 1)
    return np.where(known[places] == wanted, places, -1).astype(np.int64)


def _chosen(history: HistoryColumns, places: NDArray[np.int64]) -> HistoryColumns:
    """Return the events of customers at ascending places, -1 for who has none."""
    offsets, there = history["offsets"], places >= 0
    counts = np.where(there, offsets[places + 1] - offsets[places], 0)
    new = np.concatenate([[0], np.cumsum(counts)])
    kept = np.zeros(len(offsets) - 1, dtype=bool)
    kept[places[there]] = True
    events = np.repeat(kept, np.diff(offsets))
    renamed = np.cumsum(events) - 1
    refunded = history["refund_purchases"]
    refunds = events[refunded]
    values = history["values"]
    return {
        "grain": history["grain"],
        "offsets": new.astype(np.int64),
        "times": history["times"][events],
        "values": None if values is None else values[events],
        "refund_purchases": renamed[refunded[refunds]],
        "refund_times": history["refund_times"][refunds],
        "refund_amounts": history["refund_amounts"][refunds],
    }
