"""Who brought whom, what that is worth, and how referred customers do."""

from __future__ import annotations

import numpy as np
import pandas as pd
import polars as pl
import pytest
import tenure as tn
from hypothesis import given, settings
from hypothesis import strategies as st
from tenure.exceptions import DataError, EmptyDataError, ParameterError
from tenure.rfm.intervals import wilson

ROWS = {
    "referrer": ["ann", "ann", "bob", "dan"],
    "referred": ["bob", "cid", "dan", "eve"],
    "date": ["2023-01-01", "2024-01-01", "2024-01-01", "2025-01-01"],
}
VALUES = {
    "customer_id": ["ann", "bob", "cid", "dan", "eve", "zoe"],
    "value": [50.0, 40.0, 100.0, 10.0, 20.0, 5.0],
    "start": ["2022-01-01", "2023-01-01", "2024-01-01", "2024-01-01"]
    + ["2025-01-01"] * 2,
}


def brought(rows=ROWS):
    return tn.referrals.Referrals(rows)


# -- the forest -----------------------------------------------------------------


def test_generations_by_hand():
    table = brought().generations()
    # ann | bob, cid | dan | eve
    assert table["customers"].tolist() == [1, 2, 1, 1]
    assert table["brought"].tolist() == [2, 1, 1, 0]
    frame = brought().to_frame()
    assert frame["referrer"].tolist() == [None, "ann", "ann", "bob", "dan"]
    assert np.isnat(frame["date"][0])


def test_what_makes_no_sense_is_left_out_and_counted():
    rows = {
        "referrer": ["a", "a", "b", "c", "c"],
        "referred": ["a", "b", "c", "a", "b"],
        "date": ["2024-01-01", "2024-01-02", "2024-01-03", "2024-01-04", "2024-01-05"],
    }
    found = brought(rows)
    assert (found.themselves, found.again, found.circles) == (1, 1, 1)
    assert repr(found) == (
        "2 referrals by 2 of 3 customers, 2 generations deep\nleft out: 1 of customers "
        "by themselves, 1 of customers who had been brought already, 1 that would "
        "close a circle"
    )


pairs = st.lists(
    st.tuples(st.integers(0, 9), st.integers(0, 9), st.integers(0, 5)),
    min_size=1,
    max_size=40,
)


@given(pairs)
@settings(max_examples=200, deadline=None)
def test_the_forest_is_one_in_any_order_of_rows(edges):
    rows = {
        "referrer": [old for old, _, _ in edges],
        "referred": [new for _, new, _ in edges],
        "date": [np.datetime64("2024-01-01") + day for _, _, day in edges],
    }
    try:
        found = brought(rows)
    except EmptyDataError:
        assert all(old == new for old, new, _ in edges)
        return
    mixed = {name: values[::-1] for name, values in rows.items()}
    assert (brought(mixed)._parent == found._parent).all()
    left_out = found.themselves + found.again + found.circles
    assert len(found) + left_out == len(edges)
    # a slow reference: in the order of time, skip what is a circle
    parent = {}
    for old, new, _ in sorted(edges, key=lambda edge: (edge[2], edge[1], edge[0])):
        above = old
        while above in parent:
            above = parent[above]
        if old != new and new not in parent and above != new:
            parent[new] = old
    ids = found.customers.tolist()
    places = [ids.index(parent[one]) if one in parent else -1 for one in ids]
    assert found._parent.tolist() == places


# -- value ----------------------------------------------------------------------


def test_direct_value_by_hand():
    worth = brought().value(VALUES, incremental=0.25, acquisition_cost=8.0)
    # 0.25 V + 0.75 * 8: bob 16, cid 31, dan 8.5, eve 11
    table = worth.to_frame()
    assert table["direct_value"].tolist() == [47.0, 8.5, 0.0, 11.0, 0.0, 0.0]
    assert table["indirect_value"].tolist() == [0.0] * 6
    assert table["combined_value"].tolist() == [97.0, 48.5, 100.0, 21.0, 20.0, 5.0]
    # nobody counts twice: own values, and 6 saved for each of four
    assert worth.own_total == 225.0
    assert worth.cost_saved == 24.0
    assert worth.total == 249.0


def test_indirect_value_by_hand():
    worth = brought().value(VALUES, incremental=1.0, depth=3, decay=0.5)
    # ann: dan 10 / 2 + eve 20 / 4; bob: eve 20 / 2
    assert worth.to_frame()["indirect_value"].tolist() == [
        10.0,
        10.0,
        0.0,
        0.0,
        0.0,
        0.0,
    ]
    two = brought().value(VALUES, incremental=1.0, depth=2, decay=0.5)
    assert two.to_frame()["indirect_value"].tolist() == [5.0, 10.0, 0.0, 0.0, 0.0, 0.0]


