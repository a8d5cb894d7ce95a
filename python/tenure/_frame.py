"""Any frame in, canonical columns out; results back in the caller's own family.

With `_series`, the only module that knows pandas, polars, pyarrow and narwhals; none of
them is imported before the caller's data or a result needs it.
"""

from __future__ import annotations

import sys
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from importlib import import_module
from importlib.util import find_spec
from typing import TYPE_CHECKING, Any, cast

import numpy as np

from tenure import _core
from tenure._readings import Clock, Codes, Instants, Numbers
from tenure._series import column_of, of_arrow, speaks_arrow, vector
from tenure._time import zone_name
from tenure.exceptions import ColumnError, FrameError, LengthError

if TYPE_CHECKING:
    import datetime as dt

    from numpy.typing import NDArray

    from tenure._column import Column

__all__ = [
    "Categories",
    "Codes",
    "Instants",
    "Numbers",
    "Table",
    "native_frame",
    "native_series",
]


# Units of time that polars and pyarrow both hold.
_UNITS = {"D", "ms", "us", "ns"}


@dataclass(frozen=True)
class Table:
    """A table of any family, read column by column.

    Attributes
    ----------
    family : {"pandas", "polars", "pyarrow", "numpy"}
        What results are given back as.
    n_rows : int
        How many rows there are.
    names : tuple of str
        The columns, in order.
    index : pandas.Index or None
        The index of a pandas frame.
    """

    family: str
    n_rows: int
    names: tuple[str, ...]
    _read: Callable[[int], Column] = field(repr=False)
    index: Any = None

    @classmethod
    def of(cls, data: object) -> Table:
        """Return the table that the data are.

        Parameters
        ----------
        data : frame or mapping
            A pandas or polars frame (a LazyFrame is collected), a pyarrow Table,
            Dataset, RecordBatch or RecordBatchReader, a DuckDB relation, any object
            with ``__arrow_c_stream__``, anything else that narwhals knows, a structured
            NumPy array, or a mapping from names to arrays, lists or series. The data
            are never changed. A table is given back as it is.

        Raises
        ------
        FrameError
            If they are none of these.
        LengthError
            If the columns of a mapping differ in length.
        """
        if isinstance(data, cls):
            return data
        for read in (
            _pandas,
            _polars,
            _pyarrow,
            _wrapped,
            _mapping,
            _capsule,
            _narwhals,
        ):
            table = read(data)
            if table is not None:
                return table
        raise _unreadable(data)

    def codes(self, name: str) -> Codes:
        """Read identifiers as positions in the sorted list of those that occur."""
        return self.column(name).codes()

    def instants(
        self,
        name: str,
        *,
        time_format: str | None = None,
        time_unit: str | None = None,
        tz: str | dt.tzinfo | None = None,
    ) -> Instants:
        """Read times as microseconds by the wall clock.

        Parameters
        ----------
        name : str
            The column: times or dates of any resolution, with or without a time zone;
            text; or integers.
        time_format : str, optional
            How text or integers are written, in the codes of `strptime`; the default is
            ISO 8601.
        time_unit : str, optional
            What integers count since 1970-01-01: "ns", "us", "ms", "s", "minute",
            "hour", "day" or "week".
        tz : str or tzinfo, optional
            The time zone whose clocks are read; the default is that of the times.
        """
        zone = None if tz is None else zone_name(tz)
        return self.column(name).instants(Clock(time_format, time_unit, zone))

    def numbers(self, name: str) -> Numbers:
        """Read numbers as float64, without a copy where they already are."""
        return self.column(name).numbers()

    def counts(self, name: str) -> NDArray[np.int64] | NDArray[np.float64]:
        """Read numbers that ought to be counts, as they are where they are int64."""
        return self.column(name).counts()

    def flags(self, name: str) -> NDArray[np.bool_]:
        """Read yes and no: booleans, or the numbers 0 and 1."""
        return self.column(name).flags()

    def column(self, name: str) -> Column:
        """Return the column of that name."""
        count = self.names.count(name)
        if count == 0:
            raise ColumnError.unknown(name, self.names)
        if count > 1:
            what = f"occurs {count} times"
            hint = "rename all but one of them"
            raise ColumnError.unusable(name, what, self.names, hint=hint)
        return self._read(self.names.index(name))


def _unreadable(data: object) -> FrameError:
    msg = (
        f"cannot read a table from {type(data).__name__}; give a pandas or polars "
        "frame, a pyarrow Table, a DuckDB relation, any object with "
        "__arrow_c_stream__, or a mapping from column names to arrays or lists"
    )
    return FrameError(msg)


def _pandas(data: Any) -> Table | None:
    pandas = sys.modules.get("pandas")
    if pandas is None or not isinstance(data, pandas.DataFrame):
        return None
    labels = data.columns.tolist()
    names = tuple(map(str, labels))

    def read(position: int) -> Column:
        label = labels[position]
        # by label where that is text: pandas takes several times as long by place
        series = data[label] if isinstance(label, str) else data.iloc[:, position]
        return column_of(names[position], series)

    return Table("pandas", len(data), names, read, data.index)


def _polars(data: Any) -> Table | None:
    polars = sys.modules.get("polars")
    if polars is None or not isinstance(data, polars.DataFrame | polars.LazyFrame):
        return None
    frame = data.collect() if isinstance(data, polars.LazyFrame) else data
    names = tuple(frame.columns)

    def read(position: int) -> Column:
        return column_of(names[position], frame.to_series(position))

    return Table("polars", frame.height, names, read)


