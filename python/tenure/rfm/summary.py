"""Segments in a table: customers, orders and money, each with an interval."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from tenure._frame import Categories, Table, native_frame
from tenure._intervals import bounds, check_level
from tenure.exceptions import LengthError, ParameterError
from tenure.rfm.intervals import group_ratios, share_of_total, sums, wilson

if TYPE_CHECKING:
    from numpy.typing import ArrayLike, NDArray

    from tenure.rfm.outlook import Outlook
    from tenure.rfm.scores import Scores

__all__ = ["summarize"]

_Columns = dict[str, "NDArray[Any] | Categories"]


@dataclass(frozen=True, eq=False)
class _Groups:
    """Customers in groups: segments, or segments within each value of an attribute.

    Attributes
    ----------
    codes : int array
        The group of each customer.
    count : int
        How many groups there are.
    parts : int array
        The value of the attribute of each customer; all 0 without one.
    """

    codes: NDArray[np.intp]
    count: int
    parts: NDArray[np.intp]


def summarize(
    scores: Scores, *, by: str | ArrayLike | None, outlook: Outlook | None, level: float
) -> Any:
    """Return one row a segment; see `RFM.segments`."""
    check_level(level, name="level")
    if scores.segment_codes is None:
        raise ParameterError.of(
            name="segment_map",
            expected="name segments that can be summarised",
            found="None",
            hint="choose a map that goes with the bins, or make a SegmentMap",
        )
    names = scores.segment_names
    labels, parts, label = _parts(scores, by)
    groups = _Groups(
        codes=parts * len(names) + scores.segment_codes,
        count=len(names) * len(labels),
        parts=parts,
    )
    columns: _Columns = {}
    if label is not None:
        columns[label] = np.repeat(labels, len(names))
    places = np.tile(np.arange(len(names)), len(labels))
    columns["segment"] = Categories(places, names)
    columns |= _sizes(groups, len(labels), level)
    columns |= _orders(scores, groups, level)
    columns |= _money(scores, groups, len(labels), level)
    if outlook is not None:
        columns |= _future(outlook, groups, level)
    return native_frame(columns, family=scores.family)


def _parts(
    scores: Scores, by: str | ArrayLike | None
) -> tuple[NDArray[Any], NDArray[np.intp], str | None]:
    """Return the values of an attribute, the place of each customer's, and its name."""
    if by is None:
        return np.array([None]), np.zeros(len(scores), dtype=np.intp), None
    label = by if isinstance(by, str) else getattr(by, "name", None) or "by"
    values = scores.inputs.attribute(by) if isinstance(by, str) else by
    table = Table.of({label: values})
    if table.n_rows != len(scores):
        raise LengthError.between(
            label, table.n_rows, reference="customer_id", expected=len(scores)
        )
    codes = table.codes(label)
    labels, places = codes.categories, codes.values
    if places.min(initial=0) < 0:  # a row of their own for who has no value
        labels = np.append(labels.astype(object), np.array([None], dtype=object))
        places = np.where(places < 0, len(labels) - 1, places)
    return labels, places.astype(np.intp), label


def _with_ends(
    name: str, found: tuple[NDArray[np.float64], ...]
) -> dict[str, NDArray[np.float64]]:
    """Return an estimate and the ends of its interval under their names."""
    return dict(zip((name, f"{name}_low", f"{name}_high"), found, strict=True))


def _sizes(groups: _Groups, parts: int, level: float) -> dict[str, NDArray[Any]]:
    """Return customers, and their share of those with the same attribute."""
    sizes = np.bincount(groups.codes, minlength=groups.count)
    totals = np.bincount(groups.parts, minlength=parts)
    of_part = np.repeat(totals, groups.count // parts)
    return {"customers": sizes} | _with_ends("share", wilson(sizes, of_part, level))


def _orders(scores: Scores, groups: _Groups, level: float) -> dict[str, NDArray[Any]]:
    """Return orders, and orders a customer."""
    orders = scores.inputs.orders
    if orders is None:
        return {}
    found = group_ratios(
        orders, np.ones(len(orders)), groups.codes, groups.count, level
    )
    total = sums(orders, groups.codes, groups.count)
    return {"orders": total} | _with_ends("orders_per_customer", found)


def _money(
    scores: Scores, groups: _Groups, parts: int, level: float
) -> dict[str, NDArray[Any]]:
    """Return revenue and margin: sums, shares of all, a customer and an order."""
    columns: dict[str, NDArray[Any]] = {}
    inputs = scores.inputs
    ones = np.ones(len(inputs))
    for name, amounts in (("revenue", inputs.revenue), ("margin", inputs.margin)):
        if amounts is None:
            continue
        codes, count = groups.codes, groups.count
        columns[name] = sums(amounts, codes, count)
        shares = _shares(amounts, groups, parts, level)
        columns |= _with_ends(f"{name}_share", shares)
        mean = group_ratios(amounts, ones, codes, count, level)
        columns |= _with_ends(f"{name}_per_customer", mean)
        if name == "revenue" and inputs.orders is not None:
            found = group_ratios(amounts, inputs.orders, codes, count, level)
            columns |= _with_ends("order_value", found)
    return columns


def _shares(
    amounts: NDArray[np.float64], groups: _Groups, parts: int, level: float
) -> tuple[NDArray[np.float64], ...]:
    """Return each segment's share of all that has the same attribute."""
    size = groups.count // parts
    found: list[tuple[NDArray[np.float64], ...]] = []
    for part in range(parts):
        own = groups.parts == part
        codes = groups.codes[own] - part * size
        found.append(share_of_total(amounts[own], codes, size, level))
    return tuple(np.concatenate(column) for column in zip(*found, strict=True))


def _future(outlook: Outlook, groups: _Groups, level: float) -> dict[str, NDArray[Any]]:
    """Return means of what a model expects; who has never bought is left out."""
    columns: dict[str, NDArray[Any]] = {}
    codes, count = groups.codes[outlook.known], groups.count
    ones = np.ones(len(codes))
    squares = np.maximum(np.bincount(codes, minlength=count), 1) ** 2.0
    for name, values in outlook.columns.items():
        variances = outlook.variances(name, codes, count)
        if name == "expected_value":
            total = sums(values, codes, count)
            found = _of_models(total, variances, level, exact=not outlook.slopes[name])
            columns |= _with_ends("expected_value_total", found)
        mean = group_ratios(
            values,
            ones,
            codes,
            count,
            level,
            further=variances / squares,
            scale="probability" if name == "probability_alive" else None,
        )
        columns |= _with_ends(name, mean)
    return columns


def _of_models(
    totals: NDArray[np.float64],
    variances: NDArray[np.float64],
    level: float,
    *,
    exact: bool,
) -> tuple[NDArray[np.float64], ...]:
    """Return sums over the customers whom there are, and intervals for the models."""
    if exact:
        nothing = np.full(len(totals), np.nan)
        return totals, nothing, nothing
    scale = "positive" if (totals >= 0).all() else "plain"
    return totals, *bounds(totals, np.sqrt(variances), level, scale)
