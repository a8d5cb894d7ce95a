"""The scorecard: what was foretold at a date, against what came."""

from __future__ import annotations

from dataclasses import dataclass, field
from importlib import import_module
from typing import TYPE_CHECKING, Any

import numpy as np

from tenure import _accuracy
from tenure._frame import Table, native_frame
from tenure._intervals import normal_quantile
from tenure._money import money_quantiles
from tenure._report import counted, html_report, text_table, written
from tenure._typing import override
from tenure._units import DAYS
from tenure.equity._appraisal import appraise
from tenure.equity._settings import Models, Terms, day_of, length_between
from tenure.equity._spread import (
    money_probabilities,
    money_variance,
    spend_shapes,
    square_of_counts,
    value_moments,
)
from tenure.exceptions import ParameterError
from tenure.formulas import valued_activity
from tenure.rfm.intervals import wilson
from tenure.spend import GammaGamma

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from numpy.typing import NDArray

    from tenure._purchasing import PurchasingModel
    from tenure._typing import Date, Unit
    from tenure._units import Horizon
    from tenure.equity._appraisal import Appraisal
    from tenure.transactions import Transactions

    Floats = NDArray[np.float64]

__all__ = ["MEASURES", "Scorecard", "scorecard"]

MEASURES = (
    "total",
    "bias",
    "mae",
    "slope",
    "intercept",
    "gini",
    "rank_correlation",
    "coverage",
)
"""What a scorecard measures, of value and of purchases."""


@dataclass(frozen=True, eq=False, repr=False)
class Scorecard:
    """What was foretold of each customer at a date, against what came.

    Made by `equity.scorecard`. Nothing is discounted: it is compared with money that
    was paid.

    Attributes
    ----------
    at, until : numpy.datetime64
        The last day that the forecast knows, and the last one that it is about.
    customers : int
        How many customers were known at the date.
    predicted, actual : dict of str to float64 array
        "value" and "purchases" of each customer.
    total_interval : dict of str to (float, float)
        Prediction intervals of both totals: for the uncertainty of the parameters, and
        for how customers' purchases and their values fall. NaN where one of the two is
        not known, as where the variance of spend does not exist (q of at most 2).
    measures : dict of str to dict of str to (float, float, float)
        For "value" and "purchases" the estimate of each of `MEASURES` and its interval;
        see `to_frame`.
    basis : str
        "margin" or "revenue": what a value counts.
    interval : float
        Confidence level of all intervals.
    """

    at: np.datetime64
    until: np.datetime64
    customer_id: NDArray[Any]
    predicted: dict[str, Floats]
    actual: dict[str, Floats]
    total_interval: dict[str, tuple[float, float]]
    measures: dict[str, dict[str, tuple[float, float, float]]]
    basis: str
    interval: float
    family: str
    _appraisal: Appraisal = field(repr=False)
    _length: float = field(repr=False)

    @property
    def customers(self) -> int:
        """How many customers were known at the date."""
        return len(self.customer_id)

    def to_frame(self) -> Any:
        """Return one row a measure, of value and of purchases.

        Returns
        -------
        frame
            `of`, `measure`, `estimate`, `low` and `high`. The measures are `total`,
            what came over what was foretold (its interval says where it should have
            been if the models are right); `bias`, the mean of foretold less actual;
            `mae`, the mean absolute error; `slope` and `intercept` of the regression of
            what came on what was foretold, 1 and 0 where forecasts are neither too
            spread out nor too alike (intervals from robust standard errors, HC1);
            `gini`, how well customers were ranked, where 1 is as well as can be;
            `rank_correlation` (Spearman); and `coverage`, the share of customers whose
            prediction interval held what they did (Wilson).
        """
        rows = [
            (of, name, *self.measures[of][name])
            for of in self.measures
            for name in MEASURES
        ]
        names = ("of", "measure", "estimate", "low", "high")
        columns = {
            name: np.array(
                [row[place] for row in rows], dtype=object if place < 2 else float
            )
            for place, name in enumerate(names)
        }
        return native_frame(columns, family=self.family)

    def by_decile(self, of: str = "value", parts: int = 10) -> Any:
        """Return means of equal groups of customers, those foretold most first.

        Returns
        -------
        frame
            `decile`, `customers`, `predicted`, `actual` with `actual_low` and
            `actual_high` (normal intervals of the mean), `lift` (over the mean of all)
            and `captured` (the share of all that came up to this group).
        """
        parts = min(int(parts), self.customers)
        table = _accuracy.calibration(
            self.predicted[of], self.actual[of], parts, self.interval
        )
        sizes = np.full(parts, self.customers / parts)
        columns = {"decile": np.arange(1, parts + 1), "customers": sizes, **table}
        return native_frame(columns, family=self.family)

    def by_customer(self) -> Any:
        """Return one row a customer: what was foretold, its interval, and what came.

        Returns
        -------
        frame
            `customer_id`; for value and purchases `predicted_...`, the prediction
            interval `..._low` and `..._high` (at the fitted parameters), `actual_...`.
        """
        lower, upper = _between(self._appraisal, self._length)
        columns: dict[str, NDArray[Any]] = {"customer_id": self.customer_id}
        for of in self.predicted:
            columns[f"predicted_{of}"] = self.predicted[of]
            columns[f"{of}_low"] = lower[of]
            columns[f"{of}_high"] = upper[of]
            columns[f"actual_{of}"] = self.actual[of]
        return native_frame(columns, family=self.family, index="customer_id")

    def plot(self, *, ax: Axes | None = None, **kwargs: Any) -> Axes:
        """Draw foretold and actual means by decile: `plotting.plot_scorecard`."""
        from tenure.plotting import plot_scorecard  # noqa: PLC0415

        return plot_scorecard(self, ax=ax, **kwargs)

    def sentences(self) -> list[str]:
        """Return what the numbers say."""
        from tenure.equity._words import of_scorecard  # noqa: PLC0415

        return of_scorecard(self)

    def _headline(self) -> str:
        return (
            f"Scorecard of {counted(self.customers, 'customer')}: foretold on "
            f"{written(self.at)}, against what came by {written(self.until)}"
        )

    def _table(self) -> tuple[list[str], list[list[str]]]:
        header = ["", *(f"{of}" for of in self.measures)]
        level = f"{100 * self.interval:g} % interval"
        header = [""]
        for of in self.measures:
            header += [of, level]
        rows: list[list[str]] = []
        for name in MEASURES:
            row = [name.replace("_", " ")]
            for of in self.measures:
                estimate, low, high = self.measures[of][name]
                ends = "" if np.isnan(low) else f"{low:,.3f} to {high:,.3f}"
                row += [f"{estimate:,.3f}", ends]
            rows.append(row)
        return header, rows

    @override
    def __repr__(self) -> str:
        parts = [self._headline(), *self.sentences(), text_table(*self._table())]
        return "\n".join(parts)

    def _repr_html_(self) -> str:
        return html_report(self._headline(), *self._table(), " ".join(self.sentences()))


