"""What customers say, and whether it matters: scores, responses and service."""

from __future__ import annotations

__all__: list[str] = []
