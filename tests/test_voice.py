"""Scores of surveys, waves, gaps, drivers, response times and bad contacts."""

from __future__ import annotations

import math
from itertools import pairwise, product

import numpy as np
import pandas as pd
import polars as pl
import pytest
import tenure as tn
from scipy import optimize, stats
from tenure._differences import mover, paired, stratified, welch
from tenure._windows import positions_of, window_totals
from tenure.exceptions import DataError, EmptyDataError, ParameterError
from tenure.voice._score_interval import score_interval

# -- net promoter score --------------------------------------------------------

TEN = [10, 9, 9, 8, 7, 3, 10, 6, 9, 10, np.nan, np.nan]
"""Six promoters, two passives, two detractors, and two who did not answer."""


def test_nps_by_hand():
    score = tn.voice.nps({"rating": TEN}, method="normal")
    # p = 0.6, d = 0.2: NPS 40; variance 0.6 + 0.2 - 0.4^2 = 0.64 of 10 answers
    assert score.score == pytest.approx(40.0)
    reach = 100 * stats.norm.ppf(0.975) * math.sqrt(0.64 / 10)
    assert score.low == pytest.approx(40 - reach)
    assert score.high == pytest.approx(40 + reach)
    row = {name: values[0] for name, values in score.columns.items()}
    assert (row["asked"], row["answered"]) == (12, 10)
    assert row["response_rate"] == pytest.approx(10 / 12)
    assert row["promoters"] + row["passives"] + row["detractors"] == pytest.approx(1)


def tango(above, below, n, z):
    """Return Tango's interval by maximising the likelihood under each difference."""
    b, c = above * n, below * n

    def statistic(delta):
        low, high = max(0.0, -delta), (1 - delta) / 2  # of those below

        def minus_log_likelihood(share):
            terms = [(b, share + delta), (c, share), (n - b - c, 1 - 2 * share - delta)]
            return -sum(k * math.log(max(q, 1e-300)) for k, q in terms if k)

        found = optimize.minimize_scalar(
            minus_log_likelihood,
            bounds=(low, high),
            method="bounded",
            options={"xatol": 1e-12},
        )
        variance = 2 * found.x + delta - delta**2
        return (above - below - delta) / math.sqrt(variance / n)

    ends = []
    for sign in (1, -1):
        edge = -sign * (1 - 1e-9)
        ends.append(
            optimize.brentq(lambda d: statistic(d) - sign * z, edge, above - below)  # noqa: B023
        )
    return ends


@pytest.mark.parametrize(
    ("above", "below", "n"), [(0.6, 0.2, 10), (0.14, 0.02, 86), (0.5, 0.5, 30)]
)
def test_the_score_interval_is_that_of_the_constrained_likelihood(above, below, n):
    args = (np.array([above]), np.array([below]), np.array([float(n)]))
    low, high = score_interval(*args, 0.9)
    expected = tango(above, below, n, stats.norm.ppf(0.95))
    # the bounded search finds the share to about the square root of rounding
    assert [low[0], high[0]] == pytest.approx(expected, abs=1e-6)


def test_score_intervals_stay_in_range():
    grid = [(p, d) for p, d in product(np.linspace(0, 1, 11), repeat=2) if p + d <= 1]
    above, below = np.array(grid).T
    low, high = score_interval(above, below, np.full(len(grid), 7.0), 0.95)
    assert (low >= -1).all()
    assert (high <= 1).all()
    assert (low <= above - below + 1e-12).all()
    assert (high >= above - below - 1e-12).all()
    # of passives only, the end is Wilson's: z^2 / (n + z^2)
    z2 = stats.norm.ppf(0.975) ** 2
    neither = grid.index((0.0, 0.0))
    assert high[neither] == pytest.approx(z2 / (7 + z2))


