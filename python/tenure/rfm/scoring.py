"""From values to scores: what is learned from one base and applied to any other."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Any, Literal

import numpy as np

from tenure import _core

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from numpy.typing import NDArray

    from tenure.rfm.inputs import Inputs
    from tenure.rfm.plans import Method, Plan, TieRule

__all__ = ["Cuts", "apply", "learn"]


@dataclass(frozen=True)
class Cuts:
    """Where one dimension is cut, from the worst to the best.

    Attributes
    ----------
    name : str
        The dimension.
    best : {"high", "low"}
    bins : int
        The highest score.
    ties : {"low", "high", "mid", "first"}
    cuts : tuple of tuple of float
        The cuts; one row for each combination of the scores before it if bins are
        nested, otherwise one row.
    tie_breaks : tuple of int or None
        For ranks: the number that customers with the value of a cut are compared by.
    given : bool
        Whether the cuts were thresholds given by the user.
    """

    name: str
    best: Literal["high", "low"]
    bins: int
    ties: TieRule
    cuts: tuple[tuple[float, ...], ...]
    tie_breaks: tuple[int, ...] | None = None
    given: bool = False

    def score(
        self,
        values: NDArray[np.float64],
        groups: NDArray[np.uint16] | None,
        tie_breaks: TieBreaks,
    ) -> NDArray[np.uint8]:
        """Return the score of each value."""
        first = list(next(iter(self.cuts)))
        if self.tie_breaks is not None:
            pairs = list(zip(first, self.tie_breaks, strict=True))
            return _core.rfm_scores_by_rank(
                values, tie_breaks.numbers, pairs, self.best
            )
        if groups is not None and len(self.cuts) > 1:
            rows = [list(row) for row in self.cuts]
            return _core.rfm_scores_within(values, groups, rows, self.ties, self.best)
        return _core.rfm_scores(values, first, self.ties, self.best)

    def to_dict(self) -> dict[str, Any]:
        """Return the cuts as numbers, texts and lists."""
        breaks = self.tie_breaks
        return {
            "name": self.name,
            "best": self.best,
            "bins": self.bins,
            "ties": self.ties,
            "cuts": [list(row) for row in self.cuts],
            "tie_breaks": None if breaks is None else list(breaks),
            "given": self.given,
        }

    @classmethod
    def from_dict(cls, stored: Mapping[str, Any]) -> Cuts:
        """Return the cuts that `to_dict` wrote."""
        breaks: list[int] | None = stored["tie_breaks"]
        return cls(
            name=stored["name"],
            best=stored["best"],
            bins=stored["bins"],
            ties=stored["ties"],
            cuts=tuple(tuple(row) for row in stored["cuts"]),
            tie_breaks=None if breaks is None else tuple(breaks),
            given=stored["given"],
        )


@dataclass(frozen=True, eq=False)
class TieBreaks:
    """Numbers that tell customers with equal values apart, made when asked for.

    They depend on the id and the seed alone.
    """

    ids: NDArray[Any]
    seed: int

    @cached_property
    def numbers(self) -> NDArray[np.uint64]:
        """One number a customer."""
        if self.ids.dtype.kind in "iu":
            ids = np.ascontiguousarray(self.ids, dtype=np.int64)
            return _core.rfm_tie_breaks_of_integers(ids, self.seed)
        texts = np.array([str(one) for one in self.ids.tolist()], dtype=object)
        strings = _core.text_of_objects("customer_id", texts, None)
        return _core.rfm_tie_breaks_of_text(strings, self.seed)


def learn(
    plans: Sequence[Plan], method: Method, inputs: Inputs, seed: int
) -> tuple[Cuts, ...]:
    """Return the cuts of each dimension for these customers."""
    tie_breaks = TieBreaks(inputs.of_buyers(inputs.customer_id), seed)
    found: list[Cuts] = []
    groups, count = None, 1
    for plan in plans:
        values = np.ascontiguousarray(
            inputs.of_buyers(inputs.values[plan.dimension.name])
        )
        within = groups if method == "nested" else None
        cuts = _cut(plan, values, within, count, tie_breaks)
        found.append(cuts)
        if method == "nested":
            scores = cuts.score(values, groups, tie_breaks)
            groups, count = _refined(groups, scores, plan.bins), count * plan.bins
    return tuple(found)


def _cut(
    plan: Plan,
    values: NDArray[np.float64],
    groups: NDArray[np.uint16] | None,
    count: int,
    tie_breaks: TieBreaks,
) -> Cuts:
    one = plan.dimension
    breaks = None
    if plan.thresholds is not None:
        rows = [plan.thresholds]
    elif plan.ties == "first":
        numbers = tie_breaks.numbers
        pairs = _core.rfm_boundaries(values, numbers, plan.shares, one.best)
        rows, breaks = [[cut for cut, _ in pairs]], tuple(number for _, number in pairs)
    elif groups is not None:
        rows = _core.rfm_cuts_within(values, groups, count, plan.shares, one.best)
    else:
        rows = [_core.rfm_cuts(values, plan.shares, one.best)]
    return Cuts(
        name=one.name,
        best=one.best,
        bins=plan.bins,
        ties=plan.ties,
        cuts=tuple(tuple(row) for row in rows),
        tie_breaks=breaks,
        given=plan.thresholds is not None,
    )


def apply(
    cuts: Sequence[Cuts], method: Method, inputs: Inputs, seed: int
) -> dict[str, NDArray[np.uint8]]:
    """Return the scores by dimension; 0 for customers who have never bought."""
    tie_breaks = TieBreaks(inputs.customer_id, seed)
    found: dict[str, NDArray[np.uint8]] = {}
    groups = None
    for one in cuts:
        values = np.ascontiguousarray(inputs.values[one.name])
        scores = one.score(values, groups, tie_breaks)
        if method == "nested":
            groups = _refined(groups, scores, one.bins)
        if inputs.bought is not None:
            scores = np.where(inputs.bought, scores, np.uint8(0))
        found[one.name] = scores
    return found


def _refined(
    groups: NDArray[np.uint16] | None, scores: NDArray[np.uint8], bins: int
) -> NDArray[np.uint16]:
    """Return the combination of the scores so far as one number."""
    places = scores.astype(np.uint16) - 1
    return places if groups is None else groups * np.uint16(bins) + places
