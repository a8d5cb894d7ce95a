"""BG/NBD: fits that depend on the customers alone, predictions and their intervals."""
# ruff: noqa: ISC004, tables of messages

from __future__ import annotations

import datetime as dt
import json
import os
import pickle
import subprocess
import sys
import warnings

import numpy as np
import pytest
import tenure as tn
from scipy import optimize, special, stats
from tenure.exceptions import (
    ColumnError,
    ConvergenceError,
    ConvergenceWarning,
    DataError,
    EmptyDataError,
    LengthError,
    NotFittedError,
    ParameterError,
)

CDNOW = {"r": 0.243, "alpha": 4.414, "a": 0.793, "b": 2.426}


@pytest.fixture
def known(customers):
    """Published parameters, and customers to ask about."""
    return tn.BGNBD.from_params(**CDNOW, unit="week"), customers


def in_unit(columns, length):
    """The same customers with ages in units of `1 / length` weeks."""
    ages = {name: columns[name] * length for name in ("recency", "T")}
    return {"frequency": columns["frequency"], **ages}


def predictions(model, customers, per_week):
    """Every kind of prediction, for horizons and rates given in the model's unit."""
    year = 52.0 * per_week
    return {
        "alive": model.probability_alive(customers),
        "later": model.probability_alive(customers, ahead=26 * per_week),
        "expected": model.expected_purchases(customers, horizon=39 * per_week),
        "none": model.probability_no_purchase(customers, horizon=39 * per_week),
        "discounted": model.discounted_purchases(customers, horizon=year, per=year),
        "forever": model.discounted_purchases(customers, per=year),
        "new": model.expected_purchases_new(np.array([1, 39, 78]) * per_week),
    }


class TestTheTimeUnit:
    """The data in days, weeks and years give the same predictions.

    The optimum is found to about 1e-12 of each parameter in any unit, and expectations
    pass on what there is left: 1e-9 leaves room for other machines.
    """

    @pytest.mark.parametrize("penalty", [0.0, 0.01])
    @pytest.mark.parametrize("per_week", [7.0, 7 / 365.25, 1e-6, 1e6])
    def test_it_does_not_matter(self, rounded, per_week, penalty):
        weeks = in_unit(rounded, 1.0)
        reference = tn.BGNBD(penalty=penalty).fit(weeks)
        customers = in_unit(rounded, per_week)
        model = tn.BGNBD(penalty=penalty).fit(customers)
        assert model.params_["alpha"] == pytest.approx(
            reference.params_["alpha"] * per_week, rel=1e-9
        )
        shift = weeks["frequency"].sum() * np.log(per_week)
        assert model.log_likelihood_ == pytest.approx(
            reference.log_likelihood_ - shift, rel=1e-12
        )
        ours = predictions(model, customers, per_week)
        for name, values in predictions(reference, weeks, 1.0).items():
            np.testing.assert_allclose(ours[name], values, rtol=1e-9, err_msg=name)

    def test_intervals_do_not_know_it_either(self, rounded):
        weeks, days = in_unit(rounded, 1.0), in_unit(rounded, 7.0)
        one = tn.BGNBD().fit(weeks).expected_purchases(horizon=39, interval=0.9)
        other = tn.BGNBD().fit(days).expected_purchases(horizon=273, interval=0.9)
        for name, values in one.items():
            np.testing.assert_allclose(other[name], values, rtol=1e-8, err_msg=name)

    def test_summaries_in_days_and_weeks(self, log):
        models = {
            unit: tn.BGNBD().fit(log.summary(unit=unit, as_of="1997-09-30"))
            for unit in ("day", "week")
        }
        for horizon in ("39 weeks", "12 months", "1 year", "90 days"):
            one, other = (
                m.expected_purchases(horizon=horizon) for m in models.values()
            )
            np.testing.assert_allclose(one, other, rtol=1e-9)
        one, other = (m.discounted_purchases() for m in models.values())
        np.testing.assert_allclose(one, other, rtol=1e-9)


class TestThePenalty:
    def test_it_shrinks(self, rounded):
        neutral = np.array([1.0, rounded["T"].mean(), 1.0, 1.0])
        distance, likelihood = np.inf, 0.0
        for penalty in (0.0, 1e-4, 1e-3, 1e-2, 0.1, 1.0):
            model = tn.BGNBD(penalty=penalty).fit(rounded)
            theta = np.array(list(model.params_.values()))
            moved = np.square(np.log(theta / neutral)).sum()
            assert moved < distance
            assert model.log_likelihood_ < likelihood or penalty == 0.0
            distance, likelihood = moved, model.log_likelihood_

    def test_the_likelihood_reported_is_the_plain_one(self, rounded):
        model = tn.BGNBD(penalty=0.1).fit(rounded)
        total = model.log_likelihood(rounded).sum()
        assert model.log_likelihood_ == pytest.approx(total, rel=1e-12)
        assert model.aic_ == pytest.approx(8 - 2 * total)
        assert model.bic_ == pytest.approx(4 * np.log(2357) - 2 * total)

    def test_it_is_the_optimum_that_the_documentation_states(self, rounded):
        """By a general optimiser, from the words of the docstring."""
        penalty, n = 0.05, len(rounded["T"])
        model = tn.BGNBD(penalty=penalty).fit(rounded)
        neutral = np.array([1.0, rounded["T"].mean(), 1.0, 1.0])

        def objective(logs):
            theta = dict(zip(CDNOW, np.exp(logs), strict=True))
            plain = tn.BGNBD.from_params(**theta).log_likelihood(rounded).sum()
            return penalty * n * np.square(logs - np.log(neutral)).sum() - plain

        start = np.log(list(model.params_.values()))
        best = optimize.minimize(objective, start + 0.05, method="BFGS", tol=1e-6)
        np.testing.assert_allclose(best.x, start, atol=1e-5)


