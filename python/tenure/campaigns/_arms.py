"""Several arms: planned sizes, covariates from before, and Holm's correction."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

import numpy as np

from tenure.campaigns._compare import How, Side, compare_means
from tenure.campaigns._stats import stats_module
from tenure.exceptions import ParameterError

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from numpy.typing import NDArray

    from tenure.campaigns.effect import Effect

__all__ = ["adjusted", "corrected", "mismatch", "theta"]


def mismatch(
    counts: NDArray[np.int64],
    arms: tuple[Any, ...],
    shares: Mapping[Any, float] | None,
) -> float:
    """Return how likely arms of such sizes are under the planned shares.

    Examples
    --------
    >>> import numpy as np
    >>> round(mismatch(np.array([5200, 4800]), ("control", "mail"), None), 6)
    6.3e-05
    """
    planned = np.full(len(arms), 1 / len(arms))
    if shares is not None:
        if set(shares) != set(arms):
            raise ParameterError.of(
                name="shares",
                expected=f"have the arms {', '.join(map(repr, arms))} as keys",
                found=", ".join(map(repr, shares)),
            )
        planned = np.array([float(shares[name]) for name in arms])
        if not ((planned > 0).all() and abs(planned.sum() - 1) < 1e-6):
            raise ParameterError.of(
                name="shares",
                expected="be greater than 0 and add up to 1",
                found=repr(dict(shares)),
            )
        planned /= planned.sum()
    test = stats_module("scipy.stats").chisquare(counts, planned * counts.sum())
    return float(test.pvalue)


def theta(
    values: NDArray[np.float64],
    covariate: NDArray[np.float64],
    arm: NDArray[np.int64],
) -> float:
    """Return cov(outcome, covariate) / var(covariate), within the arms."""
    size = np.bincount(arm)
    y = values - (np.bincount(arm, values) / size)[arm]
    x = covariate - (np.bincount(arm, covariate) / size)[arm]
    square = float(x @ x)
    return float(y @ x) / square if square > 0 else 0.0


def adjusted(
    plain: Sequence[Effect],
    values: NDArray[np.float64],
    covariate: NDArray[np.float64],
    arm: NDArray[np.int64],
    how: How,
) -> list[Effect]:
    """Return the effects with the covariate's part taken off every customer (CUPED).

    The covariate is centred over all customers, so that values stay on their scale.
    """
    rest = values - theta(values, covariate, arm) * (covariate - covariate.mean())
    effects: list[Effect] = []
    for code, before in enumerate(plain, start=1):
        side = Side(before.metric, before.arm)
        after = compare_means(side, rest[arm == code], rest[arm == 0], how)
        reduction = np.nan
        if before.std_error > 0:
            reduction = 1 - (after.std_error / before.std_error) ** 2
        effects.append(replace(after, method="CUPED", variance_reduction=reduction))
    return effects


def corrected(effects: Sequence[Effect]) -> list[Effect]:
    """Return the effects of several arms on one measure with Holm's p-values."""
    known = [e for e in effects if not np.isnan(e.p_value)]
    if len(known) < 2:
        return list(effects)
    multiple = stats_module("statsmodels.stats.multitest").multipletests
    p_values = multiple([e.p_value for e in known], method="holm")[1]
    holm = {e.arm: float(p) for e, p in zip(known, p_values, strict=True)}
    return [replace(e, p_holm=holm.get(e.arm, e.p_holm)) for e in effects]
