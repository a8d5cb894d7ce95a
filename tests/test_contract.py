"""The rules that every estimator obeys; a new model is added to `conftest.ALL_MODELS`.

`estimator` runs over all of them.
"""

from __future__ import annotations

import copy
import functools
import inspect
import json
import pickle
import warnings

import numpy as np
import pytest
import tenure as tn
from conftest import plain_name
from contracts import (
    assert_reported,
    assert_same,
    assert_summarised,
    columns_of,
    family,
)
from tenure.exceptions import (
    ColumnError,
    ConvergenceWarning,
    DataError,
    LengthError,
    NotFittedError,
    ParameterError,
    TenureError,
)

COLUMNS = ("frequency", "recency", "T", "monetary_value")


@pytest.fixture
def data(estimator, rounded):
    """Five hundred customers that nobody may write to, on whom the model is clear."""
    columns = {name: np.array(rounded[name][:500]) for name in COLUMNS}
    if estimator.__name__ in LIFETIMES:
        columns.update(customers_leaving_at(LIFETIMES[estimator.__name__]))
    if estimator is tn.BGBB:
        # half-weeks as opportunities
        for name in ("recency", "T"):
            columns[name] = np.ceil(2.0 * columns[name])
        columns["frequency"] = np.minimum(columns["frequency"], columns["recency"])
    for values in columns.values():
        values.setflags(write=False)
    return columns


def growing(random):
    """Lifetimes of 25 or so."""
    hazards = random.gamma(2.0, 1 / 40.0, size=500)
    return np.log1p(random.exponential(size=500) / hazards) / 0.15


def with_stayers(lifetimes):
    """The same for seven in ten; the others never leave."""
    return lambda random: np.where(random.random(500) < 0.3, np.inf, lifetimes(random))


LIFETIMES = {
    "GGompertzNBD": growing,
    "WeibullNBD": lambda random: (
        20.0 * (random.exponential(size=500) / random.gamma(2.0, size=500)) ** 0.5
    ),
}
LIFETIMES["ParetoNBDCorrelated"] = lambda random: (
    random.exponential(size=500) / random.gamma(2.0, 1 / 10.0, 500)
)
LIFETIMES |= {
    "GGompertzNBDStaying": with_stayers(growing),
    "WeibullNBDStaying": with_stayers(LIFETIMES["WeibullNBD"]),
    "ParetoNBDStaying": with_stayers(
        lambda random: random.exponential(size=500) / random.gamma(3.0, 1 / 20.0, 500)
    ),
    "PDOStaying": with_stayers(
        lambda random: 3.0 * random.geometric(random.beta(2.0, 4.0, 500))
    ),
}
"""How long customers stay on whom a model is clear."""


def customers_leaving_at(lifetimes):
    """Histories of customers who leave at times that have nothing to do with them."""
    random = np.random.default_rng(20121)
    T = random.uniform(20.0, 60.0, size=500)
    rates = random.gamma(1.5, 1 / 4.0, size=500)
    frequency, recency = np.zeros(500), np.zeros(500)
    for i, end in enumerate(np.minimum(T, lifetimes(random))):
        frequency[i] = random.poisson(rates[i] * end)
        if frequency[i] > 0:
            recency[i] = end * random.beta(frequency[i], 1.0)
    return {"frequency": frequency, "recency": recency, "T": T}


@pytest.fixture(scope="session")
def first_fits():
    """The first fit of each model and its predictions, which no test changes."""
    return {}


@pytest.fixture
def fitted(estimator, data, first_fits):
    """A fitted model of the test's own.

    That a fit says the same whatever was before, and that copies are apart, are rules
    of their own below.
    """
    if estimator not in first_fits:
        model = estimator().fit(data)
        first_fits[estimator] = model, predictions(model)
    return copy.copy(first_fits[estimator][0])


@pytest.fixture
def expected(estimator, fitted, first_fits):
    """What the fitted model predicts for all customers."""
    assert numbers(first_fits[estimator][0]) == numbers(fitted)
    return first_fits[estimator][1]


FEW = 60
"""So many customers have all kinds among them, and are predicted for at once."""


def few(data):
    """The first customers, as views."""
    return {name: values[:FEW] for name, values in data.items()}


def assert_few(found, expected):
    """The predictions for the first customers are those for everybody."""
    first = {
        name: {column: values[:FEW] for column, values in columns_of(result).items()}
        for name, result in expected.items()
    }
    assert_same(found, first)