def scorecard(
    log: Transactions,
    at: Date | None = None,
    *,
    horizon: Horizon = "12 months",
    margin: float | None = None,
    buying: PurchasingModel | None = None,
    spend: GammaGamma | float | None = None,
    unit: Unit = "week",
    interval: float = 0.9,
) -> Scorecard:
    """Return how well the forecast of a date turned out.

    The models see the log up to the date only, and foretell each customer's purchases
    and their value over the horizon; beside that stands what came. Refunds count when
    they were made.

    Parameters
    ----------
    log : Transactions
        A log with amounts.
    at : date, optional
        The last day that the forecast knows; by default the horizon before the end of
        the log.
    horizon : float, str or timedelta, default "12 months"
        How far the forecast looks ahead, rounded to whole days: it must end within the
        log.
    margin : float, optional
        Share of revenue that is earned, above 0; without it values are revenue.
    buying, spend, unit
        As for `snapshots`. A model that is fitted already is asked as it is, if it has
        not seen more than was known at the date.
    interval : float, default 0.9
        Confidence level of the intervals.

    Returns
    -------
    Scorecard

    Raises
    ------
    ImportError
        If SciPy or statsmodels is not installed: ``pip install 'tenure[stats]'``.
    ParameterError
        If the horizon ends after the log, or a model has seen more.

    See Also
    --------
    tenure.backtest : The same for purchases, of several models at several dates.

    References
    ----------
    Wübben, M., von Wangenheim, F. (2008). Instant customer base analysis: managerial
    heuristics often "get it right". Journal of Marketing 72(3), 82-93.
    White, H. (1980). A heteroskedasticity-consistent covariance matrix estimator and a
    direct test for heteroskedasticity. Econometrica 48(4), 817-838.

    Examples
    --------
    >>> import tenure as tn
    >>> orders = tn.datasets.load_cdnow(family="numpy")
    >>> log = tn.Transactions(orders, amount="amount")
    >>> found = tn.equity.scorecard(log, "1997-09-30", horizon="39 weeks")
    >>> print(found.sentences()[0])
    Of the 2,357 customers known on 1997-09-30, 59,932 in revenue was expected by \
1998-06-30; 70,976 came, 18 % more.
    """
    terms = Terms.of(
        horizon=horizon,
        discount_rate=0.0,
        margin=margin,
        cost_per_order=0.0,
        unit=unit,
        interval=interval,
    )
    day, until = _span(log, at, terms)
    one = appraise(log, [day], terms, Models.of(buying, spend, refit=False))[0]
    length = length_between(day, until, unit)
    predicted = {
        "value": one.worth(length, 0.0),
        "purchases": _expected_purchases(one, length),
    }
    actual = _came(log, one, until)
    held = _held(one, length, actual)
    reach = _reach_of_totals(one, length)
    measures = {
        of: _measured(predicted[of], actual[of], reach[of], terms.interval)
        for of in predicted
    }
    for of, found in measures.items():
        found["coverage"] = _share(held[of], terms.interval)
    totals = {of: float(values.sum()) for of, values in predicted.items()}
    return Scorecard(
        at=day,
        until=until,
        customer_id=one.summary.customer_id,
        predicted=predicted,
        actual=actual,
        total_interval={
            of: (total - reach[of], total + reach[of]) for of, total in totals.items()
        },
        measures=measures,
        basis=terms.basis,
        interval=terms.interval,
        family=log.family,
        _appraisal=one,
        _length=length,
    )


