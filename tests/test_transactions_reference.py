"""Grouping against a plain, slow reference, and against itself with the rows shuffled.

Amounts of the reference are multiples of a quarter, so that its sums are exact in any
order, and equal means equal to the last bit.
"""

import datetime as dt
import os
import subprocess
import sys

import numpy as np
import pytest
import tenure as tn
from hypothesis import given, settings
from hypothesis import strategies as st
from reference_summary import AGES, DAY, ReferenceLog

EPOCH = dt.datetime(1969, 12, 29)  # noqa: DTZ001
POLICIES = ("net", "drop", "keep")


def instants(hours):
    """Return a time so many half hours after the epoch of these tests."""
    return EPOCH + hours * dt.timedelta(minutes=30)


ROWS = st.lists(
    st.tuples(
        st.sampled_from(["a", "b", "c", "ä", None]),
        st.none()
        | st.integers(0, 48 * 4).map(instants)
        | st.integers(0, 420).map(lambda days: EPOCH + days * DAY),
        st.integers(-8, 20).map(lambda quarters: quarters / 4),
        st.sampled_from(["o1", "o2", "o3"]),
        st.sampled_from(["tea", "mug"]),
    ),
    min_size=1,
    max_size=25,
)
RULES = st.fixed_dictionaries(
    {
        "merge": st.sampled_from(["hour", "day", "week", "month", "order"]),
        "refunds": st.sampled_from(POLICIES),
        "duplicates": st.sampled_from(["keep", "drop"]),
    }
)


def log_of(rows, **rules):
    """Return the log of a list of rows."""
    customer, time, amount, order, product = zip(*rows, strict=True)
    data = {
        "customer_id": np.array(customer, dtype=object),
        "date": np.array([time or "NaT" for time in time], "datetime64[us]"),
        "amount": np.array(amount),
        "order": np.array(order, dtype=object),
        "product": np.array(product, dtype=object),
    }
    columns = {name: name for name in ("amount", "order", "product")}
    return tn.Transactions(data, **columns, **rules)


def compare(rows, rules, unit, day):
    """Compare the log of some rows with the reference."""
    reference = ReferenceLog(rows, **rules)
    if not reference.customers:
        with pytest.raises(tn.exceptions.EmptyDataError):
            log_of(rows, **rules)
        return
    log = log_of(rows, **rules)
    assert log.customers.tolist() == list(reference.customers)
    expected = [one for found in reference.customers.values() for one in found]
    assert log.times.tolist() == [time for time, _, _ in expected]
    assert log.values.tolist() == [
        value + sum(refunds.values()) for _, value, refunds in expected
    ]
    receipt = log.receipt
    assert {k: n for k, n in receipt.dropped.items() if n} == {
        k: n for k, n in reference.dropped.items() if n
    }
    assert receipt.merged == reference.merged
    assert receipt.rows == receipt.used + sum(receipt.dropped.values()) == len(rows)
    compare_dates(log, reference, unit, EPOCH + day * DAY)


def compare_dates(log, reference, unit, date):
    """Compare summary and split at a date with the reference."""
    expected = reference.summary(unit, date)
    if not expected:
        with pytest.raises(tn.exceptions.EmptyDataError):
            log.summary(unit, as_of=date.date())
        return
    summary = log.summary(unit, as_of=date.date())
    found = zip(*(values.tolist() for values in summary.columns.values()), strict=True)
    assert list(found) == expected
    end = date + 50 * DAY
    split = log.split(date.date(), end.date(), unit)
    rows, refunds = reference.holdout(date, end)
    columns = ("holdout_purchases", "holdout_value", "holdout_mean_value")
    found = zip(*(split[column].tolist() for column in columns), strict=True)
    assert list(found) == rows
    assert split.refunds_of_calibration.count == len(refunds)
    assert split.refunds_of_calibration.amount == sum(refunds)


@settings(max_examples=400, deadline=None)
@given(
    rows=ROWS,
    rules=RULES,
    unit=st.sampled_from(sorted(AGES)),
    day=st.integers(-2, 430),
)
def test_reference(rows, rules, unit, day):
    compare(rows, rules, unit, day)


@settings(max_examples=150, deadline=None)
@given(
    rows=ROWS,
    refunds=st.sampled_from(POLICIES),
    unit=st.sampled_from(sorted(AGES)),
    day=st.integers(-2, 430),
)
def test_reference_without_merging(rows, refunds, unit, day):
    # One row a customer and time: the reference has no rule for which of several at
    # the same time a refund follows.
    times = [row[:2] for row in rows]
    unique = [row for place, row in enumerate(rows) if times.index(row[:2]) == place]
    rules = {"merge": None, "refunds": refunds, "duplicates": "keep"}
    compare(unique, rules, unit, day)


