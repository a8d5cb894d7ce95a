"""What was foretold against what came, what is foretold, and stages over time."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from tenure._frame import Table
from tenure._report import written
from tenure.exceptions import ParameterError
from tenure.plotting._style import (
    ACCENT,
    ACTUAL,
    EXPECTED,
    INK,
    PAPER,
    calm_axes,
    date_axis,
    legend,
    number_axis,
    title,
)

if TYPE_CHECKING:
    from matplotlib.axes import Axes

    from tenure.equity.forecast import Forecast
    from tenure.equity.scorecard import Scorecard
    from tenure.equity.stages import Stages

__all__ = ["plot_forecast", "plot_scorecard", "plot_stages"]

_STAGES = {
    "engagement": ACTUAL,
    "acquisition": ACCENT,
    "retention": "#e9a25c",
    "lost": "#c9ced6",
}


def plot_scorecard(
    found: Scorecard, *, of: str = "value", ax: Axes | None = None, **kwargs: Any
) -> Axes:
    """Draw what each tenth of the customers was foretold to do, and what it did.

    Parameters
    ----------
    found : Scorecard
        What `equity.scorecard` returned; `by_decile` has the numbers.
    of : {"value", "purchases"}
        Of what.
    ax : Axes, optional
        Where to draw.
    **kwargs
        For the bars of what came, as `Axes.bar` takes them.
    """
    _check(of, tuple(found.predicted))
    table = Table.of(found.by_decile(of))
    names = ("decile", "predicted", "actual", "actual_low", "actual_high")
    decile, predicted, actual, low, high = (table.numbers(n).values for n in names)
    ax = calm_axes(ax)
    look: dict[str, Any] = {"color": ACTUAL, "width": 0.72, "label": "came"}
    ax.bar(decile, actual, **(look | kwargs))
    ax.vlines(decile, np.maximum(low, 0.0), high, color=INK, linewidth=1.0)
    ax.plot(
        decile,
        predicted,
        color=EXPECTED,
        marker="D",
        markersize=4.5,
        linewidth=0,
        label="foretold",
    )
    ax.set_xticks(decile)
    ax.tick_params(axis="x", length=0)
    number_axis(ax)
    legend(ax)
    title(ax, f"Foretold on {written(found.at)}, and came")
    ax.set_xlabel("tenth of the customers, those foretold most first")
    ax.set_ylabel(f"{found.basis if of == 'value' else of} a customer")
    return ax


def plot_forecast(
    found: Forecast, *, of: str = "value", ax: Axes | None = None, **kwargs: Any
) -> Axes:
    """Draw what is foretold of each period, with its prediction interval.

    Parameters
    ----------
    found : Forecast
        What `equity.forecast` returned; `to_frame` has the numbers.
    of : {"value", "orders", "active"}
        Of what.
    ax : Axes, optional
        Where to draw.
    **kwargs
        For the bars, as `Axes.bar` takes them.
    """
    _check(of, ("value", "orders", "active"))
    ax = calm_axes(ax)
    starts, ends = (found[name].astype("datetime64[D]") for name in ("start", "end"))
    widths = (ends - starts).astype(np.float64) + 1
    known, new = found[f"{of}_known"], found[f"{of}_new"]
    layers = [(known, np.zeros(len(known)), "known customers", ACTUAL)]
    if new.any():
        layers.append((new, known, "customers to come", ACCENT))
    for heights, bottom, label, color in layers:
        look: dict[str, Any] = {"color": color, "align": "edge", "label": label}
        ax.bar(starts, heights, 0.86 * widths, bottom, **(look | kwargs))
    middles = starts.astype("datetime64[h]") + np.round(0.43 * 24 * widths).astype(int)
    low, high = found[f"{of}_low"], found[f"{of}_high"]
    ax.vlines(middles, low, high, color=INK, linewidth=1.1)
    date_axis(ax)
    number_axis(ax, whole=of != "value")
    legend(ax, ncols=2)
    bottom, top = ax.get_ylim()
    ax.set_ylim(bottom, top + 0.15 * (top - bottom))
    words = {"value": found.basis, "orders": "orders", "active": "active customers"}
    title(ax, f"Expected {words[of]} a {found.every}")
    ax.set_ylabel(words[of])
    return ax


def plot_stages(
    found: Stages, *, of: str = "customers", ax: Axes | None = None, **kwargs: Any
) -> Axes:
    """Draw how many customers are in each stage, or what they are worth, over time.

    Parameters
    ----------
    found : Stages
        What `equity.stages` returned; `by_stage` has the numbers.
    of : {"customers", "value"}
        Of what.
    ax : Axes, optional
        Where to draw.
    **kwargs
        For the areas, as `Axes.stackplot` takes them.
    """
    _check(of, ("customers", "value") if found.value is not None else ("customers",))
    counts: Any = found.customers if of == "customers" else found.value
    layers = [found._added(counts, stage) for stage in _STAGES]  # noqa: SLF001
    ax = calm_axes(ax)
    look: dict[str, Any] = {
        "colors": list(_STAGES.values()),
        "labels": list(_STAGES),
        "linewidth": 0.4,
        "edgecolor": PAPER,
    }
    ax.stackplot(found.period, *layers, **(look | kwargs))
    ax.margins(x=0)
    date_axis(ax)
    number_axis(ax, whole=of == "customers")
    bottom, top = ax.get_ylim()
    ax.set_ylim(bottom, top + 0.16 * (top - bottom))
    legend(ax, ncols=4, loc="upper left")
    what = "Customers" if of == "customers" else found.basis.capitalize()
    title(ax, f"{what} by stage")
    ax.set_ylabel(of if of == "customers" else found.basis)
    return ax


def _check(of: str, words: tuple[str, ...]) -> None:
    if of not in words:
        raise ParameterError.of(
            name="of", expected=f"be one of {', '.join(words)}", found=repr(of)
        )