@pytest.fixture(scope="session")
def fits_of_cdnow():
    """Return what a model learns of the summary of a family's order log."""

    @functools.cache
    def learned(estimator, family):
        # days can be opportunities too
        unit = "day" if estimator is tn.BGBB else "week"
        orders = tn.datasets.load_cdnow(family=family)
        log = tn.Transactions(orders, amount="amount")
        # CDNOW is a boundary case of some models without a penalty
        model = estimator(penalty=0.01)
        return numbers(model.fit(log.summary(unit=unit, as_of="1997-09-30")))

    return learned


def numbers(model):
    """Everything that was learned, as bits."""
    learned = [*model.params_.values(), model.log_likelihood_, model.n_customers_]
    return np.array([*learned, *model.covariance_.ravel()]).tobytes()


def all_but_one(fitted):
    """The estimates of all parameters but the first free one, and where that stands.

    With the others held, a profile is quick. (The length of PDO's periods is a setting,
    not a parameter to hold.)
    """
    names = list(fitted.params_)
    free = [name for name in names if name not in {*fitted.result_.fixed, "tau"}]
    held = {name: fitted.params_[name] for name in free[1:]}
    return held, names.index(free[0])


def another(name, value):
    """Another value of a setting."""
    if "covariates" in name:
        return ["frequency"]
    if isinstance(value, bool):
        return not value
    return "other" if isinstance(value, str) else (value or 0.0) + 1.0


def predictions(model, data=None):
    """Every prediction for known customers, with and without intervals."""
    found = {}
    for name, method in inspect.getmembers(model, inspect.ismethod):
        parameters = inspect.signature(method).parameters
        if name.startswith("_") or "data" not in parameters or name[:3] == "fit":
            continue
        options = {}
        if (
            parameters.get("horizon", inspect.Parameter).default
            is inspect.Parameter.empty
        ):
            options["horizon"] = 13.0
        if "per" in parameters:
            options["per"] = 52.0
        found[name] = method(data, **options)
        if "interval" in parameters:
            found[f"{name} with interval"] = method(data, interval=0.9, **options)
    return found


class TestSettings:
    def test_the_constructor_takes_names_only_and_stores_what_it_is_given(
        self, estimator
    ):
        parameters = inspect.signature(estimator).parameters.values()
        assert all(p.kind is p.KEYWORD_ONLY for p in parameters)
        marks = {p.name: object() for p in parameters}
        model = estimator(**marks)
        for name, mark in marks.items():
            assert getattr(model, name) is mark

    def test_get_and_set(self, estimator):
        defaults = estimator().get_params()
        assert defaults["penalty"] == 0.0
        assert defaults["strict"] is False
        model = estimator(penalty=0.25)
        assert model.get_params() == {**defaults, "penalty": 0.25}
        assert model.get_params(deep=False) == model.get_params()
        assert model.set_params(strict=True, penalty=0.5) is model
        assert model.get_params() == {**defaults, "penalty": 0.5, "strict": True}
        with pytest.raises(ParameterError) as raised:
            model.set_params(nonsense=1)
        assert str(raised.value) == (
            f"`set_params` must name settings of {estimator.__name__}: "
            f"{', '.join(defaults)}, got 'nonsense'"
        )

    def test_clone(self, estimator, fitted):
        """A clone has the settings and nothing of the fit."""
        fitted.set_params(penalty=0.125)
        by_hand = estimator(**fitted.get_params())
        assert by_hand.get_params() == fitted.get_params()
        base = pytest.importorskip("sklearn.base")
        clone = base.clone(fitted)
        assert type(clone) is estimator
        assert clone.get_params() == fitted.get_params()
        with pytest.raises(NotFittedError):
            _ = clone.params_


