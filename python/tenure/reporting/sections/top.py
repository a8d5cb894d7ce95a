"""The customers of whom most is expected."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from tenure._frame import Table
from tenure.plotting._style import shortened
from tenure.reporting.customers import customer_columns
from tenure.reporting.html import Html, join, paragraph, table
from tenure.reporting.words import amount, percent

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from tenure.reporting.analysis import Analysis
    from tenure.reporting.forecast import Forecast
    from tenure.reporting.settings import Settings

__all__ = ["top_customers"]

_TOP = 20


def top_customers(analysis: Analysis, forecast: Forecast) -> Html:
    """Return a table of the customers of whom most is expected, by value if known."""
    settings = analysis.settings
    columns = customer_columns(analysis)
    by = columns.get("value", columns["expected_purchases"])
    order = np.argsort(-by, kind="stable")[:_TOP]
    top = {name: values[order] for name, values in columns.items()}
    days = top["last_purchase"].astype("datetime64[D]")
    cells: dict[str, list[str]] = {
        "customer": [shortened(customer, most=32) for customer in top["customer_id"]],
        "purchases so far": [f"{times + 1:,}" for times in top["frequency"]],
        "last purchase": [str(day) for day in days],
        "probability alive": [percent(alive) for alive in top["probability_alive"]],
        f"purchases, {settings.span}": list(map(amount, top["expected_purchases"])),
        f"likely ({settings.level})": _likely(analysis, forecast, order),
    }
    if "value" in top:
        cells |= _money(top, settings)
    note = paragraph(
        f"Likely: with a probability of {settings.level} the number of purchases will "
        "lie between these two.",
        class_="small",
    )
    caption = f"The {len(order)} customers of whom most is expected"
    rows = zip(*cells.values(), strict=True)
    return join([table(list(cells), rows, caption=caption), note])


def _money(top: dict[str, NDArray[Any]], settings: Settings) -> dict[str, list[str]]:
    """Return what they spend and what they are worth, values with their intervals."""
    names = [name for name in ("value", "lower", "upper") if name in top]
    texts = settings.amounts(np.concatenate([top[name] for name in names]))
    size = len(top["value"])
    spend = settings.heading("spend a purchase")
    worth = settings.heading(f"value, {settings.span}")
    cells = {spend: settings.amounts(top["expected_spend"]), worth: texts[:size]}
    if "lower" in top:
        ends = zip(texts[size : 2 * size], texts[2 * size :], strict=True)
        cells[f"{settings.level} interval"] = [f"{a} to {b}" for a, b in ends]
    return cells


def _likely(analysis: Analysis, forecast: Forecast, order: NDArray[Any]) -> list[str]:
    """Return between which counts purchases will probably fall, in words."""
    summary, settings = analysis.summary, analysis.settings
    few = {
        name: summary[name][order].astype(np.float64)
        for name in ("frequency", "recency", "T")
    }
    ends = Table.of(
        forecast.buying.prediction_interval(
            few, horizon=settings.horizon, level=settings.interval
        )
    )
    lower, upper = (ends.numbers(name).values for name in ("lower", "upper"))
    return [f"{a:.0f} to {b:.0f}" for a, b in zip(lower, upper, strict=True)]
