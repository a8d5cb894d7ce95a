"""Randomised campaigns: what they added, for every eligible customer."""

from __future__ import annotations

import warnings
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any

import numpy as np

from tenure._intervals import check_level
from tenure._report import counted, html_report, inflected, text_table
from tenure._typing import override
from tenure.campaigns._arms import adjusted, corrected, mismatch
from tenure.campaigns._assignment import Assignment, arms_of
from tenure.campaigns._compare import (
    LiftMethod,
    Side,
    compare_means,
    compare_ratios,
    compare_shares,
)
from tenure.campaigns._orders import Orders, whole_days
from tenure.campaigns._trial import Trial, check_margin, observed
from tenure.campaigns.effect import CLAIMS, Effect, effect_rows, effects_frame
from tenure.exceptions import DataError, EstimateWarning, ParameterError

if TYPE_CHECKING:
    from collections.abc import Sequence

    from matplotlib.axes import Axes
    from numpy.typing import NDArray

    from tenure._purchasing import PurchasingModel
    from tenure._typing import Date
    from tenure._units import Horizon
    from tenure.campaigns.lift_curve import LiftCurve
    from tenure.campaigns.lifetime import LifetimeEffect
    from tenure.spend import GammaGamma

__all__ = ["Experiment", "experiment", "experiment_of_customers"]

_SUSPECT = 0.001
"""Arms of sizes that are less likely than this were not assigned as planned."""


