"""What a concentration says, in sentences made from its numbers."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from tenure._report import counted

if TYPE_CHECKING:
    from tenure._concentration import Concentration

__all__ = ["sentences"]

# A customer who makes this share of everything is worth a sentence.
_HEAVY = 0.05


def sentences(found: Concentration) -> list[str]:
    """Return what the numbers say, the most important first."""
    if found.customers == 1:
        return ["There is only one customer: nobody to compare with."]
    if not found.descending.any():
        return ["All values are 0: there is nothing to share."]
    if found.total <= 0:
        undefined = (
            f"The {_named(found)} of all customers together is {found.total:,.2f}, "
            "which is not above 0: shares of it mean nothing and are left out."
        )
        return [undefined, *_losses(found)]
    return [
        _top(found),
        *_half(found),
        _gini(found),
        *_heaviest(found),
        *_losses(found),
    ]


def _top(found: Concentration) -> str:
    shares = found._top_shares()  # noqa: SLF001
    best = int(np.argmax(shares["top"]))
    lower, upper = shares["lower"][best], shares["upper"][best]
    between = (
        f" ({100 * found.interval:g} % interval {100 * lower:.0f} to "
        f"{100 * upper:.0f} %)"
        if np.isfinite(lower)
        else ""
    )
    return (
        f"The best {100 * shares['top'][best]:g} % of customers "
        f"({shares['customers'][best]:,} of {found.customers:,}) bring "
        f"{100 * shares['share'][best]:.0f} % of the {_named(found)}{between}."
    )


def _named(found: Concentration) -> str:
    return found.what.replace("_", " ")


def _half(found: Concentration) -> list[str]:
    """Say how many customers make half of the value; nothing if all are equal."""
    sums = np.cumsum(found.descending)
    if found.descending[0] == found.descending[-1]:
        return ["All customers bring the same."]
    count = int(np.searchsorted(sums, found.total / 2 * (1 - 1e-12))) + 1
    share = 100 * count / found.customers
    verb = "makes" if count == 1 else "make"
    digits = 1 if share < 10 else 0
    return [
        f"{counted(count, 'customer')}, {share:.{digits}f} % of all, {verb} half of it."
    ]


def _gini(found: Concentration) -> str:
    lower, upper = found.gini_interval
    between = (
        f" ({100 * found.interval:g} % interval {lower:.2f} to {upper:.2f})"
        if np.isfinite(lower)
        else ""
    )
    kind = (
        " (by the mean size of a value, as some are negative)" if found.losers else ""
    )
    return (
        f"The Gini index{kind} is {found.gini:.2f}{between}: 0 would be all customers "
        "alike, 1 one customer with everything."
    )


def _heaviest(found: Concentration) -> list[str]:
    share = found.descending[0] / found.total
    if share < _HEAVY or found.descending[0] == found.descending[-1]:
        return []
    words = (
        f"One customer alone brings {100 * share:.0f} % of it: shares and their "
        "intervals hang on that customer."
    )
    return [words]


def _losses(found: Concentration) -> list[str]:
    if not found.losers:
        return []
    earned = found.total - found.loss
    verb = "costs" if found.losers == 1 else "cost"
    words = (
        f"{counted(found.losers, 'customer')} "
        f"({_percent(found.losers / found.customers)}) {verb} more than they bring, "
        f"{-found.loss:,.2f} together; the others bring {earned:,.2f}"
    )
    peak = (
        f", {100 * earned / found.total:.0f} % of the total" if found.total > 0 else ""
    )
    return [f"{words}{peak}."]


def _percent(share: float) -> str:
    """Return a share in whole percents; in tenths where it is below one."""
    return f"{100 * share:.{0 if share >= 0.01 else 1}f} %"
