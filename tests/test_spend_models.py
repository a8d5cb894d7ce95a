"""Spend beyond means: independence, single orders, money within a horizon, ZILN."""

from __future__ import annotations

import json
import math
import warnings

import numpy as np
import pytest
import tenure as tn
from tenure.exceptions import (
    ConvergenceError,
    ConvergenceWarning,
    DataError,
    EmptyDataError,
    EstimateWarning,
    NotFittedError,
    ParameterError,
)

stats = pytest.importorskip("scipy.stats")
optimize = pytest.importorskip("scipy.optimize")


class TestIndependence:
    def test_cdnow(self, rounded, summary):
        """0.113884 for the published, rounded summary; the rest by scipy."""
        found = tn.spend_independence(rounded)
        assert found.correlation == pytest.approx(0.113884, abs=5e-7)
        again = rounded["frequency"] > 0
        pair = rounded["frequency"][again], rounded["monetary_value"][again]
        ranks = stats.spearmanr(*pair).statistic
        assert found.rank_correlation == pytest.approx(ranks, rel=1e-12)
        interval = stats.pearsonr(*pair).confidence_interval(0.95)
        table = found.correlations()
        assert table["lower"][0] == pytest.approx(interval.low, rel=1e-10)
        assert table["upper"][0] == pytest.approx(interval.high, rel=1e-10)
        assert "so weakly that" in tn.spend_independence(summary).verdict()

    def test_by_frequency(self, rounded):
        table = tn.spend_independence(rounded, most=3).table()
        assert list(table["frequency"]) == [1, 2, 3]
        assert list(table["customers"]) == [439, 214, 293]
        once = rounded["monetary_value"][rounded["frequency"] == 1]
        assert table["mean"][0] == pytest.approx(once.mean())
        reach = 1.959964 * once.std(ddof=1) / math.sqrt(439)
        assert table["upper"][0] == pytest.approx(once.mean() + reach)
        assert table["median"][0] == np.median(once)

    def test_what_it_says(self):
        random = np.random.default_rng(4)
        x = random.integers(1, 20, 500).astype(float)
        noise = random.lognormal(3, 0.3, 500)
        related = {"frequency": x, "monetary_value": noise * x}
        apart = {"frequency": x, "monetary_value": noise}
        assert "strained" in tn.spend_independence(related).verdict()
        assert "spend more" in tn.spend_independence(related).verdict()
        assert "don't contradict" in tn.spend_independence(apart).verdict()
        constant = {"frequency": x, "monetary_value": np.ones(500)}
        assert tn.spend_independence(constant).verdict().endswith("can be said")

    def test_bad_input(self):
        few = {"frequency": [1, 0, 2], "monetary_value": [3.0, 0.0, 4.0]}
        with pytest.raises(EmptyDataError, match="fewer than four customers"):
            tn.spend_independence(few)
        bad = {"frequency": [1, 2, 3, 4], "monetary_value": [3.0, 0.0, 4.0, 1.0]}
        with pytest.raises(DataError, match=r"row 1 has 0\.0"):
            tn.spend_independence(bad)


