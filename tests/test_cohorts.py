"""Tables of cohorts: worked by hand, against a slow reference, and at the edges."""

import datetime as dt
import math
import os
from pathlib import Path

import hypothesis.strategies as st
import numpy as np
import pandas as pd
import polars as pl
import pytest
import tenure as tn
from dateutil.relativedelta import relativedelta
from hypothesis import given, settings
from reference_cohorts import ReferenceTable
from tenure._calendar import Calendar
from tenure.cohorts import newcombe, wilson
from tenure.cohorts._intervals import adjusted, two_share_p_values

# A folder with data that may not be bundled.
DATA = Path(os.environ.get("TENURE_DATA", "data"))
NAN = math.nan


def log_of(customers, **settings):
    """Return the log of days by customer, one order of one unit of money a day."""
    rows = [(who, day) for who, days in customers.items() for day in days]
    who, days = zip(*rows, strict=True)
    return tn.Transactions({"customer_id": list(who), "date": list(days)}, **settings)


def rounded(table, digits=4):
    return np.round(table, digits).tolist()


# Ages of each customer's events by calendar month, to the end of June 2024:
# ann 0 2 3, bob 0, cat 0 1 2 (2 twice), all of January; dan 0 1 of March.
HAND = {
    "ann": ["2024-01-01", "2024-03-31", "2024-04-01"],
    "bob": ["2024-01-31"],
    "cat": ["2024-01-15", "2024-02-29", "2024-03-01", "2024-03-02"],
    "dan": ["2024-03-31", "2024-04-01"],
}


@pytest.fixture(scope="module")
def hand():
    return log_of(HAND).cohorts("month", as_of="2024-04-30")


@pytest.mark.parametrize(
    ("rule", "expected"),
    [
        ("bounded", [[3, 1, 2, 1], [1, 1]]),
        ("unbounded", [[3, 2, 2, 1], [1, 1]]),
        ("cumulative", [[0, 1, 2, 2], [0, 1]]),
        ("consecutive", [[3, 1, 1, 0], [1, 1]]),
        ("relative", [[0, 1, 1, 1], [0, 1]]),
    ],
)
def test_each_return_rule_by_hand(hand, rule, expected):
    table = hand.retention(rule)
    assert table.customers[0].tolist() == expected[0]
    assert table.customers[2, :2].tolist() == expected[1]
    assert np.isnan(table.customers[2, 2:]).all()


def test_brackets_by_hand(hand):
    table = hand.retention(brackets=[(0, 1), (1, 3), (3, 9)])
    assert table.ages.tolist() == ["0", "1-2", "3-8"]
    assert table.customers[0, :2].tolist() == [3, 2]
    assert table.status[0].tolist() == ["complete", "complete", "in progress"]
    flagged = hand.retention(brackets=[(0, 1), (1, 3), (3, 9)], incomplete="flag")
    assert flagged.customers[0].tolist() == [3, 2, 1]


def test_relative_and_previous_are_two_numbers(hand):
    kept = hand.retention("relative")
    assert kept.denominators[0].tolist() == [3, 3, 1, 2]
    assert rounded(kept.retention[0]) == [0, 0.3333, 1, 0.5]
    ratio = hand.retention("bounded", denominator="previous")
    assert rounded(ratio.retention[0]) == [1, 0.3333, 2, 0.5]
    assert np.isnan(ratio.ci_low).all()


def test_recurring_customers_enter_every_month(hand):
    table = hand.retention(recurring=True)
    # ann, bob, cat; cat; ann, cat, dan; ann, dan
    assert hand.retention(recurring=True)._grid.sizes.tolist() == [3, 1, 3, 2]
    assert table.customers[0].tolist() == [3, 1, 2, 1]
    assert table.customers[1, :3].tolist() == [1, 1, 0]
    assert table.customers[2, :2].tolist() == [3, 2]


def test_cell_states_by_hand():
    cohorts = log_of(HAND).cohorts("month", as_of="2024-04-15")
    table = cohorts.retention()
    assert table.status[0].tolist() == ["complete"] * 3 + ["in progress"]
    assert table.status[3].tolist() == ["in progress"] + ["future"] * 3
    assert np.isnan(table.retention[0, 3])
    flagged = cohorts.retention(incomplete="flag")
    assert flagged.customers[0].tolist() == [3, 1, 2, 1]
    assert np.isnan(flagged.customers[1, 3])
    whole = log_of(HAND).cohorts("month", as_of="2024-04-30").retention()
    assert whole.status[0].tolist() == ["complete"] * 4
    early = log_of(HAND).cohorts("month", as_of="2024-02-28").retention("bounded")
    assert early.status[:, 1].tolist() == ["in progress", "future"]


