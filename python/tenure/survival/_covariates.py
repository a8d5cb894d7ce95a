"""Covariates of a regression: numbers as they are, categories as indicators."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from tenure._column import BooleanColumn
from tenure._text import DictionaryColumn, TextColumn, ViewColumn
from tenure.exceptions import DataError, ParameterError

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from numpy.typing import NDArray

    from tenure._column import Column
    from tenure._frame import Table

__all__ = ["Covariates"]


@dataclass(frozen=True)
class Covariate:
    """One column and what becomes of it.

    Attributes
    ----------
    name : str
        The column.
    categories : tuple of str, or None
        For text: what occurs, ascending; the first one is what others are compared
        with. None for numbers.
    """

    name: str
    categories: tuple[str, ...] | None

    @classmethod
    def of(cls, column: Column) -> Covariate:
        """Return what becomes of a column."""
        if isinstance(column, TextColumn | ViewColumn | DictionaryColumn):
            return cls(column.name, tuple(map(str, column.codes().categories)))
        return cls(column.name, None)

    @property
    def names(self) -> list[str]:
        """What the columns of the regression are called that this one becomes."""
        if self.categories is None:
            return [self.name]
        return [f"{self.name}={category}" for category in self.categories[1:]]

    def read(self, column: Column) -> list[NDArray[np.float64]]:
        """Return the columns that this one becomes."""
        if self.categories is None:
            if isinstance(column, BooleanColumn):
                values = column.values.astype(np.float64)
                if column.missing is not None:
                    values[column.missing] = np.nan
                return [values]
            return [column.numbers().values]
        codes = column.codes()
        known = {category: place for place, category in enumerate(self.categories)}
        places = np.array(
            [known.get(str(label), -1) for label in codes.categories] + [-1]
        )[codes.values]
        unknown = places < 0
        if unknown.any():
            row = int(unknown.argmax())
            code = int(codes.values[row])
            raise DataError.at(
                self.name,
                "hold one of " + ", ".join(map(repr, self.categories)),
                row=row,
                found="nothing" if code < 0 else repr(codes.categories[code]),
                count=int(unknown.sum()),
                hint="the regression knows only the categories that it was fitted to",
            )
        rest = range(1, len(self.categories))
        return [(places == place).astype(np.float64) for place in rest]


@dataclass(frozen=True)
class Covariates:
    """The covariates of a regression, in order."""

    parts: tuple[Covariate, ...]

    @classmethod
    def of(
        cls,
        table: Table | None,
        chosen: Sequence[str] | None,
        used: Iterable[object],
    ) -> Covariates:
        """Return the chosen covariates, or all columns that are not used otherwise."""
        if table is None:
            raise ParameterError.of(
                name="data",
                expected="be a frame with the covariates as columns",
                found="durations alone",
                hint="give a frame, and durations= as the name of its column",
            )
        if isinstance(chosen, str):
            chosen = [chosen]
        others = {one for one in used if isinstance(one, str)}
        if chosen is None:
            chosen = [name for name in table.names if name not in others]
        elif twice := [name for name in chosen if name in others]:
            raise ParameterError.of(
                name="covariates",
                expected="be other columns than those used otherwise",
                found=repr(twice[0]),
            )
        return cls(tuple(Covariate.of(table.column(name)) for name in chosen))

    @property
    def names(self) -> list[str]:
        """What the columns of the regression are called."""
        return [name for part in self.parts for name in part.names]

    def matrix(self, table: Table) -> NDArray[np.float64]:
        """Return one row of numbers a row of the table."""
        columns = [
            values
            for part in self.parts
            for values in part.read(table.column(part.name))
        ]
        matrix = np.empty((table.n_rows, len(columns)))
        for place, values in enumerate(columns):
            matrix[:, place] = values
        return matrix

    def to_list(self) -> list[Any]:
        """Return names and categories as JSON holds them."""
        return [[part.name, part.categories] for part in self.parts]
