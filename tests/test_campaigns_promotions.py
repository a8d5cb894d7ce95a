"""Promotions, discounts, budgets, offers, loyalty: by hand and as identities."""

from __future__ import annotations

import itertools

import numpy as np
import pandas as pd
import polars as pl
import pytest
import tenure as tn
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import stats
from tenure.rfm.intervals import wilson

C = tn.campaigns

ORDERS = {
    # 1 and 4 won at full price, 2 and 3 on promotion; followed for 60 days
    "customer_id": [1, 1, 2, 2, 3, 4, 5],
    "date": [
        *("2024-01-01", "2024-02-01", "2024-01-03", "2024-01-20"),
        *("2024-01-05", "2024-01-06", "2024-06-29"),
    ],
    "amount": [10.0, 16.0, 8.0, 20.0, 6.0, 30.0, 7.0],
    "discount": [0.0, 4.0, 2.0, 0.0, 4.0, 0.0, 3.0],
    "promotion": [None, "spring", "new", None, "new", None, "new"],
}


def table(**options):
    return C.promotion_table(ORDERS, horizon=60, as_of="2024-06-30", **options)


# -- the promotion table ---------------------------------------------------------------


def test_orders_and_customers_by_hand():
    """Full price: orders of 10, 20, 30, two of them first ones; cheap 16, 8, 6, 7.

    13 of 50 were taken off in all. Customer 5 came too late to be followed.
    """
    found = table()
    assert found["orders"].tolist() == [3, 4]
    assert found["revenue"].tolist() == [60, 37]
    assert found["new_share"] == pytest.approx([2 / 3, 3 / 4])
    assert found["discount_rate"] == pytest.approx([0, 13 / 50])
    assert found["order_value"] == pytest.approx([20, 37 / 4])
    assert found["acquired"].tolist() == [2, 2]
    assert found["repeat"] == pytest.approx([1 / 2, 1 / 2])
    # 1 came back for 16, 4 did not; 2 came back for 20, 3 did not
    assert found["later_value"] == pytest.approx([8, 10])
    low, high = wilson(np.array([1]), 2, 0.95)[1:]
    assert found["repeat_low"][0] == pytest.approx(low[0])
    assert found["repeat_high"][1] == pytest.approx(high[0])
    difference = next(e for e in found.effects if e.metric == "later_value")
    assert difference.difference == pytest.approx(2)
    assert repr(found).startswith("association: customers chose when to buy\n57 % of")


def test_later_value_as_margin():
    """Half of the full price is earned: 16 of 20 leave 6, 20 of 20 leave 10."""
    found = table(margin=0.5)
    assert found.basis == "margin"
    assert found["later_value"] == pytest.approx([6 / 2, 10 / 2])


def test_promotions_by_name():
    found = table(promotion="promotion")
    assert found["promotion"].tolist() == ["full price", "new", "spring"]
    assert found["orders"].tolist() == [3, 3, 1]
    assert found["acquired"].tolist() == [2, 2, 0]
    assert np.isnan(found["repeat"][2])
    unnamed = ORDERS | {"promotion": [None, None, "new", None, "new", None, "new"]}
    again = C.promotion_table(unnamed, promotion="promotion", horizon=60)
    assert again["promotion"].tolist() == ["full price", "new", "other discount"]


def test_rows_add_up_to_the_log():
    orders, _ = tn.datasets.simulate_campaign(800, discount=0.3, seed=1)
    found = C.promotion_table(orders)
    log = tn.Transactions(orders, amount="amount")
    assert found["orders"].sum() == len(log)
    assert found["revenue"].sum() == pytest.approx(log.values.sum(), abs=0.005)
    shares = found["new_share"] * found["orders"]
    assert shares.sum() == pytest.approx(len(log.customers))


def test_what_comes_after_the_last_day_does_not_count():
    found = C.promotion_table(ORDERS, horizon=10, as_of="2024-01-31")
    assert found["orders"].tolist() == [3, 2]
    assert found["acquired"].tolist() == [2, 2]


@pytest.mark.parametrize("make", [pd.DataFrame, pl.DataFrame])
def test_a_promotion_table_of_any_family_in_any_order(make):
    turned = make({name: values[::-1] for name, values in ORDERS.items()})
    found = C.promotion_table(turned, horizon=60, as_of="2024-06-30")
    assert isinstance(found.to_frame(), make)
    assert isinstance(found.differences(), make)
    for name, values in table().columns.items():
        if values.dtype.kind != "O":
            assert found[name] == pytest.approx(values, nan_ok=True)


