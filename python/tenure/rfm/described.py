"""What a fitted `RFM` says of itself: cuts, ties, rules, and how it is shown."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from tenure._frame import native_frame
from tenure._report import counted, html_report, text_table
from tenure._typing import override
from tenure.rfm.scorer import Scorer
from tenure.rfm.thresholds import (
    few_words,
    money_words,
    thresholds_columns,
    ties_columns,
    ties_of,
)

if TYPE_CHECKING:
    from tenure.rfm.scores import Scores
    from tenure.rfm.segments import SegmentMap
    from tenure.rfm.thresholds import Tie

__all__ = ["Described"]


class Described(Scorer):
    """The part of `RFM` that tells what was learned."""

    # -- what was learned ----------------------------------------------------------

    @property
    def thresholds_(self) -> dict[str, Any]:
        """The cuts of each dimension, ascending; one list a group if bins are nested.

        Given back as ``thresholds=`` they make the same scores (with distinct cuts,
        and not for "nested" and "rank").
        """
        found: dict[str, Any] = {}
        for one in self._fitted().cuts:
            rows = [sorted(row) for row in one.cuts]
            found[one.name] = rows[0] if len(rows) == 1 else rows
        return found

    @property
    def segment_map_(self) -> SegmentMap | None:
        """What names the segments; None if they have none."""
        return self._fitted().segment_map

    @property
    def n_customers_(self) -> int:
        """How many customers the cuts were learned from: those who have bought."""
        return self._fitted().customers

    @property
    def as_of_(self) -> np.datetime64 | None:
        """The last day observed in the fit; None for a table."""
        day = self._fitted().as_of
        return None if day is None else np.datetime64(day)

    @property
    def frequency_counts_(self) -> str:
        """What frequency counts: "orders", "days" or others; "" for a table."""
        return self._fitted().counted

    @property
    def notes_(self) -> tuple[str, ...]:
        """What was left out of the fit, and what ties have made of it, in words.

        Also who brought nothing or less, and whether there are too few customers.
        """
        scores = self.score()
        most = max(one.bins for one in self._fitted().cuts)
        return (
            *scores.notes,
            *few_words(self.n_customers_, most),
            *(tie.words() for tie in self._ties(scores)),
            *money_words(scores),
        )

    def threshold_table(self) -> Any:
        """Return a frame with one row a score: which values get it.

        Columns: `dimension`, `group` (the combination of earlier scores, where bins
        are nested), `score`, `lower` and `upper` ends in the dimension's units, and
        `closed`: which of the ends belongs to the score.
        """
        learned = self._fitted()
        columns = thresholds_columns(learned.cuts, learned.dimensions)
        return native_frame(columns, family=self._family())

    def tie_report(self, data: object = None, **options: Any) -> Any:
        """Return a frame of ties that fill a bin or more, and of scores nobody has.

        Parameters
        ----------
        data : Transactions or frame, optional
            The customers; those of the fit if left out.
        **options
            As for `score`.

        Returns
        -------
        frame
            For each dimension with such a tie: `dimension`, the `value` most shared
            among those at a cut, `customers`, their `share`, `unused_scores`, and all
            in `words`.
        """
        ties = self._ties(self.score(data, **options))
        return native_frame(ties_columns(ties), family=self._family())

    def _ties(self, scores: Scores) -> list[Tie]:
        return ties_of(scores, self._fitted().cuts)

    def rules(self) -> str:
        """Return the segment map as a grid of text, the best recency on top."""
        names = self._fitted().segment_map
        return "no segments: segment_map=None" if names is None else repr(names)

    def _family(self) -> str:
        if self._output is not None:
            return self._output
        return "numpy" if self._training is None else self._training.family

    # -- display -------------------------------------------------------------------

    def _headline(self) -> str:
        learned = self._fitted()
        as_of = "" if learned.as_of is None else f" as of {learned.as_of}"
        counts = f", frequency in {learned.counted}" if learned.counted else ""
        how = {"quantile": "quantiles", "nested": "nested bins", "rank": "ranks"}
        return (
            f"RFM fitted to {counted(learned.customers, 'customer')}{as_of}: "
            f"{how[learned.method]}{counts}"
        )

    def _table(self) -> tuple[list[str], list[list[str]]]:
        """Return the cuts of each dimension, from the worst to the best."""
        rows: list[list[str]] = []
        top = max(one.bins for one in self._fitted().cuts)
        for one in self._fitted().cuts:
            cells = [f"{cut:,.6g}" for cut in next(iter(one.cuts))]
            if len(one.cuts) > 1:
                cells = ["in each group"]
            rows.append([one.name, *cells, *[""] * (top - 1 - len(cells))])
        header = ["cuts", *(f"{score} | {score + 1}" for score in range(1, top))]
        return header, rows

    def _words(self) -> str:
        return "" if self._training is None else "\n".join(self.notes_)

    @override
    def __repr__(self) -> str:
        if self._learned is None:
            return self._constructor()
        words = self._words()
        parts = [self._headline(), text_table(*self._table()), *([words] * bool(words))]
        return "\n".join(parts)

    def _repr_html_(self) -> str:
        if self._learned is None:
            return html_report(repr(self), [], [])
        return html_report(self._headline(), *self._table(), self._words())
