"""The other models of repeat buying beside lifetimes 0.11.3: same work, data and run.

As `against_lifetimes.py`, whose pairs and table this uses, for the Pareto/NBD and
BG/BB models.

    python benches/family.py --customers 1000000
"""

from __future__ import annotations

import argparse
import warnings
from typing import Any

import lifetimes
import numpy as np
import pandas as pd
import tenure as tn
from against_lifetimes import WEEKS_A_MONTH, Pair, measure, simulated

KNOWN = {"r": 0.553, "alpha": 10.578, "s": 0.606, "beta": 11.669}


def fits(name: str, data: pd.DataFrame, repeat: int, goal: float) -> list[Pair]:
    """Return the pair of Pareto/NBD fits."""

    def ours() -> list[float]:
        return list(tn.ParetoNBD().fit(data).params_.values())

    def theirs() -> list[float]:
        model = lifetimes.ParetoNBDFitter()
        model.fit(data.frequency, data.recency, data["T"])
        return [model.params_[p] for p in ("r", "alpha", "s", "beta")]

    return [Pair(f"Pareto/NBD fit, {name}", ours, theirs, goal, repeat, 0.05)]


def donations(repeat: int) -> list[Pair]:
    """Return the pair of BG/BB fits to 22 patterns of donors."""
    table = tn.datasets.load_donations(family="pandas")

    def ours() -> list[float]:
        model = tn.BGBB().fit(table, T="periods", weights="donors")
        return list(model.params_.values())

    def theirs() -> list[float]:
        model = lifetimes.BetaGeoBetaBinomFitter()
        model.fit(table.frequency, table.recency, table.periods, table.donors)
        return list(model.params_)

    return [Pair("BG/BB fit, 11,104 donors", ours, theirs, 50, repeat, 1e-2)]


def predictions(name: str, data: pd.DataFrame, repeat: int) -> list[Pair]:
    """Return the pairs of Pareto/NBD predictions at the same parameters."""
    model = tn.ParetoNBD.from_params(**KNOWN)
    spend = tn.GammaGamma.from_params(p=6.25, q=3.74, gamma=15.44)
    theirs, their_spend = lifetimes.ParetoNBDFitter(), lifetimes.GammaGammaFitter()
    theirs.params_ = pd.Series(KNOWN)
    their_spend.params_ = pd.Series({"p": 6.25, "q": 3.74, "v": 15.44})
    for fitted in (theirs, their_spend):
        fitted.predict = None
    x, t_x, t, m = (data[c] for c in ("frequency", "recency", "T", "monetary_value"))
    purchases = theirs.conditional_expected_number_of_purchases_up_to_time
    count = theirs.conditional_probability_of_n_purchases_up_to_time

    def ours_value() -> Any:
        value = tn.lifetime_value(
            model,
            spend,
            data,
            horizon=12 * WEEKS_A_MONTH,
            discount_rate=0.01,
            per=WEEKS_A_MONTH,
            compounding=WEEKS_A_MONTH,
        )
        return value["value"]

    def theirs_value() -> Any:
        theirs.predict = purchases
        value = their_spend.customer_lifetime_value
        return value(theirs, x, t_x, t, m, time=12, discount_rate=0.01, freq="W")

    return [
        Pair(
            f"P(alive), {name}",
            lambda: model.probability_alive(data),
            lambda: theirs.conditional_probability_alive(x, t_x, t),
            12,
            repeat,
            1e-6,
        ),
        Pair(
            f"expected purchases in 52 weeks, {name}",
            lambda: model.expected_purchases(data, horizon=52),
            lambda: purchases(52, x, t_x, t),
            12,
            repeat,
            1e-6,
        ),
        Pair(
            f"P(3 purchases in 52 weeks), {name}",
            lambda: model.purchase_probabilities(data, horizon=52, most=3)["3"],
            lambda: count(3, 52, x, t_x, t),
            10,
            repeat,
            1e-5,
        ),
        Pair(
            f"12-month discounted lifetime value, {name}",
            ours_value,
            theirs_value,
            150,
            1,
            1e-5,
        ),
    ]


def main() -> None:
    """Print the table."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--customers", type=int, default=1_000_000)
    parser.add_argument("--repeat", type=int, default=3)
    arguments = parser.parse_args()
    warnings.simplefilter("ignore")
    np.seterr(all="ignore")
    log = tn.Transactions(tn.datasets.load_cdnow(family="pandas"), amount="amount")
    summary = log.summary(unit="week", as_of="1997-09-30").to_frame()
    base = simulated(arguments.customers)
    size = f"{arguments.customers:,} customers"
    pairs = [
        *fits("CDNOW", summary, arguments.repeat, 60),
        *donations(arguments.repeat),
        *predictions(size, base, arguments.repeat),
    ]
    print(f"lifetimes {lifetimes.__version__}, tenure {tn.__version__}\n")
    print("| work | ours: wall (CPU) s | lifetimes | times faster | goal |")
    print("|---|---|---|---|---|")
    for pair in pairs:
        print(measure(pair), flush=True)


if __name__ == "__main__":
    main()
