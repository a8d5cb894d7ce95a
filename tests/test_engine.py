"""Every way from a log to a summary gives the same numbers, to the last bit.

The ways: straight from the columns, from compressed rows, and by codes (which logs with
orders or attributes take); near integers, far ones, short and long text, categories;
any order of rows; and a plain, slow reference. Amounts of the reference are multiples
of a quarter, so that its sums are exact in any order.
"""

import datetime as dt
from collections import defaultdict

import numpy as np
import pandas as pd
import polars as pl
import pyarrow as pa
import pytest
import tenure as tn
from hypothesis import given, settings
from hypothesis import strategies as st
from tenure import _core
from tenure._events import read_events
from tenure._frame import Table
from tenure._summarize_native import summarize_native

START = np.datetime64("2024-01-01", "us")
HOUR = np.timedelta64(1, "h")

# What customers are called: from a number, and from nothing.
NAMES = {
    "near": lambda number: 1_000 + number,
    "far": lambda number: (number * 6_364_136_223_846_793_005) % 2**63,
    "short": lambda number: f"c{number}",
    "long": lambda number: f"a customer with a long name, {number}",
}


def frames(names, date, amount):
    """Return the log in every kind of frame that can hold these names."""
    columns = {"date": date, "amount": amount}
    text = isinstance(next(filter(None, names), 0), str)
    table = {"customer_id": pl.Series(names), **columns}
    polars = pl.DataFrame(table)
    yield "polars", polars
    # without this, integers with gaps become floats
    gaps = {"use_pyarrow_extension_array": True} if None in names else {}
    yield "pandas", polars.to_pandas(**gaps)
    yield "numpy", {"customer_id": names, **columns}
    yield "arrow", polars.to_arrow(compat_level=pl.CompatLevel.oldest())
    if text:
        strings = pa.array(names, pa.string())
        yield "small", pa.table({"customer_id": strings, **columns})
        yield (
            "dictionary",
            pa.table({"customer_id": strings.dictionary_encode(), **columns}),
        )
        yield "objects", pd.DataFrame({"customer_id": names, **columns}, dtype=object)
        yield (
            "category",
            pd.DataFrame({"customer_id": pd.Categorical(names), **columns}),
        )


def by_codes(names, date, amount, **rules):
    """Return the log grouped by codes, as one with orders is."""
    data = {"customer_id": names, "date": date, "amount": amount}
    # the same order everywhere: duplicates stay what they are
    data["order"] = np.zeros(len(date), np.int64)
    return tn.Transactions(data, amount="amount", order="order", **rules)


def assert_same(one, other):
    """Pass if two summaries are the same, to the last bit."""
    assert repr(one) == repr(other)
    assert one.columns.keys() == other.columns.keys()
    for name, values in one.columns.items():
        assert values.tolist() == other[name].tolist(), name
        assert values.dtype == other[name].dtype, name
    assert (one.as_of, one.unit) == (other.as_of, other.unit)
    assert np.datetime_data(one.as_of) == np.datetime_data(other.as_of)


ROWS = st.lists(
    st.tuples(
        st.integers(0, 5) | st.none(),
        st.integers(0, 24 * 40) | st.integers(0, 40).map(lambda day: 24 * day),
        st.floats(0, 1e4, allow_subnormal=False)
        | st.sampled_from([-3.3, -0.1, 0.0, 0.1, 0.2, 0.3]),
    ),
    min_size=1,
    max_size=30,
)
RULES = st.fixed_dictionaries(
    {
        "merge": st.sampled_from(["hour", "day", "week", "month", None]),
        "refunds": st.sampled_from(["net", "drop", "keep"]),
        "duplicates": st.sampled_from(["keep", "drop"]),
    }
)


@settings(max_examples=60, deadline=None)
@given(
    rows=ROWS,
    rules=RULES,
    naming=st.sampled_from(sorted(NAMES)),
    order=st.sampled_from(["drawn", "time", "customer"]),
    seen=st.tuples(
        st.sampled_from(["hour", "day", "week", "month"]),
        st.none() | st.integers(0, 45),
    ),
)
def test_every_way_gives_the_same(rows, rules, naming, order, seen):
    unit, as_of = seen
    if order != "drawn":
        places = {"time": (1,), "customer": (0, 1)}[order]
        rows = sorted(rows, key=lambda row: [row[i] or 0 for i in places])
    numbers, hours, amounts = zip(*rows, strict=True)
    names = [None if one is None else NAMES[naming](one) for one in numbers]
    date, amount = START + np.array(hours) * HOUR, np.array(amounts)
    day = None if as_of is None else START + as_of * 24 * HOUR
    day = None if day is None else day.astype("datetime64[D]")
    try:
        expected = by_codes(names, date, amount, **rules).summary(unit, day)
    except tn.exceptions.EmptyDataError as error:
        for _, frame in frames(names, date, amount):
            with pytest.raises(tn.exceptions.EmptyDataError, match=str(error)[:30]):
                summarize_native(frame, amount="amount", unit=unit, as_of=day, **rules)
        return
    for kind, frame in frames(names, date, amount):
        log = tn.Transactions(frame, amount="amount", **rules)
        grouped = log.summary(unit, day)
        straight = summarize_native(
            frame, amount="amount", unit=unit, as_of=day, **rules
        )
        assert_same(straight, grouped)
        assert_same(straight, expected)
        receipt = by_codes(names, date, amount, **rules).receipt
        assert log.receipt == receipt, kind


