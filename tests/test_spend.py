"""Gamma-Gamma: fits that know no currency, posteriors, and means that do not exist."""
# ruff: noqa: ISC004, tables of messages

from __future__ import annotations

import pickle
import warnings

import numpy as np
import pytest
import tenure as tn
from scipy import optimize, special, stats
from tenure.exceptions import (
    ConvergenceError,
    ConvergenceWarning,
    DataError,
    EmptyDataError,
    EstimateWarning,
    NotFittedError,
    ParameterError,
)

NOTE = {"p": 6.25, "q": 3.74, "gamma": 15.44}


@pytest.fixture(scope="module")
def repeaters(summary):
    """CDNOW without rounding: means to the cent, of customers who bought again."""
    bought = summary.frequency > 0
    return {
        "frequency": summary.frequency[bought],
        "monetary_value": summary["monetary_value"][bought],
    }


def in_currency(columns, rate):
    return {**columns, "monetary_value": columns["monetary_value"] * rate}


def bits(model):
    numbers = [*model.params_.values(), model.log_likelihood_]
    return np.array([*numbers, *model.covariance_.ravel()]).tobytes()


class TestTheCurrency:
    """Dollars and cents give the same predictions: 1e-9 as for the time unit."""

    @pytest.mark.parametrize("penalty", [0.0, 0.01])
    @pytest.mark.parametrize("rate", [100.0, 1e-6, 1e6, 117.3])
    def test_it_does_not_matter(self, repeaters, rate, penalty):
        dollars = tn.GammaGamma(penalty=penalty).fit(repeaters)
        other = tn.GammaGamma(penalty=penalty).fit(in_currency(repeaters, rate))
        assert other.params_["gamma"] == pytest.approx(
            dollars.params_["gamma"] * rate, rel=1e-9
        )
        shift = len(repeaters["frequency"]) * np.log(rate)
        assert other.log_likelihood_ == pytest.approx(
            dollars.log_likelihood_ - shift, rel=1e-12
        )
        for name, values in dollars.expected_spend(interval=0.9).items():
            ours = other.expected_spend(interval=0.9)[name]
            np.testing.assert_allclose(ours, values * rate, rtol=1e-8, err_msg=name)
        np.testing.assert_allclose(
            other.expected_spend(), dollars.expected_spend() * rate, rtol=1e-9
        )
        assert other.expected_spend_new() == pytest.approx(
            dollars.expected_spend_new() * rate, rel=1e-9
        )
        for level, values in dollars.spend_quantiles().items():
            ours = other.spend_quantiles()[level]
            np.testing.assert_allclose(ours, values * rate, rtol=1e-9)


