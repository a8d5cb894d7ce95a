"""Customer lifetime value, RFM and retention: fast, exact, with intervals."""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

from tenure import datasets, exceptions
from tenure._core import VERSION
from tenure.clustering import ClusterSegments
from tenure.concentration import Concentration, concentration
from tenure.formulas import (
    FormulaValue,
    average_value,
    historic_value,
    order_value_formula,
    retention_formula,
)
from tenure.history import SummaryHistory
from tenure.purchasing import BGNBD
from tenure.receipt import Receipt
from tenure.renewal import (
    SBG,
    BdW,
    DiscreteWeibull,
    ExponentialGamma,
    Geometric,
    WeibullGamma,
)
from tenure.renewals import Renewals
from tenure.scanning import Scan, scan
from tenure.spend import GammaGamma
from tenure.summary import Split, Summary
from tenure.survival import (
    AalenJohansen,
    Cox,
    Exponential,
    GeneralizedGamma,
    KaplanMeier,
    LogLogistic,
    LogNormal,
    LogRank,
    NelsonAalen,
    Weibull,
    compare_distributions,
    log_rank,
    pairwise_log_rank,
)
from tenure.top_stability import TopStability, top_stability
from tenure.transactions import Transactions, load
from tenure.value import LifetimeValue, lifetime_value, lifetime_value_new

if TYPE_CHECKING:
    from tenure import plotting, rfm
    from tenure.reporting import Report, report
    from tenure.rfm import RFM, SegmentMap, segment_maps

__version__ = VERSION

__all__ = [
    "BGNBD",
    "RFM",
    "SBG",
    "AalenJohansen",
    "BdW",
    "ClusterSegments",
    "Concentration",
    "Cox",
    "DiscreteWeibull",
    "Exponential",
    "ExponentialGamma",
    "FormulaValue",
    "GammaGamma",
    "GeneralizedGamma",
    "Geometric",
    "KaplanMeier",
    "LifetimeValue",
    "LogLogistic",
    "LogNormal",
    "LogRank",
    "NelsonAalen",
    "Receipt",
    "Renewals",
    "Report",
    "Scan",
    "SegmentMap",
    "Split",
    "Summary",
    "SummaryHistory",
    "TopStability",
    "Transactions",
    "Weibull",
    "WeibullGamma",
    "__version__",
    "average_value",
    "compare_distributions",
    "concentration",
    "datasets",
    "exceptions",
    "historic_value",
    "lifetime_value",
    "lifetime_value_new",
    "load",
    "log_rank",
    "order_value_formula",
    "pairwise_log_rank",
    "plotting",
    "report",
    "retention_formula",
    "rfm",
    "scan",
    "segment_maps",
    "top_stability",
]


def __getattr__(name: str) -> Any:
    """Import plotting, reporting and RFM when they are asked for, and not before."""
    if name in ("plotting", "rfm"):
        return import_module(f"tenure.{name}")
    if name in ("RFM", "SegmentMap", "segment_maps"):
        return getattr(import_module("tenure.rfm"), name)
    if name in ("Report", "report"):
        return getattr(import_module("tenure.reporting"), name)
    msg = f"module 'tenure' has no attribute {name!r}"
    raise AttributeError(msg)


def __dir__() -> list[str]:
    return __all__
