"""Customers drawn from the models: their laws, their futures, edges and errors."""

from __future__ import annotations

import os
import subprocess
import sys

import numpy as np
import pytest
import tenure as tn
from tenure.exceptions import DataError, ParameterError

KNOWN = {
    tn.NBD: {"r": 0.385, "alpha": 12.07},
    tn.BGNBD: {"r": 0.243, "alpha": 4.414, "a": 0.793, "b": 2.426},
    tn.MBGNBD: {"r": 0.525, "alpha": 6.183, "a": 0.891, "b": 1.614},
    tn.ParetoNBD: {"r": 0.553, "alpha": 10.578, "s": 0.606, "beta": 11.669},
    tn.WeibullNBD: {"r": 0.553, "alpha": 10.6, "s": 0.6, "beta": 20.0, "c": 1.6},
    tn.GGompertzNBD: {"r": 0.553, "alpha": 10.6, "b": 0.02, "s": 0.6, "beta": 0.26},
    tn.PDO: {"r": 0.5, "alpha": 10.0, "a": 0.5, "b": 5.0, "tau": 4.0},
    tn.BGBB: {"alpha": 1.204, "beta": 0.75, "gamma": 0.657, "delta": 2.783},
    tn.BGCNBD: {"r": 0.5, "alpha": 3.0, "a": 0.8, "b": 2.4, "k": 3},
    tn.MBGCNBD: {"r": 0.5, "alpha": 3.0, "a": 0.8, "b": 2.4, "k": 2},
}
"""Every model of buying."""

STAYING = [
    (model, {**KNOWN[model], "never_leaving": 0.3})
    for model in (tn.ParetoNBD, tn.WeibullNBD, tn.GGompertzNBD, tn.PDO)
]
"""Models with a share of customers who never leave."""

RELATED = (tn.ParetoNBD, {**KNOWN[tn.ParetoNBD], "m": 5.0, "reference_time": 5.0})
"""Rates that are correlated."""

N = 40_000


def named(case):
    model, parameters = case
    suffix = "Staying" * ("never_leaving" in parameters) + "Related" * (
        "m" in parameters
    )
    return model.__name__ + suffix


@pytest.fixture(params=[*KNOWN.items(), *STAYING, RELATED], ids=named)
def known(request):
    model, parameters = request.param
    return model.from_params(**parameters)


def ages(model, n=N):
    """Twelve ages that are whole numbers, 0 among them."""
    most = 11 if isinstance(model, tn.BGBB) else 55
    return np.resize(np.linspace(0, most, 12), n)


def chi_square(counts, probabilities, customers):
    """The statistic of counts 0, 1, ... whose last probability is of the rest."""
    expected = customers * probabilities
    return float(((counts - expected) ** 2 / expected).sum())


def tabulated(values, most):
    return np.bincount(np.minimum(values, most), minlength=most + 1)


class TestLaws:
    def test_counts(self, known):
        """Their distribution and first two moments are those of the model."""
        span = 10.0 if isinstance(known, tn.BGBB) else 39.0
        drawn = known.simulate(N, T=span, seed=1)
        x = drawn["frequency"]
        error = x.std() / np.sqrt(N)
        assert abs(x.mean() - known.expected_purchases_new(span)) < 4 * error
        p = known.purchase_probabilities_new(span, most=400)
        second = (np.arange(401.0) ** 2) @ p
        error = (x.astype(float) ** 2).std() / np.sqrt(N)
        assert abs((x.astype(float) ** 2).mean() - second) < 4 * error
        p = np.append(p[:7], 1 - p[:7].sum())
        # seven degrees of freedom: 24.3 is passed once in a thousand draws
        assert chi_square(tabulated(x, 7), p, N) < 24.3

    def test_the_share_alive(self, known):
        """It is P(alive) on average, in bins of what the customers did."""
        drawn = known.simulate(N, T=ages(known), seed=2)
        p = known.probability_alive(drawn)
        by_probability = np.minimum((5 * p).astype(int), 4)
        for bins in (by_probability, np.minimum(drawn["frequency"], 3), drawn["T"]):
            for one in np.unique(bins):
                some = bins == one
                error = np.sqrt((p * (1 - p))[some].sum())
                # beside the draws the rounding of sums of ones
                difference = drawn["alive"][some].sum() - p[some].sum()
                assert abs(difference) < 4 * error + 1e-6

    def test_rates(self, known):
        """What the customers are like is what to expect of them by what they did."""
        drawn = known.simulate(N, T=ages(known), seed=3)
        means = known.expected_rates(drawn)
        assert set(means) <= set(drawn)
        for name, mean in means.items():
            difference = drawn[name] - mean
            for some in (drawn["frequency"] == 0, drawn["frequency"] > 0):
                error = difference[some].std() / np.sqrt(some.sum())
                assert abs(difference[some].mean()) < 4 * error, name

    def test_recency(self, known):
        """The likelihood's own words: scores have a mean of 0 at the truth."""
        drawn = known.simulate(N, T=ages(known), seed=4)
        truth = {**KNOWN[type(known)], **known.params_}
        if "strength" in truth:
            _, truth = RELATED
        for name, value in truth.items():
            if name in {"tau", "k", "reference_time"}:
                continue
            sides = [
                type(known).from_params(**{**truth, name: value * factor})
                for factor in (1.001, 0.999)
            ]
            above, below = (side.log_likelihood(drawn) for side in sides)
            score = (above - below) / 0.002
            assert abs(score.mean()) < 4 * score.std() / np.sqrt(N), name