def test_discounts_of_several_rows_of_a_day_add_up():
    orders = {
        "customer_id": [1, 1, 1],
        "date": ["2024-01-01", "2024-01-01", "2024-01-02"],
        "amount": [8.0, 9.0, -3.0],  # the refund alone is no purchase
        "discount": [2.0, 1.0, 5.0],
    }
    found = C.promotion_table(orders, horizon=1)
    assert found["orders"].tolist() == [0, 1]
    assert found["revenue"].tolist() == [0, 14]
    assert found["discount_rate"][1] == pytest.approx(3 / 17)


def test_coverage_of_repeat_of_customers_won_on_promotion():
    """The interval of the difference holds 0 nine times out of ten: there is none."""
    inside = []
    for seed in range(200):
        orders, _ = tn.datasets.simulate_campaign(500, lift=0.0, seed=seed)
        effects = C.promotion_table(orders, horizon=60, level=0.9).effects
        inside.append([e.low < 0 < e.high for e in effects])
    # three standard errors of a share of 0.9 of 200
    assert np.abs(np.mean(inside, axis=0) - 0.9).max() < 0.064


# -- dependence ------------------------------------------------------------------------


def test_dependence_by_hand():
    """1: one of two orders; 2: one of two; 3: always; 4: never; 5: always.

    Of 1 and 2, who have several orders, nobody buys on discount only.
    """
    found = C.discount_dependence(ORDERS, horizon=60, as_of="2024-06-30")
    assert found.distribution["customers"].tolist() == [1, 2, 0, 2]
    assert found.distribution["revenue"].tolist() == [30, 54, 0, 13]
    assert (found.only, found.several) == (0, 2)
    assert found.customers["order_share"].tolist() == [0.5, 0.5, 1, 0, 1]
    assert found.customers["revenue_share"] == pytest.approx([16 / 26, 8 / 28, 1, 0, 1])
    assert found.customers["discount_rate"] == pytest.approx(
        [4 / 30, 2 / 30, 0.4, 0, 0.3]
    )
    # first orders: 1 and 4 at full price, 2 at 20 % off, 3 at 40 %; 5 is too recent
    assert found.depths["customers"].tolist() == [2, 0, 1, 0, 1, 0]
    assert found.depths["up_to"].tolist() == [0, 0.1, 0.2, 0.3, 0.5, 1]
    assert found.depths["repeat"][[0, 2, 4]].tolist() == [0.5, 1, 0]
    assert repr(found).startswith("association")


@settings(max_examples=30, deadline=None)
@given(
    st.lists(
        st.tuples(st.integers(1, 5), st.integers(1, 28), st.integers(0, 3)),
        min_size=1,
        max_size=30,
    )
)
def test_dependence_is_that_of_a_plain_count(rows):
    orders = {
        "customer_id": [who for who, _, _ in rows],
        "date": [f"2024-01-{day:02}" for _, day, _ in rows],
        "amount": [5.0] * len(rows),
        "discount": [float(off) for _, _, off in rows],
    }
    found = C.discount_dependence(orders)
    for place, who in enumerate(found.customers["customer_id"].tolist()):
        days = {day for one, day, _ in rows if one == who}
        cheap = {day for one, day, off in rows if one == who and off > 0}
        assert found.customers["order_share"][place] == len(cheap) / len(days)
    assert found.distribution["customers"].sum() == len({who for who, _, _ in rows})
    assert found.distribution["share"].sum() == pytest.approx(1)
    assert found.distribution["revenue"].sum() == pytest.approx(5.0 * len(rows))


# -- budgets ---------------------------------------------------------------------------

OPTIONS = {
    "option": ["mail", "call", "visit", "app"],
    "effect": [3.0, 9.0, 4.0, 0.5],
    "std_error": [0.5, 4.0, 6.0, 0.1],
    "cost": [1.0, 8.0, 6.0, 0.2],
    "size": [1000, 500, 100, 5000],
}


def by_option(plan, column):
    return dict(zip(plan["option"].tolist(), plan[column].tolist(), strict=True))


