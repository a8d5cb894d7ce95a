"""What cohorts are worth: money and orders by age, each and in all, with intervals."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Literal, TypeAlias, cast, get_args

import numpy as np

from tenure._intervals import check_level, normal_quantile
from tenure._report import counted, html_report, text_table
from tenure._typing import override
from tenure.cohorts._grid import COMPLETE
from tenure.exceptions import ParameterError

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from tenure._core_types import CohortCounts, CohortSums
    from tenure.cohorts._grid import Grid
    from tenure.cohorts._members import Interval, Members, Robust, Statistic

__all__ = ["CohortValues", "Per", "What"]

What: TypeAlias = Literal["revenue", "margin", "orders", "refunds"]
"""What is added up."""

Per: TypeAlias = Literal["cohort", "acquired", "active", "order"]
"""What it is divided by."""

_SHOWN = 13


@dataclass(frozen=True, eq=False, repr=False)
class CohortValues:
    """What the customers of each cohort were worth at each age.

    Made by `Cohorts.values` and `Cohorts.lifetime_value`. Cells that have not begun are
    NaN; what those in progress are depends on `incomplete`.

    Attributes
    ----------
    value : float64 array, shape (cohorts, ages)
        The sum of the cohort, or that per customer or order; NaN where there is
        nothing to divide by.
    ci_low, ci_high : float64 array, shape (cohorts, ages)
        Its interval; NaN for fewer than two customers.
    standard_error : float64 array, shape (cohorts, ages)
        From how much customers of the cohort differ.
    customers : float64 array, shape (cohorts, ages)
        Customers with an event at the age.
    what, per, statistic, interval, incomplete : str
        How it was made.
    cumulative : bool
        Whether cells are of the age and all before.
    level : float
        The level of the intervals.

    Examples
    --------
    >>> import tenure as tn
    >>> orders = {
    ...     "customer_id": ["ann", "bob", "ann", "cat", "ann"],
    ...     "date": [
    ...         *["2024-01-05", "2024-01-20", "2024-02-09"],
    ...         *["2024-02-10", "2024-03-31"],
    ...     ],
    ...     "amount": [10.0, 20.0, 30.0, 40.0, 50.0],
    ... }
    >>> log = tn.Transactions(orders, amount="amount")
    >>> log.cohorts("month").lifetime_value()
    CohortValues of 3 customers in 3 cohorts: revenue per acquired customer, cumulative
             size   0   1   2
    2024-01     2  15  30  55
    2024-02     1  40  40
    2024-03     0
    """

    value: NDArray[np.float64]
    ci_low: NDArray[np.float64]
    ci_high: NDArray[np.float64]
    standard_error: NDArray[np.float64]
    customers: NDArray[np.float64]
    what: str
    per: Per
    cumulative: bool
    incomplete: str
    level: float
    statistic: Statistic
    interval: Interval
    _grid: Grid
    _of_members: NDArray[np.float64]

    @classmethod
    def of(
        cls,
        grid: Grid,
        counts: CohortCounts,
        sums: CohortSums,
        *,
        what: str,
        per: str,
        cumulative: bool,
        incomplete: str,
        level: float,
        robust: Robust,
        members: Members,
    ) -> CohortValues:
        """Return the table of sums that have been made."""
        z = normal_quantile(check_level(level, name="level"))
        _check(what, per, robust, cumulative=cumulative)
        width = grid.width
        sizes = np.broadcast_to(grid.sizes[:, None], grid.eligible.shape)
        counted_as = grid.eligible if incomplete == "eligible" else sizes
        of_members = counted_as.astype(np.float64)
        active = counts["active"][:, :width].astype(np.float64)
        cells = cast("dict[str, NDArray[np.float64]]", sums)
        tables = {name: table[:, :width] for name, table in cells.items()}
        if robust.is_plain:
            moments = _Moments(of_members, active, tables, cumulative=cumulative)
            value, error = moments.estimate(per)
            low, high = value - z * error, value + z * error
        else:
            found = members.estimate(per, robust, level, cumulative=cumulative)
            value, low, high, error = (part[:, :width] for part in found)
        hidden = grid.hides(incomplete)
        if incomplete == "eligible":
            hidden = hidden | ((grid.eligible == 0) & (sizes > 0))
        value, low, high, error = (
            np.where(hidden, np.nan, part) for part in (value, low, high, error)
        )
        return cls(
            value=value,
            ci_low=low,
            ci_high=high,
            standard_error=error,
            customers=np.where(hidden, np.nan, active),
            what=what,
            per=per,  # pyright: ignore[reportArgumentType]
            cumulative=cumulative,
            incomplete=incomplete,
            level=level,
            statistic=robust.statistic,
            interval=robust.interval,
            _grid=grid,
            _of_members=np.where(hidden, np.nan, of_members),
        )

    # -- what the rows and columns are ---------------------------------------------

    @property
    def cohorts(self) -> NDArray[np.datetime64]:
        """The first day of each row's period."""
        return self._grid.cohorts

    @property
    def ages(self) -> NDArray[Any]:
        """The age of each column."""
        return self._grid.ages

    @property
    def sizes(self) -> NDArray[np.int64]:
        """The number of customers of each row."""
        return self._grid.sizes

    @property
    def status(self) -> NDArray[Any]:
        """Whether each cell is "complete", "in progress" or "future"."""
        from tenure.cohorts._grid import STATES  # noqa: PLC0415

        return np.array(STATES, dtype=object)[self._grid.states]

    @property
    def unit(self) -> str:
        """What ages count."""
        return self._grid.unit

    @property
    def outside(self) -> int:
        """Customers in no cohort: not begun by the last day, or without a segment."""
        return self._grid.outside

    @property
    def early(self) -> int:
        """Customers with events before they begin, which count nowhere."""
        return self._grid.early

    @property
    def family(self) -> str:
        """The kind of frame that results come back as."""
        return self._grid.family

    def to_frame(self) -> Any:
        """Return a frame with one row a cell.

        Columns: `cohort`, `period`, `customers` (with an event at the age),
        `cohort_size`, `value`, `standard_error`, `ci_low`, `ci_high` and `status`; with
        `by`, that column first. Cells that have not begun have no row.
        """
        return self._grid.long(
            {
                "customers": self.customers,
                "cohort_size": self._grid.sizes,
                "value": self.value,
                "standard_error": self.standard_error,
                "ci_low": self.ci_low,
                "ci_high": self.ci_high,
            }
        )

    def wide(self) -> Any:
        """Return a frame with one row a cohort and one column an age."""
        return self._grid.wide(self.value)

    def average(self) -> Any:
        """Return the value at each age over all customers whose cohort has reached it.

        Only complete cells count (and those of customers whose age is over, with
        `incomplete="eligible"`), and no cohorts of the burn-in.

        Returns
        -------
        frame
            One row an age: `period`, `cohorts`, `customers`, `value`, `ci_low` and
            `ci_high`.
        """
        if self.statistic == "median":
            raise ParameterError.of(
                name="statistic",
                expected="be 'mean' or 'winsorised' for an average",
                found="'median'",
            )
        if self.per != "acquired":
            raise ParameterError.of(
                name="per",
                expected="be 'acquired' for an average",
                found=repr(self.per),
            )
        from tenure._frame import native_frame  # noqa: PLC0415

        grid = self._grid
        usable = (grid.states == COMPLETE) | (self.incomplete == "eligible")
        usable &= np.isfinite(self.value) & ~grid.left_edge[:, None]
        n = np.where(usable, self._of_members, 0.0)
        total = n.sum(axis=0)
        with np.errstate(divide="ignore", invalid="ignore"):
            share = n / total
        value = (share * np.where(usable, self.value, 0.0)).sum(axis=0)
        # cohorts of one customer have no error of their own: neither has the average
        parts = np.where(usable & (n > 0), share * self.standard_error, 0.0)
        reach = normal_quantile(self.level) * np.sqrt((parts**2).sum(axis=0))
        columns = {
            "period": self.ages,
            "cohorts": usable.sum(axis=0),
            "customers": total.astype(np.int64),
            "value": value,
            "ci_low": value - reach,
            "ci_high": value + reach,
        }
        return native_frame(columns, family=self.family)

    def plot(self, kind: Literal["heatmap", "curves"] = "curves", **kwargs: Any) -> Any:
        """Draw a curve for each cohort, or the triangle; returns the axes."""
        from tenure import plotting  # noqa: PLC0415

        if kind == "curves":
            return plotting.plot_cohort_values(self, **kwargs)
        return plotting.plot_cohort_triangle(self, **kwargs)

    # -- text ------------------------------------------------------------------------

    def label(self, row: int) -> str:
        """Return the cohort of a row as people write it."""
        months = self.cohorts.astype("datetime64[M]")
        return str((months if (months == self.cohorts).all() else self.cohorts)[row])

    def __len__(self) -> int:
        """Return the number of rows."""
        return len(self._grid.sizes)

    @property
    def title(self) -> str:
        """What the cells are, in words."""
        words = {
            "cohort": "",
            "acquired": " per acquired customer",
            "active": " per active customer",
            "order": " per order",
        }
        cumulative = ", cumulative" if self.cumulative else ""
        median = "median " if self.statistic == "median" else ""
        capped = ", winsorised" if self.statistic == "winsorised" else ""
        return f"{median}{self.what}{words[self.per]}{cumulative}{capped}"

    def _headline(self) -> str:
        members = counted(int(self._grid.sizes.sum()), "customer")
        rows = counted(len(self), "cohort")
        return f"{type(self).__name__} of {members} in {rows}: {self.title}"

    def _rows(self) -> tuple[list[str], list[list[str]]]:
        grid = self._grid
        rows: list[list[str]] = []
        for place in range(min(len(self), _SHOWN)):
            names = [str(values[place]) for values in grid.rows.values()]
            names[-1] = self.label(place)
            cells = [
                "" if np.isnan(value) else f"{value:,.4g}"
                for value in self.value[place, :_SHOWN]
            ]
            rows.append([" ".join(names), f"{grid.sizes[place]:,}", *cells])
        return ["", "size", *[str(age) for age in self.ages[:_SHOWN]]], rows

    @override
    def __repr__(self) -> str:
        note = self._grid.note
        below = f"\n{note}" if note else ""
        return f"{self._headline()}\n{text_table(*self._rows())}{below}"

    def _repr_html_(self) -> str:
        return html_report(self._headline(), *self._rows(), self._grid.note)


