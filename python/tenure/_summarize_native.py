"""From a frame to one row a customer, without the purchases in between."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from tenure import _core
from tenure._events import read_events
from tenure._frame import Table
from tenure._time import civil_microseconds, recorded
from tenure.summary import Summary
from tenure.transactions import Transactions

if TYPE_CHECKING:
    from tenure._typing import Date, DuplicateRule, Merge, RefundRule, Unit

__all__ = ["summarize_native"]


def summarize_native(
    data: object,
    *,
    customer: str = "customer_id",
    time: str = "date",
    amount: str | None = None,
    time_format: str | None = None,
    time_unit: str | None = None,
    tz: str | None = None,
    merge: Merge | None = "day",
    refunds: RefundRule = "net",
    duplicates: DuplicateRule = "keep",
    unit: Unit = "day",
    as_of: Date | None = None,
) -> Summary:
    """Return what `Transactions(data, ...).summary(unit, as_of)` does, to the last bit.

    Where the core has no short way (purchases that keep their time of day, something
    wrong with the data), the log is grouped first.

    Parameters
    ----------
    data : frame
        An eager frame, or a mapping of arrays; see `Transactions`.
    customer, time, amount, time_format, time_unit, tz, merge, refunds, duplicates
        See `Transactions`.
    unit, as_of
        See `Transactions.summary`.

    Examples
    --------
    >>> orders = {"customer_id": [1, 2, 1], "date": ["2024-01-05"] * 2 + ["2024-01-09"]}
    >>> summarize_native(orders).recency
    array([4., 0.])
    """
    options: dict[str, Any] = {
        "customer": customer,
        "time": time,
        "amount": amount,
        "time_format": time_format,
        "time_unit": time_unit,
        "tz": tz,
    }
    table = Table.of(data)
    if merge not in (None, "order"):
        events = read_events(table, **options)
        rules = (merge, refunds, duplicates)
        date = None
        if as_of is not None:
            date = civil_microseconds(as_of, name="as_of", zone=events.zone)
        found = _core.summarize_log(events.columns, rules, date, unit)
        if found is not None:
            date = date or (found["receipt"]["last_time"], False)
            return Summary(
                customer_id=events.customers(found["customers"], found["texts"]),
                frequency=found["frequency"],
                recency=found["recency"],
                T=found["T"],
                monetary_value=None if amount is None else found["monetary_value"],
                as_of=recorded(date, has_times=merge == "hour"),
                unit=unit,
                family=table.family,
            )
    log = Transactions(
        table, **options, merge=merge, refunds=refunds, duplicates=duplicates
    )
    return log.summary(unit, as_of)
