"""What sells, what sells together, and what comes next."""

from __future__ import annotations

from tenure.products._baskets import BasketCounts
from tenure.products._lines import OrderLines, order_lines
from tenure.products.affinity import Affinity, affinity

__all__ = ["Affinity", "BasketCounts", "OrderLines", "affinity", "order_lines"]
