"""What new customers cost: blended, paid, by channel, by cohort, and the next one."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Literal, TypeAlias

import numpy as np

from tenure._frame import Categories, native_frame
from tenure._intervals import normal_quantile
from tenure._report import counted, html_report, text_table
from tenure._typing import override
from tenure.economics._estimates import poisson_interval, written_interval
from tenure.exceptions import ParameterError

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from numpy.typing import NDArray

    from tenure._calendar import Calendar
    from tenure._typing import Date
    from tenure.economics._matched import Matched

    Floats: TypeAlias = NDArray[np.float64]

__all__ = ["AcquisitionCost", "Cost", "CostKind", "cost_of"]

CostKind: TypeAlias = Literal["blended", "new_customer", "paid"]
"""Which spend is divided by which customers."""

STATES = ("counted", "no customers", "in progress", "no spend known")


@dataclass(frozen=True)
class Cost:
    """What a customer cost.

    Attributes
    ----------
    value : float
        Spend over customers; NaN without any.
    low, high : float
        Its interval: the number of customers is taken as a draw from a Poisson
        distribution, the spend as known.
    spend : float
        What was spent.
    customers : int
        How many were won.
    """

    value: float
    low: float
    high: float
    spend: float
    customers: int

    def __float__(self) -> float:
        """Return the value."""
        return self.value


@dataclass(frozen=True, eq=False, repr=False)
class AcquisitionCost:
    """What new customers cost (CAC).

    Made by `acquisition_cost`. Where nobody was won, the cost of a customer is NaN, and
    `notes` says so; the spend counts in the totals all the same.

    Attributes
    ----------
    blended : Cost
        All spend over all new customers: "fully loaded" if the table has salaries and
        tools as well.
    new_customer : Cost
        Spend with the purpose of winning customers over all new customers; the same as
        `blended` without purposes.
    paid : Cost or None
        Such spend on paid channels over the customers who came through these; None
        if customers have no channels.
    every : str
        How long a period is.
    lag : int
        How many periods after the spend its customers come.
    level : float
        Confidence level of the intervals.
    notes : tuple of str
        What was left out, and what could not be divided.
    family : str
        The kind of frame that results come back as.
    """

    blended: Cost
    new_customer: Cost
    paid: Cost | None
    every: str
    lag: int
    level: float
    notes: tuple[str, ...]
    family: str
    _cells: Matched = field(repr=False)
    _paid: NDArray[np.bool_] = field(repr=False)
    _calendar: Calendar = field(repr=False)

    @property
    def cohorts(self) -> NDArray[np.datetime64]:
        """The first day of each period of acquisition."""
        return self._cells.starts[:-1].astype("datetime64[D]")

    @property
    def channels(self) -> tuple[Any, ...]:
        """The channels."""
        return self._cells.channels

    # -- tables ------------------------------------------------------------------

    def by_cohort(self, kind: CostKind = "new_customer") -> Any:
        """Return what the customers of each calendar period of acquisition cost.

        Parameters
        ----------
        kind : {"new_customer", "blended", "paid"}
            Which spend over which customers.

        Returns
        -------
        frame
            One row a period: `cohort` (its first day), `spend`, `customers`, `cac`,
            `low`, `high` and `status`: "counted", "no customers" (CAC is NaN), "in
            progress" at the end of observation, or "no spend known": before or after
            the table of spend. Only what is counted is in the totals.
        """
        spent, won = self._sums(kind)
        return native_frame(
            {"cohort": self.cohorts, **self._columns(spent, won, self._states(won))},
            family=self.family,
        )

    def by_channel(self) -> Any:
        """Return what the customers of each channel cost, over all counted periods.

        Returns
        -------
        frame
            One row a channel, the last (None) for spend and customers without one:
            `channel`, `spend`, `customers`, `share` of all new customers, `cac`, `low`,
            `high` and `paid`. Customers of a channel are those whom the data say came
            through it: who would have come anyway is not known.
        """
        self._need_channels()
        cells = self._cells
        spent = cells.acquiring[:, cells.counted].sum(axis=1)
        won = cells.customers[:, cells.counted].sum(axis=1)
        columns = divided(spent, won, self.level)
        shown = (spent > 0) | (won > 0)
        shown[:-1] = True
        with np.errstate(invalid="ignore"):
            share = won / won.sum()
        table: dict[str, Any] = {
            "channel": self._names(),
            "spend": spent,
            "customers": won.astype(np.int64),
            "share": share,
            **columns,
            "paid": self._paid,
        }
        kept = {name: values[shown] for name, values in table.items()}
        return native_frame(kept, family=self.family)

    def to_frame(self) -> Any:
        """Return what customers cost by channel and by period of acquisition.

        Returns
        -------
        frame
            One row a cell: `channel`, `cohort`, and the columns of `by_cohort`.
        """
        cells = self._cells
        periods = len(self.cohorts)
        won, spent = cells.customers, cells.acquiring
        states = np.stack([self._states(row) for row in won])
        columns = self._columns(spent.ravel(), won.ravel(), states.ravel())
        shown = np.ones(spent.shape, dtype=bool)
        shown[-1] = (spent[-1].sum() > 0) or (won[-1].sum() > 0)
        table: dict[str, Any] = {
            "channel": np.repeat(self._names(), periods),
            "cohort": np.tile(self.cohorts, len(won)),
        }
        kept = shown.ravel()
        for name, values in (table | columns).items():
            if isinstance(values, Categories):
                table[name] = Categories(values.codes[kept], values.names)
            else:
                table[name] = values[kept]
        return native_frame(table, family=self.family)

    def marginal(self, channel: Any = None) -> Any:
        """Return what one more customer cost, from each counted period to the next.

        The change of spend over the change of new customers. Where the number of
        customers did not change by more than chance does (the interval of the change
        holds 0), no number of dollars a customer can be excluded: the ends of the
        interval are NaN. Changes of a season or of prices are in it as well.

        Parameters
        ----------
        channel : optional
            A single channel; all spend and customers if left out.

        Returns
        -------
        frame
            One row a pair of counted periods that follow each other: `cohort` (the
            later), `spend_change`, `customers_change`, `marginal_cac` (NaN where the
            number of customers is the same), `low`, `high`.
        """
        spent, won = self._sums("new_customer", channel)
        use = self._cells.counted
        pairs = np.flatnonzero(use[1:] & use[:-1]) + 1
        more, change = spent[pairs] - spent[pairs - 1], won[pairs] - won[pairs - 1]
        reach = normal_quantile(self.level) * np.sqrt(won[pairs] + won[pairs - 1])
        with np.errstate(divide="ignore", invalid="ignore"):
            value = np.where(change == 0, np.nan, more / change)
            ends = np.sort([more / (change - reach), more / (change + reach)], axis=0)
        unclear = np.abs(change) <= reach
        return native_frame(
            {
                "cohort": self.cohorts[pairs],
                "spend_change": more,
                "customers_change": change.astype(np.int64),
                "marginal_cac": value,
                "low": np.where(unclear, np.nan, ends[0]),
                "high": np.where(unclear, np.nan, ends[1]),
            },
            family=self.family,
        )

    def plot(self, *, ax: Axes | None = None, **kwargs: Any) -> Axes:
        """Draw the cost by cohort; see `plotting.plot_acquisition_cost`."""
        from tenure.plotting.economics import plot_acquisition_cost  # noqa: PLC0415

        return plot_acquisition_cost(self, ax=ax, **kwargs)

    # -- single numbers ----------------------------------------------------------

    def of_channel(self, channel: Any) -> Cost:
        """Return what a customer of a channel cost, over all counted periods."""
        spent, won = self._sums("new_customer", channel)
        use = self._cells.counted
        return cost_of(float(spent[use].sum()), float(won[use].sum()), self.level)

    def of_cohort(self, cohort: Date, kind: CostKind = "new_customer") -> Cost:
        """Return what a customer of the period cost that holds a day."""
        given: Any = cohort
        day = int(np.datetime64(given, "D").astype(np.int64))
        starts = self._cells.starts
        place = int(np.searchsorted(starts, day, side="right")) - 1
        if not 0 <= place < len(starts) - 1:
            first, last = starts[[0, -1]].astype("datetime64[D]")
            raise ParameterError.of(
                name="cohort",
                expected=f"lie from {first} to before {last}",
                found=repr(cohort),
            )
        spent, won = self._sums(kind)
        return cost_of(float(spent[place]), float(won[place]), self.level)

    # -- the work ----------------------------------------------------------------

    def _names(self) -> NDArray[Any]:
        names = np.full(len(self.channels) + 1, None, dtype=object)
        names[:-1] = self.channels
        return names

    def _need_channels(self) -> None:
        if not self._cells.has_channels:
            raise ParameterError.of(
                name="by",
                expected="name the channel of each customer for a cost by channel",
                found="None",
                hint="Transactions(..., attributes=...) keeps a column about customers",
            )

    def _sums(self, kind: str, channel: Any = None) -> tuple[Floats, Floats]:
        """Return spend and customers of each period."""
        cells = self._cells
        if channel is not None:
            self._need_channels()
            if channel not in self.channels:
                names = ", ".join(map(repr, self.channels))
                raise ParameterError.of(
                    name="channel", expected=f"be one of {names}", found=repr(channel)
                )
            row = self.channels.index(channel)
            return cells.acquiring[row], cells.customers[row]
        if kind == "blended":
            return cells.spent.sum(axis=0), cells.customers.sum(axis=0)
        if kind == "new_customer":
            return cells.acquiring.sum(axis=0), cells.customers.sum(axis=0)
        if kind != "paid":
            expected = "be 'new_customer', 'blended' or 'paid'"
            raise ParameterError.of(name="kind", expected=expected, found=repr(kind))
        self._need_channels()
        paid = self._paid
        return cells.acquiring[paid].sum(axis=0), cells.customers[paid].sum(axis=0)

    def _states(self, won: Floats) -> NDArray[np.int64]:
        states = np.where(won == 0, 1, 0)
        states[self._cells.in_progress] = 2
        states[~self._cells.known] = 3
        return states

    def _columns(
        self, spent: Floats, won: Floats, states: NDArray[np.int64]
    ) -> dict[str, Any]:
        cost = divided(spent, won, self.level)
        for name, values in cost.items():
            cost[name] = np.where(states <= 1, values, np.nan)
        return {
            "spend": spent,
            "customers": won.astype(np.int64),
            **cost,
            "status": Categories(states, STATES),
        }

    # -- text --------------------------------------------------------------------

    def _headline(self) -> str:
        one = self.blended
        periods = counted(int(self._cells.counted.sum()), self.every)
        share = f"{100 * self.level:g} % interval"
        between = (
            f", {share} {one.low:,.2f} to {one.high:,.2f}"
            if np.isfinite(one.value)
            else ""
        )
        return (
            f"A new customer cost {one.value:,.2f} ({one.spend:,.2f} for "
            f"{counted(one.customers, 'customer')} of {periods}{between})"
        )

    def _rows(self) -> list[list[str]]:
        named = {"blended": self.blended, "new customer": self.new_customer}
        if self.paid is not None:
            named["paid"] = self.paid
        if self._cells.has_channels:
            named |= {str(name): self.of_channel(name) for name in self.channels[:12]}
        return [
            [
                name,
                f"{cost.spend:,.2f}",
                f"{cost.customers:,}",
                "" if np.isnan(cost.value) else f"{cost.value:,.2f}",
                written_interval(cost.low, cost.high),
            ]
            for name, cost in named.items()
        ]

    def _table(self) -> tuple[list[str], list[list[str]]]:
        interval = f"{100 * self.level:g} % interval"
        return ["", "spend", "customers", "CAC", interval], self._rows()

    @override
    def __repr__(self) -> str:
        notes = "".join(f"\nNote: {note}" for note in self.notes)
        return f"{self._headline()}\n{text_table(*self._table())}{notes}"

    def _repr_html_(self) -> str:
        return html_report(self._headline(), *self._table(), "; ".join(self.notes))


def divided(spent: Floats, won: Floats, level: float) -> dict[str, Floats]:
    """Return spend over customers and its interval; NaN of nobody."""
    low, high = poisson_interval(won, level)
    with np.errstate(divide="ignore", invalid="ignore"):
        columns = {"cac": spent / won, "low": spent / high, "high": spent / low}
    return {name: np.where(won > 0, column, np.nan) for name, column in columns.items()}


def cost_of(spent: float, won: float, level: float) -> Cost:
    """Return spend over customers as a cost."""
    columns = divided(np.array([spent]), np.array([won]), level)
    value, low, high = (float(column[0]) for column in columns.values())
    return Cost(value, low, high, spent, int(won))
