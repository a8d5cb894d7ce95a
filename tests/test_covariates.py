"""Models of repeat buying whose parameters depend on covariates."""

import json
import pickle

import numpy as np
import pandas as pd
import polars as pl
import pytest
import tenure as tn
from scipy import optimize, stats
from scipy.special import betaln, gammaln
from tenure.exceptions import (
    ColumnError,
    ConvergenceWarning,
    DataError,
    ParameterError,
)

BOTH = (tn.BGNBD, tn.MBGNBD, tn.ParetoNBD)
LARGE = 3e-6
"""Fits end within a millionth of a standard error, which is a hundredth of most
parameters here; other columns lead to other steps."""


@pytest.fixture(scope="module")
def frame(summary):
    """The customers of CDNOW with covariates that mean nothing."""
    random = np.random.default_rng(11)
    columns = {n: np.array(summary[n]) for n in ("frequency", "recency", "T")}
    size = len(columns["T"])
    columns["age"] = random.normal(40.0, 10.0, size).round(1)
    columns["channel"] = random.choice(["mail", "search", "web"], size).astype(object)
    columns["member"] = random.random(size) < 0.4
    columns["nothing"] = np.zeros(size)
    return columns


def drawn(size, random, *, purchase=0.6, dropout=-0.5):
    """Customers of a Pareto/NBD model whose rates depend on `z` and `group`."""
    z = random.normal(size=size)
    group = random.choice(["a", "b"], size)
    is_b = group == "b"
    buys = random.gamma(0.9, 1 / 8.0, size) * np.exp(purchase * z + 0.4 * is_b)
    leaves = random.gamma(1.2, 1 / 15.0, size) * np.exp(dropout * z)
    age = random.uniform(20.0, 50.0, size)
    alive = np.minimum(age, random.exponential(size=size) / leaves)
    x = random.poisson(buys * alive)
    # the last of x uniform times
    recency = np.where(x > 0, alive * random.random(size) ** (1 / np.maximum(x, 1)), 0)
    columns = {"frequency": x.astype(float), "recency": recency, "T": age}
    return {**columns, "z": z, "group": group.astype(object)}


@pytest.fixture(scope="module")
def simulated():
    return drawn(6000, np.random.default_rng(5))


@pytest.fixture(scope="module")
def fitted(simulated):
    model = tn.ParetoNBD(purchase_covariates=["z", "group"], dropout_covariates=["z"])
    return model.fit(simulated)


@pytest.fixture(scope="module")
def models(frame):
    """Each model with covariates of both processes."""
    settings = {
        "purchase_covariates": ["age", "channel"],
        "dropout_covariates": ["age", "member"],
    }
    return {kind: kind(**settings).fit(frame) for kind in BOTH}


class TestNothing:
    @pytest.mark.parametrize("kind", BOTH)
    def test_a_covariate_of_zeros_changes_no_bit(self, kind, frame):
        plain = kind().fit(frame)
        with_zeros = kind(
            purchase_covariates=["nothing"], dropout_covariates=["nothing"]
        ).fit(frame)
        assert with_zeros.log_likelihood_ == plain.log_likelihood_
        found = with_zeros.params_
        assert found.pop("purchase.nothing") == found.pop("dropout.nothing") == 0.0
        assert found == plain.params_
        assert with_zeros.aic_ == plain.aic_
        assert with_zeros.result_.message == (
            "`nothing` is 0 for every customer: the data do not identify its "
            "coefficient, which is held at 0"
        )
        np.testing.assert_array_equal(
            with_zeros.expected_purchases(frame, horizon=39.0),
            plain.expected_purchases(frame, horizon=39.0),
        )
        unknown = with_zeros.confidence_intervals(method="profile")["dropout.nothing"]
        assert unknown == (-np.inf, np.inf)

    def test_beside_another_covariate(self, frame):
        one = tn.BGNBD(purchase_covariates=["age"]).fit(frame)
        other = tn.BGNBD(purchase_covariates=["nothing", "age"]).fit(frame)
        assert other.log_likelihood_ == one.log_likelihood_
        assert other.params_["purchase.age"] == one.params_["purchase.age"]
        ratio = tn.likelihood_ratio_test(tn.BGNBD().fit(frame), other)
        assert ratio.weights == {1: 1.0}
        ratios = other.rate_ratios()
        assert ratios["ratio"][0] == 1.0
        assert np.isnan(ratios["lower"][0])

    def test_a_gompertz_model_too(self, simulated):
        data = {**simulated, "zeros": np.zeros(len(simulated["T"]))}
        with pytest.warns(ConvergenceWarning):  # as without: the hazard is constant
            plain = tn.GGompertzNBD().fit(data)
        with pytest.warns(ConvergenceWarning):
            other = tn.GGompertzNBD(dropout_covariates=["zeros"]).fit(data)
        assert other.log_likelihood_ == plain.log_likelihood_


