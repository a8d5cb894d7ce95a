"""What all distributions of durations have in common: fits and predictions."""

from __future__ import annotations

import math
import warnings
from typing import TYPE_CHECKING, Any, ClassVar

import numpy as np

from tenure import _core
from tenure._frame import Table, native_frame, native_series
from tenure._intervals import bounds, check_level
from tenure._report import html_report, text_table
from tenure._settings import Settings
from tenure._typing import override
from tenure.exceptions import (
    ConvergenceError,
    ConvergenceWarning,
    NotFittedError,
    ParameterError,
)
from tenure.survival._covariates import Covariates
from tenure.survival._curves import times_array
from tenure.survival._distributions import Distribution, ParametricResult
from tenure.survival._regression import coefficient_table
from tenure.survival._subjects import Source, Subjects

if TYPE_CHECKING:
    from collections.abc import Sequence
    from typing import Self

    from numpy.typing import ArrayLike, NDArray

__all__ = ["ParametricSurvival"]


class ParametricSurvival(Settings):
    """A distribution of durations, whose time scale moves with covariates.

    A covariate makes time run slower or faster: with a time ratio of 1.3 everything
    takes 30 % longer for each step of one (accelerated failure time).

    Parameters
    ----------
    cured : bool, default False
        Whether a share of the subjects never has the event.
    level : float, default 0.95
        Confidence level.
    strict : bool, default False
        Raise `ConvergenceError` where a fit would otherwise warn.

    Attributes
    ----------
    params_ : dict
        The distribution's parameters, at zero of all covariates.
    coefficients_ : dict of (str, str) to float
        What was estimated, by parameter and covariate ("Intercept" for none):
        logarithms of positive parameters, and the log odds of never having the event.
    covariance_, log_likelihood_, aic_, bic_, converged_ : ...
        How well they are known, and how the fit ended.
    """

    _distribution: ClassVar[Distribution]

    def __init__(
        self, *, cured: bool = False, level: float = 0.95, strict: bool = False
    ) -> None:
        self.cured = cured
        self.level = level
        self.strict = strict
        self._result: ParametricResult | None = None
        self._covariates = Covariates(())
        self._family = "numpy"

    def fit(
        self,
        data: object,
        event_observed: str | ArrayLike | None = None,
        *,
        durations: str | ArrayLike | None = None,
        covariates: Sequence[str] = (),
        entry: str | ArrayLike | None = None,
        weights: str | ArrayLike | None = None,
    ) -> Self:
        """Find the parameters under which the durations are likeliest.

        Parameters
        ----------
        data, event_observed, durations, entry, weights
            As `KaplanMeier.fit`; durations must be above 0.
        covariates : sequence of str, default ()
            Columns that move the time scale. Text becomes indicators of its
            categories, compared with the first of them.

        Returns
        -------
        self

        Warns
        -----
        ConvergenceWarning
            If a parameter runs to the end of its range, or no maximum was reached.
        """
        check_level(self.level, name="level")
        self._result = None
        source = Source(data)
        subjects = Subjects.of(source, durations, event_observed, entry, weights)
        chosen, x = Covariates(()), np.empty((len(subjects), 0))
        if len(covariates):
            used = (durations, event_observed, entry, weights)
            chosen = Covariates.of(source.table, covariates, used)
            assert source.table is not None  # noqa: S101
            x = chosen.matrix(source.table)
        found = _core.parametric_fit(
            self._distribution.family,
            self.cured,
            subjects.columns,
            subjects.names,
            chosen.names,
            x,
        )
        total = float(len(subjects))
        if subjects.weights is not None:
            total = float(subjects.weights.sum())
        self._family, self._covariates = source.family, chosen
        self._result = ParametricResult.of(
            self._distribution, chosen.names, found, cured=self.cured, rows=total
        )
        if self._result.status != "converged":
            self._complain(self._result.message)
        return self

    def _complain(self, message: str) -> None:
        name = type(self).__name__
        if self.strict:
            error = ConvergenceError(f"{name}: {message}")
            error.model, error.reason, error.hint = name, message, ""
            self._result = None
            raise error
        warnings.warn(f"{name}: {message}", ConvergenceWarning, stacklevel=3)

    # -- what was learned --------------------------------------------------------

    @property
    def result_(self) -> ParametricResult:
        """Everything that the fit found, as plain numbers."""
        if self._result is None:
            msg = f"this {type(self).__name__} is not fitted; call fit() first"
            raise NotFittedError(msg)
        return self._result

    @property
    def family_(self) -> str:
        """The kind of frame that results come back as."""
        return self._family

    @property
    def params_(self) -> dict[str, float]:
        """The distribution's parameters, at zero of all covariates."""
        result = self.result_
        return {
            name: float(self._distribution.natural(name, value))
            for (name, covariate), value in result.coefficients.items()
            if covariate == "Intercept"
        }

    @property
    def coefficients_(self) -> dict[tuple[str, str], float]:
        """What was estimated, by parameter and covariate."""
        return dict(self.result_.coefficients)

    @property
    def standard_errors_(self) -> dict[tuple[str, str], float]:
        """Standard errors of the coefficients."""
        result = self.result_
        return dict(zip(result.coefficients, map(float, result.errors), strict=True))

    @property
    def covariance_(self) -> NDArray[np.float64]:
        """Covariance of the coefficients, in their order."""
        return self.result_.covariance.copy()

    @property
    def log_likelihood_(self) -> float:
        """The log-likelihood at the estimates."""
        return self.result_.log_likelihood

    @property
    def aic_(self) -> float:
        """Akaike's information criterion: smaller is better."""
        return 2.0 * len(self.result_.coefficients) - 2.0 * self.log_likelihood_

    @property
    def bic_(self) -> float:
        """Bayesian information criterion, with the number of durations."""
        result = self.result_
        size = len(result.coefficients)
        return size * math.log(result.rows) - 2.0 * result.log_likelihood

    @property
    def converged_(self) -> bool:
        """Whether the fit ended at a maximum."""
        return self.result_.status == "converged"

    def summary(self, level: float | None = None) -> Any:
        """Return one row a coefficient as a frame.

        Columns: `parameter`, `covariate`, `coefficient`, `std_error`, `lower`,
        `upper`, `time_ratio` with its ends (the exponential of the coefficient), `z`,
        `p_value`.
        """
        level = self.level if level is None else check_level(level, name="level")
        result = self.result_
        columns = coefficient_table(
            [covariate for _, covariate in result.coefficients],
            np.array(list(result.coefficients.values())),
            result.errors,
            level,
            "time_ratio",
        )
        names = [name for name, _ in result.coefficients]
        table = {"parameter": np.array(names, dtype=object), **columns}
        return native_frame(table, family=self._family)

    # -- predictions -------------------------------------------------------------

    def survival(
        self, times: ArrayLike, data: object = None, *, interval: float | None = None
    ) -> Any:
        """Return the share without the event at given times.

        Parameters
        ----------
        times : float or array
            When.
        data : frame or mapping, optional
            Rows with the covariates; not needed if there are none.
        interval : float, optional
            Confidence level of an interval for the uncertainty of the parameters,
            made on the log odds scale.

        Returns
        -------
        frame
            One row a row of the data and time: `row` (if there are data), `timeline`,
            `survival`, `hazard` and, with `interval`, `std_error`, `lower`, `upper`.
        """
        at = times_array(times, "times")
        result = self.result_
        x, family, _ = self._rows(data)
        table = self._predicted(x, at)
        survival = np.exp(table[:, 1])
        columns: dict[str, NDArray[Any]] = {}
        if data is not None:
            columns["row"] = np.repeat(np.arange(len(x)), len(at))
        columns |= {
            "timeline": np.tile(at, len(x)),
            "survival": survival,
            "hazard": np.exp(table[:, 0] - table[:, 1]),
        }
        if interval is not None:
            check_level(interval)
            slopes = result.chained(table[:, 2:], np.repeat(x, len(at), axis=0))
            errors = survival * result.spread(slopes)
            lower, upper = bounds(survival, errors, interval, "probability")
            columns |= {"std_error": errors, "lower": lower, "upper": upper}
        return native_frame(columns, family=family)

    def quantile(self, share: float = 0.5, data: object = None) -> Any:
        """Return the time by which a share has had the event; 0.5 is the median.

        Parameters
        ----------
        share : float, default 0.5
            The share with the event.
        data : frame or mapping, optional
            Rows with the covariates; not needed if there are none.

        Returns
        -------
        float, or series with `data`
            Infinite where so many never have the event.
        """
        check_level(share, name="share")
        x, family, index = self._rows(data)
        result = self.result_
        cured = result.cured_share
        of_others = share / (1 - cured)
        if of_others >= 1:
            times = np.full(len(x), np.inf)
        else:
            unit = _standard_quantile(self._distribution.family, result.rest, of_others)
            times = np.exp(result.locations(x)) * unit
        if data is None:
            return float(times[0])
        return native_series("quantile", times, family=family, index=index)

    def _rows(self, data: object) -> tuple[NDArray[np.float64], str, Any]:
        if data is not None:
            table = Table.of(data)
            return self._covariates.matrix(table), table.family, table.index
        if self._covariates.names:
            raise ParameterError.of(
                name="data",
                expected="hold rows with the covariates of the fit",
                found="nothing",
            )
        return np.empty((1, 0)), self._family, None

    def _predicted(
        self, x: NDArray[np.float64], at: NDArray[np.float64]
    ) -> NDArray[np.float64]:
        result = self.result_
        return _core.parametric_predict(
            self._distribution.family,
            self.cured,
            result.locations(x),
            result.rest,
            np.ascontiguousarray(at),
        )

    # -- display -----------------------------------------------------------------

    def _headline(self) -> str:
        result = self.result_
        how = (
            f"converged in {result.iterations} iterations"
            if self.converged_
            else result.status
        )
        return (
            f"{type(self).__name__} fitted to {result.rows:,.10g} durations; "
            f"log-likelihood {result.log_likelihood:.2f}, AIC {self.aic_:.1f}, {how}"
        )

    def _report(self) -> tuple[list[str], list[list[str]]]:
        errors = self.standard_errors_
        rows = [
            [
                f"{name} {covariate}",
                f"{value:#.4g}",
                f"{errors[name, covariate]:#.2g}",
            ]
            for (name, covariate), value in self.coefficients_.items()
        ]
        return ["", "coefficient", "std. error"], rows

    @override
    def __repr__(self) -> str:
        if self._result is None:
            return self._constructor()
        message = f"\n{self._result.message}" if self._result.message else ""
        return f"{self._headline()}\n{text_table(*self._report())}{message}"

    def _repr_html_(self) -> str:
        if self._result is None:
            return html_report(repr(self), [], [])
        return html_report(self._headline(), *self._report(), self._result.message)


def _standard_quantile(
    family: str, rest: tuple[float, float, float], share: float
) -> float:
    """Return the time by which that share of the uncured has had the event, from 1.

    By bisection of the logarithm: every distribution has the same way to its quantiles.
    """
    low, high = -1.0, 1.0
    goal, cured = math.log1p(-share), False

    def beyond(y: float) -> bool:
        """Whether more than the share has had the event by exp(y)."""
        at = np.array([math.exp(y)])
        found = _core.parametric_predict(family, cured, np.zeros(1), rest, at)
        return bool(found[0, 1] < goal)

    while beyond(low) and low > -700:
        low *= 2
    while not beyond(high) and high < 700:
        high *= 2
    low, high = max(low, -700.0), min(high, 700.0)
    for _ in range(200):
        middle = 0.5 * (low + high)
        if middle in (low, high):
            break
        low, high = (low, middle) if beyond(middle) else (middle, high)
    return math.exp(0.5 * (low + high))
