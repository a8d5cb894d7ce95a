"""The little that engines do each in its own way, because narwhals does not do it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import narwhals as nw

if TYPE_CHECKING:
    from collections.abc import Sequence

__all__ = ["lazy_frame", "with_times"]


def lazy_frame(data: object) -> nw.LazyFrame[Any] | None:
    """Return the frame of an engine, or None if the data are in memory."""
    frame = nw.from_native(data, pass_through=True)  # type: ignore[call-overload]
    return frame if isinstance(frame, nw.LazyFrame) else None


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
