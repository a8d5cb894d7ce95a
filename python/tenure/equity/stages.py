"""Lifecycle stages over time: how many customers are in each, and their value."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import numpy as np

from tenure._frame import Categories, Table, native_frame
from tenure._report import counted, html_report, text_table, written
from tenure._typing import override
from tenure.equity._appraisal import appraise
from tenure.equity._settings import Models, Terms
from tenure.exceptions import EmptyDataError, ParameterError
from tenure.formulas import valued_activity
from tenure.retention.lifecycle import STATES
from tenure.rfm.intervals import sums, wilson

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from numpy.typing import NDArray

    from tenure._calendar import Every, Weekday
    from tenure._purchasing import PurchasingModel
    from tenure._typing import Date, Unit
    from tenure._units import Horizon
    from tenure.retention.lifecycle import Lifecycle
    from tenure.spend import GammaGamma
    from tenure.transactions import Transactions

    Floats = NDArray[np.float64]

__all__ = ["STAGES", "Stages", "stages"]

STAGES = {
    "prospect": "acquisition",
    "new": "acquisition",
    "active": "engagement",
    "resurrected": "engagement",
    "at risk": "retention",
    "dormant": "retention",
    "lost": "lost",
}
"""The states of a customer, and the stage of the relationship that each is in: what
there is to do about them."""

_ORDER = tuple(STAGES)
_NAMES = ("acquisition", "engagement", "retention", "lost")


@dataclass(frozen=True, eq=False, repr=False)
class Stages:
    """How many customers are in each stage, period by period, and what they are worth.

    Made by `equity.stages`. Each complete period has one row a state: the customers
    known by its end, and prospects where they were given.

    Attributes
    ----------
    period : numpy.datetime64 array
        The first day of each complete period.
    customers : int64 array, shape (periods, 7)
        How many are in each state of `STAGES` at the end of the period.
    revenue : float64 array or None, shape (periods, 7)
        What those in each state brought in the period; None without amounts.
    value : float64 array or None, shape (periods, 7)
        What they were worth at its end, by what was known then: NaN in periods by
        which models could not be fitted, `without_value` of them.
    without_value : int
        How many periods have no value.
    at_risk_after, dormant_after, lost_after : float
        Days without a purchase after which customers are at risk, dormant, lost.
    every : str
        How long a period is.
    level : float
        Confidence level of the intervals of shares.
    """

    period: NDArray[np.datetime64]
    customers: NDArray[np.int64]
    revenue: Floats | None
    value: Floats | None
    without_value: int
    at_risk_after: float
    dormant_after: float
    lost_after: float
    every: str
    basis: str
    level: float
    family: str
    _terms: Terms | None = field(repr=False)
    _has_prospects: bool = field(repr=False)

    def to_frame(self) -> Any:
        """Return one row a period and state.

        Returns
        -------
        frame
            `period`, `stage`, `state`, `customers`, their `share` of all customers and
            prospects with Wilson's interval `share_low`, `share_high`; in a log with
            amounts `revenue` in the period and, with models, `value` at its end and
            `mean_value`.
        """
        kept = slice(None) if self._has_prospects else slice(1, None)
        states = _ORDER[kept]
        counts = self.customers[:, kept]
        periods, size = map(int, counts.shape)
        totals = np.repeat(counts.sum(axis=1), size)
        share, low, high = wilson(counts.ravel(), totals, self.level)
        state_of = np.arange(periods * size) % size
        stage_of = np.array([_NAMES.index(STAGES[state]) for state in states])
        columns: dict[str, Any] = {
            "period": np.repeat(self.period, size),
            "stage": Categories(stage_of[state_of], _NAMES),
            "state": Categories(state_of, states),
            "customers": counts.ravel(),
            "share": share,
            "share_low": low,
            "share_high": high,
        }
        if self.revenue is not None:
            columns["revenue"] = self.revenue[:, kept].ravel()
        if self.value is not None:
            value = self.value[:, kept].ravel()
            columns["value"] = value
            with np.errstate(divide="ignore", invalid="ignore"):
                columns["mean_value"] = value / counts.ravel()
        return native_frame(columns, family=self.family)

    def by_stage(self) -> Any:
        """Return one row a period: how many are in each stage, and what it is worth.

        Returns
        -------
        frame
            `period`, then `acquisition`, `engagement`, `retention` and `lost`, and with
            models the same with `_value` at the end.
        """
        columns: dict[str, NDArray[Any]] = {"period": self.period}
        for name, table in (("", self.customers), ("_value", self.value)):
            if table is not None:
                columns |= {
                    f"{stage}{name}": self._added(table, stage) for stage in _NAMES
                }
        return native_frame(columns, family=self.family, index="period")

    @staticmethod
    def _added(table: NDArray[Any], stage: str) -> NDArray[Any]:
        inside = [place for place, one in enumerate(_ORDER) if STAGES[one] == stage]
        return table[:, inside].sum(axis=1)

    def __len__(self) -> int:
        """Return the number of complete periods."""
        return len(self.period)

    def plot(self, *, ax: Axes | None = None, **kwargs: Any) -> Axes:
        """Draw the stages over time: `plotting.plot_stages`."""
        from tenure.plotting import plot_stages  # noqa: PLC0415

        return plot_stages(self, ax=ax, **kwargs)

    def sentences(self) -> list[str]:
        """Return what the numbers of the last period say, against the first of all."""
        counts = {stage: self._added(self.customers, stage) for stage in _NAMES}
        total = int(self.customers[-1].sum())
        day = written(self.period[-1])
        parts = ", ".join(
            f"{counts[stage][-1]:,} ({100 * counts[stage][-1] / total:.0f} %) {words}"
            for stage, words in _WORDS.items()
        )
        said = [f"At the end of the {self.every} from {day} on: {parts}."]
        risk = counts["retention"] / self.customers.sum(axis=1)
        lost = counts["lost"] / self.customers.sum(axis=1)
        if len(self) > 1:
            said.append(
                f"From the {self.every} before, the share of the lost "
                f"{_moved(lost[-1], lost[-2])}, that of those at risk or dormant "
                f"{_moved(risk[-1], risk[-2])}."
            )
        if self.value is not None and np.isfinite(self.value[-1]).all():
            value = self.value[-1]
            dear = self._added(self.value[-1:], "retention")[0]
            if value.sum() > 0:
                said.append(
                    f"Those at risk or dormant hold {dear:,.2f} in {self.basis}, "
                    f"{100 * dear / value.sum():.0f} % of what all are worth."
                )
        return said

    def _headline(self) -> str:
        return (
            f"Stages over {counted(len(self), self.every)}: at risk after "
            f"{self.at_risk_after:g} days, dormant after {self.dormant_after:g}, lost "
            f"after {self.lost_after:g}"
        )

    def _table(self) -> tuple[list[str], list[list[str]]]:
        places = list(range(len(self)))[-6:]
        rows = [
            [
                written(self.period[place]),
                *(f"{self._added(self.customers, stage)[place]:,}" for stage in _NAMES),
            ]
            for place in places
        ]
        header = ["", *_NAMES]
        if self.value is not None:
            header.append("value")
            for row, place in zip(rows, places, strict=True):
                row.append(f"{self.value[place].sum():,.2f}")
        return header, rows

    @override
    def __repr__(self) -> str:
        parts = [self._headline(), text_table(*self._table()), *self.sentences()]
        return "\n".join(parts)

    def _repr_html_(self) -> str:
        return html_report(self._headline(), *self._table(), " ".join(self.sentences()))


_WORDS = {
    "acquisition": "in acquisition",
    "engagement": "in engagement",
    "retention": "in retention (at risk or dormant)",
    "lost": "lost",
}


def _moved(now: float, before: float) -> str:
    points = 100 * (now - before)
    if abs(points) < 0.05:
        return "stayed the same"
    return f"{'rose' if points > 0 else 'fell'} by {abs(points):.1f} points"


def stages(
    log: Transactions,
    every: Every = "month",
    *,
    prospects: object = None,
    at_risk_after: Horizon | None = None,
    dormant_after: Horizon | None = None,
    lost_after: Horizon | None = None,
    values: bool | None = None,
    horizon: Horizon | None = "12 months",
    discount_rate: float = 0.10,
    margin: float | None = None,
    buying: PurchasingModel | None = None,
    spend: GammaGamma | float | None = None,
    unit: Unit = "week",
    week_start: Weekday = "monday",
    as_of: Date | None = None,
    level: float = 0.9,
) -> Stages:
    """Return how many customers are in each stage over time, and what they are worth.

    The states are those of `Transactions.lifecycle`: prospects, if given, and new
    customers are in acquisition; active and resurrected ones in engagement; those at
    risk or dormant in retention; the others are lost.

    Parameters
    ----------
    log : Transactions
        The log.
    every : {"month", "day", "week", "quarter", "year"}
        How long a period is.
    prospects : sequence, optional
        Ids of people whom the business knows: those who had not bought by the end of a
        period are prospects in it.
    at_risk_after, dormant_after, lost_after, week_start, as_of
        As for `Transactions.lifecycle`. Found from the log if left out: thresholds
        then know all of it, and are the same in all periods.
    values : bool, optional
        Whether to value the customers at the end of each period, by models fitted to
        what was known then; by default if the log has amounts. It takes one fit a
        period.
    horizon, discount_rate, margin, buying, spend, unit
        As for `snapshots`.
    level : float, default 0.9
        Confidence level of the intervals of shares (Wilson 1927).

    Returns
    -------
    Stages

    Raises
    ------
    EmptyDataError
        If no period was over.
    ParameterError
        If values are asked for of a log without amounts, or a threshold is needed.

    Examples
    --------
    >>> import tenure as tn
    >>> log = tn.Transactions(tn.datasets.load_cdnow(family="numpy"))
    >>> gaps = {"at_risk_after": 60, "dormant_after": 120, "lost_after": 240}
    >>> found = tn.equity.stages(log, "quarter", **gaps)
    >>> found.by_stage()["engagement"], found.by_stage()["lost"]
    (array([   0,  524,  418,  404,  384,  300]), array([   0,    0,  ...]))
    """
    wanted = log.values is not None if values is None else bool(values)
    terms = Terms.of(
        horizon=horizon,
        discount_rate=discount_rate,
        margin=margin,
        cost_per_order=0.0,
        unit=unit,
        interval=level,
    )
    cycle = log.lifecycle(
        every,
        at_risk_after=at_risk_after,
        dormant_after=dormant_after,
        lost_after=lost_after,
        week_start=week_start,
        as_of=as_of,
    )
    ends = _ends(cycle)
    customers = _counted(log, cycle, ends, prospects)
    revenue = value = None
    failed = 0
    if wanted or log.values is not None:
        states = [_states(log, cycle, day, week_start) for day in ends]
        revenue = _revenue(log, ends, states, terms)
        if wanted:
            models = Models.of(buying, spend, refit=True)
            value, failed = _values(log, ends, states, terms, models)
    return Stages(
        period=cycle.period[cycle.complete].astype("datetime64[D]"),
        customers=customers,
        revenue=revenue,
        value=value,
        without_value=failed,
        at_risk_after=cycle.at_risk_after,
        dormant_after=cycle.dormant_after,
        lost_after=cycle.lost_after,
        every=every,
        basis=terms.basis,
        level=terms.interval,
        family=log.family,
        _terms=terms if wanted else None,
        _has_prospects=prospects is not None,
    )


def _ends(cycle: Lifecycle) -> list[np.datetime64]:
    """Return the last days of the complete periods, or say that there are none."""
    if not cycle.complete.any():
        what = f"no {cycle.every} was over by the end of observation"
        raise EmptyDataError.of(what, hint="choose shorter periods")
    starts = cycle.period.astype("datetime64[D]")
    last = int(np.flatnonzero(cycle.complete)[-1])
    if last + 1 < len(starts):
        following = starts[1 : last + 2]
    else:
        step = {"day": 1, "week": 7}.get(cycle.every)
        if step is None:
            months = {"month": 1, "quarter": 3, "year": 12}[cycle.every]
            month = starts[last].astype("datetime64[M]") + months
            end = month.astype("datetime64[D]")
        else:
            end = starts[last] + step
        following = np.append(starts[1 : last + 1], end)
    return [day - np.timedelta64(1, "D") for day in following]


def _counted(
    log: Transactions, cycle: Lifecycle, ends: list[np.datetime64], prospects: object
) -> NDArray[np.int64]:
    """Return how many customers, and prospects if given, are in each state."""
    customers = np.zeros((len(ends), len(_ORDER)), dtype=np.int64)
    places = [STATES.index(state) for state in _ORDER[1:]]
    customers[:, 1:] = cycle.customers[cycle.complete][:, places]
    if prospects is not None:
        customers[:, 0] = _prospects(log, prospects, ends)
    return customers


def _states(
    log: Transactions, cycle: Lifecycle, day: np.datetime64, week_start: Weekday
) -> NDArray[np.intp]:
    """Return the place in `STAGES` of the customers known by a day, ascending by id."""
    one = log.lifecycle(
        cycle.every,  # type: ignore[arg-type]
        at_risk_after=cycle.at_risk_after,
        dormant_after=cycle.dormant_after,
        lost_after=cycle.lost_after,
        week_start=week_start,
        as_of=str(day),
    )
    places = np.array([_ORDER.index(state) for state in STATES])
    return places[one.state]


def _prospects(
    log: Transactions, prospects: object, ends: list[np.datetime64]
) -> list[int]:
    """Return how many of the people known had not bought by each day."""
    ids = Table.of({"customer_id": prospects}).codes("customer_id")
    known = set(ids.categories.tolist())
    firsts = log.times[log.offsets[:-1]]
    inside = np.array([one in known for one in log.customers.tolist()])
    return [
        len(known) - int((firsts[inside] < day + np.timedelta64(1, "D")).sum())
        for day in ends
    ]


def _revenue(
    log: Transactions,
    ends: list[np.datetime64],
    states: list[NDArray[np.intp]],
    terms: Terms,
) -> Floats:
    """Return what customers in each state brought in the period."""
    found = np.zeros((len(ends), len(_ORDER)))
    before: dict[str, NDArray[Any]] | None = None
    for place, (day, state) in enumerate(zip(ends, states, strict=True)):
        now = valued_activity(log, str(day))
        gained = now["total_value"].astype(np.float64).copy()
        if before is not None:
            rows = np.searchsorted(now["customer_id"], before["customer_id"])
            gained[rows] -= before["total_value"]
        found[place] = sums(gained, state, len(_ORDER))
        before = now
    return found if terms.margin is None else terms.margin * found


def _values(
    log: Transactions,
    ends: list[np.datetime64],
    states: list[NDArray[np.intp]],
    terms: Terms,
    models: Models,
) -> tuple[Floats, int]:
    """Return what customers in each state were worth, and in how many periods none."""
    found = np.full((len(ends), len(_ORDER)), np.nan)
    failed = 0
    for place, (day, state) in enumerate(zip(ends, states, strict=True)):
        try:
            one = appraise(log, [day], terms, models)[0]
        except ParameterError as error:
            if error.name != "dates":
                raise
            failed += 1
            continue
        found[place] = sums(one.value, state, len(_ORDER))
    return found, failed
