"""Segment maps: cell by cell against their sources, and checked when made."""

from __future__ import annotations

import itertools
import re
from collections import Counter

import numpy as np
import pytest
import tenure as tn
from tenure.exceptions import ParameterError

FIVE = range(1, 6)


def cells(name):
    frame = tn.segment_maps[name].to_frame()
    dimensions = [frame[d].tolist() for d in tn.segment_maps[name].dimensions]
    return dict(zip(zip(*dimensions, strict=True), frame["segment"], strict=True))


def counts(name):
    return Counter(cells(name).values())


# -- the ten segments of recency and frequency ---------------------------------------

TEN_GRID = {
    5: ["New", "Potential Loyalists", "Potential Loyalists", "Champions", "Champions"],
    4: ["Promising", "Potential Loyalists", "Potential Loyalists", "Loyal", "Loyal"],
    3: ["About to Sleep", "About to Sleep", "Need Attention", "Loyal", "Loyal"],
    2: ["Hibernating", "Hibernating", "At Risk", "At Risk", "Can't Lose"],
    1: ["Hibernating", "Hibernating", "At Risk", "At Risk", "Can't Lose"],
}
"""The published expressions, written out: a row a recency, a column a frequency."""


def test_the_ten_segments_are_an_exact_partition_of_25_cells():
    found = cells("ten")
    assert len(found) == 25
    for r, f in itertools.product(FIVE, FIVE):
        assert found[r, f] == TEN_GRID[r][f - 1], (r, f)
    assert tn.segment_maps["ten"].gaps() == []
    assert tn.segment_maps["ten"].overlaps() == {}


# -- Putler's table ------------------------------------------------------------------

PUTLER_ROWS = {  # recency, mean of frequency and monetary
    "Champions": (4, 5, 4, 5),
    "Loyal": (2, 5, 3, 5),
    "Potential Loyalist": (3, 5, 1, 3),
    "Recent": (4, 5, 0, 1),
    "Promising": (3, 4, 0, 1),
    "Needing Attention": (2, 3, 2, 3),
    "About To Sleep": (2, 3, 0, 2),
    "At Risk": (0, 2, 2, 5),
    "Can't Lose": (0, 1, 4, 5),
    "Hibernating": (1, 2, 1, 2),
    "Lost": (0, 2, 0, 2),
}


def putler_matches(r, f, m):
    fm = (f + m) / 2
    return [
        name
        for name, (low, high, least, most) in PUTLER_ROWS.items()
        if low <= r <= high and least <= fm <= most
    ]


def test_every_cell_of_putlers_table_gets_the_narrowest_row_that_it_matches():
    found = cells("putler")
    everything = list(itertools.product(FIVE, FIVE, FIVE))
    matches = {cell: putler_matches(*cell) for cell in everything}
    grid = {(r, f + m) for r, f, m in everything}
    width = {
        name: sum(low <= r <= high and least <= total / 2 <= most for r, total in grid)
        for name, (low, high, least, most) in PUTLER_ROWS.items()
    }
    listed = list(PUTLER_ROWS)
    for cell, names in matches.items():
        expected = min(names, key=lambda name: (width[name], listed.index(name)))
        assert found[cell] == expected, cell
    # the published counts: 76 of 125 combinations match more than one row
    assert sum(len(names) > 1 for names in matches.values()) == 76
    assert len(tn.segment_maps["putler"].overlaps()) == 76


def test_putlers_table_read_from_the_top_never_gives_four_names():
    rules = tn.segment_maps["putler"].rules
    dimensions = ("recency", "frequency", "monetary")
    with pytest.raises(ParameterError, match="none for 'Recent', 'Promising', \"Can't"):
        tn.SegmentMap(rules, dimensions=dimensions, priority="listed")
    read = tn.SegmentMap(
        rules, dimensions=dimensions, priority="listed", unreachable="keep"
    )
    assert read.unreached() == ["Recent", "Promising", "Can't Lose", "Lost"]
    assert tn.segment_maps["putler"].unreached() == ["Lost"]


