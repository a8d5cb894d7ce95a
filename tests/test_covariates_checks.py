"""Pictures and comparisons of models whose parameters depend on covariates."""

from __future__ import annotations

import numpy as np
import pandas as pd
import polars as pl
import pytest
import tenure as tn
from tenure.exceptions import ColumnError, DataError, ParameterError

pytest.importorskip("matplotlib")
from tenure import plotting

UNTIL = "1997-09-30"
BOTH = {"purchase_covariates": ["z"], "dropout_covariates": ["z"]}


@pytest.fixture(scope="module")
def split(log):
    return log.split(UNTIL, unit="week")


@pytest.fixture(scope="module")
def people(log):
    """What is known of the customers, in another order, with a stranger among them."""
    random = np.random.default_rng(3)
    ids = np.append(log.customers, log.customers.max() + 1)
    order = random.permutation(len(ids))
    return {
        "customer_id": ids[order],
        "z": random.normal(size=len(ids)).round(1),
        "channel": random.choice(["mail", "web"], len(ids)).astype(object),
    }


def with_coefficients(split, people, purchase, dropout):
    """Return the BG/NBD model of the split with coefficients that are held."""
    held = {"purchase.z": purchase, "dropout.z": dropout}
    return tn.BGNBD(**BOTH).fit(split.with_covariates(people), fixed=held)


class TestJoined:
    def test_rows_find_their_customers(self, split, people):
        joined = split.with_covariates(people)
        by_id = dict(zip(people["customer_id"].tolist(), people["z"], strict=True))
        expected = [by_id[one] for one in split.customer_id.tolist()]
        assert joined.covariates["z"].numbers().values.tolist() == expected
        assert list(joined.covariates) == ["z", "channel"]
        assert not split.covariates
        assert "ages in weeks; with z, channel; holdout to" in repr(joined)
        assert list(joined.columns) == list(split.columns)
        only = split.with_covariates(people, columns=["z"])
        assert list(only.covariates) == ["z"]

    @pytest.mark.parametrize("kind", ["pandas", "index", "polars", "categorical"])
    def test_families(self, split, people, kind):
        frame = pd.DataFrame(people)
        if kind == "index":
            frame = frame.set_index("customer_id")
        elif kind == "categorical":
            frame["channel"] = frame["channel"].astype("category")
        elif kind == "polars":
            frame = pl.from_pandas(frame)
        chosen = ["z", "channel"]
        one = tn.NBD(purchase_covariates=chosen).fit(split.with_covariates(people))
        other = tn.NBD(purchase_covariates=chosen).fit(split.with_covariates(frame))
        assert one.params_ == other.params_

    def test_fit_is_that_of_the_joined_frame(self, split, people):
        joined = split.with_covariates(people)
        frame = {n: np.array(split[n]) for n in ("frequency", "recency", "T")}
        frame["z"] = joined.covariates["z"].numbers().values
        one = tn.BGNBD(**BOTH).fit(joined)
        assert one.params_ == tn.BGNBD(**BOTH).fit(frame, unit="week").params_
        expected = one.expected_purchases(frame, horizon=39)
        assert one.expected_purchases(joined, horizon=39).tolist() == expected.tolist()

    def test_formula(self, split, people):
        pytest.importorskip("formulaic")
        joined = split.with_covariates(people)
        one = tn.NBD(purchase_covariates="z").fit(joined)
        two = tn.NBD(purchase_covariates="I(2 * z)").fit(joined)
        assert one.log_likelihood_ == pytest.approx(two.log_likelihood_, rel=1e-12)

    def test_strangers(self, split, people):
        few = {name: values[:5] for name, values in people.items()}
        with pytest.raises(DataError) as raised:
            split.with_covariates(few)
        known = set(few["customer_id"].tolist())
        first = next(i for i, c in enumerate(split.customer_id) if c not in known)
        count = sum(c not in known for c in split.customer_id.tolist())
        assert str(raised.value) == (
            "column `customer_id` must name every customer whose covariates are asked "
            f"for; row {first} has nobody called {split.customer_id[first]} "
            f"({count} rows in all)\n\nHint: a frame of covariates has one row for "
            "each customer of the log"
        )
        with pytest.raises(ColumnError, match="unknown column 'customer_id'"):
            split.with_covariates({"z": people["z"]})
        twice = {name: np.append(v, v[:1]) for name, v in people.items()}
        with pytest.raises(DataError, match="name each customer once"):
            split.with_covariates(twice)


