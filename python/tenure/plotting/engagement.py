"""Daily, weekly and monthly active customers."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from tenure.plotting._style import (
    ACCENT,
    ACTUAL,
    EXPECTED,
    MUTED,
    calm_axes,
    date_axis,
    label_ends,
    number_axis,
    title,
)

if TYPE_CHECKING:
    from matplotlib.axes import Axes

    from tenure.retention.engagement import Engagement

__all__ = ["plot_engagement"]

_COLORS = (ACTUAL, EXPECTED, ACCENT, MUTED)


def plot_engagement(
    engagement: Engagement, *, ax: Axes | None = None, **kwargs: Any
) -> Axes:
    """Draw the actives of each window, day by day.

    Each line begins where its window is whole.

    Parameters
    ----------
    engagement : Engagement
        What `Transactions.engagement` returns.
    ax : Axes, optional
        Where to draw.
    **kwargs
        For the lines, as `Axes.plot` takes them.
    """
    ax = calm_axes(ax)
    days = engagement.day.astype("datetime64[D]")
    ordered = sorted(engagement.windows, key=lambda name: -engagement.windows[name])
    ends: list[tuple[Any, float, str, str]] = []
    for place, name in enumerate(ordered):
        color = _COLORS[place % len(_COLORS)]
        whole = min(engagement.windows[name] - 1, len(days) - 1)
        counts = engagement.actives[name]
        look: dict[str, Any] = {"color": color, "linewidth": 1.3}
        ax.plot(days[whole:], counts[whole:], **(look | kwargs))
        ends.append((days[-1], float(counts[-1]), name.upper(), color))
    date_axis(ax)
    number_axis(ax, whole=True)
    ax.set_ylim(bottom=0)
    label_ends(ax, ends)
    title(ax, "Active customers")
    ax.set_ylabel("customers")
    return ax
