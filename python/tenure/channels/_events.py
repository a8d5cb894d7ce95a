"""What customers did, where and when: the rows that channels are worked out from."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from tenure._frame import Table
from tenure._report import counted
from tenure.breakdown._people import Grouping, grouping_of, numbers_of
from tenure.exceptions import DataError, EmptyDataError

if TYPE_CHECKING:
    from numpy.typing import NDArray

__all__ = ["Events", "known", "read"]


@dataclass(frozen=True, eq=False)
class Events:
    """Rows of customers, sorted by nothing in particular.

    Attributes
    ----------
    table : Table
        Where they come from.
    rows : int64 array
        Which of its rows are used: those with a customer (and a time).
    owners : int64 array
        The customer of each.
    ids : array
        The customers.
    channels : Grouping
        The channel of each.
    times : datetime64[us] array or None
        When it was.
    notes : tuple of str
        What was left out.
    """

    table: Table
    rows: NDArray[np.int64]
    owners: NDArray[np.int64]
    ids: NDArray[Any]
    channels: Grouping
    times: NDArray[np.datetime64] | None
    notes: tuple[str, ...]

    @property
    def customers(self) -> int:
        """How many customers there are."""
        return len(self.ids)

    def numbers(self, name: str) -> NDArray[np.float64]:
        """Return a column of numbers, none of which may be missing."""
        return known(self.table, name, self.rows)


def read(
    data: object, customer: str, channel: str, time: str | None, *, what: str = "rows"
) -> Events:
    """Read rows of customers and channels; those of nobody are counted and left out."""
    table = Table.of(data)
    codes = table.codes(customer)
    channels = grouping_of(table.column(channel))
    use = codes.values >= 0
    times = None
    if time is not None:
        instants = table.instants(time)
        times = instants.values.view("datetime64[us]")
        if instants.missing is not None:
            use &= ~instants.missing
    rows = np.flatnonzero(use)
    if not len(rows):
        msg = f"there are no {what} with a customer"
        raise EmptyDataError.of(msg)
    there, owners = np.unique(codes.values[rows], return_inverse=True)
    left = len(use) - len(rows)
    without = "a customer" if time is None else "a customer or a time"
    return Events(
        table=table,
        rows=rows,
        owners=owners.astype(np.int64),
        ids=np.asarray(codes.categories)[there],
        channels=channels.among(rows),
        times=None if times is None else times[rows],
        notes=(f"{counted(left, 'row')} without {without} left out",) if left else (),
    )


def known(
    table: Table, name: str, rows: NDArray[np.int64] | None = None
) -> NDArray[np.float64]:
    """Return a column of numbers, none of which may be missing in these rows."""
    places = np.arange(table.n_rows) if rows is None else rows
    values = numbers_of(table.column(name))[places]
    bad = np.flatnonzero(np.isnan(values))
    if len(bad):
        raise DataError.at(
            name,
            "hold a number in every row",
            row=int(places[bad[0]]),
            found="nothing",
            count=len(bad),
        )
    return values
