"""How much of what customers bring is in the first order, and how much comes later."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from tenure._frame import native_frame
from tenure._intervals import check_level
from tenure._report import counted, html_report, text_table
from tenure._typing import override
from tenure.economics._journeys import Journeys
from tenure.economics.quality import memberships
from tenure.retention.periods import length_in_days
from tenure.rfm.intervals import group_ratios

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import ArrayLike, NDArray

    from tenure._typing import Date
    from tenure._units import Horizon
    from tenure.transactions import Transactions

    Floats = NDArray[np.float64]

__all__ = ["FirstOrders", "first_orders"]

AGES = (30.0, 60.0, 90.0, 180.0, 365.0)


@dataclass(frozen=True, eq=False, repr=False)
class FirstOrders:
    """How much of the value is in the first order, and how much comes later.

    Made by `first_orders`.

    Attributes
    ----------
    share_repeat, low, high : float
        The share of all value so far that came after first orders, and its interval.
    first, repeat : float
        The value of first orders, and of all later ones.
    customers : int
        How many customers.
    columns : dict of str to array
        The value by age: see `to_frame`.
    basis : str
        "margin" or "revenue".
    level : float
        Confidence level of the intervals.
    """

    share_repeat: float
    low: float
    high: float
    first: float
    repeat: float
    customers: int
    columns: dict[str, NDArray[Any]]
    by: str | None
    basis: str
    level: float
    family: str

    def to_frame(self) -> Any:
        """Return what a customer brings by each age.

        Returns
        -------
        frame
            One row an age (of each group, with `by`): `age` in days (0 is the first
            order), `customers` observed for so long, to whom all else belongs, `value`
            of a customer by then with `low` and `high`, and `over_first`: the same over
            the value of the first order.
        """
        return native_frame(self.columns, family=self.family)

    def _headline(self) -> str:
        return (
            f"{100 * self.share_repeat:.1f} % of the {self.basis} of "
            f"{counted(self.customers, 'customer')} came after the first order "
            f"({100 * self.level:g} % interval {100 * self.low:.1f} to "
            f"{100 * self.high:.1f} %)"
        )

    def _table(self) -> tuple[list[str], list[list[str]]]:
        columns = self.columns
        rows: list[list[str]] = []
        for place in range(min(len(columns["age"]), 30)):
            age = columns["age"][place]
            label = "first order" if age == 0 else f"{age:g} days"
            if self.by is not None:
                label = f"{columns[self.by][place]}: {label}"
            numbers = [columns[name][place] for name in ("value", "over_first")]
            rows.append(
                [label, f"{columns['customers'][place]:,}"]
                + ["" if np.isnan(number) else f"{number:,.2f}" for number in numbers]
            )
        return ["", "customers", self.basis, "over the first"], rows

    @override
    def __repr__(self) -> str:
        return f"{self._headline()}\n{text_table(*self._table())}"

    def _repr_html_(self) -> str:
        return html_report(self._headline(), *self._table())


def first_orders(
    log: Transactions,
    *,
    ages: Sequence[Horizon] = AGES,
    margin: float | ArrayLike | None = None,
    by: str | ArrayLike | None = None,
    as_of: Date | None = None,
    level: float = 0.95,
) -> FirstOrders:
    """Return how much of the value is in the first order, and how much comes later.

    Parameters
    ----------
    log : Transactions
        A log with amounts.
    ages : sequence of float or str
        At which ages the value of a customer is looked at: numbers are days.
    margin : float or array, optional
        Share of revenue that is margin, or the margin of each purchase.
    by : str or array, optional
        Groups: an attribute of the log, or one value a customer.
    as_of : date, optional
        The last day observed.
    level : float, default 0.95
        Confidence level of the intervals.

    Returns
    -------
    FirstOrders

    Examples
    --------
    >>> import tenure as tn
    >>> log = tn.Transactions(tn.datasets.load_cdnow(family="numpy"), amount="amount")
    >>> found = tn.economics.first_orders(log)
    >>> round(found.share_repeat, 3)
    0.681
    """
    check_level(level, name="level")
    days = sorted({length_in_days(age, "ages") for age in ages})
    journeys = Journeys.of(log, margin=margin, as_of=as_of)
    first, total = journeys.by(0.0), journeys.by(np.inf)
    nobody = np.zeros(len(journeys), dtype=np.int64)
    share, low, high = group_ratios(
        total - first, total, nobody, 1, level, scale="plain"
    )
    labels: list[Any] = [None]
    owner, group, name = np.arange(len(journeys)), nobody, None
    if by is not None:
        found, owner, name, _ = memberships(log, journeys, by)
        labels = list(dict.fromkeys(sorted(found, key=str)))
        place = {label: code for code, label in enumerate(labels)}
        group = np.array([place[label] for label in found], dtype=np.int64)
    columns = _by_age(journeys, [0.0, *days], (group, owner), len(labels), level)
    if name is not None:
        names = np.full(len(labels), None, dtype=object)
        names[:] = labels
        columns = {name: np.repeat(names, len(days) + 1), **columns}
    return FirstOrders(
        float(share[0]),
        float(low[0]),
        float(high[0]),
        float(first.sum()),
        float((total - first).sum()),
        len(journeys),
        columns,
        name,
        journeys.basis,
        level,
        log.family,
    )


def _by_age(
    journeys: Journeys,
    ages: list[float],
    members: tuple[NDArray[np.int64], NDArray[np.int64]],
    count: int,
    level: float,
) -> dict[str, NDArray[Any]]:
    """Return value by age, group after group."""
    group, owner = members
    first = journeys.by(0.0)
    shape = count, len(ages)
    names = ("customers", "value", "low", "high", "over_first")
    table = {name: np.full(shape, np.nan) for name in names}
    for place, age in enumerate(ages):
        seen = journeys.exposure[owner] >= age - 1e-9
        who, which = owner[seen], group[seen]
        brought = journeys.by(age)[who]
        ends = group_ratios(brought, np.ones(len(who)), which, count, level)
        over = group_ratios(brought, first[who], which, count, level)[0]
        n = np.bincount(which, minlength=count)
        for name, values in zip(names, (n, *ends, over), strict=True):
            table[name][:, place] = values
    columns: dict[str, NDArray[Any]] = {"age": np.tile(np.array(ages), count)}
    columns |= {name: values.ravel() for name, values in table.items()}
    columns["customers"] = columns["customers"].astype(np.int64)
    return columns