FLOATS = st.floats(-1e6, 1e6, allow_nan=False, allow_subnormal=False)


@settings(max_examples=150, deadline=None)
@given(
    rows=st.lists(
        st.tuples(
            st.sampled_from(["a", "b"]),
            st.integers(0, 48 * 3).map(instants),
            FLOATS,
            st.sampled_from(["o1", "o2"]),
            st.sampled_from(["tea", "mug"]),
        ),
        min_size=1,
        max_size=30,
    ),
    rules=RULES,
    merge=st.sampled_from(["hour", "day", "week", "month", "order", None]),
    seed=st.integers(0, 2**32 - 1),
)
def test_the_order_of_rows_changes_no_bit(rows, rules, merge, seed):
    rules = {**rules, "merge": merge}
    shuffled = [rows[i] for i in np.random.default_rng(seed).permutation(len(rows))]
    try:
        one = log_of(rows, **rules)
    except tn.exceptions.EmptyDataError:
        with pytest.raises(tn.exceptions.EmptyDataError):
            log_of(shuffled, **rules)
        return
    other = log_of(shuffled, **rules)
    assert repr(one) == repr(other)
    for name in ("customers", "offsets", "times", "values"):
        assert getattr(one, name).tolist() == getattr(other, name).tolist()
    for name in ("offsets", "orders", "products", "amounts"):
        assert getattr(one.lines, name).tolist() == getattr(other.lines, name).tolist()
    assert one.receipt == other.receipt
    for name, values in one.summary("week").columns.items():
        assert values.tolist() == other.summary("week")[name].tolist()


def test_many_customers_in_any_order():
    """More customers than one thread works on at a time: 30,000 rows of 5,000."""
    rng = np.random.default_rng(20260101)
    n = 30_000
    data = {
        "customer_id": rng.integers(0, 5_000, n),
        "amount": rng.lognormal(3.0, 1.0, n) * rng.choice([1.0, -0.3], n, p=[0.9, 0.1]),
    }
    hours = rng.integers(0, 700 * 24, n).astype("timedelta64[h]")
    data["date"] = np.datetime64("2024-01-01", "us") + hours
    one = tn.Transactions(data, amount="amount")
    order = rng.permutation(n)
    shuffled = {name: values[order] for name, values in data.items()}
    other = tn.Transactions(shuffled, amount="amount")
    assert one.receipt == other.receipt
    assert one.receipt.refunds > 2_000
    for name in ("customers", "offsets", "times", "values"):
        assert np.array_equal(getattr(one, name), getattr(other, name))
    left, right = one.split("2025-01-01"), other.split("2025-01-01")
    for name, values in left.columns.items():
        assert np.array_equal(values, right[name])
    assert left.refunds_of_calibration == right.refunds_of_calibration


SCRIPT = """
import numpy as np, tenure as tn
rng = np.random.default_rng(7)
n = 20_000
log = tn.Transactions(
    {
        "customer_id": rng.integers(0, 6_000, n),
        "date": np.datetime64("2024-01-01", "us")
        + rng.integers(0, 900, n).astype("timedelta64[D]"),
        "amount": rng.normal(20.0, 15.0, n),
    },
    amount="amount",
)
columns = log.split("2025-06-01", unit="month").columns.values()
print(log.receipt, hash((log.values.tobytes(), *(c.tobytes() for c in columns))))
"""


def test_the_number_of_threads_changes_no_bit():
    outputs = {
        subprocess.run(  # noqa: S603
            [sys.executable, "-c", SCRIPT],
            env={**os.environ, "RAYON_NUM_THREADS": threads, "PYTHONHASHSEED": "0"},
            check=True,
            capture_output=True,
        ).stdout
        for threads in ("1", "2", "4")
    }
    assert len(outputs) == 1


def test_one_row_and_one_customer():
    one = log_of([("a", EPOCH, 1.5, "o1", "tea")])
    assert (len(one), one.summary().T.tolist()) == (1, [0.0])
    rows = [("a", EPOCH + day * DAY, 1.0, "o1", "tea") for day in range(5_000)]
    many = log_of(rows)
    assert many.summary().frequency.tolist() == [4_999]
    assert many.summary().recency.tolist() == [4_999.0]
