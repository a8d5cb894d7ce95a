"""Bundled data are what they say; simulators follow their models."""

import hashlib
import os
import subprocess
import sys
from datetime import date

import numpy as np
import pytest
import tenure as tn
from tenure import datasets
from tenure.exceptions import DataError, ParameterError

FAMILIES = ["pandas", "polars", "pyarrow", "numpy"]
LOADERS = [name for name in datasets.__all__ if name.startswith("load_")]
BUYING = {"r": 0.243, "alpha": 4.414, "a": 0.793, "b": 2.426}
SPEND = {"p": 6.25, "q": 3.74, "gamma": 15.44}
WINDOW = {"start": "2024-01-01", "end": "2025-12-31"}


def columns_of(frame):
    """The columns of a frame of any family as NumPy arrays."""
    if isinstance(frame, dict):
        return frame
    names = getattr(frame, "column_names", None) or list(frame.columns)
    return {name: np.asarray(frame[name]) for name in names}


class TestBundled:
    @pytest.mark.parametrize("family", FAMILIES)
    @pytest.mark.parametrize("name", LOADERS)
    def test_every_family_holds_the_same(self, name, family):
        load = getattr(datasets, name)
        frame = load(family=family)
        module = type(frame).__module__.split(".")[0]
        assert module == {"numpy": "builtins"}.get(family, family)
        reference = load(family="numpy")
        columns = columns_of(frame)
        assert list(columns) == list(reference)
        for column, values in reference.items():
            same = columns[column].astype(values.dtype)
            np.testing.assert_array_equal(same, values)

    def test_cdnow(self):
        orders = datasets.load_cdnow(family="numpy")
        assert len(orders["date"]) == 6919
        ids = orders["customer_id"]
        assert set(ids.tolist()) == set(range(1, 2358))
        assert orders["date"].min().item() == date(1997, 1, 1)
        assert orders["date"].max().item() == date(1998, 6, 30)
        assert (orders["amount"] == 0).sum() == 8
        assert orders["master_id"].max() <= 23_570
        days = set(zip(ids.tolist(), orders["date"].tolist(), strict=True))
        assert len(ids) - len(days) == 223

    def test_cdnow_summary(self):
        """The check-sums that published fits of this table state."""
        summary = datasets.load_cdnow_summary(family="numpy")
        assert summary["frequency"].sum() == 2457
        assert (summary["frequency"] == 0).sum() == 1411
        # the columns have two decimals, so their sums are exact to rounding
        assert summary["recency"].sum() == pytest.approx(16135.52, abs=1e-6)
        assert summary["T"].sum() == pytest.approx(77111.21, abs=1e-6)
        spent = summary["monetary_value"][summary["frequency"] > 0]
        assert spent.mean() == pytest.approx(35.0786, abs=5e-5)

    def test_the_log_gives_the_summary(self):
        """Up to the rounding of the published summary to two decimals."""
        log = tn.Transactions(
            datasets.load_cdnow(), customer="customer_id", time="date", amount="amount"
        )
        ours = log.summary(unit="week", as_of="1997-09-30")
        published = datasets.load_cdnow_summary(family="numpy")
        assert (ours["frequency"] == published["frequency"]).all()
        for column in ("recency", "T", "monetary_value"):
            assert np.abs(ours[column] - published[column]).max() <= 0.0051

    def test_donations(self):
        donations = datasets.load_donations(family="numpy")
        assert donations["donors"].sum() == 11_104
        assert len(donations["donors"]) == 22
        assert (donations["frequency"] <= donations["recency"]).all()
        assert (donations["periods"] == 6).all()

    def test_survival(self):
        survival = datasets.load_sbg_survival(family="numpy")
        assert survival["year"].tolist() == list(range(13))
        for segment, last in (("regular", 17.3), ("high_end", 39.4)):
            assert survival[segment][0] == 100
            assert survival[segment][-1] == last
            assert (np.diff(survival[segment]) < 0).all()

    def test_cohorts(self):
        """All five cohorts shrink alike: 10,000, 6,334, 4,367, 3,264, 2,604."""
        cohorts = datasets.load_multi_cohort(family="numpy")
        assert len(cohorts["cohort"]) == 15
        ages = cohorts["year"] - cohorts["cohort"]
        left = np.array([10_000, 6334, 4367, 3264, 2604])
        assert (cohorts["customers"] == left[ages]).all()

    def test_telco(self):
        customers = datasets.load_telco_churn(family="numpy")
        assert len(customers) == 21
        assert len(customers["tenure"]) == 7043
        assert (customers["churn"] == "Yes").sum() == 1869
        assert (customers["tenure"].min(), customers["tenure"].max()) == (0, 72)
        missing = np.isnan(customers["total_charges"])
        assert missing.sum() == 11
        assert (customers["tenure"][missing] == 0).all()


