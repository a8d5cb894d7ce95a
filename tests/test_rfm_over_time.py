"""Movement between dates, history, and whether scores foretell what comes."""

from __future__ import annotations

import itertools

import numpy as np
import pandas as pd
import pytest
import tenure as tn
from scipy import stats
from sklearn.metrics import roc_auc_score
from tenure.exceptions import NotFittedError, ParameterError
from tenure.rfm.history import period_ends
from tenure.rfm.intervals import group_ratios
from tenure.rfm.ranking import Concentration, Order, area_under_curve, lift

DATES = ["1997-09-30", "1998-03-31", "1998-06-30"]


def segments_at(model, log, date):
    found = model.transform(log, as_of=date, truncate=True)
    return dict(zip(found["customer_id"].tolist(), found["segment"], strict=True))


# -- migration -------------------------------------------------------------------------


@pytest.fixture(scope="module")
def moved(log):
    return tn.RFM().migration(log, DATES)


def test_flows_are_those_of_each_customer(log, moved):
    model = tn.RFM().fit(log, as_of=DATES[0], truncate=True)
    before, after = (segments_at(model, log, date) for date in DATES[:2])
    flows = moved.to_frame()
    first = flows["date_from"] == np.datetime64(DATES[0])
    found = {
        (a, b): n
        for a, b, n in zip(
            flows["from"][first],
            flows["to"][first],
            flows["customers"][first],
            strict=True,
        )
    }
    expected = {}
    for customer, source in before.items():
        pair = source, after[customer]
        expected[pair] = expected.get(pair, 0) + 1
    assert found == expected
    np.testing.assert_allclose(
        [
            flows["share_of_from"][first & (flows["from"] == s)].sum()
            for s in set(before.values())
        ],
        1.0,
    )
    assert (flows["ci_low"] <= flows["share_of_from"]).all()
    assert (flows["ci_high"] >= flows["share_of_from"]).all()


def test_money_of_flows_adds_up(log, moved):
    flows = moved.to_frame()
    money = tn.RFM(segment_map=None)
    for step in (0, 1):
        own = flows["date_from"] == np.datetime64(DATES[step])
        for end, name in ((step, "revenue_a"), (step + 1, "revenue_b")):
            date = {"as_of": DATES[end], "truncate": True}
            total = money.fit(log, **date).table()["monetary"].sum()
            np.testing.assert_allclose(flows[name][own].sum(), total, rtol=1e-12)


def test_matrices_hold_the_flows(moved):
    wide = moved.matrix()
    names = list(moved.segments)
    assert wide["from"].tolist() == [*names, "New since"]
    assert [name for name in wide if name != "from"] == [*names, "Lost"]
    assert sum(wide[name].sum() for name in wide if name != "from") == 2357
    shares = moved.matrix(-1, shares=True)
    rows = np.sum([shares[name] for name in shares if name != "from"], axis=0)
    inside = ~np.isnan(rows)
    np.testing.assert_allclose(rows[inside], 1.0)
    with pytest.raises(ParameterError, match="`step` must lie between 0 and 1, got 2"):
        moved.matrix(2)


def test_stability_is_what_stays_on_the_diagonal(moved):
    found = moved.stability()
    for step in (0, 1):
        inner = moved.counts[step, :-1, :-1]
        assert found["stayed"][step] == sum(inner[i, i] for i in range(len(inner)))
        total = found["stability"] + found["up"] + found["down"]
        np.testing.assert_allclose(total, 1.0)
        n = inner.sum()
        observed = np.trace(inner) / n
        chance = (
            sum(inner[i].sum() * inner[:, i].sum() for i in range(len(inner))) / n**2
        )
        np.testing.assert_allclose(
            found["kappa"][step], (observed - chance) / (1 - chance), rtol=1e-12
        )


