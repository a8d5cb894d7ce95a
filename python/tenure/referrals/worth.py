"""What customers are worth by bringing others, without counting anybody twice."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from tenure._frame import Table, native_frame
from tenure._report import counted, html_report, text_table
from tenure._typing import override
from tenure.exceptions import DataError, ParameterError
from tenure.retention.periods import at_least_one

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from tenure.referrals.forest import Referrals

__all__ = ["ReferralValue", "value_of"]

_YEAR = 365.25 * 86_400_000_000
"""Microseconds."""


@dataclass(frozen=True, eq=False, repr=False)
class ReferralValue:
    """What each customer is worth themselves, and by bringing others.

    Made by `Referrals.value`.

    Attributes
    ----------
    columns : dict of str to array
        The table that `to_frame` returns.
    referrals : int
        How many referrals there are among these customers.
    incremental, acquisition_cost, decay, discount_rate : float
        As they were given.
    depth : int
        Likewise.
    cost_saved : float
        The cost of acquisition that was saved: that of referred customers who would
        have come anyway.
    without_value : int
        Referred customers with no row among the values, taken as worth 0.
    family : str
        The kind of frame that `to_frame` returns.
    """

    columns: dict[str, NDArray[Any]]
    referrals: int
    incremental: float
    acquisition_cost: float
    depth: int
    decay: float
    discount_rate: float
    cost_saved: float
    without_value: int
    family: str

    @property
    def own_total(self) -> float:
        """The sum of all customers' own values, each counted once."""
        return math.fsum(self.columns["own_value"])

    @property
    def total(self) -> float:
        """What all are worth together: own values and the cost that was saved.

        Not the sum of `combined_value`, in which a referred customer's value stands
        twice: as their own, and to the credit of who brought them.
        """
        return math.fsum([*self.columns["own_value"].tolist(), self.cost_saved])

    def to_frame(self) -> Any:
        """Return one row a customer.

        Columns: `customer_id`, `brought`, `own_value`, `direct_value` and
        `indirect_value` (to the credit of the referrer), their sum `referral_value`,
        and `combined_value`, with the own one.
        """
        return native_frame(self.columns, family=self.family, index="customer_id")

    def _headline(self) -> str:
        who = counted(len(self.columns["own_value"]), "customer")
        return (
            f"Referral value of {who}: {counted(self.referrals, 'referral')}, "
            f"{100 * self.incremental:g} % of them taken as customers who would not "
            "have come otherwise"
        )

    def _table(self) -> tuple[list[str], list[list[str]]]:
        rows = [
            ["own value", f"{self.own_total:,.2f}"],
            ["cost saved", f"{self.cost_saved:,.2f}"],
            ["all together", f"{self.total:,.2f}"],
        ]
        return ["", "total"], rows

    def _note(self) -> str:
        direct, indirect = (
            math.fsum(self.columns[name]) for name in ("direct_value", "indirect_value")
        )
        note = (
            f"direct credit to referrers: {direct:,.2f}, indirect: {indirect:,.2f} "
            "(customers' own values, seen a second time)"
        )
        if self.without_value:
            note += f"; {counted(self.without_value, 'referral')} of unknown value"
        return note

    @override
    def __repr__(self) -> str:
        return f"{self._headline()}\n{text_table(*self._table())}\n{self._note()}"

    def _repr_html_(self) -> str:
        return html_report(self._headline(), *self._table(), self._note())


