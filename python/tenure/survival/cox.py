"""By how much covariates raise or lower the risk of the event at every age."""

from __future__ import annotations

import warnings
from typing import TYPE_CHECKING, Any

import numpy as np

from tenure import _core
from tenure._frame import native_frame
from tenure._intervals import check_level
from tenure._report import html_report, text_table
from tenure._typing import override
from tenure.exceptions import (
    ConvergenceError,
    ConvergenceWarning,
    NotFittedError,
    ParameterError,
)
from tenure.survival import _diagnostics
from tenure.survival._covariates import Covariates
from tenure.survival._hazards import CoxTies, HazardPredictions
from tenure.survival._regression import (
    Baseline,
    CoxResult,
    Design,
    coefficient_table,
)
from tenure.survival._subjects import Groups, Source, Subjects

if TYPE_CHECKING:
    from collections.abc import Sequence
    from typing import Self

    from numpy.typing import ArrayLike, NDArray

    from tenure.survival._diagnostics import Residual, Transform

__all__ = ["Cox", "CoxTies"]


class Cox(HazardPredictions):
    """Cox regression: hazards that are proportional to each other.

    The risk of the event at each age is a baseline, about which nothing is assumed,
    times a factor for each covariate: a hazard ratio of 1.3 means that the risk is 30 %
    higher for each step of one, at every age.

    Parameters
    ----------
    ties : {"efron", "breslow"}, default "efron"
        How events at the same time are treated. Breslow's way draws coefficients
        towards zero where there are many.
    penalty : float, default 0.0
        Strength of a pull of the coefficients towards zero: the fit maximises the log
        partial likelihood less `penalty / 2` times the number of rows times the sum of
        squares of the coefficients of the standardised covariates, so that units do
        not matter. `log_likelihood_` does not contain it.
    robust : bool, default False
        Standard errors that hold where the hazards are not quite proportional, or rows
        are weighted (Lin and Wei's sandwich). With `cluster` in `fit` they are always
        robust, and allow for rows of a cluster being alike.
    level : float, default 0.95
        Confidence level.
    strict : bool, default False
        Raise `ConvergenceError` where a fit would otherwise warn.

    Attributes
    ----------
    params_, hazard_ratios_, standard_errors_ : dict by covariate
        Log hazard ratios, hazard ratios, and standard errors of the former.
    covariance_ : array
        Their covariance.
    log_likelihood_, log_likelihood_null_, aic_, concordance_ : float
        The log partial likelihood, the same without covariates, Akaike's criterion,
        and the share of pairs in which the one at higher risk has the event first.
    converged_ : bool
        Whether the fit ended at a maximum.

    References
    ----------
    Cox, D. R. (1972). Regression models and life-tables. Journal of the Royal
    Statistical Society B 34, 187-220.
    Efron, B. (1977). The efficiency of Cox's likelihood function for censored data.
    Journal of the American Statistical Association 72, 557-565.
    Lin, D. Y., Wei, L. J. (1989). The robust inference for the Cox proportional hazards
    model. Journal of the American Statistical Association 84, 1074-1078.

    Examples
    --------
    >>> import tenure as tn
    >>> telco = tn.datasets.load_telco_churn(family="numpy")
    >>> telco["churned"] = telco["churn"] == "Yes"
    >>> cox = tn.Cox().fit(
    ...     telco,
    ...     durations="tenure",
    ...     event_observed="churned",
    ...     covariates=["contract", "paperless_billing", "monthly_charges"],
    ... )
    >>> cox
    Cox regression on 7,043 durations with 1,869 events; log-likelihood ...
    """

    def __init__(
        self,
        *,
        ties: CoxTies = "efron",
        penalty: float = 0.0,
        robust: bool = False,
        level: float = 0.95,
        strict: bool = False,
    ) -> None:
        self.ties = ties
        self.penalty = penalty
        self.robust = robust
        self.level = level
        self.strict = strict
        self._result: CoxResult | None = None
        self._design: Design | None = None
        self._pairs: tuple[float, float, float, float] | None = None
        self._covariates = Covariates(())
        self._strata: str | None = None
        self._family = "numpy"
        self._index: Any = None

    # -- fitting -----------------------------------------------------------------

    def fit(
        self,
        data: object,
        event_observed: str | ArrayLike | None = None,
        *,
        durations: str | ArrayLike | None = None,
        covariates: Sequence[str] | None = None,
        entry: str | ArrayLike | None = None,
        weights: str | ArrayLike | None = None,
        strata: str | ArrayLike | None = None,
        cluster: str | ArrayLike | None = None,
    ) -> Self:
        """Find the hazard ratios.

        Parameters
        ----------
        data : frame or mapping
            One row a subject. Where covariates change over time, one row for each
            stretch of a subject's time in which they do not, observed from `entry` to
            `durations`, with the event in the last one at most.
        event_observed, durations, entry, weights
            As `KaplanMeier.fit`.
        covariates : sequence of str, optional
            Columns; all that are not used otherwise if left out. Text becomes
            indicators of its categories, compared with the first of them.
        strata : str or array, optional
            Groups with a baseline of their own, for what is no question but matters,
            or has hazards that are not proportional.
        cluster : str or array, optional
            Rows that belong together, as those of one subject or household: standard
            errors are then robust against their being alike.

        Returns
        -------
        self

        Raises
        ------
        DataError
            If a column holds something impossible; see `KaplanMeier.fit`.
        ParameterError
            If a covariate does not vary or is a combination of others.

        Warns
        -----
        ConvergenceWarning
            If the likelihood is monotone, or no maximum was reached.
        """
        check_level(self.level, name="level")
        if not (np.isfinite(self.penalty) and self.penalty >= 0):
            raise ParameterError.of(
                name="penalty",
                expected="be finite and not negative",
                found=repr(self.penalty),
            )
        self._result = self._design = self._pairs = None
        source = Source(data)
        used = (durations, event_observed, entry, weights, strata, cluster)
        table = source.table
        chosen = Covariates.of(table, covariates, used)
        assert table is not None  # noqa: S101
        design = Design(
            Subjects.of(source, durations, event_observed, entry, weights),
            chosen.names,
            chosen.matrix(table),
            None if strata is None else Groups.of(source, strata, "strata"),
            None if cluster is None else Groups.of(source, cluster, "cluster"),
        )
        found = _core.cox_fit(
            design.subjects.columns,
            design.subjects.names,
            design.explained,
            self.ties,
            self.penalty,
        )
        self._strata = None if design.strata is None else design.strata.name
        self._family, self._index = source.family, source.index
        self._covariates, self._design = chosen, design
        self._result = self._completed(design, found)
        if self._result.status != "converged":
            self._complain(self._result.message)
        return self

    def _completed(self, design: Design, found: dict[str, Any]) -> CoxResult:
        """Return what the core found, with robust errors and concordance."""
        coefficients, covariance = found["coefficients"], found["covariance"]
        robust = covariance
        if self.robust or design.clusters is not None:
            robust = _diagnostics.robust_covariance(
                design, self.ties, coefficients, covariance
            )
        labels = [None] if design.strata is None else design.strata.labels
        rows = found["baseline"]
        baselines = {
            self.ties: [Baseline(labels[c], t, d, h) for c, t, d, h, _ in rows],
            "breslow": [Baseline(labels[c], t, d, b) for c, t, d, _, b in rows],
        }
        return CoxResult(
            names=design.names,
            coefficients=coefficients,
            means=found["means"],
            information_covariance=covariance,
            covariance=robust,
            log_likelihood=found["log_likelihood"],
            log_likelihood_null=found["log_likelihood_null"],
            score_statistic=found["score_statistic"],
            iterations=found["iterations"],
            gradient_norm=found["gradient_norm"],
            status=found["status"],
            message=found["message"],
            baselines=baselines,
            rows=float(design.weights.sum()),
            events=float(design.weights[design.events].sum()),
        )

    def _complain(self, message: str) -> None:
        if self.strict:
            error = ConvergenceError(f"Cox: {message}")
            error.model, error.reason, error.hint = "Cox", message, ""
            self._result = self._design = None
            raise error
        warnings.warn(f"Cox: {message}", ConvergenceWarning, stacklevel=3)

    # -- what was learned --------------------------------------------------------

    @property
    @override
    def result_(self) -> CoxResult:
        """Everything that the fit found, as plain numbers."""
        if self._result is None:
            msg = "this Cox is not fitted; call fit() first"
            raise NotFittedError(msg)
        return self._result

    @property
    def family_(self) -> str:
        """The kind of frame that results come back as."""
        return self._family

    @property
    def params_(self) -> dict[str, float]:
        """The log hazard ratios by covariate."""
        return self._named(self.result_.coefficients)

    @property
    def hazard_ratios_(self) -> dict[str, float]:
        """The hazard ratios by covariate."""
        return self._named(np.exp(self.result_.coefficients))

    @property
    def covariance_(self) -> NDArray[np.float64]:
        """Covariance of the log hazard ratios; robust if that was asked for."""
        return self.result_.covariance.copy()

    @property
    def standard_errors_(self) -> dict[str, float]:
        """Standard errors of the log hazard ratios by covariate."""
        return self._named(self.result_.errors)

    def _named(self, values: NDArray[np.float64]) -> dict[str, float]:
        return dict(zip(self.result_.names, map(float, values), strict=True))

    @property
    def log_likelihood_(self) -> float:
        """The log partial likelihood at the estimates, without any penalty."""
        return self.result_.log_likelihood

    @property
    def log_likelihood_null_(self) -> float:
        """The log partial likelihood with all coefficients zero."""
        return self.result_.log_likelihood_null

    @property
    def aic_(self) -> float:
        """Akaike's criterion from the partial likelihood: smaller is better."""
        return 2.0 * len(self.result_.names) - 2.0 * self.log_likelihood_

    @property
    def concordance_(self) -> float:
        """The share of pairs in which the one at higher risk has the event first.

        Pairs of the same stratum of whom it is known who comes first; 0.5 is a guess.
        """
        result = self.result_
        if self._pairs is None:
            design = self._rows()
            risk = (design.x - result.means) @ result.coefficients
            strata = None if design.strata is None else design.strata.codes
            columns, names = design.subjects.columns, design.subjects.names
            self._pairs = _core.concordance(columns, names, risk, strata)
        return self._pairs[3]

    @property
    def converged_(self) -> bool:
        """Whether the fit ended at a maximum."""
        return self.result_.status == "converged"

    def summary(self, level: float | None = None) -> Any:
        """Return one row a covariate as a frame.

        Columns: `coefficient` (log hazard ratio), `std_error`, `lower`, `upper`,
        `hazard_ratio` with its ends, `z`, and `p_value` (of no effect, two-sided).
        """
        level = self.level if level is None else check_level(level, name="level")
        result = self.result_
        columns = coefficient_table(
            result.names, result.coefficients, result.errors, level, "hazard_ratio"
        )
        return native_frame(columns, family=self._family, index="covariate")

    def tests(self) -> Any:
        """Return tests of whether the covariates together have any effect.

        Returns
        -------
        frame
            One row a test (likelihood ratio, Wald, score): `test`, `statistic`,
            `degrees_of_freedom`, `p_value`.
        """
        return _diagnostics.overall_tests(self.result_, self._family)

    def residuals(self, kind: Residual = "martingale") -> Any:
        """Return what the regression leaves unexplained, row by row.

        Parameters
        ----------
        kind : str, default "martingale"
            "martingale": events less what was expected; "deviance": the same, made more
            symmetric; "score" and "dfbeta": by covariate, how far each row pulls the
            score and the coefficients; "schoenfeld" and "scaled_schoenfeld": by
            covariate, of rows with the event, how far they are from those at risk.

        Returns
        -------
        series or frame
            In the order of the rows. Those of Schoenfeld have one row an event, in
            order of time: `row`, `timeline`, and one column a covariate.
        """
        return _diagnostics.residuals(self, self._rows(), kind, self._index)

    def check_proportionality(self, transform: Transform = "rank") -> Any:
        """Test whether hazard ratios stay the same over time.

        Parameters
        ----------
        transform : {"rank", "km", "log", "identity"}, default "rank"
            The scale of time on which a trend of the hazard ratio is looked for.

        Returns
        -------
        frame
            One row a covariate, and `GLOBAL` for all together: `covariate`,
            `correlation` (of the scaled Schoenfeld residuals with time), `statistic`,
            `degrees_of_freedom`, `p_value`.

        References
        ----------
        Grambsch, P. M., Therneau, T. M. (1994). Proportional hazards tests and
        diagnostics based on weighted residuals. Biometrika 81, 515-526.
        """
        return _diagnostics.proportionality(self, self._rows(), transform)

    def _rows(self) -> Design:
        """Return the rows of the fit."""
        _ = self.result_
        if self._design is None:
            msg = "this Cox does not hold the rows of its fit (it was unpickled)"
            raise NotFittedError(msg)
        return self._design

    # -- storage and display -----------------------------------------------------

    @override
    def __getstate__(self) -> dict[str, Any]:
        """Pickle without the training data, but with what is shown of them."""
        if self._result is not None and self._design is not None:
            _ = self.concordance_
        return {**self.__dict__, "_design": None, "_index": None}

    def _headline(self) -> str:
        result = self.result_
        return (
            f"Cox regression on {result.rows:,.10g} durations with "
            f"{result.events:,.10g} events; log-likelihood "
            f"{result.log_likelihood:.2f}, concordance {self.concordance_:.3f}, "
            + (
                f"converged in {result.iterations} iterations"
                if self.converged_
                else result.status
            )
        )

    def _report(self) -> tuple[list[str], list[list[str]]]:
        result = self.result_
        table = coefficient_table(
            result.names, result.coefficients, result.errors, self.level, "ratio"
        )
        rows = [
            [
                name,
                f"{table['coefficient'][place]:#.4g}",
                f"{table['std_error'][place]:#.2g}",
                f"{table['ratio'][place]:#.4g}",
                "[{:#.4g}, {:#.4g}]".format(
                    table["ratio_lower"][place], table["ratio_upper"][place]
                ),
                f"{table['p_value'][place]:.2g}",
            ]
            for place, name in enumerate(result.names)
        ]
        share = f"{100 * self.level:g} % interval"
        header = ["", "coefficient", "std. error", "hazard ratio", share, "p"]
        return header, rows

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
