"""Orders and customers won on promotion beside those at full price."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import numpy as np

from tenure._frame import native_frame
from tenure._intervals import check_level
from tenure._report import html_report, text_table
from tenure._typing import override
from tenure.campaigns._compare import How, Side, compare_means, compare_shares
from tenure.campaigns._orders import Orders, whole_days
from tenure.campaigns._trial import check_margin, earned
from tenure.campaigns.effect import CLAIMS, Effect, effects_frame, shown
from tenure.exceptions import EmptyDataError, ParameterError
from tenure.rfm.intervals import group_ratios, wilson

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from tenure._typing import Date
    from tenure._units import Horizon

__all__ = ["PromotionTable", "promotion_table"]

_FULL, _ANY = "full price", "on promotion"


@dataclass(frozen=True, eq=False, repr=False)
class PromotionTable:
    """What was bought on each promotion, and what became of customers won on it.

    Made by `promotion_table`.

    Attributes
    ----------
    columns : dict of str to array
        One row a promotion, full price first; see `to_frame`.
    effects : tuple of Effect
        Customers won on each promotion against those won at full price: "repeat" and
        "later_value".
    horizon : int
        Days in which customers may come back.
    basis : str
        "margin" or "revenue": what later value counts.
    level : float
        Confidence level of the intervals.
    family : str
        The kind of frame that results come back as.
    """

    columns: dict[str, NDArray[Any]]
    effects: tuple[Effect, ...]
    horizon: int
    basis: str
    level: float
    family: str
    _orders: Orders = field(repr=False)

    @property
    def claim(self) -> str:
        """What the comparison can claim."""
        return CLAIMS["association"]

    def __getitem__(self, column: str) -> NDArray[Any]:
        """Return a column as an array."""
        return self.columns[column]

    def to_frame(self) -> Any:
        """Return one row a promotion.

        Returns
        -------
        frame
            `promotion`; `orders`, `customers` and `revenue`; `discount_rate` (what was
            taken off, over the full price); `new_share` (orders that were a customer's
            first); `order_value`; `acquired` (customers whose first order it was and
            who were observed for the horizon since); `repeat`, the share of those who
            came back within the horizon; `later_value`, what one brought in it after
            the first order. Shares and means have ends of intervals, `_low` and
            `_high`, over customers; NaN where there is nothing to know.
        """
        return native_frame(self.columns, family=self.family)

    def differences(self) -> Any:
        """Return customers won on each promotion against those won at full price."""
        without = ("p_holm", "variance_reduction")
        return effects_frame(self.effects, self.family, without=without)

    def _headline(self) -> str:
        rest = slice(1, None)
        share = self["orders"][rest].sum() / max(self["orders"].sum(), 1)
        said = f"{100 * share:.0f} % of orders were on promotion"
        repeat = [effect for effect in self.effects if effect.metric == "repeat"]
        if repeat:
            first = max(repeat, key=lambda effect: effect.customers)
            where = first.arm if first.arm == _ANY else f"on {first.arm}"
            said += (
                f"; of customers won {where} {100 * first.value:.0f} % came back "
                f"in {self.horizon} days, of those won at full price "
                f"{100 * first.control_value:.0f} % (difference "
                f"{100 * first.low:+.1f} to {100 * first.high:+.1f} points)"
            )
        return f"{self.claim}: customers chose when to buy\n{said}"

    def _table(self) -> tuple[list[str], list[list[str]]]:
        c = self.columns
        rows = [
            [
                str(name),
                f"{c['orders'][k]:,}",
                f"{100 * c['new_share'][k]:.1f} %",
                f"{100 * c['discount_rate'][k]:.1f} %",
                shown(float(c["order_value"][k])),
                f"{c['acquired'][k]:,}",
                "" if np.isnan(c["repeat"][k]) else f"{100 * c['repeat'][k]:.1f} %",
                shown(float(c["later_value"][k])),
            ]
            for k, name in enumerate(c["promotion"].tolist())
        ]
        header = ["", "orders", "new", "discount", "order value", "acquired", "repeat"]
        return [*header, f"later {self.basis}"], rows

    @override
    def __repr__(self) -> str:
        return f"{self._headline()}\n{text_table(*self._table())}"

    def _repr_html_(self) -> str:
        return html_report(self._headline(), *self._table())


def promotion_table(
    orders: object,
    *,
    customer: str = "customer_id",
    time: str = "date",
    amount: str = "amount",
    discount: str = "discount",
    promotion: str | None = None,
    horizon: Horizon = "180 days",
    margin: float | None = None,
    level: float = 0.95,
    as_of: Date | None = None,
) -> PromotionTable:
    """Return orders and customers won on promotion beside those at full price.

    Parameters
    ----------
    orders : frame
        One row an order or line. Rows of a customer and day are one purchase, which is
        on promotion if anything was taken off.
    customer, time, amount : str
        The columns that say who, when, and how much was paid.
    discount : str
        The column with what was taken off the price, 0 for none.
    promotion : str, optional
        The column with the promotion's name, missing for none: a row for each.
    horizon : float or str
        How long after their first order customers are followed.
    margin : float, optional
        The share of the full price that is earned: later value is margin net of
        discounts then, and revenue without it.
    level : float
        Confidence level of the intervals.
    as_of : date, optional
        The last day observed.

    Returns
    -------
    PromotionTable

    Notes
    -----
    No experiment: who buys on promotion is another kind of customer, at another time of
    the year. The table says what goes together, not what promotions do.

    Examples
    --------
    >>> import tenure as tn
    >>> orders = {
    ...     "customer_id": [1, 2, 3, 1, 2],
    ...     "date": [
    ...         "2024-01-01",
    ...         "2024-01-01",
    ...         "2024-01-02",
    ...         "2024-02-01",
    ...         "2024-03-01",
    ...     ],
    ...     "amount": [10.0, 8.0, 8.0, 12.0, 20.0],
    ...     "discount": [0.0, 2.0, 2.0, 0.0, 0.0],
    ... }
    >>> table = tn.campaigns.promotion_table(orders, horizon=60, as_of="2024-06-30")
    >>> table["promotion"], table["repeat"], table["later_value"]
    (array(['full price', 'on promotion'], dtype=object), array([1. , 0.5]),
     array([12., 10.]))
    """
    check_level(level, name="level")
    check_margin(margin)
    log = Orders.of(
        orders,
        customer=customer,
        time=time,
        amount=amount,
        discount=discount,
        promotion=promotion,
        as_of=as_of,
    )
    row, names = _rows(log)
    length = whole_days(horizon, "horizon")
    seen = log.days <= log.until
    if not seen.any():
        raise EmptyDataError.of(what="nothing was bought by the last day observed")
    won = followed(log, length, margin)
    columns = {
        "promotion": _named(names),
        **_of_orders(log, row, seen, len(names), level),
        **_of_customers(row[log.offsets[:-1]], won, len(names), level),
    }
    return PromotionTable(
        columns=columns,
        effects=_against_full(row[log.offsets[:-1]], won, names, level),
        horizon=length,
        basis="revenue" if margin is None else "margin",
        level=level,
        family=log.family,
        _orders=log,
    )


def followed(
    orders: Orders, length: int, margin: float | None
) -> tuple[NDArray[np.bool_], NDArray[np.float64], NDArray[np.float64]]:
    """Return who was observed for the horizon, who came back in it, for how much.

    From the day after the first purchase to so many days after it.
    """
    who = np.arange(len(orders.offsets) - 1)
    begin = orders.first_day(who) + 1
    end = begin + length
    again = orders.within(who, begin, end) > 0
    value = orders.within(who, begin, end, "revenue")
    if margin is not None:
        value = earned(value, orders.within(who, begin, end, "discount"), margin)
    return end <= orders.until + 1, again.astype(np.float64), value


def _rows(orders: Orders) -> tuple[NDArray[np.int64], list[Any]]:
    """Return each purchase's row of the table, and the names of the rows."""
    off = np.zeros(len(orders.days)) if orders.discounts is None else orders.discounts
    if orders.promotions is None:
        return (off > 0).astype(np.int64), [_FULL, _ANY]
    names = list(orders.promotion_names)
    if _FULL in names:
        raise ParameterError.of(
            name="promotion",
            expected=f"have no promotion named {_FULL!r}: leave it empty",
            found=repr(_FULL),
        )
    row = orders.promotions + 1
    other = (row == 0) & (off > 0)
    if other.any():
        names.append("other discount")
        row = np.where(other, len(names), row)
    return row, [_FULL, *names]


