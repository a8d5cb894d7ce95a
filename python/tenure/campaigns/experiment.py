"""What a randomised campaign added, arm by arm and measure by measure."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import numpy as np

from tenure._report import counted, html_report, text_table
from tenure._typing import override
from tenure.campaigns._compare import Side
from tenure.campaigns.effect import CLAIMS, Effect, effect_rows, effects_frame
from tenure.exceptions import ParameterError

if TYPE_CHECKING:
    from collections.abc import Sequence

    from matplotlib.axes import Axes
    from numpy.typing import NDArray

    from tenure._purchasing import PurchasingModel
    from tenure._units import Horizon
    from tenure.campaigns._trial import Trial
    from tenure.campaigns.lifetime import LifetimeEffect
    from tenure.campaigns.lift_curve import LiftCurve
    from tenure.spend import GammaGamma

__all__ = ["SUSPECT", "Experiment"]

SUSPECT = 0.001
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
        if self.mismatch < SUSPECT:
            return f"association: {self.suspicion()}"
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
            raise ParameterError.of(
                name="metric", expected=f"be one of {names}", found=repr(metric)
            )
        cuped = [e for e in own if e.method == "CUPED"]
        if adjusted and not cuped:
            raise ParameterError.of(
                name="adjusted",
                expected=f"be left out: {metric} has no covariate from before",
                found="True",
            )
        return cuped[0] if cuped and adjusted is not False else own[0]

    def to_frame(self) -> Any:
        """Return one row a measure and arm, with the attributes of `Effect`."""
        return effects_frame(self.effects, self.family)

    def detectable(self, metric: str, *, power: float = 0.8) -> float:
        """Return the smallest difference that a test so large finds with this power.

        Of the smallest arm against the control, with the spread seen; see
        `detectable_effect`.
        """
        from tenure.campaigns.power import detectable_effect  # noqa: PLC0415

        arm = self.arms[int(1 + np.argmin(self.sizes[1:]))]
        found = self.effect(metric, arm)
        n, m = found.customers, found.control_customers
        is_share = found.method == "Newcombe"
        return detectable_effect(
            customers=n + m,
            power=power,
            share=found.control_value if is_share else None,
            std=None if is_share else found.std_error / np.sqrt(1 / n + 1 / m),
            treated=n / (n + m),
            significance=1 - self.level,
        )

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

        side = Side(metric, self._arm(arm))
        return lift_curve(self._of_log("lift_curve"), side, days, at, self.level)

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
            raise ParameterError.of(
                name="arm", expected=f"be one of {names}", found=repr(arm)
            )
        return arm

    def suspicion(self) -> str:
        """Say which arms are of what size, and how unlikely that is."""
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
        counts = f"Experiment with {who}{span}{self._left()}"
        return f"{self.claim}\n{self._sentence()}\n{counts}"

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
                f"({found.difference:+,.4g} a customer, {100 * self.level:g} % "
                f"interval {found.low:+,.4g} to {found.high:+,.4g})"
            )
        return "; ".join(parts)

    @override
    def __repr__(self) -> str:
        table = effect_rows(self.effects, arms=len(self.arms) > 2)
        return f"{self._headline()}\n{text_table(*table)}"

    def _repr_html_(self) -> str:
        table = effect_rows(self.effects, arms=len(self.arms) > 2)
        return html_report(self._headline(), *table)
