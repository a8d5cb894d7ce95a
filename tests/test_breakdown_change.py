"""Why an average changed: by hand, against plain Python, with intervals that cover."""

import numpy as np
import pandas as pd
import polars as pl
import pytest
import tenure as tn
from hypothesis import given, settings
from hypothesis import strategies as st
from tenure import breakdown

ORDERS = {
    "year": [2023] * 4 + [2024] * 4,
    "kind": ["big", "big", "small", "small", "big", "small", "small", "small"],
    "amount": [100.0, 100.0, 20.0, 20.0, 110.0, 24.0, 24.0, 24.0],
}
LOG = {
    "customer_id": [1, 1, 2, 3, 1, 2, 2, 4],
    "date": [f"2024-01-{day:02}" for day in (1, 5, 6, 7)]
    + [f"2024-02-{day:02}" for day in (1, 2, 3, 4)],
    "amount": [10.0, 20.0, 40.0, 50.0, 30.0, 60.0, 60.0, 70.0],
    "land": ["DE", "DE", "FR", "FR", "DE", "FR", "FR", "DE"],
}
JANUARY, FEBRUARY = ("2024-01-01", "2024-01-31"), ("2024-02-01", "2024-02-29")


def by_name(result, name):
    """Return the rows of the segments, by their name."""
    frame = dict(result.columns)
    labels = frame[name].tolist()
    return {
        label: {key: values[row] for key, values in frame.items()}
        for row, label in enumerate(labels)
    }


