"""Comparisons without chance: matched members, weights, differences in differences."""

from __future__ import annotations

import numpy as np
import pandas as pd
import polars as pl
import pytest
import tenure as tn
from scipy import stats

C = tn.campaigns


@pytest.fixture(scope="module")
def programme():
    return tn.datasets.simulate_programme(6000, lift=0.0, seed=3, family="numpy")


@pytest.fixture(scope="module")
def compared(programme):
    return C.matched(*programme)


def naive(found, method, metric):
    return next(e for e in found.naive if (e.method, e.metric) == (method, metric))


# -- members and their matches ---------------------------------------------------------


def test_a_programme_without_effect_is_found_to_have_none(compared):
    """Members buy twice as much all the same, which naive comparisons credit to it."""
    effect = compared.effect("orders")
    assert effect.low < 0 < effect.high
    assert naive(compared, "unadjusted", "orders").low > 1
    assert naive(compared, "immortal time", "orders").low > 1
    assert np.abs(compared.balance["before"]).max() > 0.5
    assert np.abs(compared.balance["after"]).max() < 0.1


def test_the_first_line_is_what_can_be_claimed(compared):
    assert repr(compared).startswith(f"{compared.claim}\nMembers: ")
    assert "causal if no unmeasured reason to join" in compared.claim
    assert "association otherwise" in compared.claim
    assert compared._repr_html_().count("<tr>") == 3 + 5 + 1


def test_an_effect_is_found():
    """Members buy 40 % more often from the day after joining on.

    Some matches join within the window, which makes it look smaller, so that the
    interval lies between nothing and a little above the truth.
    """
    data = tn.datasets.simulate_programme(6000, lift=0.4, seed=5, family="numpy")
    found = C.matched(*data, window="60 days")
    effect = found.effect("orders")
    assert effect.low > 0.15 * effect.control_value
    assert effect.low < 0.4 * effect.control_value
    assert 0 < found.joined_later < 0.4


HAND = {
    # both groups buy on June 5 and, before, on May 1; m joins on June 5
    "customer_id": ["m", "m", "m", "k", "k", "k", "n", "n", "q"],
    "date": [
        *("2024-05-01", "2024-06-05", "2024-06-20"),
        *("2024-05-01", "2024-06-05", "2024-06-10"),
        *("2024-05-01", "2024-06-05"),
        "2024-05-01",
    ],
    "amount": [10.0, 10.0, 50.0, 10.0, 10.0, 30.0, 10.0, 10.0, 10.0],
}


def test_pairs_are_alike_and_outcomes_begin_the_day_after(monkeypatch):
    """k and n did what m did until June 5; q did not buy that day and is no match.

    Afterwards m spends 50, k 30, n nothing: 50 - 15 = 35 in the 20 days to June 25.
    """
    from tenure.campaigns import _matching  # noqa: PLC0415

    # three customers are too few for a regression: all have the same odds
    monkeypatch.setattr(_matching, "propensity_model", lambda *_: np.zeros(7))
    found = C.matched(
        HAND,
        {"customer_id": ["m"], "joined": ["2024-06-05"]},
        window=20,
        every="day",
        as_of="2024-06-30",
        caliper=1e9,
        matches=2,
    )
    pairs = found.pairs()
    assert pairs["control"].tolist() == ["k", "n"]
    assert pairs["landmark"].astype(str).tolist() == ["2024-06-05"] * 2
    assert pairs["weight"].tolist() == [0.5, 0.5]
    assert found.effect("revenue").difference == pytest.approx(35)
    assert found.effect("orders").difference == pytest.approx(0.5)
    # all three non-members at the landmark: 50 less (30 + 0 + 0) / 3
    assert naive(found, "unadjusted", "revenue").difference == pytest.approx(40)
    # 70 in 61 days from May 1 on, against 50 + 20 + 10 in 3 * 61; 20 days of it
    expected = (70 - 80 / 3) / 61 * 20
    assert naive(found, "immortal time", "revenue").difference == pytest.approx(
        expected
    )


