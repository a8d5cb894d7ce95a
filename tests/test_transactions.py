"""A log becomes purchases, summaries and splits: published and hand-made figures."""

import pickle
from importlib import resources

import numpy as np
import pandas as pd
import polars as pl
import pytest
import tenure as tn


def dates(*texts):
    """Return an array of instants."""
    return np.array(texts, "datetime64[us]")


# The example of lifetimes' and PyMC-Marketing's own test suites.
ORDERS = pd.DataFrame(
    [
        (1, "2015-01-01", 1.0),
        (1, "2015-02-06", 2.0),
        (2, "2015-01-01", 2.0),
        (3, "2015-01-01", 3.0),
        (3, "2015-01-02", 1.0),
        (3, "2015-01-05", 5.0),
        (4, "2015-01-16", 6.0),
        (4, "2015-02-02", 3.0),
        (4, "2015-02-05", 3.0),
        (5, "2015-01-16", 3.0),
        (5, "2015-01-17", 1.0),
        (5, "2015-01-18", 8.0),
        (6, "2015-02-02", 5.0),
    ],
    columns=["customer_id", "date", "amount"],
).astype({"date": "datetime64[us]"})
# The same with two orders on one day.
ORDERS_TWICE_A_DAY = pd.concat(
    [
        ORDERS,
        pd.DataFrame(
            {
                "customer_id": [4],
                "date": dates("2015-02-05"),
                "amount": [6.0],
            }
        ),
    ],
    ignore_index=True,
)


def log_of(rows, columns=("customer_id", "date", "amount"), **settings):
    """Return the log of a list of rows."""
    data = dict(zip(columns, map(list, zip(*rows, strict=True)), strict=True))
    data["date"] = np.array(data["date"], "datetime64[us]")
    return tn.Transactions(data, amount="amount", **settings)


def rows_of(result, *columns):
    """Return some columns of a result as a list of tuples."""
    return list(zip(*(result[column].tolist() for column in columns), strict=True))


