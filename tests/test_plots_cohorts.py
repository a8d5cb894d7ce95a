"""Pictures of cohorts: what is drawn is what the tables hold."""

import numpy as np
import pytest
import tenure as tn
from tenure import plotting

pytest.importorskip("matplotlib")


@pytest.fixture(scope="module")
def cohorts(log):
    return log.cohorts("month", as_of="1998-06-20")


def hatched(ax):
    return [patch for patch in ax.patches if patch.get_hatch()]


def test_the_triangle_shows_every_cell(cohorts):
    table = cohorts.retention(incomplete="flag")
    ax = plotting.plot_retention(table)
    assert ax.images[0].get_array().shape == table.retention.shape
    texts = [text.get_text() for text in ax.texts]
    assert texts.count("100") == 3
    sizes = [f"{size:,}" for size in table.cohort_size]
    assert texts[-len(sizes) :] == sizes
    # one cell of each row is in progress, and the others after it are to come
    assert len(hatched(ax)) == int((table.status == "in progress").sum())
    grey = len(ax.patches) - len(hatched(ax))
    empty = (table.status == "in progress") & np.isnan(table.retention)
    assert grey == int(((table.status == "future") | empty).sum())
    assert ax.get_xlabel() == "age in months"


def test_masked_cells_in_progress_are_hatched_on_grey(cohorts):
    table = cohorts.retention()
    ax = table.plot()
    grey = len(ax.patches) - len(hatched(ax))
    assert grey == int((table.status != "complete").sum())


def test_colours_end_at_the_largest_share_after_the_first_age(cohorts):
    table = cohorts.retention()
    norm = plotting.plot_retention(table).images[0].norm
    assert norm.vmax == pytest.approx(np.nanmax(table.retention[:, 1:]))


def test_curves_are_of_complete_cells_with_dots_for_those_in_progress(cohorts):
    table = cohorts.retention(incomplete="flag")
    ax = table.plot("curves")
    lines = [line for line in ax.lines if line.get_marker() != "o"]
    average = np.asarray(table.average()["retention"], np.float64)
    np.testing.assert_array_equal(lines[-1].get_ydata(), average)
    dots = [line for line in ax.lines if line.get_marker() == "o"]
    shown = np.concatenate([line.get_ydata() for line in dots])
    running = table.retention[:3][table.status[:3] == "in progress"]
    assert sorted(shown)[: len(running)] == pytest.approx(sorted(running))
    assert len(ax.collections) == 1  # the band


@pytest.mark.parametrize("kind", ["curves", "heatmap"])
def test_values_are_drawn(cohorts, kind):
    table = cohorts.lifetime_value()
    ax = table.plot(kind)
    title = ax.get_title(loc="left")
    assert title == "Revenue per acquired customer, cumulative"


def test_medians_are_drawn_without_an_average(cohorts):
    ax = cohorts.lifetime_value(statistic="median").plot()
    assert ax.get_title(loc="left").startswith("Median ")
    labels = [line.get_label() for line in ax.lines]
    assert "all customers" not in labels


def test_projections_are_drawn():
    counts = [100, 80, 70, 65, 61, 58]
    payments = {
        "customer_id": [who for count in counts for who in range(count)],
        "date": [f"202{year}-06-01" for year, n in enumerate(counts) for _ in range(n)],
    }
    table = tn.Cohorts.from_events(payments, "year", as_of="2025-12-31").retention(
        "consecutive"
    )
    found = table.project("SBG", holdout=1, ages=10, replicates=5)
    ax = found.plot()
    frame = found.to_frame()
    lines = {line.get_label(): line for line in ax.lines}
    assert lines["SBG"].get_ydata().tolist() == frame["expected"].tolist()
    assert lines["actual"].get_ydata().tolist() == frame["actual"][:6].tolist()
    held = lines["without the last 1"].get_ydata()
    assert held.tolist() == frame["held_out"].tolist()
    value = found.plot("value", worth=10.0, margin=0.5)
    drawn = {line.get_label(): line for line in value.lines}["SBG"].get_ydata()
    numbers = found.lifetime_value(10.0, margin=0.5)["lifetime_value"]
    assert drawn.tolist() == numbers.tolist()
    each = table.project("SBG", holdout=1, pooled=False, replicates=5)
    axes = each.plot(ax=value.figure.add_subplot())
    assert axes.figure is value.figure


def test_segments_are_named(orders):
    groups = dict(orders) | {"group": np.where(orders["customer_id"] % 2, "x", "y")}
    log = tn.Transactions(groups, attributes=["group"])
    ax = log.cohorts("quarter", by="group").retention().plot()
    labels = [label.get_text() for label in ax.get_yticklabels()]
    assert labels[0] == "x 1997-01"
    assert labels[-1].startswith("y ")


def test_axes_that_are_given_are_drawn_on(cohorts):
    ax = cohorts.retention().plot()
    figure = ax.figure
    assert plotting.plot_cohort_values(cohorts.values(per="active"), ax=ax) is ax
    assert ax.figure is figure


def test_one_cohort_of_one_age_can_be_drawn():
    one = tn.Transactions({"customer_id": [1], "date": ["2024-01-05"]})
    table = one.cohorts("month").retention()
    assert table.plot() is not None
    assert table.plot("curves", average="weighted") is not None
