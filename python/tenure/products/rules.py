"""Rules with several products: who has these has those."""

from __future__ import annotations

from dataclasses import dataclass, field
from itertools import combinations
from typing import TYPE_CHECKING, Any

import numpy as np

from tenure import _core
from tenure._frame import native_frame
from tenure._report import counted, html_report, text_table
from tenure._typing import override
from tenure.exceptions import EmptyDataError, ParameterError
from tenure.products._baskets import BasketCounts, Limits, baskets_of, is_number
from tenure.products._metrics import association_metrics
from tenure.retention.periods import at_least_one

if TYPE_CHECKING:
    from collections.abc import Iterator
    from typing import Unpack

    from numpy.typing import NDArray

    from tenure._core_types import SetColumns
    from tenure.products._lines import LineColumns

__all__ = ["Rules", "rules"]

# Rows that are shown.
_SHOWN = 10

# Our names and those of mlxtend, in its order.
_NAMES = {
    "support": "support",
    "confidence": "confidence",
    "lift": "lift",
    "leverage": "leverage",
    "conviction": "conviction",
    "zhang": "zhangs_metric",
    "jaccard": "jaccard",
    "certainty": "certainty",
    "kulczynski": "kulczynski",
}


@dataclass(frozen=True, eq=False, repr=False)
class Rules:
    """Sets of products that are bought together, and rules among them.

    Made by `rules`.

    Attributes
    ----------
    counts : BasketCounts
        How many baskets there are, and what was left out.
    sets : list of (frozenset, int)
        The frequent sets of products, and how many baskets hold each.
    min_confidence : float
        The least confidence of a rule.
    max_items : int
        The most products of a set.
    family : str
        The kind of frame that results come back as.
    """

    counts: BasketCounts
    sets: list[tuple[frozenset[Any], int]] = field(repr=False)
    min_confidence: float
    max_items: int
    family: str
    _columns: dict[str, NDArray[Any]] = field(repr=False)

    def __len__(self) -> int:
        """Return the number of rules."""
        return len(self._columns["support"])

    def to_frame(self) -> Any:
        """Return one row a rule, by lift, the most surprising first.

        Returns
        -------
        frame
            `antecedents` and `consequents`, frozensets of products, and the metrics
            under the names that mlxtend gives them: `antecedent support`,
            `consequent support`, `support`, `confidence`, `lift`, `representativity`,
            `leverage`, `conviction`, `zhangs_metric`, `jaccard`, `certainty`,
            `kulczynski`; and `count`: how many baskets hold all of them. In a pyarrow
            table sets are text.
        """
        return native_frame(self._columns, family=self.family)

    def itemsets(self) -> Any:
        """Return one row a frequent set of products.

        Returns
        -------
        frame
            `support`, `itemsets` (frozensets) and `count`.
        """
        numbers = np.array([count for _, count in self.sets], np.int64)
        columns = {
            "support": numbers / max(self.counts.used, 1),
            "itemsets": _objects([one for one, _ in self.sets]),
            "count": numbers,
        }
        return native_frame(columns, family=self.family)

    def _headline(self) -> str:
        found = counted(len(self), "rule")
        sets = counted(len(self.sets), "set")
        return (
            f"Rules: {found} of at least {100 * self.min_confidence:g} % confidence, "
            f"from {sets} of products in {self.counts.least:,} or more of "
            f"{self.counts.used:,} {self.counts.words}; {self.counts.note()}"
        )

    def _table(self) -> tuple[list[str], list[list[str]]]:
        columns = self._columns
        rows = [
            [
                (
                    f"{_written(columns['antecedents'][at])} -> "
                    f"{_written(columns['consequents'][at])}"
                ),
                f"{columns['count'][at]:,}",
                f"{100 * columns['confidence'][at]:.1f} %",
                f"{columns['lift'][at]:.2f}",
            ]
            for at in range(min(_SHOWN, len(self)))
        ]
        return ["rule", "baskets", "confidence", "lift"], rows

    @override
    def __repr__(self) -> str:
        return f"{self._headline()}\n{text_table(*self._table())}"

    def _repr_html_(self) -> str:
        return html_report(self._headline(), *self._table())


