"""Logs in engines: DuckDB on a file, Dask on two workers, and polars.

PySpark has tests of its own in `spark/`.
"""

import datetime as dt

import duckdb
import polars as pl
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
            n_workers=2, threads_per_worker=1, dashboard_address=None
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
