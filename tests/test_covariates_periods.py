"""Covariates of models with periods, with regular purchases and with stayers."""

from __future__ import annotations

import json

import numpy as np
import pytest
import tenure as tn
from tenure.exceptions import ParameterError

BOTH = {"purchase_covariates": ["z"], "dropout_covariates": ["z"]}

MODELS = {
    "PDO": (tn.PDO, {"period": 4.0}),
    "BGCNBD": (tn.BGCNBD, {"k": 2}),
    "MBGCNBD": (tn.MBGCNBD, {"k": 3}),
}
"""In all of them mean chances of leaving move by log odds."""


@pytest.fixture(scope="module")
def customers():
    """Customers whose rates of buying and chances of leaving depend on `z`."""
    random, size = np.random.default_rng(12), 1500
    z, flag = random.normal(size=size), random.random(size) < 0.4
    age = random.uniform(20.0, 50.0, size)
    rate = random.gamma(0.9, 1 / 5.0, size) * np.exp(0.5 * z)
    # a / (a + b) is 1 in 6 at z = 0, and a + b is 6
    chance = 1 / (1 + np.exp(np.log(5.0) + 0.4 * z))
    leaves = random.beta(6 * chance, 6 * (1 - chance))
    # every 4 weeks some leave
    alive = np.minimum(4.0 * random.geometric(np.clip(leaves, 1e-9, 1)), age)
    x = random.poisson(rate * alive)
    last = np.where(x > 0, alive * random.random(size) ** (1 / np.maximum(x, 1)), 0.0)
    columns = {"frequency": x.astype(float), "recency": last, "T": age}
    return {**columns, "z": z, "flag": flag.astype(float), "zeros": np.zeros(size)}


@pytest.fixture(scope="module", params=list(MODELS))
def kind(request):
    return MODELS[request.param]


@pytest.fixture(scope="module")
def fitted(kind, customers):
    model, settings = kind
    return model(**settings, **BOTH).fit(customers)


def moved(model, z):
    """Return the parameters of a customer with that covariate, by the definition."""
    found = model.params_
    own = {n: v for n, v in found.items() if "." not in n}
    own["alpha"] *= np.exp(-found["purchase.z"] * z)
    both = own["a"] + own["b"]
    odds = own["a"] / own["b"] * np.exp(found["dropout.z"] * z)
    return {**own, "a": both * odds / (1 + odds), "b": both / (1 + odds)}


class TestRules:
    def test_it_is_an_optimum(self, fitted):
        result = fitted.result_
        assert result.status == "converged"
        assert result.gradient_norm < 1e-6
        assert result.smallest_eigenvalue > 0

    def test_likelihood_and_predictions_are_those_of_own_parameters(
        self, fitted, customers
    ):
        each = fitted.log_likelihood(customers)
        alive = fitted.probability_alive(customers)
        ahead = fitted.expected_purchases(customers, horizon=13.0)
        for row in (0, 7, 19, 40):
            own = moved(fitted, customers["z"][row])
            one = {n: values[row : row + 1] for n, values in customers.items()}
            there = type(fitted).from_params(**own)
            assert each[row] == pytest.approx(there.log_likelihood(one)[0], rel=1e-11)
            assert alive[row] == pytest.approx(
                there.probability_alive(one)[0], rel=1e-9
            )
            assert ahead[row] == pytest.approx(
                there.expected_purchases(one, horizon=13.0)[0], rel=1e-9
            )
            new = fitted.expected_purchases_new(13.0, covariates={"z": one["z"]})
            assert new[0] == pytest.approx(there.expected_purchases_new(13.0), rel=1e-9)
        assert each.sum() == pytest.approx(fitted.log_likelihood_, rel=1e-12)

    def test_no_step_away_is_likelier(self, fitted, customers):
        found, errors = fitted.params_, fitted.standard_errors_
        held = {"PDO": "tau"}.get(type(fitted).__name__, "k")
        for name in set(found) - {held}:
            for step in (-0.02, 0.02):
                there = type(fitted)(**fitted.get_params()).fit(
                    customers, fixed={name: found[name] + step * errors[name]}
                )
                assert there.log_likelihood_ < fitted.log_likelihood_

    def test_a_covariate_of_zeros_changes_nothing(self, kind, customers):
        model, settings = kind
        plain = model(**settings).fit(customers)
        nothing = model(
            **settings, purchase_covariates=["zeros"], dropout_covariates=["zeros"]
        ).fit(customers)
        assert nothing.log_likelihood_ == pytest.approx(
            plain.log_likelihood_, rel=1e-14
        )
        assert nothing.params_["purchase.zeros"] == 0.0
        for name, value in plain.params_.items():
            assert nothing.params_[name] == pytest.approx(value, rel=1e-6)

    def test_two_groups_lie_between_one_fit_and_two(self, kind, customers):
        model, settings = kind
        flag = customers["flag"] == 1
        effects = {"purchase_covariates": ["flag"], "dropout_covariates": ["flag"]}
        one = model(**settings).fit(customers).log_likelihood_
        with_flag = model(**settings, **effects).fit(customers)
        parts = 0.0
        for group in (flag, ~flag):
            some = {n: values[group] for n, values in customers.items()}
            parts += model(**settings).fit(some).log_likelihood_
        assert one - 1e-8 <= with_flag.log_likelihood_ <= parts + 1e-8
        test = tn.likelihood_ratio_test(model(**settings).fit(customers), with_flag)
        assert test.weights == {2: 1.0}
        assert test.statistic == pytest.approx(2 * (with_flag.log_likelihood_ - one))

    def test_ratios_say_what_moves(self, fitted):
        measures = set(fitted.rate_ratios()["measure"])
        assert measures == {"rate ratio", "odds ratio"}

    def test_stored_and_back(self, fitted, customers):
        again = type(fitted).from_dict(json.loads(json.dumps(fitted.to_dict())))
        assert again.params_ == fitted.params_
        some = {n: values[:20] for n, values in customers.items()}
        one = fitted.expected_purchases(some, horizon=9.0, interval=0.9)
        two = again.expected_purchases(some, horizon=9.0, interval=0.9)
        for name, values in one.items():
            assert values.tolist() == two[name].tolist()

    @pytest.mark.slow
    def test_profile_interval_is_near_that_of_the_curvature(self, fitted):
        low, high = fitted.confidence_intervals(method="profile")["purchase.z"]
        estimate = fitted.params_["purchase.z"]
        reach = 1.959964 * fitted.standard_errors_["purchase.z"]
        assert estimate - low == pytest.approx(reach, rel=0.1)
        assert high - estimate == pytest.approx(reach, rel=0.1)


