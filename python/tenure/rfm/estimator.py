"""The estimator: its settings, and what they mean."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from tenure.rfm.over_time import OverTime
from tenure.rfm.settings import STANDARD

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from matplotlib.axes import Axes

    from tenure._units import Horizon
    from tenure.rfm.dimensions import Dimension
    from tenure.rfm.orders import FrequencyRule, Margin, MonetaryRule
    from tenure.rfm.plans import Method, Ties
    from tenure.rfm.segments import SegmentMap

__all__ = ["RFM"]


class RFM(OverTime):
    """Scores of recency, frequency and money, and the segments that they make.

    `fit` learns where to cut each dimension, `score` and `transform` cut any later
    data at the same places. Scores run from 1, the worst, to the number of bins, the
    best. Equal values get equal scores, whatever the order of rows, and a base of
    which most bought once is scored like any other; `ties` says what came of it.

    Parameters
    ----------
    bins : int, sequence of float, or mapping, default 5
        Into how many bins of equal size each dimension is cut, from 2 to 10; or the
        shares of customers below each cut: ``(0.5, 0.8)`` makes bins of the lower
        half, the next 30 % and the top 20 %. A mapping gives either by dimension.
    method : {"quantile", "nested", "rank"}
        "quantile": cuts are quantiles of the values. "nested": frequency is cut anew
        within each score of recency, and money within each of both. "rank": bins have
        equal size even where values are equal; customers with equal values are put
        in an order drawn from their ids and `seed`.
    ties : {"low", "high", "mid", "first"} or mapping
        Which score a value gets that is equal to one cut or to several: the lowest,
        the highest, or the one in the middle (the lower of two). "first" breaks ties
        as `method="rank"` does. A mapping gives it by dimension. Where half the base
        bought today, ``{"recency": "high"}`` gives them the best score.
    thresholds : mapping of str to sequence of float, optional
        For each dimension named, the values at which to cut, ascending and in the
        dimension's own units, instead of quantiles.
    dimensions : sequence of str or Dimension
        What customers are scored by. A log has "recency" (days since the last
        purchase), "frequency", "monetary", "tenure" (days since the first purchase),
        "breadth" (different products), "margin" and "order_value" (revenue an order).
    weights : mapping of str to float, optional
        Weights of the dimensions in `score`, from 0 to 100; equal by default.
    segment_map : str, SegmentMap or None, default "auto"
        How segments are named: one of `tenure.segment_maps`, or a map of your own.
        "auto" is "ten" for five bins of recency and frequency, "pymc_marketing" for
        four of each dimension, and none otherwise.
    frequency : {"auto", "orders", "days", "purchases"}
        What frequency counts in a log: different order ids, days with a purchase, or
        purchases as the log merged them. "auto": orders where the log knows them,
        otherwise days (or the weeks or months by which it was merged). Refunds are no
        orders.
    monetary : {"sum", "mean", "margin"}
        Net sum of what was paid, its mean by what frequency counts, or the margin.
    margin : float or mapping, optional
        The share of revenue that is margin, or that of each product.
    window : str, float or timedelta, optional
        How far back purchases count, such as "12 months" or 90 (days). Customers
        without a purchase in it are left out, and counted in `notes`.
    seed : int, default 0
        What tie-breaks are drawn from.

    See Also
    --------
    tenure.segment_maps : Maps that other packages and products use.

    Notes
    -----
    The R package rfm cuts at quantiles plus 1 and gives the next score to values equal
    to a threshold. Its scores are those of ``thresholds`` at those places with
    ``ties={"recency": "low", "frequency": "high", "monetary": "high"}``:

    >>> import numpy as np
    >>> import tenure as tn
    >>> table = {
    ...     "recency_days": [5, 40, 40, 200, 365],
    ...     "frequency": [9, 3, 3, 2, 1],
    ...     "monetary": [900.0, 250.0, 300.0, 80.0, 20.0],
    ... }
    >>> edges = {
    ...     name: np.quantile(table[column], [0.2, 0.4, 0.6, 0.8]) + 1
    ...     for name, column in (
    ...         ("recency", "recency_days"),
    ...         ("frequency", "frequency"),
    ...         ("monetary", "monetary"),
    ...     )
    ... }
    >>> ties = {"recency": "low", "frequency": "high", "monetary": "high"}
    >>> tn.RFM(thresholds=edges, ties=ties).fit(table).table()["rfm"]
    array(['555', '423', '424', '212', '111'], dtype=object)

    References
    ----------
    Hyndman and Fan 1996, Sample quantiles in statistical packages (type 7).
    Hughes 2005, Strategic database marketing (scores by quintiles, nested sorting).

    Examples
    --------
    >>> import tenure as tn
    >>> log = tn.Transactions(tn.datasets.load_cdnow(family="numpy"), amount="amount")
    >>> rfm = tn.RFM().fit(log)
    >>> scores = rfm.score()
    >>> scores["rfm"][:3], scores["segment"][:2]
    (array(['444', '134', '111'], dtype=object),
     array(['Loyal', 'At Risk'], dtype=object))
    """

    def __init__(
        self,
        *,
        bins: int | Sequence[float] | Mapping[str, int | Sequence[float]] = 5,
        method: Method = "quantile",
        ties: Ties = "low",
        thresholds: Mapping[str, Sequence[float]] | None = None,
        dimensions: Sequence[str | Dimension] = STANDARD,
        weights: Mapping[str, float] | None = None,
        segment_map: str | SegmentMap | None = "auto",
        frequency: FrequencyRule = "auto",
        monetary: MonetaryRule = "sum",
        margin: Margin = None,
        window: Horizon | None = None,
        seed: int = 0,
    ) -> None:
        self.bins = bins
        self.method = method
        self.ties = ties
        self.thresholds = thresholds
        self.dimensions = dimensions
        self.weights = weights
        self.segment_map = segment_map
        self.frequency = frequency
        self.monetary = monetary
        self.margin = margin
        self.window = window
        self.seed = seed
        super().__init__()

    def plot(
        self, kind: str = "grid", *, ax: Axes | None = None, **options: Any
    ) -> Axes:
        """Draw the customers of the fit, as `Scores.plot`; or "cuts" of a dimension."""
        if kind != "cuts":
            return self.score().plot(kind, ax=ax, **options)  # type: ignore[arg-type]
        from tenure.plotting import plot_score_cuts  # noqa: PLC0415

        return plot_score_cuts(self, ax=ax, **options)
