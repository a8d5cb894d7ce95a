"""Survival analysis against lifelines 0.30.3 on its own data sets."""

from __future__ import annotations

import numpy as np
import pytest
import tenure as tn

TIGHT = {"rtol": 1e-9, "atol": 1e-12}
"""Both are exact up to rounding, in double precision."""

FITTED = {"rtol": 1e-6, "atol": 1e-7}
"""Where lifelines stops its search at a gradient of about 1e-9."""


def floats(values):
    """Numbers; None stands for what is not finite."""
    return np.array([np.nan if v is None else v for v in values], dtype=float)


def close(ours, theirs, tolerance=TIGHT):
    ours, theirs = np.asarray(ours, dtype=float), floats(theirs)
    known = np.isfinite(theirs)
    assert known.any()
    np.testing.assert_allclose(ours[known], theirs[known], **tolerance)


@pytest.fixture(scope="module")
def lifelines(golden):
    return golden("survival")


@pytest.fixture(scope="module")
def tables(lifelines):
    return {
        name: {column: np.array(values) for column, values in table.items()}
        for name, table in lifelines["tables"].items()
    }


def stages(larynx):
    return larynx["Stage_II"] + 2 * larynx["Stage_III"] + 3 * larynx["Stage_IV"]


class TestCurves:
    @pytest.fixture(
        params=["rossi", "waltons", "lung", "gbsg2", "larynx", "aids"],
    )
    def case(self, request, lifelines, tables):
        [case] = [c for c in lifelines["curves"] if c["data"] == request.param]
        durations, event, entry, weights = case["columns"]
        columns = {"durations": durations, "entry": entry, "weights": weights}
        return case, (tables[case["data"]], event), columns

    def test_kaplan_meier(self, case):
        expected, data, columns = case
        km = tn.KaplanMeier().fit(*data, **columns)
        table = km.event_table
        close(table["timeline"], expected["timeline"])
        close(table["observed"], expected["observed"])
        close(table["survival"], expected["survival"])
        # at the beginning, and where nobody is left, lifelines has no ends
        close(table["lower"], expected["lower"])
        close(table["upper"], expected["upper"])
        [median] = expected["median"]
        assert km.median_survival_time_ == (np.inf if median is None else median)

    def test_nelson_aalen(self, case):
        expected, data, columns = case
        at_once = tn.NelsonAalen(ties="at-once").fit(*data, **columns)
        close(at_once.event_table["cumulative_hazard"], expected["hazard"])
        if columns["weights"] is None:
            table = tn.NelsonAalen().fit(*data, **columns).event_table
            close(table["cumulative_hazard"], expected["hazard_one_by_one"])
            close(table["lower"], expected["hazard_lower"])
            close(table["upper"], expected["hazard_upper"])

    def test_restricted_mean(self, case):
        expected, data, columns = case
        if expected["restricted_mean"] is None:
            pytest.skip("lifelines does not allow for late entry")
        horizon, mean = expected["restricted_mean"]
        km = tn.KaplanMeier().fit(*data, **columns)
        close(km.restricted_mean(horizon)["restricted_mean"], [mean])


def test_rossi_survives_a_year_with(tables):
    km = tn.KaplanMeier().fit(tables["rossi"], "arrest", durations="week")
    [last] = km.predict(52)["survival"]
    assert last == pytest.approx(318 / 432, abs=1e-15)
    assert round(last, 6) == 0.736111


def test_telco_survives():
    telco = tn.datasets.load_telco_churn(family="numpy")
    churned = telco["churn"] == "Yes"
    km = tn.KaplanMeier().fit(telco, churned, durations="tenure")
    np.testing.assert_array_equal(
        km.predict([12, 72])["survival"].round(4), [0.8432, 0.5928]
    )


