"""Customer equity by group: by cohort, by segment, by anything known of customers."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, get_args

import numpy as np

from tenure._calendar import Every
from tenure._frame import Categories, Table, native_frame
from tenure._report import counted, html_report, text_table, written
from tenure._typing import override
from tenure.equity._appraisal import appraise
from tenure.equity._settings import Models, Terms, day_of
from tenure.exceptions import ColumnError, DataError, ParameterError
from tenure.plotting._dates import period_starts
from tenure.rfm.intervals import sums
from tenure.rfm.scores import Scores

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from numpy.typing import NDArray

    from tenure._purchasing import PurchasingModel
    from tenure._readings import Codes
    from tenure._typing import Date, Unit
    from tenure._units import Horizon
    from tenure.equity._appraisal import Appraisal
    from tenure.spend import GammaGamma
    from tenure.transactions import Transactions

__all__ = ["RollUp", "roll_up"]

NOWHERE = "(none)"
"""The group of customers of whom nothing is known."""


@dataclass(frozen=True, eq=False, repr=False)
class RollUp:
    """Customer equity by group.

    Made by `equity.roll_up`. The groups' equity adds up to that of all.

    Attributes
    ----------
    columns : dict of str to array
        What `to_frame` returns.
    by : str
        What customers were grouped by.
    as_of : numpy.datetime64
        The last day known.
    total : float
        The equity of all customers.
    total_interval : (float, float)
        Its interval for the uncertainty of the parameters.
    basis : str
        "margin" or "revenue": what a value counts.
    interval : float
        Confidence level of the intervals.
    """

    columns: dict[str, NDArray[Any]]
    by: str
    as_of: np.datetime64
    total: float
    total_interval: tuple[float, float]
    basis: str
    interval: float
    family: str
    _terms: Terms = field(repr=False)
    _names: tuple[str, ...] | None = field(repr=False)

    def to_frame(self) -> Any:
        """Return one row a group.

        Returns
        -------
        frame
            The group (by the name of `by`); `customers`; `alive`: how many are expected
            to be customers still; `equity` with `equity_low` and `equity_high`; `share`
            of the equity of all with `share_low` and `share_high`; `mean` and `median`
            over customers, and `index`: the mean over that of all customers.
        """
        columns: dict[str, Any] = dict(self.columns)
        if self._names is not None:
            size = np.arange(len(self._names))
            columns = {self.by: Categories(size, self._names), **columns}
            columns[self.by] = Categories(size, self._names)
        return native_frame(columns, family=self.family)

    def __len__(self) -> int:
        """Return the number of groups."""
        return len(self.columns["customers"])

    def __getitem__(self, column: str) -> NDArray[Any]:
        """Return a column as an array."""
        return self.columns[column]

    def plot(self, *, ax: Axes | None = None, **kwargs: Any) -> Axes:
        """Draw the equity of each group: `plotting.plot_equity_by_group`."""
        from tenure.plotting import plot_equity_by_group  # noqa: PLC0415

        return plot_equity_by_group(self, ax=ax, **kwargs)

    def labels(self) -> list[str]:
        """Return the groups as people write them."""
        groups = self.columns[self.by]
        if groups.dtype.kind == "M":
            return [written(one) for one in groups]
        return [str(one) for one in groups]

    def sentences(self) -> list[str]:
        """Return what the numbers say."""
        if len(self) == 1:
            return [f"All customers are in one group: {self.labels()[0]}."]
        columns, labels = self.columns, self.labels()
        most = int(np.argmax(columns["equity"]))
        best = int(np.argmax(columns["mean"]))
        share = columns["customers"][most] / columns["customers"].sum()
        said = [
            (
                f"Most of it is with {labels[most]}: {columns['equity'][most]:,.2f} in "
                f"{self.basis}, {100 * columns['share'][most]:.0f} % of all, with "
                f"{100 * share:.0f} % of the customers."
            )
        ]
        if best != most:
            said.append(
                f"A customer is worth most in {labels[best]}: "
                f"{columns['mean'][best]:,.2f} on average, where it is "
                f"{self.total / columns['customers'].sum():,.2f} over all."
            )
        return said

    def _headline(self) -> str:
        low, high = self.total_interval
        between = (
            f" ({100 * self.interval:g} % interval {low:,.2f} to {high:,.2f})"
            if np.isfinite(low)
            else ""
        )
        return (
            f"Customer equity by {self.by} on {written(self.as_of)}, {self.basis} over "
            f"{self._terms.ahead}: {self.total:,.2f}{between} in "
            f"{counted(len(self), 'group')}"
        )

    def _table(self) -> tuple[list[str], list[list[str]]]:
        c = self.columns
        rows = [
            [
                label,
                f"{c['customers'][k]:,}",
                f"{c['alive'][k]:,.0f}",
                f"{c['equity'][k]:,.2f}",
                f"{100 * c['share'][k]:.1f} %",
                f"{c['mean'][k]:,.2f}",
            ]
            for k, label in enumerate(self.labels())
        ]
        return ["", "customers", "alive", "equity", "share", "mean"], rows

    @override
    def __repr__(self) -> str:
        parts = [self._headline(), text_table(*self._table()), *self.sentences()]
        return "\n".join(parts)

    def _repr_html_(self) -> str:
        return html_report(self._headline(), *self._table(), " ".join(self.sentences()))


def roll_up(
    log: Transactions,
    by: str | Scores | object = "quarter",
    *,
    column: str | None = None,
    as_of: Date | None = None,
    horizon: Horizon | None = "12 months",
    discount_rate: float = 0.10,
    margin: float | None = None,
    cost_per_order: float = 0.0,
    buying: PurchasingModel | None = None,
    spend: GammaGamma | float | None = None,
    unit: Unit = "week",
    interval: float = 0.9,
) -> RollUp:
    """Return customer equity by cohort, by segment or by anything known of customers.

    Parameters
    ----------
    log : Transactions
        A log with amounts.
    by : str, Scores or frame, default "quarter"
        What customers are grouped by: "day", "week", "month", "quarter" or "year" of
        the first purchase; the name of an attribute of the log; scores with segments;
        or a frame with a column `customer_id` and another one.
    column : str, optional
        Which column of the frame; not needed if there is only one beside the ids.
    as_of : date, optional
        The last day known; by default that of the last event.
    horizon, discount_rate, margin, cost_per_order, buying, spend, unit
        As for `snapshots`. A model that is fitted already is held as it is.
    interval : float, default 0.9
        Confidence level of the intervals. They are for the uncertainty of the
        parameters, which all customers share (delta method); the customers are taken
        as they are.

    Returns
    -------
    RollUp

    Raises
    ------
    ColumnError
        If the log has no such attribute, or the frame no such column.
    DataError
        If a customer is twice in the frame.
    ParameterError
        If the scores have no segments.

    Examples
    --------
    >>> import tenure as tn
    >>> orders = tn.datasets.load_cdnow(family="numpy")
    >>> log = tn.Transactions(orders, amount="amount")
    >>> found = tn.equity.roll_up(log, "month", margin=0.3)
    >>> found["month"], found["customers"]
    (array(['1997-01-01', '1997-02-01', '1997-03-01'], dtype='datetime64[D]'),
     array([781, 857, 719]))
    >>> bool(abs(found["equity"].sum() - found.total) < 0.005)
    True
    """
    terms = Terms.of(
        horizon=horizon,
        discount_rate=discount_rate,
        margin=margin,
        cost_per_order=cost_per_order,
        unit=unit,
        interval=interval,
    )
    day = log.span[1] if as_of is None else day_of(log, as_of, "as_of")
    models = Models.of(buying, spend, refit=False)
    one = appraise(log, [day], terms, models)[0]
    name, groups, codes, ordered = _groups(log, one, by, column)
    columns = {name: groups, **_sums(one, codes, len(groups))}
    reach, total = float(one.value_reach()[0]), float(one.value.sum())
    return RollUp(
        columns=columns,
        by=name,
        as_of=day,
        total=total,
        total_interval=(total - reach, total + reach),
        basis=terms.basis,
        interval=terms.interval,
        family=log.family,
        _terms=terms,
        _names=tuple(map(str, groups.tolist())) if ordered else None,
    )


def _sums(
    one: Appraisal, codes: NDArray[np.intp], count: int
) -> dict[str, NDArray[Any]]:
    value, customers = one.value, np.bincount(codes, minlength=count)
    equity, total = sums(value, codes, count), float(value.sum())
    reach = one.value_reach(codes, count)
    order = np.lexsort((value, codes))
    parts = np.split(value[order], np.cumsum(customers)[:-1])
    with np.errstate(divide="ignore", invalid="ignore"):
        share = equity / total if total > 0 else np.full(count, np.nan)
        mean = equity / customers
    apart = one.share_reach(codes, count)
    return {
        "customers": customers,
        "alive": sums(one.alive, codes, count),
        "equity": equity,
        "equity_low": equity - reach,
        "equity_high": equity + reach,
        "share": share,
        "share_low": share - apart,
        "share_high": share + apart,
        "mean": mean,
        "median": np.array(
            [np.median(part) if len(part) else np.nan for part in parts]
        ),
        "index": mean / (total / len(one)) if total > 0 else np.full(count, np.nan),
    }


def _groups(
    log: Transactions, one: Appraisal, by: object, column: str | None
) -> tuple[str, NDArray[Any], NDArray[np.intp], bool]:
    """Return what groups are called, which they are, and that of each customer."""
    ids = one.summary.customer_id
    rows = np.searchsorted(log.customers, ids)
    if isinstance(by, str):
        if by in get_args(Every):
            firsts = period_starts(log.times[log.offsets[:-1]][rows], by)
            starts, codes = np.unique(firsts, return_inverse=True)
            return by, starts.astype("datetime64[D]"), codes.astype(np.intp), False
        attributes = log._log.attributes  # noqa: SLF001
        if by not in attributes:
            raise ColumnError.unknown(by, (*attributes, *get_args(Every)))
        return by, *_named(attributes[by][rows]), False
    if isinstance(by, Scores):
        names = by.segment_names
        if by.segment_codes is None or not names:
            raise ParameterError.of(
                name="by", expected="have segments", found="scores without"
            )
        own = Table.of({"customer_id": by.customer_id, "segment": by.segment})
        _, groups, codes = "segment", *_named(_looked_up(own, "segment", ids))
        order = [name for name in (*names, NOWHERE) if name in groups.tolist()]
        places = np.array([order.index(name) for name in groups.tolist()])
        return "segment", np.array(order, dtype=object), places[codes], True
    table = Table.of(by)
    name = _column(table, column)
    return name, *_named(_looked_up(table, name, ids)), False


def _column(table: Table, column: str | None) -> str:
    others = [name for name in table.names if name != "customer_id"]
    if "customer_id" not in table.names:
        raise ColumnError.unknown(name="customer_id", available=table.names)
    if column is None and len(others) == 1:
        return others[0]
    if column in others:
        return column
    if column is None:
        raise ParameterError.of(
            name="column",
            expected=f"name one of {', '.join(others) or 'no columns'}",
            found="None",
        )
    raise ColumnError.unknown(column, table.names)


def _looked_up(table: Table, name: str, ids: NDArray[Any]) -> NDArray[Any]:
    """Return what a table says of each customer; None where it says nothing."""
    who, what = table.codes("customer_id"), table.codes(name)
    rows = np.flatnonzero(who.values >= 0)
    _check_once(who.values, rows, who)
    row_of = dict(zip(who.categories[who.values[rows]].tolist(), rows, strict=True))
    found = np.full(len(ids), None, dtype=object)
    matched = 0
    for place, one in enumerate(ids.tolist()):
        row = row_of.get(one, -1)
        matched += row >= 0
        if row >= 0 and what.values[row] >= 0:
            found[place] = what.categories[what.values[row]]
    if not matched:
        raise DataError.among(
            column="customer_id",
            expected="name customers of the log",
            count=len(who.values),
            hint="ids must be of the same kind as those of the log",
        )
    return found


def _check_once(codes: NDArray[np.int64], rows: NDArray[np.intp], who: Codes) -> None:
    """Pass unless a customer is in the table twice."""
    _, first = np.unique(codes[rows], return_index=True)
    again = np.setdiff1d(rows, rows[first])
    if len(again):
        row = int(again[0])
        raise DataError.at(
            column="customer_id",
            expected="name each customer once",
            row=row,
            found=f"{who.categories[codes[row]]!s} again",
            count=len(again),
        )


def _named(values: NDArray[Any]) -> tuple[NDArray[Any], NDArray[np.intp]]:
    """Return the groups in ascending order, those of whom nothing is known last."""
    codes = Table.of({"group": values}).codes("group")
    names = [str(one) for one in codes.categories.tolist()]
    places = codes.values.astype(np.intp)
    if (places < 0).any():
        places[places < 0] = len(names)
        names.append(NOWHERE)
    return np.array(names, dtype=object), places
