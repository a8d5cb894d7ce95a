"""What sells, what sells together, and what comes next."""

from __future__ import annotations

__all__: list[str] = []