def test_new_and_lost_customers_are_counted(log):
    grown = tn.RFM().migration(log, ["1997-02-10", "1997-09-30"])
    known = tn.RFM(segment_map=None).fit(log, as_of="1997-02-10", truncate=True)
    assert grown.stability()["new"].tolist() == [2357 - known.n_customers_]
    assert grown.stability()["lost"].tolist() == [0]
    assert "came" in repr(grown)
    assert f"{2357 - known.n_customers_:,} came, 0 were lost" in repr(grown)
    fading = tn.RFM(window="6 months").migration(log, ["1997-09-30", "1998-06-30"])
    at = [
        set(
            tn.RFM(window="6 months", segment_map=None)
            .fit(log, as_of=date, truncate=True)
            .table()["customer_id"]
        )
        for date in ("1997-09-30", "1998-06-30")
    ]
    assert fading.stability()["lost"].tolist() == [len(at[0] - at[1])]
    assert fading.stability()["new"].tolist() == [len(at[1] - at[0])]
    assert fading.counts.sum() == len(at[0] | at[1])


def test_prospects_become_customers(log):
    customers = np.append(log.customers, 999_999)
    found = tn.RFM().migration(log, ["1997-02-10", "1997-09-30"], customers=customers)
    assert found.segments[-1] == "Prospects"
    assert found.stability()["new"].tolist() == [0]
    row = found.counts[0, found.segments.index("Prospects")]
    assert row.sum() == 2357 - 1099 + 1
    assert row[found.segments.index("Prospects")] == 1


def test_refitted_thresholds_hide_a_decline(log):
    """CDNOW's customers fade: by frozen cuts most hibernate, by new ones never."""
    frozen = tn.RFM().migration(log, DATES)
    refitted = tn.RFM().migration(log, DATES, thresholds="refit")
    last = frozen.segments.index("Hibernating")
    share = [m.counts[-1, :, last].sum() / 2357 for m in (frozen, refitted)]
    assert share[0] > 0.5 > share[1]
    assert "thresholds frozen" in repr(frozen)
    assert "thresholds refitted" in repr(refitted)
    fitted = tn.RFM().fit(log)
    by_fit = fitted.migration(log, DATES, thresholds="fitted")
    now = segments_at(fitted, log, DATES[-1])
    hibernating = sum(name == "Hibernating" for name in now.values())
    assert by_fit.counts[-1, :, last].sum() == hibernating


def test_migration_leaves_the_fit_alone(log):
    model = tn.RFM().fit(log)
    before = model.to_dict()
    model.migration(log, DATES, thresholds="refit")
    assert model.to_dict() == before


def test_models_add_what_they_expect(log):
    summary = log.summary(unit="week", as_of=DATES[0])
    buying, spend = tn.BGNBD().fit(summary), tn.GammaGamma().fit(summary)
    found = tn.RFM().migration(log, DATES[:2], buying=buying, spend=spend)
    flows = found.to_frame()
    value = tn.lifetime_value(buying, spend, summary, horizon="12 months")
    np.testing.assert_allclose(flows["clv_a"].sum(), value.total, rtol=1e-12)
    later = log.summary(unit="week", as_of=DATES[1])
    value = tn.lifetime_value(buying, spend, later, horizon="12 months")
    np.testing.assert_allclose(flows["clv_b"].sum(), value.total, rtol=1e-12)


# -- the long run ----------------------------------------------------------------------


def migration_of(counts):
    """A migration between two segments with these counts, one table a step."""
    table = np.zeros((len(counts), 3, 3), dtype=np.int64)
    table[:, :2, :2] = counts
    dates = tuple(np.datetime64("2024-01-01") + 30 * i for i in range(len(counts) + 1))
    return tn.rfm.Migration(
        dates, "frozen", ("Good", "Bad"), table, None, None, 0.95, "numpy"
    )


def test_the_long_run_of_two_segments():
    # 10 % leave the good one and 30 % the bad one: 3/4 to 1/4
    found = migration_of([[[90, 10], [30, 70]]]).stationary()
    np.testing.assert_allclose(found["stationary"], [0.75, 0.25], rtol=1e-12)
    np.testing.assert_allclose(found["share"], [0.6, 0.4])
    absorbing = migration_of([[[90, 10], [0, 70]]]).stationary()
    assert absorbing["stationary"].tolist() == [0.0, 1.0]
    apart = migration_of([[[90, 0], [0, 70]]]).stationary()
    assert np.isnan(apart["stationary"]).all()


