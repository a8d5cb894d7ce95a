"""Money cells of cohorts where few spend most: drawn anew, winsorised, medians."""

import numpy as np
import pandas as pd
import polars as pl
import pytest
import tenure as tn
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import stats
from tenure.cohorts._members import lower_rank
from tenure.exceptions import ParameterError


def spent(amounts, *, returns=(), family=dict):
    """Return cohorts of January: first orders, and second ones in February."""
    ids = [*range(len(amounts)), *[who for who, _ in returns]]
    days = ["2024-01-10"] * len(amounts) + ["2024-02-10"] * len(returns)
    values = [*amounts, *[amount for _, amount in returns]]
    frame = {"customer_id": ids, "date": days, "amount": np.array(values, float)}
    log = tn.Transactions(family(frame), amount="amount")
    return log.cohorts("month", as_of="2024-02-29")


class TestByHand:
    AMOUNTS = (1.0, 2.0, 3.0, 4.0, 5.0, 6.0, 7.0, 8.0, 9.0, 955.0)

    def test_winsorised(self):
        """One of ten at either end: 2, 2, 3, ..., 8, 9, 9 have the mean 5.5."""
        table = spent(self.AMOUNTS).values(
            per="acquired", statistic="winsorised", trim=0.1
        )
        kept = np.array([2, 2, 3, 4, 5, 6, 7, 8, 9, 9])
        assert table.value[0, 0] == 5.5
        # nine tenths of the members are n - 1 = 9, of the 8 left h - 1 = 7
        error = kept.std(ddof=1) / np.sqrt(10) * 9 / 7
        assert table.standard_error[0, 0] == pytest.approx(error)
        z = stats.norm.ppf(0.975)
        assert table.ci_low[0, 0] == pytest.approx(5.5 - z * error)
        whole = spent(self.AMOUNTS).values(statistic="winsorised", trim=0.1)
        assert whole.value[0, 0] == 55.0
        assert whole.standard_error[0, 0] == pytest.approx(10 * error)
        assert whole.title == "revenue, winsorised"

    def test_nothing_trimmed_is_the_mean(self):
        ours, theirs = (
            spent(self.AMOUNTS).values(per="acquired", **settings)
            for settings in ({"statistic": "winsorised", "trim": 0.0}, {})
        )
        for name in ("value", "ci_low", "ci_high", "standard_error"):
            assert getattr(ours, name)[0, 0] == pytest.approx(
                getattr(theirs, name)[0, 0]
            )

    def test_medians(self):
        """Of ten values the second and the ninth hold the median with 97.9 %."""
        table = spent(self.AMOUNTS, returns=[(0, 50.0), (3, 70.0)]).values(
            per="acquired", statistic="median"
        )
        assert table.value[0].tolist() == [5.5, 0.0]
        assert (table.ci_low[0, 0], table.ci_high[0, 0]) == (2.0, 9.0)
        assert np.isnan(table.standard_error).all()
        active = spent(self.AMOUNTS, returns=[(0, 50.0), (3, 70.0)]).values(
            per="active", statistic="median"
        )
        assert active.value[0].tolist() == [5.5, 60.0]
        # two values say nothing about where the median is at this level
        assert np.isnan(active.ci_low[0, 1])
        assert active.title == "median revenue per active customer"
        assert "median revenue" in repr(active)

    def test_cumulative_medians_are_of_what_each_has_spent(self):
        cohorts = spent((1.0, 2.0, 3.0), returns=[(0, 10.0)])
        table = cohorts.lifetime_value(statistic="median")
        # 1, 2, 3 and then 11, 2, 3
        assert table.value[0].tolist() == [2.0, 3.0]

    def test_drawn_anew(self):
        """Two members: a draw has the mean 0, 5 or 10 with 1/4, 1/2 and 1/4."""
        table = spent((0.0, 10.0)).values(
            per="acquired", interval="bootstrap", level=0.4, draws=4000
        )
        assert table.value[0, 0] == 5.0
        assert (table.ci_low[0, 0], table.ci_high[0, 0]) == (5.0, 5.0)
        wide = spent((0.0, 10.0)).values(
            per="acquired", interval="bootstrap", level=0.6, draws=4000
        )
        assert (wide.ci_low[0, 0], wide.ci_high[0, 0]) == (0.0, 10.0)
        assert table.standard_error[0, 0] == pytest.approx(np.sqrt(12.5), rel=0.03)
        one = spent((4.0,)).values(per="acquired", interval="bootstrap")
        assert one.value[0, 0] == 4.0
        assert np.isnan(one.ci_low[0, 0])


