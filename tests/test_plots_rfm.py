"""Pictures of scores, segments, movement, lift, clusters and concentration."""

from __future__ import annotations

import itertools
from functools import cache

import matplotlib as mpl
import numpy as np
import pandas as pd
import pytest
import tenure as tn
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from tenure import plotting
from tenure.exceptions import ParameterError
from tenure.plotting._segments import by_segment, measured
from tenure.plotting._squarify import squarified
from tenure.plotting._style import detached, readable_on


@pytest.fixture(autouse=True)
def unseen():
    """Figures that pyplot does not keep, whoever has imported it."""
    with detached():
        yield


@cache
def log():
    return tn.Transactions(tn.datasets.load_cdnow(family="numpy"), amount="amount")


@cache
def rfm():
    return tn.RFM().fit(log())


@cache
def moved():
    return tn.RFM().migration(log(), ["1997-02-28", "1997-09-30", "1998-03-31"])


@cache
def validated():
    return tn.RFM().validate(log(), "1997-09-30", buying=tn.BGNBD())


@cache
def clusters(method="kmeans"):
    return tn.ClusterSegments(method=method, clusters=(2, 3, 4), bootstrap=0).fit(log())


@cache
def profit():
    rng = np.random.default_rng(0)
    return tn.concentration(rng.normal(5.0, 10.0, 500), value="profit")


PICTURES = {
    "plot_score_grid": lambda **kw: plotting.plot_score_grid(rfm().score(), **kw),
    "plot_segment_treemap": lambda **kw: plotting.plot_segment_treemap(
        rfm().score(), **kw
    ),
    "plot_segment_shares": lambda **kw: plotting.plot_segment_shares(
        rfm().score(), **kw
    ),
    "plot_score_cuts": lambda **kw: plotting.plot_score_cuts(rfm(), **kw),
    "plot_migration": lambda **kw: plotting.plot_migration(moved(), **kw),
    "plot_migration_flows": lambda **kw: plotting.plot_migration_flows(moved(), **kw),
    "plot_lift": lambda **kw: plotting.plot_lift(validated(), **kw),
    "plot_gains": lambda **kw: plotting.plot_gains(validated(), **kw),
    "plot_clusters": lambda **kw: plotting.plot_clusters(clusters(), **kw),
    "plot_cluster_criteria": lambda **kw: plotting.plot_cluster_criteria(
        clusters("gaussian"), **kw
    ),
    "plot_lorenz": lambda **kw: plotting.plot_lorenz(profit(), **kw),
    "plot_whale": lambda **kw: plotting.plot_whale(profit(), **kw),
    "plot_deciles": lambda **kw: plotting.plot_deciles(profit(), **kw),
}


def texts(ax):
    return [text.get_text() for text in ax.texts]


@pytest.mark.parametrize("name", PICTURES)
class TestEveryPicture:
    def test_draws_where_it_is_told(self, name):
        before = dict(mpl.rcParams)
        ax = Figure(figsize=(6, 5)).add_subplot()
        assert PICTURES[name](ax=ax) is ax
        assert mpl.rcParams == before
        assert ax.get_title(loc="left")

    def test_makes_axes_of_its_own(self, name, tmp_path):
        ax = PICTURES[name]()
        assert isinstance(ax, Axes)
        ax.figure.savefig(tmp_path / "picture.png")
        assert (tmp_path / "picture.png").stat().st_size > 5_000


class TestSquarified:
    def test_the_published_example(self):
        """Areas 6, 6, 4, 3, 2, 2, 1 in a rectangle of 6 by 4: figure 4 of the paper."""
        tiles = squarified([6, 6, 4, 3, 2, 2, 1], 6.0, 4.0)
        shapes = [(round(tile.width, 3), round(tile.height, 3)) for tile in tiles]
        assert shapes[:4] == [(3, 2), (3, 2), (1.714, 2.333), (1.286, 2.333)]
        assert shapes[4:] == [(1.2, 1.667), (1.2, 1.667), (0.6, 1.667)]

    @pytest.mark.parametrize("seed", range(20))
    def test_tiles_fill_the_rectangle_and_do_not_overlap(self, seed):
        rng = np.random.default_rng(seed)
        sizes = np.sort(rng.lognormal(0, 1.5, rng.integers(1, 15)))[::-1]
        tiles = squarified(sizes.tolist(), 5.0, 3.0)
        areas = np.array([tile.width * tile.height for tile in tiles])
        np.testing.assert_allclose(areas, sizes / sizes.sum() * 15)
        for one in tiles:
            assert one.x >= -1e-9
            assert one.y >= -1e-9
            assert one.x + one.width <= 5 + 1e-9
            assert one.y + one.height <= 3 + 1e-9
        for a, b in itertools.combinations(tiles, 2):
            apart_x = a.x + a.width <= b.x + 1e-9 or b.x + b.width <= a.x + 1e-9
            apart_y = a.y + a.height <= b.y + 1e-9 or b.y + b.height <= a.y + 1e-9
            assert apart_x or apart_y

    def test_nothing_to_lay(self):
        assert squarified([], 1.0, 1.0) == []


