"""What customers cost, may cost, and are worth over what they cost: by hand."""

import numpy as np
import pandas as pd
import polars as pl
import pytest
import tenure as tn
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import stats
from tenure.economics._estimates import fieller, poisson_interval
from tenure.exceptions import (
    ColumnError,
    DataError,
    EmptyDataError,
    EstimateWarning,
    LengthError,
    ParameterError,
)

economics = tn.economics

SPEND = {
    "period": ["2024-01-01", "2024-01-01", "2024-02-01", "2024-02-01"],
    "channel": ["search", "social", "search", "social"],
    "amount": [300.0, 100.0, 240.0, 60.0],
}
ORDERS = {
    "customer_id": [1, 2, 3, 4, 5, 6, 1],
    "date": [
        *["2024-01-05", "2024-01-31", "2024-01-09", "2024-02-01"],
        *["2024-02-29", "2024-03-02", "2024-02-10"],
    ],
    "channel": ["search", "search", "social", "search", "friends", "search", "x"],
    "amount": [10.0, 20.0, 30.0, 40.0, 50.0, 60.0, 70.0],
}


@pytest.fixture(scope="module")
def log():
    return tn.Transactions(ORDERS, amount="amount", attributes=["channel"])


def message(kind, work):
    with pytest.raises(kind) as caught:
        work()
    return str(caught.value)


