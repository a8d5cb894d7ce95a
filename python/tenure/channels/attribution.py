"""Which channels get the credit for orders: an attribution, not an effect."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Literal, TypeAlias, get_args

import numpy as np

from tenure._frame import native_frame
from tenure._intervals import check_level
from tenure._report import counted, html_report, text_table
from tenure._typing import override
from tenure.channels._credit import Journeys, credits_of
from tenure.channels._events import known, read
from tenure.channels._shares import shares_of
from tenure.exceptions import EmptyDataError, ParameterError
from tenure.retention.periods import length_in_days
from tenure.transactions import Transactions

if TYPE_CHECKING:
    from collections.abc import Sequence

    from matplotlib.axes import Axes
    from numpy.typing import NDArray

    from tenure._units import Horizon

__all__ = ["Attribution", "Model", "touches"]

Model: TypeAlias = Literal["first", "last", "linear", "position", "time_decay"]
"""Who gets the credit."""

NONE = "(none)"
"""Orders that no touch came before."""

LABEL = (
    "Attributed is not incremental: this says which channels came before orders, not "
    "how many there would have been without them."
)


@dataclass(frozen=True, eq=False, repr=False)
class Attribution:
    """Orders and revenue credited to channels, by each of several models.

    Made by `touches`. What is credited adds up to all orders and all revenue; orders
    without a touch before them are credited to "(none)". Attributed is not incremental.

    Attributes
    ----------
    models : tuple of str
        How credit was given.
    orders : int
        How many orders.
    revenue : float or None
        What they are worth; None without amounts.
    untouched : int
        How many orders have no touch before them.
    lookback : float
        How many days before an order a touch counts.
    level : float
        Confidence level of the intervals.
    notes : tuple of str
        What was left out or assumed.
    family : str
        The kind of frame that results come back as.
    """

    models: tuple[str, ...]
    orders: int
    revenue: float | None
    untouched: int
    lookback: float
    level: float
    notes: tuple[str, ...]
    family: str
    columns: dict[str, NDArray[Any]] = field(repr=False)

    def to_frame(self, *, cents: bool = False) -> Any:
        """Return one row a model and channel.

        Parameters
        ----------
        cents : bool, default False
            Round revenue to cents so that the rounded credits still add up to the
            rounded total: the largest remainders are rounded up.

        Returns
        -------
        frame
            `model`, `channel`, `customers` whose orders it has credit for, `orders` and
            `orders_share` credited, with `orders_share_lower` and `_upper`; with
            amounts `revenue` and `revenue_share` in the same way.
        """
        columns = dict(self.columns)
        if cents and self.revenue is not None:
            size = len(columns["model"]) // len(self.models)
            money = columns["revenue"].reshape(-1, size)
            columns["revenue"] = np.concatenate([_in_cents(one) for one in money])
        return native_frame(columns, family=self.family)

    def plot(self, *, ax: Axes | None = None, **kwargs: Any) -> Axes:
        """Draw what each model credits; see `plotting.plot_attribution`."""
        from tenure.plotting.channels import plot_attribution  # noqa: PLC0415

        return plot_attribution(self, ax=ax, **kwargs)

    def sentences(self) -> list[str]:
        """Return what the numbers say, and what they do not."""
        share = self.columns[self._share]
        said: list[str] = []
        for model in self.models:
            rows = np.flatnonzero(
                (self.columns["model"] == model) & (self.columns["channel"] != NONE)
            )
            if len(rows) and np.isfinite(share[rows]).any():
                row = rows[int(np.nanargmax(share[rows]))]
                said.append(
                    f"By {model.replace('_', ' ')} touch"
                    if model in ("first", "last")
                    else f"By the {model.replace('_', ' ')} model"
                )
                said[-1] += (
                    f" {self.columns['channel'][row]} has the most credit, "
                    f"{100 * share[row]:.1f} %."
                )
        if self.untouched:
            part = 100 * self.untouched / self.orders
            said.append(f"{part:.1f} % of orders have no touch before them.")
        return [*said, LABEL]

    @property
    def _share(self) -> str:
        return "orders_share" if self.revenue is None else "revenue_share"

    def _headline(self) -> str:
        worth = "" if self.revenue is None else f" worth {self.revenue:,.2f}"
        return (
            f"Attribution of {counted(self.orders, 'order')}{worth} to touches of "
            f"{self.lookback:g} days before"
        )

    def _table(self) -> tuple[list[str], list[list[str]]]:
        names = list(dict.fromkeys(self.columns["channel"].tolist()))
        share = self.columns[self._share].reshape(len(self.models), -1)
        rows = [
            [str(name), *(f"{100 * one:.1f} %" for one in share[:, place])]
            for place, name in enumerate(names)
        ]
        return ["", *(model.replace("_", " ") for model in self.models)], rows

    @override
    def __repr__(self) -> str:
        parts = [self._headline(), *self.sentences(), text_table(*self._table())]
        return "\n".join([*parts, *self.notes])

    def _repr_html_(self) -> str:
        words = " ".join([*self.sentences(), *self.notes])
        return html_report(self._headline(), *self._table(), words)


def _in_cents(money: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return amounts in cents that add up to the total in cents."""
    exact = 100 * money
    low = np.floor(exact + 1e-9)
    short = round(float(exact.sum())) - int(low.sum())
    up = np.argsort(-(exact - low), kind="stable")[:short]
    low[up] += 1
    return low / 100


