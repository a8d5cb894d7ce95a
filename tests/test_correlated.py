"""Pareto/NBD with correlated rates: its density, its range, and what it says."""

from __future__ import annotations

import inspect
import json
import pickle
import warnings

import numpy as np
import pytest
import tenure as tn
from tenure._sarmanov import Sarmanov
from tenure.exceptions import ConvergenceWarning, NotFittedError, ParameterError

stats = pytest.importorskip("scipy.stats")

PUBLISHED = {
    "r": 0.52371595,
    "alpha": 9.74569707,
    "s": 0.46729835,
    "beta": 8.51425204,
    "m": 20.81259,
}
"""CDNOW in weeks to 1997-09-30, by an independent implementation: m is at the end of
its range. (CLVTools 0.12.1, in R, stops at a log-likelihood of -9591.766.)"""
PLAIN = {"r": 0.553, "alpha": 10.578, "s": 0.606, "beta": 11.669}
CASES = {
    "published": PUBLISHED,
    "negative": {**PLAIN, "m": -0.9},
    "long": {"r": 1.4, "alpha": 3.0, "s": 0.8, "beta": 9.0, "m": 1.8},
    "long negative": {"r": 2.5, "alpha": 6.0, "s": 1.5, "beta": 20.0, "m": -1.0},
}
TIMES = {"published": 1.0, "negative": 1.0, "long": 5.0, "long negative": 13.0}
"""Reference times."""
CUSTOMERS = {
    "frequency": np.array([0.0, 1.0, 3.0, 9.0, 26.0]),
    "recency": np.array([0.0, 4.0, 31.0, 30.0, 30.857]),
    "T": np.array([38.0, 39.0, 40.0, 31.0, 31.0]),
}


def model_of(case, unit=None):
    return tn.ParetoNBD.from_params(
        **CASES[case], reference_time=TIMES[case], unit=unit
    )


class ByQuadrature:
    """The model as it is defined: integrals over both rates.

    By Gauss-Legendre panels in the logarithm of each rate, over all that matters.
    """

    def __init__(self, parameters, tau):
        r, alpha, s, beta, m = parameters
        points, weights = np.polynomial.legendre.leggauss(14)
        edges = np.linspace(-45.0, 5.0, 51)
        middle, half = (edges[1:] + edges[:-1]) / 2, (edges[1] - edges[0]) / 2
        nodes = (middle[:, None] + half * points).ravel()
        weights = np.tile(half * weights, len(middle))

        def law(shape, scale):
            rate = np.exp(nodes) * (shape + 1) / scale
            density = stats.gamma.pdf(rate, shape, scale=1 / scale)
            return rate, density * rate * weights

        buying, a = law(r, alpha)
        leaving, b = law(s, beta)
        p, q = np.exp(-tau * buying), np.exp(-tau * leaving)
        idle = (alpha / (alpha + tau)) ** r, (beta / (beta + tau)) ** s
        tilt = 1 + m * np.outer(p - idle[0], q - idle[1])
        self.density = np.outer(a, b) * tilt
        self.buying, self.leaving = buying[:, None], leaving[None, :]

    def of(self, x, t_x, T):
        """Densities of the rates and the history, alive and left."""
        total = self.buying + self.leaving
        at_end = np.exp(-total * T + x * np.log(self.buying))
        at_last = np.exp(-total * t_x + x * np.log(self.buying))
        left = self.leaving / total * (at_last - at_end)
        return self.density * at_end, self.density * left

    def time_alive(self, t):
        return -np.expm1(-self.leaving * t) / self.leaving

    def purchases(self, k, t):
        """P(k purchases within t | both rates), alive now."""
        # the last of k purchases, at u, is followed by leaving or by the end
        total = self.buying + self.leaving
        reached = (self.buying / total) ** k
        earlier = stats.gamma.cdf(t, k, scale=1 / total) if k else 1.0
        later = stats.gamma.cdf(t, k + 1, scale=1 / total)
        return reached * (earlier - later * self.buying / total)


@pytest.fixture(params=list(CASES), scope="module")
def both(request):
    case = CASES[request.param]
    return model_of(request.param), ByQuadrature(case.values(), TIMES[request.param])


def histories():
    return zip(*CUSTOMERS.values(), strict=True)


# a rate below exp(-45) times its mean has a probability of 1e-9 for shapes of a half;
# fourteen points a panel do the rest
CLOSE = {"rtol": 1e-7}


