"""Receipts of parts of a log added up, and taken away again."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any, cast

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Sequence

    from tenure._core_types import ReceiptCounts
    from tenure.receipt import Receipt

__all__ = ["counts_of", "exact_parts", "sum_counts"]


def counts_of(receipt: Receipt) -> ReceiptCounts:
    """Return the counts of a receipt, as the core gives them."""
    counts = {name: getattr(receipt, name) for name in _COUNTS}
    return cast(
        "ReceiptCounts",
        {
            **counts,
            "dropped": dict(receipt.dropped),
            "refund_amount": receipt.refund_amount,
            "first_time": int(receipt.first_time.astype(np.int64)),
            "last_time": int(receipt.last_time.astype(np.int64)),
        },
    )


_COUNTS = (
    "rows",
    "used",
    "merged",
    "duplicates",
    "refunds",
    "zero_amounts",
    "customers",
    "customers_without_purchase",
    "purchases",
)


def sum_counts(
    counts: ReceiptCounts, more: ReceiptCounts, *, sign: int = 1
) -> ReceiptCounts:
    """Return the sum or the difference of two receipts; times are of both."""
    total: dict[str, Any] = {
        name: counts[name] + sign * more[name] for name in (*_COUNTS, "refund_amount")
    }
    total["dropped"] = {
        reason: count + sign * more["dropped"][reason]
        for reason, count in counts["dropped"].items()
    }
    total["first_time"] = min(counts["first_time"], more["first_time"])
    total["last_time"] = max(counts["last_time"], more["last_time"])
    return cast("ReceiptCounts", total)


def exact_parts(numbers: Sequence[float]) -> tuple[float, ...]:
    """Return few numbers whose sum is exactly that of all.

    Examples
    --------
    >>> exact_parts([1e100, 1.0, -1e100])
    (1.0,)
    """
    parts: list[float] = []
    rest = list(numbers)
    while True:
        part = math.fsum(rest)
        if part == 0.0:
            return tuple(reversed(parts))
        parts.append(part)
        rest.append(-part)
