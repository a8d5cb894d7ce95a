"""Weighted and doubly robust differences, with the spread of their influence."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from tenure._intervals import normal_quantile
from tenure.campaigns._stats import stats_module
from tenure.campaigns.effect import Effect

if TYPE_CHECKING:
    from typing import Self

    from numpy.typing import NDArray

    from tenure.campaigns._compare import Side

__all__ = ["Sample", "augmented", "inverse"]


@dataclass(frozen=True, eq=False)
class Sample:
    """Customers with their outcome, group, covariates and chance of treatment.

    Attributes
    ----------
    outcome, chance, weight : float64 array
        One number a customer.
    treated : bool array
        The group.
    matrix : float64 array, shape (n, k)
        A constant and the covariates.
    of_treated : bool
        Whether the mean effect is that of the treated.
    """

    outcome: NDArray[np.float64]
    treated: NDArray[np.bool_]
    matrix: NDArray[np.float64]
    chance: NDArray[np.float64]
    weight: NDArray[np.float64]
    of_treated: bool

    @classmethod
    def of(
        cls,
        outcome: NDArray[np.float64],
        treated: NDArray[np.bool_],
        matrix: NDArray[np.float64],
        coefficients: NDArray[np.float64],
        estimand: str,
    ) -> Self:
        """Return the sample with its weights."""
        chance = 1 / (1 + np.exp(-(matrix @ coefficients)))
        if estimand == "treated":
            weight = np.where(treated, 1.0, chance / (1 - chance))
        else:
            weight = np.where(treated, 1 / chance, 1 / (1 - chance))
        return cls(outcome, treated, matrix, chance, weight, estimand == "treated")

    def __len__(self) -> int:
        """Return the number of customers."""
        return len(self.outcome)

    @property
    def effective(self) -> tuple[float, float]:
        """How many customers each weighted side is worth (Kish)."""
        sides = (self.weight[self.treated], self.weight[~self.treated])
        one, other = (float(w.sum() ** 2 / (w**2).sum()) for w in sides)
        return one, other


def inverse(name: Side, sample: Sample, level: float) -> Effect:
    """Return the difference of weighted means.

    Its influence function is that of both means, and of the coefficients that the
    weights hang on.
    """
    y, t, w = sample.outcome, sample.treated, sample.weight
    means: list[float] = []
    influence = np.zeros(len(y))
    slope = np.zeros(sample.matrix.shape[1])
    for is_treated, sign in ((True, 1.0), (False, -1.0)):
        own = np.where(t == is_treated, w, 0.0)
        mean = float(own @ y / own.sum())
        part = own * (y - mean) / own.mean()
        influence += sign * part
        means.append(mean)
        growth = _growth(sample, is_treated=is_treated)
        slope += sign * (part * growth) @ sample.matrix / len(y)
    scores = (t - sample.chance)[:, None] * sample.matrix
    spread = sample.chance * (1 - sample.chance)
    information = (sample.matrix * spread[:, None]).T @ sample.matrix / len(y)
    influence += scores @ (np.linalg.pinv(information) @ slope)
    return _effect((name, "weighted"), sample, (means[0], means[1]), influence, level)


def _growth(sample: Sample, *, is_treated: bool) -> NDArray[np.float64]:
    """Return the derivative of the log weight in the log odds of treatment."""
    if sample.of_treated:
        return np.zeros(len(sample)) if is_treated else np.ones(len(sample))
    return sample.chance - 1 if is_treated else sample.chance


def augmented(name: Side, sample: Sample, level: float) -> Effect:
    """Return the doubly robust difference (augmented inverse probability weights)."""
    y, t, e = sample.outcome, sample.treated, sample.chance
    m1, m0 = (_fitted(sample, side) for side in (t, ~t))
    if sample.of_treated:
        share = t.mean()
        treated = t * y / share
        untreated = (t * m0 + (~t) * e / (1 - e) * (y - m0)) / share
        value, base = float(treated.mean()), float(untreated.mean())
        influence = treated - untreated - t * (value - base) / share
    else:
        treated = m1 + t * (y - m1) / e
        untreated = m0 + (~t) * (y - m0) / (1 - e)
        value, base = float(treated.mean()), float(untreated.mean())
        influence = treated - untreated - (value - base)
    return _effect((name, "doubly robust"), sample, (value, base), influence, level)


def _fitted(sample: Sample, side: NDArray[np.bool_]) -> NDArray[np.float64]:
    """Return everybody's outcome by the regression of one side."""
    api: Any = stats_module("statsmodels.api")
    fit = api.OLS(sample.outcome[side], sample.matrix[side]).fit()
    return sample.matrix @ np.asarray(fit.params)


def _effect(
    name: tuple[Side, str],
    sample: Sample,
    means: tuple[float, float],
    influence: NDArray[np.float64],
    level: float,
) -> Effect:
    side, method = name
    n, count = len(influence), int(sample.treated.sum())
    difference = means[0] - means[1]
    error = float(np.sqrt((influence**2).sum() / (n - 1) / n))
    reach = normal_quantile(level) * error
    p = np.nan
    if error > 0:
        normal = stats_module("scipy.stats").norm
        p = float(2 * normal.sf(abs(difference) / error))
    return Effect(
        *(side.metric, side.arm, method, count, n - count, *means),
        *(difference, error, difference - reach, difference + reach),
        lift=difference / means[1] if means[1] > 0 else np.nan,
        p_value=p,
    )
