"""What a customer may cost, when the cost is back, and what would change it."""

from __future__ import annotations

__all__: list[str] = []
