"""A model of spend for any log: fitted where it can be, the mean where it cannot."""

from __future__ import annotations

import copy
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import numpy as np

from tenure.exceptions import TenureError
from tenure.spend import GammaGamma

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from tenure.summary import Summary

__all__ = ["Spending", "fit_spending", "with_spending"]


@dataclass(frozen=True, eq=False)
class Spending:
    """What a purchase will be worth.

    Attributes
    ----------
    model : GammaGamma or float
        A fitted model, or the mean of all purchases where none could be fitted.
    customers : Summary
        The customers, with a mean value that the model can take.
    without_value : int
        Customers whose repeat purchases came to nothing: their purchases are expected
        to be worth what those of a new customer are.
    problem : str
        Why no model was fitted; empty if one was.
    """

    model: GammaGamma | float
    customers: Summary
    without_value: int = 0
    problem: str = ""


def fit_spending(
    summary: Summary, order_value: float, model: GammaGamma | None = None
) -> Spending:
    """Fit a model of spend to those whose repeat purchases were worth something.

    Parameters
    ----------
    summary : Summary
        The customers.
    order_value : float
        The mean value of all purchases.
    model : GammaGamma, optional
        What to fit a copy of; by default `GammaGamma()`.
    """
    usable, without = _usable(summary)
    fitted = {
        "frequency": summary.frequency[usable].astype(np.float64),
        "monetary_value": summary["monetary_value"][usable],
    }
    try:
        found = (GammaGamma() if model is None else copy.copy(model)).fit(fitted)
    except TenureError as error:
        return Spending(order_value, summary, without, str(error))
    new = found.expected_spend_new()
    if not np.isfinite(new):
        problem = (
            "customers differ so much in what they spend that their mean does not "
            f"exist in the model (q = {found.params_['q']:.3g} is at most 1)"
        )
        return Spending(order_value, summary, without, problem)
    return with_spending(found, summary)


def with_spending(model: GammaGamma | float, summary: Summary) -> Spending:
    """Return a model that is there already, with customers that it can take."""
    usable, without = _usable(summary)
    if not isinstance(model, GammaGamma):
        return Spending(float(model), summary, without)
    # at the mean of all, the model draws nobody anywhere: they get that mean
    mean = summary["monetary_value"]
    shown = np.where(
        (summary.frequency > 0) & ~usable, model.expected_spend_new(), mean
    )
    return Spending(model, replace(summary, monetary_value=shown), without)


def _usable(summary: Summary) -> tuple[NDArray[np.bool_], int]:
    """Return whose mean value the model can take, and how many others came back."""
    mean = summary["monetary_value"]
    again = summary.frequency > 0
    usable = again & np.isfinite(mean) & (mean > 0)
    return usable, int((again & ~usable).sum())
