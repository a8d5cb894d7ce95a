"""Curves and tests of time to an event: slow references, identities, bad input."""

from __future__ import annotations

import copy
import math
import pickle

import numpy as np
import pandas as pd
import polars as pl
import pyarrow as pa
import pytest
import tenure as tn
from hypothesis import given
from hypothesis import strategies as st
from sklearn.base import clone
from tenure.exceptions import (
    ColumnError,
    DataError,
    EmptyDataError,
    EstimateWarning,
    LengthError,
    NotFittedError,
    ParameterError,
)

ROWS = st.lists(
    st.tuples(st.integers(1, 12), st.booleans(), st.integers(0, 11), st.integers(1, 3)),
    min_size=1,
    max_size=40,
)
"""Duration, event, entry (made smaller than the duration), weight."""


def columns_of(rows):
    durations, events, entry, weights = map(np.array, zip(*rows, strict=True))
    return durations, events, np.minimum(entry, durations - 1), weights


def slow_curve(durations, events, entry=None, weights=None):
    """Kaplan-Meier and Greenwood's sums in plain Python, one time after the other."""
    entry = [-1] * len(durations) if entry is None else entry
    weights = [1] * len(durations) if weights is None else weights
    rows = list(zip(durations, events, entry, weights, strict=True))
    survival, total, curve = 1.0, 0.0, {}
    for time in sorted({t for t, seen, _, _ in rows if seen}):
        n = sum(w for t, _, begin, w in rows if begin < time <= t)
        d = sum(w for t, seen, _, w in rows if seen and t == time)
        survival *= 1 - d / n
        total = total + d / (n * (n - d)) if n > d else math.inf
        curve[time] = (survival, total)
    return curve