class TestSingleOrders:
    def test_the_likelihood_is_that_of_the_values(self):
        """Against the marginal density by quadrature over nu, in scipy."""
        integrate = pytest.importorskip("scipy.integrate")
        p, q, gamma = 2.5, 3.0, 20.0
        values = {"ann": [10.0, 30.0, 25.0], "bob": [4.0], "cy": [70.0, 55.0]}
        who = [name for name, some in values.items() for _ in some]
        frame = {
            "customer_id": who,
            "value": [v for some in values.values() for v in some],
        }
        model = tn.GammaGamma().fit_orders(frame, start={"p": p, "q": q})
        fixed = {"p": p, "q": q}
        held = tn.GammaGamma().fit_orders(frame, fixed=fixed, start={"gamma": gamma})
        total = 0.0
        at = held.params_["gamma"]
        for some in values.values():

            def density(nu, some=some):
                own = stats.gamma.pdf(some, p, scale=1 / nu).prod()
                return own * stats.gamma.pdf(nu, q, scale=1 / at)

            total += math.log(integrate.quad(density, 0, 20, epsabs=0, limit=400)[0])
        assert held.log_likelihood_ == pytest.approx(total, rel=1e-8)
        assert model.log_likelihood_ >= held.log_likelihood_

    def test_the_fit_is_the_maximum(self, log):
        model = tn.GammaGamma().fit_orders(log)
        sizes = np.diff(log.offsets)
        who = np.repeat(np.arange(len(sizes)), sizes)
        first = np.zeros(len(log), bool)
        first[log.offsets[:-1]] = True
        who, z = who[~first], log.values[~first]
        x, total = np.bincount(who).astype(float), np.bincount(who, z)
        x, total = x[x > 0], total[x > 0]
        lgamma = np.vectorize(math.lgamma)

        def minus(free):
            p, q, g = np.exp(free)
            each = lgamma(p * x + q) - x * math.lgamma(p) - math.lgamma(q)
            each += q * math.log(g) - (p * x + q) * np.log(g + total)
            return -(each.sum() + (p - 1) * np.log(z).sum())

        best = np.log(list(model.params_.values()))
        assert model.log_likelihood_ == pytest.approx(-minus(best), rel=1e-12)
        found = optimize.minimize(minus, best + 0.05, method="Nelder-Mead")
        assert minus(best) <= found.fun + 1e-6

    def test_it_recovers_what_values_were_drawn_from(self):
        truth = {"p": 6.25, "q": 3.74, "gamma": 15.44}
        random = np.random.default_rng(6)
        orders = random.integers(1, 6, 4000)
        nu = np.repeat(random.gamma(truth["q"], 1 / truth["gamma"], 4000), orders)
        who = np.repeat(np.arange(4000), orders)
        frame = {"who": who, "paid": random.gamma(truth["p"], 1 / nu)}
        model = tn.GammaGamma().fit_orders(frame, customer="who", value="paid")
        for name, error in model.standard_errors_.items():
            assert abs(model.params_[name] - truth[name]) < 4 * error
        mean = np.bincount(who, frame["paid"]) / orders
        by_means = tn.GammaGamma().fit({"frequency": orders, "monetary_value": mean})
        assert model.standard_errors_["p"] < 0.5 * by_means.standard_errors_["p"]
        ends = model.confidence_intervals(method="profile")
        assert all(ends[n][0] < model.params_[n] < ends[n][1] for n in truth)

    def test_bad_input(self):
        frame = {"customer_id": [1, 1, 2], "value": [3.0, -1.0, 2.0]}
        with pytest.raises(DataError, match=r"row 1 has -1\.0"):
            tn.GammaGamma().fit_orders(frame)
        log = tn.Transactions({"customer_id": [1, 1], "date": ["2024-01-01"] * 2})
        with pytest.raises(ParameterError, match="be a log with amounts"):
            tn.GammaGamma().fit_orders(log)