def test_members_who_cannot_be_compared_are_counted(programme):
    """Of three more members, one joins too late, one before the first purchase."""
    orders, members = programme
    found = C.matched(orders, members)
    ids = np.setdiff1d(orders["customer_id"], members["customer_id"])
    first = {}
    for who, day in zip(orders["customer_id"], orders["date"], strict=True):
        first.setdefault(who, day)
    late = next(i for i in ids if first[i] < np.datetime64("2024-06-01"))
    early = next(i for i in ids if first[i] > np.datetime64("2024-10-01"))
    more = {
        "customer_id": np.append(members["customer_id"], [late, early, 10**6]),
        "joined": np.append(
            members["joined"],
            np.array(["2024-12-20", "2024-05-01", "2024-05-01"], "datetime64[D]"),
        ),
    }
    again = C.matched(orders, more)
    assert again.left_out["whose window was not over"] == (
        found.left_out["whose window was not over"] + 1
    )
    assert again.left_out["joined before they had bought"] == 2
    assert again.members + again.unmatched == found.members + found.unmatched


@pytest.mark.parametrize("every", ["day", "week", "month"])
def test_periods_of_joining_bring_no_bias(every):
    """The mean of ten standardised effects of nothing, within three of its errors."""
    found = []
    for seed in range(10):
        data = tn.datasets.simulate_programme(1500, lift=0.0, seed=seed, family="numpy")
        effect = C.matched(*data, every=every, window="60 days").effect("orders")
        found.append(effect.difference / effect.std_error)
    assert abs(np.mean(found)) < 3 / np.sqrt(10)


@pytest.mark.parametrize("make", [pd.DataFrame, pl.DataFrame])
def test_families_and_row_order(programme, compared, make):
    orders, members = programme
    turned = make({name: values[::-1] for name, values in orders.items()})
    found = C.matched(turned, make({k: v[::-1] for k, v in members.items()}))
    for one, other in zip(found.effects, compared.effects, strict=True):
        assert one.difference == pytest.approx(other.difference, rel=1e-9)
        assert one.std_error == pytest.approx(other.std_error, rel=1e-9)
    for frame in (found.to_frame(), found.balance_frame(), found.pairs()):
        assert isinstance(frame, make)
    assert len(found.to_frame()) == 3 + 3 + 2


@pytest.mark.slow
def test_matched_intervals_cover_nothing_where_there_is_nothing():
    inside = []
    for seed in range(120):
        data = tn.datasets.simulate_programme(2500, lift=0.0, seed=seed, family="numpy")
        effect = C.matched(*data, level=0.9, window="60 days").effect("orders")
        inside.append(effect.low < 0 < effect.high)
    # three standard errors of a share of 0.9 of 120
    assert abs(np.mean(inside) - 0.9) < 0.083


def test_what_nobody_sees_stays():
    """With a reason to join that the log does not show, matching is not enough."""
    data = tn.datasets.simulate_programme(
        8000, lift=0.0, eager=0.0, hidden=1.5, seed=1, family="numpy"
    )
    assert C.matched(*data).effect("orders").low > 0


# -- weights ---------------------------------------------------------------------------


def chosen(n, seed, effect=1.0):
    """Treatment by x and z, which also move the outcome."""
    random = np.random.default_rng(seed)
    x, z = random.normal(size=n), random.random(n) < 0.4
    chance = 1 / (1 + np.exp(-(0.8 * x + 0.6 * z - 0.4)))
    treated = random.random(n) < chance
    y = 3 * x + 2 * z + effect * treated + random.normal(0, 2, n)
    return {"x": x, "z": z, "treated": treated, "y": y}


def test_weights_by_hand():
    """One covariate of two values: chances are the shares within each.

    z = 0: 1 of 4 treated, z = 1: 3 of 4. Weighted means of the treated are
    (4 * 10 + 4/3 * (20 + 22 + 24)) / 8 = 16, of the others (4/3 * (1 + 2 + 3) + 4 * 9)
    / 8 = 5.5. The chances are those of strata, so the doubly robust is the same.
    """
    frame = {
        "z": [0] * 4 + [1] * 4,
        "treated": [1, 0, 0, 0, 1, 1, 1, 0],
        "y": [10.0, 1.0, 2.0, 3.0, 20.0, 22.0, 24.0, 9.0],
    }
    found = C.weighted(frame, outcome="y", covariates=["z"])
    assert found.effect("weighted").value == pytest.approx(16)
    assert found.effect("weighted").control_value == pytest.approx(5.5)
    assert found.effect("doubly robust").difference == pytest.approx(10.5)
    assert found.effect("unadjusted").difference == pytest.approx(19 - 3.75)
    assert found.balance["after"] == pytest.approx([0], abs=1e-6)
    # of the treated: others weigh 1/3 where z = 0 and 3 where z = 1:
    # (2 + 27) / 4 = 7.25 against 19
    treated = C.weighted(frame, outcome="y", covariates=["z"], estimand="treated")
    assert treated.effect("weighted").difference == pytest.approx(19 - 7.25)
    assert treated.effect("doubly robust").difference == pytest.approx(19 - 7.25)
    assert treated.effective[0] == 4


