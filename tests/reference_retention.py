"""What customers do period after period, by plain, slow references: sets and dicts.

Purchases are dicts from customer to a list of (day, amount); periods are dates of
first days, the last one where the last period ends.
"""

import datetime as dt
from collections import defaultdict

DAY = dt.timedelta(days=1)


def start_of(day, every, week_start=0):
    """Return the first day of the period that holds the day."""
    if every == "week":
        return day - (day.weekday() - week_start) % 7 * DAY
    if every == "month":
        return day.replace(day=1)
    if every == "quarter":
        return day.replace(month=(day.month - 1) // 3 * 3 + 1, day=1)
    return day.replace(month=1, day=1) if every == "year" else day


def periods_of(first, last, every, week_start=0):
    """Return the first days of the periods, by looking at every day."""
    starts = []
    day = start_of(first, every, week_start)
    while day <= last:
        if not starts or start_of(day, every, week_start) != starts[-1]:
            starts.append(start_of(day, every, week_start))
        day += DAY
    return starts


def by_period(purchases, starts, every, week_start=0):
    """Return for each customer what they paid in each period, by its place."""
    place = {start: i for i, start in enumerate(starts)}
    table = {}
    for customer, bought in purchases.items():
        sums = defaultdict(float)
        for day, amount in bought:
            sums[place[start_of(day, every, week_start)]] += amount
        if sums:
            table[customer] = dict(sums)
    return table


def growth(table, length, window, step):
    """Return rows of movements by set algebra, as in the definitions."""
    rows = []

    def active(end):
        return {
            customer
            for customer, sums in table.items()
            if any(end - window < period <= end for period in sums)
        }

    def paid(customer, end):
        sums = table[customer].items()
        return sum(v for period, v in sums if end - window < period <= end)

    for end in range(length):
        now, before = active(end), active(end - step)
        new = {c for c in now if min(table[c]) > end - step}
        resurrected = now - before - new
        change = {c: paid(c, end) - paid(c, end - step) for c in now & before}
        rows.append(
            {
                "active": len(now),
                "new": len(new),
                "retained": len(now & before),
                "resurrected": len(resurrected),
                "churned": len(before - now),
                "buyers": sum(
                    any(end - step < period <= end for period in sums)
                    for sums in table.values()
                ),
                "revenue": sum(paid(c, end) for c in now),
                "new_revenue": sum(paid(c, end) for c in new),
                "resurrected_revenue": sum(paid(c, end) for c in resurrected),
                "expansion": sum(max(0, v) for v in change.values()),
                "contraction": sum(max(0, -v) for v in change.values()),
                "churned_revenue": sum(paid(c, end - step) for c in before - now),
            }
        )
    return rows


def revenue_retention(table, end, window, span, *, reactivation):
    """Return (x, y) of each customer who bought in the window of the start."""
    pairs = []

    def rows(sums, at):
        return [v for period, v in sums.items() if at - window < period <= at]

    for sums in table.values():
        if not rows(sums, end - span):
            continue
        stayed = all(rows(sums, at) for at in range(end - span, end + 1))
        counts = reactivation or stayed
        pairs.append((sum(rows(sums, end - span)), sum(rows(sums, end)) * counts))
    return pairs


def states(days, starts, ends, gaps):
    """Return the state of one customer in each period; None before the first."""
    at_risk, dormant, lost = gaps
    found = []
    for start, end in zip(starts, ends, strict=True):
        past = [day for day in days if day <= end]
        if not past:
            found.append(None)
        elif max(past) >= start:
            before = found[-1] if found else None
            if before is None:
                found.append("new")
            else:
                back = before in ("dormant", "lost")
                found.append("resurrected" if back else "active")
        else:
            gap = (end - max(past)).days
            names = ("active", "at risk", "dormant", "lost")
            passed = (gap > at_risk) + (gap > dormant) + (gap > lost)
            found.append(names[passed])
    return found