class TestCost:
    def test_by_hand(self, log):
        cost = economics.acquisition_cost(SPEND, log, as_of="2024-03-31")
        # January: 400 for customers 1, 2, 3; February: 300 for 4 and 5; March: no
        # spend is known, and customer 6 does not count
        assert cost.blended.spend == 700.0
        assert cost.blended.customers == 5
        assert cost.blended.value == 140.0
        assert cost.new_customer == cost.blended
        # paid: search and social, 700 over customers 1 to 4
        assert cost.paid.value == 175.0
        assert cost.of_channel("search").value == 540 / 3
        assert cost.of_channel("social").value == 160.0
        assert cost.of_channel("friends").value == 0.0
        table = cost.by_cohort()
        assert table["cac"][:2].tolist() == [400 / 3, 150.0]
        assert np.isnan(table["cac"][2])
        assert table["status"].tolist() == ["counted", "counted", "no spend known"]
        assert " ".join(cost.notes) == (
            "1 month with 1 new customer is outside the table of spend, allowing for "
            "the lag: left out"
        )
        assert cost.of_cohort("2024-02-17").value == 150.0

    def test_channels_and_cohorts(self, log):
        cost = economics.acquisition_cost(SPEND, log, as_of="2024-02-29")
        cells = cost.to_frame()
        rows = {
            (channel, str(cohort)): (spend, n, cac)
            for channel, cohort, spend, n, cac in zip(
                *(cells[c] for c in ("channel", "cohort", "spend", "customers", "cac")),
                strict=True,
            )
        }
        assert rows["search", "2024-01-01"] == (300.0, 2, 150.0)
        assert rows["search", "2024-02-01"] == (240.0, 1, 240.0)
        assert rows["friends", "2024-02-01"] == (0.0, 1, 0.0)
        # social won nobody in February: money was spent, there is no cost of a customer
        spend, n, cac = rows["social", "2024-02-01"]
        assert (spend, n, np.isnan(cac)) == (60.0, 0, True)
        by_channel = cost.by_channel()
        assert by_channel["spend"].sum() == cost.new_customer.spend
        assert by_channel["customers"].sum() == cost.new_customer.customers
        assert by_channel["share"].sum() == pytest.approx(1.0, abs=1e-15)
        assert by_channel["paid"].tolist() == [False, True, True]

    def test_nobody_is_no_infinite_cost(self):
        won = {
            "period": ["2024-01-01", "2024-02-01"],
            "customers": [4, 0],
        }
        spend = {"period": ["2024-01-01", "2024-02-01"], "amount": [100.0, 60.0]}
        cost = economics.acquisition_cost(spend, won, channel=None)
        table = cost.by_cohort()
        assert table["cac"][0] == 25.0
        assert np.isnan([table[name][1] for name in ("cac", "low", "high")]).all()
        assert table["status"].tolist() == ["counted", "no customers"]
        assert cost.blended.value == 40.0  # the 60 are in the total
        assert "nobody was won in 1 month (the first: 2024-02-01)" in cost.notes[0]
        assert cost.paid is None

    def test_a_lag(self, log):
        # spend of January is for customers of February, that of February for March
        cost = economics.acquisition_cost(SPEND, log, lag=1, as_of="2024-03-31")
        assert cost.blended.customers == 3
        assert cost.blended.spend == 700.0
        assert cost.by_cohort()["status"].tolist() == [
            "no spend known",
            "counted",
            "counted",
        ]
        assert cost.by_cohort()["cac"][1:].tolist() == [200.0, 300.0]

    def test_purposes(self, log):
        spend = {
            "period": ["2024-01-01"] * 3,
            "channel": ["search", None, "mail"],
            "amount": [90.0, 60.0, 30.0],
            "what": ["acquisition", "overhead", "retention"],
        }
        cost = economics.acquisition_cost(
            spend, log, purpose="what", as_of="2024-01-31"
        )
        assert cost.blended.value == 60.0  # 180 for 3
        assert cost.new_customer.value == 30.0  # 90 for 3
        assert cost.paid.value == 45.0  # 90 for the two of search
        assert message(
            DataError,
            lambda: economics.acquisition_cost(
                spend | {"what": ["acquisition", "fun", None]}, log, purpose="what"
            ),
        ) == (
            "column `what` must be one of acquisition, retention, overhead; row 1 has "
            "'fun' (2 rows in all)"
        )

    def test_the_next_customer(self):
        won = {"period": ["2024-01-01", "2024-02-01"], "customers": [100, 150]}
        spend = {"period": ["2024-01-01", "2024-02-01"], "amount": [1000.0, 2000.0]}
        marginal = economics.acquisition_cost(spend, won, channel=None).marginal()
        assert marginal["marginal_cac"].tolist() == [20.0]  # 1000 more for 50 more
        reach = 1.959963984540054 * np.sqrt(250)
        assert marginal["low"][0] == pytest.approx(1000 / (50 + reach), rel=1e-12)
        assert marginal["high"][0] == pytest.approx(1000 / (50 - reach), rel=1e-12)
        same = won | {"customers": [100, 100]}
        unclear = economics.acquisition_cost(spend, same, channel=None).marginal()
        assert np.isnan([unclear[c][0] for c in ("marginal_cac", "low", "high")]).all()

    def test_a_month_in_progress_does_not_count(self, log):
        cost = economics.acquisition_cost(SPEND, log, as_of="2024-02-15")
        assert cost.by_cohort()["status"].tolist() == ["counted", "in progress"]
        assert cost.blended.customers == 3
        assert " ".join(cost.notes) == (
            "1 month with 1 new customer is not over at the end of observation: left "
            "out"
        )

    @pytest.mark.parametrize("kind", [pd.DataFrame, pl.DataFrame])
    def test_families_and_row_order(self, log, kind):
        plain = economics.acquisition_cost(SPEND, log, as_of="2024-03-31")
        order = [3, 1, 0, 2]
        shuffled = {name: [values[i] for i in order] for name, values in SPEND.items()}
        frame = kind(shuffled)
        before = frame.copy() if kind is pd.DataFrame else frame.clone()
        cost = economics.acquisition_cost(frame, log, as_of="2024-03-31")
        assert frame.equals(before)
        table = cost.to_frame()
        assert isinstance(table, kind)
        for name in ("cac", "low", "high"):
            expected = plain.to_frame()[name]
            assert np.array_equal(np.asarray(table[name]), expected, equal_nan=True)

    def test_text_months(self, log):
        spend = SPEND | {"period": [text[:7] for text in SPEND["period"]]}
        cost = economics.acquisition_cost(
            spend, log, time_format="%Y-%m", as_of="2024-03-31"
        )
        assert cost.blended.value == 140.0

    def test_bad_input(self, log):
        negative = SPEND | {"amount": [300.0, -5.0, 1.0, float("nan")]}
        assert message(
            DataError, lambda: economics.acquisition_cost(negative, log)
        ) == (
            "column `amount` must be finite and at least 0; row 1 has -5 (2 rows in "
            "all)\n\nHint: take a credit note off the spend that it belongs to"
        )
        dated = SPEND | {"period": ["2024-01-01", None, None, "2024-02-01"]}
        assert message(DataError, lambda: economics.acquisition_cost(dated, log)) == (
            "column `period` must hold a date in every row; row 1 has none (2 rows in "
            "all)"
        )
        with pytest.raises(ColumnError, match="unknown column 'spent'"):
            economics.acquisition_cost(SPEND, log, amount="spent")
        with pytest.raises(LengthError):
            economics.acquisition_cost(SPEND, log, by=["a", "b"])
        counts = {"period": ["2024-01-01"], "customers": [1.5]}
        assert (
            message(
                DataError,
                lambda: economics.acquisition_cost(SPEND, counts),
            )
            == "column `customers` must be whole numbers of at least 0; row 0 has 1.5"
        )
        empty = {"period": [], "channel": [], "amount": []}
        assert message(
            EmptyDataError, lambda: economics.acquisition_cost(empty, log)
        ) == ("the table of spend has no rows")
        late = SPEND | {"period": ["2020-01-01"] * 4}
        assert message(
            EmptyDataError, lambda: economics.acquisition_cost(late, log)
        ) == (
            "no customer was acquired in a period with spend\n\nHint: are the dates of "
            "the same years, and is the lag in periods?"
        )
        assert message(
            ParameterError, lambda: economics.acquisition_cost(SPEND, log, lag=-1)
        ) == ("`lag` must be a whole number of periods, at least 0, got -1")
        assert message(
            ParameterError,
            lambda: economics.acquisition_cost(SPEND, log, paid=["radio"]),
        ) == (
            "`paid` must name channels of the data: 'friends', 'search', 'social', got "
            "'radio'"
        )
        plain = economics.acquisition_cost(SPEND, log, channel=None)
        assert message(ParameterError, plain.by_channel) == (
            "`by` must name the channel of each customer for a cost by channel, got "
            "None\n\nHint: Transactions(..., attributes=...) keeps a column about "
            "customers"
        )

    @given(
        st.lists(
            st.tuples(st.integers(0, 3), st.sampled_from("abc"), st.integers(0, 500)),
            min_size=1,
            max_size=20,
        ),
        st.lists(
            st.tuples(st.integers(0, 3), st.sampled_from("abcd")),
            min_size=1,
            max_size=30,
        ),
    )
    @settings(max_examples=40, deadline=None)
    def test_against_plain_python(self, spend, people):
        months = ["2024-01-01", "2024-02-01", "2024-03-01", "2024-04-01"]
        table = {
            "period": [months[m] for m, _, _ in spend],
            "channel": [c for _, c, _ in spend],
            "amount": [float(a) for _, _, a in spend],
        }
        won = {
            "period": [months[m] for m, _ in people],
            "channel": [c for _, c in people],
            "customers": [1] * len(people),
        }
        first, last = min(m for m, _, _ in spend), max(m for m, _, _ in spend)
        inside = [(m, c) for m, c in people if first <= m <= last]
        if not inside:
            with pytest.raises(EmptyDataError):
                economics.acquisition_cost(table, won)
            return
        cost = economics.acquisition_cost(table, won)
        assert cost.blended.spend == sum(a for _, _, a in spend)
        assert cost.blended.customers == len(inside)
        for channel in cost.channels:
            n = sum(c == channel for _, c in inside)
            total = sum(a for _, c, a in spend if c == channel)
            found = cost.of_channel(channel)
            assert (found.spend, found.customers) == (total, n)
            assert np.isnan(found.value) if n == 0 else found.value == total / n


