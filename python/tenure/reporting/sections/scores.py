"""Recency, frequency and money: how customers are scored."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from tenure import plotting
from tenure._frame import Table
from tenure.reporting.figures import figure
from tenure.reporting.html import Html, join, paragraph, table, tag

if TYPE_CHECKING:
    from tenure.reporting.analysis import Analysis
    from tenure.reporting.segmentation import Segmentation
    from tenure.reporting.settings import Settings
    from tenure.rfm import Dimension

__all__ = ["scores"]

_HEADINGS = {
    "recency": "days since the last purchase",
    "frequency": "purchases",
    "monetary": "revenue",
}


def scores(analysis: Analysis) -> Html | None:
    """Return how customers are scored; None where they could not be."""
    found = analysis.segmentation
    if found is None:
        return None
    dimensions = found.scores.dimensions
    bins = max(found.scores.bins.values())
    names = [_HEADINGS[one.name] for one in dimensions]
    listed = f"{', '.join(names[:-1])} and {names[-1]}"
    notes = [_sentence(note) for note in found.rfm.notes_]
    return tag(
        "section",
        tag("h2", "Recency, frequency and money" if len(names) > 2 else "Scores"),
        paragraph(
            f"Every customer gets scores from 1 to {bins} for {listed}: {bins} is the "
            "best fifth of customers. Equal customers get equal scores.",
            "Recent and frequent buyers are the most likely to buy again, whatever "
            "they bought.",
        ),
        _cuts(found, analysis.settings),
        paragraph(*notes, class_="small") if notes else Html(""),
        tag("div", join(_pictures(found, analysis.settings)), class_="pictures"),
        id="scores",
    )


def _sentence(note: str) -> str:
    """Return a note as a sentence, the dimension in words."""
    for letter, name in (("R", "Recency"), ("F", "Frequency"), ("M", "Money")):
        note = note.replace(f"{letter}: ", f"{name}: ", 1)
    return f"{note.replace(' %', chr(160) + '%')}."


def _cuts(found: Segmentation, settings: Settings) -> Html:
    """Return which values get which score."""
    cuts = Table.of(found.rfm.threshold_table())
    codes = cuts.codes("dimension")
    of = codes.categories[codes.values]
    score = cuts.numbers("score").values
    lower, upper = cuts.numbers("lower").values, cuts.numbers("upper").values
    header = ["score"]
    columns: list[list[str]] = []
    best = max(found.scores.bins.values())
    for one in found.scores.dimensions:
        heading = _HEADINGS[one.name]
        header.append(settings.heading(heading) if one.name == "monetary" else heading)
        own = of == one.name
        limits = zip(score[own], lower[own], upper[own], strict=True)
        ends = {int(s): (a, b) for s, a, b in limits}
        sizes = np.bincount(found.scores.scores[one.name], minlength=best + 1)
        columns.append(
            [_range(one, *ends[s], used=bool(sizes[s])) for s in range(best, 0, -1)]
        )
    rows = [
        [str(best - place), *(column[place] for column in columns)]
        for place in range(best)
    ]
    return table(header, rows, caption="Which values get which score")


def _range(one: Dimension, lower: float, upper: float, *, used: bool) -> str:
    """Return the values of a score in words; whole numbers have no ends between."""
    if not used:
        return "nobody"
    if one.kind == "number":
        low, high = f"{lower:,.2f}", f"{upper:,.2f}"
    else:
        # values above the lower end, up to the upper one (days: from the lower one on)
        days = one.kind == "days"
        first = np.ceil(lower) if days else np.floor(lower) + 1
        last = np.ceil(upper) - 1 if days else np.floor(upper)
        if np.isfinite(first) and first == last:
            return f"{first:,.0f}"
        low, high = f"{first:,.0f}", f"{last:,.0f}"
    if not np.isfinite(lower):
        return f"up to {high}"
    if not np.isfinite(upper):
        return f"{'above' if one.kind == 'number' else 'from'} {low}"
    return f"{low} to {high}"


def _pictures(found: Segmentation, settings: Settings) -> list[Html]:
    has_money = "monetary" in found.scores.scores
    grid = plotting.plot_score_grid(
        found.scores,
        measure="monetary" if has_money else None,
        label=settings.heading("revenue"),
    )
    colour = "what such a customer brought on average" if has_money else "how many"
    pictures = [
        figure(
            "score-grid",
            grid,
            "Grid of recency and frequency scores with the number of customers in each "
            "cell, and the names of segments.",
            "How many customers have each pair of scores; the darker, the more: the "
            f"colour is {colour}. Lines separate segments.",
        )
    ]
    spread = plotting.plot_score_cuts(found.rfm, "recency")
    pictures.append(
        figure(
            "recency-cuts",
            spread,
            "Histogram of days since the last purchase with the cuts between scores.",
            "How long ago customers bought last; dashed lines are where the score "
            "changes.",
        )
    )
    return pictures
