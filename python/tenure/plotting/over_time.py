"""When customers buy."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Literal, TypeAlias

import numpy as np

from tenure._frame import native_frame
from tenure._units import DAYS
from tenure.exceptions import ParameterError
from tenure.plotting._dates import end_of, last_days, period_named, period_starts
from tenure.plotting._style import (
    ACCENT,
    ACTUAL,
    calm_axes,
    date_axis,
    legend,
    number_axis,
    title,
)

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from numpy.typing import NDArray

    from tenure._typing import Date
    from tenure.plotting._dates import Period
    from tenure.transactions import Transactions

__all__ = ["Measure", "plot_purchases_over_time", "purchases_over_time"]

Measure: TypeAlias = Literal["purchases", "customers", "value"]
"""What is drawn over time."""

# Column, label and colour of what is drawn, from the bottom up.
_MEASURES: dict[str, list[tuple[str, str, str]]] = {
    "purchases": [
        ("repeat_purchases", "repeat", ACTUAL),
        ("first_purchases", "first", ACCENT),
    ],
    "customers": [("customers", "customers", ACTUAL)],
    "value": [("value", "value", ACTUAL)],
}


def purchases_over_time(
    log: Transactions, *, period: Period = "month", until: Date | None = None
) -> Any:
    """Return first and repeat purchases of each calendar period.

    Parameters
    ----------
    log : Transactions
        The log.
    period : {"month", "day", "week", "quarter", "year"}
        What is counted by; weeks begin on Mondays.
    until : date, optional
        The last day that counts; by default that of the last event.

    Returns
    -------
    frame
        One row a period, also where nothing was bought: `period` (its first day),
        `first_purchases`, `repeat_purchases`, `customers` who bought, `value` (in a log
        with amounts) and `complete`: False for a period that was not over.
    """
    columns = _purchases_over_time(log, period, until)
    return native_frame(columns, family=log.family)


def _purchases_over_time(
    log: Transactions, period: str, until: Date | None
) -> dict[str, NDArray[Any]]:
    period_named(period)
    last = log.span[1] if until is None else until
    end = end_of(last, name="until")
    known = log.times < end
    customers = np.repeat(np.arange(len(log.customers)), np.diff(log.offsets))[known]
    first = np.zeros(len(log.times), dtype=bool)
    first[log.offsets[:-1]] = True
    starts = period_starts(log.times[known], period)
    last_day = (end - 1).astype("datetime64[D]")
    every = _every_start(log.span[0], last_day, period)
    places = np.searchsorted(every, starts)
    size = len(every)
    newly = np.ones(len(places), dtype=bool)
    newly[1:] = (np.diff(places) != 0) | (np.diff(customers) != 0)
    columns: dict[str, NDArray[Any]] = {
        "period": every.astype("datetime64[us]"),
        "first_purchases": np.bincount(places[first[known]], minlength=size),
        "repeat_purchases": np.bincount(places[~first[known]], minlength=size),
        "customers": np.bincount(places[newly], minlength=size),
    }
    if log.values is not None:
        columns["value"] = np.bincount(places, log.values[known], minlength=size)
    ends = np.append(every[1:], _every_start(last_day, last_day + 400, period)[1])
    columns["complete"] = ends - 1 <= last_day
    return columns


def _every_start(
    first: np.datetime64, last: np.datetime64, period: str
) -> NDArray[np.datetime64]:
    """Return the first day of every period from that of `first` to that of `last`."""
    start = period_starts(np.array([first]), period)
    ends = last_days(start[0], last, period)
    return np.append(start, ends[:-1] + 1)


def plot_purchases_over_time(
    log: Transactions,
    *,
    period: Period = "month",
    until: Date | None = None,
    measure: Measure = "purchases",
    ax: Axes | None = None,
    **kwargs: Any,
) -> Axes:
    """Draw what was bought in each calendar period.

    A period that was not over when the log ended is drawn in outline: it is not a fall.

    Parameters
    ----------
    log, period, until
        As `purchases_over_time`.
    measure : {"purchases", "customers", "value"}
        What is drawn: first and repeat purchases on top of each other, customers who
        bought, or the value of what they bought.
    ax : Axes, optional
        Where to draw.
    **kwargs
        For the bars, as `Axes.bar` takes them.
    """
    table = _purchases_over_time(log, period, until)
    if measure not in _MEASURES or (measure == "value" and log.values is None):
        expected = f"be one of {', '.join(_MEASURES)}; value needs a log with amounts"
        raise ParameterError.of(name="measure", expected=expected, found=repr(measure))
    ax = calm_axes(ax)
    starts = table["period"].astype("datetime64[D]")
    widths = np.diff(starts, append=starts[-1:] + round(DAYS[period])).astype(float)
    bottom = np.zeros(len(starts))
    for name, label, color in _MEASURES[measure]:
        look: dict[str, Any] = {"color": color, "align": "edge", "label": label}
        bars: Any = ax.bar(
            starts, table[name], widths * 0.92, bottom, **(look | kwargs)
        )
        for bar, complete in zip(bars, table["complete"], strict=True):
            if not complete:
                bar.set(facecolor="none", edgecolor=color, hatch="////", linewidth=0.8)
        bottom += table[name]
    date_axis(ax)
    number_axis(ax, whole=measure != "value")
    if len(_MEASURES[measure]) > 1:
        legend(ax)
    title(ax, f"{measure.capitalize()} a {period}")
    ax.set_ylabel(measure)
    return ax
