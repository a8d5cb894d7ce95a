"""From a table of spend and new customers to what one of them costs."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from tenure._calendar import Calendar
from tenure._intervals import check_level
from tenure._report import counted, inflected
from tenure.economics._acquired import Acquired
from tenure.economics._matched import Matched
from tenure.economics._spend import Spend
from tenure.economics.costs import AcquisitionCost, cost_of
from tenure.exceptions import ParameterError
from tenure.transactions import Transactions

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import ArrayLike

    from tenure._calendar import Every, Weekday
    from tenure._typing import Date

__all__ = ["acquisition_cost"]


def acquisition_cost(
    spend: object,
    customers: object,
    *,
    by: str | ArrayLike | None = None,
    every: Every = "month",
    lag: int = 0,
    period: str = "period",
    channel: str | None = "channel",
    amount: str = "amount",
    purpose: str | None = None,
    count: str = "customers",
    paid: Sequence[Any] | None = None,
    time_format: str | None = None,
    week_start: Weekday = "monday",
    year_start: int = 1,
    as_of: Date | None = None,
    level: float = 0.95,
) -> AcquisitionCost:
    """Return what new customers cost (CAC), from a table of spend.

    Parameters
    ----------
    spend : frame
        One row a period and channel, or finer; days within a period are added up.
    customers : Transactions or frame
        A log, whose customers are new with their first purchase, or a table of counts
        with columns called as `period`, `channel` and `count` say.
    by : str or array, optional
        For a log: the channel through which each customer came, an attribute of the
        log or one value a customer. By default the attribute called as `channel`, if
        there is one.
    every : str, default "month"
        The calendar periods of acquisition, as for `Transactions.cohorts`.
    lag : int, default 0
        How many periods after the spend its customers come: the length of the sales
        cycle. Periods without spend that is known are not counted.
    period, channel, amount : str
        The columns of the table of spend: a date in the period, where the money went
        (None: there is no such column; a missing value: to no channel of its own) and
        how much, which must not be negative.
    purpose : str, optional
        The column that says what it was for: "acquisition", "retention" or "overhead".
    count : str, default "customers"
        The column of counts.
    paid : sequence, optional
        The channels that are paid for; by default those with spend.
    time_format : str, optional
        How periods that are text are written, such as "%Y-%m"; ISO dates need none.
    week_start, year_start
        As for `Transactions.cohorts`.
    as_of : date, optional
        For a log: the last day observed. Periods that end later are in progress and
        not counted.
    level : float, default 0.95
        Confidence level of the intervals.

    Returns
    -------
    AcquisitionCost

    Raises
    ------
    ColumnError
        If a column is not there.
    DataError
        If an amount is negative or missing, or a period or count cannot be read.
    EmptyDataError
        If no period has both an end that was observed and spend that is known.

    Notes
    -----
    A customer's cost is spend over customers. The spend is known; the number of
    customers is taken as Poisson, with the score interval
    ``n + z^2 / 2 +- z sqrt(n + z^2 / 4)``, so that a cost's interval runs from spend
    over the upper end to spend over the lower one. Attribution is not incrementality:
    who came through a channel might have come without it.

    See Also
    --------
    payback : When the cost is earned back.
    allowable_cost : What a customer may cost.

    Examples
    --------
    >>> import tenure as tn
    >>> spend = {
    ...     "period": ["2024-01-01", "2024-01-01", "2024-02-01"],
    ...     "channel": ["search", "social", "search"],
    ...     "amount": [300.0, 100.0, 200.0],
    ... }
    >>> won = {
    ...     "period": ["2024-01-01", "2024-01-01", "2024-02-01"],
    ...     "channel": ["search", "friends", "search"],
    ...     "customers": [20, 10, 10],
    ... }
    >>> tn.economics.acquisition_cost(spend, won)
    A new customer cost 15.00 (600.00 for 40 customers of 2 months, 95 % interval ...)
                   spend  customers    CAC   95 % interval
    blended       600.00         40  15.00  [11.02, 20.42]
    new customer  600.00         40  15.00  [11.02, 20.42]
    paid          600.00         30  20.00  [14.01, 28.55]
    friends         0.00         10   0.00    [0.00, 0.00]
    search        500.00         30  16.67  [11.68, 23.79]
    social        100.00          0
    Note: social won no customers: there is no cost of one
    """
    check_level(level, name="level")
    if isinstance(lag, bool) or lag != int(lag) or lag < 0:
        expected = "be a whole number of periods, at least 0"
        raise ParameterError.of(name="lag", expected=expected, found=repr(lag))
    calendar = Calendar.of(every, week_start, year_start)
    spent = Spend.of(
        spend,
        period=period,
        channel=channel,
        amount=amount,
        purpose=purpose,
        time_format=time_format,
    )
    if isinstance(customers, Transactions):
        if by is None and channel in customers._log.attributes:  # noqa: SLF001
            by = channel
        acquired = Acquired.of_log(customers, by, as_of)
    else:
        _no_log(by, as_of)
        acquired = Acquired.of_counts(
            customers,
            period=period,
            channel=channel,
            customers=count,
            time_format=time_format,
        )
    cells = Matched.of(spent, acquired, calendar, int(lag))
    return _made(cells, paid, calendar, lag=int(lag), level=level, family=spent.family)


def _no_log(by: object, as_of: object) -> None:
    for name, given in (("by", by), ("as_of", as_of)):
        if given is not None:
            raise ParameterError.of(
                name=name,
                expected="be left out where customers are counts",
                found=repr(given),
            )


def _made(
    cells: Matched,
    paid: Sequence[Any] | None,
    calendar: Calendar,
    *,
    lag: int,
    level: float,
    family: str,
) -> AcquisitionCost:
    rows = cells.paid_rows(None if paid is None else tuple(paid))
    use = cells.counted
    won = float(cells.customers[:, use].sum())
    of_paid = None
    if cells.has_channels:
        of_paid = cost_of(
            float(cells.acquiring[rows][:, use].sum()),
            float(cells.customers[rows][:, use].sum()),
            level,
        )
    return AcquisitionCost(
        blended=cost_of(float(cells.spent[:, use].sum()), won, level),
        new_customer=cost_of(float(cells.acquiring[:, use].sum()), won, level),
        paid=of_paid,
        every=calendar.every,
        lag=lag,
        level=level,
        notes=tuple(_notes(cells, calendar.every)),
        family=family,
        _cells=cells,
        _paid=rows,
        _calendar=calendar,
    )


def _notes(cells: Matched, every: str) -> list[str]:
    notes: list[str] = []
    use = cells.counted
    empty = use & (cells.customers.sum(axis=0) == 0)
    if empty.any():
        days = cells.starts[:-1][empty].astype("datetime64[D]")
        what = counted(int(empty.sum()), every)
        notes.append(
            f"nobody was won in {what} (the first: {days[0]}): there is no cost of a "
            "customer, but the spend is in the totals"
        )
    if cells.has_channels:
        spent = cells.acquiring[:-1, use].sum(axis=1)
        won = cells.customers[:-1, use].sum(axis=1)
        notes += [
            f"{cells.channels[row]} won no customers: there is no cost of one"
            for row in np.flatnonzero((spent > 0) & (won == 0))
        ]
    for mask, why in (
        (cells.in_progress & cells.known, "not over at the end of observation"),
        (~cells.known, "outside the table of spend, allowing for the lag"),
    ):
        left = int(cells.customers[:, mask].sum())
        periods = int(mask.sum())
        if left or (mask & cells.in_progress).any():
            verb = "is" if periods == 1 else "are"
            notes.append(
                f"{counted(periods, every)} with {left:,} new "
                f"{inflected(left, 'customer')} {verb} {why}: left out"
            )
    return notes
