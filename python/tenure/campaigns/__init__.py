"""What campaigns, promotions and loyalty programmes added, and how sure that is."""

from __future__ import annotations

from tenure.campaigns.effect import Effect
from tenure.campaigns.experiment import Experiment
from tenure.campaigns.lifetime import LifetimeEffect
from tenure.campaigns.lift_curve import LiftCurve
from tenure.campaigns.power import detectable_effect, power, sample_size
from tenure.campaigns.randomised import experiment, experiment_of_customers

__all__ = [
    "Effect",
    "Experiment",
    "LifetimeEffect",
    "LiftCurve",
    "detectable_effect",
    "experiment",
    "experiment_of_customers",
    "power",
    "sample_size",
]
