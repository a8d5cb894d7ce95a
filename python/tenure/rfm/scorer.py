"""Fitting and scoring: the part of `RFM` that holds what was learned."""

from __future__ import annotations

from abc import ABC
from typing import TYPE_CHECKING, Any

import numpy as np

from tenure._core import VERSION
from tenure._family import family_or_default
from tenure._settings import FORMAT, Configured
from tenure._typing import override
from tenure.exceptions import NotFittedError
from tenure.rfm.dimensions import dimensions_of
from tenure.rfm.inputs import Query, read
from tenure.rfm.learned import Learned
from tenure.rfm.orders import Reading
from tenure.rfm.plans import plans_of
from tenure.rfm.scores import Scores
from tenure.rfm.settings import live_settings, map_of, plain_settings, weights_of

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from typing import Self

    from numpy.typing import NDArray

    from tenure._family import Family
    from tenure._typing import Date
    from tenure._units import Horizon
    from tenure.rfm.dimensions import Dimension
    from tenure.rfm.orders import FrequencyRule, Margin, MonetaryRule
    from tenure.rfm.plans import Method, Ties
    from tenure.rfm.segments import SegmentMap

__all__ = ["Scorer"]


class Scorer(Configured, ABC):
    """What learns cuts from one base, and scores any other by them.

    The settings are those of `RFM`, whose constructor stores them.
    """

    bins: int | Sequence[float] | Mapping[str, int | Sequence[float]]
    method: Method
    ties: Ties
    thresholds: Mapping[str, Sequence[float]] | None
    dimensions: Sequence[str | Dimension]
    weights: Mapping[str, float] | None
    segment_map: str | SegmentMap | None
    frequency: FrequencyRule
    monetary: MonetaryRule
    margin: Margin
    window: Horizon | None
    seed: int

    def __init__(self) -> None:
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

    def _fitted(self) -> Learned:
        if self._learned is None:
            msg = "this RFM is not fitted; call fit() first"
            raise NotFittedError(msg)
        return self._learned

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
