"""What is sold, what more, what first, and to whom not: by hand."""

import numpy as np
import pandas as pd
import pytest
import statsmodels.api as sm
import tenure as tn
from scipy import stats
from shop import COLUMNS, SHOP
from tenure.exceptions import ColumnError, EmptyDataError, ParameterError

P = tn.products


class TestPopularity:
    def test_by_hand(self):
        """Tea: ann, bob (twice) and dan; 4 orders; units 1 + 2 + 1 + 1 = 5; 21 of 51.

        Cups: ann and cid; 9 + 18 - 9 = 18. Halves begin on 2024-01-31: the day in the
        middle of January 1 to March 1. Of 4 orders before, 2 hold tea; of 2 later, 2:
        a trend of (2/2)/(2/4) = 2.
        """
        found = P.popularity(SHOP, **COLUMNS)
        table = found.to_frame()
        assert table["product"].tolist() == ["tea", "cup", "fine"]
        assert table["buyers"].tolist() == [3, 2, 1]
        assert table["orders"].tolist() == [4, 2, 1]
        assert table["lines"].tolist() == [4, 2, 1]
        assert table["units"].tolist() == [5, 3, 2]
        assert table["revenue"].tolist() == [21, 18, 12]
        assert table["revenue_share"].sum() == pytest.approx(1)
        assert table["repeat_rate"].tolist() == pytest.approx([1 / 3, 0, 0])
        assert table["penetration"].tolist() == [0.75, 0.5, 0.25]
        assert found.middle == np.datetime64("2024-01-31")
        assert table["trend"].tolist() == pytest.approx(
            [2, np.nan, np.nan], nan_ok=True
        )

    def test_only_who_is_watched_long_enough_can_buy_again(self):
        """Bob's tea comes again after 26 days; dan's is of the last day."""
        table = P.popularity(SHOP, horizon=26).to_frame()
        assert table["observed"][0] == 2
        assert table["repeat_rate"][0] == 0.5
        assert P.popularity(SHOP, horizon=25).to_frame()["repeat_rate"][0] == 0

    def test_of_segments(self):
        found = P.popularity(SHOP, by="area", of="category", category="kind")
        table = found.to_frame()
        assert table["area"].tolist() == ["north", "north", "south", "south"]
        assert table["penetration"].tolist() == [1, 1, 0.5, 0.5]
        assert found.without_segment == 1

    def test_over_time(self):
        """January: 5 orders, 3 with tea; none in February; 1 of 1 in March."""
        table = P.popularity(SHOP, **COLUMNS).over_time()
        tea = table["product"] == "tea"
        assert table["period"][tea].astype(str).tolist() == [
            "2024-01-01",
            "2024-02-01",
            "2024-03-01",
        ]
        assert table["orders"][tea].tolist() == [3, 0, 1]
        assert table["all_orders"][tea].tolist() == [5, 0, 1]
        assert table["share"][tea] == pytest.approx([0.6, np.nan, 1], nan_ok=True)


class TestSoldMore:
    def test_cross_sell(self):
        """Of ann, bob and cid (dan is too recent) only ann buys something new.

        Orders within 30 days: ann 2, bob 2, cid 1 (giving back is no order); only
        ann's first has two products: 1/5. Breadth: (3 + 1 + 1)/3. Ann's first order
        was worth 13, the later 12; bob's 8 and 4: a change of (-1 - 4)/2.
        """
        found = P.cross_sell(SHOP, horizon=30, **COLUMNS)
        assert (found.eligible, found.too_recent, found.customers) == (3, 1, 1)
        table = {name: float(one[0]) for name, one in found.to_frame().items()}
        assert table["attach_rate"] == pytest.approx(1 / 5)
        assert table["breadth"] == pytest.approx(5 / 3)
        assert table["returned"] == 2
        assert table["first_value"] == pytest.approx(10.5)
        assert table["later_value"] == pytest.approx(8)
        assert table["value_change"] == pytest.approx(-2.5)
        assert found.added()["product"].tolist() == ["fine"]
        low, high = stats.binomtest(1, 3).proportion_ci(0.9, method="wilson")
        assert (found.low, found.high) == pytest.approx((low, high))

    def test_a_category_that_was_there_is_not_new(self):
        """Ann's fine tea is tea."""
        found = P.cross_sell(SHOP, horizon=30, definition="new_category", **COLUMNS)
        assert found.customers == 0

    def test_upsell(self):
        """A unit of fine tea costs 6, ann's first tea cost 4; bob pays 4 as before."""
        found = P.upsell(SHOP, horizon=30, **COLUMNS)
        assert found.rate == pytest.approx(1 / 3)
        assert str(found).startswith(
            "Upsell: 33.3 % of 3 customers traded up within a category within 30 days"
        )

    def test_of_segments(self):
        table = P.cross_sell(SHOP, horizon=30, by="area", **COLUMNS).to_frame()
        assert table["eligible"].tolist() == [1, 2]
        assert table["rate"].tolist() == [1, 0]

    def test_prices_must_be_known(self):
        with pytest.raises(ParameterError) as caught:
            P.upsell(SHOP, horizon=30, category="kind")
        assert str(caught.value) == (
            "`price` must be the name of a column here, got None\n\n"
            "Hint: say where it is: order_lines(data, price=...), or give amount= and "
            "quantity="
        )


