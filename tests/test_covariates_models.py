"""Covariates of spend, renewal and buying in discrete time."""

import json

import numpy as np
import pytest
import tenure as tn
from scipy import optimize
from scipy.special import betaln, gammaln
from tenure.exceptions import ConvergenceWarning, ParameterError

RENEWALS = (tn.SBG, tn.BdW, tn.Geometric, tn.DiscreteWeibull)


@pytest.fixture(scope="module")
def spenders():
    """Customers of a Gamma-Gamma model whose values depend on `z` and `tier`."""
    random, size = np.random.default_rng(4), 3000
    z, tier = random.normal(size=size), random.choice(["base", "gold"], size)
    x = random.integers(0, 9, size)
    factor = np.exp(0.3 * z + 0.5 * (tier == "gold"))
    nu = random.gamma(4.0, 1.0 / (20.0 * factor))
    total = random.gamma(np.maximum(5.0 * x, 1e-9)) / nu
    mean = np.where(x > 0, total / np.maximum(x, 1), 0.0)
    columns = {"frequency": x.astype(float), "monetary_value": mean}
    return {**columns, "z": z, "tier": tier.astype(object), "zeros": np.zeros(size)}


@pytest.fixture(scope="module")
def members():
    """Contracts whose risk of ending depends on `z` and `plan`."""
    random, size = np.random.default_rng(6), 3000
    z, plan = random.normal(size=size), random.choice(["month", "year"], size)
    risk = np.exp(0.4 * z - 0.6 * (plan == "year"))
    theta = random.beta(1.2, 4.0, size)
    left = np.ceil(random.exponential(size=size) / (-np.log1p(-theta) * risk))
    end = random.integers(3, 12, size)
    churned = left <= end
    columns = {"duration": np.where(churned, left, end), "churned": churned}
    return {**columns, "z": z, "plan": plan.astype(object), "zeros": np.zeros(size)}


class TestSpend:
    def test_effects_are_found(self, spenders):
        model = tn.GammaGamma(covariates=["z", "tier"]).fit(spenders)
        truth = {"p": 5.0, "q": 4.0, "gamma": 20.0, "spend.z": 0.3}
        truth["spend.tier=gold"] = 0.5
        for name, value in truth.items():
            off = (model.params_[name] - value) / model.standard_errors_[name]
            assert abs(off) < 3.5, name
        assert set(model.rate_ratios()["measure"]) == {"mean ratio"}
        plain = tn.GammaGamma().fit(spenders)
        assert tn.likelihood_ratio_test(plain, model).weights == {2: 1.0}

    def test_predictions_are_those_of_own_parameters(self, spenders):
        model = tn.GammaGamma(covariates=["z", "tier"]).fit(spenders)
        spend = model.expected_spend(spenders, interval=0.9)
        levels = model.spend_quantiles(spenders)
        found = model.params_
        for row in (0, 5, 17):
            moved = found["spend.z"] * spenders["z"][row]
            moved += found["spend.tier=gold"] * (spenders["tier"][row] == "gold")
            own = tn.GammaGamma.from_params(
                p=found["p"], q=found["q"], gamma=found["gamma"] * np.exp(moved)
            )
            one = {n: values[row : row + 1] for n, values in spenders.items()}
            expected = own.expected_spend(one)[0]
            assert spend["expected_spend"][row] == pytest.approx(expected, rel=1e-12)
            expected = own.spend_quantiles(one)["0.5"][0]
            assert levels["0.5"][row] == pytest.approx(expected, rel=1e-10)
        new = {"z": [0.0, 1.0], "tier": ["base", "gold"]}
        values = model.expected_spend_new(covariates=new)
        ratio = np.exp(found["spend.z"] + found["spend.tier=gold"])
        assert values[1] / values[0] == pytest.approx(ratio, rel=1e-12)

    def test_an_independent_likelihood(self, spenders):
        x, mean, z = (spenders[n] for n in ("frequency", "monetary_value", "z"))
        bought = x > 0
        x, mean, z = x[bought], mean[bought], z[bought]

        def negative(point):
            p, q, base = np.exp(point[:3])
            gamma = base * np.exp(point[3] * z)
            ln = gammaln(p * x + q) - gammaln(p * x) - gammaln(q) + q * np.log(gamma)
            ln += (p * x - 1) * np.log(mean) + p * x * np.log(x)
            return -(ln - (p * x + q) * np.log(gamma + x * mean)).sum()

        found = optimize.minimize(negative, [1.0, 1.0, 3.0, 0.0], method="BFGS")
        model = tn.GammaGamma(covariates=["z"]).fit(spenders)
        assert model.log_likelihood_ == pytest.approx(-found.fun, abs=1e-5)
        # BFGS ends where differences of the sum drown in rounding
        assert model.params_["spend.z"] == pytest.approx(found.x[3], abs=1e-4)

    def test_zeros_among_buyers_only(self, spenders):
        """Those without repeat purchases are not in the fit, nor their covariates."""
        plain = tn.GammaGamma().fit(spenders)
        nobody = (spenders["frequency"] == 0).astype(float)
        model = tn.GammaGamma(covariates=["nobody"]).fit({**spenders, "nobody": nobody})
        assert model.log_likelihood_ == plain.log_likelihood_
        assert model.params_["spend.nobody"] == 0.0
        assert "`nobody` is 0 for every customer" in repr(model)

    def test_single_purchases_have_none(self):
        with pytest.raises(ParameterError) as raised:
            tn.GammaGamma(covariates=["z"]).fit_orders({})
        assert str(raised.value) == (
            "`covariates` must be left out of a fit to single purchases, got ['z']\n\n"
            "Hint: fit() takes covariates, and a customer's mean value"
        )


