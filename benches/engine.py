"""The summary of a log beside general tools: the same rows, the same run.

A log is drawn once (BG/NBD customers with Gamma-Gamma spend) and written to disk. Each
tool then gets it in a process of its own, already loaded in the frame that it likes
best, summarises it several times, and writes its result down, which must be ours. The
table shows medians of CPU and wall seconds, the peak of memory over what the process
held with its input loaded, and the CPU seconds of each tool as a multiple of ours.

    make bench-engine                                        # 1M and 10M rows
    python benches/engine.py --rows 5e7 --ids int            # one size, one kind of ids
    python benches/engine.py --rows 1e7 --order customer     # sorted by customer
"""

from __future__ import annotations

import argparse
import json
import os
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

import numpy as np

IDS = ("int", "random", "text", "category")
ORDERS = ("shuffled", "time", "customer")
TRUTH = {"r": 0.6, "alpha": 4.4, "a": 0.8, "b": 9.0, "p": 6.25, "q": 3.74}
WINDOW = {"start": "2021-01-01", "end": "2023-12-31"}


# -- the log ------------------------------------------------------------------


def draw(rows: int, ids: str, order: str, seed: int) -> dict[str, Any]:
    """Return columns of about so many rows: ids, times and amounts in cents."""
    import tenure as tn  # noqa: PLC0415

    def orders(customers: int) -> Any:
        return tn.datasets.simulate_orders(
            customers, **TRUTH, **WINDOW, gamma=15.44, seed=seed, family="numpy"
        )

    trial = 20_000
    log = orders(round(rows * trial / len(orders(trial)["date"])))
    random = np.random.default_rng(seed)
    customer = log["customer_id"] - 1
    places = {
        "shuffled": lambda: random.permutation(len(customer)),
        "time": lambda: np.arange(len(customer)),
        "customer": lambda: np.argsort(customer, kind="stable"),
    }[order]()
    count = int(customer.max()) + 1
    if ids == "int":  # four of five integers of a range, none of them special
        names = np.sort(random.choice(count + count // 4, count, replace=False))
    else:
        names = np.unique(random.integers(0, 2**63 - 1, count + 10))[:count]
    return {
        "customer_id": names[customer[places]],
        "date": log["date"][places],
        "amount": np.round(log["amount"][places], 2),
    }


def loaded(folder: str, ids: str, kind: str) -> Any:
    """Return the log as a frame: "pandas", "polars" or "numpy"."""
    columns = {
        name: np.load(f"{folder}/{name}.npy")
        for name in ("customer_id", "date", "amount")
    }
    if kind == "numpy":
        if ids in ("text", "category"):
            columns["customer_id"] = named(columns["customer_id"]).to_numpy()
            columns["customer_id"] = columns["customer_id"].astype("S16")
        return columns
    import polars as pl  # noqa: PLC0415

    frame = pl.DataFrame(columns)
    if ids in ("text", "category"):
        frame = frame.with_columns(customer_id=named(columns["customer_id"]))
    if ids == "category":
        frame = frame.with_columns(pl.col("customer_id").cast(pl.Categorical))
    return frame.rechunk() if kind == "polars" else frame.to_pandas()


def named(ids: Any) -> Any:
    """Return the first 16 of the 19 digits of each id as text."""
    import polars as pl  # noqa: PLC0415

    digits = pl.Series(ids).cast(pl.String).str.zfill(19)
    return digits.str.slice(0, 16)


# -- the tools ----------------------------------------------------------------
# Each takes a frame and returns a frame or a dictionary of id, frequency, recency, T
# (days) and monetary_value, in any order of rows.


def tenure(frame: Any) -> Any:
    from tenure._summarize_native import summarize_native  # noqa: PLC0415

    return summarize_native(frame, amount="amount").columns


def tenure_transactions(frame: Any) -> Any:
    import tenure as tn  # noqa: PLC0415

    return tn.Transactions(frame, amount="amount").summary().columns


def polars(frame: Any, engine: str = "in-memory") -> Any:
    import polars as pl  # noqa: PLC0415

    day, value = pl.col("day"), pl.col("amount")
    end = frame["date"].max().date()
    repeats = pl.len() - 1
    daily = (
        frame.lazy()
        .with_columns(day=pl.col("date").dt.date())
        .group_by("customer_id", "day")
        .agg(value.sum())
    )
    first, later = day.min(), value.sum() - value.get(day.arg_min())
    ages = [day.max() - first, pl.lit(end) - first]
    recency, age = (period.dt.total_days() for period in ages)
    mean = pl.when(repeats > 0).then(later / repeats).otherwise(0.0)
    return (
        daily.group_by("customer_id")
        .agg(frequency=repeats, recency=recency, T=age, monetary_value=mean)
        .collect(engine=engine)
    )


def polars_streaming(frame: Any) -> Any:
    return polars(frame, "streaming")


DUCKDB = """
    with daily as (
        select customer_id, date::date as day, sum(amount) as value
        from log group by customer_id, day
    ), ends as (select max(date)::date as last from log)
    select customer_id, count(*) - 1 as frequency, max(day) - min(day) as recency,
        any_value(last) - min(day) as T,
        case when count(*) > 1
            then (sum(value) - arg_min(value, day)) / (count(*) - 1) else 0
        end as monetary_value
    from daily, ends group by customer_id
"""


def duckdb(frame: Any) -> Any:
    import duckdb as engine  # noqa: PLC0415

    connection = engine.connect()
    connection.register("log", frame)
    return connection.sql(DUCKDB).to_arrow_table()


def pandas(frame: Any) -> Any:
    day = frame["date"].dt.normalize()
    end = day.max()
    keys = ["customer_id", "day"]
    daily = frame.assign(day=day).groupby(keys, sort=True, observed=True)["amount"]
    daily = daily.sum().reset_index()
    groups = daily.groupby("customer_id", sort=True, observed=True)
    found = groups.agg(
        first=("day", "first"),
        last=("day", "last"),
        days=("day", "size"),
        total=("amount", "sum"),
        first_value=("amount", "first"),
    )
    repeats = found["days"] - 1
    later = found["total"] - found["first_value"]
    return {
        "customer_id": found.index.to_numpy(),
        "frequency": repeats.to_numpy(),
        "recency": (found["last"] - found["first"]).dt.days.to_numpy(),
        "T": (end - found["first"]).dt.days.to_numpy(),
        "monetary_value": (later / repeats.where(repeats > 0, 1)).to_numpy(),
    }


def numpy_sort(columns: Any) -> Any:
    """Sort (customer, day, row) packed into one integer: the fastest sort there is."""
    ids, amounts = columns["customer_id"], columns["amount"]
    if ids.dtype.kind == "S" or int(ids.max()) - int(ids.min()) > 2**28:
        names, customer = np.unique(ids, return_inverse=True)
    else:
        customer, names = ids - ids.min(), None
    day = columns["date"].astype("datetime64[D]").view(np.int64)
    first_day, end = day.min(), day.max()
    row_bits = int(len(ids) - 1).bit_length()
    day_bits = int(end - first_day).bit_length()
    packed = customer << (day_bits + row_bits)
    packed |= (day - first_day) << row_bits
    packed |= np.arange(len(ids))
    packed.sort()
    amounts = amounts[packed & ((1 << row_bits) - 1)]
    packed >>= row_bits
    days = np.flatnonzero(np.r_[True, packed[1:] != packed[:-1]])
    values = np.add.reduceat(amounts, days)
    packed = packed[days]
    customer, day = packed >> day_bits, packed & ((1 << day_bits) - 1)
    starts = np.flatnonzero(np.r_[True, customer[1:] != customer[:-1]])
    ends = np.r_[starts[1:], len(customer)]
    repeats = ends - starts - 1
    later = np.add.reduceat(values, starts) - values[starts]
    return {
        "customer_id": customer[starts] if names is None else names,
        "offset": 0 if names is not None else ids.min(),
        "frequency": repeats,
        "recency": day[ends - 1] - day[starts],
        "T": end - first_day - day[starts],
        "monetary_value": later / np.maximum(repeats, 1),
    }


# name of the row: what runs, and the frame that it gets
TOOLS = {
    "tenure, polars frame": (tenure, "polars"),
    "tenure, pandas frame": (tenure, "pandas"),
    "tenure, Transactions first": (tenure_transactions, "polars"),
    "NumPy sort": (numpy_sort, "numpy"),
    "polars": (polars, "polars"),
    "polars, streaming": (polars_streaming, "polars"),
    "duckdb": (duckdb, "polars"),
    "pandas": (pandas, "pandas"),
}
OURS = "tenure, polars frame"


# -- one tool in its process --------------------------------------------------


def memory(field: str) -> float:
    """Return a field of this process's status, in MB: VmHWM is the peak, VmRSS now."""
    for line in Path("/proc/self/status").read_text().splitlines():
        if line.startswith(field):
            return int(line.split()[1]) / 1e3
    return float("nan")


def run_tool(name: str, folder: str, ids: str, repeat: int) -> None:
    """Print the times and the memory of a tool as JSON; write its result down."""
    tool, kind = TOOLS[name]
    frame = loaded(folder, ids, kind)
    tool(frame[:1000] if kind != "numpy" else {k: v[:1000] for k, v in frame.items()})
    held = memory("VmRSS")
    Path("/proc/self/clear_refs").write_text("5")  # the peak starts anew
    seconds, result, peak = [], None, 0.0
    for turn in range(repeat):
        result = None
        wall, cpu = time.perf_counter(), time.process_time()
        result = tool(frame)
        seconds.append([time.process_time() - cpu, time.perf_counter() - wall])
        if turn == 0:  # later ones use memory again that the first one has left
            peak = memory("VmHWM") - held
    np.savez(f"{folder}/{TOOL_FILE.format(list(TOOLS).index(name))}", **plain(result))
    print(json.dumps({"seconds": seconds, "peak": peak}))


TOOL_FILE = "result-{}.npz"


def plain(result: Any) -> dict[str, Any]:
    """Return a result as arrays in the order of the customers."""
    columns = {
        name: np.asarray(result[name])
        for name in ("customer_id", "frequency", "recency", "T", "monetary_value")
    }
    ids = columns["customer_id"]
    if isinstance(result, dict) and "offset" in result:
        ids = ids + result["offset"] if ids.dtype.kind in "iu" else ids
    columns["customer_id"] = ids if ids.dtype.kind in "iu" else ids.astype("S16")
    order = np.argsort(columns["customer_id"], kind="stable")
    return {name: values[order] for name, values in columns.items()}


# -- the table ----------------------------------------------------------------


def check(folder: str, names: list[str]) -> None:
    """Raise unless all results are ours: sums may differ in the last digits."""
    ours = np.load(f"{folder}/{TOOL_FILE.format(list(TOOLS).index(OURS))}")
    for name in names:
        other = np.load(f"{folder}/{TOOL_FILE.format(list(TOOLS).index(name))}")
        exact = name.startswith("tenure")
        for column in ours.files:
            if column == "monetary_value" and not exact:
                np.testing.assert_allclose(
                    other[column], ours[column], rtol=1e-9, atol=1e-9, err_msg=name
                )
            else:
                np.testing.assert_array_equal(
                    other[column], ours[column], err_msg=f"{name}: {column}"
                )


def measure(folder: str, arguments: argparse.Namespace, ids: str) -> dict[str, Any]:
    """Run every tool in turn, several times over; return what each has taken."""
    found: dict[str, Any] = {}
    for _ in range(arguments.passes):
        for name in arguments.tools:
            command = [sys.executable, __file__, "--tool", name, "--folder", folder]
            command += ["--ids", ids, "--repeat", str(arguments.repeat)]
            done = subprocess.run(command, capture_output=True, text=True, check=False)  # noqa: S603
            if done.returncode:
                raise SystemExit(f"{name} has failed:\n{done.stderr}")  # noqa: EM102
            one = json.loads(done.stdout.splitlines()[-1])
            entry = found.setdefault(name, {"seconds": [], "peak": []})
            entry["seconds"] += one["seconds"]
            entry["peak"].append(one["peak"])
    check(folder, [name for name in arguments.tools if name != OURS])
    return found


def report(found: dict[str, Any]) -> None:
    """Print the table."""
    print("| tool | CPU s | wall s | peak MB over the input | CPU, ours = 1 |")
    print("|---|---|---|---|---|")
    medians = {
        name: [
            statistics.median(column) for column in zip(*one["seconds"], strict=True)
        ]
        for name, one in found.items()
    }
    for name, (cpu, wall) in medians.items():
        ratio, peak = cpu / medians[OURS][0], max(found[name]["peak"])
        print(f"| {name} | {cpu:.3f} | {wall:.3f} | {peak:,.0f} | {ratio:.1f} |")
    print(flush=True)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--rows", type=float, nargs="+", default=[1e6, 1e7])
    parser.add_argument(
        "--ids", choices=IDS, nargs="+", default=["int", "random", "text"]
    )
    parser.add_argument("--order", choices=ORDERS, default="shuffled")
    parser.add_argument("--tools", choices=list(TOOLS), nargs="+", default=list(TOOLS))
    parser.add_argument("--repeat", type=int, default=3, help="runs in a process")
    parser.add_argument("--passes", type=int, default=2, help="processes of each tool")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--tool", help=argparse.SUPPRESS)
    parser.add_argument("--folder", help=argparse.SUPPRESS)
    arguments = parser.parse_args()
    if arguments.tool:
        run_tool(arguments.tool, arguments.folder, arguments.ids[0], arguments.repeat)
        return
    print(f"{os.cpu_count()} cores, order of rows: {arguments.order}\n")
    for rows in arguments.rows:
        for ids in arguments.ids:
            with tempfile.TemporaryDirectory() as folder:
                log = draw(round(rows), ids, arguments.order, arguments.seed)
                for name, values in log.items():
                    np.save(f"{folder}/{name}.npy", values)
                size = f"{len(log['date']):,} rows, ids: {ids}"
                del log
                print(f"### {size}\n")
                report(measure(folder, arguments, ids))


if __name__ == "__main__":
    main()
