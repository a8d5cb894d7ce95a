"""What a purchase brings, and how the future is discounted."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING, SupportsFloat

import numpy as np

from tenure.exceptions import ParameterError
from tenure.spend import GammaGamma

if TYPE_CHECKING:
    from numpy.typing import ArrayLike, NDArray

    from tenure._customers import Customers
    from tenure._units import Horizon

__all__ = ["Discounting", "Worth"]


@dataclass(frozen=True)
class Discounting:
    """How far to look ahead, and how the future is made less of."""

    horizon: Horizon | None
    rate: float
    per: str | float
    compounding: str | float | None


@dataclass(frozen=True, eq=False)
class Worth:
    """What a purchase of each customer brings: `margin * spend - cost`.

    `gradients` are those of the expected spend, `covariance` that of its parameters.
    """

    spend: NDArray[np.float64]
    margin: NDArray[np.float64]
    cost: float
    basis: str
    gradients: NDArray[np.float64] | None
    covariance: NDArray[np.float64] | None

    @classmethod
    def of(
        cls,
        spend: GammaGamma | float,
        data: object,
        customers: Customers,
        *,
        margin: float | ArrayLike | None,
        cost: float,
        interval: float | None,
    ) -> Worth:
        """Return it for each of the customers."""
        basis = "revenue" if margin is None else "margin"
        earned = _margin(margin, len(customers))
        if not isinstance(spend, GammaGamma):
            expected = np.full(len(customers), _amount(spend))
            return cls(expected, earned, cost, basis, None, None)
        spenders = spend._customers(data)  # noqa: SLF001
        if len(spenders) != len(customers):
            raise ParameterError.of(
                name="spend",
                expected=f"be fitted to the {len(customers):,} customers of `buying`",
                found=f"{len(spenders):,} customers",
                hint="pass the customers as `data`",
            )
        expected, gradients = spend._expected(  # noqa: SLF001
            spenders, gradient=interval is not None
        )
        covariance = None
        if interval is not None:
            covariance = spend.result_.needed_covariance("GammaGamma")
        return cls(expected, earned, cost, basis, gradients, covariance)

    @property
    def value(self) -> NDArray[np.float64]:
        """Money a purchase."""
        return self.margin * self.spend - self.cost


def _amount(spend: object) -> float:
    """Return the one value that every purchase has."""
    if isinstance(spend, SupportsFloat) and math.isfinite(float(spend)):
        return float(spend)
    raise ParameterError.of(
        name="spend",
        expected="be a GammaGamma model or a finite number",
        found=repr(spend),
    )


def _margin(margin: float | ArrayLike | None, customers: int) -> NDArray[np.float64]:
    if margin is None:
        return np.ones(customers)
    shares = np.asarray(margin, dtype=np.float64)
    if shares.ndim > 1 or (shares.ndim == 1 and len(shares) != customers):
        raise ParameterError.of(
            name="margin",
            expected=f"be one number, or one for each of {customers:,} customers",
            found=f"an array of shape {shares.shape}",
        )
    if not np.isfinite(shares).all():
        raise ParameterError.of(
            name="margin", expected="be finite", found="a value that is not"
        )
    return np.broadcast_to(shares, (customers,))