def test_score_intervals_hold_what_they_promise():
    rng = np.random.default_rng(3)
    shares = (0.45, 0.3, 0.25)  # promoters, passives, detractors
    for n in (15, 60):
        counts = rng.multinomial(n, shares, size=4000)
        low, high = score_interval(
            counts[:, 0] / n, counts[:, 2] / n, np.full(4000, float(n)), 0.9
        )
        covered = np.mean((low <= 0.2) & (high >= 0.2))
        # 4,000 draws of 0.9 stray by 0.005; scores move in steps, which strays further
        assert 0.87 <= covered <= 0.93


def test_weights_that_are_equal_change_nothing():
    frame = {"rating": TEN, "w": [2.5] * 12}
    plain, heavy = tn.voice.nps(frame), tn.voice.nps(frame, weights="w")
    assert heavy.low == pytest.approx(plain.low, abs=1e-9)
    assert heavy.high == pytest.approx(plain.high, abs=1e-9)


def test_response_weighting_makes_up_for_who_did_not_answer():
    # 4 of 4 young and 1 of 4 old answered; the old one is the only detractor
    survey = {
        "rating": [10, 10, 9, 9, 2, np.nan, np.nan, np.nan],
        "age": ["young"] * 4 + ["old"] * 4,
    }
    assert tn.voice.nps(survey).score == pytest.approx(60)  # 4/5 - 1/5
    weighted = tn.voice.nps(survey, weight_by="age")
    assert weighted.score == pytest.approx(0)  # the old one stands for four
    # effective answers: 8^2 / (4 * 1 + 16) = 3.2
    low, _ = score_interval(np.array([0.5]), np.array([0.5]), np.array([3.2]), 0.95)
    assert weighted.low == pytest.approx(100 * low[0])
    assert repr(weighted).startswith("Net promoter score, weighted: 5 answers of 8")


def test_groups_are_scored_by_themselves():
    survey = {"rating": [9, 10, 3, 8, np.nan], "shop": ["b", "b", "a", "a", "a"]}
    table = tn.voice.nps(survey, by="shop").to_frame()
    assert list(table["shop"]) == ["a", "b"]
    assert table["score"].tolist() == [-50.0, 100.0]
    assert table["response_rate"].tolist() == pytest.approx([2 / 3, 1.0])


def test_a_group_without_answers_has_no_score():
    survey = {"rating": [9, np.nan], "shop": [1, 2]}
    for score in (tn.voice.nps, tn.voice.csat, tn.voice.ces):
        data = survey if score is tn.voice.nps else {**survey, "rating": [4, np.nan]}
        table = score(data, by="shop").to_frame()
        assert np.isnan(table["score"][1])
        assert np.isnan(table["low"][1])


@pytest.mark.parametrize("make", [pd.DataFrame, pl.DataFrame, dict])
def test_frames_come_back_in_their_family(make):
    survey = make({"rating": [9, 3, 8], "shop": ["x", "y", "y"]})
    table = tn.voice.nps(survey, by="shop").to_frame()
    assert isinstance(table, make)
    scores = table["score"]
    assert list(scores) == [100.0, -50.0]


def test_rows_in_any_order():
    rng = np.random.default_rng(1)
    rating = rng.integers(0, 11, 200).astype(float)
    shop = rng.integers(0, 4, 200)
    mixed = rng.permutation(200)
    one = tn.voice.nps({"rating": rating, "shop": shop}, by="shop")
    other = tn.voice.nps({"rating": rating[mixed], "shop": shop[mixed]}, by="shop")
    assert one.low.tolist() == other.low.tolist()


# -- satisfaction and effort ---------------------------------------------------


def test_csat_has_wilsons_interval_or_the_exact_one():
    survey = {"rating": [5, 4, 4, 2, 5, 3, 5, 4, 1, 5]}
    result = stats.binomtest(7, 10)
    for method, name in (("wilson", "wilson"), ("exact", "exact")):
        score = tn.voice.csat(survey, method=method)
        ends = result.proportion_ci(0.95, name)
        assert score.score == pytest.approx(0.7)
        assert (score.low, score.high) == pytest.approx((ends.low, ends.high))


