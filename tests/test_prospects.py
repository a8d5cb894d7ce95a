"""What every model of repeat buying has: waits, rates, bootstrap, held parameters."""

from __future__ import annotations

import numpy as np
import pytest
import tenure as tn
from conftest import PURCHASING_MODELS
from tenure.exceptions import ParameterError

integrate = pytest.importorskip("scipy.integrate")

KNOWN = {
    tn.BGNBD: {"r": 0.243, "alpha": 4.414, "a": 0.793, "b": 2.426},
    tn.MBGNBD: {"r": 0.525, "alpha": 6.183, "a": 0.891, "b": 1.614},
    tn.ParetoNBD: {"r": 0.553, "alpha": 10.578, "s": 0.606, "beta": 11.669},
    tn.NBD: {"r": 0.385, "alpha": 12.072},
    tn.GGompertzNBD: {"r": 1.2, "alpha": 9.0, "b": 0.05, "s": 0.8, "beta": 2.0},
    tn.WeibullNBD: {"r": 1.2, "alpha": 9.0, "s": 0.8, "beta": 20.0, "c": 1.6},
    tn.PDO: {"r": 0.5, "alpha": 10.0, "a": 0.5, "b": 5.0, "tau": 4.0},
    tn.BGBB: {"alpha": 1.204, "beta": 0.750, "gamma": 0.657, "delta": 2.783},
}
CUSTOMERS = {
    "frequency": np.array([0.0, 1.0, 3.0, 9.0]),
    "recency": np.array([0.0, 4.0, 31.0, 30.0]),
    "T": np.array([38.0, 39.0, 40.0, 31.0]),
}


@pytest.fixture(params=KNOWN, ids=lambda model: model.__name__)
def model(request):
    return request.param.from_params(**KNOWN[request.param], unit="week")


def test_every_model_is_here():
    assert set(PURCHASING_MODELS) <= {*KNOWN, *PURCHASING_MODELS}
    assert set(KNOWN) <= set(PURCHASING_MODELS)


class TestWaits:
    def test_a_quantile_is_when_the_probability_is_reached(self, model):
        levels = (0.05, 0.3, 0.6)
        table = model.next_purchase_quantiles(CUSTOMERS, levels=levels)
        for level in levels:
            times = table[str(level)]
            ends = np.isfinite(times)
            some = {name: values[ends] for name, values in CUSTOMERS.items()}
            at, before = (
                1 - model.probability_no_purchase(some, horizon=times[ends] * factor)
                for factor in (1 + 1e-9, 1 - 1e-9)
            )
            assert (at >= level - 1e-12).all()
            assert (before <= level + 1e-12).all()
            if type(model) is tn.BGBB:
                assert (times[ends] == np.round(times[ends])).all()

    def test_who_may_never_buy_again_has_no_upper_quantile(self):
        model = tn.ParetoNBD.from_params(**KNOWN[tn.ParetoNBD])
        table = model.next_purchase_quantiles(CUSTOMERS, levels=(0.999,))
        assert np.isinf(table["0.999"]).all()

    def test_without_a_repeat_purchase_it_has_a_closed_form(self):
        """P(no purchase in t | x = 0) = ((alpha + T) / (alpha + T + t))^r in BG/NBD."""
        model = tn.BGNBD.from_params(**KNOWN[tn.BGNBD])
        found = model.next_purchase_quantiles(CUSTOMERS, levels=(0.1,))["0.1"][0]
        start = 4.414 + 38.0
        assert found == pytest.approx(start * (0.9 ** (-1 / 0.243) - 1), rel=1e-11)

    def test_nobody_depends_on_the_others(self, summary):
        """Alone or among all, in any order: the same to the last digits asked for."""
        model = tn.ParetoNBD().fit(summary)
        names = ("frequency", "recency", "T")
        all_of_them = {name: np.asarray(summary[name])[:60] for name in names}
        found = model.next_purchase_quantiles(all_of_them, levels=(0.3,))["0.3"]
        backwards = {name: v[::-1].copy() for name, v in all_of_them.items()}
        again = model.next_purchase_quantiles(backwards, levels=(0.3,))["0.3"]
        np.testing.assert_array_equal(found, again[::-1])
        for row in range(0, 60, 7):
            one = {name: v[row : row + 1] for name, v in all_of_them.items()}
            alone = model.next_purchase_quantiles(one, levels=(0.3,))["0.3"][0]
            assert alone == found[row]
        # and it is the time at which the probability is reached
        there = np.isfinite(found)
        those = {name: v[there] for name, v in all_of_them.items()}
        silent = model.probability_no_purchase(those, horizon=found[there])
        assert 1.0 - silent == pytest.approx(np.full(there.sum(), 0.3), rel=1e-10)

    def test_levels(self, model):
        with pytest.raises(ParameterError, match="`levels` must lie between 0 and 1"):
            model.next_purchase_quantiles(CUSTOMERS, levels=(1.0,))


