"""Models of renewal: settings, fits, intervals, predictions, pictures."""

from __future__ import annotations

import copy
import inspect
import json
import pickle

import numpy as np
import pytest
import tenure as tn
from tenure.exceptions import (
    ConvergenceError,
    ConvergenceWarning,
    DataError,
    EstimateWarning,
    LengthError,
    NotFittedError,
    ParameterError,
)
from tenure.plotting import plot_renewals, renewal_curve

HIGH_END = [1000, 869, 743, 653, 593, 551, 517, 491, 468, 445, 427, 409, 394]
DISCRETE = (tn.SBG, tn.BdW, tn.Geometric, tn.DiscreteWeibull)
CONTINUOUS = (tn.ExponentialGamma, tn.WeibullGamma)
MODELS = DISCRETE + CONTINUOUS


@pytest.fixture
def whole():
    table = {"age": np.arange(13), "survivors": np.array(HIGH_END, dtype=float)}
    return tn.Renewals.from_survivors(table, unit="year")


@pytest.fixture
def seen(whole):
    return whole.until(7)


@pytest.fixture(params=MODELS, ids=lambda model: model.__name__)
def family(request):
    return request.param


@pytest.fixture
def fitted(family, seen):
    return family().fit(seen)


def numbers(model):
    learned = [*model.params_.values(), model.log_likelihood_, model.n_customers_]
    return np.array([*learned, *model.covariance_.ravel()]).tobytes()


class TestSettings:
    def test_the_rules_of_estimators(self, family):
        parameters = inspect.signature(family).parameters.values()
        assert all(p.kind is p.KEYWORD_ONLY for p in parameters)
        marks = {p.name: object() for p in parameters}
        model = family(**marks)
        assert model.get_params() == marks
        with pytest.raises(NotFittedError) as raised:
            _ = model.params_
        assert str(raised.value) == (
            f"this {family.__name__} is not fitted; call fit() first"
        )
        clone = pytest.importorskip("sklearn.base").clone(family(penalty=0.5))
        assert clone.get_params()["penalty"] == 0.5

    def test_before_the_fit(self):
        assert repr(tn.SBG(never_leaving=True)) == (
            "SBG(one_and_done=False, never_leaving=True, covariates=None, "
            "covariate_penalty=0.0, penalty=0.0, strict=False)"
        )