class TestGateways:
    @pytest.fixture
    def rows(self):
        return tn.datasets.simulate_baskets(600, seed=6, family="pandas")

    def test_adjusted_as_a_regression_says(self, rows):
        """The coefficient beside dummies of months, with HC1 errors."""
        found = P.gateways(rows, horizon=200, order="order_id", amount="amount")
        rows = rows.assign(first=rows.groupby("customer_id")["date"].transform("min"))
        rows["age"] = (rows["date"] - rows["first"]).dt.days
        rows = rows[rows["first"] + pd.Timedelta(days=200) <= rows["date"].max()]
        begin = rows.groupby("customer_id")["order_id"].transform("min")
        is_first = rows["order_id"] == begin
        who = rows.groupby("customer_id")["first"].first().to_frame()
        later = rows[~is_first & (rows["age"] <= 200)]
        who["value"] = later.groupby("customer_id")["amount"].sum()
        who["value"] = who["value"].fillna(0.0)
        table = found.to_frame().set_index("product")
        assert found.eligible == len(who)
        for name in table.index[:3]:
            own = rows.loc[is_first & (rows["product"] == name), "customer_id"]
            x = pd.get_dummies(who["first"].dt.to_period("M"), dtype=float)
            x["own"] = who.index.isin(own).astype(float)
            fit = sm.OLS(who["value"], x).fit(cov_type="HC1")
            row = table.loc[name]
            assert row["customers"] == x["own"].sum()
            assert row["adjusted"] == pytest.approx(fit.params["own"])
            low, high = fit.conf_int(0.1).loc["own"]
            ends = row["adjusted_low"], row["adjusted_high"]
            assert ends == pytest.approx((low, high))
            assert row["p_value"] == pytest.approx(fit.pvalues["own"])
            one, two = (who["value"][x["own"] == at] for at in (1, 0))
            assert row["difference"] == pytest.approx(one.mean() - two.mean())

    def test_by_hand(self):
        """Within 30 days ann spends 12 later, bob 4, cid nothing: 16/3 each.

        Tea (ann, bob) 8 against 0 of cid; cup (ann, cid) 6 against 4.
        """
        found = P.gateways(SHOP, horizon=30, min_customers=1, **COLUMNS)
        table = found.to_frame()
        assert found.later_value == pytest.approx(16 / 3)
        assert found.one_and_done == pytest.approx(1 / 3)
        assert table["product"].tolist() == ["tea", "cup"]
        assert table["later_value"].tolist() == [8, 6]
        assert table["others_value"].tolist() == [0, 4]
        assert table["one_and_done"].tolist() == [0, 0.5]

    def test_a_text_is_one_attribute(self):
        options = {"horizon": 30, "min_customers": 1, **COLUMNS}
        one = P.gateways(SHOP, adjust="area", **options).to_frame()
        many = P.gateways(SHOP, adjust=["area"], **options).to_frame()
        for name, values in many.items():
            assert np.array_equal(one[name], values, equal_nan=values.dtype != object)

    def test_nobody_is_watched_for_so_long(self):
        with pytest.raises(EmptyDataError) as caught:
            P.gateways(SHOP, horizon=400, amount="amount")
        assert str(caught.value) == (
            "no customer is observed for 400 days after the first order\n\n"
            "Hint: choose a shorter horizon"
        )


class TestPenetration:
    def test_by_hand(self):
        """Of 3 customers with an area, 2 bought ware: 1 of 1 north, 1 of 2 south.

        Expected in the south 2 x 2/3 = 4/3: an index of 75, a gap of 1/3. A buyer of
        ware is worth (9 + 18 - 9)/2 = 9, so the gap is worth 3.
        """
        found = P.penetration(SHOP, by="area", **COLUMNS)
        table = found.to_frame()
        # as large as the gap of tea: ann and bob
        assert (table["area"][1], table["category"][1]) == ("south", "ware")
        assert table["expected"][1] == pytest.approx(4 / 3)
        assert table["index"][1] == pytest.approx(75)
        assert table["gap"][1] == pytest.approx(1 / 3)
        assert table["revenue_gap"][1] == pytest.approx(3)
        assert table["gap"].sum() == pytest.approx(0)
        assert (found.customers, found.without_segment) == (3, 1)

    def test_unknown_attribute(self):
        lines = P.order_lines(SHOP, attributes=["area"])
        with pytest.raises(ColumnError) as caught:
            P.penetration(lines, by="aera", of="product")
        assert str(caught.value) == (
            "unknown column 'aera'. Hint: did you mean 'area'?\n\nColumns: 'area'"
        )
