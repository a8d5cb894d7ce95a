"""Pictures of models side by side, of heterogeneity and of the likelihood."""

from __future__ import annotations

import numpy as np
import pytest
import tenure as tn
from tenure.exceptions import ConvergenceWarning, NotFittedError, ParameterError

pytest.importorskip("matplotlib")
stats = pytest.importorskip("scipy.stats")
from tenure import plotting  # noqa: E402


@pytest.fixture(scope="module")
def split(log):
    return log.split("1997-09-30", unit="week")


@pytest.fixture(scope="module")
def compared(log):
    return tn.compare(log, ["BGNBD", "NBD"], holdout="1997-09-30")


@pytest.fixture(scope="module")
def nbd(split):
    return tn.NBD().fit(split)


class TestCompared:
    def test_calibration(self, compared):
        ax = compared.plot()
        lines = {line.get_label(): line for line in ax.get_lines()}
        table = compared.calibration("NBD")
        x, y = lines["NBD"].get_data()
        assert list(x) == list(table["predicted"])
        assert list(y) == list(table["actual"])
        one = plotting.plot_calibration(compared, model="BGNBD", groups=5)
        assert one.get_title("left") == "Calibration of BGNBD"

    def test_gains_end_at_all_and_nothing_beats_the_best(self, compared):
        ax = compared.plot("gains")
        lines = {line.get_label(): line.get_data() for line in ax.get_lines()}
        best = lines["the best there could be"]
        for name in ("BGNBD", "NBD"):
            x, y = lines[name]
            assert (x[-1], y[-1]) == (1.0, pytest.approx(1.0))
            assert (np.interp(x, *best) >= y - 1e-12).all()
            # the area between a curve and the diagonal is half the concentration
            gini = 2 * np.trapezoid(y, x) - 1
            top = 2 * np.trapezoid(best[1], best[0]) - 1
            row = list(compared.to_frame()["model"]).index(name)
            found = compared.to_frame()["gini"][row]
            assert gini / top == pytest.approx(found, rel=1e-10)

    def test_lift_is_the_column_of_the_table(self, compared):
        ax = compared.plot("lift")
        lines = {line.get_label(): line.get_data() for line in ax.get_lines()}
        places, best = lines["the best there could be"]
        assert list(places) == list(range(1, 11))
        for name in ("BGNBD", "NBD"):
            table = compared.calibration(name)
            assert list(lines[name][1]) == list(table["lift"])
            # tenths of all customers together are the average
            assert np.mean(lines[name][1]) == pytest.approx(1.0, rel=2e-3)
            assert np.cumsum(best)[-2] >= np.cumsum(lines[name][1])[-2]
        # Who was to buy most bought more than the others; no tenth beats the best one.
        assert lines["BGNBD"][1][0] > 3
        assert best[0] >= lines["BGNBD"][1][0]
        one = plotting.plot_model_lift(compared, model="NBD", groups=5)
        assert [line.get_label() for line in one.get_lines()][-1] == "NBD"
        assert one.get_xlabel() == "fifths of the customers, the highest expected first"

    def test_tracking(self, compared, log):
        ax = plotting.plot_model_tracking(compared)
        lines = {line.get_label(): line for line in ax.get_lines()}
        table = plotting.tracking(compared["NBD"], log, split=compared.holdout.split)
        drawn = np.asarray(lines["NBD"].get_ydata())
        assert list(drawn) == list(
            np.asarray(table["expected_cumulative"])[: len(drawn)]
        )
        weekly = plotting.plot_model_tracking(compared, cumulative=False)
        assert weekly.get_title("left") == "Repeat purchases a week"
        with pytest.raises(ParameterError, match="`data` must have been a log"):
            tn.compare(compared.holdout.split, ["NBD"]).plot("tracking")
        with pytest.raises(ParameterError, match="`kind` must be 'calibration'"):
            compared.plot("nonsense")


class TestRecency:
    def test_groups(self, compared, split):
        table = plotting.expectations_by_recency(compared["BGNBD"], split, groups=4)
        assert sum(table["customers"]) == (split.frequency > 0).sum() == 946
        again = split.frequency > 0
        since = (split.T - split.recency)[again]
        first = since <= table["since_high"][0]
        expected = np.asarray(compared["BGNBD"].expected_purchases(split, horizon=39))
        assert table["actual"][0] == split.holdout_purchases[again][first].mean()
        mean = expected[again][first].mean()
        assert table["expected"][0] == pytest.approx(mean, rel=1e-12)
        plotting.plot_expectations_by_recency(compared["BGNBD"], split)
        with pytest.raises(ParameterError, match="`groups` must be a whole number"):
            plotting.expectations_by_recency(compared["BGNBD"], split, groups=1)


class TestHeterogeneity:
    def test_densities_are_those_of_scipy(self):
        model = tn.BGNBD.from_params(r=0.243, alpha=4.414, a=0.793, b=2.426)
        table = plotting.heterogeneity(model)
        law = stats.gamma(0.243, scale=1 / 4.414)
        assert table["density"] == pytest.approx(law.pdf(table["value"]), rel=1e-10)
        table = plotting.heterogeneity(model, "leaving_probability")
        law = stats.beta(0.793, 2.426)
        assert table["density"] == pytest.approx(law.pdf(table["value"]), rel=1e-10)
        donors = {"alpha": 1.2, "beta": 0.75, "gamma": 0.66, "delta": 2.8}
        table = plotting.heterogeneity(
            tn.BGBB.from_params(**donors), "purchase_probability"
        )
        law = stats.beta(1.2, 0.75)
        assert table["density"] == pytest.approx(law.pdf(table["value"]), rel=1e-10)

    def test_pictures_and_names(self, compared, split):
        ax = plotting.plot_heterogeneity(compared["BGNBD"], data=split)
        assert ax.get_xlabel() == "per week"
        with pytest.raises(ParameterError, match="be one of purchase_rate for NBD"):
            plotting.plot_heterogeneity(compared["NBD"], "leaving_rate")


