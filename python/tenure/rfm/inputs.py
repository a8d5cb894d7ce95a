"""The values that customers are scored by, from a log of orders or from a table."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from tenure import _core
from tenure._frame import Table, native_frame
from tenure.exceptions import ColumnError, DataError, EmptyDataError, ParameterError
from tenure.rfm.orders import OrderHistory
from tenure.summary import Summary, customer_ids
from tenure.transactions import Transactions

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from numpy.typing import NDArray

    from tenure._typing import Date
    from tenure.rfm.dimensions import Dimension
    from tenure.rfm.orders import Reading

__all__ = ["Inputs", "Query", "read"]


@dataclass(frozen=True)
class Query:
    """Which customers of the data are asked for, and as of when.

    Attributes
    ----------
    as_of : date or None
        The last day observed.
    truncate : bool
        Whether that day may lie before the last event.
    customers : array-like or None
        Ids of all customers, those who have never bought among them.
    columns : mapping or None
        What the dimensions of a table are called there.
    customer_id : str or None
        The column of a table with the ids.
    """

    as_of: Date | None = None
    truncate: bool = False
    customers: Any = None
    columns: Mapping[str, str] | None = None
    customer_id: str | None = None


@dataclass(frozen=True, eq=False)
class Inputs:
    """One row a customer: values by dimension, and what results need beside them.

    Attributes
    ----------
    customer_id : array
        Who.
    values : dict of str to array
        The values by dimension; NaN days, 0 otherwise for who has never bought.
    bought : bool array or None
        Who has bought; None if all have.
    orders, revenue, margin : array or None
        What customers have brought, for summaries of segments; None if not known.
    as_of : numpy.datetime64 or None
        The last day observed.
    counted : str
        What frequency counts: "orders", "days", ...; "" if not known.
    notes : tuple of str
        What was left out, in words.
    family : str
        The kind of frame that results come back as.
    index : Any
        For pandas: the index of results, where there is no column of ids.
    attribute : callable
        Returns one value a customer of an attribute.
    log : Transactions or None
        The log that was read.
    """

    customer_id: NDArray[Any]
    values: dict[str, NDArray[np.float64]]
    bought: NDArray[np.bool_] | None
    orders: NDArray[np.float64] | None
    revenue: NDArray[np.float64] | None
    margin: NDArray[np.float64] | None
    as_of: np.datetime64 | None
    counted: str
    notes: tuple[str, ...]
    family: str
    index: Any
    attribute: Callable[[str], NDArray[Any]]
    log: Transactions | None = None

    def __len__(self) -> int:
        """Return the number of customers."""
        return len(self.customer_id)

    def of_buyers(self, values: NDArray[Any]) -> NDArray[Any]:
        """Return the values of those who have bought."""
        return values if self.bought is None else values[self.bought]


def read(
    data: object, dimensions: Sequence[Dimension], reading: Reading, query: Query
) -> Inputs:
    """Return the values of each customer, from a log or a table.

    Raises
    ------
    ParameterError
        If an option does not go with the data.
    DataError
        If a value is not what its dimension must hold.
    EmptyDataError
        If there is no customer.
    """
    if isinstance(data, Transactions):
        return _of_log(data, dimensions, reading, query)
    if isinstance(data, Summary):
        raise ParameterError.of(
            name="data",
            expected="be a log of orders, or a table with the dimensions",
            found="a Summary, whose columns count repeat purchases only",
            hint="pass the Transactions that the summary was made from",
        )
    for name in ("as_of", "customers"):
        if getattr(query, name) is not None:
            raise ParameterError.of(
                name=name,
                expected="be left out for a table, which is of one date",
                found=f"{type(getattr(query, name)).__name__}",
            )
    return _of_table(data, dimensions, reading, query)


# -- from a log --------------------------------------------------------------------


def _of_log(
    log: Transactions, dimensions: Sequence[Dimension], reading: Reading, query: Query
) -> Inputs:
    if query.columns is not None or query.customer_id is not None:
        raise ParameterError.of(
            name="columns",
            expected="be left out for a log, which has its own",
            found=repr(query.columns or query.customer_id),
        )
    orders = OrderHistory.of(log, reading, query.as_of, truncate=query.truncate)
    values = {one.name: orders.value(one) for one in dimensions}
    places, ids = orders.customers, log.customers[orders.customers]
    prospects = _prospects(query.customers, log, orders.known)
    revenue, margin = orders.revenue_if_known(), orders.margin_if_known()
    columns = [orders.orders, revenue, margin]
    bought = None
    if len(prospects):
        count = len(prospects)
        fill = {one.name: np.nan if one.kind == "days" else 0.0 for one in dimensions}
        values = {
            name: np.append(found, np.full(count, fill[name]))
            for name, found in values.items()
        }
        columns = [_extended(column, count) for column in columns]
        bought = np.arange(len(ids) + count) < len(ids)
        ids = _joined(ids, prospects)
    attributes = log._log.attributes  # noqa: SLF001

    def attribute(name: str) -> NDArray[Any]:
        if name not in attributes:
            raise ColumnError.unknown(name, tuple(attributes))
        found = attributes[name][places]
        return _joined(found, np.full(len(prospects), None))

    return Inputs(
        customer_id=ids,
        values=values,
        bought=bought,
        orders=columns[0],
        revenue=columns[1],
        margin=columns[2],
        as_of=orders.as_of,
        counted=orders.counted,
        notes=orders.notes,
        family=log.family,
        index=None,
        attribute=attribute,
        log=log,
    )


def _extended(
    column: NDArray[np.float64] | None, count: int
) -> NDArray[np.float64] | None:
    return None if column is None else np.append(column, np.zeros(count))


def _joined(first: NDArray[Any], second: NDArray[Any]) -> NDArray[Any]:
    """Return both arrays in one, as objects if they are not of one type."""
    if not len(second):
        return first
    same = first.dtype == second.dtype
    kind = first.dtype if same else np.dtype(object)
    return np.concatenate([first.astype(kind), second.astype(kind)])


def _prospects(
    customers: Any, log: Transactions, known: NDArray[np.int64]
) -> NDArray[Any]:
    """Return the ids of a customer list who had not bought by the date, each once."""
    if customers is None:
        return np.array([], dtype=log.customers.dtype)
    name, listing = "customers", customers
    if not hasattr(customers, "columns"):
        listing = {name: customers}
    table = Table.of(listing)
    if name not in table.names:
        name = "customer_id" if "customer_id" in table.names else table.names[0]
    codes = table.codes(name)
    missing = np.flatnonzero(codes.values < 0)
    if len(missing):
        raise DataError.at(
            name, "name a customer", row=missing[0], found="none", count=len(missing)
        )
    listed = codes.categories
    if listed.dtype.kind != log.customers.dtype.kind:
        raise ParameterError.of(
            name="customers",
            expected="hold ids as the log does, such as "
            f"{log.customers[:1].tolist()[0]!r}",
            found=f"{listed[:1].tolist()[0]!r}",
        )
    buyers = set(log.customers[known].tolist())
    waiting = [one for one in listed.tolist() if one not in buyers]
    return np.array(waiting, dtype=listed.dtype)


# -- from a table ------------------------------------------------------------------


def _of_table(
    data: object, dimensions: Sequence[Dimension], reading: Reading, query: Query
) -> Inputs:
    reading.check_for_table()
    table = Table.of(data)
    if table.n_rows == 0:
        raise EmptyDataError.of(what="the table has no rows", hint="one row a customer")
    own = dict(query.columns or {})
    unknown = own.keys() - {one.name for one in dimensions}
    if unknown:
        raise ParameterError.of(
            name="columns",
            expected=f"name {', '.join(one.name for one in dimensions)}",
            found=repr(min(unknown)),
        )
    names = {one.name: own.get(one.name, one.column) for one in dimensions}
    values = {
        name: _read_only(table.numbers(column).values) for name, column in names.items()
    }
    bought = _bought(values)
    for one in dimensions:
        found = values[one.name]
        if bought is not None and one.kind == "days":
            found = np.where(bought, found, 0.0)
        _core.rfm_check(names[one.name], np.ascontiguousarray(found), one.kind)
        if bought is not None and one.kind == "days":
            values[one.name] = np.where(bought, found, np.nan)
    ids, index = _ids(table, query.customer_id)
    return Inputs(
        customer_id=ids,
        values=values,
        bought=bought,
        orders=values.get("frequency"),
        revenue=values.get("monetary"),
        margin=values.get("margin"),
        as_of=None,
        counted="",
        notes=(),
        family=table.family,
        index=index,
        attribute=lambda name: _labels(table, name),
    )


def _read_only(values: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return the same numbers so that nobody writes into the caller's by mistake."""
    found = values.view()
    found.setflags(write=False)
    return found