@dataclass(frozen=True, eq=False, repr=False)
class Experiment:
    """What a randomised campaign added, arm by arm and measure by measure.

    Made by `experiment` and `experiment_of_customers`.

    Attributes
    ----------
    effects : tuple of Effect
        Each measure of each arm against the control; see `effect`.
    arms : tuple
        The names of the arms, the control first.
    sizes : int64 array
        How many customers each arm has, of those who are counted.
    mismatch : float
        How likely arms are so unequal if customers were assigned by the planned
        shares (chi-square test, of all who were assigned).
    window : int or None
        Days from the start that are counted; None if not known.
    left_out : int
        Customers who were not observed for the whole window.
    level : float
        Confidence level of the intervals.
    family : str
        The kind of frame that results come back as.
    """

    effects: tuple[Effect, ...]
    arms: tuple[Any, ...]
    sizes: NDArray[np.int64]
    mismatch: float
    window: int | None
    left_out: int
    level: float
    family: str
    _trial: Trial | None = field(default=None, repr=False)

    @property
    def claim(self) -> str:
        """What the comparison can claim."""
        if self.mismatch < _SUSPECT:
            return f"association: {self._suspicion()}"
        return CLAIMS["randomised"]

    def effect(
        self, metric: str, arm: object = None, *, adjusted: bool | None = None
    ) -> Effect:
        """Return the effect on one measure.

        Parameters
        ----------
        metric : str
            "conversion", "orders", "order_value", "revenue", "margin", "retained", or a
            column of yours.
        arm : optional
            The arm; needed if there are several beside the control.
        adjusted : bool, optional
            Whether to return the one that allows for what customers did before
            (CUPED); by default, if there is one.
        """
        arm = self._arm(arm)
        own = [e for e in self.effects if e.metric == metric and e.arm == arm]
        if not own:
            names = ", ".join(dict.fromkeys(e.metric for e in self.effects))
            raise ParameterError.of("metric", f"be one of {names}", found=repr(metric))
        cuped = [e for e in own if e.method == "CUPED"]
        if adjusted and not cuped:
            raise ParameterError.of(
                "adjusted",
                f"be left out: {metric} has no covariate from before the start",
                found="True",
            )
        return cuped[0] if cuped and adjusted is not False else own[0]

    def to_frame(self) -> Any:
        """Return one row a measure and arm, with the attributes of `Effect`."""
        return effects_frame(self.effects, self.family)

    def detectable(self, metric: str, *, power: float = 0.8) -> float:
        """Return the smallest difference that a test so large finds with this power.

        With the spread of this measure in the control, its arm of the size of the
        smallest other arm's and the control's; see `detectable_effect`.
        """
        from tenure.campaigns.power import detectable_effect  # noqa: PLC0415

        arm = self.arms[int(1 + np.argmin(self.sizes[1:]))]
        found = self.effect(metric, arm)
        n, m = found.customers, found.control_customers
        sizes = {"customers": n + m, "treated": n / (n + m), "power": power}
        significance = 1 - self.level
        if found.method == "Newcombe":
            return detectable_effect(
                share=found.control_value, significance=significance, **sizes
            )
        std = found.std_error / np.sqrt(1 / n + 1 / m)
        return detectable_effect(std=std, significance=significance, **sizes)

    def lift_curve(
        self,
        metric: str = "revenue",
        *,
        arm: object = None,
        days: Horizon = 90,
        at: Sequence[int] = (30, 60, 90),
    ) -> LiftCurve:
        """Return the cumulative gain day by day, to see whether it lasts.

        Parameters
        ----------
        metric : {"revenue", "orders", "margin"}
            What is added up. Costs of the campaign are not taken off the margin here.
        arm : optional
            The arm; needed if there are several beside the control.
        days : float or str
            How far from the start the curve goes; customers who were not observed so
            long are left out.
        at : sequence of int
            Days at which the curve is read off, and between which its rise is tested.

        Returns
        -------
        LiftCurve
        """
        from tenure.campaigns.lift_curve import lift_curve  # noqa: PLC0415

        return lift_curve(
            self._of_log("lift_curve"), metric, self._arm(arm), days, at, self.level
        )

    def lifetime_effect(
        self,
        model: PurchasingModel,
        spend: GammaGamma | float,
        *,
        horizon: Horizon | None = "12 months",
        discount_rate: float = 0.10,
        newcomer_value: float = 0.0,
    ) -> LifetimeEffect:
        """Return what the campaign added with the value to come, by a fitted model.

        Parameters
        ----------
        model : PurchasingModel
            A fitted model of repeat buying.
        spend : GammaGamma or float
            A fitted model of spend, or one value for every purchase.
        horizon : float, str or None
            How far the value to come reaches from the end of the window on.
        discount_rate : float
            Per year.
        newcomer_value : float
            What one is worth at the end of the window who never bought by then, of
            which the model knows nothing.

        Returns
        -------
        LifetimeEffect
            The difference in the window, in the value to come, and in both together.
        """
        from tenure.campaigns.lifetime import lifetime_effect  # noqa: PLC0415

        return lifetime_effect(
            self._of_log("lifetime_effect"),
            model,
            spend,
            horizon=horizon,
            discount_rate=discount_rate,
            newcomer_value=newcomer_value,
            level=self.level,
        )

    def plot(self, *, relative: bool = True, ax: Axes | None = None) -> Axes:
        """Draw the effects with their intervals; see `plotting.plot_effects`."""
        from tenure.plotting.campaigns import plot_effects  # noqa: PLC0415

        return plot_effects(self, relative=relative, ax=ax)

    def _of_log(self, name: str) -> Trial:
        if self._trial is None:
            raise ParameterError.of(
                name,
                "be asked of an experiment made from a log of orders",
                found="one made from a frame of customers",
            )
        return self._trial

    def _arm(self, arm: object) -> Any:
        others = self.arms[1:]
        if arm is None and len(others) == 1:
            return others[0]
        if arm not in others:
            names = ", ".join(map(repr, others))
            raise ParameterError.of("arm", f"be one of {names}", found=repr(arm))
        return arm

    def _suspicion(self) -> str:
        sizes = ", ".join(
            f"{size:,} {name}"
            for name, size in zip(self.arms, self.sizes.tolist(), strict=True)
        )
        return (
            f"the arms ({sizes}) are not of the planned sizes (p = {self.mismatch:.1g})"
        )

    def _headline(self) -> str:
        span = "" if self.window is None else f", {counted(self.window, 'day')} each"
        who = counted(int(self.sizes.sum()), "customer")
        return f"{self.claim}\n{self._sentence()}\nExperiment with {who}{span}{self._left()}"

    def _left(self) -> str:
        if not self.left_out:
            return ""
        return f"; {self.left_out:,} left out whose window was not over"

    def _sentence(self) -> str:
        """Say what the numbers say of the most telling measure."""
        metrics = [effect.metric for effect in self.effects]
        first = next(m for m in ("margin", "revenue", metrics[0]) if m in metrics)
        parts: list[str] = []
        for arm in self.arms[1:]:
            found = self.effect(first, arm)
            clear = found.p_holm < 1 - self.level
            change = "more" if found.difference >= 0 else "less"
            verdict = "clearly" if clear else "not clearly"
            parts.append(
                f"{arm}: {verdict} {change} {first} "
                f"({found.difference:+,.4g} a customer, {100 * self.level:g} % interval "
                f"{found.low:+,.4g} to {found.high:+,.4g})"
            )
        return "; ".join(parts)

    @override
    def __repr__(self) -> str:
        table = effect_rows(self.effects, arms=len(self.arms) > 2)
        return f"{self._headline()}\n{text_table(*table)}"

    def _repr_html_(self) -> str:
        table = effect_rows(self.effects, arms=len(self.arms) > 2)
        return html_report(self._headline(), *table)


