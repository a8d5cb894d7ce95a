"""The orders that campaigns are judged by: who bought when, for how much, how cheap."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Any, Literal, NamedTuple

import numpy as np

from tenure._frame import Table
from tenure._time import civil_microseconds
from tenure.exceptions import DataError, ParameterError
from tenure.retention.periods import length_in_days, observed_until
from tenure.transactions import Transactions

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from tenure._typing import Date
    from tenure._units import Horizon

__all__ = ["Orders", "day_of", "whole_days"]

What = Literal["orders", "revenue", "discount"]


@dataclass(frozen=True, eq=False)
class Orders:
    """The purchases of a log by customer and day, ready for sums over windows.

    Attributes
    ----------
    log : Transactions
        The log itself.
    offsets, days : int64 array
        Where the purchases of each customer begin, and their days since 1970-01-01.
    values, discounts : float64 array or None
        What was paid for each purchase, and what was given away at it.
    until : int
        The last day observed.
    promotions : int64 array or None
        The place of each purchase's promotion among `promotion_names`; -1 for none.
    promotion_names : tuple
        The promotions.
    """

    log: Transactions
    offsets: NDArray[np.int64]
    days: NDArray[np.int64]
    values: NDArray[np.float64] | None
    discounts: NDArray[np.float64] | None
    until: int
    promotions: NDArray[np.int64] | None = None
    promotion_names: tuple[Any, ...] = ()

    @classmethod
    def of(
        cls,
        orders: object,
        *,
        customer: str = "customer_id",
        time: str = "date",
        amount: str | None = "amount",
        discount: str | None = None,
        promotion: str | None = None,
        as_of: Date | None = None,
    ) -> Orders:
        """Read a log, or a frame of orders by the rules of `Transactions`."""
        known: tuple[NDArray[np.int64], tuple[Any, ...]] = (np.zeros(0, np.int64), ())
        given: NDArray[np.float64] | None = None
        if isinstance(orders, Transactions):
            _no_columns(discount=discount, promotion=promotion)
            log = orders
            _check_grain(log)
        else:
            table = Table.of(orders)
            log = Transactions(table, customer=customer, time=time, amount=amount)
            if discount is not None or promotion is not None:
                rows = _rows(table, log, customer, time)
                if discount is not None:
                    given = _discounts(table, rows, discount)
                if promotion is not None:
                    known = _promotions(table, rows, promotion)
        days = _days_of(log)
        last = observed_until(log, as_of) - np.timedelta64(1, "us")
        until = int(last.astype("datetime64[D]").astype(np.int64))
        values = None if log.values is None else np.asarray(log.values)
        return cls(
            log=log,
            offsets=np.asarray(log.offsets),
            days=days,
            values=values,
            discounts=given,
            until=until,
            promotions=None if promotion is None else known[0],
            promotion_names=known[1],
        )

    @property
    def family(self) -> str:
        """The kind of frame that results come back as."""
        return self.log.family

    @cached_property
    def first(self) -> int:
        """The day of the first purchase."""
        return int(self.days.min())

    @cached_property
    def owner(self) -> NDArray[np.int64]:
        """The place of each purchase's customer in the log."""
        return np.repeat(np.arange(len(self.offsets) - 1), np.diff(self.offsets))

    @cached_property
    def _span(self) -> int:
        return int(self.days.max()) - self.first + 2

    @cached_property
    def _keys(self) -> NDArray[np.int64]:
        """Customer and day in one number, ascending."""
        return self.owner * self._span + self.days - self.first

    @cached_property
    def _sums(self) -> dict[str, NDArray[np.float64]]:
        """Sums of each measure over the purchases before each one."""
        measures = {"revenue": self.values, "discount": self.discounts}
        return {
            name: np.concatenate([[0.0], np.cumsum(values)])
            for name, values in measures.items()
            if values is not None
        }

    def place(
        self, who: NDArray[np.int64], day: NDArray[np.int64]
    ) -> NDArray[np.int64]:
        """Return how many purchases, of all, come before the customer's day.

        A customer of place -1 is not in the log and has bought nothing.
        """
        inside = np.clip(day - self.first, 0, self._span - 1)
        return np.searchsorted(self._keys, who * self._span + inside)

    def within(
        self,
        who: NDArray[np.int64],
        start: NDArray[np.int64],
        end: NDArray[np.int64],
        what: What = "orders",
    ) -> NDArray[np.float64]:
        """Return each customer's orders, revenue or discount on days [start, end)."""
        low, high = self.place(who, start), self.place(who, end)
        high = np.maximum(low, high)
        if what == "orders":
            return (high - low).astype(np.float64)
        total = self._sums[what]
        bought = total[high] - total[low]
        return np.where(high > low, bought, 0.0)

    def first_day(self, who: NDArray[np.int64]) -> NDArray[np.int64]:
        """Return the day of the first purchase of customers in the log."""
        return self.days[self.offsets[who]]


