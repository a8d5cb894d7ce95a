"""Differences within strata: by hand, against plain Python and statsmodels, errors."""

import numpy as np
import pandas as pd
import polars as pl
import pytest
import scipy.stats
import tenure as tn
from hypothesis import given, settings
from hypothesis import strategies as st
from tenure import breakdown


def stones():
    """Return the kidney stones of Charig et al. (1986)."""
    data = {"way": [], "stone": [], "cured": []}
    for way, stone, cured, number in (
        ("A", "small", 81, 87),
        ("A", "large", 192, 263),
        ("B", "small", 234, 270),
        ("B", "large", 55, 80),
    ):
        data["way"] += [way] * number
        data["stone"] += [stone] * number
        data["cured"] += [1] * cured + [0] * (number - cured)
    return data


def groups(*cells):
    """Return a frame of (group, stratum, values)."""
    data = {"g": [], "s": [], "v": []}
    for group, stratum, values in cells:
        data["g"] += [group] * len(values)
        data["s"] += [stratum] * len(values)
        data["v"] += values
    return data


class TestByHand:
    def test_kidney_stones(self):
        # B cures 289/350, A 273/350: 16/350 more. Of small stones 234/270 - 81/87, of
        # large ones 55/80 - 192/263; 357 and 343 of 700 have such
        small, large = 234 / 270 - 81 / 87, 55 / 80 - 192 / 263
        result = breakdown.simpson(stones(), "cured", "way", "stone")
        assert result.raw.value == pytest.approx(16 / 350, abs=1e-14)
        adjusted = (357 * small + 343 * large) / 700
        assert result.adjusted.value == pytest.approx(adjusted, abs=1e-14)
        assert (result.flag, result.certain) == ("reversed", False)
        frame = result.to_frame()
        assert frame["stone"].tolist() == ["large", "small"]
        np.testing.assert_allclose(frame["difference"], [large, small])
        np.testing.assert_allclose(frame["weight"], [343 / 700, 357 / 700])
        assert frame["customers_b"].tolist() == [80, 270]

    def test_interval_of_the_raw_difference(self):
        # means 2 and 5, variances 1 and 4 of 3 each: error sqrt(1/3 + 4/3)
        data = groups(("a", "x", [1.0, 2.0, 3.0]), ("b", "x", [3.0, 5.0, 7.0]))
        result = breakdown.simpson(data, "v", "g", "s")
        reach = scipy.stats.norm.ppf(0.95) * np.sqrt(5 / 3)
        for one in (result.raw, result.adjusted):
            ends = [one.value, one.lower, one.upper]
            assert ends == pytest.approx([3.0, 3 - reach, 3 + reach])

    def test_flags(self):
        wide, late = [-1.0, 0.0, 1.0] * 9, [9.0, 10.0, 11.0] * 9
        up = [one + 3 for one in late]
        cases = {
            # a is mostly in x (low), b mostly in y (high): no difference within
            "explained": [
                ("a", "x", wide),
                ("a", "y", late[:3]),
                ("b", "x", wide[:3]),
                ("b", "y", late),
            ],
            # b is 3 better within each, but means are 8 and 540 / 69 = 7.8
            "masked": [
                ("a", "x", wide[:15]),
                ("a", "y", late * 2),
                ("b", "x", [one + 3 for one in wide]),
                ("b", "y", up),
            ],
            "kept": [("a", "x", wide), ("b", "x", late)],
            "unclear": [("a", "x", wide), ("b", "x", wide)],
            # b is 3 better within each, and worse over all
            "reversed": [
                ("a", "x", wide[:3]),
                ("a", "y", late * 3),
                ("b", "x", [one + 3 for one in wide * 3]),
                ("b", "y", up[:3]),
            ],
        }
        for flag, cells in cases.items():
            result = breakdown.simpson(groups(*cells), "v", "g", "s")
            assert result.flag == flag
            assert result.certain == (flag in ("kept", "reversed"))

    def test_rounding_is_no_reversal(self):
        # in both strata the means are alike, but 0.1 + 0.2 + 0.3 is not 0.6
        data = groups(
            ("a", "x", [0.1, 0.2, 0.3]),
            ("b", "x", [0.2]),
            ("a", "y", [5.0]),
            ("b", "y", [5.0, 5.0]),
        )
        result = breakdown.simpson(data, "v", "g", "s")
        assert result.adjusted.value == 0
        assert result.flag == "unclear"

    def test_what_is_left_out_is_counted(self):
        data = groups(
            ("a", "x", [1.0, 2.0, None]), ("b", "x", [3.0, 5.0]), ("a", "y", [9.0])
        )
        result = breakdown.simpson(data, "v", "g", "s")
        assert (result.left_out, result.unknown) == ((1, 1), 1)
        assert result.adjusted.value == 2.5
        assert result.raw.value == 4 - 4
        assert result.sentences()[-2:] == [
            "1 stratum with one group only (1 customer) left out.",
            "1 customer without an outcome left out.",
        ]

    def test_one_customer_a_group(self):
        result = breakdown.simpson(
            groups(("a", "x", [1.0]), ("b", "x", [3.0])), "v", "g", "s"
        )
        assert result.raw.value == result.adjusted.value == 2.0
        assert result.flag == "unclear"
        assert np.isnan(result.raw.lower)
        assert "nan" not in repr(result)

    def test_a_log_within_cohorts(self):
        # web: 1 and 2; shop: 3. In January 20 and 30; in February only 5
        log = tn.Transactions(
            {
                "customer_id": [1, 1, 2, 3],
                "date": ["2024-01-01", "2024-03-01", "2024-02-01", "2024-01-05"],
                "amount": [10.0, 10.0, 5.0, 30.0],
                "channel": ["web", "web", "web", "shop"],
            },
            amount="amount",
            attributes=["channel"],
        )
        result = breakdown.simpson(log, "value_per_customer", "channel", "cohort")
        assert result.groups == ("shop", "web")
        assert result.raw.value == 12.5 - 30
        assert result.adjusted.value == 20 - 30
        assert result.left_out == (1, 1)


