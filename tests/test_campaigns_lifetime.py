"""The value to come of members against that of their matches, by fitted models."""

from __future__ import annotations

import re

import numpy as np
import polars as pl
import pytest
import tenure as tn
from tenure.campaigns import _matching
from tenure.exceptions import ParameterError
from tenure.value import lifetime_value

C = tn.campaigns

HAND = {
    # all buy on May 1 and June 5, when m joins
    "customer_id": ["m", "m", "m", "k", "k", "k", "n", "n", "q"],
    "date": [
        *("2024-05-01", "2024-06-05", "2024-06-20"),
        *("2024-05-01", "2024-06-05", "2024-06-10"),
        *("2024-05-01", "2024-06-05"),
        "2024-05-01",
    ],
    "amount": [10.0, 10.0, 50.0, 10.0, 10.0, 30.0, 10.0, 10.0, 10.0],
}


def fitted(orders):
    summary = tn.Transactions(orders, amount="amount").summary("week")
    # the truth has no dropout, so that of BG/NBD runs to its boundary: use the NBD
    return tn.NBD().fit(summary), tn.GammaGamma().fit(summary)


@pytest.fixture(scope="module")
def programme():
    return tn.datasets.simulate_programme(4000, lift=0.0, seed=3, family="numpy")


@pytest.fixture(scope="module")
def models(programme):
    return fitted(programme[0])


@pytest.fixture(scope="module")
def compared(programme):
    return C.matched(*programme)


def test_by_hand(monkeypatch):
    """m against k and n, as of June 25, 55 days after all began.

    In the window m spends 50, k 30 and n nothing: 50 - 15 = 35, of which half is
    earned. By the NBD one with x repeat orders makes (r + x) / (alpha + 55) a day: of
    m x is 2, of k 2 and of n 1, so that m makes 0.5 / (45 + 55) more; over 30 days at
    20 an order, half of which is earned, that is 1.5.
    """
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
    buying = tn.NBD.from_params(r=0.8, alpha=45.0, unit="day")
    worth = found.lifetime_effect(
        buying, 20.0, horizon=30, discount_rate=0.0, margin=0.5
    )
    parts = {part: worth.effect(part) for part in ("window", "residual", "total")}
    assert parts["window"].difference == pytest.approx(17.5)
    assert parts["residual"].difference == pytest.approx(1.5)
    assert parts["total"].difference == pytest.approx(19.0)
    assert parts["residual"].value == pytest.approx(2.8 / 100 * 30 * 10)
    assert (worth.basis, worth.parameters, worth.newcomers) == ("margin", False, 0)
    assert {effect.method for effect in worth.effects} == {"matched"}


def test_the_window_is_that_of_revenue_and_parts_make_the_total(compared, models):
    worth = compared.lifetime_effect(*models)
    parts = {part: worth.effect(part) for part in ("window", "residual", "total")}
    revenue = compared.effect("revenue")
    for name in ("difference", "std_error", "low", "high", "p_value"):
        ours, usual = getattr(parts["window"], name), getattr(revenue, name)
        assert ours == pytest.approx(usual, rel=1e-9)
    assert parts["total"].difference == pytest.approx(
        parts["window"].difference + parts["residual"].difference
    )
    assert [e.method for e in worth.effects] == [
        "matched",
        "matched, model",
        "matched, model",
    ]
    earned = compared.lifetime_effect(*models, margin=0.25)
    for part, effect in parts.items():
        quarter = earned.effect(part)
        assert quarter.difference == pytest.approx(effect.difference / 4)
        assert quarter.std_error == pytest.approx(effect.std_error / 4)


def test_the_value_is_that_of_lifetime_value(programme, compared, models):
    """Of members, the mean of the values at the ends of their windows."""
    orders, _ = programme
    log = tn.Transactions(orders, amount="amount")
    pairs = compared.pairs()
    member, first = np.unique(pairs["member"], return_index=True)
    ends = pairs["landmark"][first] + compared.window
    worths = []
    for end in np.unique(ends):
        summary = log.summary("week", as_of=end)
        value = lifetime_value(*models, summary, horizon="1 year", discount_rate=0.1)
        own = np.isin(summary.customer_id, member[ends == end])
        worths += value["value"][own].tolist()
    worth = compared.lifetime_effect(*models, horizon="1 year")
    assert len(worths) == compared.members
    assert worth.effect("residual").value == pytest.approx(np.mean(worths))


