"""From the columns of a frame to a grouped log: what `Transactions` holds."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

import numpy as np

from tenure import _core
from tenure._events import read_events
from tenure._reading import read
from tenure._rows import KEPT_BY_DEFAULT, Rows
from tenure.receipt import Receipt

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from tenure._core_types import (
        GroupedColumns,
        HistoryColumns,
        ReceiptCounts,
    )
    from tenure._frame import Table
    from tenure._log_settings import LogSettings
    from tenure._reading import Reading
    from tenure._readings import Codes

__all__ = [
    "GroupedLog",
    "Lines",
    "group",
    "grouped_log",
    "history_of",
    "labels",
    "net_values",
    "receipt_of",
]


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
    settings : LogSettings
        How it was read and grouped.
    rows : Rows or None
        What was read, if it was kept.
    """

    customers: NDArray[Any]
    history: HistoryColumns
    values: NDArray[np.float64] | None
    lines: Lines | None
    attributes: dict[str, NDArray[Any]]
    receipt: Receipt
    family: str
    zone: str | None
    settings: LogSettings
    rows: Rows | None = None

    def __post_init__(self) -> None:
        history = self.history
        arrays = [self.customers, history["offsets"], history["times"], self.values]
        for array in arrays:
            if array is not None:
                array.setflags(write=False)


def group(
    table: Table, settings: LogSettings, *, keep_rows: bool | None = None
) -> GroupedLog:
    """Group a table by its columns; see `Transactions` for what they mean."""
    if keep_rows is None:
        keep_rows = table.n_rows <= KEPT_BY_DEFAULT
    if settings.is_plain:
        log = _by_kernel(table, settings, keep_rows=keep_rows)
        if log is not None:
            return log
    reading = read(table, settings)
    grouped = _core.group_transactions(reading.columns, *settings.rules)
    log = grouped_log(reading, grouped, family=table.family)
    if not keep_rows:
        return log
    places = [one for one, _ in grouped["attributes"]]
    rows = Rows.of(reading, log.customers, places, grouped["refund_parts"])
    return replace(log, rows=rows)


def _by_kernel(
    table: Table, settings: LogSettings, *, keep_rows: bool
) -> GroupedLog | None:
    """Group without codes, which only the rows that are kept need; if that is done."""
    events = read_events(
        table,
        customer=settings.customer,
        time=settings.time,
        amount=settings.amount,
        **settings.clock,
    )
    found = _core.group_log(events.columns, settings.rules)
    if found is None:
        return None
    customers = events.customers(found["customers"], found["texts"])
    rows = None
    if keep_rows:
        rows = Rows.of(read(table, settings), customers, [], found["refund_parts"])
    return GroupedLog(
        customers=customers,
        history=history_of(found),
        values=net_values(found),
        lines=None,
        attributes={},
        receipt=receipt_of(
            settings, found["receipt"], zone=events.zone, attribute_conflicts={}
        ),
        family=table.family,
        zone=events.zone,
        settings=settings,
        rows=rows,
    )


def grouped_log(
    reading: Reading,
    grouped: GroupedColumns,
    *,
    family: str,
) -> GroupedLog:
    """Return what was grouped under the names of the ids that were read."""
    settings, codes = reading.settings, reading.codes
    found = dict(zip(settings.attributes, grouped["attributes"], strict=True))
    return GroupedLog(
        customers=codes[settings.customer].categories[grouped["customers"]],
        history=history_of(grouped),
        values=net_values(grouped),
        lines=_lines(
            grouped,
            None if settings.order is None else codes[settings.order],
            None if settings.product is None else codes[settings.product],
        ),
        attributes={
            name: labels(codes[name].categories, one)
            for name, (one, _) in found.items()
        },
        receipt=receipt_of(
            settings,
            grouped["receipt"],
            zone=reading.zone,
            attribute_conflicts={name: count for name, (_, count) in found.items()},
        ),
        family=family,
        zone=reading.zone,
        settings=settings,
    )


def receipt_of(
    settings: LogSettings,
    counts: ReceiptCounts,
    *,
    zone: str | None,
    attribute_conflicts: dict[str, int],
) -> Receipt:
    """Return the receipt of a log that was grouped by the settings."""
    merge, refund_rule, duplicate_rule = settings.rules
    return Receipt.of(
        counts,
        zone=zone,
        merge=merge,
        refund_rule=refund_rule,
        duplicate_rule=duplicate_rule,
        attribute_conflicts=attribute_conflicts,
    )


def net_values(grouped: HistoryColumns) -> NDArray[np.float64] | None:
    """Return the values of purchases after all refunds."""
    values = grouped["values"]
    if values is None or len(grouped["refund_purchases"]) == 0:
        return values
    net = values.copy()
    np.add.at(net, grouped["refund_purchases"], grouped["refund_amounts"])
    return net


def labels(words: NDArray[Any], places: NDArray[np.integer]) -> NDArray[Any]:
    """Return the words in those places; where there is none, None or NaN."""
    present = places >= 0
    if present.all():
        return words[places]
    found = np.full(len(places), np.nan if words.dtype.kind in "iu" else None)
    found[present] = words[places[present]]
    return found


def _lines(
    grouped: GroupedColumns, orders: Codes | None, products: Codes | None
) -> Lines | None:
    """Return the lines behind the purchases of a log with orders or products."""
    if orders is None and products is None:
        return None
    return Lines(
        offsets=grouped["line_offsets"],
        orders=orders and labels(orders.categories, grouped["line_orders"]),
        products=products and labels(products.categories, grouped["line_products"]),
        amounts=None if grouped["values"] is None else grouped["line_amounts"],
    )


def history_of(grouped: HistoryColumns) -> HistoryColumns:
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