def test_homogeneity_is_a_chi_square_test():
    """With two steps and one row it is the test of a two by two table."""
    one, other = [[60, 40], [0, 0]], [[45, 55], [0, 0]]
    found = migration_of([one, other]).homogeneity
    expected = stats.chi2_contingency([one[0], other[0]], correction=False)
    np.testing.assert_allclose(found.statistic, expected.statistic, rtol=1e-12)
    assert found.degrees_of_freedom == expected.dof == 1
    np.testing.assert_allclose(found.p_value, expected.pvalue, rtol=1e-10)
    both = migration_of([[one[0], [5, 5]], [other[0], [5, 5]]]).homogeneity
    assert both.degrees_of_freedom == 2
    np.testing.assert_allclose(both.statistic, expected.statistic, rtol=1e-12)
    with pytest.raises(ParameterError) as caught:
        _ = migration_of([one]).homogeneity
    assert str(caught.value) == (
        "`dates` must be three or more to compare transitions, got 2"
    )


# -- dates -----------------------------------------------------------------------------


def test_period_ends_agree_with_pandas(log):
    for every, code in (
        ("week", "W-SUN"),
        ("month", "ME"),
        ("quarter", "QE"),
        ("year", "YE"),
    ):
        ends = pd.date_range("1997-01-01", "1998-06-30", freq=code)
        assert period_ends(log, every) == [np.datetime64(d, "D") for d in ends]


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (
            lambda m, log: m.migration(log, ["1997-09-30"]),
            (
                "`dates` must hold at least 2 different days in ascending order, got "
                "['1997-09-30']"
            ),
        ),
        (
            lambda m, log: m.migration(log, ["1998-01-01", "1997-01-01"]),
            (
                "`dates` must hold at least 2 different days in ascending order, got "
                "['1998-01-01', '1997-01-01']"
            ),
        ),
        (
            lambda m, log: m.migration(log, ["1998-01-01", "1999-01-01"]),
            "`dates` must not lie after the last event, on 1998-06-30, got 1999-01-01",
        ),
        (
            lambda m, log: m.migration(log, DATES, thresholds="new"),
            "`thresholds` must be 'frozen', 'refit' or 'fitted', got 'new'",
        ),
        (
            lambda m, log: m.history(log, every="decade"),
            "`every` must be 'week', 'month', 'quarter' or 'year', got 'decade'",
        ),
        (
            lambda m, log: m.validate(log, DATES[0], thresholds="refit"),
            "`thresholds` must be 'frozen' or 'fitted', got 'refit'",
        ),
        (
            lambda m, log: m.validate(log, DATES[0], groups=1),
            (
                "`groups` must be a whole number from 2 to the number of "
                "customers, 2,357, "
                "got 1"
            ),
        ),
        (
            lambda m, log: m.validate(log, DATES[0], buying="BGNBD"),
            "`buying` must be a model of repeat buying, such as BGNBD, got 'BGNBD'",
        ),
        (
            lambda _, log: tn.RFM(bins=3).migration(log, DATES),
            (
                "`segment_map` must name segments that customers can move between, got "
                "None"
            ),
        ),
    ],
)
def test_bad_requests_are_named(log, call, message):
    with pytest.raises(ParameterError) as caught:
        call(tn.RFM().fit(log), log)
    assert str(caught.value) == message


def test_a_table_has_one_date_only(log):
    table = tn.RFM().fit_transform(log)
    with pytest.raises(ParameterError) as caught:
        tn.RFM().migration(table, ["1997-09-30", "1998-06-30"])
    assert str(caught.value) == (
        "`log` must be a log of orders, which can be read up to any date, got dict"
    )


# -- history ---------------------------------------------------------------------------