class TestLogRank:
    def test_family(self, lifelines, tables):
        for case in lifelines["tests"]["family"]:
            table = tables[case["data"]]
            larynx = case["data"] == "larynx"
            p, q = case["powers"]
            test = tn.log_rank(
                table,
                "death" if larynx else "cens",
                durations="time",
                by=stages(table) if larynx else "horTh",
                weighting=case["weighting"],
                p=p,
                q=q,
            )
            close([test.statistic, test.p_value], [case["statistic"], case["p_value"]])
            assert test.degrees_of_freedom == (3 if larynx else 1)

    def test_weights(self, lifelines, tables):
        test = tn.log_rank(
            tables["gbsg2"], "cens", durations="time", by="horTh", weights="tgrade"
        )
        close([test.statistic], [lifelines["tests"]["weighted"]])

    def test_pairs(self, lifelines, tables):
        larynx, expected = tables["larynx"], lifelines["tests"]["pairs"]
        pairs = tn.pairwise_log_rank(
            larynx, "death", durations="time", by=stages(larynx)
        )
        close(pairs["statistic"], expected["statistic"])
        close(pairs["p_value"], expected["p_value"])
        # Holm by hand: the smallest times 6, the next times 5, and so on, never falling
        order = np.argsort(pairs["p_value"])
        steps = np.maximum.accumulate(pairs["p_value"][order] * [6, 5, 4, 3, 2, 1])
        np.testing.assert_allclose(
            pairs["p_adjusted"][order], np.minimum(1, steps), rtol=1e-14
        )


def test_competing_causes(lifelines, tables):
    table = tables["untied"]
    causes = table["arrest"] * (1 + table["race"])
    fit = tn.AalenJohansen().fit(table, causes, durations="week")
    for curve in fit.curves_:
        expected = lifelines["competing"][str(curve.cause)]
        close(curve.incidence[-40:], expected["incidence"])
        close(curve.variance[-40:], expected["variance"])


class TestCox:
    def fitted(self, case, tables):
        """Our regression for a case of lifelines'."""
        table, options, columns = dict(tables[case["data"]]), case["options"], {}
        if "strata" in options:
            columns["strata"] = options["strata"][0]
        if "weights_col" in options:
            table["wexp"] = table["wexp"] + 1
            columns["weights"] = "wexp"
        if "cluster_col" in options:
            columns["cluster"] = options["cluster_col"]
        if "entry_col" in options:
            columns["entry"] = options["entry_col"]
        if case["data"] == "aids":
            table["x"] = np.sin(np.arange(len(table["W"])))
        if case["data"] == "heart":
            real = table["start"] < table["stop"]
            table = {name: values[real] for name, values in table.items()}
        cox = tn.Cox(
            penalty=case["settings"].get("penalizer", 0.0),
            robust=options.get("robust", False),
        )
        durations, event = case["columns"]
        return cox.fit(
            table,
            event,
            durations=durations,
            covariates=case["covariates"],
            **columns,
        )

    def test_fits(self, lifelines, tables):
        assert len(lifelines["regressions"]) == 12
        for case in lifelines["regressions"]:
            cox = self.fitted(case, tables)
            close(list(cox.params_.values()), case["coefficients"], FITTED)
            close(list(cox.standard_errors_.values()), case["std_errors"], FITTED)
            if not case["settings"]:  # lifelines' has the penalty in it
                close([cox.log_likelihood_], [case["log_likelihood"]])
            # lifelines leaves weights and entry out of its concordance
            if "concordance" in case and not {"weights_col", "entry_col"} & set(
                case["options"]
            ):
                close([cox.concordance_], [case["concordance"]])
            assert cox.converged_

    def test_rossi_is_the_one_of_the_textbook(self, tables):
        """Fox and Weisberg (2023), Cox proportional-hazards regression in R."""
        cox = tn.Cox().fit(tables["rossi"], "arrest", durations="week")
        published = {
            "fin": -0.379,
            "age": -0.057,
            "race": 0.314,
            "wexp": -0.150,
            "mar": -0.434,
            "paro": -0.085,
            "prio": 0.091,
        }
        assert {name: round(b, 3) for name, b in cox.params_.items()} == published

    def test_baseline_predictions_and_tests(self, lifelines, tables):
        plain = [c for c in lifelines["regressions"] if "baseline" in c]
        assert len(plain) >= 4
        for case in plain:
            table = tables[case["data"]]
            cox = self.fitted(case, tables)
            breslow = cox.baseline(ties="breslow")
            times = np.unique(table[case["columns"][0]])
            places = np.searchsorted(breslow["timeline"], times, side="right")
            hazard = np.append(0.0, breslow["cumulative_hazard"])[places]
            if times[0] > 0:
                close(hazard[-30:], case["baseline"][-30:], FITTED)
            close(cox.tests()["statistic"][:1], [case["ratio"]], FITTED)
            one = {name: table[name][3:4] for name in case["covariates"]}
            ratio = cox.predict_hazard_ratio(one)[0]
            close(np.exp(-hazard * ratio)[-30:], case["survival"][-30:], FITTED)

    def test_residuals(self, lifelines, tables):
        [case] = [c for c in lifelines["regressions"] if "residuals" in c]
        cox = self.fitted(case, tables)
        for kind in ("martingale", "deviance"):
            close(cox.residuals(kind)[:60], case["residuals"][kind], FITTED)
        found = cox.residuals("schoenfeld")
        left = np.stack([found[name] for name in case["covariates"]], axis=1)
        left = left[np.argsort(found["row"])][:60]
        close(left.ravel(), case["residuals"]["schoenfeld"], FITTED)

    def test_proportionality(self, lifelines, tables):
        [case] = [c for c in lifelines["regressions"] if "proportionality" in c]
        cox = self.fitted(case, tables)
        for transform, statistics in case["proportionality"].items():
            found = cox.check_proportionality(transform)
            close(found["statistic"][:-1], statistics, FITTED)
            assert found["covariate"][-1] == "GLOBAL"
            assert found["statistic"][-1] >= max(statistics) * (1 - 1e-9)


