"""What a purchase brings, and how the future is discounted."""

from __future__ import annotations

import math
import reprlib
from dataclasses import dataclass
from typing import TYPE_CHECKING, SupportsFloat

import numpy as np

from tenure._estimator import Estimator
from tenure.exceptions import ParameterError
from tenure.spend import GammaGamma

if TYPE_CHECKING:
    from numpy.typing import ArrayLike, NDArray

    from tenure._customers import Customers
    from tenure._units import Horizon

__all__ = [
    "Discounting",
    "Worth",
    "amount_of",
    "check_amount",
    "check_same_customers",
    "described",
]


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
        spenders = customers
        if isinstance(spend, GammaGamma):
            spenders = spend._customers(data)  # noqa: SLF001
        return cls.of_customers(
            spend, spenders, customers, margin=margin, cost=cost, interval=interval
        )

    @classmethod
    def of_customers(
        cls,
        spend: GammaGamma | float,
        spenders: Customers,
        customers: Customers,
        *,
        margin: float | ArrayLike | None,
        cost: float,
        interval: float | None,
    ) -> Worth:
        """Return it for customers as both models read them."""
        basis = "revenue" if margin is None else "margin"
        check_amount("cost_per_order", cost)
        earned = _margin(margin, len(customers))
        if not isinstance(spend, GammaGamma):
            expected = np.full(len(customers), amount_of(spend))
            return cls(expected, earned, cost, basis, None, None)
        check_same_customers(spenders, customers)
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

    def of_purchases(self, purchases: NDArray[np.float64]) -> NDArray[np.float64]:
        """Money of so many purchases: none at all of none, however much one may be."""
        value = np.zeros(len(purchases))
        return np.multiply(purchases, self.value, out=value, where=purchases > 0)


def check_same_customers(spenders: Customers, customers: Customers) -> None:
    """Pass if both models speak of the same customers in the same order."""
    if len(spenders) != len(customers):
        found = f"{len(spenders):,} customers"
    elif not np.array_equal(
        spenders.columns["frequency"], customers.columns["frequency"]
    ):
        found = "customers who bought at other frequencies"
    elif (
        spenders.ids is not None
        and customers.ids is not None
        and not np.array_equal(spenders.ids, customers.ids)
    ):
        found = "customers with other ids"
    else:
        return
    raise ParameterError.of(
        name="spend",
        expected=f"be fitted to the {len(customers):,} customers of `buying`",
        found=found,
        hint="pass the customers as `data`",
    )


def amount_of(spend: object) -> float:
    """Return the one value that every purchase has."""
    if isinstance(spend, SupportsFloat) and math.isfinite(float(spend)):
        return float(spend)
    raise ParameterError.of(
        name="spend",
        expected="be a GammaGamma model or a finite number",
        found=described(spend),
    )


def check_amount(name: str, amount: object) -> None:
    """Pass if the amount of money is a finite number."""
    if not (isinstance(amount, SupportsFloat) and math.isfinite(float(amount))):
        raise ParameterError.of(
            name=name, expected="be a finite number", found=described(amount)
        )


def described(value: object) -> str:
    """Return a value as errors show it: a model by its name."""
    model = isinstance(value, Estimator)
    return f"a {type(value).__name__}" if model else reprlib.repr(value)


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
