"""Estimates with their intervals, and the rows and lines they are read against."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from tenure.plotting._style import ACTUAL, FAINT, INK, MUTED

if TYPE_CHECKING:
    from collections.abc import Sequence

    from matplotlib.axes import Axes
    from numpy.typing import NDArray

__all__ = ["band", "name_rows", "reference", "say", "whiskers"]

_DASHES: Any = (0, (4, 3))


def reference(
    ax: Axes, at: float = 0.0, which: str = "y", *, color: str = MUTED
) -> None:
    """Draw the dashed line that numbers are read against."""
    look: dict[str, Any] = {"color": color, "linewidth": 1.0, "linestyle": _DASHES}
    if which == "y":
        ax.axhline(at, **look)
    else:
        ax.axvline(at, **look)


def band(ax: Axes, x: Any, low: Any, high: Any, *, color: str = ACTUAL) -> None:
    """Draw the interval of a line."""
    ax.fill_between(x, low, high, color=color, alpha=0.15, linewidth=0)


def whiskers(
    ax: Axes,
    places: Any,
    value: NDArray[np.float64],
    ends: tuple[NDArray[np.float64], NDArray[np.float64]],
    which: str = "y",
    **look: Any,
) -> None:
    """Draw the intervals of numbers along an axis, in ink and without points.

    Parameters
    ----------
    ax : Axes
    places : array
        Where the numbers stand on the other axis.
    value : float64 array
    ends : (float64 array, float64 array)
        Where the intervals begin and end.
    which : {"y", "x"}
        The axis of the numbers.
    **look
        As `Axes.errorbar` takes it.
    """
    plain: dict[str, Any] = {
        "fmt": "none",
        "color": INK,
        "linewidth": 1.2,
        "capsize": 3,
    }
    low, high = ends
    reach = np.maximum(np.stack([value - low, high - value]), 0.0)
    if which == "y":
        ax.errorbar(places, value, yerr=reach, **(plain | look))
    else:
        ax.errorbar(value, places, xerr=reach, **(plain | look))


def name_rows(ax: Axes, places: NDArray[Any], names: Sequence[str]) -> None:
    """Write what each row is, with lines along the numbers only."""
    ax.set_yticks(places, names, parse_math=False)
    ax.set_ylim(-0.6, len(names) - 0.4)
    ax.grid(visible=False, axis="y")
    ax.grid(visible=True, axis="x", color=FAINT, linewidth=0.8)
    ax.tick_params(axis="y", length=0)


def say(ax: Axes, xy: tuple[float, float], text: str, *, above: bool = False) -> None:
    """Write a number beside its mark, or above it."""
    away: dict[str, Any] = {"xytext": (5, 0), "va": "center"}
    if above:
        away = {"xytext": (0, 7), "ha": "center"}
    ax.annotate(text, xy, textcoords="offset points", color=INK, fontsize=8.5, **away)
