"""What a customer is worth, whatever says so: the mean, its error, what it counts."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from tenure._intervals import normal_quantile
from tenure._report import counted
from tenure._units import plural
from tenure._values import customer_values
from tenure.economics._journeys import Journeys
from tenure.exceptions import EmptyDataError, ParameterError
from tenure.retention.periods import length_in_days
from tenure.transactions import Transactions
from tenure.value import LifetimeValue

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from tenure._units import Horizon

__all__ = ["Valued"]

_RESIDUAL = (
    "values of lifetime_value begin at the end of observation: what customers brought "
    "before is not in them, though their cost was spent for that as well; "
    "lifetime_value_new counts from the first purchase"
)


@dataclass(frozen=True, eq=False)
class Valued:
    """The value of customers.

    Attributes
    ----------
    mean : float
        Of a customer.
    variance : float
        Of the mean; NaN where it is not known.
    customers : int
        How many were valued.
    basis : str
        "margin" or "revenue".
    span : str
        What time the value is of, in words.
    values : array or None
        One a customer, in a log those observed for so long.
    first : array or None
        Of a log: when they bought first.
    notes : tuple of str
        What to keep in mind.
    """

    mean: float
    variance: float
    customers: int
    basis: str
    span: str
    values: NDArray[np.float64] | None
    first: NDArray[np.int64] | None
    notes: tuple[str, ...]

    @classmethod
    def of(
        cls,
        value: Any,
        *,
        horizon: Horizon | None,
        margin: Any,
        basis: str | None,
        as_of: Any = None,
    ) -> Valued:
        """Return the value that a log, a lifetime value or numbers give."""
        if isinstance(value, Transactions):
            _unused("basis", basis, "a log counts margin where a margin is given")
            return cls._of_log(value, horizon, margin, as_of)
        for name, given in (("horizon", horizon), ("margin", margin), ("as_of", as_of)):
            _unused(name, given, "only the value of a log is still to be made")
        if isinstance(value, LifetimeValue):
            _unused("basis", basis, "a lifetime value knows what it counts")
            return cls._of_model(value)
        if basis not in ("margin", "revenue"):
            raise ParameterError.of(
                name="basis",
                expected="be 'margin' or 'revenue' where values are numbers alone",
                found=repr(basis),
            )
        number: Any = value
        if isinstance(value, int | float | np.number):
            mean = float(number)
            if not math.isfinite(mean):
                raise ParameterError.of(
                    name="value", expected="be finite", found=repr(number)
                )
            return cls(mean, math.nan, 1, basis, "", None, None, ())
        _, columns = customer_values(value, None)
        numbers = next(iter(columns.columns.values()))
        return cls._of_numbers(numbers, basis, "", None, ())

    @classmethod
    def _of_numbers(
        cls,
        numbers: NDArray[np.float64],
        basis: str,
        span: str,
        first: NDArray[np.int64] | None,
        notes: tuple[str, ...],
    ) -> Valued:
        n = len(numbers)
        variance = float(numbers.var(ddof=1) / n) if n > 1 else math.nan
        mean = float(numbers.mean())
        return cls(mean, variance, n, basis, span, numbers, first, notes)

    @classmethod
    def _of_log(
        cls, log: Transactions, horizon: Horizon | None, margin: Any, as_of: Any
    ) -> Valued:
        if horizon is None:
            raise ParameterError.of(
                name="horizon",
                expected="be given for a log: the age up to which customers are valued",
                found="None",
            )
        days = length_in_days(horizon, "horizon")
        journeys = Journeys.of(log, margin=margin, as_of=as_of)
        seen = journeys.exposure >= days - 1e-9
        if not seen.any():
            longest = journeys.exposure.max()
            what = f"no customer was observed for {days:g} days"
            raise EmptyDataError.of(what, hint=f"the longest for {longest:g} days")
        left = int((~seen).sum())
        notes = ()
        if left:
            notes = (f"{counted(left, 'customer')} observed for less: left out",)
        values = journeys.by(days)[seen]
        span = f"by {days:g} days after the first purchase"
        return cls._of_numbers(
            values, journeys.basis, span, journeys.first[seen], notes
        )

    @classmethod
    def _of_model(cls, value: LifetimeValue) -> Valued:
        n = len(value)
        if n == 0:
            raise EmptyDataError.of(what="there are no customers to value")
        numbers = value["value"]
        span, horizon = "for all time to come", value.horizon
        if math.isfinite(horizon):
            span = f"within {horizon:,.4g} {plural(value.time_unit)}"
        elif math.isnan(horizon):
            span = "within a horizon of their own"
        variance = float(numbers.var(ddof=1) / n) if n > 1 else 0.0
        if value.total_interval is not None and value.interval is not None:
            low, high = value.total_interval
            error = (high - low) / 2 / normal_quantile(value.interval) / n
            variance += error**2
        elif n == 1:
            variance = math.nan
        notes = ()
        if n > 1:
            notes = (_RESIDUAL,)
        mean = float(numbers.mean())
        return cls(mean, variance, n, value.basis, span, None, None, notes)


def _unused(name: str, given: Any, why: str) -> None:
    if given is not None:
        raise ParameterError.of(
            name=name, expected="be left out here", found=repr(given), hint=why
        )