class TestTheFit:
    def test_a_general_optimiser_agrees(self, repeaters):
        """Fader and Hardie's note, equation 1a, straight."""
        x, mean = repeaters["frequency"], repeaters["monetary_value"]

        def negative(logs):
            p, q, gamma = np.exp(logs)
            return -(
                special.gammaln(p * x + q)
                - special.gammaln(p * x)
                - special.gammaln(q)
                + q * np.log(gamma)
                + (p * x - 1) * np.log(mean)
                + p * x * np.log(x)
                - (p * x + q) * np.log(gamma + x * mean)
            ).sum()

        model = tn.GammaGamma().fit(repeaters)
        ours = np.log(list(model.params_.values()))
        assert negative(ours) == pytest.approx(-model.log_likelihood_, rel=1e-12)
        best = optimize.minimize(negative, ours + 0.1, method="BFGS", tol=1e-7)
        assert best.fun >= negative(ours) - 1e-9
        np.testing.assert_allclose(best.x, ours, atol=1e-4)

    def test_customers_who_did_not_return_say_nothing(self, summary, repeaters):
        assert bits(tn.GammaGamma().fit(summary)) == bits(
            tn.GammaGamma().fit(repeaters)
        )

    def test_order_and_weights(self, repeaters):
        model = tn.GammaGamma().fit(repeaters)
        order = np.random.default_rng(2).permutation(946)
        shuffled = {name: values[order] for name, values in repeaters.items()}
        assert bits(tn.GammaGamma().fit(shuffled)) == bits(model)
        thrice = {name: np.repeat(values, 3) for name, values in repeaters.items()}
        weighted = tn.GammaGamma().fit(repeaters, weights=np.full(946, 3.0))
        assert bits(weighted) == bits(tn.GammaGamma().fit(thrice))
        assert weighted.n_customers_ == 3 * 946
        for name, error in weighted.standard_errors_.items():
            assert error == pytest.approx(model.standard_errors_[name] / np.sqrt(3))

    def test_penalty(self, repeaters):
        neutral = np.array([1.0, 1.0, repeaters["monetary_value"].mean()])
        distance = np.inf
        for penalty in (0.0, 1e-4, 1e-3, 1e-2, 0.1):
            model = tn.GammaGamma(penalty=penalty).fit(repeaters)
            theta = np.array(list(model.params_.values()))
            moved = np.square(np.log(theta / neutral)).sum()
            assert moved < distance
            distance = moved
            total = model.log_likelihood(repeaters).sum()
            assert model.log_likelihood_ == pytest.approx(total, rel=1e-12)

    def test_profile_intervals(self, repeaters):
        model = tn.GammaGamma().fit(repeaters)
        intervals = model.confidence_intervals(0.9, method="profile")
        wald = model.confidence_intervals(0.9)
        for name, (lower, upper) in intervals.items():
            assert lower < model.params_[name] < upper
            # the likelihood is nearly quadratic with 946 customers
            assert (lower, upper) == pytest.approx(wald[name], rel=0.15)

    def test_simulated_parameters_are_found(self):
        frequency = np.random.default_rng(3).integers(1, 12, 20_000)
        mean = tn.datasets.simulate_gamma_gamma(frequency, **NOTE, seed=3)
        data = {"frequency": frequency, "monetary_value": mean}
        model = tn.GammaGamma().fit(data)
        for name, truth in NOTE.items():
            error = model.standard_errors_[name]
            assert abs(model.params_[name] - truth) < 4 * error
            assert error < 0.1 * truth


class TestPredictions:
    def test_standard_errors(self, spend, customers):
        """By differences of predictions at moved parameters."""
        theta = np.array(list(spend.params_.values()))

        def at(moved):
            known = dict(zip(NOTE, moved, strict=True))
            return tn.GammaGamma.from_params(**known).expected_spend(customers)

        gradient = []
        for j in range(3):
            step = np.zeros(3)
            step[j] = 1e-3 * theta[j]
            far, near = (at(theta + k * step) - at(theta - k * step) for k in (2, 1))
            gradient.append((8 * near - far) / (12 * step[j]))
        gradient = np.column_stack(gradient)
        variance = np.einsum("ij,jk,ik->i", gradient, spend.covariance_, gradient)
        table = spend.expected_spend(customers, interval=0.9)
        np.testing.assert_allclose(table["std_error"], np.sqrt(variance), rtol=1e-6)
        factor = np.exp(
            1.6448536269514722 * table["std_error"] / table["expected_spend"]
        )
        np.testing.assert_allclose(table["lower"], table["expected_spend"] / factor)
        np.testing.assert_allclose(table["upper"], table["expected_spend"] * factor)

    def test_new_customers(self, spend):
        p, q, gamma = spend.params_.values()
        assert spend.expected_spend_new() == pytest.approx(
            p * gamma / (q - 1), rel=1e-14
        )
        table = spend.expected_spend_new(interval=0.9)
        assert table["expected_spend"] == spend.expected_spend_new()
        assert table["lower"] < table["expected_spend"] < table["upper"]
        new = {"frequency": [0], "monetary_value": [0.0]}
        assert spend.expected_spend(new)[0] == spend.expected_spend_new()

    def test_quantiles_are_inverse_gamma(self, customers):
        model = tn.GammaGamma.from_params(**NOTE)
        levels = (0.001, 0.05, 0.5, 0.95, 0.999)
        table = model.spend_quantiles(customers, levels=levels)
        assert list(table) == ["0.001", "0.05", "0.5", "0.95", "0.999"]
        p, q, gamma = NOTE.values()
        x, mean = customers["frequency"], customers["monetary_value"]
        posterior = stats.invgamma(p * x + q, scale=p * (gamma + x * mean))
        for level, values in zip(levels, table.values(), strict=True):
            np.testing.assert_allclose(values, posterior.ppf(level), rtol=1e-9)
        np.testing.assert_allclose(
            model.expected_spend(customers), posterior.mean(), rtol=1e-12
        )

    def test_the_mean_of_a_customer_without_purchases_is_not_read(self):
        model = tn.GammaGamma.from_params(**NOTE)
        ours = model.expected_spend(
            {"frequency": [0, 0, 0], "monetary_value": [0.0, np.nan, 99.0]}
        )
        np.testing.assert_array_equal(ours, model.expected_spend_new())


