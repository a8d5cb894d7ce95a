"""Whatever a log comes in, the results are the same to the last bit."""

import datetime as dt

import dask.dataframe as dd
import duckdb
import narwhals as nw
import numpy as np
import pandas as pd
import polars as pl
import pyarrow as pa
import pyarrow.dataset as ds
import pyarrow.parquet as pq
import pytest
import tenure as tn
from engines import START, arrow, random_rows
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

NAMES = {"amount": "amount", "order": "order"}
ROWS = random_rows(7, customers=200)
TABLE = arrow(ROWS)


class Stream:
    """Nothing but the capsule interface, in batches of a size."""

    def __init__(self, table, size):
        self._table, self._size = table, size

    def __arrow_c_stream__(self, requested_schema=None):
        reader = reader_of(self._table, self._size)
        return reader.__arrow_c_stream__(requested_schema)


def reader_of(table, size):
    batches = table.to_batches(max_chunksize=size)
    return pa.RecordBatchReader.from_batches(table.schema, batches)


def dataset(table, folder):
    """Return a dataset of several files."""
    middle = table.num_rows // 2
    pq.write_table(table.slice(0, middle), folder / "a.parquet", row_group_size=50)
    pq.write_table(table.slice(middle), folder / "b.parquet")
    return ds.dataset(folder)


def numpy_columns(table):
    frame = table.to_pandas(types_mapper=None)
    columns = {name: frame[name].to_numpy() for name in frame.columns}
    return {**columns, "date": columns["date"].astype("datetime64[us]")}


def on_disk(table, folder):
    connection = duckdb.connect(str(folder / "orders.db"))
    connection.register("given", table)
    connection.execute("CREATE TABLE orders AS FROM given")
    return connection.table("orders")


WAYS = {
    "NumPy arrays": lambda table, _: numpy_columns(table),
    "lists": lambda table, _: table.to_pydict(),
    "structured array": lambda table, _: table.to_pandas().to_records(index=False),
    "pandas": lambda table, _: table.to_pandas(),
    "pandas, nanoseconds": lambda table, _: table.to_pandas().astype(
        {"date": "datetime64[ns]"}
    ),
    "pandas, objects": lambda table, _: table.to_pandas().astype(object),
    "pandas, Arrow": lambda table, _: table.to_pandas(types_mapper=pd.ArrowDtype),
    "pandas, nullable": lambda table, _: table.to_pandas().convert_dtypes(),
    "pandas, categories": lambda table, _: table.to_pandas().astype(
        {"customer_id": "category", "order": "category"}
    ),
    "polars": lambda table, _: pl.from_arrow(table),
    "polars, in chunks": lambda table, _: pl.concat(
        [pl.from_arrow(table.slice(0, 100)), pl.from_arrow(table.slice(100))],
        rechunk=False,
    ),
    "polars, lazy": lambda table, _: pl.from_arrow(table).lazy(),
    "polars, categories": lambda table, _: pl.from_arrow(table).with_columns(
        pl.col("customer_id", "order").cast(pl.Categorical)
    ),
    "pyarrow Table": lambda table, _: table,
    "pyarrow, dictionaries": lambda table, _: table.set_column(
        0, "customer_id", table["customer_id"].dictionary_encode()
    ),
    "RecordBatch": lambda table, _: table.combine_chunks().to_batches()[0],
    "Dataset": dataset,
    "Scanner": lambda table, folder: dataset(table, folder).scanner(batch_size=64),
    "DuckDB, in memory": lambda table, _: duckdb.from_arrow(table),
    "DuckDB, on disk": on_disk,
    "Dask": lambda table, _: dd.from_pandas(table.to_pandas(), npartitions=3),
    "narwhals": lambda table, _: nw.from_native(table, eager_only=True),
}
WAYS |= {
    f"reader, {size} rows a batch": lambda table, _, size=size: reader_of(table, size)
    for size in (1, 7, 1000)
}
WAYS |= {
    f"stream, {size} rows a batch": lambda table, _, size=size: Stream(table, size)
    for size in (1, 7, 1000)
}