# -- first-match maps of packages ----------------------------------------------------

R_RFM_ROWS = [
    ("Champions", (5, 5), (5, 5), (5, 5)),
    ("Potential Loyalist", (3, 5), (3, 5), (2, 5)),
    ("Loyal", (2, 4), (2, 4), (2, 4)),
    ("Promising", (3, 4), (1, 3), (3, 5)),
    ("New", (4, 5), (1, 3), (1, 5)),
    ("Can't Lose", (1, 2), (3, 4), (4, 5)),
    ("At Risk", (1, 2), (2, 5), (4, 5)),
    ("Need Attention", (1, 3), (3, 5), (3, 5)),
    ("About To Sleep", (2, 3), (1, 3), (1, 4)),
    ("Lost", (1, 1), (1, 5), (1, 5)),
]

PYTHON_RFM_ROWS = [
    ("Champions", (4, 5), (4, 5), (4, 5)),
    ("Promising", (4, 5), (1, 2), (3, 5)),
    ("Loyal Accounts", (3, 5), (3, 5), (3, 5)),
    ("Potential Loyalist", (3, 5), (2, 3), (2, 4)),
    ("New Active", (5, 5), (1, 1), (1, 5)),
    ("Low Spenders", (3, 5), (1, 5), (1, 2)),
    ("Need Attention", (2, 3), (1, 2), (4, 5)),
    ("About to Sleep", (2, 3), (1, 2), (1, 3)),
    ("At Risk", (1, 2), (1, 5), (3, 5)),
    ("Lost", (1, 2), (1, 5), (1, 2)),
]


def first_match(rows, cell, other):
    for name, *ranges in rows:
        if all(low <= s <= high for s, (low, high) in zip(cell, ranges, strict=True)):
            return name
    return other


@pytest.mark.parametrize(
    ("name", "rows"), [("r_rfm", R_RFM_ROWS), ("python_rfm", PYTHON_RFM_ROWS)]
)
def test_the_first_match_names_every_cell(name, rows):
    found = cells(name)
    for cell in itertools.product(FIVE, FIVE, FIVE):
        assert found[cell] == first_match(rows, cell, "Others"), cell


def test_published_counts_of_the_first_match_maps():
    r_map = tn.segment_maps["r_rfm"]
    assert (len(r_map.gaps()), len(r_map.overlaps())) == (10, 58)
    assert {(5, 5, 1), (5, 4, 1), (4, 4, 1)} <= set(r_map.gaps())
    assert [cell for cell, name in cells("r_rfm").items() if name == "Champions"] == [
        (5, 5, 5)
    ]
    sizes = counts("python_rfm")
    assert tn.segment_maps["python_rfm"].gaps() == []
    assert {
        name: sizes[name]
        for name in (
            "At Risk",
            "Low Spenders",
            "Loyal Accounts",
            "Lost",
            "Promising",
            "Champions",
        )
    } == {
        "At Risk": 24,
        "Low Spenders": 22,
        "Loyal Accounts": 19,
        "Lost": 16,
        "Promising": 12,
        "Champions": 8,
    }


# -- the quartile codes of pymc-marketing ----------------------------------------------

PYMC_CODES = {
    "Premium Customer": "333 334 343 344 433 434 443 444",
    "Repeat Customer": "143 232 233 234 243 244 332",
    "Top Spender Customer": "124 133 134 144 224 313 314 323 324 413 414 423 424",
    "At Risk Customer": "122 123 132 212 214 222 223 312 322 412 422",
    "Inactive Customer": "111 112 113 114 211 311 411",
    "Other": "121 131 141 142 213 221 231 241 242 321 331 341 342 421 431 432 441 442",
}


