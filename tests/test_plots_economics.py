"""Pictures of costs, payback and scenarios: drawn from the numbers that tables have."""

import matplotlib as mpl
import numpy as np
import pytest
import tenure as tn
from matplotlib.figure import Figure
from tenure import plotting
from tenure.exceptions import ParameterError

economics = tn.economics


@pytest.fixture(scope="module")
def log():
    return tn.Transactions(tn.datasets.load_cdnow(family="numpy"), amount="amount")


@pytest.fixture(scope="module")
def cost(log):
    spend = {
        "period": ["1997-01-01", "1997-02-01", "1997-03-01", "1997-04-01"],
        "amount": [29_000.0, 20_000.0, 24_000.0, 1_000.0],
    }
    return economics.acquisition_cost(spend, log, channel=None)


@pytest.fixture(scope="module")
def scenario():
    return tn.what_if(
        0.8,
        retention="+5pp",
        order_value="x1.1",
        cac="+20",
        at={"order_value": 100.0, "cac": 200.0},
        observed=500,
    )


def heights(ax):
    return [patch.get_height() for patch in ax.patches]


class TestCosts:
    def test_a_point_a_cohort(self, cost):
        ax = cost.plot()
        line = next(one for one in ax.lines if len(one.get_xdata()) == 4)
        expected = cost.by_cohort()["cac"]
        assert np.array_equal(line.get_ydata(), expected, equal_nan=True)
        assert np.isnan(expected[3])  # nobody came in April: no point

    def test_payback(self, log, cost):
        found = economics.payback(log, cost, margin=0.3)
        ax = found.plot(group="1997-02-01")
        assert ax.get_title(loc="left") == "Payback of 1997-02-01: 8.6 months"
        curve = ax.lines[0].get_ydata()
        assert np.array_equal(curve, found.curve("1997-02-01")["value"])
        assert found.plot().get_title(loc="left") == (
            "Payback: not yet (observed 16 months)"
        )

    def test_roi(self, log, cost):
        found = economics.roi(log, cost, margin=0.3, horizons=[30, 365, 900])
        ax = found.plot()
        assert np.array_equal(heights(ax), found.overall["roi"], equal_nan=True)

    def test_value_curves(self, log, cost):
        curves = economics.value_curves(log, cost, margin=0.3)
        ax = curves.plot()
        ratio = curves.values.value[1] / curves.cost[1]
        assert np.array_equal(ax.lines[1].get_ydata(), ratio[np.isfinite(ratio)])
        free = economics.value_curves(log, 0.0, margin=0.3)
        with pytest.raises(ParameterError, match="a cost above 0"):
            free.plot()

    def test_quality(self, log):
        group = np.where(np.arange(len(log.customers)) % 3 == 0, "ad", "friends")
        found = economics.acquisition_quality(log, group, cost=20.0, margin=0.3)
        ax = found.plot()
        widths = [patch.get_width() for patch in ax.patches]
        assert widths == found.columns["value"].tolist()

    def test_quadrants(self, log):
        found = economics.order_quadrants(log, frequency_cuts=[1, 3])
        ax = found.plot(column="value")
        assert ax.images[0].get_array().tolist() == found.table("value").tolist()
        assert [text.get_text() for text in ax.get_yticklabels()] == found.labels()[0]


class TestScenarios:
    def test_the_waterfall(self, scenario):
        table = scenario.waterfall()
        for parts in ("shapley", "sequential"):
            ax = plotting.plot_waterfall(scenario, parts=parts)
            assert heights(ax) == pytest.approx(np.abs(table[parts]), rel=1e-12)
        with pytest.raises(ParameterError, match="'shapley' or 'sequential'"):
            plotting.plot_waterfall(scenario, parts="x")

    def test_the_tornado(self, scenario):
        ax = scenario.plot("tornado")
        widths = [patch.get_width() for patch in ax.patches]
        table = scenario.tornado()
        assert widths == [*table["alone"], *table["reversed"]]
        with pytest.raises(ParameterError, match="'waterfall' or 'tornado'"):
            scenario.plot("pie")


def test_axes_and_settings_are_left_alone(log, cost, scenario):
    before = dict(mpl.rcParams)
    figure = Figure()
    axes = figure.subplots(1, 4)
    found = economics.payback(log, cost, margin=0.3)
    for ax, drawn in zip(
        axes,
        (
            found.plot(ax=axes[0]),
            cost.plot(ax=axes[1]),
            scenario.plot(ax=axes[2]),
            scenario.plot("tornado", ax=axes[3]),
        ),
        strict=True,
    ):
        assert ax is drawn
    assert dict(mpl.rcParams) == before