class TestFuture:
    @pytest.mark.parametrize("whole", [True, False])
    def test_it_is_that_of_the_model(self, known, whole):
        """Given what customers did, and at ages within periods as well."""
        if whole:
            history = known.simulate(5, T=ages(known, 5) + 3.0, seed=8)
        elif isinstance(known, tn.BGBB):
            pytest.skip("there are no parts of opportunities")
        else:
            columns = {"frequency": [3], "recency": [21.5], "T": [30.3]}
            history = {name: np.array(values) for name, values in columns.items()}
        horizon = 5.0 if isinstance(known, tn.BGBB) else 20.5
        n = 8000
        row = {name: history[name][-1] for name in ("frequency", "recency", "T")}
        many = {name: np.full(n, value) for name, value in row.items()}
        future = known.simulate_future(many, horizon=horizon, seed=3)
        one = {name: values[:1] for name, values in many.items()}
        table = known.purchase_probabilities(one, horizon=horizon, most=3)
        p = np.array([table[str(k)][0] for k in range(4)])
        p = np.append(p, 1 - p.sum())
        p, found = p[p > 1e-4], tabulated(future["purchases"], 4)[p > 1e-4]
        # four degrees of freedom: 18.5 is passed once in a thousand draws
        assert chi_square(found, p, n) < 18.5
        alive = known.probability_alive(one, ahead=horizon)[0]
        error = np.sqrt(alive * (1 - alive) / n)
        assert abs(future["alive"].mean() - alive) < 4 * error + 1e-9

    def test_it_is_what_the_same_customers_do(self, known):
        """A longer look at the same customers only adds to what they did."""
        more = 5.0 if isinstance(known, tn.BGBB) else 26.0
        now, later = (known.simulate(N, T=ages(known) + m, seed=5) for m in (0, more))
        bought = later["frequency"] - now["frequency"]
        assert bought.min() >= 0
        assert not (later["alive"] & ~now["alive"]).any()
        assert not bought[~now["alive"]].any()
        drawn = known.simulate_future(now, horizon=more, seed=6)["purchases"]
        expected = known.expected_purchases(now, horizon=more)
        for found in (bought, drawn):
            error = (found - expected).std() / np.sqrt(N)
            assert abs((found - expected).mean()) < 4 * error

    def test_draws(self):
        model = tn.BGNBD.from_params(**KNOWN[tn.BGNBD])
        now = model.simulate(100, T=30, seed=1)
        three = model.simulate_future(now, horizon=10, draws=3, seed=2)
        five = model.simulate_future(now, horizon=10, draws=5, seed=2)
        one = model.simulate_future(now, horizon=10, seed=2)
        assert list(five) == ["1", "2", "3", "4", "5"]
        for name, values in three.items():
            np.testing.assert_array_equal(values, five[name])
        np.testing.assert_array_equal(one["purchases"], five["1"])
        assert (five["1"] != five["2"]).any()

    def test_no_time_no_purchase(self, known):
        now = known.simulate(50, T=10, seed=1)
        future = known.simulate_future(now, horizon=0, seed=1)
        assert not future["purchases"].any()

    def test_customers_of_the_fit(self, summary):
        model = tn.NBD().fit(summary)
        future = model.simulate_future(horizon="1 month")
        assert len(future["purchases"]) == len(summary)
        np.testing.assert_array_equal(future["customer_id"], summary["customer_id"])


