"""Where the customers of cohorts come from."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING

from tenure.cohorts._lives import Lives
from tenure.cohorts._settings import DAY

if TYPE_CHECKING:
    from collections.abc import Callable

    from numpy.typing import ArrayLike

    from tenure._typing import Date
    from tenure.transactions import Transactions

__all__ = ["Source"]


@dataclass(eq=False)
class Source:
    """A log, grouped when that is first needed, and with what customers begin.

    Attributes
    ----------
    group : callable
        Returns the log.
    births, signup, by, as_of
        As for `Cohorts`.
    family_of_rows : str or None
        The kind of frame that results come back as, where that is known before.
    """

    group: Callable[[], Transactions]
    births: Transactions | None
    signup: str | ArrayLike | None
    by: str | ArrayLike | None
    as_of: Date | None
    family_of_rows: str | None = None

    @cached_property
    def log(self) -> Transactions:
        """The log."""
        return self.group()

    @cached_property
    def lives(self) -> Lives:
        """Its customers, as tables are counted from them."""
        return Lives.of(self.log, self.births, self.signup, self.by)

    @property
    def family(self) -> str:
        """The kind of frame that results come back as."""
        return self.family_of_rows or self.log.family

    def end(self) -> int:
        """Return the first instant that was not observed any more."""
        log = self.log
        if self.as_of is None and self.births is not None:
            log = max(log, self.births, key=lambda one: one.receipt.last_time)
        at, whole_day = log._date(self.as_of, "as_of")  # noqa: SLF001
        has_times = log._log.history["grain"] in ("hour", "instant")  # noqa: SLF001
        if self.as_of is not None and has_times and not whole_day:
            return at + 1
        return (at // DAY + 1) * DAY
