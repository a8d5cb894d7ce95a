"""What can be measured of a group of customers: totals, means, medians, shares, ratios.

A metric is a name, a kind and one or two columns. Those of a log have names of their
own; of any column of numbers there are five.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal, TypeAlias

from tenure.breakdown._of_log import NEEDING
from tenure.exceptions import ParameterError

if TYPE_CHECKING:
    from collections.abc import Sequence

    from tenure.breakdown._people import People

__all__ = [
    "NAMED",
    "Kind",
    "Metric",
    "chosen",
    "mean",
    "median",
    "ratio",
    "share",
    "total",
]

Kind: TypeAlias = Literal["count", "total", "mean", "median", "share", "ratio"]
"""How the numbers of customers become that of a group."""


@dataclass(frozen=True)
class Metric:
    """A number about a group of customers.

    Attributes
    ----------
    name : str
        What results call it.
    kind : {"count", "total", "mean", "median", "share", "ratio"}
        How it is made.
    above, below : str
        The column that it is made of, and what a ratio divides by.
    """

    name: str
    kind: Kind
    above: str = ""
    below: str = ""


def total(column: str, *, name: str | None = None) -> Metric:
    """Return the metric "sum of a column".

    Examples
    --------
    >>> import tenure as tn
    >>> tn.breakdown.total("margin").name
    'total margin'
    """
    return Metric(name or f"total {column}", "total", column)


def mean(column: str, *, name: str | None = None) -> Metric:
    """Return the metric "mean of a column over customers".

    Examples
    --------
    >>> import tenure as tn
    >>> tn.breakdown.mean("margin").name
    'mean margin'
    """
    return Metric(name or f"mean {column}", "mean", column)


def median(column: str, *, name: str | None = None) -> Metric:
    """Return the metric "median of a column over customers".

    Examples
    --------
    >>> import tenure as tn
    >>> tn.breakdown.median("margin").name
    'median margin'
    """
    return Metric(name or f"median {column}", "median", column)


def share(column: str, *, name: str | None = None) -> Metric:
    """Return the metric "share of customers with yes (or 1) in a column".

    Examples
    --------
    >>> import tenure as tn
    >>> tn.breakdown.share("churned").name
    'share churned'
    """
    return Metric(name or f"share {column}", "share", column)


def ratio(above: str, below: str, *, name: str | None = None) -> Metric:
    """Return the metric "sum of a column over the sum of another".

    Not the mean of the customers' own ratios: each counts by what is below the line.

    Examples
    --------
    >>> import tenure as tn
    >>> tn.breakdown.ratio("revenue", "orders").name
    'revenue per orders'
    """
    return Metric(name or f"{above} per {below}", "ratio", above, below)


NAMED = {
    metric.name: metric
    for metric in (
        Metric("customers", "count"),
        total("orders", name="orders"),
        total("revenue", name="revenue"),
        ratio("revenue", "orders", name="order_value"),
        mean("orders", name="purchase_frequency"),
        mean("revenue", name="value_per_customer"),
        share("repeated", name="repeat_rate"),
        share("retained", name="retention"),
        median("recency_days", name="recency"),
        median("tenure_days", name="tenure"),
    )
}
"""The metrics that have names of their own."""


def chosen(
    metrics: str | Metric | Sequence[str | Metric], people: People
) -> list[Metric]:
    """Return the metrics that names stand for.

    A name of its own comes first; any other must be a column, of which the mean is
    meant, or the share if it holds yes and no.
    """
    given = [metrics] if isinstance(metrics, str | Metric) else list(metrics)
    found = [one if isinstance(one, Metric) else _named(one, people) for one in given]
    names = [one.name for one in found]
    if not found or len(set(names)) < len(names):
        raise ParameterError.of(
            name="metrics",
            expected="name one or several metrics, each of them once",
            found=repr(names),
        )
    return found


def _named(name: str, people: People) -> Metric:
    if name in NAMED:
        return NAMED[name]
    if name not in people.names and name not in NEEDING:
        raise ParameterError.of(
            name="metrics",
            expected=f"name metrics ({', '.join(NAMED)}) or columns of the data "
            f"({', '.join(people.names)})",
            found=repr(name),
        )
    flag = people.is_flag(name)
    return Metric(name, "share" if flag else "mean", name)
