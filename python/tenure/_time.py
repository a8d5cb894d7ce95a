"""One definition of time: wall-clock microseconds since 1970-01-01T00:00."""

from __future__ import annotations

import datetime as dt
from typing import Any

import numpy as np

from tenure.exceptions import ParameterError

__all__ = ["civil_microseconds"]


def civil_microseconds(value: Any, *, name: str) -> tuple[int, bool]:
    """Return the instant, and whether it was a whole date (no time of day)."""
    whole_date = (
        isinstance(value, dt.date) and not isinstance(value, dt.datetime)
    ) or (isinstance(value, str) and len(value) == 10)
    try:
        return int(np.datetime64(value, "us").astype(np.int64)), whole_date
    except (ValueError, TypeError):
        raise ParameterError.of(
            name, "be a date or a time", found=repr(value)
        ) from None
