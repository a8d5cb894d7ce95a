"""Survival tables and cohort triangles as rows of customers who stayed equally long."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from tenure.exceptions import ColumnError, DataError, EmptyDataError, ParameterError

if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import TypeAlias

    from numpy.typing import NDArray

    from tenure._frame import Table

    Floats: TypeAlias = NDArray[np.float64]
    Rows: TypeAlias = tuple[Floats, ...]
    """entry, last seen, gone, end, customers, and perhaps the row that each is from."""

__all__ = [
    "check_left_after_something",
    "check_order",
    "counts",
    "labels",
    "life_table",
    "of_survivors",
    "of_triangle",
    "positive_ages",
    "whole",
    "whole_ages",
]

# -- columns that must make sense ---------------------------------------------------


def _check(
    column: str,
    values: Floats,
    bad: NDArray[np.bool_],
    expected: str,
    *,
    found: Callable[[int], str] | None = None,
    hint: str = "",
) -> None:
    if bad.any():
        row = int(bad.argmax())
        what = repr(float(values[row])) if found is None else found(row)
        raise DataError.at(
            column, expected, row=row, found=what, count=int(bad.sum()), hint=hint
        )


def whole(values: Floats, column: str) -> Floats:
    """Return whole numbers, or say which is none."""
    bad = ~np.isfinite(values) | (values != np.round(values))
    _check(column, values, bad, "be a whole number")
    return values


def whole_ages(values: Floats, column: str) -> Floats:
    """Return whole ages, or say which is none."""
    bad = ~np.isfinite(values) | (values < 0) | (values != np.round(values))
    hint = "count whole periods; exact times are for models in continuous time"
    _check(column, values, bad, "be a whole number of at least 0", hint=hint)
    return values


def positive_ages(values: Floats, column: str) -> Floats:
    """Return ages of at least 0, or say which is none."""
    bad = ~np.isfinite(values) | (values < 0)
    _check(column, values, bad, "be finite and at least 0")
    return values


def counts(values: Floats, column: str) -> Floats:
    """Return numbers of customers, or say which cannot be one."""
    bad = ~np.isfinite(values) | (values < 0)
    _check(column, values, bad, "be finite and at least 0")
    return values


def labels(frame: Table, column: str) -> NDArray[Any]:
    """Return the names of cohorts, one a row."""
    codes = frame.codes(column)
    missing = codes.values < 0
    _check(
        column,
        codes.values.astype(np.float64),
        missing,
        "have a cohort in every row",
        found=lambda _: "none",
    )
    return codes.categories[codes.values]


def check_left_after_something(
    stayed: Floats, left: NDArray[np.bool_], duration: str, churned: str
) -> None:
    """Pass if everybody who left had been there for a time."""
    _check(
        duration,
        stayed,
        left & (stayed <= 0),
        "be greater than 0 for customers who left",
        found=lambda row: f"{float(stayed[row])!r} with {churned} = True",
        hint="who left at the first renewal has stayed for one period",
    )


def check_order(
    first: tuple[str, Floats], second: tuple[str, Floats], shown: Floats
) -> None:
    """Pass if no row has the first age after the second."""
    (before, early), (after, late) = first, second
    bad = late < early
    _check(
        after,
        late,
        bad,
        f"not lie before `{before}`",
        found=lambda row: (
            f"{float(shown[row])!r} with {before} = {float(early[row])!r}"
        ),
    )


# -- tables ------------------------------------------------------------------------


def of_survivors(
    ages: Floats,
    survivors: Floats,
    cohorts: NDArray[Any] | None,
    *,
    names: tuple[str, str],
    customers: float | None = None,
) -> Rows:
    """Return rows of those lost between two ages, and of those there at the end.

    The last element says which row of the table each is from.
    """
    if not len(ages):
        raise EmptyDataError.of(what="the survival table has no rows")
    if customers is not None and not (np.isfinite(customers) and customers > 0):
        raise ParameterError.of(
            name="customers",
            expected="be finite and greater than 0",
            found=repr(customers),
        )
    keys = np.zeros(len(ages), np.int64)
    if cohorts is not None:
        keys = np.unique(cohorts, return_inverse=True)[1].ravel()
    order = np.lexsort((ages, keys))
    starts = np.flatnonzero(np.diff(keys[order], prepend=-1))
    parts = [
        _of_cohort(ages, survivors, rows, names, customers)
        for rows in np.split(order, starts[1:])
    ]
    return tuple(np.concatenate(columns) for columns in zip(*parts, strict=True))


def _of_cohort(
    ages: Floats,
    survivors: Floats,
    rows: NDArray[np.int64],
    names: tuple[str, str],
    customers: float | None,
) -> Rows:
    """Return the rows of one cohort, whose places in the table are in order of age."""
    age, there = ages[rows], survivors[rows]
    _check_falling(age, there, rows, names)
    if customers is not None:
        there = there * (customers / there[0])
    lost = there[:-1] - there[1:]
    seen = np.append(lost > 0, there[-1] > 0)
    n = len(age)
    columns = (
        np.full(n, age[0]),
        np.append(age[:-1], age[-1]),
        np.append(age[1:], np.inf),
        np.full(n, age[-1]),
        np.append(lost, there[-1]),
        rows.astype(np.float64),
    )
    return tuple(column[seen] for column in columns)


def _check_falling(
    age: Floats, there: Floats, rows: NDArray[np.int64], names: tuple[str, str]
) -> None:
    age_name, survivors_name = names

    def refuse(column: str, places: NDArray[np.int64], what: str, found: str) -> None:
        raise DataError.at(
            column, what, row=int(rows[places[0]]), found=found, count=len(places)
        )

    twice = np.flatnonzero(np.diff(age) == 0) + 1
    if len(twice):
        found = f"{age[twice[0]]:g} once more"
        refuse(age_name, twice, "occur once a cohort", found)
    if not there[0] > 0:
        first = np.zeros(1, np.int64)
        what = "be greater than 0 at a cohort's first age"
        refuse(survivors_name, first, what, repr(float(there[0])))
    rising = np.flatnonzero(np.diff(there) > 0) + 1
    if len(rising):
        i = rising[0]
        found = f"{there[i]:.10g} after {there[i - 1]:.10g}"
        refuse(survivors_name, rising, "not rise with age", found)


def of_triangle(
    frame: Table, cohort: str | None
) -> tuple[Floats, Floats, NDArray[np.int64], tuple[str, str]]:
    """Return age, customers and row of each filled cell, and what to call them."""
    names = [name for name in frame.names if name != cohort]
    if cohort is not None and cohort not in frame.names:
        raise ColumnError.unknown(cohort, frame.names)
    cells = [frame.numbers(name).values for name in names]
    if not cells or not frame.n_rows:
        raise EmptyDataError.of(what="the triangle has no cells")
    for name, values, earlier in zip(names[1:], cells[1:], cells, strict=False):
        _check(
            name,
            values,
            np.isfinite(values) & ~np.isfinite(earlier),
            "be empty where the age before it is",
        )
    for name, values in zip(names, cells, strict=True):
        counts(np.where(np.isnan(values), 0.0, values), name)
    table = np.column_stack(cells)
    rows, places = np.nonzero(np.isfinite(table))
    return places.astype(np.float64), table[rows, places], rows, ("age", "customers")


# -- what was seen -----------------------------------------------------------------


def life_table(
    entry: Floats, last_seen: Floats, gone: Floats, customers: Floats
) -> dict[str, Floats]:
    """Return at risk, lost, retention and survival at each whole age above 0.

    Those who left within a period were at risk in it; those who were last seen before
    its end and did not leave were not (as in Kaplan and Meier's product).
    """
    left = np.isfinite(gone)
    first = int(np.floor(entry.min())) + 1
    begin = np.ceil(entry).astype(np.int64) + 1
    until = np.where(left, np.ceil(gone), np.floor(last_seen)).astype(np.int64)
    last = max(int(until.max()), first)
    seen = until >= begin
    size = last + 2
    come, go, lost = (
        np.bincount(where, count, minlength=size).astype(np.float64)
        for where, count in (
            (begin[seen], customers[seen]),
            (until[seen] + 1, customers[seen]),
            (until[left], customers[left]),
        )
    )
    lost = lost[first : last + 1]
    at_risk = np.cumsum(come - go)[first : last + 1]
    at_risk[at_risk < 1e-9 * customers.sum()] = 0.0  # what rounding leaves of nobody
    share = np.full(len(lost), np.nan)
    np.divide(lost, at_risk, out=share, where=at_risk > 0)
    kept: Floats = 1.0 - share
    return {
        "age": np.arange(first, last + 1, dtype=np.float64),
        "at_risk": at_risk,
        "lost": lost,
        "retention": kept,
        "survival": np.cumprod(kept).astype(np.float64),
    }
