"""What the customers of a log are worth at a date, by what was known then."""

from __future__ import annotations

import copy
import warnings
from dataclasses import dataclass, replace
from functools import cached_property
from typing import TYPE_CHECKING

import numpy as np

from tenure._intervals import delta_method, normal_quantile
from tenure._report import written
from tenure._seen import check_has_not_seen_more
from tenure._spending import Spending, fit_spending, with_spending
from tenure._worth import Discounting, Worth
from tenure.exceptions import ConvergenceWarning, ParameterError, TenureError
from tenure.formulas import valued_activity
from tenure.rfm.intervals import sums
from tenure.spend import GammaGamma
from tenure.value import LifetimeValue, _valued, lifetime_value_new

if TYPE_CHECKING:
    from collections.abc import Sequence
    from typing import Any

    from numpy.typing import NDArray

    from tenure._purchasing import PurchasingModel
    from tenure.equity._settings import Models, Terms
    from tenure.summary import Summary
    from tenure.transactions import Transactions

    Floats = NDArray[np.float64]

__all__ = ["Appraisal", "appraise"]


@dataclass(frozen=True, eq=False)
class Appraisal:
    """What customers are worth at a date.

    Attributes
    ----------
    as_of : numpy.datetime64
        The last day that is known.
    summary : Summary
        The customers as they were known then.
    paid : float64 array
        What each had paid by then, after the refunds known then.
    bought : int64 array
        How many purchases each had made by then.
    buying : PurchasingModel
        The model of buying.
    spending : Spending
        The model of spend, and the customers as it takes them.
    terms : Terms
        What a value counts.
    """

    as_of: np.datetime64
    summary: Summary
    paid: Floats
    bought: NDArray[np.int64]
    buying: PurchasingModel
    spending: Spending
    terms: Terms

    def __len__(self) -> int:
        """Return the number of customers."""
        return len(self.summary)

    def by_models_of(self, other: Appraisal) -> Appraisal:
        """Return these customers as the models of another date value them."""
        spending = with_spending(other.spending.model, self.summary)
        return replace(self, buying=other.buying, spending=spending)

    # -- numbers of each customer --------------------------------------------------

    def worth(self, horizon: float, rate: float) -> Floats:
        """Return what customers are worth over a horizon at a yearly discount rate."""
        return self._worth(horizon, rate, gradient=False)[1]["value"]

    @cached_property
    def value(self) -> Floats:
        """What customers are worth over the horizon of the terms."""
        return self.worth(self.terms.horizon, self.terms.discount_rate)

    @cached_property
    def alive(self) -> Floats:
        """The probability of still being a customer."""
        return self._alive(gradient=False)[0]

    @cached_property
    def earned(self) -> Floats:
        """What each has brought so far: margin less the cost of orders, or revenue."""
        share = 1.0 if self.terms.margin is None else self.terms.margin
        return share * self.paid - self.terms.cost_per_order * self.bought

    @property
    def has_errors(self) -> bool:
        """Whether it is known how well the parameters are known."""
        models = (self.buying, self.spending.model)
        return all(
            isinstance(one, int | float) or one.result_.covariance is not None
            for one in models
        )

    @property
    def converged(self) -> bool:
        """Whether the fits reached an optimum; given parameters count as that."""
        models = (self.buying, self.spending.model)
        return all(
            isinstance(one, int | float) or one.result_.status in ("converged", "given")
            for one in models
        )

    # -- sums with intervals -------------------------------------------------------

    def value_reach(
        self, groups: NDArray[np.integer] | None = None, count: int = 1
    ) -> Floats:
        """Return how far the interval of the value of each group reaches either way."""
        if not self.has_errors:
            return np.full(count, np.nan)
        return self._reach(self._value_slopes, groups, count)

    def alive_reach(
        self, groups: NDArray[np.integer] | None = None, count: int = 1
    ) -> Floats:
        """Return the same for the number of customers who are still there."""
        if not self.has_errors:
            return np.full(count, np.nan)
        return self._reach(self._alive_slopes, groups, count)

    def share_reach(self, groups: NDArray[np.integer], count: int) -> Floats:
        """Return the same for the share of each group in the value of all."""
        if not self.has_errors:
            return np.full(count, np.nan)
        total = float(self.value.sum())
        shares = sums(self.value, groups, count) / total
        variance = np.zeros(count)
        for slope, covariance in self._value_slopes:
            summed = np.stack([sums(one, groups, count) for one in slope.T], axis=1)
            apart = (summed - shares[:, None] * slope.sum(axis=0)) / total
            variance += delta_method(apart, covariance) ** 2
        return normal_quantile(self.terms.interval) * np.sqrt(variance)

    def errors_of_totals(self, horizon: float) -> dict[str, float]:
        """Return standard errors of undiscounted value and purchases in all.

        For the uncertainty of the parameters: 0 where they were given, NaN where it is
        not known.
        """
        if all(_is_given(one) for one in (self.buying, self.spending.model)):
            return {"value": 0.0, "purchases": 0.0}
        if not self.has_errors:
            return {"value": np.nan, "purchases": np.nan}
        customers = self.buying._customers(self.summary)  # noqa: SLF001
        _, slopes = self.buying._predict(  # noqa: SLF001
            "expected_purchases", customers, np.array([horizon]), gradient=True
        )
        assert slopes is not None  # noqa: S101
        covariance = self.buying.result_.needed_covariance(type(self.buying).__name__)
        of_counts = [(slopes, covariance)]
        _, _, of_value = self._worth(horizon, 0.0, gradient=True)
        return {"value": _error(of_value), "purchases": _error(of_counts)}

    @cached_property
    def _value_slopes(self) -> list[tuple[Floats, Floats]]:
        terms = self.terms
        return self._worth(terms.horizon, terms.discount_rate, gradient=True)[2]

    @cached_property
    def _alive_slopes(self) -> list[tuple[Floats, Floats]]:
        _, slopes = self._alive(gradient=True)
        assert slopes is not None  # noqa: S101
        return [
            (slopes, self.buying.result_.needed_covariance(type(self.buying).__name__))
        ]

    def _reach(
        self,
        slopes: list[tuple[Floats, Floats]],
        groups: NDArray[np.integer] | None,
        count: int,
    ) -> Floats:
        places = np.zeros(len(self), dtype=np.intp) if groups is None else groups
        variance = np.zeros(count)
        for slope, covariance in slopes:
            summed = np.stack([sums(one, places, count) for one in slope.T], axis=1)
            variance += delta_method(summed, covariance) ** 2
        return normal_quantile(self.terms.interval) * np.sqrt(variance)

    def _worth(self, horizon: float, rate: float, *, gradient: bool) -> Any:
        customers = self.buying._customers(self.summary)  # noqa: SLF001
        worth = Worth.of(
            self.spending.model,
            self.spending.customers,
            customers,
            margin=self.terms.margin,
            cost=self.terms.cost_per_order,
            interval=self.terms.interval if gradient else None,
        )
        terms = Discounting(horizon, rate, "year", None)
        return _valued(self.buying, customers, worth, terms, gradient=gradient)

    def _alive(self, *, gradient: bool) -> tuple[Floats, Floats | None]:
        customers = self.buying._customers(self.summary)  # noqa: SLF001
        return self.buying._predict(  # noqa: SLF001
            "probability_alive", customers, np.zeros(1), gradient=gradient
        )

    def newcomer(self) -> LifetimeValue:
        """Return what a customer is worth who is about to buy for the first time."""
        terms = self.terms
        return lifetime_value_new(
            self.buying,
            self.spending.model,
            horizon=None if np.isinf(terms.horizon) else terms.horizon,
            discount_rate=terms.discount_rate,
            margin=terms.margin,
            cost_per_order=terms.cost_per_order,
            interval=terms.interval if self.has_errors else None,
        )


