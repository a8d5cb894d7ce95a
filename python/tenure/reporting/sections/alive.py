"""Who is still a customer."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from tenure import plotting
from tenure._units import plural
from tenure.reporting.figures import figure
from tenure.reporting.html import Html, join, paragraph, table, tag
from tenure.reporting.words import amount, percent

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from tenure.reporting.analysis import Analysis
    from tenure.reporting.forecast import Forecast

__all__ = ["alive"]

# Lower ends of the groups by probability of being alive, the liveliest first.
_GROUPS = (
    (0.8, "80\N{NO-BREAK SPACE}% and more"),
    (0.5, "50 to 80\N{NO-BREAK SPACE}%"),
    (0.2, "20 to 50\N{NO-BREAK SPACE}%"),
    (0.0, "below 20\N{NO-BREAK SPACE}%"),
)


def alive(analysis: Analysis) -> Html | None:
    """Return groups of customers and maps; None without a model."""
    forecast, summary = analysis.forecast, analysis.summary
    if forecast is None:
        return None
    once = int((summary.frequency == 0).sum())
    return tag(
        "section",
        tag("h2", "Who is still a customer?"),
        paragraph(
            "The same silence means different things: somebody who used to buy every "
            "week and has not come for two months is probably gone, somebody who buys "
            "twice a year is not.",
            "The model weighs that up for each customer.",
            "It takes customers to leave right after a repeat purchase, so it cannot "
            f"tell about the {once:,} who bought only once: they count as alive, and "
            "few purchases are expected of them.",
        ),
        _groups(analysis, forecast),
        tag("div", join(_maps(analysis, forecast)), class_="pictures"),
        id="alive",
    )


def _groups(analysis: Analysis, forecast: Forecast) -> Html:
    """Return how many customers there are by how likely they are still there."""
    again = analysis.summary.frequency > 0
    groups = {"bought once": ~again}
    upper = np.inf
    for lower, words in _GROUPS:
        groups[words] = again & (forecast.alive >= lower) & (forecast.alive < upper)
        upper = lower
    span = analysis.settings.span
    header = ["probability of being alive", "customers", "share", f"purchases, {span}"]
    rows = [_group(words, inside, forecast) for words, inside in groups.items()]
    worth = forecast.value
    if worth is not None:
        header.append(analysis.settings.heading(f"{worth.basis}, {span}"))
        sums = [worth["value"][inside].sum() for inside in groups.values()]
        for row, text in zip(rows, analysis.settings.amounts(sums), strict=True):
            row.append(text)
    caption = "Customers by probability of being alive, and what to expect of them"
    return table(header, rows, caption=caption)


def _group(words: str, inside: NDArray[np.bool_], forecast: Forecast) -> list[str]:
    count = int(inside.sum())
    expected = forecast.purchases["value"][inside].sum()
    return [words, f"{count:,}", percent(count / len(inside)), amount(expected)]


def _maps(analysis: Analysis, forecast: Forecast) -> list[Html]:
    summary, settings = analysis.summary, analysis.settings
    age = float(np.median(summary.T[summary.frequency > 0]))
    often = summary.frequency[summary.frequency > 0]
    most = int(np.clip(np.quantile(often, 0.99), 8, 40))
    unit = plural(settings.unit)
    who = f"Customers who first came {age:,.3g} {unit} ago"
    sure = plotting.plot_recency_frequency(
        forecast.buying, T=age, most=most, summary=summary
    )
    expected = plotting.plot_recency_frequency(
        forecast.buying,
        T=age,
        most=most,
        quantity="expected_purchases",
        horizon=settings.horizon,
    )
    return [
        figure(
            "alive-map",
            sure,
            "Map of the probability of being alive by repeat purchases and by when the "
            "last of them was; highest where the last purchase is recent.",
            f"{who}: how sure it is that they are still customers, by how often they "
            "bought (to the right) and how lately (upwards). Dots are customers of "
            "about that age.",
        ),
        figure(
            "expected-map",
            expected,
            "Map of expected purchases by repeat purchases and by when the last of "
            "them was; highest for frequent and recent buyers.",
            f"The same customers: purchases to expect in the next {settings.span}. "
            "Only those who bought both often and lately will buy much.",
        ),
    ]
