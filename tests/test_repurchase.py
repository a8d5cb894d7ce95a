"""Time between orders, the ladder and the churn window: by hand and by references."""

import numpy as np
import pandas as pd
import polars as pl
import pytest
import tenure as tn
from hypothesis import given, settings
from hypothesis import strategies as st
from tenure.exceptions import ColumnError, EmptyDataError, ParameterError

FIRST = np.datetime64("2023-01-01")


def log_of(purchases, last, **settings):
    """Return the log of (customer, day) pairs, with one last event on a day."""
    pairs = [*purchases, (10_000, last)]
    orders = {
        "customer_id": np.array([c for c, _ in pairs]),
        "date": FIRST + np.array([d for _, d in pairs]),
    }
    return tn.Transactions(orders, **settings)


def product_limit(durations, events, time):
    """Return the Kaplan-Meier estimate at a time, from the definition."""
    kept = 1.0
    for at in sorted({d for d, e in zip(durations, events, strict=True) if e}):
        if at <= time:
            n = sum(d >= at for d in durations)
            kept *= (
                1
                - sum(d == at and e for d, e in zip(durations, events, strict=True)) / n
            )
    return kept


def message(kind, work):
    with pytest.raises(kind) as caught:
        work()
    return str(caught.value)


@pytest.fixture(scope="module")
def mixed():
    """Half the customers buy every 20 days on average, half of the others never."""
    rng = np.random.default_rng(5)
    pairs = []
    for customer in range(800):
        day = int(rng.integers(0, 300))
        while day <= 600:
            pairs.append((customer, day))
            if rng.random() < 0.25:
                break
            day += int(np.ceil(rng.exponential(20)))
    return log_of(pairs, 600)


