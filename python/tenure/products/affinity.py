"""Which products go together: in a basket, for a customer, or one after the other."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Any

import numpy as np

from tenure import _core
from tenure._frame import native_frame
from tenure._intervals import check_level
from tenure._report import counted, html_report, text_table
from tenure._typing import override
from tenure.exceptions import ColumnError, EmptyDataError
from tenure.products._baskets import BasketCounts, Limits, baskets_of
from tenure.products._metrics import (
    adjusted,
    association_metrics,
    check_test,
    lift_interval,
    p_values,
)

if TYPE_CHECKING:
    from typing import Unpack

    from matplotlib.axes import Axes
    from numpy.typing import NDArray

    from tenure._core_types import PairColumns
    from tenure._units import Horizon
    from tenure.products._baskets import Starting, Unit
    from tenure.products._lines import LineColumns
    from tenure.products._metrics import AssociationTest

__all__ = ["Affinity", "affinity"]

# Rows that are shown.
_SHOWN = 10


@dataclass(frozen=True, eq=False, repr=False)
class Affinity:
    """How often products are bought together, and more often than by chance.

    Made by `affinity`.

    Attributes
    ----------
    counts : BasketCounts
        How many baskets there are, and what was left out.
    products : array
        The ids of the products in these baskets, ascending.
    product_counts : int64 array
        In how many baskets each is; for pairs of orders, in how many first ones.
    other_counts : int64 array
        The same but for pairs of orders: in how many next ones.
    first, second, both : int64 array
        The pairs in enough baskets: the places of their products, and in how many
        baskets both are. For pairs of orders, the first is in the first order.
    pairs_tested : int
        Pairs of products that are frequent enough themselves: what p values are
        adjusted for.
    test : {"fisher", "chi-square"} or None
    level : float
        Confidence level of the intervals.
    family : str
        The kind of frame that results come back as.
    """

    counts: BasketCounts
    products: NDArray[Any]
    product_counts: NDArray[np.int64]
    other_counts: NDArray[np.int64]
    first: NDArray[np.int64]
    second: NDArray[np.int64]
    both: NDArray[np.int64]
    pairs_tested: int
    test: AssociationTest | None
    level: float
    family: str = "numpy"

    @property
    def is_ordered(self) -> bool:
        """Whether pairs are of an order and the next."""
        return self.counts.unit == "next order"

    def pairs(self) -> tuple[NDArray[Any], NDArray[Any], NDArray[np.int64]]:
        """Return the two products of each pair, and how many baskets hold both."""
        return self.products[self.first], self.products[self.second], self.both

    def to_frame(self) -> Any:
        """Return one row for each rule "who has the product has the other".

        Returns
        -------
        frame
            `product`, `other`; `count` of baskets with both, `product_count`,
            `other_count`; `support`, the share of baskets with both; `confidence`, the
            share with the other of those with the product; `lift` with `lift_low` and
            `lift_high`: how many times as often as by chance; `leverage`: by how much
            the support is above chance; `conviction`: how many times as often the rule
            would be wrong by chance; `zhang`: from -1 (never together) over 0 (by
            chance) to 1 (always); `jaccard`: of baskets with either, the share with
            both; `kulczynski`: the mean confidence of both directions; `certainty`: by
            what share of its distance to 1 the confidence is above chance; `p_value`
            and `p_adjusted`, if there is a test. Pairs in one basket have a row for
            either direction. The most frequent pairs are first.
        """
        return native_frame(self._table, family=self.family)

    def top(self, n: int = 10, *, by: str = "lift_low") -> Any:
        """Return the rows of `to_frame` with the largest values of a column.

        Parameters
        ----------
        n : int, default 10
            How many rows.
        by : str, default "lift_low"
            The column. The lower end of the interval does not prefer pairs that were
            seen a few times by chance, as the lift itself does.
        """
        table = self._table
        if by not in table:
            raise ColumnError.unknown(by, tuple(table))
        places = np.argsort(-table[by].astype(np.float64), kind="stable")[:n]
        columns = {name: values[places] for name, values in table.items()}
        return native_frame(columns, family=self.family)

    def matrix(self, value: str = "lift", *, most: int = 12) -> Any:
        """Return a square of the most frequent products: what `plot` draws.

        Parameters
        ----------
        value : str, default "lift"
            A column of `to_frame`; 0 or NaN where a pair is in too few baskets.
        most : int, default 12
            How many products.

        Returns
        -------
        frame
            `product`, and a column for each product by its name.
        """
        names, cells = self._matrix(value, most)
        columns: dict[str, NDArray[Any]] = {"product": names}
        columns |= {str(name): cells[:, at] for at, name in enumerate(names)}
        return native_frame(columns, family=self.family)

    def _matrix(
        self, value: str, most: int
    ) -> tuple[NDArray[Any], NDArray[np.float64]]:
        table = self._table
        if value not in table or value in ("product", "other"):
            raise ColumnError.unknown(value, tuple(table)[2:])
        counts = self.product_counts + self.other_counts * self.is_ordered
        chosen = np.argsort(-counts, kind="stable")[:most]
        chosen = chosen[counts[chosen] > 0]
        place = np.full(len(self.products), -1)
        place[chosen] = np.arange(len(chosen))
        rows, columns = (place[one] for one in self._directed)
        cells = np.full((len(chosen), len(chosen)), np.nan)
        inside = (rows >= 0) & (columns >= 0)
        cells[rows[inside], columns[inside]] = table[value][inside]
        return self.products[chosen], cells

    def plot(
        self, value: str = "lift", *, most: int = 12, ax: Axes | None = None
    ) -> Axes:
        """Draw the square of the most frequent products; see `plot_affinity`."""
        from tenure.plotting.products import plot_affinity  # noqa: PLC0415

        return plot_affinity(self, value, most=most, ax=ax)

    # -- the table ---------------------------------------------------------------

    @cached_property
    def _directed(self) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
        """The places of the products of each row, the most frequent pairs first."""
        first, second, both = self.first, self.second, self.both
        if not self.is_ordered:
            first, second = np.append(first, second), np.append(second, first)
            both = np.append(both, both)
        places = np.lexsort((second, first, -both))
        return first[places], second[places]

    @cached_property
    def _table(self) -> dict[str, NDArray[Any]]:
        both = np.sort(self.both if self.is_ordered else np.repeat(self.both, 2))[::-1]
        first, second = self._directed
        counts = self.product_counts[first], self.other_counts[second]
        total = self.counts.used
        metrics: dict[str, NDArray[Any]] = {}
        for name, values in association_metrics(both, *counts, total).items():
            metrics[name] = values
            if name == "lift":
                ends = lift_interval(both, *counts, total, self.level)
                metrics["lift_low"], metrics["lift_high"] = ends
        columns = {
            "product": self.products[first],
            "other": self.products[second],
            "count": both,
            "product_count": counts[0],
            "other_count": counts[1],
            **metrics,
        }
        if self.test is not None:
            p = p_values(self.test, both, *counts, total)
            # either direction is the same test
            tests = self.pairs_tested * (1 if self.is_ordered else 2)
            columns |= {"p_value": p, "p_adjusted": adjusted(p, tests)}
        return columns

    # -- words -------------------------------------------------------------------

    def _headline(self) -> str:
        pairs = counted(len(self.both), "pair")
        return (
            f"Affinity: {pairs} of products in {self.counts.least:,} or more of "
            f"{self.counts.used:,} {self.counts.words}; {self.counts.note()}"
        )

    def _rows(self) -> tuple[list[str], list[list[str]]]:
        table = self._table
        low = table["lift_low"]
        order = np.argsort(-low, kind="stable")
        if not self.is_ordered:  # one direction of each pair: the more confident one
            first, second = self._directed
            sure = table["confidence"] - 1e-12 * (first > second)
            order = np.lexsort((-sure, -low))
            pair = np.minimum(first, second)[order] * len(self.products)
            pair += np.maximum(first, second)[order]
            order = order[np.sort(np.unique(pair, return_index=True)[1])]
        rows = [
            [
                f"{table['product'][at]} -> {table['other'][at]}",
                f"{table['count'][at]:,}",
                f"{100 * table['confidence'][at]:.1f} %",
                f"{table['lift'][at]:.2f}",
                f"[{low[at]:.2f}, {table['lift_high'][at]:.2f}]",
            ]
            for at in order[:_SHOWN]
        ]
        interval = f"{100 * self.level:g} % interval"
        return ["product -> other", "both", "confidence", "lift", interval], rows

    @override
    def __repr__(self) -> str:
        return f"{self._headline()}\n{text_table(*self._rows())}"

    def _repr_html_(self) -> str:
        return html_report(self._headline(), *self._rows())


def affinity(
    data: object,
    *,
    unit: Unit = "basket",
    basket: str | None = None,
    horizon: Horizon | None = None,
    starting: Starting = "first",
    min_count: int = 5,
    min_support: float = 0.0,
    max_basket: int = 1000,
    test: AssociationTest | None = "fisher",
    level: float = 0.9,
    **columns: Unpack[LineColumns],
) -> Affinity:
    """Count which products are bought together, and say whether that is chance.

    Pairs are counted in one pass over the baskets. A product counts once a basket.

    Parameters
    ----------
    data : OrderLines, Transactions or frame
        Lines of orders; a log must have been made with `product`. Or a frame with
        baskets, see `basket`.
    unit : {"basket", "customer", "next order"}
        What products are together in: an order; everything that a customer has bought;
        or an order and the customer's next one, where the first product is in the one
        and the other in the next.
    basket : str, optional
        The column with baskets of a frame that has one row a product in a basket and
        needs no customers and no times; `product` is the other column.
    horizon : float, str or timedelta, optional
        For "next order": within how many days the next order counts.
    starting : {"first", "every"}
        For "next order": whether the way leads from each customer's first order to the
        second, which makes one pair of orders a customer, or from every order to the
        next. Orders of a customer are alike, so that p values and intervals of "every"
        claim too much; and so do those of baskets where customers have many.
    min_count : int, default 5
        In how many baskets a product and a pair must be.
    min_support : float, default 0
        In what share of the baskets they must be.
    max_basket : int, default 1000
        Baskets with more different products are left out, and are counted: those of
        resellers say little, and have more pairs than all others.
    test : {"fisher", "chi-square"} or None
        Fisher's exact test (whether they are together more often than by chance) or
        Pearson's (whether more or less often). It needs scipy.
    level : float, default 0.9
        Confidence level of the intervals of lifts.
    **columns
        How the columns of a frame are called, and `as_of`, as for `order_lines`.

    Returns
    -------
    Affinity

    Raises
    ------
    ColumnError
        If a column is not there.
    EmptyDataError
        If there is no basket.
    ImportError
        If scipy is not installed: ``pip install 'tenure[stats]'``.
    ParameterError
        If a limit is none.

    See Also
    --------
    rules : Rules with several products.
    recommend : What to offer to a customer.

    References
    ----------
    Agrawal, R., Imielinski, T., Swami, A. (1993). Mining association rules between sets
    of items in large databases. SIGMOD, 207-216.
    Zhang, T. (2000). Association rules. PAKDD, 245-256.
    Benjamini, Y., Hochberg, Y. (1995). Controlling the false discovery rate. Journal of
    the Royal Statistical Society B 57, 289-300.

    Examples
    --------
    Four of five baskets with tea have a cup, as have 8 of all 10:

    >>> import tenure as tn
    >>> rows = {"basket": [], "product": []}
    >>> for number in range(10):
    ...     bought = ["tea"] * (number < 5) + ["cup"] * (number > 0 and number < 9)
    ...     rows["basket"] += [number] * len(bought)
    ...     rows["product"] += bought
    >>> rows["basket"].append(9)
    >>> rows["product"].append("mug")
    >>> found = tn.products.affinity(rows, basket="basket", min_count=1, test=None)
    >>> found
    Affinity: 1 pair of products in 1 or more of 10 baskets; no basket holds more than \
