"""Movement between tenths by value: who was worth how much, and is now."""

from __future__ import annotations

import itertools
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from tenure._frame import native_frame
from tenure._intervals import check_level
from tenure._report import counted
from tenure._typing import override
from tenure.equity._appraisal import appraise
from tenure.equity._settings import Models, Terms, dates_of
from tenure.exceptions import ParameterError
from tenure.rfm.intervals import sums
from tenure.rfm.migration import NEW, Migration

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from tenure._purchasing import PurchasingModel
    from tenure._typing import Dates, Unit
    from tenure._units import Horizon
    from tenure.equity._appraisal import Appraisal
    from tenure.history import Period
    from tenure.rfm.migration import Thresholds
    from tenure.spend import GammaGamma
    from tenure.transactions import Transactions

__all__ = ["LOST_SEGMENT", "ValueMigration", "migration"]

LOST_SEGMENT = "lost"
"""Where customers are who are likelier gone than not."""


@dataclass(frozen=True, eq=False, repr=False)
class ValueMigration(Migration):
    """Flows between parts of equal size by value, the best part first.

    Made by `equity.migration`. It is a `rfm` migration whose segments are parts of the
    customers by value, "1" the best, and "lost": who goes there leaves, who comes from
    there is back.

    Attributes
    ----------
    cuts : float array, shape (dates, parts - 1)
        The values that part the customers at each date, ascending.
    lost_below : float
        The probability of being a customer below which one counts as lost.
    """

    cuts: NDArray[np.float64]
    lost_below: float

    @override
    def stability(self) -> Any:
        """Return one row a pair of dates: how many stayed in their part.

        Columns as for `rfm.Migration.stability`, of customers who are not lost: `new`
        are those who came or came back, `lost` those who left.
        """
        parts = len(self.segments) - 1
        counts = np.zeros((len(self.counts), parts + 1, parts + 1), dtype=np.int64)
        counts[:, :parts, :parts] = self.counts[:, :parts, :parts]
        counts[:, -1, :parts] = self.counts[:, parts:, :parts].sum(axis=1)
        counts[:, :parts, -1] = self.counts[:, :parts, parts:].sum(axis=2)
        names = self.segments[:-1]
        plain = Migration(
            self.dates,
            self.thresholds,
            names,
            counts,
            None,
            None,
            self.level,
            self._family,
        )
        return plain.stability()

    @override
    def matrix(self, step: int = 0, *, shares: bool = False) -> Any:
        """Return the flows of one step as a frame: rows before, columns after.

        Parameters
        ----------
        step : int, default 0
            Which pair of dates, from 0; -1 is the last.
        shares : bool, default False
            Shares of the row instead of customers.
        """
        counts = self.counts[self._step(step)][:, :-1]
        table = counts.astype(np.float64) if shares else counts
        if shares:
            totals = counts.sum(axis=1, keepdims=True)
            table = np.divide(
                table, totals, out=np.full_like(table, np.nan), where=totals > 0
            )
        columns: dict[str, NDArray[Any]] = {
            "from": np.array((*self.segments, NEW), dtype=object)
        }
        columns |= {to: table[:, place] for place, to in enumerate(self.segments)}
        return native_frame(columns, family=self._family, index="from")

    @override
    def _table(self) -> tuple[list[str], list[list[str]]]:
        header, rows = super()._table()
        return header[:-1], [row[:-1] for row in rows]

    @override
    def _headline(self) -> str:
        how = {"frozen": f"cuts frozen at {self.dates[0]}"}
        dates = ", ".join(map(str, self.dates))
        cuts = how.get(self.thresholds, "cuts made anew at each date")
        return f"Migration by value between {dates}; {cuts}"

    @override
    def _words(self) -> str:
        counts, parts = self.counts[-1], len(self.segments) - 1
        inner = counts[:parts, :parts]
        both, stayed = int(inner.sum()), int(np.trace(inner))
        came, back = int(counts[-1].sum()), int(counts[parts, :parts].sum())
        gone = int(counts[:parts, parts].sum())
        share = f" ({100 * stayed / both:.0f} %)" if both else ""
        return (
            f"{stayed:,} of {counted(both, 'customer')}{share} stayed in their part; "
            f"{came:,} came, {back:,} came back, {gone:,} were lost"
        )


