"""How well the models did on purchases that they had not seen."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from tenure import plotting
from tenure._report import written
from tenure.reporting.figures import figure
from tenure.reporting.html import Html, join, paragraph, table, tag
from tenure.reporting.words import amount, difference, grouped_by, percent, reason

if TYPE_CHECKING:
    from tenure.reporting.analysis import Analysis
    from tenure.reporting.check import Check

__all__ = ["checks"]

# Beyond this share of the actual total, an expected one is called far off.
_FAR = 0.2


def checks(analysis: Analysis) -> Html | None:
    """Return the comparison with what happened; None without a model."""
    if analysis.forecast is None:
        return None
    check = analysis.check
    parts = [tag("h2", "Can the estimates be trusted?")]
    pictures = [_frequency(analysis)]
    if check is None:
        why = reason(analysis.problems["check"])
        start = "The models could not be checked on later purchases."
        parts.append(paragraph(start, why, class_="notice"))
    else:
        parts += [_words(check), _errors(check, analysis), _verdict(check)]
        pictures = [*_tracking(analysis, check), *pictures, _conditional(check)]
    pictures_ = tag("div", join(pictures), class_="pictures")
    return tag("section", *parts, pictures_, id="checks")


def _words(check: Check) -> Html:
    split = check.split
    assert split.as_of is not None  # noqa: S101
    count, ranked, best = check.best_tenth
    return paragraph(
        "To see how good such estimates are, the models were fitted again to what was "
        f"known on {written(split.as_of)}, and asked about the time from then to "
        f"{written(split.until)}, which has happened since: the holdout.",
        f"They were asked about the {len(split):,} customers known at the time.",
        f"The {count:,} whom they ranked highest (a tenth) made {percent(ranked)} of "
        f"the purchases in the holdout; no choice of as many could have made more than "
        f"{percent(best)}."
        if split.holdout_purchases.any()
        else "",
    )


def _errors(check: Check, analysis: Analysis) -> Html:
    bought, expected = check.split.holdout_purchases, check.expected
    total, guess = float(bought.sum()), float(expected.sum())
    rows = [["purchases", f"{total:,.0f}", amount(guess), difference(guess, total)]]
    holdout_value = check.split.holdout_value
    if holdout_value is not None and check.value is not None:
        worth = float(holdout_value.sum())
        off = (
            difference(check.value, worth)
            .replace("few", "little")
            .replace("many", "much")
        )
        values = analysis.settings.amounts([worth, check.value])
        rows.append([analysis.settings.heading("revenue"), *values, off])
    mean = float(np.abs(bought - expected).mean())
    naive = float(np.abs(bought - bought.mean()).mean())
    return join(
        [
            table(
                ["in the holdout", "actual", "expected", "the models expected"],
                rows,
                caption="Totals over all customers, actual and expected",
            ),
            paragraph(
                f"For a single customer the estimate is off by {amount(mean)} "
                f"purchases on average. Had the mean, {amount(float(bought.mean()))}, "
                "been expected of everybody, it would have been off by "
                f"{amount(naive)}.",
            ),
        ]
    )


def _verdict(check: Check) -> Html:
    """Warn where totals are far off."""
    actual, expected = float(check.split.holdout_purchases.sum()), check.expected.sum()
    if actual and abs(expected / actual - 1) <= _FAR:
        return Html("")
    return paragraph(
        "That is far off. Read the estimates on this page with it in mind: a season "
        "in the holdout, growth, or a changed offer are the usual reasons, and the "
        "models know of none of them. The order of customers, who will buy more than "
        "whom, may still be right.",
        class_="notice",
    )


def _tracking(analysis: Analysis, check: Check) -> list[Html]:
    log, base = analysis.log, analysis.base
    period = grouped_by(base.first_day, base.last_day)
    period = "week" if period == "month" else period
    options: dict[str, Any] = {"split": check.split, "period": period}
    cumulative = plotting.plot_tracking(check.buying, log, **options)
    each = plotting.plot_tracking(check.buying, log, cumulative=False, **options)
    start = "Two lines over time, actual and expected repeat purchases"
    return [
        figure(
            "tracking",
            cumulative,
            f"{start}, as running totals; the holdout is shaded.",
            "Running totals of repeat purchases. The models have seen what lies before "
            "the shaded part; in it, expected purchases are a forecast.",
        ),
        figure(
            "tracking-each",
            each,
            f"{start} of each {period}; the holdout is shaded.",
            f"The same for each {period}. The model knows no seasons and no campaigns: "
            "it follows the trend, not the ups and downs.",
        ),
    ]


def _frequency(analysis: Analysis) -> Html:
    assert analysis.forecast is not None  # noqa: S101
    model, summary = analysis.forecast.buying, analysis.summary
    frame = plotting.frequency_histogram(model, summary)
    ax = plotting.plot_frequency(model, summary)
    pairs = zip(_column(frame, "actual"), _column(frame, "expected"), strict=True)
    numbers = [
        f"{count}{'+' if count == 7 else ''}: {actual:,.0f} and {expected:,.1f}"
        for count, (actual, expected) in enumerate(pairs)
    ]
    return figure(
        "frequency",
        ax,
        "Bars: actual and expected customers by repeat purchases. "
        + "; ".join(numbers),
        "Customers by repeat purchases so far, and how many of each there should be if "
        "the model of buying were exactly true.",
    )


def _column(frame: Any, name: str) -> list[float]:
    return [float(value) for value in frame[name]]


def _conditional(check: Check) -> Html:
    ax = plotting.plot_conditional_expectations(check.buying, check.split)
    return figure(
        "conditional",
        ax,
        "Two lines: mean purchases of a customer in the holdout, actual and expected, "
        "by repeat purchases before it.",
        "Those who bought often before are expected to buy often again: do they? Each "
        "dot is the mean over customers with as many repeat purchases.",
    )