class TestAgainstQuadrature:
    def test_the_density_is_one(self, both):
        _, exact = both
        np.testing.assert_allclose(exact.density.sum(), 1.0, **CLOSE)
        assert exact.density.min() >= -1e-12

    def test_likelihood_and_alive(self, both):
        model, exact = both
        found = model.log_likelihood(CUSTOMERS), model.probability_alive(CUSTOMERS)
        for i, history in enumerate(histories()):
            alive, left = (part.sum() for part in exact.of(*history))
            np.testing.assert_allclose(found[0][i], np.log(alive + left), **CLOSE)
            np.testing.assert_allclose(found[1][i], alive / (alive + left), **CLOSE)

    def test_predictions(self, both):
        model, exact = both
        rate = np.log1p(0.1)
        later = model.probability_alive(CUSTOMERS, ahead=26)
        expected = model.expected_purchases(CUSTOMERS, horizon=52)
        year = {"discount_rate": 0.1, "per": 1.0}
        forever = model.discounted_purchases(CUSTOMERS, **year)
        finite = model.discounted_purchases(CUSTOMERS, horizon=10, **year)
        steps = model.discounted_purchases(
            CUSTOMERS, horizon=10, compounding=4.0, **year
        )
        for i, history in enumerate(histories()):
            alive, left = exact.of(*history)
            alive = alive / (alive + left).sum()
            mu, buying = exact.leaving, alive * exact.buying

            def worth(t, buying=buying, mu=mu):
                return (buying * -np.expm1(-(mu + rate) * t) / (mu + rate)).sum()

            def bought(t, buying=buying):
                return (buying * exact.time_alive(t)).sum()

            by_step = sum(
                (bought(end) - bought(start)) * np.exp(-rate * end)
                for start, end in [(0, 4), (4, 8), (8, 10)]
            )
            for ours, theirs in [
                (later[i], (alive * np.exp(-mu * 26)).sum()),
                (expected[i], bought(52)),
                (forever[i], worth(np.inf)),
                (finite[i], worth(10)),
                (steps[i], by_step),
            ]:
                np.testing.assert_allclose(ours, theirs, **CLOSE)

    def test_distributions(self, both):
        model, exact = both
        table = model.purchase_probabilities(CUSTOMERS, horizon=13, most=6)
        none = model.probability_no_purchase(CUSTOMERS, horizon=13)
        given_rates = [exact.purchases(k, 13.0) for k in range(7)]
        for i, history in enumerate(histories()):
            alive, left = exact.of(*history)
            whole = (alive + left).sum()
            for k in range(7):
                p = (alive * given_rates[k]).sum() / whole
                p += left.sum() / whole if k == 0 else 0.0
                np.testing.assert_allclose(table[str(k)][i], p, **CLOSE)
            np.testing.assert_allclose(none[i], table["0"][i], rtol=1e-11)

    def test_new_customers(self, both):
        model, exact = both
        expected = (exact.density * exact.buying * exact.time_alive(39)).sum()
        np.testing.assert_allclose(model.expected_purchases_new(39), expected, **CLOSE)
        table = model.purchase_probabilities_new(39, most=4)
        for k, ours in enumerate(table):
            theirs = (exact.density * exact.purchases(k, 39.0)).sum()
            np.testing.assert_allclose(ours, theirs, **CLOSE)

    def test_rates(self, both):
        model, exact = both
        rates = model.expected_rates(CUSTOMERS)
        for i, history in enumerate(histories()):
            both_rates = sum(exact.of(*history))
            for name, rate in zip(rates, (exact.buying, exact.leaving), strict=True):
                mean = (both_rates * rate).sum() / both_rates.sum()
                np.testing.assert_allclose(rates[name][i], mean, rtol=1e-5)

    def test_the_correlation(self, both):
        model, exact = both
        one, other = exact.buying, exact.leaving

        def mean(value):
            return (exact.density * value).sum()

        covariance = mean(one * other) - mean(one) * mean(other)
        spread = (mean(one**2) - mean(one) ** 2) * (mean(other**2) - mean(other) ** 2)
        np.testing.assert_allclose(
            model.correlation_, covariance / np.sqrt(spread), rtol=1e-4
        )


