"""What a log says of each of its customers: the numbers that metrics are made from."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Any

import numpy as np

from tenure._series import column_of
from tenure.exceptions import ColumnError, ParameterError
from tenure.retention.periods import length_in_days, observed_until

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from tenure._column import Column
    from tenure._typing import Date
    from tenure._units import Horizon
    from tenure.transactions import Transactions

__all__ = ["NEEDING", "LogColumns"]

NEEDING = ("retained", "revenue", "mean_value")
"""Columns that need a horizon, or amounts."""

# Days before the horizon in which a purchase says that a customer is there still.
_WINDOW = 30.0

_DAY = np.timedelta64(1, "D")


@dataclass(frozen=True, eq=False)
class LogColumns:
    """Columns of a log, one row a customer who had bought by the last day observed.

    Attributes
    ----------
    log : Transactions
    activity : dict of str to array
        What `Transactions.activity` has.
    end : numpy.datetime64
        The first instant that is not observed.
    horizon, window : float or None
        Days: see `metrics`.
    """

    log: Transactions
    activity: dict[str, NDArray[Any]]
    end: np.datetime64
    horizon: float | None
    window: float | None

    @classmethod
    def of(
        cls,
        log: Transactions,
        *,
        as_of: Date | None,
        horizon: Horizon | None,
        window: Horizon | None,
    ) -> LogColumns:
        """Return the columns of a log as of a day."""
        days = None if horizon is None else length_in_days(horizon, "horizon")
        width = None if window is None else length_in_days(window, "window")
        if width is None and days is not None:
            width = min(_WINDOW, days)
        if width is not None and (days is None or width > days):
            raise ParameterError.of(
                name="window",
                expected="be no longer than the horizon that it ends at",
                found=repr(window),
            )
        activity = log._activity(as_of)  # noqa: SLF001
        return cls(log, activity, observed_until(log, as_of), days, width)

    def __len__(self) -> int:
        """Return the number of customers."""
        return len(self.activity["customer_id"])

    @cached_property
    def _places(self) -> NDArray[np.int64]:
        """Where each customer stands in the log."""
        firsts = self.log.times[self.log.offsets[:-1]]
        return np.flatnonzero(firsts < self.end)

    @property
    def names(self) -> tuple[str, ...]:
        """The columns that there are."""
        money = ("revenue", "mean_value") if self.log.values is not None else ()
        timed = () if self.horizon is None else ("retained",)
        own = ("customer_id", "orders", "recency_days", "tenure_days", "repeated")
        attributes = tuple(self.log._log.attributes)  # noqa: SLF001
        return (*own, *money, *timed, *attributes, "cohort")

    def column(self, name: str) -> Column:
        """Return a column, a value a customer."""
        attributes = self.log._log.attributes  # noqa: SLF001
        if name in attributes:
            return column_of(name, attributes[name][self._places])
        if name not in self.names:
            raise self._unknown(name)
        return column_of(name, self._made(name))

    def _unknown(self, name: str) -> Exception:
        if name == "retained":
            return ParameterError.of(
                name="horizon",
                expected="say at which age customers are looked at",
                found="None",
                hint="as in horizon='90 days'",
            )
        if name in ("revenue", "mean_value"):
            return ParameterError.of(
                name="log",
                expected="have amounts",
                found="a log without",
                hint="Transactions(..., amount=...) names their column",
            )
        return ColumnError.unknown(name, self.names)

    def _made(self, name: str) -> NDArray[Any]:
        activity = self.activity
        own = {
            "customer_id": "customer_id",
            "orders": "purchases",
            "recency_days": "recency_days",
            "revenue": "total_value",
            "mean_value": "mean_value",
        }
        if name in own:
            values = activity[own[name]]
            return values if name == "customer_id" else values.astype(np.float64)
        if name == "cohort":
            months = activity["first_purchase"].astype("datetime64[M]")
            return months.astype(str).astype(object)
        if name == "tenure_days":
            return self._ages.astype(np.float64)
        return self._returned(name)

    @cached_property
    def _ages(self) -> NDArray[np.int64]:
        """Days from the day of the first purchase to the last day observed."""
        last = (self.end - np.timedelta64(1, "us")).astype("datetime64[D]")
        first = self.activity["first_purchase"].astype("datetime64[D]")
        return ((last - first) / _DAY).astype(np.int64)

    def _returned(self, name: str) -> NDArray[np.float64]:
        """Return who bought again, NaN where that is not known yet."""
        if self.horizon is None:
            return (self.activity["purchases"] > 1).astype(np.float64)
        offsets = self.log.offsets
        times = self.log.times.astype("datetime64[D]")
        owners = np.repeat(np.arange(len(offsets) - 1), np.diff(offsets))
        ages = (times - times[offsets[:-1]][owners]) / _DAY
        later = np.ones(len(times), dtype=bool)
        later[offsets[:-1]] = False
        since = (
            0.0
            if name == "repeated" or self.window is None
            else (self.horizon - self.window)
        )
        within = later & (ages <= self.horizon) & (self.log.times < self.end)
        within &= (ages > since) | (since == 0.0)
        hits = np.bincount(owners[within], minlength=len(offsets) - 1)[self._places]
        return np.where(self._ages >= self.horizon, hits > 0, np.nan).astype(np.float64)
