"""Whether a model keeps track of what customers buy, also after its data end."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from tenure._buying import newcomers
from tenure._frame import native_frame
from tenure.exceptions import ParameterError
from tenure.plotting._covariates import of_customers
from tenure.plotting._dates import end_of, last_days, period_named
from tenure.plotting._style import (
    ACTUAL,
    EXPECTED,
    MUTED,
    SHADE,
    calm_axes,
    date_axis,
    label_ends,
    number_axis,
    title,
)
from tenure.summary import Split
from tenure.transactions import Transactions

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from numpy.typing import NDArray

    from tenure._purchasing import PurchasingModel
    from tenure._typing import Date
    from tenure.plotting._dates import Period

__all__ = ["plot_tracking", "tracking"]

# Beyond this many different first instants, those of one day stand at their mean.
_MOST_INSTANTS = 20_000


def tracking(
    model: PurchasingModel,
    log: Transactions,
    *,
    split: Split | Date | None = None,
    period: Period = "week",
    covariates: object = None,
) -> Any:
    """Return actual and expected repeat purchases over calendar time.

    What is expected of a customer is what the model expects of a new one from the first
    purchase on, so nothing but the fit knows the purchases that are compared with; by a
    model with covariates, of a new one with the customer's own. Customers whose first
    purchase comes after the calibration are left out of both.

    Parameters
    ----------
    model : BGNBD
        A model fitted to the calibration part.
    log : Transactions
        The whole log.
    split : Split, date, optional
        Where the calibration ends: the result of `log.split`, or its last day. Without
        it, all of the log is calibration.
    period : {"day", "week", "month", "quarter", "year"}
        What is counted by. Days and weeks start with the first purchase; longer periods
        are those of the calendar.
    covariates : frame, optional
        For a model with covariates, those of the customers: one row each, with a column
        "customer_id". They may be left out where `split` has them (see
        `Summary.with_covariates`).

    Returns
    -------
    frame
        One row a period: `period_end` (its last day), `actual`, `expected`,
        `actual_cumulative`, `expected_cumulative`, `holdout` (whether it ends after the
        calibration) and `complete` (whether the period was over when the log ended).

    References
    ----------
    Fader, P. S., Hardie, B. G. S., Lee, K. L. (2005). "Counting your customers" the
    easy way: an alternative to the Pareto/NBD model. Marketing Science 24(2), 275-284,
    figures 4 and 5.

    Examples
    --------
    >>> import tenure as tn
    >>> log = tn.Transactions(tn.datasets.load_cdnow(), amount="amount", time="date")
    >>> split = log.split("1997-09-30", unit="week")
    >>> table = tn.plotting.tracking(tn.BGNBD().fit(split), log, split=split)
    >>> round(float(table["expected_cumulative"][38]))
    2494
    """
    columns = _tracking(model, log, split, period, covariates)
    return native_frame(columns, family=log.family)


def plot_tracking(
    model: PurchasingModel,
    log: Transactions,
    *,
    split: Split | Date | None = None,
    period: Period = "week",
    covariates: object = None,
    cumulative: bool = True,
    ax: Axes | None = None,
    **kwargs: Any,
) -> Axes:
    """Draw actual and expected repeat purchases over calendar time.

    Parameters
    ----------
    model, log, split, period, covariates
        As `tracking`.
    cumulative : bool, default True
        Draw running totals; else the purchases of each period, where a period that was
        not over when the log ended is left out.
    ax : Axes, optional
        Where to draw.
    **kwargs
        For both lines, as `Axes.plot` takes them.
    """
    table = _tracking(model, log, split, period, covariates)
    ending = "_cumulative" if cumulative else ""
    keep = np.ones(len(table["complete"]), bool) if cumulative else table["complete"]
    ax = calm_axes(ax)
    dates = table["period_end"][keep]
    ends: list[tuple[Any, float, str, str]] = []
    for name, color, style in (("actual", ACTUAL, "-"), ("expected", EXPECTED, "--")):
        values = table[name + ending][keep]
        look: dict[str, Any] = {"color": color, "linestyle": style, "linewidth": 1.8}
        ax.plot(dates, values, label=name, **(look | kwargs))
        text = f"{name} {values[-1]:,.0f}" if cumulative else name
        ends.append((dates[-1], float(values[-1]), text, color))
    ax.set_ylim(bottom=0)
    ax.margins(x=0.0)
    _shade_holdout(ax, dates, table["holdout"][keep])
    date_axis(ax)
    number_axis(ax, whole=True)
    label_ends(ax, ends)
    title(ax, f"Repeat purchases{', cumulative' if cumulative else f' a {period}'}")
    ax.set_ylabel("repeat purchases")
    return ax


def _shade_holdout(
    ax: Axes, dates: NDArray[np.datetime64], holdout: NDArray[np.bool_]
) -> None:
    """Set the part apart that the model has not seen."""
    if not holdout.any():
        return
    first = int(np.argmax(holdout))
    start: Any = dates[max(first - 1, 0)]
    ax.axvspan(start, dates[-1], facecolor=SHADE, zorder=0)
    ax.annotate(
        "not seen by\nthe model",
        (1.0, 0.0),
        xycoords="axes fraction",
        xytext=(-4, 5),
        textcoords="offset points",
        ha="right",
        va="bottom",
        color=MUTED,
        fontsize=8.5,
    )


def _tracking(
    model: PurchasingModel,
    log: Transactions,
    split: Split | Date | None,
    period: str,
    covariates: object = None,
) -> dict[str, NDArray[Any]]:
    period_named(period)
    calibrated, until = _span(log, split)
    first_times = log.times[log.offsets[:-1]]
    known = first_times < calibrated
    start, last = first_times.min().astype("datetime64[D]"), until - 1
    ends = last_days(start, last.astype("datetime64[D]"), period)
    ends_exclusive = ends.astype("datetime64[us]") + np.timedelta64(1, "D")
    repeats = np.repeat(known, np.diff(log.offsets))
    repeats[log.offsets[:-1]] = False
    actual = np.searchsorted(np.sort(log.times[repeats]), ends_exclusive)
    own = of_customers(model, log, known, split, covariates)
    expected = _expected(model, log.receipt.merge, first_times[known], ends, own)
    all_ends = last_days(start, ends[-1] + 400, period)[: len(ends)]
    columns: dict[str, NDArray[Any]] = {
        "period_end": ends.astype("datetime64[us]"),
        "actual": np.diff(actual, prepend=0),
        "expected": np.diff(expected, prepend=0.0),
        "actual_cumulative": actual,
        "expected_cumulative": expected,
        "holdout": np.greater(ends_exclusive, calibrated),
        "complete": np.equal(all_ends, ends),
    }
    return columns


def _span(
    log: Transactions, split: Split | Date | None
) -> tuple[np.datetime64, np.datetime64]:
    """Return the first instants after the calibration and after all of it."""
    last = end_of(log.span[1], name="until")
    if isinstance(split, Split):
        assert split.as_of is not None  # noqa: S101
        return end_of(split.as_of, name="split"), end_of(split.until, name="split")
    calibrated = last if split is None else end_of(split, name="split")
    if calibrated <= log.times.min():
        raise ParameterError.of(
            name="split",
            expected=f"not lie before the first purchase, {log.span[0]}",
            found=f"{split}",
        )
    return calibrated, last


def _expected(
    model: PurchasingModel,
    merge: str | None,
    first_times: NDArray[np.datetime64],
    ends: NDArray[np.datetime64],
    covariates: NDArray[np.float64] | None,
) -> NDArray[np.float64]:
    """Return the repeat purchases expected of all customers by the end of each period.

    Customers with the same first time and the same covariates have the same expectation
    at the same age.
    """
    if model.time_unit_ is None:
        raise ParameterError.of(
            name="model",
            expected="know its unit of time",
            found=f"a {type(model).__name__} without one",
            hint="say it where the data comes in: fit(data, unit='week')",
        )
    starts, places = _distinct(first_times)
    kinds, customers = _kinds(places, covariates)
    beginners = Transactions(
        {"customer_id": np.arange(len(starts)), "date": starts},
        merge=None if merge in (None, "order") else merge,  # type: ignore[arg-type]
    )
    unit: Any = model.time_unit_
    ages = [beginners.summary(unit, as_of=str(end)).T for end in ends]
    if covariates is not None:
        return np.array([_sum_of(model, age, kinds, customers) for age in ages])
    distinct, places = np.unique(np.concatenate(ages), return_inverse=True)
    each: NDArray[np.float64] = model.expected_purchases_new(distinct)[places]
    parts = np.split(each, np.cumsum([len(age) for age in ages])[:-1])
    sums = [float(part @ customers[: len(part)]) for part in parts]
    return np.array(sums, dtype=np.float64)


def _sum_of(
    model: PurchasingModel,
    ages: NDArray[np.float64],
    kinds: NDArray[np.float64],
    customers: NDArray[np.int64],
) -> float:
    """Return what is expected of customers with covariates who began so long ago.

    `ages` are those of the first starts, and kinds are sorted by their start.
    """
    begun = int(np.searchsorted(kinds[:, 0], len(ages)))
    lengths = ages[kinds[:begun, 0].astype(np.int64)]
    own = np.ascontiguousarray(kinds[:begun, 1:])
    unseen = newcomers(begun, model.time_unit_, own)
    each, _ = model._predict("expected_purchases", unseen, lengths)  # noqa: SLF001
    return float(each @ customers[:begun])


def _kinds(
    places: NDArray[np.int64], covariates: NDArray[np.float64] | None
) -> tuple[NDArray[np.float64], NDArray[np.int64]]:
    """Return the kinds of customers, by start and covariates, and how many are of each.

    The first column is the place of the start, by which they are sorted.
    """
    rows = places[:, None].astype(np.float64)
    if covariates is not None:
        rows = np.hstack([rows, covariates])
    return np.unique(rows, axis=0, return_counts=True)


def _distinct(
    times: NDArray[np.datetime64],
) -> tuple[NDArray[np.datetime64], NDArray[np.int64]]:
    """Return distinct times, ascending, and the place of each customer's among them.

    Where there are very many, those of a day are replaced by their mean, which changes
    a sum over customers only by the curvature of the expectation within a day.
    """
    starts, places = np.unique(times, return_inverse=True)
    if len(starts) <= _MOST_INSTANTS:
        return starts, places
    days = times.astype("datetime64[D]")
    distinct, places, customers = np.unique(
        days, return_inverse=True, return_counts=True
    )
    within = (times - days).astype("timedelta64[us]").astype(np.float64)
    means = np.bincount(places, weights=within) / customers
    starts = distinct.astype("datetime64[us]") + means.astype("timedelta64[us]")
    return starts, places
