"""Whether the best customers of one date are still the best at another."""

from __future__ import annotations

from dataclasses import dataclass, field
from itertools import combinations
from typing import TYPE_CHECKING, Any

import numpy as np

from tenure._frame import native_frame
from tenure._intervals import check_level
from tenure._ranking import top_count
from tenure._report import html_report, text_table, written
from tenure._time import civil_microseconds
from tenure._typing import override
from tenure._units import in_units
from tenure.exceptions import EmptyDataError, ParameterError
from tenure.formulas import valued_activity
from tenure.rfm.intervals import wilson

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from tenure._typing import Date
    from tenure.transactions import Transactions

__all__ = ["TopStability", "top_stability"]


@dataclass(frozen=True, eq=False, repr=False)
class TopStability:
    """How many of the best customers of one date are among the best of another.

    Made by `top_stability`.

    Attributes
    ----------
    columns : dict of str to array
        What `to_frame` returns.
    share : float
        Which share of the customers counts as the best.
    window : str or None
        The time before each date that values are of; None for all of it.
    interval : float
        Confidence level of the intervals.
    """

    columns: dict[str, NDArray[Any]]
    share: float
    window: str | None
    interval: float
    _family: str = field(repr=False)

    def to_frame(self) -> Any:
        """Return one row a pair of dates.

        Returns
        -------
        frame
            `from`, `to`; `top_from`, `top_to`: how many customers are the best at
            each; `stayed`: how many are at both; `retention`: `stayed` over
            `top_from`, with its Wilson interval `lower`, `upper`; `by_chance`: what
            the retention would be if rank at the second date had nothing to do with
            that at the first; `overlap`: `stayed` over all who are among the best at
            either (Jaccard index); `newcomers`: how many of the best at the second
            date had not bought by the first.
        """
        return native_frame(self.columns, family=self._family)

    def sentences(self) -> list[str]:
        """Return what the numbers say, a sentence a pair of dates."""
        rows = zip(*self.columns.values(), strict=True)
        names = tuple(self.columns)
        return [self._sentence(dict(zip(names, row, strict=True))) for row in rows]

    def _sentence(self, row: dict[str, Any]) -> str:
        ends = f"{100 * row['lower']:.0f} to {100 * row['upper']:.0f} %"
        return (
            f"Of the best {100 * self.share:g} % on {written(row['from'])} "
            f"({row['top_from']:,} customers), {100 * row['retention']:.0f} % "
            f"({100 * self.interval:g} % interval {ends}) are among the best on "
            f"{written(row['to'])}; by chance it would be "
            f"{100 * row['by_chance']:.0f} %."
        )

    def _headline(self) -> str:
        window = "" if self.window is None else f", by value in {self.window} before"
        return f"Stability of the best {100 * self.share:g} % of customers{window}"

    def _table(self) -> tuple[list[str], list[list[str]]]:
        columns = self.columns
        rows = [
            [
                f"{written(start)} to {written(end)}",
                f"{stayed:,} of {top:,}",
                f"{100 * kept:.1f} %",
                f"{100 * lower:.1f} to {100 * upper:.1f} %",
                f"{100 * chance:.1f} %",
            ]
            for start, end, stayed, top, kept, lower, upper, chance in zip(
                *(columns[name] for name in ("from", "to", "stayed", "top_from")),
                *(columns[name] for name in ("retention", "lower", "upper")),
                columns["by_chance"],
                strict=True,
            )
        ]
        level = f"{100 * self.interval:g} % interval"
        return ["", "stayed", "retention", level, "by chance"], rows

    @override
    def __repr__(self) -> str:
        return f"{self._headline()}\n{text_table(*self._table())}"

    def _repr_html_(self) -> str:
        return html_report(self._headline(), *self._table())