class TestIntervals:
    def test_the_score_interval_solves_its_equation(self):
        z = stats.norm.ppf(0.975)
        for n in (0, 1, 7, 400):
            low, high = (float(end) for end in poisson_interval(n, 0.95))
            # |n - mu| = z sqrt(mu) at both ends, but for the 0 of n = 0
            assert high - n == pytest.approx(z * np.sqrt(high), rel=1e-12)
            assert n - low == pytest.approx(z * np.sqrt(low), abs=1e-9)

    @pytest.mark.parametrize("mean", [40.0, 151.0])
    def test_coverage_of_the_cost(self, mean):
        # exact probabilities in place of draws: 90 % nominal
        n = np.arange(1, 500)
        low, high = poisson_interval(n, 0.9)
        spend = 1000.0
        holds = (spend / high <= spend / mean) & (spend / mean <= spend / low)
        coverage = stats.poisson.pmf(n, mean)[holds].sum()
        assert 0.87 <= coverage <= 0.93

    def test_close_to_the_exact_interval(self):
        n = np.array([30, 100, 1000])
        low, high = poisson_interval(n, 0.95)
        exact_low = stats.chi2.ppf(0.025, 2 * n) / 2
        exact_high = stats.chi2.ppf(0.975, 2 * n + 2) / 2
        # the exact one is longer by about half a customer on either side
        assert (np.abs(low - exact_low) < 1.0).all()
        assert (np.abs(high - exact_high) < 1.0).all()
        assert ((high - low) < (exact_high - exact_low)).all()

    def test_fieller_by_its_definition(self):
        a, b, va, vb, vab = 30.0, 10.0, 4.0, 1.0, 0.7
        z2 = stats.norm.ppf(0.975) ** 2
        for end in fieller(a, b, (va, vb), 0.95, covariance=vab):
            left = (a - end * b) ** 2
            assert left == pytest.approx(
                z2 * (va - 2 * end * vab + end**2 * vb), rel=1e-9
            )
        assert np.isnan(fieller(1.0, 1.0, (0.1, 1.0), 0.95)).all()

    def test_coverage_of_the_ratio(self):
        rng = np.random.default_rng(11)
        held, runs, n = 0, 600, 300
        for _ in range(runs):
            costs = rng.gamma(4.0, 5.0, n)  # mean 20
            values = costs * rng.gamma(2.0, 1.5, n)  # 3 times, in the mean
            found = economics.value_to_cost(values, costs, basis="margin", level=0.9)
            held += found.low <= 3.0 <= found.high
        assert 0.87 <= held / runs <= 0.93


