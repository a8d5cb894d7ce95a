"""What if: closed forms, parameters that move, shares that add up, errors."""

import itertools

import numpy as np
import pandas as pd
import polars as pl
import pytest
import tenure as tn
from hypothesis import given, settings
from hypothesis import strategies as st
from tenure.economics._moved import with_retention
from tenure.exceptions import ColumnError, DataError, ParameterError

LEVELS = {"order_value": 100.0, "cac": 200.0, "discount_rate": 0.10}


def message(kind, work):
    with pytest.raises(kind) as caught:
        work()
    return str(caught.value)


def discounted(curve, rate):
    """Return the sum of a curve of payments at 0, 1, 2, ..., discounted."""
    return sum(share / (1 + rate) ** age for age, share in enumerate(curve))


class TestRates:
    def test_the_closed_form(self):
        # m (1 + d) / (1 + d - r): 100 * 1.1 / 0.3 = 366.67, and 1.1 / 0.25 * 100 = 440
        found = tn.what_if(0.80, retention="+5pp", at=LEVELS, unit="year")
        assert found.before == pytest.approx(110 / 0.3 - 200, rel=1e-14)
        assert found.after == pytest.approx(240.0, rel=1e-14)
        formula = tn.retention_formula(
            margin=100, retention=0.85, discount_rate=0.1, first_period=True
        )
        assert found.after + 200 == pytest.approx(formula.value, rel=1e-14)

    @pytest.mark.parametrize(
        ("asked", "level"),
        [("+5pp", 0.85), ("x1.05", 0.84), ("=0.9", 0.9), ("churn x0.95", 0.81)],
    )
    def test_the_two_readings_and_others(self, asked, level):
        found = tn.what_if(0.80, retention=asked, at=LEVELS, unit="year")
        assert found.waterfall()["level_after"][1] == pytest.approx(level, rel=1e-14)
        assert found.after == pytest.approx(110 / (1.1 - level) - 200, rel=1e-12)

    def test_a_horizon(self):
        found = tn.what_if(
            0.5, margin="x2", at=LEVELS | {"margin": 0.4}, unit="year", horizon=3
        )
        expected = 40 * discounted([1, 0.5, 0.25], 0.1)
        assert found.before == pytest.approx(expected - 200, rel=1e-14)
        months = tn.what_if(
            0.5, margin="x2", at=LEVELS, unit="month", horizon="3 months"
        )
        rate = 1.1 ** (1 / 12) - 1
        assert months.before + 200 == pytest.approx(
            100 * discounted([1, 0.5, 0.25], rate), rel=1e-12
        )

    def test_elasticities(self):
        r, d = 0.8, 0.1
        found = tn.what_if(r, retention="+1pp", at=LEVELS, unit="year").elasticities()
        by_lever = dict(zip(found["lever"], found["elasticity"], strict=True))
        # numerical slopes are good to about 1e-9
        assert by_lever["retention"] == pytest.approx(r / (1 + d - r), rel=1e-8)
        assert by_lever["order_value"] == pytest.approx(1.0, rel=1e-8)
        # d ln [(1 + d) / (1 + d - r)] / d ln d
        slope = d * (1 / (1 + d) - 1 / (1 + d - r))
        assert by_lever["discount_rate"] == pytest.approx(slope, rel=1e-7)
        net = dict(zip(found["lever"], found["net"], strict=True))
        value = 110 / 0.3
        assert net["cac"] == pytest.approx(-200 / (value - 200), rel=1e-12)
        assert net["margin"] == pytest.approx(value / (value - 200), rel=1e-8)

    def test_totals_and_segments(self):
        frame = {
            "segment": ["loyal", "others"],
            "customers": [100, 300],
            "retention": [0.9, 0.6],
            "order_value": [50.0, 20.0],
        }
        found = tn.what_if(frame, retention="+5pp", at={"discount_rate": 0.1})
        rows = found.by_segment()
        expected = [50 * 1.1 * (1 / 0.15 - 1 / 0.2), 20 * 1.1 * (1 / 0.45 - 1 / 0.5)]
        assert rows["change"] == pytest.approx(expected, rel=1e-12)
        total = 100 * expected[0] + 300 * expected[1]
        assert found.total_change == pytest.approx(total, rel=1e-12)
        assert rows["total_change"].sum() == pytest.approx(
            found.total_change, abs=0.005
        )
        for kind in (pd.DataFrame, pl.DataFrame):
            same = tn.what_if(kind(frame), retention="+5pp")
            assert same.change == found.change
            assert isinstance(same.by_segment(), kind)

    def test_a_mapping_of_models(self):
        models = {
            "regular": tn.SBG.from_params(alpha=0.704, beta=1.182),
            "high end": tn.SBG.from_params(alpha=0.668, beta=3.806),
        }
        assert message(
            ParameterError,
            lambda: tn.what_if(models, margin="x1.1", at={"order_value": 10}),
        ) == (
            "`customers` must be known of every segment, and not all be 0, got [nan, "
            "nan]\n\nHint: give fitted models, or a frame with a column of customers"
        )
        found = tn.what_if(
            models, retention="+5pp", at={"order_value": 10}, customers=50
        )
        assert found.customers == 100
        apart = [
            tn.what_if(one, retention="+5pp", at={"order_value": 10}).change
            for one in models.values()
        ]
        assert found.change == pytest.approx(np.mean(apart), rel=1e-12)

    def test_coverage(self):
        """90 % intervals of the change, for a rate seen in 400 customers."""
        rng = np.random.default_rng(5)
        held, runs, n, r = 0, 1000, 400, 0.7
        at = {"order_value": 10.0, "discount_rate": 0.1}
        truth = 11 / (1.1 - r - 0.05) - 11 / (1.1 - r)
        for kept in rng.binomial(n, r, runs):
            found = tn.what_if(kept / n, retention="+5pp", at=at, observed=n, level=0.9)
            held += found.low <= truth <= found.high
        assert 0.87 <= held / runs <= 0.93