def _pyarrow(data: Any) -> Table | None:
    pyarrow = sys.modules.get("pyarrow")
    if pyarrow is None:
        return None
    if _is_dataset(data):
        data = data.to_table()
    if isinstance(data, pyarrow.RecordBatchReader):
        data = data.read_all()
    if not isinstance(data, pyarrow.Table | pyarrow.RecordBatch):
        return None
    names = tuple(data.column_names)

    def read(position: int) -> Column:
        return column_of(names[position], data.column(position))

    return Table("pyarrow", data.num_rows, names, read)


def _wrapped(data: Any) -> Table | None:
    """Return the table of the frame inside one of narwhals' own."""
    narwhals = sys.modules.get("narwhals")
    if narwhals is None or not isinstance(
        data, narwhals.DataFrame | narwhals.LazyFrame
    ):
        return None
    return Table.of(data.to_native())


def _is_dataset(data: Any) -> bool:
    """Say whether the data are a pyarrow Dataset or a Scanner of one."""
    dataset = sys.modules.get("pyarrow.dataset")
    return dataset is not None and isinstance(data, dataset.Dataset | dataset.Scanner)


def _mapping(data: Any) -> Table | None:
    fields = getattr(getattr(data, "dtype", None), "names", None)
    if fields is not None:  # a structured array
        data = {name: data[name] for name in fields}
    if not isinstance(data, Mapping):
        return None
    items = cast("Mapping[Any, Any]", data).items()
    names = tuple(str(name) for name, _ in items)
    columns = [vector(str(name), values) for name, values in items]
    n_rows = len(columns[0]) if columns else 0
    for name, values in zip(names, columns, strict=True):
        if len(values) != n_rows:
            raise LengthError.between(
                name, len(values), reference=names[0], expected=n_rows
            )

    def read(position: int) -> Column:
        return column_of(names[position], columns[position])

    return Table("numpy", n_rows, names, read)


def _capsule(data: Any) -> Table | None:
    """Return the table of an Arrow stream or array, all of which is read at once."""
    if not speaks_arrow(data):
        return None
    table = _core.ArrowTable(data)
    if not table.has_columns:
        return None
    names = tuple(table.names)

    def read(position: int) -> Column:
        return of_arrow(names[position], table.column(position), table.types[position])

    family = "pyarrow" if find_spec("pyarrow") else "numpy"
    return Table(family, table.n_rows, names, read)


def _narwhals(data: Any) -> Table | None:
    """Return the table of a frame that only narwhals knows, collected if it is lazy."""
    import narwhals as nw  # noqa: PLC0415

    frame = nw.from_native(data, pass_through=True)
    if isinstance(frame, nw.LazyFrame):
        frame = frame.collect()
    if not isinstance(frame, nw.DataFrame):
        return None
    if frame.implementation.is_pandas_like():
        return _pandas(frame.to_pandas())
    return _pyarrow(frame.to_arrow())


@dataclass(frozen=True, eq=False)
class Categories:
    """A column of results with few values, which have an order.

    Attributes
    ----------
    codes : integer array
        The place of each row's value among the names.
    names : tuple of str
        The values, in order.
    """

    codes: NDArray[Any]
    names: tuple[str, ...]

    def native(self, family: str) -> Any:
        """Return an ordered categorical of the family; for NumPy, the names."""
        if family == "pandas":
            pandas = import_module("pandas")
            return pandas.Categorical.from_codes(self.codes, self.names, ordered=True)
        if family == "polars":
            polars = import_module("polars")
            names = polars.Series(self.names, dtype=polars.Enum(self.names))
            return names.gather(self.codes)
        if family == "pyarrow":
            arrow = import_module("pyarrow")
            codes = arrow.array(self.codes.astype(np.int32))
            names = arrow.array(self.names, arrow.string())
            return arrow.DictionaryArray.from_arrays(codes, names, ordered=True)
        return np.array(self.names, dtype=object)[self.codes]


def native_frame(
    columns: Mapping[str, NDArray[Any] | Categories], *, family: str, index: Any = None
) -> Any:
    """Return the columns as a frame of a family.

    Parameters
    ----------
    columns : mapping of str to array or Categories
        Equally long.
    family : {"pandas", "polars", "pyarrow", "numpy"}
        What to return: a frame, a pyarrow Table, or a dict of the arrays.
    index : str or pandas.Index, optional
        For pandas only: the column that becomes the index, or an index.
    """
    if family == "numpy":
        return {name: _plain(values, family) for name, values in columns.items()}
    import narwhals as nw  # noqa: PLC0415

    backend: Any = family
    plain = {name: _plain(values, family) for name, values in columns.items()}
    frame: Any = nw.from_dict(plain, backend=backend).to_native()
    if family != "pandas" or index is None:
        return frame
    return frame.set_index(index) if isinstance(index, str) else frame.set_axis(index)


def native_series(
    name: str, values: NDArray[Any], *, family: str, index: Any = None
) -> Any:
    """Return the values as a series of a family; for pandas, with an index.

    For pyarrow it is a ChunkedArray, for NumPy the array itself.
    """
    if family == "numpy":
        return values
    import narwhals as nw  # noqa: PLC0415

    backend: Any = family
    plain = _plain(values, family)
    series: Any = nw.new_series(name, plain, backend=backend).to_native()
    return series if family != "pandas" or index is None else series.set_axis(index)


def _plain(values: NDArray[Any] | Categories, family: str) -> Any:
    """Return values in a form that the family can hold."""
    if isinstance(values, Categories):
        return values.native(family)
    if family in ("pandas", "numpy"):
        return values
    if values.dtype.kind == "O":  # identifiers of other types than text become text
        return [value if value is None else str(value) for value in values]
    if values.dtype.kind == "M" and np.datetime_data(values.dtype)[0] not in _UNITS:
        return values.astype("datetime64[us]")
    return values
