"""The dictionaries that go to the compiled core and come back from it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, TypeAlias, TypedDict

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    from tenure._core import ArrowTable

    Ints: TypeAlias = NDArray[np.int64]
    Floats: TypeAlias = NDArray[np.float64]
    NamedInts: TypeAlias = tuple[str, Ints]
    NamedFloats: TypeAlias = tuple[str, Floats]
    # Where each string starts and where the last one ends; the bytes.
    Strings: TypeAlias = tuple[Ints, NDArray[np.uint8]]
    # Integers and the smallest that names somebody, text, or a column with text.
    Names: TypeAlias = tuple[Ints, int] | Strings | tuple[ArrowTable, int]

__all__ = [
    "ActivityColumns",
    "BasketRows",
    "BasketSurvey",
    "CohortCounts",
    "CohortSums",
    "CollatedColumns",
    "CompetingColumns",
    "DatedColumns",
    "DroppedCounts",
    "EventColumns",
    "GroupedColumns",
    "GroupedEvents",
    "HistoryColumns",
    "LayoutColumns",
    "LedgerColumns",
    "LifeColumns",
    "LogColumns",
    "MeasureColumns",
    "PairColumns",
    "ReceiptCounts",
    "RenewalSettings",
    "SetColumns",
    "SplitColumns",
    "SummarizedEvents",
    "SummaryColumns",
    "WaitColumns",
]


class LogColumns(TypedDict):
    """The columns of a log, each with the name that the user knows it by."""

    customer: NamedInts
    customers: int
    time: NamedInts
    time_missing: NDArray[np.bool_] | None
    amount: NamedFloats | None
    order: NamedInts | None
    product: NamedInts | None
    attributes: list[NamedInts]


class EventColumns(TypedDict):
    """The columns of a log that purchases are made from."""

    customer: Names
    customer_missing: NDArray[np.bool_] | None
    time: Ints
    time_missing: NDArray[np.bool_] | None
    amount: Floats | None


class DroppedCounts(TypedDict):
    """Rows left out, by reason."""

    missing_customer: int
    missing_time: int
    duplicates: int
    refunds: int
    refunds_without_purchase: int


class ReceiptCounts(TypedDict):
    """What became of the rows of a log."""

    rows: int
    used: int
    dropped: DroppedCounts
    merged: int
    duplicates: int
    refunds: int
    refund_amount: float
    zero_amounts: int
    customers: int
    customers_without_purchase: int
    purchases: int
    first_time: int
    last_time: int


class HistoryColumns(TypedDict):
    """What summaries are made from."""

    grain: str
    offsets: Ints
    times: Ints
    values: Floats | None
    refund_purchases: Ints
    refund_times: Ints
    refund_amounts: Floats


class GroupedColumns(HistoryColumns):
    """A grouped log: compressed rows and what became of the rows."""

    customers: Ints
    line_offsets: Ints
    line_orders: Ints
    line_products: Ints
    line_amounts: Floats
    attributes: list[tuple[Ints, int]]
    receipt: ReceiptCounts
    refund_parts: list[float]


class CollatedColumns(HistoryColumns):
    """The compressed rows of chosen customers; `lines` are places in the parts."""

    line_offsets: Ints
    lines: Ints


class DatedColumns(TypedDict):
    """Summaries as of many dates; `offsets` say where the rows of each begin."""

    offsets: Ints
    customers: Ints
    frequency: Ints
    recency: Floats
    T: Floats
    monetary_value: Floats


class GroupedEvents(HistoryColumns):
    """A log grouped without codes: customers are integers, rows, or texts."""

    customers: Ints
    texts: Strings | None
    receipt: ReceiptCounts
    refund_parts: list[float]


class SummaryColumns(TypedDict):
    """One row a customer; `customers` are places in the log."""

    customers: Ints
    frequency: Ints
    recency: Floats
    T: Floats
    monetary_value: Floats


class SummarizedEvents(SummaryColumns):
    """A log summarised without codes: customers are integers, rows, or texts."""

    texts: Strings | None
    receipt: ReceiptCounts


class SplitColumns(SummaryColumns):
    """A summary beside what happened afterwards."""

    holdout_purchases: Ints
    holdout_value: Floats
    holdout_mean_value: Floats
    holdout_duration: float
    refunds_of_calibration: tuple[int, float]


class ActivityColumns(TypedDict):
    """What each customer has done; `customers` are places in the log."""

    customers: Ints
    first_purchase: Ints
    last_purchase: Ints
    purchases: Ints
    recency_days: Floats
    total_value: Floats
    mean_value: Floats


class RenewalSettings(TypedDict):
    """What the fit of a model of renewal is told, beside its customers.

    `fixed` and `start` have one entry a parameter of the core's model.
    """

    weights: Floats | None
    penalty: float
    fixed: list[float | None]
    start: list[float | None]
    covariates: dict[str, Any] | None


class CompetingColumns(TypedDict):
    """What happens at each time by cause, and each one's incidence and variance."""

    timeline: Floats
    at_risk: Floats
    censored: Floats
    events: list[Floats]
    incidence: list[tuple[Floats, Floats]]


