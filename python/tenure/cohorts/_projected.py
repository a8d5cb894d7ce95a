"""What the projection of some cohorts says: curves, errors, values and lifespans."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, TypeAlias

import numpy as np

from tenure._report import counted
from tenure.cohorts._fits import Fit, survival_draws
from tenure.exceptions import ParameterError

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from tenure.cohorts.values import CohortValues

    Floats: TypeAlias = NDArray[np.float64]
    Columns: TypeAlias = dict[str, NDArray[Any]]

__all__ = ["Part"]


@dataclass(frozen=True, eq=False)
class Part:
    """The projection of some cohorts.

    Attributes
    ----------
    names : tuple
        Their segment and cohort, where there are several parts.
    fit : Fit
        The model fitted to all that was seen.
    check : Fit or None
        The model fitted without the last ages.
    """

    names: tuple[Any, ...]
    fit: Fit
    check: Fit | None

    @property
    def customers(self) -> int:
        """How many customers are behind it."""
        return int(self.fit.seen.there[:, 0].sum())

    def curve(self, places: NDArray[np.int64], level: float) -> Columns:
        """Return what was seen at each age beside what the model says."""
        ages = places.astype(np.float64)
        seen = self.fit.seen
        width = seen.longest + 1
        actual, at_risk = np.full(len(ages), np.nan), np.zeros(len(ages))
        actual[0], at_risk[0] = 1.0, self.customers
        if width > 1:
            life = seen.renewals()._table()  # noqa: SLF001
            shown = min(len(life["age"]), len(ages) - 1)
            actual[1 : shown + 1] = life["survival"][:shown]
            at_risk[1 : shown + 1] = life["at_risk"][:shown]
        spans = (np.zeros_like(ages), ages)
        ends = self.fit.bootstrap.ends(survival_draws(self.fit, spans), level)
        held_out, trained = np.full(len(ages), np.nan), width
        if self.check is not None:
            held_out = self.check.survival(spans)
            trained = self.check.longest + 1
        return {
            "period": places,
            "cohorts": (places[:, None] < seen.known).sum(axis=1),
            "at_risk": at_risk.astype(np.int64),
            "actual": actual,
            "expected": self.fit.survival(spans),
            "ci_low": ends["lower"],
            "ci_high": ends["upper"],
            "held_out": held_out,
            "status": (places >= trained).astype(np.int64) + (places >= width),
        }

    def errors(self, holdout: int, level: float, seed: int) -> Columns:
        """Return what the fit without the last ages expected, and what came."""
        assert self.check is not None  # noqa: S101
        before = self.check.seen
        later = self.fit.seen.of_rows(before.rows).there
        last = before.known - 1
        rows = np.arange(len(last))
        n = later[rows, last]
        ahead = np.arange(1, holdout + 1)
        actual, expected, low, high = np.zeros((4, holdout))
        for place, step in enumerate(ahead.tolist()):
            spans = (last.astype(np.float64), (last + step).astype(np.float64))
            actual[place] = later[rows, last + step].sum()
            expected[place] = (n * self.check.survival(spans)).sum()
            drawn = _drawn(self.check, n, spans, seed).sum(axis=1, keepdims=True)
            ends = self.check.bootstrap.ends(drawn, level)
            low[place], high[place] = ends["lower"][0], ends["upper"][0]
        with np.errstate(divide="ignore", invalid="ignore"):
            error = expected / actual - 1
        return {
            "ahead": ahead,
            "cohorts": np.full(holdout, len(rows)),
            "customers": np.full(holdout, n.sum()).astype(np.int64),
            "actual": actual.astype(np.int64),
            "expected": expected,
            "ci_low": low,
            "ci_high": high,
            "error": error,
        }

    def completed(
        self, place: int, ages: NDArray[np.int64], level: float, seed: int
    ) -> Columns:
        """Return the customers of one cohort at each age, seen or expected."""
        seen = self.fit.seen
        known = min(int(seen.known[place]), len(ages))
        there = seen.there[place]
        n, last = there[known - 1], float(known - 1)
        later = ages[known:].astype(np.float64)
        customers = np.concatenate([there[:known], np.full(len(later), np.nan)])
        low, high = np.full((2, len(ages)), np.nan)
        if len(later):
            spans = (np.full(len(later), last), later)
            customers[known:] = n * self.fit.survival(spans)
            drawn = _drawn(self.fit, np.full(len(later), n), spans, seed)
            ends = self.fit.bootstrap.ends(drawn, level)
            low[known:], high[known:] = ends["lower"], ends["upper"]
        return {
            "period": ages,
            "customers": customers,
            "ci_low": low,
            "ci_high": high,
            "status": (ages >= known).astype(np.int64),
        }

    def worth(self, worth: Any, count: int, cohorts: NDArray[Any]) -> Floats:
        """Return what a customer who is there brings in at each age."""
        from tenure.cohorts.values import CohortValues  # noqa: PLC0415

        if isinstance(worth, CohortValues):
            return self._seen_worth(worth, count, cohorts)
        values = np.atleast_1d(np.asarray(worth, np.float64))
        if values.ndim != 1 or not len(values) or not np.isfinite(values).all():
            raise ParameterError.of(
                name="worth",
                expected="be finite numbers, or what Cohorts.values returns",
                found=repr(worth),
            )
        return values[np.minimum(np.arange(count), len(values) - 1)]

    def _seen_worth(
        self, values: CohortValues, count: int, cohorts: NDArray[Any]
    ) -> Floats:
        seen = self.fit.seen
        same = np.array_equal(values.cohorts, cohorts)
        if values.per != "cohort" or values.cumulative or not same:
            raise ParameterError.of(
                name="worth",
                expected="be sums of the same cohorts: values(per='cohort'), not "
                "cumulative",
                found=f"{values.title} of {counted(len(values), 'cohort')}",
            )
        width = min(values.value.shape[1], seen.there.shape[1])
        there = seen.there[:, :width]
        known = np.isfinite(there) & (values.status[seen.rows, :width] == "complete")
        money = np.where(known, values.value[seen.rows, :width], 0.0).sum(axis=0)
        customers = np.where(known, there, 0.0).sum(axis=0)
        found = np.full(count, money[1:].sum() / max(customers[1:].sum(), 1.0))
        usable = np.flatnonzero(customers[:count] > 0)
        found[usable] = money[usable] / customers[usable]
        return found

    def value(self, places: NDArray[np.int64], money: Floats, level: float) -> Columns:
        """Return the sums of discounted `money` of customers who are there."""
        curve = self.curve(places, level)
        spans = (np.zeros(len(places)), places.astype(np.float64))
        draws = np.cumsum(money * survival_draws(self.fit, spans), axis=1)
        ends = self.fit.bootstrap.ends(draws, level)
        return {
            "period": places,
            "value": money * curve["expected"],
            "lifetime_value": np.cumsum(money * curve["expected"]),
            "ci_low": ends["lower"],
            "ci_high": ends["upper"],
            "observed": np.cumsum(money * curve["actual"]),
        }

    def lifespan(
        self, places: NDArray[np.int64], periods: float, level: float
    ) -> Columns:
        """Return the expected periods within a horizon and without end, and median."""
        model, zero = self.fit.model, np.zeros(1)
        found = model._columns(  # noqa: SLF001
            "lifespan",
            "residual",
            (zero, zero + periods - 1),
            interval=level,
            bootstrap=self.fit.bootstrap,
            transform=(1.0, 1.0),
        )
        endless = _endless(self.fit, model._theta())  # noqa: SLF001
        thetas = self.fit.bootstrap.for_core(model, model._all_parameters())  # noqa: SLF001
        draws = np.array([_endless(self.fit, theta) for theta in thetas])
        ends = self.fit.bootstrap.ends(draws[:, None], level)
        columns: dict[str, Any] = {
            "customers": np.array([self.customers]),
            "horizon": np.array([periods]),
            "lifespan": found["lifespan"],
            "ci_low": found["lower"],
            "ci_high": found["upper"],
            "unlimited": np.array([endless]),
            "unlimited_low": ends["lower"],
            "unlimited_high": ends["upper"],
        }
        ages = places.astype(np.float64)
        spans = (np.zeros_like(ages), ages)
        medians = _halved(survival_draws(self.fit, spans), ages)
        tail = (1 - level) / 2
        ends = np.quantile(medians, [tail, 1 - tail], method="nearest")
        columns["median"] = _halved(self.fit.survival(spans)[None, :], ages)
        columns["median_low"], columns["median_high"] = ends[:1], ends[1:]
        return columns


def _drawn(fit: Fit, n: Floats, spans: tuple[Floats, Floats], seed: int) -> Floats:
    """Return how many of `n` stay over each span, one row a set of estimates."""
    kept = np.clip(survival_draws(fit, spans), 0.0, 1.0)
    generator = np.random.default_rng(seed)
    return generator.binomial(n.astype(np.int64), kept).astype(np.float64)


def _endless(fit: Fit, theta: list[float]) -> float:
    """Return the expected periods without end; infinite where there is no mean.

    Survival falls like a power of age, of alpha for SBG and c alpha for BdW, and its
    sum exists where that is above 1. The core finds the same, by many steps.
    """
    model = fit.model
    named = dict(zip(model._all_parameters(), theta, strict=True))  # noqa: SLF001
    power = named.get("alpha", np.inf) * named.get("c", 1.0)
    if named["never_leaving"] > 0 or power <= 1:
        return math.inf
    spans = (np.zeros(1), np.full(1, math.inf))
    return 1.0 + float(model._spans("residual", spans, theta=theta)[0][0])  # noqa: SLF001


def _halved(curves: Floats, ages: Floats) -> Floats:
    """Return the first age at which each curve is at a half or below."""
    below = curves <= 0.5
    return np.where(below.any(axis=1), ages[below.argmax(axis=1)], np.inf)