def test_budget_by_hand():
    """Value per cost 3, 9/8, 2/3, 2.5: mail 1,000 and app 1,000 first, then the calls.

    1,000 are left for 125 of 500 calls: net 2,000 + 1,500 + 125 = 3,625. The visit does
    not pay whatever is left.
    """
    plan = C.allocate(OPTIONS, budget=3000)
    assert plan["option"].tolist() == ["mail", "app", "call", "visit"]
    assert by_option(plan, "funded") == {"mail": 1, "app": 1, "call": 0.25, "visit": 0}
    assert (plan.spent, plan.value) == (3000, 3625)
    chance = by_option(plan, "probability")
    assert chance["call"] == pytest.approx(stats.norm.cdf(1 / 4))
    assert chance["visit"] == pytest.approx(stats.norm.cdf(-2 / 6))
    error = np.sqrt((1000 * 0.5) ** 2 + (5000 * 0.1) ** 2 + (125 * 4.0) ** 2)
    assert plan.worth == pytest.approx(stats.norm.cdf(3625 / error))
    assert plan.value_high - plan.value == pytest.approx(stats.norm.ppf(0.975) * error)
    rich = C.allocate(OPTIONS, budget=1e6)
    assert rich.spent == 6000  # not on the visit
    assert C.allocate(OPTIONS, budget=0).value == 0


def test_prior_is_stated_and_shrinks():
    """A prior of 2 +- 4 and a call of 9 +- 4 make 5.5 +- sqrt(8), below its cost."""
    plan = C.allocate(OPTIONS, budget=3000, prior=(2.0, 4.0))
    assert by_option(plan, "effect")["call"] == pytest.approx(5.5)
    assert by_option(plan, "probability")["call"] == pytest.approx(
        stats.norm.cdf(-2.5 / np.sqrt(8))
    )
    assert "prior: normal around 2 with deviation 4, given" in repr(plan)
    shared = C.allocate(OPTIONS, budget=3000, prior="shared")
    assert by_option(shared, "effect")["call"] < 9
    assert "learned" in shared.prior


def test_shared_prior_by_hand():
    """Errors of 1 and effects 0, 2, 4: Q = 8, less 2, over 3 - 1: a variance of 3.

    Weights 3/4: 0.5, 2, 3.5, with standard deviation sqrt(3/4).
    """
    options = OPTIONS | {
        "option": ["a", "b", "c", "d"][:3],
        "effect": [0.0, 2.0, 4.0],
        "std_error": [1.0] * 3,
        "cost": [1.0] * 3,
        "size": [1] * 3,
    }
    plan = C.allocate(options, budget=1, prior="shared")
    assert by_option(plan, "effect") == pytest.approx({"a": 0.5, "b": 2, "c": 3.5})
    assert plan["probability"][0] == pytest.approx(stats.norm.cdf(2.5 / 0.75**0.5))


@settings(max_examples=40, deadline=None)
@given(
    rows=st.lists(
        st.tuples(st.integers(-5, 30), st.integers(1, 9), st.integers(1, 3)),
        min_size=1,
        max_size=7,
    ),
    budget=st.integers(0, 30),
    grouped=st.booleans(),
)
def test_whole_options_are_the_best_of_all_plans(rows, budget, grouped):
    options = {
        "option": [f"o{k}" for k in range(len(rows))],
        "effect": [float(effect) for effect, _, _ in rows],
        "std_error": [1.0] * len(rows),
        "cost": [float(cost) for _, cost, _ in rows],
        "size": [1] * len(rows),
        "segment": [f"s{group}" for _, _, group in rows],
    }
    group = "segment" if grouped else None
    plan = C.allocate(options, budget=budget, divisible=False, group=group, draws=10)
    best = 0.0
    for chosen in itertools.product((0, 1), repeat=len(rows)):
        taken = [row for row, one in zip(rows, chosen, strict=True) if one]
        segments = [segment for _, _, segment in taken]
        if grouped and len(set(segments)) < len(segments):
            continue
        if sum(cost for _, cost, _ in taken) <= budget:
            best = max(best, sum(effect - cost for effect, cost, _ in taken))
    assert plan.value == pytest.approx(best)
    assert plan.spent <= budget


def test_parts_of_a_group_make_at_most_one():
    options = OPTIONS | {"who": ["x", "x", "y", "y"]}
    plan = C.allocate(options, budget=6000, group="who")
    funded = by_option(plan, "funded")
    assert funded["mail"] + funded["call"] <= 1 + 1e-9
    assert plan.value <= C.allocate(options, budget=6000).value + 1e-9


def test_regret_falls_as_effects_are_known_better():
    wide = C.allocate(OPTIONS, budget=3000).regret
    sure = OPTIONS | {"std_error": [error / 100 for error in OPTIONS["std_error"]]}
    assert 0 <= C.allocate(sure, budget=3000).regret < 0.05 * wide
    assert wide == C.allocate(OPTIONS, budget=3000).regret  # the same seed