def test_exact_intervals_of_all_and_none():
    low = tn.voice.csat({"rating": [1] * 8}, method="exact")
    high = tn.voice.csat({"rating": [5] * 8}, method="exact")
    assert (low.low, high.high) == (0.0, 1.0)
    # a share s gives all n with the chance s^n, which is half of 5 % here
    assert low.high == pytest.approx(1 - 0.025 ** (1 / 8))
    assert high.low == pytest.approx(0.025 ** (1 / 8))


def test_top_boxes_of_other_scales():
    survey = {"rating": [10, 9, 8, 7, 1]}
    assert tn.voice.csat(survey, scale=10, top=3).score == pytest.approx(0.6)


def test_ces_has_students_interval():
    ratings = [7, 6, 6, 5, 7, 2]
    score = tn.voice.ces({"rating": ratings})
    ends = stats.ttest_1samp(ratings, 0).confidence_interval(0.95)
    assert (score.low, score.high) == pytest.approx((ends.low, ends.high))
    assert score.columns["easy"][0] == pytest.approx(5 / 6)


def test_a_single_answer_has_no_interval():
    assert np.isnan(tn.voice.ces({"rating": [5]}).low)


# -- waves ---------------------------------------------------------------------


def test_a_change_of_satisfaction_has_newcombes_interval():
    from statsmodels.stats.proportion import confint_proportions_2indep  # noqa: PLC0415

    before = {"rating": [5] * 48 + [1] * 32}
    after = {"rating": [5] * 56 + [1] * 14}
    found = tn.voice.change(before, after, measure="csat")
    ends = confint_proportions_2indep(56, 70, 48, 80, method="newcomb")
    assert found.difference == pytest.approx(0.2)
    assert (found.low, found.high) == pytest.approx(ends, abs=1e-9)
    assert found.sentence() == (
        "Satisfaction rose by 20.0 points, more than chance alone would do."
    )


def test_a_panel_compares_people_with_themselves():
    before = {"rating": [9, 3, 8, 10], "who": [1, 2, 3, 4]}
    after = {"rating": [10, 9, np.nan, 5, 9], "who": [1, 2, 3, 4, 5]}
    found = tn.voice.change(before, after, customer="who")
    # 1: 100 to 100, 2: -100 to 100, 4: 100 to -100; 3 and 5 answered once
    assert (found.n_before, found.n_after, found.left_out) == (3, 3, 2)
    assert (found.before, found.after) == pytest.approx((100 / 3, 100 / 3))
    ends = stats.ttest_1samp([0, 200, -200], 0).confidence_interval(0.95)
    assert (found.low, found.high) == pytest.approx((ends.low, ends.high))
    assert found.panel


def test_waves_that_are_alike_seldom_differ():
    rng = np.random.default_rng(5)
    shares = np.array([0.3] + [0.0] * 5 + [0.1, 0.15, 0.15, 0.1, 0.2])
    alarms = 0
    for _ in range(400):
        one, other = (rng.choice(11, size=80, p=shares) for _ in range(2))
        found = tn.voice.change({"rating": one}, {"rating": other}, level=0.9)
        alarms += not found.low <= 0 <= found.high
    # 400 draws of 0.1 stray by 0.015
    assert 0.06 <= alarms / 400 <= 0.14


# -- the gap -------------------------------------------------------------------


def gap_log():
    """Two promoters of whom one comes back, two detractors who don't."""
    orders = {
        "customer_id": [1, 2, 3, 4, 1, 3, 5],
        "date": ["2024-01-01"] * 4 + ["2024-02-15", "2024-01-20", "2024-12-31"],
        "amount": [10.0, 20.0, 30.0, 40.0, 7.0, 5.0, 1.0],
    }
    return tn.Transactions(orders, amount="amount")


