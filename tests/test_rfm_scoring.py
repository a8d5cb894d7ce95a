"""Scores: every method and tie rule, against definitions computed another way."""

from __future__ import annotations

import itertools

import numpy as np
import pytest
import tenure as tn
from hypothesis import given, settings
from hypothesis import strategies as st
from tenure.exceptions import ParameterError

ONE = ("frequency",)
"""A single dimension, of which more is better."""


def table(frequency, **others):
    return {"frequency": np.asarray(frequency, dtype=float), **others}


def scores(values, dimension="frequency", **settings):
    """The scores of one dimension of some values."""
    column = {"recency": "recency_days"}.get(dimension, dimension)
    model = tn.RFM(dimensions=(dimension,), **settings)
    frame = model.fit({column: np.asarray(values, dtype=float)}).table()
    return frame[dimension[0]].tolist()


def base(n, seed=0):
    """Half the customers have bought once; money has cents, and may be negative."""
    rng = np.random.default_rng(seed)
    frequency = np.floor(1 / rng.random(n)).clip(max=60)
    return {
        "customer_id": rng.permutation(n) + 10_000,
        "recency_days": np.floor(400 * rng.random(n) ** 2),
        "frequency": frequency,
        "monetary": np.round(frequency * rng.gamma(2, 20, n) - 5, 2),
    }


# -- quantiles and ties --------------------------------------------------------------

# 10 customers, cuts 1, 1, 2, 3: half of them have bought once
HALF_ONCE = [1, 1, 1, 1, 1, 2, 2, 3, 4, 9]


@pytest.mark.parametrize(
    ("ties", "expected"),
    [
        ("low", [1, 1, 1, 1, 1, 3, 3, 4, 5, 5]),
        ("high", [3, 3, 3, 3, 3, 4, 4, 4, 5, 5]),
        ("mid", [2, 2, 2, 2, 2, 3, 3, 4, 5, 5]),
    ],
)
def test_equal_values_get_the_score_of_the_rule(ties, expected):
    model = tn.RFM(dimensions=ONE, ties=ties).fit(table(HALF_ONCE))
    # these are the quantiles at a fifth, two, three and four fifths
    assert model.thresholds_ == {"frequency": [1.0, 1.0, 2.0, pytest.approx(3.2)]}
    assert scores(HALF_ONCE, ties=ties) == expected


def test_recency_is_scored_on_the_reversed_value():
    today = [0] * 5 + [10, 20, 30, 40, 50]
    # cuts of the negatives: -42, -30 + ..., 0, 0: half the base bought today
    assert scores(today, "recency", ties="low")[:5] == [3] * 5
    assert scores(today, "recency", ties="high")[:5] == [5] * 5
    assert scores(today, "recency", ties="mid")[:5] == [4] * 5
    negatives = -np.array(today, dtype=float)
    for ties in ("low", "high", "mid"):
        mirrored = tn.RFM(dimensions=("monetary",), ties=ties)
        expected = mirrored.fit({"monetary": negatives}).table()["m"].tolist()
        assert scores(today, "recency", ties=ties) == expected


@pytest.mark.parametrize("bins", range(2, 11))
def test_scores_count_the_quantiles_below(bins):
    data = base(5003)
    found = tn.RFM(bins=bins, segment_map=None).fit(data).table()
    shares = np.arange(1, bins) / bins
    for column, values in (
        ("f", data["frequency"]),
        ("m", data["monetary"]),
        ("r", -data["recency_days"]),
    ):
        # the method="linear" of NumPy's quantile is type 7 of Hyndman and Fan
        edges = np.quantile(values, shares)
        expected = np.searchsorted(np.round(edges, 9), values, side="left") + 1
        np.testing.assert_array_equal(found[column], expected, err_msg=column)


