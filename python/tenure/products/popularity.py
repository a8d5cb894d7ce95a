"""Which products are bought, by how many, how often again, and whether more or less."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import numpy as np

from tenure._calendar import Calendar
from tenure._frame import native_frame
from tenure._intervals import check_level, normal_quantile
from tenure._report import counted, html_report, text_table
from tenure._typing import override
from tenure.exceptions import EmptyDataError
from tenure.products._held import Held, held
from tenure.products._lines import OrderLines, with_segments
from tenure.retention.periods import length_in_days
from tenure.rfm.intervals import wilson

if TYPE_CHECKING:
    from collections.abc import Mapping
    from typing import Unpack

    from matplotlib.axes import Axes
    from numpy.typing import NDArray

    from tenure._calendar import Every
    from tenure._units import Horizon
    from tenure.products._lines import LineColumns

__all__ = ["Popularity", "popularity"]

# Rows that are shown.
_SHOWN = 10


@dataclass(frozen=True, eq=False, repr=False)
class Popularity:
    """What is bought, by whom and how often. Made by `popularity`.

    Attributes
    ----------
    of : {"product", "category"}
        What is counted.
    by : str or None
        What the segments are.
    customers, orders : int
        How many there are.
    horizon : float or None
        Within how many days a repeat purchase counts.
    level : float
        Confidence level of the intervals.
    middle : numpy.datetime64
        The first day of the second half, which trends compare with the first.
    without_segment : int
        Customers without a segment, who are left out.
    family : str
        The kind of frame that results come back as.
    """

    of: str
    by: str | None
    customers: int
    orders: int
    horizon: float | None
    level: float
    middle: np.datetime64
    without_segment: int
    family: str
    _columns: dict[str, NDArray[Any]] = field(repr=False)
    _lines: OrderLines = field(repr=False)

    def to_frame(self) -> Any:
        """Return one row a product (and segment), the most bought first.

        Returns
        -------
        frame
            The segment, if there are any; the product or category; `buyers`, and
            `penetration`, their share of the customers, with `penetration_low` and
            `penetration_high` (Wilson); `orders` with it; `lines` and `units` sold;
            `revenue` net of what was given back, and `revenue_share`;
            `observed`: buyers who are watched long enough to see whether they buy it
            again: all of them, or with a horizon those who first bought it so long
            before the last day; `repeat_rate`: the share of those who did, on another
            order, with `repeat_low` and `repeat_high` (Wilson); `trend`: its share of
            the orders of the second half of the time over that of the first, with
            `trend_low` and `trend_high` (normal on the logarithm; NaN where there is
            none in a half). Without a horizon the repeat rate is too low for products
            that many bought of late, whose second purchase is not seen yet.
        """
        return native_frame(self._columns, family=self.family)

    def over_time(self, every: Every = "month") -> Any:
        """Return how many orders of each period are with a product.

        Parameters
        ----------
        every : {"day", "week", "month", "quarter", "year"}
            What is counted by.

        Returns
        -------
        frame
            `period`, the product or category, `orders` with it, `all_orders` of the
            period, and its `share` of them with `low` and `high` (Wilson; NaN in a
            period without orders). The last period may not be over.
        """
        lines = self._lines
        time = lines.order_time
        days = time.astype("datetime64[D]").astype(np.int64)
        calendar = Calendar.of(every, "monday", 1)
        edges = calendar.starts(int(days.min()), int(days.max()))
        period = np.searchsorted(edges, days, side="right") - 1
        found = held(lines, self.of)
        count, kinds = len(edges) - 1, len(found.names)
        cells = np.bincount(
            period[found.order] * kinds + found.what, None, count * kinds
        )
        total = np.repeat(np.bincount(period, minlength=count), kinds)
        share, low, high = wilson(cells, total, self.level)
        columns = {
            "period": np.repeat(edges[:-1].astype("datetime64[D]"), kinds),
            self.of: np.tile(found.names, count),
            "orders": cells,
            "all_orders": total,
            "share": share,
            "low": low,
            "high": high,
        }
        return native_frame(columns, family=self.family)

    def plot(self, *, most: int = 15, ax: Axes | None = None) -> Axes:
        """Draw the penetration of the most bought; see `plot_popularity`."""
        from tenure.plotting.products import plot_popularity  # noqa: PLC0415

        return plot_popularity(self, most=most, ax=ax)

    def _headline(self) -> str:
        columns = self._columns
        best = columns[self.of][0]
        share = 100 * columns["penetration"][0]
        where = f" in {columns[self.by][0]}" if self.by else ""
        of = f"{counted(self.orders, 'order')} of {counted(self.customers, 'customer')}"
        return f"Popularity in {of}: {share:.0f} % bought {best}{where}"

    def _table(self) -> tuple[list[str], list[list[str]]]:
        columns = self._columns
        rows: list[list[str]] = []
        for at in range(min(_SHOWN, len(columns["buyers"]))):
            row = {name: values[at] for name, values in columns.items()}
            name = f"{row[self.by]}: {row[self.of]}" if self.by else f"{row[self.of]}"
            ends = f"[{100 * row['repeat_low']:.0f}, {100 * row['repeat_high']:.0f}]"
            rows.append(
                [
                    name,
                    f"{row['buyers']:,}",
                    f"{100 * row['penetration']:.1f} %",
                    f"{row['orders']:,}",
                    f"{100 * row['repeat_rate']:.0f} % {ends}",
                    f"x{row['trend']:.2f}",
                ]
            )
        within = "" if self.horizon is None else f" in {self.horizon:g} days"
        return [self.of, "buyers", "of all", "orders", f"again{within}", "trend"], rows

    def _note(self) -> str:
        left = len(self._columns["buyers"]) - _SHOWN
        more = f"{left:,} more rows. " if left > 0 else ""
        if self.horizon is None:
            return f"{more}Buyers of late count as not buying again: give a horizon."
        return f"{more}Of buyers who are observed for {self.horizon:g} days."

    @override
    def __repr__(self) -> str:
        return f"{self._headline()}\n{text_table(*self._table())}\n{self._note()}"

    def _repr_html_(self) -> str:
        return html_report(self._headline(), *self._table(), self._note())


def popularity(
    data: object,
    *,
    of: str = "product",
    by: str | Mapping[Any, Any] | None = None,
    horizon: Horizon | None = None,
    level: float = 0.9,
    **columns: Unpack[LineColumns],
) -> Popularity:
    """Return how many buy each product, how often, and how many buy it again.

    Parameters
    ----------
    data : OrderLines, Transactions or frame
        Lines of orders; a log must have been made with `product`.
    of : {"product", "category"}
        What is counted.
    by : str or mapping, optional
        An attribute of the customers, or a mapping from their ids to segments: all is
        counted within each.
    horizon : float, str or timedelta, optional
        Within how long a repeat purchase counts; only buyers who are observed as long
        are asked. Without, all are, and those of late count as not buying again.
    level : float, default 0.9
        Confidence level of the intervals.
    **columns
        How the columns of a frame are called, and `as_of`, as for `order_lines`.

    Returns
    -------
    Popularity

    Raises
    ------
    ColumnError
        If there is no such column or attribute.
    EmptyDataError
        If no product was bought.

    See Also
    --------
    affinity : Which products go together.
    penetration : Where a category sells less than it could.

    Examples
    --------
    Two of three customers bought tea, and one of the two again:

    >>> import tenure as tn
    >>> rows = {
    ...     "customer_id": ["ann", "ann", "bob", "cid"],
    ...     "date": ["2024-01-01", "2024-03-01", "2024-02-01", "2024-03-10"],
    ...     "product": ["tea", "tea", "tea", "cup"],
    ... }
    >>> table = tn.products.popularity(rows).to_frame()
    >>> table["product"], table["buyers"], table["repeat_rate"]
    (array(['tea', 'cup'], dtype=object), array([2, 1]), array([0.5, 0. ]))
    """
    check_level(level, name="level")
    days = None if horizon is None else length_in_days(horizon, "horizon")
    lines = with_segments(data, by, **columns)
    found = held(lines, of)
    if len(found.order) == 0:
        msg = f"no {of} was bought in these rows"
        raise EmptyDataError.of(msg)
    first_day, last_day = int(lines.order_day.min()), lines.end_day
    middle = first_day + (last_day - first_day + 1) // 2
    counting = _Counting(lines, found, of, days, level, middle)
    label = None if by is None else by if isinstance(by, str) else "segment"
    without = 0
    if label is None or by is None:
        table = counting.among(np.ones(len(lines.customers), np.bool_))
    else:
        codes, names = lines.segments(by)
        without = int((codes < 0).sum())
        parts = [counting.among(codes == code) for code in range(len(names))]
        sizes = [len(part["buyers"]) for part in parts]
        table = {label: np.repeat(names, sizes)}
        table |= {name: np.concatenate([p[name] for p in parts]) for name in parts[0]}
    return Popularity(
        of=of,
        by=label,
        customers=len(lines.customers) - without,
        orders=lines.n_orders,
        horizon=days,
        level=level,
        middle=np.datetime64(middle, "D"),
        without_segment=without,
        family=lines.family,
        _columns=table,
        _lines=lines,
    )


@dataclass(frozen=True)
class _Counting:
    """What is the same for all segments."""

    lines: OrderLines
    found: Held
    of: str
    days: float | None
    level: float
    middle: int

    def among(self, chosen: NDArray[np.bool_]) -> dict[str, NDArray[Any]]:
        """Return the table of some of the customers."""
        found = self.found
        own = chosen[found.customer]
        kinds = len(found.names)
        buyers = np.bincount(found.what[own & found.first], minlength=kinds)
        orders = np.bincount(found.what[own], minlength=kinds)
        penetration = wilson(buyers, int(chosen.sum()), self.level)
        observed, repeated = self._repeats(own)
        repeat = wilson(repeated, observed, self.level)
        trend = self._trend(own, chosen)
        columns = {
            self.of: found.names,
            "buyers": buyers,
            "penetration": penetration[0],
            "penetration_low": penetration[1],
            "penetration_high": penetration[2],
            "orders": orders,
            **self._sold(chosen),
            "observed": observed,
            "repeat_rate": repeat[0],
            "repeat_low": repeat[1],
            "repeat_high": repeat[2],
            "trend": trend[0],
            "trend_low": trend[1],
            "trend_high": trend[2],
        }
        places = np.argsort(-buyers, kind="stable")
        places = places[buyers[places] > 0]
        return {name: values[places] for name, values in columns.items()}

    def _sold(self, chosen: NDArray[np.bool_]) -> dict[str, NDArray[Any]]:
        lines, kinds = self.lines, len(self.found.names)
        codes, _ = lines.groups(self.of)
        own = chosen[lines.order_customer[lines.order]] & (codes >= 0)
        sold = own & ~lines.returned
        count = np.bincount(codes[sold], minlength=kinds)
        columns: dict[str, NDArray[Any]] = {"lines": count, "units": count}
        if lines.quantities is not None:
            of_sold = lines.quantities[sold]
            columns["units"] = np.bincount(codes[sold], of_sold, kinds)
        if lines.amounts is not None:
            revenue = np.bincount(codes[own], lines.amounts[own], kinds)
            total = revenue.sum()
            share = revenue / total if total > 0 else np.full(kinds, np.nan)
            columns |= {"revenue": revenue, "revenue_share": share}
        return columns

    def _repeats(
        self, own: NDArray[np.bool_]
    ) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
        """Return how many buyers are observed, and how many of them buy it again."""
        lines, found = self.lines, self.found
        places = np.flatnonzero(found.first)
        second = places + 1
        again = second < np.append(places[1:], len(found.order))
        day = lines.order_day[found.order]
        seen = own[places]
        if self.days is not None:
            seen = seen & (day[places] + self.days <= lines.end_day)
            gap = day[np.minimum(second, len(day) - 1)] - day[places]
            again &= gap <= self.days
        kinds = len(found.names)
        what = found.what[places]
        return (
            np.bincount(what[seen], minlength=kinds),
            np.bincount(what[seen & again], minlength=kinds),
        )

    def _trend(
        self, own: NDArray[np.bool_], chosen: NDArray[np.bool_]
    ) -> tuple[NDArray[np.float64], NDArray[np.float64], NDArray[np.float64]]:
        """Return the share of orders of the second half over that of the first."""
        lines, found = self.lines, self.found
        late = lines.order_day >= self.middle
        of_chosen = chosen[lines.order_customer]
        totals = int((of_chosen & ~late).sum()), int((of_chosen & late).sum())
        is_late, kinds = late[found.order], len(found.names)
        before = np.bincount(found.what[own & ~is_late], minlength=kinds)
        after = np.bincount(found.what[own & is_late], minlength=kinds)
        with np.errstate(divide="ignore", invalid="ignore"):
            ratio = after / before * totals[0] / np.float64(totals[1])
            spread = 1 / before + 1 / after - 1 / np.float64(totals[0])
            spread = np.sqrt(np.maximum(spread - 1 / np.float64(totals[1]), 0.0))
            reach = np.exp(normal_quantile(self.level) * spread)
            low, high = ratio / reach, ratio * reach
        known = (before > 0) & (after > 0)
        ratio, low, high = (np.where(known, one, np.nan) for one in (ratio, low, high))
        return ratio, low, high