class TestOrders:
    def test_they_are_those_of_the_customers(self, known):
        T = ages(known, 3000)
        drawn = known.simulate(3000, T=T, seed=7)
        log = known.simulate(3000, T=T, orders=True, seed=7)
        assert list(log) == ["customer_id", "age"]
        repeats = np.bincount(log["customer_id"], minlength=3001)[1:] - 1
        np.testing.assert_array_equal(repeats, drawn["frequency"])
        last = np.zeros(3001)
        np.maximum.at(last, log["customer_id"], log["age"])
        np.testing.assert_array_equal(last[1:], drawn["recency"])

    def test_dates(self):
        """The summary of the log is what was drawn, but for orders of one day."""
        model = tn.ParetoNBD.from_params(**KNOWN[tn.ParetoNBD], unit="week")
        T = np.linspace(1, 60, 500).round() * 1.0
        drawn = model.simulate(500, T=T, seed=3)
        orders = model.simulate(500, T=T, orders=True, as_of="2025-12-31", seed=3)
        assert (np.diff(orders["date"]) >= np.timedelta64(0)).all()
        log = tn.Transactions(orders, time="date")
        summary = log.summary(unit="week", as_of="2025-12-31")
        np.testing.assert_allclose(summary["T"], T, rtol=1e-12)
        assert (summary["frequency"] <= drawn["frequency"]).all()
        # a day is the most that rounding to days moves, half of one at each end
        assert np.abs(summary["recency"] - drawn["recency"]).max() <= 1 / 7
        assert summary["frequency"].sum() > 0.9 * drawn["frequency"].sum()

    def test_the_times_between(self):
        """CNBD models learn k from a column that their draws have."""
        model = tn.MBGCNBD.from_params(**KNOWN[tn.MBGCNBD])
        drawn = model.simulate(3000, T=40, seed=1)
        log = model.simulate(3000, T=40, orders=True, seed=1)
        waits = np.diff(log["age"])
        repeat = log["age"][1:] > 0
        sums = np.zeros(3001)
        np.add.at(sums, log["customer_id"][1:][repeat], np.log(waits[repeat]))
        np.testing.assert_allclose(drawn["log_intervals"], sums[1:], atol=1e-9)
        fitted = tn.MBGCNBD().fit(drawn)
        assert fitted.params_["k"] == 2


class TestEdges:
    def test_no_time(self, known):
        """Nothing is bought in no time; who may leave at once may have."""
        drawn = known.simulate(2000, T=0, seed=1)
        assert not drawn["frequency"].any()
        assert not drawn["recency"].any()
        share = drawn["alive"].mean()
        if isinstance(known, (tn.MBGNBD, tn.MBGCNBD)):
            a, b = (known.params_[name] for name in "ab")
            expected = b / (a + b)
            error = np.sqrt(expected * (1 - expected) / 2000)
            assert abs(share - expected) < 4 * error
        else:
            assert share == 1.0

    def test_opportunities(self):
        """Times are whole numbers, and each opportunity is used once at most."""
        model = tn.BGBB.from_params(**KNOWN[tn.BGBB])
        log = model.simulate(3000, T=6, orders=True, seed=1)
        np.testing.assert_array_equal(log["age"], log["age"].round())
        places = log["customer_id"] * 10 + log["age"]
        assert len(np.unique(places)) == len(places)
        drawn = model.simulate(3000, T=6, seed=1)
        assert (drawn["frequency"] <= drawn["recency"]).all()
        assert drawn["recency"].max() == 6
        # a customer buys at the first of them if not gone, and if it comes to it
        a, b, c, d = KNOWN[tn.BGBB].values()
        first = (log["age"] == 1).sum() / 3000
        expected = a / (a + b) * d / (c + d)
        assert abs(first - expected) < 4 * np.sqrt(expected * (1 - expected) / 3000)

    def test_seeds(self, known):
        one, same, other = (known.simulate(300, T=20, seed=s) for s in (1, 1, 2))
        many = known.simulate(9000, T=20, seed=1)
        for name, values in one.items():
            assert values.tobytes() == same[name].tobytes()
            assert values.tobytes() == many[name][:300].tobytes()
        assert (one["T"] == other["T"]).all()
        assert (one["frequency"] != other["frequency"]).any()

    def test_threads(self):
        code = (
            "import tenure as tn, hashlib\n"
            "m = tn.PDO.from_params(r=.5, alpha=10, a=.5, b=5, tau=4)\n"
            "d = m.simulate(50_000, T=30, seed=9)\n"
            "f = m.simulate_future(d, horizon=9, draws=2, seed=9)\n"
            "o = m.simulate(50_000, T=30, orders=True, seed=9)\n"
            "all_ = [v.tobytes() for t in (d, f, o) for v in t.values()]\n"
            "print(hashlib.sha256(b''.join(all_)).hexdigest())"
        )
        found = {
            subprocess.run(  # noqa: S603
                [sys.executable, "-c", code],
                env={**os.environ, "RAYON_NUM_THREADS": threads},
                capture_output=True,
                check=True,
                text=True,
            ).stdout
            for threads in ("1", "3")
        }
        assert len(found) == 1

    def test_the_same_as_the_datasets(self):
        """One generator: `simulate_bg_nbd` draws the same customers."""
        truth = KNOWN[tn.BGNBD]
        ours = tn.BGNBD.from_params(**truth).simulate(500, T=39, seed=1)
        theirs = tn.datasets.simulate_bg_nbd(
            500, **truth, T=39.0, seed=1, family="numpy"
        )
        for name in ("frequency", "recency", "T", "purchase_rate", "alive"):
            np.testing.assert_array_equal(ours[name], theirs[name])

    @pytest.mark.parametrize("family", ["pandas", "polars", "pyarrow", "numpy"])
    def test_families(self, family):
        if family != "numpy":
            pytest.importorskip(family)
        model = tn.NBD.from_params(**KNOWN[tn.NBD], unit="week")
        frame = model.simulate(5, T="1 year", family=family)
        assert type(frame).__module__.split(".")[0] == {"numpy": "builtins"}.get(
            family, family
        )
        T = np.asarray(frame["T"])
        np.testing.assert_allclose(T, 365.25 / 7)


