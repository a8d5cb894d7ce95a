"""What can go wrong, one class a kind, each with the facts as attributes."""

from __future__ import annotations

import difflib
from typing import TYPE_CHECKING

from tenure._typing import override

if TYPE_CHECKING:
    from collections.abc import Sequence
    from typing import Self

__all__ = [
    "ColumnError",
    "ConvergenceError",
    "ConvergenceWarning",
    "DataError",
    "EmptyDataError",
    "EstimateWarning",
    "FileError",
    "FrameError",
    "LengthError",
    "NotFittedError",
    "ParameterError",
    "TenureError",
]


# Column names that an error lists before it says how many more there are.
_SHOWN = 30


class TenureError(Exception):
    """Base of every error that this package raises on purpose."""


def _hinted(message: str, hint: str) -> str:
    """Return the message with the hint, if there is one, as its own paragraph."""
    return f"{message}\n\nHint: {hint}" if hint else message


class DataError(TenureError, ValueError):
    """A value in the data is not what its column must hold.

    Attributes
    ----------
    column : str
        The column's name.
    expected : str
        What the column must be or do.
    row : int
        The first offending row, counted from 0.
    found : str
        What stands there.
    count : int
        How many rows offend in all.
    hint : str
        What to do about it; may be empty.
    """

    column: str
    expected: str
    row: int
    found: str
    count: int
    hint: str

    @classmethod
    def at(
        cls,
        column: str,
        expected: str,
        *,
        row: int,
        found: str,
        count: int = 1,
        hint: str = "",
    ) -> Self:
        """Say what stands in a column's first offending row, and what should."""
        in_all = f" ({count} rows in all)" if count > 1 else ""
        message = f"column `{column}` must {expected}; row {row} has {found}{in_all}"
        error = cls(_hinted(message, hint))
        error.column, error.expected, error.hint = column, expected, hint
        error.row, error.found, error.count = int(row), found, int(count)
        return error

    def moved(self, rows: int) -> DataError:
        """Return the error for data before which there are so many other rows."""
        return DataError.at(
            self.column,
            self.expected,
            row=self.row + rows,
            found=self.found,
            count=self.count,
            hint=self.hint,
        )


class EmptyDataError(TenureError, ValueError):
    """There is nothing to work on.

    Attributes
    ----------
    what : str
        What is empty.
    hint : str
        What to do about it; may be empty.
    """

    what: str
    hint: str

    @classmethod
    def of(cls, what: str, *, hint: str = "") -> Self:
        """Say what is empty."""
        error = cls(_hinted(what, hint))
        error.what, error.hint = what, hint
        return error


class LengthError(TenureError, ValueError):
    """Columns that belong together differ in length.

    Attributes
    ----------
    column, reference : str
        The column that differs, and the one that it is compared with.
    found, expected : int
        Their lengths.
    """

    column: str
    reference: str
    found: int
    expected: int

    @classmethod
    def between(cls, column: str, found: int, *, reference: str, expected: int) -> Self:
        """Say which two columns differ in length."""
        error = cls(
            f"column `{column}` has {found} rows, but `{reference}` has {expected}"
        )
        error.column, error.found = column, found
        error.reference, error.expected = reference, expected
        return error


class ParameterError(TenureError, ValueError):
    """An argument is outside its range.

    Attributes
    ----------
    name : str
        The argument's name.
    expected : str
        What it must be.
    found : str
        What was given.
    hint : str
        What to do about it; may be empty.
    """

    name: str
    expected: str
    found: str
    hint: str

    @classmethod
    def of(cls, name: str, expected: str, *, found: str, hint: str = "") -> Self:
        """Say what the argument must be, and what was given."""
        message = f"`{name}` must {expected}, got {found}"
        error = cls(_hinted(message, hint))
        error.name, error.expected = name, expected
        error.found, error.hint = found, hint
        return error


class ConvergenceError(TenureError, RuntimeError):
    """Maximum likelihood found no optimum.

    Attributes
    ----------
    model : str
        The model's name.
    reason : str
        Why, in words.
    hint : str
        What to do about it; may be empty.
    """

    model: str
    reason: str
    hint: str


class ColumnError(TenureError, KeyError):
    """A column is not in the frame, or is of a kind that cannot serve.

    Attributes
    ----------
    name : str
        The column that was asked for.
    available : tuple of str
        The columns that there are.
    """

    name: str
    available: tuple[str, ...]

    @classmethod
    def unknown(cls, name: str, available: Sequence[str]) -> Self:
        """Say that there is no such column, and which there are."""
        close = difflib.get_close_matches(name, available, n=1)
        if not close:
            close = [other for other in available if other.lower() == name.lower()]
        hint = f" Hint: did you mean {close[0]!r}?" if close else ""
        names = ", ".join(map(repr, available[:_SHOWN])) or "none"
        if len(available) > _SHOWN:
            names += f" and {len(available) - _SHOWN} more"
        return cls._about(
            name, f"unknown column {name!r}.{hint}\n\nColumns: {names}", available
        )

    @classmethod
    def unusable(
        cls, name: str, what: str, available: Sequence[str], *, hint: str = ""
    ) -> Self:
        """Say why the column can't serve; `what` continues "column `name` "."""
        return cls._about(name, _hinted(f"column `{name}` {what}", hint), available)

    @classmethod
    def _about(cls, name: str, message: str, available: Sequence[str]) -> Self:
        error = cls(message)
        error.name, error.available = name, tuple(available)
        return error

    @override
    def __str__(self) -> str:
        """Return the message itself: `KeyError` would show its repr."""
        return str(self.args[0]) if self.args else ""


class FrameError(TenureError, TypeError):
    """The data are of no kind that can be read as a table."""


class FileError(TenureError, ValueError):
    """A file cannot be read as what it should be, or cannot be written.

    Attributes
    ----------
    path : str
        The file.
    what : str
        What is the matter with it.
    hint : str
        What to do about it; may be empty.
    """

    path: str
    what: str
    hint: str

    @classmethod
    def of(cls, path: object, what: str, *, hint: str = "") -> Self:
        """Say what is the matter with a file."""
        error = cls(_hinted(f"{path} {what}", hint))
        error.path, error.what, error.hint = str(path), what, hint
        return error


class NotFittedError(TenureError, ValueError, AttributeError):
    """A method that needs a fitted model was called before `fit`."""


class ConvergenceWarning(UserWarning):
    """A fit stopped before an optimum, or a parameter ran to a boundary."""


class EstimateWarning(UserWarning):
    """An estimate does not exist (an infinite mean) or should not be relied on."""