def test_thresholds_are_quantiles():
    data = base(2001)
    shares = [0.1, 0.5, 0.93]
    cut = tn.RFM(bins=shares, segment_map=None).fit(data).thresholds_
    # recency is cut from the worst on: the shares count the longest absent
    expected = {
        "recency": np.quantile(data["recency_days"], [0.07, 0.5, 0.9]),
        "frequency": np.quantile(data["frequency"], shares),
        "monetary": np.quantile(data["monetary"], shares),
    }
    for name, edges in expected.items():
        # quantiles interpolate between two values, each side with its own rounding
        np.testing.assert_allclose(cut[name], edges, rtol=1e-12)


def test_bins_differ_by_dimension():
    data = base(500)
    bins = {"recency": 3, "frequency": 2, "monetary": [0.5, 0.8]}
    found = tn.RFM(bins=bins, segment_map=None).fit(data)
    assert found.score().bins == {"recency": 3, "frequency": 2, "monetary": 3}
    heavy = found.table()["m"] == 3
    assert heavy.sum() == 100  # the top 20 %
    assert data["monetary"][heavy].min() > data["monetary"][~heavy].max()


def test_ties_differ_by_dimension():
    data = {"recency_days": [0, 0, 9], "frequency": [1, 1, 2], "monetary": [1, 2, 3]}
    found = tn.RFM(bins=2, ties={"recency": "high"}, segment_map=None).fit_transform(
        data
    )
    assert found["r"].tolist() == [2, 2, 1]
    assert found["f"].tolist() == [1, 1, 2]


# -- thresholds ------------------------------------------------------------------------


def test_thresholds_are_in_the_units_of_the_dimension():
    days = [0, 30, 31, 90, 91]
    cuts = {"recency": [30, 90]}
    assert scores(days, "recency", thresholds=cuts, ties="low") == [3, 2, 2, 1, 1]
    assert scores(days, "recency", thresholds=cuts, ties="high") == [3, 3, 2, 2, 1]
    assert scores([1, 2, 3], thresholds={"frequency": [2]}, ties="high") == [1, 2, 2]


def r_rfm(values, *, reverse):
    """The scores of the R package rfm 0.3: bins from the smallest value to each
    quantile plus 1, half open to the right."""
    edges = np.quantile(values, [0.2, 0.4, 0.6, 0.8]) + 1
    lower = [np.min(values), *edges]
    upper = [*edges, np.max(values) + 1]
    found = np.zeros(len(values), dtype=int)
    for place, (low, high) in enumerate(zip(lower, upper, strict=True)):
        inside = (values >= low) & (values < high)
        found[inside] = 5 - place if reverse else place + 1
    return found


@pytest.mark.parametrize("seed", range(3))
def test_the_rule_of_the_r_package_is_reproduced(seed):
    data = base(1000, seed)
    data["monetary"] = np.round(data["monetary"]) + 20
    columns = {
        "recency": "recency_days",
        "frequency": "frequency",
        "monetary": "monetary",
    }
    edges = {
        name: np.quantile(data[column], [0.2, 0.4, 0.6, 0.8]) + 1
        for name, column in columns.items()
    }
    edges["frequency"] = np.unique(edges["frequency"])  # equal edges make empty bins
    ties = {"recency": "low", "frequency": "high", "monetary": "high"}
    model = tn.RFM(thresholds=edges, ties=ties, segment_map=None)
    found = model.fit_transform(data)
    np.testing.assert_array_equal(found["r"], r_rfm(data["recency_days"], reverse=True))
    np.testing.assert_array_equal(found["m"], r_rfm(data["monetary"], reverse=False))
    r_scores = r_rfm(data["frequency"], reverse=False)
    ranks = np.unique(r_scores, return_inverse=True)[1] + 1
    np.testing.assert_array_equal(found["f"], ranks)


# -- nested ----------------------------------------------------------------------------


