"""Any metric by anything: groups, what changed a mean, where revenue comes from."""

from __future__ import annotations

from tenure.breakdown.changes import AverageChange, change
from tenure.breakdown.factors import product_change
from tenure.breakdown.measures import Metric, mean, median, ratio, share, total
from tenure.breakdown.metrics import Breakdown, metrics, value
from tenure.breakdown.revenue import RevenueTree, revenue_tree

__all__ = [
    "AverageChange",
    "Breakdown",
    "Metric",
    "RevenueTree",
    "change",
    "mean",
    "median",
    "metrics",
    "product_change",
    "ratio",
    "revenue_tree",
    "share",
    "total",
    "value",
]