class TestGrid:
    def test_counts_and_means(self):
        scores = rfm().score()
        table = plotting.score_grid(scores)
        assert table["customers"].sum() == 2357
        for r, f, count, mean in zip(*table.values(), strict=True):
            cell = (scores["r"] == r) & (scores["f"] == f)
            assert count == cell.sum()
            if count:
                assert mean == pytest.approx(scores["monetary"][cell].mean())
            else:
                assert np.isnan(mean)

    def test_any_measure_and_dimensions(self):
        scores = rfm().score()
        alone = plotting.score_grid(scores, measure=None, y="monetary")
        assert list(alone) == ["monetary", "frequency", "customers"]
        ones = plotting.score_grid(scores, measure=np.ones(2357))
        there = ones["customers"] > 0
        assert (ones["mean"][there] == 1).all()

    def test_cells_and_names_are_written(self):
        ax = plotting.plot_score_grid(rfm().score())
        assert "460" in texts(ax)
        assert "Champions" in texts(ax)
        plain = plotting.plot_score_grid(rfm().score(), borders=False)
        assert "Champions" not in texts(plain)

    def test_few_odd_customers_do_not_stretch_the_colours(self):
        """Three customers in one cell have ten times the mean of all others."""
        ax = plotting.plot_score_grid(rfm().score())
        table = plotting.score_grid(rfm().score())
        assert np.nanmax(table["mean"]) > 2_000
        assert ax.images[0].norm.vmax < 500

    def test_bad_settings(self):
        scores = rfm().score()
        with pytest.raises(ParameterError, match="`x, y` must be of recency, freq"):
            plotting.score_grid(scores, x="tenure")
        with pytest.raises(ParameterError, match="have one number for each of 2,357"):
            plotting.score_grid(scores, measure=[1.0])


class TestSegments:
    def test_shares(self):
        scores = rfm().score()
        value = np.arange(2357.0)
        table = plotting.segment_shares(scores, value=value)
        for name in ("customers_share", "revenue_share", "value_share"):
            assert table[name].sum() == pytest.approx(1)
        own = scores["segment"] == table["segment"][0]
        assert table["customers"][0] == own.sum()
        revenue = scores["monetary"]
        assert table["revenue_share"][0] == pytest.approx(
            revenue[own].sum() / revenue.sum()
        )
        assert table["value_share"][0] == pytest.approx(value[own].sum() / value.sum())
        assert "New" not in table["segment"].tolist()  # nobody is

    def test_the_treemap_has_every_segment(self):
        ax = plotting.plot_segment_treemap(rfm().score(), measure=None)
        counts = plotting.segment_shares(rfm().score())["customers"]
        areas = [patch.get_width() * patch.get_height() for patch in ax.patches]
        shares = np.array(areas) / sum(areas)
        np.testing.assert_allclose(shares, np.sort(counts)[::-1] / counts.sum())
        assert any(text.startswith("Hibernating\n869 (37 %)") for text in texts(ax))

    def test_without_segments(self):
        scores = tn.RFM(bins=3).fit(log()).score()
        with pytest.raises(ParameterError, match="`scores` must have segments"):
            plotting.plot_segment_treemap(scores)

    def test_one_customer_and_no_money(self):
        table = {"recency_days": [3], "frequency": [1], "monetary": [0.0]}
        scores = tn.RFM().fit(table).score()
        for kind in ("grid", "treemap", "shares"):
            scores.plot(kind)
        assert np.isnan(plotting.segment_shares(scores)["revenue_share"]).all()

    def test_measures(self):
        scores = rfm().score()
        assert measured(scores, None) is None
        name, values = measured(scores, pd.Series(np.ones(2357), name="profit"))
        assert (name, values.sum()) == ("profit", 2357)
        found = by_segment(scores, {"ones": np.ones(2357)})
        assert (found.totals["ones"] == found.customers).all()


class TestCuts:
    def test_bands_are_labelled_by_scores_in_order(self):
        """Recency is good on the left, frequency on the right; nobody has F = 2."""
        ax = plotting.plot_score_cuts(rfm(), "recency")
        assert texts(ax)[-5:] == ["5", "4", "3", "2", "1"]
        ax = plotting.plot_score_cuts(rfm(), "frequency")
        assert texts(ax)[:4] == ["1", "3", "4", "5"]
        assert any("not shown: " in text for text in texts(ax))

    def test_lines_lie_between_the_values_of_neighbouring_scores(self):
        scores = rfm().score()
        ax = plotting.plot_score_cuts(rfm(), "frequency")
        lines = sorted(line.get_xdata()[0] for line in ax.lines)
        assert lines == [1.5, 2.5, 4.5]
        for line in lines:
            below = scores["f"][scores["frequency"] < line]
            above = scores["f"][scores["frequency"] > line]
            assert below.max() < above.min()

    def test_overlapping_bands_are_not_drawn(self):
        nested = tn.RFM(method="nested").fit(log())
        ax = plotting.plot_score_cuts(nested, "monetary")
        assert not ax.lines

    def test_unknown_dimension(self):
        with pytest.raises(ParameterError, match="`dimension` must be one of recency"):
            plotting.plot_score_cuts(rfm(), "tenure")


