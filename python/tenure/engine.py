"""Logs that stay where they are: the summary is made by the engine that holds them."""

from __future__ import annotations

from functools import cached_property
from typing import TYPE_CHECKING, Any

import numpy as np

from tenure import _summarize_frames as frames
from tenure._report import written
from tenure._summarize_engines import lazy_frame
from tenure._summarize_rows import Rows
from tenure._summarize_rules import Rules
from tenure._summarize_time import cutoff, microseconds
from tenure._time import civil_microseconds
from tenure._typing import Unit, override
from tenure._units import unit_named
from tenure.exceptions import EmptyDataError, FrameError, ParameterError
from tenure.receipt import Receipt
from tenure.transactions import Transactions

if TYPE_CHECKING:
    from tenure._summarize_time import Cutoff
    from tenure._typing import Date, DuplicateRule, Merge, RefundRule

__all__ = ["LazyTransactions", "summarize"]


class LazyTransactions:
    """A log of orders in an engine, which groups it itself; only results are fetched.

    What `Transactions` is for a log in memory: the same rules, the same columns and
    the same numbers (to rounding: engines add up in an order of their own), for logs
    larger than memory or than a machine. Results are lazy frames of the same engine,
    in no order. The computation is written once, as narwhals expressions.

    When made, it lets the engine pass over the columns once, to check them and to find
    the last event. The log must not change between that and the use of results.

    Parameters
    ----------
    data : lazy frame
        A DuckDB relation, a Dask or PySpark DataFrame, a polars LazyFrame, or any
        other lazy frame that narwhals knows. One row an order, or one a line of it.
    customer, time, amount, order : str
        The columns, as for `Transactions`. Times must be dates or times: turn text
        into these in the engine.
    tz : str, optional
        The time zone in which days are cut. DuckDB and Spark have one zone for all
        times, in which they are cut; these engines take no other.
    merge, refunds, duplicates : str
        The rules, as for `Transactions`.

    Examples
    --------
    >>> import polars as pl
    >>> import tenure as tn
    >>> orders = pl.LazyFrame(
    ...     {
    ...         "customer_id": ["ann", "ann", "bob"],
    ...         "date": ["2024-01-01", "2024-01-15", "2024-01-08"],
    ...         "amount": [10.0, 30.0, 5.0],
    ...     }
    ... ).with_columns(pl.col("date").str.to_date())
    >>> log = tn.LazyTransactions(orders, amount="amount")
    >>> log.summary(unit="week").sort("customer_id").collect()["T"].to_list()
    [2.0, 1.0]
    >>> log.receipt
    3 rows read, 3 used
    """

    def __init__(
        self,
        data: object,
        *,
        customer: str = "customer_id",
        time: str = "date",
        amount: str | None = None,
        order: str | None = None,
        tz: str | None = None,
        merge: Merge | None = "day",
        refunds: RefundRule = "net",
        duplicates: DuplicateRule = "keep",
    ) -> None:
        frame = lazy_frame(data)
        if frame is None:
            msg = (
                f"cannot let an engine summarize {type(data).__name__}; give a DuckDB "
                "relation, a Dask or PySpark DataFrame or a polars LazyFrame, or use "
                "Transactions for data in memory"
            )
            raise FrameError(msg)
        rules = Rules(merge, refunds, duplicates)
        rules.check(has_orders=order is not None)
        names = {"customer": customer, "time": time, "amount": amount, "order": order}
        given = {role: name for role, name in names.items() if name is not None}
        self._rows = Rows.of(frame, given, rules, tz)
        self._survey = self._rows.survey()
        if duplicates == "raise":
            self._rows.refuse_duplicates()

    # -- results -------------------------------------------------------------------

    def summary(self, unit: Unit = "day", as_of: Date | None = None) -> Any:
        """Return frequency, recency, T and monetary value of each customer, lazily.

        Parameters
        ----------
        unit, as_of
            As for `Transactions.summary`.

        Returns
        -------
        lazy frame
            One row a customer, with the columns of `Summary.to_frame`.
        """
        end = self._known(self._cutoff(as_of, "as_of"))
        found = frames.summary(
            self._rows, end, unit_named(unit), refunds=self._has_refunds
        )
        return found.to_native()

    def split(self, at: Date, until: Date | None = None, unit: Unit = "day") -> Any:
        """Return what was known at a date beside what was bought afterwards, lazily.

        Parameters
        ----------
        at, until, unit
            As for `Transactions.split`.

        Returns
        -------
        lazy frame
            One row a customer known at `at`, with the columns of `Split.to_frame`.
        """
        start, end = self._cutoff(at, "at"), self._cutoff(until, "until")
        if end.last <= start.last:
            last = self._written(end.last)
            raise ParameterError.of(
                name="at",
                expected=f"come before the end of the holdout, {last}",
                found=self._written(start.last),
                hint="the holdout ends with the last event of the log unless `until` "
                "says otherwise",
            )
        ends = self._known(start), end
        found = frames.split(
            self._rows, ends, unit_named(unit), refunds=self._has_refunds
        )
        return found.to_native()

    def activity(self, as_of: Date | None = None) -> Any:
        """Return what scores are made of, lazily.

        Parameters
        ----------
        as_of : date, optional
            As for `Transactions.activity`.

        Returns
        -------
        lazy frame
            One row a customer, with the columns of `Transactions.activity`.
        """
        end = self._known(self._cutoff(as_of, "as_of"))
        found = frames.activity(self._rows, end, refunds=self._has_refunds)
        return found.to_native()

    # -- what became of the rows ----------------------------------------------------

    @cached_property
    def receipt(self) -> Receipt:
        """What became of the rows: computed by the engine when first asked for."""
        counts = frames.receipt_counts(self._rows, self._survey)
        rules = self._rows.rules
        return Receipt.of(
            counts,
            zone=self.zone,
            merge=rules.merge,
            refund_rule=rules.refunds,
            duplicate_rule=rules.duplicates,
            attribute_conflicts={},
        )

    @property
    def zone(self) -> str | None:
        """The time zone that days are cut in; None if the data name none."""
        return self._rows.reading.zone

    @override
    def __repr__(self) -> str:
        survey = self._survey
        return f"LazyTransactions: {survey.usable:,} of {survey.rows:,} rows usable"

    # -- dates ----------------------------------------------------------------------

    @cached_property
    def _last_event(self) -> int:
        """The last instant of a row that is used."""
        if self._has_refunds:
            return int(self.receipt.last_time.astype(np.int64))
        return self._survey.last

    @cached_property
    def _whole_days(self) -> bool:
        """Whether all rows that are used are dates, so that ages are whole days."""
        rows = self._rows
        return rows.rules.grain == "instant" and (
            rows.reading.dates or frames.has_whole_days(rows)
        )

    @property
    def _has_refunds(self) -> bool:
        """Whether there are refunds of purchases before."""
        return self._survey.negative > 0 and self._rows.rules.refunds == "net"

    def _cutoff(self, date: Date | None, name: str) -> Cutoff:
        if date is None:
            moment = self._last_event, False
        else:
            moment = civil_microseconds(date, name=name, zone=self.zone)
        grain = self._rows.rules.grain
        return cutoff(moment, grain, whole_days=self._whole_days)

    def _known(self, end: Cutoff) -> Cutoff:
        """Return the cutoff if anybody had bought by it."""
        if self._first_purchase <= end.last:
            return end
        raise EmptyDataError.of(
            what=f"no customer had bought by {self._written(end.last)}",
            hint="choose a date after the first purchase of the log",
        )

    @cached_property
    def _first_purchase(self) -> int:
        """The tick of the first purchase."""
        if self._rows.rules.merge == "order":
            # an order may be worth something in a row after its first
            return frames.first_purchase(self._rows)
        grain = self._rows.rules.grain
        return cutoff((self._survey.first, False), grain, whole_days=False).last

    def _written(self, tick: int) -> str:
        at = microseconds(tick, self._rows.rules.grain)
        return written(np.datetime64(at, "us"))


