"""The rules of `test_contract.py` for the regression of value.

(What it finds, beside peers and by hand, is in `test_spend_models.py`.)
"""

from __future__ import annotations

import copy
import inspect
import json
import os
import pickle
import re
import subprocess
import sys

import numpy as np
import pytest
import tenure as tn
from contracts import assert_same, columns_of, family
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

FAMILIES = ("pandas", "polars", "pyarrow", "lists")
NOT_FITTED = "this ZILN is not fitted; call fit() first"


@pytest.fixture(scope="module")
def data():
    """Eight hundred customers that nobody may write to."""
    random = np.random.default_rng(41)
    first = np.round(random.lognormal(3, 0.5, 800))
    web = random.random(800) < 0.4
    worth = np.exp(2 + 0.03 * first - 0.4 * web + 0.8 * random.normal(size=800))
    buys = random.random(800) < 1 / (1 + np.exp(1 - 0.02 * first - 0.5 * web))
    columns = {
        "first": first,
        "shop": np.where(web, "web", "high street").astype(object),
        "value": np.where(buys, worth, 0.0),
    }
    for values in columns.values():
        values.setflags(write=False)
    return columns


@pytest.fixture
def fitted(data):
    return tn.ZILN().fit(data)


def numbers(ziln):
    """Everything that was learned, as bits."""
    learned = [*ziln.params_.values(), ziln.log_likelihood_, ziln.n_customers_]
    return np.array([*learned, *ziln.covariance_.ravel()]).tobytes()


def predictions(ziln, data):
    """Every prediction, as columns."""
    found = {
        "probability": ziln.probability_of_value(data),
        "expected": ziln.expected_value(data),
        "interval": ziln.expected_value(data, interval=0.9),
        "quantiles": ziln.value_quantiles(data),
        "drawn": ziln.simulate(data, seed=3),
        "likelihood": ziln.log_likelihood(data),
    }
    return {name: columns_of(result) for name, result in found.items()}


class TestSettings:
    def test_get_and_set(self):
        assert all(
            p.kind is p.KEYWORD_ONLY
            for p in inspect.signature(tn.ZILN).parameters.values()
        )
        defaults = {"varying_spread": True, "penalty": 0.0, "strict": False}
        ziln = tn.ZILN()
        assert ziln.get_params() == ziln.get_params(deep=False) == defaults
        assert ziln.set_params(penalty=0.5) is ziln
        assert ziln.get_params() == {**defaults, "penalty": 0.5}
        with pytest.raises(ParameterError) as raised:
            ziln.set_params(nonsense=1)
        assert str(raised.value) == (
            "`set_params` must name settings of ZILN: varying_spread, penalty, strict, "
            "got 'nonsense'"
        )

    def test_a_clone_has_nothing_of_the_fit(self, fitted):
        clone = pytest.importorskip("sklearn.base").clone(fitted.set_params(penalty=1))
        assert type(clone) is tn.ZILN
        assert clone.get_params() == fitted.get_params()
        with pytest.raises(NotFittedError):
            _ = clone.params_