def bits(model):
    return np.array(
        [*model.params_.values(), model.log_likelihood_, *model.covariance_.ravel()]
    ).tobytes()


class TestNothingElseMatters:
    def test_the_order_of_rows(self, rounded):
        model = tn.BGNBD().fit(rounded)
        order = np.random.default_rng(1).permutation(2357)
        shuffled = {name: values[order] for name, values in rounded.items()}
        other = tn.BGNBD().fit(shuffled)
        assert bits(other) == bits(model)
        one = model.expected_purchases(horizon=39, interval=0.9)
        two = other.expected_purchases(horizon=39, interval=0.9)
        for name, values in one.items():
            np.testing.assert_array_equal(two[name], values[order])

    def test_the_number_of_threads(self):
        code = (
            "import hashlib, numpy as np, tenure as tn\n"
            "truth = dict(r=0.243, alpha=4.414, a=0.793, b=2.426)\n"
            "data = tn.datasets.simulate_bg_nbd("
            "20_000, **truth, T=np.linspace(20, 40, 20_000), seed=1, family='numpy')\n"
            "model = tn.BGNBD().fit(data)\n"
            "numbers = [list(model.params_.values()), [model.log_likelihood_],\n"
            "    model.covariance_.ravel(),\n"
            "    *model.expected_purchases(horizon=52, interval=0.9).values(),\n"
            "    *model.discounted_purchases(interval=0.9, per=52.0).values(),\n"
            "    *model.prediction_interval(horizon=52).values()]\n"
            "together = np.concatenate(numbers)\n"
            "print(hashlib.sha256(together.tobytes()).hexdigest())\n"
        )
        found = {
            subprocess.run(  # noqa: S603
                [sys.executable, "-c", code],
                env={**os.environ, "RAYON_NUM_THREADS": str(threads)},
                capture_output=True,
                text=True,
                check=True,
            ).stdout
            for threads in (1, 2, 4)
        }
        assert len(found) == 1

    def test_weights_are_repetitions(self, rounded):
        columns = ("frequency", "recency", "T")
        rows = np.column_stack([rounded[name] for name in columns])
        distinct, weights = np.unique(rows, axis=0, return_counts=True)
        assert len(distinct) == 1016
        collapsed = dict(zip(columns, distinct.T, strict=True))
        model = tn.BGNBD().fit(rounded)
        assert bits(tn.BGNBD().fit(collapsed, weights=weights)) == bits(model)
        named = {**collapsed, "how many": weights}
        weighted = tn.BGNBD().fit(named, weights="how many")
        assert bits(weighted) == bits(model)
        assert weighted.n_customers_ == 2357
        one, other = (
            m.confidence_intervals(method="profile") for m in (weighted, model)
        )
        assert one == other

    def test_a_weight_of_zero_is_nobody(self, rounded):
        first = {name: values[:1000] for name, values in rounded.items()}
        weights = (np.arange(2357) < 1000).astype(float)
        assert bits(tn.BGNBD().fit(rounded, weights=weights)) == bits(
            tn.BGNBD().fit(first)
        )


def negative_log_likelihood(logs, x, t_x, T):
    """Fader, Hardie and Lee (2005), equation 6, straight."""
    r, alpha, a, b = np.exp(logs)
    silent = -(r + x) * np.log(alpha + T)
    left = np.log(a / (b + np.maximum(x, 1) - 1)) - (r + x) * np.log(alpha + t_x)
    common = (
        special.gammaln(r + x)
        - special.gammaln(r)
        + r * np.log(alpha)
        + special.betaln(a, b + x)
        - special.betaln(a, b)
    )
    either = np.where(x > 0, np.logaddexp(silent, left), silent)
    return -(common + either).sum()


