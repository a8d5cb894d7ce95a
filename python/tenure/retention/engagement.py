"""How often customers buy: actives, stickiness, active days and streaks."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from tenure import _core
from tenure._frame import native_frame
from tenure._report import counted, html_report, text_table
from tenure._typing import is_many, override
from tenure.exceptions import EmptyDataError, ParameterError
from tenure.retention.periods import Periods, at_least_one, ledger_of, observed_until
from tenure.rfm.intervals import wilson

if TYPE_CHECKING:
    from collections.abc import Mapping

    from matplotlib.axes import Axes
    from numpy.typing import NDArray

    from tenure._calendar import Every, Weekday
    from tenure._typing import Date, Dates
    from tenure.transactions import Transactions

__all__ = ["Engagement", "active_days", "engagement", "streaks"]

WINDOWS = {"dau": 1, "wau": 7, "mau": 28}
"""Days of the trailing windows that are counted by default."""

# As many rows has a table of active days.
_MOST_DAYS = 3660


@dataclass(frozen=True, eq=False, repr=False)
class Engagement:
    """How many customers bought in the last day, week and month, day by day.

    Made by `Transactions.engagement`.

    Attributes
    ----------
    day : numpy.datetime64 array
        The days that were over, from that of the first purchase on.
    actives : dict of str to int64 array
        Customers with a purchase in the window that ends with each day.
    windows : dict of str to int
        How many days each window has.
    family : str
        The kind of frame that results come back as.

    Examples
    --------
    >>> import tenure as tn
    >>> log = tn.Transactions(tn.datasets.load_cdnow(family="numpy"))
    >>> log.engagement()
    Engagement on 546 days, 1997-01-01 to 1998-06-30
         days   mean  highest  last
    dau     1   12.3       58     2
    wau     7   81.5      311    27
    mau    28  282.0    1,041   131
    """

    day: NDArray[np.datetime64]
    actives: Mapping[str, NDArray[np.int64]]
    windows: Mapping[str, int]
    family: str = "numpy"

    @property
    def _shortest(self) -> str:
        return min(self.windows, key=lambda name: self.windows[name])

    @property
    def _longest(self) -> str:
        return max(self.windows, key=lambda name: self.windows[name])

    def ratio(self, short: str | None = None, long: str | None = None) -> Any:
        """Return the actives of a short window over those of a long one, day by day.

        Parameters
        ----------
        short, long : str, optional
            Names of windows; the shortest and the longest if left out.

        Returns
        -------
        float64 array
            NaN on days by which the long window is not whole, or holds nobody.
        """
        names = (short or self._shortest, long or self._longest)
        for argument, name in zip(("short", "long"), names, strict=True):
            if name not in self.windows:
                expected = f"be one of {', '.join(self.windows)}"
                raise ParameterError.of(argument, expected, found=repr(name))
        below = self.actives[names[1]].astype(np.float64)
        below[: self.windows[names[1]] - 1] = np.nan
        below[below == 0] = np.nan
        return self.actives[names[0]] / below

    def stickiness(self, short: str | None = None, long: str | None = None) -> Any:
        """Return the mean over days of DAU / MAU, or of another ratio of windows.

        The share of a month's customers who buy on a day of it.

        Parameters
        ----------
        short, long : str, optional
            Names of windows; the shortest and the longest if left out.

        Returns
        -------
        frame
            One row: `short`, `long`, the `days` that count (those by which the long
            window is whole and holds anybody), `stickiness` (their mean), `lowest` and
            `highest`.
        """
        daily = self.ratio(short, long)
        known = daily[np.isfinite(daily)]
        some = known if len(known) else np.array([np.nan])
        columns: dict[str, NDArray[Any]] = {
            "short": np.array([short or self._shortest], dtype=object),
            "long": np.array([long or self._longest], dtype=object),
            "days": np.array([len(known)]),
            "stickiness": np.array([some.mean()]),
            "lowest": np.array([some.min()]),
            "highest": np.array([some.max()]),
        }
        return native_frame(columns, family=self.family)

    def to_frame(self) -> Any:
        """Return one row a day: `day`, the actives by name, and `stickiness`.

        The last one is the ratio of the shortest to the longest window.
        """
        columns = {"day": self.day, **self.actives, "stickiness": self.ratio()}
        return native_frame(columns, family=self.family, index="day")

    def plot(self, *, ax: Axes | None = None, **kwargs: Any) -> Axes:
        """Draw the actives over time; see `plotting.plot_engagement`."""
        from tenure.plotting.engagement import plot_engagement  # noqa: PLC0415

        return plot_engagement(self, ax=ax, **kwargs)

    def __len__(self) -> int:
        """Return the number of days."""
        return len(self.day)

    def _headline(self) -> str:
        first, last = self.day[[0, -1]].astype("datetime64[D]")
        return f"Engagement on {counted(len(self), 'day')}, {first} to {last}"

    def _table(self) -> tuple[list[str], list[list[str]]]:
        rows = [
            [
                name,
                f"{days:,}",
                f"{self.actives[name].mean():,.1f}",
                f"{self.actives[name].max():,}",
                f"{self.actives[name][-1]:,}",
            ]
            for name, days in self.windows.items()
        ]
        return ["", "days", "mean", "highest", "last"], rows

    @override
    def __repr__(self) -> str:
        return f"{self._headline()}\n{text_table(*self._table())}"

    def _repr_html_(self) -> str:
        return html_report(self._headline(), *self._table())


def engagement(
    log: Transactions, *, windows: Mapping[str, int] | None, as_of: Date | None
) -> Engagement:
    """Count actives day by day; see `Transactions.engagement`."""
    named = dict(WINDOWS if windows is None else windows)
    if not named or {"day", "stickiness"} & set(named):
        expected = "name at least one window, and none of them day or stickiness"
        raise ParameterError.of(name="windows", expected=expected, found=repr(windows))
    lengths = {name: at_least_one(days, "windows") for name, days in named.items()}
    periods = Periods.of(log, "day", as_of)
    ledger = ledger_of(log, periods, as_of)
    over = periods.complete
    if not over.any():
        what = f"no day was over by {periods.end}"
        raise EmptyDataError.of(what, hint="choose a later `as_of`")
    return Engagement(
        day=periods.starts[over],
        actives={
            name: _core.trailing_actives(ledger, days)[over]
            for name, days in lengths.items()
        },
        windows=lengths,
        family=log.family,
    )


def active_days(
    log: Transactions, days: int, *, as_of: Date | Dates | None, level: float
) -> Any:
    """Count on how many days customers bought; see `Transactions.active_days`."""
    window = at_least_one(days, "days")
    if window > _MOST_DAYS:
        expected = f"be at most {_MOST_DAYS}, ten years"
        raise ParameterError.of(name="days", expected=expected, found=repr(days))
    dates: list[Any] = list(as_of) if is_many(as_of) else [as_of]
    if not dates:
        raise ParameterError.of(
            name="as_of", expected="hold at least one date", found="none"
        )
    instant = np.timedelta64(1, "us")
    lasts = [
        (observed_until(log, one) - instant).astype("datetime64[D]") for one in dates
    ]
    latest = dates[int(np.argmax(lasts))]
    periods = Periods.of(log, "day", latest)
    first = periods.starts[0].astype("datetime64[D]")
    early = [str(one) for one in lasts if one < first]
    if early:
        expected = f"not lie before the first purchase, on {first}"
        raise ParameterError.of(name="as_of", expected=expected, found=early[0])
    ends = [int((one - first).astype(np.int64)) for one in lasts]
    found = _core.active_periods(ledger_of(log, periods, latest), ends, window)
    totals = np.repeat(found.sum(axis=1), window)
    share, low, high = wilson(found.ravel(), totals, level)
    columns: dict[str, NDArray[Any]] = {
        "as_of": np.repeat(np.array(lasts), window),
        "active_days": np.tile(np.arange(1, window + 1), len(lasts)),
        "customers": found.ravel(),
        "share": share,
        "share_low": low,
        "share_high": high,
    }
    return native_frame(columns, family=log.family)


def streaks(
    log: Transactions,
    every: Every,
    *,
    week_start: Weekday,
    year_start: int,
    as_of: Date | None,
) -> Any:
    """Return the streaks of each customer; see `Transactions.streaks`."""
    periods = Periods.of(log, every, as_of, week_start, year_start)
    running = not bool(periods.complete[-1])
    found = _core.purchase_streaks(ledger_of(log, periods, as_of), running)
    known = np.flatnonzero(found["active"] > 0)
    starts = periods.starts
    columns: dict[str, NDArray[Any]] = {
        "customer_id": log.customers[known],
        "active_periods": found["active"][known],
        "streaks": found["streaks"][known],
        "longest_streak": found["longest"][known],
        "longest_from": starts[found["longest_from"][known]],
        "current_streak": found["current"][known],
        "last_active": starts[found["last"][known]],
    }
    return native_frame(columns, family=log.family, index="customer_id")
