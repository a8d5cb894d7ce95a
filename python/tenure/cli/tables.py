"""Files of orders: CSV and Parquet, with whatever is installed to read them.

Ids and times of a CSV are read as the text that stands there, so that "007" stays what
it is; only amounts become numbers. Without pyarrow, polars and pandas the standard
library reads it; it also takes over where another reader fails, because it can say in
which row.
"""

from __future__ import annotations

import csv
import gzip
import io
import sys
from dataclasses import dataclass
from importlib import import_module
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from tenure.exceptions import DataError, EmptyDataError, FrameError, ParameterError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    from numpy.typing import NDArray

    Reader = Callable[["Csv", Sequence[str], Sequence[str]], Any]

__all__ = ["Csv", "Parquet", "open_table"]

_DELIMITERS = ",;\t|"


def open_table(source: str, *, encoding: str, delimiter: str | None) -> Csv | Parquet:
    """Return a table that is not read yet; what it is, its first bytes say.

    Parameters
    ----------
    source : str
        A path, or "-" for standard input.
    encoding : str
        Encoding of a CSV.
    delimiter : str or None
        Delimiter of a CSV; the most frequent one of its first line if None.
    """
    content = sys.stdin.buffer.read() if source == "-" else Path(source).read_bytes()
    if content.startswith(b"PAR1"):
        return Parquet(content)
    if content.startswith(b"\x1f\x8b"):
        content = gzip.decompress(content)
    try:
        text = content.decode("utf-8-sig" if _is_utf8(encoding) else encoding)
    except LookupError:
        expected = "be an encoding that Python knows"
        raise ParameterError.of(
            name="--encoding", expected=expected, found=repr(encoding)
        ) from None
    except UnicodeDecodeError as error:
        msg = (
            f"{source}: byte {error.start:,} is not {encoding}\n\n"
            "Hint: say how it is written, such as --encoding latin-1"
        )
        raise FrameError(msg) from None
    if not text.strip():
        what = f"{'standard input' if source == '-' else source} is empty"
        raise EmptyDataError.of(what)
    first = text[: text.find("\n")] if "\n" in text else text
    return Csv(text, delimiter or max(_DELIMITERS, key=first.count))


def _is_utf8(encoding: str) -> bool:
    return encoding.lower().replace("_", "-") in ("utf-8", "utf8")


@dataclass(frozen=True)
class Parquet:
    """A Parquet file.

    Attributes
    ----------
    content : bytes
        What is in it.
    """

    content: bytes

    @property
    def names(self) -> list[str]:
        """The columns."""
        if find_spec("pyarrow"):
            parquet: Any = import_module("pyarrow.parquet")
            return list(parquet.read_schema(io.BytesIO(self.content)).names)
        if find_spec("polars"):
            import polars as pl  # noqa: PLC0415

            return list(pl.read_parquet_schema(io.BytesIO(self.content)))
        msg = (
            "reading Parquet needs pyarrow or polars; "
            "install with pip install 'tenure[parquet]'"
        )
        raise FrameError(msg)

    def read(self, texts: Sequence[str], numbers: Sequence[str]) -> Any:
        """Return a frame of these columns, of the types that they have."""
        columns = list(dict.fromkeys([*texts, *numbers]))
        if find_spec("pyarrow"):
            parquet: Any = import_module("pyarrow.parquet")
            return parquet.read_table(io.BytesIO(self.content), columns=columns)
        import polars as pl  # noqa: PLC0415

        return pl.read_parquet(io.BytesIO(self.content), columns=columns)


