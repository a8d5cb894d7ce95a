"""Pareto/NBD fits of CDNOW and of many customers, beside lifetimes and PyMC-Marketing.

Each package fits the same customers in the same run, several times, and medians are
told. lifetimes starts at random, from seeds 0, 1 and so on here, which changes its time
by half and may end before the optimum. PyMC-Marketing looks for the maximum a
posteriori, with its default priors, after a first fit that compiles; its optimum is
another one. So the likelihood of the parameters of the median run is told as well.

    python benches/fits.py --customers 100000
    python benches/fits.py --peers pymc          # only those that are installed
"""

from __future__ import annotations

import argparse
import statistics
import warnings
from operator import itemgetter
from typing import TYPE_CHECKING, Any

import numpy as np
import tenure as tn
from against_lifetimes import clocked, simulated

if TYPE_CHECKING:
    from collections.abc import Callable

    import pandas as pd

PARAMETERS = ("r", "alpha", "s", "beta")


def ours(data: pd.DataFrame) -> dict[str, float]:
    return dict(tn.ParetoNBD().fit(data).params_)


def lifetimes(data: pd.DataFrame) -> dict[str, float]:
    import lifetimes as peer  # noqa: PLC0415

    model = peer.ParetoNBDFitter()
    model.fit(data.frequency, data.recency, data["T"])
    return {name: model.params_[name] for name in PARAMETERS}


def pymc(data: pd.DataFrame) -> dict[str, float]:
    from pymc_marketing.clv import ParetoNBDModel  # noqa: PLC0415

    known = data.assign(customer_id=np.arange(len(data)))
    model = ParetoNBDModel(known[["customer_id", "frequency", "recency", "T"]])
    model.fit(method="map", progressbar=False)
    found = model.fit_summary()
    return {name: float(found[name]) for name in PARAMETERS}


PEERS: dict[str, Callable[[Any], dict[str, float]]] = {
    "lifetimes": lifetimes,
    "pymc": pymc,
}


def likelihood(data: pd.DataFrame, found: dict[str, float]) -> float:
    """Return the log-likelihood of a package's parameters, by ours."""
    model = tn.ParetoNBD.from_params(**{name: found[name] for name in PARAMETERS})
    return float(model.log_likelihood(data).sum())


def report(
    name: str, data: pd.DataFrame, peers: list[str], repeat: int, again: int
) -> None:
    """Print a row for each package."""
    if "pymc" in peers:
        pymc(data[:1000])
    runs = [clocked(lambda: ours(data)) for _ in range(repeat)]
    wall, cpu = (statistics.median(run[i] for run in runs) for i in (0, 1))
    best = likelihood(data, runs[0][2])
    print(f"| {name} | tenure | {wall:.4f} | {cpu:.4f} | {best:.4f} | 1 (1) |")
    for peer in peers:
        fits = []
        for seed in range(again):
            np.random.seed(seed)  # noqa: NPY002 - the generator that lifetimes draws from
            fits.append(clocked(lambda: PEERS[peer](data)))  # noqa: B023
        their_wall, their_cpu, found = sorted(fits, key=itemgetter(0))[again // 2]
        reached = likelihood(data, found)
        assert best >= reached - 1e-6 * abs(reached)  # noqa: S101
        print(
            f"| {name} | {peer} | {their_wall:.3f} | {their_cpu:.3f} | {reached:.4f} "
            f"| {their_wall / wall:.0f} ({their_cpu / cpu:.0f}) |",
            flush=True,
        )


def main() -> None:
    """Print the table."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--customers", type=int, default=100_000)
    parser.add_argument("--peers", nargs="*", choices=list(PEERS), default=list(PEERS))
    parser.add_argument("--repeat", type=int, default=5, help="fits of ours")
    parser.add_argument("--again", type=int, default=3, help="fits of the others")
    arguments = parser.parse_args()
    warnings.simplefilter("ignore")
    np.seterr(all="ignore")
    log = tn.Transactions(tn.datasets.load_cdnow(family="pandas"), amount="amount")
    summary = log.summary(unit="week", as_of="1997-09-30").to_frame()
    many = simulated(arguments.customers)
    print("| customers | package | wall s | CPU s | log-likelihood | times ours |")
    print("|---|---|---|---|---|---|")
    often = (arguments.peers, arguments.repeat, arguments.again)
    report("CDNOW", summary, *often)
    report(f"{arguments.customers:,}, simulated", many, *often)


if __name__ == "__main__":
    main()