def test_history_counts_segments_at_each_date(log):
    model = tn.RFM().fit(log)
    found = model.history(log, every="quarter")
    for date in np.unique(found["as_of"]):
        own = found["as_of"] == date
        at = list(segments_at(model, log, str(date)).values())
        for name, count, share in zip(
            found["segment"][own],
            found["customers"][own],
            found["share"][own],
            strict=True,
        ):
            assert count == at.count(name)
            np.testing.assert_allclose(share, count / len(at))
    one = model.history(log, dates=["1997-06-30"])
    assert set(one["as_of"]) == {np.datetime64("1997-06-30")}
    with pytest.raises(NotFittedError):
        tn.RFM().history(log)
    assert len(tn.RFM().history(log, thresholds="refit")["as_of"]) == 18 * 10


def test_history_of_one_customer(log):
    model = tn.RFM().fit(log)
    found = model.customer_history(log, 1, every="quarter")
    for place, date in enumerate(found["as_of"]):
        row = model.transform(log, as_of=str(date), truncate=True)
        there = row["customer_id"].tolist().index(1)
        for name in ("recency_days", "frequency", "monetary", "r", "rfm", "segment"):
            assert found[name][place] == row[name][there]
    with pytest.raises(
        ParameterError,
        match="`customer` must be the id of somebody who had bought by one",
    ):
        model.customer_history(log, "nobody")


# -- rankings --------------------------------------------------------------------------


def drawn(n=400, seed=0):
    rng = np.random.default_rng(seed)
    ranking = rng.integers(0, 12, n).astype(float)  # with many ties
    amounts = rng.gamma(0.5, 20, n) * (rng.random(n) < 0.2 + ranking / 20)
    return ranking, amounts


def test_concentration_is_the_area_of_the_curve():
    """Twice the area between the diagonal and the curve of shares, ties as one step."""
    ranking, amounts = drawn()
    curve = [(0.0, 0.0)]
    for value in np.unique(ranking):
        low = ranking <= value
        curve.append((low.mean(), amounts[low].sum() / amounts.sum()))
    x, y = np.array(curve).T
    area = ((y[1:] + y[:-1]) / 2 * np.diff(x)).sum()
    found = Concentration.of(Order.of(ranking), amounts)
    np.testing.assert_allclose(found.index, 1 - 2 * area, rtol=1e-12)
    backwards = Concentration.of(Order.of(-ranking), amounts)
    np.testing.assert_allclose(backwards.index, -found.index, rtol=1e-9)
    assert abs(Concentration.of(Order.of(np.ones(400)), amounts).index) < 1e-12
    own = Concentration.of(Order.of(amounts), amounts).index
    ordered = np.sort(amounts)
    gini = 2 * (np.arange(1, 401) * ordered).sum() / (400 * ordered.sum()) - 401 / 400
    np.testing.assert_allclose(own, gini, rtol=1e-9)


def test_the_interval_of_the_concentration_is_that_of_a_bootstrap():
    ranking, amounts = drawn(2000)
    found = Concentration.of(Order.of(ranking), amounts)
    rng = np.random.default_rng(1)
    draws = []
    for _ in range(600):
        rows = rng.integers(0, 2000, 2000)
        draws.append(Concentration.of(Order.of(ranking[rows]), amounts[rows]).index)
    low, high = found.interval(0.6826895)
    # the standard deviation of 600 draws is known to 3 % (one error), 4 errors allowed
    np.testing.assert_allclose((high - low) / 2, np.std(draws), rtol=0.12)
    other = Concentration.of(Order.of(ranking + rng.normal(0, 3, 2000)), amounts)
    gap, low, high = found.difference(other, 0.95)
    assert low < gap < high
    assert high - low < (found.interval(0.95)[1] - found.interval(0.95)[0]) * 1.5