class TestLadder:
    def test_by_hand(self):
        # after 10, 20 and 30 days three of five return; two have waited 25 and 100 days
        purchases = [(1, 0), (1, 10), (2, 0), (2, 20), (3, 0), (3, 30), (4, 75), (5, 0)]
        ladder = log_of(purchases, 100).repurchase(horizon=30, orders=1)
        frame = ladder.to_frame()
        assert frame["customers"].tolist() == [6]  # one more on the last day
        assert frame["returned"].tolist() == [3]
        # at risk: 5, then 4, then 2 (the fourth has gone at 25)
        expected = 1 - (4 / 5) * (3 / 4) * (1 / 2)
        assert frame["probability"][0] == pytest.approx(expected, rel=1e-15)
        assert frame["observed_share"].tolist() == [0.5]
        assert frame["median_days"].tolist() == [30.0]
        assert frame["reach"].tolist() == frame["probability"].tolist()
        # half of those who return within 30 days: S falls to 1 - .7 / 2 = .65
        assert frame["median_if_returned"].tolist() == [20.0]
        once = ladder.one_and_done()
        assert once["one_order"].tolist() == [3]
        assert once["observed_share"].tolist() == [0.5]
        assert once["share"][0] == pytest.approx(0.3, rel=1e-15)
        assert (once["longest_share"][0], once["longest_days"][0]) == (
            pytest.approx(0.3, rel=1e-15),
            100.0,
        )

    @settings(max_examples=60, deadline=None)
    @given(
        purchases=st.lists(
            st.tuples(st.integers(1, 8), st.integers(0, 90)), min_size=1, max_size=40
        ),
        horizon=st.integers(1, 60),
    )
    def test_reference(self, purchases, horizon):
        frame = log_of(purchases, 90).repurchase(horizon=horizon, orders=4).to_frame()
        days = {}
        for customer, day in {*purchases, (10_000, 90)}:
            days.setdefault(customer, set()).add(day)
        reach = 1.0
        for row, order in enumerate(frame["order"]):
            waits = [
                (own[order] - own[order - 1], True)
                if len(own) > order
                else (90 - own[order - 1], False)
                for own in map(sorted, days.values())
                if len(own) >= order
            ]
            durations, events = zip(*waits, strict=True)
            assert frame["customers"][row] == len(waits)
            assert frame["returned"][row] == sum(events)
            chance = 1 - product_limit(durations, events, horizon)
            known = (
                horizon <= max(durations) or product_limit(durations, events, 90) < 1e-9
            )
            if not known:
                assert np.isnan(frame["probability"][row])
                break
            reach *= chance
            assert frame["probability"][row] == pytest.approx(chance, abs=1e-12)
            assert frame["reach"][row] == pytest.approx(reach, abs=1e-12)
            assert frame["low"][row] <= frame["probability"][row] + 1e-12
            assert frame["high"][row] >= frame["probability"][row] - 1e-12
            assert frame["observed_share"][row] <= chance + 1e-12

    def test_it_is_the_curve_of_the_survival_block(self, log):
        ladder = log.repurchase(horizon="12 weeks", orders=3)
        for order in (1, 2, 3):
            waits = log.durations()
            rows = waits["order"] == order
            km = tn.KaplanMeier().fit(waits["duration"][rows], waits["event"][rows])
            at = km.predict([84.0], interval=0.95)
            row = order - 1
            frame = ladder.to_frame()
            assert frame["probability"][row] == 1 - at["survival"][0]
            assert frame["low"][row] == 1 - at["upper"][0]
            median = km.quantiles([0.5])
            assert frame["median_days"][row] == median["time"][0]
            assert frame["median_low"][row] == median["lower"][0]
            assert frame["median_high"][row] == median["upper"][0]

    def test_more_observation_does_not_make_customers_leave(self):
        """The share observed falls where many are recent; the estimate does not."""
        rng = np.random.default_rng(7)
        births = rng.integers(0, 365, 4000)
        waits = rng.exponential(60, 4000)
        second = births + np.ceil(waits).astype(int)
        pairs = [(i, d) for i, d in enumerate(births)]
        pairs += [(i, d) for i, d in enumerate(second) if d <= 365]
        frame = log_of(pairs, 365).repurchase(horizon=90, orders=1).to_frame()
        truth = 1 - np.exp(-90 / 60)
        assert frame["low"][0] < truth < frame["high"][0]
        assert frame["observed_share"][0] < truth - 0.05

    def test_hazards(self):
        purchases = [(1, 0), (1, 10), (2, 0), (2, 20), (3, 0), (3, 40), (4, 0)]
        table = log_of(purchases, 100).repurchase(orders=1).hazards(every=30)
        assert table["from_days"].tolist() == [0.0, 30.0, 60.0]
        assert table["returned"].tolist() == [2.0, 1.0, 0.0]
        assert table["at_risk"].tolist() == [4.0, 2.0, 1.0]
        assert table["hazard"].tolist() == [0.5, 0.5, 0.0]

    def test_by_attribute(self):
        orders = {
            "customer_id": [1, 1, 2, 3, 3, 4],
            "date": [
                "2024-01-01",
                "2024-01-11",
                "2024-01-01",
                "2024-01-01",
                "2024-01-31",
                "2024-04-30",
            ],
            "channel": ["web", "web", "web", "shop", "shop", None],
        }
        log = tn.Transactions(orders, attributes=["channel"])
        frame = log.repurchase(horizon=30, by="channel", orders=1).to_frame()
        assert frame["channel"].tolist() == ["shop", "web"]
        assert frame["customers"].tolist() == [1, 2]
        assert frame["probability"].tolist() == [1.0, 0.5]
        once = log.repurchase(horizon=30, by="channel").one_and_done()
        assert once["share"].tolist() == [0.0, 0.5]

    def test_by_product(self):
        orders = {
            "customer_id": [1, 1, 1, 2, 2, 1],
            "date": [
                "2024-01-01",
                "2024-01-11",
                "2024-01-21",
                "2024-01-01",
                "2024-03-01",
                "2024-01-01",
            ],
            "product": ["tea", "cup", "tea", "tea", "cup", "tea"],
        }
        log = tn.Transactions(orders, product="product")
        frame = log.repurchase(horizon=30, by="product").to_frame()
        # tea: customer 1 after 20 days, customer 2 not within 60; cups: nobody again
        rows = list(
            zip(frame["product"], frame["order"], frame["customers"], strict=True)
        )
        assert rows == [("cup", 1, 2), ("tea", 1, 2), ("tea", 2, 1)]
        assert frame["returned"].tolist() == [0, 1, 0]
        assert frame["probability"].tolist()[:2] == [0.0, 0.5]
        assert frame["median_days"].tolist() == [np.inf, 20.0, np.inf]

    def test_only_the_largest_groups(self):
        rng = np.random.default_rng(2)
        ids = np.arange(500)
        orders = {
            "customer_id": np.repeat(ids, 2),
            "date": FIRST + rng.integers(0, 200, 1000),
            "city": np.repeat((ids % 30).astype(str), 2),
        }
        ladder = tn.Transactions(orders, attributes=["city"]).repurchase(
            by="city", orders=1
        )
        assert len(ladder.to_frame()["city"]) == 20
        assert repr(ladder).endswith("10 groups with fewer customers left out")

    def test_errors(self):
        log = log_of([(1, 0)], 5)
        assert message(ColumnError, lambda: log.repurchase(by="city")).startswith(
            "unknown column 'city'."
        )
        assert message(ParameterError, lambda: log.repurchase(by="product")) == (
            "`by` must be an attribute, for a log without products, got 'product'\n\n"
            "Hint: name the column of products when the log is made"
        )
        assert message(ParameterError, lambda: log.repurchase(horizon=0)) == (
            "`horizon` must be one finite length of time above 0, got 0"
        )
        assert message(ParameterError, lambda: log.repurchase(orders=0)) == (
            "`orders` must be a whole number of at least 1, got 0"
        )
        assert message(ParameterError, lambda: log.repurchase().hazards(7)) == (
            "`order` must be an order of the ladder, 1 to 1, got 7"
        )


