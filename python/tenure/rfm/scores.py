"""The scores and segments of a base at one date."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any, Literal

import numpy as np

from tenure._frame import Categories
from tenure._report import counted, html_report, text_table, written
from tenure._typing import override
from tenure.exceptions import ColumnError, ParameterError
from tenure.rfm.inputs import frame_of
from tenure.rfm.outlook import Outlook
from tenure.rfm.segments import code_of
from tenure.rfm.summary import summarize

if TYPE_CHECKING:
    from collections.abc import Mapping

    from matplotlib.axes import Axes
    from numpy.typing import ArrayLike, NDArray

    from tenure._family import Family
    from tenure._purchasing import PurchasingModel
    from tenure._units import Horizon
    from tenure.rfm.dimensions import Dimension
    from tenure.rfm.inputs import Inputs
    from tenure.rfm.segments import SegmentMap
    from tenure.spend import GammaGamma

__all__ = ["Scores"]


@dataclass(frozen=True, eq=False, repr=False)
class Scores:
    """What `RFM` says of each customer.

    Made by `RFM.score`. `scores["monetary"]` and `scores["m"]` are columns as arrays.

    Attributes
    ----------
    inputs : Inputs
        Customers and the values that they were scored by.
    dimensions : tuple of Dimension
        What they were scored by.
    scores : dict of str to uint8 array
        The scores by dimension, from 1, the worst; 0 for who has never bought.
    bins : dict of str to int
        The highest score by dimension.
    weights : dict of str to float
        The weights of the dimensions in `score`.
    segment_map : SegmentMap or None
        What segments were named by.
    segment_codes : uint8 array or None
        The place of each customer's segment among `segment_names`.
    """

    inputs: Inputs
    dimensions: tuple[Dimension, ...]
    scores: dict[str, NDArray[np.uint8]]
    bins: dict[str, int]
    weights: dict[str, float]
    segment_map: SegmentMap | None
    segment_codes: NDArray[np.uint8] | None

    # -- customers -----------------------------------------------------------------

    @property
    def customer_id(self) -> NDArray[Any]:
        """Who."""
        return self.inputs.customer_id

    @property
    def as_of(self) -> np.datetime64 | None:
        """The last day observed; None for a table."""
        return self.inputs.as_of

    @property
    def family(self) -> str:
        """The kind of frame that results come back as."""
        return self.inputs.family

    @property
    def notes(self) -> tuple[str, ...]:
        """What was left out, in words."""
        return self.inputs.notes

    def __len__(self) -> int:
        """Return the number of customers."""
        return len(self.inputs)

    # -- columns -------------------------------------------------------------------

    @property
    def score(self) -> NDArray[np.float64]:
        """All scores in one, from 0 (all are 1) to 100 (all are the highest).

        The weighted mean of each score's share of the way from 1 to the highest; NaN
        for customers who have never bought.
        """
        total = np.zeros(len(self))
        for name, scores in self.scores.items():
            total += (scores - 1.0) * (self.weights[name] / (self.bins[name] - 1))
        total *= 100.0 / sum(self.weights.values())
        if self.inputs.bought is not None:
            total[~self.inputs.bought] = np.nan
        return total

    @property
    def rfm(self) -> NDArray[Any]:
        """The scores in one text, such as "541"; with hyphens where one may be 10."""
        bins = list(self.bins.values())
        codes = np.zeros(len(self), dtype=np.intp)
        for name, scores in self.scores.items():
            codes = codes * (self.bins[name] + 1) + scores
        places = np.indices([top + 1 for top in bins]).reshape(len(bins), -1).T
        texts = [code_of(tuple(cell), max(bins)) for cell in places.tolist()]
        return np.array(texts, dtype=object)[codes]

    @property
    def segment_names(self) -> tuple[str, ...]:
        """The segments from the best to the worst; who has never bought comes last."""
        if self.segment_map is None:
            return ()
        names = self.segment_map.names
        everyone = self.inputs.bought is None
        return names if everyone else (*names, self.segment_map.prospects)

    @property
    def segment(self) -> NDArray[Any] | None:
        """The name of each customer's segment; None without a segment map."""
        if self.segment_codes is None:
            return None
        return np.array(self.segment_names, dtype=object)[self.segment_codes]

    @property
    def columns(self) -> dict[str, NDArray[Any] | Categories]:
        """The columns of `to_frame` by name, without the customers."""
        found: dict[str, NDArray[Any] | Categories] = {}
        for one in self.dimensions:
            values = self.inputs.values[one.name]
            counts = one.kind == "count"
            found[one.column] = values.astype(np.int64) if counts else values
        for one in self.dimensions:
            found[one.score] = self.scores[one.name].view(np.int8)
        found["rfm"] = self.rfm
        found["score"] = self.score
        if self.segment_codes is not None:
            codes = self.segment_codes
            found["segment"] = Categories(codes, self.segment_names)
        return found

    def __getitem__(self, column: str) -> NDArray[Any]:
        """Return a column of `to_frame` as an array."""
        columns = {"customer_id": self.customer_id, **self.columns}
        if column not in columns:
            raise ColumnError.unknown(column, tuple(columns))
        found = columns[column]
        return found.native("numpy") if isinstance(found, Categories) else found

    def row(self, place: int) -> dict[str, Any]:
        """Return the columns of one customer, by their place."""
        one = np.array([place])
        return {name: values[0] for name, values in self._columns_of(one).items()}

    def _columns_of(self, rows: NDArray[np.intp]) -> dict[str, NDArray[Any]]:
        """Return the columns of some customers as arrays."""
        bought = self.inputs.bought
        inputs = replace(
            self.inputs,
            customer_id=self.customer_id[rows],
            values={name: one[rows] for name, one in self.inputs.values.items()},
            bought=None if bought is None else bought[rows],
        )
        codes = self.segment_codes
        part = replace(
            self,
            inputs=inputs,
            scores={name: one[rows] for name, one in self.scores.items()},
            segment_codes=None if codes is None else codes[rows],
        )
        return {name: part[name] for name in part.columns}

    def to_frame(self, family: Family | None = None) -> Any:
        """Return one row a customer.

        Columns: the values that were scored (`recency_days`, `frequency`, `monetary`
        and what else was asked for), their scores (`r`, `f`, `m`), `rfm` (the scores
        as text), `score` (0 to 100), `segment` (an ordered categorical, the best
        first). `customer_id` is the index of a pandas frame and a column of others.

        Parameters
        ----------
        family : {"pandas", "polars", "pyarrow", "numpy"}, optional
            What to return; that of the data by default.
        """
        return frame_of(self.inputs, self.columns, family)

    def segments(
        self,
        *,
        by: str | ArrayLike | None = None,
        level: float = 0.95,
        buying: PurchasingModel | None = None,
        spend: GammaGamma | float | None = None,
        horizon: Horizon | None = "12 months",
        discount_rate: float = 0.10,
    ) -> Any:
        """Return one row a segment: customers, orders and money, with intervals.

        Each estimate is followed by the ends of its interval, `_low` and `_high`. For
        the share of customers that is Wilson's; for means, for ratios (order value)
        and for shares of money it is the normal one for customers drawn at random,
        which needs some dozens of customers to be relied on, and of one customer there
        is none. It is made on a logarithmic scale where no amount is negative (log
        odds for shares), so that its ends are possible. Where there is no total above
        0, shares of it are NaN.

        Means of what models expect are uncertain in two ways, and their intervals
        hold both: which customers there are, and the parameters of the models (by the
        delta method; buying and spend are taken as independent). The interval of
        `expected_value_total` is for the customers whom there are: parameters alone.
        Parameters that were given, as to `from_params`, count as exact; of a model that
        was fitted without standard errors, as at a boundary, there are no intervals.

        Parameters
        ----------
        by : str or array, optional
            An attribute of the log, a column of the table, or one value a customer:
            segments are then counted within each of its values.
        level : float, default 0.95
            How often such intervals hold the true value.
        buying : BGNBD or another model of repeat buying, optional
            Fitted; adds the mean probability that customers are alive. For a log.
        spend : GammaGamma or float, optional
            With `buying`: adds the expected value of customers over the horizon, as
            margin where the scores have one and revenue otherwise.
        horizon, discount_rate
            As for `lifetime_value`.

        Returns
        -------
        frame
            The attribute, `segment`, `customers`, `share`, `orders`,
            `orders_per_customer`, `revenue`, `revenue_share`, `revenue_per_customer`,
            `order_value`, the same of `margin` where it is known,
            `probability_alive`, `expected_value_total` and `expected_value` (mean).

        Examples
        --------
        >>> import tenure as tn
        >>> table = {
        ...     "recency_days": [3, 40, 90, 200],
        ...     "frequency": [4, 2, 1, 1],
        ...     "monetary": [90.0, 20.0, 15.0, 5.0],
        ... }
        >>> frame = tn.RFM().fit(table).segments()
        >>> frame["segment"][:2], frame["customers"][:2]
        (array(['Champions', 'Loyal'], dtype=object), array([1, 1]))
        """
        outlook = None
        if buying is not None:
            outlook = Outlook.of(
                self,
                buying,
                spend,
                horizon=horizon,
                discount_rate=discount_rate,
                level=level,
            )
        return summarize(self, by=by, outlook=outlook, level=level)

    # -- display -------------------------------------------------------------------

    def plot(
        self,
        kind: Literal["grid", "treemap", "shares"] = "grid",
        *,
        ax: Axes | None = None,
        **options: Any,
    ) -> Axes:
        """Draw customers by score, or by segment.

        Parameters
        ----------
        kind : {"grid", "treemap", "shares"}
            `plotting.plot_score_grid`, `plot_segment_treemap` or `plot_segment_shares`.
        ax : Axes, optional
            Where to draw.
        **options
            As these functions take them.
        """
        from tenure import plotting  # noqa: PLC0415

        draw = {
            "grid": plotting.plot_score_grid,
            "treemap": plotting.plot_segment_treemap,
            "shares": plotting.plot_segment_shares,
        }.get(kind)
        if draw is None:
            raise ParameterError.of(
                name="kind",
                expected="be 'grid', 'treemap' or 'shares'",
                found=repr(kind),
            )
        return draw(self, ax=ax, **options)

    def _headline(self) -> str:
        as_of = "" if self.as_of is None else f" as of {written(self.as_of)}"
        return f"Scores of {counted(len(self), 'customer')}{as_of}"

    def _rows(self) -> tuple[list[str], list[list[str]]]:
        """Return the number of customers by score and by segment."""
        top = max(self.bins.values())
        header = ["customers with score", *(str(score) for score in range(1, top + 1))]
        rows: list[list[str]] = []
        for one in self.dimensions:
            sizes = np.bincount(self.scores[one.name], minlength=top + 1)[1 : top + 1]
            own = self.bins[one.name]
            cells = [
                f"{size:,}" if place < own else "" for place, size in enumerate(sizes)
            ]
            rows.append([one.name, *cells])
        return header, rows

    @override
    def __repr__(self) -> str:
        notes = "".join(f"\n{note}" for note in self.notes)
        return f"{self._headline()}\n{text_table(*self._rows())}{notes}"

    def _repr_html_(self) -> str:
        return html_report(self._headline(), *self._rows(), "; ".join(self.notes))


def sizes_of(scores: Scores) -> Mapping[str, int]:
    """Return the number of customers by segment."""
    if scores.segment_codes is None:
        return {}
    names = scores.segment_names
    sizes = np.bincount(scores.segment_codes, minlength=len(names))
    return dict(zip(names, sizes.tolist(), strict=True))