class TestFitting:
    def test_the_fit(self, family, seen, fitted):
        assert fitted.fit(seen) is fitted
        assert fitted.converged_
        assert fitted.result_.gradient_norm < 1e-6
        assert fitted.result_.smallest_eigenvalue > 0
        assert fitted.time_unit_ == "year"
        assert fitted.fitted_to_ == 7
        total = fitted.log_likelihood() @ seen.customers
        assert total == pytest.approx(fitted.log_likelihood_, rel=1e-12)
        size = len(fitted.params_)
        assert fitted.aic_ == pytest.approx(2 * size - 2 * fitted.log_likelihood_)
        assert repr(fitted).startswith(
            f"{family.__name__} fitted to 1,000 customers, ages in years; "
        )

    def test_storage(self, family, fitted):
        text = json.dumps(fitted.to_dict(), allow_nan=False)
        for other in (
            family.from_dict(json.loads(text)),
            pickle.loads(pickle.dumps(fitted)),  # noqa: S301
            copy.deepcopy(fitted),
        ):
            assert numbers(other) == numbers(fitted)
            ours, theirs = (m.survival([8, 12], interval=0.9) for m in (other, fitted))
            assert all((ours[name] == theirs[name]).all() for name in ours)
        with pytest.raises(NotFittedError):
            pickle.loads(pickle.dumps(fitted)).survival()  # noqa: S301

    def test_weights_are_repetition(self, family, seen):
        double = family().fit(seen, weights=np.full(len(seen), 2.0))
        assert double.n_customers_ == 2000
        once = family().fit(seen)
        assert double.params_ == pytest.approx(once.params_, rel=1e-6)
        for name, error in once.standard_errors_.items():
            assert double.standard_errors_[name] == pytest.approx(
                error / np.sqrt(2), rel=1e-5
            )

    def test_the_unit_does_not_matter(self):
        """Exact ages in months or in years: the same model, penalised or not."""
        ages = tn.ExponentialGamma.from_params(r=2.0, alpha=3.0).simulate(
            500, end=9.0, seed=1
        )
        stayed = np.where(np.isfinite(ages.gone), ages.gone, ages.last_seen)
        churned = np.isfinite(ages.gone)
        for model in CONTINUOUS:
            for penalty in (0.0, 0.01):
                years, months = (
                    model(penalty=penalty).fit(
                        {"duration": stayed * factor, "churned": churned}
                    )
                    for factor in (1.0, 12.0)
                )
                r = years.params_["r"]
                assert months.params_["r"] == pytest.approx(r, rel=1e-5)
                there = years.survival(5.0)["survival"]
                np.testing.assert_allclose(
                    months.survival(60.0)["survival"], there, rtol=1e-6
                )

    def test_nested_models(self, seen):
        for full, simple in (
            (tn.BdW, tn.SBG),
            (tn.DiscreteWeibull, tn.Geometric),
            (tn.WeibullGamma, tn.ExponentialGamma),
        ):
            held, free = full().fit(seen, fixed={"c": 1.0}), simple().fit(seen)
            assert held.log_likelihood_ == pytest.approx(
                free.log_likelihood_, rel=1e-12
            )
            assert held.aic_ == pytest.approx(free.aic_, rel=1e-12)
            assert held.result_.fixed == ("c",)
            assert held.standard_errors_["c"] == 0.0
            assert "fixed" in repr(held)
            ours, theirs = (m.survival([5, 12], interval=0.9) for m in (held, free))
            for name in ours:
                np.testing.assert_allclose(ours[name], theirs[name], rtol=1e-5)
            interval = held.confidence_intervals(method="profile")["c"]
            assert interval == (1.0, 1.0)
            assert full.from_dict(held.to_dict()).result_.fixed == ("c",)

    def test_starts_do_not_matter(self, seen):
        one = tn.BdW().fit(seen)
        other = tn.BdW().fit(seen, start={"alpha": 5.0, "c": 0.5})
        assert other.params_ == pytest.approx(one.params_, rel=1e-5)

    @pytest.mark.parametrize(
        ("options", "text"),
        [
            (
                {"fixed": {"d": 1.0}},
                "`fixed` must name parameters of the model: alpha, beta, c, got 'd'",
            ),
            (
                {"start": {"never_leaving": 0.5}},
                (
                    "`start` must name parameters of the model: alpha, beta, c, got "
                    "'never_leaving'"
                ),
            ),
            (
                {"fixed": {"c": -1.0}},
                "`c` must be finite and greater than 0, got -1",
            ),
            (
                {"fixed": {"alpha": 1, "beta": 1, "c": 1}},
                (
                    "`fixed` must leave a parameter to be estimated, got alpha, beta, c"
                    "\n\nHint: from_params makes a model of which all parameters "
                    "are known"
                ),
            ),
            (
                {"unit": "month"},
                (
                    "`unit` must be left out: the renewals have their own, got 'month' "
                    "where they are in years"
                ),
            ),
        ],
    )
    def test_bad_settings(self, seen, options, text):
        with pytest.raises(ParameterError) as raised:
            tn.BdW().fit(seen, **options)
        assert str(raised.value) == text

    def test_bad_weights(self, seen):
        with pytest.raises(DataError) as raised:
            tn.SBG().fit(seen, weights=np.r_[1, 1, -1, np.ones(10)])
        assert str(raised.value) == (
            "column `weights` must be finite and at least 0; row 2 has -1.0"
        )
        with pytest.raises(LengthError) as short:
            tn.SBG().fit(seen, weights=np.ones(3))
        assert str(short.value) == (
            "column `weights` has 3 rows, but `customers` has 13"
        )

    def test_exact_ages_are_for_continuous_time(self):
        exact = tn.Renewals.from_durations(
            {"duration": [1.5, 2.5], "churned": [True, False]}, exact=True
        )
        with pytest.raises(ParameterError) as raised:
            tn.SBG().fit(exact)
        assert str(raised.value) == (
            "`data` must count whole periods for SBG, a model in discrete time, got "
            "exact ages\n\nHint: ExponentialGamma and WeibullGamma take exact ages"
        )

    @pytest.mark.parametrize(
        ("survivors", "text"),
        [
            (
                [10, 10, 10],
                (
                    "SBG could not be fitted: nobody left\n\nHint: a longer "
                    "observation may "
                    "show who leaves"
                ),
            ),
            (
                [10, 0],
                (
                    "SBG could not be fitted: nobody stayed for a whole "
                    "period\n\nHint: the "
                    "model needs to see somebody renew"
                ),
            ),
        ],
    )
    def test_nothing_to_learn(self, survivors, text):
        table = {"age": np.arange(len(survivors)), "survivors": survivors}
        with pytest.raises(ConvergenceError) as raised:
            tn.SBG().fit(tn.Renewals.from_survivors(table))
        assert str(raised.value) == text

    def test_boundaries_are_said_in_words(self, whole):
        constant = 10_000 * 0.8 ** np.arange(6)
        table = {"age": np.arange(6), "survivors": constant}
        with pytest.warns(ConvergenceWarning) as caught:
            model = tn.SBG().fit(tn.Renewals.from_survivors(table))
        assert caught[0].filename == __file__
        assert str(caught[0].message) == (
            "SBG: all customers seem to leave with the same probability (alpha + beta "
            "-> infinity): alpha and beta are known only through alpha / (alpha + "
            "beta), and a model without differences between customers describes the "
            "data as well"
        )
        geometric = tn.Geometric.from_params(theta=0.2)
        np.testing.assert_allclose(
            model.survival([3, 30])["survival"],
            geometric.survival([3, 30])["survival"],
            rtol=1e-3,
        )
        with pytest.warns(ConvergenceWarning, match="one_and_done -> 0"):
            tn.BdW(one_and_done=True).fit(whole)
        with pytest.raises(ConvergenceError, match="same probability"):
            tn.SBG(strict=True).fit(tn.Renewals.from_survivors(table))

    def test_shares(self, whole):
        """With a share of people who never leave the high-end curve fits better."""
        plain, cured = (tn.SBG(never_leaving=flag).fit(whole) for flag in (False, True))
        assert cured.log_likelihood_ > plain.log_likelihood_ + 2
        assert 0.15 < cured.params_["never_leaving"] < 0.40
        low, high = cured.confidence_intervals(method="log")["never_leaving"]
        assert 0 < low < cured.params_["never_leaving"] < high < 1
        far = cured.survival(100_000)["survival"][0]
        assert far == pytest.approx(cured.params_["never_leaving"], abs=1e-6)

    def test_shares_are_found_in_simulated_data(self):
        truth = {"alpha": 2.0, "beta": 6.0, "one_and_done": 0.15, "never_leaving": 0.25}
        drawn = tn.SBG.from_params(**truth).simulate(200_000, end=40, seed=3)
        model = tn.SBG(one_and_done=True, never_leaving=True).fit(drawn)
        for name, value in truth.items():
            distance = abs(model.params_[name] - value)
            assert distance < 4 * model.standard_errors_[name]