class TestRates:
    def test_means_over_customers_are_those_of_the_laws(self):
        """What is expected of customers averages to what was expected beforehand."""
        theta = KNOWN[tn.BGNBD]
        drawn = tn.datasets.simulate_bg_nbd(**theta, n=60_000, T=39.0, seed=3)
        model = tn.BGNBD.from_params(**theta)
        rates = model.expected_rates(drawn)
        for name, mean in (
            ("purchase_rate", theta["r"] / theta["alpha"]),
            ("leaving_probability", theta["a"] / (theta["a"] + theta["b"])),
        ):
            values = np.asarray(rates[name])
            error = values.std() / np.sqrt(len(values))
            assert abs(values.mean() - mean) < 4 * error

    def test_pareto_by_quadrature(self):
        theta = KNOWN[tn.ParetoNBD]
        model = tn.ParetoNBD.from_params(**theta)
        r, alpha, s, beta = theta.values()
        x, last, t = 3.0, 31.0, 40.0

        def weight(mu, lam, power):
            """The individual likelihood times both densities, Jacobians included."""
            total = lam + mu
            bracket = mu * np.exp(-total * last) + lam * np.exp(-total * t)
            density = lam**r * np.exp(-alpha * lam) * mu**s * np.exp(-beta * mu)
            own = lam**x / total * bracket * density
            return own * (lam ** power[0]) * (mu ** power[1])

        def integral(power):
            def inner(u, v):
                return weight(np.exp(u), np.exp(v), power)

            return integrate.dblquad(inner, -12, 2, -50, 4, epsabs=0, epsrel=1e-8)[0]

        one = integral((0, 0))
        found = model.expected_rates({"frequency": [x], "recency": [last], "T": [t]})
        # quadrature to 1e-8, and tails left out below e^-50 and e^-12
        assert found["purchase_rate"][0] == pytest.approx(
            integral((1, 0)) / one, rel=1e-5
        )
        assert found["leaving_rate"][0] == pytest.approx(
            integral((0, 1)) / one, rel=1e-4
        )

    def test_nbd_in_closed_form(self):
        model = tn.NBD.from_params(r=0.385, alpha=12.072)
        found = model.expected_rates(CUSTOMERS)["purchase_rate"]
        x, t = CUSTOMERS["frequency"], CUSTOMERS["T"]
        assert found == pytest.approx((0.385 + x) / (12.072 + t), rel=1e-10)

    def test_opportunities(self):
        """Published: E[p] of a donor with x = 4, last at 5, of 6 (BG/BB paper)."""
        model = tn.BGBB.from_params(**KNOWN[tn.BGBB])
        donor = {"frequency": [4], "recency": [5], "T": [6]}
        found = model.expected_rates(donor)
        assert found["purchase_probability"][0] == pytest.approx(0.677894393, rel=1e-8)
        assert found["leaving_probability"][0] == pytest.approx(0.09620585, rel=1e-7)


