"""Models side by side: tables, tests of nested models, and forecasts of the past."""

from __future__ import annotations

import math

import numpy as np
import pytest
import tenure as tn
from tenure.exceptions import ConvergenceWarning, ParameterError

stats = pytest.importorskip("scipy.stats")


@pytest.fixture(scope="module")
def compared(log):
    return tn.compare(log, ["BGNBD", "ParetoNBD", "NBD"], holdout="1997-09-30")


@pytest.fixture(scope="module")
def tests(log):
    return tn.backtest(log, ["NBD", "MBGNBD"], origins=3, horizon="13 weeks")


@pytest.fixture(scope="module")
def split(log):
    return log.split("1997-09-30", unit="week")


def column(table, name):
    return np.asarray(table[name])


class TestTable:
    def test_fits_are_those_of_each_model_alone(self, compared, split):
        """Published log-likelihoods, and the bits of a fit alone."""
        table = compared.to_frame()
        found = dict(zip(table["model"], column(table, "log_likelihood"), strict=True))
        assert found["BGNBD"] == pytest.approx(-9582.429207, abs=1e-6)
        assert found["ParetoNBD"] == pytest.approx(-9594.976179, abs=1e-6)
        assert found["NBD"] == pytest.approx(-9763.657615, abs=1e-6)
        alone = tn.ParetoNBD().fit(split)
        assert compared["ParetoNBD"].params_ == alone.params_

    def test_criteria(self, compared):
        table = compared.to_frame()
        names = list(table["model"])
        assert names == ["BGNBD", "ParetoNBD", "NBD", "same rate as before"]
        aic = column(table, "aic")[:3]
        assert aic == pytest.approx([2 * 4 + 2 * 9582.429207, 19197.952358, 19531.3152])
        bic = 4 * math.log(2357) + 2 * 9582.429207
        assert column(table, "bic")[0] == pytest.approx(bic)
        weights = np.exp(-0.5 * (aic - aic[0]))
        expected = weights / weights.sum()
        assert column(table, "aic_weight")[:3] == pytest.approx(expected)

    def test_measures_of_the_holdout_by_hand(self, compared, split):
        model = compared["ParetoNBD"]
        expected = np.asarray(model.expected_purchases(split, horizon=39))
        actual = split.holdout_purchases
        row = list(compared.to_frame()["model"]).index("ParetoNBD")
        found = {
            n: column(compared.to_frame(), n)[row]
            for n in compared.to_frame()
            if n not in ("model", "status")
        }
        assert found["mae"] == pytest.approx(np.abs(expected - actual).mean())
        rmse = np.sqrt(((expected - actual) ** 2).mean())
        assert found["rmse"] == pytest.approx(rmse)
        assert found["bias"] == pytest.approx((expected - actual).mean())
        # sums published with BTYD: 1665.5 expected, 1882 came
        assert found["total_ratio"] == pytest.approx(1665.513 / 1882, rel=1e-5)
        table = model.purchase_probabilities(split, horizon=39, most=2000)
        probabilities = np.column_stack([table[str(k)] for k in range(2001)])
        scores = np.log(probabilities[np.arange(len(actual)), actual])
        assert found["log_score"] == pytest.approx(scores.mean(), rel=1e-12)
        reached = np.cumsum(probabilities, axis=1)
        there = np.arange(2001) >= actual[:, None]
        crps = ((reached - there) ** 2).sum(axis=1).mean()
        # beyond its last probability a distribution has 1e-8 left at most
        assert found["crps"] == pytest.approx(crps, rel=1e-7)

    def test_gini_and_calibration_by_brute_force(self, compared):
        holdout = compared.holdout
        expected, actual = holdout.expected["BGNBD"], holdout.actual

        def concentration(ranking):
            """Twice the covariance of amounts and mid-ranks over the mean."""
            ranks = (stats.rankdata(ranking) - 0.5) / len(ranking)
            return 2 * np.cov(actual, ranks, bias=True)[0, 1] / actual.mean()

        normalised = concentration(expected) / concentration(actual)
        row = list(compared.to_frame()["model"]).index("BGNBD")
        assert column(compared.to_frame(), "gini")[row] == pytest.approx(normalised)
        tenths = compared.calibration("BGNBD")
        for name, values in (("predicted", expected), ("actual", actual)):
            # equal parts hold 235.7 customers each, so their means make that of all
            assert column(tenths, name).mean() == pytest.approx(values.mean())
        assert (np.diff(column(tenths, "predicted")) < 0).all()
        assert column(tenths, "captured")[-1] == pytest.approx(1.0)
        off = np.abs(column(tenths, "predicted") - column(tenths, "actual")).mean()
        found = column(compared.to_frame(), "calibration")[row]
        assert found == pytest.approx(off / actual.mean())

    def test_the_tracking_error_is_that_of_the_published_curve(self, compared, log):
        table = tn.plotting.tracking(
            compared["BGNBD"], log, split=compared.holdout.split
        )
        held = np.asarray(table["holdout"])
        actual = np.asarray(table["actual_cumulative"])[held]
        expected = np.asarray(table["expected_cumulative"])[held]
        assert actual[-1] == 4339
        # Hardie's sheet: 4160.60 after 78 weeks
        assert expected[-1] == pytest.approx(4160.60, abs=0.01)
        error = (np.abs(expected - actual) / actual).mean()
        row = list(compared.to_frame()["model"]).index("BGNBD")
        assert column(compared.to_frame(), "tracking")[row] == pytest.approx(error)

    def test_the_order_of_rows_changes_nothing(self, split):
        rows = np.random.default_rng(1).permutation(len(split))
        names = ("frequency", "recency", "T", "holdout_purchases")
        ours = {name: split[name] for name in names}
        theirs = {name: values[rows] for name, values in ours.items()}
        one, other = (tn.compare(d, ["NBD", "BGNBD"]) for d in (ours, theirs))
        assert one["BGNBD"].params_ == other["BGNBD"].params_
        assert one.best("aic") == "BGNBD"

    def test_summaries_frames_and_splits_are_taken(self, compared, log, split, summary):
        by_split = tn.compare(split, ["BGNBD"])
        row = list(compared.to_frame()["model"]).index("BGNBD")
        mae = column(compared.to_frame(), "mae")[row]
        assert column(by_split.to_frame(), "mae")[0] == mae
        assert np.isnan(column(by_split.to_frame(), "tracking")[0])
        beside = tn.compare(summary, ["BGNBD"], holdout=split)
        assert column(beside.to_frame(), "mae")[0] == mae
        alone = tn.compare(summary, [tn.BGNBD])
        assert alone.holdout is None
        assert "mae" not in alone.to_frame()
        assert list(alone.models) == ["BGNBD"]
        named = tn.compare(log, {"short": tn.PDO(period=1), "long": tn.PDO(period=9)})
        assert set(named.models) == {"short", "long"}

    def test_what_it_says(self, compared):
        text = repr(compared)
        assert text.startswith(
            "3 models of 2,357 customers, 1,882 purchases in the holdout to 1998-06-30"
        )
        assert "BGNBD describes the customers best by AIC" in text
        assert compared.best("log_score") == "BGNBD"
        assert compared.best("total_ratio") == "ParetoNBD"
        assert "<table>" in compared._repr_html_()

    def test_models_that_stop_at_a_boundary_don_t_warn_but_say_so(self, summary):
        found = tn.compare(summary, ["ParetoNBD", "GGompertzNBD"])
        assert found["GGompertzNBD"].result_.status == "boundary"
        assert "GGompertzNBD: the hazard of leaving does not seem to grow" in repr(
            found
        )

    def test_bad_input(self, log, summary, compared):
        with pytest.raises(ParameterError, match="hold models of repeat buying"):
            tn.compare(summary, ["GammaGamma"])
        with pytest.raises(ParameterError, match="name each model once"):
            tn.compare(summary, [tn.NBD(), "NBD"])
        with pytest.raises(ParameterError, match="be the result of"):
            tn.compare(summary, ["NBD"], holdout="1997-09-30")
        other = log.split("1997-06-30", unit="week")
        with pytest.raises(ParameterError, match="be a split with the customers"):
            tn.compare(summary, ["NBD"], holdout=other)
        with pytest.raises(ParameterError, match="`criterion` must be one of"):
            compared.best("nonsense")
        with pytest.raises(ParameterError, match="`holdout` must have been given"):
            tn.compare(summary, ["NBD"]).calibration()
        with pytest.raises(ParameterError, match="`model` must be one of BGNBD"):
            compared["SBG"]