def _check_grain(log: Transactions) -> None:
    grain = log._log.history["grain"]  # noqa: SLF001
    if grain not in ("instant", "hour", "day"):
        raise ParameterError.of(
            name="orders",
            expected="be merged by the day, by order or not at all: campaigns count "
            "days",
            found=f"a log merged by the {grain}",
        )


def _no_columns(**columns: str | None) -> None:
    """Pass if no column is asked of a log that has been grouped already."""
    for name, column in columns.items():
        if column is not None:
            raise ParameterError.of(
                name,
                f"be left out with a log, which knows no {name}s",
                found=repr(column),
                hint="give the frame of orders instead of the log",
            )


def _days_of(log: Transactions) -> NDArray[np.int64]:
    return log.times.astype("datetime64[D]").astype(np.int64)


class _Rows(NamedTuple):
    """The purchase that each row of a frame belongs to; -1 for none."""

    purchase: NDArray[np.int64]
    purchases: int


def _rows(table: Table, log: Transactions, customer: str, time: str) -> _Rows:
    """Find the purchase of each row: that of its customer and day.

    Rows of a day without a purchase (refunds alone) have none to belong to.
    """
    codes, instants = table.codes(customer), table.instants(time)
    there = codes.values >= 0
    if instants.missing is not None:
        there &= ~instants.missing
    place = np.full(table.n_rows, -1)
    place[there] = places_among(log.customers, codes.categories)[codes.values[there]]
    at = instants.values.astype("datetime64[us]").astype("datetime64[D]")
    days, first = _days_of(log), int(_days_of(log).min())
    span = int(days.max()) - first + 2
    owner = np.repeat(np.arange(len(log.customers)), np.diff(log.offsets))
    keys = owner * span + days - first
    wanted = place * span + np.clip(at.astype(np.int64) - first, 0, span - 1)
    spot = np.minimum(np.searchsorted(keys, wanted), len(keys) - 1)
    return _Rows(np.where((place >= 0) & (keys[spot] == wanted), spot, -1), len(keys))


def _discounts(table: Table, rows: _Rows, discount: str) -> NDArray[np.float64]:
    """Return what was given away at each purchase: the sum over its rows."""
    given = table.numbers(discount).values
    bad = ~np.isfinite(given) | (given < 0)
    if bad.any():
        row = int(bad.argmax())
        raise DataError.at(
            discount,
            "be what was taken off the price, 0 or more",
            row=row,
            found=repr(float(given[row])),
            count=int(bad.sum()),
            hint="an order at full price has a discount of 0",
        )
    known = rows.purchase >= 0
    sums = np.bincount(rows.purchase[known], given[known], rows.purchases)
    return sums.astype(np.float64)


def _promotions(
    table: Table, rows: _Rows, promotion: str
) -> tuple[NDArray[np.int64], tuple[Any, ...]]:
    """Return each purchase's promotion: the first by name among those of its rows."""
    codes = table.codes(promotion)
    names = tuple(codes.categories.tolist())
    known = (rows.purchase >= 0) & (codes.values >= 0)
    lowest = np.full(rows.purchases, len(names))
    np.minimum.at(lowest, rows.purchase[known], codes.values[known])
    return np.where(lowest < len(names), lowest, -1), names


def places_among(known: NDArray[Any], ids: NDArray[Any]) -> NDArray[np.int64]:
    """Return where each id stands among the known ones; -1 where it does not."""
    if known.dtype.kind in "iu" and ids.dtype.kind in "iu":
        if len(known) == 0:
            return np.full(len(ids), -1, np.int64)
        spot = np.minimum(np.searchsorted(known, ids), len(known) - 1)
        return np.where(known[spot] == ids, spot, -1).astype(np.int64)
    place = {one: spot for spot, one in enumerate(known.tolist())}
    return np.array([place.get(one, -1) for one in ids.tolist()], dtype=np.int64)


def whole_days(length: Horizon, name: str) -> int:
    """Return a length of time in whole days, at least one.

    Examples
    --------
    >>> whole_days("12 weeks", "window"), whole_days("3 months", "window")
    (84, 91)
    """
    return max(round(length_in_days(length, name)), 1)


def day_of(date: Date, name: str) -> int:
    """Return a date as days since 1970-01-01."""
    microseconds, _ = civil_microseconds(date, name=name)
    return int(np.datetime64(microseconds, "us").astype("datetime64[D]").astype(int))