@pytest.mark.filterwarnings("ignore::tenure.exceptions.EstimateWarning")
class TestKaplanMeier:
    @given(ROWS)
    def test_slow_reference(self, rows):
        durations, events, entry, weights = columns_of(rows)
        for begin, many in (
            (None, None),
            (entry, None),
            (None, weights),
            (entry, weights),
        ):
            km = tn.KaplanMeier().fit(durations, events, entry=begin, weights=many)
            [curve] = km.curves_
            for time, (s, total) in slow_curve(durations, events, begin, many).items():
                place = np.searchsorted(curve.timeline, time)
                assert curve.timeline[place] == time
                np.testing.assert_allclose(curve.estimate[place], s, rtol=1e-12)
                if s > 0:
                    np.testing.assert_allclose(curve.spread[place], total, rtol=1e-12)

    @given(ROWS)
    def test_without_censoring_it_is_the_share_that_is_left(self, rows):
        durations = columns_of(rows)[0]
        [curve] = tn.KaplanMeier().fit(durations).curves_
        left = [(durations > time).mean() for time in curve.timeline]
        np.testing.assert_allclose(curve.estimate, left, rtol=1e-12, atol=1e-15)

    @given(ROWS, st.randoms(use_true_random=False))
    def test_no_bit_depends_on_the_order_of_rows(self, rows, random):
        shuffled = list(rows)
        random.shuffle(shuffled)
        tables = []
        for order in (rows, shuffled):
            durations, events, entry, weights = columns_of(order)
            km = tn.KaplanMeier().fit(
                durations, events, entry=entry, weights=weights / 7
            )
            tables.append(km.event_table)
        for name in tables[0]:
            np.testing.assert_array_equal(tables[0][name], tables[1][name])

    @given(ROWS)
    def test_weights_are_repeated_rows(self, rows):
        durations, events, entry, weights = columns_of(rows)
        once = tn.KaplanMeier().fit(durations, events, entry=entry, weights=weights)
        often = tn.KaplanMeier().fit(
            *(np.repeat(column, weights) for column in (durations, events)),
            entry=np.repeat(entry, weights),
        )
        for name, values in once.event_table.items():
            np.testing.assert_allclose(values, often.event_table[name], rtol=1e-12)

    @given(ROWS)
    def test_counting_and_sorting_agree(self, rows):
        durations, events, _, _ = columns_of(rows)
        counted = tn.KaplanMeier().fit(durations, events).event_table
        for same in (durations.astype(float), durations + 0.0, durations * 10**9):
            scale = same[0] / durations[0]
            table = tn.KaplanMeier().fit(same, events.astype(float)).event_table
            for name, values in table.items():
                factor = scale if name == "timeline" else 1
                np.testing.assert_allclose(values, counted[name] * factor, rtol=1e-14)

    def test_many_continuous_durations(self):
        rng = np.random.default_rng(4)
        durations = rng.exponential(300, 50_000)
        durations[::9] = durations[0]
        events = rng.random(50_000) < 0.6
        [curve] = tn.KaplanMeier().fit(durations, events).curves_
        times, d = np.unique(durations[events], return_counts=True)
        n = len(durations) - np.searchsorted(np.sort(durations), times)
        places = np.searchsorted(curve.timeline, times)
        np.testing.assert_allclose(
            curve.estimate[places], np.cumprod(1 - d / n), rtol=1e-10
        )
        assert curve.censored.sum() == (~events).sum()

    def test_groups_are_fits_of_their_own(self):
        rng = np.random.default_rng(1)
        data = {
            "t": rng.integers(1, 30, 300),
            "e": rng.random(300) < 0.5,
            "plan": rng.choice(["basic", "plus"], 300),
        }
        both = tn.KaplanMeier().fit(data, "e", durations="t", by="plan")
        assert both.labels_ == ["basic", "plus"]
        for curve in both.curves_:
            rows = data["plan"] == curve.label
            [alone] = tn.KaplanMeier().fit(data["t"][rows], data["e"][rows]).curves_
            np.testing.assert_array_equal(curve.estimate, alone.estimate)
        wide = both.survival_function_
        assert list(wide) == ["timeline", "basic", "plus"]
        assert list(both.confidence_interval_)[1:] == [
            f"{plan} {end}" for plan in ("basic", "plus") for end in ("lower", "upper")
        ]

    def test_quantiles_and_their_intervals(self):
        # 1 to 8 without censoring: half have had the event at 4, when S is exactly 1/2
        km = tn.KaplanMeier(band="plain").fit(np.arange(1, 9))
        assert km.median_survival_time_ == 4.0
        table = km.quantiles([0.25, 0.5, 0.875])
        np.testing.assert_array_equal(table["time"], [2, 4, 7])
        # S(t) +- 1.96 sqrt(S (1 - S) / 8): the lower end is at most 1/2 from t = 2 on
        assert table["lower"][1] == 2.0
        assert table["upper"][1] == 7.0
        assert math.isinf(
            tn.KaplanMeier().fit([3, 4], [1, 0]).quantiles([0.9])["time"][0]
        )

    def test_restricted_mean_without_censoring_is_a_mean(self):
        rng = np.random.default_rng(2)
        durations = rng.exponential(10, 400)
        km = tn.KaplanMeier().fit(durations)
        table = km.restricted_mean(12.0)
        cut = np.minimum(durations, 12.0)
        assert table["restricted_mean"][0] == pytest.approx(cut.mean(), rel=1e-12)
        assert table["std_error"][0] == pytest.approx(cut.std() / 20, rel=1e-9)

    def test_difference_of_restricted_means(self):
        rng = np.random.default_rng(3)
        durations = rng.exponential(np.repeat([5.0, 9.0], 2000))
        by = np.repeat(["a", "b"], 2000)
        km = tn.KaplanMeier().fit(durations, durations < 20, by=by)
        means = km.restricted_mean(10)
        found = km.restricted_mean_difference(10)
        [difference] = found["difference"]
        assert difference == np.diff(means["restricted_mean"])[0]
        assert found["std_error"][0] == pytest.approx(np.hypot(*means["std_error"]))
        true = [scale * (1 - math.exp(-10 / scale)) for scale in (5, 9)]
        assert found["lower"][0] < true[1] - true[0] < found["upper"][0]

    def test_times_after_the_last_are_unknown(self):
        km = tn.KaplanMeier().fit([1, 2, 3], [1, 1, 0])
        np.testing.assert_allclose(
            km.predict([0, 1.5, 3, 3.1])["survival"], [1, 2 / 3, 1 / 3, np.nan]
        )
        km = tn.KaplanMeier().fit([1, 2])
        assert km.predict(9)["survival"][0] == 0.0

    def test_bands_hold_the_truth_as_often_as_they_say(self):
        rng = np.random.default_rng(5)
        held = 0
        for _ in range(400):
            true, gone = rng.exponential(1, (2, 60))
            km = tn.KaplanMeier().fit(np.minimum(true, gone), true <= gone)
            found = km.predict(0.7, interval=0.9)
            held += found["lower"][0] <= math.exp(-0.7) <= found["upper"][0]
        # four standard errors of a share of 0.9 among 400
        assert abs(held / 400 - 0.9) < 4 * math.sqrt(0.09 / 400)


