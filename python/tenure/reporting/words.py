"""Numbers as people write them, and sentences about them."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

from tenure.plotting._dates import Period

if TYPE_CHECKING:
    import numpy as np

__all__ = ["amount", "difference", "grouped_by", "percent", "reason", "shortened"]


def percent(share: float, digits: int = 0) -> str:
    """Return a share as a percentage.

    Examples
    --------
    >>> print(percent(0.4689), percent(0.0031), percent(0.0031, 1))
    47 % 0 % 0.3 %
    """
    return f"{100 * share:.{digits}f}\N{NO-BREAK SPACE}%"


def amount(number: float) -> str:
    """Return a count that need not be whole: to three figures where it is small.

    Examples
    --------
    >>> amount(2090.4), amount(25.822), amount(0.1234), amount(0.0)
    ('2,090', '25.8', '0.123', '0')
    """
    if number == 0 or not math.isfinite(number):
        return f"{number:g}"
    digits = max(0, 2 - math.floor(math.log10(abs(number))))
    return f"{number:,.{min(digits, 6)}f}"


def difference(expected: float, actual: float) -> str:
    """Return by how much an expectation was off, in per cent of what happened.

    Examples
    --------
    >>> print(difference(90.0, 100.0), difference(105.0, 100.0), sep=", ")
    10.0 % too few, 5.0 % too many
    """
    if actual == 0:
        return "nothing happened"
    share = expected / actual - 1
    return f"{percent(abs(share), 1)} too {'few' if share < 0 else 'many'}"


def grouped_by(first: np.datetime64, last: np.datetime64) -> Period:
    """Return the period that gives a picture of a few dozen bars."""
    days = int((last - first).astype(int)) + 1
    limits: tuple[tuple[int, Period], ...] = (
        (62, "day"),
        (310, "week"),
        (365 * 6, "month"),
        (365 * 15, "quarter"),
    )
    return next((period for most, period in limits if days <= most), "year")


def shortened(customer: object, most: int = 32) -> str:
    """Return an id as text, cut where it would break a table.

    Examples
    --------
    >>> shortened(17), shortened("c" * 40, most=5)
    ('17', 'cccc…')
    """
    text = str(customer)
    return text if len(text) <= most else f"{text[: most - 1]}…"


def reason(problem: str) -> str:
    """Return what an error says as a sentence, with its hint as another.

    Examples
    --------
    >>> reason("nobody bought twice\\n\\nHint: wait")
    'Nobody bought twice. Wait.'
    """
    parts = [part.removeprefix("Hint: ").strip() for part in problem.split("\n\n")]
    return " ".join(
        f"{part[:1].upper()}{part[1:].rstrip('.')}." for part in parts if part
    )