class TestValueToCost:
    def test_a_ratio_of_totals(self):
        # 120 / 60; the mean of the ratios would be (1 + 2.5 + 0 + 3) / 4
        values, costs = [10.0, 50.0, 0.0, 60.0], [10.0, 20.0, 10.0, 20.0]
        found = economics.value_to_cost(values, costs, basis="margin")
        assert found.ratio == 2.0
        assert found.customers == 4
        drawn = economics.value_to_cost(
            values, costs, basis="margin", method="bootstrap", seed=3
        )
        assert drawn.low < 2.0 < drawn.high

    def test_fieller_and_bootstrap_agree(self):
        rng = np.random.default_rng(2)
        values = rng.gamma(2.0, 30.0, 3000)
        one = economics.value_to_cost(values, 20.0, basis="margin")
        other = economics.value_to_cost(
            values, 20.0, basis="margin", method="bootstrap", replicates=3000
        )
        # percentiles of 3,000 draws are known to about 2 % of the interval's length
        assert one.low == pytest.approx(other.low, rel=0.01)
        assert one.high == pytest.approx(other.high, rel=0.01)

    def test_a_horizon_that_both_sides_have(self, log):
        cost = economics.acquisition_cost(SPEND, log, as_of="2024-03-31")
        # by day 30 from the first purchase, to 31 March: customers of January are 1
        # with 10, 2 with 20, 3 with 30; of February 4 with 40 and 5 with 50; the 70 of
        # customer 1 came on day 36
        found = economics.value_to_cost(
            log, cost, horizon=30, margin=0.5, as_of="2024-03-31"
        )
        assert found.value == 15.0
        assert found.cost == 140.0
        assert found.ratio == pytest.approx(15 / 140, rel=1e-15)
        longer = economics.value_to_cost(
            log, cost, horizon=60, margin=0.5, as_of="2024-03-31"
        )
        # only January was observed for 60 days: 65 for 400
        assert longer.customers == 3
        assert longer.ratio == pytest.approx(65 / 400, rel=1e-15)
        assert longer.notes == (
            "2 customers observed for less: left out",  # 5 and 6
            "1 customer of cohorts not valued as a whole: left out",  # 4, of February
        )

    def test_revenue_warns(self):
        with pytest.warns(EstimateWarning, match="the value is revenue"):
            found = economics.value_to_cost([10.0, 20.0], 5.0, basis="revenue")
        assert found.notes[-1].startswith("the value is revenue")
        assert "verdict" not in repr(found)

    def test_a_lifetime_value(self):
        buying = tn.BGNBD.from_params(
            r=0.243, alpha=4.414, a=0.793, b=2.426, unit="week"
        )
        value = tn.lifetime_value_new(buying, 35.0, horizon="1 year", margin=0.3)
        found = economics.value_to_cost(value, 12.5)
        assert found.ratio == pytest.approx(value.total / 12.5, rel=1e-15)
        assert found.span == "within 52.18 weeks"

    def test_bad_input(self, log):
        assert message(
            ParameterError, lambda: economics.value_to_cost([1.0, 2.0], 3.0)
        ) == (
            "`basis` must be 'margin' or 'revenue' where values are numbers alone, got "
            "None"
        )
        assert message(
            ParameterError, lambda: economics.value_to_cost(log, 3.0, margin=0.3)
        ) == (
            "`horizon` must be given for a log: the age up to which customers are "
            "valued, got None"
        )
        assert message(
            ParameterError,
            lambda: economics.value_to_cost([1.0, 2.0], [1.0], basis="margin"),
        ) == (
            "`cost` must be an amount of at least 0 a customer, or one for each of 2, "
            "got 1 numbers"
        )
        assert message(
            ParameterError,
            lambda: economics.value_to_cost([1.0, 2.0], 0.0, basis="margin"),
        ) == ("`cost` must be above 0, got 0")
        assert message(
            EmptyDataError,
            lambda: economics.value_to_cost(log, 3.0, horizon=900, margin=0.1),
        ) == ("no customer was observed for 900 days\n\nHint: the longest for 58 days")