class TestFitting:
    def test_fit_forgets(self, data, fitted):
        """Nothing is left of other customers, weights or names of columns."""
        other = {
            "x": data["first"][:400],
            "z": data["first"][:400] ** 2,
            "later": data["value"][:400],
        }
        again = tn.ZILN().fit(other, value="later", weights=np.linspace(1, 2, 400))
        assert again.fit(data) is again
        assert numbers(again) == numbers(fitted)
        assert_same(predictions(again, data), predictions(fitted, data))
        ours, theirs = (columns_of(one.evaluate(data)) for one in (again, fitted))
        assert ours == theirs

    def test_settings_change_nothing_before_the_next_fit(self, data, fitted):
        before, predicted = numbers(fitted), predictions(fitted, data)
        fitted.set_params(penalty=1.0, varying_spread=False)
        assert numbers(fitted) == before
        assert_same(predictions(fitted, data), predicted)
        assert numbers(fitted.fit(data)) != before
        assert len(fitted.params_) == 7

    def test_a_penalty_pulls_towards_zero(self, data, fitted):
        """All but the constants; what is reported is without the penalty."""
        assert list(fitted.params_)[:3] == [
            "buying:constant",
            "buying:first",
            "buying:shop=web",
        ]

        def size(ziln):
            return max(
                abs(value)
                for name, value in ziln.params_.items()
                if not name.endswith("constant")
            )

        weak, strong = (tn.ZILN(penalty=p).fit(data) for p in (0.1, 1e6))
        assert size(strong) == pytest.approx(0.0, abs=1e-5)
        likelihoods = [one.log_likelihood_ for one in (fitted, weak, strong)]
        assert likelihoods[0] > likelihoods[1] > likelihoods[2]
        # with no covariate, the chance is the share of those who are worth something
        share = (data["value"] > 0).mean()
        chance = strong.probability_of_value(data)
        assert chance == pytest.approx(np.full(800, share), rel=1e-4)

    def test_what_was_learned_ends_in_an_underscore(self, data):
        ziln = tn.ZILN()
        names = [
            name
            for name, _ in inspect.getmembers(
                tn.ZILN, lambda m: isinstance(m, property)
            )
        ]
        assert {"params_", "covariance_", "standard_errors_", "log_likelihood_"} <= {
            *names
        }
        assert {"aic_", "bic_", "n_customers_", "converged_", "result_"} <= {*names}
        for name in names:
            assert name.endswith("_")
            with pytest.raises(NotFittedError) as raised:
                getattr(ziln, name)
            assert str(raised.value) == NOT_FITTED
            assert not hasattr(ziln, name)
        ziln.fit(data)
        for name in names:
            getattr(ziln, name)

    def test_before_the_fit_nothing_can_be_asked(self, data):
        ziln = tn.ZILN()
        asks = [
            ziln.log_likelihood,
            ziln.probability_of_value,
            ziln.expected_value,
            ziln.value_quantiles,
            ziln.simulate,
            ziln.evaluate,
            ziln.deciles,
            lambda _: ziln.summary(),
            lambda _: ziln.confidence_intervals(),
        ]
        for ask in asks:
            with pytest.raises(NotFittedError) as raised:
                ask(data)
            assert str(raised.value) == NOT_FITTED

    def test_learned_numbers_are_the_callers_own(self, fitted):
        before = numbers(fitted)
        fitted.params_.clear()
        fitted.standard_errors_.clear()
        fitted.covariance_[:] = 0.0
        for values in (fitted.result_.coefficients, fitted.result_.covariance):
            with pytest.raises(ValueError, match="read-only"):
                values[:] = 0.0
        assert numbers(fitted) == before

    def test_the_report_of_the_fit(self, data, fitted):
        assert fitted.converged_
        assert (fitted.result_.status, fitted.result_.message) == ("converged", "")
        assert fitted.n_customers_ == 800
        assert len(fitted.params_) == 9
        twice = 2 * fitted.log_likelihood_
        assert fitted.aic_ == pytest.approx(2 * 9 - twice, rel=1e-12)
        likelihoods = fitted.log_likelihood(data)
        assert likelihoods.sum() == pytest.approx(fitted.log_likelihood_, rel=1e-12)
        assert fitted.bic_ == pytest.approx(9 * np.log(800) - twice, rel=1e-12)
        # sums of the same terms in another order
        np.testing.assert_allclose(
            fitted.covariance_, fitted.covariance_.T, rtol=1e-9, atol=1e-15
        )

    def test_intervals_hold_the_estimate_and_nest(self, data, fitted):
        narrow, wide = (fitted.confidence_intervals(level) for level in (0.5, 0.95))
        table = columns_of(fitted.summary())
        for place, (name, value) in enumerate(fitted.params_.items()):
            assert wide[name][0] < narrow[name][0] < value < narrow[name][1]
            assert narrow[name][1] < wide[name][1]
            assert wide[name] == (table["lower"][place], table["upper"][place])
            assert fitted.standard_errors_[name] == table["std_error"][place]
        with pytest.raises(ParameterError, match="`level` must lie between 0 and 1"):
            fitted.confidence_intervals(1.0)
        found = fitted.expected_value(data, interval=0.9)
        assert (found["lower"] < found["expected_value"]).all()
        assert (found["expected_value"] < found["upper"]).all()

    def test_without_standard_errors(self, data):
        told = {**data, "value": np.where(data["first"] > 20, 5 + data["first"], 0)}
        with pytest.warns(ConvergenceWarning) as caught:
            ziln = tn.ZILN().fit(told)
        assert caught[0].filename == __file__
        assert np.isnan(ziln.covariance_).all()
        assert np.isnan(list(ziln.standard_errors_.values())).all()
        with pytest.raises(ParameterError) as raised:
            ziln.expected_value(told, interval=0.9)
        assert str(raised.value) == (
            "`interval` must be left out: this ZILN has no standard errors, got a "
            f"level\n\nHint: {ziln.result_.message}"
        )
        before = tn.ZILN(strict=True).fit(data)
        with pytest.raises(ConvergenceError) as failed:
            before.fit(told)
        assert str(failed.value) == f"ZILN: {ziln.result_.message}"
        with pytest.raises(NotFittedError):
            _ = before.params_


