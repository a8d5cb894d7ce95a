"""What customers will do, and what that will be worth."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from tenure._frame import Table
from tenure._spending import Spending, fit_spending
from tenure.purchasing import BGNBD
from tenure.value import lifetime_value, lifetime_value_new

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    from tenure.reporting.settings import Settings
    from tenure.spend import GammaGamma
    from tenure.summary import Summary
    from tenure.value import LifetimeValue

__all__ = ["Forecast", "Spending", "fit_spending", "forecast", "numbers"]


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


def forecast(
    summary: Summary, order_value: float | None, settings: Settings
) -> Forecast:
    """Fit the models and look ahead.

    Parameters
    ----------
    summary : Summary
        The customers.
    order_value : float or None
        The mean value of all purchases; None without amounts.
    settings : Settings
        How far to look, and how to count money.
    """
    buying = BGNBD().fit(summary)
    spending = None if order_value is None else fit_spending(summary, order_value)
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
    alive = numbers(buying.probability_alive(summary))
    return Forecast(buying, alive, purchases, spending, value, newcomer, level)


def _has_errors(model: BGNBD | GammaGamma | float) -> bool:
    return isinstance(model, float | int) or model.result_.covariance is not None


def numbers(series: Any) -> NDArray[np.float64]:
    """Return a series of any family as an array."""
    return Table.of({"numbers": series}).numbers("numbers").values
