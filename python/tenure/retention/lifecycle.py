"""Lifecycle states: what customers are in each period, and how they move."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from tenure import _core
from tenure._calendar import period_noun
from tenure._frame import Categories, native_frame
from tenure._report import counted, html_report, text_table
from tenure._typing import override
from tenure._units import in_units
from tenure.exceptions import EmptyDataError, ParameterError
from tenure.retention.churn_window import find_churn_window
from tenure.retention.periods import Periods, ledger_of, shown_rows
from tenure.rfm.intervals import wilson
from tenure.rfm.markov import Homogeneity

if TYPE_CHECKING:
    from collections.abc import Mapping

    from matplotlib.axes import Axes
    from numpy.typing import NDArray

    from tenure._calendar import Every, Weekday
    from tenure._typing import Date
    from tenure._units import Horizon
    from tenure.retention.periods import Incomplete
    from tenure.transactions import Transactions

__all__ = ["ORIGINS", "STATES", "Lifecycle", "lifecycle"]

STATES = ("new", "active", "resurrected", "at risk", "dormant", "lost")
"""What a customer can be, in the order of the core."""

ORIGINS = (*STATES, "not yet a customer")
"""Where customers of a state can come from."""

_NAMES = ("at_risk_after", "dormant_after", "lost_after")


@dataclass(frozen=True, eq=False, repr=False)
class Lifecycle:
    """The state of customers in each period, and the moves from state to state.

    Made by `Transactions.lifecycle`. The states of a period are those of everybody
    who had bought by its end: their numbers add up to all customers so far, and so
    does each period's table of moves.

    Attributes
    ----------
    period : numpy.datetime64 array
        The first day of each period.
    complete : bool array
        Whether it was over at the end of observation.
    customers : int64 array, shape (periods, 6)
        How many customers are in each of `STATES`.
    moves : int64 array, shape (periods, 7, 6)
        How many came to each state from what they were in the period before; the
        last origin is not to have been a customer.
    at_risk_after, dormant_after, lost_after : float
        Days without a purchase after which customers are at risk, dormant, lost.
    customer_id : array
        The customers who had bought by the end.
    state : int64 array
        The place in `STATES` of the state of each in the last period.
    every, family : str
        How long a period is; the kind of frame that results come back as.

    Examples
    --------
    >>> import tenure as tn
    >>> orders = {
    ...     "customer_id": [1, 1, 2],
    ...     "date": ["2024-01-01", "2024-01-20", "2024-01-08"],
    ... }
    >>> tn.Transactions(orders).lifecycle(
    ...     at_risk_after=5, dormant_after=10, lost_after=20, as_of="2024-01-28"
    ... )
    Lifecycle of 2 customers over 4 weeks: at risk after 5 days, dormant after 10, lost
    after 20
                new  active  resurrected  at risk  dormant  lost
    2024-01-01    1       0            0        0        0     0
    2024-01-08    1       0            0        0        1     0
    2024-01-15    0       0            1        0        1     0
    2024-01-22    0       0            0        1        1     0
    """

    period: NDArray[np.datetime64]
    complete: NDArray[np.bool_]
    customers: NDArray[np.int64]
    moves: NDArray[np.int64]
    at_risk_after: float
    dormant_after: float
    lost_after: float
    customer_id: NDArray[Any]
    state: NDArray[np.int64]
    every: str
    family: str = "numpy"

    def to_frame(self, *, incomplete: Incomplete = "drop", level: float = 0.95) -> Any:
        """Return one row a period and state.

        Parameters
        ----------
        incomplete : {"drop", "mask", "flag"}
            What to show of the period in progress, in which those who will still buy
            are not yet active: nothing, rows without numbers, or what there is.
        level : float, default 0.95
            Confidence level of the intervals of shares (Wilson 1927).

        Returns
        -------
        frame
            `period`, `state`, `customers`, and their `share` of all customers so far
            with `share_low` and `share_high`.
        """
        count = len(STATES)
        totals = np.repeat(self.customers.sum(axis=1), count)
        share, low, high = wilson(self.customers.ravel(), totals, level)
        columns: dict[str, NDArray[Any]] = {
            "period": np.repeat(self.period, count),
            "state": np.tile(np.arange(count), len(self)),
            "customers": self.customers.ravel(),
            "share": share,
            "share_low": low,
            "share_high": high,
        }
        return self._frame(columns, count, incomplete, {"state": STATES})

    def transitions(
        self, *, incomplete: Incomplete = "drop", level: float = 0.95
    ) -> Any:
        """Return one row a period and move: how many went from one state to another.

        Parameters
        ----------
        incomplete, level
            As `to_frame`.

        Returns
        -------
        frame
            `period`, `from` (the state in the period before), `to`, `customers`, and
            their `share` of those who were in the state, with `share_low` and
            `share_high`. Moves that cannot be have 0 customers.
        """
        origins, states = len(ORIGINS), len(STATES)
        totals = np.repeat(self.moves.sum(axis=2).ravel(), states)
        share, low, high = wilson(self.moves.ravel(), totals, level)
        columns: dict[str, NDArray[Any]] = {
            "period": np.repeat(self.period, origins * states),
            "from": np.tile(np.repeat(np.arange(origins), states), len(self)),
            "to": np.tile(np.arange(states), len(self) * origins),
            "customers": self.moves.ravel(),
            "share": share,
            "share_low": low,
            "share_high": high,
        }
        names = {"from": ORIGINS, "to": STATES}
        return self._frame(columns, origins * states, incomplete, names)

    def matrix(self) -> Any:
        """Return the shares of moves over all complete periods: a transition matrix.

        Returns
        -------
        frame
            One row for each state that customers come `from`: one column for each
            state that they go to, with the share of those who were in the first one
            the period before, and `customers`, how many these were.
        """
        counts = self._counts()
        totals = counts.sum(axis=1)
        with np.errstate(invalid="ignore"):
            shares = counts / totals[:, None]
        columns: dict[str, Any] = {
            "from": Categories(np.arange(len(ORIGINS)), ORIGINS),
            **{name: shares[:, place] for place, name in enumerate(STATES)},
            "customers": totals,
        }
        return native_frame(columns, family=self.family, index="from")

    def _counts(self) -> NDArray[np.int64]:
        """Return the moves between complete periods, added up."""
        return self.moves[self.complete].sum(axis=0)

    def stability(self) -> Homogeneity:
        """Test whether moves are the same in all periods (Anderson, Goodman 1957).

        A small p-value says that the matrix changes over time: then look at
        `transitions`, and not at the one `matrix`.
        """
        known = self.moves[self.complete][1:, : len(STATES)]
        if len(known) < 2:
            what = f"a test over time needs three complete {period_noun(self.every)}s"
            raise EmptyDataError.of(what, hint="choose shorter periods")
        return Homogeneity.of(known)

    def states(self) -> Any:
        """Return the state of each customer in the last period, in progress or not.

        Returns
        -------
        frame
            One row a customer who had bought by the end: `customer_id`, `state`.
        """
        columns: dict[str, Any] = {
            "customer_id": self.customer_id,
            "state": Categories(self.state, STATES),
        }
        return native_frame(columns, family=self.family, index="customer_id")

    def plot(self, *, ax: Axes | None = None, **kwargs: Any) -> Axes:
        """Draw the states over time; see `plotting.plot_lifecycle`."""
        from tenure.plotting.lifecycle import plot_lifecycle  # noqa: PLC0415

        return plot_lifecycle(self, ax=ax, **kwargs)

    def _frame(
        self,
        columns: dict[str, NDArray[Any]],
        each: int,
        incomplete: Incomplete,
        names: Mapping[str, tuple[str, ...]],
    ) -> Any:
        codes = {name: columns[name] for name in names}
        for name in codes:  # so that a mask leaves them
            columns[name] = columns[name].astype(str)
        complete = np.repeat(self.complete, each)
        shown: dict[str, Any] = dict(shown_rows(columns, complete, incomplete))
        for name, words in names.items():
            kept = codes[name][complete] if incomplete == "drop" else codes[name]
            shown[name] = Categories(kept, words)
        return native_frame(shown, family=self.family)

    def __len__(self) -> int:
        """Return the number of periods, the one in progress among them."""
        return len(self.period)

    def _headline(self) -> str:
        return (
            f"Lifecycle of {counted(len(self.customer_id), 'customer')} over "
            f"{counted(len(self), period_noun(self.every))}: "
            f"at risk after {self.at_risk_after:g} days, "
            f"dormant after {self.dormant_after:g}, lost after {self.lost_after:g}"
        )

    def _table(self) -> tuple[list[str], list[list[str]]]:
        places = np.flatnonzero(self.complete)
        if len(places) > 6:
            places = np.concatenate([places[:3], places[-3:]])
        rows = [
            [
                str(self.period[place].astype("datetime64[D]")),
                *[f"{count:,}" for count in self.customers[place]],
            ]
            for place in places
        ]
        if self.complete.sum() > 6:
            rows.insert(3, ["...", *[""] * len(STATES)])
        return ["", *STATES], rows

    @override
    def __repr__(self) -> str:
        return f"{self._headline()}\n{text_table(*self._table())}"

    def _repr_html_(self) -> str:
        return html_report(self._headline(), *self._table())


def lifecycle(
    log: Transactions,
    every: Every,
    *,
    gaps: tuple[Horizon | None, Horizon | None, Horizon | None],
    week_start: Weekday,
    year_start: int,
    as_of: Date | None,
) -> Lifecycle:
    """Return the states of customers; see `Transactions.lifecycle`."""
    periods = Periods.of(log, every, as_of, week_start, year_start)
    days = Periods.of(log, "day", as_of)
    at_risk, dormant, lost = _gaps_in_days(log, gaps, as_of)
    first = days.starts[0].astype("datetime64[D]")
    ends = (periods.last_days - first).astype(np.int64)
    whole = (_whole(at_risk), _whole(dormant), _whole(lost))
    found = _core.lifecycle_states(ledger_of(log, days, as_of), ends, whole)
    for values in found.values():
        values.setflags(write=False)
    known = np.flatnonzero(found["last"] >= 0)
    return Lifecycle(
        period=periods.starts,
        complete=periods.complete,
        customers=found["customers"],
        moves=found["moves"],
        at_risk_after=at_risk,
        dormant_after=dormant,
        lost_after=lost,
        customer_id=log.customers[known],
        state=found["last"][known],
        every=every,
        family=log.family,
    )


def _whole(days: float) -> int:
    """Return whole days: gaps are counted in these."""
    return int(min(days, 1e7))


def _gaps_in_days(
    log: Transactions,
    gaps: tuple[Horizon | None, Horizon | None, Horizon | None],
    as_of: Date | None,
) -> tuple[float, float, float]:
    """Return the gaps in days; those that are left out are found from the log."""
    given = [
        None if gap is None else _one(in_units(gap, "day", name=name), name)
        for gap, name in zip(gaps, _NAMES, strict=True)
    ]
    if None in given:
        window = find_churn_window(log, as_of=as_of)
        found = window.ladder(len(given))
        if not np.isfinite(found[-1]) and given[-1] is None:
            raise ParameterError.of(
                name="lost_after",
                expected="be given for this log",
                found="None",
                hint="the chance of a return within "
                f"{window.horizon:g} days is not seen to stay below "
                f"{window.probability:g}: the log is too short, or customers come "
                "back after any gap",
            )
        given = [found[i] if gap is None else gap for i, gap in enumerate(given)]
    values = [float(gap) for gap in given if gap is not None]
    if not 0 <= values[0] <= values[1] <= values[2]:
        raise ParameterError.of(
            name="lost_after",
            expected="be no shorter than dormant_after, nor that than at_risk_after",
            found=", ".join(f"{value:g} days" for value in reversed(values)),
        )
    return values[0], values[1], values[2]


def _one(lengths: NDArray[np.float64], name: str) -> float:
    if len(lengths) != 1 or not lengths[0] >= 0:
        raise ParameterError.of(
            name, "be one length of time, not negative", found=repr(lengths.tolist())
        )
    return float(lengths[0])
