"""A loyalty programme: who is in it, how loyal they are, and what it does."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import pairwise
from typing import TYPE_CHECKING, Any

import numpy as np

from tenure._frame import Table, native_frame
from tenure._intervals import check_level
from tenure._report import counted, html_report, text_table
from tenure._typing import override
from tenure.campaigns._assignment import unique_customers
from tenure.campaigns._orders import Orders, day_of, whole_days
from tenure.campaigns.effect import shown
from tenure.campaigns.matched import Matched, matched
from tenure.exceptions import DataError, EmptyDataError, ParameterError
from tenure.rfm.intervals import group_ratios, wilson
from tenure.rfm.migration import Migration

if TYPE_CHECKING:
    from collections.abc import Sequence

    from matplotlib.axes import Axes
    from numpy.typing import NDArray

    from tenure._typing import Date
    from tenure._units import Horizon

__all__ = ["Loyalty", "TierMigration", "loyalty", "loyalty_index", "tier_migration"]


@dataclass(frozen=True, eq=False, repr=False)
class TierMigration(Migration):
    """Who was in which tier at one date, and in which at the next.

    Made by `tier_migration`. Customers who come were in no tier at the first date;
    "Lost" are those in none at the second.
    """

    @override
    def _headline(self) -> str:
        return f"Tiers at {', '.join(map(str, self.dates))}"

    @override
    def _words(self) -> str:
        return super()._words().replace("segment", "tier")


@dataclass(frozen=True, eq=False, repr=False)
class Loyalty:
    """What there is to know of a loyalty programme.

    Made by `loyalty`.

    Attributes
    ----------
    effect : Matched
        Members against like customers who had not joined at the same time.
    index : frame
        How loyal members and others are; see `loyalty_index`.
    tiers : TierMigration or None
        Movement between tiers, if there are any.
    members, customers : int
        Members, and customers in all.
    """

    effect: Matched
    index: Any
    tiers: TierMigration | None
    members: int
    customers: int
    _rows: list[list[str]]

    @property
    def claim(self) -> str:
        """What the comparison of members with others can claim."""
        return self.effect.claim

    def to_frame(self) -> Any:
        """Return the index: one row a group."""
        return self.index

    def plot(self, metric: str = "orders", *, ax: Axes | None = None) -> Axes:
        """Draw the effect beside naive estimates; see `plotting.plot_estimates`."""
        return self.effect.plot(metric, ax=ax)

    def _headline(self) -> str:
        lines = self.effect._headline().split("\n")  # noqa: SLF001
        share = 100 * self.members / max(self.customers, 1)
        who = f"{counted(self.members, 'member')}, {share:.1f} % of the customers"
        return "\n".join([*lines[:2], who])

    @override
    def __repr__(self) -> str:
        parts = [self._headline(), text_table(_HEADER, self._rows)]
        if self.tiers is not None:
            parts.append(repr(self.tiers))
        return "\n".join(parts)

    def _repr_html_(self) -> str:
        below = "" if self.tiers is None else self.tiers._repr_html_()
        return html_report(self._headline(), _HEADER, self._rows) + below


_HEADER = ["", "customers", "active", "repeat", "streak"]


def loyalty(
    orders: object,
    members: object,
    *,
    tiers: object = None,
    order: Sequence[str] = (),
    dates: Sequence[Date] = (),
    customer: str = "customer_id",
    joined: str = "joined",
    window: Horizon = "90 days",
    level: float = 0.95,
    time: str = "date",
    amount: str | None = "amount",
    as_of: Date | None = None,
    **matching: Any,
) -> Loyalty:
    """Return how loyal members are, what the programme does, and who moves up.

    Parameters
    ----------
    orders, members, customer, joined, window, level, time, amount, as_of
        As for `matched`.
    tiers, order, dates
        As for `tier_migration`, whose columns are `customer`, "date" and "tier"; left
        out if there are no tiers.
    **matching
        Further arguments of `matched`: `every`, `history`, `matches`, `caliper`,
        `seed`.

    Returns
    -------
    Loyalty

    Examples
    --------
    >>> import tenure as tn
    >>> orders, members = tn.datasets.simulate_programme(2000, seed=3, family="numpy")
    >>> programme = tn.campaigns.loyalty(orders, members)
    >>> programme.members, programme.index["group"]
    (296, array(['members', 'others', 'everybody'], dtype=object))
    """
    effect = matched(
        orders,
        members,
        customer=customer,
        time=time,
        amount=amount,
        joined=joined,
        window=window,
        level=level,
        as_of=as_of,
        **matching,
    )
    log = Orders.of(orders, customer=customer, time=time, amount=amount, as_of=as_of)
    table = Table.of(members)
    when = _days(table, joined)
    who = unique_customers(table, customer, log)[when <= log.until]
    is_member = np.zeros(len(log.offsets) - 1, np.bool_)
    is_member[who[who >= 0]] = True
    found = _index(log, is_member, level, "90 days", as_of)
    moved = None
    if tiers is not None:
        moved = tier_migration(
            tiers, order=order, dates=dates, customer=customer, level=level
        )
    return Loyalty(
        effect=effect,
        index=native_frame(found, family=log.family),
        tiers=moved,
        members=int(found["customers"][0]),
        customers=int(found["customers"][-1]),
        _rows=[
            [
                name,
                f"{found['customers'][k]:,}",
                f"{100 * found['active'][k]:.1f} %",
                f"{100 * found['repeat'][k]:.1f} %",
                shown(float(found["streak"][k])),
            ]
            for k, name in enumerate(found["group"].tolist())
        ],
    )


def loyalty_index(
    orders: object,
    *,
    members: object = None,
    active: Horizon = "90 days",
    customer: str = "customer_id",
    time: str = "date",
    amount: str | None = "amount",
    as_of: Date | None = None,
    level: float = 0.95,
) -> Any:
    """Return how loyal customers are: active, coming back, month after month.

    Parameters
    ----------
    orders : Transactions or frame
        The orders.
    members : frame, optional
        One row a member: with it, members and others have a row each.
    active : float or str
        Who bought in so many last days is active.
    customer, time, amount : str
        The columns; `members` has `customer` too.
    as_of : date, optional
        The last day observed.
    level : float
        Confidence level of the intervals.

    Returns
    -------
    frame
        One row a group: `customers` who had bought by then; `active`, the share who
        bought in the last days; `buyers` of the last 12 months and `repeat`, the share
        of them with a second purchase in those; `streak`, the mean number of complete
        months in a row, up to the last one, with a purchase of active customers. Ends
        of their intervals are in `_low` and `_high`.

    Notes
    -----
    The groups are compared as they are: members are other people than the rest. What a
    programme does is another question; see `matched`. The share of a customer's
    spending in the whole category, a fourth sign of loyalty, is not in a log of orders.

    Examples
    --------
    >>> import tenure as tn
    >>> orders = {
    ...     "customer_id": [1, 1, 2],
    ...     "date": ["2024-01-10", "2024-02-10", "2024-01-20"],
    ... }
    >>> index = tn.campaigns.loyalty_index(
    ...     orders, amount=None, active="30 days", as_of="2024-02-29"
    ... )
    >>> index["active"], index["repeat"], index["streak"]
    (array([0.5]), array([0.5]), array([2.]))
    """
    check_level(level, name="level")
    log = Orders.of(orders, customer=customer, time=time, amount=amount, as_of=as_of)
    is_member: NDArray[np.bool_] | None = None
    if members is not None:
        who = unique_customers(Table.of(members), customer, log)
        is_member = np.zeros(len(log.offsets) - 1, np.bool_)
        is_member[who[who >= 0]] = True
    columns = _index(log, is_member, level, active, as_of)
    return native_frame(columns, family=log.family)


def _index(
    log: Orders,
    is_member: NDArray[np.bool_] | None,
    level: float,
    active: Horizon,
    as_of: Date | None,
) -> dict[str, NDArray[Any]]:
    every = np.arange(len(log.offsets) - 1)
    who = every[log.first_day(every) <= log.until]
    if not len(who):
        raise EmptyDataError.of(what="nobody had bought by the last day observed")
    end = np.full(len(who), log.until + 1)
    late = log.within(who, end - whole_days(active, "active"), end) > 0
    year = log.within(who, end - 365, end)
    streaks = Table.of(log.log.streaks("month", as_of=as_of))
    running = streaks.numbers("current_streak").values
    groups = [("everybody", np.ones(len(who), np.bool_))]
    if is_member is not None:
        own = is_member[who]
        groups = [("members", own), ("others", ~own), *groups]
    rows: list[dict[str, Any]] = []
    for name, side in groups:
        count = int(side.sum())
        buyers = int((year[side] > 0).sum())
        share = wilson(np.array([late[side].sum()]), count, level)
        again = wilson(np.array([(year[side] > 1).sum()]), buyers, level)
        some = running[side & late]
        mean = group_ratios(
            some, np.ones(len(some)), np.zeros(len(some), np.int64), 1, level
        )
        row: dict[str, Any] = {"group": name, "customers": count}
        row |= _three("active", share)
        row |= {"buyers": buyers} | _three("repeat", again) | _three("streak", mean)
        rows.append(row)
    return {
        name: np.array([row[name] for row in rows], object if name == "group" else None)
        for name in rows[0]
    }


def _three(name: str, ends: tuple[NDArray[np.float64], ...]) -> dict[str, float]:
    names = (name, f"{name}_low", f"{name}_high")
    return {one: float(end[0]) for one, end in zip(names, ends, strict=True)}


def tier_migration(
    tiers: object,
    *,
    order: Sequence[str],
    dates: Sequence[Date],
    customer: str = "customer_id",
    date: str = "date",
    tier: str = "tier",
    level: float = 0.95,
) -> TierMigration:
    r"""Return who was in which tier at one date, and in which at the next.

    Parameters
    ----------
    tiers : frame
        One row a change: from its day on the customer is in the tier. A missing tier is
        the end of membership.
    order : sequence of str
        The tiers, from the best to the lowest.
    dates : sequence of date
        Two or more, at whose ends tiers are compared.
    customer, date, tier : str
        The columns.
    level : float
        Confidence level of the intervals.

    Returns
    -------
    TierMigration
        With `to_frame`, `matrix`, `stability`, `stationary` and `plot` as for `RFM`.

    Examples
    --------
    >>> import tenure as tn
    >>> tiers = {
    ...     "customer_id": [1, 2, 2, 3],
    ...     "date": ["2024-01-05", "2024-01-05", "2024-06-01", "2024-07-01"],
    ...     "tier": ["silver", "silver", "gold", "silver"],
    ... }
    >>> tn.campaigns.tier_migration(
    ...     tiers, order=["gold", "silver"], dates=["2024-01-31", "2024-12-31"]
    ... )
    Tiers at 2024-01-31, 2024-12-31
    from \ to   gold  silver  Lost
    gold
    silver        1       1
    New since             1
    1 of 2 customers (50 %) stayed in their tier; 1 came, 0 were lost
    """
    check_level(level, name="level")
    names = tuple(order)
    if len(names) < 1 or len(set(names)) < len(names):
        raise ParameterError.of(
            name="order",
            expected="name each tier once, from the best on",
            found=repr(list(order)),
        )
    days = [day_of(one, "dates") for one in dates]
    if len(days) < 2 or sorted(set(days)) != days:
        raise ParameterError.of(
            name="dates", expected="be two or more that rise", found=repr(list(dates))
        )
    table = Table.of(tiers)
    who = table.codes(customer)
    changed = _days(table, date)
    rank = _ranks(table, tier, names)
    sequence = np.lexsort((changed, who.values))
    size = len(names) + 1
    placed = [
        _tiers_at(day, who.values[sequence], changed[sequence], rank[sequence], size)
        for day in days
    ]
    cells = [a * size + b for a, b in pairwise(placed)]
    counts = np.array([np.bincount(one, minlength=size**2) for one in cells])
    counts = counts.reshape(len(cells), size, size)
    counts[:, -1, -1] = 0  # in no tier at either date
    return TierMigration(
        dates=tuple(np.datetime64(day, "D") for day in days),
        thresholds="fitted",
        segments=tuple(map(str, names)),
        counts=counts,
        revenue=None,
        value=None,
        level=level,
        _family=table.family,
    )


def _ranks(table: Table, tier: str, names: tuple[str, ...]) -> NDArray[np.int64]:
    codes = table.codes(tier)
    place = {name: rank for rank, name in enumerate(names)}
    known = [place.get(name, -1) for name in codes.categories.tolist()]
    rank = np.array([*known, len(names)], np.int64)[codes.values]
    bad = rank < 0
    if bad.any():
        row = int(bad.argmax())
        raise DataError.at(
            tier,
            f"hold the tiers of `order`, {', '.join(map(repr, names))}, or nothing",
            row=row,
            found=repr(codes.categories[codes.values[row]]),
            count=int(bad.sum()),
        )
    return rank


def _tiers_at(
    day: int,
    who: NDArray[np.int64],
    changed: NDArray[np.int64],
    rank: NDArray[np.int64],
    size: int,
) -> NDArray[np.int64]:
    """Return each customer's tier at the end of a day; the last place is none."""
    found = np.full(int(who.max()) + 1, size - 1)
    before = changed <= day
    found[who[before]] = rank[before]  # the last change of a customer stays
    return found


def _days(table: Table, column: str) -> NDArray[np.int64]:
    times = table.instants(column)
    if times.missing is not None:
        raise DataError.at(
            column,
            "say when",
            row=int(times.missing.argmax()),
            found="nothing",
            count=int(times.missing.sum()),
        )
    days = times.values.astype("datetime64[us]").astype("datetime64[D]")
    return days.astype(np.int64)
