"""Which channels customers use, how often, and what comes in through each."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import numpy as np

from tenure._frame import native_frame
from tenure._intervals import check_level
from tenure._report import counted, html_report, text_table
from tenure._typing import override
from tenure.channels._events import read
from tenure.channels._shares import shares_of
from tenure.rfm.intervals import group_ratios, wilson

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from numpy.typing import NDArray

    from tenure.channels._events import Events

__all__ = ["ChannelMix", "mix"]


@dataclass(frozen=True, eq=False, repr=False)
class ChannelMix:
    """Customers, interactions or orders, and revenue by channel.

    Made by `mix`.

    Attributes
    ----------
    customers : int
        How many customers.
    events : int
        How many interactions, or orders.
    revenue : float or None
        What they are worth, where amounts are known.
    several : int
        How many customers use more than one channel.
    level : float
        Confidence level of the intervals.
    notes : tuple of str
        What was left out.
    family : str
        The kind of frame that results come back as.
    """

    customers: int
    events: int
    revenue: float | None
    several: int
    level: float
    notes: tuple[str, ...]
    family: str
    columns: dict[str, NDArray[Any]] = field(repr=False)

    def to_frame(self) -> Any:
        """Return one row a channel, the one with the most customers first.

        Returns
        -------
        frame
            `channel`, `customers` who use it, `customers_share` (these add up to more
            than 1 where customers use several), `only`: those who use no other,
            `events`, `events_share`, `per_customer`: events for each customer of the
            channel; with amounts `revenue`, `revenue_share` and `value_per_event`.
            Shares and what is per customer with `_lower` and `_upper`.
        """
        return native_frame(self.columns, family=self.family)

    def plot(self, *, ax: Axes | None = None, **kwargs: Any) -> Axes:
        """Draw the shares of each channel; see `plotting.plot_channel_mix`."""
        from tenure.plotting.channels import plot_channel_mix  # noqa: PLC0415

        return plot_channel_mix(self, ax=ax, **kwargs)

    def sentences(self) -> list[str]:
        """Return what the numbers say."""
        names, share = self.columns["channel"], self.columns["customers_share"]
        said = [
            (
                f"{100 * share[0]:.1f} % of {counted(self.customers, 'customer')} "
                f"use {names[0]}; {100 * self.several / self.customers:.1f} % use more "
                "than one channel."
            )
        ]
        if self.revenue is not None and self.revenue > 0:
            money = self.columns["revenue_share"]
            row = int(np.nanargmax(money))
            low, high = (
                self.columns[f"revenue_share_{end}"][row] for end in ("lower", "upper")
            )
            said.append(
                f"Most revenue comes through {names[row]}: {100 * money[row]:.1f} % "
                f"[{100 * low:.1f}, {100 * high:.1f}]."
            )
        return said

    def _headline(self) -> str:
        return (
            f"Channel mix of {counted(self.customers, 'customer')}, "
            f"{counted(self.events, 'event')}"
        )

    def _table(self) -> tuple[list[str], list[list[str]]]:
        header = [
            "",
            "customers",
            "of customers",
            "only here",
            "of events",
            "per customer",
        ]
        header += ["of revenue"] if self.revenue is not None else []
        rows: list[list[str]] = []
        for row in range(len(self.columns["channel"])):
            one = {name: values[row] for name, values in self.columns.items()}
            cells = [
                str(one["channel"]),
                f"{one['customers']:,}",
                f"{100 * one['customers_share']:.1f} %",
                f"{one['only']:,}",
                f"{100 * one['events_share']:.1f} %",
                f"{one['per_customer']:.2f}",
            ]
            if self.revenue is not None:
                cells.append(f"{100 * one['revenue_share']:.1f} %")
            rows.append(cells)
        return header, rows

    @override
    def __repr__(self) -> str:
        parts = [self._headline(), *self.sentences(), text_table(*self._table())]
        return "\n".join([*parts, *self.notes])

    def _repr_html_(self) -> str:
        words = " ".join([*self.sentences(), *self.notes])
        return html_report(self._headline(), *self._table(), words)


def mix(
    data: object,
    channel: str = "channel",
    *,
    customer: str = "customer_id",
    order: str | None = None,
    amount: str | None = None,
    level: float = 0.9,
) -> ChannelMix:
    """Return which channels customers use, how often, and what comes in through each.

    Parameters
    ----------
    data : frame
        One row an interaction, or an order, or a line of one.
    channel, customer : str
        The columns that say where and who. Rows without a customer are left out and
        counted; those without a channel are the channel "(missing)".
    order : str, optional
        The column of order ids: an order is one event of each channel that it has.
    amount : str, optional
        The column of amounts. Refunds are negative and count where they are.
    level : float, default 0.9
        Confidence level of the intervals: Wilson's for shares of customers; those of
        ratios over customers for the others, since what a customer does belongs
        together.

    Returns
    -------
    ChannelMix

    Raises
    ------
    EmptyDataError
        If no row has a customer.
    DataError
        If an amount is missing.

    Examples
    --------
    >>> import tenure as tn
    >>> did = {
    ...     "customer_id": [1, 1, 2, 3, 3, 3],
    ...     "channel": ["web", "shop", "web", "web", "web", "app"],
    ... }
    >>> found = tn.channels.mix(did)
    >>> found.to_frame()["channel"], found.to_frame()["per_customer"]
    (array(['web', 'app', 'shop'], dtype=object),
     array([1.33333333, 1.        , 1.        ]))
    """
    check_level(level, name="level")
    events = read(data, customer, channel, None)
    size = len(events.channels.names)
    pair = events.owners * size + events.channels.codes
    pairs, place = np.unique(pair, return_inverse=True)
    owners, parts = np.divmod(pairs, size)
    n = events.customers
    counts = _counts(events, place, len(pairs), order)
    users = np.bincount(parts, minlength=size)
    using = np.bincount(owners, minlength=n)
    columns: dict[str, NDArray[Any]] = {
        "channel": events.channels.array,
        "customers": users,
    }
    _put(columns, "customers_share", wilson(users, n, level))
    columns["only"] = np.bincount(parts[using[owners] == 1], minlength=size)
    columns["events"] = np.bincount(parts, counts, size).astype(np.int64)
    sizes = (n, size)
    _put(columns, "events_share", shares_of(counts, owners, parts, sizes, level))
    per = group_ratios(counts, np.ones(len(counts)), parts, size, level)
    _put(columns, "per_customer", per)
    revenue = None
    if amount is not None:
        money = np.bincount(place, events.numbers(amount), len(pairs)).astype(float)
        revenue = float(money.sum())
        columns["revenue"] = np.bincount(parts, money, size)
        _put(columns, "revenue_share", shares_of(money, owners, parts, sizes, level))
        _put(
            columns, "value_per_event", group_ratios(money, counts, parts, size, level)
        )
    rank = np.lexsort((np.arange(size), -users))
    return ChannelMix(
        customers=n,
        events=int(counts.sum()),
        revenue=revenue,
        several=int((using > 1).sum()),
        level=level,
        notes=events.notes,
        family=events.table.family,
        columns={name: values[rank] for name, values in columns.items()},
    )


def _counts(
    events: Events, place: NDArray[np.int64], size: int, order: str | None
) -> NDArray[np.float64]:
    """Return how many events each pair of customer and channel has."""
    if order is None:
        return np.bincount(place, minlength=size).astype(np.float64)
    codes = events.table.codes(order).values[events.rows]
    # a row without an order is one of its own
    codes = np.where(codes < 0, codes.max(initial=0) + 1 + np.arange(len(codes)), codes)
    once = np.unique(np.stack([place, codes]), axis=1)
    return np.bincount(once[0], minlength=size).astype(np.float64)


def _put(
    columns: dict[str, NDArray[Any]],
    name: str,
    found: tuple[NDArray[Any], NDArray[Any], NDArray[Any]],
) -> None:
    columns[name], columns[f"{name}_lower"], columns[f"{name}_upper"] = found