DAYS = st.integers(0, 400)
LOGS = st.dictionaries(
    st.integers(1, 9),
    st.lists(st.tuples(DAYS, st.integers(-5, 40)), min_size=1, max_size=6),
    min_size=1,
)


class TestAgainstTheSums:
    @pytest.mark.parametrize(
        ("per", "cumulative"),
        [
            ("cohort", False),
            ("cohort", True),
            ("acquired", False),
            ("acquired", True),
            ("active", False),
            ("order", False),
        ],
    )
    @settings(max_examples=15, deadline=None)
    @given(
        lives=LOGS,
        incomplete=st.sampled_from(["mask", "eligible", "flag"]),
        grain=st.sampled_from([{}, {"elapsed": "30 days"}, {"by": "plan"}]),
    )
    def test_members_add_up(self, per, cumulative, lives, incomplete, grain):
        """What members are worth one by one is what the table sums up."""
        rows = [(c, day, float(v)) for c, own in lives.items() for day, v in own]
        first = [(c, min(day for day, _ in own), 9.0) for c, own in lives.items()]
        ids, days, amounts = (list(x) for x in zip(*(first + rows), strict=True))
        data = {
            "customer_id": ids,
            "date": (np.datetime64("2023-01-15") + np.array(days)).astype(str),
            "amount": amounts,
            "plan": ["odd" if one % 2 else "even" for one in ids],
        }
        log = tn.Transactions(data, amount="amount", attributes=["plan"])
        cohorts = log.cohorts("month", as_of="2024-03-10", **grain)
        chosen = {"per": per, "cumulative": cumulative, "incomplete": incomplete}
        plain = cohorts.values(**chosen)
        ours = cohorts.values(interval="bootstrap", draws=20, **chosen)
        assert np.isclose(ours.value, plain.value, atol=1e-9, equal_nan=True).all()
        assert np.array_equal(ours.status, plain.status)
        if per == "acquired":
            capped = cohorts.values(statistic="winsorised", trim=0.0, **chosen)
            for name in ("value", "standard_error", "ci_low", "ci_high"):
                assert np.isclose(
                    getattr(capped, name),
                    getattr(plain, name),
                    atol=1e-6,
                    equal_nan=True,
                ).all()

    @settings(max_examples=40, deadline=None)
    @given(
        amounts=st.lists(st.integers(0, 60), min_size=2, max_size=60),
        trim=st.floats(0, 0.45),
    )
    def test_as_scipy(self, amounts, trim):
        table = spent(amounts).values(per="acquired", statistic="winsorised", trim=trim)
        g = int(trim * len(amounts)) / len(amounts)
        kept = stats.mstats.winsorize(np.array(amounts, float), limits=(g + 1e-9,) * 2)
        assert table.value[0, 0] == pytest.approx(kept.mean())
        median = spent(amounts).values(per="acquired", statistic="median")
        assert median.value[0, 0] == np.median(amounts)

    @settings(max_examples=60, deadline=None)
    @given(n=st.integers(1, 3000), level=st.sampled_from([0.5, 0.8, 0.9, 0.95, 0.99]))
    def test_ranks_by_the_binomial_distribution(self, n, level):
        rank = lower_rank(n, level)
        half = (1 - level) / 2
        coins = stats.binom(n, 0.5)
        if rank is None:
            assert coins.cdf(0) > half
        else:
            assert coins.cdf(rank) <= half * (1 + 1e-9)
            assert coins.cdf(rank + 1) > half * (1 - 1e-9) or rank + 1 > n // 2


