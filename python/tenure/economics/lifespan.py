"""Lifespan x revenue a customer and year: with the factors laid open, and censoring."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Literal

import numpy as np

from tenure._intervals import check_level, normal_quantile
from tenure._report import html_report, text_table
from tenure._typing import override
from tenure._units import DAYS, in_units, plural, unit_named
from tenure.economics._estimates import written_interval
from tenure.economics._journeys import Journeys
from tenure.exceptions import ParameterError
from tenure.retention.periods import length_in_days
from tenure.survival.kaplan_meier import KaplanMeier

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from tenure._typing import Date, Unit
    from tenure._units import Horizon
    from tenure.transactions import Transactions

    Floats = NDArray[np.float64]

__all__ = ["LifespanValue", "lifespan_value"]


@dataclass(frozen=True, repr=False)
class LifespanValue:
    """Mean lifespan x what a living customer brings in a unit of time.

    Made by `lifespan_value`.

    Attributes
    ----------
    value : float
        The product.
    low, high : float
        Its interval; NaN where it is not known.
    lifespan : float
        How long a customer is there, on average: `observed_part` + `tail`, in `unit`.
    observed_part : float
        Up to `horizon`: the area under the Kaplan-Meier curve.
    tail : float
        What is added for the time after it.
    horizon : float
        The last age that the curve is used to.
    arpu : float
        What a customer brings in a unit of time while they are there, margin if there
        is one.
    customers : int
        How many.
    still_there : float
        The share who were still there at the end of observation: their lifespans are
        not known yet.
    naive : float
        The mean time from first to last purchase, which is often taken for the
        lifespan; NaN without a log.
    unit, basis : str
    level : float
        Confidence level of the interval.
    notes : tuple of str
    """

    value: float
    low: float
    high: float
    lifespan: float
    observed_part: float
    tail: float
    horizon: float
    arpu: float
    customers: int
    still_there: float
    naive: float
    unit: str
    basis: str
    level: float
    notes: tuple[str, ...]

    def __float__(self) -> float:
        """Return the value."""
        return self.value

    def _headline(self) -> str:
        return (
            f"{self.value:,.2f} {self.basis} a customer: {self.lifespan:,.3g} "
            f"{plural(self.unit)} x {self.arpu:,.2f} a {self.unit}"
        )

    def _table(self) -> tuple[list[str], list[list[str]]]:
        units = plural(self.unit)
        rows = [
            ["value", f"{self.value:,.2f}", written_interval(self.low, self.high)],
            [f"lifespan, {units}", f"{self.lifespan:,.3f}", ""],
            [f"  seen, to {self.horizon:,.3g}", f"{self.observed_part:,.3f}", ""],
            ["  after that", f"{self.tail:,.3f}", ""],
            [f"{self.basis} a {self.unit}", f"{self.arpu:,.2f}", ""],
        ]
        if not math.isnan(self.naive):
            rows.append(["first to last purchase", f"{self.naive:,.3f}", ""])
        return ["", "", f"{100 * self.level:g} % interval"], rows

    @override
    def __repr__(self) -> str:
        notes = "".join(f"\nNote: {note}" for note in self.notes)
        return f"{self._headline()}\n{text_table(*self._table())}{notes}"

    def _repr_html_(self) -> str:
        return html_report(self._headline(), *self._table(), "; ".join(self.notes))


def lifespan_value(
    data: Transactions | KaplanMeier,
    *,
    inactive_after: Horizon | None = None,
    arpu: float | None = None,
    margin: float | None = None,
    unit: Unit = "year",
    horizon: Horizon | None = None,
    tail: Literal["churn", "none"] | float = "churn",
    as_of: Date | None = None,
    replicates: int = 200,
    seed: int = 0,
    level: float = 0.95,
) -> LifespanValue:
    """Return lifespan x what a customer brings in a year, margin applied.

    Parameters
    ----------
    data : Transactions or KaplanMeier
        A log of orders, with `inactive_after`; or a fitted curve of how long customers
        stay (in `unit`), with `arpu`, where leaving is seen.
    inactive_after : float or str, optional
        For a log: a customer is there until so long after the last purchase (numbers
        are days); `Transactions.find_churn_window` finds a length. Who bought lately is
        still there, and censored.
    arpu : float, optional
        For a curve: revenue a customer and `unit`.
    margin : float, optional
        Share of revenue that is margin; without it the value is revenue.
    unit : str, default "year"
        What lifespan and ARPU are in.
    horizon : float or str, optional
        The last age to use the curve to, by default the last that is observed.
    tail : {"churn", "none"} or float
        What comes after it: the share still there over the churn rate of the second
        half of the curve; nothing; or the mean time that those still there have left,
        from a model (`expected_residual_lifetime`), in `unit`.
    as_of : date, optional
        For a log: the last day observed.
    replicates, seed : int
        For a log: of the bootstrap over customers that the interval comes from.
    level : float, default 0.95
        Confidence level of the interval.

    Returns
    -------
    LifespanValue

    Notes
    -----
    The mean time from first to last purchase is no lifespan: customers who are there
    have not finished theirs, and one who bought once has none. The product takes what
    customers bring in a year as the same for all their life; `lifetime_value` does not.

    Examples
    --------
    >>> import tenure as tn
    >>> curve = tn.KaplanMeier().fit([1.0, 2.0, 3.0, 4.0])
    >>> tn.economics.lifespan_value(curve, arpu=100.0, margin=0.5).value
    125.0
    """
    check_level(level, name="level")
    unit_named(unit)
    if margin is not None and not (math.isfinite(margin) and margin >= 0):
        raise ParameterError.of(
            name="margin", expected="be finite and at least 0", found=repr(margin)
        )
    until = None
    if horizon is not None:
        until = float(in_units(horizon, unit, name="horizon")[0])
    basis = "revenue" if margin is None else "margin"
    settings: dict[str, Any] = {"unit": unit, "basis": basis, "level": level}
    if isinstance(data, KaplanMeier):
        if arpu is None or inactive_after is not None:
            raise ParameterError.of(
                name="arpu" if arpu is None else "inactive_after",
                expected="be given with a curve"
                if arpu is None
                else "be left out with a curve",
                found=repr(arpu if arpu is None else inactive_after),
            )
        return _of_curve(data, arpu * (margin or 1.0), until, tail, settings)
    if arpu is not None or inactive_after is None:
        raise ParameterError.of(
            name="inactive_after" if inactive_after is None else "arpu",
            expected="be given with a log: how long after the last purchase a "
            "customer is still there"
            if inactive_after is None
            else "be left out with a log",
            found=repr(inactive_after if inactive_after is None else arpu),
        )
    days = length_in_days(inactive_after, "inactive_after")
    lives = _Lives.of(data, days, margin, as_of, DAYS[unit])
    return _of_lives(lives, until, tail, settings, (replicates, seed))


@dataclass(frozen=True, eq=False)
class _Lives:
    """How long each customer was there, whether they left, and what they brought."""

    durations: Floats
    left: NDArray[np.bool_]
    money: Floats
    recency: Floats

    @classmethod
    def of(
        cls,
        log: Transactions,
        window: float,
        margin: float | None,
        as_of: Date | None,
        length: float,
    ) -> _Lives:
        journeys = Journeys.of(log, margin=margin, as_of=as_of)
        activity = log._activity(as_of)  # noqa: SLF001
        first, last = (
            activity[name].astype(np.int64)
            for name in ("first_purchase", "last_purchase")
        )
        recency = (last - first) / (DAYS["day"] * 86_400_000_000)
        left = recency + window < journeys.exposure
        durations = np.where(left, recency + window, journeys.exposure)
        return cls(durations / length, left, journeys.by(np.inf), recency / length)


def _of_curve(
    curve: KaplanMeier,
    arpu: float,
    until: float | None,
    tail: str | float,
    settings: dict[str, Any],
) -> LifespanValue:
    if len(curve.curves_) != 1:
        raise ParameterError.of(
            name="data",
            expected="be a single curve",
            found=f"{len(curve.curves_)} groups",
            hint="fit without by, or one group at a time",
        )
    part, error, end = _area(curve, until)
    more = _tail(curve, end, tail)
    reach = normal_quantile(settings["level"]) * error
    total, events = curve.curves_[0].total
    value = (part + more) * arpu
    return LifespanValue(
        value=value,
        low=value - reach * arpu,
        high=value + reach * arpu,
        lifespan=part + more,
        observed_part=part,
        tail=more,
        horizon=end,
        arpu=arpu,
        customers=int(total),
        still_there=1 - events / total,
        naive=math.nan,
        notes=tuple(_notes(1 - events / total, part, more, tail)),
        **settings,
    )


def _of_lives(
    lives: _Lives,
    until: float | None,
    tail: str | float,
    settings: dict[str, Any],
    draws: tuple[int, int],
) -> LifespanValue:
    customers = len(lives.durations)
    curve = KaplanMeier().fit(lives.durations, lives.left)
    part, _, end = _area(curve, until)
    more = _tail(curve, end, tail)
    arpu = float(lives.money.sum() / lives.durations.sum())
    replicates, seed = draws
    random = np.random.default_rng(seed)
    values: list[float] = []
    for _ in range(replicates if customers > 1 else 0):
        weights = random.poisson(1.0, customers).astype(np.float64)
        if (weights @ lives.durations) == 0:
            continue
        drawn = weights > 0
        again = KaplanMeier().fit(
            lives.durations[drawn], lives.left[drawn], weights=weights[drawn]
        )
        known = min(end, float(again.curves_[0].timeline[-1]))
        area, _, reached = _area(again, known)
        rate = float(weights @ lives.money / (weights @ lives.durations))
        values.append((area + _tail(again, reached, tail)) * rate)
    low, high = math.nan, math.nan
    good = [value for value in values if math.isfinite(value)]
    if len(good) > 1:
        side = (1 - settings["level"]) / 2
        low, high = (float(one) for one in np.quantile(good, [side, 1 - side]))
    there = float(1 - lives.left.mean())
    return LifespanValue(
        value=(part + more) * arpu,
        low=low,
        high=high,
        lifespan=part + more,
        observed_part=part,
        tail=more,
        horizon=end,
        arpu=arpu,
        customers=customers,
        still_there=there,
        naive=float(lives.recency.mean()),
        notes=tuple(_notes(there, part, more, tail)),
        **settings,
    )


def _area(curve: KaplanMeier, until: float | None) -> tuple[float, float, float]:
    """Return the restricted mean, its error, and the horizon that was used."""
    end, ((mean, error),) = curve._restricted_means(until)  # noqa: SLF001
    return mean, error, end


def _tail(curve: KaplanMeier, end: float, tail: str | float) -> float:
    """Return the mean time after the end of the curve, of all who began."""
    _check_tail(tail)
    one = curve.curves_[0]
    left = float(one.estimate[one.places(np.array([end]))[0]])
    if tail == "none" or left == 0:
        return 0.0
    if isinstance(tail, str):
        half = float(one.estimate[one.places(np.array([end / 2]))[0]])
        if half == left:
            return math.inf
        # the constant rate with which the second half of the curve falls as it does
        return left * (end / 2) / math.log(half / left)
    return left * float(tail)


def _check_tail(tail: str | float) -> None:
    known = tail in ("churn", "none")
    if not isinstance(tail, str):
        known = math.isfinite(tail) and tail >= 0
    if not known:
        raise ParameterError.of(
            name="tail",
            expected="be 'churn', 'none' or a number of at least 0",
            found=repr(tail),
        )


def _notes(there: float, part: float, more: float, tail: str | float) -> list[str]:
    known = f"{100 * there:.0f} % are still there, and their lifespans not known yet"
    notes = [f"{known}: the curve allows for it"]
    if math.isinf(more):
        notes.append(
            "nobody left in the second half of the curve: its churn rate is 0, and the "
            "lifespan has no end; give a tail"
        )
    elif more > part:
        notes.append("more of the lifespan is assumed than was seen")
    if tail == "none" and there > 0:
        notes.append("no time after the horizon is counted: the value is too low")
    return notes
