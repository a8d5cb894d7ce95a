"""Which model describes customers best, and which foretells best what they do next."""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import partial
from typing import TYPE_CHECKING, Any, Literal

import numpy as np

from tenure import _accuracy
from tenure._candidates import (
    check_comparable,
    fitted_side_by_side,
    named_models,
    with_intervals,
)
from tenure._frame import native_frame
from tenure._holdout import Holdout
from tenure._intervals import check_level
from tenure._likelihood_ratio import LikelihoodRatio, known_pair, likelihood_ratio_test
from tenure._report import counted, html_report, text_table
from tenure._typing import override
from tenure.exceptions import ConvergenceError, ParameterError
from tenure.summary import Split, Summary
from tenure.transactions import Transactions

if TYPE_CHECKING:
    from collections.abc import Mapping

    from matplotlib.axes import Axes
    from numpy.typing import NDArray

    from tenure._candidates import Candidates
    from tenure._purchasing import PurchasingModel
    from tenure._typing import Date, Unit

__all__ = ["Comparison", "compare"]

SAME_RATE = "same rate as before"
"""The forecast that needs no model: everybody goes on as before."""

_SMALL_IS_GOOD = ("aic", "bic", "crps", "mae", "rmse", "calibration", "tracking")


def compare(
    data: object,
    models: Candidates | None = None,
    *,
    holdout: Date | Split | None = None,
    until: Date | None = None,
    unit: Unit = "week",
) -> Comparison:
    """Fit several models to the same customers and put them side by side.

    Parameters
    ----------
    data : Transactions, Split, Summary or frame
        A log; a summary or a frame with the columns `frequency`, `recency` and `T`; or
        a split, which is a summary with its holdout. Models with covariates need a
        frame that has them, or a summary or split `with_covariates`.
    models : sequence or mapping, optional
        Models, classes or names such as "ParetoNBD"; a mapping gives them names of its
        own. BGNBD, MBGNBD, ParetoNBD, NBD and GGompertzNBD if left out.
    holdout : date or Split, optional
        For a log, the last day that the models may see; what came later is what they
        have to foretell. For a summary, a split with the same customers. Models with
        covariates compared on a log need
        `log.split(date, unit=...).with_covariates(frame)`.
    until : date, optional
        For a log, the last day to foretell; that of the last event if left out.
    unit : str, default "week"
        For a log, the unit of time.

    Returns
    -------
    Comparison
        The fitted models, and tables of how they did.

    Raises
    ------
    ParameterError
        If something is no model of repeat buying, or there is a holdout that does not
        belong to the data.

    References
    ----------
    Fader, P. S., Hardie, B. G. S., Lee, K. L. (2005). "Counting your customers" the
    easy way: an alternative to the Pareto/NBD model. Marketing Science 24(2), 275-284.
    Czado, C., Gneiting, T., Held, L. (2009). Predictive model assessment for count
    data. Biometrics 65(4), 1254-1261.
    Wuebben, M., von Wangenheim, F. (2008). Instant customer base analysis: managerial
    heuristics often "get it right". Journal of Marketing 72(3), 82-93.

    Examples
    --------
    >>> import tenure as tn
    >>> log = tn.Transactions(tn.datasets.load_cdnow(), amount="amount", time="date")
    >>> found = tn.compare(log, ["NBD", "ParetoNBD", "MBGNBD"], holdout="1997-09-30")
    >>> found.best("aic"), found.best("log_score")
    ('MBGNBD', 'MBGNBD')
    """
    named = named_models(models)
    known, log = _known(data, holdout, until, unit)
    if log is not None and isinstance(known, Summary):
        known = with_intervals(known, log, named.values())
    check_comparable(known, named)
    if isinstance(known, Summary):
        names = {name: name for name in ("frequency", "recency", "T")}
    else:
        names = {}
    fit = partial(_fit, data=known, names=names)
    jobs = [(model, fit) for model in named.values()]
    found = dict(zip(named, fitted_side_by_side(jobs), strict=True))
    models_found = {
        name: one for name, one in found.items() if not isinstance(one, Exception)
    }
    failed = {
        name: str(one) for name, one in found.items() if isinstance(one, Exception)
    }
    if not models_found:
        raise ConvergenceError(next(iter(failed.values())))
    split = known if isinstance(known, Split) else None
    return Comparison(
        models=models_found,
        failed=failed,
        holdout=None if split is None else Holdout.of(split, models_found, log),
        family=next(iter(models_found.values()))._customers(None).family,  # noqa: SLF001
    )