def _of_orders(
    orders: Orders,
    row: NDArray[np.int64],
    seen: NDArray[np.bool_],
    count: int,
    level: float,
) -> dict[str, NDArray[Any]]:
    """Return what was bought in each row, with customers as the units."""
    first = np.zeros(len(row), np.bool_)
    first[orders.offsets[:-1]] = True
    paid = np.zeros(len(row)) if orders.values is None else orders.values
    off = np.zeros(len(row)) if orders.discounts is None else orders.discounts
    cells, place = np.unique(
        orders.owner[seen] * count + row[seen], return_inverse=True
    )
    group = cells % count

    def summed(values: NDArray[Any] | None) -> NDArray[np.float64]:
        weights = None if values is None else values[seen].astype(np.float64)
        return np.bincount(place, weights, len(cells)).astype(np.float64)

    bought, money, given = summed(None), summed(paid), summed(off)
    counts = np.bincount(group, bought, count).astype(np.int64)
    fresh = np.bincount(group, summed(first), count).astype(np.int64)
    share, low, high = wilson(fresh, counts, level)
    found: dict[str, NDArray[Any]] = {
        "orders": counts,
        "customers": np.bincount(group, minlength=count),
        "revenue": np.bincount(group, money, count),
        "new_share": share,
        "new_share_low": low,
        "new_share_high": high,
    }
    for name, above, below in (
        ("discount_rate", given, money + given),
        ("order_value", money, bought),
    ):
        ends = group_ratios(above, below, group, count, level)
        found |= dict(zip(_ends(name), ends, strict=True))
    return found


