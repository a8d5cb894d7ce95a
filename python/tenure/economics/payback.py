"""When the cost of winning customers is earned back: observed, projected, not yet."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from tenure._frame import native_frame
from tenure._intervals import check_level
from tenure._report import html_report, text_table
from tenure._typing import override
from tenure._units import DAYS, in_units, plural, unit_named
from tenure.economics._crossings import Sums
from tenure.economics._groups import Cells
from tenure.economics._journeys import Journeys, check_discount
from tenure.economics._paid_back import PaybackOf, paid_back
from tenure.economics._projection import Projection
from tenure.exceptions import ParameterError

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from numpy.typing import ArrayLike, NDArray

    from tenure._typing import Date, Unit
    from tenure._units import Horizon
    from tenure.economics.costs import AcquisitionCost
    from tenure.transactions import Transactions

__all__ = ["Payback", "PaybackOf", "payback"]


@dataclass(frozen=True, eq=False, repr=False)
class Payback:
    """When the cost of winning customers is earned back.

    Made by `payback`. "Not yet" is an answer: who has not paid back within the time
    observed is censored there, and stays in the table.

    Attributes
    ----------
    overall : PaybackOf
        Of all customers whose cost is known.
    groups : tuple of PaybackOf
        Of each cohort, or each value of the attribute.
    unit : str
        What ages are measured in.
    basis : str
        "margin" or "revenue".
    discount_rate : float
        A year; 0 for none.
    level : float
        Confidence level of the intervals.
    by : str or None
        What the groups are; None for cohorts.
    projection : str or None
        The model that projects.
    """

    overall: PaybackOf
    groups: tuple[PaybackOf, ...]
    unit: str
    basis: str
    discount_rate: float
    level: float
    by: str | None
    every: str
    projection: str | None
    family: str

    def to_frame(self) -> Any:
        """Return when each group has paid back, all customers first.

        Returns
        -------
        frame
            The group (`cohort` or the attribute; of all customers it is missing),
            `customers`, `cac`, `payback` (NaN if not yet), `low`, `high`, `paid_back`,
            `observed` (the age up to which "not yet" holds), `value` (margin a customer
            by then), `earned` (its share of the cost), `flat` (the flat formula) and
            `projected`.
        """
        rows = self._all
        labels: NDArray[Any]
        if self.by is None:
            none = np.datetime64("NaT", "D")
            labels = np.array(
                [none if row.label is None else row.label for row in rows]
            )
        else:
            labels = np.full(len(rows), None, dtype=object)
            labels[:] = [row.label for row in rows]
        value = np.array([row.curve[row.observed] for row in rows])
        cost = np.array([row.cost for row in rows])
        with np.errstate(divide="ignore", invalid="ignore"):
            earned = np.where(cost > 0, value / cost, np.nan)
        columns: dict[str, NDArray[Any]] = {
            self.by or "cohort": labels,
            "customers": np.array([row.customers for row in rows]),
            "cac": cost,
            "payback": np.array([row.time for row in rows]),
            "low": np.array([row.low for row in rows]),
            "high": np.array([row.high for row in rows]),
            "paid_back": np.array([row.paid_back for row in rows]),
            "observed": np.array([row.observed for row in rows]),
            "value": value,
            "earned": earned,
            "flat": np.array([row.flat for row in rows]),
            "projected": np.array([row.projected for row in rows]),
        }
        return native_frame(columns, family=self.family)

    def curve(self, group: Any = None) -> Any:
        """Return the cumulative margin of a customer by age, beside the cost.

        Parameters
        ----------
        group : optional
            A cohort's first day or an attribute's value; all customers if left out.

        Returns
        -------
        frame
            One row an age: `age`, `customers` observed to it, `value`, `low`, `high`
            and `cac`.
        """
        row = self.of(group)
        ages = np.arange(row.observed + 1)
        return native_frame(
            {
                "age": ages,
                "customers": row.counts,
                "value": row.curve,
                "low": row.curve_low,
                "high": row.curve_high,
                "cac": np.full(len(ages), row.cost),
            },
            family=self.family,
        )

    def of(self, group: Any = None) -> PaybackOf:
        """Return the answer for a group; for all customers without one."""
        if group is None:
            return self.overall
        wanted = np.datetime64(group, "D") if self.by is None else group
        for row in self.groups:
            if row.label == wanted:
                return row
        known = ", ".join(str(row.label) for row in self.groups[:12])
        raise ParameterError.of(
            name="group", expected=f"be one of {known}", found=repr(group)
        )

    def plot(self, *, ax: Axes | None = None, **kwargs: Any) -> Axes:
        """Draw cumulative margin and cost; see `plotting.plot_payback`."""
        from tenure.plotting.economics import plot_payback  # noqa: PLC0415

        return plot_payback(self, ax=ax, **kwargs)

    @property
    def _all(self) -> tuple[PaybackOf, ...]:
        return (self.overall, *self.groups)

    def _headline(self) -> str:
        one = self.overall
        discounted = (
            f", discounted at {100 * self.discount_rate:g} % a year"
            if self.discount_rate
            else ""
        )
        return (
            f"Payback of {one.cost:,.2f} a customer from {self.basis}{discounted}: "
            f"{one.answer(self.unit)}"
        )

    def _table(self) -> tuple[list[str], list[list[str]]]:
        interval = f"{100 * self.level:g} % interval"
        rows: list[list[str]] = []
        for row in self._all:
            known = not np.isnan(row.low)
            cells = [
                "all" if row is self.overall else str(row.label),
                f"{row.customers:,}",
                "" if np.isnan(row.cost) else f"{row.cost:,.2f}",
                row.answer(self.unit),
                f"[{row.end(row.low)}, {row.end(row.high)}]" if known else "",
                "" if np.isnan(row.flat) else f"{row.flat:.1f}",
            ]
            if self.projection:
                cells.append("" if np.isnan(row.projected) else f"{row.projected:.1f}")
            rows.append(cells)
        last = ["projected"] if self.projection else []
        return ["", "customers", "CAC", "payback", interval, "flat", *last], rows

    def _notes(self) -> str:
        flat = "nothing"
        if np.isfinite(self.overall.flat):
            flat = f"{self.overall.flat:.1f} {plural(self.unit)}"
        why = self.overall.why_flat_errs(self.unit)
        notes = [f"the flat formula says {flat}: {why}"]
        if self.basis == "revenue":
            notes.append(
                "without a margin this counts revenue, which pays nothing back"
            )
        return "; ".join(notes)

    @override
    def __repr__(self) -> str:
        return (
            f"{self._headline()}\n{text_table(*self._table())}\nNote: {self._notes()}"
        )

    def _repr_html_(self) -> str:
        return html_report(self._headline(), *self._table(), self._notes())


def payback(
    log: Transactions,
    cost: AcquisitionCost | float | dict[Any, float],
    *,
    margin: float | ArrayLike | None = None,
    unit: Unit = "month",
    every: str = "month",
    by: str | ArrayLike | None = None,
    discount_rate: float = 0.0,
    projection: tuple[Any, Any] | None = None,
    horizon: Horizon = "10 years",
    as_of: Date | None = None,
    replicates: int = 500,
    seed: int = 0,
    level: float = 0.95,
) -> Payback:
    """Return when customers have earned back what it cost to win them.

    The age at which the cumulative margin of a customer who was won, active or not,
    reaches the cost.

    Parameters
    ----------
    log : Transactions
        A log with amounts.
    cost : AcquisitionCost, float or dict
        What `acquisition_cost` returns: each cohort (or channel) has the cost of its
        own; or one amount a customer; or, with `by`, one for each value.
    margin : float or array, optional
        Share of revenue that is margin, or the margin of each purchase of the log.
        Without it revenue is counted, and the result says so.
    unit : str, default "month"
        What ages are measured in, by mean lengths: a month has 30.4 days.
    every : str, default "month"
        The calendar periods of cohorts; those of the cost, where it has some.
    by : str or array, optional
        Groups instead of cohorts: an attribute of the log, or one value a customer.
    discount_rate : float, default 0
        Share by which money shrinks over a year, from the first purchase on.
    projection : pair, optional
        What continues the curve where it ends: a fitted model of repeat buying and a
        model (or the value) of an order, or a model of renewal (or a curve of
        retention in `unit`, 1 at first) and the money of a period. The margin is
        applied to both.
    horizon : float or str, default "10 years"
        How far to project: a number in `unit`, or a text.
    as_of : date, optional
        The last day observed.
    replicates, seed : int
        Of the bootstrap that intervals come from.
    level : float, default 0.95
        Confidence level of the intervals.

    Returns
    -------
    Payback

    Raises
    ------
    ParameterError
        If the log has no amounts, or the cost is none.
    EmptyDataError
        If no customer has a cost.

    Notes
    -----
    A cohort counts up to the last age that all its customers were observed to. Where
    several are together, each step of the curve is the mean over the cohorts observed
    to its end, so that a change in who is seen does not look like a change in what
    they bring. The bootstrap draws customers, one by one, as often as a Poisson
    distribution with mean 1 says; where the spend is known, their number changes the
    cost of each as well.

    See Also
    --------
    roi : What comes back by a horizon, over what was spent.

    Examples
    --------
    >>> import tenure as tn
    >>> log = tn.Transactions(tn.datasets.load_cdnow(family="numpy"), amount="amount")
    >>> tn.economics.payback(log, 15.0, margin=0.3, every="quarter")
    Payback of 15.00 a customer from margin: 1.9 months
                customers    CAC     payback  95 % interval  flat
    all             2,357  15.00  1.9 months     [1.0, 2.9]   7.5
    1997-01-01      2,357  15.00  1.9 months     [1.0, 2.9]   7.5
    Note: the flat formula says 7.5 months: it spreads the margin of ...
    """
    check_level(level, name="level")
    if replicates < 2:
        raise ParameterError.of(
            name="replicates", expected="be at least 2", found=repr(replicates)
        )
    length = DAYS[unit_named(unit)]
    rate = check_discount(discount_rate)
    journeys = Journeys.of(log, margin=margin, as_of=as_of, discount_rate=rate)
    cells = Cells.of(log, journeys, cost, every=every, by=by)
    beyond = None
    if projection is not None:
        beyond = Projection.of(projection, margin=margin, unit=unit, discount_rate=rate)
    sums = Sums.of(journeys, cells, length, replicates, seed)
    until = float(in_units(horizon, unit, name="horizon")[0])
    found = [
        paid_back(
            group,
            cells,
            sums,
            level=level,
            length=length,
            projection=beyond,
            until=until,
        )
        for group in cells.groups
    ]
    return Payback(
        overall=found[0],
        groups=tuple(found[1:]),
        unit=unit,
        basis=journeys.basis,
        discount_rate=rate,
        level=level,
        by=cells.by,
        every=cells.every,
        projection=None if beyond is None else beyond.name,
        family=log.family,
    )