class TestSummary:
    def test_days(self):
        summary = tn.Transactions(ORDERS, amount="amount").summary(as_of="2015-02-07")
        assert rows_of(summary, "frequency", "recency", "T", "monetary_value") == [
            (1, 36.0, 37.0, 2.0),
            (0, 0.0, 37.0, 0.0),
            (2, 4.0, 37.0, 3.0),
            (2, 20.0, 22.0, 3.0),
            (2, 2.0, 22.0, 4.5),
            (0, 0.0, 5.0, 0.0),
        ]
        assert summary.customer_id.tolist() == [1, 2, 3, 4, 5, 6]
        assert summary.as_of == np.datetime64("2015-02-07")
        assert summary.unit == "day"

    def test_orders_of_one_day_are_one_purchase(self):
        log = tn.Transactions(ORDERS_TWICE_A_DAY, amount="amount")
        summary = log.summary(as_of="2015-02-07")
        assert summary.frequency[3] == 2
        assert summary.monetary_value[3] == 6.0
        assert log.receipt.merged == 1

    def test_weeks_merged_by_the_week(self):
        log = tn.Transactions(ORDERS, merge="week")
        summary = log.summary("week", as_of="2015-02-07")
        assert rows_of(summary, "frequency", "recency", "T") == [
            (1, 5.0, 5.0),
            (0, 0.0, 5.0),
            (1, 1.0, 5.0),
            (1, 3.0, 3.0),
            (0, 0.0, 3.0),
            (0, 0.0, 0.0),
        ]
        assert summary.monetary_value is None
        # Recorded as the day that was given.
        assert summary.as_of == np.datetime64("2015-02-07")

    @pytest.mark.parametrize(
        ("merge", "unit", "recency", "t"),
        [
            ("day", "day", [65, 103, 0], [118, 103, 81]),
            ("week", "week", [9, 15, 0], [17, 15, 12]),
            ("month", "month", [2, 4, 0], [4, 4, 3]),
            ("hour", "hour", [1560, 2472, 0], [2832, 2472, 1944]),
        ],
    )
    def test_grains(self, merge, unit, recency, t):
        log = tn.Transactions(
            {
                "customer_id": [1, 1, 2, 2, 3],
                "date": dates(
                    "2024-01-05", "2024-03-10", "2024-01-20", "2024-05-02", "2024-02-11"
                ),
            },
            merge=merge,
        )
        summary = log.summary(unit)
        assert summary.frequency.tolist() == [1, 1, 0]
        assert summary.recency.tolist() == recency
        assert summary.T.tolist() == t

    def test_hours_merged_by_the_hour(self):
        times = [
            (1, "2024-01-01T00:10"),
            (1, "2024-01-02T05:59"),
            (2, "2024-01-01T07:00"),
            (2, "2024-01-01T08:00"),
            (2, "2024-01-01T09:00"),
            (3, "2024-01-01T06:00"),
            (3, "2024-01-01T06:20"),
            (3, "2024-01-03T08:30"),
        ]
        data = {
            "customer_id": [customer for customer, _ in times],
            "date": dates(*(time for _, time in times)),
        }
        summary = tn.Transactions(data, merge="hour").summary("hour")
        assert summary.frequency.tolist() == [1, 2, 1]
        assert summary.recency.tolist() == [29.0, 2.0, 50.0]
        assert summary.T.tolist() == [56.0, 49.0, 50.0]
        assert summary.as_of == np.datetime64("2024-01-03T08:30")

    def test_days_are_cut_in_the_zone_of_the_log(self):
        times = pd.to_datetime(["2024-01-01T23:30Z", "2024-01-15T10:00Z"])
        orders = pd.DataFrame({"customer_id": [1, 1], "date": times})
        rome = tn.Transactions(orders, tz="Europe/Rome")
        assert rome.zone == rome.receipt.zone == "Europe/Rome"
        assert rome.span[0] == np.datetime64("2024-01-02")
        assert rome.summary().recency.tolist() == [13.0]
        assert tn.Transactions(orders).summary().recency.tolist() == [14.0]
        # 23:30 in London is the next day in Rome.
        late = pd.Timestamp("2024-01-20T23:30", tz="Europe/London")
        assert rome.summary(as_of=late).as_of == np.datetime64("2024-01-21")

    def test_the_same_week_is_no_repeat(self):
        log = log_of(
            [(1, "2015-01-06", 1.0), (1, "2015-01-06", 2.0), (1, "2015-01-08", 1.0)],
            merge="week",
        )
        assert log.summary("week", as_of="2015-02-01").frequency.tolist() == [0]

    def test_later_events_and_later_customers_are_left_out(self):
        summary = tn.Transactions(ORDERS, amount="amount").summary(as_of="2015-02-01")
        assert summary.customer_id.tolist() == [1, 2, 3, 4, 5]
        assert summary.monetary_value.tolist() == [0.0, 0.0, 3.0, 0.0, 4.5]

    def test_a_day_is_observed_to_its_end(self):
        log = log_of([(1, "2024-01-01T23:00", 1.0), (1, "2024-01-31T23:59", 1.0)])
        for as_of in ("2024-01-31", np.datetime64("2024-01-31T01:00")):
            summary = log.summary(as_of=as_of)
            assert summary.frequency.tolist() == [1]
            assert summary.T.tolist() == [30.0]
            assert summary.as_of == np.datetime64("2024-01-31")
        assert log.summary(as_of="2024-01-30").frequency.tolist() == [0]

    @pytest.mark.parametrize(
        ("unit", "age"),
        [
            ("hour", 24.0 * 366),
            ("day", 366.0),
            ("week", 366 / 7),
            ("month", 12.0 + 1 / 31),
            ("quarter", (12.0 + 1 / 31) / 3),
            ("year", 366 / 365.25),
        ],
    )
    def test_units(self, unit, age):
        log = log_of([(1, "2022-12-31", 1.0), (1, "2024-01-01", 1.0)])
        summary = log.summary(unit)
        assert summary.unit == unit
        assert summary.recency.tolist() == [age]
        assert summary.T.tolist() == [age]

    def test_without_merging_times_of_day_count(self):
        rows = [(1, "2024-01-01T06:00", 1.0), (1, "2024-01-01T18:00", 1.0)]
        log = log_of(rows, merge=None)
        assert log.summary().recency.tolist() == [0.5]
        assert log.summary().T.tolist() == [0.5]
        # A whole day lasts until midnight.
        assert log.summary(as_of="2024-01-01").T.tolist() == [0.75]
        noon = np.datetime64("2024-01-01T12:00")
        assert log.summary(as_of=noon).frequency.tolist() == [0]

    @pytest.mark.parametrize("merge", [None, "order"])
    def test_a_log_of_dates_has_ages_in_whole_days_however_it_is_merged(self, merge):
        log = tn.Transactions(
            {
                "customer_id": [1, 1],
                "date": dates("2024-01-01", "2024-01-08"),
                "order": ["a", "b"],
            },
            order="order",
            merge=merge,
        )
        summary = log.summary("week", as_of="2024-01-15")
        assert summary.recency.tolist() == [1.0]
        assert summary.T.tolist() == [2.0]


