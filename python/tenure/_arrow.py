"""pyarrow, where files are read and written; an optional extra."""

from __future__ import annotations

from importlib import import_module
from typing import Any

__all__ = ["pyarrow_for"]


def pyarrow_for(work: str, module: str = "pyarrow") -> Any:
    """Return pyarrow, or one of its modules, or say how to get it for this work."""
    try:
        return import_module(module)
    except ModuleNotFoundError:
        msg = f"{work} needs pyarrow; install with pip install 'tenure[arrow]'"
        raise ImportError(msg) from None
