"""Panels: one row a customer and period, made from a log of orders."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from tenure._frame import Table, native_frame
from tenure.campaigns._assignment import unique_customers
from tenure.campaigns._orders import Orders, day_of, whole_days
from tenure.exceptions import EmptyDataError, ParameterError

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from tenure._typing import Date
    from tenure._units import Horizon

__all__ = ["panel", "staggered_panel"]


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
    _check_observed(log, first + after * length, "after")
    periods = np.arange(-before, after)
    columns = _panel_columns(log, (names, who), periods, (first, length))
    columns["treated"] = np.repeat(side, len(periods))
    return native_frame(_in_order(columns, "treated"), family=table.family)


def staggered_panel(
    orders: object,
    customers: object,
    *,
    first: Date,
    periods: int,
    start: str = "start",
    every: Horizon = "28 days",
    customer: str = "customer_id",
    time: str = "date",
    amount: str | None = "amount",
    as_of: Date | None = None,
) -> Any:
    """Return one row a customer and period, for `staggered_differences`.

    Parameters
    ----------
    orders : Transactions or frame
        The orders.
    customers : frame
        One row a customer, also of those who never bought.
    first : date
        The first day of period 0.
    periods : int
        How many periods there are.
    start : str
        The column of `customers` with the day from which they are treated; missing for
        those who never are.
    every : float or str
        How long periods are.
    customer : str
        The column of `customers` with the customer.
    time, amount : str
        The columns of a frame of orders.
    as_of : date, optional
        The last day observed.

    Returns
    -------
    frame
        `customer_id`, `period`, `start` (the period that the customer's first day of
        treatment lies in, which may be before or after those there are; NaN without
        one), `orders` and `revenue`.

    Notes
    -----
    Period 0 of a customer is the one in which they start, however late in it. Where
    people start at a purchase, as in a loyalty programme, that period has a purchase
    for certain, which is no effect: read the later ones, or see `matched`.

    See Also
    --------
    panel : Around one start for all.

    Examples
    --------
    >>> import tenure as tn
    >>> orders = {
    ...     "customer_id": [1, 1],
    ...     "date": ["2024-03-01", "2024-04-02"],
    ...     "amount": [5.0, 7.0],
    ... }
    >>> customers = {"customer_id": [1, 2], "start": ["2024-04-01", None]}
    >>> rows = tn.campaigns.staggered_panel(
    ...     orders, customers, first="2024-03-01", periods=2, as_of="2024-05-31"
    ... )
    >>> rows["start"], rows["revenue"]
    (array([ 1.,  1., nan, nan]), array([5., 7., 0., 0.]))
    """
    if isinstance(periods, bool) or periods < 2:
        raise ParameterError.of(
            name="periods", expected="be at least 2", found=repr(periods)
        )
    log = Orders.of(orders, customer=customer, time=time, amount=amount, as_of=as_of)
    table = Table.of(customers)
    who = unique_customers(table, customer, log)
    codes = table.codes(customer)
    names = codes.categories[codes.values]
    times = table.instants(start)
    length, begin = whole_days(every, "every"), day_of(first, "first")
    _check_observed(log, begin + periods * length, "periods")
    days = times.values.astype("datetime64[us]").astype("datetime64[D]")
    own = np.floor((days.astype(np.int64) - begin) / length)
    if times.missing is not None:
        own[times.missing] = np.nan
    columns = _panel_columns(log, (names, who), np.arange(periods), (begin, length))
    columns["start"] = np.repeat(own, periods)
    return native_frame(_in_order(columns, "start"), family=table.family)


def _check_observed(log: Orders, end: int, name: str) -> None:
    """Pass if the log is observed up to the day before the end of the last period."""
    if end > log.until + 1:
        last = np.datetime64(log.until, "D")
        what = f"orders are observed until {last}, before the last period ends"
        raise EmptyDataError.of(what, hint=f"choose fewer periods by `{name}`")


def _panel_columns(
    log: Orders,
    customers: tuple[NDArray[Any], NDArray[np.int64]],
    periods: NDArray[np.int64],
    when: tuple[int, int],
) -> dict[str, NDArray[Any]]:
    """Return what each customer did in each period.

    Given are names and places of the customers, and the first day and the length of
    period 0.
    """
    (names, who), (first, length), count = customers, when, len(periods)
    place, period = np.repeat(who, count), np.tile(periods, len(who))
    begin = first + period * length
    columns: dict[str, NDArray[Any]] = {
        "customer_id": np.repeat(names, count),
        "period": period,
        "orders": log.within(place, begin, begin + length),
    }
    if log.values is not None:
        columns["revenue"] = log.within(place, begin, begin + length, "revenue")
    return columns


def _in_order(columns: dict[str, NDArray[Any]], group: str) -> dict[str, NDArray[Any]]:
    """Return the columns with that of the groups before the outcomes."""
    names = ["customer_id", "period", group]
    return {name: columns[name] for name in (*names, *columns)}