class TestRegression:
    def test_is_that_of_statsmodels(self):
        smf = pytest.importorskip("statsmodels.formula.api")
        rng = np.random.default_rng(4)
        n = 200
        data = pd.DataFrame(
            {
                "g": rng.choice(["a", "b"], n),
                "s": rng.choice(["x", "y", "z"], n),
                "v": rng.normal(size=n),
            }
        )
        result = breakdown.simpson(data, "v", "g", "s", regression=True)
        fit = smf.ols("v ~ g + s", data).fit(cov_type="HC3")
        low, high = fit.conf_int(0.1).loc["g[T.b]"]
        ends = [result.regression.value, result.regression.lower]
        assert ends == pytest.approx([fit.params["g[T.b]"], low])
        assert result.regression.upper == pytest.approx(high)

    @pytest.mark.filterwarnings("error")
    def test_a_stratum_of_one_customer_does_no_harm(self):
        pytest.importorskip("statsmodels")
        data = groups(("a", "x", [1.0, 2.0]), ("b", "x", [3.0, 5.0]))
        alone = groups(
            ("a", "x", [1.0, 2.0]), ("b", "x", [3.0, 5.0]), ("a", "y", [3.0])
        )
        one, other = (
            breakdown.simpson(given, "v", "g", "s", regression=True).regression
            for given in (data, alone)
        )
        # 4 - 1.5; leverages are 1/2, so that residuals count twice: variances of the
        # means (2 x (2 x 1/2)^2 + 2 x (2 x 1)^2) / 4 = 2.5
        reach = scipy.stats.norm.ppf(0.95) * np.sqrt(2.5)
        for found in (one, other):
            ends = [found.value, found.lower, found.upper]
            assert ends == pytest.approx([2.5, 2.5 - reach, 2.5 + reach])

    @pytest.mark.filterwarnings("error")
    def test_two_customers_have_no_interval(self):
        pytest.importorskip("statsmodels")
        data = groups(("a", "x", [1.0]), ("b", "x", [3.0]))
        found = breakdown.simpson(data, "v", "g", "s", regression=True).regression
        assert found.value == pytest.approx(2.0)
        assert np.isnan([found.lower, found.upper]).all()


