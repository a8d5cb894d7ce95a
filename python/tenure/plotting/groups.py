"""Metrics of groups beside each other, and when customers buy."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from tenure.exceptions import EmptyDataError
from tenure.plotting._style import (
    ACTUAL,
    EXPECTED,
    FAINT,
    MUTED,
    calm_axes,
    number_axis,
    percent_axis,
    remark,
    shortened,
    title,
)

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from numpy.typing import NDArray

    from tenure.breakdown import Breakdown, BuyingPatterns
    from tenure.breakdown.patterns import Clock

__all__ = ["plot_buying_profile", "plot_groups"]

# More groups than this are no picture: those with the most customers are drawn.
_MOST = 40


def plot_groups(
    breakdown: Breakdown,
    metric: str | None = None,
    *,
    depth: int | None = None,
    ax: Axes | None = None,
    **kwargs: Any,
) -> Axes:
    """Draw a metric of each group with its interval, and the line of all customers.

    Suppressed groups are left out; of more than 40 those with the most customers are
    drawn.

    Parameters
    ----------
    breakdown : Breakdown
        What `breakdown.metrics` returns; its `to_frame` has the numbers.
    metric : str, optional
        Which metric; the first one by default.
    depth : int, optional
        How many attributes make the groups: 1 for the first; all by default.
    ax : Axes, optional
        Where to draw.
    **kwargs
        For the points, as `Axes.errorbar` takes them.
    """
    chosen = metric or breakdown.metrics[0].name
    rows = breakdown._rows(chosen)  # noqa: SLF001
    columns = {name: values[rows] for name, values in breakdown.columns.items()}
    names = [one for one, own in zip(breakdown.group_names(), rows, strict=True) if own]
    level = len(breakdown.by) if depth is None else depth
    here = np.flatnonzero((columns["depth"] == level) & np.isfinite(columns["value"]))
    if not len(here):
        what = f"no group of {chosen} has a number to draw"
        raise EmptyDataError.of(what)
    largest = here[np.argsort(-columns["customers"][here], kind="stable")[:_MOST]]
    shown = largest[np.argsort(columns["value"][largest], kind="stable")]
    places = np.arange(len(shown))
    ax = calm_axes(ax, size=(5.6, 1.3 + 0.27 * max(len(shown), 3)))
    ax.grid(visible=False, axis="y")
    ax.grid(visible=True, axis="x", color=FAINT, linewidth=0.8)
    value = columns["value"][shown]
    ends = [value - columns["lower"][shown], columns["upper"][shown] - value]
    reach: NDArray[np.float64] = np.nan_to_num(np.stack(ends))
    look: dict[str, Any] = {"fmt": "o", "color": ACTUAL, "markersize": 5}
    look |= {"linewidth": 1.3, "capsize": 2.5} | kwargs
    ax.errorbar(value, places, xerr=reach, **look)
    kind = next(one.kind for one in breakdown.metrics if one.name == chosen)
    if kind not in ("count", "total") and np.isfinite(columns["value"][0]):
        ax.axvline(columns["value"][0], color=EXPECTED, linewidth=1.0, zorder=0)
        remark(ax, "line: all customers")
    sizes = columns["customers"][shown]
    labels = [
        f"{shortened(names[row])}  ({size:,.0f})"
        for row, size in zip(map(int, shown), map(float, sizes), strict=True)
    ]
    ax.set_yticks(places, labels, parse_math=False)
    ax.set_ylim(-0.7, len(shown) - 0.3)
    ax.tick_params(axis="y", length=0)
    if kind == "share":
        percent_axis(ax, "x")
    else:
        number_axis(ax, "x")
    words = chosen.replace("_", " ")
    ax.set_xlabel(f"{words}, {100 * breakdown.level:g} % interval")
    title(ax, f"{words.capitalize()} by {', '.join(breakdown.by[:level])}")
    return ax


def plot_buying_profile(
    patterns: BuyingPatterns,
    clock: Clock = "weekday",
    *,
    ax: Axes | None = None,
    **kwargs: Any,
) -> Axes:
    """Draw the share of purchases of each weekday, hour or month.

    Parameters
    ----------
    patterns : BuyingPatterns
        What `breakdown.buying_patterns` returns; its `profile` has the numbers.
    clock : {"weekday", "hour", "month"}
        What of the time.
    ax : Axes, optional
        Where to draw.
    **kwargs
        For the bars, as `Axes.bar` takes them.
    """
    columns = patterns._profile(clock)  # noqa: SLF001
    size = {"weekday": 7, "hour": 24, "month": 12}[clock]
    share, low, high = (columns[name][:size] for name in ("share", "lower", "upper"))
    ax = calm_axes(ax)
    look: dict[str, Any] = {"color": ACTUAL, "width": 0.8} | kwargs
    places = np.arange(size)
    ax.bar(places, share, **look)
    reach = np.stack([share - low, high - share])
    ax.errorbar(places, share, yerr=reach, fmt="none", color=MUTED, linewidth=1.0)
    ax.axhline(1 / size, color=EXPECTED, linewidth=1.0)
    names = [str(one) for one in columns[clock][:size]]
    step = 3 if clock == "hour" else 1
    ax.set_xticks(places[::step], names[::step])
    percent_axis(ax)
    remark(ax, "line: all alike")
    ax.set_ylabel("share of purchases")
    title(ax, f"Purchases by {clock}")
    return ax
