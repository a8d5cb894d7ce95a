"""How the rows and columns of tables of cohorts are cut."""

from __future__ import annotations

from dataclasses import dataclass

from tenure._calendar import Calendar, elapsed_age
from tenure.exceptions import ParameterError

__all__ = ["DAY", "Settings"]

DAY = 86_400_000_000
"""Microseconds."""


@dataclass(frozen=True)
class Settings:
    """How rows and columns are cut.

    Attributes
    ----------
    cohorts, ages : Calendar
        The periods that customers begin in, and those that ages count.
    elapsed : tuple or None
        The length of an age in microseconds or months, where they count none.
    burn_in : int
        Cohorts at the beginning of the log that are flagged.
    unit : str
        What ages count, in words.
    """

    cohorts: Calendar
    ages: Calendar
    elapsed: tuple[int | None, int | None] | None
    burn_in: int
    unit: str

    @classmethod
    def of(  # noqa: PLR0917
        cls,
        every: str,
        ages: str | None,
        elapsed: str | None,
        week_start: str,
        year_start: int,
        burn_in: int,
    ) -> Settings:
        """Return the settings, or say what is wrong with them."""
        hint = "ages of a number of days or months are named by elapsed"
        year = (week_start, year_start)
        calendar = Calendar.of(every, *year, hint=hint)
        counted_by = Calendar.of(ages or every, *year, name="ages", hint=hint)
        if ages is not None and elapsed is not None:
            raise ParameterError.of(
                name="elapsed",
                expected="be left out where ages are given",
                found=repr(elapsed),
            )
        if isinstance(burn_in, bool) or burn_in < 0:
            raise ParameterError.of(
                name="burn_in", expected="be at least 0", found=repr(burn_in)
            )
        length = None if elapsed is None else elapsed_age(elapsed)
        return cls(calendar, counted_by, length, burn_in, elapsed or counted_by.every)

    def check_grain(self, grain: str) -> None:
        """Pass if the times of a log are fine enough for the periods."""
        if grain not in ("week", "month"):
            return
        fits = self.cohorts.holds(grain) and self.ages.holds(grain)
        if fits and self.elapsed is None:
            return
        merged = f"since the purchases of a {grain} are merged"
        raise ParameterError.of(
            name="every",
            expected=f"hold whole {grain}s, {merged}",
            found=repr(self.cohorts.every if self.elapsed is None else self.unit),
            hint="Transactions(merge='day') keeps days",
        )
