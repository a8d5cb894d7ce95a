"""Recency, frequency and money: scores that are stable, segments that are data."""

from __future__ import annotations

from tenure.rfm.dimensions import DIMENSIONS, Dimension
from tenure.rfm.estimator import RFM
from tenure.rfm.groups import heavy_medium_light, new_repeating_lapsed
from tenure.rfm.maps import segment_maps
from tenure.rfm.migration import Migration
from tenure.rfm.scores import Scores
from tenure.rfm.segments import SegmentMap
from tenure.rfm.validation import Validation

__all__ = [
    "DIMENSIONS",
    "RFM",
    "Dimension",
    "Migration",
    "Scores",
    "SegmentMap",
    "Validation",
    "heavy_medium_light",
    "new_repeating_lapsed",
    "segment_maps",
]
