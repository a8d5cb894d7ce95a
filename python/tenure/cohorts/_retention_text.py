"""A triangle of retention in words and as a printed table."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from tenure._report import counted
from tenure.cohorts._grid import FUTURE

if TYPE_CHECKING:
    from tenure.cohorts._grid import Grid
    from tenure.cohorts.retention import Retention

__all__ = ["headline", "shares"]

_SHOWN = 13
"""Rows and columns of the printed table, at most."""

_EVENTS = {
    "bounded": "an event at the age",
    "unbounded": "an event at the age or later",
    "cumulative": "a return by the age",
    "consecutive": "an event at every age up to it",
    "relative": "events at the age and the one before",
}

_BASES = {
    "size": "the cohort",
    "eligible": "whom the age was observed of",
    "previous": "those with an event at the age before",
}


def headline(retention: Retention, grid: Grid) -> str:
    """Return who is counted, and as a share of whom."""
    members = counted(int(grid.sizes.sum()), "customer")
    return (
        f"{type(retention).__name__} of {members} in "
        f"{counted(len(retention), 'cohort')}, share of "
        f"{_BASES[retention.denominator]} with {_EVENTS[retention.rule]}"
    )


def shares(retention: Retention, grid: Grid) -> tuple[list[str], list[list[str]]]:
    """Return header and rows of the table: shares in per cent."""
    shown = [str(age) for age in retention.ages[:_SHOWN]]
    rows: list[list[str]] = []
    for place in range(min(len(retention), _SHOWN)):
        names = [str(values[place]) for values in grid.rows.values()]
        names[-1] = retention.label(place)
        cells = [
            "" if state == FUTURE or np.isnan(share) else f"{100 * share:.3g}"
            for state, share in zip(
                grid.states[place, :_SHOWN],
                retention.retention[place, :_SHOWN],
                strict=True,
            )
        ]
        rows.append([" ".join(names), f"{grid.sizes[place]:,}", *cells])
    return ["", "size", *shown], rows
