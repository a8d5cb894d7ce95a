"""How much customers hang on discounts, and how deep ones go with coming back."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from tenure._frame import native_frame
from tenure._intervals import check_level
from tenure._report import counted, html_report, text_table
from tenure._typing import override
from tenure.campaigns._orders import Orders, whole_days
from tenure.campaigns._trial import check_margin
from tenure.campaigns.effect import CLAIMS, shown
from tenure.campaigns.promotions import followed
from tenure.exceptions import EmptyDataError, ParameterError
from tenure.rfm.intervals import group_ratios, wilson

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from tenure._typing import Date
    from tenure._units import Horizon

__all__ = ["DiscountDependence", "discount_dependence"]

_GROUPS = ("never", "up to half", "more than half", "always")


@dataclass(frozen=True, eq=False, repr=False)
class DiscountDependence:
    """Which share of customers' orders is on discount, and what goes with its depth.

    Made by `discount_dependence`.

    Attributes
    ----------
    customers : dict of str to array
        One row a customer; see `customers_frame`.
    distribution : dict of str to array
        One row a group of customers; see `to_frame`.
    depths : dict of str to array
        One row a depth of the first order's discount; see `depths_frame`.
    only, only_low, only_high : float
        The share of customers with several orders who only ever buy on discount.
    several : int
        How many customers have several orders.
    basis : str
        "margin" or "revenue": what later value counts.
    horizon : int
        Days for which customers are followed after their first order.
    level : float
        Confidence level of the intervals.
    family : str
        The kind of frame that results come back as.
    """

    customers: dict[str, NDArray[Any]]
    distribution: dict[str, NDArray[Any]]
    depths: dict[str, NDArray[Any]]
    only: float
    only_low: float
    only_high: float
    several: int
    basis: str
    horizon: int
    level: float
    family: str

    @property
    def claim(self) -> str:
        """What the comparison can claim."""
        return CLAIMS["association"]

    def to_frame(self) -> Any:
        """Return one row a group by the share of orders on discount.

        Returns
        -------
        frame
            `on_discount` ("never" to "always"), `customers`, their `share` with
            Wilson's interval, `revenue`, `revenue_share`, and `orders` a customer.
        """
        return native_frame(self.distribution, family=self.family)

    def customers_frame(self) -> Any:
        """Return one row a customer.

        Returns
        -------
        frame
            `orders`, `discounted_orders` and their `order_share`, `revenue_share` (of
            what was paid, the part paid on discount) and `discount_rate` (what was
            taken off, over the full price).
        """
        return native_frame(self.customers, family=self.family, index="customer_id")

    def depths_frame(self) -> Any:
        """Return one row a depth of the discount on the first order.

        Returns
        -------
        frame
            `above` and `up_to` (the depth, as a share of the full price), `customers`
            observed for the horizon since, `repeat` (the share who came back in it) and
            `later_value` (what one brought after the first order), with their
            intervals.
        """
        return native_frame(self.depths, family=self.family)

    def _headline(self) -> str:
        return (
            f"{self.claim}: customers chose when to buy\n"
            f"{100 * self.only:.1f} % of {counted(self.several, 'customer')} with "
            f"several orders buy on discount only ({100 * self.level:g} % interval "
            f"{100 * self.only_low:.1f} to {100 * self.only_high:.1f} %)"
        )

    def _table(self) -> tuple[list[str], list[list[str]]]:
        d = self.distribution
        rows = [
            [
                name,
                f"{d['customers'][k]:,}",
                f"{100 * d['share'][k]:.1f} %",
                f"{100 * d['revenue_share'][k]:.1f} %",
                shown(float(d["orders"][k])),
            ]
            for k, name in enumerate(_GROUPS)
        ]
        header = ["on discount", "customers", "share", "revenue", "orders each"]
        return header, rows

    @override
    def __repr__(self) -> str:
        return f"{self._headline()}\n{text_table(*self._table())}"

    def _repr_html_(self) -> str:
        return html_report(self._headline(), *self._table())


def discount_dependence(
    orders: object,
    *,
    customer: str = "customer_id",
    time: str = "date",
    amount: str = "amount",
    discount: str = "discount",
    depths: Sequence[float] = (0.1, 0.2, 0.3, 0.5),
    horizon: Horizon = "180 days",
    margin: float | None = None,
    level: float = 0.95,
    as_of: Date | None = None,
) -> DiscountDependence:
    """Return how much customers hang on discounts.

    Parameters
    ----------
    orders, customer, time, amount, discount, horizon, margin, level, as_of
        As for `promotion_table`.
    depths : sequence of float
        Where depths of discounts are cut: 0.1 is 10 % off the full price.

    Returns
    -------
    DiscountDependence

    Notes
    -----
    No experiment. A customer with one order is "never" or "always" by chance: look at
    `only`, which is of customers with several.

    Examples
    --------
    >>> import tenure as tn
    >>> orders = {
    ...     "customer_id": [1, 1, 2, 2, 3],
    ...     "date": ["2024-01-01", "2024-02-01"] * 2 + ["2024-01-05"],
    ...     "amount": [8.0, 8.0, 10.0, 9.0, 10.0],
    ...     "discount": [2.0, 2.0, 0.0, 1.0, 0.0],
    ... }
    >>> found = tn.campaigns.discount_dependence(orders)
    >>> found.only, found.distribution["customers"]
    (0.5, array([1, 1, 0, 1]))
    """
    check_level(level, name="level")
    check_margin(margin)
    cuts = _cuts(depths)
    log = Orders.of(
        orders,
        customer=customer,
        time=time,
        amount=amount,
        discount=discount,
        as_of=as_of,
    )
    who = np.flatnonzero(log.first_day(np.arange(len(log.offsets) - 1)) <= log.until)
    if not len(who):
        raise EmptyDataError.of(what="nothing was bought by the last day observed")
    each = _each(log, who)
    several = each["orders"] >= 2
    always = int((several & (each["order_share"] == 1)).sum())
    only, low, high = (
        float(end[0]) for end in wilson(np.array([always]), int(several.sum()), level)
    )
    length = whole_days(horizon, "horizon")
    return DiscountDependence(
        customers=each,
        distribution=_distribution(each, level),
        depths=_by_depth(log, who, cuts, followed(log, length, margin), level),
        only=only,
        only_low=low,
        only_high=high,
        several=int(several.sum()),
        basis="revenue" if margin is None else "margin",
        horizon=length,
        level=level,
        family=log.family,
    )


def _cuts(depths: Sequence[float]) -> NDArray[np.float64]:
    cuts = np.asarray(depths, dtype=np.float64)
    inside = (cuts > 0).all() and (cuts < 1).all() and (np.diff(cuts) > 0).all()
    if cuts.ndim != 1 or not inside:
        raise ParameterError.of(
            name="depths",
            expected="rise, each between 0 and 1",
            found=repr(depths),
        )
    return cuts


def _each(orders: Orders, who: NDArray[np.int64]) -> dict[str, NDArray[Any]]:
    """Return what each customer did on discount, up to the last day observed."""
    seen = orders.days <= orders.until
    owner, count = orders.owner[seen], len(orders.offsets) - 1
    off = np.zeros(len(seen)) if orders.discounts is None else orders.discounts
    paid = np.zeros(len(seen)) if orders.values is None else orders.values
    off, paid = off[seen], paid[seen]
    on = off > 0
    bought = np.bincount(owner, minlength=count)[who]
    cheap = np.bincount(owner[on], minlength=count)[who]
    money = np.bincount(owner, paid, count)[who]
    cheap_money = np.bincount(owner[on], paid[on], count)[who]
    given = np.bincount(owner, off, count)[who]
    with np.errstate(divide="ignore", invalid="ignore"):
        return {
            "customer_id": orders.log.customers[who],
            "orders": bought,
            "discounted_orders": cheap,
            "order_share": cheap / bought,
            "revenue": money,
            "revenue_share": np.where(money > 0, cheap_money / money, np.nan),
            "discount_rate": np.where(
                money + given > 0, given / (money + given), np.nan
            ),
        }


def _distribution(
    each: dict[str, NDArray[Any]], level: float
) -> dict[str, NDArray[Any]]:
    share = each["order_share"]
    group = np.select([share == 0, share <= 0.5, share < 1], [0, 1, 2], 3)
    customers = np.bincount(group, minlength=4)
    part, low, high = wilson(customers, len(share), level)
    revenue = np.bincount(group, each["revenue"], 4)
    bought = np.bincount(group, each["orders"], 4)
    total = revenue.sum()
    with np.errstate(divide="ignore", invalid="ignore"):
        return {
            "on_discount": np.array(_GROUPS, dtype=object),
            "customers": customers,
            "share": part,
            "share_low": low,
            "share_high": high,
            "revenue": revenue,
            "revenue_share": revenue / total if total > 0 else np.full(4, np.nan),
            "orders": bought / customers,
        }


def _by_depth(
    orders: Orders,
    who: NDArray[np.int64],
    cuts: NDArray[np.float64],
    won: tuple[NDArray[np.bool_], NDArray[np.float64], NDArray[np.float64]],
    level: float,
) -> dict[str, NDArray[Any]]:
    there, again, value = won[0][who], won[1][who], won[2][who]
    first = orders.offsets[:-1][who]
    off = np.zeros(len(who)) if orders.discounts is None else orders.discounts[first]
    paid = np.zeros(len(who)) if orders.values is None else orders.values[first]
    full = paid + off
    depth = np.divide(off, full, out=np.zeros(len(who)), where=full > 0)
    # a hair below each cut: 2 off 20 is 10 %, whatever the last bit says
    group = np.where(off > 0, 1 + np.searchsorted(cuts, depth - 1e-9), 0)[there]
    count = len(cuts) + 2
    acquired = np.bincount(group, minlength=count)
    back = np.bincount(group, again[there], count).astype(np.int64)
    repeat = wilson(back, acquired, level)
    later = group_ratios(value[there], np.ones(len(group)), group, count, level)
    return {
        "above": np.concatenate([[0.0, 0.0], cuts]),
        "up_to": np.concatenate([[0.0], cuts, [1.0]]),
        "customers": acquired,
        "repeat": repeat[0],
        "repeat_low": repeat[1],
        "repeat_high": repeat[2],
        "later_value": later[0],
        "later_value_low": later[1],
        "later_value_high": later[2],
    }
