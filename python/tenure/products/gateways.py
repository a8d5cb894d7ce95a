"""Which first products bring customers who are worth more afterwards."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import numpy as np

from tenure._frame import native_frame
from tenure._intervals import check_level, normal_quantile
from tenure._report import counted, html_report, text_table
from tenure._typing import override
from tenure.exceptions import EmptyDataError
from tenure.products._lines import OrderLines, lines_of
from tenure.products._metrics import adjusted, stats_module
from tenure.retention.periods import at_least_one, length_in_days
from tenure.rfm.intervals import sums, wilson

if TYPE_CHECKING:
    from collections.abc import Sequence
    from typing import Unpack

    from matplotlib.axes import Axes
    from numpy.typing import NDArray

    from tenure._units import Horizon
    from tenure.products._lines import LineColumns

__all__ = ["Gateways", "gateways"]

# Rows that are shown.
_SHOWN = 10


@dataclass(frozen=True, eq=False, repr=False)
class Gateways:
    """What customers are worth after their first order, by what it held.

    Made by `gateways`.

    Attributes
    ----------
    of : {"product", "category"}
        What first orders are told apart by.
    horizon : float
        Days after the first order in which value counts.
    eligible, too_recent : int
        Customers who are observed that long after their first order, and who are not.
    later_value : float
        What the eligible ones spent after their first order, on average.
    one_and_done : float
        The share of them without a later order within the horizon.
    strata : int
        Groups of customers who are alike in month of acquisition (and `adjust`), within
        which values are compared.
    min_customers : int
        How many customers a product needs on either side.
    few : int
        Products that have fewer, and are left out.
    level : float
        Confidence level of the intervals.
    family : str
        The kind of frame that results come back as.
    """

    of: str
    horizon: float
    eligible: int
    too_recent: int
    later_value: float
    one_and_done: float
    strata: int
    min_customers: int
    few: int
    level: float
    family: str
    _columns: dict[str, NDArray[Any]] = field(repr=False)

    def to_frame(self) -> Any:
        """Return one row a product, the best gateway first.

        Returns
        -------
        frame
            The product or category; `customers` whose first order holds it, and
            `others`; `later_value`: what the customers spent on average after their
            first order within the horizon, and `others_value`; `difference` of the
            two with `difference_low` and `difference_high` (Welch, normal);
            `adjusted`: the same between customers of the same month of acquisition,
            with `adjusted_low` and `adjusted_high`; `p_value` of no adjusted
            difference, and `p_adjusted` for all products; `one_and_done`: the share
            without a later order within the horizon, with `one_and_done_low` and
            `one_and_done_high` (Wilson), and `others_one_and_done`.
        """
        columns = dict(self._columns)
        p = columns["p_value"]
        known = np.isfinite(p)
        found = np.full(len(p), np.nan)
        found[known] = adjusted(p[known], int(known.sum()))
        columns["p_adjusted"] = found
        return native_frame(columns, family=self.family)

    def plot(self, *, most: int = 12, ax: Axes | None = None) -> Axes:
        """Draw the adjusted differences; see `plot_gateways`."""
        from tenure.plotting.products import plot_gateways  # noqa: PLC0415

        return plot_gateways(self, most=most, ax=ax)

    def _headline(self) -> str:
        who = counted(self.eligible, "customer")
        return (
            f"Gateways: {who} spend {self.later_value:,.2f} on average in the "
            f"{self.horizon:g} days after the first order; "
            f"{100 * self.one_and_done:.0f} % do not return"
        )

    def _table(self) -> tuple[list[str], list[list[str]]]:
        columns = self._columns
        rows: list[list[str]] = []
        for at in range(min(_SHOWN, len(columns["customers"]))):
            row = {name: values[at] for name, values in columns.items()}
            rows.append(
                [
                    str(row[self.of]),
                    f"{row['customers']:,}",
                    f"{row['later_value']:,.2f}",
                    f"{row['difference']:+,.2f}",
                    f"{row['adjusted']:+,.2f}",
                    f"[{row['adjusted_low']:+,.2f}, {row['adjusted_high']:+,.2f}]",
                    f"{100 * row['one_and_done']:.0f} %",
                ]
            )
        interval = f"{100 * self.level:g} % interval"
        header = [f"first {self.of}", "customers", "later value", "to others"]
        return [*header, "adjusted", interval, "one and done"], rows

    def _note(self) -> str:
        return (
            f"{self.too_recent:,} customers too recent to tell; "
            f"{self.few:,} with fewer than {self.min_customers} customers left out. "
            "An association: who chooses a product may differ in other ways."
        )

    @override
    def __repr__(self) -> str:
        return f"{self._headline()}\n{text_table(*self._table())}\n{self._note()}"

    def _repr_html_(self) -> str:
        return html_report(self._headline(), *self._table(), self._note())


def gateways(
    data: object,
    *,
    horizon: Horizon = "1 year",
    of: str = "product",
    adjust: Sequence[str] = (),
    min_customers: int = 30,
    level: float = 0.9,
    **columns: Unpack[LineColumns],
) -> Gateways:
    """Compare what customers spend later by what their first order held.

    Customers whose first order holds a product are set against all others. Adjusted
    differences compare customers who came in the same calendar month only, since months
    differ in what is sold and in who comes: the coefficient of the product in a
    regression of the later value on it and on the months, with standard errors that do
    not assume equal variances (HC1).

    Parameters
    ----------
    data : OrderLines, Transactions or frame
        Lines of orders with amounts; a log must have been made with `product`.
    horizon : float, str or timedelta, default "1 year"
        How long after the first order value counts; customers whose first order is not
        so long before the last day observed are left out. The first order itself does
        not count.
    of : {"product", "category"}
        What first orders are told apart by.
    adjust : sequence of str
        Attributes of the customers, such as the channel that they came by: compared are
        those who are alike in these as well.
    min_customers : int, default 30
        How many customers there must be with and without a product.
    level : float, default 0.9
        Confidence level of the intervals.
    **columns
        How the columns of a frame are called, and `as_of`, as for `order_lines`.

    Returns
    -------
    Gateways
        An association, not an effect: nobody chose the first product by lot.

    Raises
    ------
    EmptyDataError
        If no customer is observed for so long.
    ParameterError
        If there are no amounts.

    References
    ----------
    Fader, P., Hardie, B., Ross, M. (2022). The Customer-Base Audit. Wharton School
    Press (products that customers begin with).

    Examples
    --------
    >>> import tenure as tn
    >>> rows = {
    ...     "customer_id": [1, 2, 3, 4, 1, 2, 3],
    ...     "date": ["2024-01-01"] * 4 + ["2024-01-20"] * 3,
    ...     "product": ["tea", "tea", "cup", "cup", "tea", "cup", "cup"],
    ...     "amount": [5.0, 5.0, 9.0, 9.0, 30.0, 10.0, 8.0],
    ... }
    >>> found = tn.products.gateways(rows, horizon=19, min_customers=2, amount="amount")
    >>> table = found.to_frame()
    >>> table["product"], table["adjusted"]
    (array(['tea', 'cup'], dtype=object), array([ 16., -16.]))
    """
    check_level(level, name="level")
    least = at_least_one(min_customers, "min_customers")
    days = length_in_days(horizon, "horizon")
    if not isinstance(data, OrderLines) and adjust and "attributes" not in columns:
        columns["attributes"] = tuple(adjust)
    lines = lines_of(data, columns)
    eligible = lines.first_day + days <= lines.end_day
    if not eligible.any():
        what = f"no customer is observed for {days:g} days after the first order"
        raise EmptyDataError.of(what, hint="choose a shorter horizon")
    value, returned = _later(lines, days)
    base = _Base(value[eligible], returned[eligible], _strata(lines, adjust, eligible))
    place = np.cumsum(eligible) - 1
    codes, names = lines.groups(of)
    number = lines.order_number[lines.order]
    own = (number == 0) & ~lines.returned & (codes >= 0)
    own &= eligible[lines.order_customer[lines.order]]
    kinds = max(len(names), 1)
    whose = place[lines.order_customer[lines.order[own]]]
    pairs = np.unique(codes[own] * len(value) + whose)
    what, who = pairs // len(value), pairs % len(value)
    starts = np.searchsorted(what, np.arange(kinds + 1))
    sizes = np.diff(starts)
    enough = (sizes >= least) & (len(base.value) - sizes >= least)
    rows = [
        base.compared(who[starts[kind] : starts[kind + 1]], level)
        for kind in np.flatnonzero(enough)
    ]
    table = _table(of, names[enough], rows, level)
    return Gateways(
        of=of,
        horizon=days,
        eligible=len(base.value),
        too_recent=int((~eligible).sum()),
        later_value=float(base.value.mean()),
        one_and_done=float(1 - base.returned.mean()),
        strata=int(base.strata.max()) + 1,
        min_customers=least,
        few=int((~enough & (sizes > 0)).sum()),
        level=level,
        family=lines.family,
        _columns=table,
    )


def _later(
    lines: OrderLines, days: float
) -> tuple[NDArray[np.float64], NDArray[np.bool_]]:
    """Return what each customer spent after the first order, and whether any came."""
    whose = lines.order_customer
    age = lines.order_day - lines.first_day[whose]
    later = (lines.order_number > 0) & (age <= days)
    count = len(lines.customers)
    value = sums(lines.order_values[later], whose[later], count)
    return value, np.bincount(whose[later], minlength=count) > 0


def _strata(
    lines: OrderLines, adjust: Sequence[str], eligible: NDArray[np.bool_]
) -> NDArray[np.int64]:
    """Return which eligible customers are alike: month, and further attributes."""
    month = lines.first_day.astype("datetime64[D]").astype("datetime64[M]")
    found = month.astype(np.int64)
    for name in adjust:
        codes, names = lines.segments(name)
        found = np.unique(found, return_inverse=True)[1]
        found = found * (len(names) + 1) + codes + 1
    return np.unique(found[eligible], return_inverse=True)[1]


@dataclass(frozen=True, eq=False)
class _Base:
    """Eligible customers: what they are worth later, and who is like whom."""

    value: NDArray[np.float64]
    returned: NDArray[np.bool_]
    strata: NDArray[np.int64]

    def compared(self, who: NDArray[np.int64], level: float) -> dict[str, float]:
        """Return how some customers differ from the others."""
        n, size = len(self.value), len(who)
        own = np.zeros(n, np.bool_)
        own[who] = True
        ours, others = self.value[own], self.value[~own]
        z = normal_quantile(level)
        difference = float(ours.mean() - others.mean())
        variance = sum(
            one.var(ddof=1) / len(one) if len(one) > 1 else np.nan
            for one in (ours, others)
        )
        reach = z * float(np.sqrt(variance))
        effect, error = self._adjusted(own)
        return {
            "customers": size,
            "others": n - size,
            "later_value": float(ours.mean()),
            "others_value": float(others.mean()),
            "difference": difference,
            "difference_low": difference - reach,
            "difference_high": difference + reach,
            "adjusted": effect,
            "adjusted_low": effect - z * error,
            "adjusted_high": effect + z * error,
            "z": effect / error if error > 0 else np.nan,
            "done": int((~self.returned[own]).sum()),
            "others_one_and_done": float(1 - self.returned[~own].mean()),
        }

    def _adjusted(self, own: NDArray[np.bool_]) -> tuple[float, float]:
        """Return the coefficient beside those of the strata, and its HC1 error.

        By the theorem of Frisch, Waugh and Lovell it is that of deviations from the
        means of the strata.
        """
        strata, n = self.strata, len(self.value)
        size = np.bincount(strata)
        x = own - (np.bincount(strata, own) / size)[strata]
        y = self.value - (np.bincount(strata, self.value) / size)[strata]
        squares = float(x @ x)
        if squares <= 1e-9:  # no stratum has customers on both sides
            return np.nan, np.nan
        effect = float(x @ y) / squares
        left = y - effect * x
        free = n - len(size) - 1
        if free < 1:
            return effect, np.nan
        variance = float((x * x) @ (left * left)) / squares**2 * n / free
        return effect, float(np.sqrt(variance))


def _table(
    of: str, names: NDArray[Any], rows: list[dict[str, float]], level: float
) -> dict[str, NDArray[Any]]:
    """Return the rows as columns, the largest adjusted difference first."""
    if not rows:
        hint = "choose a smaller min_customers, or a shorter horizon"
        msg = f"no {of} has enough customers"
        raise EmptyDataError.of(msg, hint=hint)
    found = {name: np.array([row[name] for row in rows]) for name in rows[0]}
    z, done = found.pop("z"), found.pop("done")
    others = found.pop("others_one_and_done")
    found["p_value"] = 2 * np.asarray(stats_module("scipy.stats").norm.sf(np.abs(z)))
    share, low, high = wilson(done, found["customers"], level)
    found |= {
        "one_and_done": share,
        "one_and_done_low": low,
        "one_and_done_high": high,
        "others_one_and_done": others,
    }
    places = np.argsort(-np.nan_to_num(found["adjusted"], nan=-np.inf), kind="stable")
    return {of: names[places]} | {name: one[places] for name, one in found.items()}
