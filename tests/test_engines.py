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
from engines import RULES, arrow, assert_same, compare, fetched, random_rows
from hypothesis import given, settings
from hypothesis import strategies as st
from reference_summary import AGES, DAY, ReferenceLog

dd = pytest.importorskip("dask.dataframe")
distributed = pytest.importorskip("distributed")

START = dt.datetime(1969, 12, 29)  # noqa: DTZ001
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
