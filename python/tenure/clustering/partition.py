"""Clusters as plain numbers, and who is in which."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from typing import Self

    from numpy.typing import NDArray

__all__ = ["Partition"]

# Rows that are compared with all centres at a time.
_CHUNK = 65_536


@dataclass(frozen=True, eq=False)
class Partition:
    """Clusters of points: centres alone, or the parts of a Gaussian mixture.

    Attributes
    ----------
    centers : float64 array, shape (clusters, dimensions)
        The middle of each.
    weights : float64 array or None
        For a mixture: the share of each part; None where points belong to the nearest
        centre.
    covariances : float64 array or None, shape (clusters, dimensions, dimensions)
        For a mixture: how each part is spread.
    """

    centers: NDArray[np.float64]
    weights: NDArray[np.float64] | None = None
    covariances: NDArray[np.float64] | None = None

    def __len__(self) -> int:
        """Return the number of clusters."""
        return len(self.centers)

    def assign(
        self, points: NDArray[np.float64]
    ) -> tuple[NDArray[np.int64], NDArray[np.float64] | None]:
        """Return the cluster of each point and, for a mixture, its probability."""
        chunks = [
            points[start : start + _CHUNK] for start in range(0, len(points), _CHUNK)
        ]
        found = [self._assign(chunk) for chunk in chunks]
        labels = np.concatenate([labels for labels, _ in found])
        if self.weights is None:
            return labels, None
        return labels, np.concatenate([probability for _, probability in found])

    def _assign(
        self, points: NDArray[np.float64]
    ) -> tuple[NDArray[np.int64], NDArray[np.float64]]:
        if self.weights is None or self.covariances is None:
            apart = points[:, None, :] - self.centers
            labels = np.square(apart).sum(axis=2).argmin(axis=1)
            return labels, np.ones(len(points))
        densities = np.log(self.weights) + self._log_densities(points)
        labels = densities.argmax(axis=1)
        best = densities.max(axis=1)
        return labels, 1 / np.exp(densities - best[:, None]).sum(axis=1)

    def _log_densities(self, points: NDArray[np.float64]) -> NDArray[np.float64]:
        """Return the log density of each point in each part, but for a constant."""
        if self.covariances is None:
            return np.zeros((len(points), len(self)))
        roots = np.linalg.cholesky(self.covariances)
        columns: list[NDArray[np.float64]] = []
        for center, root in zip(self.centers, roots, strict=True):
            apart = np.asarray(np.linalg.solve(root, (points - center).T), np.float64)
            log_volume = np.log(np.diag(root)).sum()
            columns.append(-0.5 * np.square(apart).sum(axis=0) - log_volume)
        return np.stack(columns, axis=1)

    def log_likelihood(self, points: NDArray[np.float64]) -> float:
        """Return the log-likelihood of the points under a mixture."""
        assert self.weights is not None  # noqa: S101
        total = 0.0
        for start in range(0, len(points), _CHUNK):
            chunk = points[start : start + _CHUNK]
            densities = np.log(self.weights) + self._log_densities(chunk)
            total += float(np.logaddexp.reduce(densities, axis=1).sum())
        return total - 0.5 * points.size * float(np.log(2 * np.pi))

    def ordered(self, order: Sequence[int] | NDArray[np.int64]) -> Partition:
        """Return the same clusters in another order."""
        pick = np.asarray(order)
        return Partition(
            self.centers[pick],
            None if self.weights is None else self.weights[pick],
            None if self.covariances is None else self.covariances[pick],
        )

    def to_dict(self) -> dict[str, Any]:
        """Return the clusters as plain lists."""
        parts = {
            "centers": self.centers,
            "weights": self.weights,
            "covariances": self.covariances,
        }
        return {
            name: None if part is None else part.tolist()
            for name, part in parts.items()
        }

    @classmethod
    def from_dict(cls, stored: Mapping[str, Any]) -> Self:
        """Return the clusters that `to_dict` wrote."""
        parts = {
            name: None if part is None else np.array(part, dtype=np.float64)
            for name, part in stored.items()
        }
        return cls(**parts)  # type: ignore[arg-type]
