"""The columns of a log in an engine, read as the core reads those of a frame."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import narwhals as nw

from tenure._column import IDENTIFIERS, NUMBERS
from tenure._summarize_time import instant, microseconds, tick, year
from tenure._time import naive, zone_name
from tenure.exceptions import ColumnError, DataError, EmptyDataError, ParameterError

if TYPE_CHECKING:
    from tenure._summarize_rules import Rules

__all__ = ["Rows", "Survey"]

_LARGEST = 1.797_693_134_862_315_7e308

# The largest integer up to which floats hold all integers.
_EXACT = 2**53


@dataclass(frozen=True)
class Survey:
    """What one pass over the rows of an engine has found.

    Attributes
    ----------
    rows, missing_customer, missing_time, usable : int
        Rows in all; left out for want of either; and the others.
    negative : int
        Usable rows with a negative amount.
    first, last : int
        The first and last instant of what is bought, in microseconds since 1970.
    """

    rows: int
    missing_customer: int
    missing_time: int
    usable: int
    negative: int
    first: int
    last: int


@dataclass(frozen=True)
class Rows:
    """A log in an engine: `customer`, `time` and, if there are such, `amount`, `order`.

    Attributes
    ----------
    frame : LazyFrame
        One row a row of the log.
    names : dict of str to str
        What the columns are called by the caller.
    rules : Rules
        How rows become purchases.
    zone : str or None
        The time zone of the times, by whose clock days are cut.
    dates : bool
        Whether the times are dates.
    whole_ids : bool
        Whether ids came as floats that must be whole.
    """

    frame: nw.LazyFrame[Any]
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
    ) -> Rows:
        """Return the rows of a frame whose columns are called as `names` says."""
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
        return cls(
            read,
            names,
            rules,
            zone,
            dates=schema[names["time"]] == nw.Date,
            whole_ids=any(schema[names[one]].is_float() for one in ids),
        )

    @property
    def has_amounts(self) -> bool:
        """Whether rows have amounts."""
        return "amount" in self.names

    def usable(
        self,
        *,
        last: int | None = None,
        instants: bool = False,
        refunds: bool = False,
    ) -> nw.LazyFrame[Any]:
        """Return the rows with a customer and a time, the latter in ticks: `tick`.

        Parameters
        ----------
        last : int, optional
            The last tick of interest; the rows after it are left out.
        instants : bool
            Whether times are needed in microseconds too: `instant`.
        refunds : bool
            Whether refunds are needed even where they are to be dropped.
        """
        frame = self.frame.filter(self._is_usable())
        at, unique = nw.col("time"), self.rules.duplicates == "drop"
        columns = [nw.col("customer").cast(nw.Int64)] if self.whole_ids else []
        columns.append(tick(at, self.rules.grain, dates=self.dates).alias("tick"))
        if unique or instants:
            columns.append(instant(at, dates=self.dates).alias("instant"))
        frame = frame.with_columns(*columns).drop("time")
        if last is not None:
            frame = frame.filter(nw.col("tick") <= last)
        if unique:
            names = frame.collect_schema().names()
            frame = frame.group_by(*names).agg(nw.len().alias("copies"))
            frame = frame.drop("copies", *([] if instants else ["instant"]))
        if self.rules.refunds == "drop" and self.has_amounts and not refunds:
            frame = frame.filter(nw.col("amount") >= 0)
        return frame

    def survey(self) -> Survey:
        """Pass over the rows once: nothing that a frame may not hold goes unsaid."""
        found = self._count()
        survey = Survey(
            rows=found["rows"],
            missing_customer=found["missing_customer"],
            missing_time=found["missing_time"],
            usable=found["usable"],
            negative=found["negative"],
            first=microseconds(found["first"], "instant"),
            last=microseconds(found["last"], "instant"),
        )
        self._check(found)
        self._check_not_empty(survey)
        return survey

    def refuse_duplicates(self) -> None:
        """Pass if no row is equal to another in every column that is read."""
        count = self.duplicates()
        if count == 0:
            return
        raise DataError.among(
            "`, `".join(self.names.values()),
            'not hold the same row twice where duplicates="raise"',
            count=count,
            hint='duplicates="drop" uses one of them, "keep" all of them',
        )

    def duplicates(self) -> int:
        """Return how many rows are equal to another in every column that is read."""
        frame = self.frame.filter(self._is_usable())
        frame = frame.with_columns(
            instant(nw.col("time"), dates=self.dates).alias("time")
        )
        names = frame.collect_schema().names()
        copies = frame.group_by(*names).agg(nw.len().alias("copies"))
        repeated = (nw.col("copies").cast(nw.Int64) - 1).sum()
        return int(scalars(copies.select(repeated.alias("repeated")))["repeated"] or 0)

    def _is_usable(self) -> nw.Expr:
        return ~(self._no_customer() | nw.col("time").is_null())

    def _no_customer(self) -> nw.Expr:
        missing = nw.col("customer").is_null()
        return missing | nw.col("customer").is_nan() if self.whole_ids else missing

    def _is_bought(self) -> nw.Expr:
        if not self.has_amounts or self.rules.refunds == "keep":
            return nw.lit(value=True)
        return nw.col("amount") >= 0

    def _count(self) -> dict[str, int]:
        """Return counts of rows: what is missing, what is wrong, what is bought."""
        known = year(nw.col("time"))
        flags = self.frame.with_columns(
            self._no_customer().alias("missing_customer"),
            nw.col("time").is_null().alias("no_time"),
            self._is_usable().alias("usable"),
            ((known < 1) | (known > 9999)).alias("bad_year"),
            *self._flags(),
        )
        usable = nw.col("usable")
        bad = [name for name in _BAD if name in flags.collect_schema().names()]
        at = instant(nw.col("time"), dates=self.dates)
        bought = usable & ~nw.col("bad_year") & nw.col("bought")
        ticks = flags.with_columns(
            (~nw.col("missing_customer") & nw.col("no_time")).alias("missing_time"),
            *((usable & nw.col(name)).alias(name) for name in bad),
            nw.when(bought).then(at).otherwise(nw.lit(2**62)).alias("first"),
            nw.when(bought).then(at).otherwise(nw.lit(-(2**62))).alias("last"),
        )
        counted = ["missing_customer", "missing_time", "usable", *bad]
        found = scalars(
            ticks.select(
                nw.col("usable").len().alias("rows"),
                *(nw.col(name).cast(nw.Int64).sum().alias(name) for name in counted),
                nw.col("first").min(),
                nw.col("last").max(),
            )
        )
        numbers = {name: int(value or 0) for name, value in found.items()}
        return dict.fromkeys(_BAD, 0) | numbers

    def _flags(self) -> list[nw.Expr]:
        flags = [self._is_bought().alias("bought")]
        if self.has_amounts:
            amount = nw.col("amount")
            finite = (amount >= -_LARGEST) & (amount <= _LARGEST)
            flags.append((~finite.fill_null(value=False)).alias("bad_amount"))
            flags.append((amount < 0).fill_null(value=False).alias("negative"))
        if self.rules.merge == "order":
            flags.append(nw.col("order").is_null().alias("no_order"))
        if self.whole_ids:
            ids = nw.col("customer")
            flags.append(
                ((ids != ids.floor()) | (ids.abs() > _EXACT))
                .fill_null(value=False)
                .alias("bad_customer")
            )
        return flags

    def _check(self, found: dict[str, int]) -> None:
        """Pass if no row holds what it may not hold."""
        if found["rows"] == 0:
            raise EmptyDataError.of(what="the log has no rows")
        rules = dict(_BAD)
        if self.rules.refunds != "raise":
            del rules["negative"]
        for flag, (column, expected, hint) in rules.items():
            if found[flag]:
                name = self.names[column]
                raise DataError.among(name, expected, count=found[flag], hint=hint)

    def _check_not_empty(self, survey: Survey) -> None:
        """Pass if anything is bought."""
        if survey.last >= survey.first:
            return
        reasons = [
            (survey.missing_customer, "without a customer"),
            (survey.missing_time, "without a time"),
            (survey.negative, "with a negative amount and no purchase before"),
        ]
        why = ", ".join(f"{count} {what}" for count, what in reasons if count)
        raise EmptyDataError.of(
            what=f"the log has no purchase: of {survey.rows} rows, {why}",
            hint="are the columns the right ones?",
        )


# For each flag of a bad row: the column, what it must hold, and what to do.
_BAD = {
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


def scalars(frame: nw.LazyFrame[Any]) -> dict[str, Any]:
    """Return the only row of a frame: this runs the engine."""
    row = frame.collect().row(0)
    names = frame.collect_schema().names()
    return {name: _plain(value) for name, value in zip(names, row, strict=True)}


def _plain(value: Any) -> int | float:
    """Return a number of any type as one of Python's; nothing adds up to 0."""
    if value is None or isinstance(value, float):
        return value or 0.0
    return int(value)


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
