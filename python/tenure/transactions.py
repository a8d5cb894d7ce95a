"""A log of orders, grouped once: everything else is computed from it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, overload

import numpy as np

from tenure import _core
from tenure._frame import Table, native_frame
from tenure._grouped import group
from tenure._log_settings import LogSettings
from tenure._report import counted, html_report
from tenure._retention import Retention
from tenure._time import civil_microseconds, recorded
from tenure._typing import is_many, override
from tenure.exceptions import ParameterError
from tenure.history import SummaryHistory, ends_of_periods
from tenure.summary import RefundsOfCalibration, Split, Summary

if TYPE_CHECKING:
    import os
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from tenure._calendar import Every
    from tenure._core_types import SummaryColumns
    from tenure._grouped import GroupedLog, Lines
    from tenure._typing import Date, Dates, DuplicateRule, Merge, RefundRule, Unit
    from tenure.cohorts import Cohorts
    from tenure.history import Period
    from tenure.receipt import Receipt

__all__ = ["Transactions", "load"]


class Transactions(Retention):
    """A log of orders, grouped by customer and by day.

    Rows are read once, checked, and brought together into purchases; the caller's
    frame is never changed, and the order of its rows changes nothing. What was
    dropped or merged is counted on `receipt`.

    Parameters
    ----------
    data : frame
        A pandas or polars frame, a pyarrow table, any object with the Arrow capsule
        interface, or a mapping of NumPy arrays or lists. One row an order, or one a
        line of an order.
    customer, time : str
        The columns that say who bought and when. Rows without either are dropped.
    amount : str, optional
        The column that says for how much.
    order, product : str, optional
        The columns with order ids and products; see `lines`.
    attributes : sequence of str
        Further columns with something about the customer; see `attributes`.
    time_format : str, optional
        How times that are text are written, as for `datetime.strptime`; ISO dates
        need none.
    time_unit : str, optional
        What times that are numbers count, from 1970-01-01 on: "s", "ms", "us", "ns"
        or "D".
    tz : str, optional
        The time zone in which days are cut; aware times are converted to it. Their
        own by default.
    merge : {"day", "hour", "week", "month", "order"} or None
        Which rows of a customer are one purchase: those of the same period, or of
        the same order (at its earliest time); None keeps each row a purchase. Ages
        are differences between the beginnings of periods. Times of day are kept
        with "order" and None; a log of dates alone has ages in whole days with any.
    refunds : {"net", "drop", "keep", "raise"}
        What a negative amount does. "net": it reduces the purchase of the same
        period (or of the same order, where orders are merged), or else the last one
        before, from the date of the refund on; a period of refunds alone is no
        purchase, and a refund before any purchase is dropped. "drop": it is left
        out. "keep": it is a purchase like any other. "raise": it is an error.
    duplicates : {"keep", "drop", "raise"}
        What happens to rows equal to another in every column that is read.
    keep_rows : bool, optional
        Whether to keep the rows behind the purchases, which `extend` needs: 20 bytes
        a row, and 4 more for each order, product and attribute column. By default
        those of a log of up to a million rows.

    See Also
    --------
    Summary.from_frame : If you have one row a customer already.

    Examples
    --------
    >>> import tenure as tn
    >>> orders = {
    ...     "customer_id": ["ann", "bob", "ann", "ann"],
    ...     "date": ["2024-01-01", "2024-01-08", "2024-01-15", "2024-01-15"],
    ...     "amount": [10.0, 5.0, 12.0, 18.0],
    ... }
    >>> log = tn.Transactions(orders, amount="amount")
    >>> log
    Transactions: 3 purchases of 2 customers, 2024-01-01 to 2024-01-15, worth 45.00
    4 rows read, 4 used
      1 merged: one purchase a day
    >>> log.summary(unit="week").recency
    array([2., 0.])
    """

    def __init__(
        self,
        data: object,
        *,
        customer: str = "customer_id",
        time: str = "date",
        amount: str | None = None,
        order: str | None = None,
        product: str | None = None,
        attributes: Sequence[str] = (),
        time_format: str | None = None,
        time_unit: str | None = None,
        tz: str | None = None,
        merge: Merge | None = "day",
        refunds: RefundRule = "net",
        duplicates: DuplicateRule = "keep",
        keep_rows: bool | None = None,
    ) -> None:
        names = (attributes,) if isinstance(attributes, str) else tuple(attributes)
        settings = LogSettings(
            customer=customer,
            time=time,
            amount=amount,
            order=order,
            product=product,
            attributes=names,
            time_format=time_format,
            time_unit=time_unit,
            tz=tz,
            merge=merge,
            refunds=refunds,
            duplicates=duplicates,
        )
        self._log = group(Table.of(data), settings, keep_rows=keep_rows)

    @classmethod
    def _of(cls, log: GroupedLog) -> Transactions:
        """Return the log that has been grouped already."""
        transactions = object.__new__(cls)
        transactions._log = log
        return transactions

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

    def extend(self, new_orders: object) -> Transactions:
        """Return the log with further rows, which may be late ones.

        Every array, count and setting is as if all rows had been grouped at once:
        a late row can join a purchase of its day, come before the first one, refund
        an old one or repeat an old row. Only the customers in the new rows are grouped
        anew; what is known of the others is copied.

        Parameters
        ----------
        new_orders : frame
            A table of any kind with the columns that the log was made of.

        Returns
        -------
        Transactions
            A new log; this one stays as it is.

        Raises
        ------
        ParameterError
            If the rows of this log were not kept: see `keep_rows`.
        ColumnError
            If ids or the time zone are of another kind than those of the log.
        DataError
            For new rows that the log could not have been made of.

        Examples
        --------
        >>> import tenure as tn
        >>> june = {"customer_id": [1, 2], "date": ["2024-06-03", "2024-06-20"]}
        >>> july = {"customer_id": [2, 1], "date": ["2024-07-08", "2024-06-01"]}
        >>> log = tn.Transactions(june).extend(july)
        >>> log
        Transactions: 4 purchases of 2 customers, 2024-06-01 to 2024-07-08
        4 rows read, 4 used
        >>> log.summary().recency
        array([ 2., 18.])
        """
        from tenure._extend import extended  # noqa: PLC0415

        return Transactions._of(extended(self._log, Table.of(new_orders)))

    def save(self, path: str | os.PathLike[str]) -> None:
        """Write the log to a file, from which `tenure.load` opens it in milliseconds.

        The file is an Arrow IPC file that polars (`read_ipc`), pandas (`read_feather`)
        and others read as a table with one row a purchase: `customer_id`, `time` and,
        in a log with amounts, `value` after all refunds. It appears when it is complete
        and on the disk; until then a file of that name stays as it was.

        Parameters
        ----------
        path : path
            The file; `.arrow` is the usual ending.

        Raises
        ------
        ImportError
            If pyarrow is not installed: ``pip install 'tenure[arrow]'``.
        ColumnError
            If ids are objects other than text and UUIDs.

        Examples
        --------
        >>> import tenure as tn
        >>> log = tn.Transactions({"customer_id": [7, 7], "date": ["2024-01-05"] * 2})
        >>> log.save("log.arrow")
        >>> tn.load("log.arrow")
        Transactions: 1 purchase of 1 customer, 2024-01-05 to 2024-01-05
        2 rows read, 2 used
          1 merged: one purchase a day
          1 equal to another row
        """
        from tenure._log_file import write_log  # noqa: PLC0415

        write_log(self._log, path)

    @property
    def attributes(self) -> Any:
        """A frame with one row a customer and one column an attribute.

        The value in the customer's earliest row that has one, the smallest if there
        are several; the receipt says how many customers have more than one.
        """
        columns = {"customer_id": self.customers, **self._log.attributes}
        return native_frame(columns, family=self.family, index="customer_id")

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
        columns = self._summary_columns(found, date)
        if intervals:
            columns["log_intervals"] = _core.purchase_log_intervals(
                self._log.history, date, unit
            )
        return Summary(**columns, unit=unit)

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

    def split(self, at: Date, until: Date | None = None, unit: Unit = "day") -> Split:
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

        Returns
        -------
        Split
            The customers known at `at`.

        Raises
        ------
        ParameterError
            If the holdout is empty.
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
            **self._summary_columns(found, start),
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

    def durations(
        self,
        unit: Unit = "day",
        *,
        orders: int | None = None,
        as_of: Date | None = None,
    ) -> Any:
        """Return how long customers take from each purchase to the next.

        What survival curves of repeat buying are made from: who has not bought again
        by `as_of` has waited at least so long, and is censored.

        Parameters
        ----------
        unit : {"day", "hour", "week", "month", "quarter", "year"}
            What durations are measured in.
        orders : int, optional
            Look at the first so many purchases of each customer only: 1 gives the time
            to the second order, one row a customer.
        as_of : date, optional
            The last day observed, as for `summary`.

        Returns
        -------
        frame
            One row a purchase: `customer_id`, `order` (1 for the first), `start` (when
            it was made), `duration` and `event` (whether there was a next one).

        Examples
        --------
        >>> import tenure as tn
        >>> log = tn.Transactions(tn.datasets.load_cdnow(family="numpy"))
        >>> waits = log.durations("week", orders=1)
        >>> km = tn.KaplanMeier().fit(waits, "event", durations="duration")
        >>> km
        KaplanMeier fitted to 2,357 durations, 1,218 of them censored
             durations  events  median  95 % interval
        all      2,357   1,139     inf   [67.43, inf]
        """
        from tenure.survival.durations import durations  # noqa: PLC0415

        return durations(self, unit, orders=orders, as_of=as_of)

    def cohorts(self, every: Every = "month", **settings: Any) -> Cohorts:
        """Return the customers by when they began, for retention and value by age.

        Parameters
        ----------
        every : {"day", "week", "month", "quarter", "year", "4-4-5", "4-5-4", "5-4-4"}
            The periods that customers are grouped by.
        **settings
            As for `Cohorts`: another kind of birth, segments, elapsed ages, the first
            day of weeks, the last day observed.

        Returns
        -------
        Cohorts

        Examples
        --------
        >>> import tenure as tn
        >>> dates = ["2024-01-31", "2024-01-31", "2024-02-01"]
        >>> orders = {"customer_id": [1, 2, 1], "date": dates}
        >>> log = tn.Transactions(orders)
        >>> log.cohorts("month", as_of="2024-02-29").retention().retention[0]
        array([1. , 0.5])
        """
        from tenure.cohorts import Cohorts  # noqa: PLC0415

        return Cohorts(self, every, **settings)

    def purchases(self) -> Any:
        """Return a frame with one row a purchase.

        Columns: `customer_id`, `time`, `value` (after all refunds, in a log with
        amounts) and `first`: whether it is the customer's first.

        Examples
        --------
        >>> import tenure as tn
        >>> orders = {"customer_id": [2, 1, 2], "date": ["2024-01-05"] * 3}
        >>> purchases = tn.Transactions(orders).purchases()
        >>> purchases["customer_id"], purchases["first"]
        (array([1, 2]), array([ True,  True]))
        """
        first = np.zeros(len(self), dtype=bool)
        first[self.offsets[:-1]] = True
        columns = {
            "customer_id": np.repeat(self.customers, np.diff(self.offsets)),
            "time": self.times,
        }
        if self.values is not None:
            columns["value"] = self.values
        columns["first"] = first
        return native_frame(columns, family=self.family)

    def __len__(self) -> int:
        """Return the number of purchases; `len(log.customers)` is that of customers."""
        return len(self.times)

    @override
    def __repr__(self) -> str:
        return f"Transactions: {self._headline()}\n{self.receipt!r}"

    def _repr_html_(self) -> str:
        first, last = self.span
        rows = [
            ["customers", f"{len(self.customers):,}"],
            ["purchases", f"{len(self):,}"],
            ["first event", str(first)],
            ["last event", str(last)],
        ]
        if self.values is not None:
            rows.append(["value", f"{self.values.sum():,.2f}"])
        rows += [
            ["rows read", f"{self.receipt.rows:,}"],
            ["rows used", f"{self.receipt.used:,}"],
        ]
        rows += [[what, f"{count:,}"] for count, what in self.receipt.notes()]
        return html_report("Transactions", [], rows)

    def _headline(self) -> str:
        first, last = self.span
        worth = "" if self.values is None else f", worth {self.values.sum():,.2f}"
        return (
            f"{counted(len(self), 'purchase')} of "
            f"{counted(len(self.customers), 'customer')}, {first} to {last}{worth}"
        )

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
        self, found: SummaryColumns, date: tuple[int, bool]
    ) -> dict[str, Any]:
        """Return what a summary and a split have in common."""
        return {
            "customer_id": self.customers[found["customers"]],
            "frequency": found["frequency"],
            "recency": found["recency"],
            "T": found["T"],
            "monetary_value": None if self.values is None else found["monetary_value"],
            "as_of": self._recorded(date),
            "family": self.family,
        }


def load(path: str | os.PathLike[str], *, verify: bool = False) -> Transactions:
    """Open a log that `Transactions.save` has written.

    The numbers stay in the file, which is mapped into memory and read where and when
    it is needed; nothing is grouped again.

    Parameters
    ----------
    path : path
        The file.
    verify : bool
        Whether to read all of it and compare checksums. Without, a file of which a
        part is missing is still found out, but not a number that has changed.

    Returns
    -------
    Transactions

    Raises
    ------
    FileError
        If it is no such file, or damaged, or was written by a later version.
    ImportError
        If pyarrow is not installed: ``pip install 'tenure[arrow]'``.

    Examples
    --------
    >>> import tenure as tn
    >>> orders = {"customer_id": ["ann", "bob"], "date": ["2024-01-05", "2024-02-01"]}
    >>> tn.Transactions(orders).save("orders.arrow")
    >>> log = tn.load("orders.arrow")
    >>> log.summary().T
    array([27.,  0.])
    """
    from tenure._log_file import read_log  # noqa: PLC0415

    return Transactions._of(read_log(path, verify=verify))  # noqa: SLF001