def experiment(
    orders: object,
    assignment: object,
    *,
    customer: str = "customer_id",
    arm: str = "arm",
    start: str | Date = "start",
    control: object = "control",
    window: Horizon | None = None,
    before: Horizon = "90 days",
    retained_within: Horizon | None = None,
    margin: float | None = None,
    cost: Mapping[Any, float] | str | float | None = None,
    shares: Mapping[Any, float] | None = None,
    lift: LiftMethod = "delta",
    level: float = 0.95,
    time: str = "date",
    amount: str | None = "amount",
    discount: str | None = None,
    as_of: Date | None = None,
) -> Experiment:
    """Return what a randomised campaign added: intention to treat, from the orders.

    Every eligible customer counts in the arm that chance gave them, whether or not the
    campaign reached them and whether or not they bought: who bought nothing adds 0.

    Parameters
    ----------
    orders : Transactions or frame
        The orders, of everybody; others than the eligible customers do no harm.
    assignment : frame
        One row an eligible customer, also of those who never bought.
    customer, arm : str
        The columns with the customer and the arm.
    start : str or date
        The column with the first day of the campaign, for the control as well, or one
        date for all. Orders of that day count.
    control : object
        The arm that the others are compared with.
    window : float or str, optional
        How long orders are counted from the start: days, or a text such as "8 weeks".
        Customers observed for less are left out, and counted; by default it is the
        time for which everybody has been observed.
    before : float or str
        How long before the start the covariate of CUPED is taken from.
    retained_within : float or str, optional
        A customer is retained who buys in so many last days of the window; by default
        in its second half.
    margin : float, optional
        The share of the full price that is earned. With it, margin is compared too:
        net of discounts (if `discount` is given) and of `cost`.
    cost : mapping, str or float, optional
        What the campaign costs for each eligible customer: by arm, a column of
        `assignment`, or one number for every arm but the control.
    shares : mapping, optional
        The planned share of each arm; equal by default.
    lift : {"delta", "fieller"}
        How intervals of the lift are made.
    level : float
        Confidence level of the intervals.
    time, amount, discount : str
        The columns of a frame of orders: when, how much was paid, and how much was
        taken off the price (0 for none).
    as_of : date, optional
        The last day observed, that whole day included.

    Returns
    -------
    Experiment

    Warns
    -----
    EstimateWarning
        If the arms are not of the planned sizes: then something other than chance
        decided who is in which, or who is in the data.

    See Also
    --------
    experiment_of_customers : From one row a customer with outcomes of yours.
    sample_size : How many customers a test needs.

    Notes
    -----
    Means are compared by Welch's test, shares by Newcombe's interval (1998) and the
    score test, order value by the delta method over customers. CUPED (Deng, Xu, Kohavi
    and Walker 2013) takes `theta` times the covariate off each customer's outcome,
    `theta = cov / var` within arms; it leaves the expected difference as it is and
    makes it surer. Holm's correction (1979) is over the arms, measure by measure.

    Examples
    --------
    >>> import tenure as tn
    >>> orders, assignment = tn.datasets.simulate_campaign(
    ...     4000, lift=0.3, seed=1, family="numpy"
    ... )
    >>> test = tn.campaigns.experiment(orders, assignment, window="30 days")
    >>> test.claim
    'causal under randomisation'
    >>> effect = test.effect("orders")
    >>> effect.customers, effect.control_customers
    (2000, 2000)
    >>> bool(effect.low > 0)
    True
    """
    check_level(level, name="level")
    check_margin(margin)
    if cost is not None and margin is None:
        raise ParameterError.of(
            "cost", "come with a `margin`, which it is taken off", found=repr(cost)
        )
    log = Orders.of(
        orders,
        customer=customer,
        time=time,
        amount=amount,
        discount=discount,
        as_of=as_of,
    )
    if margin is not None and log.values is None:
        raise ParameterError.of(
            "margin", "be left out with a log without amounts", found=repr(margin)
        )
    everybody = Assignment.of(
        assignment,
        log,
        customer=customer,
        arm=arm,
        start=start,
        control=control,
        cost=cost,
    )
    length = None if window is None else whole_days(window, "window")
    kept, length, left_out = observed(log, everybody, length)
    late = -(-length // 2)
    if retained_within is not None:
        late = min(whole_days(retained_within, "retained_within"), length)
    history = 0 if before == 0 else whole_days(before, "before")
    trial = Trial(log, kept, length, history, late, margin, left_out)
    effects = _effects(trial.outcomes(), trial.covariates(), kept, level, lift)
    return _experiment(
        effects, kept, everybody.arm, shares, level, length, left_out, trial
    )


def experiment_of_customers(
    customers: object,
    *,
    arm: str = "arm",
    metrics: Sequence[str],
    ratios: Mapping[str, tuple[str, str]] | None = None,
    before: Mapping[str, str] | None = None,
    control: object = "control",
    shares: Mapping[Any, float] | None = None,
    lift: LiftMethod = "delta",
    level: float = 0.95,
) -> Experiment:
    """Return what a randomised campaign added, from one row an eligible customer.

    Parameters
    ----------
    customers : frame
        One row an eligible customer: with zeros for those who did nothing.
    arm : str
        The column with the arm.
    metrics : sequence of str
        Columns with outcomes. One of zeros and ones (or booleans) is a share.
    ratios : mapping of str to (str, str), optional
        Ratios of two columns' sums by name: ``{"order_value": ("revenue", "orders")}``.
    before : mapping of str to str, optional
        For CUPED, the column from before the start that goes with an outcome.
    control, shares, lift, level
        As for `experiment`.

    Returns
    -------
    Experiment

    Examples
    --------
    >>> import tenure as tn
    >>> frame = {
    ...     "arm": ["control"] * 4 + ["mail"] * 4,
    ...     "spent": [0, 0, 10, 20, 0, 20, 30, 30],
    ... }
    >>> test = tn.campaigns.experiment_of_customers(frame, metrics=["spent"])
    >>> test.effect("spent").difference, round(test.effect("spent").p_value, 3)
    (12.5, 0.204)
    """
    from tenure._frame import Table  # noqa: PLC0415

    check_level(level, name="level")
    table = Table.of(customers)
    codes, arms = arms_of(table, arm, control)
    outcomes = {name: _finite(table, name) for name in metrics}
    if not outcomes:
        raise ParameterError.of("metrics", "name at least one column", found="none")
    unknown = [name for name in before or {} if name not in outcomes]
    if unknown:
        raise ParameterError.of(
            "before", "name outcomes among `metrics`", found=repr(unknown[0])
        )
    covariates = {name: _finite(table, own) for name, own in (before or {}).items()}
    parts = {
        name: (_finite(table, above), _finite(table, below))
        for name, (above, below) in (ratios or {}).items()
    }
    nothing = np.zeros(len(codes), np.int64)
    who = Assignment(nothing, codes, arms, nothing, nothing * 0.0, table.family)
    effects = _effects(outcomes, covariates, who, level, lift, parts)
    return _experiment(effects, who, codes, shares, level, None, 0, None)


def _finite(table: Any, name: str) -> NDArray[np.float64]:
    column = table.column(name)
    try:
        values = column.numbers().values
    except KeyError:  # yes and no are 1 and 0
        values = column.flags().astype(np.float64)
    bad = ~np.isfinite(values)
    if bad.any():
        row = int(bad.argmax())
        raise DataError.at(
            name,
            "be finite",
            row=row,
            found=repr(float(values[row])),
            count=int(bad.sum()),
            hint="a customer who did nothing has 0, and counts",
        )
    return values


def _effects(
    outcomes: Mapping[str, NDArray[np.float64]],
    covariates: Mapping[str, NDArray[np.float64]],
    assignment: Assignment,
    level: float,
    lift: LiftMethod,
    ratios: Mapping[str, tuple[NDArray[np.float64], NDArray[np.float64]]] | None = None,
) -> tuple[Effect, ...]:
    """Compare each arm with the control in each measure."""
    parts = dict(ratios or {})
    if ratios is None and "revenue" in outcomes:
        parts["order_value"] = outcomes["revenue"], outcomes["orders"]
    effects: list[Effect] = []
    control = assignment.arm == 0
    arms = range(1, len(assignment.arms))
    for name, values in outcomes.items():
        compare = compare_shares if np.isin(values, (0.0, 1.0)).all() else compare_means
        found: list[Effect] = []
        for code in arms:
            treated = assignment.arm == code
            side = Side(name, assignment.arms[code])
            found.append(compare(side, values[treated], values[control], level, lift))
        effects += corrected(found)
        if name in covariates:
            effects += corrected(
                adjusted(found, values, covariates[name], assignment.arm, level, lift)
            )
    for name, (above, below) in parts.items():
        found = []
        for code in arms:
            treated = assignment.arm == code
            pairs = (above[treated], below[treated]), (above[control], below[control])
            side = Side(name, assignment.arms[code])
            found.append(compare_ratios(side, *pairs, level, lift))
        effects += corrected(found)
    return tuple(effects)


def _experiment(
    effects: tuple[Effect, ...],
    kept: Assignment,
    assigned: NDArray[np.int64],
    shares: Mapping[Any, float] | None,
    level: float,
    window: int | None,
    left_out: int,
    trial: Trial | None,
) -> Experiment:
    """Return the result, and warn where the arms are not of the planned sizes."""
    counts = np.bincount(assigned, minlength=len(kept.arms))
    result = Experiment(
        effects=effects,
        arms=kept.arms,
        sizes=np.bincount(kept.arm, minlength=len(kept.arms)),
        mismatch=mismatch(counts, kept.arms, shares),
        window=window,
        left_out=left_out,
        level=level,
        family=kept.family,
        _trial=trial,
    )
    if result.mismatch < _SUSPECT:
        said = replace(result, sizes=counts)._suspicion()  # noqa: SLF001
        count = inflected(len(kept.arms), "arm")
        msg = (
            f"{said}: something other than chance decided which {count} customers are "
            "in, or who is in the data; find out what before you trust the effects"
        )
        warnings.warn(msg, EstimateWarning, stacklevel=3)
    return result
