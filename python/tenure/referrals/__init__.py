"""What customers bring by recommending: value, rates and growth."""

from __future__ import annotations

from tenure.referrals.comparison import ReferredComparison
from tenure.referrals.forest import Referrals
from tenure.referrals.rates import ReferralRate
from tenure.referrals.worth import ReferralValue

__all__ = ["ReferralRate", "ReferralValue", "Referrals", "ReferredComparison"]
