"""How much of the revenue the best customers bring."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from tenure import plotting
from tenure.reporting.figures import figure
from tenure.reporting.html import Html, join, paragraph, table, tag
from tenure.reporting.words import percent

if TYPE_CHECKING:
    from tenure._concentration import Concentration
    from tenure.reporting.analysis import Analysis
    from tenure.reporting.settings import Settings

__all__ = ["concentration"]


def concentration(analysis: Analysis) -> Html | None:
    """Return who brings the revenue; None for a log without amounts."""
    spread = analysis.spread
    if spread is None:
        return None
    found = spread.concentration
    stays = [] if spread.stability is None else _stability(analysis)
    return tag(
        "section",
        tag("h2", "How much hangs on a few customers"),
        paragraph(*(_unbroken(one) for one in found.sentences())),
        _table(found, analysis.settings),
        tag("div", join(_pictures(found)), class_="pictures"),
        *([tag("h3", "Do the best stay the best?"), paragraph(*stays)] * bool(stays)),
        paragraph(
            "Intervals take these customers as a sample of those whom the business "
            "attracts; with fewer than 50 in a group they would claim too much and are "
            "left out.",
            class_="small",
        ),
        id="concentration",
    )


def _unbroken(text: str) -> str:
    return text.replace(" %", "\N{NO-BREAK SPACE}%")


def _table(found: Concentration, settings: Settings) -> Html:
    tops = found._top_shares()  # noqa: SLF001
    level = f"{100 * found.interval:g}\N{NO-BREAK SPACE}% interval of the share"
    header = ["the best", "customers", settings.heading("revenue"), "share", level]
    texts = settings.amounts(tops["value"])
    rows = [
        [
            percent(top),
            f"{count:,}",
            text,
            "" if np.isnan(share) else percent(share, 1),
            "" if np.isnan(lower) else f"{percent(lower, 1)} to {percent(upper, 1)}",
        ]
        for top, count, text, share, lower, upper in zip(
            tops["top"],
            tops["customers"],
            texts,
            tops["share"],
            tops["lower"],
            tops["upper"],
            strict=True,
        )
    ]
    return table(header, rows, caption="What the best customers brought so far")


def _pictures(found: Concentration) -> list[Html]:
    if found.losers:
        second = figure(
            "whale",
            plotting.plot_whale(found),
            "Curve of what the best customers bring together; it falls at the end.",
            "Summed up from the best customer on: beyond the peak are those who were "
            "refunded more than they paid.",
        )
    else:
        second = figure(
            "deciles",
            plotting.plot_deciles(found),
            "Bars: the share of revenue of each tenth of the customers.",
            "Each bar is a tenth of the customers.",
        )
    if not found.total > 0:
        return [second]
    lorenz = figure(
        "lorenz",
        plotting.plot_lorenz(found),
        f"Lorenz curve of revenue; the Gini index is {found.gini:.2f}.",
        "The further the curve hangs below the dashed line, the more hangs on a few.",
    )
    return [lorenz, second]


def _stability(analysis: Analysis) -> list[str]:
    """Say whether the best tenth stays the best."""
    assert analysis.spread is not None  # noqa: S101
    stability = analysis.spread.stability
    assert stability is not None  # noqa: S101
    said = [_unbroken(one) for one in stability.sentences()]
    return [*said, f"That is by revenue in the {stability.window} before each date."]
