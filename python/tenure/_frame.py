"""Any frame in, canonical columns out; results back in the caller's own family.

The only module that knows pandas, polars, pyarrow and narwhals; none of them is
imported before the caller's data or a result needs it.
"""

from __future__ import annotations

import sys
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

import numpy as np

from tenure._column import Codes, Instants, Numbers
from tenure.exceptions import ColumnError, FrameError

if TYPE_CHECKING:
    from numpy.typing import NDArray

__all__ = ["Table", "native_frame", "native_series"]


class Table:
    """A table of any family, read column by column."""

    def __init__(self, columns: dict[str, Any], family: str, index: Any) -> None:
        self._columns = columns
        self.family = family
        self.index = index
        self.names = tuple(columns)
        self.n_rows = len(next(iter(columns.values()), ()))

    @classmethod
    def of(cls, data: object) -> Table:
        pandas, polars = sys.modules.get("pandas"), sys.modules.get("polars")
        if pandas and isinstance(data, pandas.DataFrame):
            return cls({str(k): data[k].to_numpy() for k in data}, "pandas", data.index)
        if polars and isinstance(data, polars.LazyFrame):
            data = data.collect()
        if polars and isinstance(data, polars.DataFrame):
            return cls({k: data[k].to_numpy() for k in data.columns}, "polars", None)
        if isinstance(data, Mapping):
            return cls({str(k): np.asarray(v) for k, v in data.items()}, "numpy", None)
        msg = f"cannot read a table from {type(data).__name__}"
        raise FrameError(msg)

    def _column(self, name: str) -> NDArray[Any]:
        if name not in self._columns:
            raise ColumnError.unknown(name, self.names)
        return self._columns[name]

    def codes(self, name: str) -> Codes:
        column = self._column(name)
        missing = np.array([v is None or v != v for v in column], dtype=bool)
        categories, inverse = np.unique(column[~missing], return_inverse=True)
        values = np.full(len(column), -1, dtype=np.int64)
        values[~missing] = inverse
        if categories.dtype.kind in "iu":
            return Codes(values, categories.astype(np.int64))
        return Codes(values, categories.astype(object))

    def instants(
        self,
        name: str,
        *,
        time_format: str | None = None,
        time_unit: str | None = None,
        tz: str | None = None,
    ) -> Instants:
        times = self._column(name).astype("datetime64[us]")
        missing = np.isnat(times)
        values = np.where(missing, 0, times.view(np.int64))
        return Instants(values, missing if missing.any() else None, None)

    def numbers(self, name: str) -> Numbers:
        return Numbers(self._column(name).astype(np.float64, copy=False), None)


def native_frame(
    columns: Mapping[str, NDArray[Any]], *, family: str, index: Any = None
) -> Any:
    """Return the columns as a frame of the family; for pandas, with an index.

    Parameters
    ----------
    columns : mapping of str to array
    family : {"pandas", "polars", "pyarrow", "numpy"}
    index : str or pandas.Index, optional
        For pandas only: the name of the column that becomes the index, or an index.
    """
    if family == "numpy":
        return dict(columns)
    import narwhals as nw  # noqa: PLC0415

    plain = {name: _plain(values, family) for name, values in columns.items()}
    frame = nw.from_dict(plain, backend=family).to_native()
    if family == "pandas" and index is not None:
        return (
            frame.set_index(index) if isinstance(index, str) else frame.set_axis(index)
        )
    return frame


def native_series(
    name: str, values: NDArray[Any], *, family: str, index: Any = None
) -> Any:
    """Return the values as a series of the family; for pandas, with the index."""
    if family == "numpy":
        return values
    import narwhals as nw  # noqa: PLC0415

    series = nw.new_series(name, _plain(values, family), backend=family).to_native()
    return (
        series.set_axis(index) if family == "pandas" and index is not None else series
    )


def _plain(values: NDArray[Any], family: str) -> NDArray[Any]:
    """Return identifiers other than strings as text where frames hold no objects."""
    if family != "pandas" and values.dtype == object:
        return np.array([v if v is None else str(v) for v in values], dtype=object)
    return values