ORDERS = {
    "customer_id": [1, 1, 1, 2, 2, 1],
    "date": [
        *("2024-01-01", "2024-01-11", "2024-01-21"),
        *("2024-01-01", "2024-03-01", "2024-01-01"),
    ],
    "product": ["tea", "milk", "cup", "cup", "plate", "cup"],
}


class TestTable:
    """Times between orders by order number, in one table."""

    def test_by_hand(self):
        # after the first order 10, 20 and 40 days, and 100 without an end; a fifth
        # customer comes on the last day
        purchases = [(1, 0), (1, 10), (2, 0), (2, 20), (3, 0), (3, 40), (4, 0)]
        table = log_of(purchases, 100).times_between_orders(horizons=[15, "30 days"])
        assert table["order"].tolist() == [1, 2]
        assert table["customers"].tolist() == [5, 3]
        assert table["returned"].tolist() == [3, 0]
        assert table["waiting"].tolist() == [2, 3]
        assert table["first_quarter"][0] == 10.0
        assert table["median"].tolist() == [20.0, np.inf]
        assert table["third_quarter"][0] == 40.0
        assert table["within_15"].tolist() == [0.25, 0.0]
        assert table["within_30"].tolist() == [0.5, 0.0]

    def test_it_is_the_ladder(self, log):
        table = log.times_between_orders(horizons=["60 days", "1 year"], orders=4)
        for days in (60, 365.25):
            ladder = log.repurchase(horizon=days, orders=4).to_frame()
            assert table[f"within_{days:g}"].tolist() == ladder["probability"].tolist()
            assert table[f"within_{days:g}_low"].tolist() == ladder["low"].tolist()
            assert table[f"within_{days:g}_high"].tolist() == ladder["high"].tolist()
        for name in ("median", "median_low", "median_high"):
            there = name.replace("median", "median_days") if name == "median" else name
            assert table[name].tolist() == ladder[there].tolist()

    def test_waits_that_are_not_over_make_it_longer(self):
        """Of exponential waits with a mean of 60 days the median is 41.6 days."""
        rng = np.random.default_rng(5)
        starts = rng.integers(0, 120, 3000)
        waits = np.ceil(rng.exponential(60, 3000)).astype(int)
        rows = [(i, s) for i, s in enumerate(starts.tolist())]
        rows += [
            (i, s + w)
            for i, (s, w) in enumerate(zip(starts, waits, strict=True))
            if s + w <= 130
        ]
        log = log_of(rows, 130)
        table = log.times_between_orders(horizons=[30], orders=1)
        # its standard error is about 1.5 days
        assert table["median"][0] == pytest.approx(42, abs=4)
        assert table["within_30"][0] == pytest.approx(1 - np.exp(-0.5), abs=0.03)
        over = waits[starts + waits <= 130]
        assert np.median(over) < 35

    def test_by_category(self):
        """Tea and milk are drinks: one customer after 10 days. Crockery is bought on
        1 and 21 January, and on 1 January and 1 March: after 20 and after 60 days.
        """
        log = tn.Transactions(ORDERS, product="product")
        kinds = {"tea": "drink", "milk": "drink", "cup": "ware", "plate": "ware"}
        table = log.times_between_orders(categories=kinds, horizons=30, orders=1)
        assert table["category"].tolist() == ["drink", "ware"]
        assert table["customers"].tolist() == [1, 2]
        assert table["median"].tolist() == [10.0, 20.0]
        assert table["third_quarter"].tolist() == [10.0, 60.0]
        assert table["within_30"].tolist() == [1.0, 0.5]
        own = {one: one for one in kinds}
        ours = log.times_between_orders(categories=own, horizons=30)
        theirs = log.times_between_orders(by="product", horizons=30)
        assert ours["category"].tolist() == theirs["product"].tolist()
        assert ours["median"].tolist() == theirs["median"].tolist()
        few = log.times_between_orders(categories={"tea": "drink"}, horizons=30)
        assert few["returned"].tolist() == [0]

    def test_families(self):
        frame = pd.DataFrame(ORDERS)
        log = tn.Transactions(frame, product="product")
        assert log.times_between_orders().index.name == "order"
        table = tn.Transactions(pl.from_pandas(frame)).times_between_orders()
        assert isinstance(table, pl.DataFrame)
        assert table.columns[:3] == ["order", "customers", "returned"]

    def test_errors(self):
        log = tn.Transactions(ORDERS, product="product")
        assert message(
            ParameterError, lambda: log.times_between_orders(horizons=[7, "1 week"])
        ) == (
            "`horizons` must hold at least one length of time, and none twice, got "
            "[7, '1 week']"
        )
        assert (
            message(
                ParameterError,
                lambda: log.times_between_orders(by="product", categories={"tea": 1}),
            )
            == "`by` must be left out where categories are given, got 'product'"
        )
        assert (
            message(ParameterError, lambda: log.times_between_orders(categories={}))
            == "`categories` must name at least one product, got {}"
        )
        assert (
            message(
                EmptyDataError,
                lambda: log.times_between_orders(categories={"ham": "meat"}),
            )
            == "no line has a product of a category"
        )
        plain = tn.Transactions(ORDERS)
        assert message(
            ParameterError, lambda: plain.times_between_orders(categories={"tea": 1})
        ).startswith("`by` must be an attribute, for a log without products")


