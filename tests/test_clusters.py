"""Clusters: the same from any order and in any unit, named, stable, kept and used."""

from __future__ import annotations

import copy
import json
import pickle
import subprocess
import sys

import numpy as np
import pandas as pd
import polars as pl
import pytest
import tenure as tn
from sklearn.metrics import adjusted_rand_score
from sklearn.mixture import GaussianMixture
from tenure.clustering.partition import Partition
from tenure.clustering.scaling import Dimension
from tenure.clustering.stability import adjusted_rand
from tenure.exceptions import ColumnError, DataError, NotFittedError, ParameterError


def groups(rng=None, sizes=(60, 90, 150)):
    """Three groups far from each other, in lognormal money and counts."""
    rng = rng or np.random.default_rng(0)
    centers = ((3.0, 5.0, 800.0), (40.0, 9.0, 90.0), (300.0, 1.2, 12.0))
    columns = {"recency_days": [], "frequency": [], "monetary": []}
    for size, center in zip(sizes, centers, strict=True):
        for name, middle in zip(columns, center, strict=True):
            columns[name].append(middle * rng.lognormal(0, 0.15, size))
    truth = np.repeat(np.arange(len(sizes)), sizes)
    return {name: np.concatenate(parts) for name, parts in columns.items()}, truth


@pytest.fixture(scope="module", params=["kmeans", "gaussian"])
def method(request):
    return request.param


class TestFinding:
    def test_three_groups_are_found(self, method):
        columns, truth = groups()
        segments = tn.ClusterSegments(method=method, bootstrap=5).fit(columns)
        assert segments.n_clusters_ == 3
        assert (segments.transform()["cluster"] == truth + 1).all()
        assert segments.stability_.mean > 0.99
        assert min(segments.stability_.jaccard) > 0.99
        chosen = segments.criteria()["chosen"]
        assert segments.criteria()["clusters"][chosen].tolist() == [3]

    def test_the_most_valuable_come_first(self, method, log):
        segments = tn.ClusterSegments(method=method, clusters=5, bootstrap=0).fit(log)
        activity = log.activity()
        cluster = segments.transform()["cluster"]
        means = [activity["total_value"][cluster == k].mean() for k in range(1, 6)]
        assert means == sorted(means, reverse=True)
        by_count = tn.ClusterSegments(
            method=method, clusters=5, bootstrap=0, value="frequency"
        ).fit(log)
        often = by_count.transform()["cluster"]
        means = [activity["purchases"][often == k].mean() for k in range(1, 6)]
        assert means == sorted(means, reverse=True)

    def test_medians(self, log):
        segments = tn.ClusterSegments(clusters=4, bootstrap=0).fit(log)
        table, activity = segments.table(), log.activity()
        cluster = segments.transform()["cluster"]
        for row, k in enumerate(table["cluster"]):
            inside = cluster == k
            assert table["customers"][row] == inside.sum()
            assert table["median_monetary"][row] == np.median(
                activity["total_value"][inside]
            )
            total = activity["total_value"]
            share = total[inside].sum() / total.sum()
            assert table["value_share"][row] == pytest.approx(share)
        assert segments.names_[0] == "recent, frequent, high spend"
        assert segments.names_[-1] == "long ago, rare, low spend"

    def test_order_of_customers_changes_nothing(self, method, log):
        activity = log.activity()
        columns = {
            "customer_id": activity["customer_id"],
            "recency_days": activity["recency_days"],
            "frequency": activity["purchases"],
            "monetary": activity["total_value"],
        }
        order = np.random.default_rng(1).permutation(len(log.customers))
        shuffled = {name: values[order] for name, values in columns.items()}
        settings = {"method": method, "clusters": 4, "bootstrap": 2}
        first = tn.ClusterSegments(**settings).fit(columns)
        second = tn.ClusterSegments(**settings).fit(shuffled)
        found = first.transform()["cluster"][order]
        assert (found == second.transform()["cluster"]).all()
        assert first.stability_ == second.stability_

    def test_units_change_nothing(self, method):
        columns, _ = groups()
        scaled = {
            "recency_days": columns["recency_days"] / 7,
            "frequency": columns["frequency"],
            "monetary": columns["monetary"] * 100,
        }
        settings = {"method": method, "clusters": 4, "bootstrap": 0}
        first = tn.ClusterSegments(**settings).fit_transform(columns)
        second = tn.ClusterSegments(**settings).fit_transform(scaled)
        assert (first["cluster"] == second["cluster"]).all()

    def test_seed(self):
        columns, _ = groups(sizes=(200, 200, 200))
        first, second, other = (
            tn.ClusterSegments(clusters=6, bootstrap=3, seed=seed).fit(columns)
            for seed in (1, 1, 2)
        )
        assert first.stability_ == second.stability_
        assert first.stability_ != other.stability_

    def test_no_structure_is_not_stable(self):
        """Clusters of one round cloud are not found again."""
        rng = np.random.default_rng(2)
        cloud = {"a": rng.normal(size=400), "b": rng.normal(size=400)}
        settings = {"columns": ["a", "b"], "log": False, "clusters": 7}
        segments = tn.ClusterSegments(bootstrap=10, **settings).fit(cloud)
        assert segments.stability_.mean < 0.7
        assert "not found reliably" in repr(segments)

    def test_a_sample_of_many(self):
        columns, truth = groups(sizes=(2_000, 3_000, 4_000))
        segments = tn.ClusterSegments(sample=500, bootstrap=2).fit(columns)
        assert segments.n_clusters_ == 3
        assert (segments.transform()["cluster"] == truth + 1).all()
        # refined on all: the centres are the means of all
        points = np.stack(
            [one.apply(columns[one.name]) for one in segments.fit_.dimensions], axis=1
        )
        for place, center in enumerate(segments.fit_.partition.centers):
            np.testing.assert_allclose(center, points[truth == place].mean(axis=0))

    def test_any_columns(self):
        rng = np.random.default_rng(3)
        behaviour = {
            "basket": np.append(rng.normal(2, 0.1, 50), rng.normal(9, 0.1, 70)),
            "returns": np.append(rng.normal(-5, 0.1, 50), rng.normal(5, 0.1, 70)),
        }
        segments = tn.ClusterSegments(columns=list(behaviour), log=["basket"])
        segments.fit(behaviour)
        assert segments.n_clusters_ == 2
        assert segments.names_ == (
            "high basket, high returns",
            "low basket, low returns",
        )
        assert segments.fit_.dimensions[1].unit is None