def _span(
    log: Transactions, at: Date | None, terms: Terms
) -> tuple[np.datetime64, np.datetime64]:
    """Return the last days that the forecast knows, and that it is about."""
    days = np.timedelta64(max(1, round(terms.horizon * DAYS[terms.unit])), "D")
    last = log.span[1]
    day = last - days if at is None else day_of(log, at, "at")
    if day < log.span[0] or day + days > last:
        raise ParameterError.of(
            name="horizon",
            expected="end within the log, which is from "
            f"{written(log.span[0])} to {written(last)}",
            found=f"{written(day)} and {int(days.astype(int)):,} days more",
            hint="choose an earlier date, or a shorter horizon",
        )
    return day, day + days


def _expected_purchases(one: Appraisal, length: float) -> Floats:
    customers = one.buying._customers(one.summary)  # noqa: SLF001
    horizon = np.array([length])
    return one.buying._predict("expected_purchases", customers, horizon)[0]  # noqa: SLF001


def _came(log: Transactions, one: Appraisal, until: np.datetime64) -> dict[str, Floats]:
    """Return what each customer brought after the date."""
    later = valued_activity(log, str(until))
    rows = np.searchsorted(later["customer_id"], one.summary.customer_id)
    share = 1.0 if one.terms.margin is None else one.terms.margin
    bought = later["purchases"][rows] - one.bought
    return {
        "value": share * (later["total_value"][rows] - one.paid),
        "purchases": bought.astype(np.float64),
    }


def _held(
    one: Appraisal, length: float, actual: dict[str, Floats]
) -> dict[str, NDArray[np.bool_]]:
    """Return whose prediction interval held what they did: of value, of purchases."""
    low, high = (1 - one.terms.interval) / 2, (1 + one.terms.interval) / 2
    customers = one.buying._customers(one.summary)  # noqa: SLF001
    counts = one.buying._quantiles(customers, length, (low, high))  # noqa: SLF001
    bought, model = actual["purchases"], one.spending.model
    found = {"purchases": (counts[:, 0] <= bought) & (bought <= counts[:, 1])}
    share = 1.0 if one.terms.margin is None else one.terms.margin
    paid = actual["value"] / share
    if isinstance(model, GammaGamma):
        _needed("scipy.special", "the coverage of intervals of value")
        spenders = model._customers(one.spending.customers)  # noqa: SLF001
        shapes = spend_shapes(model, spenders, len(one))
        below, up_to = money_probabilities(one.buying, customers, length, shapes, paid)
        held = (up_to >= low) & (below <= high)
    else:
        held = (counts[:, 0] * model <= paid) & (paid <= counts[:, 1] * model)
    return {"value": held, **found}


