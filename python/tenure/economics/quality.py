"""What kind of customers were won: by source, first product, first discount."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from tenure._frame import native_frame
from tenure._intervals import check_level
from tenure._report import counted, html_report, text_table
from tenure._typing import override
from tenure.economics._groups import Cells
from tenure.economics._journeys import Journeys
from tenure.exceptions import EmptyDataError, ParameterError
from tenure.retention.periods import length_in_days
from tenure.rfm.intervals import group_ratios, wilson

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from numpy.typing import ArrayLike, NDArray

    from tenure._typing import Date
    from tenure._units import Horizon
    from tenure.economics.costs import AcquisitionCost
    from tenure.transactions import Transactions

    Floats = NDArray[np.float64]

__all__ = ["AcquisitionQuality", "acquisition_quality", "memberships"]

# A group of fewer customers is not named as the best: chance would choose it.
_MANY = 30


@dataclass(frozen=True, eq=False, repr=False)
class AcquisitionQuality:
    """What the customers of each source became.

    Made by `acquisition_quality`.

    Attributes
    ----------
    columns : dict of str to array
        One row a group: see `to_frame`.
    by : str
        What groups are made of.
    horizon : float
        In days: how long customers are looked at, each from the first purchase on.
    basis : str
        "margin" or "revenue".
    level : float
        Confidence level of the intervals.
    notes : tuple of str
    """

    columns: dict[str, NDArray[Any]]
    by: str
    horizon: float
    basis: str
    level: float
    notes: tuple[str, ...]
    family: str

    def to_frame(self) -> Any:
        """Return one row a group, the one with the most customers first.

        Returns
        -------
        frame
            The group; `customers`, and `observed`: those of them observed for the
            horizon, to whom everything else belongs; `one_and_done`, the share without
            a second order within the horizon; `first_order`, its mean value; `value`,
            what a customer brought by the horizon; `repeat_share` of it that came after
            the first order; with a cost `cac`, `value_to_cost`, and `below_cost`: the
            share of customers who brought less than they cost. `..._low` and
            `..._high` are the ends of intervals. A group of which nobody was observed
            for so long has NaN.
        """
        return native_frame(self.columns, family=self.family)

    def plot(self, *, ax: Axes | None = None, **kwargs: Any) -> Axes:
        """Draw value and cost by group; see `plotting.plot_acquisition_quality`."""
        from tenure.plotting.economics import (  # noqa: PLC0415
            plot_acquisition_quality,
        )

        return plot_acquisition_quality(self, ax=ax, **kwargs)

    def _headline(self) -> str:
        columns = self.columns
        many = columns["observed"] >= min(_MANY, columns["observed"].max())
        known = np.isfinite(columns["value"]) & many
        if not known.any():
            return (
                f"Customers by {self.by}: none was observed for {self.horizon:g} days"
            )
        best = int(np.where(known, columns["value"], -np.inf).argmax())
        return (
            f"Customers by {self.by}, {self.horizon:g} days from the first purchase: "
            f"those of {columns[self.by][best]!s} brought the most {self.basis}, "
            f"{columns['value'][best]:,.2f} each"
        )

    def _table(self) -> tuple[list[str], list[list[str]]]:
        columns = self.columns
        names = ["customers", "observed", "one_and_done", "value"]
        shares = {"one_and_done", "below_cost"}
        names += [name for name in ("cac", "below_cost") if name in columns]
        rows: list[list[str]] = []
        for place in range(min(len(columns["customers"]), 20)):
            row = [str(columns[self.by][place])]
            for name in names:
                number = columns[name][place]
                if name in ("customers", "observed"):
                    row.append(f"{number:,}")
                elif np.isnan(number):
                    row.append("")
                else:
                    row.append(
                        f"{100 * number:.1f} %" if name in shares else f"{number:,.2f}"
                    )
            rows.append(row)
        words = {
            "one_and_done": "one and done",
            "cac": "CAC",
            "below_cost": "below CAC",
        }
        return ["", *(words.get(name, name) for name in names)], rows

    @override
    def __repr__(self) -> str:
        notes = "".join(f"\nNote: {note}" for note in self.notes)
        return f"{self._headline()}\n{text_table(*self._table())}{notes}"

    def _repr_html_(self) -> str:
        return html_report(self._headline(), *self._table(), "; ".join(self.notes))


def acquisition_quality(
    log: Transactions,
    by: str | ArrayLike,
    *,
    horizon: Horizon = "180 days",
    margin: float | ArrayLike | None = None,
    cost: AcquisitionCost | float | dict[Any, float] | None = None,
    as_of: Date | None = None,
    level: float = 0.95,
) -> AcquisitionQuality:
    """Return what the customers of each source became, in the same time each.

    Parameters
    ----------
    log : Transactions
        A log with amounts.
    by : str or array
        What customers are divided by: an attribute of the log (a channel, whether the
        first order was discounted), one value a customer, or "product": the products
        of the first purchase, of which a customer can have several.
    horizon : float or str, default "180 days"
        How long each customer is looked at. Who was not observed for so long is
        counted, and otherwise left out.
    margin : float or array, optional
        Share of revenue that is margin, or the margin of each purchase.
    cost : AcquisitionCost, float or dict, optional
        What a customer cost: as for `payback`, by channel if that is what `by` is.
    as_of : date, optional
        The last day observed.
    level : float, default 0.95
        Confidence level of the intervals: Wilson's of shares, and those of means of
        customers drawn at random.

    Returns
    -------
    AcquisitionQuality

    Notes
    -----
    A difference between sources is no effect of them: other people come through other
    channels. See `tenure.products` for first products in more detail.

    Examples
    --------
    >>> import tenure as tn
    >>> orders = {
    ...     "customer_id": [1, 2, 3, 3],
    ...     "date": ["2024-01-01", "2024-01-01", "2024-01-01", "2024-02-01"],
    ...     "amount": [10.0, 20.0, 30.0, 40.0],
    ...     "source": ["search", "search", "friends", "friends"],
    ... }
    >>> log = tn.Transactions(orders, amount="amount", attributes=["source"])
    >>> found = tn.economics.acquisition_quality(log, "source", horizon=30, cost=12)
    >>> found.columns["one_and_done"], found.columns["below_cost"]
    (array([1., 1.]), array([0.5, 0. ]))
    >>> found = tn.economics.acquisition_quality(
    ...     log, "source", horizon=40, cost=12, as_of="2024-03-01"
    ... )
    >>> found.columns["one_and_done"], found.columns["below_cost"]
    (array([1., 0.]), array([0.5, 0. ]))
    """
    check_level(level, name="level")
    days = length_in_days(horizon, "horizon")
    journeys = Journeys.of(log, margin=margin, as_of=as_of)
    labels, owner, name, notes = memberships(log, journeys, by)
    if name == "product" and cost is not None and not isinstance(cost, int | float):
        raise ParameterError.of(
            name="cost",
            expected="be one amount a customer where groups are products",
            found=type(cost).__name__,
            hint="a customer can be in several of them",
        )
    codes = {label: code for code, label in enumerate(dict.fromkeys(labels))}
    group = np.array([codes[label] for label in labels], dtype=np.int64)
    seen = (journeys.exposure >= days - 1e-9)[owner]
    members = group[seen], owner[seen]
    columns = _qualities(log, journeys, members, len(codes), days=days, level=level)
    each = _cost_each(log, journeys, cost, by, name)
    if each is not None:
        brought = journeys.by(days)
        columns |= _against_cost(brought, each, members, len(codes), level)
    names = np.full(len(codes), None, dtype=object)
    names[:] = list(codes)
    table: dict[str, NDArray[Any]] = {
        name: names,
        "customers": np.bincount(group, minlength=len(codes)),
        "observed": np.bincount(group[seen], minlength=len(codes)),
        **columns,
    }
    order = np.argsort(-table["customers"], kind="stable")
    left = int((~(journeys.exposure >= days - 1e-9)).sum())
    if left:
        who = counted(left, "customer")
        notes.append(f"{who} observed for less than {days:g} days: left out")
    return AcquisitionQuality(
        {key: values[order] for key, values in table.items()},
        name,
        days,
        journeys.basis,
        level,
        tuple(notes),
        log.family,
    )


def memberships(
    log: Transactions, journeys: Journeys, by: str | ArrayLike
) -> tuple[list[Any], NDArray[np.int64], str, list[str]]:
    """Return the group and the customer of each membership, and what groups are."""
    from tenure.economics._acquired import values_of  # noqa: PLC0415

    if (
        isinstance(by, str)
        and by == "product"
        and "product"
        not in (
            log._log.attributes  # noqa: SLF001
        )
    ):
        return _first_products(log, journeys)
    values = values_of(log, by)[journeys.there].tolist()
    known = np.array([value is not None for value in values])
    if not known.any():
        what = "no customer has a value to group by"
        raise EmptyDataError.of(what, hint="choose another attribute")
    owner = np.flatnonzero(known)
    notes: list[str] = []
    if not known.all():
        without = counted(int((~known).sum()), "customer")
        notes.append(f"{without} without a value are in no group")
    name = by if isinstance(by, str) else "group"
    return [values[place] for place in owner], owner, name, notes


def _first_products(
    log: Transactions, journeys: Journeys
) -> tuple[list[Any], NDArray[np.int64], str, list[str]]:
    lines = log.lines
    if lines is None or lines.products is None:
        raise ParameterError.of(
            name="by",
            expected="be an attribute, for a log without products",
            found="'product'",
            hint="name the column of products when the log is made",
        )
    firsts = log.offsets[:-1][journeys.there]
    pairs: dict[tuple[Any, int], None] = {}
    for place, purchase in enumerate(firsts.tolist()):
        for product in lines.products[
            lines.offsets[purchase] : lines.offsets[purchase + 1]
        ].tolist():
            if product is not None and product == product:  # noqa: PLR0124
                pairs[product, place] = None
    if not pairs:
        raise EmptyDataError.of(what="no line of a first purchase has a product")
    labels = [product for product, _ in pairs]
    owner = np.array([place for _, place in pairs], dtype=np.int64)
    notes = ["a customer is in the group of each product of the first purchase"]
    return labels, owner, "product", notes


def _qualities(
    log: Transactions,
    journeys: Journeys,
    members: tuple[NDArray[np.int64], NDArray[np.int64]],
    count: int,
    *,
    days: float,
    level: float,
) -> dict[str, Floats]:
    """Return shares and means of groups of customers who were observed."""
    group, owner = members
    once = journeys.orders_by(log, days)[owner] == 1
    observed = np.bincount(group, minlength=count)
    alone = np.bincount(group[once], minlength=count)
    done = wilson(alone, observed, level)
    brought, first = journeys.by(days)[owner], journeys.by(0.0)[owner]
    ones = np.ones(len(owner))
    value = group_ratios(brought, ones, group, count, level)
    opened = group_ratios(first, ones, group, count, level)
    repeat = group_ratios(brought - first, brought, group, count, level, scale="plain")
    columns: dict[str, Floats] = {}
    for name, ends in (
        ("one_and_done", done),
        ("first_order", opened),
        ("value", value),
        ("repeat_share", repeat),
    ):
        columns |= dict(zip((name, f"{name}_low", f"{name}_high"), ends, strict=True))
    return columns


def _cost_each(
    log: Transactions, journeys: Journeys, cost: Any, by: Any, name: str
) -> Floats | None:
    """Return what each customer cost, NaN where that is not known."""
    if cost is None:
        return None
    cells = Cells.of(
        log, journeys, cost, every="month", by=None if name == "product" else by
    )
    each = np.full(len(journeys), np.nan)
    for cell in np.flatnonzero(cells.size > 0):
        each[cells.members[cell]] = cells.cost[cell]
    return each


def _against_cost(
    brought: Floats,
    each: Floats,
    members: tuple[NDArray[np.int64], NDArray[np.int64]],
    count: int,
    level: float,
) -> dict[str, Floats]:
    group, owner = members
    known = np.isfinite(each[owner])
    group, owner = group[known], owner[known]
    n = np.bincount(group, minlength=count)
    with np.errstate(divide="ignore", invalid="ignore"):
        cac = np.bincount(group, each[owner], minlength=count) / n
        value = np.bincount(group, brought[owner], minlength=count) / n
        ratio = np.where(cac > 0, value / cac, np.nan)
    below = brought[owner] < each[owner]
    lost = wilson(np.bincount(group[below], minlength=count), n, level)
    names = ("below_cost", "below_cost_low", "below_cost_high")
    return {"cac": cac, "value_to_cost": ratio, **dict(zip(names, lost, strict=True))}
