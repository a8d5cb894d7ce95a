"""Baskets of products: what an order holds, a customer, or an order and the next."""

from __future__ import annotations

from dataclasses import dataclass
from math import isfinite
from numbers import Real
from typing import TYPE_CHECKING, Any, Literal, TypeAlias, get_args

import numpy as np

from tenure._column import IntegerColumn
from tenure._frame import Table
from tenure._report import counted
from tenure.exceptions import EmptyDataError, ParameterError
from tenure.products._lines import DAY, OrderLines, with_segments
from tenure.retention.periods import length_in_days
from tenure.transactions import Transactions

if TYPE_CHECKING:
    from collections.abc import Callable

    from numpy.typing import NDArray

    from tenure._core_types import BasketRows, BasketSurvey
    from tenure._units import Horizon
    from tenure.products._lines import LineColumns

__all__ = [
    "BasketCounts",
    "Baskets",
    "Limits",
    "Starting",
    "Unit",
    "baskets_of",
    "is_number",
]

Unit: TypeAlias = Literal["basket", "customer", "next order"]
"""What products are together in."""

Starting: TypeAlias = Literal["first", "every"]
"""From which orders the way to the next one is followed."""


def is_number(value: object) -> bool:
    """Return whether a limit is a finite number."""
    if isinstance(value, bool):
        return False
    return isinstance(value, Real) and isfinite(value)


@dataclass(frozen=True)
class Limits:
    """Which baskets and products take part; see `affinity`."""

    count: int
    support: float
    basket: int

    @classmethod
    def of(cls, min_count: int, min_support: float, max_basket: int) -> Limits:
        """Return the limits, or say which is none."""
        for name, value, least in (
            ("min_count", min_count, 1),
            ("max_basket", max_basket, 2),
        ):
            if not is_number(value) or value % 1 != 0 or value < least:
                expected = f"be a whole number of at least {least}"
                raise ParameterError.of(name, expected, found=repr(value))
        if not is_number(min_support) or not 0 <= min_support <= 1:
            expected = "lie between 0 and 1"
            raise ParameterError.of(
                name="min_support", expected=expected, found=repr(min_support)
            )
        return cls(int(min_count), float(min_support), int(max_basket))

    @property
    def numbers(self) -> tuple[int, float, int]:
        """As the core takes them."""
        return self.count, self.support, self.basket


@dataclass(frozen=True, eq=False)
class Baskets:
    """Rows with a basket and a product each.

    Attributes
    ----------
    rows : BasketRows
        As the core takes them. For pairs of orders, products of the first are numbered
        from 0, and those of the next after all of them.
    names : callable
        Returns the names of products, by number.
    unit : str
        What the baskets are.
    missing : int
        Rows without a basket or a product.
    family : str
        The kind of frame that results come back as.
    """

    rows: BasketRows
    names: Callable[[], NDArray[Any]]
    unit: Unit
    missing: int
    family: str


@dataclass(frozen=True)
class BasketCounts:
    """What became of the baskets.

    Attributes
    ----------
    unit : {"basket", "customer", "next order"}
        What products are together in.
    used : int
        Baskets that count: all but the giants. Shares are of these.
    giants, giant_products : int
        Baskets left out since they hold too many different products, and how many
        those are, each counted once a basket.
    largest : int
        The most different products of any basket.
    repeated : int
        Rows with a product that their basket has already: it counts once. Those of
        giants are not among them.
    missing : int
        Rows without a basket or a product.
    max_basket : int
        The most different products of a basket that counts.
    least : int
        In how many baskets a product and a pair must be.
    """

    unit: Unit
    used: int
    giants: int
    giant_products: int
    largest: int
    repeated: int
    missing: int
    max_basket: int
    least: int

    @classmethod
    def of(cls, baskets: Baskets, found: BasketSurvey, limits: Limits) -> BasketCounts:
        """Return what the core has counted."""
        return cls(
            unit=baskets.unit,
            used=found["baskets"],
            giants=found["giants"],
            giant_products=found["giant_items"],
            largest=found["largest"],
            repeated=found["repeated"],
            missing=baskets.missing,
            max_basket=limits.basket,
            least=found["fewest"],
        )

    @property
    def words(self) -> str:
        """What the baskets are, in the plural."""
        return _WORDS[self.unit]

    def note(self) -> str:
        """Return what was left out, in words."""
        if not self.giants:
            return f"no basket holds more than {self.max_basket:,} products"
        giants = counted(self.giants, "giant")
        return (
            f"left out: {giants} of more than {self.max_basket:,} products, with "
            f"{self.giant_products:,} products in all (the largest {self.largest:,})"
        )


