"""What to offer to a customer next, and why."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Literal, TypeAlias, get_args

import numpy as np

from tenure import _core
from tenure._frame import native_frame
from tenure._grouped import labels
from tenure._report import counted, html_report, text_table
from tenure._typing import override
from tenure.exceptions import EmptyDataError, ParameterError
from tenure.products._baskets import Limits, baskets_of
from tenure.products._held import held
from tenure.products._lines import OrderLines, lines_of
from tenure.retention.periods import at_least_one

if TYPE_CHECKING:
    from collections.abc import Sequence
    from typing import Unpack

    from numpy.typing import NDArray

    from tenure.products._lines import LineColumns

__all__ = ["Offers", "Recommendations", "Score", "recommend"]

Score: TypeAlias = Literal["similarity", "confidence", "popularity"]
"""How products are ranked for a customer."""

# More products than this would make tables of pairs of more than 1 GB.
_MOST_PRODUCTS = 8_000

# Rows that are shown.
_SHOWN = 10


@dataclass(frozen=True, eq=False, repr=False)
class Recommendations:
    """What to offer to customers. Made by `recommend`.

    Attributes
    ----------
    customers : array
        To whom.
    score : {"similarity", "confidence", "popularity"}
        How products are ranked.
    baskets : int
        How many customers the affinities are counted among.
    too_rare : int
        Products that too few customers own, which are not offered.
    family : str
        The kind of frame that results come back as.
    """

    customers: NDArray[Any]
    score: Score
    baskets: int
    too_rare: int
    family: str
    _columns: dict[str, NDArray[Any]] = field(repr=False)

    def to_frame(self) -> Any:
        """Return one row an offer, by customer and rank.

        Returns
        -------
        frame
            `customer_id`, `rank`, `product` to offer, its `score`; the reason:
            `because`, the owned product that speaks most for it (missing where
            popularity alone does), with the `lift` of the two and `count`, the number
            of customers who own both; and `owners` of the product.
        """
        return native_frame(self._columns, family=self.family)

    def _headline(self) -> str:
        offers = counted(len(self._columns["rank"]), "offer")
        who = counted(len(self.customers), "customer")
        return (
            f"Recommendations: {offers} to {who} by {self.score}, from what "
            f"{self.baskets:,} customers own"
        )

    def _table(self) -> tuple[list[str], list[list[str]]]:
        columns = self._columns
        rows: list[list[str]] = []
        for at in range(min(_SHOWN, len(columns["rank"]))):
            lift, because = columns["lift"][at], columns["because"][at]
            reason = "popular" if np.isnan(lift) else f"{because}, lift {lift:.2f}"
            rows.append(
                [
                    str(columns["customer_id"][at]),
                    str(columns["rank"][at]),
                    str(columns["product"][at]),
                    reason,
                ]
            )
        return ["customer", "rank", "product", "because of"], rows

    @override
    def __repr__(self) -> str:
        return f"{self._headline()}\n{text_table(*self._table())}"

    def _repr_html_(self) -> str:
        return html_report(self._headline(), *self._table())


def recommend(
    data: object,
    customers: Sequence[Any] | None = None,
    *,
    n: int = 5,
    score: Score = "similarity",
    min_count: int = 5,
    owned: Literal["drop", "keep"] = "drop",
    max_basket: int = 1000,
    **columns: Unpack[LineColumns],
) -> Recommendations:
    """Return which products to offer to customers next, each with a reason.

    Products are ranked by what others own who own the same.

    Parameters
    ----------
    data : OrderLines, Transactions or frame
        Lines of orders; a log must have been made with `product`.
    customers : sequence of ids, optional
        To whom; by default to everybody.
    n : int, default 5
        How many products each.
    score : {"similarity", "confidence", "popularity"}
        "similarity": the sum over what the customer owns of the cosine of the two
        products, n_AB / sqrt(n_A n_B). "confidence": the largest share of owners of an
        owned product who own the other too. "popularity": how many own it, whatever
        the customer owns. Equal scores are ranked by owners, and then by product.
    min_count : int, default 5
        How many customers must own a product, and both of a pair.
    owned : {"drop", "keep"}
        Whether products that the customer has bought already are left out.
    max_basket : int, default 1000
        Customers with more different products are not counted among.
    **columns
        How the columns of a frame are called, and `as_of`, as for `order_lines`.

    Returns
    -------
    Recommendations
        Fewer than `n` where a customer owns nearly everything.

    Raises
    ------
    EmptyDataError
        If no product is owned by enough, or none of the customers has bought.
    ParameterError
        If there are too many products.

    See Also
    --------
    hit_rate : How often such offers come true.

    Examples
    --------
    >>> import tenure as tn
    >>> rows = {
    ...     "customer_id": [1, 1, 2, 2, 3, 3, 4, 5],
    ...     "date": ["2024-01-01"] * 8,
    ...     "product": ["tea", "cup", "tea", "cup", "mug", "cup", "tea", "mug"],
    ... }
    >>> tn.products.recommend(rows, [4], n=1, min_count=1)
    Recommendations: 1 offer to 1 customer by similarity, from what 5 customers own
    customer  rank  product     because of
    4            1      cup  tea, lift 1.11
    """
    if owned not in ("drop", "keep"):
        msg = "owned"
        raise ParameterError.of(msg, "be 'drop' or 'keep'", found=repr(owned))
    count = at_least_one(n, "n")
    lines = lines_of(data, columns)
    offers = Offers.of(lines, score, min_count=min_count, max_basket=max_basket)
    places = np.arange(len(lines.customers))
    if customers is not None:
        wanted = set(customers)
        chosen = [one in wanted for one in lines.customers.tolist()]
        places = np.flatnonzero(np.array(chosen))
    if len(places) == 0:
        hint = "ids must be those of the data, of the same type"
        msg = "none of these customers has bought"
        raise EmptyDataError.of(msg, hint=hint)
    found = [offers.to(place, count, drop=owned == "drop") for place in places.tolist()]
    sizes = [len(product) for product, _ in found]
    product = np.concatenate([one for one, _ in found])
    whose = np.repeat(places, sizes)
    ranks = np.concatenate([np.arange(1, size + 1) for size in sizes])
    because, lift, both = offers.reasons(whose, product)
    table = {
        "customer_id": lines.customers[whose],
        "rank": ranks,
        "product": lines.products[product],
        "score": np.concatenate([one for _, one in found]),
        "because": labels(lines.products, because),
        "lift": lift,
        "count": both,
        "owners": offers.owners[product],
    }
    return Recommendations(
        customers=lines.customers[places],
        score=score,
        baskets=offers.baskets,
        too_rare=offers.too_rare,
        family=lines.family,
        _columns=table,
    )


@dataclass(frozen=True, eq=False)
class Offers:
    """The affinity of all products, as tables, and what every customer owns.

    Attributes
    ----------
    frequent : int64 array
        The products that are offered.
    both : int64 array, shape (frequent, frequent)
        How many customers own two of them; on the diagonal, one.
    weight : float64 array of the same shape or None
        What owning the one (row) speaks for the other.
    owners : int64 array
        How many customers own each product.
    baskets : int
        How many customers were counted among.
    too_rare : int
        Products with too few owners.
    """

    frequent: NDArray[np.int64]
    both: NDArray[np.int64]
    weight: NDArray[np.float64] | None
    summed: bool
    owners: NDArray[np.int64]
    baskets: int
    too_rare: int
    _offsets: NDArray[np.int64]
    _owned: NDArray[np.int64]

    @classmethod
    def of(
        cls, lines: OrderLines, score: Score, *, min_count: int, max_basket: int
    ) -> Offers:
        """Count who owns what."""
        if score not in get_args(Score):
            expected = f"be one of {', '.join(get_args(Score))}"
            raise ParameterError.of(name="score", expected=expected, found=repr(score))
        limits = Limits.of(min_count, 0.0, max_basket)
        baskets = baskets_of(
            lines,
            unit="customer",
            basket=None,
            horizon=None,
            starting="first",
            columns={},
        )
        found = _core.basket_pairs(baskets.rows, limits.numbers)
        owners = found["item_counts"]
        frequent = np.flatnonzero(owners >= limits.count)
        if not 0 < len(frequent) <= _MOST_PRODUCTS:
            expected = f"leave 1 to {_MOST_PRODUCTS:,} products to offer"
            raise ParameterError.of(
                name="min_count",
                expected=expected,
                found=f"{len(frequent):,} with {min_count}",
            )
        place = np.full(len(owners), -1)
        place[frequent] = np.arange(len(frequent))
        both = np.zeros((len(frequent), len(frequent)), np.int64)
        first, second = place[found["firsts"]], place[found["seconds"]]
        both[first, second] = both[second, first] = found["counts"]
        np.fill_diagonal(both, owners[frequent])
        weight = _weights(both, score)
        own = held(lines, "product")
        customer, product = own.customer[own.first], own.what[own.first]
        counts = np.bincount(customer, minlength=len(lines.customers))
        return cls(
            frequent=frequent,
            both=both,
            weight=weight,
            summed=score == "similarity",
            owners=owners,
            baskets=found["baskets"],
            too_rare=int(((owners > 0) & (owners < limits.count)).sum()),
            _offsets=np.append(0, np.cumsum(counts)),
            _owned=np.where(place[product] >= 0, place[product], -1),
        )

    def owned_by(self, customer: int) -> NDArray[np.int64]:
        """Return the places among the frequent products of what somebody owns."""
        own = self._owned[self._offsets[customer] : self._offsets[customer + 1]]
        return own[own >= 0]

    def to(
        self, customer: int, n: int, *, drop: bool
    ) -> tuple[NDArray[np.int64], NDArray[np.float64]]:
        """Return the products to offer to a customer, the best first, with scores."""
        own = self.owned_by(customer)
        popular = np.diagonal(self.both).astype(np.float64)
        if self.weight is None:
            score = popular / max(self.baskets, 1)
        elif len(own) == 0:
            score = np.zeros(len(popular))
        else:
            rows = self.weight[own]
            score = rows.sum(axis=0) if self.summed else rows.max(axis=0)
        # sums of equal parts in another order may differ in their last digit
        order = np.lexsort((self.frequent, -popular, -np.round(score, 12)))
        if drop:
            order = order[~np.isin(order, own)]
        order = order[:n]
        return self.frequent[order], score[order]

    def reasons(
        self, customers: NDArray[np.int64], products: NDArray[np.int64]
    ) -> tuple[NDArray[np.int64], NDArray[np.float64], NDArray[np.int64]]:
        """Return the owned product that speaks most for each offer, lift and count."""
        because = np.full(len(products), -1)
        lift, count = np.full(len(products), np.nan), np.zeros(len(products), np.int64)
        if self.weight is None:
            return because, lift, count
        places = np.searchsorted(self.frequent, products)
        for at, (customer, place) in enumerate(zip(customers, places, strict=True)):
            own = self.owned_by(int(customer))
            own = own[own != place]
            if len(own) == 0:
                continue
            best = own[np.argmax(self.weight[own, place])]
            both = self.both[best, place]
            if both == 0:
                continue
            because[at], count[at] = self.frequent[best], both
            sizes = float(self.both[best, best]) * float(self.both[place, place])
            lift[at] = both * self.baskets / sizes
        return because, lift, count


def _weights(both: NDArray[np.int64], score: Score) -> NDArray[np.float64] | None:
    """Return what each product speaks for each other."""
    if score == "popularity":
        return None
    sizes = np.diagonal(both).astype(np.float64)
    if score == "confidence":
        weight = both / sizes[:, np.newaxis]
    else:
        weight = both / np.sqrt(np.multiply.outer(sizes, sizes))
    np.fill_diagonal(weight, 0.0)  # a product does not speak for itself
    return weight