class TestHeavyTails:
    def covered(self, runs, size, draw, truth, **settings):
        held = 0
        for run in range(runs):
            amounts = draw(np.random.default_rng(run), size)
            table = spent(amounts).values(per="acquired", level=0.9, **settings)
            held += table.ci_low[0, 0] <= truth <= table.ci_high[0, 0]
        return held / runs

    def test_intervals_hold_the_truth_as_often_as_they_say(self):
        """90 %, of lognormal spend; a median's interval holds it at least so often."""

        def draw(rng, size):
            return rng.lognormal(3.0, 0.8, size)

        mean = np.exp(3.0 + 0.32)
        drawn = self.covered(300, 150, draw, mean, interval="bootstrap", draws=400)
        assert 0.85 <= drawn <= 0.93
        assert self.covered(300, 150, draw, np.exp(3.0), statistic="median") >= 0.87

    def test_one_large_order_moves_no_winsorised_value(self):
        rng = np.random.default_rng(3)
        amounts = rng.lognormal(3.0, 0.5, 400)
        plain = spent(amounts)
        large = spent([*amounts[:-1], 1e6])
        mean, capped = (
            abs(
                large.values(per="acquired", statistic=statistic).value[0, 0]
                / plain.values(per="acquired", statistic=statistic).value[0, 0]
                - 1
            )
            for statistic in ("mean", "winsorised")
        )
        assert mean > 50
        assert capped < 0.02


class TestAverages:
    def test_of_winsorised_values(self):
        cohorts = spent((1.0, 2.0, 3.0, 100.0), returns=[(0, 5.0)])
        table = cohorts.lifetime_value(statistic="winsorised", trim=0.25)
        assert table.average()["value"][0] == table.value[0, 0] == 2.5

    def test_medians_have_none(self):
        table = spent((1.0, 2.0)).values(per="acquired", statistic="median")
        with pytest.raises(ParameterError) as caught:
            table.average()
        assert str(caught.value) == (
            "`statistic` must be 'mean' or 'winsorised' for an average, got 'median'"
        )


REFUSED = {
    "`statistic` must be 'mean', 'winsorised' or 'median', got 'mode'": {
        "statistic": "mode"
    },
    "`interval` must be 'delta' or 'bootstrap', got 't'": {"interval": "t"},
    "`trim` must lie from 0 to below 0.5, got 0.5": {"trim": 0.5},
    "`draws` must be at least 2, got 1": {"draws": 1},
    "`interval` must be left out for medians, whose interval is one of ranks, got "
    "'bootstrap'": {"statistic": "median", "interval": "bootstrap", "per": "acquired"},
    "`per` must be 'acquired' or 'active' for medians, got 'cohort'": {
        "statistic": "median"
    },
    "`per` must be 'cohort', 'acquired' or 'active' for winsorised values, got "
    "'order'": {"statistic": "winsorised", "per": "order"},
}


@pytest.mark.parametrize(("text", "chosen"), REFUSED.items())
def test_what_cannot_be_is_refused(text, chosen):
    with pytest.raises(ParameterError) as caught:
        spent((1.0, 2.0)).values(**chosen)
    assert str(caught.value) == text


def test_seeds_and_families():
    amounts = np.random.default_rng(1).lognormal(3, 1, 60)
    chosen = {"per": "acquired", "interval": "bootstrap", "draws": 50}
    ours, theirs, others = (
        spent(amounts).values(seed=seed, **chosen).ci_low for seed in (1, 1, 2)
    )
    assert np.array_equal(ours, theirs, equal_nan=True)
    assert not np.array_equal(ours, others, equal_nan=True)
    for family in (pd.DataFrame, pl.DataFrame):
        frame = spent(amounts, family=family).values(seed=1, **chosen).to_frame()
        assert isinstance(frame, family)
        assert np.asarray(frame["ci_low"])[0] == ours[0, 0]