class TestFitting:
    def test_fit_returns_the_model(self, estimator, data):
        model = estimator()
        assert model.fit(data) is model
        assert model.converged_

    def test_fit_forgets(self, estimator, data, fitted, expected):
        """Nothing of an earlier fit is left, not even its weights."""
        some = {name: values[:300] for name, values in data.items()}
        again = estimator()

        def fitted_before(**options):
            with warnings.catch_warnings():
                # fewer customers may be a boundary case
                warnings.simplefilter("ignore", ConvergenceWarning)
                again.fit(some, weights=np.linspace(1, 2, 300))
            return again.fit(data, **options)

        assert numbers(fitted_before()) == numbers(fitted)
        assert_same(predictions(again), expected)
        # a profile looks at customers and weights again
        held, place = all_but_one(fitted)
        profile = estimator().fit(data, fixed=held)._profile(place, 0.95)
        assert fitted_before(fixed=held)._profile(place, 0.95) == profile

    def test_settings_change_nothing_before_the_next_fit(
        self, estimator, data, expected
    ):
        model = estimator().fit(data)
        before, said = numbers(model), repr(model)
        settings = model.get_params()
        for name, value in settings.items():
            model.set_params(**{name: another(name, value)})
            assert numbers(model) == before
            assert_few(predictions(model, few(data)), expected)
            assert repr(model) == said, name
            model.set_params(**{name: value})
        # a profile fits again, and is pulled as the fit was
        held, place = all_but_one(model)
        model.fit(data, fixed=held)
        profile = model._profile(place, 0.9)
        model.set_params(penalty=1.0)
        assert model._profile(place, 0.9) == profile
        assert numbers(model.fit(data)) != before

    def test_what_was_learned_ends_in_an_underscore(self, estimator, data):
        model = estimator()
        names = [
            name
            for name, _ in inspect.getmembers(
                estimator, lambda m: isinstance(m, property)
            )
        ]
        assert {"params_", "covariance_", "standard_errors_", "log_likelihood_"} <= {
            *names
        }
        for name in names:
            assert name.endswith("_")
            with pytest.raises(NotFittedError) as raised:
                getattr(model, name)
            assert str(raised.value) == (
                f"this {estimator.__name__} is not fitted; call fit() first"
            )
            assert not hasattr(model, name)
        model.fit(data)
        for name in names:
            getattr(model, name)

    def test_learned_numbers_are_the_callers_own(self, fitted):
        before = numbers(fitted)
        fitted.params_.clear()
        fitted.standard_errors_.clear()
        fitted.covariance_[:] = 0.0
        with pytest.raises(ValueError, match="read-only"):
            fitted.result_.covariance[:] = 0.0
        assert numbers(fitted) == before

    def test_the_report_of_the_fit(self, estimator, fitted):
        result = fitted.result_
        assert result.status == "converged"
        assert result.message == ""
        assert 1 <= result.iterations <= 50
        # the search ends where a step promises less than rounding, which a slope of
        # 1e-8 does over these models' curvature of 1e-3
        name = plain_name(estimator)
        flat = name in {"PDO", "BGBB", "WeibullNBD"}
        assert result.gradient_norm < (1e-8 if flat else 1e-10)
        assert result.smallest_eigenvalue > 0
        assert fitted.aic_ == pytest.approx(
            2 * (len(fitted.params_) - len(result.fixed)) - 2 * fitted.log_likelihood_
        )
        likelihoods = fitted.log_likelihood()
        assert likelihoods.sum() == pytest.approx(fitted.log_likelihood_, rel=1e-12)
        np.testing.assert_array_equal(fitted.covariance_, fitted.covariance_.T)


class TestStorage:
    def test_pickle(self, fitted, data, expected):
        for protocol in range(2, pickle.HIGHEST_PROTOCOL + 1):
            other = pickle.loads(pickle.dumps(fitted, protocol))  # noqa: S301
            assert numbers(other) == numbers(fitted)
            assert_few(predictions(other, few(data)), expected)

    def test_json(self, estimator, fitted, data, expected):
        text = json.dumps(fitted.to_dict(), allow_nan=False)
        other = estimator.from_dict(json.loads(text))
        assert numbers(other) == numbers(fitted)
        assert_same(predictions(other, data), expected)

    def test_json_of_another_model_or_format(self, estimator, fitted):
        stored = fitted.to_dict()
        for change, found in (
            ({"model": "Another"}, "Another in format 1"),
            ({"format": 99}, f"{estimator.__name__} in format 99"),
        ):
            with pytest.raises(ParameterError) as raised:
                estimator.from_dict({**stored, **change})
            assert str(raised.value) == (
                f"`stored` must hold a {estimator.__name__} in format 1, got {found}"
            )

    @pytest.mark.parametrize("how", [copy.copy, copy.deepcopy])
    def test_copies_are_apart(self, estimator, data, expected, how):
        fitted = estimator().fit(data)
        other = how(fitted)
        assert numbers(other) == numbers(fitted)
        assert_same(predictions(other), expected)
        before = numbers(fitted)
        other.set_params(penalty=0.5).fit({n: v[:300] for n, v in data.items()})
        assert numbers(fitted) == before
        assert fitted.penalty == 0.0


class TestDisplay:
    def test_before_the_fit(self, estimator):
        model = estimator(penalty=0.5)
        settings = {**estimator().get_params(), "penalty": 0.5}
        inside = ", ".join(f"{name}={value!r}" for name, value in settings.items())
        assert repr(model) == f"{estimator.__name__}({inside})"
        assert f"{estimator.__name__}({inside}" in model._repr_html_().replace(
            "&#x27;", "'"
        )

    def test_after_the_fit(self, estimator, fitted):
        assert_reported(fitted, estimator.__name__, fitted.n_customers_)

    def test_summary(self, fitted):
        assert_summarised(fitted)


