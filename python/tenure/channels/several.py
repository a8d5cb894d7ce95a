"""Customers of several channels against those of one."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import numpy as np

from tenure._frame import native_frame
from tenure._report import counted, html_report, text_table
from tenure._time import civil_microseconds
from tenure._typing import override
from tenure.breakdown.paradox import simpson
from tenure.channels._events import read
from tenure.exceptions import EmptyDataError, ParameterError
from tenure.retention.periods import length_in_days

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from tenure._typing import Date
    from tenure._units import Horizon
    from tenure.breakdown.paradox import Simpson
    from tenure.channels._events import Events

__all__ = ["Multichannel", "multichannel"]

GROUPS = ("one channel", "several channels")

_DAY = 86_400_000_000

# From so many orders on, early customers are taken to be alike.
_MOST = 4


@dataclass(frozen=True, eq=False, repr=False)
class Multichannel:
    """What customers of several channels did later, against those of one.

    Made by `multichannel`.

    Attributes
    ----------
    outcomes : dict of str to Simpson
        For each outcome ("value", "orders", "retained") the difference as it is and
        within strata.
    customers : (int, int)
        How many use one channel, and how many several.
    within, horizon : float
        Days in which channels, and then outcomes, are counted.
    adjusted_for : tuple of str
        What the strata are.
    notes : tuple of str
        What was left out.
    family : str
        The kind of frame that results come back as.
    """

    outcomes: dict[str, Simpson]
    customers: tuple[int, int]
    within: float
    horizon: float
    adjusted_for: tuple[str, ...]
    notes: tuple[str, ...]
    family: str
    columns: dict[str, NDArray[Any]] = field(repr=False)

    def to_frame(self) -> Any:
        """Return one row an outcome.

        Returns
        -------
        frame
            `outcome`, its mean for `one` channel and for `several`, the difference
            `raw` and `adjusted`, with ends of intervals, and `flag` as of `Simpson`.
        """
        return native_frame(self._outcomes(), family=self.family)

    def people(self) -> Any:
        """Return one row a customer: the channels used, strata and outcomes."""
        return native_frame(self.columns, family=self.family, index="customer_id")

    def _outcomes(self) -> dict[str, NDArray[Any]]:
        found = list(self.outcomes.values())
        text = np.empty((2, len(found)), dtype=object)
        text[0], text[1] = list(self.outcomes), [one.flag for one in found]
        columns: dict[str, NDArray[Any]] = {
            "outcome": text[0],
            "one": np.array([one.means[0] for one in found]),
            "several": np.array([one.means[1] for one in found]),
        }
        for name in ("raw", "adjusted"):
            parts = [getattr(one, name) for one in found]
            columns[name] = np.array([one.value for one in parts])
            for end in ("lower", "upper"):
                columns[f"{name}_{end}"] = np.array(
                    [getattr(one, end) for one in parts]
                )
        return columns | {"flag": text[1]}

    def sentences(self) -> list[str]:
        """Return what the numbers say, and what they do not."""
        said: list[str] = []
        for name, one in self.outcomes.items():
            raw, own = one.raw, one.adjusted
            said.append(
                f"{name}: {one.means[1]:,.4g} with several channels, "
                f"{one.means[0]:,.4g} with one ({raw.value:+,.4g}); "
                f"within {', '.join(self.adjusted_for)} {own.value:+,.4g} "
                f"[{own.lower:+,.4g}, {own.upper:+,.4g}]."
            )
        said.append("Customers choose their channels: this is no effect of them.")
        return said

    def _headline(self) -> str:
        one, several = self.customers
        return (
            f"{counted(several, 'customer')} of several channels against {one:,} of "
            f"one, in the {self.horizon:g} days after the first {self.within:g}"
        )

    def _table(self) -> tuple[list[str], list[list[str]]]:
        rows: list[list[str]] = []
        for name, one in self.outcomes.items():
            cells = [name, f"{one.means[0]:,.4g}", f"{one.means[1]:,.4g}"]
            for part in (one.raw, one.adjusted):
                cells += [
                    f"{part.value:+,.4g} [{part.lower:+,.4g}, {part.upper:+,.4g}]"
                ]
            rows.append(cells)
        return ["", "one", "several", "raw difference", "adjusted"], rows

    @override
    def __repr__(self) -> str:
        parts = [self._headline(), *self.sentences(), text_table(*self._table())]
        return "\n".join([*parts, *self.notes])

    def _repr_html_(self) -> str:
        words = " ".join([*self.sentences(), *self.notes])
        return html_report(self._headline(), *self._table(), words)


def multichannel(
    data: object,
    channel: str = "channel",
    *,
    customer: str = "customer_id",
    time: str = "date",
    amount: str | None = None,
    order: str | None = None,
    within: Horizon = "90 days",
    horizon: Horizon = "180 days",
    adjust: str | Sequence[str] = ("cohort", "early_orders"),
    as_of: Date | None = None,
    regression: bool = False,
    level: float = 0.9,
) -> Multichannel:
    """Return how customers of several channels differ from those of one, later on.

    Who buys more often has more occasions to use another channel, so that over the
    same time the comparison answers itself. Channels are therefore counted in the first
    days of a customer, and outcomes after them, over the same length for everybody.

    Parameters
    ----------
    data : frame
        One row an order, or a line of one.
    channel, customer, time : str
        Its columns. Rows without a customer or a time are left out and counted.
    amount, order : str, optional
        Columns of amounts and of order ids; without ids a customer's rows of one moment
        are one order.
    within : length of time, default "90 days"
        The days from a customer's first order on in which channels are counted, that
        of the first order included.
    horizon : length of time, default "180 days"
        How long after that outcomes are counted: "value" (with amounts), "orders" and
        "retained" (any order). Customers not observed so long are left out.
    adjust : sequence of {"cohort", "early_orders"}
        What to compare within: the month of the first order, and the number of orders
        in the first days (4 or more are alike). With one order nobody has two channels:
        such customers are compared with nobody then.
    as_of : date, optional
        The last day observed; by default that of the last row.
    regression : bool, default False
        As for `breakdown.simpson`.
    level : float, default 0.9
        Confidence level of the intervals.

    Returns
    -------
    Multichannel

    Raises
    ------
    EmptyDataError
        If nobody is observed long enough, or uses several channels.

    Examples
    --------
    >>> import tenure as tn
    >>> orders = {
    ...     "customer_id": [1, 1, 1, 2, 2, 3, 4, 4, 4],
    ...     "date": [
    ...         "2024-01-02",
    ...         "2024-01-09",
    ...         "2024-05-01",
    ...         "2024-01-05",
    ...         "2024-01-20",
    ...         "2024-01-07",
    ...         "2024-01-08",
    ...         "2024-01-10",
    ...         "2024-06-01",
    ...     ],
    ...     "channel": [
    ...         "web",
    ...         "shop",
    ...         "web",
    ...         "web",
    ...         "web",
    ...         "shop",
    ...         "web",
    ...         "shop",
    ...         "web",
    ...     ],
    ... }
    >>> found = tn.channels.multichannel(orders, adjust="cohort", as_of="2024-12-31")
    >>> found.customers, found.outcomes["orders"].raw.value
    ((2, 2), 1.0)
    """
    strata = (adjust,) if isinstance(adjust, str) else tuple(adjust)
    if not strata or not set(strata) <= {"cohort", "early_orders"}:
        raise ParameterError.of(
            name="adjust",
            expected="be some of 'cohort' and 'early_orders'",
            found=repr(adjust),
        )
    early, later = length_in_days(within, "within"), length_in_days(horizon, "horizon")
    events = read(data, customer, channel, time, what="orders")
    money = None if amount is None else events.numbers(amount)
    end = _end(events, as_of)
    found = _people(events, money, order, (early, later), end)
    observed = found.pop("observed")
    if not observed.any():
        msg = f"no customer is observed for {early + later:g} days"
        raise EmptyDataError.of(
            msg,
            hint="choose a shorter `within` or `horizon`",
        )
    columns = {name: values[observed] for name, values in found.items()}
    several = columns["channels_used"] > 1
    if several.all() or not several.any():
        what = "several channels" if not several.any() else "one channel only"
        msg = f"no customer uses {what} in the first {early:g} days"
        raise EmptyDataError.of(msg)
    labels = np.empty(len(several), dtype=object)
    labels[:] = np.where(several, GROUPS[1], GROUPS[0])
    table = columns | {"channels": labels}
    outcomes = {
        name: simpson(
            table, name, "channels", strata, regression=regression, level=level
        )
        for name in ("value", "orders", "retained")
        if name in table
    }
    short = int((~observed).sum())
    days = f"{early + later:g} days"
    notes = (
        [f"{counted(short, 'customer')} not observed for {days} left out"]
        if short
        else []
    )
    return Multichannel(
        outcomes=outcomes,
        customers=(int((~several).sum()), int(several.sum())),
        within=early,
        horizon=later,
        adjusted_for=strata,
        notes=(*events.notes, *notes),
        family=events.table.family,
        columns=table,
    )


def _end(events: Events, as_of: Date | None) -> int:
    """Return the first moment that is not observed."""
    times = _times(events)
    if as_of is None:
        return (int(times.max()) // _DAY + 1) * _DAY
    moment, whole_day = civil_microseconds(as_of, name="as_of")
    return (moment // _DAY + 1) * _DAY if whole_day else moment + 1


def _times(events: Events) -> NDArray[np.int64]:
    assert events.times is not None  # noqa: S101 (read with their times)
    return events.times.view(np.int64)


def _people(
    events: Events,
    money: NDArray[np.float64] | None,
    order: str | None,
    lengths: tuple[float, float],
    end: int,
) -> dict[str, NDArray[Any]]:
    """Return one row a customer: channels and orders early on, and what came later."""
    times, n = _times(events), events.customers
    seen = times < end
    first = np.full(n, np.iinfo(np.int64).max)
    np.minimum.at(first, events.owners[seen], times[seen])
    first_day = first // _DAY
    days = (times // _DAY - first_day[events.owners]).astype(np.float64)
    early, later = lengths
    begins = seen & (days < early)
    after = seen & (days >= early) & (days < early + later)
    if order is None:
        codes = np.unique(times, return_inverse=True)[1]
    else:
        codes = events.table.codes(order).values[events.rows]

    def distinct(rows: NDArray[np.bool_], what: NDArray[np.int64]) -> NDArray[np.int64]:
        pairs = np.unique(np.stack([events.owners[rows], what[rows]]), axis=1)
        return np.bincount(pairs[0], minlength=n)

    orders = distinct(after, codes)
    known = first < np.iinfo(np.int64).max
    observed = known & (end // _DAY - first_day >= early + later)
    months = np.where(known, first, 0).view("datetime64[us]").astype("datetime64[M]")
    columns: dict[str, NDArray[Any]] = {
        "customer_id": events.ids,
        "cohort": months.astype(str).astype(object),
        "channels_used": distinct(begins, events.channels.codes),
        "early_orders": np.minimum(distinct(begins, codes), _MOST),
    }
    if money is not None:
        columns["value"] = np.bincount(events.owners[after], money[after], n)
    return columns | {
        "orders": orders.astype(np.float64),
        "retained": (orders > 0).astype(np.float64),
        "observed": observed,
    }
