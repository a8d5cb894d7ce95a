"""Movement: who was in which segment at one date, and in which at the next."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Any, Literal, TypeAlias

import numpy as np

from tenure._frame import Categories, Table, native_frame
from tenure._report import counted, html_report, text_table
from tenure._typing import override
from tenure.exceptions import ParameterError
from tenure.rfm.intervals import sums, wilson
from tenure.rfm.markov import Homogeneity, stationary_shares

if TYPE_CHECKING:
    from collections.abc import Sequence

    from matplotlib.axes import Axes
    from numpy.typing import NDArray

    from tenure.rfm.outlook import Outlook
    from tenure.rfm.scores import Scores

__all__ = ["LOST", "NEW", "Migration", "Thresholds"]

Thresholds: TypeAlias = Literal["frozen", "refit", "fitted"]
"""Which cuts customers are scored by: learned at the first of the dates, anew at each,
or those of the fit."""

NEW = "New since"
"""Where customers come from who had not bought at the first of two dates."""
LOST = "Lost"
"""Where customers go to who are not scored any more: no purchase in the window."""


@dataclass(frozen=True, eq=False, repr=False)
class Migration:
    """Flows between segments from date to date.

    Made by `RFM.migration`.

    Attributes
    ----------
    dates : tuple of numpy.datetime64
        The dates, ascending.
    thresholds : {"frozen", "refit", "fitted"}
        What customers were scored by: cuts learned at the first date, cuts learned
        anew at each, which hides what happens to the base as a whole, or the cuts of
        an earlier fit.
    segments : tuple of str
        The segments, from the best to the worst.
    counts : int array, shape (steps, rows, columns)
        Customers by step, segment before and segment after. The last row is `NEW`,
        the last column `LOST`.
    revenue : float array or None, shape (2, steps, rows, columns)
        What these customers had paid up to the first and up to the second date.
    value : float array or None, shape (2, steps, rows, columns)
        What models expected of them then.
    level : float
        Confidence level of the intervals.
    """

    dates: tuple[np.datetime64, ...]
    thresholds: Thresholds
    segments: tuple[str, ...]
    counts: NDArray[np.int64]
    revenue: NDArray[np.float64] | None
    value: NDArray[np.float64] | None
    level: float
    _family: str

    @classmethod
    def of(
        cls,
        scores: Sequence[Scores],
        outlooks: Sequence[Outlook] | None,
        *,
        thresholds: Thresholds,
        level: float,
    ) -> Migration:
        """Count the flows between scores at several dates of one log."""
        names = _names(scores)
        count, places = _places(scores)
        placed = [
            _spread(one.segment_codes, rows, count, absent=len(names))
            for one, rows in zip(scores, places, strict=True)
        ]
        size = len(names) + 1
        steps = range(len(scores) - 1)
        cells = [placed[step] * size + placed[step + 1] for step in steps]

        def summed(amounts: Sequence[Any]) -> NDArray[np.float64] | None:
            """Return sums over the flows, before and after; None if not all known."""
            if any(one is None for one in amounts):
                return None
            spread = [
                _spread(one, rows, count, absent=0.0)
                for one, rows in zip(amounts, places, strict=True)
            ]
            ends = [
                [sums(spread[k + after], cells[k], size**2) for k in steps]
                for after in (0, 1)
            ]
            return np.array(ends).reshape(2, len(steps), size, size)

        counts = np.array([np.bincount(one, minlength=size**2) for one in cells])
        counts = counts.reshape(len(steps), size, size)
        counts[:, -1, -1] = 0  # neither there before nor after
        worth = [one.everywhere("expected_value") for one in outlooks or ()]
        return cls(
            dates=tuple(one.as_of for one in scores if one.as_of is not None),
            thresholds=thresholds,
            segments=names,
            counts=counts,
            revenue=summed([one.inputs.revenue for one in scores]),
            value=summed(worth) if worth else None,
            level=level,
            _family=scores[0].family,
        )

    # -- tables --------------------------------------------------------------------

    def to_frame(self) -> Any:
        """Return one row a flow with customers in it.

        Columns: `date_from`, `date_to`, `from`, `to`, `customers`, `share_of_from`
        with Wilson's interval `ci_low` and `ci_high`, `revenue_a` and `revenue_b`
        (what these customers had paid up to the first and the second date) and, with
        models, `clv_a` and `clv_b` (what was expected of them then). Customers who
        come are from "New since", customers who go are to "Lost".
        """
        step, source, target = np.nonzero(self.counts)
        flows = (step, source, target)
        totals = self.counts.sum(axis=2)[step, source]
        share, low, high = wilson(self.counts[flows], totals, self.level)
        days = np.array(self.dates)
        columns: dict[str, NDArray[Any] | Categories] = {
            "date_from": days[step],
            "date_to": days[step + 1],
            "from": Categories(source, (*self.segments, NEW)),
            "to": Categories(target, (*self.segments, LOST)),
            "customers": self.counts[flows],
            "share_of_from": share,
            "ci_low": low,
            "ci_high": high,
        }
        for name, money in (("revenue", self.revenue), ("clv", self.value)):
            if money is not None:
                columns[f"{name}_a"] = money[0][flows]
                columns[f"{name}_b"] = money[1][flows]
        return native_frame(columns, family=self._family)

    def matrix(self, step: int = 0, *, shares: bool = False) -> Any:
        """Return the flows of one step as a frame: rows before, columns after.

        Parameters
        ----------
        step : int, default 0
            Which pair of dates, from 0; -1 is the last.
        shares : bool, default False
            Shares of the row instead of customers.
        """
        counts = self.counts[self._step(step)]
        table = counts.astype(np.float64) if shares else counts
        if shares:
            totals = counts.sum(axis=1, keepdims=True)
            table = np.divide(
                table, totals, out=np.full_like(table, np.nan), where=totals > 0
            )
        names = np.array((*self.segments, NEW), dtype=object)
        columns: dict[str, NDArray[Any]] = {"from": names}
        columns |= {
            to: table[:, place] for place, to in enumerate((*self.segments, LOST))
        }
        return native_frame(columns, family=self._family, index="from")

    def stability(self) -> Any:
        """Return one row a step: how many stayed where they were.

        Columns: `date_from`, `date_to`, `customers` (there at both dates), `stayed`,
        their share `stability` with Wilson's interval `ci_low` and `ci_high`, `up` and
        `down` (the shares that moved to a better or a worse segment), `new`, `lost`,
        and `kappa`: agreement beyond chance (Cohen 1960), 1 if all stayed.
        """
        inner = self.counts[:, :-1, :-1]
        both = inner.sum(axis=(1, 2))
        stayed = np.trace(inner, axis1=1, axis2=2)
        share, low, high = wilson(stayed, both, self.level)
        # segments are listed from the best on: above the diagonal is down
        moved = [
            np.tril(inner, -1).sum(axis=(1, 2)),
            np.triu(inner, 1).sum(axis=(1, 2)),
        ]
        with np.errstate(divide="ignore", invalid="ignore"):
            up, down = (one / both for one in moved)
            chance = (inner.sum(axis=1) * inner.sum(axis=2)).sum(axis=1) / both**2.0
            kappa = (share - chance) / (1 - chance)
        days = np.array(self.dates)
        columns: dict[str, NDArray[Any]] = {
            "date_from": days[:-1],
            "date_to": days[1:],
            "customers": both,
            "stayed": stayed,
            "stability": share,
            "ci_low": low,
            "ci_high": high,
            "up": up,
            "down": down,
            "new": self.counts[:, -1, :].sum(axis=1),
            "lost": self.counts[:, :, -1].sum(axis=1),
            "kappa": kappa,
        }
        return native_frame(columns, family=self._family)

    # -- the long run --------------------------------------------------------------

    def stationary(self) -> Any:
        """Return the shares of segments if customers moved like this for ever.

        The stationary distribution of the transitions of all steps together, customers
        who come or go left out. That presumes that transitions are the same at all
        times: `homogeneity` tests it, and with two dates nothing can.

        Returns
        -------
        frame
            `segment`, the `share` of it at the last date, and `stationary`: its share
            in the long run, NaN where the transitions name no single one.
        """
        flows = self.counts[:, :-1, :-1].sum(axis=0).astype(np.float64)
        now = self.counts[-1, :-1, :-1].sum(axis=0)
        columns: dict[str, NDArray[Any] | Categories] = {
            "segment": Categories(np.arange(len(self.segments)), self.segments),
            "share": now / max(int(now.sum()), 1),
            "stationary": stationary_shares(flows),
        }
        return native_frame(columns, family=self._family)

    @cached_property
    def homogeneity(self) -> Homogeneity:
        """Whether transitions are the same at all steps, by a chi-square test."""
        if len(self.counts) < 2:
            raise ParameterError.of(
                name="dates",
                expected="be three or more to compare transitions",
                found=str(len(self.dates)),
            )
        return Homogeneity.of(self.counts[:, :-1, :-1])

    def _step(self, step: int) -> int:
        if not -len(self.counts) <= step < len(self.counts):
            raise ParameterError.of(
                name="step",
                expected=f"lie between 0 and {len(self.counts) - 1}",
                found=repr(step),
            )
        return step

    # -- display -------------------------------------------------------------------

    def plot(
        self,
        kind: Literal["map", "flows"] = "map",
        *,
        ax: Axes | None = None,
        **options: Any,
    ) -> Axes:
        """Draw one step: `plotting.plot_migration` or `plot_migration_flows`."""
        from tenure import plotting  # noqa: PLC0415

        draw = {
            "map": plotting.plot_migration,
            "flows": plotting.plot_migration_flows,
        }.get(kind)
        if draw is None:
            raise ParameterError.of(
                name="kind", expected="be 'map' or 'flows'", found=repr(kind)
            )
        return draw(self, ax=ax, **options)

    def _headline(self) -> str:
        how = {
            "frozen": f"thresholds frozen at {self.dates[0]}",
            "refit": "thresholds refitted at each date",
            "fitted": "thresholds of an earlier fit",
        }
        dates = ", ".join(map(str, self.dates))
        return f"Migration between {dates}; {how[self.thresholds]}"

    def _table(self) -> tuple[list[str], list[list[str]]]:
        """Return the flows of the last step as text."""
        counts = self.counts[-1]
        header = ["from \\ to", *self.segments, LOST]
        names = (*self.segments, NEW)
        rows = [
            [name, *(f"{count:,}" if count else "" for count in counts[place])]
            for place, name in enumerate(names)
        ]
        return header, rows

    def _words(self) -> str:
        inner = self.counts[-1][:-1, :-1]
        both = int(inner.sum())
        stayed = int(np.trace(inner))
        came = int(self.counts[-1][-1].sum())
        gone = int(self.counts[-1][:, -1].sum())
        share = f" ({stayed / both:.0%})".replace("%", " %") if both else ""
        return (
            f"{stayed:,} of {counted(both, 'customer')}{share} stayed in their "
            f"segment; {came:,} came, {gone:,} were lost"
        )

    @override
    def __repr__(self) -> str:
        return "\n".join([self._headline(), text_table(*self._table()), self._words()])

    def _repr_html_(self) -> str:
        return html_report(self._headline(), *self._table(), self._words())


def _names(scores: Sequence[Scores]) -> tuple[str, ...]:
    """Return the segments of all dates; who has never bought comes last."""
    longest = max((one.segment_names for one in scores), key=len)
    if not longest:
        raise ParameterError.of(
            name="segment_map",
            expected="name segments that customers can move between",
            found="None",
        )
    return longest


def _places(scores: Sequence[Scores]) -> tuple[int, list[NDArray[np.int64]]]:
    """Return how many customers there are at all dates, and each date's among them."""
    ids = [one.customer_id for one in scores]
    codes = Table.of({"customer_id": np.concatenate(ids)}).codes("customer_id")
    ends = np.cumsum([len(one) for one in ids])[:-1]
    return codes.n_categories, np.split(codes.values, ends)


def _spread(
    values: Any, rows: NDArray[np.int64], count: int, *, absent: float
) -> NDArray[Any]:
    """Return one value for every customer of any date, `absent` if not there."""
    kind = np.float64 if isinstance(absent, float) else np.intp
    found = np.full(count, absent, dtype=kind)
    found[rows] = values
    return found
