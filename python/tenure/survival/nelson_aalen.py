"""The cumulative hazard: how much risk of the event has built up by each age."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Literal, TypeAlias

import numpy as np

from tenure import _core
from tenure._intervals import bounds, check_level
from tenure._typing import override
from tenure.exceptions import ParameterError
from tenure.survival._curves import Curve, Curves, times_array

if TYPE_CHECKING:
    from collections.abc import Mapping

    from numpy.typing import ArrayLike, NDArray

__all__ = ["NelsonAalen", "Ties"]

Ties: TypeAlias = Literal["one-by-one", "at-once"]
"""How events at the same time are counted."""


class NelsonAalen(Curves):
    """Nelson-Aalen estimate of the cumulative hazard.

    Its slope is the risk of the event at an age for those who have come so far: where
    it bends down, those who stay are the loyal ones.

    Parameters
    ----------
    level : float, default 0.95
        Confidence level of the band.
    ties : {"one-by-one", "at-once"}, default "one-by-one"
        With "one-by-one", d events at one time among n add 1/n + 1/(n-1) + ..., as if
        time had been rounded; with "at-once", d/n.

    Attributes
    ----------
    cumulative_hazard_, confidence_interval_, event_table : frame
        The curve over its timeline, its band (on the log scale), and what happens.

    References
    ----------
    Aalen, O. (1978). Nonparametric inference for a family of counting processes. Annals
    of Statistics 6, 701-726.
    Fleming, T. R., Harrington, D. P. (1984). Nonparametric estimation of the survival
    distribution in censored data. Communications in Statistics 13, 2469-2486.

    Examples
    --------
    >>> import tenure as tn
    >>> na = tn.NelsonAalen(ties="at-once").fit([1, 2, 2, 3, 5], [1, 1, 0, 1, 0])
    >>> na.cumulative_hazard_["cumulative_hazard"]
    array([0.  , 0.2 , 0.45, 0.95, 0.95])
    """

    _column = "cumulative_hazard"

    def __init__(self, *, level: float = 0.95, ties: Ties = "one-by-one") -> None:
        self.level = level
        self.ties = ties

    @override
    def _check_settings(self) -> None:
        super()._check_settings()
        if self.ties not in ("one-by-one", "at-once"):
            raise ParameterError.of(
                name="ties",
                expected="be 'one-by-one' or 'at-once'",
                found=repr(self.ties),
            )

    @override
    def _estimate(
        self, table: Mapping[str, NDArray[np.float64]], spare: NDArray[Any]
    ) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
        del spare
        one_by_one = self.ties == "one-by-one"
        return _core.nelson_aalen(table["at_risk"], table["observed"], one_by_one)

    @override
    def _errors(self, curve: Curve) -> NDArray[np.float64]:
        return np.sqrt(curve.spread)

    @override
    def _band(
        self, curve: Curve, level: float
    ) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
        return bounds(curve.estimate, self._errors(curve), level, "positive")

    @property
    def cumulative_hazard_(self) -> Any:
        """The curve as a frame over its timeline; one column a label."""
        return self._estimates()

    def smoothed_hazard(self, bandwidth: float, times: ArrayLike | None = None) -> Any:
        """Return the hazard itself: the jumps of the curve, smoothed.

        Parameters
        ----------
        bandwidth : float
            How far to either side jumps count, by Epanechnikov's kernel. Within so
            much of either end of the timeline the result is too low.
        times : array, optional
            Where; the timeline if left out.

        Returns
        -------
        frame
            One row a time: `timeline`, and one column a label.

        References
        ----------
        Ramlau-Hansen, H. (1983). Smoothing counting process intensities by means of
        kernel functions. Annals of Statistics 11, 453-466.
        """
        if not (np.isfinite(bandwidth) and bandwidth > 0):
            raise ParameterError.of(
                name="bandwidth",
                expected="be finite and above 0",
                found=repr(bandwidth),
            )
        at = self.timeline_ if times is None else times_array(times, "times")
        columns = {
            "hazard" if curve.label is None else str(curve.label): _smoothed(
                curve, at, bandwidth
            )
            for curve in self.curves_
        }
        return self._frame_over(at, columns)

    @override
    def _report(self) -> tuple[list[str], list[list[str]]]:
        rows: list[list[str]] = []
        for curve in self.curves_:
            lower, upper = self._band(curve, check_level(self.level))
            total, events = curve.total
            rows.append(
                [
                    "all" if curve.label is None else str(curve.label),
                    f"{total:,.10g}",
                    f"{events:,.10g}",
                    f"{curve.timeline[-1]:.4g}",
                    f"{curve.estimate[-1]:.4g}",
                    f"[{lower[-1]:.4g}, {upper[-1]:.4g}]",
                ]
            )
        share = f"{100 * self.level:g} % interval"
        header = ["", "durations", "events", "last time", "cumulative hazard", share]
        return header, rows


def _smoothed(
    curve: Curve, at: NDArray[np.float64], bandwidth: float
) -> NDArray[np.float64]:
    """Return the jumps weighted by Epanechnikov's kernel."""
    jumps = np.diff(curve.estimate, prepend=0.0)
    where = np.flatnonzero(jumps)
    times, jumps = curve.timeline[where], jumps[where]
    smooth = np.empty(len(at))
    firsts = np.searchsorted(times, at - bandwidth)
    lasts = np.searchsorted(times, at + bandwidth, side="right")
    for place, (time, first, last) in enumerate(zip(at, firsts, lasts, strict=True)):
        away = (time - times[first:last]) / bandwidth
        smooth[place] = (0.75 * (1 - away**2) * jumps[first:last]).sum() / bandwidth
    return smooth
