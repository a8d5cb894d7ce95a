"""What customers bought in a window of days that begins at a date of their own."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from tenure.transactions import Transactions

__all__ = ["positions_of", "window_totals"]

# More days than there are between the years 1 and 9999: customers don't overlap.
_APART = 1 << 23


def positions_of(log: Transactions, ids: NDArray[np.object_]) -> NDArray[np.int64]:
    """Return where each id is among the customers of a log; -1 where it is not.

    Ids are compared as they are; integers and text never match each other.

    Examples
    --------
    >>> import tenure as tn
    >>> log = tn.Transactions({"customer_id": [3, 7], "date": ["2024-01-05"] * 2})
    >>> positions_of(log, np.array([7, 8, 3], dtype=object))
    array([ 1, -1,  0])
    """
    places = {customer: place for place, customer in enumerate(log.customers.tolist())}
    found = [places.get(one, -1) for one in ids.tolist()]
    return np.array(found, dtype=np.int64).reshape(len(ids))


def window_totals(
    log: Transactions,
    who: NDArray[np.int64],
    first_day: NDArray[np.int64],
    last_day: NDArray[np.int64],
) -> tuple[NDArray[np.int64], NDArray[np.float64]]:
    """Return the purchases of each window, and what they were worth.

    Parameters
    ----------
    log : Transactions
    who : int64 array
        The place of each window's customer; -1 for nobody in the log, who bought
        nothing.
    first_day, last_day : int64 array
        The first and the last day of each window, both included, from 1970-01-01 on.

    Returns
    -------
    (int64 array, float64 array)
        The value is after all refunds; 0 everywhere in a log without amounts.

    Examples
    --------
    >>> import tenure as tn
    >>> orders = {"customer_id": [3, 3], "date": ["1970-01-05", "1970-01-09"]}
    >>> log = tn.Transactions({**orders, "amount": [10.0, 4.0]}, amount="amount")
    >>> one = np.array([0])
    >>> window_totals(log, one, one + 5, one + 8)
    (array([1]), array([4.]))
    """
    days = log.times.astype("datetime64[D]").astype(np.int64)
    customer = np.repeat(np.arange(len(log.customers)), np.diff(log.offsets))
    keys = customer * _APART + days
    known = np.maximum(who, 0) * _APART
    begin = np.searchsorted(keys, known + first_day, side="left")
    end = np.maximum(np.searchsorted(keys, known + last_day, side="right"), begin)
    begin, end = (np.where(who < 0, 0, place) for place in (begin, end))
    value = np.zeros(len(who))
    if log.values is not None and len(log.values):
        # each window is added up by itself: differences of running sums lose cents
        reach = np.column_stack([begin, end]).ravel()
        padded = np.append(log.values, 0.0)
        value = np.where(end > begin, np.add.reduceat(padded, reach)[::2], 0.0)
    return end - begin, value