class TestChangeByHand:
    def test_mix_and_rate_of_two_segments(self):
        # averages 60 and 45.5, 52.75 on average. Weights: big 1/2 to 1/4, small 1/2 to
        # 3/4; averages: big 100 to 110, small 20 to 24
        #   mix:  big -1/4 x (105 - 52.75) = -13.0625
        #         small 1/4 x (22 - 52.75) = -7.6875
        #   rate: big  3/8 x 10 = 3.75;                small 5/8 x 4 = 2.5
        result = breakdown.change(ORDERS, "amount", "kind", period="year")
        assert (result.before, result.after, result.change) == (60.0, 45.5, -14.5)
        assert (result.mix, result.rate) == (-20.75, 6.25)
        rows = by_name(result, "kind")
        assert (rows["big"]["mix"], rows["small"]["mix"]) == (-13.0625, -7.6875)
        assert (rows["big"]["rate"], rows["small"]["rate"]) == (3.75, 2.5)
        assert rows["(all)"]["effect"] == -14.5
        assert rows["big"]["weight_before"] == 0.5
        assert rows["big"]["weight_after"] == 0.25
        assert repr(result).splitlines()[1:4] == [
            (
                "amount went from 60.00 (2023) to 45.50 (2024): -14.50, of which "
                "-20.75 by mix and +6.25 within segments."
            ),
            "Within segments it went the other way.",
            "The largest part is that of big: -9.31 (-13.06 by mix, +3.75 within).",
        ]

    def test_a_segment_that_comes_is_all_mix(self):
        # before 10 (a only), after (10 + 30) / 2 = 20, 15 on average
        #   mix: a -1/2 x (10 - 15) = 2.5, b 1/2 x (30 - 15) = 7.5
        data = {"p": [1, 2, 2], "s": ["a", "a", "b"], "x": [10.0, 10.0, 30.0]}
        rows = by_name(breakdown.change(data, "x", "s", period="p"), "s")
        assert (rows["a"]["mix"], rows["b"]["mix"]) == (2.5, 7.5)
        assert rows["b"]["rate"] == rows["b"]["rate_lower"] == rows["b"]["rate_upper"]
        assert rows["b"]["rate"] == 0
        assert np.isnan(rows["b"]["average_before"])
        assert (rows["b"]["customers_before"], rows["b"]["customers_after"]) == (0, 1)
        assert rows["b"]["weight_before"] == 0

    def test_an_average_per_something(self):
        # 60 / 3 = 20 to 90 / 3 = 30. a: weights 1/3 to 2/3, averages 30 and 30; b: 2/3
        # to 1/3, averages 15 and 30
        #   mix 1/3 x 30 - 1/3 x 22.5 = 2.5; rate 1/2 x 15 = 7.5
        data = {
            "p": [1, 1, 2, 2],
            "s": ["a", "b"] * 2,
            "revenue": [30.0, 30.0, 60.0, 30.0],
            "orders": [1, 2, 2, 1],
        }
        result = breakdown.change(data, "revenue", "s", period="p", per="orders")
        assert result.what == "revenue per orders"
        assert (result.before, result.after) == (20.0, 30.0)
        assert result.mix == pytest.approx(2.5, abs=1e-12)  # rounding of thirds
        assert result.rate == pytest.approx(7.5, abs=1e-12)

    def test_a_log(self):
        # order value 120 / 4 = 30 in January, 220 / 4 = 55 in February; land is that of
        # the customer: DE 30 / 2 = 15 to 100 / 2 = 50, FR 90 / 2 = 45 to 120 / 2 = 60.
        # Weights stay at 1/2, so all is within: 1/2 x 35 + 1/2 x 15 = 25
        log = tn.Transactions(LOG, amount="amount", attributes=["land"])
        when = {"before": JANUARY, "after": FEBRUARY}
        result = breakdown.change(log, "order_value", "land", **when)
        assert (result.before, result.after) == (30.0, 55.0)
        assert (result.mix, result.rate) == (0.0, 25.0)
        # customers: 1, 2, 3 and then 1, 2, 4: orders of each 4/3 and 4/3
        often = breakdown.change(log, "purchase_frequency", "land", **when)
        assert often.before == often.after == 4 / 3
        # DE: weights 1/3 to 2/3, orders of each 2 to 1; FR: 2/3 to 1/3, 1 to 2
        #   mix 1/3 x 1.5 - 1/3 x 1.5 = 0; rate 1/2 x -1 + 1/2 x 1 = 0
        rows = by_name(often, "land")
        assert rows["DE"]["rate"] == pytest.approx(-0.5, abs=1e-12)
        assert rows["FR"]["rate"] == pytest.approx(0.5, abs=1e-12)
        assert rows["DE"]["customers_after"] == 2
        # the cohort of 4 is February: it is all mix
        worth = breakdown.change(log, "value_per_customer", "cohort", **when)
        assert by_name(worth, "cohort")["2024-02"]["rate"] == 0.0
        assert worth.mix + worth.rate == pytest.approx(220 / 3 - 40, abs=1e-12)

    def test_nothing_and_one_customer(self):
        data = {"p": [1, 2], "s": ["a", "a"], "x": [0.0, 0.0]}
        result = breakdown.change(data, "x", "s", period="p")
        assert result.change == result.mix == result.rate == 0
        one = breakdown.change(
            data | {"customer_id": [7, 7], "x": [1.0, 3.0]}, "x", "s", period="p"
        )
        # of one customer nothing is known about others
        assert one.rate == 2.0
        assert np.isnan(one.columns["rate_lower"]).all()
        assert "nan" not in repr(one)

    def test_few_draws_may_be_none(self):
        data = {"p": [1, 2], "s": ["a", "a"], "x": [1.0, 2.0]}
        result = breakdown.change(data, "x", "s", period="p", replicates=1)
        assert np.isnan(result.columns["mix_lower"]).all()


def test_a_table_of_many_segments_shows_those_that_matter():
    names = [f"s{place:02}" for place in range(40)]
    data = {"p": [1] * 40 + [2] * 40, "s": names * 2}
    data["x"] = [0.0] * 40 + [float(place) for place in range(40)]
    lines = repr(breakdown.change(data, "x", "s", period="p", replicates=9)).split("\n")
    assert lines[-1] == "10 segments with smaller parts not shown"
    assert [line[:3] for line in lines[-31:-1]] == names[10:]


rows_of_periods = st.lists(
    st.tuples(
        st.sampled_from([1, 2]),
        st.sampled_from("abc"),
        st.integers(-30, 99),
        st.integers(1, 3),
        st.integers(0, 5),
    ),
    min_size=2,
    max_size=30,
).filter(lambda rows: {row[0] for row in rows} == {1, 2})


def frame_of(rows):
    columns = ("p", "s", "x", "n", "customer_id")
    return {name: [row[i] for row in rows] for i, name in enumerate(columns)}


