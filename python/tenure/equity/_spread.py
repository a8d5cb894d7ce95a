"""How far what comes will lie from what is expected, with parameters as they are."""

from __future__ import annotations

from dataclasses import replace
from importlib import import_module
from typing import TYPE_CHECKING

import numpy as np

from tenure._spend_predictions import pair
from tenure.spend import GammaGamma

if TYPE_CHECKING:
    from collections.abc import Iterator

    from numpy.typing import NDArray

    from tenure._customers import Customers
    from tenure._purchasing import PurchasingModel

    Floats = NDArray[np.float64]

__all__ = [
    "excess_of_counts",
    "money_probabilities",
    "money_variance",
    "spend_shapes",
    "square_of_counts",
    "value_moments",
]

# Purchases beyond the quantile of this level are left out of a variance: what they
# would add is less than a millionth of their square.
_ALMOST_ALL = 1 - 1e-6

# Probabilities that are in memory at a time.
_CELLS = 4_000_000


def square_of_counts(
    model: PurchasingModel, customers: Customers, horizon: float
) -> Floats:
    """Return the expected square of each customer's purchases within a horizon."""
    found = np.zeros(len(customers))
    for rows, table in _tables(model, customers, horizon):
        found[rows] = table @ np.arange(table.shape[1], dtype=np.float64) ** 2
    return found


def _tables(
    model: PurchasingModel, customers: Customers, horizon: float
) -> Iterator[tuple[NDArray[np.intp], Floats]]:
    """Yield customers, and the probabilities of 0, 1, 2, ... purchases of each."""
    most = model._quantiles(customers, horizon, [_ALMOST_ALL])[:, 0].astype(np.int64)  # noqa: SLF001
    # customers who buy about equally often share a table, which is as wide as needed
    widths = 2 ** np.ceil(np.log2(np.maximum(most, 1) + 1)).astype(np.int64)
    for width in np.unique(widths).tolist():
        places = np.flatnonzero(widths == width)
        step = max(1, _CELLS // (width + 1))
        for start in range(0, len(places), step):
            rows = places[start : start + step]
            some = _picked(customers, rows)
            yield rows, model._probabilities(some, horizon, width)  # noqa: SLF001


def money_probabilities(
    model: PurchasingModel,
    customers: Customers,
    horizon: float,
    shapes: tuple[float, Floats, Floats],
    amounts: Floats,
) -> tuple[Floats, Floats]:
    """Return the probabilities of bringing less than an amount, and no more than it.

    The sum of n values is beta-prime distributed (Fader, Hardie 2013), and is mixed
    over the distribution of n.

    Parameters
    ----------
    model, customers, horizon
        Who buys, and for how long.
    shapes : (float, array, array)
        The shape of a value, and shape and rate of each customer's: `spend_shapes`.
    amounts : array
        One a customer.
    """
    special = import_module("scipy.special")
    p, shape, rate = shapes
    below, up_to = (np.zeros(len(customers)) for _ in range(2))
    positive = np.maximum(amounts, 0.0)
    share = positive / (positive + rate)
    for rows, table in _tables(model, customers, horizon):
        counts = np.arange(1, table.shape[1], dtype=np.float64)
        within = special.betainc(p * counts, shape[rows, None], share[rows, None])
        several = (table[:, 1:] * within).sum(axis=1)
        up_to[rows] = np.where(amounts[rows] >= 0, table[:, 0] + several, 0.0)
        below[rows] = np.where(amounts[rows] > 0, table[:, 0] + several, 0.0)
    return below, up_to


def excess_of_counts(mean: Floats, square: Floats) -> Floats:
    """Return by how much counts spread more than Poisson counts of that mean."""
    return np.maximum(square - mean**2 - mean, 0.0)


def value_moments(
    spend: GammaGamma | float, spenders: Customers | None, count: int
) -> tuple[Floats, Floats, Floats]:
    """Return what is needed for the variance of a sum of values of each customer.

    Given how many purchases there are, n, the sum has the mean ``n * mean`` and the
    expected square ``n * within + n**2 * between``.

    Returns
    -------
    tuple of array
        `mean`, `within`, `between`. The last two are infinite where the variance of a
        customer's mean value does not exist: at q + p x of at most 2.
    """
    if not isinstance(spend, GammaGamma):
        value = np.full(count, float(spend))
        return value, np.zeros(count), value**2
    p, shape, rate = spend_shapes(spend, spenders, count)
    with np.errstate(divide="ignore", invalid="ignore"):
        square = rate**2 / ((shape - 1) * (shape - 2))
        mean = p * rate / (shape - 1)
    square = np.where(shape > 2, square, np.inf)
    return mean, p * square, p**2 * square


def spend_shapes(
    spend: GammaGamma, spenders: Customers | None, count: int
) -> tuple[float, Floats, Floats]:
    """Return the shape of values, and shape and rate of each customer's own rate.

    Without `spenders` they are customers of whom nothing is known yet.
    """
    p, q, gamma = (spend.params_[name] for name in ("p", "q", "gamma"))
    times, paid = np.zeros(count), np.zeros(count)
    if spenders is not None:
        frequency, mean_value = pair(spenders)
        times = np.asarray(frequency, dtype=np.float64)
        paid = np.where(times > 0, mean_value, 0.0)
    return p, p * times + q, gamma + times * paid


def money_variance(
    moments: tuple[Floats, Floats, Floats], mean_count: Floats, square_count: Floats
) -> Floats:
    """Return the variance of the sum of a random number of values."""
    mean, within, between = moments
    with np.errstate(invalid="ignore"):
        square = mean_count * within + square_count * between
    square = np.where(square_count > 0, square, 0.0)
    return np.maximum(square - (mean_count * mean) ** 2, 0.0)


def _picked(customers: Customers, rows: NDArray[np.intp]) -> Customers:
    columns = {name: values[rows] for name, values in customers.columns.items()}
    return replace(customers, columns=columns, index=None, ids=None)