class TestMovement:
    def test_the_map_says_what_the_matrix_says(self):
        ax = plotting.plot_migration(moved(), step=1, show="customers")
        matrix = moved().counts[1]
        written = sorted(int(text.replace(",", "")) for text in texts(ax))
        assert written == sorted(matrix[matrix > 0].tolist())
        rows = [label.get_text() for label in ax.get_yticklabels()]
        assert rows[0] == f"Champions ({matrix[0].sum():,})"

    def test_shares_of_a_row_add_up(self):
        ax = plotting.plot_migration(moved())
        shares = np.asarray(ax.images[0].get_array())
        np.testing.assert_allclose(shares.sum(axis=1), 1)

    def test_streams_are_as_high_as_they_have_customers(self):
        ax = plotting.plot_migration_flows(moved(), step=0)
        counts = moved().counts[0]
        heights = sorted(
            patch.get_path().vertices[0, 1] - patch.get_path().vertices[7, 1]
            for patch in ax.patches
            if not hasattr(patch, "get_width")
        )
        np.testing.assert_allclose(heights, np.sort(counts[counts > 0]))
        assert any(text.startswith("New since  ") for text in texts(ax))

    def test_bad_settings(self):
        with pytest.raises(ParameterError, match="`step` must lie between 0 and 1"):
            plotting.plot_migration(moved(), step=2)
        with pytest.raises(ParameterError, match="`show` must be 'share' or"):
            plotting.plot_migration(moved(), show="money")


class TestLift:
    def test_heights_are_those_of_the_table(self):
        table = pd.DataFrame(validated().lift("spend"))
        own = table[table["ranking"] == "BGNBD"]
        ax = plotting.plot_lift(validated(), ranking="BGNBD", target="spend")
        heights = [bar.get_height() for bar in ax.patches]
        np.testing.assert_allclose(heights, own["mean"])
        assert f"{own['lift'].iloc[0]:.1f}×" in texts(ax)

    def test_every_ranking_has_a_curve(self):
        ax = plotting.plot_gains(validated())
        names = [text.get_text() for text in ax.get_legend().get_texts()]
        assert set(names) == set(validated().ranked)
        for line in ax.lines:
            assert line.get_ydata()[[0, -1]] == pytest.approx([0, 1])

    def test_unknown_ranking(self):
        with pytest.raises(ParameterError, match="`ranking` must be one of RFM score"):
            plotting.plot_lift(validated(), ranking="luck")


class TestClusters:
    def test_medians_are_written(self):
        ax = plotting.plot_clusters(clusters())
        medians = clusters().fit_.profile.medians
        for name in ("recency_days", "frequency", "monetary"):
            assert f"{medians[name][0]:,.4g}" in texts(ax)
        rows = [label.get_text() for label in ax.get_yticklabels()]
        assert rows[0].startswith("1: recent, frequent, high spend\n")

    def test_the_chosen_number_is_marked(self):
        ax = plotting.plot_cluster_criteria(clusters("gaussian"))
        criteria = pd.DataFrame(clusters("gaussian").criteria())
        chosen = criteria[criteria["chosen"]]
        assert ax.lines[1].get_xdata().tolist() == chosen["clusters"].tolist()
        assert chosen["bic"].iloc[0] == criteria["bic"].min()


class TestConcentration:
    def test_curves_are_the_tables(self):
        ax = plotting.plot_lorenz(profit())
        curve = profit().lorenz()
        assert (ax.lines[1].get_ydata() == curve["value_share"]).all()
        assert any("Gini" in text for text in texts(ax))
        whale = plotting.plot_whale(profit())
        assert whale.lines[0].get_ydata().max() == profit().whale()["value_share"].max()
        assert any("peak" in text for text in texts(whale))

    def test_without_a_positive_total(self):
        found = tn.concentration([3.0, -4.0])
        for kind in ("lorenz", "whale", "deciles"):
            found.plot(kind)
        assert any("no shares" in text for text in texts(found.plot("lorenz")))


class TestResults:
    def test_they_draw_themselves(self):
        for kind in ("grid", "treemap", "shares", "cuts"):
            assert isinstance(rfm().plot(kind), Axes)
        for kind in ("map", "flows"):
            assert isinstance(moved().plot(kind), Axes)
        for kind in ("gains", "lift"):
            assert isinstance(validated().plot(kind), Axes)
        assert isinstance(clusters().plot(), Axes)

    def test_unknown_kinds(self):
        for thing in (rfm(), moved(), validated()):
            with pytest.raises(ParameterError, match="`kind` must be"):
                thing.plot("pie")

    def test_text_can_be_read(self):
        assert readable_on("#12365a") == "#ffffff"
        assert readable_on("#f2f6fa") != "#ffffff"