class TestUnits:
    def test_scale(self, frame, models):
        model = models[tn.ParetoNBD]
        other = {**frame, "age": frame["age"] / 10.0}
        again = tn.ParetoNBD(**model.get_params()).fit(other)
        for name, value in model.params_.items():
            factor = 10.0 if name.endswith(".age") else 1.0
            assert again.params_[name] == pytest.approx(factor * value, rel=LARGE)
        np.testing.assert_allclose(
            again.expected_purchases(other, horizon=39.0),
            model.expected_purchases(frame, horizon=39.0),
            rtol=LARGE,
        )

    @pytest.mark.parametrize("kind", BOTH)
    def test_shift(self, kind, frame, models):
        model = models[kind]
        other = {**frame, "age": frame["age"] - 40.0}
        again = kind(**model.get_params()).fit(other)
        # parameters are those of customers whose covariates are 0
        moved = np.exp(-40.0 * model.params_["purchase.age"])
        alpha = model.params_["alpha"] * moved
        assert again.params_["alpha"] == pytest.approx(alpha, rel=LARGE)
        for name in model._coefficient_names():
            expected = pytest.approx(model.params_[name], rel=1e-4, abs=1e-8)
            assert again.params_[name] == expected
            error = model.standard_errors_[name]
            assert again.standard_errors_[name] == pytest.approx(error, rel=1e-4)
        assert again.log_likelihood_ == pytest.approx(model.log_likelihood_, abs=1e-8)
        known = model.probability_alive(frame, interval=0.9)
        found = again.probability_alive(other, interval=0.9)
        for name in known:
            np.testing.assert_allclose(found[name], known[name], rtol=1e-4, atol=1e-9)

    def test_penalty_knows_no_unit(self, frame):
        settings = {"purchase_covariates": ["age"], "covariate_penalty": 0.01}
        model = tn.BGNBD(**settings).fit(frame)
        again = tn.BGNBD(**settings).fit({**frame, "age": 365.0 * frame["age"]})
        ratio = model.params_["purchase.age"] / again.params_["purchase.age"]
        assert ratio == pytest.approx(365.0, rel=1e-4)

    def test_order_of_rows_changes_no_bit(self, frame, models):
        places = np.random.default_rng(2).permutation(len(frame["T"]))
        turned = {name: values[places] for name, values in frame.items()}
        model = models[tn.BGNBD]
        again = tn.BGNBD(**model.get_params()).fit(turned)
        assert again.params_ == model.params_
        assert again.log_likelihood_ == model.log_likelihood_

    @pytest.mark.parametrize("family", [pd.DataFrame, pl.DataFrame])
    def test_families(self, family, frame, models):
        model = models[tn.BGNBD]
        again = tn.BGNBD(**model.get_params()).fit(family(frame))
        assert again.params_ == model.params_
        found = again.expected_purchases(family(frame), horizon=39.0)
        expected = model.expected_purchases(frame, horizon=39.0)
        np.testing.assert_array_equal(np.asarray(found), expected)
        assert isinstance(again.rate_ratios(), family)


