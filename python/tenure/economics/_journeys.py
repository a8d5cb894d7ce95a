"""What each customer has brought by each age, and how long each was observed."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from tenure._units import DAYS
from tenure.economics._acquired import first_moments
from tenure.exceptions import EmptyDataError, ParameterError
from tenure.retention.periods import observed_until

if TYPE_CHECKING:
    from numpy.typing import ArrayLike, NDArray

    from tenure._typing import Date
    from tenure.transactions import Transactions

__all__ = ["Journeys", "check_discount"]

_DAY = 86_400_000_000


@dataclass(frozen=True, eq=False)
class Journeys:
    """The money of customers, by its age: the days since their first purchase.

    Refunds of the day of a purchase reduce it; later ones count when they were made,
    as in tables of cohorts.

    Attributes
    ----------
    customer : int64 array
        Whose money each entry is: a place among `there`.
    age : float64 array
        Its age in days.
    money : float64 array
        Margin, or revenue; discounted to the first purchase where that was asked for.
    first : int64 array
        When each customer bought first, in microseconds.
    exposure : float64 array
        For how many days each was observed: to the end of the last day.
    there : int64 array
        Which customers of the log had bought by the end.
    basis : str
        "margin" or "revenue".
    """

    customer: NDArray[np.int64]
    age: NDArray[np.float64]
    money: NDArray[np.float64]
    first: NDArray[np.int64]
    exposure: NDArray[np.float64]
    there: NDArray[np.int64]
    basis: str

    @classmethod
    def of(
        cls,
        log: Transactions,
        *,
        margin: float | ArrayLike | None,
        as_of: Date | None,
        discount_rate: float = 0.0,
    ) -> Journeys:
        """Return the money of the customers of a log."""
        owner = np.repeat(np.arange(len(log.customers)), np.diff(log.offsets))
        when, money, entry = _entries(log, margin)
        end = int(observed_until(log, as_of).astype(np.int64))
        first = first_moments(log)
        seen = first < end
        if not seen.any():
            what = f"no customer had bought by {as_of}"
            hint = "choose a date after the first purchase of the log"
            raise EmptyDataError.of(what, hint=hint)
        whose = owner[entry]
        kept = when < end
        whose, when, money = whose[kept], when[kept], money[kept]
        age = (when - first[whose]) / _DAY
        if discount_rate:
            money = money * (1 + discount_rate) ** (-age / DAYS["year"])
        place = np.cumsum(seen) - 1
        return cls(
            customer=place[whose],
            age=age,
            money=money,
            first=first[seen],
            exposure=(end - first[seen]) / _DAY,
            there=np.flatnonzero(seen),
            basis="revenue" if margin is None else "margin",
        )

    def __len__(self) -> int:
        """Return the number of customers."""
        return len(self.first)

    def by(self, days: float) -> NDArray[np.float64]:
        """Return what each customer brought before an age; at age 0, at once."""
        early = self.age < days if days > 0 else self.age == 0
        return np.bincount(
            self.customer[early], self.money[early], minlength=len(self)
        ).astype(np.float64)

    def steps(self, length: float, count: int) -> NDArray[np.float64]:
        """Return what each brought at once, and in each stretch of a length after it.

        Returns
        -------
        array, shape (customers, count + 1)
            Columns add up to `by(0)`, `by(length)`, `by(2 * length)`, ...
        """
        step = np.where(self.age == 0, 0, np.floor(self.age / length) + 1)
        step = step.astype(np.int64)
        near = step <= count
        flat = self.customer[near] * (count + 1) + step[near]
        size = len(self) * (count + 1)
        found = np.bincount(flat, self.money[near], minlength=size)
        return found.astype(np.float64).reshape(len(self), count + 1)

    def orders_by(self, log: Transactions, days: float) -> NDArray[np.int64]:
        """Return how many purchases each customer made before an age."""
        owner = np.repeat(np.arange(len(log.customers)), np.diff(log.offsets))
        age = (log.times.view(np.int64) - first_moments(log)[owner]) / _DAY
        counts = np.bincount(owner[age < days], minlength=len(log.customers))
        return counts[self.there]


def check_discount(rate: float) -> float:
    """Return the yearly rate, or say that it is none."""
    if not (np.isfinite(rate) and rate >= 0):
        raise ParameterError.of(
            name="discount_rate", expected="be finite and at least 0", found=repr(rate)
        )
    return float(rate)


def _entries(
    log: Transactions, margin: float | ArrayLike | None
) -> tuple[NDArray[np.int64], NDArray[np.float64], NDArray[Any]]:
    """Return when money came and went, how much, and of which purchase it is."""
    history = log._log.history  # noqa: SLF001
    values = history["values"]
    if values is None:
        raise ParameterError.of(
            name="log",
            expected="have amounts",
            found="a log without",
            hint="Transactions(..., amount=...) names their column",
        )
    times, own = history["times"], np.arange(len(history["times"]))
    share = 1.0 if margin is None else _margin(margin, len(values))
    if isinstance(share, np.ndarray):
        return times, share, own
    return (
        np.concatenate([times, history["refund_times"]]),
        share * np.concatenate([values, history["refund_amounts"]]),
        np.concatenate([own, history["refund_purchases"]]),
    )


def _margin(margin: float | ArrayLike, purchases: int) -> float | NDArray[np.float64]:
    given = np.asarray(margin, dtype=np.float64)
    if not np.isfinite(given).all():
        raise ParameterError.of(name="margin", expected="be finite", found=repr(margin))
    if given.ndim == 0:
        return float(given)
    if given.shape != (purchases,):
        raise ParameterError.of(
            name="margin",
            expected=f"be one number, or one for each of the {purchases} purchases",
            found=f"{given.size}",
        )
    return given