def results(data):
    """Return all that is computed from a log, as lists."""
    log = tn.Transactions(data, **NAMES)
    date = dt.date(1970, 6, 1)
    return {
        **{name: log.summary("week", date)[name].tolist() for name in ["T", "recency"]},
        **{
            name: values.tolist()
            for name, values in log.split(date, unit="month").columns.items()
        },
        "customers": log.customers.tolist(),
        "times": log.times.tolist(),
        "values": log.values.tolist(),
        "receipt": log.receipt.to_dict(),
    }


@pytest.fixture(scope="module")
def expected():
    return results(TABLE)


@pytest.mark.parametrize("way", WAYS)
def test_every_way_in_gives_the_same(way, expected, tmp_path):
    assert results(WAYS[way](TABLE, tmp_path)) == expected


# One row, one customer, all rows on one day, ties, refunds, repeated rows and rows
# without customer or time come up by themselves.
FEW_ROWS = st.lists(
    st.tuples(
        st.sampled_from(["ann", "ben", "c" * 30, None]),
        st.none()
        | st.integers(0, 200).map(lambda days: START + days * dt.timedelta(days=1))
        | st.integers(0, 9).map(lambda hours: START + hours * dt.timedelta(hours=1)),
        st.sampled_from([0.1, 0.7, 12.3, 1e9, 0.0, -0.1, -5.0]),
        st.sampled_from(["o1", "o2", "o3"]),
        st.just("tea"),
    ),
    min_size=1,
    max_size=12,
)


def outcome(data):
    """Return the results of a log, or the error that it ends with."""
    try:
        return results(data)
    except tn.exceptions.TenureError as error:
        return type(error)


@settings(
    max_examples=300,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)
@given(rows=FEW_ROWS, way=st.sampled_from(sorted(WAYS)))
def test_any_log_in_any_way(tmp_path, rows, way):
    table = arrow(rows)
    folder = tmp_path / str(len(list(tmp_path.iterdir())))
    folder.mkdir()
    assert outcome(WAYS[way](table, folder)) == outcome(table)


@pytest.mark.parametrize("way", WAYS)
def test_integer_ids_give_the_same(way, tmp_path):
    codes = [None if row[0] is None else int(row[0][1:]) for row in ROWS]
    table = TABLE.set_column(0, "customer_id", pa.array(codes, pa.int64()))
    if "categories" in way:
        pytest.skip("categories are of text")
    assert results(WAYS[way](table, tmp_path)) == results(table)


def test_aware_times_give_the_same():
    zoned = TABLE["date"].cast(pa.timestamp("us", "Europe/Berlin"))
    table = TABLE.set_column(1, "date", zoned)
    found = [
        results(data)
        for data in (
            table,
            table.to_pandas(),
            table.to_pandas(types_mapper=pd.ArrowDtype),
            pl.from_arrow(table),
            Stream(table, 7),
            table.to_pydict(),
        )
    ]
    assert found[0]["receipt"]["zone"] == "Europe/Berlin"
    assert all(one == found[0] for one in found)


def test_an_order_of_batches_changes_nothing(expected):
    batches = TABLE.to_batches(max_chunksize=9)
    order = np.random.default_rng(3).permutation(len(batches))
    shuffled = pa.Table.from_batches([batches[place] for place in order])
    found = results(shuffled)
    assert found == expected


def test_batches_without_rows_are_nothing(expected):
    empty = TABLE.slice(0, 0).to_batches() or [
        pa.RecordBatch.from_pylist([], schema=TABLE.schema)
    ]
    batches = [*empty, *TABLE.to_batches(max_chunksize=50), *empty]
    reader = pa.RecordBatchReader.from_batches(TABLE.schema, batches)
    assert results(reader) == expected


def test_results_come_back_in_the_family_of_the_data(tmp_path):
    families = {
        way: type(tn.Transactions(make(TABLE, tmp_path), **NAMES).summary().to_frame())
        for way, make in WAYS.items()
        if way in {"pandas", "polars", "polars, lazy", "Dataset", "NumPy arrays"}
    }
    assert families == {
        "pandas": pd.DataFrame,
        "polars": pl.DataFrame,
        "polars, lazy": pl.DataFrame,
        "Dataset": pa.Table,
        "NumPy arrays": dict,
    }
