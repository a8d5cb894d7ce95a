"""What customers cost, when that is back, and who they are."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from tenure.exceptions import ParameterError
from tenure.plotting._style import (
    ACTUAL,
    EXPECTED,
    INK,
    MUTED,
    SERIES,
    calm_axes,
    color_bar,
    date_axis,
    label_ends,
    legend,
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

    from tenure.economics import (
        AcquisitionCost,
        AcquisitionQuality,
        OrderQuadrants,
        Payback,
        ReturnOnSpend,
        ValueCurves,
    )

__all__ = [
    "plot_acquisition_cost",
    "plot_acquisition_quality",
    "plot_order_quadrants",
    "plot_payback",
    "plot_roi",
    "plot_value_curves",
]


def plot_acquisition_cost(
    cost: AcquisitionCost, *, ax: Axes | None = None, **kwargs: Any
) -> Axes:
    """Draw what a customer of each period cost, with intervals.

    Periods that are not counted have no point. The line is the cost over all of them.

    Parameters
    ----------
    cost : AcquisitionCost
        What `acquisition_cost` returns; its `by_cohort` has the numbers.
    ax : Axes, optional
        Where to draw.
    **kwargs
        For the points, as `Axes.errorbar` takes them.
    """
    spent, won = cost._sums("new_customer")  # noqa: SLF001
    columns = cost._columns(spent, won, cost._states(won))  # noqa: SLF001
    ax = calm_axes(ax)
    value = columns["cac"]
    reach = np.abs(np.stack([columns["low"], columns["high"]]) - value)
    look: dict[str, Any] = {"color": ACTUAL, "fmt": "o", "markersize": 5, "capsize": 3}
    ax.errorbar(cost.cohorts, value, yerr=reach, **(look | kwargs))
    overall = cost.new_customer.value
    ax.axhline(overall, color=EXPECTED, linewidth=1.2)
    remark(ax, f"line: {overall:,.2f} over all counted {cost.every}s")
    ax.set_ylim(bottom=0)
    number_axis(ax)
    date_axis(ax)
    title(ax, "Cost of a new customer")
    ax.set_ylabel("spend / new customers")
    return ax


def plot_payback(
    payback: Payback, *, group: Any = None, ax: Axes | None = None, **kwargs: Any
) -> Axes:
    """Draw what a customer has brought by each age, beside what they cost.

    The point is where the one reaches the other, the bar its interval. A curve that
    ends below the cost has not paid back yet. The thin line is what the flat formula
    takes for the curve.

    Parameters
    ----------
    payback : Payback
        What `payback` returns; its `curve` has the numbers.
    group : optional
        A cohort or an attribute's value; all customers if left out.
    ax : Axes, optional
        Where to draw.
    **kwargs
        For the curve, as `Axes.plot` takes them.
    """
    row = payback.of(group)
    ages = np.arange(row.observed + 1)
    ax = calm_axes(ax)
    look: dict[str, Any] = {"color": ACTUAL, "linewidth": 1.8}
    ax.plot(ages, row.curve, **(look | kwargs))
    ax.fill_between(
        ages, row.curve_low, row.curve_high, color=ACTUAL, alpha=0.15, linewidth=0
    )
    ax.axhline(row.cost, color=EXPECTED, linewidth=1.4)
    last = ages[-1]
    straight = [0.0, row.curve[-1]]
    ax.plot([0, last], straight, color=MUTED, linewidth=0.9, linestyle=(0, (4, 3)))
    if row.paid_back:
        ends = [min(max(end, 0.0), last) for end in (row.low, row.high)]
        if np.isfinite(row.low):
            ax.plot(ends, [row.cost] * 2, color=INK, linewidth=3.5, alpha=0.35)
        ax.plot([row.time], [row.cost], "o", color=INK, markersize=6)
    top = max(float(np.nanmax([row.curve_high[-1], row.curve[-1]])), row.cost)
    ax.set_ylim(0, 1.12 * top)
    ax.set_xlim(0, max(last, 1))
    marks = [
        (last, float(row.curve[-1]), payback.basis, ACTUAL),
        (last, row.cost, "cost", EXPECTED),
    ]
    label_ends(ax, marks)
    ax.annotate(
        f"dashed: the flat formula, {row.flat:.1f}",
        (0.98, 0.03),
        xycoords="axes fraction",
        ha="right",
        color=MUTED,
        fontsize=8.5,
    )
    number_axis(ax)
    who = "" if group is None else f" of {shortened(group)}"
    title(ax, f"Payback{who}: {row.answer(payback.unit)}")
    ax.set_xlabel(f"{payback.unit}s since the first purchase")
    ax.set_ylabel("money a customer")
    return ax


def plot_roi(returns: ReturnOnSpend, *, ax: Axes | None = None, **kwargs: Any) -> Axes:
    """Draw ROI by horizon, of all customers, with intervals.

    Parameters
    ----------
    returns : ReturnOnSpend
        What `roi` returns; its `to_frame` has the numbers.
    ax : Axes, optional
        Where to draw.
    **kwargs
        For the bars, as `Axes.bar` takes them.
    """
    rows = returns.overall
    ax = calm_axes(ax)
    places = np.arange(len(rows["horizon"]))
    value = rows["roi"]
    colors = [ACTUAL if one >= 0 else EXPECTED for one in np.nan_to_num(value)]
    look: dict[str, Any] = {"color": colors, "width": 0.62}
    ax.bar(places, value, **(look | kwargs))
    reach = np.abs(np.stack([rows["low"], rows["high"]]) - value)
    ax.errorbar(
        places, value, yerr=reach, fmt="none", color=INK, linewidth=1.2, capsize=3
    )
    ax.axhline(0.0, color=INK, linewidth=0.9)
    names = [
        f"{days:g}\n{n:,}"
        for days, n in zip(rows["horizon"], rows["customers"], strict=True)
    ]
    ax.set_xticks(places, names)
    percent_axis(ax)
    title(ax, "Return on what was spent")
    ax.set_xlabel("days since the first purchase, and customers observed for so long")
    ax.set_ylabel(f"({returns.basis} - cost) / cost")
    return ax


def plot_value_curves(
    curves: ValueCurves, *, ax: Axes | None = None, **kwargs: Any
) -> Axes:
    """Draw value over cost by age: a line a cohort.

    At 1 the cohort has paid back. Cohorts without customers, or a known cost, have no
    line.

    Parameters
    ----------
    curves : ValueCurves
        What `value_curves` returns; its `to_frame` has the numbers.
    ax : Axes, optional
        Where to draw.
    **kwargs
        For the lines, as `Axes.plot` takes them.
    """
    values = curves.values
    known = (values.sizes > 0) & (np.nan_to_num(curves.cost) > 0)
    if not known.any():
        raise ParameterError.of(
            name="curves",
            expected="have a cohort with customers and a cost above 0",
            found="none",
        )
    ax = calm_axes(ax)
    rows = np.flatnonzero(known)
    shades = sequential()(np.linspace(0.35, 1.0, len(rows)))
    ends: list[tuple[Any, float, str, str]] = []
    for place, row in enumerate(rows):
        ratio = values.value[row] / curves.cost[row]
        seen = np.flatnonzero(np.isfinite(ratio))
        if not len(seen):
            continue
        few = len(rows) <= len(SERIES)
        color: Any = SERIES[place] if few else shades[place]
        look: dict[str, Any] = {"color": color, "linewidth": 1.5}
        ax.plot(seen, ratio[seen], **(look | kwargs))
        if few or place in (0, len(rows) - 1):
            ends.append(
                (seen[-1], float(ratio[seen[-1]]), values.label(int(row)), color)
            )
    ax.axhline(1.0, color=INK, linewidth=0.9, linestyle=(0, (4, 3)))
    ax.set_ylim(bottom=0)
    label_ends(ax, ends)
    number_axis(ax)
    number_axis(ax, "x", whole=True)
    title(ax, "Value over cost, by cohort")
    remark(ax, "above the line: paid back")
    ax.set_xlabel(f"age ({values.unit})")
    ax.set_ylabel(f"cumulative {values.what} / cost")
    return ax


def plot_acquisition_quality(
    quality: AcquisitionQuality, *, ax: Axes | None = None, **kwargs: Any
) -> Axes:
    """Draw what a customer of each group brought, with intervals, and cost.

    Parameters
    ----------
    quality : AcquisitionQuality
        What `acquisition_quality` returns; its `to_frame` has the numbers.
    ax : Axes, optional
        Where to draw.
    **kwargs
        For the bars, as `Axes.barh` takes them.
    """
    columns = quality.columns
    count = min(len(columns["value"]), 15)
    places = np.arange(count)[::-1]
    value = columns["value"][:count]
    ax = calm_axes(ax)
    ax.grid(visible=False, axis="y")
    look: dict[str, Any] = {"color": ACTUAL, "height": 0.62}
    ax.barh(places, value, **(look | kwargs))
    ends = np.stack([columns["value_low"], columns["value_high"]])[:, :count]
    ax.errorbar(
        value,
        places,
        xerr=np.abs(ends - value),
        fmt="none",
        color=INK,
        linewidth=1.2,
        capsize=3,
    )
    if "cac" in columns:
        ax.plot(
            columns["cac"][:count],
            places,
            "D",
            color=EXPECTED,
            markersize=7,
            markeredgecolor="white",
            label="cost",
        )
        legend(ax, loc="lower right")
    names = [
        f"{shortened(name)}\n{n:,} customers"
        for name, n in zip(
            columns[quality.by][:count], columns["observed"][:count], strict=True
        )
    ]
    ax.set_yticks(places, names)
    number_axis(ax, "x")
    title(ax, f"A customer by {shortened(quality.by)}")
    ax.set_xlabel(f"{quality.basis} in {quality.horizon:g} days")
    return ax


def plot_order_quadrants(
    quadrants: OrderQuadrants,
    *,
    column: str = "revenue_share",
    ax: Axes | None = None,
    **kwargs: Any,
) -> Axes:
    """Draw the cells of frequency and order value.

    Parameters
    ----------
    quadrants : OrderQuadrants
        What `order_quadrants` returns; its `to_frame` has the numbers.
    column : str, default "revenue_share"
        What the colours stand for.
    ax : Axes, optional
        Where to draw.
    **kwargs
        For the map, as `Axes.imshow` takes them.
    """
    table = quadrants.table(column)
    customers = quadrants.table("share")
    down, across = quadrants.labels()
    ax = calm_axes(ax)
    ax.grid(visible=False)
    share = column.endswith("share")
    look: dict[str, Any] = {"cmap": sequential(), "aspect": "auto", "origin": "lower"}
    look |= {"vmin": 0}
    image: Any = ax.imshow(table, **(look | kwargs))
    for (row, place), number in np.ndenumerate(table):
        if np.isnan(number):
            continue
        text = f"{100 * number:.1f} %" if share else f"{number:,.4g}"
        note = f"{100 * customers[row, place]:.1f} % of customers"
        color = readable_on(image.to_rgba(number))
        ax.text(place, row + 0.07, text, ha="center", color=color, fontsize=11)
        ax.text(
            place, row - 0.07, note, ha="center", va="top", color=color, fontsize=8.5
        )
    ax.set_xticks(np.arange(len(across)), across)
    ax.set_yticks(np.arange(len(down)), down)
    ax.set_xlabel("mean value of an order")
    ax.set_ylabel("number of orders")
    words = column.replace("_", " ")
    color_bar(ax, image, words)
    title(ax, f"Frequency and order value: {words}")
    return ax
