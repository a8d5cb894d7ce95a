"""Any metric by anything: groups, what changed a mean, where revenue comes from."""

from __future__ import annotations

from tenure.breakdown.changes import AverageChange, change
from tenure.breakdown.combined import CombinedValue, combined_value
from tenure.breakdown.factors import product_change
from tenure.breakdown.measures import Metric, mean, median, ratio, share, total
from tenure.breakdown.metrics import Breakdown, metrics, value
from tenure.breakdown.paradox import Difference, Simpson, simpson
from tenure.breakdown.patterns import BuyingPatterns, buying_patterns
from tenure.breakdown.revenue import RevenueTree, revenue_tree

__all__ = [
    "AverageChange",
    "Breakdown",
    "BuyingPatterns",
    "CombinedValue",
    "Difference",
    "Metric",
    "RevenueTree",
    "Simpson",
    "buying_patterns",
    "change",
    "combined_value",
    "mean",
    "median",
    "metrics",
    "product_change",
    "ratio",
    "revenue_tree",
    "share",
    "simpson",
    "total",
    "value",
]