class TestTruth:
    def test_effects_are_found(self, fitted):
        truth = {
            "r": 0.9,
            "alpha": 8.0,
            "s": 1.2,
            "beta": 15.0,
            "purchase.z": 0.6,
            "purchase.group=b": 0.4,
            "dropout.z": -0.5,
        }
        for name, value in truth.items():
            off = (fitted.params_[name] - value) / fitted.standard_errors_[name]
            assert abs(off) < 3.5, name
        assert fitted.converged_
        assert fitted.result_.gradient_norm < 1e-6

    def test_rate_ratios(self, fitted):
        table = fitted.rate_ratios(level=0.9)
        assert list(table["process"]) == ["purchase", "purchase", "dropout"]
        assert list(table["covariate"]) == ["z", "group=b", "z"]
        assert list(table["compared_with"]) == ["", "a", ""]
        assert set(table["measure"]) == {"rate ratio"}
        estimate, error = (
            fitted.params_["dropout.z"],
            fitted.standard_errors_["dropout.z"],
        )
        reach = stats.norm.ppf(0.95) * error
        assert table["ratio"][2] == pytest.approx(np.exp(estimate))
        assert table["lower"][2] == pytest.approx(np.exp(estimate - reach))
        assert table["upper"][2] == pytest.approx(np.exp(estimate + reach))
        assert tn.BGNBD._processes["dropout"] == "odds ratio"

    def test_report(self, fitted):
        text = repr(fitted)
        assert "purchase.group=b" in text
        assert text.endswith("compared: group with 'a'")
        assert "group with" in fitted._repr_html_()
        assert list(fitted.summary()["parameter"]) == list(fitted.params_)

    def test_profile_is_near_wald(self, simulated):
        data = {name: values[:1200] for name, values in simulated.items()}
        fitted = tn.BGNBD(purchase_covariates=["z", "group"]).fit(data)
        profile = fitted.confidence_intervals(method="profile")
        wald = fitted.confidence_intervals()
        for name in fitted._coefficient_names():
            # a tenth of a standard error: with 1,200 customers both are nearly normal
            room = 0.1 * fitted.standard_errors_[name]
            np.testing.assert_allclose(profile[name], wald[name], atol=room)

    def test_an_independent_likelihood(self, simulated):
        """BG/NBD with covariates, written out in NumPy and minimised by SciPy."""
        data = {name: values[:800] for name, values in simulated.items()}
        x, t_x, t = data["frequency"], data["recency"], data["T"]

        def negative(point):
            r, phi = np.exp(point[0]), np.exp(point[3])
            alpha = np.exp(point[1] - point[4] * data["z"])
            p = 1 / (1 + np.exp(-point[2] - point[5] * data["z"]))
            a, b = p * phi, (1 - p) * phi
            ln = gammaln(r + x) - gammaln(r) + r * np.log(alpha)
            stays = betaln(a, b + x) - betaln(a, b) - (r + x) * np.log(alpha + t)
            back = np.maximum(x, 1)
            left = betaln(a + 1, b + back - 1) - betaln(a, b)
            left = np.where(x > 0, left - (r + x) * np.log(alpha + t_x), -np.inf)
            return -(ln + np.logaddexp(stays, left)).sum()

        found = optimize.minimize(negative, [0, 2, -1, 0.5, 0, 0], method="BFGS")
        model = tn.BGNBD(purchase_covariates=["z"], dropout_covariates=["z"]).fit(data)
        assert model.log_likelihood_ == pytest.approx(-found.fun, abs=1e-6)
        # BFGS ends where differences of the sum drown in rounding
        r, ln_alpha, odds, ln_phi, g, h = found.x
        own = model.params_
        assert own["r"] == pytest.approx(np.exp(r), rel=1e-3)
        assert own["alpha"] == pytest.approx(np.exp(ln_alpha), rel=1e-3)
        assert np.log(own["a"] / own["b"]) == pytest.approx(odds, abs=2e-3)
        assert own["a"] + own["b"] == pytest.approx(np.exp(ln_phi), rel=5e-3)
        assert own["purchase.z"] == pytest.approx(g, abs=1e-3)
        assert own["dropout.z"] == pytest.approx(h, abs=2e-3)

    def test_two_groups_are_two_fits(self, simulated):
        """With r and s held, a dummy of both processes leaves nothing in common."""
        held = {"r": 0.9, "s": 1.2}
        settings = {
            "purchase_covariates": ["group"],
            "dropout_covariates": ["group"],
        }
        both = tn.ParetoNBD(**settings).fit(simulated, fixed=held)
        parts = {}
        for label in "ab":
            of_group = simulated["group"] == label
            part = {name: values[of_group] for name, values in simulated.items()}
            parts[label] = tn.ParetoNBD().fit(part, fixed=held)
        total = sum(part.log_likelihood_ for part in parts.values())
        assert both.log_likelihood_ == pytest.approx(total, abs=1e-8)
        own = both.params_
        for name, effect in (("alpha", "purchase"), ("beta", "dropout")):
            assert own[name] == pytest.approx(parts["a"].params_[name], rel=LARGE)
            moved = own[name] * np.exp(-own[f"{effect}.group=b"])
            assert moved == pytest.approx(parts["b"].params_[name], rel=LARGE)
        error = parts["a"].standard_errors_["alpha"]
        assert both.standard_errors_["alpha"] == pytest.approx(error, rel=1e-4)

    def test_likelihood_ratios_are_uniform(self):
        """Where covariates mean nothing p-values are: 60 data sets of 300 customers."""
        random = np.random.default_rng(8)
        found = []
        for _ in range(60):
            data = drawn(300, random, purchase=0.0, dropout=0.0)
            data["noise"] = random.normal(size=300)
            one = tn.NBD().fit(data)
            other = tn.NBD(purchase_covariates=["noise"]).fit(data)
            found.append(tn.likelihood_ratio_test(one, other).p_value)
        assert stats.kstest(found, "uniform").pvalue > 0.01

    @pytest.mark.slow
    def test_intervals_cover(self):
        """90 % intervals of both coefficients hold the truth in 87 to 93 %."""
        random, hits = np.random.default_rng(9), []
        for _ in range(400):
            data = drawn(1500, random)
            model = tn.ParetoNBD(
                purchase_covariates=["z", "group"], dropout_covariates=["z"]
            ).fit(data)
            ends = model.confidence_intervals(0.9)
            hits.append(
                [
                    ends["purchase.z"][0] < 0.6 < ends["purchase.z"][1],
                    ends["dropout.z"][0] < -0.5 < ends["dropout.z"][1],
                ]
            )
        shares = np.mean(hits, axis=0)
        # with 400 data sets the standard error of a share is 1.5 %
        assert ((shares > 0.87) & (shares < 0.93)).all(), shares