def test_the_quartile_codes_name_64_cells():
    found = cells("pymc_marketing")
    expected = {
        tuple(map(int, code)): name
        for name, codes in PYMC_CODES.items()
        for code in codes.split()
    }
    assert found == expected
    assert counts("pymc_marketing")["Other"] == 18


def test_heavy_medium_light():
    assert cells("hml") == {(3,): "Heavy", (2,): "Medium", (1,): "Light"}


def test_maps_are_listed_by_name():
    assert list(tn.segment_maps) == [
        *["ten", "putler", "r_rfm", "python_rfm", "pymc_marketing", "hml"]
    ]
    assert len(repr(tn.segment_maps).splitlines()) == len(tn.segment_maps) == 6
    assert "eleven" not in tn.segment_maps
    with pytest.raises(
        ParameterError, match=r"be asked for 'ten', 'putler', .* got 'x'"
    ):
        tn.segment_maps["x"]


# -- maps of one's own -----------------------------------------------------------------

GOOD = {"Good": {"recency": 2}, "Bad": {"recency": 1}}
TWO = {"bins": 2, "dimensions": ("recency", "frequency")}


def test_rules_may_be_ranges_patterns_or_several():
    own = tn.SegmentMap(
        {"Good": ["2[1-2]"], "Bad": [{"recency": 1, "frequency": (1, 1)}, "12"]}, **TWO
    )
    assert own.table().tolist() == [1, 1, 0, 0]
    assert own == tn.SegmentMap.from_dict(own.to_dict())
    assert own != tn.SegmentMap(GOOD, **TWO)
    assert own.segment(2, 1) == "Good"
    assert repr(own).splitlines()[1:] == [
        "      f 1   f 2",
        "r 2  Good  Good",
        "r 1   Bad   Bad",
    ]


@pytest.mark.parametrize(
    ("rules", "options", "message"),
    [
        (
            {"Good": {"recency": 2}, "Bad": "11"},
            {},
            (
                "`rules` must name every combination of scores, got no name for 12\n\n"
                "Hint: other='Other' names them all"
            ),
        ),
        (
            {**GOOD, "Both": {"frequency": 2}},
            {},
            (
                "`rules` must give each combination of scores one name, got "
                "several for "
                "12 (Bad, Both), 22 (Good, Both)\n\n"
                "Hint: priority='listed' lets the first name win"
            ),
        ),
        (
            {**GOOD, "Both": {"frequency": 2}},
            {"priority": "listed"},
            (
                "`rules` must let each name be given to some combination of "
                "scores, got "
                "none for 'Both'; 12, 22 go to Bad, Good\n\n"
                "Hint: change priority, or keep the names with unreachable='keep'"
            ),
        ),
        (
            GOOD,
            {"priority": ["Good"]},
            "`priority` must be 'listed', or name each segment once, got ['Good']",
        ),
        (
            GOOD,
            {"priority": "first"},
            "`priority` must be 'listed', or name each segment once, got 'first'",
        ),
        ({}, {}, "`rules` must name at least one segment, got none"),
        (
            {"Good": {"money": 1}},
            {},
            "`rules['Good']` must give ranges of recency, frequency, got 'money'",
        ),
        (
            {"Good": {"recency": (2, 1)}},
            {},
            (
                "`rules['Good']` must give a score, or the lowest and the highest, got "
                "(2, 1)"
            ),
        ),
        (
            {"Good": "(3"},
            {},
            "`rules['Good']` must be a regular expression for the scores, got '(3'",
        ),
        (
            {"Good": "35"},
            {},
            "`rules['Good']` must match some of the scores 11 to 22, got '35'",
        ),
        (
            {"Good": [3]},
            {},
            "`rules['Good']` must be a pattern, ranges by dimension, or several, got 3",
        ),
    ],
)
def test_maps_are_checked_when_they_are_made(rules, options, message):
    with pytest.raises(ParameterError) as caught:
        tn.SegmentMap(rules, **TWO, **options)
    assert str(caught.value) == message