class TestLikelihoodRatio:
    def test_inside_the_range_it_is_chi_squared(self, summary):
        free = tn.ParetoNBD().fit(summary)
        held = tn.ParetoNBD().fit(summary, fixed={"r": 0.5})
        test = tn.likelihood_ratio_test(held, free)
        assert test.weights == {1: 1.0}
        assert not test.is_bound
        gain = 2 * (free.log_likelihood_ - held.log_likelihood_)
        assert test.statistic == pytest.approx(gain)
        assert test.p_value == pytest.approx(stats.chi2.sf(gain, 1), rel=1e-10)

    def test_at_the_end_of_a_range_half_of_it_is_none(self, summary):
        pareto = tn.ParetoNBD().fit(summary)
        with pytest.warns(ConvergenceWarning):
            growing = tn.GGompertzNBD().fit(summary)
        test = tn.likelihood_ratio_test(pareto, growing)
        assert test.weights == {0: 0.5, 1: 0.5}
        assert test.statistic < 1e-6
        assert repr(test).endswith("where b = 0: the risk of leaving never grows")

    def test_a_parameter_without_meaning_makes_it_a_bound(self, summary):
        nobody, some = tn.NBD().fit(summary), tn.BGNBD().fit(summary)
        test = tn.likelihood_ratio_test(nobody, some)
        assert test.is_bound
        assert test.reference == "0.5 chi2(1) + 0.5 chi2(2) or below"
        tails = stats.chi2.sf(test.statistic, [1, 2])
        assert test.p_value == pytest.approx(tails.mean(), rel=1e-10)

    def test_models_of_renewal(self):
        there = [1000, 869, 743, 653, 593, 551, 517, 491]
        ages = {"age": np.arange(8), "survivors": there}
        table = tn.Renewals.from_survivors(ages)
        fits = {m.__name__: m().fit(table) for m in (tn.SBG, tn.BdW, tn.Geometric)}
        test = tn.likelihood_ratio_test(fits["SBG"], fits["BdW"])
        # log-likelihoods of the high-end cohort: -1611.158147 and -1605.314213
        assert test.statistic == pytest.approx(2 * 5.843934, abs=2e-6)
        assert test.weights == {1: 1.0}
        assert test.p_value == pytest.approx(stats.chi2.sf(11.687868, 1), rel=1e-5)
        alike = tn.likelihood_ratio_test(fits["Geometric"], fits["SBG"])
        assert alike.weights == {0: 0.5, 1: 0.5}
        both = tn.likelihood_ratio_test(fits["Geometric"], fits["BdW"])
        assert both.weights == {1: 0.5, 2: 0.5}
        with pytest.warns(ConvergenceWarning):
            share = tn.SBG(never_leaving=True).fit(table)
        one_more = tn.likelihood_ratio_test(fits["SBG"], share)
        assert one_more.weights == {0: 0.5, 1: 0.5}
        assert one_more.case == "never_leaving = 0"

    def test_what_is_not_nested_is_refused(self, summary, rounded):
        nbd, bg, pareto = (
            model().fit(summary) for model in (tn.NBD, tn.BGNBD, tn.ParetoNBD)
        )
        with pytest.raises(ParameterError, match="have BGNBD as a known case"):
            tn.likelihood_ratio_test(bg, pareto)
        with pytest.raises(ParameterError, match="have ParetoNBD as a known case"):
            tn.likelihood_ratio_test(pareto, nbd)
        elsewhere = tn.BGNBD().fit(
            {n: v[:500] for n, v in rounded.items()}, unit="week"
        )
        with pytest.raises(ParameterError, match="2,357 customers of `simple`"):
            tn.likelihood_ratio_test(nbd, elsewhere)
        pulled = tn.BGNBD(penalty=0.1).fit(summary)
        with pytest.raises(ParameterError, match="without a penalty"):
            tn.likelihood_ratio_test(nbd, pulled)

    @pytest.mark.slow
    @pytest.mark.parametrize("general", [tn.ParetoNBD, tn.BGNBD])
    def test_the_bound_holds_its_level(self, general):
        """Customers who never leave: 5 % of data sets reject that at most."""
        random = np.random.default_rng(20261)
        rejected = naive = 0
        for _ in range(400):
            t = random.uniform(20, 60, 300)
            x = random.poisson(random.gamma(1.0, 1 / 8.0, 300) * t).astype(float)
            last = np.where(x > 0, t * random.beta(np.maximum(x, 1), 1), 0.0)
            data = {"frequency": x, "recency": last, "T": t}
            found = tn.compare(data, [tn.NBD, general])
            test = tn.likelihood_ratio_test(found["NBD"], found[general.__name__])
            rejected += test.p_value < 0.05
            naive += 0.5 * stats.chi2.sf(test.statistic, 1) < 0.05
        # three standard errors of a share of 5 % in 400 are 3.3 %
        assert rejected / 400 < 0.05 + 0.033
        # the mixture that takes all parameters as known there rejects more often
        assert naive > rejected


