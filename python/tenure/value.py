"""Lifetime value by a model of buying and a model of spend."""

from __future__ import annotations

import math
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, TypeAlias

import numpy as np

from tenure._customers import Customers
from tenure._drawn_values import value_over_draws
from tenure._intervals import Scale, bounds, check_level, normal_quantile
from tenure._purchasing import PurchasingModel
from tenure._report import html_report, text_table
from tenure._typing import override
from tenure._units import plural
from tenure._worth import Discounting, Worth, check_amount, described
from tenure.exceptions import ParameterError
from tenure.spend import GammaGamma

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from numpy.typing import ArrayLike, NDArray

    from tenure._drawn_values import Replicates
    from tenure._estimator import Estimator
    from tenure._units import Horizon

__all__ = ["LifetimeValue", "lifetime_value", "lifetime_value_new"]


@dataclass(frozen=True, eq=False, repr=False)
class LifetimeValue:
    """What customers will be worth.

    Attributes
    ----------
    columns : dict of str to array
        One number a customer: `expected_purchases` (left out without a horizon),
        `discounted_purchases`, `expected_spend` a purchase, `value`; with an interval
        also `std_error`, `lower` and `upper` of the value.
    total : float
        The sum of the values: customer equity.
    total_interval : (float, float) or None
        Its interval, which the customers' shared uncertainty makes wide; None if none
        was asked for, or if somebody's mean spend does not exist.
    basis : str
        "margin" or "revenue": what a value counts.
    horizon : float
        In `time_unit`; infinite for all the time to come, NaN where customers have
        horizons of their own.
    time_unit : str or None
        Unit of the horizon.
    interval : float or None
        Confidence level of the intervals, for the uncertainty of the parameters.
    """

    columns: dict[str, NDArray[np.float64]]
    total: float
    total_interval: tuple[float, float] | None
    basis: str
    horizon: float
    time_unit: str | None
    interval: float | None
    _customers: Customers = field(repr=False)

    def to_frame(self) -> Any:
        """Return one row a customer in the family of the data."""
        return self._customers.frame(self.columns)

    def __len__(self) -> int:
        """Return the number of customers."""
        return len(self.columns["value"])

    def __getitem__(self, column: str) -> NDArray[np.float64]:
        """Return a column as an array."""
        return self.columns[column]

    def plot(self, *, ax: Axes | None = None) -> Axes:
        """Draw the distribution of the values: `plotting.plot_value_distribution`."""
        from tenure.plotting import plot_value_distribution  # noqa: PLC0415

        return plot_value_distribution(self, ax=ax)

    def _headline(self) -> str:
        if math.isnan(self.horizon):
            span = "a horizon of their own"
        elif math.isinf(self.horizon):
            span = "all time to come"
        else:
            span = f"the next {self.horizon:,.4g} {plural(self.time_unit)}"
        total = f"{self.total:,.2f}"
        if self.total_interval is not None and self.interval is not None:
            lower, upper = self.total_interval
            total += (
                f" ({100 * self.interval:g} % interval {lower:,.2f} to {upper:,.2f})"
            )
        who = "one customer" if len(self) == 1 else f"{len(self):,} customers"
        return f"Lifetime value ({self.basis}) of {who} over {span}: {total}"

    def _table(self) -> tuple[list[str], list[list[str]]]:
        measures = (np.mean, np.median, np.max)
        rows = [
            [name, *(f"{measure(values):,.2f}" for measure in measures)]
            for name, values in self.columns.items()
            if len(values)
        ]
        return ["", "mean", "median", "max"], rows

    @override
    def __repr__(self) -> str:
        return f"{self._headline()}\n{text_table(*self._table())}"

    def _repr_html_(self) -> str:
        return html_report(self._headline(), *self._table())