class TestCurves:
    CURVE = (1.0, 0.8, 0.7, 0.65)

    def test_each_age_moves(self):
        at = {"order_value": 20.0, "margin": 0.5, "discount_rate": 0.0}
        rates = [0.8, 0.7 / 0.8, 0.65 / 0.7]
        for asked, moved in (
            ("+5pp", [r + 0.05 for r in rates]),
            ("x1.02", [r * 1.02 for r in rates]),
            ("churn x0.95", [1 - (1 - r) * 0.95 for r in rates]),
        ):
            found = tn.what_if(self.CURVE, retention=asked, at=at, unit="month")
            kept = np.cumprod([1.0, *moved])
            assert found.after == pytest.approx(10 * kept.sum(), rel=1e-14)
            assert found.before == pytest.approx(10 * sum(self.CURVE), rel=1e-14)

    def test_rates_stay_within_one(self):
        found = tn.what_if(
            self.CURVE, retention="+15pp", at={"order_value": 1.0, "discount_rate": 0}
        )
        # 0.95, then 1.025 and 1.079, which are 1
        assert found.after == pytest.approx(1 + 3 * 0.95, rel=1e-14)
        assert "2 of 3 reach 100 % and stay there" in found.notes[0]

    def test_the_error_of_a_curve(self):
        at = {"order_value": 1.0, "discount_rate": 0.0}
        few = tn.what_if(self.CURVE, retention="+1pp", at=at, observed=100)
        many = tn.what_if(self.CURVE, retention="+1pp", at=at, observed=10_000)
        # a hundred times as many customers: a tenth of the error
        assert (few.high - few.low) == pytest.approx(
            10 * (many.high - many.low), rel=1e-6
        )

    def test_bad_curves(self):
        for curve in ([0.9, 0.8], [1.0, 0.5, 0.6], [1.0], [1.0, np.nan]):
            with pytest.raises(ParameterError, match="1 at first, never rising"):
                tn.what_if(curve, retention="+5pp", at={"order_value": 1.0})
        assert message(
            ParameterError,
            lambda: tn.what_if(self.CURVE, retention="=0.9", at={"order_value": 1.0}),
        ).startswith("`retention` must change the rates of a curve, which are not one")


