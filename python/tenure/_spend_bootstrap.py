"""Models of spend that were fitted to customers drawn anew."""

from __future__ import annotations

import copy
import os
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING

import numpy as np

from tenure._bootstrap import Bootstrap
from tenure._simulate import checked_seed
from tenure.exceptions import ConvergenceError, ParameterError

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from tenure._customers import Customers
    from tenure.spend import GammaGamma

__all__ = ["spend_bootstrap"]


def spend_bootstrap(
    model: GammaGamma, customers: Customers, replicates: int, seed: int
) -> Bootstrap:
    """Fit a model of spend to customers drawn again from those of its fit.

    The core does its work without Python's lock, so that threads are enough; each
    replicate has a stream of its own, so that their number changes nothing.

    Parameters
    ----------
    model : GammaGamma
        The fitted model.
    customers : Customers
        Those of the fit.
    replicates, seed : int
        As `GammaGamma.bootstrap`.
    """
    if replicates < 2:
        raise ParameterError.of(
            name="replicates", expected="be at least 2", found=repr(replicates)
        )
    seed = checked_seed(seed)
    bought = np.asarray(customers.columns["frequency"]) > 0
    weights = model._weights  # noqa: SLF001
    counts = bought * (np.ones(len(customers)) if weights is None else weights)
    size = round(float(counts.sum()))
    shares = counts / counts.sum()

    def draw(replicate: int) -> NDArray[np.float64]:
        stream = np.random.default_rng([seed, replicate])
        drawn = stream.multinomial(size, shares).astype(np.float64)
        return _refitted(model, customers, drawn)

    with ThreadPoolExecutor(min(replicates, os.cpu_count() or 1)) as pool:
        rows = np.array(list(pool.map(draw, range(replicates))))
    names = tuple(model.result_.parameters)
    return Bootstrap.collected(
        names, rows, type(model).__name__, seed, customers.family
    )


def _refitted(
    model: GammaGamma, customers: Customers, weights: NDArray[np.float64]
) -> NDArray[np.float64]:
    """Return the estimates for customers of such weights, NaN where there are none."""
    result = model.result_
    again = copy.copy(model)
    again._fixed = {name: result.parameters[name] for name in result.fixed}  # noqa: SLF001
    free = (name for name in result.parameters if name not in again._fixed)  # noqa: SLF001
    again._start = {name: result.parameters[name] for name in free}  # noqa: SLF001
    size = len(result.parameters) - len(model._coefficient_names())  # noqa: SLF001
    try:
        found = again._completed(again._fit(customers, weights), size)  # noqa: SLF001
    except ConvergenceError:
        return np.full(len(result.parameters), np.nan)
    return np.asarray(found["parameters"], dtype=np.float64)
