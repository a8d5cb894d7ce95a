"""Frames, words, errors and pictures of all functions about products."""

import math

import numpy as np
import pandas as pd
import polars as pl
import pytest
import tenure as tn
from matplotlib.figure import Figure
from shop import COLUMNS, SHOP
from tenure.exceptions import ColumnError, DataError, EmptyDataError, ParameterError

P = tn.products

CALLS = {
    "affinity": lambda data: P.affinity(data, min_count=1),
    "popularity": lambda data: P.popularity(data, horizon=30, **COLUMNS),
    "cross_sell": lambda data: P.cross_sell(data, horizon=30, **COLUMNS),
    "gateways": lambda data: P.gateways(data, horizon=30, min_customers=1, **COLUMNS),
    "penetration": lambda data: P.penetration(data, by="area", **COLUMNS),
    "recommend": lambda data: P.recommend(data, min_count=1),
    "timeline": lambda data: P.customer_timeline(data, **COLUMNS),
    "rules": lambda data: P.rules(data, min_count=1),
}


@pytest.mark.parametrize("name", CALLS)
def test_frames_of_any_family_say_the_same(name):
    plain = CALLS[name](SHOP).to_frame()
    of_pandas = CALLS[name](pd.DataFrame(SHOP)).to_frame()
    of_polars = CALLS[name](pl.DataFrame(SHOP)).to_frame()
    assert isinstance(plain, dict)
    assert isinstance(of_pandas, pd.DataFrame)
    assert isinstance(of_polars, pl.DataFrame)
    assert list(plain) == list(of_pandas) == of_polars.columns
    for column, values in plain.items():
        for other in (of_pandas[column].tolist(), of_polars[column].to_list()):
            for one, two in zip(values.tolist(), other, strict=True):
                if isinstance(one, float):
                    same = two is None or (math.isnan(one) and math.isnan(two))
                    assert same or one == two
                else:
                    assert str(one)[:10] == str(two)[:10]


@pytest.mark.parametrize("name", CALLS)
def test_results_have_words_and_html(name):
    found = CALLS[name](SHOP)
    assert len(repr(found).splitlines()) > 1
    assert "<table" in found._repr_html_()


HORIZON = "`horizon` must be given for unit='next order', and for no other, got "


class TestBadInput:
    @pytest.mark.parametrize(
        ("options", "message"),
        [
            (
                {"unit": "day"},
                "`unit` must be 'basket', 'customer' or 'next order', got 'day'",
            ),
            (
                {"unit": "next order"},
                HORIZON + "None",
            ),
            (
                {"horizon": 30},
                HORIZON + "30",
            ),
            (
                {"min_count": 0},
                "`min_count` must be a whole number of at least 1, got 0",
            ),
            (
                {"max_basket": 1},
                "`max_basket` must be a whole number of at least 2, got 1",
            ),
            ({"min_support": 2}, "`min_support` must lie between 0 and 1, got 2"),
            (
                {"min_count": "2"},
                "`min_count` must be a whole number of at least 1, got '2'",
            ),
            (
                {"min_count": math.inf},
                "`min_count` must be a whole number of at least 1, got inf",
            ),
            (
                {"min_support": "a"},
                "`min_support` must lie between 0 and 1, got 'a'",
            ),
            (
                {"test": "g"},
                "`test` must be 'fisher', 'chi-square' or None, got 'g'",
            ),
        ],
    )
    def test_limits_of_affinity(self, options, message):
        with pytest.raises(ParameterError) as caught:
            P.affinity(SHOP, **options)
        assert str(caught.value) == message

    def test_an_amount_that_is_none(self):
        rows = SHOP | {"amount": [4.0, np.nan, 1.0, 1.0, 1.0, 1.0, np.inf, 1.0]}
        with pytest.raises(DataError) as caught:
            P.popularity(rows, amount="amount")
        assert str(caught.value).startswith(
            "column `amount` must be a finite number; row 1 has "
        )
        assert "(2 rows in all)" in str(caught.value)

    def test_nothing_was_bought(self):
        rows = {"customer_id": [1], "date": ["2024-01-01"], "product": ["a"], "m": [-1]}
        with pytest.raises(EmptyDataError) as caught:
            P.order_lines(rows, amount="m")
        assert str(caught.value) == "nothing was bought in these rows"

    def test_categories_must_be_known(self):
        with pytest.raises(ParameterError) as caught:
            P.penetration(SHOP, by="area")
        assert str(caught.value) == (
            "`category` must say which category a product is of, got None\n\n"
            "Hint: give a column, or a mapping from products: order_lines(data, "
            "category=...)"
        )

    def test_limits_of_rules(self):
        for options, message in (
            ({"min_confidence": "a"}, "lie between 0 and 1, got 'a'"),
            ({"unit": "next order"}, "be 'basket' or 'customer', got 'next order'"),
            ({"max_items": 0}, "be a whole number of at least 1, got 0"),
        ):
            with pytest.raises(ParameterError) as caught:
                P.rules(SHOP, **options)
            assert str(caught.value) == f"`{next(iter(options))}` must {message}"

    def test_a_log_without_products(self):
        log = tn.Transactions(SHOP, amount="amount")
        with pytest.raises(ColumnError) as caught:
            P.affinity(log)
        assert str(caught.value) == (
            "column `product` is not in this log\n\n"
            "Hint: group it with product=..., the name of a column"
        )

    def test_what_is_left_out_is_counted(self):
        rows = {
            "customer_id": [1, None, 1, 1, 2],
            "date": ["2024-01-02", "2024-01-01", None, "2024-02-01", "2024-01-01"],
            "product": ["a", "a", "a", "a", None],
        }
        lines = P.order_lines(pl.DataFrame(rows), as_of="2024-01-31")
        assert {why: n for why, n in lines.left_out.items() if n} == {
            "without a customer": 1,
            "without a time": 1,
            "after the last day": 1,
            "without a product (count for the value of orders)": 1,
        }


