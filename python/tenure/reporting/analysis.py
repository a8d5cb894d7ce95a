"""Everything that a report says, computed before anything is written."""

from __future__ import annotations

import warnings
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any, TypeVar

import numpy as np

from tenure._frame import Table
from tenure.exceptions import ConvergenceWarning, EstimateWarning, TenureError
from tenure.plotting._dates import end_of
from tenure.purchasing import BGNBD
from tenure.spend import GammaGamma
from tenure.summary import Summary
from tenure.value import lifetime_value, lifetime_value_new

if TYPE_CHECKING:
    from collections.abc import Callable

    from numpy.typing import NDArray

    from tenure.reporting.progress import Progress
    from tenure.reporting.settings import Settings
    from tenure.summary import Split
    from tenure.transactions import Transactions
    from tenure.value import LifetimeValue

__all__ = ["Analysis", "Base", "Check", "Forecast", "Spending", "analyse"]

_Result = TypeVar("_Result")


@dataclass(frozen=True)
class Base:
    """The customers at a glance.

    Attributes
    ----------
    first_day, last_day : numpy.datetime64
        What was observed.
    customers, repeaters, purchases : int
        How many; a repeater has bought on at least two occasions.
    value : float or None
        What all purchases were worth; None without amounts, as `order_value`, its mean.
    wait : float
        Median days from one purchase to the next of a customer; NaN if there are none.
    """

    first_day: np.datetime64
    last_day: np.datetime64
    customers: int
    repeaters: int
    purchases: int
    value: float | None
    order_value: float | None
    wait: float


@dataclass(frozen=True, eq=False)
class Spending:
    """What a purchase will be worth.

    Attributes
    ----------
    model : GammaGamma or float
        A fitted model, or the mean of all purchases where none could be fitted.
    customers : Summary
        The customers, with a mean value that the model can take.
    without_value : int
        Customers whose repeat purchases came to nothing: their purchases are expected
        to be worth what those of a new customer are.
    problem : str
        Why no model was fitted; empty if one was.
    """

    model: GammaGamma | float
    customers: Summary
    without_value: int = 0
    problem: str = ""


@dataclass(frozen=True, eq=False)
class Forecast:
    """What customers will do.

    Attributes
    ----------
    buying : BGNBD
        The model of buying.
    alive : float64 array
        The probability of being alive, one a customer.
    purchases : LifetimeValue
        Expected purchases: the value of each is 1 and nothing is discounted.
    spending : Spending or None
        None for a log without amounts, as `value` and `newcomer`.
    value, newcomer : LifetimeValue or None
        What the customers are worth, and what a new one is.
    interval : float or None
        The confidence level; None where the fit has no standard errors.
    """

    buying: BGNBD
    alive: NDArray[np.float64]
    purchases: LifetimeValue
    spending: Spending | None
    value: LifetimeValue | None
    newcomer: LifetimeValue | None
    interval: float | None


