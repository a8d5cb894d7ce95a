"""What an RFM model says of several dates: movement, history, and whether it works."""

from __future__ import annotations

import copy
from typing import TYPE_CHECKING, Any

from tenure._units import unit_named
from tenure.exceptions import NotFittedError, ParameterError
from tenure.rfm.described import Described
from tenure.rfm.history import (
    Every,
    customer_history,
    days_of,
    period_ends,
    segment_history,
)
from tenure.rfm.migration import Migration, Thresholds
from tenure.rfm.outlook import Outlook
from tenure.rfm.validation import Validation
from tenure.value import _buying

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    import numpy as np

    from tenure._purchasing import PurchasingModel
    from tenure._typing import Date, Unit
    from tenure._units import Horizon
    from tenure.rfm.scores import Scores
    from tenure.spend import GammaGamma
    from tenure.transactions import Transactions

__all__ = ["OverTime"]


class OverTime(Described):
    """The part of `RFM` that looks at a log as of several dates."""

    def migration(
        self,
        log: Transactions,
        dates: Sequence[Date],
        *,
        thresholds: Thresholds = "frozen",
        customers: Any = None,
        buying: PurchasingModel | None = None,
        spend: GammaGamma | float | None = None,
        horizon: Horizon | None = "12 months",
        level: float = 0.95,
    ) -> Migration:
        """Return who moved from which segment to which between dates.

        Parameters
        ----------
        log : Transactions
            The log; only what happened by a date is used for that date.
        dates : sequence of date
            Two or more, ascending.
        thresholds : {"frozen", "refit", "fitted"}
            "frozen": everyone is scored by cuts learned at the first date. "refit":
            cuts are learned anew at each date, so that a decline of the whole base
            does not show. "fitted": by the cuts of this fit.
        customers : array-like, optional
            All customers, prospects among them.
        buying, spend, horizon : optional
            Fitted models, as for `Scores.segments`: adds what they expect of the
            customers of each flow before and after. Without `spend` a purchase counts
            as 1.
        level : float, default 0.95
            Confidence level of the intervals.

        Returns
        -------
        Migration

        Examples
        --------
        >>> import tenure as tn
        >>> orders = tn.datasets.load_cdnow(family="numpy")
        >>> log = tn.Transactions(orders, amount="amount")
        >>> moved = tn.RFM().migration(log, ["1997-09-30", "1998-03-31"])
        >>> moved.stability()["stayed"], moved.stability()["new"]
        (array([1054]), array([0]))
        """
        days = days_of(dates, log)
        scores = list(self._scores_at(log, days, thresholds, customers))
        outlooks = None
        if buying is not None:
            outlooks = [
                Outlook.of(
                    one, buying, 1.0 if spend is None else spend, horizon=horizon
                )
                for one in scores
            ]
        return Migration.of(scores, outlooks, thresholds=thresholds, level=level)

    def history(
        self,
        log: Transactions,
        *,
        every: Every = "month",
        dates: Sequence[Date] | None = None,
        thresholds: Thresholds = "fitted",
        customers: Any = None,
        level: float = 0.95,
    ) -> Any:
        """Return the sizes of segments at the ends of calendar periods.

        Parameters
        ----------
        log : Transactions
            The log.
        every : {"month", "week", "quarter", "year"}
            Which periods; those that the log has to their ends.
        dates : sequence of date, optional
            The dates themselves, instead.
        thresholds, customers, level
            As for `migration`.

        Returns
        -------
        frame
            One row a date and segment: `as_of`, `segment`, `customers`, their `share`
            with Wilson's interval (`share_low`, `share_high`), and `revenue` so far.
        """
        days = self._days(log, every, dates)
        return segment_history(self._scores_at(log, days, thresholds, customers), level)

    def customer_history(
        self,
        log: Transactions,
        customer: object,
        *,
        every: Every = "month",
        dates: Sequence[Date] | None = None,
        thresholds: Thresholds = "fitted",
    ) -> Any:
        """Return the scores and segments of one customer at the ends of periods.

        Parameters
        ----------
        log : Transactions
            The log.
        customer : object
            The id.
        every, dates, thresholds
            As for `history`.

        Returns
        -------
        frame
            One row a date from the first purchase on: `as_of`, and the columns of
            `Scores.to_frame`.
        """
        days = self._days(log, every, dates)
        return customer_history(self._scores_at(log, days, thresholds, None), customer)

    def validate(
        self,
        log: Transactions,
        split: Date,
        until: Date | None = None,
        *,
        buying: PurchasingModel | None = None,
        thresholds: Thresholds = "frozen",
        groups: int = 10,
        level: float = 0.95,
    ) -> Validation:
        """Return whether scores and segments foretell what customers do next.

        Customers are scored by what was known at `split`, and compared with what they
        bought from then to `until`.

        Parameters
        ----------
        log : Transactions
            The log.
        split : date
            The last day that is known.
        until : date, optional
            The last day to foretell; that of the last event by default.
        buying : BGNBD or another model of repeat buying, optional
            Its expected purchases are one more ranking. An unfitted model is fitted to
            what was known at the split; a fitted one must not have seen more.
        thresholds : {"frozen", "fitted"}
            Score by cuts learned at the split, or by the cuts of this fit.
        groups : int, default 10
            Into how many groups of equal size rankings are cut for lift.
        level : float, default 0.95
            Confidence level of the intervals.

        Returns
        -------
        Validation

        Examples
        --------
        >>> import tenure as tn
        >>> orders = tn.datasets.load_cdnow(family="numpy")
        >>> log = tn.Transactions(orders, amount="amount")
        >>> found = tn.RFM().validate(log, "1997-09-30", buying=tn.BGNBD())
        >>> ranks = found.rankings()
        >>> ranks["ranking"][:2], ranks["gini_orders"][:2].round(2)
        (array(['RFM score', 'BGNBD'], dtype=object), array([0.56, 0.56]))
        """
        if thresholds == "refit":
            raise ParameterError.of(
                name="thresholds", expected="be 'frozen' or 'fitted'", found="'refit'"
            )
        scores = next(self._scores_at(log, days_of([split], log, 1), thresholds, None))
        known = log.split(split, until, unit=_unit_of(buying))
        return Validation.of(scores, known, buying=buying, groups=groups, level=level)

    def _days(
        self, log: Transactions, every: Every, dates: Sequence[Date] | None
    ) -> list[np.datetime64]:
        return period_ends(log, every) if dates is None else days_of(dates, log, 1)

    def _scores_at(
        self,
        log: Transactions,
        days: Sequence[Any],
        thresholds: Thresholds,
        customers: Any,
    ) -> Iterator[Scores]:
        """Yield the scores at each date, by cuts learned where `thresholds` says."""
        if thresholds not in ("frozen", "refit", "fitted"):
            raise ParameterError.of(
                name="thresholds",
                expected="be 'frozen', 'refit' or 'fitted'",
                found=repr(thresholds),
            )
        model = self if thresholds == "fitted" else copy.copy(self)
        for place, day in enumerate(days):
            if thresholds == "refit" or (thresholds == "frozen" and place == 0):
                model.fit(log, as_of=day, truncate=True, customers=customers)
                yield model.score()
            else:
                yield model.score(log, as_of=day, truncate=True, customers=customers)


def _unit_of(model: PurchasingModel | None) -> Unit:
    """Return the unit of time of a fitted model; weeks where there is none."""
    if model is None:
        return "week"
    try:
        return unit_named(_buying(model).time_unit_ or "week")
    except NotFittedError:
        return "week"
