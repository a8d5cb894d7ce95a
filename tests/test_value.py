"""Lifetime value: sums by hand, units, margins, intervals, totals."""
# ruff: noqa: ISC004, tables of messages

from __future__ import annotations

import numpy as np
import pytest
import tenure as tn
from tenure.exceptions import (
    ConvergenceWarning,
    EstimateWarning,
    NotFittedError,
    ParameterError,
)

YEAR = 365.25 / 7


@pytest.fixture(scope="module")
def models(buying, spend, summary):
    return buying, spend, summary


class TestByHand:
    def test_value(self, models):
        buying, spend, summary = models
        value = tn.lifetime_value(buying, spend, summary, horizon="12 months")
        discounted = buying.discounted_purchases(summary, horizon=YEAR)
        np.testing.assert_allclose(
            value["discounted_purchases"], discounted, rtol=1e-14
        )
        np.testing.assert_array_equal(value["expected_spend"], spend.expected_spend())
        np.testing.assert_allclose(
            value["expected_purchases"],
            buying.expected_purchases(horizon=YEAR),
            rtol=1e-14,
        )
        by_hand = discounted * spend.expected_spend()
        np.testing.assert_allclose(value["value"], by_hand, rtol=1e-14)
        assert value.total == pytest.approx(by_hand.sum(), rel=1e-13)
        assert (value.basis, value.time_unit) == ("revenue", "week")
        assert value.horizon == pytest.approx(YEAR)
        assert value.interval is None
        assert value.total_interval is None
        assert len(value) == 2357

    def test_margin_and_costs(self, models):
        buying, spend, summary = models
        margin = np.linspace(0.1, 0.5, 2357)
        value = tn.lifetime_value(
            buying,
            spend,
            summary,
            horizon=YEAR,
            margin=margin,
            cost_per_order=2.5,
            acquisition_cost=4.0,
        )
        by_hand = (
            buying.discounted_purchases(horizon=YEAR)
            * (margin * spend.expected_spend() - 2.5)
            - 4.0
        )
        np.testing.assert_allclose(value["value"], by_hand, rtol=1e-12, atol=1e-12)
        assert value.basis == "margin"

    def test_one_value_for_every_purchase(self, models):
        buying, _, summary = models
        value = tn.lifetime_value(buying, 35.0, summary, horizon=YEAR)
        by_hand = 35.0 * buying.discounted_purchases(horizon=YEAR)
        np.testing.assert_allclose(value["value"], by_hand, rtol=1e-14)

    def test_without_discount(self, models):
        buying, spend, summary = models
        value = tn.lifetime_value(
            buying, spend, summary, horizon=YEAR, discount_rate=0.0
        )
        by_hand = buying.expected_purchases(horizon=YEAR) * spend.expected_spend()
        np.testing.assert_allclose(value["value"], by_hand, rtol=1e-13)

    def test_all_time_to_come(self, models):
        buying, spend, summary = models
        value = tn.lifetime_value(buying, spend, summary, horizon=None)
        assert "expected_purchases" not in value.columns
        assert value.horizon == np.inf
        long = tn.lifetime_value(buying, spend, summary, horizon="500 years")
        np.testing.assert_allclose(value["value"], long["value"], rtol=1e-12)
        short = tn.lifetime_value(buying, spend, summary, horizon="5 years")
        assert (short["value"] < value["value"]).all()

    def test_published_worked_example(self, buying):
        """Doubling the periods and discounting (the identities of lifetimes' tests)."""
        month = {"horizon": 1.0, "per": 1.0, "compounding": 1.0}
        one = tn.lifetime_value(buying, 1.0, discount_rate=0.0, **month)
        half = tn.lifetime_value(buying, 1.0, discount_rate=1.0, **month)
        np.testing.assert_allclose(half["value"], one["value"] / 2, rtol=1e-13)
        two = {**month, "horizon": 2.0}
        quarter = tn.lifetime_value(buying, 1.0, discount_rate=1.0, **two)
        plain = tn.lifetime_value(buying, 1.0, discount_rate=0.0, **two)
        second = plain["value"] - one["value"]
        np.testing.assert_allclose(
            quarter["value"], one["value"] / 2 + second / 4, rtol=1e-12
        )


