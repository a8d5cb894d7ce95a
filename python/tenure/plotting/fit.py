"""How often customers buy, and how often the model says that they do."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from tenure._buying import newcomers
from tenure._frame import Table, native_frame
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
    from tenure.summary import Split, Summary

__all__ = [
    "conditional_expectations",
    "frequency_histogram",
    "plot_conditional_expectations",
    "plot_frequency",
]


def frequency_histogram(
    model: PurchasingModel, summary: Summary, *, most: int = 7
) -> Any:
    """Return how many customers made 0, 1, 2, ... repeat purchases, and should have.

    The expected number of customers with n repeat purchases is the sum over customers
    of P(X(T) = n), each with their own T.

    Parameters
    ----------
    model : BGNBD
        A fitted model.
    summary : Summary
        The customers that it was fitted to; for a model with covariates with these: see
        `Summary.with_covariates`.
    most : int, default 7
        The last row counts customers with this many repeat purchases or more.

    Returns
    -------
    frame
        One row a count: `frequency`, `actual` and `expected` customers.

    References
    ----------
    Fader, P. S., Hardie, B. G. S., Lee, K. L. (2005). "Counting your customers" the
    easy way: an alternative to the Pareto/NBD model. Marketing Science 24(2), 275-284,
    figure 3.

    Examples
    --------
    >>> import tenure as tn
    >>> log = tn.Transactions(tn.datasets.load_cdnow(), amount="amount", time="date")
    >>> summary = log.summary(unit="week", as_of="1997-09-30")
    >>> table = tn.plotting.frequency_histogram(tn.BGNBD().fit(summary), summary)
    >>> table["actual"].tolist()
    [1411, 439, 214, 100, 62, 38, 29, 64]
    """
    columns = _frequency_histogram(model, summary, most)
    return native_frame(columns, family=summary.family)


def _frequency_histogram(
    model: PurchasingModel, summary: Summary, most: int
) -> dict[str, NDArray[Any]]:
    own = model._covariates_of(summary)  # noqa: SLF001
    rows = np.asarray(summary["T"], dtype=np.float64)[:, None]
    rows = rows if own is None else np.hstack([rows, own])
    kinds, customers = np.unique(rows, axis=0, return_counts=True)
    ages = np.ascontiguousarray(kinds[:, 0])
    covariates = None if own is None else np.ascontiguousarray(kinds[:, 1:])
    unseen = newcomers(len(ages), model.time_unit_, covariates)
    found = model._probabilities(unseen, ages, most - 1)  # noqa: SLF001
    expected = [float(customers @ found[:, n]) for n in range(most)]
    expected.append(len(summary) - sum(expected))
    counts = np.bincount(np.minimum(summary.frequency, most), minlength=most + 1)
    return {
        "frequency": np.arange(most + 1),
        "actual": counts,
        "expected": np.array(expected),
    }


def plot_frequency(
    model: PurchasingModel,
    summary: Summary,
    *,
    most: int = 7,
    ax: Axes | None = None,
    **kwargs: Any,
) -> Axes:
    """Draw how many customers made 0, 1, 2, ... repeat purchases, and should have.

    Parameters
    ----------
    model, summary, most
        As `frequency_histogram`.
    ax : Axes, optional
        Where to draw.
    **kwargs
        For the bars, as `Axes.bar` takes them.
    """
    table = _frequency_histogram(model, summary, most)
    ax = calm_axes(ax)
    _pairs(ax, table["actual"], table["expected"], **kwargs)
    _count_labels(ax, most)
    number_axis(ax, whole=True)
    legend(ax)
    title(ax, "Customers by number of repeat purchases")
    ax.set_xlabel("repeat purchases so far")
    ax.set_ylabel("customers")
    return ax


def conditional_expectations(
    model: PurchasingModel, split: Split, *, most: int = 7
) -> Any:
    """Return holdout purchases by calibration frequency, actual and expected.

    Parameters
    ----------
    model : BGNBD
        A model fitted to the calibration part.
    split : Split
        The result of `log.split`; for a model with covariates with these: see
        `Summary.with_covariates`.
    most : int, default 7
        The last row is for customers with this many repeat purchases or more.

    Returns
    -------
    frame
        One row a count of repeat purchases in the calibration: `frequency`, `customers`
        with it, and the mean `actual` and `expected` purchases of one of them in the
        holdout (NaN where there is none).

    References
    ----------
    Fader, P. S., Hardie, B. G. S., Lee, K. L. (2005). "Counting your customers" the
    easy way: an alternative to the Pareto/NBD model. Marketing Science 24(2), 275-284,
    figure 6.
    """
    columns = _conditional_expectations(model, split, most)
    return native_frame(columns, family=split.family)


def _conditional_expectations(
    model: PurchasingModel, split: Split, most: int
) -> dict[str, NDArray[Any]]:
    found = model.expected_purchases(split, horizon=split.holdout_duration)
    expected = Table.of({"expected": found}).numbers("expected").values
    classes = np.minimum(split.frequency, most)
    customers = np.bincount(classes, minlength=most + 1)

    def mean(values: NDArray[Any]) -> NDArray[np.float64]:
        sums = np.bincount(classes, weights=values, minlength=most + 1)
        return np.where(customers > 0, sums / np.maximum(customers, 1), np.nan)

    return {
        "frequency": np.arange(most + 1),
        "customers": customers,
        "actual": mean(split.holdout_purchases),
        "expected": mean(expected),
    }


def plot_conditional_expectations(
    model: PurchasingModel,
    split: Split,
    *,
    most: int = 7,
    ax: Axes | None = None,
    **kwargs: Any,
) -> Axes:
    """Draw holdout purchases by calibration frequency, actual and expected.

    Parameters
    ----------
    model, split, most
        As `conditional_expectations`.
    ax : Axes, optional
        Where to draw.
    **kwargs
        For both lines, as `Axes.plot` takes them.
    """
    table = _conditional_expectations(model, split, most)
    ax = calm_axes(ax)
    lines = (("actual", ACTUAL, "o", "-"), ("expected", EXPECTED, "D", "--"))
    for name, color, marker, style in lines:
        look: dict[str, Any] = {"color": color, "marker": marker, "markersize": 5}
        look |= {"linewidth": 1.6, "linestyle": style}
        ax.plot(table["frequency"], table[name], label=name, **(look | kwargs))
    ax.set_ylim(bottom=0)
    _count_labels(ax, most)
    number_axis(ax)
    legend(ax, loc="best")
    title(ax, "Purchases in the holdout, by purchases before it")
    ax.set_xlabel("repeat purchases in the calibration")
    ax.set_ylabel("mean purchases in the holdout")
    return ax


def _pairs(
    ax: Axes, actual: NDArray[Any], expected: NDArray[Any], **kwargs: Any
) -> None:
    """Draw two bars side by side for each count."""
    width = 0.4
    places = np.arange(len(actual))
    look: dict[str, Any] = {"width": width}
    ax.bar(
        places - width / 2,
        actual,
        label="actual",
        **(look | dict[str, Any](color=ACTUAL) | kwargs),
    )
    ax.bar(
        places + width / 2,
        expected,
        label="expected",
        **(look | dict[str, Any](color=EXPECTED) | kwargs),
    )


def _count_labels(ax: Axes, most: int) -> None:
    """Write the counts under the axis, the last one open."""
    ax.set_xticks(range(most + 1), [*map(str, range(most)), f"{most}+"])
