"""How each engine runs a function over its partitions."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from importlib import import_module
from typing import TYPE_CHECKING, Any, cast

import narwhals as nw

from tenure._series import speaks_arrow
from tenure.exceptions import FrameError

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tenure._predict_frame import Scores

__all__ = ["in_memory", "score_lazily"]


def in_memory(data: Any) -> Any:
    """Return data in memory as a frame that columns can be added to."""
    data = nw.to_native(data, pass_through=True)
    fields = getattr(getattr(data, "dtype", None), "names", None)
    if fields is not None:  # a structured array
        return {name: data[name] for name in fields}
    if isinstance(data, Mapping):
        return dict(cast("Mapping[str, Any]", data))
    frame = nw.from_native(data, eager_only=True, pass_through=True)
    if isinstance(frame, nw.DataFrame):
        return data
    if speaks_arrow(data):
        return import_module("pyarrow").table(data)
    msg = (
        f"cannot add predictions to {type(data).__name__}; give a frame in memory, a "
        "DuckDB relation, a Dask or PySpark DataFrame or a polars LazyFrame"
    )
    raise FrameError(msg)


def score_lazily(frame: nw.LazyFrame[Any], scores: Scores) -> Any:
    """Return a frame of the same engine, scored partition by partition when needed."""
    native, engine = frame.to_native(), frame.implementation
    if engine.is_polars():
        polars = import_module("polars")
        added = dict.fromkeys(scores.methods, polars.Float64)
        schema = {**native.collect_schema(), **added}
        return native.map_batches(scores, schema=schema, streamable=True)
    if engine.is_dask():
        empty = dict.fromkeys(scores.methods, 0.0)
        meta = native._meta.assign(**empty)  # noqa: SLF001
        return native.map_partitions(scores, meta=meta)
    if engine.is_pyspark():
        return _in_spark(native, scores)
    if engine.is_duckdb():
        scored = ScoredRelation(native, scores)
        # of a connection of its own: reading runs a query on that of the relation
        return import_module("duckdb").connect().from_arrow(scored)
    msg = f"cannot score a frame of {engine.value}; collect it, or its parts, first"
    raise FrameError(msg)


def _in_spark(native: Any, scores: Scores) -> Any:
    types = import_module("pyspark.sql.types")
    added = [types.StructField(name, types.DoubleType()) for name in scores.methods]
    schema = types.StructType([*native.schema.fields, *added])

    def score_all(batches: Iterator[Any]) -> Iterator[Any]:
        return (batch for one in batches for batch in _batches(scores, one))

    return native.mapInArrow(score_all, schema)


def _batches(scores: Scores, batch: Any) -> list[Any]:
    """Return the scored record batches of a record batch."""
    table = import_module("pyarrow").Table.from_batches([batch])
    return scores(table).to_batches()


@dataclass(frozen=True)
class ScoredRelation:
    """A DuckDB relation with predictions, scored anew whenever it is read.

    Attributes
    ----------
    relation : DuckDBPyRelation
        One row a customer.
    scores : Scores
        What to add.
    """

    relation: Any
    scores: Scores

    def __arrow_c_stream__(self, requested_schema: object = None) -> object:
        """Return a stream of record batches; they are made when they are asked for."""
        reader_of = import_module("pyarrow").RecordBatchReader
        empty = reader_of.from_stream(self.relation.limit(0)).read_all()
        schema = self.scores(empty).schema

        def batches() -> Iterator[Any]:
            for batch in reader_of.from_stream(self.relation):
                yield from _batches(self.scores, batch)

        reader = reader_of.from_batches(schema, batches())
        return reader.__arrow_c_stream__(requested_schema)
