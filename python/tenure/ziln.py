"""What customers will be worth, by what is known of them when they come."""

from __future__ import annotations

import warnings
from typing import TYPE_CHECKING, Any

import numpy as np

from tenure import _accuracy, _core
from tenure._frame import Table, native_frame, native_series
from tenure._intervals import bounds, check_level, delta_method, level_names
from tenure._report import html_report, text_table
from tenure._settings import FORMAT, Configured
from tenure._simulate import checked_seed
from tenure._typing import override
from tenure._ziln_result import HEADS, ZilnResult, in_units, moments
from tenure.exceptions import (
    ConvergenceError,
    ConvergenceWarning,
    NotFittedError,
    ParameterError,
)
from tenure.survival._covariates import Covariate, Covariates
from tenure.survival._regression import two_sided

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from typing import Self

    from numpy.typing import ArrayLike, NDArray

    Floats = NDArray[np.float64]

__all__ = ["ZILN"]


class ZILN(Configured):
    r"""Zero-inflated log-normal regression of what customers will be worth (ZILN).

    For customers of whom too little is known for a model of buying: what they will be
    worth follows from covariates, such as the first purchase, the channel or the
    country. Most are worth nothing, and those who are, differ by orders of magnitude:

    .. math::
        P(y > 0) = \mathrm{sigmoid}(a'x), \qquad
        \ln y \mid y > 0 \sim N(b'x, \mathrm{softplus}(c'x)^2).

    This is the model of the paper, of which the deep network is left out.

    Parameters
    ----------
    varying_spread : bool, default True
        Whether the spread of the logarithms depends on the covariates too.
    penalty : float, default 0.0
        Strength of a pull of all coefficients but constants towards zero: the fit
        maximises the mean log-likelihood less `penalty / 2` times the sum of squares of
        the coefficients of the standardised covariates.
    strict : bool, default False
        Raise `ConvergenceError` where a fit would otherwise warn.

    Attributes
    ----------
    result_ : ZilnResult
        Coefficients in the units of the covariates, and how they were found.

    References
    ----------
    Wang, X., Liu, T., Miao, J. (2019). A deep probabilistic model for customer lifetime
    value prediction. arXiv 1912.07753.

    Examples
    --------
    >>> import numpy as np
    >>> import tenure as tn
    >>> random = np.random.default_rng(1)
    >>> first = random.lognormal(3, 0.6, 4000)
    >>> worth = np.exp(1 + 0.03 * first + random.normal(size=4000))
    >>> later = np.where(random.random(4000) < 0.3, worth, 0.0)
    >>> ziln = tn.ZILN().fit({"first": first, "later": later}, value="later")
    >>> found = ziln.evaluate({"first": first, "later": later})
    >>> found["normalised_gini"].round(2)
    array([0.34])
    """

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
        x = chosen.matrix(table)
        given = table.numbers(weights).values if isinstance(weights, str) else weights
        counts = None if given is None else np.array(given, dtype=np.float64)
        means, scales = moments(x, chosen.names)
        found = _core.ziln_fit(
            np.column_stack([np.ones(len(x)), (x - means) / scales]),
            np.array(table.numbers(value).values),
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
    def log_likelihood_(self) -> float:
        """The log-likelihood at the estimates, without any penalty."""
        return self.result_.log_likelihood

    @property
    def aic_(self) -> float:
        """Akaike's information criterion: smaller is better."""
        return 2.0 * len(self.result_.names) - 2.0 * self.log_likelihood_

    @property
    def converged_(self) -> bool:
        """Whether the fit ended at an optimum."""
        return self.result_.status == "converged"

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

    # -- predictions -----------------------------------------------------------------

    def _heads(self, table: Table) -> tuple[Floats, Floats, Floats, Floats]:
        """Return covariates, chance of any value, mean and spread of its logarithm."""
        result = self.result_
        rows = self._covariates.matrix(table)
        x = np.column_stack([np.ones(len(rows)), rows])
        a, b, c = (result.coefficients[result.of(head)] for head in HEADS)
        spread = np.logaddexp(0.0, x[:, : len(c)] @ c)
        # 1 / (1 + exp(-u)) without overflow
        buying: Floats = np.exp(-np.logaddexp(0.0, -(x @ a)))
        return x, buying, x @ b, spread

    def probability_of_value(self, data: object) -> Any:
        """Return the probability that each customer will be worth anything."""
        table = Table.of(data)
        return self._series("probability_of_value", self._heads(table)[1], table)

    def expected_value(self, data: object, *, interval: float | None = None) -> Any:
        """Return what to expect each customer to be worth.

        The mean of a log-normal distribution hangs on its spread: where that is large,
        few customers make it, and `value_quantiles` say more.

        Parameters
        ----------
        data : frame or mapping
            One row a customer, with the covariates of the fit.
        interval : float, optional
            Confidence level of an interval for the uncertainty of the coefficients, by
            the delta method.

        Returns
        -------
        series or frame
            With `interval`, a frame with the estimate, its standard error and the ends
            of the interval; a series otherwise.
        """
        table = Table.of(data)
        x, p, mean, spread = self._heads(table)
        expected = p * np.exp(mean + 0.5 * np.square(spread))
        if interval is None:
            return self._series("expected_value", expected, table)
        check_level(interval)
        result = self.result_
        if result.covariance is None:
            raise ParameterError.of(
                name="interval",
                expected="be left out: this ZILN has no standard errors",
                found="a level",
                hint=result.message,
            )
        width = len(result.of("spread"))
        # the slope of softplus(u) is sigmoid(u) = 1 - exp(-softplus(u))
        by_spread = (spread * -np.expm1(-spread))[:, None] * x[:, :width]
        slopes = np.column_stack([x * (1 - p)[:, None], x, by_spread])
        errors = delta_method(slopes * expected[:, None], result.covariance)
        lower, upper = bounds(expected, errors, interval, "positive")
        columns = {"expected_value": expected, "std_error": errors}
        columns |= {"lower": lower, "upper": upper}
        return native_frame(columns, family=table.family, index=table.index)

    def value_quantiles(
        self, data: object, *, levels: Sequence[float] = (0.05, 0.5, 0.95)
    ) -> Any:
        """Return quantiles of what each customer will be worth.

        Parameters
        ----------
        data : frame or mapping
            One row a customer, with the covariates of the fit.
        levels : sequence of float, default (0.05, 0.5, 0.95)
            Probabilities of not being worth more.

        Returns
        -------
        frame
            One row a customer, one column a level, named by it; 0 where being worth
            nothing is at least as likely.
        """
        from statistics import NormalDist  # noqa: PLC0415

        table = Table.of(data)
        named = level_names(levels)
        _, p, mean, spread = self._heads(table)
        columns: dict[str, Floats] = {}
        for name, level in named.items():
            check_level(level, name="levels")
            share = (level - (1 - p)) / p
            some = share > 0
            z = np.array([NormalDist().inv_cdf(one) for one in share[some]])
            quantile = np.zeros(len(p))
            quantile[some] = np.exp(mean[some] + spread[some] * z)
            columns[name] = quantile
        return native_frame(columns, family=table.family, index=table.index)

    def simulate(self, data: object, *, seed: int = 0) -> Any:
        """Draw what each customer is worth: nothing, or a log-normal value.

        Parameters
        ----------
        data : frame or mapping
            One row a customer, with the covariates of the fit.
        seed : int, default 0
            The same seed gives the same values. More customers leave the values of the
            first ones unchanged.

        Returns
        -------
        series
            One value a customer.
        """
        table = Table.of(data)
        _, p, mean, spread = self._heads(table)
        buying, worth = (
            np.random.default_rng([checked_seed(seed), purpose]) for purpose in (0, 1)
        )
        value = np.exp(mean + spread * worth.standard_normal(len(p)))
        drawn = np.where(buying.random(len(p)) < p, value, 0.0)
        return self._series("value", drawn, table)

    def _series(self, name: str, values: Floats, table: Table) -> Any:
        return native_series(name, values, family=table.family, index=table.index)

    # -- how well it does ------------------------------------------------------------

    def evaluate(self, data: object) -> Any:
        """Return how well values are foretold, as one row.

        Columns: `normalised_gini` (1 ranks customers as well as can be), `decile_mape`
        (the mean relative error of the means of tenths), `rank_correlation`
        (Spearman's), `mae`, `rmse`, `bias`, `total_ratio`; the first three are the
        measures of the paper.

        Parameters
        ----------
        data : frame or mapping
            One row a customer, with the covariates and the value of the fit; best
            customers that the fit has not seen.
        """
        from tenure.rfm.ranking import Order  # noqa: PLC0415

        predicted, actual, table = self._compared(data)
        tenths = _accuracy.calibration(predicted, actual, min(10, len(actual)), 0.95)
        with np.errstate(divide="ignore", invalid="ignore"):
            off = np.abs(tenths["predicted"] - tenths["actual"]) / tenths["actual"]
        known = off[np.isfinite(off)]
        ranks = [Order.of(values).midranks() for values in (predicted, actual)]
        measures = {
            "normalised_gini": _accuracy.normalised_gini(predicted, actual),
            "decile_mape": float(known.mean()) if len(known) else float("nan"),
            "rank_correlation": float(np.corrcoef(ranks[0], ranks[1])[0, 1]),
            **_accuracy.errors(predicted, actual),
        }
        columns = {name: np.array([value]) for name, value in measures.items()}
        return native_frame(columns, family=table.family)

    def deciles(self, data: object, *, groups: int = 10, level: float = 0.95) -> Any:
        """Return predicted and actual value of equal groups, the highest first.

        Parameters
        ----------
        data : frame or mapping
            As `evaluate`.
        groups : int, default 10
            Equal parts of the customers by predicted value.
        level : float, default 0.95
            Confidence level of the interval of the actual means.

        Returns
        -------
        frame
            `group`, mean `predicted` and `actual` value, `actual_low`, `actual_high`,
            `lift` and `captured`.
        """
        check_level(level, name="level")
        predicted, actual, table = self._compared(data)
        found = _accuracy.calibration(predicted, actual, groups, level)
        columns = {"group": np.arange(1, groups + 1), **found}
        return native_frame(columns, family=table.family)

    def _compared(self, data: object) -> tuple[Floats, Floats, Table]:
        table = Table.of(data)
        _, p, mean, spread = self._heads(table)
        actual = np.array(table.numbers(self._value).values)
        return p * np.exp(mean + 0.5 * np.square(spread)), actual, table

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