def test_the_gap_counts_only_what_came_after_the_answer():
    survey = {
        "customer_id": [1, 2, 3, 4],
        "date": ["2024-02-01"] * 4,
        "rating": [10, 9, 2, 3],
    }
    found = tn.voice.satisfaction_gap(gap_log(), survey, horizon=60)
    table = found.to_frame()
    # customer 3 came back before the answer, which is not after it
    assert table["retained"][[0, 2]].tolist() == [0.5, 0.0]
    assert table["value"][[0, 2]].tolist() == [3.5, 0.0]
    assert found.retention.value == pytest.approx(0.5)
    assert found.sentence().startswith(
        "Within 60 days, 50.0 points more of the promoters than of the detractors"
    )


def test_answers_that_cannot_be_followed_are_counted():
    survey = {
        "customer_id": [1, 1, 9, 5, 2],
        "date": ["2024-02-01", "2024-03-01", "2024-02-01", "2024-02-01", "2024-12-01"],
        "rating": [10, 2, 2, 9, 3],
    }
    found = tn.voice.satisfaction_gap(gap_log(), survey, horizon=60)
    # 9 is unknown, 5 had not bought by then, 2 is seen for a month only
    assert (found.again, found.unknown, found.too_early) == (1, 2, 1)
    assert "1 answer too late to be followed" in repr(found)


def test_the_adjusted_gap_is_that_of_a_regression():
    rng = np.random.default_rng(11)
    n = 400
    heavy = rng.random(n) < 0.5
    rating = np.where(rng.random(n) < np.where(heavy, 0.8, 0.3), 10, 2)
    orders = {"customer_id": [], "date": [], "amount": []}

    def order(who, day):
        orders["customer_id"].append(who)
        orders["date"].append(np.datetime64("2024-01-01") + day)
        orders["amount"].append(10.0)

    for who in range(n):
        order(who, 0)
        for k in range(4 if heavy[who] else 0):
            order(who, 1 + k)
        # who bought much comes back, whatever the rating was
        if rng.random() < (0.7 if heavy[who] else 0.2):
            order(who, 40)
    order(n, 200)
    log = tn.Transactions(orders, amount="amount")
    survey = {
        "customer_id": np.arange(n),
        "date": [np.datetime64("2024-01-20")] * n,
        "rating": rating,
    }
    found = tn.voice.satisfaction_gap(log, survey, horizon=90)
    assert found.retention.low > 0.1  # for one who looks no further
    assert found.adjusted_retention.low < 0 < found.adjusted_retention.high


# -- drivers -------------------------------------------------------------------


def test_drivers_compare_with_welch_and_holm():
    rng = np.random.default_rng(2)
    late = rng.random(300) < 0.3
    rating = np.where(late, rng.integers(0, 9, 300), rng.integers(5, 11, 300))
    survey = {"rating": rating, "late": late, "price": rng.random(300) < 0.4}
    found = tn.voice.drivers(survey, ["price", "late"])
    assert found["theme"].tolist() == ["late", "price"]
    points = 100.0 * ((rating >= 9).astype(int) - (rating <= 6))
    test = stats.ttest_ind(points[late], points[~late], equal_var=False)
    assert found["p_value"][0] == pytest.approx(test.pvalue)
    assert found["p_adjusted"][0] == pytest.approx(min(1, 2 * test.pvalue))
    assert found["mentions"].tolist() == [late.sum(), survey["price"].sum()]


# -- service -------------------------------------------------------------------


def test_contacts_that_wait_still_are_not_left_out():
    contacts = {
        "opened": ["2024-01-01T00:00"] * 4,
        "answered": ["2024-01-01T01:00", "2024-01-01T03:00", None, None],
        "team": ["a", "a", "a", "b"],
    }
    km = tn.voice.response_times(contacts, as_of="2024-01-01T10:00")
    # 1/4 answered after an hour, 1/2 after three; the rest waits since ten
    assert km.predict([1.0, 3.0])["survival"].tolist() == pytest.approx([0.75, 0.5])
    by_team = tn.voice.response_times(contacts, as_of="2024-01-01T10:00", by="team")
    assert by_team.labels_ == ["a", "b"]


