"""The plain formulas of customer lifetime value, with their factors laid open."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from tenure._frame import native_frame
from tenure._report import html_report, text_table, written
from tenure._typing import override
from tenure._units import plural, unit_named
from tenure.exceptions import EmptyDataError, ParameterError

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from tenure._typing import Date, Unit
    from tenure.transactions import Transactions

__all__ = [
    "FormulaValue",
    "average_value",
    "historic_value",
    "order_value_formula",
    "retention_formula",
]


@dataclass(frozen=True)
class FormulaValue:
    """The value of a customer by a formula, and what it was made of.

    Attributes
    ----------
    value : float
        Value of one customer.
    formula : str
        How the factors make it.
    factors : dict of str to float
        The factors by name.
    unit : str
        The unit of time that frequency and lifespan, or rates, are in.
    basis : str
        "margin" or "revenue": what the value counts.
    note : str
        What to keep in mind; may be empty.
    """

    value: float
    formula: str
    factors: dict[str, float]
    unit: str
    basis: str
    note: str = ""

    def _rows(self) -> list[list[str]]:
        return [[name, f"{factor:,.4g}"] for name, factor in self.factors.items()]

    def _headline(self) -> str:
        return (
            f"{self.value:,.2f} {self.basis} a customer: {self.formula} "
            f"(time in {plural(self.unit)})"
        )

    @override
    def __repr__(self) -> str:
        note = f"\nNote: {self.note}" if self.note else ""
        return f"{self._headline()}\n{text_table(['', 'factor'], self._rows())}{note}"

    def _repr_html_(self) -> str:
        note = f"Note: {self.note}" if self.note else ""
        return html_report(self._headline(), ["", "factor"], self._rows(), note)


def order_value_formula(
    *,
    average_order_value: float,
    frequency: float,
    lifespan: float,
    margin: float | None = None,
    unit: Unit = "year",
) -> FormulaValue:
    """Return average order value x purchase frequency x lifespan.

    Parameters
    ----------
    average_order_value : float
        Mean value of a purchase.
    frequency : float
        Purchases a customer and `unit`.
    lifespan : float
        How long a customer stays, in the same unit.
    margin : float, optional
        Share of the value that is earned; without it the value is revenue.
    unit : str, default "year"
        The unit of time.

    Examples
    --------
    >>> import tenure as tn
    >>> tn.order_value_formula(average_order_value=50, frequency=4, lifespan=3).value
    600.0
    """
    factors = {
        "average_order_value": average_order_value,
        "frequency": frequency,
        "lifespan": lifespan,
    }
    formula = "average order value x frequency x lifespan"
    if margin is not None:
        factors["margin"] = margin
        formula += " x margin"
    for name, factor in factors.items():
        _check(name, factor)
    return FormulaValue(
        value=float(math.prod(factors.values())),
        formula=formula,
        factors={name: float(factor) for name, factor in factors.items()},
        unit=unit_named(unit),
        basis="revenue" if margin is None else "margin",
    )


def average_value(
    log: Transactions,
    *,
    unit: Unit = "year",
    as_of: Date | None = None,
    lifespan: float | None = None,
    margin: float | None = None,
) -> FormulaValue:
    """Return the formula value of the customers of a log, from their own averages.

    The average order value is revenue over purchases; the frequency is purchases over
    the time from each customer's first purchase to `as_of`, so that customers observed
    for long and for short count as they should.

    Parameters
    ----------
    log : Transactions
        A log with amounts.
    unit : str, default "year"
        The unit of frequency and lifespan.
    as_of : date, optional
        The last day observed, as for `Transactions.summary`.
    lifespan : float, optional
        How long a customer stays, in `unit`: from a survival curve, or one over the
        churn rate. Without it, the mean time from first to last purchase stands in,
        which is too short: customers still alive have not finished theirs. The note
        says so.
    margin : float, optional
        Share of the value that is earned; without it the value is revenue.

    Examples
    --------
    >>> import tenure as tn
    >>> orders = {
    ...     "customer_id": [1, 1, 2],
    ...     "date": ["2023-01-01", "2024-01-01", "2024-01-01"],
    ...     "amount": [10.0, 20.0, 30.0],
    ... }
    >>> log = tn.Transactions(orders, amount="amount")
    >>> tn.average_value(log, lifespan=2.5).factors["average_order_value"]
    20.0
    """
    activity = valued_activity(log, as_of)
    revenue, purchases = activity["total_value"].sum(), activity["purchases"].sum()
    summary = log.summary(unit=unit, as_of=as_of)
    exposure = float(summary.T.sum())
    if exposure == 0:
        what = "every customer came on the last day observed: there is no frequency yet"
        raise EmptyDataError.of(what, hint="a later `as_of` has one")
    observed = lifespan is None
    span = float(summary.recency.mean()) if lifespan is None else lifespan
    plain = order_value_formula(
        average_order_value=revenue / purchases,
        frequency=purchases / exposure,
        lifespan=span,
        margin=margin,
        unit=unit,
    )
    note = (
        "the lifespan is the mean time from first to last purchase, which is cut off "
        f"at {written(summary.as_of)} for customers who are still alive: the value is "
        "too low; pass a lifespan from a survival curve or a churn rate"
        if observed and summary.as_of is not None
        else ""
    )
    return FormulaValue(
        plain.value, plain.formula, plain.factors, plain.unit, plain.basis, note
    )


def retention_formula(
    *,
    margin: float,
    retention: float,
    discount_rate: float,
    unit: Unit = "year",
    first_period: bool = False,
) -> FormulaValue:
    """Return margin x retention / (1 + discount rate - retention).

    The value of a customer who brings `margin` each period and stays from one to the
    next with the same probability for ever.

    Parameters
    ----------
    margin : float
        Money a customer and period.
    retention : float
        Probability of staying another period.
    discount_rate : float
        Share by which money shrinks over a period.
    unit : str, default "year"
        The period.
    first_period : bool, default False
        Count the margin of the first period as well, which is certain:
        margin x (1 + discount rate) / (1 + discount rate - retention).

    Notes
    -----
    A retention that is the same for all and for ever is pessimistic: customers who
    stay are those who leave less (Fader and Hardie 2010, Customer-base valuation in a
    contractual setting: the perils of ignoring heterogeneity, Marketing Science 29).

    Examples
    --------
    >>> import tenure as tn
    >>> value = tn.retention_formula(margin=100, retention=0.8, discount_rate=0.1)
    >>> round(value.value, 2)
    266.67
    """
    _check("margin", margin)
    if not 0 <= retention <= 1:
        raise ParameterError.of(
            name="retention", expected="lie in [0, 1]", found=repr(retention)
        )
    _check("discount_rate", discount_rate)
    if retention == 1 and discount_rate == 0:
        raise ParameterError.of(
            name="discount_rate",
            expected="be greater than 0 where everybody stays",
            found=repr(discount_rate),
        )
    times = (1 + discount_rate) if first_period else retention
    numerator = "(1 + discount rate)" if first_period else "retention"
    return FormulaValue(
        value=margin * times / (1 + discount_rate - retention),
        formula=f"margin x {numerator} / (1 + discount rate - retention)",
        factors={
            "margin": float(margin),
            "retention": float(retention),
            "discount_rate": float(discount_rate),
        },
        unit=unit_named(unit),
        basis="margin",
        note="assumes one retention rate for all customers and for ever",
    )


def historic_value(
    log: Transactions,
    *,
    unit: Unit = "year",
    as_of: Date | None = None,
    margin: float | None = None,
) -> Any:
    """Return what each customer has brought so far.

    Parameters
    ----------
    log : Transactions
        A log with amounts.
    unit : str, default "year"
        The unit of the tenure.
    as_of : date, optional
        The last day observed, as for `Transactions.summary`.
    margin : float, optional
        Share of the value that is earned; without it the value is revenue.

    Returns
    -------
    frame
        One row a customer: `purchases`, `tenure` (time since the first purchase, so
        that old and new customers are not compared as they stand), `value`, and
        `value_per_<unit>` of tenure (NaN for a tenure of 0).

    Examples
    --------
    >>> import tenure as tn
    >>> orders = {
    ...     "customer_id": [1, 1],
    ...     "date": ["2024-01-01", "2024-01-11"],
    ...     "amount": [10.0, 20.0],
    ... }
    >>> log = tn.Transactions(orders, amount="amount")
    >>> tn.historic_value(log, unit="day")["value_per_day"]
    array([3.])
    """
    if margin is not None:
        _check("margin", margin)
    activity = valued_activity(log, as_of)
    tenure = log.summary(unit=unit, as_of=as_of).T
    value = activity["total_value"] * (1.0 if margin is None else margin)
    per_unit = np.full(len(value), np.nan)
    np.divide(value, tenure, out=per_unit, where=tenure > 0)
    columns = {
        "customer_id": activity["customer_id"],
        "purchases": activity["purchases"],
        "tenure": tenure,
        "value": value,
        f"value_per_{unit}": per_unit,
    }
    return native_frame(columns, family=log.family, index="customer_id")


def valued_activity(log: Transactions, as_of: Date | None) -> dict[str, NDArray[Any]]:
    """Return what each customer has done, in a log that must have amounts."""
    if log.values is None:
        raise ParameterError.of(
            name="log",
            expected="have amounts",
            found="a log without",
            hint="Transactions(..., amount=...) names their column",
        )
    return log._activity(as_of)  # noqa: SLF001


def _check(name: str, factor: float) -> None:
    if not (math.isfinite(factor) and factor >= 0):
        raise ParameterError.of(name, "be finite and at least 0", found=repr(factor))
