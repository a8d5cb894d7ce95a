"""Models of spend that were fitted to customers drawn anew."""

from __future__ import annotations

import copy
from typing import TYPE_CHECKING

import numpy as np

from tenure._bootstrap import Bootstrap, refitted_to_draws
from tenure.exceptions import ConvergenceError

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from tenure._customers import Customers
    from tenure.spend import GammaGamma

__all__ = ["spend_bootstrap"]


def spend_bootstrap(
    model: GammaGamma, customers: Customers, replicates: int, seed: int
) -> Bootstrap:
    """Fit a model of spend to customers drawn again from those of its fit.

    Parameters
    ----------
    model : GammaGamma
        The fitted model.
    customers : Customers
        Those of the fit.
    replicates, seed : int
        As `GammaGamma.bootstrap`.
    """
    result, weights = model.result_, model._weights  # noqa: SLF001
    bought = np.asarray(customers.columns["frequency"]) > 0
    counts = bought * (np.ones(len(customers)) if weights is None else weights)
    size = len(result.parameters) - len(model._coefficient_names())  # noqa: SLF001
    fixed = {name: result.parameters[name] for name in result.fixed}
    start = {name: at for name, at in result.parameters.items() if name not in fixed}

    def refit(drawn: NDArray[np.float64]) -> NDArray[np.float64]:
        again = copy.copy(model)
        again._fixed, again._start = fixed, start  # noqa: SLF001
        try:
            found = again._completed(again._fit(customers, drawn), size)  # noqa: SLF001
        except ConvergenceError:
            return np.full(len(result.parameters), np.nan)
        return np.asarray(found["parameters"], dtype=np.float64)

    rows = refitted_to_draws(counts, replicates, seed, refit)
    names, kind = tuple(result.parameters), type(model).__name__
    return Bootstrap.collected(names, rows, kind, seed, customers.family)
