"""Parts of a total, where customers may have a share in several."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from tenure._intervals import bounds

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from tenure._intervals import Scale

__all__ = ["shares_of"]


def shares_of(
    amounts: NDArray[np.float64],
    owners: NDArray[np.int64],
    parts: NDArray[np.int64],
    sizes: tuple[int, int],
    level: float,
) -> tuple[NDArray[np.float64], NDArray[np.float64], NDArray[np.float64]]:
    """Return the share of each part in the total, and its interval.

    A ratio of sums over customers (Cochran 1977, section 6.3), each of whom may have
    amounts in several parts. Normal on the scale of log odds where no amount is
    negative.

    Parameters
    ----------
    amounts : array
    owners, parts : int64 array
        The customer and the part of each amount, a pair once only.
    sizes : (int, int)
        How many customers and parts there are.
    level : float

    Examples
    --------
    >>> share, low, high = shares_of(
    ...     np.array([6.0, 4.0]), np.array([0, 1]), np.array([0, 1]), (2, 2), 0.9
    ... )
    >>> share
    array([0.6, 0.4])
    """
    customers, size = sizes
    own = np.bincount(owners, amounts, customers)
    total = own.sum()
    nothing = np.full(size, np.nan)
    if not total > 0:
        return nothing, nothing, nothing
    share = np.bincount(parts, amounts, size) / total
    squares = (
        np.bincount(parts, amounts**2, size)
        - 2 * share * np.bincount(parts, amounts * own[owners], size)
        + share**2 * (own**2).sum()
    )
    n = customers
    errors = np.sqrt(np.maximum(squares, 0.0) * n / max(n - 1, 1)) / total
    scale: Scale = "probability" if (amounts >= 0).all() else "plain"
    low, high = bounds(share, errors, level, scale)
    if n < 2:
        return share, nothing, nothing
    return share, low, high