_WORDS = {
    "basket": "baskets",
    "customer": "customers",
    "next order": "orders with a next one",
}


def baskets_of(
    data: object,
    *,
    unit: Unit,
    basket: str | None,
    horizon: Horizon | None,
    starting: Starting,
    columns: LineColumns,
) -> Baskets:
    """Return the baskets of orders, customers or pairs of orders."""
    if unit not in get_args(Unit):
        expected = "be 'basket', 'customer' or 'next order'"
        raise ParameterError.of(name="unit", expected=expected, found=repr(unit))
    if (horizon is None) != (unit != "next order"):
        expected = "be given for unit='next order', and for no other"
        raise ParameterError.of(name="horizon", expected=expected, found=repr(horizon))
    if basket is not None:
        return _of_columns(data, basket, unit, columns)
    lines = with_segments(data, None, **columns)
    taken = lines.taken
    order, product = lines.order[taken], lines.product[taken]
    missing = int((~lines.returned & (lines.product < 0)).sum())
    kinds, names = len(lines.products), lines.products
    keys = order
    if unit == "customer":
        keys = lines.order_customer[order]
    elif unit == "next order":
        days = length_in_days(horizon or 0.0, "horizon")
        first, after = _transitions(lines, days, starting)
        before, later = first[order], after[order]
        keys = np.append(before, later)
        product = np.append(product, product + kinds)
        kinds *= 2
    rows: BasketRows = {
        "keys": keys,
        "smallest": 0,
        "items": product,
        "first": 0,
        "kinds": kinds,
    }
    return Baskets(rows, lambda: names, unit, missing, lines.family)


def _transitions(
    lines: OrderLines, days: float, starting: Starting
) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Return for each order the way that begins with it, and that which ends with it.

    A way is known by its first order; -1 where there is none.
    """
    if starting not in get_args(Starting):
        expected = "be 'first' or 'every'"
        raise ParameterError.of(
            name="starting", expected=expected, found=repr(starting)
        )
    orders = np.arange(lines.n_orders)
    owner, time = lines.order_customer, lines.order_time.view(np.int64)
    follows = owner[1:] == owner[:-1]
    follows &= (time[1:] // DAY - time[:-1] // DAY) <= days
    if starting == "first":
        follows &= lines.order_number[:-1] == 0
    if not follows.any():
        what = f"no customer has a next order within {days:g} days"
        raise EmptyDataError.of(what, hint="choose a longer horizon")
    begins = np.append(np.where(follows, orders[:-1], -1), -1)
    ends = np.append(-1, begins[:-1])
    return begins, ends


def _of_columns(data: object, basket: str, unit: Unit, columns: LineColumns) -> Baskets:
    """Return the baskets of a frame with a basket and a product in each row."""
    others = sorted(columns.keys() - {"product"})
    if isinstance(data, Transactions | OrderLines) or others or unit != "basket":
        what = f"columns {others}" if others else f"{type(data).__name__}, {unit}"
        msg = "basket"
        raise ParameterError.of(
            msg,
            "be given for a frame with a basket and a product a row, and nothing else",
            found=what,
            hint="leave it out to have baskets made of orders",
        )
    table = Table.of(data)
    keys, smallest, _, _ = _numbered(table, basket, span=None)
    product = columns.get("product", "product")
    items, first, kinds, names = _numbered(table, product, span=_SPAN)
    rows: BasketRows = {
        "keys": keys,
        "smallest": smallest,
        "items": items,
        "first": first,
        "kinds": kinds,
    }
    missing = int(((keys < smallest) | (items < first)).sum())
    return Baskets(rows, names, unit, missing, table.family)


# A table of this many integers costs less than numbering them.
_SPAN = 1 << 18


def _numbered(
    table: Table, name: str, span: int | None
) -> tuple[NDArray[np.int64], int, int, Callable[[], NDArray[Any]]]:
    """Return ids as integers, the smallest of them, how many, and what they stand for.

    Integers are their own numbers where they lie within the span, if there is one.
    """
    column = table.column(name)
    if isinstance(column, IntegerColumn) and column.missing is None and table.n_rows:
        values = column.int64()
        low, high = int(values.min()), int(values.max())
        count = high - low + 1
        if span is None or count <= span:
            return values, low, count, lambda: np.arange(low, high + 1)
    codes = column.codes()
    return codes.values, 0, codes.n_categories, lambda: codes.categories
