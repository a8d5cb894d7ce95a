"""What a customer may cost at most."""

from __future__ import annotations

import math
import warnings
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Literal

from tenure._intervals import check_level, normal_quantile
from tenure._report import html_report, text_table
from tenure._typing import override
from tenure.economics._estimates import written_interval
from tenure.economics._valued import Valued
from tenure.economics.costs import AcquisitionCost
from tenure.exceptions import EstimateWarning, ParameterError
from tenure.transactions import Transactions

if TYPE_CHECKING:
    from numpy.typing import ArrayLike

    from tenure._typing import Date
    from tenure._units import Horizon

__all__ = ["AllowableCost", "allowable_cost", "warned"]


@dataclass(frozen=True, repr=False)
class AllowableCost:
    """What a customer may cost at most.

    Made by `allowable_cost`.

    Attributes
    ----------
    value : float
        The most that a new customer may cost.
    low, high : float
        Its interval, for the error of what a customer is worth; NaN where that is not
        known.
    customer_value : float
        What a customer is worth.
    customers : int
        How many customers that was found from.
    rule : str
        What makes the one out of the other, in words.
    basis : str
        "margin" or "revenue".
    level : float
        Confidence level of the interval.
    cost : float
        What a customer costs now; NaN if it was not given.
    notes : tuple of str
    """

    value: float
    low: float
    high: float
    customer_value: float
    customers: int
    rule: str
    basis: str
    level: float
    cost: float
    notes: tuple[str, ...]

    def __float__(self) -> float:
        """Return the most that a customer may cost."""
        return self.value

    @property
    def headroom(self) -> float:
        """How much more a customer may cost than now; negative if less."""
        return self.value - self.cost

    def _headline(self) -> str:
        now = ""
        if not math.isnan(self.cost):
            more = "more" if self.headroom >= 0 else "less"
            now = f", {abs(self.headroom):,.2f} {more} than the {self.cost:,.2f} of now"
        return f"A customer may cost {self.value:,.2f}{now}: {self.rule}"

    def _table(self) -> tuple[list[str], list[list[str]]]:
        interval = f"{100 * self.level:g} % interval"
        rows = [
            [self.basis, f"{self.customer_value:,.2f}", ""],
            ["may cost", f"{self.value:,.2f}", written_interval(self.low, self.high)],
        ]
        return ["", "a customer", interval], rows

    @override
    def __repr__(self) -> str:
        notes = "".join(f"\nNote: {note}" for note in self.notes)
        return f"{self._headline()}\n{text_table(*self._table())}{notes}"

    def _repr_html_(self) -> str:
        return html_report(self._headline(), *self._table(), "; ".join(self.notes))


def allowable_cost(
    value: Any,
    *,
    ratio: float | None = None,
    payback: Horizon | None = None,
    keep: float | None = None,
    horizon: Horizon | None = None,
    margin: float | ArrayLike | None = None,
    basis: Literal["margin", "revenue"] | None = None,
    cost: AcquisitionCost | float | None = None,
    as_of: Date | None = None,
    level: float = 0.95,
) -> AllowableCost:
    """Return what a new customer may cost at most, by one of three rules.

    Parameters
    ----------
    value : Transactions, LifetimeValue, float, array or frame
        What customers are worth: a log (what they brought by a horizon), what
        `lifetime_value_new` returns, or one number or more.
    ratio : float, optional
        The value must be at least so many times the cost: 3 for "3 to 1".
    payback : float or str, optional
        The cost must be back by this age of the customer: of a log only. Numbers are
        days.
    keep : float, optional
        The share of the value that must be left after the cost.
    horizon : float or str, optional
        For a log with `ratio` or `keep`: by which age customers are valued.
    margin : float or array, optional
        For a log: share of revenue that is margin, or the margin of each purchase.
    basis : {"margin", "revenue"}, optional
        What values count that are numbers alone.
    cost : AcquisitionCost or float, optional
        What a customer costs now, to be compared with.
    as_of : date, optional
        For a log: the last day observed.
    level : float, default 0.95
        Confidence level of the interval.

    Returns
    -------
    AllowableCost

    Warns
    -----
    EstimateWarning
        If the value is revenue: of that, nothing can be paid.

    Examples
    --------
    >>> import tenure as tn
    >>> tn.economics.allowable_cost(90.0, ratio=3, basis="margin", cost=25.0)
    A customer may cost 30.00, 5.00 more than the 25.00 of now: value / 3
              a customer  95 % interval
    margin         90.00
    may cost       30.00
    """
    check_level(level, name="level")
    given = {"ratio": ratio, "payback": payback, "keep": keep}
    rules = [name for name, one in given.items() if one is not None]
    if len(rules) != 1:
        raise ParameterError.of(
            name="ratio",
            expected="be given, or else payback, or keep: one of the three",
            found=", ".join(rules) or "none",
        )
    factor, rule = _rule(ratio, keep)
    if payback is not None:
        if not isinstance(value, Transactions):
            raise ParameterError.of(
                name="payback",
                expected="go with a log, which says what came by which age",
                found=repr(payback),
            )
        if horizon is not None:
            raise ParameterError.of(
                name="horizon",
                expected="be left out where payback says by when",
                found=repr(horizon),
            )
        horizon = payback
    worth = Valued.of(value, horizon=horizon, margin=margin, basis=basis, as_of=as_of)
    notes = [*worth.notes, *warned(worth.basis)]
    if payback is not None:
        rule = f"the value {worth.span}"
    elif worth.span:
        rule = f"{rule}, {worth.span}"
    reach = normal_quantile(level) * math.sqrt(worth.variance)
    now = math.nan if cost is None else _each(cost)
    return AllowableCost(
        value=worth.mean * factor,
        low=(worth.mean - reach) * factor,
        high=(worth.mean + reach) * factor,
        customer_value=worth.mean,
        customers=worth.customers,
        rule=rule,
        basis=worth.basis,
        level=level,
        cost=now,
        notes=tuple(notes),
    )


def _rule(ratio: float | None, keep: float | None) -> tuple[float, str]:
    if ratio is not None:
        if not (math.isfinite(ratio) and ratio > 0):
            raise ParameterError.of(
                name="ratio", expected="be above 0", found=repr(ratio)
            )
        return 1 / ratio, f"value / {ratio:g}"
    if keep is not None:
        if not 0 <= keep < 1:
            raise ParameterError.of(
                name="keep", expected="lie from 0 to below 1", found=repr(keep)
            )
        return 1 - keep, f"value less the {100 * keep:g} % of it that is kept"
    return 1.0, ""


def _each(cost: AcquisitionCost | float) -> float:
    if isinstance(cost, AcquisitionCost):
        return cost.new_customer.value
    amount = float(cost)
    if not (math.isfinite(amount) and amount >= 0):
        raise ParameterError.of(
            name="cost",
            expected="be an amount of at least 0 a customer, or what "
            "acquisition_cost returns",
            found=repr(cost),
        )
    return amount


def warned(basis: str) -> list[str]:
    """Warn, and note, where a value is revenue."""
    if basis == "margin":
        return []
    note = (
        "the value is revenue: costs are paid out of margin, so this is too favourable"
    )
    warnings.warn(note, EstimateWarning, stacklevel=3)
    return [note]