@pytest.fixture(scope="module")
def fitted():
    """A model whose rate depends on a flag."""
    flag = np.repeat([0.0, 1.0], 1500)
    parts = [
        tn.BGNBD.from_params(r=0.8, alpha=alpha, a=0.8, b=2.4).simulate(
            1500, T=40, seed=seed
        )
        for seed, alpha in enumerate((8.0, 4.0))
    ]
    names = ("frequency", "recency", "T")
    data = {name: np.concatenate([part[name] for part in parts]) for name in names}
    return tn.BGNBD(purchase_covariates=["flag"]).fit({**data, "flag": flag})


class TestCovariates:
    def test_customers_are_those_of_their_covariates(self, fitted):
        flag = np.resize([0.0, 1.0], N)
        drawn = fitted.simulate(N, T=30, covariates={"flag": flag}, seed=1)
        for value in (0.0, 1.0):
            x = drawn["frequency"][flag == value]
            expected = fitted.expected_purchases_new(
                30.0, covariates={"flag": np.array([value])}
            )
            assert abs(x.mean() - expected[0]) < 4 * x.std() / np.sqrt(len(x))
        same = fitted.simulate(3, T=30, covariates={"flag": np.array([1.0])}, seed=1)
        each = fitted.simulate(3, T=30, covariates={"flag": np.ones(3)}, seed=1)
        np.testing.assert_array_equal(same["purchase_rate"], each["purchase_rate"])

    def test_futures(self, fitted):
        future = fitted.simulate_future(horizon=20, draws=100, seed=1)
        mean = sum(future.values()) / 100
        expected = fitted.expected_purchases(horizon=20)
        assert abs(mean.sum() / expected.sum() - 1) < 0.02

    def test_errors(self, fitted):
        with pytest.raises(ParameterError) as raised:
            fitted.simulate(3, T=30)
        assert str(raised.value) == (
            "`covariates` must hold those of new customers: flag, got None"
        )
        with pytest.raises(ParameterError) as raised:
            fitted.simulate(3, T=30, covariates={"flag": np.ones(2)})
        assert str(raised.value) == (
            "`covariates` must have one row, or one for each of 3 customers, got 2"
        )


