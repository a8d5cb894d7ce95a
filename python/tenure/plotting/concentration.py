"""How much of the value the best customers bring: Lorenz curve, whale curve, deciles.

The numbers behind them are `Concentration.lorenz`, `.whale` and `.deciles`.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from tenure.plotting._style import (
    ACCENT,
    ACTUAL,
    EXPECTED,
    INK,
    MUTED,
    PAPER,
    calm_axes,
    number_axis,
    percent_axis,
    remark,
    title,
)

if TYPE_CHECKING:
    from matplotlib.axes import Axes

    from tenure._concentration import Concentration

__all__ = ["plot_deciles", "plot_lorenz", "plot_whale"]

_CURVE: dict[str, Any] = {"color": ACTUAL, "linewidth": 2.0}


def plot_lorenz(
    found: Concentration,
    *,
    mark_top: float | None = 0.20,
    ax: Axes | None = None,
    **kwargs: Any,
) -> Axes:
    """Draw the Lorenz curve: what the least valuable share of customers brings.

    The straight line is a base whose customers are all worth the same; the further the
    curve hangs below it, the more a few customers matter.

    Parameters
    ----------
    found : Concentration
        What `concentration` returned.
    mark_top : float, optional
        Mark how much this share of the customers, the best, brings.
    ax : Axes, optional
        Where to draw.
    **kwargs
        For the curve, as `Axes.plot` takes them.
    """
    ax = calm_axes(ax, size=(4.6, 4.0))
    title(ax, "How value is spread over customers")
    ax.set_xlabel("customers, the least valuable first")
    ax.set_ylabel(f"share of the {_named(found)}")
    percent_axis(ax, "x")
    percent_axis(ax)
    if not found.total > 0:
        return _no_shares(ax)
    curve = found._lorenz()  # noqa: SLF001
    x, y = curve["customers_share"], curve["value_share"]
    ax.plot([0, 1], [0, 1], color=MUTED, linewidth=1.0, linestyle=(0, (4, 3)))
    ax.fill_between(x, y, x, color=ACCENT, alpha=0.25, linewidth=0)
    ax.plot(x, y, **(_CURVE | kwargs))
    ax.set_xlim(0, 1)
    ax.set_ylim(min(0.0, float(y.min()) * 1.1), 1)
    ax.text(
        0.05,
        0.95,
        f"Gini {found.gini:.2f}{_ends(found)}",
        transform=ax.transAxes,
        color=INK,
        fontsize=9,
        va="top",
    )
    ax.text(
        0.42,
        0.43,
        "all the same",
        color=MUTED,
        fontsize=9,
        ha="center",
        va="bottom",
        rotation=45,
        rotation_mode="anchor",
        transform_rotates_text=True,
    )
    if mark_top is not None:
        _mark_top(ax, found, mark_top)
    return ax


def _mark_top(ax: Axes, found: Concentration, share: float) -> None:
    count = max(1, int(np.ceil(share * found.customers - 1e-9)))
    brought = float(found.descending[:count].sum()) / found.total
    place = (1 - count / found.customers, 1 - brought)
    ax.plot(*place, marker="o", markersize=6, color=EXPECTED, zorder=4)
    ax.annotate(
        f"the best {100 * share:g} %\nbring {100 * brought:.0f} %",
        place,
        xytext=(-10, 2),
        textcoords="offset points",
        ha="right",
        va="bottom",
        color=EXPECTED,
        fontsize=9,
    )


def plot_whale(found: Concentration, *, ax: Axes | None = None, **kwargs: Any) -> Axes:
    """Draw the whale curve: what the best customers bring, summed up one by one.

    Where some customers cost more than they bring, it rises above the total and falls
    back: the part beyond the peak is what they cost.

    Parameters
    ----------
    found : Concentration
        What `concentration` returned.
    ax : Axes, optional
        Where to draw.
    **kwargs
        For the curve, as `Axes.plot` takes them.
    """
    ax = calm_axes(ax)
    curve = found._whale()  # noqa: SLF001
    has_shares = found.total > 0
    x, y = curve["customers_share"], curve["value_share" if has_shares else "value"]
    ax.plot(x, y, **(_CURVE | kwargs))
    peak = int(np.argmax(y))
    ax.fill_between(x[: peak + 1], 0, y[: peak + 1], color=ACCENT, alpha=0.25, lw=0)
    last = 1.0 if has_shares else found.total
    ax.axhline(last, color=MUTED, linewidth=1.0, linestyle=(0, (4, 3)))
    if found.losers:
        ax.fill_between(x[peak:], last, y[peak:], color=EXPECTED, alpha=0.25, lw=0)
        _peak(ax, found, (float(x[peak]), float(y[peak])), has_shares=has_shares)
    ax.set_xlim(0, 1)
    top = max(float(y.max()), last)
    ax.set_ylim(min(0.0, float(y.min()) * 1.1), top * 1.16 if top > 0 else None)
    percent_axis(ax, "x")
    if has_shares:
        percent_axis(ax)
    else:
        number_axis(ax)
    title(ax, "What the best customers bring, summed up")
    ax.set_xlabel("customers, the most valuable first")
    ax.set_ylabel(f"{'share of the ' if has_shares else ''}{_named(found)}")
    return ax


def _peak(
    ax: Axes, found: Concentration, place: tuple[float, float], *, has_shares: bool
) -> None:
    verb = "costs" if found.losers == 1 else "cost"
    height = f"{100 * place[1]:.0f} %" if has_shares else f"{place[1]:,.0f}"
    ax.plot(*place, marker="o", markersize=6, color=EXPECTED, zorder=4)
    ax.annotate(
        f"peak {height}; then {found.losers:,} {verb} {-found.loss:,.0f}",
        place,
        xytext=(8 if place[0] < 0.5 else -8, 6),
        textcoords="offset points",
        ha="left" if place[0] < 0.5 else "right",
        va="bottom",
        color=EXPECTED,
        fontsize=9,
    )


def plot_deciles(
    found: Concentration, *, parts: int = 10, ax: Axes | None = None, **kwargs: Any
) -> Axes:
    """Draw what each tenth of the customers brings, the best first.

    Parameters
    ----------
    found : Concentration
        What `concentration` returned.
    parts : int, default 10
        How many equal parts.
    ax : Axes, optional
        Where to draw.
    **kwargs
        For the bars, as `Axes.bar` takes them.
    """
    ax = calm_axes(ax)
    table = found._deciles(parts)  # noqa: SLF001
    has_shares = found.total > 0
    heights = table["share"] if has_shares else table["value"]
    look: dict[str, Any] = {"color": ACTUAL, "edgecolor": PAPER, "width": 0.8}
    bars: Any = ax.bar(table["decile"], heights, **(look | kwargs))
    for bar, height in zip(bars, heights, strict=True):
        text = f"{100 * height:.0f} %" if has_shares else f"{height:,.3g}"
        ax.annotate(
            text,
            (bar.get_x() + bar.get_width() / 2, max(height, 0.0)),
            xytext=(0, 2),
            textcoords="offset points",
            ha="center",
            va="bottom",
            color=INK,
            fontsize=8.5,
        )
    ax.set_xticks(table["decile"])
    if has_shares:
        percent_axis(ax)
    else:
        number_axis(ax)
    ax.margins(y=0.1)
    name = {10: "tenth", 5: "fifth", 4: "quarter"}.get(parts, "part")
    title(ax, f"What each {name} of customers brings")
    ax.set_xlabel(f"{name}s of customers, the most valuable first")
    ax.set_ylabel(f"{'share of the ' if has_shares else ''}{_named(found)}")
    return ax


def _named(found: Concentration) -> str:
    return found.what.replace("_", " ")


def _ends(found: Concentration) -> str:
    lower, upper = found.gini_interval
    if np.isnan(lower):
        return ""
    return f"\n{100 * found.interval:g} % interval {lower:.2f} to {upper:.2f}"


def _no_shares(ax: Axes) -> Axes:
    remark(ax, "the total is not above 0: there are no shares of it")
    return ax
