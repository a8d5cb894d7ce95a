"""Payback, ROI, curves, quality, lifespan and quadrants: by hand and by identities."""

import numpy as np
import pandas as pd
import polars as pl
import pytest
import tenure as tn
from tenure.exceptions import (
    ColumnError,
    EmptyDataError,
    LengthError,
    ParameterError,
)

economics = tn.economics

# Two customers of January; days count from each one's first purchase.
ORDERS = {
    "customer_id": [1, 1, 1, 2, 2],
    "date": ["2024-01-01", "2024-01-06", "2024-01-16", "2024-01-01", "2024-01-11"],
    "amount": [10.0, 20.0, 30.0, 30.0, 10.0],
}


@pytest.fixture(scope="module")
def log():
    return tn.Transactions(ORDERS, amount="amount")


@pytest.fixture(scope="module")
def cdnow():
    return tn.Transactions(tn.datasets.load_cdnow(family="numpy"), amount="amount")


SHOP = {
    "customer_id": [1, 1, 2, 3, 3, 4],
    "date": [
        *["2024-01-01", "2024-01-11", "2024-01-01", "2024-01-01"],
        *["2024-03-01", "2024-03-20"],
    ],
    "amount": [10.0, 30.0, 20.0, 40.0, 40.0, 5.0],
    "source": ["ad", "ad", "ad", "friend", "friend", "friend"],
    "product": ["tea", "cup", "tea", "cup", "tea", "tea"],
}


@pytest.fixture(scope="module")
def shop():
    return tn.Transactions(
        SHOP, amount="amount", attributes=["source"], product="product"
    )


SPEND = {
    "period": ["1997-01-01", "1997-02-01", "1997-03-01"],
    "amount": [29_000.0, 20_000.0, 24_000.0],
}


@pytest.fixture(scope="module")
def cost(cdnow):
    return economics.acquisition_cost(SPEND, cdnow, channel=None)


def message(kind, work):
    with pytest.raises(kind) as caught:
        work()
    return str(caught.value)