def test_answers_after_the_last_day_are_not_known():
    contacts = {
        "opened": ["2024-01-01T00:00", "2024-01-02T00:00"],
        "answered": ["2024-01-03T00:00", "2024-01-02T06:00"],
    }
    km = tn.voice.response_times(contacts, as_of="2024-01-02")
    table = km.event_table
    assert table["observed"].sum() == 1


def spells_by_hand(log, contacts, window, lasting, until):
    """Return (customer, start, stop, left, after) by walking through each life."""
    rows = []
    for place, customer in enumerate(log.customers.tolist()):
        days = log.times[log.offsets[place] : log.offsets[place + 1]]
        days = [
            (d - np.datetime64("2024-01-01")) / np.timedelta64(1, "D") for d in days
        ]
        days = [d for d in days if d < until]
        if not days:
            continue
        born, end, left = days[0], until, False
        for this, following in zip(days, [*days[1:], until], strict=True):
            if following - this >= window:
                end, left = this + window, True
                break
        cuts, bad = {born, end}, []
        for who, day in contacts:
            if who == customer and born <= day < end:
                bad.append(day)
                cuts.add(day)
                if lasting is not None and day + lasting < end:
                    cuts.add(day + lasting)
        marks = sorted(cuts)
        merged = []
        for begin, stop in pairwise(marks):
            after = any(
                d <= begin and (lasting is None or begin < d + lasting) for d in bad
            )
            merged.append(
                (customer, begin - born, stop - born, left and stop == end, after)
            )
        rows.extend(merged)
    return rows


@pytest.mark.parametrize("lasting", [None, 20])
def test_spells_are_those_of_a_walk_through_each_life(lasting):
    rng = np.random.default_rng(8)
    n = 300
    orders = {
        "customer_id": rng.integers(0, 60, n),
        "date": np.datetime64("2024-01-01") + rng.integers(0, 300, n),
    }
    who, day = rng.integers(0, 70, 150), rng.integers(0, 320, 150)
    contacts = {
        "customer_id": who,
        "date": np.datetime64("2024-01-01") + day,
        "bad": np.ones(150, bool),
    }
    log = tn.Transactions(orders)
    spells = tn.voice.contact_spells(
        log, contacts, window=45, lasting=lasting, as_of="2024-10-01"
    )
    names = ("customer_id", "start", "stop", "left", "after_bad_contact")
    found = list(zip(*(spells[name].tolist() for name in names), strict=True))
    pairs = list(zip(who.tolist(), day.tolist(), strict=True))
    until = float(
        (np.datetime64("2024-10-02") - np.datetime64("2024-01-01")).astype(int)
    )
    expected = spells_by_hand(log, pairs, 45, lasting, until)
    assert len(found) > 60
    assert found == expected


def test_the_hazard_after_bad_contacts_is_recovered():
    rng = np.random.default_rng(21)
    n, window = 3000, 30
    start = np.datetime64("2023-01-01")
    orders, contacts = {"customer_id": [], "date": []}, {"customer_id": [], "date": []}
    for who in range(n):
        bad_day = rng.integers(5, 300)
        day = 0
        while day < 365:
            orders["customer_id"].append(who)
            orders["date"].append(start + day)
            # twice as likely to leave after each purchase once a contact went badly
            if rng.random() < (0.2 if day > bad_day else 0.1):
                break
            day += 14
        contacts["customer_id"].append(who)
        contacts["date"].append(start + bad_day)
    contacts["bad"] = [True] * n
    cox = tn.voice.contact_hazard(
        tn.Transactions(orders), contacts, window=window, as_of="2023-12-31"
    )
    # leaving is seen a window after the last purchase, so that a contact between
    # the two counts though it came too late to matter: a little below 2
    assert 1.5 < cox.hazard_ratios_["after_bad_contact"] < 2.1


# -- shared pieces -------------------------------------------------------------


