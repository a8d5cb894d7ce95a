"""A triangle of retention: cohorts by age, with intervals, averages and tests."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Literal, TypeAlias

import numpy as np

from tenure._frame import native_frame, native_series
from tenure._report import html_report, text_table
from tenure._typing import override
from tenure.cohorts._averages import Average, Kind, average
from tenure.cohorts._comparisons import Against, compared_at, compared_curves
from tenure.cohorts._intervals import Adjustment, wilson
from tenure.cohorts._retention_text import headline, shares

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from tenure._renewal_predictions import RenewalModel
    from tenure._units import Horizon
    from tenure.cohorts._grid import Grid
    from tenure.cohorts.projection import Projection, Resample

__all__ = ["Denominator", "Retention", "Rule"]

Rule: TypeAlias = Literal[
    "bounded", "unbounded", "cumulative", "consecutive", "relative"
]
"""What makes a customer count as retained at an age."""

Denominator: TypeAlias = Literal["size", "eligible", "previous"]
"""Whom retention is a share of."""


@dataclass(frozen=True, eq=False, repr=False)
class Retention:
    """How many customers of each cohort were retained at each age.

    Made by `Cohorts.retention`. Cells that have not begun are NaN; what those in
    progress are depends on `incomplete`.

    Attributes
    ----------
    customers : float64 array, shape (cohorts, ages)
        Customers who count as retained; NaN where a cell has no value.
    denominators : float64 array, shape (cohorts, ages)
        Whom they are a share of.
    retention : float64 array, shape (cohorts, ages)
        The share; NaN too where there is nobody to be a share of.
    ci_low, ci_high : float64 array, shape (cohorts, ages)
        Wilson's interval of each cell; NaN where retention is no share of the same
        customers: it can be above 1 with the "bounded" rule and the "previous"
        denominator.
    rule, denominator, incomplete : str
        How it was made.
    level : float
        The level of the intervals.

    Examples
    --------
    >>> import tenure as tn
    >>> orders = {
    ...     "customer_id": ["ann", "bob", "ann", "cat", "cat", "ann"],
    ...     "date": [
    ...         *["2024-01-05", "2024-01-20", "2024-02-09"],
    ...         *["2024-02-10", "2024-03-01", "2024-03-31"],
    ...     ],
    ... }
    >>> retention = tn.Transactions(orders).cohorts("month").retention()
    >>> retention
    Retention of 3 customers in 3 cohorts, share of the cohort with an event at the age
             size    0    1    2
    2024-01     2  100   50   50
    2024-02     1  100  100
    2024-03     0
    >>> retention.average()["retention"]
    array([1.        , 0.66666667, 0.5       ])
    """

    customers: NDArray[np.float64]
    denominators: NDArray[np.float64]
    retention: NDArray[np.float64]
    ci_low: NDArray[np.float64]
    ci_high: NDArray[np.float64]
    rule: Rule
    denominator: Denominator
    incomplete: str
    level: float
    _grid: Grid

    @classmethod
    def of(
        cls,
        grid: Grid,
        retained: NDArray[np.int64],
        previous: NDArray[np.int64],
        *,
        rule: Rule,
        denominator: Denominator,
        incomplete: str,
        level: float,
    ) -> Retention:
        """Return the table of counts that have been made."""
        width = grid.width
        sizes = np.broadcast_to(grid.sizes[:, None], grid.eligible.shape)
        members = grid.eligible if incomplete == "eligible" else sizes
        bases = {
            "size": members,
            "eligible": grid.eligible,
            "previous": previous[:, :width],
        }
        hidden = grid.hides(incomplete)
        if incomplete == "eligible":
            hidden = hidden | ((grid.eligible == 0) & (sizes > 0))
        customers = np.where(hidden, np.nan, retained[:, :width])
        denominators = np.where(hidden, np.nan, bases[denominator])
        if denominator == "previous":
            denominators[:, 0] = np.where(hidden[:, 0], np.nan, members[:, 0])
        with np.errstate(divide="ignore", invalid="ignore"):
            retention = customers / denominators
        is_share = customers <= denominators
        if denominator == "previous" and rule == "bounded":
            is_share = np.zeros_like(is_share)
        trials = np.where(is_share, denominators, np.nan)
        low, high = wilson(np.where(is_share, customers, np.nan), trials, level)
        table = cls(
            customers=customers,
            denominators=denominators,
            retention=retention,
            ci_low=low,
            ci_high=high,
            rule=rule,
            denominator=denominator,
            incomplete=incomplete,
            level=level,
            _grid=grid,
        )
        for values in (customers, denominators, retention, low, high):
            values.setflags(write=False)
        return table

    # -- what the rows and columns are ---------------------------------------------

    @property
    def cohorts(self) -> NDArray[np.datetime64]:
        """The first day of each row's period."""
        return self._grid.cohorts

    @property
    def ages(self) -> NDArray[Any]:
        """The age of each column; the text of a bracket of ages."""
        return self._grid.ages

    @property
    def status(self) -> NDArray[Any]:
        """Whether each cell is "complete", "in progress" or "future"."""
        from tenure.cohorts._grid import STATES  # noqa: PLC0415

        return np.array(STATES, dtype=object)[self._grid.states]

    @property
    def cohort_size(self) -> Any:
        """The number of customers of each row, as a series of the caller's family."""
        grid = self._grid
        index = None
        if grid.family == "pandas":
            names: Any = dict(grid.rows)
            frame = native_frame(names, family="pandas")
            index = frame.set_index(list(names)).index
        return native_series("cohort_size", grid.sizes, family=grid.family, index=index)

    @property
    def left_edge(self) -> NDArray[np.bool_]:
        """Rows of the burn-in, which averages and tests leave out."""
        return self._grid.left_edge

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

    @property
    def by(self) -> tuple[str, NDArray[Any]] | None:
        """What rows are divided by beside the cohort, and the segment of each row."""
        return self._grid.segments

    # -- frames ----------------------------------------------------------------------

    def to_frame(self) -> Any:
        """Return a frame with one row a cell.

        Columns: `cohort`, `period`, `customers`, `cohort_size`, `denominator`,
        `retention`, `ci_low`, `ci_high` and `status`; with `by`, that column first.
        Cells that have not begun have no row.
        """
        return self._grid.long(
            {
                "customers": self.customers,
                "cohort_size": self._grid.sizes,
                "denominator": self.denominators,
                "retention": self.retention,
                "ci_low": self.ci_low,
                "ci_high": self.ci_high,
            }
        )

    def wide(self, values: str = "retention") -> Any:
        """Return a frame with one row a cohort and one column an age.

        Parameters
        ----------
        values : {"retention", "customers", "denominators", "ci_low", "ci_high"}
            What stands in the cells; or "status", or "in_progress": whether a cell has
            begun and is not over.

        Returns
        -------
        frame
            For pandas, indexed by cohort, with the ages as columns; other families
            have the columns `cohort` and `cohort_size` first.
        """
        from tenure.cohorts._grid import IN_PROGRESS  # noqa: PLC0415

        tables = {
            "retention": lambda: self.retention,
            "customers": lambda: self.customers,
            "denominators": lambda: self.denominators,
            "ci_low": lambda: self.ci_low,
            "ci_high": lambda: self.ci_high,
            "status": lambda: self.status,
            "in_progress": lambda: self._grid.states == IN_PROGRESS,
        }
        if values not in tables:
            from tenure.exceptions import ParameterError  # noqa: PLC0415

            expected = f"be one of {', '.join(tables)}"
            raise ParameterError.of(
                name="values", expected=expected, found=repr(values)
            )
        return self._grid.wide(tables[values]())

    # -- all cohorts together --------------------------------------------------------

    def average(
        self,
        kind: Kind = "weighted",
        *,
        interval: Average | None = None,
        level: float | None = None,
        draws: int = 2000,
        seed: int = 0,
    ) -> Any:
        """Return retention at each age over all cohorts that have reached it.

        Cohorts with nobody and those of the burn-in are left out, cohorts to which
        nobody returned are not.

        Parameters
        ----------
        kind : {"weighted", "simple", "chained"}
            "weighted": all retained customers over all who could be, so that large
            cohorts count for more. "simple": the mean of the cohorts' shares.
            "chained": the product over ages of how many were retained for each one
            retained at the age before, over cohorts known at both, so that the curve
            has no jumps where cohorts drop out; it needs the cohort as denominator.
        interval : {"wilson", "overdispersed", "bootstrap"}, optional
            "wilson" takes customers as independent. "overdispersed" divides their
            number by the dispersion of the cohorts, where that is above 1.
            "bootstrap" draws whole cohorts anew, and suits all kinds. By default
            "wilson" for weighted averages and "bootstrap" for others.
        level : float, optional
            By default that of the table.
        draws, seed : int
            Of the bootstrap.

        Returns
        -------
        frame
            One row an age: `period`, `cohorts`, `customers`, `at_risk`, `retention`,
            `ci_low`, `ci_high` and `dispersion`: Pearson's chi-squared of the cohorts
            by its degrees of freedom, about 1 if they differ by chance alone.
        """
        return average(
            self,
            kind,
            interval=interval,
            level=self.level if level is None else level,
            draws=draws,
            seed=seed,
        )

    def compare(
        self,
        age: object,
        *,
        against: Against = "rest",
        adjust: Adjustment = "holm",
        level: float | None = None,
    ) -> Any:
        """Test whether cohorts differ at an age: "is March really worse?".

        Parameters
        ----------
        age : int or str
            One of `ages`.
        against : {"rest", "previous"}
            What each cohort is compared with: all others together, or the one before.
        adjust : {"holm", "bh", "none"}
            How `p_adjusted` allows for there being many cohorts.
        level : float, optional
            Of the intervals of differences; by default that of the table.

        Returns
        -------
        frame
            One row a cohort with a value at the age: `cohort`, `customers`,
            `denominator`, `retention`, `other` (retention of what it is compared
            with), `difference` with Newcombe's `ci_low` and `ci_high`, `z`, `p_value`
            and `p_adjusted`.
        """
        level = self.level if level is None else level
        return compared_at(self, age, against=against, adjust=adjust, level=level)

    def compare_curves(self, *, adjust: Adjustment = "holm") -> Any:
        """Test whether whole curves differ: log-rank tests of cohorts with the rest.

        The event is the return for the "cumulative" rule, and the end of being
        retained for "unbounded" and "consecutive".

        Returns
        -------
        frame
            One row a cohort: `cohort`, `customers`, `events`, `expected` (if it were
            like the others), `statistic`, `p_value` and `p_adjusted`.
        """
        return compared_curves(self, adjust=adjust)

    # -- what comes after ------------------------------------------------------------

    def project(
        self,
        model: str | RenewalModel = "BdW",
        *,
        ages: Horizon | None = None,
        holdout: int = 3,
        pooled: bool = True,
        settle: int = 0,
        resample: Resample = "customers",
        replicates: int = 200,
        level: float | None = None,
        seed: int = 0,
    ) -> Projection:
        """Continue retention by a model of renewal, beside what was held out.

        The models describe customers who stay until they leave for good: retention by
        the "consecutive" rule, or by the "unbounded" one. They are fitted to complete
        cells, without the cohorts of the burn-in; each cohort counts for as long as it
        was seen. For buyers who come and go models of repeat purchase say more.

        Parameters
        ----------
        model : str or model of renewal, default "BdW"
            "SBG", "BdW", "Geometric" or "DiscreteWeibull"; or an unfitted model with
            its settings, such as `SBG(never_leaving=True)`.
        ages : int or str, optional
            The last age, as a number or a text such as "5 years"; by default twice the
            last one seen.
        holdout : int, default 3
            How many of the last ages of each cohort a second fit leaves out, whose
            expectations stand beside what came; 0 for none.
        pooled : bool, default True
            Whether all cohorts (of a segment) have one model, or each has its own;
            those that say too little take that of all.
        settle : int, default 0
            Leave out the last so many ages of each cohort: with the "unbounded" rule
            customers who will yet return are missing there.
        resample : {"customers", "cohorts"}
            What is drawn anew for the bands: customers of the fitted model; or whole
            cohorts, which holds where these differ by more than chance. A cohort by
            itself has customers drawn.
        replicates : int, default 200
            How many data sets are drawn.
        level : float, optional
            Of the intervals; by default that of the table.
        seed : int, default 0
            Of the draws.

        Returns
        -------
        Projection

        Raises
        ------
        ParameterError
            If the rule is one that no model of renewal describes.
        EmptyDataError
            If too few ages are known.

        Warns
        -----
        EstimateWarning
            With the "unbounded" rule and nothing left to settle.

        See Also
        --------
        Renewals : What the models are fitted to, from other tables.
        BGNBD : For customers who come and go.

        Examples
        --------
        >>> import tenure as tn
        >>> paying = [1000, 631, 468, 382, 326, 289]
        >>> payments = {
        ...     "customer_id": [who for count in paying for who in range(count)],
        ...     "date": [
        ...         f"{2018 + year}-06-01"
        ...         for year, count in enumerate(paying)
        ...         for _ in range(count)
        ...     ],
        ... }
        >>> cohorts = tn.Cohorts.from_events(payments, "year", as_of="2023-12-31")
        >>> found = cohorts.retention("consecutive").project("SBG", ages=12, holdout=2)
        >>> found.to_frame()["expected"][[1, 5, 12]].round(3)
        array([0.628, 0.288, 0.164])
        """
        from tenure.cohorts._project import project  # noqa: PLC0415

        return project(
            self,
            model,
            ages=ages,
            holdout=holdout,
            pooled=pooled,
            settle=settle,
            resample=resample,
            replicates=replicates,
            level=self.level if level is None else level,
            seed=seed,
        )

    def plot(
        self, kind: Literal["heatmap", "curves"] = "heatmap", **kwargs: Any
    ) -> Any:
        """Draw the triangle, or a curve for each cohort; returns the axes."""
        from tenure import plotting  # noqa: PLC0415

        if kind == "curves":
            return plotting.plot_retention_curves(self, **kwargs)
        return plotting.plot_retention(self, **kwargs)

    # -- text ------------------------------------------------------------------------

    def __len__(self) -> int:
        """Return the number of rows."""
        return len(self._grid.sizes)

    def label(self, row: int) -> str:
        """Return the cohort of a row as people write it."""
        day = self.cohorts[row]
        months = self.cohorts.astype("datetime64[M]")
        return str(months[row] if (months == self.cohorts).all() else day)

    @override
    def __repr__(self) -> str:
        grid = self._grid
        below = f"\n{grid.note}" if grid.note else ""
        return f"{headline(self, grid)}\n{text_table(*shares(self, grid))}{below}"

    def _repr_html_(self) -> str:
        note = "Shares in per cent; empty where a cell has no value."
        if self._grid.note:
            note += f" {self._grid.note}"
        return html_report(headline(self, self._grid), *shares(self, self._grid), note)
