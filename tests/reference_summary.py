"""The summary of a log by a plain, slow reference: row by row, by the calendar.

Rows are tuples of customer, time, amount, order and product, any of which but the
amount may be None; times are datetimes by the clock of the log's zone.
"""

import datetime as dt
from collections import defaultdict

from dateutil.relativedelta import relativedelta

DAY = dt.timedelta(days=1)


def floor(time, grain):
    """Return the beginning of the period that holds the time."""
    if grain == "instant":
        return time
    if grain == "hour":
        return time.replace(minute=0, second=0, microsecond=0)
    midnight = time.replace(hour=0, minute=0, second=0, microsecond=0)
    if grain == "week":
        return midnight - midnight.weekday() * DAY
    return midnight.replace(day=1) if grain == "month" else midnight


def months(start, end):
    """Return calendar months by counting them up one after the other."""
    whole = 0
    while start + relativedelta(months=whole + 1) <= end:
        whole += 1
    reached = start + relativedelta(months=whole)
    following = start + relativedelta(months=whole + 1)
    return whole + (end - reached) / (following - reached)


AGES = {
    "hour": lambda start, end: (end - start) / dt.timedelta(hours=1),
    "day": lambda start, end: (end - start) / DAY,
    "week": lambda start, end: (end - start) / (7 * DAY),
    "month": months,
    "quarter": lambda start, end: months(start, end) / 3,
    "year": lambda start, end: (end - start) / (365.25 * DAY),
}


class ReferenceLog:
    """Group row by row with dictionaries and lists."""

    def __init__(self, rows, *, merge, refunds, duplicates):
        self.merge = merge
        self.dropped = defaultdict(int)
        self.merged = 0
        self.used = []
        kept = self._usable(rows, duplicates, refunds)
        grain = merge if merge not in ("order", None) else "instant"
        self.customers = {}
        for customer in sorted({row[0] for row in kept}):
            groups = defaultdict(list)
            for place, row in enumerate(kept):
                if row[0] == customer:
                    key = {"order": row[3], None: place}.get(
                        merge, floor(row[1], grain)
                    )
                    groups[key].append(row)
            purchases = self._purchases(list(groups.values()), grain, refunds)
            if purchases:
                self.customers[customer] = purchases
        whole_days = all(time == floor(time, "day") for time in self.used)
        self.grain = "day" if grain == "instant" and whole_days else grain

    def _usable(self, rows, duplicates, refunds):
        kept = []
        for row in rows:
            if row[0] is None:
                self.dropped["missing_customer"] += 1
            elif row[1] is None:
                self.dropped["missing_time"] += 1
            elif duplicates == "drop" and row in kept:
                self.dropped["duplicates"] += 1
            else:
                kept.append(row)
        if refunds == "drop":
            self.dropped["refunds"] += sum(row[2] < 0 for row in kept)
            kept = [row for row in kept if row[2] >= 0]
        return kept

    def _purchases(self, groups, grain, refunds):
        """Return lists of [time, value, {time: refund}]."""
        dated = []
        for lines in groups:
            time = floor(min(row[1] for row in lines), grain)
            is_refund = refunds != "keep" and all(row[2] < 0 for row in lines)
            # Orders at the same time come in the order of their ids, single rows in
            # that of their amounts.
            tie = lines[0][3] if self.merge == "order" else lines[0][2]
            dated.append((time, is_refund, tie, lines))
        purchases = []
        for time, is_refund, _, lines in sorted(dated, key=lambda group: group[:3]):
            later = [
                row
                for row in lines
                if is_refund or (refunds == "net" and row[2] < 0 and row[1] > time)
            ]
            # By the period, everything in a group has the same time.
            later = later if is_refund or grain == "instant" else []
            known = [row for row in lines if row not in later]
            if not is_refund:
                purchases.append([time, sum(row[2] for row in known), defaultdict(int)])
                bought = [row for row in known if row[2] >= 0 or refunds == "keep"]
                self.merged += len(bought) - 1
            if not purchases:
                self.dropped["refunds_without_purchase"] += len(lines)
                continue
            for row in later:
                purchases[-1][2][floor(row[1], grain)] += row[2]
            self.used += [row[1] for row in lines]
        return purchases

    def cutoff(self, day):
        """Return the last period of a day, and the time that ages are measured to."""
        last = floor(day + DAY - dt.timedelta(microseconds=1), self.grain)
        return last, day + DAY if self.grain == "instant" else last

    def summary(self, unit, as_of):
        """Return (customer, frequency, recency, T, monetary_value), as of a day."""
        last, now = self.cutoff(as_of)
        rows = []
        for customer, purchases in self.customers.items():
            known = [purchase for purchase in purchases if purchase[0] <= last]
            if known:
                times = [time for time, _, _ in known]
                recency, age = (
                    AGES[unit](times[0], times[-1]),
                    AGES[unit](times[0], now),
                )
                count = len(known) - 1
                mean = value_of(known[1:], last) / count if count else 0.0
                rows.append((customer, count, recency, age, mean))
        return rows

    def activity(self, as_of):
        """Return (customer, first, last, purchases, recency_days, total, mean)."""
        last, now = self.cutoff(as_of)
        rows = []
        for customer, purchases in self.customers.items():
            known = [purchase for purchase in purchases if purchase[0] <= last]
            if known:
                first, latest, count = known[0][0], known[-1][0], len(known)
                total = value_of(known, last)
                days = AGES["day"](latest, now)
                rows.append(
                    (customer, first, latest, count, days, total, total / count)
                )
        return rows

    def holdout(self, at, until):
        """Return (purchases, value, mean_value) and the refunds of the calibration."""
        (start, _), (end, _) = self.cutoff(at), self.cutoff(until)
        rows, refunds = [], []
        for purchases in self.customers.values():
            known = [purchase for purchase in purchases if purchase[0] <= start]
            if known:
                later = [one for one in purchases if start < one[0] <= end]
                value = value_of(later, end)
                mean = value / len(later) if later else 0.0
                rows.append((len(later), value, mean))
                dated = [refund for _, _, dated in known for refund in dated.items()]
                refunds += [amount for time, amount in dated if start < time <= end]
        return rows, refunds


def value_of(purchases, last):
    """Return the value of purchases after the refunds dated up to `last`."""
    refunds = [refund for _, _, dated in purchases for refund in dated.items()]
    later = sum(amount for time, amount in refunds if time <= last)
    return sum(value for _, value, _ in purchases) + later
