"""Who comes back: growth accounting, activity, repurchase and the churn window."""

from __future__ import annotations
