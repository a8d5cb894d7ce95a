"""Durations from a log of orders: the time from each purchase to the next."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING, Any

import numpy as np

from tenure import _core
from tenure._frame import native_frame
from tenure._units import unit_named
from tenure.exceptions import ParameterError

if TYPE_CHECKING:
    from tenure._typing import Date, Unit
    from tenure.transactions import Transactions

__all__ = ["durations"]


def durations(
    log: Transactions,
    unit: Unit = "day",
    *,
    orders: int | None = None,
    as_of: Date | None = None,
) -> Any:
    """Return the time from each purchase to the next; see `Transactions.durations`."""
    if orders is not None and orders < 1:
        raise ParameterError.of(
            name="orders", expected="be at least 1", found=repr(orders)
        )
    most = sys.maxsize if orders is None else orders
    date = log._date(as_of, "as_of")  # noqa: SLF001
    found = _core.purchase_waits(log._log.history, date, unit_named(unit), most)  # noqa: SLF001
    columns: dict[str, Any] = {
        "customer_id": log.customers[found["customers"]],
        "order": found["orders"],
        "start": found["starts"].view("datetime64[us]"),
        "duration": found["durations"],
        "event": found["events"].view(np.bool_),
    }
    return native_frame(columns, family=log.family)
