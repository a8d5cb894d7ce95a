"""Two groups before and after: differences in differences, and the study of events."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import numpy as np

from tenure._frame import Table, native_frame
from tenure._intervals import check_level
from tenure._report import counted, html_report, text_table
from tenure._typing import override
from tenure.campaigns._assignment import unique_customers
from tenure.campaigns._orders import Orders, day_of, whole_days
from tenure.campaigns._panel import Panel, regress
from tenure.campaigns.effect import CLAIMS, Effect, shown
from tenure.exceptions import EmptyDataError, ParameterError

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from numpy.typing import NDArray

    from tenure._typing import Date
    from tenure._units import Horizon

__all__ = ["DifferenceInDifferences", "difference_in_differences", "panel"]


@dataclass(frozen=True, eq=False, repr=False)
class DifferenceInDifferences:
    """By how much more one group changed than the other when a campaign began.

    Made by `difference_in_differences`.

    Attributes
    ----------
    effect : Effect
        The mean over all periods from the start on; `value` and `control_value` are the
        changes of the two groups.
    period : array
        The periods.
    since : int64 array
        The same counted from the start: 0 is the first with the campaign.
    difference, std_error, low, high : float64 array
        How much further apart the groups are than in the period before the start.
    pre_trend : float
        How likely the groups drift so far apart before the start if they move in
        parallel; NaN with fewer than two periods before.
    customers, clusters : int
        Rows of the panel, and customers, whose rows go together.
    level : float
        Confidence level of the intervals.
    family : str
        The kind of frame that results come back as.
    """

    effect: Effect
    period: NDArray[Any]
    since: NDArray[np.int64]
    difference: NDArray[np.float64]
    std_error: NDArray[np.float64]
    low: NDArray[np.float64]
    high: NDArray[np.float64]
    pre_trend: float
    rows: int
    clusters: int
    level: float
    family: str
    _means: dict[str, NDArray[np.float64]] = field(repr=False)

    @property
    def claim(self) -> str:
        """What the comparison can claim."""
        if self.pre_trend < 1 - self.level:
            return (
                "association: the groups did not move in parallel before the start "
                f"(p = {self.pre_trend:.2g})"
            )
        return CLAIMS["differences"]

    def to_frame(self) -> Any:
        """Return one row a period: the event study.

        Returns
        -------
        frame
            `period`, `since` the start, the means of both groups, and the difference
            beyond that of the period before the start, with its interval.
        """
        columns = {
            "period": self.period,
            "since": self.since,
            **self._means,
            "difference": self.difference,
            "std_error": self.std_error,
            "low": self.low,
            "high": self.high,
        }
        return native_frame(columns, family=self.family)

    def plot(self, *, ax: Axes | None = None) -> Axes:
        """Draw the event study; see `plotting.plot_event_study`."""
        from tenure.plotting.campaigns import plot_event_study  # noqa: PLC0415

        return plot_event_study(self, ax=ax)

    def _headline(self) -> str:
        found = self.effect
        trend = "not known, of one period before the start"
        if not np.isnan(self.pre_trend):
            trend = f"p = {self.pre_trend:.3f}"
        gain = (
            f"Treated: {found.difference:+,.4g} {found.metric} a customer and "
            f"period ({100 * self.level:g} % interval {found.low:+,.4g} to "
            f"{found.high:+,.4g})"
        )
        who = (
            f"{counted(self.clusters, 'customer')}, {found.customers:,} of them "
            f"treated, in {counted(len(self.period), 'period')}; parallel before: "
            f"{trend}"
        )
        return f"{self.claim}\n{gain}\n{who}"

    def _table(self) -> tuple[list[str], list[list[str]]]:
        rows = [
            [
                str(period),
                f"{since:+d}",
                shown(treated),
                shown(untreated),
                shown(difference),
                f"[{shown(low)}, {shown(high)}]" if error > 0 else "",
            ]
            for period, since, treated, untreated, difference, error, low, high in zip(
                self.period.tolist(),
                self.since.tolist(),
                *self._means.values(),
                self.difference,
                self.std_error,
                self.low,
                self.high,
                strict=True,
            )
        ]
        header = ["", "since", "treated", "untreated", "difference", "interval"]
        return header, rows

    @override
    def __repr__(self) -> str:
        return f"{self._headline()}\n{text_table(*self._table())}"

    def _repr_html_(self) -> str:
        return html_report(self._headline(), *self._table())


def difference_in_differences(
    panel: object,
    *,
    start: object = 0,
    customer: str = "customer_id",
    period: str = "period",
    outcome: str = "revenue",
    treated: str = "treated",
    level: float = 0.95,
) -> DifferenceInDifferences:
    """Return by how much more the treated changed than the others at the start.

    Parameters
    ----------
    panel : frame
        One row a customer and period, with 0 where nothing was bought; see `panel`.
    start : int or date
        The first period with the campaign, the same for all who are treated.
    customer, period, outcome, treated : str
        The columns. Periods are whole numbers or dates; `treated` says to which group
        the customer belongs, in every row.
    level : float
        Confidence level of the intervals.

    Returns
    -------
    DifferenceInDifferences

    Notes
    -----
    A regression with a constant for each customer and each period (two-way fixed
    effects), by statsmodels, with standard errors that let the rows of a customer go
    together (Bertrand, Duflo and Mullainathan 2004). The event study has a coefficient
    for each period but the one before the start; the test of parallel trends is that
    those before are all 0. With one start for all, the regression has none of the
    trouble of staggered ones (Goodman-Bacon 2021); treat several starts one by one.

    Examples
    --------
    >>> import tenure as tn
    >>> frame = {
    ...     "customer_id": [1, 1, 2, 2, 3, 3, 4, 4],
    ...     "period": [-1, 0] * 4,
    ...     "treated": [1, 1, 1, 1, 0, 0, 0, 0],
    ...     "revenue": [10, 14, 12, 18, 20, 21, 30, 31],
    ... }
    >>> found = tn.campaigns.difference_in_differences(frame)
    >>> round(found.effect.difference, 9)
    4.0
    """
    check_level(level, name="level")
    rows = Panel.of(Table.of(panel), (customer, period, outcome, treated), start)
    found = regress(rows, level)
    before, after = rows.since < 0, rows.since >= 0
    changes = [
        float(rows.outcome[after & side].mean() - rows.outcome[before & side].mean())
        for side in (rows.treated, ~rows.treated)
    ]
    heads = [
        len(np.unique(rows.customer[side])) for side in (rows.treated, ~rows.treated)
    ]
    mean, error, low, high, p = found.mean
    effect = Effect(
        *(outcome, "treated", "two-way", heads[0], heads[1], changes[0], changes[1]),
        *(mean, error, low, high),
        p_value=p,
    )
    means = {
        name: np.array(
            [rows.outcome[side & (rows.since == k)].mean() for k in found.since]
        )
        for name, side in (("treated", rows.treated), ("untreated", ~rows.treated))
    }
    return DifferenceInDifferences(
        effect=effect,
        period=rows.periods,
        since=found.since,
        difference=found.difference,
        std_error=found.error,
        low=found.low,
        high=found.high,
        pre_trend=found.pre_trend,
        rows=len(rows.outcome),
        clusters=sum(heads),
        level=level,
        family=rows.family,
        _means=means,
    )


def panel(
    orders: object,
    groups: object,
    *,
    start: Date,
    every: Horizon = "28 days",
    before: int = 6,
    after: int = 3,
    customer: str = "customer_id",
    treated: str = "treated",
    time: str = "date",
    amount: str | None = "amount",
    as_of: Date | None = None,
) -> Any:
    """Return one row a customer and period around a start, for differences.

    Parameters
    ----------
    orders : Transactions or frame
        The orders.
    groups : frame
        One row a customer, also of those who never bought, with their group.
    start : date
        The first day of the campaign, which begins period 0.
    every : float or str
        How long periods are.
    before, after : int
        How many periods there are before the start, and from it on.
    customer, treated : str
        The columns of `groups`.
    time, amount : str
        The columns of a frame of orders.
    as_of : date, optional
        The last day observed.

    Returns
    -------
    frame
        `customer_id`, `period` (0 begins at the start), `treated`, `orders` and
        `revenue`.

    Examples
    --------
    >>> import tenure as tn
    >>> orders = {
    ...     "customer_id": [1, 1],
    ...     "date": ["2024-03-01", "2024-04-02"],
    ...     "amount": [5.0, 7.0],
    ... }
    >>> groups = {"customer_id": [1, 2], "treated": [True, False]}
    >>> rows = tn.campaigns.panel(
    ...     orders, groups, start="2024-04-01", before=2, after=1, as_of="2024-05-31"
    ... )
    >>> rows["period"], rows["revenue"]
    (array([-2, -1,  0, -2, -1,  0]), array([5., 0., 7., 0., 0., 0.]))
    """
    for name, value in (("before", before), ("after", after)):
        if isinstance(value, bool) or value < 1:
            raise ParameterError.of(name, "be at least 1", found=repr(value))
    log = Orders.of(orders, customer=customer, time=time, amount=amount, as_of=as_of)
    table = Table.of(groups)
    who = unique_customers(table, customer, log)
    codes = table.codes(customer)
    names = codes.categories[codes.values]
    side = table.flags(treated)
    length, first = whole_days(every, "every"), day_of(start, "start")
    if first + after * length > log.until + 1:
        last = np.datetime64(log.until, "D")
        what = f"orders are observed until {last}, before the last period ends"
        raise EmptyDataError.of(what, hint="choose fewer periods by `after`")
    periods = np.arange(-before, after)
    count = len(periods)
    place, period = np.repeat(who, count), np.tile(periods, len(who))
    begin = first + period * length
    columns: dict[str, NDArray[Any]] = {
        "customer_id": np.repeat(names, count),
        "period": period,
        "treated": np.repeat(side, count),
        "orders": log.within(place, begin, begin + length),
    }
    if log.values is not None:
        columns["revenue"] = log.within(place, begin, begin + length, "revenue")
    return native_frame(columns, family=table.family)
