"""What a log of orders says of who comes back: methods of `Transactions`."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from tenure._waits import Waits

if TYPE_CHECKING:
    from collections.abc import Mapping

    from tenure._calendar import Every, Weekday
    from tenure._typing import Date, Dates
    from tenure._units import Horizon
    from tenure.retention import (
        Engagement,
        GrowthAccounting,
        Lifecycle,
    )
    from tenure.retention.revenue import RetentionMethod

__all__ = ["Retention"]


class Retention(Waits):
    """The part of `Transactions` that looks at who comes back."""

    def growth(
        self,
        every: Every = "month",
        *,
        window: int = 1,
        inactive_after: int = 1,
        week_start: Weekday = "monday",
        year_start: int = 1,
        as_of: Date | None = None,
    ) -> GrowthAccounting:
        """Return growth accounting: who came, stayed, came back and left.

        Parameters
        ----------
        every : str
            How long a period is: "day", "week", "month", "quarter", "year", or those of
            a 52-week year of quarters of "4-4-5", "4-5-4" or "5-4-4" weeks.
        window : int, default 1
            How many periods are looked at together: ``every="day", window=28``
            compares, at the end of each day, the last 28 days with the 28 before,
            which no weekday disturbs.
        inactive_after : int, default 1
            After how many windows without a purchase a customer counts as churned.
            Shorter than customers usually take from one order to the next, churn is
            noise: see `find_churn_window`. With more than 1, revenue too is that of
            so many windows together.
        week_start : str, default "monday"
            The day that weeks begin with, and 52-week years.
        year_start : int, default 1
            The month that quarters and years begin with, as for `Cohorts`.
        as_of : date, optional
            The last day observed, as for `summary`.

        Returns
        -------
        GrowthAccounting

        Examples
        --------
        >>> import tenure as tn
        >>> orders = tn.datasets.load_cdnow(family="numpy")
        >>> log = tn.Transactions(orders, amount="amount")
        >>> growth = log.growth("quarter")
        >>> growth
        GrowthAccounting of 6 quarters, churned after 1 quarter without a purchase
                    active    new  retained  resurrected  churned  churn rate
        1997-01-01   2,357  2,357         0            0        0
        1997-04-01     524      0       524            0    1,833      77.8 %
        1997-07-01     418      0       214          204      310      59.2 %
        1997-10-01     404      0       203          201      215      51.4 %
        1998-01-01     384      0       196          188      208      51.5 %
        1998-04-01     300      0       169          131      215      56.0 %
        >>> growth.revenue_retention()["net_retention"].round(2)
        array([ nan, 0.3 , 0.49, 0.63, 0.57, 0.47])
        """
        from tenure.retention.growth import growth  # noqa: PLC0415

        return growth(
            self._whole_log,
            every,
            window=window,
            inactive_after=inactive_after,
            week_start=week_start,
            year_start=year_start,
            as_of=as_of,
        )

    def revenue_retention(
        self,
        every: Every = "month",
        *,
        span: int = 12,
        window: int = 1,
        method: RetentionMethod = "customers",
        reactivation: bool = True,
        week_start: Weekday = "monday",
        year_start: int = 1,
        as_of: Date | None = None,
        level: float = 0.95,
    ) -> Any:
        """Return net and gross revenue retention (NRR and GRR) for each period.

        Net: what the customers of a start pay some time later, over what they paid at
        the start. Gross: the same, where nobody counts with more than at the start, so
        that it is at most 1.

        Parameters
        ----------
        every : str
            How long a period is: "day", "week", "month", "quarter", "year", or those of
            a 52-week year of quarters of "4-4-5", "4-5-4" or "5-4-4" weeks.
        span : int, default 12
            How many periods lie between start and end.
        window : int, default 1
            How many periods' revenue is compared: 12 months for the trailing year.
        method : {"customers", "movements"}
            "customers": those who paid at the start, followed to the end. "movements":
            the revenue at the start and all movements since, as finance adds them up;
            see `GrowthAccounting.revenue_retention`. Its span is made of whole windows.
        reactivation : bool, default True
            Whether those who left within the span and came back count with what they
            pay at its end, or as lost.
        week_start : str, default "monday"
            The day that weeks begin with, and 52-week years.
        year_start : int, default 1
            The month that quarters and years begin with, as for `Cohorts`.
        as_of : date, optional
            The last day observed, as for `summary`.
        level : float, default 0.95
            Confidence level of the intervals.

        Returns
        -------
        frame
            One row a complete period whose start lies in the log: `period` (its first
            day), `start` (that of the period compared with), `start_revenue`,
            `net_retention` and `gross_retention`; by customers also `end_revenue`, the
            ends of intervals (`net_low`, `net_high`, `gross_low`, `gross_high`: those
            of a ratio of means over customers, Cochran 1977, section 6.3), `customers`
            at the start, and the share of them who pay at the end
            (`customer_retention`, with Wilson's interval).

        Raises
        ------
        ParameterError
            If the log has no amounts.
        EmptyDataError
            If no complete period has a start in the log.

        Examples
        --------
        >>> import tenure as tn
        >>> orders = {
        ...     "customer_id": [1, 2, 3, 1, 2],
        ...     "date": ["2024-01-09"] * 3 + ["2024-02-09", "2024-02-29"],
        ...     "amount": [10.0, 20.0, 10.0, 25.0, 5.0],
        ... }
        >>> log = tn.Transactions(orders, amount="amount")
        >>> found = log.revenue_retention(span=1)
        >>> found["net_retention"], found["gross_retention"]
        (array([0.75]), array([0.375]))
        """
        from tenure.retention.revenue import revenue_retention  # noqa: PLC0415

        return revenue_retention(
            self._whole_log,
            every,
            span=span,
            window=window,
            method=method,
            reactivation=reactivation,
            week_start=week_start,
            year_start=year_start,
            as_of=as_of,
            level=level,
        )

    def engagement(
        self,
        *,
        windows: Mapping[str, int] | None = None,
        as_of: Date | None = None,
    ) -> Engagement:
        """Return daily, weekly and monthly active customers, and stickiness.

        Parameters
        ----------
        windows : mapping of str to int, optional
            Names and lengths in days of trailing windows; by default
            ``{"dau": 1, "wau": 7, "mau": 28}``: four whole weeks, so that no weekday
            disturbs.
        as_of : date, optional
            The last day observed, as for `summary`.

        Returns
        -------
        Engagement

        Examples
        --------
        >>> import tenure as tn
        >>> orders = {
        ...     "customer_id": [1, 1, 2],
        ...     "date": ["2024-01-01", "2024-01-03", "2024-01-03"],
        ... }
        >>> found = tn.Transactions(orders).engagement(windows={"dau": 1, "wau": 3})
        >>> found.actives["dau"], found.actives["wau"]
        (array([1, 0, 2]), array([1, 1, 2]))
        >>> found.stickiness("dau", "wau")["stickiness"]
        array([1.])
        """
        from tenure.retention.engagement import engagement  # noqa: PLC0415

        return engagement(self._whole_log, windows=windows, as_of=as_of)

    def active_days(
        self,
        days: int = 28,
        *,
        as_of: Date | Dates | None = None,
        level: float = 0.95,
    ) -> Any:
        """Return on how many of the last days customers bought: L7, L28, power curve.

        Parameters
        ----------
        days : int, default 28
            How many days are looked back at.
        as_of : date or sequence of dates, optional
            The last of these days, or several.
        level : float, default 0.95
            Confidence level of the intervals of shares (Wilson 1927).

        Returns
        -------
        frame
            One row for each number of days from 1 on (and date): `as_of`,
            `active_days`, `customers`, and their `share` of those with any, with
            `share_low` and `share_high`.

        Examples
        --------
        >>> import tenure as tn
        >>> orders = {
        ...     "customer_id": [1, 1, 2, 3],
        ...     "date": ["2024-01-01", "2024-01-03", "2024-01-03", "2023-12-01"],
        ... }
        >>> tn.Transactions(orders).active_days(7)["customers"]
        array([1, 1, 0, 0, 0, 0, 0])
        """
        from tenure.retention.engagement import active_days  # noqa: PLC0415

        return active_days(self._whole_log, days, as_of=as_of, level=level)

    def streaks(
        self,
        every: Every = "week",
        *,
        week_start: Weekday = "monday",
        year_start: int = 1,
        as_of: Date | None = None,
    ) -> Any:
        """Return the streaks of each customer: periods in a row with a purchase.

        Parameters
        ----------
        every : str
            How long a period is, as for `growth`.
        week_start : str, default "monday"
            The day that weeks begin with, and 52-week years.
        year_start : int, default 1
            The month that quarters and years begin with, as for `Cohorts`.
        as_of : date, optional
            The last day observed. A streak goes on that reaches the last complete
            period: in the one in progress a purchase may yet come.

        Returns
        -------
        frame
            One row a customer who had bought by then: `active_periods`, `streaks` (how
            many), `longest_streak` and `longest_from` (its first day),
            `current_streak` (0 if it is broken) and `last_active`.

        Examples
        --------
        >>> import tenure as tn
        >>> orders = {
        ...     "customer_id": [1] * 3,
        ...     "date": ["2024-01-01", "2024-01-09", "2024-01-24"],
        ... }
        >>> found = tn.Transactions(orders).streaks()
        >>> found["longest_streak"], found["current_streak"]
        (array([2]), array([1]))
        """
        from tenure.retention.engagement import streaks  # noqa: PLC0415

        return streaks(
            self._whole_log,
            every,
            week_start=week_start,
            year_start=year_start,
            as_of=as_of,
        )

    def lifecycle(
        self,
        every: Every = "week",
        *,
        at_risk_after: Horizon | None = None,
        dormant_after: Horizon | None = None,
        lost_after: Horizon | None = None,
        week_start: Weekday = "monday",
        year_start: int = 1,
        as_of: Date | None = None,
    ) -> Lifecycle:
        """Return the state of customers in each period, and their moves.

        In a period with a purchase a customer is "new" (their first ever),
        "resurrected" (they were dormant or lost) or "active"; in any other the state
        follows from the days since the last purchase at the end of the period:
        "active", "at risk", "dormant" or "lost".

        Parameters
        ----------
        every : str
            How long a period is, as for `growth`.
        at_risk_after, dormant_after, lost_after : float, str or timedelta, optional
            After more days than these since the last purchase customers are at risk,
            dormant or lost. Left out, they are found from the log by
            `find_churn_window`: lost is who returns within 90 days with a probability
            below 0.1, and the other two are where that probability has fallen a third
            and two thirds of the way, in its logarithm. They are found from all of the
            log up to `as_of`, and are the same in all periods.
        week_start : str, default "monday"
            The day that weeks begin with, and 52-week years.
        year_start : int, default 1
            The month that quarters and years begin with, as for `Cohorts`.
        as_of : date, optional
            The last day observed, as for `summary`.

        Returns
        -------
        Lifecycle

        Examples
        --------
        >>> import tenure as tn
        >>> log = tn.Transactions(tn.datasets.load_cdnow(family="numpy"))
        >>> states = log.lifecycle(
        ...     "month", at_risk_after=60, dormant_after=120, lost_after=240
        ... )
        >>> states.to_frame()["customers"][-6:]
        array([   0,  186,   45,  170,  242, 1714])
        >>> states.matrix()["resurrected"].round(3)
        array([0.   , 0.   , 0.   , 0.   , 0.049, 0.021, 0.   ])
        """
        from tenure.retention.lifecycle import lifecycle  # noqa: PLC0415

        return lifecycle(
            self._whole_log,
            every,
            gaps=(at_risk_after, dormant_after, lost_after),
            week_start=week_start,
            year_start=year_start,
            as_of=as_of,
        )
