"""The revenue tree: by hand, against plain Python, identities, coverage, errors."""

import math
from itertools import permutations

import numpy as np
import pandas as pd
import polars as pl
import pytest
import tenure as tn
from hypothesis import given, settings
from hypothesis import strategies as st
from tenure import breakdown

JANUARY, FEBRUARY = ("2024-01-01", "2024-01-31"), ("2024-02-01", "2024-02-29")
LINES = {
    # January: 1 orders a (two lines) and b, 2 orders c and d: 4 orders, 8 items, 80.
    # February: 1, 3 and 4 order once each: 3 orders, 9 items, 90
    "customer_id": [1, 1, 1, 2, 2, 1, 3, 4],
    "date": ["2024-01-01"] * 3 + ["2024-01-30", "2024-01-31"] + ["2024-02-05"] * 3,
    "order": ["a", "a", "b", "c", "d", "e", "f", "g"],
    "amount": [10.0, 10.0, 20.0, 15.0, 25.0, 30.0, 30.0, 30.0],
    "items": [1, 2, 1, 2, 2, 3, 2, 4],
    "shop": ["x", "x", "x", "y", "y", "x", "x", "y"],
}


def tree_of(data=LINES, **options):
    return breakdown.revenue_tree(data, JANUARY, FEBRUARY, **options)


def rows_of(tree):
    """Return effects by segment and factor."""
    columns = tree.columns
    return {
        (segment, factor): effect
        for segment, factor, effect in zip(
            columns["segment"], columns["factor"], columns["effect"], strict=True
        )
    }


