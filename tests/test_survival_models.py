"""Cox regression and parametric durations: slow references, identities, bad input."""

from __future__ import annotations

import copy
import math
import pickle

import numpy as np
import pandas as pd
import polars as pl
import pytest
import tenure as tn
from sklearn.base import clone
from tenure.exceptions import (
    ConvergenceError,
    ConvergenceWarning,
    DataError,
    EmptyDataError,
    NotFittedError,
    ParameterError,
)

DISTRIBUTIONS = (
    tn.Exponential,
    tn.Weibull,
    tn.LogNormal,
    tn.LogLogistic,
    tn.GeneralizedGamma,
)


def simulated(rows=300, seed=0, *, ties=True):
    """Durations that depend on two of three covariates, in two strata, with entry."""
    rng = np.random.default_rng(seed)
    x = rng.normal(size=(rows, 2))
    kind = rng.integers(0, 3, rows)
    event = rng.exponential(20 * np.exp(-0.7 * x[:, 0] + 0.4 * (kind == 1)))
    gone = rng.uniform(5, 40, rows)
    t = np.minimum(event, gone)
    t = np.ceil(t) if ties else t
    entry = np.where(rng.random(rows) < 0.5, 0.0, 0.4 * t)
    return {
        "t": t,
        "e": event <= gone,
        "entry": entry,
        "w": rng.integers(1, 4, rows).astype(float),
        "a": x[:, 0],
        "b": 10 * x[:, 1] + 500,
        "kind": np.array(["basic", "plus", "pro"], dtype=object)[kind],
        "region": rng.integers(0, 2, rows),
    }


def slow_likelihood(data, beta, x, *, ties="efron", strata=None):
    """Efron's log partial likelihood in plain loops, each risk set on its own."""
    t, e, w = data["t"], data["e"], data.get("w", np.ones(len(data["t"])))
    entry = data.get("entry", np.full(len(t), -1.0))
    groups = np.zeros(len(t)) if strata is None else data[strata]
    total = 0.0
    for group in np.unique(groups):
        for time in np.unique(t[e & (groups == group)]):
            at_risk = (groups == group) & (entry < time) & (t >= time)
            tied = at_risk & e & (t == time)
            d = tied.sum()
            eta = x @ beta
            total += (w * eta)[tied].sum()
            s0, d0 = (w * np.exp(eta))[at_risk].sum(), (w * np.exp(eta))[tied].sum()
            for j in range(d):
                f = j / d if ties == "efron" else 0.0
                total -= w[tied].mean() * math.log(s0 - f * d0)
    return total


