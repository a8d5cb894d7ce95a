"""The ladder of orders, and the chance of a return by the time since the last one."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from tenure.exceptions import ParameterError
from tenure.plotting._style import (
    ACTUAL,
    EXPECTED,
    INK,
    MUTED,
    calm_axes,
    legend,
    mark,
    number_axis,
    percent_axis,
    shortened,
    title,
)

if TYPE_CHECKING:
    from matplotlib.axes import Axes

    from tenure.retention.churn_window import ChurnWindow
    from tenure.retention.repurchase import RepurchaseLadder

__all__ = ["plot_churn_window", "plot_repurchase"]

_HUES = (ACTUAL, EXPECTED, "#5b8f6f", "#8a6fb0", "#b0524f", MUTED)


def plot_repurchase(
    ladder: RepurchaseLadder, *, ax: Axes | None = None, **kwargs: Any
) -> Axes:
    """Draw the chance of the next order after each one, with intervals.

    Below each step stands how many customers took it. Several groups are lines beside
    each other.

    Parameters
    ----------
    ladder : RepurchaseLadder
        What `Transactions.repurchase` returns; its `to_frame` has the numbers.
    ax : Axes, optional
        Where to draw.
    **kwargs
        For the bars, as `Axes.bar` takes them; of groups, for the points, as
        `Axes.errorbar` does.
    """
    columns = ladder._columns()  # noqa: SLF001
    groups = [None] if ladder.by is None else list(dict.fromkeys(columns[ladder.by]))
    if len(groups) > len(_HUES):
        raise ParameterError.of(
            name="ladder",
            expected=f"have at most {len(_HUES)} groups, to be told apart",
            found=f"{len(groups)}",
            hint="group by something with fewer values",
        )
    ax = calm_axes(ax)
    for place, group in enumerate(groups):
        own = np.ones(len(columns["order"]), dtype=bool)
        if ladder.by is not None:
            own = np.array([one == group for one in columns[ladder.by]])
        orders = columns["order"][own]
        chance = columns["probability"][own]
        reach = np.abs(np.stack([columns["low"], columns["high"]])[:, own] - chance)
        if ladder.by is None:
            bars: dict[str, Any] = {"color": ACTUAL, "width": 0.72} | kwargs
            ax.bar(orders, chance, **bars)
            look: dict[str, Any] = {"color": INK, "fmt": "none", "linewidth": 1.2}
        else:
            look = {"color": _HUES[place], "fmt": "o-", "linewidth": 1.2}
            look |= {"markersize": 4.5, "label": shortened(group)} | kwargs
        aside = 0.12 * (place - (len(groups) - 1) / 2)
        ax.errorbar(orders + aside, chance, yerr=reach, capsize=2.5, **look)
    steps = np.unique(columns["order"])
    sizes = [
        int(columns["customers"][columns["order"] == step].sum()) for step in steps
    ]
    names = [f"{s}–{s + 1}\n{n:,}" for s, n in zip(steps, sizes, strict=True)]
    ax.set_xticks(steps, names, fontsize=8)
    percent_axis(ax)
    ax.set_ylim(0, 1.02)
    if ladder.by is not None:
        legend(ax)
    ax.set_xlabel("order to order, and customers who placed the first of the two")
    title(ax, f"Return within {ladder.horizon:g} days")
    ax.set_ylabel("probability of the next order")
    return ax


def plot_churn_window(
    window: ChurnWindow, *, ax: Axes | None = None, **kwargs: Any
) -> Axes:
    """Draw the chance of a return after each gap, and where it falls below the limit.

    Parameters
    ----------
    window : ChurnWindow
        What `Transactions.find_churn_window` returns; its `to_frame` has the numbers.
    ax : Axes, optional
        Where to draw.
    **kwargs
        For the line, as `Axes.plot` takes them.
    """
    ax = calm_axes(ax)
    look: dict[str, Any] = {"color": ACTUAL, "linewidth": 1.5}
    ax.fill_between(
        window.gaps, window.low, window.high, color=ACTUAL, alpha=0.15, linewidth=0
    )
    ax.plot(window.gaps, window.return_probability, **(look | kwargs))
    ax.axhline(window.probability, color=EXPECTED, linewidth=1.0)
    percent_axis(ax)
    number_axis(ax, "x")
    ax.set_ylim(0, max(1.1 * float(np.max(window.high)), 1.5 * window.probability))
    ax.set_xlim(0, max(float(window.gaps[-1]), 1.0))
    if np.isfinite(window.days):
        upper = min(window.upper, float(window.gaps[-1]))
        ax.axvspan(window.lower, upper, color=EXPECTED, alpha=0.12, linewidth=0)
        mark(ax, window.days, f"churn window {window.days:g} days")
    ax.set_xlabel("days since the last purchase")
    ax.set_ylabel(f"return within {window.horizon:g} days")
    title(ax, "Chance of a return")
    return ax