class TestChurnWindow:
    def test_the_definition(self, mixed):
        window = mixed.find_churn_window(0.1, horizon=60)
        waits = mixed.durations()
        km = tn.KaplanMeier().fit(waits["duration"], waits["event"])
        for gap in (0, 1, 17, 40, int(window.days) - 1, int(window.days)):
            both = km.predict([gap, gap + 60])["survival"]
            expected = 1 - both[1] / both[0]
            assert window.return_probability[gap] == pytest.approx(expected, abs=1e-14)
            longer = (waits["duration"] > gap).sum()
            assert window.at_risk[gap] == longer
        place = int(window.days)
        assert (window.return_probability[place:] < 0.1).all()
        assert window.return_probability[place - 1] >= 0.1
        assert window.lower <= window.days <= window.upper
        assert float(window) == window.days

    def test_it_is_near_the_truth(self, mixed):
        # of those who stay, exp(-g / 20) have not returned by g; 25 % have left
        def chance(gap):
            alive = 0.75 * np.exp(-gap / 20)
            return alive * (1 - np.exp(-3.0)) / (alive + 0.25)

        gaps = np.arange(0, 300)
        truth = gaps[chance(gaps) < 0.1][0]
        window = mixed.find_churn_window(0.1, horizon=60)
        assert window.lower <= truth <= window.upper
        assert abs(window.days - truth) <= 8

    def test_a_smaller_chance_takes_longer(self, mixed):
        window = mixed.find_churn_window(0.1, horizon=60)
        gaps = [window.gap_below(p) for p in (0.5, 0.3, 0.1)]
        assert gaps == sorted(gaps)
        assert gaps[-1] == window.days
        steps = window.ladder()
        assert steps == sorted(steps)
        assert steps[-1] == window.days
        start = window.return_probability[0]
        assert steps[0] == window.gap_below(start ** (2 / 3) * 0.1 ** (1 / 3))

    def test_the_variance_is_greenwoods_for_one_wait_each(self, log):
        window = log.find_churn_window(0.2, orders=1)
        waits = log.durations(orders=1)
        km = tn.KaplanMeier().fit(waits["duration"], waits["event"])
        curve = km.curves_[0]
        gaps = np.array([0.0, 30.0, 100.0])
        spread = [
            curve.spread[curve.places(gaps + 90)] - curve.spread[curve.places(gaps)],
        ][0]
        kept = 1 - window.return_probability[gaps.astype(int)]
        low, high = tn._core.survival_band("log-log", 1.959963984540054, kept, spread)
        # both estimate the same variance; they differ by what is of the order of 1 / n
        found = window.high[gaps.astype(int)] - window.low[gaps.astype(int)]
        assert found == pytest.approx(high - low, rel=0.02)

    def test_customers_who_wait_many_times_are_not_many_customers(self):
        """Each customer's waits are all alike: there are as many facts as customers."""
        rng = np.random.default_rng(3)
        pairs = []
        for customer in range(150):
            pause = int(rng.integers(3, 40))
            pairs += [(customer, day) for day in range(0, 360, pause)]
        window = log_of(pairs, 360).find_churn_window(0.5, horizon=15)
        waits = log_of(pairs, 360).durations()
        km = tn.KaplanMeier().fit(waits["duration"], waits["event"])
        curve = km.curves_[0]
        spread = np.diff(curve.spread[curve.places(np.array([5.0, 20.0]))])
        kept = 1 - window.return_probability[5:6]
        low, high = tn._core.survival_band("log-log", 1.96, kept, spread)
        assert window.high[5] - window.low[5] > 2 * (high - low)[0]

    def test_intervals_hold_the_truth_as_often_as_they_say(self):
        """Customers differ in how often they buy, and so do their many waits."""
        held, runs = 0, 120
        for seed in range(runs):
            rng = np.random.default_rng(seed)
            rates = rng.gamma(2.0, 0.02, 120)
            pairs = []
            for customer, rate in enumerate(rates):
                day = 0.0
                while day <= 400:
                    pairs.append((customer, int(day)))
                    day += max(1.0, rng.exponential(1 / rate))
            if seed == 0:
                truth = self.truth()
            window = log_of(pairs, 400).find_churn_window(0.5, horizon=30)
            held += window.low[20] <= truth <= window.high[20]
        # 95 % of 120, less three standard errors of 2 %
        assert held >= 0.89 * runs

    def truth(self):
        """The same from very many customers."""
        rng = np.random.default_rng(99)
        rates = rng.gamma(2.0, 0.02, 12_000)
        pairs = []
        for customer, rate in enumerate(rates):
            day = 0.0
            while day <= 400:
                pairs.append((customer, int(day)))
                day += max(1.0, rng.exponential(1 / rate))
        return (
            log_of(pairs, 400).find_churn_window(0.5, horizon=30).return_probability[20]
        )

    def test_by_order(self, mixed):
        first = mixed.find_churn_window(0.1, horizon=60, orders=1)
        assert first.waits == first.customers
        several = mixed.find_churn_window(0.1, horizon=60, orders=[2, 3])
        assert several.waits > several.customers

    def test_not_seen(self, log):
        window = log.find_churn_window(0.01)
        assert window.days == np.inf
        assert repr(window).splitlines()[0] == (
            f"ChurnWindow: not seen: after {window.gaps[-1]:g} days it is not yet "
            "below 1 % for good"
        )
        text = message(ParameterError, lambda: self.never().lifecycle())
        assert text.startswith("`lost_after` must be given for this log, got None")

    def never(self):
        pairs = [(c, d) for c in range(40) for d in range(c % 7, 400, 7)]
        pairs += [(c, 0) for c in range(100, 130)] + [
            (c, 200 + c) for c in range(100, 130)
        ]
        return log_of(pairs, 400)

    def test_errors(self, log):
        assert message(ParameterError, lambda: log.find_churn_window(1.0)) == (
            "`probability` must lie between 0 and 1, got 1.0"
        )
        assert message(EmptyDataError, lambda: log.find_churn_window(orders=999)) == (
            "no customer had placed order 999 by then\n\nHint: choose earlier orders"
        )
        assert message(ParameterError, lambda: log.find_churn_window(orders=[])) == (
            "`orders` must name at least one order, got none"
        )
        assert message(
            EmptyDataError, lambda: log.find_churn_window(horizon="3 years")
        ).startswith(
            "fewer than 20 waits are seen to last for the horizon of 1095.75 days"
        )

    def test_frames(self, mixed):
        frame = mixed.find_churn_window(0.1, horizon=60).to_frame()
        assert list(frame) == ["gap", "at_risk", "return_probability", "low", "high"]
        orders = pd.DataFrame(
            {"customer_id": [1, 1], "date": ["2024-01-01", "2024-02-01"]}
        )
        frame = tn.Transactions(orders).repurchase(horizon=20).to_frame()
        assert frame.index.name == "order"
