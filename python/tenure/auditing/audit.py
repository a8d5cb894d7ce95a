"""The customer-base audit: five ways to look at all customers, and their products."""

from __future__ import annotations

from contextlib import suppress
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, TypeVar

import numpy as np

from tenure._intervals import check_level
from tenure._report import counted, html_report, written
from tenure._time import civil_microseconds
from tenure._typing import override
from tenure._worth import check_amount
from tenure.auditing._ledger import Ledger
from tenure.auditing.between_customers import between_customers
from tenure.auditing.cohorts_compared import cohorts_compared
from tenure.auditing.one_cohort import one_cohort
from tenure.auditing.period_to_period import period_to_period
from tenure.auditing.products import products
from tenure.auditing.whole_base import whole_base
from tenure.exceptions import EmptyDataError, ParameterError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from tenure._calendar import Every
    from tenure._typing import Date
    from tenure.auditing.between_customers import BetweenCustomers
    from tenure.auditing.cohorts_compared import CohortsCompared
    from tenure.auditing.one_cohort import OneCohort
    from tenure.auditing.period_to_period import PeriodToPeriod
    from tenure.auditing.products import Products
    from tenure.auditing.whole_base import WholeBase
    from tenure.cohorts import CohortValues, Retention
    from tenure.transactions import Transactions

__all__ = ["Audit", "audit"]

_Lens = TypeVar("_Lens")

_SHORTER: tuple[Every, ...] = ("year", "quarter", "month", "week")
"""What periods are made shorter to, where all customers came in one of them."""

_TITLES = {
    "between_customers": "Differences between customers in one period",
    "period_to_period": "From one period to the next",
    "one_cohort": "One cohort over time",
    "cohorts_compared": "Cohorts compared",
    "whole_base": "The whole base",
    "products": "Products",
}


@dataclass(frozen=True, eq=False, repr=False)
class Audit:
    """A customer-base audit: what five lenses and the products show.

    Made by `audit`. A lens that the log does not allow is None, and `problems` says
    why. Each has tables (`to_frame` and others), `sentences` made from its numbers and
    a picture (`plot`).

    Attributes
    ----------
    every : str
        How long a period is.
    as_of : numpy.datetime64
        The last day observed.
    between_customers : BetweenCustomers or None
        Lens 1: how the customers of the last complete period differ.
    period_to_period : PeriodToPeriod or None
        Lens 2: the last complete period against the one before.
    one_cohort : OneCohort or None
        Lens 3: what became of those who came in one period.
    cohorts_compared : CohortsCompared or None
        Lens 4: cohorts side by side; by shorter periods than the others where all
        customers came in one of those, unless `every` was given.
    whole_base : WholeBase or None
        Lens 5: all customers over time, by when they came.
    products : Products or None
        Which products customers buy, and how much hangs on a few.
    problems : dict of str to str
        Why a lens is None, in words.
    """

    every: str
    as_of: np.datetime64
    between_customers: BetweenCustomers | None
    period_to_period: PeriodToPeriod | None
    one_cohort: OneCohort | None
    cohorts_compared: CohortsCompared | None
    whole_base: WholeBase | None
    products: Products | None
    problems: dict[str, str] = field(default_factory=dict[str, str])

    def sentences(self) -> list[str]:
        """Return the leading sentence of each lens."""
        return [lens.sentences()[0] for _, lens in self._lenses()]

    def _lenses(self) -> Iterator[tuple[str, Any]]:
        for name in _TITLES:
            lens = getattr(self, name)
            if lens is not None:
                yield name, lens

    def _headline(self) -> str:
        count = sum(1 for name, _ in self._lenses() if name != "products")
        return (
            f"Customer-base audit by {self.every} as of {written(self.as_of)}: "
            f"{counted(count, 'lens').replace('lenss', 'lenses')}"
        )

    def _table(self) -> tuple[list[str], list[list[str]]]:
        rows = [[_TITLES[name], lens.sentences()[0]] for name, lens in self._lenses()]
        rows += [
            [_TITLES[name], f"not done: {problem.splitlines()[0]}"]
            for name, problem in self.problems.items()
        ]
        return [], rows

    @override
    def __repr__(self) -> str:
        _, rows = self._table()
        lines = [self._headline()]
        for title, words in rows:
            lines += [f"{title}:", f"  {words}"]
        return "\n".join(lines)

    def _repr_html_(self) -> str:
        return html_report(self._headline(), *self._table())


