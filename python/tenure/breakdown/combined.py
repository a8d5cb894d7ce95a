"""What a customer is worth in all: purchases, referrals and interactions."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import numpy as np

from tenure._frame import native_frame
from tenure._report import counted, html_report, text_table
from tenure._typing import override
from tenure.breakdown._people import grouping_of, numbers_of, table_of
from tenure.exceptions import DataError, EmptyDataError, ParameterError

if TYPE_CHECKING:
    from collections.abc import Mapping

    from numpy.typing import NDArray

    from tenure._frame import Table

__all__ = ["CombinedValue", "combined_value"]

PARTS = ("own", "referrals", "passed_on", "interactions")


@dataclass(frozen=True, eq=False, repr=False)
class CombinedValue:
    """What customers are worth: by what they buy, whom they bring and what they do.

    Made by `combined_value`.

    Attributes
    ----------
    totals : dict of str to float
        The sum of each part over customers, and "combined", their sum: nothing is
        counted twice.
    interactions : dict of str to (int, float)
        For each type, how many there were, and what they are worth.
    customers : int
        How many customers.
    notes : tuple of str
        What was left out.
    family : str
        The kind of frame that results come back as.
    """

    totals: dict[str, float]
    interactions: dict[str, tuple[float, float]]
    customers: int
    notes: tuple[str, ...]
    family: str
    columns: dict[str, NDArray[Any]] = field(repr=False)

    def to_frame(self) -> Any:
        """Return one row a customer.

        Returns
        -------
        frame
            `customer_id`, `own`, `referrals` (credited for those whom the customer
            brought), `passed_on` (credited to who brought the customer: not above 0),
            `interactions`, and `combined`, the sum of the four.
        """
        return native_frame(self.columns, family=self.family, index="customer_id")

    def sentences(self) -> list[str]:
        """Return what the numbers say."""
        whole = self.totals["combined"]
        said = [
            (
                f"{counted(self.customers, 'customer')} are worth {whole:,.2f} "
                f"together, {whole / self.customers:,.2f} each."
            )
        ]
        saved = self.totals["referrals"] + self.totals["passed_on"]
        if whole > 0:
            said.append(
                f"{100 * self.totals['own'] / whole:.1f} % by what they buy, "
                f"{100 * saved / whole:.1f} % by acquisition saved through referrals, "
                f"{100 * self.totals['interactions'] / whole:.1f} % by interactions."
            )
        return said

    def _table(self) -> tuple[list[str], list[list[str]]]:
        rows = [
            [
                name.replace("_", " "),
                f"{number:,.2f}",
                f"{number / self.customers:,.2f}",
            ]
            for name, number in self.totals.items()
        ]
        return ["", "total", "per customer"], rows

    @override
    def __repr__(self) -> str:
        parts = ["Combined value", *self.sentences(), text_table(*self._table())]
        return "\n".join([*parts, *self.notes])

    def _repr_html_(self) -> str:
        words = " ".join([*self.sentences(), *self.notes])
        return html_report("Combined value", *self._table(), words)


def combined_value(
    own: object,
    *,
    value: str = "value",
    customer: str = "customer_id",
    referrals: object = None,
    referrer: str = "referrer_id",
    credit: float = 0.5,
    saved: float = 0.0,
    interactions: object = None,
    kind: str = "type",
    count: str | None = None,
    worth: Mapping[str, float] | None = None,
) -> CombinedValue:
    """Return what customers are worth in all, without counting anything twice.

    A customer's worth is the own value, plus for each customer brought a share of that
    one's value (`credit`: how many of them would not have come otherwise) and, for the
    others, the cost of acquisition saved. What is credited is taken from the customer
    who was brought, so that the sum over customers is the value of all, plus the cost
    saved, plus the interactions.

    Parameters
    ----------
    own : LifetimeValue or frame
        One row a customer with the own value.
    value, customer : str
        Its columns.
    referrals : frame, optional
        One row a customer who was brought: `customer`, and `referrer`. Only direct
        referrals count.
    referrer : str, default "referrer_id"
        The column that says who brought the customer.
    credit : float, default 0.5
        The share of referred customers who would not have come otherwise.
    saved : float, default 0
        What acquiring a customer costs otherwise.
    interactions : frame, optional
        One row an interaction, or one a customer and type with their number.
    kind, count : str
        Its columns: the type of the interaction, and how many there were (1 a row).
    worth : mapping of str to float, optional
        What an interaction of each type is worth to you, as ``{"review": 2.5}``. There
        is no other source for these numbers; types without one are left out and named.

    Returns
    -------
    CombinedValue

    Raises
    ------
    DataError
        If a value is missing, or a customer is named twice.
    ParameterError
        If `credit` is no share, or interactions are worth nothing known.

    References
    ----------
    Kumar, V., Petersen, J. A., Leone, R. P. (2010). Driving profitability by
    encouraging customer referrals: who, when, and how. Journal of Marketing 74, 1-17.

    Examples
    --------
    Ann brought Bob, who buys for 80: half of it is credited to her, and half of the 10
    that finding him would have cost otherwise.

    >>> import tenure as tn
    >>> own = {"customer_id": ["ann", "bob"], "value": [100.0, 80.0]}
    >>> brought = {"customer_id": ["bob"], "referrer_id": ["ann"]}
    >>> did = {"customer_id": ["bob", "bob"], "type": ["review", "review"]}
    >>> found = tn.breakdown.combined_value(
    ...     own, referrals=brought, saved=10, interactions=did, worth={"review": 2.0}
    ... )
    >>> found.to_frame()["combined"], found.totals["combined"]
    (array([145.,  44.]), 189.0)
    """
    if not 0 <= credit <= 1:
        raise ParameterError.of(
            name="credit", expected="lie between 0 and 1", found=repr(credit)
        )
    if not (np.isfinite(saved) and saved >= 0):
        raise ParameterError.of(
            name="saved", expected="be finite and at least 0", found=repr(saved)
        )
    table = table_of(own, customer)
    ids = _once(table, customer)
    if not len(ids):
        raise EmptyDataError.of(what="there are no customers: the data have no rows")
    values = _known(table, value)
    place = {one: row for row, one in enumerate(ids.tolist())}
    parts = {name: np.zeros(len(ids)) for name in PARTS} | {"own": values}
    notes: list[str] = []
    if referrals is not None:
        given = table_of(referrals, customer)
        notes += _refer(given, (customer, referrer), place, parts, (credit, saved))
    by_kind: dict[str, tuple[float, float]] = {}
    if interactions is not None:
        done = table_of(interactions, customer)
        names = (customer, kind, count)
        by_kind, further = _interact(done, names, worth or {}, place, parts)
        notes += further
    combined = sum(parts.values(), np.zeros(len(ids)))
    totals = {name: float(one.sum()) for name, one in parts.items()}
    return CombinedValue(
        totals=totals | {"combined": float(combined.sum())},
        interactions=by_kind,
        customers=len(ids),
        notes=tuple(notes),
        family=table.family,
        columns={"customer_id": ids, **parts, "combined": combined},
    )


def _once(table: Table, customer: str) -> NDArray[Any]:
    """Return the ids of a column in which each customer is named once."""
    codes = table.codes(customer)
    ids = np.asarray(codes.categories)
    seen = np.zeros(codes.n_categories, dtype=bool)
    for row, code in enumerate(codes.values.tolist()):
        if code < 0 or seen[code]:
            raise DataError.at(
                customer,
                "name each customer once",
                row=row,
                found="nothing" if code < 0 else repr(ids[code]),
            )
        seen[code] = True
    return ids[codes.values] if len(codes.values) else ids[:0]


def _known(table: Table, name: str) -> NDArray[np.float64]:
    values = numbers_of(table.column(name))
    bad = np.flatnonzero(np.isnan(values))
    if len(bad):
        raise DataError.at(
            name,
            "hold a number in every row",
            row=int(bad[0]),
            found="nothing",
            count=len(bad),
        )
    return values


def _refer(
    table: Table,
    names: tuple[str, str],
    place: dict[Any, int],
    parts: dict[str, NDArray[np.float64]],
    rule: tuple[float, float],
) -> list[str]:
    """Credit referrers with a share of the value of those whom they brought."""
    customer, referrer = names
    brought = _once(table, customer)
    codes = table.codes(referrer)
    who = [None if c < 0 else codes.categories[c] for c in codes.values.tolist()]
    credit, saved = rule
    skipped = 0
    for row, (one, by) in enumerate(zip(brought.tolist(), who, strict=True)):
        if by is not None and by == one:
            raise DataError.at(
                referrer, "name another customer", row=row, found=repr(by)
            )
        if by is None or one not in place or by not in place:
            skipped += 1
            continue
        moved = credit * parts["own"][place[one]]
        parts["referrals"][place[by]] += moved + (1 - credit) * saved
        parts["passed_on"][place[one]] -= moved
    if not skipped:
        return []
    return [
        f"{counted(skipped, 'referral')} of or by others than these customers left out"
    ]


def _interact(
    table: Table,
    names: tuple[str, str, str | None],
    worth: Mapping[str, float],
    place: dict[Any, int],
    parts: dict[str, NDArray[np.float64]],
) -> tuple[dict[str, tuple[float, float]], list[str]]:
    """Add up what interactions are worth."""
    customer, kind, count = names
    kinds = grouping_of(table.column(kind))
    known = [name for name in kinds.names if name in worth]
    if not known:
        raise ParameterError.of(
            name="worth",
            expected=f"say what an interaction is worth: {', '.join(kinds.names)}",
            found=repr(dict(worth)),
        )
    prices = np.array([float(worth.get(name, np.nan)) for name in kinds.names])
    number = np.ones(table.n_rows) if count is None else _known(table, count)
    codes = table.codes(customer)
    where = np.array([place.get(one, -1) for one in codes.categories.tolist()] + [-1])
    rows = where[codes.values]
    valued = np.isfinite(prices[kinds.codes])
    used = (rows >= 0) & valued
    money = number * np.where(valued, prices[kinds.codes], 0.0)
    np.add.at(parts["interactions"], rows[used], money[used])
    by_kind: dict[str, tuple[float, float]] = {}
    for code, name in enumerate(kinds.names):
        own = used & (kinds.codes == code)
        if name in worth:
            by_kind[name] = float(number[own].sum()), float(money[own].sum())
    notes: list[str] = []
    if not valued.all():
        others = ", ".join(name for name in kinds.names if name not in worth)
        notes.append(f"interactions of no stated worth left out: {others}")
    strangers = int(((rows < 0) & valued).sum())
    if strangers:
        notes.append(
            f"{counted(strangers, 'row')} of others than these customers left out"
        )
    return by_kind, notes