class TestActivity:
    def test_first_purchase_included(self):
        log = tn.Transactions(ORDERS_TWICE_A_DAY, amount="amount")
        activity = log.activity(as_of="2015-02-07")
        assert activity.index.name == "customer_id"
        assert rows_of(activity, "purchases", "recency_days", "mean_value") == [
            (2, 1.0, 1.5),
            (1, 37.0, 2.0),
            (3, 33.0, 3.0),
            (3, 2.0, 6.0),
            (3, 20.0, 4.0),
            (1, 5.0, 5.0),
        ]
        assert activity["total_value"].tolist() == [3.0, 2.0, 9.0, 18.0, 12.0, 5.0]

    def test_dates_and_an_earlier_date(self):
        activity = tn.Transactions(ORDERS).activity(as_of="2015-01-17")
        assert list(activity.columns) == [
            "first_purchase",
            "last_purchase",
            "purchases",
            "recency_days",
        ]
        assert activity.loc[5, "first_purchase"] == pd.Timestamp("2015-01-16")
        assert activity.loc[5, "last_purchase"] == pd.Timestamp("2015-01-17")
        assert activity.loc[3, "recency_days"] == 12.0
        assert 6 not in activity.index


class TestSplit:
    def test_days(self):
        log = tn.Transactions(ORDERS, amount="amount")
        split = log.split("2015-02-01", until="2015-02-07")
        assert split.customer_id.tolist() == [1, 2, 3, 4, 5]
        assert split.holdout_purchases.tolist() == [1, 0, 0, 2, 0]
        assert split.monetary_value.tolist() == [0.0, 0.0, 3.0, 0.0, 4.5]
        assert split.holdout_mean_value.tolist() == [2.0, 0.0, 0.0, 3.0, 0.0]
        assert split.holdout_value.tolist() == [2.0, 0.0, 0.0, 6.0, 0.0]
        assert split.holdout_duration == 6.0
        assert (split.as_of, split.until) == (
            np.datetime64("2015-02-01"),
            np.datetime64("2015-02-07"),
        )

    def test_mean_value_is_of_purchases_not_of_lines(self):
        log = tn.Transactions(ORDERS_TWICE_A_DAY, amount="amount")
        split = log.split("2015-02-01", until="2015-02-07")
        assert split.holdout_purchases[3] == 2
        assert split.holdout_mean_value[3] == 6.0

    def test_weeks_merged_by_the_week(self):
        log = tn.Transactions(ORDERS, merge="week")
        split = log.split("2015-02-01", until="2015-02-07", unit="week")
        columns = ("frequency", "recency", "T", "holdout_purchases", "holdout_duration")
        assert rows_of(split, *columns) == [
            (0, 0.0, 4.0, 1, 1.0),
            (0, 0.0, 4.0, 0, 1.0),
            (1, 1.0, 4.0, 0, 1.0),
            (0, 0.0, 2.0, 1, 1.0),
            (0, 0.0, 2.0, 0, 1.0),
        ]

    def test_boundary(self):
        log = tn.Transactions(ORDERS, merge="day")
        split = log.split("2015-02-01", until="2015-02-04")
        assert split.holdout_purchases.tolist() == [0, 0, 0, 1, 0]

    def test_the_day_of_the_split_is_on_one_side_only(self):
        log = log_of(
            [
                (1, "2024-01-01T09:00", 1.0),
                (1, "2024-01-10T08:00", 2.0),
                (1, "2024-01-10T20:00", 4.0),
                (1, "2024-01-11T00:00", 8.0),
            ]
        )
        split = log.split("2024-01-10")
        assert rows_of(split, "frequency", "monetary_value") == [(1, 6.0)]
        assert rows_of(split, "holdout_purchases", "holdout_value") == [(1, 8.0)]
        earlier = log.split("2024-01-09")
        assert rows_of(earlier, "frequency", "holdout_purchases") == [(0, 2)]

    def test_dates_written_month_first(self):
        log = tn.Transactions(
            {
                "customer_id": [1, 1, 1],
                "date": ["11/01/2025", "12/20/2025", "01/15/2026"],
                "amount": [50.0, 60.0, 70.0],
            },
            amount="amount",
            time_format="%m/%d/%Y",
        )
        columns = ("frequency", "recency", "T", "monetary_value")
        assert rows_of(log.summary(), *columns) == [(2, 75.0, 75.0, 65.0)]
        split = log.split("2025-12-31")
        assert rows_of(split, *columns) == [(1, 49.0, 60.0, 60.0)]
        assert rows_of(split, "holdout_purchases", "holdout_value") == [(1, 70.0)]
        assert split.holdout_duration == 15.0

    def test_summary_and_split_agree(self):
        log = tn.Transactions(ORDERS, amount="amount")
        summary, split = (
            log.summary("week", "2015-02-01"),
            log.split("2015-02-01", unit="week"),
        )
        for column in ("customer_id", "frequency", "recency", "T", "monetary_value"):
            assert np.array_equal(summary[column], split[column])


