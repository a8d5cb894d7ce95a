"""Customers who start at different times: differences without forbidden comparisons."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import numpy as np

from tenure._differences import needed
from tenure._frame import Table, native_frame
from tenure._intervals import check_level, normal_quantile
from tenure._report import counted, html_report, text_table
from tenure._typing import override
from tenure.campaigns._group_time import Controls, GroupTimes, Mean, Staggered
from tenure.campaigns.effect import CLAIMS, Effect, shown
from tenure.exceptions import ParameterError

if TYPE_CHECKING:
    from collections.abc import Sequence

    from matplotlib.axes import Axes
    from numpy.typing import NDArray

__all__ = ["StaggeredDifferences", "staggered_differences"]


@dataclass(frozen=True, eq=False, repr=False)
class StaggeredDifferences:
    """By how much more those who started changed than those who had not (yet).

    Made by `staggered_differences`.

    Attributes
    ----------
    effect : Effect
        The mean over all customers and periods from their start on; `value` and
        `control_value` are the changes of both sides.
    since : int64 array
        Periods counted from each cohort's start: 0 is the first with treatment.
    difference, std_error, low, high : float64 array
        How much further apart cohorts and controls are than in the period before the
        start, in the mean of the cohorts that are observed so long before or after.
    pre_trend : float
        How likely they drift so far apart before the starts if they move in parallel;
        NaN with nothing to see of it.
    controls : {"not yet treated", "never treated"}
        Whom cohorts are compared with.
    without_controls : int
        Pairs of cohort and period with treatment that nobody was left to compare with:
        they are in no mean.
    left_out : dict of str to int
        Customers who are not compared, by reason.
    clusters : int
        Customers who are, whose rows go together.
    level : float
        Confidence level of the intervals.
    family : str
        The kind of frame that results come back as.
    """

    effect: Effect
    since: NDArray[np.int64]
    difference: NDArray[np.float64]
    std_error: NDArray[np.float64]
    low: NDArray[np.float64]
    high: NDArray[np.float64]
    pre_trend: float
    controls: Controls
    without_controls: int
    left_out: dict[str, int]
    clusters: int
    level: float
    family: str
    _cells: GroupTimes = field(repr=False)
    _behind: dict[str, NDArray[np.int64]] = field(repr=False)

    @property
    def claim(self) -> str:
        """What the comparison can claim."""
        if self.pre_trend < 1 - self.level:
            return (
                "association: the groups did not move in parallel before the starts "
                f"(p = {self.pre_trend:.2g})"
            )
        return CLAIMS["differences"]

    def to_frame(self) -> Any:
        """Return one row a period since the start: the event study.

        Returns
        -------
        frame
            `since`, `cohorts` and their `customers` behind it, `difference`,
            `std_error`, `low`, `high`.
        """
        columns = {
            "since": self.since,
            **self._behind,
            "difference": self.difference,
            "std_error": self.std_error,
            "low": self.low,
            "high": self.high,
        }
        return native_frame(columns, family=self.family)

    def by_cohort(self) -> Any:
        """Return one row a start: the mean effect from then on.

        Returns
        -------
        frame
            `start`, `customers`, `periods` that it is the mean of, `difference`,
            `std_error`, `low`, `high`. A cohort without controls has no row.
        """
        cells = self._cells
        after = cells.since >= 0
        starts = np.unique(cells.cohort[after])
        means = [cells.mean(after & (cells.cohort == one)) for one in starts]
        counts = [int((after & (cells.cohort == one)).sum()) for one in starts]
        columns: dict[str, NDArray[Any]] = {
            "start": cells.panel.periods[starts],
            "customers": np.array([one.customers for one in means]),
            "periods": np.array(counts),
            **_ends(means, self.level),
        }
        return native_frame(columns, family=self.family)

    def cells(self) -> Any:
        """Return one row a start and period: what all means are made of.

        Returns
        -------
        frame
            `start`, `period`, `since`, `customers`, `control_customers`, `difference`,
            `std_error`, `low`, `high`.
        """
        cells = self._cells
        each = np.arange(len(cells.cohort))
        means = [cells.mean(each == cell) for cell in each]
        columns: dict[str, NDArray[Any]] = {
            "start": cells.panel.periods[cells.cohort],
            "period": cells.panel.periods[cells.time],
            "since": cells.since,
            "customers": cells.sizes[:, 0],
            "control_customers": cells.sizes[:, 1],
            **_ends(means, self.level),
        }
        return native_frame(columns, family=self.family)

    def plot(self, *, ax: Axes | None = None) -> Axes:
        """Draw the event study; see `plotting.plot_event_study`."""
        from tenure.plotting.campaigns import plot_event_study  # noqa: PLC0415

        return plot_event_study(self, ax=ax)

    def _headline(self) -> str:
        found = self.effect
        trend = "not known, of one period before the starts"
        if not np.isnan(self.pre_trend):
            trend = f"p = {self.pre_trend:.3f}"
        gain = (
            f"Treated: {found.difference:+,.4g} {found.metric} a customer and "
            f"period from the start on ({100 * self.level:g} % interval "
            f"{found.low:+,.4g} to {found.high:+,.4g})"
        )
        starts = len(np.unique(self._cells.cohort[self._cells.since >= 0]))
        who = (
            f"{counted(self.clusters, 'customer')}, {found.customers:,} of them "
            f"treated from {counted(starts, 'start')} on, against those {self.controls}"
            + "".join(f"; {n:,} {why}" for why, n in self.left_out.items() if n)
        )
        lost = ""
        if self.without_controls:
            cells = counted(self.without_controls, "period")
            lost = f"; {cells} of a cohort without controls"
        return f"{self.claim}\n{gain}\n{who}{lost}; parallel before: {trend}"

    def _table(self) -> tuple[list[str], list[list[str]]]:
        rows = [
            [
                f"{since:+d}",
                f"{cohorts:,}",
                f"{customers:,}",
                shown(difference),
                f"[{shown(low)}, {shown(high)}]" if error > 0 else "",
            ]
            for since, cohorts, customers, difference, error, low, high in zip(
                self.since.tolist(),
                *(one.tolist() for one in self._behind.values()),
                self.difference,
                self.std_error,
                self.low,
                self.high,
                strict=True,
            )
        ]
        return ["since", "starts", "customers", "difference", "interval"], rows

    @override
    def __repr__(self) -> str:
        return f"{self._headline()}\n{text_table(*self._table())}"

    def _repr_html_(self) -> str:
        return html_report(self._headline(), *self._table())


def staggered_differences(
    panel: object,
    *,
    start: str = "start",
    controls: Controls = "not yet treated",
    customer: str = "customer_id",
    period: str = "period",
    outcome: str = "revenue",
    level: float = 0.95,
) -> StaggeredDifferences:
    """Return what treatment did of which customers had the start at different times.

    Each cohort, the customers of one start, is compared with customers who were
    untreated at that time: by how much more it has changed since the period before its
    start. The effects of cohorts and periods are averaged over everything from the
    start on, by the time since the start, and by cohort.

    Parameters
    ----------
    panel : frame
        One row a customer and period, for each period of each customer, with 0 where
        nothing was bought.
    start : str
        The column with the customer's first period with treatment, the same in every
        row; missing for those who are never treated. One after the last period is as
        good as never. Who starts in the first period or before is left out and counted.
    controls : {"not yet treated", "never treated"}
        Whom cohorts are compared with: everybody who is untreated until the period, or
        only those who are untreated in all periods.
    customer, period, outcome : str
        The other columns. Periods are whole numbers or dates.
    level : float
        Confidence level of the intervals.

    Returns
    -------
    StaggeredDifferences

    Raises
    ------
    DataError
        If a customer has no row for a period or two of them, or more than one start,
        or one that is no period.
    EmptyDataError
        If nobody starts within the periods, or there are no controls.

    See Also
    --------
    difference_in_differences : With one start for all.

    Notes
    -----
    The group-time effects of Callaway and Sant'Anna (2021), without covariates, with
    the period before the start as the base of all periods. A regression with constants
    for customers and periods would compare later cohorts with earlier ones, whose
    effects may still grow, and can be far off (Goodman-Bacon 2021). Means are weighted
    by customers of a cohort. Standard errors come from influence functions, one a
    customer, and hold the doubt about the weights; those of a single cohort and period
    are Welch's. The test of parallel trends is that the means before the start are all
    0. Those long before and long after the start are of fewer cohorts, which may differ
    by who is in them.

    References
    ----------
    Callaway, B., Sant'Anna, P. H. C. (2021). Difference-in-differences with multiple
    time periods. Journal of Econometrics 225(2), 200-230.
    Goodman-Bacon, A. (2021). Difference-in-differences with variation in treatment
    timing. Journal of Econometrics 225(2), 254-277.

    Examples
    --------
    Two start in period 1, two in period 2, two never:

    >>> import tenure as tn
    >>> frame = {
    ...     "customer_id": [i for i in range(6) for _ in range(3)],
    ...     "period": [0, 1, 2] * 6,
    ...     "start": [1] * 6 + [2] * 6 + [None] * 6,
    ...     "revenue": [5, 9, 9, 7, 9, 9, 3, 4, 8, 5, 6, 8, 1, 2, 3, 2, 3, 4],
    ... }
    >>> found = tn.campaigns.staggered_differences(frame)
    >>> found.by_cohort()["difference"], round(found.effect.difference, 9)
    (array([1.5, 2. ]), 1.666666667)
    """
    check_level(level, name="level")
    if controls not in ("not yet treated", "never treated"):
        raise ParameterError.of(
            name="controls",
            expected="be 'not yet treated' or 'never treated'",
            found=repr(controls),
        )
    table = Table.of(panel)
    rows = Staggered.of(table, (customer, period, outcome, start))
    cells = GroupTimes.of(rows, controls)
    since = np.unique(cells.since)
    means = [cells.mean(cells.since == k) for k in since]
    study = _ends(means, level)
    behind = {
        "cohorts": np.array([one.cohorts for one in means]),
        "customers": np.array([one.customers for one in means]),
    }
    return StaggeredDifferences(
        effect=_overall(cells, outcome, level),
        since=since,
        **study,
        pre_trend=_pre_trend(since, means),
        controls=controls,
        without_controls=cells.without,
        left_out=rows.left_out,
        clusters=len(rows.start),
        level=level,
        family=table.family,
        _cells=cells,
        _behind=behind,
    )


def _overall(cells: GroupTimes, outcome: str, level: float) -> Effect:
    mean = cells.mean(cells.since >= 0)
    ends = {name: float(one[0]) for name, one in _ends([mean], level).items()}
    p = np.nan
    if mean.error > 0:
        normal = needed("scipy.stats").norm
        p = float(2 * normal.sf(abs(mean.difference) / mean.error))
    return Effect(
        *(outcome, "treated", "group-time", mean.customers, cells.controls_used()),
        *(mean.change, mean.control_change),
        **ends,
        p_value=p,
    )


def _ends(means: Sequence[Mean], level: float) -> dict[str, NDArray[np.float64]]:
    difference = np.array([one.difference for one in means])
    error = np.array([one.error for one in means])
    reach = normal_quantile(level) * error
    return {
        "difference": difference,
        "std_error": error,
        "low": difference - reach,
        "high": difference + reach,
    }


def _pre_trend(since: NDArray[np.int64], means: Sequence[Mean]) -> float:
    """Return how likely means so far from 0 are before the start, if all are 0."""
    early = [one for k, one in zip(since, means, strict=True) if k < -1]
    early = [one for one in early if one.error > 0]
    if not early:
        return np.nan
    apart = np.array([one.difference for one in early])
    influence = np.stack([one.influence for one in early])
    covariance = influence @ influence.T
    rank = int(np.linalg.matrix_rank(covariance, hermitian=True))
    wald = float(apart @ np.linalg.pinv(covariance, hermitian=True) @ apart)
    free = influence.shape[1] - 1
    return float(needed("scipy.stats").f.sf(wald / rank, rank, free))
