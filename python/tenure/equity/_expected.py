"""What known customers and those to come will do in each of several periods."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from tenure._buying import newcomers
from tenure._intervals import delta_method, normal_quantile
from tenure._spend_predictions import newcomer
from tenure._worth import Worth
from tenure.equity._spread import excess_of_counts, square_of_counts, value_moments
from tenure.spend import GammaGamma

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from tenure._customers import Customers
    from tenure.equity._appraisal import Appraisal
    from tenure.equity._periods_ahead import Ahead

    Floats = NDArray[np.float64]

__all__ = ["expectations"]

# Times of arrival within a period that stand for all of them.
_ARRIVALS = 8


@dataclass(frozen=True, eq=False)
class _Part:
    """What some of the customers will do: one number a period, and one of all of them.

    Attributes
    ----------
    means, variances : dict of str to array, shape (periods + 1,)
        Of orders, value and active customers, with parameters as they are.
    slopes : dict of str to (array, array), shape (periods + 1, parameters)
        Derivatives of the means in the parameters of buying and of spend.
    """

    means: dict[str, Floats]
    variances: dict[str, Floats]
    slopes: dict[str, tuple[Floats, Floats]]


@dataclass(frozen=True, eq=False)
class _Counts:
    """Purchases of each customer in each period, and in all, with slopes summed up.

    `weights` says how many customers each row stands for.
    """

    mean: Floats
    slopes: Floats
    square: Floats


def expectations(
    one: Appraisal, ahead: Ahead, coming: Floats
) -> tuple[dict[str, tuple[Floats, Floats]], dict[str, tuple[float, float, float]]]:
    """Return what to expect of each period and in all.

    Returns
    -------
    dict of str to (array of shape (2, periods), array)
        Of orders, value and active customers what is expected of known and of new
        customers, and how far the prediction interval reaches either way.
    dict of str to (float, float, float)
        Orders and value of all periods, with the ends of the interval.
    """
    known = _known(one, ahead)
    new = _new(one, ahead, coming)
    z, size = normal_quantile(one.terms.interval), len(ahead)
    found: dict[str, tuple[Floats, Floats]] = {}
    totals: dict[str, tuple[float, float, float]] = {}
    for name in known.means:
        variance = known.variances[name] + new.variances[name]
        slopes = [
            first + second
            for first, second in zip(known.slopes[name], new.slopes[name], strict=True)
        ]
        with np.errstate(invalid="ignore"):
            variance = variance + _of_parameters(one, slopes)
            reach = z * np.sqrt(np.where(np.isfinite(variance), variance, np.nan))
        mean = np.stack([known.means[name], new.means[name]])
        found[name] = (mean[:, :size], reach[:size])
        if name != "active":
            total, apart = float(mean[:, size].sum()), float(reach[size])
            totals[name] = (total, total - apart, total + apart)
    return found, totals


def _of_parameters(one: Appraisal, slopes: list[Floats]) -> Floats:
    """Return the variance of sums for the uncertainty of the parameters."""
    variance = np.zeros(len(slopes[0]))
    for slope, model in zip(slopes, (one.buying, one.spending.model), strict=True):
        if isinstance(model, int | float) or model.result_.status == "given":
            continue
        covariance = model.result_.covariance
        if covariance is None:
            return np.full(len(variance), np.nan)
        variance += delta_method(slope, covariance) ** 2
    return variance


def _worth(one: Appraisal) -> Worth:
    errors = not isinstance(one.spending.model, int | float) and (
        one.spending.model.result_.covariance is not None
    )
    return Worth.of(
        one.spending.model,
        one.spending.customers,
        one.buying._customers(one.summary),  # noqa: SLF001
        margin=one.terms.margin,
        cost=one.terms.cost_per_order,
        interval=one.terms.interval if errors else None,
    )


def _asked(one: Appraisal, customers: Customers, horizon: Any, quantity: Any) -> Any:
    """Return a quantity of each customer and its slopes."""
    lengths = np.atleast_1d(np.asarray(horizon, dtype=np.float64))
    return one.buying._predict(quantity, customers, lengths, gradient=True)  # noqa: SLF001


# -- customers who are known ------------------------------------------------------


def _known(one: Appraisal, ahead: Ahead) -> _Part:
    customers = one.buying._customers(one.summary)  # noqa: SLF001
    size, n = len(ahead), len(customers)
    worth = _worth(one)
    mean = np.zeros((n, size + 1))
    of_orders: list[Floats] = []
    of_value: list[Floats] = []
    reached, slopes = np.zeros(n), None
    active: Floats = np.zeros((n, size + 1))
    of_active: list[Floats] = []
    for place, end in enumerate(ahead.ends):
        now, steep = _asked(one, customers, end, "expected_purchases")
        gained = np.maximum(now - reached, 0.0)
        steeper = steep if slopes is None else steep - slopes
        mean[:, place] = gained
        of_orders.append(steeper.sum(axis=0))
        of_value.append(worth.value @ steeper)
        length = end - ahead.starts[place]
        active[:, place], summed = _active(one, customers, length, gained, steeper)
        of_active.append(summed)
        reached, slopes = now, steep
    assert slopes is not None  # noqa: S101
    mean[:, size] = reached
    of_orders.append(slopes.sum(axis=0))
    of_value.append(worth.value @ slopes)
    of_active.append(np.zeros_like(of_active[0]))
    of_spend = np.zeros((size + 1, 1))
    if worth.gradients is not None:
        of_spend = (mean * worth.margin[:, None]).T @ worth.gradients
    return _Part(
        means={
            "orders": mean.sum(axis=0),
            "value": worth.value @ mean,
            "active": active.sum(axis=0),
        },
        variances={
            **_spread_of_known(one, customers, mean, worth, float(ahead.ends[-1])),
            "active": (active * (1 - active)).sum(axis=0),
        },
        slopes={
            "orders": (np.array(of_orders), np.zeros_like(of_spend)),
            "value": (np.array(of_value), of_spend),
            "active": (np.array(of_active), np.zeros_like(of_spend)),
        },
    )


def _spread_of_known(
    one: Appraisal, customers: Customers, mean: Floats, worth: Worth, horizon: float
) -> dict[str, Floats]:
    """Return the variances of orders and value, the last of the whole time."""
    model, spenders = one.spending.model, None
    if isinstance(model, GammaGamma):
        spenders = model._customers(one.spending.customers)  # noqa: SLF001
    moments = value_moments(model, spenders, len(mean))
    whole = mean[:, -1]
    excess = excess_of_counts(whole, square_of_counts(one.buying, customers, horizon))
    square = _square(mean, whole, excess)
    money = _value_square(one, moments, mean, square)
    expected = worth.value[:, None] * mean
    return {
        "orders": (square - mean**2).sum(axis=0),
        "value": (money - expected**2).sum(axis=0),
    }


def _active(
    one: Appraisal, customers: Customers, length: float, gained: Floats, slopes: Floats
) -> tuple[Floats, Floats]:
    """Return the probability of a purchase in a period, and its slopes summed up.

    That of the time from now on that is as long as the period, times how much less is
    expected of the period.
    """
    none, of_none = _asked(one, customers, length, "no_purchase")
    soon, of_soon = _asked(one, customers, length, "expected_purchases")
    some = 1.0 - none
    rest = np.divide(gained, soon, out=np.zeros(len(soon)), where=soon > 0)
    part = np.divide(some, soon, out=np.zeros(len(soon)), where=soon > 0)
    summed = -(rest @ of_none) + part @ slopes - (part * rest) @ of_soon
    return np.clip(some * rest, 0.0, 1.0), summed


def _square(mean: Floats, whole: Floats, excess: Floats) -> Floats:
    """Return expected squares of counts that are parts of a count."""
    share = np.divide(
        mean, whole[:, None], out=np.zeros_like(mean), where=whole[:, None] > 0
    )
    return mean + mean**2 + excess[:, None] * share**2


def _value_square(
    one: Appraisal, moments: tuple[Floats, Floats, Floats], mean: Floats, square: Floats
) -> Floats:
    """Return the expected square of what counts with these moments bring."""
    each, within, between = (part[:, None] for part in moments)
    share = 1.0 if one.terms.margin is None else one.terms.margin
    cost = one.terms.cost_per_order
    with np.errstate(invalid="ignore"):
        money = mean * within + square * between
    money = np.where(square > 0, money, 0.0)
    return share**2 * money - 2 * share * cost * each * square + cost**2 * square


# -- customers to come -------------------------------------------------------------


def _new(one: Appraisal, ahead: Ahead, coming: Floats) -> _Part:
    """Return what those do who come, the first purchase counted."""
    size = len(ahead)
    pb = len(one.buying.result_.theta)
    worth, of_spend = _newcomers_worth(one)
    names = ("orders", "value", "active")
    means, variances = ({name: np.zeros(size + 1) for name in names} for _ in range(2))
    of_buying = {name: np.zeros((size + 1, pb)) for name in names}
    spent = np.zeros(size + 1)
    cohorts = np.flatnonzero(coming > 0)
    for place in cohorts.tolist():
        count = float(coming[place])
        counts, active, of_active = _cohort(one, ahead, place)
        first = np.zeros(size + 1)
        first[[place, size]] = 1.0
        mean = counts.mean + first
        square = counts.square + first * (1 + 2 * counts.mean)
        moments = value_moments(one.spending.model, None, 1)
        money = _value_square(one, moments, mean[None], square[None])[0]
        means["orders"] += count * mean
        means["value"] += count * worth * mean
        means["active"] += count * active
        variances["orders"] += count * square
        variances["value"] += count * money
        variances["active"] += count * active
        of_buying["orders"] += count * counts.slopes
        of_buying["value"] += count * worth * counts.slopes
        of_buying["active"] += count * of_active
        spent += count * mean
    share = 1.0 if one.terms.margin is None else one.terms.margin
    in_spend = share * spent[:, None] * of_spend[None, :]
    slopes = {name: (of_buying[name], np.zeros_like(in_spend)) for name in names}
    slopes["value"] = (of_buying["value"], in_spend)
    return _Part(means, variances, slopes)


def _newcomers_worth(one: Appraisal) -> tuple[float, Floats]:
    """Return what a purchase of a newcomer brings, and the slopes of its value."""
    model = one.spending.model
    share = 1.0 if one.terms.margin is None else one.terms.margin
    if not isinstance(model, GammaGamma):
        return share * model - one.terms.cost_per_order, np.zeros(1)
    has_errors = model.result_.covariance is not None
    values, slopes = model._expected(newcomer(), gradient=has_errors)  # noqa: SLF001
    worth = share * float(values[0]) - one.terms.cost_per_order
    return worth, np.zeros(1) if slopes is None else slopes[0]


def _cohort(one: Appraisal, ahead: Ahead, place: int) -> tuple[_Counts, Floats, Floats]:
    """Return repeat purchases of one customer of a cohort, and if they are active."""
    size, pb = len(ahead), len(one.buying.result_.theta)
    start, end = ahead.starts[place], ahead.ends[place]
    arrivals = start + (np.arange(_ARRIVALS) + 0.5) / _ARRIVALS * (end - start)
    ages = np.maximum(ahead.ends[place:, None] - arrivals, 0.0)
    ages = np.concatenate([np.zeros((1, _ARRIVALS)), ages])
    unseen = newcomers(ages.size, one.summary.unit)
    bought, slopes = _asked(one, unseen, ages.ravel(), "expected_purchases")
    reached = bought.reshape(ages.shape).mean(axis=1)
    steep = slopes.reshape((*ages.shape, pb)).mean(axis=1)
    mean, summed = np.zeros(size + 1), np.zeros((size + 1, pb))
    mean[place:size], summed[place:size] = np.diff(reached), np.diff(steep, axis=0)
    mean[size], summed[size] = reached[-1], steep[-1]
    just = newcomers(1, one.summary.unit)
    horizon = float(ahead.ends[-1])
    whole, _ = _asked(one, just, horizon, "expected_purchases")
    excess = excess_of_counts(whole, square_of_counts(one.buying, just, horizon))
    square = _square(mean[None], whole, excess)[0]
    active, of_active = np.zeros(size + 1), np.zeros((size + 1, pb))
    active[place] = 1.0
    for later in range(place + 1, size):
        length = float(ahead.ends[later] - ahead.starts[later])
        found, slope = _active(
            one, just, length, mean[later : later + 1], summed[later : later + 1]
        )
        active[later], of_active[later] = found[0], slope
    return _Counts(mean, summed, square), active, of_active
