"""Where customers come from: mix, first and last touch, value and funnels."""

from __future__ import annotations

from tenure.channels.attribution import Attribution, touches
from tenure.channels.funnels import Funnel, funnel
from tenure.channels.mixes import ChannelMix, mix
from tenure.channels.several import Multichannel, multichannel
from tenure.channels.values import value

__all__ = [
    "Attribution",
    "ChannelMix",
    "Funnel",
    "Multichannel",
    "funnel",
    "mix",
    "multichannel",
    "touches",
    "value",
]