class TestMoney:
    def test_by_simulation(self, buying, spend):
        """The exact quantiles against 200,000 draws of counts and values."""
        customers = {
            "frequency": np.array([9.0, 0.0, 2.0]),
            "recency": np.array([37.0, 0.0, 30.43]),
            "T": np.array([38.86, 30.0, 38.86]),
            "monetary_value": np.array([50.0, 0.0, 20.0]),
        }
        levels = (0.25, 0.5, 0.75, 0.9, 0.99)
        table = tn.money_quantiles(buying, spend, customers, horizon=39, levels=levels)
        found = buying.purchase_probabilities(customers, horizon=39, most=400)
        probabilities = np.column_stack([found[str(k)] for k in range(401)])
        p, q, gamma = spend.params_.values()
        random = np.random.default_rng(9)
        draws = 200_000
        for i in range(3):
            weights = probabilities[i] / probabilities[i].sum()
            counts = random.choice(401, draws, p=weights)
            x, mean = customers["frequency"][i], customers["monetary_value"][i]
            nu = random.gamma(p * x + q, 1 / (gamma + x * mean), draws)
            money = np.zeros(draws)
            some = counts > 0
            money[some] = random.gamma(p * counts[some]) / nu[some]
            for level in levels:
                share = (money <= table[str(level)][i]).mean()
                # five standard errors of a share; at 0 all of those who buy nothing
                error = 5 * math.sqrt(level * (1 - level) / draws)
                if table[str(level)][i] > 0:
                    assert abs(share - level) < error, (i, level)
                else:
                    assert share >= level

    def test_one_value_for_all(self, buying, summary):
        levels = (0.5, 0.95)
        counts = buying.purchase_quantiles(summary, horizon=39, levels=levels)
        money = tn.money_quantiles(
            buying, 20.0, summary, horizon=39, levels=levels, margin=0.5
        )
        for level in ("0.5", "0.95"):
            assert (money[level] == 10.0 * counts[level]).all()

    def test_the_currency_does_not_matter(self, buying, spend, summary):
        some = {name: summary[name][:50] for name in ("frequency", "recency", "T")}
        some["monetary_value"] = summary["monetary_value"][:50]
        p, q, gamma = spend.params_.values()
        dearer = tn.GammaGamma.from_params(p=p, q=q, gamma=100 * gamma)
        more = {**some, "monetary_value": 100 * some["monetary_value"]}
        one = tn.money_quantiles(buying, spend, some, horizon=39)["0.95"]
        other = tn.money_quantiles(buying, dearer, more, horizon=39)["0.95"]
        assert other == pytest.approx(100 * one, rel=1e-8)

    def test_bad_input(self, buying, spend, summary):
        with pytest.raises(ParameterError, match="`levels` must lie between 0 and 1"):
            tn.money_quantiles(buying, spend, summary, horizon=39, levels=(0.0,))
        with pytest.raises(ParameterError, match="`margin` must be finite"):
            tn.money_quantiles(buying, spend, summary, horizon=39, margin=0.0)


def customers_drawn(n=6000, seed=2):
    random = np.random.default_rng(seed)
    first, shop = random.lognormal(3, 0.5, n), random.random(n) < 0.4
    head = -1.0 + 0.02 * first + 0.5 * shop
    worth = np.exp(2 + 0.03 * first - 0.4 * shop + 0.8 * random.normal(size=n))
    later = np.where(random.random(n) < 1 / (1 + np.exp(-head)), worth, 0.0)
    return {
        "first": first,
        "shop": np.where(shop, "web", "high street"),
        "value": later,
    }


