"""What a model, or a curve of retention, expects a new customer to have brought."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, cast

import numpy as np

from tenure._purchasing import PurchasingModel
from tenure._renewal_predictions import RenewalModel
from tenure._units import DAYS, period_length
from tenure._worth import amount_of, described
from tenure.exceptions import ParameterError
from tenure.spend import GammaGamma

if TYPE_CHECKING:
    from collections.abc import Callable

    from numpy.typing import NDArray

__all__ = ["Projection", "checked_curve"]


@dataclass(frozen=True, eq=False)
class Projection:
    """Cumulative money of a new customer by age.

    Attributes
    ----------
    name : str
        What it comes from.
    longest : float
        Up to which age it is known, in days.
    _at : callable
        Takes ages in days.
    """

    name: str
    longest: float
    _at: Callable[[NDArray[np.float64]], NDArray[np.float64]]

    @classmethod
    def of(
        cls, given: object, *, margin: Any, unit: str, discount_rate: float
    ) -> Projection:
        """Return what `projection=` asks for: a model or curve, and the money."""
        pair = cast("tuple[Any, ...]", given) if isinstance(given, tuple) else ()
        if len(pair) != 2:
            raise ParameterError.of(
                name="projection",
                expected="be a pair: a model or a curve of retention, and the money of "
                "an order or a period",
                found=described(list(pair) if pair else cast("Any", given)),
                hint="(BGNBD, GammaGamma), or (SBG, 20.0)",
            )
        model, money = pair
        share = 1.0 if margin is None else margin
        if np.ndim(share) > 0:
            raise ParameterError.of(
                name="margin",
                expected="be one share with a projection",
                found=f"{np.size(share)} numbers",
            )
        if isinstance(model, PurchasingModel):
            return cls._of_buying(model, money, float(share), discount_rate)
        each = float(share) * amount_of(money)
        if isinstance(model, RenewalModel):
            return cls._of_renewal(model, each, unit, discount_rate)
        return cls._of_curve(checked_curve(model), each, unit, discount_rate)

    def at(self, days: NDArray[np.float64]) -> NDArray[np.float64]:
        """Return the money by each age in days; NaN where it is not known."""
        return np.where(days <= self.longest + 1e-9, self._at(days), np.nan)

    @classmethod
    def _of_buying(
        cls, model: PurchasingModel, money: Any, share: float, discount_rate: float
    ) -> Projection:
        if isinstance(money, GammaGamma):
            order = float(money.expected_spend_new())
        else:
            order = amount_of(money)
        length = period_length("day", model.time_unit_, name="unit")

        def at(days: NDArray[np.float64]) -> NDArray[np.float64]:
            more = model.discounted_purchases_new(
                days * length, discount_rate=discount_rate
            )
            return share * order * (1 + np.asarray(more))

        return cls(type(model).__name__, np.inf, at)

    @classmethod
    def _of_renewal(
        cls, model: RenewalModel, each: float, unit: str, discount_rate: float
    ) -> Projection:
        period = DAYS[model.time_unit_ or unit]
        last = 1200
        kept = np.asarray(_values(model.survival(np.arange(last))))
        return cls(
            type(model).__name__,
            last * period,
            _paid(kept, each, period, discount_rate),
        )

    @classmethod
    def _of_curve(
        cls, curve: NDArray[np.float64], each: float, unit: str, discount_rate: float
    ) -> Projection:
        period = DAYS[unit]
        at = _paid(curve, each, period, discount_rate)
        return cls("the curve", len(curve) * period, at)


def _paid(
    kept: NDArray[np.float64], each: float, period: float, discount_rate: float
) -> Callable[[NDArray[np.float64]], NDArray[np.float64]]:
    """Return payments so far: one at once, then one at each renewal."""
    ages = np.arange(len(kept)) * period
    factors = (1 + discount_rate) ** (-ages / DAYS["year"])
    total = np.cumsum(each * kept * factors)

    def at(days: NDArray[np.float64]) -> NDArray[np.float64]:
        place = np.floor(days / period + 1e-9).astype(np.int64)
        return total[np.minimum(place, len(total) - 1)]

    return at


def _values(frame: Any) -> Any:
    return frame["survival"]


def checked_curve(curve: object) -> NDArray[np.float64]:
    """Return shares of customers who are still there: 1 at first, never rising."""
    found = np.asarray(curve, dtype=np.float64)
    good = found.ndim == 1 and len(found) > 1 and np.isfinite(found).all()
    if not good or found[0] != 1 or (np.diff(found) > 1e-12).any() or (found < 0).any():
        raise ParameterError.of(
            name="curve",
            expected="be shares of customers who are still there at ages 0, 1, 2, ...: "
            "1 at first, never rising",
            found=described(curve),
        )
    return found
