"""Top shares, Gini, curves, classes and the stability of the top."""

from __future__ import annotations

import numpy as np
import pandas as pd
import polars as pl
import pytest
import tenure as tn
from scipy import stats
from tenure._inequality import gini, top_share
from tenure.exceptions import (
    ColumnError,
    DataError,
    EmptyDataError,
    ParameterError,
)


def by_pairs(values):
    """Gini as half the relative mean difference, over all pairs."""
    values = np.asarray(values, dtype=float)
    apart = np.abs(values[:, None] - values).mean()
    return apart / (2 * np.abs(values).mean())


def jackknife(measure, values):
    n = len(values)
    left_out = np.array([measure(np.delete(values, i)) for i in range(n)])
    return np.sqrt((n - 1) / n * np.square(left_out - left_out.mean()).sum())


class TestGini:
    @pytest.mark.parametrize(
        ("values", "index"),
        [
            ([1, 1, 1, 1], 0.0),
            ([0, 0, 0, 1], 0.75),  # (n - 1) / n: one has everything
            ([1, 2, 3, 4, 5], 4 / 15),  # sum (2 i - n - 1) x_i / (n sum x)
            ([-1, 1], 0.5),  # mean distance 1 over 2 x mean size 1
            ([5], 0.0),
        ],
    )
    def test_by_hand(self, values, index):
        assert tn.concentration(values).gini == pytest.approx(index, abs=1e-15)

    @pytest.mark.parametrize("shift", [0.0, -0.7, -3.0])
    def test_all_pairs(self, shift):
        values = np.random.default_rng(1).exponential(size=400) + shift
        assert gini(np.sort(values)).value == pytest.approx(
            by_pairs(values), rel=1e-12
        )  # a sum of 160,000 distances: rounding only

    def test_of_a_lognormal(self):
        """2 Phi(sigma / sqrt 2) - 1 (Aitchison and Brown 1957), on its quantiles."""
        levels = (np.arange(200_000) + 0.5) / 200_000
        values = stats.lognorm.ppf(levels, 1.0)
        true = 2 * stats.norm.cdf(1 / np.sqrt(2)) - 1
        # quantiles cut the tail off at 1 in 400,000
        assert gini(values).value == pytest.approx(true, abs=2e-4)

    def test_units_do_not_matter(self):
        values = np.random.default_rng(2).lognormal(size=300)
        cents, euros = tn.concentration(values * 100), tn.concentration(values)
        assert cents.gini == pytest.approx(euros.gini, rel=1e-12)
        assert cents.gini_interval == pytest.approx(euros.gini_interval, rel=1e-10)

    @pytest.mark.parametrize("shift", [0.0, -1.0])
    def test_standard_error_is_that_of_the_jackknife(self, shift):
        values = np.sort(np.random.default_rng(3).exponential(size=300) + shift)
        slow = jackknife(lambda some: gini(some).value, values)
        # they differ by terms of order 1/n
        assert gini(values).std_error == pytest.approx(slow, rel=0.02)

    def test_nothing_to_tell_from(self):
        assert np.isnan(tn.concentration([0.0, 0.0]).gini)
        assert np.isnan(tn.concentration([1.0, 2.0]).gini_interval).all()


class TestTopShares:
    def test_by_hand(self):
        found = tn.concentration([50.0, 20, 20, 10], shares=[0.25, 0.3, 0.5])
        table = found.top_shares()
        assert table["customers"].tolist() == [1, 2, 2]  # 1.2 customers are two
        assert table["share"].tolist() == [0.5, 0.7, 0.7]

    def test_a_share_is_not_pushed_over_a_customer_by_rounding(self):
        table = tn.concentration(np.arange(1.0, 101.0), shares=[0.07, 0.29])
        assert table.top_shares()["customers"].tolist() == [7, 29]

    def test_standard_error_is_that_of_the_jackknife(self):
        values = np.sort(np.random.default_rng(4).exponential(size=400))
        # a fixed share of customers: the last one counts in part
        share = 0.2

        def interpolated(some):
            whole = share * len(some)
            count = int(whole)
            top = some[len(some) - count :].sum()
            return (top + (whole - count) * some[-count - 1]) / some.sum()

        slow = jackknife(interpolated, values)
        assert top_share(values, 80).std_error == pytest.approx(slow, rel=0.03)

    def test_few_customers_have_no_interval(self):
        table = tn.concentration(np.arange(1.0, 400.0)).top_shares()
        assert np.isnan(table["lower"]).tolist() == [True, True, True, False]

    def test_shares_may_exceed_the_total(self):
        found = tn.concentration([10.0, 5, -5], shares=[0.5])
        assert found.top_shares()["share"].tolist() == [1.5]

    def test_no_positive_total(self):
        found = tn.concentration([5.0, -6.0, 0.0])
        assert np.isnan(found.top_shares()["share"]).all()
        assert np.isnan(found.lorenz()["value_share"]).all()
        assert found.whale()["value"].tolist() == [0, 5, 5, -1]
        assert "not above 0" in found.sentences()[0]