def test_windows_by_hand():
    log = gap_log()
    who = positions_of(log, np.array([1, 3, "1", 99], dtype=object))
    assert who.tolist() == [0, 2, -1, -1]
    first = np.full(4, 19_723)  # 2024-01-01
    orders, value = window_totals(log, who, first, first + 45)
    assert orders.tolist() == [2, 2, 0, 0]
    assert value.tolist() == [17.0, 35.0, 0.0, 0.0]
    orders, value = window_totals(log, who, first + 1, first)
    assert orders.tolist() == [0] * 4
    assert value.tolist() == [0.0] * 4


def test_windows_are_those_of_a_loop():
    rng = np.random.default_rng(4)
    n = 500
    orders = {
        "customer_id": rng.integers(0, 40, n),
        "date": np.datetime64("2020-01-01") + rng.integers(0, 400, n),
        "amount": rng.gamma(2, 10, n).round(2),
    }
    log = tn.Transactions(orders, amount="amount")
    who = rng.integers(0, len(log.customers), 200)
    first = 18_262 + rng.integers(-5, 400, 200)
    last = first + rng.integers(-3, 90, 200)
    count, value = window_totals(log, who, first, last)
    days = log.times.astype("datetime64[D]").astype(int)
    for row in range(200):
        mine = slice(*log.offsets[who[row] : who[row] + 2])
        inside = (days[mine] >= first[row]) & (days[mine] <= last[row])
        assert count[row] == inside.sum()
        assert value[row] == pytest.approx(log.values[mine][inside].sum(), abs=1e-9)


def test_differences_of_means_are_those_of_scipy():
    rng = np.random.default_rng(0)
    one, other = rng.normal(1, 2, 30), rng.normal(0, 1, 40)
    ends = stats.ttest_ind(one, other, equal_var=False).confidence_interval(0.9)
    assert welch(one, other, 0.9)[1:3] == pytest.approx((ends.low, ends.high))
    assert np.isnan(welch(one[:1], other, 0.9).low)
    assert welch(np.ones(3), np.zeros(4), 0.9).value == 1
    assert np.isnan(paired(np.ones(3), 0.9).low)
    assert np.isnan(paired(np.ones(0), 0.9).value)


def test_differences_within_strata_hold_what_they_promise():
    rng = np.random.default_rng(9)
    covered = 0
    for _ in range(400):
        strata = rng.integers(0, 5, 200)
        first = rng.random(200) < 0.2 + 0.1 * strata
        outcome = 3.0 * strata + 1.0 * first + rng.normal(0, 1 + strata, 200)
        found = stratified(outcome, first, strata, 0.9)
        covered += found.low <= 1.0 <= found.high
    # 400 draws of 0.9 stray by 0.015
    assert 0.86 <= covered / 400 <= 0.94


def test_mover_of_a_constant_is_its_own_interval():
    assert mover((3.0, 2.0, 5.0), (1.0, 1.0, 1.0)) == (2.0, 1.0, 4.0)


# -- bad input -----------------------------------------------------------------


