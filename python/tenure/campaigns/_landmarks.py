"""Customers at the moment when some of them join, and what they did until then."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

import numpy as np

from tenure.exceptions import ParameterError

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from tenure.campaigns._orders import Orders

__all__ = ["Every", "Landmark", "Landmarks", "landmark_days"]

Every = Literal["day", "week", "month"]


@dataclass(frozen=True, eq=False)
class Landmark:
    """The customers who could be compared at the end of one day.

    Attributes
    ----------
    day : int
        The day: what came until its end is known, outcomes begin with the next.
    who : int64 array
        Places in the log of the customers who had bought by then and had not joined
        before the period that ends with the day.
    joined : bool array
        Which of them joined in that period.
    covariates : float64 array, shape (n, k)
        What they had done by the end of the day, on logarithmic scales.
    bought : bool array
        Whether they bought in the period.
    """

    day: int
    who: NDArray[np.int64]
    joined: NDArray[np.bool_]
    covariates: NDArray[np.float64]
    bought: NDArray[np.bool_]


@dataclass(frozen=True, eq=False)
class Landmarks:
    """What is needed to look at customers at any landmark.

    Attributes
    ----------
    orders : Orders
        The log.
    joined : int64 array
        When each customer of the log joined; far in the future for the others.
    history : int
        Days whose orders are recent.
    every : str
        How long the periods are.
    """

    orders: Orders
    joined: NDArray[np.int64]
    history: int
    every: Every

    @property
    def names(self) -> tuple[str, ...]:
        """What the covariates are."""
        plain = ("age", "recency_days", "orders", "recent_orders")
        money = ("spend", "recent_spend")
        return plain if self.orders.values is None else plain + money

    def at(self, day: int) -> Landmark:
        """Return the customers at the end of a day."""
        first = self.orders.days[self.orders.offsets[:-1]]
        begin = _begin(day, self.every)
        who = np.flatnonzero((first <= day) & (self.joined >= begin))
        now = np.full(len(who), day + 1)
        place = self.orders.place(who, now)
        recency = day - self.orders.days[place - 1]
        never = np.full(len(who), self.orders.first)
        recent = now - self.history
        columns = [
            day - first[who],
            recency,
            self.orders.within(who, never, now),
            self.orders.within(who, recent, now),
        ]
        if self.orders.values is not None:
            columns += [
                self.orders.within(who, never, now, "revenue"),
                self.orders.within(who, recent, now, "revenue"),
            ]
        covariates = np.log1p(np.maximum(np.column_stack(columns), 0.0))
        return Landmark(
            day=day,
            who=who,
            joined=self.joined[who] <= day,
            covariates=covariates,
            bought=recency <= day - begin,
        )


def landmark_days(joined: NDArray[np.int64], every: Every) -> NDArray[np.int64]:
    """Return the last day of the period of each day.

    Examples
    --------
    >>> import numpy as np
    >>> day = np.array(["2024-02-07"], "datetime64[D]").astype(int)
    >>> for every in ("day", "week", "month"):
    ...     print(landmark_days(day, every).astype("datetime64[D]")[0])
    2024-02-07
    2024-02-11
    2024-02-29
    """
    if every == "day":
        return joined
    if every == "week":  # 1970-01-01 was a Thursday
        return joined + (3 - joined) % 7
    if every == "month":
        months = joined.astype("datetime64[D]").astype("datetime64[M]")
        return (months + 1).astype("datetime64[D]").astype(np.int64) - 1
    raise ParameterError.of(
        name="every", expected="be one of day, week, month", found=repr(every)
    )


def _begin(day: int, every: Every) -> int:
    """Return the first day of the period that ends with a day."""
    if every == "day":
        return day
    if every == "week":
        return day - 6
    month = np.datetime64(day, "D").astype("datetime64[M]")
    return int(month.astype("datetime64[D]").astype(np.int64))
