"""Customer lifetime value, RFM and retention: fast, exact, with intervals."""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

from tenure import datasets, exceptions
from tenure._core import VERSION
from tenure.formulas import (
    FormulaValue,
    average_value,
    historic_value,
    order_value_formula,
    retention_formula,
)
from tenure.history import SummaryHistory
from tenure.purchasing import (
    BGBB,
    BGCNBD,
    BGNBD,
    MBGCNBD,
    MBGNBD,
    NBD,
    PDO,
    GGompertzNBD,
    ParetoNBD,
)
from tenure.receipt import Receipt
from tenure.spend import GammaGamma
from tenure.summary import Split, Summary
from tenure.transactions import Transactions, load
from tenure.value import LifetimeValue, lifetime_value, lifetime_value_new

if TYPE_CHECKING:
    from tenure import (
        breakdown,
        campaigns,
        channels,
        economics,
        equity,
        plotting,
        products,
        referrals,
        retention,
        rfm,
        survival,
        voice,
    )
    from tenure._concentration import Concentration, concentration
    from tenure._likelihood_ratio import LikelihoodRatio, likelihood_ratio_test
    from tenure._money import money_quantiles
    from tenure._top_stability import TopStability, top_stability
    from tenure.auditing import Audit, audit
    from tenure.backtesting import Backtest, backtest
    from tenure.clustering import ClusterSegments
    from tenure.cohorts import Cohorts, CohortValues, Retention
    from tenure.comparing import Comparison, compare
    from tenure.economics import what_if
    from tenure.engine import LazyTransactions, summarize
    from tenure.independence import SpendIndependence, spend_independence
    from tenure.renewal import (
        SBG,
        BdW,
        DiscreteWeibull,
        ExponentialGamma,
        Geometric,
        WeibullGamma,
    )
    from tenure.renewals import Renewals
    from tenure.reporting import Report, report
    from tenure.retention import (
        ChurnWindow,
        Engagement,
        GrowthAccounting,
        Lifecycle,
        RepurchaseLadder,
        Subscriptions,
        rescaled_rate,
    )
    from tenure.rfm import RFM, SegmentMap, segment_maps
    from tenure.scanning import Scan, scan
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
    from tenure.ziln import ZILN

__version__ = VERSION

__all__ = [
    "BGBB",
    "BGCNBD",
    "BGNBD",
    "MBGCNBD",
    "MBGNBD",
    "NBD",
    "PDO",
    "RFM",
    "SBG",
    "ZILN",
    "AalenJohansen",
    "Audit",
    "Backtest",
    "BdW",
    "ChurnWindow",
    "ClusterSegments",
    "CohortValues",
    "Cohorts",
    "Comparison",
    "Concentration",
    "Cox",
    "DiscreteWeibull",
    "Engagement",
    "Exponential",
    "ExponentialGamma",
    "FormulaValue",
    "GGompertzNBD",
    "GammaGamma",
    "GeneralizedGamma",
    "Geometric",
    "GrowthAccounting",
    "KaplanMeier",
    "LazyTransactions",
    "Lifecycle",
    "LifetimeValue",
    "LikelihoodRatio",
    "LogLogistic",
    "LogNormal",
    "LogRank",
    "NelsonAalen",
    "ParetoNBD",
    "Receipt",
    "Renewals",
    "Report",
    "RepurchaseLadder",
    "Retention",
    "Scan",
    "SegmentMap",
    "SpendIndependence",
    "Split",
    "Subscriptions",
    "Summary",
    "SummaryHistory",
    "TopStability",
    "Transactions",
    "Weibull",
    "WeibullGamma",
    "__version__",
    "audit",
    "average_value",
    "backtest",
    "breakdown",
    "campaigns",
    "channels",
    "compare",
    "compare_distributions",
    "concentration",
    "datasets",
    "economics",
    "equity",
    "exceptions",
    "historic_value",
    "lifetime_value",
    "lifetime_value_new",
    "likelihood_ratio_test",
    "load",
    "log_rank",
    "money_quantiles",
    "order_value_formula",
    "pairwise_log_rank",
    "plotting",
    "products",
    "referrals",
    "report",
    "rescaled_rate",
    "retention",
    "retention_formula",
    "rfm",
    "scan",
    "segment_maps",
    "spend_independence",
    "summarize",
    "survival",
    "top_stability",
    "voice",
    "what_if",
]

# What is imported when it is asked for, and not before.
_MODULES = (
    "breakdown",
    "campaigns",
    "channels",
    "economics",
    "equity",
    "plotting",
    "products",
    "referrals",
    "retention",
    "rfm",
    "survival",
    "voice",
)
_PARTS = {
    "_concentration": ("Concentration", "concentration"),
    "_likelihood_ratio": ("LikelihoodRatio", "likelihood_ratio_test"),
    "_money": ("money_quantiles",),
    "_top_stability": ("TopStability", "top_stability"),
    "auditing": ("Audit", "audit"),
    "backtesting": ("Backtest", "backtest"),
    "clustering": ("ClusterSegments",),
    "cohorts": ("CohortValues", "Cohorts", "Retention"),
    "comparing": ("Comparison", "compare"),
    "economics": ("what_if",),
    "engine": ("LazyTransactions", "summarize"),
    "independence": ("SpendIndependence", "spend_independence"),
    "renewal": (
        "SBG",
        "BdW",
        "DiscreteWeibull",
        "ExponentialGamma",
        "Geometric",
        "WeibullGamma",
    ),
    "renewals": ("Renewals",),
    "reporting": ("Report", "report"),
    "retention": (
        "ChurnWindow",
        "Engagement",
        "GrowthAccounting",
        "Lifecycle",
        "RepurchaseLadder",
        "Subscriptions",
        "rescaled_rate",
    ),
    "rfm": ("RFM", "SegmentMap", "segment_maps"),
    "scanning": ("Scan", "scan"),
    "survival": (
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
    ),
    "ziln": ("ZILN",),
}
_LATER = {name: part for part, names in _PARTS.items() for name in names}


def __getattr__(name: str) -> Any:
    """Import what few analyses need when it is asked for, and not before."""
    if name in _MODULES:
        return import_module(f"tenure.{name}")
    if name in _LATER:
        return getattr(import_module(f"tenure.{_LATER[name]}"), name)
    msg = f"module 'tenure' has no attribute {name!r}"
    raise AttributeError(msg)


def __dir__() -> list[str]:
    return __all__
