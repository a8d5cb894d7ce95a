"""Cohorts by age: triangles with sizes and cell states, and curves with bands."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Protocol

import numpy as np

from tenure.plotting._style import (
    ACTUAL,
    EXPECTED,
    FAINT,
    INK,
    MUTED,
    PAPER,
    calm_axes,
    color_bar,
    legend,
    number_axis,
    percent_axis,
    readable_on,
    sequential,
    shortened,
    title,
)

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from numpy.typing import NDArray

    from tenure.cohorts import CohortValues, Retention

__all__ = [
    "plot_cohort_triangle",
    "plot_cohort_values",
    "plot_retention",
    "plot_retention_curves",
]

# Beyond so many columns no number fits into a cell.
_MOST_NUMBERS = 24

# Beyond so many curves only some are named.
_NAMED = 6

_HATCH: dict[str, Any] = {"fill": False, "linewidth": 0, "hatch": "////"}


class _Table(Protocol):
    """What the tables of cohorts have in common."""

    @property
    def ages(self) -> NDArray[Any]: ...

    @property
    def status(self) -> NDArray[Any]: ...

    @property
    def unit(self) -> str: ...

    def label(self, row: int) -> str: ...


def plot_retention(
    retention: Retention,
    *,
    numbers: bool | None = None,
    ax: Axes | None = None,
    **kwargs: Any,
) -> Axes:
    """Draw the triangle of retention: the darker, the more customers came back.

    Cells in progress are hatched and future ones grey; the column on the left has the
    size of each cohort. Colours end at the largest share after the first age, at which
    everybody is there. What is drawn is what `Retention.wide` returns.

    Parameters
    ----------
    retention : Retention
        What `Cohorts.retention` returned. With `incomplete="mask"` cells in progress
        have no value.
    numbers : bool, optional
        Whether to write percentages into the cells; by default where they fit.
    ax : Axes, optional
        Where to draw.
    **kwargs
        For the cells, as `Axes.imshow` takes them.
    """
    sizes = retention.denominators.shape[0]
    ax = _triangle(
        retention,
        retention.retention,
        np.asarray(retention._grid.sizes),  # noqa: SLF001
        (ax, numbers, "retention", _percent),
        **kwargs,
    )
    title(ax, f"Retention of {sizes} cohorts, %")
    return ax


def plot_cohort_triangle(
    values: CohortValues,
    *,
    numbers: bool | None = None,
    ax: Axes | None = None,
    **kwargs: Any,
) -> Axes:
    """Draw the triangle of values: the darker, the more a cell is worth.

    Parameters
    ----------
    values : CohortValues
        What `Cohorts.values` returned.
    numbers, ax, **kwargs
        As for `plot_retention`.
    """
    ax = _triangle(
        values,
        values.value,
        values.sizes,
        (ax, numbers, values.title, _number),
        **kwargs,
    )
    title(ax, values.title.capitalize())
    return ax


def _triangle(
    table: _Table,
    cells: NDArray[np.float64],
    sizes: NDArray[np.int64],
    look: tuple[Axes | None, bool | None, str, Any],
    **kwargs: Any,
) -> Axes:
    """Draw cells with sizes on the left, states, and numbers where they fit."""
    given, numbers, label, write = look
    rows, columns = cells.shape
    ax = calm_axes(given, size=(1.9 + 0.44 * columns, 1.0 + 0.27 * rows))
    ax.grid(visible=False)
    options: dict[str, Any] = {
        "cmap": sequential().with_extremes(bad=(0, 0, 0, 0)),
        "aspect": "auto",
        "vmin": 0.0,
        "vmax": _highest(cells),
    }
    image: Any = ax.imshow(cells, **(options | kwargs))
    _states(ax, table.status, cells)
    if numbers if numbers is not None else columns <= _MOST_NUMBERS:
        _numbers(ax, image, cells, write)
    _sizes(ax, sizes)
    beyond = bool((np.nan_to_num(cells, nan=-np.inf) > image.norm.vmax).any())
    color_bar(ax, image, label, extend="max" if beyond else "neither")
    ax.set_xlim(-1.75, columns - 0.5)
    ax.set_ylim(rows - 0.5, -0.5)
    step = max(1, columns // 20)
    ages = [str(age) for age in table.ages[::step]]
    ax.set_xticks([-1, *range(0, columns, step)], ["size", *ages])
    step = max(1, rows // 40)
    ax.set_yticks(
        range(0, rows, step), [_name(table, row) for row in range(0, rows, step)]
    )
    ax.tick_params(length=0)
    for spine in ax.spines.values():
        spine.set_visible(False)
    ax.set_xlabel(_age(table.unit))
    return ax


def _percent(share: float) -> str:
    return f"{100 * share:.0f}"


def _number(value: float) -> str:
    return f"{value:,.4g}"


def _age(unit: str) -> str:
    """Return what ages count, in words."""
    return f"age in {unit}s" if unit.isalpha() else f"age in units of {unit}"


def _highest(cells: NDArray[np.float64]) -> float:
    """Return where colours end: the first age would make all others pale."""
    later = cells[:, 1:][np.isfinite(cells[:, 1:])]
    known = later if len(later) and later.max() > 0 else cells[np.isfinite(cells)]
    return float(known.max()) if len(known) and known.max() > 0 else 1.0


def _name(table: Any, row: int) -> str:
    """Return what a row is called: its segment, if there are any, and its cohort."""
    grid = table._grid  # noqa: SLF001
    if grid.segments is None:
        return table.label(row)
    return f"{shortened(grid.segments[1][row], 14)} {table.label(row)}"


def _states(ax: Axes, status: NDArray[Any], cells: NDArray[np.float64]) -> None:
    """Lay grey over what is to come, and lines over what is in progress."""
    from matplotlib.patches import Rectangle  # noqa: PLC0415

    for row, column in np.argwhere(status != "complete"):
        corner = (column - 0.5, row - 0.5)
        future = status[row, column] == "future"
        if future or np.isnan(cells[row, column]):
            ax.add_patch(Rectangle(corner, 1, 1, facecolor=FAINT, linewidth=0))
        if not future:
            ax.add_patch(Rectangle(corner, 1, 1, edgecolor=MUTED, alpha=0.6, **_HATCH))


def _numbers(ax: Axes, image: Any, cells: NDArray[np.float64], write: Any) -> None:
    for row, column in np.argwhere(np.isfinite(cells)):
        value = cells[row, column]
        ax.text(
            column,
            row,
            write(value),
            ha="center",
            va="center",
            fontsize=7.5,
            color=readable_on(image.cmap(image.norm(value))),
        )


def _sizes(ax: Axes, sizes: NDArray[np.int64]) -> None:
    """Write the size of each cohort left of its cells."""
    for row, size in enumerate(sizes):
        look: dict[str, Any] = {"ha": "right", "va": "center", "fontsize": 7.5}
        ax.text(-0.68, row, f"{size:,}", color=INK, **look)


def plot_retention_curves(
    retention: Retention,
    *,
    average: str | None = "weighted",
    ax: Axes | None = None,
    **kwargs: Any,
) -> Axes:
    """Draw a curve for each cohort, the older the darker, and their average.

    Solid lines are of complete cells; dots are of cells in progress, where these have a
    value. The band is the average's interval.

    Parameters
    ----------
    retention : Retention
        What `Cohorts.retention` returned.
    average : {"weighted", "simple", "chained"} or None, default "weighted"
        Which average to draw.
    ax : Axes, optional
        Where to draw.
    **kwargs
        For the curves of cohorts, as `Axes.plot` takes them.
    """
    ax = calm_axes(ax, size=(5.6, 3.6))
    _curves(ax, retention, retention.retention, **kwargs)
    if average is not None:
        _average(ax, retention.average(average), average, "retention")  # pyright: ignore[reportArgumentType]
    percent_axis(ax)
    _finish(ax, retention)
    ax.set_ylim(bottom=0)
    title(ax, "Retention by cohort")
    return ax


def plot_cohort_values(
    values: CohortValues, *, ax: Axes | None = None, **kwargs: Any
) -> Axes:
    """Draw what each cohort is worth by age: for cumulative values, the LTV curves.

    With values per acquired customer, their average has a band of its interval.

    Parameters
    ----------
    values : CohortValues
        What `Cohorts.values` or `Cohorts.lifetime_value` returned.
    ax : Axes, optional
        Where to draw.
    **kwargs
        For the curves, as `Axes.plot` takes them.
    """
    ax = calm_axes(ax, size=(5.6, 3.6))
    _curves(ax, values, values.value, **kwargs)
    if values.per == "acquired" and values.statistic != "median":
        _average(ax, values.average(), "all customers", "value")
    number_axis(ax)
    _finish(ax, values)
    title(ax, values.title.capitalize())
    return ax


def _curves(ax: Axes, table: Any, cells: NDArray[np.float64], **kwargs: Any) -> None:
    """Draw a line for each row, from dark for the oldest to light."""
    complete = table.status == "complete"
    rows = np.flatnonzero((complete & np.isfinite(cells)).sum(axis=1) > 1)
    named = set(rows[:: max(1, -(-len(rows) // _NAMED))].tolist())
    width = int(cells.shape[1])
    ages = np.arange(width)
    for place, row in enumerate(rows.tolist()):
        shade = sequential()(0.95 - 0.7 * place / max(1, len(rows) - 1))
        look: dict[str, Any] = {"color": shade, "linewidth": 1.1, "alpha": 0.9}
        if row in named:
            look["label"] = _name(table, row)
        shown = np.where(complete[row], cells[row], np.nan)
        (line,) = ax.plot(ages, shown, **(look | kwargs))
        running = ~complete[row] & np.isfinite(cells[row])
        dots: dict[str, Any] = {"markersize": 3, "markerfacecolor": PAPER}
        ax.plot(ages[running], cells[row][running], "o", color=line.get_color(), **dots)


def _average(ax: Axes, frame: Any, label: str, name: str) -> None:
    """Draw an average with its band."""
    low, high, middle = (
        np.asarray(frame[column], np.float64) for column in ("ci_low", "ci_high", name)
    )
    ages = np.arange(len(middle))
    ax.fill_between(ages, low, high, color=EXPECTED, alpha=0.22, linewidth=0)
    shown = middle if np.isfinite(middle).any() else np.zeros_like(middle)
    words = label if label == "all customers" else f"{label} average"
    ax.plot(ages, shown, color=EXPECTED, linewidth=2.0, label=words)


def _finish(ax: Axes, table: _Table) -> None:
    ages = [str(age) for age in table.ages]
    step = max(1, len(ages) // 12)
    ax.set_xticks(range(0, len(ages), step), ages[::step])
    ax.set_xlabel(_age(table.unit))
    if not ax.lines:
        ax.text(0.5, 0.5, "no age is over", color=ACTUAL, transform=ax.transAxes)
        return
    legend(ax, fontsize=8, ncols=2)