def _known(
    data: object, holdout: Date | Split | None, until: Date | None, unit: Unit
) -> tuple[object, Transactions | None]:
    """Return what the models may see, with the holdout if there is one; and the log."""
    log = data if isinstance(data, Transactions) else None
    if isinstance(holdout, Split):
        if isinstance(data, Summary) and not _same_customers(data, holdout):
            raise ParameterError.of(
                name="holdout",
                expected="be a split with the customers of the data",
                found=f"{counted(len(holdout), 'customer')} with other histories",
            )
        return holdout, log
    if log is not None:
        if holdout is None:
            return log.summary(unit=unit, as_of=until), log
        return log.split(holdout, until, unit), log
    if holdout is not None:
        raise ParameterError.of(
            name="holdout",
            expected="be the result of log.split for data that are no log",
            found=repr(holdout),
        )
    return data, None


def _same_customers(summary: Summary, split: Split) -> bool:
    names = ("frequency", "recency", "T")
    return all(np.array_equal(summary[name], split[name]) for name in names)


def _fit(model: PurchasingModel, data: object, names: Mapping[str, str]) -> None:
    columns = {name: names.get(name, name) for name in ("frequency", "recency", "T")}
    model._learn(data, columns, weights=None, unit=None, complain=False)  # noqa: SLF001