class TestRenewal:
    def test_effects_are_found(self, members):
        model = tn.SBG(covariates=["z", "plan"]).fit(members)
        truth = {"alpha": 1.2, "beta": 4.0, "churn.z": 0.4, "churn.plan=year": -0.6}
        for name, value in truth.items():
            off = (model.params_[name] - value) / model.standard_errors_[name]
            assert abs(off) < 3.5, name
        table = model.rate_ratios()
        assert list(table["compared_with"]) == ["", "month"]
        assert set(table["measure"]) == {"hazard ratio"}

    def test_an_independent_likelihood(self, members):
        years = members["plan"] == "year"
        t, left = members["duration"], members["churned"]

        def negative(point):
            a, b = np.exp(point[:2])
            risk = np.exp(point[3] * years + point[4] * members["z"])

            def ln_survival(age):
                return betaln(a, b + risk * age ** np.exp(point[2])) - betaln(a, b)

            before, after = ln_survival(t - 1), ln_survival(t)
            gone = before + np.log(-np.expm1(after - before))
            return -np.where(left, gone, after).sum()

        found = optimize.minimize(negative, [0, 1, 0, 0, 0], method="BFGS")
        model = tn.BdW(covariates=["plan", "z"]).fit(members)
        assert model.log_likelihood_ == pytest.approx(-found.fun, abs=1e-5)
        # BFGS ends where differences of the sum drown in rounding
        own = list(model.params_.values())
        np.testing.assert_allclose(own[:3], np.exp(found.x[:3]), rtol=2e-3)
        np.testing.assert_allclose(own[3:], found.x[3:], atol=2e-3)
        test = tn.likelihood_ratio_test(
            tn.SBG(covariates=["plan", "z"]).fit(members), model
        )
        assert test.case == "c = 1"

    @pytest.mark.parametrize("kind", RENEWALS)
    def test_zeros_change_nothing(self, kind, members):
        plain, other = kind().fit(members), kind(covariates=["zeros"]).fit(members)
        assert other.log_likelihood_ == plain.log_likelihood_
        found = other.params_
        assert found.pop("churn.zeros") == 0.0
        assert found == plain.params_
        ages = [0.0, 3.0]
        np.testing.assert_array_equal(
            other.survival(ages, covariates={"zeros": [0.0]})["survival"],
            plain.survival(ages)["survival"],
        )

    @pytest.mark.parametrize("kind", RENEWALS)
    def test_survival_is_a_power(self, kind, members):
        """Of the laws whose hazards are proportional for one customer."""
        model = kind(covariates=["z", "plan"]).fit(members)
        data = {"z": [0.0, 0.5], "plan": ["month", "year"]}
        curve = model.survival(6, covariates=data, interval=0.9)
        assert list(curve["age"]) == [6.0, 6.0]
        found = model.params_
        risk = np.exp(0.5 * found["churn.z"] + found["churn.plan=year"])
        base = {n: v for n, v in found.items() if not n.startswith("churn")}
        assert curve["survival"][0] == pytest.approx(
            kind.from_params(**base).survival(6)["survival"][0], rel=1e-12
        )
        if kind in (tn.SBG, tn.BdW):
            a, b = found["alpha"], found["beta"]
            power = risk * 6 ** found.get("c", 1.0)
            expected = np.exp(betaln(a, b + power) - betaln(a, b))
        else:
            expected = curve["survival"][0] ** risk
        assert curve["survival"][1] == pytest.approx(expected, rel=1e-10)
        assert (curve["std_error"] > 0).all()
        total = model.log_likelihood(members).sum()
        assert model.log_likelihood_ == pytest.approx(total, abs=1e-8)
        again = kind.from_dict(json.loads(json.dumps(model.to_dict())))
        for method in ("retention", "churn_probabilities"):
            one = getattr(again, method)(
                [1, 2], covariates={"z": [0.5], "plan": ["year"]}
            )
            two = getattr(model, method)(
                [1, 2], covariates={"z": [0.5], "plan": ["year"]}
            )
            for name, values in two.items():
                np.testing.assert_array_equal(one[name], values)
        worth = model.discounted_lifetime_new(covariates=data, per=1.0, interval=0.9)
        assert worth["lower"][1] < worth["discounted_lifetime"][1]

    def test_slopes(self, members):
        model = tn.BdW(covariates=["z"], one_and_done=False).fit(members)
        matrix, ages = np.array([[0.7]]), (np.array([1.0]), np.array([5.0]))

        def ask(theta, *, gradient=False):
            return model._spans(
                "survival", ages, gradient=gradient, theta=theta, covariates=matrix
            )

        theta = model.result_.theta
        _, slopes = ask(theta, gradient=True)
        for place, value in enumerate(theta):
            up, down = list(theta), list(theta)
            up[place] += 1e-5 * abs(value)
            down[place] -= 1e-5 * abs(value)
            difference = (ask(up)[0] - ask(down)[0]) / (2e-5 * abs(value))
            # central differences lose about two thirds of the digits
            assert slopes[0, place] == pytest.approx(difference[0], rel=1e-6)

    def test_profile_and_shares(self, members):
        model = tn.SBG(covariates=["plan"]).fit(members)
        low, high = model.confidence_intervals(method="profile")["churn.plan=year"]
        wald = model.confidence_intervals()["churn.plan=year"]
        room = 0.1 * model.standard_errors_["churn.plan=year"]
        np.testing.assert_allclose((low, high), wald, atol=room)
        with pytest.warns(ConvergenceWarning, match="never_leaving -> 0"):
            shares = tn.SBG(covariates=["plan"], never_leaving=True).fit(members)
        assert shares.log_likelihood_ == pytest.approx(model.log_likelihood_, abs=1e-3)

    def test_continuous_time(self):
        random, size = np.random.default_rng(3), 2000
        z = random.normal(size=size)
        rates = random.gamma(1.5, 1 / 6.0, size) * np.exp(0.5 * z)
        left, end = random.exponential(size=size) / rates, random.uniform(2, 9, size)
        data = {"duration": np.minimum(left, end), "churned": left < end, "z": z}
        model = tn.ExponentialGamma(covariates=["z"]).fit(data)
        off = (model.params_["churn.z"] - 0.5) / model.standard_errors_["churn.z"]
        assert abs(off) < 3.5
        other = tn.WeibullGamma(covariates=["z"]).fit(data)
        assert tn.likelihood_ratio_test(model, other).case == "c = 1"

    def test_real_contracts(self):
        """Telco: customers by the month leave many times as often as by the year."""
        table = tn.datasets.load_telco_churn(family="numpy")
        data = {n: np.asarray(table[n]) for n in ("tenure", "churn", "contract")}
        data["churn"] = data["churn"] == "Yes"
        data = {n: values[data["tenure"] > 0] for n, values in data.items()}
        model = tn.SBG(covariates=["contract"])
        model.fit(data, duration="tenure", churned="churn")
        ratios = model.rate_ratios()
        assert list(ratios["covariate"]) == ["contract=One year", "contract=Two year"]
        assert (ratios["upper"] < 0.3).all()
        assert ratios["ratio"][1] < ratios["ratio"][0]

    def test_errors(self, members):
        model = tn.SBG(covariates=["z"]).fit(members)
        for ask in (
            lambda: model.survival([1.0]),
            lambda: model.discounted_lifetime_new(per=1.0),
            lambda: model.simulate(3, end=4.0),
        ):
            with pytest.raises(ParameterError) as raised:
                ask()
            assert str(raised.value) == (
                "`covariates` must hold those of the customers: z, got None"
            )
        with pytest.raises(ParameterError, match="be asked of a model without"):
            model.bootstrap(10)
        renewals = tn.Renewals.from_survivors({"age": [0, 1], "survivors": [9, 5]})
        with pytest.raises(ParameterError) as raised:
            tn.SBG(covariates=["z"]).fit(renewals)
        assert str(raised.value).startswith(
            "`data` must be a frame with one row a customer and the covariates as "
            "columns, got Renewals"
        )
        with pytest.raises(ParameterError) as raised:
            model.survival([1.0, 2.0], covariates={"z": [0.0, 1.0, 2.0]})
        assert str(raised.value) == (
            "`covariates` must hold one customer, or one for each of 2 ages, got 3"
        )

    def test_simulated_customers_have_their_own_risk(self, members):
        model = tn.SBG(covariates=["z"]).fit(members)
        seen = model.simulate(20_000, covariates={"z": [1.0]}, end=1.0, seed=2)
        stays = model.survival(1, covariates={"z": [1.0]})["survival"][0]
        share = np.isinf(seen.gone).mean()
        # four standard errors of a share of 20,000
        assert share == pytest.approx(stays, abs=4 * np.sqrt(0.25 / 20_000))


