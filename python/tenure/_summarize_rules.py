"""How rows become purchases in an engine: the rules, and the purchases."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, get_args

import narwhals as nw

from tenure._summarize_engines import grouped, with_grouped
from tenure._summarize_reading import NEVER
from tenure._typing import DuplicateRule, Merge, RefundRule
from tenure.exceptions import ParameterError

if TYPE_CHECKING:
    from tenure._summarize_rows import Rows

__all__ = ["Rules", "entries", "with_first", "with_repeats", "with_use"]


@dataclass(frozen=True)
class Rules:
    """Which rows are one purchase, and what happens to refunds and to repeated rows."""

    merge: Merge | None
    refunds: RefundRule
    duplicates: DuplicateRule

    def check(self, *, has_orders: bool) -> None:
        """Pass if there are such rules, and the log has what they need."""
        if self.merge is not None and self.merge not in get_args(Merge):
            expected = 'be "hour", "day", "week", "month", "order" or None'
            raise _unknown(self.merge, expected, name="merge")
        if self.refunds not in get_args(RefundRule):
            expected = 'be "net", "drop", "keep" or "raise"'
            raise _unknown(self.refunds, expected, name="refunds")
        if self.duplicates not in get_args(DuplicateRule):
            expected = 'be "keep", "drop" or "raise"'
            raise _unknown(self.duplicates, expected, name="duplicates")
        if self.merge == "order" and not has_orders:
            raise ParameterError.of(
                name="merge",
                expected="be a period or None for a log without an order column",
                found='"order"',
                hint='name the column that holds the order ids: order="..."',
            )

    @property
    def grain(self) -> str:
        """What times are cut to."""
        return "instant" if self.merge in (None, "order") else self.merge

    @property
    def bought(self) -> nw.Expr:
        """Whether an amount is bought, and not refunded."""
        if self.refunds == "keep":
            return nw.col("amount") == nw.col("amount")
        return nw.col("amount") >= 0


def _unknown(found: str, expected: str, *, name: str) -> ParameterError:
    return ParameterError.of(name, expected, found=f'"{found}"')


def entries(rows: Rows, frame: nw.LazyFrame[Any]) -> nw.LazyFrame[Any]:
    """Return the purchases and refunds that usable rows come to.

    Columns: `customer`; `made`, the tick of the purchase that an entry belongs to, or
    of a refund that follows another; `known`, from when on it counts; `purchases`, how
    many it stands for (0: a refund); `own`, 1 for whatever belongs to a purchase of
    its own and 0 for a refund of the last one before; `value`, in a log with amounts;
    and `key`, which tells apart what is made at the same tick, unless that is one.
    """
    rules = rows.rules
    if not rows.has_amounts:
        return _without_amounts(rules, frame)
    if rules.merge == "order":
        return _orders(rules, frame)
    if rules.merge is None:
        return _single_rows(rules, frame)
    flags = frame.with_columns(rules.bought.cast(nw.Int64).alias("bought"))
    groups = grouped(
        flags,
        ("customer", "tick"),
        nw.col("amount").sum().alias("value"),
        nw.col("bought").max(),
    )
    return groups.select(
        "customer",
        nw.col("tick").alias("made"),
        nw.col("tick").alias("known"),
        nw.col("bought").alias("purchases"),
        nw.col("bought").alias("own"),
        "value",
    )


def _without_amounts(rules: Rules, frame: nw.LazyFrame[Any]) -> nw.LazyFrame[Any]:
    """Return the purchases where there can be no refunds."""
    if rules.merge == "order":
        orders = grouped(frame, ("customer", "order"), nw.col("tick").min())
        counted = orders.with_columns(nw.lit(1).cast(nw.Int64).alias("purchases"))
    else:
        groups = grouped(frame, ("customer", "tick"), nw.len().alias("rows"))
        rows = nw.col("rows") if rules.merge is None else nw.lit(1)
        counted = groups.with_columns(rows.cast(nw.Int64).alias("purchases"))
    return counted.select(
        "customer",
        nw.col("tick").alias("made"),
        nw.col("tick").alias("known"),
        "purchases",
        nw.lit(1).cast(nw.Int64).alias("own"),
    )


def _single_rows(rules: Rules, frame: nw.LazyFrame[Any]) -> nw.LazyFrame[Any]:
    """Return each row as an entry; equal ones are one entry of several purchases."""
    groups = grouped(frame, ("customer", "tick", "amount"), nw.len().alias("rows"))
    rows = nw.col("rows").cast(nw.Int64)
    own = rules.bought.cast(nw.Int64)
    return groups.select(
        "customer",
        nw.col("tick").alias("made"),
        nw.col("tick").alias("known"),
        (rows * own).alias("purchases"),
        own.alias("own"),
        (nw.col("amount") * rows.cast(nw.Float64)).alias("value"),
        nw.col("amount").alias("key"),
    )


def _orders(rules: Rules, frame: nw.LazyFrame[Any]) -> nw.LazyFrame[Any]:
    """Return orders at their earliest times; what they refund later is an entry apart.

    An order of refunds alone refunds the last purchase before.
    """
    lines = frame.with_columns(rules.bought.cast(nw.Int64).alias("bought"))
    lines = with_grouped(
        lines,
        ("customer", "order"),
        made=nw.col("tick").min(),
        own=nw.col("bought").max(),
    )
    at_once = (nw.col("own") == 1) & (nw.col("bought") == 1)
    known = nw.when(at_once).then(nw.col("made")).otherwise(nw.col("tick"))
    parts = lines.with_columns(known.alias("known"))
    parts = grouped(
        parts,
        ("customer", "order", "made", "known", "own"),
        nw.col("amount").sum().alias("value"),
    )
    is_purchase = (nw.col("own") == 1) & (nw.col("known") == nw.col("made"))
    return parts.select(
        "customer",
        "made",
        "known",
        is_purchase.cast(nw.Int64).alias("purchases"),
        "own",
        "value",
        nw.col("order").alias("key"),
    )


def with_repeats(frame: nw.LazyFrame[Any], *, refunds: bool) -> nw.LazyFrame[Any]:
    """Add `first`, the customer's first tick, and `repeat`: the value but the first's.

    Parameters
    ----------
    frame : LazyFrame
        Entries with values.
    refunds : bool
        Whether there are refunds of purchases before.
    """
    has_keys = "key" in frame.collect_schema().names()
    own, made = nw.col("own") == 1, nw.col("made")
    frame = with_first(frame, own, "first")
    begins = own & (made == nw.col("first"))
    if not has_keys and not refunds:
        repeat = nw.when(begins).then(nw.lit(0.0)).otherwise(nw.col("value"))
        return frame.with_columns(repeat.alias("repeat"))
    if has_keys:
        frame = frame.with_columns(nw.when(begins).then(nw.col("key")).alias("_key"))
        frame = with_grouped(frame, ("customer",), first_key=nw.col("_key").min())
        same = (nw.col("key") == nw.col("first_key")).fill_null(value=False)
        begins = begins & same
    frame = frame.with_columns(begins.alias("_begins"))
    begins, count = nw.col("_begins"), nw.col("purchases")
    # of equal rows at the first tick all but one are repeat purchases
    frame = with_first(frame, (own & ~begins) | (count > 1), "_second")
    several = (count - 1).cast(nw.Float64) / count.cast(nw.Float64)
    others = nw.when(count > 1).then(nw.col("value") * several).otherwise(nw.lit(0.0))
    later = nw.when(made >= nw.col("_second")).then(nw.col("value"))
    repeat = nw.when(begins).then(others).otherwise(later.otherwise(nw.lit(0.0)))
    return frame.with_columns(repeat.alias("repeat"))


def with_use(rows: Rows, frame: nw.LazyFrame[Any]) -> nw.LazyFrame[Any]:
    """Add to usable rows whether they are part of a purchase or refund one: `used`."""
    if not rows.has_amounts:
        return frame.with_columns(nw.lit(value=True).alias("used"))
    bought = rows.rules.bought.cast(nw.Int64).alias("bought")
    frame, made = frame.with_columns(bought), nw.col("tick")
    if rows.rules.merge == "order":
        own, keys = nw.col("bought").max(), ("customer", "order")
        frame = with_grouped(frame, keys, made=made.min(), own=own)
    else:
        frame = frame.with_columns(made.alias("made"), nw.col("bought").alias("own"))
    frame = with_first(frame, nw.col("own") == 1, "first")
    return frame.with_columns((nw.col("made") >= nw.col("first")).alias("used"))


def with_first(
    frame: nw.LazyFrame[Any], which: nw.Expr, name: str
) -> nw.LazyFrame[Any]:
    """Add the customer's first tick among some entries, or `NEVER`."""
    ticks = nw.when(which).then(nw.col("made")).otherwise(nw.lit(NEVER))
    frame = frame.with_columns(ticks.alias("_tick"))
    frame = with_grouped(frame, ("customer",), **{name: nw.col("_tick").min()})
    return frame.drop("_tick")
