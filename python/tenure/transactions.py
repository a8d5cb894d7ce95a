"""A log of orders, grouped once: everything else is computed from it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from tenure._frame import Table, native_frame
from tenure._grouped import group
from tenure._log_settings import LogSettings
from tenure._report import counted, html_report
from tenure._retention import Retention
from tenure._summaries import Summaries
from tenure._typing import override

if TYPE_CHECKING:
    import os
    from collections.abc import Sequence

    from tenure._calendar import Every
    from tenure._grouped import GroupedLog
    from tenure._typing import Date, DuplicateRule, Merge, RefundRule, Unit
    from tenure.cohorts import Cohorts

__all__ = ["Transactions", "load"]


class Transactions(Summaries, Retention):
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
