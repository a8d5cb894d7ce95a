"""Logs in engines: DuckDB on a file, Dask on two workers, and polars.

PySpark has tests of its own in `spark/`.
"""

import datetime as dt
import zoneinfo

import duckdb
import numpy as np
import polars as pl
import pyarrow as pa
import pytest
import tenure as tn
from engines import RULES, START, arrow, assert_same, compare, fetched, random_rows
from hypothesis import given, settings
from hypothesis import strategies as st
from reference_summary import AGES, DAY

dd = pytest.importorskip("dask.dataframe")
distributed = pytest.importorskip("distributed")

DATE = START + 200 * DAY
NAMES = {"amount": "amount", "order": "order"}


@pytest.fixture(scope="module")
def database(tmp_path_factory):
    """Return a function that puts a table into a database on a file."""
    path = tmp_path_factory.mktemp("duckdb") / "orders.db"
    with duckdb.connect(str(path)) as connection:

        def store(table):
            connection.register("given", table)
            connection.execute("CREATE OR REPLACE TABLE orders AS FROM given")
            connection.unregister("given")
            return connection.table("orders")

        yield store


@pytest.fixture(scope="module")
def cluster():
    with (
        distributed.LocalCluster(
            n_workers=2, threads_per_worker=1, dashboard_address=":0"
        ) as cluster,
        distributed.Client(cluster) as client,
    ):
        yield client


def in_polars(table):
    return pl.from_arrow(table).lazy()


def in_dask(table):
    return dd.from_pandas(table.to_pandas(), npartitions=3)


@pytest.mark.parametrize("rules", RULES, ids=str)
def test_polars_agrees_with_the_reference(rules):
    rows = random_rows(1)
    log = tn.LazyTransactions(in_polars(arrow(rows)), **NAMES, **rules)
    for unit in AGES:
        compare(log, rows, unit, DATE)


