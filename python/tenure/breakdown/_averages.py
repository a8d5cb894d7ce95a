"""What averages of two periods are made of: sums above and below the line."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from tenure.breakdown import _periods
from tenure.breakdown._people import Grouping, grouping_of, numbers_of
from tenure.exceptions import DataError, ParameterError

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from tenure._frame import Table
    from tenure.breakdown._periods import Spells
    from tenure.transactions import Transactions

__all__ = ["Averages", "of_frame", "of_log"]

_OF_LOG = {
    "order_value": ("revenue", "orders"),
    "purchase_frequency": ("orders", "active"),
    "value_per_customer": ("revenue", "active"),
}


@dataclass(frozen=True, eq=False)
class Averages:
    """Rows of customers and segments, with what they add to two averages.

    Attributes
    ----------
    owners, groups : int64 array
        The customer and the segment of each row.
    above, below : array, shape (2, rows)
        What each adds in each period.
    customers : int
        How many customers.
    labels : list of tuple of str
        The segments.
    periods : tuple of str
        What the periods are called.
    notes : tuple of str
        What was left out.
    """

    owners: NDArray[np.int64]
    groups: NDArray[np.int64]
    above: NDArray[np.float64]
    below: NDArray[np.float64]
    customers: int
    labels: list[tuple[str, ...]]
    periods: tuple[str, str]
    notes: tuple[str, ...] = ()
    there: NDArray[np.bool_] | None = None

    def people(self) -> NDArray[np.int64]:
        """Return how many customers there are in each period: of all, of segments."""
        there = self.below > 0 if self.there is None else self.there
        size = len(self.labels)
        found = np.zeros((2, 1 + size), dtype=np.int64)
        for period in range(2):
            inside = there[period]
            found[period, 0] = len(np.unique(self.owners[inside]))
            pairs = np.unique(self.owners[inside] * size + self.groups[inside])
            found[period, 1:] = np.bincount(pairs % size, minlength=size)
        return found


def of_log(  # noqa: PLR0917
    log: Transactions,
    value: str,
    by: tuple[str, ...],
    before: Any,
    after: Any,
    attributes: object,
) -> Averages:
    """Return what an average over a log is made of."""
    if value not in _OF_LOG:
        raise ParameterError.of(
            name="value",
            expected=f"be one of {', '.join(_OF_LOG)} for a log",
            found=repr(value),
        )
    for name, given in (("before", before), ("after", after)):
        if given is None:
            raise ParameterError.of(
                name=name,
                expected="be the first and the last day of a period",
                found="None",
            )
    several = [
        _periods.of_log(log, before, after, by=one, attributes=attributes) for one in by
    ]
    first: Spells = several[0]
    codes, labels = joined([Grouping(one.groups, one.names) for one in several])
    above, below = (getattr(first, name) for name in _OF_LOG[value])
    names = tuple(f"{one[0]} to {one[1]}" for one in (before, after))
    return Averages(
        first.owners,
        codes,
        above,
        below,
        first.customers,
        labels,
        (names[0], names[1]),
        there=first.active > 0,
    )


def joined(
    groupings: list[Grouping],
) -> tuple[NDArray[np.int64], list[tuple[str, ...]]]:
    """Return the combinations of groups that occur."""
    codes = np.stack([one.codes for one in groupings], axis=1)
    found: Any = np.unique(codes, axis=0, return_inverse=True)
    keys: NDArray[np.int64] = found[0]
    own: NDArray[np.int64] = found[1]
    places: list[list[int]] = keys.tolist()
    labels = [
        tuple(group.names[code] for group, code in zip(groupings, key, strict=True))
        for key in places
    ]
    return own.reshape(-1).astype(np.int64), labels


def of_frame(  # noqa: PLR0917
    table: Table,
    value: str,
    by: tuple[str, ...],
    chosen: tuple[Any, Any],
    period: str | None,
    per: str | None,
    customer: str,
) -> Averages:
    """Return what an average over the rows of a frame is made of."""
    if period is None:
        raise ParameterError.of(
            name="period",
            expected="name the column that says which period or group a row is of",
            found="None",
        )
    periods = grouping_of(table.column(period))
    names = _two(periods, chosen, period)
    which = np.full(table.n_rows, -1)
    for place, name in enumerate(names):
        which[periods.codes == periods.names.index(name)] = place
    rows = np.flatnonzero(which >= 0)
    several = [grouping_of(table.column(one)) for one in by]
    codes, labels = joined([Grouping(one.codes[rows], one.names) for one in several])
    above = _known(table, value, rows)
    below = np.ones(len(rows)) if per is None else _known(table, per, rows, least=0.0)
    owners = _owners(table, customer)[rows]
    _, owner = np.unique(owners, return_inverse=True)
    inside = np.stack([which[rows] == place for place in range(2)])
    size = int(owner.max(initial=-1)) + 1
    return Averages(
        owner.astype(np.int64),
        codes,
        np.where(inside, above, 0.0),
        np.where(inside, below, 0.0),
        size,
        labels,
        names,
        there=inside,
    )


def _owners(table: Table, customer: str) -> NDArray[np.int64]:
    """Return a number for each row's customer; rows of nobody stand for themselves."""
    n = table.n_rows
    if customer not in table.names:
        return np.arange(n)
    codes = table.codes(customer).values
    return np.where(codes < 0, n + np.arange(n), codes)


def _two(periods: Grouping, chosen: tuple[Any, Any], name: str) -> tuple[str, str]:
    """Return the names of the two periods."""
    if chosen == (None, None) and len(periods.names) == 2:
        return periods.names[0], periods.names[1]
    found = tuple(str(one) for one in chosen)
    for argument, one in zip(("before", "after"), found, strict=True):
        if one not in periods.names:
            there = ", ".join(periods.names[:20])
            raise ParameterError.of(
                name=argument,
                expected=f"be a value of column `{name}`: {there}",
                found=one,
            )
    if found[0] == found[1]:
        raise ParameterError.of(
            name="after", expected="differ from `before`", found=found[1]
        )
    return found[0], found[1]


def _known(
    table: Table, name: str, rows: NDArray[np.int64], least: float = -np.inf
) -> NDArray[np.float64]:
    values = numbers_of(table.column(name))[rows]
    bad = np.flatnonzero(~(values >= least))
    if len(bad):
        expected = "hold a number in every row"
        if np.isfinite(least):
            expected += ", none of them negative"
        found = values[bad[0]]
        raise DataError.at(
            name,
            expected,
            row=int(rows[bad[0]]),
            found="nothing" if np.isnan(found) else str(found),
            count=len(bad),
        )
    return values
