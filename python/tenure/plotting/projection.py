"""Retention and value of cohorts beyond what was seen, beside what was held out."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from tenure.plotting._style import (
    ACTUAL,
    EXPECTED,
    INK,
    MUTED,
    SERIES,
    SHADE,
    calm_axes,
    legend,
    mark,
    number_axis,
    percent_axis,
    remark,
    sequential,
    shortened,
    title,
)

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from numpy.typing import NDArray

    from tenure.cohorts import Projection
    from tenure.cohorts._projected import Part

__all__ = ["plot_projected_value", "plot_projection"]

# Beyond so many parts bands would hide each other, and only some are named.
_BANDS = 3


def plot_projection(
    projection: Projection, *, ax: Axes | None = None, **kwargs: Any
) -> Axes:
    """Draw the retention that was seen as dots, and what the model says as a line.

    The dashed line is the fit without the last ages of each cohort; ages that nobody
    has reached are on a shaded ground. What is drawn is what `Projection.to_frame`
    returns.

    Parameters
    ----------
    projection : Projection
        What `Retention.project` returned.
    ax : Axes, optional
        Where to draw.
    **kwargs
        For the lines, as `Axes.plot` takes them.
    """
    ax = calm_axes(ax, size=(5.6, 3.6))
    ages, parts = projection.ages, projection.parts
    _shade(ax, projection)
    for place, part in enumerate(parts):
        curve = part.curve(ages, projection.level)
        line, dots = _colors(place, len(parts))
        name = _name(projection, part, place)
        if len(parts) <= _BANDS:
            _band(ax, projection, curve, line, named=len(parts) == 1)
        look: dict[str, Any] = {"color": line, "linewidth": 1.8, "label": name}
        ax.plot(ages, curve["expected"], **(look | kwargs))
        seen = np.isfinite(curve["actual"])
        marks: dict[str, Any] = {"markersize": 4.0, "zorder": 3, "clip_on": False}
        marks["label"] = "actual" if len(parts) == 1 else None
        ax.plot(ages[seen], curve["actual"][seen], "o", color=dots, **marks)
        if part.check is not None and len(parts) <= _BANDS:
            held: dict[str, Any] = {"linestyle": (0, (4, 3)), "linewidth": 1.2}
            held["label"] = f"without the last {projection.holdout}" * (len(parts) == 1)
            ax.plot(ages, curve["held_out"], color=INK, **held)
            if len(parts) == 1:
                mark(ax, part.check.longest, "held out", color=MUTED)
    percent_axis(ax)
    ax.set_ylim(0.0, 1.02)
    _finish(ax, projection, "upper right")
    ax.set_ylabel("customers still there")
    title(ax, f"Retention as {type(projection.model).__name__} continues it")
    return ax


def plot_projected_value(
    projection: Projection, worth: Any, *, ax: Axes | None = None, **settings: Any
) -> Axes:
    """Draw what an acquired customer is worth up to each age, with its band.

    Parameters
    ----------
    projection : Projection
        What `Retention.project` returned.
    worth, **settings
        As `Projection.lifetime_value` takes them, whose numbers are drawn.
    ax : Axes, optional
        Where to draw.
    """
    ax = calm_axes(ax, size=(5.6, 3.6))
    ages, parts = projection.ages, projection.parts
    _shade(ax, projection)
    tables = projection._values(worth, **settings)  # noqa: SLF001
    for place, (part, table) in enumerate(zip(parts, tables, strict=True)):
        line, dots = _colors(place, len(parts))
        if len(parts) <= _BANDS:
            _band(ax, projection, table, line, named=len(parts) == 1)
        name = _name(projection, part, place)
        look: dict[str, Any] = {"color": line, "linewidth": 1.8, "label": name}
        ax.plot(ages, table["lifetime_value"], **look)
        seen = np.isfinite(table["observed"])
        marks: dict[str, Any] = {"markersize": 4.0, "zorder": 3, "clip_on": False}
        marks["label"] = "with retention as seen" if len(parts) == 1 else None
        ax.plot(ages[seen], table["observed"][seen], "o", color=dots, **marks)
    number_axis(ax)
    ax.set_ylim(bottom=min(0.0, ax.get_ylim()[0]))
    _finish(ax, projection, "lower right")
    ax.set_ylabel("discounted, per acquired customer")
    title(ax, "Lifetime value by age")
    return ax


def _colors(place: int, count: int) -> tuple[Any, Any]:
    """Return the colours of a part's line and dots."""
    if count == 1:
        return EXPECTED, ACTUAL
    if count <= len(SERIES):
        return SERIES[place], SERIES[place]
    shade = sequential()(0.95 - 0.7 * place / (count - 1))
    return shade, shade


def _name(projection: Projection, part: Part, place: int) -> str | None:
    """Return what a line is called; None for most of many."""
    count = len(projection.parts)
    if count == 1:
        return type(projection.model).__name__
    named = place % max(1, -(-count // len(SERIES))) == 0
    return shortened(projection.title_of(part)) if named else None


def _band(
    ax: Axes,
    projection: Projection,
    table: dict[str, NDArray[Any]],
    color: Any,
    *,
    named: bool,
) -> None:
    look: dict[str, Any] = {"color": color, "alpha": 0.2, "linewidth": 0}
    if named:
        look["label"] = f"{100 * projection.level:g} % interval"
    ax.fill_between(projection.ages, table["ci_low"], table["ci_high"], **look)


def _shade(ax: Axes, projection: Projection) -> None:
    """Set the ages apart that nobody has reached."""
    seen = max(part.fit.seen.longest for part in projection.parts)
    last = int(projection.ages[-1])
    if last > seen:
        ax.axvspan(seen, last, color=SHADE, zorder=0)
        remark(ax, "projected on the shaded ground")


def _finish(ax: Axes, projection: Projection, place: str) -> None:
    unit = projection.unit
    ax.set_xlabel(f"age in {unit}s" if unit.isalpha() else f"age in units of {unit}")
    ax.set_xlim(0, projection.ages[-1])
    number_axis(ax, "x", whole=True)
    legend(ax, loc=place, fontsize=8)
