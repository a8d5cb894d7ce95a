"""Pictures of breakdowns and channels: what is drawn is what the tables hold."""

import numpy as np
import pytest
import tenure as tn
from tenure import breakdown, channels

pytest.importorskip("matplotlib")

LINES = {
    "customer_id": [1, 1, 2, 1, 3, 4],
    "date": ["2024-01-01", "2024-01-09", "2024-01-31", *["2024-02-05"] * 3],
    "month": [1, 1, 1, 2, 2, 2],
    "amount": [10.0, 20.0, 15.0, 30.0, 30.0, 10.0],
    "items": [1, 2, 1, 3, 2, 1],
    "shop": ["x", "y", "x", "x", "y", "y"],
}
PERIODS = ("2024-01-01", "2024-01-31"), ("2024-02-01", "2024-02-29")


def heights(ax):
    return [bar.get_height() for bar in ax.patches]


def widths(ax):
    return [bar.get_width() for bar in ax.patches]


def texts(ax):
    return [text.get_text() for text in ax.texts]


def test_steps_of_revenue():
    tree = breakdown.revenue_tree(LINES, *PERIODS, by="shop", quantity="items")
    ax = tree.plot()
    # the bars before and after come first
    assert heights(ax) == pytest.approx([45.0, 70.0, *tree.effects.values()])
    # the numbers above the bars are within the picture
    assert ax.get_ylim()[0] == 0
    assert ax.get_ylim()[1] > 70
    ends = breakdown.revenue_tree(LINES | {"amount": [0.0] * 6}, *PERIODS).plot()
    assert not any(heights(ends))


def test_the_tree_names_what_factors_make_together():
    words = texts(breakdown.revenue_tree(LINES, *PERIODS).plot("tree"))
    assert [one.partition("\n")[0] for one in words] == [
        "revenue",
        "customers",
        "value per customer",
        "purchases per customer",
        "value per purchase",
    ]
    assert words[2] == "value per customer\n22.5 → 23.33"
    whole = breakdown.revenue_tree(LINES, *PERIODS, by="shop", quantity="items")
    words = texts(whole.plot("tree"))
    assert words[4].startswith("value per purchase\n15 →")
    # what is no factor of the whole is not lost
    assert words[-1] == f"and segment share {whole.effects['segment_share']:+,.0f}"


@pytest.mark.filterwarnings("error")
def test_mix_and_rate():
    found = breakdown.change(LINES, "amount", "shop", period="month")
    ax = found.plot()
    drawn = widths(ax)
    assert drawn[0] == found.mix
    assert drawn[3] == found.rate
    alone = breakdown.change(
        LINES | {"customer_id": [1] * 6}, "amount", "shop", period="month"
    )
    assert widths(alone.plot()) == drawn


def test_profiles():
    found = breakdown.buying_patterns(tn.Transactions(LINES))
    assert heights(found.plot()) == found.profile("weekday")["share"].tolist()
    assert len(heights(found.plot("month"))) == 12


@pytest.mark.filterwarnings("error")
def test_channels():
    found = channels.mix(LINES, "shop", amount="amount")
    drawn = widths(found.plot())
    assert drawn[:2] == found.columns["customers_share"].tolist()
    assert drawn[4:] == found.columns["revenue_share"].tolist()
    nothing = channels.mix(LINES | {"amount": [0.0] * 6}, "shop", amount="amount")
    assert np.isnan(widths(nothing.plot())[4:]).all()


def test_credit():
    found = channels.touches(LINES, LINES, channel="shop", models=["first", "last"])
    ax = found.plot()
    assert sum(widths(ax)) == pytest.approx(2.0)
    assert "attributed is not incremental" in texts(ax)


def test_funnels():
    steps = {"event": ["a", "b", "a", "b", "a", "a"]}
    data = LINES | steps | {"who": LINES["customer_id"]}
    options = {"user": "who", "time": "date"}
    found = channels.funnel(data, ["a", "b"], **options)
    ax = found.plot()
    assert heights(ax) == found.columns["from_first"].tolist()
    assert "→ 25 %" in texts(ax)
    by = channels.funnel(data, ["a", "b"], by="shop", **options).plot()
    assert [text.get_text() for text in by.get_legend().get_texts()] == ["x", "y"]
