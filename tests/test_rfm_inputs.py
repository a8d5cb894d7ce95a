"""Recency, frequency and money from a log or a table: every choice, every refusal."""

from __future__ import annotations

import datetime as dt

import numpy as np
import pandas as pd
import polars as pl
import pytest
import tenure as tn
from tenure.exceptions import (
    ColumnError,
    DataError,
    EmptyDataError,
    NotFittedError,
    ParameterError,
)

ORDERS = {
    "customer_id": ["ann", "ann", "ann", "ann", "bob", "bob", "eve", "eve", "kim"],
    "date": [
        *["2024-01-05", "2024-01-05", "2024-02-10", "2024-03-01"],
        *["2024-01-20", "2024-02-20"],
        *["2023-06-01", "2023-06-01"],
        "2024-03-31",
    ],
    "amount": [10.10, 20.20, 30.0, -5.0, 7.0, -7.0, 1.0, 2.0, 100.0],
    "order": ["o1", "o2", "o3", "o3", "o4", "o4", "o5", "o5", "o6"],
    "product": ["pen", "ink", "pen", "pen", "ink", "ink", "pen", "cap", "cap"],
    "shop": ["north", "north", "north", "north", "south", "south", None, None, "south"],
}
COLUMNS = {"amount": "amount", "order": "order", "product": "product"}


def read(orders=None, options=None, fit=None, **settings):
    """The table of a fit, by customer."""
    settings = {"segment_map": None, **settings}
    log = tn.Transactions(orders or ORDERS, **(options or COLUMNS))
    frame = tn.RFM(**settings).fit(log, **(fit or {})).table()
    names = frame["customer_id"].tolist()
    return {
        name: {column: values[place] for column, values in frame.items()}
        for place, name in enumerate(names)
    }


def column(found, name):
    return {customer: float(row[name]) for customer, row in found.items()}


# -- recency ---------------------------------------------------------------------------


def test_recency_counts_days_to_the_date():
    assert column(read(), "recency_days") == {
        "ann": 50,
        "bob": 71,
        "eve": 304,
        "kim": 0,
    }
    later = read(fit={"as_of": "2024-04-10"})
    assert column(later, "recency_days") == {
        "ann": 60,
        "bob": 81,
        "eve": 314,
        "kim": 10,
    }
    same = read(fit={"as_of": dt.date(2024, 4, 10)})
    assert column(same, "recency_days") == column(later, "recency_days")


def test_the_date_is_recorded_and_may_not_cut_off_the_log_unasked():
    log = tn.Transactions(ORDERS, **COLUMNS)
    assert str(tn.RFM().fit(log).as_of_) == "2024-03-31"
    with pytest.raises(ParameterError) as caught:
        tn.RFM().fit(log, as_of="2024-02-29")
    assert str(caught.value) == (
        "`as_of` must not lie before the last event, on 2024-03-31, unless "
        "truncate=True, got 2024-02-29"
    )
    found = read(fit={"as_of": "2024-02-29", "truncate": True})
    assert column(found, "recency_days") == {"ann": 19, "bob": 40, "eve": 273}
    # the refund of March is not known yet in February
    assert column(found, "monetary")["ann"] == pytest.approx(60.30)


# -- frequency -------------------------------------------------------------------------


def test_frequency_counts_what_it_is_told_to():
    # two orders of ann's on one day; a refund is no order
    orders = {"ann": 3, "bob": 1, "eve": 1, "kim": 1}
    days = {"ann": 2, "bob": 1, "eve": 1, "kim": 1}
    assert column(read(), "frequency") == orders
    assert column(read(frequency="orders"), "frequency") == orders
    assert column(read(frequency="days"), "frequency") == days
    assert column(read(frequency="purchases"), "frequency") == days
    by_order = {**COLUMNS, "merge": "order"}
    assert column(read(options=by_order), "frequency") == orders
    assert column(read(options=by_order, frequency="days"), "frequency") == days
    without = {"amount": "amount"}
    assert column(read(options=without), "frequency") == days
    every_row = {"amount": "amount", "merge": None}
    assert column(read(options=every_row, frequency="days"), "frequency") == days
    assert column(read(options=every_row, frequency="purchases"), "frequency") == {
        "ann": 3,
        "bob": 1,
        "eve": 2,
        "kim": 1,
    }