class TestModels:
    def test_sbg_by_hand(self):
        """alpha + beta stays, beta / (alpha + beta) rises by what was asked."""
        a, b = 0.668, 3.806
        model = tn.SBG.from_params(alpha=a, beta=b, unit="year")
        at = {"order_value": 10.0, "discount_rate": 0.1}
        found = tn.what_if(model, retention="+5pp", at=at, horizon="30 years")

        def curve(alpha, beta):
            kept = [1.0]
            for t in range(1, 30):
                kept.append(kept[-1] * (beta + t - 1) / (alpha + beta + t - 1))
            return kept

        first = b / (a + b) + 0.05
        moved = curve((1 - first) * (a + b), first * (a + b))
        assert found.before == pytest.approx(
            10 * discounted(curve(a, b), 0.1), rel=1e-10
        )
        assert found.after == pytest.approx(10 * discounted(moved, 0.1), rel=1e-10)
        assert found.notes[0] == (
            "retention: retention at the first renewal: alpha and beta, their sum held"
        )

    @pytest.mark.parametrize(
        "model",
        [
            tn.SBG.from_params(alpha=0.7, beta=1.2, one_and_done=0.1),
            tn.BdW.from_params(alpha=0.7, beta=1.2, c=1.3),
            tn.Geometric.from_params(theta=0.3, never_leaving=0.2),
            tn.DiscreteWeibull.from_params(theta=0.3, c=0.8),
            tn.ExponentialGamma.from_params(r=1.2, alpha=4.0),
            tn.WeibullGamma.from_params(r=1.2, alpha=4.0, c=0.9),
        ],
        ids=lambda model: type(model).__name__,
    )
    def test_a_renewal_changes_by_what_was_asked(self, model):
        before = float(model.survival([1])["survival"][0])
        moved = with_retention(model, model.params_, before + 0.03)
        after = type(model).from_params(**moved).survival([1])["survival"][0]
        assert after == pytest.approx(before + 0.03, rel=1e-12)
        found = tn.what_if(model, retention="+3pp", at={"order_value": 1.0}, horizon=12)
        assert found.waterfall()["level_before"][1] == pytest.approx(before, rel=1e-12)
        assert found.change > 0

    def test_buying_by_hand(self):
        known = {"r": 0.243, "alpha": 4.414, "a": 0.793, "b": 2.426}
        model = tn.BGNBD.from_params(**known, unit="week")
        found = tn.what_if(
            (model, 35.0),
            retention="+5pp",
            frequency="x1.2",
            at={"margin": 0.3, "cac": 12.0, "discount_rate": 0.0},
            horizon="1 year",
        )
        stay = 2.426 / 3.219 + 0.05
        moved = tn.BGNBD.from_params(
            r=0.243,
            alpha=4.414 / 1.2,
            a=(1 - stay) * 3.219,
            b=stay * 3.219,
            unit="week",
        )
        year = 365.25 / 7
        for value, one in ((found.before, model), (found.after, moved)):
            orders = 1 + one.expected_purchases_new(year)
            assert value == pytest.approx(0.3 * 35 * orders - 12, rel=1e-10)
        assert found.notes[0] == (
            "retention: the mean chance of staying after a purchase: a and b, their "
            "sum held"
        )
        assert found.notes[1] == (
            "frequency: the mean rate of buying while alive: alpha, r held"
        )

    @pytest.mark.parametrize(
        ("kind", "params", "retention"),
        [
            (tn.ParetoNBD, {"r": 0.5, "alpha": 10, "s": 0.6, "beta": 11}, True),
            (
                tn.GGompertzNBD,
                {"r": 0.5, "alpha": 10, "b": 0.02, "s": 0.6, "beta": 0.2},
                True,
            ),
            (tn.PDO, {"r": 0.5, "alpha": 10, "a": 0.3, "b": 3, "tau": 4}, True),
            (
                tn.BGBB,
                {"alpha": 1.2, "beta": 0.75, "gamma": 0.66, "delta": 2.78},
                True,
            ),
            (tn.MBGNBD, {"r": 0.5, "alpha": 6, "a": 0.9, "b": 1.6}, True),
            (tn.BGCNBD, {"r": 0.5, "alpha": 6, "a": 0.9, "b": 1.6, "k": 2}, True),
            (tn.NBD, {"r": 0.5, "alpha": 10}, False),
        ],
        ids=lambda value: getattr(value, "__name__", ""),
    )
    def test_each_model_of_buying(self, kind, params, retention):
        model = kind.from_params(**params, unit="week")
        at = {"discount_rate": 0.0}
        found = tn.what_if((model, 10.0), frequency="x1.1", at=at, horizon=20)
        assert found.change > 0
        if not retention:
            assert message(
                ParameterError,
                lambda: tn.what_if((model, 10.0), retention="+1pp", horizon=20),
            ) == (
                "`retention` must stay within what NBD can have, between 0 and 1, got "
                "nan"
            )
            elasticities = found.elasticities()
            assert "retention" not in elasticities["lever"].tolist()
            return
        moved = tn.what_if((model, 10.0), retention="+1pp", at=at, horizon=20)
        assert moved.change > 0

    def test_intervals_of_fitted_models(self):
        log = tn.Transactions(tn.datasets.load_cdnow(family="numpy"), amount="amount")
        summary = log.summary(unit="week", as_of="1997-09-30")
        buying, spend = tn.BGNBD().fit(summary), tn.GammaGamma().fit(summary)
        settings = {"at": {"margin": 0.3}, "horizon": "1 year", "level": 0.9}
        found = tn.what_if((buying, spend), retention="+5pp", **settings)
        assert found.customers == 2357
        assert found.low < found.change < found.high
        value = tn.lifetime_value_new(
            buying, spend, horizon="1 year", margin=0.3, discount_rate=0.1
        )
        assert found.before == pytest.approx(value.total, rel=1e-10)
        # the parameters' slopes are those of an order's value alone
        price = tn.what_if((buying, 35.0), order_value="+1", **settings)
        one = buying.discounted_purchases_new("1 year", discount_rate=0.1, interval=0.9)
        error = one["std_error"] * 0.3
        assert (price.high - price.low) / 2 == pytest.approx(
            1.6448536269514722 * error, rel=1e-5
        )

    def test_a_bootstrap(self):
        data = tn.datasets.load_sbg_survival(family="numpy")
        seen = tn.Renewals.from_survivors(
            {"age": data["year"][:8], "survivors": data["regular"][:8] * 10}
        )
        model = tn.SBG().fit(seen)
        at = {"order_value": 10.0}
        draws = model.bootstrap(100, seed=1)
        one = tn.what_if(model, retention="+5pp", at=at, bootstrap=draws)
        other = tn.what_if(model, retention="+5pp", at=at)
        # 100 draws, a skew estimate: the two agree roughly
        assert one.low == pytest.approx(other.low, rel=0.1)
        assert one.high == pytest.approx(other.high, rel=0.1)


