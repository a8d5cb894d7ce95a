"""Metrics by group: by hand, against plain Python, suppression, coverage, families."""

import math
from statistics import NormalDist

import numpy as np
import pandas as pd
import polars as pl
import pyarrow as pa
import pytest
import scipy.stats
import tenure as tn
from hypothesis import given, settings
from hypothesis import strategies as st
from tenure import breakdown
from tenure.breakdown._cells import Cells
from tenure.breakdown._estimates import median_ranks
from tenure.breakdown._people import Grouping
from tenure.breakdown._suppression import suppressed
from tenure.cohorts import wilson
from tenure.exceptions import (
    ColumnError,
    DataError,
    EmptyDataError,
    ParameterError,
)

PEOPLE = {
    "customer_id": [1, 2, 3, 4, 5, 6],
    "country": ["DE", "DE", "DE", "FR", "FR", "FR"],
    "channel": ["web", "web", "shop", "web", "shop", "shop"],
    "revenue": [10.0, 30.0, 50.0, 20.0, 20.0, 50.0],
    "orders": [1, 2, 2, 1, 1, 4],
    "member": [True, False, True, False, False, True],
}

ORDERS = {
    # first purchases: 1 on Jan 1, 2 on Jan 10, 3 on Mar 1; the log ends on Apr 30
    "customer_id": [1, 1, 2, 2, 3],
    "date": ["2024-01-01", "2024-02-20", "2024-01-10", "2024-01-15", "2024-03-01"],
    "amount": [10.0, 20.0, 30.0, 5.0, 7.0],
    "country": ["DE", "DE", "FR", "FR", "FR"],
}


def found_in(result, metric):
    """Return the rows of a metric, by the group's name."""
    frame = tn.breakdown.Breakdown.to_frame(result, metric)
    names = [
        n
        for n, m in zip(result.group_names(), result.columns["metric"], strict=True)
        if m == metric
    ]
    return {
        name: {key: values[row] for key, values in frame.items()}
        for row, name in enumerate(names)
    }


