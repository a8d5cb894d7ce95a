"""What customers are worth, and who is worth most."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from tenure import plotting
from tenure._frame import Table
from tenure.plotting._style import shortened
from tenure.reporting.customers import customer_columns
from tenure.reporting.figures import figure
from tenure.reporting.html import Html, join, paragraph, table, tag
from tenure.reporting.words import amount, percent

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from tenure.reporting.analysis import Analysis
    from tenure.reporting.forecast import Forecast
    from tenure.value import LifetimeValue

__all__ = ["value"]

# How many of the top customers are drawn, and how many are in the table.
_DRAWN, _TOP = 10, 20


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
    return tag("section", *parts, _top(analysis, forecast), id="value")


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


def _top(analysis: Analysis, forecast: Forecast) -> Html:
    """Return a table of the customers of whom most is expected."""
    settings = analysis.settings
    columns = customer_columns(analysis)
    by = columns.get("value", columns["expected_purchases"])
    order = np.argsort(-by, kind="stable")[:_TOP]
    top = {name: values[order] for name, values in columns.items()}
    likely = _likely(analysis, forecast, order)
    header = ["customer", "purchases so far", "last purchase", "probability alive"]
    header += [f"purchases, {settings.span}", f"likely ({settings.level})"]
    if "value" in top:
        header.append(settings.heading("spend a purchase"))
        header.append(settings.heading(f"value, {settings.span}"))
    if "lower" in top:
        header.append(f"{settings.level} interval")
    names = [
        name for name in ("expected_spend", "value", "lower", "upper") if name in top
    ]
    money = {name: settings.amounts(top[name]) for name in names}
    rows: list[list[str]] = []
    for place, customer in enumerate(top["customer_id"]):
        row = [
            shortened(customer, most=32),
            f"{top['frequency'][place] + 1:,}",
            str(top["last_purchase"][place].astype("datetime64[D]")),
            percent(top["probability_alive"][place]),
            amount(top["expected_purchases"][place]),
            likely[place],
        ]
        if "value" in top:
            row += [money[name][place] for name in ("expected_spend", "value")]
        if "lower" in top:
            row.append(f"{money['lower'][place]} to {money['upper'][place]}")
        rows.append(row)
    caption = f"The {len(rows)} customers of whom most is expected"
    note = paragraph(
        f"Likely: with a probability of {settings.level} the number of purchases will "
        "lie between these two.",
        class_="small",
    )
    return join([table(header, rows, caption=caption), note])


def _likely(analysis: Analysis, forecast: Forecast, order: NDArray[Any]) -> list[str]:
    """Return between which counts purchases will probably fall, in words."""
    summary, settings = analysis.summary, analysis.settings
    few = {
        name: summary[name][order].astype(np.float64)
        for name in ("frequency", "recency", "T")
    }
    frame = forecast.buying.prediction_interval(
        few, horizon=settings.horizon, level=settings.interval
    )
    ends = Table.of(frame)
    lower, upper = (ends.numbers(name).values for name in ("lower", "upper"))
    return [f"{a:.0f} to {b:.0f}" for a, b in zip(lower, upper, strict=True)]
