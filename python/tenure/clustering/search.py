"""Clusters found by scikit-learn, and how many there should be."""

from __future__ import annotations

import warnings
from contextlib import contextmanager
from dataclasses import dataclass
from importlib import import_module
from typing import TYPE_CHECKING, Any, Literal, TypeAlias

import numpy as np

from tenure.clustering.partition import Partition

if TYPE_CHECKING:
    from collections.abc import Generator, Sequence

    from numpy.typing import NDArray

__all__ = ["Criteria", "Method", "find", "in_one_order", "one_thread", "survey"]

Method: TypeAlias = Literal["kmeans", "gaussian"]
"""How clusters are found."""

# Points that silhouettes are averaged over: all pairs of them are compared.
_SILHOUETTES = 4_000

# Random starts of each search; the best is kept.
_STARTS = 10


@dataclass(frozen=True)
class Criteria:
    """What speaks for a number of clusters.

    Attributes
    ----------
    clusters : int
        How many.
    silhouette : float
        How much nearer points are to their own cluster than to the next, from -1 to 1
        (Rousseeuw 1987, Silhouettes: a graphical aid to the interpretation and
        validation of cluster analysis): the larger the better.
    within : float
        Mean squared distance to the middle of the cluster. It falls with every
        cluster more; an elbow in it is a hint.
    bic : float
        Bayesian information criterion of a Gaussian mixture, the smaller the better;
        NaN for k-means, which has no likelihood.
    """

    clusters: int
    silhouette: float
    within: float
    bic: float


def survey(
    points: NDArray[np.float64],
    counts: Sequence[int],
    *,
    method: Method,
    floor: float,
    seed: int,
) -> list[tuple[Partition, Criteria]]:
    """Return the clusters and the criteria for each number of clusters."""
    found = (
        find(points, count, method=method, floor=floor, seed=seed) for count in counts
    )
    return [_judged(one, points, seed) for one in found]


def find(
    points: NDArray[np.float64],
    count: int,
    *,
    method: Method,
    floor: float,
    seed: int,
    start: Partition | None = None,
) -> Partition:
    """Return that many clusters of the points.

    Parameters
    ----------
    points : array, shape (customers, dimensions)
        On comparable scales, in the order of `in_one_order`.
    count : int
        How many clusters.
    method : {"kmeans", "gaussian"}
        How.
    floor : float
        For mixtures: what is added to each variance.
    seed : int
        Of the random starts.
    start : Partition, optional
        Where to begin, instead of at random.
    """
    if method == "kmeans":
        kmeans = _sklearn("cluster").KMeans(
            n_clusters=count,
            init="k-means++" if start is None else start.centers,
            n_init=_STARTS if start is None else 1,
            random_state=seed,
        )
        return Partition(_fitted(kmeans, points).cluster_centers_)
    mixture = _sklearn("mixture").GaussianMixture(
        n_components=count,
        n_init=_STARTS if start is None else 1,
        means_init=None if start is None else start.centers,
        weights_init=None if start is None else start.weights,
        reg_covar=floor,
        random_state=seed,
        max_iter=500,
    )
    found = _fitted(mixture, points)
    return Partition(found.means_, found.weights_, found.covariances_)


def _fitted(model: Any, points: NDArray[np.float64]) -> Any:
    with warnings.catch_warnings():
        # fewer distinct points than clusters, and mixtures that creep: the criteria
        # and the stability say what such clusters are worth
        module = import_module("sklearn.exceptions")
        warnings.simplefilter("ignore", module.ConvergenceWarning)
        return model.fit(points)


def _judged(
    found: Partition, points: NDArray[np.float64], seed: int
) -> tuple[Partition, Criteria]:
    labels, _ = found.assign(points)
    middles = np.stack(
        [
            points[labels == place].mean(axis=0) if (labels == place).any() else center
            for place, center in enumerate(found.centers)
        ]
    )
    within = float(np.square(points - middles[labels]).sum(axis=1).mean())
    criteria = Criteria(
        len(found), _silhouette(points, labels, seed), within, _bic(found, points)
    )
    return found, criteria


def _silhouette(
    points: NDArray[np.float64], labels: NDArray[np.int64], seed: int
) -> float:
    rows = len(points)
    if rows > _SILHOUETTES:
        picked = np.random.default_rng(seed).choice(rows, _SILHOUETTES, replace=False)
        points, labels = points[picked], labels[picked]
    distinct = len(np.unique(labels))
    if not 1 < distinct < len(points):
        return float("nan")
    return float(_sklearn("metrics").silhouette_score(points, labels))


def _bic(found: Partition, points: NDArray[np.float64]) -> float:
    if found.weights is None:
        return float("nan")
    rows, width = points.shape
    count = len(found)
    free = count * width + count * width * (width + 1) // 2 + count - 1
    return free * float(np.log(rows)) - 2.0 * found.log_likelihood(points)


def in_one_order(points: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return the points sorted, so that the order of customers changes nothing."""
    return points[np.lexsort(points.T[::-1])]


@contextmanager
def one_thread() -> Generator[None]:
    """Let scikit-learn use one thread: its sums depend on how many there are."""
    for module in ("cluster", "mixture", "metrics"):  # only what is there is limited
        _sklearn(module)
    with _sklearn("threadpoolctl", package="").threadpool_limits(limits=1):
        yield


def _sklearn(module: str, *, package: str = "sklearn.") -> Any:
    try:
        return import_module(f"{package}{module}")
    except ModuleNotFoundError:
        msg = (
            "clusters are found by scikit-learn; install it with pip install "
            "'tenure[cluster]'"
        )
        raise ImportError(msg) from None