def test_everybody_gone_early_is_said():
    with pytest.warns(EstimateWarning) as caught:
        tn.KaplanMeier().fit([2, 5, 6], [1, 1, 0], entry=[0, 3, 3])
    assert str(caught[0].message) == (
        "everybody at risk at 2 has the event then, so that the curve is 0 from there "
        "on, although others enter later; begin where enough are at risk"
    )


class TestNelsonAalen:
    @given(ROWS)
    def test_it_is_below_minus_the_logarithm_of_survival(self, rows):
        durations, events, _, _ = columns_of(rows)
        [km] = tn.KaplanMeier().fit(durations, events).curves_
        [once] = tn.NelsonAalen(ties="at-once").fit(durations, events).curves_
        [one] = tn.NelsonAalen().fit(durations, events).curves_
        with np.errstate(divide="ignore"):
            assert (once.estimate <= -np.log(km.estimate) + 1e-12).all()
        assert (once.estimate <= one.estimate + 1e-12).all()

    def test_smoothed_hazard_of_exponential_durations_is_flat(self):
        durations = np.random.default_rng(6).exponential(4, 40_000)
        na = tn.NelsonAalen().fit(durations)
        hazard = na.smoothed_hazard(1.0, [2, 3, 4])["hazard"]
        np.testing.assert_allclose(hazard, 0.25, rtol=0.05)  # about 1 % of error each


@st.composite
def two_groups(draw):
    size = draw(st.integers(6, 40))
    seed = draw(st.integers(0, 10_000))
    rng = np.random.default_rng(seed)
    by = rng.integers(0, 2, size)
    by[:2] = [0, 1]
    return (
        rng.permutation(size) + 1,
        rng.random(size) < 0.7,
        by,
        rng.integers(0, 2, size),
    )


class TestLogRank:
    @given(two_groups())
    def test_without_ties_it_is_the_score_test_of_cox(self, data):
        durations, events, by, strata = data
        table = {"t": durations, "e": events, "x": by, "s": strata}
        for within in (None, "s"):
            test = tn.log_rank(table, "e", durations="t", by="x", strata=within)
            try:
                cox = tn.Cox(penalty=1e-6).fit(
                    table, "e", durations="t", covariates=["x"], strata=within
                )
            except (EmptyDataError, ParameterError):
                continue
            score = cox.result_.score_statistic
            if test.degrees_of_freedom:
                # the penalty adds its strength to the information
                assert test.statistic == pytest.approx(score, rel=1e-3)

    def test_strata_add_up(self):
        """Scores and variances by hand: one stratum after the other."""
        rng = np.random.default_rng(7)
        table = {
            "t": rng.integers(1, 9, 200),
            "e": rng.random(200) < 0.6,
            "x": rng.integers(0, 2, 200),
            "s": rng.integers(0, 3, 200),
        }
        score = variance = 0.0
        for stratum in range(3):
            rows = table["s"] == stratum
            t, e, x = (table[name][rows] for name in ("t", "e", "x"))
            for time in np.unique(t[e]):
                n, n1 = (t >= time).sum(), ((t >= time) & (x == 1)).sum()
                d, d1 = ((t == time) & e).sum(), ((t == time) & e & (x == 1)).sum()
                score += d1 - d * n1 / n
                if n > 1:
                    variance += d * n1 / n * (1 - n1 / n) * (n - d) / (n - 1)
        test = tn.log_rank(table, "e", durations="t", by="x", strata="s")
        assert test.statistic == pytest.approx(score**2 / variance, rel=1e-12)

    def test_late_entry_leaves_the_absent_out(self):
        rng = np.random.default_rng(8)
        t, by = rng.integers(5, 30, 150), rng.integers(0, 3, 150)
        entry = rng.integers(0, 5, 150)
        # nobody has the event before all have entered: entry changes nothing
        early = tn.log_rank(t, by=by, entry=entry)
        late = tn.log_rank(t, by=by)
        assert early.statistic == pytest.approx(late.statistic, rel=1e-12)

    def test_a_group_without_variance_is_left_out(self):
        # the third group is censored before anything happens
        test = tn.log_rank([3, 4, 5, 6, 1], [1, 1, 1, 0, 0], by=[0, 1, 0, 1, 2])
        assert test.degrees_of_freedom == 1
        assert test.expected[2] == 0.0


