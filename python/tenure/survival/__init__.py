"""Time to an event that is not seen for everybody: churn, the next order, an upgrade.

Durations come from the columns of any frame or from arrays, with right-censoring, late
entry (left truncation), weights and groups; results come back in the caller's family.
"""

from __future__ import annotations

from tenure.survival.aalen_johansen import AalenJohansen
from tenure.survival.comparison import LogRank, log_rank, pairwise_log_rank
from tenure.survival.cox import Cox
from tenure.survival.kaplan_meier import KaplanMeier
from tenure.survival.nelson_aalen import NelsonAalen
from tenure.survival.parametric import (
    Exponential,
    GeneralizedGamma,
    LogLogistic,
    LogNormal,
    Weibull,
    compare_distributions,
)

__all__ = [
    "AalenJohansen",
    "Cox",
    "Exponential",
    "GeneralizedGamma",
    "KaplanMeier",
    "LogLogistic",
    "LogNormal",
    "LogRank",
    "NelsonAalen",
    "Weibull",
    "compare_distributions",
    "log_rank",
    "pairwise_log_rank",
]
