"""Laws of the lifetime: Weibull's, and shares of customers who never leave."""

from __future__ import annotations

import itertools
import os
import warnings
from pathlib import Path

import numpy as np
import pytest
import tenure as tn
from tenure.exceptions import ConvergenceWarning, ParameterError

integrate = pytest.importorskip("scipy.integrate")
stats = pytest.importorskip("scipy.stats")

PARETO = {"r": 0.553, "alpha": 10.578, "s": 0.606, "beta": 11.669}
PLAIN = {
    tn.ParetoNBD: PARETO,
    tn.GGompertzNBD: {"r": 1.2, "alpha": 9.0, "b": 0.05, "s": 0.8, "beta": 2.0},
    tn.WeibullNBD: {"r": 1.2, "alpha": 9.0, "s": 0.8, "beta": 20.0, "c": 1.6},
    tn.PDO: {"r": 0.5, "alpha": 10.0, "a": 0.5, "b": 5.0, "tau": 4.0},
}
CUSTOMERS = {
    "frequency": np.array([0.0, 1.0, 3.0, 9.0]),
    "recency": np.array([0.0, 4.0, 31.0, 30.0]),
    "T": np.array([38.0, 39.0, 40.0, 31.0]),
}
by_model = pytest.mark.parametrize("kind", PLAIN, ids=lambda kind: kind.__name__)


def said(model):
    """What a model says of customers known and new."""
    year = {"discount_rate": 0.1, "per": 52.0}
    return {
        "log-likelihood": model.log_likelihood(CUSTOMERS),
        "alive": model.probability_alive(CUSTOMERS),
        "alive later": model.probability_alive(CUSTOMERS, ahead=26),
        "expected": model.expected_purchases(CUSTOMERS, horizon=52),
        "none": model.probability_no_purchase(CUSTOMERS, horizon=13),
        "worth": model.discounted_purchases(CUSTOMERS, **year),
        "new": np.atleast_1d(model.expected_purchases_new(52)),
    }


def simulated(seed, size, lifetimes, r=1.5, alpha=4.0):
    """Histories of customers who leave at given times, whatever they buy."""
    random = np.random.default_rng(seed)
    T = random.uniform(40.0, 120.0, size)
    end = np.minimum(T, lifetimes(random, size))
    x = random.poisson(random.gamma(r, 1 / alpha, size) * end).astype(float)
    last = np.where(x > 0, end * random.beta(np.maximum(x, 1.0), 1.0), 0.0)
    return {"frequency": x, "recency": last, "T": T}


def burr(s, beta, c, never=0.0):
    def lifetimes(random, size):
        hazards = random.exponential(size=size) / random.gamma(s, size=size)
        stays = random.random(size) < never
        return np.where(stays, np.inf, beta * hazards ** (1 / c))

    return lifetimes


