"""Cohorts: retention and value of customers by when they began."""

from __future__ import annotations

from tenure.cohorts._intervals import newcombe, wilson
from tenure.cohorts.cohorts import Cohorts
from tenure.cohorts.projection import Projection
from tenure.cohorts.retention import Retention
from tenure.cohorts.values import CohortValues

__all__ = ["CohortValues", "Cohorts", "Projection", "Retention", "newcombe", "wilson"]
