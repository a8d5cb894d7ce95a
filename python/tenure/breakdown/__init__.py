"""Any metric by anything: groups, what changed a mean, where revenue comes from."""

from __future__ import annotations

__all__: list[str] = []