@pytest.mark.parametrize(
    ("act", "error", "text"),
    [
        (
            lambda: tn.voice.nps({"rating": [9, 11, 3.5]}),
            DataError,
            (
                "column `rating` must hold whole numbers from 0 to 10; row 1 has 11.0 "
                "(2 rows in all)\n\nHint: leave a rating empty where there "
                "was no answer"
            ),
        ),
        (
            lambda: tn.voice.nps({"rating": [np.nan]}),
            EmptyDataError,
            "nobody answered: column `rating` has no ratings",
        ),
        (
            lambda: tn.voice.nps({"rating": [9], "w": [0.0]}, weights="w"),
            DataError,
            (
                "column `w` must be finite and greater than 0 where there "
                "is an answer; "
                "row 0 has 0.0"
            ),
        ),
        (
            lambda: tn.voice.nps({"rating": [9]}, weights="w", weight_by="x"),
            ParameterError,
            "`weight_by` must be left out where `weights` are given, got 'x'",
        ),
        (
            lambda: tn.voice.nps(
                {"rating": [9, np.nan], "x": ["a", "b"]}, weight_by="x"
            ),
            ParameterError,
            (
                "`weight_by` must make cells that each hold an answer, got "
                "x = 'b' with 1 "
                "asked and no answer\n\nHint: bring small cells together"
            ),
        ),
        (
            lambda: tn.voice.nps({"rating": [9]}, method="wald"),
            ParameterError,
            "`method` must be 'score' or 'normal', got 'wald'",
        ),
        (
            lambda: tn.voice.csat({"rating": [3]}, top=5),
            ParameterError,
            "`top` must be a whole number from 1 to 4, below the scale, got 5",
        ),
        (
            lambda: tn.voice.csat(
                {"rating": [3], "w": [1.0]}, weights="w", method="exact"
            ),
            ParameterError,
            "`method` must be 'wilson' where answers are weighted, got 'exact'",
        ),
        (
            lambda: tn.voice.nps({"rating": [9, 8], "g": ["a", None]}, by="g"),
            DataError,
            (
                "column `g` must name the group of each row; row 1 has "
                "nothing\n\nHint: "
                "leave these rows out, or give them a group of their own"
            ),
        ),
        (
            lambda: tn.voice.change(
                {"rating": [9, 8], "who": [1, 1]},
                {"rating": [9], "who": [1]},
                customer="who",
            ),
            DataError,
            "column `who` must name each person once in a wave; row 1 has 1",
        ),
        (
            lambda: tn.voice.change(
                {"rating": [9], "who": [1]}, {"rating": [9], "who": [2]}, customer="who"
            ),
            EmptyDataError,
            (
                "nobody answered both waves\n\nHint: leave `customer` out to compare "
                "different people"
            ),
        ),
        (
            lambda: tn.voice.change({"rating": [9]}, {"rating": [9]}, measure="nbs"),
            ParameterError,
            "`measure` must be 'nps', 'csat' or 'ces', got 'nbs'",
        ),
        (
            lambda: tn.voice.drivers({"rating": [9]}, []),
            ParameterError,
            "`themes` must name at least one column, got none",
        ),
        (
            lambda: tn.voice.response_times(
                {"opened": ["2024-01-02"], "answered": ["2024-01-01"]}
            ),
            DataError,
            (
                "column `answered` must not lie before `opened`; row 0 has "
                "2024-01-01T00:00:00"
            ),
        ),
        (
            lambda: tn.voice.contact_hazard(
                gap_log(),
                {"customer_id": [99], "date": ["2024-01-05"], "bad": [True]},
                window=30,
            ),
            EmptyDataError,
            "no customer of the log had a bad contact all along: nothing to compare",
        ),
        (
            lambda: tn.voice.satisfaction_gap(
                gap_log(),
                {"customer_id": [1], "date": ["2024-12-01"], "rating": [9]},
                horizon=90,
            ),
            EmptyDataError,
            (
                "no answer can be followed: none comes from a customer who "
                "had bought by "
                "then and is observed for 90 days afterwards\n\nHint: choose a shorter "
                "`horizon`"
            ),
        ),
    ],
)
def test_bad_input_says_what_to_do(act, error, text):
    with pytest.raises(error) as caught:
        act()
    assert str(caught.value) == text


# -- pictures ------------------------------------------------------------------


def test_pictures_show_the_numbers():
    survey = {"rating": TEN, "shop": ["a"] * 6 + ["b"] * 6}
    for score in (tn.voice.nps(survey), tn.voice.nps(survey, by="shop")):
        ax = score.plot()
        xs = ax.get_lines()[0].get_xdata()
        assert list(xs) == list(np.atleast_1d(score.score))
    survey = {
        "customer_id": [1, 2, 3, 4],
        "date": ["2024-02-01"] * 4,
        "rating": [10, 9, 2, 3],
    }
    gap = tn.voice.satisfaction_gap(gap_log(), survey, horizon=60)
    heights = [bar.get_height() for bar in gap.plot().patches]
    assert heights[0] == 0.5
    assert heights[2] == 0.0