class TestConstraints:
    def test_one_coefficient_for_both(self, simulated):
        settings = {"purchase_covariates": ["z"], "dropout_covariates": ["z"]}
        two = tn.ParetoNBD(**settings).fit(simulated)
        one = tn.ParetoNBD(**settings, shared_covariates=["z"]).fit(simulated)
        assert list(one.params_) == ["r", "alpha", "s", "beta", "shared.z"]
        assert one.params_["shared.z"] < 0.6
        table = one.rate_ratios()
        assert list(table["process"]) == ["purchase", "dropout"]
        assert table["ratio"][0] == table["ratio"][1]
        ratio = tn.likelihood_ratio_test(one, two)
        assert ratio.weights == {1: 1.0}
        assert ratio.p_value < 1e-6  # the true effects are 0.6 and -0.5
        assert ratio.case == "z acts on both alike"
        held = tn.ParetoNBD(**settings).fit(
            simulated, fixed={f"{p}.z": one.params_["shared.z"] for p in one._processes}
        )
        assert held.log_likelihood_ == pytest.approx(one.log_likelihood_, abs=1e-8)

    def test_penalty_by_process(self, simulated):
        settings = {"purchase_covariates": ["z"], "dropout_covariates": ["z"]}
        free = tn.ParetoNBD(**settings).fit(simulated)
        pulled = tn.ParetoNBD(**settings, covariate_penalty={"dropout": 0.3})
        pulled.fit(simulated)
        assert abs(pulled.params_["dropout.z"]) < 0.3 * abs(free.params_["dropout.z"])
        assert pulled.params_["purchase.z"] > 0.5
        assert pulled.log_likelihood_ < free.log_likelihood_
        none = tn.ParetoNBD(**settings, covariate_penalty=1e6).fit(simulated)
        plain = tn.ParetoNBD().fit(simulated)
        assert none.log_likelihood_ == pytest.approx(plain.log_likelihood_, abs=1e-2)
        # a sum of logarithms and the penalty are maximal together
        total = pulled.log_likelihood(simulated).sum()
        assert pulled.log_likelihood_ == pytest.approx(total, abs=1e-8)

    def test_coefficients_are_held_and_started(self, simulated):
        model = tn.ParetoNBD(purchase_covariates=["z"])
        model.fit(simulated, fixed={"purchase.z": 0.25}, start={"r": 2.0})
        assert model.params_["purchase.z"] == pytest.approx(0.25, rel=1e-15)
        assert model.standard_errors_["purchase.z"] == 0.0
        plain = tn.ParetoNBD(purchase_covariates=["z"]).fit(simulated)
        ratio = tn.likelihood_ratio_test(model, plain)
        assert ratio.case == "purchase.z = 0.25"


