"""The rules of `test_contract.py` for every model of renewal.

Held here: settings, fitting, storage, display, families of frames, rows, errors. (That
weights are repetition, that units do not matter, the bootstrap and the texts of single
errors are in `test_renewal.py`; what is read from which table in `test_renewals.py`.)
"""

from __future__ import annotations

import copy
import inspect
import itertools
import json
import os
import pickle
import subprocess
import sys

import numpy as np
import pytest
import tenure as tn
from contracts import (
    assert_reported,
    assert_same,
    assert_summarised,
    columns_of,
    family,
)
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

MODELS = (
    tn.SBG,
    tn.BdW,
    tn.Geometric,
    tn.DiscreteWeibull,
    tn.ExponentialGamma,
    tn.WeibullGamma,
)
CONTINUOUS = MODELS[4:]
FAMILIES = ("pandas", "polars", "pyarrow", "lists")


@pytest.fixture(params=MODELS, ids=lambda model: model.__name__)
def model(request):
    return request.param


def read_only(columns):
    for values in columns.values():
        values.setflags(write=False)
    return columns


@pytest.fixture
def single(model):
    """Six hundred customers that nobody may write to, each one's stay.

    Whole periods for a model in discrete time, whole days for one in continuous time.
    """
    random = np.random.default_rng(31)
    if model in CONTINUOUS:
        rates = random.gamma(1.2, 1 / 60.0, 600)
        left = np.ceil((random.exponential(size=600) / rates) ** (1 / 1.1))
        seen = random.integers(60, 300, 600)
    else:
        left = random.geometric(random.beta(1.2, 3.0, 600))
        seen = random.integers(2, 11, 600)
    return read_only(
        {"duration": np.minimum(left, seen).astype(float), "churned": left <= seen}
    )


HIGH_END = np.array([1000.0, 869, 743, 653, 593, 551, 517, 491])
YEARS = np.arange(2003, 2008)
COHORT = np.repeat(YEARS, [5, 4, 3, 2, 1])
PERIOD = np.concatenate([np.arange(first, 2008) for first in YEARS])
SIZES = np.concatenate([np.round(HIGH_END[: 2008 - first]) for first in YEARS])


def triangle():
    """A row a cohort, a column an age."""
    wide = {"cohort": YEARS.astype(float)}
    for age in range(5):
        wide[str(age)] = np.where(age < 2008 - YEARS, HIGH_END[age], np.nan)
    return wide


def contracts():
    """Three hundred contracts by the month, of which some go on."""
    random = np.random.default_rng(5)
    months = random.geometric(random.beta(1.5, 4.0, 300))
    begun = np.datetime64("2023-01") + random.integers(0, 20, 300)
    over = begun + months <= np.datetime64("2024-12")
    ends = [
        str((m + n).astype("M8[D]") - 1) for m, n in zip(begun, months, strict=True)
    ]
    return {
        "start": np.array([str(m.astype("M8[D]")) for m in begun], dtype=object),
        "end": np.array(
            [end if ended else None for end, ended in zip(ends, over, strict=True)],
            dtype=object,
        ),
    }


SOURCES = {
    "survivors": (
        lambda: {"age": np.arange(8.0), "survivors": HIGH_END.copy()},
        lambda frame: tn.Renewals.from_survivors(frame, unit="year"),
    ),
    "cohorts": (
        lambda: {"cohort": COHORT.copy(), "period": PERIOD, "customers": SIZES},
        tn.Renewals.from_cohorts,
    ),
    "triangle": (
        triangle,
        lambda frame: tn.Renewals.from_triangle(frame, cohort="cohort"),
    ),
    "contracts": (
        contracts,
        lambda frame: tn.Renewals.from_contracts(frame, as_of="2024-12-31"),
    ),
}
"""Columns, and how they become renewals."""


@pytest.fixture
def fitted(model, single):
    return model().fit(single)


def numbers(model):
    """Everything that was learned, as bits."""
    learned = [*model.params_.values(), model.log_likelihood_, model.n_customers_]
    return np.array([*learned, *model.covariance_.ravel()]).tobytes()