class TestPublished:
    def test_cdnow(self, summary):
        model = tn.ParetoNBD.from_params(**PUBLISHED, unit="week")
        assert model.log_likelihood(summary).sum() == pytest.approx(
            -9591.710403, abs=1e-6
        )
        assert model.correlation_ == pytest.approx(0.0908465, abs=1e-7)
        # 20.81259 is the end of the range, 20.812589, rounded up
        assert model.m_ == pytest.approx(PUBLISHED["m"], rel=1e-7)
        assert model.params_["strength"] == 1.0

    def test_the_maximum_on_cdnow(self, summary):
        """It lies in an edge, where both bounds of m meet: A = B."""
        with pytest.warns(ConvergenceWarning, match="strength -> 1"):
            fitted = tn.ParetoNBD(correlated=True).fit(summary)
        assert fitted.log_likelihood_ >= -9591.6659
        assert fitted.result_.status == "boundary"
        assert np.isfinite(list(fitted.params_.values())).all()
        law = Sarmanov(*list(fitted.params_.values())[:4], 1.0, 1.0)
        assert law.idle[0] == pytest.approx(law.idle[1], abs=1e-6)
        with pytest.raises(ParameterError, match="no standard errors"):
            fitted.rates_correlation(interval=0.9)
        plain = tn.ParetoNBD().fit(summary)
        test = tn.likelihood_ratio_test(plain, fitted)
        assert (test.weights, test.is_bound) == ({1: 1.0}, False)
        assert test.statistic == pytest.approx(6.6208, abs=1e-3)
        assert test.case == "strength = 0"

    def test_what_is_held_gives_standard_errors(self, summary):
        held = tn.ParetoNBD(correlated=True).fit(summary, fixed={"strength": 0.999})
        assert held.converged_
        errors = held.standard_errors_
        assert all(errors[name] > 0 for name in PLAIN)
        interval = held.rates_correlation(interval=0.9)
        assert interval["lower"] < interval["correlation"] < interval["upper"]

    def test_longer_reference_times_reach_further(self, summary):
        model = tn.ParetoNBD(correlated=True, reference_time="13 weeks")
        with pytest.warns(ConvergenceWarning, match="strength -> 1"):
            model.fit(summary)
        assert model.log_likelihood_ > -9584.5
        assert model.correlation_ == pytest.approx(0.2741, abs=1e-3)


class TestRange:
    def test_strength_and_weight(self):
        law = Sarmanov(0.5, 3.0, 1.2, 9.0, 2.0, 2.0)
        for strength in (-1.0, -0.999, -0.4, 0.0, 0.3, 1.0):
            assert law.strength_of(float(law.m(strength))) == pytest.approx(
                strength, abs=1e-12
            )
        one, other = law.idle
        assert law.m(1.0) == pytest.approx(
            1 / max(one * (1 - other), (1 - one) * other), rel=1e-14
        )
        assert law.m(-1.0) == pytest.approx(
            -1 / max(one * other, (1 - one) * (1 - other)), rel=1e-14
        )

    def test_the_odds_ratio(self):
        """(1 + strength) / (1 - strength) is that of customers by both."""
        law, strength = Sarmanov(0.5, 3.0, 1.2, 9.0, 2.0, 2.0), -0.4
        (one, other), m = law.idle, float(law.m(strength))
        cells = {
            (p, q): (one if p else 1 - one)
            * (other if q else 1 - other)
            * (1 + m * (p - one) * (q - other))
            for p in (0, 1)
            for q in (0, 1)
        }
        assert sum(cells.values()) == pytest.approx(1.0)
        ratio = cells[1, 1] * cells[0, 0] / (cells[1, 0] * cells[0, 1])
        assert ratio == pytest.approx(0.6 / 1.4)

    def test_errors(self):
        with pytest.raises(ParameterError) as raised:
            tn.ParetoNBD.from_params(**{**PUBLISHED, "m": 21.0})
        assert str(raised.value) == (
            "`m` must lie between -1.10855 and 20.8126 at these parameters, got 21.0"
            "\n\nHint: beyond, the density of the rates is negative somewhere"
        )
        expected = (
            "`correlated` must be left out where a share of customers never leaves, "
            "got both correlated rates and never_leaving\n\n"
            "Hint: the rate of leaving of who never leaves is 0, whatever they buy"
        )
        with pytest.raises(ParameterError) as raised:
            tn.ParetoNBD.from_params(**PLAIN, m=1.0, never_leaving=0.1)
        assert str(raised.value) == expected
        with pytest.raises(ParameterError) as raised:
            tn.ParetoNBD(correlated=True, never_leaving=True).fit(CUSTOMERS)
        assert str(raised.value) == expected
        for wrong in (0.0, -1.0, np.inf, [1.0, 2.0]):
            with pytest.raises(ParameterError, match="`reference_time` must"):
                tn.ParetoNBD(correlated=True, reference_time=wrong).fit(CUSTOMERS)
        with pytest.raises(ParameterError, match="5 by 5"):
            tn.ParetoNBD.from_params(**PUBLISHED, covariance=np.eye(4))
        with pytest.raises(ParameterError, match="told when it is made"):
            tn.ParetoNBD(correlated=True).fit(CUSTOMERS, fixed={"tau_dropout": 2.0})


