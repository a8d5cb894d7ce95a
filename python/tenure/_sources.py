"""Parquet and CSV files as one table, of which only the needed columns are read."""

from __future__ import annotations

import glob
import os
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeAlias

from tenure._arrow import pyarrow_for
from tenure._file_batches import file_batches
from tenure.exceptions import ColumnError, FileError, ParameterError

if TYPE_CHECKING:
    from tenure._log_settings import LogSettings

__all__ = ["Paths", "Sources", "parsed_memory", "unreadable"]

Paths: TypeAlias = str | os.PathLike[str] | Sequence[str | os.PathLike[str]]

_WORK = "scanning files"
# Rows that are decoded at once.
_BATCH = 1 << 18

# What the endings of files say that they are.
_FORMATS = {
    ".parquet": "parquet",
    ".pq": "parquet",
    ".csv": "csv",
    ".tsv": "csv",
    ".txt": "csv",
}
_COMPRESSED = {".gz", ".bz2", ".zst", ".lz4"}


@dataclass(frozen=True, eq=False)
class Sources:
    """The files of a log.

    Attributes
    ----------
    names : str
        What the user calls them.
    format : {"parquet", "csv"}
    dataset : pyarrow.dataset.Dataset
    schema : pyarrow.Schema
        The needed columns, of the types that they are read as in all files.
    """

    names: str
    format: str
    dataset: Any
    schema: Any

    @classmethod
    def find(
        cls, paths: Paths, settings: LogSettings, delimiter: str | None
    ) -> Sources:
        """Look the files up, and how their columns are typed; no rows are read.

        Raises
        ------
        FileError
            If there are no files, or of an unknown kind.
        ColumnError
            If a column is not in a file, or of another kind than in the others.
        """
        dataset_module = pyarrow_for(_WORK, "pyarrow.dataset")
        many = [paths] if isinstance(paths, str | os.PathLike) else list(paths)
        names = str(os.fspath(many[0])) if len(many) == 1 else f"{len(many)} paths"
        files = [file for path in many for file in _files(os.fspath(path))]
        if not files:
            raise FileError.of(
                names, "names no file", hint="is the path the right one?"
            )
        kinds = {file: _format(file) for file in files}
        first = kinds[files[0]]
        for file, kind in kinds.items():
            if kind != first:
                raise FileError.of(file, f"is {kind}, but {files[0]} is {first}")
        kind = _csv_format(settings, delimiter) if first == "csv" else first
        try:
            options = {"format": kind, "partitioning": "hive"}
            schema = _schema(dataset_module.dataset(files, **options), settings)
            dataset = dataset_module.dataset(files, schema=schema, **options)
        except (ColumnError, FileNotFoundError):
            raise
        except (OSError, TypeError, ValueError) as error:
            raise unreadable(names, error) from None
        return cls(names, first, dataset, schema)

    def rows(self) -> int | None:
        """Return how many rows there are, where that is written down."""
        return self.dataset.count_rows() if self.format == "parquet" else None

    def bytes_on_disk(self) -> int:
        """Return the size of the files."""
        return sum(Path(file).stat().st_size for file in self.dataset.files)

    def batches(self) -> Iterator[Any]:
        """Return the rows piece by piece, in the order of the files."""
        try:
            for fragment in self.dataset.get_fragments():
                yield from file_batches(fragment, self.schema, _BATCH)
        except (OSError, TypeError, ValueError) as error:  # those of pyarrow are these
            raise unreadable(self.names, error) from None


def unreadable(names: str, error: Exception) -> FileError:
    """Return the error for files that pyarrow cannot read."""
    reason = str(error).splitlines()[0] if str(error) else type(error).__name__
    return FileError.of(names, f"cannot be read: {reason}")


def _files(path: str) -> list[str]:
    """Return the files that a path, a folder or a pattern names, in order."""
    if Path(path).is_file():
        return [path]
    if Path(path).is_dir():
        found = sorted(str(file) for file in Path(path).rglob("*") if file.is_file())
        root = len(Path(path).parts)
        return [file for file in found if not _is_hidden(Path(file).parts[root:])]
    return sorted(
        file
        for file in glob.glob(path, recursive=True)  # noqa: PTH207
        if Path(file).is_file()
    )


def _is_hidden(parts: Sequence[str]) -> bool:
    """Say whether a file is none of the data, such as _SUCCESS or .crc files."""
    return any(part.startswith((".", "_")) for part in parts)


