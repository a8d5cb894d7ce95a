"""The models of repeat buying with Erlang-k times between purchases."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any, ClassVar

import numpy as np

from tenure._frame import Table
from tenure._typing import override
from tenure._with_covariates import BuyingAndLeaving
from tenure.exceptions import ParameterError
from tenure.summary import Summary

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from typing import Self

    from numpy.typing import ArrayLike, NDArray

    from tenure._customers import Customers
    from tenure._effects import Chosen

__all__ = ["BGCNBD", "MBGCNBD"]

INTERVALS = "log_intervals"
"""The column with the sum of the logarithms of a customer's times between purchases."""
MOST_REGULAR = 12
"""No larger k is tried."""


class CondensedModel(BuyingAndLeaving):
    """A model in which every k-th stroke of a clock is a purchase."""

    _held: ClassVar[tuple[str, ...]] = ("k",)
    _waits: ClassVar[str | None] = INTERVALS
    _processes: ClassVar[dict[str, str]] = {
        "purchase": "rate ratio",
        "dropout": "odds ratio",
    }

    def __init__(
        self,
        *,
        k: int | None = 2,
        purchase_covariates: Chosen = None,
        dropout_covariates: Chosen = None,
        shared_covariates: Sequence[str] | None = None,
        covariate_penalty: float | Mapping[str, float] = 0.0,
        penalty: float = 0.0,
        strict: bool = False,
    ) -> None:
        super().__init__(
            purchase_covariates=purchase_covariates,
            dropout_covariates=dropout_covariates,
            shared_covariates=shared_covariates,
            covariate_penalty=covariate_penalty,
            penalty=penalty,
            strict=strict,
        )
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


class BGCNBD(CondensedModel):
    """Beta-geometric / condensed NBD model of repeat buying (BG/CNBD-k).

    As the BG/NBD model, but a customer's purchases are more regular than random: the
    times between them are Erlang-k distributed, so that a silence says more. With
    k = 1 it is the BG/NBD model; a large k is like clockwork.

    Expectations are exact: they allow for how far a customer may have got towards the
    next purchase since the last.

    Parameters
    ----------
    k : int or None, default 2
        The regularity. None chooses the likeliest of 1, 2, ... by fitting them in turn
        until the likelihood has fallen twice; that takes the column `log_intervals`,
        which `log.summary(..., intervals=True)` adds.
    purchase_covariates, dropout_covariates, shared_covariates, covariate_penalty
        What purchases and dropout depend on: see `BGNBD`. The clock strikes `exp(z'g)`
        times as often as that of one whose covariates are 0, and the odds of leaving
        are, at the mean probability, `exp(z'h)` times as large, with a + b as it is.
        Purchases are equally regular for all.
    penalty : float, default 0.0
        Strength of a pull of the parameters towards a neutral scale: see `BGNBD`.
    strict : bool, default False
        Raise `ConvergenceError` where a fit would otherwise warn.

    Attributes
    ----------
    params_ : dict
        r and alpha, of the rates of the clock of which every k-th stroke is a purchase
        (r / (k alpha) is the mean rate of purchases while alive); a and b, of the
        probability of leaving after a purchase; k.
    covariance_, standard_errors_, log_likelihood_, aic_, bic_, converged_ : ...
        How well they are known, and how the fit ended; k has no standard error.

    Notes
    -----
    Likelihoods of different k compare only with `log_intervals`, the sum of the
    logarithms of the times between a customer's purchases; where the data have no such
    column, its term, which no other parameter changes, is left out.

    References
    ----------
    Reutterer, T., Platzer, M., Schroeder, N. (2021). Leveraging purchase regularity for
    predicting customer behavior the easy way. International Journal of Research in
    Marketing 38(1), 194-215.

    Examples
    --------
    >>> import tenure as tn
    >>> log = tn.Transactions(tn.datasets.load_cdnow(), amount="amount", time="date")
    >>> summary = log.summary(unit="week", as_of="1997-09-30", intervals=True)
    >>> tn.BGCNBD(k=None).fit(summary).params_["k"]  # these customers buy at random
    1.0
    >>> model = tn.BGCNBD.from_params(r=0.5, alpha=2.0, a=1.0, b=3.0, k=2)
    >>> customer = {"frequency": [3], "recency": [30], "T": [40]}
    >>> model.expected_purchases(customer, horizon=10).round(4)
    array([0.589])
    """

    _model: ClassVar[str] = "BGCNBD"


class MBGCNBD(CondensedModel):
    """Modified beta-geometric / condensed NBD model of repeat buying (MBG/CNBD-k).

    As the MBG/NBD model, but a customer's purchases are more regular than random: the
    times between them are Erlang-k distributed, so that a silence says more. With
    k = 1 it is the MBG/NBD model; a large k is like clockwork.

    Expectations are exact: they allow for how far a customer may have got towards the
    next purchase since the last.

    Parameters
    ----------
    k : int or None, default 2
        The regularity. None chooses the likeliest of 1, 2, ... by fitting them in turn
        until the likelihood has fallen twice; that takes the column `log_intervals`,
        which `log.summary(..., intervals=True)` adds.
    purchase_covariates, dropout_covariates, shared_covariates, covariate_penalty
        What purchases and dropout depend on: see `BGNBD`. The clock strikes `exp(z'g)`
        times as often as that of one whose covariates are 0, and the odds of leaving
        are, at the mean probability, `exp(z'h)` times as large, with a + b as it is.
        Purchases are equally regular for all.
    penalty : float, default 0.0
        Strength of a pull of the parameters towards a neutral scale: see `BGNBD`.
    strict : bool, default False
        Raise `ConvergenceError` where a fit would otherwise warn.

    Attributes
    ----------
    params_ : dict
        r and alpha, of the rates of the clock of which every k-th stroke is a purchase
        (r / (k alpha) is the mean rate of purchases while alive); a and b, of the
        probability of leaving after a purchase; k.
    covariance_, standard_errors_, log_likelihood_, aic_, bic_, converged_ : ...
        How well they are known, and how the fit ended; k has no standard error.

    Notes
    -----
    Likelihoods of different k compare only with `log_intervals`, the sum of the
    logarithms of the times between a customer's purchases; where the data have no such
    column, its term, which no other parameter changes, is left out.

    References
    ----------
    Reutterer, T., Platzer, M., Schroeder, N. (2021). Leveraging purchase regularity for
    predicting customer behavior the easy way. International Journal of Research in
    Marketing 38(1), 194-215.

    Examples
    --------
    >>> import tenure as tn
    >>> log = tn.Transactions(tn.datasets.load_cdnow(), amount="amount", time="date")
    >>> summary = log.summary(unit="week", as_of="1997-09-30", intervals=True)
    >>> tn.MBGCNBD(k=None).fit(summary).params_["k"]  # these customers buy at random
    1.0
    >>> model = tn.MBGCNBD.from_params(r=0.5, alpha=2.0, a=1.0, b=3.0, k=2)
    >>> customer = {"frequency": [3], "recency": [30], "T": [40]}
    >>> model.expected_purchases(customer, horizon=10).round(4)
    array([0.6251])
    """

    _model: ClassVar[str] = "MBGCNBD"
