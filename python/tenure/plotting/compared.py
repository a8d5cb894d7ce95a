"""How several models of the same customers did."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from tenure._accuracy import calibration
from tenure._frame import Table
from tenure.exceptions import ParameterError
from tenure.plotting._style import (
    INK,
    MUTED,
    SERIES,
    calm_axes,
    date_axis,
    legend,
    number_axis,
    percent_axis,
    title,
)
from tenure.plotting.tracks import tracking
from tenure.rfm.ranking import Order

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from numpy.typing import NDArray

    from tenure.comparing import Comparison

__all__ = [
    "plot_calibration",
    "plot_model_gains",
    "plot_model_lift",
    "plot_model_tracking",
]


def plot_calibration(
    found: Comparison,
    *,
    model: str | None = None,
    groups: int = 10,
    level: float = 0.95,
    ax: Axes | None = None,
    **kwargs: Any,
) -> Axes:
    """Draw what groups of customers did, against what was expected of them.

    On the dashed line forecasts are right; above it customers bought more than
    expected. Both axes are logarithmic, and a group that bought nothing is left out.

    Parameters
    ----------
    found : Comparison
        What `compare` returned, with a holdout.
    model, groups, level
        As `Comparison.calibration`; the interval is drawn for a single model.
    ax : Axes, optional
        Where to draw.
    **kwargs
        For the points, as `Axes.plot` takes them.
    """
    columns = found._calibration(model, groups, level)  # noqa: SLF001
    ax = calm_axes(ax, size=(4.6, 4.2))
    names = list(dict.fromkeys(columns["model"]))
    shown = (columns["predicted"] > 0) & (columns["actual"] > 0)
    for place, name in enumerate(names):
        rows = (columns["model"] == name) & shown
        x, y = columns["predicted"][rows], columns["actual"][rows]
        color = SERIES[place % len(SERIES)]
        if len(names) == 1:
            low = np.maximum(columns["actual_low"][rows], 0.25 * y)
            ax.vlines(x, low, columns["actual_high"][rows], color=color, linewidth=1.0)
        look: dict[str, Any] = {"color": color, "marker": "o", "markersize": 4.5}
        look |= {"linewidth": 1.2, "label": name}
        ax.plot(x, y, **(look | kwargs))
    both = np.concatenate([columns["predicted"][shown], columns["actual"][shown]])
    if len(both):
        ends = [0.8 * float(both.min()), 1.25 * float(both.max())]
        ax.plot(ends, ends, color=MUTED, linewidth=1.0, linestyle=(0, (4, 3)), zorder=0)
    ax.set_xscale("log")
    ax.set_yscale("log")
    _plain_logarithms(ax)
    if len(names) > 1:
        legend(ax, loc="upper left")
    what = "Calibration" if len(names) > 1 else f"Calibration of {names[0]}"
    title(ax, what)
    kind = {10: "tenth", 5: "fifth", 4: "quarter"}.get(groups, "group")
    ax.set_xlabel(f"expected purchases a customer, by {kind}s")
    ax.set_ylabel("actual purchases a customer")
    return ax


def _plain_logarithms(ax: Axes) -> None:
    """Write numbers as numbers, not as powers of ten."""
    from matplotlib.ticker import (  # noqa: PLC0415
        FuncFormatter,
        LogLocator,
        NullFormatter,
    )

    for axis in (ax.xaxis, ax.yaxis):
        axis.set_major_locator(LogLocator(subs=(1.0, 2.0, 5.0), numticks=12))
        axis.set_major_formatter(FuncFormatter(_plain))
        axis.set_minor_formatter(NullFormatter())


def _plain(value: float, _place: object) -> str:
    return f"{value:g}"


def plot_model_gains(
    found: Comparison, *, ax: Axes | None = None, **kwargs: Any
) -> Axes:
    """Draw which share of purchases the customers account for who were expected to buy.

    The dashed line is a ranking by chance, the thin one the best there could be.

    Parameters
    ----------
    found : Comparison
        What `compare` returned, with a holdout.
    ax : Axes, optional
        Where to draw.
    **kwargs
        For the curves, as `Axes.plot` takes them.
    """
    holdout = found._needed_holdout()  # noqa: SLF001
    ax = calm_axes(ax, size=(5.4, 3.8))
    ax.plot([0, 1], [0, 1], color=MUTED, linewidth=1.0, linestyle=(0, (4, 3)))
    best = _captured(holdout.actual, holdout.actual)
    ax.plot(*best, color=INK, linewidth=0.8, label="the best there could be")
    for place, (name, expected) in enumerate(holdout.expected.items()):
        color = SERIES[place % len(SERIES)]
        look: dict[str, Any] = {"color": color, "linewidth": 1.5, "label": name}
        ax.plot(*_captured(expected, holdout.actual), **(look | kwargs))
    ax.set_xlim(0, 1)
    ax.set_ylim(0, 1.02)
    percent_axis(ax, "x")
    percent_axis(ax)
    legend(ax, loc="lower right")
    title(ax, "Purchases that those account for who were expected to buy")
    ax.set_xlabel("customers, the highest expected first")
    ax.set_ylabel("share of all purchases in the holdout")
    return ax


def plot_model_lift(
    found: Comparison,
    *,
    model: str | None = None,
    groups: int = 10,
    ax: Axes | None = None,
    **kwargs: Any,
) -> Axes:
    """Draw how many times as much as the average customer each group bought.

    Groups are equal parts of the customers, the highest expected first; the numbers are
    the column `lift` of `Comparison.calibration`. The dashed line is a group drawn by
    chance, the thin line a ranking by what came.

    Parameters
    ----------
    found : Comparison
        What `compare` returned, with a holdout.
    model, groups
        As `Comparison.calibration`.
    ax : Axes, optional
        Where to draw.
    **kwargs
        For the lines, as `Axes.plot` takes them.
    """
    columns = found._calibration(model, groups, 0.95)  # noqa: SLF001
    actual = found._needed_holdout().actual  # noqa: SLF001
    ax = calm_axes(ax, size=(5.4, 3.8))
    ax.axhline(1.0, color=MUTED, linewidth=1.0, linestyle=(0, (4, 3)))
    places = np.arange(1, groups + 1)
    best = calibration(actual, actual, groups, 0.95)["lift"]
    ax.plot(places, best, color=INK, linewidth=0.8, label="the best there could be")
    for place, name in enumerate(dict.fromkeys(columns["model"])):
        look: dict[str, Any] = {"color": SERIES[place % len(SERIES)], "linewidth": 1.5}
        look |= {"marker": "o", "markersize": 4, "label": name}
        ax.plot(places, columns["lift"][columns["model"] == name], **(look | kwargs))
    ax.set_ylim(bottom=0)
    if groups <= 20:
        ax.set_xticks(places)
    legend(ax, loc="upper right")
    title(ax, "Lift: purchases a customer, times the average")
    kind = {10: "tenths", 5: "fifths", 4: "quarters"}.get(groups, "groups")
    ax.set_xlabel(f"{kind} of the customers, the highest expected first")
    ax.set_ylabel("lift")
    return ax


def _captured(
    ranking: NDArray[np.float64], amounts: NDArray[np.float64]
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Return shares of customers and of amounts, from the highest ranked down."""
    order = Order.of(ranking)
    sums, sizes = order.sums(amounts)[::-1], order.sizes[::-1]
    across = np.append(0.0, np.cumsum(sizes)) / len(amounts)
    return across, np.append(0.0, np.cumsum(sums)) / max(float(amounts.sum()), 1e-300)


