"""Our speed on survival curves and Cox regression beside lifelines and scikit-survival.

The same work on the same data in the same run; before it counts, results are compared.
CPU seconds are those of all threads. The hand-written NumPy program is what a careful
user would write: one sort, with the event in the last bit of the duration.

    make bench-survival                          # the whole table: about ten minutes
    python benches/survival.py --rows 1000000
"""

from __future__ import annotations

import argparse
import statistics
import time
import warnings
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import lifelines
import numpy as np
import pandas as pd
import sksurv
import tenure as tn
from lifelines import CoxPHFitter, KaplanMeierFitter
from sksurv.nonparametric import kaplan_meier_estimator

if TYPE_CHECKING:
    from collections.abc import Callable


@dataclass
class Pair:
    """A piece of work, done by us and by somebody else."""

    name: str
    peer: str
    ours: Callable[[], Any]
    theirs: Callable[[], Any]
    goal: float
    repeat: int
    rtol: float = 1e-8


def clocked(work: Callable[[], Any]) -> tuple[float, float, Any]:
    """Return wall seconds, CPU seconds and the result."""
    wall, cpu = time.perf_counter(), time.process_time()
    result = work()
    return time.perf_counter() - wall, time.process_time() - cpu, result


def measure(pair: Pair) -> str:
    """Run a pair, ours more often if theirs is slow, and return its row."""
    ours, theirs = [], []
    mine = other = None
    for _ in range(pair.repeat):
        *seconds, other = clocked(pair.theirs)
        theirs.append(seconds)
        for _ in range(3):
            *seconds, mine = clocked(pair.ours)
            ours.append(seconds)
    np.testing.assert_allclose(mine, other, rtol=pair.rtol)
    (wall, cpu), (their_wall, their_cpu) = (
        tuple(map(statistics.median, zip(*runs, strict=True)))
        for runs in (ours, theirs)
    )
    times = their_wall / wall
    verdict = "" if times >= pair.goal else ", missed"
    return (
        f"| {pair.name} | {pair.peer} | {wall:.3f} ({cpu:.3f}) "
        f"| {their_wall:.3f} ({their_cpu:.3f}) "
        f"| {times:.1f} ({their_cpu / cpu:.1f}) | {pair.goal:g}{verdict} |"
    )


def numpy_curve(durations: Any, events: Any) -> Any:
    """Kaplan-Meier with Greenwood's sums by one sort."""
    keys = (durations.view(np.uint64) & ~np.uint64(1)) | events
    keys = np.sort(keys)
    seen = (keys & np.uint64(1)).astype(float)
    times = (keys & ~np.uint64(1)).view(float)
    first = np.flatnonzero(np.diff(times, prepend=-1.0) != 0)
    d = np.add.reduceat(seen, first)
    n = np.arange(len(keys), 0, -1.0)[first]
    survival = np.cumprod(1 - d / n)
    with np.errstate(divide="ignore"):
        return survival, np.cumsum(d / (n * (n - d)))


def curves(rows: int, repeat: int) -> list[Pair]:
    """Return the pairs of Kaplan-Meier estimates."""
    rng = np.random.default_rng(0)
    real = rng.exponential(300, rows)
    days = np.ceil(real).astype(np.int64)
    events = rng.random(rows) < 0.6
    size = f"{rows:,}"

    def ours(durations: Any) -> float:
        [curve] = tn.KaplanMeier().fit(durations, events).curves_
        return curve.estimate[len(curve.estimate) // 2]

    def ours_with_band(durations: Any) -> float:
        km = tn.KaplanMeier().fit(durations, events)
        [curve] = km.curves_
        lower, _ = km.band_of(curve)
        return lower[len(lower) // 2]

    def theirs(durations: Any) -> float:
        km = KaplanMeierFitter().fit(durations, events)
        lower = km.confidence_interval_.to_numpy()[:, 0]
        return lower[len(lower) // 2]

    def sksurv_curve(durations: Any) -> float:
        _, survival = kaplan_meier_estimator(events, durations)
        return np.append(1.0, survival)[(len(survival) + 1) // 2]

    def by_hand() -> float:
        survival, _ = numpy_curve(real, events)
        return np.append(1.0, survival)[(len(survival) + 1) // 2]

    continuous, whole = f"Kaplan-Meier, {size} real", f"Kaplan-Meier, {size} whole days"
    return [
        Pair(continuous, "NumPy", lambda: ours(real), by_hand, 1, 3 * repeat),
        Pair(
            f"{continuous}, with band",
            "lifelines",
            lambda: ours_with_band(real),
            lambda: theirs(real),
            50,
            repeat,
        ),
        Pair(
            continuous,
            "scikit-survival",
            lambda: ours(real),
            lambda: sksurv_curve(real),
            50,
            repeat,
        ),
        Pair(
            f"{whole}, with band",
            "lifelines",
            lambda: ours_with_band(days),
            lambda: theirs(days),
            20,
            3 * repeat,
        ),
    ]


def regression(rows: int, *, real: bool) -> list[Pair]:
    """Return the pair of Cox regressions with ten covariates."""
    rng = np.random.default_rng(1)
    x = rng.normal(size=(rows, 10))
    beta = np.linspace(-0.5, 0.5, 10)
    event = rng.exponential(100 * np.exp(-x @ beta))
    gone = rng.exponential(150, rows)
    frame = pd.DataFrame({f"x{i}": x[:, i] for i in range(10)})
    frame["days"] = (
        np.minimum(event, gone) if real else np.ceil(np.minimum(event, gone))
    )
    frame["churned"] = event <= gone

    def ours() -> Any:
        cox = tn.Cox().fit(frame, "churned", durations="days")
        return list(cox.params_.values())

    def theirs() -> Any:
        return CoxPHFitter().fit(frame, "days", "churned").params_.to_numpy()

    kind = "real" if real else "whole days"
    name = f"Cox regression, {rows:,} {kind}, 10 covariates"
    return [Pair(name, "lifelines", ours, theirs, 20, 1, 1e-5)]


def main() -> None:
    """Print the table."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rows", type=int, default=10_000_000)
    parser.add_argument("--cox-rows", type=int, default=1_000_000)
    parser.add_argument("--repeat", type=int, default=1)
    arguments = parser.parse_args()
    warnings.simplefilter("ignore")
    pairs = curves(arguments.rows, arguments.repeat)
    for real in (False, True):
        pairs += regression(arguments.cox_rows, real=real)
    print(
        f"tenure {tn.__version__}, lifelines {lifelines.__version__}, "
        f"scikit-survival {sksurv.__version__}, NumPy {np.__version__}\n"
    )
    print("| work | peer | ours: wall (CPU) s | peer | times faster | goal |")
    print("|---|---|---|---|---|---|")
    for pair in pairs:
        print(measure(pair), flush=True)


if __name__ == "__main__":
    main()
