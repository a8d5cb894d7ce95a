"""What each customer of a log has bought, up to a date and within a window."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Any, Literal, TypeAlias, cast

import numpy as np

from tenure import _core
from tenure._frame import Table
from tenure._report import counted, written
from tenure._units import in_units
from tenure.exceptions import EmptyDataError, ParameterError
from tenure.rfm.intervals import sums

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from tenure._core_types import ActivityColumns, HistoryColumns
    from tenure._grouped import Lines
    from tenure._typing import Date
    from tenure._units import Horizon
    from tenure.rfm.dimensions import Dimension
    from tenure.transactions import Transactions

__all__ = ["FrequencyRule", "Margin", "MonetaryRule", "OrderHistory", "Reading"]

FrequencyRule: TypeAlias = Literal["auto", "orders", "days", "purchases"]
MonetaryRule: TypeAlias = Literal["sum", "mean", "margin"]
Margin: TypeAlias = "float | Mapping[Any, float] | None"

_DAY = 86_400_000_000  # microseconds


@dataclass(frozen=True)
class Reading:
    """How frequency and money are read off a log.

    Attributes
    ----------
    frequency : {"auto", "orders", "days", "purchases"}
        What is counted.
    monetary : {"sum", "mean", "margin"}
        What money is.
    margin : float or mapping or None
        The share of revenue that is margin, or that of each product.
    window : str, float, timedelta or None
        How far back purchases count.
    """

    frequency: FrequencyRule = "auto"
    monetary: MonetaryRule = "sum"
    margin: Margin = None
    window: Horizon | None = None

    def check(self) -> None:
        """Pass if the options are among those that there are."""
        for name, value, choices in (
            ("frequency", self.frequency, ("auto", "orders", "days", "purchases")),
            ("monetary", self.monetary, ("sum", "mean", "margin")),
        ):
            if value not in choices:
                listed = ", ".join(map(repr, choices))
                raise ParameterError.of(name, f"be one of {listed}", found=repr(value))
        if self.monetary == "margin" and self.margin is None:
            raise ParameterError.of(
                name="margin",
                expected="be given where monetary='margin'",
                found="None",
                hint="a share of revenue such as 0.35, or one for each product",
            )

    def to_dict(self) -> dict[str, Any]:
        """Return the options as numbers, texts and lists; a window in days."""
        margin, window = self.margin, self.window
        return {
            "frequency": self.frequency,
            "monetary": self.monetary,
            "margin": [list(pair) for pair in margin.items()]
            if isinstance(margin, Mapping)
            else margin,
            "window": None if window is None else _days(window),
        }

    @classmethod
    def from_dict(cls, stored: Mapping[str, Any]) -> Reading:
        """Return the options that `to_dict` wrote."""
        margin: Any = stored["margin"]
        by_product = isinstance(margin, list)
        return cls(
            frequency=stored["frequency"],
            monetary=stored["monetary"],
            margin=dict(cast("list[Any]", margin)) if by_product else margin,
            window=stored["window"],
        )

    def check_for_table(self) -> None:
        """Pass if the options are those of a table, whose columns are as they are."""
        plain = Reading()
        for name in ("frequency", "monetary", "margin", "window"):
            if getattr(self, name) != getattr(plain, name):
                raise ParameterError.of(
                    name,
                    "be left out for a table: its columns are taken as they are",
                    found=repr(getattr(self, name)),
                    hint="fit a log of orders, or compute the column that you mean",
                )


@dataclass(frozen=True, eq=False)
class OrderHistory:
    """The purchases of customers who had bought by a date, within the window.

    Attributes
    ----------
    log : Transactions
    reading : Reading
    as_of : numpy.datetime64
        The last day observed.
    customers : int64 array
        The customers' places in the log.
    known : int64 array
        The same of everyone who had bought by the date, within the window or not.
    notes : tuple of str
        Whom the window leaves out, in words.
    """

    log: Transactions
    reading: Reading
    as_of: np.datetime64
    customers: NDArray[np.int64]
    known: NDArray[np.int64]
    notes: tuple[str, ...]
    _activity: ActivityColumns
    _kept: NDArray[np.int64]

    @classmethod
    def of(
        cls, log: Transactions, reading: Reading, as_of: Date | None, *, truncate: bool
    ) -> OrderHistory:
        """Return the purchases up to a date.

        Raises
        ------
        ParameterError
            If the date lies before the last event and `truncate` is not set.
        EmptyDataError
            If nobody had bought by then, or within the window.
        """
        date = log._date(as_of, "as_of")  # noqa: SLF001
        day = log._recorded(date)  # noqa: SLF001
        last = log.span[1]
        if day < last and not truncate:
            raise ParameterError.of(
                name="as_of",
                expected=f"not lie before the last event, on {last}, "
                "unless truncate=True",
                found=written(day),
            )
        history = log._log.history  # noqa: SLF001
        activity = _core.customer_activity(history, date)
        known, notes = activity["customers"], ()
        customers = known
        kept = np.arange(len(history["times"]))
        if reading.window is not None:
            days = _days(reading.window)
            history, own, kept = _within(history, activity, days)
            if not len(own):
                raise EmptyDataError.of(
                    what=f"nobody bought within {days:g} days up to {written(day)}",
                    hint="choose a longer window",
                )
            activity = _core.customer_activity(history, date)
            customers = own[activity["customers"]]
            left = len(known) - len(customers)
            if left:
                reach = f"within {days:g} days up to {written(day)}"
                who = counted(left, "customer")
                notes = (f"{who} left out: no purchase {reach}",)
        return cls(log, reading, day, customers, known, notes, activity, kept)

    # -- dimensions ----------------------------------------------------------------

    def value(self, dimension: Dimension) -> NDArray[np.float64]:
        """Return the values of a dimension that logs have."""
        make = {
            "recency": lambda: self._activity["recency_days"],
            "frequency": lambda: self.orders,
            "monetary": self._monetary,
            "tenure": self._tenure,
            "breadth": self._breadth,
            "margin": self._margin,
            "order_value": self._order_value,
        }.get(dimension.name)
        if make is None:
            raise ParameterError.of(
                name="dimensions",
                expected="be computed from a log by name, or stand in a table",
                found=repr(dimension.name),
                hint="make a table with one row a customer, and fit that",
            )
        return make()

    @property
    def counted(self) -> str:
        """What frequency counts: orders, days, or other periods."""
        rule, merge = self.reading.frequency, self.log.receipt.merge
        has_orders = merge == "order" or self._has_orders
        if rule == "orders" or (rule == "auto" and has_orders):
            return "orders"
        if rule == "purchases":
            return "purchases"
        longer = merge in ("week", "month")
        if rule == "days" and longer:
            raise ParameterError.of(
                name="frequency",
                expected=f"be left out for a log merged by {merge}, which has no days",
                found="'days'",
                hint="merge the log by day",
            )
        return f"{merge}s" if longer else "days"

    @cached_property
    def orders(self) -> NDArray[np.float64]:
        """How many orders, days or other periods each customer has bought in."""
        what = self.counted
        purchases = self._activity["purchases"].astype(np.float64)
        if what == "orders" and self.log.receipt.merge != "order":
            lines = self._lines("frequency='orders'", "order")
            return np.maximum(self._distinct(lines.orders), 1.0)
        if what != "days" or self.log.receipt.merge == "day":
            return purchases
        days = self.log._log.history["times"][self._places] // _DAY  # noqa: SLF001
        new = np.ones(len(days))
        new[1:] = (days[1:] != days[:-1]) | (self._owners[1:] != self._owners[:-1])
        return sums(new, self._owners, len(self.customers))

    def revenue_if_known(self) -> NDArray[np.float64] | None:
        """Return what each customer has paid; None for a log without amounts."""
        return None if self.log.values is None else self._activity["total_value"]

    def margin_if_known(self) -> NDArray[np.float64] | None:
        """Return what each customer has brought; None without `margin`."""
        return None if self.reading.margin is None else self._margin()

    def _tenure(self) -> NDArray[np.float64]:
        """Days from the first purchase of all to the date."""
        starts = self.log.offsets[:-1][self.customers]
        first = self.log._log.history["times"][starts]  # noqa: SLF001
        ages = (self._activity["last_purchase"] - first) / _DAY
        return self._activity["recency_days"] + ages

    def _breadth(self) -> NDArray[np.float64]:
        """Count the products that each customer has bought."""
        return self._distinct(self._lines("breadth", "product").products)

    def _order_value(self) -> NDArray[np.float64]:
        return self._revenue("order_value") / np.maximum(self.orders, 1)

    def _monetary(self) -> NDArray[np.float64]:
        if self.reading.monetary == "margin":
            return self._margin()
        revenue = self._revenue("monetary")
        mean = self.reading.monetary == "mean"
        return revenue / np.maximum(self.orders, 1) if mean else revenue

    def _revenue(self, wanted: str) -> NDArray[np.float64]:
        if self.log.values is None:
            raise ParameterError.of(
                name="dimensions",
                expected=f"do without {wanted} for a log without amounts",
                found=repr(wanted),
                hint="Transactions(..., amount=...) reads them; or score by "
                "dimensions=('recency', 'frequency')",
            )
        return self._activity["total_value"]

    def _margin(self) -> NDArray[np.float64]:
        revenue, margin = self._revenue("margin"), self.reading.margin
        if margin is None:
            raise ParameterError.of(
                name="margin",
                expected="be given for the dimension margin",
                found="None",
            )
        if isinstance(margin, Mapping):
            return self._margin_by_product(revenue, margin)
        if not np.isfinite(margin):
            raise ParameterError.of(
                name="margin", expected="be finite", found=repr(margin)
            )
        return revenue * float(margin)

    def _margin_by_product(
        self, revenue: NDArray[np.float64], margin: Mapping[Any, float]
    ) -> NDArray[np.float64]:
        """Apply each product's share to its lines; later refunds take their part."""
        lines = self._lines("margin by product", "product")
        rows, owners = self._lines_of_purchases
        codes = Table.of({"product": lines.products}).codes("product")
        names = codes.categories.tolist()
        lacking = [name for name in names if name not in margin]
        if lacking or codes.values.min(initial=0) < 0:
            raise ParameterError.of(
                name="margin",
                expected="hold a share for each product",
                found="none for " + (repr(lacking[0]) if lacking else "no product"),
            )
        shares = np.array([float(margin[name]) for name in names])
        amounts = lines.amounts if lines.amounts is not None else np.zeros(len(rows))
        paid = amounts[rows]
        earned = paid * shares[codes.values[rows]]
        count = len(self.customers)
        total = sums(paid, owners, count)
        kept = np.divide(revenue, total, out=np.ones(count), where=total != 0)
        return sums(earned, owners, count) * kept

    # -- purchases and lines -------------------------------------------------------

    @property
    def _has_orders(self) -> bool:
        lines = self.log.lines
        return lines is not None and lines.orders is not None

    def _lines(self, what: str, column: Literal["order", "product"]) -> Lines:
        lines = self.log.lines
        if lines is None or getattr(lines, f"{column}s") is None:
            raise ParameterError.of(
                name="data",
                expected=f"be a log with a column of {column}s for {what}",
                found="one without",
                hint=f"Transactions(..., {column}=...) reads it",
            )
        return lines

    @cached_property
    def _places(self) -> NDArray[np.int64]:
        """The places in the log of the purchases that count."""
        counts = self._activity["purchases"]
        ends = np.cumsum(counts)
        within = np.arange(int(ends[-1])) - np.repeat(ends - counts, counts)
        starts = np.searchsorted(self._kept, self.log.offsets[:-1][self.customers])
        return self._kept[np.repeat(starts, counts) + within]

    @cached_property
    def _owners(self) -> NDArray[np.intp]:
        """Whose each of those purchases is, as places among `customers`."""
        return np.repeat(np.arange(len(self.customers)), self._activity["purchases"])

    @cached_property
    def _lines_of_purchases(self) -> tuple[NDArray[np.intp], NDArray[np.intp]]:
        """The lines behind those purchases, and whose they are."""
        offsets = self._lines("lines", "product" if not self._has_orders else "order")
        starts, ends = offsets.offsets[:-1], offsets.offsets[1:]
        counts = (ends - starts)[self._places]
        total = np.cumsum(counts)
        within = np.arange(int(total[-1])) - np.repeat(total - counts, counts)
        rows = np.repeat(starts[self._places], counts) + within
        return rows, np.repeat(self._owners, counts)

    def _distinct(self, labels: NDArray[Any] | None) -> NDArray[np.float64]:
        """How many different labels each customer has, refunded lines left out.

        Lines without a label are one more for each customer who has such lines.
        """
        lines = self.log.lines
        rows, owners = self._lines_of_purchases
        codes = Table.of({"label": labels}).codes("label")
        if lines is not None and lines.amounts is not None:
            bought = lines.amounts[rows] >= 0
            rows, owners = rows[bought], owners[bought]
        keys = owners * (codes.n_categories + 1) + codes.values[rows] + 1
        distinct = np.unique(keys) // (codes.n_categories + 1)
        count = len(self.customers)
        return np.bincount(distinct, minlength=count).astype(np.float64)


