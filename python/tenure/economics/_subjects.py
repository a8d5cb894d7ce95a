"""What is asked "what if" of: a rate or curve of retention, or fitted models."""

from __future__ import annotations

import math
from abc import abstractmethod
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any

import numpy as np

from tenure._typing import override
from tenure._units import DAYS, in_units
from tenure.economics._moved import (
    frequency_of,
    retention_of,
    with_frequency,
    with_retention,
)
from tenure.exceptions import ParameterError

if TYPE_CHECKING:
    from collections.abc import Mapping

    from numpy.typing import NDArray

    from tenure._estimator import Estimator
    from tenure._purchasing import PurchasingModel
    from tenure._renewal_predictions import RenewalModel
    from tenure.economics._changes import Change
    from tenure.spend import GammaGamma

    Floats = NDArray[np.float64]

__all__ = ["BuyingSubject", "CurveSubject", "RateSubject", "RenewalSubject", "Subject"]

Changes = dict[str, "Change"]


@dataclass(frozen=True, eq=False)
class Subject:
    """The economics of a new customer, of which a part may be estimated.

    Attributes
    ----------
    order_value, frequency, margin, cac, discount_rate : float
        Levels as they are; the frequency of models of buying is their own.
    unit : str or None
        What a period is.
    horizon : float
        In periods; infinite without one.
    estimated : dict of str to float
        What is known with error only, by name.
    covariance : array or None
        Of these.
    """

    order_value: float
    frequency: float
    margin: float
    cac: float
    discount_rate: float
    unit: str | None
    horizon: float
    estimated: dict[str, float] = field(default_factory=dict)
    covariance: Floats | None = None

    @abstractmethod
    def payments(
        self, changes: Changes, rate: float, theta: Mapping[str, float]
    ) -> float:
        """Return expected discounted orders, `rate` a period."""

    @abstractmethod
    def retention(self) -> float:
        """Return the retention that changes are measured by."""

    @abstractmethod
    def how(self, change: Change) -> str:
        """Return what a change of retention or frequency is, in words."""

    def order(self, changes: Changes, theta: Mapping[str, float]) -> float:
        """Return the value of an order."""
        _ = theta
        return self._level("order_value", self.order_value, changes)

    def level_after(self, change: Change) -> float:
        """Return the level that a lever has after its change."""
        return change.of_level(self.levels()[change.lever])

    def levels(self) -> dict[str, float]:
        """Return each lever's level as it is."""
        return {
            "retention": self.retention(),
            "frequency": self.frequency,
            "order_value": self.order({}, self.estimated),
            "margin": self.margin,
            "cac": self.cac,
            "discount_rate": self.discount_rate,
        }

    def gross(
        self, changes: Changes, theta: Mapping[str, float] | None = None
    ) -> float:
        """Return the value of a customer before what it cost to win them."""
        known = self.estimated if theta is None else theta
        yearly = self._level("discount_rate", self.discount_rate, changes)
        if yearly < 0:
            raise ParameterError.of(
                name="discount_rate", expected="stay at least 0", found=f"{yearly:.4g}"
            )
        periods = 1.0 if self.unit is None else DAYS["year"] / DAYS[self.unit]
        rate = (1 + yearly) ** (1 / periods) - 1
        margin = self._level("margin", self.margin, changes)
        return margin * self.order(changes, known) * self.payments(changes, rate, known)

    def value(
        self, changes: Changes, theta: Mapping[str, float] | None = None
    ) -> float:
        """Return the value of a customer less the cost of winning them."""
        cost = self._level("cac", self.cac, changes)
        return self.gross(changes, theta) - cost

    @staticmethod
    def _level(lever: str, level: float, changes: Changes) -> float:
        return changes[lever].of_level(level) if lever in changes else level


@dataclass(frozen=True, eq=False)
class RateSubject(Subject):
    """Customers who pay each period, and stay with the same chance for ever."""

    rate: float = math.nan

    @override
    def retention(self) -> float:
        return self.rate

    @override
    def payments(
        self, changes: Changes, rate: float, theta: Mapping[str, float]
    ) -> float:
        kept = self._level("retention", theta.get("retention", self.rate), changes)
        if not 0 <= kept <= 1:
            raise ParameterError.of(
                name="retention", expected="stay between 0 and 1", found=f"{kept:.4g}"
            )
        orders = self._level("frequency", self.frequency, changes)
        each = kept / (1 + rate)
        count = self.horizon
        if each == 1:
            total = count
        elif math.isinf(count):
            total = 1 / (1 - each)
        else:
            total = (1 - each ** math.ceil(count - 1e-9)) / (1 - each)
        if math.isinf(total):
            raise ParameterError.of(
                name="horizon",
                expected="be given where everybody stays and nothing is discounted",
                found="None",
            )
        return orders * total

    @override
    def how(self, change: Change) -> str:
        if change.lever == "retention":
            return "the chance of staying from each period to the next"
        return "orders a period"