@dataclass(frozen=True, eq=False)
class Check:
    """How a model that was fitted to the first part of the log did in the second.

    Attributes
    ----------
    split : Split
        The two parts.
    buying : BGNBD
        A model fitted to the first.
    expected : float64 array
        The purchases that it expected in the second, one a customer.
    value : float or None
        What it expected all of those to be worth.
    """

    split: Split
    buying: BGNBD
    expected: NDArray[np.float64]
    value: float | None

    @property
    def best_tenth(self) -> tuple[int, float, float]:
        """The tenth that the model ranked highest, and the tenth that was best.

        How many customers that is, and which share of the purchases in the holdout
        each of the two made.
        """
        count = max(len(self.expected) // 10, 1)
        bought = self.split.holdout_purchases
        ranked = np.argsort(-self.expected, kind="stable")[:count]
        total = max(int(bought.sum()), 1)
        best = np.sort(bought)[-count:]
        return count, float(bought[ranked].sum() / total), float(best.sum() / total)


@dataclass(frozen=True, eq=False)
class Analysis:
    """Everything that a report says.

    Attributes
    ----------
    log, summary, settings
        What it is made from.
    base : Base
        The customers at a glance.
    forecast : Forecast or None
        None if no model could be fitted; `problems["forecast"]` says why.
    check : Check or None
        None if the models could not be checked; `problems["check"]` says why.
    problems : dict of str to str
        What could not be done, in words.
    """

    log: Transactions
    summary: Summary
    settings: Settings
    base: Base
    forecast: Forecast | None
    check: Check | None
    problems: dict[str, str] = field(default_factory=dict[str, str])


def analyse(log: Transactions, settings: Settings, progress: Progress) -> Analysis:
    """Compute everything that a report says."""
    progress.step("counting customers and purchases")
    as_of = log.span[1] if settings.as_of is None else settings.as_of
    end = end_of(as_of, name="as_of")
    summary = log.summary(settings.unit, as_of=settings.as_of)
    base = _base(log, summary, end)
    problems: dict[str, str] = {}
    progress.step("fitting models of buying and spending")
    forecast = _attempt(
        problems, "forecast", lambda: _forecast(summary, base, settings)
    )
    progress.step("checking the models on what came later")
    check = None
    if forecast is not None:
        check = _attempt(problems, "check", lambda: _check(log, base, settings))
    return Analysis(log, summary, settings, base, forecast, check, problems)


def _attempt(
    problems: dict[str, str], what: str, work: Callable[[], _Result]
) -> _Result | None:
    """Return what the work returns; where the data do not allow it, note why."""
    with warnings.catch_warnings():
        # the page says what these say, beside the numbers that they are about
        warnings.simplefilter("ignore", ConvergenceWarning)
        warnings.simplefilter("ignore", EstimateWarning)
        try:
            return work()
        except TenureError as error:
            problems[what] = str(error)
            return None


def _base(log: Transactions, summary: Summary, end: np.datetime64) -> Base:
    known = log.times < end
    values = None if log.values is None else log.values[known]
    same = np.ones(len(log.times), dtype=bool)
    same[log.offsets[:-1]] = False
    waits = np.diff(log.times, prepend=log.times[:1])[same & known]
    return Base(
        first_day=log.times.min().astype("datetime64[D]"),
        last_day=(end - 1).astype("datetime64[D]"),
        customers=len(summary),
        repeaters=int((summary.frequency > 0).sum()),
        purchases=int(known.sum()),
        value=None if values is None else float(values.sum()),
        order_value=None if values is None else float(values.mean()),
        wait=float(np.median(waits / np.timedelta64(1, "D"))) if len(waits) else np.nan,
    )


def _forecast(summary: Summary, base: Base, settings: Settings) -> Forecast:
    buying = BGNBD().fit(summary)
    spending = (
        None if base.order_value is None else _spending(summary, base.order_value)
    )
    models: list[Any] = [buying, *([spending.model] if spending else [])]
    level = settings.interval if all(map(_has_errors, models)) else None
    horizon = settings.horizon
    options: dict[str, Any] = {
        "horizon": horizon,
        "discount_rate": settings.discount_rate,
        "margin": settings.margin,
        "interval": level,
    }
    value = newcomer = None
    if spending is not None:
        value = lifetime_value(buying, spending.model, spending.customers, **options)
        newcomer = lifetime_value_new(buying, spending.model, **options)
    purchases = lifetime_value(
        buying, 1.0, summary, horizon=horizon, discount_rate=0.0, interval=level
    )
    alive = _numbers(buying.probability_alive(summary))
    return Forecast(buying, alive, purchases, spending, value, newcomer, level)


def _has_errors(model: BGNBD | GammaGamma | float) -> bool:
    return isinstance(model, float) or model.result_.covariance is not None


def _spending(summary: Summary, order_value: float) -> Spending:
    """Fit a model of spend to those whose repeat purchases were worth something."""
    mean = summary["monetary_value"]
    again = summary.frequency > 0
    usable = again & np.isfinite(mean) & (mean > 0)
    without = int((again & ~usable).sum())
    fitted = {
        "frequency": summary.frequency[usable].astype(np.float64),
        "monetary_value": mean[usable],
    }
    try:
        model = GammaGamma().fit(fitted)
    except TenureError as error:
        return Spending(order_value, summary, without, str(error))
    new = model.expected_spend_new()
    if not np.isfinite(new):
        problem = (
            "customers differ so much in what they spend that their mean does not "
            f"exist in the model (q = {model.params_['q']:.3g} is at most 1)"
        )
        return Spending(order_value, summary, without, problem)
    # at the mean of all, the model draws nobody anywhere: they get that mean
    known = replace(summary, monetary_value=np.where(again & ~usable, new, mean))
    return Spending(model, known, without)


def _check(log: Transactions, base: Base, settings: Settings) -> Check:
    """Fit to the first part of the log, and predict the second."""
    at = settings.calibration_end
    if at is None:
        days = int((base.last_day - base.first_day).astype(int))
        at = str(base.last_day - round(settings.holdout * (days + 1)))
    split = log.split(at, str(base.last_day), unit=settings.unit)
    buying = BGNBD().fit(split)
    duration = split.holdout_duration
    expected = _numbers(buying.expected_purchases(split, horizon=duration))
    value = None
    if log.values is not None:
        before = log.values[log.times < end_of(at, name="calibration_end")]
        spending = _spending(_as_summary(split), float(before.mean()))
        worth = lifetime_value(
            buying,
            spending.model,
            spending.customers,
            horizon=duration,
            discount_rate=0.0,
        )
        value = worth.total
    return Check(split, buying, expected, value)


def _as_summary(split: Split) -> Summary:
    """Return what was known at the split, without what came after."""
    return Summary(
        split.customer_id,
        split.frequency,
        split.recency,
        split.T,
        split.monetary_value,
        split.unit,
        split.as_of,
        split.family,
    )


def _numbers(series: Any) -> NDArray[np.float64]:
    """Return a series of any family as an array."""
    return Table.of({"numbers": series}).numbers("numbers").values