class TestUnits:
    def test_days_weeks_dollars_cents(self, log, orders):
        """The same customers, in other units of time and money: the same values."""
        cents = {**orders, "amount": orders["amount"] * 100}
        values = {}
        for name, data in (("dollars", log), ("cents", cents)):
            purchases = (
                data if name == "dollars" else tn.Transactions(data, amount="amount")
            )
            for unit in ("day", "week"):
                summary = purchases.summary(unit=unit, as_of="1997-09-30")
                values[name, unit] = tn.lifetime_value(
                    tn.BGNBD().fit(summary),
                    tn.GammaGamma().fit(summary),
                    horizon="12 months",
                    compounding="month",
                    interval=0.9,
                )
        reference = values["dollars", "week"]
        for (money, _), value in values.items():
            rate = 100.0 if money == "cents" else 1.0
            np.testing.assert_allclose(
                value["value"], reference["value"] * rate, rtol=1e-9
            )
            for name in ("std_error", "lower", "upper"):
                np.testing.assert_allclose(
                    value[name], reference[name] * rate, rtol=1e-7, err_msg=name
                )
            assert value.total == pytest.approx(reference.total * rate, rel=1e-9)

    def test_a_rate_is_a_year_s_unless_it_is_said(self, models):
        buying, spend, summary = models
        yearly = tn.lifetime_value(buying, spend, summary, horizon=YEAR)
        monthly = tn.lifetime_value(
            buying,
            spend,
            summary,
            horizon=YEAR,
            discount_rate=1.1 ** (1 / 12) - 1,
            per="month",
        )
        np.testing.assert_allclose(yearly["value"], monthly["value"], rtol=1e-12)


class TestIntervals:
    @pytest.fixture
    def value(self, models):
        return tn.lifetime_value(*models, horizon=YEAR, margin=0.3, interval=0.9)

    def test_standard_errors(self, models, value):
        """Buying and spend apart: the variance of a product, by differences."""
        buying, spend, summary = models

        def gradients(model, at):
            theta = np.array(list(model.params_.values()))
            columns = []
            for j in range(len(theta)):
                step = np.zeros(len(theta))
                step[j] = 1e-3 * theta[j]
                far, near = (
                    at(theta + k * step) - at(theta - k * step) for k in (2, 1)
                )
                columns.append((8 * near - far) / (12 * step[j]))
            return np.column_stack(columns)

        def with_buying(theta):
            names = dict(zip(buying.params_, theta, strict=True))
            model = tn.BGNBD.from_params(**names, unit="week")
            return tn.lifetime_value(model, spend, summary, horizon=YEAR, margin=0.3)[
                "value"
            ]

        def with_spend(theta):
            names = dict(zip(spend.params_, theta, strict=True))
            model = tn.GammaGamma.from_params(**names)
            return tn.lifetime_value(buying, model, summary, horizon=YEAR, margin=0.3)[
                "value"
            ]

        one = gradients(buying, with_buying)
        other = gradients(spend, with_spend)
        variance = np.einsum("ij,jk,ik->i", one, buying.covariance_, one)
        variance += np.einsum("ij,jk,ik->i", other, spend.covariance_, other)
        np.testing.assert_allclose(value["std_error"], np.sqrt(variance), rtol=1e-6)
        total = one.sum(0) @ buying.covariance_ @ one.sum(0) + other.sum(
            0
        ) @ spend.covariance_ @ other.sum(0)
        reach = 1.6448536269514722 * np.sqrt(total)
        assert value.total_interval == pytest.approx(
            (value.total - reach, value.total + reach), rel=1e-6
        )

    def test_ends(self, value):
        assert (value["lower"] > 0).all()
        assert (value["lower"] < value["value"]).all()
        assert (value["value"] < value["upper"]).all()
        factor = np.exp(1.6448536269514722 * value["std_error"] / value["value"])
        np.testing.assert_allclose(value["upper"], value["value"] * factor)
        np.testing.assert_allclose(value["lower"], value["value"] / factor)
        # what customers share makes the total no surer than its parts
        lower, upper = value.total_interval
        assert upper - lower > 0.5 * (value["upper"] - value["lower"]).sum()

    @pytest.mark.parametrize(
        "terms", [{"acquisition_cost": 5.0}, {"cost_per_order": 20.0}, {"margin": -0.1}]
    )
    def test_values_below_zero_have_plain_intervals(self, models, terms):
        value = tn.lifetime_value(*models, horizon=YEAR, interval=0.9, **terms)
        assert (value["value"] < 0).any()
        reach = 1.6448536269514722 * value["std_error"]
        np.testing.assert_allclose(value["upper"], value["value"] + reach)
        np.testing.assert_allclose(value["lower"], value["value"] - reach)
        assert (value["std_error"] > 0).all()

    def test_known_spend(self, models):
        """A given amount adds no uncertainty."""
        buying, _, summary = models
        value = tn.lifetime_value(buying, 35.0, summary, horizon=YEAR, interval=0.9)
        errors = buying.discounted_purchases(horizon=YEAR, interval=0.9)["std_error"]
        np.testing.assert_allclose(value["std_error"], 35 * errors, rtol=1e-12)

    def test_intervals_need_covariances(self, models):
        buying, spend, summary = models
        for one, other in (
            (tn.BGNBD.from_params(**buying.params_, unit="week"), spend),
            (buying, tn.GammaGamma.from_params(**spend.params_)),
        ):
            with pytest.raises(ParameterError, match="has no standard errors"):
                tn.lifetime_value(one, other, summary, horizon=YEAR, interval=0.9)


