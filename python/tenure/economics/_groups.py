"""Customers in cells of cohort and attribute, and what each cell cost."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, cast

import numpy as np

from tenure._calendar import Calendar
from tenure.economics._acquired import values_of
from tenure.economics.costs import AcquisitionCost
from tenure.exceptions import EmptyDataError, ParameterError

if TYPE_CHECKING:
    from numpy.typing import ArrayLike, NDArray

    from tenure.economics._journeys import Journeys
    from tenure.transactions import Transactions

__all__ = ["Cells", "Group"]

_DAY = 86_400_000_000


@dataclass(frozen=True, eq=False)
class Group:
    """Some cells, and what they are called.

    Attributes
    ----------
    label : Any
        A cohort's first day, an attribute's value, or None for all.
    cells : int64 array
        The cells.
    """

    label: Any
    cells: NDArray[np.int64]


@dataclass(frozen=True, eq=False)
class Cells:
    """Cells of customers who came in the same period and are of the same kind.

    Attributes
    ----------
    members : list of int64 array
        The customers of each cell.
    exposure : float64 array
        For how many days all customers of the cell's cohort were observed.
    size : float64 array
        How many customers each has.
    spend : float64 array or None
        What was spent on each cell, NaN where it is not known; None where a cost of a
        customer is given that does not hang on how many there are.
    cost : float64 array
        The cost of a customer of each cell, NaN where it is not known.
    groups : tuple of Group
        All cells with a known cost first, then one a cohort or value.
    by : str or None
        What the groups are called; None for cohorts.
    every : str
        How long a period is.
    """

    members: list[NDArray[np.int64]]
    exposure: NDArray[np.float64]
    size: NDArray[np.float64]
    spend: NDArray[np.float64] | None
    cost: NDArray[np.float64]
    groups: tuple[Group, ...]
    by: str | None
    every: str

    @classmethod
    def of(
        cls,
        log: Transactions,
        journeys: Journeys,
        cost: object,
        *,
        every: str,
        by: str | ArrayLike | None,
    ) -> Cells:
        """Cut the customers of a log into cells."""
        of_spend = cost if isinstance(cost, AcquisitionCost) else None
        calendar = Calendar.of(every, "monday", 1)
        if of_spend is not None:
            calendar = of_spend._calendar  # noqa: SLF001
        days = journeys.first // _DAY
        starts = calendar.starts(int(days.min()), int(days.max()))
        if of_spend is not None:
            whole = of_spend._cells.starts  # noqa: SLF001
            starts = calendar.starts(
                min(int(whole[0]), int(starts[0])),
                max(int(whole[-1]), int(starts[-1])) - 1,
            )
        periods = len(starts) - 1
        cohort = np.searchsorted(starts, days, side="right") - 1
        labels, kind = _kinds(log, journeys, by)
        cell = kind * periods + cohort
        order = np.argsort(cell, kind="stable")
        size = np.bincount(cell, minlength=len(labels) * periods)
        members = np.split(order, np.cumsum(size)[:-1])
        # a period in which nobody came is over when it is
        end = float((journeys.first / _DAY + journeys.exposure).max())
        seen = np.maximum(end - starts[1:], 0.0)
        came = np.unique(cohort)
        seen[came] = np.inf
        np.minimum.at(seen, cohort, journeys.exposure)
        size = size.astype(np.float64)
        spend, each = _costs(cost, size, starts, labels, by)
        found = np.arange(len(size))
        known = np.isfinite(each) & ((size > 0) | _any(spend))
        if not (known & (size > 0)).any():
            what = "no customer of the log has a cost"
            hint = "do the periods (and channels) of the spend fit those of the log?"
            raise EmptyDataError.of(what, hint=hint)
        groups = [Group(None, found[known])]
        for place in range(len(labels) if by is not None else periods):
            own = found // periods == place if by is not None else found == place
            if size[own].sum() > 0:
                label = labels[place] if by is not None else starts[place]
                if by is None:
                    label = np.datetime64(int(label), "D")
                groups.append(Group(label, found[own & (known | (size > 0))]))
        return cls(
            members,
            np.tile(seen, len(labels)),
            size,
            spend,
            each,
            tuple(groups),
            None if by is None else (by if isinstance(by, str) else "group"),
            calendar.every,
        )

    def customers_of(self, cells: NDArray[np.int64]) -> NDArray[np.int64]:
        """Return the customers of some cells."""
        parts: list[NDArray[np.int64]] = [np.zeros(0, dtype=np.int64)]
        parts += [self.members[int(cell)] for cell in cells]
        return np.concatenate(parts)

    def cost_of(
        self, cells: NDArray[np.int64], size: NDArray[np.float64] | None = None
    ) -> Any:
        """Return the cost of a customer of some cells together.

        Parameters
        ----------
        cells : int64 array
            Which.
        size : float64 array, shape (..., cells), optional
            How many customers they have, where that is drawn anew.
        """
        n = self.size[cells] if size is None else size
        total = n.sum(axis=-1)
        with np.errstate(divide="ignore", invalid="ignore"):
            if self.spend is not None:
                return self.spend[cells].sum() / total
            return (n * self.cost[cells]).sum(axis=-1) / total


def _any(spend: NDArray[np.float64] | None) -> NDArray[np.bool_] | bool:
    return False if spend is None else np.nan_to_num(spend) > 0


def _kinds(
    log: Transactions, journeys: Journeys, by: str | ArrayLike | None
) -> tuple[list[Any], NDArray[np.int64]]:
    """Return the values of the attribute, the missing one last, and each customer's."""
    if by is None:
        return [None], np.zeros(len(journeys), dtype=np.int64)
    values = values_of(log, by)[journeys.there].tolist()
    known = {value for value in values if value is not None}
    if not known:
        what = "no customer has a value to group by"
        raise EmptyDataError.of(what, hint="choose another attribute")
    try:
        labels: list[Any] = sorted(known)
    except TypeError:
        labels = sorted(known, key=str)
    if None in values:
        labels.append(None)
    place = {label: code for code, label in enumerate(labels)}
    return labels, np.array([place[value] for value in values], dtype=np.int64)


