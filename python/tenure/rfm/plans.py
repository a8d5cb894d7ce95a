"""How each dimension is to be cut: the settings, checked."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal, TypeAlias, cast

import numpy as np

from tenure.exceptions import ParameterError

if TYPE_CHECKING:
    from tenure.rfm.dimensions import Dimension

__all__ = ["Method", "Plan", "TieRule", "Ties", "plans_of"]

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
