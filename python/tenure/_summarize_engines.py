"""The little that engines do each in its own way, because narwhals does not do it."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, Any, cast

import narwhals as nw

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

__all__ = ["by_rows", "grouped", "lazy_frame", "with_grouped", "with_times"]


def lazy_frame(data: object) -> nw.LazyFrame[Any] | None:
    """Return the frame of an engine, or None if the data are in memory."""
    frame: Any = nw.from_native(data, pass_through=True)
    if isinstance(frame, nw.LazyFrame):
        return cast("nw.LazyFrame[Any]", frame)
    return None


def by_rows(
    frame: nw.LazyFrame[Any], function: Callable[[Any], Any]
) -> nw.LazyFrame[Any]:
    """Return what a function of rows makes of a frame, by partition where that counts.

    Dask plans and runs every operation of every column by itself, which takes far
    longer than the operations; a function of a partition is one of them.
    """
    if not frame.implementation.is_dask():
        return function(frame)
    native, run = frame.to_native(), partial(_on_partition, function)
    meta = run(native._meta_nonempty).iloc[:0]  # noqa: SLF001
    return nw.from_native(native.map_partitions(run, meta=meta))


def _on_partition(function: Callable[[Any], Any], partition: Any) -> Any:
    return function(nw.from_native(partition, eager_only=True)).to_native()


def grouped(
    frame: nw.LazyFrame[Any], keys: Sequence[str], *sums: nw.Expr
) -> nw.LazyFrame[Any]:
    """Return one row for each combination of the keys, with sums and the like.

    Dask leaves out keys that nothing uses later, and then looks for them (a KeyError
    while it plans); a step of its own behind the groups keeps them.
    """
    return by_rows(frame.group_by(*keys).agg(*sums), _unchanged)


def with_grouped(
    frame: nw.LazyFrame[Any], keys: Sequence[str], **sums: nw.Expr
) -> nw.LazyFrame[Any]:
    """Add to each row the sums and the like of its group.

    Dask puts such columns beside the rows by labels of the index, which are not unique
    in a frame that was grouped before; so they are joined by the keys.
    """
    if not frame.implementation.is_dask():
        return frame.with_columns(
            **{name: one.over(*keys) for name, one in sums.items()}
        )
    named = [one.alias(name) for name, one in sums.items()]
    return frame.join(grouped(frame, keys, *named), on=list(keys), how="left")


def _unchanged(frame: Any) -> Any:
    return frame


def with_times(frame: nw.LazyFrame[Any], columns: Sequence[str]) -> nw.LazyFrame[Any]:
    """Turn columns of microseconds since 1970 into times without a zone."""
    native = frame.to_native()
    if frame.implementation.is_duckdb():
        times = ", ".join(f'make_timestamp("{name}") AS "{name}"' for name in columns)
        return nw.from_native(native.project(f"* REPLACE ({times})"))
    if frame.implementation.is_spark_like():
        epoch = "TIMESTAMP_NTZ '1970-01-01'"
        passed = "make_dt_interval(0, 0, 0, {} / 1000000BD)"
        times = {name: f"{epoch} + {passed.format(name)}" for name in columns}
        others = [f"`{name}`" for name in native.columns if name not in times]
        parts = [f"{time} AS `{name}`" for name, time in times.items()]
        back = nw.from_native(native.selectExpr(*others, *parts))
        return back.select(*native.columns)
    cast = [nw.col(name).cast(nw.Datetime("us")) for name in columns]
    return frame.with_columns(*cast)