class TestBacktest:
    def test_each_origin_is_a_comparison_of_its_own(self, tests, log):
        table = tests.to_frame()
        origins = list(dict.fromkeys(table["origin"]))
        assert origins == ["1997-09-30", "1997-12-30", "1998-03-31"]
        for origin, end in zip(origins, [*origins[1:], "1998-06-30"], strict=True):
            alone = tn.compare(
                log, ["NBD", "MBGNBD"], holdout=origin, until=end
            ).to_frame()
            rows = np.asarray(table["origin"]) == origin
            for name in ("log_score", "crps", "mae", "gini", "tracking"):
                ours = dict(
                    zip(table["model"][rows], column(table, name)[rows], strict=True)
                )
                theirs = dict(zip(alone["model"], column(alone, name), strict=True))
                assert ours == pytest.approx(theirs, nan_ok=True)

    def test_means_and_words(self, tests):
        table, means = tests.to_frame(), tests.means()
        rows = np.asarray(table["model"]) == "NBD"
        place = list(means["model"]).index("NBD")
        mean = column(table, "mae")[rows].mean()
        assert column(means, "mae")[place] == pytest.approx(mean)
        assert list(column(means, "origins")) == [3, 3, 3]
        assert tests.best("mae") == "MBGNBD"
        assert repr(tests).startswith(
            "Backtest of 3 origins from 1997-09-30 to 1998-03-31, 91 days foretold"
        )

    def test_customers_of_later_are_not_seen(self, log):
        tests = tn.backtest(log, ["NBD"], origins=["1997-02-15"], horizon=28)
        first = log.times[log.offsets[:-1]]
        known = (first < np.datetime64("1997-02-16")).sum()
        assert column(tests.to_frame(), "customers")[0] == known < 2357

    def test_bad_input(self, log):
        with pytest.raises(ParameterError, match="`origins` must lie between"):
            tn.backtest(log, ["NBD"], origins=["1998-06-01"], horizon="13 weeks")
        with pytest.raises(ParameterError, match="`origins` must be at least 1"):
            tn.backtest(log, ["NBD"], origins=0, horizon=28)
        with pytest.raises(ParameterError, match="`horizon` must be one length"):
            tn.backtest(log, ["NBD"], horizon=0)
        with pytest.raises(ParameterError, match="`measure` must be one of"):
            tn.backtest(log, ["NBD"], origins=1, horizon=28).best("aic")


