"""Where customers come from: mix, first and last touch, value and funnels."""

from __future__ import annotations

__all__: list[str] = []
