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
from tenure.purchasing import BGNBD
from tenure.receipt import Receipt
from tenure.spend import GammaGamma
from tenure.summary import Split, Summary
from tenure.transactions import Transactions
from tenure.value import LifetimeValue, lifetime_value, lifetime_value_new

if TYPE_CHECKING:
    from tenure import plotting
    from tenure.engine import LazyTransactions, summarize
    from tenure.reporting import Report, report

__version__ = VERSION

__all__ = [
    "BGNBD",
    "FormulaValue",
    "GammaGamma",
    "LazyTransactions",
    "LifetimeValue",
    "Receipt",
    "Report",
    "Split",
    "Summary",
    "Transactions",
    "__version__",
    "average_value",
    "datasets",
    "exceptions",
    "historic_value",
    "lifetime_value",
    "lifetime_value_new",
    "order_value_formula",
    "plotting",
    "report",
    "retention_formula",
    "summarize",
]


def __getattr__(name: str) -> Any:
    """Import what needs more than NumPy when it is asked for, and not before."""
    if name == "plotting":
        return import_module("tenure.plotting")
    if name in ("Report", "report"):
        return getattr(import_module("tenure.reporting"), name)
    if name in ("LazyTransactions", "summarize"):
        return getattr(import_module("tenure.engine"), name)
    msg = f"module 'tenure' has no attribute {name!r}"
    raise AttributeError(msg)


def __dir__() -> list[str]:
    return __all__
