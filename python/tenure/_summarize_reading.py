"""How the columns of a log in an engine are read: row by row, whatever the engine."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, TypeVar

import narwhals as nw

from tenure._column import IDENTIFIERS, NUMBERS
from tenure._summarize_time import instant, tick, year
from tenure._time import naive, zone_name
from tenure.exceptions import ColumnError, ParameterError

if TYPE_CHECKING:
    from tenure._summarize_rules import Rules

__all__ = ["NEVER", "ODD", "Reading"]

# A tick after every other.
NEVER = 2**62

Frame = TypeVar("Frame", nw.LazyFrame[Any], nw.DataFrame[Any])

_LARGEST = 1.797_693_134_862_315_7e308

# The largest integer up to which floats hold all integers.
_EXACT = 2**53


# For each flag of a bad row: the column, what it must hold, and what to do.
ODD = {
    "bad_year": ("time", "lie in the years 1 to 9999", ""),
    "bad_customer": (
        "customer",
        "hold whole numbers up to 2**53, beyond which floats leave some out",
        "identifiers are integers or text",
    ),
    "bad_amount": (
        "amount",
        "be a finite number",
        "fill in or leave out the rows whose amount is not known",
    ),
    "negative": (
        "amount",
        'be at least 0 where refunds="raise"',
        'refunds="net" lets a negative amount reduce the purchase that it follows',
    ),
    "no_order": (
        "order",
        'name the order of every row where merge="order"',
        'merge="day" takes the purchases of a day as one and needs no order ids',
    ),
}


@dataclass(frozen=True)
class Reading:
    """What the columns are, and by which rules they are read.

    Attributes
    ----------
    names : dict of str to str
        What `customer`, `time` and perhaps `amount` and `order` are called.
    rules : Rules
        How rows become purchases.
    zone : str or None
        The time zone of the times, by whose clock days are cut.
    dates : bool
        Whether the times are dates.
    whole_ids : bool
        Whether customers came as floats that must be whole.
    """

    names: dict[str, str]
    rules: Rules
    zone: str | None
    dates: bool
    whole_ids: bool

    @classmethod
    def of(
        cls,
        frame: nw.LazyFrame[Any],
        names: dict[str, str],
        rules: Rules,
        tz: str | None,
    ) -> tuple[Reading, nw.LazyFrame[Any]]:
        """Return how a frame is read, and its columns under their own names."""
        schema = frame.collect_schema()
        for name in names.values():
            if name not in schema:
                raise ColumnError.unknown(name, tuple(schema.names()))
        ids = [one for one in ("customer", "order") if one in names]
        columns = [_identifier(names[one], schema[names[one]], one) for one in ids]
        time, zone = _clock(names["time"], schema[names["time"]], tz)
        columns.append(time.alias("time"))
        if "amount" in names:
            columns.append(_amount(names["amount"], schema[names["amount"]]))
        try:
            read = frame.select(*columns)
        except NotImplementedError:  # the engine has one zone for all times
            raise _one_zone(tz, schema[names["time"]]) from None
        dates = schema[names["time"]] == nw.Date
        whole_ids = schema[names["customer"]].is_float()
        return cls(names, rules, zone, dates, whole_ids), read

    @property
    def has_amounts(self) -> bool:
        """Whether rows have amounts."""
        return "amount" in self.names

    def usable(self, frame: Frame, *, last: int | None, instants: bool) -> Frame:
        """Return the rows with a customer and a time, the latter as a `tick`."""
        frame = frame.filter(self._is_usable())
        at = nw.col("time")
        columns = [tick(at, self.rules.grain, dates=self.dates).alias("tick")]
        if self.whole_ids:
            columns.append(nw.col("customer").cast(nw.Int64))
        if instants:
            columns.append(instant(at, dates=self.dates).alias("instant"))
        frame = frame.with_columns(*columns).drop("time")
        return frame if last is None else frame.filter(nw.col("tick") <= last)

    def flags(self, frame: Frame) -> Frame:
        """Return what is missing, wrong and bought in each row, and when."""
        known, time = year(nw.col("time")), nw.col("time")
        flags = frame.with_columns(
            self._no_customer().alias("missing_customer"),
            time.is_null().alias("missing_time"),
            self._is_usable().alias("usable"),
            ((known < 1) | (known > 9999)).alias("bad_year"),
            *self._odd(),
        )
        usable, at = nw.col("usable"), instant(time, dates=self.dates)
        bought = usable & ~nw.col("bad_year")
        if self.has_amounts and self.rules.refunds != "keep":
            bought = bought & ~nw.col("negative")
        names = [name for name in flags.collect_schema().names() if name in ODD]
        missing_time = ~nw.col("missing_customer") & nw.col("missing_time")
        return flags.select(
            nw.col("missing_customer").cast(nw.Int64),
            missing_time.cast(nw.Int64).alias("missing_time"),
            usable.cast(nw.Int64),
            *((usable & nw.col(name)).cast(nw.Int64).alias(name) for name in names),
            nw.when(bought).then(at).otherwise(nw.lit(NEVER)).alias("first"),
            nw.when(bought).then(at).otherwise(nw.lit(-NEVER)).alias("last"),
        )

    def _is_usable(self) -> nw.Expr:
        return ~(self._no_customer() | nw.col("time").is_null())

    def _no_customer(self) -> nw.Expr:
        missing = nw.col("customer").is_null()
        return missing | nw.col("customer").is_nan() if self.whole_ids else missing

    def _odd(self) -> list[nw.Expr]:
        flags: list[nw.Expr] = []
        if self.has_amounts:
            amount = nw.col("amount")
            finite = (amount >= -_LARGEST) & (amount <= _LARGEST)
            flags.append((~finite.fill_null(value=False)).alias("bad_amount"))
            flags.append((amount < 0).fill_null(value=False).alias("negative"))
        if self.rules.merge == "order":
            flags.append(nw.col("order").is_null().alias("no_order"))
        if self.whole_ids:
            ids = nw.col("customer")
            odd = (ids != ids.floor()) | (ids.abs() > _EXACT)
            flags.append(odd.fill_null(value=False).alias("bad_customer"))
        return flags


def _identifier(name: str, dtype: Any, role: str) -> nw.Expr:
    """Return a column of ids: integers, text, or floats that stand for integers."""
    column = nw.col(name)
    is_text = dtype in (nw.String, nw.Object)
    if dtype in (nw.Categorical, nw.Enum):
        column = column.cast(nw.String)
    elif role == "order" and dtype.is_float():
        hint = "orders are named by integers or text"
        raise _unlike(name, IDENTIFIERS, dtype, hint)
    elif not (dtype.is_integer() or dtype.is_float() or is_text):
        raise _unlike(name, IDENTIFIERS, dtype, "turn them into text in the engine")
    return column.alias(role)


def _amount(name: str, dtype: Any) -> nw.Expr:
    if not dtype.is_numeric():
        raise _unlike(name, NUMBERS, dtype, "make numbers of it in the engine")
    return nw.col(name).cast(nw.Float64).alias("amount")


def _clock(name: str, dtype: Any, tz: str | None) -> tuple[nw.Expr, str | None]:
    """Return a column of times by the clock of a zone, and the zone."""
    if dtype not in (nw.Datetime, nw.Date):
        hint = "an engine reads dates and times only: turn the column into these first"
        raise _unlike(name, "dates or times", dtype, hint)
    zone = getattr(dtype, "time_zone", None)
    if tz is None:
        return nw.col(name), zone
    if zone is None:
        raise naive(name, tz, dates=dtype == nw.Date)
    tz = zone_name(tz)
    return (nw.col(name) if tz == zone else nw.col(name).dt.convert_time_zone(tz)), tz


def _unlike(name: str, wanted: str, dtype: Any, hint: str) -> ColumnError:
    what = f"must hold {wanted}, but is of the type {dtype}"
    return ColumnError.unusable(name, what, (), hint=hint)


def _one_zone(tz: str | None, dtype: Any) -> ParameterError:
    zone = getattr(dtype, "time_zone", None)
    return ParameterError.of(
        name="tz",
        expected=f"be the engine's own time zone, {zone}, by which it reads all times",
        found=repr(tz),
        hint="change it in the engine: SET TimeZone in DuckDB, "
        "spark.sql.session.timeZone in Spark",
    )