def test_the_result_says_what_frequency_counts():
    def said(**options):
        return tn.RFM().fit(tn.Transactions(ORDERS, **options)).frequency_counts_

    assert said(**COLUMNS) == "orders"
    assert said(amount="amount") == "days"
    assert said(amount="amount", merge="month") == "months"
    log = tn.Transactions(ORDERS, **COLUMNS)
    assert "frequency in orders" in repr(tn.RFM().fit(log))
    monthly = tn.Transactions(ORDERS, amount="amount", merge="month")
    with pytest.raises(ParameterError) as caught:
        tn.RFM(frequency="days").fit(monthly)
    assert str(caught.value) == (
        "`frequency` must be left out for a log merged by month, which has no "
        "days, got "
        "'days'\n\nHint: merge the log by day"
    )
    with pytest.raises(ParameterError) as caught:
        tn.RFM(frequency="orders").fit(tn.Transactions(ORDERS, amount="amount"))
    assert str(caught.value) == (
        "`data` must be a log with a column of orders for frequency='orders', got one "
        "without\n\nHint: Transactions(..., order=...) reads it"
    )


# -- money -----------------------------------------------------------------------------


def test_money_is_net_and_keeps_its_cents():
    money = column(read(), "monetary")
    assert money == pytest.approx({"ann": 55.30, "bob": 0.0, "eve": 3.0, "kim": 100.0})
    mean = column(read(monetary="mean"), "monetary")
    assert mean == pytest.approx({"ann": 55.30 / 3, "bob": 0, "eve": 3.0, "kim": 100})
    by_day = column(read(monetary="mean", frequency="days"), "monetary")
    assert by_day["ann"] == pytest.approx(55.30 / 2)
    dropped = {**COLUMNS, "refunds": "drop"}
    assert column(read(options=dropped), "monetary")["ann"] == pytest.approx(60.30)


def test_money_may_be_margin():
    share = column(read(monetary="margin", margin=0.5), "monetary")
    assert share["ann"] == pytest.approx(27.65)
    shares = {"pen": 0.5, "ink": 0.1, "cap": 0.9}
    found = column(read(monetary="margin", margin=shares), "monetary")
    # 10.10 pen, 20.20 ink, 30.00 pen; the refund of 5 takes its part of all
    assert found["ann"] == pytest.approx((5.05 + 2.02 + 15) * 55.30 / 60.30)
    assert found["eve"] == pytest.approx(0.5 + 1.8)
    assert found["bob"] == 0
    with pytest.raises(ParameterError) as caught:
        read(monetary="margin", margin={"pen": 0.5, "ink": 0.1})
    assert str(caught.value) == (
        "`margin` must hold a share for each product, got none for 'cap'"
    )
    with pytest.raises(ParameterError) as caught:
        read(monetary="margin")
    assert str(caught.value) == (
        "`margin` must be given where monetary='margin', got None\n\n"
        "Hint: a share of revenue such as 0.35, or one for each product"
    )
    with pytest.raises(ParameterError, match="`margin` must be finite, got nan"):
        read(monetary="margin", margin=float("nan"))


def test_a_log_without_amounts_has_no_money():
    log = tn.Transactions(ORDERS)
    with pytest.raises(ParameterError) as caught:
        tn.RFM().fit(log)
    assert str(caught.value) == (
        "`dimensions` must do without monetary for a log without amounts, got "
        "'monetary'\n\nHint: Transactions(..., amount=...) reads them; or score by "
        "dimensions=('recency', 'frequency')"
    )
    two = tn.RFM(dimensions=("recency", "frequency")).fit(log)
    assert "revenue" not in two.segments()
    assert set(two.table()["segment"]) <= set(tn.segment_maps["ten"].names)


# -- more dimensions -------------------------------------------------------------------


def test_logs_have_more_dimensions():
    names = ("recency", "tenure", "breadth", "margin", "order_value")
    found = read(dimensions=names, margin=0.2)
    assert column(found, "tenure_days") == {"ann": 86, "bob": 71, "eve": 304, "kim": 0}
    assert column(found, "breadth") == {"ann": 2, "bob": 1, "eve": 2, "kim": 1}
    assert column(found, "margin")["ann"] == pytest.approx(11.06)
    assert column(found, "order_value")["ann"] == pytest.approx(55.30 / 3)
    assert set("rtbgv") <= set(found["ann"])
    assert found["kim"]["rfm"] == "".join(str(found["kim"][c]) for c in "rtbgv")