class TestMeansThatDoNotExist:
    @pytest.fixture
    def wild(self):
        return tn.GammaGamma.from_params(
            p=6.0, q=0.8, gamma=15.0, covariance=np.eye(3) * 0.01
        )

    def test_the_warning(self, wild, customers):
        with pytest.warns(EstimateWarning) as caught:
            spend = wild.expected_spend(customers)
        (warning,) = caught
        assert str(warning.message) == (
            "the mean spend of 1 customer without enough purchases does not exist (q = "
            "0.8 is at most 1) and is given as infinite; use spend_quantiles"
        )
        assert warning.filename == __file__
        assert np.isinf(spend).tolist() == (customers["frequency"] == 0).tolist()
        with pytest.warns(EstimateWarning) as caught:
            assert np.isinf(wild.expected_spend_new())
        assert caught[0].filename == __file__

    def test_several_customers(self):
        model = tn.GammaGamma.from_params(p=0.1, q=0.5, gamma=15.0)
        data = {"frequency": np.arange(8), "monetary_value": np.ones(8)}
        with pytest.warns(EstimateWarning, match="of 6 customers without"):
            spend = model.expected_spend(data)
        assert np.isinf(spend).sum() == 6

    def test_intervals(self, wild, customers):
        with pytest.warns(EstimateWarning):
            table = wild.expected_spend(customers, interval=0.9)
        assert np.isinf(table["lower"][0])
        assert np.isinf(table["upper"][0])
        assert np.isnan(table["std_error"][0])
        for values in table.values():
            assert np.isfinite(values[1:]).all()

    def test_quantiles_exist(self, wild, customers):
        with warnings.catch_warnings():
            warnings.simplefilter("error")
            table = wild.spend_quantiles(customers)
        for values in table.values():
            assert np.isfinite(values).all()

    def test_the_fit_says_nothing_of_it(self):
        """A heavy tail is a finding, not a failure."""
        frequency = np.random.default_rng(4).integers(1, 5, 5000)
        truth = {"p": 2.0, "q": 0.8, "gamma": 10.0}
        mean = tn.datasets.simulate_gamma_gamma(frequency, **truth, seed=4)
        model = tn.GammaGamma().fit({"frequency": frequency, "monetary_value": mean})
        assert model.converged_
        assert model.params_["q"] < 1


class TestBoundaries:
    @pytest.mark.parametrize(
        ("data", "message"),
        [
            (
                {"frequency": [1, 2, 3, 4], "monetary_value": [5.0, 5.0, 5.0, 5.0]},
                "all customers seem to have the same mean value (q -> infinity): q and "
                "gamma are known only through gamma / q",
            ),
        ],
    )
    def test_messages(self, data, message):
        with pytest.warns(ConvergenceWarning) as caught:
            model = tn.GammaGamma().fit(data)
        assert [str(w.message) for w in caught] == [f"GammaGamma: {message}"]
        assert not model.converged_
        with pytest.raises(ConvergenceError) as raised:
            tn.GammaGamma(strict=True).fit(data)
        assert str(raised.value) == f"GammaGamma: {message}"

    def test_values_that_do_not_differ_within_a_customer(self):
        """Means that scatter as much over few purchases as over many."""
        rng = np.random.default_rng(3)
        frequency = rng.integers(1, 6, 500)
        mean = 10 / rng.gamma(4.0, 0.25, 500)
        with pytest.warns(ConvergenceWarning) as caught:
            tn.GammaGamma().fit({"frequency": frequency, "monetary_value": mean})
        assert [str(w.message) for w in caught] == [
            "GammaGamma: the values of one customer do not seem to differ (p -> "
            "infinity)"
        ]

    def test_customers_who_do_not_differ(self):
        """Means that scatter no more than one customer's purchases do."""
        rng = np.random.default_rng(1)
        frequency = rng.integers(1, 12, 2000)
        mean = rng.gamma(4.0 * frequency) / (4.0 * frequency) * 20
        with pytest.warns(ConvergenceWarning, match="the same mean value"):
            model = tn.GammaGamma().fit(
                {"frequency": frequency, "monetary_value": mean}
            )
        np.testing.assert_allclose(model.expected_spend(), 20, rtol=0.02)
        assert not np.isfinite(model.covariance_).any()


