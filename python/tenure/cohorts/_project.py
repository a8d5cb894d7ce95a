"""How a triangle is projected: what is fitted to which part of it."""

from __future__ import annotations

import warnings
from typing import TYPE_CHECKING, Any

import numpy as np

from tenure._intervals import check_level
from tenure.cohorts._fits import Seen, model_named
from tenure.cohorts._parts import groups_of, parts_of
from tenure.cohorts.projection import Projection, periods_in
from tenure.exceptions import EmptyDataError, EstimateWarning, ParameterError

if TYPE_CHECKING:
    from tenure._renewal_predictions import RenewalModel
    from tenure._units import Horizon
    from tenure.cohorts.retention import Retention

__all__ = ["project"]


def project(
    table: Retention,
    model: str | RenewalModel,
    *,
    ages: Horizon | None,
    holdout: int,
    pooled: bool,
    settle: int,
    resample: str,
    replicates: int,
    level: float,
    seed: int,
) -> Projection:
    """Project a triangle; see `Retention.project`."""
    check_level(level, name="level")
    for name, value in (("holdout", holdout), ("settle", settle)):
        if isinstance(value, bool) or value != int(value) or value < 0:
            expected = "be a whole number of at least 0"
            raise ParameterError.of(name, expected, found=repr(value))
    if resample not in ("customers", "cohorts"):
        raise ParameterError.of(
            name="resample",
            expected="be 'customers' or 'cohorts'",
            found=repr(resample),
        )
    empty = model_named(model)
    seen = Seen.of(table, int(settle))
    if table.rule == "unbounded" and settle == 0:
        msg = (
            "with the 'unbounded' rule the last ages are too low, since later returns "
            "are not known yet, and so is what is projected from them: `settle` leaves "
            "out the last ages of each cohort, and the 'consecutive' rule needs none"
        )
        warnings.warn(msg, EstimateWarning, stacklevel=3)
    if len(seen.rows) == 0 or seen.longest < 1:
        what = "no cohort is known at an age after 0"
        raise EmptyDataError.of(what, hint="choose shorter periods, or less `settle`")
    settings: dict[str, Any] = {
        "resample": resample,
        "replicates": replicates,
        "seed": seed,
    }
    last = 2.0 * seen.longest
    if ages is not None:
        last = periods_in(ages, table.unit, "ages", least=1)
    names, groups = groups_of(table, seen, pooled=pooled)
    parts = parts_of(empty, seen, groups, int(holdout), pooled=pooled, **settings)
    return Projection(
        parts=tuple(parts),
        ages=np.arange(int(last) + 1),
        holdout=int(holdout),
        level=level,
        unit=table.unit,
        names=names,
        family=table.family,
        seed=seed,
        _cohorts=table.cohorts,
    )
