"""`ClusterSegments`: clusters that are named, ordered, checked and used again."""

from __future__ import annotations

from dataclasses import asdict
from typing import TYPE_CHECKING, Any, Literal

import numpy as np

from tenure._core import VERSION
from tenure._frame import native_frame
from tenure._report import html_report, text_table
from tenure._settings import FORMAT, Configured
from tenure._typing import override
from tenure._values import RFM_OF_A_LOG, CustomerColumns, customer_columns
from tenure.clustering.profile import Profile
from tenure.clustering.result import Clustering, described, sentences
from tenure.clustering.scaling import Dimension, scaled
from tenure.clustering.search import Criteria, find, in_one_order, one_thread, survey
from tenure.clustering.stability import bootstrap
from tenure.exceptions import DataError, NotFittedError, ParameterError

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from typing import Self

    from matplotlib.axes import Axes
    from numpy.typing import NDArray

    from tenure._typing import Date
    from tenure.clustering.partition import Partition
    from tenure.clustering.search import Method
    from tenure.clustering.stability import Stability

__all__ = ["ClusterSegments"]


class ClusterSegments(Configured):
    """Segments of customers who are alike, found by k-means or a Gaussian mixture.

    Columns are brought to a logarithmic scale and standardised, so that money does not
    drown everything else; clusters are numbered by what their customers are worth on
    average, the most valuable first, and named by what their medians are high or low
    in. Neither the order of the customers nor the units of their numbers change the
    clusters, and the same `seed` gives the same ones.

    Finding clusters needs scikit-learn (``pip install 'tenure[cluster]'``); putting
    later customers into clusters that were found does not.

    Parameters
    ----------
    method : {"kmeans", "gaussian"}, default "kmeans"
        k-means puts everybody into the nearest of equally round clusters; a Gaussian
        mixture lets clusters differ in size, spread and direction, and says how sure it
        is.
    clusters : int or sequence of int, default 2 to 8
        How many, or which numbers to choose from by `criterion`.
    criterion : {"silhouette", "bic"}, optional
        How to choose: by the largest silhouette (the default of k-means) or the
        smallest Bayesian information criterion (the default of mixtures, which alone
        have one). `criteria` has both for all numbers tried.
    columns : sequence of str, optional
        What customers are compared by; recency_days, frequency and monetary if left
        out, which a log has as well.
    value : str, optional
        What clusters are ordered by; the last of `columns` if left out.
    log : bool or sequence of str, default True
        Which columns are brought to a logarithmic scale: all, none, or those named.
    variance_floor : float, default 0.01
        For mixtures: what is added to each variance on the standardised scale.
        Without it, a cluster of customers who are exactly equal (all who bought once)
        has no spread, and the likelihood no maximum.
    bootstrap : int, default 20
        How many samples the stability is judged by; 0 for none.
    sample : int, default 20,000
        Criteria and stability are worked out on so many customers, drawn at random,
        where there are more; the clusters themselves are then refined on all.
    seed : int, default 0
        Of everything that is random.

    Examples
    --------
    >>> import tenure as tn
    >>> log = tn.Transactions(tn.datasets.load_cdnow(family="numpy"), amount="amount")
    >>> segments = tn.ClusterSegments(clusters=4, bootstrap=5).fit(log)
    >>> int(segments.table()["customers"].sum())
    2357
    >>> later = segments.transform(log, as_of="1998-03-31")
    >>> sorted(later)
    ['cluster', 'customer_id', 'name']
    """

    def __init__(
        self,
        *,
        method: Method = "kmeans",
        clusters: int | Sequence[int] = (2, 3, 4, 5, 6, 7, 8),
        criterion: Literal["silhouette", "bic"] | None = None,
        columns: Sequence[str] | None = None,
        value: str | None = None,
        log: bool | Sequence[str] = True,
        variance_floor: float = 0.01,
        bootstrap: int = 20,
        sample: int = 20_000,
        seed: int = 0,
    ) -> None:
        self.method = method
        self.clusters = clusters
        self.criterion = criterion
        self.columns = columns
        self.value = value
        self.log = log
        self.variance_floor = variance_floor
        self.bootstrap = bootstrap
        self.sample = sample
        self.seed = seed
        self._fit: Clustering | None = None
        self._training: CustomerColumns | None = None

    # -- fitting -----------------------------------------------------------------

    def fit(self, data: object, *, as_of: Date | None = None) -> Self:
        """Find clusters.

        Parameters
        ----------
        data : Transactions, Summary or frame
            One row a customer with `columns`; a log is summed up by customer.
        as_of : date, optional
            For a log: the last day observed.

        Raises
        ------
        ImportError
            If scikit-learn is not installed.
        ParameterError
            If a setting is out of its range.
        DataError
            If a number is missing or infinite, or no column tells customers apart.
        """
        self._fit, self._training = None, None
        counts = self._check_settings()
        names = self._column_names()
        customers = customer_columns(data, [*names, *self._extra(names)], as_of=as_of)
        dimensions = tuple(
            Dimension.of(name, customers.columns[name], log=self._is_log(name))
            for name in names
        )
        if not any(one.sd for one in dimensions):
            self._all_alike(names, customers)
        with one_thread():
            self._fit = self._find(customers, dimensions, counts)
        self._training = customers
        return self

    def _find(
        self,
        customers: CustomerColumns,
        dimensions: tuple[Dimension, ...],
        counts: list[int],
    ) -> Clustering:
        points = scaled(dimensions, customers.columns)
        inner = in_one_order(points)
        if len(inner) > self.sample:
            rng = np.random.default_rng(self.seed)
            picked = rng.choice(len(inner), self.sample, replace=False)
            inner = inner[np.sort(picked)]
        distinct = len(np.unique(inner, axis=0))
        counts = sorted({min(count, distinct) for count in counts})
        options: dict[str, Any] = {
            "method": self.method,
            "floor": self.variance_floor,
            "seed": self.seed,
        }
        found = survey(inner, counts, **options)
        partition = found[self._best([criteria for _, criteria in found])][0]
        if len(inner) < len(points):
            everybody = in_one_order(points)
            size = len(partition)
            partition = find(everybody, size, start=partition, **options)
        partition = self._in_order(partition, customers, points)
        stability = bootstrap(inner, partition, samples=self.bootstrap, **options)
        return Clustering(
            dimensions=dimensions,
            value=self._value_name(),
            partition=partition,
            profile=self._profile(customers, points, partition),
            criteria=tuple(criteria for _, criteria in found),
            stability=stability,
            family=customers.family,
        )

    def _best(self, criteria: list[Criteria]) -> int:
        if self._criterion() == "bic":
            return int(np.argmin([one.bic for one in criteria]))
        heights = np.array([one.silhouette for one in criteria])
        return 0 if np.isnan(heights).all() else int(np.nanargmax(heights))

    def _in_order(
        self, partition: Partition, customers: CustomerColumns, points: Any
    ) -> Partition:
        """Return the clusters that have customers, the most valuable first."""
        labels, _ = partition.assign(points)
        value = customers.columns[self._value_name()]
        there = np.unique(labels)
        means = np.array([value[labels == place].mean() for place in there])
        return partition.ordered(there[np.argsort(-means, kind="stable")])

    def _profile(
        self, customers: CustomerColumns, points: Any, partition: Partition
    ) -> Profile:
        labels, _ = partition.assign(points)
        return Profile.of(customers.columns, points, labels, self._value_name())

    # -- settings ----------------------------------------------------------------

    def _column_names(self) -> list[str]:
        return list(RFM_OF_A_LOG if self.columns is None else self.columns)

    def _value_name(self) -> str:
        return self.value or self._column_names()[-1]

    def _extra(self, names: list[str]) -> list[str]:
        return [] if self._value_name() in names else [self._value_name()]

    def _is_log(self, name: str) -> bool:
        return self.log if isinstance(self.log, bool) else name in self.log

    def _criterion(self) -> str:
        default = "silhouette" if self.method == "kmeans" else "bic"
        return self.criterion or default

    def _check_settings(self) -> list[int]:
        """Return the numbers of clusters to try, or say which setting is wrong."""
        if self.method not in ("kmeans", "gaussian"):
            raise ParameterError.of(
                name="method",
                expected="be 'kmeans' or 'gaussian'",
                found=repr(self.method),
            )
        allowed = ("silhouette",) if self.method == "kmeans" else ("silhouette", "bic")
        if self._criterion() not in allowed:
            raise ParameterError.of(
                name="criterion",
                expected="be 'silhouette', or 'bic' with method='gaussian'",
                found=repr(self.criterion),
            )
        if not self._column_names():
            raise ParameterError.of(
                name="columns", expected="name at least one column", found="none"
            )
        counts = [int(count) for count in np.atleast_1d(self.clusters)]
        if not counts or min(counts) < 1:
            raise ParameterError.of(
                name="clusters",
                expected="be at least 1",
                found=repr(self.clusters),
            )
        if self.bootstrap < 0 or self.sample < 2 or self.variance_floor < 0:
            raise ParameterError.of(
                name="bootstrap, sample, variance_floor",
                expected="be at least 0, 2 and 0",
                found=f"{self.bootstrap!r}, {self.sample!r}, {self.variance_floor!r}",
            )
        return sorted(set(counts))

    def _all_alike(self, names: list[str], customers: CustomerColumns) -> None:
        if len(customers) == 1:
            return
        raise DataError.at(
            names[0],
            "tell customers apart, or another of the columns",
            row=0,
            found=f"{customers.columns[names[0]][0]:g}, as all other rows",
            hint="clusters need columns in which customers differ",
        )

    # -- what was learned --------------------------------------------------------

    @property
    def fit_(self) -> Clustering:
        """Everything that was learned."""
        if self._fit is None:
            msg = f"this {type(self).__name__} is not fitted; call fit() first"
            raise NotFittedError(msg)
        return self._fit

    @property
    def n_clusters_(self) -> int:
        """How many clusters were chosen."""
        return len(self.fit_.partition)

    @property
    def names_(self) -> tuple[str, ...]:
        """What each cluster is high or low in, the most valuable cluster first."""
        return self.fit_.profile.names

    @property
    def stability_(self) -> Stability:
        """How far clusters of bootstrap samples agree with these."""
        return self.fit_.stability

    def criteria(self) -> Any:
        """Return what speaks for each number of clusters that was tried.

        Returns
        -------
        frame
            `clusters`, `silhouette` (the larger the better), `within` (mean squared
            distance to the middle; look for an elbow), `bic` (the smaller the better;
            NaN for k-means) and `chosen`.
        """
        rows = [asdict(one) for one in self.fit_.criteria]
        columns = {name: np.array([row[name] for row in rows]) for name in rows[0]}
        columns["chosen"] = columns["clusters"] == self._chosen()
        return native_frame(columns, family=self.fit_.family)

    def _chosen(self) -> int:
        criteria = list(self.fit_.criteria)
        return criteria[self._best(criteria)].clusters

    def table(self) -> Any:
        """Return what each cluster is like.

        Returns
        -------
        frame
            One row a cluster, the most valuable first: `cluster` (from 1 on), `name`,
            `customers`, `customers_share`, the median of each column as
            `median_<column>`, `value` (the sum of the column that clusters are ordered
            by), `value_share` (NaN where the total is not above 0) and `stability`:
            the mean overlap with the most similar cluster of bootstrap samples, of
            which above 0.75 is good and below 0.6 is not to be trusted.
        """
        return native_frame(self._table_columns(), family=self.fit_.family)

    def _table_columns(self) -> dict[str, NDArray[Any]]:
        profile = self.fit_.profile
        medians = {f"median_{name}": one for name, one in profile.medians.items()}
        return {
            "cluster": np.arange(1, self.n_clusters_ + 1),
            "name": np.array(profile.names, dtype=object),
            "customers": profile.customers,
            "customers_share": profile.customers / profile.customers.sum(),
            **medians,
            "value": profile.value,
            "value_share": profile.value_share,
            "stability": np.array(self.fit_.stability.jaccard),
        }

    # -- customers ---------------------------------------------------------------

    def transform(self, data: object = None, *, as_of: Date | None = None) -> Any:
        """Return the cluster of each customer, on the scales and by the clusters found.

        Parameters
        ----------
        data : Transactions, Summary or frame, optional
            Customers with the same columns, of any date; those of the fit if left out.
        as_of : date, optional
            For a log: the last day observed.

        Returns
        -------
        frame
            `cluster` (from 1 on), `name` and, for a mixture, `probability` of being in
            that cluster.
        """
        fit = self.fit_
        customers = self._training
        if data is not None:
            names = [one.name for one in fit.dimensions]
            customers = customer_columns(data, names, as_of=as_of)
        if customers is None:
            msg = (
                "this ClusterSegments does not hold the customers of its fit (it was "
                "loaded); pass them as data"
            )
            raise NotFittedError(msg)
        points = scaled(fit.dimensions, customers.columns)
        labels, probability = fit.partition.assign(points)
        names_of = np.array(fit.profile.names, dtype=object)
        columns: dict[str, NDArray[Any]] = {
            "cluster": labels + 1,
            "name": names_of[labels],
        }
        if probability is not None:
            columns["probability"] = probability
        return customers.frame(columns)

    def fit_transform(self, data: object, *, as_of: Date | None = None) -> Any:
        """Find clusters and return that of each customer."""
        return self.fit(data, as_of=as_of).transform()

    # -- storage -----------------------------------------------------------------

    @override
    def to_dict(self) -> dict[str, Any]:
        """Return settings and clusters as plain values, ready for JSON."""
        return {
            "format": FORMAT,
            "tenure": VERSION,
            "model": type(self).__name__,
            "settings": {
                name: _plain(value) for name, value in self.get_params().items()
            },
            "fit": None if self._fit is None else self._fit.to_dict(),
        }

    @classmethod
    @override
    def from_dict(cls, stored: Mapping[str, Any]) -> Self:
        """Return the segments that `to_dict` wrote."""
        cls._check_stored(stored)
        segments = cls(**stored["settings"])
        if stored["fit"] is not None:
            segments._fit = Clustering.from_dict(stored["fit"])
        return segments

    @override
    def __getstate__(self) -> dict[str, Any]:
        """Pickle without the customers of the fit."""
        return {**self.__dict__, "_training": None}

    # -- words and pictures ------------------------------------------------------

    def sentences(self) -> list[str]:
        """Return what the clusters say, in sentences."""
        return sentences(self.fit_, self.method)

    def plot(self, *, ax: Axes | None = None) -> Axes:
        """Draw what the clusters are like: `plotting.plot_clusters`."""
        from tenure.plotting.clusters import plot_clusters  # noqa: PLC0415

        return plot_clusters(self, ax=ax)

    @override
    def __repr__(self) -> str:
        if self._fit is None:
            return self._constructor()
        words = self.sentences()
        return "\n".join(
            [words[0], text_table(*described(self.fit_.profile)), *words[1:]]
        )

    def _repr_html_(self) -> str:
        if self._fit is None:
            return html_report(repr(self), [], [])
        words = self.sentences()
        return html_report(words[0], *described(self.fit_.profile), " ".join(words[1:]))


def _plain(setting: Any) -> Any:
    """Return a setting as JSON holds it."""
    if setting is None or isinstance(setting, str | bool | int | float):
        return setting
    return np.asarray(setting).tolist()
