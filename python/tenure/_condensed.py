"""What the models with Erlang-k times between purchases have in common."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any, ClassVar

import numpy as np

from tenure._frame import Table
from tenure._purchasing import PurchasingModel
from tenure._typing import override
from tenure.exceptions import ParameterError
from tenure.summary import Summary

if TYPE_CHECKING:
    from collections.abc import Mapping
    from typing import Self

    from numpy.typing import ArrayLike, NDArray

    from tenure._customers import Customers

__all__ = ["CondensedModel"]

INTERVALS = "log_intervals"
"""The column with the sum of the logarithms of a customer's times between purchases."""
MOST_REGULAR = 12
"""No larger k is tried."""


class CondensedModel(PurchasingModel):
    """A model in which every k-th stroke of a clock is a purchase."""

    _held: ClassVar[tuple[str, ...]] = ("k",)

    def __init__(
        self, *, k: int | None = 2, penalty: float = 0.0, strict: bool = False
    ) -> None:
        super().__init__(penalty=penalty, strict=strict)
        self.k = k

    @override
    def _customers_of(self, data: object, columns: Mapping[str, str]) -> Customers:
        return self._with_intervals(super()._customers_of(data, columns), data)

    @staticmethod
    def _with_intervals(customers: Customers, data: object) -> Customers:
        """Return the customers with their times between purchases, if they are there.

        They count from the second purchase on: 0 for who bought once.
        """
        if data is None:
            return customers
        if isinstance(data, Summary):
            intervals = data.log_intervals
        else:
            table = Table.of(data)
            there = INTERVALS in table.names
            intervals = np.array(table.numbers(INTERVALS).values) if there else None
        if intervals is None:
            return customers
        return replace(customers, columns={**customers.columns, INTERVALS: intervals})

    @override
    def _customers_to_fit(
        self, data: object, columns: dict[str, str], unit: str | None
    ) -> Customers:
        return self._with_intervals(
            super()._customers_to_fit(data, columns, unit), data
        )

    @override
    def _fit(self, customers: Customers, weights: Any) -> dict[str, Any]:
        if self.k is not None:
            if self.k != int(self.k) or self.k < 1:
                raise ParameterError.of(
                    name="k",
                    expected="be a whole number of at least 1, or None",
                    found=repr(self.k),
                )
            found = self._fit_regularity(customers, weights, int(self.k))
            return {**found, "fixed": ("k",)}
        if INTERVALS not in customers.columns:
            raise ParameterError.of(
                name="k",
                expected=f"be given where the data have no column `{INTERVALS}`",
                found="None",
                hint="log.summary(..., intervals=True) adds it",
            )
        fits: list[dict[str, Any]] = []
        for k in range(1, MOST_REGULAR + 1):
            fits.append(self._fit_regularity(customers, weights, k))
            heights = [found["log_likelihood"] for found in fits]
            if len(fits) > 2 and heights[-1] < heights[-2] < heights[-3]:
                break
        return max(fits, key=lambda found: found["log_likelihood"])

    def _fit_regularity(
        self, customers: Customers, weights: Any, k: int
    ) -> dict[str, Any]:
        found = self._fit_holding(customers, weights, {"k": float(k)})
        extra = self._of_intervals(customers, k)
        total = float(extra.sum() if weights is None else weights @ extra)
        return {**found, "log_likelihood": found["log_likelihood"] + total}

    @staticmethod
    def _of_intervals(customers: Customers, k: float) -> NDArray[np.float64]:
        """Return the part of each log-likelihood that only k changes."""
        nothing = np.zeros(len(customers))
        return (k - 1.0) * customers.columns.get(INTERVALS, nothing)

    @override
    def _log_likelihoods(self, customers: Customers) -> NDArray[np.float64]:
        k = self.result_.parameters["k"]
        return super()._log_likelihoods(customers) + self._of_intervals(customers, k)

    @classmethod
    def from_params(
        cls,
        *,
        r: float,
        alpha: float,
        a: float,
        b: float,
        k: int,
        covariance: ArrayLike | None = None,
        unit: str | None = None,
    ) -> Self:
        """Make a model from known parameters, such as published ones.

        Parameters
        ----------
        r, alpha, a, b, k : float
            The parameters, all greater than 0; alpha is in the time unit, k a whole
            number.
        covariance : array, shape (5, 5), optional
            Their covariance, for intervals.
        unit : str, optional
            The time unit.
        """
        if k != int(k):
            raise ParameterError.of(
                name="k", expected="be a whole number", found=repr(k)
            )
        given = {"r": r, "alpha": alpha, "a": a, "b": b, "k": k}
        return cls._from_params(given, covariance, unit)