@pytest.mark.slow
@pytest.mark.parametrize(
    ("draw", "true_gini", "true_top"),
    [
        ("exponential", 0.5, lambda p: p * (1 - np.log(p))),
        (
            "gamma",
            1 / (0.5 * np.sqrt(np.pi) * np.sqrt(np.pi)),
            lambda p: stats.gamma.sf(stats.gamma.isf(p, 0.5), 1.5),
        ),
        (
            "lognormal",
            2 * stats.norm.cdf(0.7 / np.sqrt(2)) - 1,
            lambda p: stats.norm.sf(stats.norm.isf(p) - 0.7),
        ),
    ],
)
def test_coverage(draw, true_gini, true_top):
    """90 % intervals hold the truth 87 to 93 times in 100 (3,000 samples of 2,000).

    The standard error of such a frequency is 0.55 percentage points.
    """
    rng = np.random.default_rng(5)
    make = {
        "exponential": lambda: rng.exponential(size=2_000),
        "gamma": lambda: rng.gamma(0.5, size=2_000),
        "lognormal": lambda: rng.lognormal(0.0, 0.7, 2_000),
    }[draw]
    held = np.zeros(3)
    for _ in range(3_000):
        values = np.sort(make())
        ends = [gini(values).between(0.9)]
        ends += [top_share(values, count).between(0.9) for count in (200, 400)]
        truths = (true_gini, true_top(0.1), true_top(0.2))
        held += [
            low <= true <= up for (low, up), true in zip(ends, truths, strict=True)
        ]
    assert ((held / 3_000 > 0.87) & (held / 3_000 < 0.93)).all(), held / 3_000


class TestTables:
    values = np.array([3.0, 100, 5, 0, 7, 20, 5, 1, 2, 4, 6, 9])

    def test_deciles_add_up(self):
        found = tn.concentration(self.values)
        for parts in (1, 3, 10, 12, 50):
            table = found.deciles(parts)
            assert table["customers"].sum() == 12
            assert table["value"].sum() == pytest.approx(self.values.sum())
            assert table["cumulative_share"][-1] == pytest.approx(1.0)
            assert len(table["decile"]) == min(parts, 12)
            assert (table["smallest"][:-1] >= table["largest"][1:]).all()

    def test_deciles_of_customers_are_those_of_the_table(self):
        values = np.random.default_rng(6).permutation(np.arange(1.0, 98.0))
        found = tn.concentration(values)
        counts = np.bincount(found.to_frame()["decile"])[1:]
        assert counts.tolist() == found.deciles()["customers"].tolist()

    def test_lorenz_and_whale_are_one_curve(self):
        found = tn.concentration(self.values - 4.5)
        lorenz, whale = found.lorenz(points=None), found.whale(points=None)
        np.testing.assert_allclose(
            whale["value_share"], 1 - lorenz["value_share"][::-1], atol=1e-12
        )
        assert lorenz["value_share"].min() < 0
        peak = whale["value_share"].max()
        positive = (self.values - 4.5).clip(0).sum()
        assert peak == pytest.approx(positive / (self.values - 4.5).sum())

    def test_gini_is_twice_the_area_above_the_lorenz_curve(self):
        curve = tn.concentration(self.values).lorenz(points=None)
        area = np.trapezoid(curve["value_share"], curve["customers_share"])
        assert tn.concentration(self.values).gini == pytest.approx(1 - 2 * area)

    def test_few_points_keep_the_peak(self):
        values = np.concatenate([np.arange(1.0, 1_001.0), -np.arange(1.0, 8.0)])
        curve = tn.concentration(values).whale(points=5)
        assert curve["value"].max() == values[values > 0].sum()
        assert len(curve["value"]) == 6

    def test_abc(self):
        found = tn.concentration([60.0, 20, 10, 5, 3, 2, 0, -1])
        table = found.abc()
        assert table["class"].tolist() == ["A", "B", "C"]
        assert table["customers"].tolist() == [2, 2, 4]
        assert table["value"].tolist() == [80, 15, 4]
        assert found.to_frame()["class"].tolist() == list("AABBCCCC")
        by_hundredths = tn.concentration([10.0] * 10).abc(cuts=[0.1, 0.5])
        assert by_hundredths["customers"].tolist() == [10, 0, 0]  # all alike
        assert np.isnan(by_hundredths["smallest"][1])

    def test_equal_values_stand_together_whatever_the_order(self):
        rng = np.random.default_rng(7)
        values = rng.integers(0, 6, 200).astype(float)
        order = rng.permutation(200)
        frame = tn.concentration(values).to_frame()
        shuffled = tn.concentration(values[order]).to_frame()
        for name in frame:
            assert (frame[name][order] == shuffled[name]).all()
            groups = {value: set(frame[name][values == value]) for value in values}
            assert all(len(one) == 1 for one in groups.values())

    @pytest.mark.parametrize("cuts", [[0.8, 0.5], [0.0], [1.2]])
    def test_bad_cuts(self, cuts):
        with pytest.raises(ParameterError, match="`cuts` must"):
            tn.concentration([1.0, 2.0]).abc(cuts=cuts)


