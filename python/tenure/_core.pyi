"""The compiled core. Not public: use the functions and classes of `tenure`."""

from typing import Any, Final, TypeAlias, final

import numpy as np
from numpy.typing import NDArray

from tenure._core_types import (
    ActivityColumns,
    CollatedColumns,
    DatedColumns,
    EventColumns,
    GroupedColumns,
    GroupedEvents,
    HistoryColumns,
    LogColumns,
    RenewalSettings,
    SplitColumns,
    SummarizedEvents,
    SummaryColumns,
)

__all__ = [
    "VERSION",
    "ArrowTable",
    "buckets_of_integers",
    "buckets_of_text",
    "check_summary",
    "codes_of_integers",
    "codes_of_text",
    "collate_customers",
    "customer_activity",
    "group_log",
    "group_part",
    "group_transactions",
    "instants_of_text",
    "instants_of_ticks",
    "objects_of_text",
    "parse_time",
    "purchasing_fit",
    "purchasing_log_likelihood",
    "purchasing_parameters",
    "purchasing_predict",
    "purchasing_probabilities",
    "purchasing_profile",
    "purchasing_quantiles",
    "renewal_bootstrap",
    "renewal_fit",
    "renewal_log_likelihood",
    "renewal_parameters",
    "renewal_predict",
    "renewal_profile",
    "renewal_simulate",
    "simulate_arrivals",
    "simulate_bg_nbd",
    "simulate_mean_spend",
    "simulate_order_values",
    "simulate_purchases",
    "spending_expected",
    "spending_fit",
    "spending_log_likelihood",
    "spending_parameters",
    "spending_profile",
    "spending_quantiles",
    "split_transactions",
    "summarize_at_dates",
    "summarize_log",
    "summarize_transactions",
    "survey_objects",
    "text_of_objects",
]

VERSION: Final[str]

_Named: TypeAlias = tuple[str, NDArray[np.float64]]
_Date: TypeAlias = tuple[int, bool]

_Rules: TypeAlias = tuple[str | None, str, str]

def group_log(columns: EventColumns, rules: _Rules) -> GroupedEvents | None: ...
def summarize_log(
    columns: EventColumns, rules: _Rules, as_of: _Date | None, unit: str
) -> SummarizedEvents | None: ...
def group_transactions(
    columns: LogColumns, merge: str | None, refunds: str, duplicates: str
) -> GroupedColumns: ...
def group_part(
    columns: LogColumns, merge: str | None, refunds: str, duplicates: str
) -> GroupedColumns: ...
def collate_customers(
    parts: list[tuple[HistoryColumns, NDArray[np.int64]]],
    customers: NDArray[np.int64],
) -> CollatedColumns: ...
def summarize_at_dates(
    log: HistoryColumns, dates: list[_Date], unit: str
) -> DatedColumns: ...
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

_Numbers: TypeAlias = NDArray[np.float64]
_Counts: TypeAlias = NDArray[np.int64] | _Numbers
_Triple: TypeAlias = tuple[_Counts, _Numbers, _Numbers]
_Pair: TypeAlias = tuple[_Counts, _Numbers]

