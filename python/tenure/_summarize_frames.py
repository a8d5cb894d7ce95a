"""The results of a log in an engine: one row a customer, and the receipt."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, TypeVar

import narwhals as nw

from tenure._summarize_engines import by_rows, grouped, with_times
from tenure._summarize_reading import NEVER
from tenure._summarize_rows import scalars
from tenure._summarize_rules import (
    entries,
    with_first,
    with_repeats,
    with_use,
)
from tenure._summarize_time import DAY, microseconds, moment, with_ages, with_dates

if TYPE_CHECKING:
    from tenure._core_types import ReceiptCounts
    from tenure._summarize_rows import Rows, Survey
    from tenure._summarize_time import Cutoff
    from tenure._typing import Unit

__all__ = ["activity", "has_whole_days", "receipt_counts", "split", "summary"]

Frame = TypeVar("Frame", nw.LazyFrame[Any], nw.DataFrame[Any])

# Between which ticks customers age.
_AGES = {"recency": ("first", "last"), "T": ("first", "now")}

# The sums that are whole numbers.
_COUNTS = {"count", "holdout_purchases"}


def summary(rows: Rows, end: Cutoff, unit: Unit, *, refunds: bool) -> nw.LazyFrame[Any]:
    """Return frequency, recency, T and monetary value of each customer."""
    found = _entries(rows, end.last)
    sums = _purchases(end.last)
    if rows.has_amounts:
        found = with_repeats(found, refunds=refunds)
        sums.append(_sum(nw.col("known") <= end.last, "repeat"))
    customers = _reduced(found, sums, end.last)
    measures = _Measures(_AGES, {"now": end.now}, rows.rules.grain, unit)
    return by_rows(customers, measures.summary)


def split(
    rows: Rows, ends: tuple[Cutoff, Cutoff], unit: Unit, *, refunds: bool
) -> nw.LazyFrame[Any]:
    """Return the summary at the first date beside the purchases up to the second."""
    at, until = ends
    found = _entries(rows, until.last)
    made, sums = nw.col("made"), _purchases(at.last)
    later = (made > at.last) & (made <= until.last)
    sums.append(_sum(later, "purchases", "holdout_purchases"))
    if rows.has_amounts:
        found = with_repeats(found, refunds=refunds)
        found = with_first(found, (nw.col("own") == 1) & (made > at.last), "later")
        held = (made >= nw.col("later")) & (nw.col("known") <= until.last)
        sums.append(_sum(nw.col("known") <= at.last, "repeat"))
        sums.append(_sum(held, "value", "holdout_value"))
    customers = _reduced(found, sums, at.last)
    ages = {**_AGES, "holdout_duration": ("now", "until")}
    dates = {"now": at.now, "until": until.now}
    measures = _Measures(ages, dates, rows.rules.grain, unit)
    return by_rows(customers, measures.split)


def activity(rows: Rows, end: Cutoff, *, refunds: bool) -> nw.LazyFrame[Any]:
    """Return what scores are made of."""
    found = _entries(rows, end.last)
    sums = _purchases(end.last)
    if rows.has_amounts:
        counts = nw.col("known") <= end.last
        if refunds:  # none counts before the first purchase
            found = with_first(found, nw.col("own") == 1, "first")
            counts = counts & (nw.col("made") >= nw.col("first"))
        sums.append(_sum(counts, "value", "total_value"))
    customers = _reduced(found, sums, end.last)
    ages = {"recency_days": ("last", "now")}
    measures = _Measures(ages, {"now": end.now}, rows.rules.grain, "day")
    frame = by_rows(customers, measures.activity)
    return with_times(frame, ["first_purchase", "last_purchase"])


@dataclass(frozen=True)
class _Measures:
    """What becomes of the sums of each customer, row by row.

    Attributes
    ----------
    ages : dict of str to tuple of str
        The ages to measure, each between two columns of ticks.
    dates : dict of str to int
        Ticks that are the same for all customers.
    grain, unit : str
        What ticks count, and what ages are measured in.
    """

    ages: dict[str, tuple[str, str]]
    dates: dict[str, int]
    grain: str
    unit: Unit

    def summary(self, customers: Frame) -> Frame:
        """Return the columns of a summary."""
        frame = self._with_ages(customers)
        return frame.select(*self._summary_columns(frame))

    def split(self, customers: Frame) -> Frame:
        """Return the columns of a split."""
        frame, count = self._with_ages(customers), nw.col("holdout_purchases")
        columns = [*self._summary_columns(frame), count]
        if "holdout_value" in frame.collect_schema().names():
            value = nw.col("holdout_value")
            columns += [value, _mean(value, count).alias("holdout_mean_value")]
        return frame.select(*columns, "holdout_duration")

    def activity(self, customers: Frame) -> Frame:
        """Return the columns of the activity, times in microseconds."""
        frame = self._with_ages(customers)
        columns = [
            nw.col(
                "customer",
            ).alias("customer_id"),
            moment("first").alias("first_purchase"),
            moment("last").alias("last_purchase"),
            nw.col("count").alias("purchases"),
            nw.col("recency_days"),
        ]
        if "total_value" in frame.collect_schema().names():
            total = nw.col("total_value")
            columns += [total, _mean(total, nw.col("count")).alias("mean_value")]
        return frame.select(*columns)

    def _with_ages(self, customers: Frame) -> Frame:
        dates = {name: nw.lit(tick).cast(nw.Int64) for name, tick in self.dates.items()}
        frame = customers.with_columns(
            # some engines add up whole numbers in a wider type
            *(nw.col(name).cast(nw.Int64) for name in _counts(customers)),
            **dates,
        )
        frame = with_dates(frame, ("first", "last", *dates), self.grain)
        return with_ages(frame, self.ages, self.unit)

    @staticmethod
    def _summary_columns(frame: Frame) -> list[nw.Expr]:
        repeats = nw.col("count") - 1
        columns = [
            nw.col(
                "customer",
            ).alias("customer_id"),
            repeats.alias("frequency"),
            nw.col("recency"),
            nw.col("T"),
        ]
        if "repeat" in frame.collect_schema().names():
            columns.append(_mean(nw.col("repeat"), repeats).alias("monetary_value"))
        return columns


def _counts(frame: Frame) -> list[str]:
    return [name for name in frame.collect_schema().names() if name in _COUNTS]


def receipt_counts(rows: Rows, survey: Survey) -> ReceiptCounts:
    """Return what became of the rows: several passes of the engine."""
    read = _read_counts(rows)
    used = _used_counts(rows)
    made = _made_counts(rows)
    repeated = rows.duplicates()
    refunds = read["refunds"] if rows.rules.refunds == "drop" else 0
    dropped = repeated if rows.rules.duplicates == "drop" else 0
    return {
        "rows": survey.rows,
        "used": used["used"],
        "dropped": {
            "missing_customer": survey.missing_customer,
            "missing_time": survey.missing_time,
            "duplicates": dropped,
            "refunds": refunds,
            "refunds_without_purchase": read["rows"] - refunds - used["used"],
        },
        "merged": used["bought"] - made["purchases"],
        "duplicates": repeated,
        "refunds": read["refunds"],
        "refund_amount": read["refund_amount"],
        "zero_amounts": made["zero_amounts"],
        "customers": made["customers"],
        "customers_without_purchase": read["customers"] - made["customers"],
        "purchases": made["purchases"],
        "first_time": microseconds(used["first_time"], "instant"),
        "last_time": microseconds(used["last_time"], "instant"),
    }


def first_purchase(rows: Rows) -> int:
    """Return the tick of the log's first purchase: `NEVER` if there is none."""
    found = entries(rows, rows.usable())
    bought = nw.when(nw.col("purchases") > 0).then(nw.col("made"))
    first = bought.otherwise(nw.lit(NEVER)).min().alias("first")
    return int(scalars(found.select(first))["first"])


