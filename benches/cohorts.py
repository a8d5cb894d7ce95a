"""The monthly retention triangle of a frame of orders beside general tools, in one run.

A log is drawn once (as in `engine.py`). Each tool gets it in a process of its own,
already loaded in the frame that it likes best, makes the triangle of distinct customers
by month of their first order and months since several times, and writes it down; it
must be ours to the last customer. Grouping is included. CPU seconds count all threads.

    make bench-cohorts
    python benches/cohorts.py --rows 1e6 --ids random
"""

from __future__ import annotations

import argparse
import json
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

import numpy as np

sys.path.insert(0, str(Path(__file__).parent))
from engine import draw, loaded

MONTHS = 36


# -- the tools: each returns rows of (cohort, age, customers) -------------------------


def tenure(frame: Any) -> Any:
    import tenure as tn  # noqa: PLC0415

    table = tn.Cohorts.from_events(frame).retention(incomplete="flag")
    return table.customers


def tenure_grouped(frame: Any) -> Any:
    import tenure as tn  # noqa: PLC0415

    log = tn.Transactions(frame, keep_rows=False)
    return log.cohorts("month").retention(incomplete="flag").customers


def polars(frame: Any) -> Any:
    import polars as pl  # noqa: PLC0415

    date = pl.col("date")
    month = (date.dt.year().cast(pl.Int32) * 12 + date.dt.month()).alias("month")
    active = frame.lazy().select("customer_id", month).unique()
    first = pl.col("month").min().over("customer_id")
    return (
        active.with_columns(cohort=first)
        .group_by("cohort", age=pl.col("month") - pl.col("cohort"))
        .len()
        .collect()
        .rows()
    )


def polars_join(frame: Any) -> Any:
    import polars as pl  # noqa: PLC0415

    date = pl.col("date")
    month = (date.dt.year().cast(pl.Int32) * 12 + date.dt.month()).alias("month")
    active = frame.lazy().select("customer_id", month).unique()
    first = active.group_by("customer_id").agg(cohort=pl.col("month").min())
    return (
        active.join(first, on="customer_id")
        .group_by("cohort", age=pl.col("month") - pl.col("cohort"))
        .len()
        .collect()
        .rows()
    )


def duckdb(frame: Any) -> Any:  # noqa: ARG001
    import duckdb as engine  # noqa: PLC0415

    query = """
        with active as (select distinct customer_id,
                        year("date") * 12 + month("date") as month from frame),
        first as (select customer_id, min(month) as cohort from active group by 1)
        select cohort, month - cohort, count(*)
        from active join first using (customer_id) group by 1, 2
    """
    return engine.query(query).fetchall()


def duckdb_mask(frame: Any) -> Any:  # noqa: ARG001
    """One number of bits a customer: hand-tuned, for at most 63 months."""
    import duckdb as engine  # noqa: PLC0415

    query = """
        with masks as (select bit_or(1::bigint << (year("date") * 12 + month("date")
                       - 2021 * 12 - 1)::int) as mask from frame group by customer_id),
        counted as (select mask, count(*) as n from masks group by 1)
        select mask, n from counted
    """
    cells: dict[tuple[int, int], int] = {}
    for mask, n in engine.query(query).fetchall():
        months = [place for place in range(63) if mask >> place & 1]
        for month in months:
            cell = (2021 * 12 + 1 + months[0], month - months[0])
            cells[cell] = cells.get(cell, 0) + n
    return [(*cell, n) for cell, n in cells.items()]


def pandas(frame: Any) -> Any:
    """Do as tutorials do."""
    month = frame["date"].dt.year * 12 + frame["date"].dt.month
    cohort = month.groupby(frame["customer_id"]).transform("min")
    table = frame.assign(cohort=cohort, age=month - cohort)
    found = table.groupby(["cohort", "age"])["customer_id"].nunique()
    return [(*key, n) for key, n in found.items()]


TOOLS = {
    "tenure": (tenure, "numpy"),
    "tenure, Transactions first": (tenure_grouped, "numpy"),
    "polars": (polars, "polars"),
    "polars, join": (polars_join, "polars"),
    "duckdb": (duckdb, "polars"),
    "duckdb, bit mask": (duckdb_mask, "polars"),
    "pandas": (pandas, "pandas"),
}


# -- one run --------------------------------------------------------------------------


def triangle(found: Any) -> Any:
    """Return the cells as a matrix."""
    if isinstance(found, np.ndarray):
        return np.nan_to_num(found).astype(np.int64)
    cells = np.zeros((MONTHS, MONTHS), np.int64)
    first = min(cohort for cohort, _, _ in found)
    for cohort, age, customers in found:
        cells[cohort - first, age] = customers
    return cells


def run(folder: str, tool: str, ids: str, repeats: int) -> None:
    """Make the triangle several times; print seconds and write the result."""
    work, kind = TOOLS[tool]
    frame = loaded(folder, ids, kind)
    seconds = []
    for _ in range(repeats):
        wall, cpu = time.perf_counter(), time.process_time()
        found = work(frame)
        seconds.append((time.process_time() - cpu, time.perf_counter() - wall))
    np.save(f"{folder}/{tool}.npy", triangle(found))
    print(json.dumps(seconds))


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rows", type=float, default=1e7)
    parser.add_argument("--ids", default="int")
    parser.add_argument("--repeats", type=int, default=3)
    parser.add_argument("--run", nargs=2, metavar=("FOLDER", "TOOL"))
    options = parser.parse_args()
    if options.run:
        run(*options.run, options.ids, options.repeats)
        return
    with tempfile.TemporaryDirectory() as folder:
        for name, values in draw(
            round(options.rows), options.ids, "shuffled", 1
        ).items():
            np.save(f"{folder}/{name}.npy", values)
        compare(folder, options)


def compare(folder: str, options: Any) -> None:
    """Run every tool and print the table."""
    base, expected = None, None
    print(f"{options.rows:,.0f} rows, {options.ids} ids")
    print("| tool | CPU s | smallest | wall s | times ours |")
    print("| --- | --- | --- | --- | --- |")
    for tool in TOOLS:
        command = [sys.executable, __file__, "--run", folder, tool]
        command += ["--ids", options.ids, "--repeats", str(options.repeats)]
        done = subprocess.run(command, capture_output=True, text=True, check=False)  # noqa: S603
        if done.returncode:
            print(f"| {tool} | failed: {done.stderr.strip().splitlines()[-1]} |")
            continue
        seconds = json.loads(done.stdout)
        cpu = [one for one, _ in seconds]
        wall = statistics.median(one for _, one in seconds)
        cells = np.load(f"{folder}/{tool}.npy")
        expected = cells if expected is None else expected
        size = min(len(cells), len(expected))
        same = (cells[:size, :size] == expected[:size, :size]).all()
        base = base or statistics.median(cpu)
        print(
            f"| {tool} | {statistics.median(cpu):.2f} | {min(cpu):.2f} | {wall:.2f} | "
            f"{statistics.median(cpu) / base:.1f} |{'' if same else ' DIFFERS'}"
        )


if __name__ == "__main__":
    main()
