"""What changes of retention, frequency, price or cost are worth: the answers."""

from __future__ import annotations

import math
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Literal

import numpy as np

from tenure._frame import native_frame
from tenure._report import counted, html_report, text_table
from tenure._typing import override
from tenure.economics._changes import LEVERS
from tenure.economics._effects import elasticity, in_turn, intervals, shapley
from tenure.exceptions import ParameterError

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from matplotlib.axes import Axes
    from numpy.typing import NDArray

    from tenure.economics._asked import Segment
    from tenure.economics._changes import Change

    Floats = NDArray[np.float64]

__all__ = ["WhatIf"]


@dataclass(frozen=True, eq=False, repr=False)
class WhatIf:
    """What changes would do to the value of a new customer, and of all of them.

    Made by `what_if`. The value is that of a customer from the first order on, less
    what it costs to win them.

    Attributes
    ----------
    before, after, change : float
        Value of a customer as it is, after all changes, and the difference.
    low, high : float
        The interval of the change, for the error of what is estimated; NaN where that
        is not known.
    customers : float
        How many customers the totals are of; NaN if that is not known.
    changes : dict of str to Change
        What was asked for, in the order of the waterfall.
    basis : str
        "margin", or "revenue" where no margin is given.
    unit : str or None
        What a period is.
    horizon : float
        In periods; infinite without one.
    level : float
        Confidence level of the intervals.
    notes : tuple of str
        What each change means, in words: which parameters move.
    family : str
        The kind of frame that results come back as.
    """

    before: float
    after: float
    change: float
    low: float
    high: float
    customers: float
    changes: dict[str, Change]
    basis: str
    unit: str | None
    horizon: float
    level: float
    notes: tuple[str, ...]
    family: str
    _segments: tuple[Segment, ...] = field(repr=False)
    _weights: Floats = field(repr=False)
    _draws: tuple[Mapping[str, float], ...] | None = field(repr=False)

    @property
    def total_before(self) -> float:
        """The value of all customers as it is."""
        return self.before * self.customers

    @property
    def total_after(self) -> float:
        """Their value after the changes."""
        return self.after * self.customers

    @property
    def total_change(self) -> float:
        """The difference."""
        return self.change * self.customers

    # -- tables ------------------------------------------------------------------

    def waterfall(self) -> Any:
        """Return how the changes make the new value of a customer out of the old one.

        Returns
        -------
        frame
            `step`: "before", each lever, "after"; the lever's `level_before` and
            `level_after` (means over segments); `sequential`: what it adds after those
            above it, which depends on the order; `shapley`: the mean over all orders,
            which does not. Both add up to the value after.
        """
        return native_frame(self._waterfall(), family=self.family)

    def _waterfall(self) -> dict[str, NDArray[Any]]:
        levers = list(self.changes)
        steps = np.array(["before", *levers, "after"], dtype=object)
        between = [in_turn(self._worth, levers), shapley(self._worth, levers)]
        levels = [self._levels(lever) for lever in levers]
        columns: dict[str, NDArray[Any]] = {
            "step": steps,
            "level_before": np.array([np.nan, *(one[0] for one in levels), np.nan]),
            "level_after": np.array([np.nan, *(one[1] for one in levels), np.nan]),
        }
        for name, parts in zip(("sequential", "shapley"), between, strict=True):
            columns[name] = np.array([self.before, *parts, self.after])
        return columns

    def tornado(self) -> Any:
        """Return what each change does alone, and the same change the other way.

        Returns
        -------
        frame
            One row a lever, the largest effect first: `lever`, `asked` (the change),
            `alone` (what it does to the value of a customer without the others), `low`,
            `high` (its interval, for the error of what is estimated), and `reversed`,
            `reversed_low`, `reversed_high` for the change the other way ("-5pp" for
            "+5pp", one over the factor); NaN where that cannot be.
        """
        return native_frame(self._tornado(), family=self.family)

    def _tornado(self) -> dict[str, NDArray[Any]]:
        levers = list(self.changes)
        alone, low, high = self._effects(
            [{name: self.changes[name]} for name in levers]
        )
        back = [self.changes[name].reversed() for name in levers]
        turned: list[dict[str, Change] | None] = [
            None if one is None else {one.lever: one} for one in back
        ]
        other, other_low, other_high = self._effects(turned)
        columns: dict[str, NDArray[Any]] = {
            "lever": np.array(levers, dtype=object),
            "asked": np.array(
                [self.changes[name].text for name in levers], dtype=object
            ),
            "alone": alone,
            "low": low,
            "high": high,
            "reversed": other,
            "reversed_low": other_low,
            "reversed_high": other_high,
        }
        order = np.argsort(-np.abs(alone), kind="stable")
        return {name: values[order] for name, values in columns.items()}

    def elasticities(self) -> Any:
        """Return by how many per cent the value changes where a lever does by one.

        At the levels as they are. Of a constant retention r without horizon it is
        r / (1 + d - r), with the discount rate d of a period.

        Returns
        -------
        frame
            `lever`, its `level`, `elasticity` of the value before acquisition cost, and
            `net`, that of the value after it (NaN where that is not above 0).
        """
        return native_frame(self._elasticities(), family=self.family)

    def _elasticities(self) -> dict[str, NDArray[Any]]:
        def gross(changes: dict[str, Change]) -> float:
            parts = [one.subject.gross(changes) for one in self._segments]
            return float(np.dot(self._weights, parts))

        value = gross({})
        known = [name for name in LEVERS if not math.isnan(self._level(name))]
        found: list[float] = []
        for lever in known:
            try:
                found.append(0.0 if lever == "cac" else elasticity(gross, lever))
            except ParameterError:  # retention is at 1
                found.append(math.nan)
        slopes = np.array(found)
        net = slopes * value
        net[known.index("cac")] = -(value - self.before)
        return {
            "lever": np.array(known, dtype=object),
            "level": np.array([self._level(name) for name in known]),
            "elasticity": slopes,
            "net": net / self.before if self.before > 0 else np.full(len(net), np.nan),
        }

    def by_segment(self) -> Any:
        """Return the change in each segment.

        Returns
        -------
        frame
            `segment`, `customers`, `before`, `after` and `change` of a customer, and
            `total_change` of all of them.
        """
        rows = self._segments
        labels = np.full(len(rows), None, dtype=object)
        labels[:] = [one.label for one in rows]
        before = np.array([one.subject.value({}) for one in rows])
        after = np.array([one.subject.value(self.changes) for one in rows])
        customers = np.array([one.customers for one in rows])
        return native_frame(
            {
                "segment": labels,
                "customers": customers,
                "before": before,
                "after": after,
                "change": after - before,
                "total_change": (after - before) * customers,
            },
            family=self.family,
        )

    def plot(
        self,
        kind: Literal["waterfall", "tornado"] = "waterfall",
        *,
        ax: Axes | None = None,
        **kwargs: Any,
    ) -> Axes:
        """Draw the waterfall or the tornado; see `plotting.plot_waterfall`."""
        from tenure.plotting import scenarios  # noqa: PLC0415

        if kind == "tornado":
            return scenarios.plot_tornado(self, ax=ax, **kwargs)
        if kind == "waterfall":
            return scenarios.plot_waterfall(self, ax=ax, **kwargs)
        raise ParameterError.of(
            name="kind", expected="be 'waterfall' or 'tornado'", found=repr(kind)
        )

    # -- the work ----------------------------------------------------------------

    def _worth(self, levers: Sequence[str]) -> float:
        """Return the value of a customer after some of the changes."""
        chosen = {name: self.changes[name] for name in levers}
        parts = [one.subject.value(chosen) for one in self._segments]
        return float(np.dot(self._weights, parts))

    def _level(self, lever: str) -> float:
        levels = [one.subject.levels()[lever] for one in self._segments]
        return float(np.dot(self._weights, levels))

    def _levels(self, lever: str) -> tuple[float, float]:
        """Return a lever's level before and after, means over the segments."""
        change = self.changes[lever]
        levels = [one.subject.levels()[lever] for one in self._segments]
        after = [one.subject.level_after(change) for one in self._segments]
        return float(np.dot(self._weights, levels)), float(np.dot(self._weights, after))

    def _effects(
        self, scenarios: Sequence[dict[str, Change] | None]
    ) -> tuple[Floats, Floats, Floats]:
        """Return what scenarios change in the value of a customer, and its ends."""

        def effects(segment: Segment, theta: Mapping[str, float] | None) -> Floats:
            before = segment.subject.value({}, theta)
            return np.array(
                [_or_nan(segment, one, theta) - before for one in scenarios]
            )

        parts = np.array([effects(one, None) for one in self._segments])
        found = self._weights @ parts
        ends = intervals(
            self._segments, self._weights, effects, self.level, self._draws
        )
        if ends is None:
            nothing = np.full(len(found), np.nan)
            return found, nothing, nothing
        return found, *ends

    # -- text --------------------------------------------------------------------

    def _headline(self) -> str:
        asked = ", ".join(f"{name} {one.text}" for name, one in self.changes.items())
        share = self.change / self.before if self.before > 0 else math.nan
        relative = "" if math.isnan(share) else f" ({100 * share:+.1f} %)"
        total = ""
        if not math.isnan(self.customers):
            who = counted(round(self.customers), "customer")
            total = f"; {self.total_change:+,.2f} for {who}"
        ends = ""
        if not math.isnan(self.low):
            between = f"{self.low:+,.2f} to {self.high:+,.2f}"
            ends = f", {100 * self.level:g} % interval {between}"
        return (
            f"What if {asked}: a new customer is worth {self.after:,.2f} "
            f"in place of {self.before:,.2f}{relative}{ends}{total}"
        )

    def _table(self) -> tuple[list[str], list[list[str]]]:
        columns = self._waterfall()
        rows: list[list[str]] = []
        for place, step in enumerate(columns["step"]):
            one = self.changes.get(step)
            levels = (
                ["", ""]
                if one is None
                else [
                    f"{columns[name][place]:,.4g}"
                    for name in ("level_before", "level_after")
                ]
            )
            sign = "" if one is None else "+"
            rows.append(
                [
                    str(step),
                    "" if one is None else one.text,
                    *levels,
                    f"{columns['sequential'][place]:{sign},.2f}",
                    f"{columns['shapley'][place]:{sign},.2f}",
                ]
            )
        return ["", "asked", "from", "to", "in this order", "Shapley"], rows

    @override
    def __repr__(self) -> str:
        notes = "".join(f"\nNote: {note}" for note in self.notes)
        return f"{self._headline()}\n{text_table(*self._table())}{notes}"

    def _repr_html_(self) -> str:
        return html_report(self._headline(), *self._table(), "; ".join(self.notes))


def _or_nan(
    segment: Segment,
    changes: dict[str, Change] | None,
    theta: Mapping[str, float] | None,
) -> float:
    """Return the value after changes, NaN where they cannot be."""
    if changes is None:
        return math.nan
    try:
        return segment.subject.value(changes, theta)
    except ParameterError:
        return math.nan