class TestCox:
    @pytest.mark.parametrize("ties", ["efron", "breslow"])
    @pytest.mark.parametrize("strata", [None, "region"])
    def test_slow_reference(self, ties, strata):
        data = simulated(150)
        x = np.stack([data["a"], data["b"]], axis=1)
        cox = tn.Cox(ties=ties).fit(
            data,
            "e",
            durations="t",
            covariates=["a", "b"],
            entry="entry",
            weights="w",
            strata=strata,
        )
        beta = np.array(list(cox.params_.values()))
        at = slow_likelihood(data, beta, x, ties=ties, strata=strata)
        assert cox.log_likelihood_ == pytest.approx(at, rel=1e-12)
        null = slow_likelihood(data, 0 * beta, x, ties=ties, strata=strata)
        assert cox.log_likelihood_null_ == pytest.approx(null, rel=1e-12)
        # second differences give the information; their error is about step^2
        steps = np.diag([1e-3, 1e-4])

        def value(shift):
            return slow_likelihood(data, beta + shift, x, ties=ties, strata=strata)

        bends = [
            [
                (value(i + j) - value(i - j) - value(j - i) + value(-i - j))
                / (4 * i.sum() * j.sum())
                for j in steps
            ]
            for i in steps
        ]
        np.testing.assert_allclose(
            np.linalg.inv(-np.array(bends)), cox.covariance_, rtol=1e-4, atol=1e-9
        )
        slopes = [(value(i) - value(-i)) / (2 * i.sum()) for i in steps]
        np.testing.assert_allclose(slopes, 0.0, atol=1e-3)

    def test_no_bit_depends_on_the_order_of_rows(self):
        data = simulated(400)
        order = np.random.default_rng(1).permutation(400)
        shuffled = {name: values[order] for name, values in data.items()}
        columns = {"covariates": ["a", "b", "kind"], "entry": "entry", "weights": "w"}
        one, two = (
            tn.Cox(robust=True).fit(table, "e", durations="t", **columns)
            for table in (data, shuffled)
        )
        assert one.params_ == two.params_
        assert one.log_likelihood_ == two.log_likelihood_
        np.testing.assert_array_equal(
            one.residuals("martingale")[order], two.residuals("martingale")
        )

    def test_rows_can_be_cut_in_two(self):
        """A subject's time in two stretches is the same time."""
        data = simulated(200)
        cut = (data["entry"] + data["t"]) / 2
        first = {**data, "t": cut, "e": np.zeros(200, bool)}
        second = {**data, "entry": cut}
        both = {name: np.append(first[name], second[name]) for name in data}
        whole, parts = (
            tn.Cox().fit(table, "e", durations="t", covariates=["a"], entry="entry")
            for table in (data, both)
        )
        assert parts.params_["a"] == pytest.approx(whole.params_["a"], rel=1e-10)
        assert parts.standard_errors_["a"] == pytest.approx(
            whole.standard_errors_["a"], rel=1e-10
        )

    def test_units_do_not_matter(self):
        data = simulated(300)
        plain = tn.Cox(penalty=0.1).fit(data, "e", durations="t", covariates=["a", "b"])
        data["b"] = data["b"] * 1000 - 3e6
        other = tn.Cox(penalty=0.1).fit(data, "e", durations="t", covariates=["a", "b"])
        assert other.params_["a"] == pytest.approx(plain.params_["a"], rel=1e-8)
        assert other.params_["b"] * 1000 == pytest.approx(plain.params_["b"], rel=1e-8)

    def test_a_penalty_shrinks_and_is_no_part_of_the_likelihood(self):
        data = simulated(200)
        free, bound = (
            tn.Cox(penalty=strength).fit(data, "e", durations="t", covariates=["a"])
            for strength in (0.0, 0.5)
        )
        assert 0 < bound.params_["a"] < free.params_["a"]
        x = data["a"][:, None]
        table = {"t": data["t"], "e": data["e"]}
        at = slow_likelihood(table, np.array([bound.params_["a"]]), x)
        assert bound.log_likelihood_ == pytest.approx(at, rel=1e-12)

    def test_residuals_add_up(self):
        data = simulated(250)
        names = ["a", "b", "kind"]
        cox = tn.Cox(robust=True).fit(
            data, "e", durations="t", covariates=names, entry="entry", weights="w"
        )
        martingale = cox.residuals("martingale")
        assert (martingale * data["w"]).sum() == pytest.approx(0, abs=1e-9)
        assert (martingale <= 1).all()
        for kind in ("score", "dfbeta"):
            for pulls in cox.residuals(kind).values():
                assert pulls.sum() == pytest.approx(0, abs=1e-6 * abs(pulls).max())
        pulls = np.stack(list(cox.residuals("dfbeta").values()), axis=1)
        np.testing.assert_allclose(pulls.T @ pulls, cox.covariance_, rtol=1e-10)
        left = cox.residuals("schoenfeld")
        assert (np.diff(left["timeline"]) >= 0).all()
        assert len(left["row"]) == data["e"].sum()
        signs = np.sign(cox.residuals("deviance"))
        np.testing.assert_array_equal(signs, np.sign(martingale))

    def test_dfbeta_is_about_what_leaving_a_row_out_does(self):
        data = simulated(300, seed=4)
        cox = tn.Cox().fit(data, "e", durations="t", covariates=["a"])
        pulls = cox.residuals("dfbeta")["a"]
        for row in (0, 17, int(np.abs(pulls).argmax())):
            keep = np.arange(300) != row
            rest = {name: values[keep] for name, values in data.items()}
            without = tn.Cox().fit(rest, "e", durations="t", covariates=["a"])
            change = cox.params_["a"] - without.params_["a"]
            # first order in 1 / n
            assert change == pytest.approx(pulls[row], rel=0.15, abs=2e-4)

    def test_robust_errors_of_clusters(self):
        data = simulated(200)
        twice = {name: np.tile(values, 2) for name, values in data.items()}
        twice["who"] = np.tile(np.arange(200), 2)
        columns = {"durations": "t", "covariates": ["a", "b"]}
        # Breslow's ties: with Efron's, copies are tied with each other
        once = tn.Cox(robust=True, ties="breslow").fit(data, "e", **columns)
        copies = tn.Cox(ties="breslow").fit(twice, "e", **columns, cluster="who")
        np.testing.assert_allclose(copies.covariance_, once.covariance_, rtol=1e-8)

    def test_baseline_and_predictions(self):
        data = simulated(300)
        cox = tn.Cox().fit(
            data, "e", durations="t", covariates=["a", "kind"], strata="region"
        )
        baseline = cox.baseline()
        assert set(baseline["region"]) == {0, 1}
        rows = {name: values[:3] for name, values in data.items()}
        ratio = cox.predict_hazard_ratio(rows)
        survival = cox.predict_survival(rows, [10.0])
        for row in range(3):
            own = baseline["region"] == rows["region"][row]
            before = own & (baseline["timeline"] <= 10)
            hazard = baseline["hazard"][before].sum() * ratio[row]
            assert survival[str(row)][0] == pytest.approx(math.exp(-hazard))
        curves = cox.predict_survival(rows)
        for row, median in enumerate(cox.predict_median(rows)):
            below = np.append(curves[str(row)], 0) <= 0.5
            first = np.append(curves["timeline"], np.inf)[below.argmax()]
            assert median == first

    def test_proportionality_is_rejected_where_it_fails(self):
        rng = np.random.default_rng(11)
        x = rng.integers(0, 2, 2000)
        # the effect turns round at 1
        t = rng.exponential(np.where(x == 1, 0.5, 1.5))
        late = t > 1
        t[late] = 1 + rng.exponential(np.where(x[late] == 1, 3.0, 0.4))
        cox = tn.Cox().fit({"t": t, "x": x}, durations="t", covariates=["x"])
        for transform in ("rank", "km", "log", "identity"):
            assert cox.check_proportionality(transform)["p_value"][0] < 1e-6
        fair = tn.Cox().fit(simulated(800), "e", durations="t", covariates=["a"])
        assert (fair.check_proportionality()["p_value"] > 0.01).all()

    def test_intervals_hold_the_truth_as_often_as_they_say(self):
        held = 0
        for seed in range(200):
            data = simulated(120, seed=seed)
            cox = tn.Cox().fit(data, "e", durations="t", covariates=["a", "kind"])
            table = cox.summary(0.9)
            held += table["lower"][0] <= 0.7 <= table["upper"][0]
        # four standard errors of a share of 0.9 among 200
        assert abs(held / 200 - 0.9) < 4 * math.sqrt(0.09 / 200)

    def test_categories_become_indicators(self):
        data = simulated(300)
        cox = tn.Cox().fit(data, "e", durations="t", covariates=["kind"])
        assert list(cox.params_) == ["kind=plus", "kind=pro"]
        by_hand = {
            "t": data["t"],
            "e": data["e"],
            "plus": data["kind"] == "plus",
            "pro": data["kind"] == "pro",
        }
        same = tn.Cox().fit(by_hand, "e", durations="t")
        assert list(same.params_.values()) == list(cox.params_.values())
        with pytest.raises(DataError, match="hold one of 'basic', 'plus', 'pro'"):
            cox.predict_hazard_ratio({"kind": np.array(["gold"], dtype=object)})

    def test_monotone_likelihood_is_said_in_words(self):
        data = {
            "t": [1, 2, 3, 4, 5, 6],
            "x": [1, 1, 1, 0, 0, 0],
            "e": [1, 1, 1, 0, 0, 0],
        }
        with pytest.warns(ConvergenceWarning, match="it is monotone") as caught:
            cox = tn.Cox().fit(data, "e", durations="t")
        assert "as the coefficient of `x` grows" in str(caught[0].message)
        assert not cox.converged_
        assert "boundary" in repr(cox)
        with pytest.raises(ConvergenceError, match="monotone"):
            tn.Cox(strict=True).fit(data, "e", durations="t")
        assert tn.Cox(penalty=0.1).fit(data, "e", durations="t").converged_