class TestPurchases:
    @pytest.mark.parametrize(
        ("orders", "last_of_four"), [(ORDERS, 6.0), (ORDERS_TWICE_A_DAY, 12.0)]
    )
    def test_first_flags_by_the_week(self, orders, last_of_four):
        log = tn.Transactions(orders, amount="amount", merge="week")
        purchases = log.purchases()
        found = [
            (row.customer_id, str(row.time.date()), row.value, row.first)
            for row in purchases.itertuples()
        ]
        assert found == [
            (1, "2014-12-29", 1.0, True),
            (1, "2015-02-02", 2.0, False),
            (2, "2014-12-29", 2.0, True),
            (3, "2014-12-29", 4.0, True),
            (3, "2015-01-05", 5.0, False),
            (4, "2015-01-12", 6.0, True),
            (4, "2015-02-02", last_of_four, False),
            (5, "2015-01-12", 12.0, True),
            (6, "2015-02-02", 5.0, True),
        ]
        assert len(log) == 9

    def test_lines_behind_purchases(self):
        log = tn.Transactions(
            {
                "customer_id": ["b", "a", "a", "b", "a"],
                "date": dates(*["2024-01-02"] * 3, *["2024-01-05"] * 2),
                "amount": [5.0, 2.0, 1.0, 3.0, 7.0],
                "order": [10, 11, 11, 12, 13],
                "product": ["tea", "mug", "tea", None, "pot"],
            },
            amount="amount",
            order="order",
            product="product",
        )
        lines = log.lines
        assert lines.offsets.tolist() == [0, 2, 3, 4, 5]
        assert lines.orders.tolist() == [11, 11, 13, 10, 12]
        assert lines.products.tolist() == ["tea", "mug", "pot", "tea", None]
        assert lines.amounts.tolist() == [1.0, 2.0, 7.0, 5.0, 3.0]
        assert tn.Transactions(ORDERS).lines is None

    def test_rows_of_an_order_are_one_purchase_at_its_earliest_time(self):
        log = tn.Transactions(
            {
                "customer_id": [1, 1, 1, 1],
                "date": dates(
                    "2024-01-02T10:01",
                    "2024-01-02T10:00",
                    "2024-01-02T09:00",
                    "2024-01-03T09:00",
                ),
                "amount": [1.0, 2.0, 4.0, 8.0],
                "order": ["x", "x", "y", "x"],
            },
            amount="amount",
            order="order",
            merge="order",
        )
        assert log.times.astype(str).tolist() == [
            "2024-01-02T09:00:00.000000",
            "2024-01-02T10:00:00.000000",
        ]
        assert log.values.tolist() == [4.0, 11.0]
        assert log.receipt.merged == 2