def value_of(
    referrals: Referrals,
    values: object,
    names: tuple[str, str, str | None],
    *,
    incremental: float,
    acquisition_cost: float,
    depth: int,
    decay: float,
    discount_rate: float,
) -> ReferralValue:
    """Return what customers are worth by bringing others; see `Referrals.value`."""
    for name, share in (("incremental", incremental), ("decay", decay)):
        if not 0 <= share <= 1:
            raise ParameterError.of(name, "lie from 0 to 1", found=repr(share))
    for name, number in (
        ("acquisition_cost", acquisition_cost),
        ("discount_rate", discount_rate),
    ):
        if not (math.isfinite(number) and number >= 0):
            expected = "be finite and at least 0"
            raise ParameterError.of(name, expected, found=repr(number))
    steps = at_least_one(depth, "depth")
    table = Table.of(values)
    ids, own, start = _read(table, names, discount_rate)
    place = {one: row for row, one in enumerate(ids.tolist())}
    row_of = np.array([place.get(one, -1) for one in referrals.customers.tolist()])
    known = row_of >= 0
    worth = np.where(known, own[row_of], 0.0)
    gain = incremental * worth + (1 - incremental) * acquisition_cost
    begun = np.where(known, start[row_of], 0.0)
    levels = _levels(referrals, gain, begun, steps, math.log1p(discount_rate))
    indirect = decay ** np.arange(1, len(levels)) @ levels[1:]
    brought, brought_by = referrals._brought(), referrals._parent >= 0  # noqa: SLF001
    columns: dict[str, NDArray[Any]] = {
        "customer_id": ids,
        "brought": _spread(brought, row_of, len(ids)).astype(np.int64),
        "own_value": own,
        "direct_value": _spread(levels[0], row_of, len(ids)),
        "indirect_value": _spread(indirect, row_of, len(ids)),
    }
    columns["referral_value"] = columns["direct_value"] + columns["indirect_value"]
    columns["combined_value"] = own + columns["referral_value"]
    count = len(referrals)
    return ReferralValue(
        columns=columns,
        referrals=count,
        incremental=incremental,
        acquisition_cost=acquisition_cost,
        depth=steps,
        decay=decay,
        discount_rate=discount_rate,
        cost_saved=(1 - incremental) * acquisition_cost * count,
        without_value=int((~known & brought_by).sum()),
        family=table.family,
    )


def _read(
    table: Table, names: tuple[str, str, str | None], discount_rate: float
) -> tuple[NDArray[Any], NDArray[np.float64], NDArray[np.float64]]:
    """Return who, their own values, and when they began, in years."""
    customer, value, start = names
    codes, own = table.codes(customer), table.numbers(value).values
    first = np.unique(codes.values, return_index=True)[1]
    if (codes.values < 0).any() or len(first) < table.n_rows:
        again = np.ones(table.n_rows, dtype=bool)
        again[first] = False
        bad = again | (codes.values < 0)
        row = int(bad.argmax())
        found = (
            "nothing"
            if codes.values[row] < 0
            else repr(codes.categories.tolist()[codes.values[row]])
        )
        raise DataError.at(
            customer,
            "name each customer once",
            row=row,
            found=found,
            count=int(bad.sum()),
        )
    bad = ~np.isfinite(own)
    if bad.any():
        raise DataError.at(
            value,
            "hold finite numbers",
            row=int(bad.argmax()),
            found=repr(float(own[bad][0])),
            count=int(bad.sum()),
        )
    if start is None and discount_rate > 0:
        raise ParameterError.of(
            name="start",
            expected="name a column where there is a discount rate",
            found="None",
            hint="values are discounted to the beginning of each referrer's life",
        )
    begun = np.zeros(table.n_rows)
    if start is not None:
        instants = table.instants(start)
        if instants.missing is not None and instants.missing.any():
            raise DataError.at(
                start,
                "say when each customer began",
                row=int(instants.missing.argmax()),
                found="nothing",
                count=int(instants.missing.sum()),
            )
        begun = instants.values / _YEAR
    return codes.categories[codes.values], own, begun


def _levels(
    referrals: Referrals,
    gain: NDArray[np.float64],
    begun: NDArray[np.float64],
    steps: int,
    rate: float,
) -> NDArray[np.float64]:
    """Return what those brought gain each customer, one row a generation below.

    Discounted to one date for all, and from there back to each referrer's own
    beginning.
    """
    parent = referrals._parent  # noqa: SLF001
    moment = referrals._moment / _YEAR  # noqa: SLF001
    brought = parent >= 0
    middle = float(np.median(moment[brought]))
    flow = np.zeros(len(parent))
    flow[brought] = gain[brought] * np.exp(-rate * (moment[brought] - middle))
    levels = [_to_parents(flow, parent)]
    while len(levels) < steps and levels[-1].any():
        levels.append(_to_parents(levels[-1], parent))
    back = np.exp(rate * (begun - middle)) if rate else 1.0
    return np.array(levels) * back


def _to_parents(
    amounts: NDArray[np.float64], parent: NDArray[np.int64]
) -> NDArray[np.float64]:
    """Return the sum of the amounts of those whom each customer brought."""
    brought = parent >= 0
    return np.bincount(parent[brought], amounts[brought], len(parent)).astype(float)


def _spread(
    amounts: NDArray[Any], rows: NDArray[np.int64], count: int
) -> NDArray[np.float64]:
    """Return amounts of some customers in the rows of all of them."""
    spread = np.zeros(count)
    spread[rows[rows >= 0]] = amounts[rows >= 0]
    return spread
