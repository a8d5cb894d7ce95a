"""Renewals in words and as a printed table."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from tenure._report import counted
from tenure._units import plural

if TYPE_CHECKING:
    from collections.abc import Mapping

    from numpy.typing import NDArray

    from tenure.renewals import Renewals

__all__ = ["headline", "shown"]

_SHOWN = 24
"""Ages that a printed table lists before it says how many more there are."""


def headline(renewals: Renewals) -> str:
    """Return how many were seen, in how many cohorts and for how long."""
    cohorts = ""
    if renewals.cohort is not None:
        cohorts = " in " + counted(len(np.unique(renewals.cohort)), "cohort")
    elif _is_one_table(renewals):
        cohorts = " in 1 cohort"
    longest = f"{renewals.longest:.4g}"
    unit = plural(renewals.unit) if renewals.unit else "periods"
    customers = f"{renewals.n_customers:,.10g} customer"
    customers += "" if renewals.n_customers == 1 else "s"
    return f"Renewals of {customers}{cohorts}, seen for up to {longest} {unit}"


def _is_one_table(renewals: Renewals) -> bool:
    """Whether all customers came into view, and were lost to it, at one age."""
    ends = renewals.end[np.isfinite(renewals.end)]
    return (
        len(renewals) > 1
        and not renewals.exact
        and len(ends) == len(renewals)
        and (len(np.unique(ends)) == len(np.unique(renewals.entry)) == 1)
    )


def shown(
    table: Mapping[str, NDArray[np.float64]],
) -> tuple[list[str], list[list[str]], str]:
    """Return header and rows of a life table, and how much of it is left out."""
    names = ("at_risk", "lost", "retention", "survival")
    rows = [
        [
            f"{age:g}",
            f"{risk:,.10g}",
            f"{lost:,.10g}",
            f"{kept:.4f}",
            f"{there:.4f}",
        ]
        for age, risk, lost, kept, there in zip(
            table["age"], *(table[name] for name in names), strict=True
        )
    ]
    more = ""
    if len(rows) > _SHOWN:
        more = f"... and {counted(len(rows) - _SHOWN, 'age')} more"
        rows = rows[:_SHOWN]
    return ["", "at risk", "lost", "retention", "survival"], rows, more