class TestLikelihood:
    def test_the_profile_crosses_the_level_at_the_profile_interval(self, nbd):
        ends = nbd.confidence_intervals(0.95, method="profile")["r"]
        table = plotting.likelihood_profile(nbd, "r", points=201)
        fall = np.interp(ends, table["value"], table["relative"])
        # the curve between two of 200 points is straight to about 1e-4
        assert fall == pytest.approx([-1.920729, -1.920729], abs=2e-3)
        assert table["relative"][100] == pytest.approx(0.0, abs=1e-8)
        assert (table["relative"] <= 1e-8).all()
        ax = plotting.plot_likelihood_profile(nbd, "r", points=21)
        assert ax.get_xlabel() == "r"

    def test_the_contour_has_the_profile_for_its_ridge(self, split):
        """Where the other parameters are free, the best of a column is the profile."""
        model = tn.BGNBD().fit(split)
        contour = plotting.likelihood_contour(model, "a", "b", points=15)
        height = np.asarray(contour["relative"]).reshape(15, 15)
        profile = plotting.likelihood_profile(model, "a", points=15)["relative"]
        assert (height.max(axis=0) <= np.asarray(profile) + 1e-8).all()
        assert height[7, 7] == pytest.approx(0.0, abs=1e-8)

    def test_two_parameters_by_hand(self, nbd, split):
        contour = plotting.likelihood_contour(nbd, "r", "alpha", points=5)
        r, alpha = contour["r"][3], contour["alpha"][3]
        there = tn.NBD.from_params(r=r, alpha=alpha)
        own = np.asarray(there.log_likelihood(split)).sum()
        expected = own - nbd.log_likelihood_
        assert contour["relative"][3] == pytest.approx(expected, abs=1e-8)
        plotting.plot_likelihood_contour(nbd, "r", "alpha", points=9)

    def test_bad_input(self, nbd, split):
        with pytest.raises(ParameterError, match="be one that was estimated: r, alpha"):
            plotting.likelihood_profile(nbd, "s")
        held = tn.ParetoNBD().fit(split, fixed={"s": 0.6})
        with pytest.raises(ParameterError, match="`parameter` must be one that was"):
            plotting.likelihood_profile(held, "s")
        with pytest.raises(ParameterError, match="`y` must differ from x"):
            plotting.likelihood_contour(nbd, "r", "r")
        given = tn.NBD.from_params(r=0.4, alpha=12.0)
        with pytest.raises(NotFittedError):
            plotting.likelihood_profile(given, "r")


def test_spend_by_frequency(summary):
    found = tn.spend_independence(summary)
    ax = found.plot()
    heights = [bar.get_height() for bar in ax.patches]
    assert heights == list(found.table()["mean"])
    assert [label.get_text() for label in ax.get_xticklabels()][-1] == "7+"


class TestAtTheEdges:
    def test_the_profile_of_a_fit_at_a_boundary(self, split):
        """No standard errors, so it reaches to the profile interval of 99.7 %."""
        with pytest.warns(ConvergenceWarning):
            model = tn.GGompertzNBD().fit(split)
        table = plotting.likelihood_profile(model, "r", points=5)
        assert table["relative"][2] == pytest.approx(0.0, abs=1e-6)
        # as far on both sides, in logarithms, as the end that is farther away
        ends = max(table["relative"][0], table["relative"][-1])
        assert ends == pytest.approx(-4.5, abs=0.05)
        assert np.isnan(table["quadratic"]).all()
        pareto = tn.ParetoNBD().fit(split)
        for place, value in enumerate(table["value"]):
            plain = tn.ParetoNBD().fit(split, fixed={"r": value})
            # the general model is that or better
            assert table["log_likelihood"][place] > plain.log_likelihood_ - 1e-4
        assert table["value"][2] == pytest.approx(pareto.params_["r"], rel=1e-4)
        ax = plotting.plot_likelihood_profile(model, "r", points=5)
        labels = [line.get_label() for line in ax.get_lines()]
        assert "profile" in labels
        assert "by the standard error" not in labels

    def test_a_map_of_opportunities(self):
        donors = tn.datasets.load_donations(family="numpy")
        model = tn.BGBB().fit(donors, T="periods", weights="donors")
        table = plotting.recency_frequency_map(model, T=6, most=6)
        cells = zip(*(table[n] for n in ("frequency", "recency")), strict=True)
        for (x, last), found in zip(cells, table["probability_alive"], strict=True):
            if x > last:
                assert np.isnan(found)
                continue
            one = {"frequency": [x], "recency": [last], "T": [6.0]}
            assert found == model.probability_alive(one)[0]
        assert len(table["recency"]) == 36
        ax = plotting.plot_recency_frequency(
            model, T=6, most=6, quantity="expected_purchases", horizon=5
        )
        assert ax.get_ylim() == (0.5, 6.5)
        with pytest.raises(ParameterError, match="`T` must be a whole number of"):
            plotting.recency_frequency_map(model, T=6.5)