def _costs(
    cost: object,
    size: NDArray[np.float64],
    starts: NDArray[np.int64],
    labels: list[Any],
    by: object,
) -> tuple[NDArray[np.float64] | None, NDArray[np.float64]]:
    """Return the spend on each cell, if it is known, and the cost of a customer."""
    shape = len(labels), len(starts) - 1
    if isinstance(cost, AcquisitionCost):
        return _of_spend(cost, size.reshape(shape), starts, labels, by)
    if isinstance(cost, Mapping):
        if by is None:
            raise ParameterError.of(
                name="cost",
                expected="be one number, or what acquisition_cost returns, without by",
                found="a mapping",
            )
        given = cast("Mapping[Any, Any]", cost)
        each = [_amount(given[one]) if one in given else np.nan for one in labels]
        return None, np.repeat(np.array(each), shape[1])
    return None, np.full(len(size), _amount(cost))


def _amount(cost: Any) -> float:
    try:
        amount = float(cost)
    except (TypeError, ValueError):
        amount = math.nan
    if not (math.isfinite(amount) and amount >= 0):
        raise ParameterError.of(
            name="cost",
            expected="be an amount of at least 0 a customer, or what "
            "acquisition_cost returns",
            found=repr(cost),
        )
    return amount


def _of_spend(
    cost: AcquisitionCost,
    size: NDArray[np.float64],
    starts: NDArray[np.int64],
    labels: list[Any],
    by: object,
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    cells = cost._cells  # noqa: SLF001
    spend = np.full(size.shape, np.nan)
    places = np.searchsorted(starts[:-1], cells.starts[:-1])
    for row, label in enumerate(labels):
        if by is None:
            spent, won = cells.acquiring.sum(axis=0), cells.customers.sum(axis=0)
        elif label in cost.channels and cells.has_channels:
            own = cost.channels.index(label)
            spent, won = cells.acquiring[own], cells.customers[own]
        else:
            continue
        # a log of some of the customers bears its share of the spend
        here = size[row, places]
        with np.errstate(divide="ignore", invalid="ignore"):
            share = np.where(won > 0, here / won, 1.0)
        spend[row, places] = np.where(cells.counted, spent * share, np.nan)
    with np.errstate(divide="ignore", invalid="ignore"):
        each = np.where(size > 0, spend / size, np.where(np.isnan(spend), np.nan, 0.0))
    return spend.ravel(), each.ravel()