def test_a_cohort_with_nobody_is_a_row_and_no_part_of_means(hand):
    table = hand.retention()
    assert [str(day)[:7] for day in table.cohorts] == [
        *("2024-01", "2024-02", "2024-03", "2024-04")
    ]
    assert table._grid.sizes.tolist() == [3, 0, 1, 0]
    assert table.customers[1, :3].tolist() == [0, 0, 0]
    assert np.isnan(table.retention[1]).all()
    assert table.status[1].tolist() == ["complete"] * 3 + ["future"]
    average = table.average("simple", draws=10)
    assert average["cohorts"].tolist() == [2, 2, 1, 1]
    assert rounded(average["retention"]) == [1, 0.6667, 0.6667, 0.3333]
    weighted = table.average()
    assert weighted["customers"].tolist() == [4, 2, 2, 1]
    assert weighted["at_risk"].tolist() == [4, 4, 3, 3]


def test_cohorts_to_which_nobody_returns_count_as_nothing_and_not_as_missing():
    log = log_of({"ann": ["2024-01-05", "2024-02-05"], "bob": ["2024-02-06"]})
    table = log.cohorts("month", as_of="2024-03-31").retention()
    assert table.retention[1, :2].tolist() == [1, 0]
    assert table.average("simple", draws=10)["retention"][1] == 0.5


def test_the_weighted_average_is_that_of_customers():
    days = {f"a{place}": ["2024-01-05"] for place in range(98)}
    days |= {"b1": ["2024-02-05", "2024-03-05"], "b2": ["2024-02-05"]}
    table = log_of(days).cohorts("month", as_of="2024-03-31").retention()
    assert table.average()["retention"][1] == pytest.approx(0.01)
    assert table.average("simple", draws=10)["retention"][1] == pytest.approx(0.25)


def test_the_chained_average_by_hand():
    # steps: (1 + 1) / (3 + 1), then 2 / 1 of January alone, then 1 / 2
    table = log_of(HAND).cohorts("month", as_of="2024-04-30").retention()
    chained = table.average("chained", draws=10)["retention"]
    assert rounded(chained) == [1, 0.5, 1, 0.5]


def test_a_refund_alone_is_no_retention():
    orders = {
        "customer_id": ["ann", "ann", "bob", "bob"],
        "date": ["2024-01-05", "2024-02-05", "2024-01-06", "2024-02-07"],
        "amount": [50.0, -10.0, 20.0, 30.0],
    }
    cohorts = tn.Transactions(orders, amount="amount").cohorts(as_of="2024-02-29")
    assert cohorts.retention().customers[0].tolist() == [2, 1]
    revenue = cohorts.values("revenue")
    assert revenue.value[0].tolist() == [70, 20]
    assert cohorts.values("refunds").value[0].tolist() == [0, -10]
    assert cohorts.lifetime_value().value[0].tolist() == [35, 45]
    assert cohorts.values(per="active").value[0].tolist() == [35, 20]
    assert cohorts.values(per="order").value[0].tolist() == [35, 20]


def test_values_and_errors_by_hand():
    orders = {
        "customer_id": [1, 1, 2, 1, 2, 3],
        "date": ["2024-01-05", "2024-01-06", *["2024-01-31"], *["2024-02-01"] * 3],
        "amount": [10.0, 20.0, 6.0, 4.0, 8.0, 7.0],
    }
    cohorts = tn.Transactions(orders, amount="amount").cohorts(as_of="2024-02-29")
    acquired = cohorts.values(per="acquired")
    assert acquired.value[0].tolist() == [18, 6]
    # standard error of a mean: 30 and 6 differ by 24, 4 and 8 by 4
    assert rounded(acquired.standard_error[0]) == [12, 2]
    assert np.isnan(acquired.standard_error[1, 0])
    total = cohorts.values("revenue")
    assert total.value[0].tolist() == [36, 12]
    assert rounded(total.standard_error[0]) == [24, 4]
    assert cohorts.values("orders").value[0].tolist() == [3, 2]
    assert cohorts.values("orders", per="acquired").value[0].tolist() == [1.5, 1]
    # 36 / 3 = 12 an order: residuals 30 - 24 and 6 - 12
    order = cohorts.values(per="order")
    assert order.value[0, 0] == 12
    expected = math.sqrt((36 + 36) / 3**2 * 2 / 1)
    assert order.standard_error[0, 0] == pytest.approx(expected)
    lifetime = cohorts.lifetime_value()
    assert lifetime.value[0].tolist() == [18, 24]
    # 34 and 14 in all
    assert lifetime.standard_error[0, 1] == pytest.approx(10)
    half = cohorts.lifetime_value("margin", margin=0.5)
    assert half.value[0].tolist() == [9, 12]
    each = cohorts.values("margin", margin=[1.0, 2.0, 3.0, 4.0, 5.0, 6.0])
    assert each.value[0].tolist() == [1 + 2 + 4, 3 + 5]
    average = lifetime.average()
    assert rounded(average["value"]) == [14.3333, 24]


# -- grains -----------------------------------------------------------------------


