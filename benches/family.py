"""The other models of repeat buying beside lifetimes 0.11.3: same work, data and run.

As `against_lifetimes.py`, whose pairs and table this uses, for the Pareto/NBD and
BG/BB models.

    python benches/family.py --customers 1000000
"""

from __future__ import annotations

import argparse
import warnings
from typing import TYPE_CHECKING, Any

import lifetimes
import numpy as np
import pandas as pd
import tenure as tn
from against_lifetimes import WEEKS_A_MONTH, Pair, measure, simulated

if TYPE_CHECKING:
    from collections.abc import Callable

KNOWN = {"r": 0.553, "alpha": 10.578, "s": 0.606, "beta": 11.669}
SPEND = {"p": 6.25, "q": 3.74, "v": 15.44}
VALUE = "12-month discounted lifetime value"


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


def ours(data: pd.DataFrame) -> dict[str, tuple[Callable[[], Any], float, float]]:
    """Return our Pareto/NBD predictions: each with its goal and how near peers are."""
    model = tn.ParetoNBD.from_params(**KNOWN)
    spend = tn.GammaGamma.from_params(p=SPEND["p"], q=SPEND["q"], gamma=SPEND["v"])

    def value() -> Any:
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

    def count() -> Any:
        return model.purchase_probabilities(data, horizon=52, most=3)["3"]

    return {
        "P(alive)": (lambda: model.probability_alive(data), 12, 1e-6),
        "expected purchases in 52 weeks": (
            lambda: model.expected_purchases(data, horizon=52),
            12,
            1e-6,
        ),
        "P(3 purchases in 52 weeks)": (count, 10, 1e-5),
        VALUE: (value, 150, 1e-5),
    }


def beside(
    theirs: dict[str, Callable[[], Any]], name: str, data: pd.DataFrame, repeat: int
) -> list[Pair]:
    """Return the pairs of our predictions and a peer's; those of value run once."""
    return [
        Pair(
            f"{work}, {name}",
            run,
            theirs[work],
            goal,
            1 if work == VALUE else repeat,
            rtol,
        )
        for work, (run, goal, rtol) in ours(data).items()
    ]


def lifetimes_predictions(data: pd.DataFrame) -> dict[str, Callable[[], Any]]:
    """Return what lifetimes predicts at the same parameters."""
    theirs, their_spend = lifetimes.ParetoNBDFitter(), lifetimes.GammaGammaFitter()
    theirs.params_, their_spend.params_ = pd.Series(KNOWN), pd.Series(SPEND)
    for fitted in (theirs, their_spend):
        fitted.predict = None
    x, t_x, t, m = (data[c] for c in ("frequency", "recency", "T", "monetary_value"))
    purchases = theirs.conditional_expected_number_of_purchases_up_to_time
    count = theirs.conditional_probability_of_n_purchases_up_to_time

    def value() -> Any:
        theirs.predict = purchases
        value = their_spend.customer_lifetime_value
        return value(theirs, x, t_x, t, m, time=12, discount_rate=0.01, freq="W")

    return {
        "P(alive)": lambda: theirs.conditional_probability_alive(x, t_x, t),
        "expected purchases in 52 weeks": lambda: purchases(52, x, t_x, t),
        "P(3 purchases in 52 weeks)": lambda: count(3, 52, x, t_x, t),
        VALUE: value,
    }


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
        *beside(lifetimes_predictions(base), size, base, arguments.repeat),
    ]
    print(f"lifetimes {lifetimes.__version__}, tenure {tn.__version__}\n")
    print("| work | ours: wall (CPU) s | lifetimes | times faster | goal |")
    print("|---|---|---|---|---|")
    for pair in pairs:
        print(measure(pair), flush=True)


if __name__ == "__main__":
    main()