class TestRegularity:
    def test_likelihoods_of_regular_models_compare(self, log):
        """A log gives the times between purchases, without which k has no AIC."""
        models = {"k = 2": tn.BGCNBD(k=2), "any k": tn.BGCNBD(k=None), "BG": tn.BGNBD()}
        for holdout in (None, "1997-09-30"):
            until = "1997-09-30" if holdout is None else None
            found = tn.compare(log, models, holdout=holdout, until=until)
            # BTYDplus, as in the golden file
            two = found["k = 2"].log_likelihood_
            assert two == pytest.approx(-9855.326974, rel=1e-9)
            assert found["any k"].params_["k"] == 1.0
            plain = found["BG"].log_likelihood_
            assert found["any k"].log_likelihood_ == pytest.approx(plain, rel=1e-10)

    def test_backtests_too(self, log):
        models = {"two": tn.MBGCNBD(k=2)}
        tests = tn.backtest(log, models, origins=["1997-09-30"], horizon="13 weeks")
        ((_, fitted),) = tests.tests
        value = fitted["two"].log_likelihood_
        assert value == pytest.approx(-9853.253129, rel=1e-9)

    def test_without_them_nothing_is_compared(self, summary):
        models = ["BGNBD", tn.BGCNBD(k=2)]
        with pytest.raises(ParameterError, match="have the column `log_intervals`"):
            tn.compare(summary, models)
        columns = {n: np.asarray(summary[n]) for n in ("frequency", "recency", "T")}
        with pytest.raises(ParameterError, match="likelihood of BGCNBD compares with"):
            tn.compare(columns, models)
        assert tn.compare(summary, ["BGNBD", tn.BGCNBD(k=1)]).failed == {}
