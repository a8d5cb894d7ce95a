"""How well forecasts turned out: errors, ranking and calibration."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from tenure.rfm.ranking import Concentration, Order, lift

if TYPE_CHECKING:
    from numpy.typing import NDArray

    Floats = NDArray[np.float64]

__all__ = ["calibration", "calibration_error", "errors", "normalised_gini"]


def errors(predicted: Floats, actual: Floats) -> dict[str, float]:
    """Return mean absolute error, root mean squared error, bias and its ratio.

    Parameters
    ----------
    predicted, actual : array
        One number a customer.

    Returns
    -------
    dict of str to float
        `mae`; `rmse`; `bias`, the mean of predicted less actual; `total_ratio`, all
        that was predicted over all that was there (NaN for nothing at all).

    Examples
    --------
    >>> found = errors(np.array([1.0, 2.0]), np.array([1.0, 1.0]))
    >>> found["mae"], found["bias"], found["total_ratio"]
    (0.5, 0.5, 1.5)
    """
    off = predicted - actual
    total = float(actual.sum())
    return {
        "mae": float(np.abs(off).mean()),
        "rmse": float(np.sqrt(np.square(off).mean())),
        "bias": float(off.mean()),
        "total_ratio": float(predicted.sum()) / total if total else float("nan"),
    }


def normalised_gini(predicted: Floats, actual: Floats) -> float:
    """Return how well a prediction ranks: 1 as well as can be, 0 as chance does.

    The concentration of what was there in the ranking by the prediction, over that in
    the ranking by itself (Wang, Liu and Miao 2019, section 5.2). Customers with equal
    predictions share what they have, so that the order of rows does not matter.
    """
    best = Concentration.of(Order.of(actual), actual).index
    if not best > 0:
        return float("nan")
    return Concentration.of(Order.of(predicted), actual).index / best


def calibration(
    predicted: Floats, actual: Floats, groups: int, level: float
) -> dict[str, NDArray[np.float64]]:
    """Return predicted and actual means of equal groups, the highest predicted first.

    Returns
    -------
    dict of str to array
        `predicted`, `actual` with the normal interval `actual_low` and `actual_high`,
        `lift` (the actual mean over that of all) and `captured` (the share of all that
        this group and those before it account for).
    """
    order = Order.of(predicted)
    there = lift(order, actual, groups, level)
    return {
        "predicted": lift(order, predicted, groups, level)["mean"],
        "actual": there["mean"],
        "actual_low": there["mean_low"],
        "actual_high": there["mean_high"],
        "lift": there["lift"],
        "captured": there["captured"],
    }


def calibration_error(predicted: Floats, actual: Floats, groups: int = 10) -> float:
    """Return how far groups are off: their mean absolute error over the mean of all.

    Groups are equal parts of the customers by what was predicted (tenths if there are
    so many). Unlike a mean of relative errors this exists where a group did nothing.
    """
    groups = min(groups, len(actual))
    mean = float(actual.mean())
    if not mean > 0:
        return float("nan")
    table = calibration(predicted, actual, groups, 0.95)
    return float(np.abs(table["predicted"] - table["actual"]).mean()) / mean
