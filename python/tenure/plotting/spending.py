"""What customers spend on a purchase, by how often they buy."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from tenure.plotting._style import ACCENT, INK, MUTED, calm_axes, number_axis, title

if TYPE_CHECKING:
    from matplotlib.axes import Axes

    from tenure.independence import SpendIndependence

__all__ = ["plot_spend_by_frequency"]


def plot_spend_by_frequency(
    found: SpendIndependence, *, ax: Axes | None = None, **kwargs: Any
) -> Axes:
    """Draw mean spend a purchase by number of repeat purchases, with its interval.

    Bars of one height are independence; the dashed line is the mean of all customers.

    Parameters
    ----------
    found : SpendIndependence
        What `spend_independence` returned.
    ax : Axes, optional
        Where to draw.
    **kwargs
        For the bars, as `Axes.bar` takes them.
    """
    table = found._table()  # noqa: SLF001
    ax = calm_axes(ax)
    places = np.arange(len(table["frequency"]))
    look: dict[str, Any] = {"color": ACCENT, "width": 0.75}
    ax.bar(places, table["mean"], **(look | kwargs))
    ax.vlines(places, table["lower"], table["upper"], color=INK, linewidth=1.2)
    mean = float(found.spend.mean())
    ax.axhline(mean, color=MUTED, linewidth=1.0, linestyle=(0, (4, 3)))
    words = [
        f"{count}+" if count == found.most else str(count)
        for count in table["frequency"]
    ]
    ax.set_xticks(places, words)
    ax.set_ylim(bottom=0)
    number_axis(ax)
    title(ax, f"Spend a purchase; correlation {found.correlation:.2f}")
    ax.set_xlabel("repeat purchases")
    ax.set_ylabel("mean spend a purchase")
    return ax
