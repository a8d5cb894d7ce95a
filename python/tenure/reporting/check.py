"""How well the models do on what they have not seen."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from tenure.plotting._dates import end_of
from tenure.purchasing import BGNBD
from tenure.reporting.forecast import fit_spending, numbers
from tenure.summary import Summary
from tenure.value import lifetime_value

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from tenure.summary import Split
    from tenure.transactions import Transactions

__all__ = ["Check", "check"]


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


def check(log: Transactions, split: Split) -> Check:
    """Fit to the first part of a log, and predict the second."""
    buying = BGNBD().fit(split)
    duration = split.holdout_duration
    expected = numbers(buying.expected_purchases(split, horizon=duration))
    if log.values is None or split.as_of is None:
        return Check(split, buying, expected, None)
    before = log.values[log.times < end_of(split.as_of, name="at")]
    spending = fit_spending(_without_holdout(split), float(before.mean()))
    worth = lifetime_value(
        buying,
        spending.model,
        spending.customers,
        horizon=duration,
        discount_rate=0.0,
    )
    return Check(split, buying, expected, worth.total)


def _without_holdout(split: Split) -> Summary:
    """Return what was known at the split, without what came after."""
    return Summary(
        split.customer_id,
        split.frequency,
        split.recency,
        split.T,
        split.monetary_value,
        unit=split.unit,
        as_of=split.as_of,
        family=split.family,
    )
