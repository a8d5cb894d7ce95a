"""What customers say, and whether it matters: scores, responses and service."""

from __future__ import annotations

from tenure.voice.drivers import drivers
from tenure.voice.gap import SatisfactionGap, satisfaction_gap
from tenure.voice.scores import SurveyScore, ces, csat, nps
from tenure.voice.service import contact_hazard, contact_spells, response_times
from tenure.voice.waves import ScoreChange, change

__all__ = [
    "SatisfactionGap",
    "ScoreChange",
    "SurveyScore",
    "ces",
    "change",
    "contact_hazard",
    "contact_spells",
    "csat",
    "drivers",
    "nps",
    "response_times",
    "satisfaction_gap",
]