def test_value_is_discounted_to_the_beginning_of_the_referrer():
    worth = brought().value(VALUES, incremental=1.0, start="start", discount_rate=0.1)
    # ann began on 2022-01-01: bob came after 365 days, cid after 730
    year = 365.25
    expected = 40 * 1.1 ** (-365 / year) + 100 * 1.1 ** (-730 / year)
    direct = worth.to_frame()["direct_value"]
    assert direct[0] == pytest.approx(expected, rel=1e-12)
    assert direct[3] == pytest.approx(20 * 1.1 ** (-366 / year), rel=1e-12)


def test_value_equals_a_walk_down_each_tree():
    rng = np.random.default_rng(6)
    n = 300
    rows = {
        "referrer": rng.integers(0, n, 250),
        "referred": rng.integers(0, n, 250),
        "date": np.datetime64("2020-01-01") + rng.integers(0, 900, 250),
    }
    ids = rng.permutation(n)
    values = {
        "customer_id": ids,
        "value": rng.gamma(1, 50, n),
        "start": np.datetime64("2019-01-01") + rng.integers(0, 300, n),
    }
    forest = brought(rows)
    worth = forest.value(
        values,
        start="start",
        incremental=0.4,
        acquisition_cost=12,
        depth=4,
        decay=0.3,
        discount_rate=0.08,
    )
    frame = forest.to_frame()
    own = dict(zip(ids.tolist(), values["value"].tolist(), strict=True))
    start = dict(zip(ids.tolist(), values["start"], strict=True))
    children = {}
    for who, parent, date in zip(
        frame["customer_id"].tolist(), frame["referrer"], frame["date"], strict=True
    ):
        children.setdefault(parent, []).append((who, date))

    def below(root, one, depth):
        total = 0.0
        for who, date in children.get(one, []) if depth <= 4 else []:
            years = (date - start[root]) / np.timedelta64(1, "D") / 365.25
            gain = 0.4 * own[who] + 0.6 * 12
            total += gain * 0.3 ** (depth - 1) * 1.08**-years + below(
                root, who, depth + 1
            )
        return total

    table = worth.to_frame()
    for who, found in zip(ids.tolist(), table["referral_value"], strict=True):
        assert found == pytest.approx(below(who, who, 1), rel=1e-10)
    assert sum(own.values()) == pytest.approx(worth.own_total)


def test_customers_without_a_value_are_counted():
    worth = brought().value({"customer_id": ["ann"], "value": [1.0]}, incremental=1.0)
    assert worth.without_value == 4
    assert "4 referrals of unknown value" in repr(worth)


@pytest.mark.parametrize("make", [pd.DataFrame, pl.DataFrame])
def test_frames_come_back_in_their_family(make):
    forest = brought(make(ROWS))
    assert isinstance(forest.generations(), make)
    assert isinstance(forest.value(make(VALUES)).to_frame(), make)


# -- rates ----------------------------------------------------------------------


def log(n=10, day="2024-01-01"):
    orders = {
        "customer_id": list(range(n)),
        "date": [day] * n,
        "amount": [10.0] * n,
    }
    return tn.Transactions(orders, amount="amount")


def test_the_rate_and_the_k_factor_by_hand():
    rows = {
        "referrer": [0, 0, 1, 2, 99],
        "referred": [5, 6, 7, 8, 9],
        "date": ["2024-01-05", "2024-01-31", "2024-01-20", "2024-02-20", "2024-01-03"],
    }
    rate = brought(rows).rate(log(), horizon=30, as_of="2024-03-31", level=0.9)
    # 2 brought somebody too late, and 99 is no customer
    assert (rate.customers, rate.referrers, rate.brought) == (10, 2, 3)
    _, low, high = wilson(np.array([2]), 10, 0.9)
    assert (rate.share, rate.share_low, rate.share_high) == (0.2, low[0], high[0])
    assert rate.k_factor == pytest.approx(0.3)
    assert rate.to_frame()["k_factor"].tolist() == [rate.k_factor]


def test_customers_who_are_too_young_are_left_out():
    orders = {"customer_id": [1, 2], "date": ["2024-01-01", "2024-03-01"]}
    rows = {"referrer": [1], "referred": [2], "date": ["2024-01-10"]}
    rate = brought(rows).rate(tn.Transactions(orders), horizon=30, as_of="2024-03-15")
    assert (rate.customers, rate.too_young) == (1, 1)


