"""Customers by when they began: the tables that are made of them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Literal, get_args

import numpy as np

from tenure import _core
from tenure._intervals import check_level
from tenure._log_settings import LogSettings
from tenure._report import counted
from tenure._time import civil_microseconds
from tenure._typing import override
from tenure.cohorts._grid import Grid, Incomplete
from tenure.cohorts._layout import bracket_names, layout_of, table_columns
from tenure.cohorts._measures import measured
from tenure.cohorts._members import Members, Robust
from tenure.cohorts._rows import EventRows
from tenure.cohorts._settings import DAY, Settings
from tenure.cohorts._source import Source
from tenure.cohorts.retention import Denominator, Retention, Rule
from tenure.cohorts.values import CohortValues, Per, What
from tenure.exceptions import ParameterError

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from numpy.typing import ArrayLike

    from tenure._calendar import Every, Weekday
    from tenure._core_types import CohortCounts, LayoutColumns
    from tenure._typing import Date, DuplicateRule, Merge, RefundRule
    from tenure.cohorts._layout import TableColumns
    from tenure.cohorts._members import Interval, Statistic
    from tenure.transactions import Transactions

__all__ = ["Cohorts"]


class Cohorts:
    """The customers of a log by when they began, and their returns by age.

    Parameters
    ----------
    log : Transactions
        The purchases (or other events) that can be returns.
    every : str
        The periods of the calendar that customers are grouped by: "day", "week",
        "month", "quarter", "year", or those of a 52-week year of quarters of "4-4-5",
        "4-5-4" or "5-4-4" weeks.
    births : Transactions, optional
        Events with which customers begin, such as signups: with the first of them. A
        customer without any is in no cohort; one without any purchase is. By default
        customers begin with their first purchase.
    signup : str or array, optional
        When customers begin: an attribute of the log, or one time a customer of it.
    by : str or array, optional
        Divides cohorts further: an attribute of the log, or one value a customer of it.
    ages : str, optional
        Periods of the calendar that ages count, where they are not those of `every`.
    elapsed : str, optional
        Let ages count whole lengths of time since each customer's own beginning
        instead: "30 days", "week", "1 month". Months run to the same day of a later
        month, or the last day of a short one.
    as_of : date, optional
        The last day observed, that whole day included; by default that of the last
        event.
    week_start : str, default "monday"
        The first day of weeks and of 52-week years.
    year_start : int, default 1
        The month with which quarters and years begin. A 52-week year begins on the
        `week_start` nearest to its first day; a 53rd week is in the last period.
    burn_in : int, default 0
        The first so many cohorts have customers who only look new, since the log begins
        with them: they are flagged, and left out of averages and tests.

    Notes
    -----
    A cell is complete when the cohort's period is over and the age has been observed to
    its end of every customer in it; in progress when it has been observed of some of
    them or in part; and future otherwise. With ages of the calendar, somebody who
    begins on 31 January and returns on 1 February is one month old; with elapsed ages
    of a month that is on 29 February.

    Days are those of the log's time zone: `Transactions(tz=...)`. A period of refunds
    alone is no purchase, and so no return.

    Examples
    --------
    >>> import tenure as tn
    >>> log = tn.Transactions(tn.datasets.load_cdnow(family="numpy"), amount="amount")
    >>> cohorts = log.cohorts("month", as_of="1998-06-30")
    >>> cohorts
    Cohorts of 2,357 customers by month, 1997-01-01 to 1998-06-30
    >>> cohorts.retention().customers[0, :4]
    array([781., 124.,  95.,  70.])
    """

    def __init__(
        self,
        log: Transactions,
        every: Every = "month",
        *,
        births: Transactions | None = None,
        signup: str | ArrayLike | None = None,
        by: str | ArrayLike | None = None,
        ages: Every | None = None,
        elapsed: str | None = None,
        as_of: Date | None = None,
        week_start: Weekday = "monday",
        year_start: int = 1,
        burn_in: int = 0,
    ) -> None:
        self._settings = Settings.of(
            every, ages, elapsed, week_start, year_start, burn_in
        )
        self._settings.check_grain(log._log.history["grain"])  # noqa: SLF001
        self._rows = None
        self._source = Source(lambda: log, births, signup, by, as_of)
        self._check_beginning()

    @classmethod
    def from_events(
        cls,
        data: object,
        every: Every = "month",
        *,
        customer: str = "customer_id",
        time: str = "date",
        amount: str | None = None,
        signup: str | None = None,
        by: str | None = None,
        time_format: str | None = None,
        time_unit: str | None = None,
        tz: str | None = None,
        merge: Merge | None = "day",
        refunds: RefundRule = "net",
        duplicates: DuplicateRule = "keep",
        **settings: Any,
    ) -> Cohorts:
        """Return the cohorts of a frame of events.

        Parameters
        ----------
        data : frame
            One row an event, of any kind that `Transactions` reads.
        every : str
            As for `Cohorts`.
        customer, time, amount, time_format, time_unit, tz, merge, refunds, duplicates
            As for `Transactions`.
        signup : str, optional
            The column that says when the customer began: the earliest time that stands
            there. Rows without an event time are signups of who never came.
        by : str, optional
            A column that divides cohorts further.
        **settings
            As for `Cohorts`.

        Examples
        --------
        >>> import tenure as tn
        >>> visits = {
        ...     "customer_id": ["ann", "ann", "bob", "cat"],
        ...     "date": ["2024-01-09", "2024-02-03", "2024-02-20", None],
        ...     "signed_up": ["2024-01-05", "2024-01-05", "2024-01-30", "2024-01-31"],
        ... }
        >>> cohorts = tn.Cohorts.from_events(visits, signup="signed_up")
        >>> cohorts.retention().customers[0, :1]
        array([1.])
        """
        from tenure._frame import Table  # noqa: PLC0415
        from tenure.transactions import Transactions  # noqa: PLC0415

        table = Table.of(data)
        names: dict[str, Any] = {"customer": customer, "time": time, "amount": amount}
        clock: Any = {"time_format": time_format, "time_unit": time_unit, "tz": tz}
        rules: Any = {"merge": merge, "refunds": refunds, "duplicates": duplicates}
        attributes = () if by is None else (by,)

        def group() -> Transactions:
            return Transactions(
                table,
                **names,
                **clock,
                **rules,
                attributes=attributes,
                keep_rows=False,
            )

        if signup is not None:
            births = Transactions(
                table, customer=customer, time=signup, **clock, keep_rows=False
            )
            return cls(group(), every, births=births, by=by, **settings)
        if by is None and "births" not in settings:
            log = LogSettings(**names, **clock, **rules)
            rows = EventRows.of(table, log)
            if rows is not None:
                return cls._of_rows(rows, group, every, **settings)
        return cls(group(), every, by=by, **settings)

    @classmethod
    def _of_rows(
        cls,
        rows: EventRows,
        group: Callable[[], Transactions],
        every: str,
        *,
        ages: str | None = None,
        elapsed: str | None = None,
        as_of: Date | None = None,
        week_start: str = "monday",
        year_start: int = 1,
        burn_in: int = 0,
    ) -> Cohorts:
        """Return the cohorts of rows, which are grouped only if counts need it."""
        cohorts = object.__new__(cls)
        cohorts._settings = Settings.of(
            every, ages, elapsed, week_start, year_start, burn_in
        )
        cohorts._rows = rows
        cohorts._source = Source(group, None, None, None, as_of, rows.family)
        cohorts._check_beginning()
        return cohorts

    # -- tables --------------------------------------------------------------------

    def retention(
        self,
        rule: Rule = "bounded",
        *,
        incomplete: Incomplete = "mask",
        denominator: Denominator | None = None,
        brackets: Sequence[tuple[int, int]] | None = None,
        recurring: bool = False,
        max_age: int | None = None,
        level: float = 0.95,
    ) -> Retention:
        """Return how many customers of each cohort were retained at each age.

        Parameters
        ----------
        rule : str
            "bounded": an event at the age. "unbounded": at the age or later; low for
            late ages, since later returns are not known yet. "cumulative": a return at
            the age or before; the beginning is none, and neither is another event at
            age 0 unless customers begin with something else. "consecutive": an event at
            every age from 1 to it. "relative": an event at the age and at the one
            before.
        incomplete : {"mask", "eligible", "flag"}
            What cells in progress are: NaN; of those customers alone whose age is over,
            above and below the line; or as they stand, flagged by `status`.
        denominator : {"size", "eligible", "previous"}, optional
            The cohort; those of it whose age is over; or those with an event at the age
            before, which is the default for the "relative" rule. "previous" with
            "bounded" is the ratio of two ages' counts, which can be above 1.
        brackets : sequence of pairs, optional
            Ages that share a column, from the first of the pair to before the second.
        recurring : bool, default False
            Let customers enter a cohort with their first event in each period, not only
            in the first of all.
        max_age : int, optional
            The last age of the table.
        level : float, default 0.95
            Of the intervals.

        Returns
        -------
        Retention
        """
        if rule not in get_args(Rule):
            expected = f"be one of {', '.join(get_args(Rule))}"
            raise ParameterError.of(name="rule", expected=expected, found=repr(rule))
        if denominator is None:
            denominator = "previous" if rule == "relative" else "size"
        if denominator not in get_args(Denominator):
            expected = "be 'size', 'eligible' or 'previous'"
            raise ParameterError.of(
                name="denominator", expected=expected, found=repr(denominator)
            )
        columns = table_columns(max_age, brackets)
        counts, layout = self._count(
            columns, rule, incomplete, recurring=recurring, level=level
        )
        grid = self._grid(counts, layout)
        return Retention.of(
            grid,
            counts["retained"],
            counts["previous"],
            rule=rule,
            denominator=denominator,
            incomplete=incomplete,
            level=level,
        )

    def values(
        self,
        what: What = "revenue",
        *,
        per: Per = "cohort",
        cumulative: bool = False,
        margin: float | ArrayLike | None = None,
        incomplete: Incomplete = "mask",
        brackets: Sequence[tuple[int, int]] | None = None,
        max_age: int | None = None,
        level: float = 0.95,
        statistic: Statistic = "mean",
        interval: Interval = "delta",
        trim: float = 0.01,
        draws: int = 2000,
        seed: int = 0,
    ) -> CohortValues:
        """Return what the customers of each cohort were worth at each age.

        Parameters
        ----------
        what : {"revenue", "margin", "orders", "refunds"}
            Revenue is net of refunds, those of another day in the period in which they
            were made; "refunds" are these alone.
        per : {"cohort", "acquired", "active", "order"}
            The sum, or that per customer of the cohort, per customer with an event at
            the age, or per order.
        cumulative : bool, default False
            Whether to add up the ages before.
        margin : float or array, optional
            The share of revenue that is margin, or the margin of each purchase of the
            log, refunds taken off.
        incomplete, brackets, max_age, level
            As for `retention`.
        statistic : {"mean", "winsorised", "median"}
            Of the members' values. A few large spenders decide a mean: "winsorised"
            takes the share `trim` of members at either end of a cell for no more (or
            less) than the next one inside, and "median" is what half of the customers
            acquired or active are worth at most.
        interval : {"delta", "bootstrap"}
            "delta": the normal interval of how much members differ, winsorised with
            what capping leaves out (Dixon and Tukey 1968); of medians the interval of
            ranks. "bootstrap": percentiles over members drawn anew with replacement, a
            customer with all ages; for sums of few or of very unequal customers.
        trim : float, default 0.01
            For "winsorised".
        draws, seed : int
            Of the bootstrap.

        Returns
        -------
        CohortValues

        References
        ----------
        Dixon, W. J., Tukey, J. W. (1968). Approximate behavior of the distribution of
        winsorized t. Technometrics 10(1), 83-98.
        Efron, B., Tibshirani, R. J. (1993). An Introduction to the Bootstrap. Chapman &
        Hall.
        """
        robust = Robust.of(statistic, interval, trim, draws, seed)
        self._rows = None
        columns = table_columns(max_age, brackets)
        counts, layout = self._count(
            columns, "bounded", incomplete, recurring=False, level=level
        )
        grid = self._grid(counts, layout)
        lives = self._source.lives
        values, refunds = measured(lives.history, what, margin)
        measure = lives.measure(values, refunds=refunds)
        eligible = incomplete == "eligible"
        return CohortValues.of(
            grid,
            counts,
            _core.cohort_values(lives.columns, layout, measure, eligible),
            what=what,
            per=per,
            cumulative=cumulative,
            incomplete=incomplete,
            level=level,
            robust=robust,
            members=Members(lives, layout, measure, eligible),
        )

    def lifetime_value(
        self, what: Literal["revenue", "margin"] = "revenue", **settings: Any
    ) -> CohortValues:
        """Return what each acquired customer has been worth up to each age.

        Parameters
        ----------
        what : {"revenue", "margin"}
        **settings
            As for `values`.

        Returns
        -------
        CohortValues
            Cumulative values per acquired customer: the curve of lifetime value.
        """
        return self.values(what, per="acquired", cumulative=True, **settings)

    def plot(self, **kwargs: Any) -> Any:
        """Draw the triangle of retention; returns the axes."""
        return self.retention().plot(**kwargs)

    # -- how they are made ---------------------------------------------------------

    @property
    def family(self) -> str:
        """The kind of frame that results come back as."""
        return self._source.family

    def _days(self) -> tuple[int, int]:
        """Return the days of the first and the last possible birth."""
        if self._rows is not None:
            return self._rows.days
        return self._source.lives.first, self._source.lives.last

    def _end(self) -> int:
        """Return the first instant that was not observed any more."""
        rows = self._rows
        if rows is None:
            return self._source.end()
        as_of = self._source.as_of
        if as_of is None:
            return (rows.last // DAY + 1) * DAY
        at, whole_day = civil_microseconds(as_of, name="as_of", zone=rows.zone)
        if rows.rules[0] == "hour" and not whole_day:
            return at + 1
        return (at // DAY + 1) * DAY

    def _check_beginning(self) -> None:
        first = self._days()[0]
        if first * DAY >= self._end():
            raise ParameterError.of(
                name="as_of",
                expected="not come before the first customer, who begins on "
                f"{np.datetime64(first, 'D')}",
                found=repr(self._source.as_of),
            )

    def _count(
        self,
        columns: TableColumns,
        rule: str,
        incomplete: str,
        *,
        recurring: bool,
        level: float,
    ) -> tuple[CohortCounts, LayoutColumns]:
        """Count straight from the rows where that can be, else from the log."""
        check_level(level, name="level")
        eligible = incomplete == "eligible"
        layout = self._layout(columns, recurring=recurring)
        if self._rows is not None:
            found = self._rows.count(layout, rule, eligible_only=eligible)
            if found is not None:
                return found, layout
            self._rows = None
            layout = self._layout(columns, recurring=recurring)
        lives = self._source.lives.columns
        return _core.cohort_counts(lives, layout, rule, eligible), layout

    def _layout(self, columns: TableColumns, *, recurring: bool) -> LayoutColumns:
        segments = None if self._rows is not None else self._source.lives.segments
        return layout_of(
            self._settings,
            columns,
            first=self._days()[0],
            end=self._end(),
            segments=1 if segments is None else len(segments.labels),
            recurring=recurring,
        )

    def _grid(self, counts: CohortCounts, layout: LayoutColumns) -> Grid:
        brackets = bracket_names(layout)
        return Grid.of(
            counts,
            layout["cohorts"],
            layout["end"],
            ages=np.array(brackets, dtype=object) if brackets else None,
            segments=None if self._rows is not None else self._source.lives.segments,
            burn_in=self._settings.burn_in,
            unit=self._settings.unit,
            family=self._source.family,
            recurring=layout["recurring"],
        )

    @override
    def __repr__(self) -> str:
        lives, settings = self._source.lives, self._settings
        first = np.datetime64(lives.first, "D")
        last = np.datetime64((self._end() - 1) // DAY, "D")
        every = settings.cohorts.every
        members = counted(len(lives.history["offsets"]) - 1, "customer")
        ages = "" if settings.unit == every else f", ages in {settings.unit}"
        return f"Cohorts of {members} by {every}{ages}, {first} to {last}"