class TestByHand:
    def test_totals_means_ratios_and_shares(self):
        result = breakdown.metrics(
            PEOPLE,
            ["customers", "revenue", "value_per_customer", "order_value", "member"],
            "country",
        )
        revenue = found_in(result, "revenue")
        # 10 + 30 + 50 = 90 of 180
        assert revenue["DE"]["value"] == 90.0
        assert revenue["DE"]["share"] == 0.5
        assert revenue["(all)"]["share"] == 1.0
        mean = found_in(result, "value_per_customer")
        assert mean["DE"]["value"] == 30.0
        assert mean["DE"]["index"] == pytest.approx(100.0)
        value = found_in(result, "order_value")
        # 90 / 5 and 90 / 6, over all 180 / 11
        assert value["DE"]["value"] == 18.0
        assert value["FR"]["value"] == 15.0
        assert value["DE"]["index"] == pytest.approx(100 * 18 / (180 / 11))
        member = found_in(result, "member")
        assert member["DE"]["value"] == pytest.approx(2 / 3)
        low, high = wilson(2, 3, 0.9)
        assert member["DE"]["lower"] == pytest.approx(float(low))
        assert member["DE"]["upper"] == pytest.approx(float(high))
        people = found_in(result, "customers")
        assert people["FR"]["value"] == 3
        assert people["FR"]["share"] == 0.5

    def test_the_ratio_has_cochrans_error_on_the_log_scale(self):
        result = breakdown.metrics(PEOPLE, "order_value", "country")
        one = found_in(result, "order_value")["FR"]
        # residuals 20 - 15, 20 - 15, 50 - 60: squares 25 + 25 + 100 = 150; n / (n - 1)
        # is 3 / 2; over the square of 6 orders: 225 / 36
        error = math.sqrt(150 * 1.5 / 36)
        reach = math.exp(NormalDist().inv_cdf(0.95) * error / 15)
        assert one["lower"] == pytest.approx(15 / reach)
        assert one["upper"] == pytest.approx(15 * reach)

    def test_a_total_is_compound_poisson(self):
        result = breakdown.metrics(PEOPLE, "revenue", "country", level=0.95)
        one = found_in(result, "revenue")["DE"]
        reach = math.exp(NormalDist().inv_cdf(0.975) * math.sqrt(3500) / 90)
        assert one["upper"] == pytest.approx(90 * reach)

    def test_the_t_interval_is_scipys(self):
        result = breakdown.metrics(PEOPLE, "value_per_customer", "country", method="t")
        one = found_in(result, "value_per_customer")["FR"]
        values = [20.0, 20.0, 50.0]
        low, high = scipy.stats.t.interval(
            0.9, 2, np.mean(values), scipy.stats.sem(values)
        )
        assert (one["lower"], one["upper"]) == pytest.approx((low, high))

    def test_medians_lie_between_order_statistics(self):
        values = {"g": ["a"] * 10, "x": list(range(10))}
        one = found_in(
            breakdown.metrics(values, breakdown.median("x"), "g"), "median x"
        )
        # P(at most 1 of 10 below the median) = 11 / 1024 < 0.05 < P(at most 2)
        assert one["a"]["value"] == 4.5
        assert (one["a"]["lower"], one["a"]["upper"]) == (1.0, 8.0)

    @pytest.mark.parametrize("n", [5, 6, 20, 101, 5000])
    @pytest.mark.parametrize("level", [0.5, 0.9, 0.99])
    def test_median_ranks_are_binomial(self, n, level):
        place = median_ranks(n, level)
        tail = (1 - level) / 2
        if place is None:
            assert scipy.stats.binom.cdf(0, n, 0.5) > tail
        else:
            assert scipy.stats.binom.cdf(place, n, 0.5) <= tail
            assert scipy.stats.binom.cdf(place + 1, n, 0.5) > tail

    def test_roll_up_goes_down_the_table(self):
        result = breakdown.metrics(PEOPLE, "revenue", ["country", "channel"])
        assert result.group_names() == [
            "(all)",
            "DE",
            "DE / shop",
            "DE / web",
            "FR",
            "FR / shop",
            "FR / web",
        ]
        value = result.columns["value"]
        depth = result.columns["depth"]
        assert value[depth == 1].sum() == value[depth == 2].sum() == value[0] == 180.0
        without = breakdown.metrics(
            PEOPLE, "revenue", ["country", "channel"], roll_up=False
        )
        assert without.columns["depth"].tolist() == [0, 2, 2, 2, 2]

    def test_missing_groups_and_numbers(self):
        data = {"g": ["a", None, "a"], "x": [1.0, 2.0, math.nan]}
        result = breakdown.metrics(data, ["customers", "x"], "g")
        assert found_in(result, "customers")["(missing)"]["value"] == 1
        assert found_in(result, "x")["a"]["customers"] == 1
        assert result.notes == (
            "x: 1 customer without a number, or not observed so long, left out",
        )


class TestOfALog:
    def log(self, **options):
        return tn.Transactions(
            ORDERS, amount="amount", attributes=["country"], **options
        )

    def test_named_metrics(self):
        result = breakdown.metrics(
            self.log(),
            ["orders", "order_value", "purchase_frequency", "repeat_rate", "recency"],
            "country",
            as_of="2024-04-30",
        )
        assert found_in(result, "orders")["(all)"]["value"] == 5
        assert found_in(result, "order_value")["DE"]["value"] == 15.0
        assert found_in(result, "purchase_frequency")["FR"]["value"] == 1.5
        assert found_in(result, "repeat_rate")["FR"]["value"] == 0.5
        # 2024-02-20 to 2024-04-30 is 70 days
        assert found_in(result, "recency")["DE"]["value"] == 70

    def test_retention_looks_at_those_observed_so_long(self):
        result = breakdown.metrics(
            self.log(),
            ["repeat_rate", "retention"],
            "country",
            horizon="70 days",
            window="30 days",
            as_of="2024-04-30",
        )
        # 3 is observed for 60 days only; 1 is back after 50 days: within 70, and
        # within (40, 70]; 2 after 5 days: within 70, but not in (40, 70]
        again = found_in(result, "repeat_rate")["(all)"]
        assert (again["customers"], again["value"]) == (2, 1.0)
        kept = found_in(result, "retention")["(all)"]
        assert (kept["customers"], kept["value"]) == (2, 0.5)

    def test_as_of_leaves_out_who_comes_later(self):
        result = breakdown.metrics(
            self.log(), ["customers", "revenue"], "cohort", as_of="2024-01-31"
        )
        assert result.group_names()[:2] == ["(all)", "2024-01"]
        assert found_in(result, "revenue")["(all)"]["value"] == 45.0

    def test_further_attributes_are_joined_by_id(self):
        segments = {"customer_id": [3, 1], "segment": ["new", "old"]}
        result = breakdown.metrics(
            self.log(), "customers", "segment", attributes=segments
        )
        assert result.group_names() == ["(all)", "new", "old", "(missing)"]
        frame = pd.DataFrame(segments).set_index("customer_id")
        again = breakdown.metrics(self.log(), "customers", "segment", attributes=frame)
        assert again.group_names() == result.group_names()

    def test_lifetime_values_by_segment(self, buying, summary):
        spend = tn.GammaGamma().fit(summary)
        value = tn.lifetime_value(buying, spend, summary, horizon="12 months")
        groups = {
            "customer_id": summary.customer_id,
            "again": np.where(summary.frequency > 0, "yes", "no").astype(object),
        }
        result = breakdown.value(value, "again", attributes=groups)
        total = found_in(result, "total")
        assert total["(all)"]["value"] == pytest.approx(value["value"].sum())
        assert total["yes"]["share"] + total["no"]["share"] == pytest.approx(1.0)
        mean = found_in(result, "mean")
        assert mean["yes"]["index"] > 100 > mean["no"]["index"]


