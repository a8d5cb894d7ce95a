"""What is gained and lost from one period to the next."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from tenure._calendar import period_noun
from tenure.plotting._style import (
    ACCENT,
    ACTUAL,
    EXPECTED,
    INK,
    calm_axes,
    date_axis,
    legend,
    number_axis,
    title,
)

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from numpy.typing import NDArray

    from tenure.retention.growth import GrowthAccounting, Measure

__all__ = ["plot_growth"]

# From the zero line outwards: how each movement is called and its colour.
_LOOKS = {
    "new": ("new", ACTUAL),
    "resurrected": ("resurrected", ACCENT),
    "churned": ("churned", EXPECTED),
    "new_revenue": ("new", ACTUAL),
    "resurrected_revenue": ("resurrected", ACCENT),
    "expansion": ("expansion", "#5b8f6f"),
    "contraction": ("contraction", "#f0b97f"),
    "churned_revenue": ("churned", EXPECTED),
}


def plot_growth(
    growth: GrowthAccounting,
    *,
    of: Measure = "customers",
    ax: Axes | None = None,
    **kwargs: Any,
) -> Axes:
    """Draw what is gained above, and what is lost below, for each period.

    The line is the net change. A period in progress is drawn in outline: who will
    still buy seems to have left. The first period of a log, in which everybody is new,
    is left out where there are others.

    Parameters
    ----------
    growth : GrowthAccounting
        What `Transactions.growth` returns; its `movements` are the numbers behind.
    of : {"customers", "revenue"}
        What is accounted for.
    ax : Axes, optional
        Where to draw.
    **kwargs
        For the bars, as `Axes.bar` takes them.
    """
    signs = growth._signs(of)  # noqa: SLF001
    first = 1 if len(growth) > 1 else 0
    ax = calm_axes(ax)
    starts = growth.period.astype("datetime64[D]")[first:]
    widths = _widths(growth.period)[first:]
    complete = growth.complete[first:]
    ends = {1: np.zeros(len(starts)), -1: np.zeros(len(starts))}
    for name, sign in signs.items():
        heights = sign * growth._column(name)[first:]  # noqa: SLF001
        label, color = _LOOKS[name]
        look: dict[str, Any] = {"color": color, "align": "edge", "label": label}
        bars: Any = ax.bar(starts, heights, widths * 0.9, ends[sign], **(look | kwargs))
        for bar, over in zip(bars, complete, strict=True):
            if not over:
                bar.set(facecolor="none", edgecolor=color, hatch="////", linewidth=0.8)
        ends[sign] = ends[sign] + heights
    middles = starts.astype("datetime64[h]") + np.round(12 * widths).astype(np.int64)
    net = (ends[1] + ends[-1])[complete]
    line: dict[str, Any] = {"color": INK, "linewidth": 1.4, "label": "net"}
    line |= {"marker": "o", "markersize": 3.5} if len(net) <= 40 else {}
    ax.plot(middles[complete], net, **line)
    ax.axhline(0, color=INK, linewidth=0.8)
    date_axis(ax)
    number_axis(ax, whole=of == "customers")
    legend(ax, ncols=3)
    _room_for_legend(ax)
    count, noun = growth.window, period_noun(growth.every)
    time = f"a {noun}" if count == 1 else f"in {count} {noun}s"
    title(ax, f"{of.capitalize()} gained and lost {time}")
    ax.set_ylabel(of)
    return ax


def _widths(starts: NDArray[np.datetime64]) -> NDArray[np.float64]:
    """Return the days of each period; the last one is taken to be like the one before.

    A single period is taken for a month.
    """
    days = np.diff(starts.astype("datetime64[D]")).astype(np.float64)
    return np.append(days, days[-1:] if len(days) else [30.0])


def _room_for_legend(ax: Axes) -> None:
    low, high = ax.get_ylim()
    ax.set_ylim(low, high + 0.22 * (high - low))