@pytest.mark.parametrize("rules", RULES[::3], ids=str)
def test_duckdb_agrees_with_the_reference(database, rules):
    rows = random_rows(2)
    log = tn.LazyTransactions(database(arrow(rows)), **NAMES, **rules)
    units = sorted(AGES)
    compare(log, rows, units[RULES.index(rules) // 3 % len(units)], DATE)


@pytest.mark.parametrize("rules", [RULES[i] for i in (6, 9, 24, 31)], ids=str)
def test_dask_agrees_with_the_reference(cluster, rules):
    rows = random_rows(3)
    log = tn.LazyTransactions(in_dask(arrow(rows)), **NAMES, **rules)
    compare(log, rows, "month" if rules["merge"] == "day" else "week", DATE)
    assert len(cluster.scheduler_info()["workers"]) == 2


ROWS = st.lists(
    st.tuples(
        st.sampled_from([1, 2, 3, 40, None]),
        st.none()
        | st.integers(0, 48 * 4).map(lambda i: START + i * dt.timedelta(minutes=30))
        | st.integers(0, 420).map(lambda days: START + days * DAY),
        st.integers(-8, 20).map(lambda quarters: quarters / 4),
        st.sampled_from(["o1", "o2", "o3"]),
        st.just("tea"),
    ),
    min_size=1,
    max_size=25,
)


def outcome(make, unit, date):
    """Return the results of a log, or the error that it ends with."""
    try:
        log = make()
        return [
            fetched(log.summary(unit, date)),
            fetched(log.split(DATE.date(), None, unit)),
            log.receipt.to_dict(),
        ]
    except tn.exceptions.TenureError as error:
        return type(error), str(error)


class InMemory(tn.Transactions):
    """A log in memory whose results come as frames, as those of engines do."""

    def summary(self, *date):
        return super().summary(*date).to_frame()

    def split(self, *dates):
        return super().split(*dates).to_frame()


SETTINGS = st.fixed_dictionaries(
    {
        "rules": st.sampled_from([one for one in RULES if one["duplicates"] == "keep"]),
        "unit": st.sampled_from(sorted(AGES)),
        "days": st.none() | st.integers(-2, 430),
    }
)


def same_as_the_core(put, rows, rules, unit, days):
    """Compare an engine with the core: results, receipts and errors alike."""
    table = arrow(rows)
    lazy = put(table)
    date = None if days is None else (START + days * DAY).date()
    expected = outcome(lambda: InMemory(table, **NAMES, **rules), unit, date)
    found = outcome(lambda: tn.LazyTransactions(lazy, **NAMES, **rules), unit, date)
    if isinstance(expected, tuple):
        assert found == expected
        return
    assert_same(found[0], expected[0])
    assert_same(found[1], expected[1])
    assert found[2] == expected[2]


@settings(max_examples=40, deadline=None)
@given(rows=ROWS, settings=SETTINGS)
def test_polars_agrees_with_the_core(rows, settings):
    same_as_the_core(in_polars, rows, **settings)


@settings(max_examples=6, deadline=None)
@given(rows=ROWS, settings=SETTINGS)
def test_duckdb_agrees_with_the_core(database, rows, settings):
    same_as_the_core(database, rows, **settings)


PUT = {
    "polars": lambda table, _: in_polars(table),
    "duckdb": lambda table, store: store(table),
    "dask": lambda table, _: in_dask(table),
}


@pytest.fixture(params=PUT)
def put(request, database):
    """Put a table into each engine."""
    return lambda table: PUT[request.param](table, database)


@pytest.mark.parametrize("rules", [RULES[6], RULES[24]], ids=str)
def test_receipts_and_last_events_are_those_of_the_core(put, rules):
    table = arrow(random_rows(11))
    log = tn.Transactions(table, **NAMES, **rules)
    lazy = tn.LazyTransactions(put(table), **NAMES, **rules)
    assert lazy.receipt == log.receipt
    assert_same(fetched(lazy.summary("week")), log.summary("week").columns)


@pytest.mark.parametrize(
    "rows",
    [
        [("a", START, 5.0, "o1", "")],
        [("a", START + place * DAY, 2.0, f"o{place}", "") for place in range(30)],
        [(f"c{place % 7}", START, 2.0, f"o{place}", "") for place in range(30)],
    ],
    ids=["one row", "one customer", "all rows one day"],
)
def test_small_logs(put, rows):
    compare(tn.LazyTransactions(put(arrow(rows)), **NAMES), rows, "day", DATE)


def test_dates_and_logs_without_amounts(put):
    table = arrow(random_rows(12))
    dates = table.set_column(1, "date", table["date"].cast(pa.date32(), safe=False))
    for columns in ({}, {"order": "order", "merge": "order"}, {"merge": None}):
        log = tn.Transactions(dates, **columns)
        if "dask" in str(type(frame := put(dates))):
            frame["date"] = dd.to_datetime(frame["date"])
        lazy = tn.LazyTransactions(frame, **columns)
        date = DATE.date()
        assert_same(
            fetched(lazy.summary("month", date)), log.summary("month", date).columns
        )
        assert_same(fetched(lazy.split(date)), log.split(date).columns)
        assert lazy.receipt == log.receipt


def test_days_are_cut_by_the_clocks_of_a_zone():
    berlin = zoneinfo.ZoneInfo("Europe/Berlin")
    table = arrow(random_rows(13), berlin)
    for tz in (None, "Asia/Tokyo"):
        expected = tn.summarize(table, **NAMES, unit="week", tz=tz).columns
        for frame in (in_polars(table), in_dask(table)):
            found = tn.summarize(frame, **NAMES, unit="week", tz=tz)
            assert_same(fetched(found), expected)


def test_duckdb_cuts_days_in_its_own_zone():
    table = arrow(random_rows(13), dt.UTC)
    expected = tn.summarize(table, **NAMES, unit="week", tz="Asia/Tokyo").columns
    connection = duckdb.connect()
    connection.execute("SET TimeZone = 'Asia/Tokyo'")
    relation = connection.from_arrow(table)
    for tz in (None, "Asia/Tokyo"):
        found = tn.summarize(relation, **NAMES, unit="week", tz=tz)
        assert_same(fetched(found), expected)
    error = "`tz` must be the engine's own time zone, Asia/Tokyo"
    with pytest.raises(tn.exceptions.ParameterError, match=error):
        tn.summarize(relation, **NAMES, tz="Europe/Berlin")


def test_integer_ids_with_gaps_are_floats_in_pandas_only():
    rows = [(place % 5 or None, *row[1:]) for place, row in enumerate(random_rows(14))]
    table = arrow(rows)
    found = fetched(tn.summarize(in_dask(table), **NAMES))
    assert_same(found, tn.summarize(table, **NAMES).columns)
    assert found["customer_id"].dtype == np.int64


def frame_of(**columns):
    table = {"customer_id": [1, 2], "date": [START, START], "amount": [1.0, 2.0]}
    return pl.LazyFrame({**table, **columns})


@pytest.mark.parametrize(
    ("columns", "rules", "kind", "message"),
    [
        (
            {"amount": [1.0, None]},
            {},
            "DataError",
            "column `amount` must be a finite number; 1 row does not",
        ),
        (
            {"amount": [np.inf, np.nan]},
            {},
            "DataError",
            "column `amount` must be a finite number; 2 rows do not",
        ),
        (
            {"amount": [-1.0, 2.0]},
            {"refunds": "raise"},
            "DataError",
            'column `amount` must be at least 0 where refunds="raise"',
        ),
        (
            {"customer_id": [1.5, 2.0]},
            {},
            "DataError",
            "column `customer_id` must hold whole numbers",
        ),
        (
            {"customer_id": [1, 1], "amount": [2.0, 2.0]},
            {"duplicates": "raise"},
            "DataError",
            "must not hold the same row twice",
        ),
        (
            {"order": ["o", None]},
            {"order": "order", "merge": "order"},
            "DataError",
            "column `order` must name the order of every row",
        ),
        (
            {"date": ["2024-01-01", "2024-01-02"]},
            {},
            "ColumnError",
            "column `date` must hold dates or times, but is of the type String",
        ),
        (
            {"amount": ["1", "2"]},
            {},
            "ColumnError",
            "column `amount` must hold numbers, but is of the type String",
        ),
        (
            {"customer_id": [True, False]},
            {},
            "ColumnError",
            "column `customer_id` must hold identifiers",
        ),
        ({}, {"time": "when"}, "ColumnError", "unknown column 'when'"),
        ({}, {"tz": "UTC"}, "ParameterError", "`tz` must be left out"),
        ({}, {"merge": "fortnight"}, "ParameterError", '`merge` must be "hour"'),
        ({}, {"refunds": "ignore"}, "ParameterError", '`refunds` must be "net"'),
        ({}, {"duplicates": ""}, "ParameterError", '`duplicates` must be "keep"'),
        ({}, {"merge": "order"}, "ParameterError", "`merge` must be a period or None"),
        ({}, {"attributes": ["x"]}, "ParameterError", "`attributes` must be left out"),
        ({}, {"time_unit": "s"}, "ParameterError", "`time_unit` must be left out"),
        ({}, {"unit": "fortnight"}, "ParameterError", "`unit` must be one of"),
        ({}, {"as_of": "1960-01-01"}, "EmptyDataError", "no customer had bought by"),
        ({}, {"split": "1970-01-01"}, "ParameterError", "`at` must come before"),
        ({}, {"until": "1970-01-01"}, "ParameterError", "`until` must be left out"),
        (
            {},
            {"split": "1970-01-01", "as_of": "1970-01-01"},
            "ParameterError",
            "`as_of` must be left out",
        ),
        (
            {"amount": [-1.0, -2.0]},
            {},
            "EmptyDataError",
            "the log has no purchase: of 2 rows, 2 with a negative amount",
        ),
    ],
)
def test_what_an_engine_cannot_do_is_said(columns, rules, kind, message):
    with pytest.raises(getattr(tn.exceptions, kind)) as error:
        tn.summarize(frame_of(**columns), **{"amount": "amount", **rules})
    assert message in str(error.value)


def test_logs_without_rows_and_data_in_memory():
    with pytest.raises(tn.exceptions.EmptyDataError, match="the log has no rows"):
        tn.LazyTransactions(frame_of().head(0))
    with pytest.raises(tn.exceptions.FrameError, match="cannot let an engine"):
        tn.LazyTransactions({"customer_id": [1], "date": ["2024-01-01"]})


def test_summarize_of_data_in_memory_is_that_of_the_log():
    table = arrow(random_rows(15))
    log = tn.Transactions(table, **NAMES)
    assert_same(tn.summarize(table, **NAMES).columns, log.summary().columns)
    split = tn.summarize(table, **NAMES, split=DATE.date(), unit="week")
    assert_same(split.columns, log.split(DATE.date(), unit="week").columns)


def test_results_stay_in_the_engine(put):
    frame = put(arrow(random_rows(16)))
    found = tn.summarize(frame, **NAMES)
    assert type(found) is type(frame)