class WaitColumns(TypedDict):
    """The time from each purchase to the next; `customers` are places in the log."""

    customers: Ints
    orders: Ints
    starts: Ints
    durations: Floats
    events: NDArray[np.bool_]


class LedgerColumns(TypedDict):
    """One row for each customer and each period with a purchase.

    `offsets` say where the rows of each customer begin, `periods` are places among
    `length` periods, `amounts` what was paid in each.
    """

    offsets: Ints
    periods: Ints
    amounts: Floats | None
    length: int


class LifeColumns(TypedDict):
    """Customers with their events, who begin with the first where births is None."""

    births: Ints | None
    segments: Ints | None
    offsets: Ints
    times: Ints


class LayoutColumns(TypedDict):
    """The rows and columns of a table of cohorts."""

    cohorts: Ints
    periods: Ints | None
    microseconds: int | None
    months: int | None
    end: int
    segments: int
    most: int | None
    brackets: list[tuple[int, int]]
    recurring: bool


class MeasureColumns(TypedDict):
    """The value of each event, and later refunds of some."""

    values: Floats | None
    refund_purchases: Ints
    refund_times: Ints
    refund_amounts: Floats


class CohortCounts(TypedDict):
    """Customers by cohort, and by cohort and age."""

    sizes: Ints
    eligible: Ints
    started: Ints
    retained: Ints
    active: Ints
    previous: Ints
    latest_complete: Ints
    earliest_started: Ints
    outside: int
    early: int


class CohortSums(TypedDict):
    """What customers are worth, by cohort and age."""

    orders: Floats
    orders_squared: Floats
    total: Floats
    total_squared: Floats
    total_by_orders: Floats
    of_active: Floats
    cumulative: Floats
    cumulative_squared: Floats


class BasketRows(TypedDict):
    """Rows with a basket and an item each.

    Keys below `smallest` are no basket; items are `first` to `first + kinds - 1`, and
    smaller ones are none.
    """

    keys: Ints
    smallest: int
    items: Ints
    first: int
    kinds: int


class BasketSurvey(TypedDict):
    """What baskets hold, without the giants, and how many baskets are enough."""

    item_counts: Ints
    baskets: int
    repeated: int
    giants: int
    giant_items: int
    largest: int
    fewest: int


class PairColumns(BasketSurvey):
    """Pairs of items, the smaller one first, and how many baskets hold both."""

    firsts: Ints
    seconds: Ints
    counts: Ints


class SetColumns(BasketSurvey):
    """Sets of items; `offsets` say where the ascending items of each begin."""

    offsets: Ints
    items: Ints
    counts: Ints