class TestParameterIntervals:
    def test_wald(self, buying):
        for level, z in ((0.95, 1.959963984540054), (0.5, 0.6744897501960817)):
            intervals = buying.confidence_intervals(level)
            for name, (lower, upper) in intervals.items():
                reach = z * buying.standard_errors_[name]
                middle = buying.params_[name]
                assert (lower, upper) == pytest.approx((middle - reach, middle + reach))

    def test_log(self, buying):
        for name, (lower, upper) in buying.confidence_intervals(method="log").items():
            estimate, error = buying.params_[name], buying.standard_errors_[name]
            factor = np.exp(1.959963984540054 * error / estimate)
            assert (lower, upper) == pytest.approx(
                (estimate / factor, estimate * factor)
            )

    @pytest.mark.parametrize("level", [0.8, 0.99])
    def test_profile(self, rounded, level):
        """At the ends a general optimiser over the others falls by the chi-square."""
        model = tn.BGNBD().fit(rounded)
        data = [rounded[name] for name in ("frequency", "recency", "T")]
        start = np.log(list(model.params_.values()))
        lowest = negative_log_likelihood(start, *data)
        assert lowest == pytest.approx(-model.log_likelihood_, rel=1e-12)
        allowed = stats.chi2.ppf(level, 1)
        intervals = model.confidence_intervals(level, method="profile")
        for j, (name, ends) in enumerate(intervals.items()):
            assert ends[0] < model.params_[name] < ends[1]
            for end in ends:

                def others(free, j=j, end=end):
                    logs = np.insert(free, j, np.log(end))
                    return negative_log_likelihood(logs, *data)

                best = optimize.minimize(others, np.delete(start, j), method="BFGS")
                assert 2 * (best.fun - lowest) == pytest.approx(allowed, abs=1e-3)

    def test_profile_of_an_unknown_end(self):
        """Where customers leave alike, a can grow without end: its interval is open."""
        data = simulated(rates="gamma", dropout=np.full(800, 0.3), seed=1)
        with pytest.warns(ConvergenceWarning, match="leave with the same probability"):
            model = tn.BGNBD().fit(data)
        lower, upper = model.confidence_intervals(method="profile")["a"]
        assert 0 < lower < np.inf
        assert upper == np.inf

    def test_summary(self, buying):
        table = buying.summary(0.9, method="log")
        assert list(table["parameter"]) == ["r", "alpha", "a", "b"]
        np.testing.assert_array_equal(table["estimate"], list(buying.params_.values()))
        errors = list(buying.standard_errors_.values())
        np.testing.assert_array_equal(table["std_error"], errors)
        ends = buying.confidence_intervals(0.9, method="log").values()
        ours = list(zip(table["lower"], table["upper"], strict=True))
        np.testing.assert_array_equal(ours, list(ends))


class TestPredictionIntervals:
    """The delta method, with derivatives checked against refits at moved parameters."""

    METHODS = (
        ("probability_alive", {}),
        ("probability_alive", {"ahead": 26.0}),
        ("expected_purchases", {"horizon": 39.0}),
        ("probability_no_purchase", {"horizon": 39.0}),
        ("discounted_purchases", {"horizon": 39.0, "per": 52.0}),
        ("discounted_purchases", {"per": 52.0}),
        ("discounted_purchases", {"horizon": 39.0, "per": 52.0, "compounding": 4.0}),
    )

    @pytest.mark.parametrize(("method", "options"), METHODS)
    def test_standard_errors(self, buying, customers, method, options):
        theta = np.array(list(buying.params_.values()))

        def at(moved):
            model = tn.BGNBD.from_params(**dict(zip(CDNOW, moved, strict=True)))
            return getattr(model, method)(customers, **options)

        # central differences of four points: errors of 1e-13 / 1e-3 by rounding
        gradient = []
        for j in range(4):
            step = np.zeros(4)
            step[j] = 1e-3 * theta[j]
            far, near = (at(theta + k * step) - at(theta - k * step) for k in (2, 1))
            gradient.append((8 * near - far) / (12 * step[j]))
        gradient = np.column_stack(gradient)
        variance = np.einsum("ij,jk,ik->i", gradient, buying.covariance_, gradient)
        table = getattr(buying, method)(customers, interval=0.9, **options)
        np.testing.assert_allclose(
            table["std_error"], np.sqrt(variance), rtol=1e-6, atol=1e-12
        )
        np.testing.assert_allclose(table[method], at(theta), rtol=1e-12)

    @pytest.mark.parametrize(("method", "options"), METHODS)
    def test_ends(self, buying, customers, method, options):
        """Log-normal for what is positive, logit-normal for probabilities."""
        table = getattr(buying, method)(customers, interval=0.9, **options)
        estimate, error = table[method], table["std_error"]
        lower, upper = table["lower"], table["upper"]
        assert (lower <= estimate).all()
        assert (estimate <= upper).all()
        assert (lower >= 0).all()
        inside = error > 0
        z = 1.6448536269514722
        if method.startswith("probability"):
            assert (upper <= 1).all()
            inside &= (estimate < 1) & (estimate > 0)
            logit, scale = special.logit, 1 / (estimate * (1 - estimate) + ~inside)
        else:
            logit, scale = np.log, 1 / estimate
        for end, sign in ((lower, -1), (upper, 1)):
            np.testing.assert_allclose(
                logit(end[inside]),
                (logit(estimate) + sign * z * error * scale)[inside],
                rtol=1e-9,
            )
        narrow = getattr(buying, method)(customers, interval=0.5, **options)
        assert (narrow["lower"] >= lower).all()
        assert (narrow["upper"] <= upper).all()

    def test_certainty_has_no_interval(self, buying, customers):
        table = buying.probability_alive(customers, interval=0.95)
        never = customers["frequency"] == 0
        for name in ("probability_alive", "lower", "upper"):
            assert (table[name][never] == 1).all()
        assert (table["std_error"][never] == 0).all()

    def test_new_customers(self, buying):
        horizons = [1.0, 39.0, 78.0]
        together = buying.expected_purchases_new(horizons, interval=0.9)
        for i, horizon in enumerate(horizons):
            alone = buying.expected_purchases_new(horizon, interval=0.9)
            assert alone == {name: values[i] for name, values in together.items()}
            assert isinstance(alone["lower"], float)
        assert buying.expected_purchases_new(39) == together["expected_purchases"][1]
        forever = buying.discounted_purchases_new(interval=0.9)
        assert forever["lower"] < forever["discounted_purchases"] < forever["upper"]
        assert forever["discounted_purchases"] == buying.discounted_purchases_new()

    def test_a_new_customer_is_one_of_age_zero(self, known):
        model, _ = known
        new = {"frequency": [0], "recency": [0.0], "T": [0.0]}
        assert model.expected_purchases(new, horizon=5)[0] == pytest.approx(
            model.expected_purchases_new(5), rel=1e-15
        )
        ours = model.purchase_probabilities(new, horizon=5, most=3)
        assert [p[0] for p in ours.values()] == list(
            model.purchase_probabilities_new(5, most=3)
        )