class TestFamily:
    def test_default_is_the_first_that_is_installed(self, monkeypatch):
        def installed(*names):
            def find(name):
                return name if name in names else None

            monkeypatch.setattr("tenure._family.find_spec", find)
            return type(datasets.load_donations()).__module__.split(".")[0]

        assert installed("pandas", "polars") == "pandas"
        assert installed("polars") == "polars"
        assert installed() == "builtins"

    def test_unknown(self):
        with pytest.raises(ParameterError) as caught:
            datasets.load_cdnow(family="spark")
        message = "`family` must be one of pandas, polars, pyarrow, numpy, got 'spark'"
        assert str(caught.value) == message

    def test_not_installed(self, monkeypatch):
        monkeypatch.setattr("tenure._family.find_spec", lambda _: None)
        with pytest.raises(ParameterError, match="pip install polars"):
            datasets.load_cdnow(family="polars")

    def test_numpy_alone_suffices(self):
        script = (
            "import sys\n"
            "for name in ('pandas', 'polars', 'pyarrow'):\n"
            "    sys.modules[name] = None\n"
            "from tenure import datasets\n"
            "print(len(datasets.load_cdnow(family='numpy')['amount']))\n"
        )
        assert run(script) == "6919"


def run(script, **environment):
    """What a script prints in a process of its own."""
    finished = subprocess.run(  # noqa: S603
        [sys.executable, "-c", script],
        env={**os.environ, **environment},
        capture_output=True,
        text=True,
        check=True,
    )
    return finished.stdout.strip()


class TestBGNBD:
    @pytest.mark.parametrize(
        ("parameters", "age"),
        [
            (BUYING, 78.0),
            ({"r": 1.0, "alpha": 5.0, "a": 5.0, "b": 1.0}, 20.0),
            ({"r": 5.0, "alpha": 1.0, "a": 1.0, "b": 1.0}, 10.0),
        ],
    )
    def test_follows_the_model(self, parameters, age):
        """P(X(T) = 0) = (alpha / (alpha + T))^r, within five standard errors."""
        n = 100_000
        drawn = datasets.simulate_bg_nbd(
            n, **parameters, T=age, seed=20050501, family="numpy"
        )
        zero = (parameters["alpha"] / (parameters["alpha"] + age)) ** parameters["r"]
        error = np.sqrt(zero * (1 - zero) / n)
        assert abs((drawn["frequency"] == 0).mean() - zero) < 5 * error
        assert ((drawn["frequency"] == 0) == (drawn["recency"] == 0)).all()
        assert (drawn["recency"] <= drawn["T"]).all()
        assert (drawn["T"] == age).all()
        # the truth: gamma and beta means within five standard errors
        rate, p = drawn["purchase_rate"], drawn["dropout_probability"]
        for values, mean in (
            (rate, parameters["r"] / parameters["alpha"]),
            (p, parameters["a"] / (parameters["a"] + parameters["b"])),
        ):
            assert abs(values.mean() - mean) < 5 * values.std() / np.sqrt(n)
        # a customer who has bought nothing again cannot have dropped out
        assert drawn["alive"][drawn["frequency"] == 0].all()

    def test_a_fit_finds_the_parameters(self):
        drawn = datasets.simulate_bg_nbd(20_000, **BUYING, T=78.0, seed=3)
        fitted = tn.BGNBD().fit(drawn, unit="week")
        errors = np.sqrt(np.diag(fitted.covariance_))
        estimates = [fitted.params_[name] for name in BUYING]
        # four standard errors: once in 16,000 parameters for a right fit
        assert (np.abs(np.array(estimates) - list(BUYING.values())) < 4 * errors).all()

    def test_one_age_a_customer(self):
        ages = np.array([0.0, 10.0, 500.0])
        drawn = datasets.simulate_bg_nbd(3, **BUYING, T=ages, seed=1, family="numpy")
        assert (drawn["T"] == ages).all()
        assert drawn["frequency"][0] == 0

    def test_more_customers_keep_the_first_ones(self):
        few = datasets.simulate_bg_nbd(10, **BUYING, T=39.0, seed=5, family="numpy")
        many = datasets.simulate_bg_nbd(5000, **BUYING, T=39.0, seed=5, family="numpy")
        for column, values in few.items():
            assert (many[column][:10] == values).all()

    @pytest.mark.parametrize(
        ("changed", "message"),
        [
            ({"n": 0}, "`n` must be a whole number of at least 1, got 0"),
            ({"n": 2.5}, "`n` must be a whole number of at least 1, got 2.5"),
            ({"n": True}, "`n` must be a whole number of at least 1, got True"),
            ({"r": -1.0}, "`r` must be finite and greater than 0, got -1"),
            ({"b": np.inf}, "`b` must be finite and greater than 0, got inf"),
            (
                {"seed": -1},
                "`seed` must be a whole number from 0 to 2**64 - 1, got -1",
            ),
            (
                {"seed": 0.5},
                "`seed` must be a whole number from 0 to 2**64 - 1, got 0.5",
            ),
            (
                {"T": [1.0, 2.0]},
                "`T` must be one number, or one for each of the 3 customers, got an",
            ),
            (
                {"alpha": 1e-9, "a": 1e-9},
                "`T` must leave no more than 1e9 purchases to be expected in all, got",
            ),
        ],
    )
    def test_bad_arguments(self, changed, message):
        arguments = {"n": 3, **BUYING, "T": 39.0, "seed": 1, **changed}
        with pytest.raises(ParameterError) as caught:
            datasets.simulate_bg_nbd(arguments.pop("n"), **arguments)
        assert str(caught.value).startswith(message)

    def test_bad_age(self):
        with pytest.raises(DataError) as caught:
            datasets.simulate_bg_nbd(3, **BUYING, T=[1.0, -2.0, np.nan], seed=1)
        assert str(caught.value) == (
            "column `T` must be finite and at least 0; row 1 has -2 (2 rows in all)"
        )


