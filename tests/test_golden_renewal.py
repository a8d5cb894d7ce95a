"""Published figures and exact references for the models of renewal."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest
import tenure as tn

GOLDEN = Path(__file__).parent / "golden"
PUBLISHED = json.loads((GOLDEN / "renewal.json").read_text("utf-8"))
EXACT = json.loads((GOLDEN / "renewal_exact.json").read_text("utf-8"))
MODELS = {
    model.__name__: model
    for model in (
        *(tn.SBG, tn.BdW, tn.Geometric),
        *(tn.DiscreteWeibull, tn.ExponentialGamma, tn.WeibullGamma),
    )
}
PARAMETERS = {
    "SBG": ("alpha", "beta"),
    "BdW": ("alpha", "beta", "c"),
    "Geometric": ("theta",),
    "DiscreteWeibull": ("theta", "c"),
    "ExponentialGamma": ("r", "alpha"),
    "WeibullGamma": ("r", "alpha", "c"),
}


def model_of(name, theta, **options):
    given = dict(zip(PARAMETERS[name], theta, strict=True))
    return MODELS[name].from_params(**given, **options)


def met(block, ours, published, name=None):
    def tolerance(key):
        stated = block.get(key, 0.0)
        return stated.get(name, 0.0) if isinstance(stated, dict) else stated

    np.testing.assert_allclose(
        np.asarray(ours, dtype=float),
        np.asarray(published, dtype=float),
        rtol=tolerance("rtol"),
        atol=tolerance("atol"),
        err_msg=f"{block['source']} {name or ''}",
    )


def columns(block):
    return np.array(block["rows"], dtype=float).T


@pytest.mark.parametrize("block", PUBLISHED["fits"], ids=lambda b: b["source"][:9])
def test_fits(block):
    survivors = np.array(block["survivors"], dtype=float)
    table = {"age": np.arange(len(survivors)), "survivors": survivors}
    model = MODELS[block["model"]]().fit(tn.Renewals.from_survivors(table))
    assert model.converged_
    assert model.n_customers_ == 1000
    assert model.result_.gradient_norm < 1e-6
    ours = list(model.params_.values())
    met(block, ours, block["parameters"], "parameters")
    met(block, model.log_likelihood_, block["log_likelihood"], "log_likelihood")
    ages, expected = np.transpose(block["survival"])
    met(block, model.survival(ages)["survival"], expected, "survival")
    if "published" in block:
        paper = block["published"]
        met(paper | {"source": "paper"}, ours, paper["parameters"], "parameters")
        value = paper["log_likelihood"]
        where = paper | {"source": "paper"}
        met(where, model.log_likelihood_, value, "log_likelihood")


@pytest.mark.parametrize("block", PUBLISHED["curves"])
def test_curves(block):
    model = model_of(block["model"], block["parameters"])
    method = {
        "survival": model.survival,
        "retention": model.retention,
        "churn_probability": model.churn_probabilities,
    }[block["quantity"]]
    places, published = columns(block)
    met(block, method(places)[block["quantity"]], published)


@pytest.mark.parametrize("block", PUBLISHED["discounted"])
def test_discounted(block):
    model = model_of(block["model"], block["parameters"])
    how = {"discount_rate": block["discount_rate"], "per": 1}
    if block["rows"]:
        ages, published = columns(block)
        ours = model.discounted_residual_lifetime(ages, **how)
        met(block, ours["discounted_residual_lifetime"], published)
    if "new" in block:
        met(block, model.discounted_lifetime_new(**how), block["new"])


def independent_fit(lost, there, start):
    """Maximise the likelihood of several cohorts with scipy's functions alone."""
    optimize = pytest.importorskip("scipy.optimize")
    betaln = pytest.importorskip("scipy.special").betaln

    def survival(log_theta, t):
        alpha, beta, *c = np.exp(log_theta)
        power = c[0] if c else 1.0
        return np.exp(betaln(alpha, beta + t**power) - betaln(alpha, beta))

    def negative(log_theta):
        total = 0.0
        for t, count in lost:
            gone = survival(log_theta, t - 1.0) - survival(log_theta, float(t))
            total -= count * np.log(gone)
        for t, count in there:
            total -= count * np.log(survival(log_theta, float(t)))
        return total

    options = {"xatol": 1e-10, "fatol": 1e-10, "maxiter": 4000, "maxfev": 4000}
    found = optimize.minimize(
        negative, np.log(start), method="Nelder-Mead", options=options
    )
    return np.exp(found.x), -found.fun


@pytest.mark.parametrize(("model", "start"), [(tn.SBG, [1, 2]), (tn.BdW, [1, 2, 1])])
def test_several_cohorts_with_their_own_ends(model, start):
    """Five cohorts of 10,000 (Fader and Hardie 2010), against independent code."""
    survivors = [10000, 6334, 4367, 3264, 2604]
    lost, there = [], []
    for end in range(5):
        lost += [(t, survivors[t - 1] - survivors[t]) for t in range(1, end + 1)]
        there.append((end, survivors[end]))
    expected, log_likelihood = independent_fit(lost, there, start)
    data = tn.datasets.load_multi_cohort(family="numpy")
    ours = model().fit(tn.Renewals.from_cohorts(data, period="year"))
    assert ours.converged_
    assert ours.log_likelihood_ == pytest.approx(log_likelihood, rel=1e-11)
    # a simplex stops where the likelihood no longer changes in its last digits
    np.testing.assert_allclose(list(ours.params_.values()), expected, rtol=1e-4)


@pytest.mark.parametrize("row", EXACT["rows"], ids=lambda r: r[0])
def test_exact(row):
    """To 1e-12: rounding in a handful of special functions, and sums of hundreds."""
    case = dict(zip(EXACT["columns"], row, strict=True))
    shares = {
        name: case[name] for name in ("one_and_done", "never_leaving") if case[name]
    }
    model = model_of(case["model"], case["theta"], **shares)
    start, end, entry = case["from"], case["to"], case["entry"]
    seen = tn.Renewals(
        np.array([float(entry)]),
        np.array([float(start)]),
        np.array([float(end)]),
        np.array([np.nan]),
        np.ones(1),
        cohort=None,
        exact=False,
        unit=None,
        family="numpy",
    )
    how = {"discount_rate": np.expm1(case["rate"]), "per": 1}
    found = {
        "survival": model.survival(end, given=start)["survival"],
        "leaving": model.churn_probabilities(end, given=start)["churn_probability"],
        "log_likelihood": model.log_likelihood(seen),
        "payments": model.discounted_residual_lifetime(start, **how)[
            "discounted_residual_lifetime"
        ],
        "payments_until": model.discounted_residual_lifetime(
            start, horizon=end - start, **how
        )["discounted_residual_lifetime"],
        "residual": model.expected_residual_lifetime(start, horizon=end - start)[
            "expected_residual_lifetime"
        ],
    }
    for name, value in found.items():
        np.testing.assert_allclose(value[0], case[name], rtol=1e-12, err_msg=name)
