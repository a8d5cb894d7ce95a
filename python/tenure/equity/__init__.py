"""What all customers are worth, date by date, and what made it change."""

from __future__ import annotations

from tenure.equity.bridge import Bridge, bridge
from tenure.equity.forecast import Forecast, forecast
from tenure.equity.migration import ValueMigration, migration
from tenure.equity.roll_up import RollUp, roll_up
from tenure.equity.scorecard import Scorecard, scorecard
from tenure.equity.snapshots import Snapshots, snapshots
from tenure.equity.stages import Stages, stages

__all__ = [
    "Bridge",
    "Forecast",
    "RollUp",
    "Scorecard",
    "Snapshots",
    "Stages",
    "ValueMigration",
    "bridge",
    "forecast",
    "migration",
    "roll_up",
    "scorecard",
    "snapshots",
    "stages",
]
