"""What each lens says, in sentences made from its numbers."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from tenure._report import counted
from tenure.auditing.period_to_period import FACTORS, GROUPS

if TYPE_CHECKING:
    from tenure.auditing.between_customers import BetweenCustomers
    from tenure.auditing.cohorts_compared import CohortsCompared
    from tenure.auditing.one_cohort import OneCohort
    from tenure.auditing.period_to_period import PeriodToPeriod
    from tenure.auditing.products import Products
    from tenure.auditing.whole_base import WholeBase

__all__ = [
    "of_between_customers",
    "of_cohorts_compared",
    "of_one_cohort",
    "of_period_to_period",
    "of_products",
    "of_whole_base",
]


def of_between_customers(found: BetweenCustomers) -> list[str]:
    """Return how the customers of a period differ."""
    best = found.concentration.sentences()[0].replace("The best", "the best", 1)
    once = int((found.orders == 1).sum())
    said = [
        f"In {found.label}, {best}"
        if best.startswith("the best")
        else f"In {found.label}: {best}"
    ]
    said.append(
        f"{_percent(once / found.customers)} of the "
        f"{counted(found.customers, 'customer')} bought once only, and "
        f"{_percent(float(found.new.mean()))} had never bought before."
    )
    return [*said, *_why(found)]


def _why(found: BetweenCustomers) -> list[str]:
    """Say whether the best buy more often, or more at a time."""
    c = found._deciles()  # noqa: SLF001
    if len(c["decile"]) < 10 or found.what == "orders":
        return []
    first, rest = slice(0, 1), slice(1, None)
    often, dear = (
        _ratio(
            c["orders"][first].sum() / c["customers"][first].sum(),
            c["orders"][rest].sum() / c["customers"][rest].sum(),
        ),
        _ratio(
            c["value"][first].sum() / c["orders"][first].sum(),
            c["value"][rest].sum() / c["orders"][rest].sum(),
        ),
    )
    if not (np.isfinite(often) and np.isfinite(dear)):
        return []
    more = "how often they buy" if often > dear else "what an order is worth"
    return [
        (
            f"The best tenth order {often:.1f} times as often as the others "
            f"and {dear:.1f} times as much at a time: it is mostly {more} that sets "
            "them apart."
        )
    ]


def of_period_to_period(found: PeriodToPeriod) -> list[str]:
    """Return what changed from one period to the next."""
    first, last = found.labels
    before, after = float(found.before.sum()), float(found.after.sum())
    said = [
        (
            f"{_capital(found.what)} {_moved(before, after)} from {first} to {last}: "
            f"{_money(before, found.what)} became {_money(after, found.what)}."
        )
    ]
    share, low, high = found.retained
    if np.isfinite(share):
        said.append(
            f"{_percent(share)} of the customers of {first} bought again in {last} "
            f"({_level(found.level)} {_percent(low)} to {_percent(high)})."
        )
    return [*said, *_groups(found), *_factor(found)]


def _groups(found: PeriodToPeriod) -> list[str]:
    change = dict(zip(GROUPS, (found.after - found.before).tolist(), strict=True))
    gone = change["not again"] + change["spent less"]
    came = change["spent more"] + change["back again"] + change["new"]
    if gone == 0 and came == 0:
        return []
    gained = {name: change[name] for name in GROUPS[3:]}
    most = max(gained, key=lambda name: gained[name])
    words = {
        "spent more": "customers who spent more than before",
        "back again": "customers who came back",
        "new": "new customers",
    }
    said = (
        f"Customers who did not come again or spent less took away "
        f"{_money(-gone, found.what)}; the others added {_money(came, found.what)}"
    )
    part = f", most of it from {words[most]}" if gained[most] > came / 2 > 0 else ""
    return [f"{said}{part}."]


def _factor(found: PeriodToPeriod) -> list[str]:
    """Say which factor made most of the change."""
    if found.what == "orders" or not np.isfinite(found.effects).all():
        return []
    if not found.effects.any():
        return []
    place = int(np.argmax(np.abs(found.effects)))
    words = {
        "customers": "the number of customers",
        "orders_per_customer": "how often customers ordered",
        "value_per_order": "what an order was worth",
    }
    verb = "added" if found.effects[place] > 0 else "took away"
    return [
        (
            f"Of the three factors {words[FACTORS[place]]} mattered most: it {verb} "
            f"{_money(abs(float(found.effects[place])), found.what)}."
        )
    ]


def of_one_cohort(found: OneCohort) -> list[str]:
    """Return what became of a cohort."""
    c, last = found.columns, len(found) - 1
    many = "one customer" if found.size == 1 else counted(found.size, "customer")
    who = f"Of the {many} who came in {found.label}"
    if last < 1:
        return [f"{who}, nothing later is known yet: no further {found.every} is over."]
    said = [
        (
            f"{who}, {_percent(c['share'][1])} bought in the {found.every} after "
            f"that and {_percent(c['share'][last])} in the last one "
            f"({_level(found.level)} {_percent(c['share_low'][last])} to "
            f"{_percent(c['share_high'][last])})."
        )
    ]
    start, now = float(c["cumulative"][0]), float(c["cumulative"][last])
    if now > 0:
        said.append(
            f"A customer of theirs has brought {_money(now, found.what)}, "
            f"{_percent(1 - start / now)} of it after the first {found.every}."
        )
    edge = (
        f"The log begins with that {found.every}: some of them may have come before it."
    )
    return [*said, *_left(found), *([edge] * found.is_first)]


def _left(found: OneCohort) -> list[str]:
    """Say whether those who are left order more or less each time."""
    c = found.columns
    then, now = float(c["value_per_order"][1]), float(c["value_per_order"][-1])
    if found.what == "orders" or len(found) < 3 or not then > 0 or np.isnan(now):
        return []
    change = now / then - 1
    if abs(change) < 0.05:
        how = "spend about as much an order as"
    else:
        more = "more" if change > 0 else "less"
        how = f"spend {_percent(abs(change))} {more} an order than"
    return [f"Those who still buy {how} those of the {found.every} after the first."]


def of_cohorts_compared(found: CohortsCompared) -> list[str]:
    """Return how cohorts differ."""
    c, labels = found.columns, found.labels()
    known = np.flatnonzero(np.isfinite(c["value"]))
    best = int(known[np.argmax(c["value"][known])])
    worst = int(known[np.argmin(c["value"][known])])
    age = f"within {counted(found.age + 1, found.every)} of coming"
    said: list[str] = []
    if c["value"][best] == c["value"][worst]:
        said.append(f"Customers of all cohorts brought the same {age}.")
    else:
        said.append(
            f"A customer who came in {labels[best]} brought most {age}: "
            f"{_money(float(c['value'][best]), found.what)}, against "
            f"{_money(float(c['value'][worst]), found.what)} in {labels[worst]}"
            f"{_apart(c, best, worst)}."
        )
    return [*said, *_trend(found, known), *_kept(found)]


def _apart(c: dict[str, Any], best: int, worst: int) -> str:
    """Say whether two cohorts differ by more than chance may do."""
    if not (np.isfinite(c["value_low"][best]) and np.isfinite(c["value_high"][worst])):
        return ""
    if c["value_low"][best] > c["value_high"][worst]:
        return "; their intervals do not touch"
    return "; their intervals overlap, so that this may be chance"


def _trend(found: CohortsCompared, known: Any) -> list[str]:
    """Compare the newer half of the cohorts with the older."""
    if len(known) < 4:
        return []
    value, size = found.columns["value"], found.columns["customers"]
    half = len(known) // 2
    older, newer = (
        float(np.average(value[part], weights=size[part]))
        for part in (known[:half], known[-half:])
    )
    if not older > 0:
        return []
    change = newer / older - 1
    if abs(change) < 0.02:
        return ["Newer cohorts are worth about as much as older ones at that age."]
    return [
        (
            f"Newer cohorts are worth {_percent(abs(change))} "
            f"{'more' if change > 0 else 'less'} than older ones at that age."
        )
    ]


def _kept(found: CohortsCompared) -> list[str]:
    c, labels = found.columns, found.labels()
    known = np.flatnonzero(np.isfinite(c["retained"]))
    if len(known) < 2:
        return []
    first, last = int(known[0]), int(known[-1])
    then, now = float(c["retained"][first]), float(c["retained"][last])
    return [
        (
            f"{_percent(then)} of those who came in {labels[first]} bought in the "
            f"{found.every} after; of the latest, who came in {labels[last]}, "
            f"{_percent(now)} did."
        )
    ]


def of_whole_base(found: WholeBase) -> list[str]:
    """Return where the value of the last period came from."""
    c, labels = found._columns(), found.labels()  # noqa: SLF001
    last = len(found) - 1
    known = counted(int(c["known"][last]), "customer")
    said = [
        (
            f"By the end of {labels[last]}, {known} had come; "
            f"{_percent(c['active_share'][last])} of them bought in it "
            f"({_level(found.level)} {_percent(c['active_low'][last])} to "
            f"{_percent(c['active_high'][last])})."
        )
    ]
    share = float(c["new_value_share"][last])
    if np.isfinite(share):
        source = "new customers" if share > 0.5 else "customers who had come before"
        part = share if share > 0.5 else 1 - share
        said.append(
            f"{_percent(part)} of the {found.what} of {labels[last]} came from "
            f"{source}."
        )
    if last > 0:
        before, after = float(c["value"][last - 1]), float(c["value"][last])
        change = _moved(before, after)
        earlier, later = (
            float(c["value_known"][last - 1]),
            float(c["value_known"][last]),
        )
        said.append(
            f"From the {found.every} before, {found.what} {change}; that of customers "
            f"who had come before {_moved(earlier, later)}."
        )
    return said


def of_products(found: Products) -> list[str]:
    """Return how much hangs on a few products."""
    c, count = found.columns, len(found)
    if count == 1:
        return [f"There is only one product: {c['product'][0]}."]
    said: list[str] = []
    if np.isfinite(c["share"]).all():
        few = found.pareto()
        said.append(
            f"{few:,} of {count:,} products ({_percent(few / count)}) bring 80 % of "
            f"the {found.what}; {c['product'][0]} alone brings "
            f"{_percent(float(c['share'][0]))}."
        )
    most = int(np.argmax(c["buyers"]))
    said.append(
        f"{c['product'][most]} has the most buyers: {_percent(c['penetration'][most])} "
        f"of {counted(found.buyers, 'customer')}, of whom "
        f"{_percent(c['repeat_rate'][most])} bought it again."
    )
    if found.unknown:
        said.append(
            f"{counted(found.unknown, 'line')} without a product "
            f"{'is' if found.unknown == 1 else 'are'} left out."
        )
    return said


# -- words -------------------------------------------------------------------------


def _percent(share: float) -> str:
    """Return a share in whole percents; in tenths where it is below one."""
    small = 0 < abs(share) < 0.01
    return f"{100 * share:.{1 if small else 0}f} %"


def _money(amount: float, what: str) -> str:
    if what in ("orders", "lines"):
        return f"{amount:,.{0 if amount == round(amount) else 2}f}"
    return f"{amount:,.{0 if abs(amount) >= 1000 else 2}f}"


def _level(level: float) -> str:
    return f"{100 * level:g} % interval"


def _moved(before: float, after: float) -> str:
    if before <= 0:
        return "rose from nothing" if after > 0 else "stayed at nothing"
    change = after / before - 1
    if abs(change) < 0.005:
        return "stayed the same"
    return f"{'rose' if change > 0 else 'fell'} by {_percent(abs(change))}"


def _ratio(above: float, below: float) -> float:
    return float(above / below) if below > 0 else np.nan


def _capital(text: str) -> str:
    return text[:1].upper() + text[1:]