class TestCases:
    def test_a_weibull_hazard_that_does_not_change_is_pareto(self):
        weibull = said(tn.WeibullNBD.from_params(**PARETO, c=1.0))
        for name, values in said(tn.ParetoNBD.from_params(**PARETO)).items():
            # two quadratures, each good to about 1e-13
            np.testing.assert_allclose(weibull[name], values, rtol=1e-11, err_msg=name)

    @by_model
    def test_a_share_of_nobody_is_the_plain_model(self, kind):
        plain = kind.from_params(**PLAIN[kind])
        nobody = kind.from_params(**PLAIN[kind], never_leaving=0.0)
        assert nobody.params_ == plain.params_
        assert nobody.never_leaving is False
        few = said(kind.from_params(**PLAIN[kind], never_leaving=1e-13))
        for name, values in said(plain).items():
            np.testing.assert_allclose(few[name], values, rtol=1e-10, err_msg=name)

    @by_model
    def test_likelihoods_mix(self, kind):
        """L = never L(NBD) + (1 - never) L(plain), and so do expectations of new ones.

        With 0.3 of customers who never leave.
        """
        theta = PLAIN[kind]
        mixed = kind.from_params(**theta, never_leaving=0.3)
        plain = kind.from_params(**theta)
        endless = tn.NBD.from_params(r=theta["r"], alpha=theta["alpha"])
        parts = [
            share * np.exp(one.log_likelihood(CUSTOMERS))
            for share, one in ((0.3, endless), (0.7, plain))
        ]
        likelihoods = np.exp(mixed.log_likelihood(CUSTOMERS))
        np.testing.assert_allclose(likelihoods, parts[0] + parts[1], rtol=1e-11)
        never = parts[0] / likelihoods
        np.testing.assert_allclose(
            mixed.probability_alive(CUSTOMERS),
            never + (1 - never) * plain.probability_alive(CUSTOMERS),
            rtol=1e-11,
        )
        np.testing.assert_allclose(
            mixed.expected_purchases(CUSTOMERS, horizon=52),
            never * endless.expected_purchases(CUSTOMERS, horizon=52)
            + (1 - never) * plain.expected_purchases(CUSTOMERS, horizon=52),
            rtol=1e-11,
        )
        table = 0.3 * endless.purchase_probabilities_new(30, most=12)
        table += 0.7 * plain.purchase_probabilities_new(30, most=12)
        ours = mixed.purchase_probabilities_new(30, most=12)
        np.testing.assert_allclose(ours, table, rtol=1e-10, atol=1e-15)

    @by_model
    @pytest.mark.parametrize("share", [0.0, 0.25])
    def test_counts_are_a_distribution(self, kind, share):
        model = kind.from_params(**PLAIN[kind], never_leaving=share)
        p = model.purchase_probabilities_new(40, most=600)
        assert p.sum() == pytest.approx(1.0, abs=1e-11)
        mean = model.expected_purchases_new(40)
        assert p @ np.arange(601) == pytest.approx(mean, rel=1e-10)

    def test_rates_by_quadrature(self):
        """The posterior mean of `eta / beta`, 0 for those who never leave."""
        theta = PLAIN[tn.WeibullNBD]
        r, alpha, s, beta, c = theta.values()
        x, last, t, never = 3.0, 15.0, 40.0, 0.2

        def silent(u):
            return (alpha + u) ** -(r + x)

        def given(eta):
            """The likelihood of who has this hazard, up to a constant."""

            def leaving(u):
                summed = eta * (u / beta) ** c
                return eta * c / u * (u / beta) ** c * np.exp(-summed) * silent(u)

            alive = np.exp(-eta * (t / beta) ** c) * silent(t)
            return alive + integrate.quad(leaving, last, t, epsrel=1e-11)[0]

        def over(power):
            def f(y):
                eta = np.exp(y)
                return stats.gamma.pdf(eta, s) * eta ** (1 + power) * given(eta)

            return integrate.quad(f, -60, 6, limit=400, epsrel=1e-10)[0]

        leavers, mean = (1 - never) * over(0), (1 - never) * over(1) / beta
        expected = mean / (leavers + never * silent(t))
        model = tn.WeibullNBD.from_params(**theta, never_leaving=never)
        found = model.expected_rates({"frequency": [x], "recency": [last], "T": [t]})
        assert found["leaving_rate"][0] == pytest.approx(expected, rel=1e-7)


class TestSettings:
    @by_model
    def test_known_parameters(self, kind):
        model = kind.from_params(**PLAIN[kind], never_leaving=0.2)
        assert model.never_leaving is True
        assert list(model.params_) == [*PLAIN[kind], "never_leaving"]
        again = kind.from_dict(model.to_dict())
        assert again.params_ == model.params_
        for share in (1.0, -0.1, 1.5):
            with pytest.raises(ParameterError) as raised:
                kind.from_params(**PLAIN[kind], never_leaving=share)
            assert str(raised.value) == (
                f"`never_leaving` must lie between 0 and 1, got {share!r}"
            )

    def test_a_setting_changes_nothing_before_the_next_fit(self):
        data = simulated(1, 400, burr(3.0, 60.0, 1.0, never=0.3))
        model = tn.ParetoNBD().fit(data)
        before = model.probability_alive(CUSTOMERS)
        model.set_params(never_leaving=True)
        np.testing.assert_array_equal(model.probability_alive(CUSTOMERS), before)
        assert list(model.params_) == ["r", "alpha", "s", "beta"]
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", ConvergenceWarning)
            assert "never_leaving" in model.fit(data).params_

    def test_a_share_that_is_held(self):
        data = simulated(2, 400, burr(3.0, 60.0, 1.0, never=0.3))
        plain = tn.ParetoNBD().fit(data)
        held = tn.ParetoNBD(never_leaving=True).fit(data, fixed={"never_leaving": 0.0})
        assert held.log_likelihood_ == pytest.approx(plain.log_likelihood_, rel=1e-11)
        for name, value in plain.params_.items():
            assert held.params_[name] == pytest.approx(value, rel=1e-5)


