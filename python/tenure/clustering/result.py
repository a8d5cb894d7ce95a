"""What a search for clusters found: as numbers, as plain values and in words."""

from __future__ import annotations

import math
from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING, Any

from tenure._report import counted
from tenure.clustering.partition import Partition
from tenure.clustering.profile import Profile
from tenure.clustering.scaling import Dimension
from tenure.clustering.search import Criteria
from tenure.clustering.stability import Stability

if TYPE_CHECKING:
    from collections.abc import Mapping
    from typing import Self

__all__ = ["Clustering", "described", "sentences"]

# Clusters that overlap less than this with those of other samples (Hennig 2007).
_SHAKY = 0.6


@dataclass(frozen=True, eq=False)
class Clustering:
    """What was learned.

    Attributes
    ----------
    dimensions : tuple of Dimension
        The scales.
    value : str
        The column that clusters are ordered by.
    partition : Partition
        The clusters, the most valuable first.
    profile : Profile
        What they are like.
    criteria : tuple of Criteria
        What speaks for each number of clusters that was tried.
    stability : Stability
        Whether they would be found again.
    family : str
        The kind of frame that tables come back as.
    """

    dimensions: tuple[Dimension, ...]
    value: str
    partition: Partition
    profile: Profile
    criteria: tuple[Criteria, ...]
    stability: Stability
    family: str

    def to_dict(self) -> dict[str, Any]:
        """Return everything as plain values; None stands for NaN."""
        return {
            "dimensions": [one.to_dict() for one in self.dimensions],
            "value": self.value,
            "partition": self.partition.to_dict(),
            "profile": self.profile.to_dict(),
            "criteria": [
                {name: _or_none(number) for name, number in asdict(one).items()}
                for one in self.criteria
            ],
            "stability": self.stability.to_dict(),
            "family": self.family,
        }

    @classmethod
    def from_dict(cls, stored: Mapping[str, Any]) -> Self:
        """Return what `to_dict` wrote."""
        criteria: list[dict[str, Any]] = [
            {name: math.nan if one is None else one for name, one in row.items()}
            for row in stored["criteria"]
        ]
        return cls(
            dimensions=tuple(Dimension(**one) for one in stored["dimensions"]),
            value=stored["value"],
            partition=Partition.from_dict(stored["partition"]),
            profile=Profile.from_dict(stored["profile"]),
            criteria=tuple(Criteria(**row) for row in criteria),
            stability=Stability.from_dict(stored["stability"]),
            family=stored["family"],
        )


def _or_none(number: float) -> float | None:
    return None if math.isnan(number) else number


def sentences(found: Clustering, method: str) -> list[str]:
    """Return what the clusters say, in sentences."""
    who = counted(int(found.profile.customers.sum()), "customer")
    how = "k-means" if method == "kmeans" else "a Gaussian mixture"
    words = [f"{who} in {counted(len(found.partition), 'cluster')} by {how}."]
    stability = found.stability
    if not stability.adjusted_rand:
        return words
    lower, upper = stability.between(0.9)
    words.append(
        f"Found again in {counted(len(stability.adjusted_rand), 'bootstrap sample')}, "
        f"they agree with an adjusted Rand index of {stability.mean:.2f} (90 % of "
        f"samples {lower:.2f} to {upper:.2f}; 1 is the same clusters, 0 chance)."
    )
    shaky = [str(i + 1) for i, one in enumerate(stability.jaccard) if one < _SHAKY]
    if shaky:
        which, verb, them = ("Clusters", "are", "them")
        if len(shaky) == 1:
            which, verb, them = ("Cluster", "is", "it")
        words.append(
            f"{which} {', '.join(shaky)} {verb} not found reliably: do not build on "
            f"{them}."
        )
    return words


def described(profile: Profile) -> tuple[list[str], list[list[str]]]:
    """Return header and rows of a table of what clusters are like."""
    header = ["", "customers", *(f"median {name}" for name in profile.medians), ""]
    rows = [
        [
            f"{place + 1}",
            f"{profile.customers[place]:,}",
            *(f"{one[place]:,.4g}" for one in profile.medians.values()),
            name,
        ]
        for place, name in enumerate(profile.names)
    ]
    return header, rows