class TestIntervalsOfTime:
    def test_parts_add_up(self, model):
        whole = model.expected_purchases(CUSTOMERS, horizon=26)
        first = model.expected_purchases(CUSTOMERS, horizon=8)
        rest = model.expected_purchases(CUSTOMERS, horizon=26, after="8 weeks")
        assert np.asarray(first + rest) == pytest.approx(np.asarray(whole), rel=1e-12)

    def test_the_interval_is_that_of_the_difference(self, buying):
        """The delta method by central differences of the parameters."""
        found = buying.expected_purchases(CUSTOMERS, horizon=26, after=8, interval=0.9)
        theta, slopes = buying.params_, []
        for name, value in theta.items():
            up, down = (
                tn.BGNBD.from_params(
                    **{**theta, name: value * (1 + step)}
                ).expected_purchases(CUSTOMERS, horizon=26, after=8)
                for step in (1e-5, -1e-5)
            )
            slopes.append((up - down) / (2e-5 * value))
        table = np.array(slopes)
        variance = np.einsum("ji,jk,ki->i", table, buying.covariance_, table)
        # differences are good to the square of their step
        assert found["std_error"] == pytest.approx(np.sqrt(variance), rel=1e-6)

    def test_it_ends_after_it_begins(self, model):
        with pytest.raises(ParameterError, match="be no longer than the horizon"):
            model.expected_purchases(CUSTOMERS, horizon=5, after=6)


class TestHeld:
    def test_a_held_parameter_stays_and_the_rest_is_best(self, summary):
        free = tn.ParetoNBD().fit(summary)
        at = free.params_["s"]
        held = tn.ParetoNBD().fit(summary, fixed={"s": at})
        assert held.params_["s"] == at
        assert held.params_ == pytest.approx(free.params_, rel=1e-6)
        assert held.result_.fixed == ("s",)
        assert held.aic_ == pytest.approx(free.aic_ - 2)
        assert held.standard_errors_["s"] == 0.0
        assert held.standard_errors_["beta"] < free.standard_errors_["beta"]
        assert "fixed" in repr(held)
        ends = held.confidence_intervals(method="profile")
        assert ends["s"] == (at, at)

    def test_a_start_changes_the_way_only(self, summary):
        by_data = tn.BGNBD().fit(summary)
        near = tn.BGNBD().fit(summary, start=by_data.params_)
        assert near.params_ == pytest.approx(by_data.params_, rel=1e-7)
        assert near.result_.iterations < by_data.result_.iterations

    def test_spend_too(self, summary):
        free = tn.GammaGamma().fit(summary)
        held = tn.GammaGamma().fit(summary, fixed={"p": 2.0}, start={"q": 4.0})
        assert held.params_["p"] == 2.0
        assert held.log_likelihood_ < free.log_likelihood_
        assert held.confidence_intervals(method="profile")["p"] == (2.0, 2.0)

    def test_names_and_values(self, summary):
        for data, what, message in (
            ({"fixed": {"z": 1.0}}, "fixed", "name parameters of the model: r, alpha"),
            ({"start": {"z": 1.0}}, "start", "name parameters of the model: r, alpha"),
            ({"fixed": {"r": 1.0, "alpha": 2.0}}, "fixed", "leave a parameter"),
            ({"fixed": {"r": -1.0}}, "r", "be finite and greater than 0"),
        ):
            with pytest.raises(ParameterError, match=message) as raised:
                tn.NBD().fit(summary, **data)
            assert f"`{what}`" in str(raised.value)
        with pytest.raises(ParameterError, match="which PDO is told when it is made"):
            tn.PDO(period=4).fit(summary, fixed={"tau": 4.0})


