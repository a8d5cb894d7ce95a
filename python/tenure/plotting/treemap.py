"""Segments as tiles: the area is how many customers, the colour what they bring."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from tenure.plotting._segments import by_segment, measured
from tenure.plotting._squarify import squarified
from tenure.plotting._style import (
    ACCENT,
    INK,
    PAPER,
    calm_axes,
    color_bar,
    readable_on,
    sequential,
    title,
)

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from numpy.typing import ArrayLike, NDArray

    from tenure.plotting._segments import Segments
    from tenure.plotting._squarify import Tile
    from tenure.rfm import Scores

__all__ = ["plot_segment_treemap"]

# Inches of a line of text, and of one of its signs.
_LINE, _SIGN = 0.17, 0.071


def plot_segment_treemap(
    scores: Scores,
    *,
    measure: str | ArrayLike | None = "monetary",
    label: str | None = None,
    ax: Axes | None = None,
    **kwargs: Any,
) -> Axes:
    """Draw segments as tiles: area by customers, colour by the mean of a measure.

    Parameters
    ----------
    scores : Scores
        What `RFM.score` returned, with segments.
    measure : str or array, optional
        A column of the scores, or one number a customer; None for one colour.
    label : str, optional
        What the measure is called.
    ax : Axes, optional
        Where to draw.
    **kwargs
        For the tiles, as `matplotlib.patches.Rectangle` takes them.
    """
    from matplotlib.patches import Rectangle  # noqa: PLC0415

    found = measured(scores, measure)
    name = label or (found[0] if found else "")
    segments = by_segment(scores, {} if found is None else {"measure": found[1]})
    order = np.argsort(-segments.customers, kind="stable")
    ax = calm_axes(ax, size=(6.4, 3.9))
    box = ax.get_window_extent()
    dpi = ax.figure.dpi
    width, height = box.width / dpi or 1.0, box.height / dpi or 1.0
    tiles = squarified([float(segments.customers[i]) for i in order], width, height)
    means, paint = _paint(segments)
    for place, tile in zip(order, tiles, strict=True):
        color = ACCENT if paint is None else paint.to_rgba(means[place])
        look: dict[str, Any] = {"facecolor": color, "edgecolor": PAPER, "linewidth": 2}
        corner = (tile.x, tile.y)
        ax.add_patch(Rectangle(corner, tile.width, tile.height, **(look | kwargs)))
        words = INK if paint is None else readable_on(color)
        _label(ax, tile, _lines(segments, int(place), means), words)
    ax.set_xlim(0, width)
    ax.set_ylim(0, height)
    ax.set_axis_off()
    if paint is not None:
        color_bar(ax, paint, f"mean {name}")
        title(ax, "Segments: area by customers, colour by mean")
    else:
        title(ax, "Segments by number of customers")
    return ax


def _paint(segments: Segments) -> tuple[NDArray[np.float64], Any]:
    """Return the mean of the measure by segment, and what gives it a colour."""
    if "measure" not in segments.totals:
        return np.full(len(segments.names), np.nan), None
    from matplotlib.cm import ScalarMappable  # noqa: PLC0415
    from matplotlib.colors import Normalize  # noqa: PLC0415

    means = segments.totals["measure"] / segments.customers
    known = means[np.isfinite(means)]
    low, high = (float(known.min()), float(known.max())) if len(known) else (0.0, 1.0)
    norm = Normalize(min(low, 0.0), high if high > 0 else 1.0)
    return means, ScalarMappable(norm=norm, cmap=sequential())


def _lines(segments: Segments, place: int, means: NDArray[np.float64]) -> list[str]:
    count = int(segments.customers[place])
    share = 100 * count / int(segments.customers.sum())
    lines = [segments.names[place], f"{count:,} ({share:.{0 if share >= 1 else 1}f} %)"]
    if np.isfinite(means[place]):
        lines.append(f"mean {means[place]:,.4g}")
    return lines


def _label(ax: Axes, tile: Tile, lines: list[str], color: str) -> None:
    """Write as many lines as the tile has room for, upright if that is the longer side.

    A name that does not fit is cut; a tile for which even that is too much is left
    without words.
    """
    upright = tile.width < len(lines[0]) * _SIGN and tile.height > tile.width
    length, depth = tile.width - 0.1, tile.height - 0.06
    if upright:
        length, depth = tile.height - 0.1, tile.width - 0.06
    room = int(depth / _LINE)
    most = int(length / _SIGN)
    if room < 1 or most < 4:
        return
    name = lines[0] if len(lines[0]) <= most else f"{lines[0][: most - 1]}…"
    kept = [name, *(line for line in lines[1:room] if len(line) <= most)]
    x, y = (tile.x + 0.05, tile.y + tile.height - 0.05)
    options: dict[str, Any] = {"rotation": 90} if upright else {}
    if upright:
        y = tile.y + 0.05
    ax.text(
        x,
        y,
        "\n".join(kept),
        ha="left",
        va="bottom" if upright else "top",
        color=color,
        fontsize=8.5,
        linespacing=1.25,
        parse_math=False,
        **options,
    )