def _bought(values: Mapping[str, NDArray[np.float64]]) -> NDArray[np.bool_] | None:
    """Return who has bought, by a frequency other than 0; None if all have."""
    if "frequency" not in values:
        return None
    bought = values["frequency"] != 0
    return None if bought.all() else bought


def _labels(table: Table, name: str) -> NDArray[Any]:
    """Return one label a row; None where there is none."""
    codes = table.codes(name)
    if codes.values.min(initial=0) >= 0:
        return codes.categories[codes.values]
    categories = np.append(codes.categories.astype(object), np.array([None]))
    return categories[codes.values]


def _ids(table: Table, name: str | None) -> tuple[NDArray[Any], Any]:
    """Return who stands in each row, and the index if that of pandas says so."""
    own_column = name is not None or "customer_id" in table.names
    return customer_ids(table, name), None if own_column else table.index


def frame_of(
    inputs: Inputs, columns: Mapping[str, Any], family: str | None = None
) -> Any:
    """Return columns as a frame of the caller's family, beside the customers."""
    family = family or inputs.family
    if inputs.index is not None and family == "pandas":
        return native_frame(columns, family=family, index=inputs.index)
    columns = {"customer_id": inputs.customer_id, **columns}
    return native_frame(columns, family=family, index="customer_id")
