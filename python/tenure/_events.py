"""The columns of a log as the kernel reads them: identifiers without codes."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from tenure import _core
from tenure._column import Column, IntegerColumn
from tenure._text import TextColumn, ViewColumn

if TYPE_CHECKING:
    from collections.abc import Callable

    from numpy.typing import NDArray

    from tenure._core_types import EventColumns, Names, Strings
    from tenure._frame import Table
    from tenure._readings import Mask

__all__ = ["Events", "read_events"]


@dataclass(frozen=True)
class Events:
    """The columns that purchases are made from, and how to name customers afterwards.

    Attributes
    ----------
    columns : EventColumns
        What goes to the core.
    zone : str or None
        The time zone whose clocks were read.
    labels : callable
        From what the core calls customers to the customers.
    """

    columns: EventColumns
    zone: str | None
    labels: Callable[[NDArray[np.int64]], NDArray[Any]]

    def customers(
        self, found: NDArray[np.int64], texts: Strings | None
    ) -> NDArray[Any]:
        """Return the customers that the core found: as text, or by their names."""
        if texts is not None:
            return _core.objects_of_text(texts, None)
        return self.labels(found)


def read_events(
    table: Table,
    *,
    customer: str,
    time: str,
    amount: str | None,
    **time_options: str | None,
) -> Events:
    """Read the columns of a table, in the caller's own memory where that can be."""
    names, missing, labels = _identifiers(table.column(customer))
    instants = table.instants(time, **time_options)
    columns: EventColumns = {
        "customer": names,
        "customer_missing": missing,
        "time": instants.values,
        "time_missing": instants.missing,
        "amount": None if amount is None else table.numbers(amount).values,
    }
    return Events(columns, instants.zone, labels)


def _identifiers(
    column: Column,
) -> tuple[Names, Mask | None, Callable[[NDArray[np.int64]], NDArray[Any]]]:
    """Return identifiers, where there are none, and how results are named."""
    if isinstance(column, IntegerColumn):
        lowest = int(np.iinfo(np.int64).min)
        return (column.int64(), lowest), column.missing, lambda found: found
    if isinstance(column, TextColumn):
        return column.strings, column.missing, lambda rows: _strings(column, rows)
    if isinstance(column, ViewColumn):
        return (column.table, 0), None, lambda rows: _strings(column.copied(), rows)
    codes = column.codes()
    return (codes.values, 0), None, lambda found: codes.categories[found]


def _strings(column: Column, rows: NDArray[np.int64]) -> NDArray[Any]:
    """Return the text in those rows."""
    if not isinstance(column, TextColumn):
        return column.codes().categories
    return _core.objects_of_text(column.strings, rows.view(np.uintp))
