"""Tables of cohorts by a plain, slow reference: customer by customer, age by age.

Customers are dictionaries from names to (birth, [event days]) of dates; `birth` is None
where the first event is the birth. Ages are found by counting up.
"""

import datetime as dt

DAY = dt.timedelta(days=1)


def first_of(day, every, week_start=0, year_start=1):
    """Return the first day of the period that holds a day, walking back to it."""
    while not _begins(day, every, week_start, year_start):
        day -= DAY
    return day


def _begins(day, every, week_start, year_start):
    if every == "day":
        return True
    if every == "week":
        return day.weekday() == week_start
    months = {"month": 1, "quarter": 3, "year": 12}[every]
    return day.day == 1 and (day.month - year_start) % months == 0


def following(first, every, week_start=0, year_start=1):
    """Return the first day of the next period."""
    day = first + DAY
    while not _begins(day, every, week_start, year_start):
        day += DAY
    return day


class ReferenceTable:
    """Every cell by itself: who is a member, who has come that far, who is retained."""

    def __init__(self, customers, as_of, every, elapsed=None, **calendar):
        self.end = as_of + DAY
        self.every, self.elapsed, self.calendar = every, elapsed, calendar
        self.own = all(birth is None for birth, _ in customers.values())
        self.members = {}
        for name, (birth, events) in customers.items():
            known = sorted(day for day in events if day < self.end)
            begun = birth if birth is not None else (known[0] if known else None)
            if begun is not None and begun < self.end:
                kept = [day for day in known if day >= begun]
                self.members[name] = (begun, kept)
        first = first_of(min(m[0] for m in self.members.values()), every, **calendar)
        self.cohorts = [first]
        while following(self.cohorts[-1], every, **calendar) < self.end:
            self.cohorts.append(following(self.cohorts[-1], every, **calendar))

    def of_cohort(self, cohort):
        stop = following(cohort, self.every, **self.calendar)
        inside = [m for m in self.members.values() if cohort <= m[0] < stop]
        return inside, stop

    def bounds(self, birth, age):
        """Return the first day of an age and the first one after it."""
        if self.elapsed is None:
            start = first_of(birth, self.every, **self.calendar)
            for _ in range(age):
                start = following(start, self.every, **self.calendar)
            return start, following(start, self.every, **self.calendar)
        return birth + age * self.elapsed, birth + (age + 1) * self.elapsed

    def active(self, member, age):
        start, stop = self.bounds(member[0], age)
        return any(start <= day < stop for day in member[1])

    def retained(self, member, age, rule):
        birth, events = member
        start, stop = self.bounds(birth, age)
        if rule == "bounded":
            return self.active(member, age)
        if rule == "unbounded":
            return any(day >= start for day in events)
        if rule == "cumulative":
            after = self.bounds(birth, 1)[0] if self.own else birth
            return any(after <= day < stop for day in events)
        if rule == "consecutive":
            return all(self.active(member, one) for one in range(1, age + 1))
        return age > 0 and self.active(member, age) and self.active(member, age - 1)

    def eligible(self, member, age):
        return self.bounds(member[0], age)[1] <= self.end

    def cell(self, cohort, age, rule, *, eligible_only=False):
        """Return state, members, eligible and retained of a cell."""
        members, stop = self.of_cohort(cohort)
        eligible = [m for m in members if self.eligible(m, age)]
        if members:
            begun = any(self.bounds(m[0], age)[0] < self.end for m in members)
            complete = len(eligible) == len(members)
        else:
            begun = self.bounds(cohort, age)[0] < self.end
            # somebody may still have begun at the very end of the cohort's last day
            over = self.bounds(stop - DAY, age)[1]
            complete = over < self.end if self.elapsed else over <= self.end
        complete = complete and stop <= self.end
        state = "complete" if complete else "in progress" if begun else "future"
        asked = eligible if eligible_only else members
        retained = sum(self.retained(m, age, rule) for m in asked)
        return state, len(members), len(eligible), retained
