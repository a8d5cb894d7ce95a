"""The touches before each order, and how its credit is shared among them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from tenure.channels._events import Events
    from tenure.channels.attribution import Orders

__all__ = ["Journeys", "credits_of"]


@dataclass(frozen=True, eq=False)
class Journeys:
    """Pairs of an order and a touch before it, by order and by time.

    Attributes
    ----------
    order, channel : int64 array
        The order and the channel of each pair.
    first, last : bool array
        Whether the touch is of the first, or the last, moment before its order.
    days : float64 array
        Days from the touch to the order.
    counts : int64 array
        How many touches each order has.
    alone : int64 array
        The orders without a touch.
    owners : int64 array
        The customer of each order.
    amounts : float64 array or None
        What each order is worth.
    customers : int
        How many customers have ordered.
    """

    order: NDArray[np.int64]
    channel: NDArray[np.int64]
    first: NDArray[np.bool_]
    last: NDArray[np.bool_]
    days: NDArray[np.float64]
    counts: NDArray[np.int64]
    alone: NDArray[np.int64]
    owners: NDArray[np.int64]
    amounts: NDArray[np.float64] | None
    customers: int

    @classmethod
    def of(
        cls, seen: Events, bought: Orders, lookback: float, *, after_last_order: bool
    ) -> Journeys:
        """Return the touches within the lookback of each order."""
        touched = seen.times
        assert touched is not None  # noqa: S101 (touches are read with their times)
        place = {one: code for code, one in enumerate(bought.ids.tolist())}
        code = np.array([place.get(one, -1) for one in seen.ids.tolist()])
        owners = code[seen.owners]
        # beside the customer, times by their rank, so that both make one number
        since = bought.times - np.timedelta64(round(lookback * 86_400_000_000), "us")
        if after_last_order:
            since = np.maximum(since, _previous(bought) + np.timedelta64(1, "us"))
        every = np.concatenate([touched, bought.ends, since])
        ranks = np.unique(every, return_inverse=True)[1].astype(np.int64)
        width = len(every) + 1
        n, m = len(touched), len(bought.times)
        keys = owners * width + ranks[:n]
        used = np.flatnonzero(owners >= 0)
        # ties by channel: they share their credit, whatever their order
        order = used[np.lexsort((seen.channels.codes[used], keys[used]))]
        ordered = keys[order]
        end = np.searchsorted(
            ordered, bought.owners * width + ranks[n : n + m], "right"
        )
        start = np.searchsorted(ordered, bought.owners * width + ranks[n + m :], "left")
        counts = np.maximum(end - start, 0)
        pair = np.repeat(np.arange(m), counts)
        step = np.arange(len(pair)) - np.repeat(np.cumsum(counts) - counts, counts)
        touch = order[start[pair] + step]
        times = touched[touch]
        return cls(
            order=pair,
            channel=seen.channels.codes[touch],
            first=times == touched[order[start[pair]]],
            last=times == touched[order[end[pair] - 1]],
            days=(bought.ends[pair] - times) / np.timedelta64(1, "D"),
            counts=counts,
            alone=np.flatnonzero(counts == 0),
            owners=bought.owners,
            amounts=bought.amounts,
            customers=len(bought.ids),
        )


def _previous(bought: Orders) -> NDArray[np.datetime64]:
    """Return when each order's customer had ordered before; long ago if never."""
    order = np.lexsort((bought.ends, bought.owners))
    times = bought.ends[order]
    before = np.full(len(times), np.datetime64("0001-01-01", "us"))
    owners = bought.owners[order]
    # orders of the same moment are one: what came before is before all of them
    new = np.ones(len(times), dtype=bool)
    new[1:] = (np.diff(owners) != 0) | (times[1:] != times[:-1])
    begins = np.flatnonzero(new)
    group = np.cumsum(new) - 1
    same = owners[begins][1:] == owners[begins][:-1]
    earlier = np.full(len(begins), np.datetime64("0001-01-01", "us"))
    earlier[1:] = np.where(same, times[begins][:-1], earlier[1:])
    before[:] = earlier[group]
    found = np.empty_like(before)
    found[order] = before
    return found


def credits_of(
    journeys: Journeys, model: str, half_life: float, ends: tuple[float, float]
) -> NDArray[np.float64]:
    """Return the share of its order that each touch is credited with."""
    order = journeys.order
    if model in ("first", "last"):
        weights = (journeys.first if model == "first" else journeys.last).astype(float)
    elif model == "linear":
        weights = np.ones(len(order))
    elif model == "time_decay":
        # from the last touch on, so that long ago is not all zeros
        nearest = np.full(len(journeys.counts), np.inf)
        np.minimum.at(nearest, order, journeys.days)
        weights = 2.0 ** (-(journeys.days - nearest[order]) / half_life)
    else:
        weights = _by_position(journeys, ends)
    total = np.bincount(order, weights, len(journeys.counts))
    return weights / total[order]


def _by_position(journeys: Journeys, ends: tuple[float, float]) -> NDArray[np.float64]:
    """Return the ends' shares, and the rest for those between, who are there or not."""
    order, size = journeys.order, len(journeys.counts)
    kinds = {
        "only": journeys.first & journeys.last,
        "first": journeys.first & ~journeys.last,
        "last": journeys.last & ~journeys.first,
        "between": ~journeys.first & ~journeys.last,
    }
    worth = {
        "only": 1.0,
        "first": ends[0],
        "last": ends[1],
        "between": 1.0 - sum(ends),
    }
    there = {name: np.bincount(order, rows, size) for name, rows in kinds.items()}
    if sum(ends) == 0:  # nothing to share between two touches but in equal parts
        pair = there["between"] == 0
        worth_ends = np.where(pair, 0.5, 0.0)
        shares = {"first": worth_ends, "last": worth_ends}
    else:
        shares = {}
    weights = np.zeros(len(order))
    for name, rows in kinds.items():
        each = np.broadcast_to(shares.get(name, worth[name]), size)
        weights[rows] = (each / np.maximum(there[name], 1))[order[rows]]
    return weights