class TestBadInput:
    def message(self, error, data, event="e", model=None, **columns):
        model = tn.Cox() if model is None else model
        with pytest.raises(error) as raised:
            model.fit(data, event, durations="t", **columns)
        return str(raised.value)

    def test_covariates_that_say_nothing(self):
        data = simulated(50)
        data["same"] = np.full(50, 0.1)
        text = self.message(ParameterError, data, covariates=["a", "same"])
        assert text == (
            "`covariates` must vary, got `same` with the same value in every row\n\n"
            "Hint: leave it out: a hazard ratio compares different values"
        )
        data["sum"] = 2 * data["a"] - 3 * data["b"]
        text = self.message(ParameterError, data, covariates=["a", "b", "sum"])
        assert text.startswith(
            "`covariates` must not be combinations of each other where there are "
            "events, got `sum`, which the ones before it determine\n\nHint: leave `sum`"
        )

    def test_missing_covariates(self):
        data = simulated(50)
        data["a"][[3, 7]] = np.nan
        assert self.message(DataError, data, covariates=["b", "a"]) == (
            "column `a` must be finite; row 3 has NaN (2 rows in all)\n\nHint: leave "
            "these rows out, or fill them in"
        )

    def test_no_events_or_covariates(self):
        data = {"t": [1, 2], "e": [0, 0], "x": [1, 2]}
        assert self.message(EmptyDataError, data) == (
            "there are no events, so nothing can be said about hazards\n\nHint: is the "
            "event column coded the other way round?"
        )
        text = self.message(ParameterError, {"t": [1, 2], "e": [1, 0]})
        assert text == "`covariates` must name at least one column, got none"
        text = self.message(ParameterError, data, covariates=["t"])
        assert text == (
            "`covariates` must be other columns than those used otherwise, got 't'"
        )

    def test_settings(self):
        data = simulated(50)
        for model, text in (
            (tn.Cox(ties="exact"), "`ties` must be 'efron' or 'breslow', got 'exact'"),
            (tn.Cox(penalty=-1), "`penalty` must be finite and not negative, got -1"),
            (tn.Cox(level=0), "`level` must lie between 0 and 1, got 0"),
        ):
            assert text in self.message(
                ParameterError, data, model=model, covariates=["a"]
            )
        cox = tn.Cox().fit(data, "e", durations="t", covariates=["a"])
        with pytest.raises(ParameterError, match="`kind` must be one of 'martingale'"):
            cox.residuals("cox-snell")
        with pytest.raises(ParameterError, match="`transform` must be one of 'rank'"):
            cox.check_proportionality("square")

    def test_distributions(self):
        data = {"t": [0, 1, 2], "e": [1, 1, 0]}
        text = self.message(DataError, data, model=tn.Weibull())
        assert text == (
            "column `t` must be above 0; row 0 has 0\n\nHint: a distribution of "
            "durations has no weight at 0; give such rows half a unit of time, or "
            "leave them out"
        )
        text = self.message(
            EmptyDataError, {"t": [1, 2], "e": [0, 0]}, model=tn.Weibull()
        )
        assert text.startswith("there are no events, so nothing can be said")
        model = tn.Weibull().fit(simulated(60), "e", durations="t", covariates=["a"])
        with pytest.raises(ParameterError, match="hold rows with the covariates"):
            model.quantile(0.5)

    def test_unfitted(self):
        with pytest.raises(NotFittedError, match="this Cox is not fitted"):
            _ = tn.Cox().params_
        with pytest.raises(NotFittedError, match="this Weibull is not fitted"):
            _ = tn.Weibull().params_


