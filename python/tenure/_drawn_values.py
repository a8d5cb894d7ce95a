"""Lifetime values whose intervals are percentiles over bootstrap replicates."""

from __future__ import annotations

import copy
import warnings
from dataclasses import replace
from typing import TYPE_CHECKING, TypeAlias, TypeVar

import numpy as np

from tenure._bootstrap import Bootstrap
from tenure._worth import described
from tenure.exceptions import EstimateWarning, ParameterError
from tenure.spend import GammaGamma

if TYPE_CHECKING:
    from collections.abc import Callable

    from tenure._estimator import Estimator
    from tenure._purchasing import PurchasingModel
    from tenure.value import LifetimeValue

__all__ = ["Replicates", "value_over_draws"]

Replicates: TypeAlias = "Bootstrap | tuple[Bootstrap, Bootstrap]"
"""That of the model of buying, and that of the model of spend where there is one."""

M = TypeVar("M", bound="Estimator")


def value_over_draws(
    value: Callable[[PurchasingModel, GammaGamma | float], LifetimeValue],
    buying: PurchasingModel,
    spend: GammaGamma | float,
    interval: float | None,
    bootstrap: Replicates,
) -> LifetimeValue:
    """Return a value with the percentiles of what replicates make of it.

    The i-th replicate of buying goes with the i-th of spend: their draws have nothing
    to do with each other, as the models are fitted apart.

    Parameters
    ----------
    value : callable
        Takes models of buying and of spend, returns the value without an interval.
    buying, spend : model
        The fitted models.
    interval, bootstrap
        As `lifetime_value`.
    """
    if interval is None:
        raise ParameterError.of(
            name="interval",
            expected="be a level where a bootstrap is given",
            found="None",
        )
    of_buying, of_spend = _pair(spend, bootstrap)
    buyers = _replicated(buying, of_buying)
    spenders: list[GammaGamma | float] = [spend] * len(buyers)
    if isinstance(spend, GammaGamma) and of_spend is not None:
        spenders = [*_replicated(spend, of_spend)]
    plain = value(buying, spend)
    with warnings.catch_warnings():
        # the estimates have said so already
        warnings.simplefilter("ignore", EstimateWarning)
        pairs = zip(buyers, spenders, strict=False)
        draws = np.array([value(*pair).columns["value"] for pair in pairs])
    ends = of_buying.ends(draws, interval)
    total = of_buying.ends(draws.sum(axis=1, keepdims=True), interval)
    return replace(
        plain,
        columns={**plain.columns, **ends},
        total_interval=(float(total["lower"][0]), float(total["upper"][0])),
        interval=interval,
    )


def _pair(
    spend: GammaGamma | float, bootstrap: Replicates
) -> tuple[Bootstrap, Bootstrap | None]:
    """Return the replicates of each model."""
    if isinstance(spend, GammaGamma):
        if isinstance(bootstrap, tuple) and len(bootstrap) == 2:
            return bootstrap
        expected = "be two: that of `buying` and that of `spend`"
    elif isinstance(bootstrap, Bootstrap):
        return bootstrap, None
    else:
        expected = "be that of `buying`"
    raise ParameterError.of(
        name="bootstrap", expected=expected, found=described(bootstrap)
    )


def _replicated(model: M, bootstrap: Bootstrap) -> list[M]:
    """Return the model with the parameters of each replicate."""
    result = model.result_
    names = tuple(result.parameters)
    models: list[M] = []
    for row in bootstrap.for_core(model, names):
        one = copy.copy(model)
        parameters = dict(zip(names, row, strict=True))
        one._result = replace(result, parameters=parameters)  # noqa: SLF001
        models.append(one)
    return models