def test_one_option_has_the_regret_of_the_normal_loss():
    """E max(x, 0) - E x for x = 100 N(1, 2): 100 * (phi(.5) * 2 - 1 * cdf(-.5))."""
    options = {k: v[:1] for k, v in OPTIONS.items()} | {
        "effect": [2.0],
        "std_error": [2.0],
        "size": [100],
    }
    plan = C.allocate(options, budget=1000, draws=200_000)
    expected = 100 * (stats.norm.pdf(0.5) * 2 - stats.norm.cdf(-0.5))
    assert plan.regret == pytest.approx(expected, rel=0.02)  # 200,000 draws


# -- offers ----------------------------------------------------------------------------


def test_offers_by_hand():
    """5 points of 200 are 10; 95 % of 0.05 +- 1.96 * 0.01 times 200: 6.08 to 13.92."""
    offer = C.max_save_offer(0.05, 200.0, change_error=0.01)
    ends = (offer.most[0], offer.low[0], offer.high[0])
    assert ends == pytest.approx((10, 6.08, 13.92), abs=0.001)
    assert offer.to_frame(family="numpy")["most"].tolist() == [10]
    stayers = C.max_save_offer(0.05, 200.0, paid_to="stayers", stay=0.5)
    assert stayers.most.tolist() == [20]
    assert C.max_save_offer(-0.01, [100.0]).most.tolist() == [0]


# -- loyalty ---------------------------------------------------------------------------

TIERS = {
    "customer_id": [1, 2, 2, 3, 4, 4, 5],
    "date": [
        *("2024-01-05", "2024-01-05", "2024-06-01", "2024-07-01"),
        *("2024-01-01", "2024-05-01", "2025-02-01"),
    ],
    "tier": ["silver", "silver", "gold", "silver", "gold", None, "gold"],
}


def test_tiers_by_hand():
    """1 stays in silver, 2 rises, 3 comes, 4 leaves, 5 comes after the last date."""
    found = C.tier_migration(
        TIERS, order=["gold", "silver"], dates=["2024-01-31", "2024-12-31"]
    )
    assert found.counts[0].tolist() == [[0, 0, 1], [1, 1, 0], [0, 1, 0]]
    stability = found.stability()
    assert stability["stayed"].tolist() == [1]
    assert stability["up"].tolist() == [0.5]
    turned = {name: values[::-1] for name, values in TIERS.items()}
    again = C.tier_migration(
        turned, order=["gold", "silver"], dates=["2024-01-31", "2024-12-31"]
    )
    assert (again.counts == found.counts).all()


def test_loyalty_index_by_hand():
    """By 2024-03-31: 1 bought in January, February, March; 2 in January; 3 in 2023.

    Active in 60 days: 1. Buyers in 365 days: 1, 2 and 3 (on 2023-06-01); 1 alone twice.
    """
    orders = {
        "customer_id": [1, 1, 1, 2, 3],
        "date": ["2024-01-10", "2024-02-10", "2024-03-10", "2024-01-20", "2023-06-01"],
        "amount": [1.0] * 5,
    }
    index = C.loyalty_index(
        orders, members={"customer_id": [1, 3]}, active=60, as_of="2024-03-31"
    )
    assert index["group"].tolist() == ["members", "others", "everybody"]
    assert index["customers"].tolist() == [2, 1, 3]
    assert index["active"] == pytest.approx([1 / 2, 0, 1 / 3])
    assert index["buyers"].tolist() == [2, 1, 3]
    assert index["repeat"] == pytest.approx([1 / 2, 0, 1 / 3])
    assert index["streak"][[0, 2]].tolist() == [3, 3]
    assert np.isnan(index["streak"][1])


def test_loyalty_brings_the_parts_together():
    orders, members = tn.datasets.simulate_programme(2500, lift=0.2, seed=1)
    programme = C.loyalty(
        orders,
        members,
        tiers=TIERS,
        order=["gold", "silver"],
        dates=["2024-01-31", "2024-12-31"],
    )
    alone = C.matched(orders, members)
    assert programme.effect.effects == alone.effects
    assert programme.claim == alone.claim
    assert programme.members == len(members)
    assert isinstance(programme.to_frame(), pd.DataFrame)
    assert repr(programme).startswith(alone.claim)
    assert "Tiers at 2024-01-31, 2024-12-31" in repr(programme)
    assert "Tiers" in programme._repr_html_()
