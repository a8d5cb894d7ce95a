"""The sections of the page, each a function from an analysis to markup."""

from __future__ import annotations

from tenure.reporting.sections.alive import alive
from tenure.reporting.sections.audit import between, cohort, periods
from tenure.reporting.sections.audit_base import base, cohorts, products
from tenure.reporting.sections.checks import checks
from tenure.reporting.sections.concentration import concentration
from tenure.reporting.sections.data import data
from tenure.reporting.sections.glance import glance
from tenure.reporting.sections.method import method
from tenure.reporting.sections.models import models
from tenure.reporting.sections.scores import scores
from tenure.reporting.sections.segments import segments
from tenure.reporting.sections.value import value

__all__ = [
    "alive",
    "base",
    "between",
    "checks",
    "cohort",
    "cohorts",
    "concentration",
    "data",
    "glance",
    "method",
    "models",
    "periods",
    "products",
    "scores",
    "segments",
    "value",
]
