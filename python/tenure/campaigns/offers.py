"""What an offer that keeps a customer may cost."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Literal

import numpy as np

from tenure._family import family_or_default
from tenure._frame import native_frame
from tenure._intervals import check_level, normal_quantile
from tenure._report import html_report, text_table
from tenure._typing import override
from tenure.campaigns.effect import shown
from tenure.exceptions import ParameterError

if TYPE_CHECKING:
    from numpy.typing import ArrayLike, NDArray

    from tenure._family import Family

__all__ = ["SaveOffer", "max_save_offer"]


@dataclass(frozen=True, eq=False, repr=False)
class SaveOffer:
    """The most that an offer may cost for each customer.

    Made by `max_save_offer`.

    Attributes
    ----------
    most : float64 array
        The most that an offer may cost: at this, it brings what it costs.
    low, high : float64 array
        The ends of its interval; not below 0.
    level : float
        Confidence level of the interval.
    paid_to : {"everybody", "stayers"}
        Who gets it.
    """

    most: NDArray[np.float64]
    low: NDArray[np.float64]
    high: NDArray[np.float64]
    level: float
    paid_to: str

    def to_frame(self, *, family: Family | None = None) -> Any:
        """Return one row a customer: `most`, `low` and `high`."""
        columns = {"most": self.most, "low": self.low, "high": self.high}
        return native_frame(columns, family=family_or_default(family))

    @override
    def __repr__(self) -> str:
        return f"{self._headline()}\n{text_table(*self._table())}"

    def _repr_html_(self) -> str:
        return html_report(self._headline(), *self._table())

    def _headline(self) -> str:
        who = "each who gets it" if self.paid_to == "everybody" else "each who stays"
        count = len(self.most)
        mean = f"{self.most.mean():,.2f}"
        return f"An offer may cost {mean} on average for {who} ({count:,})"

    def _table(self) -> tuple[list[str], list[list[str]]]:
        rows = [
            [name, *(shown(float(of(ends))) for of in (np.mean, np.median, np.max))]
            for name, ends in (
                ("most", self.most),
                ("low", self.low),
                ("high", self.high),
            )
        ]
        return ["", "mean", "median", "max"], rows


def max_save_offer(
    change: ArrayLike,
    residual_value: ArrayLike,
    *,
    change_error: ArrayLike = 0.0,
    value_error: ArrayLike = 0.0,
    paid_to: Literal["everybody", "stayers"] = "everybody",
    stay: ArrayLike | None = None,
    level: float = 0.95,
) -> SaveOffer:
    """Return the most that an offer may cost: what it saves, and not what stays anyway.

    Parameters
    ----------
    change : float or array
        By how much the offer raises the chance to stay, from an experiment: an
        `Effect.difference` of retention. Not the chance to stay: most of those who take
        an offer would have stayed without.
    residual_value : float or array
        What a customer who stays is still worth, margin, as from `lifetime_value`.
    change_error, value_error : float or array
        Their standard errors, which are taken as independent.
    paid_to : {"everybody", "stayers"}
        Whether everybody who gets the offer costs, or only those who stay with it.
    stay : float or array, optional
        The chance to stay with the offer; needed for "stayers".
    level : float
        Confidence level of the interval.

    Returns
    -------
    SaveOffer

    Examples
    --------
    >>> import tenure as tn
    >>> offer = tn.campaigns.max_save_offer(0.05, [200.0, 1000.0], change_error=0.01)
    >>> offer.most, offer.low.round(2)
    (array([10., 50.]), array([ 6.08, 30.4 ]))
    """
    check_level(level, name="level")
    moved = _finite("change", change, -1.0, 1.0)
    value = _finite("residual_value", residual_value, -np.inf, np.inf)
    errors = (
        _finite("change_error", change_error, 0.0, np.inf),
        _finite("value_error", value_error, 0.0, np.inf),
    )
    shared = np.ones(1)
    if paid_to == "stayers":
        if stay is None:
            raise ParameterError.of(
                name="stay",
                expected="be given for an offer that only stayers cost",
                found="None",
            )
        shared = _finite("stay", stay, 0.0, 1.0)
        if (shared <= 0).any():
            raise ParameterError.of(
                name="stay", expected="be greater than 0", found=repr(stay)
            )
    elif paid_to != "everybody":
        raise ParameterError.of(
            name="paid_to",
            expected="be 'everybody' or 'stayers'",
            found=repr(paid_to),
        )
    try:
        moved, value, shared, *errors = np.broadcast_arrays(
            moved, value, shared, *errors
        )
    except ValueError:
        raise ParameterError.of(
            name="residual_value",
            expected=f"have one value, or as many as `change`, {len(moved)}",
            found=str(len(value)),
        ) from None
    variance = (errors[0] * value) ** 2 + (errors[1] * moved) ** 2
    variance = variance + (errors[0] * errors[1]) ** 2
    most = moved * value / shared
    reach = normal_quantile(level) * np.sqrt(variance) / shared
    ends = (np.maximum(end, 0.0) for end in (most, most - reach, most + reach))
    return SaveOffer(*ends, level=level, paid_to=paid_to)


def _finite(name: str, value: Any, least: float, most: float) -> NDArray[np.float64]:
    numbers = np.atleast_1d(np.asarray(value, dtype=np.float64))
    bad = ~np.isfinite(numbers) | (numbers < least) | (numbers > most)
    if numbers.ndim > 1 or bad.any():
        bound = "" if np.isinf(most) and np.isinf(least) else f" and at least {least:g}"
        bound += "" if np.isinf(most) else f", at most {most:g}"
        found = (
            f"shape {numbers.shape}"
            if numbers.ndim > 1
            else repr(float(numbers[bad][0]))
        )
        raise ParameterError.of(name, f"be finite{bound}", found=found)
    return numbers