class TestCounts:
    def test_probabilities_of_none(self, known):
        model, customers = known
        table = model.purchase_probabilities(customers, horizon=39, most=5)
        assert list(table) == ["0", "1", "2", "3", "4", "5"]
        none = model.probability_no_purchase(customers, horizon=39)
        np.testing.assert_allclose(table["0"], none, rtol=1e-12)

    def test_nothing_to_come_without_time(self, known):
        model, customers = known
        table = model.purchase_probabilities(customers, horizon=0, most=2)
        np.testing.assert_array_equal(table["0"], 1.0)
        np.testing.assert_array_equal(table["2"], 0.0)
        np.testing.assert_array_equal(model.expected_purchases(customers, horizon=0), 0)
        np.testing.assert_array_equal(
            model.prediction_interval(customers, horizon=0)["upper"], 0
        )

    def test_quantiles(self, known):
        model, customers = known
        levels = (0.05, 0.25, 0.5, 0.9, 0.99)
        most = 1500
        table = model.purchase_probabilities(customers, horizon=39, most=most)
        below = np.cumsum(np.column_stack(list(table.values())), axis=1)
        quantiles = model.purchase_quantiles(customers, horizon=39, levels=levels)
        assert list(quantiles) == ["0.05", "0.25", "0.5", "0.9", "0.99"]
        for level, counts in zip(levels, quantiles.values(), strict=True):
            assert counts.dtype == np.int64
            np.testing.assert_array_equal(counts, (below < level).sum(axis=1))

    @pytest.mark.parametrize("level", [0.5, 0.9, 0.99])
    def test_prediction_intervals_hold_their_level(self, known, level):
        model, customers = known
        table = model.purchase_probabilities(customers, horizon=39, most=1500)
        below = np.cumsum(np.column_stack(list(table.values())), axis=1)
        interval = model.prediction_interval(customers, horizon=39, level=level)
        rows = np.arange(len(below))
        lower, upper = interval["lower"], interval["upper"]
        missed = np.where(lower > 0, below[rows, lower - 1], 0.0)
        assert (below[rows, upper] - missed >= level - 1e-12).all()
        # the outer counts are needed: without the last the upper tail is too heavy
        kept = np.where(upper > 0, below[rows, np.maximum(upper - 1, 0)], 0.0)
        assert (kept < (1 + level) / 2).all()

    def test_names_of_levels_keep_their_digits(self, known):
        model, customers = known
        levels = [0.9999999, 0.99999999]
        table = model.purchase_quantiles(customers, horizon=39, levels=levels)
        assert list(table) == ["0.9999999", "0.99999999"]
        assert list(model.purchase_quantiles(customers, horizon=1, levels=0.5)) == [
            "0.5"
        ]


class TestTheEdge:
    def test_thousands_of_purchases_raise_no_warning(self):
        heavy = {
            "frequency": [1000, 2000, 5000, 200],
            "recency": [10.0, 700.0, 1000.0, 38.0],
            "T": [100.0, 700.0, 1000.0, 40.0],
        }
        model = tn.BGNBD.from_params(**CDNOW, covariance=np.eye(4) * 1e-4)
        with warnings.catch_warnings():
            warnings.simplefilter("error")
            for method, options in TestPredictionIntervals.METHODS:
                table = getattr(model, method)(heavy, interval=0.9, **options)
                for values in table.values():
                    assert np.isfinite(values).all()
            assert np.isfinite(model.log_likelihood(heavy)).all()
            counts = model.purchase_probabilities(heavy, horizon=60, most=300)
            assert np.isfinite(np.column_stack(list(counts.values()))).all()
        assert model.probability_alive(heavy)[0] == pytest.approx(0.0, abs=1e-100)

    def test_a_of_one_is_no_exception(self, customers):
        """Where published formulas divide by a - 1."""

        def expected(a):
            model = tn.BGNBD.from_params(**{**CDNOW, "a": a})
            return model.expected_purchases(customers, horizon=39)

        around = 0.5 * (expected(1 - 1e-5) + expected(1 + 1e-5))
        np.testing.assert_allclose(expected(1.0), around, rtol=1e-9)

    def test_nobody(self, buying):
        nobody = {"frequency": [], "recency": [], "T": []}
        assert len(buying.expected_purchases(nobody, horizon=39)) == 0
        table = buying.expected_purchases(nobody, horizon=39, interval=0.9)
        assert [len(values) for values in table.values()] == [0, 0, 0, 0]

    def test_horizons_of_their_own(self, known):
        model, customers = known
        horizons = np.linspace(1, 80, 8)
        ours = model.expected_purchases(customers, horizon=horizons)
        for i, horizon in enumerate(horizons):
            alone = model.expected_purchases(customers, horizon=horizon)
            assert ours[i] == alone[i]