class TestStorage:
    def test_pickle(self, data, fitted):
        predicted = predictions(fitted, data)
        for protocol in range(2, pickle.HIGHEST_PROTOCOL + 1):
            other = pickle.loads(pickle.dumps(fitted, protocol))  # noqa: S301
            assert numbers(other) == numbers(fitted)
            assert_same(predictions(other, data), predicted)

    def test_files(self, data, fitted, tmp_path):
        fitted.save(tmp_path / "ziln.json")
        other = tn.ZILN.load(tmp_path / "ziln.json")
        assert numbers(other) == numbers(fitted)
        assert repr(other) == repr(fitted)
        assert_same(predictions(other, data), predictions(fitted, data))
        assert columns_of(other.evaluate(data)) == columns_of(fitted.evaluate(data))
        with pytest.raises(ValueError, match="read-only"):
            other.result_.coefficients[:] = 0.0
        unfitted = tn.ZILN.from_dict(
            json.loads(json.dumps(tn.ZILN(penalty=2).to_dict()))
        )
        assert unfitted.get_params() == tn.ZILN(penalty=2).get_params()
        with pytest.raises(NotFittedError):
            _ = unfitted.params_

    def test_json_of_another_model_or_format(self, fitted):
        stored = fitted.to_dict()
        for change, found in (
            ({"model": "Another"}, "Another in format 1"),
            ({"format": 99}, "ZILN in format 99"),
        ):
            with pytest.raises(ParameterError) as raised:
                tn.ZILN.from_dict({**stored, **change})
            assert str(raised.value) == (
                f"`stored` must hold a ZILN in format 1, got {found}"
            )

    @pytest.mark.parametrize("how", [copy.copy, copy.deepcopy])
    def test_copies_are_apart(self, data, fitted, how):
        other, before = how(fitted), numbers(fitted)
        assert numbers(other) == before
        other.set_params(penalty=0.5).fit({n: v[:300] for n, v in data.items()})
        assert numbers(fitted) == before
        assert fitted.penalty == 0.0


class TestDisplay:
    def test_before_the_fit(self):
        ziln = tn.ZILN(penalty=0.5)
        inside = "ZILN(varying_spread=True, penalty=0.5, strict=False)"
        assert repr(ziln) == inside
        assert inside in ziln._repr_html_()

    def test_after_the_fit(self, fitted):
        first, header, *rows = repr(fitted).splitlines()
        assert re.fullmatch(
            r"ZILN fitted to 800 customers; log-likelihood -[\d.]+, AIC [\d.]+, "
            r"converged",
            first,
        )
        assert header.split() == ["coefficient", "std.", "error"]
        names = [re.sub(r"\s.*", "", row.replace(": ", ":")) for row in rows]
        assert names == list(fitted.params_)
        html = fitted._repr_html_()
        assert html.count("<tr>") == len(rows) + 1
        assert ">spread: shop=web</th>" in html


