"""Does it work: what customers did next, by score, by segment, and by ranking."""

from __future__ import annotations

import copy
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Literal

import numpy as np

from tenure._frame import Categories, Table, native_frame
from tenure._intervals import check_level
from tenure._report import counted, html_report, text_table, written
from tenure._seen import check_has_not_seen_more
from tenure._typing import override
from tenure.exceptions import NotFittedError, ParameterError
from tenure.rfm.intervals import group_ratios, wilson
from tenure.rfm.ranking import Concentration, Order, area_under_curve, lift
from tenure.value import _buying

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from numpy.typing import NDArray

    from tenure._purchasing import PurchasingModel
    from tenure.rfm.scores import Scores
    from tenure.summary import Split

__all__ = ["Validation"]

SCORE = "RFM score"
"""The ranking that the others are compared with."""


@dataclass(frozen=True, eq=False, repr=False)
class Validation:
    """What was foretold of customers, beside what they did.

    Made by `RFM.validate`.

    Attributes
    ----------
    scores : Scores
        Scores by what was known at the split.
    bought : bool array
        Who bought after it.
    orders : float array
        How often.
    spend : float array or None
        For how much; None for a log without amounts.
    ranked : dict of str to array
        What customers are ranked by, more is better: the score from 0 to 100, each
        dimension by itself, and the purchases that a model expects.
    until : numpy.datetime64
        The last day foretold.
    groups : int
        Into how many groups rankings are cut for lift.
    level : float
        Confidence level of the intervals.
    """

    scores: Scores
    bought: NDArray[np.bool_]
    orders: NDArray[np.float64]
    spend: NDArray[np.float64] | None
    ranked: dict[str, NDArray[np.float64]]
    until: np.datetime64
    groups: int
    level: float

    @classmethod
    def of(
        cls,
        scores: Scores,
        known: Split,
        *,
        buying: PurchasingModel | None,
        groups: int,
        level: float,
    ) -> Validation:
        """Put scores beside what followed.

        Parameters
        ----------
        scores : Scores
        known : Split
            The holdout of the same log at the same date.
        buying : PurchasingModel or None
        groups : int
        level : float
        """
        check_level(level, name="level")
        if groups != int(groups) or not 2 <= groups <= len(scores):
            raise ParameterError.of(
                name="groups",
                expected="be a whole number from 2 to the number of customers, "
                f"{len(scores):,}",
                found=repr(groups),
            )
        rows = _rows_of(scores, known)
        ranked = {SCORE: scores.score}
        for one in scores.dimensions:
            values = scores.inputs.values[one.name]
            ranked[one.name] = -values if one.best == "low" else values
        if buying is not None:
            name = type(_buying(buying)).__name__
            ranked[name] = _expected(buying, known)[rows]
        purchases = known.holdout_purchases[rows]
        spend = known.holdout_value
        return cls(
            scores=scores,
            bought=purchases > 0,
            orders=purchases.astype(np.float64),
            spend=None if spend is None else spend[rows],
            ranked=ranked,
            until=known.until,
            groups=groups,
            level=level,
        )

    # -- by score and segment ------------------------------------------------------

    def by_score(self) -> Any:
        """Return one row a score of each dimension: what its customers did next.

        Columns: `dimension`, `score`, `customers`, `purchase_rate` (the share who
        bought, with Wilson's interval), `orders` and `spend` a customer (means with
        normal intervals), each followed by `_low` and `_high`.
        """
        parts = [
            (one.name, self.scores.scores[one.name], self.scores.bins[one.name])
            for one in self.scores.dimensions
        ]
        found = [
            self._outcomes(codes.astype(np.intp) - 1, bins) for _, codes, bins in parts
        ]
        columns: dict[str, NDArray[Any] | Categories] = {
            "dimension": np.repeat(
                np.array([name for name, _, _ in parts], dtype=object),
                [bins for _, _, bins in parts],
            ),
            "score": np.concatenate([np.arange(1, bins + 1) for _, _, bins in parts]),
        }
        for name in found[0]:
            columns[name] = np.concatenate([one[name] for one in found])
        return native_frame(columns, family=self.scores.family)

    def by_segment(self) -> Any:
        """Return one row a segment: what its customers did next, as `by_score`."""
        names, codes = self.scores.segment_names, self.scores.segment_codes
        if codes is None:
            raise ParameterError.of(
                name="segment_map", expected="name segments", found="None"
            )
        columns: dict[str, NDArray[Any] | Categories] = {
            "segment": Categories(np.arange(len(names)), names),
            **self._outcomes(codes.astype(np.intp), len(names)),
        }
        return native_frame(columns, family=self.scores.family)

    def _outcomes(
        self, groups: NDArray[np.intp], count: int
    ) -> dict[str, NDArray[Any]]:
        """Return what the customers of each group did next."""
        sizes = np.bincount(groups, minlength=count)
        buyers = np.bincount(groups[self.bought], minlength=count)
        ones = np.ones(len(groups))
        columns: dict[str, NDArray[Any]] = {"customers": sizes}
        estimates = {
            "purchase_rate": wilson(buyers, sizes, self.level),
            "orders": group_ratios(self.orders, ones, groups, count, self.level),
        }
        if self.spend is not None:
            found = group_ratios(self.spend, ones, groups, count, self.level)
            estimates["spend"] = found
        for name, (estimate, low, high) in estimates.items():
            columns |= {name: estimate, f"{name}_low": low, f"{name}_high": high}
        return columns

    # -- by ranking ----------------------------------------------------------------

    @property
    def _targets(self) -> dict[str, NDArray[np.float64]]:
        """What is to be foretold."""
        spend = {} if self.spend is None else {"spend": self.spend}
        return {"orders": self.orders, **spend}

    def _concentrations(self) -> dict[str, dict[str, Concentration]]:
        """Return how each ranking concentrates each target."""
        orders = {name: Order.of(values) for name, values in self.ranked.items()}
        return {
            target: {
                name: Concentration.of(order, amounts) for name, order in orders.items()
            }
            for target, amounts in self._targets.items()
        }

    def rankings(self) -> Any:
        """Return one row a ranking, the best for orders first.

        Columns: `ranking`; `auc`, how often somebody who bought was ranked above
        somebody who did not (0.5 is chance; DeLong's interval); `gini_orders` and
        `gini_spend`, the concentration of orders and of spend with those ranked highest
        (0 is chance); `gini_orders_vs_score`, its difference from the RFM score's, with
        the interval for the same customers: if that has no 0 in it, the ranking is
        better, or worse, than the score on these data. Each with `_low` and `_high`.
        """
        found = self._concentrations()
        names = sorted(
            self.ranked, key=lambda name: (-_or_least(found["orders"][name]), name)
        )
        columns: dict[str, NDArray[Any]] = {"ranking": np.array(names, dtype=object)}
        areas = [
            area_under_curve(self.ranked[name], self.bought, self.level)
            for name in names
        ]
        columns |= _ends("auc", areas)
        for target, of in found.items():
            ginis = [(of[name].index, *of[name].interval(self.level)) for name in names]
            columns |= _ends(f"gini_{target}", ginis)
        score = found["orders"][SCORE]
        gaps = [found["orders"][name].difference(score, self.level) for name in names]
        columns |= _ends("gini_orders_vs_score", gaps)
        return native_frame(columns, family=self.scores.family)

    def lift(self, target: str = "orders") -> Any:
        """Return one row a ranking and group of customers, the highest ranked first.

        Parameters
        ----------
        target : {"orders", "spend"}
            What is to be foretold.

        Returns
        -------
        frame
            `ranking`, `group` (1 is the top), `mean` a customer with its interval,
            `lift` (over the mean of all) and `captured`: the share of the total that
            this group and those before it account for.
        """
        if target not in self._targets:
            raise ParameterError.of(
                name="target",
                expected=f"be one of {', '.join(map(repr, self._targets))}",
                found=repr(target),
            )
        amounts = self._targets[target]
        found = [
            lift(Order.of(values), amounts, self.groups, self.level)
            for values in self.ranked.values()
        ]
        count = len(self.ranked)
        names = np.array(list(self.ranked), dtype=object)
        columns: dict[str, NDArray[Any]] = {
            "ranking": np.repeat(names, self.groups),
            "group": np.tile(np.arange(1, self.groups + 1), count),
        }
        for name in found[0]:
            columns[name] = np.concatenate([one[name] for one in found])
        return native_frame(columns, family=self.scores.family)

    # -- display -------------------------------------------------------------------

    def plot(
        self,
        kind: Literal["gains", "lift"] = "gains",
        *,
        ax: Axes | None = None,
        **options: Any,
    ) -> Axes:
        """Draw how rankings did: `plotting.plot_gains` or `plot_lift`."""
        from tenure import plotting  # noqa: PLC0415

        draw = {"gains": plotting.plot_gains, "lift": plotting.plot_lift}.get(kind)
        if draw is None:
            raise ParameterError.of(
                name="kind", expected="be 'gains' or 'lift'", found=repr(kind)
            )
        return draw(self, ax=ax, **options)

    def verdict(self) -> str:
        """Return in words which ranking foretells orders best on these data."""
        of = self._concentrations()["orders"]
        if not self.bought.any():
            return "nobody bought after the split: no ranking can be judged"
        others = [name for name in of if name != SCORE]
        rival = max(others, key=lambda name: _or_least(of[name]))
        gap, low, high = of[rival].difference(of[SCORE], self.level)
        what = rival if rival in self._models() else f"plain {rival}"
        better, worse = (what, "the RFM score") if gap > 0 else ("the RFM score", what)
        certain = "" if low > 0 or high < 0 else "; that may be chance"
        ends = (abs(gap), low, high) if gap > 0 else (abs(gap), -high, -low)
        return (
            f"{better} ranks later orders best, before {worse}: Gini "
            f"{max(of[rival].index, of[SCORE].index):.3f} against "
            f"{min(of[rival].index, of[SCORE].index):.3f}, a difference of "
            "{:.3f} [{:.3f}, {:.3f}]".format(*ends)
            + certain
        )

    def _models(self) -> set[str]:
        plain = {one.name for one in self.scores.dimensions}
        return set(self.ranked) - plain - {SCORE}

    def _headline(self) -> str:
        split = "" if self.scores.as_of is None else written(self.scores.as_of)
        buyers = int(self.bought.sum())
        return (
            f"{counted(len(self.bought), 'customer')} known at {split}, "
            f"{buyers:,} of whom bought up to {written(self.until)}"
        )

    def _table(self) -> tuple[list[str], list[list[str]]]:
        of = self._concentrations()
        names = sorted(self.ranked, key=lambda name: -_or_least(of["orders"][name]))
        header = ["ranking", "AUC", *(f"Gini of {target}" for target in of)]
        area = {
            name: area_under_curve(values, self.bought, self.level)[0]
            for name, values in self.ranked.items()
        }
        rows = [
            [
                name,
                f"{area[name]:.3f}",
                *(f"{found[name].index:.3f}" for found in of.values()),
            ]
            for name in names
        ]
        return header, rows

    @override
    def __repr__(self) -> str:
        return "\n".join([self._headline(), text_table(*self._table()), self.verdict()])

    def _repr_html_(self) -> str:
        return html_report(self._headline(), *self._table(), self.verdict())