class TestInput:
    def test_families(self, log):
        amounts = {"customer_id": ["a", "b", "c"], "value": [1.0, 2.0, 5.0]}
        frame = pd.DataFrame(amounts).set_index("customer_id")
        found = tn.concentration(frame).to_frame()
        assert found.index.tolist() == ["a", "b", "c"]
        assert found["rank"].tolist() == [3, 2, 1]
        of_polars = tn.concentration(pl.DataFrame(amounts)).to_frame()
        assert of_polars.columns == ["customer_id", "value", "rank", "decile", "class"]
        series = pd.Series([1.0, 2.0, 5.0], index=["a", "b", "c"])
        assert tn.concentration(series).to_frame().index.tolist() == ["a", "b", "c"]
        assert isinstance(tn.concentration(pl.Series([1.0])).deciles(), pl.DataFrame)
        assert isinstance(tn.concentration(log).deciles(), dict)

    def test_log(self, log):
        found = tn.concentration(log, as_of="1997-12-31")
        activity = log.activity("1997-12-31")
        assert found.total == pytest.approx(activity["total_value"].sum())
        assert found.customers == len(activity["customer_id"])
        often = tn.concentration(log, value="purchases")
        assert often.total == len(log)

    def test_lifetime_value(self, buying, spend, summary):
        value = tn.lifetime_value(buying, spend, summary, horizon="1 year")
        found = tn.concentration(value)
        assert found.total == pytest.approx(value.total)
        assert found.to_frame()["customer_id"].tolist() == summary.customer_id.tolist()

    def test_nothing_is_changed(self):
        values = np.array([3.0, 1.0, 2.0])
        tn.concentration(values)
        assert values.tolist() == [3.0, 1.0, 2.0]

    def test_missing(self):
        text = "column `value` must hold finite numbers; row 1 has nan (2 rows in all)"
        with pytest.raises(DataError) as caught:
            tn.concentration([1.0, np.nan, np.inf])
        assert str(caught.value) == text

    def test_empty(self):
        with pytest.raises(EmptyDataError, match="there are no customers"):
            tn.concentration(np.empty(0))

    def test_which_column(self, summary):
        with pytest.raises(ParameterError, match="name a column of the data: a, b"):
            tn.concentration({"a": [1.0], "b": [2.0]})
        with pytest.raises(ColumnError, match="unknown column 'c'"):
            tn.concentration({"a": [1.0]}, value="c")
        with pytest.raises(ParameterError, match="name a column of the data"):
            tn.concentration(summary)

    def test_settings(self, log):
        with pytest.raises(ParameterError, match="`shares` must lie between 0 and 1"):
            tn.concentration([1.0], shares=[20])
        with pytest.raises(ParameterError, match="`as_of` must be left out"):
            tn.concentration([1.0], as_of="2024-01-01")
        with pytest.raises(ColumnError, match="unknown column 'monetary_value'"):
            tn.concentration(log, value="monetary_value")
        with pytest.raises(ParameterError, match="`kind` must be 'lorenz'"):
            tn.concentration([1.0]).plot("pie")