ASKED = {
    "survival": {"ages": [0, 1, 3, 9], "given": [0, 0, 2, 4]},
    "retention": {"periods": [1, 2, 9]},
    "churn_probabilities": {"periods": [1, 2, 9]},
    "expected_residual_lifetime": {"ages": [0, 3], "horizon": 30},
    "discounted_residual_lifetime": {"ages": [0, 3], "per": 12},
    "discounted_lifetime_new": {"per": 12},
}
"""What every method that predicts is asked."""


def predictions(model):
    """Every prediction, with and without intervals, as columns."""
    found = {}
    for name, options in ASKED.items():
        found[name] = getattr(model, name)(**options)
        found[f"{name} with interval"] = getattr(model, name)(interval=0.9, **options)
    return {name: columns_of(result) for name, result in found.items()}


def test_every_prediction_is_asked():
    takes = {
        name
        for name, method in inspect.getmembers(tn.SBG, inspect.isfunction)
        if "interval" in inspect.signature(method).parameters and name[0] != "_"
    }
    assert takes == set(ASKED)


class TestSettings:
    def test_get_and_set(self, model):
        defaults = model().get_params()
        assert (defaults["penalty"], defaults["strict"]) == (0.0, False)
        made = model(penalty=0.25)
        assert made.get_params() == {**defaults, "penalty": 0.25}
        assert made.set_params(strict=True, penalty=0.5) is made
        assert made.get_params() == {**defaults, "penalty": 0.5, "strict": True}
        with pytest.raises(ParameterError) as raised:
            made.set_params(nonsense=1)
        assert str(raised.value) == (
            f"`set_params` must name settings of {model.__name__}: "
            f"{', '.join(defaults)}, got 'nonsense'"
        )

    def test_a_clone_has_nothing_of_the_fit(self, model, fitted):
        clone = pytest.importorskip("sklearn.base").clone(fitted.set_params(penalty=1))
        assert type(clone) is model
        assert clone.get_params() == fitted.get_params()
        with pytest.raises(NotFittedError):
            _ = clone.params_