def summarize(
    data: object,
    *,
    unit: Unit = "day",
    as_of: Date | None = None,
    split: Date | None = None,
    until: Date | None = None,
    **columns_and_rules: Any,
) -> Any:
    """Return the summary of a log wherever it is: in memory, or in an engine.

    Parameters
    ----------
    data : frame or lazy frame
        Data in memory are summarized here. A DuckDB relation, a Dask or PySpark
        DataFrame or a polars LazyFrame is summarized by its engine.
    unit : {"day", "hour", "week", "month", "quarter", "year"}
        What ages are measured in.
    as_of : date, optional
        The last day observed; that of the last event by default.
    split : date, optional
        The last day of the calibration, to have the holdout up to `until` beside it.
    until : date, optional
        The last day of the holdout; that of the last event by default.
    **columns_and_rules
        As for `Transactions`, and for `LazyTransactions` in an engine: `customer`,
        `time`, `amount`, `order`, `tz`, `merge`, `refunds`, `duplicates`.

    Returns
    -------
    Summary or Split, or lazy frame
        For a lazy frame one of the same engine, with the columns of the `to_frame` of
        the others and one row a customer in no order; use `LazyTransactions` for the
        receipt and for the inputs of RFM scores.

    Raises
    ------
    ParameterError
        If both `as_of` and `split` are given, or a rule cannot be kept in an engine.

    See Also
    --------
    Transactions, LazyTransactions : For more than one result of the same log.

    Examples
    --------
    >>> import polars as pl
    >>> import tenure as tn
    >>> orders = tn.datasets.load_cdnow(family="polars")
    >>> summary = tn.summarize(orders, amount="amount", unit="week")
    >>> lazy = tn.summarize(orders.lazy(), amount="amount", unit="week")
    >>> type(summary).__name__, type(lazy).__name__
    ('Summary', 'LazyFrame')
    >>> print(lazy.collect()["frequency"].sum(), summary.frequency.sum())
    4339 4339
    """
    if split is not None and as_of is not None:
        raise ParameterError.of(
            name="as_of",
            expected="be left out where `split`, the date of the summary, is given",
            found=repr(as_of),
        )
    if split is None and until is not None:
        raise ParameterError.of(
            name="until",
            expected="be left out without `split`: it is the end of the holdout",
            found=repr(until),
            hint="the date of a summary is `as_of`",
        )
    is_lazy = lazy_frame(data) is not None
    if is_lazy:
        _check_expressible(columns_and_rules)
    log = (LazyTransactions if is_lazy else Transactions)(data, **columns_and_rules)
    return log.summary(unit, as_of) if split is None else log.split(split, until, unit)


# What only `Transactions` can do, and what to do in an engine instead.
_IN_MEMORY = {
    "time_format": "make times of them in the engine first",
    "time_unit": "make times of them in the engine first",
    "product": "a summary needs no products",
    "attributes": "join them to the summary",
}


def _check_expressible(settings: dict[str, Any]) -> None:
    """Pass if an engine can do what is asked for."""
    for name, hint in _IN_MEMORY.items():
        if settings.pop(name, None):
            raise ParameterError.of(
                name, "be left out for a log in an engine", found="a value", hint=hint
            )