def _between(
    one: Appraisal, length: float
) -> tuple[dict[str, Floats], dict[str, Floats]]:
    """Return the prediction intervals of each customer."""
    tails = ((1 - one.terms.interval) / 2, (1 + one.terms.interval) / 2)
    customers = one.buying._customers(one.summary)  # noqa: SLF001
    counts = one.buying._quantiles(customers, length, tails)  # noqa: SLF001
    money = Table.of(
        money_quantiles(
            one.buying,
            one.spending.model,
            one.spending.customers,
            horizon=length,
            levels=tails,
            margin=1.0 if one.terms.margin is None else one.terms.margin,
        )
    )
    ends = [money.numbers(repr(float(tail))).values for tail in tails]
    lower = {"value": ends[0], "purchases": counts[:, 0]}
    return lower, {"value": ends[1], "purchases": counts[:, 1]}


def _reach_of_totals(one: Appraisal, length: float) -> dict[str, float]:
    """Return how far the prediction intervals of the totals reach either way."""
    customers = one.buying._customers(one.summary)  # noqa: SLF001
    mean = _expected_purchases(one, length)
    square = square_of_counts(one.buying, customers, length)
    model = one.spending.model
    spenders = None
    if isinstance(model, GammaGamma):
        spenders = model._customers(one.spending.customers)  # noqa: SLF001
    moments = value_moments(model, spenders, len(one))
    share = 1.0 if one.terms.margin is None else one.terms.margin
    variances = {
        "value": share**2 * float(money_variance(moments, mean, square).sum()),
        "purchases": float((square - mean**2).sum()),
    }
    errors = one.errors_of_totals(length)
    z = normal_quantile(one.terms.interval)
    return {
        of: z * float(np.sqrt(variances[of] + errors[of] ** 2))
        if np.isfinite(variances[of])
        else np.nan
        for of in variances
    }


def _measured(
    predicted: Floats, actual: Floats, reach: float, level: float
) -> dict[str, tuple[float, float, float]]:
    n, z = len(actual), normal_quantile(level)
    off = predicted - actual
    expected = float(predicted.sum())
    ratio = float(actual.sum()) / expected if expected else np.nan
    apart = reach / expected if expected else np.nan
    mean = float(off.mean())
    away = float(np.abs(off).mean())
    errors = [
        z * float(np.std(one, ddof=1)) / np.sqrt(n) if n > 1 else np.nan
        for one in (off, np.abs(off))
    ]
    gini = _accuracy.normalised_gini(predicted, actual)
    return {
        "total": (ratio, 1 - apart, 1 + apart),
        "bias": (mean, mean - errors[0], mean + errors[0]),
        "mae": (away, away - errors[1], away + errors[1]),
        **_regression(predicted, actual, level),
        "gini": (gini, np.nan, np.nan),
        "rank_correlation": _rank_correlation(predicted, actual, z),
    }


def _regression(
    predicted: Floats, actual: Floats, level: float
) -> dict[str, tuple[float, float, float]]:
    """Return slope and intercept of what came on what was foretold."""
    if len(actual) < 3 or np.ptp(predicted) == 0:
        nothing = (np.nan, np.nan, np.nan)
        return {"slope": nothing, "intercept": nothing}
    api: Any = _needed("statsmodels.api", "the calibration slope")
    design = api.add_constant(predicted)
    fit = api.OLS(actual, design).fit(cov_type="HC1")
    ends = fit.conf_int(alpha=1 - level)
    return {
        name: (float(fit.params[place]), float(ends[place][0]), float(ends[place][1]))
        for place, name in ((1, "slope"), (0, "intercept"))
    }


def _rank_correlation(
    predicted: Floats, actual: Floats, z: float
) -> tuple[float, float, float]:
    """Return Spearman's correlation; the interval is Bonett and Wright's (2000)."""
    if len(actual) < 4 or np.ptp(predicted) == 0 or np.ptp(actual) == 0:
        return np.nan, np.nan, np.nan
    stats: Any = _needed("scipy.stats", "the rank correlation")
    rho = float(stats.spearmanr(predicted, actual).statistic)
    reach = z * np.sqrt((1 + rho**2 / 2) / (len(actual) - 3))
    middle = np.arctanh(np.clip(rho, -1 + 1e-12, 1 - 1e-12))
    return rho, float(np.tanh(middle - reach)), float(np.tanh(middle + reach))


def _share(held: NDArray[np.bool_], level: float) -> tuple[float, float, float]:
    share, low, high = wilson(np.array([int(held.sum())]), len(held), level)
    return float(share[0]), float(low[0]), float(high[0])


def _needed(module: str, work: str) -> Any:
    try:
        return import_module(module)
    except ModuleNotFoundError:
        package = module.split(".", maxsplit=1)[0]
        msg = f"{work} needs {package}; install it with pip install 'tenure[stats]'"
        raise ImportError(msg) from None
