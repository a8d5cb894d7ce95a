"""What can go wrong, one class a kind, each with the facts as attributes."""

from __future__ import annotations

__all__ = [
    "ColumnError",
    "ConvergenceError",
    "ConvergenceWarning",
    "DataError",
    "EmptyDataError",
    "EstimateWarning",
    "LengthError",
    "NotFittedError",
    "ParameterError",
    "TenureError",
]


class TenureError(Exception):
    """Base of every error that this package raises on purpose."""


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

    def __str__(self) -> str:
        """Return the message itself: `KeyError` would show its repr."""
        return str(self.args[0]) if self.args else ""


class NotFittedError(TenureError, ValueError, AttributeError):
    """A method that needs a fitted model was called before `fit`."""


class ConvergenceWarning(UserWarning):
    """A fit stopped before an optimum, or a parameter ran to a boundary."""


class EstimateWarning(UserWarning):
    """An estimate does not exist (an infinite mean) or should not be relied on."""