class TestAalenJohansen:
    @given(ROWS)
    def test_incidences_and_survival_add_up_to_one(self, rows):
        durations, _, _, weights = columns_of(rows)
        causes = np.array([row[2] % 3 for row in rows])
        if not causes.any():
            return
        aj = tn.AalenJohansen().fit(durations, causes, weights=weights)
        [km] = tn.KaplanMeier().fit(durations, causes > 0, weights=weights).curves_
        total = sum(curve.incidence for curve in aj.curves_)
        np.testing.assert_allclose(total + km.estimate, 1.0, rtol=1e-12)
        for curve in aj.curves_:
            lower, upper = curve.band(0.95)
            assert (lower <= curve.incidence + 1e-12).all()
            assert (curve.incidence <= upper + 1e-12).all()

    def test_the_band_of_an_incidence_that_rounds_above_one(self):
        """Nothing overflows, which would be a warning: found by the property above."""
        aj = tn.AalenJohansen().fit([1, 1, 2, 2], [0, 2, 2, 2], weights=[2, 2, 3, 3])
        [curve] = aj.curves_
        for end in curve.band(0.95):
            assert end[-1] == curve.incidence[-1]

    def test_one_cause_is_one_minus_kaplan_meier(self):
        rng = np.random.default_rng(9)
        t, e = rng.integers(1, 20, 200), rng.integers(0, 2, 200)
        [one] = tn.AalenJohansen().fit(t, e).curves_
        [km] = tn.KaplanMeier().fit(t, e).curves_
        np.testing.assert_allclose(one.incidence, 1 - km.estimate, atol=1e-14)
        greenwood = km.estimate**2 * km.spread
        known = np.isfinite(greenwood)
        np.testing.assert_allclose(
            one.variance[known], greenwood[known], rtol=1e-10, atol=1e-16
        )

    def test_text_and_groups(self):
        months = [1, 2, 2, 3, 5, 6]
        ended = ["churn", "upgrade", "-", "churn", "-", "upgrade"]
        by = [True, True, False, False, True, False]
        aj = tn.AalenJohansen().fit(months, ended, by=by, censored="-")
        assert aj.causes_ == ["churn", "upgrade"]
        assert aj.labels_ == [False, True]
        table = aj.predict([2, 99])
        assert np.isnan(table["cumulative_incidence"][1::2]).all()
        assert repr(aj).startswith("AalenJohansen fitted to 2 kinds of events")


