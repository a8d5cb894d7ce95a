"""Simple groups by money: heavy, medium and light; new, repeating and lapsed."""

from __future__ import annotations

from itertools import pairwise
from typing import TYPE_CHECKING, Any

import numpy as np

from tenure import _core
from tenure._frame import Categories, native_frame
from tenure.exceptions import ParameterError
from tenure.rfm.dimensions import DIMENSIONS
from tenure.rfm.history import days_of
from tenure.rfm.inputs import Query, frame_of, read
from tenure.rfm.intervals import sums
from tenure.rfm.orders import Reading

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from tenure._typing import Date
    from tenure._units import Horizon
    from tenure.transactions import Transactions

__all__ = ["heavy_medium_light", "new_repeating_lapsed"]

HML = ("Heavy", "Medium", "Light", "Zero")
NRL = ("Repeating", "New", "Lapsed")


def heavy_medium_light(
    data: object,
    *,
    as_of: Date | None = None,
    truncate: bool = False,
    customers: Any = None,
    window: Horizon | None = None,
    shares: tuple[float, float] = (0.5, 0.8),
) -> Any:
    """Return who is among the top 20 % by money, the next 30 %, and the rest.

    Customers are ranked among those whose money is above 0; the others are "Zero".
    Equal money is in the same group, the lower one.

    Parameters
    ----------
    data : Transactions or frame
        A log with amounts, or a table with columns `recency_days`, `frequency` and
        `monetary`; what the options mean is said by `RFM.fit` and `RFM`.
    as_of, truncate, customers, window
        As for `RFM.fit`, and the window of `RFM`.
    shares : (float, float), default (0.5, 0.8)
        The shares of paying customers below "Medium" and below "Heavy".

    Returns
    -------
    frame
        One row a customer: `monetary`, and `segment`: an ordered categorical.

    Examples
    --------
    >>> import tenure as tn
    >>> table = {
    ...     "monetary": [900.0, 80.0, 40.0, 30.0, 10.0, 9.0, 8.0, 0.0],
    ... }
    >>> tn.rfm.heavy_medium_light(table)["segment"]
    array(['Heavy', 'Heavy', 'Medium', 'Light', 'Light', 'Light', 'Light',
           'Zero'], dtype=object)
    """
    if not (len(shares) == 2 and 0 < shares[0] < shares[1] < 1):
        raise ParameterError.of(
            name="shares",
            expected="be two ascending shares between 0 and 1",
            found=repr(shares),
        )
    dimension = DIMENSIONS["monetary"]
    query = Query(as_of, truncate, customers)
    inputs = read(data, [dimension], Reading(window=window), query)
    money = np.ascontiguousarray(inputs.values["monetary"])
    paying = money > 0
    cuts = _core.rfm_cuts(np.ascontiguousarray(money[paying]), list(shares), "high")
    places = np.full(len(money), HML.index("Zero"))
    scores = _core.rfm_scores(money[paying], cuts, "low", "high")
    places[paying] = 3 - scores.astype(np.intp)
    columns = {"monetary": money, "segment": Categories(places, HML)}
    return frame_of(inputs, columns)


def new_repeating_lapsed(
    log: Transactions, start: Date, middle: Date, end: Date
) -> Any:
    """Return who bought in one period, in the next, or in both.

    Parameters
    ----------
    log : Transactions
        The log.
    start, middle, end : date
        The first period begins after `start` and ends with `middle`; the second begins
        after that and ends with `end`. Each day belongs to one period only.

    Returns
    -------
    frame
        One row for each customer who brought more than 0 in either period (who bought
        at all, in a log without amounts): `first_period` and `second_period`, what
        they brought (or how often they bought), and `segment`: "Repeating" in both,
        "New" in the second only, "Lapsed" in the first only.

    Examples
    --------
    >>> import tenure as tn
    >>> orders = {
    ...     "customer_id": ["ann", "ann", "bob", "eve"],
    ...     "date": ["2024-01-10", "2024-02-10", "2024-01-20", "2024-02-20"],
    ... }
    >>> log = tn.Transactions(orders)
    >>> tn.rfm.new_repeating_lapsed(log, "2023-12-31", "2024-01-31", "2024-02-20")[
    ...     "segment"
    ... ]
    array(['Repeating', 'Lapsed', 'New'], dtype=object)
    """
    days = days_of([start, middle, end], log, fewest=3)
    first, second = (_brought(log, begin, stop) for begin, stop in pairwise(days))
    there = (first > 0) | (second > 0)
    both = (first > 0) & (second > 0)
    places = np.where(both, NRL.index("Repeating"), NRL.index("Lapsed"))
    places[(second > 0) & ~both] = NRL.index("New")
    columns: dict[str, NDArray[Any] | Categories] = {
        "customer_id": log.customers[there],
        "first_period": first[there],
        "second_period": second[there],
        "segment": Categories(places[there], NRL),
    }
    return native_frame(columns, family=log.family, index="customer_id")


def _brought(
    log: Transactions, begin: np.datetime64, end: np.datetime64
) -> NDArray[np.float64]:
    """Return what each customer brought after one day and up to another."""
    times = log.times
    inside = (times >= begin + np.timedelta64(1, "D")) & (
        times < end + np.timedelta64(1, "D")
    )
    owners = np.repeat(np.arange(len(log.customers)), np.diff(log.offsets))
    values = np.ones(len(times)) if log.values is None else log.values
    return sums(values[inside], owners[inside], len(log.customers))
