"""Who renewed and who left: what the models of renewal are fitted to."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

import numpy as np

from tenure import _renewal_tables as tables
from tenure._contracts import ages_of_contracts
from tenure._frame import Table, native_frame
from tenure._renewals_text import headline, shown
from tenure._report import html_report, text_table
from tenure._typing import override
from tenure._units import unit_named
from tenure.exceptions import DataError, EmptyDataError, ParameterError

if TYPE_CHECKING:
    from typing import Self

    from numpy.typing import NDArray

    from tenure._typing import Date, Unit

__all__ = ["Renewals"]


@dataclass(frozen=True, repr=False, eq=False)
class Renewals:
    """Customers under contract: how long they are known to have stayed.

    Ages count periods from the start of a contract. A customer who was lost at the
    third renewal stayed for three periods and left between the ages 2 and 3; one who
    has renewed three times was there at age 3. Make one with `from_survivors`,
    `from_cohorts`, `from_triangle`, `from_durations` or `from_contracts`.

    Attributes
    ----------
    entry : array
        The age at which the customers of each row came into view: 0, or the first age
        of a table that begins later.
    last_seen : array
        The last age at which they were seen to be there.
    gone : array
        The first age at which they were seen to be gone; infinite if they were not.
    end : array
        The age at which observation ended, or would have ended for those who left; NaN
        where that is not known.
    customers : array
        How many customers each row stands for.
    cohort : array or None
        The cohort of each row.
    exact : bool
        Whether customers left at exact ages rather than within a period.
    unit : str or None
        How long a period is.
    family : str
        The kind of frame that results come back as.

    Examples
    --------
    >>> import tenure as tn
    >>> table = tn.datasets.load_sbg_survival()
    >>> tn.Renewals.from_survivors(
    ...     table, age="year", survivors="regular", customers=1000, unit="year"
    ... ).until(7)
    Renewals of 1,000 customers in 1 cohort, seen for up to 7 years
         at risk  lost  retention  survival
    age
    1      1,000   369     0.6310    0.6310
    2        631   163     0.7417    0.4680
    3        468    86     0.8162    0.3820
    4        382    56     0.8534    0.3260
    5        326    37     0.8865    0.2890
    6        289    27     0.9066    0.2620
    7        262    21     0.9198    0.2410
    """

    entry: NDArray[np.float64]
    last_seen: NDArray[np.float64]
    gone: NDArray[np.float64]
    end: NDArray[np.float64]
    customers: NDArray[np.float64]
    cohort: NDArray[Any] | None
    exact: bool
    unit: str | None
    family: str

    def __post_init__(self) -> None:
        """Make the columns read-only, and see that there is somebody."""
        if not self.customers.sum() > 0:
            raise EmptyDataError.of(what="there are no customers")
        for values in self._columns.values():
            values.setflags(write=False)

    # -- where they come from ------------------------------------------------------

    @classmethod
    def from_survivors(
        cls,
        data: object,
        *,
        age: str = "age",
        survivors: str = "survivors",
        cohort: str | None = None,
        customers: float | None = None,
        unit: Unit | None = None,
    ) -> Self:
        """Read a survival table: how many were there at each age.

        Parameters
        ----------
        data : frame
            One row an age, or one row a cohort and age; in any order.
        age, survivors : str
            The columns: whole ages, and how many customers were there. A table that
            begins after age 0 says how long those stayed who were there at its first.
        cohort : str, optional
            The column that tells several cohorts apart; each may end at another age.
        customers : float, optional
            How many customers a cohort had at its first age, where `survivors` are
            shares or per cents: they are scaled to it.
        unit : str, optional
            How long a period is: "month", say.

        Raises
        ------
        DataError
            If survivors rise with age, or ages are not whole or occur twice.

        Examples
        --------
        >>> import tenure as tn
        >>> table = {"age": [0, 1, 2], "survivors": [1.0, 0.8, 0.7]}
        >>> tn.Renewals.from_survivors(table, customers=500)
        Renewals of 500 customers in 1 cohort, seen for up to 2 periods
             at risk  lost  retention  survival
        age
        1        500   100     0.8000    0.8000
        2        400    50     0.8750    0.7000
        """
        frame = Table.of(data)
        ages = tables.whole_ages(frame.numbers(age).values, age)
        counts = tables.counts(frame.numbers(survivors).values, survivors)
        labels = None if cohort is None else tables.labels(frame, cohort)
        rows = tables.of_survivors(
            ages, counts, labels, names=(age, survivors), customers=customers
        )
        return cls._of(rows, labels, unit, frame.family)

    @classmethod
    def from_cohorts(
        cls,
        data: object,
        *,
        cohort: str = "cohort",
        period: str = "period",
        customers: str = "customers",
        unit: Unit | None = None,
    ) -> Self:
        """Read a cohort table in long form: how many of each were there, and when.

        Parameters
        ----------
        data : frame
            One row a cohort and period of observation.
        cohort, period : str
            The columns: in which period the cohort came, and in which it was counted,
            as whole numbers on one scale (years, or months counted through). The age is
            their difference.
        customers : str
            The column with the number of customers.
        unit : str, optional
            How long a period is.

        Examples
        --------
        >>> import tenure as tn
        >>> table = tn.datasets.load_multi_cohort()
        >>> tn.Renewals.from_cohorts(table, period="year", unit="year")
        Renewals of 50,000 customers in 5 cohorts, seen for up to 4 years
             at risk    lost  retention  survival
        age
        1     40,000  14,664     0.6334    0.6334
        2     19,002   5,901     0.6895    0.4367
        3      8,734   2,206     0.7474    0.3264
        4      3,264     660     0.7978    0.2604
        """
        frame = Table.of(data)
        came = tables.whole(frame.numbers(cohort).values, cohort)
        counted_in = tables.whole(frame.numbers(period).values, period)
        too_early = counted_in < came
        if too_early.any():
            row = int(too_early.argmax())
            raise DataError.at(
                period,
                f"not lie before `{cohort}`",
                row=row,
                found=f"{counted_in[row]:g} with {cohort} = {came[row]:g}",
                count=int(too_early.sum()),
            )
        counts = tables.counts(frame.numbers(customers).values, customers)
        rows = tables.of_survivors(
            counted_in - came, counts, came, names=(period, customers)
        )
        return cls._of(rows, came.astype(np.int64), unit, frame.family)

    @classmethod
    def from_triangle(
        cls, data: object, *, cohort: str | None = None, unit: Unit | None = None
    ) -> Self:
        """Read a cohort triangle: one row a cohort, one column an age.

        Parameters
        ----------
        data : frame
            How many customers of each cohort were there at the ages 0, 1, 2 and so on,
            from left to right; nothing (NaN) where that lies in the future.
        cohort : str, optional
            A column with the cohorts' names.
        unit : str, optional
            How long a period is.

        Examples
        --------
        >>> import tenure as tn
        >>> nan = float("nan")
        >>> triangle = {"start": [90, 80, 100], "1": [60, 50, nan], "2": [45, nan, nan]}
        >>> tn.Renewals.from_triangle(triangle).to_frame()["lost"]
        array([60., 15.])
        """
        frame = Table.of(data)
        ages, counts, keys, where = tables.of_triangle(frame, cohort)
        rows = tables.of_survivors(ages, counts, keys, names=where)
        labels = keys if cohort is None else tables.labels(frame, cohort)[keys]
        return cls._of(rows, labels, unit, frame.family)

    @classmethod
    def from_durations(
        cls,
        data: object,
        *,
        duration: str = "duration",
        churned: str = "churned",
        entry: str | None = None,
        end: str | None = None,
        customers: str | None = None,
        exact: bool = False,
        unit: Unit | None = None,
    ) -> Self:
        """Read one row a customer: how long they stayed, and whether they left.

        Parameters
        ----------
        data : frame
            One row a customer, or a row for several equal ones.
        duration : str
            The column: how many periods they stayed. A customer who left did so at the
            end of the last, so that theirs is at least 1; for one who is still there it
            counts renewals, and may be 0.
        churned : str
            The column that says whether they left: booleans, or 0 and 1.
        entry : str, optional
            A column with the age at which they came into view, where that is not 0:
            they are known only because they had stayed so long.
        end : str, optional
            A column with the age at which observation ended, for those who left too;
            only the bootstrap asks for it.
        customers : str, optional
            A column with how many customers a row stands for.
        exact : bool, default False
            Durations are exact times, not counts of periods; for models in continuous
            time.
        unit : str, optional
            How long a period is.

        Examples
        --------
        >>> import tenure as tn
        >>> rows = {"duration": [1, 2, 2, 0], "churned": [True, True, False, False]}
        >>> tn.Renewals.from_durations(rows)
        Renewals of 4 customers, seen for up to 2 periods
             at risk  lost  retention  survival
        age
        1          3     1     0.6667    0.6667
        2          2     1     0.5000    0.3333
        """
        frame = Table.of(data)
        left = frame.flags(churned)
        stayed = frame.numbers(duration).values
        check = tables.positive_ages if exact else tables.whole_ages
        stayed = check(stayed, duration)
        tables.check_left_after_something(stayed, left, duration, churned)
        n = len(stayed)
        came = (
            np.zeros(n) if entry is None else check(frame.numbers(entry).values, entry)
        )
        last_seen = np.where(left & (not exact), stayed - 1, stayed)
        tables.check_order((entry or "entry", came), (duration, last_seen), stayed)
        ends = np.where(left, np.nan, stayed)
        if end is not None:
            ends = check(frame.numbers(end).values, end)
            tables.check_order((duration, stayed), (end, ends), ends)
        counts = np.ones(n)
        if customers is not None:
            counts = tables.counts(frame.numbers(customers).values, customers)
        rows = (came, last_seen, np.where(left, stayed, np.inf), ends, counts)
        return cls._of(rows, None, unit, frame.family, exact=exact)

    @classmethod
    def from_contracts(
        cls,
        data: object,
        *,
        start: str = "start",
        end: str = "end",
        as_of: Date,
        unit: Unit = "month",
    ) -> Self:
        """Read contracts by their dates.

        Parameters
        ----------
        data : frame
            One row a contract.
        start, end : str
            The columns: the first day, and the day on which the contract ended; nothing
            where it runs on. What ended after `as_of` runs on, too; what started after
            it is left out.
        as_of : date
            The last day observed.
        unit : {"day", "week", "month", "quarter", "year"}, default "month"
            The period after which a contract is renewed. Months, quarters and years are
            those of the calendar.

        Raises
        ------
        DataError
            If a contract ends before it starts.

        Examples
        --------
        >>> import tenure as tn
        >>> contracts = {
        ...     "start": ["2024-01-31", "2024-02-01", "2024-03-15"],
        ...     "end": ["2024-02-29", None, None],
        ... }
        >>> tn.Renewals.from_contracts(contracts, as_of="2024-04-20")
        Renewals of 3 customers, seen for up to 2 months
             at risk  lost  retention  survival
        age
        1          3     1     0.6667    0.6667
        2          1     0     1.0000    0.6667
        """
        frame = Table.of(data)
        stayed, left, ends = ages_of_contracts(frame, start, end, as_of, unit)
        last_seen = np.where(left, stayed - 1, stayed)
        gone = np.where(left, stayed, np.inf)
        rows = (np.zeros(len(stayed)), last_seen, gone, ends, np.ones(len(stayed)))
        return cls._of(rows, None, unit, frame.family)

    @classmethod
    def _of(
        cls,
        rows: tables.Rows,
        labels: NDArray[Any] | None,
        unit: str | None,
        family: str,
        *,
        exact: bool = False,
    ) -> Self:
        """Return the rows, of which the last element may say where labels are."""
        entry, last_seen, gone, end, customers, *where = rows
        if labels is not None and where:
            labels = labels[where[0].astype(np.int64)]
        unit = None if unit is None else unit_named(unit)
        columns = (entry, last_seen, gone, end, customers)
        entry, last_seen, gone, end, customers = (np.array(c) for c in columns)
        return cls(entry, last_seen, gone, end, customers, labels, exact, unit, family)

    # -- what they say -----------------------------------------------------------------

    @property
    def _columns(self) -> dict[str, NDArray[np.float64]]:
        return {
            "entry": self.entry,
            "last_seen": self.last_seen,
            "gone": self.gone,
            "end": self.end,
            "customers": self.customers,
        }

    @property
    def n_customers(self) -> float:
        """How many customers there are."""
        return float(self.customers.sum())

    @property
    def longest(self) -> float:
        """The highest age at which somebody was seen to be there or to leave."""
        seen = np.where(np.isfinite(self.gone), self.gone, self.last_seen)
        return float(seen.max())

    def __len__(self) -> int:
        """Return the number of rows, each of which may stand for many customers."""
        return len(self.customers)

    def until(self, age: float) -> Renewals:
        """Return what was known when nobody had been seen beyond an age.

        Fit to that, and hold what the model expects against what came.

        Parameters
        ----------
        age : float
            The age; for whole periods a whole number.
        """
        if not age > 0 or (not self.exact and age != round(age)):
            what = "greater than 0" if self.exact else "a whole number of at least 1"
            raise ParameterError.of(name="age", expected=f"be {what}", found=repr(age))
        known = self.entry < age
        unseen = self.gone > age
        seen = self._rows(known)
        unseen = unseen[known]
        last_seen = np.where(unseen, np.minimum(seen.last_seen, age), seen.last_seen)
        return replace(
            seen,
            last_seen=last_seen,
            gone=np.where(unseen, np.inf, seen.gone),
            end=np.minimum(seen.end, age),
        )

    def of_cohort(self, cohort: object) -> Renewals:
        """Return the customers of one cohort."""
        there = (
            np.zeros(len(self), bool) if self.cohort is None else self.cohort == cohort
        )
        if not there.any():
            raise ParameterError.of(
                name="cohort",
                expected="be one of those in the data",
                found=repr(cohort),
            )
        return self._rows(there)

    def _rows(self, where: NDArray[np.bool_]) -> Renewals:
        columns: dict[str, Any] = {n: v[where] for n, v in self._columns.items()}
        cohort = None if self.cohort is None else self.cohort[where]
        return replace(self, **columns, cohort=cohort)

    def to_frame(self) -> Any:
        """Return what was seen at each age, over all customers, as a table.

        Returns
        -------
        frame
            One row an age: how many were `at_risk` of leaving in the period that ends
            with it, how many were `lost`, the share that stayed (`retention`), and
            their product so far (`survival`; Kaplan and Meier 1958), which makes use of
            every cohort for as long as it was in view. Exact ages are counted by the
            period that they fall into.
        """
        return native_frame(self._table(), family=self.family, index="age")

    def _table(self) -> dict[str, NDArray[np.float64]]:
        return tables.life_table(self.entry, self.last_seen, self.gone, self.customers)

    # -- display -----------------------------------------------------------------------

    @override
    def __repr__(self) -> str:
        header, rows, more = shown(self._table())
        first, *others = text_table(header, [["age", *[""] * 4], *rows]).splitlines()
        return "\n".join([headline(self), first, *others, *([more] if more else [])])

    def _repr_html_(self) -> str:
        header, rows, more = shown(self._table())
        return html_report(headline(self), ["age", *header[1:]], rows, more)