class TestPredictions:
    """Each customer's are those of a model with their own parameters."""

    ROWS = (0, 3, 700, 1500)

    def own(self, model, frame, row):
        by = {"purchase": 0.0, "dropout": 0.0}
        for one in model._effects.coefficients:
            name, _, category = one.covariate.partition("=")
            value = frame[name][row]
            value = float(value == category) if category else float(value)
            for process in one.processes:
                by[process] += model.params_[one.name] * value
        theta = {n: model.params_[n] for n, _, _ in model._parameter_table()}
        theta["alpha"] *= np.exp(-by["purchase"])
        if "beta" in theta:
            theta["beta"] *= np.exp(-by["dropout"])
        else:
            phi = theta["a"] + theta["b"]
            odds = theta["a"] / theta["b"] * np.exp(by["dropout"])
            theta["a"], theta["b"] = phi * odds / (1 + odds), phi / (1 + odds)
        return type(model).from_params(**theta)

    @pytest.mark.parametrize("kind", BOTH)
    def test_known_customers(self, kind, frame, models):
        model = models[kind]
        asked = {
            "probability_alive": {"ahead": 5.0},
            "expected_purchases": {"horizon": 39.0, "after": 3.0},
            "probability_no_purchase": {"horizon": 39.0},
            "discounted_purchases": {"per": 52.0},
            "log_likelihood": {},
        }
        for method, arguments in asked.items():
            all_of_them = getattr(model, method)(frame, **arguments)
            for row in self.ROWS:
                one = {name: values[row : row + 1] for name, values in frame.items()}
                found = getattr(self.own(model, frame, row), method)(one, **arguments)
                assert all_of_them[row] == pytest.approx(found[0], rel=1e-12), method
        tables = {
            "purchase_probabilities": {"horizon": 39.0, "most": 3},
            "purchase_quantiles": {"horizon": 39.0},
            "prediction_interval": {"horizon": 39.0},
            "next_purchase_quantiles": {},
            "expected_rates": {},
        }
        some = {name: values[list(self.ROWS)] for name, values in frame.items()}
        for method, arguments in tables.items():
            table = getattr(model, method)(some, **arguments)
            for place, row in enumerate(self.ROWS):
                one = {name: values[row : row + 1] for name, values in frame.items()}
                found = getattr(self.own(model, frame, row), method)(one, **arguments)
                for name, values in table.items():
                    expected = pytest.approx(found[name][0], rel=1e-10)
                    assert values[place] == expected, (method, name)

    @pytest.mark.parametrize("kind", BOTH)
    def test_new_customers(self, kind, frame, models):
        model = models[kind]
        new = {n: frame[n][:3] for n in ("age", "channel", "member")}
        purchases = model.expected_purchases_new(39.0, covariates=new)
        worth = model.discounted_purchases_new(covariates=new, per=52.0, interval=0.9)
        table = model.purchase_probabilities_new(39.0, covariates=new, most=4)
        for row in range(3):
            own = self.own(model, frame, row)
            expected = own.expected_purchases_new(39.0)
            assert purchases[row] == pytest.approx(expected, rel=1e-12)
            expected = own.discounted_purchases_new(per=52.0)
            assert worth["discounted_purchases"][row] == pytest.approx(expected)
            expected = own.purchase_probabilities_new(39.0, most=4)
            np.testing.assert_allclose(table[row], expected, rtol=1e-10)
        one = {name: values[:1] for name, values in new.items()}
        several = model.expected_purchases_new([10.0, 39.0], covariates=one)
        assert several[1] == pytest.approx(purchases[0], rel=1e-12)

    @pytest.mark.parametrize("kind", BOTH)
    def test_slopes(self, kind, frame, models):
        model = models[kind]
        some = {name: values[:40] for name, values in frame.items()}
        customers, theta = model._customers(some), model.result_.theta

        def ask(theta, *, gradient=False):
            return model._asked(
                "expected_purchases",
                customers,
                theta,
                np.array([39.0]),
                rate=0.0,
                period=None,
                gradient=gradient,
            )

        _, slopes = ask(theta, gradient=True)
        for place, value in enumerate(theta):
            step = 1e-5 * max(abs(value), 1e-2)
            up, down = list(theta), list(theta)
            up[place] += step
            down[place] -= step
            difference = (ask(up)[0] - ask(down)[0]) / (2 * step)
            # central differences lose about two thirds of the digits
            scale = np.abs(difference).max()
            np.testing.assert_allclose(
                slopes[:, place], difference, atol=1e-7 * scale, rtol=0
            )

    def test_money(self, frame, models, summary):
        data = {**frame, "monetary_value": np.array(summary["monetary_value"])}
        spend = tn.GammaGamma(covariates=["channel"]).fit(data)
        buying = models[tn.ParetoNBD]
        value = tn.lifetime_value(
            buying, spend, data, horizon=52.0, per=52.0, interval=0.9
        )
        row = 3
        one = {name: values[row : row + 1] for name, values in data.items()}
        own = self.own(buying, frame, row)
        expected = own.discounted_purchases(one, horizon=52.0, per=52.0)[0]
        expected *= spend.expected_spend(one)[0]
        assert value["value"][row] == pytest.approx(expected, rel=1e-10)
        assert (value["std_error"] > 0).all()
        sums = tn.money_quantiles(buying, spend, one, horizon=52.0)
        many = {name: values[:50] for name, values in data.items()}
        all_sums = tn.money_quantiles(buying, spend, many, horizon=52.0)
        assert all_sums["0.95"][row] == pytest.approx(sums["0.95"][0], rel=1e-8)
        new = {n: frame[n][:2] for n in ("age", "channel", "member")}
        worth = tn.lifetime_value_new(
            buying, spend, covariates=new, horizon=52.0, per=52.0
        )
        repeat = buying.discounted_purchases_new(52.0, covariates=new, per=52.0)
        expected = (1 + repeat) * spend.expected_spend_new(covariates=new)
        np.testing.assert_allclose(worth["value"], expected, rtol=1e-12)

    def test_frames_of_any_size(self, frame, models):
        model = models[tn.BGNBD]
        lazy = pl.DataFrame(frame).lazy()
        scored = model.predict_frame(lazy, horizon=39.0).collect()
        expected = model.expected_purchases(frame, horizon=39.0)
        np.testing.assert_array_equal(scored["expected_purchases"].to_numpy(), expected)
        renamed = pl.DataFrame(frame).rename({"frequency": "count"})
        again = model.predict_frame(renamed, horizon=39.0, frequency="count")
        np.testing.assert_array_equal(again["expected_purchases"].to_numpy(), expected)

    def test_bootstrap(self, simulated):
        data = {name: values[:500] for name, values in simulated.items()}
        model = tn.NBD(purchase_covariates=["z"]).fit(data)
        one, two = model.bootstrap(40, seed=3), model.bootstrap(40, seed=3)
        assert one.parameters["purchase.z"].tolist() == (
            two.parameters["purchase.z"].tolist()
        )
        spread = one.parameters["purchase.z"].std(ddof=1)
        # of 40 replicates a standard error is known to a ninth; within four of those
        error = model.standard_errors_["purchase.z"]
        assert spread == pytest.approx(error, rel=0.45)
        interval = model.expected_purchases(
            data, horizon=9.0, interval=0.9, bootstrap=one
        )
        assert (interval["lower"] <= interval["upper"]).all()

    def test_compare(self, frame, models):
        found = tn.compare(frame, {"plain": tn.BGNBD(), "ages": models[tn.BGNBD]})
        assert found["ages"].params_ == models[tn.BGNBD].params_
        table = found.likelihood_ratio_tests()
        assert list(table["simple"]) == ["plain"]