class TestFitting:
    def test_fit_forgets(self, model, single, fitted):
        """Nothing is left of other renewals, weights, held parameters or a unit."""
        again = model().fit(
            {name: values[:300] for name, values in single.items()},
            weights=np.linspace(1, 2, 300),
            unit="month",
        )
        if len(fitted.params_) > 1:
            last = list(fitted.params_)[-1]
            again.fit(single, fixed={last: fitted.params_[last]})
        assert again.fit(single) is again
        assert numbers(again) == numbers(fitted)
        assert_same(predictions(again), predictions(fitted))
        assert again.time_unit_ is None
        assert again.fitted_to_ == fitted.fitted_to_ == single["duration"].max()
        for name in ("params_", "covariance_", "result_"):
            assert str(getattr(again, name)) == str(getattr(fitted, name))
        ours, theirs = (
            m.confidence_intervals(method="profile") for m in (again, fitted)
        )
        assert ours == theirs
        draws = [m.bootstrap(3, seed=1).parameters for m in (again, fitted)]
        for name, values in draws[0].items():
            np.testing.assert_array_equal(values, draws[1][name])

    @pytest.mark.parametrize("share", [None, "one_and_done", "never_leaving"])
    def test_settings_change_nothing_before_the_next_fit(self, model, single, share):
        """Not even which shares the model has, or how a refit is pulled."""
        settings = model(penalty=0.01).get_params()
        if share not in {None, *settings}:
            return  # nobody can be one and done in continuous time
        fitted = model(penalty=0.01, **({} if share is None else {share: True}))

        def found():
            ends = fitted.confidence_intervals(0.9, method="profile")
            draws = fitted.bootstrap(3, seed=1).parameters
            return repr(fitted), ends, {name: list(v) for name, v in draws.items()}

        fitted.fit(single)
        before, predicted, refitted = numbers(fitted), predictions(fitted), found()
        for name, value in fitted.get_params().items():
            other = not value if isinstance(value, bool) else 1.0
            other = ["duration"] if name == "covariates" else other
            fitted.set_params(**{name: other})
            assert numbers(fitted) == before
            assert_same(predictions(fitted), predicted)
            assert found() == refitted, name
            stored = model.from_dict(fitted.to_dict())
            assert_same(predictions(stored), predicted)
            fitted.set_params(**{name: value})
        plain = model(penalty=1.0).fit(single)
        fitted.set_params(**plain.get_params())
        assert numbers(fitted.fit(single)) == numbers(plain)

    def test_a_penalty_pulls_towards_one(self, model, single, fitted):
        """Shares towards one half; alpha of continuous time towards the mean stay."""

        def distance(one):
            values = dict(one.params_)
            if model in CONTINUOUS:
                values.pop("alpha")
            if "theta" in values:
                values["theta"] /= 1 - values["theta"]
            return sum(np.log(value) ** 2 for value in values.values())

        fits = [fitted]
        fits += [model(penalty=strength).fit(single) for strength in (0.1, 10.0, 1e4)]
        assert distance(fits[-1]) == pytest.approx(0.0, abs=1e-6)
        for one, other in itertools.pairwise(fits):
            # what is reported is without the penalty
            assert other.log_likelihood_ < one.log_likelihood_

    def test_held_parameters_stay_and_starts_change_the_way_only(
        self, model, single, fitted
    ):
        for name, value in fitted.params_.items():
            start = {name: 0.7 * value}
            begun = model().fit(single, start=start)
            # where a search stops
            assert begun.params_ == pytest.approx(fitted.params_, rel=1e-5)
            if len(fitted.params_) > 1:
                held = model().fit(single, fixed=start)
                assert held.params_[name] == 0.7 * value
                assert held.result_.fixed == (name,)
                assert held.standard_errors_[name] == 0.0
                assert held.log_likelihood_ < fitted.log_likelihood_
                other = model.from_params(**{**fitted.params_, **start})
                likelihoods = other.log_likelihood(single)
                assert held.log_likelihood_ > np.sum(likelihoods)

    def test_what_was_learned_ends_in_an_underscore(self, model, single):
        made = model()
        names = [
            name
            for name, _ in inspect.getmembers(model, lambda m: isinstance(m, property))
            if not name.startswith("_")
        ]
        assert {"params_", "covariance_", "bic_", "fitted_to_"} <= {*names}
        for name in names:
            assert name.endswith("_")
            with pytest.raises(NotFittedError) as raised:
                getattr(made, name)
            assert str(raised.value) == (
                f"this {model.__name__} is not fitted; call fit() first"
            )
            assert not hasattr(made, name)
        made.fit(single)
        for name in names:
            getattr(made, name)

    def test_before_the_fit_nothing_can_be_asked(self, model, single):
        made = model()
        asks = [
            lambda: made.log_likelihood(single),
            made.log_likelihood,
            made.summary,
            made.confidence_intervals,
            made.bootstrap,
            made.plot,
            lambda: made.simulate(5, end=3),
            *(
                lambda name=name, options=options: getattr(made, name)(**options)
                for name, options in ASKED.items()
            ),
        ]
        for ask in asks:
            with pytest.raises(NotFittedError) as raised:
                ask()
            assert str(raised.value) == (
                f"this {model.__name__} is not fitted; call fit() first"
            )

    def test_learned_numbers_are_the_callers_own(self, fitted):
        before = numbers(fitted)
        fitted.params_.clear()
        fitted.standard_errors_.clear()
        fitted.covariance_[:] = 0.0
        with pytest.raises(ValueError, match="read-only"):
            fitted.result_.covariance[:] = 0.0
        assert numbers(fitted) == before

    def test_the_report_of_the_fit(self, fitted):
        result = fitted.result_
        assert (result.status, result.message) == ("converged", "")
        assert 1 <= result.iterations <= 50
        np.testing.assert_array_equal(fitted.covariance_, fitted.covariance_.T)
        size = len(fitted.params_)
        bic = size * np.log(600) - 2 * fitted.log_likelihood_
        assert fitted.bic_ == pytest.approx(bic, rel=1e-12)

    def test_given_parameters_predict_as_fitted_ones(self, model, fitted):
        given = model.from_params(**fitted.params_, covariance=fitted.covariance_)
        assert_same(predictions(given), predictions(fitted))
        assert repr(given).startswith(f"{model.__name__} with given parameters\n")
        for ask in (given.log_likelihood, given.bootstrap):
            with pytest.raises(NotFittedError) as raised:
                ask()
            assert str(raised.value).startswith(
                f"this {model.__name__} does not hold the customers of its fit (it was "
                "loaded, or made from given parameters)"
            )

    def test_intervals_hold_the_estimate_and_nest(self, fitted):
        for method in ("wald", "log", "profile"):
            narrow = fitted.confidence_intervals(0.5, method=method)
            wide = fitted.confidence_intervals(0.95, method=method)
            for name, value in fitted.params_.items():
                ends = (wide[name][0], narrow[name][0], value, narrow[name][1])
                assert (np.diff([*ends, wide[name][1]]) > 0).all(), (method, name)
        for name, options in ASKED.items():
            table = columns_of(getattr(fitted, name)(interval=0.9, **options))
            *_, estimate, _, _, _ = table  # before its error and the two ends
            value = np.asarray(table[estimate])
            lower, upper = np.asarray(table["lower"]), np.asarray(table["upper"])
            assert (lower <= value).all(), name
            assert (value <= upper).all(), name

    def test_where_it_ends_at_a_boundary_a_bootstrap_is_named(self):
        """All alike: the geometric model, and no standard errors."""
        table = {"age": np.arange(6), "survivors": 10_000 * 0.8 ** np.arange(6)}
        with pytest.warns(ConvergenceWarning, match="same probability"):
            alike = tn.SBG().fit(tn.Renewals.from_survivors(table))
        with pytest.raises(ParameterError) as raised:
            alike.survival([1, 2], interval=0.9)
        assert str(raised.value) == (
            "`interval` must be left out or come with a bootstrap: this SBG has no "
            f"standard errors, got a level\n\nHint: {alike.result_.message}; "
            "bootstrap=model.bootstrap() needs no standard errors"
        )
        drawn = alike.bootstrap(20, seed=1)
        ends = alike.survival([1, 2], interval=0.9, bootstrap=drawn)
        assert (ends["lower"] < ends["upper"]).all()


