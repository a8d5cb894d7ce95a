"""Every kind of bad input has its own text, or its line on the receipt."""

from collections.abc import Callable
from typing import NamedTuple

import numpy as np
import pandas as pd
import pytest
import tenure as tn
from tenure.exceptions import (
    ColumnError,
    DataError,
    EmptyDataError,
    LengthError,
    ParameterError,
    TenureError,
)

ORDERS = {
    "customer_id": ["ann", "ann", "bob", "bob"],
    "date": np.array(
        ["2024-01-01", "2024-01-15", "2024-01-08", "2024-02-01"], "datetime64[us]"
    ),
    "amount": [10.0, 30.0, 5.0, 7.5],
    "order": ["o1", "o2", "o3", "o4"],
}
SUMMARY = {
    "customer_id": ["ann", "bob", "cid"],
    "frequency": [2, 0, 1],
    "recency": [5.0, 0.0, 3.0],
    "T": [9.0, 8.0, 3.0],
}


def log(changes=(), **settings):
    """Return the log of `ORDERS` with some columns replaced."""
    return tn.Transactions({**ORDERS, **dict(changes)}, **settings)


def summary(changes=(), **settings):
    """Return the summary `SUMMARY` with some columns replaced."""
    return tn.Summary.from_frame({**SUMMARY, **dict(changes)}, **settings)


def empty_log():
    return log({name: values[:0] for name, values in ORDERS.items()})


def dates(*texts):
    return np.array(texts, "datetime64[us]")


REFUNDS = {"amount": [10.0, 30.0, -5.0, -7.5]}
UNITS = '"hour", "day", "week", "month", "quarter" or "year"'
COLUMNS = "\n\nColumns: 'customer_id', 'date', 'amount', 'order'"


class Bad(NamedTuple):
    """What is done, what it raises, and the text."""

    call: Callable[[], object]
    exception: type[TenureError]
    text: str


