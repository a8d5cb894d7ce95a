"""What it costs to keep a customer, beside what it costs to win one."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from tenure._intervals import check_level
from tenure._report import html_report, text_table
from tenure._typing import override
from tenure._values import customer_values
from tenure._worth import check_amount
from tenure.cohorts import newcombe
from tenure.economics._estimates import written_interval
from tenure.economics.costs import AcquisitionCost
from tenure.exceptions import ParameterError

if TYPE_CHECKING:
    from tenure._typing import Date

__all__ = ["RetentionCost", "retention_cost"]


@dataclass(frozen=True, repr=False)
class RetentionCost:
    """What it costs to keep a customer who would have left.

    Made by `retention_cost`.

    Attributes
    ----------
    value : float
        Cost of a customer kept: what was spent over the customers who stay because of
        it; NaN if there are none.
    low, high : float
        Its interval; `high` is infinite where the effect may be nothing at all.
    cost : float
        What was spent.
    effect, effect_low, effect_high : float
        The share who stay with the offer less that without it, and its interval
        (Newcombe).
    saves : float
        How many stay because of it.
    per_kept : float
        Cost over all who stayed, which counts those who would have done so anyway.
    acquisition_cost : float
        What it costs to win a customer; NaN if it was not given.
    level : float
        Confidence level of the intervals.
    notes : tuple of str
    """

    value: float
    low: float
    high: float
    cost: float
    effect: float
    effect_low: float
    effect_high: float
    saves: float
    per_kept: float
    acquisition_cost: float
    level: float
    notes: tuple[str, ...]

    def __float__(self) -> float:
        """Return the cost of a customer kept."""
        return self.value

    @property
    def over_acquisition(self) -> float:
        """The cost of a customer kept over that of one won."""
        if not self.acquisition_cost > 0:
            return math.nan
        return self.value / self.acquisition_cost

    def largest_offer(
        self, values: Any, *, value: str | None = None, as_of: Date | None = None
    ) -> Any:
        """Return what may be spent on keeping each customer: effect x value to come.

        Parameters
        ----------
        values : LifetimeValue, frame or array
            What customers are worth from now on, if they stay.
        value : str, optional
            The column of it; "value" if left out.
        as_of : date, optional
            For a log.

        Returns
        -------
        frame
            One row a customer: `value`, `offer`, the most that making them an offer may
            cost, whoever takes it, with `low` and `high`. Nothing where the effect or
            the value is below 0.
        """
        _, columns = customer_values(values, value, as_of=as_of)
        worth = np.maximum(next(iter(columns.columns.values())), 0.0)
        ends = (self.effect, self.effect_low, self.effect_high)
        offers = [max(share, 0.0) * worth for share in ends]
        return columns.frame(
            {
                "value": next(iter(columns.columns.values())),
                "offer": offers[0],
                "low": offers[1],
                "high": offers[2],
            }
        )

    def _headline(self) -> str:
        if math.isnan(self.value):
            return f"{self.cost:,.2f} kept nobody who would have left"
        against = ""
        if not math.isnan(self.over_acquisition):
            against = (
                f", {self.over_acquisition:.2f} times the {self.acquisition_cost:,.2f} "
                "of winning one"
            )
        return (
            f"Keeping a customer cost {self.value:,.2f} ({self.cost:,.2f} for "
            f"{self.saves:,.1f} who would have left){against}"
        )

    def _table(self) -> tuple[list[str], list[list[str]]]:
        shares = (self.effect, self.effect_low, self.effect_high)
        effect, *ends = (100 * share for share in shares)
        rows = [
            ["more who stay", f"{effect:+.1f} %", written_interval(*ends, digits=1)],
            [
                "cost of one kept",
                "" if math.isnan(self.value) else f"{self.value:,.2f}",
                written_interval(self.low, self.high),
            ],
            ["cost over all who stayed", f"{self.per_kept:,.2f}", ""],
        ]
        return ["", "", f"{100 * self.level:g} % interval"], rows

    @override
    def __repr__(self) -> str:
        notes = "".join(f"\nNote: {note}" for note in self.notes)
        return f"{self._headline()}\n{text_table(*self._table())}{notes}"

    def _repr_html_(self) -> str:
        return html_report(self._headline(), *self._table(), "; ".join(self.notes))


def retention_cost(
    cost: float,
    *,
    offered: tuple[int, int],
    control: tuple[int, int],
    acquisition_cost: AcquisitionCost | float | None = None,
    level: float = 0.95,
) -> RetentionCost:
    """Return what it costs to keep a customer who would have left.

    Parameters
    ----------
    cost : float
        What the offer cost in all, discounts to those who would have stayed anyway
        included.
    offered, control : (int, int)
        How many stayed, of how many: of those who got the offer, and of customers like
        them who did not. Chosen by chance, or the difference is no effect of it.
    acquisition_cost : AcquisitionCost or float, optional
        What it costs to win a customer, to compare with.
    level : float, default 0.95
        Confidence level of the intervals.

    Returns
    -------
    RetentionCost

    Notes
    -----
    That keeping is cheaper than winning is often said and seldom measured: an offer is
    paid to all who take it, and most of them would have stayed.

    Examples
    --------
    >>> import tenure as tn
    >>> tn.economics.retention_cost(
    ...     5_000, offered=(850, 1_000), control=(800, 1_000), acquisition_cost=60
    ... )
    Keeping a customer cost 100.00 (5,000.00 for 50.0 who would have left), 1.67 ...
                                        95 % interval
    more who stay             +5.0 %       [1.7, 8.3]
    cost of one kept          100.00  [60.08, 299.38]
    cost over all who stayed    5.88
    """
    check_level(level, name="level")
    check_amount("cost", cost)
    if cost < 0:
        raise ParameterError.of(name="cost", expected="be at least 0", found=repr(cost))
    (stayed, many), (others, compared) = (
        _counts(name, pair)
        for name, pair in {"offered": offered, "control": control}.items()
    )
    effect = stayed / many - others / compared
    ends = newcombe((stayed, many), (others, compared), level)
    low, high = (float(end) for end in ends)
    saves = effect * many
    notes: list[str] = []
    if effect <= 0:
        notes.append(
            "no more stayed with the offer than without: nobody was kept by it"
        )
    elif low <= 0:
        notes.append(
            "the offer may have had no effect at all: the cost of a customer kept has "
            "no upper end"
        )
    won = math.nan
    if isinstance(acquisition_cost, AcquisitionCost):
        won = acquisition_cost.new_customer.value
    elif acquisition_cost is not None:
        check_amount("acquisition_cost", acquisition_cost)
        won = float(acquisition_cost)
    return RetentionCost(
        value=cost / saves if effect > 0 else math.nan,
        low=cost / (high * many) if effect > 0 else math.nan,
        high=(cost / (low * many) if low > 0 else math.inf) if effect > 0 else math.nan,
        cost=float(cost),
        effect=effect,
        effect_low=low,
        effect_high=high,
        saves=saves,
        per_kept=cost / stayed if stayed else math.nan,
        acquisition_cost=won,
        level=level,
        notes=tuple(notes),
    )


def _counts(name: str, pair: Any) -> tuple[int, int]:
    """Return how many stayed of how many, or say what is wrong."""
    try:
        stayed, many = pair
        good = 0 <= int(stayed) == stayed <= int(many) == many > 0
    except (TypeError, ValueError):
        good, stayed, many = False, 0, 0
    if not good:
        raise ParameterError.of(
            name=name,
            expected="be two whole numbers: how many stayed, of how many",
            found=repr(pair),
        )
    return int(stayed), int(many)