class TestStorage:
    def test_pickle(self, fitted):
        predicted = predictions(fitted)
        for protocol in range(2, pickle.HIGHEST_PROTOCOL + 1):
            other = pickle.loads(pickle.dumps(fitted, protocol))  # noqa: S301
            assert numbers(other) == numbers(fitted)
            assert_same(predictions(other), predicted)

    def test_files(self, model, fitted, single, tmp_path):
        fitted.save(tmp_path / "model.json")
        other = model.load(tmp_path / "model.json")
        assert other.get_params() == fitted.get_params()
        assert numbers(other) == numbers(fitted)
        assert_same(predictions(other), predictions(fitted))
        np.testing.assert_array_equal(
            other.log_likelihood(single), fitted.log_likelihood()
        )
        unfitted = model.from_dict(json.loads(json.dumps(model(penalty=2).to_dict())))
        assert unfitted.get_params() == model(penalty=2).get_params()
        with pytest.raises(NotFittedError):
            _ = unfitted.params_

    def test_json_of_another_model_or_format(self, model, fitted):
        stored = fitted.to_dict()
        for change, found in (
            ({"model": "Another"}, "Another in format 1"),
            ({"format": 99}, f"{model.__name__} in format 99"),
        ):
            with pytest.raises(ParameterError) as raised:
                model.from_dict({**stored, **change})
            assert str(raised.value) == (
                f"`stored` must hold a {model.__name__} in format 1, got {found}"
            )

    @pytest.mark.parametrize("how", [copy.copy, copy.deepcopy])
    def test_copies_are_apart(self, fitted, single, how):
        other, before = how(fitted), numbers(fitted)
        assert numbers(other) == before
        assert_same(predictions(other), predictions(fitted))
        other.set_params(penalty=0.5).fit({n: v[:300] for n, v in single.items()})
        assert numbers(fitted) == before
        assert fitted.penalty == 0.0