1,000 products
    product -> other  both  confidence  lift  90 % interval
    tea -> cup           4      80.0 %  1.00   [0.77, 1.30]
    """
    check_test(test)
    check_level(level, name="level")
    limits = Limits.of(min_count, min_support, max_basket)
    baskets = baskets_of(
        data,
        unit=unit,
        basket=basket,
        horizon=horizon,
        starting=starting,
        columns=columns,
    )
    found = _core.basket_pairs(baskets.rows, limits.numbers)
    if found["baskets"] == 0:
        hint = "raise max_basket" if found["giants"] else ""
        msg = "there is no basket to count"
        raise EmptyDataError.of(msg, hint=hint)
    counts = BasketCounts.of(baskets, found, limits)
    ordered = unit == "next order"
    first, second, both = _pairs(found, baskets.rows["kinds"], ordered=ordered)
    kinds = baskets.rows["kinds"] // (2 if ordered else 1)
    firsts, others = found["item_counts"][:kinds], found["item_counts"][-kinds:]
    there = (firsts > 0) | (others > 0)
    place = np.cumsum(there) - 1
    one, other = (int((of >= counts.least).sum()) for of in (firsts, others))
    return Affinity(
        counts=counts,
        products=baskets.names()[there],
        product_counts=firsts[there],
        other_counts=others[there],
        first=place[first],
        second=place[second],
        both=both,
        pairs_tested=one * other if ordered else one * (one - 1) // 2,
        test=test,
        level=level,
        family=baskets.family,
    )


def _pairs(
    found: PairColumns, kinds: int, *, ordered: bool
) -> tuple[NDArray[np.int64], NDArray[np.int64], NDArray[np.int64]]:
    """Return the pairs; of pairs of orders, those with one product in each."""
    first, second, both = found["firsts"], found["seconds"], found["counts"]
    if not ordered:
        return first, second, both
    half = kinds // 2
    across = (first < half) & (second >= half)
    return first[across], second[across] - half, both[across]
