"""One row a customer: what models are fitted to and predictions are made for."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any

import numpy as np

from tenure._core import check_summary
from tenure._frame import Table, native_frame
from tenure._report import counted, html_report, text_table, written
from tenure._typing import override
from tenure.exceptions import ColumnError, DataError

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from typing import Self

    from numpy.typing import NDArray

    from tenure._column import Column

__all__ = [
    "RefundsOfCalibration",
    "Split",
    "Summary",
    "customer_ids",
    "known_of",
    "table_of",
]


@dataclass(frozen=True, eq=False, repr=False)
class Summary:
    """The purchases of each customer in four numbers, as of a date.

    Made by `Transactions.summary`, or from columns that you have by `from_frame`.

    Attributes
    ----------
    customer_id : array
        Who.
    frequency : int64 array
        Repeat purchases: all but the first.
    recency : float64 array
        Age at the last purchase, counted from the first, in `unit`; 0 where there
        was no repeat purchase. (For the time *since* the last purchase see
        `Transactions.activity`.)
    T : float64 array
        Age at the date `as_of`, in `unit`.
    monetary_value : float64 array or None
        Mean value of the repeat purchases, 0 where there were none; None for a log
        without amounts.
    log_intervals : float64 array or None
        Sum of the logarithms of the times between purchases in `unit`, 0 where there
        was no repeat purchase; None unless asked for.
    unit : str or None
        What ages are measured in; None if that is not known.
    as_of : numpy.datetime64 or None
        The last day (or instant) observed.
    family : str
        The kind of frame that results come back as.
    covariates : mapping of str to column
        What is known of the customers beside, for models that ask for it: see
        `with_covariates`.

    Examples
    --------
    >>> import tenure as tn
    >>> orders = {
    ...     "customer_id": ["ann", "ann", "bob"],
    ...     "date": ["2024-01-01", "2024-01-15", "2024-01-08"],
    ...     "amount": [10.0, 30.0, 5.0],
    ... }
    >>> summary = tn.Transactions(orders, amount="amount").summary(unit="week")
    >>> summary
    Summary of 2 customers as of 2024-01-15, ages in weeks
                     mean  median    max
    frequency        0.50    0.50   1.00
    recency          1.00    1.00   2.00
    T                1.50    1.50   2.00
    monetary_value  15.00   15.00  30.00
    >>> summary["T"]
    array([2., 1.])
    """

    customer_id: NDArray[Any]
    frequency: NDArray[np.int64]
    recency: NDArray[np.float64]
    T: NDArray[np.float64]
    monetary_value: NDArray[np.float64] | None = None
    log_intervals: NDArray[np.float64] | None = None
    unit: str | None = None
    as_of: np.datetime64 | None = None
    family: str = "numpy"
    covariates: Mapping[str, Column] = field(default_factory=dict[str, "Column"])

    def __post_init__(self) -> None:
        for values in self.columns.values():
            values.setflags(write=False)

    @staticmethod
    def from_frame(
        frame: object,
        *,
        unit: str | None = None,
        customer_id: str | None = None,
        frequency: str = "frequency",
        recency: str = "recency",
        T: str = "T",
        monetary_value: str | None = None,
    ) -> Summary:
        """Make a summary of columns that you have.

        Parameters
        ----------
        frame : frame or mapping of arrays
            One row a customer.
        unit : str, optional
            What recency and T are measured in: "hour", "day", "week", "month",
            "quarter" or "year". Without it, horizons are numbers in the same unit.
        customer_id, frequency, recency, T, monetary_value : str, optional
            The names of the columns. Without `customer_id`, a column of that name,
            the index of a pandas frame, or row numbers say who is who; without
            `monetary_value`, a column of that name is read if there is one, as is
            "log_intervals".

        Raises
        ------
        ColumnError
            If a column is not there.
        DataError
            If a frequency is not a whole number of at least 0, a recency does not
            lie in [0, T], recency is not 0 exactly where frequency is, or a customer
            appears twice.

        Examples
        --------
        >>> import tenure as tn
        >>> columns = {"x": [2, 0], "t_x": [30.43, 0.0], "T": [38.86, 38.86]}
        >>> tn.Summary.from_frame(columns, unit="week", frequency="x", recency="t_x")
        Summary of 2 customers, ages in weeks
                    mean  median    max
        frequency   1.00    1.00   2.00
        recency    15.21   15.21  30.43
        T          38.86   38.86  38.86
        """
        table = Table.of(frame)
        x, t_x, t = (_numbers(table, name) for name in (frequency, recency, T))
        check_summary((frequency, x), (recency, t_x), (T, t), unit)
        if monetary_value is None and "monetary_value" in table.names:
            monetary_value = "monetary_value"
        spend = None if monetary_value is None else _numbers(table, monetary_value)
        intervals = "log_intervals" if "log_intervals" in table.names else None
        return Summary(
            customer_id=customer_ids(table, customer_id),
            frequency=x.astype(np.int64),
            recency=t_x,
            T=t,
            monetary_value=spend,
            log_intervals=None if intervals is None else _numbers(table, intervals),
            unit=unit,
            family=table.family,
        )

    def with_covariates(
        self,
        frame: object,
        *,
        customer_id: str | None = None,
        columns: Sequence[str] | None = None,
    ) -> Self:
        """Join what is known of the customers beside their purchases.

        Models with covariates can then be fitted to the summary, asked about it and
        compared on it as others can. The frame must know every customer of the summary;
        others in it are left out. `to_frame` and `columns` are as before.

        Parameters
        ----------
        frame : frame or mapping of arrays
            One row a customer, in any order.
        customer_id : str, optional
            The column that says who is who; by default "customer_id", or the index of
            a pandas frame.
        columns : sequence of str, optional
            What to join; all but `customer_id` if left out.

        Returns
        -------
        Summary
            A new one of the same kind; the covariates replace those that it had.

        Raises
        ------
        ColumnError
            If a column is not there.
        DataError
            If the frame does not know a customer of the summary, or names one twice.

        Examples
        --------
        >>> import tenure as tn
        >>> orders = {
        ...     "customer_id": ["ann", "ann", "bob"],
        ...     "date": ["2024-01-01", "2024-01-15", "2024-01-08"],
        ... }
        >>> people = {"customer_id": ["bob", "ann"], "channel": ["web", "mail"]}
        >>> summary = tn.Transactions(orders).summary(unit="week")
        >>> list(summary.with_covariates(people).covariates)
        ['channel']
        """
        known = known_of(self.customer_id, frame, customer_id, columns)
        return replace(self, covariates=known)

    @property
    def columns(self) -> dict[str, NDArray[Any]]:
        """The columns by name, `customer_id` first."""
        columns: dict[str, NDArray[Any]] = {
            "customer_id": self.customer_id,
            "frequency": self.frequency,
            "recency": self.recency,
            "T": self.T,
        }
        if self.monetary_value is not None:
            columns["monetary_value"] = self.monetary_value
        if self.log_intervals is not None:
            columns["log_intervals"] = self.log_intervals
        return columns

    def to_frame(self) -> Any:
        """Return a frame of the family that the data came in.

        One row a customer; `customer_id` is the index of a pandas frame and a column
        of others. NumPy in: a dictionary of arrays out.
        """
        return native_frame(self.columns, family=self.family, index="customer_id")

    def __len__(self) -> int:
        """Return the number of customers."""
        return len(self.customer_id)

    def __getitem__(self, column: str) -> NDArray[Any]:
        """Return a column as an array."""
        columns = self.columns
        if column not in columns:
            raise ColumnError.unknown(column, tuple(columns))
        return columns[column]

    def _headline(self) -> str:
        as_of = "" if self.as_of is None else f" as of {written(self.as_of)}"
        unit = "a unit not stated" if self.unit is None else f"{self.unit}s"
        customers = counted(len(self), "customer")
        known = f"; with {', '.join(self.covariates)}" if self.covariates else ""
        return f"{type(self).__name__} of {customers}{as_of}, ages in {unit}{known}"

    def _statistics(self) -> tuple[list[str], list[list[str]]]:
        """Return header and rows of a table of mean, median and maximum."""
        measures = (np.mean, np.median, np.max)
        rows = [
            [name, *(f"{measure(values):,.2f}" for measure in measures)]
            for name, values in self.columns.items()
            if name != "customer_id" and len(values)
        ]
        return ["", "mean", "median", "max"], rows

    @override
    def __repr__(self) -> str:
        return f"{self._headline()}\n{text_table(*self._statistics())}"

    def _repr_html_(self) -> str:
        return html_report(self._headline(), *self._statistics())


def _numbers(table: Table, name: str) -> NDArray[np.float64]:
    """Return a copy of the column: a summary does not change with the frame."""
    return np.array(table.numbers(name).values)


def customer_ids(table: Table, name: str | None) -> NDArray[Any]:
    """Return who stands in each row: each customer once."""
    if name is None and "customer_id" not in table.names:
        if table.index is None:
            return np.arange(table.n_rows)
        table = Table.of({"customer_id": table.index.to_numpy()})
    name = name or "customer_id"
    ids = table.codes(name)
    expected = "name each customer once"
    missing = np.flatnonzero(ids.values < 0)
    if len(missing):
        raise DataError.at(
            name, expected, row=missing[0], found="none", count=len(missing)
        )
    if ids.n_categories == len(ids.values):
        return ids.categories[ids.values]
    _, first, inverse = np.unique(ids.values, return_index=True, return_inverse=True)
    repeated = np.flatnonzero(first[inverse] != np.arange(len(inverse)))
    if len(repeated):
        row = repeated[0]
        found = (
            f"{ids.categories[ids.values[row]]!s}, as row {first[inverse[row]]} does"
        )
        raise DataError.at(name, expected, row=row, found=found, count=len(repeated))
    return ids.categories[ids.values]


def table_of(columns: Mapping[str, Column], n_rows: int) -> Table:
    """Return what is known of so many customers as a table."""
    return Table("numpy", n_rows, tuple(columns), list(columns.values()).__getitem__)


def known_of(
    customers: NDArray[Any],
    frame: object,
    customer_id: str | None = None,
    columns: Sequence[str] | None = None,
) -> dict[str, Column]:
    """Return what a frame with one row a customer, or a summary, knows of customers."""
    if isinstance(frame, Summary):
        joined = table_of(frame.covariates, len(frame))
        return _looked_up(customers, frame.customer_id, joined, "customer_id", columns)
    table = Table.of(frame)
    name = customer_id or "customer_id"
    if customer_id is None and name not in table.names and table.index is None:
        raise ColumnError.unknown(name, table.names)
    ids = customer_ids(table, customer_id)
    return _looked_up(customers, ids, table, name, columns)


def _looked_up(
    customers: NDArray[Any],
    ids: NDArray[Any],
    table: Table,
    name: str,
    columns: Sequence[str] | None,
) -> dict[str, Column]:
    """Return columns of a table whose rows have these ids, for these customers."""
    places = {one: place for place, one in enumerate(ids.tolist())}
    wanted = customers.tolist()
    rows = np.array([places.get(one, -1) for one in wanted], dtype=np.int64)
    missing = np.flatnonzero(rows < 0)
    if len(missing):
        raise DataError.at(
            name,
            "name every customer whose covariates are asked for",
            row=missing[0],
            found=f"nobody called {wanted[missing[0]]!r}",
            count=len(missing),
            hint="a frame of covariates has one row for each customer of the log",
        )
    rest = [one for one in table.names if one != name]
    chosen = rest if columns is None else list(columns)
    return {one: table.column(one).take(rows) for one in chosen}


@dataclass(frozen=True)
class RefundsOfCalibration:
    """Refunds in the holdout of purchases before it, which are on neither side.

    Attributes
    ----------
    count : int
        How many.
    amount : float
        Their sum: a negative amount.
    """

    count: int
    amount: float


@dataclass(frozen=True, eq=False, repr=False, kw_only=True)
class Split(Summary):
    """What was known at a date, beside what happened afterwards.

    Made by `Transactions.split`. Has the columns of a `Summary` as of the date, and:

    Attributes
    ----------
    holdout_purchases : int64 array
        Purchases after `as_of`, up to `until`.
    holdout_value : float64 array or None
        Their value after refunds; None for a log without amounts.
    holdout_mean_value : float64 array or None
        Their mean value, 0 where there were none.
    holdout_duration : float
        How long the holdout lasts, in `unit`.
    until : numpy.datetime64
        The last day (or instant) of the holdout.
    refunds_of_calibration : RefundsOfCalibration
        Refunds dated in the holdout of purchases before it.

    Examples
    --------
    >>> import tenure as tn
    >>> orders = {
    ...     "customer_id": ["ann", "ann", "ann", "bob"],
    ...     "date": ["2024-01-01", "2024-01-15", "2024-02-12", "2024-01-08"],
    ...     "amount": [10.0, 30.0, 25.0, 5.0],
    ... }
    >>> log = tn.Transactions(orders, amount="amount")
    >>> split = log.split("2024-01-29", unit="week")
    >>> split["frequency"], split["holdout_purchases"], split["holdout_value"]
    (array([1, 0]), array([1, 0]), array([25.,  0.]))
    >>> split.holdout_duration
    2.0
    """

    holdout_purchases: NDArray[np.int64]
    holdout_value: NDArray[np.float64] | None
    holdout_mean_value: NDArray[np.float64] | None
    holdout_duration: float
    until: np.datetime64
    refunds_of_calibration: RefundsOfCalibration

    @property
    @override
    def columns(self) -> dict[str, NDArray[Any]]:
        """The columns by name: those of a summary, then those of the holdout."""
        columns = super().columns
        columns["holdout_purchases"] = self.holdout_purchases
        if self.holdout_value is not None and self.holdout_mean_value is not None:
            columns["holdout_value"] = self.holdout_value
            columns["holdout_mean_value"] = self.holdout_mean_value
        columns["holdout_duration"] = np.full(len(self), self.holdout_duration)
        return columns

    @override
    def _headline(self) -> str:
        return f"{super()._headline()}; holdout to {written(self.until)}"