def _or_least(found: Concentration) -> float:
    """Return the index, or less than any if there is none."""
    return found.index if np.isfinite(found.index) else -2.0


def _ends(
    name: str, rows: list[tuple[float, float, float]]
) -> dict[str, NDArray[np.float64]]:
    """Return estimates and the ends of their intervals as three columns."""
    table = np.array(rows, dtype=np.float64)
    names = (name, f"{name}_low", f"{name}_high")
    return {column: table[:, place] for place, column in enumerate(names)}


def _rows_of(scores: Scores, known: Split) -> NDArray[np.intp]:
    """Return the place in the split of each customer who was scored."""
    ids = np.concatenate([known.customer_id, scores.customer_id])
    codes = Table.of({"customer_id": ids}).codes("customer_id")
    there, wanted = np.split(codes.values, [len(known)])
    places = np.full(codes.n_categories, -1, dtype=np.intp)
    places[there] = np.arange(len(known))
    return places[wanted]


def _expected(model: PurchasingModel, known: Split) -> NDArray[np.float64]:
    """Return the purchases that a model expects in the holdout.

    A model that is not fitted is fitted to what was known at the split.
    """
    try:
        fitted = model.result_.customers >= 0
    except NotFittedError:
        fitted = False
    if fitted:
        check_has_not_seen_more(model, known, when="at the split, ")
    else:
        model = copy.copy(model).fit(known)
    expected = model.expected_purchases(known, horizon=known.holdout_duration)
    return np.asarray(expected, dtype=np.float64)