@dataclass(frozen=True, eq=False)
class CurveSubject(Subject):
    """Customers who pay each period for as long as a curve says that they stay."""

    rates: Floats = field(default_factory=lambda: np.zeros(0))

    @override
    def retention(self) -> float:
        """Return the mean of the rates, weighted by who is at risk."""
        return self._mean(self.rates)

    @override
    def level_after(self, change: Change) -> float:
        if change.lever != "retention":
            return super().level_after(change)
        return self._mean(self.moved(self.rates, change))

    @staticmethod
    def _mean(rates: Floats) -> float:
        kept = np.concatenate([[1.0], np.cumprod(rates)])
        return float(kept[1:].sum() / kept[:-1].sum())

    @override
    def payments(
        self, changes: Changes, rate: float, theta: Mapping[str, float]
    ) -> float:
        rates = self.rates
        if self.covariance is not None:
            rates = np.array([theta[name] for name in self.estimated])
        change = changes.get("retention")
        if change is not None:
            rates = self.moved(rates, change)
        kept = np.concatenate([[1.0], np.cumprod(rates)])
        count = min(len(kept), math.ceil(min(self.horizon, len(kept)) - 1e-9))
        orders = self._level("frequency", self.frequency, changes)
        return orders * float((kept / (1 + rate) ** np.arange(len(kept)))[:count].sum())

    @staticmethod
    def moved(rates: Floats, change: Change) -> Floats:
        """Return the rate of each period after the change: between 0 and 1."""
        if change.kind == "level":
            raise ParameterError.of(
                name="retention",
                expected="change the rates of a curve, which are not one number",
                found=repr(change.text),
                hint="'+5pp' or 'x1.05' moves each of them, 'churn x0.95' makes 5 % "
                "fewer leave in each period",
            )
        moved = np.array([change.of_level(rate) for rate in rates.tolist()])
        return np.clip(moved, 0.0, 1.0)

    @override
    def how(self, change: Change) -> str:
        if change.lever != "retention":
            return "orders a period"
        if change.kind == "churn":
            return "1 - (1 - r) x factor at each age: fewer of those who leave do"
        full, ages = int((self.moved(self.rates, change) >= 1).sum()), len(self.rates)
        capped = f"; {full} of {ages} reach 100 % and stay there" if full else ""
        return f"the chance of staying at each age{capped}"


@dataclass(frozen=True, eq=False)
class _ModelSubject(Subject):
    """Customers as a fitted model has them."""

    model: Any = None

    @override
    def retention(self) -> float:
        return retention_of(self.model)[0]

    def parameters(
        self, changes: Changes, theta: Mapping[str, float]
    ) -> dict[str, float]:
        """Return the model's parameters after changes."""
        model: Estimator = self.model
        own = {name: theta.get(name, value) for name, value in model.params_.items()}
        change = changes.get("retention")
        if change is not None:
            level = retention_of(model, own)[0]
            own = with_retention(model, own, change.of_level(level))
        return own

    @override
    def how(self, change: Change) -> str:
        _, what, moves = retention_of(self.model)
        if change.lever == "retention":
            return f"{what}: {moves}"
        return "orders a period"

    def _made(self, parameters: Mapping[str, float]) -> Any:
        model: Any = self.model
        return model.from_params(**parameters, unit=model.time_unit_)


@dataclass(frozen=True, eq=False)
class RenewalSubject(_ModelSubject):
    """Customers who pay each period until they leave at a renewal."""

    @override
    def payments(
        self, changes: Changes, rate: float, theta: Mapping[str, float]
    ) -> float:
        model: RenewalModel = self._made(self.parameters(changes, theta))
        orders = self._level("frequency", self.frequency, changes)
        more = None if math.isinf(self.horizon) else math.ceil(self.horizon - 1e-9) - 1
        found = model.discounted_lifetime_new(discount_rate=rate, per=1.0, horizon=more)
        if not math.isfinite(found):
            raise ParameterError.of(
                name="horizon",
                expected="be given: without one the value is infinite",
                found="None",
                hint="or a discount rate above 0",
            )
        return orders * found


@dataclass(frozen=True, eq=False)
class BuyingSubject(_ModelSubject):
    """Customers who buy now and then, as a model of repeat buying has them."""

    spend: GammaGamma | None = None

    @override
    def order(self, changes: Changes, theta: Mapping[str, float]) -> float:
        level = self.order_value
        if self.spend is not None:
            p, q, scale = (
                theta.get(f"spend {name}", value)
                for name, value in self.spend.params_.items()
            )
            if not q > 1:
                raise ParameterError.of(
                    name="subject",
                    expected="have a model of spend whose mean exists: q above 1",
                    found=f"q = {q:.4g}",
                )
            level = p * scale / (q - 1)
        return self._level("order_value", level, changes)

    @override
    def payments(
        self, changes: Changes, rate: float, theta: Mapping[str, float]
    ) -> float:
        own = self.parameters(changes, theta)
        if "frequency" in changes:
            level = changes["frequency"].of_level(frequency_of(self.model, own)[0])
            own = with_frequency(self.model, own, level)
        model: PurchasingModel = self._made(own)
        more = None if math.isinf(self.horizon) else self.horizon
        found = model.discounted_purchases_new(more, discount_rate=rate, per=1.0)
        return 1 + float(found)

    @override
    def how(self, change: Change) -> str:
        if change.lever == "frequency":
            return f"the mean rate of buying while alive: {frequency_of(self.model)[1]}"
        return super().how(change)


def with_horizon(subject: Subject, horizon: Any) -> Subject:
    """Return the subject that looks ahead so far."""
    if horizon is None:
        return subject
    periods = in_units(horizon, subject.unit, name="horizon")
    if len(periods) != 1 or not 0 < periods[0] < np.inf:
        raise ParameterError.of(
            name="horizon", expected="be one length above 0", found=repr(horizon)
        )
    return replace(subject, horizon=float(periods[0]))
