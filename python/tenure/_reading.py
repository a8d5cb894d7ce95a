"""The columns of a log in canonical form: identifiers as codes, times and amounts."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping

    import numpy as np
    from numpy.typing import NDArray

    from tenure._core_types import LogColumns
    from tenure._frame import Table
    from tenure._log_settings import LogSettings
    from tenure._readings import Codes

__all__ = ["Reading", "log_columns", "read"]


@dataclass(frozen=True, eq=False)
class Reading:
    """What was read of a table.

    Attributes
    ----------
    settings : LogSettings
        Which columns, and how.
    codes : mapping of str to Codes
        The columns of identifiers.
    times : int64 array
        Microseconds by the wall clock of `zone`.
    missing : bool array or None
        Where there is no time.
    amounts : float64 array or None
    zone : str or None
    """

    settings: LogSettings
    codes: Mapping[str, Codes]
    times: NDArray[np.int64]
    missing: NDArray[np.bool_] | None
    amounts: NDArray[np.float64] | None
    zone: str | None

    def __len__(self) -> int:
        """Return the number of rows."""
        return len(self.times)

    @property
    def columns(self) -> LogColumns:
        """The columns as the core groups them."""
        settings = self.settings
        return log_columns(
            settings,
            codes={name: codes.values for name, codes in self.codes.items()},
            customers=self.codes[settings.customer].n_categories,
            times=self.times,
            missing=self.missing,
            amounts=self.amounts,
        )


def read(table: Table, settings: LogSettings) -> Reading:
    """Read the columns that the settings name."""
    codes = {name: table.codes(name) for name in settings.identifiers}
    instants = table.instants(settings.time, **settings.clock)
    amount = settings.amount
    return Reading(
        settings=settings,
        codes=codes,
        times=instants.values,
        missing=instants.missing,
        amounts=None if amount is None else table.numbers(amount).values,
        zone=instants.zone,
    )


def log_columns(
    settings: LogSettings,
    *,
    codes: Mapping[str, NDArray[np.int64]],
    customers: int,
    times: NDArray[np.int64],
    missing: NDArray[np.bool_] | None,
    amounts: NDArray[np.float64] | None,
) -> LogColumns:
    """Return columns as the core groups them, under the names that the user knows."""

    def named(name: str | None) -> tuple[str, NDArray[np.int64]] | None:
        return None if name is None else (name, codes[name])

    amount = settings.amount
    return {
        "customer": (settings.customer, codes[settings.customer]),
        "customers": customers,
        "time": (settings.time, times),
        "time_missing": missing,
        "amount": None if amount is None or amounts is None else (amount, amounts),
        "order": named(settings.order),
        "product": named(settings.product),
        "attributes": [(name, codes[name]) for name in settings.attributes],
    }