def test_area_under_the_curve_is_that_of_all_pairs():
    ranking, amounts = drawn(300)
    bought = amounts > 0
    area, low, high = area_under_curve(ranking, bought, 0.95)
    np.testing.assert_allclose(area, roc_auc_score(bought, ranking), rtol=1e-12)
    psi = (ranking[bought][:, None] > ranking[~bought]) + 0.5 * (
        ranking[bought][:, None] == ranking[~bought]
    )
    variance = psi.mean(axis=1).var(ddof=1) / bought.sum()
    variance += psi.mean(axis=0).var(ddof=1) / (~bought).sum()
    np.testing.assert_allclose(
        (high - low) / 2, 1.959963985 * np.sqrt(variance), rtol=1e-8
    )
    assert np.isnan(area_under_curve(ranking, np.zeros(300, bool), 0.95)[0])


def test_lift_shares_ties_out_evenly():
    ranking = np.array([3.0, 3, 3, 3, 1, 1, 1, 1, 1, 1])
    amounts = np.array([10.0, 0, 0, 10, 1, 1, 1, 1, 1, 1])
    found = lift(Order.of(ranking), amounts, 5, 0.95)
    np.testing.assert_allclose(found["mean"], [5, 5, 1, 1, 1])
    np.testing.assert_allclose(found["lift"], np.array([5, 5, 1, 1, 1]) / 2.6)
    np.testing.assert_allclose(found["captured"][[0, 1, -1]], [10 / 26, 20 / 26, 1])
    for order in itertools.islice(
        itertools.permutations(range(10)), 0, 3_000_000, 400_000
    ):
        rows = list(order)
        again = lift(Order.of(ranking[rows]), amounts[rows], 5, 0.95)
        for name, values in found.items():
            np.testing.assert_allclose(again[name], values, err_msg=name)


def test_group_ratios_are_means_with_the_usual_error():
    rng = np.random.default_rng(0)
    values, groups = rng.normal(5, 2, 60), rng.integers(0, 3, 60)
    mean, low, high = group_ratios(values, np.ones(60), groups, 4, 0.95, scale="plain")
    for group in range(3):
        own = values[groups == group]
        np.testing.assert_allclose(mean[group], own.mean())
        error = own.std(ddof=1) / np.sqrt(len(own))
        np.testing.assert_allclose(high[group] - mean[group], 1.959963985 * error)
        np.testing.assert_allclose(mean[group] - low[group], 1.959963985 * error)
    assert np.isnan([mean[3], low[3], high[3]]).all()


# -- validation ------------------------------------------------------------------------


@pytest.fixture(scope="module")
def judged(log):
    return tn.RFM().validate(log, "1997-09-30", buying=tn.BGNBD())


def test_validation_compares_with_what_was_bought_later(log, judged):
    """CDNOW: 684 of 2,357 customers bought in the last 39 weeks."""
    known = log.split("1997-09-30")
    assert judged.bought.sum() == (known.holdout_purchases > 0).sum() == 684
    model = tn.RFM().fit(log, as_of="1997-09-30", truncate=True)
    np.testing.assert_array_equal(judged.scores.score, model.score().score)
    frame = judged.by_segment()
    segment = model.score().segment
    for place, name in enumerate(frame["segment"]):
        own = segment == name
        assert frame["customers"][place] == own.sum()
        if own.any():
            np.testing.assert_allclose(
                [frame["orders"][place], frame["spend"][place]],
                [known.holdout_purchases[own].mean(), known.holdout_value[own].mean()],
            )
            np.testing.assert_allclose(
                frame["purchase_rate"][place], (known.holdout_purchases[own] > 0).mean()
            )
    by_score = judged.by_score()
    assert by_score["score"].tolist() == [1, 2, 3, 4, 5] * 3
    assert by_score["customers"].reshape(3, 5).sum(axis=1).tolist() == [2357] * 3
    rates = by_score["purchase_rate"].reshape(3, 5)
    assert (rates[:, 4] > 2 * rates[:, 0]).all()