class TestNewCustomers:
    def test_by_hand(self, models):
        buying, spend, _ = models
        value = tn.lifetime_value_new(buying, spend, horizon="1 year", margin=0.3)
        repeat = buying.discounted_purchases_new("1 year")
        mean = spend.expected_spend_new()
        assert value.total == pytest.approx(0.3 * (1 + repeat) * mean, rel=1e-13)
        assert len(value) == 1
        repeats = tn.lifetime_value_new(
            buying, spend, horizon="1 year", margin=0.3, first_purchase=False
        )
        assert repeats.total == pytest.approx(0.3 * repeat * mean, rel=1e-13)
        cost = tn.lifetime_value_new(
            buying, spend, horizon="1 year", cost_per_order=5.0, acquisition_cost=20.0
        )
        assert cost.total == pytest.approx((1 + repeat) * (mean - 5) - 20, rel=1e-13)

    def test_interval(self, models):
        buying, spend, _ = models
        value = tn.lifetime_value_new(buying, spend, horizon=None, interval=0.9)
        assert value["lower"][0] < value.total < value["upper"][0]
        assert value.total_interval[0] < value.total < value.total_interval[1]
        repeat = buying.discounted_purchases_new(interval=0.9)
        bought = spend.expected_spend_new(interval=0.9)
        variance = (bought["expected_spend"] * repeat["std_error"]) ** 2
        variance += ((1 + repeat["discounted_purchases"]) * bought["std_error"]) ** 2
        assert value["std_error"][0] == pytest.approx(np.sqrt(variance), rel=1e-12)


class TestMeansThatDoNotExist:
    @pytest.fixture
    def wild(self):
        return tn.GammaGamma.from_params(
            p=6.0, q=0.8, gamma=15.0, covariance=np.eye(3) * 0.01
        )

    def test_infinite_values(self, buying, wild, customers):
        with pytest.warns(EstimateWarning):
            value = tn.lifetime_value(
                buying, wild, customers, horizon=YEAR, interval=0.9
            )
        never = customers["frequency"] == 0
        assert np.isinf(value["value"]).tolist() == never.tolist()
        assert value.total == np.inf
        assert value.total_interval is None
        assert np.isnan(value["std_error"][never]).all()
        for name in ("std_error", "lower", "upper"):
            assert np.isfinite(value[name][~never]).all()
        assert "of 8 customers over the next 52.18 weeks: inf" in repr(value)

    def test_no_purchases_are_worth_nothing(self, buying, wild, customers):
        with pytest.warns(EstimateWarning):
            value = tn.lifetime_value(buying, wild, customers, horizon=0)
        np.testing.assert_array_equal(value["value"], 0.0)