class TestDistributions:
    def test_parameters(self, lifelines, tables):
        for case in lifelines["distributions"]:
            if "parameters" not in case:
                continue
            durations, event, *entry = case["columns"]
            model = getattr(tn, case["model"])().fit(
                tables[case["data"]],
                event,
                durations=durations,
                entry=entry[0] if entry else None,
            )
            expected = dict(case["parameters"])
            if "ln_sigma_" in expected:
                expected["sigma_"] = np.exp(expected.pop("ln_sigma_"))
            assert set(model.params_) == set(expected)
            for name, value in expected.items():
                close([model.params_[name]], [value], FITTED)
            close([model.log_likelihood_], [case["log_likelihood"]])
            if "survival" in case:
                close(
                    model.survival(case["times"])["survival"], case["survival"], FITTED
                )

    def test_accelerated_failure_times(self, lifelines, tables):
        regressions = [c for c in lifelines["distributions"] if "coefficients" in c]
        assert len(regressions) == 3
        for case in regressions:
            durations, event = case["columns"]
            table, names = tables[case["data"]], case["covariates"]
            model = getattr(tn, case["model"])().fit(
                table, event, durations=durations, covariates=names
            )
            for found, expected in (
                (model.coefficients_, case["coefficients"]),
                (model.standard_errors_, case["std_errors"]),
            ):
                joined = {"|".join(key): value for key, value in found.items()}
                assert set(joined) == set(expected)
                close(
                    [joined[key] for key in expected], list(expected.values()), FITTED
                )
            close([model.log_likelihood_], [case["log_likelihood"]])
            few = {name: table[name][:5] for name in names}
            close(model.quantile(0.5, few), case["median"], FITTED)

    def test_cured_share(self, lifelines, tables):
        rossi, expected = tables["rossi"], lifelines["cure"]
        model = tn.Weibull(cured=True).fit(rossi["week"] / 52 * 3, rossi["arrest"])
        close([model.log_likelihood_], [expected["log_likelihood"]])
        # lifelines stops 4e-11 below the top, sqrt(8e-11) standard errors away from it
        parameters = expected["parameters"]
        loose = {"rtol": 5e-5, "atol": 0.0}
        close([model.params_["lambda_"]], [parameters["lambda_"]], loose)
        close([model.params_["rho_"]], [parameters["rho_"]], loose)
        close([model.params_["cured_share_"]], [parameters["cured_fraction_"]], loose)