def test_priority_decides():
    rules = {**GOOD, "Both": {"frequency": 2}}
    first = tn.SegmentMap(rules, priority=["Both", "Good", "Bad"], **TWO)
    assert first.table().tolist() == [1, 2, 0, 2]
    assert first.names == ("Good", "Bad", "Both")


def test_a_map_must_go_with_the_scores():
    data = {"recency_days": [1, 2], "frequency": [1, 2], "monetary": [1.0, 2.0]}
    with pytest.raises(ParameterError) as caught:
        tn.RFM(bins=4, segment_map="ten").fit(data)
    assert str(caught.value) == (
        "`segment_map` must go with the scores: this map needs 5 bins of recency, got "
        "4 bins\n\nHint: choose another map or other bins, or segment_map=None for none"
    )
    with pytest.raises(ParameterError, match="needs 5 bins of monetary, got no such"):
        tn.RFM(dimensions=("recency", "frequency"), segment_map="putler").fit(data)
    with pytest.raises(ParameterError) as caught:
        tn.RFM(segment_map="tne").fit(data)
    assert str(caught.value) == (
        "`segment_map` must be 'auto', one of 'ten', 'putler', 'r_rfm', 'python_rfm', "
        "'pymc_marketing', 'hml', a SegmentMap or None, got 'tne'"
    )


@pytest.mark.parametrize("name", ["ten", "putler", "r_rfm", "python_rfm"])
def test_customers_get_the_segment_of_their_cell(name, log):
    found = tn.RFM(segment_map=name).fit(log).score()
    own = tn.segment_maps[name]
    pattern = [found.scores[dimension] for dimension in own.dimensions]
    by_cell = cells(name)
    expected = [
        by_cell[cell] for cell in zip(*(s.tolist() for s in pattern), strict=True)
    ]
    assert found.segment.tolist() == expected


def test_the_auto_map_goes_with_the_bins(log):
    assert tn.RFM().fit(log).segment_map_ == tn.segment_maps["ten"]
    assert tn.RFM(bins=4).fit(log).segment_map_ == tn.segment_maps["pymc_marketing"]
    without = tn.RFM(bins=3).fit(log)
    assert without.segment_map_ is None
    assert "segment" not in without.table()
    assert without.rules() == "no segments: segment_map=None"


# -- summaries -------------------------------------------------------------------------

SMALL = {
    "recency_days": [1.0, 2.0, 300.0, 310.0, 320.0],
    "frequency": [9, 8, 1, 1, 1],
    "monetary": [900.0, 100.0, 10.0, 20.0, 60.0],
    "shop": ["a", "b", "a", "a", None],
}
TWO_SEGMENTS = tn.SegmentMap(GOOD, **TWO)


def small():
    return tn.RFM(bins=2, segment_map=TWO_SEGMENTS).fit(SMALL)


def test_a_summary_adds_up_and_has_intervals():
    found = small().segments()
    assert found["segment"].tolist() == ["Good", "Bad"]
    assert found["customers"].tolist() == [2, 3]
    assert found["orders"].tolist() == [17.0, 3.0]
    assert found["revenue"].tolist() == [1000.0, 90.0]
    np.testing.assert_allclose(found["revenue_share"], [1000 / 1090, 90 / 1090])
    np.testing.assert_allclose(found["order_value"], [1000 / 17, 30.0])
    np.testing.assert_allclose(found["revenue_per_customer"], [500.0, 30.0])
    # a mean of 10, 20, 60 has the standard deviation 26.4575 and the error 15.2753
    factor = np.exp(1.959964 * 15.2752523 / 30)
    np.testing.assert_allclose(
        [found["revenue_per_customer_low"][1], found["revenue_per_customer_high"][1]],
        [30 / factor, 30 * factor],
        rtol=1e-7,  # the quantile has seven digits
    )
    # Wilson for 2 of 5: published tables give 0.1176 to 0.7693
    np.testing.assert_allclose(found["share_low"][0], 0.1176, atol=5e-5)
    np.testing.assert_allclose(found["share_high"][0], 0.7693, atol=5e-5)


