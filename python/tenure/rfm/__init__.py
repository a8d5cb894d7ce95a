"""Recency, frequency and money: scores that are stable, segments that are data."""

from __future__ import annotations

from tenure.rfm.dimensions import DIMENSIONS, Dimension
from tenure.rfm.estimator import RFM
from tenure.rfm.maps import segment_maps
from tenure.rfm.scores import Scores
from tenure.rfm.segments import SegmentMap

__all__ = ["DIMENSIONS", "RFM", "Dimension", "Scores", "SegmentMap", "segment_maps"]
