"""The compiled core. Not public: use the functions and classes of `tenure`."""

from typing import Final, TypeAlias

import numpy as np
from numpy.typing import NDArray

from tenure._core_types import (
    ActivityColumns,
    GroupedColumns,
    HistoryColumns,
    LogColumns,
    SplitColumns,
    SummaryColumns,
)

VERSION: Final[str]

_Named: TypeAlias = tuple[str, NDArray[np.float64]]
_Date: TypeAlias = tuple[int, bool]

def group_transactions(
    columns: LogColumns, merge: str | None, refunds: str, duplicates: str
) -> GroupedColumns: ...
def summarize_transactions(
    log: HistoryColumns, as_of: _Date, unit: str
) -> SummaryColumns: ...
def split_transactions(
    log: HistoryColumns, at: _Date, until: _Date, unit: str
) -> SplitColumns: ...
def customer_activity(log: HistoryColumns, as_of: _Date) -> ActivityColumns: ...
def check_summary(
    frequency: _Named, recency: _Named, t: _Named, unit: str | None
) -> None: ...
