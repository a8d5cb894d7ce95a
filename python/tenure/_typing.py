"""Names for types that several modules use."""

from __future__ import annotations

import datetime as dt
from typing import TYPE_CHECKING, Literal, TypeAlias, TypeVar

import numpy as np

if TYPE_CHECKING:
    from typing_extensions import override
else:
    _Method = TypeVar("_Method")

    def override(method: _Method) -> _Method:
        """Mark a method that replaces one of a base (in `typing` from Python 3.12)."""
        return method


__all__ = ["Date", "DuplicateRule", "Merge", "RefundRule", "Unit", "override"]

# "1997-09-30" or "1997-09-30T12:00"; a pandas.Timestamp is a datetime.
Date: TypeAlias = str | dt.date | dt.datetime | np.datetime64

Unit: TypeAlias = Literal["hour", "day", "week", "month", "quarter", "year"]
Merge: TypeAlias = Literal["hour", "day", "week", "month", "order"]
RefundRule: TypeAlias = Literal["net", "drop", "keep", "raise"]
DuplicateRule: TypeAlias = Literal["keep", "drop", "raise"]