class TestHorizons:
    @pytest.mark.parametrize(
        ("horizon", "weeks"),
        [
            ("39 weeks", 39),
            ("39week", 39),
            ("12 months", 365.25 / 7),
            ("1 year", 365.25 / 7),
            ("year", 365.25 / 7),
            ("4 quarters", 365.25 / 7),
            ("90 days", 90 / 7),
            ("0.5 years", 365.25 / 14),
            ("48 Hours", 2 / 7),
            (dt.timedelta(days=90), 90 / 7),
            (np.timedelta64(90, "D"), 90 / 7),
            (np.timedelta64(3, "W"), 3),
            (np.array([21], "timedelta64[D]"), 3),
            (39, 39),
            (39.0, 39),
            (np.float32(39), 39),
            ([39], 39),
        ],
    )
    def test_texts_and_lengths(self, known, horizon, weeks):
        model, customers = known
        np.testing.assert_allclose(
            model.expected_purchases(customers, horizon=horizon),
            model.expected_purchases(customers, horizon=float(weeks)),
            rtol=1e-13,
        )

    def test_rates(self, known):
        """Ten per cent a year is the same a month, a week, or over 365.25 days."""
        model, customers = known
        yearly = model.discounted_purchases(customers, discount_rate=0.10)
        for rate, per in (
            (1.10 ** (1 / 12) - 1, "month"),
            (1.10 ** (7 / 365.25) - 1, "week"),
            (0.10, 365.25 / 7),
            (1.10 ** (1 / 4) - 1, "quarter"),
        ):
            other = model.discounted_purchases(customers, discount_rate=rate, per=per)
            np.testing.assert_allclose(other, yearly, rtol=1e-12)

    def test_periods(self, known):
        """By hand: what comes in a month counts at its end, the last one is a part."""
        model, customers = known
        month, horizon = 365.25 / 84, 10.0
        ends = [month, 2 * month, horizon]
        expected = [
            model.expected_purchases(customers, horizon=t) for t in [0.0, *ends]
        ]
        discounts = [1.10 ** (-t * 7 / 365.25) for t in ends]
        by_hand = sum(
            (after - before) * discount
            for before, after, discount in zip(
                expected[:-1], expected[1:], discounts, strict=True
            )
        )
        ours = model.discounted_purchases(
            customers, horizon=horizon, discount_rate=0.10, compounding="month"
        )
        np.testing.assert_allclose(ours, by_hand, rtol=1e-12)

    def test_the_unit_of_a_summary_helps_a_model_without_one(self, summary):
        """Parameters in no unit take that of the customers."""
        model = tn.BGNBD.from_params(**CDNOW)
        ours = model.expected_purchases(summary, horizon="273 days")
        np.testing.assert_allclose(ours, model.expected_purchases(summary, horizon=39))


def simulated(*, rates, dropout, seed, age=40.0):
    """Customers of whom some law is degenerate."""
    rng = np.random.default_rng(seed)
    n = len(dropout)
    rate = rng.gamma(0.5, 0.2, n) if isinstance(rates, str) else rates
    x, t_x = np.zeros(n), np.zeros(n)
    for i in range(n):
        now = rng.exponential(1 / rate[i])
        while now <= age:
            x[i], t_x[i] = x[i] + 1, now
            if rng.random() < dropout[i]:
                break
            now += rng.exponential(1 / rate[i])
    return {"frequency": x, "recency": t_x, "T": np.full(n, age)}


SOME_DROPOUT = np.random.default_rng(2).beta(0.8, 2.5, 800)


class TestBoundaries:
    """What cannot be identified is said in words."""

    CASES = (
        (
            {"rates": "gamma", "dropout": np.zeros(800), "seed": 3},
            "customers do not seem to leave (a / (a + b) -> 0): the data do not tell "
            "this model from the NBD without dropout",
        ),
        (
            {"rates": "gamma", "dropout": np.ones(800), "seed": 1},
            "every customer seems to leave after the first repeat purchase "
            "(a / (a + b) -> 1)",
        ),
        (
            {"rates": "gamma", "dropout": np.arange(800) % 2, "seed": 1},
            "customers seem to leave after the first repeat purchase or never "
            "(a + b -> 0): a and b are known only through a / (a + b)",
        ),
        (
            {"rates": "gamma", "dropout": np.full(800, 0.3), "seed": 1},
            "all customers seem to leave with the same probability (a + b -> "
            "infinity): a and b are known only through a / (a + b)",
        ),
        (
            {"rates": np.full(800, 0.1), "dropout": SOME_DROPOUT, "seed": 3},
            "all customers seem to buy at the same rate (r -> infinity): r and alpha "
            "are known only through r / alpha",
        ),
    )

    @pytest.mark.parametrize(("case", "message"), CASES)
    def test_messages(self, case, message):
        data = simulated(**case)
        with pytest.warns(ConvergenceWarning) as caught:
            model = tn.BGNBD().fit(data)
        (warning,) = caught
        assert str(warning.message) == f"BGNBD: {message}"
        assert warning.filename == __file__
        assert not model.converged_
        assert model.result_.status == "boundary"
        assert message in repr(model)
        assert np.isnan(model.covariance_).all()
        assert np.isfinite(model.expected_purchases(horizon=39)).all()
        with pytest.raises(ParameterError) as raised:
            model.expected_purchases(horizon=39, interval=0.9)
        assert str(raised.value) == (
            "`interval` must be left out or come with a bootstrap: this BGNBD has no "
            f"standard errors, got a level\n\nHint: {message}; "
            "bootstrap=model.bootstrap() needs no standard errors"
        )
        with pytest.raises(ConvergenceError) as raised:
            tn.BGNBD(strict=True).fit(data)
        assert str(raised.value) == f"BGNBD: {message}"
        assert (raised.value.model, raised.value.reason) == ("BGNBD", message)

    def test_without_dropout_predictions_are_those_of_the_nbd(self):
        data = simulated(rates="gamma", dropout=np.zeros(800), seed=3)
        with pytest.warns(ConvergenceWarning):
            model = tn.BGNBD().fit(data)
        r, alpha = model.params_["r"], model.params_["alpha"]
        nbd = 39 * (r + data["frequency"]) / (alpha + data["T"])
        np.testing.assert_allclose(model.expected_purchases(horizon=39), nbd, rtol=1e-6)

    def test_a_penalty_identifies_everything(self):
        for case, _ in self.CASES:
            model = tn.BGNBD(penalty=0.001, strict=True).fit(simulated(**case))
            assert model.converged_
            assert np.isfinite(model.covariance_).all()


