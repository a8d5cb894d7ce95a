"""What all customers are worth, date by date, and what made it change."""

from __future__ import annotations

from tenure.equity.bridge import Bridge, bridge
from tenure.equity.migration import ValueMigration, migration
from tenure.equity.roll_up import RollUp, roll_up
from tenure.equity.scorecard import Scorecard, scorecard
from tenure.equity.snapshots import Snapshots, snapshots

__all__ = [
    "Bridge",
    "RollUp",
    "Scorecard",
    "Snapshots",
    "ValueMigration",
    "bridge",
    "migration",
    "roll_up",
    "scorecard",
    "snapshots",
]