def reference(rows, last):
    """Return id, frequency, recency, T and monetary value by dictionaries and lists.

    Purchases of a day are one; a day of refunds alone reduces the purchase before, and
    is nothing if there is none.
    """
    days = defaultdict(lambda: defaultdict(list))
    for customer, day, amount in rows:
        if customer is not None and day is not None:
            days[customer][day].append(amount)
    found = []
    for customer in sorted(days):
        purchases = []
        for day in sorted(days[customer]):
            amounts = days[customer][day]
            if max(amounts) >= 0:
                purchases.append([day, sum(amounts)])
            elif purchases:
                purchases[-1][1] += sum(amounts)
        if purchases:
            first, repeats = purchases[0][0], purchases[1:]
            mean = sum(value for _, value in repeats) / max(len(repeats), 1)
            recency = float((purchases[-1][0] - first).days)
            age = float((last - first).days)
            found.append((customer, len(repeats), recency, age, mean))
    return found


@settings(max_examples=200, deadline=None)
@given(
    rows=st.lists(
        st.tuples(
            st.integers(0, 4) | st.none(),
            st.integers(0, 60).map(lambda n: dt.date(2024, 1, 1) + dt.timedelta(n))
            | st.none(),
            st.integers(-8, 20).map(lambda quarters: quarters / 4),
        ),
        min_size=1,
        max_size=40,
    ),
    naming=st.sampled_from(sorted(NAMES)),
)
def test_a_plain_reference(rows, naming):
    last = dt.date(2024, 6, 1)
    rows = [(None if n is None else NAMES[naming](n), *rest) for n, *rest in rows]
    expected = reference(rows, last)
    frame = pl.DataFrame(
        {
            "customer_id": pl.Series([row[0] for row in rows]),
            "date": pl.Series([row[1] for row in rows], dtype=pl.Date),
            "amount": [row[2] for row in rows],
        }
    )
    if not expected:
        with pytest.raises((tn.exceptions.EmptyDataError, tn.exceptions.ColumnError)):
            summarize_native(frame, amount="amount", as_of=last)
        return
    summary = summarize_native(frame, amount="amount", as_of=last)
    columns = (values.tolist() for values in summary.columns.values())
    assert list(zip(*columns, strict=True)) == expected


@pytest.mark.parametrize("naming", sorted(NAMES))
def test_many_customers_in_any_order(naming):
    """Many partitions: 200,000 rows of 15,000 customers, some of them refunds."""
    rng = np.random.default_rng(20260101)
    n = 200_000
    numbers = rng.integers(0, 15_000, n)
    names = np.array([NAMES[naming](int(number)) for number in range(15_000)])
    date = START + rng.integers(0, 700 * 24, n) * HOUR
    amount = rng.lognormal(3.0, 1.0, n) * rng.choice([1.0, -0.3], n, p=[0.9, 0.1])

    def frame(places):
        columns = {"customer_id": names[numbers][places], "date": date[places]}
        return pl.DataFrame({**columns, "amount": amount[places]})

    expected = by_codes(names[numbers], date, amount).summary("week")
    assert len(expected) == 15_000
    orders = {
        "drawn": np.arange(n),
        "shuffled": rng.permutation(n),
        "time": np.argsort(date, kind="stable"),
        "customer": np.argsort(names[numbers], kind="stable"),
    }
    for places in orders.values():
        found = summarize_native(frame(places), amount="amount", unit="week")
        for name, values in expected.columns.items():
            assert np.array_equal(found[name], values), name
        log = tn.Transactions(frame(places), amount="amount")
        for name, values in log.summary("week").columns.items():
            assert np.array_equal(expected[name], values), name


def test_short_ways_are_taken():
    """The kernel serves plain logs, and says when it does not."""
    frame = {"customer_id": ["a", "b"], "date": ["2024-01-01"] * 2, "amount": [1.0, -1]}
    events = read_events(
        Table.of(frame), customer="customer_id", time="date", amount="amount"
    )

    def served(*rules):
        summary = _core.summarize_log(events.columns, rules, None, "day")
        grouped = _core.group_log(events.columns, rules)
        return summary is not None, grouped is not None

    assert served("day", "net", "keep") == (True, True)
    assert served("month", "keep", "raise") == (True, True)
    assert served(None, "net", "drop") == (False, True)
    assert served("order", "net", "keep") == (False, False)
    assert served("day", "raise", "keep") == (False, False)


def test_zones_cut_days_as_they_do_in_a_grouped_log():
    times = pd.to_datetime(["2024-03-30T23:30Z", "2024-03-31T00:30Z"])
    frame = pd.DataFrame({"customer_id": [1, 1], "date": times})
    for tz in (None, "Europe/Berlin", "America/New_York"):
        straight = summarize_native(frame, tz=tz)
        assert_same(straight, tn.Transactions(frame, tz=tz).summary())
    assert summarize_native(frame, tz="UTC").frequency.tolist() == [1]
    assert summarize_native(frame, tz="Europe/Berlin").frequency.tolist() == [0]


@pytest.mark.parametrize(
    ("change", "text"),
    [
        ({"amount": [1.0, np.nan]}, "column `amount` must be a finite number; row 1"),
        ({"date": ["2024-01-01", "x"]}, "column `date` must hold ISO 8601 times"),
        ({"customer_id": [None, None]}, "the log has no purchase: of 2 rows"),
    ],
)
def test_bad_logs_are_refused_as_a_grouped_log_refuses_them(change, text):
    frame = {
        "customer_id": ["a", "b"],
        "date": ["2024-01-01", "2024-01-02"],
        "amount": [1.0, 2.0],
        **change,
    }
    with pytest.raises(tn.exceptions.TenureError) as error:
        summarize_native(frame, amount="amount")
    with pytest.raises(type(error.value)) as grouped:
        tn.Transactions(frame, amount="amount")
    assert str(error.value) == str(grouped.value)
    assert str(error.value).startswith(text)