def test_shares_of_revenue_have_the_interval_of_a_ratio():
    """Against the ratio estimator written out over all customers."""
    found = small().segments(level=0.9)
    money = np.array(SMALL["monetary"])
    own = np.where(np.arange(5) < 2, money, 0.0)
    share = own.sum() / money.sum()
    residual = own - share * money
    error = np.sqrt(residual @ residual / 4 / 5) / money.mean()
    shift = 1.6448536 * error / (share * (1 - share))
    for end, sign in (("low", -1), ("high", 1)):
        odds = share / (1 - share) * np.exp(sign * shift)
        np.testing.assert_allclose(
            found[f"revenue_share_{end}"][0], odds / (1 + odds), rtol=1e-7
        )


def test_intervals_of_money_that_is_never_negative_are_not_either():
    """Normal intervals of three customers with 10, 20 and 6000 would reach below 0."""
    table = {**SMALL, "monetary": [900.0, 100.0, 10.0, 20.0, 6000.0]}
    model = tn.RFM(bins=2, segment_map=TWO_SEGMENTS).fit(table)
    found = model.segments()
    for column in ("revenue_share", "revenue_per_customer", "order_value"):
        assert (found[f"{column}_low"] > 0).all(), column
        assert (found[f"{column}_low"] < found[column]).all(), column
        assert (found[column] < found[f"{column}_high"]).all(), column
    assert (found["revenue_share_high"] < 1).all()


def test_negative_money_keeps_the_plain_interval_and_no_total_has_no_shares():
    table = {**SMALL, "monetary": [900.0, 100.0, -10.0, 20.0, 5.0]}
    found = tn.RFM(bins=2, segment_map=TWO_SEGMENTS).fit(table).segments()
    mean, error = 5.0, np.std([-10.0, 20.0, 5.0], ddof=1) / np.sqrt(3)
    np.testing.assert_allclose(
        [found["revenue_per_customer_low"][1], found["revenue_per_customer_high"][1]],
        [mean - 1.959964 * error, mean + 1.959964 * error],
        rtol=1e-6,
    )
    for money in ([-7.0, 0, 1, 2, 3], [0.0] * 5):
        table = {**SMALL, "monetary": money}
        found = tn.RFM(bins=2, segment_map=TWO_SEGMENTS).fit(table).segments()
        for column in ("revenue_share", "revenue_share_low", "revenue_share_high"):
            assert np.isnan(found[column]).all(), (money, column)
        np.testing.assert_allclose(found["revenue"].sum(), sum(money))


def test_a_segment_without_anybody_has_no_share_of_money_to_be_sure_of(log):
    found = tn.RFM().fit(log).segments()
    empty = found["customers"] == 0
    assert empty.any()
    assert np.isnan(found["revenue_share_low"][empty]).all()
    assert np.isnan(found["revenue_share_high"][empty]).all()


def test_a_summary_within_an_attribute():
    found = small().segments(by="shop")
    assert found["shop"].tolist() == ["a", "a", "b", "b", None, None]
    assert found["customers"].tolist() == [1, 2, 1, 0, 0, 1]
    np.testing.assert_allclose(found["share"], [1 / 3, 2 / 3, 1, 0, 0, 1])
    np.testing.assert_allclose(
        found["revenue_share"], [900 / 930, 30 / 930, 1, 0, 0, 1]
    )
    assert np.isnan(found["revenue_per_customer"][3])
    array = np.array(SMALL["shop"], dtype=object)
    for name, values in small().segments(by=array).items():
        if name != "by":
            np.testing.assert_array_equal(values, found[name])


