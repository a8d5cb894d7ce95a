"""From the columns of a frame to a grouped log: what `Transactions` holds."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from tenure import _core
from tenure._events import read_events
from tenure.receipt import Receipt

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from tenure._core_types import (
        GroupedColumns,
        GroupedEvents,
        HistoryColumns,
        LogColumns,
    )
    from tenure._events import Events
    from tenure._frame import Table
    from tenure._readings import Codes

__all__ = ["GroupedLog", "Lines", "group"]


@dataclass(frozen=True, eq=False)
class Lines:
    """The lines behind the purchases of a log, in the order of the purchases.

    Attributes
    ----------
    offsets : int64 array
        Where the lines of each purchase begin; one entry more than purchases.
    orders, products : array or None
        The order and the product of each line; None where there is no such column.
    amounts : float64 array or None
        The amount of each line.
    """

    offsets: NDArray[np.int64]
    orders: NDArray[Any] | None
    products: NDArray[Any] | None
    amounts: NDArray[np.float64] | None


@dataclass(frozen=True, eq=False)
class GroupedLog:
    """Compressed rows, what became of the rows read, and how to give results back.

    Attributes
    ----------
    customers : array
        Ids, ascending.
    history : HistoryColumns
        The purchases, and later refunds apart: what summaries are made from.
    values : float64 array or None
        The value of each purchase after all refunds.
    lines : Lines or None
    attributes : dict of str to array
        One value a customer.
    receipt : Receipt
    family, zone : str or None
        The kind of frame that was read, and the zone of its times.
    """

    customers: NDArray[Any]
    history: HistoryColumns
    values: NDArray[np.float64] | None
    lines: Lines | None
    attributes: dict[str, NDArray[Any]]
    receipt: Receipt
    family: str
    zone: str | None

    def __post_init__(self) -> None:
        history = self.history
        arrays = [self.customers, history["offsets"], history["times"], self.values]
        for array in arrays:
            if array is not None:
                array.setflags(write=False)


def group(
    table: Table,
    *,
    customer: str,
    time: str,
    amount: str | None,
    order: str | None,
    product: str | None,
    attributes: Sequence[str],
    merge: str | None,
    refunds: str,
    duplicates: str,
    **time_options: str | None,
) -> GroupedLog:
    """Group a table by its columns; see `Transactions` for what they mean."""
    rules = (merge, refunds, duplicates)
    if order is None and product is None and not attributes and merge != "order":
        events = read_events(
            table, customer=customer, time=time, amount=amount, **time_options
        )
        found = _core.group_log(events.columns, rules)
        if found is not None:
            return _of_events(events, found, rules, table.family)
    identifiers = [customer, order, product, *attributes]
    codes = {name: table.codes(name) for name in identifiers if name is not None}
    instants = table.instants(time, **time_options)

    def named(name: str | None) -> tuple[str, NDArray[np.int64]] | None:
        return None if name is None else (name, codes[name].values)

    columns: LogColumns = {
        "customer": (customer, codes[customer].values),
        "customers": len(codes[customer].categories),
        "time": (time, instants.values),
        "time_missing": instants.missing,
        "amount": None if amount is None else (amount, table.numbers(amount).values),
        "order": named(order),
        "product": named(product),
        "attributes": [(name, codes[name].values) for name in attributes],
    }
    grouped = _core.group_transactions(columns, *rules)
    found = dict(zip(attributes, grouped["attributes"], strict=True))
    return GroupedLog(
        customers=codes[customer].categories[grouped["customers"]],
        history=_history(grouped),
        values=_net_values(grouped),
        lines=_lines(
            grouped,
            None if order is None else codes[order],
            None if product is None else codes[product],
        ),
        attributes={
            name: _labels(codes[name], one) for name, (one, _) in found.items()
        },
        receipt=Receipt.of(
            grouped["receipt"],
            zone=instants.zone,
            merge=merge,
            refund_rule=refunds,
            duplicate_rule=duplicates,
            attribute_conflicts={name: count for name, (_, count) in found.items()},
        ),
        family=table.family,
        zone=instants.zone,
    )


def _of_events(
    events: Events,
    found: GroupedEvents,
    rules: tuple[str | None, str, str],
    family: str,
) -> GroupedLog:
    """Return the log that the kernel has grouped without codes."""
    merge, refunds, duplicates = rules
    return GroupedLog(
        customers=events.customers(found["customers"], found["texts"]),
        history=_history(found),
        values=_net_values(found),
        lines=None,
        attributes={},
        receipt=Receipt.of(
            found["receipt"],
            zone=events.zone,
            merge=merge,
            refund_rule=refunds,
            duplicate_rule=duplicates,
            attribute_conflicts={},
        ),
        family=family,
        zone=events.zone,
    )


def _net_values(grouped: HistoryColumns) -> NDArray[np.float64] | None:
    """Return the values of purchases after all refunds."""
    values = grouped["values"]
    if values is None or len(grouped["refund_purchases"]) == 0:
        return values
    net = values.copy()
    np.add.at(net, grouped["refund_purchases"], grouped["refund_amounts"])
    return net


def _labels(codes: Codes, places: NDArray[np.int64]) -> NDArray[Any]:
    """Return the categories in those places; where there is none, None or NaN."""
    present = places >= 0
    if present.all():
        return codes.categories[places]
    numeric = codes.categories.dtype.kind in "iu"
    labels = np.full(len(places), np.nan if numeric else None)
    labels[present] = codes.categories[places[present]]
    return labels


def _lines(
    grouped: GroupedColumns, orders: Codes | None, products: Codes | None
) -> Lines | None:
    """Return the lines behind the purchases of a log with orders or products."""
    if orders is None and products is None:
        return None
    return Lines(
        offsets=grouped["line_offsets"],
        orders=orders and _labels(orders, grouped["line_orders"]),
        products=products and _labels(products, grouped["line_products"]),
        amounts=None if grouped["values"] is None else grouped["line_amounts"],
    )


def _history(grouped: HistoryColumns) -> HistoryColumns:
    """Return the part of a grouped log that summaries are made from."""
    return {
        "grain": grouped["grain"],
        "offsets": grouped["offsets"],
        "times": grouped["times"],
        "values": grouped["values"],
        "refund_purchases": grouped["refund_purchases"],
        "refund_times": grouped["refund_times"],
        "refund_amounts": grouped["refund_amounts"],
    }
