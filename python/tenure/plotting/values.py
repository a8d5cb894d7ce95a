"""What customers are worth, and which of them are worth most."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from tenure._frame import native_frame
from tenure.plotting._bins import histogram
from tenure.plotting._style import (
    ACTUAL,
    FAINT,
    INK,
    MUTED,
    PAPER,
    calm_axes,
    mark,
    number_axis,
    remark,
    shortened,
    title,
)

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from numpy.typing import NDArray

    from tenure.plotting._bins import Histogram
    from tenure.value import LifetimeValue

__all__ = [
    "draw_histogram",
    "plot_top_customers",
    "plot_value_distribution",
    "top_customers",
    "value_distribution",
]


def value_distribution(value: LifetimeValue, *, bins: int = 40) -> Any:
    """Return how many customers are worth how much.

    Parameters
    ----------
    value : LifetimeValue
        What `lifetime_value` returned.
    bins : int, default 40
        How many bins; of equal ratio where values are skewed, of equal width otherwise.

    Returns
    -------
    frame
        One row a bin: `lower`, `upper`, `customers`. Beside bins of equal ratio, what
        is not positive or far below all others has a bin of its own, the first.
    """
    found = histogram(value["value"], bins)
    columns = {"lower": found.lower, "upper": found.upper, "customers": found.counts}
    return native_frame(columns, family=value._customers.family)  # noqa: SLF001


def plot_value_distribution(
    value: LifetimeValue, *, bins: int = 40, ax: Axes | None = None, **kwargs: Any
) -> Axes:
    """Draw how many customers are worth how much, with the mean and the median.

    Parameters
    ----------
    value, bins
        As `value_distribution`.
    ax : Axes, optional
        Where to draw.
    **kwargs
        For the bars, as `Axes.bar` takes them.
    """
    values = value["value"]
    ax = calm_axes(ax)
    draw_histogram(ax, histogram(values, bins), **kwargs)
    finite = values[np.isfinite(values)]
    if len(finite):
        mark(ax, finite.mean(), f"mean {finite.mean():,.2f}")
    title(ax, "What customers are worth")
    ax.set_xlabel(f"{value.basis} a customer")
    ax.set_ylabel("customers")
    return ax


def draw_histogram(ax: Axes, found: Histogram, **kwargs: Any) -> None:
    """Draw the bars of a histogram; what a logarithmic axis cannot show is counted."""
    shown = slice(int(found.has_rest), None)
    lower, upper = found.lower[shown], found.upper[shown]
    look: dict[str, Any] = {"align": "edge", "color": ACTUAL}
    look |= {"edgecolor": PAPER, "linewidth": 0.4}
    ax.bar(lower, found.counts[shown], upper - lower, **(look | kwargs))
    if found.is_log:
        ax.set_xscale("log")
        ax.tick_params(which="minor", color=MUTED, length=2, width=0.6)
    number_axis(ax, "x")
    number_axis(ax, whole=True)
    if found.has_rest:
        remark(ax, f"not shown: {found.counts[0]:,} below {found.upper[0]:,.2g}")


def top_customers(value: LifetimeValue, *, n: int = 20) -> Any:
    """Return the customers who are worth most, the most valuable first.

    Parameters
    ----------
    value : LifetimeValue
        What `lifetime_value` returned.
    n : int, default 20
        How many customers; ties are cut in the order of the data.

    Returns
    -------
    frame
        `customer_id` and the columns of `value`, one row a customer.
    """
    columns = _top_customers(value, n)
    return native_frame(
        columns,
        family=value._customers.family,  # noqa: SLF001
        index="customer_id",
    )


def _top_customers(value: LifetimeValue, n: int) -> dict[str, NDArray[Any]]:
    order = np.argsort(-value["value"], kind="stable")[:n]
    columns = {"customer_id": _ids(value)[order]}
    return columns | {name: values[order] for name, values in value.columns.items()}


def _ids(value: LifetimeValue) -> NDArray[Any]:
    """Return who is who: ids, a pandas index, or row numbers."""
    customers = value._customers  # noqa: SLF001
    if customers.ids is not None:
        return customers.ids
    if customers.index is not None:
        return customers.index.to_numpy()
    return np.arange(len(value))


def plot_top_customers(
    value: LifetimeValue, *, n: int = 20, ax: Axes | None = None, **kwargs: Any
) -> Axes:
    """Draw the customers who are worth most, with the intervals of their values.

    Parameters
    ----------
    value, n
        As `top_customers`.
    ax : Axes, optional
        Where to draw.
    **kwargs
        For the dots, as `Axes.plot` takes them.
    """
    table = _top_customers(value, n)
    rows = np.arange(len(table["value"]))
    ax = calm_axes(ax, size=(5.2, 1.1 + 0.22 * max(len(rows), 5)))
    ax.grid(visible=False, axis="y")
    ax.grid(visible=True, axis="x", color=FAINT, linewidth=0.8)
    if "lower" in table:
        ax.hlines(rows, table["lower"], table["upper"], color=ACTUAL, linewidth=1.4)
    look: dict[str, Any] = {"color": ACTUAL, "marker": "o", "linestyle": "none"}
    look |= {"markersize": 5, "clip_on": False}
    ax.plot(table["value"], rows, **(look | kwargs))
    names = [shortened(customer) for customer in table["customer_id"]]
    ax.set_yticks(rows, names, parse_math=False)
    ax.set_ylim(len(rows) - 0.4, -0.6)
    ax.set_xlim(left=min(0.0, float(np.min(table.get("lower", table["value"])))))
    number_axis(ax, "x")
    level = value.interval
    interval = "" if level is None else f", {100 * level:g} % interval"
    title(ax, f"The {len(rows)} most valuable customers")
    ax.set_xlabel(f"{value.basis}{interval}")
    ax.set_ylabel("customer", color=INK)
    return ax