class TestPictures:
    @pytest.fixture
    def ax(self):
        return Figure().subplots()

    def test_popularity(self, ax):
        found = P.popularity(SHOP, **COLUMNS)
        assert found.plot(ax=ax) is ax
        assert [bar.get_width() for bar in ax.patches] == [0.75, 0.5, 0.25]
        places = [bar.get_y() + bar.get_height() / 2 for bar in ax.patches]
        assert places == pytest.approx(ax.get_yticks())
        names = [one.get_text() for one in ax.get_yticklabels()]
        assert names == ["tea", "cup", "fine"]

    def test_affinity(self, ax):
        rows = {"basket": [1, 1, 2, 2, 3, 4], "product": list("ababbc")}
        found = P.affinity(rows, basket="basket", min_count=1)
        assert found.plot("count", ax=ax) is ax
        assert [text.get_text() for text in ax.texts[:2]] == ["2", "2"]
        labels = [text.get_text() for text in ax.get_xticklabels()]
        assert labels == found.matrix("count")["product"].tolist()
        cells = np.ma.filled(ax.images[0].get_array(), np.nan)
        wide = np.column_stack([found.matrix("count")[name] for name in labels])
        assert np.array_equal(cells, wide, equal_nan=True)

    def test_gateways(self, ax):
        rows = tn.datasets.simulate_baskets(400, seed=6, family="numpy")
        found = P.gateways(rows, horizon=200, order="order_id", amount="amount")
        assert found.plot(most=5, ax=ax) is ax
        table = found.to_frame()
        assert ax.lines[0].get_xdata().tolist() == table["adjusted"][:5].tolist()
        ends = [one[:, 0].tolist() for one in ax.collections[0].get_segments()]
        low, high = (table[f"adjusted_{end}"][:5] for end in ("low", "high"))
        assert ends == [list(pair) for pair in zip(low, high, strict=True)]

    def test_gateways_keep_words_apart(self):
        rows = tn.datasets.simulate_baskets(400, seed=6, family="numpy")
        found = P.gateways(rows, horizon=200, order="order_id", amount="amount")
        ax = found.plot()
        ax.figure.draw_without_rendering()
        words = ax._left_title, ax.texts[-1]
        title, remark = (one.get_window_extent() for one in words)
        assert not title.overlaps(remark)

    def test_timeline(self, ax):
        found = P.customer_timeline(SHOP, ["ann", "bob"])
        assert found.plot(ax=ax) is ax
        assert ax.lines[0].get_ydata().tolist() == [1, 1, 1, 0, 0]
        # the light centres: all of ann's, and bob's first
        assert ax.lines[1].get_ydata().tolist() == [1, 1, 1, 0]