def _check(what: str, per: str, robust: Robust, *, cumulative: bool) -> None:
    if per not in get_args(Per):
        expected = "be 'cohort', 'acquired', 'active' or 'order'"
        raise ParameterError.of(name="per", expected=expected, found=repr(per))
    if cumulative and per in ("active", "order"):
        raise ParameterError.of(
            name="per",
            expected="be 'cohort' or 'acquired' for cumulative values",
            found=repr(per),
        )
    if robust.statistic == "median" and per not in ("acquired", "active"):
        raise ParameterError.of(
            name="per",
            expected="be 'acquired' or 'active' for medians",
            found=repr(per),
        )
    if robust.statistic == "winsorised" and per == "order":
        raise ParameterError.of(
            name="per",
            expected="be 'cohort', 'acquired' or 'active' for winsorised values",
            found="'order'",
        )
    if what == "orders" and per == "order":
        raise ParameterError.of(
            name="per",
            expected="be 'cohort', 'acquired' or 'active' for orders",
            found=repr(per),
        )


class _Moments:
    """Sums over the members of cells, from which estimates and errors are made."""

    def __init__(
        self,
        members: NDArray[np.float64],
        active: NDArray[np.float64],
        sums: dict[str, NDArray[np.float64]],
        *,
        cumulative: bool,
    ) -> None:
        self.members, self.active, self.sums = members, active, sums
        self.total = sums["cumulative" if cumulative else "total"]
        self.squares = sums["cumulative_squared" if cumulative else "total_squared"]

    def estimate(self, per: str) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
        r"""Return values and their standard errors.

        With members drawn independently, the error of a ratio
        :math:`R = \sum y / \sum z` is by the delta method that of the mean of
        :math:`(y - R z) / \bar z` (Cochran, Sampling techniques, 3rd ed., 2.11);
        :math:`z = 1` gives that of a mean.
        """
        n, sums = self.members, self.sums
        if per in ("cohort", "acquired"):
            value, error = self._ratio(n, self.total, n, n)
            return (self.total, error * n) if per == "cohort" else (value, error)
        if per == "active":
            value, error = self._ratio(n, sums["of_active"], self.active, self.active)
        else:
            orders, squared = sums["orders"], sums["orders_squared"]
            value, error = self._ratio(n, sums["total_by_orders"], orders, squared)
        return value, np.where(self.active < 2, np.nan, error)

    def _ratio(
        self,
        n: NDArray[np.float64],
        cross: NDArray[np.float64],
        bases: NDArray[np.float64],
        squared: NDArray[np.float64],
    ) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
        """Return the ratio to `bases`, and its error; `cross` is the sum of y z."""
        with np.errstate(divide="ignore", invalid="ignore"):
            ratio = self.total / bases
            residual = self.squares - 2 * ratio * cross + ratio**2 * squared
            variance = np.maximum(residual, 0.0) / bases**2 * n / (n - 1)
            error = np.sqrt(variance)
        usable = (n > 1) & (bases > 0)
        return np.where(bases > 0, ratio, np.nan), np.where(usable, error, np.nan)
