"""Numbers as people write them, and sentences about them."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import numpy as np

    from tenure.plotting._dates import Period

__all__ = ["amount", "difference", "grouped_by", "percent", "reason"]


def percent(share: float, digits: int = 0) -> str:
    r"""Return a share as a percentage, the sign not to be parted from the number.

    Examples
    --------
    >>> [text.replace("\xa0", " ") for text in (percent(0.47), percent(3e-3, 1))]
    ['47 %', '0.3 %']
    >>> percent(0.003).replace("\xa0", " "), percent(0.999).replace("\xa0", " ")
    ('under 1 %', 'over 99 %')
    """
    if not digits and 0 < share < 0.005:
        return "under 1\N{NO-BREAK SPACE}%"
    if not digits and 0.995 <= share < 1:
        return "over 99\N{NO-BREAK SPACE}%"
    return f"{100 * share:.{digits}f}\N{NO-BREAK SPACE}%"


def amount(number: float, figures: int = 3) -> str:
    """Return a number to some figures, or as a whole one where it has more.

    Examples
    --------
    >>> amount(2090.4), amount(25.822), amount(0.1234), amount(0.0), amount(54.1, 2)
    ('2,090', '25.8', '0.123', '0', '54')
    """
    if number == 0 or not 1e-5 < abs(number) < 1e7:
        return f"{number:.{figures}g}"
    digits = max(0, figures - 1 - math.floor(math.log10(abs(number))))
    return f"{number:,.{digits}f}"


def difference(expected: float, actual: float) -> str:
    r"""Return by how much an expectation was off, in per cent of what happened.

    Examples
    --------
    >>> difference(90.0, 100.0).replace("\xa0", " "), difference(1.0, 0.0)
    ('10.0 % too few', 'nothing happened')
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
    for most, period in limits:
        if days <= most:
            return period
    return "year"


def reason(problem: str) -> str:
    r"""Return what an error says as a sentence, with its hint as another.

    Examples
    --------
    >>> reason("nobody bought twice\n\nHint: wait")
    'Nobody bought twice. Wait.'
    """
    parts = [part.removeprefix("Hint: ").strip() for part in problem.split("\n\n")]
    return " ".join(
        f"{part[:1].upper()}{part[1:].rstrip('.')}." for part in parts if part
    )
