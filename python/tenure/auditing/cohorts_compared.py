"""The fourth lens: cohorts side by side."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from tenure._frame import native_frame
from tenure._report import counted, html_report, text_table
from tenure._typing import override
from tenure.auditing._ledger import label_of
from tenure.exceptions import EmptyDataError
from tenure.rfm.intervals import wilson

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from numpy.typing import NDArray

    from tenure.auditing._ledger import Ledger
    from tenure.cohorts import CohortValues, Retention

__all__ = ["CohortsCompared", "cohorts_compared"]

_SHOWN = 12


@dataclass(frozen=True, eq=False, repr=False)
class CohortsCompared:
    """Cohorts side by side, at the same age.

    The fourth lens of a customer-base audit: see `audit`.

    Attributes
    ----------
    columns : dict of str to array
        What `to_frame` returns.
    age : int
        The age at which values are compared: the highest that at least half of the
        cohorts, and two at least, have completed.
    retention : Retention
        Who bought at each age: the triangle.
    values : CohortValues
        What a customer has brought up to each age: the curves of lifetime value.
    what : str
        What values are: "revenue", "margin" or, without amounts, "orders".
    level : float
        Confidence level of intervals.
    """

    columns: dict[str, NDArray[Any]]
    age: int
    retention: Retention
    values: CohortValues
    what: str
    every: str
    level: float
    family: str

    def to_frame(self) -> Any:
        """Return one row a cohort.

        Returns
        -------
        frame
            `cohort`, `customers`, `first_value` (what a customer brought in the period
            in which the cohort came), `retained` (the share who bought in the period
            after) with Wilson's interval `retained_low` and `retained_high`, and
            `value`: what a customer had brought up to the age compared at, with
            `value_low` and `value_high`. NaN where the age is not over.
        """
        return native_frame(self.columns, family=self.family)

    def __len__(self) -> int:
        """Return the number of cohorts."""
        return len(self.columns["cohort"])

    def plot(self, *, ax: Axes | None = None, **kwargs: Any) -> Axes:
        """Draw the curves of lifetime value: `plotting.plot_cohort_values`."""
        return self.values.plot("curves", ax=ax, **kwargs)

    def sentences(self) -> list[str]:
        """Return what the numbers say, the most important first."""
        from tenure.auditing._words import of_cohorts_compared  # noqa: PLC0415

        return of_cohorts_compared(self)

    def labels(self) -> list[str]:
        """Return what the cohorts are called."""
        return [label_of(start, self.every) for start in self.columns["cohort"]]

    def _headline(self) -> str:
        many = counted(len(self), "cohort")
        return f"{many[:1].upper()}{many[1:]} compared, by {self.every} of arrival"

    def _table(self) -> tuple[list[str], list[list[str]]]:
        c, labels = self.columns, self.labels()
        rows = [
            [
                labels[place],
                f"{c['customers'][place]:,}",
                _number(c["first_value"][place]),
                _percent(c["retained"][place]),
                _number(c["value"][place]),
            ]
            for place in range(len(self))
        ][-_SHOWN:]
        by = f"value by age {self.age}"
        return ["", "customers", "first value", "retained", by], rows

    @override
    def __repr__(self) -> str:
        parts = [self._headline(), *self.sentences(), text_table(*self._table())]
        return "\n".join(parts)

    def _repr_html_(self) -> str:
        return html_report(self._headline(), *self._table(), " ".join(self.sentences()))


def _number(value: float) -> str:
    return "" if np.isnan(value) else f"{value:,.2f}"


def _percent(share: float) -> str:
    return "" if np.isnan(share) else f"{100 * share:.1f} %"


def cohorts_compared(
    ledger: Ledger, retention: Retention, values: CohortValues
) -> CohortsCompared:
    """Return the cohorts of complete periods side by side."""
    sizes = np.asarray(np.nanmax(retention.denominators, axis=1, initial=0.0))
    rows = np.flatnonzero(sizes > 0)
    done = (values.status == "complete") & np.isfinite(values.value)
    rows = rows[done[rows, 0]]
    if len(rows) < 2:
        what = "fewer than two cohorts have completed the period in which they came"
        raise EmptyDataError.of(what, hint="choose shorter periods")
    reached = done[rows].sum(axis=0)
    fewest = max(2, -(-len(rows) // 2))
    age = int(np.flatnonzero(reached >= fewest)[-1])
    again = retention.customers[rows, 1] if done.shape[1] > 1 else sizes[rows] * np.nan
    over = np.isfinite(again)
    share, low, high = wilson(
        np.where(over, again, 0).astype(np.int64),
        sizes[rows].astype(np.int64),
        ledger.level,
    )
    share, low, high = (np.where(over, one, np.nan) for one in (share, low, high))

    def at(table: NDArray[np.float64], column: int) -> NDArray[np.float64]:
        return np.where(done[rows, column], table[rows, column], np.nan)

    columns: dict[str, NDArray[Any]] = {
        "cohort": retention.cohorts[rows],
        "customers": sizes[rows].astype(np.int64),
        "first_value": at(values.value, 0),
        "retained": share,
        "retained_low": low,
        "retained_high": high,
        "value": at(values.value, age),
        "value_low": at(values.ci_low, age),
        "value_high": at(values.ci_high, age),
    }
    return CohortsCompared(
        columns=columns,
        age=age,
        retention=retention,
        values=values,
        what=ledger.what,
        every=ledger.every,
        level=ledger.level,
        family=ledger.family,
    )