class TestFits:
    @pytest.mark.parametrize(
        ("kind", "truth"),
        [
            (tn.WeibullNBD, {"s": 2.0, "beta": 40.0, "c": 2.0}),
            (tn.WeibullNBD, {"s": 2.0, "beta": 40.0, "c": 2.0, "never_leaving": 0.3}),
            (tn.ParetoNBD, {"s": 3.0, "beta": 60.0, "never_leaving": 0.3}),
        ],
    )
    def test_parameters_are_found_again(self, kind, truth):
        shape = truth["s"], truth["beta"], truth.get("c", 1.0)
        share = truth.get("never_leaving", 0.0)
        data = simulated(7, 800, burr(*shape, never=share))
        model = kind(never_leaving=share > 0).fit(data)
        assert model.converged_
        errors = model.standard_errors_
        for name, value in {"r": 1.5, "alpha": 4.0, **truth}.items():
            # four standard errors, of which shapes have large and skew ones
            assert abs(model.params_[name] - value) < 4 * errors[name], name

    def test_cdnow(self, summary):
        """Leavers leave at a few weeks or hardly at all: c is far above 1."""
        pareto, weibull = tn.ParetoNBD().fit(summary), tn.WeibullNBD().fit(summary)
        assert weibull.converged_
        assert weibull.log_likelihood_ == pytest.approx(-9592.25, abs=0.005)
        test = tn.likelihood_ratio_test(pareto, weibull)
        gain = 2 * (weibull.log_likelihood_ - pareto.log_likelihood_)
        assert test.weights == {1: 1.0}
        assert test.p_value == pytest.approx(stats.chi2.sf(gain, 1), rel=1e-10)
        assert test.case == "c = 1"

    @pytest.mark.parametrize(
        ("customers", "attained"), [(100, -412.8261), (200, -963.7451)]
    )
    def test_all_who_leave_begin_at_one_age(self, customers, attained):
        """CDNOW's first customers, whose likelihood rises as c does, without end.

        Of the first 200 it is -963.87 at c = 4 and -963.79 at c = 16.
        """
        summary = tn.datasets.load_cdnow_summary(family="numpy")
        first = {
            name: summary[name][:customers] for name in ("frequency", "recency", "T")
        }
        with pytest.warns(ConvergenceWarning, match="begin to do so at one age"):
            model = tn.WeibullNBD().fit(first)
        assert not model.converged_
        assert model.result_.status == "boundary"
        assert model.result_.iterations < 300
        assert model.params_["c"] == pytest.approx(1000.0)
        # the best of several ages that such customers might leave at
        assert model.log_likelihood_ == pytest.approx(attained, abs=1e-3)
        held = tn.WeibullNBD().fit(first, fixed={"c": 16.0})
        assert held.log_likelihood_ < model.log_likelihood_

    def test_profiles_at_that_boundary_come_back(self):
        summary = tn.datasets.load_cdnow_summary(family="numpy")
        first = {name: summary[name][:100] for name in ("frequency", "recency", "T")}
        with pytest.warns(ConvergenceWarning):
            model = tn.WeibullNBD().fit(first)
        lower, upper = model._profile(0, 0.9)
        assert lower < model.params_["r"] < upper
        plain = tn.ParetoNBD().fit(first)._profile(0, 0.9)
        assert (lower, upper) == pytest.approx(plain, rel=0.3)

    @pytest.mark.parametrize("c", [16.0, 200.0, 1e6])
    def test_a_lifetime_that_ends_no_earlier_than_an_age(self, c):
        """With s c held it becomes Pareto's law: (t/beta)^-(s c) from beta on."""
        r, alpha, beta, power = 1.2, 9.0, 20.0, 0.9
        model = tn.WeibullNBD.from_params(r=r, alpha=alpha, s=power / c, beta=beta, c=c)
        x, last, t = 2.0, 15.0, 40.0

        def leaving(u):
            return power * (u / beta) ** -power / u * (alpha + u) ** -(r + x)

        left = integrate.quad(leaving, beta, t, epsrel=1e-12)[0]
        alive = (t / beta) ** -power * (alpha + t) ** -(r + x)
        seen = {"frequency": [x], "recency": [last], "T": [t]}
        # the law differs from its limit by the order of 1 / c
        assert model.probability_alive(seen)[0] == pytest.approx(
            alive / (alive + left), rel=1.0 / c + 1e-9
        )
        spent = beta + beta / (1 - power) * ((t / beta) ** (1 - power) - 1)
        expected = model.expected_purchases_new(t)
        assert expected == pytest.approx(r / alpha * spent, rel=1.0 / c + 1e-9)

    @pytest.mark.parametrize("c", [0.05, 0.7, 3.0, 40.0, 200.0])
    def test_expectations_by_quadrature(self, c):
        """`int_0^t S` and its discounted form, whatever the power of the hazard."""
        s, beta, t, rate = 0.6, 20.0, 60.0, 0.02
        model = tn.WeibullNBD.from_params(r=1.0, alpha=1.0, s=s, beta=beta, c=c)

        def alive(u):
            return np.exp(-s * np.logaddexp(0.0, c * np.log(u / beta)))

        def area(f):
            cuts = [0.0, 1e-6, 1e-3, 1.0, 15.0, 19.0, 20.0, 21.0, 25.0, t]
            return sum(
                integrate.quad(f, a, b, epsrel=1e-12, epsabs=1e-14, limit=200)[0]
                for a, b in itertools.pairwise(cuts)
            )

        assert model.expected_purchases_new(t) == pytest.approx(area(alive), rel=1e-9)

        def worth(u):
            return alive(u) * np.exp(-rate * u)

        found = model.discounted_purchases_new(t, discount_rate=np.expm1(rate), per=1.0)
        assert found == pytest.approx(area(worth), rel=1e-9)

    def test_a_share_at_the_end_of_its_range(self, summary):
        pareto = tn.ParetoNBD().fit(summary)
        share = tn.ParetoNBD(never_leaving=True).fit(summary)
        assert share.converged_
        test = tn.likelihood_ratio_test(pareto, share)
        assert test.weights == {0: 0.5, 1: 0.5}
        assert test.case == "never_leaving = 0"
        assert not test.is_bound
        assert test.p_value == pytest.approx(
            0.5 * stats.chi2.sf(test.statistic, 1), rel=1e-10
        )
        with pytest.raises(ParameterError, match="as a known case"):
            tn.likelihood_ratio_test(share, pareto)

    def test_nobody_leaves_is_a_case(self, summary):
        nobody, weibull = tn.NBD().fit(summary), tn.WeibullNBD().fit(summary)
        test = tn.likelihood_ratio_test(nobody, weibull)
        assert test.is_bound
        assert test.weights == {2: 0.5, 3: 0.5}

    def test_a_share_that_the_data_do_not_have_is_said(self):
        data = simulated(5, 300, burr(3.0, 15.0, 1.0))
        with pytest.warns(ConvergenceWarning, match="never_leaving -> 0"):
            tn.ParetoNBD(never_leaving=True).fit(data)

    def test_a_hazard_ratio_of_who_may_leave(self):
        """Customers with z = 1 leave at twice the hazard; none of z = 0 differ."""
        parts = [
            simulated(11 + z, 250, burr(3.0, 60.0 / 2**z, 1.0, never=0.3))
            for z in (0, 1)
        ]
        data = {name: np.concatenate([p[name] for p in parts]) for name in parts[0]}
        data["z"] = np.repeat([0.0, 1.0], 250)
        settings = {"never_leaving": True, "dropout_covariates": ["z"]}
        model = tn.ParetoNBD(**settings).fit(data)
        found, error = model.params_["dropout.z"], model.standard_errors_["dropout.z"]
        assert abs(found - np.log(2)) < 4 * error
        assert error < 0.6
        # with c = 1 held the Weibull/NBD model is the same
        same = tn.WeibullNBD(**settings).fit(data, fixed={"c": 1.0})
        assert same.params_["dropout.z"] == pytest.approx(found, rel=1e-5)
        assert same.log_likelihood_ == pytest.approx(model.log_likelihood_, rel=1e-10)


