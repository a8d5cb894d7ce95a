"""What the results of this package say, in sentences made from their numbers."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from tenure._report import counted, written

if TYPE_CHECKING:
    from tenure.equity.scorecard import Scorecard

__all__ = ["compared", "money", "of_scorecard"]


def money(amount: float) -> str:
    """Return an amount, without cents where there are many."""
    return f"{amount:,.{0 if abs(amount) >= 1000 else 2}f}"


def compared(actual: float, expected: float) -> str:
    """Return by how much what came differs from what was expected, in per cent.

    Examples
    --------
    >>> compared(110.0, 100.0), compared(50.0, 100.0), compared(100.2, 100.0)
    ('10 % more', '50 % less', 'as much')
    """
    if expected <= 0:
        return "where nothing was expected"
    change = actual / expected - 1
    if abs(change) < 0.005:
        return "as much"
    return f"{100 * abs(change):.0f} % {'more' if change > 0 else 'less'}"


def of_scorecard(found: Scorecard) -> list[str]:
    """Return what a scorecard says, the most important first."""
    return [
        _total(found),
        *_within(found),
        *_best(found),
        *_slope(found),
        _coverage(found),
    ]


def _total(found: Scorecard) -> str:
    expected = float(found.predicted["value"].sum())
    came = float(found.actual["value"].sum())
    return (
        f"Of the {counted(found.customers, 'customer')} known on {written(found.at)}, "
        f"{money(expected)} in {found.basis} was expected by {written(found.until)}; "
        f"{money(came)} came, {compared(came, expected)}."
    )


def _within(found: Scorecard) -> list[str]:
    low, high = found.total_interval["value"]
    if not np.isfinite(low):
        return ["How far the total may lie from what was expected is not known."]
    came = float(found.actual["value"].sum())
    level = f"{100 * found.interval:g} %"
    where = "within" if low <= came <= high else "outside"
    return [
        (
            f"That is {where} the {level} prediction interval, "
            f"{money(max(low, 0.0))} to {money(high)}."
        )
    ]


def _best(found: Scorecard) -> list[str]:
    predicted, actual = found.predicted["value"], found.actual["value"]
    total = float(actual.sum())
    count = max(1, round(found.customers / 10))
    if total <= 0 or found.customers < 10:
        return []
    ranked = np.argsort(-predicted, kind="stable")[:count]
    share = float(actual[ranked].sum()) / total
    best = float(np.sort(actual)[-count:].sum()) / total
    return [
        (
            "The tenth of the customers ranked highest brought "
            f"{100 * share:.0f} % of it; the tenth that was best brought "
            f"{100 * best:.0f} %."
        )
    ]


def _slope(found: Scorecard) -> list[str]:
    slope, low, high = found.measures["value"]["slope"]
    if not np.isfinite(slope):
        return []
    level = f"{100 * found.interval:g} % interval"
    ends = f"slope {slope:.2f}, {level} {low:.2f} to {high:.2f}"
    if high < 1:
        return [f"Customers differ less than was foretold ({ends})."]
    if low > 1:
        return [f"Customers differ more than was foretold ({ends})."]
    return [f"Customers differ about as much as was foretold ({ends})."]


def _coverage(found: Scorecard) -> str:
    share = found.measures["value"]["coverage"][0]
    return (
        f"Prediction intervals of {100 * found.interval:g} % held what "
        f"{100 * share:.0f} % of the customers brought."
    )