def test_nested_bins_are_cut_within_the_bins_before():
    data = base(4000)
    found = tn.RFM(method="nested", bins=3, segment_map=None).fit_transform(data)
    plain = tn.RFM(bins=3, segment_map=None).fit_transform(data)
    np.testing.assert_array_equal(found["r"], plain["r"])
    for r in (1, 2, 3):
        rows = found["r"] == r
        own = data["frequency"][rows]
        edges = np.quantile(own, [1 / 3, 2 / 3])
        np.testing.assert_array_equal(found["f"][rows], np.searchsorted(edges, own) + 1)
        for f in np.unique(found["f"][rows]):
            cell = rows & (found["f"] == f)
            money = data["monetary"][cell]
            edges = np.round(np.quantile(money, [1 / 3, 2 / 3]), 9)
            np.testing.assert_array_equal(
                found["m"][cell], np.searchsorted(edges, money) + 1
            )


def test_a_nested_bin_that_was_empty_is_cut_as_all_customers_are():
    data = {
        "recency_days": [1, 1, 1, 1],
        "frequency": [1, 2, 3, 4],
        "monetary": [10, 20, 30, 40],
    }
    model = tn.RFM(method="nested", bins=2, segment_map=None).fit(data)
    later = {"recency_days": [0, 9], "frequency": [4, 1], "monetary": [30, 20]}
    found = model.transform(later)
    assert found["r"].tolist() == [2, 1]
    assert found["f"].tolist() == [2, 1]
    assert found["m"].tolist() == [2, 2]  # 30 > 25, and 20 > 15 among the lower half


# -- rank ------------------------------------------------------------------------------


def test_ranks_make_bins_of_equal_size_whatever_the_ties():
    data = base(1003)
    found = tn.RFM(method="rank", segment_map=None).fit(data).score()
    for name, own in found.scores.items():
        assert np.bincount(own).tolist() == [0, 201, 201, 201, 200, 200], name
        values = found.inputs.values[name] * (-1 if name == "recency" else 1)
        order = np.argsort(values, kind="stable")
        tops = [values[own == score].max() for score in range(1, 6)]
        lows = [values[own == score].min() for score in range(1, 6)]
        assert all(top <= low for top, low in zip(tops[:-1], lows[1:], strict=True))
        assert len(order) == 1003


def test_tie_breaks_are_those_of_the_customer_and_the_seed():
    data = base(1000)
    once = {"customer_id": data["customer_id"], "frequency": np.ones(1000)}
    first = tn.RFM(dimensions=ONE, method="rank", seed=1).fit(once)
    again = tn.RFM(dimensions=ONE, ties="first", seed=1).fit(once)
    other = tn.RFM(dimensions=ONE, method="rank", seed=2).fit(once)
    np.testing.assert_array_equal(first.table()["f"], again.table()["f"])
    same = (first.table()["f"] == other.table()["f"]).mean()
    assert 0.1 < same < 0.3  # by chance a fifth
    # the same customers later, among others: each keeps the score
    part = {name: values[300:700] for name, values in once.items()}
    np.testing.assert_array_equal(
        first.transform(part)["f"], first.table()["f"][300:700]
    )


def test_ids_that_are_text_break_ties_too():
    once = {"customer_id": [f"c{i}" for i in range(100)], "frequency": np.ones(100)}
    found = tn.RFM(dimensions=ONE, method="rank").fit(once).score()
    assert np.bincount(found["f"]).tolist() == [0, 20, 20, 20, 20, 20]


# -- nothing depends on the order of rows ----------------------------------------------


@pytest.mark.parametrize("method", ["quantile", "nested", "rank"])
@pytest.mark.parametrize("ties", ["low", "high", "mid"])
def test_shuffled_rows_get_the_same_scores(method, ties):
    data = base(20_011)  # more than a block of the core
    order = np.random.default_rng(1).permutation(20_011)
    shuffled = {name: values[order] for name, values in data.items()}
    model = tn.RFM(method=method, ties=ties)
    one, other = model.fit(data), tn.RFM(method=method, ties=ties).fit(shuffled)
    assert one.to_dict()["fit"] == other.to_dict()["fit"]
    ours, theirs = one.table(), other.table()
    for name in ours:
        np.testing.assert_array_equal(ours[name][order], theirs[name], err_msg=name)


money = st.floats(-1e9, 1e9, allow_nan=False)


