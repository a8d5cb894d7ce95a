"""Fiscal years and 4-4-5 calendars: one calendar for cohorts, growth and activity."""

import datetime as dt

import numpy as np
import pytest
import tenure as tn
from hypothesis import given, settings
from hypothesis import strategies as st

# ann in January, February and April; bob in March and in May; cat in April.
ORDERS = {
    "customer_id": ["ann", "ann", "ann", "bob", "bob", "cat"],
    "date": [
        *("2024-01-31", "2024-02-01", "2024-04-30"),
        *("2024-03-31", "2024-05-01", "2024-04-30"),
    ],
    "amount": [10.0, 20.0, 5.0, 10.0, 30.0, 10.0],
}

GRAINS = [
    ("quarter", {"year_start": 2}),
    ("year", {"year_start": 4}),
    ("4-4-5", {"year_start": 2, "week_start": "sunday"}),
    ("4-5-4", {"year_start": 9, "week_start": "saturday"}),
    ("5-4-4", {}),
]


def days_of(moments):
    return moments.astype("datetime64[D]").astype(str).tolist()


class TestByHand:
    def test_quarters_of_a_year_from_february(self):
        """November to January: ann; February to April: all; from May: bob."""
        log = tn.Transactions(ORDERS, amount="amount")
        growth = log.growth("quarter", year_start=2, as_of="2024-07-31")
        assert days_of(growth.period) == ["2023-11-01", "2024-02-01", "2024-05-01"]
        assert growth.complete.all()
        assert growth.active.tolist() == [1, 3, 1]
        assert growth.new.tolist() == [1, 2, 0]
        assert growth.churned.tolist() == [0, 0, 2]
        # ann pays 15 more than 10, bob 20 more than 10; ann's 25 and cat's 10 are lost
        assert growth.revenue.tolist() == [10.0, 45.0, 30.0]
        assert growth.expansion.tolist() == [0.0, 15.0, 20.0]
        assert growth.churned_revenue.tolist() == [0.0, 0.0, 35.0]
        kept = log.revenue_retention(
            "quarter", span=1, year_start=2, as_of="2024-07-31"
        )
        assert kept["net_retention"].tolist() == [2.5, 30 / 45]

    def test_the_retail_year(self):
        """The retail year 2024 began on Sunday 4 February, with 4, 5 and 4 weeks."""
        log = tn.Transactions(ORDERS)
        calendar = {"week_start": "sunday", "year_start": 2}
        growth = log.growth("4-5-4", as_of="2024-05-04", **calendar)
        assert days_of(growth.period) == [
            *("2023-12-31", "2024-02-04", "2024-03-03", "2024-04-07"),
        ]
        assert growth.complete.all()
        # both purchases at the turn of the month are in the 5 weeks before
        assert growth.active.tolist() == [1, 0, 1, 3]
        assert repr(growth).startswith(
            "GrowthAccounting of 4 4-5-4 periods, churned after 1 4-5-4 period "
        )
        streaks = log.streaks("4-5-4", as_of="2024-05-04", **calendar)
        assert streaks["longest_streak"].tolist() == [1, 2, 1]
        assert streaks["current_streak"].tolist() == [1, 2, 1]
        states = log.lifecycle(
            "4-5-4",
            at_risk_after=20,
            dormant_after=40,
            lost_after=80,
            as_of="2024-05-04",
            **calendar,
        )
        assert days_of(states.period) == days_of(growth.period)
        assert states.customers.sum(axis=1).tolist() == [1, 1, 2, 3]
        assert "over 4 4-5-4 periods" in repr(states)

    def test_contracts(self):
        contracts = {
            "customer_id": ["ann", "bob"],
            "start": ["2023-07-01", "2024-01-10"],
            "end": ["2024-07-01", None],
            "amount": [12.0, 30.0],
        }
        found = tn.Subscriptions.from_contracts(contracts, as_of="2025-06-30")
        years = found.recurring_revenue("year", year_start=7)
        assert days_of(years["period"]) == ["2023-07-01", "2024-07-01"]
        # on 30 June 2024 both run, on 30 June 2025 bob's alone
        assert years["revenue"].tolist() == [42.0, 30.0]
        assert years["churned_revenue"].tolist() == [0.0, 12.0]
        churn = found.churn("year", year_start=7)
        assert churn["churn_rate"].tolist() == [0.5]
        kept = found.revenue_retention("year", span=1, year_start=7)
        assert kept["net_retention"].tolist() == [30 / 42]


DAYS = st.integers(0, 900).map(lambda day: dt.date(2023, 1, 9) + dt.timedelta(days=day))


class TestOneCalendar:
    @pytest.mark.parametrize(("every", "calendar"), GRAINS)
    @settings(max_examples=40, deadline=None)
    @given(
        lives=st.dictionaries(
            st.integers(1, 6), st.lists(DAYS, min_size=1, max_size=6), min_size=1
        ),
        later=st.integers(0, 60),
    )
    def test_growth_and_cohorts_have_the_same_periods(
        self, every, calendar, lives, later
    ):
        rows = [(c, day.isoformat()) for c, days in lives.items() for day in days]
        ids, days = zip(*rows, strict=True)
        log = tn.Transactions({"customer_id": list(ids), "date": list(days)})
        last = max(map(max, lives.values())) + dt.timedelta(days=later)
        growth = log.growth(every, as_of=last, **calendar)
        table = log.cohorts(every, as_of=last, **calendar).retention(incomplete="flag")
        assert days_of(growth.period) == days_of(table.cohorts)
        assert growth.new.tolist() == np.asarray(table.cohort_size).tolist()
        # who is active in a period is of some cohort, at the age that falls into it
        count = len(growth)
        active = [
            sum(table.customers[row, place - row] for row in range(place + 1))
            for place in range(count)
        ]
        assert growth.active.tolist() == active
        states = log.lifecycle(
            every,
            at_risk_after=30,
            dormant_after=60,
            lost_after=90,
            as_of=last,
            **calendar,
        )
        assert days_of(states.period) == days_of(growth.period)
        assert (states.complete == growth.complete).all()

    def test_periods_of_weeks_hold_merged_weeks(self):
        """Weeks from Monday make whole 4-4-5 periods that begin on Mondays."""
        weekly = tn.Transactions(ORDERS, merge="week")
        daily = tn.Transactions(ORDERS)
        ours, theirs = (
            log.growth("4-4-5", as_of="2024-06-30") for log in (weekly, daily)
        )
        assert ours.active.tolist() == theirs.active.tolist()
        with pytest.raises(tn.exceptions.ParameterError) as caught:
            weekly.growth("4-4-5", week_start="sunday")
        assert "weeks, got '4-4-5' from sunday" in str(caught.value)

    @pytest.mark.parametrize("month", [0, 13, True])
    def test_there_are_twelve_months(self, month):
        log = tn.Transactions(ORDERS, amount="amount")
        expected = f"`year_start` must be a month from 1 to 12, got {month!r}"
        for work in (log.growth, log.streaks, log.revenue_retention, log.lifecycle):
            with pytest.raises(tn.exceptions.ParameterError) as caught:
                work("year", year_start=month)
            assert str(caught.value) == expected
