"""Purchases after the calibration, by how long before its end the last one was."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from tenure._frame import Table, native_frame
from tenure._units import plural
from tenure.exceptions import ParameterError
from tenure.plotting._style import (
    ACTUAL,
    EXPECTED,
    calm_axes,
    legend,
    number_axis,
    title,
)

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from numpy.typing import NDArray

    from tenure._purchasing import PurchasingModel
    from tenure.summary import Split

__all__ = ["expectations_by_recency", "plot_expectations_by_recency"]


def expectations_by_recency(
    model: PurchasingModel, split: Split, *, groups: int = 8
) -> Any:
    """Return holdout purchases by the time since the last one, actual and expected.

    Customers without a repeat purchase are left out: their last purchase is their
    first, and says how old they are.

    Parameters
    ----------
    model : BGNBD
        A model fitted to the calibration part.
    split : Split
        The result of `log.split`.
    groups : int, default 8
        How many equal parts of the customers, by time since the last purchase; equal
        times stay together.

    Returns
    -------
    frame
        One row a group: `since_low` and `since_high`, the shortest and longest time
        from a last purchase to the end of the calibration; `customers`; the mean
        `actual` and `expected` purchases of one of them in the holdout.

    Examples
    --------
    >>> import tenure as tn
    >>> log = tn.Transactions(tn.datasets.load_cdnow(family="numpy"))
    >>> split = log.split("1997-09-30", unit="week")
    >>> table = tn.plotting.expectations_by_recency(tn.BGNBD().fit(split), split)
    >>> table["actual"].round(1)
    array([3.9, 2.9, 2. , 0.9, 1.3, 1. , 0.5, 0.6])
    """
    columns = _by_recency(model, split, groups)
    return native_frame(columns, family=split.family)


def _by_recency(
    model: PurchasingModel, split: Split, groups: int
) -> dict[str, NDArray[Any]]:
    if groups != int(groups) or groups < 2:
        raise ParameterError.of(
            name="groups",
            expected="be a whole number of at least 2",
            found=repr(groups),
        )
    found = model.expected_purchases(split, horizon=split.holdout_duration)
    expected = Table.of({"expected": found}).numbers("expected").values
    again = split.frequency > 0
    since = (split.T - split.recency)[again]
    cuts = (
        np.unique(np.quantile(since, np.arange(1, groups) / groups))
        if again.any()
        else since
    )
    places = np.searchsorted(cuts, since, side="left")
    _, place = np.unique(places, return_inverse=True)
    customers = np.bincount(place)

    def mean(values: NDArray[Any]) -> NDArray[np.float64]:
        return np.bincount(place, weights=values[again]) / customers

    low, high = np.full(len(customers), np.inf), np.zeros(len(customers))
    np.minimum.at(low, place, since)
    np.maximum.at(high, place, since)
    return {
        "since_low": low,
        "since_high": high,
        "customers": customers,
        "actual": mean(split.holdout_purchases),
        "expected": mean(expected),
    }


def plot_expectations_by_recency(
    model: PurchasingModel,
    split: Split,
    *,
    groups: int = 8,
    ax: Axes | None = None,
    **kwargs: Any,
) -> Axes:
    """Draw holdout purchases by the time since the last one, actual and expected.

    Parameters
    ----------
    model, split, groups
        As `expectations_by_recency`.
    ax : Axes, optional
        Where to draw.
    **kwargs
        For both lines, as `Axes.plot` takes them.
    """
    table = _by_recency(model, split, groups)
    ax = calm_axes(ax)
    middle = 0.5 * (table["since_low"] + table["since_high"])
    lines = (("actual", ACTUAL, "o", "-"), ("expected", EXPECTED, "D", "--"))
    for name, color, marker, style in lines:
        look: dict[str, Any] = {"color": color, "marker": marker, "markersize": 5}
        look |= {"linewidth": 1.6, "linestyle": style}
        ax.plot(middle, table[name], label=name, **(look | kwargs))
    ax.set_ylim(bottom=0)
    number_axis(ax)
    number_axis(ax, "x")
    legend(ax, loc="best")
    title(ax, "Purchases in the holdout, by time since the last one")
    ax.set_xlabel(
        f"{plural(split.unit)} from the last purchase to the calibration's end"
    )
    ax.set_ylabel("mean purchases in the holdout")
    return ax
