"""The gain since the start, day by day: lasting, or buying brought forward."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

import numpy as np

from tenure._frame import native_frame
from tenure._intervals import normal_quantile
from tenure._report import html_report, text_table
from tenure._typing import override
from tenure.campaigns._arms import theta
from tenure.campaigns._compare import How, Side, compare_means
from tenure.campaigns._orders import whole_days
from tenure.campaigns._trial import observed
from tenure.campaigns.effect import CLAIMS, Effect, effect_rows, effects_frame
from tenure.exceptions import ParameterError

if TYPE_CHECKING:
    from collections.abc import Sequence

    from matplotlib.axes import Axes
    from numpy.typing import NDArray

    from tenure._units import Horizon
    from tenure.campaigns._trial import Trial

__all__ = ["LiftCurve", "lift_curve", "without"]


@dataclass(frozen=True, eq=False, repr=False)
class LiftCurve:
    """How much more a customer of an arm has brought by each day since the start.

    Made by `Experiment.lift_curve`. A curve that rises and stays is a lasting gain; one
    that rises and falls back is buying that was brought forward.

    Attributes
    ----------
    day : int64 array
        Days since the start, from 1 on, the first day counted.
    difference, std_error, low, high : float64 array
        The difference of the means so far, and its interval on each day by itself.
    marks : tuple of Effect
        The difference by chosen days: by day 30, say.
    steps : tuple of Effect
        What came between two of them: the dip, if it is below 0.
    metric : str
        What is added up.
    arm : object
        The arm that is compared with the control.
    left_out : int
        Customers who were not observed so long.
    level : float
        Confidence level of the intervals.
    family : str
        The kind of frame that results come back as.
    """

    day: NDArray[np.int64]
    difference: NDArray[np.float64]
    std_error: NDArray[np.float64]
    low: NDArray[np.float64]
    high: NDArray[np.float64]
    marks: tuple[Effect, ...]
    steps: tuple[Effect, ...]
    metric: str
    arm: Any
    left_out: int
    level: float
    family: str

    @property
    def claim(self) -> str:
        """What the comparison can claim."""
        return CLAIMS["randomised"]

    @property
    def kept(self) -> float:
        """The share of the highest gain at a mark that is left at the last one.

        NaN where there was no gain.
        """
        gains = [mark.difference for mark in self.marks]
        return gains[-1] / max(gains) if max(gains) > 0 else np.nan

    def to_frame(self) -> Any:
        """Return one row a day: the difference so far and its interval."""
        names = ("day", "difference", "std_error", "low", "high")
        columns = {name: getattr(self, name) for name in names}
        return native_frame(columns, family=self.family, index="day")

    def marks_frame(self) -> Any:
        """Return one row a mark and one a step between two, as `Effect` has them."""
        without = ("p_holm",)
        both = (*self.marks, *self.steps)
        return effects_frame(both, self.family, without=without)

    def plot(self, *, ax: Axes | None = None) -> Axes:
        """Draw the curve with its band; see `plotting.plot_lift_curve`."""
        from tenure.plotting.campaigns import plot_lift_curve  # noqa: PLC0415

        return plot_lift_curve(self, ax=ax)

    def _headline(self) -> str:
        return f"{self.claim}\n{self._sentence()}"

    def _sentence(self) -> str:
        last, alpha = self.marks[-1], 1 - self.level
        said = (
            f"{self.arm}: {last.difference:+,.4g} {self.metric} a customer by day "
            f"{self.day[-1]}"
        )
        if last.low > 0:
            said += ", a gain that lasts so long"
        elif last.high < 0:
            said += ", a loss"
        else:
            said += ", which may be nothing"
        dips = [s for s in self.steps if s.difference < 0 and s.p_value < alpha]
        rises = [m for m in self.marks if m.difference > 0 and m.p_value < alpha]
        if dips and rises and np.isfinite(self.kept):
            back = min(1 - self.kept, 1.0)
            said += f"; {100 * back:.0f} % of the gain was given back"
        elif not dips:
            said += "; no clear dip afterwards"
        return said

    @override
    def __repr__(self) -> str:
        table = effect_rows((*self.marks, *self.steps), arms=False)
        return f"{self._headline()}\n{text_table(*table)}"

    def _repr_html_(self) -> str:
        table = effect_rows((*self.marks, *self.steps), arms=False)
        return html_report(self._headline(), *table)


def lift_curve(
    trial: Trial,
    side: Side,
    days: Horizon,
    at: Sequence[int],
    level: float,
) -> LiftCurve:
    """Add up the gain day by day; see `Experiment.lift_curve`."""
    metric, arm = side
    length = whole_days(days, "days")
    trial = _for_days(trial, length)
    _check_metric(trial, metric)
    ends = sorted({int(mark) for mark in at if 1 <= mark < length} | {length})
    code = trial.assignment.arms.index(arm)
    both = np.isin(trial.assignment.arm, (0, code))
    trial = replace(trial, assignment=trial.assignment.kept(both))
    treated = trial.assignment.arm == code
    covariate = trial.covariates().get(metric)
    day = np.arange(1, length + 1)
    start = trial.assignment.start
    difference, error = np.empty(length), np.empty(length)
    marked: list[NDArray[np.float64]] = [np.zeros(len(start))]
    for place in range(length):
        so_far = _amount(trial, metric, start, start + place + 1)
        if place + 1 in ends:
            marked.append(so_far)
        y = without(so_far, covariate, treated)
        difference[place] = y[treated].mean() - y[~treated].mean()
        error[place] = np.sqrt(_square(y[treated]) + _square(y[~treated]))
    reach = normal_quantile(level) * error

    def compared(name: str, values: NDArray[np.float64]) -> Effect:
        y = without(values, covariate, treated)
        found = compare_means(Side(name, arm), y[treated], y[~treated], How(level))
        return found if covariate is None else replace(found, method="CUPED")

    steps = [
        compared(f"day {low + 1} to {high}", after - before)
        for low, high, before, after in zip(
            ends[:-1], ends[1:], marked[1:-1], marked[2:], strict=True
        )
    ]
    marks = [
        compared(f"by day {end}", so_far)
        for end, so_far in zip(ends, marked[1:], strict=True)
    ]
    return LiftCurve(
        *(day, difference, error, difference - reach, difference + reach),
        marks=tuple(marks),
        steps=tuple(steps),
        metric=metric,
        arm=arm,
        left_out=trial.left_out,
        level=level,
        family=trial.assignment.family,
    )


def _for_days(trial: Trial, length: int) -> Trial:
    kept, _, further = observed(trial.orders, trial.assignment, length)
    return replace(
        trial, assignment=kept, window=length, left_out=trial.left_out + further
    )


def _check_metric(trial: Trial, metric: str) -> None:
    there = ["orders"]
    if trial.orders.values is not None:
        there.append("revenue")
        if trial.margin is not None:
            there.append("margin")
    if metric not in there:
        raise ParameterError.of(
            name="metric", expected=f"be one of {', '.join(there)}", found=repr(metric)
        )


def _amount(
    trial: Trial, metric: str, start: NDArray[np.int64], end: NDArray[np.int64]
) -> NDArray[np.float64]:
    if metric == "margin":
        return trial.earned(start, end)
    what = "orders" if metric == "orders" else "revenue"
    return trial.orders.within(trial.assignment.who, start, end, what)


def without(
    values: NDArray[np.float64],
    covariate: NDArray[np.float64] | None,
    arm: NDArray[np.int64] | NDArray[np.bool_],
) -> NDArray[np.float64]:
    """Return the values without what the covariate explains of them (CUPED)."""
    if covariate is None:
        return values
    slope = theta(values, covariate, arm.astype(np.int64))
    return values - slope * (covariate - covariate.mean())


def _square(values: NDArray[np.float64]) -> float:
    """Return the square of the standard error of a mean; NaN of one customer."""
    return float(values.var(ddof=1)) / len(values) if len(values) > 1 else np.nan
