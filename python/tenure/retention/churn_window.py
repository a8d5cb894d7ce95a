"""The churn window: the gap beyond which a customer is not likely to return."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from tenure import _core
from tenure._frame import native_frame
from tenure._intervals import check_level, normal_quantile
from tenure._report import counted, html_report
from tenure._typing import override
from tenure.exceptions import EmptyDataError, ParameterError
from tenure.retention.periods import at_least_one, length_in_days

if TYPE_CHECKING:
    from collections.abc import Sequence

    from matplotlib.axes import Axes
    from numpy.typing import NDArray

    from tenure._typing import Date
    from tenure._units import Horizon
    from tenure.transactions import Transactions

__all__ = ["ChurnWindow", "find_churn_window", "waits_of"]

# Waits that must be seen to last to the end of the horizon after a gap, so that the
# chance of a return after it says anything.
_FEWEST = 20

# Gaps at which variances are computed; between them they are interpolated.
_VARIANCES = 200


@dataclass(frozen=True, eq=False, repr=False)
class ChurnWindow:
    """The gap beyond which a return is less likely than a probability.

    Made by `Transactions.find_churn_window`. With S the Kaplan-Meier curve of the time
    from one purchase to the next, who has not bought for g days returns within the
    next h with the probability ``1 - S(g + h) / S(g)``. The window is the shortest gap
    from which on that stays below `probability`, as far as can be seen. Its interval
    holds the gaps at which the probability's own interval holds `probability`; that
    takes into account that the waits of a customer are alike (the infinitesimal
    jackknife, summed by customer).

    Attributes
    ----------
    days : float
        The window; infinite if the chance of a return is not seen to stay below.
    lower, upper : float
        The ends of its interval; the upper one is infinite if longer gaps would have
        to be observed.
    probability, horizon, level : float
        What was asked for; the horizon in days.
    gaps : float64 array
        Whole days without a purchase, as long as `fewest` waits are seen to last for
        the whole horizon after it.
    return_probability, low, high : float64 array
        The chance of a return within the horizon after each gap, and its interval.
    at_risk : float64 array
        How many waits are seen to last longer than each gap.
    waits, returned, customers : int
        How many times between purchases went in, how many of them ended with one, and
        how many customers waited.

    References
    ----------
    Kaplan, E. L., Meier, P. (1958). Nonparametric estimation from incomplete
    observations. Journal of the American Statistical Association 53, 457-481.
    Lin, D. Y., Wei, L. J. (1989). The robust inference for the Cox proportional hazards
    model. Journal of the American Statistical Association 84, 1074-1078 (clusters).
    Kalbfleisch, J. D., Prentice, R. L. (2002). The statistical analysis of failure time
    data, 2nd ed., section 1.4 (the log-log scale of the interval).

    Examples
    --------
    >>> import tenure as tn
    >>> log = tn.Transactions(tn.datasets.load_cdnow(family="numpy"))
    >>> log.find_churn_window(0.1, horizon="60 days")
    ChurnWindow: 155 days [138, 166]
    who has not bought for longer returns within 60 days with a probability below 10 %
    from 6,696 waits of 2,357 customers, 2,357 of them censored; 95 % interval
    """

    days: float
    lower: float
    upper: float
    probability: float
    horizon: float
    level: float
    gaps: NDArray[np.float64]
    return_probability: NDArray[np.float64]
    low: NDArray[np.float64]
    high: NDArray[np.float64]
    at_risk: NDArray[np.float64]
    waits: int
    returned: int
    customers: int
    family: str = "numpy"

    def gap_below(self, probability: float) -> float:
        """Return the gap from which on a return is less likely than a probability.

        Parameters
        ----------
        probability : float
            Between 0 and 1.

        Returns
        -------
        float
            Days; infinite if that is not seen.
        """
        level = check_level(probability, name="probability")
        return _beyond(self.gaps, self.return_probability, level)

    def ladder(self, steps: int = 3) -> list[float]:
        """Return the gaps at which the chance of a return has fallen step by step.

        From what it is right after a purchase to `probability`, by equal factors: of
        three steps the last is the window itself.

        Parameters
        ----------
        steps : int, default 3
            How many.

        Returns
        -------
        list of float
            Ascending days.
        """
        start = float(self.return_probability[0])
        if start <= self.probability:
            return [self.days] * steps
        fall = self.probability / start
        shares = (np.arange(steps) + 1) / steps
        levels = [*(start * fall ** shares[:-1]), self.probability]
        return [
            _beyond(self.gaps, self.return_probability, float(level))
            for level in levels
        ]

    def to_frame(self) -> Any:
        """Return one row a gap.

        `gap` in days, `at_risk`, `return_probability` (within the horizon from there)
        and the ends of its interval, `low` and `high`.
        """
        columns = {
            "gap": self.gaps,
            "at_risk": self.at_risk,
            "return_probability": self.return_probability,
            "low": self.low,
            "high": self.high,
        }
        return native_frame(columns, family=self.family, index="gap")

    def plot(self, *, ax: Axes | None = None, **kwargs: Any) -> Axes:
        """Draw the chance of a return by gap; see `plotting.plot_churn_window`."""
        from tenure.plotting.repurchase import plot_churn_window  # noqa: PLC0415

        return plot_churn_window(self, ax=ax, **kwargs)

    def __float__(self) -> float:
        """Return the window in days."""
        return self.days

    def _headline(self) -> str:
        chance = f"{100 * self.probability:g} %"
        if np.isinf(self.days):
            longest = f"{self.gaps[-1]:g} days"
            said = f"not seen: after {longest} it is not yet below {chance} for good"
        else:
            said = f"{self.days:g} days [{self.lower:g}, {self.upper:g}]"
        return f"ChurnWindow: {said}"

    def _note(self) -> str:
        return (
            f"who has not bought for longer returns within {self.horizon:g} days with "
            f"a probability below {100 * self.probability:g} %\n"
            f"from {counted(self.waits, 'wait')} of "
            f"{counted(self.customers, 'customer')}, "
            f"{self.waits - self.returned:,} of them censored; "
            f"{100 * self.level:g} % interval"
        )

    @override
    def __repr__(self) -> str:
        return f"{self._headline()}\n{self._note()}"

    def _repr_html_(self) -> str:
        return html_report(self._headline(), [], [], self._note())


def waits_of(
    log: Transactions, most: int, as_of: Date | None
) -> dict[str, NDArray[Any]]:
    """Return the days from each of the first `most` purchases to the next."""
    date = log._date(as_of, "as_of")  # noqa: SLF001
    found = _core.purchase_waits(log._log.history, date, "day", most)  # noqa: SLF001
    return {
        "customers": found["customers"],
        "orders": found["orders"],
        "durations": found["durations"],
        "events": found["events"].view(np.bool_),
    }


def find_churn_window(
    log: Transactions,
    probability: float = 0.1,
    *,
    horizon: Horizon = "90 days",
    orders: int | Sequence[int] | None = None,
    as_of: Date | None = None,
    level: float = 0.95,
) -> ChurnWindow:
    """Return the churn window; see `Transactions.find_churn_window`."""
    chance = check_level(probability, name="probability")
    z = normal_quantile(check_level(level, name="level"))
    length = length_in_days(horizon, "horizon")
    waits = _chosen(log, orders, as_of)
    names = ("durations", "event_observed", "entry", "weights")
    table = _core.survival_table(
        (waits["durations"], waits["events"], None, None), names
    )
    timeline, at_risk, observed = (
        np.ascontiguousarray(table[name], np.float64)
        for name in ("timeline", "at_risk", "observed")
    )
    gaps = _gaps(timeline, at_risk, length)
    survival, _ = _core.kaplan_meier(at_risk, observed)
    kept = _kept(timeline, survival, gaps, length)
    coarse = gaps[:: max(1, -(-len(gaps) // _VARIANCES))]
    columns = (waits["durations"], waits["events"], waits["customers"])
    steps = (timeline, at_risk, observed)
    found = _core.return_variance(columns, steps, coarse.tolist(), length)
    variance = np.interp(gaps, coarse, found)
    low, high = _core.survival_band("log-log", z, kept, variance)
    chances = 1 - kept
    days, upper, lower = (
        _beyond(gaps, curve, chance) for curve in (chances, 1 - low, 1 - high)
    )
    return ChurnWindow(
        days=days,
        lower=lower,
        upper=upper,
        probability=chance,
        horizon=length,
        level=level,
        gaps=gaps,
        return_probability=chances,
        low=1 - high,
        high=1 - low,
        at_risk=_at_risk(timeline, at_risk, gaps),
        waits=len(waits["durations"]),
        returned=int(waits["events"].sum()),
        customers=len(np.unique(waits["customers"])),
        family=log.family,
    )


def _chosen(
    log: Transactions, orders: int | Sequence[int] | None, as_of: Date | None
) -> dict[str, NDArray[Any]]:
    """Return the waits after chosen orders, or after all."""
    if orders is None:
        return waits_of(log, np.iinfo(np.int64).max, as_of)
    numbers = [at_least_one(one, "orders") for one in np.atleast_1d(orders).tolist()]
    if not numbers:
        raise ParameterError.of(
            name="orders", expected="name at least one order", found="none"
        )
    waits = waits_of(log, max(numbers), as_of)
    chosen = np.isin(waits["orders"], numbers)
    if not chosen.any():
        what = f"no customer had placed order {min(numbers)} by then"
        raise EmptyDataError.of(what, hint="choose earlier orders")
    return {name: values[chosen] for name, values in waits.items()}


def _gaps(
    timeline: NDArray[np.float64], at_risk: NDArray[np.float64], horizon: float
) -> NDArray[np.float64]:
    """Return the whole days after which enough waits are seen to the horizon's end."""
    enough = np.flatnonzero(at_risk >= _FEWEST)
    last = float(timeline[enough[-1]]) - horizon if len(enough) else -1.0
    if last < 0:
        what = (
            f"fewer than {_FEWEST} waits are seen to last for the horizon of "
            f"{horizon:g} days"
        )
        raise EmptyDataError.of(what, hint="choose a shorter `horizon`")
    return np.arange(0.0, np.floor(last) + 1)


def _kept(
    timeline: NDArray[np.float64],
    survival: NDArray[np.float64],
    gaps: NDArray[np.float64],
    horizon: float,
) -> NDArray[np.float64]:
    """Return the share of those waiting at each gap who wait on for the horizon."""
    before, after = (
        survival[np.searchsorted(timeline, times, side="right") - 1]
        for times in (gaps, gaps + horizon)
    )
    return after / before


def _at_risk(
    timeline: NDArray[np.float64],
    at_risk: NDArray[np.float64],
    gaps: NDArray[np.float64],
) -> NDArray[np.float64]:
    """Return how many waits last longer than each gap."""
    return at_risk[np.searchsorted(timeline, gaps, side="right")]


def _beyond(
    gaps: NDArray[np.float64], chances: NDArray[np.float64], probability: float
) -> float:
    """Return the gap from which on chances stay below a probability."""
    above = np.flatnonzero(chances >= probability)
    if len(above) == 0:
        return float(gaps[0])
    return float(gaps[above[-1] + 1]) if above[-1] + 1 < len(gaps) else float("inf")
