"""What a fit has learned, apart from the settings that it was asked with."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

import numpy as np

from tenure import _core
from tenure.exceptions import EmptyDataError
from tenure.rfm.dimensions import Dimension
from tenure.rfm.orders import Reading
from tenure.rfm.scores import Scores
from tenure.rfm.scoring import Cuts, apply, learn
from tenure.rfm.segments import SegmentMap

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from numpy.typing import NDArray

    from tenure.rfm.inputs import Inputs
    from tenure.rfm.plans import Method, Plan

__all__ = ["Learned"]


@dataclass(frozen=True)
class Learned:
    """Cuts, and all that is needed to score by them.

    Attributes
    ----------
    dimensions : tuple of Dimension
    cuts : tuple of Cuts
    method : {"quantile", "nested", "rank"}
    seed : int
    weights : dict of str to float
    segment_map : SegmentMap or None
    reading : Reading
    customers : int
        How many buyers the cuts were learned from.
    as_of : str or None
        The day up to which the log was read.
    counted : str
        What frequency counts.
    """

    dimensions: tuple[Dimension, ...]
    cuts: tuple[Cuts, ...]
    method: Method
    seed: int
    weights: dict[str, float]
    segment_map: SegmentMap | None
    reading: Reading
    customers: int
    as_of: str | None
    counted: str

    @classmethod
    def of(
        cls,
        inputs: Inputs,
        plans: Sequence[Plan],
        *,
        method: Method,
        seed: int,
        weights: dict[str, float],
        segment_map: SegmentMap | None,
        reading: Reading,
    ) -> Learned:
        """Learn the cuts from the customers who have bought."""
        buyers = len(inputs.of_buyers(inputs.customer_id))
        if not buyers:
            raise EmptyDataError.of(
                what="nobody has bought anything",
                hint="customers without an order are not scored",
            )
        return cls(
            dimensions=tuple(plan.dimension for plan in plans),
            cuts=learn(plans, method, inputs, seed),
            method=method,
            seed=seed,
            weights=weights,
            segment_map=segment_map,
            reading=reading,
            customers=buyers,
            as_of=None if inputs.as_of is None else str(inputs.as_of),
            counted=inputs.counted,
        )

    def score(self, inputs: Inputs) -> Scores:
        """Return scores and segments of customers."""
        scores = apply(self.cuts, self.method, inputs, self.seed)
        return Scores(
            inputs=inputs,
            dimensions=self.dimensions,
            scores=scores,
            bins={one.name: one.bins for one in self.cuts},
            weights=self.weights,
            segment_map=self.segment_map,
            segment_codes=self._segments(scores),
        )

    def _segments(
        self, scores: Mapping[str, NDArray[np.uint8]]
    ) -> NDArray[np.uint8] | None:
        names = self.segment_map
        if names is None:
            return None
        return _core.rfm_segments(
            [scores[name] for name in names.dimensions],
            np.array(names.highest, dtype=np.uint8),
            names.table(),
            len(names.names),
        )

    def with_map(self, segment_map: SegmentMap | None) -> Learned:
        """Return the same cuts with other names."""
        return replace(self, segment_map=segment_map)

    # -- storage -------------------------------------------------------------------

    def to_dict(self) -> dict[str, Any]:
        """Return everything as numbers, texts and lists."""
        names = self.segment_map
        return {
            "dimensions": [one.to_dict() for one in self.dimensions],
            "cuts": [one.to_dict() for one in self.cuts],
            "method": self.method,
            "seed": self.seed,
            "weights": dict(self.weights),
            "segment_map": None if names is None else names.to_dict(),
            "reading": self.reading.to_dict(),
            "customers": self.customers,
            "as_of": self.as_of,
            "counted": self.counted,
        }

    @classmethod
    def from_dict(cls, stored: Mapping[str, Any]) -> Learned:
        """Return what `to_dict` wrote."""
        names = stored["segment_map"]
        return cls(
            dimensions=tuple(Dimension(**one) for one in stored["dimensions"]),
            cuts=tuple(Cuts.from_dict(one) for one in stored["cuts"]),
            method=stored["method"],
            seed=stored["seed"],
            weights=dict(stored["weights"]),
            segment_map=None if names is None else SegmentMap.from_dict(names),
            reading=Reading.from_dict(stored["reading"]),
            customers=stored["customers"],
            as_of=stored["as_of"],
            counted=stored["counted"],
        )