def test_weights_find_the_effect_that_a_plain_difference_misses():
    found = C.weighted(chosen(4000, 1), outcome="y", covariates=["x", "z"])
    assert found.effect("unadjusted").low > 2
    for method in ("weighted", "doubly robust"):
        effect = found.effect(method)
        assert effect.low < 1 < effect.high
    assert np.abs(found.balance["after"]).max() < 0.1
    assert repr(found).startswith(f"{found.claim}\nTreatment: ")


def test_overlap_counts_everybody():
    found = C.weighted(chosen(500, 1), outcome="y", covariates=["x"], trim=0.2)
    table = found.overlap(10)
    assert table["treated"].sum() + table["untreated"].sum() == 500
    assert table["trimmed"].tolist() == [True] * 2 + [False] * 6 + [True] * 2
    outside = (found.propensity < 0.2) | (found.propensity > 0.8)
    assert found.trimmed == outside.sum() > 0
    assert found.effect().customers + found.effect().control_customers == (
        500 - found.trimmed
    )


def test_text_is_a_column_for_each_value():
    frame = chosen(600, 2) | {"city": ["rome", "oslo", "bern"] * 200}
    found = C.weighted(frame, outcome="y", covariates=["city", "x", "z"])
    assert found.balance["covariate"].tolist() == [
        "city = oslo",
        "city = rome",
        "x",
        "z",
    ]


@pytest.mark.parametrize("make", [pd.DataFrame, pl.DataFrame])
def test_weights_of_any_family_in_any_order(make):
    frame = chosen(400, 3)
    turned = make({name: values[::-1] for name, values in frame.items()})
    plain = C.weighted(frame, outcome="y", covariates=["x", "z"])
    found = C.weighted(turned, outcome="y", covariates=["x", "z"])
    assert isinstance(found.overlap(), make)
    for one, other in zip(found.effects, plain.effects, strict=True):
        assert one.difference == pytest.approx(other.difference)
        assert one.std_error == pytest.approx(other.std_error)


def weighted_coverage(reps, estimand):
    """True for everybody and for the treated alike, as the effect is the same."""
    found = [
        C.weighted(
            chosen(600, seed),
            outcome="y",
            covariates=["x", "z"],
            estimand=estimand,
            trim=0.0,
            level=0.9,
        )
        for seed in range(reps)
    ]
    return {
        method: np.mean(
            [f.effect(method).low < 1 < f.effect(method).high for f in found]
        )
        for method in ("weighted", "doubly robust")
    }


def test_weighted_intervals_cover_quickly():
    for share in weighted_coverage(200, "everybody").values():
        # three standard errors of a share of 0.9 of 200
        assert abs(share - 0.9) < 0.064


@pytest.mark.slow
@pytest.mark.parametrize("estimand", ["everybody", "treated"])
def test_weighted_intervals_cover_87_to_93_per_cent(estimand):
    for method, share in weighted_coverage(1500, estimand).items():
        assert 0.87 < share < 0.93, method


# -- differences in differences --------------------------------------------------------


def drifting(n, seed, effect=2.0, trend=0.0):
    """Six periods; the treated start higher, and may drift already before."""
    random = np.random.default_rng(seed)
    treated = np.arange(n) % 2 == 0
    period = np.tile(np.arange(-3, 3), n)
    who = np.repeat(np.arange(n), 6)
    t = treated[who]
    level = random.normal(0, 3, n) + 5 * treated
    y = level[who] + period + trend * t * period + effect * t * (period >= 0)
    y = y + random.normal(0, 1, 6 * n)
    return {"customer_id": who, "period": period, "treated": t, "revenue": y}


