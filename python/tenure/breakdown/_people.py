"""Customers, one row each: numbers about them, and the groups that they are in."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Protocol

import numpy as np

from tenure._column import BooleanColumn
from tenure._frame import Table
from tenure.breakdown._of_log import NEEDING, LogColumns
from tenure.exceptions import ColumnError, DataError, EmptyDataError, ParameterError
from tenure.transactions import Transactions

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from tenure._column import Column
    from tenure._typing import Date
    from tenure._units import Horizon

__all__ = [
    "ALL",
    "MISSING",
    "Grouping",
    "People",
    "grouping_of",
    "labelled_rows",
    "names_of",
    "numbers_of",
    "table_of",
]

ALL = "(all)"
"""What a roll-up row shows in place of a group."""

MISSING = "(missing)"
"""The group of those about whom an attribute is not known."""


@dataclass(frozen=True, eq=False)
class Grouping:
    """Which group each row is in.

    Attributes
    ----------
    codes : int64 array
        The place of each row's group among the names.
    names : tuple of str
        The groups, in order; `MISSING` last if anybody is in it.
    """

    codes: NDArray[np.int64]
    names: tuple[str, ...]

    @property
    def array(self) -> NDArray[Any]:
        """The names as an array of objects."""
        found = np.empty(len(self.names), dtype=object)
        found[:] = self.names
        return found

    def among(self, rows: NDArray[np.int64]) -> Grouping:
        """Return the groups of these rows, without those that nobody is in."""
        there, codes = np.unique(self.codes[rows], return_inverse=True)
        places: list[int] = there.tolist()
        names = tuple(self.names[code] for code in places)
        return Grouping(codes.astype(np.int64), names)


def grouping_of(column: Column) -> Grouping:
    """Read a column as groups: identifiers, or yes and no."""
    if isinstance(column, BooleanColumn):
        values = column.values.astype(np.int64)
        if column.missing is not None:
            values = np.where(column.missing, -1, values)
        return _named(values, ["False", "True"])
    codes = column.codes()
    return _named(codes.values, [str(one) for one in codes.categories])


def _named(values: NDArray[np.int64], names: list[str]) -> Grouping:
    unknown = values < 0
    if unknown.any():
        values = np.where(unknown, len(names), values)
        names = [*names, MISSING]
    return Grouping(values.astype(np.int64, copy=False), tuple(names))


def numbers_of(column: Column) -> NDArray[np.float64]:
    """Read numbers, or yes and no as 1 and 0; NaN where nothing stands."""
    if isinstance(column, BooleanColumn):
        values = column.values.astype(np.float64)
        return values if column.missing is None else _blank(values, column.missing)
    values = column.numbers().values
    bad = np.flatnonzero(np.isinf(values))
    if len(bad):
        raise DataError.at(
            column.name,
            "hold finite numbers",
            row=int(bad[0]),
            found=str(values[bad[0]]),
            count=len(bad),
        )
    return values


def _blank(
    values: NDArray[np.float64], missing: NDArray[np.bool_]
) -> NDArray[np.float64]:
    return np.where(missing, np.nan, values)


def table_of(data: Any, key: str) -> Table:
    """Return the table of the data; a pandas index of that name is a column."""
    to_frame = getattr(data, "to_frame", None)
    if to_frame is not None and type(data).__module__.startswith("tenure."):
        data = to_frame()  # scores, summaries, lifetime values
    table = Table.of(data)
    if table.index is None or key in table.names or table.index.name != key:
        return table
    return Table.of(data.reset_index())


def names_of(by: str | Sequence[str], name: str = "by") -> tuple[str, ...]:
    """Return one or several names, each of which is there once."""
    given: Sequence[str] = [by] if isinstance(by, str) else by
    names = tuple(given)
    if not names or len(set(names)) < len(names):
        raise ParameterError.of(
            name=name, expected="name one or several columns", found=repr(by)
        )
    return names


class Columns(Protocol):
    """Where columns about customers come from."""

    @property
    def names(self) -> tuple[str, ...]:
        """The columns that there are."""
        ...

    def column(self, name: str) -> Column:
        """Return one of them, a value a customer."""
        ...


@dataclass(frozen=True, eq=False)
class _Joined:
    """The columns of a table, at the row of each customer."""

    table: Table
    rows: NDArray[np.int64] | None

    @property
    def names(self) -> tuple[str, ...]:
        return self.table.names

    def column(self, name: str) -> Column:
        column = self.table.column(name)
        return column if self.rows is None else column.take(self.rows)


@dataclass(frozen=True, eq=False)
class People:
    """Customers, whatever they come from.

    Attributes
    ----------
    n : int
        How many customers.
    family : str
        The kind of frame that results come back as.
    of_log : bool
        Whether they come from a log.
    """

    n: int
    family: str
    of_log: bool
    _sources: tuple[Columns, ...]

    @classmethod
    def of(
        cls,
        data: Any,
        *,
        attributes: object = None,
        customer: str = "customer_id",
        as_of: Date | None = None,
        horizon: Horizon | None = None,
        window: Horizon | None = None,
    ) -> People:
        """Return the customers of a log or of a table with one row a customer.

        Parameters
        ----------
        data : Transactions, LifetimeValue, Scores, Summary or frame
        attributes : frame, optional
            Further columns, one row a customer, joined by the customer's id.
        customer : str
            The column of ids.
        as_of, horizon, window
            For a log: the last day observed, and the ages at which customers are
            looked at; see `metrics`.
        """
        if isinstance(data, Transactions):
            own = LogColumns.of(data, as_of=as_of, horizon=horizon, window=window)
            n, family, sources = len(own), data.family, (own,)
        else:
            for name, given in (("as_of", as_of), ("horizon", horizon)):
                if given is not None:
                    raise ParameterError.of(
                        name=name,
                        expected="be left out where the data are no log",
                        found=repr(given),
                    )
            table = table_of(data, customer)
            n, family, sources = table.n_rows, table.family, (_Joined(table, None),)
        if not n:
            raise EmptyDataError.of(
                what="there are no customers: the data have no rows"
            )
        people = cls(n, family, isinstance(data, Transactions), sources)
        return people if attributes is None else people._with(attributes, customer)

    def _with(self, attributes: object, customer: str) -> People:
        """Return the customers with the columns of a further table."""
        table = table_of(attributes, customer)
        own = grouped_ids(self.column("customer_id" if self.of_log else customer))
        rows = labelled_rows(own, table, customer)
        return People(
            self.n, self.family, self.of_log, (*self._sources, _Joined(table, rows))
        )

    @property
    def names(self) -> tuple[str, ...]:
        """The columns that there are."""
        return tuple(dict.fromkeys(n for one in self._sources for n in one.names))

    def column(self, name: str) -> Column:
        """Return a column, a value a customer."""
        for source in self._sources:
            if name in source.names:
                return source.column(name)
        if self.of_log and name in NEEDING:
            return self._sources[0].column(name)  # which says what it needs
        raise ColumnError.unknown(name, self.names)

    def numbers(self, name: str) -> NDArray[np.float64]:
        """Return a column of numbers, NaN where there is none."""
        return numbers_of(self.column(name))

    def grouping(self, name: str) -> Grouping:
        """Return the groups of an attribute."""
        return grouping_of(self.column(name))

    def is_flag(self, name: str) -> bool:
        """Say whether a column holds yes and no."""
        return isinstance(self.column(name), BooleanColumn)


def grouped_ids(column: Column) -> NDArray[Any]:
    """Return the id of each row, None where it is missing."""
    codes = column.codes()
    ids = np.empty(codes.n_categories + 1, dtype=object)
    ids[:-1] = codes.categories
    return ids[codes.values]


def labelled_rows(ids: NDArray[Any], table: Table, customer: str) -> NDArray[np.int64]:
    """Return the row of the table that is about each id; -1 where there is none."""
    codes = table.codes(customer)
    counts = np.bincount(codes.values[codes.values >= 0], minlength=codes.n_categories)
    if (counts > 1).any():
        twice = np.flatnonzero((codes.values >= 0) & (counts[codes.values] > 1))
        again = int(
            twice[np.flatnonzero(codes.values[twice] == codes.values[twice[0]])[1]]
        )
        raise DataError.at(
            customer,
            "name each customer once",
            row=again,
            found=repr(codes.categories[codes.values[again]]),
            count=int((counts - 1).clip(0).sum()),
            hint="give one row a customer",
        )
    row_of = np.full(codes.n_categories + 1, -1, dtype=np.int64)
    known = np.flatnonzero(codes.values >= 0)
    row_of[codes.values[known]] = known
    place = {one: code for code, one in enumerate(codes.categories.tolist())}
    found = [place.get(one, -1) for one in ids.tolist()]
    rows = row_of[np.array(found, dtype=np.int64)]
    if len(rows) and (rows < 0).all():
        raise DataError.at(
            customer,
            "hold ids of the customers in the data",
            row=0,
            found=repr(codes.categories[codes.values[0]])
            if table.n_rows
            else "nothing",
            count=table.n_rows,
            hint="are ids numbers in one table and text in the other?",
        )
    return rows