class TestDisplay:
    def test_headlines(self, models):
        buying, spend, summary = models
        value = tn.lifetime_value(
            buying, spend, summary, horizon="12 months", margin=0.3, interval=0.9
        )
        first, header, *rows = repr(value).splitlines()
        assert first == (
            "Lifetime value (margin) of 2,357 customers over the next 52.18 weeks: "
            "21,808.11 (90 % interval 19,936.66 to 23,679.57)"
        )
        assert header.split() == ["mean", "median", "max"]
        assert [row.split()[0] for row in rows] == list(value.columns)
        assert "<table>" in value._repr_html_()
        forever = tn.lifetime_value(buying, spend, summary, horizon=None)
        assert "over all time to come" in repr(forever)
        own = tn.lifetime_value(buying, spend, summary, horizon=np.full(2357, 9.0))
        assert "over a horizon of their own" in repr(own)
        assert np.isnan(own.horizon)
        new = tn.lifetime_value_new(buying, spend, horizon="1 year")
        assert "of one customer over" in repr(new)

    def test_nobody(self, models):
        buying, spend, _ = models
        nobody = {name: [] for name in ("frequency", "recency", "T", "monetary_value")}
        value = tn.lifetime_value(buying, spend, nobody, horizon=1.0)
        assert value.total == 0
        assert "of 0 customers" in repr(value)

    def test_frames_keep_their_family_and_index(self, models):
        pandas = pytest.importorskip("pandas")
        buying, spend, _ = models
        frame = pandas.DataFrame(
            {
                "frequency": [0, 2],
                "recency": [0.0, 30.43],
                "T": [38.86, 38.86],
                "monetary_value": [0.0, 22.35],
            },
            index=["ann", "bob"],
        )
        value = tn.lifetime_value(buying, spend, frame, horizon=YEAR, interval=0.9)
        table = value.to_frame()
        assert list(table.index) == ["ann", "bob"]
        assert list(table.columns) == [
            "expected_purchases",
            "discounted_purchases",
            "expected_spend",
            "value",
            "std_error",
            "lower",
            "upper",
        ]
        np.testing.assert_array_equal(table["value"], value["value"])


