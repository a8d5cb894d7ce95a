"""Recency against frequency: every pair of scores, with customers and a measure."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from tenure._frame import native_frame
from tenure.exceptions import ParameterError
from tenure.plotting._segments import measured
from tenure.plotting._style import (
    MUTED,
    SHADE,
    calm_axes,
    color_bar,
    readable_on,
    sequential,
    title,
)

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from numpy.typing import ArrayLike, NDArray

    from tenure.rfm import Scores

__all__ = ["plot_score_grid", "score_grid"]

_BORDER: dict[str, Any] = {"color": MUTED, "linewidth": 1.1}

# Cells with a smaller share of the customers do not stretch the scale of colours.
_SMALL = 0.01


def score_grid(
    scores: Scores,
    *,
    measure: str | ArrayLike | None = "monetary",
    x: str = "frequency",
    y: str = "recency",
) -> Any:
    """Return how many customers have each pair of scores, and a measure's mean.

    Parameters
    ----------
    scores : Scores
        What `RFM.score` returned.
    measure : str or array, optional
        A column of the scores, or one number a customer: a lifetime value, a
        probability. None for counts alone.
    x, y : str
        Two of the dimensions that were scored.

    Returns
    -------
    frame
        One row a cell: the two scores by the names of their dimensions, `customers`
        and `mean` of the measure, NaN where there is nobody. Customers who have never
        bought have no scores and are left out.
    """
    columns = _grid(scores, measure, x, y)[0]
    return native_frame(columns, family=scores.family)


def _grid(
    scores: Scores, measure: str | ArrayLike | None, x: str, y: str
) -> tuple[dict[str, NDArray[Any]], str]:
    for name in (x, y):
        if name not in scores.scores:
            raise ParameterError.of(
                name="x, y",
                expected=f"be of {', '.join(scores.scores)}",
                found=repr(name),
            )
    wide, high = scores.bins[x], scores.bins[y]
    across, up = scores.scores[x].astype(np.int64), scores.scores[y].astype(np.int64)
    bought = (across > 0) & (up > 0)
    cells = ((up - 1) * wide + across - 1)[bought]
    customers = np.bincount(cells, minlength=wide * high)
    columns: dict[str, NDArray[Any]] = {
        y: np.repeat(np.arange(1, high + 1), wide),
        x: np.tile(np.arange(1, wide + 1), high),
        "customers": customers,
    }
    found = measured(scores, measure)
    if found is None:
        return columns, "customers"
    total = np.bincount(cells, weights=found[1][bought], minlength=wide * high)
    columns["mean"] = np.divide(
        total, customers, out=np.full(len(total), np.nan), where=customers > 0
    )
    return columns, found[0]


def plot_score_grid(
    scores: Scores,
    *,
    measure: str | ArrayLike | None = "monetary",
    x: str = "frequency",
    y: str = "recency",
    label: str | None = None,
    borders: bool = True,
    ax: Axes | None = None,
    **kwargs: Any,
) -> Axes:
    """Draw every pair of scores: the colour is a measure's mean, the number customers.

    Parameters
    ----------
    scores, measure, x, y
        As `score_grid`; without a measure the colour is the number of customers.
    label : str, optional
        What the measure is called.
    borders : bool, default True
        Draw lines between segments and write their names, where the segments are of
        these two dimensions.
    ax : Axes, optional
        Where to draw.
    **kwargs
        For the cells, as `Axes.imshow` takes them.
    """
    columns, name = _grid(scores, measure, x, y)
    name = label or name
    wide, high = scores.bins[x], scores.bins[y]
    customers = columns["customers"].reshape(high, wide)
    heights = columns.get("mean", columns["customers"].astype(np.float64))
    heights = np.where(customers > 0, heights.reshape(high, wide), np.nan)
    ax = calm_axes(ax, size=(1.8 + 0.78 * wide, 1.1 + 0.62 * high))
    ax.grid(visible=False)
    cmap = sequential().with_extremes(bad=SHADE)
    extent = (0.5, wide + 0.5, 0.5, high + 0.5)
    look: dict[str, Any] = {"cmap": cmap, "aspect": "auto", "origin": "lower"}
    look |= {"extent": extent, "vmax": _highest(heights, customers)}
    image: Any = ax.imshow(heights, **(look | kwargs))
    _cells(ax, image, heights, customers)
    if borders:
        _segments(ax, scores, x, y)
    beyond = bool((np.nan_to_num(heights, nan=-np.inf) > image.norm.vmax).any())
    shown = "customers" if "mean" not in columns else f"mean {name}"
    color_bar(ax, image, shown, extend="max" if beyond else "neither")
    ax.set_xticks(range(1, wide + 1))
    ax.set_yticks(range(1, high + 1))
    for spine in ax.spines.values():
        spine.set_visible(False)
    ax.tick_params(length=0)
    title(ax, f"Customers by {y} and {x}")
    ax.set_xlabel(f"{x} score")
    ax.set_ylabel(f"{y} score")
    return ax


def _highest(heights: NDArray[np.float64], customers: NDArray[np.int64]) -> float:
    """Return where colours end: a few odd customers do not make all others pale."""
    large = customers >= max(1.0, _SMALL * customers.sum())
    known = heights[large & np.isfinite(heights)]
    return float(known.max()) if len(known) else 1.0


def _cells(
    ax: Axes, image: Any, heights: NDArray[np.float64], customers: NDArray[np.int64]
) -> None:
    """Write how many customers each cell has, in a colour that can be read on it."""
    high, wide = customers.shape
    for row in range(high):
        for column in range(wide):
            count = int(customers[row, column])
            color = image.cmap(image.norm(heights[row, column])) if count else SHADE
            ax.text(
                column + 1,
                row + 0.92 if count else row + 1,
                f"{count:,}" if count else "–",
                ha="center",
                va="center",
                color=readable_on(color) if count else MUTED,
                fontsize=9,
            )


def _segments(ax: Axes, scores: Scores, x: str, y: str) -> None:
    """Draw where segments meet, and write each name into its first cell."""
    names = scores.segment_map
    if names is None or set(names.dimensions) != {x, y}:
        return
    wide, high = scores.bins[x], scores.bins[y]
    flip = tuple(names.dimensions) == (x, y)

    def segment(row: int, column: int) -> str | None:
        if not (1 <= row <= high and 1 <= column <= wide):
            return None
        return names.segment(*((column, row) if flip else (row, column)))

    named: set[str] = set()
    for row in range(high, 0, -1):
        for column in range(1, wide + 1):
            name = segment(row, column)
            if segment(row, column + 1) not in (None, name):
                place = column + 0.5
                ax.plot([place] * 2, [row - 0.5, row + 0.5], **_BORDER)
            if segment(row + 1, column) not in (None, name):
                level = row + 0.5
                ends = [column - 0.5, column + 0.5]
                ax.plot(ends, [level] * 2, **_BORDER)
            if name is not None and name not in named:
                named.add(name)
                _name(ax, name, (column, row))


def _name(ax: Axes, name: str, place: tuple[int, int]) -> None:
    image: Any = ax.images[0]
    column, row = place
    height = float(image.get_array().filled(np.nan)[row - 1, column - 1])
    color = image.cmap(image.norm(height)) if np.isfinite(height) else SHADE
    ax.text(
        column - 0.46,
        row + 0.42,
        name,
        ha="left",
        va="top",
        color=readable_on(color),
        fontsize=7.5,
        fontweight="bold",
    )
