"""How often recommendations come true, beside those of what is popular."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import numpy as np

from tenure._frame import native_frame
from tenure._intervals import check_level, normal_quantile
from tenure._report import counted, html_report, text_table
from tenure._time import civil_microseconds
from tenure._typing import override
from tenure.exceptions import EmptyDataError
from tenure.products._held import held
from tenure.products._lines import OrderLines, lines_of
from tenure.products.recommend import Offers
from tenure.retention.periods import at_least_one
from tenure.rfm.intervals import wilson

if TYPE_CHECKING:
    from typing import Unpack

    from numpy.typing import NDArray

    from tenure._typing import Date
    from tenure.products._lines import LineColumns
    from tenure.products.recommend import Score

__all__ = ["HitRate", "hit_rate"]


@dataclass(frozen=True, eq=False, repr=False)
class HitRate:
    """How often one of the offers was bought afterwards. Made by `hit_rate`.

    Attributes
    ----------
    split : numpy.datetime64
        The last day that offers are made from.
    n : int
        How many products each customer is offered.
    customers : int
        Customers who had bought by then, and bought something new afterwards.
    without : int
        Customers who had bought by then and bought nothing new.
    difference, low, high : float
        The hit rate less that of popularity, with its interval (paired).
    level : float
        Confidence level of the intervals.
    family : str
        The kind of frame that results come back as.
    """

    split: np.datetime64
    n: int
    customers: int
    without: int
    difference: float
    low: float
    high: float
    level: float
    family: str
    _columns: dict[str, NDArray[Any]] = field(repr=False)

    def to_frame(self) -> Any:
        """Return one row a way of ranking.

        Returns
        -------
        frame
            `score`; `hits`: customers who bought one of the offers; `hit_rate`, their
            share of the customers, with `low` and `high` (Wilson); `recall`: the mean
            share of the new products of a customer that were offered.
        """
        return native_frame(self._columns, family=self.family)

    def _headline(self) -> str:
        who = counted(self.customers, "customer")
        return (
            f"HitRate of {self.n} offers to {who} who bought something new after "
            f"{self.split}: {100 * self.difference:+.1f} points against popularity "
            f"({100 * self.level:g} % interval {100 * self.low:+.1f} to "
            f"{100 * self.high:+.1f})"
        )

    def _table(self) -> tuple[list[str], list[list[str]]]:
        columns = self._columns
        rows = [
            [
                str(columns["score"][at]),
                f"{columns['hits'][at]:,}",
                f"{100 * columns['hit_rate'][at]:.1f} %",
                f"[{100 * columns['low'][at]:.1f}, {100 * columns['high'][at]:.1f}]",
                f"{100 * columns['recall'][at]:.1f} %",
            ]
            for at in range(len(columns["score"]))
        ]
        interval = f"{100 * self.level:g} % interval"
        return ["ranked by", "hits", "hit rate", interval, "recall"], rows

    @override
    def __repr__(self) -> str:
        return f"{self._headline()}\n{text_table(*self._table())}"

    def _repr_html_(self) -> str:
        return html_report(self._headline(), *self._table())


def hit_rate(
    data: object,
    *,
    split: Date,
    n: int = 5,
    score: Score = "similarity",
    min_count: int = 5,
    max_basket: int = 1000,
    level: float = 0.9,
    **columns: Unpack[LineColumns],
) -> HitRate:
    """Make offers from what was known on a day, and see who bought them afterwards.

    Parameters
    ----------
    data : OrderLines, Transactions or frame
        Lines of orders; a log must have been made with `product`.
    split : date
        The last day that offers are made from. Asked are the customers who had bought
        by then and bought a product afterwards that they did not own.
    n : int, default 5
        How many products each customer is offered.
    score, min_count, max_basket
        As for `recommend`.
    level : float, default 0.9
        Confidence level of the intervals.
    **columns
        How the columns of a frame are called, and `as_of`, as for `order_lines`.

    Returns
    -------
    HitRate
        Beside offers of what is most popular and not owned.

    Raises
    ------
    EmptyDataError
        If nobody bought something new after the split.

    Examples
    --------
    >>> import tenure as tn
    >>> rows = tn.datasets.simulate_baskets(400, seed=5, family="numpy")
    >>> found = tn.products.hit_rate(rows, split="2024-03-31", n=3, order="order_id")
    >>> found.customers > 50, found.to_frame()["score"].tolist()
    (True, ['similarity', 'popularity'])
    """
    check_level(level, name="level")
    count = at_least_one(n, "n")
    lines = lines_of(data, columns)
    moment, _ = civil_microseconds(split, name="split", zone=None)
    day = int(np.datetime64(moment, "us").astype("datetime64[D]").astype(np.int64))
    known, new = _divided(lines, day)
    hits: dict[str, NDArray[np.bool_]] = {}
    recalls: dict[str, NDArray[np.float64]] = {}
    for name in dict.fromkeys((score, "popularity")):
        offers = Offers.of(known, name, min_count=min_count, max_basket=max_basket)
        found = [
            np.isin(products, offers.to(place, count, drop=True)[0])
            for place, products in new
        ]
        hits[name] = np.array([one.any() for one in found])
        recalls[name] = np.array([one.mean() for one in found])
    total = len(new)
    numbers = np.array([int(one.sum()) for one in hits.values()])
    share, low, high = wilson(numbers, total, level)
    gain = hits[score].astype(float) - hits["popularity"]
    spread = float(gain.std(ddof=1)) if total > 1 else np.nan
    reach = normal_quantile(level) * spread / np.sqrt(total)
    names = np.empty(len(hits), dtype=object)
    names[:] = list(hits)
    return HitRate(
        split=np.datetime64(day, "D"),
        n=count,
        customers=total,
        without=len(known.customers) - total,
        difference=float(gain.mean()),
        low=float(gain.mean() - reach),
        high=float(gain.mean() + reach),
        level=level,
        family=lines.family,
        _columns={
            "score": names,
            "hits": numbers,
            "hit_rate": share,
            "low": low,
            "high": high,
            "recall": np.array([one.mean() for one in recalls.values()]),
        },
    )


def _divided(
    lines: OrderLines, day: int
) -> tuple[OrderLines, list[tuple[int, NDArray[np.int64]]]]:
    """Return the lines up to a day, and what is new to each of their customers later.

    Customers are places among those with an order by that day.
    """
    known = lines.until(day)
    own = held(lines, "product")
    first_day = lines.order_day[own.order]
    new = own.first & (first_day > day)
    place = np.full(len(lines.customers), -1)
    had = lines.first_day <= day
    place[had] = np.arange(int(had.sum()))
    customer, product = place[own.customer[new]], own.what[new]
    product, customer = product[customer >= 0], customer[customer >= 0]
    if len(customer) == 0:
        what = (
            f"nobody who had bought by {np.datetime64(day, 'D')} bought a new product"
        )
        msg = f"{what} afterwards"
        raise EmptyDataError.of(msg, hint="choose an earlier split")
    whose, starts = np.unique(customer, return_index=True)
    parts = np.split(product, starts[1:])
    return known, list(zip(whose.tolist(), parts, strict=True))
