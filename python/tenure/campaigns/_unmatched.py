"""What comparisons that are not fair would have said."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np

from tenure._intervals import normal_quantile
from tenure.campaigns._compare import How, Side, compare_ratios
from tenure.campaigns._matching import outcomes
from tenure.campaigns._stats import stats_module
from tenure.campaigns.effect import Effect

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from tenure.campaigns._landmarks import Landmarks
    from tenure.campaigns._matching import Matches
    from tenure.campaigns._orders import Orders

__all__ = ["immortal", "unadjusted"]


def unadjusted(
    places: Landmarks, found: Matches, length: int, level: float
) -> list[Effect]:
    """Compare members with all who had not joined at the same landmarks.

    The interval is for the members at hand; the others are many.
    """
    days = np.unique(found.day).tolist()
    differences: dict[str, list[NDArray[np.float64]]] = {}
    values: dict[str, list[NDArray[np.float64]]] = {}
    others = 0
    for day in days:
        landmark = places.at(day)
        at = np.full(len(landmark.who), day)
        others += int((~landmark.joined).sum())
        for name, counts in outcomes(places.orders, landmark.who, at, length).items():
            own = counts[landmark.joined]
            usual = counts[~landmark.joined].mean()
            values.setdefault(name, []).append(own)
            differences.setdefault(name, []).append(own - usual)
    effects: list[Effect] = []
    normal = stats_module("scipy.stats").norm
    for name, parts in differences.items():
        apart, own = np.concatenate(parts), np.concatenate(values[name])
        mean, value = float(apart.mean()), float(own.mean())
        error = float(apart.std(ddof=1)) / np.sqrt(len(own)) if len(own) > 1 else np.nan
        reach, base = normal_quantile(level) * error, value - mean
        effects.append(
            Effect(
                *(name, "member", "unadjusted", len(own), others, value, base),
                *(mean, float(error), mean - reach, mean + reach),
                lift=mean / base if base > 0 else np.nan,
                p_value=float(2 * normal.sf(abs(mean) / error)) if error else np.nan,
            )
        )
    return effects


def immortal(
    orders: Orders, members: NDArray[np.bool_], length: int, level: float
) -> list[Effect]:
    """Compare ever with never members from the first purchase on, for so many days."""
    who = np.arange(len(members))
    first = orders.first_day(who)
    seen = first <= orders.until
    days = np.where(seen, orders.until + 1 - first, 0) / length
    end = np.full(len(who), orders.until + 1)
    measures = {"orders": orders.within(who, first, end)}
    if orders.values is not None:
        measures["revenue"] = orders.within(who, first, end, "revenue")
    effects: list[Effect] = []
    for name, values in measures.items():
        groups = [
            (values[side & seen], days[side & seen]) for side in (members, ~members)
        ]
        if min(len(group[0]) for group in groups) == 0:
            continue
        found = compare_ratios(Side(name, "member"), groups[0], groups[1], How(level))
        effects.append(replace(found, method="immortal time"))
    return effects
