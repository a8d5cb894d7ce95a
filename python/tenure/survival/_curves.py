"""What curves over an event table have in common."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from tenure import _core
from tenure._frame import native_frame
from tenure._intervals import check_level
from tenure._report import html_report, text_table
from tenure._settings import Settings
from tenure._typing import override
from tenure.exceptions import NotFittedError, ParameterError
from tenure.survival._subjects import Groups, Source, Subjects

if TYPE_CHECKING:
    from collections.abc import Mapping
    from typing import Self

    from numpy.typing import ArrayLike, NDArray

__all__ = ["Curve", "Curves", "array_of", "by_label", "reached", "times_array"]


@dataclass(frozen=True, eq=False)
class Curve:
    """A step function of time for one group.

    Attributes
    ----------
    label : str, int, bool or None
        The group; None if the rows are not grouped.
    table : dict of str to array
        The event table: `timeline`, `entrance` (with late entry), `at_risk`,
        `observed`, and `censored` where that is not what the others leave.
    estimate, spread : float64 array
        The curve at each time and what its errors are made from.
    """

    label: Any
    table: Mapping[str, NDArray[np.float64]]
    estimate: NDArray[np.float64]
    spread: NDArray[np.float64]

    @property
    def censored(self) -> NDArray[np.float64]:
        """How many are censored at each time: those who leave without the event."""
        if "censored" in self.table:
            return self.table["censored"]
        at_risk = self.table["at_risk"]
        return at_risk - self.table["observed"] - np.append(at_risk[1:], 0.0)

    @property
    def total(self) -> tuple[float, float]:
        """How many durations there are, and how many of them end with the event."""
        events = float(self.table["observed"].sum())
        if "censored" in self.table:
            return events + float(self.table["censored"].sum()), events
        return float(self.table["at_risk"][0]), events

    @property
    def timeline(self) -> NDArray[np.float64]:
        """The times, ascending from 0."""
        return self.table["timeline"]

    def places(self, times: NDArray[np.float64]) -> NDArray[np.int64]:
        """Return where on the timeline the curve stands at these times."""
        return np.searchsorted(self.timeline, times, side="right") - 1


class Curves(Settings):
    """Step functions, one a group."""

    _column: str = ""
    level: float

    _curves: tuple[Curve, ...] | None = None
    _by: str | None = None
    _family: str = "numpy"

    def _estimate(
        self, table: Mapping[str, NDArray[np.float64]], spare: NDArray[Any]
    ) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
        """Return the curve, in memory to spare, and what its errors are made from."""
        raise NotImplementedError

    def _band(
        self, curve: Curve, level: float
    ) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
        """Return lower and upper ends at each time."""
        raise NotImplementedError

    def _errors(self, curve: Curve) -> NDArray[np.float64]:
        """Return the standard error at each time."""
        raise NotImplementedError

    def _check_settings(self) -> None:
        check_level(self.level, name="level")

    def fit(
        self,
        data: object,
        event_observed: str | ArrayLike | None = None,
        *,
        durations: str | ArrayLike | None = None,
        entry: str | ArrayLike | None = None,
        weights: str | ArrayLike | None = None,
        by: str | ArrayLike | None = None,
    ) -> Self:
        """Estimate the curve, or one curve a group.

        Parameters
        ----------
        data : frame, mapping or array
            Any frame, with columns named by the other arguments; or the durations
            themselves.
        event_observed : str or array, optional
            Whether each duration ended with the event (1 or True) or is only known to
            be at least so long (0 or False, censored). Left out, all ended with it.
        durations : str or array
            How long: whole numbers or any others, none negative. Needed with a frame.
        entry : str or array, optional
            When each row begins to be observed, on the same clock, for subjects who
            are only seen if they last until then (left truncation). A row counts as at
            risk after its entry, up to and including its duration.
        weights : str or array, optional
            How many equal subjects each row stands for.
        by : str or array, optional
            Groups, each of which gets a curve of its own.

        Returns
        -------
        self

        Raises
        ------
        DataError
            If a duration is negative or not finite, an event is neither 0 nor 1, or a
            row ends before it begins.
        EmptyDataError
            If there are no rows.
        """
        self._check_settings()
        self._curves = None
        source = Source(data)
        subjects = Subjects.of(source, durations, event_observed, entry, weights)
        if by is None:
            curves = [self._curve(None, subjects)]
            self._by = None
        else:
            groups = Groups.of(source, by, "by")
            # the whole is checked first, so that errors name rows of the whole
            _core.survival_check(subjects.columns, subjects.names)
            parts = ((label, subjects.take(rows)) for label, rows in groups.rows())
            curves = [self._curve(label, part) for label, part in parts]
            self._by = groups.name
        self._family = source.family
        self._curves = tuple(curves)
        self._after_fit()
        return self

    def _after_fit(self) -> None:
        """Look at what was found."""

    def _curve(self, label: Any, subjects: Subjects) -> Curve:
        table = _core.survival_table(subjects.columns, subjects.names)
        spare = table.pop("spare")
        estimate, spread = self._estimate(table, spare)
        for values in (*table.values(), estimate, spread):
            values.setflags(write=False)
        return Curve(label, table, estimate, spread)

    # -- what was learned --------------------------------------------------------

    @property
    def curves_(self) -> tuple[Curve, ...]:
        """The curves as plain arrays, one a group."""
        if self._curves is None:
            msg = f"this {type(self).__name__} is not fitted; call fit() first"
            raise NotFittedError(msg)
        return self._curves

    def band_of(
        self, curve: Curve, level: float | None = None
    ) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
        """Return the ends of the band of one of `curves_`, as arrays.

        Parameters
        ----------
        curve : Curve
            The curve.
        level : float, optional
            Confidence level; that of the model if left out.
        """
        return self._band(curve, self.level if level is None else check_level(level))

    @property
    def labels_(self) -> list[Any]:
        """The groups, ascending; [None] if the rows are not grouped."""
        return [curve.label for curve in self.curves_]

    @property
    def family_(self) -> str:
        """The kind of frame that results come back as."""
        return self._family

    @property
    def timeline_(self) -> NDArray[np.float64]:
        """The times at which anything happens in any group, ascending from 0."""
        if len(self.curves_) == 1:
            return self.curves_[0].timeline
        return np.unique(np.concatenate([curve.timeline for curve in self.curves_]))

    @property
    def event_table(self) -> Any:
        """What happens at each time, and the curve there, as a frame.

        One row a time (and group): `timeline`, `entrance` (how many begin to be
        observed; only with late entry), `at_risk`, `observed`, `censored`, the
        estimate, `std_error`, `lower` and `upper`.
        """
        tables = [self._rows(curve) for curve in self.curves_]
        columns = {
            name: np.concatenate([table[name] for table in tables])
            for name in tables[0]
        }
        index = "timeline" if self._by is None else None
        return native_frame(columns, family=self._family, index=index)

    def _rows(self, curve: Curve) -> dict[str, NDArray[Any]]:
        lower, upper = self._band(curve, self.level)
        label = self._label_column(curve.label, len(curve.timeline))
        return {
            **label,
            **curve.table,
            "censored": curve.censored,
            self._column: curve.estimate,
            "std_error": self._errors(curve),
            "lower": lower,
            "upper": upper,
        }

    def _label_column(self, label: Any, rows: int) -> dict[str, NDArray[Any]]:
        if self._by is None:
            return {}
        return {self._by: np.repeat(array_of([label]), rows)}

    def _wide(self, columns: Mapping[str, NDArray[Any]]) -> Any:
        """Return columns over the timeline of all groups as a frame."""
        return self._frame_over(self.timeline_, columns)

    def _frame_over(
        self, times: NDArray[np.float64], columns: Mapping[str, NDArray[Any]]
    ) -> Any:
        table = {"timeline": times, **columns}
        return native_frame(table, family=self._family, index="timeline")

    def _spread_out(
        self, curve: Curve, values: NDArray[np.float64]
    ) -> NDArray[np.float64]:
        """Return values over the timeline of all groups; NaN where nobody is left."""
        if len(self.curves_) == 1:
            return values
        times = self.timeline_
        wide = values[curve.places(times)]
        return np.where(times <= curve.timeline[-1], wide, np.nan)

    def _estimates(self) -> Any:
        """Return the curves as a frame, one column a label."""
        return self._wide(
            {
                self._column if curve.label is None else str(curve.label): (
                    self._spread_out(curve, curve.estimate)
                )
                for curve in self.curves_
            }
        )

    @property
    def confidence_interval_(self) -> Any:
        """The ends of the band as a frame over the timeline.

        Columns `lower` and `upper`, with the label before them if there are groups.
        """
        columns: dict[str, NDArray[np.float64]] = {}
        for curve in self.curves_:
            before = "" if curve.label is None else f"{curve.label} "
            for end, values in zip(
                ("lower", "upper"), self._band(curve, self.level), strict=True
            ):
                columns[before + end] = self._spread_out(curve, values)
        return self._wide(columns)

    def predict(self, times: ArrayLike, *, interval: float | None = None) -> Any:
        """Return the curve at given times.

        Parameters
        ----------
        times : float or array
            When. After the last time that was observed the curve is not known and
            the result is NaN, unless it has come to its end.
        interval : float, optional
            Confidence level of an interval at each time.

        Returns
        -------
        frame
            One row a time (and group): the group, `timeline`, the estimate and, with
            `interval`, `std_error`, `lower` and `upper`.
        """
        at = times_array(times, "times")
        tables: list[dict[str, NDArray[Any]]] = []
        for curve in self.curves_:
            places = curve.places(at)
            known = (at <= curve.timeline[-1]) | self._ended(curve)
            values: dict[str, NDArray[np.float64]] = {self._column: curve.estimate}
            if interval is not None:
                lower, upper = self._band(curve, check_level(interval))
                values |= {"std_error": self._errors(curve)}
                values |= {"lower": lower, "upper": upper}
            found = {
                name: np.where(known, column[places], np.nan)
                for name, column in values.items()
            }
            label = self._label_column(curve.label, len(at))
            tables.append({**label, "timeline": at, **found})
        columns = {
            name: np.concatenate([table[name] for table in tables])
            for name in tables[0]
        }
        index = "timeline" if self._by is None else None
        return native_frame(columns, family=self._family, index=index)

    def _ended(self, curve: Curve) -> bool:
        del curve
        return False

    def _one_each(self, columns: Mapping[str, list[Any]]) -> Any:
        """Return one row a group as a frame."""
        return self._rows_of(self.labels_, columns)

    def _rows_of(self, labels: list[Any], columns: Mapping[str, list[Any]]) -> Any:
        """Return rows, each of the group with that label, as a frame."""
        table = {} if self._by is None else {self._by: array_of(labels)}
        table |= {name: array_of(values) for name, values in columns.items()}
        return native_frame(table, family=self._family)

    # -- display -----------------------------------------------------------------

    def _headline(self) -> str:
        totals = [curve.total for curve in self.curves_]
        rows = sum(total for total, _ in totals)
        censored = rows - sum(events for _, events in totals)
        return (
            f"{type(self).__name__} fitted to {rows:,.10g} durations, "
            f"{censored:,.10g} of them censored"
        )

    def _report(self) -> tuple[list[str], list[list[str]]]:
        raise NotImplementedError

    @override
    def __repr__(self) -> str:
        if self._curves is None:
            return self._constructor()
        return f"{self._headline()}\n{text_table(*self._report())}"

    def _repr_html_(self) -> str:
        if self._curves is None:
            return html_report(repr(self), [], [])
        return html_report(self._headline(), *self._report())


def by_label(labels: list[Any], values: list[float]) -> Any:
    """Return the value of the only curve, or a dict of them by label."""
    return values[0] if labels == [None] else dict(zip(labels, values, strict=True))


def reached(curve: NDArray[np.float64], level: float) -> int:
    """Return the first place where a falling curve is at the level or below it.

    A curve that only rounding keeps above the level has reached it.
    """
    return int(np.searchsorted(-curve, -(level + 1e-12), side="left"))


def times_array(times: ArrayLike, name: str) -> NDArray[np.float64]:
    """Return times as an array, or say that they are none."""
    at = np.atleast_1d(np.asarray(times, dtype=np.float64))
    if at.ndim != 1 or not (np.isfinite(at) & (at >= 0)).all():
        raise ParameterError.of(name, "be finite and not negative", found=repr(times))
    return at


def array_of(values: list[Any]) -> NDArray[Any]:
    """Return numbers as such and anything else as objects."""
    return np.array(values, dtype=None if all(map(_numeric, values)) else object)


def _numeric(label: Any) -> bool:
    return isinstance(label, (int, float)) and not isinstance(label, bool)