amounts = st.lists(
    st.tuples(st.sampled_from("abc"), st.sampled_from("xy"), st.integers(-50, 200)),
    min_size=1,
    max_size=40,
)


@settings(max_examples=60, deadline=None)
@given(rows=amounts)
def test_cells_are_those_of_plain_python(rows):
    data = {
        "one": [row[0] for row in rows],
        "two": [row[1] for row in rows],
        "x": [float(row[2]) for row in rows],
    }
    result = breakdown.metrics(
        data,
        [breakdown.total("x"), breakdown.mean("x"), breakdown.median("x")],
        ["one", "two"],
    )
    groups = {}
    for one, two, x in rows:
        for name in ("(all)", one, f"{one} / {two}"):
            groups.setdefault(name, []).append(float(x))
    assert set(result.group_names()) == set(groups)
    total, mean = found_in(result, "total x"), found_in(result, "mean x")
    for name, values in groups.items():
        assert total[name]["value"] == sum(values)
        assert total[name]["customers"] == len(values)
        assert mean[name]["value"] == pytest.approx(sum(values) / len(values))
        assert found_in(result, "median x")[name]["value"] == np.median(values)


class TestSuppression:
    def test_a_second_cell_hides_the_first(self):
        data = {"g": ["a"] * 3 + ["b"] * 12 + ["c"] * 15, "x": [1.0] * 30}
        result = breakdown.metrics(
            data, ["customers", breakdown.total("x")], "g", min_customers=5
        )
        for metric in ("customers", "total x"):
            rows = found_in(result, metric)
            assert [rows[name]["suppressed"] for name in ("(all)", "a", "b", "c")] == [
                "",
                "primary",
                "secondary",
                "",
            ]
            for hidden in ("a", "b"):
                for column in ("value", "customers", "lower", "share", "index_upper"):
                    assert np.isnan(rows[hidden][column])
        assert result.notes[-1] == (
            "4 numbers of fewer than 5 customers suppressed, 2 of them only so that no "
            "total gives the others away"
        )

    def test_small_bases_show_nothing(self):
        data = {"g": ["a", "b"], "x": [1.0, 2.0]}
        result = breakdown.metrics(data, "x", "g", min_customers=3)
        assert np.isnan(result.columns["value"]).all()

    @settings(max_examples=150, deadline=None)
    @given(
        sizes=st.lists(st.integers(0, 14), min_size=1, max_size=12),
        first=st.lists(st.integers(0, 3), min_size=12, max_size=12),
        second=st.lists(st.integers(0, 2), min_size=12, max_size=12),
        least=st.integers(2, 8),
    )
    def test_nothing_hidden_can_be_worked_out(self, sizes, first, second, least):
        """Linear algebra: no suppressed cell is fixed by the sums that are shown."""
        one = np.repeat(first[: len(sizes)], sizes)
        two = np.repeat(second[: len(sizes)], sizes)
        if not len(one):
            return
        names = tuple("abcd")
        groups = [
            Grouping(one.astype(np.int64), names),
            Grouping(two.astype(np.int64), names),
        ]
        cells = Cells.of(["one", "two"], groups, roll_up=True)
        n = cells.sums(np.ones(len(one))).astype(np.int64)
        marks = suppressed(n, cells.parent, least)
        assert (marks[n < least] == 1).all()
        assert (marks[n >= least] != 1).all()
        hidden = np.flatnonzero(marks != 0)
        if len(hidden) == 0 or marks[0] != 0:
            return
        # unknowns: hidden cells; an equation for each cell with children
        rows = []
        for cell in range(len(cells)):
            children = np.flatnonzero(cells.parent == cell)
            if len(children):
                row = np.zeros(len(cells))
                row[children], row[cell] = 1.0, -1.0
                rows.append(row[hidden])
        equations = np.array(rows)
        rank = np.linalg.matrix_rank(equations)
        for place in range(len(hidden)):
            unit = np.zeros(len(hidden))
            unit[place] = 1.0
            assert np.linalg.matrix_rank(np.vstack([equations, unit])) == rank + 1
        # and what is known of hidden siblings together is of enough customers
        for cell in range(len(cells)):
            children = np.flatnonzero((cells.parent == cell) & (marks != 0))
            if marks[cell] == 0 and len(children):
                assert n[children].sum() >= least