class TestPeriods:
    def test_effects_are_found(self):
        """Purchases while alive, and leaving at the ends of periods of 4 weeks.

        One in four never leaves; z makes purchases more and leaving less frequent.
        """
        random, size = np.random.default_rng(21), 2500
        z, age = random.normal(size=size), random.uniform(40.0, 80.0, size)
        rate = random.gamma(1.5, 1 / 3.0, size) * np.exp(0.5 * z)
        # the mean chance of leaving is 1 in 4 at z = 0, and a + b is 3
        chance = 1 / (1 + np.exp(np.log(3.0) + 0.6 * z))
        leaves = random.beta(3 * chance, 3 * (1 - chance))
        lifetimes = 4.0 * random.geometric(np.clip(leaves, 1e-9, 1))
        alive = np.minimum(np.where(random.random(size) < 0.25, age, lifetimes), age)
        x = random.poisson(rate * alive)
        last = alive * random.random(size) ** (1 / np.maximum(x, 1))
        data = {"frequency": x, "recency": np.where(x > 0, last, 0.0), "T": age, "z": z}
        model = tn.PDO(period=4.0, never_leaving=True, **BOTH).fit(data)
        truth = {"r": 1.5, "alpha": 3.0, "never_leaving": 0.25}
        truth |= {"purchase.z": 0.5, "dropout.z": -0.6}
        for name, value in truth.items():
            off = (model.params_[name] - value) / model.standard_errors_[name]
            assert abs(off) < 3.5, name
        assert model.params_["tau"] == 4.0
        assert model.standard_errors_["tau"] == 0.0
        each = model.log_likelihood(data)
        for row in (0, 7):
            there = tn.PDO.from_params(**moved(model, z[row]))
            one = {n: values[row : row + 1] for n, values in data.items()}
            assert each[row] == pytest.approx(there.log_likelihood(one)[0], rel=1e-11)

    def test_a_length_is_chosen(self, customers):
        some = {n: values[:400] for n, values in customers.items()}
        model = tn.PDO(purchase_covariates=["z"]).fit(some)
        held = tn.PDO(period=model.params_["tau"], purchase_covariates=["z"]).fit(some)
        assert model.log_likelihood_ == pytest.approx(held.log_likelihood_, rel=1e-12)
        assert model.result_.n_estimated == held.result_.n_estimated + 1

    def test_one_longer_than_the_observation_is_no_dropout(self, customers):
        """Nobody leaves within the first period: the NBD with the same covariate."""
        nbd = tn.NBD(purchase_covariates=["z"]).fit(customers)
        found = nbd.params_
        held = {"r": found["r"], "alpha": found["alpha"]}
        held |= {"purchase.z": found["purchase.z"], "a": 1.0, "b": 3.0}
        pdo = tn.PDO(period=100.0, purchase_covariates=["z"])
        pdo.fit(customers, fixed=held)
        assert pdo.log_likelihood_ == pytest.approx(nbd.log_likelihood_, rel=1e-13)


class TestRegular:
    @pytest.mark.parametrize(
        ("regular", "plain"), [(tn.BGCNBD, tn.BGNBD), (tn.MBGCNBD, tn.MBGNBD)]
    )
    def test_one_stroke_is_the_simpler_model(self, customers, regular, plain):
        one = regular(k=1, **BOTH).fit(customers)
        other = plain(**BOTH).fit(customers)
        assert one.log_likelihood_ == pytest.approx(other.log_likelihood_, rel=1e-13)
        for name, value in other.params_.items():
            # fits end within 1e-6 of a standard error of each other
            assert one.params_[name] == pytest.approx(value, rel=1e-5), name

    def test_regularity_is_chosen_with_covariates(self, log):
        summary = log.summary(unit="week", as_of="1997-09-30", intervals=True)
        random = np.random.default_rng(2)
        z = {"customer_id": summary.customer_id, "z": random.normal(size=len(summary))}
        model = tn.BGCNBD(k=None, purchase_covariates=["z"])
        model.fit(summary.with_covariates(z))
        assert model.params_["k"] == 1.0
        assert (
            abs(model.params_["purchase.z"])
            < 4 * (model.standard_errors_["purchase.z"])
        )

    def test_shared_coefficients(self, customers):
        model = tn.BGCNBD(
            k=2,
            purchase_covariates=["z"],
            dropout_covariates=["z"],
            shared_covariates=["z"],
        ).fit(customers)
        apart = tn.BGCNBD(k=2, **BOTH).fit(customers)
        assert model.log_likelihood_ < apart.log_likelihood_
        assert tn.likelihood_ratio_test(model, apart).weights == {1: 1.0}

    def test_bad_input(self, customers):
        with pytest.raises(ParameterError, match="name covariates of both processes"):
            tn.PDO(period=4, shared_covariates=["z"]).fit(customers)