class TestDisplay:
    def test_before_the_fit(self, model):
        settings = {**model().get_params(), "penalty": 0.5}
        inside = ", ".join(f"{name}={value!r}" for name, value in settings.items())
        made = model(penalty=0.5)
        assert repr(made) == f"{model.__name__}({inside})"
        assert f"{model.__name__}({inside}" in made._repr_html_().replace("&#x27;", "'")

    def test_after_the_fit(self, model, fitted):
        assert_reported(fitted, model.__name__, 600)

    def test_summary(self, fitted):
        assert_summarised(fitted)


class TestData:
    @pytest.mark.parametrize("name", FAMILIES)
    @pytest.mark.parametrize("source", SOURCES)
    def test_tables_of_every_family_give_the_same_bits(self, model, source, name):
        columns, read = SOURCES[source]
        plain = model().fit(read(columns()))
        found = model().fit(read(family(name, columns())))
        assert numbers(found) == numbers(plain)
        assert_same(predictions(found), predictions(plain))
        if name != "lists":
            for table in (found.survival(), found.summary(), found.retention([1])):
                assert type(table).__module__.split(".")[0] == name

    @pytest.mark.parametrize("name", FAMILIES)
    def test_customers_of_every_family_give_the_same_bits(
        self, model, single, fitted, name
    ):
        frame = family(name, single)
        found = model().fit(frame)
        assert numbers(found) == numbers(fitted)
        likelihoods = found.log_likelihood(frame)
        np.testing.assert_array_equal(likelihoods, fitted.log_likelihood())
        if name != "lists":
            assert type(likelihoods).__module__.split(".")[0] == name

    def test_the_index_passes_through(self, model, single):
        pandas = pytest.importorskip("pandas")
        frame = pandas.DataFrame(dict(single))
        frame.index = pandas.Index([f"c{i}" for i in range(600)][::-1], name="who")
        found = model().fit(frame)
        for result in (found.log_likelihood(), found.log_likelihood(frame)):
            pandas.testing.assert_index_equal(result.index, frame.index)

    @pytest.mark.parametrize("name", FAMILIES[:3])
    def test_the_data_are_not_changed(self, model, single, name):
        frame, before = family(name, single), family(name, single)
        found = model().fit(frame)
        found.log_likelihood(frame)
        predictions(found)
        assert frame.equals(before)

    def test_any_layout_of_columns(self, model, single, fitted):
        wide = np.empty((600, 4))
        for place, name in enumerate(single):
            wide[:, 2 * place] = single[name]
        layouts = {
            "integers": {**single, "duration": single["duration"].astype(np.int16)},
            "unsigned": {**single, "duration": single["duration"].astype(np.uint64)},
            "numbers": {**single, "churned": single["churned"].astype(float)},
            "strided": {name: wide[:, 2 * i] for i, name in enumerate(single)},
            "backwards": {name: v[::-1].copy()[::-1] for name, v in single.items()},
            "other bytes": {**single, "duration": single["duration"].astype(">f8")},
        }
        for what, columns in layouts.items():
            assert numbers(model().fit(columns)) == numbers(fitted), what
            likelihoods = fitted.log_likelihood(columns)
            np.testing.assert_array_equal(likelihoods, fitted.log_likelihood())

    def test_other_columns_and_other_names(self, model, single, fitted):
        more = {"note": np.array(["x"] * 600), **single, "a": np.full(600, np.nan)}
        assert numbers(model().fit(more)) == numbers(fitted)
        renamed = {"stay": single["duration"], "gone": single["churned"]}
        found = model().fit(renamed, duration="stay", churned="gone")
        assert numbers(found) == numbers(fitted)
        np.testing.assert_array_equal(
            found.log_likelihood(renamed), fitted.log_likelihood()
        )

    def test_the_order_of_customers_does_not_matter(self, model, single, fitted):
        order = np.random.default_rng(1).permutation(600)
        mixed = {name: values[order] for name, values in single.items()}
        found = model().fit(mixed)
        # sums of other orders
        assert found.params_ == pytest.approx(fitted.params_, rel=1e-7)
        np.testing.assert_array_equal(
            fitted.log_likelihood(mixed), np.asarray(fitted.log_likelihood())[order]
        )

    def test_weights_are_repeated_rows(self, model, single):
        counts = np.arange(600) % 3  # a third of the rows count for nobody
        some = {n: np.repeat(v, counts) for n, v in single.items()}
        one = model().fit(some)
        for given, weights in (
            (single, counts),
            (single, counts.tolist()),
            ({**single, "n": counts}, "n"),
        ):
            other = model().fit(given, weights=weights)
            assert other.n_customers_ == one.n_customers_ == 600
            # where a search stops
            assert other.params_ == pytest.approx(one.params_, rel=1e-6)
            assert other.log_likelihood_ == pytest.approx(
                one.log_likelihood_, rel=1e-12
            )

    def test_threads_change_no_bit(self):
        code = (
            "import hashlib, numpy as np, tenure as tn\n"
            "found = []\n"
            "truth = tn.SBG.from_params(alpha=1.2, beta=3.0)\n"
            "seen = truth.simulate(20_000, end=12, seed=1)\n"
            f"for name in {[model.__name__ for model in MODELS]}:\n"
            "    model = getattr(tn, name)().fit(seen)\n"
            "    found += [list(model.params_.values()), [model.log_likelihood_]]\n"
            "    found += [model.covariance_.ravel(), model.log_likelihood()]\n"
            "    found += model.survival(interval=0.9).values()\n"
            "    found += model.bootstrap(8, seed=1).parameters.values()\n"
            "    found += [model.simulate(20_000, end=12, seed=1).gone]\n"
            "print(hashlib.sha256(np.concatenate(found).tobytes()).hexdigest())\n"
        )
        found = {
            subprocess.run(  # noqa: S603
                [sys.executable, "-c", code],
                env={**os.environ, "RAYON_NUM_THREADS": threads},
                capture_output=True,
                text=True,
                check=True,
            ).stdout
            for threads in ("1", "3")
        }
        assert len(found) == 1