@given(st.lists(money, min_size=1, max_size=60), st.integers(2, 10))
@settings(max_examples=200, deadline=None)
def test_scores_never_contradict_the_values(values, bins):
    for ties in ("low", "mid", "high", "first"):
        own = scores(values, "monetary", bins=bins, ties=ties)
        assert all(1 <= score <= bins for score in own)
        for (a, one), (b, other) in itertools.combinations(
            zip(values, own, strict=True), 2
        ):
            if ties != "first":
                assert a != b or one == other
            assert a == b or (one - other) * (a - b) >= 0


# -- the score from 0 to 100 -----------------------------------------------------------


def test_the_score_weighs_dimensions():
    data = {"recency_days": [1, 9], "frequency": [2, 1], "monetary": [1, 5]}
    model = tn.RFM(bins=2, segment_map=None).fit(data)
    np.testing.assert_allclose(model.table()["score"], [200 / 3, 100 / 3], rtol=1e-15)
    weights = {"recency": 2, "frequency": 1, "monetary": 1}
    model = tn.RFM(bins=2, weights=weights, segment_map=None).fit(data)
    assert model.table()["score"].tolist() == [75.0, 25.0]


def test_codes_of_ten_bins_can_be_told_apart():
    data = base(3000)
    found = tn.RFM(bins=10, segment_map=None).fit_transform(data)
    parts = np.array([code.split("-") for code in found["rfm"]], dtype=int)
    for place, column in enumerate("rfm"):
        np.testing.assert_array_equal(parts[:, place], found[column])


# -- awkward bases ---------------------------------------------------------------------


def test_a_base_of_one_time_buyers_is_scored_and_explained():
    rng = np.random.default_rng(0)
    frequency = np.r_[np.ones(800), rng.integers(2, 9, 200)]
    data = {
        "recency_days": rng.integers(0, 500, 1000),
        "frequency": frequency,
        "monetary": frequency * rng.gamma(2, 10, 1000),
    }
    model = tn.RFM().fit(data)
    found = model.table()
    assert set(found["f"][frequency == 1]) == {1}
    assert set(found["f"][frequency > 1]) == {5}
    assert "Champions" in found["segment"]
    report = model.tie_report()
    assert report["words"].tolist() == [
        "F: 80 % of customers tie at 1; scores 2, 3, 4 unused"
    ]
    assert report["customers"].tolist() == [800]
    assert model.notes_ == ("F: 80 % of customers tie at 1; scores 2, 3, 4 unused",)
    assert repr(model).endswith("F: 80 % of customers tie at 1; scores 2, 3, 4 unused")


def test_the_words_of_cdnow(log):
    """Half of CDNOW's customers bought once: published counts of an open log."""
    model = tn.RFM().fit(log)
    assert model.notes_ == (
        "F: 52 % of customers tie at 1; score 2 unused",
        "M: 8 customers with exactly 0",
    )
    assert np.bincount(model.score()["f"]).tolist() == [0, 1218, 0, 403, 358, 378]


def test_constant_columns():
    data = {
        "recency_days": np.full(50, 7),
        "frequency": np.full(50, 2),
        "monetary": np.full(50, 9.99),
    }
    for ties, score in (("low", 1), ("high", 5), ("mid", 3)):
        model = tn.RFM(ties=ties).fit(data)
        assert set(model.table()["rfm"]) == {str(score) * 3}
        unused = ", ".join(str(s) for s in range(1, 6) if s != score)
        what = f"it tells nobody apart; scores {unused} unused"
        assert model.notes_ == (
            f"R: all customers tie at 7: {what}",
            f"F: all customers tie at 2: {what}",
            f"M: all customers tie at 9.99: {what}",
        )


