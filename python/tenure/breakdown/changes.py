"""Why an average changed: other customers, or customers who do otherwise."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import numpy as np

from tenure._frame import native_frame
from tenure._intervals import check_level
from tenure._report import html_report, text_table
from tenure._typing import override
from tenure.breakdown._averages import of_frame, of_log
from tenure.breakdown._people import ALL, names_of, table_of
from tenure.breakdown._resampled import drawn_sums, tails
from tenure.exceptions import EmptyDataError
from tenure.retention.periods import at_least_one
from tenure.transactions import Transactions

if TYPE_CHECKING:
    from collections.abc import Sequence

    from matplotlib.axes import Axes
    from numpy.typing import NDArray

    from tenure.breakdown._averages import Averages

__all__ = ["AverageChange", "change"]

PARTS = ("mix", "rate", "effect")


@dataclass(frozen=True, eq=False, repr=False)
class AverageChange:
    """A change of an average, split into mix and rate, segment by segment.

    Made by `change`.

    Attributes
    ----------
    what : str
        The average.
    by : tuple of str
        What the segments are.
    before, after : float
        The average in each period.
    mix : float
        What the other weights of segments have done.
    rate : float
        What the other averages within segments have done.
    periods : (str, str)
        What the periods are called.
    level : float
        Confidence level of the intervals.
    notes : tuple of str
        What was left out.
    family : str
        The kind of frame that results come back as.
    """

    what: str
    by: tuple[str, ...]
    before: float
    after: float
    mix: float
    rate: float
    periods: tuple[str, str]
    level: float
    notes: tuple[str, ...]
    family: str
    columns: dict[str, NDArray[Any]] = field(repr=False)

    @property
    def change(self) -> float:
        """How much larger the average became: mix plus rate."""
        return self.after - self.before

    def to_frame(self) -> Any:
        """Return one row a segment, and the sum of all first.

        Returns
        -------
        frame
            The segment, `customers_before`, `customers_after`, `weight_before`,
            `weight_after` (its part of what is divided by), `average_before`,
            `average_after` (NaN where the segment is not there), `mix`, `rate` and
            `effect`, their sum, each with the ends of its interval (`mix_lower` and so
            on). Each of the three adds up over segments to the row "(all)".
        """
        return native_frame(self.columns, family=self.family)

    def plot(self, *, ax: Axes | None = None, **kwargs: Any) -> Axes:
        """Draw mix and rate of each segment; see `plotting.plot_average_change`."""
        from tenure.plotting.revenue_tree import plot_average_change  # noqa: PLC0415

        return plot_average_change(self, ax=ax, **kwargs)

    def sentences(self) -> list[str]:
        """Return what the numbers say."""
        was, now = self.periods
        said = [
            (
                f"{self.what} went from {self.before:,.2f} ({was}) to "
                f"{self.after:,.2f} ({now}): {self.change:+,.2f}, of which "
                f"{self.mix:+,.2f} by mix and {self.rate:+,.2f} within segments."
            )
        ]
        if self.mix * self.rate < 0 and abs(self.mix) > abs(self.rate):
            said.append("Within segments it went the other way.")
        effects = self.columns["effect"][1:]
        if len(effects) and np.any(effects):
            row = 1 + int(np.abs(effects).argmax())
            name = " / ".join(str(self.columns[one][row]) for one in self.by)
            part = [self.columns[one][row] for one in PARTS]
            said.append(
                f"The largest part is that of {name}: {part[2]:+,.2f} "
                f"({part[0]:+,.2f} by mix, {part[1]:+,.2f} within)."
            )
        return said

    def _headline(self) -> str:
        return f"Change of {self.what} by {', then '.join(self.by)}"

    def _table(self) -> tuple[list[str], list[list[str]]]:
        interval = f"{100 * self.level:g} % interval"
        header = ["", "before", "after", "mix", interval, "within", interval]
        rows: list[list[str]] = []
        for row in range(min(len(self.columns["mix"]), 30)):
            one = {name: values[row] for name, values in self.columns.items()}
            ends = [
                f"[{one[f'{part}_lower']:+,.2f}, {one[f'{part}_upper']:+,.2f}]"
                for part in ("mix", "rate")
            ]
            averages = [one["average_before"], one["average_after"]]
            figures = ["" if np.isnan(n) else f"{n:,.2f}" for n in averages]
            name = ALL if row == 0 else " / ".join(str(one[name]) for name in self.by)
            parts = [f"{one['mix']:+,.2f}", ends[0], f"{one['rate']:+,.2f}", ends[1]]
            rows.append([name, *figures, *parts])
        return header, rows

    @override
    def __repr__(self) -> str:
        parts = [self._headline(), *self.sentences(), text_table(*self._table())]
        return "\n".join([*parts, *self.notes])

    def _repr_html_(self) -> str:
        words = " ".join([*self.sentences(), *self.notes])
        return html_report(self._headline(), *self._table(), words)


def change(
    data: object,
    value: str,
    by: str | Sequence[str],
    *,
    before: Any = None,
    after: Any = None,
    period: str | None = None,
    per: str | None = None,
    attributes: object = None,
    customer: str = "customer_id",
    level: float = 0.9,
    replicates: int = 1000,
    seed: int = 0,
) -> AverageChange:
    """Return why an average changed: by the mix of segments, or within them.

    With weights w and averages x of segments, the change is the sum of
    (w1 - w0) times the mean of x0 and x1 (mix) and of the mean of w0 and w1 times
    (x1 - x0) (rate), without a rest. A segment's mix is counted from the mean of the
    two averages over all, so that more of a segment below average pulls down; over
    segments that makes no difference. A segment that comes or goes is all mix: what its
    average would have been in the other period is not known.

    Parameters
    ----------
    data : Transactions or frame
        A log with amounts, or rows (customers or orders) of two periods or groups.
    value : str
        Of a log "order_value" (revenue per purchase), "purchase_frequency" (purchases
        per customer) or "value_per_customer"; of a frame a column.
    by : str or sequence of str
        The segments. Of a log attributes, or "cohort".
    before, after : (date, date), or label
        For a log the first and the last day of each period. For a frame which values of
        `period` they are; they may be left out if it has two.
    period : str
        For a frame: the column that says which period, or group, a row belongs to.
    per : str, optional
        For a frame: what `value` is divided by, as orders if the average is revenue per
        order; rows by default.
    attributes : frame, optional
        For a log: where the segments are, one row a customer.
    customer : str, default "customer_id"
        For a frame: whose rows belong together; each its own without such a column.
    level : float, default 0.9
        Confidence level of the intervals.
    replicates, seed : int
        How often customers are drawn anew for them, and the seed; they are percentiles.
        A customer of both periods is drawn for both.

    Returns
    -------
    AverageChange

    Raises
    ------
    ParameterError
        If there are not two periods.
    EmptyDataError
        If one of them has no rows.
    DataError
        If a number is missing, or what is divided by is negative.

    See Also
    --------
    simpson : Whether a difference turns round within segments.
    revenue_tree : Where a change of revenue comes from.

    References
    ----------
    Kitagawa, E. M. (1955). Components of a difference between two rates. Journal of the
    American Statistical Association 50, 1168-1194.

    Examples
    --------
    Big orders get bigger and small ones too, but there are more small ones:

    >>> import tenure as tn
    >>> orders = {
    ...     "year": [2023] * 4 + [2024] * 4,
    ...     "kind": ["big", "big", "small", "small", "big", "small", "small", "small"],
    ...     "amount": [100.0, 100.0, 20.0, 20.0, 110.0, 24.0, 24.0, 24.0],
    ... }
    >>> found = tn.breakdown.change(orders, "amount", "kind", period="year")
    >>> found.change, round(found.mix, 2), round(found.rate, 2)
    (-14.5, -20.75, 6.25)
    """
    check_level(level, name="level")
    names = names_of(by)
    if isinstance(data, Transactions):
        rows = of_log(data, value, names, before, after, attributes)
        family = data.family
    else:
        table = table_of(data, customer)
        rows = of_frame(table, value, names, (before, after), period, per, customer)
        family = table.family
    sums = np.stack(
        [
            np.bincount(rows.groups, values, len(rows.labels)).astype(np.float64)
            for values in (*rows.above, *rows.below)
        ]
    )
    for place, name in enumerate(rows.periods):
        if not sums[2 + place].sum() > 0:
            what = f"there is nothing to average in {name}"
            raise EmptyDataError.of(what)
    point = _split(sums[None])[0]
    drawn = drawn_sums(
        np.concatenate([rows.above, rows.below]),
        rows.owners,
        rows.groups,
        (rows.customers, len(rows.labels)),
        at_least_one(replicates, "replicates"),
        np.random.default_rng(seed),
    )
    sound = (drawn[:, 2:].sum(axis=2) > 0).all(axis=1)
    spread = _split(drawn[sound])
    columns = _columns(rows, names, sums, point, spread, level)
    averages = sums[:2].sum(axis=1) / sums[2:].sum(axis=1)
    return AverageChange(
        what=value if per is None else f"{value} per {per}",
        by=names,
        before=float(averages[0]),
        after=float(averages[1]),
        mix=float(point[0].sum()),
        rate=float(point[1].sum()),
        periods=rows.periods,
        level=level,
        notes=rows.notes,
        family=family,
        columns=columns,
    )


def _split(sums: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return mix, rate and their sum for each segment: (replicates, 3, segments)."""
    above, below = sums[:, :2], sums[:, 2:]
    base = below.sum(axis=2, keepdims=True)
    weights, parts = below / base, above / base
    with np.errstate(divide="ignore", invalid="ignore"):
        own = above / below
    own = np.where(below > 0, own, np.nan)
    # one that is not there in a period keeps its average: it is all mix
    absent = np.isnan(own).sum(axis=1) == 1
    own = np.where(np.isnan(own), own[:, ::-1], own)
    middle = np.nan_to_num(own).mean(axis=1)
    over_all = parts.sum(axis=2).mean(axis=1)[:, None]
    shift = weights[:, 1] - weights[:, 0]
    rate = parts[:, 1] - parts[:, 0] - shift * middle
    # exactly so, unless there is something above the line all the same
    rate = np.where(absent & ((above == 0) | (below > 0)).all(axis=1), 0.0, rate)
    mix = parts[:, 1] - parts[:, 0] - rate - shift * over_all
    return np.stack([mix, rate, mix + rate], axis=1)


