"""Where a category sells to fewer customers of a segment than it could."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import numpy as np

from tenure._frame import native_frame
from tenure._intervals import check_level
from tenure._report import counted, html_report, text_table
from tenure._typing import override
from tenure.products._held import held
from tenure.products._lines import with_segments
from tenure.products._metrics import adjusted, lift_interval, p_values
from tenure.rfm.intervals import wilson

if TYPE_CHECKING:
    from collections.abc import Mapping
    from typing import Unpack

    from numpy.typing import NDArray

    from tenure.products._lines import LineColumns

__all__ = ["Penetration", "penetration"]

# Rows that are shown.
_SHOWN = 10


@dataclass(frozen=True, eq=False, repr=False)
class Penetration:
    """How many customers of each segment buy each category. Made by `penetration`.

    Attributes
    ----------
    of : {"category", "product"}
        What is bought.
    by : str
        What the segments are.
    customers : int
        Customers with a segment.
    without_segment : int
        Customers without one, who are left out.
    level : float
        Confidence level of the intervals.
    family : str
        The kind of frame that results come back as.
    """

    of: str
    by: str
    customers: int
    without_segment: int
    level: float
    family: str
    _columns: dict[str, NDArray[Any]] = field(repr=False)

    def to_frame(self) -> Any:
        """Return one row a segment and category, the largest gap first.

        Returns
        -------
        frame
            The segment and the category; `customers` of the segment; `buyers`: how many
            of them have bought it, and `penetration`, their share, with
            `penetration_low` and `penetration_high` (Wilson); `expected` buyers, if the
            segment bought as all customers do; `index`: 100 times actual over expected,
            with `index_low` and `index_high` (normal on the logarithm, as for a lift);
            `gap`: expected less actual buyers, with `gap_low` and `gap_high`: above 0,
            the segment is under-penetrated; `p_value` of the chi-square test of the
            segment against all other customers, and `p_adjusted` for all cells
            (Benjamini-Hochberg); and where amounts are known, `revenue_per_buyer` of
            the category over all customers, and `revenue_gap`: the gap times this, with
            `revenue_gap_low` and `revenue_gap_high`.
        """
        columns = dict(self._columns)
        counts = [columns[name] for name in ("buyers", "customers", "all_buyers")]
        p = p_values("chi-square", counts[0], counts[1], counts[2], self.customers)
        del columns["all_buyers"]
        columns |= {"p_value": p, "p_adjusted": adjusted(p, len(p))}
        return native_frame(columns, family=self.family)

    def _headline(self) -> str:
        columns = self._columns
        who = counted(self.customers, "customer")
        if columns["gap"][0] <= 0:
            return f"Penetration among {who}: no gap"
        of, where = columns[self.of][0], columns[self.by][0]
        return (
            f"Penetration among {who}: the largest gap is {of} in {where}, with "
            f"{columns['gap'][0]:,.0f} buyers fewer than expected"
        )

    def _table(self) -> tuple[list[str], list[list[str]]]:
        columns = self._columns
        rows: list[list[str]] = []
        for at in range(min(_SHOWN, len(columns["gap"]))):
            row = {name: values[at] for name, values in columns.items()}
            rows.append(
                [
                    f"{row[self.by]}: {row[self.of]}",
                    f"{row['customers']:,}",
                    f"{row['buyers']:,}",
                    f"{row['expected']:,.1f}",
                    f"{row['index']:.0f}",
                    f"[{row['index_low']:.0f}, {row['index_high']:.0f}]",
                    f"{row['gap']:+,.1f}",
                ]
            )
        interval = f"{100 * self.level:g} % interval"
        header = ["", "customers", "buyers", "expected", "index", interval, "gap"]
        return header, rows

    @override
    def __repr__(self) -> str:
        return f"{self._headline()}\n{text_table(*self._table())}"

    def _repr_html_(self) -> str:
        return html_report(self._headline(), *self._table())


def penetration(
    data: object,
    *,
    by: str | Mapping[Any, Any],
    of: str = "category",
    level: float = 0.9,
    **columns: Unpack[LineColumns],
) -> Penetration:
    """Compare how many of each segment buy each category with what is expected.

    Expected are as many as if the share of buyers were that of all customers. A gap is
    room for growth only as far as the segment could want what the others buy.

    Parameters
    ----------
    data : OrderLines, Transactions or frame
        Lines of orders; a log must have been made with `product`.
    by : str or mapping
        An attribute of the customers, or a mapping from their ids to segments.
    of : {"category", "product"}
        What is bought.
    level : float, default 0.9
        Confidence level of the intervals.
    **columns
        How the columns of a frame are called, and `as_of`, as for `order_lines`.

    Returns
    -------
    Penetration

    Raises
    ------
    ColumnError
        If there is no such attribute.
    ParameterError
        If categories are needed and not known.

    Examples
    --------
    3 of 4 customers in the north bought tea, and 1 of 4 in the south, so 2 were
    expected in either:

    >>> import tenure as tn
    >>> rows = {
    ...     "customer_id": [1, 2, 3, 4, 5, 6, 7, 8],
    ...     "date": ["2024-01-01"] * 8,
    ...     "product": ["tea", "tea", "tea", "cup", "tea", "cup", "cup", "cup"],
    ...     "area": ["north"] * 4 + ["south"] * 4,
    ... }
    >>> found = tn.products.penetration(rows, by="area", of="product")
    >>> table = found.to_frame()
    >>> table["area"][1], table["product"][1], table["index"][1], table["gap"][1]
    ('south', 'tea', np.float64(50.0), np.float64(1.0))
    """
    check_level(level, name="level")
    lines = with_segments(data, by, **columns)
    segment, segments = lines.segments(by)
    found = held(lines, of)
    kinds, count = len(found.names), len(segments)
    own = found.first & (segment[found.customer] >= 0)
    cell = segment[found.customer[own]] * kinds + found.what[own]
    buyers = np.bincount(cell, minlength=count * kinds)
    of_kind = np.bincount(found.what[own], minlength=kinds)
    sizes = np.bincount(segment[segment >= 0], minlength=count)
    total = int(sizes.sum())
    customers, all_buyers = np.repeat(sizes, kinds), np.tile(of_kind, count)
    kept = all_buyers > 0
    label = by if isinstance(by, str) else "segment"
    table: dict[str, NDArray[Any]] = {
        label: np.repeat(segments, kinds)[kept],
        of: np.tile(found.names, count)[kept],
        **_cells(buyers[kept], customers[kept], all_buyers[kept], total, level),
    }
    if lines.amounts is not None:
        codes, _ = lines.groups(of)
        whose = segment[lines.order_customer[lines.order]]
        sold = (codes >= 0) & (whose >= 0)
        revenue = np.bincount(codes[sold], lines.amounts[sold], kinds)
        each = np.tile(revenue, count)[kept] / all_buyers[kept]
        table["revenue_per_buyer"] = each
        for name in ("gap", "gap_low", "gap_high"):
            table[f"revenue_{name}"] = table[name] * each
    places = np.argsort(-table["gap"], kind="stable")
    return Penetration(
        of=of,
        by=label,
        customers=total,
        without_segment=int((segment < 0).sum()),
        level=level,
        family=lines.family,
        _columns={name: values[places] for name, values in table.items()},
    )


def _cells(
    buyers: NDArray[np.int64],
    customers: NDArray[np.int64],
    all_buyers: NDArray[np.int64],
    total: int,
    level: float,
) -> dict[str, NDArray[Any]]:
    """Return actual and expected buyers, with intervals."""
    share, low, high = wilson(buyers, customers, level)
    expected = customers * all_buyers / total
    some = np.maximum(buyers, 1)
    ends = lift_interval(some, customers, all_buyers, total, level)
    # where nobody has bought, the interval of the share says how many might have
    none = buyers == 0
    index_low = np.where(none, 0.0, ends[0])
    index_high = np.where(none, high * customers / expected, ends[1])
    index = buyers / expected
    return {
        "customers": customers,
        "buyers": buyers,
        "all_buyers": all_buyers,
        "penetration": share,
        "penetration_low": low,
        "penetration_high": high,
        "expected": expected,
        "index": 100 * index,
        "index_low": 100 * index_low,
        "index_high": 100 * index_high,
        "gap": expected - buyers,
        "gap_low": expected * (1 - index_high),
        "gap_high": expected * (1 - index_low),
    }