class TestMathematics:
    def test_assignment_is_that_of_the_mixture(self):
        """Labels and probabilities of scikit-learn's own mixture."""
        columns, _ = groups()
        points = np.log(np.stack(list(columns.values()), axis=1))
        points += np.random.default_rng(4).normal(0, 0.8, points.shape)
        mixture = GaussianMixture(4, random_state=0).fit(points)
        ours = Partition(mixture.means_, mixture.weights_, mixture.covariances_)
        labels, probability = ours.assign(points)
        assert (labels == mixture.predict(points)).all()
        np.testing.assert_allclose(
            probability, mixture.predict_proba(points).max(axis=1), rtol=1e-9
        )
        assert ours.log_likelihood(points) == pytest.approx(
            mixture.score_samples(points).sum(), rel=1e-12
        )

    def test_bic_is_that_of_the_mixture(self):
        columns, _ = groups()
        segments = tn.ClusterSegments(
            method="gaussian", clusters=3, bootstrap=0, variance_floor=0.0
        ).fit(columns)
        points = np.stack(
            [one.apply(columns[one.name]) for one in segments.fit_.dimensions], axis=1
        )
        mixture = GaussianMixture(3, random_state=0, n_init=5).fit(points)
        assert segments.criteria()["bic"][0] == pytest.approx(
            mixture.bic(points), rel=1e-4
        )  # both stop when the likelihood gains less than 1e-3 a customer

    @pytest.mark.parametrize("seed", range(5))
    def test_adjusted_rand(self, seed):
        rng = np.random.default_rng(seed)
        first = rng.integers(0, 4, 300)
        second = np.where(rng.random(300) < 0.3, rng.integers(0, 5, 300), first)
        assert adjusted_rand(first, second) == pytest.approx(
            adjusted_rand_score(first, second), rel=1e-12
        )

    def test_adjusted_rand_of_one_group(self):
        assert adjusted_rand(np.zeros(5, int), np.zeros(5, int)) == 1.0
        assert adjusted_rand(np.zeros(1, int), np.zeros(1, int)) == 1.0

    def test_the_scale(self):
        values = np.array([-40.0, 0.0, 10.0, 20.0, 30.0, 4e6])
        one = Dimension.of("money", values, log=True)
        assert one.unit == 30.0
        scaled = one.apply(values)
        assert scaled.mean() == pytest.approx(0, abs=1e-14)
        assert scaled.std() == pytest.approx(1)
        assert (np.diff(scaled) > 0).all()
        # a factor of ten far from 0 is a step of ln 10
        far = one.apply(np.array([1e6, 1e7, 1e8])) * one.sd
        np.testing.assert_allclose(np.diff(far), np.log(10), rtol=1e-8)


