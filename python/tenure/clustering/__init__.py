"""Groups of customers who are alike: k-means and Gaussian mixtures.

`scaling` brings dimensions to comparable scales, `partition` says who is in which
cluster, `search` finds clusters (with scikit-learn) and how many, `stability` tells
whether they would be found again, and `segments` puts it together.
"""

from __future__ import annotations

from tenure.clustering.segments import ClusterSegments

__all__ = ["ClusterSegments"]