REFUNDED = [
    (1, "2024-01-01", 10.0),
    (1, "2024-02-01", 20.0),
    (1, "2024-02-01", -5.0),
    (1, "2024-03-01", -8.0),
    (1, "2024-03-01", -1.0),
    (1, "2024-04-01", 30.0),
    (2, "2024-01-15", -4.0),
    (2, "2024-02-15", 7.0),
    (3, "2024-02-20", -2.0),
]


class TestRefunds:
    def test_net_reduces_the_purchase_that_is_followed(self):
        log = log_of(REFUNDED)
        assert log.customers.tolist() == [1, 2]
        assert log.values.tolist() == [10.0, 6.0, 30.0, 7.0]
        assert log.summary().frequency.tolist() == [2, 0]
        assert log.summary().monetary_value.tolist() == [18.0, 0.0]
        receipt = log.receipt
        assert (receipt.rows, receipt.used, receipt.merged) == (9, 7, 0)
        assert (receipt.refunds, receipt.refund_amount) == (5, 20.0)
        assert receipt.dropped["refunds_without_purchase"] == 2
        assert receipt.customers_without_purchase == 1

    def test_a_refund_is_not_known_before_its_date(self):
        log = log_of(REFUNDED)
        before, after = log.summary(as_of="2024-02-29"), log.summary(as_of="2024-03-01")
        assert before.monetary_value.tolist() == [15.0, 0.0]
        assert after.monetary_value.tolist() == [6.0, 0.0]
        assert before.frequency.tolist() == after.frequency.tolist() == [1, 0]
        assert log.activity("2024-02-29")["total_value"].tolist() == [25.0, 7.0]

    def test_refunds_of_the_calibration_are_on_neither_side(self):
        split = log_of(REFUNDED).split("2024-02-29")
        assert split.monetary_value.tolist() == [15.0, 0.0]
        assert split.holdout_value.tolist() == [30.0, 0.0]
        assert split.refunds_of_calibration.count == 1
        assert split.refunds_of_calibration.amount == -9.0

    def test_refunds_of_the_holdout_reduce_it(self):
        split = log_of(REFUNDED).split("2024-01-31", until="2024-03-31")
        assert split.holdout_purchases.tolist() == [1]
        assert split.holdout_value.tolist() == [6.0]
        assert log_of(REFUNDED).split("2024-01-31", "2024-02-28").holdout_value == [
            15.0
        ]

    def test_a_purchase_refunded_in_full_on_its_day_stays_one(self):
        log = log_of([(1, "2024-01-01", 99.5), (1, "2024-01-01", -99.5)])
        assert log.values.tolist() == [0.0]
        assert log.receipt.zero_amounts == 1

    def test_at_the_same_instant_the_purchase_comes_first(self):
        rows = [(1, "2024-01-01T10:00", -2.0), (1, "2024-01-01T10:00", 5.0)]
        log = log_of(rows, merge=None)
        assert log.values.tolist() == [3.0]
        assert log.receipt.dropped["refunds_without_purchase"] == 0

    def test_an_order_of_refunds_follows_the_last_order(self):
        log = tn.Transactions(
            {
                "customer_id": [1, 1, 1],
                "date": dates(
                    "2024-01-01T10:00", "2024-01-01T10:12", "2024-01-02T09:00"
                ),
                "amount": [168469.6, -168469.6, 12.0],
                "order": ["581483", "C581484", "581490"],
            },
            amount="amount",
            order="order",
            merge="order",
        )
        assert log.values.tolist() == [0.0, 12.0]

    def test_part_of_an_order_refunded_later(self):
        log = tn.Transactions(
            {
                "customer_id": [1, 1, 1, 1],
                "date": dates("2024-01-01", "2024-01-01", "2024-01-05", "2024-01-09"),
                "amount": [50.0, -5.0, 20.0, -30.0],
                "order": ["x", "x", "y", "x"],
            },
            amount="amount",
            order="order",
            merge="order",
        )
        assert log.values.tolist() == [15.0, 20.0]
        assert log.activity("2024-01-08")["total_value"].tolist() == [65.0]
        assert log.activity("2024-01-09")["total_value"].tolist() == [35.0]

    def test_drop(self):
        log = log_of(REFUNDED, refunds="drop")
        assert log.values.tolist() == [10.0, 20.0, 30.0, 7.0]
        assert log.receipt.dropped["refunds"] == 5
        assert log.receipt.used == 4

    def test_keep(self):
        log = log_of(REFUNDED, refunds="keep")
        assert log.customers.tolist() == [1, 2, 3]
        assert log.values.tolist() == [10.0, 15.0, -9.0, 30.0, -4.0, 7.0, -2.0]
        assert log.receipt.used == 9
        assert log.receipt.merged == 2