class TestBootstrap:
    def test_it_is_as_wide_as_standard_errors_where_the_model_is_true(self):
        """One data set of 4,000 customers: both estimate the same spread."""
        theta = KNOWN[tn.BGNBD]
        drawn = tn.datasets.simulate_bg_nbd(**theta, n=4000, T=60.0, seed=8)
        fitted = tn.BGNBD().fit(drawn)
        replicates = fitted.bootstrap(400, seed=2)
        for name, error in fitted.standard_errors_.items():
            spread = replicates.parameters[name].std()
            # the spread of 400 draws is known to 3.5 %, the rest is their long tail
            assert spread == pytest.approx(error, rel=0.25), name

    def test_seeds_order_and_collapsed_rows(self, rounded):
        names = ("frequency", "recency", "T")
        data = {name: np.array(rounded[name][:400]) for name in names}
        one = tn.NBD().fit(data).bootstrap(20, seed=5)
        again = tn.NBD().fit(data).bootstrap(20, seed=5)
        other = tn.NBD().fit(data).bootstrap(20, seed=6)
        rows, weights = np.unique(
            np.column_stack(list(data.values())), axis=0, return_counts=True
        )
        collapsed = dict(zip(names, rows.T.copy(), strict=True))
        fewer = tn.NBD().fit(collapsed, weights=weights).bootstrap(20, seed=5)
        for name, draws in one.parameters.items():
            np.testing.assert_array_equal(draws, again.parameters[name])
            assert (draws != other.parameters[name]).all()
            # the start is the estimate, which is the same to rounding
            assert fewer.parameters[name] == pytest.approx(draws, rel=1e-9)

    def test_predictions_take_it(self, buying):
        replicates = buying.bootstrap(60, seed=1)
        for method, options in (
            ("probability_alive", {}),
            ("expected_purchases", {"horizon": 39, "after": 13}),
            ("probability_no_purchase", {"horizon": 39}),
            ("discounted_purchases", {}),
        ):
            predict = getattr(buying, method)
            table = predict(interval=0.9, bootstrap=replicates, **options)
            name = next(name for name in table if name.startswith(method[:8]))
            assert (table[name] == predict(**options)).all()
            assert (table["lower"] <= table["upper"]).all()
            wald = predict(interval=0.9, **options)
            # both spreads of the same thing, over all customers
            ratio = table["std_error"].sum() / wald["std_error"].sum()
            assert 0.7 < ratio < 1.5, method

    def test_new_customers_too(self, buying):
        """Percentiles of what each replicate says, taken one by one."""
        replicates = buying.bootstrap(40, seed=1)
        rows = zip(*replicates.parameters.values(), strict=True)
        each = [
            tn.BGNBD.from_params(**dict(zip(replicates.parameters, row, strict=True)))
            for row in rows
        ]
        # the discount rate is per year of 365.25 days, and the unit is the week
        year = {"discount_rate": 0.1, "per": 365.25 / 7}
        for method, horizon, options in (
            ("expected_purchases_new", 52.0, {}),
            ("expected_purchases_new", [13.0, 52.0], {}),
            ("discounted_purchases_new", None, year),
        ):
            predict = getattr(buying, method)
            how = {"interval": 0.9, "bootstrap": replicates}
            found = predict(horizon, **options, **how)
            draws = [getattr(one, method)(horizon, **options) for one in each]
            ends = np.quantile(draws, [0.05, 0.95], axis=0)
            assert found["lower"] == pytest.approx(ends[0], rel=1e-12)
            assert found["upper"] == pytest.approx(ends[1], rel=1e-12)
            spread = np.std(draws, axis=0, ddof=1)
            assert found["std_error"] == pytest.approx(spread, rel=1e-9)
            plain = predict(horizon, **options)
            assert found[method.removesuffix("_new")] == pytest.approx(plain)

    def test_bad_input(self, buying, summary):
        replicates = tn.NBD().fit(summary).bootstrap(5)
        with pytest.raises(ParameterError, match="be that of this BGNBD"):
            buying.probability_alive(interval=0.9, bootstrap=replicates)
        with pytest.raises(ParameterError, match="be a level where a bootstrap"):
            buying.probability_alive(bootstrap=replicates)
        with pytest.raises(ParameterError, match="`replicates` must be at least 2"):
            buying.bootstrap(1)
