"""What comes back of what was spent: ROI by horizon, and value by age beside cost."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Literal

import numpy as np

from tenure._frame import native_frame
from tenure._intervals import check_level, normal_quantile
from tenure._report import counted, html_report, text_table
from tenure._typing import override
from tenure.economics._estimates import written_interval
from tenure.economics._groups import Cells
from tenure.economics._journeys import Journeys, check_discount
from tenure.economics.costs import AcquisitionCost
from tenure.exceptions import ParameterError
from tenure.retention.periods import length_in_days

if TYPE_CHECKING:
    from collections.abc import Sequence

    from matplotlib.axes import Axes
    from numpy.typing import ArrayLike, NDArray

    from tenure._typing import Date
    from tenure._units import Horizon
    from tenure.cohorts import CohortValues
    from tenure.transactions import Transactions

__all__ = ["ReturnOnSpend", "ValueCurves", "roi", "value_curves"]

HORIZONS = ("30 days", "90 days", "180 days", "365 days")


@dataclass(frozen=True, eq=False, repr=False)
class ReturnOnSpend:
    """Return on what was spent to win customers (ROI), by horizon.

    Made by `roi`.

    Attributes
    ----------
    columns : dict of str to array
        One row a group and horizon: see `to_frame`.
    basis : str
        "margin" or "revenue".
    level : float
        Confidence level of the intervals.
    by : str or None
        What groups are; None for cohorts.
    notes : tuple of str
    """

    columns: dict[str, NDArray[Any]]
    basis: str
    level: float
    by: str | None
    notes: tuple[str, ...]
    family: str

    def to_frame(self) -> Any:
        """Return one row a group and horizon, all customers first.

        Returns
        -------
        frame
            The group (`cohort`, or the attribute; missing for all), `horizon` in days,
            `customers` (of cells observed to the horizon), `cost` and `value` in all,
            `profit`, `roi` ((value - cost) / cost), `low`, `high`. Cells that have not
            been observed for so long are left out, with what they cost: where nobody
            has, numbers are NaN.
        """
        return native_frame(self.columns, family=self.family)

    def plot(self, *, ax: Axes | None = None, **kwargs: Any) -> Axes:
        """Draw ROI by horizon; see `plotting.plot_roi`."""
        from tenure.plotting.economics import plot_roi  # noqa: PLC0415

        return plot_roi(self, ax=ax, **kwargs)

    @property
    def overall(self) -> dict[str, NDArray[Any]]:
        """The rows of all customers."""
        count = len(np.unique(self.columns["horizon"]))
        return {name: values[:count] for name, values in self.columns.items()}

    def _headline(self) -> str:
        rows = self.overall
        seen = np.flatnonzero(np.isfinite(rows["roi"]))
        if not len(seen):
            return f"ROI ({self.basis}): no horizon has been observed"
        last = seen[-1]
        low, high = rows["low"][last], rows["high"][last]
        return (
            f"ROI ({self.basis}) of {rows['cost'][last]:,.2f} spent on "
            f"{counted(int(rows['customers'][last]), 'customer')}: "
            f"{100 * rows['roi'][last]:+.1f} % by day {rows['horizon'][last]:g} "
            f"({100 * self.level:g} % interval {100 * low:+.1f} to {100 * high:+.1f} %)"
        )

    def _table(self) -> tuple[list[str], list[list[str]]]:
        columns = self.columns
        names = columns[self.by or "cohort"]
        per = len(self.overall["horizon"])
        rows: list[list[str]] = []
        for place in range(min(len(names), 13 * per)):
            known = np.isfinite(columns["roi"][place])
            ends = (100 * columns["low"][place], 100 * columns["high"][place])
            seen = np.isfinite(columns["value"][place])
            rows.append(
                [
                    "all" if place < per else str(names[place]),
                    f"{columns['horizon'][place]:g}",
                    f"{int(columns['customers'][place]):,}",
                    f"{columns['cost'][place]:,.2f}" if seen else "",
                    f"{columns['value'][place]:,.2f}" if seen else "",
                    f"{100 * columns['roi'][place]:+.1f} %"
                    if known
                    else ("no cost" if seen else "not observed"),
                    written_interval(*ends, digits=1),
                ]
            )
        interval = f"{100 * self.level:g} % interval"
        return ["", "days", "customers", "cost", self.basis, "ROI", interval], rows

    @override
    def __repr__(self) -> str:
        notes = "".join(f"\nNote: {note}" for note in self.notes)
        return f"{self._headline()}\n{text_table(*self._table())}{notes}"

    def _repr_html_(self) -> str:
        return html_report(self._headline(), *self._table(), "; ".join(self.notes))


def roi(
    log: Transactions,
    cost: AcquisitionCost | float | dict[Any, float],
    *,
    horizons: Sequence[Horizon] = HORIZONS,
    margin: float | ArrayLike | None = None,
    every: str = "month",
    by: str | ArrayLike | None = None,
    discount_rate: float = 0.0,
    as_of: Date | None = None,
    level: float = 0.95,
) -> ReturnOnSpend:
    """Return what has come back of the cost of winning customers, by horizon.

    (Cumulative margin by the horizon - cost) / cost, of the same customers above and
    below the line: those of cohorts that have been observed to the horizon.

    Parameters
    ----------
    log, cost, margin, every, by, discount_rate, as_of
        As for `payback`.
    horizons : sequence of float or str
        Ages of customers: numbers are days.
    level : float, default 0.95
        Confidence level of the intervals, for how much customers differ and, where the
        spend is known, for how many they are.

    Returns
    -------
    ReturnOnSpend

    Examples
    --------
    >>> import tenure as tn
    >>> orders = {
    ...     "customer_id": [1, 2, 1],
    ...     "date": ["2024-01-01", "2024-01-01", "2024-01-20"],
    ...     "amount": [30.0, 10.0, 40.0],
    ... }
    >>> log = tn.Transactions(orders, amount="amount")
    >>> found = tn.economics.roi(log, 10.0, margin=0.5, horizons=[10, 20])
    >>> found.overall["value"], found.overall["roi"]
    (array([20., 40.]), array([0., 1.]))
    """
    z = normal_quantile(check_level(level, name="level"))
    days = [length_in_days(horizon, "horizons") for horizon in horizons]
    if not days:
        raise ParameterError.of(
            name="horizons", expected="hold at least one", found="none"
        )
    rate = check_discount(discount_rate)
    journeys = Journeys.of(log, margin=margin, as_of=as_of, discount_rate=rate)
    cells = Cells.of(log, journeys, cost, every=every, by=by)
    values = [journeys.by(horizon) for horizon in days]
    rows = [
        _return(cells, group.cells, values[place], horizon, z)
        for group in cells.groups
        for place, horizon in enumerate(days)
    ]
    columns: dict[str, NDArray[Any]] = {
        cells.by or "cohort": np.repeat(_labels(cells), len(days)),
        "horizon": np.tile(np.array(days), len(cells.groups)),
    }
    for name in rows[0]:
        columns[name] = np.array([row[name] for row in rows])
    columns["customers"] = columns["customers"].astype(np.int64)
    note = () if margin is not None else ("without a margin this counts revenue",)
    return ReturnOnSpend(columns, journeys.basis, level, cells.by, note, log.family)


def _labels(cells: Cells) -> NDArray[Any]:
    labels = [group.label for group in cells.groups]
    if cells.by is None:
        none = np.datetime64("NaT", "D")
        return np.array([none if label is None else label for label in labels])
    names = np.full(len(labels), None, dtype=object)
    names[:] = labels
    return names


def _return(
    cells: Cells,
    group: NDArray[np.int64],
    values: NDArray[np.float64],
    horizon: float,
    z: float,
) -> dict[str, float]:
    """Return a row: sums over the cells that were observed to the horizon."""
    own = group[(cells.exposure[group] >= horizon - 1e-9)]
    own = own[np.isfinite(cells.cost[own])]
    who = cells.customers_of(own)
    brought = values[who]
    n, total = len(who), float(brought.sum())
    unknown = dict.fromkeys(("cost", "value", "profit", "roi", "low", "high"), np.nan)
    if n == 0:
        return {"customers": 0, **unknown}
    each = float(cells.cost_of(own))
    spent = each * n
    if cells.spend is not None:
        # a Poisson number of customers, each with what they bring
        error = float(np.sqrt((brought**2).sum()))
    else:
        error = float(np.sqrt(n) * brought.std(ddof=1)) if n > 1 else np.nan
    found = {"cost": spent, "value": total, "profit": total - spent}
    if spent <= 0:
        return {"customers": n, **unknown, **found}
    back = total / spent - 1
    reach = z * error / spent if n > 1 else np.nan
    ends = {"roi": back, "low": back - reach, "high": back + reach}
    return {"customers": n, **found, **ends}


# -- value beside cost, by age ---------------------------------------------------


@dataclass(frozen=True, eq=False, repr=False)
class ValueCurves:
    """Lifetime value by cohort and age, beside what the cohort cost.

    Made by `value_curves`.

    Attributes
    ----------
    values : CohortValues
        Cumulative value per acquired customer, as `Cohorts.lifetime_value` has it.
    cost, cost_low, cost_high : float64 array
        What a customer of each cohort cost, and its interval; NaN where not known.
    """

    values: CohortValues
    cost: NDArray[np.float64]
    cost_low: NDArray[np.float64]
    cost_high: NDArray[np.float64]
    _average_cost: float = field(repr=False)

    def to_frame(self) -> Any:
        """Return one row a cohort and age that has begun.

        Returns
        -------
        frame
            `cohort`, `period` (the age), `cohort_size`, `value` (cumulative, a
            customer), `ci_low`, `ci_high`, `cac`, `cac_low`, `cac_high`, `ratio` (value
            over cost), `paid_back` and `status` of the cell.
        """
        values = self.values
        shape = values.value.shape
        spread = {
            name: np.broadcast_to(one[:, None], shape)
            for name, one in (
                ("cac", self.cost),
                ("cac_low", self.cost_low),
                ("cac_high", self.cost_high),
            )
        }
        with np.errstate(divide="ignore", invalid="ignore"):
            ratio = np.where(spread["cac"] > 0, values.value / spread["cac"], np.nan)
            paid = values.value >= spread["cac"]
        return values._grid.long(  # noqa: SLF001
            {
                "cohort_size": values.sizes,
                "value": values.value,
                "ci_low": values.ci_low,
                "ci_high": values.ci_high,
                **spread,
                "ratio": ratio,
                "paid_back": paid,
            }
        )

    def ratios(self) -> Any:
        """Return value over cost: one row a cohort, one column an age."""
        with np.errstate(divide="ignore", invalid="ignore"):
            table = np.where(
                self.cost[:, None] > 0, self.values.value / self.cost[:, None], np.nan
            )
        return self.values._grid.wide(table)  # noqa: SLF001

    def plot(self, *, ax: Axes | None = None, **kwargs: Any) -> Axes:
        """Draw value over cost by age; see `plotting.plot_value_curves`."""
        from tenure.plotting.economics import plot_value_curves  # noqa: PLC0415

        return plot_value_curves(self, ax=ax, **kwargs)

    def _headline(self) -> str:
        values = self.values
        members = counted(int(values.sizes.sum()), "customer")
        return (
            f"Cumulative {values.what} of {members} "
            f"in {counted(len(values), 'cohort')} beside a cost of "
            f"{self._average_cost:,.2f} each"
        )

    def _table(self) -> tuple[list[str], list[list[str]]]:
        header, rows = self.values._rows()  # noqa: SLF001
        for place, row in enumerate(rows):
            cost = self.cost[place]
            row.insert(2, "" if np.isnan(cost) else f"{cost:,.4g}")
        return [*header[:2], "CAC", *header[2:]], rows

    @override
    def __repr__(self) -> str:
        return f"{self._headline()}\n{text_table(*self._table())}"

    def _repr_html_(self) -> str:
        return html_report(self._headline(), *self._table())


def value_curves(
    log: Transactions,
    cost: AcquisitionCost | float,
    *,
    margin: float | ArrayLike | None = None,
    every: str | None = None,
    incomplete: Literal["mask", "eligible", "flag"] = "mask",
    max_age: int | None = None,
    level: float = 0.95,
    **settings: Any,
) -> ValueCurves:
    """Return lifetime value by cohort and age, beside what customers cost.

    Parameters
    ----------
    log : Transactions
        A log with amounts.
    cost : AcquisitionCost or float
        What `acquisition_cost` returns, or one amount a customer.
    margin : float or array, optional
        As for `Cohorts.values`; revenue without it.
    every : str, optional
        The periods of cohorts: those of the cost, or months.
    incomplete, max_age, level
        As for `Cohorts.values`.
    **settings
        As for `Transactions.cohorts`: `elapsed="1 month"` counts whole months of each
        customer, in place of those of the calendar.

    Returns
    -------
    ValueCurves

    Examples
    --------
    >>> import tenure as tn
    >>> log = tn.Transactions(tn.datasets.load_cdnow(family="numpy"), amount="amount")
    >>> tn.economics.value_curves(log, 15.0, margin=0.3, every="quarter")
    Cumulative margin of 2,357 customers in 6 cohorts beside a cost of 15.00 each
              size  CAC      0     1      2      3      4      5
    1997-01  2,357   15  14.32  18.6  22.03  25.61  28.78  31.07
    1997-04      0   15
    1997-07      0   15
    1997-10      0   15
    1998-01      0   15
    1998-04      0   15
    """
    of_spend = cost if isinstance(cost, AcquisitionCost) else None
    if of_spend is not None:
        calendar = of_spend._calendar  # noqa: SLF001
        if every is not None and every != calendar.every:
            raise ParameterError.of(
                name="every",
                expected=f"be that of the cost, {calendar.every!r}, or left out",
                found=repr(every),
            )
        settings = {
            "week_start": calendar.week_start,
            "year_start": calendar.year_start,
        } | settings
        every = calendar.every
    given: Any = every or "month"
    cohorts = log.cohorts(given, **settings)
    what: Literal["revenue", "margin"] = "revenue" if margin is None else "margin"
    more = {} if margin is None else {"margin": margin}
    values = cohorts.lifetime_value(
        what, incomplete=incomplete, max_age=max_age, level=level, **more
    )
    each, low, high = _cost_of_cohorts(cost, values)
    known = np.isfinite(each) & (values.sizes > 0)
    weights = values.sizes[known]
    average = (
        float((each[known] * weights).sum() / weights.sum()) if known.any() else 0.0
    )
    return ValueCurves(values, each, low, high, average)


def _cost_of_cohorts(
    cost: AcquisitionCost | float, values: CohortValues
) -> tuple[NDArray[np.float64], NDArray[np.float64], NDArray[np.float64]]:
    """Return the cost of a customer of each row of a table, and its interval."""
    rows = len(values)
    if not isinstance(cost, AcquisitionCost):
        amount = float(cost)
        if not (np.isfinite(amount) and amount >= 0):
            raise ParameterError.of(
                name="cost",
                expected="be an amount of at least 0 a customer, or what "
                "acquisition_cost returns",
                found=repr(cost),
            )
        same = np.full(rows, amount)
        return same, same, same
    found = np.full((3, rows), np.nan)
    known = {day: place for place, day in enumerate(cost.cohorts.tolist())}
    use = cost._cells.counted  # noqa: SLF001
    for row, day in enumerate(values.cohorts.astype("datetime64[D]").tolist()):
        place = known.get(day)
        if place is not None and use[place]:
            one = cost.of_cohort(day)
            found[:, row] = one.value, one.low, one.high
    return found[0], found[1], found[2]
