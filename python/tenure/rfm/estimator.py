"""The estimator: learns where to cut, scores any later data by the same cuts."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from tenure._core import VERSION
from tenure._family import family_or_default
from tenure._frame import native_frame
from tenure._report import counted, html_report, text_table
from tenure._settings import FORMAT
from tenure._typing import override
from tenure.exceptions import NotFittedError
from tenure.rfm.dimensions import dimensions_of
from tenure.rfm.inputs import Query, read
from tenure.rfm.learned import Learned
from tenure.rfm.orders import Reading
from tenure.rfm.over_time import OverTime
from tenure.rfm.scores import Scores
from tenure.rfm.scoring import plans_of
from tenure.rfm.settings import (
    STANDARD,
    live_settings,
    map_of,
    plain_settings,
    weights_of,
)
from tenure.rfm.thresholds import thresholds_columns, ties_columns, ties_of

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from typing import Self

    from numpy.typing import NDArray

    from tenure._family import Family
    from tenure._typing import Date
    from tenure._units import Horizon
    from tenure.rfm.dimensions import Dimension
    from tenure.rfm.orders import FrequencyRule, Margin, MonetaryRule
    from tenure.rfm.scoring import Method, Ties
    from tenure.rfm.segments import SegmentMap
    from tenure.rfm.thresholds import Tie

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
        self.method: Method = method
        self.ties: Ties = ties
        self.thresholds = thresholds
        self.dimensions = dimensions
        self.weights = weights
        self.segment_map = segment_map
        self.frequency: FrequencyRule = frequency
        self.monetary: MonetaryRule = monetary
        self.margin: Margin = margin
        self.window = window
        self.seed = seed
        self._learned: Learned | None = None
        self._training: Scores | None = None
        self._output: Family | None = None

    # -- fitting -------------------------------------------------------------------

    def fit(
        self,
        data: object,
        y: object = None,  # noqa: ARG002
        *,
        as_of: Date | None = None,
        truncate: bool = False,
        customers: Any = None,
        columns: Mapping[str, str] | None = None,
        customer_id: str | None = None,
    ) -> Self:
        """Learn where to cut each dimension; any earlier fit is forgotten.

        Parameters
        ----------
        data : Transactions or frame
            A log of orders, or a table of any family with one row a customer and a
            column for each dimension: `recency_days`, `frequency`, `monetary`.
            Customers with a frequency of 0 in a table have never bought.
        y : None
            Not used; scikit-learn's.
        as_of : date, optional
            For a log, the last day observed; by default the day of its last event.
        truncate : bool, default False
            Whether `as_of` may lie before the last event; what comes later is then
            left out.
        customers : array-like or frame, optional
            For a log, the ids of all customers: who is not in the log is a prospect,
            with scores of 0.
        columns : mapping of str to str, optional
            For a table, the columns that hold the dimensions, if they are called
            otherwise: ``{"recency": "days_ago"}``.
        customer_id : str, optional
            For a table, the column with the ids. Without it, a column of that name,
            the index of a pandas frame, or row numbers.

        Returns
        -------
        RFM
            Itself.

        Raises
        ------
        ParameterError
            If a setting is out of range, or does not go with the data.
        DataError
            If a value is not what its dimension must hold.
        """
        self._learned, self._training = None, None
        dimensions = dimensions_of(self.dimensions)
        plans = plans_of(
            dimensions,
            bins=self.bins,
            thresholds=self.thresholds,
            ties=self.ties,
            method=self.method,
        )
        reading = Reading(self.frequency, self.monetary, self.margin, self.window)
        reading.check()
        bins = {plan.dimension.name: plan.bins for plan in plans}
        segment_map = map_of(self.segment_map, bins)
        weights = weights_of(self.weights, dimensions)
        query = Query(as_of, truncate, customers, columns, customer_id)
        inputs = read(data, dimensions, reading, query)
        self._learned = Learned.of(
            inputs,
            plans,
            method=self.method,
            seed=self.seed,
            weights=weights,
            segment_map=segment_map,
            reading=reading,
        )
        self._training = self._learned.score(inputs)
        return self

    def score(
        self,
        data: object = None,
        *,
        as_of: Date | None = None,
        truncate: bool = False,
        customers: Any = None,
        columns: Mapping[str, str] | None = None,
        customer_id: str | None = None,
    ) -> Scores:
        """Return scores and segments by the cuts of the fit.

        Parameters
        ----------
        data : Transactions or frame, optional
            The customers; those of the fit if left out. What the other parameters
            mean is said by `fit`.
        as_of, truncate, customers, columns, customer_id : optional
            As for `fit`.

        Returns
        -------
        Scores
            Columns as arrays, a frame by `to_frame()`.
        """
        learned = self._fitted()
        if data is None:
            if self._training is None:
                msg = (
                    "this RFM does not hold the customers of its fit (it was loaded); "
                    "pass them as data"
                )
                raise NotFittedError(msg)
            return self._training
        query = Query(as_of, truncate, customers, columns, customer_id)
        return learned.score(read(data, learned.dimensions, learned.reading, query))

    def transform(self, data: object, **options: Any) -> Any:
        """Return a frame of scores and segments by the cuts of the fit.

        Parameters
        ----------
        data : Transactions or frame
            The customers.
        **options
            `as_of`, `truncate`, `customers`, `columns` and `customer_id`, as for
            `fit`.

        Returns
        -------
        frame
            One row a customer, as `Scores.to_frame` describes it; of the family of
            the data, or that of `set_output`.
        """
        return self.score(data, **options).to_frame(self._output)

    def fit_transform(self, data: object, y: object = None, **options: Any) -> Any:
        """Fit, and return a frame of scores and segments of the same customers."""
        return self.fit(data, y, **options).table()

    def table(self) -> Any:
        """Return a frame of scores and segments of the customers of the fit."""
        return self.score().to_frame(self._output)

    def segments(self, data: object = None, **options: Any) -> Any:
        """Return one row a segment: customers, orders and money, with intervals.

        Parameters
        ----------
        data : Scores, Transactions or frame, optional
            The customers; those of the fit if left out.
        **options
            `by`, `level`, `buying`, `spend`, `horizon` and `discount_rate`, as for
            `Scores.segments`, which says what is returned.
        """
        scores = data if isinstance(data, Scores) else self.score(data)
        return scores.segments(**options)

    def set_output(self, *, transform: str | None = None) -> Self:
        """Choose the family of frames that `transform` and `table` return.

        Parameters
        ----------
        transform : {"default", "pandas", "polars", "pyarrow", "numpy"} or None
            "default": that of the data. None changes nothing.
        """
        if transform == "default":
            self._output = None
        elif transform is not None:
            self._output = family_or_default(transform)  # type: ignore[arg-type]
        return self

    def get_feature_names_out(self, input_features: object = None) -> NDArray[Any]:  # noqa: ARG002
        """Return the columns that `transform` makes, the ids apart."""
        learned = self._fitted()
        names = [one.column for one in learned.dimensions]
        names += [one.score for one in learned.dimensions]
        names += ["rfm", "score"]
        if learned.segment_map is not None:
            names.append("segment")
        return np.array(names, dtype=object)

    # -- what was learned ----------------------------------------------------------

    def _fitted(self) -> Learned:
        if self._learned is None:
            msg = "this RFM is not fitted; call fit() first"
            raise NotFittedError(msg)
        return self._learned

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
        """What was left out of the fit, and what ties have made of it, in words."""
        scores = self.score()
        return (*scores.notes, *(tie.words() for tie in self._ties(scores)))

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

    # -- storage -------------------------------------------------------------------

    @override
    def to_dict(self) -> dict[str, Any]:
        """Return settings and cuts as numbers and texts; the customers stay out."""
        return {
            "format": FORMAT,
            "tenure": VERSION,
            "model": type(self).__name__,
            "settings": plain_settings(self.get_params()),
            "fit": None if self._learned is None else self._learned.to_dict(),
        }

    @override
    @classmethod
    def from_dict(cls, stored: Mapping[str, Any]) -> Self:
        """Return the estimator that `to_dict` wrote."""
        cls._check_stored(stored)
        model = cls(**live_settings(stored["settings"]))
        if stored["fit"] is not None:
            model._learned = Learned.from_dict(stored["fit"])
        return model

    @override
    def __getstate__(self) -> dict[str, Any]:
        """Pickle without the customers: a fitted estimator is a few numbers."""
        return {**self.__dict__, "_training": None}

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
            cells = ["in each group"] if len(one.cuts) > 1 else []
            cells = cells or [f"{cut:,.6g}" for cut in one.cuts[0]]
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
