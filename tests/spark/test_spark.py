"""Logs in PySpark in local mode, run by `make test-spark`."""

import datetime as dt
import os
import sys

import numpy as np
import pytest
import tenure as tn
from engines import RULES, START, arrow, assert_same, compare, fetched, random_rows
from reference_summary import DAY

pytest.importorskip("pyspark")
sql = pytest.importorskip("pyspark.sql")

pytestmark = [
    pytest.mark.filterwarnings("ignore:PySpark does not yet:FutureWarning"),
    pytest.mark.timeout(600),
]
NAMES = {"amount": "amount", "order": "order"}
DATE = START + 200 * DAY


@pytest.fixture(scope="module")
def session():
    """A session with two workers, in UTC."""
    os.environ["PYSPARK_PYTHON"] = sys.executable
    builder = sql.SparkSession.builder.master("local[2]")
    options = {
        "spark.ui.enabled": "false",
        "spark.sql.session.timeZone": "UTC",
        "spark.sql.shuffle.partitions": "2",
        "spark.driver.bindAddress": "127.0.0.1",
        "spark.driver.host": "127.0.0.1",
    }
    for name, value in options.items():
        builder = builder.config(name, value)
    session = builder.getOrCreate()
    yield session
    session.stop()


@pytest.mark.parametrize(
    "place", [0, 9, 14, 24, 30], ids=lambda place: str(RULES[place])
)
def test_spark_agrees_with_the_reference(session, place):
    rows = random_rows(4)
    frame = session.createDataFrame(arrow(rows))
    log = tn.LazyTransactions(frame, **NAMES, **RULES[place])
    compare(log, rows, "month" if place == 9 else "week", DATE)


def test_receipts_are_those_of_the_core(session):
    table = arrow(random_rows(5), dt.UTC)
    log = tn.LazyTransactions(session.createDataFrame(table), **NAMES)
    assert log.receipt == tn.Transactions(table, **NAMES).receipt


def test_days_are_cut_in_the_zone_of_the_session(session):
    table = arrow(random_rows(5), dt.UTC)
    frame = session.createDataFrame(table)
    session.conf.set("spark.sql.session.timeZone", "Asia/Tokyo")
    try:
        found = fetched(tn.summarize(frame, **NAMES, unit="week"))
        with pytest.raises(tn.exceptions.ParameterError, match="own time zone"):
            tn.summarize(frame, **NAMES, tz="Europe/Berlin")
    finally:
        session.conf.set("spark.sql.session.timeZone", "UTC")
    expected = tn.summarize(table, **NAMES, unit="week", tz="Asia/Tokyo")
    assert_same(found, expected.columns)


def test_workers_predict_as_the_model_does(session):
    table = arrow(random_rows(6))
    lazy = tn.summarize(session.createDataFrame(table), **NAMES, unit="week")
    model = tn.BGNBD.from_params(r=0.24, alpha=4.4, a=0.79, b=2.4, unit="week")
    spend = tn.GammaGamma.from_params(p=6.25, q=3.74, gamma=15.44)
    scored = model.predict_frame(lazy.repartition(3), horizon="39 weeks")
    found = fetched(scored)
    summary = tn.summarize(table, **NAMES, unit="week")
    for name, options in {
        "probability_alive": {},
        "expected_purchases": {"horizon": "39 weeks"},
        "probability_no_purchase": {"horizon": "39 weeks"},
    }.items():
        expected = np.asarray(getattr(model, name)(summary, **options))
        np.testing.assert_allclose(found[name], expected, rtol=1e-12)
    assert set(found) >= {"customer_id", "frequency", "recency", "T"}
    positive = lazy.filter("monetary_value > 0")
    assert (fetched(spend.predict_frame(positive))["expected_spend"] > 0).all()
