"""How models would have done at several dates in the past."""

from __future__ import annotations

from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING, Any

import numpy as np

from tenure._candidates import (
    fitted_side_by_side,
    named_models,
    with_intervals,
)
from tenure._frame import native_frame
from tenure._holdout import Holdout
from tenure._report import counted, html_report, text_table, written
from tenure._typing import override
from tenure._units import in_units
from tenure.comparing import SAME_RATE
from tenure.exceptions import ParameterError

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from tenure._candidates import Candidates
    from tenure._purchasing import PurchasingModel
    from tenure._typing import Dates, Unit
    from tenure._units import Horizon
    from tenure.summary import Split
    from tenure.transactions import Transactions

__all__ = ["Backtest", "backtest"]


def backtest(
    log: Transactions,
    models: Candidates | None = None,
    *,
    origins: int | Dates = 4,
    horizon: Horizon,
    unit: Unit = "week",
    covariates: object = None,
) -> Backtest:
    """Fit models as of several dates, and see what each would have foretold.

    At each origin the models see the log up to that day, those customers only who had
    bought by then, and have to foretell the purchases of the horizon that follows.
    Nothing from after the origin leaks into a fit. All fits run side by side.

    Parameters
    ----------
    log : Transactions
        The log.
    models : sequence or mapping, optional
        As `compare`.
    origins : int or sequence of dates, default 4
        The last days that models may see. A number means so many, a horizon apart, the
        last of which lets the horizon end with the log.
    horizon : float, str or timedelta
        How long to foretell: a number of days, or a text such as "13 weeks"; rounded to
        whole days.
    unit : str, default "week"
        The unit of time of the models.
    covariates : frame, optional
        For models with covariates, one row a customer, with a column "customer_id":
        things that were so at every origin.

    Returns
    -------
    Backtest
        One row an origin and model, and their means.

    Raises
    ------
    ParameterError
        If an origin leaves no horizon, or nobody has bought by then.

    References
    ----------
    Tashman, L. J. (2000). Out-of-sample tests of forecasting accuracy: an analysis and
    review. International Journal of Forecasting 16(4), 437-450.

    Examples
    --------
    >>> import tenure as tn
    >>> log = tn.Transactions(tn.datasets.load_cdnow(), amount="amount", time="date")
    >>> tests = tn.backtest(log, ["NBD", "MBGNBD"], origins=2, horizon="26 weeks")
    >>> tests.best("mae")
    'MBGNBD'
    """
    named = named_models(models)
    days = _whole_days(horizon)
    dates = _origins(log, origins, days)
    splits = [
        with_intervals(log.split(str(day), str(day + days), unit), log, named.values())
        for day in dates
    ]
    if covariates is not None:
        splits = [split.with_covariates(covariates) for split in splits]
    jobs = [
        (model, partial(_fit, split=split))
        for split in splits
        for model in named.values()
    ]
    found = iter(fitted_side_by_side(jobs))
    tests: list[tuple[Holdout, dict[str, PurchasingModel]]] = []
    failed: list[str] = []
    for split, day in zip(splits, dates, strict=True):
        fitted: dict[str, PurchasingModel] = {}
        for name in named:
            one = next(found)
            if isinstance(one, Exception):
                failed.append(f"{name} at {day}: {one}")
            else:
                fitted[name] = one
        tests.append((Holdout.of(split, fitted, log), fitted))
    return Backtest(tuple(tests), tuple(failed), int(days.astype(int)), log.family)


def _fit(model: PurchasingModel, split: Split) -> None:
    columns = {name: name for name in ("frequency", "recency", "T")}
    model._learn(split, columns, weights=None, unit=None, complain=False)  # noqa: SLF001


def _whole_days(horizon: Horizon) -> np.timedelta64:
    lengths = in_units(horizon, "day", name="horizon")
    days = round(float(lengths[0])) if len(lengths) == 1 else 0
    if days >= 1:
        return np.timedelta64(days, "D")
    raise ParameterError.of(
        name="horizon", expected="be one length of a day at least", found=repr(horizon)
    )


def _origins(
    log: Transactions, origins: int | Dates, days: np.timedelta64
) -> list[np.datetime64]:
    """Return the last days that models may see, ascending."""
    first, last = (_day_of(day) for day in log.span)
    if isinstance(origins, int):
        if origins < 1:
            raise ParameterError.of(
                name="origins", expected="be at least 1", found=repr(origins)
            )
        chosen = [last - days * (place + 1) for place in reversed(range(origins))]
    else:
        chosen = sorted(_day_of(day) for day in origins)
    for day in chosen:
        if not first <= day <= last - days:
            raise ParameterError.of(
                name="origins",
                expected=f"lie between the first purchase, {first}, and a horizon "
                f"before the end of the log, {last - days}",
                found=str(day),
                hint="ask for fewer origins, or a shorter horizon",
            )
    return chosen