def plainly(rows):
    """Return mix and rate by segment, as the definition says it."""
    names = sorted({row[1] for row in rows})
    above = {(p, s): 0.0 for p in (1, 2) for s in names}
    below = dict(above)
    for p, s, x, n, _ in rows:
        above[p, s] += x
        below[p, s] += n
    base = {p: sum(below[p, s] for s in names) for p in (1, 2)}
    whole = [sum(above[p, s] for s in names) / base[p] for p in (1, 2)]
    found = {}
    for s in names:
        own = [above[p, s] / below[p, s] if below[p, s] else None for p in (1, 2)]
        own = [one if one is not None else own[1 - i] for i, one in enumerate(own)]
        w0, w1 = (below[p, s] / base[p] for p in (1, 2))
        mix = (w1 - w0) * (sum(own) / 2 - sum(whole) / 2)
        found[s] = mix, (w0 + w1) / 2 * (own[1] - own[0])
    return whole, found


@settings(max_examples=80, deadline=None)
@given(rows=rows_of_periods, seed=st.randoms(use_true_random=False))
def test_change_is_that_of_plain_python(rows, seed):
    options = {"period": "p", "per": "n", "replicates": 20}
    result = breakdown.change(frame_of(rows), "x", "s", **options)
    whole, found = plainly(rows)
    # sums of at most 30 numbers below 100: errors of some 1e-14
    close = {"abs": 1e-10}
    assert [result.before, result.after] == pytest.approx(whole, **close)
    assert result.mix + result.rate == pytest.approx(result.change, **close)
    segments = by_name(result, "s")
    for s, parts in found.items():
        assert [segments[s]["mix"], segments[s]["rate"]] == pytest.approx(
            list(parts), **close
        )
    for part in ("mix", "rate", "effect"):
        whole_part = result.columns[part][0]
        assert result.columns[part][1:].sum() == pytest.approx(whole_part, **close)
    assert result.columns["weight_after"][1:].sum() == pytest.approx(1.0)
    # neither the order of rows nor the scale of money matters
    mixed = list(rows)
    seed.shuffle(mixed)
    cents = [(p, s, 100 * x, n, c) for p, s, x, n, c in mixed]
    again = breakdown.change(frame_of(cents), "x", "s", **options)
    assert again.mix == pytest.approx(100 * result.mix, abs=1e-8)
    assert again.rate == pytest.approx(100 * result.rate, abs=1e-8)


def test_families_agree():
    results = [
        breakdown.change(make(ORDERS), "amount", "kind", period="year")
        for make in (dict, pd.DataFrame, pl.DataFrame)
    ]
    assert isinstance(results[1].to_frame(), pd.DataFrame)
    assert isinstance(results[2].to_frame(), pl.DataFrame)
    for result in results[1:]:
        for name, values in results[0].columns.items():
            np.testing.assert_array_equal(values, result.columns[name])


def coverage_of_change(runs, n):
    """Return how often intervals hold the mix and the rate of the population.

    Weights of a 0.5 to 0.3, averages 10 to 12 and of b 20 to 25: the mix is
    -0.2 x 11 + 0.2 x 22.5 = 2.3, the rate 0.4 x 2 + 0.6 x 5 = 3.8.
    """
    rng = np.random.default_rng(11)
    hits = {"mix": 0, "rate": 0}
    period = np.repeat([1, 2], n)
    for run in range(runs):
        second = rng.random(2 * n) < np.where(period == 1, 0.5, 0.7)
        mean = np.where(second, 20.0, 10.0) + (period == 2) * np.where(second, 5.0, 2.0)
        data = {
            "p": period,
            "s": np.where(second, "b", "a").astype(object),
            "x": rng.gamma(4.0, mean / 4),
        }
        result = breakdown.change(data, "x", "s", period="p", replicates=200, seed=run)
        for part, truth in (("mix", 2.3), ("rate", 3.8)):
            ends = [result.columns[f"{part}_{end}"][0] for end in ("lower", "upper")]
            hits[part] += ends[0] <= truth <= ends[1]
    return [count / runs for count in hits.values()]


def test_intervals_of_change_cover_quickly():
    """Three standard errors of 300 runs at 0.9 are 0.052."""
    for share in coverage_of_change(300, 100):
        assert 0.848 <= share <= 0.952


@pytest.mark.slow
def test_intervals_of_change_cover():
    for share in coverage_of_change(2000, 150):
        assert 0.87 <= share <= 0.93
