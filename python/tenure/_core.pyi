"""The compiled core. Not public: use the functions and classes of `tenure`."""

from collections.abc import Sequence
from typing import Any, Final, TypeAlias, final

import numpy as np
from numpy.typing import NDArray

from tenure._core_types import (
    ActivityColumns,
    BasketRows,
    CohortCounts,
    CohortSums,
    CollatedColumns,
    CompetingColumns,
    DatedColumns,
    EventColumns,
    GroupedColumns,
    GroupedEvents,
    HistoryColumns,
    LayoutColumns,
    LedgerColumns,
    LifeColumns,
    LogColumns,
    MeasureColumns,
    PairColumns,
    RenewalSettings,
    SetColumns,
    SplitColumns,
    SummarizedEvents,
    SummaryColumns,
    WaitColumns,
)

__all__ = [
    "VERSION",
    "ArrowTable",
    "aalen_johansen",
    "active_periods",
    "basket_pairs",
    "basket_sets",
    "buckets_of_integers",
    "buckets_of_text",
    "check_summary",
    "chi_square_tail",
    "chi_squared_tail",
    "codes_of_integers",
    "codes_of_text",
    "cohort_counts",
    "cohort_counts_of_log",
    "cohort_values",
    "collate_customers",
    "concordance",
    "cox_fit",
    "cox_residuals",
    "customer_activity",
    "group_log",
    "group_part",
    "group_transactions",
    "growth_movements",
    "instants_of_text",
    "instants_of_ticks",
    "kaplan_meier",
    "lifecycle_states",
    "log_rank",
    "nelson_aalen",
    "objects_of_text",
    "parametric_fit",
    "parametric_predict",
    "parse_time",
    "period_ledger",
    "purchase_log_intervals",
    "purchase_streaks",
    "purchase_waits",
    "purchasing_bootstrap",
    "purchasing_customer_parameters",
    "purchasing_fit",
    "purchasing_log_likelihood",
    "purchasing_money_quantiles",
    "purchasing_parameters",
    "purchasing_predict",
    "purchasing_probabilities",
    "purchasing_processes",
    "purchasing_profile",
    "purchasing_quantiles",
    "purchasing_scores",
    "renewal_bootstrap",
    "renewal_customer_parameters",
    "renewal_fit",
    "renewal_log_likelihood",
    "renewal_parameters",
    "renewal_predict",
    "renewal_processes",
    "renewal_profile",
    "renewal_simulate",
    "restricted_mean",
    "return_variance",
    "revenue_retention",
    "rfm_boundaries",
    "rfm_check",
    "rfm_cuts",
    "rfm_cuts_within",
    "rfm_scores",
    "rfm_scores_by_rank",
    "rfm_scores_within",
    "rfm_segments",
    "rfm_tie_breaks_of_integers",
    "rfm_tie_breaks_of_text",
    "simulate_arrivals",
    "simulate_bg_nbd",
    "simulate_mean_spend",
    "simulate_order_values",
    "simulate_purchases",
    "spending_customer_parameters",
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
    "survival_band",
    "survival_check",
    "survival_table",
    "text_of_objects",
    "trailing_actives",
    "ziln_fit",
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
def cohort_counts(
    customers: LifeColumns, layout: LayoutColumns, rule: str, eligible_only: bool
) -> CohortCounts: ...
def cohort_counts_of_log(
    columns: EventColumns,
    rules: _Rules,
    layout: LayoutColumns,
    rule: str,
    eligible_only: bool,
) -> tuple[CohortCounts, tuple[int, int]] | None: ...
def cohort_values(
    customers: LifeColumns,
    layout: LayoutColumns,
    measure: MeasureColumns,
    eligible_only: bool,
) -> CohortSums: ...
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
def purchase_log_intervals(
    log: HistoryColumns, as_of: _Date, unit: str
) -> NDArray[np.float64]: ...
def split_transactions(
    log: HistoryColumns, at: _Date, until: _Date, unit: str
) -> SplitColumns: ...
def customer_activity(log: HistoryColumns, as_of: _Date) -> ActivityColumns: ...
def purchase_waits(
    log: HistoryColumns, as_of: _Date, unit: str, most: int
) -> WaitColumns: ...
def period_ledger(
    log: HistoryColumns, as_of: _Date, edges: NDArray[np.int64]
) -> LedgerColumns: ...
def basket_pairs(rows: BasketRows, least: tuple[int, float, int]) -> PairColumns: ...
def basket_sets(
    rows: BasketRows, least: tuple[int, float, int], size: int, most: int
) -> SetColumns: ...
def growth_movements(
    ledger: LedgerColumns, window: int, step: int
) -> dict[str, NDArray[Any]]: ...
def return_variance(
    waits: tuple[NDArray[np.float64], NDArray[np.bool_], NDArray[np.int64]],
    table: tuple[NDArray[np.float64], NDArray[np.float64], NDArray[np.float64]],
    gaps: Sequence[float],
    horizon: float,
) -> NDArray[np.float64]: ...
def revenue_retention(
    ledger: LedgerColumns, window: int, span: int, reactivation: bool
) -> dict[str, NDArray[Any]]: ...
def trailing_actives(ledger: LedgerColumns, window: int) -> NDArray[np.int64]: ...
def active_periods(
    ledger: LedgerColumns, ends: Sequence[int], window: int
) -> NDArray[np.int64]: ...
def purchase_streaks(
    ledger: LedgerColumns, running: bool
) -> dict[str, NDArray[np.int64]]: ...
def lifecycle_states(
    ledger: LedgerColumns, ends: NDArray[np.int64], gaps: tuple[int, int, int]
) -> dict[str, NDArray[np.int64]]: ...
def check_summary(
    frequency: _Named, recency: _Named, t: _Named, unit: str | None
) -> None: ...

_Numbers: TypeAlias = NDArray[np.float64]
_Counts: TypeAlias = NDArray[np.int64] | _Numbers
_Theta: TypeAlias = list[float] | _Numbers
_Covariates: TypeAlias = dict[str, Any] | None
_Triple: TypeAlias = tuple[_Counts, _Numbers, _Numbers]
_Pair: TypeAlias = tuple[_Counts, _Numbers]

def purchasing_parameters(model: str) -> list[tuple[str, str, str]]: ...
def purchasing_processes(model: str) -> int: ...
def purchasing_customer_parameters(
    model: str, theta: list[float], predictors: _Numbers, *, gradient: bool = False
) -> tuple[_Numbers, _Numbers | None]: ...
def purchasing_fit(
    model: str,
    customers: _Triple,
    *,
    covariates: _Covariates = None,
    weights: _Numbers | None = None,
    penalty: float = 0.0,
    fixed: list[float | None] = ...,
    start: list[float | None] = ...,
) -> dict[str, Any]: ...
def purchasing_profile(
    model: str,
    estimates: list[float],
    customers: _Triple,
    *,
    parameter: int,
    level: float,
    covariates: _Covariates = None,
    weights: _Numbers | None = None,
    penalty: float = 0.0,
    fixed: list[float | None] = ...,
) -> tuple[float, float]: ...
def purchasing_log_likelihood(
    model: str, theta: _Theta, customers: _Triple
) -> _Numbers: ...
def purchasing_predict(
    model: str,
    quantity: str,
    theta: _Theta,
    customers: _Triple,
    *,
    horizon: _Numbers,
    rate: float = 0.0,
    period: float | None = None,
    gradient: bool = False,
) -> tuple[_Numbers, _Numbers | None]: ...
def purchasing_probabilities(
    model: str,
    theta: _Theta,
    customers: _Triple,
    *,
    horizon: _Numbers,
    most: int,
) -> _Numbers: ...
def purchasing_quantiles(
    model: str,
    theta: _Theta,
    customers: _Triple,
    *,
    horizon: _Numbers,
    levels: list[float],
) -> _Numbers: ...
def purchasing_scores(
    model: str,
    theta: _Theta,
    customers: _Triple,
    *,
    horizon: _Numbers,
    actual: _Numbers,
) -> _Numbers: ...
def purchasing_money_quantiles(
    model: str,
    theta: _Theta,
    customers: _Triple,
    *,
    horizon: _Numbers,
    spend: _Theta,
    spending: _Pair,
    levels: list[float],
) -> _Numbers: ...
def purchasing_bootstrap(
    model: str,
    estimates: list[float],
    customers: _Triple,
    *,
    replicates: int,
    seed: int,
    covariates: _Covariates = None,
    weights: _Numbers | None = None,
    penalty: float = 0.0,
    fixed: list[float | None] = ...,
) -> _Numbers: ...
def ziln_fit(
    x: _Numbers,
    y: _Numbers,
    *,
    weights: _Numbers | None = None,
    penalty: float = 0.0,
    varying_spread: bool = True,
) -> dict[str, Any]: ...
def renewal_parameters(model: str) -> list[tuple[str, str, str]]: ...
def renewal_processes(model: str) -> int: ...
def renewal_customer_parameters(
    model: str, theta: list[float], predictors: _Numbers, *, gradient: bool = False
) -> tuple[_Numbers, _Numbers | None]: ...
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
    model: str, theta: _Theta, customers: _Triple
) -> _Numbers: ...
def renewal_predict(
    model: str,
    quantity: str,
    theta: _Theta,
    spans: tuple[_Numbers, _Numbers],
    *,
    rate: float = 0.0,
    gradient: bool = False,
) -> tuple[_Numbers, _Numbers | None]: ...
def renewal_simulate(
    model: str, theta: _Theta, entry: _Numbers, seed: int
) -> _Numbers: ...
def renewal_bootstrap(
    model: str,
    theta: _Theta,
    exposure: _Triple,
    settings: RenewalSettings,
    *,
    exact: bool,
    replicates: int,
    seed: int,
) -> _Numbers: ...
def spending_parameters() -> list[tuple[str, str, str]]: ...
def spending_customer_parameters(
    theta: list[float], predictors: _Numbers, *, gradient: bool = False
) -> tuple[_Numbers, _Numbers | None]: ...
def spending_fit(
    customers: _Pair,
    *,
    covariates: _Covariates = None,
    weights: _Numbers | None = None,
    penalty: float = 0.0,
    mean_ln: _Numbers | None = None,
    fixed: list[float | None] = ...,
    start: list[float | None] = ...,
) -> dict[str, Any]: ...
def spending_profile(
    estimates: list[float],
    customers: _Pair,
    *,
    parameter: int,
    level: float,
    covariates: _Covariates = None,
    weights: _Numbers | None = None,
    penalty: float = 0.0,
    mean_ln: _Numbers | None = None,
    fixed: list[float | None] = ...,
) -> tuple[float, float]: ...
def spending_log_likelihood(theta: _Theta, customers: _Pair) -> _Numbers: ...
def spending_expected(
    theta: _Theta,
    customers: _Pair,
    *,
    gradient: bool = False,
) -> tuple[_Numbers, _Numbers | None]: ...
def spending_quantiles(
    theta: _Theta, customers: _Pair, levels: list[float]
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
def ends(values: _Ints) -> tuple[int, int]: ...
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
    theta: _Theta, ages: _Numbers, seed: int
) -> tuple[_Ints, _Numbers, _Numbers, _Numbers, _Mask]: ...
def simulate_arrivals(windows: _Numbers, seed: int) -> _Numbers: ...
def simulate_purchases(
    theta: _Theta, ages: _Numbers, seed: int
) -> tuple[_Ints, _Numbers]: ...
def simulate_mean_spend(theta: _Theta, frequency: _Numbers, seed: int) -> _Numbers: ...
def simulate_order_values(
    theta: _Theta, orders: NDArray[np.uint64], seed: int
) -> _Numbers: ...

