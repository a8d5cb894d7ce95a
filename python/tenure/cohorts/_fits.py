"""Models of renewal fitted to triangles: what was seen, fits, and drawn-anew fits."""

from __future__ import annotations

import warnings
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any, TypeAlias

import numpy as np

from tenure._bootstrap import Bootstrap
from tenure._units import DAYS
from tenure.exceptions import (
    ConvergenceError,
    ConvergenceWarning,
    EmptyDataError,
    ParameterError,
)
from tenure.renewals import Renewals

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from tenure._renewal_predictions import RenewalModel
    from tenure.cohorts.retention import Retention

    Floats: TypeAlias = NDArray[np.float64]

__all__ = ["Fit", "Resample", "Seen", "model_named", "survival_draws"]

MODELS = ("SBG", "BdW", "Geometric", "DiscreteWeibull")
"""The models of renewal in whole periods, by name."""

Resample: TypeAlias = str
"""What is drawn anew: "customers" or "cohorts"."""

# Why a rule's counts are none of customers who stay until they leave for good.
_HINTS = {
    "bounded": "with it customers come and go, and every absence would be taken for "
    "the end; 'unbounded' counts who is there at the age or later",
    "relative": "with it customers come and go, and every absence would be taken for "
    "the end; 'consecutive' counts who has been there at every age",
    "cumulative": "it counts those who have come back, who get more and not fewer; "
    "'unbounded' counts who is there at the age or later",
}


def model_named(model: str | RenewalModel) -> RenewalModel:
    """Return an unfitted model of that name, or one like the given one."""
    from tenure import renewal  # noqa: PLC0415
    from tenure._renewal_predictions import RenewalModel as Known  # noqa: PLC0415

    if isinstance(model, Known):
        if model._continuous:  # noqa: SLF001
            raise ParameterError.of(
                name="model",
                expected="be a model in whole periods: " + ", ".join(MODELS),
                found=type(model).__name__,
            )
        return type(model)(**model.get_params())
    if model not in MODELS:
        raise ParameterError.of(
            name="model",
            expected=f"be one of {', '.join(MODELS)}, or such a model",
            found=repr(model),
        )
    return getattr(renewal, model)()


@dataclass(frozen=True, eq=False)
class Seen:
    """How many customers of each cohort were there at each age.

    Attributes
    ----------
    rows : int64 array
        The rows of the table that these are.
    there : float64 array, shape (rows, ages)
        Customers; NaN where that is not known.
    unit : str
        What ages count.
    family : str
        The kind of frame that results come back as.
    """

    rows: NDArray[np.int64]
    there: Floats
    unit: str
    family: str

    @classmethod
    def of(cls, table: Retention, settle: int) -> Seen:
        """Return the cells of a table that a model of renewal can be fitted to."""
        grid = table._grid  # noqa: SLF001
        if table.rule in _HINTS:
            raise ParameterError.of(
                name="rule",
                expected="be 'unbounded' or 'consecutive' where retention is projected",
                found=repr(table.rule),
                hint=_HINTS[table.rule],
            )
        if grid.ages.dtype.kind not in "iu":
            raise ParameterError.of(
                name="brackets",
                expected="be left out where retention is projected",
                found=", ".join(map(str, grid.ages)),
            )
        usable = ~grid.left_edge & (grid.sizes > 0)
        complete = table.status == "complete"
        known = np.where(usable, complete.sum(axis=1) - settle, 0)
        rows = np.flatnonzero(known > 0)
        ages = np.arange(grid.width)
        there = np.where(ages < known[rows, None], table.customers[rows], np.nan)
        if (there[:, 0] < grid.sizes[rows]).any():
            raise ParameterError.of(
                name="rule",
                expected="be 'consecutive' where customers do not begin with their "
                "first event",
                found=repr(table.rule),
                hint="those who never came have no age at which they left",
            )
        return cls(rows, there, table.unit, table.family)

    @property
    def known(self) -> NDArray[np.int64]:
        """How many ages of each cohort are known; age 0 is the first."""
        return np.isfinite(self.there).sum(axis=1)

    @property
    def longest(self) -> int:
        """The last age that is known of any cohort."""
        return int(self.known.max(initial=1)) - 1

    def without_last(self, ages: int) -> Seen:
        """Return what was known so many ages before, of the cohorts of that time."""
        kept = self.known - ages
        places = np.arange(int(self.there.shape[1]))
        there = np.where(places < kept[:, None], self.there, np.nan)
        return replace(self, rows=self.rows[kept > 0], there=there[kept > 0])

    def of_rows(self, rows: NDArray[np.int64]) -> Seen:
        """Return some of the cohorts."""
        chosen = np.isin(self.rows, rows)
        return replace(self, rows=self.rows[chosen], there=self.there[chosen])

    def renewals(self) -> Renewals:
        """Return the cohorts as the models of renewal take them."""
        followed = self.known > 1
        there, rows = self.there[followed], self.rows[followed]
        places, ages = np.nonzero(np.isfinite(there))
        table = {
            "age": ages.astype(np.float64),
            "survivors": there[places, ages],
            "cohort": rows[places],
        }
        unit: Any = self.unit if self.unit in DAYS else None
        renewals = Renewals.from_survivors(table, cohort="cohort", unit=unit)
        return replace(renewals, family=self.family)


