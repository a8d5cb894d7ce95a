"""The share that is still without the event at each age."""

from __future__ import annotations

import math
import warnings
from typing import TYPE_CHECKING, Any, Literal, TypeAlias

import numpy as np

from tenure import _core
from tenure._intervals import check_level, normal_quantile
from tenure._typing import override
from tenure.exceptions import EstimateWarning, ParameterError
from tenure.survival._curves import Curve, Curves, by_label, reached

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from numpy.typing import NDArray

__all__ = ["Band", "KaplanMeier"]

Band: TypeAlias = Literal["log-log", "log", "plain"]
"""The scale on which a band is made."""


class KaplanMeier(Curves):
    """Kaplan-Meier estimate of the survival function.

    The share of subjects who have not had the event (churned, bought again, upgraded)
    by each age, where some are only known to have lasted so long (censored) and some
    are only seen from an age on (late entry).

    Parameters
    ----------
    level : float, default 0.95
        Confidence level of the band in `confidence_interval_` and `event_table`.
    band : {"log-log", "log", "plain"}, default "log-log"
        The scale on which the band is symmetric: the first never leaves 0 to 1 and is
        right for few subjects too, the others are cut off there. All rest on
        Greenwood's variance.

    Attributes
    ----------
    survival_function_ : frame
        The curve over its timeline: one column, or one a group.
    confidence_interval_ : frame
        Its band.
    event_table : frame
        How many are at risk, have the event and are censored at each time.
    median_survival_time_ : float, or dict by group
        The first time by which half have had the event; infinite if that is not seen.

    References
    ----------
    Kaplan, E. L., Meier, P. (1958). Nonparametric estimation from incomplete
    observations. Journal of the American Statistical Association 53, 457-481.
    Kalbfleisch, J. D., Prentice, R. L. (2002). The statistical analysis of failure time
    data, 2nd ed., section 1.4 (bands).

    Examples
    --------
    >>> import tenure as tn
    >>> telco = tn.datasets.load_telco_churn(family="numpy")
    >>> telco["churned"] = telco["churn"] == "Yes"
    >>> km = tn.KaplanMeier().fit(
    ...     telco, durations="tenure", event_observed="churned", by="contract"
    ... )
    >>> km
    KaplanMeier fitted to 7,043 durations, 5,174 of them censored
                    durations  events  median  95 % interval
    Month-to-month      3,875   1,655      35       [32, 38]
    One year            1,473     166     inf      [72, inf]
    Two year            1,695      48     inf     [inf, inf]
    """

    _column = "survival"

    def __init__(self, *, level: float = 0.95, band: Band = "log-log") -> None:
        self.level = level
        self.band = band

    @override
    def _check_settings(self) -> None:
        super()._check_settings()
        _core.survival_band(self.band, 1.0, np.ones(0), np.zeros(0))

    @override
    def _estimate(
        self, table: Mapping[str, NDArray[np.float64]], spare: NDArray[Any]
    ) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
        return _core.kaplan_meier(table["at_risk"], table["observed"], spare)

    @override
    def _band(
        self, curve: Curve, level: float
    ) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
        z = normal_quantile(level)
        return _core.survival_band(self.band, z, curve.estimate, curve.spread)

    @override
    def _errors(self, curve: Curve) -> NDArray[np.float64]:
        with np.errstate(invalid="ignore"):
            errors = curve.estimate * np.sqrt(curve.spread)
        return np.where(curve.estimate > 0, errors, 0.0)

    @override
    def _ended(self, curve: Curve) -> bool:
        return bool(curve.estimate[-1] == 0)

    @override
    def _after_fit(self) -> None:
        for curve in self.curves_:
            place = int(np.argmax(curve.estimate == 0))
            if curve.estimate[place] == 0 and place < len(curve.timeline) - 1:
                who = "" if curve.label is None else f" of {curve.label!r}"
                msg = (
                    f"everybody at risk at {curve.timeline[place]:g}{who} has the "
                    "event then, so that the curve is 0 from there on, although others "
                    "enter later; begin where enough are at risk"
                )
                warnings.warn(msg, EstimateWarning, stacklevel=3)

    @property
    def survival_function_(self) -> Any:
        """The curve as a frame over its timeline; one column a label."""
        return self._estimates()

    @property
    def median_survival_time_(self) -> Any:
        """The first time by which half have had the event; a dict if by group."""
        times = [_first_time(curve, curve.estimate, 0.5) for curve in self.curves_]
        return by_label(self.labels_, times)

    def quantiles(
        self,
        levels: Sequence[float] = (0.25, 0.5, 0.75),
        *,
        interval: float | None = None,
    ) -> Any:
        """Return the times by which given shares have had the event.

        Parameters
        ----------
        levels : sequence of float, default (0.25, 0.5, 0.75)
            Shares with the event.
        interval : float, optional
            Confidence level of the interval; that of the model if left out. It holds
            the times whose band holds the share without the event.

        Returns
        -------
        frame
            One row a level (and group): `level`, `time`, `lower`, `upper`; infinite
            where a curve does not come down so far.

        References
        ----------
        Brookmeyer, R., Crowley, J. (1982). A confidence interval for the median
        survival time. Biometrics 38, 29-41.

        Examples
        --------
        >>> import tenure as tn
        >>> weeks = [2, 3, 3, 5, 8, 8, 9, 12]
        >>> churned = [1, 1, 0, 1, 1, 1, 0, 0]
        >>> km = tn.KaplanMeier().fit(weeks, churned)
        >>> km.quantiles([0.5])["time"]
        array([8.])
        """
        shares = [check_level(one, name="levels") for one in np.atleast_1d(levels)]
        level = self.level if interval is None else check_level(interval)
        rows: dict[str, list[float]] = {
            "level": [],
            "time": [],
            "lower": [],
            "upper": [],
        }
        labels: list[Any] = []
        for curve in self.curves_:
            lower, upper = self._band(curve, level)
            for share in shares:
                rows["level"].append(share)
                for name, line in zip(
                    ("time", "lower", "upper"),
                    (curve.estimate, lower, upper),
                    strict=True,
                ):
                    rows[name].append(_first_time(curve, line, 1 - share))
                labels.append(curve.label)
        return self._rows_of(labels, rows)

    def restricted_mean(
        self, horizon: float | None = None, *, interval: float | None = None
    ) -> Any:
        """Return the mean time without the event up to a horizon.

        The area under the curve: how long a subject lasts on average within the
        horizon. Unlike the mean itself it exists whatever is censored later.

        Parameters
        ----------
        horizon : float, optional
            Up to when; the last time that all groups are observed at if left out.
        interval : float, optional
            Confidence level; that of the model if left out.

        Returns
        -------
        frame
            One row a group: `restricted_mean`, `std_error`, `lower`, `upper` and
            `horizon`.

        References
        ----------
        Royston, P., Parmar, M. K. B. (2013). Restricted mean survival time: an
        alternative to the hazard ratio for the design and analysis of randomized
        trials. BMC Medical Research Methodology 13, 152.
        """
        level = self.level if interval is None else check_level(interval)
        until, found = self._restricted_means(horizon)
        z = normal_quantile(level)
        means, errors = zip(*found, strict=True)
        ends = [(m - z * e, m + z * e) for m, e in found]
        return self._one_each(
            {
                "restricted_mean": list(means),
                "std_error": list(errors),
                "lower": [max(0.0, lower) for lower, _ in ends],
                "upper": [min(until, upper) for _, upper in ends],
                "horizon": [until] * len(found),
            }
        )

    def restricted_mean_difference(
        self, horizon: float | None = None, *, interval: float | None = None
    ) -> Any:
        """Return by how much the restricted means of groups differ from the first's.

        Parameters
        ----------
        horizon, interval
            As `restricted_mean`.

        Returns
        -------
        frame
            One row for each group but the first: the group, `reference` (the first
            one), `difference`, `std_error`, `lower`, `upper`, `z`, `p_value` (of no
            difference, two-sided) and `horizon`.

        Examples
        --------
        >>> import tenure as tn
        >>> telco = tn.datasets.load_telco_churn(family="numpy")
        >>> telco["churned"] = telco["churn"] == "Yes"
        >>> km = tn.KaplanMeier().fit(
        ...     telco, durations="tenure", event_observed="churned", by="contract"
        ... )
        >>> difference = km.restricted_mean_difference(24)
        >>> difference["difference"].round(2), difference["std_error"].round(2)
        (array([6.34, 6.54]), array([0.16, 0.15]))
        """
        level = self.level if interval is None else check_level(interval)
        if len(self.curves_) < 2:
            raise ParameterError.of(
                name="by",
                expected="name at least two groups to compare",
                found="a single curve",
                hint="fit with by=",
            )
        until, found = self._restricted_means(horizon)
        z = normal_quantile(level)
        rows: dict[str, list[Any]] = {
            name: []
            for name in ("reference", "difference", "std_error", "lower", "upper")
        }
        rows |= {"z": [], "p_value": [], "horizon": []}
        mean, error = found[0]
        for other_mean, other_error in found[1:]:
            difference = other_mean - mean
            spread = math.hypot(error, other_error)
            score = difference / spread if spread > 0 else math.nan
            tail = math.erfc(abs(score) / math.sqrt(2))
            values = (
                *(self.labels_[0], difference, spread),
                *(difference - z * spread, difference + z * spread),
                *(score, tail, until),
            )
            for name, value in zip(rows, values, strict=True):
                rows[name].append(value)
        return self._rows_of(self.labels_[1:], rows)

    def _restricted_means(
        self, horizon: float | None
    ) -> tuple[float, list[tuple[float, float]]]:
        """Return the horizon, and mean and standard error of each group."""
        known = min(
            math.inf if self._ended(curve) else float(curve.timeline[-1])
            for curve in self.curves_
        )
        if known == math.inf:
            known = max(float(curve.timeline[-1]) for curve in self.curves_)
        elif horizon is not None and horizon > known:
            raise ParameterError.of(
                name="horizon",
                expected=f"be at most {known:g}, the last time that is observed",
                found=repr(horizon),
                hint="the curve is not known after that",
            )
        until = known if horizon is None else float(horizon)
        if not 0 < until < math.inf:
            raise ParameterError.of(
                name="horizon", expected="be finite and above 0", found=repr(horizon)
            )
        found = [
            _core.restricted_mean(curve.timeline, curve.estimate, curve.spread, until)
            for curve in self.curves_
        ]
        return until, [(mean, math.sqrt(variance)) for mean, variance in found]

    @override
    def _report(self) -> tuple[list[str], list[list[str]]]:
        rows: list[list[str]] = []
        for curve in self.curves_:
            total, events = curve.total
            lower, upper = self._band(curve, self.level)
            low = _first_time(curve, lower, 0.5)
            high = _first_time(curve, upper, 0.5)
            rows.append(
                [
                    "all" if curve.label is None else str(curve.label),
                    f"{total:,.10g}",
                    f"{events:,.10g}",
                    f"{_first_time(curve, curve.estimate, 0.5):.4g}",
                    f"[{low:.4g}, {high:.4g}]",
                ]
            )
        share = f"{100 * self.level:g} % interval"
        return ["", "durations", "events", "median", share], rows


def _first_time(curve: Curve, line: NDArray[np.float64], level: float) -> float:
    """Return the first time at which a falling line is at the level or below."""
    place = reached(line, level)
    return math.inf if place == len(line) else float(curve.timeline[place])
