"""Who was eligible for a campaign, in which arm, from when on, and at what cost."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

import numpy as np

from tenure._frame import Table
from tenure.campaigns._orders import day_of, places_among
from tenure.exceptions import DataError, EmptyDataError, ParameterError

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from tenure._typing import Date
    from tenure.campaigns._orders import Orders

__all__ = ["Assignment", "arms_of", "unique_customers"]


@dataclass(frozen=True, eq=False)
class Assignment:
    """One row an eligible customer.

    Attributes
    ----------
    who : int64 array
        The customer's place in the log; -1 for one who never bought.
    arm : int64 array
        The place among `arms`, of which the control comes first.
    arms : tuple
        The names of the arms.
    start : int64 array
        The first day of the campaign for this customer.
    cost : float64 array
        What the campaign costs for this customer.
    family : str
        The kind of frame that results come back as.
    """

    who: NDArray[np.int64]
    arm: NDArray[np.int64]
    arms: tuple[Any, ...]
    start: NDArray[np.int64]
    cost: NDArray[np.float64]
    family: str

    @classmethod
    def of(
        cls,
        data: object,
        orders: Orders,
        *,
        customer: str,
        arm: str,
        start: str | Date,
        control: object,
        cost: Mapping[Any, float] | str | float | None,
    ) -> Assignment:
        """Read the frame in which every eligible customer has an arm."""
        table = Table.of(data)
        who = unique_customers(table, customer, orders)
        codes, arms = arms_of(table, arm, control)
        begins = _starts(table, start)
        spent = _costs(table, cost, codes, arms)
        return cls(who, codes, arms, begins, spent, table.family)

    def kept(self, keep: NDArray[np.bool_]) -> Assignment:
        """Return the assignment of some of the customers."""
        return replace(
            self,
            who=self.who[keep],
            arm=self.arm[keep],
            start=self.start[keep],
            cost=self.cost[keep],
        )

    def __len__(self) -> int:
        """Return the number of eligible customers."""
        return len(self.who)


def unique_customers(table: Table, customer: str, orders: Orders) -> NDArray[np.int64]:
    """Return the place of each row's customer in the log, each of whom has one row."""
    codes = table.codes(customer)
    if not len(codes.values):
        what = "there is no eligible customer"
        raise EmptyDataError.of(what)
    missing = codes.values < 0
    if missing.any():
        raise DataError.at(
            customer,
            "say who the customer is",
            row=int(missing.argmax()),
            found="nothing",
            count=int(missing.sum()),
        )
    _, first = np.unique(codes.values, return_index=True)
    again = np.ones(len(codes.values), np.bool_)
    again[first] = False
    if again.any():
        row = int(again.argmax())
        raise DataError.at(
            customer,
            "hold each customer once",
            row=row,
            found=f"{codes.categories[codes.values[row]]!r} again",
            count=int(again.sum()),
            hint="a customer who was assigned twice belongs to the first assignment",
        )
    place = places_among(orders.log.customers, codes.categories)
    if (place < 0).all():
        raise DataError.at(
            customer,
            "hold ids as they are in the orders",
            row=0,
            found=f"{codes.categories[codes.values[0]]!r}, where the orders have ids "
            f"such as {orders.log.customers[:1].tolist()[0]!r}",
            count=len(codes.values),
        )
    return place[codes.values]


def arms_of(
    table: Table, arm: str, control: object
) -> tuple[NDArray[np.int64], tuple[Any, ...]]:
    """Return each row's arm, and their names with the control first."""
    column = table.column(arm)
    names: list[Any]
    try:
        codes = column.codes()
        values, names = codes.values, codes.categories.tolist()
    except KeyError:  # booleans name nobody, but arms
        flags = column.flags()
        values, names = flags.astype(np.int64), [False, True]
    missing = values < 0
    if missing.any():
        raise DataError.at(
            arm,
            "say which arm the customer is in",
            row=int(missing.argmax()),
            found="nothing",
            count=int(missing.sum()),
        )
    used = np.unique(values)
    names = [names[code] for code in used.tolist()]
    if control not in names:
        raise ParameterError.of(
            name="control",
            expected=f"be one of the arms, {', '.join(map(repr, names))}",
            found=repr(control),
        )
    if len(names) == 1:
        raise DataError.at(
            arm,
            "hold at least two arms",
            row=0,
            found=f"{names[0]!r}, as every row has",
        )
    first = names.index(control)
    order = [first, *(place for place in range(len(names)) if place != first)]
    rank = np.empty(len(names), np.int64)
    rank[order] = np.arange(len(names))
    return rank[np.searchsorted(used, values)], tuple(names[place] for place in order)


def _starts(table: Table, start: str | Date) -> NDArray[np.int64]:
    """Return the first day of each row: a column's, or one date for all."""
    if not (isinstance(start, str) and start in table.names):
        try:
            return np.full(table.n_rows, day_of(start, "start"), np.int64)
        except ParameterError:
            if isinstance(start, str):
                table.column(start)  # says which columns there are
            raise
    times = table.instants(start)
    if times.missing is not None:
        raise DataError.at(
            start,
            "say when the campaign began for each customer, in every arm",
            row=int(times.missing.argmax()),
            found="nothing",
            count=int(times.missing.sum()),
            hint="customers of the control have the date at which they were assigned",
        )
    days = times.values.astype("datetime64[us]").astype("datetime64[D]")
    return days.astype(np.int64)


def _costs(
    table: Table,
    cost: Mapping[Any, float] | str | float | None,
    codes: NDArray[np.int64],
    arms: tuple[Any, ...],
) -> NDArray[np.float64]:
    """Return the cost of each row: a column's, by arm, or of all but the control."""
    if cost is None:
        return np.zeros(table.n_rows)
    if isinstance(cost, str):
        spent = table.numbers(cost).values
        bad = ~np.isfinite(spent)
        if bad.any():
            row = int(bad.argmax())
            raise DataError.at(
                cost,
                "be finite",
                row=row,
                found=repr(float(spent[row])),
                count=int(bad.sum()),
            )
        return spent
    if isinstance(cost, Mapping):
        unknown = [name for name in cost if name not in arms]
        if unknown:
            raise ParameterError.of(
                name="cost",
                expected=f"have the arms {', '.join(map(repr, arms))} as keys",
                found=repr(unknown[0]),
            )
        by_arm = np.array([float(cost.get(name, 0.0)) for name in arms])
    else:
        by_arm = np.full(len(arms), float(cost))
        by_arm[0] = 0.0
    if not np.isfinite(by_arm).all():
        raise ParameterError.of(name="cost", expected="be finite", found=repr(cost))
    return by_arm[codes]
