"""The share that has had each of several events that exclude each other."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from tenure import _core
from tenure._frame import native_frame
from tenure._intervals import check_level, normal_quantile
from tenure._report import html_report, text_table
from tenure._settings import Settings
from tenure._typing import override
from tenure.exceptions import NotFittedError, ParameterError
from tenure.survival._curves import array_of, times_array
from tenure.survival._subjects import Groups, Source, Subjects

if TYPE_CHECKING:
    from typing import Self

    from numpy.typing import ArrayLike, NDArray

__all__ = ["AalenJohansen"]


@dataclass(frozen=True, eq=False)
class Incidence:
    """The cumulative incidence of one cause in one group.

    Attributes
    ----------
    group, cause : Any
        Whose, of what.
    timeline, at_risk, observed, incidence, variance : float64 array
        Times, how many are at risk, how many have this event, and the curve.
    """

    group: Any
    cause: Any
    timeline: NDArray[np.float64]
    at_risk: NDArray[np.float64]
    observed: NDArray[np.float64]
    incidence: NDArray[np.float64]
    variance: NDArray[np.float64]

    def errors(self) -> NDArray[np.float64]:
        """Return the standard error at each time."""
        return np.sqrt(self.variance)

    def band(self, level: float) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
        """Return the ends of a band that never leaves 0 to 1, made for ln(-ln F)."""
        lower, upper = self.incidence.copy(), self.incidence.copy()
        inside = (lower > 0) & (lower < 1) & (self.variance > 0)
        share, errors = lower[inside], self.errors()[inside]
        log = np.log(share)
        factor = np.exp(normal_quantile(level) * errors / (share * log))
        # a rounding below 1 nothing is known: the factor is 0, and so is the lower end
        with np.errstate(divide="ignore"):
            lower[inside], upper[inside] = np.exp(log / factor), np.exp(log * factor)
        return lower, upper


class AalenJohansen(Settings):
    """Aalen-Johansen estimate of cumulative incidence, for events that compete.

    Where customers leave for different reasons (churn, an upgrade, a move), treating
    the others as censored would say how many would leave for a reason if the others
    did not exist. This says how many do: the incidences and the share with none of the
    events add up to one.

    Parameters
    ----------
    level : float, default 0.95
        Confidence level of the bands.

    Attributes
    ----------
    cumulative_incidence_ : frame
        One row a time (and group), one column a cause.
    causes_ : list
        The events, ascending, without the mark of censoring.

    References
    ----------
    Aalen, O., Johansen, S. (1978). An empirical transition matrix for non-homogeneous
    Markov chains based on censored observations. Scandinavian Journal of Statistics 5,
    141-150.
    Marubini, E., Valsecchi, M. G. (1995). Analysing survival data from clinical trials
    and observational studies, section 10.3 (variance).

    Examples
    --------
    >>> import tenure as tn
    >>> months = [1, 2, 2, 3, 5, 6]
    >>> ended = ["churn", "upgrade", "-", "churn", "-", "upgrade"]
    >>> aj = tn.AalenJohansen().fit(months, ended, censored="-")
    >>> aj.cumulative_incidence_["churn"].round(3)
    array([0.   , 0.167, 0.167, 0.389, 0.389, 0.389])
    """

    def __init__(self, *, level: float = 0.95) -> None:
        self.level = level
        self._found: tuple[Incidence, ...] | None = None
        self._by: str | None = None
        self._family = "numpy"

    def fit(
        self,
        data: object,
        event_observed: str | ArrayLike,
        *,
        durations: str | ArrayLike | None = None,
        entry: str | ArrayLike | None = None,
        weights: str | ArrayLike | None = None,
        by: str | ArrayLike | None = None,
        censored: str | int = 0,
    ) -> Self:
        """Estimate the incidence of each cause, in each group.

        Parameters
        ----------
        data, durations, entry, weights, by
            As `KaplanMeier.fit`.
        event_observed : str or array
            Which event ended each duration: integers or text.
        censored : str or int, default 0
            What stands there if none did.

        Returns
        -------
        self
        """
        check_level(self.level, name="level")
        self._found = None
        source = Source(data)
        ended = Groups.of(source, event_observed, "event_observed")
        subjects = Subjects.of(source, durations, None, entry, weights)
        causes = [label for label in ended.labels if label != censored]
        if not causes:
            raise ParameterError.of(
                name="event_observed",
                expected="name an event in some row",
                found=f"only {censored!r}, which means censored",
            )
        numbers = {label: place + 1 for place, label in enumerate(causes)}
        codes = np.array([numbers.get(label, 0) for label in ended.labels])
        which = codes[ended.codes].astype(np.int64)
        found: list[Incidence] = []
        self._by = None
        _core.survival_check(subjects.columns, subjects.names)
        if by is None:
            found += _incidences(None, subjects, which, causes)
        else:
            groups = Groups.of(source, by, "by")
            self._by = groups.name
            for label, rows in groups.rows():
                part = subjects.take(rows), which[rows]
                found += _incidences(label, *part, causes)
        self._family, self._found = source.family, tuple(found)
        return self

    @property
    def curves_(self) -> tuple[Incidence, ...]:
        """The curves as plain arrays, one a group and cause."""
        if self._found is None:
            msg = "this AalenJohansen is not fitted; call fit() first"
            raise NotFittedError(msg)
        return self._found

    @property
    def causes_(self) -> list[Any]:
        """The events, ascending."""
        return list(dict.fromkeys(curve.cause for curve in self.curves_))

    @property
    def labels_(self) -> list[Any]:
        """The groups, ascending; [None] if the rows are not grouped."""
        return list(dict.fromkeys(curve.group for curve in self.curves_))

    @property
    def cumulative_incidence_(self) -> Any:
        """The share that has had each event: one row a time (and group)."""
        tables: list[dict[str, NDArray[Any]]] = []
        for group in self.labels_:
            curves = [curve for curve in self.curves_ if curve.group == group]
            times = curves[0].timeline
            label = self._label(group, len(times))
            shares = {str(curve.cause): curve.incidence for curve in curves}
            tables.append({**label, "timeline": times, **shares})
        return self._stacked(tables, "timeline")

    @property
    def event_table(self) -> Any:
        """What happens at each time and the curve there, by group and cause.

        Columns: the group, `cause`, `timeline`, `at_risk`, `observed`,
        `cumulative_incidence`, `std_error`, `lower`, `upper`.
        """
        return self._stacked([self._rows(curve, None) for curve in self.curves_], None)

    def predict(self, times: ArrayLike) -> Any:
        """Return each cumulative incidence with its interval at given times.

        Parameters
        ----------
        times : float or array
            When; NaN comes back for times after the last one observed.
        """
        at = times_array(times, "times")
        return self._stacked([self._rows(curve, at) for curve in self.curves_], None)

    def _rows(
        self, curve: Incidence, at: NDArray[np.float64] | None
    ) -> dict[str, NDArray[Any]]:
        lower, upper = curve.band(self.level)
        columns = {
            "at_risk": curve.at_risk,
            "observed": curve.observed,
            "cumulative_incidence": curve.incidence,
            "std_error": curve.errors(),
            "lower": lower,
            "upper": upper,
        }
        times = curve.timeline
        if at is not None:
            places = np.searchsorted(times, at, side="right") - 1
            known = at <= times[-1]
            del columns["at_risk"], columns["observed"]
            columns = {
                name: np.where(known, values[places], np.nan)
                for name, values in columns.items()
            }
            times = at
        label = self._label(curve.group, len(times))
        cause = np.repeat(array_of([curve.cause]), len(times))
        return {**label, "cause": cause, "timeline": times, **columns}

    def _label(self, group: Any, rows: int) -> dict[str, NDArray[Any]]:
        if self._by is None:
            return {}
        return {self._by: np.repeat(array_of([group]), rows)}

    def _stacked(self, tables: list[dict[str, NDArray[Any]]], index: str | None) -> Any:
        columns = {
            name: np.concatenate([table[name] for table in tables])
            for name in tables[0]
        }
        index = index if self._by is None else None
        return native_frame(columns, family=self._family, index=index)

    def _report(self) -> tuple[list[str], list[list[str]]]:
        rows: list[list[str]] = []
        for curve in self.curves_:
            lower, upper = curve.band(self.level)
            name = "" if curve.group is None else f"{curve.group}: "
            rows.append(
                [
                    f"{name}{curve.cause}",
                    f"{curve.observed.sum():,.10g}",
                    f"{curve.timeline[-1]:.4g}",
                    f"{curve.incidence[-1]:.4f}",
                    f"[{lower[-1]:.4f}, {upper[-1]:.4f}]",
                ]
            )
        share = f"{100 * self.level:g} % interval"
        return ["", "events", "last time", "cumulative incidence", share], rows

    def _headline(self) -> str:
        causes = len(self.causes_)
        return f"AalenJohansen fitted to {causes} kinds of events"

    @override
    def __repr__(self) -> str:
        if self._found is None:
            return self._constructor()
        return f"{self._headline()}\n{text_table(*self._report())}"

    def _repr_html_(self) -> str:
        if self._found is None:
            return html_report(repr(self), [], [])
        return html_report(self._headline(), *self._report())


def _incidences(
    group: Any, subjects: Subjects, causes: NDArray[np.int64], names: list[Any]
) -> list[Incidence]:
    """Return the curves of one group."""
    found = _core.aalen_johansen(subjects.columns, subjects.names, causes, len(names))
    curves: list[Incidence] = []
    for place, name in enumerate(names):
        incidence, variance = found["incidence"][place]
        events = found["events"][place]
        arrays = found["timeline"], found["at_risk"], events, incidence, variance
        for values in arrays:
            values.setflags(write=False)
        curves.append(Incidence(group, name, *arrays))
    return curves
