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
from against_lifetimes import measure, simulated
from family import KNOWN, SPEND, VALUE, beside
from pymc_marketing.clv import GammaGammaModel, ParetoNBDModel

if TYPE_CHECKING:
    from collections.abc import Callable

    import pandas as pd


def at(model: Any, parameters: dict[str, float]) -> Any:
    """Return a model whose posterior is one point."""
    model.build_model()
    posterior = {name: np.full((1, 1), value) for name, value in parameters.items()}
    model.idata = arviz.from_dict(posterior=posterior)
    return model


def flat(found: Any) -> np.ndarray:
    """Return an array of predictions, one a customer."""
    return np.asarray(found).reshape(-1)


def predictions(data: pd.DataFrame) -> dict[str, Callable[[], Any]]:
    """Return what PyMC-Marketing predicts at the parameters of ours."""
    known = data.assign(customer_id=np.arange(len(data)))
    known["monetary_value"] = known["monetary_value"].where(known["frequency"] > 0, 0)
    columns = ["customer_id", "frequency", "recency", "T"]
    theirs = at(ParetoNBDModel(known[columns].head(1000)), KNOWN)
    repeats = known[known["frequency"] > 0].head(1000)
    their_spend = at(
        GammaGammaModel(repeats[["customer_id", "frequency", "monetary_value"]]), SPEND
    )

    def count() -> Any:
        count = theirs.expected_purchase_probability
        return flat(count(known, n_purchases=3, future_t=52))

    def value() -> Any:
        value = their_spend.expected_customer_lifetime_value
        return flat(
            value(theirs, known, future_t=12, discount_rate=0.01, time_unit="W")
        )

    return {
        "P(alive)": lambda: flat(theirs.expected_probability_alive(known, future_t=0)),
        "expected purchases in 52 weeks": lambda: flat(
            theirs.expected_purchases(known, future_t=52)
        ),
        "P(3 purchases in 52 weeks)": count,
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
    size = f"{arguments.customers:,} customers"
    data = simulated(arguments.customers)
    print(f"PyMC-Marketing {pymc_marketing.__version__}, tenure {tn.__version__}\n")
    print("| work | ours: wall (CPU) s | PyMC-Marketing | times faster | goal |")
    print("|---|---|---|---|---|")
    for pair in beside(predictions(data), size, data, arguments.repeat):
        print(measure(pair), flush=True)


if __name__ == "__main__":
    main()
