"""What a customer may cost, when the cost is back, and what would change it."""

from __future__ import annotations

from tenure.economics.acquisition import acquisition_cost
from tenure.economics.answers import WhatIf
from tenure.economics.costs import AcquisitionCost, Cost
from tenure.economics.payback import Payback, PaybackOf, payback
from tenure.economics.returns import ReturnOnSpend, ValueCurves, roi, value_curves
from tenure.economics.scenarios import what_if
from tenure.economics.targets import (
    AllowableCost,
    ValueToCost,
    allowable_cost,
    value_to_cost,
)

__all__ = [
    "AcquisitionCost",
    "AllowableCost",
    "Cost",
    "Payback",
    "PaybackOf",
    "ReturnOnSpend",
    "ValueCurves",
    "ValueToCost",
    "WhatIf",
    "acquisition_cost",
    "allowable_cost",
    "payback",
    "roi",
    "value_curves",
    "value_to_cost",
    "what_if",
]
