"""What clusters are like, and what speaks for how many."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from tenure.plotting._segments import worded
from tenure.plotting._style import (
    ACTUAL,
    EXPECTED,
    INK,
    MUTED,
    calm_axes,
    number_axis,
    readable_on,
    remark,
    title,
)

if TYPE_CHECKING:
    from matplotlib.axes import Axes

    from tenure.clustering import ClusterSegments

__all__ = ["plot_cluster_criteria", "plot_clusters"]

# Standard deviations from the mean at which colours are strongest.
_STRONG = 1.5


def plot_clusters(
    segments: ClusterSegments, *, ax: Axes | None = None, **kwargs: Any
) -> Axes:
    """Draw the medians of each cluster: blue where they are high, orange where low.

    Parameters
    ----------
    segments : ClusterSegments
        Fitted.
    ax : Axes, optional
        Where to draw.
    **kwargs
        For the map, as `Axes.imshow` takes them.
    """
    from matplotlib.colors import LinearSegmentedColormap  # noqa: PLC0415

    profile = segments.fit_.profile
    names = list(profile.heights)
    heights = np.stack([profile.heights[name] for name in names], axis=1)
    high, wide = heights.shape
    ax = calm_axes(ax, size=(3.2 + 0.95 * wide, 1.2 + 0.42 * high))
    ax.grid(visible=False)
    ends = (EXPECTED, "#f4f5f7", ACTUAL)
    look: dict[str, Any] = {
        "cmap": LinearSegmentedColormap.from_list("tenure_both", ends),
        "aspect": "auto",
        "vmin": -_STRONG,
        "vmax": _STRONG,
    }
    image: Any = ax.imshow(heights, **(look | kwargs))
    for row, column in np.ndindex(high, wide):
        color = image.cmap(image.norm(heights[row, column]))
        ax.text(
            column,
            row,
            f"{profile.medians[names[column]][row]:,.4g}",
            ha="center",
            va="center",
            color=readable_on(color),
            fontsize=9,
        )
    share = profile.customers / profile.customers.sum()
    rows = [
        f"{place + 1}: {name}\n{count:,} customers ({100 * part:.0f} %)"
        for place, (name, count, part) in enumerate(
            zip(profile.names, profile.customers, share, strict=True)
        )
    ]
    ax.set_yticks(range(high), rows, parse_math=False)
    labels = [worded(name).replace(" since the ", "\nsince the ") for name in names]
    ax.set_xticks(range(wide), labels, parse_math=False)
    ax.tick_params(length=0)
    for spine in ax.spines.values():
        spine.set_visible(False)
    title(ax, "Clusters by their medians")
    remark(ax, "blue: high, orange: low")
    return ax


def plot_cluster_criteria(
    segments: ClusterSegments, *, ax: Axes | None = None, **kwargs: Any
) -> Axes:
    """Draw the criterion by which the number of clusters was chosen.

    Parameters
    ----------
    segments : ClusterSegments
        Fitted.
    ax : Axes, optional
        Where to draw.
    **kwargs
        For the line, as `Axes.plot` takes them.
    """
    criteria = segments.fit_.criteria
    by_bic = segments._criterion() == "bic"  # noqa: SLF001
    counts = np.array([one.clusters for one in criteria])
    heights = np.array([one.bic if by_bic else one.silhouette for one in criteria])
    chosen = segments._chosen()  # noqa: SLF001
    ax = calm_axes(ax)
    look: dict[str, Any] = {"color": ACTUAL, "marker": "o", "markersize": 5}
    ax.plot(counts, heights, **(look | kwargs))
    best = counts == chosen
    ax.plot(counts[best], heights[best], "o", color=EXPECTED, markersize=8, zorder=4)
    ax.annotate(
        "chosen",
        (chosen, float(heights[best][0])),
        xytext=(0, -8 if by_bic else 8),
        textcoords="offset points",
        ha="center",
        va="top" if by_bic else "bottom",
        color=EXPECTED,
        fontsize=9,
    )
    ax.margins(x=0.1, y=0.2)
    number_axis(ax, "x", whole=True)
    number_axis(ax)
    words = "BIC: less is better" if by_bic else ""
    title(ax, "How many clusters?")
    ax.set_xlabel("clusters", color=INK)
    ax.set_ylabel(words or "silhouette: more is better")
    ax.yaxis.get_offset_text().set_color(MUTED)
    return ax
