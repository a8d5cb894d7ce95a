"""Movement between segments: who went where, as a map and as streams."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Literal

import numpy as np

from tenure._report import written
from tenure.exceptions import ParameterError
from tenure.plotting._style import (
    ACCENT,
    ACTUAL,
    EXPECTED,
    INK,
    calm_axes,
    legend,
    readable_on,
    sequential,
    title,
)
from tenure.rfm.migration import LOST, NEW

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from numpy.typing import NDArray

    from tenure.rfm.migration import Migration

__all__ = ["plot_migration", "plot_migration_flows"]


@dataclass(frozen=True, eq=False)
class _Step:
    """The flows of one step without segments that nobody is in.

    Attributes
    ----------
    before, after : list of str
        The rows and the columns.
    counts : int64 array, shape (before, after)
        Customers.
    moves : int64 array, shape (before, after)
        How many segments up; 0 where customers stayed, came or went.
    came, gone : bool array, shape (before, after)
        Which flows are of customers who came or went.
    """

    before: list[str]
    after: list[str]
    counts: NDArray[np.int64]
    moves: NDArray[np.int64]
    came: NDArray[np.bool_]
    gone: NDArray[np.bool_]


def _step(found: Migration, step: int) -> _Step:
    if not -len(found.counts) <= step < len(found.counts):
        raise ParameterError.of(
            name="step",
            expected=f"lie between 0 and {len(found.counts) - 1}",
            found=repr(step),
        )
    counts = found.counts[step]
    size = len(found.segments)
    rows, columns = _places(counts.shape)
    inner = (rows < size) & (columns < size)
    kept = np.ix_(counts.sum(axis=1) > 0, counts.sum(axis=0) > 0)
    before = [*found.segments, NEW]
    after = [*found.segments, LOST]
    return _Step(
        [before[place] for place in kept[0].ravel()],
        [after[place] for place in kept[1].ravel()],
        counts[kept],
        np.where(inner, rows - columns, 0)[kept],
        (rows == size)[kept],
        (columns == size)[kept],
    )


def _places(
    shape: tuple[int, ...],
) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Return the row and the column of each cell."""
    rows, columns = np.divmod(np.arange(shape[0] * shape[1]), shape[1])
    return rows.reshape(shape), columns.reshape(shape)


def plot_migration(
    found: Migration,
    *,
    step: int = -1,
    show: Literal["share", "customers"] = "share",
    ax: Axes | None = None,
    **kwargs: Any,
) -> Axes:
    """Draw who moved where between two dates, as a map.

    Parameters
    ----------
    found : Migration
        What `RFM.migration` returned.
    step : int, default -1
        Which pair of neighbouring dates, from 0; -1 is the last.
    show : {"share", "customers"}, default "share"
        What the cells say: which share of the segment before went there, or how many
        customers.
    ax : Axes, optional
        Where to draw.
    **kwargs
        For the map, as `Axes.imshow` takes them.
    """
    if show not in ("share", "customers"):
        raise ParameterError.of(
            name="show", expected="be 'share' or 'customers'", found=repr(show)
        )
    one = _step(found, step)
    totals = one.counts.sum(axis=1, keepdims=True)
    shares = one.counts / totals
    high, wide = one.counts.shape
    ax = calm_axes(ax, size=(2.6 + 0.62 * wide, 1.7 + 0.38 * high))
    ax.grid(visible=False)
    look: dict[str, Any] = {"cmap": sequential(), "aspect": "auto"}
    look |= {"vmin": 0, "vmax": 1}
    image: Any = ax.imshow(shares, **(look | kwargs))
    for row, column in np.argwhere(one.counts).tolist():
        share = shares[row, column]
        text = f"{one.counts[row, column]:,}"
        if show == "share":
            text = f"{100 * share:.0f} %" if share >= 0.005 else "<1 %"
        color = readable_on(image.cmap(image.norm(share)))
        options: dict[str, Any] = {"ha": "center", "va": "center", "fontsize": 8.5}
        stayed = one.before[row] == one.after[column]
        weight = "bold" if stayed else "normal"
        ax.text(column, row, text, color=color, fontweight=weight, **options)
    rows = [
        f"{name} ({total:,})"
        for name, total in zip(one.before, totals.ravel(), strict=True)
    ]
    ax.set_yticks(range(high), rows, parse_math=False)
    ax.set_xticks(range(wide), one.after, rotation=35, ha="right", parse_math=False)
    ax.tick_params(length=0)
    for spine in ax.spines.values():
        spine.set_visible(False)
    dates = _dates(found, step)
    title(ax, "Where customers of each segment went")
    ax.set_xlabel(f"segment on {dates[1]}")
    ax.set_ylabel(f"segment on {dates[0]} (customers)")
    return ax