class TestShares:
    @given(
        st.floats(0.2, 0.9),
        st.floats(0.9, 1.1),
        st.floats(-20, 20),
        st.floats(-0.2, 0.3),
        st.floats(-30, 30),
    )
    @settings(max_examples=40, deadline=None)
    def test_they_add_up(self, rate, times, price, share, cac):
        found = tn.what_if(
            rate,
            retention=f"x{times:.6f}",
            order_value=f"{price:+.4f}",
            margin=f"{100 * share:+.4f}pp",
            cac=f"{cac:+.4f}",
            at=LEVELS | {"margin": 0.4},
            unit="year",
            customers=1000,
        )
        table = found.waterfall()
        for name in ("sequential", "shapley"):
            parts = table[name]
            # to the cent, for a thousand customers
            assert 1000 * parts[:-1].sum() == pytest.approx(1000 * parts[-1], abs=0.005)
        assert found.total_change == pytest.approx(
            found.total_after - found.total_before, abs=0.005
        )

    def test_shapley_by_all_orders(self):
        changes = {"retention": "+5pp", "order_value": "x1.1", "margin": "+3pp"}
        at = {"order_value": 50.0, "margin": 0.3}
        shares = dict.fromkeys(changes, 0.0)
        orders = list(itertools.permutations(changes))
        for order in orders:
            table = tn.what_if(0.7, **changes, at=at, order=order).waterfall()
            assert table["step"].tolist() == ["before", *order, "after"]
            for lever, part in zip(
                table["step"][1:-1], table["sequential"][1:-1], strict=True
            ):
                shares[lever] += part / len(orders)
        found = tn.what_if(0.7, **changes, at=at).waterfall()
        for lever, part in zip(
            found["step"][1:-1], found["shapley"][1:-1], strict=True
        ):
            assert part == pytest.approx(shares[lever], rel=1e-12)

    def test_the_tornado(self):
        found = tn.what_if(
            0.8, retention="+5pp", order_value="x1.1", cac="=150", at=LEVELS
        ).tornado()
        assert found["lever"].tolist() == ["retention", "cac", "order_value"]
        base = 110 / 0.3
        assert found["alone"] == pytest.approx([440 - base, 50.0, base / 10], rel=1e-12)
        assert found["reversed"][0] == pytest.approx(110 / 0.35 - base, rel=1e-12)
        assert np.isnan(found["reversed"][1])  # what was set has no other way
        assert found["reversed"][2] == pytest.approx(base / 1.1 - base, rel=1e-12)

    def test_what_cannot_be_reversed(self):
        found = tn.what_if(0.98, retention="-5pp", at={"order_value": 1.0})
        assert np.isnan(found.tornado()["reversed"]).all()  # 1.03 cannot be