def test_tables_have_dimensions_of_their_own():
    visits = tn.rfm.Dimension("visits", "n_visits", "v", kind="count")
    risk = tn.rfm.Dimension("risk", "risk", "k", best="low")
    data = {"n_visits": [1, 2, 3], "risk": [0.9, 0.5, 0.1], "id": [7, 8, 9]}
    model = tn.RFM(dimensions=(visits, risk), bins=3, segment_map=None)
    found = model.fit(data, customer_id="id").table()
    assert found["v"].tolist() == [1, 2, 3]
    assert found["k"].tolist() == [1, 2, 3]
    assert found["customer_id"].tolist() == [7, 8, 9]
    renamed = {"seen": data["n_visits"], "risk": data["risk"]}
    again = model.fit(renamed, columns={"visits": "seen"}).table()
    assert again["v"].tolist() == [1, 2, 3]
    log = tn.Transactions(ORDERS, **COLUMNS)
    with pytest.raises(ParameterError) as caught:
        model.fit(log)
    assert str(caught.value) == (
        "`dimensions` must be computed from a log by name, or stand in a table, got "
        "'visits'\n\nHint: make a table with one row a customer, and fit that"
    )


# -- windows and prospects -------------------------------------------------------------


def test_a_window_leaves_old_purchases_out_and_says_whom():
    log = tn.Transactions(ORDERS, **COLUMNS)
    model = tn.RFM(window=60, segment_map=None).fit(log)
    found = model.table()
    # from 2024-02-01 on: one order of ann's, less the refund of March
    assert found["customer_id"].tolist() == ["ann", "kim"]
    assert found["frequency"].tolist() == [1, 1]
    assert found["monetary"].tolist() == [25.0, 100.0]
    assert found["recency_days"].tolist() == [50, 0]
    assert model.notes_[0] == (
        "2 customers left out: no purchase within 60 days up to 2024-03-31"
    )
    # the last day of the window counts: 50 days before the date lies within 51 days
    edge = tn.RFM(window=dt.timedelta(days=51), segment_map=None).fit(log)
    assert edge.table()["customer_id"].tolist() == ["ann", "kim"]
    beyond = tn.RFM(window="50 days", segment_map=None).fit(log)
    assert beyond.table()["customer_id"].tolist() == ["kim"]
    wide = tn.RFM(window="10 years", segment_map=None).fit_transform(log)
    for name, values in tn.RFM(segment_map=None).fit_transform(log).items():
        np.testing.assert_array_equal(wide[name], values)
    with pytest.raises(EmptyDataError) as caught:
        tn.RFM(window=1).fit(log, as_of="2025-01-01")
    assert str(caught.value) == (
        "nobody bought within 1 days up to 2025-01-01\n\nHint: choose a longer window"
    )
    with pytest.raises(ParameterError, match="`window` must be a length of time"):
        tn.RFM(window=0).fit(log)


def test_tenure_counts_from_the_first_purchase_of_all():
    found = read(dimensions=("tenure",), window=60)
    assert column(found, "tenure_days") == {"ann": 86, "kim": 0}


@pytest.mark.parametrize(
    "listed",
    [
        ["zoe", "ann", "max", "zoe"],
        np.array(["zoe", "ann", "max"]),
        pd.Series(["zoe", "ann", "max"]),
        pl.DataFrame({"customer_id": ["zoe", "ann", "max"], "x": [1, 2, 3]}),
    ],
)
def test_customers_without_an_order_are_prospects(listed):
    log = tn.Transactions(ORDERS, **COLUMNS)
    model = tn.RFM().fit(log, customers=listed)
    found = model.table()
    assert found["customer_id"].tolist() == ["ann", "bob", "eve", "kim", "max", "zoe"]
    assert found["segment"].tolist()[4:] == ["Prospects", "Prospects"]
    assert found["rfm"].tolist()[4:] == ["000", "000"]
    assert np.isnan(found["recency_days"][4:]).all()
    assert found["frequency"].tolist()[4:] == [0, 0]
    assert np.isnan(found["score"][4:]).all()
    # they do not move the cuts
    assert model.thresholds_ == tn.RFM().fit(log).thresholds_
    assert model.n_customers_ == 4
    summary = model.segments()
    assert summary["segment"].tolist()[-1] == "Prospects"
    assert summary["customers"].tolist()[-1] == 2


