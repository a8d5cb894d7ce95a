"""What customers are worth, and who is worth most."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from tenure import plotting
from tenure.reporting.figures import figure
from tenure.reporting.html import Html, join, paragraph, tag
from tenure.reporting.sections.top import top_customers
from tenure.reporting.words import percent

if TYPE_CHECKING:
    from tenure.reporting.analysis import Analysis
    from tenure.reporting.forecast import Forecast
    from tenure.value import LifetimeValue

__all__ = ["value"]

# How many of the top customers are drawn.
_DRAWN = 10


def value(analysis: Analysis) -> Html | None:
    """Return values, or only purchases without money; None without a model."""
    forecast = analysis.forecast
    if forecast is None:
        return None
    worth = forecast.value
    parts: list[Html] = []
    if worth is None:
        parts.append(tag("h2", "Who will buy most?"))
    else:
        parts += [tag("h2", "What customers are worth"), _words(analysis, worth)]
        parts.append(_newcomer(analysis, forecast))
        parts.append(tag("div", join(_pictures(analysis, worth)), class_="pictures"))
    return tag("section", *parts, top_customers(analysis, forecast), id="value")


def _words(analysis: Analysis, worth: LifetimeValue) -> Html:
    settings = analysis.settings
    interval = ""
    if worth.total_interval is not None:
        interval = (
            f" ({settings.between(worth.total_interval)}: that is how well the "
            "averages are known; chance adds to it)"
        )
    kind = (
        f"margin at {percent(settings.margin, 1)} of revenue"
        if settings.margin is not None
        else "revenue, before any costs"
    )
    count = max(len(worth) // 10, 1)
    share = np.sort(worth["value"])[-count:].sum() / worth.total if worth.total else 0.0
    return paragraph(
        f"All {len(worth):,} customers together are expected to bring "
        f"{settings.money(worth.total)}{interval} in the next {settings.span}.",
        f"Values are {kind}, and what comes later counts for less, by "
        f"{percent(settings.discount_rate, 1)} a year.",
        f"The most valuable tenth, {count:,} customers, is expected to bring "
        f"{percent(float(share))} of it.",
    )


def _newcomer(analysis: Analysis, forecast: Forecast) -> Html:
    new, settings = forecast.newcomer, analysis.settings
    if new is None:
        return Html("")
    interval = ""
    if new.total_interval is not None:
        interval = f" ({settings.between(new.total_interval)})"
    limit = (
        "That is the most to pay for winning one, if it is to be earned back in that "
        "time."
        if settings.margin is not None
        else "That is before any costs: with a margin, it would be the most to pay for "
        "winning one, if that is to be earned back in that time."
    )
    return paragraph(
        f"A {new.basis} of {settings.money(new.total)}{interval} is expected of a "
        f"customer who comes today for the first time, within {settings.span} and with "
        "the first purchase included.",
        limit,
    )


def _pictures(analysis: Analysis, worth: LifetimeValue) -> list[Html]:
    settings = analysis.settings
    label = settings.heading(f"{worth.basis} in the next {settings.span}")
    spread = plotting.plot_value_distribution(worth)
    spread.set_xlabel(label)
    top = plotting.plot_top_customers(worth, n=_DRAWN)
    top.set_xlabel(
        label if worth.interval is None else f"{label}; {settings.level} interval"
    )
    mean = settings.money(float(np.mean(worth["value"])))
    median = settings.money(float(np.median(worth["value"])))
    skewed = np.mean(worth["value"]) > 1.5 * np.median(worth["value"])
    return [
        figure(
            "values",
            spread,
            f"Histogram of the values of customers; mean {mean}, median {median}.",
            f"A customer is worth {mean} on average; half of them are worth at most "
            f"{median}{': a few are worth a lot' if skewed else ''}.",
        ),
        figure(
            "top",
            top,
            "Dots with intervals: the values of the most valuable customers; the "
            "numbers are in the table below.",
            "The most valuable customers; lines are intervals for how well the "
            "averages behind the estimates are known.",
        ),
    ]