def migration(
    log: Transactions,
    dates: Dates | Period,
    *,
    parts: int = 10,
    thresholds: Thresholds = "frozen",
    lost_below: float = 0.5,
    horizon: Horizon | None = "12 months",
    discount_rate: float = 0.10,
    margin: float | None = None,
    cost_per_order: float = 0.0,
    buying: PurchasingModel | None = None,
    spend: GammaGamma | float | None = None,
    refit: bool = True,
    unit: Unit = "week",
    interval: float = 0.9,
) -> ValueMigration:
    """Return who moved from which tenth by value to which, from date to date.

    Parameters
    ----------
    log, dates, horizon, discount_rate, margin, cost_per_order, buying, spend, refit, \
unit
        As for `snapshots`; there must be two dates at least.
    parts : int, default 10
        How many parts of equal size; customers of equal value are in the same part,
        which leaves others smaller.
    thresholds : {"frozen", "refit"}
        Whether the cuts between parts are those of the first date, so that a base that
        is worth less moves down as a whole; or made anew at each date, so that parts
        stay equal and only ranks move.
    lost_below : float, default 0.5
        Who is a customer with a lower probability than this is in no part but "lost".
    interval : float, default 0.9
        Confidence level of the intervals of shares (Wilson 1927).

    Returns
    -------
    ValueMigration
        With the tables and the plots of what `RFM.migration` returns.

    Raises
    ------
    ParameterError, EmptyDataError
        As `snapshots`.

    Examples
    --------
    >>> import tenure as tn
    >>> orders = tn.datasets.load_cdnow(family="numpy")
    >>> log = tn.Transactions(orders, amount="amount")
    >>> found = tn.equity.migration(log, ["1997-09-30", "1998-06-30"], parts=4)
    >>> found.segments
    ('1', '2', '3', '4', 'lost')
    >>> found.matrix()["lost"]
    array([153,  17,   0,   0, 261,   0])
    """
    terms = Terms.of(
        horizon=horizon,
        discount_rate=discount_rate,
        margin=margin,
        cost_per_order=cost_per_order,
        unit=unit,
        interval=interval,
    )
    check_level(lost_below, name="lost_below")
    if parts != int(parts) or not 2 <= parts <= 100:
        raise ParameterError.of(
            name="parts", expected="be a whole number from 2 to 100", found=repr(parts)
        )
    if thresholds not in ("frozen", "refit"):
        raise ParameterError.of(
            name="thresholds", expected="be 'frozen' or 'refit'", found=repr(thresholds)
        )
    models = Models.of(buying, spend, refit=refit)
    days = dates_of(log, dates, least=2)
    found = appraise(log, days, terms, models)
    own = [_cuts(one, parts, lost_below) for one in found]
    cuts = np.array(own if thresholds == "refit" else [own[0]] * len(own))
    flows = _flows(found, cuts, lost_below)
    return ValueMigration(
        dates=tuple(days),
        thresholds=thresholds,
        segments=(*(str(part) for part in range(1, parts + 1)), LOST_SEGMENT),
        counts=flows["counts"].astype(np.int64),
        revenue=flows["revenue"],
        value=flows["value"],
        level=terms.interval,
        _family=log.family,
        cuts=cuts,
        lost_below=float(lost_below),
    )


def _flows(
    found: list[Appraisal], cuts: NDArray[np.float64], lost_below: float
) -> dict[str, NDArray[Any]]:
    """Count customers by step, part before and part after; add up what they bring."""
    everyone, parts = found[-1].summary.customer_id, cuts.shape[1] + 1
    size, absent = parts + 2, parts + 1
    codes: list[NDArray[np.intp]] = []
    amounts: dict[str, list[NDArray[np.float64]]] = {"revenue": [], "value": []}
    for one, edges in zip(found, cuts, strict=True):
        rows = np.searchsorted(everyone, one.summary.customer_id)
        placed = parts - 1 - np.searchsorted(edges, one.value, side="left")
        placed[one.alive < lost_below] = parts
        code = np.full(len(everyone), absent)
        code[rows] = placed
        codes.append(code)
        for name, brought in (("revenue", one.paid), ("value", one.value)):
            spread = np.zeros(len(everyone))
            spread[rows] = brought
            amounts[name].append(spread)
    cells = [first * size + then for first, then in itertools.pairwise(codes)]
    shape = (len(cells), size, size)
    counts = np.array([np.bincount(one, minlength=size**2) for one in cells])
    counts = counts.reshape(shape)
    counts[:, -1, -1] = 0  # neither there before nor after
    flows: dict[str, NDArray[Any]] = {"counts": counts}
    for name, known in amounts.items():
        ends = [
            [sums(known[step + after], one, size**2) for step, one in enumerate(cells)]
            for after in (0, 1)
        ]
        flows[name] = np.array(ends).reshape(2, *shape)
    return flows


def _cuts(one: Appraisal, parts: int, lost_below: float) -> NDArray[np.float64]:
    """Return the values that part the customers of a date who are not lost."""
    there = one.value[one.alive >= lost_below]
    shares = np.arange(1, parts) / parts
    return np.quantile(there, shares) if len(there) else np.zeros(parts - 1)