class TestIdentities:
    def test_no_strength_is_no_correlation(self):
        none = tn.ParetoNBD.from_params(**PLAIN, m=0.0, reference_time=3.0)
        plain = tn.ParetoNBD.from_params(**PLAIN)
        assert none.correlation_ == plain.correlation_ == plain.m_ == 0.0
        assert plain.rates_correlation() == 0.0
        for name, options in (
            ("log_likelihood", {}),
            ("probability_alive", {}),
            ("expected_purchases", {"horizon": 52}),
            ("discounted_purchases", {"per": 52.0}),
            ("probability_no_purchase", {"horizon": 13}),
        ):
            np.testing.assert_allclose(
                getattr(none, name)(CUSTOMERS, **options),
                getattr(plain, name)(CUSTOMERS, **options),
                rtol=1e-11,
                err_msg=name,
            )
        for name in ("expected_rates", "prediction_interval"):
            options = {"horizon": 26} if name == "prediction_interval" else {}
            ours = getattr(none, name)(CUSTOMERS, **options)
            theirs = getattr(plain, name)(CUSTOMERS, **options)
            for column, values in ours.items():
                np.testing.assert_allclose(values, theirs[column], rtol=1e-11)

    @pytest.mark.parametrize("case", CASES)
    def test_probabilities(self, case):
        model = model_of(case)
        table = model.purchase_probabilities(CUSTOMERS, horizon=39, most=600)
        table = np.column_stack(list(table.values()))
        # the rest is next to nothing
        np.testing.assert_allclose(table.sum(axis=1), 1.0, rtol=1e-9)
        np.testing.assert_allclose(
            table @ np.arange(601.0),
            model.expected_purchases(CUSTOMERS, horizon=39),
            rtol=1e-7,
        )
        levels = [0.05, 0.5, 0.999]
        quantiles = model.purchase_quantiles(CUSTOMERS, horizon=39, levels=levels)
        reached = table.cumsum(axis=1)
        for level in levels:
            counts = np.array([np.argmax(row >= level) for row in reached])
            np.testing.assert_array_equal(quantiles[str(level)], counts)

    def test_the_unit_is_said_or_part_of_the_model(self, log):
        """A reference time with its unit gives the same model in any unit of data."""
        some = {"as_of": "1997-09-30"}
        weeks, days = (log.summary(unit=unit, **some) for unit in ("week", "day"))
        held = {"fixed": {"strength": 0.5}}
        one = tn.ParetoNBD(correlated=True, reference_time="2 weeks").fit(weeks, **held)
        other = tn.ParetoNBD(correlated=True, reference_time="2 weeks").fit(
            days, **held
        )
        assert other.params_["tau_purchase"] == pytest.approx(14.0)
        for name, value in one.params_.items():
            factor = 1.0 if name in {"r", "s", "strength"} else 7.0
            assert other.params_[name] == pytest.approx(factor * value, rel=1e-5)
        assert other.correlation_ == pytest.approx(one.correlation_, rel=1e-5)
        np.testing.assert_allclose(
            other.expected_purchases(horizon="1 year"),
            one.expected_purchases(horizon="1 year"),
            rtol=1e-5,
        )
        by_unit = tn.ParetoNBD(correlated=True).fit(days, **held)
        assert by_unit.log_likelihood_ != pytest.approx(other.log_likelihood_, abs=1e-3)

    def test_storage(self):
        model = model_of("long", unit="week")
        for other in (
            pickle.loads(pickle.dumps(model)),  # noqa: S301
            tn.ParetoNBD.from_dict(json.loads(json.dumps(model.to_dict()))),
        ):
            assert other.params_ == model.params_
            assert other.m_ == model.m_
            np.testing.assert_array_equal(
                other.probability_alive(CUSTOMERS), model.probability_alive(CUSTOMERS)
            )

    def test_the_interval_of_the_correlation(self):
        """By the delta method, whose slopes differences of the formula confirm."""
        covariance = np.diag([0.02, 0.3, 0.05, 4.0, 0.01])
        model = tn.ParetoNBD.from_params(
            **CASES["long"], reference_time=5.0, covariance=covariance
        )
        theta = model.result_.theta
        slopes = []
        for place in range(5):
            step = 1e-6 * theta[place]
            up, down = list(theta), list(theta)
            up[place] += step
            down[place] -= step
            ends = [
                Sarmanov(*one[:4], 5.0, 5.0).correlation(one[4]) for one in (up, down)
            ]
            slopes.append((ends[0] - ends[1]) / (2 * step))
        error = np.sqrt(np.array(slopes) ** 2 @ np.diag(covariance))
        found = model.rates_correlation(interval=0.9)
        assert found["std_error"] == pytest.approx(error, rel=1e-6)
        assert found["upper"] - found["correlation"] == pytest.approx(
            stats.norm.ppf(0.95) * error, rel=1e-6
        )


