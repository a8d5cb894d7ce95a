"""Pairs of products in a million baskets beside mlxtend and general tools, in one run.

Baskets are drawn once, few products in most of them and popular ones in many. Each
tool gets them in a process of its own, one row a product in a basket, already loaded in
the frame that it likes best, and counts in how many baskets the two products of every
pair are, for pairs in 0.1 % of the baskets and more; all must find ours. What a tool
needs first (numbering products, leaving out rare ones, a matrix) is included. CPU
seconds count all threads; memory is the peak over what was held with the input loaded.

mlxtend takes a table with a column a product: it gets the products that are frequent
enough, in a matrix that is made before its clock starts, and is run once.

    make bench-baskets
    python benches/baskets.py --order basket --peers-only-general
"""

from __future__ import annotations

import argparse
import json
import os
import statistics
import subprocess
import sys
import tempfile
import threading
import time
from pathlib import Path
from typing import Any, Self

import numpy as np

SUPPORT = 0.001
KINDS = 20_000


def draw(baskets: int, order: str, seed: int) -> dict[str, Any]:
    """Return a row for each product in a basket: about 7 rows a basket."""
    random = np.random.default_rng(seed)
    sizes = 1 + random.negative_binomial(2, 0.25, baskets)
    basket = np.repeat(np.arange(baskets), sizes)
    weight = 1 / (np.arange(KINDS) + 20.0)
    rank = random.choice(KINDS, len(basket), p=weight / weight.sum())
    product = random.permutation(KINDS)[rank] + 100_000
    if order == "shuffled":
        places = random.permutation(len(basket))
        basket, product = basket[places], product[places]
    return {"basket": basket, "product": product}


# -- the tools: each returns rows of (product, product, baskets) ----------------------


def tenure(frame: Any) -> Any:
    from tenure.products import affinity  # noqa: PLC0415

    found = affinity(
        frame, basket="basket", product="product", min_support=SUPPORT, test=None
    )
    return found.pairs()


def duckdb(frame: Any) -> Any:  # noqa: ARG001
    import duckdb as engine  # noqa: PLC0415

    query = f"""
        with rows as (select distinct basket, product from frame),
        least as (select {SUPPORT} * count(distinct basket) as n from frame),
        frequent as (select product from rows group by 1
                     having count(*) >= (select n from least)),
        kept as (select * from rows semi join frequent using (product))
        select a.product as x, b.product as y, count(*) as n
        from kept a join kept b on a.basket = b.basket and a.product < b.product
        group by 1, 2 having n >= (select n from least)
    """  # noqa: S608
    return engine.query(query).fetchnumpy().values()


def polars(frame: Any) -> Any:
    import polars as pl  # noqa: PLC0415

    rows = frame.lazy().unique()
    least = SUPPORT * frame["basket"].n_unique()
    often = rows.group_by("product").len().filter(pl.col("len") >= least)
    kept = rows.join(often, on="product", how="semi")
    found = (
        kept.join(kept, on="basket")
        .filter(pl.col("product") < pl.col("product_right"))
        .group_by("product", "product_right")
        .len()
        .filter(pl.col("len") >= least)
        .collect()
    )
    return [column.to_numpy() for column in found]


def _matrix(frame: Any) -> tuple[Any, Any, int]:
    """Return baskets by frequent products as a sparse matrix of 0 and 1."""
    import pandas as pd  # noqa: PLC0415
    from scipy.sparse import csr_matrix  # noqa: PLC0415

    row, baskets = pd.factorize(frame["basket"])
    column, products = pd.factorize(frame["product"])
    ones = np.ones(len(row), np.int32)
    found = csr_matrix((ones, (row, column)), (len(baskets), len(products)))
    found.data[:] = 1  # what stood in a basket twice was added up
    often = np.asarray(found.sum(axis=0)).ravel() >= SUPPORT * len(baskets)
    return found[:, often], np.asarray(products)[often], len(baskets)


def scipy(frame: Any) -> Any:
    found, products, baskets = _matrix(frame)
    pairs = (found.T @ found).tocoo()
    kept = (pairs.row < pairs.col) & (pairs.data >= SUPPORT * baskets)
    x, y = products[pairs.row[kept]], products[pairs.col[kept]]
    return np.minimum(x, y), np.maximum(x, y), pairs.data[kept]


def _mlxtend(table: Any, algorithm: str) -> Any:
    from mlxtend import frequent_patterns  # noqa: PLC0415

    find = getattr(frequent_patterns, algorithm)
    found = find(table, min_support=SUPPORT, max_len=2)
    sets = [sorted(table.columns[list(one)]) for one in found["itemsets"]]
    pairs = [
        (*one, round(support * len(table)))
        for one, support in zip(sets, found["support"], strict=True)
        if len(one) == 2
    ]
    return zip(*pairs, strict=True)


def fpgrowth(table: Any) -> Any:
    return _mlxtend(table, "fpgrowth")


def apriori(table: Any) -> Any:
    return _mlxtend(table, "apriori")


