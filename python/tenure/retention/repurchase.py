"""The ladder of orders: who comes for the next one, and after how long."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from tenure import _core
from tenure._frame import native_frame
from tenure._intervals import check_level, normal_quantile
from tenure._report import counted, html_report, inflected, text_table
from tenure._typing import override
from tenure.exceptions import ParameterError
from tenure.retention.periods import at_least_one, length_in_days
from tenure.retention.waits import by_order, grouped_waits
from tenure.survival.kaplan_meier import KaplanMeier

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from numpy.typing import NDArray

    from tenure._typing import Date
    from tenure._units import Horizon
    from tenure.survival._curves import Curve
    from tenure.transactions import Transactions

__all__ = ["RepurchaseLadder", "Step", "repurchase"]


@dataclass(frozen=True, eq=False)
class Step:
    """From one order to the next, for one group of customers.

    Attributes
    ----------
    group : object
        The attribute's value, or the product; None if there are no groups.
    order : int
        The order that has been placed: 1 for the first.
    survival : KaplanMeier
        The share who have not placed the next one, by days since.
    """

    group: Any
    order: int
    survival: KaplanMeier

    @property
    def curve(self) -> Curve:
        """The curve as plain arrays."""
        return self.survival.curves_[0]


@dataclass(frozen=True, eq=False, repr=False)
class RepurchaseLadder:
    """The chance of the next order, order by order, and the time that it takes.

    Made by `Transactions.repurchase`.

    Attributes
    ----------
    steps : tuple of Step
        Each step of each group, with its Kaplan-Meier curve.
    horizon : float
        Within how many days the next order counts.
    by : str or None
        What the groups are.
    level : float
        Confidence level of the intervals.
    left_out : int
        Groups with fewer customers that got no ladder.
    family : str
        The kind of frame that results come back as.

    References
    ----------
    Kaplan, E. L., Meier, P. (1958). Nonparametric estimation from incomplete
    observations. Journal of the American Statistical Association 53, 457-481.
    Brookmeyer, R., Crowley, J. (1982). A confidence interval for the median survival
    time. Biometrics 38, 29-41.

    Examples
    --------
    >>> import tenure as tn
    >>> log = tn.Transactions(tn.datasets.load_cdnow(family="numpy"))
    >>> ladder = log.repurchase(horizon="1 year", orders=2)
    >>> ladder.to_frame()["probability"].round(3)
    array([0.456, 0.669])
    >>> ladder.one_and_done()["share"].round(3)
    array([0.544])
    """

    steps: tuple[Step, ...]
    horizon: float
    by: str | None
    level: float
    left_out: int
    family: str = "numpy"

    def to_frame(self) -> Any:
        """Return one row a step.

        Returns
        -------
        frame
            The group, if there are any; `order`; `customers` who placed it;
            `returned`, how many of them have placed the next one so far;
            `probability` to place it within the horizon, with `low` and `high`
            (Kaplan-Meier with the log-log interval; NaN where the horizon is longer
            than anybody was observed); `observed_share`, those who returned within
            the horizon over all customers, which is too low where many are recent;
            `reach`, the chance of a customer's first order to lead to the one after
            this step, each within the horizon; `median_days` to the next order with
            `median_low` and `median_high` (infinite where half do not return), and
            `median_if_returned`, the median of those who return within the horizon.
        """
        columns = self._columns()
        index = None if self.by else "order"
        return native_frame(columns, family=self.family, index=index)

    def _columns(self) -> dict[str, NDArray[Any]]:
        rows = [self._row(step) for step in self.steps]
        columns = {name: np.array([row[name] for row in rows]) for name in rows[0]}
        if self.by:
            groups = np.empty(len(rows), dtype=object)
            groups[:] = [step.group for step in self.steps]
            columns = {self.by: groups, **columns}
        reach, chance = np.empty(len(rows)), 1.0
        for place, step in enumerate(self.steps):
            chance = (1.0 if step.order == 1 else chance) * rows[place]["probability"]
            reach[place] = chance
        return columns | {"reach": reach}

    def _row(self, step: Step) -> dict[str, float | int]:
        curve = step.curve
        total, events = curve.total
        chance, low, high = self._within(step)
        lower, upper = step.survival.band_of(curve)
        half = 1 - chance / 2 if chance > 0 else np.nan
        within = curve.timeline <= self.horizon
        return {
            "order": step.order,
            "customers": int(total),
            "returned": int(events),
            "probability": chance,
            "low": low,
            "high": high,
            "observed_share": float(curve.table["observed"][within].sum() / total),
            "median_days": first_at(curve, curve.estimate, 0.5),
            "median_low": first_at(curve, lower, 0.5),
            "median_high": first_at(curve, upper, 0.5),
            "median_if_returned": first_at(curve, curve.estimate, half),
        }

    def _within(self, step: Step) -> tuple[float, float, float]:
        """Return the chance of a next order within the horizon, and its interval."""
        curve = step.curve
        if self.horizon > curve.timeline[-1] and curve.estimate[-1] > 0:
            return np.nan, np.nan, np.nan
        place = int(curve.places(np.array([self.horizon]))[0])
        lower, upper = step.survival.band_of(curve)
        return (
            float(1 - curve.estimate[place]),
            float(1 - upper[place]),
            float(1 - lower[place]),
        )

    def one_and_done(self) -> Any:
        """Return the share of customers who do not come back after their first order.

        Returns
        -------
        frame
            One row (a group): `customers`, `one_order` (who have one order so far),
            `observed_share` of them, which counts the most recent as gone, `share`
            who do not return within the horizon, whoever they are, with `low` and
            `high`, and `longest_share`, who do not return as long as anybody is seen
            (`longest_days`).
        """
        firsts = [step for step in self.steps if step.order == 1]
        rows: list[dict[str, float | int]] = []
        for step in firsts:
            chance, low, high = self._within(step)
            total, events = step.curve.total
            rows.append(
                {
                    "customers": int(total),
                    "one_order": int(total - events),
                    "observed_share": (total - events) / total,
                    "share": 1 - chance,
                    "low": 1 - high,
                    "high": 1 - low,
                    "longest_share": float(step.curve.estimate[-1]),
                    "longest_days": float(step.curve.timeline[-1]),
                }
            )
        columns = {name: np.array([row[name] for row in rows]) for name in rows[0]}
        if self.by:
            groups = np.empty(len(rows), dtype=object)
            groups[:] = [step.group for step in firsts]
            columns = {self.by: groups, **columns}
        return native_frame(columns, family=self.family, index=self.by)

    def hazards(self, order: int = 1, *, every: Horizon = "30 days") -> Any:
        """Return when the next order comes: the chance in each stretch of time.

        Of those who have not placed it by the beginning of a stretch, the share who do
        within it.

        Parameters
        ----------
        order : int, default 1
            The order that has been placed.
        every : float, str or timedelta, default "30 days"
            How long a stretch is.

        Returns
        -------
        frame
            One row a stretch that is seen to its end (and group): `from_days`,
            `to_days`, `at_risk` after its beginning, `returned` within it, and the
            `hazard` with `low` and `high`.
        """
        length = length_in_days(every, "every")
        chosen = [step for step in self.steps if step.order == order]
        if not chosen:
            known = max(step.order for step in self.steps)
            expected = f"be an order of the ladder, 1 to {known}"
            raise ParameterError.of(name="order", expected=expected, found=repr(order))
        tables = [self._hazards(step, length) for step in chosen]
        columns = {
            name: np.concatenate([table[name] for table in tables])
            for name in tables[0]
        }
        return native_frame(columns, family=self.family)

    def _hazards(self, step: Step, length: float) -> dict[str, NDArray[Any]]:
        curve = step.curve
        edges = np.arange(0.0, curve.timeline[-1] + length, length)
        edges = edges[edges <= curve.timeline[-1]]
        places = curve.places(edges)
        with np.errstate(divide="ignore", invalid="ignore"):
            kept = curve.estimate[places[1:]] / curve.estimate[places[:-1]]
            variance = np.diff(curve.spread[places])
        z = normal_quantile(self.level)
        lower, upper = _core.survival_band("log-log", z, kept, variance)
        events = np.concatenate([[0.0], np.cumsum(curve.table["observed"])])
        at_risk = np.append(curve.table["at_risk"], 0.0)
        columns: dict[str, NDArray[Any]] = {
            "from_days": edges[:-1],
            "to_days": edges[1:],
            "at_risk": at_risk[places[:-1] + 1],
            "returned": np.diff(events[places + 1]),
            "hazard": 1 - kept,
            "low": 1 - upper,
            "high": 1 - lower,
        }
        if not self.by:
            return columns
        groups = np.empty(len(kept), dtype=object)
        groups[:] = [step.group] * len(kept)
        return {self.by: groups, **columns}

    def plot(self, *, ax: Axes | None = None, **kwargs: Any) -> Axes:
        """Draw the ladder; see `plotting.plot_repurchase`."""
        from tenure.plotting.repurchase import plot_repurchase  # noqa: PLC0415

        return plot_repurchase(self, ax=ax, **kwargs)

    def _headline(self) -> str:
        groups = len({id(step) for step in self.steps if step.order == 1})
        of = f" of {counted(groups, 'group')}" if self.by else ""
        return f"RepurchaseLadder{of}: the next order within {self.horizon:g} days"

    def _table(self) -> tuple[list[str], list[list[str]]]:
        rows: list[list[str]] = []
        columns = self._columns()
        for place, step in enumerate(self.steps):
            row = {name: values[place] for name, values in columns.items()}
            name = f"{step.order} to {step.order + 1}"
            rows.append(
                [
                    f"{step.group}: {name}" if self.by else name,
                    f"{row['customers']:,}",
                    f"{100 * row['probability']:.1f} %",
                    f"[{100 * row['low']:.1f}, {100 * row['high']:.1f}]",
                    f"{row['median_days']:g}",
                    f"[{row['median_low']:g}, {row['median_high']:g}]",
                ]
            )
        interval = f"{100 * self.level:g} % interval"
        header = ["order", "customers", "return", interval, "median days", interval]
        return header, rows

    def _note(self) -> str:
        if not self.left_out:
            return ""
        words = inflected(self.left_out, "group")
        return f"{self.left_out} {words} with fewer customers left out"

    @override
    def __repr__(self) -> str:
        note = self._note()
        below = f"\n{note}" if note else ""
        return f"{self._headline()}\n{text_table(*self._table())}{below}"

    def _repr_html_(self) -> str:
        return html_report(self._headline(), *self._table(), self._note())


def repurchase(
    log: Transactions,
    *,
    horizon: Horizon,
    orders: int,
    by: str | None,
    as_of: Date | None,
    level: float,
) -> RepurchaseLadder:
    """Return the ladder of orders; see `Transactions.repurchase`."""
    days = length_in_days(horizon, "horizon")
    most = at_least_one(orders, "orders")
    check_level(level, name="level")
    groups, left_out = grouped_waits(log, most, as_of, by)
    steps = [
        Step(group, order, KaplanMeier(level=level).fit(*columns))
        for group, rows in groups
        for order, columns in by_order(rows)
    ]
    return RepurchaseLadder(
        steps=tuple(steps),
        horizon=days,
        by=by,
        level=level,
        left_out=left_out,
        family=log.family,
    )


def first_at(curve: Curve, line: NDArray[np.float64], share: float) -> float:
    """Return the first time at which a falling line is at the share or below."""
    if np.isnan(share):
        return np.nan
    below = np.flatnonzero(line <= share + 1e-12)
    return float(curve.timeline[below[0]]) if len(below) else np.inf
