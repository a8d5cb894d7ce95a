"""Rows that do not fit into memory, put aside in files customer by customer."""

from __future__ import annotations

import contextlib
import errno
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from tenure import _core
from tenure._arrow import pyarrow_for
from tenure._report import counted
from tenure._series import column_of
from tenure._text import TextColumn
from tenure.exceptions import ColumnError, DataError, FileError

if TYPE_CHECKING:
    from collections.abc import Generator, Iterator
    from types import TracebackType
    from typing import Self

    from numpy.typing import NDArray

__all__ = ["ROW", "Spill"]

_WORK = "scanning files"

# The column that says in which row of the log a row stands.
ROW = "\0row"


class Spill:
    """Temporary files, each with all rows of some of the customers.

    Parameters
    ----------
    customer : str
        The column that says who is who.
    parts : int
        How many files.
    folder : path, optional
        Where to make a folder for them; it is removed in the end, whatever happens.
    """

    def __init__(self, customer: str, parts: int, folder: str | None) -> None:
        self._customer = customer
        self._files = contextlib.ExitStack()
        self._writers: list[Any] = [None] * parts
        self._rows = 0
        self._home = folder
        self._folder = tempfile.TemporaryDirectory(prefix="tenure-", dir=folder)
        self.parts = parts

    def __enter__(self) -> Self:
        """Return the files."""
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        """Remove the files."""
        # What cannot be written at the end need not be: it is removed.
        with contextlib.suppress(OSError):
            self._files.close()
        self._folder.cleanup()

    def add(self, table: Any) -> None:
        """Put rows aside.

        Raises
        ------
        FileError
            If the disk is full.
        """
        pa = pyarrow_for(_WORK)
        places = pa.array(np.arange(self._rows, self._rows + table.num_rows))
        order, offsets = self._shared_out(table)
        sorted_rows = table.append_column(ROW, places).take(pa.array(order))
        for part in range(self.parts):
            begin, end = int(offsets[part]), int(offsets[part + 1])
            if end > begin:
                with self._room():
                    self._writer(part, sorted_rows.schema).write_table(
                        sorted_rows.slice(begin, end - begin)
                    )
        self._rows += table.num_rows

    def read(self) -> Iterator[tuple[Any, NDArray[np.int64]]]:
        """Return the rows of one file after the other, and where they stand."""
        ipc, pa = pyarrow_for(_WORK, "pyarrow.ipc"), pyarrow_for(_WORK)
        with self._room():
            self._files.close()
        for part, writer in enumerate(self._writers):
            if writer is None:
                continue
            path = self._path(part)
            with pa.OSFile(str(path)) as file, ipc.open_stream(file) as reader:
                table = reader.read_all()
            path.unlink()
            yield table.drop_columns([ROW]), table.column(ROW).to_numpy()

    def _shared_out(self, table: Any) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
        """Return the rows file after file, and where each file's begin."""
        column = column_of(self._customer, table.column(self._customer))
        if isinstance(column, TextColumn):
            return _core.buckets_of_text(column.strings, column.missing, self.parts)
        try:
            codes = column.codes()
        except DataError as error:
            raise error.moved(self._rows) from None
        words = codes.categories
        if words.dtype.kind == "O" and len(words):
            what = f"must hold integers or text, but holds {table.schema.field(0).type}"
            raise ColumnError.unusable(self._customer, what, ())
        numbers = np.append(words, -1).astype(np.int64)[codes.values]
        return _core.buckets_of_integers(numbers, codes.values < 0, self.parts)

    def _writer(self, part: int, schema: Any) -> Any:
        if self._writers[part] is None:
            pa, ipc = pyarrow_for(_WORK), pyarrow_for(_WORK, "pyarrow.ipc")
            file = self._files.enter_context(pa.OSFile(str(self._path(part)), "wb"))
            self._writers[part] = self._files.enter_context(
                ipc.new_stream(file, schema)
            )
        return self._writers[part]

    def _path(self, part: int) -> Path:
        return Path(self._folder.name) / f"{part}.arrow"

    @contextlib.contextmanager
    def _room(self) -> Generator[None]:
        """Say it if there is none."""
        try:
            yield
        except OSError as error:
            if error.errno not in {errno.ENOSPC, errno.EDQUOT, errno.EFBIG}:
                raise
            what = f"is full: only {counted(self._rows, 'row')} found room there"
            hint = (
                "name a folder with more room, as in spill_to='/data', or more memory"
            )
            home = self._home or tempfile.gettempdir()
            raise FileError.of(home, what, hint=hint) from None