class TestAllowable:
    def test_rules(self, log):
        three = economics.allowable_cost(90.0, ratio=3, basis="margin", cost=25.0)
        assert (three.value, three.headroom) == (30.0, 5.0)
        kept = economics.allowable_cost(90.0, keep=0.4, basis="margin")
        assert kept.value == pytest.approx(54.0, rel=1e-15)
        # by day 40 to 31 March: customers 1 (10 + 70), 2, 3 and 4 with half of 170
        back = economics.allowable_cost(log, payback=40, margin=0.5, as_of="2024-03-31")
        assert back.value == pytest.approx(85 / 4, rel=1e-15)
        assert back.customers == 4
        assert back.rule == "the value by 40 days after the first purchase"

    def test_bad_input(self, log):
        assert message(
            ParameterError,
            lambda: economics.allowable_cost(90.0, ratio=3, keep=0.1, basis="margin"),
        ) == (
            "`ratio` must be given, or else payback, or keep: one of the three, got "
            "ratio, keep"
        )
        assert message(
            ParameterError,
            lambda: economics.allowable_cost(90.0, payback=30, basis="margin"),
        ) == ("`payback` must go with a log, which says what came by which age, got 30")
        assert message(
            ParameterError, lambda: economics.allowable_cost(log, keep=1.0, horizon=10)
        ) == ("`keep` must lie from 0 to below 1, got 1.0")


class TestKeeping:
    def test_by_hand(self):
        # 85 % against 80 %: 50 of 1,000 stay because of it, 5,000 / 50 = 100 each
        cost = economics.retention_cost(
            5_000, offered=(850, 1_000), control=(800, 1_000), acquisition_cost=60
        )
        assert cost.value == pytest.approx(100.0, rel=1e-12)
        assert cost.over_acquisition == pytest.approx(100 / 60, rel=1e-12)
        assert cost.per_kept == pytest.approx(5_000 / 850, rel=1e-15)
        low, high = tn.cohorts.newcombe((850, 1000), (800, 1000), 0.95)
        assert cost.high == pytest.approx(5 / float(low), rel=1e-12)
        assert cost.low == pytest.approx(5 / float(high), rel=1e-12)
        offers = cost.largest_offer(pd.DataFrame({"value": [100.0, -20.0]}))
        assert offers["offer"].tolist() == pytest.approx([5.0, 0.0], rel=1e-12)

    def test_no_effect_is_no_cost(self):
        none = economics.retention_cost(10.0, offered=(7, 10), control=(8, 10))
        assert np.isnan([none.value, none.low, none.high]).all()
        assert repr(none).startswith("10.00 kept nobody who would have left")
        unclear = economics.retention_cost(10.0, offered=(8, 10), control=(7, 10))
        assert unclear.high == np.inf
        assert "has no upper end" in unclear.notes[0]

    def test_bad_input(self):
        assert message(
            ParameterError,
            lambda: economics.retention_cost(1.0, offered=(11, 10), control=(1, 10)),
        ) == (
            "`offered` must be two whole numbers: how many stayed, of how many, got "
            "(11, 10)"
        )
