"""Where revenue comes from, and which part of it made the difference."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Literal, TypeAlias

import numpy as np

from tenure._frame import native_frame
from tenure._intervals import check_level
from tenure._report import counted, html_report, text_table
from tenure._typing import override
from tenure.breakdown._people import ALL, table_of
from tenure.breakdown._periods import of_lines, of_log
from tenure.breakdown._resampled import drawn_sums, tails
from tenure.breakdown.factors import split_change
from tenure.exceptions import ParameterError
from tenure.retention.periods import at_least_one
from tenure.transactions import Transactions

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from numpy.typing import NDArray

    from tenure.breakdown._periods import Period, Spells
    from tenure.breakdown.factors import Decomposition

__all__ = ["RevenueTree", "revenue_tree"]

TreePlot: TypeAlias = Literal["waterfall", "tree"]

SHARE = "segment_share"
"""The factor of how customers are spread over segments."""

OTHER = "other"
"""What no factor can be charged with: refunds where nobody bought."""


@dataclass(frozen=True, eq=False, repr=False)
class RevenueTree:
    """Revenue of two periods as a product of factors, and what each has added.

    Made by `revenue_tree`.

    Attributes
    ----------
    before, after : dict of str to float
        The factors in each period, the widest first; their product is the revenue.
    revenue : (float, float)
        The revenue of each period.
    effects : dict of str to float
        What each factor adds to the change; they add up to it.
    by : str or None
        What the segments are.
    method : {"shapley", "lmdi"}
        How the change was split.
    level : float
        Confidence level of the intervals.
    customers : int
        How many customers bought in either period.
    notes : tuple of str
        What was left out.
    family : str
        The kind of frame that results come back as.
    """

    before: dict[str, float]
    after: dict[str, float]
    revenue: tuple[float, float]
    effects: dict[str, float]
    by: str | None
    method: str
    level: float
    customers: int
    notes: tuple[str, ...]
    family: str
    columns: dict[str, NDArray[Any]] = field(repr=False)

    @property
    def change(self) -> float:
        """How much more was earned in the second period."""
        return self.revenue[1] - self.revenue[0]

    def to_frame(self) -> Any:
        """Return one row a factor; with segments, a factor of each segment.

        Returns
        -------
        frame
            `segment` (where there are any; "(all)" for their sum), `factor`, its value
            `before` and `after`, its `effect` on revenue with `lower` and `upper`, and
            `share` of the change. The effects of a segment add up to the change of its
            revenue, and those of a factor over segments to that of all.
        """
        columns = dict(self.columns)
        if self.by is None:
            del columns["segment"]
        return native_frame(columns, family=self.family)

    def plot(
        self, kind: TreePlot = "waterfall", *, ax: Axes | None = None, **kwargs: Any
    ) -> Axes:
        """Draw the steps from one revenue to the other, or the tree of factors."""
        from tenure.plotting import revenue_tree as drawing  # noqa: PLC0415

        if kind not in ("waterfall", "tree"):
            raise ParameterError.of(
                name="kind", expected="be 'waterfall' or 'tree'", found=repr(kind)
            )
        if kind == "tree":
            return drawing.plot_revenue_tree(self, ax=ax, **kwargs)
        return drawing.plot_revenue_change(self, ax=ax, **kwargs)

    def sentences(self) -> list[str]:
        """Return what the numbers say."""
        was, now = self.revenue
        growth = f" ({100 * self.change / was:+.1f} %)" if was > 0 else ""
        said = [
            f"Revenue went from {was:,.2f} to {now:,.2f}: {self.change:+,.2f}{growth}."
        ]
        if not any(self.effects.values()):
            return said
        first = max(self.effects, key=lambda name: abs(self.effects[name]))
        row = int(np.flatnonzero(self._whole & (self.columns["factor"] == first))[0])
        low, high = self.columns["lower"][row], self.columns["upper"][row]
        ends = "" if np.isnan(low) else f", [{low:+,.2f}, {high:+,.2f}]"
        words = first.replace("_", " ")
        said.append(
            f"Most of it is due to {words} ({self.effects[first]:+,.2f}{ends})."
        )
        return said

    @property
    def _whole(self) -> NDArray[np.bool_]:
        return self.columns["segment"] == ALL

    def _headline(self) -> str:
        by = f" by {self.by}" if self.by else ""
        how = {"shapley": "Shapley", "lmdi": "log-mean Divisia"}[self.method]
        who = counted(self.customers, "customer")
        return f"Revenue tree of {who}{by}, change split by {how}"

    def _table(self) -> tuple[list[str], list[list[str]]]:
        header = ["", "before", "after", "effect", f"{100 * self.level:g} % interval"]
        rows: list[list[str]] = []
        for row in np.flatnonzero(self._whole):
            cells = {name: values[row] for name, values in self.columns.items()}
            rows.append(
                [
                    cells["factor"].replace("_", " "),
                    _figure(cells["before"]),
                    _figure(cells["after"]),
                    f"{cells['effect']:+,.2f}",
                    ""
                    if np.isnan(cells["lower"])
                    else f"[{cells['lower']:+,.2f}, {cells['upper']:+,.2f}]",
                ]
            )
        was, now = self.revenue
        rows.append(
            ["revenue", f"{was:,.2f}", f"{now:,.2f}", f"{self.change:+,.2f}", ""]
        )
        return header, rows

    @override
    def __repr__(self) -> str:
        parts = [self._headline(), *self.sentences(), text_table(*self._table())]
        return "\n".join([*parts, *self.notes])

    def _repr_html_(self) -> str:
        words = " ".join([*self.sentences(), *self.notes])
        return html_report(self._headline(), *self._table(), words)


def _figure(number: float) -> str:
    if np.isnan(number):
        return ""
    return f"{number:,.0f}" if number == round(number) else f"{number:,.4g}"


def revenue_tree(
    data: object,
    before: Period,
    after: Period,
    *,
    by: str | None = None,
    attributes: object = None,
    customer: str = "customer_id",
    time: str = "date",
    amount: str = "amount",
    order: str | None = None,
    quantity: str | None = None,
    method: Decomposition = "shapley",
    level: float = 0.9,
    replicates: int = 1000,
    seed: int = 0,
) -> RevenueTree:
    """Return revenue as customers x purchases x items x price, in two periods.

    The change is split among the factors without a rest. With segments, each has its
    own factors, and how customers spread over segments is one more: its effect is what
    the mix has done, and the others are free of it.

    Parameters
    ----------
    data : Transactions or frame
        A log with amounts: customers, purchases per customer, lines per purchase (if
        it has orders or products) and value per line. Refunds reduce the purchase that
        they follow. Or a frame with one row a line of an order, whose quantities give
        items per purchase and price per item; negative amounts count in their own
        period, and an order without anything else is no purchase.
    before, after : (date, date)
        The first and the last day of each period, both included.
    by : str, optional
        Segments: an attribute of the log or "cohort" (the month of the first purchase),
        or a column of the frame.
    attributes : frame, optional
        For a log: where `by` is, one row a customer.
    customer, time, amount, order, quantity : str
        For a frame: its columns. Without `order` a customer's rows of a day are one.
    method : {"shapley", "lmdi"}
        How the change is split; see `product_change`.
    level : float, default 0.9
        Confidence level of the intervals.
    replicates, seed : int
        How often customers are drawn anew for them, and the seed; they are percentiles.

    Returns
    -------
    RevenueTree

    Raises
    ------
    ParameterError
        If periods overlap, are none, or the log has no amounts.
    EmptyDataError
        If nobody bought in a period.

    See Also
    --------
    change : Why an average changed.

    References
    ----------
    Fader, P., Hardie, B., Ross, M. (2022). The customer-base audit. Wharton School
    Press (lens 2).
    Ang, B. W. (2005). The LMDI approach to decomposition analysis: a practical guide.
    Energy Policy 33, 867-871.

    Examples
    --------
    >>> import tenure as tn
    >>> log = tn.Transactions(tn.datasets.load_cdnow(family="numpy"), amount="amount")
    >>> tree = tn.breakdown.revenue_tree(
    ...     log, ("1997-04-01", "1997-06-30"), ("1998-04-01", "1998-06-30")
    ... )
    >>> tree.before["customers"], tree.after["customers"], round(tree.change, 2)
    (524.0, 300.0, -15649.09)
    >>> {name: round(effect, 2) for name, effect in tree.effects.items()}
    {'customers': -13899.84, 'purchases_per_customer': -1587.7,
     'value_per_purchase': -161.55}
    """
    level = check_level(level, name="level")
    times = at_least_one(replicates, "replicates")
    if isinstance(data, Transactions):
        spells = of_log(data, before, after, by=by, attributes=attributes)
        family = data.family
    else:
        table = table_of(data, customer)
        names = {"customer": customer, "time": time, "amount": amount}
        both = {**names, "order": order, "quantity": quantity}
        spells = of_lines(table, before, after, by=by, names=both)
        family = table.family
    return _tree(spells, by, method, level, (times, seed), family)


def _tree(  # noqa: PLR0917
    spells: Spells,
    by: str | None,
    method: Decomposition,
    level: float,
    draws: tuple[int, int],
    family: str,
) -> RevenueTree:
    factors = list(spells.factors)
    if by is not None:
        factors.insert(1, SHARE)
    columns = np.concatenate(
        [spells.active, spells.orders, spells.items, spells.revenue]
    )
    size = len(spells.names)
    sums = np.zeros((1, 8, size))
    for row, values in enumerate(columns):
        sums[0, row] = np.bincount(spells.groups, values, size)
    heads = spells.of_customers.sum(axis=1)[None, :]
    point = _effects(sums, heads, factors, method)
    # the same seed draws the same customers for segments and for all
    drawn = drawn_sums(
        columns,
        spells.owners,
        spells.groups,
        (spells.customers, size),
        draws[0],
        np.random.default_rng(draws[1]),
    )
    again = drawn_sums(
        spells.of_customers,
        np.arange(spells.customers),
        np.zeros(spells.customers, dtype=np.int64),
        (spells.customers, 1),
        draws[0],
        np.random.default_rng(draws[1]),
    )[:, :, 0]
    spread = _effects(drawn, again, factors, method)
    return _result(
        spells, by, method, level, factors, (sums[0], heads[0]), point, spread, family
    )


def _levels(
    sums: NDArray[np.float64], heads: NDArray[np.float64], factors: list[str]
) -> NDArray[np.float64]:
    """Return the factors of each segment: shape (replicates, factors, 2, segments).

    A factor that has no value in one period, since nobody bought then, is taken to be
    that of the other one.
    """
    active, orders, items, revenue = (
        sums[:, place : place + 2] for place in (0, 2, 4, 6)
    )
    many = np.broadcast_to(heads[:, :, None], active.shape)
    with np.errstate(divide="ignore", invalid="ignore"):
        found = [many]
        if SHARE in factors:
            found.append(active / many)
        found.append(orders / (active if SHARE in factors else many))
        if len(factors) - (SHARE in factors) == 4:
            found += [items / orders, revenue / items]
        else:
            found.append(revenue / orders)
    levels = np.stack(found, axis=1)
    levels = np.where(np.isfinite(levels), levels, np.nan)
    return np.where(np.isnan(levels), levels[:, :, ::-1], levels)


def _effects(
    sums: NDArray[np.float64],
    heads: NDArray[np.float64],
    factors: list[str],
    method: Decomposition,
) -> NDArray[np.float64]:
    """Return effects of shape (replicates, factors + 1, segments), the rest last."""
    levels = np.nan_to_num(_levels(sums, heads, factors), nan=0.0)
    was, now = (np.moveaxis(levels[:, :, place], 1, 0) for place in (0, 1))
    effects = split_change(was, now, method)
    if method == "lmdi" and SHARE in factors:
        # a segment that comes or goes has no logarithm: all of it is the share's doing
        gone = (was[1] == 0) | (now[1] == 0)
        effects = np.where(gone, 0.0, effects)
        effects[1] = np.where(gone, now.prod(0) - was.prod(0), effects[1])
    whole = sums[:, 7] - sums[:, 6]
    rest = whole - effects.sum(axis=0)
    # what is only rounding is nothing
    size = np.abs(sums[:, 6]) + np.abs(sums[:, 7]) + np.abs(effects).sum(axis=0)
    rest = np.where(np.abs(rest) <= 1e-9 * size, 0.0, rest)
    return np.concatenate([np.moveaxis(effects, 0, 1), rest[:, None]], axis=1)


def _result(  # noqa: PLR0917
    spells: Spells,
    by: str | None,
    method: str,
    level: float,
    factors: list[str],
    base: tuple[NDArray[np.float64], NDArray[np.float64]],
    point: NDArray[np.float64],
    spread: NDArray[np.float64],
    family: str,
) -> RevenueTree:
    sums, heads = base
    total = sums.sum(axis=1)
    if np.isnan(point).any():
        raise ParameterError.of(
            name="method",
            expected="be 'shapley' where the revenue of a period or of a segment is "
            "not above 0",
            found=repr(method),
        )
    names = [*factors, OTHER] if np.any(point[0, -1]) else factors
    k = len(names)
    levels = _levels(sums[None], heads[None], factors)[0]
    over_all = _whole_levels(total, heads, factors)
    low, high = tails(np.nan_to_num(spread[:, :k]).sum(axis=2), level)
    effects = point[0, :k]
    change = total[7] - total[6]
    blocks = [_block(ALL, names, over_all, effects.sum(axis=1), (low, high), change)]
    if by is not None:
        ends = tails(np.nan_to_num(spread[:, :k]), level)
        for place, name in enumerate(spells.names):
            own = (ends[0][:, place], ends[1][:, place])
            alone = effects[:, place]
            blocks.append(_block(name, names, levels[:, :, place], alone, own, change))
    columns = {
        name: np.concatenate([one[name] for one in blocks]) for name in blocks[0]
    }
    plain = [name for name in factors if name != SHARE]
    kept = [factors.index(name) for name in plain]
    return RevenueTree(
        before=dict(zip(plain, over_all[kept, 0].tolist(), strict=True)),
        after=dict(zip(plain, over_all[kept, 1].tolist(), strict=True)),
        revenue=(float(total[6]), float(total[7])),
        effects=dict(zip(names, effects.sum(axis=1).tolist(), strict=True)),
        by=by,
        method=method,
        level=level,
        customers=spells.customers,
        notes=spells.notes,
        family=family,
        columns=columns,
    )


def _whole_levels(
    total: NDArray[np.float64], heads: NDArray[np.float64], factors: list[str]
) -> NDArray[np.float64]:
    """Return the factors of all customers, whose share is 1."""
    plain = [name for name in factors if name != SHARE]
    levels = _levels(total[None, :, None], heads[None], plain)[0, :, :, 0]
    if SHARE in factors:
        levels = np.insert(levels, 1, 1.0, axis=0)
    return levels


def _block(  # noqa: PLR0917
    segment: str,
    names: list[str],
    levels: NDArray[np.float64],
    effects: NDArray[np.float64],
    ends: tuple[NDArray[np.float64], NDArray[np.float64]],
    change: float,
) -> dict[str, NDArray[Any]]:
    """Return the rows of a segment."""
    k = len(names)
    padded = np.full((k, 2), np.nan)
    padded[: len(levels)] = levels
    labels = np.empty((2, k), dtype=object)
    labels[0], labels[1] = segment, names
    return {
        "segment": labels[0],
        "factor": labels[1],
        "before": padded[:, 0],
        "after": padded[:, 1],
        "effect": effects,
        "lower": ends[0],
        "upper": ends[1],
        "share": effects / change if change else np.full(k, np.nan),
    }
