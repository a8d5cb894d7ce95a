"""What the lenses of a customer-base audit show."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from tenure.plotting._style import (
    ACCENT,
    ACTUAL,
    EXPECTED,
    FAINT,
    INK,
    MUTED,
    calm_axes,
    legend,
    number_axis,
    percent_axis,
    sequential,
    shortened,
    title,
)

if TYPE_CHECKING:
    from matplotlib.axes import Axes

    from tenure.auditing import (
        BetweenCustomers,
        OneCohort,
        PeriodToPeriod,
        Products,
        WholeBase,
    )

__all__ = [
    "plot_audit_base",
    "plot_audit_change",
    "plot_audit_cohort",
    "plot_audit_deciles",
    "plot_audit_products",
]


def plot_audit_deciles(
    found: BetweenCustomers, *, ax: Axes | None = None, **kwargs: Any
) -> Axes:
    """Draw what share of a period's value each tenth of its customers brought.

    Parameters
    ----------
    found : BetweenCustomers
        The first lens of `audit`; its `to_frame` has the numbers.
    ax : Axes, optional
        Where to draw.
    **kwargs
        For the bars, as `Axes.bar` takes them.
    """
    c = found._deciles()  # noqa: SLF001
    ax = calm_axes(ax)
    look: dict[str, Any] = {"color": ACTUAL, "width": 0.75}
    ax.bar(c["decile"], c["share"], **(look | kwargs))
    for place, share in zip(c["decile"].tolist(), c["share"].tolist(), strict=True):
        if np.isfinite(share):
            _number(ax, place, max(share, 0.0), f"{100 * share:.0f} %")
    ax.set_xticks(c["decile"])
    ax.tick_params(axis="x", length=0)
    percent_axis(ax)
    ax.margins(y=0.12)
    ax.set_xlabel(f"tenth of the customers of {found.label}, the best first")
    ax.set_ylabel(f"share of {found.what}")
    title(ax, f"What each tenth of the customers brought in {found.label}")
    return ax


def plot_audit_change(
    found: PeriodToPeriod, *, ax: Axes | None = None, **kwargs: Any
) -> Axes:
    """Draw what made the value of a period differ from that of the one before.

    Parameters
    ----------
    found : PeriodToPeriod
        The second lens of `audit`; its `to_frame` has the numbers.
    ax : Axes, optional
        Where to draw.
    **kwargs
        For the bars, as `Axes.bar` takes them.
    """
    from tenure.auditing.period_to_period import GROUPS  # noqa: PLC0415

    changes = (found.after - found.before).tolist()
    steps = [(found.labels[0], float(found.before.sum()), True)]
    steps += [
        ("\n".join(name.split(" ", 1)), change, False)
        for name, change in zip(GROUPS, changes, strict=True)
        if change
    ]
    steps += [(found.labels[1], float(found.after.sum()), True)]
    ax = calm_axes(ax, size=(1.4 + 0.85 * len(steps), 3.5))
    level, ends = 0.0, [0.0]
    for x, (_, amount, whole) in enumerate(steps):
        bottom = 0.0 if whole else level
        color = INK if whole else ACTUAL if amount >= 0 else EXPECTED
        look: dict[str, Any] = {"color": color, "width": 0.72}
        ax.bar(x, amount, bottom=bottom, **(look | kwargs))
        level = bottom + amount
        ends.append(level)
        digits = 0 if abs(amount) >= 100 or amount == round(amount) else 2
        sign = "" if whole else "+"
        _number(ax, x, max(bottom, level), f"{amount:{sign},.{digits}f}")
        if x < len(steps) - 1:
            ax.plot([x + 0.36, x + 0.64], [level] * 2, color=MUTED, linewidth=0.7)
    ax.set_ylim(min(ends) * 1.05, max(ends) * 1.1 or 1.0)
    ax.set_xticks(range(len(steps)), [name for name, *_ in steps], fontsize=8)
    ax.tick_params(axis="x", length=0)
    number_axis(ax)
    ax.set_ylabel(found.what)
    title(ax, f"What made {found.what} change")
    return ax


def plot_audit_cohort(
    found: OneCohort, *, ax: Axes | None = None, **kwargs: Any
) -> Axes:
    """Draw the share of a cohort that bought in each period since it came.

    Parameters
    ----------
    found : OneCohort
        The third lens of `audit`; its `to_frame` has the numbers.
    ax : Axes, optional
        Where to draw.
    **kwargs
        For the bars, as `Axes.bar` takes them.
    """
    c = found.columns
    later = slice(1, None)
    ax = calm_axes(ax)
    ages, share = c["age"][later], c["share"][later]
    look: dict[str, Any] = {"color": ACTUAL, "width": 0.75}
    ax.bar(ages, share, **(look | kwargs))
    ax.vlines(ages, c["share_low"][later], c["share_high"][later], color=INK, lw=1.0)
    if not len(ages):
        words = f"no further {found.every} is over"
        ax.text(0.5, 0.5, words, color=ACTUAL, ha="center", transform=ax.transAxes)
    percent_axis(ax)
    number_axis(ax, "x", whole=True)
    ax.set_xlabel(f"{found.every}s after {found.label}")
    ax.set_ylabel("share who bought")
    title(ax, f"The customers of {found.label}, later")
    return ax


def plot_audit_base(
    found: WholeBase, *, most: int = 8, ax: Axes | None = None, **kwargs: Any
) -> Axes:
    """Draw what each period brought, in layers by when customers came.

    Parameters
    ----------
    found : WholeBase
        The fifth lens of `audit`; its `by_cohort` has the numbers.
    most : int, default 8
        The largest number of layers: older cohorts are drawn together.
    ax : Axes, optional
        Where to draw.
    **kwargs
        For the bars, as `Axes.bar` takes them.
    """
    labels, size = found.labels(), len(found)
    step = -(-size // most)
    ax = calm_axes(ax, size=(5.8, 3.6))
    bottom, x = np.zeros(size), np.arange(size)
    groups = range(0, size, step)
    for place, first in enumerate(groups):
        heights = found.value[:, first : first + step].sum(axis=1)
        last = min(first + step, size) - 1
        name = labels[first] if first == last else f"{labels[first]} to {labels[last]}"
        shade = sequential()(0.95 - 0.75 * place / max(1, len(groups) - 1))
        look: dict[str, Any] = {"color": shade, "width": 0.8, "label": name}
        ax.bar(x, heights, bottom=bottom, **(look | kwargs))
        bottom = bottom + heights
    every = max(1, -(-size // 10))
    ax.set_xticks(x[::every], labels[::every], rotation=30, ha="right", fontsize=8.5)
    number_axis(ax)
    legend(ax, title="came in", fontsize=8, loc="upper left", bbox_to_anchor=(1, 1))
    ax.set_ylabel(found.what)
    title(ax, f"{found.what.capitalize()} by when customers came")
    return ax


def plot_audit_products(
    found: Products, *, most: int = 15, ax: Axes | None = None, **kwargs: Any
) -> Axes:
    """Draw the products that brought most, and how many customers bought them.

    Parameters
    ----------
    found : Products
        The products of `audit`; its `to_frame` has the numbers.
    most : int, default 15
        How many.
    ax : Axes, optional
        Where to draw.
    **kwargs
        For the bars, as `Axes.barh` takes them.
    """
    count = min(most, len(found))
    c = {name: values[:count] for name, values in found.columns.items()}
    rows = np.arange(count)
    ax = calm_axes(ax, size=(5.8, 1.2 + 0.3 * max(count, 3)))
    ax.grid(visible=False, axis="y")
    ax.grid(visible=True, axis="x", color=FAINT, linewidth=0.8)
    parts = (
        (-0.2, c["share"], f"share of {found.what}", ACTUAL),
        (0.2, c["penetration"], "share of customers who bought it", ACCENT),
    )
    for shift, shares, label, color in parts:
        look: dict[str, Any] = {"color": color, "height": 0.38, "label": label}
        ax.barh(rows + shift, shares, **(look | kwargs))
    names = [shortened(name, 28) for name in c["product"].tolist()]
    ax.set_yticks(rows, names, parse_math=False)
    ax.set_ylim(count - 0.4, -0.6)
    ax.tick_params(axis="y", length=0)
    percent_axis(ax, "x", digits=0 if np.nanmax(c["penetration"]) > 0.05 else 1)
    legend(ax, ncols=2, loc="upper left", bbox_to_anchor=(0, -0.06 - 0.3 / count))
    title(ax, "Products that brought most")
    return ax


def _number(ax: Axes, x: float, top: float, text: str) -> None:
    """Write a number over a bar."""
    ax.annotate(
        text,
        (x, top),
        xytext=(0, 2),
        textcoords="offset points",
        ha="center",
        va="bottom",
        fontsize=8,
        color=INK,
    )