def top_stability(
    log: Transactions,
    dates: Sequence[Date],
    *,
    share: float = 0.10,
    window: str | None = "12 months",
    interval: float = 0.9,
) -> TopStability:
    """Return how many of the best customers of a date are the best at a later one.

    If they change quickly, rewards for the best customers of last year go to many who
    are ordinary this year; how much of that is chance is told by `by_chance`.

    Parameters
    ----------
    log : Transactions
        A log with amounts.
    dates : sequence of date
        At least two, rising; the customers of each date are those who had bought by
        then, and every pair of dates is compared.
    share : float, default 0.10
        Which share of the customers counts as the best: that share of those known at
        the date, rounded up. Whoever is worth as much as the last of them is among
        them too, and nobody who is worth nothing or less.
    window : str, optional
        Values are what came in this time before each date (net of refunds), such as
        "12 months", by mean lengths; None for everything until then, which makes
        membership stickier, since the past counts at both dates.
    interval : float, default 0.9
        Confidence level of the intervals of retention (Wilson's).

    Returns
    -------
    TopStability

    Raises
    ------
    ParameterError
        If there are fewer than two dates, or they do not rise.
    EmptyDataError
        If nobody is worth more than nothing at a date.

    Examples
    --------
    >>> import tenure as tn
    >>> log = tn.Transactions(tn.datasets.load_cdnow(family="numpy"), amount="amount")
    >>> tn.top_stability(log, ["1997-12-31", "1998-06-30"], window="6 months")
    Stability of the best 10 % of customers, by value in 6 months before
                                  stayed  retention   90 % interval  by chance
    1997-12-31 to 1998-06-30  126 of 236     53.4 %  48.0 to 58.7 %     10.0 %
    """
    check_level(interval)
    check_level(share, name="share")
    instants = [civil_microseconds(date, name="dates", zone=log.zone) for date in dates]
    moments = np.array([instant for instant, _ in instants], dtype="datetime64[us]")
    if len(moments) < 2 or (np.diff(moments) <= np.timedelta64(0)).any():
        raise ParameterError.of(
            name="dates",
            expected="be at least two, rising",
            found=", ".join(str(date) for date in dates) or "none",
        )
    tops = [_top(log, moment, share, window) for moment in moments]
    pairs = [_compared(tops[i], tops[j]) for i, j in combinations(range(len(tops)), 2)]
    columns = {name: np.array([pair[name] for pair in pairs]) for name in pairs[0]}
    _, lower, upper = wilson(columns["stayed"], columns["top_from"], interval)
    columns |= {"lower": lower, "upper": upper}
    order = (*_FIRST, "lower", "upper", *_LAST)
    ordered = {name: columns[name] for name in order}
    return TopStability(ordered, share, window, interval, log.family)


_FIRST = ("from", "to", "top_from", "top_to", "stayed", "retention")
_LAST = ("by_chance", "overlap", "newcomers")


@dataclass(frozen=True, eq=False)
class _Top:
    """The best customers at a date, as places in the log's list of customers."""

    moment: np.datetime64
    best: NDArray[np.int64]
    known: NDArray[np.int64]


def _top(
    log: Transactions, moment: np.datetime64, share: float, window: str | None
) -> _Top:
    known, values = _values(log, moment)
    if window is not None:
        days = in_units(window, "day", name="window")[0]
        start = moment - np.timedelta64(round(days), "D")
        if start >= log.span[0]:
            earlier, before = _values(log, start)
            values[np.searchsorted(known, earlier)] -= before
    count = top_count(len(values), share)
    cut = np.partition(values, len(values) - count)[len(values) - count]
    best = (values >= cut) & (values > 0)
    if not best.any():
        what = f"nobody is worth more than nothing at {written(moment)}"
        raise EmptyDataError.of(what, hint="a longer `window` may have purchases in it")
    return _Top(moment, known[best], known)


def _values(
    log: Transactions, moment: np.datetime64
) -> tuple[NDArray[np.int64], NDArray[np.float64]]:
    """Return who had bought by the end of a day, and what they were worth then."""
    activity = valued_activity(log, str(moment.astype("datetime64[D]")))
    known = np.searchsorted(log.customers, activity["customer_id"])
    return known, activity["total_value"].copy()


def _compared(first: _Top, second: _Top) -> dict[str, Any]:
    stayed = len(np.intersect1d(first.best, second.best, assume_unique=True))
    new = len(np.setdiff1d(second.best, first.known, assume_unique=True))
    either = len(first.best) + len(second.best) - stayed
    return {
        "from": first.moment.astype("datetime64[D]"),
        "to": second.moment.astype("datetime64[D]"),
        "top_from": len(first.best),
        "top_to": len(second.best),
        "stayed": stayed,
        "retention": stayed / len(first.best),
        "by_chance": len(second.best) / len(second.known),
        "overlap": stayed / either,
        "newcomers": new,
    }
