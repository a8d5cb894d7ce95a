"""What is drawn from models of renewal: customers, and data sets to fit them to."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any, TypeAlias

import numpy as np

from tenure import _core
from tenure._bootstrap import Bootstrap, check_replicates, refitted_to_draws
from tenure._customers import Customers
from tenure._renewal import RenewalFit, triple
from tenure.exceptions import ConvergenceError, ParameterError
from tenure.renewals import Renewals

if TYPE_CHECKING:
    from numpy.typing import ArrayLike, NDArray

    Floats: TypeAlias = NDArray[np.float64]

__all__ = ["RenewalDraws"]


class RenewalDraws(RenewalFit):
    """A model of renewal that customers are drawn from."""

    def simulate(
        self,
        customers: int,
        *,
        end: float | None = None,
        entry: float = 0.0,
        covariates: object = None,
        seed: int = 0,
    ) -> Renewals:
        """Draw customers from the model.

        Parameters
        ----------
        customers : int
            How many.
        end : float, optional
            The age at which observation ends; without end if left out, which takes a
            model without a share of customers who never leave.
        entry : float, default 0
            The age at which they are there for certain.
        covariates : frame, optional
            For a model with covariates, those of the customers: one row for each, or
            one for all.
        seed : int, default 0
            The same seed draws the same customers, with any number of threads.

        Returns
        -------
        Renewals
            One row a customer.
        """
        if customers < 1:
            raise ParameterError.of(
                name="customers", expected="be at least 1", found=repr(customers)
            )
        came = self._whole(np.full(customers, float(entry)), "entry")
        matrix, _ = self._of_customers(covariates, came)
        nobody: dict[str, Any] = {"from": came}
        who = Customers(nobody, "numpy", None, None, None, matrix)
        left = _core.renewal_simulate(self._core_model, self._own(who), came, seed)
        until = math.inf if end is None else float(self._whole(end, "end")[0])
        if until == math.inf and np.isinf(left).any():
            raise ParameterError.of(
                name="end",
                expected="be given: some customers never leave",
                found="None",
            )
        churned = left < until if self._continuous else left <= until
        last = np.where(churned, left if self._continuous else left - 1.0, until)
        return Renewals(
            came,
            last,
            np.where(churned, left, np.inf),
            np.full(customers, until if math.isfinite(until) else np.nan),
            np.ones(customers),
            None,
            self._continuous,
            self.time_unit_,
            "numpy" if self._training is None else self._training.family,
        )

    def bootstrap(
        self, replicates: int = 500, *, resample: bool | None = None, seed: int = 0
    ) -> Bootstrap:
        """Return estimates from data sets that are drawn anew.

        Each replicate has as many customers as the data. Drawn from the fitted model,
        they are in view from and until the same ages, and their leaving is drawn;
        drawn from the customers, with replacement, each brings their own. The model is
        fitted to each.

        Parameters
        ----------
        replicates : int, default 500
            How many data sets.
        resample : bool, optional
            Draw customers, not from the model. If left out, they are drawn where the
            model cannot be drawn from: with covariates, or where it is not known until
            when those would have been in view who left (`from_durations(..., end=...)`
            says it, and tables and contracts know it).
        seed : int, default 0
            The same seed gives the same estimates, with any number of threads.
        """
        seen = self._seen()
        can_be_drawn = self._can_be_drawn(seen)
        if resample is False and not can_be_drawn:
            raise ParameterError.of(
                name="resample",
                expected="be left out: these customers cannot be drawn from the model",
                found="False",
                hint="it has covariates, or it is not known until when those were in "
                "view who left: say that in from_durations(..., end=...)",
            )
        check_replicates(replicates)
        resample = not can_be_drawn if resample is None else resample
        rows = (self._resampled if resample else self._redrawn)(seen, replicates, seed)
        names, kind = tuple(self.result_.parameters), type(self).__name__
        return Bootstrap.collected(names, rows, kind, seed, seen.family)

    def _whole(self, ages: ArrayLike, name: str) -> Floats:
        """Return ages as an array, or say which is none."""
        array = np.atleast_1d(np.asarray(ages, dtype=np.float64))
        bad = ~np.isfinite(array) | (array < 0)
        expected = "be finite and at least 0"
        if not self._continuous:
            bad |= array != np.round(array)
            expected = "be whole numbers of at least 0"
        if array.ndim != 1 or bad.any():
            found = "a table" if array.ndim != 1 else repr(float(array[bad][0]))
            raise ParameterError.of(name, expected, found=found)
        return array

    def _redrawn(self, renewals: Renewals, replicates: int, seed: int) -> Floats:
        """Return the parameters for data drawn from the model, one row a replicate."""
        counts = self._counts(renewals)
        seen = counts > 0
        ends = renewals.end[seen]
        pairs = np.column_stack([renewals.entry[seen], ends])
        distinct, where = np.unique(pairs, axis=0, return_inverse=True)
        customers = np.bincount(where.ravel(), counts[seen]).astype(np.float64)
        whole = np.round(customers)
        if np.abs(customers - whole).max() > 1e-6 * max(customers.max(), 1.0):
            raise ParameterError.of(
                name="bootstrap",
                expected="have whole numbers of customers to draw",
                found=repr(float(customers[np.abs(customers - whole).argmax()])),
            )
        rows = _core.renewal_bootstrap(
            self._model,
            self._theta(),
            (distinct[:, 0].copy(), distinct[:, 1].copy(), whole),
            self._core_settings(np.empty(0), self._held()),
            exact=renewals.exact,
            replicates=replicates,
            seed=seed,
        )
        return rows[:, self._places()]

    def _counts(self, renewals: Renewals) -> Floats:
        """Return how many customers each row of the fit stands for."""
        return renewals.customers if self._weights is None else self._weights

    def _can_be_drawn(self, renewals: Renewals) -> bool:
        """Whether data sets can be drawn from the model itself.

        It must be known until when customers would have been in view who left; and what
        covariates say of them is part of the customers.
        """
        ends = renewals.end[self._counts(renewals) > 0]
        return self._effects is None and not bool(np.isnan(ends).any())

    def _resampled(self, renewals: Renewals, replicates: int, seed: int) -> Floats:
        """Return the parameters for customers drawn again, one row a replicate."""
        customers, held = self._customers(None), self._held()
        result = self.result_
        start = {name: at for name, at in result.parameters.items() if name not in held}
        design = self._design(customers, held, start)

        def refit(drawn: Floats) -> Floats:
            settings = self._core_settings(drawn, held, start, design)
            try:
                found = _core.renewal_fit(self._core_model, triple(customers), settings)
            except ConvergenceError:
                return np.full(len(result.parameters), np.nan)
            return np.array(self._reduced(found, renewals.unit, held).theta)

        return refitted_to_draws(self._counts(renewals), replicates, seed, refit)

    # -- customers ---------------------------------------------------------------------
