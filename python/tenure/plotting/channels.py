"""Channels: their mix, the credit that they get, and funnels."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from tenure.exceptions import ParameterError
from tenure.plotting._style import (
    ACCENT,
    ACTUAL,
    EXPECTED,
    FAINT,
    INK,
    MUTED,
    SERIES,
    calm_axes,
    legend,
    percent_axis,
    remark,
    shortened,
    title,
)

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from numpy.typing import NDArray

    from tenure.channels import Attribution, ChannelMix, Funnel

__all__ = ["plot_attribution", "plot_channel_mix", "plot_funnel"]

# Channels that are drawn: those with the most.
_MOST = 15


def plot_channel_mix(mix: ChannelMix, *, ax: Axes | None = None, **kwargs: Any) -> Axes:
    """Draw the shares of each channel in customers, events and revenue.

    Of more than 15 channels those with the most customers are drawn.

    Parameters
    ----------
    mix : ChannelMix
        What `channels.mix` returns; its `to_frame` has the numbers.
    ax : Axes, optional
        Where to draw.
    **kwargs
        For the bars, as `Axes.barh` takes them.
    """
    kinds = {
        "customers_share": ("customers who use it", ACCENT),
        "events_share": ("events", ACTUAL),
        "revenue_share": ("revenue", EXPECTED),
    }
    columns = mix.columns
    groups = [
        (
            label,
            color,
            [columns[name + end][:_MOST] for end in ("", "_lower", "_upper")],
        )
        for name, (label, color) in kinds.items()
        if name in columns
    ]
    ax = _bars(ax, columns["channel"][:_MOST], groups, kwargs)
    title(ax, "Channels: who uses them and what comes through")
    return ax


def plot_attribution(
    attribution: Attribution, *, ax: Axes | None = None, **kwargs: Any
) -> Axes:
    """Draw the share of revenue, or of orders, that each model credits to channels.

    Attributed is not incremental. Of more than 15 channels those with the most credit
    are drawn.

    Parameters
    ----------
    attribution : Attribution
        What `channels.touches` returns; its `to_frame` has the numbers.
    ax : Axes, optional
        Where to draw.
    **kwargs
        For the bars, as `Axes.barh` takes them.
    """
    columns, what = attribution.columns, attribution._share  # noqa: SLF001
    many = len(attribution.models)
    table = {
        end: columns[what + end].reshape(many, -1) for end in ("", "_lower", "_upper")
    }
    names = columns["channel"][: table[""].shape[1]]
    order = np.argsort(-table[""].mean(axis=0), kind="stable")[:_MOST]
    groups = [
        (
            model.replace("_", " "),
            SERIES[place % len(SERIES)],
            [table[end][place][order] for end in ("", "_lower", "_upper")],
        )
        for place, model in enumerate(attribution.models)
    ]
    ax = _bars(ax, names[order], groups, kwargs)
    remark(ax, "attributed is not incremental")
    title(ax, f"Credit for {what.split('_')[0]}")
    return ax


def _bars(
    ax: Axes | None,
    names: NDArray[Any],
    groups: list[tuple[str, str, list[NDArray[np.float64]]]],
    options: dict[str, Any],
) -> Axes:
    """Draw bars of several kinds for each name, with intervals."""
    rows = np.arange(len(names), dtype=np.float64)
    thick = 0.82 / len(groups)
    height = 1.2 + max(0.16 * len(groups), 0.3) * max(len(rows), 3)
    ax = calm_axes(ax, size=(5.8, height))
    ax.grid(visible=False, axis="y")
    ax.grid(visible=True, axis="x", color=FAINT, linewidth=0.8)
    for place, (label, color, (share, low, high)) in enumerate(groups):
        level = rows + (place - (len(groups) - 1) / 2) * thick
        look: dict[str, Any] = {"color": color, "height": thick, "label": label}
        ax.barh(level, share, **(look | options))
        reach = np.nan_to_num(np.stack([share - low, high - share]))
        thin: dict[str, Any] = {"fmt": "none", "color": MUTED, "linewidth": 0.9}
        ax.errorbar(share, level, xerr=np.maximum(reach, 0.0), **thin)
    ax.set_yticks(rows, [shortened(one) for one in names], parse_math=False)
    ax.set_ylim(len(rows) - 0.5, -0.5)
    ax.tick_params(axis="y", length=0)
    percent_axis(ax, "x")
    legend(ax, loc="lower right")
    return ax


def plot_funnel(funnel: Funnel, *, ax: Axes | None = None, **kwargs: Any) -> Axes:
    """Draw how many of those who begin reach each step, with intervals.

    Between the bars stands the share who go on from each step. Segments are bars beside
    each other.

    Parameters
    ----------
    funnel : Funnel
        What `channels.funnel` returns; its `to_frame` has the numbers.
    ax : Axes, optional
        Where to draw.
    **kwargs
        For the bars, as `Axes.bar` takes them.
    """
    columns, k = funnel.columns, len(funnel.steps)
    blocks = len(columns["step"]) // k
    chosen = [0] if funnel.by is None else list(range(1, blocks))
    if len(chosen) > len(SERIES):
        raise ParameterError.of(
            name="funnel",
            expected=f"have at most {len(SERIES)} segments, to be told apart",
            found=str(len(chosen)),
            hint="make the funnel by something with fewer values",
        )
    ax = calm_axes(ax, size=(max(4.6, 1.2 * k), 3.5))
    places, thick = np.arange(k, dtype=np.float64), 0.78 / len(chosen)
    for number, block in enumerate(chosen):
        rows = slice(block * k, (block + 1) * k)
        share, low, high = (
            columns["from_first" + end][rows] for end in ("", "_lower", "_upper")
        )
        at = places + (number - (len(chosen) - 1) / 2) * thick
        look: dict[str, Any] = {"color": SERIES[number], "width": thick}
        look |= {"label": shortened(columns["segment"][rows][0])} | kwargs
        ax.bar(at, share, **look)
        reach = np.nan_to_num(np.stack([share - low, high - share]))
        thin: dict[str, Any] = {"fmt": "none", "color": INK, "linewidth": 1.0}
        ax.errorbar(at, share, yerr=np.maximum(reach, 0.0), capsize=2.0, **thin)
    if len(chosen) == 1:
        _between(ax, columns["from_previous"][:k], columns["from_first"][:k])
    else:
        legend(ax)
    names = [
        f"{shortened(step, 16)}\n{users:,}"
        for step, users in zip(funnel.steps, funnel.reached, strict=True)
    ]
    ax.set_xticks(places, names, fontsize=8.5, parse_math=False)
    percent_axis(ax)
    ax.set_ylim(0, 1.16)
    ax.set_ylabel(f"of those with {shortened(funnel.steps[0], 16)}")
    title(ax, "How many go on from step to step")
    return ax


def _between(
    ax: Axes, onwards: NDArray[np.float64], share: NDArray[np.float64]
) -> None:
    """Write the share who go on above each bar but the first."""
    for step in range(1, len(onwards)):
        if np.isfinite(onwards[step]):
            ax.annotate(
                f"→ {100 * onwards[step]:.0f} %",
                (step, share[step]),
                xytext=(0, 12),
                textcoords="offset points",
                ha="center",
                color=MUTED,
                fontsize=8.5,
            )
