"""What a campaign added when the value to come is counted, by a fitted model."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

import numpy as np

from tenure._customers import Customers
from tenure._intervals import normal_quantile
from tenure._report import html_report, text_table
from tenure._typing import override
from tenure._units import unit_named
from tenure._worth import Discounting, Worth
from tenure.campaigns._arms import corrected
from tenure.campaigns._compare import How, Side, compare_means
from tenure.campaigns._stats import stats_module
from tenure.campaigns.effect import Effect, effect_rows, effects_frame
from tenure.campaigns.lift_curve import without
from tenure.value import _buying, _valued

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from tenure._purchasing import PurchasingModel
    from tenure._units import Horizon
    from tenure.campaigns._trial import Trial
    from tenure.spend import GammaGamma

__all__ = ["LifetimeEffect", "lifetime_effect"]


@dataclass(frozen=True, eq=False, repr=False)
class LifetimeEffect:
    """The effect in the window, on the value to come, and on both together.

    Made by `Experiment.lifetime_effect`.

    Attributes
    ----------
    effects : tuple of Effect
        For each arm "window", "residual" and "total", money a customer.
    basis : str
        "margin" or "revenue".
    parameters : bool
        Whether intervals hold the doubt about the model's parameters.
    newcomers : int
        Customers who had never bought by the end of the window: the model says
        nothing of them.
    level : float
        Confidence level of the intervals.
    family : str
        The kind of frame that results come back as.
    """

    effects: tuple[Effect, ...]
    basis: str
    parameters: bool
    newcomers: int
    level: float
    family: str

    @property
    def claim(self) -> str:
        """What the comparison can claim."""
        return (
            "causal under randomisation in the window; on the value to come if an "
            "order means as much for the future in every arm, as the model supposes"
        )

    def effect(self, part: str, arm: object = None) -> Effect:
        """Return the effect on "window", "residual" or "total" (of the first arm)."""
        return next(
            effect
            for effect in self.effects
            if effect.metric == part and (arm is None or effect.arm == arm)
        )

    def to_frame(self) -> Any:
        """Return one row a part and arm, with the attributes of `Effect`."""
        return effects_frame(self.effects, self.family, without=("variance_reduction",))

    def _headline(self) -> str:
        total = self.effect("total")
        return (
            f"{self.claim}\n{total.arm}: {total.difference:+,.4g} {self.basis} a "
            f"customer with the value to come ({100 * self.level:g} % interval "
            f"{total.low:+,.4g} to {total.high:+,.4g})"
        )

    def _arms(self) -> bool:
        return len({str(effect.arm) for effect in self.effects}) > 1

    @override
    def __repr__(self) -> str:
        table = effect_rows(self.effects, arms=self._arms())
        return f"{self._headline()}\n{text_table(*table)}"

    def _repr_html_(self) -> str:
        return html_report(
            self._headline(), *effect_rows(self.effects, arms=self._arms())
        )


def lifetime_effect(
    trial: Trial,
    model: PurchasingModel,
    spend: GammaGamma | float,
    *,
    horizon: Horizon | None,
    discount_rate: float,
    newcomer_value: float,
    level: float,
) -> LifetimeEffect:
    """Compare window and residual value; see `Experiment.lifetime_effect`."""
    discounting = Discounting(horizon, discount_rate, "year", None)
    known = _buying(model).result_.covariance is not None
    value, slopes, newcomers = _residual(trial, model, spend, discounting, known)
    value[newcomers] = newcomer_value
    start = trial.assignment.start
    window = trial.earned(start, start + trial.window) - trial.assignment.cost
    covariate = trial.covariates().get("revenue")
    effects: list[Effect] = []
    for name, amount, own in (
        ("window", window, []),
        ("residual", value, slopes),
        ("total", window + value, slopes),
    ):
        found: list[Effect] = []
        for code, arm in enumerate(trial.assignment.arms[1:], start=1):
            groups = trial.assignment.arm == code, trial.assignment.arm == 0
            side = Side(name, arm)
            found.append(_compared(side, (amount, covariate), own, groups, level))
        effects += corrected(found)
    return LifetimeEffect(
        effects=tuple(effects),
        basis="revenue" if trial.margin is None else "margin",
        parameters=known,
        newcomers=int(newcomers.sum()),
        level=level,
        family=trial.assignment.family,
    )


def _residual(
    trial: Trial,
    model: PurchasingModel,
    spend: GammaGamma | float,
    discounting: Discounting,
    known: bool,  # noqa: FBT001
) -> tuple[NDArray[np.float64], list[Any], NDArray[np.bool_]]:
    """Return the value to come of each customer, its slopes, and who had not bought.

    As of the last day of each customer's window.
    """
    log, who = trial.orders.log, trial.assignment.who
    ends = trial.assignment.start + trial.window - 1
    value, newcomers = np.zeros(len(who)), np.ones(len(who), np.bool_)
    slopes: list[tuple[NDArray[np.float64], NDArray[np.float64]]] = []
    for end in np.unique(ends):
        rows = np.flatnonzero((ends == end) & (who >= 0))
        rows = rows[trial.orders.first_day(who[rows]) <= end]
        if not len(rows):
            continue
        date = np.datetime64(int(end), "D")
        summary = log.summary(unit=unit_named(model.time_unit_ or "day"), as_of=date)
        every = model._customers(summary)  # noqa: SLF001
        bought = np.flatnonzero(trial.orders.days[trial.orders.offsets[:-1]] <= end)
        place = np.searchsorted(bought, who[rows])
        some = _taken(every, place)
        worth = Worth.of(
            spend,
            {name: np.asarray(summary[name])[place] for name in _spend_columns(spend)}
            if _spend_columns(spend)
            else None,
            some,
            margin=trial.margin,
            cost=0.0,
            interval=0.9 if known else None,
        )
        _, columns, shares = _valued(model, some, worth, discounting, gradient=known)
        value[rows], newcomers[rows] = columns["value"], False
        for number, (gradient, covariance) in enumerate(shares):
            if len(slopes) <= number:
                slopes.append((np.zeros((len(who), gradient.shape[1])), covariance))
            slopes[number][0][rows] = gradient
    return value, slopes, newcomers


def _spend_columns(spend: object) -> tuple[str, ...]:
    from tenure.spend import GammaGamma  # noqa: PLC0415

    return ("frequency", "monetary_value") if isinstance(spend, GammaGamma) else ()


def _taken(customers: Customers, place: NDArray[np.int64]) -> Customers:
    columns = {name: values[place] for name, values in customers.columns.items()}
    return Customers(columns, "numpy", None, None, customers.unit)


def _compared(
    side: Side,
    values: tuple[NDArray[np.float64], NDArray[np.float64] | None],
    slopes: list[Any],
    groups: tuple[NDArray[np.bool_], NDArray[np.bool_]],
    level: float,
) -> Effect:
    """Compare what is left without the covariate; with the doubt about the model."""
    amount, covariate = values
    arm = np.where(groups[0], 1, np.where(groups[1], 0, 2))
    treated, control = groups
    rest = without(amount, covariate, arm)
    found = compare_means(side, rest[treated], rest[control], How(level))
    if covariate is not None:
        found = replace(found, method="CUPED")
    if not slopes:
        return found
    further = sum(
        (_variance(g, cov, covariate, arm) for g, cov in slopes),
        0.0,
    )
    return _wider(found, further, level)


def _variance(
    gradients: NDArray[np.float64],
    covariance: NDArray[np.float64],
    covariate: NDArray[np.float64] | None,
    arm: NDArray[np.int64],
) -> float:
    """Return the variance that the parameters give the difference of two means."""
    rest = np.column_stack([without(one, covariate, arm) for one in gradients.T])
    slope = rest[arm == 1].mean(axis=0) - rest[arm == 0].mean(axis=0)
    return float(slope @ covariance @ slope)


def _wider(effect: Effect, further: float, level: float) -> Effect:
    """Return the effect with the doubt about the parameters added to its variance."""
    error = float(np.sqrt(effect.std_error**2 + further))
    reach = normal_quantile(level) * error
    p = np.nan
    if error > 0:
        p = float(
            2 * stats_module("scipy.stats").norm.sf(abs(effect.difference) / error)
        )
    return replace(
        effect,
        method=f"{effect.method}, model",
        std_error=error,
        low=effect.difference - reach,
        high=effect.difference + reach,
        p_value=p,
        p_holm=p,
    )