class TestByHand:
    def test_three_factors(self):
        # customers 2 to 3, purchases of each 2 to 1, value of one 20 to 30: each effect
        # is the factor's change times 1/3 of the others' product before, 1/6 of each
        # mixture and 1/3 of the product after
        #   customers  1 x (40 / 3 + (20 + 60) / 6 + 30 / 3) = 110 / 3
        #   purchases -1 x (40 / 3 + (60 + 60) / 6 + 90 / 3) = -190 / 3
        #   value     10 x ( 4 / 3 + ( 6 +  2) / 6 +  3 / 3) = 110 / 3
        tree = tree_of(order="order")
        assert tree.before == {
            "customers": 2.0,
            "purchases_per_customer": 2.0,
            "value_per_purchase": 20.0,
        }
        assert list(tree.after.values()) == [3.0, 1.0, 30.0]
        assert tree.revenue == (80.0, 90.0)
        effects = list(tree.effects.values())
        assert effects == pytest.approx([110 / 3, -190 / 3, 110 / 3])
        assert sum(effects) == pytest.approx(tree.change, abs=1e-12)
        assert tree.columns["share"].sum() == pytest.approx(1.0)
        assert repr(tree).splitlines()[:2] == [
            "Revenue tree of 4 customers, change split by Shapley",
            "Revenue went from 80.00 to 90.00: +10.00 (+12.5 %).",
        ]

    def test_logarithmic_means(self):
        # the logarithmic mean of 80 and 90 is 10 / log(9/8)
        mean = 10 / math.log(9 / 8)
        tree = tree_of(order="order", method="lmdi")
        expected = [mean * math.log(x) for x in (3 / 2, 1 / 2, 3 / 2)]
        assert list(tree.effects.values()) == pytest.approx(expected)

    def test_items_and_prices(self):
        # 8 items in 4 orders at 10, then 9 in 3 orders at 10
        tree = tree_of(order="order", quantity="items")
        assert tree.before["items_per_purchase"] == 2.0
        assert tree.after["items_per_purchase"] == 3.0
        assert tree.before["price_per_item"] == tree.after["price_per_item"] == 10.0
        assert tree.effects["price_per_item"] == 0.0
        assert sum(tree.effects.values()) == pytest.approx(10.0, abs=1e-12)

    def test_a_day_is_an_order_where_there_are_no_ids(self):
        # 1 buys on one day of January, 2 on two
        assert tree_of().before["purchases_per_customer"] == 1.5

    def test_a_row_without_an_order_is_one_of_its_own(self):
        orders = [None, None, *LINES["order"][2:]]
        tree = tree_of(LINES | {"order": orders}, order="order")
        assert tree.before["purchases_per_customer"] == 2.5

    def test_segments(self):
        # x: 40 to 60 (1 of 2 customers, then 2 of 3), y: 40 to 30 (1 of 2, 1 of 3)
        tree = tree_of(order="order", by="shop")
        effects = rows_of(tree)
        own = [one for one in tree.effects if one != "revenue"]
        for shop, change in (("x", 20.0), ("y", -10.0)):
            assert sum(effects[shop, one] for one in own) == pytest.approx(change)
        for one in own:
            both = effects["x", one] + effects["y", one]
            assert both == pytest.approx(effects["(all)", one], abs=1e-12)
        # x: customers 2 to 3, share 1/2 to 2/3, 2 to 1 purchases, value 20 to 30
        was = {"c": 2.0, "s": 1 / 2, "p": 2.0, "v": 20.0}
        now = {"c": 3.0, "s": 2 / 3, "p": 1.0, "v": 30.0}
        expected = breakdown.product_change(was, now)
        assert [effects["x", one] for one in own] == pytest.approx(
            list(expected.values())
        )

    def test_a_segment_in_one_period_only(self):
        shops = ["x"] * 7 + ["z"]
        for method in ("shapley", "lmdi"):
            effects = rows_of(
                tree_of(LINES | {"shop": shops}, by="shop", method=method)
            )
            own = [one for (shop, _), one in effects.items() if shop == "z"]
            assert sum(own) == pytest.approx(30.0, abs=1e-12)
            if method == "lmdi":
                assert effects["z", "segment_share"] == 30.0

    def test_a_log_has_lines_and_refunds(self):
        log = tn.Transactions(
            LINES | {"amount": [10.0, 10.0, 20.0, 15.0, 25.0, 30.0, 30.0, -10.0]},
            amount="amount",
            order="order",
            attributes=["shop"],
        )
        # 4 had bought nothing that the refund could reduce
        tree = tree_of(log)
        assert tree.before["lines_per_purchase"] == 5 / 3
        assert tree.after["customers"] == 2.0
        assert sum(tree.effects.values()) == pytest.approx(tree.change, abs=1e-12)

    def test_refunds_of_nobody_who_buys(self):
        # 4 only gets money back: no purchase, but 10 less of revenue, which belongs to
        # no factor where a segment has no customers
        data = LINES | {"amount": [10.0, 10.0, 20.0, 15.0, 25.0, 30.0, 30.0, -10.0]}
        tree = tree_of(data, order="order", by="shop")
        assert tree.revenue == (80.0, 50.0)
        assert tree.after["customers"] == 2.0
        assert tree.customers == 3
        assert rows_of(tree)["y", "other"] == pytest.approx(-10.0)
        assert sum(tree.effects.values()) == pytest.approx(-30.0, abs=1e-12)

    def test_nothing_earned(self):
        tree = tree_of(LINES | {"amount": [0.0] * 8}, order="order")
        assert tree.change == 0
        assert not any(tree.effects.values())
        assert tree.before["customers"] == 2.0
        assert "nan" not in repr(tree)

    def test_what_is_left_out_is_counted(self):
        data = LINES | {
            "customer_id": [None, *LINES["customer_id"][1:]],
            "date": [*LINES["date"][:-1], None],
        }
        tree = tree_of(data, order="order")
        assert tree.notes == (
            "1 row without a customer left out",
            "1 row without a time left out",
        )
        assert tree.revenue == (70.0, 60.0)


lines = st.lists(
    st.tuples(
        st.integers(0, 4),
        st.sampled_from(["2024-01-03", "2024-01-04", "2024-02-03", "2024-02-04"]),
        st.integers(-9, 60),
        st.integers(1, 3),
        st.sampled_from("xy"),
    ),
    min_size=2,
    max_size=25,
)