def test_a_summary_with_models(log):
    model = tn.RFM(margin=0.3).fit(log)
    summary = log.summary(unit="week")
    buying, spend = tn.BGNBD().fit(summary), tn.GammaGamma().fit(summary)
    found = model.segments(buying=buying, spend=spend, horizon="6 months")
    alive = np.asarray(buying.probability_alive(summary))
    value = tn.lifetime_value(buying, spend, summary, horizon="6 months", margin=0.3)
    segment = model.score().segment
    for place, name in enumerate(found["segment"]):
        own = segment == name
        if own.sum():
            np.testing.assert_allclose(
                found["probability_alive"][place], alive[own].mean(), rtol=1e-12
            )
            np.testing.assert_allclose(
                found["expected_value_total"][place],
                value["value"][own].sum(),
                rtol=1e-12,
            )
    inside = ~np.isnan(found["probability_alive"])
    assert (found["probability_alive_low"][inside] >= 0).all()
    assert (found["probability_alive_high"][inside] <= 1).all()
    np.testing.assert_allclose(found["margin"], 0.3 * found["revenue"])


EVERYONE = tn.SegmentMap({"All": "[1-5][1-5]"})


def test_what_models_leave_uncertain_is_in_the_intervals(log):
    """The total against `lifetime_value`; the mean adds the drawing of customers."""
    summary = log.summary(unit="week")
    buying, spend = tn.BGNBD().fit(summary), tn.GammaGamma().fit(summary)
    model = tn.RFM(segment_map=EVERYONE).fit(log)
    found = model.segments(buying=buying, spend=spend)
    value = tn.lifetime_value(
        buying, spend, summary, horizon="12 months", interval=0.95
    )
    low, high = value.total_interval
    error = (high - low) / 2 / 1.959964
    total = value.total
    np.testing.assert_allclose(
        [found["expected_value_total_low"][0], found["expected_value_total_high"][0]],
        total * np.exp(np.array([-1, 1]) * 1.959964 * error / total),
        rtol=1e-6,
    )
    n = len(summary)
    drawn = value["value"].std(ddof=1) / np.sqrt(n)
    mean, both = total / n, np.hypot(drawn, error / n)
    assert both > 1.1 * drawn  # parameters do matter
    np.testing.assert_allclose(
        [found["expected_value_low"][0], found["expected_value_high"][0]],
        mean * np.exp(np.array([-1, 1]) * 1.959964 * both / mean),
        rtol=1e-6,
    )


def test_parameters_make_the_probability_that_a_segment_is_alive_uncertain(log):
    """Against the parameters moved by small steps, by their covariance."""
    summary = log.summary(unit="week")
    buying = tn.BGNBD().fit(summary)
    model = tn.RFM(segment_map=EVERYONE).fit(log)
    found = model.segments(buying=buying)
    names, result = list(buying.params_), buying.result_

    def mean_at(theta):
        moved = tn.BGNBD.from_params(
            **dict(zip(names, theta, strict=True)), unit="week"
        )
        return np.asarray(moved.probability_alive(summary)).mean()

    theta = np.array([buying.params_[name] for name in names])
    steps = 1e-5 * np.eye(4)
    slopes = np.array([mean_at(theta + h) - mean_at(theta - h) for h in steps]) / 2e-5
    alive = np.asarray(buying.probability_alive(summary))
    error = np.sqrt(slopes @ result.covariance @ slopes + alive.var(ddof=1) / 2357)
    mean = alive.mean()
    odds = mean / (1 - mean) * np.exp(-1.959964 * error / mean / (1 - mean))
    np.testing.assert_allclose(
        found["probability_alive_low"][0], odds / (1 + odds), rtol=1e-6
    )


