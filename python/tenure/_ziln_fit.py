"""A regression of what customers will be worth: its fit, storage and report."""

from __future__ import annotations

import math
import warnings
from typing import TYPE_CHECKING, Any

import numpy as np

from tenure import _core
from tenure._frame import Table, native_frame
from tenure._intervals import bounds, check_level
from tenure._report import html_report, text_table
from tenure._settings import FORMAT, Configured
from tenure._typing import override
from tenure._ziln_result import ZilnResult, checked, finite_matrix, in_units, moments
from tenure.exceptions import (
    ConvergenceError,
    ConvergenceWarning,
    EmptyDataError,
    LengthError,
    NotFittedError,
)
from tenure.survival._covariates import Covariate, Covariates
from tenure.survival._regression import two_sided

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from typing import Self

    from numpy.typing import ArrayLike, NDArray

    Floats = NDArray[np.float64]

__all__ = ["ZilnFit"]


class ZilnFit(Configured):
    """The regression without what it predicts."""

    def __init__(
        self,
        *,
        varying_spread: bool = True,
        penalty: float = 0.0,
        strict: bool = False,
    ) -> None:
        self.varying_spread = varying_spread
        self.penalty = penalty
        self.strict = strict
        self._result: ZilnResult | None = None
        self._covariates = Covariates(())
        self._value = "value"
        self._family = "numpy"

    # -- fitting ---------------------------------------------------------------------

    def fit(
        self,
        data: object,
        *,
        value: str = "value",
        covariates: Sequence[str] | None = None,
        weights: str | ArrayLike | None = None,
    ) -> Self:
        """Find the coefficients under which customers' values are likeliest.

        Parameters
        ----------
        data : frame or mapping
            One row a customer.
        value : str
            The column with what each was worth later: 0, or more.
        covariates : sequence of str, optional
            Columns; all that are not used otherwise if left out. Text becomes
            indicators of its categories, compared with the first of them.
        weights : str or array, optional
            How many customers each row stands for.

        Returns
        -------
        self

        Raises
        ------
        DataError
            If a value is negative or something is not finite.
        ParameterError
            If a covariate does not vary.

        Warns
        -----
        ConvergenceWarning
            If covariates tell buyers from others without fail, or are combinations of
            each other.
        """
        self._result = None
        table = Table.of(data)
        used = (value, weights if isinstance(weights, str) else None)
        chosen = Covariates.of(table, covariates, used)
        worth = checked(table.numbers(value).values, value, least=0.0)
        counts = _counts(table, weights, value)
        if not (len(worth) if counts is None else counts.sum()) > 0:
            msg = f"there are no customers to fit {type(self).__name__} to"
            raise EmptyDataError(msg)
        x = finite_matrix(chosen, table)
        means, scales = moments(x, chosen.names, counts)
        found = _core.ziln_fit(
            np.column_stack([np.ones(len(x)), (x - means) / scales]),
            worth,
            weights=counts,
            penalty=float(self.penalty),
            varying_spread=bool(self.varying_spread),
        )
        self._covariates, self._value, self._family = chosen, value, table.family
        customers = float(len(x) if counts is None else counts.sum())
        self._result = in_units(found, chosen.names, means, scales, customers)
        if self._result.status != "converged":
            self._complain(self._result.message)
        return self

    def _complain(self, message: str) -> None:
        if self.strict:
            error = ConvergenceError(f"ZILN: {message}")
            error.model, error.reason, error.hint = "ZILN", message, ""
            self._result = None
            raise error
        warnings.warn(f"ZILN: {message}", ConvergenceWarning, stacklevel=3)

    @property
    def result_(self) -> ZilnResult:
        """Everything that the fit found, as plain numbers."""
        if self._result is None:
            msg = "this ZILN is not fitted; call fit() first"
            raise NotFittedError(msg)
        return self._result

    @property
    def params_(self) -> dict[str, float]:
        """The coefficients, named `head:covariate`."""
        result = self.result_
        names = (f"{h}:{n}" for h, n in zip(result.heads, result.names, strict=True))
        return dict(zip(names, map(float, result.coefficients), strict=True))

    @property
    def covariance_(self) -> Floats:
        """Covariance of the coefficients, in their order; NaN where there is none."""
        result = self.result_
        if result.covariance is None:
            return np.full((len(result.names), len(result.names)), np.nan)
        return result.covariance.copy()

    @property
    def standard_errors_(self) -> dict[str, float]:
        """Standard errors of the coefficients by name; NaN where there are none."""
        return dict(zip(self.params_, map(float, self._errors()), strict=True))

    @property
    def log_likelihood_(self) -> float:
        """The log-likelihood at the estimates, without any penalty."""
        return self.result_.log_likelihood

    @property
    def aic_(self) -> float:
        """Akaike's information criterion: smaller is better."""
        return 2.0 * len(self.result_.names) - 2.0 * self.log_likelihood_

    @property
    def bic_(self) -> float:
        """Bayesian information criterion, with the number of customers."""
        size = len(self.result_.names)
        return size * math.log(self.n_customers_) - 2.0 * self.log_likelihood_

    @property
    def converged_(self) -> bool:
        """Whether the fit ended at an optimum."""
        return self.result_.status == "converged"

    @property
    def n_customers_(self) -> float:
        """How many customers were fitted to (the sum of the weights)."""
        return self.result_.customers

    def confidence_intervals(
        self, level: float = 0.95
    ) -> dict[str, tuple[float, float]]:
        """Return an interval for each coefficient, named as in `params_`.

        Estimate plus and minus standard errors; NaN where there are none.

        Parameters
        ----------
        level : float, default 0.95
            How often such intervals hold the true value.

        Returns
        -------
        dict of str to (float, float)
            Lower and upper end by coefficient.
        """
        check_level(level, name="level")
        ends = bounds(self.result_.coefficients, self._errors(), level, "plain")
        lower, upper = (map(float, end) for end in ends)
        pairs = zip(lower, upper, strict=True)
        return dict(zip(self.params_, pairs, strict=True))

    def summary(self, level: float = 0.95) -> Any:
        """Return one row a coefficient as a frame.

        Columns: `head` ("buying": log odds of being worth anything; "value": mean of
        the logarithm of what those are worth; "spread": its standard deviation, before
        softplus), `covariate`, `coefficient`, `std_error`, `lower`, `upper`, `p_value`.
        """
        check_level(level, name="level")
        result = self.result_
        errors = self._errors()
        lower, upper = bounds(result.coefficients, errors, level, "plain")
        with np.errstate(divide="ignore", invalid="ignore"):
            z = result.coefficients / errors
        columns = {
            "head": np.array(result.heads, dtype=object),
            "covariate": np.array(result.names, dtype=object),
            "coefficient": result.coefficients,
            "std_error": errors,
            "lower": lower,
            "upper": upper,
            "p_value": two_sided(z),
        }
        return native_frame(columns, family=self._family)

    def _errors(self) -> Floats:
        result = self.result_
        if result.covariance is None:
            return np.full(len(result.names), np.nan)
        return np.sqrt(np.diag(result.covariance))

    # -- storage and display ---------------------------------------------------------

    @override
    def to_dict(self) -> dict[str, Any]:
        """Return settings and fit as numbers and texts."""
        result = self._result
        return {
            "format": FORMAT,
            "tenure": _core.VERSION,
            "model": type(self).__name__,
            "settings": self.get_params(),
            "value": self._value,
            "covariates": self._covariates.to_list(),
            "fit": None
            if result is None
            else {
                **vars(result),
                "coefficients": result.coefficients.tolist(),
                "covariance": None
                if result.covariance is None
                else result.covariance.tolist(),
            },
        }

    @override
    @classmethod
    def from_dict(cls, stored: Mapping[str, Any]) -> Self:
        """Return the model that `to_dict` wrote."""
        cls._check_stored(stored)
        model = cls(**stored["settings"])
        model._value = stored["value"]
        model._covariates = Covariates(
            tuple(
                Covariate(name, None if categories is None else tuple(categories))
                for name, categories in stored["covariates"]
            )
        )
        fit = stored["fit"]
        if fit is not None:
            covariance = fit["covariance"]
            model._result = ZilnResult(
                heads=tuple(fit["heads"]),
                names=tuple(fit["names"]),
                coefficients=np.array(fit["coefficients"], dtype=np.float64),
                covariance=None if covariance is None else np.array(covariance),
                log_likelihood=fit["log_likelihood"],
                customers=fit["customers"],
                gradient_norm=fit["gradient_norm"],
                status=fit["status"],
                message=fit["message"],
            )
        return model

    @override
    def __repr__(self) -> str:
        if self._result is None:
            return self._constructor()
        message = f"\n{self._result.message}" if self._result.message else ""
        return f"{self._headline()}\n{text_table(*self._table())}{message}"

    def _repr_html_(self) -> str:
        if self._result is None:
            return html_report(repr(self), [], [])
        return html_report(self._headline(), *self._table(), self._result.message)

    def _headline(self) -> str:
        result = self.result_
        return (
            f"ZILN fitted to {result.customers:,.10g} customers; log-likelihood "
            f"{result.log_likelihood:.2f}, AIC {self.aic_:.1f}, {result.status}"
        )

    def _table(self) -> tuple[list[str], list[list[str]]]:
        result, errors = self.result_, self._errors()
        rows = [
            [f"{head}: {name}", f"{value:#.4g}", f"{error:#.2g}"]
            for head, name, value, error in zip(
                result.heads, result.names, result.coefficients, errors, strict=True
            )
        ]
        return ["", "coefficient", "std. error"], rows


def _counts(table: Table, weights: str | ArrayLike | None, value: str) -> Floats | None:
    """Return how many customers each row stands for; None if one."""
    if weights is None:
        return None
    name = weights if isinstance(weights, str) else "weights"
    given: Any = table.numbers(weights).values if isinstance(weights, str) else weights
    counts = checked(np.array(given, dtype=np.float64), name, least=0.0)
    if counts.shape != (table.n_rows,):
        raise LengthError.between(
            column=name, found=counts.size, reference=value, expected=table.n_rows
        )
    return counts