BAD = {
    "no such customer column": Bad(
        lambda: log(customer="customer"),
        ColumnError,
        "unknown column 'customer'. Hint: did you mean 'customer_id'?" + COLUMNS,
    ),
    "no such time column": Bad(
        lambda: log(time="when"),
        ColumnError,
        "unknown column 'when'." + COLUMNS,
    ),
    "no such amount column": Bad(
        lambda: log(amount="amont"),
        ColumnError,
        "unknown column 'amont'. Hint: did you mean 'amount'?" + COLUMNS,
    ),
    "no such order column": Bad(
        lambda: log(order="invoice"),
        ColumnError,
        "unknown column 'invoice'." + COLUMNS,
    ),
    "no such product column": Bad(
        lambda: log(product="sku"),
        ColumnError,
        "unknown column 'sku'." + COLUMNS,
    ),
    "no such attribute": Bad(
        lambda: log(attributes=["city"]),
        ColumnError,
        "unknown column 'city'." + COLUMNS,
    ),
    "no rows": Bad(empty_log, EmptyDataError, "the log has no rows"),
    "nobody named": Bad(
        lambda: log({"customer_id": [None] * 4}),
        EmptyDataError,
        "the log has no purchase: of 4 rows, 4 without a customer\n\n"
        "Hint: are the columns the right ones?",
    ),
    "nothing dated": Bad(
        lambda: log(
            {"customer_id": ["ann", None, "ann", "bob"], "date": dates(*["NaT"] * 4)}
        ),
        EmptyDataError,
        "the log has no purchase: of 4 rows, 1 without a customer, 3 without a time\n\n"
        "Hint: are the columns the right ones?",
    ),
    "nothing but refunds": Bad(
        lambda: log({"amount": [-1.0] * 4}, amount="amount"),
        EmptyDataError,
        "the log has no purchase: of 4 rows, 4 with a negative amount and no purchase "
        "before\n\nHint: are the columns the right ones?",
    ),
    "nothing but refunds, dropped": Bad(
        lambda: log({"amount": [-1.0] * 4}, amount="amount", refunds="drop"),
        EmptyDataError,
        "the log has no purchase: of 4 rows, 4 with a negative amount and no purchase "
        "before\n\nHint: are the columns the right ones?",
    ),
    "an amount that is not a number": Bad(
        lambda: log({"amount": [1.0, 2.0, np.nan, 3.0]}, amount="amount"),
        DataError,
        "column `amount` must be a finite number; row 2 has NaN\n\n"
        "Hint: fill in or leave out the rows whose amount is not known",
    ),
    "infinite amounts": Bad(
        lambda: log({"amount": [1.0, np.inf, 2.0, -np.inf]}, amount="amount"),
        DataError,
        "column `amount` must be a finite number; row 1 has inf (2 rows in all)\n\n"
        "Hint: fill in or leave out the rows whose amount is not known",
    ),
    "refunds where none may be": Bad(
        lambda: log(REFUNDS, amount="amount", refunds="raise"),
        DataError,
        'column `amount` must be at least 0 where refunds="raise"; row 2 has -5.0 '
        '(2 rows in all)\n\nHint: refunds="net" lets a negative amount reduce the '
        "purchase that it follows",
    ),
    "repeated rows where none may be": Bad(
        lambda: log(
            {
                "customer_id": ["ann", "bob", "ann", "ann"],
                "date": dates(*["2024-01-01"] * 4),
                "amount": [1.0, 1.0, 1.0, 1.0],
            },
            amount="amount",
            duplicates="raise",
        ),
        DataError,
        "column `customer_id`, `date`, `amount` must not hold the same row twice where "
        'duplicates="raise"; row 2 has the same values as row 0 (2 rows in all)\n\n'
        'Hint: duplicates="drop" uses one of them, "keep" all of them',
    ),
    "an unknown grain": Bad(
        lambda: log(merge="fortnight"),
        ParameterError,
        '`merge` must be "hour", "day", "week", "month", "order" or None, got '
        '"fortnight"',
    ),
    "orders merged without order ids": Bad(
        lambda: log(merge="order"),
        ParameterError,
        "`merge` must be a period or None for a log without an order column, got "
        '"order"\n\nHint: name the column that holds the order ids: order="..."',
    ),
    "orders merged and an id missing": Bad(
        lambda: log({"order": ["o1", None, "o2", None]}, order="order", merge="order"),
        DataError,
        'column `order` must name the order of every row where merge="order"; '
        "row 1 has none (2 rows in all)\n\n"
        'Hint: merge="day" takes the purchases of a day as one and needs no order ids',
    ),
    "an unknown rule for refunds": Bad(
        lambda: log(refunds="ignore"),
        ParameterError,
        '`refunds` must be "net", "drop", "keep" or "raise", got "ignore"',
    ),
    "an unknown rule for duplicates": Bad(
        lambda: log(duplicates="first"),
        ParameterError,
        '`duplicates` must be "keep", "drop" or "raise", got "first"',
    ),
    "a summary in an unknown unit": Bad(
        lambda: log().summary("fortnight"),
        ParameterError,
        f'`unit` must be {UNITS}, got "fortnight"',
    ),
    "a split in an unknown unit": Bad(
        lambda: log().split("2024-01-10", unit="Day"),
        ParameterError,
        f'`unit` must be {UNITS}, got "Day"',
    ),
    "a summary before the first purchase": Bad(
        lambda: log().summary(as_of="2023-12-31"),
        EmptyDataError,
        "no customer had bought by 2023-12-31\n\n"
        "Hint: choose a date after the first purchase of the log",
    ),
    "activity before the first purchase": Bad(
        lambda: log(merge="hour").activity(as_of=np.datetime64("2023-12-31T05:30")),
        EmptyDataError,
        "no customer had bought by 2023-12-31 05:00:00\n\n"
        "Hint: choose a date after the first purchase of the log",
    ),
    "a date that is none": Bad(
        lambda: log().summary(as_of="yesterday"),
        ParameterError,
        "`as_of` must be a date or a time, or ISO 8601 text such as '2024-03-31', got "
        "'yesterday'",
    ),
    "a date without a day": Bad(
        lambda: log().split("2024-01-10", until=pd.NaT),
        ParameterError,
        "`until` must be a date or a time, or ISO 8601 text such as '2024-03-31', "
        "got NaT",
    ),
    "a date with a time zone for a log without": Bad(
        lambda: log().split("2024-01-10T00:00+01:00"),
        ParameterError,
        "`at` must be without a time zone, since the data have none, got "
        "'2024-01-10T00:00+01:00'",
    ),
    "columns of different length": Bad(
        lambda: log({"amount": [1.0, 2.0]}, amount="amount"),
        LengthError,
        "column `amount` has 2 rows, but `customer_id` has 4",
    ),
    "a holdout after the last event": Bad(
        lambda: log().split("2024-02-01"),
        ParameterError,
        "`at` must come before the end of the holdout, 2024-02-01, got 2024-02-01\n\n"
        "Hint: the holdout ends with the last event of the log unless `until` says "
        "otherwise",
    ),
    "a holdout that ends before it begins": Bad(
        lambda: log().split("2024-01-20", until="2024-01-10"),
        ParameterError,
        "`at` must come before the end of the holdout, 2024-01-10, got 2024-01-20\n\n"
        "Hint: the holdout ends with the last event of the log unless `until` says "
        "otherwise",
    ),
    "a holdout within the week of the split": Bad(
        lambda: log(merge="week").split("2024-01-09", until="2024-01-14"),
        ParameterError,
        "`at` must come before the end of the holdout, 2024-01-08, got 2024-01-08\n\n"
        "Hint: the holdout ends with the last event of the log unless `until` says "
        "otherwise",
    ),
    "a split before the first purchase": Bad(
        lambda: log().split("2023-12-31"),
        EmptyDataError,
        "no customer had bought by 2023-12-31\n\n"
        "Hint: choose a date after the first purchase of the log",
    ),
    "a negative frequency": Bad(
        lambda: summary({"frequency": [2, -1, -3]}),
        DataError,
        "column `frequency` must be a whole number of at least 0; row 1 has -1.0 (2 "
        "rows in all)",
    ),
    "half a purchase": Bad(
        lambda: summary({"frequency": [2.5, 0, 1]}),
        DataError,
        "column `frequency` must be a whole number of at least 0; row 0 has 2.5",
    ),
    "a missing frequency": Bad(
        lambda: summary({"frequency": [2, np.nan, 1]}),
        DataError,
        "column `frequency` must be a whole number of at least 0; row 1 has NaN",
    ),
    "a recency beyond T": Bad(
        lambda: summary({"recency": [40.0, 0.0, 50.0], "T": [38.9, 8.0, 3.0]}),
        DataError,
        "column `recency` must lie in [0, T]; row 0 has 40.0 with T = 38.9 (2 rows in "
        "all)\n\nHint: were recency and T computed with the same time unit?",
    ),
    "a recency beyond T under other names": Bad(
        lambda: summary(
            {"tx": [5.0, 0.0, 3.5], "Tcal": [9.0, 8.0, 3.0]}, recency="tx", T="Tcal"
        ),
        DataError,
        "column `tx` must lie in [0, Tcal]; row 2 has 3.5 with Tcal = 3.0\n\n"
        "Hint: were tx and Tcal computed with the same time unit?",
    ),
    "a negative recency": Bad(
        lambda: summary({"recency": [-1.0, 0.0, 3.0]}),
        DataError,
        "column `recency` must lie in [0, T]; row 0 has -1.0 with T = 9.0\n\n"
        "Hint: were recency and T computed with the same time unit?",
    ),
    "a missing recency": Bad(
        lambda: summary({"recency": [5.0, 0.0, np.nan]}),
        DataError,
        "column `recency` must lie in [0, T]; row 2 has NaN with T = 3.0\n\n"
        "Hint: were recency and T computed with the same time unit?",
    ),
    "repeat purchases at age 0": Bad(
        lambda: summary({"recency": [5.0, 0.0, 0.0]}),
        DataError,
        "column `recency` must be 0 exactly where frequency is 0; row 2 has 0.0 with "
        "frequency = 1.0\n\nHint: the first purchase counts in neither, and repeat "
        "purchases at the same time as the first are merged with it",
    ),
    "a last purchase without a repeat": Bad(
        lambda: summary({"recency": [5.0, 2.0, 3.0]}),
        DataError,
        "column `recency` must be 0 exactly where frequency is 0; row 1 has 2.0 with "
        "frequency = 0.0\n\nHint: the first purchase counts in neither, and repeat "
        "purchases at the same time as the first are merged with it",
    ),
    "a negative T": Bad(
        lambda: summary({"T": [9.0, -8.0, 3.0]}),
        DataError,
        "column `T` must be finite and at least 0; row 1 has -8.0",
    ),
    "an infinite T": Bad(
        lambda: summary({"T": [np.inf, 8.0, 3.0]}),
        DataError,
        "column `T` must be finite and at least 0; row 0 has inf",
    ),
    "a customer twice": Bad(
        lambda: summary({"customer_id": ["bob", "ann", "bob"]}),
        DataError,
        "column `customer_id` must name each customer once; row 2 has bob, as row 0 "
        "does",
    ),
    "a customer twice in the index": Bad(
        lambda: tn.Summary.from_frame(
            pd.DataFrame(SUMMARY).drop(columns="customer_id").set_axis([7, 7, 7])
        ),
        DataError,
        "column `customer_id` must name each customer once; row 1 has 7, as row 0 does "
        "(2 rows in all)",
    ),
    "a summary row without a customer": Bad(
        lambda: summary({"customer_id": ["ann", None, "bob"]}),
        DataError,
        "column `customer_id` must name each customer once; row 1 has none",
    ),
    "a summary without its column": Bad(
        lambda: summary(frequency="freq"),
        ColumnError,
        "unknown column 'freq'. Hint: did you mean 'frequency'?\n\n"
        "Columns: 'customer_id', 'frequency', 'recency', 'T'",
    ),
    "a summary of its own in an unknown unit": Bad(
        lambda: summary(unit="weeks"),
        ParameterError,
        f'`unit` must be {UNITS}, got "weeks"',
    ),
    "a column that a summary lacks": Bad(
        lambda: log().summary()["monetary_value"],
        ColumnError,
        "unknown column 'monetary_value'.\n\n"
        "Columns: 'customer_id', 'frequency', 'recency', 'T'",
    ),
}


