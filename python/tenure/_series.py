"""One column of any library as a `Column`.

With `_frame`, the only module that knows pandas, polars and pyarrow; they are looked up
among what the caller has imported, never imported here.
"""

from __future__ import annotations

import functools
import sys
from dataclasses import replace
from typing import TYPE_CHECKING, Any, cast

import numpy as np

from tenure import _core
from tenure._column import (
    BooleanColumn,
    Column,
    FloatColumn,
    IntegerColumn,
    NullColumn,
    OtherColumn,
    TimeColumn,
    some,
)
from tenure._objects import column_of_objects
from tenure._text import DictionaryColumn, TextColumn, ViewColumn
from tenure._time import zone_name
from tenure.exceptions import ColumnError, FrameError

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

__all__ = ["column_of", "of_arrow", "speaks_arrow", "vector"]

# Columns of NumPy's kinds of numbers.
_NUMERIC = {
    "b": BooleanColumn,
    "i": IntegerColumn,
    "u": IntegerColumn,
    "f": FloatColumn,
}


def speaks_arrow(data: object) -> bool:
    """Say whether the data can be handed over through the Arrow C interface."""
    return hasattr(data, "__arrow_c_stream__") or hasattr(data, "__arrow_c_array__")


def vector(name: str, values: Any) -> Any:
    """Return one column of a mapping as something that `column_of` reads."""
    pandas = sys.modules.get("pandas")
    if pandas is not None and isinstance(
        values, pandas.Index | pandas.api.extensions.ExtensionArray
    ):
        return pandas.Series(values)
    if isinstance(values, list | tuple):
        items = cast("Sequence[Any]", values)
        return np.fromiter(items, np.object_, len(items))
    if not (hasattr(values, "__len__") and speaks_arrow(values)):
        array = values if hasattr(values, "dtype") else np.asarray(values)
        if array.ndim != 1:
            kind = type(values).__name__
            what = f"must be an array, a list or a series, but is {kind}"
            raise ColumnError.unusable(name, what, ())
        return array
    return values


def column_of(name: str, values: Any) -> Column:
    """Return the column of a series or an array of any library."""
    pandas, polars = sys.modules.get("pandas"), sys.modules.get("polars")
    if isinstance(values, np.ndarray):
        return _of_numpy(name, cast("NDArray[Any]", values))
    if pandas is not None and isinstance(values, pandas.Series):
        return _of_pandas(name, values)
    if polars is None or not isinstance(values, polars.Series):
        dtype = getattr(values, "dtype", None) or getattr(values, "type", None)
        return _through_arrow(name, values, str(dtype))
    if values.dtype in {polars.Object, polars.Null}:
        return column_of_objects(name, np.fromiter(values, np.object_, len(values)))
    # as a frame, since older versions cannot export every series by itself
    return _through_arrow(name, values.to_frame(), str(values.dtype))


def _through_arrow(name: str, values: Any, dtype: str) -> Column:
    """Return the column of an Arrow array, or of an Arrow table of one column."""
    try:
        table = _core.ArrowTable(values)
    except FrameError:  # a type that the core doesn't know
        return OtherColumn(name, dtype)
    return _first_column(name, table, dtype)


def _first_column(name: str, table: _core.ArrowTable, dtype: str) -> Column:
    """Return the first column of a table."""

    def copied() -> Column:
        return of_arrow(name, table.column(0), dtype)

    return ViewColumn(name, dtype, table, copied) if table.has_views(0) else copied()


# NumPy makes such a name anew each time, as slowly as a small column is read
_name = functools.lru_cache(maxsize=64)(str)


def _of_numpy(name: str, values: NDArray[Any]) -> Column:
    """Return the column of a NumPy array."""
    if isinstance(values, np.ma.MaskedArray):
        mask = np.ma.getmaskarray(values)
        keys = np.where(mask, -1, np.arange(len(mask)))
        return _of_numpy(name, values.data).take(keys)
    if not values.dtype.isnative:
        values = values.astype(values.dtype.newbyteorder("="))
    kind, dtype = values.dtype.kind, _name(values.dtype)
    if kind in _NUMERIC:
        return _NUMERIC[kind](name, dtype, values)
    if kind == "M":
        return TimeColumn.of(name, values)
    if kind in "UTO":
        return column_of_objects(name, np.ascontiguousarray(values, np.object_))
    return OtherColumn(name, dtype)


def _of_pandas(name: str, series: Any) -> Column:
    """Return the column of a pandas series."""
    pandas, dtype = sys.modules["pandas"], series.dtype
    if isinstance(dtype, np.dtype):
        return _of_numpy(name, series.to_numpy())
    if isinstance(dtype, pandas.CategoricalDtype):
        keys = series.cat.codes.to_numpy().astype(np.int64)
        words = _of_pandas(name, series.cat.categories.to_series())
        return DictionaryColumn.of(name, "category", keys, words)
    if isinstance(dtype, pandas.DatetimeTZDtype):
        times = series.to_numpy(f"datetime64[{dtype.unit}]")
        return TimeColumn.of(name, times, zone_name(dtype.tz))
    return _of_extension(name, series.array, str(dtype))


def _of_extension(name: str, array: Any, dtype: str) -> Column:
    """Return the column of one of pandas' own arrays."""
    pandas = sys.modules["pandas"]
    if isinstance(
        array, pandas.arrays.ArrowExtensionArray | pandas.arrays.ArrowStringArray
    ):
        return _first_column(name, _core.ArrowTable(array.__arrow_array__()), dtype)
    if isinstance(array.dtype, pandas.StringDtype):
        return column_of_objects(name, array.to_numpy(np.object_))
    numpy_dtype = getattr(array.dtype, "numpy_dtype", None)
    if numpy_dtype is None:
        return OtherColumn(name, dtype)
    # integers, floats or booleans with a mask
    values = array.to_numpy(numpy_dtype, na_value=0)
    return replace(_of_numpy(name, values), dtype=dtype, missing=some(array.isna()))


def of_arrow(name: str, parts: tuple[Any, ...], dtype: str) -> Column:
    """Return the column that the core has read from Arrow."""
    match parts:
        case ("array", values, missing):
            return replace(_of_numpy(name, values), dtype=dtype, missing=missing)
        case ("time", ticks, missing, unit, zone):
            return TimeColumn(name, dtype, ticks, missing, unit, zone)
        case ("text", offsets, data, missing):
            return TextColumn(name, dtype, (offsets, data), missing)
        case ("dictionary", keys, words):
            return DictionaryColumn.of(name, dtype, keys, of_arrow(name, words, dtype))
        case ("null", rows):
            return NullColumn(name, dtype, rows)
        case _:
            return OtherColumn(name, dtype)
