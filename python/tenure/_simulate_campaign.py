"""Customers drawn at random beside a campaign, or a programme that they may join."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from tenure._family import family_or_default
from tenure._frame import native_frame
from tenure._simulate import _checked_seed, _count
from tenure.exceptions import ParameterError

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from tenure._family import Family

__all__ = ["simulate_campaign", "simulate_programme"]

_DAYS = 365  # the length of both logs
_FIRST = np.datetime64("2024-01-01", "D")
_PROMOTED, _OFF = 0.2, 0.2  # share of orders on promotion, and how much is taken off


def simulate_campaign(
    n: int,
    *,
    lift: float = 0.2,
    dip: float = 0.0,
    lasting: int = 30,
    arms: int = 2,
    discount: float = 0.0,
    seed: int,
    family: Family | None = None,
) -> tuple[Any, Any]:
    """Draw a year of orders of customers of whom some get a campaign, by chance.

    Customers buy at rates that differ (gamma, one order in 50 days on average); the
    campaign begins on 2024-07-01, and the log ends on 2024-12-30. For so many days
    treated customers buy more often, for as many afterwards less often, if there is a
    dip, and then as before.

    Parameters
    ----------
    n : int
        How many eligible customers, spread evenly over the arms; some never buy.
    lift, dip : float
        The share by which treated customers buy more often at first, and less often
        afterwards.
    lasting : int
        Days for which either holds.
    arms : int
        How many arms there are: "control", "arm 1", "arm 2" ... (two arms: "control"
        and "campaign"). The second of them has half the lift of the first, and so on.
    discount : float
        The share that treated customers get off the price while the lift holds.
        Whatever the arm, a fifth of the other orders is at 20 % off.
    seed : int
        The same seed gives the same customers.
    family : {"pandas", "polars", "pyarrow", "numpy"}, optional
        What the tables are returned as; see `load_cdnow`.

    Returns
    -------
    orders, assignment : frame
        `customer_id`, `date`, `amount` (what was paid) and `discount` (what was taken
        off the price), one row an order; `customer_id`, `arm` and `start`, one row an
        eligible customer.

    Examples
    --------
    >>> import tenure as tn
    >>> orders, assignment = tn.datasets.simulate_campaign(500, seed=1, family="numpy")
    >>> sorted(orders), len(assignment["arm"])
    (['amount', 'customer_id', 'date', 'discount'], 500)
    """
    count, random = _count(n), np.random.default_rng(_checked_seed(seed))
    _check(lift=lift, dip=-dip, discount=-discount)
    if not 2 <= arms <= 20:
        raise ParameterError.of(
            name="arms", expected="lie between 2 and 20", found=repr(arms)
        )
    kind = _Buyers(count, random)
    arm = random.permutation(np.arange(count) % arms)
    start = 182  # 2024-07-01
    gain = np.where(arm > 0, lift * 0.5 ** (np.maximum(arm, 1) - 1), 0.0)
    fall = np.where(arm > 0, dip, 0.0)
    steps = [
        (0, start, np.ones(count)),
        (start, start + lasting, 1 + gain),
        (start + lasting, start + 2 * lasting, 1 - fall),
        (start + 2 * lasting, _DAYS, np.ones(count)),
    ]
    who, day = kind.orders(steps)
    price = kind.prices(who)
    promoted = np.where(random.random(len(who)) < _PROMOTED, _OFF, 0.0)
    inside = (arm[who] > 0) & (day >= start) & (day < start + lasting)
    off = np.where(inside & (discount > 0), discount, promoted)
    names = np.array(
        ["control", "campaign"]
        if arms == 2
        else ["control", *(f"arm {place}" for place in range(1, arms))],
        dtype=object,
    )
    assignment = {
        "customer_id": np.arange(1, count + 1),
        "arm": names[arm],
        "start": np.full(count, _FIRST + start),
    }
    chosen = family_or_default(family)
    return (
        native_frame(_order_columns(who, day, price, off), family=chosen),
        native_frame(assignment, family=chosen),
    )


def simulate_programme(
    n: int,
    *,
    lift: float = 0.1,
    eager: float = 1.0,
    hidden: float = 0.0,
    seed: int,
    family: Family | None = None,
) -> tuple[Any, Any]:
    """Draw a year of orders of customers who may join a loyalty programme.

    Customers are asked at each of their purchases from 2024-04-01 to 2024-09-30, and
    those who like to buy say yes more often: members would buy more even if the
    programme did nothing. From the day after joining they buy more often.

    Parameters
    ----------
    n : int
        How many customers.
    lift : float
        The share by which members buy more often because they are members.
    eager : float
        How much more often heavy buyers say yes: the chance to join at a purchase grows
        with the number of orders so far to this power; with 0 it is the same for all.
        The log shows this reason to join, and matching can allow for it.
    hidden : float
        The same for the customer's true rate of buying, which nobody sees: with more
        than 0, no comparison of members with others is free of bias.
    seed : int
        The same seed gives the same customers.
    family : {"pandas", "polars", "pyarrow", "numpy"}, optional
        What the tables are returned as; see `load_cdnow`.

    Returns
    -------
    orders, members : frame
        Orders as in `simulate_campaign`; `customer_id` and `joined`, one row a member.

    Examples
    --------
    >>> import tenure as tn
    >>> orders, members = tn.datasets.simulate_programme(500, seed=1, family="numpy")
    >>> sorted(members)
    ['customer_id', 'joined']
    """
    count, random = _count(n), np.random.default_rng(_checked_seed(seed))
    _check(lift=lift)
    kind = _Buyers(count, random)
    who, day = kind.orders([(0, _DAYS, np.ones(count))])
    asked = (day >= 91) & (day < 274)
    before = _orders_before(who, day) + 1.0
    chance = 0.06 * (before / before[asked].mean()) ** eager
    chance *= (kind.rate / kind.rate.mean())[who] ** hidden
    said_yes = asked & (random.random(len(who)) < np.minimum(chance, 0.5))
    joined = np.full(count, _DAYS)
    np.minimum.at(joined, who[said_yes], day[said_yes])
    more = random.poisson(
        kind.rate * max(lift, 0.0) * np.maximum(_DAYS - 1 - joined, 0)
    )
    further = np.repeat(np.arange(count), more)
    length = (_DAYS - 1 - joined)[further]
    later = joined[further] + 1 + (random.random(len(further)) * length).astype(int)
    stay = np.ones(len(who), np.bool_)
    if lift < 0:
        stay = (day <= joined[who]) | (random.random(len(who)) < 1 + lift)
    who, day = np.append(who[stay], further), np.append(day[stay], later)
    price = kind.prices(who)
    off = np.where(random.random(len(who)) < _PROMOTED, _OFF, 0.0)
    members = np.flatnonzero(joined < _DAYS)
    chosen = family_or_default(family)
    columns = {"customer_id": members + 1, "joined": _FIRST + joined[members]}
    return (
        native_frame(_order_columns(who, day, price, off), family=chosen),
        native_frame(columns, family=chosen),
    )


class _Buyers:
    """Customers with a rate of buying and a level of spend."""

    def __init__(self, count: int, random: np.random.Generator) -> None:
        self.random = random
        self.rate = random.gamma(0.8, 1 / 40, count)  # a day
        self.level = np.exp(random.normal(3.2, 0.4, count))

    def orders(
        self, steps: list[tuple[int, int, NDArray[np.float64]]]
    ) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
        """Return customer and day of each order, at so many times the usual rate."""
        who: list[NDArray[np.int64]] = []
        day: list[NDArray[np.int64]] = []
        for first, end, times in steps:
            last = min(end, _DAYS)
            length = max(last - first, 0)
            expected = self.rate * times * length
            counts: NDArray[np.int64] = self.random.poisson(expected)
            who.append(np.repeat(np.arange(len(counts)), counts))
            size = int(counts.sum())
            day.append(self.random.integers(first, max(last, first + 1), size))
        return np.concatenate(who), np.concatenate(day)

    def prices(self, who: NDArray[np.int64]) -> NDArray[np.float64]:
        """Return the full price of each order."""
        return self.level[who] * np.exp(self.random.normal(0.0, 0.4, len(who)))


def _orders_before(who: NDArray[np.int64], day: NDArray[np.int64]) -> NDArray[np.int64]:
    """Return how many orders each customer had placed before each order."""
    order = np.lexsort((day, who))
    sorted_who = who[order]
    first = np.flatnonzero(np.append(True, np.diff(sorted_who) != 0))
    counts = np.diff(np.append(first, len(who)))
    before = np.empty(len(who), np.int64)
    before[order] = np.arange(len(who)) - np.repeat(first, counts)
    return before


def _order_columns(
    who: NDArray[np.int64],
    day: NDArray[np.int64],
    price: NDArray[np.float64],
    off: NDArray[np.float64],
) -> dict[str, NDArray[Any]]:
    order = np.lexsort((who, day))
    who, day, price, off = who[order], day[order], price[order], off[order]
    price = np.round(price, 2)
    given = np.floor(100 * price * off + 1e-6) / 100  # never deeper than announced
    return {
        "customer_id": who + 1,
        "date": _FIRST + day,
        "amount": np.round(price - given, 2),
        "discount": given,
    }


def _check(**values: float) -> None:
    for name, value in values.items():
        if not (np.isfinite(value) and value > -1):
            mirrored = name in ("dip", "discount")  # a share that is taken off
            bound = "less than 1" if mirrored else "greater than -1"
            found = repr(-value if mirrored else value)
            raise ParameterError.of(name, f"be finite and {bound}", found=found)