@pytest.mark.parametrize(
    ("every", "options", "expected"),
    [
        ("day", {}, ["2024-02-28", "2024-02-29", "2024-03-01"]),
        ("week", {}, ["2024-02-26"]),
        ("week", {"week_start": "friday"}, ["2024-02-23", "2024-03-01"]),
        ("week", {"week_start": "sunday"}, ["2024-02-25"]),
        ("month", {}, ["2024-02-01", "2024-03-01"]),
        ("quarter", {}, ["2024-01-01"]),
        ("quarter", {"year_start": 3}, ["2023-12-01", "2024-03-01"]),
        ("year", {}, ["2024-01-01"]),
        ("year", {"year_start": 3}, ["2023-03-01", "2024-03-01"]),
    ],
)
def test_periods_of_the_calendar(every, options, expected):
    log = log_of({1: ["2024-02-28", "2024-03-01"]})
    table = log.cohorts(every, **options).retention()
    assert [str(day) for day in table.cohorts] == expected


def test_the_retail_calendar():
    """Years of the National Retail Federation begin on these Sundays."""
    calendar = Calendar.of("4-5-4", "sunday", 2)
    begins = ["2017-01-29", "2022-01-30", "2023-01-29", "2024-02-04", "2025-02-02"]
    for begin in begins:
        day = np.datetime64(begin, "D").astype(int)
        starts = calendar.starts(int(day), int(day) + 90)
        assert starts[0] == day
        assert np.diff(starts).tolist()[:3] == [28, 35, 28]
    # the year from 2023-01-29 had 53 weeks: its last period has 5
    last = np.datetime64("2024-02-03", "D").astype(int)
    starts = calendar.starts(int(last), int(last))
    assert [str(day) for day in starts.astype("datetime64[D]")] == [
        *("2023-12-31", "2024-02-04")
    ]


@pytest.mark.parametrize("every", ["4-4-5", "4-5-4", "5-4-4"])
@pytest.mark.parametrize("week_start", ["monday", "saturday"])
def test_every_day_has_its_period(every, week_start):
    calendar = Calendar.of(every, week_start, 7)
    starts = calendar.starts(15_000, 23_000)
    assert starts[0] <= 15_000 < starts[1]
    assert starts[-2] <= 23_000 < starts[-1]
    assert set(np.diff(starts)) <= {28, 35, 42}
    for day in (15_000, 17_777, 20_001):
        first, *_, stop = calendar.starts(day, day)
        assert (first, stop) == (
            starts[starts <= day][-1],
            starts[starts > day][0],
        )


def test_midnight_makes_a_day_of_the_calendar_and_none_of_elapsed_time():
    times = ["2024-03-01T23:59", "2024-03-02T00:01"]
    log = tn.Transactions({"customer_id": [1, 1], "date": times}, merge=None)
    assert log.cohorts("day").retention().customers[0].tolist() == [1, 1]
    elapsed = log.cohorts("day", elapsed="1 day", as_of="2024-03-04").retention()
    assert elapsed.customers[0, :2].tolist() == [1, 0]


def test_days_are_those_of_the_time_zone():
    orders = {
        "customer_id": [1, 1],
        "date": ["2024-01-31T20:00Z", "2024-02-29T20:00Z"],
    }
    for zone, months in (("UTC", ["2024-01", "2024-02"]), ("Asia/Tokyo", ["2024-02"])):
        table = tn.Transactions(orders, tz=zone).cohorts().retention()
        assert [str(day)[:7] for day in table.cohorts][: len(months)] == months
        assert table.customers[0, 0] == 1 or np.isnan(table.customers[0, 0])
    tokyo = tn.Transactions(orders, tz="Asia/Tokyo").cohorts(as_of="2024-03-31")
    assert tokyo.retention().customers[0].tolist() == [1, 1]


def test_a_day_of_23_or_25_hours_is_a_day():
    """Clocks go forward on 31 March and back on 27 October in Berlin."""
    for day, after in (("2024-03-30", "2024-03-31"), ("2024-10-26", "2024-10-27")):
        times = [f"{day}T12:00:00+00:00", f"{after}T21:30:00+00:00"]
        orders = {"customer_id": [1, 1], "date": times}
        log = tn.Transactions(orders, tz="Europe/Berlin")
        table = log.cohorts("day", elapsed="1 day").retention(incomplete="flag")
        assert table.customers[0].tolist() == [1, 1]


def test_months_end_where_they_must():
    log = log_of({1: ["2024-01-31", "2024-02-29", "2024-03-30", "2024-03-31"]})
    table = log.cohorts("month", elapsed="month", as_of="2024-04-29").retention()
    # to 28 February is age 0, from 29 February 1, from 31 March 2, from 30 April 3
    assert table.customers[0].tolist() == [1, 1, 1]
    assert table.status[0].tolist() == ["complete"] * 3
    common = log_of({1: ["2023-01-31", "2023-02-28"]})
    assert common.cohorts(elapsed="month", as_of="2023-03-30").retention().customers[
        0
    ].tolist() == [1, 1]
    leap = log_of({1: ["2024-02-29", "2025-02-28"]})
    assert leap.cohorts("year", elapsed="1 year", as_of="2026-02-27").retention(
        incomplete="flag"
    ).customers[0].tolist() == [1, 1]


