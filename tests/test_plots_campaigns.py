"""Pictures of campaigns: what is drawn is what the tables say."""

from __future__ import annotations

import numpy as np
import pytest
import tenure as tn

pytest.importorskip("matplotlib")

C = tn.campaigns


@pytest.fixture(scope="module")
def tested():
    return C.experiment(
        *tn.datasets.simulate_campaign(2000, lift=0.4, arms=3, seed=1), window="30 days"
    )


def points(ax):
    """Return the places of all markers."""
    return [
        tuple(map(float, xy))
        for line in ax.lines
        if line.get_marker() == "o"
        for xy in zip(line.get_xdata(), line.get_ydata(), strict=True)
    ]


def test_effects_are_those_of_the_experiment(tested):
    ax = tested.plot()
    names = [text.get_text() for text in ax.get_yticklabels()]
    assert names[:2] == ["conversion, arm 1", "conversion, arm 2"]
    lifts = sorted(x for x, _ in points(ax))
    metrics = dict.fromkeys(e.metric for e in tested.effects)
    expected = [tested.effect(m, a).lift for m in metrics for a in tested.arms[1:]]
    assert lifts == pytest.approx(sorted(expected))
    absolute = tn.plotting.plot_effects(tested, relative=False)
    assert "difference from the control" in absolute.get_xlabel()


def test_effects_without_lift_are_drawn_as_differences():
    frame = {"arm": ["control"] * 2 + ["mail"] * 2, "y": [-1.0, 0.5, 1.0, 2.0]}
    test = C.experiment_of_customers(frame, metrics=["y"])
    with pytest.raises(tn.exceptions.ParameterError, match="no effect has a lift"):
        test.plot()
    assert len(points(test.plot(relative=False))) == 1


def test_the_curve_is_that_of_its_frame(tested):
    curve = tested.lift_curve("orders", arm="arm 1")
    ax = curve.plot()
    line = next(line for line in ax.lines if len(line.get_xdata()) == 91)
    assert line.get_ydata()[1:] == pytest.approx(curve.to_frame()["difference"].values)
    assert [x for x, _ in points(ax)] == [30, 60, 90]


def test_estimates_beside_naive_ones():
    found = C.matched(*tn.datasets.simulate_programme(1500, seed=2))
    ax = found.plot("revenue")
    names = [text.get_text() for text in ax.get_yticklabels()]
    assert names == ["matched", "not yet members", "never members"]
    assert len(found.plot("bought").get_yticks()) == 2


def test_overlap_is_that_of_its_frame():
    random = np.random.default_rng(0)
    x = random.normal(size=400)
    frame = {"x": x, "y": x, "treated": random.random(400) < 1 / (1 + np.exp(-x))}
    found = C.weighted(frame, outcome="y", covariates=["x"], trim=0.05)
    ax = found.plot(bins=10)
    heights = np.array([bar.get_height() for bar in ax.patches])
    table = found.overlap(10)
    assert (heights[:10] == table["treated"]).all()
    assert (heights[10:] == -table["untreated"]).all()


def test_study_of_events_is_that_of_its_frame():
    orders, groups = tn.datasets.simulate_campaign(500, seed=1)
    groups["treated"] = groups["arm"] != "control"
    rows = C.panel(orders, groups, start="2024-07-01", before=3)
    found = C.difference_in_differences(rows)
    drawn = np.array(sorted(points(found.plot())))
    assert drawn[:, 0].tolist() == found.since.tolist()
    assert drawn[:, 1] == pytest.approx(found.difference)


def test_plans_are_drawn_option_by_option():
    options = {
        "option": ["mail", "call"],
        "who": ["new", "old"],
        "effect": [3.0, 9.0],
        "std_error": [0.5, 4.0],
        "cost": [1.0, 8.0],
        "size": [1000, 500],
    }
    ax = C.allocate(options, budget=2000, group="who").plot()
    assert [text.get_text() for text in ax.get_yticklabels()] == [
        "mail, new",
        "call, old",
    ]
    assert points(ax) == [(3.0, 1.0), (9 / 8, 0.0)]


def test_axes_that_are_given_are_drawn_on(tested):
    from matplotlib.figure import Figure  # noqa: PLC0415

    ax = Figure().add_subplot()
    assert tested.plot(ax=ax) is ax
    assert tested.lift_curve("orders", arm="arm 1").plot(ax=ax) is ax
