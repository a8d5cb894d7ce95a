"""Any metric by anything: groups, what changed a mean, where revenue comes from."""

from __future__ import annotations

from tenure.breakdown.measures import Metric, mean, median, ratio, share, total
from tenure.breakdown.metrics import Breakdown, metrics, value

__all__ = [
    "Breakdown",
    "Metric",
    "mean",
    "median",
    "metrics",
    "ratio",
    "share",
    "total",
    "value",
]
