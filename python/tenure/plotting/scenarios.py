"""What changes would do to the value of a customer: waterfall and tornado."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Literal

import numpy as np

from tenure.exceptions import ParameterError
from tenure.plotting._style import (
    ACCENT,
    ACTUAL,
    EXPECTED,
    FAINT,
    INK,
    MUTED,
    calm_axes,
    legend,
    number_axis,
    remark,
    title,
)

if TYPE_CHECKING:
    from matplotlib.axes import Axes

    from tenure.economics import WhatIf

__all__ = ["plot_tornado", "plot_waterfall"]


def plot_waterfall(
    scenario: WhatIf,
    *,
    parts: Literal["shapley", "sequential"] = "shapley",
    ax: Axes | None = None,
    **kwargs: Any,
) -> Axes:
    """Draw how changes make the new value of a customer out of the old one.

    Parameters
    ----------
    scenario : WhatIf
        What `what_if` returns; its `waterfall` has the numbers.
    parts : {"shapley", "sequential"}
        What each change adds: the mean over all orders in which to make them, or one
        after the other as they stand.
    ax : Axes, optional
        Where to draw.
    **kwargs
        For the bars, as `Axes.bar` takes them.
    """
    if parts not in ("shapley", "sequential"):
        raise ParameterError.of(
            name="parts", expected="be 'shapley' or 'sequential'", found=repr(parts)
        )
    columns = scenario._waterfall()  # noqa: SLF001
    steps, added = columns["step"], columns[parts]
    between = added[1:-1]
    tops = added[0] + np.append(0.0, np.cumsum(between))
    bottoms = np.concatenate([[0.0], np.minimum(tops[:-1], tops[1:]), [0.0]])
    heights = np.concatenate([[added[0]], np.abs(between), [added[-1]]])
    colors = [MUTED, *(ACTUAL if one >= 0 else EXPECTED for one in between), MUTED]
    ax = calm_axes(ax)
    places = np.arange(len(steps))
    look: dict[str, Any] = {"color": colors, "width": 0.62}
    ax.bar(places, heights, bottom=bottoms, **(look | kwargs))
    levels = np.append(tops, added[-1])
    for place in range(len(steps) - 1):
        ax.plot(
            [place + 0.31, place + 0.69],
            [levels[place]] * 2,
            color=MUTED,
            linewidth=0.8,
        )
    for place, number in enumerate(added):
        sign = "" if place in (0, len(steps) - 1) else "+"
        top = bottoms[place] + max(heights[place], 0.0)
        ax.annotate(
            f"{number:{sign},.2f}",
            (place, top),
            xytext=(0, 3),
            textcoords="offset points",
            ha="center",
            color=INK,
            fontsize=9,
        )
    asked = {name: f"\n{one.text}" for name, one in scenario.changes.items()}
    names = [f"{step}{asked.get(step, '')}".replace("_", "\n") for step in steps]
    ax.set_xticks(places, names, fontsize=8.5)
    ax.axhline(0.0, color=INK, linewidth=0.9)
    ax.margins(y=0.14)
    number_axis(ax)
    title(ax, "What the changes add to the value of a new customer")
    ax.set_ylabel(f"{scenario.basis} less acquisition cost")
    return ax


def plot_tornado(scenario: WhatIf, *, ax: Axes | None = None, **kwargs: Any) -> Axes:
    """Draw what each change does alone, and the same change the other way.

    Whiskers are intervals, for the error of what is estimated.

    Parameters
    ----------
    scenario : WhatIf
        What `what_if` returns; its `tornado` has the numbers.
    ax : Axes, optional
        Where to draw.
    **kwargs
        For the bars, as `Axes.barh` takes them.
    """
    columns = scenario._tornado()  # noqa: SLF001
    places = np.arange(len(columns["lever"]))[::-1]
    ax = calm_axes(ax)
    ax.grid(visible=False, axis="y")
    ax.grid(visible=True, axis="x", color=FAINT, linewidth=0.8)
    for name, color, prefix in (
        ("as asked", ACTUAL, ""),
        ("the other way", ACCENT, "reversed_"),
    ):
        value = columns["reversed" if prefix else "alone"]
        look: dict[str, Any] = {"color": color, "height": 0.58, "label": name}
        ax.barh(places, value, **(look | kwargs))
        ends = np.stack([columns[f"{prefix}low"], columns[f"{prefix}high"]])
        known = np.isfinite(ends).all(axis=0)
        ax.errorbar(
            value[known],
            places[known],
            xerr=np.abs(ends - value)[:, known],
            fmt="none",
            color=INK,
            linewidth=1.1,
            capsize=3,
        )
    names = [
        f"{lever}\n{text}".replace("_", " ")
        for lever, text in zip(columns["lever"], columns["asked"], strict=True)
    ]
    ax.set_yticks(places, names)
    ax.axvline(0.0, color=INK, linewidth=0.9)
    legend(ax, loc="lower right")
    number_axis(ax, "x")
    title(ax, "Each change alone")
    remark(ax, f"from {scenario.before:,.2f}")
    ax.set_xlabel("change of the value of a new customer")
    return ax