def test_eligible_cells_are_of_those_whose_age_is_over():
    log = log_of({1: ["2024-01-01", "2024-01-09"], 2: ["2024-01-10"]})
    cohorts = log.cohorts("month", elapsed="7 days", as_of="2024-01-20")
    masked, eligible, flagged = (
        cohorts.retention(incomplete=how) for how in ("mask", "eligible", "flag")
    )
    assert np.isnan(masked.customers).all()  # January is not over
    # customer 1 has 20 days: ages 0 and 1 are over; customer 2 has 11: age 0 is
    assert eligible.customers[0, :2].tolist() == [2, 1]
    assert eligible.denominators[0, :2].tolist() == [2, 1]
    assert np.isnan(eligible.retention[0, 2])
    assert flagged.customers[0].tolist() == [2, 1, 0]
    assert flagged.denominators[0].tolist() == [2, 2, 2]
    shares = cohorts.retention(incomplete="flag", denominator="eligible")
    assert shares.denominators[0].tolist() == [2, 1, 0]


def test_ages_can_be_of_another_calendar_than_cohorts():
    log = log_of({1: ["2024-01-31", "2024-02-01"], 2: ["2024-03-01", "2024-05-01"]})
    table = log.cohorts("quarter", ages="month", as_of="2024-06-30").retention()
    assert table.customers[0].tolist()[:4] == [2, 1, 1, 0]
    assert table.unit == "month"
    assert table.status[0].tolist()[:6] == ["complete"] * 4 + ["in progress"] * 2


# -- other births -------------------------------------------------------------------


def test_signups_make_age_0_a_share():
    signups = tn.Transactions(
        {
            "customer_id": ["a", "b", "c"],
            "date": ["2024-01-05", "2024-01-30", "2024-02-01"],
        }
    )
    log = log_of(
        {"a": ["2024-01-09", "2024-02-09"], "b": ["2024-02-01"], "x": ["2024-01-02"]}
    )
    table = log.cohorts("month", births=signups, as_of="2024-02-29").retention()
    assert table._grid.sizes.tolist() == [2, 1]
    assert table.customers[0].tolist() == [1, 2]
    assert table.customers[1, 0] == 0
    cumulative = log.cohorts(births=signups, as_of="2024-02-29").retention("cumulative")
    assert cumulative.customers[0].tolist() == [1, 2]


def test_a_signup_column_counts_who_never_came():
    frame = pd.DataFrame(
        {
            "customer_id": ["a", "a", "b", "c"],
            "date": pd.to_datetime(["2024-01-09", "2024-02-03", "2024-02-20", None]),
            "signup": pd.to_datetime(
                ["2024-01-05", "2024-01-06", "2024-01-30", "2024-01-31"]
            ),
        }
    )
    cohorts = tn.Cohorts.from_events(frame, signup="signup", as_of="2024-02-29")
    table = cohorts.retention()
    assert table.cohort_size.tolist() == [3, 0]
    assert table.customers[0].tolist() == [1, 2]


def test_events_before_the_birth_count_nowhere():
    log = log_of({"a": ["2024-01-01", "2024-02-15"]})
    table = log.cohorts(signup=["2024-02-01"], as_of="2024-03-31").retention()
    assert [str(day)[:7] for day in table.cohorts] == ["2024-02", "2024-03"]
    assert table.customers[0].tolist() == [1, 0]


def test_who_is_not_in_the_table_is_counted():
    log = log_of(
        {1: ["2024-01-01", "2024-02-03"], 2: ["2024-02-05"], 3: ["2024-03-01"]}
    )
    born = ["2024-01-15", "2024-02-01", "2025-01-01"]
    table = log.cohorts(signup=born, as_of="2024-04-30").retention()
    assert (table.outside, table.early) == (1, 1)
    assert repr(table).splitlines()[-1] == (
        "1 customer in no cohort: not begun by the last day observed, or without a "
        "segment; events of 1 customer before they begin are left out"
    )
    assert "1 customer in no cohort" in table._repr_html_()
    everybody = log.cohorts(as_of="2024-04-30").values("orders")
    assert (everybody.outside, everybody.early) == (0, 0)
    assert "no cohort" not in repr(everybody)


def test_a_signup_attribute():
    orders = {
        "customer_id": [1, 1, 2],
        "date": ["2024-02-01", "2024-03-01", "2024-02-07"],
        "joined": ["2024-01-01", "2024-01-01", "2024-02-01"],
    }
    log = tn.Transactions(orders, attributes=["joined"])
    table = log.cohorts(signup="joined", as_of="2024-03-31").retention()
    assert table.customers[0].tolist() == [0, 1, 1]


# -- segments -------------------------------------------------------------------------


