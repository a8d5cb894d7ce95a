"""Members against like customers who had not joined at the same time."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import numpy as np

from tenure._frame import Table, native_frame
from tenure._intervals import check_level
from tenure._report import counted, html_report, text_table
from tenure._typing import override
from tenure.campaigns._assignment import unique_customers
from tenure.campaigns._landmarks import Landmarks, landmark_days
from tenure.campaigns._matching import Matches, match
from tenure.campaigns._orders import Orders, whole_days
from tenure.campaigns._unmatched import immortal, unadjusted
from tenure.campaigns.effect import CLAIMS, Effect, effect_rows, effects_frame
from tenure.exceptions import DataError, EmptyDataError, ParameterError

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from numpy.typing import NDArray

    from tenure._typing import Date
    from tenure._units import Horizon
    from tenure.campaigns._landmarks import Every

__all__ = ["Matched", "matched"]

_NEVER = 10**8
"""A day later than any."""


@dataclass(frozen=True, eq=False, repr=False)
class Matched:
    """What members did beyond like customers who were not members at the time.

    Made by `matched`.

    Attributes
    ----------
    effects : tuple of Effect
        Members less their matches, a customer in the window: "orders", "revenue" and
        "bought" (the share with an order).
    naive : tuple of Effect
        What two wrong ways would have said of the same: "unadjusted" takes all who had
        not joined at the same time, however unlike; "immortal time" takes everybody
        who ever joined against those who never did, from the first purchase on, so
        that members get credit for having lived to join.
    members, unmatched : int
        Members who were compared, and those without anybody like them.
    left_out : dict of str to int
        Members who could not be compared at all, by reason.
    controls : int
        Customers who serve as matches, some of them several times.
    joined_later : float
        The share of matches who join within the window: they stay matches, which makes
        the effect look smaller.
    balance : dict of str to array
        For each covariate the standardised mean difference before and after.
    window : int
        Days of the window.
    level : float
        Confidence level of the intervals.
    family : str
        The kind of frame that results come back as.
    """

    effects: tuple[Effect, ...]
    naive: tuple[Effect, ...]
    members: int
    unmatched: int
    left_out: dict[str, int]
    controls: int
    joined_later: float
    balance: dict[str, NDArray[Any]]
    window: int
    level: float
    family: str
    _pairs: dict[str, NDArray[Any]] = field(repr=False)

    @property
    def claim(self) -> str:
        """What the comparison can claim."""
        return CLAIMS["matched"]

    def effect(self, metric: str) -> Effect:
        """Return the effect on "orders", "revenue" or "bought"."""
        named = {effect.metric: effect for effect in self.effects}
        if metric not in named:
            expected = f"be one of {', '.join(named)}"
            raise ParameterError.of(
                name="metric", expected=expected, found=repr(metric)
            )
        return named[metric]

    def to_frame(self) -> Any:
        """Return one row an estimate: the matched ones, then the naive ones."""
        without = ("p_holm", "variance_reduction")
        both = (*self.effects, *self.naive)
        return effects_frame(both, self.family, without=without)

    def balance_frame(self) -> Any:
        """Return one row a covariate: how unlike the groups were before and after."""
        return native_frame(self.balance, family=self.family)

    def pairs(self) -> Any:
        """Return one row a pair: `member`, `control`, `landmark`, `weight`."""
        return native_frame(self._pairs, family=self.family)

    def plot(self, metric: str = "orders", *, ax: Axes | None = None) -> Axes:
        """Draw the estimate beside the naive ones; see `plotting.plot_estimates`."""
        from tenure.plotting.campaigns import plot_estimates  # noqa: PLC0415

        return plot_estimates(self, metric, ax=ax)

    def _headline(self) -> str:
        first = self.effects[1 if len(self.effects) > 2 else 0]
        immortal_time = next(
            e for e in self.naive if (e.metric, e.method) == (first.metric, _IMMORTAL)
        )
        worst = float(np.abs(self.balance["after"]).max())
        gain = (
            f"Members: {first.difference:+,.4g} {first.metric} a customer in "
            f"{counted(self.window, 'day')} ({100 * self.level:g} % interval "
            f"{first.low:+,.4g} to {first.high:+,.4g}); ever against never members "
            f"would have said {immortal_time.difference:+,.4g}"
        )
        who = (
            f"{counted(self.members, 'member')} matched with "
            f"{counted(self.controls, 'customer')}; {self.unmatched:,} without a match"
            + "".join(f"; {n:,} {why}" for why, n in self.left_out.items() if n)
            + f"; largest difference left {worst:.2f} standard deviations"
        )
        return f"{self.claim}\n{gain}\n{who}"

    @override
    def __repr__(self) -> str:
        table = effect_rows((*self.effects, *self.naive), arms=False)
        return f"{self._headline()}\n{text_table(*table)}"

    def _repr_html_(self) -> str:
        table = effect_rows((*self.effects, *self.naive), arms=False)
        return html_report(self._headline(), *table)


_IMMORTAL = "immortal time"


def matched(
    orders: object,
    members: object,
    *,
    customer: str = "customer_id",
    joined: str = "joined",
    window: Horizon = "90 days",
    history: Horizon = "90 days",
    every: Every = "week",
    matches: int = 3,
    caliper: float = 0.2,
    seed: int = 0,
    level: float = 0.95,
    time: str = "date",
    amount: str | None = "amount",
    as_of: Date | None = None,
) -> Matched:
    """Compare members with like customers who had not joined at the same time.

    For each period in which somebody joined, the customers are looked at as of its
    last day: those who joined in it are matched with some who had bought by then but
    not joined, alike in what they had done up to and including that day, and who bought
    (or did not buy) in the same period, because joining usually happens at a purchase.
    Outcomes are counted from the next day on, for both: nobody is credited with time in
    which they could not fail, the "immortal time" before joining.

    Parameters
    ----------
    orders : Transactions or frame
        The orders of members and others.
    members : frame
        One row a member.
    customer, joined : str
        The columns with the member and the day of joining.
    window : float or str
        How long outcomes are counted from the day after the landmark.
    history : float or str
        How long before it orders are recent ones.
    every : {"day", "week", "month"}
        How far apart landmarks are.
    matches : int
        How many matches each member gets, if there are so many within the caliper.
    caliper : float
        How unlike a match may be: standard deviations of the log odds of joining.
    seed : int
        For the sample of non-members to which the odds of joining are fitted.
    level : float
        Confidence level of the intervals.
    time, amount : str
        The columns of a frame of orders.
    as_of : date, optional
        The last day observed.

    Returns
    -------
    Matched

    Notes
    -----
    A sequence of target trials (Hernan and Robins 2016) on landmarks. Matching is on
    the log odds of joining (a logistic regression on age, recency, orders and spend, in
    all and recent, on log scales), with replacement; what differs still is taken off by
    a weighted regression on the same covariates, whose standard errors let all rows of
    a customer go together (Abadie and Spiess 2022). It cannot take off what was not
    measured: plans to buy more that make people join are one.

    Examples
    --------
    >>> import tenure as tn
    >>> orders, members = tn.datasets.simulate_programme(
    ...     3000, lift=0.0, seed=3, family="numpy"
    ... )
    >>> found = tn.campaigns.matched(orders, members)
    >>> naive = next(e for e in found.naive if e.method == "immortal time")
    >>> bool(naive.low > 0), bool(found.effect("orders").low < 0)
    (True, True)
    """
    check_level(level, name="level")
    _check_matches(matches, caliper)
    log = Orders.of(orders, customer=customer, time=time, amount=amount, as_of=as_of)
    length = whole_days(window, "window")
    table = Table.of(members)
    who = unique_customers(table, customer, log)
    when = _days(table, joined)
    by_customer = np.full(len(log.log.customers), _NEVER)
    by_customer[who[who >= 0]] = when[who >= 0]
    places = Landmarks(log, by_customer, whole_days(history, "history"), every)
    landmark = landmark_days(when, every)
    left_out = _left_out(log, who, landmark, length)
    ready = left_out.pop("")
    days = np.unique(landmark[ready]).tolist()
    if not days:
        raise EmptyDataError.of(
            what="no member can be compared",
            hint="choose a shorter `window` or a later `as_of`",
        )
    found = match(places, days, matches=matches, caliper=caliper, seed=seed)
    return _result(places, found, left_out, (length, level), table.family)


def _result(
    places: Landmarks,
    found: Matches,
    left_out: dict[str, int],
    settings: tuple[int, float],
    family: str,
) -> Matched:
    log, (length, level) = places.orders, settings
    effects = found.effects(log, length, level)
    naive = (
        *unadjusted(places, found, length, level),
        *immortal(log, places.joined < _NEVER, length, level),
    )
    controls = ~found.treated
    later = places.joined[found.who[controls]]
    inside = later <= found.day[controls] + length
    weight = found.weight[controls]
    return Matched(
        effects=tuple(effects),
        naive=naive,
        members=int(found.treated.sum()),
        unmatched=found.unmatched,
        left_out=left_out,
        controls=len(np.unique(found.who[controls])),
        joined_later=float(weight[inside].sum() / weight.sum()),
        balance=found.balance(places.names),
        window=length,
        level=level,
        family=family,
        _pairs=found.pairs(log.log.customers),
    )


def _days(table: Table, joined: str) -> NDArray[np.int64]:
    times = table.instants(joined)
    if times.missing is not None:
        raise DataError.at(
            joined,
            "say when each member joined",
            row=int(times.missing.argmax()),
            found="nothing",
            count=int(times.missing.sum()),
            hint="leave out customers who are not members",
        )
    days = times.values.astype("datetime64[us]").astype("datetime64[D]")
    return days.astype(np.int64)


def _left_out(
    log: Orders, who: NDArray[np.int64], landmark: NDArray[np.int64], length: int
) -> dict[str, Any]:
    """Return which members can be compared (named ""), and how many not, and why."""
    known = who >= 0
    first = np.full(len(who), _NEVER)
    first[known] = log.first_day(who[known])
    before = first <= landmark
    over = landmark + length <= log.until
    return {
        "": before & over,
        "joined before they had bought": int((~before).sum()),
        "whose window was not over": int((before & ~over).sum()),
    }


def _check_matches(matches: int, caliper: float) -> None:
    if isinstance(matches, bool) or int(matches) != matches or matches < 1:
        raise ParameterError.of(
            name="matches",
            expected="be a whole number of at least 1",
            found=repr(matches),
        )
    if not caliper > 0:
        raise ParameterError.of(
            name="caliper", expected="be greater than 0", found=repr(caliper)
        )