class TestReceipt:
    def test_nothing_is_lost_without_being_counted(self):
        log = tn.Transactions(
            {
                "customer_id": ["a", None, "a", "b", "b", "b", None],
                "date": dates(
                    "2024-01-01",
                    "2024-01-01",
                    "NaT",
                    "2024-02-01",
                    "2024-02-01",
                    "2024-02-01",
                    "NaT",
                ),
                "amount": [1.0, np.nan, np.inf, 2.0, 2.0, 0.5, 1.0],
            },
            amount="amount",
            duplicates="drop",
        )
        receipt = log.receipt
        assert dict(receipt.dropped) == {
            "missing_customer": 2,
            "missing_time": 1,
            "duplicates": 1,
            "refunds": 0,
            "refunds_without_purchase": 0,
        }
        assert receipt.rows == receipt.used + sum(receipt.dropped.values()) == 7
        assert (receipt.merged, receipt.duplicates) == (1, 1)
        assert log.values.tolist() == [1.0, 2.5]
        assert str(receipt).splitlines() == [
            "7 rows read, 3 used",
            "  2 dropped: without a customer",
            "  1 dropped: without a time",
            "  1 dropped: equal to another row",
            "  1 merged: one purchase a day",
        ]
        assert receipt.to_dict()["first_time"] == "2024-01-01"

    def test_duplicates_are_equal_in_every_column_read(self):
        data = {
            "customer_id": [1, 1, 1],
            "date": dates(*["2024-01-01T10:00"] * 3),
            "amount": [5.0, 5.0, 5.0],
            "product": ["tea", "tea", "mug"],
            "city": ["Rome", "Rome", "Rome"],
        }
        log = tn.Transactions(data, amount="amount")
        assert log.receipt.duplicates == 2
        log = tn.Transactions(
            data, amount="amount", product="product", attributes="city"
        )
        assert log.receipt.duplicates == 1
        assert log.values.tolist() == [15.0]
        log = tn.Transactions(
            data, amount="amount", product="product", duplicates="drop"
        )
        assert log.values.tolist() == [10.0]

    def test_span_and_settings(self):
        log = log_of(
            [(1, "2024-01-05T23:59", 1.0), (1, "2024-01-01T10:00", 2.0)],
            refunds="drop",
        )
        assert log.span == (np.datetime64("2024-01-01"), np.datetime64("2024-01-05"))
        assert log.receipt.first_time == np.datetime64("2024-01-01T10:00")
        assert (log.receipt.merge, log.receipt.refund_rule) == ("day", "drop")
        assert log.receipt.zone is log.zone is None


