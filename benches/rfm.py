"""Scores and segments of ten million customers, beside the ways people compute them.

Quintiles of recency, frequency and money, and the ten segments of recency and
frequency, from a table with one row a customer. Results are compared first: NumPy,
polars and DuckDB count the quantiles strictly below a value, as we do, and must agree
customer by customer; pandas' `qcut` merges bins where edges are equal, so it must agree
on recency and money, and on frequency up to the bins that it loses.

Then each way is run in turn, several times; the table shows medians of CPU seconds of
all threads, and of wall seconds.

    make bench-rfm
    python benches/rfm.py --customers 1000000
"""

from __future__ import annotations

import argparse
import statistics
import sys
import time
from typing import TYPE_CHECKING, Any

import duckdb
import numpy as np
import pandas as pd
import polars as pl
import tenure as tn

if TYPE_CHECKING:
    from collections.abc import Callable

SHARES = [0.2, 0.4, 0.6, 0.8]
NAMES = tn.segment_maps["ten"].names
CELLS = tn.segment_maps["ten"].table()
COLUMNS = {"r": "recency_days", "f": "frequency", "m": "monetary"}


def simulated(customers: int) -> dict[str, np.ndarray]:
    """Return a base of which half bought once, over three years, with cents."""
    rng = np.random.default_rng(1)
    frequency = np.floor(1 / rng.random(customers)).clip(max=400)
    spend = rng.gamma(6.25, 15.44 / rng.gamma(3.74, 1, customers) * 3)
    return {
        "recency_days": np.floor(1096 * rng.random(customers) ** 1.5),
        "frequency": frequency,
        "monetary": np.round(frequency * spend, 2),
    }


def ours(table: dict[str, np.ndarray]) -> tuple[Any, ...]:
    """Score with this package."""
    found = tn.RFM().fit(table).score()
    return *found.scores.values(), found.segment_codes


def by_numpy(table: dict[str, np.ndarray]) -> tuple[Any, ...]:
    """Quantiles, a binary search for each value, a table of segments."""
    scores = []
    for name, column in COLUMNS.items():
        values = -table[column] if name == "r" else table[column]
        edges = np.quantile(values, SHARES)
        scores.append(np.searchsorted(edges, values, side="left").astype(np.int8) + 1)
    r, f, m = scores
    return r, f, m, CELLS[(r - 1) * 5 + f - 1]


def by_pandas(frame: pd.DataFrame) -> tuple[Any, ...]:
    """`qcut` of each column; the number of bins is what it leaves."""
    codes = [
        pd.qcut(
            -frame[column] if name == "r" else frame[column],
            5,
            labels=False,
            duplicates="drop",
        ).to_numpy()
        for name, column in COLUMNS.items()
    ]
    return *codes, CELLS[codes[0] * 5 + codes[1]]


def by_polars(frame: pl.DataFrame) -> tuple[Any, ...]:
    """Quantile expressions, counted; segments looked up."""
    scores = []
    for name, column in COLUMNS.items():
        x = -pl.col(column) if name == "r" else pl.col(column)
        passed = [(x > x.quantile(q, "linear")).cast(pl.Int8) for q in SHARES]
        scores.append((1 + pl.sum_horizontal(passed)).cast(pl.Int8).alias(name))
    found = frame.lazy().select(scores).collect()
    cell = (found["r"].cast(pl.UInt32) - 1) * 5 + found["f"].cast(pl.UInt32) - 1
    segment = pl.Series(CELLS).gather(cell)
    return *(found[name].to_numpy() for name in COLUMNS), segment.to_numpy()


def by_duckdb(connection: duckdb.DuckDBPyConnection) -> tuple[Any, ...]:
    """`quantile_cont` of each column, counted; segments looked up."""
    passed = {
        "r": " + ".join(f"(-recency_days > q.r[{i}])::TINYINT" for i in range(1, 5)),
        "f": " + ".join(f"(frequency > q.f[{i}])::TINYINT" for i in range(1, 5)),
        "m": " + ".join(f"(monetary > q.m[{i}])::TINYINT" for i in range(1, 5)),
    }
    query = f"""
        WITH q AS (
            SELECT quantile_cont(-recency_days, {SHARES}) AS r,
                   quantile_cont(frequency, {SHARES}) AS f,
                   quantile_cont(monetary, {SHARES}) AS m
            FROM base
        ), scored AS (
            SELECT (1 + {passed["r"]})::TINYINT AS r,
                   (1 + {passed["f"]})::TINYINT AS f,
                   (1 + {passed["m"]})::TINYINT AS m
            FROM base, q
        )
        SELECT r, f, m, ({CELLS.tolist()}::UTINYINT[])[(r - 1) * 5 + f] AS segment
        FROM scored
    """  # noqa: S608
    found = connection.sql(query).fetchnumpy()
    return tuple(found[name] for name in ("r", "f", "m", "segment"))


def compare(found: dict[str, tuple[Any, ...]]) -> None:
    """Stop unless all agree as far as their rules do."""
    expected = found["tenure"]
    for name, result in found.items():
        pairs = zip(expected, result, strict=True)
        r, f, m, segment = (np.asarray(a) == np.asarray(b) for a, b in pairs)
        if name == "pandas qcut":
            r, m = (expected[k] - 1 == result[k] for k in (0, 2))
            merged = [np.unique(result[1][expected[1] == s]) for s in range(1, 6)]
            if any(len(codes) > 1 for codes in merged) or not (r.all() and m.all()):
                sys.exit(f"{name} differs")
            continue
        if not (r.all() and f.all() and m.all() and segment.all()):
            sys.exit(f"{name} differs")


def clocked(work: Callable[[], Any]) -> tuple[float, float]:
    """Return CPU and wall seconds."""
    wall, cpu = time.perf_counter(), time.process_time()
    work()
    return time.process_time() - cpu, time.perf_counter() - wall


def main() -> None:
    """Print the table."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--customers", type=int, default=10_000_000)
    parser.add_argument("--repeat", type=int, default=5)
    arguments = parser.parse_args()
    table = simulated(arguments.customers)
    frame = pd.DataFrame(table)
    polars_frame = pl.DataFrame(table)
    connection = duckdb.connect()
    connection.register("arrow_base", polars_frame.to_arrow())
    connection.execute("CREATE TABLE base AS SELECT * FROM arrow_base")
    ways: dict[str, Callable[[], Any]] = {
        "tenure": lambda: ours(table),
        "NumPy quantiles": lambda: by_numpy(table),
        "pandas qcut": lambda: by_pandas(frame),
        "polars": lambda: by_polars(polars_frame),
        "DuckDB": lambda: by_duckdb(connection),
    }
    compare({name: work() for name, work in ways.items()})
    runs = {
        name: [clocked(work) for _ in range(arguments.repeat)]
        for name, work in ways.items()
    }
    ours_cpu, ours_wall = map(statistics.median, zip(*runs["tenure"], strict=True))
    print(
        f"{arguments.customers:,} customers; tenure {tn.__version__}, NumPy "
        f"{np.__version__}, pandas {pd.__version__}, polars {pl.__version__}, "
        f"DuckDB {duckdb.__version__}\n"
    )
    print("| way | CPU s | wall s | times our CPU | times our wall |")
    print("|---|---|---|---|---|")
    for name, seconds in runs.items():
        cpu, wall = map(statistics.median, zip(*seconds, strict=True))
        print(
            f"| {name} | {cpu:.3f} | {wall:.3f} | {cpu / ours_cpu:.1f} "
            f"| {wall / ours_wall:.1f} |"
        )


if __name__ == "__main__":
    main()
