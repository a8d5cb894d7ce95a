"""The plain formulas: their arithmetic, their factors, what they warn of."""
# ruff: noqa: ISC004, tables of messages

from __future__ import annotations

import numpy as np
import pytest
import tenure as tn
from tenure.exceptions import EmptyDataError, ParameterError

ORDERS = {
    "customer_id": ["ann", "ann", "ann", "bob", "cid"],
    "date": ["2023-01-01", "2023-07-02", "2024-01-01", "2023-07-02", "2024-01-01"],
    "amount": [10.0, 20.0, 30.0, 40.0, 50.0],
}
NOTE = (
    "the lifespan is the mean time from first to last purchase, which is cut off at "
    "2024-01-01 for customers who are still alive: the value is too low; pass a "
    "lifespan from a survival curve or a churn rate"
)


@pytest.fixture
def shop():
    return tn.Transactions(ORDERS, amount="amount")


class TestOrderValue:
    def test_product(self):
        value = tn.order_value_formula(
            average_order_value=50, frequency=4, lifespan=3, margin=0.2
        )
        assert value.value == pytest.approx(120.0)
        assert value.basis == "margin"
        assert value.unit == "year"
        assert value.factors == {
            "average_order_value": 50.0,
            "frequency": 4.0,
            "lifespan": 3.0,
            "margin": 0.2,
        }
        assert value.formula == "average order value x frequency x lifespan x margin"
        assert repr(value).splitlines() == [
            "120.00 margin a customer: average order value x frequency x lifespan x "
            "margin (time in years)",
            "                     factor",
            "average_order_value      50",
            "frequency                 4",
            "lifespan                  3",
            "margin                  0.2",
        ]

    def test_without_a_margin_it_is_revenue(self):
        value = tn.order_value_formula(
            average_order_value=12.5, frequency=0.5, lifespan=8, unit="month"
        )
        assert (value.value, value.basis, value.unit) == (50.0, "revenue", "month")
        assert value.note == ""


class TestAverageValue:
    def test_factors_of_a_log(self, shop):
        value = tn.average_value(shop, unit="day")
        exposure = 365 + 183 + 0
        assert value.factors == {
            "average_order_value": pytest.approx(30.0),
            "frequency": pytest.approx(5 / exposure),
            "lifespan": pytest.approx(365 / 3),
        }
        assert value.value == pytest.approx(30 * 5 / exposure * 365 / 3)
        assert value.note == NOTE
        assert repr(value).splitlines()[-1] == f"Note: {NOTE}"
        assert f"<p>Note: {NOTE}</p>" in value._repr_html_()

    def test_a_lifespan_that_is_known(self, shop):
        value = tn.average_value(shop, unit="day", lifespan=1000, margin=0.1)
        assert value.value == pytest.approx(30 * 5 / 548 * 1000 * 0.1)
        assert (value.basis, value.note) == ("margin", "")

    def test_the_unit_does_not_matter(self, shop):
        values = [
            tn.average_value(shop, unit=unit, lifespan=days / length).value
            for unit, length in (("day", 1.0), ("week", 7.0), ("hour", 1 / 24))
            for days in (1000.0,)
        ]
        np.testing.assert_allclose(values, values[0], rtol=1e-12)

    def test_a_later_date(self, shop):
        value = tn.average_value(shop, unit="day", as_of="2024-01-11")
        assert value.factors["frequency"] == pytest.approx(5 / (548 + 30))
        assert "cut off at 2024-01-11" in value.note

    def test_customers_of_the_last_day_alone(self):
        log = tn.Transactions(
            {"customer_id": [1], "date": ["2024-01-01"], "amount": [3.0]},
            amount="amount",
        )
        with pytest.raises(EmptyDataError) as raised:
            tn.average_value(log)
        assert str(raised.value) == (
            "every customer came on the last day observed: there is no frequency yet"
            "\n\nHint: a later `as_of` has one"
        )
        assert tn.average_value(log, as_of="2024-01-02").value == 0