class TestDistributions:
    def test_more_general_ones_fit_at_least_as_well(self):
        data = simulated(400)
        value = {
            kind: kind().fit(data, "e", durations="t", covariates=["a"]).log_likelihood_
            for kind in DISTRIBUTIONS
        }
        assert value[tn.Weibull] >= value[tn.Exponential] - 1e-8
        for special in (tn.Exponential, tn.Weibull, tn.LogNormal):
            assert value[tn.GeneralizedGamma] >= value[special] - 1e-8

    def test_exponential_by_hand(self):
        data = simulated(200)
        model = tn.Exponential().fit(
            data, "e", durations="t", entry="entry", weights="w"
        )
        exposure = (data["w"] * (data["t"] - data["entry"])).sum()
        events = data["w"][data["e"]].sum()
        assert model.params_["lambda_"] == pytest.approx(exposure / events, rel=1e-8)
        # the log of a Poisson rate has variance 1 / events
        [error] = model.standard_errors_.values()
        assert error == pytest.approx(1 / math.sqrt(events), rel=1e-6)
        value = events * math.log(events / exposure) - events
        assert model.log_likelihood_ == pytest.approx(value, rel=1e-10)

    @pytest.mark.parametrize("kind", DISTRIBUTIONS)
    def test_weights_repeat_rows_and_order_is_nothing(self, kind):
        data = simulated(120)
        columns = {"durations": "t", "covariates": ["a"], "entry": "entry"}
        once = kind().fit(data, "e", **columns, weights="w")
        number = data["w"].astype(int)
        often = {name: np.repeat(values, number) for name, values in data.items()}
        twice = kind().fit(often, "e", **columns)
        for name, value in once.coefficients_.items():
            assert twice.coefficients_[name] == pytest.approx(value, rel=1e-5, abs=1e-6)
        assert twice.log_likelihood_ == pytest.approx(once.log_likelihood_, rel=1e-9)
        order = np.random.default_rng(0).permutation(120)
        shuffled = {name: values[order] for name, values in data.items()}
        same = kind().fit(shuffled, "e", **columns, weights="w")
        assert same.coefficients_ == once.coefficients_

    @pytest.mark.parametrize("kind", DISTRIBUTIONS)
    def test_the_unit_of_time_moves_the_location_only(self, kind):
        data = simulated(200)
        days = kind().fit(data, "e", durations="t", covariates=["a"])
        data["t"] = data["t"] * 24
        hours = kind().fit(data, "e", durations="t", covariates=["a"])
        names = list(days.coefficients_)
        change = [hours.coefficients_[n] - days.coefficients_[n] for n in names]
        np.testing.assert_allclose(change[0], math.log(24), rtol=1e-5)
        np.testing.assert_allclose(change[1:], 0.0, atol=2e-5)

    @pytest.mark.parametrize("kind", DISTRIBUTIONS)
    @pytest.mark.parametrize("cured", [False, True])
    def test_quantiles_are_where_survival_says(self, kind, cured):
        rng = np.random.default_rng(3)
        t = rng.weibull(1.4, 600) * 10
        never = rng.random(600) < 0.3
        gone = rng.uniform(10, 60, 600)
        t = np.where(never, gone, np.minimum(t, gone))
        model = kind(cured=cured).fit(t, ~never & (t < gone))
        for share in (0.1, 0.5):
            at = model.quantile(share)
            table = model.survival([at], interval=0.9)
            assert table["survival"][0] == pytest.approx(1 - share, rel=1e-9)
            assert table["lower"][0] < 1 - share < table["upper"][0]
        if cured:
            assert model.params_["cured_share_"] == pytest.approx(0.3, abs=0.08)
            assert math.isinf(model.quantile(0.95))
        # the hazard is minus the slope of ln S
        h = 1e-4
        low, here, high = (model.survival([5 + s]) for s in (-h, 0, h))
        slope = math.log(low["survival"][0] / high["survival"][0]) / (2 * h)
        assert here["hazard"][0] == pytest.approx(slope, rel=1e-6)

    def test_no_cured_share_is_said_in_words(self):
        t = np.random.default_rng(0).weibull(2.0, 300)
        with pytest.warns(
            ConvergenceWarning, match="the share that never has the event"
        ):
            model = tn.Weibull(cured=True).fit(t)
        assert model.params_["cured_share_"] < 1e-3

    def test_table_of_distributions(self):
        data = simulated(200)
        table = tn.compare_distributions(
            pl.DataFrame(data), "e", durations="t", covariates=["a"], cured=True
        )
        assert isinstance(table, pl.DataFrame)
        assert table["aic"].is_sorted()
        assert set(table["distribution"]) == {kind.__name__ for kind in DISTRIBUTIONS}
        best = table.row(0, named=True)
        assert best["aic"] == 2 * best["parameters"] - 2 * best["log_likelihood"]