class TestEdges:
    def test_one_customer(self):
        columns = {"recency_days": [1.0], "frequency": [2.0], "monetary": [3.0]}
        segments = tn.ClusterSegments().fit(columns)
        assert segments.table()["customers"].tolist() == [1]
        assert segments.names_ == ("average",)

    def test_three_customers(self):
        columns = {
            "recency_days": [1.0, 50, 400],
            "frequency": [9, 3, 1],
            "monetary": [500.0, 60, -5],
        }
        segments = tn.ClusterSegments(bootstrap=3).fit(columns)
        assert segments.criteria()["clusters"].tolist() == [2, 3]
        assert segments.table()["customers"].sum() == 3
        assert tn.ClusterSegments(method="gaussian").fit(columns).n_clusters_ <= 3

    def test_constant_column(self):
        columns, truth = groups()
        columns["frequency"] = np.ones(len(truth))
        segments = tn.ClusterSegments(bootstrap=2).fit(columns)
        assert segments.n_clusters_ == 3
        later = {**columns, "frequency": np.full(len(truth), 50.0)}
        assert (segments.transform(later)["cluster"] == truth + 1).all()

    def test_all_alike(self):
        same = {name: [1.0, 1.0] for name in ("recency_days", "frequency", "monetary")}
        text = "column `recency_days` must tell customers apart, or another of the"
        with pytest.raises(DataError, match=text):
            tn.ClusterSegments().fit(same)

    def test_most_bought_once(self, method):
        """80 % of a base with exactly one purchase do not break a mixture."""
        rng = np.random.default_rng(5)
        frequency = np.append(np.ones(800), rng.integers(2, 15, 200))
        columns = {
            "recency_days": rng.integers(0, 400, 1_000),
            "frequency": frequency,
            "monetary": frequency * rng.lognormal(3, 0.5, 1_000),
        }
        segments = tn.ClusterSegments(method=method, bootstrap=2).fit(columns)
        assert np.isfinite(segments.fit_.partition.centers).all()
        assert segments.table()["customers"].sum() == 1_000

    def test_no_positive_value(self):
        columns, _ = groups()
        columns["monetary"] = -columns["monetary"]
        table = tn.ClusterSegments(clusters=3, bootstrap=0).fit(columns).table()
        assert table["customers"].tolist() == [150, 90, 60]
        assert np.isnan(table["value_share"]).all()

    def test_missing_numbers(self):
        columns, _ = groups()
        columns["frequency"][7] = np.nan
        with pytest.raises(DataError, match="column `frequency` must hold finite"):
            tn.ClusterSegments().fit(columns)
        with pytest.raises(ColumnError, match="unknown column 'recency_days'"):
            tn.ClusterSegments().fit({"frequency": [1.0, 2.0]})

    @pytest.mark.parametrize(
        ("settings", "text"),
        [
            ({"method": "ward"}, "`method` must be 'kmeans' or 'gaussian', got 'ward'"),
            ({"criterion": "bic"}, "`criterion` must be 'silhouette', or 'bic' with"),
            ({"clusters": 0}, "`clusters` must be at least 1, got 0"),
            ({"columns": []}, "`columns` must name at least one column"),
            ({"sample": 1}, "`bootstrap, sample, variance_floor` must be at least"),
        ],
    )
    def test_settings(self, settings, text):
        with pytest.raises(ParameterError) as caught:
            tn.ClusterSegments(**settings).fit(groups()[0])
        assert text in str(caught.value)

    def test_not_fitted(self):
        with pytest.raises(NotFittedError, match="is not fitted; call fit"):
            tn.ClusterSegments().transform({"frequency": [1.0]})
        assert repr(tn.ClusterSegments(clusters=3)).startswith(
            "ClusterSegments(method='kmeans', clusters=3"
        )

    def test_without_scikit_learn(self):
        code = (
            "import sys; sys.modules['sklearn'] = None\n"
            "import tenure as tn\n"
            "try:\n"
            "    tn.ClusterSegments(columns=['a']).fit({'a': [1.0, 2.0, 3.0]})\n"
            "except ImportError as error:\n"
            "    print(error)\n"
        )
        run = subprocess.run(  # noqa: S603
            [sys.executable, "-c", code], capture_output=True, check=True, text=True
        )
        assert run.stdout == (
            "clusters are found by scikit-learn; install it with pip install "
            "'tenure[cluster]'\n"
        )


