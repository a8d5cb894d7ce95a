"""Who brought whom: a forest in which everybody has one referrer at most."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from tenure._frame import Table, native_frame
from tenure._report import counted, html_report
from tenure._typing import override
from tenure.exceptions import DataError, EmptyDataError
from tenure.referrals.comparison import ReferredComparison, compare
from tenure.referrals.rates import ReferralRate, rate
from tenure.referrals.worth import ReferralValue, value_of

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from tenure._typing import Date
    from tenure._units import Horizon
    from tenure.transactions import Transactions

__all__ = ["Referrals"]


@dataclass(frozen=True, eq=False, repr=False)
class _Edges:
    """Referrals that count, and how many do not, by the reason."""

    referrer: NDArray[np.int64]
    referred: NDArray[np.int64]
    moment: NDArray[np.int64]
    themselves: int
    again: int
    circles: int


class Referrals:
    """A record of who brought whom, with at most one referrer a customer.

    A customer who is named as referred more than once was brought by the first of them.
    Nobody brings themselves, and nobody is brought by those whom they brought,
    directly or through others: what says so is left out, the latest of a circle first,
    and counted.

    Parameters
    ----------
    data : frame
        One row a referral.
    referrer, referred, time : str
        Its columns: who brought whom, and when. Referrals at the same time count in
        the order of the ids.

    Attributes
    ----------
    customers : array
        Everybody who brought or was brought, ascending.
    themselves, again, circles : int
        Rows that were left out: self-referrals, further referrals of a customer, and
        those that would close a circle.

    Raises
    ------
    DataError
        If a referral lacks a customer or a time.
    EmptyDataError
        If no referral is left.

    Examples
    --------
    >>> import tenure as tn
    >>> rows = {
    ...     "referrer": ["ann", "ann", "bob", "cid"],
    ...     "referred": ["bob", "cid", "dan", "ann"],
    ...     "date": ["2024-01-05", "2024-02-01", "2024-03-01", "2024-04-01"],
    ... }
    >>> brought = tn.referrals.Referrals(rows)
    >>> brought
    3 referrals by 2 of 4 customers, 2 generations deep
    left out: 1 that would close a circle
    >>> brought.generations()["customers"]
    array([1, 2, 1])
    """

    def __init__(
        self,
        data: object,
        *,
        referrer: str = "referrer",
        referred: str = "referred",
        time: str = "date",
    ) -> None:
        table = Table.of(data)
        who, names = _people(table, referrer, referred)
        instants = table.instants(time)
        if instants.missing is not None and instants.missing.any():
            raise DataError.at(
                time,
                "say when the referral was",
                row=int(instants.missing.argmax()),
                found="nothing",
                count=int(instants.missing.sum()),
            )
        if table.n_rows == 0:
            raise EmptyDataError.of(
                what="there are no referrals: the data have no rows"
            )
        edges = _without_circles(who[0], who[1], instants.values, len(names))
        if len(edges.referred) == 0:
            raise EmptyDataError.of(what="all referrals are of customers by themselves")
        self.customers = names
        self.family = table.family
        self.themselves, self.again = edges.themselves, edges.again
        self.circles = edges.circles
        self._edges = edges
        self._parent = np.full(len(names), -1, dtype=np.int64)
        self._parent[edges.referred] = edges.referrer
        self._moment = np.zeros(len(names), dtype=np.int64)
        self._moment[edges.referred] = edges.moment
        self._depth = _depths(self._parent)

    def __len__(self) -> int:
        """Return the number of referrals that count."""
        return len(self._edges.referred)

    def to_frame(self) -> Any:
        """Return one row a customer.

        Columns: `customer_id`, `referrer` (None for those whom nobody brought), `date`
        of the referral, `generation` (0 for those), and how many the customer
        `brought`.
        """
        parents = self.customers.astype(object)[self._parent]
        parents[self._parent < 0] = None
        dates = self._moment.astype("datetime64[us]")
        dates[self._parent < 0] = np.datetime64("NaT")
        columns: dict[str, NDArray[Any]] = {
            "customer_id": self.customers,
            "referrer": parents,
            "date": dates,
            "generation": self._depth,
            "brought": self._brought(),
        }
        return native_frame(columns, family=self.family, index="customer_id")

    def generations(self) -> Any:
        """Return one row a generation: `generation`, `customers`, and `brought` others.

        Generation 0 are those who brought others and were not brought themselves.
        """
        count = int(self._depth.max()) + 1
        columns: dict[str, NDArray[Any]] = {
            "generation": np.arange(count),
            "customers": np.bincount(self._depth, minlength=count),
            "brought": np.bincount(self._depth, self._brought(), count).astype(int),
        }
        return native_frame(columns, family=self.family, index="generation")

    def value(
        self,
        values: object,
        *,
        customer: str = "customer_id",
        value: str = "value",
        start: str | None = None,
        incremental: float = 0.5,
        acquisition_cost: float = 0.0,
        depth: int = 1,
        decay: float = 0.5,
        discount_rate: float = 0.0,
    ) -> ReferralValue:
        r"""Return what each customer is worth by bringing others.

        A referred customer who would not have come otherwise brings a whole customer's
        value; of one who would have come anyway only the cost of acquisition is saved.
        With a share :math:`w` of the first kind, customer i's referral value is

        .. math:: \sum_j [w V_j + (1 - w) C] \, q^{k_j - 1} (1 + d)^{-\Delta t_j}

        over those whom i brought (k = 1) and, down to a depth, those whom these brought
        (k = 2 and so on, at a share q each step).

        Parameters
        ----------
        values : frame
            One row a customer, whether or not they took part in referrals.
        customer, value : str
            Its columns: who, and what they are worth themselves (margin, as from
            `lifetime_value`). Referred customers without a row are taken as worth 0,
            and counted.
        start : str, optional
            The column with the beginning of each customer's life, to which referrals
            are discounted; needed with a discount rate.
        incremental : float, default 0.5
            The share w of referred customers who would not have come otherwise. Nobody
            knows it without an experiment: try more than one.
        acquisition_cost : float, default 0.0
            What it costs to acquire a customer in other ways, C.
        depth : int, default 1
            Down to which generation referrals count.
        decay : float, default 0.5
            The share q of a generation's value that the one before it is credited with.
        discount_rate : float, default 0.0
            Share by which value shrinks over a year.

        Returns
        -------
        ReferralValue

        References
        ----------
        Kumar, V., Petersen, J. A., Leone, R. P. (2007). How valuable is word of mouth?
        Harvard Business Review 85(10), 139-146.

        Examples
        --------
        >>> import tenure as tn
        >>> rows = {
        ...     "referrer": ["ann", "bob"],
        ...     "referred": ["bob", "cid"],
        ...     "date": ["2024-01-05", "2024-02-01"],
        ... }
        >>> values = {
        ...     "customer_id": ["ann", "bob", "cid"],
        ...     "value": [50.0, 40.0, 100.0],
        ... }
        >>> tn.referrals.Referrals(rows).value(values, acquisition_cost=20.0, depth=2)
        Referral value of 3 customers: 2 referrals, 50 % of them taken as customers ...
                       total
        own value     190.00
        cost saved     20.00
        all together  210.00
        direct credit to referrers: 90.00, indirect: 30.00 ...
        """
        return value_of(
            self,
            values,
            (customer, value, start),
            incremental=incremental,
            acquisition_cost=acquisition_cost,
            depth=depth,
            decay=decay,
            discount_rate=discount_rate,
        )

    def rate(
        self,
        log: Transactions,
        *,
        horizon: Horizon = "12 months",
        as_of: Date | None = None,
        level: float = 0.95,
    ) -> ReferralRate:
        """Return how many customers bring others, and how many these are.

        Of customers who were observed for the horizon after their first purchase, those
        who brought somebody within it. The mean number brought is the K-factor over the
        horizon: above 1, referrals alone would make the base grow.

        Parameters
        ----------
        log : Transactions
            All customers, with those who brought nobody.
        horizon : float, str or timedelta, default "12 months"
            How long each customer is followed; numbers are days.
        as_of : date, optional
            The last day observed; that of the last order by default.
        level : float, default 0.95
            Confidence level.

        Returns
        -------
        ReferralRate

        Raises
        ------
        EmptyDataError
            If nobody was observed for so long.

        Examples
        --------
        >>> import tenure as tn
        >>> orders = {"customer_id": [1, 2, 3, 4], "date": ["2024-01-01"] * 4}
        >>> log = tn.Transactions(orders)
        >>> rows = {"referrer": [1, 1], "referred": [3, 4], "date": ["2024-01-20"] * 2}
        >>> rate = tn.referrals.Referrals(rows).rate(
        ...     log, horizon=30, as_of="2024-03-01"
        ... )
        >>> rate.share, rate.k_factor
        (0.25, 0.5)
        """
        return rate(self, log, horizon=horizon, as_of=as_of, level=level)

    def compare(
        self,
        log: Transactions,
        *,
        horizon: Horizon = "12 months",
        as_of: Date | None = None,
        level: float = 0.95,
    ) -> ReferredComparison:
        """Compare whether referred customers and others stay, and what they bring.

        Over the same time after each customer's first purchase, and only of customers
        observed for it: the share who bought again, and what they bought in all. The
        adjusted differences are between customers of the same month of first purchase.
        Neither says that being referred is the cause.

        Parameters
        ----------
        log : Transactions
            All customers.
        horizon : float, str or timedelta, default "12 months"
            How long each customer is followed; numbers are days.
        as_of : date, optional
            The last day observed; that of the last order by default.
        level : float, default 0.95
            Confidence level.

        Returns
        -------
        ReferredComparison

        Raises
        ------
        EmptyDataError
            If no referred customer, or no other one, was observed for so long.

        Examples
        --------
        >>> import tenure as tn
        >>> log = tn.Transactions(
        ...     tn.datasets.load_cdnow(family="numpy"), amount="amount"
        ... )
        >>> ids = log.customers
        >>> rows = {
        ...     "referrer": ids[:100],
        ...     "referred": ids[100:200],
        ...     "date": ["1997-01-05"] * 100,
        ... }
        >>> found = tn.referrals.Referrals(rows).compare(log, horizon="6 months")
        >>> found.to_frame()["customers"]
        array([ 100, 2257])
        """
        return compare(self, log, horizon=horizon, as_of=as_of, level=level)

    def _brought(self) -> NDArray[np.int64]:
        return np.bincount(self._edges.referrer, minlength=len(self.customers))

    def _headline(self) -> str:
        by = len(np.unique(self._edges.referrer))
        deep = counted(int(self._depth.max()), "generation")
        return (
            f"{counted(len(self), 'referral')} by {by:,} of "
            f"{counted(len(self.customers), 'customer')}, {deep} deep"
        )

    def _note(self) -> str:
        reasons = [
            (self.themselves, "of customers by themselves"),
            (self.again, "of customers who had been brought already"),
            (self.circles, "that would close a circle"),
        ]
        words = [f"{count:,} {why}" for count, why in reasons if count]
        return f"left out: {', '.join(words)}" if words else ""

    @override
    def __repr__(self) -> str:
        note = self._note()
        return f"{self._headline()}\n{note}" if note else self._headline()

    def _repr_html_(self) -> str:
        shares = np.bincount(self._depth)
        rows = [[f"generation {k}", f"{n:,}"] for k, n in enumerate(shares)]
        return html_report(self._headline(), ["", "customers"], rows, self._note())


def _people(
    table: Table, referrer: str, referred: str
) -> tuple[tuple[NDArray[np.int64], NDArray[np.int64]], NDArray[Any]]:
    """Return the places of both in one sorted list of everybody, and the list."""
    columns = (table.codes(referrer), table.codes(referred))
    for name, codes in zip((referrer, referred), columns, strict=True):
        missing = codes.values < 0
        if missing.any():
            raise DataError.at(
                name,
                "name a customer",
                row=int(missing.argmax()),
                found="nothing",
                count=int(missing.sum()),
            )
    named = [codes.categories for codes in columns]
    joined = np.concatenate([part.astype(object) for part in named])
    if all(part.dtype.kind == "i" for part in named):
        joined = joined.astype(np.int64)
    everybody, place = np.unique(joined, return_inverse=True)
    first, second = np.split(place, [len(named[0])])
    who = first[columns[0].values], second[columns[1].values]
    return who, everybody


def _without_circles(
    referrer: NDArray[np.int64],
    referred: NDArray[np.int64],
    moment: NDArray[np.int64],
    count: int,
) -> _Edges:
    """Return the first referral of each customer, none of which closes a circle.

    Whoever is not brought yet is the head of a tree; a referral by somebody in their
    own tree would close a circle.
    """
    order = np.lexsort([referrer, referred, moment])
    head = list(range(count))
    kept: list[int] = []
    themselves = again = circles = 0
    for row in order.tolist():
        old, new = int(referrer[row]), int(referred[row])
        if old == new:
            themselves += 1
        elif head[new] != new:
            again += 1
        elif _head_of(head, old) == new:
            circles += 1
        else:
            head[new] = old
            kept.append(row)
    rows = np.array(kept, dtype=np.int64)
    return _Edges(
        referrer[rows], referred[rows], moment[rows], themselves, again, circles
    )


def _head_of(head: list[int], one: int) -> int:
    """Return the head of somebody's tree, and make the way shorter for the next."""
    while head[one] != one:
        head[one] = head[head[one]]
        one = head[one]
    return one


def _depths(parent: NDArray[np.int64]) -> NDArray[np.int64]:
    """Return each customer's generation."""
    depth = np.zeros(len(parent), dtype=np.int64)
    above = parent.copy()
    while (above >= 0).any():
        depth += above >= 0
        above = np.where(above >= 0, parent[above], -1)
    return depth