_Scores: TypeAlias = NDArray[np.uint8]
_Shares: TypeAlias = int | list[float]
_TieBreaks: TypeAlias = NDArray[np.uint64]
_Groups: TypeAlias = NDArray[np.uint16]

def rfm_check(column: str, values: _Numbers, kind: str) -> None: ...
def rfm_cuts(values: _Numbers, shares: _Shares, best: str) -> list[float]: ...
def rfm_scores(
    values: _Numbers, cuts: list[float], ties: str, best: str
) -> _Scores: ...
def rfm_cuts_within(
    values: _Numbers, groups: _Groups, count: int, shares: _Shares, best: str
) -> list[list[float]]: ...
def rfm_scores_within(
    values: _Numbers, groups: _Groups, cuts: list[list[float]], ties: str, best: str
) -> _Scores: ...
def rfm_tie_breaks_of_integers(ids: _Ints, seed: int) -> _TieBreaks: ...
def rfm_tie_breaks_of_text(ids: _Strings, seed: int) -> _TieBreaks: ...
def rfm_boundaries(
    values: _Numbers, tie_breaks: _TieBreaks, shares: _Shares, best: str
) -> list[tuple[float, int]]: ...
def rfm_scores_by_rank(
    values: _Numbers,
    tie_breaks: _TieBreaks,
    boundaries: list[tuple[float, int]],
    best: str,
) -> _Scores: ...
def rfm_segments(
    scores: list[_Scores], bins: _Scores, table: _Scores, unscored: int
) -> _Scores: ...
def chi_square_tail(statistic: float, degrees: float) -> float: ...