# -- referred beside others -----------------------------------------------------


def test_referred_customers_are_compared_within_their_month():
    rng = np.random.default_rng(12)
    ids, dates, amounts = [], [], []
    referred = []
    for who in range(2000):
        late = rng.random() < 0.5
        born = np.datetime64("2024-03-01" if late else "2024-01-01")
        born += int(rng.integers(0, 25))
        # later cohorts come back less, and hold most of the referred
        if rng.random() < (0.8 if late else 0.2):
            referred.append(who)
        ids.append(who), dates.append(born), amounts.append(10.0)
        if rng.random() < (0.2 if late else 0.6):
            ids.append(who), dates.append(born + 10), amounts.append(5.0)
    ids.append(9999), dates.append(np.datetime64("2024-12-31")), amounts.append(1.0)
    orders = {"customer_id": ids, "date": dates, "amount": amounts}
    rows = {
        "referrer": [9999] * len(referred),
        "referred": referred,
        "date": ["2024-01-01"] * len(referred),
    }
    found = brought(rows).compare(
        tn.Transactions(orders, amount="amount"), horizon=60, as_of="2024-12-31"
    )
    assert found.retention.high < -0.1
    adjusted = found.adjusted_retention
    assert adjusted.low < 0 < adjusted.high
    assert found.adjusted_value.low < 0 < found.adjusted_value.high
    table = found.to_frame()
    assert table["customers"].tolist() == [len(referred), 2000 - len(referred)]
    assert found.gaps()["adjusted"].tolist() == [False, True, False, True]


def test_the_first_purchase_counts_as_value_and_not_as_a_return():
    orders = {
        "customer_id": [1, 2, 1],
        "date": ["2024-01-01", "2024-01-01", "2024-01-09"],
        "amount": [10.0, 20.0, 3.0],
    }
    rows = {"referrer": [2], "referred": [1], "date": ["2024-01-01"]}
    found = brought(rows).compare(
        tn.Transactions(orders, amount="amount"), horizon=30, as_of="2024-06-30"
    )
    assert found.to_frame()["retained"].tolist() == [1.0, 0.0]
    assert found.to_frame()["value"].tolist() == [13.0, 20.0]


# -- bad input ------------------------------------------------------------------


@pytest.mark.parametrize(
    ("act", "error", "text"),
    [
        (
            lambda: brought({**ROWS, "date": ["2024-01-01"] * 3 + [None]}),
            DataError,
            "column `date` must say when the referral was; row 3 has nothing",
        ),
        (
            lambda: brought({**ROWS, "referrer": ["ann", None, None, "dan"]}),
            DataError,
            "column `referrer` must name a customer; row 1 has nothing (2 rows in all)",
        ),
        (
            lambda: brought({"referrer": [1], "referred": [1], "date": ["2024-01-01"]}),
            EmptyDataError,
            "all referrals are of customers by themselves",
        ),
        (
            lambda: brought().value({"customer_id": [1, 1], "value": [1.0, 2.0]}),
            DataError,
            "column `customer_id` must name each customer once; row 1 has 1",
        ),
        (
            lambda: brought().value({"customer_id": [1], "value": [np.nan]}),
            DataError,
            "column `value` must hold finite numbers; row 0 has nan",
        ),
        (
            lambda: brought().value(VALUES, discount_rate=0.1),
            ParameterError,
            (
                "`start` must name a column where there is a discount rate, got "
                "None\n\nHint: values are discounted to the beginning of each "
                "referrer's life"
            ),
        ),
        (
            lambda: brought().value(VALUES, incremental=1.5),
            ParameterError,
            "`incremental` must lie from 0 to 1, got 1.5",
        ),
        (
            lambda: brought().value(VALUES, acquisition_cost=-1),
            ParameterError,
            "`acquisition_cost` must be finite and at least 0, got -1",
        ),
        (
            lambda: brought().rate(log(), horizon=30),
            EmptyDataError,
            (
                "nobody was observed for 30 days after the first purchase\n\nHint: "
                "choose a shorter `horizon`"
            ),
        ),
        (
            lambda: brought().compare(log(), horizon=30, as_of="2024-12-31"),
            EmptyDataError,
            (
                "no referred customer was observed for 30 days after the first "
                "purchase\n\nHint: choose a shorter `horizon`"
            ),
        ),
    ],
)
def test_bad_input_says_what_to_do(act, error, text):
    with pytest.raises(error) as caught:
        act()
    assert str(caught.value) == text