class TestErrors:
    def test_missing_values(self, model, single, fitted):
        for column in single:
            broken = {**single, column: single[column].astype(float)}
            broken[column][[7, 11]] = np.nan
            for ask in (model().fit, fitted.log_likelihood):
                with pytest.raises(DataError) as raised:
                    ask(broken)
                error = raised.value
                assert (error.column, error.row, error.count) == (column, 7, 2)
                assert str(error).startswith(f"column `{column}` must ")
                assert "; row 7 has nan (2 rows in all)" in str(error).lower()

    def test_weights_that_cannot_be(self, model, single):
        for bad, said in ((-1.0, "-1.0"), (np.nan, "nan"), (np.inf, "inf")):
            weights = np.ones(600)
            weights[3] = bad
            for given, how in ((single, weights), ({**single, "n": weights}, "n")):
                with pytest.raises(DataError) as raised:
                    model().fit(given, weights=how)
                assert (raised.value.row, raised.value.count) == (3, 1)
                assert str(raised.value).endswith(f"; row 3 has {said}")

    def test_nobody(self, model):
        nobody = {"duration": [], "churned": []}
        for ask in (model().fit, tn.Renewals.from_durations):
            with pytest.raises(EmptyDataError) as raised:
                ask(nobody)
            assert str(raised.value) == "there are no customers"
        two = {"duration": [1.0, 2.0], "churned": [True, False]}
        with pytest.raises(EmptyDataError) as raised:
            model().fit(two, weights=[0, 0])
        assert str(raised.value) == f"there are no customers to fit {model.__name__} to"

    def test_a_column_that_is_not_there(self, model, single, fitted):
        for column in single:
            short = {name: v for name, v in single.items() if name != column}
            for ask in (model().fit, fitted.log_likelihood):
                with pytest.raises(ColumnError, match=f"unknown column '{column}'"):
                    ask(short)

    def test_columns_of_different_length(self, model, single):
        with pytest.raises(LengthError, match="has 599"):
            model().fit({**single, "churned": single["churned"][:-1]})

    def test_what_is_no_table(self, model):
        for wrong in (None, 3, "customers.csv", [1, 2, 3]):
            with pytest.raises(TypeError):
                model().fit(wrong)

    @pytest.mark.parametrize("penalty", [-1.0, np.nan, np.inf])
    def test_penalties_that_cannot_be(self, model, single, penalty):
        with pytest.raises(
            ParameterError, match="`penalty` must be finite and not negative"
        ):
            model(penalty=penalty).fit(single)

    def test_nothing_to_learn(self, model):
        """Nobody left, or everybody at once: said in words, whatever the model."""
        stayed = {"duration": [3.0, 2.0, 4.0], "churned": [False] * 3}
        with pytest.raises(ConvergenceError) as raised:
            model().fit(stayed)
        assert str(raised.value).startswith(
            f"{model.__name__} could not be fitted: nobody left"
        )
        gone = {"duration": [1.0, 1.0, 1.0], "churned": [True] * 3}
        if model not in CONTINUOUS:
            with pytest.raises(ConvergenceError) as raised:
                model().fit(gone)
            assert str(raised.value).startswith(
                f"{model.__name__} could not be fitted: nobody stayed"
            )


