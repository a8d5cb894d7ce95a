"""Curves of time to an event, how many are behind them, and hazard ratios."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, cast

import numpy as np

from tenure._frame import native_frame
from tenure._intervals import check_level, normal_quantile
from tenure.exceptions import ParameterError
from tenure.plotting._style import (
    ACTUAL,
    EXPECTED,
    INK,
    MUTED,
    calm_axes,
    legend,
    number_axis,
    shortened,
    title,
)
from tenure.survival import AalenJohansen, Cox, KaplanMeier, NelsonAalen
from tenure.survival._curves import times_array

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from numpy.typing import ArrayLike, NDArray

    from tenure.survival._curves import Curve

__all__ = [
    "at_risk_table",
    "plot_cumulative_incidence",
    "plot_hazard_ratios",
    "plot_survival",
]

# Hues that differ for every common kind of colour vision; groups beyond take turns.
_HUES = (ACTUAL, EXPECTED, "#3f8f5b", "#9a5ea8", "#8a6d3b", "#5b6b7f")

# More groups than this hide each other.
_MOST = 12


def at_risk_table(
    model: KaplanMeier | NelsonAalen, times: ArrayLike | None = None
) -> Any:
    """Return how many are still at risk at some times: what a curve rests on there.

    Parameters
    ----------
    model : KaplanMeier or NelsonAalen
        A fitted model.
    times : array, optional
        When; six times from 0 on if left out.

    Returns
    -------
    frame
        One row a group and time: `group`, `timeline`, `at_risk` (at that time or
        later), `observed` and `censored` (before or at that time).

    Examples
    --------
    >>> import tenure as tn
    >>> km = tn.KaplanMeier().fit([1, 2, 2, 3, 5], [1, 1, 0, 1, 0])
    >>> tn.plotting.at_risk_table(km, [0, 2, 4])["at_risk"]
    array([5., 4., 1.])
    """
    at = _round_times(model) if times is None else times_array(times, "times")
    return native_frame(_counts(model, at), family=model.family_)


def _counts(
    model: KaplanMeier | NelsonAalen, at: NDArray[np.float64]
) -> dict[str, NDArray[Any]]:
    columns: dict[str, list[Any]] = {
        name: [] for name in ("group", "timeline", "at_risk", "observed", "censored")
    }
    for curve in model.curves_:
        # at risk at the next time at which anything happens
        next_place = np.searchsorted(curve.timeline, at, side="left")
        before = np.searchsorted(curve.timeline, at, side="right")
        sums = [
            np.append(0.0, np.cumsum(values))
            for values in (curve.table["observed"], curve.censored)
        ]
        name = "all" if curve.label is None else str(curve.label)
        columns["group"] += [name] * len(at)
        columns["timeline"] += at.tolist()
        columns["at_risk"] += np.append(curve.table["at_risk"], 0.0)[
            next_place
        ].tolist()
        columns["observed"] += sums[0][before].tolist()
        columns["censored"] += sums[1][before].tolist()
    groups = np.array(columns.pop("group"), dtype=object)
    numbers = {name: np.array(values) for name, values in columns.items()}
    return {"group": groups, **numbers}


def plot_survival(
    model: KaplanMeier | NelsonAalen,
    *,
    at_risk: bool = True,
    band: bool = True,
    censored: bool = False,
    ax: Axes | None = None,
    **kwargs: Any,
) -> Axes:
    """Draw survival or cumulative hazard with bands and how many are at risk.

    Parameters
    ----------
    model : KaplanMeier or NelsonAalen
        A fitted model.
    at_risk : bool, default True
        Write below the axis how many are at risk; see `at_risk_table`.
    band : bool, default True
        Shade the confidence band.
    censored : bool, default False
        Mark the times at which somebody is censored.
    ax : Axes, optional
        Where to draw.
    **kwargs
        For the lines, as `Axes.step` takes them.

    Examples
    --------
    >>> import tenure as tn
    >>> km = tn.KaplanMeier().fit([1, 2, 2, 3, 5], [1, 1, 0, 1, 0])
    >>> ax = tn.plotting.plot_survival(km)
    >>> ax.get_title(loc="left")
    'Without the event'
    """
    curves = _few(model.curves_)
    height = 3.3 + (0.2 + 0.17 * len(curves) if at_risk else 0.0)
    ax = calm_axes(ax, size=(5.6, height))
    for place, curve in enumerate(curves):
        color = _HUES[place % len(_HUES)]
        look: dict[str, Any] = {"color": color, "linewidth": 1.8}
        label = None if curve.label is None else shortened(curve.label)
        ax.step(
            curve.timeline,
            curve.estimate,
            where="post",
            label=label,
            **(look | kwargs),
        )
        if band:
            _shade(ax, curve.timeline, model.band_of(curve), color)
        if censored:
            gone = curve.censored > 0
            ax.plot(
                curve.timeline[gone],
                curve.estimate[gone],
                linestyle="none",
                marker="|",
                markersize=6,
                color=color,
            )
    survival = isinstance(model, KaplanMeier)
    name = "Without the event" if survival else "Cumulative hazard"
    _finish(ax, name, shares=survival)
    if len(curves) > 1:
        legend(ax, loc="lower left" if survival else "upper left")
    if at_risk:
        _write_at_risk(ax, model, curves)
    return ax


def plot_cumulative_incidence(
    model: AalenJohansen, *, band: bool = True, ax: Axes | None = None, **kwargs: Any
) -> Axes:
    """Draw the share that has had each event, by group.

    Parameters
    ----------
    model : AalenJohansen
        A fitted model.
    band : bool, default True
        Shade the confidence band.
    ax : Axes, optional
        Where to draw.
    **kwargs
        For the lines, as `Axes.step` takes them.
    """
    curves = model.curves_
    if len(curves) > _MOST:
        raise _too_many(len(curves))
    ax = calm_axes(ax, size=(5.6, 3.3))
    causes = model.causes_
    styles = ("-", "--", ":", "-.")
    groups = model.labels_
    for curve in curves:
        color = _HUES[causes.index(curve.cause) % len(_HUES)]
        style = styles[groups.index(curve.group) % len(styles)]
        name = "" if curve.group is None else f"{shortened(curve.group)}: "
        look: dict[str, Any] = {"color": color, "linestyle": style, "linewidth": 1.8}
        ax.step(
            curve.timeline,
            curve.incidence,
            where="post",
            label=name + shortened(curve.cause),
            **(look | kwargs),
        )
        if band:
            _shade(ax, curve.timeline, curve.band(model.level), color)
    _finish(ax, "With each event", shares=True)
    ax.set_ylim(0, 1.15 * max(float(curve.incidence[-1]) for curve in curves))
    legend(ax, loc="upper left")
    return ax


def plot_hazard_ratios(
    model: Cox, *, level: float | None = None, ax: Axes | None = None, **kwargs: Any
) -> Axes:
    """Draw hazard ratios with their intervals on a logarithmic scale.

    Parameters
    ----------
    model : Cox
        A fitted regression.
    level : float, optional
        Confidence level; that of the model if left out.
    ax : Axes, optional
        Where to draw.
    **kwargs
        For the marks, as `Axes.plot` takes them.
    """
    from matplotlib.ticker import (  # noqa: PLC0415
        FuncFormatter,
        LogLocator,
        NullFormatter,
    )

    result = model.result_
    level = model.level if level is None else check_level(level, name="level")
    names = [shortened(name, most=32) for name in result.names]
    places = np.arange(len(names))[::-1]
    reach = normal_quantile(level) * result.errors
    ratios = np.exp(result.coefficients)
    ax = calm_axes(ax, size=(5.6, 0.9 + 0.33 * len(names)))
    ends = np.exp(result.coefficients - reach), np.exp(result.coefficients + reach)
    clear = (ends[0] > 1) | (ends[1] < 1)
    ax.axvline(1.0, color=MUTED, linewidth=1.0, linestyle=(0, (4, 3)))
    for place, low, high, strong in zip(places, *ends, clear, strict=True):
        color = ACTUAL if strong else MUTED
        ax.plot([low, high], [place, place], color=color, linewidth=1.8)
    for strong, color in ((True, ACTUAL), (False, MUTED)):
        look: dict[str, Any] = {"color": color, "marker": "o", "markersize": 5}
        some = clear == strong
        ax.plot(ratios[some], places[some], linestyle="none", **(look | kwargs))
    for place, ratio, high in zip(places, ratios, ends[1], strict=True):
        ax.annotate(
            f"{ratio:.2f}",
            (high, place),
            xytext=(5, 0),
            textcoords="offset points",
            va="center",
            color=INK,
            fontsize=8.5,
        )
    ax.set_xscale("log")
    decades = float(np.log10(ends[1].max() / ends[0].min()))
    subs = (
        (1.0,) if decades > 2.5 else (1.0, 3.0) if decades > 1 else (1, 1.5, 2, 3, 5, 7)
    )
    ax.xaxis.set_major_locator(LogLocator(base=10, subs=subs))
    ax.xaxis.set_major_formatter(FuncFormatter(_short))
    ax.xaxis.set_minor_formatter(NullFormatter())
    ax.margins(x=0.15)
    ax.set_yticks(places, names, parse_math=False)
    ax.set_ylim(-0.6, len(names) - 0.4)
    ax.grid(visible=False, axis="y")
    ax.tick_params(axis="y", length=0)
    ax.tick_params(axis="x", which="minor", length=0)
    ax.set_xlabel(f"hazard ratio, {100 * level:g} % interval")
    title(ax, "Hazard ratios")
    return ax


def _short(number: float, _place: object) -> str:
    return f"{number:g}"


def _few(curves: tuple[Curve, ...]) -> tuple[Curve, ...]:
    if len(curves) > _MOST:
        raise _too_many(len(curves))
    return curves


def _too_many(number: int) -> ParameterError:
    return ParameterError.of(
        name="model",
        expected=f"have at most {_MOST} curves, to be told apart",
        found=f"{number}",
        hint="fit to fewer groups, or join the small ones",
    )


def _shade(
    ax: Axes,
    timeline: NDArray[np.float64],
    ends: tuple[NDArray[np.float64], NDArray[np.float64]],
    color: str,
) -> None:
    ax.fill_between(timeline, *ends, step="post", color=color, alpha=0.15, linewidth=0)


def _finish(ax: Axes, text: str, *, shares: bool) -> None:
    """Scale and name the axes."""
    ax.set_xlim(left=0)
    ax.margins(x=0.0)
    if shares:
        from matplotlib.ticker import PercentFormatter  # noqa: PLC0415

        ax.yaxis.set_major_formatter(PercentFormatter(xmax=1, decimals=0))
        ax.set_ylim(0, 1.02)
    else:
        ax.set_ylim(bottom=0)
    number_axis(ax, "x")
    ax.set_xlabel("time since the start")
    title(ax, text)


def _round_times(model: KaplanMeier | NelsonAalen) -> NDArray[np.float64]:
    """Return about six round times from 0 to the last one."""
    last = float(max(curve.timeline[-1] for curve in model.curves_))
    if last <= 0:
        return np.zeros(1)
    step = 10.0 ** np.floor(np.log10(last / 5))
    for factor in (1, 2, 2.5, 5, 10):
        if last / (factor * step) <= 7:
            step *= factor
            break
    return np.arange(0.0, last * (1 + 1e-9), step)


def _write_at_risk(
    ax: Axes, model: KaplanMeier | NelsonAalen, curves: tuple[Curve, ...]
) -> None:
    """Write how many are at risk below the ticks, a line a group."""
    low, high = ax.get_xlim()
    ticks = np.array([tick for tick in ax.get_xticks() if low <= tick <= high])
    ax.set_xticks(ticks)
    counts = _counts(model, ticks)["at_risk"].reshape(len(curves), len(ticks))
    above = 40
    heading = {"xycoords": ("axes fraction", "axes fraction"), "fontsize": 8.5}
    shared: dict[str, Any] = {"textcoords": "offset points", "va": "top"}
    cast("Any", ax).annotate(
        "at risk",
        (0, 0),
        xytext=(-24, -above),
        ha="right",
        color=MUTED,
        **heading,
        **shared,
    )
    for line, curve in enumerate(curves):
        color = _HUES[line % len(_HUES)]
        down = above + 12 * (line + (len(curves) > 1))
        if curve.label is not None:
            cast("Any", ax).annotate(
                shortened(curve.label, most=16),
                (0, 0),
                xytext=(-24, -down),
                ha="right",
                color=color,
                **heading,
                **shared,
            )
        for tick, count in zip(ticks, counts[line], strict=True):
            ax.annotate(
                f"{count:,.10g}",
                (tick, 0),
                xycoords=("data", "axes fraction"),
                xytext=(0, -down),
                ha="center",
                color=color,
                fontsize=8.5,
                annotation_clip=False,
                **shared,
            )
