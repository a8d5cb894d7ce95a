"""How sure one can be, over time, that a customer is still one."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, cast

import numpy as np

from tenure._frame import native_frame
from tenure.exceptions import ParameterError
from tenure.plotting._covariates import of_one
from tenure.plotting._dates import end_of
from tenure.plotting._style import (
    ACTUAL,
    INK,
    MUTED,
    calm_axes,
    date_axis,
    shortened,
    title,
)
from tenure.transactions import Transactions

if TYPE_CHECKING:
    from collections.abc import Mapping

    from matplotlib.axes import Axes
    from numpy.typing import NDArray

    from tenure._purchasing import PurchasingModel
    from tenure._typing import Date

__all__ = ["alive_history", "plot_alive_history"]


def alive_history(
    model: PurchasingModel,
    log: Transactions,
    customer: object,
    *,
    until: Date | None = None,
    points: int = 200,
    covariates: Mapping[str, Any] | None = None,
) -> Any:
    """Return the probability that a customer was alive, as known on each day.

    Parameters
    ----------
    model : BGNBD
        A fitted model that knows its unit of time.
    log : Transactions
        The log.
    customer : object
        The customer's id.
    until : date, optional
        The last day; by default that of the last event.
    points : int, default 200
        About how many days to compute, evenly spread over time; the days of purchases
        are among them.
    covariates : mapping of str to value, optional
        For a model with covariates, those of the customer.

    Returns
    -------
    frame
        One row a day: `date`, `probability_alive`, and `purchase`: whether there was
        one on it.
    """
    columns, _ = _history(
        model, log, customer, until, points=points, covariates=covariates
    )
    return native_frame(columns, family=log.family)


def _history(
    model: PurchasingModel,
    log: Transactions,
    customer: object,
    until: Date | None,
    *,
    points: int = 400,
    covariates: Mapping[str, Any] | None,
) -> tuple[dict[str, NDArray[Any]], NDArray[np.datetime64]]:
    times = _times(log, customer)
    end = end_of(log.span[1] if until is None else until, name="until")
    bought = times[times < end].astype("datetime64[D]")
    last = (end - 1).astype("datetime64[D]")
    if not len(bought):
        raise ParameterError.of(
            name="until", expected=f"not lie before {times[0]}", found=str(last)
        )
    step = max(int((last - bought[0]).astype(int)) // max(points, 1), 1)
    every = cast("NDArray[np.datetime64]", np.arange(bought[0], last + 1, step))
    days = np.unique(np.concatenate([every, bought, np.array([last])]))
    known = Transactions(
        {"customer_id": np.zeros(len(times), np.int64), "date": times},
        merge=None if log.receipt.merge in (None, "order") else log.receipt.merge,  # type: ignore[arg-type]
    )
    unit: Any = model.time_unit_ or "day"
    found = [known.summary(unit, as_of=str(day)) for day in days]
    histories = {
        name: np.array([float(one[name][0]) for one in found])
        for name in ("frequency", "recency", "T")
    }
    columns: dict[str, NDArray[Any]] = {
        "date": days.astype("datetime64[us]"),
        "probability_alive": model.probability_alive(
            {**histories, **of_one(model, covariates, len(days))}
        ),
        "purchase": np.isin(days, bought),
    }
    return columns, bought


def _times(log: Transactions, customer: object) -> NDArray[np.datetime64]:
    places = np.flatnonzero(log.customers == customer)
    if not len(places):
        raise ParameterError.of(
            name="customer",
            expected="be the id of a customer of the log",
            found=repr(customer),
        )
    return log.times[log.offsets[places[0]] : log.offsets[places[0] + 1]]


def plot_alive_history(
    model: PurchasingModel,
    log: Transactions,
    customer: object,
    *,
    until: Date | None = None,
    covariates: Mapping[str, Any] | None = None,
    ax: Axes | None = None,
    **kwargs: Any,
) -> Axes:
    """Draw the probability that a customer was alive over time, and the purchases.

    Parameters
    ----------
    model, log, customer, until, covariates
        As `alive_history`.
    ax : Axes, optional
        Where to draw.
    **kwargs
        For the line, as `Axes.plot` takes them.
    """
    table, bought = _history(model, log, customer, until, covariates=covariates)
    ax = calm_axes(ax)
    days = table["date"].astype("datetime64[D]")
    look: dict[str, Any] = {"color": ACTUAL, "linewidth": 1.8}
    ax.plot(days, table["probability_alive"], **(look | kwargs))
    ax.vlines(bought, 0, 1, color=MUTED, linewidth=0.8, linestyle=(0, (2, 3)))
    ax.plot(bought, np.zeros(len(bought)), "|", color=INK, markersize=9, clip_on=False)
    ax.set_ylim(0, 1.02)
    date_axis(ax)
    title(ax, f"Is customer {shortened(customer)} still one?")
    ax.set_ylabel("probability of being alive")
    return ax
