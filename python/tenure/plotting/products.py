"""What sells, what sells together, what first orders lead to, and single customers."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from tenure.plotting._style import (
    ACCENT,
    ACTUAL,
    FAINT,
    INK,
    MUTED,
    calm_axes,
    color_bar,
    date_axis,
    number_axis,
    percent_axis,
    readable_on,
    remark,
    sequential,
    shortened,
    title,
)

if TYPE_CHECKING:
    from matplotlib.axes import Axes

    from tenure.products.affinity import Affinity
    from tenure.products.gateways import Gateways
    from tenure.products.popularity import Popularity
    from tenure.products.timeline import CustomerTimeline

__all__ = ["plot_affinity", "plot_gateways", "plot_popularity", "plot_timeline"]

# Inches that a row of a chart takes.
_ROW = 0.26


def plot_popularity(
    popularity: Popularity, *, most: int = 15, ax: Axes | None = None
) -> Axes:
    """Draw the share of customers who bought each of the most bought products.

    Parameters
    ----------
    popularity : Popularity
        What `products.popularity` returns.
    most : int, default 15
        How many products, or products in segments.
    ax : Axes, optional
        Where to draw.
    """
    columns = popularity._columns  # noqa: SLF001
    rows = slice(0, most)
    names = [shortened(one) for one in columns[popularity.of][rows]]
    if popularity.by is not None:
        segments = columns[popularity.by][rows]
        names = [f"{one}, {who}" for one, who in zip(names, segments, strict=True)]
    ax = _rows_of(ax, names)
    places = np.arange(len(names))[::-1]
    ax.barh(places, columns["penetration"][rows], height=0.7, color=ACTUAL)
    low, high = (columns[f"penetration_{end}"][rows] for end in ("low", "high"))
    ax.hlines(places, low, high, color=INK, linewidth=1.1)
    percent_axis(ax, "x")
    ax.set_xlim(left=0)
    ax.set_xlabel("share of customers who bought it")
    title(ax, "Most bought")
    remark(ax, f"{100 * popularity.level:g} % intervals")
    return ax


def plot_affinity(
    affinity: Affinity, value: str = "lift", *, most: int = 12, ax: Axes | None = None
) -> Axes:
    """Draw the square of the most frequent products, coloured by how they go together.

    Parameters
    ----------
    affinity : Affinity
        What `products.affinity` returns.
    value : str, default "lift"
        A column of its table.
    most : int, default 12
        How many products.
    ax : Axes, optional
        Where to draw.
    """
    names, cells = affinity._matrix(value, most)  # noqa: SLF001
    side = max(3.3, 0.42 * len(names) + 1.4)
    ax = calm_axes(ax, size=(side + 0.9, side))
    ax.grid(visible=False)
    colors: Any = sequential().with_extremes(bad=FAINT)
    image: Any = ax.imshow(np.ma.masked_invalid(cells), cmap=colors, aspect="auto")
    for (row, column), cell in np.ndenumerate(cells):
        if np.isfinite(cell):
            ink = readable_on(colors(image.norm(cell)))
            text = f"{cell:.3g}"
            ax.text(
                column, row, text, ha="center", va="center", color=ink, fontsize=7.5
            )
    labels = [shortened(one, 14) for one in names]
    ax.set_xticks(range(len(names)), labels, rotation=45, ha="right")
    ax.set_yticks(range(len(names)), labels)
    color_bar(ax, image, value.replace("_", " "))
    title(ax, "Bought together")
    remark(ax, "grey: too few")
    return ax


def plot_gateways(
    gateways: Gateways, *, most: int = 12, ax: Axes | None = None
) -> Axes:
    """Draw how much more customers spend later if their first order held a product.

    Parameters
    ----------
    gateways : Gateways
        What `products.gateways` returns.
    most : int, default 12
        How many products.
    ax : Axes, optional
        Where to draw.
    """
    columns = gateways._columns  # noqa: SLF001
    rows = slice(0, most)
    names = [
        f"{shortened(one)} ({count:,})"
        for one, count in zip(
            columns[gateways.of][rows], columns["customers"][rows], strict=True
        )
    ]
    ax = _rows_of(ax, names)
    places = np.arange(len(names))[::-1]
    low, high = (columns[f"adjusted_{end}"][rows] for end in ("low", "high"))
    ax.hlines(places, low, high, color=ACCENT, linewidth=4)
    ax.plot(columns["adjusted"][rows], places, "o", color=ACTUAL, markersize=5)
    ax.axvline(0, color=MUTED, linewidth=0.8)
    number_axis(ax, "x")
    ax.set_xlabel(
        f"later value within {gateways.horizon:g} days, more than others like them"
    )
    title(ax, "Gateways: the first order held")
    remark(ax, f"customers in brackets; {100 * gateways.level:g} % intervals")
    return ax


def plot_timeline(timeline: CustomerTimeline, *, ax: Axes | None = None) -> Axes:
    """Draw a line a customer, with a dot for each order.

    Parameters
    ----------
    timeline : CustomerTimeline
        What `products.customer_timeline` returns.
    ax : Axes, optional
        Where to draw.
    """
    columns = timeline._columns  # noqa: SLF001
    names = [shortened(one) for one in timeline.customers.tolist()]
    ax = _rows_of(ax, names)
    place = {one: at for at, one in enumerate(timeline.customers.tolist())}
    whose = np.array([place[one] for one in columns["customer_id"].tolist()])
    rows = len(names) - 1 - whose
    dates = columns["date"]
    for row in np.unique(rows).tolist():
        own = dates[rows == row]
        ax.hlines(row, own.min(), timeline.last_day, color=FAINT, linewidth=2)
    ax.plot(dates, rows, "o", color=ACTUAL, markersize=5)
    new = columns["new"]
    ax.plot(dates[new], rows[new], "o", color=ACCENT, markersize=2.5)
    date_axis(ax)
    title(ax, "Orders of each customer")
    remark(ax, "light centre: something new")
    return ax


def _rows_of(ax: Axes | None, names: list[str]) -> Axes:
    """Return axes with a named row for each, the first at the top."""
    ax = calm_axes(ax, size=(5.6, max(2.0, _ROW * len(names) + 1.1)))
    ax.grid(visible=False, axis="y")
    ax.grid(visible=True, axis="x", color=FAINT, linewidth=0.8)
    look: dict[str, Any] = {"fontsize": 8.5}
    ax.set_yticks(np.arange(len(names))[::-1], names, **look)
    ax.set_ylim(-0.7, len(names) - 0.3)
    return ax
