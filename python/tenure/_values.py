"""Numbers about customers, one row each, whatever they come in."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from tenure._frame import Table, native_frame
from tenure.exceptions import ColumnError, DataError, EmptyDataError, ParameterError
from tenure.formulas import valued_activity
from tenure.rfm.scores import Scores
from tenure.summary import Summary
from tenure.transactions import Transactions
from tenure.value import LifetimeValue

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from numpy.typing import NDArray

    from tenure._typing import Date

__all__ = ["RFM_OF_A_LOG", "CustomerColumns", "customer_columns", "customer_values"]

RFM_OF_A_LOG = {
    "recency_days": "recency_days",
    "frequency": "purchases",
    "monetary": "total_value",
}
"""Where a log's activity has recency, frequency and monetary value."""


@dataclass(frozen=True, eq=False)
class CustomerColumns:
    """Finite numbers, one row a customer, and how results about them are given back.

    Attributes
    ----------
    columns : dict of str to float64 array
        The numbers, in the order of the data.
    family : str
        The kind of frame that results come back as.
    ids : array or None
        The customers' ids, where the data have them.
    index : Any
        For pandas: the index of results.
    """

    columns: dict[str, NDArray[np.float64]]
    family: str
    ids: NDArray[Any] | None = None
    index: Any = None

    def __len__(self) -> int:
        """Return the number of customers."""
        return len(next(iter(self.columns.values())))

    def frame(self, results: Mapping[str, NDArray[Any]]) -> Any:
        """Return one row a customer in the family of the data."""
        columns = dict(results)
        index = self.index
        if self.ids is not None and index is None:
            columns = {"customer_id": self.ids, **columns}
            index = "customer_id"
        return native_frame(columns, family=self.family, index=index)


def customer_values(
    data: Any, value: str | None, *, as_of: Date | None = None
) -> tuple[str, CustomerColumns]:
    """Return one value a customer, and what it is called.

    Parameters
    ----------
    data : Transactions, LifetimeValue, Scores, Summary, frame, array or series
        Where the values are.
    value : str, optional
        What they are called there: of a log its "total_value", elsewhere "value" if
        left out.
    as_of : date, optional
        For a log only: the last day observed.
    """
    if value is None and isinstance(data, Transactions):
        value = "total_value"
    if _is_vector(data):
        name = value or "value"
        to_frame = getattr(data, "to_frame", None)  # a series keeps its index
        data = {name: data} if to_frame is None else to_frame(name)
        value = name
    name = value or "value"
    names = None if value is not None else _names(data)
    if names is not None and name not in names:
        raise ParameterError.of(
            name="value",
            expected=f"name a column of the data: {', '.join(names)}",
            found="none",
        )
    return name, customer_columns(data, [name], as_of=as_of)


def customer_columns(
    data: Any, names: Sequence[str], *, as_of: Date | None = None
) -> CustomerColumns:
    """Return columns of numbers, all of which must be finite.

    Parameters
    ----------
    data : Transactions, LifetimeValue, Scores, Summary or frame
        Where they are. A log has "recency_days", "purchases" (or "frequency"),
        "total_value" (or "monetary") and "mean_value".
    names : sequence of str
        Which.
    as_of : date, optional
        For a log only: the last day observed.
    """
    if as_of is not None and not isinstance(data, Transactions):
        raise ParameterError.of(
            name="as_of",
            expected="be left out where the data are no log",
            found=repr(as_of),
        )
    if isinstance(data, Transactions):
        found = _of_log(data, names, as_of)
    elif isinstance(data, LifetimeValue):
        who = data._customers  # noqa: SLF001
        ids = None if who.index is not None else who.ids
        picked = _picked(data.columns, names)
        found = CustomerColumns(picked, who.family, ids, who.index)
    elif isinstance(data, Scores):
        picked = _picked({name: data[name] for name in _names(data)}, names)
        found = CustomerColumns(picked, data.family, data.customer_id)
    elif isinstance(data, Summary):
        picked = _picked(data.columns, names)
        found = CustomerColumns(picked, data.family, data.customer_id)
    else:
        found = _of_table(Table.of(data), names)
    if not len(found):
        raise EmptyDataError.of(what="there are no customers: the data have no rows")
    for name, values in found.columns.items():
        _check_finite(name, values)
    return found


def _check_finite(name: str, values: NDArray[np.float64]) -> None:
    bad = np.flatnonzero(~np.isfinite(values))
    if len(bad):
        raise DataError.at(
            name,
            "hold finite numbers",
            row=int(bad[0]),
            found=str(values[bad[0]]),
            count=len(bad),
        )


def _of_log(
    log: Transactions, names: Sequence[str], as_of: Date | None
) -> CustomerColumns:
    own = [RFM_OF_A_LOG.get(name, name) for name in names]
    if {"total_value", "mean_value"} & set(own):
        activity = valued_activity(log, as_of)
    else:
        activity = log._activity(as_of)  # noqa: SLF001
    numbers = {
        name: values.astype(np.float64)
        for name, values in activity.items()
        if name != "customer_id" and values.dtype.kind in "if"
    }
    for name in own:
        if name not in numbers:
            raise ColumnError.unknown(name, tuple(numbers))
    columns = dict(zip(names, (numbers[name] for name in own), strict=True))
    return CustomerColumns(columns, log.family, activity["customer_id"])


def _picked(
    columns: Mapping[str, NDArray[Any]], names: Sequence[str]
) -> dict[str, NDArray[np.float64]]:
    for name in names:
        if name not in columns:
            raise ColumnError.unknown(name, tuple(columns))
    return {name: np.asarray(columns[name], dtype=np.float64) for name in names}


def _of_table(table: Table, names: Sequence[str]) -> CustomerColumns:
    columns = {name: table.numbers(name).values for name in names}
    ids = None
    if "customer_id" in table.names:
        codes = table.codes("customer_id")
        if (codes.values >= 0).all():
            ids = codes.categories[codes.values]
    index = table.index if ids is None else None
    return CustomerColumns(columns, table.family, ids, index)


def _is_vector(data: Any) -> bool:
    """Say whether the data are values alone: a list, an array or a series."""
    if isinstance(data, list | tuple):
        return True
    names = getattr(getattr(data, "dtype", None), "names", None)
    has_type = hasattr(data, "dtype") or hasattr(data, "type")
    return has_type and names is None and not hasattr(data, "columns")


def _names(data: Any) -> tuple[str, ...]:
    """Return the columns that the data have."""
    if isinstance(data, Scores):
        numeric = (one.column for one in data.dimensions)
        return (*numeric, *(one.score for one in data.dimensions), "score")
    if isinstance(data, LifetimeValue | Summary):
        return tuple(data.columns)
    return Table.of(data).names
