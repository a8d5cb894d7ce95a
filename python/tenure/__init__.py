"""Customer lifetime value, RFM and retention: fast, exact, with intervals."""

from __future__ import annotations

from tenure._core import VERSION as __version__
from tenure.receipt import Receipt
from tenure.summary import Split, Summary
from tenure.transactions import Transactions

__all__ = ["Receipt", "Split", "Summary", "Transactions", "__version__"]
