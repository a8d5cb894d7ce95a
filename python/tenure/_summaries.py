"""What a log of orders knew of each customer at a date: methods of `Transactions`."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, overload

import numpy as np

from tenure import _core
from tenure._frame import native_frame
from tenure._time import civil_microseconds, recorded
from tenure._typing import is_many
from tenure.exceptions import ParameterError
from tenure.history import SummaryHistory, ends_of_periods
from tenure.summary import RefundsOfCalibration, Split, Summary

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from tenure._core_types import SummaryColumns
    from tenure._grouped import GroupedLog, Lines
    from tenure._typing import Date, Dates, Unit
    from tenure.history import Period
    from tenure.receipt import Receipt

__all__ = ["Summaries"]


class Summaries:
    """The part of `Transactions` that has its columns and looks at them at dates."""

    _log: GroupedLog

    @property
    def customers(self) -> NDArray[Any]:
        """The ids of the customers with at least one purchase, ascending."""
        return self._log.customers

    @property
    def offsets(self) -> NDArray[np.int64]:
        """Where the purchases of each customer begin, and where the last one's end."""
        return self._log.history["offsets"]

    @property
    def times(self) -> NDArray[np.datetime64]:
        """The beginning of each purchase's period, ascending within a customer."""
        return self._log.history["times"].view("datetime64[us]")

    @property
    def values(self) -> NDArray[np.float64] | None:
        """The value of each purchase after all refunds; None without `amount`."""
        return self._log.values

    @property
    def lines(self) -> Lines | None:
        """The lines behind each purchase; None without `order` and `product`."""
        return self._log.lines

    @property
    def receipt(self) -> Receipt:
        """What became of the rows."""
        return self._log.receipt

    @property
    def family(self) -> str:
        """The kind of frame that results come back as."""
        return self._log.family

    @property
    def zone(self) -> str | None:
        """The time zone that days are cut in; None if the data name none."""
        return self._log.zone

    @property
    def span(self) -> tuple[np.datetime64, np.datetime64]:
        """The days of the first and of the last event."""
        first, last = self.receipt.first_time, self.receipt.last_time
        return first.astype("datetime64[D]"), last.astype("datetime64[D]")

    @overload
    def summary(
        self, unit: Unit = "day", as_of: Date | None = None, *, intervals: bool = False
    ) -> Summary: ...

    @overload
    def summary(self, unit: Unit = "day", *, as_of: Dates) -> SummaryHistory: ...

    def summary(
        self,
        unit: Unit = "day",
        as_of: Date | Dates | None = None,
        *,
        intervals: bool = False,
    ) -> Summary | SummaryHistory:
        """Return frequency, recency, T and monetary value of each customer.

        Parameters
        ----------
        unit : {"day", "hour", "week", "month", "quarter", "year"}
            What ages are measured in. Months are calendar months: whole ones from
            day to day, and the share of the running one; a year is 365.25 days.
        as_of : date or sequence of dates, optional
            The last day observed, that whole day included; an instant is one where
            purchases are merged by the hour, by order or not at all. Events after it
            are left out, and so are customers whose first purchase comes after it.
            By default the day (or hour, or instant) of the last event.
        intervals : bool, default False
            Whether to add `log_intervals`, the sum of the logarithms of the times
            between a customer's purchases: models of regular purchases such as
            `BGCNBD` choose their regularity by it. As of one date only.

        Returns
        -------
        Summary
            Of several dates, a `SummaryHistory`: their summaries in one table, made
            in one pass.

        Raises
        ------
        EmptyDataError
            If nobody had bought by then.
        ParameterError
            If intervals are asked for as of several dates, or of purchases that have
            no time between them.

        Examples
        --------
        >>> import tenure as tn
        >>> orders = {"customer_id": [1, 1], "date": ["2024-01-31", "2024-02-29"]}
        >>> log = tn.Transactions(orders)
        >>> log.summary(unit="month").recency
        array([1.])
        >>> log.summary(unit="day", intervals=True).log_intervals.round(4)
        array([3.3673])
        >>> log.summary(unit="day", as_of="2024-02-10").T
        array([10.])
        >>> log.summary(as_of=["2024-02-10", "2024-03-01"])["T"]
        array([10., 30.])
        """
        if is_many(as_of):
            if intervals:
                raise ParameterError.of(
                    name="intervals",
                    expected="be left out as of several dates",
                    found="True",
                )
            return self._history([self._date(one, "as_of") for one in as_of], unit)
        date = self._date(as_of, "as_of")
        found = _core.summarize_transactions(self._log.history, date, unit)
        return Summary(
            **self._summary_columns(found, date, unit, intervals=intervals), unit=unit
        )

    def history(
        self,
        every: Period = "month",
        unit: Unit = "day",
        as_of: Date | None = None,
    ) -> SummaryHistory:
        """Return the summaries as of the end of each week, month, quarter or year.

        Parameters
        ----------
        every : {"week", "month", "quarter", "year"}
            Weeks end on Sundays, the others with the months of the calendar.
        unit : {"day", "hour", "week", "month", "quarter", "year"}
            What ages are measured in.
        as_of : date, optional
            The last day observed: periods that end after it are left out. By default
            the day of the last event.

        Returns
        -------
        SummaryHistory
            From the period of the first event on; customers have rows from that of
            their first purchase on.

        Raises
        ------
        EmptyDataError
            If no period ends by then.

        Examples
        --------
        >>> import tenure as tn
        >>> orders = {"customer_id": [1, 1], "date": ["2024-01-31", "2024-03-05"]}
        >>> history = tn.Transactions(orders).history(as_of="2024-03-31")
        >>> history["as_of"], history["frequency"]
        (array(['2024-01-31', '2024-02-29', '2024-03-31'], dtype='datetime64[D]'),
         array([0, 0, 1]))
        """
        last = np.datetime64(self._date(as_of, "as_of")[0], "us")
        days = ends_of_periods(every, self.span[0], last)
        micros = days.astype("datetime64[us]").astype(np.int64)
        return self._history([(int(one), True) for one in micros], unit)

    def _history(self, dates: list[tuple[int, bool]], unit: Unit) -> SummaryHistory:
        found = _core.summarize_at_dates(self._log.history, dates, unit)
        recorded = np.array([self._recorded(date) for date in dates])
        return SummaryHistory(
            as_of=np.repeat(recorded, np.diff(found["offsets"])),
            customer_id=self.customers[found["customers"]],
            frequency=found["frequency"],
            recency=found["recency"],
            T=found["T"],
            monetary_value=None if self.values is None else found["monetary_value"],
            dates=recorded,
            offsets=found["offsets"],
            unit=unit,
            family=self.family,
        )

    def split(
        self,
        at: Date,
        until: Date | None = None,
        unit: Unit = "day",
        *,
        intervals: bool = False,
    ) -> Split:
        """Return what was known at a date beside what was bought afterwards.

        A purchase is on one side only, that of its day (or other period of `merge`).

        Parameters
        ----------
        at : date
            The last day of the calibration: the summary is as of this day.
        until : date, optional
            The last day of the holdout; by default that of the last event.
        unit : {"day", "hour", "week", "month", "quarter", "year"}
            What ages and the holdout's duration are measured in.
        intervals : bool, default False
            Whether to add `log_intervals` of the calibration, as for `summary`.

        Returns
        -------
        Split
            The customers known at `at`.

        Raises
        ------
        ParameterError
            If the holdout is empty, or intervals are asked for of purchases that have
            no time between them.
        EmptyDataError
            If nobody had bought by `at`.

        Examples
        --------
        >>> import tenure as tn
        >>> orders = {
        ...     "customer_id": [1, 1, 1],
        ...     "date": ["2024-01-01", "2024-01-10", "2024-02-01"],
        ... }
        >>> split = tn.Transactions(orders).split("2024-01-31")
        >>> split.frequency, split.holdout_purchases, split.holdout_duration
        (array([1]), array([1]), 1.0)
        """
        start, end = self._date(at, "at"), self._date(until, "until")
        found = _core.split_transactions(self._log.history, start, end, unit)
        has_values = self.values is not None
        return Split(
            **self._summary_columns(found, start, unit, intervals=intervals),
            unit=unit,
            holdout_purchases=found["holdout_purchases"],
            holdout_value=found["holdout_value"] if has_values else None,
            holdout_mean_value=found["holdout_mean_value"] if has_values else None,
            holdout_duration=found["holdout_duration"],
            until=self._recorded(end),
            refunds_of_calibration=RefundsOfCalibration(
                *found["refunds_of_calibration"]
            ),
        )

    def activity(self, as_of: Date | None = None) -> Any:
        """Return a frame of what each customer has done: what scores are made of.

        Parameters
        ----------
        as_of : date, optional
            The last day observed, as for `summary`.

        Returns
        -------
        frame
            One row a customer who had bought by then: `first_purchase`,
            `last_purchase`, `purchases` (the first one counted), `recency_days`
            (days from the last purchase to `as_of`) and, in a log with amounts,
            `total_value` and `mean_value` after the refunds known by then.

        Examples
        --------
        >>> import tenure as tn
        >>> orders = {
        ...     "customer_id": [1, 1, 2],
        ...     "date": ["2024-01-05"] * 2 + ["2024-01-09"],
        ... }
        >>> log = tn.Transactions(orders, merge=None)
        >>> log.activity()["purchases"], log.activity()["recency_days"]
        (array([2, 1]), array([4., 0.]))
        """
        columns = self._activity(as_of)
        return native_frame(columns, family=self.family, index="customer_id")

    def _activity(self, as_of: Date | None) -> dict[str, NDArray[Any]]:
        """Return the columns of `activity`."""
        found = _core.customer_activity(self._log.history, self._date(as_of, "as_of"))
        columns: dict[str, NDArray[Any]] = {
            "customer_id": self.customers[found["customers"]],
            "first_purchase": found["first_purchase"].view("datetime64[us]"),
            "last_purchase": found["last_purchase"].view("datetime64[us]"),
            "purchases": found["purchases"],
            "recency_days": found["recency_days"],
        }
        if self.values is not None:
            columns["total_value"] = found["total_value"]
            columns["mean_value"] = found["mean_value"]
        return columns

    def _date(self, date: Date | None, name: str) -> tuple[int, bool]:
        """Return an instant, and whether it stands for a whole day."""
        if date is None:
            return int(self.receipt.last_time.astype(np.int64)), False
        return civil_microseconds(date, name=name, zone=self.zone)

    def _recorded(self, date: tuple[int, bool]) -> np.datetime64:
        """Return a date as results show it."""
        return recorded(
            date, has_times=self._log.history["grain"] in ("hour", "instant")
        )

    def _summary_columns(
        self,
        found: SummaryColumns,
        date: tuple[int, bool],
        unit: Unit,
        *,
        intervals: bool,
    ) -> dict[str, Any]:
        """Return what a summary and a split have in common."""
        history = self._log.history
        return {
            "customer_id": self.customers[found["customers"]],
            "frequency": found["frequency"],
            "recency": found["recency"],
            "T": found["T"],
            "monetary_value": None if self.values is None else found["monetary_value"],
            "as_of": self._recorded(date),
            "family": self.family,
            "log_intervals": (
                _core.purchase_log_intervals(history, date, unit) if intervals else None
            ),
        }
