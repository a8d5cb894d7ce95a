"""Gradients and Hessians of every fit, against differences of its log-likelihood.

What the core differentiates is what `log_likelihood` says, so an estimate is where all
slopes are 0, and the covariance is the inverse of the second differences.
"""

from __future__ import annotations

import json

import numpy as np
import pytest
import tenure as tn

NAMES = ("frequency", "recency", "T")


@pytest.fixture(scope="module")
def customers(log):
    """Some 600 customers of CDNOW, with what covariates may be made of."""
    summary = log.summary(unit="week", as_of="1997-09-30", intervals=True)
    some = slice(None, None, 4)
    columns = {
        name: np.asarray(summary[name])[some]
        for name in (*NAMES, "monetary_value", "log_intervals")
    }
    size = len(columns["T"])
    random = np.random.default_rng(12)
    columns["z"] = random.normal(size=size)
    columns["group"] = random.choice(["one", "two", "three"], size=size)
    return columns


@pytest.fixture(scope="module")
def leaving():
    """Customers who leave at ages that depend on a covariate."""
    random = np.random.default_rng(4)
    z = random.normal(size=1500)
    hazards = random.beta(2.0, 6.0, 1500)
    left = random.geometric(1 - (1 - hazards) ** np.exp(0.4 * z))
    end = random.integers(3, 12, 1500)
    return {"duration": np.minimum(left, end), "churned": left <= end, "z": z}


@pytest.fixture(scope="module")
def opportunities(customers):
    """The customers with weeks as opportunities."""
    whole = {name: np.ceil(customers[name]) for name in ("recency", "T")}
    count = np.minimum(customers["frequency"], whole["recency"])
    return {**customers, **whole, "frequency": count}


def moved(model, values):
    """The model with other parameters."""
    stored = json.loads(json.dumps(model.to_dict()))
    stored["fit"]["parameters"].update(values)
    return type(model).from_dict(stored)


def check(model, total):
    """Hold slopes and bends of `total`, of any such model, to what the fit says."""
    assert model.converged_
    assert model.result_.gradient_norm < 1e-6
    estimates = model.params_
    free = [name for name in estimates if name not in model.result_.fixed]
    where = [list(estimates).index(name) for name in free]
    exact = np.linalg.inv(model.covariance_[np.ix_(where, where)])
    # each parameter by a twentieth of its standard error where the others are known
    each = np.sqrt(np.diag(exact))
    steps = dict(zip(free, 0.05 / each, strict=True))

    def at(**shifts):
        shifted = {n: estimates[n] + shift * steps[n] for n, shift in shifts.items()}
        return total(moved(model, shifted))

    centre = at()
    assert centre == pytest.approx(model.log_likelihood_, rel=1e-12)
    bends = np.empty((len(free), len(free)))
    for i, one in enumerate(free):
        up, down = at(**{one: 1.0}), at(**{one: -1.0})
        # in such errors: an estimate that is off by a hundredth of one, where the third
        # derivative over a step of a twentieth has a thousandth or so
        assert abs(up - down) / 0.1 < 1e-2, one
        bends[i, i] = up - 2 * centre + down
        for j, other in enumerate(free[:i]):
            corners = [
                at(**{one: a, other: b}) * a * b for a in (1, -1) for b in (1, -1)
            ]
            bends[i, j] = bends[j, i] = sum(corners) / 4
    # differences are good to the square of their step, and to the rounding of sums of
    # thousands, 1e-12, over it
    ours = -bends / 0.05**2
    np.testing.assert_allclose(ours, exact / np.outer(each, each), atol=2e-3)


BUYING = {
    "NBD": tn.NBD(),
    "BGNBD": tn.BGNBD(),
    "MBGNBD": tn.MBGNBD(),
    "ParetoNBD": tn.ParetoNBD(),
    "PDO": tn.PDO(period=4.0),
    "BGCNBD": tn.BGCNBD(k=2),
    "MBGCNBD": tn.MBGCNBD(k=3),
    "ParetoNBD with covariates": tn.ParetoNBD(
        purchase_covariates=["z", "group"], dropout_covariates=["z"]
    ),
    "BGNBD with covariates": tn.BGNBD(
        purchase_covariates=["z"], dropout_covariates=["z", "group"]
    ),
    "MBGNBD with a shared covariate": tn.MBGNBD(
        purchase_covariates=["z"], dropout_covariates=["z"], shared_covariates=["z"]
    ),
}


@pytest.mark.parametrize("name", BUYING)
def test_buying(name, customers):
    model = BUYING[name].fit(customers)
    check(model, lambda other: other.log_likelihood(customers).sum())


@pytest.mark.parametrize("covariates", [None, ["z"]])
def test_opportunities(opportunities, covariates):
    model = tn.BGBB(purchase_covariates=covariates, dropout_covariates=covariates)
    model.fit(opportunities)
    check(model, lambda other: other.log_likelihood(opportunities).sum())


@pytest.mark.parametrize("covariates", [None, "z + C(group)"])
def test_spend(customers, covariates):
    if covariates is not None:
        pytest.importorskip("formulaic")
    again = customers["frequency"] > 0
    data = {name: values[again] for name, values in customers.items()}
    model = tn.GammaGamma(covariates=covariates).fit(data)
    check(model, lambda other: other.log_likelihood(data).sum())


@pytest.mark.parametrize("covariates", [None, ["z"]])
@pytest.mark.parametrize("kind", [tn.SBG, tn.BdW])
def test_renewing(leaving, kind, covariates):
    model = kind(covariates=covariates).fit(leaving)
    check(model, lambda other: other.log_likelihood(leaving).sum())


@pytest.mark.parametrize("kind", [tn.ExponentialGamma, tn.WeibullGamma])
def test_renewing_in_continuous_time(kind):
    random = np.random.default_rng(8)
    left = (random.exponential(size=1500) / random.gamma(1.5, 1 / 6.0, 1500)) ** 0.8
    end = random.uniform(2.0, 30.0, 1500)
    data = {"duration": np.minimum(left, end), "churned": left <= end}
    model = kind().fit(data)
    check(model, lambda other: other.log_likelihood(data).sum())
