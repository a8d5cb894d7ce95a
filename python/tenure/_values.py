"""One value a customer, whatever it comes in."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from tenure._frame import Table, native_frame
from tenure.exceptions import ColumnError, DataError, EmptyDataError, ParameterError
from tenure.formulas import valued_activity
from tenure.summary import Summary
from tenure.transactions import Transactions
from tenure.value import LifetimeValue

if TYPE_CHECKING:
    from collections.abc import Mapping

    from numpy.typing import NDArray

    from tenure._typing import Date

__all__ = ["CustomerValues", "customer_values"]

_OF_A_LOG = ("total_value", "mean_value", "purchases")


@dataclass(frozen=True, eq=False)
class CustomerValues:
    """One finite value a customer, and how results about them are given back.

    Attributes
    ----------
    name : str
        What the values are.
    values : float64 array
        One a customer, in the order of the data.
    family : str
        The kind of frame that results come back as.
    ids : array or None
        The customers' ids, where the data have them.
    index : Any
        For pandas: the index of results.
    """

    name: str
    values: NDArray[np.float64]
    family: str
    ids: NDArray[Any] | None = None
    index: Any = None

    def frame(self, results: Mapping[str, NDArray[Any]]) -> Any:
        """Return one row a customer in the family of the data."""
        columns = dict(results)
        index = self.index
        if self.ids is not None and index is None:
            columns = {"customer_id": self.ids, **columns}
            index = "customer_id"
        return native_frame(columns, family=self.family, index=index)


def customer_values(
    data: object, value: str | None, *, as_of: Date | None = None
) -> CustomerValues:
    """Return one value a customer.

    Parameters
    ----------
    data : Transactions, LifetimeValue, Summary, frame, array or series
        Where the values are.
    value : str, optional
        What they are called there.
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
        found = _of_log(data, value or "total_value", as_of)
    elif isinstance(data, LifetimeValue):
        found = _of_lifetime_value(data, value or "value")
    elif isinstance(data, Summary):
        values = np.asarray(data[_needed(value, tuple(data.columns))], np.float64)
        found = CustomerValues(str(value), values, data.family, data.customer_id)
    else:
        found = _of_table(data, value)
    if not len(found.values):
        raise EmptyDataError.of(what="there are no customers: the data have no rows")
    bad = np.flatnonzero(~np.isfinite(found.values))
    if len(bad):
        row = int(bad[0])
        raise DataError.at(
            found.name,
            "hold finite numbers",
            row=row,
            found=str(found.values[row]),
            count=len(bad),
        )
    return found


def _of_log(log: Transactions, value: str, as_of: Date | None) -> CustomerValues:
    if value not in _OF_A_LOG:
        raise ParameterError.of(
            name="value",
            expected=f"be one of {', '.join(_OF_A_LOG)} for a log",
            found=repr(value),
        )
    if value == "purchases":
        activity = log._activity(as_of)  # noqa: SLF001
    else:
        activity = valued_activity(log, as_of)
    values = activity[value].astype(np.float64)
    return CustomerValues(value, values, log.family, activity["customer_id"])


def _of_lifetime_value(data: LifetimeValue, value: str) -> CustomerValues:
    if value not in data.columns:
        raise ColumnError.unknown(value, tuple(data.columns))
    who = data._customers  # noqa: SLF001
    ids = None if who.index is not None else who.ids
    return CustomerValues(value, data.columns[value], who.family, ids, who.index)


def _of_table(data: Any, value: str | None) -> CustomerValues:
    if _is_vector(data):
        name = value or "value"
        to_frame = getattr(data, "to_frame", None)  # a series keeps its index
        data = {name: data} if to_frame is None else to_frame(name)
        value = name
    table = Table.of(data)
    name = _needed(value, table.names)
    values = table.numbers(name).values
    ids = None
    if "customer_id" in table.names:
        codes = table.codes("customer_id")
        if (codes.values >= 0).all():
            ids = codes.categories[codes.values]
    index = table.index if ids is None else None
    return CustomerValues(name, values, table.family, ids, index)


def _is_vector(data: Any) -> bool:
    """Say whether the data are values alone: a list, an array or a series."""
    if isinstance(data, list | tuple):
        return True
    names = getattr(getattr(data, "dtype", None), "names", None)
    has_type = hasattr(data, "dtype") or hasattr(data, "type")
    return has_type and names is None and not hasattr(data, "columns")


def _needed(value: str | None, names: tuple[str, ...]) -> str:
    """Return the name of the column, "value" if none was given and it is there."""
    if value is None and "value" not in names:
        raise ParameterError.of(
            name="value",
            expected=f"name a column of the data: {', '.join(names)}",
            found="none",
        )
    return value or "value"
