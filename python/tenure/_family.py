"""Which kind of table to return where the caller gave none to imitate."""

from __future__ import annotations

from importlib.util import find_spec
from typing import Literal, TypeAlias, get_args

from tenure.exceptions import ParameterError

__all__ = ["Family", "family_or_default"]

Family: TypeAlias = Literal["pandas", "polars", "pyarrow", "numpy"]


def family_or_default(family: Family | None) -> Family:
    """Return the family asked for, or the first of those installed.

    Raises
    ------
    ParameterError
        If there is no such family, or its package is not installed.
    """
    if family is None:
        return _default()
    if family not in get_args(Family):
        choices = ", ".join(get_args(Family))
        raise ParameterError.of(
            name="family", expected=f"be one of {choices}", found=repr(family)
        )
    if find_spec(family) is None:
        raise ParameterError.of(
            name="family",
            expected="be a package that is installed",
            found=repr(family),
            hint=f"install it with pip install {family}, or ask for family='numpy'",
        )
    return family


def _default() -> Family:
    """Return pandas or polars if there, else "numpy", which always is."""
    if find_spec("pandas") is not None:
        return "pandas"
    return "polars" if find_spec("polars") is not None else "numpy"
