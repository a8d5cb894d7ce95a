"""What campaigns, promotions and loyalty programmes added, and how sure that is."""

from __future__ import annotations

__all__: list[str] = []