class TestAttributes:
    def test_the_earliest_row_says_it(self):
        log = tn.Transactions(
            {
                "customer_id": ["a", "a", "a", "b", "b", "c"],
                "date": dates(
                    "2024-01-03",
                    "2024-01-02",
                    "2024-01-01",
                    "2024-01-01",
                    "2024-01-01",
                    "2024-01-01",
                ),
                "city": ["Rome", "Oslo", None, "Rome", "Bonn", None],
                "store": [1, 1, 1, 2, 2, 3],
            },
            attributes=["city", "store"],
        )
        assert log.attributes["customer_id"].tolist() == ["a", "b", "c"]
        assert log.attributes["city"].tolist() == ["Oslo", "Bonn", None]
        assert log.attributes["store"].tolist() == [1, 2, 3]
        assert dict(log.receipt.attribute_conflicts) == {"city": 2, "store": 0}
        assert "2 customers with more than one `city`" in repr(log)


class TestFrames:
    def test_results_come_back_as_they_came(self):
        as_pandas = tn.Transactions(ORDERS, amount="amount").summary("week")
        frame = as_pandas.to_frame()
        assert isinstance(frame, pd.DataFrame)
        assert frame.index.name == "customer_id"
        assert list(frame) == ["frequency", "recency", "T", "monetary_value"]
        data = ORDERS.to_dict("list")
        data["date"] = ORDERS["date"].to_numpy()
        as_polars = tn.Transactions(pl.DataFrame(data), amount="amount").summary("week")
        assert isinstance(as_polars.to_frame(), pl.DataFrame)
        assert as_polars.to_frame().columns[0] == "customer_id"
        as_arrays = tn.Transactions(data, amount="amount").summary("week")
        assert isinstance(as_arrays.to_frame(), dict)
        for name, values in as_arrays.to_frame().items():
            assert np.array_equal(values, as_pandas[name])
            assert np.array_equal(values, as_polars[name])

    def test_the_callers_frame_is_not_changed(self):
        frame = ORDERS_TWICE_A_DAY.sample(frac=1.0, random_state=1)
        before = frame.copy(deep=True)
        log = tn.Transactions(frame, amount="amount", attributes=["amount"])
        summary = log.summary("week").to_frame()
        summary["frequency"] += 1
        log.split("2015-02-01").to_frame()
        pd.testing.assert_frame_equal(frame, before)

    def test_a_log_pickles(self):
        log = tn.Transactions(ORDERS, amount="amount")
        copy = pickle.loads(pickle.dumps(log))  # noqa: S301
        assert repr(copy) == repr(log)
        assert np.array_equal(copy.summary().T, log.summary().T)

    def test_html_is_escaped(self):
        log = tn.Transactions(
            {"customer_id": ["x", "x"], "date": ["2024-01-01"] * 2, "<b>": ["1", "2"]},
            attributes=["<b>"],
        )
        html = log._repr_html_() + log.receipt._repr_html_()
        assert "&lt;b&gt;" in html
        assert "<b>" not in html
        assert log.summary()._repr_html_().count("<tr>") == 4