class TestErrors:
    MODEL = tn.BGNBD.from_params(**KNOWN[tn.BGNBD])

    @pytest.mark.parametrize(
        ("arguments", "message"),
        [
            (
                {"customers": 0},
                "`customers` must be a whole number of at least 1, got 0",
            ),
            (
                {"T": [1.0, 2.0]},
                "`T` must be one number, or one for each of 3 customers, got 2",
            ),
            ({"seed": -1}, "`seed` must be a whole number from 0 to 2**64 - 1, got -1"),
            (
                {"as_of": "2025-12-31"},
                "`as_of` must be left out without `orders`, got '2025-12-31'",
            ),
            (
                {"as_of": "2025-12-31", "orders": True},
                (
                    "`as_of` must be left out unless the model's unit of time is one "
                    "of hour, day, week, got ages in time units"
                ),
            ),
            (
                {"covariates": {"a": [1.0]}},
                "`covariates` must be left out: this BGNBD has none, got dict",
            ),
        ],
    )
    def test_arguments(self, arguments, message):
        with pytest.raises(ParameterError) as raised:
            self.MODEL.simulate(**{"customers": 3, "T": 10.0, **arguments})
        assert str(raised.value) == message

    def test_ages(self):
        with pytest.raises(DataError) as raised:
            self.MODEL.simulate(3, T=[1.0, -2.0, 3.0])
        assert str(raised.value) == (
            "column `T` must be finite and at least 0; row 1 has -2"
        )
        with pytest.raises(DataError, match="`T` must be a whole number of oppor"):
            tn.BGBB.from_params(**KNOWN[tn.BGBB]).simulate(3, T=2.5)

    def test_too_many(self):
        model = tn.NBD.from_params(r=1.0, alpha=1e-6)
        with pytest.raises(ParameterError, match=r"`T` must leave no more than 1e9"):
            model.simulate(10, T=1e6)
        now = {"frequency": [1], "recency": [1.0], "T": [1.0]}
        with pytest.raises(ParameterError, match=r"`horizon` must leave no more"):
            model.simulate_future(now, horizon=1e10)

    def test_draws(self):
        now = self.MODEL.simulate(3, T=10)
        with pytest.raises(ParameterError) as raised:
            self.MODEL.simulate_future(now, horizon=1, draws=0)
        assert str(raised.value) == (
            "`draws` must be a whole number from 1 to 10,000, got 0"
        )


class TestSpend:
    MODEL = tn.GammaGamma.from_params(p=6.25, q=30.0, gamma=150.0)

    def test_means_and_orders(self):
        frequency = np.resize([0, 1, 5], 30_000)
        means = self.MODEL.simulate(frequency, seed=1)
        orders = self.MODEL.simulate(frequency, orders=True, seed=1)
        assert len(orders) == frequency.sum()
        assert not means[frequency == 0].any()
        whose = np.repeat(np.arange(len(frequency)), frequency)
        own = np.bincount(whose, orders, minlength=len(frequency))
        expected = self.MODEL.expected_spend_new()
        for some in (frequency == 1, frequency == 5):
            for values in (means[some], own[some] / frequency[some]):
                error = values.std() / np.sqrt(len(values))
                assert abs(values.mean() - expected) < 4 * error
        fitted = tn.GammaGamma().fit({"frequency": frequency, "monetary_value": means})
        for name, value in self.MODEL.params_.items():
            error = fitted.standard_errors_[name]
            assert abs(fitted.params_[name] - value) < 4 * error

    def test_covariates(self):
        frequency = np.full(8000, 4)
        flag = np.resize([0.0, 1.0], 8000)
        means = self.MODEL.simulate(frequency, seed=2) * np.exp(0.5 * flag)
        data = {"frequency": frequency, "monetary_value": means, "flag": flag}
        fitted = tn.GammaGamma(covariates=["flag"]).fit(data)
        drawn = fitted.simulate(frequency, covariates={"flag": flag}, seed=3)
        ratio = drawn[flag == 1].mean() / drawn[flag == 0].mean()
        assert ratio == pytest.approx(np.exp(fitted.params_["spend.flag"]), rel=0.03)
        with pytest.raises(ParameterError) as raised:
            fitted.simulate([1, 2, 3], covariates={"flag": np.ones(2)})
        assert str(raised.value) == (
            "`covariates` must have one row, or one for each of 3 customers, got 2"
        )

    def test_errors(self):
        with pytest.raises(DataError, match="`frequency` must be a whole number"):
            self.MODEL.simulate([0.5])
        with pytest.raises(ParameterError) as raised:
            self.MODEL.simulate([[1]])
        assert str(raised.value) == (
            "`frequency` must be one number a customer, got an array of 2 dimensions"
        )


def test_ziln():
    random = np.random.default_rng(3)
    x = random.normal(size=6000)
    worth = np.exp(1 + 0.5 * x + 0.6 * random.normal(size=6000))
    later = np.where(random.random(6000) < 1 / (1 + np.exp(-x)), worth, 0.0)
    model = tn.ZILN().fit({"x": x, "later": later}, value="later")
    point = {"x": np.full(50_000, 0.7)}
    drawn = model.simulate(point, seed=1)
    p = model.probability_of_value({"x": np.array([0.7])})[0]
    assert abs((drawn > 0).mean() - p) < 4 * np.sqrt(p * (1 - p) / 50_000)
    expected = model.expected_value({"x": np.array([0.7])})[0]
    assert abs(drawn.mean() - expected) < 4 * drawn.std() / np.sqrt(50_000)
    few = model.simulate({"x": point["x"][:9]}, seed=1)
    np.testing.assert_array_equal(few, drawn[:9])
    assert (model.simulate(point, seed=2) != drawn).any()
