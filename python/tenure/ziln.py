"""What customers will be worth, by what is known of them when they come."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from tenure import _accuracy
from tenure._frame import Table, native_frame, native_series
from tenure._intervals import bounds, check_level, delta_method, level_names
from tenure._simulate import checked_seed
from tenure._ziln_fit import ZilnFit
from tenure._ziln_result import HEADS, checked, finite_matrix
from tenure.exceptions import EmptyDataError, ParameterError

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    Floats = NDArray[np.float64]

__all__ = ["ZILN"]


class ZILN(ZilnFit):
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

    # -- predictions -----------------------------------------------------------------

    def _heads(self, table: Table) -> tuple[Floats, Floats, Floats, Floats]:
        """Return covariates, chance of any value, mean and spread of its logarithm."""
        result = self.result_
        rows = finite_matrix(self._covariates, table)
        x = np.column_stack([np.ones(len(rows)), rows])
        a, b, c = (result.coefficients[result.of(head)] for head in HEADS)
        spread = np.logaddexp(0.0, x[:, : len(c)] @ c)
        # 1 / (1 + exp(-u)) without overflow
        buying: Floats = np.exp(-np.logaddexp(0.0, -(x @ a)))
        return x, buying, x @ b, spread

    def log_likelihood(self, data: object) -> Any:
        """Return the log-likelihood of each customer's value, as a series.

        Parameters
        ----------
        data : frame or mapping
            One row a customer, with the covariates and the value of the fit.
        """
        table = Table.of(data)
        x, _, mean, spread = self._heads(table)
        value = checked(table.numbers(self._value).values, self._value, least=0.0)
        head = x @ self.result_.coefficients[self.result_.of("buying")]
        some = value > 0
        # the logarithm of sigmoid(u) is -softplus(-u)
        likelihood: Floats = -np.logaddexp(0.0, np.where(some, -head, head))
        worth, width = np.log(value[some]), spread[some]
        z = (worth - mean[some]) / width
        constant = 0.5 * np.log(2.0 * np.pi)
        likelihood[some] -= 0.5 * z**2 + np.log(width) + worth + constant
        return self._series("log_likelihood", likelihood, table)

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
        if groups != int(groups) or not 1 <= groups <= len(actual):
            raise ParameterError.of(
                name="groups",
                expected="be a whole number from 1 to the number of customers, "
                f"{len(actual):,}",
                found=repr(groups),
            )
        found = _accuracy.calibration(predicted, actual, groups, level)
        columns = {"group": np.arange(1, groups + 1), **found}
        return native_frame(columns, family=table.family)

    def _compared(self, data: object) -> tuple[Floats, Floats, Table]:
        table = Table.of(data)
        _, p, mean, spread = self._heads(table)
        if not table.n_rows:
            msg = "there are no customers"
            raise EmptyDataError(msg)
        actual = checked(table.numbers(self._value).values, self._value, least=0.0)
        return p * np.exp(mean + 0.5 * np.square(spread)), actual, table