def lifetime_value(
    buying: PurchasingModel,
    spend: GammaGamma | float,
    data: object = None,
    *,
    horizon: Horizon | None,
    discount_rate: float = 0.10,
    per: str | float = "year",
    compounding: str | float | None = None,
    margin: float | ArrayLike | None = None,
    cost_per_order: float = 0.0,
    acquisition_cost: float = 0.0,
    interval: float | None = None,
    bootstrap: Replicates | None = None,
) -> LifetimeValue:
    """Return what each customer will be worth from the end of observation on.

    Value is expected discounted purchases times what a purchase brings: its expected
    value (times the margin, if given) less the cost of an order.

    Parameters
    ----------
    buying : BGNBD
        A fitted model of repeat buying.
    spend : GammaGamma or float
        A fitted model of spend, or one value for every purchase.
    data : Summary or frame, optional
        The customers; those that `buying` was fitted to if left out.
    horizon : float, str or None
        How long from the end of observation: a number in the data's unit or a text such
        as "12 months"; None for all the time to come.
    discount_rate : float, default 0.10
        Share by which money shrinks over one `per`.
    per : str or float, default "year"
        What the discount rate is for: a unit of time, or a length in the data's unit.
    compounding : str or float, optional
        Count a purchase at the end of its period ("month", or a length in the data's
        unit); at its own time if left out.
    margin : float or array, optional
        Share of a purchase's value that is earned, for all or one a customer. Without
        it the value is revenue, and the result says so.
    cost_per_order : float, default 0
        What an order costs beside the goods.
    acquisition_cost : float, default 0
        Taken off each customer's value once.
    interval : float, optional
        Confidence level of intervals for the uncertainty of the parameters, by the
        delta method; buying and spend are fitted apart and taken as independent.
    bootstrap : Bootstrap or (Bootstrap, Bootstrap), optional
        What `bootstrap` of `buying` returned, and with a model of spend that of `spend`
        too: then intervals are percentiles over the replicates, as many as both have.

    Returns
    -------
    LifetimeValue
        One row a customer, and their total.

    References
    ----------
    Fader, P. S., Hardie, B. G. S., Lee, K. L. (2005). RFM and CLV: using iso-value
    curves for customer base analysis. Journal of Marketing Research 42(4), 415-430.

    Examples
    --------
    >>> import tenure as tn
    >>> log = tn.Transactions(tn.datasets.load_cdnow(), amount="amount", time="date")
    >>> summary = log.summary(unit="week", as_of="1997-09-30")
    >>> buying, spend = tn.BGNBD().fit(summary), tn.GammaGamma().fit(summary)
    >>> value = tn.lifetime_value(
    ...     buying, spend, summary, horizon="12 months", margin=0.3, interval=0.9
    ... )
    >>> print(value._headline())
    Lifetime value (margin) of 2,357 customers over the next 52.18 weeks: ...
    """
    customers = _buying(buying)._customers(data)  # noqa: SLF001

    def value(
        buying: PurchasingModel, spend: GammaGamma | float, level: float | None = None
    ) -> LifetimeValue:
        worth = Worth.of(
            spend, data, customers, margin=margin, cost=cost_per_order, interval=level
        )
        return _value(
            buying,
            customers,
            worth,
            Discounting(horizon, discount_rate, per, compounding),
            at_once=0.0,
            acquisition_cost=acquisition_cost,
            interval=level,
        )

    if bootstrap is not None:
        return value_over_draws(value, buying, spend, interval, bootstrap)
    if interval is not None:
        _check_errors(buying, spend)
    return value(buying, spend, interval)


def lifetime_value_new(
    buying: PurchasingModel,
    spend: GammaGamma | float,
    *,
    horizon: Horizon | None,
    covariates: object = None,
    discount_rate: float = 0.10,
    per: str | float = "year",
    compounding: str | float | None = None,
    margin: float | None = None,
    cost_per_order: float = 0.0,
    acquisition_cost: float = 0.0,
    first_purchase: bool = True,
    interval: float | None = None,
    bootstrap: Replicates | None = None,
) -> LifetimeValue:
    """Return what a customer will be worth who is about to buy for the first time.

    Parameters
    ----------
    buying, spend, horizon, discount_rate, per, compounding, margin, cost_per_order, \
acquisition_cost, interval, bootstrap
        As `lifetime_value`.
    covariates : frame, optional
        For models with covariates, those of the new customers, one row each.
    first_purchase : bool, default True
        Count the first purchase, which is made at once, beside the repeat purchases.

    Returns
    -------
    LifetimeValue
        One row, or one for each of `covariates`.

    Examples
    --------
    >>> import tenure as tn
    >>> known = {"r": 0.243, "alpha": 4.414, "a": 0.793, "b": 2.426}
    >>> buying = tn.BGNBD.from_params(**known, unit="week")
    >>> value = tn.lifetime_value_new(buying, 35.0, horizon="1 year", margin=0.3)
    >>> round(value.total, 2)
    25.14
    """
    unit = _buying(buying).time_unit_
    of_buying = _of_new(buying, covariates)
    of_spend = None
    if isinstance(spend, GammaGamma):
        of_spend = _of_new(spend, covariates)
    rows = [len(one) for one in (of_buying, of_spend) if one is not None]
    nothing = np.zeros(max(rows, default=1))
    names = ("frequency", "recency", "T", "monetary_value")
    newcomer: dict[str, NDArray[Any]] = dict.fromkeys(names, nothing)
    customers = Customers(newcomer, "numpy", None, None, unit, of_buying)

    def value(
        buying: PurchasingModel, spend: GammaGamma | float, level: float | None = None
    ) -> LifetimeValue:
        worth = Worth.of_customers(
            spend,
            Customers(newcomer, "numpy", None, None, None, of_spend),
            customers,
            margin=margin,
            cost=cost_per_order,
            interval=level,
        )
        return _value(
            buying,
            customers,
            worth,
            Discounting(horizon, discount_rate, per, compounding),
            at_once=1.0 if first_purchase else 0.0,
            acquisition_cost=acquisition_cost,
            interval=level,
        )

    if bootstrap is not None:
        return value_over_draws(value, buying, spend, interval, bootstrap)
    if interval is not None:
        _check_errors(buying, spend)
    return value(buying, spend, interval)


