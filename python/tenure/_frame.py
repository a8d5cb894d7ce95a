"""Any frame in, canonical columns out; results back in the caller's own family.

The only module that knows pandas, polars, pyarrow and narwhals; none of them is
imported before the caller's data or a result needs it.
"""

from __future__ import annotations

import sys
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from importlib.util import find_spec
from typing import TYPE_CHECKING, Any

import numpy as np

from tenure import _core
from tenure._column import (
    BooleanColumn,
    Clock,
    Codes,
    Column,
    FloatColumn,
    Instants,
    IntegerColumn,
    NullColumn,
    Numbers,
    OtherColumn,
    TimeColumn,
    some,
)
from tenure._objects import column_of_objects
from tenure._text import DictionaryColumn, TextColumn
from tenure._time import zone_name
from tenure.exceptions import ColumnError, FrameError, LengthError

if TYPE_CHECKING:
    import datetime as dt

    from numpy.typing import NDArray

__all__ = ["Codes", "Instants", "Numbers", "Table", "native_frame", "native_series"]


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
    _read: Callable[[int], Column]
    index: Any = None

    @classmethod
    def of(cls, data: object) -> Table:
        """Return the table that the data are.

        Parameters
        ----------
        data : frame or mapping
            A pandas or polars frame (a LazyFrame is collected), a pyarrow Table,
            RecordBatch or RecordBatchReader, a DuckDB relation, any object with
            ``__arrow_c_stream__``, anything else that narwhals knows, a structured
            NumPy array, or a mapping from names to arrays, lists or series. The data
            are never changed.

        Raises
        ------
        FrameError
            If they are none of these.
        LengthError
            If the columns of a mapping differ in length.
        """
        narwhals = sys.modules.get("narwhals")
        if narwhals is not None:
            data = narwhals.to_native(data, pass_through=True)
        for read in (_pandas, _polars, _pyarrow, _mapping, _capsule, _narwhals):
            table = read(data)
            if table is not None:
                return table
        raise _unreadable(data)

    def codes(self, name: str) -> Codes:
        """Read identifiers as positions in the sorted list of those that occur."""
        return self._column(name).codes()

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
        return self._column(name).instants(Clock(time_format, time_unit, zone))

    def numbers(self, name: str) -> Numbers:
        """Read numbers as float64, without a copy where they already are."""
        return self._column(name).numbers()

    def _column(self, name: str) -> Column:
        count = self.names.count(name)
        if count == 0:
            raise ColumnError.unknown(name, self.names)
        if count > 1:
            what = f"occurs {count} times"
            raise ColumnError.unusable(name, what, hint="rename all but one of them")
        return self._read(self.names.index(name))


def _unreadable(data: object) -> FrameError:
    msg = (
        f"cannot read a table from {type(data).__name__}; give a pandas or polars frame, "
        "a pyarrow Table, a DuckDB relation, any object with __arrow_c_stream__, or a "
        "mapping from column names to arrays or lists"
    )
    return FrameError(msg)


def _pandas(data: Any) -> Table | None:
    pandas = sys.modules.get("pandas")
    if pandas is None or not isinstance(data, pandas.DataFrame):
        return None
    names = tuple(map(str, data.columns))

    def read(position: int) -> Column:
        return _of_pandas(names[position], data.iloc[:, position])

    return Table("pandas", len(data), names, read, data.index)


def _polars(data: Any) -> Table | None:
    polars = sys.modules.get("polars")
    if polars is None or not isinstance(data, polars.DataFrame | polars.LazyFrame):
        return None
    frame = data.collect() if isinstance(data, polars.LazyFrame) else data
    names = tuple(frame.columns)

    def read(position: int) -> Column:
        return _of_any(names[position], frame.to_series(position))

    return Table("polars", frame.height, names, read)


def _pyarrow(data: Any) -> Table | None:
    pyarrow = sys.modules.get("pyarrow")
    if pyarrow is None:
        return None
    if isinstance(data, pyarrow.RecordBatchReader):
        data = data.read_all()
    if not isinstance(data, pyarrow.Table | pyarrow.RecordBatch):
        return None
    names = tuple(data.column_names)

    def read(position: int) -> Column:
        return _of_any(names[position], data.column(position))

    return Table("pyarrow", data.num_rows, names, read)


def _mapping(data: Any) -> Table | None:
    if isinstance(data, np.ndarray) and data.dtype.names is not None and data.ndim == 1:
        data = {name: data[name] for name in data.dtype.names}
    if not isinstance(data, Mapping):
        return None
    columns = {str(name): _vector(str(name), values) for name, values in data.items()}
    names = tuple(columns)
    lengths = {name: len(values) for name, values in columns.items()}
    for name, length in lengths.items():
        if length != lengths[names[0]]:
            raise LengthError.between(
                name, length, reference=names[0], expected=lengths[names[0]]
            )

    def read(position: int) -> Column:
        return _of_any(names[position], columns[names[position]])

    return Table("numpy", lengths[names[0]] if names else 0, names, read)


def _capsule(data: Any) -> Table | None:
    """Return the table of an Arrow stream or array, all of which is read at once."""
    if not _speaks_arrow(data):
        return None
    table = _core.ArrowTable(data)
    names = tuple(table.names)

    def read(position: int) -> Column:
        return _of_arrow(names[position], table.column(position), table.types[position])

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
    return Table.of(frame.to_arrow())


def _speaks_arrow(data: object) -> bool:
    return hasattr(data, "__arrow_c_stream__") or hasattr(data, "__arrow_c_array__")