def plot_migration_flows(
    found: Migration, *, step: int = -1, ax: Axes | None = None, **kwargs: Any
) -> Axes:
    """Draw who moved where between two dates, as streams (a Sankey diagram).

    The height of a stream is how many customers moved; blue streams went to a better
    segment, orange ones to a worse one or were lost, pale ones stayed or are new.

    Parameters
    ----------
    found : Migration
        What `RFM.migration` returned.
    step : int, default -1
        Which pair of neighbouring dates, from 0; -1 is the last.
    ax : Axes, optional
        Where to draw.
    **kwargs
        For the streams, as `matplotlib.patches.PathPatch` takes them.
    """
    one = _step(found, step)
    ax = calm_axes(ax, size=(6.6, 5.0))
    gap = 0.025 * float(one.counts.sum()) or 1.0
    left, right = (_stacked(one.counts.sum(axis=axis), gap) for axis in (1, 0))
    lowest = min(left[-1, 1], right[-1, 1])
    out, into = left[:, 0].copy(), right[:, 0].copy()
    for row, column in np.ndindex(one.counts.shape):
        count = float(one.counts[row, column])
        if count:
            color = _color(one, row, column)
            _stream(ax, (out[row], into[column]), count, color, kwargs)
            out[row] -= count
            into[column] -= count
    total = int(one.counts.sum())
    _blocks(ax, left, one.before, total, at=0.0)
    _blocks(ax, right, one.after, total, at=1.0)
    ax.set_xlim(-0.02, 1.02)
    ax.set_ylim(lowest - gap, gap)
    ax.set_axis_off()
    _explain(ax)
    dates = _dates(found, step)
    title(ax, f"From {dates[0]} (left) to {dates[1]} (right)")
    return ax


def _stacked(sizes: NDArray[np.int64], gap: float) -> NDArray[np.float64]:
    """Return top and bottom of each block, from 0 downwards with gaps between."""
    ends = gap - np.cumsum(sizes + gap)
    return np.stack([ends + sizes, ends], axis=1).astype(np.float64)


def _color(one: _Step, row: int, column: int) -> str:
    if one.gone[row, column] or one.moves[row, column] < 0:
        return EXPECTED
    if one.moves[row, column] > 0:
        return ACTUAL
    return ACCENT


def _stream(
    ax: Axes,
    tops: tuple[Any, Any],
    count: float,
    color: str,
    options: dict[str, Any],
) -> None:
    from matplotlib.patches import PathPatch  # noqa: PLC0415
    from matplotlib.path import Path  # noqa: PLC0415

    (start, end), inner, outer, bend = tops, 0.02, 0.98, 0.5
    points = [
        (inner, start),
        (bend, start),
        (bend, end),
        (outer, end),
        (outer, end - count),
        (bend, end - count),
        (bend, start - count),
        (inner, start - count),
        (inner, start),
    ]
    curve = [Path.CURVE4] * 3
    codes = [Path.MOVETO, *curve, Path.LINETO, *curve, Path.CLOSEPOLY]
    look: dict[str, Any] = {"facecolor": color, "linewidth": 0, "alpha": 0.45}
    ax.add_patch(PathPatch(Path(points, codes), **(look | options)))


def _blocks(
    ax: Axes,
    places: NDArray[np.float64],
    names: list[str],
    total: int,
    *,
    at: float,
) -> None:
    """Draw the segments of one date, and write their names beside them."""
    on_left = at == 0.0
    apart = 0.035 * -float(places[-1, 1])
    level = np.inf
    for (top, bottom), name in zip(places, names, strict=True):
        x = at if on_left else at - 0.02
        ax.bar(x, top - bottom, 0.02, bottom, align="edge", color=INK, linewidth=0)
        count = round(top - bottom)
        # names of thin blocks keep a line of text apart
        level = min((top + bottom) / 2, level - apart)
        ax.annotate(
            f"{name}  {count:,} ({100 * count / total:.0f} %)",
            (at, level),
            xytext=(-5 if on_left else 5, 0),
            textcoords="offset points",
            ha="right" if on_left else "left",
            va="center",
            color=INK,
            fontsize=8.5,
            parse_math=False,
            annotation_clip=False,
        )


def _explain(ax: Axes) -> None:
    from matplotlib.patches import Patch  # noqa: PLC0415

    kinds = {ACTUAL: "to a better segment", EXPECTED: "to a worse one, or lost"}
    kinds[ACCENT] = "stayed, or new"
    handles = [
        Patch(facecolor=color, alpha=0.6, label=words) for color, words in kinds.items()
    ]
    legend(ax, handles=handles, loc="upper center", bbox_to_anchor=(0.5, 0.0), ncols=3)


def _dates(found: Migration, step: int) -> tuple[str, str]:
    first = range(len(found.counts))[step]
    return written(found.dates[first]), written(found.dates[first + 1])
