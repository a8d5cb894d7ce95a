"""Whether satisfied customers stay longer and bring more."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from tenure._differences import UNKNOWN, Difference, mover, needed, welch
from tenure._frame import Table, native_frame
from tenure._intervals import check_level
from tenure._report import counted, html_report, text_table
from tenure._typing import override
from tenure._windows import positions_of, window_totals
from tenure.cohorts._intervals import two_share_p_values
from tenure.exceptions import DataError, EmptyDataError
from tenure.retention.periods import length_in_days, observed_until
from tenure.rfm.intervals import group_ratios, wilson
from tenure.voice._answers import Answers

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from numpy.typing import NDArray

    from tenure._typing import Date
    from tenure._units import Horizon
    from tenure.transactions import Transactions

__all__ = ["SatisfactionGap", "satisfaction_gap"]

GROUPS = ("promoters", "passives", "detractors")

# What adjusting needs: rows for five coefficients, and some to judge them by.
_FEWEST = 20


@dataclass(frozen=True, eq=False, repr=False)
class SatisfactionGap:
    """What promoters, passives and detractors did after they had answered.

    Made by `satisfaction_gap`.

    Attributes
    ----------
    groups : dict of str to array
        One row a group; see `to_frame`.
    retention, value : Difference
        Promoters less detractors: `value`, `low`, `high` and `p_value`.
    adjusted_retention, adjusted_value : Difference
        The same between customers who had bought alike before they answered.
    horizon_days : int
        How long customers were followed.
    too_early, unknown, again : int
        Answers that could not be followed for so long, came from nobody in the log
        or somebody who had not bought yet, or came after another of the same customer.
    level : float
        Confidence level.
    family : str
        The kind of frame that `to_frame` returns.
    """

    groups: dict[str, NDArray[Any]]
    retention: Difference
    value: Difference
    adjusted_retention: Difference
    adjusted_value: Difference
    horizon_days: int
    too_early: int
    unknown: int
    again: int
    level: float
    family: str

    def to_frame(self) -> Any:
        """Return one row a group.

        Columns: `group`, `customers`, `retained` (the share with a purchase within the
        horizon) with `retained_low` and `retained_high`, and `value` (the mean of what
        they bought in it) with `value_low` and `value_high`.
        """
        return native_frame(self.groups, family=self.family, index="group")

    def gaps(self) -> Any:
        """Return promoters less detractors, as they are and adjusted.

        Columns: `what` ("retention" or "value"), `adjusted`, `difference`, `low`,
        `high`, `p_value`.
        """
        rows = (
            self.retention,
            self.adjusted_retention,
            self.value,
            self.adjusted_value,
        )
        columns: dict[str, NDArray[Any]] = {
            "what": np.array(["retention"] * 2 + ["value"] * 2, dtype=object),
            "adjusted": np.array([False, True] * 2),
            "difference": np.array([row.value for row in rows]),
            "low": np.array([row.low for row in rows]),
            "high": np.array([row.high for row in rows]),
            "p_value": np.array([row.p_value for row in rows]),
        }
        return native_frame(columns, family=self.family)

    def sentence(self) -> str:
        """Return in words whether satisfaction goes with staying."""
        raw, adjusted = self.retention, self.adjusted_retention
        days = f"{self.horizon_days:,} days"
        if np.isnan(raw.value):
            return "There are no promoters or no detractors to compare."
        how = "more" if raw.value >= 0 else "fewer"
        words = (
            f"Within {days}, {100 * abs(raw.value):.1f} points {how} of the promoters "
            "than of the detractors bought again"
        )
        if np.isnan(adjusted.value):
            return f"{words}."
        far = f"{100 * adjusted.value:+.1f} points"
        sure = (
            "which chance alone could make"
            if adjusted.low <= 0 <= adjusted.high or np.isnan(adjusted.low)
            else "more than chance alone would make"
        )
        return f"{words}; of those who had bought alike before, {far}, {sure}."

    def plot(self, *, ax: Axes | None = None) -> Axes:
        """Draw retention by group; see `plotting.plot_satisfaction_gap`."""
        from tenure.plotting.voice import plot_satisfaction_gap  # noqa: PLC0415

        return plot_satisfaction_gap(self, ax=ax)

    def _table(self) -> tuple[list[str], list[list[str]]]:
        g = self.groups
        rows = [
            [
                str(name),
                f"{g['customers'][row]:,}",
                f"{100 * g['retained'][row]:.1f} %",
                f"{g['value'][row]:,.2f}",
            ]
            for row, name in enumerate(g["group"])
        ]
        return ["", "customers", "bought again", "mean value"], rows

    def _note(self) -> str:
        left = [
            (self.too_early, "too late to be followed"),
            (self.unknown, "of nobody who had bought by then"),
            (self.again, "by somebody who had answered before"),
        ]
        words = [f"{counted(count, 'answer')} {what}" for count, what in left if count]
        return f"left out: {', '.join(words)}" if words else ""

    @override
    def __repr__(self) -> str:
        parts = [self.sentence(), text_table(*self._table()), self._note()]
        return "\n".join(part for part in parts if part)

    def _repr_html_(self) -> str:
        return html_report(self.sentence(), *self._table(), self._note())


def satisfaction_gap(
    log: Transactions,
    survey: object,
    rating: str = "rating",
    *,
    customer: str = "customer_id",
    time: str = "date",
    horizon: Horizon = "12 months",
    as_of: Date | None = None,
    level: float = 0.95,
) -> SatisfactionGap:
    """Compare what promoters and detractors did after they had answered.

    Only what came after each answer counts, over the same length of time for all.
    Satisfied customers often are those who bought much before; the adjusted gap
    compares customers alike in that: a regression on purchases, value and days since
    the last purchase before the answer. Neither gap says that satisfaction is the
    cause.

    Parameters
    ----------
    log : Transactions
        The orders; with amounts, or the value is NaN.
    survey : frame
        One row an answer, on ratings from 0 to 10. Of several answers of a customer
        the first counts.
    rating, customer, time : str
        Its columns: ratings, who answered and when.
    horizon : float, str or timedelta, default "12 months"
        How long customers are followed from the day after their answer on, in whole
        days; numbers are days.
    as_of : date, optional
        The last day observed; that of the last order by default.
    level : float, default 0.95
        Confidence level.

    Returns
    -------
    SatisfactionGap

    Raises
    ------
    DataError
        If a rating is not on the scale, or an answer has no customer or date.
    EmptyDataError
        If no answer can be followed.

    Notes
    -----
    Shares have Wilson's intervals, their difference has Newcombe's and the p-value of
    the z test with a pooled variance; means are compared
    by Welch's test. The adjusted differences are ordinary least squares with standard
    errors that allow for unequal variances (HC1), and need statsmodels (extra `stats`);
    they are NaN with fewer than 20 promoters and detractors in all.

    Examples
    --------
    >>> import tenure as tn
    >>> log = tn.Transactions(tn.datasets.load_cdnow(family="numpy"), amount="amount")
    >>> summary = log.summary(as_of="1997-06-30")
    >>> survey = {
    ...     "customer_id": summary.customer_id,
    ...     "date": ["1997-06-30"] * len(summary.T),
    ...     "rating": [10 if x else 3 for x in summary.frequency],
    ... }
    >>> tn.voice.satisfaction_gap(log, survey, horizon="6 months")
    Within 183 days, ...
    """
    check_level(level, name="level")
    days = int(np.ceil(length_in_days(horizon, "horizon")))
    table = Table.of(survey)
    names = (rating, customer, time)
    followed = _follow(log, table, names, days, as_of)
    groups, retained, value, before = followed.parts()
    columns = _of_groups(groups, retained, value, level)
    adjusted = [
        _adjusted(groups, outcome, before, level)
        for outcome in (retained.astype(np.float64), value)
    ]
    value_gap = welch(value[groups == 0], value[groups == 2], level)
    if log.values is None:
        value_gap = adjusted[1] = UNKNOWN
        for name in ("value", "value_low", "value_high"):
            columns[name] = np.full(3, np.nan)
    return SatisfactionGap(
        groups=columns,
        retention=_retention_gap(columns, np.bincount(groups[retained], minlength=3)),
        value=value_gap,
        adjusted_retention=adjusted[0],
        adjusted_value=adjusted[1],
        horizon_days=days,
        too_early=followed.too_early,
        unknown=followed.unknown,
        again=followed.again,
        level=level,
        family=log.family,
    )


def _of_groups(
    groups: NDArray[np.int64],
    retained: NDArray[np.bool_],
    value: NDArray[np.float64],
    level: float,
) -> dict[str, NDArray[Any]]:
    counts = np.bincount(groups, minlength=3)
    kept = np.bincount(groups[retained], minlength=3)
    share, low, high = wilson(kept, counts, level)
    mean, mean_low, mean_high = group_ratios(
        value, np.ones(len(value)), groups, 3, level
    )
    return {
        "group": np.array(GROUPS, dtype=object),
        "customers": counts,
        "retained": share,
        "retained_low": low,
        "retained_high": high,
        "value": mean,
        "value_low": mean_low,
        "value_high": mean_high,
    }


def _retention_gap(
    columns: dict[str, NDArray[Any]], kept: NDArray[np.integer]
) -> Difference:
    names = ("retained", "retained_low", "retained_high")
    best, worst = (tuple(columns[name][place] for name in names) for place in (0, 2))
    counts = columns["customers"]
    _, p_value = two_share_p_values((kept[0], counts[0]), (kept[2], counts[2]))
    return Difference(*mover(best, worst), float(p_value))


@dataclass(frozen=True, eq=False)
class _Followed:
    """Answers whose customers were seen for the whole horizon afterwards."""

    log: Transactions
    who: NDArray[np.int64]
    day: NDArray[np.int64]
    ratings: NDArray[np.float64]
    horizon: int
    too_early: int
    unknown: int
    again: int

    def parts(
        self,
    ) -> tuple[
        NDArray[np.int64], NDArray[np.bool_], NDArray[np.float64], NDArray[np.float64]
    ]:
        """Return group, whether retained, value after, and behaviour before."""
        groups = np.where(self.ratings >= 9, 0, np.where(self.ratings <= 6, 2, 1))
        orders, value = window_totals(
            self.log, self.who, self.day + 1, self.day + self.horizon
        )
        long_ago = np.full(len(self.who), -719_162)
        past, spent = window_totals(self.log, self.who, long_ago, self.day)
        place = self.log.offsets[self.who] + past - 1
        last = self.log.times[place].astype("datetime64[D]").astype(np.int64)
        before = np.column_stack(
            [
                np.log1p(past),
                np.log1p(np.maximum(spent, 0.0)),
                np.log1p(self.day - last),
            ]
        )
        return groups, orders > 0, value, before


def _follow(
    log: Transactions,
    table: Table,
    names: tuple[str, str, str],
    horizon: int,
    as_of: Date | None,
) -> _Followed:
    rating, customer, time = names
    answers = Answers.read(
        table, rating, (0, 10), by=None, weights=None, weight_by=None
    )
    codes, instants = table.codes(customer), table.instants(time)
    for name, missing in ((customer, codes.values < 0), (time, instants.missing)):
        gone = answers.answered & (False if missing is None else missing)
        if gone.any():
            raise DataError.at(
                name,
                "say who answered, and when",
                row=int(gone.argmax()),
                found="nothing",
                count=int(gone.sum()),
            )
    rows = np.flatnonzero(answers.answered)
    day = instants.values[rows].astype("datetime64[us]").astype("datetime64[D]")
    day = day.astype(np.int64)
    order = np.lexsort([rows, day])
    rows, day = rows[order], day[order]
    _, first = np.unique(codes.values[rows], return_index=True)
    again = len(rows) - len(first)
    rows, day = rows[first], day[first]
    categories = np.array(codes.categories.tolist(), dtype=object)
    who = positions_of(log, categories[codes.values[rows]])
    born = log.times[log.offsets[np.maximum(who, 0)]].astype("datetime64[D]")
    known = (who >= 0) & (born.astype(np.int64) <= day)
    end = observed_until(log, as_of).astype("datetime64[D]").astype(np.int64)
    seen = day + horizon < end
    keep = known & seen
    if not keep.any():
        what = "no answer can be followed: none comes from a customer who had bought "
        what += f"by then and is observed for {horizon} days afterwards"
        raise EmptyDataError.of(what, hint="choose a shorter `horizon`")
    return _Followed(
        log,
        who[keep],
        day[keep],
        answers.ratings[rows[keep]],
        horizon,
        too_early=int((known & ~seen).sum()),
        unknown=int((~known).sum()),
        again=again,
    )


def _adjusted(
    groups: NDArray[np.int64],
    outcome: NDArray[np.float64],
    before: NDArray[np.float64],
    level: float,
) -> Difference:
    """Return promoters less detractors, with what they did before held equal."""
    some = groups != 1
    sides = np.bincount(groups[some], minlength=3)
    if some.sum() < _FEWEST or min(sides[0], sides[2]) < 2:
        return UNKNOWN
    columns = [np.ones(some.sum()), (groups[some] == 0).astype(np.float64)]
    for past in before[some].T:  # what the others say already is left out
        if np.linalg.matrix_rank(np.column_stack([*columns, past])) > len(columns):
            columns.append(past)
    statsmodels = needed("statsmodels.api")
    fit = statsmodels.OLS(outcome[some], np.column_stack(columns)).fit(cov_type="HC1")
    low, high = fit.conf_int(1 - level)[1]
    return Difference(
        float(fit.params[1]), float(low), float(high), float(fit.pvalues[1])
    )
