"""Any metric by anything, with intervals, and no cells that tell of single people."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, get_args

import numpy as np

from tenure._frame import native_frame
from tenure._intervals import check_level
from tenure._report import counted, html_report, text_table
from tenure._typing import override
from tenure.breakdown._cells import Cells
from tenure.breakdown._estimates import Method, Options, estimated
from tenure.breakdown._people import People, names_of
from tenure.breakdown._suppression import NOT, SECONDARY, WORDS, suppressed
from tenure.breakdown.measures import Metric, chosen, mean, median, total
from tenure.exceptions import ParameterError
from tenure.retention.periods import at_least_one

if TYPE_CHECKING:
    from collections.abc import Sequence

    from matplotlib.axes import Axes
    from numpy.typing import NDArray

    from tenure._typing import Date
    from tenure._units import Horizon

__all__ = ["Breakdown", "metrics", "value"]

# Rows that are shown without being asked for.
_ROWS = 40


@dataclass(frozen=True, eq=False, repr=False)
class Breakdown:
    """Metrics of groups of customers, and of all of them.

    Made by `metrics` and `value`.

    Attributes
    ----------
    by : tuple of str
        What customers are grouped by, the widest first.
    metrics : tuple of Metric
        What is measured.
    customers : int
        How many customers.
    level : float
        Confidence level of the intervals.
    method : str
        How intervals of means and ratios are made.
    min_customers : int or None
        The fewest customers of whom anything is shown.
    notes : tuple of str
        What was left out, and what is suppressed.
    family : str
        The kind of frame that results come back as.
    columns : dict of str to array
        What `to_frame` returns.
    """

    by: tuple[str, ...]
    metrics: tuple[Metric, ...]
    customers: int
    level: float
    method: str
    min_customers: int | None
    notes: tuple[str, ...]
    family: str
    columns: dict[str, NDArray[Any]] = field(repr=False)

    def to_frame(self, metric: str | None = None) -> Any:
        """Return one row a metric and group, everybody first.

        Parameters
        ----------
        metric : str, optional
            Only the rows of this one.

        Returns
        -------
        frame
            The attributes (`(all)` above a group's own depth), `depth`, `metric`,
            `customers` behind the number, `value` with `lower` and `upper`, `index`
            (100 is the whole; a total is compared per customer) with `index_lower` and
            `index_upper`, `share` of the whole where that adds up, with `share_lower`
            and `share_upper`, and `suppressed`: "", "primary" or "secondary". With
            suppression `customers` are floats, NaN where they are not shown.
        """
        rows = slice(None) if metric is None else self._rows(metric)
        found = {name: values[rows] for name, values in self.columns.items()}
        return native_frame(found, family=self.family)

    def wide(self) -> Any:
        """Return one row a group, and the value of each metric as a column."""
        size = len(self.columns["depth"]) // len(self.metrics)
        found = {name: self.columns[name][:size] for name in (*self.by, "depth")}
        for place, metric in enumerate(self.metrics):
            rows = slice(place * size, (place + 1) * size)
            found[metric.name] = self.columns["value"][rows]
        return native_frame(found, family=self.family)

    def _rows(self, metric: str) -> NDArray[np.bool_]:
        names = [one.name for one in self.metrics]
        if metric not in names:
            raise ParameterError.of(
                name="metric",
                expected=f"be one of {', '.join(names)}",
                found=repr(metric),
            )
        return self.columns["metric"] == metric

    def group_names(self) -> list[str]:
        """Return each row's group as text: "(all)", "Germany", "Germany / web"."""
        columns = [self.columns[name] for name in self.by]
        return [
            " / ".join(str(one[row]) for one in columns[:depth]) or "(all)"
            for row, depth in enumerate(self.columns["depth"].tolist())
        ]

    def plot(
        self,
        metric: str | None = None,
        *,
        depth: int | None = None,
        ax: Axes | None = None,
        **kwargs: Any,
    ) -> Axes:
        """Draw a metric of each group with its interval; see `plotting.plot_groups`."""
        from tenure.plotting.groups import plot_groups  # noqa: PLC0415

        return plot_groups(self, metric, depth=depth, ax=ax, **kwargs)

    def sentences(self) -> list[str]:
        """Return what the numbers say, a sentence a metric."""
        return [self._sentence(one) for one in self.metrics]

    def _sentence(self, metric: Metric) -> str:
        rows = np.flatnonzero(self.columns["metric"] == metric.name)
        names = self.group_names()
        value = self.columns["value"]
        text = f"{metric.name}: {self._figure(metric, float(value[rows[0]]))} over all"
        own = rows[self.columns["depth"][rows] == 1]
        own = own[np.isfinite(value[own])]
        if len(own) < 2:
            return f"{text}."
        best = int(own[value[own].argmax()])
        worst = int(own[value[own].argmin()])
        if value[best] == value[worst]:
            return f"{text}, the same in each group."
        high, low = (self._placed(metric, names[row], row) for row in (best, worst))
        lower, upper = self.columns["lower"], self.columns["upper"]
        apart = lower[best] > upper[worst]
        words = "their intervals do not meet" if apart else "their intervals overlap"
        return f"{text}, the most in {high}, the least in {low}; {words}."

    def _placed(self, metric: Metric, name: str, row: int) -> str:
        figure = self._figure(metric, self._at(row))
        ends = self._ends(metric, row)
        return f"{name} ({figure}, {ends})" if ends else f"{name} ({figure})"

    def _figure(self, metric: Metric, number: float) -> str:
        if np.isnan(number):
            return ""
        if metric.kind == "share":
            return f"{100 * number:.1f} %"
        return f"{number:,.0f}" if metric.kind == "count" else f"{number:,.2f}"

    def _ends(self, metric: Metric, row: int) -> str:
        ends = [self.columns[name][row] for name in ("lower", "upper")]
        if np.isnan(ends).any():
            return ""
        times = 100 if metric.kind == "share" else 1
        digits = {"share": 1, "count": 0}.get(metric.kind, 2)
        return f"[{times * ends[0]:,.{digits}f}, {times * ends[1]:,.{digits}f}]"

    def _headline(self) -> str:
        return (
            f"Breakdown of {counted(self.customers, 'customer')} by "
            f"{', then '.join(self.by)}"
        )

    def _table(self) -> tuple[list[str], list[list[str]]]:
        header = ["", "customers", "value", f"{100 * self.level:g} % interval", "index"]
        several = len(self.metrics) > 1
        of = {one.name: one for one in self.metrics}
        rows: list[list[str]] = []
        for row, name in enumerate(self.group_names()):
            metric = of[self.columns["metric"][row]]
            index = self.columns["index"][row]
            hidden = self.columns["suppressed"][row]
            size = self.columns["customers"][row]
            rows.append(
                [
                    f"{metric.name}, {name}" if several else name,
                    "" if np.isnan(size) else f"{size:,.0f}",
                    "suppressed" if hidden else self._figure(metric, self._at(row)),
                    self._ends(metric, row),
                    "" if np.isnan(index) else f"{index:.0f}",
                ]
            )
        return header, rows

    def _at(self, row: int) -> float:
        return float(self.columns["value"][row])

    def _parts(self) -> tuple[list[str], list[list[str]], list[str]]:
        header, rows = self._table()
        below = [*self.notes]
        if len(rows) > _ROWS:
            below.append(f"{len(rows) - _ROWS:,} rows more in to_frame()")
        return header, rows[:_ROWS], below

    @override
    def __repr__(self) -> str:
        header, rows, below = self._parts()
        return "\n".join(
            [self._headline(), *self.sentences(), text_table(header, rows), *below]
        )

    def _repr_html_(self) -> str:
        header, rows, below = self._parts()
        words = " ".join([*self.sentences(), *below])
        return html_report(self._headline(), header, rows, words)


def metrics(
    data: object,
    metrics: str | Metric | Sequence[str | Metric],
    by: str | Sequence[str],
    *,
    attributes: object = None,
    customer: str = "customer_id",
    as_of: Date | None = None,
    horizon: Horizon | None = None,
    window: Horizon | None = None,
    roll_up: bool = True,
    min_customers: int | None = None,
    level: float = 0.9,
    method: Method = "normal",
    replicates: int = 2000,
    seed: int = 0,
) -> Breakdown:
    """Return any metrics by any attributes, with counts, intervals and the whole.

    Parameters
    ----------
    data : Transactions, LifetimeValue, Scores, Summary or frame
        A log, or one row a customer.
    metrics : str, Metric or sequence of them
        Of a log "customers", "orders", "revenue" (their totals), "order_value"
        (revenue over orders), "purchase_frequency" (orders per customer),
        "value_per_customer", "repeat_rate" (who bought again; with `horizon` within it
        and of those observed so long), "retention" (who bought in the last `window`
        days up to the age of `horizon`, of those observed so long), "recency" and
        "tenure" (median days since the last and the first purchase). Of any data the
        name of a column, of which the mean is meant (the share, if it holds yes and
        no); or `total`, `mean`, `median`, `share` or `ratio` of columns. A frame that
        has the columns "orders", "revenue" or "recency_days" has those metrics too.
    by : str or sequence of str
        One or several attributes, the widest first: columns with text, whole numbers or
        yes and no; of a log those that it keeps, and "cohort": the month of the first
        purchase. Customers of whom it is not known are the group "(missing)".
    attributes : frame, optional
        Further columns, one row a customer, joined by the customer's id: segments,
        channels, expected values. Customers that it does not name are "(missing)".
    customer : str, default "customer_id"
        The column of ids in `attributes` and in a frame.
    as_of : date, optional
        For a log: the last day observed.
    horizon, window : length of time, optional
        For a log: the age that customers are looked at, as "90 days", and how many days
        before it a purchase counts for "retention" (30, or the whole horizon if that is
        shorter).
    roll_up : bool, default True
        Whether to add the totals of all but the last attributes; everybody is always
        there.
    min_customers : int, optional
        Suppress numbers made from fewer customers, and so many others that they cannot
        be worked out from totals; the frame says which.
    level : float, default 0.9
        Confidence level of the intervals.
    method : {"normal", "t", "percentile", "bca"}
        How intervals of means and ratios are made: by the delta method, on the log
        scale where nothing is negative; by Student's t; or from customers drawn anew,
        as percentiles or with corrections for bias and skewness. Shares always have
        Wilson's interval; medians that between order statistics (or percentiles);
        totals and counts that of a compound Poisson process: how many customers come
        is left to chance too.
    replicates, seed : int
        How often customers are drawn anew, and the seed.

    Returns
    -------
    Breakdown

    Raises
    ------
    ParameterError
        For a metric or an option that there is not.
    ColumnError
        For a column that there is not, or one that cannot serve.
    DataError
        For infinite numbers, shares of other numbers than 0 and 1, or a customer with
        two rows in `attributes`.
    EmptyDataError
        If there are no customers.

    See Also
    --------
    value : The value of customers by segment.
    change : Why an average changed.

    References
    ----------
    Cochran, W. G. (1977). Sampling techniques, 3rd ed., section 6.3 (ratios).
    Efron, B. (1987). Better bootstrap confidence intervals. Journal of the American
    Statistical Association 82, 171-185.

    Examples
    --------
    >>> import tenure as tn
    >>> people = {
    ...     "country": ["DE", "DE", "DE", "FR", "FR", "FR"],
    ...     "revenue": [10.0, 30.0, 50.0, 20.0, 20.0, 50.0],
    ...     "orders": [1, 2, 2, 1, 1, 3],
    ... }
    >>> found = tn.breakdown.metrics(people, "order_value", "country")
    >>> found
    Breakdown of 6 customers by country
    order_value: 18.00 over all, the same in each group.
           customers  value   90 % interval  index
    (all)          6  18.00  [15.05, 21.53]    100
    DE             3  18.00  [12.25, 26.46]    100
    FR             3  18.00  [16.13, 20.09]    100
    """
    people = People.of(
        data,
        attributes=attributes,
        customer=customer,
        as_of=as_of,
        horizon=horizon,
        window=window,
    )
    measures = chosen(metrics, people)
    options = _options(level, method, replicates, seed)
    names = names_of(by)
    cells = Cells.of(names, [people.grouping(one) for one in names], roll_up=roll_up)
    least = (
        None if min_customers is None else at_least_one(min_customers, "min_customers")
    )
    tables: list[dict[str, NDArray[Any]]] = []
    notes: list[str] = []
    for metric in measures:
        found, unknown = estimated(metric, people, cells, options)
        if unknown:
            who = counted(unknown, "customer")
            why = "without a number, or not observed so long"
            notes.append(f"{metric.name}: {who} {why}, left out")
        tables.append(_hidden(found, cells, least))
    merged = _merged(tables, measures, cells)
    return Breakdown(
        by=names,
        metrics=tuple(measures),
        customers=people.n,
        level=options.level,
        method=method,
        min_customers=least,
        notes=(*notes, *_said(merged, least)),
        family=people.family,
        columns=merged,
    )


def value(
    data: object,
    by: str | Sequence[str],
    *,
    value: str = "value",
    **options: Any,
) -> Breakdown:
    """Return the value of customers by segment: total, mean and median.

    Parameters
    ----------
    data : LifetimeValue, Transactions or frame
        One row a customer, or a log, whose "revenue" may be the value.
    by : str or sequence of str
        The segments, as for `metrics`.
    value : str, default "value"
        The column: expected lifetime value, revenue so far or a margin.
    **options
        As for `metrics`: `attributes` with the segments, `min_customers`, `level`.

    Returns
    -------
    Breakdown
        The metrics "customers", "total", "mean" and "median". The share of a total is
        that of all value, the index of a mean 100 at the mean of everybody.

    Examples
    --------
    >>> import tenure as tn
    >>> worth = {"segment": ["a", "a", "b", "b"], "value": [90.0, 60.0, 30.0, 20.0]}
    >>> found = tn.breakdown.value(worth, "segment")
    >>> found.to_frame("total")["share"], found.to_frame("mean")["index"]
    (array([1.  , 0.75, 0.25]), array([100., 150.,  50.]))
    """
    asked = [
        Metric("customers", "count"),
        total(value, name="total"),
        mean(value, name="mean"),
        median(value, name="median"),
    ]
    return metrics(data, asked, by, **options)


def _options(level: float, method: Method, replicates: int, seed: int) -> Options:
    check_level(level, name="level")
    if method not in get_args(Method):
        raise ParameterError.of(
            name="method",
            expected=f"be one of {', '.join(get_args(Method))}",
            found=repr(method),
        )
    return Options(level, method, at_least_one(replicates, "replicates"), seed)


def _hidden(
    found: dict[str, NDArray[Any]], cells: Cells, least: int | None
) -> dict[str, NDArray[Any]]:
    """Return the columns without what must not be shown."""
    if least is None:
        marks = np.full(len(cells), NOT)
    else:
        marks = suppressed(found["customers"], cells.parent, least)
    shown: dict[str, NDArray[Any]] = {}
    for name, values in found.items():
        if least is not None:
            values = np.where(marks == NOT, values.astype(np.float64), np.nan)  # noqa: PLW2901
        shown[name] = values[cells.shown]
    words = np.array(WORDS, dtype=object)
    return shown | {"suppressed": words[marks][cells.shown]}


def _merged(
    tables: list[dict[str, NDArray[Any]]], measures: list[Metric], cells: Cells
) -> dict[str, NDArray[Any]]:
    """Return the tables of all metrics, one below the other."""
    many = len(tables)
    columns = {
        name: np.tile(values[cells.shown], many)
        for name, values in cells.labels.items()
    }
    columns["depth"] = np.tile(cells.depth[cells.shown], many)
    names = np.empty(many, dtype=object)
    names[:] = [one.name for one in measures]
    columns["metric"] = np.repeat(names, int(cells.shown.sum()))
    for name in tables[0]:
        columns[name] = np.concatenate([one[name] for one in tables])
    return columns


def _said(columns: dict[str, NDArray[Any]], least: int | None) -> list[str]:
    if least is None:
        return []
    hidden = columns["suppressed"] != ""
    if not hidden.any():
        return []
    others = int((columns["suppressed"] == WORDS[SECONDARY]).sum())
    cells = counted(int(hidden.sum()), "number")
    more = (
        f", {others} of them only so that no total gives the others away"
        if others
        else ""
    )
    return [f"{cells} of fewer than {least} customers suppressed{more}"]
