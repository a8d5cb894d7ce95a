"""Our speed beside lifetimes 0.11.3: the same work, the same data, the same run.

Each pair is run in turn (ours, theirs, ours, theirs, ...); the table shows the median
wall and CPU seconds of each and the ratio of the medians. Before that the results are
compared, so that nothing is fast because it is wrong.

    make bench                                   # the whole table
    python benches/against_lifetimes.py --customers 100000
"""

from __future__ import annotations

import argparse
import statistics
import time
import warnings
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import lifetimes
import numpy as np
import pandas as pd
import tenure as tn

if TYPE_CHECKING:
    from collections.abc import Callable

WEEKS_A_MONTH = 4.345  # lifetimes' month, for freq="W"


@dataclass
class Pair:
    """A piece of work in both packages, and how often to repeat it."""

    name: str
    ours: Callable[[], Any]
    theirs: Callable[[], Any]
    goal: float
    repeat: int
    rtol: float = 1e-4


def clocked(work: Callable[[], Any]) -> tuple[float, float, Any]:
    """Return wall seconds, CPU seconds and the result."""
    wall, cpu = time.perf_counter(), time.process_time()
    result = work()
    return time.perf_counter() - wall, time.process_time() - cpu, result


def measure(pair: Pair) -> str:
    """Run a pair and return its row of the table."""
    ours, theirs = [], []
    mine, other = None, None
    for _ in range(pair.repeat):
        *seconds, mine = clocked(pair.ours)
        ours.append(seconds)
        *seconds, other = clocked(pair.theirs)
        theirs.append(seconds)
    mine, other = np.asarray(mine, np.float64), np.asarray(other, np.float64)
    assert np.isfinite(mine).all()  # noqa: S101
    # where the peer has no number there is nothing to compare
    known = np.isfinite(other)
    np.testing.assert_allclose(mine[known], other[known], rtol=pair.rtol)
    lost = f"; not a number for {np.sum(~known):,} of them there" * (not known.all())
    (wall, cpu), (their_wall, their_cpu) = (
        tuple(map(statistics.median, zip(*runs, strict=True)))
        for runs in (ours, theirs)
    )
    verdict = "" if their_wall / wall >= pair.goal else "  below the goal"
    return (
        f"| {pair.name}{lost} | {wall:.4f} ({cpu:.4f}) "
        f"| {their_wall:.4f} ({their_cpu:.4f}) "
        f"| {their_wall / wall:.0f} ({their_cpu / cpu:.0f}) | {pair.goal:g} |{verdict}"
    )


def fits(
    name: str, data: pd.DataFrame, repeat: int, goals: tuple[float, float]
) -> list:
    """Return the pairs of maximum-likelihood fits with standard errors."""
    buyers = data[data.frequency > 0]

    def ours_buying() -> list[float]:
        model = tn.BGNBD().fit(data)
        assert np.isfinite(list(model.standard_errors_.values())).all()  # noqa: S101
        return [model.params_[p] for p in ("r", "alpha", "a", "b")]

    def theirs_buying() -> list[float]:
        model = lifetimes.BetaGeoFitter()
        model.fit(data.frequency, data.recency, data["T"])
        return [model.params_[p] for p in ("r", "alpha", "a", "b")]

    def ours_spend() -> list[float]:
        return list(tn.GammaGamma().fit(data).params_.values())

    def theirs_spend() -> list[float]:
        model = lifetimes.GammaGammaFitter()
        model.fit(buyers.frequency, buyers.monetary_value)
        return [model.params_[p] for p in ("p", "q", "v")]

    return [
        Pair(f"BG/NBD fit, {name}", ours_buying, theirs_buying, goals[0], repeat, 1e-2),
        Pair(
            f"Gamma-Gamma fit, {name}", ours_spend, theirs_spend, goals[1], repeat, 3e-2
        ),
    ]