def test_three_customers_and_one():
    data = {"recency_days": [1, 2, 3], "frequency": [1, 2, 3], "monetary": [0, -5, 2.5]}
    model = tn.RFM().fit(data)
    assert model.table()["rfm"].tolist() == ["513", "331", "155"]
    assert model.notes_ == (
        "3 customers cannot fill 5 bins: scores tell little",
        *(f"{dimension}: scores 2, 4 unused" for dimension in "RFM"),
        "M: 1 customer with less than 0 and 1 customer with exactly 0",
    )
    one = {name: values[:1] for name, values in data.items()}
    model = tn.RFM().fit(one)
    assert model.table()["rfm"].tolist() == ["111"]
    assert model.table()["segment"].tolist() == ["Hibernating"]
    assert model.notes_[:2] == (
        "there is only one customer: nobody to compare with",
        "R: scores 2, 3, 4, 5 unused",
    )


def test_negative_and_zero_money_keep_their_order():
    money = np.array([-120.5, -0.01, 0.0, 0.0, 0.01, 99.99])
    own = scores(money, "monetary", bins=3)
    # cuts between -0.01 and 0 (third 5/3) and between 0 and 0.01 (10/3)
    assert own == [1, 1, 2, 2, 3, 3]


# -- bad settings ----------------------------------------------------------------------

DATA = {"recency_days": [1, 2], "frequency": [1, 2], "monetary": [1.0, 2.0]}
RANGE = "be a number from 2 to 10, or ascending shares between 0 and 1"


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        ({"bins": 1}, f"`bins` must {RANGE}, got 1"),
        ({"bins": 11}, f"`bins` must {RANGE}, got 11"),
        ({"bins": 2.5}, f"`bins` must {RANGE}, got 2.5"),
        ({"bins": [0.5, 0.5]}, f"`bins` must {RANGE}, got [0.5, 0.5]"),
        ({"bins": [0.0, 0.5]}, f"`bins` must {RANGE}, got [0.0, 0.5]"),
        (
            {"bins": {"money": 3}},
            "`bins` must be given for recency, frequency, monetary, got 'money'",
        ),
        (
            {"method": "ntile"},
            "`method` must be 'quantile', 'nested' or 'rank', got 'ntile'",
        ),
        (
            {"ties": "random"},
            "`ties` must be 'low', 'high', 'mid' or 'first', got 'random'",
        ),
        (
            {"ties": "first", "method": "nested"},
            "`ties` must be 'low', 'high' or 'mid' with nested bins, got 'first'",
        ),
        (
            {"ties": "first", "thresholds": {"frequency": [2]}},
            (
                "`ties` must be 'low', 'high' or 'mid' with the thresholds of "
                "frequency, "
                "got 'first'"
            ),
        ),
        (
            {"thresholds": {"recency": [90, 30]}},
            (
                "`thresholds['recency']` must hold 1 to 9 finite numbers in "
                "ascending order, "
                "got [90, 30]"
            ),
        ),
        (
            {"thresholds": {"monetary": [np.nan]}},
            (
                "`thresholds['monetary']` must hold 1 to 9 finite numbers in "
                "ascending order, "
                "got [nan]"
            ),
        ),
        (
            {"weights": {"recency": 1}},
            (
                "`weights` must be given for each of recency, frequency, monetary, "
                "got {'recency': 1}"
            ),
        ),
        (
            {"weights": {"recency": -1, "frequency": 1, "monetary": 1}},
            (
                "`weights` must be at least 0, finite, and not all 0, "
                "got {'recency': -1, 'frequency': 1, 'monetary': 1}"
            ),
        ),
        (
            {"dimensions": ("recency", "loyalty")},
            (
                "`dimensions` must be one of recency, frequency, monetary, tenure, "
                "breadth, "
                "margin, order_value, or a Dimension, got 'loyalty'\n\n"
                "Hint: a column of your own is Dimension(name, column=..., score=...)"
            ),
        ),
        (
            {"dimensions": ("recency", "recency")},
            (
                "`dimensions` must name at least one dimension, and each once, "
                "got ['recency', 'recency']"
            ),
        ),
    ],
)
def test_bad_settings_are_named(settings, message):
    with pytest.raises(ParameterError) as caught:
        tn.RFM(**settings).fit(DATA)
    assert str(caught.value) == message