class TestIntervals:
    def test_the_profile_is_where_the_likelihood_has_fallen(self, fitted, seen):
        intervals = fitted.confidence_intervals(0.9, method="profile")
        for name, ends in intervals.items():
            for end in ends:
                if len(fitted.params_) == 1:
                    model = type(fitted).from_params(**{name: end})
                    value = model.log_likelihood(seen) @ seen.customers
                else:
                    value = type(fitted)().fit(seen, fixed={name: end}).log_likelihood_
                # half the 90 % point of chi-square with one degree of freedom
                assert fitted.log_likelihood_ - value == pytest.approx(
                    1.35277, abs=1e-4
                )

    def test_the_delta_method(self, fitted):
        """Standard errors from central differences of the prediction."""
        covariance = fitted.covariance_
        given = fitted.params_
        ours = fitted.discounted_residual_lifetime([0, 5], interval=0.95)
        name = "discounted_residual_lifetime"
        slopes = []
        for parameter, value in given.items():
            step = 1e-5 * value
            up, down = (
                type(fitted)
                .from_params(**{**given, parameter: value + sign * step}, unit="year")
                .discounted_residual_lifetime([0, 5])[name]
                for sign in (1, -1)
            )
            slopes.append((up - down) / (2 * step))
        by_hand = np.sqrt(np.einsum("ji,jk,ki->i", slopes, covariance, slopes))
        np.testing.assert_allclose(ours["std_error"], by_hand, rtol=1e-5)
        assert (ours["lower"] < ours[name]).all()
        assert (ours[name] < ours["upper"]).all()

    def test_the_bootstrap(self, fitted):
        one, other = (fitted.bootstrap(200, seed=4) for _ in range(2))
        for name, values in one.parameters.items():
            assert values.tolist() == other.parameters[name].tolist()
        assert len(one) + one.failed == 200
        first = next(iter(one.parameters))
        another = fitted.bootstrap(2, seed=5).parameters[first]
        assert another.tolist() != one.parameters[first][:2].tolist()
        delta = fitted.survival([3, 7], interval=0.9)
        drawn = fitted.survival([3, 7], interval=0.9, bootstrap=one)
        np.testing.assert_allclose(drawn["survival"], delta["survival"])
        # 200 draws know a standard error to 5 %, and both are approximations
        np.testing.assert_allclose(drawn["std_error"], delta["std_error"], rtol=0.25)
        ends = one.confidence_intervals(0.9)
        for name, value in fitted.params_.items():
            assert ends[name][0] < value < ends[name][1]
        again = one.interval(lambda p: next(iter(p.values())), 0.9)
        assert again == pytest.approx(next(iter(ends.values())))

    def test_bad_bootstraps(self, fitted, seen):
        with pytest.raises(ParameterError) as raised:
            fitted.bootstrap(1)
        assert str(raised.value) == "`replicates` must be at least 2, got 1"
        stayed = {"duration": [1, 2, 3, 4, 1, 2], "churned": [1, 1, 1, 0, 1, 0]}
        model = tn.Geometric().fit(stayed)
        with pytest.raises(ParameterError) as raised:
            model.bootstrap()
        assert str(raised.value) == (
            "`bootstrap` must know until when those were in view who left, got "
            "renewals without that\n\nHint: say it in from_durations(..., end=...); "
            "tables and contracts know it"
        )
        own = tn.SBG().fit(seen).bootstrap(2)
        with pytest.raises(ParameterError) as raised:
            model.survival([1], interval=0.9, bootstrap=own)
        assert str(raised.value) == (
            "`bootstrap` must be that of this Geometric, got one of SBG with alpha, "
            "beta"
        )

    def test_without_standard_errors(self):
        model = tn.SBG.from_params(alpha=1.0, beta=2.0)
        with pytest.raises(ParameterError) as raised:
            model.survival([1], interval=0.9)
        assert str(raised.value).startswith(
            "`interval` must be left out: this SBG has no standard errors"
        )