TOOLS = {
    "tenure": (tenure, "numpy"),
    "scipy, X'X": (scipy, "pandas"),
    "duckdb, self-join": (duckdb, "polars"),
    "polars, self-join": (polars, "polars"),
    "mlxtend, fpgrowth": (fpgrowth, "table"),
    "mlxtend, apriori": (apriori, "table"),
}
ONCE = ("mlxtend, fpgrowth", "mlxtend, apriori")


# -- one run --------------------------------------------------------------------------


def loaded(folder: str, kind: str) -> Any:
    """Return the rows as "numpy", "polars" or "pandas", or mlxtend's table."""
    names = ("basket", "product")
    columns = {name: np.load(f"{folder}/{name}.npy") for name in names}
    if kind == "numpy":
        return columns
    if kind == "polars":
        import polars as pl  # noqa: PLC0415

        return pl.DataFrame(columns)
    import pandas as pd  # noqa: PLC0415

    frame = pd.DataFrame(columns)
    if kind == "pandas":
        return frame
    found, products, _ = _matrix(frame)
    table = np.zeros(found.shape, np.bool_)
    table[found.nonzero()] = True
    return pd.DataFrame(table, columns=products)


class Peak:
    """The peak of a process's memory over what it held at first, in MB."""

    def __enter__(self) -> Self:
        self._base = self._most = _resident()
        self._done = threading.Event()
        self._watch = threading.Thread(target=self._run)
        self._watch.start()
        return self

    def _run(self) -> None:
        while not self._done.wait(0.002):
            self._most = max(self._most, _resident())

    def __exit__(self, *_: object) -> None:
        self._done.set()
        self._watch.join()
        self.megabytes = (self._most - self._base) / 1e6


def _resident() -> int:
    pages = int(Path("/proc/self/statm").read_text().split()[1])
    return pages * os.sysconf("SC_PAGE_SIZE")


def run(folder: str, tool: str, repeats: int) -> None:
    """Count the pairs several times; print seconds and write the result."""
    work, kind = TOOLS[tool]
    frame = loaded(folder, kind)
    seconds, megabytes = [], 0.0
    for _ in range(1 if tool in ONCE else repeats):
        with Peak() as peak:
            wall, cpu = time.perf_counter(), time.process_time()
            found = work(frame)
            seconds.append((time.process_time() - cpu, time.perf_counter() - wall))
        megabytes = max(megabytes, peak.megabytes)
    rows = np.stack([np.asarray(column, np.int64) for column in found])
    np.save(f"{folder}/{tool}.npy", rows[:, np.lexsort(rows[1::-1])])
    print(json.dumps({"seconds": seconds, "megabytes": megabytes}))


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--baskets", type=float, default=1e6)
    parser.add_argument("--order", default="shuffled", choices=("shuffled", "basket"))
    parser.add_argument("--repeats", type=int, default=5)
    parser.add_argument("--peers-only-general", action="store_true")
    parser.add_argument("--run", nargs=2, metavar=("FOLDER", "TOOL"))
    options = parser.parse_args()
    if options.run:
        run(*options.run, options.repeats)
        return
    with tempfile.TemporaryDirectory() as folder:
        rows = draw(round(options.baskets), options.order, 1)
        for name, values in rows.items():
            np.save(f"{folder}/{name}.npy", values)
        print(
            f"{options.baskets:,.0f} baskets, {len(rows['basket']):,} rows "
            f"({options.order}), {KINDS:,} products, support {SUPPORT:.1%}"
        )
        compare(folder, options)


def compare(folder: str, options: Any) -> None:
    """Run every tool and print the table."""
    base, expected = None, None
    print("| tool | CPU s | smallest | wall s | peak MB | times our CPU |")
    print("| --- | --- | --- | --- | --- | --- |")
    for tool in TOOLS:
        if options.peers_only_general and tool in ONCE:
            continue
        command = [sys.executable, __file__, "--run", folder, tool]
        command += ["--repeats", str(options.repeats)]
        done = subprocess.run(command, capture_output=True, text=True, check=False)  # noqa: S603
        if done.returncode:
            print(f"| {tool} | failed: {done.stderr.strip().splitlines()[-1]} |")
            continue
        measured = json.loads(done.stdout)
        cpu = [one for one, _ in measured["seconds"]]
        wall = statistics.median(one for _, one in measured["seconds"])
        pairs = np.load(f"{folder}/{tool}.npy")
        expected = pairs if expected is None else expected
        same = np.array_equal(pairs, expected)
        base = base or statistics.median(cpu)
        print(
            f"| {tool} | {statistics.median(cpu):.2f} | {min(cpu):.2f} | {wall:.2f} | "
            f"{measured['megabytes']:.0f} | {statistics.median(cpu) / base:.1f} |"
            f"{'' if same else ' DIFFERS'}"
        )
    print(f"{expected.shape[1]:,} pairs" if expected is not None else "")


if __name__ == "__main__":
    main()