class TestTracking:
    @pytest.mark.parametrize("period", ["week", "month"])
    def test_coefficients_of_0_change_nothing(self, log, split, people, period):
        plain = tn.BGNBD().fit(split)
        model = with_coefficients(split, people, 0.0, 0.0)
        options = {"split": split, "period": period}
        found = plotting.tracking(model, log, covariates=people, **options)
        wanted = plotting.tracking(plain, log, **options)
        for name, values in wanted.items():
            if values.dtype.kind == "f":
                # fits end within 1e-6 of a standard error of each other
                np.testing.assert_allclose(found[name], values, rtol=1e-6)
            else:
                assert (found[name] == values).all()

    def test_sum_over_customers(self, log, split, people):
        model = with_coefficients(split, people, 0.4, -0.3)
        joined = split.with_covariates(people)
        table = plotting.tracking(model, log, split=joined, period="quarter")
        z = joined.covariates["z"].numbers().values
        for place in (0, 2, len(table["period_end"]) - 1):
            end = str(table["period_end"][place].astype("datetime64[D]"))
            there = log.summary("week", as_of=end)
            place_of = {c: i for i, c in enumerate(split.customer_id.tolist())}
            total = 0.0
            for customer, age in zip(there.customer_id.tolist(), there.T, strict=True):
                own = {"z": [z[place_of[customer]]]}
                total += float(model.expected_purchases_new(age, covariates=own)[0])
            # the sum of 2357 numbers in another order
            assert table["expected_cumulative"][place] == pytest.approx(
                total, rel=1e-11
            )

    def test_where_they_come_from(self, log, split, people):
        model = with_coefficients(split, people, 0.4, -0.3)
        joined = split.with_covariates(people)
        one = plotting.tracking(model, log, split=joined)["expected"]
        two = plotting.tracking(model, log, split=UNTIL, covariates=people)["expected"]
        three = plotting.tracking(model, log, split=UNTIL, covariates=joined)
        assert one.tolist() == two.tolist() == three["expected"].tolist()
        with pytest.raises(ParameterError) as raised:
            plotting.tracking(model, log, split=split)
        assert str(raised.value) == (
            "`covariates` must hold those of the customers of the log: z, got None\n\n"
            "Hint: give a frame with a row for each customer and a column customer_id, "
            "or split.with_covariates(frame) as the split"
        )
        with pytest.raises(ParameterError, match="be left out: this NBD has none"):
            plotting.tracking(tn.NBD().fit(split), log, covariates=people)

    def test_attributes_of_the_log(self):
        orders = {
            "customer_id": ["a", "a", "b", "b", "c", "d", "d", "d"],
            "date": [
                f"2024-0{m}-{d}" for m, d in zip("12134145", [10] * 8, strict=True)
            ],
            "channel": ["web", "web", "mail", "mail", "web", "mail", "mail", "mail"],
        }
        log = tn.Transactions(orders, attributes=["channel"])
        joined = log.summary("week").with_covariates(log.attributes)
        model = tn.NBD(
            purchase_covariates=["channel"], covariate_penalty=0.1, penalty=1
        )
        model.fit(joined)
        found = plotting.tracking(model, log)
        wanted = plotting.tracking(model, log, covariates=log.attributes)
        assert found["expected"].tolist() == wanted["expected"].tolist()

    def test_picture(self, log, split, people):
        model = with_coefficients(split, people, 0.4, -0.3)
        joined = split.with_covariates(people)
        for cumulative in (True, False):
            ax = plotting.plot_tracking(model, log, split=joined, cumulative=cumulative)
            assert len(ax.get_lines()) == 2


