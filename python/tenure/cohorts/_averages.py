"""Retention over all cohorts: weighted, simple and chained, with intervals."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Literal, TypeAlias, get_args

import numpy as np

from tenure._frame import native_frame
from tenure._intervals import check_level
from tenure.cohorts._intervals import wilson
from tenure.exceptions import ParameterError

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from tenure.cohorts.retention import Retention

__all__ = ["Average", "Kind", "average"]

Kind: TypeAlias = Literal["weighted", "simple", "chained"]
"""How cohorts are averaged."""

Average: TypeAlias = Literal["wilson", "overdispersed", "bootstrap"]
"""How the interval of an average is made."""


def average(
    table: Retention,
    kind: str,
    *,
    interval: str | None,
    level: float,
    draws: int,
    seed: int,
) -> Any:
    """Return the average at each age; see `Retention.average`."""
    check_level(level, name="level")
    interval = _checked(table, kind, interval, draws)
    customers, bases = _used(table)
    counted = ~np.isnan(bases)
    x, n = np.nan_to_num(customers), np.nan_to_num(bases)
    weights = np.ones((1, len(x)))
    found = _ESTIMATES[kind](weights, x, n, counted)[0]
    dispersion = _dispersion(x, n, counted)
    at_risk = n.sum(axis=0)
    if interval == "bootstrap":
        low, high = _bootstrap(kind, (x, n, counted), level, draws, seed)
    else:
        factor = np.ones(len(at_risk))
        if interval == "overdispersed":
            factor = np.fmax(dispersion, 1.0)
        low, high = wilson(found * at_risk / factor, at_risk / factor, level)
    columns = {
        "period": table.ages,
        "cohorts": counted.sum(axis=0),
        "customers": x.sum(axis=0).astype(np.int64),
        "at_risk": at_risk.astype(np.int64),
        "retention": found,
        "ci_low": low,
        "ci_high": high,
        "dispersion": dispersion,
    }
    return native_frame(columns, family=table.family)


def _checked(table: Retention, kind: str, interval: str | None, draws: int) -> str:
    """Return the kind of interval, if that and the average can be had."""
    if kind not in get_args(Kind):
        expected = "be 'weighted', 'simple' or 'chained'"
        raise ParameterError.of(name="kind", expected=expected, found=repr(kind))
    if kind == "chained" and table.denominator == "previous":
        raise ParameterError.of(
            name="kind",
            expected="be 'weighted' or 'simple' where retention is a share of those "
            "before",
            found="'chained'",
            hint="denominator='size' has a curve that can be chained",
        )
    if interval is None:
        interval = "wilson" if kind == "weighted" else "bootstrap"
    if interval not in get_args(Average):
        expected = "be 'wilson', 'overdispersed' or 'bootstrap'"
        raise ParameterError.of(
            name="interval", expected=expected, found=repr(interval)
        )
    if interval != "bootstrap" and kind != "weighted":
        expected = f"be 'bootstrap' for {kind} averages"
        raise ParameterError.of(
            name="interval", expected=expected, found=repr(interval)
        )
    if draws < 1:
        raise ParameterError.of(
            name="draws", expected="be at least 1", found=repr(draws)
        )
    return interval


def _used(table: Retention) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Return customers and denominators of the cells that averages are made of.

    Cells in progress count only where they are of those alone whose age is over.
    """
    complete = table.status == "complete"
    usable = complete if table.incomplete != "eligible" else table.status != "future"
    usable = usable & ~table.left_edge[:, None] & (table.denominators > 0)
    return (
        np.where(usable, table.customers, np.nan),
        np.where(usable, table.denominators, np.nan),
    )


def _weighted(
    weights: NDArray[np.float64],
    x: NDArray[np.float64],
    n: NDArray[np.float64],
    _counted: NDArray[np.bool_],
) -> NDArray[np.float64]:
    """Return the share of all customers: sum of x over sum of n."""
    with np.errstate(divide="ignore", invalid="ignore"):
        return (weights @ x) / (weights @ n)


def _simple(
    weights: NDArray[np.float64],
    x: NDArray[np.float64],
    n: NDArray[np.float64],
    counted: NDArray[np.bool_],
) -> NDArray[np.float64]:
    """Return the mean of the shares of the cohorts."""
    zero = np.zeros_like(x)
    shares: NDArray[np.float64] = np.divide(x, n, out=zero, where=counted)
    present = counted.astype(np.float64)
    with np.errstate(divide="ignore", invalid="ignore"):
        return (weights @ shares) / (weights @ present)


def _chained(
    weights: NDArray[np.float64],
    x: NDArray[np.float64],
    n: NDArray[np.float64],
    counted: NDArray[np.bool_],
) -> NDArray[np.float64]:
    """Return the product of the steps from age to age.

    Each step is the retained at an age by the retained at the age before, over cohorts
    known at both; where those are of cells of eligible customers, by their shares.
    """
    first = _weighted(weights, x[:, :1], n[:, :1], counted[:, :1])
    both = counted[:, 1:] & counted[:, :-1]
    # who was retained before, scaled to those whose age is over
    after = np.where(both, x[:, 1:], 0.0)
    with np.errstate(divide="ignore", invalid="ignore"):
        before = np.where(both, x[:, :-1] * n[:, 1:] / n[:, :-1], 0.0)
        steps = (weights @ after) / (weights @ before)
    factors = np.hstack([first, steps])
    return np.multiply.accumulate(factors, axis=1)


_ESTIMATES = {"weighted": _weighted, "simple": _simple, "chained": _chained}


def _dispersion(
    x: NDArray[np.float64], n: NDArray[np.float64], counted: NDArray[np.bool_]
) -> NDArray[np.float64]:
    """Return how much more cohorts differ than by chance, at each age.

    Pearson's chi-squared of the cohorts by its degrees of freedom.
    """
    with np.errstate(divide="ignore", invalid="ignore"):
        p = x.sum(axis=0) / n.sum(axis=0)
        terms = (x - n * p) ** 2 / (n * p * (1 - p))
        chi_squared = np.where(counted, terms, 0.0).sum(axis=0)
        dispersion = chi_squared / (counted.sum(axis=0) - 1)
    several = counted.sum(axis=0) > 1
    return np.where(several & np.isfinite(dispersion), dispersion, np.nan)


def _bootstrap(
    kind: str,
    cells: tuple[NDArray[np.float64], NDArray[np.float64], NDArray[np.bool_]],
    level: float,
    draws: int,
    seed: int,
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Return percentiles of averages over cohorts drawn anew with replacement.

    A draw without any cohort that has reached an age says nothing about that age; one
    cohort alone says nothing about how cohorts differ.
    """
    present = cells[2].any(axis=1)
    x, n, counted = cells[0][present], cells[1][present], cells[2][present]
    rows, width = len(x), int(cells[0].shape[1])
    if rows == 0:
        return np.full(width, np.nan), np.full(width, np.nan)
    generator = np.random.default_rng(seed)
    weights = generator.multinomial(rows, np.full(rows, 1 / rows), size=draws)
    found = _ESTIMATES[kind](weights.astype(np.float64), x, n, counted)
    tail = (1 - level) / 2
    ends = np.full((2, width), np.nan)
    for age in range(width):
        values = found[:, age][np.isfinite(found[:, age])]
        if len(values) and counted[:, age].sum() > 1:
            ends[:, age] = np.quantile(values, [tail, 1 - tail])
    return ends[0], ends[1]
