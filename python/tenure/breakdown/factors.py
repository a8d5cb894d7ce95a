"""How much each factor of a product has to do with its change."""

from __future__ import annotations

from itertools import combinations
from math import factorial
from typing import TYPE_CHECKING, Literal, TypeAlias, get_args

import numpy as np

from tenure.exceptions import LengthError, ParameterError

if TYPE_CHECKING:
    from collections.abc import Mapping

    from numpy.typing import NDArray

__all__ = ["Decomposition", "lmdi", "product_change", "shapley", "split_change"]

Decomposition: TypeAlias = Literal["shapley", "lmdi"]
"""How a change of a product is split among its factors."""


def product_change(
    before: Mapping[str, float],
    after: Mapping[str, float],
    method: Decomposition = "shapley",
) -> dict[str, float]:
    """Return what each factor adds to the change of a product; exact.

    Parameters
    ----------
    before, after : mapping of str to float
        The factors by name, the same in both.
    method : {"shapley", "lmdi"}
        "shapley": what a factor adds when it changes after some of the others, averaged
        over all orders (Shapley 1953). It is there for any numbers. "lmdi": the
        logarithm of a factor's growth times the logarithmic mean of the two products
        (Ang 2005); it is the same whether factors are joined or not, and needs all of
        them above 0.

    Returns
    -------
    dict of str to float
        They add up to the change.

    Raises
    ------
    ParameterError
        If the factors differ, or cannot be decomposed so.

    References
    ----------
    Shapley, L. S. (1953). A value for n-person games. Contributions to the Theory of
    Games 2, 307-317.
    Ang, B. W. (2005). The LMDI approach to decomposition analysis: a practical guide.
    Energy Policy 33, 867-871.

    Examples
    --------
    From 100 customers at 5 euros to 120 at 6: +220. Customers alone bring +100, price
    alone +100, and both together 20 more, which are shared:

    >>> import tenure as tn
    >>> was, now = {"customers": 100, "price": 5}, {"customers": 120, "price": 6}
    >>> tn.breakdown.product_change(was, now)
    {'customers': 110.0, 'price': 110.0}
    """
    names = list(before)
    if not names or set(names) != set(after):
        raise ParameterError.of(
            name="after",
            expected=f"have the factors of `before`: {', '.join(names)}",
            found=", ".join(after) or "none",
        )
    was = np.array([[float(before[name])] for name in names])
    now = np.array([[float(after[name])] for name in names])
    effects = split_change(was, now, method)[:, 0]
    if np.isnan(effects).any():
        raise ParameterError.of(
            name="method",
            expected="be 'shapley' where a factor is not above 0, or not finite",
            found=repr(method),
        )
    return dict(zip(names, effects.tolist(), strict=True))


def split_change(
    before: NDArray[np.float64], after: NDArray[np.float64], method: str
) -> NDArray[np.float64]:
    """Return the effects of factors, which are along the first axis."""
    if method not in get_args(Decomposition):
        raise ParameterError.of(
            name="method", expected="be 'shapley' or 'lmdi'", found=repr(method)
        )
    return shapley(before, after) if method == "shapley" else lmdi(before, after)


def shapley(
    before: NDArray[np.float64], after: NDArray[np.float64]
) -> NDArray[np.float64]:
    """Return the mean effect of each factor over all orders of change."""
    if before.shape != after.shape:
        msg = "after"
        raise LengthError.between(
            msg, len(after), reference="before", expected=len(before)
        )
    k = len(before)
    effects = np.zeros_like(before, dtype=np.float64)
    for factor in range(k):
        others = [one for one in range(k) if one != factor]
        for size in range(k):
            weight = factorial(size) * factorial(k - size - 1) / factorial(k)
            for changed in combinations(others, size):
                rest = [one for one in others if one not in changed]
                product = after[list(changed)].prod(0) * before[rest].prod(0)
                effects[factor] += weight * product
        effects[factor] *= after[factor] - before[factor]
    return effects


def lmdi(
    before: NDArray[np.float64], after: NDArray[np.float64]
) -> NDArray[np.float64]:
    """Return the logarithmic mean of the products times the growth of each factor.

    NaN where a factor is not above 0.
    """
    was, now = before.prod(0), after.prod(0)
    with np.errstate(divide="ignore", invalid="ignore"):
        growth: NDArray[np.float64] = np.log(after / before)
        whole: NDArray[np.float64] = np.log(now / was)
        # near no change the quotient loses its digits, and the mean is in the middle
        close = np.abs(whole) < 1e-8
        slope: NDArray[np.float64] = (now - was) / np.where(close, 1.0, whole)
        effects: NDArray[np.float64] = np.where(close, (was + now) / 2, slope) * growth
    sound = ((before > 0) & (after > 0)).all(0)
    return np.where(sound, effects, np.nan)
