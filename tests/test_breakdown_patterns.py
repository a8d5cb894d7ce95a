"""How customers buy, and what they are worth in all: by hand, identities, coverage."""

import math

import numpy as np
import pandas as pd
import polars as pl
import pytest
import tenure as tn
from hypothesis import given, settings
from hypothesis import strategies as st
from tenure import breakdown
from tenure.exceptions import ColumnError, EmptyDataError, ParameterError

START = np.datetime64("2024-01-01")  # a Monday
BOUGHT = {
    # 1 buys on days 0, 10 and 30, 2 on days 0 and 20; the last day observed is day 40
    "customer_id": [1, 1, 1, 2, 2],
    "date": [str(START + day) for day in (0, 10, 30, 0, 20)],
    "amount": [10.0, 20.0, 30.0, 5.0, 9.0],
    "land": ["DE", "DE", "DE", "FR", "FR"],
}
AS_OF = str(START + 40)


def log_of(data=BOUGHT, **options):
    return tn.Transactions(data, amount="amount", attributes=["land"], **options)


class TestPatternsByHand:
    def test_gaps(self):
        # gaps of 10, 20 (1) and 20 (2) days, open ones of 10 and 20. After 10 days 4/5
        # are left; of the three that are known so long two end at 20: 4/5 x 1/3 = 4/15
        found = breakdown.buying_patterns(log_of(), as_of=AS_OF)
        assert found["median_gap"] == 20.0
        assert (found.customers, found.purchases) == (2, 5)
        assert (found["gaps"], found["open_gaps"]) == (3, 2)
        # deviations from 50/3 are -20/3, 10/3, 10/3: variance 100/3
        assert found["cv"] == pytest.approx(math.sqrt(100 / 3) / (50 / 3))
        # one customer has two gaps, none has three
        assert np.isnan(found["regularity"])
        assert np.isnan(found["cv_own"])

    def test_the_median_without_open_gaps_would_be_shorter(self):
        # gaps of 1, and of 8 and 9 that are open: 2/3 are left after day 1
        data = {"customer_id": [1, 1, 2], "date": [str(START + d) for d in (0, 1, 0)]}
        found = breakdown.buying_patterns(tn.Transactions(data), as_of=str(START + 9))
        assert found["median_gap"] == np.inf
        assert found.sentences()[0] == (
            "Fewer than half of the gaps have ended: most do not come back."
        )

    def test_spend_within_customers(self):
        # of 1: orders -1, 0, 1 from the mean, spend -10, 0, 10; of 2: -1/2, 1/2 and
        # -2, 2: (20 + 2) / (2 + 1/2) = 8.8
        found = breakdown.buying_patterns(log_of(), as_of=AS_OF)
        assert found["spend_slope"] == pytest.approx(8.8)
        # sums of residuals: 1: 20 - 8.8 x 2 = 2.4; 2: 2 - 8.8 / 2 = -2.4, so that the
        # error is sqrt(2 x 2.4^2 x 2 / 1) / 2.5
        reach = 1.6448536269514722 * math.sqrt(4 * 2.4**2) / 2.5
        assert found["spend_slope_upper"] == pytest.approx(8.8 + reach)

    def test_regularity_of_two_customers(self):
        # first gaps are 1/4 and 1/2 of the first two: squares of deviations 1/16 and 0,
        # mean v = 1/32, k = (1 - 1/8) / (8/32) = 3.5
        days = (0, 10, 40, 0, 20, 40)
        data = {
            "customer_id": [1] * 3 + [2] * 3,
            "date": [str(START + day) for day in days],
        }
        found = breakdown.buying_patterns(tn.Transactions(data))
        assert found["regularity"] == pytest.approx(3.5)

    def test_own_variation(self):
        # gaps 10, 20, 30: standard deviation 10, mean 20
        data = {
            "customer_id": [1] * 4,
            "date": [str(START + d) for d in (0, 10, 30, 60)],
        }
        found = breakdown.buying_patterns(tn.Transactions(data))
        assert found["cv_own"] == 0.5
        assert np.isnan(found["cv_own_lower"])

    def test_groups(self):
        found = breakdown.buying_patterns(log_of(), by="land", as_of=AS_OF)
        frame = found.to_frame()
        assert frame["land"].tolist() == ["(all)", "DE", "FR"]
        assert frame["purchases"].tolist() == [5, 3, 2]
        # DE: 10 and 20, 10 open: 2/3, and then nothing; FR: 20, 20 open: 1/2
        assert frame["median_gap"].tolist() == [20.0, 20.0, 20.0]
        lands = pd.DataFrame({"customer_id": [2, 1], "where": ["west", "east"]})
        other = breakdown.buying_patterns(
            log_of(), by="where", attributes=lands, as_of=AS_OF
        ).to_frame()
        assert other["where"].tolist() == ["(all)", "east", "west"]
        np.testing.assert_array_equal(other["spend_slope"], frame["spend_slope"])

    def test_only_what_was_seen_by_then(self):
        found = breakdown.buying_patterns(log_of(), as_of=str(START + 19))
        assert (found.purchases, found["gaps"], found["open_gaps"]) == (3, 1, 2)
        assert found.profile("month")["purchases"].sum() == 3


