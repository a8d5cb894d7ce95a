"""How large a test must be, and what a test of a size can find."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any

import numpy as np

from tenure.campaigns._stats import stats_module
from tenure.exceptions import ParameterError

if TYPE_CHECKING:
    from collections.abc import Callable

__all__ = ["detectable_effect", "power", "sample_size"]


def power(
    difference: float,
    *,
    customers: int,
    std: float | None = None,
    share: float | None = None,
    treated: float = 0.5,
    explained: float = 0.0,
    significance: float = 0.05,
) -> float:
    """Return how likely a two-sided test finds a difference that is there.

    Parameters
    ----------
    difference : float
        The true difference of the means or shares, treated less control.
    customers : int
        Eligible customers in both arms together.
    std : float, optional
        For a mean: the standard deviation over customers, zeros included.
    share : float, optional
        For a share: that of the control. One of the two is needed.
    treated : float
        The share of customers who are treated.
    explained : float
        For a mean: the share of the variance that spend before the start explains
        (the squared correlation), which CUPED takes away.
    significance : float
        How often a test may find what is not there.

    Returns
    -------
    float

    Notes
    -----
    The t test for means, the arcsine transformation for shares (Cohen 1988), both as
    in statsmodels.

    Examples
    --------
    >>> import tenure as tn
    >>> round(tn.campaigns.power(2.0, customers=4000, std=20.0), 3)
    0.885
    >>> round(tn.campaigns.power(0.01, customers=10000, share=0.05), 3)
    0.593
    """
    scale = _Scale(std, share, explained)
    ratio = _ratio(treated)
    first = _customers(customers) * treated
    _significance(significance)
    return float(
        scale.solver.solve_power(
            effect_size=scale.standardised(difference),
            nobs1=first,
            ratio=ratio,
            alpha=significance,
            power=None,
        )
    )


def sample_size(
    difference: float,
    *,
    power: float = 0.8,
    std: float | None = None,
    share: float | None = None,
    treated: float = 0.5,
    explained: float = 0.0,
    significance: float = 0.05,
) -> int:
    """Return how many eligible customers a test needs to find a difference.

    Parameters
    ----------
    difference : float
        The true difference that should be found.
    power : float
        How likely it should be found.
    std, share, treated, explained, significance
        As for `power`.

    Returns
    -------
    int
        Customers in both arms together.

    Examples
    --------
    >>> import tenure as tn
    >>> tn.campaigns.sample_size(2.0, std=20.0)
    3142
    >>> tn.campaigns.sample_size(2.0, std=20.0, explained=0.5)
    1572
    """
    scale = _Scale(std, share, explained)
    if difference == 0 or not math.isfinite(difference):
        raise ParameterError.of(
            name="difference",
            expected="be finite and other than 0",
            found=repr(difference),
        )
    _probability("power", power)
    _significance(significance)
    first = scale.solver.solve_power(
        effect_size=abs(scale.standardised(difference)),
        nobs1=None,
        ratio=_ratio(treated),
        alpha=significance,
        power=power,
    )
    return math.ceil(float(np.squeeze(first)) / treated)


def detectable_effect(
    *,
    customers: int,
    power: float = 0.8,
    std: float | None = None,
    share: float | None = None,
    treated: float = 0.5,
    explained: float = 0.0,
    significance: float = 0.05,
) -> float:
    """Return the smallest rise that a test of a size finds with some power.

    Parameters
    ----------
    customers : int
        Eligible customers in both arms together.
    power, std, share, treated, explained, significance
        As for `sample_size`.

    Returns
    -------
    float
        In the unit of `std`, or as a difference of shares; NaN for a share that no rise
        would be found of.

    Examples
    --------
    >>> import tenure as tn
    >>> round(tn.campaigns.detectable_effect(customers=3142, std=20.0), 2)
    2.0
    >>> round(tn.campaigns.detectable_effect(customers=10000, share=0.05), 4)
    0.0129
    """
    scale = _Scale(std, share, explained)
    _probability("power", power)
    _significance(significance)
    size = scale.solver.solve_power(
        effect_size=None,
        nobs1=_customers(customers) * treated,
        ratio=_ratio(treated),
        alpha=significance,
        power=power,
    )
    return scale.plain(abs(float(np.squeeze(size))))


class _Scale:
    """From differences to the standardised effects of power calculations, and back."""

    solver: Any
    standardised: Callable[[float], float]
    plain: Callable[[float], float]

    def __init__(
        self, std: float | None, share: float | None, explained: float
    ) -> None:
        module = stats_module("statsmodels.stats.power")
        if (std is None) == (share is None):
            found = "neither" if std is None else "both"
            raise ParameterError.of(
                name="std",
                expected="be given for a mean, or `share` for a share",
                found=found,
            )
        if not 0 <= explained < 1:
            raise ParameterError.of(
                name="explained", expected="be a share below 1", found=repr(explained)
            )
        if std is not None:
            if not (math.isfinite(std) and std > 0):
                raise ParameterError.of(
                    name="std", expected="be finite and greater than 0", found=repr(std)
                )
            spread = std * math.sqrt(1 - explained)
            self.solver = module.TTestIndPower()
            self.standardised = lambda difference: difference / spread
            self.plain = lambda size: size * spread
            return
        base = 0.5 if share is None else float(share)
        if explained:
            raise ParameterError.of(
                name="explained",
                expected="be left out for a share",
                found=repr(explained),
            )
        _probability("share", base)
        self.solver = module.NormalIndPower()
        angle = 2 * math.asin(math.sqrt(base))

        def standardised(difference: float) -> float:
            _probability("share + difference", base + difference)
            return 2 * math.asin(math.sqrt(base + difference)) - angle

        def plain(size: float) -> float:
            if angle + size > math.pi:
                return math.nan
            return math.sin((angle + size) / 2) ** 2 - base

        self.standardised, self.plain = standardised, plain


def _ratio(treated: float) -> float:
    """Return how many controls there are for one treated."""
    _probability("treated", treated)
    return (1 - treated) / treated


def _customers(customers: int) -> int:
    if not (math.isfinite(customers) and customers >= 4):
        raise ParameterError.of(
            name="customers", expected="be at least 4", found=repr(customers)
        )
    return int(customers)


def _significance(significance: float) -> None:
    _probability("significance", significance)


def _probability(name: str, value: float) -> None:
    if not 0 < value < 1:
        raise ParameterError.of(name, "lie between 0 and 1", found=repr(value))