class TestGammaGamma:
    def test_follows_the_model(self):
        """E[zbar] = p gamma / (q - 1) for any number of purchases."""
        spend = {"p": 6.25, "q": 40.0, "gamma": 600.0}
        counts = np.repeat([1, 2, 20], 30_000)
        means = datasets.simulate_gamma_gamma(counts, **spend, seed=2)
        expected = 6.25 * 600.0 / 39.0
        for count in (1, 2, 20):
            own = means[counts == count]
            assert abs(own.mean() - expected) < 5 * own.std() / np.sqrt(len(own))

    def test_a_fit_finds_the_parameters(self):
        counts = np.arange(20_000) % 5 + 1
        drawn = {
            "frequency": counts,
            "monetary_value": datasets.simulate_gamma_gamma(counts, **SPEND, seed=7),
        }
        fitted = tn.GammaGamma().fit(drawn)
        errors = np.sqrt(np.diag(fitted.covariance_))
        estimates = [fitted.params_[name] for name in SPEND]
        # four standard errors: once in 16,000 parameters for a right fit
        assert (np.abs(np.array(estimates) - list(SPEND.values())) < 4 * errors).all()

    def test_nothing_bought_is_nothing_spent(self):
        means = datasets.simulate_gamma_gamma([0, 3, 0], **SPEND, seed=1)
        assert (means == 0).tolist() == [True, False, True]

    def test_bad_arguments(self):
        with pytest.raises(DataError, match="`frequency` must be a whole number"):
            datasets.simulate_gamma_gamma([1.5], **SPEND, seed=1)
        with pytest.raises(ParameterError, match="`q` must be finite and greater"):
            datasets.simulate_gamma_gamma([1], p=1.0, q=0.0, gamma=1.0, seed=1)
        with pytest.raises(ParameterError, match="beyond the range of floating-point"):
            datasets.simulate_gamma_gamma([1] * 100, p=1e-4, q=2.0, gamma=1.0, seed=1)
        with pytest.raises(ParameterError, match="array of 2 dimensions"):
            datasets.simulate_gamma_gamma([[1.0]], **SPEND, seed=1)


