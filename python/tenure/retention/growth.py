"""Growth accounting: who came, stayed, came back and left, and with what money."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Literal, TypeAlias

import numpy as np

from tenure import _core
from tenure._calendar import period_noun
from tenure._frame import native_frame
from tenure._report import counted, html_report, inflected, text_table
from tenure._typing import override
from tenure.exceptions import ParameterError
from tenure.retention.periods import Periods, at_least_one, ledger_of, shown_rows
from tenure.rfm.intervals import wilson

if TYPE_CHECKING:
    from collections.abc import Mapping
    from typing import Self

    from matplotlib.axes import Axes
    from numpy.typing import NDArray

    from tenure._calendar import Every, Weekday
    from tenure._core_types import LedgerColumns
    from tenure._typing import Date
    from tenure.retention.periods import Incomplete
    from tenure.transactions import Transactions

__all__ = ["GrowthAccounting", "Measure", "growth"]

Measure: TypeAlias = Literal["customers", "revenue"]
"""What is accounted for."""

_COUNTS = ("active", "buyers", "new", "retained", "resurrected", "churned")
_MONEY = (
    "revenue",
    "new_revenue",
    "expansion",
    "contraction",
    "resurrected_revenue",
    "churned_revenue",
)

# Rows of the printed table, at most.
_SHOWN = 12


@dataclass(frozen=True, eq=False, repr=False)
class GrowthAccounting:
    """How the customers, and the revenue, of each period came from those before.

    Made by `Transactions.growth` and `Subscriptions.growth`. A customer is active at
    the end of a period if they bought within its last `window * inactive_after`
    periods; a row compares that with what was `window` periods before. Always, and
    the same of money::

        active[t] = active[t - window] + new + resurrected - churned
        revenue[t] = (
            revenue[t - window]
            + new_revenue
            + resurrected_revenue
            + expansion
            - contraction
            - churned_revenue
        )

    Attributes
    ----------
    period : numpy.datetime64 array
        The first day of each period.
    complete : bool array
        Whether it was over at the end of observation.
    left_edge : bool array
        Whether the periods compared begin before the first purchase of the log: there
        everybody seems new, also those who had bought before the log begins.
    active : int64 array
        Customers who bought in the last `window * inactive_after` periods.
    buyers : int64 array
        Customers who bought in the last `window` periods.
    new, retained, resurrected, churned : int64 array
        Customers whose first purchase ever lies in the last `window` periods; who are
        active and were so before; who are active again; who are not active any more.
    revenue : float64 array or None
        What was paid in the last `window * inactive_after` periods, after the refunds
        known by then. A refund belongs to the period of the purchase that it reduces.
    new_revenue, resurrected_revenue : float64 array or None
        What new and resurrected customers paid of it.
    expansion, contraction : float64 array or None
        By how much retained customers paid more, and less, than before.
    churned_revenue : float64 array or None
        What those who churned had paid before.
    every : str
        How long a period is.
    window, inactive_after : int
        How many periods are looked at together, and after how many of those without a
        purchase a customer has churned.
    family : str
        The kind of frame that results come back as.

    Examples
    --------
    >>> import tenure as tn
    >>> orders = {
    ...     "customer_id": [1, 2, 2, 3, 1],
    ...     "date": [
    ...         "2024-01-09",
    ...         "2024-01-20",
    ...         "2024-02-02",
    ...         "2024-02-05",
    ...         "2024-03-31",
    ...     ],
    ... }
    >>> tn.Transactions(orders).growth()
    GrowthAccounting of 3 months, churned after 1 month without a purchase
                active  new  retained  resurrected  churned  churn rate
    2024-01-01       2    2         0            0        0
    2024-02-01       2    1         1            0        1      50.0 %
    2024-03-01       1    0         0            1        2     100.0 %
    """

    period: NDArray[np.datetime64]
    complete: NDArray[np.bool_]
    left_edge: NDArray[np.bool_]
    active: NDArray[np.int64]
    buyers: NDArray[np.int64]
    new: NDArray[np.int64]
    retained: NDArray[np.int64]
    resurrected: NDArray[np.int64]
    churned: NDArray[np.int64]
    revenue: NDArray[np.float64] | None
    new_revenue: NDArray[np.float64] | None
    expansion: NDArray[np.float64] | None
    contraction: NDArray[np.float64] | None
    resurrected_revenue: NDArray[np.float64] | None
    churned_revenue: NDArray[np.float64] | None
    every: Every
    window: int
    inactive_after: int
    family: str = "numpy"

    @classmethod
    def of(
        cls,
        ledger: LedgerColumns,
        periods: Periods,
        *,
        window: int = 1,
        inactive_after: int = 1,
        family: str = "numpy",
    ) -> Self:
        """Account for the rows of a ledger."""
        step = at_least_one(window, "window")
        length = step * at_least_one(inactive_after, "inactive_after")
        found = _core.growth_movements(ledger, length, step)
        for values in found.values():
            values.setflags(write=False)
        columns: dict[str, Any] = {name: found[name] for name in _COUNTS}
        has_money = ledger["amounts"] is not None
        columns |= {name: found[name] if has_money else None for name in _MONEY}
        return cls(
            period=periods.starts,
            complete=periods.complete,
            left_edge=np.arange(len(periods)) < length + step - 1,
            **columns,
            every=periods.every,
            window=step,
            inactive_after=int(inactive_after),
            family=family,
        )

    @property
    def previous(self) -> NDArray[np.int64]:
        """Customers who were active before: those retained and those churned."""
        return self.retained + self.churned

    @property
    def previous_revenue(self) -> NDArray[np.float64]:
        """The revenue `window` periods before; 0 before the first period."""
        return _before(self._money("revenue"), self.window)

    def quick_ratio(
        self, of: Measure = "customers", *, resurrected: bool = True
    ) -> NDArray[np.float64]:
        """Return how much is gained for each one that is lost, in each period.

        Parameters
        ----------
        of : {"customers", "revenue"}
            Customers: new and resurrected ones over those churned. Revenue: new,
            resurrected and expansion over contraction and churned.
        resurrected : bool, default True
            Whether those who come back count as gained.

        Returns
        -------
        float64 array
            Infinite where nothing is lost, NaN where nothing is gained either.

        Examples
        --------
        >>> import tenure as tn
        >>> orders = {
        ...     "customer_id": [1, 2, 3, 2, 3, 4],
        ...     "date": ["2024-01-09"] * 3 + ["2024-02-09"] * 2 + ["2024-02-29"],
        ... }
        >>> tn.Transactions(orders).growth().quick_ratio()
        array([inf,  1.])
        """
        if _checked(of) == "customers":
            gained = self.new + (self.resurrected if resurrected else 0)
            return _ratio(gained, self.churned)
        back = self._money("resurrected_revenue") if resurrected else 0.0
        gained = self._money("new_revenue") + self._money("expansion") + back
        return _ratio(
            gained, self._money("contraction") + self._money("churned_revenue")
        )

    def revenue_retention(
        self, span: int = 1, *, reactivation: bool = False
    ) -> Mapping[str, NDArray[np.float64]]:
        """Return net and gross revenue retention from the sums of movements.

        What finance adds up: the revenue at the start of the span, and all movements
        since, whoever's they are. It differs from what the customers of the start
        paid at the end (`Transactions.revenue_retention`) if anybody both expands and
        contracts within the span, and by movements of customers won in between.

        Parameters
        ----------
        span : int, default 1
            How many comparisons, each of `window` periods, are added up.
        reactivation : bool, default False
            Whether revenue that comes back counts for net retention.

        Returns
        -------
        mapping of str to float64 array
            `start_revenue`, `net_retention` and `gross_retention` for each period;
            NaN where the span begins before the log, or with no revenue.
        """
        steps = at_least_one(span, "span")
        gained = self._money("expansion")
        if reactivation:
            gained = gained + self._money("resurrected_revenue")
        lost = self._money("contraction") + self._money("churned_revenue")
        start = _before(self._money("revenue"), steps * self.window)
        moved = [
            sum(_before(one, place * self.window) for place in range(steps))
            for one in (gained, lost)
        ]
        base = np.where(start > 0, start, np.nan)
        return {
            "start_revenue": start,
            "net_retention": (base + moved[0] - moved[1]) / base,
            "gross_retention": (base - moved[1]) / base,
        }

    def to_frame(self, *, incomplete: Incomplete = "drop", level: float = 0.95) -> Any:
        """Return a frame of the family that the data came in, one row a period.

        Parameters
        ----------
        incomplete : {"drop", "mask", "flag"}
            What to show of the period in progress, in which those who will still buy
            seem to have left: nothing, a row without numbers, or what there is.
        level : float, default 0.95
            Confidence level of the interval of the churn rate (Wilson 1927).

        Returns
        -------
        frame
            `period`, `active`, `buyers`, `new`, `retained`, `resurrected`, `churned`,
            `churn_rate` (of those active before) with `churn_low` and `churn_high`,
            and `quick_ratio`; in a log with amounts also the movements of revenue,
            `revenue_quick_ratio`, `net_retention` and `gross_retention` (from one
            row to the next); then `left_edge` and, unless rows are dropped, `status`.
        """
        rate, low, high = wilson(self.churned, self.previous, level)
        columns: dict[str, NDArray[Any]] = {
            "period": self.period,
            **{name: getattr(self, name) for name in _COUNTS},
            "churn_rate": rate,
            "churn_low": low,
            "churn_high": high,
            "quick_ratio": self.quick_ratio(),
        }
        if self.revenue is not None:
            retained = self.revenue_retention()
            columns |= {name: self._money(name) for name in _MONEY}
            columns["revenue_quick_ratio"] = self.quick_ratio("revenue")
            columns["net_retention"] = retained["net_retention"]
            columns["gross_retention"] = retained["gross_retention"]
        columns["left_edge"] = self.left_edge
        shown = shown_rows(columns, self.complete, incomplete)
        return native_frame(shown, family=self.family, index="period")

    def movements(
        self, of: Measure = "customers", *, incomplete: Incomplete = "drop"
    ) -> Any:
        """Return the movements as a long frame: what `plot` draws.

        Parameters
        ----------
        of : {"customers", "revenue"}
            What is accounted for.
        incomplete : {"drop", "mask", "flag"}
            As `to_frame`.

        Returns
        -------
        frame
            One row a period and movement: `period`, `movement` and how many
            `customers`, or how much `revenue`; losses are negative.
        """
        signs = self._signs(of)
        count = len(signs)
        values = np.stack(
            [sign * self._column(name) for name, sign in signs.items()], axis=1
        )
        columns: dict[str, NDArray[Any]] = {
            "period": np.repeat(self.period, count),
            "movement": np.tile(np.array(list(signs), dtype=object), len(self.period)),
            of: values.ravel(),
        }
        shown = shown_rows(columns, np.repeat(self.complete, count), incomplete)
        return native_frame(shown, family=self.family)

    def plot(
        self, of: Measure = "customers", *, ax: Axes | None = None, **kwargs: Any
    ) -> Axes:
        """Draw what is gained and lost in each period; see `plotting.plot_growth`."""
        from tenure.plotting.growth import plot_growth  # noqa: PLC0415

        return plot_growth(self, of=of, ax=ax, **kwargs)

    def _signs(self, of: Measure) -> dict[str, int]:
        """Return the movements, gains first, each with its sign."""
        if _checked(of) == "customers":
            return {"new": 1, "resurrected": 1, "churned": -1}
        self._money("revenue")
        return {
            "new_revenue": 1,
            "resurrected_revenue": 1,
            "expansion": 1,
            "contraction": -1,
            "churned_revenue": -1,
        }

    def _column(self, name: str) -> NDArray[Any]:
        return self._money(name) if name in _MONEY else getattr(self, name)

    def _money(self, name: str) -> NDArray[np.float64]:
        values: NDArray[np.float64] | None = getattr(self, name)
        if values is None:
            raise ParameterError.of(
                name="of",
                expected="be 'customers' for a log without amounts",
                found="'revenue'",
                hint="name the column of amounts when the log is made",
            )
        return values

    def __len__(self) -> int:
        """Return the number of periods, the one in progress among them."""
        return len(self.period)

    def _headline(self) -> str:
        noun = period_noun(self.every)
        windows = f" windows of {self.window} {noun}s," if self.window > 1 else ""
        after = counted(self.inactive_after * self.window, noun)
        return (
            f"GrowthAccounting of {counted(int(self.complete.sum()), noun)},"
            f"{windows} churned after {after} without a purchase"
        )

    def _table(self) -> tuple[list[str], list[list[str]]]:
        names = ["active", "new", "retained", "resurrected", "churned"]
        places = np.flatnonzero(self.complete)[-_SHOWN:]
        rate, _, _ = wilson(self.churned, self.previous, 0.95)
        rows = [
            [
                str(self.period[place].astype("datetime64[D]")),
                *[f"{getattr(self, name)[place]:,}" for name in names],
                "" if np.isnan(rate[place]) else f"{100 * rate[place]:.1f} %",
            ]
            for place in places
        ]
        return ["", *names, "churn rate"], rows

    def _note(self) -> str:
        hidden = max(0, int(self.complete.sum()) - _SHOWN)
        notes = [f"{hidden} earlier {inflected(hidden, 'row')} not shown"] * (
            hidden > 0
        )
        if not self.complete.all():
            start = self.period[-1].astype("datetime64[D]")
            notes.append(f"the {period_noun(self.every)} from {start} is in progress")
        return "; ".join(notes)

    @override
    def __repr__(self) -> str:
        note = self._note()
        below = f"\n{note}" if note else ""
        return f"{self._headline()}\n{text_table(*self._table())}{below}"

    def _repr_html_(self) -> str:
        return html_report(self._headline(), *self._table(), self._note())


def _checked(of: str) -> Measure:
    if of == "customers" or of == "revenue":  # noqa: PLR1714 (narrows the type)
        return of
    raise ParameterError.of(
        name="of", expected="be 'customers' or 'revenue'", found=repr(of)
    )


def _before(values: NDArray[np.float64], periods: int) -> NDArray[np.float64]:
    """Return each value of so many periods before; 0 before the first."""
    kept = max(len(values) - periods, 0)
    return np.concatenate([np.zeros(len(values) - kept), values[:kept]])


def _ratio(above: NDArray[Any], below: NDArray[Any]) -> NDArray[np.float64]:
    with np.errstate(divide="ignore", invalid="ignore"):
        return np.asarray(above, np.float64) / below


def growth(
    log: Transactions,
    every: Every,
    *,
    window: int,
    inactive_after: int,
    week_start: Weekday,
    year_start: int,
    as_of: Date | None,
) -> GrowthAccounting:
    """Account for the customers of a log; see `Transactions.growth`."""
    periods = Periods.of(log, every, as_of, week_start, year_start)
    return GrowthAccounting.of(
        ledger_of(log, periods, as_of),
        periods,
        window=window,
        inactive_after=inactive_after,
        family=log.family,
    )
