"""Customers of a base by segment: what several pictures are made of."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from tenure.exceptions import ParameterError

if TYPE_CHECKING:
    from numpy.typing import ArrayLike, NDArray

    from tenure.rfm import Scores

__all__ = ["Segments", "by_segment", "measured", "worded"]

_WORDS = {
    "recency_days": "days since the last purchase",
    "frequency": "frequency",
    "monetary": "monetary value",
    "tenure_days": "days since the first purchase",
}


@dataclass(frozen=True, eq=False)
class Segments:
    """Segments from the best to the worst, those without customers left out.

    Attributes
    ----------
    names : list of str
        The segments.
    customers : int64 array
        How many customers each has.
    totals : dict of str to float64 array
        What they add up to, by measure.
    """

    names: list[str]
    customers: NDArray[np.int64]
    totals: dict[str, NDArray[Any]]


def by_segment(scores: Scores, measures: dict[str, NDArray[np.float64]]) -> Segments:
    """Return how many customers each segment has, and sums of measures."""
    codes = scores.segment_codes
    if codes is None:
        raise ParameterError.of(
            name="scores",
            expected="have segments",
            found="scores without a segment map",
            hint="choose a segment_map that goes with the bins",
        )
    names = scores.segment_names
    customers = np.bincount(codes, minlength=len(names))
    there = customers > 0
    totals = {
        name: np.bincount(codes, weights=values, minlength=len(names))[there]
        for name, values in measures.items()
    }
    kept = [name for name, some in zip(names, there, strict=True) if some]
    return Segments(kept, customers[there], totals)


def measured(
    scores: Scores, measure: str | ArrayLike | None
) -> tuple[str, NDArray[np.float64]] | None:
    """Return a measure of each customer with its name: a column or numbers given."""
    if measure is None:
        return None
    if isinstance(measure, str):
        return worded(measure), np.asarray(scores[measure], dtype=np.float64)
    values: Any = np.asarray(measure, dtype=np.float64)
    if values.shape != (len(scores),):
        raise ParameterError.of(
            name="measure",
            expected=f"name a column, or have one number for each of {len(scores):,} "
            "customers",
            found=f"an array of shape {values.shape}",
        )
    name = getattr(measure, "name", None)
    return (str(name) if name else "measure"), values


def worded(column: str) -> str:
    """Return a column's name as people say it."""
    return _WORDS.get(column, column.replace("_", " "))
