"""How many customers bring others."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from tenure._frame import native_frame
from tenure._intervals import check_level
from tenure._report import counted, html_report, text_table
from tenure._typing import override
from tenure._windows import positions_of
from tenure.exceptions import EmptyDataError
from tenure.retention.periods import length_in_days, observed_until
from tenure.rfm.intervals import group_ratios, wilson

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from tenure._typing import Date
    from tenure._units import Horizon
    from tenure.referrals.forest import Referrals
    from tenure.transactions import Transactions

__all__ = ["ReferralRate", "followed_customers", "rate"]

_DAY = 86_400_000_000
"""Microseconds."""


@dataclass(frozen=True, eq=False, repr=False)
class ReferralRate:
    """How many customers brought others within a time after their first purchase.

    Made by `Referrals.rate`.

    Attributes
    ----------
    customers, referrers, brought : int
        Customers who were observed for so long, those of them who brought somebody,
        and how many they brought.
    share, share_low, share_high : float
        Referrers over customers, with Wilson's interval.
    k_factor, k_low, k_high : float
        Brought customers a customer, with the interval of a mean.
    horizon_days : int
        How long each was followed.
    too_young : int
        Customers who were not observed for so long.
    level : float
        Confidence level.
    family : str
        The kind of frame that `to_frame` returns.
    """

    customers: int
    referrers: int
    brought: int
    share: float
    share_low: float
    share_high: float
    k_factor: float
    k_low: float
    k_high: float
    horizon_days: int
    too_young: int
    level: float
    family: str

    def to_frame(self) -> Any:
        """Return one row with all of it."""
        names = (
            ["customers", "referrers", "brought", "share", "share_low", "share_high"],
            ["k_factor", "k_low", "k_high", "horizon_days", "too_young"],
        )
        flat = [name for part in names for name in part]
        columns = {name: np.array([getattr(self, name)]) for name in flat}
        return native_frame(columns, family=self.family)

    def _headline(self) -> str:
        return (
            f"{self.referrers:,} of {counted(self.customers, 'customer')} brought "
            f"{self.brought:,} others within {self.horizon_days:,} days of their first "
            "purchase"
        )

    def _table(self) -> tuple[list[str], list[list[str]]]:
        share = [100 * end for end in (self.share, self.share_low, self.share_high)]
        rows = [
            ["bring others, %", f"{share[0]:.2f}", f"[{share[1]:.2f}, {share[2]:.2f}]"],
            [
                "K-factor",
                f"{self.k_factor:.4f}",
                f"[{self.k_low:.4f}, {self.k_high:.4f}]",
            ],
        ]
        return ["", "estimate", f"{100 * self.level:g} % interval"], rows

    @override
    def __repr__(self) -> str:
        return f"{self._headline()}\n{text_table(*self._table())}"

    def _repr_html_(self) -> str:
        return html_report(self._headline(), *self._table())


def rate(
    referrals: Referrals,
    log: Transactions,
    *,
    horizon: Horizon,
    as_of: Date | None,
    level: float,
) -> ReferralRate:
    """Return how many customers bring others; see `Referrals.rate`."""
    check_level(level, name="level")
    days = int(np.ceil(length_in_days(horizon, "horizon")))
    born, followed, too_young = followed_customers(log, days, as_of)
    edges = referrals._edges  # noqa: SLF001
    who = positions_of(log, referrals.customers.astype(object))[edges.referrer]
    day = edges.moment // _DAY
    counts = (who >= 0) & followed[who] & (day <= born[who] + days)
    counts &= day >= born[who]
    brought = np.bincount(who[counts], minlength=len(born))[followed]
    number = len(brought)
    share, low, high = wilson(np.array([(brought > 0).sum()]), number, level)
    k, k_low, k_high = group_ratios(
        brought.astype(np.float64), np.ones(number), np.zeros(number, int), 1, level
    )
    return ReferralRate(
        customers=number,
        referrers=int((brought > 0).sum()),
        brought=int(brought.sum()),
        share=float(share[0]),
        share_low=float(low[0]),
        share_high=float(high[0]),
        k_factor=float(k[0]),
        k_low=float(k_low[0]),
        k_high=float(k_high[0]),
        horizon_days=days,
        too_young=too_young,
        level=level,
        family=log.family,
    )


def followed_customers(
    log: Transactions, days: int, as_of: Date | None
) -> tuple[NDArray[np.int64], NDArray[np.bool_], int]:
    """Return days of first purchases, who was observed for so long, how many were not.

    Customers whose first purchase comes after the last day observed do not count as
    either.
    """
    born = log.times[log.offsets[:-1]].astype("datetime64[D]").astype(np.int64)
    end = int(observed_until(log, as_of).astype("datetime64[D]").astype(np.int64))
    followed = born + days < end
    if not followed.any():
        what = f"nobody was observed for {days} days after the first purchase"
        raise EmptyDataError.of(what, hint="choose a shorter `horizon`")
    return born, followed, int(((born < end) & ~followed).sum())
