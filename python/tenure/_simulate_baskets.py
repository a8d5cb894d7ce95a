"""Orders of a shop drawn at random: products, categories and prices with a pattern."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from tenure._family import family_or_default
from tenure._frame import native_frame
from tenure.exceptions import ParameterError

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from tenure._family import Family

__all__ = ["simulate_baskets"]

# What a product is, what it costs, and how often it is chosen beside the others of its
# category. The names are sorted by category.
_SHELVES: dict[str, tuple[tuple[str, float, float], ...]] = {
    "coffee": (
        ("beans basic", 8.0, 5.0),
        ("beans fine", 13.0, 3.0),
        ("beans reserve", 21.0, 1.2),
        ("capsules", 6.0, 4.0),
        ("decaf", 9.0, 1.0),
    ),
    "tea": (
        ("black tea", 5.0, 4.0),
        ("green tea", 6.0, 3.0),
        ("herbal tea", 4.5, 2.0),
        ("matcha", 18.0, 0.8),
    ),
    "brewing": (
        ("filters", 3.0, 4.0),
        ("grinder", 45.0, 0.8),
        ("kettle", 39.0, 0.9),
        ("teapot", 24.0, 1.2),
    ),
    "cups": (("cup", 7.0, 3.0), ("travel mug", 16.0, 1.5), ("saucer", 4.0, 1.5)),
    "sweets": (
        ("biscuits", 3.5, 4.0),
        ("chocolate", 4.0, 3.0),
        ("honey", 6.5, 1.5),
        ("sugar", 2.0, 2.0),
    ),
}

# Who takes the one takes the other with this probability on top.
_TOGETHER: tuple[tuple[str, str, float], ...] = (
    ("beans fine", "filters", 0.25),
    ("beans reserve", "grinder", 0.12),
    ("black tea", "biscuits", 0.20),
    ("green tea", "honey", 0.15),
    ("cup", "saucer", 0.30),
    ("matcha", "teapot", 0.10),
)

# Which of these is in the first order makes a customer come more or less often.
_GATEWAYS = {"beans fine": 1.6, "beans reserve": 2.0, "capsules": 0.6, "cup": 0.7}


def simulate_baskets(
    customers: int = 2000,
    *,
    seed: int,
    start: str = "2023-01-01",
    end: str = "2024-12-31",
    orders_per_year: float = 3.0,
    family: Family | None = None,
) -> Any:
    """Draw the orders of a shop for coffee and tea, line by line.

    Customers prefer coffee or tea, and live in one of three countries; those of "south"
    seldom buy tea. Some products go together (beans and filters, cup and saucer), some
    first orders bring customers who come more often (fine beans) or less (capsules),
    customers trade up to better beans as time goes by, and a few in a thousand orders
    are those of resellers, with nearly everything.

    Parameters
    ----------
    customers : int, default 2000
        How many.
    seed : int
        The same seed gives the same rows.
    start, end : str
        The first and the last day. Customers come in the first three quarters.
    orders_per_year : float, default 3
        The mean rate of orders after the first.
    family : {"pandas", "polars", "pyarrow", "numpy"}, optional
        What the table is returned as; see `load_cdnow`.

    Returns
    -------
    frame
        One row a product in an order: `order_id`, `customer_id`, `date`, `country`,
        `product`, `category`, `quantity`, `price` of one unit, `amount`.

    Examples
    --------
    >>> import tenure as tn
    >>> rows = tn.datasets.simulate_baskets(100, seed=1, family="numpy")
    >>> sorted(rows)[:4], len(set(rows["product"].tolist()))
    (['amount', 'category', 'country', 'customer_id'], 20)
    """
    if customers < 1:
        expected = "be at least 1"
        msg = "customers"
        raise ParameterError.of(msg, expected, found=repr(customers))
    random = np.random.default_rng(seed)
    shop = _Shop(random)
    first, last = np.datetime64(start, "D"), np.datetime64(end, "D")
    days = int((last - first).astype(int))
    if days < 1:
        msg = "end"
        raise ParameterError.of(msg, f"come after {start}", found=repr(end))
    rows: list[tuple[int, int, int, str, int, int]] = []
    for customer in range(1, customers + 1):
        country = ("north", "west", "south")[random.choice(3, p=(0.5, 0.3, 0.2))]
        taste = random.beta(2.0, 2.0) * (1.5 if country == "south" else 1.0)
        born = int(random.integers(0, max(3 * days // 4, 1)))
        ages, baskets = shop.life(min(taste, 1.0), days - born, orders_per_year)
        rows += [
            (customer, born + age, number, country, product, quantity)
            for number, (age, basket) in enumerate(zip(ages, baskets, strict=True))
            for product, quantity in basket
        ]
    return native_frame(_columns(rows, first), family=family_or_default(family))


def _columns(
    rows: list[tuple[int, int, int, str, int, int]], first: np.datetime64
) -> dict[str, NDArray[Any]]:
    """Return the columns of a frame, in the order of time."""
    rows.sort(key=lambda row: (row[1], row[0], row[2], row[4]))
    names = [name for shelf in _SHELVES.values() for name, _, _ in shelf]
    kinds = [kind for kind, shelf in _SHELVES.items() for _ in shelf]
    costs = np.array([cost for shelf in _SHELVES.values() for _, cost, _ in shelf])
    orders: dict[tuple[int, int], int] = {}
    ids = [orders.setdefault((row[0], row[2]), len(orders) + 1) for row in rows]
    product = np.array([row[4] for row in rows])
    quantity = np.array([row[5] for row in rows])
    return {
        "order_id": np.array(ids),
        "customer_id": np.array([row[0] for row in rows]),
        "date": first + np.array([row[1] for row in rows]),
        "country": np.array([row[3] for row in rows], dtype=object),
        "product": np.array(names, dtype=object)[product],
        "category": np.array(kinds, dtype=object)[product],
        "quantity": quantity,
        "price": costs[product],
        "amount": np.round(costs[product] * quantity, 2),
    }


class _Shop:
    """What is on the shelves, and how customers choose."""

    def __init__(self, random: np.random.Generator) -> None:
        self._random = random
        shelves = list(_SHELVES.values())
        sizes = [len(shelf) for shelf in shelves]
        self._begin = np.append(0, np.cumsum(sizes))
        self._weights = [
            np.array([weight for _, _, weight in shelf]) for shelf in shelves
        ]
        names = [name for shelf in shelves for name, _, _ in shelf]
        self._names = names
        self._together = {
            names.index(one): (names.index(other), chance)
            for one, other, chance in _TOGETHER
        }

    def life(
        self, coffee: float, days: int, rate: float
    ) -> tuple[list[int], list[list[tuple[int, int]]]]:
        """Return the days of a customer's orders since the first, and the baskets."""
        random = self._random
        basket = self._basket(coffee, 0)
        factor = float(random.gamma(1.2, 1 / 1.2))
        for product, _ in basket:
            factor *= _GATEWAYS.get(self._names[product], 1.0)
        gap = 365.25 / max(rate * factor, 1e-9)
        ages, baskets = [0], [basket]
        age = random.exponential(gap)
        while age <= days and random.random() < 0.93:
            ages.append(int(age))
            baskets.append(self._basket(coffee, len(ages) - 1))
            age += random.exponential(gap)
        return ages, baskets

    def _basket(self, coffee: float, number: int) -> list[tuple[int, int]]:
        """Return the products of an order, each with its quantity."""
        random = self._random
        if random.random() < 0.003:  # a reseller
            return [(place, 12) for place in range(len(self._names))]
        shares = np.array([2 * coffee, 2 * (1 - coffee), 0.5, 0.5, 0.9])
        chosen: set[int] = set()
        for _ in range(1 + random.poisson(1.3)):
            shelf = int(random.choice(len(shares), p=shares / shares.sum()))
            weights = self._weights[shelf]
            if shelf == 0:  # better beans as time goes by
                better = 1 + 0.25 * min(number, 8)
                weights = weights * np.array([1.0, better, better, 1.0, 1.0])
            place = random.choice(len(weights), p=weights / weights.sum())
            chosen.add(int(self._begin[shelf]) + int(place))
        for place in sorted(chosen):
            if place in self._together:
                other, chance = self._together[place]
                if random.random() < chance:
                    chosen.add(other)
        return [(place, 1 + int(random.poisson(0.3))) for place in sorted(chosen)]
