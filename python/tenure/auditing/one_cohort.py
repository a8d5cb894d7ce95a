"""The third lens: one cohort over time."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from tenure._frame import native_frame
from tenure._report import counted, html_report, text_table
from tenure._typing import override
from tenure.auditing._ledger import label_of
from tenure.exceptions import EmptyDataError, ParameterError
from tenure.rfm.intervals import wilson

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from numpy.typing import NDArray

    from tenure.auditing._ledger import Ledger
    from tenure.cohorts import CohortValues, Retention

    Floats = NDArray[np.float64]

__all__ = ["OneCohort", "one_cohort"]

# The first cohort with as many customers as this is looked at, if none is asked for.
_ENOUGH = 30


@dataclass(frozen=True, eq=False, repr=False)
class OneCohort:
    """The customers of one cohort, from the period in which they came.

    The third lens of a customer-base audit: see `audit`.

    Attributes
    ----------
    label : str
        What the cohort is called: the period of its first purchases.
    size : int
        How many customers it has.
    columns : dict of str to array
        What `to_frame` returns.
    is_first : bool
        Whether the log begins with this period: then some of them may have come before.
    what : str
        What values are: "revenue", "margin" or, without amounts, "orders".
    level : float
        Confidence level of intervals.
    """

    label: str
    size: int
    is_first: bool
    columns: dict[str, NDArray[Any]]
    what: str
    every: str
    level: float
    family: str

    def to_frame(self) -> Any:
        """Return one row a complete period since the cohort came.

        Returns
        -------
        frame
            `age` (0 is the period in which they came), `period`, `active` (customers
            who bought), their `share` with Wilson's interval `share_low` and
            `share_high`, `orders`, `value`, `orders_per_active`, `value_per_order`,
            and `cumulative`: what a customer of the cohort has brought up to the end
            of the period, with `cumulative_low` and `cumulative_high`.
        """
        return native_frame(self.columns, family=self.family)

    def __len__(self) -> int:
        """Return the number of periods."""
        return len(self.columns["age"])

    def plot(self, *, ax: Axes | None = None, **kwargs: Any) -> Axes:
        """Draw the cohort period by period: `plotting.plot_audit_cohort`."""
        from tenure.plotting import plot_audit_cohort  # noqa: PLC0415

        return plot_audit_cohort(self, ax=ax, **kwargs)

    def sentences(self) -> list[str]:
        """Return what the numbers say, the most important first."""
        from tenure.auditing._words import of_one_cohort  # noqa: PLC0415

        return of_one_cohort(self)

    def _headline(self) -> str:
        return f"The {counted(self.size, 'customer')} who came in {self.label}"

    def _table(self) -> tuple[list[str], list[list[str]]]:
        c = self.columns
        rows = [
            [
                label_of(c["period"][place], self.every),
                f"{c['active'][place]:,}",
                f"{100 * c['share'][place]:.1f} %",
                f"{c['orders_per_active'][place]:,.2f}",
                f"{c['value_per_order'][place]:,.2f}",
                f"{c['cumulative'][place]:,.2f}",
            ]
            for place in range(len(self))
        ]
        names = ["active", "share", "orders each", "value an order", "cumulative each"]
        return ["", *names], rows

    @override
    def __repr__(self) -> str:
        parts = [self._headline(), *self.sentences(), text_table(*self._table())]
        return "\n".join(parts)

    def _repr_html_(self) -> str:
        return html_report(self._headline(), *self._table(), " ".join(self.sentences()))


def one_cohort(
    ledger: Ledger,
    retention: Retention,
    values: CohortValues,
    cohort: np.datetime64 | None,
) -> OneCohort:
    """Return the life of one cohort.

    Parameters
    ----------
    ledger : Ledger
    retention, values : Retention, CohortValues
        Of all cohorts; the values are cumulative per acquired customer.
    cohort : numpy.datetime64, optional
        A day of the period in which it came; by default the first period in which at
        least 30 customers came, or the one in which most did.
    """
    born = np.bincount(ledger.born, minlength=len(ledger.starts) + 1)[:-1]
    place = _which(ledger, born, cohort)
    row = int(np.searchsorted(retention.cohorts, ledger.starts)[place])
    width = int(np.count_nonzero(ledger.over >= place))
    ages = np.arange(width)
    inside = ledger.born[ledger.owner] == place
    age = ledger.period[inside] - place
    kept = age < width
    orders = np.bincount(age[kept], minlength=width)
    value = np.bincount(age[kept], ledger.value[inside][kept], minlength=width)
    active = retention.customers[row, :width].astype(np.int64)
    share, low, high = wilson(active, int(born[place]), ledger.level)
    with np.errstate(divide="ignore", invalid="ignore"):
        columns = {
            "age": ages,
            "period": ledger.starts[place : place + width],
            "active": active,
            "share": share,
            "share_low": low,
            "share_high": high,
            "orders": orders,
            "value": value,
            "orders_per_active": orders / active,
            "value_per_order": value / orders,
            "cumulative": values.value[row, :width],
            "cumulative_low": values.ci_low[row, :width],
            "cumulative_high": values.ci_high[row, :width],
        }
    return OneCohort(
        label=ledger.label(place),
        size=int(born[place]),
        is_first=place == 0,
        columns=columns,
        what=ledger.what,
        every=ledger.every,
        level=ledger.level,
        family=ledger.family,
    )


def _which(
    ledger: Ledger, born: NDArray[np.int64], cohort: np.datetime64 | None
) -> int:
    """Return the place of the period in which the cohort came."""
    usable = np.where(ledger.complete, born, 0)
    if cohort is None:
        if not usable.any():
            what = "nobody came in a complete period"
            raise EmptyDataError.of(what, hint="choose shorter periods")
        enough = np.flatnonzero(usable >= _ENOUGH)
        return int(enough[0]) if len(enough) else int(np.argmax(usable))
    place = int(np.searchsorted(ledger.starts, cohort, side="right")) - 1
    if 0 <= place < len(usable) and usable[place] > 0:
        return place
    raise ParameterError.of(
        name="cohort",
        expected="be a day of a complete period in which somebody came",
        found=str(cohort),
    )
