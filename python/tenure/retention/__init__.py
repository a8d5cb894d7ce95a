"""Who comes back: growth accounting, activity, repurchase and the churn window."""

from __future__ import annotations

from tenure.retention._rates import rescaled_rate
from tenure.retention.churn_window import ChurnWindow
from tenure.retention.engagement import Engagement
from tenure.retention.growth import GrowthAccounting
from tenure.retention.lifecycle import Lifecycle
from tenure.retention.repurchase import RepurchaseLadder
from tenure.retention.subscriptions import Subscriptions

__all__ = [
    "ChurnWindow",
    "Engagement",
    "GrowthAccounting",
    "Lifecycle",
    "RepurchaseLadder",
    "Subscriptions",
    "rescaled_rate",
]
