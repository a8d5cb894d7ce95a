"""Predictions for frames of any size: a fitted model goes to where the data are."""

from __future__ import annotations

from copy import copy
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any, cast

import narwhals as nw
import numpy as np

from tenure._buying import is_one
from tenure._frame import Table
from tenure._predict_engines import in_memory, score_lazily
from tenure._summarize_engines import lazy_frame
from tenure.exceptions import ColumnError, ParameterError

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from numpy.typing import NDArray

    from tenure._estimator import Estimator
    from tenure._units import Horizon

__all__ = ["Scores", "one_length", "score"]


@dataclass(frozen=True)
class Scores:
    """A fitted model and what it is asked for: some numbers, all that a worker needs.

    Attributes
    ----------
    model : Estimator
        The model, without the customers of its fit.
    columns : dict of str to str
        For each column that the model reads, what it is called in the frame.
    methods : dict of str to dict
        For each column to add, which is named by a method, the method's arguments.
    """

    model: Estimator
    columns: Mapping[str, str]
    methods: Mapping[str, Mapping[str, Any]]

    def __call__(self, data: Any) -> Any:
        """Return a frame in memory with the columns added."""
        found = self._arrays(Table.of(data))
        if isinstance(data, dict):
            return {**cast("dict[str, Any]", data), **found}
        frame = nw.from_native(data, eager_only=True)
        if frame.implementation.is_pandas():
            return data.assign(**found)  # by place, whatever the index
        series = [
            nw.new_series(name, values, nw.Float64, backend=frame.implementation)
            for name, values in found.items()
        ]
        return frame.with_columns(*series).to_native()

    def _arrays(self, table: Table) -> dict[str, NDArray[np.float64]]:
        """Return the columns to add, in the order of the rows."""
        if table.n_rows == 0:
            return {name: np.empty(0) for name in self.methods}
        read: Any = {
            name: table.numbers(own).values for name, own in self.columns.items()
        }
        if self.covariates:  # which may be text
            read = replace(table, family="numpy", index=None)
        return {
            name: getattr(self.model, name)(read, **arguments)
            for name, arguments in self.methods.items()
        }

    @property
    def covariates(self) -> tuple[str, ...]:
        """The columns of the model's covariates."""
        effects = self.model._effects  # noqa: SLF001
        return () if effects is None else effects.columns


def score(
    model: Estimator,
    data: object,
    columns: Mapping[str, str],
    methods: Mapping[str, Mapping[str, Any]],
) -> Any:
    """Return a frame, in memory or in an engine, with predictions as new columns.

    Parameters
    ----------
    model : Estimator
        A fitted model.
    data : frame or lazy frame
        One row a customer.
    columns, methods
        As for `Scores`.
    """
    model.result_  # noqa: B018  # is it fitted?
    lean = copy(model)
    lean._training, lean._weights, lean._names = None, None, {}  # noqa: SLF001
    scores = Scores(lean, dict(columns), dict(methods))
    if scores.covariates:
        lean._names = dict(columns)  # noqa: SLF001
    lazy = lazy_frame(data)
    if lazy is not None:
        _check(scores, lazy.collect_schema().names())
        return score_lazily(lazy, scores)
    frame = in_memory(data)
    _check(scores, Table.of(frame).names)
    return scores(frame)


def _check(scores: Scores, names: Sequence[str]) -> None:
    """Pass if the frame has what is read, and nothing of what is added."""
    for name in (*scores.columns.values(), *scores.covariates):
        if name not in names:
            raise ColumnError.unknown(name, names)
    for name in scores.methods:
        if name in names:
            what, hint = "is in the frame already", "rename it, or leave it out"
            raise ColumnError.unusable(name, what, names, hint=hint)


def one_length(horizon: Horizon, name: str) -> Horizon:
    """Return the horizon if it is the same for all customers."""
    if is_one(horizon):
        return horizon
    raise ParameterError.of(
        name, expected="be the same for all customers of a frame", found="an array"
    )
