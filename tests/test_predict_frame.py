"""Predictions for frames: those of the model, wherever the customers are."""

import pickle

import duckdb
import numpy as np
import pandas as pd
import polars as pl
import pyarrow as pa
import pytest
import tenure as tn
from engines import fetched

dd = pytest.importorskip("dask.dataframe")
distributed = pytest.importorskip("distributed")

HORIZON = "39 weeks"
ADDED = [
    "probability_alive",
    "expected_purchases",
    "probability_no_purchase",
    "discounted_purchases",
]


@pytest.fixture(scope="module")
def table(summary):
    columns = {name: np.array(values) for name, values in summary.columns.items()}
    return pa.table(columns)


@pytest.fixture(scope="module")
def expected(buying, summary):
    return {
        "probability_alive": np.asarray(buying.probability_alive(summary)),
        "expected_purchases": buying.expected_purchases(summary, horizon=HORIZON),
        "probability_no_purchase": buying.probability_no_purchase(
            summary, horizon=HORIZON
        ),
        "discounted_purchases": buying.discounted_purchases(
            summary, horizon=HORIZON, discount_rate=0.1
        ),
    }


@pytest.fixture
def models(buying, spend, summary):
    return buying, spend, summary


def on_disk(table, folder):
    connection = duckdb.connect(str(folder / "customers.db"))
    connection.register("given", table)
    connection.execute("CREATE TABLE customers AS FROM given")
    return connection.table("customers")


WAYS = {
    "pandas": lambda table, _: table.to_pandas(),
    "polars": lambda table, _: pl.from_arrow(table),
    "polars, lazy": lambda table, _: pl.from_arrow(table).lazy(),
    "pyarrow": lambda table, _: table,
    "DuckDB": on_disk,
    "Dask": lambda table, _: dd.from_pandas(table.to_pandas(), npartitions=4),
}


@pytest.mark.parametrize("way", WAYS)
def test_every_engine_predicts_as_the_model_does(
    way, table, expected, models, tmp_path
):
    frame, (buying, spend, summary) = WAYS[way](table, tmp_path), models
    scored = buying.predict_frame(frame, horizon=HORIZON, discount_rate=0.1)
    assert type(scored) is type(frame)
    found = fetched(spend.predict_frame(scored))
    assert list(found) == [*table.column_names, *ADDED, "expected_spend"]
    for name in ADDED:
        assert found[name].tolist() == expected[name].tolist(), name
    assert found["expected_spend"].tolist() == spend.expected_spend(summary).tolist()


def test_mappings_and_streams(table, expected, buying):
    mapping = {name: table[name].to_numpy() for name in table.column_names}
    scored = buying.predict_frame(mapping, horizon=HORIZON)
    assert scored["expected_purchases"].tolist() == list(expected["expected_purchases"])
    assert "expected_purchases" not in mapping
    scored = buying.predict_frame(table.to_reader(100), horizon=HORIZON)
    assert isinstance(scored, pa.Table)
    assert scored["probability_alive"].to_pylist() == list(
        expected["probability_alive"]
    )


def test_an_index_is_kept(table, buying):
    frame = table.to_pandas().set_index("customer_id").iloc[::-1]
    scored = buying.predict_frame(frame, horizon=HORIZON)
    pd.testing.assert_index_equal(scored.index, frame.index)
    assert list(frame.columns) == ["frequency", "recency", "T", "monetary_value"]


def test_a_relation_is_read_anew_and_in_batches(table, expected, buying, tmp_path):
    relation = on_disk(pa.concat_tables([table] * 60), tmp_path)
    scored = buying.predict_frame(relation, horizon=HORIZON)
    total = 60 * expected["expected_purchases"].sum()
    for _ in range(2):
        (row,) = scored.aggregate("count(*), sum(expected_purchases)").fetchall()
        assert row == (60 * len(table), pytest.approx(total, rel=1e-12))


def test_a_small_model_goes_to_the_workers_of_dask(table, expected, buying):
    with (
        distributed.LocalCluster(
            n_workers=2, threads_per_worker=1, dashboard_address=":0"
        ) as cluster,
        distributed.Client(cluster),
    ):
        frame = dd.from_pandas(table.to_pandas(), npartitions=5)
        found = fetched(buying.predict_frame(frame, horizon=HORIZON))
    assert found["expected_purchases"].tolist() == list(expected["expected_purchases"])
    assert len(pickle.dumps(buying)) < 2_000


def test_other_names_and_partitions_without_rows(table, expected, buying):
    names = {"frequency": "x", "recency": "t_x", "T": "age"}
    frame = dd.from_pandas(table.to_pandas().rename(columns=names), npartitions=3)
    empty = frame[frame["age"] < 0]
    scored = buying.predict_frame(dd.concat([empty, frame]), horizon=HORIZON, **names)
    found = fetched(scored)["expected_purchases"]
    assert found.tolist() == list(expected["expected_purchases"])


def test_what_cannot_be_predicted_is_said_at_once(table, buying):
    frame = pl.from_arrow(table).lazy()
    with pytest.raises(tn.exceptions.ColumnError, match="unknown column 'age'"):
        buying.predict_frame(frame, horizon=1, T="age")
    twice = buying.predict_frame(frame, horizon=1)
    with pytest.raises(tn.exceptions.ColumnError, match="is in the frame already"):
        buying.predict_frame(twice, horizon=1)
    with pytest.raises(tn.exceptions.ParameterError, match="same for all customers"):
        buying.predict_frame(frame, horizon=np.arange(3.0))
    with pytest.raises(tn.exceptions.NotFittedError):
        tn.BGNBD().predict_frame(frame, horizon=1)
    with pytest.raises(tn.exceptions.FrameError, match="cannot add predictions to int"):
        buying.predict_frame(3, horizon=1)
    unknown = tn.BGNBD.from_params(r=1.0, alpha=1.0, a=1.0, b=1.0)
    with pytest.raises(tn.exceptions.ParameterError, match="unit of time is not known"):
        unknown.predict_frame(frame, horizon="1 year")


def test_rows_that_cannot_be_are_refused_by_the_workers(table, buying):
    frame = dd.from_pandas(table.to_pandas(), npartitions=2)
    frame["recency"] = frame["recency"] + 1000
    scored = buying.predict_frame(frame, horizon=1)
    with pytest.raises(tn.exceptions.DataError, match="column `recency` must lie in"):
        scored.compute()
