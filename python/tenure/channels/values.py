"""Value and retention of customers by the channel that they came through."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from tenure.breakdown.metrics import metrics
from tenure.transactions import Transactions

if TYPE_CHECKING:
    from tenure._typing import Date
    from tenure._units import Horizon
    from tenure.breakdown.metrics import Breakdown

__all__ = ["value"]


def value(
    data: object,
    channel: str = "channel",
    *,
    customer: str = "customer_id",
    time: str = "date",
    amount: str | None = None,
    order: str | None = None,
    horizon: Horizon | None = "90 days",
    as_of: Date | None = None,
    **options: Any,
) -> Breakdown:
    """Return value and retention of customers by the channel that they came through.

    A customer's channel is that of the earliest order: what came later through others
    counts for it too.

    Parameters
    ----------
    data : Transactions or frame
        A log that keeps the channel as an attribute, or one row an order.
    channel : str, default "channel"
        The attribute, or the column.
    customer, time, amount, order : str
        For a frame: its columns, as for `Transactions`.
    horizon : length of time, default "90 days"
        For the share who bought again within it, and of those still buying at its end;
        None for all time, without the latter.
    as_of : date, optional
        The last day observed.
    **options
        As for `breakdown.metrics`: `attributes`, `min_customers`, `level`, `method`.

    Returns
    -------
    Breakdown
        "customers", "purchase_frequency", "repeat_rate", with a horizon "retention",
        and with amounts "revenue", "order_value" and "value_per_customer".

    See Also
    --------
    tenure.breakdown.simpson : Whether a difference holds within cohorts.

    Examples
    --------
    >>> import tenure as tn
    >>> orders = {
    ...     "customer_id": [1, 2, 1, 3],
    ...     "date": ["2024-01-01", "2024-01-05", "2024-02-01", "2024-03-01"],
    ...     "channel": ["web", "shop", "shop", "web"],
    ...     "amount": [10.0, 30.0, 20.0, 10.0],
    ... }
    >>> found = tn.channels.value(orders, amount="amount", horizon=None)
    >>> found.to_frame("value_per_customer")["value"]
    array([23.33333333, 30.        , 20.        ])
    """
    if isinstance(data, Transactions):
        log = data
    else:
        log = Transactions(
            data,
            customer=customer,
            time=time,
            amount=amount,
            order=order,
            attributes=[channel],
        )
    asked = ["customers", "purchase_frequency", "repeat_rate"]
    if horizon is not None:
        asked.append("retention")
    if log.values is not None:
        asked += ["revenue", "order_value", "value_per_customer"]
    return metrics(log, asked, channel, horizon=horizon, as_of=as_of, **options)
