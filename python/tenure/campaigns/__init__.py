"""What campaigns, promotions and loyalty programmes added, and how sure that is.

Every result says in its first line, and as `claim`, what it can claim: an experiment is
causal, a comparison of people who chose for themselves only under a condition that no
data can show, and a table of what goes together is an association.
"""

from __future__ import annotations

from tenure.campaigns.allocation import Allocation, allocate
from tenure.campaigns.dependence import DiscountDependence, discount_dependence
from tenure.campaigns.differences import (
    DifferenceInDifferences,
    difference_in_differences,
    panel,
)
from tenure.campaigns.effect import Effect
from tenure.campaigns.experiment import Experiment
from tenure.campaigns.lifetime import LifetimeEffect
from tenure.campaigns.lift_curve import LiftCurve
from tenure.campaigns.loyalty import (
    Loyalty,
    TierMigration,
    loyalty,
    loyalty_index,
    tier_migration,
)
from tenure.campaigns.matched import Matched, matched
from tenure.campaigns.offers import SaveOffer, max_save_offer
from tenure.campaigns.power import detectable_effect, power, sample_size
from tenure.campaigns.promotions import PromotionTable, promotion_table
from tenure.campaigns.randomised import experiment, experiment_of_customers
from tenure.campaigns.weighted import Weighted, weighted

__all__ = [
    "Allocation",
    "DifferenceInDifferences",
    "DiscountDependence",
    "Effect",
    "Experiment",
    "LifetimeEffect",
    "LiftCurve",
    "Loyalty",
    "Matched",
    "PromotionTable",
    "SaveOffer",
    "TierMigration",
    "Weighted",
    "allocate",
    "detectable_effect",
    "difference_in_differences",
    "discount_dependence",
    "experiment",
    "experiment_of_customers",
    "loyalty",
    "loyalty_index",
    "matched",
    "max_save_offer",
    "panel",
    "power",
    "promotion_table",
    "sample_size",
    "tier_migration",
    "weighted",
]
