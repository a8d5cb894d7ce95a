"""Where a base was cut, and what ties have made of it, in words."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from tenure._report import counted

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from tenure.rfm.dimensions import Dimension
    from tenure.rfm.scores import Scores
    from tenure.rfm.scoring import Cuts

__all__ = [
    "Tie",
    "few_words",
    "money_words",
    "thresholds_columns",
    "ties_columns",
    "ties_of",
]


def thresholds_columns(
    cuts: Sequence[Cuts], dimensions: Sequence[Dimension]
) -> dict[str, NDArray[Any]]:
    """Return one row a score of each dimension: the values that get it.

    `above` and `upto` are the ends in the values' own units, infinite where there is
    none; `group` is the combination of scores before it where bins are nested.
    `closed` says which end belongs to the score.
    """
    rows = [
        row
        for one, dimension in zip(cuts, dimensions, strict=True)
        for place, edges in enumerate(one.cuts)
        for row in _rows(one, dimension, place, edges)
    ]
    names = ("dimension", "group", "score", "lower", "upper", "closed")
    kinds = (object, np.int64, np.int64, np.float64, np.float64, object)
    columns = zip(*rows, strict=True)
    return {
        name: np.array(column, dtype=kind)
        for name, column, kind in zip(names, columns, kinds, strict=True)
    }


def _rows(
    one: Cuts, dimension: Dimension, place: int, edges: Sequence[float]
) -> list[tuple[str, int, int, float, float, str]]:
    """Return the range of values of each score; scores without any are left out."""
    worst = -np.inf if dimension.best == "high" else np.inf
    ends = [worst, *edges, *[-worst] * (one.bins - len(edges))]
    rows: list[tuple[str, int, int, float, float, str]] = []
    for score in range(1, one.bins + 1):
        lower, upper = sorted(ends[score - 1 : score + 1])
        rows.append((dimension.name, place, score, lower, upper, _closed(one)))
    return rows


def _closed(one: Cuts) -> str:
    """Return which end of a score's range belongs to it."""
    if one.tie_breaks is not None:
        return "by tie-break"
    if one.ties == "mid":
        return "middle"
    low = one.ties == "low"
    return "upper" if low == (one.best == "high") else "lower"


@dataclass(frozen=True)
class Tie:
    """A value that more customers share than a bin should hold.

    Attributes
    ----------
    dimension : Dimension
    value : float
        The value.
    customers : int
        How many have it.
    share : float
        Their share of all who have bought.
    unused : tuple of int
        The scores that nobody has.
    """

    dimension: Dimension
    value: float
    customers: int
    share: float
    unused: tuple[int, ...]

    def words(self) -> str:
        """Return the tie as a sentence."""
        parts: list[str] = []
        if self.customers > 1 and self.share == 1:
            parts.append(f"all customers tie at {self.value:g}: it tells nobody apart")
        elif self.customers > 1:
            share = f"{self.share:.0%}".replace("%", " %")
            parts.append(f"{share} of customers tie at {self.value:g}")
        if self.unused:
            noun = "score" if len(self.unused) == 1 else "scores"
            parts.append(f"{noun} {', '.join(map(str, self.unused))} unused")
        return f"{self.dimension.letter}: {'; '.join(parts)}"


def ties_of(scores: Scores, cuts: Sequence[Cuts]) -> list[Tie]:
    """Return, for each dimension, the largest tie at a cut, if it fills a whole bin."""
    found: list[Tie] = []
    inputs = scores.inputs
    for one, dimension in zip(cuts, scores.dimensions, strict=True):
        values = inputs.of_buyers(inputs.values[one.name])
        own = inputs.of_buyers(scores.scores[one.name])
        sizes = np.bincount(own, minlength=one.bins + 1)[1 : one.bins + 1]
        unused = tuple((np.flatnonzero(sizes == 0) + 1).tolist())
        edges = sorted({edge for row in one.cuts for edge in row})
        counts = [int(np.count_nonzero(values == edge)) for edge in edges]
        most = max(counts, default=0)
        if unused or most * one.bins > len(values):
            value = edges[counts.index(most)] if most else float("nan")
            found.append(Tie(dimension, value, most, most / len(values), unused))
    return found


def money_words(scores: Scores) -> list[str]:
    """Return who of those who have bought brought nothing, or cost more than that."""
    found: list[str] = []
    inputs = scores.inputs
    for one in scores.dimensions:
        if one.name not in ("monetary", "margin", "order_value"):
            continue
        values = inputs.of_buyers(inputs.values[one.name])
        sizes = (("less than 0", values < 0), ("exactly 0", values == 0))
        parts = [
            f"{counted(int(who.sum()), 'customer')} with {what}"
            for what, who in sizes
            if who.any()
        ]
        if parts:
            found.append(f"{one.letter}: {' and '.join(parts)}")
    return found


def few_words(customers: int, bins: int) -> list[str]:
    """Return that there are too few customers to fill the bins, if so."""
    if customers == 1:
        return ["there is only one customer: nobody to compare with"]
    if customers < bins:
        return [f"{customers} customers cannot fill {bins} bins: scores tell little"]
    return []


def ties_columns(ties: Sequence[Tie]) -> dict[str, NDArray[Any]]:
    """Return the ties as columns."""
    return {
        "dimension": np.array([tie.dimension.name for tie in ties], dtype=object),
        "value": np.array([tie.value for tie in ties], dtype=np.float64),
        "customers": np.array([tie.customers for tie in ties], dtype=np.int64),
        "share": np.array([tie.share for tie in ties], dtype=np.float64),
        "unused_scores": np.array(
            [" ".join(map(str, tie.unused)) for tie in ties], dtype=object
        ),
        "words": np.array([tie.words() for tie in ties], dtype=object),
    }