class TestStorage:
    def check(self, again, model, frame):
        assert again.params_ == model.params_
        found = again.expected_purchases(frame, horizon=39.0, interval=0.9)
        expected = model.expected_purchases(frame, horizon=39.0, interval=0.9)
        for name in expected:
            np.testing.assert_array_equal(found[name], expected[name])
        assert repr(again) == repr(model)

    def test_json_and_pickle(self, frame, models, tmp_path):
        for model in models.values():
            stored = json.loads(json.dumps(model.to_dict()))
            self.check(type(model).from_dict(stored), model, frame)
            self.check(pickle.loads(pickle.dumps(model)), model, frame)  # noqa: S301
            model.save(tmp_path / "model.json")
            self.check(type(model).load(tmp_path / "model.json"), model, frame)

    def test_clone(self, models):
        clone = pytest.importorskip("sklearn.base").clone
        model = models[tn.BGNBD]
        assert clone(model).get_params() == model.get_params()

    def test_unfitted(self):
        model = tn.BGNBD(purchase_covariates=["age"])
        assert repr(model) == (
            "BGNBD(purchase_covariates=['age'], dropout_covariates=None, "
            "shared_covariates=None, covariate_penalty=0.0, penalty=0.0, strict=False)"
        )


class TestFormulas:
    def test_a_formula_is_its_columns(self, frame, models, tmp_path):
        pytest.importorskip("formulaic")
        model = models[tn.BGNBD]
        other = tn.BGNBD(
            purchase_covariates="age + C(channel)", dropout_covariates="age + member"
        ).fit({**frame, "member": frame["member"].astype(float)})
        np.testing.assert_allclose(
            list(other.params_.values()), list(model.params_.values()), rtol=LARGE
        )
        assert "purchase.C(channel)[T.web]" in other.params_
        assert other._effects.words() == "compared: C(channel) with 'mail'"
        other.save(tmp_path / "model.json")
        again = tn.BGNBD.load(tmp_path / "model.json")
        some = {name: values[:7] for name, values in frame.items()}
        some["member"] = some["member"].astype(float)
        np.testing.assert_array_equal(
            again.expected_purchases(some, horizon=39.0),
            other.expected_purchases(some, horizon=39.0),
        )
        full = other.expected_purchases(
            {**frame, "member": frame["member"].astype(float)}, horizon=39.0
        )
        np.testing.assert_allclose(
            other.expected_purchases(some, horizon=39.0), full[:7], rtol=1e-12
        )

    def test_transforms_keep_what_they_learned(self, frame):
        pytest.importorskip("formulaic")
        model = tn.NBD(purchase_covariates="scale(age) + bs(age, df=4)")
        with pytest.raises(ParameterError, match="follows from"):
            model.fit(frame)  # splines contain the line
        model = tn.NBD(purchase_covariates="bs(age, df=4)").fit(frame)
        again = tn.NBD.from_dict(json.loads(json.dumps(model.to_dict())))
        some = {name: values[:5] for name, values in frame.items()}
        full = model.expected_purchases(frame, horizon=9.0)[:5]
        found = again.expected_purchases(some, horizon=9.0)
        np.testing.assert_allclose(found, full, rtol=1e-12)

    def test_a_name_is_a_column(self, frame):
        model = tn.NBD(purchase_covariates="age").fit(frame)
        assert list(model.params_) == ["r", "alpha", "purchase.age"]

    def test_without_formulaic(self, frame, monkeypatch):
        monkeypatch.setitem(__import__("sys").modules, "formulaic", None)
        with pytest.raises(ImportError) as raised:
            tn.NBD(purchase_covariates="age + member").fit(frame)
        assert str(raised.value) == (
            "a formula of covariates needs formulaic; install with "
            "pip install 'tenure[formula]', or name columns in a list"
        )