class TestPredictions:
    def test_survival_is_the_product_of_retention(self, fitted):
        ages = np.arange(1, 31)
        retention = fitted.retention(ages)["retention"]
        survival = fitted.survival(ages)["survival"]
        np.testing.assert_allclose(np.cumprod(retention), survival, rtol=1e-12)
        later = fitted.survival(ages + 4, given=4)["survival"]
        whole = fitted.survival(ages + 4)["survival"] / survival[3]
        np.testing.assert_allclose(later, whole, rtol=1e-12)
        leaving = fitted.churn_probabilities(ages)["churn_probability"]
        np.testing.assert_allclose(np.cumsum(leaving), 1 - survival, rtol=1e-11)

    def test_residual_lifetimes(self, fitted):
        """Discounted at a rate of nearly 0, to a horizon: a plain sum."""
        horizon = 25
        ages = np.arange(1, horizon + 1)
        by_hand = fitted.survival(3 + ages, given=3)["survival"].sum()
        derl = fitted.discounted_residual_lifetime(
            3, discount_rate=1e-13, horizon=horizon
        )["discounted_residual_lifetime"][0]
        assert derl == pytest.approx(by_hand, rel=1e-11)
        left = fitted.expected_residual_lifetime(3, horizon=horizon)
        residual = left["expected_residual_lifetime"][0]
        if type(fitted) in DISCRETE:
            assert residual == pytest.approx(by_hand, rel=1e-12)
        else:  # who leaves within a year was there for some of it
            assert by_hand < residual < by_hand + 1

    def test_known_means(self):
        def mean(model, age=0):
            name = "expected_residual_lifetime"
            return model.expected_residual_lifetime(age)[name][0]

        assert mean(tn.SBG.from_params(alpha=3, beta=4)) == pytest.approx(2.0)
        assert mean(tn.SBG.from_params(alpha=3, beta=4), 6) == pytest.approx(5.0)
        assert mean(tn.Geometric.from_params(theta=0.1)) == pytest.approx(9.0)
        # int_0^inf (alpha / (alpha + t^2))^r with r = 1: pi sqrt(alpha) / 2
        weibull = tn.WeibullGamma.from_params(r=1.0, alpha=4.0, c=2.0)
        assert mean(weibull) == pytest.approx(np.pi, rel=1e-12)

    def test_endless_means_are_said(self):
        for model in (
            tn.SBG.from_params(alpha=1.0, beta=2.0),
            tn.Geometric.from_params(theta=0.5, never_leaving=0.01),
        ):
            with pytest.warns(EstimateWarning, match="is infinite") as caught:
                found = model.expected_residual_lifetime()
            assert caught[0].filename == __file__
            assert np.isinf(found["expected_residual_lifetime"][0])
            model.expected_residual_lifetime(horizon=10)

    def test_what_a_new_customer_is_worth(self, fitted):
        how = {"discount_rate": 0.1}
        derl = fitted.discounted_residual_lifetime(0, **how)
        value = derl["discounted_residual_lifetime"][0]
        new = fitted.discounted_lifetime_new(**how)
        assert new == pytest.approx(1 + value / 1.1, rel=1e-13)
        later = fitted.discounted_residual_lifetime(0, next_renewal=1.0, **how)
        assert later["discounted_residual_lifetime"][0] == pytest.approx(value / 1.1)
        table = fitted.discounted_lifetime_new(interval=0.9, **how)
        assert table["lower"] < table["discounted_lifetime"] < table["upper"]
        monthly = fitted.discounted_lifetime_new(
            discount_rate=1.1 ** (1 / 12) - 1, per="month"
        )
        assert monthly == pytest.approx(new, rel=1e-12)

    def test_units_of_horizons(self, fitted):
        one = fitted.expected_residual_lifetime(2, horizon="24 months")
        other = fitted.expected_residual_lifetime(2, horizon=2)
        name = "expected_residual_lifetime"
        assert one[name][0] == pytest.approx(other[name][0], rel=1e-12)

    @pytest.mark.parametrize(
        ("ask", "text"),
        [
            (
                lambda m: m.survival([1.5]),
                "`ages` must be whole numbers of at least 0, got 1.5",
            ),
            (
                lambda m: m.survival([-1]),
                "`ages` must be whole numbers of at least 0, got -1.0",
            ),
            (
                lambda m: m.survival([3], given=4),
                "`given` must not lie after the age, got 4 with 3",
            ),
            (
                lambda m: m.retention([0]),
                "`periods` must be at least 1, the first renewal, got 0.0",
            ),
            (
                lambda m: m.churn_probabilities([3], given=3),
                "`given` must lie before the renewal, got 3 with 3",
            ),
            (
                lambda m: m.expected_residual_lifetime(0, horizon=-1),
                "`horizon` must be one length of at least 0, got -1",
            ),
            (
                lambda m: m.discounted_residual_lifetime(0, per=1, next_renewal=-1),
                "`next_renewal` must be finite and at least 0, got -1",
            ),
            (
                lambda m: m.discounted_residual_lifetime(0, per=1, discount_rate=-0.1),
                "`discount_rate` must be finite and at least 0, got -0.1",
            ),
            (
                lambda m: m.simulate(0),
                "`customers` must be at least 1, got 0",
            ),
            (
                lambda m: m.plot("hazard", actual=m.simulate(5)),
                "`kind` must be survival or retention, got 'hazard'",
            ),
        ],
    )
    def test_bad_questions(self, ask, text):
        with pytest.raises(ParameterError) as raised:
            ask(tn.SBG.from_params(alpha=2.0, beta=3.0))
        assert str(raised.value) == text

    def test_bad_parameters(self):
        for model, given, text in (
            (
                tn.SBG,
                {"alpha": 0, "beta": 1},
                "`alpha` must be finite and greater than 0, got 0",
            ),
            (tn.Geometric, {"theta": 1.0}, "`theta` must lie between 0 and 1, got 1.0"),
            (
                tn.SBG,
                {"alpha": 1, "beta": 1, "never_leaving": 1.5},
                "`never_leaving` must lie between 0 and 1, got 1.5",
            ),
        ):
            with pytest.raises(ParameterError) as raised:
                model.from_params(**given)
            assert str(raised.value) == text