def test_who_buys_later_only_is_a_prospect_until_then():
    log = tn.Transactions(ORDERS, **COLUMNS)
    options = {"as_of": "2024-02-29", "truncate": True}
    found = tn.RFM().fit(log, customers=["kim"], **options).table()
    segment = dict(zip(found["customer_id"], found["segment"], strict=True))
    assert segment["kim"] == "Prospects"
    assert "kim" not in tn.RFM().fit(log, **options).table()["customer_id"]


def test_customer_lists_that_cannot_be_matched():
    log = tn.Transactions(ORDERS, **COLUMNS)
    with pytest.raises(ParameterError) as caught:
        tn.RFM().fit(log, customers=[1, 2])
    assert str(caught.value) == (
        "`customers` must hold ids as the log does, such as 'ann', got 1"
    )
    with pytest.raises(DataError) as caught:
        tn.RFM().fit(log, customers=["ann", None])
    assert str(caught.value) == (
        "column `customers` must name a customer; row 1 has none"
    )


# -- tables ----------------------------------------------------------------------------

TABLE = {
    "customer_id": [5, 3, 9, 1],
    "recency_days": [10.0, 200.0, 30.0, np.nan],
    "frequency": [3, 1, 2, 0],
    "monetary": [30.0, 10.0, -2.5, 0.0],
}


def test_rows_without_an_order_are_prospects():
    found = tn.RFM().fit_transform(TABLE)
    assert found["segment"].tolist()[3] == "Prospects"
    assert np.isnan(found["recency_days"][3])
    assert found["r"].tolist() == [5, 1, 3, 0]


@pytest.mark.parametrize(
    ("name", "values", "message"),
    [
        (
            "recency_days",
            [10, -1, 30, -2],
            (
                "column `recency_days` must be a finite number of days, at least "
                "0; row 1 "
                "has -1\n\nHint: days since the last purchase are counted to a "
                "date after it"
            ),
        ),
        (
            "recency_days",
            [10, np.nan, 30, 4],
            (
                "column `recency_days` must be a finite number of days, at least "
                "0; row 1 "
                "has NaN\n\nHint: days since the last purchase are counted to a "
                "date after it"
            ),
        ),
        (
            "frequency",
            [1, 2.5, 1.5, 0],
            (
                "column `frequency` must be a whole number, at least 0; row 1 has "
                "2.5 (2 rows "
                "in all)"
            ),
        ),
        (
            "frequency",
            [1, -2, 1, 0],
            "column `frequency` must be a whole number, at least 0; row 1 has -2",
        ),
        (
            "monetary",
            [1, np.inf, 1, 3],
            "column `monetary` must be a finite number; row 1 has inf",
        ),
    ],
)
def test_values_must_be_what_their_dimension_holds(name, values, message):
    with pytest.raises(DataError) as caught:
        tn.RFM().fit({**TABLE, name: np.array(values, dtype=float)})
    assert str(caught.value) == message


def test_tables_that_cannot_be_read():
    with pytest.raises(ColumnError, match="unknown column 'monetary'"):
        tn.RFM().fit({"recency_days": [1], "frequency": [1]})
    with pytest.raises(
        DataError, match="name each customer once; row 1 has 5, as row 0"
    ):
        tn.RFM().fit({**TABLE, "customer_id": [5, 5, 9, 1]})
    with pytest.raises(EmptyDataError) as caught:
        tn.RFM().fit({"recency_days": [], "frequency": [], "monetary": []})
    assert str(caught.value) == "the table has no rows\n\nHint: one row a customer"
    with pytest.raises(EmptyDataError) as caught:
        tn.RFM().fit({"recency_days": [1], "frequency": [0], "monetary": [0]})
    assert str(caught.value) == (
        "nobody has bought anything\n\nHint: customers without an order are not scored"
    )
    with pytest.raises(ParameterError) as caught:
        tn.RFM().fit(TABLE, columns={"money": "monetary"})
    assert str(caught.value) == (
        "`columns` must name recency, frequency, monetary, got 'money'"
    )
    with pytest.raises(ParameterError) as caught:
        tn.RFM().fit(TABLE, as_of="2024-01-01")
    assert str(caught.value) == (
        "`as_of` must be left out for a table, which is of one date, got str"
    )
    with pytest.raises(ParameterError) as caught:
        tn.RFM(window=30).fit(TABLE)
    assert str(caught.value) == (
        "`window` must be left out for a table: its columns are taken as they are, got "
        "30\n\nHint: fit a log of orders, or compute the column that you mean"
    )


