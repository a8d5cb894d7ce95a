"""Segments month by month: their sizes, and the way of one customer through them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Literal, TypeAlias

import numpy as np

from tenure._frame import Categories, native_frame
from tenure._time import civil_microseconds
from tenure.exceptions import ParameterError
from tenure.rfm.intervals import sums, wilson
from tenure.transactions import Transactions

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from numpy.typing import NDArray

    from tenure._typing import Date
    from tenure.rfm.scores import Scores

__all__ = ["Every", "customer_history", "days_of", "period_ends", "segment_history"]

Every: TypeAlias = Literal["week", "month", "quarter", "year"]

_MONTHS = {"month": 1, "quarter": 3, "year": 12}


def check_log(log: object) -> Transactions:
    """Return a log of orders, or say that it is none."""
    if isinstance(log, Transactions):
        return log
    raise ParameterError.of(
        name="log",
        expected="be a log of orders, which can be read up to any date",
        found=type(log).__name__,
    )


def days_of(
    dates: Sequence[Date], log: Transactions, fewest: int = 2
) -> list[np.datetime64]:
    """Return dates as days, ascending; none may lie after the last event."""
    log = check_log(log)
    found = [
        np.datetime64(civil_microseconds(one, name="dates", zone=log.zone)[0], "us")
        for one in dates
    ]
    days = [one.astype("datetime64[D]") for one in found]
    if len(days) < fewest or days != sorted(set(days)):
        raise ParameterError.of(
            name="dates",
            expected=f"hold at least {fewest} different days in ascending order",
            found=repr([str(day) for day in days]),
        )
    if days[-1] > log.span[1]:
        raise ParameterError.of(
            name="dates",
            expected=f"not lie after the last event, on {log.span[1]}",
            found=str(days[-1]),
        )
    return days


def period_ends(log: Transactions, every: Every) -> list[np.datetime64]:
    """Return the last days of the calendar periods that the log has whole.

    Weeks end on Sunday.

    Examples
    --------
    >>> import tenure as tn
    >>> orders = {"customer_id": [1, 1], "date": ["2024-01-10", "2024-03-31"]}
    >>> [str(day) for day in period_ends(tn.Transactions(orders), "month")]
    ['2024-01-31', '2024-02-29', '2024-03-31']
    """
    first, last = check_log(log).span
    one_day = np.timedelta64(1, "D")
    if every == "week":  # 1970-01-04 was a Sunday
        since = (first - np.datetime64("1970-01-04")).astype(int) % 7
        ends = np.arange(
            first + np.timedelta64(int(-since % 7), "D"), last + one_day, 7
        )
    elif every in _MONTHS:
        step = _MONTHS[every]
        start = int(first.astype("datetime64[M]").astype(int))
        stop = int((last + one_day).astype("datetime64[M]").astype(int))
        months = np.arange((start // step + 1) * step, stop + 1, step)
        ends = months.astype("datetime64[M]").astype("datetime64[D]") - one_day
    else:
        raise ParameterError.of(
            name="every",
            expected="be 'week', 'month', 'quarter' or 'year'",
            found=repr(every),
        )
    days = [day for day in ends if first <= day <= last]
    if not days:
        raise ParameterError.of(
            name="every",
            expected=f"be a period that ends between {first} and {last}",
            found=repr(every),
        )
    return days


def segment_history(scores: Iterable[Scores], level: float) -> Any:
    """Return one row a date and segment: customers, their share, and revenue so far."""
    days: list[np.datetime64] = []
    sizes: list[NDArray[np.int64]] = []
    money: list[NDArray[np.float64]] = []
    names: tuple[str, ...] = ()
    family = "numpy"
    for one in scores:
        if one.segment_codes is None or one.as_of is None:
            raise ParameterError.of(
                name="segment_map",
                expected="name segments whose sizes can be followed",
                found="None",
            )
        names, family = max(names, one.segment_names, key=len), one.family
        sizes.append(np.bincount(one.segment_codes, minlength=len(one.segment_names)))
        if one.inputs.revenue is not None:
            own = one.inputs.revenue, one.segment_codes, len(one.segment_names)
            money.append(sums(*own))
        days.append(one.as_of)
    count = len(names)
    table = np.array([np.pad(size, (0, count - len(size))) for size in sizes]).ravel()
    totals = np.repeat([int(size.sum()) for size in sizes], count)
    share, low, high = wilson(table, totals, level)
    columns: dict[str, NDArray[Any] | Categories] = {
        "as_of": np.repeat(np.array(days), count),
        "segment": Categories(np.tile(np.arange(count), len(days)), names),
        "customers": table,
        "share": share,
        "share_low": low,
        "share_high": high,
    }
    if money:
        padded = [np.pad(one, (0, count - len(one))) for one in money]
        columns["revenue"] = np.concatenate(padded)
    return native_frame(columns, family=family)


def customer_history(scores: Iterable[Scores], customer: object) -> Any:
    """Return one row a date: what was known of one customer, and the scores."""
    days: list[np.datetime64] = []
    rows: list[dict[str, Any]] = []
    names: tuple[str, ...] = ()
    family = "numpy"
    for one in scores:
        names, family = max(names, one.segment_names, key=len), one.family
        places = np.flatnonzero(one.customer_id == customer)
        if len(places) and one.as_of is not None:
            rows.append(one.row(int(places[0])))
            days.append(one.as_of)
    if not rows:
        raise ParameterError.of(
            name="customer",
            expected="be the id of somebody who had bought by one of the dates",
            found=repr(customer),
        )
    columns: dict[str, NDArray[Any] | Categories] = {"as_of": np.array(days)}
    for name, first in rows[0].items():
        values = [row[name] for row in rows]
        kind = object if isinstance(first, str) else np.asarray(first).dtype
        columns[name] = np.array(values, dtype=kind)
        if name == "segment":
            columns[name] = Categories(
                np.array([names.index(v) for v in values]), names
            )
    return native_frame(columns, family=family)
