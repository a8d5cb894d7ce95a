"""Where customers come from: mix, first and last touch, value and funnels."""

from __future__ import annotations

from tenure.channels.attribution import Attribution, touches
from tenure.channels.mixes import ChannelMix, mix

__all__ = ["Attribution", "ChannelMix", "mix", "touches"]