class TestData:
    @pytest.mark.parametrize("name", FAMILIES)
    def test_every_family_gives_the_same_bits(self, data, fitted, name):
        frame = family(name, data)
        ziln = tn.ZILN().fit(frame)
        assert numbers(ziln) == numbers(fitted)
        assert_same(predictions(ziln, frame), predictions(fitted, data))
        if name != "lists":
            for result in (
                ziln.summary(),
                ziln.expected_value(frame),
                ziln.expected_value(frame, interval=0.9),
                ziln.value_quantiles(frame),
                ziln.simulate(frame),
                ziln.evaluate(frame),
                ziln.deciles(frame),
            ):
                assert type(result).__module__.split(".")[0] == name

    def test_the_index_passes_through(self, data, fitted):
        pandas = pytest.importorskip("pandas")
        frame = pandas.DataFrame(dict(data))
        frame.index = pandas.Index([f"c{i}" for i in range(800)][::-1], name="who")
        for result in (
            fitted.probability_of_value(frame),
            fitted.expected_value(frame),
            fitted.expected_value(frame, interval=0.9),
            fitted.value_quantiles(frame),
            fitted.simulate(frame),
        ):
            pandas.testing.assert_index_equal(result.index, frame.index)

    @pytest.mark.parametrize("name", FAMILIES[:3])
    def test_the_data_are_not_changed(self, data, name):
        frame, before = family(name, data), family(name, data)
        ziln = tn.ZILN().fit(frame)
        predictions(ziln, frame)
        ziln.evaluate(frame)
        ziln.deciles(frame)
        assert frame.equals(before)

    def test_any_layout_of_columns(self, data, fitted):
        wide = np.empty((800, 3))
        wide[:, 0] = data["first"]
        layouts = {
            "integers": data["first"].astype(np.int16),
            "unsigned": data["first"].astype(np.uint64),
            "strided": wide[:, 0],
            "backwards": data["first"][::-1].copy()[::-1],
            "other bytes": data["first"].astype(">f8"),
        }
        predicted = predictions(fitted, data)
        for what, first in layouts.items():
            columns = {**data, "first": first}
            assert numbers(tn.ZILN().fit(columns)) == numbers(fitted), what
            assert_same(predictions(fitted, columns), predicted)

    def test_chosen_covariates_leave_the_others(self, data):
        more = {"note": np.full(800, np.nan), **data}
        chosen = tn.ZILN().fit(more, covariates=["first", "shop"])
        assert numbers(chosen) == numbers(tn.ZILN().fit(data))
        # and they are found by name, wherever they stand
        turned = {name: data[name] for name in ("shop", "first")}
        np.testing.assert_array_equal(
            chosen.expected_value(turned), chosen.expected_value(data)
        )

    def test_the_order_of_customers_does_not_matter(self, data, fitted):
        order = np.random.default_rng(1).permutation(800)
        mixed = {name: values[order] for name, values in data.items()}
        ziln = tn.ZILN().fit(mixed)
        # sums of other orders
        assert ziln.params_ == pytest.approx(fitted.params_, rel=1e-6, abs=1e-9)
        np.testing.assert_array_equal(
            fitted.expected_value(mixed), fitted.expected_value(data)[order]
        )

    def test_weights_are_repeated_rows(self, data):
        counts = np.arange(800) % 3  # a third of the rows count for nobody
        some = {n: np.repeat(v, counts) for n, v in data.items()}
        one = tn.ZILN().fit(some)
        for given, weights in (
            (data, counts),
            (data, counts.tolist()),
            ({**data, "n": counts}, "n"),
        ):
            other = tn.ZILN().fit(given, weights=weights)
            assert other.n_customers_ == one.n_customers_ == len(some["value"])
            # where a search stops
            assert other.params_ == pytest.approx(one.params_, rel=1e-6)
            assert other.log_likelihood_ == pytest.approx(
                one.log_likelihood_, rel=1e-12
            )
            for name, error in one.standard_errors_.items():
                assert other.standard_errors_[name] == pytest.approx(error, rel=1e-6)
        # what the penalty measures coefficients against is of the same customers
        pulled = tn.ZILN(penalty=0.1).fit(data, weights=counts).params_
        assert pulled == pytest.approx(tn.ZILN(penalty=0.1).fit(some).params_, rel=1e-6)

    def test_more_customers_leave_what_is_drawn(self, data, fitted):
        some = {name: values[:100] for name, values in data.items()}
        np.testing.assert_array_equal(
            fitted.simulate(some, seed=7), fitted.simulate(data, seed=7)[:100]
        )

    def test_threads_change_no_bit(self):
        code = (
            "import hashlib, numpy as np, tenure as tn\n"
            "random = np.random.default_rng(1)\n"
            "x = random.normal(size=60_000)\n"
            "worth = np.exp(1 + 0.5 * x + random.normal(size=60_000))\n"
            "value = np.where(random.random(60_000) < 0.4, worth, 0.0)\n"
            "ziln = tn.ZILN().fit({'x': x, 'value': value})\n"
            "found = [list(ziln.params_.values()), ziln.covariance_.ravel()]\n"
            "found += [[ziln.log_likelihood_], ziln.expected_value({'x': x})]\n"
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
    @pytest.mark.parametrize("column", ["first", "value"])
    def test_missing_values(self, data, fitted, column):
        broken = {**data, column: data[column].copy()}
        broken[column][[7, 11]] = np.nan
        asks = [tn.ZILN().fit, fitted.evaluate, fitted.deciles, fitted.log_likelihood]
        if column == "first":
            asks += [fitted.expected_value, fitted.simulate]
        for ask in asks:
            with pytest.raises(DataError) as raised:
                ask(broken)
            error = raised.value
            assert (error.column, error.row, error.count) == (column, 7, 2)
            assert str(error).startswith(f"column `{column}` must ")
            assert "; row 7 has nan (2 rows in all)" in str(error).lower()

    def test_values_that_cannot_be(self, data, fitted):
        negative = {**data, "value": np.where(np.arange(800) == 5, -2.0, data["value"])}
        for ask in (tn.ZILN().fit, fitted.evaluate, fitted.log_likelihood):
            with pytest.raises(DataError) as raised:
                ask(negative)
            assert str(raised.value) == (
                "column `value` must be finite and at least 0; row 5 has -2.0"
            )

    def test_weights_that_cannot_be(self, data):
        for bad, said in ((-1.0, "-1.0"), (np.nan, "nan"), (np.inf, "inf")):
            weights = np.ones(800)
            weights[3] = bad
            for given, how, name in (
                (data, weights, "weights"),
                ({**data, "n": weights}, "n", "n"),
            ):
                with pytest.raises(DataError) as raised:
                    tn.ZILN().fit(given, weights=how)
                assert str(raised.value) == (
                    f"column `{name}` must be finite and at least 0; row 3 has {said}"
                )
        with pytest.raises(LengthError) as short:
            tn.ZILN().fit(data, weights=np.ones(3))
        assert str(short.value) == "column `weights` has 3 rows, but `value` has 800"

    def test_nobody(self, data):
        nobody = {"first": [], "value": []}
        with pytest.raises(EmptyDataError) as raised:
            tn.ZILN().fit(nobody)
        assert str(raised.value) == "there are no customers to fit ZILN to"
        with pytest.raises(EmptyDataError) as raised:
            tn.ZILN().fit(data, weights=np.zeros(800))
        assert str(raised.value) == "there are no customers to fit ZILN to"

    def test_predictions_for_nobody(self, fitted):
        nobody = {"first": [], "shop": np.array([], dtype=object), "value": []}
        assert len(fitted.expected_value(nobody)) == 0
        assert len(fitted.simulate(nobody)) == 0
        for ask in (fitted.evaluate, fitted.deciles):
            with pytest.raises(EmptyDataError, match="there are no customers"):
                ask(nobody)

    def test_a_column_that_is_not_there(self, data, fitted):
        for column in ("value", "first", "shop"):
            short = {name: v for name, v in data.items() if name != column}
            asks = [fitted.evaluate, fitted.deciles]
            asks += [tn.ZILN().fit if column == "value" else fitted.expected_value]
            for ask in asks:
                with pytest.raises(ColumnError, match=f"unknown column '{column}'"):
                    ask(short)
        with pytest.raises(ColumnError, match="unknown column 'height'"):
            tn.ZILN().fit(data, covariates=["height"])

    def test_columns_of_different_length(self, data):
        with pytest.raises(LengthError, match="has 799"):
            tn.ZILN().fit({**data, "value": data["value"][:-1]})

    def test_what_is_no_table(self, fitted):
        for wrong in (None, 3, "customers.csv", [1, 2, 3]):
            for ask in (tn.ZILN().fit, fitted.expected_value):
                with pytest.raises(TypeError):
                    ask(wrong)

    @pytest.mark.parametrize(
        ("ask", "text"),
        [
            (lambda m, d: m.expected_value(d, interval=1.0), "`interval` must lie"),
            (lambda m, d: m.value_quantiles(d, levels=[1.5]), "`levels` must lie"),
            (lambda m, d: m.deciles(d, level=0.0), "`level` must lie"),
            (
                lambda m, d: m.deciles(d, groups=0),
                "`groups` must be a whole number from 1 to the number of customers, 8",
            ),
            (lambda m, d: m.simulate(d, seed=-1), "`seed` must "),
            (lambda m, _: m.summary(2.0), "`level` must lie"),
        ],
    )
    def test_bad_questions(self, data, fitted, ask, text):
        with pytest.raises(ParameterError) as raised:
            ask(fitted, data)
        assert str(raised.value).startswith(text)