class TestWords:
    @pytest.mark.parametrize(
        ("values", "words"),
        [
            ([5.0], "There is only one customer: nobody to compare with."),
            ([0.0, 0.0], "All values are 0: there is nothing to share."),
            ([4.0, 4.0, 4.0], "All customers bring the same."),
            ([90.0, 5, 5], "One customer alone brings 90 % of it"),
            ([9.0, 9, -8], "1 customer (33 %) costs more than they bring, 8.00"),
            ([-1.0, -1], "is -2.00, which is not above 0"),
        ],
    )
    def test_edges(self, values, words):
        found = tn.concentration(values)
        assert words in " ".join(found.sentences())
        assert words in repr(found)
        assert "nan" not in repr(found).lower().replace("nan %", "")

    def test_cdnow(self, log):
        found = tn.concentration(log)
        assert repr(found).startswith(
            "Concentration of total_value over 2,357 customers: 244,091.94 in all"
        )
        assert "228 customers, 9.7 % of all, make half of it." in found.sentences()
        assert "<table>" in found._repr_html_()


class TestTopStability:
    def test_by_hand(self):
        orders = {
            "customer_id": ["a", "a", "b", "b", "c", "c", "d", "e"],
            "date": ["2023-02-01", "2024-02-01"] * 3 + ["2023-03-01", "2024-03-01"],
            "amount": [100.0, 1, 90, 80, 2, 70, 1, 60],
        }
        log = tn.Transactions(orders, amount="amount")
        found = tn.top_stability(log, ["2023-12-31", "2024-12-31"], share=0.5)
        table = found.to_frame()
        # a, b of four customers; then b, c, e of five
        assert table["top_from"].tolist() == [2]
        assert table["top_to"].tolist() == [3]
        assert table["stayed"].tolist() == [1]
        assert table["retention"].tolist() == [0.5]
        assert table["overlap"].tolist() == [0.25]
        assert table["by_chance"].tolist() == [0.6]
        assert table["newcomers"].tolist() == [1]
        ever = tn.top_stability(
            log, ["2023-12-31", "2024-12-31"], share=0.5, window=None
        ).to_frame()
        assert ever["retention"].tolist() == [1.0]  # a has 101 in all

    def test_same_customers_at_once(self, log):
        """Values of the whole past at two days without purchases between them."""
        found = tn.top_stability(log, ["1998-06-30", "1999-01-01"], window=None)
        assert found.to_frame()["retention"].tolist() == [1.0]

    def test_all_pairs_of_dates(self, log):
        dates = ["1997-09-30", "1997-12-31", "1998-03-31"]
        table = tn.top_stability(log, dates, window="6 months").to_frame()
        starts = [str(day) for day in table["from"]]
        assert starts == ["1997-09-30", "1997-09-30", "1997-12-31"]
        assert (table["lower"] < table["retention"]).all()
        assert (table["retention"] < table["upper"]).all()
        assert len(tn.top_stability(log, dates).sentences()) == 3

    def test_shuffled_rows(self, orders):
        order = np.random.default_rng(8).permutation(len(orders["amount"]))
        shuffled = {name: values[order] for name, values in orders.items()}
        dates = ["1997-12-31", "1998-06-30"]
        first, second = (
            tn.top_stability(tn.Transactions(some, amount="amount"), dates).columns
            for some in (orders, shuffled)
        )
        for name in first:
            assert (first[name] == second[name]).all()

    def test_bad_input(self, log):
        with pytest.raises(ParameterError, match="`dates` must be at least two"):
            tn.top_stability(log, ["1998-01-01"])
        with pytest.raises(ParameterError, match="`dates` must be at least two"):
            tn.top_stability(log, ["1998-01-01", "1997-06-01"])
        with pytest.raises(EmptyDataError, match="nobody is worth more than nothing"):
            tn.top_stability(log, ["1998-01-01", "2002-01-01"], window="1 month")