def _days(window: Horizon) -> float:
    """Return the length of a window in days."""
    lengths = in_units(window, "day", name="window")
    if len(lengths) != 1 or not (np.isfinite(lengths[0]) and lengths[0] > 0):
        raise ParameterError.of(
            name="window",
            expected="be a length of time greater than 0",
            found=repr(window),
        )
    return float(lengths[0])


def _within(
    history: HistoryColumns, activity: ActivityColumns, days: float
) -> tuple[HistoryColumns, NDArray[np.int64], NDArray[np.int64]]:
    """Return the part of a log after the beginning of a window.

    Also the customers who have such purchases, and the places of the purchases.
    """
    now = activity["last_purchase"][0] + round(activity["recency_days"][0] * _DAY)
    inside = history["times"] > now - round(days * _DAY)
    offsets = history["offsets"]
    running = np.concatenate([[0], np.cumsum(inside)])
    counts = np.diff(running[offsets])
    own = np.flatnonzero(counts)
    refunds = inside[history["refund_purchases"]]
    part: HistoryColumns = {
        "grain": history["grain"],
        "offsets": np.concatenate([[0], np.cumsum(counts[own])]),
        "times": history["times"][inside],
        "values": None if history["values"] is None else history["values"][inside],
        "refund_purchases": running[history["refund_purchases"][refunds]],
        "refund_times": history["refund_times"][refunds],
        "refund_amounts": history["refund_amounts"][refunds],
    }
    return part, own, np.flatnonzero(inside)
