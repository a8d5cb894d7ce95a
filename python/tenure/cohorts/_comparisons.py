"""Whether cohorts differ, at an age or in their whole curves."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Literal, TypeAlias

import numpy as np

from tenure._frame import native_frame
from tenure.cohorts._intervals import adjusted, newcombe, two_share_p_values
from tenure.exceptions import EmptyDataError, ParameterError

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from tenure.cohorts.retention import Retention

__all__ = ["Against", "compared_at", "compared_curves"]

Against: TypeAlias = Literal["rest", "previous"]
"""What a cohort is compared with."""

_Share: TypeAlias = "tuple[NDArray[np.float64], NDArray[np.float64]]"

# Whether being retained can only begin, or only end.
_EVENTS = {"cumulative": 1.0, "unbounded": -1.0, "consecutive": -1.0}


def compared_at(
    table: Retention, age: object, *, against: str, adjust: str, level: float
) -> Any:
    """Compare cohorts at an age; see `Retention.compare`."""
    column = table._grid.place(age)  # noqa: SLF001
    if against not in ("rest", "previous"):
        raise ParameterError.of(
            name="against", expected="be 'rest' or 'previous'", found=repr(against)
        )
    if not np.isfinite(table.ci_low).any():
        raise ParameterError.of(
            name="denominator",
            expected="be 'size' or 'eligible' where cohorts are compared",
            found=repr(table.denominator),
        )
    rows = _compared(table, column)
    x, n = table.customers[rows, column], table.denominators[rows, column]
    if against == "rest":
        others: _Share = (x.sum() - x, n.sum() - n)
    else:
        groups = _groups(table)[rows]
        first = np.concatenate([[True], groups[1:] != groups[:-1]])
        before = np.maximum(np.arange(len(rows)) - 1, 0)
        others = np.where(first, np.nan, x[before]), np.where(first, np.nan, n[before])
    z, p_values = two_share_p_values((x, n), others)
    low, high = newcombe((x, n), others, level)
    with np.errstate(divide="ignore", invalid="ignore"):
        share, other = x / n, others[0] / others[1]
    columns = {
        **_names(table, rows),
        "customers": x.astype(np.int64),
        "denominator": n.astype(np.int64),
        "retention": share,
        "other": other,
        "difference": share - other,
        "ci_low": low,
        "ci_high": high,
        "z": z,
        "p_value": p_values,
        "p_adjusted": adjusted(p_values, adjust),
    }
    return native_frame(columns, family=table.family)


def _compared(table: Retention, column: int) -> NDArray[np.int64]:
    """Return the rows that have a value and are no burn-in; at least two."""
    usable = ~table.left_edge & (table.denominators[:, column] > 0)
    usable &= (table.status[:, column] == "complete") | (table.incomplete == "eligible")
    rows = np.flatnonzero(usable)
    if len(rows) < 2:
        what = f"fewer than two cohorts have reached age {table.ages[column]}"
        raise EmptyDataError.of(what, hint="choose an earlier age")
    return rows


def _groups(table: Retention) -> NDArray[np.int64]:
    """Return a number for the segment of each row."""
    if table.by is None:
        return np.zeros(len(table), dtype=np.int64)
    first = table.cohorts == table.cohorts[0]
    return np.cumsum(first)


def _names(table: Retention, rows: NDArray[np.int64]) -> dict[str, NDArray[Any]]:
    """Return the columns that name some rows."""
    named = {} if table.by is None else {table.by[0]: table.by[1][rows]}
    return {**named, "cohort": table.cohorts[rows]}


def compared_curves(table: Retention, *, adjust: str) -> Any:
    """Compare whole curves; see `Retention.compare_curves`."""
    if table.rule not in _EVENTS or table.denominator == "previous":
        raise ParameterError.of(
            name="rule",
            expected="be 'cumulative', 'unbounded' or 'consecutive' where curves are "
            "compared",
            found=repr(table.rule),
            hint="with other rules customers come and go, and nothing is survived",
        )
    rows, ages, events, counts = _durations(table)
    cohorts = np.unique(rows)
    if len(cohorts) < 2:
        what = "fewer than two cohorts have been observed to the end of an age"
        raise EmptyDataError.of(what, hint="choose shorter periods")
    tests = [_test(ages, events, counts, rows == cohort) for cohort in cohorts]
    p_values = np.array([test[3] for test in tests])
    columns = {
        **_names(table, cohorts),
        "customers": np.array([counts[rows == one].sum() for one in cohorts], np.int64),
        "events": np.array([test[0] for test in tests]),
        "expected": np.array([test[1] for test in tests]),
        "statistic": np.array([test[2] for test in tests]),
        "p_value": p_values,
        "p_adjusted": adjusted(p_values, adjust),
    }
    return native_frame(columns, family=table.family)


def _durations(
    table: Retention,
) -> tuple[
    NDArray[np.int64], NDArray[np.int64], NDArray[np.bool_], NDArray[np.float64]
]:
    """Return rows, ages, whether there was an event, and how many customers.

    The age of an event is that at which retention changes; who has not changed by the
    last complete age is censored there, after the events of that age.
    """
    sign = _EVENTS[table.rule]
    found: list[tuple[int, int, bool, float]] = []
    complete = (table.status == "complete") & (table.denominators > 0)
    chosen = np.flatnonzero(complete.any(axis=1) & ~table.left_edge)
    for row in chosen.tolist():
        known = table.customers[row][: int(complete[row].sum())]
        size = float(table.denominators[row, 0])
        start = 0.0 if sign > 0 else size
        changes = sign * np.diff(known, prepend=start)
        left = size - float(changes.sum())
        moved: list[float] = changes.tolist()
        found += [(row, age, True, n) for age, n in enumerate(moved) if n > 0]
        found += [(row, len(known) - 1, False, left)] if left > 0 else []
    rows, ages, events, counts = zip(*found, strict=True) if found else ((),) * 4
    return (
        np.array(rows, np.int64),
        np.array(ages, np.int64),
        np.array(events, bool),
        np.array(counts, np.float64),
    )


def _test(
    ages: NDArray[np.int64],
    events: NDArray[np.bool_],
    counts: NDArray[np.float64],
    chosen: NDArray[np.bool_],
) -> tuple[float, float, float, float]:
    """Return events, expected events, chi-squared and p of one group and the rest."""
    from tenure.survival import log_rank  # noqa: PLC0415

    rows = {"age": ages, "event": events, "customers": counts, "chosen": chosen * 1}
    if not events.any():
        return 0.0, 0.0, np.nan, np.nan
    test = log_rank(rows, "event", by="chosen", durations="age", weights="customers")
    return test.observed[1], test.expected[1], test.statistic, test.p_value