def touches(
    data: object,
    orders: object,
    *,
    channel: str = "channel",
    customer: str = "customer_id",
    time: str = "date",
    order_time: str = "date",
    amount: str | None = None,
    models: Sequence[Model] = get_args(Model),
    lookback: Horizon = "30 days",
    half_life: Horizon = "7 days",
    ends: tuple[float, float] = (0.4, 0.4),
    after_last_order: bool = False,
    level: float = 0.9,
) -> Attribution:
    """Return which channels get the credit for orders, by several models.

    Parameters
    ----------
    data : frame
        One row a touch: a customer, a time and a channel.
    orders : Transactions or frame
        The orders: a log, or one row an order.
    channel, customer, time : str
        The columns of touches; the customer's is the same in a frame of orders.
    order_time, amount : str
        Columns of a frame of orders. Without amounts orders are counted only.
    models : sequence of {"first", "last", "linear", "position", "time_decay"}
        "first", "last": all credit to that touch. "linear": to all alike. "position":
        `ends` to the first and the last, the rest to those between; of two half each.
        "time_decay": half as much for each `half_life` before the order.
    lookback : length of time, default "30 days"
        How long before an order a touch counts, that moment included.
    half_life : length of time, default "7 days"
        For "time_decay".
    ends : (float, float), default (0.4, 0.4)
        For "position".
    after_last_order : bool, default False
        Whether only touches after the customer's order before count.
    level : float, default 0.9
        Confidence level of the intervals, by customer.

    Returns
    -------
    Attribution

    Raises
    ------
    EmptyDataError
        If there are no touches or no orders.
    ParameterError
        For a model that there is not, or ends that are more than everything.

    Notes
    -----
    Touches of the same moment are first, or last, together and share that credit: the
    order of rows changes nothing. A touch at the moment of an order comes before it.
    Where orders have dates only, touches of the same day come before them.

    See Also
    --------
    tenure.campaigns : What campaigns really add.

    Examples
    --------
    >>> import tenure as tn
    >>> seen = {
    ...     "customer_id": [1, 1, 1],
    ...     "date": ["2024-05-01", "2024-05-03", "2024-05-09"],
    ...     "channel": ["search", "social", "email"],
    ... }
    >>> bought = {
    ...     "customer_id": [1, 2],
    ...     "date": ["2024-05-10"] * 2,
    ...     "amount": [80.0, 20.0],
    ... }
    >>> found = tn.channels.touches(seen, bought, amount="amount", models=["position"])
    >>> found.to_frame()["channel"], found.to_frame()["revenue"]
    (array(['email', 'search', 'social', '(none)'], dtype=object),
     array([32., 32., 16., 20.]))
    """
    check_level(level, name="level")
    chosen = _models(models)
    back = length_in_days(lookback, "lookback")
    half = length_in_days(half_life, "half_life")
    if not (min(ends) >= 0 and sum(ends) <= 1):
        raise ParameterError.of(
            name="ends",
            expected="be two shares of at most 1 together",
            found=repr(ends),
        )
    seen = read(data, customer, channel, time, what="touches")
    bought = _orders(orders, customer, order_time, amount)
    journeys = Journeys.of(seen, bought, back, after_last_order=after_last_order)
    names = (*seen.channels.names, NONE)
    tables = [
        _table(journeys, credits_of(journeys, model, half, ends), names, level)
        for model in chosen
    ]
    columns = {
        name: np.concatenate([one[name] for one in tables]) for name in tables[0]
    }
    labels = np.empty(len(chosen), dtype=object)
    labels[:] = chosen
    notes = [*seen.notes, *bought.notes]
    return Attribution(
        models=tuple(chosen),
        orders=len(bought.owners),
        revenue=None if bought.amounts is None else float(bought.amounts.sum()),
        untouched=int((journeys.counts == 0).sum()),
        lookback=back,
        level=level,
        notes=tuple(notes),
        family=seen.table.family,
        columns={"model": np.repeat(labels, len(names)), **columns},
    )


