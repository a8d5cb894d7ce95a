"""The columns of a log in an engine, read as the core reads those of a frame."""

from __future__ import annotations

from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING, Any

import narwhals as nw

from tenure._summarize_engines import by_rows, grouped
from tenure._summarize_reading import ODD, Reading
from tenure._summarize_time import microseconds
from tenure.exceptions import DataError, EmptyDataError

if TYPE_CHECKING:
    from tenure._summarize_rules import Rules

__all__ = ["Rows", "Survey"]


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
    reading : Reading
        How they are read.
    """

    frame: nw.LazyFrame[Any]
    reading: Reading

    @classmethod
    def of(
        cls,
        frame: nw.LazyFrame[Any],
        names: dict[str, str],
        rules: Rules,
        tz: str | None,
    ) -> Rows:
        """Return the rows of a frame whose columns are called as `names` says."""
        reading, read = Reading.of(frame, names, rules, tz)
        return cls(read, reading)

    @property
    def rules(self) -> Rules:
        """How rows become purchases."""
        return self.reading.rules

    @property
    def has_amounts(self) -> bool:
        """Whether rows have amounts."""
        return self.reading.has_amounts

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
        unique = self.rules.duplicates == "drop"
        read = partial(self.reading.usable, last=last, instants=instants or unique)
        frame = by_rows(self.frame, read)
        if unique:
            names = frame.collect_schema().names()
            frame = grouped(frame, names, nw.len().alias("copies"))
            frame = frame.drop("copies", *([] if instants else ["instant"]))
        if self.rules.refunds == "drop" and self.has_amounts and not refunds:
            frame = frame.filter(nw.col("amount") >= 0)
        return frame

    def survey(self) -> Survey:
        """Pass over the rows once: nothing that a frame may not hold goes unsaid."""
        flags = by_rows(self.frame, self.reading.flags)
        counts = [one for one in flags.collect_schema() if one not in ("first", "last")]
        sums = flags.select(
            nw.col("usable").len().alias("rows"),
            *(nw.col(name).sum() for name in counts),
            nw.col("first").min(),
            nw.col("last").max(),
        )
        found = dict.fromkeys(ODD, 0) | scalars(sums)
        self._check(found)
        survey = Survey(
            rows=found["rows"],
            missing_customer=found["missing_customer"],
            missing_time=found["missing_time"],
            usable=found["usable"],
            negative=found["negative"],
            first=microseconds(found["first"], "instant"),
            last=microseconds(found["last"], "instant"),
        )
        self._check_not_empty(survey)
        return survey

    def refuse_duplicates(self) -> None:
        """Pass if no row is equal to another in every column that is read."""
        count = self.duplicates()
        if count == 0:
            return
        raise DataError.among(
            "`, `".join(self.reading.names.values()),
            'not hold the same row twice where duplicates="raise"',
            count=count,
            hint='duplicates="drop" uses one of them, "keep" all of them',
        )

    def duplicates(self) -> int:
        """Return how many rows are equal to another in every column that is read."""
        read = partial(self.reading.usable, last=None, instants=True)
        frame = by_rows(self.frame, read)
        names = frame.collect_schema().names()
        copies = grouped(frame, names, nw.len().alias("copies"))
        repeated = copies.select((nw.col("copies").cast(nw.Int64) - 1).alias("more"))
        return int(scalars(repeated.select(nw.col("more").sum()))["more"])

    def _check(self, found: dict[str, int]) -> None:
        """Pass if no row holds what it may not hold."""
        if found["rows"] == 0:
            raise EmptyDataError.of(what="the log has no rows")
        rules = dict(ODD)
        if self.rules.refunds != "raise":
            del rules["negative"]
        for flag, (column, expected, hint) in rules.items():
            if found[flag]:
                name = self.reading.names[column]
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