def plot_model_tracking(
    found: Comparison, *, cumulative: bool = True, ax: Axes | None = None, **kwargs: Any
) -> Axes:
    """Draw actual and expected repeat purchases of all models over calendar time.

    Parameters
    ----------
    found : Comparison
        What `compare` returned for a log with a holdout.
    cumulative : bool, default True
        Draw running totals; else the purchases of each week.
    ax : Axes, optional
        Where to draw.
    **kwargs
        For the lines of the models, as `Axes.plot` takes them.
    """
    holdout = found._needed_holdout()  # noqa: SLF001
    if holdout.log is None:
        raise ParameterError.of(
            name="data",
            expected="have been a log, which knows when purchases were made",
            found="a summary",
        )
    ending = "_cumulative" if cumulative else ""
    ax = calm_axes(ax)
    for place, (name, model) in enumerate(found.models.items()):
        table = Table.of(tracking(model, holdout.log, split=holdout.split))
        complete = table.flags("complete")
        dates = table.instants("period_end").values.astype("datetime64[us]")[complete]
        if place == 0:
            actual = table.numbers("actual" + ending).values[complete]
            ax.plot(dates, actual, color=INK, linewidth=1.8, label="actual")
            held = table.flags("holdout")[complete]
            if held.any():
                start: Any = dates[max(int(np.argmax(held)) - 1, 0)]
                ax.axvline(start, color=MUTED, linewidth=1.0, linestyle=(0, (4, 3)))
        expected = table.numbers("expected" + ending).values[complete]
        color = SERIES[place % len(SERIES)]
        look: dict[str, Any] = {"color": color, "linewidth": 1.2, "linestyle": "--"}
        ax.plot(dates, expected, label=name, **(look | kwargs))
    ax.set_ylim(bottom=0)
    date_axis(ax)
    number_axis(ax, whole=True)
    legend(ax, loc="best")
    title(ax, f"Repeat purchases{', cumulative' if cumulative else ' a week'}")
    ax.set_ylabel("repeat purchases")
    return ax
