"""Customer equity: its course, its bridge, and the groups that hold it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from tenure._report import written
from tenure.plotting._style import (
    ACTUAL,
    EXPECTED,
    FAINT,
    INK,
    MUTED,
    calm_axes,
    date_axis,
    number_axis,
    shortened,
    title,
)

if TYPE_CHECKING:
    from matplotlib.axes import Axes

    from tenure.equity.bridge import Bridge
    from tenure.equity.roll_up import RollUp
    from tenure.equity.snapshots import Snapshots

__all__ = ["plot_equity", "plot_equity_bridge", "plot_equity_by_group"]


def plot_equity(found: Snapshots, *, ax: Axes | None = None, **kwargs: Any) -> Axes:
    """Draw customer equity date by date, with its interval.

    Parameters
    ----------
    found : Snapshots
        What `equity.snapshots` returned; `to_frame` has the numbers.
    ax : Axes, optional
        Where to draw.
    **kwargs
        For the line, as `Axes.plot` takes them.
    """
    ax = calm_axes(ax)
    days = found["as_of"].astype("datetime64[D]")
    look: dict[str, Any] = {"color": ACTUAL, "marker": "o", "markersize": 4}
    ax.plot(days, found["equity"], **(look | kwargs))
    low, high = found["equity_low"], found["equity_high"]
    ax.fill_between(days, low, high, color=ACTUAL, alpha=0.18, linewidth=0)
    ax.set_ylim(bottom=min(0.0, float(np.nanmin(np.append(low, 0.0)))))
    date_axis(ax)
    number_axis(ax)
    title(ax, "Customer equity")
    ax.set_ylabel(found.basis)
    return ax


def plot_equity_bridge(
    found: Bridge, *, pair: int = -1, ax: Axes | None = None, **kwargs: Any
) -> Axes:
    """Draw what made customer equity change between two dates, as a waterfall.

    Steps that are nothing are left out.

    Parameters
    ----------
    found : Bridge
        What `equity.bridge` returned; `to_frame` has the numbers.
    pair : int, default -1
        Which pair of neighbouring dates, from 0; -1 is the last.
    ax : Axes, optional
        Where to draw.
    **kwargs
        For the bars, as `Axes.bar` takes them.
    """
    from tenure.equity.bridge import STEPS  # noqa: PLC0415

    place = range(len(found))[pair]
    days = [written(found.dates[place + k]) for k in (0, 1)]
    amounts = dict(zip(STEPS, found.steps[place].tolist(), strict=True))
    steps = {
        name: amount
        for name, amount in amounts.items()
        if name in ("opening", "closing") or amount != 0.0
    }
    names = {"opening": days[0], "closing": days[1]}
    labels = [names.get(name, name.replace(" ", "\n", 1)) for name in steps]
    ax = calm_axes(ax, size=(1.6 + 0.85 * len(steps), 3.6))
    level, ends = 0.0, [0.0]
    for x, (name, amount) in enumerate(steps.items()):
        whole = name in names
        bottom = 0.0 if whole else level
        color = INK if whole else ACTUAL if amount >= 0 else EXPECTED
        look: dict[str, Any] = {"color": color, "width": 0.72}
        ax.bar(x, amount, bottom=bottom, **(look | kwargs))
        level = bottom + amount
        ends += [level]
        _amount(ax, x, max(bottom, level), amount, signed=not whole)
        if name != "closing":
            ax.plot([x + 0.36, x + 0.64], [level] * 2, color=MUTED, linewidth=0.7)
    low, high = min(ends), max(ends)
    ax.set_ylim(low - 0.04 * (high - low) * (low < 0), high + 0.1 * (high - low))
    ax.axhline(0, color=INK, linewidth=0.8)
    ax.set_xticks(range(len(steps)), labels, fontsize=8.5, parse_math=False)
    ax.tick_params(axis="x", length=0)
    number_axis(ax)
    title(ax, "What made customer equity change")
    ax.set_ylabel(found.basis)
    return ax


def _amount(ax: Axes, x: float, top: float, amount: float, *, signed: bool) -> None:
    """Write an amount over its bar."""
    digits = 0 if abs(amount) >= 100 else 2
    text = f"{amount:+,.{digits}f}" if signed else f"{amount:,.{digits}f}"
    ax.annotate(
        text,
        (x, top),
        xytext=(0, 2),
        textcoords="offset points",
        ha="center",
        va="bottom",
        fontsize=8,
        color=INK,
    )


def plot_equity_by_group(
    found: RollUp, *, most: int = 25, ax: Axes | None = None, **kwargs: Any
) -> Axes:
    """Draw the equity of each group with its interval, and how many customers it has.

    Parameters
    ----------
    found : RollUp
        What `equity.roll_up` returned; `to_frame` has the numbers.
    most : int, default 25
        The largest number of groups drawn: those that are worth most.
    ax : Axes, optional
        Where to draw.
    **kwargs
        For the bars, as `Axes.barh` takes them.
    """
    equity, labels = found["equity"], found.labels()
    kept = np.sort(np.argsort(-equity, kind="stable")[:most])
    rows = np.arange(len(kept))
    ax = calm_axes(ax, size=(5.6, 1.2 + 0.3 * max(len(rows), 3)))
    ax.grid(visible=False, axis="y")
    ax.grid(visible=True, axis="x", color=FAINT, linewidth=0.8)
    low, high = found["equity_low"][kept], found["equity_high"][kept]
    look: dict[str, Any] = {"color": ACTUAL, "height": 0.72}
    ax.barh(rows, equity[kept], **(look | kwargs))
    known = np.isfinite(low)
    ax.hlines(rows[known], low[known], high[known], color=INK, linewidth=1.1)
    names = [
        f"{shortened(labels[place])} ({found['customers'][place]:,})"
        for place in map(int, kept)
    ]
    ax.set_yticks(rows, names, parse_math=False)
    ax.set_ylim(len(rows) - 0.5, -0.5)
    ax.tick_params(axis="y", length=0)
    number_axis(ax, "x")
    left_out = len(equity) - len(kept)
    what = "" if left_out == 0 else f", the {len(kept)} that hold most"
    title(ax, f"Customer equity by {found.by}{what} (customers)")
    ax.set_xlabel(found.basis)
    return ax
