"""The segments: who they are, what they bring, and where they went."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from tenure import plotting
from tenure._frame import Table
from tenure._report import counted, written
from tenure.reporting.figures import figure
from tenure.reporting.html import Html, join, paragraph, table, tag
from tenure.reporting.words import amount, percent

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from tenure.reporting.analysis import Analysis
    from tenure.reporting.segmentation import Segmentation
    from tenure.rfm.migration import Migration

__all__ = ["segments"]

# What the names of the ten-segment map mean.
_MEANING = {
    "Champions": "bought lately, and often",
    "Loyal": "buy often, and not long ago",
    "Potential Loyalists": "bought lately, more than once",
    "New": "bought lately for the first time",
    "Promising": "bought once, not long ago",
    "Need Attention": "average in both",
    "About to Sleep": "bought rarely, and some time ago",
    "At Risk": "bought quite often, but long ago",
    "Can't Lose": "bought very often, but long ago",
    "Hibernating": "bought rarely, and long ago",
}


def segments(analysis: Analysis) -> Html | None:
    """Return the segments; None where there are none."""
    found = analysis.segmentation
    if found is None or found.scores.segment_codes is None:
        return None
    value = _value(analysis, found)
    return tag(
        "section",
        tag("h2", "Segments"),
        paragraph(*_sentences(analysis, found)),
        _table(analysis, found, value),
        tag("div", join(_pictures(found, value)), class_="pictures"),
        _movement(found),
        id="segments",
    )


def _value(analysis: Analysis, found: Segmentation) -> NDArray[np.float64] | None:
    """Return what each customer is expected to be worth, where that is known."""
    forecast = analysis.forecast
    if forecast is None or forecast.value is None:
        return None
    same = np.array_equal(analysis.summary.customer_id, found.scores.customer_id)
    return forecast.value["value"] if same else None


def _sums(found: Segmentation, values: NDArray[np.float64]) -> NDArray[np.float64]:
    codes = found.scores.segment_codes
    assert codes is not None  # noqa: S101
    size = len(found.scores.segment_names)
    return np.bincount(codes, weights=values, minlength=size).astype(np.float64)


def _sentences(analysis: Analysis, found: Segmentation) -> list[str]:
    """Say what the largest and the most valuable segment is, and what is at stake."""
    names = np.array(found.scores.segment_names, dtype=object)
    sizes = _sums(found, np.ones(len(found.scores)))
    everybody = sizes.sum()
    largest = int(sizes.argmax())
    meaning = "Names stand for pairs of scores of recency and frequency."
    share = percent(sizes[largest] / everybody)
    size = counted(int(sizes[largest]), "customer")
    said = [
        meaning,
        f"The largest segment is {names[largest]}: {size}, {share} of all.",
    ]
    revenue = found.scores.inputs.revenue
    if revenue is None or revenue.sum() <= 0:
        return said
    sums, settings = _sums(found, revenue), analysis.settings
    best = int(sums.argmax())
    said.append(
        f"{names[best]} brought most: {settings.money(sums[best])}, "
        f"{percent(sums[best] / sums.sum())} of revenue, and are "
        f"{percent(sizes[best] / everybody)} of the customers."
    )
    risk = np.isin(names, ["At Risk", "Can't Lose"])
    if sizes[risk].sum() and sums[risk].sum() > 0:
        said.append(
            f"At Risk and Can't Lose are {counted(int(sizes[risk].sum()), 'customer')} "
            "who bought more often than most and have fallen silent; they brought "
            f"{settings.money(sums[risk].sum())} so far."
        )
    return said


def _table(
    analysis: Analysis, found: Segmentation, value: NDArray[np.float64] | None
) -> Html:
    settings, scores = analysis.settings, found.scores
    sizes = _sums(found, np.ones(len(scores)))
    there = np.flatnonzero(sizes)
    header = ["segment", "who they are", "customers", "share", "purchases a customer"]
    orders = _sums(found, scores["frequency"].astype(np.float64))
    rows = [
        [
            scores.segment_names[place],
            _MEANING.get(scores.segment_names[place], ""),
            f"{sizes[place]:,.0f}",
            percent(sizes[place] / sizes.sum()),
            amount(orders[place] / sizes[place]),
        ]
        for place in there
    ]
    money: dict[str, NDArray[np.float64]] = {}
    if scores.inputs.revenue is not None:
        money["revenue so far"] = scores.inputs.revenue
    forecast = analysis.forecast
    if value is not None and forecast is not None and forecast.value is not None:
        money[f"{forecast.value.basis}, next {settings.span}"] = value
    for name, amounts in money.items():
        sums = _sums(found, amounts)
        header += [settings.heading(name), "share"]
        whole = sums.sum()
        texts = settings.amounts(sums[there])
        for row, place, text in zip(rows, there, texts, strict=True):
            row += [text, percent(sums[place] / whole) if whole > 0 else ""]
    return table(header, rows, caption="Segments, the best first", texts=2)


def _pictures(found: Segmentation, value: NDArray[np.float64] | None) -> list[Html]:
    has_money = found.scores.inputs.revenue is not None
    shares = plotting.plot_segment_shares(found.scores, value=value)
    tiles = plotting.plot_segment_treemap(
        found.scores, measure="monetary" if has_money else None, label="revenue"
    )
    colour = " The darker, the more a customer brought on average." if has_money else ""
    brought = "in customers, in revenue and in expected value" if has_money else ""
    said = (
        "Where the bar of revenue is longer than that of customers, a segment brings "
        "more than its number."
    )
    return [
        figure(
            "segment-shares",
            shares,
            f"Bars: the share of each segment {brought or 'in customers'}; the numbers "
            "are in the table above.",
            said if has_money else "Which share of the customers each segment is.",
        ),
        figure(
            "segment-tiles",
            tiles,
            "Tiles: the area is the number of customers of each segment.",
            f"The same customers as areas.{colour}",
        ),
    ]


def _movement(found: Segmentation) -> Html:
    moved = found.movement
    if moved is None:
        return Html("")
    flows = plotting.plot_migration_flows(moved)
    grid = plotting.plot_migration(moved)
    first, second = (written(day) for day in moved.dates)
    pictures = [
        figure(
            "flows",
            flows,
            f"Streams of customers from segments on {first} to those on {second}.",
            "The height of a stream is how many customers took that way.",
        ),
        figure(
            "moves",
            grid,
            "Table of shares: where the customers of each segment went.",
            "Rows add up to 100\N{NO-BREAK SPACE}%; bold: who stayed.",
        ),
    ]
    return tag(
        "div",
        tag("h3", f"Where they went since {first}"),
        paragraph(*_moves(moved)),
        tag("div", join(pictures), class_="pictures"),
    )


def _moves(moved: Migration) -> list[str]:
    """Say how many stayed, rose and fell."""
    steps = Table.of(moved.stability())
    names = ("customers", "stability", "ci_low", "ci_high", "up", "down", "new")
    row = {name: float(steps.numbers(name).values[-1]) for name in names}
    if not row["customers"]:
        return ["Nobody had bought by then."]
    level = f"{100 * moved.level:g}\N{NO-BREAK SPACE}%"
    ends = f"{percent(row['ci_low'])} to {percent(row['ci_high'])}"
    stayed = (
        f"Of the {row['customers']:,.0f} customers of that day, "
        f"{percent(row['stability'])} ({level} interval {ends}) are in the same "
        f"segment now, {percent(row['up'])} rose to a better one and "
        f"{percent(row['down'])} fell to a worse one."
    )
    how = (
        "Everybody is scored by the cuts of that day, so that a decline of the whole "
        "base shows."
    )
    said = [stayed, how]
    if row["new"]:
        said.append(f"{counted(int(row['new']), 'customer')} came since.")
    return said
