"""How a table of cohorts is laid out: its rows, its columns and where they end."""

from __future__ import annotations

from typing import TYPE_CHECKING, TypeAlias

from tenure.cohorts._settings import DAY
from tenure.exceptions import ParameterError

if TYPE_CHECKING:
    from collections.abc import Sequence

    from tenure._core_types import LayoutColumns
    from tenure.cohorts._settings import Settings

__all__ = ["TableColumns", "bracket_names", "layout_of", "table_columns"]

TableColumns: TypeAlias = "tuple[int | None, list[tuple[int, int]]]"
"""The last age, if there is one, and the brackets that ages are put together in."""


def table_columns(
    max_age: int | None, brackets: Sequence[tuple[int, int]] | None
) -> TableColumns:
    """Return the last age and the brackets, or say what is wrong with them."""
    if max_age is not None and (isinstance(max_age, bool) or max_age < 0):
        raise ParameterError.of(
            name="max_age", expected="be at least 0", found=repr(max_age)
        )
    pairs = [(int(low), int(high)) for low, high in brackets or ()]
    if any(low < 0 for low, _ in pairs):
        raise ParameterError.of(
            name="brackets", expected="begin at age 0 or later", found=repr(brackets)
        )
    return max_age, pairs


def layout_of(
    settings: Settings,
    columns: TableColumns,
    *,
    first: int,
    end: int,
    segments: int,
    recurring: bool,
) -> LayoutColumns:
    """Return the layout for customers who begin from a first day on.

    Parameters
    ----------
    settings : Settings
        What cohorts and ages are.
    columns : TableColumns
        See `table_columns`.
    first : int
        The day of the first possible birth.
    end : int
        The first instant that was not observed any more.
    segments : int
        How many there are.
    recurring : bool
        Whether customers enter a cohort in every period in which they come, not only in
        the first of all.
    """
    cohorts = settings.cohorts.starts(first, (end - 1) // DAY)
    periods, microseconds, months = None, None, None
    if settings.elapsed is None:
        days = int(cohorts[0]), int(cohorts[-1]) - 1
        periods = settings.ages.starts(*days)
    else:
        microseconds, months = settings.elapsed
    max_age, brackets = columns
    return {
        "cohorts": cohorts,
        "periods": periods,
        "microseconds": microseconds,
        "months": months,
        "end": end,
        "segments": segments,
        "most": None if max_age is None else max_age + 1,
        "brackets": brackets,
        "recurring": recurring,
    }


def bracket_names(layout: LayoutColumns) -> list[str]:
    """Return what the brackets of ages are called; nothing where there are none."""
    return [
        str(low) if high == low + 1 else f"{low}-{high - 1}"
        for low, high in layout["brackets"]
    ]