class TestZiln:
    @pytest.fixture
    def data(self):
        return customers_drawn()

    def test_the_buying_head_is_a_logistic_regression(self, data):
        linear = pytest.importorskip("sklearn.linear_model")
        ziln = tn.ZILN().fit(data)
        x = np.column_stack([data["first"], data["shop"] == "web"])
        peer = linear.LogisticRegression(C=np.inf, tol=1e-12, max_iter=10_000)
        peer.fit(x, data["value"] > 0)
        found = [ziln.params_[f"buying:{n}"] for n in ("constant", "first", "shop=web")]
        # what the peer's own stopping rule leaves
        expected = [*peer.intercept_, *peer.coef_[0]]
        assert found == pytest.approx(expected, rel=1e-4)

    def test_with_one_spread_the_value_head_is_least_squares(self, data):
        ziln = tn.ZILN(varying_spread=False).fit(data)
        some = data["value"] > 0
        ones = np.ones(some.sum())
        x = np.column_stack([ones, data["first"][some], data["shop"][some] == "web"])
        log_value = np.log(data["value"][some])
        expected, *_ = np.linalg.lstsq(x, log_value, rcond=None)
        found = [ziln.params_[f"value:{n}"] for n in ("constant", "first", "shop=web")]
        assert found == pytest.approx(list(expected), rel=1e-8)
        spread = math.log1p(math.exp(ziln.params_["spread:constant"]))
        residuals = log_value - x @ expected
        assert spread == pytest.approx(residuals.std(), rel=1e-8)
        variance = np.linalg.inv(x.T @ x) * residuals.var()
        table = ziln.summary()
        rows = [i for i, head in enumerate(table["head"]) if head == "value"]
        errors = np.asarray(table["std_error"])[rows]
        assert errors == pytest.approx(np.sqrt(np.diag(variance)), rel=1e-6)

    def test_it_recovers_what_values_were_drawn_from(self, data):
        ziln = tn.ZILN().fit(data)
        truth = {"buying:constant": -1.0, "buying:first": 0.02, "buying:shop=web": 0.5}
        truth |= {"value:constant": 2.0, "value:first": 0.03, "value:shop=web": -0.4}
        table = ziln.summary()
        for name, value in truth.items():
            head, covariate = name.split(":")
            row = next(
                i
                for i, pair in enumerate(
                    zip(table["head"], table["covariate"], strict=True)
                )
                if pair == (head, covariate)
            )
            error = table["std_error"][row]
            assert abs(ziln.params_[name] - value) < 4 * error, name
        assert ziln.converged_
        assert ziln.result_.gradient_norm < 1e-6

    def test_units_of_covariates_do_not_matter(self, data):
        ziln, cents = tn.ZILN().fit(data), dict(data)
        cents["first"] = 100 * data["first"]
        other = tn.ZILN().fit(cents)
        assert other.log_likelihood_ == pytest.approx(ziln.log_likelihood_, rel=1e-12)
        ratio = ziln.params_["value:first"] / other.params_["value:first"]
        assert ratio == pytest.approx(100, rel=1e-7)

    def test_predictions(self, data):
        ziln = tn.ZILN().fit(data)
        p = ziln.probability_of_value(data)
        quantiles = ziln.value_quantiles(data, levels=(0.5, 0.99))
        heads = ziln.params_
        row = 3
        x = np.array([1.0, data["first"][row], data["shop"][row] == "web"])

        def head(name):
            names = ("constant", "first", "shop=web")
            return float(x @ [heads[f"{name}:{one}"] for one in names])

        chance = 1 / (1 + math.exp(-head("buying")))
        spread = math.log1p(math.exp(head("spread")))
        assert p[row] == pytest.approx(chance)
        mean = chance * math.exp(head("value") + spread**2 / 2)
        assert ziln.expected_value(data)[row] == pytest.approx(mean)
        law = stats.lognorm(spread, scale=math.exp(head("value")))
        level = (0.99 - (1 - chance)) / chance
        assert quantiles["0.99"][row] == pytest.approx(law.ppf(level), rel=1e-9)
        assert (quantiles["0.5"][p < 0.5] == 0).all()

    def test_intervals_by_differences(self, data):
        ziln = tn.ZILN().fit(data)
        table = ziln.expected_value(data, interval=0.9)
        result = ziln.result_
        slopes = []
        for j in range(len(result.coefficients)):
            step = 1e-5 * max(1e-2, abs(result.coefficients[j]))
            ends = []
            for sign in (1, -1):
                stored = json.loads(json.dumps(ziln.to_dict()))
                stored["fit"]["coefficients"][j] += sign * step
                ends.append(tn.ZILN.from_dict(stored).expected_value(data)[:5])
            slopes.append((ends[0] - ends[1]) / (2 * step))
        by_row = np.array(slopes).T
        variance = np.einsum("ij,jk,ik->i", by_row, result.covariance, by_row)
        # central differences are good to the square of their step
        assert table["std_error"][:5] == pytest.approx(np.sqrt(variance), rel=1e-6)

    def test_measures(self, data):
        ziln = tn.ZILN().fit(data)
        found = ziln.evaluate(data)
        predicted = np.asarray(ziln.expected_value(data))
        ranks = stats.spearmanr(predicted, data["value"]).statistic
        assert found["rank_correlation"][0] == pytest.approx(ranks, rel=1e-10)

        def gini(order):
            """The paper's: area between the cumulative share and the diagonal."""
            share = np.cumsum(data["value"][order]) / data["value"].sum()
            return (share.sum() - 0.5 * share[-1]) / len(share) - 0.5

        best = gini(np.argsort(-data["value"], kind="stable"))
        expected = gini(np.argsort(-predicted, kind="stable")) / best
        assert found["normalised_gini"][0] == pytest.approx(expected, rel=1e-9)
        tenths = ziln.deciles(data)
        sizes = np.array_split(np.argsort(-predicted, kind="stable"), 10)
        actual = [data["value"][part].mean() for part in sizes]
        assert tenths["actual"] == pytest.approx(actual)
        off = np.abs(tenths["predicted"] - tenths["actual"]) / tenths["actual"]
        assert found["decile_mape"][0] == pytest.approx(off.mean())

    def test_storage_weights_and_families(self, data):
        polars = pytest.importorskip("polars")
        ziln = tn.ZILN(penalty=0.01).fit(polars.DataFrame(data))
        assert isinstance(ziln.expected_value(polars.DataFrame(data)), polars.Series)
        text = json.dumps(ziln.to_dict())
        again = tn.ZILN.from_dict(json.loads(text))
        assert (again.expected_value(data) == ziln.expected_value(data)).all()
        assert again.get_params() == ziln.get_params()
        twice = {n: np.concatenate([v, v]) for n, v in data.items()}
        weighted = tn.ZILN().fit(data, weights=np.full(6000, 2.0))
        doubled = tn.ZILN().fit(twice)
        assert weighted.params_ == pytest.approx(doubled.params_, rel=1e-7)

    def test_what_cannot_be_known_is_said(self, data):
        told = {**data, "value": np.where(data["first"] > 20, 5.0 + data["first"], 0)}
        with pytest.warns(ConvergenceWarning, match="tell buyers from others"):
            ziln = tn.ZILN().fit(told)
        assert np.isnan(np.asarray(ziln.summary()["std_error"])).all()
        with pytest.raises(ParameterError, match="has no standard errors"):
            ziln.expected_value(data, interval=0.9)
        with pytest.raises(ConvergenceError, match="ZILN: some covariates"):
            tn.ZILN(strict=True).fit(told)

    def test_bad_input(self, data):
        with pytest.raises(NotFittedError, match="this ZILN is not fitted"):
            tn.ZILN().expected_value(data)
        with pytest.raises(DataError, match=r"column `value` must be finite and at"):
            tn.ZILN().fit({**data, "value": -data["first"]})
        same = {**data, "first": np.ones(6000)}
        with pytest.raises(ParameterError, match="'first', which is 1 for all"):
            tn.ZILN().fit(same)
        with pytest.raises(EmptyDataError, match="nobody's value is greater than 0"):
            tn.ZILN().fit({**data, "value": np.zeros(6000)})
        with pytest.raises(ParameterError, match="`penalty` must be finite"):
            tn.ZILN(penalty=-1.0).fit(data)
        fitted = tn.ZILN().fit(data)
        with pytest.raises(DataError, match="hold one of 'high street', 'web'"):
            fitted.expected_value({**data, "shop": np.full(6000, "stall")})


