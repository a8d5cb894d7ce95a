"""Survival analysis beside lifelines where that is installed, on all its data sets.

`test_survival_golden.py` holds the same against numbers that were written down, and
runs everywhere; lifelines pins an old pandas, and is seldom at hand.
"""

import warnings

import numpy as np
import pytest
import tenure as tn

lifelines = pytest.importorskip("lifelines")

CURVES = {
    # load: durations, event, group
    "rossi": ("week", "arrest", "fin"),
    "waltons": ("T", "E", "group"),
    "lung": ("time", "status", "sex"),
    "larynx": ("time", "death", "Stage_IV"),
    "gbsg2": ("time", "cens", "horTh"),
    "leukemia": ("t", "status", "Rx"),
    "dd": ("duration", "observed", "democracy"),
    "kidney_transplant": ("time", "death", "black_male"),
    "g3": ("time", "event", "group"),
    "lymph_node": ("rectime", "censrec", "hormone"),
    "lcd": ("T", "E", "group"),
}
COX = {
    "rossi": ("week", "arrest", None),
    "larynx": ("time", "death", None),
    "leukemia": ("t", "status", None),
    "kidney_transplant": ("time", "death", None),
    "regression_dataset": ("T", "E", None),
    "lung": ("time", "status", ["age", "sex"]),
}


@pytest.fixture(autouse=True)
def _quiet():
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        yield


def data(name):
    loader = getattr(lifelines.datasets, f"load_{name}")
    return loader().dropna().reset_index(drop=True)


@pytest.mark.parametrize("name", CURVES)
def test_curves(name):
    durations, event, _ = CURVES[name]
    table = data(name)
    theirs = lifelines.KaplanMeierFitter().fit(table[durations], table[event])
    ours = tn.KaplanMeier().fit(
        table[durations].to_numpy(float), table[event].to_numpy() == 1
    )
    times = theirs.timeline[1:]
    found = ours.predict(times, interval=0.95)
    assert np.allclose(
        found["survival"], theirs.survival_function_.iloc[1:, 0], rtol=1e-9
    )
    band = theirs.confidence_interval_.iloc[1:].to_numpy()
    known = np.isfinite(band).all(axis=1)
    ends = np.column_stack([found["lower"], found["upper"]])
    assert np.allclose(ends[known], band[known], rtol=1e-9)
    hazard = lifelines.NelsonAalenFitter(nelson_aalen_smoothing=False)
    hazard.fit(table[durations], table[event])
    own = tn.NelsonAalen(ties="at-once").fit(
        table[durations].to_numpy(float), table[event].to_numpy() == 1
    )
    assert np.allclose(
        own.predict(times)["cumulative_hazard"],
        hazard.cumulative_hazard_.iloc[1:, 0],
        rtol=1e-9,
    )


@pytest.mark.parametrize("name", CURVES)
@pytest.mark.parametrize("weighting", ["log-rank", "wilcoxon", "tarone-ware", "peto"])
def test_log_rank(name, weighting):
    durations, event, group = CURVES[name]
    table = data(name)
    options = {} if weighting == "log-rank" else {"weightings": weighting}
    theirs = lifelines.statistics.multivariate_logrank_test(
        table[durations], table[group], table[event], **options
    )
    ours = tn.log_rank(
        table[durations].to_numpy(float),
        table[event].to_numpy() == 1,
        by=table[group].to_numpy(),
        weighting=weighting,
    )
    assert ours.statistic == pytest.approx(theirs.test_statistic, rel=1e-9)
    assert ours.p_value == pytest.approx(theirs.p_value, rel=1e-8, abs=1e-300)


@pytest.mark.parametrize("name", COX)
def test_cox(name):
    durations, event, covariates = COX[name]
    table = data(name)
    names = covariates or [c for c in table.columns if c not in (durations, event)]
    table = table[[durations, event, *names]]
    theirs = lifelines.CoxPHFitter().fit(
        table, durations, event, fit_options={"precision": 1e-14, "r_precision": 1e-15}
    )
    ours = tn.Cox().fit(table, event, durations=durations, covariates=names)
    for found, expected in (
        (ours.params_, theirs.params_),
        (ours.standard_errors_, theirs.standard_errors_),
    ):
        assert list(found.values()) == pytest.approx(list(expected), rel=1e-6, abs=1e-7)
    assert ours.log_likelihood_ == pytest.approx(theirs.log_likelihood_, rel=1e-9)
    assert ours.concordance_ == pytest.approx(theirs.concordance_index_, rel=1e-9)


@pytest.mark.parametrize("name", CURVES)
@pytest.mark.parametrize(
    "model", ["Exponential", "Weibull", "LogNormal", "LogLogistic"]
)
def test_distributions(name, model):
    durations, event, _ = CURVES[name]
    table = data(name)
    table = table[table[durations] > 0]
    fitter = getattr(lifelines, f"{model}Fitter")()
    theirs = fitter.fit(
        table[durations],
        table[event],
        fit_options={"ftol": 1e-16, "gtol": 1e-10, "maxiter": 3000},
    )
    ours = getattr(tn, model)().fit(
        table[durations].to_numpy(float), table[event].to_numpy() == 1
    )
    # at the top of the likelihood, or above where lifelines stops
    assert ours.log_likelihood_ >= theirs.log_likelihood_ - 1e-8
    assert ours.log_likelihood_ == pytest.approx(theirs.log_likelihood_, rel=1e-9)
    for key, value in theirs.params_.items():
        assert ours.params_[key] == pytest.approx(value, rel=1e-5)


@pytest.mark.parametrize("model", ["Weibull", "LogNormal", "LogLogistic"])
@pytest.mark.parametrize("name", ["rossi", "larynx", "kidney_transplant"])
def test_accelerated_failure_times(name, model):
    durations, event, _ = COX[name]
    table = data(name)
    names = [c for c in table.columns if c not in (durations, event)]
    theirs = getattr(lifelines, f"{model}AFTFitter")().fit(table, durations, event)
    ours = getattr(tn, model)().fit(table, event, durations=durations, covariates=names)
    assert ours.log_likelihood_ >= theirs.log_likelihood_ - 1e-7
    joined = {"|".join(key): value for key, value in ours.coefficients_.items()}
    # lifelines' default search stops at a slope of about 1e-5
    for key, value in theirs.params_.items():
        assert joined["|".join(key)] == pytest.approx(value, rel=1e-2, abs=1e-2)