def test_a_fit_without_standard_errors_has_no_intervals():
    """Nobody leaves whose purchases are drawn from a Poisson process for a year."""
    rng = np.random.default_rng(5)
    days = np.datetime64("2023-01-01") + np.arange(364)
    bought = rng.random((300, 364)) < rng.gamma(2.0, 0.02, (300, 1))
    bought[:, 0] = True
    who, when = np.nonzero(bought)
    log = tn.Transactions(
        {"customer_id": who, "date": days[when], "amount": np.full(len(who), 30.0)},
        amount="amount",
    )
    with pytest.warns(tn.exceptions.ConvergenceWarning, match="do not seem to leave"):
        buying = tn.BGNBD().fit(log.summary(unit="week"))
    assert buying.result_.covariance is None
    model = tn.RFM(segment_map=EVERYONE).fit(log)
    found = model.segments(buying=buying, spend=30.0)
    for column in ("probability_alive", "expected_value", "expected_value_total"):
        assert found[column][0] > 0
        assert np.isnan(found[f"{column}_low"][0]), column
        assert np.isnan(found[f"{column}_high"][0]), column


def test_parameters_that_were_given_count_as_exact(log):
    summary = log.summary(unit="week")
    buying = tn.BGNBD().fit(summary)
    given = tn.BGNBD.from_params(**buying.params_, unit="week")
    model = tn.RFM(segment_map=EVERYONE).fit(log)
    fitted, exact = (model.segments(buying=one, spend=30.0) for one in (buying, given))
    np.testing.assert_allclose(fitted["expected_value"], exact["expected_value"])
    assert np.isnan(exact["expected_value_total_low"]).all()
    assert exact["expected_value_low"][0] > fitted["expected_value_low"][0]
    value = tn.lifetime_value(given, 30.0, summary, horizon="12 months")["value"]
    factor = np.exp(1.959964 * value.std(ddof=1) / np.sqrt(2357) / value.mean())
    np.testing.assert_allclose(
        exact["expected_value_high"][0], value.mean() * factor, rtol=1e-6
    )


def test_summaries_that_cannot_be_made():
    with pytest.raises(ParameterError, match="`segment_map` must name segments"):
        tn.RFM(bins=3).fit(SMALL).segments()
    with pytest.raises(
        ParameterError, match="`level` must lie between 0 and 1, got 95"
    ):
        small().segments(level=95)
    with pytest.raises(tn.exceptions.LengthError, match="column `by` has 2 rows"):
        small().segments(by=["a", "b"])
    buying = tn.BGNBD.from_params(r=1, alpha=1, a=1, b=1)
    with pytest.raises(
        ParameterError, match=re.escape("`buying` must be left out for")
    ):
        small().segments(buying=buying)


# -- simple groups ---------------------------------------------------------------------


def test_heavy_medium_light_and_zero():
    money = np.r_[np.arange(1.0, 11.0), 0.0, -3.0]
    found = tn.rfm.heavy_medium_light({"monetary": money})
    # of ten who paid: five light, three medium, two heavy
    assert Counter(found["segment"]) == {"Light": 5, "Medium": 3, "Heavy": 2, "Zero": 2}
    assert found["segment"].tolist()[-4:] == ["Heavy", "Heavy", "Zero", "Zero"]
    with pytest.raises(ParameterError, match="`shares` must be two ascending shares"):
        tn.rfm.heavy_medium_light({"monetary": money}, shares=(0.8, 0.5))


def test_new_repeating_lapsed(log):
    days = ("1996-12-31", "1997-06-30", "1997-12-31")
    found = tn.rfm.new_repeating_lapsed(log, *days)
    times, values = log.times, log.values
    owners = np.repeat(log.customers, np.diff(log.offsets))
    first = set(owners[(times < np.datetime64("1997-07-01")) & (values > 0)])
    inside = (times >= np.datetime64("1997-07-01")) & (
        times < np.datetime64("1998-01-01")
    )
    second = set(owners[inside & (values > 0)])
    expected = {
        "Repeating": first & second,
        "New": second - first,
        "Lapsed": first - second,
    }
    for name, customers in expected.items():
        own = found["customer_id"][found["segment"] == name]
        assert set(own.tolist()) == customers
