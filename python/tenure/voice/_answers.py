"""Answers to a survey: ratings, who was asked, and what each answer stands for."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

import numpy as np

from tenure._column import BooleanColumn, IntegerColumn
from tenure._frame import Table
from tenure.exceptions import DataError, EmptyDataError, ParameterError

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from numpy.typing import NDArray

    from tenure._column import Column

__all__ = ["Answers", "group_codes"]


@dataclass(frozen=True, eq=False)
class Answers:
    """One row a person asked, whether or not they answered.

    Attributes
    ----------
    ratings : float64 array
        The ratings; NaN where there is no answer.
    weights : float64 array
        How much each answer counts; 1 for all unless they were weighted.
    groups : int64 array
        The group of each row.
    labels : tuple
        The groups, ascending; one that is None where nobody asked for groups.
    by : str or None
        The column of the groups.
    family : str
        The kind of frame that results come back as.
    """

    ratings: NDArray[np.float64]
    weights: NDArray[np.float64]
    groups: NDArray[np.int64]
    labels: tuple[Any, ...]
    by: str | None
    family: str

    @classmethod
    def read(
        cls,
        data: object,
        rating: str,
        scale: tuple[int, int],
        *,
        by: str | None,
        weights: str | None,
        weight_by: str | Sequence[str] | None,
    ) -> Answers:
        """Read ratings on a scale; a missing one is somebody who did not answer."""
        table = Table.of(data)
        ratings = _ratings(table, rating, scale)
        groups, labels = np.zeros(table.n_rows, dtype=np.int64), (None,)
        if by is not None:
            groups, labels = group_codes(table.column(by), by)
        answers = cls(ratings, np.ones(len(ratings)), groups, labels, by, table.family)
        if not answers.answered.any():
            what = f"nobody answered: column `{rating}` has no ratings"
            raise EmptyDataError.of(what)
        if weights is not None and weight_by is not None:
            raise ParameterError.of(
                name="weight_by",
                expected="be left out where `weights` are given",
                found=repr(weight_by),
            )
        if weights is not None:
            return replace(answers, weights=_weights(table, weights, answers.answered))
        if weight_by is not None:
            names = (weight_by,) if isinstance(weight_by, str) else tuple(weight_by)
            return replace(answers, weights=_of_cells(table, names, answers.answered))
        return answers

    @property
    def answered(self) -> NDArray[np.bool_]:
        """Whether there is an answer."""
        return ~np.isnan(self.ratings)

    def parts(self) -> Iterator[tuple[Any, NDArray[np.bool_]]]:
        """Yield each group's label with its rows."""
        for code, label in enumerate(self.labels):
            yield label, self.groups == code


def group_codes(column: Column, name: str) -> tuple[NDArray[np.int64], tuple[Any, ...]]:
    """Return the group of each row, and the groups; none may be missing."""
    if isinstance(column, BooleanColumn):
        whole = column.values.astype(np.int64)
        column = IntegerColumn(name, column.dtype, whole, column.missing)
        found = column.codes()
        labels: list[Any] = [bool(one) for one in found.categories.tolist()]
    else:
        found = column.codes()
        labels = found.categories.tolist()
    missing = found.values < 0
    if missing.any():
        raise DataError.at(
            name,
            "name the group of each row",
            row=int(missing.argmax()),
            found="nothing",
            count=int(missing.sum()),
            hint="leave these rows out, or give them a group of their own",
        )
    return found.values, tuple(labels)


def _ratings(table: Table, name: str, scale: tuple[int, int]) -> NDArray[np.float64]:
    ratings = table.numbers(name).values
    low, high = scale
    with np.errstate(invalid="ignore"):
        whole = (ratings == np.floor(ratings)) & (ratings >= low) & (ratings <= high)
    bad = ~(whole | np.isnan(ratings))
    if bad.any():
        row = int(bad.argmax())
        raise DataError.at(
            name,
            f"hold whole numbers from {low} to {high}",
            row=row,
            found=repr(float(ratings[row])),
            count=int(bad.sum()),
            hint="leave a rating empty where there was no answer",
        )
    return ratings


def _weights(
    table: Table, name: str, answered: NDArray[np.bool_]
) -> NDArray[np.float64]:
    weights = table.numbers(name).values
    bad = answered & ~(np.isfinite(weights) & (weights > 0))
    if bad.any():
        row = int(bad.argmax())
        raise DataError.at(
            name,
            "be finite and greater than 0 where there is an answer",
            row=row,
            found=repr(float(weights[row])),
            count=int(bad.sum()),
        )
    return np.where(answered, weights, 0.0)


def _of_cells(
    table: Table, names: Sequence[str], answered: NDArray[np.bool_]
) -> NDArray[np.float64]:
    """Return how many of those asked each answer stands for, cell by cell.

    Each cell's answers are weighted by those asked over those who answered, so that
    groups that seldom answer count as much as they should (Little and Rubin 2019,
    Statistical analysis with missing data, section 3.3).
    """
    cells = np.zeros(len(answered), dtype=np.int64)
    for name in names:
        codes, labels = group_codes(table.column(name), name)
        cells = cells * len(labels) + codes
    kinds, cells = np.unique(cells, return_inverse=True)
    asked = np.bincount(cells, minlength=len(kinds))
    replied = np.bincount(cells[answered], minlength=len(kinds))
    if not replied.all():
        silent = int(np.flatnonzero(replied == 0)[0])
        where = ", ".join(
            f"{name} = {_shown(table, name, int((cells == silent).argmax()))}"
            for name in names
        )
        raise ParameterError.of(
            name="weight_by",
            expected="make cells that each hold an answer",
            found=f"{where} with {asked[silent]} asked and no answer",
            hint="bring small cells together",
        )
    return np.where(answered, (asked / replied)[cells], 0.0)


def _shown(table: Table, name: str, row: int) -> str:
    codes, labels = group_codes(table.column(name), name)
    return repr(labels[int(codes[row])])
