"""Everything that a report says, computed before anything is written."""

from __future__ import annotations

import warnings
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, TypeVar

import numpy as np

from tenure.auditing import audit
from tenure.exceptions import (
    ConvergenceWarning,
    EstimateWarning,
    ParameterError,
    TenureError,
)
from tenure.plotting._dates import end_of
from tenure.reporting.check import check
from tenure.reporting.forecast import forecast
from tenure.reporting.segmentation import segmentation, spread

if TYPE_CHECKING:
    from collections.abc import Callable

    from tenure._typing import Date
    from tenure.auditing import Audit
    from tenure.reporting.check import Check
    from tenure.reporting.forecast import Forecast
    from tenure.reporting.progress import Progress
    from tenure.reporting.segmentation import Segmentation, Spread
    from tenure.reporting.settings import Settings
    from tenure.summary import Summary
    from tenure.transactions import Transactions

__all__ = ["Analysis", "Base", "analyse"]

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
        What all purchases were worth; None without amounts, as `order_value`.
    order_value : float or None
        What a purchase was worth on average.
    median_value : float
        What half of all purchases were worth at most; NaN without amounts.
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
    median_value: float
    wait: float


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
    segmentation : Segmentation or None
        Scores and segments; None if `problems["segments"]` says why.
    spread : Spread or None
        How much the best customers bring; None without amounts.
    audit : Audit or None
        The customer-base audit; None if it was not asked for, or `problems["audit"]`
        says why.
    problems : dict of str to str
        What could not be done, in words.
    """

    log: Transactions
    summary: Summary
    settings: Settings
    base: Base
    forecast: Forecast | None
    check: Check | None
    segmentation: Segmentation | None
    spread: Spread | None
    audit: Audit | None
    problems: dict[str, str] = field(default_factory=dict[str, str])


def analyse(log: Transactions, settings: Settings, progress: Progress) -> Analysis:
    """Compute everything that a report says."""
    progress.step("counting customers and purchases")
    as_of = log.span[1] if settings.as_of is None else settings.as_of
    summary = log.summary(settings.unit, as_of=settings.as_of)
    base = _base(log, summary, end_of(as_of, name="as_of"))
    calibration_end = _calibration_end(base, settings)
    problems: dict[str, str] = {}

    def look_ahead() -> Forecast:
        return forecast(summary, base.order_value, settings)

    def look_back() -> Check:
        last = str(base.last_day)
        return check(log, log.split(calibration_end, last, unit=settings.unit))

    progress.step("fitting models of buying and spending")
    ahead, back = _attempt(problems, "forecast", look_ahead), None
    if ahead is not None:
        progress.step("checking the models on what came later")
        back = _attempt(problems, "check", look_back)
    progress.step("scoring customers")
    last, level = base.last_day, settings.interval
    scored = _attempt(problems, "segments", lambda: segmentation(log, last, level))
    spent = None
    if base.value is not None:
        spent = _attempt(problems, "concentration", lambda: spread(log, last, level))
    seen = None
    if settings.audit:
        progress.step("looking through five lenses")
        options: dict[str, Any] = {"margin": settings.margin, "level": level}
        if base.value is None:
            del options["margin"]
        seen = _attempt(
            problems, "audit", lambda: audit(log, as_of=str(last), **options)
        )
    parts = (base, ahead, back, scored, spent, seen)
    return Analysis(log, summary, settings, *parts, problems)


def _calibration_end(base: Base, settings: Settings) -> Date:
    """Return the last day that the check may know."""
    asked = settings.calibration_end
    if asked is None:
        days = int((base.last_day - base.first_day).astype(int)) + 1
        return str(base.last_day - round(settings.holdout * days))
    end = end_of(asked, name="calibration_end")
    if not base.first_day < end <= base.last_day:
        raise ParameterError.of(
            name="calibration_end",
            expected=f"lie between {base.first_day} and {base.last_day}",
            found=repr(asked),
        )
    return asked


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
        median_value=np.nan if values is None else float(np.median(values)),
        wait=float(np.median(waits / np.timedelta64(1, "D"))) if len(waits) else np.nan,
    )