class TestEstimators:
    @pytest.mark.parametrize("kind", [tn.Cox, *DISTRIBUTIONS])
    def test_they_behave(self, kind):
        frame = pd.DataFrame(simulated(80))
        model = kind(level=0.9)
        assert repr(clone(model)) == repr(model) == f"{model!r}"
        fitted = model.fit(frame, "e", durations="t", covariates=["a"])
        assert fitted is model
        assert isinstance(model.summary(), pd.DataFrame)
        for same in (copy.deepcopy(model), pickle.loads(pickle.dumps(model))):  # noqa: S301
            assert repr(same) == repr(model)
        assert "<table>" in model._repr_html_()
        with pytest.raises(DataError):
            model.fit(
                {"t": [-1.0], "e": [1], "a": [2.0]},
                "e",
                durations="t",
                covariates=["a"],
            )
        with pytest.raises(NotFittedError):
            model.summary()

    def test_residuals_keep_the_index(self):
        frame = pd.DataFrame(simulated(40)).set_index(np.arange(40) + 100)
        cox = tn.Cox().fit(frame, "e", durations="t", covariates=["a"])
        assert cox.residuals().index.equals(frame.index)
        assert cox.residuals("dfbeta").index.equals(frame.index)
        again = pickle.loads(pickle.dumps(cox))  # noqa: S301
        with pytest.raises(NotFittedError, match="does not hold the rows of its fit"):
            again.residuals()

    def test_forest_plot(self):
        cox = tn.Cox().fit(simulated(80), "e", durations="t", covariates=["a", "kind"])
        ax = tn.plotting.plot_hazard_ratios(cox)
        labels = [text.get_text() for text in ax.get_yticklabels()]
        assert labels == ["a", "kind=plus", "kind=pro"]
        assert ax.get_xscale() == "log"