def test_no_number_of_the_gamma_gamma_is_out_of_range():
    """100,000 customers at 2,000 points of the parameters, edges included.

    Quantiles, which are found by a search, are asked for at a twentieth of them.
    """
    random = np.random.default_rng(2013)

    def spread(low, high, size=None):
        return np.exp(random.uniform(np.log(low), np.log(high), size))

    for point in range(2000):
        p, q = (
            random.choice([spread(1e-3, 1e4), 1.0, 1e-3, 1e4, 0.999, 1.001])
            for _ in range(2)
        )
        # a mean needs q > 1; the quantiles of a customer do not
        model = tn.GammaGamma.from_params(p=p, q=q, gamma=spread(1e-6, 1e8))
        x = np.floor(spread(1.0, 5001.0, 50))
        x[:3] = 1.0, 5000.0, 0.0
        mean = np.where(x > 0, spread(1e-6, 1e8, 50), 0.0)
        customers = {"frequency": x, "monetary_value": mean}
        each = model.log_likelihood({name: v[:2] for name, v in customers.items()})
        assert np.isfinite(each).all(), model
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", EstimateWarning)
            expected = model.expected_spend(customers)
        # the posterior mean exists where p x + q > 1, and is infinite elsewhere
        exists = p * x + q > 1.0
        assert np.isfinite(expected[exists]).all(), (model, x[exists])
        assert (expected[~exists] == np.inf).all(), model
        assert (expected > 0.0).all(), model
        if point % 20:
            continue
        middle = model.spend_quantiles(customers, levels=(0.05, 0.5, 0.95))
        ends = np.column_stack([np.asarray(middle[name]) for name in middle])
        assert not np.isnan(ends).any(), model
        assert (ends[:, :-1] <= ends[:, 1:]).all(), model