def predictions(name: str, data: pd.DataFrame, repeat: int) -> list[Pair]:
    """Return the pairs of predictions at the same parameters."""
    known = {"r": 0.243, "alpha": 4.414, "a": 0.793, "b": 2.426}
    spending = {"p": 6.25, "q": 3.74, "gamma": 15.44}
    buying, spend = tn.BGNBD.from_params(**known), tn.GammaGamma.from_params(**spending)
    their_buying, their_spend = lifetimes.BetaGeoFitter(), lifetimes.GammaGammaFitter()
    their_buying.params_ = pd.Series(known)
    their_spend.params_ = pd.Series({"p": 6.25, "q": 3.74, "v": 15.44})
    for model in (their_buying, their_spend):
        model.predict = None
    x, t_x, t, m = (data[c] for c in ("frequency", "recency", "T", "monetary_value"))

    def theirs_value() -> Any:
        future = type(their_buying).conditional_expected_number_of_purchases_up_to_time
        their_buying.predict = lambda *of: future(their_buying, *of)
        value = their_spend.customer_lifetime_value
        return value(their_buying, x, t_x, t, m, time=12, discount_rate=0.01, freq="W")

    def ours_value() -> Any:
        value = tn.lifetime_value(
            buying,
            spend,
            data,
            horizon=12 * WEEKS_A_MONTH,
            discount_rate=0.01,
            per=WEEKS_A_MONTH,
            compounding=WEEKS_A_MONTH,
        )
        return value["value"]

    their_alive = their_buying.conditional_probability_alive
    their_purchases = their_buying.conditional_expected_number_of_purchases_up_to_time
    return [
        Pair(
            f"P(alive), {name}",
            lambda: buying.probability_alive(data),
            lambda: their_alive(x, t_x, t),
            8,
            repeat,
            1e-9,
        ),
        Pair(
            f"expected purchases in 52 weeks, {name}",
            lambda: buying.expected_purchases(data, horizon=52),
            lambda: their_purchases(52, x, t_x, t),
            8,
            repeat,
            1e-6,
        ),
        Pair(
            f"12-month discounted lifetime value, {name}",
            ours_value,
            theirs_value,
            30,
            max(1, repeat // 5),
            1e-6,
        ),
    ]


def simulated(customers: int) -> pd.DataFrame:
    """Return a base like CDNOW's, observed for up to three years, in weeks.

    Ages are whole days, as in a log of days.
    """
    days = np.random.default_rng(1).integers(28, 1096, customers).astype(float)
    known = {"r": 0.243, "alpha": 4.414 * 7, "a": 0.793, "b": 2.426}
    base = tn.datasets.simulate_bg_nbd(
        customers, **known, T=days, seed=1, family="pandas"
    )
    spend = tn.datasets.simulate_gamma_gamma(
        base["frequency"], p=6.25, q=3.74, gamma=15.44, seed=2
    )
    return pd.DataFrame(
        {
            "frequency": base["frequency"],
            "recency": np.ceil(base["recency"]) / 7,
            "T": days / 7,
            "monetary_value": spend,
        }
    )


def main() -> None:
    """Print the table."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--customers", type=int, default=1_000_000)
    parser.add_argument("--repeat", type=int, default=5)
    arguments = parser.parse_args()
    warnings.simplefilter("ignore")
    cdnow = tn.datasets.load_cdnow(family="pandas")
    log = tn.Transactions(cdnow, amount="amount")
    summary = log.summary(unit="week", as_of="1997-09-30").to_frame()
    base = simulated(arguments.customers)
    size = f"{arguments.customers:,} customers"
    pairs = [
        *fits("CDNOW", summary, 15, (40, 50)),
        *fits(size, base, 1, (50, 50)),
        *predictions(size, base, arguments.repeat),
    ]
    print(f"lifetimes {lifetimes.__version__}, tenure {tn.__version__}\n")
    print("| work | ours: wall (CPU) s | lifetimes | times faster | goal |")
    print("|---|---|---|---|---|")
    for pair in pairs:
        print(measure(pair), flush=True)


if __name__ == "__main__":
    main()
