"""What the page was made from, and how customers have bought so far."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from tenure import plotting
from tenure._report import counted
from tenure.plotting._dates import period_starts
from tenure.reporting.figures import figure
from tenure.reporting.html import Html, join, paragraph, tag
from tenure.reporting.words import grouped_by

if TYPE_CHECKING:
    from tenure.receipt import Receipt
    from tenure.reporting.analysis import Analysis

__all__ = ["data"]

_MERGED = {
    "order": "Rows of the same order are one purchase.",
    None: "Every row is a purchase of its own.",
}
_REFUNDS = {
    "net": "A negative amount reduces the purchase that it follows.",
    "drop": "Rows with a negative amount are left out.",
    "keep": "A negative amount is a purchase like any other.",
    "raise": "",
}


def data(analysis: Analysis) -> Html:
    """Return the receipt in words, and pictures of the log."""
    receipt, base = analysis.log.receipt, analysis.base
    notes = [tag("li", f"{count:,} {what}") for count, what in receipt.notes()]
    return tag(
        "section",
        tag("h2", "How customers have bought"),
        paragraph(
            f"The log has {counted(receipt.rows, 'row')}, of which {receipt.used:,} "
            "were used.",
            _rules(receipt),
            "Nothing is left out without being counted here:" if notes else "",
        ),
        tag("ul", join(notes)) if notes else Html(""),
        _later(analysis),
        tag("div", join(_pictures(analysis)), class_="pictures"),
        paragraph(
            f"Customers count from their first purchase to {base.last_day}. Times "
            "between purchases are of those who did come back by then; the next "
            "purchase of all others is still open, so true times are longer.",
            class_="small",
        ),
        id="data",
    )


def _rules(receipt: Receipt) -> str:
    day = f"Purchases of a customer in the same {receipt.merge} count as one."
    zone = f" Days are those of {receipt.zone}." if receipt.zone else ""
    refunds = _REFUNDS[receipt.refund_rule] if receipt.refunds else ""
    return f"{_MERGED.get(receipt.merge, day)}{zone} {refunds}".rstrip()


def _later(analysis: Analysis) -> Html:
    """Say how much of the log lies after the date of the page."""
    later = len(analysis.log) - analysis.base.purchases
    if not later:
        return Html("")
    return paragraph(
        f"{counted(later, 'purchase')} after {analysis.base.last_day} "
        f"{'is' if later == 1 else 'are'} left out: the page is as of that day."
    )


def _pictures(analysis: Analysis) -> list[Html]:
    found = _over_time(analysis)
    if analysis.base.repeaters:
        found.append(_waits(analysis))
    if analysis.log.values is not None:
        found.append(_order_values(analysis))
    return found


def _over_time(analysis: Analysis) -> list[Html]:
    """Return purchases over time and, in a log with amounts, their value."""
    log, base, settings = analysis.log, analysis.base, analysis.settings
    period = grouped_by(base.first_day, base.last_day)
    options: dict[str, Any] = {"period": period, "until": str(base.last_day)}
    over = bool(period_starts(np.array([base.last_day + 1]), period) > base.last_day)
    span = f"of each {period} from {base.first_day} to {base.last_day}"
    found = [
        figure(
            "over-time",
            plotting.plot_purchases_over_time(log, **options),
            f"Bars: first and repeat purchases {span}.",
            f"First and repeat purchases of each {period}.",
            "" if over else f"The last {period}, in outline, was not over yet.",
        )
    ]
    if log.values is not None:
        ax = plotting.plot_purchases_over_time(log, measure="value", **options)
        ax.set_ylabel(settings.heading("value"))
        found.append(
            figure(
                "value-over-time",
                ax,
                f"Bars: the value of all purchases {span}.",
                f"What the purchases of each {period} were worth together.",
            )
        )
    return found


def _waits(analysis: Analysis) -> Html:
    base = analysis.base
    days = f"{base.wait:,.4g} days"
    return figure(
        "waits",
        plotting.plot_time_between_orders(analysis.log, until=str(base.last_day)),
        "Histogram of the days from one purchase of a customer to the next; half of "
        f"them are at most {days}.",
        f"Half of all repeat purchases came within {days} of the one before.",
    )


def _order_values(analysis: Analysis) -> Html:
    last, settings = str(analysis.base.last_day), analysis.settings
    ax = plotting.plot_order_values(analysis.log, until=last)
    ax.set_xlabel(settings.heading("value of a purchase"))
    assert analysis.base.order_value is not None  # noqa: S101
    mean = settings.money(analysis.base.order_value)
    return figure(
        "order-values",
        ax,
        f"Histogram of the values of purchases; the mean is {mean}.",
        f"A purchase is worth {mean} on average; half of them are worth at most "
        f"{settings.money(analysis.base.median_value)}.",
    )