class TestBadInput:
    def message(self, error, *arguments, model=tn.KaplanMeier, **columns):
        with pytest.raises(error) as raised:
            model().fit(*arguments, **columns)
        return str(raised.value)

    def test_negative_durations(self):
        for values in ([3, -1, 2, -5], [3.0, -1.0, 2.0, -5.0]):
            assert self.message(DataError, values) == (
                "column `durations` must be finite and not negative; row 1 has -1 (2 "
                "rows in all)\n\nHint: a duration is the time from the start to the "
                "event, or to the last day seen"
            )

    def test_missing_durations(self):
        text = self.message(DataError, {"t": [1.0, None]}, durations="t")
        assert text.startswith(
            "column `t` must be finite and not negative; row 1 has NaN"
        )

    def test_events_that_are_none(self):
        data = {"t": [1, 2, 3], "e": [1, 2, 0]}
        assert self.message(DataError, data, "e", durations="t") == (
            "column `e` must be 0 (censored) or 1 (the event was seen); row 1 has 2\n\n"
            'Hint: compare with what marks the event, as in data["status"] == 2'
        )
        data["e"] = [1.0, 0.5, 0.0]
        assert "row 1 has 0.5" in self.message(DataError, data, "e", durations="t")

    def test_events_in_words(self):
        data = {"t": [1, 2], "e": ["yes", "no"]}
        text = self.message(ColumnError, data, "e", durations="t")
        assert text == (
            "column `e` must hold 0 and 1, or booleans, but holds text (object)\n\n"
            "Hint: compare with what marks the event, as in "
            'event_observed=data["x"] == "y"'
        )

    def test_end_before_start(self):
        data = {"start": [0, 5, 3], "stop": [4, 5, 2]}
        text = self.message(DataError, data, durations="stop", entry="start")
        assert text == (
            "column `stop` must be after `start`, when the row begins; row 1 has an "
            "end at 5 and a begin at 5 (2 rows in all)\n\nHint: a row is observed "
            "from its entry to its duration, both counted from the same start; leave "
            "out rows that end where they begin"
        )

    def test_nothing(self):
        assert self.message(EmptyDataError, []) == "there are no durations"
        text = self.message(EmptyDataError, [1, 2], weights=[0, 0])
        assert text == "no row counts: every value of `weights` is 0"

    def test_other_lengths(self):
        text = self.message(LengthError, [1, 2, 3], [1, 0])
        assert text == "column `event_observed` has 2 rows, but `durations` has 3"

    def test_groups(self):
        text = self.message(DataError, [1, 2], by=["a", None])
        assert text.startswith("column `by` must name the group of each row; row 1 has")
        with pytest.raises(ParameterError, match="at least two groups"):
            tn.log_rank([1, 2], by=[3, 3])

    def test_rows_of_a_group_are_counted_in_the_whole(self):
        text = self.message(DataError, [1, 2, -4], by=["b", "a", "a"])
        assert "row 2 has -4" in text

    def test_a_frame_needs_a_name(self):
        text = self.message(ParameterError, {"t": [1, 2]})
        assert text == (
            "`durations` must name the column that holds how long each row lasted, got "
            "nothing"
        )
        text = self.message(ParameterError, [1, 2], by="plan")
        assert "be an array, since the durations are one, got 'plan'" in text

    def test_settings(self):
        for model, text in (
            (tn.KaplanMeier(band="wide"), "`band` must be 'log-log', 'log' or 'plain'"),
            (tn.KaplanMeier(level=95), "`level` must lie between 0 and 1, got 95"),
            (tn.NelsonAalen(ties="all"), "`ties` must be 'one-by-one' or 'at-once'"),
        ):
            with pytest.raises(ParameterError) as raised:
                model.fit([1, 2])
            assert text in str(raised.value)
        with pytest.raises(ParameterError, match="`weighting` must be 'log-rank'"):
            tn.log_rank([1, 2], by=[0, 1], weighting="gehan")
        with pytest.raises(ParameterError, match="`adjust` must be 'holm'"):
            tn.pairwise_log_rank([1, 2], by=[0, 1], adjust="fdr")

    def test_horizons(self):
        km = tn.KaplanMeier().fit([1, 2, 3], [1, 0, 0])
        with pytest.raises(ParameterError, match="be at most 3, the last time"):
            km.restricted_mean(4)
        with pytest.raises(ParameterError, match="be finite and above 0"):
            km.restricted_mean(-1)
        with pytest.raises(ParameterError, match="at least two groups"):
            km.restricted_mean_difference(2)

    def test_unfitted(self):
        with pytest.raises(NotFittedError, match="this KaplanMeier is not fitted"):
            _ = tn.KaplanMeier().median_survival_time_

    def test_incidence(self):
        text = self.message(ParameterError, [1, 2], [0, 0], model=tn.AalenJohansen)
        assert text == (
            "`event_observed` must name an event in some row, got only 0, which means "
            "censored"
        )