def audit(
    log: Transactions,
    *,
    every: Every | None = None,
    cohort: Date | None = None,
    as_of: Date | None = None,
    margin: float | None = None,
    level: float = 0.9,
) -> Audit:
    """Look at all customers of a log through the five lenses of a customer-base audit.

    1. How do the customers of one period differ from each other?
    2. What changed from one period to the next?
    3. What became of those who came in one period?
    4. How do those who came in different periods differ?
    5. Where does the value of all periods come from?

    And, where the log has products: which of them do customers buy?

    Parameters
    ----------
    log : Transactions
        The log. Without amounts, orders are counted in place of money.
    every : {"year", "quarter", "month", "week", "day"}, optional
        How long a period is; by default the longest of which two are over.
    cohort : date, optional
        A day of the period in which the cohort of lens 3 came; by default the first
        complete period in which at least 30 customers did.
    as_of : date, optional
        The last day observed; by default that of the last event. Amounts are after all
        refunds of the log, whenever they were made.
    margin : float, optional
        Share of revenue that is earned; without it values are revenue.
    level : float, default 0.9
        Confidence level of intervals.

    Returns
    -------
    Audit

    Raises
    ------
    EmptyDataError
        If no period was over, or nobody had bought.
    ParameterError
        If a setting is out of its range.

    References
    ----------
    Fader, P. S., Hardie, B. G. S., Ross, M. (2022). The Customer-Base Audit: The First
    Step on the Journey to Customer Centricity. Wharton School Press.

    Examples
    --------
    >>> import tenure as tn
    >>> orders = tn.datasets.load_cdnow(family="numpy")
    >>> found = tn.audit(tn.Transactions(orders, amount="amount"), every="quarter")
    >>> print(found.period_to_period.sentences()[0])
    Revenue fell by 28 % from Q1 1998 to Q2 1998: 24,887 became 17,981.
    >>> found.whole_base.to_frame()["active"]
    array([2357,  524,  418,  404,  384,  300])
    """
    check_level(level, name="level")
    if margin is not None:
        check_amount("margin", margin)
    ledger = Ledger.of(log, every, as_of=as_of, margin=margin, level=level)
    problems: dict[str, str] = {}

    def attempt(name: str, look: Callable[[], _Lens]) -> _Lens | None:
        """Return what a lens shows; where the data do not allow it, note why."""
        try:
            return look()
        except EmptyDataError as error:
            problems[name] = str(error)
            return None

    day = None if cohort is None else _day(cohort)
    last = int(ledger.over[-1])
    tables = _cohort_tables(ledger)
    return Audit(
        every=ledger.every,
        as_of=(ledger.end - np.timedelta64(1, "us")).astype("datetime64[D]"),
        between_customers=attempt(
            "between_customers", lambda: between_customers(ledger, last)
        ),
        period_to_period=attempt("period_to_period", lambda: _change(ledger, last)),
        one_cohort=attempt("one_cohort", lambda: one_cohort(ledger, *tables, day)),
        cohorts_compared=attempt(
            "cohorts_compared", lambda: _side_by_side(ledger, tables, every)
        ),
        whole_base=attempt("whole_base", lambda: whole_base(ledger)),
        products=attempt("products", lambda: products(ledger)),
        problems=problems,
    )


def _change(ledger: Ledger, place: int) -> PeriodToPeriod:
    if place == 0:
        what = f"only one {ledger.every} was over by the end of observation"
        raise EmptyDataError.of(what, hint="choose shorter periods")
    return period_to_period(ledger, place)


def _side_by_side(
    ledger: Ledger, tables: tuple[Retention, CohortValues], asked: Every | None
) -> CohortsCompared:
    """Return cohorts compared: by shorter periods where all came in one of these."""
    try:
        return cohorts_compared(ledger, *tables)
    except EmptyDataError:
        if asked is not None or ledger.every not in _SHORTER:
            raise
        for shorter in _SHORTER[_SHORTER.index(ledger.every) + 1 :]:
            with suppress(EmptyDataError, ParameterError):
                finer = ledger.by(shorter)
                return cohorts_compared(finer, *_cohort_tables(finer))
        raise


def _cohort_tables(ledger: Ledger) -> tuple[Retention, CohortValues]:
    """Return who bought at each age, and what customers had brought by then."""
    cohorts = ledger.log.cohorts(ledger.every, as_of=ledger.as_of)
    level = ledger.level
    if not ledger.has_money:
        values = cohorts.values("orders", per="acquired", cumulative=True, level=level)
    elif ledger.margin is None:
        values = cohorts.lifetime_value(level=level)
    else:
        values = cohorts.lifetime_value("margin", margin=ledger.margin, level=level)
    return cohorts.retention(level=level), values


def _day(cohort: Date) -> np.datetime64:
    microseconds, _ = civil_microseconds(cohort, name="cohort")
    return np.datetime64(microseconds, "us").astype("datetime64[D]")
