"""What customers are worth over what they cost (CLV : CAC)."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Literal

import numpy as np

from tenure._intervals import check_level
from tenure._report import counted, html_report, text_table
from tenure._typing import override
from tenure.economics._estimates import fieller, written_interval
from tenure.economics._valued import Valued
from tenure.economics.allowable import warned
from tenure.economics.costs import AcquisitionCost
from tenure.exceptions import ParameterError

if TYPE_CHECKING:
    from numpy.typing import ArrayLike, NDArray

    from tenure._typing import Date
    from tenure._units import Horizon

__all__ = ["ValueToCost", "value_to_cost"]

_DAY = 86_400_000_000


@dataclass(frozen=True, repr=False)
class ValueToCost:
    """What customers are worth over what they cost (CLV : CAC).

    Made by `value_to_cost`. The ratio of the totals, which is that of the means, and
    not the mean of ratios. There is no verdict: that it should be 3 is a convention.

    Attributes
    ----------
    ratio : float
        Value over cost.
    low, high : float
        Its interval; NaN where it is not known, or no finite one holds the ratio.
    value, cost : float
        Of a customer.
    customers : int
        How many customers were valued.
    span : str
        What time the value is of, in words.
    basis : str
        "margin" or "revenue".
    method : {"fieller", "bootstrap"}
        How the interval was made.
    level : float
        Its confidence level.
    notes : tuple of str
    """

    ratio: float
    low: float
    high: float
    value: float
    cost: float
    customers: int
    span: str
    basis: str
    method: str
    level: float
    notes: tuple[str, ...]

    def __float__(self) -> float:
        """Return the ratio."""
        return self.ratio

    def _headline(self) -> str:
        span = f", {self.span}" if self.span else ""
        return (
            f"Each 1.00 spent on winning customers bought {self.ratio:,.2f} of "
            f"{self.basis}{span}"
        )

    def _table(self) -> tuple[list[str], list[list[str]]]:
        interval = f"{100 * self.level:g} % interval"
        who = counted(self.customers, "customer")
        rows = [
            [f"value of {who}, each", f"{self.value:,.2f}", ""],
            ["cost, each", f"{self.cost:,.2f}", ""],
            ["ratio", f"{self.ratio:,.2f}", written_interval(self.low, self.high)],
        ]
        return ["", "", interval], rows

    @override
    def __repr__(self) -> str:
        notes = "".join(f"\nNote: {note}" for note in self.notes)
        return f"{self._headline()}\n{text_table(*self._table())}{notes}"

    def _repr_html_(self) -> str:
        return html_report(self._headline(), *self._table(), "; ".join(self.notes))


def value_to_cost(
    value: Any,
    cost: AcquisitionCost | ArrayLike,
    *,
    horizon: Horizon | None = None,
    margin: float | ArrayLike | None = None,
    basis: Literal["margin", "revenue"] | None = None,
    method: Literal["fieller", "bootstrap"] = "fieller",
    as_of: Date | None = None,
    replicates: int = 2000,
    seed: int = 0,
    level: float = 0.95,
) -> ValueToCost:
    """Return what customers are worth over what they cost (CLV : CAC).

    Parameters
    ----------
    value : Transactions, LifetimeValue, float, array or frame
        What customers are worth: a log, of which those customers count that were
        observed to the horizon; what `lifetime_value_new` returns; or one number a
        customer.
    cost : AcquisitionCost, float or array
        What `acquisition_cost` returns (of a log, the cost of the cohorts that are
        valued); the same amount for each customer; or one a customer.
    horizon : float or str, optional
        For a log: the age up to which customers are valued.
    margin, basis, as_of
        As for `allowable_cost`.
    method : {"fieller", "bootstrap"}
        The interval: Fieller's for a ratio of means, or percentiles over customers
        drawn anew, which takes one value a customer.
    replicates, seed : int
        Of the bootstrap.
    level : float, default 0.95
        Confidence level of the interval.

    Returns
    -------
    ValueToCost

    Warns
    -----
    EstimateWarning
        If the value is revenue.

    Examples
    --------
    >>> import tenure as tn
    >>> values, costs = [10.0, 50.0, 0.0, 60.0], [10.0, 20.0, 10.0, 20.0]
    >>> tn.economics.value_to_cost(values, costs, basis="margin").ratio
    2.0
    """
    check_level(level, name="level")
    if method not in ("fieller", "bootstrap"):
        raise ParameterError.of(
            name="method", expected="be 'fieller' or 'bootstrap'", found=repr(method)
        )
    worth = Valued.of(value, horizon=horizon, margin=margin, basis=basis, as_of=as_of)
    known = _costs(worth, cost)
    notes = [*worth.notes, *known.notes, *warned(worth.basis)]
    if not known.mean > 0:
        raise ParameterError.of(
            name="cost", expected="be above 0", found=f"{known.mean:g}"
        )
    if method == "fieller":
        low, high = fieller(
            known.value,
            known.mean,
            (known.value_variance, known.variance),
            level,
            covariance=known.covariance,
        )
    else:
        low, high = _drawn(worth, known, replicates, seed, level)
    return ValueToCost(
        ratio=known.value / known.mean,
        low=low,
        high=high,
        value=known.value,
        cost=known.mean,
        customers=known.customers,
        span=worth.span,
        basis=worth.basis,
        method=method,
        level=level,
        notes=tuple(notes),
    )


@dataclass(frozen=True, eq=False)
class _Costs:
    """Mean value and cost of the customers who have both, and their errors."""

    value: float
    value_variance: float
    mean: float
    variance: float
    covariance: float
    customers: int
    values: NDArray[np.float64] | None
    each: NDArray[np.float64] | None
    spend: float
    notes: tuple[str, ...]


def _costs(worth: Valued, cost: Any) -> _Costs:
    plain: dict[str, Any] = {
        "value": worth.mean,
        "value_variance": worth.variance,
        "covariance": 0.0,
        "customers": worth.customers,
        "values": worth.values,
        "each": None,
        "spend": math.nan,
        "notes": (),
    }
    if isinstance(cost, AcquisitionCost):
        if worth.first is not None:
            return _of_cohorts(worth, cost)
        one = cost.new_customer
        variance = one.value**2 / one.customers if one.customers else math.nan
        return _Costs(**plain, mean=one.value, variance=variance)
    amounts = np.asarray(cost, dtype=np.float64)
    good = np.isfinite(amounts) & (amounts >= 0)
    if amounts.ndim == 0 and good:
        return _Costs(**plain, mean=float(amounts), variance=0.0)
    if worth.values is None or amounts.shape != worth.values.shape or not good.all():
        many = (
            "" if worth.values is None else f", or one for each of {worth.customers:,}"
        )
        raise ParameterError.of(
            name="cost",
            expected=f"be an amount of at least 0 a customer{many}",
            found=f"{amounts.size} numbers" if amounts.ndim else repr(cost),
        )
    n = len(amounts)
    table: NDArray[np.float64] = (
        np.cov(worth.values, amounts) / n if n > 1 else np.full((2, 2), np.nan)
    )
    further: dict[str, Any] = plain | {"covariance": float(table[0, 1])}
    further |= {"each": amounts}
    return _Costs(
        **further,
        mean=float(amounts.mean()),
        variance=float(table[1, 1]),
    )


def _of_cohorts(worth: Valued, cost: AcquisitionCost) -> _Costs:
    """Return the customers of a log whose whole cohort is valued, with its cost."""
    assert worth.values is not None  # noqa: S101
    assert worth.first is not None  # noqa: S101
    cells = cost._cells  # noqa: SLF001
    place = np.searchsorted(cells.starts, worth.first // _DAY, side="right") - 1
    periods = len(cells.starts) - 1
    inside = (place >= 0) & (place < periods)
    here = np.bincount(place[inside], minlength=periods)
    won = cells.customers.sum(axis=0)
    whole = cells.counted & (here >= won)
    chosen = np.zeros(len(place), dtype=bool)
    chosen[inside] = whole[place[inside]]
    n = int(chosen.sum())
    if n == 0:
        raise ParameterError.of(
            name="horizon",
            expected="be short enough for a cohort to be observed that long",
            found=worth.span,
        )
    values = worth.values[chosen]
    spend = float(cells.acquiring[:, whole].sum())
    left = len(place) - n
    who = counted(left, "customer")
    notes = (f"{who} of cohorts not valued as a whole: left out",)
    return _Costs(
        value=float(values.mean()),
        value_variance=float(values.var(ddof=1) / n) if n > 1 else math.nan,
        mean=spend / n,
        variance=(spend / n) ** 2 / n,
        covariance=0.0,
        customers=n,
        values=values,
        each=None,
        spend=spend,
        notes=notes if left else (),
    )


def _drawn(
    worth: Valued, known: _Costs, replicates: int, seed: int, level: float
) -> tuple[float, float]:
    """Return percentiles of the ratio over customers drawn as Poisson numbers say."""
    if known.values is None:
        raise ParameterError.of(
            name="method",
            expected="be 'fieller' where there is not one value a customer",
            found="'bootstrap'",
        )
    if worth.customers < 2 or replicates < 2:
        return math.nan, math.nan
    random = np.random.default_rng(seed)
    ratios = np.full(replicates, np.nan)
    fixed = known.each is None and math.isnan(known.spend)
    for draw in range(replicates):
        weights = random.poisson(1.0, len(known.values)).astype(np.float64)
        total = weights.sum() * known.mean if fixed else known.spend
        if known.each is not None:
            total = weights @ known.each
        if total > 0:
            ratios[draw] = weights @ known.values / total
    tail = (1 - level) / 2
    low, high = np.nanquantile(ratios, [tail, 1 - tail])
    return float(low), float(high)
