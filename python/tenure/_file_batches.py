"""The rows of a file, a piece at a time: never more of it in memory than that.

Each file is streamed by the reader of its own format. The scanner of a pyarrow dataset
would do for all of them, but some versions of it (26.0.1) read a whole file before they
hand over its first rows.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from tenure._arrow import pyarrow_for

if TYPE_CHECKING:
    from collections.abc import Iterator

__all__ = ["file_batches"]

_WORK = "scanning files"
# Bytes of text that are decoded at once.
_BLOCK = 1 << 20


def file_batches(fragment: Any, schema: Any, rows: int) -> Iterator[Any]:
    """Return the rows of a file as batches of a schema.

    Parameters
    ----------
    fragment : pyarrow.dataset.Fragment
        The file, and the folders that say something about it.
    schema : pyarrow.Schema
        The columns to read, of the types to give back.
    rows : int
        How many rows a batch has at most.
    """
    pa, dataset = pyarrow_for(_WORK), pyarrow_for(_WORK, "pyarrow.dataset")
    folders = dataset.get_partition_keys(fragment.partition_expression)
    read = _csv if isinstance(fragment.format, dataset.CsvFileFormat) else _parquet
    of_file = pa.schema([field for field in schema if field.name not in folders])
    for batch in read(fragment, of_file, rows):
        columns = [
            pa.repeat(pa.scalar(folders[field.name], field.type), batch.num_rows)
            if field.name in folders
            else batch.column(field.name).cast(field.type)
            for field in schema
        ]
        yield pa.RecordBatch.from_arrays(columns, schema=schema)


def _parquet(fragment: Any, schema: Any, rows: int) -> Iterator[Any]:
    parquet = pyarrow_for(_WORK, "pyarrow.parquet")
    with parquet.ParquetFile(fragment.path) as file:
        yield from file.iter_batches(batch_size=rows, columns=schema.names)


def _csv(fragment: Any, schema: Any, rows: int) -> Iterator[Any]:
    csv = pyarrow_for(_WORK, "pyarrow.csv")
    reader = csv.open_csv(
        fragment.path,
        read_options=csv.ReadOptions(block_size=_BLOCK),
        parse_options=fragment.format.parse_options,
        convert_options=csv.ConvertOptions(
            column_types=dict(zip(schema.names, schema.types, strict=True)),
            include_columns=schema.names,
            null_values=[""],
            strings_can_be_null=True,
        ),
    )
    with reader:
        for block in reader:
            for begin in range(0, block.num_rows, rows):
                yield block.slice(begin, rows)