class TestNature:
    def test_simulated_rates_are_correlated(self):
        model = model_of("long")
        drawn = model.simulate(200_000, T=1.0, seed=1)
        one, other = drawn["purchase_rate"], drawn["leaving_rate"]
        # the standard error of a correlation of gamma rates is about 1.5 / sqrt(n)
        assert np.corrcoef(one, other)[0, 1] == pytest.approx(
            model.correlation_, abs=0.014
        )
        for rate, shape, scale in ((one, 1.4, 3.0), (other, 0.8, 9.0)):
            assert stats.kstest(rate, "gamma", (shape, 0, 1 / scale)).pvalue > 1e-3

    @pytest.mark.parametrize("case", ["published", "long", "long negative"])
    def test_futures_are_those_that_are_predicted(self, case):
        model, n = model_of(case), 20_000
        for i, (x, t_x, T) in enumerate(histories()):
            one = {"frequency": [x] * n, "recency": [t_x] * n, "T": [T] * n}
            drawn = model.simulate_future(one, horizon=26.0, seed=i)
            bought = drawn["purchases"]
            expected = model.expected_purchases(
                {name: values[:1] for name, values in one.items()}, horizon=26.0
            )[0]
            error = np.std(bought) / np.sqrt(n)
            assert abs(np.mean(bought) - expected) < 4.5 * error + 1e-3

    def test_recovery(self):
        """The truth is found by a fit to many customers."""
        truth = {"r": 0.6, "alpha": 3.0, "s": 0.6, "beta": 6.0}
        law = Sarmanov(*truth.values(), 5.0, 5.0)
        known = tn.ParetoNBD.from_params(
            **truth, m=float(law.m(-0.5)), reference_time=5.0
        )
        ages = np.random.default_rng(3).uniform(20, 60, 4000).round()
        data = known.simulate(4000, T=ages, seed=2)
        fitted = tn.ParetoNBD(correlated=True, reference_time=5.0).fit(data)
        assert fitted.converged_
        for name, value in known.params_.items():
            error = fitted.standard_errors_[name]
            assert abs(fitted.params_[name] - value) <= 3 * error + 1e-12, name
        interval = fitted.rates_correlation(interval=0.999)
        assert interval["lower"] < known.correlation_ < interval["upper"]


class TestCovariates:
    def test_rates_before_covariates_are_related(self):
        """`lambda exp(z'g)`: a factor is that of the time, for each rate."""
        law = Sarmanov(0.6, 3.0, 0.6, 6.0, 5.0, 5.0)
        known = tn.ParetoNBD.from_params(
            r=0.6, alpha=3.0, s=0.6, beta=6.0, m=float(law.m(0.3)), reference_time=5.0
        )
        random = np.random.default_rng(5)
        group = np.repeat([0.0, 1.0], 1500)
        T = random.uniform(20, 60, 3000).round()
        plain = known.simulate(1500, T=T[:1500], seed=1)
        # twice as fast in everything is time that runs twice as fast
        fast = known.simulate(1500, T=2 * T[1500:], seed=2)
        data = {
            "frequency": np.concatenate([plain["frequency"], fast["frequency"]]),
            "recency": np.concatenate([plain["recency"], fast["recency"] / 2]),
            "T": T,
            "group": group,
        }
        model = tn.ParetoNBD(
            correlated=True,
            reference_time=5.0,
            purchase_covariates=["group"],
            dropout_covariates=["group"],
        ).fit(data)
        assert model.converged_
        for name in ("purchase.group", "dropout.group"):
            error = model.standard_errors_[name]
            assert abs(model.params_[name] - np.log(2)) < 3.5 * error
        # the likelihood of a customer who is twice as fast is that in half the time
        g, h = (model.params_[f"{name}.group"] for name in ("purchase", "dropout"))
        base = {name: model.params_[name] for name in ("r", "alpha", "s", "beta")}
        some = slice(1500, 1510)
        part = {name: values[some] for name, values in data.items()}
        theirs = model.log_likelihood(part)
        exact = ByQuadrature([*base.values(), model.m_], 5.0)
        exact.buying = exact.buying * np.exp(g)
        exact.leaving = exact.leaving * np.exp(h)
        for i in range(10):
            history = (part[name][i] for name in ("frequency", "recency", "T"))
            total = sum(exact.of(*history)).sum()
            np.testing.assert_allclose(theirs[i], np.log(total), rtol=2e-6, atol=2e-6)

    def test_covariates_of_zeros_change_nothing(self):
        data = {**CUSTOMERS, "none": np.zeros(5)}
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", ConvergenceWarning)
            settings = {"correlated": True, "penalty": 0.01}
            plain = tn.ParetoNBD(**settings).fit(data)
            with_zeros = tn.ParetoNBD(**settings, purchase_covariates=["none"])
            with_zeros.fit(data)
        assert with_zeros.log_likelihood_ == pytest.approx(plain.log_likelihood_)