def test_segments_add_up_to_all():
    orders = tn.datasets.load_cdnow(family="numpy")
    orders["group"] = np.where(orders["customer_id"] % 3 == 0, "x", "y")
    log = tn.Transactions(orders, attributes=["group"])
    cohorts = log.cohorts("month", by="group")
    table, whole = cohorts.retention("unbounded"), log.cohorts().retention("unbounded")
    half = len(table) // 2
    assert table.by[0] == "group"
    assert table.by[1].tolist() == ["x"] * half + ["y"] * half
    summed = table.customers[:half] + table.customers[half:]
    np.testing.assert_array_equal(summed, whole.customers)
    frame = table.to_frame()
    assert list(frame)[:3] == ["group", "cohort", "period"]
    compared = table.compare(1, against="previous")
    # the first cohort of each segment has none before it
    assert np.isnan(compared["p_value"]).sum() == 2


# -- against the reference ------------------------------------------------------------

FIRST = dt.date(2023, 11, 20)
DAYS = st.integers(0, 140).map(lambda days: FIRST + days * dt.timedelta(days=1))
CUSTOMERS = st.dictionaries(
    st.integers(1, 30), st.lists(DAYS, min_size=1, max_size=6), min_size=1, max_size=9
)
GRAINS = st.sampled_from(
    [
        ("month", {}, {}),
        ("week", {"week_start": "wednesday"}, {"week_start": 2}),
        ("quarter", {"year_start": 2}, {"year_start": 2}),
    ]
)
ELAPSED = st.sampled_from(
    [
        (None, None),
        ("10 days", dt.timedelta(days=10)),
        ("month", relativedelta(months=1)),
    ]
)
RULES = ("bounded", "unbounded", "cumulative", "consecutive", "relative")


@settings(deadline=None, max_examples=60)
@given(
    customers=CUSTOMERS,
    grain=GRAINS,
    elapsed=ELAPSED,
    as_of=DAYS,
    signups=st.booleans(),
    eligible=st.booleans(),
)
def test_every_cell_is_as_by_the_reference(  # noqa: PLR0917
    customers, grain, elapsed, as_of, signups, eligible
):
    every, options, calendar = grain
    born = {name: days[0] if signups else None for name, days in customers.items()}
    if not any((born[name] or min(days)) <= as_of for name, days in customers.items()):
        return
    log = log_of({name: [str(day) for day in days] for name, days in customers.items()})
    births = None
    if signups:
        births = log_of({name: [str(day)] for name, day in born.items()})
    cohorts = log.cohorts(
        every, elapsed=elapsed[0], births=births, as_of=str(as_of), **options
    )
    known = {name: (born[name], days) for name, days in customers.items()}
    reference = ReferenceTable(known, as_of, every, elapsed[1], **calendar)
    how = "eligible" if eligible else "flag"
    for rule in RULES:
        table = cohorts.retention(rule, incomplete=how)
        assert [str(day) for day in table.cohorts] == [
            str(day) for day in reference.cohorts
        ]
        for row, cohort in enumerate(reference.cohorts):
            for age in table.ages:
                state, size, able, retained = reference.cell(
                    cohort, int(age), rule, eligible_only=eligible
                )
                assert table.status[row, age] == state
                assert table._grid.sizes[row] == size
                assert table._grid.eligible[row, age] == able
                hidden = state == "future" or (eligible and able == 0 and size > 0)
                found = table.customers[row, age]
                assert np.isnan(found) if hidden else found == retained


@settings(deadline=None, max_examples=25)
@given(customers=CUSTOMERS, seed=st.integers(0, 99))
def test_the_order_of_rows_changes_nothing(customers, seed):
    rows = [(name, str(day)) for name, days in customers.items() for day in days]
    amounts = [1.0 + place % 7 for place in range(len(rows))]
    order = np.random.default_rng(seed).permutation(len(rows))

    def tables(places):
        log = tn.Transactions(
            {
                "customer_id": [rows[place][0] for place in places],
                "date": [rows[place][1] for place in places],
                "amount": [amounts[place] for place in places],
            },
            amount="amount",
        )
        cohorts = log.cohorts("month")
        return cohorts.retention().customers, cohorts.lifetime_value().value

    for one, other in zip(tables(range(len(rows))), tables(order), strict=True):
        np.testing.assert_array_equal(one, other)


def test_counts_straight_from_rows_are_those_of_the_grouped_log():
    orders = tn.datasets.load_cdnow(family="numpy")
    for settings_ in ({"every": "month"}, {"every": "week", "elapsed": "30 days"}):
        direct = tn.Cohorts.from_events(orders, amount="amount", **settings_)
        grouped = tn.Transactions(orders, amount="amount").cohorts(**settings_)
        for rule in RULES:
            for how in ("mask", "eligible", "flag"):
                one = direct.retention(rule, incomplete=how)
                other = grouped.retention(rule, incomplete=how)
                np.testing.assert_array_equal(one.customers, other.customers)
                np.testing.assert_array_equal(one.denominators, other.denominators)
                np.testing.assert_array_equal(one.status, other.status)
                np.testing.assert_array_equal(one.cohorts, other.cohorts)
        value = direct.lifetime_value().value
        np.testing.assert_array_equal(value, grouped.lifetime_value().value)


