"""Names for types that several modules use."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any, Literal, TypeAlias, TypeVar

import numpy as np
from numpy.typing import NDArray

if TYPE_CHECKING:
    from typing_extensions import TypeIs, override
else:
    _Method = TypeVar("_Method")

    def override(method: _Method) -> _Method:
        """Mark a method that replaces one of a base (in `typing` from Python 3.12)."""
        return method


__all__ = [
    "Date",
    "Dates",
    "DuplicateRule",
    "Merge",
    "RefundRule",
    "Unit",
    "is_many",
    "override",
]

# "1997-09-30" or "1997-09-30T12:00"; a pandas.Timestamp is a datetime.
Date: TypeAlias = str | dt.date | dt.datetime | np.datetime64

# Several of them: a list, an array of NumPy's, an index or a series.
Dates: TypeAlias = Sequence[Date] | NDArray[np.datetime64]

Unit: TypeAlias = Literal["hour", "day", "week", "month", "quarter", "year"]
Merge: TypeAlias = Literal["hour", "day", "week", "month", "order"]
RefundRule: TypeAlias = Literal["net", "drop", "keep", "raise"]
DuplicateRule: TypeAlias = Literal["keep", "drop", "raise"]


def is_many(dates: Date | Dates | None) -> TypeIs[Dates]:
    """Say whether these are several dates, though it be a list of one.

    Examples
    --------
    >>> is_many("2024-01-31"), is_many(["2024-01-31"])
    (False, True)
    """
    if isinstance(dates, str | dt.date | np.datetime64):
        return False
    several: Any = dates
    return hasattr(several, "__iter__") and np.ndim(several) > 0