# Durations, events, entry and weights, and what the user calls them.
_Subjects: TypeAlias = tuple[
    NDArray[np.int64] | _Numbers,
    NDArray[np.bool_] | NDArray[np.int64] | _Numbers | None,
    _Numbers | None,
    _Numbers | None,
]
_Called: TypeAlias = tuple[str, str, str, str]
_Codes: TypeAlias = NDArray[np.int64]
_Explained: TypeAlias = tuple[list[str], _Numbers, _Codes | None]

def survival_check(columns: _Subjects, called: _Called) -> None: ...
def survival_table(columns: _Subjects, called: _Called) -> dict[str, _Numbers]: ...
def kaplan_meier(
    at_risk: _Numbers, observed: _Numbers, spare: NDArray[Any] | None = None
) -> tuple[_Numbers, _Numbers]: ...
def nelson_aalen(
    at_risk: _Numbers, observed: _Numbers, one_by_one: bool
) -> tuple[_Numbers, _Numbers]: ...
def survival_band(
    band: str, z: float, survival: _Numbers, sums: _Numbers
) -> tuple[_Numbers, _Numbers]: ...
def restricted_mean(
    timeline: _Numbers, survival: _Numbers, sums: _Numbers, horizon: float
) -> tuple[float, float]: ...
def log_rank(
    columns: _Subjects,
    called: _Called,
    groups: _Codes,
    size: int,
    strata: _Codes | None,
    weighting: str,
    p: float,
    q: float,
) -> tuple[float, int, float, list[float], list[float]]: ...
def aalen_johansen(
    columns: _Subjects, called: _Called, causes: _Codes, number: int
) -> CompetingColumns: ...
def chi_squared_tail(statistic: float, degrees: int) -> float: ...
def cox_fit(
    columns: _Subjects,
    called: _Called,
    explained: _Explained,
    ties: str,
    penalty: float,
) -> dict[str, Any]: ...
def cox_residuals(
    columns: _Subjects,
    called: _Called,
    explained: _Explained,
    ties: str,
    coefficients: list[float],
) -> dict[str, _Numbers]: ...
def concordance(
    columns: _Subjects, called: _Called, risk: _Numbers, strata: _Codes | None
) -> tuple[float, float, float, float]: ...
def parametric_fit(
    family: str,
    cured: bool,
    columns: _Subjects,
    called: _Called,
    names: list[str],
    values: _Numbers,
) -> dict[str, Any]: ...
def parametric_predict(
    family: str,
    cured: bool,
    locations: _Numbers,
    rest: tuple[float, float, float],
    times: _Numbers,
) -> _Numbers: ...
