"""Models that are compared: which they are, and their fits side by side."""

from __future__ import annotations

import copy
import os
from collections.abc import Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from typing import TYPE_CHECKING, Any, TypeAlias, TypeVar

import tenure.purchasing as family
from tenure._condensed import INTERVALS, CondensedModel
from tenure._frame import Table
from tenure._purchasing import PurchasingModel
from tenure.exceptions import ConvergenceError, ParameterError
from tenure.summary import Summary

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from tenure.transactions import Transactions

__all__ = [
    "DEFAULT",
    "Candidates",
    "check_comparable",
    "fitted_side_by_side",
    "named_models",
    "with_intervals",
]

Known = TypeVar("Known", bound="Summary")

Candidate: TypeAlias = "PurchasingModel | type[PurchasingModel] | str"
Candidates: TypeAlias = "Sequence[Candidate] | Mapping[str, Candidate]"
"""Models, classes of models or their names; a mapping gives them names of its own."""

DEFAULT = ("BGNBD", "MBGNBD", "ParetoNBD", "NBD", "GGompertzNBD")
"""Models of purchases in continuous time that are fitted in a moment."""


def named_models(models: Candidates | None) -> dict[str, PurchasingModel]:
    """Return models by name, those of a mapping by its own.

    Raises
    ------
    ParameterError
        If something is no model of repeat buying, or a name occurs twice.
    """
    chosen: Candidates = DEFAULT if models is None else models
    if isinstance(chosen, Mapping):
        return {str(name): _model(one) for name, one in chosen.items()}
    given: Any = chosen
    if isinstance(given, str | PurchasingModel | type):
        given = (given,)
    named: dict[str, PurchasingModel] = {}
    for one in given:
        model = _model(one)
        name = type(model).__name__
        if name in named:
            raise ParameterError.of(
                name="models",
                expected="name each model once",
                found=f"{name} twice",
                hint="a mapping gives names of its own: {'weekly': PDO(period=1), ...}",
            )
        named[name] = model
    if named:
        return named
    raise ParameterError.of(
        name="models", expected="hold a model at least", found="none"
    )


def _model(one: object) -> PurchasingModel:
    if isinstance(one, PurchasingModel):
        return one
    known: dict[str, type[PurchasingModel]] = {
        name: model
        for name in family.__all__
        if issubclass(model := getattr(family, name), PurchasingModel)
    }
    found, kind = repr(one), known.get(one) if isinstance(one, str) else one
    if isinstance(kind, type) and issubclass(kind, PurchasingModel):
        return kind()
    raise ParameterError.of(
        name="models",
        expected="hold models of repeat buying, such as BGNBD() or 'BGNBD'",
        found=found,
        hint="there are " + ", ".join(known),
    )


def with_intervals(
    known: Known, log: Transactions, models: Iterable[PurchasingModel]
) -> Known:
    """Return what was known with the times between purchases, if a model needs them.

    Without them likelihoods of models with a regularity lack a part that depends on k,
    and compare with no other.
    """
    if not any(isinstance(model, CondensedModel) for model in models):
        return known
    unit: Any = known.unit or "day"
    seen = log.summary(unit=unit, as_of=known.as_of, intervals=True)
    return replace(known, log_intervals=seen.log_intervals)


def check_comparable(known: object, models: Mapping[str, PurchasingModel]) -> None:
    """Pass unless a likelihood would lack the part that depends on the regularity."""
    if len(models) < 2:
        return
    if isinstance(known, Summary):
        there = known.log_intervals is not None
    else:
        there = INTERVALS in Table.of(known).names
    for name, model in models.items():
        if isinstance(model, CondensedModel) and model.k != 1 and not there:
            raise ParameterError.of(
                name="data",
                expected=f"have the column `{INTERVALS}`, without which the likelihood "
                f"of {name} compares with no other",
                found="none",
                hint="log.summary(..., intervals=True) adds it, and compare(log, ...) "
                "does so itself",
            )


def fitted_side_by_side(
    jobs: Sequence[tuple[PurchasingModel, Callable[[PurchasingModel], None]]],
) -> list[PurchasingModel | ConvergenceError]:
    """Fit copies of models, as many at a time as there are processors.

    The core does its work without Python's lock, so that threads are enough. What a
    model has to say about its fit stays with it; one that cannot be fitted at all is
    given back as its error.

    Parameters
    ----------
    jobs : sequence of (model, function)
        Each function fits the model that it is given.
    """

    def run(
        job: tuple[PurchasingModel, Callable[[PurchasingModel], None]],
    ) -> PurchasingModel | ConvergenceError:
        model, fit = copy.copy(job[0]), job[1]
        try:
            fit(model)
        except ConvergenceError as error:
            return error
        return model

    if len(jobs) == 1:
        return [run(jobs[0])]
    with ThreadPoolExecutor(min(len(jobs), os.cpu_count() or 1)) as pool:
        return list(pool.map(run, jobs))
