"""What all customers are worth, date by date, and what made it change."""

from __future__ import annotations

from tenure.equity.bridge import Bridge, bridge
from tenure.equity.snapshots import Snapshots, snapshots

__all__ = ["Bridge", "Snapshots", "bridge", "snapshots"]
