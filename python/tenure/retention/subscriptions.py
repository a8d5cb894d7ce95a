"""Subscriptions: who pays how much for which days, and what becomes of it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from tenure._calendar import Calendar
from tenure._frame import Categories, Table, native_frame
from tenure._report import counted, html_report
from tenure._time import civil_microseconds
from tenure._typing import override
from tenure.exceptions import EmptyDataError
from tenure.retention._rates import rescaled_rate
from tenure.retention.contracts import (
    Contracts,
    Interval,
    Overlap,
    read_contracts,
    read_snapshots,
)
from tenure.retention.growth import GrowthAccounting
from tenure.retention.periods import Periods, length_in_days
from tenure.retention.revenue import retention_frame
from tenure.rfm.intervals import wilson

if TYPE_CHECKING:
    from typing import Self

    from numpy.typing import NDArray

    from tenure._calendar import Every, Weekday
    from tenure._core_types import LedgerColumns
    from tenure._typing import Date
    from tenure._units import Horizon
    from tenure.retention.periods import Incomplete
    from tenure.retention.revenue import RetentionMethod

__all__ = ["Subscriptions"]


@dataclass(frozen=True, eq=False, repr=False)
class Subscriptions:
    """Contracts of customers who pay until they leave: recurring revenue and churn.

    Made by `from_contracts` or `from_snapshots`. A contract runs from its first day up
    to, and without, its end. What counts in a month is what runs on its last day: who
    leaves within a month has churned in it, and a contract that begins and ends within
    one shows in none. Contracts of a customer that follow each other, or lie no more
    than `grace` days apart, are one subscription; a longer gap is a pause, and what
    comes after it a return.

    Attributes
    ----------
    customer_id : array
        The customers, ascending.
    contracts : Contracts
        The contracts after the overlap rule, by customer and start.
    as_of : numpy.datetime64
        The last day observed; what begins later, and ends later, is not known yet.
    grace : float
        Days between two contracts up to which they are one subscription.
    family : str
        The kind of frame that results come back as.

    Examples
    --------
    >>> import tenure as tn
    >>> contracts = {
    ...     "customer_id": ["ann", "ann", "bob", "cat"],
    ...     "start": ["2024-01-01", "2024-03-10", "2024-01-15", "2024-02-01"],
    ...     "end": ["2024-03-10", None, "2024-02-20", None],
    ...     "amount": [10.0, 15.0, 20.0, 120.0],
    ...     "every": ["month", "month", "month", "year"],
    ... }
    >>> subscriptions = tn.Subscriptions.from_contracts(
    ...     contracts, interval="every", as_of="2024-04-30"
    ... )
    >>> subscriptions.status()["status"]
    array(['paying', 'left', 'paying'], dtype=object)
    >>> months = subscriptions.recurring_revenue()
    >>> months["revenue"], months["expansion"], months["churned_revenue"]
    (array([30., 20., 25., 25.]), array([0., 0., 5., 0.]), array([ 0., 20.,  0.,  0.]))
    """

    customer_id: NDArray[Any]
    contracts: Contracts
    as_of: np.datetime64
    grace: float
    family: str = "numpy"

    @classmethod
    def from_contracts(
        cls,
        data: object,
        *,
        as_of: Date,
        customer: str = "customer_id",
        start: str = "start",
        end: str = "end",
        amount: str = "amount",
        interval: Interval | str = "month",
        trial: str | None = None,
        overlap: Overlap = "raise",
        grace: Horizon = 0,
    ) -> Self:
        """Read contracts, one row each.

        Parameters
        ----------
        data : frame
            A table of any kind.
        as_of : date
            The last day observed, that whole day included.
        customer, start, end, amount : str
            The columns: who, the first day, the first day that is not covered any more
            (none for a contract that runs on), and what is paid an interval.
        interval : {"month", "day", "week", "quarter", "year"} or str, default "month"
            What the amount is paid for; or the name of a column that says so.
        trial : str, optional
            A column that says which contracts are trials; without it, those that cost
            nothing.
        overlap : {"raise", "sum", "replace"}
            What two contracts of a customer do on the same day. "raise": that is an
            error. "sum": both are paid, as add-ons are. "replace": the one that starts
            later ends the other, as a change of plan does; of two that start on the
            same day the later row counts.
        grace : float, str or timedelta, default 0
            How many days may lie between two contracts of one subscription.

        Raises
        ------
        DataError
            If a contract ends before it starts or has no start, if amounts are
            negative, or if contracts overlap and no rule says what that means.
        EmptyDataError
            If no contract has started by `as_of`.
        """
        table = Table.of(data)
        today = _day(as_of)
        customers, contracts = read_contracts(
            table,
            columns=(customer, start, end, amount),
            interval=interval,
            trial=trial,
            overlap=overlap,
            today=today,
        )
        days = length_in_days(grace, "grace", zero=True)
        return cls(customers, contracts, today, days, table.family)

    @classmethod
    def from_snapshots(
        cls,
        data: object,
        *,
        customer: str = "customer_id",
        month: str = "month",
        amount: str = "amount",
    ) -> Self:
        """Read what each customer paid in each month, one row each.

        Who has no row in a month, or pays 0 in it, does not subscribe then.

        Parameters
        ----------
        data : frame
            A table of any kind.
        customer, month, amount : str
            The columns: who, any day of the month, and the recurring revenue of it.

        Raises
        ------
        DataError
            If a customer has two rows in a month, or pays less than nothing.
        EmptyDataError
            If nobody pays anything.
        """
        table = Table.of(data)
        customers, contracts, last = read_snapshots(table, (customer, month, amount))
        return cls(customers, contracts, last, 0.0, table.family)

    # -- recurring revenue -----------------------------------------------------------

    def growth(
        self,
        every: Every = "month",
        *,
        inactive_after: int = 1,
        week_start: Weekday = "monday",
        year_start: int = 1,
    ) -> GrowthAccounting:
        """Return the movements of customers and of recurring revenue.

        What counts is the monthly recurring revenue of the contracts, trials aside,
        that run on the last day of each period.

        Parameters
        ----------
        every : str
            How long a period is: "day", "week", "month", "quarter", "year", or those of
            a 52-week year of quarters of "4-4-5", "4-5-4" or "5-4-4" weeks.
        inactive_after : int, default 1
            After how many periods without a contract a customer counts as churned; with
            more than 1 the revenue is that of so many periods together.
        week_start : str, default "monday"
            The day that weeks begin with, and 52-week years.
        year_start : int, default 1
            The month that quarters and years begin with, as for `Cohorts`.

        Returns
        -------
        GrowthAccounting
            Of subscriptions a return is what "resurrected" is.
        """
        ledger, periods = self._ledger(every, week_start, year_start)
        return GrowthAccounting.of(
            ledger, periods, inactive_after=inactive_after, family=self.family
        )

    def recurring_revenue(
        self,
        every: Every = "month",
        *,
        incomplete: Incomplete = "drop",
        level: float = 0.95,
        week_start: Weekday = "monday",
        year_start: int = 1,
    ) -> Any:
        """Return monthly recurring revenue (MRR) with its movements, period by period.

        Parameters
        ----------
        every : str
            How long a period is; revenue is a month's, whatever this is.
        incomplete, level
            As `GrowthAccounting.to_frame`, whose columns these are.
        week_start, year_start
            As for `growth`.
        """
        growth = self.growth(every, week_start=week_start, year_start=year_start)
        return growth.to_frame(incomplete=incomplete, level=level)

    def revenue_retention(
        self,
        every: Every = "month",
        *,
        span: int = 12,
        method: RetentionMethod = "customers",
        reactivation: bool = True,
        level: float = 0.95,
        week_start: Weekday = "monday",
        year_start: int = 1,
    ) -> Any:
        """Return net and gross retention of recurring revenue, and that of customers.

        See `Transactions.revenue_retention`, whose columns these are; the retention
        of logos is `customer_retention`.
        """
        ledger, periods = self._ledger(every, week_start, year_start)
        return retention_frame(
            ledger,
            periods,
            span=span,
            window=1,
            method=method,
            reactivation=reactivation,
            level=level,
            family=self.family,
        )

    def churn(
        self,
        every: Every = "month",
        *,
        per: Horizon = "1 year",
        level: float = 0.95,
        week_start: Weekday = "monday",
        year_start: int = 1,
    ) -> Any:
        """Return the churn of customers and of revenue, also rescaled to another time.

        Parameters
        ----------
        every : str
            How long a period is: "day", "week", "month", "quarter", "year", or those of
            a 52-week year of quarters of "4-4-5", "4-5-4" or "5-4-4" weeks.
        per : float, str or timedelta, default "1 year"
            The time that rates are rescaled to: ``1 - (1 - rate)^(per / days)`` with
            the days of each period (Gold 2020, Fighting Churn with Data, section 2.5).
        level : float, default 0.95
            Confidence level of the intervals (Wilson 1927).
        week_start, year_start
            As for `growth`.

        Returns
        -------
        frame
            One row a complete period with somebody at its start: `period`, `start`
            customers, `churned`, `churn_rate` with `churn_low` and `churn_high`,
            `rescaled_churn` with its ends, `revenue_churn` (what was lost to those who
            left, over the revenue at the start), `net_revenue_churn` (with contraction,
            less expansion) and `rescaled_revenue_churn`.
        """
        ledger, periods = self._ledger(every, week_start, year_start)
        growth = GrowthAccounting.of(ledger, periods, family=self.family)
        rows = np.flatnonzero(periods.complete & (growth.previous > 0))
        days = np.diff(periods.edges) / np.timedelta64(1, "D")
        length = length_in_days(per, "per")
        rate, low, high = wilson(growth.churned, growth.previous, level)
        before = growth.previous_revenue
        with np.errstate(divide="ignore", invalid="ignore"):
            lost = growth._money("churned_revenue") / before  # noqa: SLF001
        net = 1 - growth.revenue_retention()["net_retention"]
        columns: dict[str, NDArray[Any]] = {
            "period": periods.starts,
            "start": growth.previous,
            "churned": growth.churned,
            "churn_rate": rate,
            "churn_low": low,
            "churn_high": high,
            "rescaled_churn": rescaled_rate(rate, days, length),
            "rescaled_low": rescaled_rate(low, days, length),
            "rescaled_high": rescaled_rate(high, days, length),
            "revenue_churn": lost,
            "net_revenue_churn": net,
            "rescaled_revenue_churn": rescaled_rate(lost, days, length),
        }
        shown = {name: values[rows] for name, values in columns.items()}
        return native_frame(shown, family=self.family, index="period")

    # -- subscriptions one by one ----------------------------------------------------

    def durations(self) -> Any:
        """Return how long each subscription lasted: what survival curves are made from.

        Returns
        -------
        frame
            One row a subscription that was paid for: `customer_id`, `number` (1 for
            the customer's first, 2 for a return), `start`, `duration` in days, and
            `event` (whether it has ended by `as_of`).
        """
        spells = self.contracts.spells(self.grace)
        ended = spells.end <= self.as_of
        until = np.where(ended, spells.end, self.as_of + 1)
        columns: dict[str, NDArray[Any]] = {
            "customer_id": self.customer_id[spells.customer],
            "number": spells.number,
            "start": spells.start,
            "duration": (until - spells.start).astype(np.float64),
            "event": ended,
        }
        return native_frame(columns, family=self.family)

    def pauses(self) -> Any:
        """Return one row for each time that a customer stopped and came back.

        Returns
        -------
        frame
            `customer_id`, `stopped` (the first day without a contract), `returned`,
            `days` in between, and the monthly recurring revenue on the last day
            `before` and on the first day `after`.
        """
        spells = self.contracts.spells(self.grace)
        back = np.flatnonzero(spells.number > 1)
        columns: dict[str, NDArray[Any]] = {
            "customer_id": self.customer_id[spells.customer[back]],
            "stopped": spells.end[back - 1],
            "returned": spells.start[back],
            "days": (spells.start[back] - spells.end[back - 1]).astype(np.float64),
            "before": spells.last_revenue[back - 1],
            "after": spells.first_revenue[back],
        }
        return native_frame(columns, family=self.family)

    def trials(self, *, within: Horizon = "30 days", level: float = 0.95) -> Any:
        """Return how many trials became paid, by the month in which they started.

        Parameters
        ----------
        within : float, str or timedelta, default "30 days"
            After the end of the trial the first paid contract counts so long. Trials
            for which that time is not over yet are counted apart, also those that have
            become paid already: else only the quick ones among them would count.
        level : float, default 0.95
            Confidence level of the interval (Wilson 1927).

        Returns
        -------
        frame
            One row a month with a trial: `month`, `trials` (customers whose first
            trial began in it), `open` (that time is not over), `converted`, and the
            `conversion` among those that are not open, with `low` and `high`.
        """
        days = length_in_days(within, "within", zero=True)
        found = self.contracts.trials(days, self.as_of)
        if len(found.start) == 0:
            what = "there are no trials"
            raise EmptyDataError.of(
                what, hint="name the column that marks them: trial="
            )
        months, place = np.unique(
            found.start.astype("datetime64[M]"), return_inverse=True
        )
        count = len(months)
        undecided = np.bincount(place, found.undecided, count).astype(np.int64)
        converted = np.bincount(place, found.converted, count).astype(np.int64)
        trials = np.bincount(place, minlength=count)
        share, low, high = wilson(converted, trials - undecided, level)
        columns: dict[str, NDArray[Any]] = {
            "month": months.astype("datetime64[D]"),
            "trials": trials,
            "open": undecided,
            "converted": converted,
            "conversion": share,
            "low": low,
            "high": high,
        }
        return native_frame(columns, family=self.family, index="month")

    def status(self) -> Any:
        """Return what each customer is on the last day observed.

        Returns
        -------
        frame
            One row a customer: `customer_id`, `status` ("paying", "on trial", "left"
            or "never paid"), and the monthly recurring `revenue`.
        """
        columns: dict[str, NDArray[Any] | Categories] = {
            "customer_id": self.customer_id,
            "status": self._status(),
            "revenue": self.contracts.revenue_on(self.as_of, len(self.customer_id)),
        }
        return native_frame(columns, family=self.family, index="customer_id")

    def _status(self) -> Categories:
        names = ("paying", "on trial", "left", "never paid")
        own = self.contracts
        running = own.running(self.as_of)
        count = len(self.customer_id)

        def any_of(rows: NDArray[np.bool_]) -> NDArray[np.bool_]:
            return np.bincount(own.customer[rows], minlength=count) > 0

        paying, trying = any_of(running & own.paid), any_of(running & own.trial)
        paid = any_of(own.paid)
        return Categories(np.select([paying, trying, paid], [0, 1, 2], 3), names)

    def _ledger(
        self, every: Every, week_start: Weekday, year_start: int
    ) -> tuple[LedgerColumns, Periods]:
        """Return the revenue of each customer on the last day of each period."""
        first = self.contracts.start.min().astype("datetime64[us]")
        end = (self.as_of + 1).astype("datetime64[us]")
        calendar = Calendar.of(every, week_start, year_start)
        periods = Periods.between(first, end, calendar)
        count = len(self.customer_id)
        return self.contracts.ledger(periods.last_days, count), periods

    def _headline(self) -> str:
        running = self.contracts.running(self.as_of)
        worth = self.contracts.revenue[running].sum()
        return (
            f"Subscriptions: {counted(len(running), 'contract')} of "
            f"{counted(len(self.customer_id), 'customer')}, {int(running.sum()):,} "
            f"running on {self.as_of}, worth {worth:,.2f} a month"
        )

    @override
    def __repr__(self) -> str:
        return self._headline()

    def _repr_html_(self) -> str:
        return html_report(self._headline(), [], [])


def _day(date: Date) -> np.datetime64:
    micros = civil_microseconds(date, name="as_of")[0]
    return np.datetime64(micros, "us").astype("datetime64[D]")