class TestPayback:
    def test_by_hand(self, log):
        # half of it is margin: 20 in the mean... at once (10 + 30) / 2 * 0.5 = 10;
        # by day 7: + 20 / 2 * 0.5 = 15; by day 14: + 10 / 2 * 0.5 = 17.5; by day 21:
        # + 30 / 2 * 0.5 = 25
        found = economics.payback(
            log, 16.0, margin=0.5, unit="week", as_of="2024-01-21"
        )
        row = found.overall
        assert row.curve.tolist() == [10.0, 15.0, 17.5, 25.0]
        assert row.observed == 3
        # 16 lies 0.4 of the way from 15 at 1 to 17.5 at 2
        assert row.time == pytest.approx(1.4, rel=1e-15)
        # 25 in 3 weeks: 16 / (25 / 3)
        assert row.flat == pytest.approx(1.92, rel=1e-15)
        assert found.curve()["customers"].tolist() == [2, 2, 2, 2]

    def test_not_yet_is_an_answer(self, log):
        found = economics.payback(
            log, 40.0, margin=0.5, unit="week", as_of="2024-01-21"
        )
        table = found.to_frame()
        assert np.isnan(table["payback"]).all()
        assert table["paid_back"].tolist() == [False, False]
        assert table["observed"].tolist() == [3, 3]
        assert table["earned"].tolist() == [0.625, 0.625]
        assert found.overall.answer("week") == "not yet (observed 3 weeks)"
        assert "not yet (observed 3 weeks)" in repr(found)

    def test_at_once(self, log):
        assert economics.payback(log, 10.0, margin=0.5, unit="day").overall.time == 0.0
        assert economics.payback(log, 0.0, unit="day").overall.time == 0.0

    def test_discounting(self, log):
        found = economics.payback(
            log, 16.0, margin=0.5, unit="week", as_of="2024-01-21", discount_rate=0.5
        )
        year = 365.25
        expected = 10 + 5 * 1.5 ** (-5 / year) + 2.5 * 1.5 ** (-10 / year)
        assert found.overall.curve[2] == pytest.approx(expected, rel=1e-14)
        assert found.overall.time > 1.4

    def test_refunds_count_when_they_are_made(self):
        orders = {
            "customer_id": [1, 1],
            "date": ["2024-01-01", "2024-01-10"],
            "amount": [50.0, -20.0],
        }
        log = tn.Transactions(orders, amount="amount")
        curve = economics.payback(log, 1.0, unit="day").overall.curve
        assert curve[[0, 8, 9, 10]].tolist() == [50.0, 50.0, 50.0, 30.0]

    def test_curves_are_those_of_cohorts(self, cdnow, cost):
        """Cumulative margin by whole weeks is the table of cohorts, cell by cell."""
        found = economics.payback(cdnow, cost, margin=0.3, unit="week")
        table = cdnow.cohorts("month", elapsed="week").lifetime_value(
            "margin", margin=0.3
        )
        for place, row in enumerate(found.groups):
            known = table.value[place][np.isfinite(table.value[place])]
            assert len(known) == row.observed
            # sums in another order
            assert row.curve[1:] == pytest.approx(known, rel=1e-12)

    def test_all_of_several_cohorts_by_plain_python(self, cdnow):
        """Each step is the mean over the customers of cohorts observed to its end."""
        found = economics.payback(cdnow, 1e6, unit="month", as_of="1997-08-10")
        length = 365.25 / 12
        rows = cdnow.purchases()
        day = np.datetime64("1997-08-11")
        data = {}
        for customer, when, value in zip(
            rows["customer_id"], rows["time"], rows["value"], strict=True
        ):
            if when < day:
                data.setdefault(customer, []).append((when, value))
        cohorts = {}
        for orders in data.values():
            cohorts.setdefault(orders[0][0].astype("datetime64[M]"), []).append(orders)
        steps = {
            month: int(
                min((day - o[0][0]) / np.timedelta64(1, "D") for o in people) // length
            )
            for month, people in cohorts.items()
        }
        total, expected = 0.0, []
        for step in range(max(steps.values()) + 1):
            people = [
                o for m, group in cohorts.items() if steps[m] >= step for o in group
            ]
            gained = 0.0
            for orders in people:
                for when, value in orders:
                    age = (when - orders[0][0]) / np.timedelta64(1, "D")
                    at = 0 if age == 0 else int(age // length) + 1
                    gained += value * (at == step)
            total += gained / len(people)
            expected.append(total)
        assert found.overall.curve == pytest.approx(expected, rel=1e-12)

    def test_each_cohort_has_its_cost(self, cdnow, cost):
        found = economics.payback(cdnow, cost, margin=0.3)
        table = found.to_frame()
        assert table["cac"][1:] == pytest.approx(
            [29_000 / 781, 20_000 / 857, 24_000 / 719], rel=1e-14
        )
        assert table["cac"][0] == pytest.approx(73_000 / 2357, rel=1e-14)
        assert np.isnat(table["cohort"][0])
        february = found.of("1997-02-01")
        assert february.paid_back
        assert february.low < february.time < february.high
        assert not found.overall.paid_back
        assert found.overall.high == np.inf

    def test_channels(self):
        orders = ORDERS | {"channel": ["a"] * 3 + ["b"] * 2}
        log = tn.Transactions(orders, amount="amount", attributes=["channel"])
        spend = {
            "period": ["2024-01-01"] * 2,
            "channel": ["a", "b"],
            "amount": [20.0, 38.0],
        }
        cost = economics.acquisition_cost(spend, log, as_of="2024-01-31")
        found = economics.payback(
            log, cost, by="channel", unit="day", as_of="2024-01-31"
        )
        assert [row.cost for row in found.groups] == [20.0, 38.0]
        # a: 10 at once, 30 by day 6 (from 5 on); b: 30 at once, 40 by day 11
        assert [row.time for row in found.groups] == [5.5, 10.8]
        given = economics.payback(
            log, {"a": 20.0, "b": 38.0}, by="channel", unit="day", as_of="2024-01-31"
        )
        assert [row.time for row in given.groups] == [5.5, 10.8]
        # one amount a customer is fixed, spend is shared by those who are drawn
        assert given.overall.cost == found.overall.cost == 29.0

    def test_the_flat_formula_errs_both_ways(self, log, cdnow, cost):
        early = economics.payback(log, 16.0, margin=0.5, unit="week").overall
        assert early.why_flat_errs("week").endswith("most of it came early: too long")
        late = economics.payback(cdnow, cost, margin=0.3).overall
        assert late.why_flat_errs("month").endswith("some leave: too short")

    def test_a_projection(self, cdnow):
        summary = cdnow.summary(unit="week")
        buying = tn.BGNBD().fit(summary)
        found = economics.payback(
            cdnow, 40.0, margin=0.3, projection=(buying, 35.0), horizon="20 years"
        )
        row = found.overall
        ages = np.array([row.observed, row.projected]) * 365.25 / 12 / 7
        more = np.diff(buying.expected_purchases_new(ages))[0] * 35 * 0.3
        # months are joined by straight lines, the model's curve is bent
        assert row.curve[-1] + more == pytest.approx(40.0, abs=0.01)
        assert found.projection == "BGNBD"
        never = economics.payback(
            cdnow, 500.0, margin=0.3, projection=(buying, 35.0), horizon="5 years"
        )
        assert never.overall.projected == np.inf

    def test_a_projection_by_a_curve(self, log):
        # 10, 15, 17.5, 25 seen; then 8 x 0.5 each week times who is left
        found = economics.payback(
            log,
            29.0,
            margin=0.5,
            unit="week",
            as_of="2024-01-21",
            projection=([1.0, 0.9, 0.8, 0.7, 0.6, 0.5], 8.0),
        )
        # at week 4: + 0.6 * 4 = 27.4; at week 5: + 0.5 * 4 = 29.4
        assert found.overall.projected == pytest.approx(4.8, rel=1e-12)

    def test_seeds_and_families(self, cdnow, cost):
        one = economics.payback(cdnow, cost, margin=0.3, seed=4, replicates=50)
        other = economics.payback(cdnow, cost, margin=0.3, seed=4, replicates=50)
        assert one.of("1997-02-01").low == other.of("1997-02-01").low
        for kind in (pd.DataFrame, pl.DataFrame):
            log = tn.Transactions(kind(ORDERS), amount="amount")
            table = economics.payback(log, 16.0, unit="week").to_frame()
            assert isinstance(table, kind)

    def test_one_customer(self):
        orders = {"customer_id": [1], "date": ["2024-01-01"], "amount": [5.0]}
        log = tn.Transactions(orders, amount="amount")
        row = economics.payback(log, 4.0, as_of="2024-03-31").overall
        assert (row.time, np.isnan(row.low), np.isnan(row.high)) == (0.0, True, True)

    def test_coverage(self):
        """90 % intervals of the time hold the true one 87 to 93 times in 100."""
        rng = np.random.default_rng(8)
        held, runs, customers = 0, 300, 150
        # 10 at once, then each week an order of mean 4 with probability 1/2:
        # E = 10 + 2 t, so that 20 is back at t = 5, on the grid of weeks
        for run in range(runs):
            bought = rng.random((customers, 8)) < 0.5
            who, week = np.nonzero(bought)
            first = np.full(customers, np.datetime64("2024-01-01"))
            orders = {
                "customer_id": np.concatenate([np.arange(customers), who]),
                "date": np.concatenate([first, first[0] + 7 * week + 3]),
                "amount": np.concatenate(
                    [np.full(customers, 10.0), rng.exponential(4.0, len(who))]
                ),
            }
            log = tn.Transactions(orders, amount="amount", keep_rows=False)
            found = economics.payback(
                log,
                20.0,
                unit="week",
                as_of="2024-02-25",
                replicates=200,
                seed=run,
                level=0.9,
            ).overall
            held += found.low <= 5.0 <= found.high
        # with 300 runs, 2 standard errors are 3.5 points
        assert 0.865 <= held / runs <= 0.935

    def test_bad_input(self, log):
        assert message(ParameterError, lambda: economics.payback(log, -1.0)) == (
            "`cost` must be an amount of at least 0 a customer, or what "
            "acquisition_cost returns, got -1.0"
        )
        assert message(ParameterError, lambda: economics.payback(log, {"a": 1.0})) == (
            "`cost` must be one number, or what acquisition_cost returns, without by, "
            "got a mapping"
        )
        bare = tn.Transactions({"customer_id": [1], "date": ["2024-01-01"]})
        assert message(ParameterError, lambda: economics.payback(bare, 1.0)) == (
            "`log` must have amounts, got a log without\n\nHint: Transactions(..., "
            "amount=...) names their column"
        )
        assert message(
            EmptyDataError, lambda: economics.payback(log, 1.0, as_of="2023-01-01")
        ) == (
            "no customer had bought by 2023-01-01\n\nHint: choose a date after the "
            "first purchase of the log"
        )
        assert message(
            ParameterError, lambda: economics.payback(log, 1.0, projection=3.0)
        ) == (
            "`projection` must be a pair: a model or a curve of retention, and the "
            "money of an order or a period, got 3.0\n\nHint: (BGNBD, GammaGamma), or "
            "(SBG, 20.0)"
        )
        with pytest.raises(ColumnError, match="unknown column 'source'"):
            economics.payback(log, 1.0, by="source")


class TestReturns:
    def test_by_hand(self, log):
        # by day 10: 10 + 20 and 30; by day 20: all 100
        found = economics.roi(
            log, 20.0, margin=0.5, horizons=[10, 20], as_of="2024-01-20"
        )
        rows = found.overall
        assert rows["value"].tolist() == [30.0, 50.0]
        assert rows["cost"].tolist() == [40.0, 40.0]
        assert rows["roi"].tolist() == [-0.25, 0.25]
        assert rows["profit"].tolist() == [-10.0, 10.0]

    def test_only_who_was_observed(self, log):
        found = economics.roi(log, 20.0, horizons=[10, 60], as_of="2024-01-20")
        assert found.overall["customers"].tolist() == [2, 0]
        assert np.isnan(found.overall["roi"]).tolist() == [False, True]
        assert "not observed" in repr(found)

    def test_what_cost_nothing(self, log):
        found = economics.roi(log, 0.0, horizons=[10], as_of="2024-01-20")
        assert np.isnan(found.overall["roi"][0])
        assert found.overall["value"].tolist() == [60.0]
        assert "no cost" in repr(found)

    def test_sums_close(self, cdnow, cost):
        table = economics.roi(cdnow, cost, margin=0.3, horizons=[90]).to_frame()
        for name in ("customers", "cost", "value", "profit"):
            whole, parts = table[name][0], table[name][1:]
            assert parts.sum() == pytest.approx(whole, abs=0.005)  # to the cent
        assert table["cost"][0] == pytest.approx(73_000.0, abs=0.005)

    def test_coverage(self):
        rng = np.random.default_rng(3)
        held, runs = 0, 300
        spend = {"period": ["2024-01-01"], "amount": [2_000.0]}
        for _ in range(runs):
            n = rng.poisson(200)
            orders = {
                "customer_id": np.arange(n),
                "date": np.full(n, np.datetime64("2024-01-01")),
                "amount": rng.gamma(2.0, 10.0, n),  # 200 x 20: 4,000 in the mean
            }
            log = tn.Transactions(orders, amount="amount", keep_rows=False)
            cost = economics.acquisition_cost(
                spend, log, channel=None, as_of="2024-01-31"
            )
            rows = economics.roi(
                log, cost, margin=1.0, horizons=[7], as_of="2024-01-31", level=0.9
            ).overall
            held += rows["low"][0] <= 1.0 <= rows["high"][0]
        assert 0.865 <= held / runs <= 0.935

    def test_value_curves_join_costs(self, cdnow, cost):
        curves = economics.value_curves(cdnow, cost, margin=0.3)
        table = curves.to_frame()
        first = (table["cohort"] == np.datetime64("1997-02-01")) & (
            table["period"] == 3
        )
        cohorts = cdnow.cohorts("month").lifetime_value("margin", margin=0.3)
        assert table["value"][first][0] == cohorts.value[1, 3]
        assert table["cac"][first][0] == 20_000 / 857
        assert table["ratio"][first][0] == cohorts.value[1, 3] / (20_000 / 857)
        assert np.isnan(curves.cost[3:]).all()
        assert message(
            ParameterError, lambda: economics.value_curves(cdnow, cost, every="week")
        ) == ("`every` must be that of the cost, 'month', or left out, got 'week'")


class TestQuality:
    def test_by_hand(self, shop):
        found = economics.acquisition_quality(
            shop, "source", horizon=30, cost={"ad": 25.0, "friend": 10.0}
        )
        table = found.to_frame()
        assert table["source"].tolist() == ["ad", "friend"]
        assert table["customers"].tolist() == [2, 2]
        assert table["observed"].tolist() == [2, 1]  # 4 came on the last day
        # within 30 days: 1 came back, 2 did not; 3 only later
        assert table["one_and_done"].tolist() == [0.5, 1.0]
        assert table["value"].tolist() == [30.0, 40.0]
        assert table["first_order"].tolist() == [15.0, 40.0]
        assert table["repeat_share"].tolist() == [0.5, 0.0]
        assert table["below_cost"].tolist() == [0.5, 0.0]  # 2 brought 20 < 25
        assert table["value_to_cost"].tolist() == [1.2, 4.0]
        assert found.notes == ("1 customer observed for less than 30 days: left out",)

    def test_first_products(self, shop):
        found = economics.acquisition_quality(shop, "product", horizon=30)
        table = found.to_frame()
        assert table["product"].tolist() == ["tea", "cup"]
        assert table["customers"].tolist() == [3, 1]
        assert table["value"].tolist() == [30.0, 40.0]

    def test_first_order_and_later(self, shop):
        found = economics.first_orders(shop, ages=[30, 60])
        # first orders: 10 + 20 + 40 + 5 of 145
        assert (found.first, found.repeat) == (75.0, 70.0)
        assert found.share_repeat == pytest.approx(70 / 145, rel=1e-15)
        table = found.to_frame()
        assert table["age"].tolist() == [0.0, 30.0, 60.0]
        assert table["customers"].tolist() == [4, 3, 3]
        assert table["value"].tolist() == [18.75, 100 / 3, 100 / 3]
        later = economics.first_orders(shop, ages=[61]).to_frame()
        assert later["value"][1] == pytest.approx(140 / 3, rel=1e-15)
        split = economics.first_orders(shop, ages=[30], by="source").to_frame()
        assert split["source"].tolist() == ["ad", "ad", "friend", "friend"]
        assert split["value"].tolist() == [15.0, 30.0, 22.5, 40.0]

    def test_no_revenue(self):
        orders = {"customer_id": [1, 2], "date": ["2024-01-01"] * 2}
        log = tn.Transactions(orders | {"amount": [0.0, 0.0]}, amount="amount")
        assert np.isnan(economics.first_orders(log).share_repeat)

    def test_bad_input(self, shop):
        with pytest.raises(ColumnError, match="unknown column 'sauce'"):
            economics.acquisition_quality(shop, "sauce")
        bare = tn.Transactions(ORDERS, amount="amount")
        assert message(
            ParameterError, lambda: economics.acquisition_quality(bare, "product")
        ) == (
            "`by` must be an attribute, for a log without products, got 'product'\n\n"
            "Hint: name the column of products when the log is made"
        )


class TestLifespan:
    def test_without_censoring(self):
        # all have left: the mean is 2.5 and there is no tail
        curve = tn.KaplanMeier().fit([1.0, 2.0, 3.0, 4.0])
        found = economics.lifespan_value(curve, arpu=100.0, margin=0.5)
        assert (found.lifespan, found.tail, found.value) == (2.5, 0.0, 125.0)

    def test_of_a_log_by_hand(self):
        # there until 30 days after the last purchase: 1 for 40 days, 2 for 30 days and
        # still there on day 60 are 3 (with 60 days) and 4 (20 days)
        orders = {
            "customer_id": [1, 1, 2, 3, 3, 4],
            "date": np.datetime64("2024-01-01") + np.array([0, 10, 0, 0, 50, 40]),
            "amount": [10.0, 20.0, 30.0, 40.0, 50.0, 60.0],
        }
        log = tn.Transactions(orders, amount="amount")
        found = economics.lifespan_value(
            log, inactive_after=30, unit="day", as_of="2024-02-29", tail="none"
        )
        # S: 4 at risk, one censored at 20; at 30: 2/3; at 40: 1/3; to 60
        assert found.observed_part == pytest.approx(30 + 10 * 2 / 3 + 20 / 3, rel=1e-12)
        assert found.arpu == pytest.approx(210 / (40 + 30 + 60 + 20), rel=1e-15)
        assert found.still_there == 0.5
        assert found.naive == 15.0
        assert found.value == pytest.approx(found.lifespan * found.arpu, rel=1e-15)
        # tail: S fell from 2/3 at day 30 to 1/3 at day 60
        tailed = economics.lifespan_value(
            log, inactive_after=30, unit="day", as_of="2024-02-29"
        )
        assert tailed.tail == pytest.approx(30 / np.log(2) / 3, rel=1e-12)
        given = economics.lifespan_value(
            log, inactive_after=30, unit="day", as_of="2024-02-29", tail=9.0
        )
        assert given.tail == pytest.approx(3.0, rel=1e-12)

    def test_the_tail_of_an_exponential(self):
        rng = np.random.default_rng(6)
        lives = rng.exponential(2.0, 20_000)
        seen = np.minimum(lives, 3.0)
        curve = tn.KaplanMeier().fit(seen, lives <= 3.0)
        found = economics.lifespan_value(curve, arpu=1.0)
        # the truth is 2; its standard error is 2 / sqrt(15,500) = 0.016
        assert found.lifespan == pytest.approx(2.0, abs=0.05)
        assert found.observed_part < 1.6

    def test_bad_input(self, log):
        assert message(ParameterError, lambda: economics.lifespan_value(log)) == (
            "`inactive_after` must be given with a log: how long after the last "
            "purchase a customer is still there, got None"
        )
        curve = tn.KaplanMeier().fit([1.0, 2.0])
        assert message(ParameterError, lambda: economics.lifespan_value(curve)) == (
            "`arpu` must be given with a curve, got None"
        )
        assert message(
            ParameterError, lambda: economics.lifespan_value(curve, arpu=1.0, tail="x")
        ) == ("`tail` must be 'churn', 'none' or a number of at least 0, got 'x'")


class TestQuadrants:
    def test_everybody_is_in_one_cell(self, cdnow):
        found = economics.order_quadrants(cdnow)
        table = found.to_frame()
        assert table["customers"].sum() == len(cdnow.customers)
        assert table["share"].sum() == pytest.approx(1.0, abs=1e-12)
        assert table["revenue_share"].sum() == pytest.approx(1.0, abs=1e-12)
        assert table["revenue"].sum() == pytest.approx(cdnow.values.sum(), abs=0.005)
        activity = cdnow.activity()
        often = activity["purchases"] > np.median(activity["purchases"])
        big = activity["mean_value"] > np.median(activity["mean_value"])
        assert found.table().tolist() == [
            [(~often & ~big).sum(), (~often & big).sum()],
            [(often & ~big).sum(), (often & big).sum()],
        ]

    def test_cuts_and_values(self, log):
        # customer 1: 3 orders of 20; 2: 2 of 20
        found = economics.order_quadrants(
            log, frequency_cuts=[1, 2], value_cuts=[20], values=[7.0, 9.0]
        )
        assert found.table().tolist() == [[0, 0], [1, 0], [1, 0]]
        assert found.table("value")[:, 0].tolist()[1:] == [9.0, 7.0]
        assert found.labels()[0] == ["up to 1 order", "1 to 2 orders", "over 2 orders"]

    def test_bad_input(self, log):
        with pytest.raises(LengthError):
            economics.order_quadrants(log, values=[1.0])
        assert message(
            ParameterError, lambda: economics.order_quadrants(log, value_cuts=[2, 1])
        ) == ("`value_cuts` must be ascending finite numbers, got [2, 1]")
