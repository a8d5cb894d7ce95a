"""How long customers wait, and how much they spend."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from tenure._frame import native_frame
from tenure._units import DAYS, unit_named
from tenure.exceptions import ParameterError
from tenure.plotting._bins import histogram
from tenure.plotting._dates import end_of
from tenure.plotting._style import (
    ACCENT,
    ACTUAL,
    PAPER,
    calm_axes,
    mark,
    number_axis,
    title,
)
from tenure.plotting.values import draw_histogram

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from numpy.typing import NDArray

    from tenure._typing import Date, Unit
    from tenure.transactions import Transactions

__all__ = [
    "order_values",
    "plot_order_values",
    "plot_time_between_orders",
    "time_between_orders",
]


def time_between_orders(
    log: Transactions, *, unit: Unit = "day", bins: int = 40, until: Date | None = None
) -> Any:
    """Return how long customers wait from one purchase to the next.

    Only waits that are over count: long ones are cut off by the end of the log, so the
    true ones are longer than these.

    Parameters
    ----------
    log : Transactions
        The log.
    unit : {"day", "hour", "week", "month", "quarter", "year"}
        What the time is measured in, by mean lengths.
    bins : int, default 40
        How many bins of equal width; they reach to the 99th percentile, and what is
        longer is in a last bin of its own.
    until : date, optional
        The last day that counts; by default that of the last event.

    Returns
    -------
    frame
        One row a bin: `lower`, `upper`, `waits`.
    """
    waits = _waits(log, until, unit)
    lower, upper, counts, _ = _wait_bins(waits, bins)
    columns = {"lower": lower, "upper": upper, "waits": counts}
    return native_frame(columns, family=log.family)


def _waits(log: Transactions, until: Date | None, unit: str) -> NDArray[np.float64]:
    """Return the times between neighbouring purchases of a customer."""
    length = DAYS[unit_named(unit)]
    end = end_of(log.span[1] if until is None else until, name="until")
    same = np.ones(max(len(log.times) - 1, 0), dtype=bool)
    same[log.offsets[1:-1] - 1] = False
    kept = same & (log.times[1:] < end)
    days = np.diff(log.times)[kept] / np.timedelta64(1, "D")
    return days / length


def _wait_bins(
    waits: NDArray[np.float64], bins: int
) -> tuple[NDArray[Any], NDArray[Any], NDArray[Any], bool]:
    """Return lower and upper ends, counts, and whether the last bin is a longer one."""
    if not len(waits):
        none = np.empty(0)
        return none, none, none.astype(np.int64), False
    reach = float(np.quantile(waits, 0.99, method="higher"))
    width = max(np.ceil(reach / bins), 1.0) if reach > bins / 4 else reach / bins or 1.0
    edges = np.arange(0.0, reach + width, width)
    if edges[-1] <= reach:
        edges = np.append(edges, edges[-1] + width)
    longest = float(waits.max())
    longer = longest >= edges[-1]
    if longer:
        edges = np.append(edges, longest)
    counts, _ = np.histogram(waits, edges)
    return edges[:-1], edges[1:], counts, longer


def plot_time_between_orders(
    log: Transactions,
    *,
    unit: Unit = "day",
    bins: int = 40,
    until: Date | None = None,
    ax: Axes | None = None,
    **kwargs: Any,
) -> Axes:
    """Draw how long customers wait from one purchase to the next, with the median.

    Parameters
    ----------
    log, unit, bins, until
        As `time_between_orders`. The last bar, paler, is all that is longer.
    ax : Axes, optional
        Where to draw.
    **kwargs
        For the bars, as `Axes.bar` takes them.
    """
    waits = _waits(log, until, unit)
    lower, upper, counts, longer = _wait_bins(waits, bins)
    ax = calm_axes(ax)
    if len(waits):
        width = upper[0] - lower[0]
        look: dict[str, Any] = {"align": "edge", "color": ACTUAL}
        look |= {"edgecolor": PAPER, "linewidth": 0.4}
        bars = ax.bar(lower, counts, width, **(look | kwargs))
        if longer:
            bars[-1].set(facecolor=ACCENT)
            _longer(ax, float(lower[-1] + width), int(counts[-1]), float(upper[-1]))
        median = float(np.median(waits))
        mark(ax, median, f"median {median:,.4g} {unit}s")
    number_axis(ax, "x")
    number_axis(ax, whole=True)
    title(ax, "Time from one purchase to the next")
    ax.set_xlabel(f"{unit}s between purchases of a customer")
    ax.set_ylabel("repeat purchases")
    return ax


def _longer(ax: Axes, x: float, count: int, longest: float) -> None:
    ax.annotate(
        f"{count:,} longer,\nup to {longest:,.4g}",
        (x, count),
        xytext=(0, 4),
        textcoords="offset points",
        ha="right",
        va="bottom",
        fontsize=8.5,
    )


def order_values(
    log: Transactions, *, bins: int = 40, until: Date | None = None
) -> Any:
    """Return how many purchases were worth how much.

    Parameters
    ----------
    log : Transactions
        A log with amounts.
    bins : int, default 40
        How many bins; of equal ratio where values are skewed, of equal width otherwise.
    until : date, optional
        The last day that counts; by default that of the last event.

    Returns
    -------
    frame
        One row a bin: `lower`, `upper`, `purchases`. Beside bins of equal ratio, what
        is not positive or far below all others has a bin of its own, the first.
    """
    found = histogram(_order_values(log, until), bins)
    columns = {"lower": found.lower, "upper": found.upper, "purchases": found.counts}
    return native_frame(columns, family=log.family)


def _order_values(log: Transactions, until: Date | None) -> NDArray[np.float64]:
    if log.values is None:
        raise ParameterError.of(
            name="log",
            expected="have amounts",
            found="one without",
            hint="say which column holds them: Transactions(..., amount=...)",
        )
    end = end_of(log.span[1] if until is None else until, name="until")
    return log.values[log.times < end]


def plot_order_values(
    log: Transactions,
    *,
    bins: int = 40,
    until: Date | None = None,
    ax: Axes | None = None,
    **kwargs: Any,
) -> Axes:
    """Draw how many purchases were worth how much, with the mean.

    Parameters
    ----------
    log, bins, until
        As `order_values`.
    ax : Axes, optional
        Where to draw.
    **kwargs
        For the bars, as `Axes.bar` takes them.
    """
    values = _order_values(log, until)
    ax = calm_axes(ax)
    draw_histogram(ax, histogram(values, bins), **kwargs)
    mark(ax, values.mean(), f"mean {values.mean():,.2f}")
    title(ax, "What a purchase is worth")
    ax.set_xlabel("value of a purchase")
    ax.set_ylabel("purchases")
    return ax
