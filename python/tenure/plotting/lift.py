"""Whether the customers who were ranked highest are those who buy most."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from tenure._frame import Table
from tenure.exceptions import ParameterError
from tenure.plotting._style import (
    ACCENT,
    INK,
    MUTED,
    PAPER,
    SERIES,
    calm_axes,
    legend,
    number_axis,
    percent_axis,
    title,
)

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from numpy.typing import NDArray

    from tenure.rfm.validation import Validation

__all__ = ["plot_gains", "plot_lift"]

_NAMES = {10: "tenth", 5: "fifth", 4: "quarter"}


def _by_ranking(
    found: Validation, target: str, names: tuple[str, ...]
) -> dict[str, NDArray[np.float64]]:
    """Return columns of the lift table, one row a ranking and one column a group."""
    table = Table.of(found.lift(target))
    shape = (len(found.ranked), found.groups)
    return {name: table.numbers(name).values.reshape(shape) for name in names}


def plot_gains(
    found: Validation, *, target: str = "orders", ax: Axes | None = None, **kwargs: Any
) -> Axes:
    """Draw which share of what customers did next the highest ranked account for.

    The dashed line is a ranking by chance; the higher a curve, the more of it would be
    reached by turning to so many customers only.

    Parameters
    ----------
    found : Validation
        What `RFM.validate` returned.
    target : {"orders", "spend"}
        What is to be foretold.
    ax : Axes, optional
        Where to draw.
    **kwargs
        For the curves, as `Axes.plot` takes them.
    """
    captured = _by_ranking(found, target, ("captured",))["captured"]
    ax = calm_axes(ax, size=(5.4, 3.8))
    across = np.linspace(0.0, 1.0, found.groups + 1)
    ax.plot([0, 1], [0, 1], color=MUTED, linewidth=1.0, linestyle=(0, (4, 3)))
    order = np.argsort(-captured.sum(axis=1), kind="stable")
    names = list(found.ranked)
    for place, row in enumerate(order):
        heights = np.append(0.0, captured[row])
        look: dict[str, Any] = {"color": SERIES[place % len(SERIES)]}
        look |= {"linewidth": 1.9 if place < 2 else 1.3, "label": names[row]}
        ax.plot(across, heights, **(look | kwargs))
    ax.set_xlim(0, 1)
    ax.set_ylim(0, 1.02)
    percent_axis(ax, "x")
    percent_axis(ax)
    legend(ax, loc="lower right")
    title(ax, f"{_target(target)} that the highest ranked account for")
    ax.set_xlabel("customers, the highest ranked first")
    ax.set_ylabel(f"share of all {_target(target).lower()}")
    return ax


def plot_lift(
    found: Validation,
    *,
    ranking: str = "RFM score",
    target: str = "orders",
    ax: Axes | None = None,
    **kwargs: Any,
) -> Axes:
    """Draw what each tenth of customers did next, by how they were ranked before.

    A good ranking falls from left to right; bars of one height are a ranking that says
    nothing.

    Parameters
    ----------
    found : Validation
        What `RFM.validate` returned.
    ranking : str, default "RFM score"
        Which ranking, by its name in `Validation.rankings`.
    target : {"orders", "spend"}
        What is to be foretold.
    ax : Axes, optional
        Where to draw.
    **kwargs
        For the bars, as `Axes.bar` takes them.
    """
    if ranking not in found.ranked:
        raise ParameterError.of(
            name="ranking",
            expected=f"be one of {', '.join(found.ranked)}",
            found=repr(ranking),
        )
    row = list(found.ranked).index(ranking)
    names = ("mean", "mean_low", "mean_high", "lift")
    columns = _by_ranking(found, target, names)
    mean, low, high, lift = (columns[name][row] for name in names)
    ax = calm_axes(ax)
    groups = np.arange(1, found.groups + 1)
    look: dict[str, Any] = {"color": ACCENT, "edgecolor": PAPER, "width": 0.8}
    ax.bar(groups, mean, **(look | kwargs))
    ax.vlines(groups, low, high, color=INK, linewidth=1.2)
    overall = float(np.mean(found.orders if target == "orders" else found.spend))  # type: ignore[arg-type]
    ax.axhline(overall, color=MUTED, linewidth=1.0, linestyle=(0, (4, 3)))
    ax.annotate(
        f"mean of all {overall:,.3g}",
        (1.0, overall),
        xycoords=("axes fraction", "data"),
        xytext=(0, 3),
        textcoords="offset points",
        ha="right",
        va="bottom",
        color=MUTED,
        fontsize=8.5,
    )
    for x, top, factor in zip(groups, np.fmax(mean, high), lift, strict=True):
        ax.annotate(
            f"{factor:.1f}×",
            (x, top),
            xytext=(0, 2),
            textcoords="offset points",
            ha="center",
            va="bottom",
            color=INK,
            fontsize=8.5,
        )
    ax.set_xticks(groups)
    number_axis(ax)
    ax.set_ylim(0, 1.12 * float(np.fmax(mean, high).max()) or 1.0)
    name = _NAMES.get(found.groups, "group")
    title(ax, f"{_target(target)} of each {name}, ranked by {ranking}")
    ax.set_xlabel(f"{name}s of customers, the highest ranked first")
    ax.set_ylabel(f"{_target(target).lower()} a customer")
    return ax


def _target(target: str) -> str:
    return {"orders": "Later orders", "spend": "Later spend"}.get(target, target)