class TestFrequency:
    def test_coefficients_of_0_change_nothing(self, split, people):
        model = with_coefficients(split, people, 0.0, 0.0)
        joined = split.with_covariates(people)
        found = plotting.frequency_histogram(model, joined)
        wanted = plotting.frequency_histogram(tn.BGNBD().fit(split), split)
        np.testing.assert_allclose(found["expected"], wanted["expected"], rtol=1e-6)
        assert found["actual"].tolist() == wanted["actual"].tolist()

    def test_sum_over_customers(self, split, people):
        model = with_coefficients(split, people, 0.4, -0.3)
        joined = split.with_covariates(people)
        z = joined.covariates["z"].numbers().values
        total = np.zeros(3)
        for age, own in zip(split.T, z, strict=True):
            total += model.purchase_probabilities_new(
                age, most=2, covariates={"z": [own]}
            )[0]
        found = plotting.frequency_histogram(model, joined)
        np.testing.assert_allclose(found["expected"][:3], total, rtol=1e-11)
        assert found["expected"].sum() == pytest.approx(len(split))
        with pytest.raises(ColumnError, match="is none of a summary"):
            plotting.frequency_histogram(model, split)

    def test_conditional_expectations(self, split, people):
        model = with_coefficients(split, people, 0.4, -0.3)
        joined = split.with_covariates(people)
        found = plotting.conditional_expectations(model, joined)
        each = model.expected_purchases(joined, horizon=split.holdout_duration)
        first = each[split.frequency == 0].mean()
        assert found["expected"][0] == pytest.approx(first, rel=1e-12)
        assert plotting.plot_frequency(model, joined).get_title("left")
        assert plotting.plot_conditional_expectations(model, joined).get_lines()


class TestOneCustomer:
    def test_map(self, split, people):
        model = with_coefficients(split, people, 0.4, -0.3)
        options = {"T": 39.0, "steps": 4, "most": 3}
        found = plotting.recency_frequency_map(model, covariates={"z": 0.7}, **options)
        cells = {n: found[n] for n in ("frequency", "recency")}
        rows = {**cells, "T": np.full(12, 39.0), "z": np.full(12, 0.7)}
        alive = model.probability_alive(rows)
        assert found["probability_alive"].tolist() == alive.tolist()
        ax = plotting.plot_recency_frequency(model, covariates={"z": 0.7}, **options)
        assert ax.get_images()
        with pytest.raises(ParameterError) as raised:
            plotting.recency_frequency_map(model, **options)
        assert str(raised.value) == (
            "`covariates` must say what is known of the customer: z, got None\n\n"
            "Hint: covariates={'z': ...}, one value each"
        )

    def test_history(self, log, split, people):
        model = with_coefficients(split, people, 0.4, -0.3)
        customer = log.customers[1]
        table = plotting.alive_history(
            model, log, customer, until=UNTIL, covariates={"z": 0.7}
        )
        place = int(np.flatnonzero(split.customer_id == customer)[0])
        row = {n: split[n][place : place + 1] for n in ("frequency", "recency", "T")}
        alive = model.probability_alive({**row, "z": [0.7]})
        assert table["probability_alive"][-1] == pytest.approx(alive[0], rel=1e-12)
        assert plotting.plot_alive_history(
            model, log, customer, until=UNTIL, covariates={"z": 0.7}
        ).get_lines()
        with pytest.raises(ParameterError, match="got nothing of z"):
            plotting.alive_history(model, log, customer, covariates={"y": 1})


class TestCompared:
    def test_with_a_holdout(self, log, split, people):
        joined = split.with_covariates(people)
        models = {"plain": tn.BGNBD(), "explained": tn.BGNBD(**BOTH)}
        found = tn.compare(log, models, holdout=joined)
        table = found.to_frame()
        assert np.isfinite(table["tracking"][:2]).all()
        row = list(table["model"]).index("explained")
        model = found["explained"]
        track = plotting.tracking(model, log, split=joined)
        held = track["holdout"] & track["complete"]
        actual = track["actual_cumulative"][held]
        error = np.abs(track["expected_cumulative"][held] - actual) / actual
        assert table["tracking"][row] == pytest.approx(error.mean(), rel=1e-12)
        for kind in ("calibration", "gains", "tracking"):
            assert found.plot(kind).get_lines()
        same = tn.compare(split, ["BGNBD"]).to_frame()["log_likelihood"][0]
        row = list(table["model"]).index("plain")
        assert table["log_likelihood"][row] == same

    def test_backtest(self, log, people):
        tests = tn.backtest(
            log,
            {"explained": tn.NBD(purchase_covariates=["z"]), "NBD": "NBD"},
            origins=2,
            horizon="13 weeks",
            covariates=people,
        )
        assert not tests.failed
        assert len(tests.tests) == 2
