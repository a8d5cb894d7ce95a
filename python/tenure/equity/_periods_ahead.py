"""The periods that a forecast is about."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal, TypeAlias, cast, get_args

import numpy as np

from tenure._units import DAYS
from tenure.exceptions import ParameterError

if TYPE_CHECKING:
    from numpy.typing import ArrayLike, NDArray

__all__ = ["Ahead", "Step"]

Step: TypeAlias = Literal["day", "week", "month", "quarter", "year"]
"""How long a period is."""

_MONTHS = {"month": 1, "quarter": 3, "year": 12}


@dataclass(frozen=True, eq=False)
class Ahead:
    """Periods one after the other from the day after a date on.

    Attributes
    ----------
    every : str
        How long they are.
    first_days, last_days : numpy.datetime64 array
        Their ends, both included.
    ends : float64 array
        How long after the date each ends, in the models' unit.
    """

    every: Step
    first_days: NDArray[np.datetime64]
    last_days: NDArray[np.datetime64]
    ends: NDArray[np.float64]

    @classmethod
    def of(cls, day: np.datetime64, count: int, every: str, unit: str) -> Ahead:
        """Return so many periods after a day.

        Months, quarters and years end on the day of the month that the date is, or on
        the last one of a shorter month; from the last day of a month on, on such days.
        """
        if every not in get_args(Step):
            raise ParameterError.of(
                name="every",
                expected=f"be one of {', '.join(get_args(Step))}",
                found=repr(every),
            )
        if isinstance(count, bool) or count != int(count) or not 1 <= count <= 1000:
            raise ParameterError.of(
                name="periods",
                expected="be a whole number from 1 to 1000",
                found=repr(count),
            )
        steps = np.arange(1, int(count) + 1)
        if every in _MONTHS:
            last = _months_later(day, steps * _MONTHS[every])
        else:
            last = day + steps * (1 if every == "day" else 7)
        first = np.append(day, last[:-1]) + np.timedelta64(1, "D")
        ends = (last - day) / np.timedelta64(1, "D") / DAYS[unit]
        return cls(cast("Step", every), first, last, ends)

    @property
    def starts(self) -> NDArray[np.float64]:
        """How long after the date each begins."""
        return np.append(0.0, self.ends[:-1])

    def __len__(self) -> int:
        """Return the number of periods."""
        return len(self.ends)

    def newcomers(self, rate: ArrayLike | None) -> NDArray[np.float64]:
        """Return how many customers come in each period."""
        if rate is None:
            return np.zeros(len(self))
        numbers = np.asarray(rate, dtype=np.float64)
        good = numbers.ndim <= 1 and numbers.size in (1, len(self))
        if not good or not (np.isfinite(numbers) & (numbers >= 0)).all():
            raise ParameterError.of(
                name="new_customers",
                expected=f"be one number of at least 0, or one for each of {len(self)} "
                "periods",
                found=repr(rate),
            )
        return np.broadcast_to(numbers, (len(self),)).astype(np.float64)


def _months_later(
    day: np.datetime64, months: NDArray[np.int64]
) -> NDArray[np.datetime64]:
    month = day.astype("datetime64[M]")
    ends = (month + months + 1).astype("datetime64[D]") - np.timedelta64(1, "D")
    if (day + 1).astype("datetime64[M]") != month:  # the last day of its month
        return ends
    of_month = (day - month.astype("datetime64[D]")).astype(np.int64)
    return np.minimum((month + months).astype("datetime64[D]") + of_month, ends)