class TestErrors:
    @pytest.mark.parametrize(
        ("terms", "message"),
        [
            ({"margin": np.nan}, "`margin` must be finite, got a value that is not"),
            ({"margin": [0.1, 0.2]},
             "`margin` must be one number, or one for each of 2,357 customers, got an "
             "array of shape (2,)"),
            ({"margin": [[0.1]]},
             "`margin` must be one number, or one for each of 2,357 customers, got an "
             "array of shape (1, 1)"),
            ({"cost_per_order": np.nan},
             "`cost_per_order` must be a finite number, got nan"),
            ({"acquisition_cost": np.inf},
             "`acquisition_cost` must be a finite number, got inf"),
            ({"acquisition_cost": "5"},
             "`acquisition_cost` must be a finite number, got '5'"),
            ({"horizon": -1}, "`horizon` must be at least 0, got -1"),
            ({"horizon": "soon"},
             "`horizon` must be a number with a unit of time, such as '12 months', got "
             "'soon'"),
            ({"discount_rate": -0.1},
             "`discount_rate` must be finite and at least 0, got -0.1"),
            ({"horizon": None, "discount_rate": 0.0},
             "`discount_rate` must be greater than 0 for an infinite horizon, got 0"),
            ({"interval": 95}, "`interval` must lie between 0 and 1, got 95"),
            ({"compounding": "fortnight"},
             "`compounding` must be one of hour, day, week, month, quarter, year, got "
             "'fortnight'"),
        ],
    )  # fmt: skip
    def test_terms(self, models, terms, message):
        with pytest.raises(ParameterError) as raised:
            tn.lifetime_value(*models, **{"horizon": YEAR, **terms})
        assert str(raised.value) == message

    def test_what_is_no_model(self, buying, spend, summary):
        of_buying = "`buying` must be a model of repeat buying, such as BGNBD, got "
        of_spend = "`spend` must be a GammaGamma model or a finite number, got "
        for one, other, message in (
            (spend, spend, f"{of_buying}a GammaGamma"),
            (0.5, spend, f"{of_buying}0.5"),
            (buying, buying, f"{of_spend}a BGNBD"),
            (buying, "35", f"{of_spend}'35'"),
            (buying, np.inf, f"{of_spend}inf"),
        ):
            with pytest.raises(ParameterError) as raised:
                tn.lifetime_value(one, other, summary, horizon=YEAR)
            assert str(raised.value) == message

    def test_unfitted(self, buying, spend, summary):
        for one, other in ((tn.BGNBD(), spend), (buying, tn.GammaGamma())):
            with pytest.raises(NotFittedError):
                tn.lifetime_value(one, other, summary, horizon=YEAR)

    def test_other_customers(self, rounded):
        """Spend is never given to the wrong customer."""
        buying = tn.BGNBD().fit(rounded, unit="week")
        backwards = {name: values[::-1] for name, values in rounded.items()}
        some = {name: values[:99] for name, values in rounded.items()}
        expected = "`spend` must be fitted to the 2,357 customers of `buying`, got "
        hint = "\n\nHint: pass the customers as `data`"
        for data, found in (
            (backwards, "customers who bought at other frequencies"),
            (some, "99 customers"),
        ):
            spend = tn.GammaGamma().fit(data)
            with pytest.raises(ParameterError) as raised:
                tn.lifetime_value(buying, spend, horizon=YEAR)
            assert str(raised.value) == expected + found + hint
            total = tn.lifetime_value(buying, spend, rounded, horizon=YEAR).total
            assert np.isfinite(total)

    def test_other_ids(self, summary, buying):
        """Customers who bought as often but are others."""
        names = {name: np.array(v) for name, v in summary.columns.items()}
        names["customer_id"] = names["customer_id"] + 1
        other = tn.Summary.from_frame(names, unit="week")
        with pytest.raises(ParameterError, match="got customers with other ids"):
            tn.lifetime_value(buying, tn.GammaGamma().fit(other), horizon=YEAR)

    def test_order_of_customers(self, models):
        """Any order of rows: each customer keeps their value."""
        buying, spend, summary = models
        value = tn.lifetime_value(buying, spend, summary, horizon=YEAR)
        order = np.random.default_rng(8).permutation(2357)
        shuffled = {name: values[order] for name, values in summary.columns.items()}
        other = tn.lifetime_value(buying, spend, shuffled, horizon=YEAR)
        np.testing.assert_array_equal(other["value"], value["value"][order])


ONE_YEAR = {"horizon": 52.0, "discount_rate": 0.1, "per": 52.0, "margin": 0.3}


