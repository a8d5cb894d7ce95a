"""Baseline hazards, and what they say about subjects with given covariates."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Literal, TypeAlias

import numpy as np

from tenure._frame import Table, native_frame, native_series
from tenure._settings import Settings
from tenure.exceptions import ParameterError
from tenure.survival._curves import array_of, times_array
from tenure.survival._subjects import plain

if TYPE_CHECKING:
    from numpy.typing import ArrayLike, NDArray

    from tenure.survival._covariates import Covariates
    from tenure.survival._regression import CoxResult

__all__ = ["CoxTies", "HazardPredictions"]

CoxTies: TypeAlias = Literal["efron", "breslow"]
"""How events at the same time are treated."""


class HazardPredictions(Settings):
    """The predictions of a proportional hazards regression."""

    ties: CoxTies

    _covariates: Covariates
    _strata: str | None
    _family: str

    @property
    def result_(self) -> CoxResult:
        """Everything that the fit found, as plain numbers."""
        raise NotImplementedError

    def baseline(self, *, ties: CoxTies | None = None) -> Any:
        """Return hazard and survival of somebody with the mean of each covariate.

        Parameters
        ----------
        ties : {"efron", "breslow"}, optional
            How events at the same time are treated; as in the fit if left out. After a
            fit with Breslow's way there is no other.

        Returns
        -------
        frame
            One row an event time (and stratum): the stratum, `timeline`, `events`,
            `hazard`, `cumulative_hazard`, `survival`.
        """
        tables: list[dict[str, NDArray[Any]]] = []
        baselines = self.result_.baselines
        if ties is not None and ties not in baselines:
            raise ParameterError.of(
                name="ties",
                expected="be one of " + ", ".join(map(repr, baselines)),
                found=repr(ties),
            )
        for one in baselines[ties or self.ties]:
            sums = np.cumsum(one.hazard)
            label: dict[str, NDArray[Any]] = {}
            if self._strata is not None:
                label = {
                    self._strata: np.repeat(array_of([one.stratum]), len(one.times))
                }
            columns = {
                "timeline": one.times,
                "events": one.events,
                "hazard": one.hazard,
                "cumulative_hazard": sums,
                "survival": np.exp(-sums),
            }
            tables.append({**label, **columns})
        columns = {
            name: np.concatenate([table[name] for table in tables])
            for name in tables[0]
        }
        return native_frame(columns, family=self._family)

    def _log_ratios(self, table: Table) -> NDArray[np.float64]:
        result = self.result_
        x = self._covariates.matrix(table)
        return (x - result.means) @ result.coefficients

    def predict_hazard_ratio(self, data: object) -> Any:
        """Return each row's hazard relative to the mean of each covariate, a series.

        Parameters
        ----------
        data : frame or mapping
            Rows with the covariates.
        """
        table = Table.of(data)
        values = np.exp(self._log_ratios(table))
        return native_series(
            "hazard_ratio", values, family=table.family, index=table.index
        )

    def predict_survival(self, data: object, times: ArrayLike | None = None) -> Any:
        """Return the share of subjects like each row that is without the event.

        Parameters
        ----------
        data : frame or mapping
            Rows with the covariates, and with the stratum if there are strata.
        times : array, optional
            When; the event times of the fit if left out.

        Returns
        -------
        frame
            One row a time, and one column a row of the data, named by its place.
        """
        table = Table.of(data)
        baselines = self.result_.baselines[self.ties]
        at = (
            np.unique(np.concatenate([one.times for one in baselines]))
            if times is None
            else times_array(times, "times")
        )
        hazards = self._cumulative_hazards(table, at)
        survival = np.exp(-hazards * np.exp(self._log_ratios(table)))
        columns = {str(row): survival[:, row] for row in range(table.n_rows)}
        return native_frame(
            {"timeline": at, **columns}, family=table.family, index="timeline"
        )

    def predict_median(self, data: object) -> Any:
        """Return the time by which half of those like each row have had the event.

        Parameters
        ----------
        data : frame or mapping
            Rows with the covariates, and with the stratum if there are strata.

        Returns
        -------
        series
            Infinite where the baseline does not reach so far.
        """
        table = Table.of(data)
        baselines = self.result_.baselines[self.ties]
        at = np.unique(np.concatenate([one.times for one in baselines]))
        needed = np.log(2.0) / np.exp(self._log_ratios(table))
        hazards = self._cumulative_hazards(table, at)
        reached = hazards >= needed * (1 - 1e-12)
        first = np.append(at, np.inf)[
            np.where(reached.any(axis=0), reached.argmax(axis=0), len(at))
        ]
        return native_series("median", first, family=table.family, index=table.index)

    def _cumulative_hazards(
        self, table: Table, at: NDArray[np.float64]
    ) -> NDArray[np.float64]:
        """Return the cumulative baseline hazard at each time for each row."""
        baselines = self.result_.baselines[self.ties]
        steps = [
            np.append(0.0, np.cumsum(one.hazard))[
                np.searchsorted(one.times, at, side="right")
            ]
            for one in baselines
        ]
        if self._strata is None:
            return np.repeat(steps[0][:, None], table.n_rows, axis=1)
        codes = table.codes(self._strata)
        places = {one.stratum: place for place, one in enumerate(baselines)}
        columns: list[NDArray[np.float64]] = []
        for label in codes.categories:
            stratum = plain(label)
            if stratum not in places:
                raise ParameterError.of(
                    name="data",
                    expected=f"have strata of the fit in `{self._strata}`",
                    found=repr(stratum),
                )
            columns.append(steps[places[stratum]])
        return np.stack(columns, axis=1)[:, codes.values]
