"""The customer-base audit: five ways to look at all customers, and their products."""

from __future__ import annotations

from tenure.auditing.audit import Audit, audit
from tenure.auditing.between_customers import BetweenCustomers
from tenure.auditing.cohorts_compared import CohortsCompared
from tenure.auditing.one_cohort import OneCohort
from tenure.auditing.period_to_period import PeriodToPeriod
from tenure.auditing.products import Products
from tenure.auditing.whole_base import WholeBase

__all__ = [
    "Audit",
    "BetweenCustomers",
    "CohortsCompared",
    "OneCohort",
    "PeriodToPeriod",
    "Products",
    "WholeBase",
    "audit",
]