def rules(
    data: object,
    *,
    basket: str | None = None,
    unit: str = "basket",
    max_items: int = 3,
    min_support: float = 0.01,
    min_count: int = 2,
    min_confidence: float = 0.3,
    max_basket: int = 1000,
    max_sets: int = 1_000_000,
    **columns: Unpack[LineColumns],
) -> Rules:
    """Find sets of products that are bought together, and rules among them.

    Parameters
    ----------
    data : OrderLines, Transactions or frame
        As for `affinity`.
    basket : str, optional
        The column with baskets of a frame without customers and times.
    unit : {"basket", "customer"}
        Whether products are together in an order, or in all that a customer has bought.
    max_items : int, default 3
        The most products of a set: of both sides of a rule together.
    min_support : float, default 0.01
        In what share of the baskets a set must be.
    min_count : int, default 2
        In how many baskets a set must be.
    min_confidence : float, default 0.3
        The least share with the consequents of the baskets with the antecedents.
    max_basket : int, default 1000
        Baskets with more different products are left out, and are counted.
    max_sets : int, default 1,000,000
        More frequent sets than this are an error rather than a full memory.
    **columns
        How the columns of a frame are called, and `as_of`, as for `order_lines`.

    Returns
    -------
    Rules
        Every frequent set, and every rule among them that is sure enough.

    Raises
    ------
    EmptyDataError
        If there is no basket.
    ParameterError
        If a limit is none, or there are more than `max_sets`.

    See Also
    --------
    affinity : Pairs, with intervals and tests.

    References
    ----------
    Zaki, M. (2000). Scalable algorithms for association mining. IEEE Transactions on
    Knowledge and Data Engineering 12(3), 372-390 (Eclat).
    Uno, T., Kiyomi, M., Arimura, H. (2004). LCM ver. 2. FIMI.
    Raschka, S. (2018). MLxtend. Journal of Open Source Software 3(24), 638 (the names
    of the columns).

    Examples
    --------
    >>> import tenure as tn
    >>> rows = {
    ...     "basket": [1, 1, 1, 2, 2, 2, 3, 3, 4],
    ...     "product": ["tea", "cup", "mug", "tea", "cup", "mug", "tea", "cup", "tea"],
    ... }
    >>> tn.products.rules(rows, basket="basket", min_confidence=0.9)
    Rules: 6 rules of at least 90 % confidence, from 7 sets of products in 2 or more ...
    rule             baskets  confidence  lift
    mug -> cup             2     100.0 %  1.33
    mug -> cup, tea        2     100.0 %  1.33
    mug, tea -> cup        2     100.0 %  1.33
    cup -> tea             3     100.0 %  1.00
    mug -> tea             2     100.0 %  1.00
    cup, mug -> tea        2     100.0 %  1.00
    """
    if unit not in ("basket", "customer"):
        expected = "be 'basket' or 'customer'"
        raise ParameterError.of(name="unit", expected=expected, found=repr(unit))
    if not is_number(min_confidence) or not 0 <= min_confidence <= 1:
        expected = "lie between 0 and 1"
        raise ParameterError.of(
            name="min_confidence", expected=expected, found=repr(min_confidence)
        )
    size = at_least_one(max_items, "max_items")
    limits = Limits.of(min_count, min_support, max_basket)
    baskets = baskets_of(
        data,
        unit=unit,
        basket=basket,
        horizon=None,
        starting="first",
        columns=columns,
    )
    most = at_least_one(max_sets, "max_sets")
    found = _core.basket_sets(baskets.rows, limits.numbers, size, most)
    if found["baskets"] == 0:
        hint = "raise max_basket" if found["giants"] else ""
        msg = "there is no basket to count"
        raise EmptyDataError.of(msg, hint=hint)
    names = baskets.names()
    numbered = dict(_sets(found))
    table = _table(numbered, found, names, min_confidence)
    return Rules(
        counts=BasketCounts.of(baskets, found, limits),
        sets=[
            (frozenset(names[list(places)].tolist()), count)
            for places, count in numbered.items()
        ],
        min_confidence=float(min_confidence),
        max_items=size,
        family=baskets.family,
        _columns=table,
    )


def _sets(found: SetColumns) -> Iterator[tuple[tuple[int, ...], int]]:
    """Yield the ascending places of the products of each set, and its count."""
    items, offsets = found["items"].tolist(), found["offsets"].tolist()
    for begin, end, count in zip(
        offsets[:-1], offsets[1:], found["counts"].tolist(), strict=True
    ):
        yield tuple(items[begin:end]), count


def _table(
    counts: dict[tuple[int, ...], int],
    found: SetColumns,
    names: NDArray[Any],
    least: float,
) -> dict[str, NDArray[Any]]:
    """Return every rule that is sure enough."""
    sides: list[tuple[tuple[int, ...], tuple[int, ...]]] = []
    numbers: list[tuple[int, int, int]] = []
    for places, both in counts.items():
        for width in range(1, len(places)):
            for antecedent in combinations(places, width):
                # any part of a frequent set is frequent
                first = counts[antecedent]
                if both < least * first:
                    continue
                consequent = tuple(one for one in places if one not in antecedent)
                sides.append((antecedent, consequent))
                numbers.append((both, first, counts[consequent]))
    total = found["baskets"]
    both, first, second = np.array(numbers, np.int64).reshape(-1, 3).T
    metrics = association_metrics(both, first, second, total)
    columns: dict[str, NDArray[Any]] = {
        "antecedents": _objects([frozenset(names[list(a)].tolist()) for a, _ in sides]),
        "consequents": _objects([frozenset(names[list(b)].tolist()) for _, b in sides]),
        "antecedent support": first / total,
        "consequent support": second / total,
    }
    for name, theirs in _NAMES.items():
        columns[theirs] = metrics[name]
        if name == "lift":
            columns["representativity"] = np.ones(len(both))
    columns["count"] = both
    places = np.argsort(-columns["lift"], kind="stable")
    return {name: values[places] for name, values in columns.items()}


def _written(products: frozenset[Any]) -> str:
    return ", ".join(sorted(map(str, products)))


def _objects(values: list[Any]) -> NDArray[np.object_]:
    found = np.empty(len(values), dtype=object)
    for place, value in enumerate(values):
        found[place] = value
    return found
