"""Net and gross revenue retention: what the customers of one time pay later."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Literal, TypeAlias, get_args

import numpy as np

from tenure import _core
from tenure._calendar import period_noun
from tenure._frame import native_frame
from tenure._intervals import check_level, normal_quantile
from tenure._report import counted, written
from tenure.exceptions import EmptyDataError, ParameterError
from tenure.retention.growth import GrowthAccounting
from tenure.retention.periods import Periods, at_least_one, ledger_of
from tenure.rfm.intervals import wilson

if TYPE_CHECKING:
    from collections.abc import Mapping

    from numpy.typing import NDArray

    from tenure._calendar import Every, Weekday
    from tenure._core_types import LedgerColumns
    from tenure._typing import Date
    from tenure.transactions import Transactions

__all__ = ["RetentionMethod", "retention_frame", "revenue_retention"]

RetentionMethod: TypeAlias = Literal["customers", "movements"]
"""Whether customers are followed, or movements added up."""


def revenue_retention(
    log: Transactions,
    every: Every,
    *,
    week_start: Weekday,
    year_start: int,
    as_of: Date | None,
    **settings: Any,
) -> Any:
    """Return revenue retention of a log; see `Transactions.revenue_retention`."""
    if log.values is None:
        raise ParameterError.of(
            name="amount",
            expected="name a column of the log for revenue retention",
            found="None",
            hint="name the column of amounts when the log is made",
        )
    periods = Periods.of(log, every, as_of, week_start, year_start)
    ledger = ledger_of(log, periods, as_of)
    return retention_frame(ledger, periods, family=log.family, **settings)


def retention_frame(
    ledger: LedgerColumns,
    periods: Periods,
    *,
    span: int,
    window: int,
    method: RetentionMethod,
    reactivation: bool,
    level: float,
    family: str,
) -> Any:
    """Return revenue retention of a ledger, one row a complete period."""
    span, window = at_least_one(span, "span"), at_least_one(window, "window")
    if method not in get_args(RetentionMethod):
        expected = "be 'customers' or 'movements'"
        raise ParameterError.of(name="method", expected=expected, found=repr(method))
    rows = np.flatnonzero(periods.complete)
    rows = rows[rows >= span + window - 1]
    if len(rows) == 0:
        whole = counted(span + window, f"complete {period_noun(periods.every)}")
        what = (
            f"revenue retention needs {whole}; there are "
            f"{int(periods.complete.sum())} from {written(periods.starts[0])}"
        )
        raise EmptyDataError.of(what, hint="choose shorter periods, or a smaller span")
    if method == "movements":
        found = _by_movements(ledger, periods, span, window, reactivation=reactivation)
    else:
        sums = _core.revenue_retention(ledger, window, span, reactivation)
        found = _by_customers(sums, level)
    columns: dict[str, NDArray[Any]] = {
        "period": periods.starts[rows],
        "start": periods.starts[rows - span],
        **{name: values[rows] for name, values in found.items()},
    }
    return native_frame(columns, family=family, index="period")


def _by_movements(
    ledger: LedgerColumns,
    periods: Periods,
    span: int,
    window: int,
    *,
    reactivation: bool,
) -> Mapping[str, NDArray[np.float64]]:
    if span % window:
        expected = f"be made of whole windows of {window} where movements are added up"
        raise ParameterError.of(name="span", expected=expected, found=repr(span))
    growth = GrowthAccounting.of(ledger, periods, window=window)
    return growth.revenue_retention(span // window, reactivation=reactivation)


def _by_customers(
    sums: Mapping[str, NDArray[Any]], level: float
) -> dict[str, NDArray[Any]]:
    net = _ratio_of_means(sums, "y", level)
    gross = _ratio_of_means(sums, "k", level)
    share, low, high = wilson(sums["retained"], sums["customers"], level)
    return {
        "customers": sums["customers"],
        "start_revenue": sums["x"],
        "end_revenue": sums["y"],
        "net_retention": net[0],
        "net_low": net[1],
        "net_high": net[2],
        "gross_retention": gross[0],
        "gross_low": gross[1],
        "gross_high": gross[2],
        "customer_retention": share,
        "customer_low": low,
        "customer_high": high,
    }


def _ratio_of_means(
    sums: Mapping[str, NDArray[Any]], above: str, level: float
) -> tuple[NDArray[np.float64], NDArray[np.float64], NDArray[np.float64]]:
    """Return a ratio of sums over customers, and the normal interval of it.

    Its standard error is that of the mean of ``above - ratio * x`` over the mean of x
    (Cochran 1977, Sampling techniques, section 6.3). None without revenue at the start,
    and no interval for a single customer.
    """
    n = sums["customers"].astype(np.float64)
    base = np.where(sums["x"] > 0, sums["x"], np.nan)
    ratio = sums[above] / base
    squares = (
        sums[above * 2] - 2 * ratio * sums[f"x{above}"] + ratio**2 * sums["xx"]
    ).clip(0)
    with np.errstate(divide="ignore", invalid="ignore"):
        error = np.sqrt(squares * n / (n - 1)) / base
    error[n < 2] = np.nan
    reach = normal_quantile(check_level(level, name="level")) * error
    return ratio, ratio - reach, ratio + reach
