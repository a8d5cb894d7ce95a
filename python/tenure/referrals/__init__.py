"""What customers bring by recommending: value, rates and growth."""

from __future__ import annotations

__all__: list[str] = []