people = st.lists(
    st.tuples(st.sampled_from("ab"), st.sampled_from("xyz"), st.integers(-20, 90)),
    min_size=2,
    max_size=30,
)


@settings(max_examples=80, deadline=None)
@given(rows=people, seed=st.randoms(use_true_random=False))
def test_differences_are_those_of_plain_python(rows, seed):
    cells = {}
    for group, stratum, value in rows:
        cells.setdefault(stratum, {"a": [], "b": []})[group].append(value)
    both = {s: one for s, one in cells.items() if one["a"] and one["b"]}
    if not both:
        return
    weight = {s: len(one["a"]) + len(one["b"]) for s, one in both.items()}
    expected = sum(
        n
        * (
            sum(both[s]["b"]) / len(both[s]["b"])
            - sum(both[s]["a"]) / len(both[s]["a"])
        )
        for s, n in weight.items()
    ) / sum(weight.values())
    whole = [[v for g, _, v in rows if g == group] for group in "ab"]
    raw = sum(whole[1]) / len(whole[1]) - sum(whole[0]) / len(whole[0])
    seed.shuffle(rows)
    columns = {n: [row[i] for row in rows] for i, n in enumerate(("g", "s", "v"))}
    result = breakdown.simpson(columns, "v", "g", "s")
    # what is within rounding of 0 is made 0
    assert result.adjusted.value == pytest.approx(expected, abs=1e-9)
    assert result.raw.value == pytest.approx(raw, abs=1e-9)
    dear = columns | {"v": [1e6 * one for one in columns["v"]]}
    again = breakdown.simpson(dear, "v", "g", "s")
    assert again.flag == result.flag
    assert again.adjusted.value == pytest.approx(1e6 * expected, abs=1e-3)


def test_families_agree():
    results = [
        breakdown.simpson(make(stones()), "cured", "way", "stone")
        for make in (dict, pd.DataFrame, pl.DataFrame)
    ]
    assert isinstance(results[1].to_frame(), pd.DataFrame)
    assert isinstance(results[2].to_frame(), pl.DataFrame)
    assert len({repr(result) for result in results}) == 1


def coverage(runs, n):
    """Return how often intervals hold the differences of the population.

    Of a 3/4 are in x, of b 1/4; y is 4 better than x, and b 1 better than a: it is
    1 + 4 x 1/2 = 3 better over all.
    """
    rng = np.random.default_rng(8)
    hits = [0, 0]
    for _ in range(runs):
        b = rng.random(n) < 0.5
        y = rng.random(n) < np.where(b, 0.75, 0.25)
        value = rng.exponential(2.0, n) * (1 + b) + 4.0 * y - b
        data = {
            "g": np.where(b, "b", "a").astype(object),
            "s": np.where(y, "y", "x").astype(object),
            "v": value,
        }
        result = breakdown.simpson(data, "v", "g", "s")
        for place, (one, truth) in enumerate(
            ((result.raw, 3.0), (result.adjusted, 1.0))
        ):
            hits[place] += one.lower <= truth <= one.upper
    return [count / runs for count in hits]


def test_intervals_cover_quickly():
    """Three standard errors of 500 runs at 0.9 are 0.04."""
    for share in coverage(500, 200):
        assert 0.86 <= share <= 0.94


@pytest.mark.slow
def test_intervals_cover():
    for share in coverage(3000, 200):
        assert 0.87 <= share <= 0.93
