"""Several tables in one Arrow file, the last of which is what other readers see.

The file ends as an Arrow IPC file ("Feather") does, and readers of that format look at
its end first: they find the last table. The others stand before it at multiples of 64
bytes: cut the file off after one of them, and it is an Arrow file of that table. The
metadata of the last table have, under `tenure`, facts as JSON, among them where each
table ends and the checksum (CRC-32) of each column; and under `tenure_crc` the checksum
of that text. Nothing is compressed, so that numbers are used where they are in memory
mapped to the file.
"""

from __future__ import annotations

import json
import uuid
import zlib
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from tenure._arrow import pyarrow_for
from tenure._file import whole_file
from tenure.exceptions import ColumnError, FileError

if TYPE_CHECKING:
    import os
    from collections.abc import Mapping

    from numpy.typing import NDArray

__all__ = ["ArrowFile", "Columns", "Repeated", "damaged", "write_tables"]

_WORK = "saving and loading a log"
_ALIGNMENT = 64
_MAGIC = b"ARROW1"
_LAST = "the last table"

_COPY_AGAIN = "it was cut short or changed on its way here; copy or save it again"


@dataclass(frozen=True, eq=False)
class Repeated:
    """A column of words, each of which stands in many rows.

    Attributes
    ----------
    words : array
        The distinct ones.
    places : int32 array
        Which of them stands in each row.
    """

    words: NDArray[Any]
    places: NDArray[np.int32]


Columns = dict[str, "NDArray[Any] | Repeated"]


def write_tables(
    path: str | os.PathLike[str],
    tables: Mapping[str, Columns],
    last: Columns,
    facts: Mapping[str, Any],
) -> None:
    """Write tables to a file, which appears when it is complete.

    Parameters
    ----------
    path : path
        The file; what is there already stays until the new one is complete.
    tables : mapping of str to columns
        What only `ArrowFile` reads.
    last : columns
        What other readers see.
    facts : mapping
        Anything that JSON can hold.
    """
    pa = pyarrow_for(_WORK)
    with whole_file(path) as part, pa.OSFile(str(part), "wb") as sink:
        places: dict[str, Any] = {}
        for name, columns in tables.items():
            table = _to_arrow(columns, {"tenure_part": name})
            _write(sink, table)
            end = sink.tell()
            sink.write(bytes(-end % _ALIGNMENT))
            places[name] = {"end": end, "crc": _checksums(table)}
        table = _to_arrow(last, {})
        text = json.dumps({**facts, "tables": places, "crc": _checksums(table)})
        crc = str(zlib.crc32(text.encode()))
        metadata = {"tenure": text, "tenure_crc": crc}
        _write(sink, table.replace_schema_metadata(metadata))


def _write(sink: Any, table: Any) -> None:
    """Write a table in one piece, so that each column is one array when it is read."""
    ipc = pyarrow_for(_WORK, "pyarrow.ipc")
    with ipc.new_file(sink, table.schema) as writer:
        writer.write_table(table)


def _to_arrow(columns: Columns, metadata: Mapping[str, str]) -> Any:
    """Return an Arrow table that says of each column what kind of things it holds."""
    pa = pyarrow_for(_WORK)
    arrays, fields = [], []
    for name, column in columns.items():
        array, kind = _array(name, column)
        arrays.append(array)
        fields.append(pa.field(name, array.type, metadata={"kind": kind}))
    return pa.table(arrays, schema=pa.schema(fields, metadata=dict(metadata)))


def _array(name: str, column: NDArray[Any] | Repeated) -> tuple[Any, str]:
    pa = pyarrow_for(_WORK)
    if isinstance(column, Repeated):
        words, kind = _array(name, column.words)
        return pa.DictionaryArray.from_arrays(column.places, words), kind
    if column.dtype.kind != "O":
        return pa.array(column), "numbers"
    kinds: list[type[Any]] = [type(value) for value in column]
    types = set(kinds) - {type(None)}
    if types <= {str}:
        return pa.array(column, pa.large_string()), "text"
    if types == {uuid.UUID}:
        text = [None if value is None else str(value) for value in column]
        return pa.array(text, pa.large_string()), "uuid"
    names = " and ".join(sorted(kind.__qualname__ for kind in types))
    what = f"holds {names} objects, which cannot be written to a file"
    raise ColumnError.unusable(name, what, (), hint="make text of them first")


def _checksums(table: Any) -> dict[str, int]:
    columns = zip(table.schema, table.columns, strict=True)
    return {field.name: _checksum(field, column) for field, column in columns}


def _checksum(field: Any, column: Any) -> int:
    """Return the checksum of what a column holds, whatever lies between its buffers."""
    crc = zlib.crc32(f"{field.type} {field.metadata}".encode())
    for array in column.chunks:
        for piece in _pieces(array):
            crc = zlib.crc32(piece.view(np.uint8).data, crc)
    return crc