class TestData:
    @pytest.mark.parametrize("name", ["pandas", "polars", "pyarrow", "lists"])
    def test_every_family_gives_the_same_bits(
        self, estimator, fitted, data, expected, name
    ):
        frame = family(name, data)
        model = estimator().fit(frame)
        assert numbers(model) == numbers(fitted)
        theirs = predictions(model)
        assert_same(expected, theirs)
        if name != "lists":
            for result in theirs.values():
                assert type(result).__module__.split(".")[0] == name

    @pytest.mark.parametrize("name", ["pandas", "polars", "pyarrow"])
    def test_summaries_give_the_same_bits(self, estimator, name, fits_of_cdnow):
        pytest.importorskip(name)
        assert fits_of_cdnow(estimator, name) == fits_of_cdnow(estimator, "numpy")

    def test_the_index_passes_through(self, estimator, data):
        pandas = pytest.importorskip("pandas")
        frame = pandas.DataFrame(dict(data))
        frame.index = pandas.Index([f"c{i}" for i in range(500)][::-1], name="who")
        for result in predictions(estimator().fit(frame)).values():
            pandas.testing.assert_index_equal(result.index, frame.index)

    def test_the_data_are_not_changed(self, estimator, data):
        for name in ("pandas", "polars", "pyarrow"):
            frame, before = family(name, data), family(name, data)
            predictions(estimator().fit(frame), frame)
            assert frame.equals(before)

    def test_any_layout_of_columns(self, estimator, fitted, data, expected):
        """Integers, strides, other byte orders, matrices by column, views."""
        wide = np.empty((500, 9))
        for i, name in enumerate(COLUMNS):
            wide[:, 2 * i] = data[name]
        layouts = {
            "integers": {**data, "frequency": data["frequency"].astype(np.int16)},
            "unsigned": {**data, "frequency": data["frequency"].astype(np.uint64)},
            "floats": {**data, "frequency": data["frequency"].astype(np.float64)},
            "strided": {name: wide[:, 2 * i] for i, name in enumerate(COLUMNS)},
            "backwards": {name: values[::-1][::-1] for name, values in data.items()},
            "other bytes": {name: v.astype(">f8") for name, v in data.items()},
        }
        for what, columns in layouts.items():
            model = estimator().fit(columns)
            assert numbers(model) == numbers(fitted), what
            assert_few(predictions(model, few(columns)), expected)

    def test_other_columns_do_not_matter(self, estimator, fitted, data):
        more = {"note": np.array(["x"] * 500), **data, "a": np.full(500, np.nan)}
        assert numbers(estimator().fit(more)) == numbers(fitted)

    def test_customers_other_than_those_of_the_fit(self, fitted, data, expected):
        some = {name: values[100:140] for name, values in data.items()}
        for name, result in predictions(fitted, some).items():
            if name == "simulate_future":
                continue  # what is drawn belongs to a customer's place
            for column, values in columns_of(result).items():
                whole = columns_of(expected[name])[column]
                np.testing.assert_array_equal(values, whole[100:140], err_msg=name)


class TestErrors:
    def test_missing_values(self, estimator, fitted, data):
        row = int(np.flatnonzero(data["frequency"] > 0)[3])
        read = [
            name
            for name in COLUMNS
            if name in inspect.signature(estimator.fit).parameters
        ]
        assert len(read) >= 2
        for column in read:
            broken = {**data, column: data[column].astype(float)}
            broken[column][row] = np.nan
            for ask in (estimator().fit, fitted.log_likelihood):
                with pytest.raises(DataError) as raised:
                    ask(broken)
                error = raised.value
                assert (error.column, error.row, error.count) == (column, row, 1)
                assert str(error).startswith(f"column `{column}` must ")
                assert f"; row {row} has nan" in str(error).lower()

    def test_an_empty_frame(self, estimator):
        with pytest.raises(TenureError) as raised:
            estimator().fit({name: [] for name in COLUMNS})
        assert plain_name(estimator) in str(raised.value)

    def test_a_column_that_is_not_there(self, estimator, data):
        short = {name: values for name, values in data.items() if name != "frequency"}
        for ask in (estimator().fit, estimator().fit(data).log_likelihood):
            with pytest.raises(ColumnError, match="unknown column 'frequency'"):
                ask(short)

    def test_columns_of_different_length(self, estimator, data):
        with pytest.raises(LengthError, match="but `frequency` has 499"):
            estimator().fit({**data, "frequency": data["frequency"][:-1]})

    def test_what_is_no_table(self, estimator):
        for wrong in (None, 3, "customers.csv", [1, 2, 3]):
            with pytest.raises(TypeError):
                estimator().fit(wrong)