def _of_customers(
    row: NDArray[np.int64],
    won: tuple[NDArray[np.bool_], NDArray[np.float64], NDArray[np.float64]],
    count: int,
    level: float,
) -> dict[str, NDArray[Any]]:
    """Return what became of the customers won in each row."""
    there, again, value = won
    group = row[there]
    acquired = np.bincount(group, minlength=count)
    back = np.bincount(group, again[there], count).astype(np.int64)
    repeat = wilson(back, acquired, level)
    later = group_ratios(value[there], np.ones(len(group)), group, count, level)
    return {
        "acquired": acquired,
        **dict(zip(_ends("repeat"), repeat, strict=True)),
        **dict(zip(_ends("later_value"), later, strict=True)),
    }


def _against_full(
    row: NDArray[np.int64],
    won: tuple[NDArray[np.bool_], NDArray[np.float64], NDArray[np.float64]],
    names: list[Any],
    level: float,
) -> tuple[Effect, ...]:
    there, again, value = won
    full = there & (row == 0)
    effects: list[Effect] = []
    for place, name in enumerate(names[1:], start=1):
        own = there & (row == place)
        if not (own.any() and full.any()):
            continue
        how = How(level)
        effects += [
            compare_shares(Side("repeat", name), again[own], again[full], how),
            compare_means(Side("later_value", name), value[own], value[full], how),
        ]
    return tuple(effects)


def _ends(name: str) -> tuple[str, str, str]:
    return name, f"{name}_low", f"{name}_high"


def _named(names: list[Any]) -> NDArray[Any]:
    array = np.empty(len(names), dtype=object)
    array[:] = names
    return array
