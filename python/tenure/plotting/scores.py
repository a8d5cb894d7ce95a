"""How what customers were scored by is spread, and where it was cut."""

from __future__ import annotations

from itertools import pairwise
from typing import TYPE_CHECKING, Any

import numpy as np

from tenure.exceptions import ParameterError
from tenure.plotting._bins import Histogram, histogram
from tenure.plotting._segments import worded
from tenure.plotting._style import (
    ACCENT,
    INK,
    MUTED,
    SHADE,
    calm_axes,
    number_axis,
    remark,
    title,
)
from tenure.plotting.values import draw_histogram

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from numpy.typing import NDArray

    from tenure.rfm import RFM, Scores

__all__ = ["plot_score_cuts"]

# Whole numbers up to this have a bar each.
_FEW = 60


def plot_score_cuts(
    rfm: RFM,
    dimension: str = "recency",
    *,
    scores: Scores | None = None,
    bins: int = 40,
    ax: Axes | None = None,
    **kwargs: Any,
) -> Axes:
    """Draw how the values of a dimension are spread, with the cuts between scores.

    Parameters
    ----------
    rfm : RFM
        A fitted one.
    dimension : str, default "recency"
        Which dimension.
    scores : Scores, optional
        Customers of another date; those of the fit if left out.
    bins : int, default 40
        How many bins; counts of few different values have a bar each.
    ax : Axes, optional
        Where to draw.
    **kwargs
        For the bars, as `Axes.bar` takes them.
    """
    scores = rfm.score() if scores is None else scores
    if dimension not in scores.scores:
        raise ParameterError.of(
            name="dimension",
            expected=f"be one of {', '.join(scores.scores)}",
            found=repr(dimension),
        )
    column = next(one for one in scores.dimensions if one.name == dimension)
    own = scores.scores[dimension]
    bought = own > 0
    values = np.asarray(scores[column.column], dtype=np.float64)[bought]
    ax = calm_axes(ax)
    own = own[bought]
    shown = values
    if column.kind == "count":
        shown = values[values <= _reach(values, own)]
    found = _bins(shown, bins)
    draw_histogram(ax, found, **({"color": ACCENT} | kwargs))
    ax.margins(x=0.01)
    ax.set_ylim(top=1.16 * max(1, int(found.counts.max(initial=0))))
    _cuts(ax, values, own, is_log=found.is_log)
    if len(shown) < len(values):
        beyond = len(values) - len(shown)
        remark(ax, f"not shown: {beyond:,} above {shown.max():g}")
    title(ax, f"{dimension.replace('_', ' ').capitalize()} scores")
    ax.set_xlabel(worded(column.column))
    ax.set_ylabel("customers")
    number_axis(ax, whole=True)
    if column.kind == "count" and not found.is_log:
        number_axis(ax, "x", whole=True)
    return ax


def _bins(values: NDArray[np.float64], bins: int) -> Histogram:
    """Return a bar for each of few whole numbers, else a histogram."""
    is_count = len(values) > 0 and bool((values == np.rint(values)).all())
    if is_count and np.ptp(values) <= _FEW:
        places, counts = np.unique(values, return_counts=True)
        return Histogram(places - 0.4, places + 0.4, counts)
    return histogram(values, bins)


def _reach(values: NDArray[np.float64], own: NDArray[Any]) -> float:
    """Return how far to draw counts: past the last cut, and to nearly all customers."""
    ends = [values[own == score].min() for score in np.unique(own)]
    last = float(np.max(ends)) + 4
    return max(last, float(np.quantile(values, 0.99)))


def _cuts(
    ax: Axes, values: NDArray[np.float64], own: NDArray[Any], *, is_log: bool
) -> None:
    """Draw a line between neighbouring scores, and write each score into its band.

    Lines are drawn where scores change: halfway between the last value of one and the
    first of the next. Bands of scores that overlap (nested bins, ties broken by
    chance) have no line between them, and are not drawn.
    """
    used = np.unique(own)
    ends = [(values[own == score].min(), values[own == score].max()) for score in used]
    bands = sorted(zip(ends, used.tolist(), strict=True))
    edges: list[float] = []
    for ((_, last), _), ((first, _), _) in pairwise(bands):
        if last >= first:
            return
        both_positive = is_log and last > 0
        edges.append(
            float(np.sqrt(last * first) if both_positive else (last + first) / 2)
        )
    low, high = ax.get_xlim()
    limits = [low, *(min(max(edge, low), high) for edge in edges), high]
    for place, (_, score) in enumerate(bands):
        left, right = limits[place], limits[place + 1]
        if place % 2:
            ax.axvspan(left, right, color=SHADE, zorder=0, linewidth=0)
        if place:
            ax.axvline(left, color=MUTED, linewidth=1.0, linestyle=(0, (4, 3)))
        middle = float(np.sqrt(left * right) if is_log else (left + right) / 2)
        ax.annotate(
            f"{score}",
            (middle, 1.0),
            xycoords=("data", "axes fraction"),
            xytext=(0, -3),
            textcoords="offset points",
            ha="center",
            va="top",
            color=INK,
            fontsize=9,
            fontweight="bold",
        )
    ax.set_xlim(low, high)