def _models(models: Sequence[str]) -> list[str]:
    given = [models] if isinstance(models, str) else list(models)
    unknown = [one for one in given if one not in get_args(Model)]
    if unknown or not given or len(set(given)) < len(given):
        raise ParameterError.of(
            name="models",
            expected=f"be some of {', '.join(get_args(Model))}, each once",
            found=repr(models),
        )
    return given


@dataclass(frozen=True, eq=False)
class Orders:
    """Orders of customers.

    Attributes
    ----------
    owners : int64 array
        The customer of each order.
    ids : array
        The customers.
    times : datetime64[us] array
        When it was; of dates the beginning of the day.
    ends : datetime64[us] array
        The last moment at which a touch comes before it.
    amounts : array or None
    notes : tuple of str
    """

    owners: NDArray[np.int64]
    ids: NDArray[Any]
    times: NDArray[np.datetime64]
    ends: NDArray[np.datetime64]
    amounts: NDArray[np.float64] | None
    notes: tuple[str, ...]


def _orders(data: object, customer: str, time: str, amount: str | None) -> Orders:
    """Return the orders of a log or of a frame."""
    notes: tuple[str, ...] = ()
    if isinstance(data, Transactions):
        owners = np.repeat(np.arange(len(data.customers)), np.diff(data.offsets))
        times, amounts, ids = data.times, data.values, data.customers
    else:
        # whatever column serves as the channel: customers are one
        events = read(data, customer, customer, time, what="orders")
        owners, ids, notes = events.owners, events.ids, events.notes
        times = events.times if events.times is not None else np.empty(0, "M8[us]")
        amounts = None if amount is None else known(events.table, amount, events.rows)
    if not len(owners):
        msg = "there are no orders"
        raise EmptyDataError.of(msg)
    ends: NDArray[np.datetime64] = times
    if (times == times.astype("datetime64[D]")).all():
        last = times.view(np.int64) + (86_400_000_000 - 1)
        ends = last.view("datetime64[us]")
        notes = (*notes, "orders have dates only: touches of the same day come before")
    return Orders(owners, ids, times, ends, amounts, notes)


def _table(
    journeys: Journeys,
    credit: NDArray[np.float64],
    names: tuple[str, ...],
    level: float,
) -> dict[str, NDArray[Any]]:
    """Return what a model credits to each channel."""
    size = len(names)
    orders = np.concatenate([journeys.order, journeys.alone])
    parts = np.concatenate(
        [journeys.channel, np.full(len(journeys.alone), size - 1)]
    ).astype(np.int64)
    credit = np.append(credit, np.ones(len(journeys.alone)))
    who = journeys.owners[orders]
    pairs, place = np.unique(who * size + parts, return_inverse=True)
    owners, own = np.divmod(pairs, size)
    sizes = (journeys.customers, size)
    labels = np.empty(size, dtype=object)
    labels[:] = names
    there = np.bincount(place, credit, len(pairs)) > 0
    columns: dict[str, NDArray[Any]] = {
        "channel": labels,
        "customers": np.bincount(own[there], minlength=size),
    }
    amounts = {"orders": np.ones(len(journeys.owners))}
    if journeys.amounts is not None:
        amounts["revenue"] = journeys.amounts
    for name, values in amounts.items():
        weighted = credit * values[orders]
        sums = np.bincount(place, weighted, len(pairs)).astype(np.float64)
        columns[name] = np.bincount(own, sums, size)
        share, low, high = shares_of(sums, owners, own, sizes, level)
        columns[f"{name}_share"] = share
        columns[f"{name}_share_lower"], columns[f"{name}_share_upper"] = low, high
    return columns