def with_missing(frame):
    ages = frame["age"].copy()
    ages[[4, 9]] = np.nan
    return {**frame, "age": ages}


class TestErrors:
    CASES = (
        (
            ColumnError,
            {"purchase_covariates": ["aeg"]},
            lambda f: f,
            "unknown column 'aeg'. Hint: did you mean 'age'?",
        ),
        (
            DataError,
            {"purchase_covariates": ["age"]},
            with_missing,
            (
                "column `age` must hold a finite number in every row, as a covariate; "
                "row 4 has nothing (2 rows in all)\n\nHint: fill in what is missing, "
                "or leave these customers out"
            ),
        ),
        (
            DataError,
            {"dropout_covariates": ["same"]},
            lambda f: {**f, "same": np.full(len(f["T"]), 3.0)},
            (
                "column `same` must vary over the customers, as a covariate; row 0 has "
                "3 as all others\n\nHint: what all customers have in common is in the "
                "parameters; leave the column out"
            ),
        ),
        (
            ParameterError,
            {"purchase_covariates": ["age", "member", "mix"]},
            lambda f: {**f, "mix": 2.0 * f["age"] - f["member"]},
            (
                "`purchase_covariates` must name covariates none of which follows from "
                "the others, got `mix`, which follows from `age` and `member`\n\nHint: "
                "leave one of them out"
            ),
        ),
        (
            ParameterError,
            {"purchase_covariates": ["age"], "shared_covariates": ["age"]},
            lambda f: f,
            "`shared_covariates` must name covariates of both processes, got 'age'",
        ),
        (
            ParameterError,
            {"shared_covariates": ["age"]},
            lambda f: f,
            "`shared_covariates` must name covariates of both processes, got 'age'",
        ),
        (
            ParameterError,
            {"purchase_covariates": ["age", "age"]},
            lambda f: f,
            "`purchase_covariates` must name each column once, got 'age'",
        ),
        (
            ParameterError,
            {"purchase_covariates": ["age"], "covariate_penalty": {"churn": 1.0}},
            lambda f: f,
            (
                "`covariate_penalty` must name processes of the model: purchase, "
                "dropout, got 'churn'"
            ),
        ),
        (
            ParameterError,
            {"purchase_covariates": ["age"], "covariate_penalty": -1.0},
            lambda f: f,
            "`covariate_penalty` must be finite and not negative, got -1.0",
        ),
    )

    @pytest.mark.parametrize(("error", "settings", "change", "message"), CASES)
    def test_of_a_fit(self, frame, error, settings, change, message):
        with pytest.raises(error) as raised:
            tn.BGNBD(**settings).fit(change(frame))
        if error is ColumnError:
            assert str(raised.value).startswith(message)
        else:
            assert str(raised.value) == message

    def test_of_a_prediction(self, frame, models):
        model = models[tn.BGNBD]
        some = {name: values[:2].copy() for name, values in frame.items()}
        some["channel"][1] = "shop"
        with pytest.raises(DataError) as raised:
            model.probability_alive(some)
        assert str(raised.value) == (
            "column `channel` must hold one of 'mail', 'search', 'web'; row 1 has "
            "'shop'\n\nHint: the regression knows only the categories that it was "
            "fitted to"
        )
        del some["channel"]
        with pytest.raises(ColumnError, match="unknown column 'channel'"):
            model.probability_alive(some)
        with pytest.raises(ParameterError) as raised:
            model.expected_purchases_new(39.0)
        assert str(raised.value) == (
            "`covariates` must hold those of new customers: age, channel, member, "
            "got None"
        )
        new = {n: frame[n][:3] for n in ("age", "channel", "member")}
        with pytest.raises(ParameterError) as raised:
            model.expected_purchases_new([1.0, 2.0], covariates=new)
        assert str(raised.value) == (
            "`horizon` must be one, or one for each of 3 new customers, got 2"
        )

    def test_of_a_summary(self, summary):
        with pytest.raises(ColumnError) as raised:
            tn.BGNBD(purchase_covariates=["age"]).fit(summary)
        assert str(raised.value).endswith(
            "join the summary's frame, to_frame(), with what is known of customers"
        )

    def test_parameters_far_from_the_data(self, frame):
        year = 1e7 + frame["T"]
        with pytest.raises(ParameterError) as raised:
            tn.NBD(purchase_covariates=["year"]).fit({**frame, "year": year})
        assert "take a typical value off `year`" in str(raised.value)

    def test_runaway(self, simulated):
        """A covariate that tells buyers from others without fail."""
        data = {**simulated, "bought": (simulated["frequency"] > 0).astype(float)}
        with pytest.warns(ConvergenceWarning) as warned:
            model = tn.NBD(purchase_covariates=["bought"]).fit(data)
        assert "the coefficient of `bought` runs to infinity" in str(warned[0].message)
        assert model.result_.status == "boundary"
        tn.NBD(purchase_covariates=["bought"], covariate_penalty=0.01).fit(data)

    def test_no_ratios_without_covariates(self, buying):
        with pytest.raises(ParameterError) as raised:
            buying.rate_ratios()
        assert str(raised.value) == (
            "`rate_ratios` must be asked of a model with covariates, got none"
        )
