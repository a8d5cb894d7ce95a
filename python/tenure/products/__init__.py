"""What sells, what sells together, and what comes next.

Every function takes lines of orders: a frame with one row a product in an order, a
`Transactions` log that was made with `product`, or what `order_lines` has read once for
all of them.
"""

from __future__ import annotations

from tenure.products._baskets import BasketCounts
from tenure.products._lines import OrderLines, order_lines
from tenure.products.affinity import Affinity, affinity
from tenure.products.cross_sell import CrossSell, cross_sell, upsell
from tenure.products.gateways import Gateways, gateways
from tenure.products.hit_rate import HitRate, hit_rate
from tenure.products.penetration import Penetration, penetration
from tenure.products.popularity import Popularity, popularity
from tenure.products.recommend import Recommendations, recommend
from tenure.products.rules import Rules, rules
from tenure.products.timeline import CustomerTimeline, customer_timeline

__all__ = [
    "Affinity",
    "BasketCounts",
    "CrossSell",
    "CustomerTimeline",
    "Gateways",
    "HitRate",
    "OrderLines",
    "Penetration",
    "Popularity",
    "Recommendations",
    "Rules",
    "affinity",
    "cross_sell",
    "customer_timeline",
    "gateways",
    "hit_rate",
    "order_lines",
    "penetration",
    "popularity",
    "recommend",
    "rules",
    "upsell",
]