def drawn(rng, n):
    group = rng.integers(0, 2, n)
    orders = 1 + rng.poisson(1.5, n)
    revenue = rng.gamma(2.0 * orders, 10.0)
    return {
        "g": np.where(group == 0, "a", "b").astype(object),
        "orders": orders,
        "revenue": revenue,
        "again": orders > 1,
    }


# of group a: its mean order count is 2.5, revenue per order 20
TRUTH = {
    "order_value": 20.0,
    "value_per_customer": 50.0,
    "again": 1 - math.exp(-1.5),
}


def coverage(method, runs, n, **options):
    """Return how often the intervals of group a hold the truth, by metric."""
    rng = np.random.default_rng(17)
    hits = dict.fromkeys([*TRUTH, "index"], 0)
    for _ in range(runs):
        data = drawn(rng, n)
        result = breakdown.metrics(data, list(TRUTH), "g", method=method, **options)
        for metric, truth in TRUTH.items():
            row = found_in(result, metric)["a"]
            hits[metric] += row["lower"] <= truth <= row["upper"]
        row = found_in(result, "order_value")["a"]
        hits["index"] += row["index_lower"] <= 100 <= row["index_upper"]
    return {name: count / runs for name, count in hits.items()}


def test_intervals_cover_quickly():
    """Three standard errors of 400 runs at 0.9 are 0.045."""
    for share in coverage("normal", 400, 150).values():
        assert 0.855 <= share <= 0.945


@pytest.mark.slow
@pytest.mark.parametrize("method", ["normal", "t", "percentile", "bca"])
def test_intervals_cover(method):
    for name, share in coverage(method, 2000, 200, replicates=400).items():
        assert 0.87 <= share <= 0.93, name


@pytest.mark.slow
def test_totals_cover():
    """Customers come as a Poisson process; the total of those expected is held."""
    rng = np.random.default_rng(3)
    hits = {"customers": 0, "revenue": 0}
    for _ in range(2000):
        n = rng.poisson(150)
        result = breakdown.metrics(drawn(rng, n), list(hits), "g")
        for metric, truth in (("customers", 75.0), ("revenue", 3750.0)):
            row = found_in(result, metric)["a"]
            hits[metric] += row["lower"] <= truth <= row["upper"]
    for count in hits.values():
        assert 0.87 <= count / 2000 <= 0.93


def test_bca_is_scipys():
    """The same method from other draws: ends differ by the noise of 20,000 draws."""
    rng = np.random.default_rng(5)
    values = rng.gamma(0.8, 10.0, 60)
    data = {"g": ["a"] * 60, "x": values}
    own = breakdown.metrics(data, "x", "g", method="bca", replicates=20_000)
    other = scipy.stats.bootstrap(
        (values,), np.mean, confidence_level=0.9, n_resamples=20_000, rng=rng
    ).confidence_interval
    row = found_in(own, "x")["a"]
    assert row["lower"] == pytest.approx(other.low, rel=0.01)
    assert row["upper"] == pytest.approx(other.high, rel=0.01)