@pytest.mark.parametrize("kind", BAD)
def test_text(kind):
    call, exception, text = BAD[kind]
    with pytest.raises(exception) as raised:
        call()
    assert str(raised.value) == text
    assert isinstance(raised.value, TenureError)


def test_errors_carry_the_facts():
    with pytest.raises(DataError) as raised:
        summary({"recency": [40.0, 0.0, 50.0], "T": [38.9, 8.0, 3.0]})
    error = raised.value
    assert (error.column, error.expected) == ("recency", "lie in [0, T]")
    assert (error.row, error.found, error.count) == (0, "40.0 with T = 38.9", 2)
    assert error.hint == "were recency and T computed with the same time unit?"


# What stands in the log, and the line of the receipt that counts it.
COUNTED = {
    "no customer": (
        {"customer_id": ["ann", None, "bob", "bob"]},
        {},
        "1 dropped: without a customer",
    ),
    "no time": (
        {"date": dates("2024-01-01", "NaT", "2024-01-08", "NaT")},
        {},
        "2 dropped: without a time",
    ),
    "neither customer nor amount": (
        {"customer_id": ["ann", None, "bob", "bob"], "amount": [1.0, np.nan, 1.0, 1.0]},
        {"amount": "amount"},
        "1 dropped: without a customer",
    ),
    "a refund before any purchase": (
        {"amount": [10.0, 30.0, -5.0, 7.5]},
        {"amount": "amount"},
        "1 dropped: refunding something before the first purchase",
    ),
    "refunds to be dropped": (
        {"amount": [10.0, -30.0, 5.0, -5.0]},
        {"amount": "amount", "refunds": "drop"},
        "2 dropped: with a negative amount",
    ),
    "refunds": (
        {"amount": [10.0, -4.0, 5.0, -1.25]},
        {"amount": "amount"},
        "2 with a negative amount: 5.25 in all",
    ),
    "customers with refunds only": (
        REFUNDS,
        {"amount": "amount"},
        "1 customer left out: refunds only",
    ),
    "repeated rows": (
        {"customer_id": ["ann"] * 4, "date": dates(*["2024-01-01"] * 4)},
        {},
        "3 equal to another row",
    ),
    "repeated rows to be dropped": (
        {"customer_id": ["ann"] * 4, "date": dates(*["2024-01-01"] * 4)},
        {"duplicates": "drop"},
        "3 dropped: equal to another row",
    ),
    "several orders on a day": (
        {"date": dates("2024-01-01", "2024-01-01", "2024-01-08", "2024-02-01")},
        {},
        "1 merged: one purchase a day",
    ),
    "a purchase of nothing": (
        {"amount": [0.0, 30.0, 5.0, 7.5]},
        {"amount": "amount"},
        "1 purchase of a total of 0",
    ),
    "purchases of nothing": (
        {"amount": [0.0, 30.0, 0.0, 7.5]},
        {"amount": "amount"},
        "2 purchases of a total of 0",
    ),
    "a customer in two places": (
        {"city": ["Rome", "Oslo", "Bonn", "Bonn"]},
        {"attributes": ["city"]},
        "1 customer with more than one `city`",
    ),
}


@pytest.mark.parametrize("kind", COUNTED)
def test_receipt(kind):
    changes, settings, line = COUNTED[kind]
    receipt = log(changes, **settings).receipt
    assert f"  {line}" in repr(receipt).splitlines()
    assert receipt.rows == receipt.used + sum(receipt.dropped.values()) == 4