@pytest.mark.parametrize("source", SOURCES)
class TestTables:
    """What every way to read contracts has in common; the texts are its neighbours'."""

    def test_the_order_of_rows_does_not_matter(self, source):
        columns, read = SOURCES[source]
        given = columns()
        size = len(next(iter(given.values())))
        order = np.random.default_rng(2).permutation(size)
        mixed = {name: values[order] for name, values in given.items()}
        one, other = (tn.BdW().fit(read(table)) for table in (given, mixed))
        # sums of other orders, and where a search stops
        assert other.params_ == pytest.approx(one.params_, rel=1e-5)
        assert other.log_likelihood_ == pytest.approx(one.log_likelihood_, rel=1e-12)

    @pytest.mark.parametrize("name", FAMILIES[:3])
    def test_the_table_is_not_changed(self, source, name):
        columns, read = SOURCES[source]
        frame, before = family(name, columns()), family(name, columns())
        read(frame)
        ours, theirs = columns_of(frame), columns_of(before)
        assert list(ours) == list(theirs)
        for column, values in ours.items():
            # as text, for a missing value is not equal to itself
            assert values.astype(str).tolist() == theirs[column].astype(str).tolist()
        read(read_only(columns()))

    def test_other_columns_do_not_matter(self, source):
        columns, read = SOURCES[source]
        if source == "triangle":
            return  # of which all columns are ages
        size = len(next(iter(columns().values())))
        more = {"note": np.array(["x"] * size), **columns(), "a": np.full(size, np.nan)}
        one, other = (tn.SBG().fit(read(table)) for table in (columns(), more))
        assert numbers(one) == numbers(other)

    def test_columns_that_are_not_there_or_too_short(self, source):
        columns, read = SOURCES[source]
        given = columns()
        for name in given if source != "triangle" else ["cohort"]:
            rest = {other: values for other, values in given.items() if other != name}
            with pytest.raises(ColumnError, match=f"unknown column '{name}'"):
                read(rest)
            size = len(given[name])
            with pytest.raises(LengthError, match=f"{size - 1}"):
                read({**given, name: given[name][:-1]})

    def test_nothing_and_no_table(self, source):
        columns, read = SOURCES[source]
        with pytest.raises(EmptyDataError):
            read({name: values[:0] for name, values in columns().items()})
        for wrong in (None, 3, "customers.csv", [1, 2, 3]):
            with pytest.raises(TypeError):
                read(wrong)

    def test_numbers_that_are_missing(self, source):
        columns, read = SOURCES[source]
        number = {"survivors": "survivors", "cohorts": "customers"}
        if source not in number:
            return  # a contract without an end goes on, a triangle has empty corners
        given, name = columns(), number[source]
        given[name] = np.array(given[name], dtype=float)
        given[name][2] = np.nan
        with pytest.raises(DataError) as raised:
            read(given)
        assert raised.value.row == 2
        assert str(raised.value).startswith(f"column `{name}` must ")

    def test_copies_and_pickles_are_fitted_alike(self, source):
        columns, read = SOURCES[source]
        renewals = read(columns())
        plain = tn.SBG().fit(renewals)
        for other in (
            copy.copy(renewals),
            copy.deepcopy(renewals),
            pickle.loads(pickle.dumps(renewals)),  # noqa: S301
        ):
            assert numbers(tn.SBG().fit(other)) == numbers(plain)
            assert repr(other) == repr(renewals)