class TestRules:
    """Those of `test_contract.py` that need no fit; the slow tests ask all of them."""

    def test_settings(self):
        parameters = inspect.signature(tn.ParetoNBD).parameters
        marks = {name: object() for name in parameters}
        model = tn.ParetoNBD(**marks)
        assert all(getattr(model, name) is mark for name, mark in marks.items())
        chosen = {"correlated": True, "reference_time": "2 weeks"}
        assert tn.ParetoNBD(**chosen).get_params().items() >= chosen.items()

    def test_display(self):
        model = model_of("long", unit="week")
        rows = repr(model).splitlines()[2:]
        assert [row.split()[0] for row in rows] == list(model.params_)
        assert list(model.params_)[-3:] == ["strength", "tau_purchase", "tau_dropout"]
        assert model.result_.fixed == ("tau_purchase", "tau_dropout")
        assert "strength" in model._repr_html_()

    def test_attributes_of_what_is_not_fitted(self):
        model = tn.ParetoNBD(correlated=True)
        for name in ("m_", "correlation_"):
            with pytest.raises(NotFittedError, match="call fit"):
                getattr(model, name)

    def test_intervals_stay_within_the_range(self):
        covariance = np.diag([0.02, 0.3, 0.05, 4.0, 0.09])
        model = tn.ParetoNBD.from_params(
            **CASES["long"], reference_time=5.0, covariance=covariance
        )
        strength = model.params_["strength"]
        lower, upper = model.confidence_intervals(0.95, method="log")["strength"]
        # Fisher's z of an association
        reach = stats.norm.ppf(0.975) * 0.3 / (1 - strength**2)
        assert lower == pytest.approx(np.tanh(np.arctanh(strength) - reach))
        assert upper == pytest.approx(np.tanh(np.arctanh(strength) + reach))
        assert -1 < lower < upper <= 1


def test_every_other_method_works(summary):
    """Intervals, bootstrap, profile, waits, comparison and value."""
    model = tn.ParetoNBD(correlated=True, reference_time=4.0)
    model.fit(summary, fixed={"strength": 0.9})
    assert model.converged_
    some = {name: np.asarray(CUSTOMERS[name]) for name in CUSTOMERS}
    table = model.expected_purchases(some, horizon=26, interval=0.9)
    assert (table["lower"] < table["expected_purchases"]).all()
    draws = model.bootstrap(3, seed=1)
    assert set(draws.parameters) == set(model.params_)
    by_draws = model.expected_purchases(some, horizon=26, interval=0.9, bootstrap=draws)
    assert (by_draws["lower"] <= by_draws["upper"]).all()
    waits = model.next_purchase_quantiles(some, levels=(0.1,))
    assert (waits["0.1"] > 0).all()
    spend = tn.GammaGamma().fit(summary)
    worth = tn.lifetime_value(model, spend, summary, horizon="12 months")
    assert np.isfinite(worth.total)
    few = {name: np.asarray(summary[name])[:300] for name in CUSTOMERS}
    models = {"plain": tn.ParetoNBD(), "related": tn.ParetoNBD(correlated=True)}
    table = tn.compare(few, models).to_frame()
    assert set(table["model"]) == {"related", "plain"}
