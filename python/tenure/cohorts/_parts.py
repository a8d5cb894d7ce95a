"""Which cohorts are projected together, and the models fitted to them."""

from __future__ import annotations

import warnings
from typing import TYPE_CHECKING, Any, TypeAlias

import numpy as np

from tenure._report import counted
from tenure.cohorts._fits import Fit, Seen
from tenure.cohorts._projected import Part
from tenure.exceptions import ConvergenceWarning

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from tenure._renewal_predictions import RenewalModel
    from tenure.cohorts.retention import Retention

__all__ = ["Group", "groups_of", "parts_of"]

Group: TypeAlias = "tuple[tuple[Any, ...], tuple[Any, ...], NDArray[np.int64]]"
"""What a part is called, the pool that it belongs to, and its rows."""


def groups_of(
    table: Retention, seen: Seen, *, pooled: bool
) -> tuple[tuple[str, ...], list[Group]]:
    """Return the columns that name parts; each part's names, pool and rows."""
    rows = seen.rows
    named = table.by
    segments = None if named is None else named[1][rows]
    pools = np.zeros(len(rows), int)
    if segments is not None:
        pools = np.unique(segments, return_inverse=True)[1]
    names = () if named is None else (named[0],)
    groups: list[Group] = []
    for pool in np.unique(pools):
        places = np.flatnonzero(pools == pool)
        segment = () if segments is None else (segments[places[0]],)
        if pooled:
            groups.append((segment, segment, rows[places]))
        else:
            groups += [
                ((*segment, table.cohorts[rows[i]]), segment, rows[i : i + 1])
                for i in places.tolist()
            ]
    return (names if pooled else (*names, "cohort")), groups


def parts_of(
    model: RenewalModel,
    seen: Seen,
    groups: list[Group],
    holdout: int,
    *,
    pooled: bool,
    **settings: Any,
) -> list[Part]:
    """Fit every part, to all that was seen and to all but the last ages."""
    pools: dict[tuple[Any, ...], tuple[Fit, Fit | None]] = {}
    found: list[Part] = []
    for names, pool, rows in groups:
        if pool not in pools:
            of_pool = np.concatenate([r for _, p, r in groups if p == pool])
            pools[pool] = _both(model, seen.of_rows(of_pool), holdout, **settings)
        fit, check = pools[pool]
        own = seen.of_rows(rows)
        if not pooled:
            alone = settings | {"resample": "customers"}
            fit = Fit.own_or(fit, own, **alone)
            if check is not None:
                check = Fit.own_or(check, own.without_last(holdout), **alone)
        found.append(Part(names, fit, check))
    return found


def _both(
    model: RenewalModel, seen: Seen, holdout: int, **settings: Any
) -> tuple[Fit, Fit | None]:
    fit = Fit.of(model, seen, **settings)
    if holdout == 0:
        return fit, None
    what = f" without the last {counted(holdout, 'age')} of each"
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", ConvergenceWarning)
        check = Fit.of(model, seen.without_last(holdout), what=what, **settings)
    return fit, check
