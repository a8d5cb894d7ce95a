"""What became of the rows of a log: nothing is lost without being counted."""

from __future__ import annotations

from dataclasses import dataclass, fields
from typing import TYPE_CHECKING, Any

import numpy as np

from tenure._report import counted, html_report, inflected, written
from tenure._typing import override

if TYPE_CHECKING:
    from collections.abc import Mapping

    from tenure._core_types import ReceiptCounts

__all__ = ["Receipt"]

_REASONS = {
    "missing_customer": "without a customer",
    "missing_time": "without a time",
    "duplicates": "equal to another row",
    "refunds": "with a negative amount",
    "refunds_without_purchase": "refunding something before the first purchase",
}


@dataclass(frozen=True, repr=False)
class Receipt:
    """How the rows of a log were used.

    `rows` is always `used` plus the sum of `dropped`.

    Attributes
    ----------
    rows : int
        Rows read.
    used : int
        Rows that became part of a purchase, or of a refund of one.
    dropped : mapping of str to int
        Rows left out, by reason; each is counted under the first that applies:
        `missing_customer`, `missing_time`, `duplicates`, `refunds`,
        `refunds_without_purchase` (a negative amount before the first purchase).
    merged : int
        Rows merged into the purchase of another row.
    duplicates : int
        Rows equal to another in every column read, kept or not.
    refunds : int
        Rows with a negative amount, used or not.
    refund_amount : float
        The sum of those amounts, without its sign.
    zero_amounts : int
        Purchases of a total of exactly 0; they count as purchases.
    customers, purchases : int
        What the log comes to.
    customers_without_purchase : int
        Customers left out because they have refunds only.
    first_time, last_time : numpy.datetime64
        The first and last instant of a used row, by the clock of `zone`.
    zone : str or None
        The time zone that days are cut in; None if the data name none.
    merge, refund_rule, duplicate_rule : str or None
        The rules that were applied.
    attribute_conflicts : mapping of str to int
        For each attribute, the customers with more than one value of it.

    Examples
    --------
    >>> import tenure as tn
    >>> log = tn.Transactions(
    ...     {
    ...         "customer_id": [1, 1, 1, None],
    ...         "date": ["2024-01-05", "2024-01-05", "2024-03-10", "2024-04-01"],
    ...     }
    ... )
    >>> log.receipt
    4 rows read, 3 used
      1 dropped: without a customer
      1 merged: one purchase a day
      1 equal to another row
    >>> log.receipt.dropped["missing_customer"]
    1
    """

    rows: int
    used: int
    dropped: Mapping[str, int]
    merged: int
    duplicates: int
    refunds: int
    refund_amount: float
    zero_amounts: int
    customers: int
    customers_without_purchase: int
    purchases: int
    first_time: np.datetime64
    last_time: np.datetime64
    zone: str | None
    merge: str | None
    refund_rule: str
    duplicate_rule: str
    attribute_conflicts: Mapping[str, int]

    @classmethod
    def of(cls, counts: ReceiptCounts, **settings: Any) -> Receipt:
        """Return the receipt of a grouped log with these settings."""
        fields: dict[str, Any] = {**counts, "dropped": {**counts["dropped"]}}
        for name in ("first_time", "last_time"):
            fields[name] = np.datetime64(fields[name], "us")
        return cls(**fields, **settings)

    def to_dict(self) -> dict[str, Any]:
        """Return the fields as plain Python values, ready for JSON."""
        values = {field.name: getattr(self, field.name) for field in fields(self)}
        values |= {
            name: dict(values[name]) for name in ("dropped", "attribute_conflicts")
        }
        values |= {name: written(values[name]) for name in ("first_time", "last_time")}
        return values

    @override
    def __repr__(self) -> str:
        headline = f"{counted(self.rows, 'row')} read, {self.used:,} used"
        return "\n".join([headline, *(f"  {n:,} {what}" for n, what in self.notes())])

    def _repr_html_(self) -> str:
        rows = [["used", f"{self.used:,}"]]
        rows += [[what, f"{count:,}"] for count, what in self.notes()]
        return html_report(f"{counted(self.rows, 'row')} read", [], rows)

    def notes(self) -> list[tuple[int, str]]:
        """Return what there is to tell: how many, and of what."""
        lines = [
            (count, f"dropped: {_REASONS[reason]}")
            for reason, count in self.dropped.items()
        ]
        repeated = self.duplicates - self.dropped["duplicates"]
        free, lost = self.zero_amounts, self.customers_without_purchase
        lines += [
            (self.merged, f"merged: one purchase a {self.merge}"),
            (repeated, "equal to another row"),
            (self.refunds, f"with a negative amount: {self.refund_amount:,.2f} in all"),
            (free, f"{inflected(free, 'purchase')} of a total of 0"),
            (lost, f"{inflected(lost, 'customer')} left out: refunds only"),
        ]
        lines += [
            (count, f"{inflected(count, 'customer')} with more than one `{name}`")
            for name, count in self.attribute_conflicts.items()
        ]
        return [(count, what) for count, what in lines if count]