def test_other_data_is_refused(summary, log):
    with pytest.raises(ParameterError) as caught:
        tn.RFM().fit(summary)
    assert str(caught.value) == (
        "`data` must be a log of orders, or a table with the dimensions, got a "
        "Summary, "
        "whose columns count repeat purchases only\n\n"
        "Hint: pass the Transactions that the summary was made from"
    )
    with pytest.raises(tn.exceptions.FrameError):
        tn.RFM().fit(3)
    with pytest.raises(ParameterError, match="`columns` must be left out for a log"):
        tn.RFM().fit(log, columns={"recency": "x"})
    with pytest.raises(NotFittedError, match="this RFM is not fitted; call fit"):
        tn.RFM().transform(log)


# -- families of frames ----------------------------------------------------------------


def test_frames_come_back_in_the_family_of_the_data(orders):
    frame = pd.DataFrame(orders)
    by_family = {
        "pandas": frame,
        "polars": pl.from_pandas(frame),
        "pyarrow": pl.from_pandas(frame).to_arrow(),
        "numpy": orders,
    }
    expected = tn.RFM().fit_transform(tn.Transactions(orders, amount="amount"))
    found = {
        name: tn.RFM().fit_transform(tn.Transactions(data, amount="amount"))
        for name, data in by_family.items()
    }
    assert isinstance(found["pandas"], pd.DataFrame)
    assert found["pandas"].index.name == "customer_id"
    assert isinstance(found["polars"], pl.DataFrame)
    assert found["polars"].columns[0] == "customer_id"
    for name, values in expected.items():
        if name != "customer_id":
            np.testing.assert_array_equal(found["pandas"][name].to_numpy(), values)
        assert found["polars"][name].to_list() == values.tolist()
        assert found["pyarrow"][name].to_pylist() == values.tolist()


def test_columns_are_those_that_people_expect(orders):
    frame = tn.RFM().fit_transform(
        tn.Transactions(pd.DataFrame(orders), amount="amount")
    )
    assert list(frame.columns) == [
        *["recency_days", "frequency", "monetary"],
        *["r", "f", "m", "rfm", "score", "segment"],
    ]
    assert all(frame[name].dtype == np.int8 for name in "rfm")
    assert frame["frequency"].dtype == np.int64
    assert frame["segment"].cat.ordered
    assert frame["segment"].cat.categories[0] == "Champions"
    assert isinstance(frame["rfm"].iloc[0], str)
    assert tn.RFM().fit(
        tn.Transactions(orders, amount="amount")
    ).get_feature_names_out().tolist() == list(frame.columns)


def test_a_pandas_index_says_who():
    frame = pd.DataFrame(TABLE).set_index("customer_id")
    found = tn.RFM().fit_transform(frame)
    pd.testing.assert_index_equal(found.index, frame.index)
    other = tn.RFM().fit_transform(pd.DataFrame(TABLE))
    pd.testing.assert_frame_equal(found, other)
    again = tn.RFM().fit_transform(frame.rename_axis(None).set_axis(list("abcd")))
    assert again.index.tolist() == list("abcd")


def test_the_output_may_be_chosen():
    model = tn.RFM().set_output(transform="polars").fit(TABLE)
    assert isinstance(model.table(), pl.DataFrame)
    assert isinstance(model.transform(TABLE), pl.DataFrame)
    assert isinstance(model.score().to_frame("pandas"), pd.DataFrame)
    assert isinstance(model.set_output(transform="default").table(), dict)
    with pytest.raises(ParameterError, match="`family` must be one of pandas, polars"):
        model.set_output(transform="excel")


def test_inputs_are_not_changed():
    frame = pd.DataFrame(TABLE)
    before = frame.copy()
    tn.RFM().fit_transform(frame)
    pd.testing.assert_frame_equal(frame, before)
