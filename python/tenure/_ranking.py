"""Who is among the best: shares of customers, equal parts and ABC classes."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from tenure._intervals import check_level
from tenure.exceptions import ParameterError

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

__all__ = ["classes", "letter", "part_ends", "top_count"]


def top_count(customers: int, share: float) -> int:
    """Return how many customers a share is, rounded up past rounding errors."""
    return max(1, int(np.ceil(share * customers - 1e-9)))


def part_ends(customers: int, parts: int) -> NDArray[np.int64]:
    """Return where each of the equal parts ends: a customer is where its middle is."""
    even = np.arange(1, parts + 1) * customers / parts
    return np.ceil(even - 0.5).astype(np.int64)


def classes(
    descending: NDArray[np.float64], cuts: Sequence[float]
) -> NDArray[np.int64]:
    """Return the class of each customer by what the better ones bring together."""
    steps = np.array([check_level(cut, name="cuts") for cut in cuts])
    if (np.diff(steps) <= 0).any():
        raise ParameterError.of(name="cuts", expected="rise", found=repr(list(cuts)))
    positive = np.maximum(descending, 0.0)
    total = float(positive.sum())
    first = np.append(True, np.diff(descending) != 0)
    start = np.maximum.accumulate(np.where(first, np.arange(len(first)), 0))
    before = (np.cumsum(positive) - positive)[start]
    # as much as is lost in adding up does not push anybody over a cut
    reached = np.searchsorted(steps * total * (1 - 1e-12), before, side="right")
    return np.where(descending > 0, reached, len(steps)).astype(np.int64)


def letter(place: int) -> str:
    """Return what the class in this place is called."""
    return chr(ord("A") + place) if place < 26 else f"class {place + 1}"