# -- intervals and tests --------------------------------------------------------------


def test_wilson_is_where_the_score_test_says():
    low, high = wilson([0, 3, 10], [10, 10, 10], 0.95)
    # Wilson (1927): 10 of 10 and 0 of 10 are mirror images
    assert rounded(low) == [0, 0.1078, 0.7225]
    assert rounded(high) == [0.2775, 0.6032, 1]
    for x, n, end in ((3, 10, low[1]), (3, 10, high[1])):
        z = (x / n - end) / math.sqrt(end * (1 - end) / n)
        assert abs(z) == pytest.approx(1.959964, abs=1e-6)
    assert np.isnan(wilson(0, 0, 0.95)).all()


def test_newcombe_published():
    """Newcombe (1998), table II, method 10."""
    published = [
        ((56, 70), (48, 80), (0.0524, 0.3339)),
        ((9, 10), (3, 10), (0.1705, 0.8090)),
        ((10, 10), (0, 10), (0.6075, 1.0)),
    ]
    for one, other, expected in published:
        low, high = newcombe(one, other, 0.95)
        assert (round(float(low), 4), round(float(high), 4)) == expected


def test_comparisons_by_another_package():
    stats = pytest.importorskip("scipy.stats")
    table = (
        tn.Transactions(tn.datasets.load_cdnow(family="numpy")).cohorts().retention()
    )
    found = table.compare(1, adjust="none")
    x, n = found["customers"], found["denominator"]
    for row in range(len(x)):
        other = x.sum() - x[row], n.sum() - n[row]
        cells = [[x[row], n[row] - x[row]], [other[0], other[1] - other[0]]]
        test = stats.chi2_contingency(cells, correction=False)
        assert found["p_value"][row] == pytest.approx(test.pvalue, rel=1e-9)
        assert found["z"][row] ** 2 == pytest.approx(test.statistic, rel=1e-9)


def test_curves_are_compared_by_log_rank():
    """By hand: of a, 1 of 2 returns at age 1; of b, both do."""
    days = {
        "a1": ["2024-01-01", "2024-02-01"],
        "a2": ["2024-01-01"],
        "b1": ["2024-02-01", "2024-03-01"],
        "b2": ["2024-02-01", "2024-03-01"],
    }
    table = log_of(days).cohorts(as_of="2024-03-31").retention("cumulative")
    found = table.compare_curves()
    assert found["events"].tolist()[:2] == [1, 2]
    assert found["expected"].tolist()[:2] == [1.5, 1.5]
    # d = 3 of n = 4, half of them of each: 3 * 1/4 * 1/3 = 1/4
    assert found["statistic"][0] == pytest.approx(0.25 / 0.25)


def test_multiplicity_is_controlled():
    """Under no difference, the chance of any Holm alarm at 5 % is about 5 %."""
    rng = np.random.default_rng(4)
    alarms = 0
    rounds = 300
    for _ in range(rounds):
        x = rng.binomial(400, 0.3, size=10)
        _, p = two_share_p_values((x, 400), (x.sum() - x, 3600))
        alarms += bool((adjusted(p, "holm") < 0.05).any())
    # three standard errors of 300 trials about 0.05, and Holm is conservative
    assert alarms / rounds < 0.05 + 3 * math.sqrt(0.05 * 0.95 / rounds)


def test_the_bootstrap_of_cohorts_is_wider_where_they_differ():
    days = {}
    for month in range(1, 7):
        for place in range(40):
            back = place < (30 if month % 2 else 5)
            begun = [f"2024-{month:02}-03"]
            days[f"{month}-{place}"] = begun + [f"2024-{month + 1:02}-03"] * back
    table = log_of(days).cohorts(as_of="2024-07-31").retention()
    plain, wide, boot = (
        table.average(interval=how) for how in ("wilson", "overdispersed", "bootstrap")
    )
    # chi-squared of six cohorts at 30 or 5 of 40, by five degrees of freedom
    p = (3 * 30 + 3 * 5) / 240
    expected = 3 * ((30 - 40 * p) ** 2 + (5 - 40 * p) ** 2) / (40 * p * (1 - p)) / 5
    assert plain["dispersion"][1] == pytest.approx(expected)

    def width(frame):
        return float(frame["ci_high"][1] - frame["ci_low"][1])

    assert width(wide) > 3 * width(plain)
    assert width(boot) > 3 * width(plain)
    again = table.average(interval="bootstrap")
    np.testing.assert_array_equal(boot["ci_low"], again["ci_low"])


