"""Customer lifetime value, RFM and retention: fast, exact, with intervals."""

from __future__ import annotations

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

__version__ = VERSION

__all__ = [
    "BGNBD",
    "FormulaValue",
    "GammaGamma",
    "LifetimeValue",
    "Receipt",
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
    "retention_formula",
]