@dataclass(frozen=True, eq=False, repr=False)
class Comparison:
    """Models fitted to the same customers.

    Made by `compare`.

    Attributes
    ----------
    models : dict of str to PurchasingModel
        The fitted models.
    failed : dict of str to str
        Models that could not be fitted at all, and why.
    holdout : Holdout or None
        What was foretold and what came; None if nothing was held out.
    family : str
        The kind of frame that tables come back as.
    """

    models: dict[str, PurchasingModel]
    failed: dict[str, str]
    holdout: Holdout | None = field(repr=False)
    family: str

    # -- tables ----------------------------------------------------------------------

    def to_frame(self) -> Any:
        """Return one row a model, the best by AIC first.

        Columns: `parameters` estimated, `log_likelihood`, `aic`, `bic`, `aic_weight`
        (the model's share of the evidence among these, by Akaike's criterion) and
        `status` of the fit. With a holdout, about the purchases in it: `log_score`, the
        mean logarithm of the probability given to what each customer did (larger is
        better); `crps`, the continuous ranked probability score; `mae`, `rmse` and
        `bias` of the expected purchases; `total_ratio`, all that were expected over all
        that came; `gini`, normalised, of the ranking; `calibration`, the error by
        tenths of customers; and, for a log, `tracking`, the mean relative error of
        cumulative purchases over the weeks of the holdout. The last row then is the
        forecast that everybody goes on at the rate of before.
        """
        return native_frame(self._columns(), family=self.family, index="model")

    def _columns(self) -> dict[str, NDArray[Any]]:
        order = sorted(self.models, key=lambda name: (self.models[name].aic_, name))
        aic = np.array([self.models[name].aic_ for name in order])
        evidence = np.exp(-0.5 * (aic - aic.min()))
        columns: dict[str, NDArray[Any]] = {
            "model": np.array(order, dtype=object),
            "parameters": np.array(
                [self.models[name].result_.n_estimated for name in order],
                dtype=np.float64,
            ),
            "log_likelihood": np.array(
                [self.models[name].log_likelihood_ for name in order]
            ),
            "aic": aic,
            "bic": np.array([self.models[name].bic_ for name in order]),
            "aic_weight": evidence / evidence.sum(),
            "status": np.array(
                [self.models[name].result_.status for name in order], dtype=object
            ),
        }
        if self.holdout is None:
            return columns
        rows = [self.holdout.measures(name) for name in order]
        rows.append(self.holdout.same_rate())
        blank = {"model": SAME_RATE, "status": ""}
        for name, values in columns.items():
            columns[name] = np.append(values, blank.get(name, np.nan))
        for name in rows[0]:
            columns[name] = np.array([row[name] for row in rows])
        return columns

    def best(self, criterion: str = "aic") -> str:
        """Return the name of the best model by a column of the table.

        Parameters
        ----------
        criterion : str, default "aic"
            A column of `to_frame`; for `bias` and `total_ratio` best is nearest to 0
            and to 1.
        """
        columns = self._columns()
        if criterion not in columns or criterion in ("model", "status", "parameters"):
            raise ParameterError.of(
                name="criterion",
                expected="be one of "
                + ", ".join(
                    name
                    for name in columns
                    if name not in ("model", "status", "parameters")
                ),
                found=repr(criterion),
            )
        values = columns[criterion][: len(self.models)].astype(np.float64)
        if criterion == "bias":
            values = -np.abs(values)
        elif criterion == "total_ratio":
            values = -np.abs(values - 1.0)
        elif criterion in _SMALL_IS_GOOD:
            values = -values
        if np.isnan(values).all():
            raise ParameterError.of(
                name="criterion",
                expected="be defined for a model",
                found=f"{criterion!r}, which is for none",
            )
        # models that differ by rounding are as good: then the simpler one, by AIC
        top = float(np.nanmax(values))
        near = values >= top - 1e-6 * abs(top)
        return str(columns["model"][int(np.argmax(near))])

    def likelihood_ratio_tests(self) -> Any:
        """Return one row a pair of models of which one is a case of the other.

        Columns: `simple`, `general`, `statistic`, `reference` (its distribution if the
        simple model is true) and `p_value`: see `likelihood_ratio_test`.
        """
        tests = [
            (one, other, likelihood_ratio_test(self.models[one], self.models[other]))
            for one in self.models
            for other in self.models
            if known_pair(self.models[one], self.models[other])
        ]
        return native_frame(_test_columns(tests), family=self.family)

    def calibration(
        self, model: str | None = None, *, groups: int = 10, level: float = 0.95
    ) -> Any:
        """Return predicted and actual purchases of groups of customers.

        Parameters
        ----------
        model : str, optional
            One model; all if left out.
        groups : int, default 10
            Equal parts of the customers by expected purchases, the highest first.
        level : float, default 0.95
            Confidence level of the interval of the actual means.

        Returns
        -------
        frame
            `model`, `group`, `predicted` and `actual` mean purchases a customer,
            `actual_low`, `actual_high`, `lift` and `captured`.
        """
        columns = self._calibration(model, groups, level)
        return native_frame(columns, family=self.family)

    def _calibration(
        self, model: str | None, groups: int, level: float
    ) -> dict[str, NDArray[Any]]:
        holdout = self._needed_holdout()
        check_level(level, name="level")
        if groups != int(groups) or not 2 <= groups <= len(holdout.actual):
            raise ParameterError.of(
                name="groups",
                expected="be a whole number from 2 to the number of customers, "
                f"{len(holdout.actual):,}",
                found=repr(groups),
            )
        names = list(self.models) if model is None else [self._named(model)]
        parts = [
            _accuracy.calibration(holdout.expected[n], holdout.actual, groups, level)
            for n in names
        ]
        columns: dict[str, NDArray[Any]] = {
            "model": np.repeat(np.array(names, dtype=object), groups),
            "group": np.tile(np.arange(1, groups + 1), len(names)),
        }
        for name in parts[0]:
            columns[name] = np.concatenate([part[name] for part in parts])
        return columns

    def _named(self, model: str) -> str:
        if model in self.models:
            return model
        raise ParameterError.of(
            name="model",
            expected=f"be one of {', '.join(self.models)}",
            found=repr(model),
        )

    def _needed_holdout(self) -> Holdout:
        if self.holdout is not None:
            return self.holdout
        raise ParameterError.of(
            name="holdout",
            expected="have been given to compare",
            found="none",
            hint="compare(log, holdout='1997-09-30') keeps what came later apart",
        )

    def __getitem__(self, model: str) -> PurchasingModel:
        """Return a fitted model by its name."""
        return self.models[self._named(model)]

    # -- display ---------------------------------------------------------------------

    def plot(
        self,
        kind: Literal["calibration", "gains", "lift", "tracking"] = "calibration",
        *,
        ax: Axes | None = None,
        **options: Any,
    ) -> Axes:
        """Draw how the models did: `plotting.plot_calibration` and its relatives."""
        from tenure import plotting  # noqa: PLC0415

        draw: Any = {
            "calibration": plotting.plot_calibration,
            "gains": plotting.plot_model_gains,
            "lift": plotting.plot_model_lift,
            "tracking": plotting.plot_model_tracking,
        }.get(kind)
        if draw is None:
            raise ParameterError.of(
                name="kind",
                expected="be 'calibration', 'gains', 'lift' or 'tracking'",
                found=repr(kind),
            )
        return draw(self, ax=ax, **options)

    def verdict(self) -> str:
        """Return in words which models describe and which foretell best."""
        best = self.best("aic")
        columns = self._columns()
        close = [
            str(name)
            for name, aic in zip(columns["model"], columns["aic"], strict=True)
            if name != best and aic - self.models[best].aic_ < 2
        ]
        words = f"{best} describes the customers best by AIC"
        if close:
            words += f", {' and '.join(close)} hardly worse (less than 2 apart)"
        if self.holdout is None:
            return words
        score, mae = self.best("log_score"), self.best("mae")
        words += f"; {score} foretells best by the log score"
        if mae != score:
            words += f", {mae} by the absolute error"
        rivals = columns["mae"]
        if rivals[-1] <= np.nanmin(rivals[:-1]):
            words += "; none beats going on as before by the absolute error"
        return words

    def _headline(self) -> str:
        first = next(iter(self.models.values()))
        customers = f"{first.n_customers_:,.10g} customers"
        held = "" if self.holdout is None else f", {self.holdout.words()}"
        return f"{counted(len(self.models), 'model')} of {customers}{held}"

    def _table(self) -> tuple[list[str], list[list[str]]]:
        shown = ("parameters", "log_likelihood", "aic", "bic")
        shown += ("log_score", "crps", "mae", "total_ratio", "gini", "calibration")
        shown += ("tracking",)
        columns = self._columns()
        names = [
            name
            for name in shown
            if name in columns and not np.isnan(columns[name]).all()
        ]
        header = ["", *(_HEADINGS.get(name, name) for name in names)]
        rows = [
            [str(model), *(_written(name, columns[name][row]) for name in names)]
            for row, model in enumerate(columns["model"])
        ]
        return header, rows

    def _notes(self) -> str:
        notes = [self.verdict()]
        notes += [
            f"{name}: {model.result_.message}"
            for name, model in self.models.items()
            if model.result_.message
        ]
        notes += [f"{name} was not fitted: {why}" for name, why in self.failed.items()]
        return "\n".join(notes)

    @override
    def __repr__(self) -> str:
        table = text_table(*self._table())
        return f"{self._headline()}\n{table}\n{self._notes()}"

    def _repr_html_(self) -> str:
        return html_report(self._headline(), *self._table(), self._notes())


_HEADINGS = {
    "log_likelihood": "log-likelihood",
    "aic": "AIC",
    "bic": "BIC",
    "log_score": "log score",
    "crps": "CRPS",
    "mae": "MAE",
    "total_ratio": "total",
    "gini": "Gini",
    "calibration": "calibration",
    "tracking": "tracking",
}
_DIGITS = {"log_likelihood": 2, "aic": 1, "bic": 1, "parameters": 0}


def _written(name: str, value: float) -> str:
    return "" if np.isnan(value) else f"{value:.{_DIGITS.get(name, 3)}f}"


def _test_columns(
    tests: list[tuple[str, str, LikelihoodRatio]],
) -> dict[str, NDArray[Any]]:
    return {
        "simple": np.array([one for one, _, _ in tests], dtype=object),
        "general": np.array([other for _, other, _ in tests], dtype=object),
        "statistic": np.array([test.statistic for _, _, test in tests]),
        "reference": np.array([test.reference for _, _, test in tests], dtype=object),
        "p_value": np.array([test.p_value for _, _, test in tests]),
    }