def test_the_burn_in_is_flagged_and_left_out(hand):
    cohorts = log_of(HAND).cohorts("month", as_of="2024-04-30", burn_in=1)
    table = cohorts.retention()
    assert table.left_edge.tolist() == [True, False, False, False]
    assert table.average()["customers"].tolist()[:2] == [1, 1]
    assert hand.retention().average()["customers"][0] == 4


# -- frames ---------------------------------------------------------------------------


@pytest.mark.parametrize("family", ["pandas", "polars", "pyarrow", "numpy"])
def test_frames_of_the_callers_family(family):
    log = tn.Transactions(tn.datasets.load_cdnow(family=family), amount="amount")
    table = log.cohorts("month").retention()
    long, wide = table.to_frame(), table.wide()
    names = [
        *("cohort", "period", "customers", "cohort_size", "denominator"),
        *("retention", "ci_low", "ci_high", "status"),
    ]
    if family == "pandas":
        assert list(long.columns) == names
        assert wide.index.name == "cohort"
        assert wide.columns.name == "period_number"
        assert wide.columns.tolist() == list(range(18))
        assert table.cohort_size.index.name == "cohort"
    elif family == "numpy":
        assert list(long) == names
        assert list(wide)[:3] == ["cohort", "cohort_size", "0"]
    else:
        columns = long.columns if family == "polars" else long.column_names
        assert list(columns) == names
    assert isinstance(table.cohort_size, pl.Series) == (family == "polars")


def test_long_and_wide_say_the_same(hand):
    table = hand.retention()
    long, wide = table.to_frame(), table.wide()
    for place, age in enumerate(long["period"]):
        row = int(np.flatnonzero(wide["cohort"] == long["cohort"][place])[0])
        share = wide[str(age)][row]
        assert share == long["retention"][place] or np.isnan(share)
    assert "future" not in long["status"].tolist()


# -- golden ---------------------------------------------------------------------------


@pytest.mark.skipif(
    not (DATA / "online_retail_orders.csv").exists(),
    reason="not bundled: the data set 352 of the UCI Machine Learning Repository",
)
def test_online_retail():
    """All rows with a customer, monthly: refunds are rows like any other here."""
    orders = pl.read_csv(DATA / "online_retail_orders.csv", try_parse_dates=True)
    log = tn.Transactions(orders, time="invoice_ts", amount="amount", refunds="keep")
    table = log.cohorts("month").retention(incomplete="flag")
    assert table.customers[0].tolist() == [
        *(948, 362, 317, 367, 341, 376, 360, 336, 336, 374, 354, 474, 260)
    ]
    assert table.status[0].tolist() == ["complete"] * 12 + ["in progress"]


def test_cdnow_by_pandas():
    """The tutorial query: months between first and each order, distinct customers."""
    orders = tn.datasets.load_cdnow(family="pandas")
    month = orders["date"].dt.to_period("M")
    first = month.groupby(orders["customer_id"]).transform("min")
    age = (month - first).map(lambda gap: gap.n)
    expected = (
        orders.assign(first=first, age=age)
        .groupby(["first", "age"])["customer_id"]
        .nunique()
        .unstack(fill_value=0)
    )
    table = tn.Transactions(orders).cohorts("month", as_of="1998-06-30").retention()
    found = np.nan_to_num(table.customers[: len(expected)])
    np.testing.assert_array_equal(found, expected.to_numpy())


# -- bad input ------------------------------------------------------------------------

