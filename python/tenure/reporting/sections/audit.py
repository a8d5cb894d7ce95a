"""The first lenses of the customer-base audit: customers, periods and one cohort."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from tenure.auditing._ledger import label_of
from tenure.auditing.period_to_period import GROUPS
from tenure.reporting.figures import figure
from tenure.reporting.html import Html, join, paragraph, table, tag
from tenure.reporting.words import percent

if TYPE_CHECKING:
    from collections.abc import Sequence

    from matplotlib.axes import Axes

    from tenure.auditing import OneCohort, PeriodToPeriod
    from tenure.reporting.analysis import Analysis
    from tenure.reporting.settings import Settings

__all__ = ["between", "cohort", "lens", "periods", "share", "unbroken"]


def unbroken(text: str) -> str:
    """Return a sentence whose percentages are not parted from their numbers."""
    return text.replace(" %", "\N{NO-BREAK SPACE}%")


def share(value: float, digits: int = 1) -> str:
    """Return a share as a cell of a table; nothing where it means nothing."""
    return "" if np.isnan(value) else percent(value, digits)


def lens(name: str, title: str, sentences: Sequence[str], *parts: Html) -> Html:
    """Return a section that leads with what the numbers say."""
    first, *others = (unbroken(one) for one in sentences)
    return tag(
        "section",
        tag("h2", title),
        paragraph(first, class_="lead"),
        paragraph(*others) if others else Html(""),
        *parts,
        id=name,
    )


def pictures(*found: Html) -> Html:
    """Return figures side by side."""
    return tag("div", join(found), class_="pictures")


def between(analysis: Analysis) -> Html | None:
    """Return how the customers of the last period differ; None if it cannot be said."""
    audit = analysis.audit
    if audit is None or audit.between_customers is None:
        return None
    found = audit.between_customers
    c, settings = found._deciles(), analysis.settings  # noqa: SLF001
    money = [_cell(settings, c["value"], found.what)]
    money.append(_cell(settings, c["value_per_order"], found.what))
    rows = [
        [
            str(c["decile"][k]),
            f"{c['customers'][k]:,}",
            money[0][k],
            share(c["share"][k]),
            f"{c['orders_per_customer'][k]:,.2f}",
            money[1][k],
            share(c["new_share"][k], 0),
        ]
        for k in range(len(c["decile"]))
    ]
    header = ["tenth", "customers", settings.heading(found.what), "share"]
    header += ["orders a customer", f"{found.what} an order", "new"]
    shown = figure(
        "audit-deciles",
        found.plot(),
        f"Bars: the share of the {found.what} of {found.label} that each tenth of its "
        "customers brought, the best first.",
        f"Each bar is a tenth of the customers who bought in {found.label}.",
    )
    caption = f"The customers of {found.label} in tenths, the best first"
    return lens(
        "between",
        "How customers differ",
        found.sentences(),
        table(header, rows, caption=caption),
        pictures(shown),
    )


def periods(analysis: Analysis) -> Html | None:
    """Return what changed between the last two periods; None if there are no two."""
    audit = analysis.audit
    if audit is None or audit.period_to_period is None:
        return None
    found = audit.period_to_period
    ax = found.plot()
    ax.set_ylabel(analysis.settings.heading(found.what))
    shown = figure(
        "audit-change",
        ax,
        f"Waterfall from the {found.what} of {found.labels[0]} to that of "
        f"{found.labels[1]} by what customers did.",
        "Who bought in the first period only, spent less or more, came back or is new.",
    )
    return lens(
        "periods",
        "From one period to the next",
        found.sentences(),
        _groups(found, analysis.settings),
        pictures(shown),
    )


def _groups(found: PeriodToPeriod, settings: Settings) -> Html:
    amounts = [
        _cell(settings, values, found.what)
        for values in (found.before, found.after, found.after - found.before)
    ]
    total = max(int(found.customers.sum()), 1)
    rows = [
        [
            name,
            f"{found.customers[place]:,}",
            percent(float(found.customers[place]) / total),
            *(column[place] for column in amounts),
        ]
        for place, name in enumerate(GROUPS)
    ]
    header = ["", "customers", "share", *found.labels, "change"]
    caption = settings.heading(f"Customers of both periods, and their {found.what}")
    return table(header, rows, caption=caption)


def cohort(analysis: Analysis) -> Html | None:
    """Return the life of one cohort; None if nobody came in a complete period."""
    audit = analysis.audit
    if audit is None or audit.one_cohort is None:
        return None
    found = audit.one_cohort
    parts = [_ages(found, analysis.settings)]
    if len(found) > 1:
        ax: Axes = found.plot()
        parts.append(
            pictures(
                figure(
                    "audit-cohort",
                    ax,
                    f"Bars: the share of the customers who came in {found.label} that "
                    f"bought in each {found.every} since.",
                    f"The share who bought in each {found.every} since, with its "
                    f"{100 * found.level:g}\N{NO-BREAK SPACE}% interval.",
                )
            )
        )
    return lens("cohort", "One cohort over time", found.sentences(), *parts)


# Rows of the table of a cohort, at most: the first and the last ones.
_ROWS = 12


def _ages(found: OneCohort, settings: Settings) -> Html:
    c = found.columns
    places = list(range(len(found)))
    if len(places) > _ROWS:
        places = places[: _ROWS // 2] + places[-_ROWS // 2 :]
    cumulative = _cell(settings, c["cumulative"], found.what)
    order = _cell(settings, c["value_per_order"], found.what)
    rows = [
        [
            label_of(c["period"][k], found.every),
            f"{c['active'][k]:,}",
            share(c["share"][k]),
            f"{share(c['share_low'][k])} to {share(c['share_high'][k])}",
            "" if np.isnan(c["orders_per_active"][k]) else _two(c, k),
            "" if np.isnan(c["value_per_order"][k]) else order[k],
            cumulative[k],
        ]
        for k in places
    ]
    level = f"{100 * found.level:g}\N{NO-BREAK SPACE}% interval"
    header = [found.every, "bought", "share", level, "orders each"]
    header += [f"{found.what} an order", settings.heading(f"{found.what} so far, each")]
    left_out = "" if len(places) == len(found) else ", those in the middle left out"
    caption = f"The customers who came in {found.label}, by {found.every}{left_out}"
    return table(header, rows, caption=caption)


def _two(c: dict[str, np.ndarray], place: int) -> str:
    return f"{c['orders_per_active'][place]:,.2f}"


def _cell(settings: Settings, values: np.ndarray, what: str) -> list[str]:
    """Return amounts, or counts where values are no money."""
    if what in ("orders", "lines"):
        whole = bool((values == np.round(values)).all())
        return [f"{value:,.{0 if whole else 2}f}" for value in values.tolist()]
    return settings.amounts(np.nan_to_num(values))