class TestStorage:
    def test_json_is_exact(self, buying, customers, tmp_path):
        path = tmp_path / "model.json"
        buying.save(path)
        stored = json.loads(path.read_text("utf-8"))
        assert stored["format"] == 1
        assert stored["model"] == "BGNBD"
        assert stored["tenure"] == tn.__version__
        self.check(tn.BGNBD.load(path), buying, customers)
        self.check(tn.BGNBD.from_dict(buying.to_dict()), buying, customers)
        assert tn.BGNBD.load(str(path)).to_dict() == buying.to_dict()

    def test_pickle_is_exact(self, buying, customers):
        data = pickle.dumps(buying)
        assert len(data) < 3000  # a few numbers, without the customers
        self.check(pickle.loads(data), buying, customers)  # noqa: S301

    @staticmethod
    def check(other, model, customers):
        assert bits(other) == bits(model)
        assert other.time_unit_ == "week"
        assert repr(other) == repr(model)
        np.testing.assert_array_equal(
            other.expected_purchases(customers, horizon="1 year", interval=0.9)[
                "upper"
            ],
            model.expected_purchases(customers, horizon="1 year", interval=0.9)[
                "upper"
            ],
        )
        for ask in (
            lambda: other.expected_purchases(horizon=39),
            lambda: other.confidence_intervals(method="profile"),
        ):
            with pytest.raises(NotFittedError) as raised:
                ask()
            assert str(raised.value) == (
                "this BGNBD does not hold the customers of its fit (it was loaded, or "
                "made from given parameters); pass them as data"
            )

    def test_given_parameters(self, customers, tmp_path):
        model = tn.BGNBD.from_params(**CDNOW)
        assert np.isnan(model.log_likelihood_)
        assert np.isnan(model.aic_)
        assert np.isnan(model.bic_)
        assert np.isnan(list(model.standard_errors_.values())).all()
        assert repr(model).splitlines()[0] == "BGNBD with given parameters"
        model.save(tmp_path / "given.json")
        other = tn.BGNBD.load(tmp_path / "given.json")
        assert other.params_ == CDNOW
        np.testing.assert_array_equal(
            other.probability_alive(customers), model.probability_alive(customers)
        )

    def test_unfitted(self, tmp_path):
        tn.BGNBD(penalty=0.5, strict=True).save(tmp_path / "unfitted.json")
        model = tn.BGNBD.load(tmp_path / "unfitted.json")
        assert model.get_params() == {
            "purchase_covariates": None,
            "dropout_covariates": None,
            "shared_covariates": None,
            "covariate_penalty": 0.0,
            "penalty": 0.5,
            "strict": True,
        }
        with pytest.raises(NotFittedError):
            _ = model.params_


class TestColumns:
    def test_names_are_remembered(self, rounded, customers):
        """A frame with names of its own is asked about by the same names."""
        names = {"frequency": "x", "recency": "t_x", "T": "age"}

        def named(columns):
            return {own: columns[name] for name, own in names.items()}

        model = tn.BGNBD().fit(named(rounded), **names)
        assert bits(model) == bits(tn.BGNBD().fit(rounded))
        for other in (model, tn.BGNBD.from_dict(model.to_dict())):
            ours = other.expected_purchases(named(customers), horizon=39)
            for data in (customers, {**customers, "note": np.arange(8)}):
                theirs = other.expected_purchases(data, horizon=39)
                np.testing.assert_array_equal(ours, theirs)

    def test_later_changes_of_the_data_change_nothing(self, rounded):
        mine = {name: np.array(values, dtype=float) for name, values in rounded.items()}
        weights = np.ones(2357)
        model = tn.BGNBD().fit(mine, weights=weights)
        before = model.expected_purchases(horizon=39)
        profile = model.confidence_intervals(method="profile")
        for values in (*mine.values(), weights):
            values[:] = 0.0
        np.testing.assert_array_equal(model.expected_purchases(horizon=39), before)
        assert model.confidence_intervals(method="profile") == profile


FITTED = "this BGNBD is not fitted; call fit() first"
KINDS = "hour, day, week, month, quarter, year"


