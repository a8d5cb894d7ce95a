"""Customer lifetime value, RFM and retention: fast, exact, with intervals."""

from __future__ import annotations

from tenure._core import VERSION as __version__

__all__ = ["__version__"]
