"""Referred customers beside the others."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from tenure._differences import UNKNOWN, Difference, mover, stratified, welch
from tenure._frame import native_frame
from tenure._intervals import check_level
from tenure._report import html_report, text_table
from tenure._typing import override
from tenure._windows import positions_of, window_totals
from tenure.cohorts._intervals import two_share_p_values
from tenure.exceptions import EmptyDataError
from tenure.referrals.rates import followed_customers
from tenure.retention.periods import length_in_days
from tenure.rfm.intervals import group_ratios, wilson

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from tenure._typing import Date
    from tenure._units import Horizon
    from tenure.referrals.forest import Referrals
    from tenure.transactions import Transactions

__all__ = ["ReferredComparison", "compare"]


@dataclass(frozen=True, eq=False, repr=False)
class ReferredComparison:
    """What referred customers and the others did after their first purchase.

    Made by `Referrals.compare`.

    Attributes
    ----------
    groups : dict of str to array
        The table that `to_frame` returns.
    retention, value : Difference
        Referred less others: `value`, `low`, `high` and `p_value`.
    adjusted_retention, adjusted_value : Difference
        The same between customers of the same month of first purchase.
    horizon_days : int
        How long each was followed.
    too_young : int
        Customers who were not observed for so long.
    level : float
        Confidence level.
    family : str
        The kind of frame that results come back as.
    """

    groups: dict[str, NDArray[Any]]
    retention: Difference
    value: Difference
    adjusted_retention: Difference
    adjusted_value: Difference
    horizon_days: int
    too_young: int
    level: float
    family: str

    def to_frame(self) -> Any:
        """Return one row for referred customers and one for the others.

        Columns: `group`, `customers`, `retained` (the share with another purchase
        within the horizon) with its interval, and `value` (the mean of all that they
        bought in it, the first purchase included) with its interval.
        """
        return native_frame(self.groups, family=self.family, index="group")

    def gaps(self) -> Any:
        """Return referred less others, as they are and adjusted.

        Columns: `what` ("retention" or "value"), `adjusted`, `difference`, `low`,
        `high`, `p_value`.
        """
        rows = (
            self.retention,
            self.adjusted_retention,
            self.value,
            self.adjusted_value,
        )
        columns: dict[str, NDArray[Any]] = {
            "what": np.array(["retention"] * 2 + ["value"] * 2, dtype=object),
            "adjusted": np.array([False, True] * 2),
            "difference": np.array([row.value for row in rows]),
            "low": np.array([row.low for row in rows]),
            "high": np.array([row.high for row in rows]),
            "p_value": np.array([row.p_value for row in rows]),
        }
        return native_frame(columns, family=self.family)

    def _headline(self) -> str:
        gap = self.adjusted_retention
        words = "Referred customers beside the others of the same month"
        if np.isnan(gap.low):
            return f"{words}: too few to compare"
        far = f"{100 * gap.value:+.1f} points"
        ends = f"[{100 * gap.low:.1f}, {100 * gap.high:.1f}]"
        return f"{words}: {far} {ends} bought again within {self.horizon_days:,} days"

    def _table(self) -> tuple[list[str], list[list[str]]]:
        g = self.groups
        rows = [
            [
                str(name),
                f"{g['customers'][row]:,}",
                f"{100 * g['retained'][row]:.1f} %",
                f"{g['value'][row]:,.2f}",
            ]
            for row, name in enumerate(g["group"])
        ]
        return ["", "customers", "bought again", "mean value"], rows

    @override
    def __repr__(self) -> str:
        return f"{self._headline()}\n{text_table(*self._table())}"

    def _repr_html_(self) -> str:
        return html_report(self._headline(), *self._table())


def compare(
    referrals: Referrals,
    log: Transactions,
    *,
    horizon: Horizon,
    as_of: Date | None,
    level: float,
) -> ReferredComparison:
    """Compare referred customers with the others; see `Referrals.compare`."""
    check_level(level, name="level")
    days = int(np.ceil(length_in_days(horizon, "horizon")))
    born, followed, too_young = followed_customers(log, days, as_of)
    brought = referrals.customers.astype(object)[referrals._edges.referred]  # noqa: SLF001
    places = positions_of(log, brought)
    is_referred = np.zeros(len(born), dtype=bool)
    is_referred[places[places >= 0]] = True
    who = np.flatnonzero(followed)
    groups = np.where(is_referred[who], 0, 1)
    if groups.min() == groups.max():
        whom = (
            "referred customer" if groups.min() == 1 else "customer who came otherwise"
        )
        what = f"no {whom} was observed for {days} days after the first purchase"
        raise EmptyDataError.of(what, hint="choose a shorter `horizon`")
    orders, value = window_totals(log, who, born[who], born[who] + days)
    retained = orders > 1
    columns, retention = _of_groups(groups, retained, value, level)
    months = born[who].astype("datetime64[D]").astype("datetime64[M]").astype(np.int64)
    adjusted = [
        stratified(outcome, groups == 0, months, level)
        for outcome in (retained.astype(np.float64), value)
    ]
    value_gap = welch(value[groups == 0], value[groups == 1], level)
    if log.values is None:
        value_gap = adjusted[1] = UNKNOWN
        for name in ("value", "value_low", "value_high"):
            columns[name] = np.full(2, np.nan)
    return ReferredComparison(
        groups=columns,
        retention=retention,
        value=value_gap,
        adjusted_retention=adjusted[0],
        adjusted_value=adjusted[1],
        horizon_days=days,
        too_young=too_young,
        level=level,
        family=log.family,
    )


def _of_groups(
    groups: NDArray[np.int64],
    retained: NDArray[np.bool_],
    value: NDArray[np.float64],
    level: float,
) -> tuple[dict[str, NDArray[Any]], Difference]:
    counts = np.bincount(groups, minlength=2)
    kept = np.bincount(groups[retained], minlength=2)
    shares = wilson(kept, counts, level)
    means = group_ratios(value, np.ones(len(value)), groups, 2, level)
    one, other = (tuple(float(end[place]) for end in shares) for place in (0, 1))
    _, p_value = two_share_p_values((kept[0], counts[0]), (kept[1], counts[1]))
    columns: dict[str, NDArray[Any]] = {
        "group": np.array(["referred", "others"], dtype=object),
        "customers": counts,
        **dict(zip(("retained", "retained_low", "retained_high"), shares, strict=True)),
        **dict(zip(("value", "value_low", "value_high"), means, strict=True)),
    }
    return columns, Difference(*mover(one, other), float(p_value))