def plainly(rows):
    """Return the factors of each period, and what each adds, over all orders."""
    factors = []
    for month in ("01", "02"):
        own = [row for row in rows if row[1][5:7] == month]
        orders = {(who, day) for who, day, amount, *_ in own if amount >= 0}
        people = len({who for who, _ in orders})
        items, money = (sum(row[place] for row in own) for place in (3, 2))
        if not orders:
            return None
        n = len(orders)
        factors.append([people, n / people, items / n, money / items])
    effects = [0.0] * 4
    ways = list(permutations(range(4)))
    for way in ways:
        now = list(factors[0])
        for one in way:
            before = math.prod(now)
            now[one] = factors[1][one]
            effects[one] += (math.prod(now) - before) / len(ways)
    return factors, effects


@settings(max_examples=80, deadline=None)
@given(rows=lines, seed=st.randoms(use_true_random=False))
def test_tree_is_that_of_plain_python(rows, seed):
    expected = plainly(rows)
    if expected is None:
        return
    seed.shuffle(rows)
    names = ("customer_id", "date", "amount", "items", "shop")
    data = {name: [row[place] for row in rows] for place, name in enumerate(names)}
    tree = tree_of(data, quantity="items", replicates=5)
    (was, now), effects = expected
    assert list(tree.before.values()) == pytest.approx(was)
    assert list(tree.after.values()) == pytest.approx(now)
    # sums of at most 25 numbers below 100, times 24 orders: some 1e-12
    assert list(tree.effects.values()) == pytest.approx(effects, abs=1e-9)
    assert sum(tree.effects.values()) == pytest.approx(tree.change, abs=1e-9)
    by = rows_of(tree_of(data, quantity="items", by="shop", replicates=5))
    for shop in set(data["shop"]):
        own = [one for (name, _), one in by.items() if name == shop]
        change = sum(
            row[2] * (1 if row[1] > "2024-02" else -1) for row in rows if row[4] == shop
        )
        assert sum(own) == pytest.approx(change, abs=1e-9)
    whole = [one for (name, _), one in by.items() if name == "(all)"]
    assert sum(whole) == pytest.approx(tree.change, abs=1e-9)


def test_families_agree_and_shares_add_up():
    options = {"order": "order", "quantity": "items", "by": "shop"}
    trees = [
        tree_of(make(LINES), **options) for make in (dict, pd.DataFrame, pl.DataFrame)
    ]
    assert isinstance(trees[1].to_frame(), pd.DataFrame)
    assert isinstance(trees[2].to_frame(), pl.DataFrame)
    for tree in trees:
        for name, values in trees[0].columns.items():
            np.testing.assert_array_equal(values, tree.columns[name])
        segments = tree.columns["segment"] != "(all)"
        assert tree.columns["share"][segments].sum() == pytest.approx(1.0)


def coverage(runs, replicates):
    """Return how often intervals hold the effects of the expected factors."""
    rng = np.random.default_rng(21)
    was = {"customers": 80.0, "often": 1.5, "value": 20.0}
    now = {"customers": 100.0, "often": 2.0, "value": 25.0}
    truth = list(breakdown.product_change(was, now).values())
    hits = np.zeros(3)
    for run in range(runs):
        parts = []
        for month, own in (("01", was), ("02", now)):
            n = 1 + rng.poisson(own["often"] - 1, rng.poisson(own["customers"]))
            who = np.repeat(np.arange(len(n)), n) + 1000 * int(month)
            day = np.arange(n.sum()) - np.repeat(np.cumsum(n) - n, n)
            date = np.datetime64(f"2024-{month}-01") + day
            parts.append((who, date, rng.gamma(2.0, own["value"] / 2, n.sum())))
        names = ("customer_id", "date", "amount")
        data = dict(
            zip(names, map(np.concatenate, zip(*parts, strict=True)), strict=True)
        )
        columns = tree_of(data, replicates=replicates, seed=run).columns
        hits += (columns["lower"] <= truth) & (truth <= columns["upper"])
    return hits / runs


def test_intervals_cover_quickly():
    """Three standard errors of 250 runs at 0.9 are 0.057."""
    for share in coverage(250, 200):
        assert 0.843 <= share <= 0.957


@pytest.mark.slow
def test_intervals_cover():
    for share in coverage(2000, 300):
        assert 0.87 <= share <= 0.93