@dataclass(frozen=True, eq=False)
class Fit:
    """A model fitted to cohorts, and its estimates from data that were drawn anew.

    Attributes
    ----------
    seen : Seen
        What it is fitted to.
    model : RenewalModel
    bootstrap : Bootstrap
    is_own : bool
        Whether the fit is of these cohorts alone, not of all of them together.
    """

    seen: Seen
    model: RenewalModel
    bootstrap: Bootstrap
    is_own: bool = True

    def survival(self, spans: tuple[Floats, Floats]) -> Floats:
        """Return survival from one age to another."""
        return self.model._spans("survival", spans)[0]  # noqa: SLF001

    @property
    def longest(self) -> int:
        """The last age that the fit has seen."""
        return int(self.model.fitted_to_ or 0)

    @classmethod
    def of(
        cls,
        model: RenewalModel,
        seen: Seen,
        *,
        resample: Resample,
        replicates: int,
        seed: int,
        what: str = "",
    ) -> Fit:
        """Fit to all cohorts together, or say that too little is known."""
        needed = len(model._parameters())  # noqa: SLF001
        if seen.longest < needed:
            name = type(model).__name__
            msg = (
                f"{name} needs cohorts known for {needed} ages after the first{what}; "
                f"the longest is known for {seen.longest}"
            )
            raise EmptyDataError.of(
                msg,
                hint="hold fewer ages out, or choose shorter periods or a model with "
                "fewer parameters",
            )
        renewals = seen.renewals()
        fitted = model_named(model).fit(renewals)
        if resample == "cohorts":
            drawn = _drawn_cohorts(fitted, renewals, replicates, seed)
        else:
            drawn = fitted.bootstrap(replicates, seed=seed)
        return cls(seen, fitted, drawn)

    @classmethod
    def own_or(cls, pooled: Fit, seen: Seen, **settings: Any) -> Fit:
        """Fit to few cohorts; take the fit of all where they say too little."""
        try:
            with warnings.catch_warnings():
                warnings.simplefilter("ignore", ConvergenceWarning)
                found = cls.of(pooled.model, seen, **settings)
        except (ConvergenceError, EmptyDataError, ParameterError):
            found = None
        if found is None or found.model.result_.status == "stopped":
            return replace(pooled, seen=seen, is_own=False)
        return found


def _drawn_cohorts(
    model: RenewalModel, renewals: Renewals, replicates: int, seed: int
) -> Bootstrap:
    """Return estimates from whole cohorts drawn anew with replacement."""
    assert renewals.cohort is not None  # noqa: S101
    place = np.unique(renewals.cohort, return_inverse=True)[1]
    count = int(place.max()) + 1
    if count < 2:
        raise ParameterError.of(
            name="resample",
            expected="be 'customers' where there is one cohort",
            found="'cohorts'",
        )
    generator = np.random.default_rng(seed)
    shares = np.full(count, 1 / count)
    weights = generator.multinomial(count, shares, size=replicates).astype(np.float64)
    parameters = tuple(model.result_.parameters)
    rows = np.full((replicates, len(parameters)), np.nan)
    start = model.result_.parameters
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", ConvergenceWarning)
        for number, drawn in enumerate(weights):
            try:
                again = model_named(model).fit(
                    renewals, weights=drawn[place], start=start
                )
            except ConvergenceError:
                continue
            rows[number] = list(again.result_.parameters.values())
    name = type(model).__name__
    return Bootstrap.collected(parameters, rows, name, seed, renewals.family)


def survival_draws(fit: Fit, spans: tuple[Floats, Floats]) -> Floats:
    """Return survival from one age to another, one row a set of drawn estimates."""
    model = fit.model
    thetas = fit.bootstrap.for_core(model, model._all_parameters())  # noqa: SLF001
    return np.array(
        [
            model._spans("survival", spans, theta=theta)[0]  # noqa: SLF001
            for theta in thetas
        ]
    )