def purchasing_parameters(model: str) -> list[tuple[str, str, str]]: ...
def purchasing_fit(
    model: str,
    customers: _Triple,
    *,
    weights: _Numbers | None = None,
    penalty: float = 0.0,
) -> dict[str, Any]: ...
def purchasing_profile(
    model: str,
    estimates: list[float],
    customers: _Triple,
    *,
    parameter: int,
    level: float,
    weights: _Numbers | None = None,
    penalty: float = 0.0,
) -> tuple[float, float]: ...
def purchasing_log_likelihood(
    model: str, theta: list[float], customers: _Triple
) -> _Numbers: ...
def purchasing_predict(
    model: str,
    quantity: str,
    theta: list[float],
    customers: _Triple,
    *,
    horizon: _Numbers,
    rate: float = 0.0,
    period: float | None = None,
    gradient: bool = False,
) -> tuple[_Numbers, _Numbers | None]: ...
def purchasing_probabilities(
    model: str,
    theta: list[float],
    customers: _Triple,
    *,
    horizon: _Numbers,
    most: int,
) -> _Numbers: ...
def purchasing_quantiles(
    model: str,
    theta: list[float],
    customers: _Triple,
    *,
    horizon: _Numbers,
    levels: list[float],
) -> _Numbers: ...
def renewal_parameters(model: str) -> list[tuple[str, str, str]]: ...
def renewal_fit(
    model: str, customers: _Triple, settings: RenewalSettings
) -> dict[str, Any]: ...
def renewal_profile(
    model: str,
    estimates: list[float],
    customers: _Triple,
    settings: RenewalSettings,
    *,
    parameter: int,
    level: float,
) -> tuple[float, float]: ...
def renewal_log_likelihood(
    model: str, theta: list[float], customers: _Triple
) -> _Numbers: ...
def renewal_predict(
    model: str,
    quantity: str,
    theta: list[float],
    spans: tuple[_Numbers, _Numbers],
    *,
    rate: float = 0.0,
    gradient: bool = False,
) -> tuple[_Numbers, _Numbers | None]: ...
def renewal_simulate(
    model: str, theta: list[float], entry: _Numbers, seed: int
) -> _Numbers: ...
def renewal_bootstrap(
    model: str,
    theta: list[float],
    exposure: _Triple,
    settings: RenewalSettings,
    *,
    exact: bool,
    replicates: int,
    seed: int,
) -> _Numbers: ...
def spending_parameters() -> list[tuple[str, str, str]]: ...
def spending_fit(
    customers: _Pair,
    *,
    weights: _Numbers | None = None,
    penalty: float = 0.0,
) -> dict[str, Any]: ...
def spending_profile(
    estimates: list[float],
    customers: _Pair,
    *,
    parameter: int,
    level: float,
    weights: _Numbers | None = None,
    penalty: float = 0.0,
) -> tuple[float, float]: ...
def spending_log_likelihood(theta: list[float], customers: _Pair) -> _Numbers: ...
def spending_expected(
    theta: list[float],
    customers: _Pair,
    *,
    gradient: bool = False,
) -> tuple[_Numbers, _Numbers | None]: ...
def spending_quantiles(
    theta: list[float], customers: _Pair, levels: list[float]
) -> _Numbers: ...

_Ints: TypeAlias = NDArray[np.int64]
_Mask: TypeAlias = NDArray[np.bool_]
_Strings: TypeAlias = tuple[_Ints, NDArray[np.uint8]]

@final
class ArrowTable:
    def __new__(cls, data: object) -> ArrowTable: ...
    @property
    def n_rows(self) -> int: ...
    @property
    def has_columns(self) -> bool: ...
    @property
    def names(self) -> list[str]: ...
    @property
    def types(self) -> list[str]: ...
    def has_views(self, position: int) -> bool: ...
    def column(self, position: int) -> tuple[Any, ...]: ...

def codes_of_integers(values: _Ints, missing: _Mask | None) -> tuple[_Ints, _Ints]: ...
def codes_of_text(
    strings: _Strings, missing: _Mask | None
) -> tuple[_Ints, NDArray[np.uintp]]: ...
def buckets_of_integers(
    values: _Ints, missing: _Mask | None, buckets: int
) -> tuple[_Ints, _Ints]: ...
def buckets_of_text(
    strings: _Strings, missing: _Mask | None, buckets: int
) -> tuple[_Ints, _Ints]: ...
def instants_of_text(
    column: str,
    strings: _Strings,
    missing: _Mask | None,
    time_format: str | None,
    tz: str | None,
) -> tuple[_Ints, str | None]: ...
def instants_of_ticks(
    column: str,
    ticks: _Ints,
    missing: _Mask | None,
    unit: str,
    tz: str | None,
) -> tuple[_Ints, str | None]: ...
def objects_of_text(
    strings: _Strings, rows: NDArray[np.uintp] | None
) -> NDArray[np.object_]: ...
def parse_time(text: str) -> tuple[int, int | None, bool] | None: ...
def survey_objects(
    objects: NDArray[np.object_],
) -> tuple[_Mask, _Mask, list[tuple[type, int]]]: ...
def text_of_objects(
    column: str, objects: NDArray[np.object_], missing: _Mask | None
) -> _Strings: ...
def simulate_bg_nbd(
    theta: list[float], ages: _Numbers, seed: int
) -> tuple[_Ints, _Numbers, _Numbers, _Numbers, _Mask]: ...
def simulate_arrivals(windows: _Numbers, seed: int) -> _Numbers: ...
def simulate_purchases(
    theta: list[float], ages: _Numbers, seed: int
) -> tuple[_Ints, _Numbers]: ...
def simulate_mean_spend(
    theta: list[float], frequency: _Numbers, seed: int
) -> _Numbers: ...
def simulate_order_values(
    theta: list[float], orders: NDArray[np.uint64], seed: int
) -> _Numbers: ...
