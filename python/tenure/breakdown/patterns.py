"""How customers buy: gaps, regularity, the hours and days, and whether spend grows."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Literal, TypeAlias

import numpy as np

from tenure._frame import native_frame
from tenure._intervals import check_level
from tenure._report import counted, html_report, text_table
from tenure._series import column_of
from tenure._typing import override
from tenure.breakdown._gaps import (
    Waits,
    median_gap,
    own_variation,
    regularity,
    spend_slope,
)
from tenure.breakdown._people import ALL, Grouping, grouping_of, labelled_rows, table_of
from tenure.exceptions import ColumnError, EmptyDataError, ParameterError
from tenure.retention.churn_window import waits_of
from tenure.retention.periods import at_least_one, observed_until
from tenure.rfm.intervals import wilson

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from numpy.typing import NDArray

    from tenure._typing import Date
    from tenure.transactions import Transactions

__all__ = ["BuyingPatterns", "Clock", "buying_patterns"]

Clock: TypeAlias = Literal["hour", "weekday", "month"]
"""What a profile of purchases is over."""

WEEKDAYS = ("Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun")
MONTHS = (
    "Jan",
    "Feb",
    "Mar",
    "Apr",
    "May",
    "Jun",
    "Jul",
    "Aug",
    "Sep",
    "Oct",
    "Nov",
    "Dec",
)


@dataclass(frozen=True, eq=False, repr=False)
class BuyingPatterns:
    """How customers buy, in all and by group.

    Made by `buying_patterns`.

    Attributes
    ----------
    by : str or None
        What the groups are.
    customers : int
        How many customers.
    purchases : int
        How many purchases.
    level : float
        Confidence level of the intervals.
    family : str
        The kind of frame that results come back as.
    """

    by: str | None
    customers: int
    purchases: int
    level: float
    family: str
    columns: dict[str, NDArray[Any]] = field(repr=False)
    _times: NDArray[np.datetime64] = field(repr=False)
    _groups: Grouping = field(repr=False)
    _has_hours: bool = field(repr=False)

    def to_frame(self) -> Any:
        """Return one row a group, everybody first.

        Returns
        -------
        frame
            The group, `customers`, `purchases`, `gaps` that have ended and `open_gaps`,
            `median_gap` in days, the open ones counted as longer than they are by now
            (infinite if fewer than half have ended), `cv` (standard deviation over mean
            of gaps that have ended), `cv_own` (median of customers' own, of those with
            three gaps or more), `regularity` (1 is random, more is regular, less is in
            bursts), and in a log with amounts `spend_slope`: by how much a customer's
            next order is larger than the one before. With ends of intervals.
        """
        columns = dict(self.columns)
        if self.by is None:
            del columns["group"]
        else:
            columns = {self.by: columns.pop("group"), **columns}
        return native_frame(columns, family=self.family)

    def __getitem__(self, name: str) -> float:
        """Return a number about all customers."""
        if name not in self.columns:
            raise ColumnError.unknown(name, tuple(self.columns))
        return float(self.columns[name][0])

    def profile(self, clock: Clock = "weekday") -> Any:
        """Return the purchases of each hour, weekday or month.

        Parameters
        ----------
        clock : {"weekday", "hour", "month"}
            What of the time; hours only where purchases have times of day.

        Returns
        -------
        frame
            One row a part (of each group): its name, `purchases`, `share` of the
            purchases with `lower` and `upper` (Wilson's, as if purchases were
            independent), and `index`: 100 if all parts had as many.
        """
        return native_frame(self._profile(clock), family=self.family)

    def _profile(self, clock: str) -> dict[str, NDArray[Any]]:
        parts = self._parts(clock)
        names = {
            "weekday": WEEKDAYS,
            "month": MONTHS,
            "hour": tuple(f"{hour:02}" for hour in range(24)),
        }[clock]
        size = len(names)
        blocks: dict[str, list[Any]] = {
            name: []
            for name in (
                "group",
                clock,
                "purchases",
                "share",
                "lower",
                "upper",
                "index",
            )
        }
        groups: list[tuple[str, NDArray[np.bool_]]] = [
            (ALL, np.ones(len(parts), dtype=bool))
        ]
        if self.by is not None:
            groups += [
                (name, self._groups.codes == code)
                for code, name in enumerate(self._groups.names)
            ]
        for name, rows in groups:
            counts = np.bincount(parts[rows], minlength=size)
            found = wilson(counts, int(counts.sum()), self.level)
            blocks["group"] += [name] * size
            blocks[clock] += names
            blocks["purchases"] += counts.tolist()
            for end, values in zip(("share", "lower", "upper"), found, strict=True):
                blocks[end] += values.tolist()
            blocks["index"] += (100 * size * found[0]).tolist()
        columns: dict[str, NDArray[Any]] = {}
        for name, values in blocks.items():
            text = name in ("group", clock)
            columns[name] = np.array(values, dtype=object if text else None)
        group = columns.pop("group")
        return columns if self.by is None else {self.by: group, **columns}

    def _parts(self, clock: str) -> NDArray[np.int64]:
        if clock not in ("hour", "weekday", "month"):
            raise ParameterError.of(
                name="clock",
                expected="be 'weekday', 'hour' or 'month'",
                found=repr(clock),
            )
        days = self._times.astype("datetime64[D]")
        if clock == "month":
            return self._times.astype("datetime64[M]").astype(np.int64) % 12
        if clock == "weekday":  # 1970 began on a Thursday
            return (days.astype(np.int64) + 3) % 7
        if not self._has_hours:
            raise ParameterError.of(
                name="clock",
                expected="be 'weekday' or 'month' where purchases have no time of day",
                found="'hour'",
                hint='group the log with merge="order" or merge=None',
            )
        return (self._times - days).astype("timedelta64[h]").astype(np.int64)

    def plot(
        self, clock: Clock = "weekday", *, ax: Axes | None = None, **kwargs: Any
    ) -> Axes:
        """Draw a profile; see `plotting.plot_buying_profile`."""
        from tenure.plotting.groups import plot_buying_profile  # noqa: PLC0415

        return plot_buying_profile(self, clock, ax=ax, **kwargs)

    def sentences(self) -> list[str]:
        """Return what the numbers say of all customers."""
        middle = self["median_gap"]
        if np.isfinite(middle):
            said = [
                f"Half of the gaps are over after {middle:g} days, open ones included."
            ]
        else:
            said = ["Fewer than half of the gaps have ended: most do not come back."]
        regular = self["regularity"]
        if np.isfinite(regular):
            low, high = self["regularity_lower"], self["regularity_upper"]
            words = "at random"
            if low > 1:
                words = "more regularly than at random"
            elif high < 1:
                words = "in bursts"
            said.append(f"Customers buy {words} (regularity {regular:.2f}).")
        if "spend_slope" in self.columns and np.isfinite(self["spend_slope"]):
            slope = self["spend_slope"]
            ends = [self[f"spend_slope_{end}"] for end in ("lower", "upper")]
            known = "" if ends[0] * ends[1] > 0 else ", which may be chance"
            said.append(f"Spend changes by {slope:+,.2f} from order to order{known}.")
        return said

    def _headline(self) -> str:
        return (
            f"Buying patterns of {counted(self.customers, 'customer')}, "
            f"{counted(self.purchases, 'purchase')}"
        )

    def _table(self) -> tuple[list[str], list[list[str]]]:
        interval = f"{100 * self.level:g} % interval"
        header = ["", "customers", "median gap", interval, "regularity", interval]
        rows: list[list[str]] = []
        for row, name in enumerate(self.columns["group"]):
            one = {key: values[row] for key, values in self.columns.items()}
            rows.append(
                [
                    str(name),
                    f"{one['customers']:,}",
                    f"{one['median_gap']:g}",
                    f"[{one['median_gap_lower']:g}, {one['median_gap_upper']:g}]",
                    f"{one['regularity']:.2f}",
                    f"[{one['regularity_lower']:.2f}, {one['regularity_upper']:.2f}]",
                ]
            )
        return header, rows

    @override
    def __repr__(self) -> str:
        parts = [self._headline(), *self.sentences(), text_table(*self._table())]
        return "\n".join(parts)

    def _repr_html_(self) -> str:
        return html_report(self._headline(), *self._table(), " ".join(self.sentences()))


def buying_patterns(
    log: Transactions,
    *,
    by: str | None = None,
    attributes: object = None,
    as_of: Date | None = None,
    level: float = 0.9,
    replicates: int = 300,
    seed: int = 0,
) -> BuyingPatterns:
    """Return how customers buy: gaps, regularity, time of day and week, spend trend.

    Parameters
    ----------
    log : Transactions
        The log. With ``merge="order"`` or None purchases keep their times of day.
    by : str, optional
        Groups: an attribute of the log, or a column of `attributes`.
    attributes : frame, optional
        One row a customer.
    as_of : date, optional
        The last day observed.
    level : float, default 0.9
        Confidence level of the intervals. That of the median gap is made from customers
        drawn anew, whose gaps belong together; those of the customers' own variation
        lie between order statistics; the others are normal.
    replicates, seed : int
        How often customers are drawn, and the seed.

    Returns
    -------
    BuyingPatterns

    Notes
    -----
    The median gap is that of Kaplan and Meier over all gaps, the time since the last
    purchase among them as one that is still open: leaving those out makes gaps look
    short, since the long ones are not over. Customers who buy often bring more gaps.

    The regularity is the shape k of gamma gaps by the estimate of Wheat and Morrison:
    with M the first of a customer's first two gaps over their sum,
    ``k = (1 - 4 var M) / (8 var M)``, where the mean of M is 1/2; how fast a customer
    buys does not matter.

    The slope of spend is within customers: those who buy more often and spend more do
    not tilt it. It is net of all refunds of the log.

    References
    ----------
    Kaplan, E. L., Meier, P. (1958). Nonparametric estimation from incomplete
    observations. Journal of the American Statistical Association 53, 457-481.
    Wheat, R. D., Morrison, D. G. (1990). Estimating purchase regularity with two
    interpurchase times. Journal of Marketing Research 27, 87-93.

    Examples
    --------
    >>> import tenure as tn
    >>> log = tn.Transactions(tn.datasets.load_cdnow(family="numpy"), amount="amount")
    >>> patterns = tn.breakdown.buying_patterns(log)
    >>> patterns["median_gap"], round(patterns["regularity"], 2)
    (93.0, 0.91)
    >>> patterns.profile("weekday")["purchases"]
    array([1050, 1046,  933,  961,  883,  874,  949])
    """
    check_level(level, name="level")
    times = at_least_one(replicates, "replicates")
    grouping = _grouping(log, by, attributes)
    waits, seen = _waits(log, as_of)
    inside = log.times < observed_until(log, as_of)
    owner = np.repeat(np.arange(len(log.customers)), np.diff(log.offsets))[inside]
    blocks = [_row(ALL, waits, level, times, seed)]
    if by is not None:
        for code, name in enumerate(grouping.names):
            chosen = grouping.codes == code
            if chosen[waits.owners].any():
                blocks.append(_row(name, waits.of(chosen), level, times, seed))
    columns: dict[str, NDArray[Any]] = {}
    for name in blocks[0]:
        values = [one[name] for one in blocks]
        columns[name] = np.array(values, dtype=object if name == "group" else None)
    return BuyingPatterns(
        by=by,
        customers=seen,
        purchases=len(owner),
        level=level,
        family=log.family,
        columns=columns,
        _times=log.times[inside],
        _groups=Grouping(grouping.codes[owner], grouping.names).among(
            np.arange(len(owner))
        ),
        _has_hours=log._log.history["grain"] in ("instant", "hour"),  # noqa: SLF001
    )


def _grouping(log: Transactions, by: str | None, attributes: object) -> Grouping:
    if by is None:
        return Grouping(np.zeros(len(log.customers), dtype=np.int64), (ALL,))
    own = log._log.attributes  # noqa: SLF001
    if by in own:
        return grouping_of(column_of(by, own[by]))
    if attributes is None:
        raise ColumnError.unknown(by, tuple(own))
    table = table_of(attributes, "customer_id")
    rows = labelled_rows(log.customers.astype(object), table, "customer_id")
    return grouping_of(table.column(by).take(rows))


def _waits(log: Transactions, as_of: Date | None) -> tuple[Waits, int]:
    """Return the gaps after all purchases, and how many customers there are."""
    found = waits_of(log, np.iinfo(np.int64).max, as_of)
    owners = found["customers"].astype(np.int64)
    if not len(owners):
        raise EmptyDataError.of(what="nobody had bought by then")
    values = None
    if log.values is not None:
        values = log.values[log.offsets[owners] + found["orders"] - 1]
    waits = Waits(owners, found["durations"], found["events"], found["orders"], values)
    return waits, len(np.unique(owners))


def _row(
    name: str, waits: Waits, level: float, replicates: int, seed: int
) -> dict[str, Any]:
    """Return what is known of a group."""
    ended = waits.gaps[waits.ended]
    row: dict[str, Any] = {
        "group": name,
        "customers": len(np.unique(waits.owners)),
        "purchases": len(waits.gaps),
        "gaps": len(ended),
        "open_gaps": len(waits.gaps) - len(ended),
    }
    found: dict[str, tuple[float, float, float]] = {
        "median_gap": median_gap(waits, level, replicates, seed)
    }
    mean = ended.mean() if len(ended) > 1 else np.nan
    row["cv"] = float(ended.std(ddof=1) / mean) if mean > 0 else np.nan
    found["cv_own"] = own_variation(waits, level)
    found["regularity"] = regularity(waits, level)
    if waits.values is not None:
        found["spend_slope"] = spend_slope(waits, level)
    for what, (value, low, high) in found.items():
        row |= {what: value, f"{what}_lower": low, f"{what}_upper": high}
    return row
