"""What share of customers, of revenue and of value each segment has."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from tenure._frame import native_frame
from tenure.plotting._segments import by_segment, measured
from tenure.plotting._style import (
    ACCENT,
    ACTUAL,
    EXPECTED,
    FAINT,
    INK,
    PAPER,
    calm_axes,
    legend,
    percent_axis,
    title,
)

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from numpy.typing import ArrayLike, NDArray

    from tenure.plotting._segments import Segments
    from tenure.rfm import Scores

__all__ = ["plot_segment_shares", "segment_shares"]


def segment_shares(scores: Scores, *, value: ArrayLike | None = None) -> Any:
    """Return the share of each segment in customers, in revenue and in value.

    Parameters
    ----------
    scores : Scores
        What `RFM.score` returned, with segments.
    value : array, optional
        One number a customer, such as a lifetime value: `value["value"]`.

    Returns
    -------
    frame
        One row a segment that has customers, the best first: `segment`, `customers`,
        `customers_share`, `revenue_share` where money is known, `value_share` where
        values are given. Shares of a total that is not above 0 are NaN.
    """
    segments, columns = _shares(scores, value)
    names = np.array(segments.names, dtype=object)
    columns = {"segment": names, "customers": segments.customers, **columns}
    return native_frame(columns, family=scores.family)


def _shares(
    scores: Scores, value: ArrayLike | None
) -> tuple[Segments, dict[str, NDArray[Any]]]:
    measures: dict[str, NDArray[np.float64]] = {}
    if scores.inputs.revenue is not None:
        measures["revenue_share"] = scores.inputs.revenue
    elif "monetary" in scores.inputs.values:
        measures["revenue_share"] = scores["monetary"]
    found = measured(scores, value)
    if found is not None:
        measures["value_share"] = np.nan_to_num(found[1])
    segments = by_segment(scores, measures)
    columns = {"customers_share": segments.customers / segments.customers.sum()}
    for name, totals in segments.totals.items():
        whole = totals.sum()
        columns[name] = totals / whole if whole > 0 else np.full(len(totals), np.nan)
    return segments, columns


def plot_segment_shares(
    scores: Scores,
    *,
    value: ArrayLike | None = None,
    ax: Axes | None = None,
    **kwargs: Any,
) -> Axes:
    """Draw the share of each segment in customers, in revenue and in value.

    A segment whose bar of revenue is longer than that of customers brings more than
    its number.

    Parameters
    ----------
    scores, value
        As `segment_shares`.
    ax : Axes, optional
        Where to draw.
    **kwargs
        For the bars, as `Axes.barh` takes them.
    """
    segments, columns = _shares(scores, value)
    kinds = {
        "customers_share": ("customers", ACCENT),
        "revenue_share": ("revenue so far", ACTUAL),
        "value_share": ("expected value", EXPECTED),
    }
    shown = {name: kinds[name] for name in columns if np.isfinite(columns[name]).all()}
    rows = np.arange(len(segments.names), dtype=np.float64)
    ax = calm_axes(ax, size=(6.0, 1.2 + 0.38 * max(len(rows), 3)))
    ax.grid(visible=False, axis="y")
    ax.grid(visible=True, axis="x", color=FAINT, linewidth=0.8)
    thickness = 0.8 / len(shown)
    for place, (name, (label, color)) in enumerate(shown.items()):
        level = rows + (place - (len(shown) - 1) / 2) * thickness
        look: dict[str, Any] = {"color": color, "edgecolor": PAPER, "linewidth": 0.5}
        bars = ax.barh(level, columns[name], thickness, label=label, **(look | kwargs))
        _percents(ax, bars)
    ax.set_yticks(rows, segments.names, parse_math=False)
    ax.set_ylim(len(rows) - 0.5, -0.5)
    ax.tick_params(axis="y", length=0)
    percent_axis(ax, "x")
    ax.margins(x=0.1)
    if len(shown) > 1:
        place = {"loc": "upper left", "bbox_to_anchor": (0, -0.07 - 0.25 / len(rows))}
        legend(ax, ncols=len(shown), **place)
    title(ax, "Segments: how many they are and what they bring")
    return ax


def _percents(ax: Axes, bars: Any) -> None:
    for bar in bars:
        share = bar.get_width()
        digits = 1 if 0 < abs(share) < 0.095 else 0
        ax.annotate(
            f"{100 * share:.{digits}f} %",
            (max(share, 0.0), bar.get_y() + bar.get_height() / 2),
            xytext=(3, 0),
            textcoords="offset points",
            ha="left",
            va="center",
            color=INK,
            fontsize=7.5,
        )