class TestSimulation:
    def test_the_seed_says_it_all(self, family):
        model = family().fit(_small())
        one, other = (model.simulate(500, end=10, seed=9) for _ in range(2))
        assert one.gone.tolist() == other.gone.tolist()
        assert (
            one.gone[:100].tolist() == model.simulate(100, end=10, seed=9).gone.tolist()
        )
        assert one.gone.tolist() != model.simulate(500, end=10, seed=8).gone.tolist()

    def test_customers_leave_as_the_model_says(self, fitted):
        table = fitted.simulate(100_000, end=10, seed=2).to_frame()
        expected = fitted.survival(table["age"])["survival"]
        error = np.sqrt(expected * (1 - expected) / 100_000)
        assert (np.abs(table["survival"] - expected) < 4 * error).all()
        late = fitted.simulate(50_000, entry=3, end=12, seed=2).to_frame()
        expected = fitted.survival(late["age"], given=3)["survival"]
        error = np.sqrt(expected * (1 - expected) / 50_000)
        assert (np.abs(late["survival"] - expected) < 4 * error).all()

    def test_those_who_never_leave_need_an_end(self):
        model = tn.SBG.from_params(alpha=1.0, beta=1.0, never_leaving=0.5)
        with pytest.raises(ParameterError) as raised:
            model.simulate(100)
        assert str(raised.value) == (
            "`end` must be given: some customers never leave, got None"
        )


