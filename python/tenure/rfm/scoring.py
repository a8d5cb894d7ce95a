"""From values to scores: what is learned from one base and applied to any other."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Any, Literal, TypeAlias, cast

import numpy as np

from tenure import _core
from tenure.exceptions import ParameterError

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from tenure.rfm.dimensions import Dimension
    from tenure.rfm.inputs import Inputs

__all__ = ["Cuts", "Method", "Plan", "TieRule", "Ties", "apply", "learn", "plans_of"]

Method: TypeAlias = Literal["quantile", "nested", "rank"]
TieRule: TypeAlias = Literal["low", "high", "mid", "first"]
Ties: TypeAlias = "TieRule | Mapping[str, TieRule]"

_FEWEST, _MOST = 2, 10


@dataclass(frozen=True)
class Plan:
    """How one dimension is to be cut.

    Attributes
    ----------
    dimension : Dimension
    shares : int or list of float
        The number of bins, or the shares of customers at which to cut.
    thresholds : tuple of float or None
        Values at which to cut, from the worst to the best.
    ties : {"low", "high", "mid", "first"}
        What score a value gets that is equal to a cut.
    """

    dimension: Dimension
    shares: int | list[float]
    thresholds: tuple[float, ...] | None
    ties: TieRule

    @property
    def bins(self) -> int:
        """The highest score."""
        if self.thresholds is not None:
            return len(self.thresholds) + 1
        return self.shares if isinstance(self.shares, int) else len(self.shares) + 1


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


# -- settings ----------------------------------------------------------------------


def plans_of(
    dimensions: Sequence[Dimension],
    *,
    bins: object,
    thresholds: Mapping[str, Sequence[float]] | None,
    ties: Ties,
    method: Method,
) -> tuple[Plan, ...]:
    """Return how each dimension is to be cut, or say which setting is wrong.

    Raises
    ------
    ParameterError
        If there is no such rule, or bins or thresholds are out of range.
    """
    if method not in ("quantile", "nested", "rank"):
        raise ParameterError.of(
            name="method",
            expected="be 'quantile', 'nested' or 'rank'",
            found=repr(method),
        )
    given = dict(thresholds or {})
    for name, setting in (("bins", bins), ("ties", ties), ("thresholds", given)):
        _check_names(name, setting, dimensions)
    return tuple(_plan(one, bins, given, ties, method) for one in dimensions)


def _plan(
    one: Dimension,
    bins: object,
    thresholds: Mapping[str, Sequence[float]],
    ties: Ties,
    method: Method,
) -> Plan:
    rule = ties.get(one.name, "low") if isinstance(ties, Mapping) else ties
    if rule not in ("low", "high", "mid", "first"):
        raise ParameterError.of(
            name="ties", expected="be 'low', 'high', 'mid' or 'first'", found=repr(rule)
        )
    cuts = thresholds.get(one.name)
    if method == "rank" and cuts is None:
        rule = "first"
    if rule == "first" and (method == "nested" or cuts is not None):
        what = "nested bins" if method == "nested" else f"the thresholds of {one.name}"
        raise ParameterError.of(
            name="ties",
            expected=f"be 'low', 'high' or 'mid' with {what}",
            found="'first'",
        )
    return Plan(
        dimension=one,
        shares=_shares(bins, one.name),
        thresholds=None if cuts is None else _thresholds(cuts, one),
        ties=rule,
    )


def _check_names(name: str, setting: object, dimensions: Sequence[Dimension]) -> None:
    if not isinstance(setting, Mapping):
        return
    names = [one.name for one in dimensions]
    for key in cast("Mapping[str, object]", setting):
        if key not in names:
            raise ParameterError.of(
                name, f"be given for {', '.join(names)}", found=repr(key)
            )


def _shares(bins: object, name: str) -> int | list[float]:
    """Return the number of bins of a dimension, or the shares at which to cut it."""
    if isinstance(bins, Mapping):
        bins = cast("Mapping[str, object]", bins).get(name, 5)
    if isinstance(bins, int) and _FEWEST <= bins <= _MOST:
        return bins
    if isinstance(bins, Sequence) and not isinstance(bins, str):
        shares = [float(share) for share in cast("Sequence[float]", bins)]
        inside = all(0 < share < 1 for share in shares)
        if inside and 0 < len(shares) < _MOST and shares == sorted(set(shares)):
            return shares
    raise ParameterError.of(
        name="bins",
        expected=f"be a number from {_FEWEST} to {_MOST}, or ascending shares "
        "between 0 and 1",
        found=repr(cast("object", bins)),
    )


def _thresholds(cuts: Sequence[float], one: Dimension) -> tuple[float, ...]:
    """Return thresholds given in ascending order from the worst to the best."""
    values = np.asarray(cuts, dtype=np.float64)
    ascending = values.ndim == 1 and bool((np.diff(values) > 0).all())
    if not (ascending and np.isfinite(values).all() and 0 < len(values) < _MOST):
        raise ParameterError.of(
            name=f"thresholds[{one.name!r}]",
            expected=f"hold 1 to {_MOST - 1} finite numbers in ascending order",
            found=repr(np.asarray(cuts).tolist()),
        )
    return tuple(values.tolist() if one.best == "high" else values[::-1].tolist())
