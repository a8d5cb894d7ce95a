"""By when something will have happened with a probability: the search for times."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, TypeAlias

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from numpy.typing import NDArray

__all__ = ["AtTimes", "brackets", "shortest"]

_DIGITS = 1e-12
"""A wait is known to so much of itself."""

_LONGEST = 1000.0
"""A wait of more than so many times the observation is one without end."""


AtTimes: TypeAlias = "Callable[[NDArray[np.float64], NDArray[Any]], Any]"
"""A number for each of some of the customers, at times of theirs."""


def brackets(
    bought: AtTimes, observed: NDArray[np.float64], levels: Sequence[float]
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Return powers of two between which each wait lies, a row a level.

    The later one is infinite where there is no such wait. Everybody's own, whoever else
    is there. Whoever has not bought in twice the time that they were observed is asked
    about the longest time at once: most of those never do.
    """
    observed = np.maximum(observed, 1.0)
    longest, wanted = _LONGEST * observed, np.array(levels)[:, None]
    low = np.zeros((len(levels), len(observed)))
    high = np.full_like(low, np.inf)
    goal = np.full(len(observed), wanted.max(initial=-np.inf))
    reached, earlier = np.zeros((2, len(observed)))
    at = np.ones(len(observed))
    open_ = np.arange(len(observed))
    while len(open_):
        now, until = at[open_], observed[open_]
        reached[open_] = bought(now, open_)
        row, who = np.nonzero((wanted <= reached[open_]) & np.isinf(high[:, open_]))
        low[row, open_[who]], high[row, open_[who]] = earlier[open_[who]], now[who]
        late = open_[(earlier[open_] < until) & (until <= now)]
        if len(late):
            end = bought(longest[late], late)
            goal[late] = np.where(wanted <= end, wanted, -np.inf).max(axis=0)
        open_ = open_[(reached[open_] < goal[open_]) & (now < longest[open_])]
        earlier[open_] = at[open_]
        at[open_] = np.minimum(2.0 * at[open_], longest[open_])
    return low, high


def shortest(
    missing: AtTimes, low: NDArray[np.float64], high: NDArray[np.float64]
) -> NDArray[np.float64]:
    """Return the shortest times at which nothing is missing, to their last digits.

    Between `low`, where something is, and `high`, where nothing is (or where they are
    equal): by inverse interpolation where the last three points allow it, by halves
    elsewhere (Chandrupatla 1997, Advances in Engineering Software 28(3), 145-149).
    Everybody's steps are their own, whoever else is there.
    """
    a, b = high.copy(), low.copy()
    open_ = np.flatnonzero(a > b)
    fa, fb = np.full(len(a), -1.0), np.full(len(a), 1.0)
    fa[open_], fb[open_] = missing(a[open_], open_), missing(b[open_], open_)
    c, fc = b.copy(), fb.copy()
    share = np.full(len(a), 0.5)
    while len(open_ := open_[_wide(a[open_], b[open_])]):
        at = a[open_] + share[open_] * (b[open_] - a[open_])
        value = missing(at, open_)
        same = (value > 0.0) == (fa[open_] > 0.0)
        # c is where we were before, on whichever side
        c[open_] = np.where(same, a[open_], b[open_])
        fc[open_] = np.where(same, fa[open_], fb[open_])
        b[open_] = np.where(same, b[open_], a[open_])
        fb[open_] = np.where(same, fb[open_], fa[open_])
        a[open_], fa[open_] = at, value
        share[open_] = _next_share([x[open_] for x in (a, b, c, fa, fb, fc)])
    return np.where(fa > 0.0, b, a)


def _wide(a: NDArray[np.float64], b: NDArray[np.float64]) -> NDArray[np.bool_]:
    """Whether an interval is not yet down to the last digits."""
    return np.abs(b - a) > _DIGITS * np.maximum(np.maximum(a, b), 1e-6)


def _next_share(points: Sequence[NDArray[np.float64]]) -> NDArray[np.float64]:
    """Return how far from a to b to look next: a, b, c and what is missing at each."""
    a, b, c, fa, fb, fc = points
    with np.errstate(divide="ignore", invalid="ignore"):
        place, height = (a - b) / (c - b), (fa - fb) / (fc - fb)
        fits = (height**2 < place) & ((1.0 - height) ** 2 < 1.0 - place)
        inverse = fa / (fb - fa) * fc / (fb - fc)
        inverse += (c - a) / (b - a) * fa / (fc - fa) * fb / (fc - fb)
    share = np.where(fits & np.isfinite(inverse), inverse, 0.5)
    # never so near to an end that the other one stays for ever
    least = 0.4 * _DIGITS * np.maximum(np.maximum(a, b), 1e-6) / np.abs(b - a)
    return np.clip(share, np.minimum(least, 0.5), np.maximum(1.0 - least, 0.5))