def _small():
    table = {"age": np.arange(8), "survivors": np.array(HIGH_END[:8], dtype=float)}
    return tn.Renewals.from_survivors(table)


class TestPictures:
    def test_the_numbers_behind(self, whole, fitted):
        table = renewal_curve(fitted, "survival", actual=whole, interval=0.9)
        assert table["age"].tolist() == list(range(13))
        np.testing.assert_allclose(table["actual"], np.array(HIGH_END) / 1000)
        expected = fitted.survival(np.arange(13), interval=0.9)
        np.testing.assert_array_equal(table["expected"], expected["survival"])
        np.testing.assert_array_equal(table["lower"], expected["lower"])
        assert table["at_risk"][:3].tolist() == [1000, 1000, 869]
        kept = renewal_curve(fitted, "retention")
        assert kept["age"].tolist() == list(range(1, 8))
        assert kept["actual"][1] == pytest.approx(743 / 869)

    @pytest.mark.parametrize("kind", ["survival", "retention"])
    def test_what_is_drawn(self, whole, fitted, kind):
        pytest.importorskip("matplotlib")
        ax = fitted.plot(kind, actual=whole)
        line, dots = ax.get_lines()
        table = renewal_curve(fitted, kind, actual=whole)
        np.testing.assert_array_equal(line.get_ydata(), table["expected"])
        np.testing.assert_array_equal(dots.get_ydata(), table["actual"])
        assert [t.get_text() for t in ax.get_legend().get_texts()] == [
            "95 % interval",
            "model",
            "actual",
        ]
        assert "fitted to the first 7 years" in [t.get_text() for t in ax.texts]
        assert plot_renewals(fitted, kind, ax=ax) is ax
