"""The top of the page: what it is, and the numbers that everybody asks for."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

from tenure._report import counted
from tenure.reporting.html import Html, join, paragraph, tag
from tenure.reporting.words import amount, percent

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tenure.reporting.analysis import Analysis
    from tenure.reporting.forecast import Forecast
    from tenure.reporting.settings import Settings
    from tenure.value import LifetimeValue

__all__ = ["glance"]

# With fewer customers who came back than this, estimates are called guesses.
_FEW = 30


def glance(analysis: Analysis) -> Html:
    """Return the lead and the cards."""
    base, settings = analysis.base, analysis.settings
    lead = paragraph(
        f"{counted(base.customers, 'customer')} made "
        f"{counted(base.purchases, 'purchase')} from {base.first_day} to "
        f"{base.last_day}.",
        "This page shows how they buy, estimates from how often and how lately each of "
        "them bought who is still a customer and what they will buy in the next "
        f"{settings.span}, and says how far those estimates can be trusted.",
        class_="lead",
    )
    cards = [tag("h3", "So far"), tag("dl", join(_facts(analysis)), class_="cards")]
    if analysis.forecast is not None:
        found = join(_expectations(analysis, analysis.forecast))
        cards.append(tag("h3", f"Estimates for the next {settings.span}"))
        cards.append(tag("dl", found, class_="cards"))
    notes: list[str] = []
    if base.value is None:
        notes.append(
            "The log has no amounts, so nothing on this page is about money: name the "
            "column of amounts to see what customers spend and what they are worth."
        )
    if analysis.forecast is not None and base.repeaters < _FEW:
        came = counted(base.repeaters, "customer")
        notes.append(
            f"Only {came} came back so far: take the estimates as rough guesses."
        )
    if analysis.forecast is None:
        notes.append(
            "There is too little to estimate from, so this page describes what "
            "happened and does not look ahead; the section on the models says why."
        )
    remarks = join([paragraph(note, class_="notice") for note in notes])
    return tag("section", tag("h2", "At a glance"), lead, *cards, remarks, id="glance")


def _card(label: str, value: str, note: str) -> Html:
    note_line = tag("dd", note, class_="note") if note else ""
    return tag("div", tag("dt", label), tag("dd", value), note_line or Html(""))


def _facts(analysis: Analysis) -> Iterator[Html]:
    """Yield what happened."""
    base, settings = analysis.base, analysis.settings
    again = base.repeaters / base.customers
    yield _card("Customers", f"{base.customers:,}", f"by {base.last_day}")
    often = base.purchases / base.customers
    yield _card("Purchases", f"{base.purchases:,}", f"{often:.2f} a customer")
    if base.value is not None and base.order_value is not None:
        mean = settings.money(base.value / base.customers)
        yield _card("Revenue", settings.money(base.value), f"{mean} a customer")
        yield _card(
            "Average purchase", settings.money(base.order_value), "revenue a purchase"
        )
    yield _card(
        "Came back",
        percent(again),
        f"{base.repeaters:,} bought more than once",
    )
    if not math.isnan(base.wait):
        yield _card(
            "Time between purchases",
            counted(round(base.wait), "day"),
            "median, for those who came back",
        )


def _expectations(analysis: Analysis, forecast: Forecast) -> Iterator[Html]:
    """Yield what is to be expected."""
    settings = analysis.settings
    again = analysis.summary.frequency > 0
    alive, all_alive = forecast.alive[again].mean(), forecast.alive.mean()
    yield _card(
        "Still customers",
        percent(float(alive)),
        f"of those who came back; {percent(float(all_alive))} counting all who bought "
        "once, of whom the model cannot tell",
    )
    yield _card(
        "Repeat purchases",
        amount(forecast.purchases.total),
        _interval(forecast.purchases, settings, money=False),
    )
    if forecast.value is not None:
        kind = "Revenue" if forecast.value.basis == "revenue" else "Margin"
        yield _card(
            kind,
            settings.money(forecast.value.total),
            _interval(forecast.value, settings, money=True),
        )


def _interval(value: LifetimeValue, settings: Settings, *, money: bool) -> str:
    if value.total_interval is None:
        return "expected"
    if money:
        return settings.between(value.total_interval)
    lower, upper = (amount(max(end, 0.0)) for end in value.total_interval)
    return f"{settings.level} interval {lower} to {upper}"