class TestFromFrame:
    def test_own_columns(self):
        frame = pd.DataFrame(
            {
                "x": [2, 0],
                "t_x": [30.43, 0.0],
                "T": [38.86, 38.86],
                "zbar": [22.35, 0.0],
            },
            index=["ann", "bob"],
        )
        summary = tn.Summary.from_frame(
            frame, unit="week", frequency="x", recency="t_x", monetary_value="zbar"
        )
        assert summary.customer_id.tolist() == ["ann", "bob"]
        assert summary.frequency.dtype == np.int64
        assert summary.monetary_value.tolist() == [22.35, 0.0]
        assert summary.unit == "week"
        frame.loc["ann", "T"] = 1.0
        assert summary.T.tolist() == [38.86, 38.86]

    def test_a_summary_goes_out_and_comes_back(self):
        for data in (ORDERS, pl.from_pandas(ORDERS)):
            summary = tn.Transactions(data, amount="amount").summary()
            again = tn.Summary.from_frame(summary.to_frame(), unit="day")
            for name, values in summary.columns.items():
                assert np.array_equal(values, again[name])
            assert again.family == summary.family

    def test_rows_stay_in_order(self):
        columns = {"customer_id": ["z", "a"], "frequency": [0, 1]}
        columns |= {"recency": [0.0, 2.0], "T": [5.0, 4.0]}
        summary = tn.Summary.from_frame(columns)
        assert summary.customer_id.tolist() == ["z", "a"]
        assert summary.T.tolist() == [5.0, 4.0]
        assert repr(summary).startswith("Summary of 2 customers, ages in a unit not")


def bundled(name):
    """Return a data file of the package as a frame."""
    return pd.read_csv(str(resources.files("tenure") / "data" / name))


@pytest.fixture(scope="module")
def cdnow():
    """Return the log of the CDNOW one-in-ten sample."""
    return tn.Transactions(bundled("cdnow.csv.gz"), amount="amount")


class TestCdnow:
    """Fader and Hardie's sample: 2,357 customers, calibrated to 1997-09-30."""

    def test_receipt(self, cdnow):
        receipt = cdnow.receipt
        assert (receipt.rows, receipt.customers, receipt.purchases) == (
            6919,
            2357,
            6696,
        )
        assert (receipt.merged, receipt.zero_amounts) == (223, 8)

    def test_published_sums(self, cdnow):
        days = cdnow.summary(as_of="1997-09-30")
        assert len(days) == 2357
        assert days.frequency.sum() == 2457
        assert (days.frequency == 0).sum() == 1411
        assert days.recency.sum() == 112949.0
        assert days.T.sum() == 539779.0
        weeks = cdnow.summary("week", as_of="1997-09-30")
        assert weeks.T[0] == 38.857142857142854
        histories = {*rows_of(weeks, "frequency", "recency", "T")}
        assert len(histories) == 1016
        assert rows_of(weeks, "frequency", "recency", "T")[1515] == (26, 216 / 7, 31.0)

    def test_published_summary(self, cdnow):
        published = bundled("cdnow_summary.csv.gz")
        weeks = cdnow.summary("week", as_of="1997-09-30")
        for column in ("customer_id", "frequency"):
            assert weeks[column].tolist() == published[column].tolist()
        for column in ("recency", "T"):
            assert weeks[column].round(2).tolist() == published[column].tolist()
        # Published to the cent; a mean of cents may lie half-way between two.
        error = np.abs(weeks.monetary_value - published["monetary_value"].to_numpy())
        assert error.max() <= 0.005 + 1e-9

    def test_holdout(self, cdnow):
        split = cdnow.split("1997-09-30", unit="week")
        assert split.holdout_purchases.sum() == 1882
        assert split.holdout_purchases[1515] == 15
        assert split.holdout_duration == 39.0
        assert split.frequency.sum() == 2457
        # All repeat purchases to week 78.
        assert cdnow.summary().frequency.sum() == 4339