class TestOrders:
    def draw(self, n=2000, **changed):
        arguments = {**BUYING, **SPEND, **WINDOW, "seed": 1, "family": "numpy"}
        return datasets.simulate_orders(n, **{**arguments, **changed})

    def test_the_log(self):
        log = self.draw()
        assert list(log) == ["customer_id", "date", "amount"]
        assert (np.diff(log["date"]) >= np.timedelta64(0)).all()
        assert log["date"][0] >= np.datetime64("2024-01-01")
        assert log["date"][-1] < np.datetime64("2026-01-01")
        assert set(log["customer_id"].tolist()) == set(range(1, 2001))
        assert (log["amount"] > 0).all()

    def test_customers_come_within_their_window(self):
        log = self.draw(acquired_until="2024-03-31")
        _, first = np.unique(log["customer_id"], return_index=True)
        arrivals = log["date"][first]
        assert arrivals.max() < np.datetime64("2024-04-01")
        # uniform over 91 days: the mean of 2,000 lies within five standard errors
        days = (arrivals - np.datetime64("2024-01-01")) / np.timedelta64(1, "D")
        assert abs(days.mean() - 45.5) < 5 * 91 / np.sqrt(12 * 2000)

    def test_units_agree(self):
        """The same customers whether alpha is given in weeks, days or hours."""
        weeks = self.draw()
        for unit, factor in (("day", 7), ("hour", 168)):
            other = self.draw(unit=unit, alpha=BUYING["alpha"] * factor)
            assert (other["customer_id"] == weeks["customer_id"]).all()
            # floating-point rounding of a time within two years: below 2 microseconds
            gap = np.abs(other["date"] - weeks["date"])
            assert gap.max() <= np.timedelta64(2, "us")

    def test_a_fit_finds_the_parameters(self):
        """From the log through the summary: every order kept as it was drawn."""
        frame = self.draw(20_000, acquired_until="2024-03-31")
        log = tn.Transactions(frame, amount="amount", merge=None)
        summary = log.summary(unit="week", as_of="2025-12-31")
        assert summary["frequency"].sum() == len(frame["date"]) - 20_000
        fitted = tn.BGNBD().fit(summary)
        errors = np.sqrt(np.diag(fitted.covariance_))
        estimates = np.array([fitted.params_[name] for name in BUYING])
        # four standard errors, and the half day that ages in whole days leave out
        slack = 4 * errors + np.array([0, 0.5 / 7, 0, 0])
        assert (np.abs(estimates - list(BUYING.values())) < slack).all()

    @pytest.mark.parametrize(
        ("changed", "message"),
        [
            ({"unit": "month"}, "`unit` must be one of hour, day, week, got 'month'"),
            (
                {"end": "2023-12-31"},
                "`end` must not be before 2024-01-01, got 2023-12-31",
            ),
            (
                {"acquired_until": "2027-01-01"},
                "`acquired_until` must lie between 2024-01-01 and 2025-12-31, got",
            ),
        ],
    )
    def test_bad_arguments(self, changed, message):
        with pytest.raises(ParameterError) as caught:
            self.draw(**changed)
        assert str(caught.value).startswith(message)


class TestSeeds:
    SCRIPT = """
import hashlib
from tenure import datasets
buying = {buying}
spend = {spend}
drawn = datasets.simulate_bg_nbd(20_000, **buying, T=78.0, seed=11, family="numpy")
log = datasets.simulate_orders(
    20_000, **buying, **spend, **{window}, seed=11, family="numpy"
)
means = datasets.simulate_gamma_gamma(drawn["frequency"], **spend, seed=11)
digest = hashlib.sha256(means.tobytes())
for column in (*drawn.values(), *log.values()):
    digest.update(column.tobytes())
print(digest.hexdigest())
"""

    def test_threads_change_no_bit(self):
        script = self.SCRIPT.format(buying=BUYING, spend=SPEND, window=WINDOW)
        digests = {run(script, RAYON_NUM_THREADS=str(n)) for n in (1, 2, 4)}
        assert len(digests) == 1

    def test_seeds_differ(self):
        def digest(seed):
            log = datasets.simulate_orders(
                100, **BUYING, **SPEND, **WINDOW, seed=seed, family="numpy"
            )
            return hashlib.sha256(log["date"].tobytes() + log["amount"].tobytes())

        assert len({digest(seed).hexdigest() for seed in range(20)}) == 20
        assert digest(1).digest() == digest(1).digest()
