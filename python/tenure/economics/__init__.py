"""What a customer may cost, when the cost is back, and what would change it."""

from __future__ import annotations

from tenure.economics.acquisition import AcquisitionCost, Cost, acquisition_cost
from tenure.economics.payback import Payback, PaybackOf, payback
from tenure.economics.returns import Returns, ValueCurves, roi, value_curves

__all__ = [
    "AcquisitionCost",
    "Cost",
    "Payback",
    "PaybackOf",
    "Returns",
    "ValueCurves",
    "acquisition_cost",
    "payback",
    "roi",
    "value_curves",
]
