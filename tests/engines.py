"""Logs in engines, for tests: how they get there, and how results come back."""

import datetime as dt

import narwhals as nw
import numpy as np
import pyarrow as pa
from reference_summary import DAY, ReferenceLog

COLUMNS = ("customer_id", "date", "amount", "order")
START = dt.datetime(1969, 12, 29)  # noqa: DTZ001
RULES = [
    {"merge": merge, "refunds": refunds, "duplicates": duplicates}
    for merge in ("hour", "day", "week", "month", "order", None)
    for refunds in ("net", "drop", "keep")
    for duplicates in ("keep", "drop")
]


def arrow(rows, zone=None):
    """Return rows of (customer, time, amount, order, product) as a pyarrow Table."""
    customers, times, amounts, orders, _ = zip(*rows, strict=True)
    if zone is not None:
        times = [time and time.replace(tzinfo=zone) for time in times]
    kind = pa.timestamp("us", None if zone is None else str(zone))
    ids = pa.string() if any(isinstance(one, str) for one in customers) else pa.int64()
    columns = [
        pa.array(customers, ids),
        pa.array(times, kind),
        pa.array(amounts, pa.float64()),
        pa.array(orders, pa.string()),
    ]
    return pa.table(dict(zip(COLUMNS, columns, strict=True)))


def fetched(result):
    """Return a lazy result as columns of arrays, in the order of the customers."""
    frame = nw.from_native(result)
    if isinstance(frame, nw.LazyFrame):
        frame = frame.collect()
    frame = frame.sort("customer_id")
    return {name: frame[name].to_numpy() for name in frame.columns}


def random_rows(seed, customers=60):
    """Return a log of many customers with few rows each, with whatever can happen."""
    rng = np.random.default_rng(seed)
    rows = []
    for customer in range(customers):
        for _ in range(rng.integers(1, 12)):
            days = int(rng.integers(0, 420)) if rng.random() < 0.5 else 30
            half_hours = int(rng.integers(0, 48)) if customer % 3 else 0
            when = START + days * DAY + half_hours * dt.timedelta(minutes=30)
            rows.append(
                (
                    None if rng.random() < 0.02 else f"c{customer:02}",
                    None if rng.random() < 0.02 else when,
                    int(rng.integers(-8, 14)) / 4,
                    f"o{rng.integers(0, 4)}",
                    "tea",
                )
            )
    rows += [rows[place] for place in rng.integers(0, len(rows), 20)]
    return rows


def assert_same(found, expected):
    """Compare columns: whole numbers, ids and times alike, the others to 1e-12."""
    assert list(found) == list(expected)
    for name, values in expected.items():
        if np.asarray(values).dtype.kind == "f":
            np.testing.assert_allclose(found[name], values, rtol=1e-12, atol=0)
        else:
            assert found[name].tolist() == np.asarray(values).tolist(), name


def expected_results(rows, rules, unit, date):
    """Return summary, split and activity by the reference, as columns by name."""
    reference = ReferenceLog(rows, **rules)
    end = date + 50 * DAY
    summary = columns(
        "customer_id frequency recency T monetary_value",
        reference.summary(unit, date),
    )
    held, _ = reference.holdout(date, end)
    split = summary | columns(
        "holdout_purchases holdout_value holdout_mean_value", held
    )
    activity = columns(
        "customer_id first_purchase last_purchase purchases recency_days total_value "
        "mean_value",
        reference.activity(date),
    )
    return summary, split, activity


def columns(names, rows):
    """Return rows as columns."""
    return dict(zip(names.split(), map(list, zip(*rows, strict=True)), strict=True))


def compare(log, rows, unit, date):
    """Compare the results of a log in an engine with the reference.

    Amounts are multiples of a quarter, so that sums are exact in any order.
    """
    rules = log._rows.rules
    rules = {name: getattr(rules, name) for name in ("merge", "refunds", "duplicates")}
    summary, split, activity = expected_results(rows, rules, unit, date)
    end = (date + 50 * DAY).date()
    assert_same(fetched(log.summary(unit, date.date())), summary)
    found = fetched(log.split(date.date(), end, unit))
    duration = found.pop("holdout_duration")
    assert_same(found, split)
    assert len(set(duration.tolist())) == 1
    found = fetched(log.activity(date.date()))
    for name in ("first_purchase", "last_purchase"):
        found[name] = found[name].astype("datetime64[us]")
    assert_same(found, activity)