def test_doubt_about_the_parameters_widens(compared, models):
    buying, spend = models
    sure = tn.NBD.from_params(**dict(buying.params_), unit="week")
    wide = compared.lifetime_effect(buying, 25.0).effect("residual")
    narrow = compared.lifetime_effect(sure, 25.0).effect("residual")
    assert wide.difference == pytest.approx(narrow.difference)
    assert narrow.std_error < wide.std_error < 1.5 * narrow.std_error
    # with all rows alike nothing but the parameters could differ
    contrast = compared._matches.contrast()
    assert contrast.sum() == pytest.approx(0, abs=1e-9)
    assert contrast[compared._matches.treated].sum() == pytest.approx(1)
    assert compared.lifetime_effect(buying, spend).parameters


def test_the_first_line_is_what_can_be_claimed(compared, models):
    worth = compared.lifetime_effect(*models)
    assert worth.claim == (
        "causal if no unmeasured reason to join goes with buying more (association "
        "otherwise); on the value to come if an order also means as much for the "
        "future of a member as of others, as the model supposes"
    )
    assert repr(worth).startswith(f"{worth.claim}\nmember: ")
    assert worth._repr_html_().count("<tr>") == 1 + 3
    assert worth.to_frame()["metric"].tolist() == ["window", "residual", "total"]


def test_frames_come_back_in_the_family_of_the_members(programme, models):
    orders, members = programme
    found = C.matched(pl.DataFrame(orders), pl.DataFrame(members))
    table = found.lifetime_effect(*models).to_frame()
    assert isinstance(table, pl.DataFrame)
    assert table["metric"].to_list() == ["window", "residual", "total"]


def test_an_effect_is_found():
    data = tn.datasets.simulate_programme(6000, lift=0.6, seed=5, family="numpy")
    worth = C.matched(*data).lifetime_effect(*fitted(data[0]))
    assert worth.effect("window").low > 0
    assert worth.effect("residual").low > 0
    assert worth.effect("total").low > worth.effect("window").low


def covered(runs, n):
    inside = []
    for seed in range(1000, 1000 + runs):
        data = tn.datasets.simulate_programme(n, lift=0.0, seed=seed, family="numpy")
        worth = C.matched(*data, level=0.9).lifetime_effect(*fitted(data[0]))
        total = worth.effect("total")
        inside.append(total.low < 0 < total.high)
    return float(np.mean(inside))


def test_null_coverage_quickly():
    # three standard errors of a share of 0.9 of 20
    assert covered(20, 1000) > 0.9 - 0.2


@pytest.mark.slow
def test_intervals_cover_nothing_where_there_is_nothing():
    # three standard errors of a share of 0.9 of 200
    assert abs(covered(200, 2000) - 0.9) < 0.064


CASES = [
    (
        lambda found: found.lifetime_effect(3.0, 25.0),
        "`buying` must be a model of repeat buying, such as BGNBD, got 3.0",
    ),
    (
        lambda found: found.lifetime_effect(
            tn.NBD.from_params(r=1.0, alpha=5.0, unit="week"), 25.0, margin=1.5
        ),
        "`margin` must be a share greater than 0, at most 1, got 1.5",
    ),
]


@pytest.mark.parametrize(("call", "message"), CASES)
def test_errors_say_what_is_the_matter(compared, call, message):
    with pytest.raises(ParameterError, match=f"^{re.escape(message)}$"):
        call(compared)


def test_orders_without_amounts_have_no_value(programme):
    orders, members = programme
    found = C.matched(orders, members, amount=None)
    message = (
        "`lifetime_effect` must be asked of orders with amounts, got a comparison "
        "without, whose window has no value\n\nHint: name their column by `amount`"
    )
    with pytest.raises(ParameterError, match=f"^{re.escape(message)}$"):
        found.lifetime_effect(tn.NBD.from_params(r=1.0, alpha=5.0, unit="week"), 25.0)
