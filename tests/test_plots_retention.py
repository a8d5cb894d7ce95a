"""Pictures of growth, engagement, lifecycle and repurchase: what they show."""

from __future__ import annotations

from functools import cache

import matplotlib as mpl
import numpy as np
import pytest
import tenure as tn
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from tenure import plotting
from tenure.exceptions import ParameterError
from tenure.plotting._style import detached
from tenure.retention.lifecycle import STATES


@pytest.fixture(autouse=True)
def unseen():
    """Figures that pyplot does not keep, whoever has imported it."""
    with detached():
        yield


@cache
def log():
    return tn.Transactions(tn.datasets.load_cdnow(family="numpy"), amount="amount")


@cache
def growth():
    return log().growth(as_of="1998-06-15")


@cache
def states():
    return log().lifecycle(
        "month", at_risk_after=60, dormant_after=120, lost_after=240, as_of="1998-06-15"
    )


@cache
def window():
    return log().find_churn_window()


PICTURES = {
    "plot_growth": lambda **kw: growth().plot(**kw),
    "plot_growth of revenue": lambda **kw: growth().plot("revenue", **kw),
    "plot_lifecycle": lambda **kw: states().plot(**kw),
    "plot_lifecycle_moves": lambda **kw: plotting.plot_lifecycle_moves(states(), **kw),
    "plot_engagement": lambda **kw: log().engagement().plot(**kw),
    "plot_repurchase": lambda **kw: log().repurchase(orders=4).plot(**kw),
    "plot_churn_window": lambda **kw: window().plot(**kw),
}


@pytest.mark.parametrize("name", PICTURES)
def test_the_axes_are_those_given_and_nothing_else_changes(name):
    before = dict(mpl.rcParams)
    ax = Figure().add_subplot()
    assert PICTURES[name](ax=ax) is ax
    assert isinstance(PICTURES[name](), Axes)
    assert dict(mpl.rcParams) == before
    assert ax.get_title(loc="left")
    ax.figure.canvas.draw()


def test_bars_are_the_movements():
    ax = growth().plot()
    moved = growth().movements(incomplete="flag")
    # the first month, in which everybody is new, is left out
    for name, container in zip(
        ("new", "resurrected", "churned"), ax.containers, strict=True
    ):
        expected = moved["customers"][moved["movement"] == name][1:]
        assert [bar.get_height() for bar in container] == expected.tolist()
        # June is in progress: in outline
        assert [bar.get_hatch() for bar in container][-2:] == [None, "////"]
    net = np.diff(growth().active)[:-1]
    assert ax.lines[0].get_ydata().tolist() == net.tolist()


def test_the_title_says_how_long():
    assert growth().plot().get_title(loc="left") == "Customers gained and lost a month"
    rolling = log().growth("day", window=28, as_of="1997-06-30").plot("revenue")
    assert rolling.get_title(loc="left") == "Revenue gained and lost in 28 days"


def test_revenue_adds_up_to_the_net_change():
    ax = growth().plot("revenue")
    net = np.diff(growth().revenue)[:-1]
    assert ax.lines[0].get_ydata() == pytest.approx(net, abs=1e-6)


def test_areas_are_the_customers():
    ax = states().plot()
    tops = [area.get_paths()[0].vertices[:, 1].max() for area in ax.collections]
    assert max(tops) == states().customers[:-1].sum(axis=1).max()
    assert len(ax.collections) == len(STATES)
    shares = plotting.plot_lifecycle(states(), share=True)
    assert shares.get_ylim() == (0.0, 1.0)


def test_moves_are_the_matrix():
    image = plotting.plot_lifecycle_moves(states()).images[0]
    matrix = states().matrix()
    expected = np.stack([matrix[name] for name in STATES], axis=1)[: len(STATES)]
    assert np.array_equal(np.asarray(image.get_array()), expected)


def test_lines_begin_where_their_window_is_whole():
    ax = log().engagement().plot()
    sizes = sorted(len(line.get_xdata()) for line in ax.lines)
    days = len(log().engagement())
    assert sizes == [days - 27, days - 6, days]


def test_the_ladder_is_the_frame():
    ladder = log().repurchase(orders=4)
    ax = ladder.plot()
    frame = ladder.to_frame()
    heights = [bar.get_height() for bar in ax.patches]
    assert heights == frame["probability"].tolist()
    labels = [label.get_text() for label in ax.get_xticklabels()]
    assert labels[0] == "1–2\n2,357"


def test_ladders_of_groups():
    orders = tn.datasets.load_cdnow(family="numpy")
    orders["half"] = np.where(orders["customer_id"] % 2, "odd", "even")
    grouped = tn.Transactions(orders, attributes=["half"])
    ax = grouped.repurchase(by="half", orders=3).plot()
    assert [text.get_text() for text in ax.get_legend().get_texts()] == ["even", "odd"]
    orders["many"] = (orders["customer_id"] % 7).astype(str)
    many = tn.Transactions(orders, attributes=["many"]).repurchase(by="many", orders=1)
    with pytest.raises(ParameterError, match="have at most 6 groups") as caught:
        many.plot()
    assert str(caught.value).startswith(
        "`ladder` must have at most 6 groups, to be told apart, got 7"
    )


def test_the_window_is_marked():
    ax = window().plot()
    assert any(text.get_text() == "churn window 205 days" for text in ax.texts)
    line = ax.lines[0]
    assert line.get_ydata().tolist() == window().return_probability.tolist()
    unseen_window = log().find_churn_window(0.01).plot()
    assert not any("churn window" in text.get_text() for text in unseen_window.texts)
