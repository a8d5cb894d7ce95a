"""Scores of surveys with their intervals, and what promoters and detractors did."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from tenure.plotting._style import (
    ACCENT,
    ACTUAL,
    EXPECTED,
    FAINT,
    INK,
    MUTED,
    calm_axes,
    number_axis,
    percent_axis,
    remark,
    shortened,
    title,
)

if TYPE_CHECKING:
    from matplotlib.axes import Axes

    from tenure.voice.gap import SatisfactionGap
    from tenure.voice.scores import SurveyScore

__all__ = ["plot_satisfaction_gap", "plot_survey_score"]

_TITLES = {
    "nps": "Net promoter score",
    "csat": "Satisfied customers",
    "ces": "Customer effort score",
}


def plot_survey_score(score: SurveyScore, *, ax: Axes | None = None) -> Axes:
    """Draw the score of each group with its interval, the first group at the top.

    Parameters
    ----------
    score : SurveyScore
        What `voice.nps`, `voice.csat` or `voice.ces` returns.
    ax : Axes, optional
        Where to draw.
    """
    ax = calm_axes(ax)
    columns = score.columns
    labels = ["all"] if score.by is None else list(columns[score.by])
    places = np.arange(len(labels))[::-1]
    ax.grid(visible=False, axis="y")
    ax.grid(visible=True, axis="x", color=FAINT, linewidth=0.8)
    ax.hlines(places, columns["low"], columns["high"], color=ACCENT, linewidth=4)
    ax.plot(columns["score"], places, "o", color=ACTUAL, markersize=6)
    names = [
        f"{shortened(label)} ({count:,})"
        for label, count in zip(labels, columns["answered"], strict=True)
    ]
    ax.set_yticks(places, names)
    ax.set_ylim(-0.6, len(labels) - 0.4)
    if score.measure == "nps":
        ax.axvline(0, color=MUTED, linewidth=0.8)
        number_axis(ax, "x")
        ax.set_xlabel("promoters less detractors, points")
    elif score.measure == "csat":
        percent_axis(ax, "x")
        ax.set_xlabel("share of top ratings")
    else:
        number_axis(ax, "x")
        ax.set_xlabel("mean rating")
    title(ax, _TITLES[score.measure])
    remark(ax, f"answers in brackets; {100 * score.level:g} % intervals")
    return ax


def plot_satisfaction_gap(gap: SatisfactionGap, *, ax: Axes | None = None) -> Axes:
    """Draw how many of each group bought again, with intervals.

    Parameters
    ----------
    gap : SatisfactionGap
        What `voice.satisfaction_gap` returns.
    ax : Axes, optional
        Where to draw.
    """
    ax = calm_axes(ax)
    groups = gap.groups
    places = np.arange(len(groups["group"]))
    ax.bar(places, groups["retained"], width=0.6, color=[ACTUAL, ACCENT, EXPECTED])
    ax.vlines(
        places,
        groups["retained_low"],
        groups["retained_high"],
        color=INK,
        linewidth=1.5,
    )
    names = [
        f"{name}\n({count:,})"
        for name, count in zip(groups["group"], groups["customers"], strict=True)
    ]
    ax.set_xticks(places, names)
    ax.set_ylim(0, min(1.0, 1.15 * float(np.nanmax(groups["retained_high"]))))
    percent_axis(ax)
    title(ax, f"Bought again within {gap.horizon_days:,} days of their answer")
    remark(ax, f"{100 * gap.level:g} % intervals")
    return ax