class TestKeeping:
    def test_json(self, method, log, tmp_path):
        segments = tn.ClusterSegments(method=method, clusters=range(2, 5), bootstrap=2)
        segments.fit(log, as_of="1997-12-31")
        segments.save(tmp_path / "segments.json")
        again = tn.ClusterSegments.load(tmp_path / "segments.json")
        json.loads((tmp_path / "segments.json").read_text())
        assert again.stability_ == segments.stability_
        for name, values in segments.table().items():
            assert (again.table()[name] == values).all()
        later, same = segments.transform(log), again.transform(log)
        for name, values in later.items():
            assert (same[name] == values).all()
        with pytest.raises(NotFittedError, match="does not hold the customers"):
            again.transform()

    def test_pickle_and_copy(self, log):
        segments = tn.ClusterSegments(clusters=3, bootstrap=0).fit(log)
        for again in (pickle.loads(pickle.dumps(segments)), copy.deepcopy(segments)):  # noqa: S301
            assert (
                again.transform(log)["cluster"] == segments.transform()["cluster"]
            ).all()

    def test_unfitted(self):
        again = tn.ClusterSegments.from_dict(tn.ClusterSegments(seed=3).to_dict())
        assert again.seed == 3
        with pytest.raises(ParameterError, match="hold a ClusterSegments in format 1"):
            tn.ClusterSegments.from_dict({"model": "BGNBD", "format": 1})

    def test_families(self):
        columns, _ = groups()
        segments = tn.ClusterSegments(clusters=3, bootstrap=0)
        frame = pd.DataFrame(columns, index=[f"c{i}" for i in range(300)])
        found = segments.fit_transform(frame)
        assert found.index.tolist() == frame.index.tolist()
        assert isinstance(segments.table(), pd.DataFrame)
        with_ids = {"customer_id": np.arange(300), **columns}
        found = segments.fit_transform(pl.DataFrame(with_ids))
        assert found.columns == ["customer_id", "cluster", "name"]
        assert isinstance(segments.criteria(), pl.DataFrame)
        mixture = tn.ClusterSegments(method="gaussian", clusters=3, bootstrap=0)
        assert mixture.fit_transform(pl.DataFrame(columns)).columns == [
            "cluster",
            "name",
            "probability",
        ]

    def test_words(self, log):
        segments = tn.ClusterSegments(clusters=3, bootstrap=2).fit(log)
        assert repr(segments).startswith("2,357 customers in 3 clusters by k-means.")
        assert "adjusted Rand index" in segments._repr_html_()