class TestErrors:
    def test_per_cent_can_mean_two_things(self):
        for text in ("+5%", "5 %"):
            assert message(
                ParameterError, lambda text=text: tn.what_if(0.8, retention=text)
            ) == (
                f"`retention` must say which of two things it means, got {text!r}\n\n"
                "Hint: '+5pp' adds points of per cent (0.8 becomes 0.85), 'x1.05' "
                "multiplies (0.8 becomes 0.84)"
            )
        assert message(ParameterError, lambda: tn.what_if(0.8, margin="-2%")) == (
            "`margin` must say which of two things it means, got '-2%'\n\nHint: '-2pp' "
            "adds points of per cent (0.3 becomes 0.28), 'x0.98' multiplies (0.3 "
            "becomes 0.294)"
        )
        assert message(ParameterError, lambda: tn.what_if(0.8, cac="+5%")) == (
            "`cac` must be a factor or an amount, got '+5%'\n\nHint: 'x1.05' "
            "multiplies, '+5' adds an amount; per cent are taken nowhere, since of a "
            "rate they can mean two things"
        )

    def test_numbers_alone(self):
        assert message(ParameterError, lambda: tn.what_if(0.8, retention=0.05)) == (
            "`retention` must be a text such as '+5pp', 'x1.05', '=0.85' or 'churn "
            "x0.95', got 0.05\n\nHint: a number alone does not say whether it adds, "
            "multiplies or sets"
        )
        assert message(ParameterError, lambda: tn.what_if(0.8, order_value="5pp")) == (
            "`order_value` must be a text such as 'x1.05', '+3' or '=40', got '5pp'"
        )

    def test_what_cannot_be(self):
        assert message(
            ParameterError,
            lambda: tn.what_if(0.98, retention="+5pp", at={"order_value": 1.0}),
        ) == ("`retention` must stay between 0 and 1, got 1.03")
        assert message(
            ParameterError,
            lambda: tn.what_if(
                0.9, retention="=1", at={"order_value": 1.0, "discount_rate": 0.0}
            ),
        ) == (
            "`horizon` must be given where everybody stays and nothing is discounted, "
            "got None"
        )
        model = tn.SBG.from_params(alpha=0.5, beta=4.5)
        assert message(
            ParameterError,
            lambda: tn.what_if(model, retention="+10pp", at={"order_value": 1.0}),
        ) == ("`retention` must stay within what SBG can have, between 0 and 1, got 1")

    def test_subjects_and_levels(self):
        assert message(ParameterError, lambda: tn.what_if(0.8, at=LEVELS)) == (
            "`retention` must be changed, or one of frequency, order_value, margin, "
            "cac, discount_rate, got no change"
        )
        assert message(ParameterError, lambda: tn.what_if(0.8, margin="x2")) == (
            "`at` must have an order_value: the money of an order or a payment, got {}"
        )
        assert message(
            ParameterError, lambda: tn.what_if(0.8, margin="x2", at={"price": 3})
        ) == (
            "`at` must have levels of frequency, order_value, margin, cac, "
            "discount_rate, got 'price'"
        )
        assert message(
            ParameterError, lambda: tn.what_if(1.8, margin="x2", at=LEVELS)
        ) == ("`subject` must be a retention in [0, 1], got 1.8")
        with pytest.raises(ParameterError, match="a rate or curve of retention"):
            tn.what_if("high", margin="x2", at=LEVELS)
        frame = {"customers": [1, 2], "retention": [0.5, 1.5], "order_value": [1.0] * 2}
        assert message(DataError, lambda: tn.what_if(frame, margin="x2")) == (
            "column `retention` must lie in [0, 1]; row 1 has 1.5"
        )
        with pytest.raises(ColumnError, match="unknown column 'customers'"):
            tn.what_if({"retention": [0.5], "order_value": [1.0]}, margin="x2")
