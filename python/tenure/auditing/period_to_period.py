"""The second lens: the same customers in two periods, one after the other."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import numpy as np

from tenure._frame import Categories, native_frame
from tenure._report import html_report, text_table
from tenure._typing import override
from tenure.exceptions import EmptyDataError
from tenure.rfm.intervals import sums, wilson

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from numpy.typing import NDArray

    from tenure.auditing._ledger import Ledger
    from tenure.retention import GrowthAccounting

    Floats = NDArray[np.float64]

__all__ = ["GROUPS", "PeriodToPeriod", "period_to_period"]

GROUPS = (
    "not again",
    "spent less",
    "spent as much",
    "spent more",
    "back again",
    "new",
)
"""What customers did from one period to the next: bought in the first only, in both,
or in the second only, where they had bought before the first or never."""

FACTORS = ("customers", "orders_per_customer", "value_per_order")
"""What the value of a period is the product of."""


@dataclass(frozen=True, eq=False, repr=False)
class PeriodToPeriod:
    """What customers brought in two periods, one after the other.

    The second lens of a customer-base audit: see `audit`.

    Attributes
    ----------
    labels : (str, str)
        What the two periods are called.
    customers : int64 array, shape (6,)
        How many customers are in each of `GROUPS`.
    before, after : float64 array, shape (6,)
        What they brought in each period.
    factors : float64 array, shape (2, 3)
        Customers, orders a customer and value an order of each period.
    effects : float64 array, shape (3,)
        How much of the change each factor makes, by logarithmic means; they add up to
        the change. NaN where a period has no value above 0.
    growth : GrowthAccounting
        The same over all periods: who came, stayed, came back and left.
    level : float
        Confidence level of intervals.
    """

    labels: tuple[str, str]
    customers: NDArray[np.int64]
    before: Floats
    after: Floats
    factors: Floats
    effects: Floats
    growth: GrowthAccounting
    what: str
    level: float
    family: str
    _retained: tuple[float, float, float] = field(repr=False)

    @property
    def change(self) -> float:
        """The value of the second period less that of the first."""
        return float(self.after.sum() - self.before.sum())

    @property
    def retained(self) -> tuple[float, float, float]:
        """The share of the first period's customers who bought in the second too.

        With the ends of its interval (Wilson 1927).
        """
        return self._retained

    def to_frame(self) -> Any:
        """Return one row a group of customers.

        Returns
        -------
        frame
            `group`, `customers`, their `share` of all who bought in either period with
            `share_low` and `share_high` (Wilson), `before`, `after` and `change`: what
            they brought. The changes add up to that of the period.
        """
        total = int(self.customers.sum())
        share, low, high = wilson(self.customers, total, self.level)
        columns: dict[str, Any] = {
            "group": Categories(np.arange(len(GROUPS)), GROUPS),
            "customers": self.customers,
            "share": share,
            "share_low": low,
            "share_high": high,
            "before": self.before,
            "after": self.after,
            "change": self.after - self.before,
        }
        return native_frame(columns, family=self.family)

    def by_factor(self) -> Any:
        """Return one row a factor of value: customers, orders each, value an order.

        Returns
        -------
        frame
            `factor`, `before`, `after`, and `effect`: how much of the change of value
            it makes (logarithmic mean Divisia index; Ang 2005, The LMDI approach to
            decomposition analysis, Energy Policy 33(7), 867-871).
        """
        columns: dict[str, NDArray[Any]] = {
            "factor": np.array(FACTORS, dtype=object),
            "before": self.factors[0],
            "after": self.factors[1],
            "effect": self.effects,
        }
        return native_frame(columns, family=self.family)

    def plot(self, *, ax: Axes | None = None, **kwargs: Any) -> Axes:
        """Draw what made the value change: `plotting.plot_audit_change`."""
        from tenure.plotting import plot_audit_change  # noqa: PLC0415

        return plot_audit_change(self, ax=ax, **kwargs)

    def sentences(self) -> list[str]:
        """Return what the numbers say, the most important first."""
        from tenure.auditing._words import of_period_to_period  # noqa: PLC0415

        return of_period_to_period(self)

    def _headline(self) -> str:
        return f"From {self.labels[0]} to {self.labels[1]}"

    def _table(self) -> tuple[list[str], list[list[str]]]:
        rows = [
            [
                name,
                f"{self.customers[place]:,}",
                f"{self.before[place]:,.2f}",
                f"{self.after[place]:,.2f}",
                f"{self.after[place] - self.before[place]:+,.2f}",
            ]
            for place, name in enumerate(GROUPS)
        ]
        return ["", "customers", *self.labels, "change"], rows

    @override
    def __repr__(self) -> str:
        parts = [self._headline(), *self.sentences(), text_table(*self._table())]
        return "\n".join(parts)

    def _repr_html_(self) -> str:
        return html_report(self._headline(), *self._table(), " ".join(self.sentences()))


def period_to_period(ledger: Ledger, place: int) -> PeriodToPeriod:
    """Return what customers brought in a period and in the one before it."""
    (orders, value), (later, worth) = (ledger.in_period(p) for p in (place - 1, place))
    there, still = orders > 0, later > 0
    if not (there.any() or still.any()):
        what = f"nobody bought in {ledger.label(place - 1)} or {ledger.label(place)}"
        raise EmptyDataError.of(what, hint="choose longer periods")
    both = there & still
    group = np.full(len(orders), -1)
    group[there & ~still] = 0
    group[both & (worth < value)] = 1
    group[both & (worth == value)] = 2
    group[both & (worth > value)] = 3
    group[still & ~there] = 4
    group[still & (ledger.born == place)] = 5
    kept = group >= 0
    size = len(GROUPS)
    factors = np.array([_factors(orders, value), _factors(later, worth)])
    count, base = np.array([int(both.sum())]), int(there.sum())
    share, low, high = wilson(count, base, ledger.level)
    return PeriodToPeriod(
        labels=(ledger.label(place - 1), ledger.label(place)),
        customers=np.bincount(group[kept], minlength=size),
        before=sums(value[kept], group[kept], size),
        after=sums(worth[kept], group[kept], size),
        factors=factors,
        effects=_effects(factors),
        growth=ledger.log.growth(ledger.every, as_of=ledger.as_of),
        what=ledger.what,
        level=ledger.level,
        family=ledger.family,
        _retained=(float(share[0]), float(low[0]), float(high[0])),
    )


def _factors(orders: NDArray[np.int64], value: Floats) -> list[float]:
    customers, made = int((orders > 0).sum()), int(orders.sum())
    if not customers:
        return [0.0, np.nan, np.nan]
    return [float(customers), made / customers, float(value.sum()) / made]


def _effects(factors: Floats) -> Floats:
    """Return how much of a change of a product each factor makes."""
    products: NDArray[Any] = np.prod(factors, axis=1)
    first, last = float(products[0]), float(products[1])
    if not (np.isfinite(factors).all() and (factors > 0).all()):
        return np.full(len(factors[0]), np.nan)
    ratio = float(np.log(last / first))
    # the logarithmic mean of two equal numbers is that number
    mean = first if abs(ratio) < 1e-12 else (last - first) / ratio
    changes: Floats = np.log(factors[1] / factors[0])
    return mean * changes