def _pieces(array: Any) -> list[NDArray[Any]]:
    """Return the arrays of numbers that an Arrow array is made of."""
    pa = pyarrow_for(_WORK)
    if pa.types.is_dictionary(array.type):
        return [array.indices.to_numpy(), *_pieces(array.dictionary)]
    if not pa.types.is_large_string(array.type):
        return [array.to_numpy(zero_copy_only=True)]
    _, ends, text = array.buffers()
    offsets = (
        np.frombuffer(ends, np.int64, len(array) + 1) if ends else np.zeros(1, int)
    )
    data = np.frombuffer(text or b"", np.uint8, int(offsets[-1]))
    return [array.is_null().to_numpy(zero_copy_only=False), offsets, data]


@dataclass(frozen=True, eq=False)
class ArrowFile:
    """A file that `write_tables` has written.

    Attributes
    ----------
    path : Path
    facts : mapping
        As they were written; their checksum is right.
    """

    path: Path
    facts: Mapping[str, Any]
    _memory: Any
    _last: Any

    @classmethod
    def open(cls, path: str | os.PathLike[str]) -> ArrowFile:
        """Open a file without reading more than where things are.

        Raises
        ------
        FileError
            If it is no such file, or not all of it is there.
        """
        pa, file = pyarrow_for(_WORK), Path(path)
        with file.open("rb") as stream:
            head = stream.read(len(_MAGIC))
            stream.seek(max(0, file.stat().st_size - len(_MAGIC)))
            tail = stream.read()
        if head != _MAGIC:
            what = "is not a log saved by tenure: it is no Arrow file"
            raise FileError.of(file, what, hint=_READ_IT)
        if tail != _MAGIC:
            raise _incomplete(file)
        with pa.memory_map(str(file)) as mapped:
            memory = mapped.read_buffer()
        last = _read_table(file, _LAST, memory)
        return cls(file, _facts(file, last.schema.metadata or {}), memory, last)

    @cached_property
    def last(self) -> Columns:
        """The columns of the last table."""
        return _columns(self._last)

    def table(self, name: str) -> Columns:
        """Return the columns of a table; none of one that was not written."""
        return _columns(self._table(name)) if name in self.facts["tables"] else {}

    def _table(self, name: str) -> Any:
        end = self.facts["tables"][name]["end"]
        return _read_table(self.path, name, self._memory.slice(0, end))

    def verify(self) -> None:
        """Pass if every column has the checksum that was written down.

        Raises
        ------
        FileError
            If one has not.
        """
        expected = {name: place["crc"] for name, place in self.facts["tables"].items()}
        found = {name: _checksums(self._table(name)) for name in expected}
        expected[_LAST], found[_LAST] = self.facts["crc"], _checksums(self._last)
        for name, sums in expected.items():
            for column, crc in sums.items():
                if found[name].get(column) != crc:
                    what = f"column `{column}` of {_named(name)}"
                    raise damaged(self.path, f"{what} does not fit its checksum")


_READ_IT = "if it holds orders, read it as a table and give that to Transactions"


def _named(table: str) -> str:
    return table if table == _LAST else f"the table `{table}`"


def _read_table(path: Path, name: str, buffer: Any) -> Any:
    pa, ipc = pyarrow_for(_WORK), pyarrow_for(_WORK, "pyarrow.ipc")
    try:
        table = ipc.open_file(pa.BufferReader(buffer)).read_all()
        for column in table.columns:
            column.validate(full=not pa.types.is_primitive(column.type))
    except (pa.ArrowException, OSError, UnicodeError) as error:
        reason = str(error).splitlines()[0]
        raise damaged(path, f"{_named(name)} cannot be read: {reason}") from None
    return table


def _facts(path: Path, metadata: Mapping[bytes, bytes]) -> Mapping[str, Any]:
    """Return the facts in the metadata of the last table."""
    if b"tenure_part" in metadata:
        raise _incomplete(path)
    text = metadata.get(b"tenure")
    if text is None:
        what = "is an Arrow file, but not a log saved by tenure"
        raise FileError.of(path, what, hint=_READ_IT)
    if metadata.get(b"tenure_crc") != str(zlib.crc32(text)).encode():
        raise damaged(path, "its settings do not fit their checksum")
    return json.loads(text)


def _incomplete(path: Path) -> FileError:
    return FileError.of(path, "is incomplete: its end is missing", hint=_COPY_AGAIN)


def damaged(path: Path, reason: str) -> FileError:
    """Return the error for a file that is not as it was written."""
    return FileError.of(path, f"is damaged: {reason}", hint=_COPY_AGAIN)


def _columns(table: Any) -> Columns:
    """Return the columns as arrays: numbers as views of the memory they are in."""
    pa = pyarrow_for(_WORK)
    columns: Columns = {}
    for field in table.schema:
        chunks = table.column(field.name).chunks
        array = chunks[0] if chunks else pa.array([], field.type)
        metadata: dict[bytes, bytes] = field.metadata or {}
        kind = metadata.get(b"kind", b"").decode()
        if pa.types.is_dictionary(array.type):
            words = _values(array.dictionary, kind)
            columns[field.name] = Repeated(words, _values(array.indices, "numbers"))
        else:
            columns[field.name] = _values(array, kind)
    return columns


def _values(array: Any, kind: str) -> NDArray[Any]:
    if kind == "numbers":
        return array.to_numpy(zero_copy_only=True)
    words = array.to_numpy(zero_copy_only=False)
    if kind == "uuid":
        words[:] = [None if word is None else uuid.UUID(word) for word in words]
    return words
