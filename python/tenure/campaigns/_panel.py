"""A panel of customers and periods, and its regressions."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from tenure.campaigns._orders import day_of
from tenure.campaigns._stats import stats_module
from tenure.exceptions import DataError, EmptyDataError, ParameterError

if TYPE_CHECKING:
    from typing import Self

    from numpy.typing import NDArray

    from tenure._frame import Table

__all__ = ["Panel", "Regression", "regress"]


@dataclass(frozen=True, eq=False)
class Panel:
    """One row a customer and period.

    Attributes
    ----------
    customer : int64 array
        A number for each customer.
    place : int64 array
        The place of the row's period among `periods`.
    periods : array
        The periods in order.
    since : int64 array
        The row's period, counted from the start.
    treated : bool array
        The row's group.
    outcome : float64 array
        The outcome.
    family : str
        The kind of frame that results come back as.
    """

    customer: NDArray[np.int64]
    place: NDArray[np.int64]
    periods: NDArray[Any]
    since: NDArray[np.int64]
    treated: NDArray[np.bool_]
    outcome: NDArray[np.float64]
    family: str

    @classmethod
    def of(
        cls,
        table: Table,
        names: tuple[str, str, str, str],
        start: object,
    ) -> Self:
        """Read the rows, or say what is the matter with them.

        Names are those of the columns customer, period, outcome and treated.
        """
        customer, period, outcome, treated = names
        codes = table.codes(customer).values
        values = table.numbers(outcome).values
        side = table.flags(treated)
        if not len(values):
            what = "there is no row in the panel"
            raise EmptyDataError.of(what)
        _refuse(~np.isfinite(values), outcome, "be finite", values)
        _refuse(codes < 0, customer, "say who the customer is", codes)
        periods, place, begin = _periods(table, period, start)
        pairs = codes * len(periods) + place
        _, first = np.unique(pairs, return_index=True)
        again = np.ones(len(pairs), np.bool_)
        again[first] = False
        hint = "add up what a customer did in a period"
        expected = "hold each period of a customer once"
        _refuse(again, period, expected, periods[place], hint)
        own = np.zeros(int(codes.max()) + 1, np.bool_)
        own[codes] = side
        hint = (
            "it says to which group the customer belongs, before the start as well; "
            "for several starts compare each with customers not yet treated"
        )
        expected = "be the same in all rows of a customer"
        _refuse(side != own[codes], treated, expected, side, hint)
        since = place - begin
        _check_cells(since, side)
        return cls(codes, place, periods, since, side, values, table.family)


@dataclass(frozen=True, eq=False)
class Regression:
    """The mean effect, and the event study, period by period."""

    mean: tuple[float, float, float, float, float]
    since: NDArray[np.int64]
    difference: NDArray[np.float64]
    error: NDArray[np.float64]
    low: NDArray[np.float64]
    high: NDArray[np.float64]
    pre_trend: float


def regress(panel: Panel, level: float) -> Regression:
    """Return both regressions, with rows of a customer clustered."""
    after = (panel.treated & (panel.since >= 0)).astype(np.float64)
    fit = _two_way(panel, after[:, None])
    low, high = fit.conf_int(1 - level)[0]
    mean = (fit.params[0], fit.bse[0], low, high, fit.pvalues[0])
    since = np.unique(panel.since)
    others = since[since != -1]
    matrix = np.column_stack(
        [panel.treated & (panel.since == k) for k in others]
    ).astype(np.float64)
    study = _two_way(panel, matrix)
    count = len(others)
    ends = np.asarray(study.conf_int(1 - level))[:count]
    early = np.flatnonzero(others < -1)
    pre_trend = np.nan
    if len(early):
        test = np.eye(len(study.params))[early]
        pre_trend = float(study.wald_test(test, scalar=True).pvalue)
    place = np.searchsorted(since, others)

    def spread(values: Any) -> NDArray[np.float64]:
        full = np.zeros(len(since))
        full[place] = np.asarray(values)[:count]
        return full

    return Regression(
        mean=tuple(float(one) for one in mean),  # pyright: ignore[reportArgumentType]
        since=since,
        difference=spread(study.params),
        error=spread(study.bse),
        low=spread(ends[:, 0]),
        high=spread(ends[:, 1]),
        pre_trend=pre_trend,
    )


def _two_way(panel: Panel, matrix: NDArray[np.float64]) -> Any:
    """Regress on the columns, and a constant for each customer and period."""
    api: Any = stats_module("statsmodels.api")
    dummies = [panel.place == place for place in range(1, len(panel.periods))]
    both = np.column_stack([matrix, *dummies]).astype(np.float64)
    size = np.maximum(np.bincount(panel.customer), 1)

    def within(values: NDArray[np.float64]) -> NDArray[np.float64]:
        means = np.bincount(panel.customer, values) / size
        return values - means[panel.customer]

    columns = np.column_stack([within(column) for column in both.T])
    return api.OLS(within(panel.outcome), columns).fit(
        cov_type="cluster", cov_kwds={"groups": panel.customer}, use_t=True
    )


def _periods(
    table: Table, period: str, start: object
) -> tuple[NDArray[Any], NDArray[np.int64], int]:
    """Return the periods, each row's place among them, and that of the start."""
    column = table.column(period)
    begin: Any = start
    try:
        values: NDArray[Any] = column.numbers().values
        whole = values == np.round(values)
        _refuse(~whole, period, "be a whole number or a date", values)
        values = values.astype(np.int64)
    except KeyError:
        times = table.instants(period)
        _refuse(
            np.zeros(len(times.values), np.bool_)
            if times.missing is None
            else times.missing,
            period,
            "be a whole number or a date",
            times.values,
        )
        values = times.values.astype("datetime64[us]").astype("datetime64[D]")
        begin = np.datetime64(day_of(start, "start"), "D")  # pyright: ignore[reportArgumentType]
    periods, place = np.unique(values, return_inverse=True)
    found = np.flatnonzero(periods == begin)
    if not len(found):
        raise ParameterError.of(
            name="start",
            expected=f"be one of the periods, {periods[0]} to {periods[-1]}",
            found=repr(start),
        )
    if found[0] == 0:
        raise ParameterError.of(
            name="start",
            expected="have at least one period before it",
            found=repr(start),
        )
    return periods, place.astype(np.int64), int(found[0])


def _check_cells(since: NDArray[np.int64], treated: NDArray[np.bool_]) -> None:
    """Pass if both groups are there in every period."""
    for name, side in (("treated", treated), ("untreated", ~treated)):
        missing = np.setdiff1d(since, since[side])
        if len(missing):
            what = f"no {name} customer has a row in {len(missing)} of the periods"
            raise EmptyDataError.of(what, hint="a customer who bought nothing has 0")


def _refuse(
    bad: NDArray[np.bool_],
    column: str,
    expected: str,
    values: NDArray[Any],
    hint: str = "",
) -> None:
    if bad.any():
        row = int(bad.argmax())
        value = values[row]
        is_date = values.dtype.kind == "M"
        raise DataError.at(
            column,
            expected,
            row=row,
            found=str(value) if is_date else repr(value.item()),
            count=int(bad.sum()),
            hint=hint,
        )
