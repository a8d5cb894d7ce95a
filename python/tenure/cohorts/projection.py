"""Retention beyond what was seen: projected triangles, lifetime value and lifespan."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Literal, TypeAlias

import numpy as np

from tenure._frame import Categories, native_frame
from tenure._report import counted, html_report, text_table
from tenure._typing import override
from tenure._units import DAYS, continuous_rate, in_units, unit_named
from tenure.exceptions import (
    ParameterError,
)

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from tenure._renewal_predictions import RenewalModel
    from tenure._units import Horizon
    from tenure.cohorts._projected import Part
    from tenure.cohorts.values import CohortValues

    Floats: TypeAlias = NDArray[np.float64]

__all__ = ["Projection", "Resample", "periods_in"]

Resample: TypeAlias = Literal["customers", "cohorts"]
"""What is drawn anew for the bands."""

_SEEN = ("seen", "held out", "projected")
"""Whether an age was seen, and by the fit without the last ages."""

# Rows of the printed table, at most.
_SHOWN = 12


@dataclass(frozen=True, eq=False, repr=False)
class Projection:
    """Retention of cohorts as a model of renewal continues it.

    Made by `Retention.project`.

    Attributes
    ----------
    parts : tuple
        What is projected by itself: all cohorts together, those of each segment, or
        each cohort. Each has its `fit`, with the `model`, and its `check`, the fit
        without the last ages.
    ages : int64 array
        From 0 to the last one projected.
    holdout : int
        How many ages of each cohort the check leaves out.
    level : float
        The level of the intervals.
    unit : str
        What ages count.
    names : tuple of str
        The columns that name the parts.
    family : str
        The kind of frame that results come back as.

    References
    ----------
    Fader, P. S., Hardie, B. G. S. (2007). How to project customer retention. Journal of
    Interactive Marketing 21(1), 76-90.
    Fader, P. S., Hardie, B. G. S., Liu, Y., Davin, J., Steenburgh, T. (2018). "How to
    project customer retention" revisited: the role of duration dependence. Journal of
    Interactive Marketing 43, 1-16.

    Examples
    --------
    Of 1,000 subscribers of January so many pay in each month:

    >>> import tenure as tn
    >>> paying = [1000, 869, 743, 653, 593, 551, 517, 491, 468]
    >>> payments = {
    ...     "customer_id": [who for count in paying for who in range(count)],
    ...     "date": [
    ...         f"2024-{month:02}-15"
    ...         for month, count in enumerate(paying, start=1)
    ...         for _ in range(count)
    ...     ],
    ... }
    >>> cohorts = tn.Cohorts.from_events(payments, as_of="2024-09-30")
    >>> found = cohorts.retention("consecutive").project("BdW", ages=12, holdout=2)
    >>> found
    Projection by BdW of 1,000 customers in 1 cohort, seen for 8 months
    month  at risk  actual %  expected %     95 % interval  without the last 2
    ...
    """

    parts: tuple[Part, ...]
    ages: NDArray[np.int64]
    holdout: int
    level: float
    unit: str
    names: tuple[str, ...]
    family: str
    seed: int
    _cohorts: NDArray[np.datetime64]

    @property
    def model(self) -> RenewalModel:
        """The fitted model of the first part: of all cohorts, where these are one."""
        return self.parts[0].fit.model

    # -- frames ----------------------------------------------------------------------

    def to_frame(self) -> Any:
        """Return what was seen at each age beside what the model says.

        Returns
        -------
        frame
            One row an age (and part): `period`; how many `cohorts` it was seen of, and
            the customers `at_risk` of leaving with it; `actual` retention, chained over
            cohorts (Kaplan and Meier 1958); `expected`, with `ci_low` and `ci_high`,
            percentiles over the data that were drawn anew; `held_out`, what the fit
            without the last ages expects; and `status`: "seen", "held out" where that
            fit has seen nothing, or "projected".
        """
        tables = [part.curve(self.ages, self.level) for part in self.parts]
        columns: dict[str, Any] = self._joined(tables)
        columns["status"] = Categories(columns["status"].astype(np.int64), _SEEN)
        return native_frame(columns, family=self.family)

    def holdout_errors(self) -> Any:
        """Return what the fit without the last ages expected, and what came.

        Of each cohort it knew how many were there `holdout` ages before its last, and
        is asked how many of these are there later.

        Returns
        -------
        frame
            One row a number of `ahead` ages (and part): `cohorts`, `customers` there at
            the end of what it knew, the `actual` number of them there so much later and
            the `expected` one with `ci_low` and `ci_high` (for the chance in who leaves
            as well as for the parameters), and `error`: expected over actual, less 1.

        Raises
        ------
        ParameterError
            If no ages were held out.
        """
        if self.holdout == 0:
            raise ParameterError.of(
                name="holdout",
                expected="be at least 1 where errors are shown",
                found="0",
            )
        return native_frame(
            self._joined(self._errors()),
            family=self.family,
        )

    def _errors(self) -> list[dict[str, NDArray[Any]]]:
        settings = (self.holdout, self.level, self.seed)
        return [part.errors(*settings) for part in self.parts]

    def triangle(self) -> Any:
        """Return the customers of each cohort at each age, seen or projected.

        Returns
        -------
        frame
            One row a cohort and age: `cohort`, `period`, `customers`: those seen, or
            those expected of the last ones seen, with `ci_low` and `ci_high` for the
            chance in who leaves as well as for the parameters; and `status`, "seen" or
            "projected".
        """
        tables = [
            self._completed(part, place)
            for part in self.parts
            for place in range(len(part.fit.seen.rows))
        ]
        columns: dict[str, Any] = {
            name: np.concatenate([table[name] for table in tables])
            for name in tables[0]
        }
        words = (_SEEN[0], _SEEN[2])
        columns["status"] = Categories(columns["status"].astype(np.int64), words)
        return native_frame(columns, family=self.family)

    def _completed(self, part: Part, place: int) -> dict[str, Any]:
        table = part.completed(place, self.ages, self.level, self.seed)
        names: dict[str, Any] = {}
        if self.names and self.names[0] != "cohort":
            names[self.names[0]] = _labels(part.names[0], len(self.ages))
        row = part.fit.seen.rows[place]
        return {**names, "cohort": np.full(len(self.ages), self._cohorts[row]), **table}

    # -- what it is worth ------------------------------------------------------------

    def lifetime_value(
        self,
        worth: float | Sequence[float] | CohortValues,
        *,
        margin: float | None = None,
        discount_rate: float = 0.10,
        per: str | float = "year",
    ) -> Any:
        """Return what an acquired customer is worth up to each age.

        Parameters
        ----------
        worth : float, sequence of float or CohortValues
            What a customer who is there brings in a period: one number, one for each
            age (the last one goes on), or what these cohorts brought in: the result of
            `Cohorts.values` with `per="cohort"`. Of that the value of an age is the sum
            over complete cells for each customer there, and later ages bring what those
            after age 0 have brought on average.
        margin : float, optional
            The share of it that counts.
        discount_rate : float, default 0.10
            Share by which value shrinks over one `per`.
        per : str or float, default "year"
            What the discount rate is for: a unit of time, or a number of ages.

        Returns
        -------
        frame
            One row an age (and part): `period`; the discounted `value` of that age;
            `lifetime_value`, the sum so far, with `ci_low` and `ci_high` for the
            uncertainty of retention; and `observed`, the same sum with the retention
            that was seen, NaN where none was.
        """
        tables = self._values(
            worth, margin=margin, discount_rate=discount_rate, per=per
        )
        return native_frame(self._joined(tables), family=self.family)

    def _values(
        self,
        worth: Any,
        *,
        margin: float | None = None,
        discount_rate: float = 0.10,
        per: str | float = "year",
    ) -> list[dict[str, NDArray[Any]]]:
        share = 1.0 if margin is None else float(margin)
        if not math.isfinite(share):
            raise ParameterError.of(
                name="margin", expected="be finite", found=repr(margin)
            )
        rate = self._rate(discount_rate, per)
        factors = share * np.exp(-rate * self.ages)
        tables: list[dict[str, NDArray[Any]]] = []
        for part in self.parts:
            money = factors * part.worth(worth, len(self.ages), self._cohorts)
            tables.append(part.value(self.ages, money, self.level))
        return tables

    def lifespan(self, horizon: Horizon | None = None) -> Any:
        """Return for how many periods a customer is there, the first one included.

        Parameters
        ----------
        horizon : float or str, optional
            Of how many periods, or of what time, such as "5 years"; by default of those
            that are projected.

        Returns
        -------
        frame
            One row (a part): `customers` behind it, the `horizon` in periods, the
            expected `lifespan` within it with `ci_low` and `ci_high`; `unlimited`, the
            lifespan without end, which is infinite where so many stay so long that the
            mean does not exist, with `unlimited_low` and `unlimited_high`; and
            `median`, the first age at which half have left, with `median_low` and
            `median_high`; infinite where that is later than the last age projected.
        """
        periods = float(len(self.ages))
        if horizon is not None:
            periods = self._periods(horizon, "horizon", least=1)
        tables = [part.lifespan(self.ages, periods, self.level) for part in self.parts]
        return native_frame(self._joined(tables), family=self.family)

    # -- pictures ----------------------------------------------------------------------

    def plot(
        self, kind: Literal["retention", "value"] = "retention", **kwargs: Any
    ) -> Any:
        """Draw what was seen beside what the model says; returns the axes.

        Parameters
        ----------
        kind : {"retention", "value"}
            "value" draws `lifetime_value`, and takes its arguments.
        **kwargs
            As `plotting.plot_projection` and `plotting.plot_projected_value` take them.
        """
        from tenure import plotting  # noqa: PLC0415

        if kind == "value":
            return plotting.plot_projected_value(self, **kwargs)
        return plotting.plot_projection(self, **kwargs)

    # -- units -------------------------------------------------------------------------

    @property
    def _days(self) -> float:
        return _days_of(self.unit)

    def _periods(self, horizon: Horizon, name: str, *, least: int) -> float:
        return periods_in(horizon, self.unit, name, least=least)

    def _rate(self, discount_rate: float, per: str | float) -> float:
        """Return the logarithm of one and the discount rate, for one age."""
        ages = (
            DAYS[unit_named(per, name="per")] / self._days
            if isinstance(per, str)
            else per
        )
        return continuous_rate(discount_rate, ages, None)

    # -- parts -------------------------------------------------------------------------

    def _joined(self, tables: list[dict[str, NDArray[Any]]]) -> dict[str, Any]:
        """Return the tables of parts as one, with columns that name them."""
        columns: dict[str, Any] = {}
        for place, name in enumerate(self.names):
            columns[name] = np.concatenate(
                [
                    _labels(part.names[place], len(next(iter(table.values()))))
                    for part, table in zip(self.parts, tables, strict=True)
                ]
            )
        for name in tables[0]:
            columns[name] = np.concatenate([table[name] for table in tables])
        return columns

    def title_of(self, part: Part) -> str:
        """Return what a part is called."""
        whole = (self._cohorts.astype("datetime64[M]") == self._cohorts).all()
        unit = "datetime64[M]" if whole else "datetime64[D]"
        return " ".join(
            str(one.astype(unit) if isinstance(one, np.datetime64) else one)
            for one in part.names
        )

    # -- text --------------------------------------------------------------------------

    def __len__(self) -> int:
        """Return the number of parts."""
        return len(self.parts)

    def _headline(self) -> str:
        sizes = [part.customers for part in self.parts]
        cohorts = sum(len(part.fit.seen.rows) for part in self.parts)
        longest = max(part.fit.seen.longest for part in self.parts)
        noun = self.unit if self.unit in DAYS else f"age of {self.unit}"
        each = f", by {' and '.join(self.names)}" if self.names else ""
        return (
            f"Projection by {type(self.model).__name__} of "
            f"{counted(int(sum(sizes)), 'customer')} in {counted(cohorts, 'cohort')}"
            f"{each}, seen for {counted(longest, noun)}"
        )

    def _table(self) -> tuple[list[str], list[list[str]]]:
        return self._parts_table() if len(self) > 1 else self._ages_table()

    def _ages_table(self) -> tuple[list[str], list[list[str]]]:
        curve = self.parts[0].curve(self.ages, self.level)
        step = max(1, -(-len(self.ages) // _SHOWN))

        def percent(value: float) -> str:
            return "" if np.isnan(value) else f"{100 * value:.1f}"

        rows: list[list[str]] = []
        for place in range(0, len(self.ages), step):
            row = {name: values[place] for name, values in curve.items()}
            interval = f"[{percent(row['ci_low'])}, {percent(row['ci_high'])}]"
            rows.append(
                [
                    str(row["period"]),
                    f"{row['at_risk']:,}" if row["at_risk"] else "",
                    percent(row["actual"]),
                    percent(row["expected"]),
                    interval,
                    *([percent(row["held_out"])] if self.holdout else []),
                ]
            )
        unit = self.unit if self.unit in DAYS else "age"
        header = [unit, "at risk", "actual %", "expected %"]
        header.append(f"{100 * self.level:g} % interval")
        if self.holdout:
            header.append(f"without the last {self.holdout}")
        return header, rows

    def _parts_table(self) -> tuple[list[str], list[list[str]]]:
        rows: list[list[str]] = []
        for part in self.parts[:_SHOWN]:
            found = part.lifespan(self.ages, float(len(self.ages)), self.level)
            row = {name: values[0] for name, values in found.items()}
            rows.append(
                [
                    self.title_of(part),
                    f"{row['customers']:,}",
                    str(part.fit.seen.longest),
                    f"{row['lifespan']:.2f}",
                    f"[{row['ci_low']:.2f}, {row['ci_high']:.2f}]",
                    "own" if part.fit.is_own else "pooled",
                ]
            )
        interval = f"{100 * self.level:g} % interval"
        within = f"lifespan of {len(self.ages)}"
        return ["", "customers", "ages", within, interval, "fit"], rows

    def _note(self) -> str:
        if self.holdout == 0:
            return "no ages held out"
        errors = self._errors()
        actual = sum(int(one["actual"][-1]) for one in errors)
        expected = sum(float(one["expected"][-1]) for one in errors)
        said = (
            f"fitted without the last {counted(self.holdout, 'age')} of each cohort it "
            f"expects {expected:,.0f} customers at their end; there are {actual:,}"
        )
        return f"{said} ({100 * (expected / actual - 1):+.1f} %)" if actual else said

    @override
    def __repr__(self) -> str:
        return f"{self._headline()}\n{text_table(*self._table())}\n{self._note()}"

    def _repr_html_(self) -> str:
        return html_report(self._headline(), *self._table(), self._note())


def _labels(label: Any, count: int) -> NDArray[Any]:
    """Return a column of one label."""
    is_day = isinstance(label, np.datetime64)
    labels = np.empty(count, dtype="datetime64[D]" if is_day else object)
    labels[:] = [label] * count
    return labels


def _days_of(unit: str) -> float:
    """Return the mean length of an age in days; of a 4-4-5 period, that of a month."""
    return float(in_units("month" if "-" in unit else unit, "day", name="unit")[0])


def periods_in(horizon: Horizon, unit: str, name: str, *, least: int) -> float:
    """Return a length of time in whole ages."""
    if isinstance(horizon, str):
        length = in_units(horizon, "day", name=name) / _days_of(unit)
    else:
        length = in_units(horizon, None, name=name)
    periods = math.floor(length[0] + 1e-9) if np.isfinite(length).all() else -1
    if len(length) != 1 or periods < least:
        expected = f"be one finite length of at least {counted(least, 'period')}"
        raise ParameterError.of(name, expected, found=repr(horizon))
    return float(periods)