class TestBootstrap:
    def test_it_is_as_wide_as_the_delta_method(self, buying, spend, summary):
        pair = buying.bootstrap(200, seed=1), spend.bootstrap(250, seed=1)
        one = tn.lifetime_value(
            buying, spend, summary, interval=0.9, bootstrap=pair, **ONE_YEAR
        )
        delta = tn.lifetime_value(buying, spend, summary, interval=0.9, **ONE_YEAR)
        np.testing.assert_array_equal(one.columns["value"], delta.columns["value"])
        assert one.total == delta.total
        assert one.interval == 0.9
        errors = [found.columns["std_error"].sum() for found in (one, delta)]
        # CDNOW's customers are not quite as the models say: the spread of estimates
        # between draws of them is another one, by a fifth or so
        assert errors[0] == pytest.approx(errors[1], rel=0.3)
        widths = [np.diff(found.total_interval)[0] for found in (one, delta)]
        assert widths[0] == pytest.approx(widths[1], rel=0.35)
        assert (one.columns["lower"] <= one.columns["upper"]).all()
        assert "90 % interval" in repr(one)

    def test_percentiles_of_every_replicate_by_hand(self, buying, summary):
        """With one value for all purchases: times what each replicate expects."""
        drawn = buying.bootstrap(30, seed=4)
        rows = zip(*drawn.parameters.values(), strict=True)
        models = [
            tn.BGNBD.from_params(
                **dict(zip(drawn.parameters, row, strict=True)), unit="week"
            )
            for row in rows
        ]
        how = {"horizon": 52.0, "discount_rate": 0.1, "per": 52.0}
        each = [6.0 * model.discounted_purchases(summary, **how) for model in models]
        found = tn.lifetime_value(
            buying, 20.0, summary, interval=0.8, bootstrap=drawn, **ONE_YEAR
        )
        ends = np.quantile(each, [0.1, 0.9], axis=0)
        assert found.columns["lower"] == pytest.approx(ends[0], rel=1e-10)
        assert found.columns["upper"] == pytest.approx(ends[1], rel=1e-10)
        totals = np.quantile(np.sum(each, axis=1), [0.1, 0.9])
        assert found.total_interval == pytest.approx(tuple(totals), rel=1e-10)
        new = tn.lifetime_value_new(
            buying, 20.0, interval=0.8, bootstrap=drawn, **ONE_YEAR
        )
        each = [6.0 * (1 + model.discounted_purchases_new(**how)) for model in models]
        ends = np.quantile(each, [0.1, 0.9])
        assert new.columns["lower"][0] == pytest.approx(ends[0], rel=1e-10)
        assert new.columns["upper"][0] == pytest.approx(ends[1], rel=1e-10)

    def test_where_there_are_no_standard_errors(self, spend, summary):
        """GGompertz/NBD on CDNOW ends at a boundary: the bootstrap needs none."""
        with pytest.warns(ConvergenceWarning, match="does not seem to grow"):
            model = tn.GGompertzNBD().fit(summary)
        text = (
            "`interval` must be left out or come with a bootstrap: this GGompertzNBD "
            "has no standard errors, got a level\n\n"
            f"Hint: {model.result_.message}; bootstrap="
        )
        for ask, instead in (
            (
                lambda: tn.lifetime_value(
                    model, spend, summary, interval=0.9, **ONE_YEAR
                ),
                "(buying.bootstrap(), spend.bootstrap())",
            ),
            (
                lambda: tn.lifetime_value_new(model, 35.0, interval=0.9, **ONE_YEAR),
                "buying.bootstrap()",
            ),
        ):
            with pytest.raises(ParameterError) as raised:
                ask()
            assert str(raised.value) == f"{text}{instead} needs no standard errors"
        pair = model.bootstrap(12, seed=1), spend.bootstrap(12, seed=1)
        found = tn.lifetime_value(
            model, spend, summary, interval=0.9, bootstrap=pair, **ONE_YEAR
        )
        assert found.total_interval[0] < found.total < found.total_interval[1]

    def test_bad_input(self, buying, spend, summary):
        drawn = buying.bootstrap(3)

        def ask(worth, bootstrap, interval=0.9):
            return tn.lifetime_value(
                buying,
                worth,
                summary,
                interval=interval,
                bootstrap=bootstrap,
                **ONE_YEAR,
            )

        with pytest.raises(ParameterError, match="be a level where a bootstrap"):
            ask(20.0, drawn, interval=None)
        with pytest.raises(ParameterError, match="be two: that of `buying` and"):
            ask(spend, drawn)
        with pytest.raises(ParameterError, match="be that of `buying`, got"):
            ask(20.0, (drawn, drawn))
        with pytest.raises(ParameterError, match="be that of this GammaGamma"):
            ask(spend, (drawn, drawn))
