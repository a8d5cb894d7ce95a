"""The fifth lens: the whole base over time, by when customers came."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from tenure._frame import native_frame
from tenure._report import counted, html_report, text_table
from tenure._typing import override
from tenure.auditing._ledger import label_of
from tenure.rfm.intervals import sums, wilson

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from numpy.typing import NDArray

    from tenure.auditing._ledger import Ledger

    Floats = NDArray[np.float64]

__all__ = ["WholeBase", "whole_base"]

_SHOWN = 12


@dataclass(frozen=True, eq=False, repr=False)
class WholeBase:
    """All customers in all complete periods, by the period in which they came.

    The fifth lens of a customer-base audit: see `audit`.

    Attributes
    ----------
    period : numpy.datetime64 array
        The first day of each complete period.
    active : int64 array, shape (periods, cohorts)
        How many customers of each cohort bought in each period; cohorts are called by
        the period in which they came.
    orders : int64 array, shape (periods, cohorts)
        How many orders they made.
    value : float64 array, shape (periods, cohorts)
        What these brought.
    what : str
        What values are: "revenue", "margin" or, without amounts, "orders".
    level : float
        Confidence level of intervals.
    """

    period: NDArray[np.datetime64]
    active: NDArray[np.int64]
    orders: NDArray[np.int64]
    value: Floats
    what: str
    every: str
    level: float
    family: str

    def to_frame(self) -> Any:
        """Return one row a period.

        Returns
        -------
        frame
            `period`, `known` (customers so far), `active` (who bought), `active_share`
            of the known with Wilson's interval `active_low` and `active_high`, `new`
            (who came), `orders`, `value`, `value_new` (what those who came brought),
            `value_known` (what all others brought) and `new_value_share`.
        """
        return native_frame(self._columns(), family=self.family)

    def _columns(self) -> dict[str, NDArray[Any]]:
        new = np.diagonal(self.active).copy()
        known = np.cumsum(new)
        active, value = self.active.sum(axis=1), self.value.sum(axis=1)
        share, low, high = wilson(active, known, self.level)
        fresh = np.diagonal(self.value).copy()
        with np.errstate(divide="ignore", invalid="ignore"):
            part = np.where(value > 0, fresh / value, np.nan)
        return {
            "period": self.period,
            "known": known,
            "active": active,
            "active_share": share,
            "active_low": low,
            "active_high": high,
            "new": new,
            "orders": self.orders.sum(axis=1),
            "value": value,
            "value_new": fresh,
            "value_known": value - fresh,
            "new_value_share": part,
        }

    def by_cohort(self) -> Any:
        """Return one row a period and cohort that had come by then.

        Returns
        -------
        frame
            `period`, `cohort`, `active`, `orders`, `value`, and `share` of the period's
            value.
        """
        row, column = np.tril_indices(len(self.period))
        total = self.value.sum(axis=1)
        with np.errstate(divide="ignore", invalid="ignore"):
            share = np.where(
                total[row] > 0, self.value[row, column] / total[row], np.nan
            )
        columns: dict[str, NDArray[Any]] = {
            "period": self.period[row],
            "cohort": self.period[column],
            "active": self.active[row, column],
            "orders": self.orders[row, column],
            "value": self.value[row, column],
            "share": share,
        }
        return native_frame(columns, family=self.family)

    def __len__(self) -> int:
        """Return the number of complete periods."""
        return len(self.period)

    def plot(self, *, ax: Axes | None = None, **kwargs: Any) -> Axes:
        """Draw value by period and cohort: `plotting.plot_audit_base`."""
        from tenure.plotting import plot_audit_base  # noqa: PLC0415

        return plot_audit_base(self, ax=ax, **kwargs)

    def sentences(self) -> list[str]:
        """Return what the numbers say, the most important first."""
        from tenure.auditing._words import of_whole_base  # noqa: PLC0415

        return of_whole_base(self)

    def labels(self) -> list[str]:
        """Return what the periods are called."""
        return [label_of(start, self.every) for start in self.period]

    def _headline(self) -> str:
        return f"The whole base over {counted(len(self), self.every)}"

    def _table(self) -> tuple[list[str], list[list[str]]]:
        c, labels = self._columns(), self.labels()
        rows = [
            [
                labels[place],
                f"{c['known'][place]:,}",
                f"{c['active'][place]:,}",
                f"{c['new'][place]:,}",
                f"{c['value'][place]:,.2f}",
                f"{c['value_new'][place]:,.2f}",
            ]
            for place in range(len(self))
        ][-_SHOWN:]
        return [
            "",
            "known",
            "active",
            "new",
            self.what,
            f"{self.what} of the new",
        ], rows

    @override
    def __repr__(self) -> str:
        parts = [self._headline(), *self.sentences(), text_table(*self._table())]
        return "\n".join(parts)

    def _repr_html_(self) -> str:
        return html_report(self._headline(), *self._table(), " ".join(self.sentences()))


def whole_base(ledger: Ledger) -> WholeBase:
    """Return what each cohort brought in each complete period."""
    size = len(ledger.over)
    born = ledger.born[ledger.owner]
    kept = ledger.period < size
    cell = ledger.period[kept] * size + born[kept]
    shape = (size, size)
    once = np.unique(ledger.owner[kept] * size + ledger.period[kept])
    whose, when = np.divmod(once, size)
    active = np.bincount(when * size + ledger.born[whose], minlength=size * size)
    return WholeBase(
        period=ledger.starts[:size],
        active=active.reshape(shape),
        orders=np.bincount(cell, minlength=size * size).reshape(shape),
        value=sums(ledger.value[kept], cell, size * size).reshape(shape),
        what=ledger.what,
        every=ledger.every,
        level=ledger.level,
        family=ledger.family,
    )
