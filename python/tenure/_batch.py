"""Rows of a log whose identifiers are numbered among those of old and new rows."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from tenure._reading import log_columns

if TYPE_CHECKING:
    from collections.abc import Mapping

    from numpy.typing import NDArray

    from tenure._core_types import LogColumns
    from tenure._log_settings import LogSettings
    from tenure._reading import Reading
    from tenure._rows import Rows, Vocabulary

__all__ = ["Batch"]


@dataclass(frozen=True, eq=False)
class Batch:
    """Rows of a log, by the places of their identifiers among old and new ones."""

    codes: dict[str, NDArray[np.int64]]
    times: NDArray[np.int64]
    missing: NDArray[np.bool_] | None
    amounts: NDArray[np.float64] | None

    def __len__(self) -> int:
        return len(self.times)

    @classmethod
    def of_rows(cls, rows: Rows, words: Mapping[str, Vocabulary]) -> Batch:
        codes = {name: words[name].old[codes] for name, codes in rows.codes.items()}
        return cls(codes, rows.times, None, rows.amounts)

    @classmethod
    def of_reading(cls, new: Reading, words: Mapping[str, Vocabulary]) -> Batch:
        codes = {
            name: words[name].new[codes.values] for name, codes in new.codes.items()
        }
        return cls(codes, new.times, new.missing, new.amounts)

    def take(self, rows: NDArray[np.bool_] | slice) -> Batch:
        """Return some rows that have a time."""
        return Batch(
            codes={name: codes[rows] for name, codes in self.codes.items()},
            times=self.times[rows],
            missing=None,
            amounts=None if self.amounts is None else self.amounts[rows],
        )

    def followed_by(self, other: Batch) -> Batch:
        """Return these rows and others, all of which have a time."""
        missing = self.missing
        if missing is not None:
            missing = np.append(missing, np.zeros(len(other), np.bool_))
        amounts = None
        if self.amounts is not None and other.amounts is not None:
            amounts = np.concatenate([self.amounts, other.amounts])
        codes = {
            name: np.concatenate([codes, other.codes[name]])
            for name, codes in self.codes.items()
        }
        return Batch(codes, np.concatenate([self.times, other.times]), missing, amounts)

    def columns(self, settings: LogSettings, places: NDArray[np.int64]) -> LogColumns:
        """Return the columns for the core, with the customers numbered by `places`."""
        customers = places[self.codes[settings.customer]]
        columns = log_columns(
            settings,
            codes=self.codes,
            customers=int(places.max()) + 1,
            times=self.times,
            missing=self.missing,
            amounts=self.amounts,
        )
        return {**columns, "customer": (settings.customer, customers)}
