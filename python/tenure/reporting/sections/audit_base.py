"""The other lenses of the audit: cohorts compared, the whole base, and products."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from tenure import plotting
from tenure.plotting._style import shortened
from tenure.reporting.figures import figure
from tenure.reporting.html import Html, paragraph, table
from tenure.reporting.sections.audit import _cell, lens, pictures, share

if TYPE_CHECKING:
    from tenure.auditing import CohortsCompared, WholeBase
    from tenure.reporting.analysis import Analysis
    from tenure.reporting.settings import Settings

__all__ = ["base", "cohorts", "products"]

# More cohorts than this make no triangle that can be read.
_MOST = 30
_ROWS = 12


def cohorts(analysis: Analysis) -> Html | None:
    """Return cohorts side by side: table, triangle and curves; None if too few."""
    audit = analysis.audit
    if audit is None or audit.cohorts_compared is None:
        return None
    found = audit.cohorts_compared
    return lens(
        "cohorts",
        "Cohorts compared",
        found.sentences(),
        _side_by_side(found, analysis.settings),
        pictures(*_cohort_pictures(found, analysis.settings)),
        paragraph(
            "Cells that were not over when the log ended are left out of curves and "
            "averages.",
            class_="small",
        ),
    )


def _side_by_side(found: CohortsCompared, settings: Settings) -> Html:
    c, labels = found.columns, found.labels()
    first = _cell(settings, c["first_value"], found.what)
    value, low, high = (
        _cell(settings, c[name], found.what)
        for name in ("value", "value_low", "value_high")
    )
    rows = [
        [
            labels[k],
            f"{c['customers'][k]:,}",
            first[k],
            share(c["retained"][k]),
            "" if np.isnan(c["value"][k]) else value[k],
            "" if np.isnan(c["value_low"][k]) else f"{low[k]} to {high[k]}",
        ]
        for k in range(len(labels))
    ][-_ROWS:]
    by = f"{found.what} by age {found.age}"
    level = f"{100 * found.level:g}\N{NO-BREAK SPACE}% interval"
    header = ["came in", "customers", settings.heading(f"first {found.every}")]
    header += ["bought in the next", settings.heading(by), level]
    newest = "" if len(labels) <= _ROWS else f", the {_ROWS} newest"
    caption = f"Cohorts by {found.every} of arrival{newest}: what a customer brought"
    return table(header, rows, caption=caption)


def _cohort_pictures(found: CohortsCompared, settings: Settings) -> list[Html]:
    every = found.every
    shown: list[Html] = []
    if len(found.retention.cohorts) <= _MOST:
        shown.append(
            figure(
                "retention-triangle",
                plotting.plot_retention(found.retention),
                f"Triangle: the share of the customers of each {every} of arrival that "
                "bought at each age.",
                f"Each row is a {every} of arrival: who bought at each age. Read down "
                "a column to see whether newer customers stay better.",
            )
        )
    shown.append(
        figure(
            "retention-curves",
            plotting.plot_retention_curves(found.retention),
            "Curves: the share of each cohort that bought at each age, and their "
            "average.",
            "The same as curves, older cohorts darker; the thick line is the average.",
        )
    )
    ax = plotting.plot_cohort_values(found.values)
    ax.set_ylabel(settings.heading(found.what))
    shown.append(
        figure(
            "value-curves",
            ax,
            f"Curves: the {found.what} that a customer of each cohort has brought up "
            "to each age, and that of all customers.",
            f"What a customer has brought up to each age in {every}s: the curves of "
            "lifetime value so far.",
        )
    )
    return shown


def base(analysis: Analysis) -> Html | None:
    """Return where the value of each period came from; None if it cannot be said."""
    audit = analysis.audit
    if audit is None or audit.whole_base is None:
        return None
    found = audit.whole_base
    ax = found.plot()
    ax.set_ylabel(analysis.settings.heading(found.what))
    shown = figure(
        "audit-base",
        ax,
        f"Stacked bars: the {found.what} of each {found.every} by when its customers "
        "came.",
        f"What each {found.every} brought, in layers by when customers came, the "
        "oldest at the bottom.",
    )
    return lens(
        "base",
        "The whole base",
        found.sentences(),
        _by_period(found, analysis.settings),
        pictures(shown),
    )


def _by_period(found: WholeBase, settings: Settings) -> Html:
    c = found._columns()  # noqa: SLF001
    labels = found.labels()
    value, new = (
        _cell(settings, c[name], found.what) for name in ("value", "value_new")
    )
    rows = [
        [
            labels[k],
            f"{c['known'][k]:,}",
            f"{c['active'][k]:,}",
            share(c["active_share"][k]),
            f"{c['new'][k]:,}",
            value[k],
            new[k],
        ]
        for k in range(len(labels))
    ][-_ROWS:]
    header = [found.every, "customers so far", "bought", "share", "new"]
    header += [settings.heading(found.what), "of it from the new"]
    last = "" if len(labels) <= _ROWS else f", the last {_ROWS}"
    return table(header, rows, caption=f"All customers by {found.every}{last}")


def products(analysis: Analysis) -> Html | None:
    """Return which products customers buy; None for a log without products."""
    audit = analysis.audit
    if audit is None or audit.products is None:
        return None
    found, settings = audit.products, analysis.settings
    c, count = found.columns, min(len(found), 15)
    value = _cell(settings, c["value"][:count], found.what)
    rows = [
        [
            shortened(c["product"][k], 32),
            f"{c['buyers'][k]:,}",
            share(c["penetration"][k]),
            f"{c['orders'][k]:,}",
            value[k],
            share(c["share"][k]),
            share(c["repeat_rate"][k], 0),
        ]
        for k in range(count)
    ]
    header = ["product", "buyers", "of all", "orders", settings.heading(found.what)]
    header += ["share", "bought again"]
    shown = figure(
        "audit-products",
        found.plot(),
        f"Bars: the share of {found.what} and of buyers of the {count} products that "
        "brought most.",
        "What each of these products brings, and which share of the customers bought "
        "it.",
    )
    caption = f"The {count} products that brought most"
    return lens(
        "products",
        "Products",
        found.sentences(),
        table(header, rows, caption=caption),
        pictures(shown),
    )
