"""Rates of leaving over one time and another."""

from __future__ import annotations

from typing import Any

import numpy as np

__all__ = ["rescaled_rate"]


def rescaled_rate(rate: Any, days: Any, per: float) -> Any:
    """Return the rate over another time at which customers leave as fast.

    ``1 - (1 - rate)^(per / days)``: of those who stay with the chance 1 - rate for
    some days, the share who do not stay for `per` days.

    Parameters
    ----------
    rate : float or array
        The share who leave within `days`.
    days, per : float or array
        Both times, in the same unit.

    References
    ----------
    Gold, C. (2020). Fighting churn with data. Manning, section 2.5.

    Examples
    --------
    >>> float(rescaled_rate(0.05, 30.4375, 365.25).round(4))
    0.4596
    """
    with np.errstate(divide="ignore", invalid="ignore"):
        return -np.expm1(np.log1p(-np.asarray(rate, np.float64)) * per / days)