def test_rankings_are_the_score_its_dimensions_and_a_model(log, judged):
    frame = judged.rankings()
    assert sorted(frame["ranking"]) == [
        "BGNBD",
        "RFM score",
        "frequency",
        "monetary",
        "recency",
    ]
    assert (np.diff(frame["gini_orders"]) <= 0).all()
    model = tn.BGNBD().fit(log.summary(unit="week", as_of="1997-09-30"))
    fitted = tn.RFM().validate(log, "1997-09-30", buying=model)
    np.testing.assert_allclose(fitted.ranked["BGNBD"], judged.ranked["BGNBD"])
    place = frame["ranking"].tolist().index("frequency")
    known = log.split("1997-09-30")
    np.testing.assert_allclose(
        frame["auc"][place],
        roc_auc_score(known.holdout_purchases > 0, known.frequency),
    )
    own = frame["ranking"].tolist().index("RFM score")
    assert frame["gini_orders_vs_score"][own] == 0
    for column in ("auc", "gini_orders", "gini_spend"):
        assert (frame[f"{column}_low"] < frame[column]).all()
        assert (frame[column] < frame[f"{column}_high"]).all()


def test_a_model_that_has_seen_the_future_is_refused(log):
    """It would foretell what it was fitted to; all of CDNOW were known by the split."""
    model = tn.BGNBD().fit(log.summary(unit="week"))
    with pytest.raises(
        ParameterError,
        match="`buying` must be fitted to what was known at the split, 1997-09-30, got "
        "a BGNBD that has seen 2,357 customers for longer",
    ):
        tn.RFM().validate(log, "1997-09-30", buying=model)
    given = tn.BGNBD.from_params(**model.params_, unit="week")
    assert "BGNBD" in tn.RFM().validate(log, "1997-09-30", buying=given).ranked


def test_lift_of_rankings(judged):
    frame = judged.lift("spend")
    top = frame["group"] == 1
    assert (frame["lift"][top] > 2).all()
    assert frame["captured"][frame["group"] == 10] == pytest.approx(1.0)
    for name in judged.ranked:
        own = frame["ranking"] == name
        np.testing.assert_allclose(frame["mean"][own].mean(), judged.spend.mean())
    with pytest.raises(
        ParameterError, match="`target` must be one of 'orders', 'spend'"
    ):
        judged.lift("profit")


def test_the_verdict_is_in_words(judged):
    assert judged.verdict() == (
        "the RFM score ranks later orders best, before BGNBD: Gini 0.563 against "
        "0.556, "
        "a difference of 0.007 [-0.019, 0.033]; that may be chance"
    )
    assert repr(judged).startswith(
        "2,357 customers known at 1997-09-30, 684 of whom bought up to 1998-06-30\n"
    )


def test_the_score_loses_where_it_knows_less(log):
    """Ranked by recency alone, frequency knows more; the verdict says so."""
    found = tn.RFM(dimensions=("monetary", "frequency"), segment_map=None, bins=2)
    words = found.validate(log, "1997-09-30").verdict()
    assert words.startswith(
        "plain frequency ranks later orders best, before the RFM score"
    )
    assert not words.endswith("chance")


def test_nobody_bought_afterwards():
    orders = {
        "customer_id": [1, 2, 3, 9],
        "date": ["2024-01-01", "2024-01-02", "2024-01-03", "2024-06-30"],
        "amount": [1.0, 2.0, 3.0, 4.0],
    }
    log = tn.Transactions(orders, amount="amount")
    found = tn.RFM().validate(log, "2024-01-31", groups=3)
    assert found.verdict() == (
        "nobody bought after the split: no ranking can be judged"
    )
    assert np.isnan(found.rankings()["gini_orders"]).all()
    assert np.isnan(found.rankings()["auc"]).all()


def test_a_log_without_amounts_is_judged_by_orders(orders):
    log = tn.Transactions({name: orders[name] for name in ("customer_id", "date")})
    model = tn.RFM(dimensions=("recency", "frequency"))
    found = model.validate(log, "1997-09-30")
    assert "gini_spend" not in found.rankings()
    assert "spend" not in found.by_segment()
    flows = model.migration(log, DATES).to_frame()
    assert "revenue_a" not in flows