class TestProfiles:
    def test_weekdays_and_months(self):
        # days 0 and 0 are Mondays; 10 a Thursday, 20 a Sunday, 30 a Wednesday
        found = breakdown.buying_patterns(log_of(), by="land", as_of=AS_OF)
        frame = found.profile("weekday")
        assert frame["purchases"][:7].tolist() == [2, 0, 1, 1, 0, 0, 1]
        assert frame["share"][:7].sum() == pytest.approx(1.0)
        assert frame["index"][0] == pytest.approx(280.0)
        assert frame["weekday"][:3].tolist() == ["Mon", "Tue", "Wed"]
        for group in range(3):
            own = frame["share"][7 * group : 7 * group + 7]
            assert own.sum() == pytest.approx(1.0)
        assert found.profile("month")["purchases"][:12].tolist() == [5] + [0] * 11

    def test_hours(self):
        data = BOUGHT | {
            "date": [f"{one}T{7 + i:02}:30" for i, one in enumerate(BOUGHT["date"])]
        }
        found = breakdown.buying_patterns(log_of(data, merge=None))
        hours = found.profile("hour")["purchases"]
        assert np.flatnonzero(hours).tolist() == [7, 8, 9, 10, 11]
        with pytest.raises(ParameterError) as caught:
            breakdown.buying_patterns(log_of()).profile("hour")
        assert str(caught.value) == (
            "`clock` must be 'weekday' or 'month' where purchases have no time of day, "
            "got 'hour'\n\nHint: group the log with merge=\"order\" or merge=None"
        )


def test_one_customer_and_one_purchase():
    data = {name: values[:1] for name, values in BOUGHT.items()}
    found = breakdown.buying_patterns(log_of(data))
    assert (found["median_gap"], found["open_gaps"]) == (np.inf, 1)
    for name in ("regularity", "spend_slope", "cv"):
        assert np.isnan(found[name])
    assert "Fewer than half" in repr(found)
    assert "nan" not in repr(found)


@settings(max_examples=40, deadline=None)
@given(seed=st.randoms(use_true_random=False), scale=st.sampled_from([0.01, 1e6]))
def test_rows_families_and_scales(seed, scale):
    order = list(range(5))
    seed.shuffle(order)
    mixed = {name: [values[row] for row in order] for name, values in BOUGHT.items()}
    mixed["amount"] = [scale * one for one in mixed["amount"]]
    plain = breakdown.buying_patterns(log_of(), as_of=AS_OF, replicates=20)
    for make, kind in ((pd.DataFrame, pd.DataFrame), (pl.DataFrame, pl.DataFrame)):
        found = breakdown.buying_patterns(
            log_of(make(mixed)), as_of=AS_OF, replicates=20
        )
        assert isinstance(found.to_frame(), kind)
        for name, values in plain.columns.items():
            if name.startswith("spend"):
                np.testing.assert_allclose(found.columns[name], scale * values)
            else:
                np.testing.assert_array_equal(found.columns[name], values)


def coverage(runs, replicates):
    """Return how often intervals hold the truth of gamma gaps of shape 2.

    Their mean is 200 days (the median 167.8): days, and that orders of a day are one,
    matter little. Spend grows by 0.5 from order to order.
    """
    rng = np.random.default_rng(5)
    truth = {"median_gap": 200 / 2 * 1.6783469900166605, "regularity": 2.0}
    truth["spend_slope"] = 0.5
    hits = dict.fromkeys(truth, 0)
    for run in range(runs):
        gaps = rng.gamma(2.0, 100.0, (80, 30))
        gaps[:, 0] = rng.uniform(0, 200, 80)
        days = np.cumsum(gaps, axis=1)
        rows, number = np.nonzero(days < 1500)
        base = rng.gamma(5.0, 4.0, 80)
        data = {
            "customer_id": rows,
            "date": START + days[rows, number].astype(np.int64),
            "amount": base[rows] + 0.5 * number + rng.normal(5.0, 1.0, len(rows)),
        }
        log = tn.Transactions(data, amount="amount")
        found = breakdown.buying_patterns(
            log, as_of=str(START + 1499), replicates=replicates, seed=run
        )
        for name, one in truth.items():
            hits[name] += found[f"{name}_lower"] <= one <= found[f"{name}_upper"]
    return {name: count / runs for name, count in hits.items()}


def test_intervals_cover_quickly():
    """Three standard errors of 200 runs at 0.9 are 0.064."""
    for name, share in coverage(200, 60).items():
        assert 0.836 <= share <= 0.964, name


@pytest.mark.slow
def test_intervals_cover():
    for name, share in coverage(1500, 300).items():
        assert 0.87 <= share <= 0.93, name


@pytest.mark.parametrize(
    ("options", "error", "text"),
    [
        ({"level": 2}, ParameterError, "`level` must lie between 0 and 1, got 2"),
        (
            {"replicates": 0},
            ParameterError,
            "`replicates` must be a whole number of at least 1, got 0",
        ),
        ({"by": "town"}, ColumnError, "unknown column 'town'.\n\nColumns: 'land'"),
        (
            {"as_of": "2023-01-01"},
            EmptyDataError,
            (
                "no customer had bought by 2023-01-01\n\n"
                "Hint: choose a date after the first purchase of the log"
            ),
        ),
    ],
)
def test_bad_input(options, error, text):
    with pytest.raises(error) as caught:
        breakdown.buying_patterns(log_of(), **options)
    assert str(caught.value) == text
    with pytest.raises(ParameterError) as caught:
        breakdown.buying_patterns(log_of()).profile("year")
    assert (
        str(caught.value) == "`clock` must be 'weekday', 'hour' or 'month', got 'year'"
    )