class TestOpportunities:
    def test_effects_are_found(self):
        random, size = np.random.default_rng(12), 4000
        z = random.normal(size=size)

        def mixed(mean, precision):
            return random.beta(mean * precision, (1 - mean) * precision)

        buys = mixed(1 / (1 + np.exp(0.2 - 0.6 * z)), 3.0)
        leaves = mixed(1 / (1 + np.exp(2.0 - 0.5 * z)), 4.0)
        x, last = np.zeros(size), np.zeros(size)
        alive = np.ones(size, bool)
        for period in range(1, 11):
            alive &= random.random(size) >= leaves
            bought = alive & (random.random(size) < buys)
            x += bought
            last[bought] = period
        data = {"frequency": x, "recency": last, "T": np.full(size, 10.0), "z": z}
        model = tn.BGBB(purchase_covariates=["z"], dropout_covariates=["z"]).fit(data)
        for name, value in (("purchase.z", 0.6), ("dropout.z", 0.5)):
            off = (model.params_[name] - value) / model.standard_errors_[name]
            assert abs(off) < 3.5, name
        assert set(model.rate_ratios()["measure"]) == {"odds ratio"}
        own, row = model.params_, 7
        a, b = own["alpha"], own["beta"]
        c, d = own["gamma"], own["delta"]
        buy = a / b * np.exp(own["purchase.z"] * z[row])
        leave = c / d * np.exp(own["dropout.z"] * z[row])
        one = tn.BGBB.from_params(
            alpha=(a + b) * buy / (1 + buy),
            beta=(a + b) / (1 + buy),
            gamma=(c + d) * leave / (1 + leave),
            delta=(c + d) / (1 + leave),
        )
        customer = {name: values[row : row + 1] for name, values in data.items()}
        found = model.expected_purchases(data, horizon=5.0)[row]
        expected = one.expected_purchases(customer, horizon=5.0)[0]
        assert found == pytest.approx(expected, rel=1e-12)
