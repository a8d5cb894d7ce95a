"""What value is: how far ahead, at which margin, by which models, as of which dates."""

from __future__ import annotations

import itertools
import math
from dataclasses import dataclass
from typing import TYPE_CHECKING, cast, get_args

import numpy as np

from tenure._intervals import check_level
from tenure._report import written
from tenure._typing import is_many
from tenure._units import DAYS, continuous_rate, in_units, plural, unit_named
from tenure._worth import amount_of, check_amount
from tenure.exceptions import ParameterError
from tenure.history import Period, ends_of_periods
from tenure.purchasing import BGNBD
from tenure.spend import GammaGamma
from tenure.value import _buying

if TYPE_CHECKING:
    from tenure._purchasing import PurchasingModel
    from tenure._typing import Dates, Unit
    from tenure._units import Horizon
    from tenure.transactions import Transactions

__all__ = ["Models", "Terms", "dates_of", "day_of"]


@dataclass(frozen=True)
class Terms:
    """What a value counts.

    Attributes
    ----------
    horizon : float
        How far to look ahead, in `unit`; infinite for all the time to come.
    discount_rate : float
        Share by which money shrinks over a year.
    margin : float or None
        Share of revenue that is earned; None where a value is revenue.
    cost_per_order : float
        What an order costs beside the goods.
    unit : str
        What ages are measured in.
    interval : float
        Confidence level of intervals.
    ahead : str
        The horizon in words.
    """

    horizon: float
    discount_rate: float
    margin: float | None
    cost_per_order: float
    unit: Unit
    interval: float
    ahead: str

    @classmethod
    def of(
        cls,
        *,
        horizon: Horizon | None,
        discount_rate: float,
        margin: float | None,
        cost_per_order: float,
        unit: Unit,
        interval: float,
    ) -> Terms:
        """Say what is wrong with a setting before any work is done."""
        check_level(interval)
        unit_named(unit)
        continuous_rate(discount_rate, "year", unit)
        check_amount("cost_per_order", cost_per_order)
        if margin is not None:
            check_amount("margin", margin)
        length, ahead = math.inf, "all time to come"
        if horizon is not None:
            length = length_of(horizon, unit, "horizon")
            ahead = f"the next {length:,.4g} {plural(unit)}"
        if isinstance(horizon, str):
            ahead = f"the next {horizon.strip()}"
        return cls(
            length,
            float(discount_rate),
            None if margin is None else float(margin),
            float(cost_per_order),
            unit,
            float(interval),
            ahead,
        )

    @property
    def basis(self) -> str:
        """What a value counts: "margin" or "revenue"."""
        return "revenue" if self.margin is None else "margin"

    def growth(self, length: float) -> float:
        """Return what a unit of money grows to over a length of time in `unit`."""
        rate = continuous_rate(self.discount_rate, "year", self.unit)
        return math.exp(rate * length)

    def earned(self, value: float) -> float:
        """Return the part of revenue that counts."""
        return value if self.margin is None else self.margin * value


def length_of(horizon: Horizon, unit: str, name: str) -> float:
    """Return one length of time greater than 0, in a unit."""
    lengths = in_units(horizon, unit, name=name)
    if len(lengths) == 1 and math.isfinite(lengths[0]) and lengths[0] > 0:
        return float(lengths[0])
    raise ParameterError.of(
        name=name, expected="be one finite length greater than 0", found=repr(horizon)
    )


@dataclass(frozen=True, eq=False)
class Models:
    """Which models are fitted, and when.

    Attributes
    ----------
    buying : PurchasingModel
        The model of buying: copies of it are fitted.
    spend : GammaGamma or float
        The model of spend, or one value for every purchase.
    refit : bool
        Whether models are fitted at each date, or at the first one only.
    """

    buying: PurchasingModel
    spend: GammaGamma | float
    refit: bool

    @classmethod
    def of(
        cls,
        buying: PurchasingModel | None,
        spend: GammaGamma | float | None,
        *,
        refit: bool,
    ) -> Models:
        """Return the models; the usual ones where none are given."""
        chosen = BGNBD() if buying is None else _buying(buying)
        if spend is None:
            return cls(chosen, GammaGamma(), refit)
        kept = spend if isinstance(spend, GammaGamma) else amount_of(spend)
        return cls(chosen, kept, refit)

    @staticmethod
    def is_fitted(model: PurchasingModel | GammaGamma) -> bool:
        """Say whether a model has parameters already."""
        return model._result is not None  # noqa: SLF001


def dates_of(
    log: Transactions, dates: Dates | Period, *, least: int = 1
) -> list[np.datetime64]:
    """Return days in ascending order: those given, or the ends of periods.

    Parameters
    ----------
    log : Transactions
        The log.
    dates : sequence of dates, or {"week", "month", "quarter", "year"}
        Which; the ends of periods are those within the log.
    least : int, default 1
        How many there must be.
    """
    if isinstance(dates, str) and dates in get_args(Period):
        days = list(ends_of_periods(cast("Period", dates), *log.span))
    elif is_many(dates):
        days = [day_of(log, one, "dates") for one in dates]
    else:
        raise ParameterError.of(
            name="dates",
            expected="be a sequence of dates, or 'week', 'month', 'quarter' or 'year'",
            found=repr(dates),
        )
    if len(days) < least or any(
        later <= earlier for earlier, later in itertools.pairwise(days)
    ):
        count = "one date at least" if least == 1 else f"{least} dates at least"
        raise ParameterError.of(
            name="dates",
            expected=f"be {count}, each later than the one before",
            found=", ".join(map(written, days)) or "none",
        )
    return days


def day_of(log: Transactions, date: object, name: str) -> np.datetime64:
    """Return a date as a day."""
    microseconds, _ = log._date(date, name)  # type: ignore[arg-type]  # noqa: SLF001
    return np.datetime64(microseconds, "us").astype("datetime64[D]")


def length_between(start: np.datetime64, end: np.datetime64, unit: str) -> float:
    """Return the time from one day to another in a unit."""
    return float((end - start) / np.timedelta64(1, "D")) / DAYS[unit]
