"""Nearest neighbours on the log odds of joining, landmark by landmark."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from tenure.campaigns._covariates import design, differences, propensity_model
from tenure.campaigns._stats import stats_module
from tenure.campaigns.effect import Effect
from tenure.exceptions import EmptyDataError

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from tenure.campaigns._landmarks import Landmark, Landmarks
    from tenure.campaigns._orders import Orders

__all__ = ["Matches", "match", "outcomes"]

# Non-members that the odds of joining are fitted to, for each member at a landmark.
_SAMPLED = 20


@dataclass(frozen=True, eq=False)
class Matches:
    """Members and their matches, one row a customer and landmark.

    Attributes
    ----------
    who, day : int64 array
        The customer's place in the log, and the landmark.
    treated : bool array
        Whether the row is a member's.
    weight : float64 array
        1 for a member; for a match, its share of each member it stands for, added up.
    covariates : float64 array
        What was matched on.
    before : tuple of array, array
        Covariates of the sample, and who of it joined.
    links : tuple of arrays
        For each pair the rows of member and match, and the share.
    unmatched : int
        Members without a match.
    """

    who: NDArray[np.int64]
    day: NDArray[np.int64]
    treated: NDArray[np.bool_]
    weight: NDArray[np.float64]
    covariates: NDArray[np.float64]
    before: tuple[NDArray[np.float64], NDArray[np.bool_]]
    links: tuple[NDArray[np.int64], NDArray[np.int64], NDArray[np.float64]]
    unmatched: int

    def balance(self, names: tuple[str, ...]) -> dict[str, NDArray[Any]]:
        """Return how unlike the groups were, and are after matching."""
        return {
            "covariate": np.array(names, dtype=object),
            "before": differences(*self.before),
            "after": differences(self.covariates, self.treated, self.weight),
        }

    def pairs(self, customers: NDArray[Any]) -> dict[str, NDArray[Any]]:
        """Return who was compared with whom."""
        member, control, share = self.links
        return {
            "member": customers[self.who[member]],
            "control": customers[self.who[control]],
            "landmark": self.day[member].astype("datetime64[D]"),
            "weight": share,
        }

    def effects(self, orders: Orders, length: int, level: float) -> list[Effect]:
        """Return members less matches, by a weighted regression on the covariates."""
        api: Any = stats_module("statsmodels.api")
        matrix = design(self.covariates)
        spread = matrix.std(axis=0) > 0
        matrix = np.column_stack([self.treated, matrix[:, :1], matrix[:, spread]])
        found: list[Effect] = []
        for name, values in outcomes(orders, self.who, self.day, length).items():
            fit = api.WLS(values, matrix, weights=self.weight).fit(
                cov_type="cluster", cov_kwds={"groups": self.who}
            )
            low, high = fit.conf_int(1 - level)[0]
            value = float(values[self.treated].mean())
            difference = float(fit.params[0])
            base = value - difference
            found.append(
                Effect(
                    *(name, "member", "matched"),
                    *(int(self.treated.sum()), int((~self.treated).sum())),
                    *(value, base, difference, float(fit.bse[0])),
                    *(float(low), float(high)),
                    lift=difference / base if base > 0 else np.nan,
                    p_value=float(fit.pvalues[0]),
                )
            )
        return found


def outcomes(
    orders: Orders, who: NDArray[np.int64], day: NDArray[np.int64], length: int
) -> dict[str, NDArray[np.float64]]:
    """Return what customers did in the window after their landmarks."""
    begin = day + 1
    bought = orders.within(who, begin, begin + length)
    columns = {"orders": bought}
    if orders.values is not None:
        columns["revenue"] = orders.within(who, begin, begin + length, "revenue")
    return columns | {"bought": (bought > 0).astype(np.float64)}


def match(
    places: Landmarks, days: list[int], *, matches: int, caliper: float, seed: int
) -> Matches:
    """Match the members of each landmark with others of the same one."""
    random = np.random.default_rng(seed)
    sample = [_sampled(places.at(day), random) for day in days]
    covariates = np.concatenate([one[0] for one in sample])
    treated = np.concatenate([one[1] for one in sample])
    if treated.all():
        what = "no customer was left to compare members with"
        raise EmptyDataError.of(what, hint="choose shorter periods by `every`")
    centre, spread = covariates.mean(axis=0), covariates.std(axis=0)
    spread = np.where(spread > 0, spread, 1.0)
    slopes = propensity_model(treated, design(covariates), places.names)

    def odds(rows: NDArray[np.float64]) -> NDArray[np.float64]:
        return ((rows - centre) / spread) @ slopes[1:]

    reach = caliper * float(odds(covariates).std())
    rows: list[Landmark] = []
    links: list[tuple[NDArray[np.int64], NDArray[np.int64], NDArray[np.float64]]] = []
    unmatched = 0
    for day in days:
        landmark = places.at(day)
        member, control, share, alone = _nearest(
            landmark, odds(landmark.covariates), matches, reach
        )
        unmatched += alone
        rows.append(landmark)
        links.append((member, control, share))
    return _gathered(rows, links, (covariates, treated), unmatched)


def _sampled(
    landmark: Landmark, random: np.random.Generator
) -> tuple[NDArray[np.float64], NDArray[np.bool_]]:
    """Return covariates of the members and of a sample of those they may match."""
    alike = np.isin(landmark.bought, np.unique(landmark.bought[landmark.joined]))
    others = np.flatnonzero(~landmark.joined & alike)
    most = _SAMPLED * int(landmark.joined.sum())
    if len(others) > most:
        others = np.sort(random.choice(others, most, replace=False))
    rows = np.concatenate([np.flatnonzero(landmark.joined), others])
    return landmark.covariates[rows], landmark.joined[rows]


def _nearest(
    landmark: Landmark, odds: NDArray[np.float64], matches: int, reach: float
) -> tuple[NDArray[np.int64], NDArray[np.int64], NDArray[np.float64], int]:
    """Return rows of members, of their matches, and each one's share of the member."""
    members: list[int] = []
    controls: list[int] = []
    shares: list[float] = []
    alone = 0
    for bought in (False, True):
        some = landmark.bought == bought
        pool = np.flatnonzero(some & ~landmark.joined)
        pool = pool[np.argsort(odds[pool], kind="stable")]
        line = odds[pool]
        for member in np.flatnonzero(some & landmark.joined).tolist():
            spot = int(np.searchsorted(line, float(odds[member])))
            near = np.arange(max(spot - matches, 0), min(spot + matches, len(pool)))
            apart = np.abs(line[near] - float(odds[member]))
            order = np.argsort(apart, kind="stable")[:matches]
            order = order[apart[order] <= reach]
            alone += len(order) == 0
            members += [member] * len(order)
            controls += pool[near[order]].tolist()
            shares += [1 / max(len(order), 1)] * len(order)
    return (
        np.array(members, np.int64),
        np.array(controls, np.int64),
        np.array(shares, np.float64),
        alone,
    )


