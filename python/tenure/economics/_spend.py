"""What was spent on customers: a table of periods, channels and amounts."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from tenure._frame import Table
from tenure.exceptions import DataError, EmptyDataError

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from tenure._readings import Instants, Numbers

__all__ = ["ACQUISITION", "PURPOSES", "Spend", "amounts_in", "days_in"]

ACQUISITION = "acquisition"

PURPOSES = (ACQUISITION, "retention", "overhead")
"""What money is spent for: to win customers, to keep them, or on people and tools."""

_DAY = 86_400_000_000


@dataclass(frozen=True, eq=False)
class Spend:
    """Rows of a table of what was spent.

    Attributes
    ----------
    days : int64 array
        The day of each row, since 1970-01-01.
    channels : object array
        The channel of each row; None for what was spent on no channel of its own.
    amounts : float64 array
        The amounts.
    acquires : bool array
        Whether each was spent to win customers.
    family : str
        The kind of frame that results come back as.
    """

    days: NDArray[np.int64]
    channels: NDArray[Any]
    amounts: NDArray[np.float64]
    acquires: NDArray[np.bool_]
    family: str

    @classmethod
    def of(
        cls,
        data: object,
        *,
        period: str,
        channel: str | None,
        amount: str,
        purpose: str | None,
        time_format: str | None,
    ) -> Spend:
        """Read a table, or say what is wrong with it."""
        table = Table.of(data)
        if table.n_rows == 0:
            raise EmptyDataError.of(what="the table of spend has no rows")
        days = days_in(table, period, time_format)
        amounts = amounts_in(table, amount)
        channels = np.full(table.n_rows, None, dtype=object)
        if channel is not None:
            channels = labels_in(table, channel)
        acquires = np.ones(table.n_rows, dtype=bool)
        if purpose is not None:
            acquires = _purposes(table, purpose) == ACQUISITION
        return cls(days, channels, amounts, acquires, table.family)


def days_in(table: Table, name: str, time_format: str | None) -> NDArray[np.int64]:
    """Return the days of a column, one in every row."""
    found: Instants = table.instants(name, time_format=time_format)
    if found.missing is not None and found.missing.any():
        raise DataError.at(
            name,
            "hold a date in every row",
            row=int(found.missing.argmax()),
            found="none",
            count=int(found.missing.sum()),
        )
    return found.values // _DAY


def amounts_in(table: Table, name: str) -> NDArray[np.float64]:
    """Return the amounts of a column: finite and not negative."""
    found: Numbers = table.numbers(name)
    values = found.values
    bad = ~(np.isfinite(values) & (values >= 0))
    if bad.any():
        row = int(bad.argmax())
        missing = found.missing is not None and found.missing[row]
        raise DataError.at(
            name,
            "be finite and at least 0",
            row=row,
            found="none" if missing else f"{values[row]:g}",
            count=int(bad.sum()),
            hint="take a credit note off the spend that it belongs to",
        )
    return values


def labels_in(table: Table, name: str) -> NDArray[Any]:
    """Return the labels of a column, None where there is none."""
    codes = table.codes(name)
    labels = np.full(table.n_rows, None, dtype=object)
    known = codes.values >= 0
    labels[known] = np.asarray(codes.categories, dtype=object)[codes.values[known]]
    return labels


def _purposes(table: Table, name: str) -> NDArray[Any]:
    labels = labels_in(table, name)
    bad = np.array([label not in PURPOSES for label in labels.tolist()])
    if bad.any():
        row = int(bad.argmax())
        raise DataError.at(
            name,
            f"be one of {', '.join(PURPOSES)}",
            row=row,
            found="none" if labels[row] is None else repr(labels[row]),
            count=int(bad.sum()),
        )
    return labels
