"""What all customers are worth, date by date, and what made it change."""

from __future__ import annotations

__all__: list[str] = []