class TestFamilies:
    def test_pandas_polars_arrow_and_dict_agree(self):
        results = {}
        for name, make in (
            ("numpy", dict),
            ("pandas", pd.DataFrame),
            ("polars", pl.DataFrame),
            ("pyarrow", pa.table),
        ):
            data = make(PEOPLE)
            result = breakdown.metrics(
                data, ["revenue", "member"], ["country", "channel"]
            )
            assert result.family == name
            results[name] = result
        assert isinstance(results["pandas"].to_frame(), pd.DataFrame)
        assert isinstance(results["polars"].to_frame(), pl.DataFrame)
        assert isinstance(results["pyarrow"].to_frame(), pa.Table)
        for result in results.values():
            for column, values in results["numpy"].columns.items():
                np.testing.assert_array_equal(result.columns[column], values)

    def test_the_order_of_rows_changes_nothing(self):
        order = [3, 0, 5, 2, 4, 1]
        shuffled = {name: [v[row] for row in order] for name, v in PEOPLE.items()}
        for method in ("normal", "t"):
            one, other = (
                breakdown.metrics(
                    data, ["revenue", "order_value"], "country", method=method
                )
                for data in (PEOPLE, shuffled)
            )
            np.testing.assert_allclose(one.columns["lower"], other.columns["lower"])

    def test_wide_and_words(self):
        result = breakdown.metrics(
            pd.DataFrame(PEOPLE), ["revenue", "member"], "country"
        )
        assert list(result.wide().columns) == ["country", "depth", "revenue", "member"]
        assert "order_value" not in repr(result)
        assert repr(result).startswith(
            "Breakdown of 6 customers by country\nrevenue: 180.00"
        )
        assert "<table>" in result._repr_html_()


class TestBadInput:
    @pytest.mark.parametrize(
        ("call", "error", "text"),
        [
            (
                lambda: breakdown.metrics(PEOPLE, "revenue", "town"),
                ColumnError,
                "unknown column 'town'",
            ),
            (
                lambda: breakdown.metrics(PEOPLE, [], "country"),
                ParameterError,
                "`metrics` must name one or several metrics, each of them once, got []",
            ),
            (
                lambda: breakdown.metrics(PEOPLE, "revenue", "country", method="exact"),
                ParameterError,
                "`method` must be one of normal, t, percentile, bca, got 'exact'",
            ),
            (
                lambda: breakdown.metrics(PEOPLE, "revenue", "country", level=1.5),
                ParameterError,
                "`level` must lie between 0 and 1, got 1.5",
            ),
            (
                lambda: breakdown.metrics(PEOPLE, breakdown.share("orders"), "country"),
                DataError,
                (
                    "column `orders` must hold True and False, or 1 and 0; row 1 has "
                    "2.0 (3 rows in all)"
                ),
            ),
            (
                lambda: breakdown.metrics({"g": [], "x": []}, "x", "g"),
                EmptyDataError,
                "there are no customers: the data have no rows",
            ),
            (
                lambda: breakdown.metrics(
                    {"g": ["a", "b"], "x": [1.0, math.inf]}, "x", "g"
                ),
                DataError,
                "column `x` must hold finite numbers; row 1 has inf",
            ),
            (
                lambda: breakdown.metrics(
                    PEOPLE,
                    "customers",
                    "s",
                    attributes={"customer_id": [1, 1], "s": [1, 2]},
                ),
                DataError,
                (
                    "column `customer_id` must name each customer once; row 1 has "
                    "np.int64(1)\n\nHint: give one row a customer"
                ),
            ),
            (
                lambda: breakdown.metrics(
                    tn.Transactions(ORDERS, amount="amount"), "retention", "cohort"
                ),
                ParameterError,
                (
                    "`horizon` must say at which age customers are looked at, got "
                    "None\n\nHint: as in horizon='90 days'"
                ),
            ),
            (
                lambda: breakdown.metrics(tn.Transactions(ORDERS), "revenue", "cohort"),
                ParameterError,
                (
                    "`log` must have amounts, got a log without\n\n"
                    "Hint: Transactions(..., amount=...) names their column"
                ),
            ),
            (
                lambda: breakdown.metrics(
                    PEOPLE, "revenue", "country", horizon="9 days"
                ),
                ParameterError,
                "`horizon` must be left out where the data are no log, got '9 days'",
            ),
        ],
    )
    def test_messages(self, call, error, text):
        with pytest.raises(error) as caught:
            call()
        message = str(caught.value)
        if error is ColumnError:
            assert message.startswith(text)
        else:
            assert message == text
