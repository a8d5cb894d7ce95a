"""Who holds what: distinct products of orders and of customers."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from tenure.products._lines import OrderLines

__all__ = ["Held", "held"]


@dataclass(frozen=True, eq=False)
class Held:
    """Each product once an order, sorted by customer, product and order.

    Attributes
    ----------
    order, what : int64 array
        The order, and the product or category.
    customer : int64 array
        Whose order it is.
    first : bool array
        Whether it is the first order of this customer with it.
    names : array
        What the products or categories are called.
    """

    order: NDArray[np.int64]
    what: NDArray[np.int64]
    customer: NDArray[np.int64]
    first: NDArray[np.bool_]
    names: NDArray[Any]


def held(lines: OrderLines, of: str) -> Held:
    """Return each product (or category) that was bought, once an order."""
    codes, names = lines.groups(of)
    taken = ~lines.returned & (codes >= 0)
    kinds = max(len(names), 1)
    keys = np.unique(lines.order[taken] * kinds + codes[taken])
    order, what = keys // kinds, keys % kinds
    customer = lines.order_customer[order]
    sorted_ = np.lexsort((order, what, customer))
    order, what, customer = order[sorted_], what[sorted_], customer[sorted_]
    first = np.ones(len(order), np.bool_)
    first[1:] = (customer[1:] != customer[:-1]) | (what[1:] != what[:-1])
    return Held(order, what, customer, first, names)