def _format(file: str) -> str:
    """Return what kind of file it is."""
    suffixes = [suffix.lower() for suffix in Path(file).suffixes]
    if suffixes and suffixes[-1] in _COMPRESSED:
        suffixes.pop()
    found = _FORMATS.get(suffixes[-1]) if suffixes else None
    if found is None:
        known = ", ".join(_FORMATS)
        raise FileError.of(file, f"is of an unknown kind; known are {known}")
    return found


def _csv_format(settings: LogSettings, delimiter: str | None) -> Any:
    """Return how CSV is read: ids and times as the text that stands there."""
    pa, csv = pyarrow_for(_WORK), pyarrow_for(_WORK, "pyarrow.csv")
    dataset = pyarrow_for(_WORK, "pyarrow.dataset")
    types = dict.fromkeys(settings.columns, pa.large_string())
    if settings.time_unit is not None:
        types[settings.time] = pa.int64()
    if settings.amount is not None:
        types[settings.amount] = pa.float64()
    return dataset.CsvFileFormat(
        parse_options=csv.ParseOptions(delimiter=delimiter or ","),
        convert_options=csv.ConvertOptions(
            column_types=types, null_values=[""], strings_can_be_null=True
        ),
    )


def _schema(dataset: Any, settings: LogSettings) -> Any:
    """Return the needed columns, each of a type that holds it in every file."""
    pa = pyarrow_for(_WORK)
    fields: dict[str, tuple[Any, str]] = {}
    for fragment in dataset.get_fragments():
        for name in settings.columns:
            found = _field(dataset, fragment, name, fields), fragment.path
            fields[name] = _unified(pa, fields.get(name, found), found)
    return pa.schema([field for field, _ in fields.values()])


def _field(
    dataset: Any, fragment: Any, name: str, known: Mapping[str, tuple[Any, str]]
) -> Any:
    """Return the type of a column in a file, or of the folders that it is in."""
    pa, module = pyarrow_for(_WORK), pyarrow_for(_WORK, "pyarrow.dataset")
    folders = module.get_partition_keys(fragment.partition_expression)
    if name in folders:
        return _plain(pa, dataset.schema.field(name))
    schema = fragment.physical_schema
    count = schema.names.count(name)
    if count == 1:
        return _plain(pa, schema.field(name))
    if count > 1:
        what, hint = f"occurs {count} times", "rename all but one of them"
        raise ColumnError.unusable(name, what, tuple(schema.names), hint=hint)
    if name in known:
        what = f"is in {known[name][1]}, but not in {fragment.path}"
        raise ColumnError.unusable(name, what, tuple(schema.names))
    raise ColumnError.unknown(name, (*schema.names, *folders))


def _plain(pa: Any, field: Any) -> Any:
    """Return the field with words in place of places in a dictionary."""
    if pa.types.is_dictionary(field.type):
        return pa.field(field.name, field.type.value_type)
    return pa.field(field.name, field.type)


def _unified(
    pa: Any, known: tuple[Any, str], found: tuple[Any, str]
) -> tuple[Any, str]:
    """Return a field that holds what is in both files."""
    schemas = [pa.schema([known[0]]), pa.schema([found[0]])]
    try:
        both = pa.unify_schemas(schemas, promote_options="permissive")
    except pa.ArrowTypeError:
        name = known[0].name
        what = f"holds {known[0].type} in {known[1]}, but {found[0].type} in {found[1]}"
        hint = "give it the same type in all files"
        raise ColumnError.unusable(name, what, (), hint=hint) from None
    return both.field(0), known[1]


def parsed_memory(memory: str | int) -> int:
    """Return a size in bytes.

    Examples
    --------
    >>> parsed_memory("2GB"), parsed_memory("512 MiB"), parsed_memory(1000)
    (2000000000, 536870912, 1000)
    """
    if isinstance(memory, int) and memory > 0:
        return memory
    text = str(memory).replace(" ", "").upper().removesuffix("B")
    factor = 1
    binary = text.endswith("I")
    text = text.removesuffix("I")
    for power, letter in enumerate("KMGT", start=1):
        if text.endswith(letter):
            factor = (1024 if binary else 1000) ** power
            text = text.removesuffix(letter)
    try:
        size = int(float(text) * factor)
    except (OverflowError, ValueError):
        size = 0
    if size <= 0:
        raise ParameterError.of(
            name="memory",
            expected="be a size such as '2GB', '512MB' or a number of bytes",
            found=repr(memory),
        )
    return size
