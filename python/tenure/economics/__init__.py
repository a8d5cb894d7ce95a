"""What a customer may cost, when the cost is back, and what would change it."""

from __future__ import annotations

from tenure.economics.acquisition import acquisition_cost
from tenure.economics.allowable import AllowableCost, allowable_cost
from tenure.economics.answers import WhatIf
from tenure.economics.costs import AcquisitionCost, Cost
from tenure.economics.keeping import RetentionCost, retention_cost
from tenure.economics.lifespan import LifespanValue, lifespan_value
from tenure.economics.payback import Payback, PaybackOf, payback
from tenure.economics.quadrants import OrderQuadrants, order_quadrants
from tenure.economics.quality import AcquisitionQuality, acquisition_quality
from tenure.economics.repeat_value import FirstOrders, first_orders
from tenure.economics.returns import ReturnOnSpend, ValueCurves, roi, value_curves
from tenure.economics.scenarios import what_if
from tenure.economics.value_over_cost import ValueToCost, value_to_cost

__all__ = [
    "AcquisitionCost",
    "AcquisitionQuality",
    "AllowableCost",
    "Cost",
    "FirstOrders",
    "LifespanValue",
    "OrderQuadrants",
    "Payback",
    "PaybackOf",
    "RetentionCost",
    "ReturnOnSpend",
    "ValueCurves",
    "ValueToCost",
    "WhatIf",
    "acquisition_cost",
    "acquisition_quality",
    "allowable_cost",
    "first_orders",
    "lifespan_value",
    "order_quadrants",
    "payback",
    "retention_cost",
    "roi",
    "value_curves",
    "value_to_cost",
    "what_if",
]
