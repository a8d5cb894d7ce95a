"""What clusters are like: sizes, medians, shares of the value, and names."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Mapping
    from typing import Self

    from numpy.typing import NDArray

__all__ = ["Profile"]

# What people call the high and the low end of the usual dimensions.
_WORDS = {
    "recency_days": ("long ago", "recent"),
    "frequency": ("frequent", "rare"),
    "monetary": ("high spend", "low spend"),
}

# A cluster is called high or low in a dimension from this many standard deviations on.
_NOTABLE = 0.5


@dataclass(frozen=True, eq=False)
class Profile:
    """What each cluster is like, in the units of the data.

    Attributes
    ----------
    names : tuple of str
        In which dimensions its median is high or low: half a standard deviation or
        more from the mean of all customers, on the scale that clusters are found on.
    customers : int64 array
        How many.
    medians : dict of str to float64 array
        The median of each column.
    heights : dict of str to float64 array
        The same as standard deviations from the mean of all, on that scale.
    value : float64 array
        The sum of the column that clusters are ordered by.
    """

    names: tuple[str, ...]
    customers: NDArray[np.int64]
    medians: dict[str, NDArray[np.float64]]
    heights: dict[str, NDArray[np.float64]]
    value: NDArray[np.float64]

    @classmethod
    def of(
        cls,
        columns: Mapping[str, NDArray[np.float64]],
        points: NDArray[np.float64],
        labels: NDArray[np.int64],
        value: str,
    ) -> Profile:
        """Describe the clusters, each of which has a customer."""
        count = int(labels.max()) + 1
        members = [labels == place for place in range(count)]
        heights = np.stack([np.median(points[inside], axis=0) for inside in members])
        # a value that is no dimension comes last
        dimensions = list(columns)[: points.shape[1]]
        return cls(
            names=tuple(_name(dimensions, row) for row in heights),
            customers=np.bincount(labels, minlength=count),
            medians={
                name: np.array([np.median(values[inside]) for inside in members])
                for name, values in columns.items()
            },
            heights=dict(zip(dimensions, heights.T, strict=True)),
            value=np.array([columns[value][inside].sum() for inside in members]),
        )

    @property
    def value_share(self) -> NDArray[np.float64]:
        """The share of each in the value; NaN where the total is not above 0."""
        total = self.value.sum()
        return self.value / total if total > 0 else np.full(len(self.value), np.nan)

    def to_dict(self) -> dict[str, Any]:
        """Return the description as plain values."""
        return {
            "names": list(self.names),
            "customers": self.customers.tolist(),
            "medians": {name: one.tolist() for name, one in self.medians.items()},
            "heights": {name: one.tolist() for name, one in self.heights.items()},
            "value": self.value.tolist(),
        }

    @classmethod
    def from_dict(cls, stored: Mapping[str, Any]) -> Self:
        """Return the description that `to_dict` wrote."""
        return cls(
            names=tuple(stored["names"]),
            customers=np.array(stored["customers"], dtype=np.int64),
            medians=_arrays(stored["medians"]),
            heights=_arrays(stored["heights"]),
            value=np.array(stored["value"], dtype=np.float64),
        )


def _arrays(stored: Mapping[str, Any]) -> dict[str, NDArray[np.float64]]:
    return {name: np.array(one, dtype=np.float64) for name, one in stored.items()}


def _name(dimensions: list[str], heights: NDArray[np.float64]) -> str:
    """Return in what a cluster differs most from all customers."""
    words = [
        _WORDS.get(name, (f"high {name}", f"low {name}"))[int(height < 0)]
        for name, height in zip(dimensions, heights, strict=True)
        if abs(height) >= _NOTABLE
    ]
    return ", ".join(words) or "average"
