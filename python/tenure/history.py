"""Summaries of the same customers as of many dates."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Literal, TypeAlias, get_args

import numpy as np

from tenure._frame import native_frame
from tenure._report import counted, html_report, text_table, written
from tenure._typing import override
from tenure.exceptions import ColumnError, EmptyDataError, ParameterError
from tenure.summary import Summary

if TYPE_CHECKING:
    from collections.abc import Iterator

    from numpy.typing import NDArray

__all__ = ["Period", "SummaryHistory", "ends_of_periods"]

Period: TypeAlias = Literal["week", "month", "quarter", "year"]

# Rows of the printed table, at most.
_SHOWN = 8


@dataclass(frozen=True, eq=False, repr=False)
class SummaryHistory:
    """The summaries of a log as of several dates, one after the other in one table.

    Made by `Transactions.history`, or by `Transactions.summary` if it is given a list
    of dates. Those of a date are what `Transactions.summary` gives for it; customers
    who had not bought by then have no row. Iterating gives the summary of each date.

    Attributes
    ----------
    as_of : numpy.datetime64 array
        The date of each row.
    customer_id : array
        Who.
    frequency : int64 array
        Repeat purchases by then.
    recency, T : float64 array
        Age at the last purchase by then, and at the date, in `unit`.
    monetary_value : float64 array or None
        Mean value of the repeat purchases after the refunds known by then.
    dates : numpy.datetime64 array
        The dates in the order in which they were given.
    offsets : int64 array
        Where the rows of each date begin; one entry more than dates.
    unit : str
        What ages are measured in.
    family : str
        The kind of frame that results come back as.

    Examples
    --------
    >>> import tenure as tn
    >>> orders = {
    ...     "customer_id": ["ann", "ann", "bob"],
    ...     "date": ["2024-01-01", "2024-01-15", "2024-02-08"],
    ... }
    >>> history = tn.Transactions(orders).history(every="month", as_of="2024-02-29")
    >>> history
    SummaryHistory of 2 customers at 2 dates, ages in days
                customers  frequency  recency      T
    2024-01-31          1       1.00    14.00  30.00
    2024-02-29          2       0.50     7.00  40.00
    >>> [len(summary) for summary in history]
    [1, 2]
    """

    as_of: NDArray[np.datetime64]
    customer_id: NDArray[Any]
    frequency: NDArray[np.int64]
    recency: NDArray[np.float64]
    T: NDArray[np.float64]
    monetary_value: NDArray[np.float64] | None
    dates: NDArray[np.datetime64]
    offsets: NDArray[np.int64]
    unit: str
    family: str = "numpy"

    def __post_init__(self) -> None:
        for values in self.columns.values():
            values.setflags(write=False)

    @property
    def columns(self) -> dict[str, NDArray[Any]]:
        """The columns by name, `as_of` first."""
        columns: dict[str, NDArray[Any]] = {
            "as_of": self.as_of,
            "customer_id": self.customer_id,
            "frequency": self.frequency,
            "recency": self.recency,
            "T": self.T,
        }
        if self.monetary_value is not None:
            columns["monetary_value"] = self.monetary_value
        return columns

    def at(self, place: int) -> Summary:
        """Return the summary as of one of the dates, by its place among them.

        Raises
        ------
        EmptyDataError
            If nobody had bought by then.

        Examples
        --------
        >>> import tenure as tn
        >>> log = tn.Transactions({"customer_id": [1, 1], "date": ["2024-01-05"] * 2})
        >>> log.summary(as_of=["2024-01-31", "2024-02-29"]).at(-1).T
        array([55.])
        """
        date = self.dates[place]
        place %= len(self.dates)
        rows = slice(self.offsets[place], self.offsets[place + 1])
        if rows.start == rows.stop:
            what = f"no customer had bought by {written(date)}"
            hint = "choose a date after the first purchase of the log"
            raise EmptyDataError.of(what, hint=hint)
        spend = self.monetary_value
        return Summary(
            customer_id=self.customer_id[rows],
            frequency=self.frequency[rows],
            recency=self.recency[rows],
            T=self.T[rows],
            monetary_value=None if spend is None else spend[rows],
            unit=self.unit,
            as_of=date,
            family=self.family,
        )

    def __iter__(self) -> Iterator[Summary]:
        """Return the summary of each date by which somebody had bought."""
        born = np.flatnonzero(np.diff(self.offsets) > 0)
        return (self.at(int(place)) for place in born)

    def to_frame(self) -> Any:
        """Return a frame of the family that the data came in.

        One row for each date and each customer who had bought by then; for pandas
        the index is made of both. NumPy in: a dictionary of arrays out.
        """
        frame = native_frame(self.columns, family=self.family)
        if self.family == "pandas":
            return frame.set_index(["as_of", "customer_id"])
        return frame

    def __len__(self) -> int:
        """Return the number of rows: of all dates together."""
        return len(self.as_of)

    def __getitem__(self, column: str) -> NDArray[Any]:
        """Return a column as an array."""
        columns = self.columns
        if column not in columns:
            raise ColumnError.unknown(column, tuple(columns))
        return columns[column]

    def _headline(self) -> str:
        most = counted(int(np.diff(self.offsets).max()), "customer")
        dates = counted(len(self.dates), "date")
        return f"{type(self).__name__} of {most} at {dates}, ages in {self.unit}s"

    def _statistics(self) -> tuple[list[str], list[list[str]]]:
        """Return header and rows of a table of means, the dates in the middle left out.

        The mean of nobody is left empty.
        """
        names = [name for name in self.columns if name not in ("as_of", "customer_id")]
        places = list(range(len(self.dates)))
        hidden = len(places) - _SHOWN
        rows: list[list[str]] = []
        for place in places:
            if hidden > 0 and _SHOWN // 2 <= place < _SHOWN // 2 + hidden:
                if place == _SHOWN // 2:
                    rows.append(["...", *[""] * (len(names) + 1)])
                continue
            start, stop = self.offsets[place], self.offsets[place + 1]
            means = [
                f"{self.columns[name][start:stop].mean():,.2f}" if stop > start else ""
                for name in names
            ]
            rows.append([written(self.dates[place]), f"{stop - start:,}", *means])
        return ["", "customers", *names], rows

    @override
    def __repr__(self) -> str:
        return f"{self._headline()}\n{text_table(*self._statistics())}"

    def _repr_html_(self) -> str:
        note = "Means over the customers who had bought by the date."
        return html_report(self._headline(), *self._statistics(), note)


def ends_of_periods(
    every: Period, first: np.datetime64, last: np.datetime64
) -> NDArray[np.datetime64]:
    """Return the last day of each period that ends from one day to another.

    Parameters
    ----------
    every : {"week", "month", "quarter", "year"}
        Weeks end on Sundays; the others with the months of the calendar.
    first, last : numpy.datetime64
        Days.

    Raises
    ------
    ParameterError
        If there is no such period.
    EmptyDataError
        If none ends between them.

    Examples
    --------
    >>> days = np.datetime64("2024-01-15"), np.datetime64("2024-06-30")
    >>> ends_of_periods("quarter", *days)
    array(['2024-03-31', '2024-06-30'], dtype='datetime64[D]')
    """
    if every not in get_args(Period):
        expected = 'be "week", "month", "quarter" or "year"'
        raise ParameterError.of(name="every", expected=expected, found=repr(every))
    day, last_day = _count(first, "D"), _count(last, "D")
    if every == "week":
        # day 3 since 1970 was a Sunday
        days = np.arange(day + (3 - day) % 7, last_day + 1, 7)
    else:
        months = {"month": 1, "quarter": 3, "year": 12}[every]
        period, until = (_count(one, "M") // months for one in (first, last))
        nexts = (np.arange(period + 1, until + 2) * months).astype("datetime64[M]")
        days = nexts.astype("datetime64[D]").astype(np.int64) - 1
    ends: NDArray[np.datetime64] = days[days <= last_day].astype("datetime64[D]")
    if len(ends) == 0:
        days_of = (written(one.astype("datetime64[D]")) for one in (first, last))
        what = f"no {every} ends from {' to '.join(days_of)}"
        hint = "choose shorter periods, or a later `as_of`"
        raise EmptyDataError.of(what, hint=hint)
    return ends


def _count(moment: np.datetime64, unit: str) -> int:
    """Return how many days or months there were since 1970."""
    return int(moment.astype(f"datetime64[{unit}]").astype(np.int64))
