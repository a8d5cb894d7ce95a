"""The waits from order to order, of all customers or of groups, by order number."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from tenure import _core
from tenure.exceptions import ColumnError, EmptyDataError, ParameterError
from tenure.retention.churn_window import waits_of

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from numpy.typing import NDArray

    from tenure._core_types import HistoryColumns
    from tenure._typing import Date
    from tenure.transactions import Transactions

__all__ = ["by_order", "grouped_waits"]

# Groups that are looked at: those with the most customers.
_MOST = 20


def grouped_waits(
    log: Transactions,
    most: int,
    as_of: Date | None,
    by: str | None,
    categories: Mapping[Any, Any] | None = None,
) -> tuple[Iterator[tuple[Any, dict[str, NDArray[Any]]]], int]:
    """Return the waits of each group, and how many groups are left out.

    Parameters
    ----------
    log : Transactions
    most : int
        The last order whose waits are looked at.
    as_of : date or None
    by : str or None
        An attribute, "product" for the waits to the same product, or no groups.
    categories : mapping, optional
        The category of each product: then waits are those to the same category.
    """
    if by is None and categories is None:
        return iter([(None, waits_of(log, most, as_of))]), 0
    if by == "product" or categories is not None:
        return _largest(_waits_of_products(log, most, as_of, categories))
    assert by is not None  # noqa: S101
    return _largest(waits_of(log, most, as_of) | {"labels": _labels(log, by)})


def by_order(
    waits: dict[str, NDArray[Any]],
) -> Iterator[tuple[int, tuple[NDArray[Any], NDArray[np.bool_]]]]:
    """Yield the waits after each order."""
    for order in np.unique(waits["orders"]):
        rows = waits["orders"] == order
        yield int(order), (waits["durations"][rows], waits["events"][rows])


def _labels(log: Transactions, by: str) -> NDArray[Any]:
    """Return the value of an attribute for each customer of the log."""
    attributes = log._log.attributes  # noqa: SLF001
    if by not in attributes:
        raise ColumnError.unknown(by, (*attributes, "product"))
    return attributes[by]


def _largest(
    waits: dict[str, NDArray[Any]],
) -> tuple[Iterator[tuple[Any, dict[str, NDArray[Any]]]], int]:
    """Return the waits of the groups with the most customers, and how many are left.

    `labels` has one value for each of the places in `customers`. Customers without a
    value are in no group.
    """
    firsts = waits["orders"] == 1
    present = [label for label in waits["labels"].tolist() if label == label]  # noqa: PLR0124
    names = sorted({label for label in present if label is not None})
    if not names:
        what = "no customer has a value to group by"
        raise EmptyDataError.of(what, hint="choose another attribute")
    place = {label: code for code, label in enumerate(names)}
    codes = np.array([place.get(label, -1) for label in waits["labels"].tolist()])
    of_row = codes[waits["customers"]]
    sizes = np.bincount(of_row[firsts & (of_row >= 0)], minlength=len(names))
    order = np.argsort(-sizes, kind="stable")[:_MOST]
    chosen = sorted(int(code) for code in order if sizes[code])

    def rows(code: int) -> dict[str, NDArray[Any]]:
        own = of_row == code
        return {name: waits[name][own] for name in ("orders", "durations", "events")}

    left_out = int((sizes > 0).sum()) - len(chosen)
    return iter((names[code], rows(code)) for code in chosen), left_out


def _waits_of_products(
    log: Transactions,
    most: int,
    as_of: Date | None,
    categories: Mapping[Any, Any] | None,
) -> dict[str, NDArray[Any]]:
    """Return the waits from each purchase of a product to the next one of the same.

    Each pair of product, or category, and customer is taken as a customer of its own.
    """
    lines = log.lines
    if lines is None or lines.products is None:
        raise ParameterError.of(
            name="by",
            expected="be an attribute, for a log without products",
            found="'product'",
            hint="name the column of products when the log is made",
        )
    counts = np.diff(lines.offsets)
    purchases = np.repeat(np.arange(len(log.times)), counts)
    labels = lines.products
    if categories is not None:
        found = [categories.get(one) for one in labels.tolist()]
        labels = np.empty(len(found), dtype=object)
        labels[:] = found
    known = np.array([one is not None and one == one for one in labels.tolist()])  # noqa: PLR0124
    if not known.any():
        what = "no line has a product" + (" of a category" if categories else "")
        raise EmptyDataError.of(what)
    names, codes = np.unique(labels[known], return_inverse=True)
    # purchases stand by customer and time, so that those of a product do too
    ordered = np.unique(codes * len(log.times) + purchases[known])
    product, purchase = np.divmod(ordered, len(log.times))
    buyer = np.repeat(np.arange(len(log.customers)), np.diff(log.offsets))[purchase]
    begins = np.ones(len(ordered), dtype=bool)
    begins[1:] = (np.diff(product) != 0) | (np.diff(buyer) != 0)
    starts = np.flatnonzero(begins)
    none = np.zeros(0, np.int64)
    history: HistoryColumns = {
        "grain": log._log.history["grain"],  # noqa: SLF001
        "offsets": np.append(starts, len(begins)).astype(np.int64),
        "times": log.times[purchase].view(np.int64),
        "values": None,
        "refund_purchases": none,
        "refund_times": none,
        "refund_amounts": none.astype(np.float64),
    }
    date = log._date(as_of, "as_of")  # noqa: SLF001
    found = _core.purchase_waits(history, date, "day", most)
    return {
        "customers": found["customers"],
        "orders": found["orders"],
        "durations": found["durations"],
        "events": found["events"].view(np.bool_),
        "labels": names[product[starts]],
    }
