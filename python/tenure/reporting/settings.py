"""What a report is asked for."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from tenure._intervals import check_level
from tenure._units import continuous_rate, in_units, plural, unit_named
from tenure.exceptions import ParameterError

if TYPE_CHECKING:
    from numpy.typing import ArrayLike

    from tenure._typing import Date, Unit

__all__ = ["Settings"]


@dataclass(frozen=True, kw_only=True)
class Settings:
    """What a report is asked for; see `report` for what each setting means."""

    as_of: Date | None
    unit: Unit
    calibration_end: Date | None
    holdout: float
    horizon: str | float
    discount_rate: float
    margin: float | None
    interval: float
    currency: str
    title: str
    audit: bool = True

    def __post_init__(self) -> None:
        """Say what is wrong with a setting before any work is done."""
        unit_named(self.unit)
        check_level(self.interval)
        if not 0 < self.holdout < 1:
            expected = "lie between 0 and 1"
            raise ParameterError.of(
                name="holdout", expected=expected, found=repr(self.holdout)
            )
        length = in_units(self.horizon, self.unit, name="horizon")
        if len(length) != 1 or not (np.isfinite(length[0]) and length[0] > 0):
            raise ParameterError.of(
                name="horizon",
                expected="be one finite length greater than 0",
                found=repr(self.horizon),
            )
        continuous_rate(self.discount_rate, "year", self.unit)
        if self.margin is not None and not np.isfinite(self.margin):
            raise ParameterError.of(
                name="margin", expected="be finite", found=repr(self.margin)
            )

    @property
    def span(self) -> str:
        """The horizon in words, such as "12 months"."""
        if isinstance(self.horizon, str):
            return self.horizon.strip()
        return f"{self.horizon:g} {plural(self.unit)}"

    @property
    def level(self) -> str:
        """The confidence level in words, such as "90 %"."""
        return f"{100 * self.interval:g}\N{NO-BREAK SPACE}%"

    def money(self, amount: float) -> str:
        """Return an amount as people write it: without cents where they are many."""
        digits = 0 if abs(amount) >= 1_000 else 2
        return f"{amount:,.{digits}f} {self.currency}".rstrip()

    def amounts(self, values: ArrayLike) -> list[str]:
        """Return the amounts of a column, all with as many digits and no currency."""
        numbers = np.atleast_1d(np.asarray(values, dtype=np.float64))
        digits = 0 if np.abs(numbers).max(initial=0.0) >= 1_000 else 2
        return [f"{number:,.{digits}f}" for number in numbers]

    def heading(self, words: str) -> str:
        """Return what a column of amounts is, with the currency."""
        return f"{words} ({self.currency})" if self.currency else words

    def between(self, ends: tuple[float, float]) -> str:
        """Return an interval of amounts with its level, such as "90 % interval ..."."""
        lower, upper = self.amounts(ends)
        return f"{self.level} interval {lower} to {upper} {self.currency}".rstrip()