class TestStorage:
    def test_exact(self, spend, customers, tmp_path):
        spend.save(tmp_path / "spend.json")
        for other in (
            tn.GammaGamma.load(tmp_path / "spend.json"),
            pickle.loads(pickle.dumps(spend)),  # noqa: S301
        ):
            assert bits(other) == bits(spend)
            assert repr(other) == repr(spend)
            for name, values in spend.expected_spend(customers, interval=0.9).items():
                ours = other.expected_spend(customers, interval=0.9)[name]
                np.testing.assert_array_equal(ours, values)


class TestErrors:
    @pytest.mark.parametrize(
        ("ask", "error", "message"),
        [
            (lambda m, d: m.fit({**d, "frequency": np.zeros(8)}), EmptyDataError,
             "there are fewer than three different customers with repeat purchases to "
             "fit GammaGamma to\n\nHint: `monetary_value` is the mean of repeat "
             "purchases, so customers with frequency 0 say nothing"),
            (lambda m, d: m.fit({**d, "monetary_value": -d["monetary_value"]}),
             DataError,
             "column `monetary_value` must be finite and greater than 0 for customers "
             "with repeat purchases; row 1 has -12.5 with frequency = 1.0 (7 rows in "
             "all)\n\nHint: leave out customers whose purchases were free or refunded "
             "in full before fitting a model of spend"),
            (lambda m, d: m.fit({**d, "frequency": d["frequency"] + 0.5}), DataError,
             "column `frequency` must be a whole number of at least 0; row 0 has 0.5 "
             "(8 rows in all)"),
            (lambda m, _: m.expected_spend(), NotFittedError,
             "this GammaGamma is not fitted; call fit() first"),
            (lambda m, _: m.spend_quantiles(), NotFittedError,
             "this GammaGamma is not fitted; call fit() first"),
        ],
    )  # fmt: skip
    def test_unfitted(self, customers, ask, error, message):
        with pytest.raises(error) as raised:
            ask(tn.GammaGamma(), customers)
        assert str(raised.value) == message

    @pytest.mark.parametrize(
        ("levels", "message"),
        [
            ([0.0], "`levels` must lie between 0 and 1, got 0"),
            ([0.5, 1.0], "`levels` must lie between 0 and 1, got 1"),
            ([np.nan], "`levels` must lie between 0 and 1, got NaN"),
            ([0.5, 0.5], "`levels` must differ from each other, got [0.5, 0.5]"),
        ],
    )
    def test_levels(self, spend, levels, message):
        with pytest.raises(ParameterError) as raised:
            spend.spend_quantiles(levels=levels)
        assert str(raised.value) == message

    def test_a_summary_without_amounts(self, orders):
        log = tn.Transactions({name: orders[name] for name in ("customer_id", "date")})
        with pytest.raises(KeyError) as raised:
            tn.GammaGamma().fit(log.summary(unit="week"))
        assert str(raised.value).startswith("unknown column 'monetary_value'.")

    def test_given_parameters(self):
        with pytest.raises(ParameterError) as raised:
            tn.GammaGamma.from_params(**{**NOTE, "q": -1.0})
        assert str(raised.value) == "`q` must be finite and greater than 0, got -1.0"
        model = tn.GammaGamma.from_params(**NOTE)
        with pytest.raises(ParameterError) as raised:
            model.expected_spend_new(interval=0.9)
        assert str(raised.value) == (
            "`interval` must be left out: this GammaGamma has no standard errors, got "
            "a level\n\nHint: its parameters were given without a covariance"
        )