ONLINE_RETAIL = Path(os.environ.get("TENURE_DATA", "data")) / "online_retail_orders.csv"


@pytest.fixture(scope="module")
def retail():
    pandas = pytest.importorskip("pandas")
    orders = pandas.read_csv(ONLINE_RETAIL, parse_dates=["invoice_ts"])
    credit = orders["is_credit"].astype(bool)
    named = orders["customer_id"].notna()
    clean = orders[~credit & named & (orders["amount"] > 0)]
    log = tn.Transactions(
        clean, customer="customer_id", time="invoice_ts", amount="amount"
    )
    return log.summary(unit="week", as_of="2011-09-09")


@pytest.mark.skipif(
    not ONLINE_RETAIL.exists(), reason="needs online_retail_orders.csv in TENURE_DATA"
)
class TestOnlineRetail:
    """Clean orders to 2011-09-09, in which nobody can be seen to leave."""

    @pytest.mark.parametrize(
        "model",
        [tn.BGNBD(), tn.MBGNBD(), tn.ParetoNBD(), tn.GGompertzNBD(), tn.PDO(period=4)],
        ids=lambda model: type(model).__name__,
    )
    def test_the_fit_says_that_nobody_leaves(self, retail, model):
        plain = tn.NBD().fit(retail)
        assert plain.converged_
        assert plain.result_.gradient_norm < 1e-6
        with pytest.warns(ConvergenceWarning, match="do not seem to leave"):
            model.fit(retail)
        assert model.result_.status == "boundary"
        # the optimum is the NBD, reached from its inside
        assert model.log_likelihood_ == pytest.approx(plain.log_likelihood_, abs=1e-4)
        alive = np.asarray(model.probability_alive())
        assert alive.min() > 0.999
        expected = np.asarray(model.expected_purchases(horizon=13.0))
        without = np.asarray(plain.expected_purchases(horizon=13.0))
        assert expected == pytest.approx(without, rel=1e-3)