class TestBootstrapOfSpend:
    def test_it_is_as_wide_as_standard_errors_where_the_model_is_true(self):
        """One data set of 3,000 customers: both estimate the same spread."""
        truth = tn.GammaGamma.from_params(p=6.25, q=3.74, gamma=15.44)
        x = np.arange(3000) % 6
        drawn = {"frequency": x, "monetary_value": truth.simulate(x, seed=4)}
        model = tn.GammaGamma().fit(drawn)
        replicates = model.bootstrap(400, seed=2)
        assert replicates.failed == 0
        for name, error in model.standard_errors_.items():
            # the spread of 400 draws is known to 3.5 %, the rest is their long tail
            assert replicates.parameters[name].std() == pytest.approx(error, rel=0.25)
        some = {name: values[:12] for name, values in drawn.items()}
        wald = model.expected_spend(some, interval=0.9)
        found = model.expected_spend(some, interval=0.9, bootstrap=replicates)
        assert (found["expected_spend"] == wald["expected_spend"]).all()
        assert found["std_error"] == pytest.approx(wald["std_error"], rel=0.25)
        rows = zip(*replicates.parameters.values(), strict=True)
        draws = [p * gamma / (q - 1) for p, q, gamma in rows]
        new = model.expected_spend_new(interval=0.9, bootstrap=replicates)
        ends = np.quantile(draws, [0.05, 0.95])
        assert [new["lower"], new["upper"]] == pytest.approx(list(ends), rel=1e-12)

    def test_seeds_and_held_parameters(self, rounded):
        some = {n: np.array(rounded[n][:800]) for n in ("frequency", "monetary_value")}
        model = tn.GammaGamma().fit(some, fixed={"p": 6.0})
        one, again = model.bootstrap(10, seed=3), model.bootstrap(10, seed=3)
        other = model.bootstrap(10, seed=4)
        assert (one.parameters["p"] == 6.0).all()
        np.testing.assert_array_equal(one.parameters["q"], again.parameters["q"])
        assert (one.parameters["q"] != other.parameters["q"]).all()

    def test_covariates_and_weights(self):
        random = np.random.default_rng(9)
        z = random.integers(0, 2, 1500).astype(float)
        x = random.integers(1, 6, 1500)
        nu = random.gamma(4.0, 1 / (20.0 * np.exp(0.5 * z)))
        data = {"frequency": x, "monetary_value": random.gamma(6.0 * x, 1 / nu) / x}
        model = tn.GammaGamma(covariates=["z"]).fit({**data, "z": z})
        draws = model.bootstrap(60, seed=1).parameters["spend.z"]
        error = model.standard_errors_["spend.z"]
        # 60 draws: their spread is known to 9 %
        assert draws.std() == pytest.approx(error, rel=0.4)
        assert abs(draws.mean() - model.params_["spend.z"]) < error
        twice = tn.GammaGamma().fit(data, weights=np.full(1500, 2.0))
        once = tn.GammaGamma().fit(data)
        spread = [one.bootstrap(80).parameters["q"].std() for one in (twice, once)]
        assert spread[0] / spread[1] == pytest.approx(math.sqrt(0.5), rel=0.3)

    def test_bad_input(self, summary):
        model = tn.GammaGamma().fit(summary)
        with pytest.raises(ParameterError, match="`replicates` must be at least 2"):
            model.bootstrap(1)
        with pytest.raises(ParameterError, match="`seed` must be a whole number"):
            model.bootstrap(2, seed=-1)
        with pytest.raises(ParameterError, match="be a level where a bootstrap"):
            model.expected_spend(bootstrap=model.bootstrap(5))
        wrong = tn.NBD().fit(summary).bootstrap(5)
        with pytest.raises(ParameterError, match="be that of this GammaGamma"):
            model.expected_spend(interval=0.9, bootstrap=wrong)