def has_whole_days(rows: Rows) -> bool:
    """Say whether nothing but dates is used of the times."""
    frame = with_use(rows, rows.usable())
    odd = (nw.col("tick") % DAY != 0) & nw.col("used")
    odd = frame.select(odd.cast(nw.Int64).alias("odd"))
    return scalars(odd.select(nw.col("odd").sum()))["odd"] == 0


def _read_counts(rows: Rows) -> dict[str, Any]:
    """Return the rows with a customer and a time, the refunds and the customers."""
    frame = rows.usable(refunds=True)
    ids = grouped(frame, ("customer",), nw.len().alias("rows"))
    counts = {
        "customers": scalars(ids.select(nw.col("rows").len().alias("n")))["n"],
        "refunds": 0,
        "refund_amount": 0.0,
    }
    sums = [
        nw.col(
            "customer",
        )
        .len()
        .alias("rows")
    ]
    if rows.has_amounts:
        negative, zero = nw.col("amount") < 0, nw.lit(0.0)
        paid_back = nw.when(negative).then(-nw.col("amount")).otherwise(zero)
        frame = frame.with_columns(
            negative.cast(nw.Int64).alias("refunds"), paid_back.alias("refund_amount")
        )
        sums += [nw.col("refunds").sum(), nw.col("refund_amount").sum()]
    return counts | scalars(frame.select(*sums))


