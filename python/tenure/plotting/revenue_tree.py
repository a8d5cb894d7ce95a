"""Where a change comes from: waterfalls, trees, and mix beside rate."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from tenure.plotting._style import (
    ACCENT,
    ACTUAL,
    EXPECTED,
    FAINT,
    INK,
    MUTED,
    SHADE,
    calm_axes,
    legend,
    number_axis,
    shortened,
    title,
)

if TYPE_CHECKING:
    from matplotlib.axes import Axes

    from tenure.breakdown import AverageChange, RevenueTree

__all__ = ["plot_average_change", "plot_revenue_change", "plot_revenue_tree"]

_UP = "#3b8e5a"

# Segments that are drawn: those that matter the most.
_MOST = 12


def plot_revenue_change(
    tree: RevenueTree, *, ax: Axes | None = None, **kwargs: Any
) -> Axes:
    """Draw the steps from one revenue to the other, a step a factor.

    Parameters
    ----------
    tree : RevenueTree
        What `breakdown.revenue_tree` returns; its `to_frame` has the numbers.
    ax : Axes, optional
        Where to draw.
    **kwargs
        For the bars, as `Axes.bar` takes them.
    """
    was, now = tree.revenue
    steps = list(tree.effects.items())
    ax = calm_axes(ax, size=(6.0, 3.5))
    names = ["before", *(name.replace("_", "\n") for name, _ in steps), "after"]
    look: dict[str, Any] = {"width": 0.66} | kwargs
    last = len(names) - 1
    ends: dict[str, Any] = {"color": ACTUAL} | look
    ax.bar([0, last], [was, now], **ends)
    at = was
    for place, (_, effect) in enumerate(steps, start=1):
        own: dict[str, Any] = {"color": _UP if effect >= 0 else EXPECTED} | look
        ax.bar(place, effect, bottom=at, **own)
        line: dict[str, Any] = {"color": MUTED, "linewidth": 0.8}
        ax.plot([place - 0.67, place + 0.33], [at, at], **line)
        _written(ax, place, max(at, at + effect), f"{effect:+,.0f}")
        at += effect
    ax.plot([last - 0.67, last + 0.33], [at, at], color=MUTED, linewidth=0.8)
    for place, revenue in ((0, was), (last, now)):
        _written(ax, place, max(revenue, 0.0), f"{revenue:,.0f}")
    ax.axhline(0, color=INK, linewidth=0.8)
    ax.set_xticks(range(len(names)), names, fontsize=8, parse_math=False)
    number_axis(ax)
    ax.margins(y=0.1)
    ax.set_ylabel("revenue")
    title(ax, "Where the change of revenue comes from")
    return ax


def _written(ax: Axes, x: float, y: float, text: str) -> None:
    ax.annotate(
        text,
        (x, y),
        xytext=(0, 3),
        textcoords="offset points",
        ha="center",
        va="bottom",
        color=INK,
        fontsize=8,
    )


def plot_revenue_tree(
    tree: RevenueTree, *, ax: Axes | None = None, **kwargs: Any
) -> Axes:
    """Draw revenue as a tree of its factors, each in both periods.

    Parameters
    ----------
    tree : RevenueTree
        What `breakdown.revenue_tree` returns.
    ax : Axes, optional
        Where to draw.
    **kwargs
        For the boxes of text, as `Axes.annotate` takes them.
    """
    ax = calm_axes(ax, size=(6.4, 3.6))
    ax.set_axis_off()
    factors = list(tree.before)
    was, now = tree.revenue
    # a chain: revenue = customers x value of each; that = purchases x value of one; ...
    depth = len(factors)
    below = was, now
    top = _box_text("revenue", below, None)
    _box(ax, 0.5, 1.0, top, kwargs, strong=True)
    center = 0.5
    for level, name in enumerate(factors[:-1], start=1):
        y = 1.0 - level / (depth - 1)
        own = tree.before[name], tree.after[name]
        below = tuple(
            rest / one if one else np.nan for rest, one in zip(below, own, strict=True)
        )
        left, right = center - 0.22, center + 0.22
        effect = tree.effects.get(name)
        final = level == depth - 1
        other = factors[-1] if final else _joint(factors[level:])
        rest = tree.effects.get(factors[-1]) if final else None
        for x in (left, right):
            line: dict[str, Any] = {"color": MUTED, "linewidth": 1.0, "zorder": 0}
            ax.plot([center, x], [y + 1 / (depth - 1), y], **line)
        _box(ax, left, y, _box_text(name, own, effect), kwargs)
        _box(ax, right, y, _box_text(other, below, rest), kwargs)
        center = right
    ax.set_xlim(0.05, center + 0.25)
    ax.set_ylim(-0.2, 1.2)
    title(ax, "Revenue tree: before, after, and what each factor adds")
    return ax


def _joint(factors: list[str]) -> str:
    """Return what the factors make together."""
    unit = "purchase" if len(factors) == 2 else "customer"
    return f"value_per_{unit}"


def _box_text(name: str, pair: tuple[float, ...], effect: float | None) -> str:
    was, now = (f"{one:,.0f}" if abs(one) >= 1000 else f"{one:,.4g}" for one in pair)
    adds = "" if effect is None else f"\n{effect:+,.0f}"
    return f"{name.replace('_', ' ')}\n{was} → {now}{adds}"


def _box(
    ax: Axes,
    x: float,
    y: float,
    text: str,
    options: dict[str, Any],
    *,
    strong: bool = False,
) -> None:
    box = {
        "boxstyle": "round,pad=0.45",
        "facecolor": SHADE,
        "edgecolor": ACTUAL if strong else FAINT,
    }
    look: dict[str, Any] = {"ha": "center", "va": "center", "fontsize": 8.5}
    look |= {"color": INK, "bbox": box, "parse_math": False} | options
    ax.annotate(text, (x, y), **look)


def plot_average_change(
    change: AverageChange, *, ax: Axes | None = None, **kwargs: Any
) -> Axes:
    """Draw what mix and rate of each segment have done to an average.

    Of more than 12 segments those with the largest effects are drawn.

    Parameters
    ----------
    change : AverageChange
        What `breakdown.change` returns; its `to_frame` has the numbers.
    ax : Axes, optional
        Where to draw.
    **kwargs
        For the bars, as `Axes.barh` takes them.
    """
    columns = change.columns
    size = np.maximum(np.abs(columns["mix"]), np.abs(columns["rate"]))[1:]
    shown = 1 + np.argsort(-size, kind="stable")[:_MOST]
    rows = np.concatenate([[0], shown])
    names = [
        " / ".join(str(columns[name][row]) for name in change.by)
        if row
        else "all together"
        for row in rows.tolist()
    ]
    places = np.arange(len(rows), dtype=np.float64)
    ax = calm_axes(ax, size=(5.8, 1.4 + 0.36 * max(len(rows), 3)))
    ax.grid(visible=False, axis="y")
    ax.grid(visible=True, axis="x", color=FAINT, linewidth=0.8)
    for shift, part, label, color in (
        (-0.19, "mix", "mix", ACCENT),
        (0.19, "rate", "within segments", ACTUAL),
    ):
        value = columns[part][rows]
        look: dict[str, Any] = {"color": color, "height": 0.36, "label": label} | kwargs
        ax.barh(places + shift, value, **look)
        reach = np.stack(
            [
                value - columns[f"{part}_lower"][rows],
                columns[f"{part}_upper"][rows] - value,
            ]
        )
        thin: dict[str, Any] = {"fmt": "none", "color": MUTED, "linewidth": 0.9}
        ax.errorbar(value, places + shift, xerr=np.maximum(reach, 0.0), **thin)
    ax.axvline(0, color=INK, linewidth=0.8)
    ax.axhline(0.5, color=MUTED, linewidth=0.8, linestyle=":")
    labels = [shortened(name) for name in names]
    ax.set_yticks(places, labels, parse_math=False)
    ax.set_ylim(len(rows) - 0.5, -0.6)
    ax.tick_params(axis="y", length=0)
    number_axis(ax, "x")
    legend(ax, loc="lower right")
    ax.set_xlabel(f"change of {change.what.replace('_', ' ')}")
    title(ax, f"{change.what.replace('_', ' ').capitalize()}: {change.change:+,.2f}")
    return ax
