"""Scores, segments, their movement, and how much the best customers bring."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from tenure._concentration import Concentration, concentration
from tenure._top_stability import TopStability, top_stability
from tenure.exceptions import TenureError
from tenure.formulas import valued_activity
from tenure.rfm import RFM

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from tenure.rfm import Scores
    from tenure.rfm.migration import Migration
    from tenure.transactions import Transactions

__all__ = ["Segmentation", "Spread", "segmentation", "spread"]

# How far back movement is looked at: so many days, or this share of a shorter log.
_BACK = 182
_SHARE = 1 / 3

# With fewer customers at the earlier date, movement is left out.
_FEW = 20


@dataclass(frozen=True, eq=False)
class Segmentation:
    """The customers by recency, frequency and money.

    Attributes
    ----------
    rfm : RFM
        Fitted to the customers at the date of the page.
    scores : Scores
        Their scores and segments.
    movement : Migration or None
        Who moved from which segment to which since `earlier`; None where too few had
        bought by then.
    """

    rfm: RFM
    scores: Scores
    movement: Migration | None


@dataclass(frozen=True, eq=False)
class Spread:
    """How much of the revenue the best customers bring.

    Attributes
    ----------
    concentration : Concentration
        Of revenue so far.
    stability : TopStability or None
        Whether the best tenth of an earlier date still is; None if that cannot be said.
    """

    concentration: Concentration
    stability: TopStability | None


def segmentation(
    log: Transactions, last_day: np.datetime64, interval: float
) -> Segmentation:
    """Score and name the customers of a log as of a day."""
    dimensions = ("recency", "frequency", "monetary")
    if log.values is None:
        dimensions = dimensions[:2]
    rfm = RFM(dimensions=dimensions)
    rfm.fit(log, as_of=last_day, truncate=True)
    movement = None
    earlier = _earlier(log, last_day)
    if _known(log, earlier) >= _FEW:
        movement = RFM(dimensions=dimensions).migration(
            log, [earlier, last_day], level=interval
        )
    return Segmentation(rfm, rfm.score(), movement)


def spread(log: Transactions, last_day: np.datetime64, interval: float) -> Spread:
    """Return how revenue is spread over the customers of a log as of a day."""
    activity = valued_activity(log, str(last_day))
    revenue: NDArray[np.float64] = activity["total_value"].astype(np.float64)
    found = concentration({"revenue": revenue}, value="revenue", interval=interval)
    earlier, days = _earlier(log, last_day), _window(log, last_day)
    stability = None
    if _known(log, earlier) >= _FEW:
        try:
            stability = top_stability(
                log,
                [str(earlier), str(last_day)],
                window=f"{days} days",
                interval=interval,
            )
        except TenureError:  # nobody brought anything in one of the two windows
            stability = None
    return Spread(found, stability)


def _window(log: Transactions, last_day: np.datetime64) -> int:
    """Return how many days movement is looked at over."""
    days = int((last_day - log.span[0]).astype(int))
    return min(_BACK, max(1, int(days * _SHARE)))


def _earlier(log: Transactions, last_day: np.datetime64) -> np.datetime64:
    return last_day - np.timedelta64(_window(log, last_day), "D")


def _known(log: Transactions, day: np.datetime64) -> int:
    """Return how many customers had bought by the end of a day."""
    firsts = log.times[log.offsets[:-1]]
    return int((firsts < day + np.timedelta64(1, "D")).sum())
