"""Spend beside the customers that it won: one cell a channel and period."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from tenure.exceptions import EmptyDataError, ParameterError

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from tenure._calendar import Calendar
    from tenure.economics._acquired import Acquired
    from tenure.economics._spend import Spend

__all__ = ["Matched"]


@dataclass(frozen=True, eq=False)
class Matched:
    """Spend and new customers, in rows of channels and columns of periods.

    Attributes
    ----------
    starts : int64 array
        The day on which each period begins; one more than periods.
    channels : tuple
        The channels; what belongs to none is in one more row, the last.
    spent, acquiring : float64 array, shape (channels + 1, periods)
        All spend on the customers of a period, and that which was to win customers:
        both lie `lag` periods before.
    customers : float64 array, shape (channels + 1, periods)
        New customers.
    counted : bool array
        Periods that count: whole, and with spend that is known.
    in_progress : bool array
        Periods that were not over at the end of observation.
    known : bool array
        Periods whose spend lies within the table of spend.
    has_channels : bool
        Whether customers have channels.
    """

    starts: NDArray[np.int64]
    channels: tuple[Any, ...]
    spent: NDArray[np.float64]
    acquiring: NDArray[np.float64]
    customers: NDArray[np.float64]
    counted: NDArray[np.bool_]
    in_progress: NDArray[np.bool_]
    known: NDArray[np.bool_]
    has_channels: bool

    @classmethod
    def of(
        cls, spend: Spend, acquired: Acquired, calendar: Calendar, lag: int
    ) -> Matched:
        """Bring spend and customers together."""
        both = np.concatenate([spend.days, acquired.days])
        starts = calendar.starts(int(both.min()), int(both.max()))
        paid_in = np.searchsorted(starts, spend.days, side="right") - 1
        came_in = np.searchsorted(starts, acquired.days, side="right") - 1
        channels = _all_channels(spend.channels, acquired.channels)
        periods = len(starts) - 1
        shape = len(channels) + 1, periods
        place = {channel: row for row, channel in enumerate(channels)}
        rows = _rows(spend.channels, place)
        spent, acquiring = np.zeros(shape), np.zeros(shape)
        for_period = paid_in + lag
        kept = for_period < periods
        np.add.at(spent, (rows[kept], for_period[kept]), spend.amounts[kept])
        wins = kept & spend.acquires
        np.add.at(acquiring, (rows[wins], for_period[wins]), spend.amounts[wins])
        customers = np.zeros(shape)
        labels = acquired.channels
        own = np.full(len(came_in), len(channels))
        if labels is not None:
            own = _rows(labels, place)
        np.add.at(customers, (own, came_in), acquired.customers)
        at = np.arange(periods)
        known = (at - lag >= paid_in.min()) & (at - lag <= paid_in.max())
        until = np.inf if acquired.until is None else acquired.until
        in_progress = starts[1:] > until
        found = cls(
            starts,
            channels,
            spent,
            acquiring,
            customers,
            known & ~in_progress,
            in_progress,
            known,
            labels is not None,
        )
        found._check(lag)
        return found

    def _check(self, lag: int) -> None:
        won = self.customers.sum(axis=0)
        if won[self.counted].any() or not (won.any() or not self.counted.any()):
            return
        hint = "are the dates of the same years, and is the lag in periods?"
        if not (self.known & (won > 0)).any():
            what = "no customer was acquired in a period with spend"
            if lag:
                what = f"no customer was acquired {lag} periods after any spend"
        else:
            what = "no period with spend was over at the end of observation"
            hint = "a later `as_of`, or a shorter period, has one"
        raise EmptyDataError.of(what, hint=hint)

    def paid_rows(self, paid: tuple[Any, ...] | None) -> NDArray[np.bool_]:
        """Return which rows are channels that are paid for."""
        rows = np.zeros(len(self.channels) + 1, dtype=bool)
        if paid is None:
            rows[:-1] = (self.acquiring[:-1] > 0).any(axis=1)
            return rows
        for channel in paid:
            if channel not in self.channels:
                names = ", ".join(map(repr, self.channels)) or "none"
                raise ParameterError.of(
                    name="paid",
                    expected=f"name channels of the data: {names}",
                    found=repr(channel),
                )
            rows[self.channels.index(channel)] = True
        return rows


def _all_channels(
    of_spend: NDArray[Any], of_customers: NDArray[Any] | None
) -> tuple[Any, ...]:
    """Return the channels that occur, in order."""
    labels = set(of_spend.tolist())
    if of_customers is not None:
        labels |= set(of_customers.tolist())
    known = [label for label in labels if label is not None]
    try:
        return tuple(sorted(known))
    except TypeError:
        return tuple(sorted(known, key=str))


def _rows(labels: NDArray[Any], place: dict[Any, int]) -> NDArray[np.int64]:
    """Return the row of each label; the last one for none."""
    found = [place.get(label, len(place)) for label in labels.tolist()]
    return np.array(found, dtype=np.int64)
