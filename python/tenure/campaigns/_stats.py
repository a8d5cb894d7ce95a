"""scipy and statsmodels, which do the standard tests; an optional extra."""

from __future__ import annotations

from importlib import import_module
from typing import Any

__all__ = ["stats_module"]


def stats_module(name: str) -> Any:
    """Return a module of scipy or statsmodels, or say how to get it.

    Examples
    --------
    >>> stats_module("scipy.stats").__name__
    'scipy.stats'
    """
    try:
        return import_module(name)
    except ModuleNotFoundError:
        msg = (
            "campaigns are judged with scipy and statsmodels; install them with pip "
            "install 'tenure[stats]'"
        )
        raise ImportError(msg) from None
