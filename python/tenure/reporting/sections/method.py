"""How the numbers were made, and with which settings."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tenure._core import VERSION
from tenure._report import written
from tenure.reporting.html import Html, join, paragraph, table, tag
from tenure.reporting.words import percent

if TYPE_CHECKING:
    from tenure.reporting.analysis import Analysis

__all__ = ["method"]

_NOTES = """\
Frequency is the number of repeat purchases; recency is the time from a customer's \
first purchase to the last; T is the time from the first purchase to the date of this \
page.
Buying is modelled by the beta-geometric / negative binomial model (BG/NBD). It knows \
customers only by their purchases: no seasons, no prices, no campaigns.
Intervals of totals are for the uncertainty of the parameters (by the delta method): \
how well the averages are known. What a single customer does varies more, which the \
likely numbers of purchases show."""

_MONEY_NOTES = """\
Spending is modelled by the Gamma-Gamma model. How much somebody spends on a purchase \
is taken to have nothing to do with how often they buy.
A value is the expected number of purchases, each worth less the later it comes, times \
what a purchase is expected to be worth. Its interval, too, is for the uncertainty of \
the parameters."""

_REFERENCES = """\
Fader, P. S., Hardie, B. G. S., Lee, K. L. (2005). “Counting your customers” the easy \
way: an alternative to the Pareto/NBD model. Marketing Science 24(2), 275-284."""

_MONEY_REFERENCES = """\
Fader, P. S., Hardie, B. G. S., Lee, K. L. (2005). RFM and CLV: using iso-value curves \
for customer base analysis. Journal of Marketing Research 42(4), 415-430.
Fader, P. S., Hardie, B. G. S. (2013). The Gamma-Gamma model of monetary value."""


def method(analysis: Analysis) -> Html:
    """Return notes, references and settings."""
    notes, references = _NOTES.splitlines(), _REFERENCES.splitlines()
    if analysis.base.value is not None:
        notes += _MONEY_NOTES.splitlines()
        references += _MONEY_REFERENCES.splitlines()
    return tag(
        "section",
        tag("h2", "How this was made"),
        tag("ul", join([tag("li", note) for note in notes])),
        tag("h3", "References"),
        tag("ul", join([tag("li", one) for one in references])),
        table(["setting", "value"], _settings(analysis), caption="Settings", texts=2),
        paragraph(f"Made by tenure {VERSION}.", class_="small"),
        id="method",
    )


def _settings(analysis: Analysis) -> list[tuple[str, str]]:
    receipt, check = analysis.log.receipt, analysis.check
    rows = [("As of", str(analysis.base.last_day)), *_asked(analysis)]
    if check is not None and check.split.as_of is not None:
        rows.append(("Checked with what was known on", written(check.split.as_of)))
    rows += [
        (
            "Merged into one purchase",
            f"same {receipt.merge}" if receipt.merge else "nothing",
        ),
        ("Negative amounts", receipt.refund_rule),
        ("Equal rows", receipt.duplicate_rule),
        ("Time zone", receipt.zone or "none in the data"),
    ]
    return rows


def _asked(analysis: Analysis) -> list[tuple[str, str]]:
    """Return what the page was asked for."""
    settings = analysis.settings
    rows = [
        ("Horizon", settings.span),
        ("Confidence level of intervals", settings.level),
        ("Unit of time", settings.unit),
    ]
    if analysis.base.value is None:
        return rows
    margin = settings.margin
    return [
        *rows,
        ("Discount rate", f"{percent(settings.discount_rate, 1)} a year"),
        ("Margin", "none: values are revenue" if margin is None else f"{margin:g}"),
        ("Currency", settings.currency or "that of the data"),
    ]