class TestRetention:
    def test_it_is_the_sum_of_a_geometric_series(self):
        margin, retention, discount = 100.0, 0.8, 0.1
        periods = np.arange(1, 2000)
        survival = (retention / (1 + discount)) ** periods
        value = tn.retention_formula(
            margin=margin, retention=retention, discount_rate=discount
        )
        assert value.value == pytest.approx(margin * survival.sum(), rel=1e-12)
        first = tn.retention_formula(
            margin=margin,
            retention=retention,
            discount_rate=discount,
            first_period=True,
            unit="month",
        )
        assert first.value == pytest.approx(value.value + margin, rel=1e-12)
        assert first.unit == "month"
        assert value.note == "assumes one retention rate for all customers and for ever"
        assert value.formula == ("margin x retention / (1 + discount rate - retention)")

    def test_ends(self):
        never = tn.retention_formula(margin=100, retention=0, discount_rate=0.1)
        assert never.value == 0
        always = tn.retention_formula(margin=100, retention=1, discount_rate=0.1)
        assert always.value == pytest.approx(1000)


class TestHistoricValue:
    def test_columns(self, shop):
        table = tn.historic_value(shop, unit="day", margin=0.5)
        assert list(table) == [
            "customer_id",
            "purchases",
            "tenure",
            "value",
            "value_per_day",
        ]
        assert table["customer_id"].tolist() == ["ann", "bob", "cid"]
        np.testing.assert_array_equal(table["purchases"], [3, 1, 1])
        np.testing.assert_array_equal(table["tenure"], [365, 183, 0])
        np.testing.assert_array_equal(table["value"], [30, 20, 25])
        np.testing.assert_allclose(table["value_per_day"], [30 / 365, 20 / 183, np.nan])

    def test_total_is_what_was_bought(self, log, orders):
        table = tn.historic_value(log)
        assert table["value"].sum() == pytest.approx(orders["amount"].sum())
        assert "value_per_year" in table

    def test_refunds_come_off(self):
        log = tn.Transactions(
            {
                "customer_id": [1, 1, 2],
                "date": ["2024-01-01", "2024-01-05", "2024-01-03"],
                "amount": [10.0, -10.0, 5.0],
            },
            amount="amount",
        )
        np.testing.assert_array_equal(tn.historic_value(log)["value"], [0.0, 5.0])

    def test_pandas_index(self):
        pandas = pytest.importorskip("pandas")
        log = tn.Transactions(pandas.DataFrame(ORDERS), amount="amount")
        table = tn.historic_value(log)
        assert table.index.tolist() == ["ann", "bob", "cid"]
        assert table.index.name == "customer_id"


class TestErrors:
    @pytest.mark.parametrize(
        ("ask", "message"),
        [
            (
                lambda _: tn.order_value_formula(
                    average_order_value=-1, frequency=2, lifespan=3
                ),
                "`average_order_value` must be finite and at least 0, got -1",
            ),
            (
                lambda _: tn.order_value_formula(
                    average_order_value=1, frequency=np.nan, lifespan=3
                ),
                "`frequency` must be finite and at least 0, got nan",
            ),
            (
                lambda _: tn.order_value_formula(
                    average_order_value=1, frequency=1, lifespan=np.inf
                ),
                "`lifespan` must be finite and at least 0, got inf",
            ),
            (
                lambda _: tn.order_value_formula(
                    average_order_value=1, frequency=1, lifespan=1, unit="years"
                ),
                "`unit` must be one of hour, day, week, month, quarter, year, got "
                "'years'",
            ),
            (
                lambda _: tn.retention_formula(
                    margin=1, retention=1.1, discount_rate=0.1
                ),
                "`retention` must lie in [0, 1], got 1.1",
            ),
            (
                lambda _: tn.retention_formula(
                    margin=1, retention=0.5, discount_rate=-0.1
                ),
                "`discount_rate` must be finite and at least 0, got -0.1",
            ),
            (
                lambda _: tn.retention_formula(
                    margin=1, retention=1, discount_rate=0.0
                ),
                "`discount_rate` must be greater than 0 where everybody stays, got 0.0",
            ),
            (
                lambda log: tn.average_value(log, lifespan=-1),
                "`lifespan` must be finite and at least 0, got -1",
            ),
            (
                lambda log: tn.historic_value(log, margin=np.nan),
                "`margin` must be finite and at least 0, got nan",
            ),
        ],
    )
    def test_arguments(self, shop, ask, message):
        with pytest.raises(ParameterError) as raised:
            ask(shop)
        assert str(raised.value) == message

    @pytest.mark.parametrize("ask", [tn.average_value, tn.historic_value])
    def test_a_log_without_amounts(self, ask):
        log = tn.Transactions({"customer_id": [1], "date": ["2024-01-01"]})
        with pytest.raises(ParameterError) as raised:
            ask(log)
        assert str(raised.value) == (
            "`log` must have amounts, got a log without\n\nHint: Transactions(..., "
            "amount=...) names their column"
        )