ERRORS = [
    (
        lambda log: log.cohorts("fortnight"),
        (
            "`every` must be one of day, week, month, quarter, year, 4-4-5, 4-5-4, "
            "5-4-4, "
            "got 'fortnight'\n\nHint: ages of a number of days or months are named by "
            "elapsed"
        ),
    ),
    (
        lambda log: log.cohorts("week", week_start="Mon"),
        (
            "`week_start` must be one of monday, tuesday, wednesday, thursday, friday, "
            "saturday, sunday, got 'Mon'"
        ),
    ),
    (
        lambda log: log.cohorts(year_start=13),
        "`year_start` must be a month from 1 to 12, got 13",
    ),
    (
        lambda log: log.cohorts(elapsed="soon"),
        (
            "`elapsed` must be a whole number of hours, days, weeks, months, "
            "quarters or "
            "years, got 'soon'\n\nHint: such as '30 days' or '1 month'"
        ),
    ),
    (
        lambda log: log.cohorts(elapsed="0 days"),
        (
            "`elapsed` must be a whole number of hours, days, weeks, months, "
            "quarters or "
            "years, got '0 days'\n\nHint: such as '30 days' or '1 month'"
        ),
    ),
    (
        lambda log: log.cohorts(ages="month", elapsed="day"),
        "`elapsed` must be left out where ages are given, got 'day'",
    ),
    (lambda log: log.cohorts(burn_in=-1), "`burn_in` must be at least 0, got -1"),
    (
        lambda log: log.cohorts(as_of="2023-12-31"),
        (
            "`as_of` must not come before the first customer, who begins on "
            "2024-01-01, "
            "got '2023-12-31'"
        ),
    ),
    (
        lambda log: log.cohorts().retention("rolling"),
        (
            "`rule` must be one of bounded, unbounded, cumulative, consecutive, "
            "relative, "
            "got 'rolling'"
        ),
    ),
    (
        lambda log: log.cohorts().retention(incomplete="drop"),
        "`incomplete` must be 'mask', 'eligible' or 'flag', got 'drop'",
    ),
    (
        lambda log: log.cohorts().retention(denominator="all"),
        "`denominator` must be 'size', 'eligible' or 'previous', got 'all'",
    ),
    (
        lambda log: log.cohorts().retention(max_age=-1),
        "`max_age` must be at least 0, got -1",
    ),
    (
        lambda log: log.cohorts().retention(brackets=[(0, 2), (1, 3)]),
        (
            "`brackets` must each hold an age at least, and begin where the one before "
            "ends, or later, got [(0, 2), (1, 3)]"
        ),
    ),
    (
        lambda log: log.cohorts().retention(level=1.0),
        "`level` must lie between 0 and 1, got 1.0",
    ),
    (
        lambda log: log.cohorts().values("revenue"),
        (
            "`what` must be 'orders' for a log without amounts, got 'revenue'\n\nHint: "
            "Transactions(..., amount=...) reads them"
        ),
    ),
    (
        lambda log: log.cohorts().values("orders", per="order"),
        "`per` must be 'cohort', 'acquired' or 'active' for orders, got 'order'",
    ),
    (
        lambda log: log.cohorts().values("orders", per="active", cumulative=True),
        "`per` must be 'cohort' or 'acquired' for cumulative values, got 'active'",
    ),
    (
        lambda log: log.cohorts().retention().average("mean"),
        "`kind` must be 'weighted', 'simple' or 'chained', got 'mean'",
    ),
    (
        lambda log: log.cohorts().retention().average("simple", interval="wilson"),
        "`interval` must be 'bootstrap' for simple averages, got 'wilson'",
    ),
    (
        lambda log: log.cohorts().retention("relative").average("chained"),
        (
            "`kind` must be 'weighted' or 'simple' where retention is a share of those "
            "before, got 'chained'\n\nHint: denominator='size' has a curve that can be "
            "chained"
        ),
    ),
    (
        lambda log: log.cohorts().retention().compare(99),
        "`age` must be one of 0, 1, 2, 3, got 99",
    ),
    (
        lambda log: log.cohorts().retention().compare_curves(),
        (
            "`rule` must be 'cumulative', 'unbounded' or 'consecutive' where "
            "curves are "
            "compared, got 'bounded'\n\nHint: with other rules customers come and "
            "go, and "
            "nothing is survived"
        ),
    ),
]


@pytest.mark.parametrize(("call", "text"), ERRORS, ids=range(len(ERRORS)))
def test_what_cannot_be_is_refused(call, text):
    log = log_of(HAND)
    with pytest.raises(tn.exceptions.ParameterError) as raised:
        call(log)
    assert str(raised.value) == text


def test_weeks_cannot_be_cut_into_months():
    log = log_of(HAND, merge="week")
    assert log.cohorts("week").retention().customers[0, 0] == 1
    with pytest.raises(tn.exceptions.ParameterError) as raised:
        log.cohorts("month")
    assert str(raised.value) == (
        "`every` must hold whole weeks, since the purchases of a week are merged, got "
        "'month'\n\nHint: Transactions(merge='day') keeps days"
    )
    monthly = log_of(HAND, merge="month").cohorts("month", as_of="2024-04-30")
    assert monthly.retention().customers[0].tolist() == [3, 1, 2, 1]


def test_ids_of_births_must_be_those_of_events():
    births = log_of({"ann": ["2024-01-01"]})
    with pytest.raises(tn.exceptions.EmptyDataError) as raised:
        log_of({1: ["2024-01-01"]}).cohorts(births=births)
    assert str(raised.value) == (
        "no customer with a birth has an event in the log\n\nHint: are the ids of the "
        "same kind?"
    )


def test_signups_must_be_there_for_everybody():
    log = log_of(HAND)
    with pytest.raises(tn.exceptions.LengthError) as raised:
        log.cohorts(signup=["2024-01-01"])
    assert str(raised.value) == "column `signup` has 1 rows, but `customers` has 4"
    with pytest.raises(tn.exceptions.DataError) as missing:
        log.cohorts(signup=["2024-01-01", None, "2024-01-01", None])
    assert str(missing.value) == (
        "column `signup` must hold a time for every customer; row 1 has none "
        "(2 rows in "
        "all)\n\nHint: births takes a log of signups, and leaves out who has none"
    )


def test_too_many_cells_are_refused():
    log = log_of({1: ["1000-01-01"], 2: ["2024-01-01"]})
    with pytest.raises(
        tn.exceptions.ParameterError, match="no more than 67108864 cells"
    ):
        log.cohorts("day").retention()
    assert log.cohorts("year").retention().customers[0, 0] == 1