@dataclass(frozen=True)
class Csv:
    """A CSV file.

    Attributes
    ----------
    text : str
        What is in it.
    delimiter : str
        What is between its fields.
    """

    text: str
    delimiter: str

    @property
    def names(self) -> list[str]:
        """The columns."""
        return [name.strip() for name in next(self.rows())]

    def rows(self) -> Iterator[list[str]]:
        """Return an iterator over the fields of each line."""
        return csv.reader(io.StringIO(self.text, newline=""), delimiter=self.delimiter)

    @property
    def is_regular(self) -> bool:
        """Whether nothing is quoted and every line has as many fields as the first.

        Some readers fill lines that are too short and cut those that are too long.
        """
        content = np.frombuffer(self.text.rstrip("\r\n").encode(), dtype=np.uint8)
        if (content == ord('"')).any():
            return False
        ends = np.append(np.flatnonzero(content == ord("\n")), len(content))
        delimiters = np.flatnonzero(content == ord(self.delimiter))
        before = np.searchsorted(delimiters, ends)
        return bool((np.diff(before, prepend=0) == len(self.names) - 1).all())

    def read(self, texts: Sequence[str], numbers: Sequence[str]) -> Any:
        """Return a frame of these columns: text as it stands there, and numbers."""
        reader = self._reader()
        if reader is None:
            return _plain(self, texts, numbers)
        try:
            return reader(self, texts, numbers)
        except MemoryError:
            raise
        except Exception:  # noqa: BLE001
            # every package has errors of its own; the plain reader says in which row
            return _plain(self, texts, numbers)

    def _reader(self) -> Reader | None:
        """Return what reads the file fastest of what is installed and sure to do it."""
        raw = next(self.rows())
        if raw != self.names or len(set(raw)) != len(raw):
            return None
        if find_spec("pyarrow"):
            return _by_pyarrow
        for package, reader in (("polars", _by_polars), ("pandas", _by_pandas)):
            if find_spec(package):
                return reader if self.is_regular else None
        return None


def _by_pyarrow(table: Csv, texts: Sequence[str], numbers: Sequence[str]) -> Any:
    pa: Any = import_module("pyarrow")
    arrow_csv: Any = import_module("pyarrow.csv")
    types: dict[str, Any] = {name: pa.float64() for name in numbers} | {
        name: pa.string() for name in texts
    }
    return arrow_csv.read_csv(
        io.BytesIO(table.text.encode()),
        parse_options=arrow_csv.ParseOptions(
            delimiter=table.delimiter, newlines_in_values=True
        ),
        convert_options=arrow_csv.ConvertOptions(
            column_types=types,
            include_columns=list(types),
            null_values=[""],
            strings_can_be_null=True,
        ),
    )


def _by_polars(table: Csv, texts: Sequence[str], numbers: Sequence[str]) -> Any:
    import polars as pl  # noqa: PLC0415

    types = dict.fromkeys(numbers, pl.Float64) | dict.fromkeys(texts, pl.String)
    frame = pl.read_csv(
        io.BytesIO(table.text.encode()),
        separator=table.delimiter,
        columns=list(types),
        schema_overrides=types,
    )
    return frame.select(list(types))


def _by_pandas(table: Csv, texts: Sequence[str], numbers: Sequence[str]) -> Any:
    import pandas as pd  # noqa: PLC0415

    types: Any = dict.fromkeys(numbers, "float64") | dict.fromkeys(texts, "str")
    return pd.read_csv(
        io.StringIO(table.text),
        sep=table.delimiter,
        usecols=list(types),
        dtype=types,
        keep_default_na=False,
        na_values=[""],
    )


def _plain(
    table: Csv, texts: Sequence[str], numbers: Sequence[str]
) -> dict[str, NDArray[Any]]:
    """Read with nothing but the standard library."""
    names, rows = table.names, table.rows()
    next(rows)
    lines = [line for line in rows if line]
    for row, line in enumerate(lines):
        if len(line) != len(names):
            raise DataError.at(
                names[min(len(line), len(names)) - 1],
                f"be followed by the other columns, {len(names)} in each row",
                row=row,
                found=f"{len(line)} fields",
                count=sum(len(other) != len(names) for other in lines),
            )

    def fields(name: str) -> list[str]:
        place = names.index(name)
        return [line[place] for line in lines]

    columns: dict[str, NDArray[Any]] = {}
    for name in texts:
        columns[name] = np.array([text or None for text in fields(name)], dtype=object)
    for name in numbers:
        columns[name] = _numbers(name, fields(name))
    return columns


def _numbers(name: str, texts: list[str]) -> NDArray[np.float64]:
    """Return texts as numbers; a field with nothing in it is not a number."""
    texts = [text.strip() or "nan" for text in texts]
    try:
        return np.array([_number(text) for text in texts], dtype=np.float64)
    except ValueError:
        wrong = [row for row, text in enumerate(texts) if not _is_number(text)]
        raise DataError.at(
            name,
            "hold numbers",
            row=wrong[0],
            found=repr(texts[wrong[0]]),
            count=len(wrong),
            hint="write them as 1234.5: no currency, no thousands separator, a point",
        ) from None


def _number(text: str) -> float:
    """Return a number; Python's own way of writing 1_000 is none."""
    return float(text if "_" not in text else "")


def _is_number(text: str) -> bool:
    try:
        _number(text)
    except ValueError:
        return False
    return True