def _used_counts(rows: Rows) -> dict[str, Any]:
    """Return how many rows are used, how many of them bought, and first and last."""
    frame = with_use(rows, rows.usable(instants=True))
    used, at = nw.col("used"), nw.col("instant")
    bought = used & rows.rules.bought if rows.has_amounts else used
    frame = frame.select(
        used.cast(nw.Int64).alias("used"),
        bought.cast(nw.Int64).alias("bought"),
        nw.when(used).then(at).otherwise(nw.lit(NEVER)).alias("first_time"),
        nw.when(used).then(at).otherwise(nw.lit(-NEVER)).alias("last_time"),
    )
    return scalars(
        frame.select(
            nw.col("used", "bought").sum(),
            nw.col("first_time").min(),
            nw.col("last_time").max(),
        )
    )


def _made_counts(rows: Rows) -> dict[str, Any]:
    """Return how many purchases there are, of whom, and how many of nothing."""
    found = entries(rows, rows.usable())
    free = nw.lit(0).cast(nw.Int64)
    if rows.has_amounts:
        nothing = nw.col("value") == 0.0
        free = nw.when(nothing).then(nw.col("purchases")).otherwise(free)
    found = found.with_columns(free.alias("free"))
    each = grouped(found, ("customer",), nw.col("purchases", "free").sum())
    buyers = each.filter(nw.col("purchases") > 0)
    return scalars(
        buyers.select(
            nw.col("purchases").sum(),
            nw.col("free").sum().alias("zero_amounts"),
            nw.col(
                "customer",
            )
            .len()
            .alias("customers"),
        )
    )


def _entries(rows: Rows, last: int) -> nw.LazyFrame[Any]:
    """Return purchases and refunds up to a tick.

    Rows after it are left out at once, unless they can be part of an order before it.
    """
    has_orders = rows.rules.merge == "order"
    return entries(rows, rows.usable(last=None if has_orders else last))


def _sum(which: nw.Expr, column: str, name: str | None = None) -> nw.Expr:
    """Return the values of a column in some rows, and zero in the others."""
    zero = nw.lit(0).cast(nw.Int64) if column == "purchases" else nw.lit(0.0)
    return nw.when(which).then(nw.col(column)).otherwise(zero).alias(name or column)


def _purchases(last: int) -> list[nw.Expr]:
    return [_sum(nw.col("made") <= last, "purchases", "count")]


def _reduced(
    frame: nw.LazyFrame[Any], sums: list[nw.Expr], last: int
) -> nw.LazyFrame[Any]:
    """Return one row a customer: the first tick and the last one so far, and sums.

    Customers who have not bought so far are left out.
    """
    made = nw.col("made")
    counts = (nw.col("purchases") > 0) & (made <= last)
    columns = frame.select(
        "customer",
        nw.when(counts).then(made).otherwise(nw.lit(NEVER)).alias("first"),
        nw.when(counts).then(made).otherwise(nw.lit(-NEVER)).alias("last"),
        *sums,
    )
    summed = columns.collect_schema().names()[3:]
    customers = grouped(
        columns,
        ("customer",),
        nw.col("first").min(),
        nw.col("last").max(),
        nw.col(*summed).sum(),
    )
    return customers.filter(nw.col("first") < NEVER)


def _mean(total: nw.Expr, count: nw.Expr) -> nw.Expr:
    """Return the mean of some values, or 0 of none."""
    divisor = nw.when(count > 0).then(count).otherwise(nw.lit(1)).cast(nw.Float64)
    return nw.when(count > 0).then(total / divisor).otherwise(nw.lit(0.0))