class TestFrames:
    columns = {  # noqa: RUF012
        "t": [1, 2, 2, 4],
        "e": [True, False, True, True],
        "plan": ["x", "y", "x", "y"],
    }

    @pytest.mark.parametrize(
        ("make", "kind"),
        [
            (pd.DataFrame, pd.DataFrame),
            (pl.DataFrame, pl.DataFrame),
            (pa.table, pa.Table),
        ],
    )
    def test_results_are_of_the_callers_family(self, make, kind):
        data = make(self.columns)
        km = tn.KaplanMeier().fit(data, "e", durations="t", by="plan")
        aj = tn.AalenJohansen().fit(data, "plan", durations="t", censored="y")
        for table in (
            km.event_table,
            km.survival_function_,
            km.confidence_interval_,
            km.predict([1, 2], interval=0.9),
            km.quantiles(),
            km.restricted_mean(),
            km.restricted_mean_difference(),
            aj.event_table,
            aj.cumulative_incidence_,
            tn.pairwise_log_rank(data, "e", durations="t", by="plan"),
        ):
            assert isinstance(table, kind)

    def test_pandas_has_the_timeline_as_index(self):
        frame = pd.DataFrame(self.columns)
        km = tn.KaplanMeier().fit(frame["t"], frame["e"])
        for table in (km.survival_function_, km.event_table, km.confidence_interval_):
            assert table.index.name == "timeline"
        before = frame.copy()
        tn.KaplanMeier().fit(frame, "e", durations="t")
        pd.testing.assert_frame_equal(frame, before)

    @pytest.mark.parametrize(
        "model", [tn.KaplanMeier(level=0.9), tn.NelsonAalen(), tn.AalenJohansen()]
    )
    def test_estimators_behave(self, model):
        assert repr(clone(model)) == repr(model)
        model.set_params(level=0.8)
        assert model.get_params()["level"] == 0.8
        assert model.fit([1, 2, 2, 4], [1, 0, 1, 1]) is model
        for same in (copy.deepcopy(model), pickle.loads(pickle.dumps(model))):  # noqa: S301
            assert repr(same) == repr(model)
        assert "<table>" in model._repr_html_()
        with pytest.raises(ParameterError, match="name settings of"):
            model.set_params(alpha=0.1)


class TestPlots:
    def test_curves_and_what_is_below_them(self):
        data = TestFrames.columns
        km = tn.KaplanMeier().fit(data, "e", durations="t", by="plan")
        ax = tn.plotting.plot_survival(km, censored=True)
        np.testing.assert_array_equal(
            ax.get_lines()[0].get_ydata(), km.curves_[0].estimate
        )
        assert "at risk" in [text.get_text() for text in ax.texts]
        table = tn.plotting.at_risk_table(km, [0, 2, 9])
        np.testing.assert_array_equal(table["at_risk"], [2, 1, 0, 2, 2, 0])
        np.testing.assert_array_equal(table["observed"], [0, 2, 2, 0, 0, 1])
        np.testing.assert_array_equal(table["censored"], [0, 0, 0, 0, 1, 1])
        hazard = tn.NelsonAalen().fit(data["t"], data["e"])
        again = tn.plotting.plot_survival(hazard, at_risk=False, ax=ax)
        assert again is ax

    def test_incidence(self):
        aj = tn.AalenJohansen().fit([1, 2, 3, 4], [1, 2, 0, 1])
        ax = tn.plotting.plot_cumulative_incidence(aj)
        assert [line.get_label() for line in ax.get_lines()] == ["1", "2"]

    def test_too_many_curves(self):
        km = tn.KaplanMeier().fit(np.arange(1, 14), by=np.arange(13))
        with pytest.raises(ParameterError, match="have at most 12 curves"):
            tn.plotting.plot_survival(km)


class TestLongCurves:
    def test_pieces_are_joined(self):
        """Curve, Greenwood's sums and band by NumPy, over several pieces of 65,536.

        Two hundred thousand roundings of 1e-16, adding up by chance, are far below
        1e-11. The band has the logarithm of the curve, which loses digits near 1: of
        the first event's 5e-6 a rounding of 1e-16 is 2e-11.
        """
        rng = np.random.default_rng(7)
        n = 200_000
        durations = rng.exponential(300.0, n)
        events = rng.random(n) < 0.6
        km = tn.KaplanMeier(level=0.95).fit(durations, events)
        [curve] = km.curves_
        order = np.argsort(durations)
        seen, at_risk = events[order], np.arange(n, 0, -1.0)
        inner = slice(0, n - 1)  # where somebody is left
        survival = np.cumprod(1 - seen / at_risk)[inner]
        sums = np.cumsum(seen[inner] / (at_risk * (at_risk - 1))[inner])
        np.testing.assert_array_equal(curve.timeline[1:], durations[order])
        np.testing.assert_allclose(curve.estimate[1:n], survival, rtol=1e-11)
        lower, upper = (end[1:n] for end in km.band_of(curve))
        some = sums > 0
        z = 1.959963984540054
        ln_s = np.log(survival[some])
        factor = np.exp(z * np.sqrt(sums[some]) / -ln_s)
        np.testing.assert_allclose(lower[some], np.exp(ln_s * factor), rtol=1e-10)
        np.testing.assert_allclose(upper[some], np.exp(ln_s / factor), rtol=1e-10)
