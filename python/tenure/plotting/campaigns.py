"""What campaigns added: effects, gains over time, overlap, studies of events, plans."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from tenure.exceptions import ParameterError
from tenure.plotting._style import (
    ACCENT,
    ACTUAL,
    EXPECTED,
    FAINT,
    INK,
    MUTED,
    calm_axes,
    legend,
    mark,
    number_axis,
    percent_axis,
    remark,
    shortened,
    title,
)

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from numpy.typing import NDArray

    from tenure.campaigns.allocation import Allocation
    from tenure.campaigns.differences import DifferenceInDifferences
    from tenure.campaigns.effect import Effect
    from tenure.campaigns.experiment import Experiment
    from tenure.campaigns.lift_curve import LiftCurve
    from tenure.campaigns.matched import Matched
    from tenure.campaigns.weighted import Weighted

__all__ = [
    "plot_allocation",
    "plot_effects",
    "plot_estimates",
    "plot_event_study",
    "plot_lift_curve",
    "plot_overlap",
]


def plot_effects(
    experiment: Experiment, *, relative: bool = True, ax: Axes | None = None
) -> Axes:
    """Draw each effect with its interval, one below the other.

    Effects whose interval holds 0 are grey. The numbers are those of
    `Experiment.to_frame`.

    Parameters
    ----------
    experiment : Experiment
        What was added.
    relative : bool, default True
        Draw lifts, which share one scale; else the differences themselves, each in its
        own unit.
    ax : Axes, optional
        Where to draw.

    Returns
    -------
    Axes

    Examples
    --------
    >>> import tenure as tn
    >>> frame = {"arm": ["control", "mail"] * 50, "spent": [1.0, 2.0, 3.0, 2.0] * 25}
    >>> test = tn.campaigns.experiment_of_customers(frame, metrics=["spent"])
    >>> tn.plotting.plot_effects(test).get_xlabel()
    'lift over the control, 95 % interval'
    """
    several = len(experiment.arms) > 2
    shown = [
        effect
        for effect in experiment.effects
        if effect == experiment.effect(effect.metric, effect.arm)
        and (not relative or np.isfinite([effect.lift_low, effect.lift_high]).all())
    ]
    if not shown:
        raise ParameterError.of(
            name="relative",
            expected="be False: no effect has a lift",
            found=repr(relative),
        )
    names = [shortened(f"{e.metric}, {e.arm}" if several else e.metric) for e in shown]
    parts = ("lift", "lift_low", "lift_high")
    ends = parts if relative else ("difference", "low", "high")
    ax = _forest(ax, shown, names, ends, percent=relative)
    what = "lift over the control" if relative else "difference from the control"
    ax.set_xlabel(f"{what}, {100 * experiment.level:g} % interval")
    title(ax, "What the campaign added")
    return ax


def plot_estimates(found: Matched, metric: str, *, ax: Axes | None = None) -> Axes:
    """Draw a matched estimate beside what naive comparisons would have said.

    Parameters
    ----------
    found : Matched
        Members against matches.
    metric : str
        "orders", "revenue" or "bought".
    ax : Axes, optional
        Where to draw.

    Returns
    -------
    Axes

    Examples
    --------
    >>> import tenure as tn
    >>> orders, members = tn.datasets.simulate_programme(2000, seed=3)
    >>> found = tn.campaigns.matched(orders, members)
    >>> len(tn.plotting.plot_estimates(found, "orders").get_yticks())
    3
    """
    first = found.effect(metric)
    effects = [first, *(effect for effect in found.naive if effect.metric == metric)]
    names = [
        {"unadjusted": "not yet members", "immortal time": "never members"}.get(
            effect.method, "matched"
        )
        for effect in effects
    ]
    ax = _forest(ax, effects, names, ("difference", "low", "high"), percent=False)
    ax.set_xlabel(
        f"{metric} of a member beyond others in {found.window} days, "
        f"{100 * found.level:g} % interval"
    )
    title(ax, "Members against")
    return ax


def plot_lift_curve(curve: LiftCurve, *, ax: Axes | None = None) -> Axes:
    """Draw the gain since the start, day by day, with its band.

    Parameters
    ----------
    curve : LiftCurve
        The gain; the numbers are those of `LiftCurve.to_frame`.
    ax : Axes, optional
        Where to draw.

    Returns
    -------
    Axes

    Examples
    --------
    >>> import tenure as tn
    >>> orders, assignment = tn.datasets.simulate_campaign(1000, seed=1)
    >>> test = tn.campaigns.experiment(orders, assignment, window="30 days")
    >>> tn.plotting.plot_lift_curve(test.lift_curve("orders")).get_xlabel()
    'days since the start'
    """
    ax = calm_axes(ax)
    day = np.concatenate([[0], curve.day])
    line, low, high = (
        np.concatenate([[0.0], ends])
        for ends in (curve.difference, curve.low, curve.high)
    )
    ax.axhline(0.0, color=MUTED, linewidth=1.0, linestyle=(0, (4, 3)))
    ax.fill_between(day, low, high, color=ACTUAL, alpha=0.15, linewidth=0)
    ax.plot(day, line, color=ACTUAL, linewidth=1.8)
    ends = [int(effect.metric.rsplit(" ", 1)[1]) for effect in curve.marks]
    gains = [curve.difference[end - 1] for end in ends]
    ax.plot(ends, gains, color=ACTUAL, marker="o", markersize=5, linestyle="none")
    for end, gain in zip(ends, gains, strict=True):
        ax.annotate(
            f"{gain:+,.3g}",
            (end, gain),
            xytext=(0, 7),
            textcoords="offset points",
            ha="center",
            color=INK,
            fontsize=8.5,
        )
    ax.set_xlim(0, float(day[-1]) * 1.03)
    number_axis(ax)
    ax.set_xlabel("days since the start")
    ax.set_ylabel(f"{curve.metric} a customer, {curve.arm} less control")
    title(ax, "The gain so far")
    remark(ax, f"{100 * curve.level:g} % band, day by day")
    return ax


def plot_overlap(found: Weighted, *, bins: int = 20, ax: Axes | None = None) -> Axes:
    """Draw how likely treatment was, for the treated above and the others below.

    Where one side has nobody there is nothing to compare.

    Parameters
    ----------
    found : Weighted
        The comparison; the numbers are those of `Weighted.overlap`.
    bins : int, default 20
        How many bins there are.
    ax : Axes, optional
        Where to draw.

    Returns
    -------
    Axes

    Examples
    --------
    >>> import numpy as np
    >>> import tenure as tn
    >>> before = np.arange(200.0)
    >>> frame = {"before": before, "treated": before % 3 == 0, "spend": before}
    >>> found = tn.campaigns.weighted(frame, outcome="spend", covariates=["before"])
    >>> tn.plotting.plot_overlap(found).get_xlabel()
    'chance of treatment'
    """
    table = found._overlap(bins)  # noqa: SLF001
    ax = calm_axes(ax)
    middle = (table["low"] + table["high"]) / 2
    width = 0.94 / bins
    ax.bar(middle, table["treated"], width, color=ACTUAL, label="treated")
    ax.bar(middle, -table["untreated"], width, color=EXPECTED, label="untreated")
    ax.axhline(0.0, color=MUTED, linewidth=0.8)
    for end in (found.trim, 1 - found.trim):
        if found.trim > 0:
            ax.axvline(end, color=MUTED, linewidth=1.0, linestyle=(0, (4, 3)))
    highest = max(table["treated"].max(), table["untreated"].max(), 1)
    ax.set_ylim(-1.1 * highest, 1.35 * highest)  # with room for the legend
    from matplotlib.ticker import FuncFormatter, MaxNLocator  # noqa: PLC0415

    ax.yaxis.set_major_locator(MaxNLocator(integer=True, nbins=6))
    ax.yaxis.set_major_formatter(FuncFormatter(_without_sign))
    ax.set_xlim(0, 1)
    percent_axis(ax, "x")
    ax.set_xlabel("chance of treatment")
    ax.set_ylabel("customers")
    title(ax, "Do the groups overlap?")
    remark(ax, f"{found.trimmed:,} trimmed")
    legend(ax, loc="upper right", ncols=2)
    return ax


def plot_event_study(found: DifferenceInDifferences, *, ax: Axes | None = None) -> Axes:
    """Draw how far apart the groups are, beyond the period before the start.

    Parameters
    ----------
    found : DifferenceInDifferences
        The differences; the numbers are those of its `to_frame`.
    ax : Axes, optional
        Where to draw.

    Returns
    -------
    Axes

    Examples
    --------
    >>> import tenure as tn
    >>> frame = {
    ...     "customer_id": [1, 1, 2, 2, 3, 3, 4, 4],
    ...     "period": [-1, 0] * 4,
    ...     "treated": [1, 1, 1, 1, 0, 0, 0, 0],
    ...     "revenue": [10, 14, 12, 18, 20, 21, 30, 31],
    ... }
    >>> found = tn.campaigns.difference_in_differences(frame)
    >>> tn.plotting.plot_event_study(found).get_xlabel()
    'periods since the start'
    """
    ax = calm_axes(ax)
    ax.axhline(0.0, color=MUTED, linewidth=1.0, linestyle=(0, (4, 3)))
    before = found.since < 0
    for side, color in ((before, MUTED), (~before, ACTUAL)):
        reach = np.vstack(
            [found.difference - found.low, found.high - found.difference]
        )[:, side]
        ax.errorbar(
            found.since[side],
            found.difference[side],
            yerr=np.maximum(reach, 0.0),
            color=color,
            marker="o",
            markersize=5,
            linestyle="none",
            linewidth=1.8,
        )
    ax.margins(y=0.18)
    mark(ax, -0.5, "start")
    number_axis(ax, "x", whole=True)
    number_axis(ax)
    ax.set_xlabel("periods since the start")
    ax.set_ylabel(f"{found.effect.metric}, treated less others")
    title(ax, "Before and after")
    if not np.isnan(found.pre_trend):
        remark(ax, f"parallel before: p = {found.pre_trend:.2f}")
    return ax


def plot_allocation(plan: Allocation, *, ax: Axes | None = None) -> Axes:
    """Draw the value of a customer per unit of cost, option by option.

    Options that get money are dark. Those left of the line cost more than they bring.

    Parameters
    ----------
    plan : Allocation
        The plan; the numbers are those of `Allocation.to_frame`.
    ax : Axes, optional
        Where to draw.

    Returns
    -------
    Axes

    Examples
    --------
    >>> import tenure as tn
    >>> options = {
    ...     "option": ["mail", "call"],
    ...     "effect": [3.0, 9.0],
    ...     "std_error": [0.5, 4.0],
    ...     "cost": [1.0, 8.0],
    ...     "size": [1000, 500],
    ... }
    >>> plan = tn.campaigns.allocate(options, budget=2000)
    >>> tn.plotting.plot_allocation(plan).get_xlabel()
    'value per cost, 95 % interval'
    """
    names = plan["option"].tolist()
    if "group" in plan.columns:
        pairs = zip(names, plan["group"].tolist(), strict=True)
        names = [f"{name}, {group}" for name, group in pairs]
    places = np.arange(len(names))[::-1]
    ax = calm_axes(ax, size=(5.6, 0.9 + 0.33 * len(names)))
    ax.axvline(1.0, color=MUTED, linewidth=1.0, linestyle=(0, (4, 3)))
    low, high = plan["low"] / plan["cost"], plan["high"] / plan["cost"]
    for place, k in zip(places, range(len(names)), strict=True):
        funded = float(plan["funded"][k])
        color = ACTUAL if funded > 0.999 else ACCENT if funded > 0 else MUTED
        ax.plot([low[k], high[k]], [place, place], color=color, linewidth=1.8)
        ax.plot([plan["value_per_cost"][k]], [place], color=color, marker="o")
        ax.annotate(
            f"{100 * funded:.0f} %" if funded > 0 else "not funded",
            (high[k], place),
            xytext=(5, 0),
            textcoords="offset points",
            va="center",
            color=INK,
            fontsize=8.5,
        )
    ax.margins(x=0.18)
    _name_rows(ax, places, [shortened(name) for name in names])
    ax.set_xlabel(f"value per cost, {100 * plan.level:g} % interval")
    title(ax, "Where the budget goes")
    return ax


def _without_sign(number: float, _place: object) -> str:
    return f"{abs(number):,.0f}"


def _forest(
    ax: Axes | None,
    effects: list[Effect],
    names: list[str],
    ends: tuple[str, str, str],
    *,
    percent: bool,
) -> Axes:
    """Draw estimates with their intervals, grey where 0 is inside."""
    places = np.arange(len(names))[::-1]
    ax = calm_axes(ax, size=(5.6, 0.9 + 0.33 * len(names)))
    ax.axvline(0.0, color=MUTED, linewidth=1.0, linestyle=(0, (4, 3)))
    for place, effect in zip(places, effects, strict=True):
        value, low, high = (float(getattr(effect, end)) for end in ends)
        color = ACTUAL if low > 0 or high < 0 else MUTED
        ax.plot([low, high], [place, place], color=color, linewidth=1.8)
        ax.plot([value], [place], color=color, marker="o", markersize=5)
        ax.annotate(
            f"{100 * value:+.1f} %" if percent else f"{value:+,.3g}",
            (high, place),
            xytext=(5, 0),
            textcoords="offset points",
            va="center",
            color=INK,
            fontsize=8.5,
        )
    ax.margins(x=0.18)
    if percent:
        percent_axis(ax, "x")
    else:
        number_axis(ax, "x")
    _name_rows(ax, places, names)
    return ax


def _name_rows(ax: Axes, places: NDArray[Any], names: list[str]) -> None:
    """Write what each row is, with lines along the numbers only."""
    ax.set_yticks(places, names, parse_math=False)
    ax.set_ylim(-0.6, len(names) - 0.4)
    ax.grid(visible=False, axis="y")
    ax.grid(visible=True, axis="x", color=FAINT, linewidth=0.8)
    ax.tick_params(axis="y", length=0)
