"""Durations and what belongs to them, from the columns of a frame or from arrays."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from tenure._column import BooleanColumn, FloatColumn, IntegerColumn
from tenure._frame import Table
from tenure._series import column_of, vector
from tenure.exceptions import ColumnError, DataError, LengthError, ParameterError

if TYPE_CHECKING:
    from collections.abc import Iterator
    from typing import TypeAlias

    from numpy.typing import ArrayLike, NDArray

    from tenure._column import Column

    ColumnOrArray: TypeAlias = str | ArrayLike

__all__ = ["Groups", "Source", "Subjects", "plain"]

_FRAMES = ("pandas", "polars", "pyarrow")


class Source:
    """Where columns come from: a frame, in which they are named, or arrays."""

    def __init__(self, data: object) -> None:
        self.durations: Any = None
        if _is_column(data):
            self.table = None
            self.durations = data
            self.family = _family_of(data)
        else:
            self.table = Table.of(data)
            self.family = self.table.family
        self.index: Any = None if self.table is None else self.table.index
        if self.table is None and self.family == "pandas":
            self.index = getattr(data, "index", None)

    def column(self, given: ColumnOrArray, name: str) -> Column:
        """Return the column that is named, or given itself (called `name` then)."""
        if not isinstance(given, str):
            return column_of(name, vector(name, given))
        if self.table is not None:
            return self.table.column(given)
        raise ParameterError.of(
            name=name,
            expected="be an array, since the durations are one",
            found=repr(given),
            hint="or give a frame first, and durations= as the name of its column",
        )


@dataclass(frozen=True, eq=False)
class Groups:
    """Which group each row belongs to.

    Attributes
    ----------
    name : str
        What the rows are grouped by.
    codes : int64 array
        The place of each row's group in `labels`.
    labels : list
        The groups, ascending.
    """

    name: str
    codes: NDArray[np.int64]
    labels: list[Any]

    @classmethod
    def of(cls, source: Source, given: ColumnOrArray, name: str) -> Groups:
        """Read the groups of the rows; none may be missing."""
        column = source.column(given, name)
        called = given if isinstance(given, str) else name
        if isinstance(column, BooleanColumn):
            whole = column.values.astype(np.int64)
            column = IntegerColumn(called, column.dtype, whole, column.missing)
            found = column.codes()
            labels: list[Any] = [bool(label) for label in found.categories]
        else:
            found = column.codes()
            labels = [plain(label) for label in found.categories]
        missing = found.values < 0
        if missing.any():
            raise DataError.at(
                called,
                "name the group of each row",
                row=int(missing.argmax()),
                found="nothing",
                count=int(missing.sum()),
                hint="leave these rows out, or give them a group of their own",
            )
        return cls(called, found.values, labels)

    def __len__(self) -> int:
        return len(self.labels)

    def rows(self) -> Iterator[tuple[Any, NDArray[np.int64]]]:
        """Yield each label with the rows of its group, in their order."""
        order = np.argsort(self.codes, kind="stable")
        ends = np.cumsum(np.bincount(self.codes, minlength=len(self.labels)))
        yield from zip(self.labels, np.split(order, ends[:-1]), strict=True)


@dataclass(frozen=True, eq=False)
class Subjects:
    """One row a subject, or a stretch of a subject's time.

    Attributes
    ----------
    durations : int64 or float64 array
        When each row ends.
    events : bool, int64 or float64 array, or None
        Whether it ends with the event; None if all do.
    entry, weights : float64 array or None
        When each row begins to be observed, and how many it stands for.
    names : (str, str, str, str)
        What the user calls these four.
    """

    durations: NDArray[Any]
    events: NDArray[Any] | None
    entry: NDArray[np.float64] | None
    weights: NDArray[np.float64] | None
    names: tuple[str, str, str, str]

    @classmethod
    def of(
        cls,
        source: Source,
        durations: ColumnOrArray | None,
        event_observed: ColumnOrArray | None,
        entry: ColumnOrArray | None,
        weights: ColumnOrArray | None,
    ) -> Subjects:
        """Read the columns; see `KaplanMeier.fit` for what may be given."""
        durations = source.durations if durations is None else durations
        if durations is None:
            raise ParameterError.of(
                name="durations",
                expected="name the column that holds how long each row lasted",
                found="nothing",
            )
        given = (durations, event_observed, entry, weights)
        defaults = ("durations", "event_observed", "entry", "weights")
        names = tuple(
            one if isinstance(one, str) else default
            for one, default in zip(given, defaults, strict=True)
        )
        lasting = _times(source.column(durations, "durations"))
        columns = [
            None if one is None else source.column(one, name)
            for one, name in zip(given[1:], defaults[1:], strict=True)
        ]
        events, begin, weight = columns
        subjects = cls(
            lasting,
            None if events is None else _flags(events),
            None if begin is None else begin.numbers().values,
            None if weight is None else weight.numbers().values,
            (names[0], names[1], names[2], names[3]),
        )
        subjects._check_lengths()
        return subjects

    def _check_lengths(self) -> None:
        others = (self.events, self.entry, self.weights)
        for name, values in zip(self.names[1:], others, strict=True):
            if values is not None and len(values) != len(self):
                raise LengthError.between(
                    name, len(values), reference=self.names[0], expected=len(self)
                )

    def __len__(self) -> int:
        """Return the number of rows."""
        return len(self.durations)

    @property
    def columns(self) -> tuple[Any, Any, Any, Any]:
        """The four columns, as the core takes them."""
        return self.durations, self.events, self.entry, self.weights

    def take(self, rows: NDArray[np.int64]) -> Subjects:
        """Return some of the rows."""
        return Subjects(
            self.durations[rows],
            None if self.events is None else self.events[rows],
            None if self.entry is None else self.entry[rows],
            None if self.weights is None else self.weights[rows],
            self.names,
        )


def _times(column: Column) -> NDArray[Any]:
    """Return durations: integers as such, since they can be counted."""
    whole = isinstance(column, IntegerColumn) and column.missing is None
    if whole and column.values.dtype != np.uint64:
        return np.ascontiguousarray(column.values, np.int64)
    return column.numbers().values


def _flags(column: Column) -> NDArray[Any]:
    """Return whether the event was seen: booleans, or numbers for the core to check."""
    if isinstance(column, BooleanColumn):
        if column.missing is None:
            return np.ascontiguousarray(column.values, np.bool_)
        return np.where(column.missing, np.nan, column.values)
    if isinstance(column, IntegerColumn) and column.missing is None:
        return np.ascontiguousarray(column.values, np.int64)
    if not isinstance(column, FloatColumn | IntegerColumn):
        what = f"must hold 0 and 1, or booleans, but holds {column.holds}"
        hint = (
            'compare with what marks the event, as in event_observed=data["x"] == "y"'
        )
        raise ColumnError.unusable(
            column.name, f"{what} ({column.dtype})", (), hint=hint
        )
    return column.numbers().values


def _is_column(data: object) -> bool:
    """Say whether the data are one column rather than a table."""
    if isinstance(data, (list, tuple)):
        return True
    fields = getattr(getattr(data, "dtype", None), "names", None)
    if isinstance(data, np.ndarray):
        return fields is None
    return type(data).__name__ in ("Series", "ChunkedArray") or (
        hasattr(data, "dtype") and not hasattr(data, "columns")
    )


def _family_of(data: object) -> str:
    package: str = type(data).__module__.partition(".")[0]
    return package if package in _FRAMES else "numpy"


def plain(label: Any) -> Any:
    item = getattr(label, "item", None)
    return label if item is None else item()