def _gathered(
    landmarks: list[Landmark],
    links: list[tuple[NDArray[np.int64], NDArray[np.int64], NDArray[np.float64]]],
    before: tuple[NDArray[np.float64], NDArray[np.bool_]],
    unmatched: int,
) -> Matches:
    """Return the rows that are used, of all landmarks, with links between them."""
    who: list[NDArray[np.int64]] = []
    day: list[NDArray[np.int64]] = []
    treated: list[NDArray[np.bool_]] = []
    weight: list[NDArray[np.float64]] = []
    shares: list[NDArray[np.float64]] = []
    members: list[NDArray[np.int64]] = []
    controls: list[NDArray[np.int64]] = []
    covariates: list[NDArray[np.float64]] = []
    total = 0
    for landmark, (member, control, share) in zip(landmarks, links, strict=True):
        used = np.unique(np.concatenate([member, control]))
        heavy = np.zeros(len(landmark.who))
        np.add.at(heavy, control, share)
        heavy[member] = 1.0
        who.append(landmark.who[used])
        day.append(np.full(len(used), landmark.day, np.int64))
        treated.append(landmark.joined[used])
        weight.append(heavy[used])
        covariates.append(landmark.covariates[used])
        members.append(total + np.searchsorted(used, member))
        controls.append(total + np.searchsorted(used, control))
        shares.append(share)
        total += len(used)
    if not total:
        what = "no member has a match within the caliper"
        raise EmptyDataError.of(what, hint="allow a wider `caliper`")
    return Matches(
        np.concatenate(who),
        np.concatenate(day),
        np.concatenate(treated),
        np.concatenate(weight),
        np.concatenate(covariates),
        before,
        (np.concatenate(members), np.concatenate(controls), np.concatenate(shares)),
        unmatched,
    )