def _columns(  # noqa: PLR0917
    rows: Averages,
    names: tuple[str, ...],
    sums: NDArray[np.float64],
    point: NDArray[np.float64],
    spread: NDArray[np.float64],
    level: float,
) -> dict[str, NDArray[Any]]:
    columns: dict[str, NDArray[Any]] = {}
    for place, name in enumerate(names):
        labels = np.empty(1 + len(rows.labels), dtype=object)
        labels[:] = [ALL, *(one[place] for one in rows.labels)]
        columns[name] = labels
    people = rows.people()
    whole = np.concatenate([sums.sum(axis=1, keepdims=True), sums], axis=1)
    for place, when in enumerate(("before", "after")):
        columns[f"customers_{when}"] = people[place]
    for place, when in enumerate(("before", "after")):
        columns[f"weight_{when}"] = whole[2 + place] / whole[2 + place, 0]
    for place, when in enumerate(("before", "after")):
        with np.errstate(divide="ignore", invalid="ignore"):
            average = whole[place] / whole[2 + place]
        columns[f"average_{when}"] = np.where(whole[2 + place] > 0, average, np.nan)
    for place, part in enumerate(PARTS):
        drawn = spread[:, place]
        every = np.concatenate([drawn.sum(axis=1, keepdims=True), drawn], axis=1)
        low, high = tails(every, level)
        own = point[place]
        columns[part] = np.append(own.sum(), own)
        columns[f"{part}_lower"], columns[f"{part}_upper"] = low, high
    return columns