def test_two_by_two_by_hand():
    """Treated 10, 12 to 14, 18: +5; others 20, 30 to 21, 31: +1; so 4."""
    frame = {
        "customer_id": [1, 1, 2, 2, 3, 3, 4, 4],
        "period": ["2024-01-01", "2024-02-01"] * 4,
        "treated": [1, 1, 1, 1, 0, 0, 0, 0],
        "revenue": [10, 14, 12, 18, 20, 21, 30, 31],
    }
    found = C.difference_in_differences(frame, start="2024-02-01")
    assert found.effect.difference == pytest.approx(4)
    assert (found.effect.value, found.effect.control_value) == (5, 1)
    assert found.since.tolist() == [-1, 0]
    assert found.difference == pytest.approx([0, 4])
    assert np.isnan(found.pre_trend)
    assert "not known, of one period before the start" in repr(found)


def test_effect_is_that_of_mean_changes_in_a_balanced_panel():
    """With clustered errors of the changes of customers, but for degrees of freedom."""
    frame = drifting(200, 1)
    found = C.difference_in_differences(frame)
    wide = frame["revenue"].reshape(200, 6)
    change = wide[:, 3:].mean(axis=1) - wide[:, :3].mean(axis=1)
    treated = np.arange(200) % 2 == 0
    expected = change[treated].mean() - change[~treated].mean()
    assert found.effect.difference == pytest.approx(expected)
    plain = np.hypot(stats.sem(change[treated]), stats.sem(change[~treated]))
    assert found.effect.std_error == pytest.approx(plain, rel=0.02)
    assert found.effect.low < 2 < found.effect.high
    # each period of the study against the one before the start
    gap = wide[treated].mean(axis=0) - wide[~treated].mean(axis=0)
    assert found.difference == pytest.approx(gap - gap[2])
    assert found.pre_trend > 0.01
    assert found.claim.startswith("causal if no unmeasured change")


def test_groups_that_drift_before_are_no_evidence():
    found = C.difference_in_differences(drifting(300, 1, effect=0.0, trend=0.5))
    assert found.pre_trend < 1e-6
    assert found.claim.startswith("association: the groups did not move in parallel")
    assert repr(found).startswith("association")


@pytest.mark.parametrize("make", [pd.DataFrame, pl.DataFrame])
def test_a_panel_of_any_family_in_any_order(make):
    frame = drifting(50, 2)
    turned = make({name: values[::-1] for name, values in frame.items()})
    one = C.difference_in_differences(turned)
    other = C.difference_in_differences(frame)
    assert isinstance(one.to_frame(), make)
    assert one.difference == pytest.approx(other.difference)
    assert one.std_error == pytest.approx(other.std_error)


def test_missing_periods_are_allowed():
    frame = drifting(300, 4)
    keep = np.random.default_rng(0).random(1800) < 0.8
    found = C.difference_in_differences({k: v[keep] for k, v in frame.items()})
    assert found.effect.low < 2 < found.effect.high


def test_null_differences_at_the_nominal_rate():
    found = [
        C.difference_in_differences(drifting(60, seed, effect=0.0), level=0.9)
        for seed in range(200)
    ]
    share = np.mean([f.effect.p_value < 0.1 for f in found])
    early = np.mean([f.pre_trend < 0.1 for f in found])
    # three standard errors of a share of 0.1 of 200
    assert abs(share - 0.1) < 0.064
    assert abs(early - 0.1) < 0.064


def test_panel_adds_up_to_the_log():
    orders, assignment = tn.datasets.simulate_campaign(400, seed=2)
    groups = assignment.assign(treated=assignment["arm"] == "campaign")
    rows = C.panel(orders, groups, start="2024-07-01", every=30, before=4, after=5)
    assert isinstance(rows, pd.DataFrame)
    assert len(rows) == 400 * 9
    day = (orders["date"] - pd.Timestamp("2024-07-01")).dt.days
    inside = orders[(day >= -120) & (day < 150)]
    assert rows["revenue"].sum() == pytest.approx(inside["amount"].sum(), abs=0.005)
    by_period = inside.groupby(day // 30)["amount"].sum()
    assert rows.groupby("period")["revenue"].sum().to_numpy() == pytest.approx(
        by_period.to_numpy()
    )
    found = C.difference_in_differences(rows, outcome="orders")
    assert found.clusters == 400
