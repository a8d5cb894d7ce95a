"""Pareto/NBD predictions beside PyMC-Marketing: the same customers and parameters.

As `family.py` has them beside lifetimes. PyMC-Marketing predicts from draws of a
posterior; here it has one, the parameters that ours are made from.

    python benches/beside_pymc.py --customers 1000000
"""

from __future__ import annotations

import argparse
import warnings
from typing import TYPE_CHECKING, Any

import arviz
import numpy as np
import pymc_marketing
import tenure as tn
from against_lifetimes import WEEKS_A_MONTH, Pair, measure, simulated
from family import KNOWN
from pymc_marketing.clv import GammaGammaModel, ParetoNBDModel

if TYPE_CHECKING:
    import pandas as pd

SPEND = {"p": 6.25, "q": 3.74, "v": 15.44}


def at(model: Any, parameters: dict[str, float]) -> Any:
    """Return a model whose posterior is one point."""
    model.build_model()
    posterior = {name: np.full((1, 1), value) for name, value in parameters.items()}
    model.idata = arviz.from_dict(posterior=posterior)
    return model


def flat(found: Any) -> np.ndarray:
    """Return an array of predictions, one a customer."""
    return np.asarray(found).reshape(-1)


def predictions(name: str, data: pd.DataFrame, repeat: int) -> list[Pair]:
    """Return the pairs of predictions."""
    model = tn.ParetoNBD.from_params(**KNOWN)
    spend = tn.GammaGamma.from_params(p=SPEND["p"], q=SPEND["q"], gamma=SPEND["v"])
    known = data.assign(customer_id=np.arange(len(data)))
    known["monetary_value"] = known["monetary_value"].where(known["frequency"] > 0, 0)
    columns = ["customer_id", "frequency", "recency", "T"]
    theirs = at(ParetoNBDModel(known[columns].head(1000)), KNOWN)
    repeats = known[known["frequency"] > 0].head(1000)
    their_spend = at(
        GammaGammaModel(repeats[["customer_id", "frequency", "monetary_value"]]), SPEND
    )

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
        value = their_spend.expected_customer_lifetime_value
        return flat(
            value(theirs, known, future_t=12, discount_rate=0.01, time_unit="W")
        )

    return [
        Pair(
            f"P(alive), {name}",
            lambda: model.probability_alive(data),
            lambda: flat(theirs.expected_probability_alive(known, future_t=0)),
            12,
            repeat,
            1e-6,
        ),
        Pair(
            f"expected purchases in 52 weeks, {name}",
            lambda: model.expected_purchases(data, horizon=52),
            lambda: flat(theirs.expected_purchases(known, future_t=52)),
            12,
            repeat,
            1e-6,
        ),
        Pair(
            f"P(3 purchases in 52 weeks), {name}",
            lambda: model.purchase_probabilities(data, horizon=52, most=3)["3"],
            lambda: flat(
                theirs.expected_purchase_probability(known, n_purchases=3, future_t=52)
            ),
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
    size = f"{arguments.customers:,} customers"
    data = simulated(arguments.customers)
    print(f"PyMC-Marketing {pymc_marketing.__version__}, tenure {tn.__version__}\n")
    print("| work | ours: wall (CPU) s | PyMC-Marketing | times faster | goal |")
    print("|---|---|---|---|---|")
    for pair in predictions(size, data, arguments.repeat):
        print(measure(pair), flush=True)


if __name__ == "__main__":
    main()