def _of_new(model: Estimator, covariates: object) -> NDArray[np.float64] | None:
    """Return the covariates of new customers, if the model has any."""
    if model._effects is None:  # noqa: SLF001
        return None
    return model._covariates_of_new(covariates)  # noqa: SLF001


def _value(
    buying: PurchasingModel,
    customers: Customers,
    worth: Worth,
    discounting: Discounting,
    *,
    at_once: float,
    acquisition_cost: float,
    interval: float | None,
) -> LifetimeValue:
    if interval is not None:
        check_level(interval)
    check_amount("acquisition_cost", acquisition_cost)
    horizon, columns, shares = _valued(
        buying, customers, worth, discounting, at_once, gradient=interval is not None
    )
    value = columns["value"]
    if acquisition_cost != 0:
        value = columns["value"] = value - acquisition_cost
    total_interval = None
    if interval is not None:
        costs = worth.cost != 0 or acquisition_cost != 0
        scale = "plain" if costs or (value < 0).any() else "positive"
        with np.errstate(invalid="ignore"):  # where a mean does not exist
            spread, total_interval = _intervals(value, shares, interval, scale)
        columns |= spread
    return LifetimeValue(
        columns=columns,
        total=float(value.sum()),
        total_interval=total_interval,
        basis=worth.basis,
        horizon=float(horizon[0]) if len(horizon) == 1 else math.nan,
        time_unit=customers.unit,
        interval=interval,
        _customers=customers,
    )


_Share: TypeAlias = "tuple[NDArray[np.float64], NDArray[np.float64]]"
"""Derivatives of the values in a model's parameters, and the parameters' covariance."""


def _valued(
    buying: PurchasingModel,
    customers: Customers,
    worth: Worth,
    discounting: Discounting,
    at_once: float = 0.0,
    *,
    gradient: bool,
) -> tuple[NDArray[np.float64], dict[str, NDArray[np.float64]], list[_Share]]:
    """Return the horizon, the columns of a value, and what makes it uncertain."""
    horizon, rate, period = buying._discounting(  # noqa: SLF001
        customers.unit,
        discounting.horizon,
        discounting.rate,
        discounting.per,
        discounting.compounding,
    )
    expected, discounted, slopes = buying._expected_and_discounted(  # noqa: SLF001
        customers, horizon, rate=rate, period=period, gradient=gradient
    )
    columns = {} if expected is None else {"expected_purchases": expected}
    purchases = discounted if at_once == 0 else at_once + discounted
    columns |= {
        "discounted_purchases": discounted,
        "expected_spend": worth.spend,
        "value": worth.of_purchases(purchases),
    }
    shares: list[_Share] = []
    if slopes is not None:
        with np.errstate(invalid="ignore"):  # where a mean does not exist
            covariance = buying.result_.needed_covariance(type(buying).__name__)
            shares.append((slopes * worth.value[:, None], covariance))
            if worth.gradients is not None and worth.covariance is not None:
                bought = (worth.margin * purchases)[:, None]
                shares.append((worth.gradients * bought, worth.covariance))
    return horizon, columns, shares


def _intervals(
    value: NDArray[np.float64], shares: list[_Share], level: float, scale: Scale
) -> tuple[dict[str, NDArray[np.float64]], tuple[float, float] | None]:
    """Return columns with the intervals of the values, and that of their total."""
    errors = np.sqrt(sum(_variances(g, cov) for g, cov in shares))
    lower, upper = bounds(value, errors, level, scale)
    exists = np.isfinite(value)
    spread = {
        "std_error": np.where(exists, errors, np.nan),
        "lower": np.where(exists, lower, value),
        "upper": np.where(exists, upper, value),
    }
    if not exists.all():
        return spread, None
    summed = [(g.sum(axis=0, keepdims=True), cov) for g, cov in shares]
    error = math.sqrt(sum(_variances(g, cov)[0] for g, cov in summed))
    total, reach = float(value.sum()), normal_quantile(level) * error
    return spread, (total - reach, total + reach)


def _buying(model: object) -> PurchasingModel:
    """Return the model, if it is one of repeat buying."""
    if isinstance(model, PurchasingModel):
        return model
    raise ParameterError.of(
        name="buying",
        expected="be a model of repeat buying, such as BGNBD",
        found=described(model),
    )


def _check_errors(buying: PurchasingModel, spend: GammaGamma | float) -> None:
    """Pass if the models have standard errors, or say what to give instead."""
    models: list[Estimator] = [buying]
    instead: str | None = "buying.bootstrap()"
    if isinstance(spend, GammaGamma):
        models, instead = [spend, buying], f"({instead}, spend.bootstrap())"
    if any(model.result_.status == "given" for model in models):
        instead = None  # nobody to draw anew
    for model in models:
        model.result_.needed_covariance(type(model).__name__, bootstrap=instead)


def _variances(
    gradients: NDArray[np.float64], covariance: NDArray[np.float64]
) -> NDArray[np.float64]:
    return np.maximum(np.einsum("ij,jk,ik->i", gradients, covariance, gradients), 0.0)