class TestErrors:
    CASES = (
        (lambda m: m.expected_purchases(horizon=-1),
         "`horizon` must be finite and at least 0, got -1"),
        (lambda m: m.expected_purchases(horizon=np.inf),
         "`horizon` must be finite and at least 0, got inf"),
        (lambda m: m.probability_alive(ahead=np.nan),
         "`horizon` must be finite and at least 0, got NaN"),
        (lambda m: m.expected_purchases(horizon=np.timedelta64("NaT")),
         "`horizon` must be finite and at least 0, got NaN"),
        (lambda m: m.expected_purchases(horizon="12 parsecs"),
         "`horizon` must be a number with a unit of time, such as '12 months', got "
         "'12 parsecs'"),
        (lambda m: m.expected_purchases(horizon="-1 week"),
         "`horizon` must be a number with a unit of time, such as '12 months', got "
         "'-1 week'"),
        (lambda m: m.probability_alive(ahead=""),
         "`ahead` must be a number with a unit of time, such as '12 months', got ''"),
        (lambda m: m.expected_purchases(horizon=None),
         "`horizon` must be a number, a text such as '12 months', or one number a "
         "customer, got None"),
        (lambda m: m.expected_purchases(horizon=True),
         "`horizon` must be a number, a text such as '12 months', or one number a "
         "customer, got True"),
        (lambda m: m.expected_purchases(horizon=[["1 week"] * 9]),
         "`horizon` must be a number, a text such as '12 months', or one number a "
         "customer, got [['1 week', '1 week', '1 week', '1 week', '1 week', '1 week', "
         "...]]"),
        (lambda m: m.expected_purchases(horizon=np.timedelta64(1, "Y")),
         "`horizon` must be a number, a text such as '12 months', or one number a "
         "customer, got np.timedelta64(1,'Y')"),
        (lambda m: m.expected_purchases(horizon=[1.0, 2.0]),
         "column `horizon` has 2 rows, but `frequency` has 2357"),
        (lambda m: m.expected_purchases(horizon=39, interval=1.0),
         "`interval` must lie between 0 and 1, got 1.0"),
        (lambda m: m.expected_purchases(horizon=39, interval=90),
         "`interval` must lie between 0 and 1, got 90"),
        (lambda m: m.prediction_interval(horizon=39, level=0),
         "`level` must lie between 0 and 1, got 0"),
        (lambda m: m.confidence_intervals(1.5),
         "`level` must lie between 0 and 1, got 1.5"),
        (lambda m: m.confidence_intervals(method="bayes"),
         "`method` must be 'wald', 'log' or 'profile', got 'bayes'"),
        (lambda m: m.purchase_quantiles(horizon=39, levels=[0.5, 1.0]),
         "`levels` must lie in [0, 1), got 1"),
        (lambda m: m.purchase_quantiles(horizon=39, levels=[0.5, 0.5]),
         "`levels` must differ from each other, got [0.5, 0.5]"),
        (lambda m: m.purchase_probabilities(horizon=39, most=-1),
         "`most` must be at least 0, got -1"),
        (lambda m: m.purchase_probabilities(horizon=39, most=10**9),
         "`data` must need no more than 2147483648 numbers as a result, got 2357 "
         "customers with 1000000001 numbers each\n\nHint: ask for fewer columns, or "
         "for some customers at a time"),
        (lambda m: m.discounted_purchases(discount_rate=-0.1),
         "`discount_rate` must be finite and at least 0, got -0.1"),
        (lambda m: m.discounted_purchases(discount_rate=0.0),
         "`discount_rate` must be greater than 0 for an infinite horizon, got 0"),
        (lambda m: m.discounted_purchases(per="fortnight"),
         f"`per` must be one of {KINDS}, got 'fortnight'"),
        (lambda m: m.discounted_purchases(per=0),
         "`per` must be a unit of time or a number greater than 0, got 0"),
        (lambda m: m.discounted_purchases(compounding="month"),
         "`horizon` must be finite when purchases are counted by period, got inf"),
        (lambda m: m.discounted_purchases(horizon=52, compounding=-1),
         "`compounding` must be a unit of time or a number greater than 0, got -1"),
        (lambda m: m.discounted_purchases(horizon=52, compounding=1e-9),
         "`compounding` must be at least a 100,000th of the horizon, got 0.000000001"),
        (lambda m: m.set_params(penlty=1.0),
         "`set_params` must name settings of BGNBD: purchase_covariates, "
         "dropout_covariates, shared_covariates, covariate_penalty, penalty, strict, "
         "got 'penlty'"),
    )  # fmt: skip

    @pytest.mark.parametrize(("ask", "message"), CASES)
    def test_arguments(self, buying, ask, message):
        with pytest.raises((ParameterError, LengthError)) as raised:
            ask(buying)
        assert str(raised.value) == message

    @pytest.mark.parametrize(
        ("fit", "error", "message"),
        [
            (lambda d: tn.BGNBD(penalty=-1.0).fit(d), ParameterError,
             "`penalty` must be finite and not negative, got -1"),
            (lambda d: tn.BGNBD().fit(d, unit="weeks"), ParameterError,
             f"`unit` must be one of {KINDS}, got 'weeks'"),
            (lambda d: tn.BGNBD().fit(d, weights=[1.0]), LengthError,
             "column `weights` has 1 rows, but `frequency` has 8"),
            (lambda d: tn.BGNBD().fit(d, weights=-np.ones(8)), DataError,
             "column `weights` must be finite and at least 0; row 0 has -1.0 (8 rows "
             "in all)"),
            (lambda d: tn.BGNBD().fit(d, weights=np.zeros(8)), EmptyDataError,
             "there are no customers to fit BGNBD to"),
            (lambda d: tn.BGNBD().fit(d, recency="recncy"), ColumnError,
             "unknown column 'recncy'. Hint: did you mean 'recency'?\n\nColumns: "
             "'frequency', 'recency', 'T', 'monetary_value'"),
            (lambda d: tn.BGNBD().fit({**d, "frequency": np.zeros(8),
                                       "recency": np.zeros(8)}), ConvergenceError,
             "BGNBD could not be fitted: no customer bought more than once\n\nHint: a "
             "longer observation, or a finer `merge`, may show repeat purchases"),
            (lambda d: tn.BGNBD().fit({**d, "T": d["T"] / 2}), DataError,
             "column `recency` must lie in [0, T]; row 2 has 30.43 with T = 19.43 (6 "
             "rows in all)\n\nHint: were recency and T computed with the same time "
             "unit?"),
        ],
    )  # fmt: skip
    def test_fits(self, customers, fit, error, message):
        with pytest.raises(error) as raised:
            fit(customers)
        assert str(raised.value) == message

    def test_units_that_do_not_match(self, buying, log, summary):
        days = log.summary(unit="day", as_of="1997-09-30")
        with pytest.raises(ParameterError) as raised:
            buying.expected_purchases(days, horizon=39)
        assert str(raised.value) == (
            "`data` must have ages in weeks as this BGNBD has, got ages in days\n\n"
            "Hint: log.summary(unit='week') makes such a summary"
        )
        with pytest.raises(ParameterError) as raised:
            tn.BGNBD().fit(summary, unit="day")
        assert str(raised.value) == (
            "`unit` must be left out: the summary has its own, got 'day' where the "
            "summary is in weeks"
        )

    def test_no_unit_at_all(self, rounded):
        model = tn.BGNBD().fit(rounded)
        assert model.time_unit_ is None
        hint = (
            "\n\nHint: say it where the model is made: fit(data, unit='week') or "
            "from_params(..., unit='week')"
        )
        for ask, name in (
            (lambda: model.expected_purchases(horizon="1 year"), "horizon"),
            (lambda: model.probability_alive(ahead=dt.timedelta(7)), "ahead"),
            (model.discounted_purchases, "per"),
        ):
            with pytest.raises(ParameterError) as raised:
                ask()
            assert str(raised.value) == (
                f"`{name}` must be a number here: the data's unit of time is not "
                f"known, got a length with a unit{hint}"
            )

    @pytest.mark.parametrize(
        ("change", "message"),
        [
            ({"r": 0.0}, "`r` must be finite and greater than 0, got 0.0"),
            ({"alpha": -4.4}, "`alpha` must be finite and greater than 0, got -4.4"),
            ({"a": np.inf}, "`a` must be finite and greater than 0, got inf"),
            ({"b": float("nan")}, "`b` must be finite and greater than 0, got nan"),
            ({"unit": "weeks"}, f"`unit` must be one of {KINDS}, got 'weeks'"),
            ({"covariance": np.eye(3)},
             "`covariance` must have one row and one column a parameter, 4 by 4, got "
             "3 by 3"),
            ({"covariance": np.full((4, 4), np.nan)},
             "`covariance` must be finite, symmetric and positive semi-definite, got "
             "values that are not finite"),
            ({"covariance": np.triu(np.ones((4, 4)))},
             "`covariance` must be finite, symmetric and positive semi-definite, got "
             "one that is not symmetric"),
            ({"covariance": -np.eye(4)},
             "`covariance` must be finite, symmetric and positive semi-definite, got "
             "one with a negative variance in some direction"),
        ],
    )  # fmt: skip
    def test_given_parameters(self, change, message):
        with pytest.raises(ParameterError) as raised:
            tn.BGNBD.from_params(**{**CDNOW, **change})
        assert str(raised.value) == message

    def test_given_parameters_have_no_intervals(self, known):
        model, customers = known
        with pytest.raises(ParameterError) as raised:
            model.expected_purchases(customers, horizon=39, interval=0.9)
        assert str(raised.value) == (
            "`interval` must be left out: this BGNBD has no standard errors, got a "
            "level\n\nHint: its parameters were given without a covariance"
        )

    @pytest.mark.parametrize(
        "ask",
        [
            lambda m: m.params_,
            lambda m: m.expected_purchases(horizon=39),
            lambda m: m.purchase_probabilities_new(39),
            lambda m: m.confidence_intervals(),
            lambda m: m.summary(),
        ],
    )
    def test_not_fitted(self, ask):
        with pytest.raises(NotFittedError) as raised:
            ask(tn.BGNBD())
        assert str(raised.value) == FITTED

    def test_a_failed_fit_leaves_nothing_behind(self, rounded):
        model = tn.BGNBD().fit(rounded)
        with pytest.raises(ConvergenceError):
            model.fit({"frequency": [0], "recency": [0.0], "T": [1.0]})
        with pytest.raises(NotFittedError):
            _ = model.params_


@pytest.mark.parametrize("model", [tn.BGCNBD, tn.MBGCNBD])
def test_no_probability_passes_one(model):
    """Certain silence came to 1 and a last digit: alive or not, summed up."""
    buying = model.from_params(r=37.4, alpha=4623.9, a=1.0, b=1.0, k=10)
    random = np.random.default_rng(5)
    T = np.exp(random.uniform(-6, 8.5, 2000))
    customers = {
        "frequency": np.floor(np.exp(random.uniform(0, 6, 2000))),
        "recency": T * random.random(2000) ** 0.3,
        "T": T,
    }
    silent = buying.probability_no_purchase(customers, horizon=0.01 * T)
    assert silent.max() == 1.0
    assert silent.min() >= 0.0
