"""What a log of orders says of the time between them: methods of `Transactions`."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, cast

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from tenure._typing import Date
    from tenure._units import Horizon
    from tenure.retention import ChurnWindow, RepurchaseLadder
    from tenure.transactions import Transactions

__all__ = ["Waits"]


class Waits:
    """The part of `Transactions` that looks at how long customers take to buy again."""

    @property
    def _whole_log(self) -> Transactions:
        return cast("Transactions", self)

    def find_churn_window(
        self,
        probability: float = 0.1,
        *,
        horizon: Horizon = "90 days",
        orders: int | Sequence[int] | None = None,
        as_of: Date | None = None,
        level: float = 0.95,
    ) -> ChurnWindow:
        """Return the gap beyond which a return is less likely than a probability.

        Parameters
        ----------
        probability : float, default 0.1
            A customer is given up when the chance that they buy within `horizon` from
            now has fallen below this, for good.
        horizon : float, str or timedelta, default "90 days"
            Within which time a return counts; numbers are days.
        orders : int or sequence of int, optional
            Only the time after these orders of a customer's, from 1 for the first; all
            by default.
        as_of : date, optional
            The last day observed, as for `summary`.
        level : float, default 0.95
            Confidence level of the interval.

        Returns
        -------
        ChurnWindow

        Examples
        --------
        >>> import tenure as tn
        >>> log = tn.Transactions(tn.datasets.load_cdnow(family="numpy"))
        >>> window = log.find_churn_window(0.1)
        >>> window.days, window.lower, window.upper
        (205.0, 172.0, 252.0)
        >>> window.return_probability[[0, 100, 205]].round(3)
        array([0.497, 0.185, 0.099])
        """
        from tenure.retention.churn_window import find_churn_window  # noqa: PLC0415

        return find_churn_window(
            self._whole_log,
            probability,
            horizon=horizon,
            orders=orders,
            as_of=as_of,
            level=level,
        )

    def repurchase(
        self,
        *,
        horizon: Horizon = "90 days",
        orders: int = 10,
        by: str | None = None,
        as_of: Date | None = None,
        level: float = 0.95,
    ) -> RepurchaseLadder:
        """Return the ladder of orders: who comes for the next one, and when.

        Customers who have not bought again by the end of observation count with the
        time that they have had, and no more (Kaplan and Meier 1958), so that recent
        customers do not look as if they had left.

        Parameters
        ----------
        horizon : float, str or timedelta, default "90 days"
            Within which time the next order counts; numbers are days.
        orders : int, default 10
            The last step that is looked at: from this order to the next.
        by : str, optional
            An attribute of the log, whose values get a ladder each; or "product": the
            time to the next order of the same product, for each product.
        as_of : date, optional
            The last day observed, as for `summary`.
        level : float, default 0.95
            Confidence level of the intervals.

        Returns
        -------
        RepurchaseLadder

        Examples
        --------
        >>> import tenure as tn
        >>> log = tn.Transactions(tn.datasets.load_cdnow(family="numpy"))
        >>> log.repurchase(orders=3)
        RepurchaseLadder: the next order within 90 days
        order   customers  return  95 % interval  median days  95 % interval
        1 to 2      2,357  29.1 %   [27.4, 31.0]          inf     [472, inf]
        2 to 3      1,139  43.0 %   [40.1, 45.9]          139     [117, 164]
        3 to 4        736  52.2 %   [48.6, 55.9]           81       [66, 97]
        """
        from tenure.retention.repurchase import repurchase  # noqa: PLC0415

        return repurchase(
            self._whole_log,
            horizon=horizon,
            orders=orders,
            by=by,
            as_of=as_of,
            level=level,
        )

    def times_between_orders(
        self,
        *,
        horizons: Horizon | Sequence[Horizon] = ("30 days", "90 days", "365 days"),
        orders: int = 10,
        by: str | None = None,
        categories: Mapping[Any, Any] | None = None,
        as_of: Date | None = None,
        level: float = 0.95,
    ) -> Any:
        """Return how long customers take to their next order, by order number.

        Waits that are not over at the end of observation count as long as they have
        lasted (Kaplan and Meier 1958): the mean of those that are over would be too
        short. See `repurchase` for the ladder, and `find_churn_window` for all waits.

        Parameters
        ----------
        horizons : length of time or sequence of them
            Within which times the chance of the next order is given; numbers are days.
        orders : int, default 10
            The last order whose waits are looked at.
        by : str, optional
            An attribute of the log, or "product" for the time to the next order of the
            same product.
        categories : mapping, optional
            The category of each product, for the time to the next order of the same
            category; products without one are left out.
        as_of : date, optional
            The last day observed, as for `summary`.
        level : float, default 0.95
            Confidence level of the intervals.

        Returns
        -------
        frame
            One row an order number (and group): the attribute,
            `product` or `category`, if any; `order`, that was placed; `customers` who
            placed it; how many of them have `returned` and are `waiting`; the days by
            which a quarter, half and three quarters have returned (`first_quarter`,
            `median` with `median_low` and `median_high`, `third_quarter`; infinite
            where so many do not return as long as anybody is seen); and for each
            horizon of d days `within_d` with `within_d_low` and `within_d_high`, NaN
            where it is longer than anybody was observed.

        References
        ----------
        Brookmeyer, R., Crowley, J. (1982). A confidence interval for the median
        survival time. Biometrics 38, 29-41.

        Examples
        --------
        >>> import tenure as tn
        >>> log = tn.Transactions(tn.datasets.load_cdnow(family="numpy"))
        >>> found = log.times_between_orders(horizons="90 days", orders=3)
        >>> found["customers"], found["median"], found["within_90"].round(3)
        (array([2357, 1139,  736]), array([ inf, 139.,  81.]),
         array([0.291, 0.43 , 0.522]))
        """
        from tenure.retention.between import times_between_orders  # noqa: PLC0415

        return times_between_orders(
            self._whole_log,
            horizons=horizons,
            orders=orders,
            by=by,
            categories=categories,
            as_of=as_of,
            level=level,
        )