def _vector(name: str, values: Any) -> Any:
    """Return one column of a mapping as something that `_of_any` reads."""
    pandas = sys.modules.get("pandas")
    if pandas is not None and isinstance(
        values, pandas.Index | pandas.api.extensions.ExtensionArray
    ):
        return pandas.Series(values)
    if isinstance(values, list | tuple):
        return np.fromiter(values, np.object_, len(values))
    if not (hasattr(values, "__len__") and _speaks_arrow(values)):
        array = values if hasattr(values, "dtype") else np.asarray(values)
        if array.ndim != 1 or isinstance(values, str | bytes):
            what = (
                f"must be an array, a list or a series, but is {type(values).__name__}"
            )
            raise ColumnError.unusable(name, what)
        return array
    return values


def _of_any(name: str, values: Any) -> Column:
    """Return the column of a series or an array of any library."""
    pandas, polars = sys.modules.get("pandas"), sys.modules.get("polars")
    if isinstance(values, np.ndarray):
        return _of_numpy(name, values)
    if pandas is not None and isinstance(values, pandas.Series):
        return _of_pandas(name, values)
    if (
        polars is not None
        and isinstance(values, polars.Series)
        and values.dtype == polars.Object
    ):
        return column_of_objects(name, np.fromiter(values, np.object_, len(values)))
    table = _core.ArrowTable(values)
    dtype = getattr(values, "dtype", None) or getattr(values, "type", "")
    return _of_arrow(name, table.column(0), str(dtype))


def _of_numpy(name: str, values: NDArray[Any]) -> Column:
    """Return the column of a NumPy array."""
    if isinstance(values, np.ma.MaskedArray):
        mask = np.ma.getmaskarray(values)
        return _of_numpy(name, values.data).take(
            np.where(mask, -1, np.arange(len(mask)))
        )
    if not values.dtype.isnative:
        values = values.astype(values.dtype.newbyteorder("="))
    match values.dtype.kind:
        case "b":
            return BooleanColumn(name, "bool", values)
        case "i" | "u":
            return IntegerColumn(name, str(values.dtype), values)
        case "f":
            return FloatColumn(name, str(values.dtype), values)
        case "M":
            return TimeColumn.of(name, values)
        case "U" | "T" | "O":
            return column_of_objects(name, np.ascontiguousarray(values, np.object_))
        case _:
            return OtherColumn(name, str(values.dtype))


def _of_pandas(name: str, series: Any) -> Column:
    """Return the column of a pandas series."""
    pandas = sys.modules["pandas"]
    dtype = series.dtype
    match dtype:
        case np.dtype():
            return _of_numpy(name, series.to_numpy())
        case pandas.CategoricalDtype():
            keys = series.cat.codes.to_numpy().astype(np.int64)
            words = _of_pandas(name, series.cat.categories.to_series())
            return DictionaryColumn.of(name, "category", keys, words)
        case pandas.DatetimeTZDtype():
            times = series.to_numpy(f"datetime64[{dtype.unit}]")
            return TimeColumn.of(name, times, zone_name(dtype.tz))
        case pandas.StringDtype(storage="python"):
            return column_of_objects(name, series.to_numpy(np.object_))
        case pandas.ArrowDtype() | pandas.StringDtype():
            column = _core.ArrowTable(series.array.__arrow_array__()).column(0)
            return _of_arrow(name, column, str(dtype))
        case _ if hasattr(dtype, "numpy_dtype"):  # nullable integers, floats, booleans
            missing = some(series.isna().to_numpy())
            values = series.to_numpy(dtype.numpy_dtype, na_value=0)
            return replace(_of_numpy(name, values), dtype=str(dtype), missing=missing)
        case _:
            return OtherColumn(name, str(dtype))


def _of_arrow(name: str, parts: tuple[Any, ...], dtype: str) -> Column:
    """Return the column that the core has read from Arrow."""
    match parts:
        case ("array", values, missing):
            return replace(_of_numpy(name, values), dtype=dtype, missing=missing)
        case ("time", ticks, missing, unit, zone):
            return TimeColumn(name, dtype, ticks, missing, unit, zone)
        case ("text", offsets, data, missing):
            return TextColumn(name, dtype, (offsets, data), missing)
        case ("dictionary", keys, words):
            return DictionaryColumn.of(name, dtype, keys, _of_arrow(name, words, dtype))
        case ("null", rows):
            return NullColumn(name, dtype, rows)
        case _:
            return OtherColumn(name, dtype)


def native_frame(
    columns: Mapping[str, NDArray[Any]], *, family: str, index: Any = None
) -> Any:
    """Return the columns as a frame of a family.

    Parameters
    ----------
    columns : mapping of str to array
        Equally long arrays.
    family : {"pandas", "polars", "pyarrow", "numpy"}
        What to return: a frame, a pyarrow Table, or a dict of the arrays.
    index : str or pandas.Index, optional
        For pandas only: the column that becomes the index, or an index.
    """
    if family == "numpy":
        return dict(columns)
    import narwhals as nw  # noqa: PLC0415

    plain = {name: _plain(values, family) for name, values in columns.items()}
    frame = nw.from_dict(plain, backend=family).to_native()
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

    series = nw.new_series(name, _plain(values, family), backend=family).to_native()
    return series if family != "pandas" or index is None else series.set_axis(index)


def _plain(values: NDArray[Any], family: str) -> Any:
    """Return values in a form that the family can hold."""
    if family == "pandas":
        return values
    if values.dtype.kind == "O":  # identifiers of other types than text become text
        return [value if value is None else str(value) for value in values]
    if values.dtype.kind == "M" and np.datetime_data(values.dtype)[0] not in _UNITS:
        return values.astype("datetime64[us]")
    return values