def _is_given(model: PurchasingModel | GammaGamma | float) -> bool:
    """Say whether a model has parameters that were given and not estimated."""
    return isinstance(model, int | float) or model.result_.status == "given"


def _error(slopes: Sequence[tuple[Floats, Floats]]) -> float:
    """Return the standard error of a sum over all customers."""
    parts = [
        delta_method(slope.sum(axis=0, keepdims=True), covariance)[0] ** 2
        for slope, covariance in slopes
    ]
    return float(np.sqrt(sum(parts)))


def appraise(
    log: Transactions, days: Sequence[np.datetime64], terms: Terms, models: Models
) -> list[Appraisal]:
    """Return what customers are worth at each date, by what was known then only.

    The summaries as of all dates are made in one pass; models see that of their date.
    """
    history = log.summary(unit=terms.unit, as_of=[str(day) for day in days])
    found: list[Appraisal] = []
    for place, day in enumerate(days):
        summary = history.at(place)
        activity = valued_activity(log, str(day))
        paid, bought = activity["total_value"], activity["purchases"]
        if place == 0 or models.refit:
            mean = float(paid.sum() / bought.sum())
            buying, spending = _fitted(day, summary, mean, models)
        else:
            buying = found[0].buying
            spending = with_spending(found[0].spending.model, summary)
        found.append(Appraisal(day, summary, paid, bought, buying, spending, terms))
    return found


def _fitted(
    day: np.datetime64, summary: Summary, order_value: float, models: Models
) -> tuple[PurchasingModel, Spending]:
    """Return models of what was known on a day."""
    held = not models.refit
    with warnings.catch_warnings():
        # `converged` in the results says it, date by date
        warnings.simplefilter("ignore", ConvergenceWarning)
        try:
            if held and models.is_fitted(models.buying):
                check_has_not_seen_more(models.buying, summary)
                buying = models.buying
            else:
                buying = copy.copy(models.buying).fit(summary)
        except ParameterError:
            raise
        except TenureError as error:
            raise ParameterError.of(
                name="dates",
                expected="be dates by which the models can be fitted",
                found=f"{written(day)}: {error}",
            ) from error
        if not isinstance(models.spend, GammaGamma):
            return buying, with_spending(models.spend, summary)
        if held and models.is_fitted(models.spend):
            return buying, with_spending(models.spend, summary)
        return buying, fit_spending(summary, order_value, models.spend)