def _day_of(date: Any) -> np.datetime64:
    """Return the day of a date or an instant."""
    return np.datetime64(str(date)[:10], "D")


@dataclass(frozen=True, eq=False, repr=False)
class Backtest:
    """What models would have foretold at several dates.

    Made by `backtest`.

    Attributes
    ----------
    tests : tuple of (Holdout, dict of str to PurchasingModel)
        For each origin what came, and the models fitted then.
    failed : tuple of str
        Fits that came to nothing, and why.
    days : int
        How long the horizon is.
    family : str
        The kind of frame that tables come back as.
    """

    tests: tuple[tuple[Holdout, dict[str, PurchasingModel]], ...]
    failed: tuple[str, ...]
    days: int
    family: str

    def to_frame(self) -> Any:
        """Return one row an origin and model.

        Columns: `origin`, `model`, `customers` known then, `purchases` that came, and
        the measures of `Comparison.to_frame`.
        """
        return native_frame(self._columns(), family=self.family)

    def _rows(self) -> list[tuple[Holdout, str, dict[str, float]]]:
        rows: list[tuple[Holdout, str, dict[str, float]]] = []
        for holdout, models in self.tests:
            rows += [(holdout, name, holdout.measures(name)) for name in models]
            rows.append((holdout, SAME_RATE, holdout.same_rate()))
        return rows

    def _columns(self) -> dict[str, NDArray[Any]]:
        rows = self._rows()
        columns: dict[str, NDArray[Any]] = {
            "origin": np.array([_day(one.split) for one, _, _ in rows]),
            "model": np.array([name for _, name, _ in rows], dtype=object),
            "customers": np.array([len(one.actual) for one, _, _ in rows]),
            "purchases": np.array(
                [int(one.actual.sum()) for one, _, _ in rows], dtype=np.int64
            ),
        }
        for measure in rows[0][2]:
            columns[measure] = np.array([found[measure] for _, _, found in rows])
        return columns

    def means(self) -> Any:
        """Return one row a model: the mean of each measure over the origins."""
        return native_frame(self._means(), family=self.family, index="model")

    def _means(self) -> dict[str, NDArray[Any]]:
        columns = self._columns()
        names = list(dict.fromkeys(columns["model"]))
        means: dict[str, NDArray[Any]] = {
            "model": np.array(names, dtype=object),
            "origins": np.array([int((columns["model"] == n).sum()) for n in names]),
        }
        for measure in list(columns)[4:]:
            of = [columns[measure][columns["model"] == name] for name in names]
            means[measure] = np.array([float(values.mean()) for values in of])
        return means

    def best(self, measure: str = "log_score") -> str:
        """Return the model that does best on average.

        Parameters
        ----------
        measure : str, default "log_score"
            One of the measures; for `bias` and `total_ratio` best is nearest to 0 and
            to 1.
        """
        means = self._means()
        measures = list(means)[2:]
        if measure not in measures:
            raise ParameterError.of(
                name="measure",
                expected=f"be one of {', '.join(measures)}",
                found=repr(measure),
            )
        values = means[measure].copy()
        if measure in ("bias", "total_ratio"):
            values = -np.abs(values - (measure == "total_ratio"))
        elif measure not in ("log_score", "gini"):
            values = -values
        values[means["model"] == SAME_RATE] = np.nan
        return str(means["model"][int(np.nanargmax(values))])

    def _headline(self) -> str:
        first, last = self.tests[0][0].split, self.tests[-1][0].split
        return (
            f"Backtest of {counted(len(self.tests), 'origin')} from {_day(first)} to "
            f"{_day(last)}, {counted(self.days, 'day')} foretold; means over origins"
        )

    def _table(self) -> tuple[list[str], list[list[str]]]:
        means = self._means()
        measures = [name for name in list(means)[2:] if name != "rmse"]
        rows = [
            [str(name), *(_digits(means[measure][row]) for measure in measures)]
            for row, name in enumerate(means["model"])
        ]
        return ["", *measures], rows

    @override
    def __repr__(self) -> str:
        return "\n".join([self._headline(), text_table(*self._table()), *self.failed])

    def _repr_html_(self) -> str:
        return html_report(self._headline(), *self._table(), "\n".join(self.failed))


def _day(split: Split) -> str:
    assert split.as_of is not None  # noqa: S101
    return written(split.as_of)


def _digits(value: float) -> str:
    return "" if np.isnan(value) else f"{value:.3f}"
