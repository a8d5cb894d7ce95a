"""Lifecycle states over time, and the moves between them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from tenure._calendar import period_noun
from tenure.plotting._style import (
    INK,
    PAPER,
    calm_axes,
    color_bar,
    date_axis,
    legend,
    number_axis,
    percent_axis,
    readable_on,
    sequential,
    title,
)
from tenure.retention.lifecycle import ORIGINS, STATES

if TYPE_CHECKING:
    from matplotlib.axes import Axes

    from tenure.retention.lifecycle import Lifecycle

__all__ = ["plot_lifecycle", "plot_lifecycle_moves"]

# From the bottom up: the livelier, the bluer.
_STACK = {
    "active": "#1f5f99",
    "new": "#4c8bc0",
    "resurrected": "#8fb8de",
    "at risk": "#f5cd9e",
    "dormant": "#e9a25c",
    "lost": "#c9ced6",
}


def plot_lifecycle(
    lifecycle: Lifecycle,
    *,
    share: bool = False,
    ax: Axes | None = None,
    **kwargs: Any,
) -> Axes:
    """Draw how many customers are in each state, period by period.

    Only periods that were over are drawn.

    Parameters
    ----------
    lifecycle : Lifecycle
        What `Transactions.lifecycle` returns; `Lifecycle.to_frame` has the numbers.
    share : bool, default False
        Whether to draw shares of all customers so far in place of their number.
    ax : Axes, optional
        Where to draw.
    **kwargs
        For the areas, as `Axes.stackplot` takes them.
    """
    ax = calm_axes(ax)
    over = lifecycle.complete
    counts = lifecycle.customers[over].astype(np.float64)
    if share:
        counts /= counts.sum(axis=1, keepdims=True)
    starts = lifecycle.period[over].astype("datetime64[D]")
    layers = [counts[:, STATES.index(state)] for state in _STACK]
    look: dict[str, Any] = {
        "colors": list(_STACK.values()),
        "labels": list(_STACK),
        "linewidth": 0.4,
        "edgecolor": PAPER,
    }
    ax.stackplot(starts, *layers, **(look | kwargs))
    ax.margins(x=0)
    date_axis(ax)
    if share:
        percent_axis(ax)
        ax.set_ylim(0, 1)
    else:
        number_axis(ax, whole=True)
        ax.set_ylim(bottom=0)
    handles, labels = ax.get_legend_handles_labels()
    legend(
        ax,
        handles=handles[::-1],
        labels=labels[::-1],
        loc="center left",
        bbox_to_anchor=(1.0, 0.5),
    )
    noun = period_noun(lifecycle.every)
    title(ax, f"Customers by state, {noun} by {noun}")
    ax.set_ylabel("share of customers" if share else "customers")
    return ax


def plot_lifecycle_moves(
    lifecycle: Lifecycle, *, ax: Axes | None = None, **kwargs: Any
) -> Axes:
    """Draw where the customers of each state are a period later, as a map of shares.

    Parameters
    ----------
    lifecycle : Lifecycle
        What `Transactions.lifecycle` returns; `Lifecycle.matrix` has the numbers.
    ax : Axes, optional
        Where to draw.
    **kwargs
        For the map, as `Axes.imshow` takes them.
    """
    ax = calm_axes(ax, size=(5.6, 4.0))
    counts = lifecycle._counts()[: len(STATES)]  # noqa: SLF001
    with np.errstate(invalid="ignore"):
        shares = counts / counts.sum(axis=1, keepdims=True)
    look: dict[str, Any] = {
        "cmap": sequential(),
        "vmin": 0.0,
        "vmax": 1.0,
        "aspect": "auto",
    }
    image = ax.imshow(shares, **(look | kwargs))
    for (row, column), value in np.ndenumerate(shares):
        if counts[row, column]:
            text = "<1" if value < 0.005 else f"{100 * value:.0f}"
            color = readable_on(image.cmap(image.norm(value)))
            ax.text(column, row, text, ha="center", va="center", color=color, size=8.5)
    ax.grid(visible=False)
    ax.set_xticks(range(len(STATES)), STATES, rotation=30, ha="right")
    ax.set_yticks(range(len(STATES)), ORIGINS[: len(STATES)])
    ax.tick_params(length=0, labelcolor=INK)
    ax.set_xlabel(f"a {period_noun(lifecycle.every)} later")
    ax.set_ylabel("from")
    color_bar(ax, image, "share of those in the state")
    title(ax, "Moves between states, %")
    return ax
