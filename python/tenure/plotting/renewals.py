"""How many customers stay: what was seen beside what a model of renewal says."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any, Literal, TypeAlias, get_args

import numpy as np

from tenure._frame import native_frame
from tenure._units import plural
from tenure.exceptions import ParameterError
from tenure.plotting._style import (
    ACTUAL,
    EXPECTED,
    SHADE,
    calm_axes,
    legend,
    number_axis,
    remark,
    title,
)

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from numpy.typing import ArrayLike, NDArray

    from tenure._renewal_predictions import RenewalModel
    from tenure.renewals import Renewals

__all__ = ["plot_renewals", "renewal_curve"]

Kind: TypeAlias = Literal["survival", "retention"]
"""The share still there, or the share of those up for renewal who renew."""


def renewal_curve(
    model: RenewalModel,
    kind: str = "survival",
    *,
    actual: Renewals | None = None,
    ages: ArrayLike | None = None,
    interval: float | None = 0.95,
) -> Any:
    """Return what was seen at each age beside what the model says.

    Parameters
    ----------
    model : SBG, BdW or any other model of renewal
        A fitted model.
    kind : {"survival", "retention"}, default "survival"
        The share of customers who are still there at each age, or the share of those up
        for each renewal who renew.
    actual : Renewals, optional
        What was seen; those of the fit if left out.
    ages : array, optional
        Whole ages; by default all that `actual` has.
    interval : float or None, default 0.95
        Confidence level of the model's interval; None, or a model without standard
        errors, has none.

    Returns
    -------
    frame
        One row an age: `age`, `actual` (NaN where nothing was seen), `at_risk`, how
        many customers that is based on, `expected`, `lower` and `upper`.
    """
    seen = _seen(model, actual)
    columns = _columns(model, kind, seen, ages, interval)
    return native_frame(columns, family=seen.family)


def plot_renewals(
    model: RenewalModel,
    kind: str = "survival",
    *,
    actual: Renewals | None = None,
    ages: ArrayLike | None = None,
    interval: float | None = 0.95,
    ax: Axes | None = None,
    **kwargs: Any,
) -> Axes:
    """Draw what was seen at each age as dots, and what the model says as a line.

    Ages beyond those of the fit are on a shaded ground: there the model projects.

    Parameters
    ----------
    model, kind, actual, ages, interval
        As `renewal_curve`.
    ax : Axes, optional
        Where to draw.
    **kwargs
        For the model's line, as `Axes.plot` takes them.
    """
    seen = _seen(model, actual)
    table = _columns(model, kind, seen, ages, interval)
    ax = calm_axes(ax)
    age, expected = table["age"], table["expected"]
    fitted_to = model.fitted_to_
    if fitted_to is not None and age[-1] > fitted_to:
        ax.axvspan(fitted_to, age[-1], color=SHADE, zorder=0)
        remark(ax, f"fitted to the first {fitted_to:g} {_unit(model)}")
    if np.isfinite(table["lower"]).any():
        level = f"{100 * (interval or 0):g} % interval"
        ends = table["lower"], table["upper"]
        ax.fill_between(age, *ends, color=EXPECTED, alpha=0.2, linewidth=0, label=level)
    look: dict[str, Any] = {"color": EXPECTED, "linewidth": 1.8, "label": "model"}
    ax.plot(age, expected, **(look | kwargs))
    there = np.isfinite(table["actual"])
    ax.plot(
        age[there],
        table["actual"][there],
        "o",
        color=ACTUAL,
        markersize=4.5,
        label="actual",
        zorder=3,
        clip_on=False,
    )
    _finish(ax, model, kind, table)
    return ax


def _finish(
    ax: Axes, model: RenewalModel, kind: str, table: dict[str, NDArray[np.float64]]
) -> None:
    from matplotlib.ticker import PercentFormatter  # noqa: PLC0415

    unit = _unit(model)
    age = table["age"]
    if kind == "survival":
        ax.set_ylim(0.0, 1.02)
        ax.set_ylabel("customers still there")
        ax.set_xlabel(f"age in {unit}")
        title(ax, "How many customers stay")
    else:
        shown = np.concatenate(
            [table[name] for name in ("actual", "expected", "lower")]
        )
        lowest = float(np.nanmin(shown))
        ax.set_ylim(max(0.0, math.floor(10 * lowest - 0.2) / 10), 1.005)
        ax.set_ylabel("of those up for renewal")
        ax.set_xlabel(f"renewal, in {unit} since the start")
        title(ax, "How many renew")
    ax.set_xlim(age[0], age[-1])
    ax.margins(x=0)
    number_axis(ax, "x", whole=True)
    ax.yaxis.set_major_formatter(PercentFormatter(1.0))
    legend(ax, loc="upper right" if kind == "survival" else "lower right")


def _unit(model: RenewalModel) -> str:
    return plural(model.time_unit_) if model.time_unit_ else "periods"


def _seen(model: RenewalModel, actual: Renewals | None) -> Renewals:
    return model._seen() if actual is None else actual  # noqa: SLF001


def _columns(
    model: RenewalModel,
    kind: str,
    seen: Renewals,
    ages: ArrayLike | None,
    interval: float | None,
) -> dict[str, NDArray[np.float64]]:
    if kind not in get_args(Kind):
        raise ParameterError.of(
            name="kind", expected="be survival or retention", found=repr(kind)
        )
    life = seen._table()  # noqa: SLF001
    first = 0.0 if kind == "survival" else 1.0
    came = float(seen.entry.min())
    if ages is None:
        ages = np.arange(came + first, life["age"][-1] + 1.0)
    age = np.atleast_1d(np.asarray(ages, dtype=np.float64))
    if model.result_.covariance is None:
        interval = None
    if kind == "survival":
        found = _plain(model.survival(age, given=came, interval=interval))
    else:
        found = _plain(model.retention(age, interval=interval))
    nothing = np.full(len(age), np.nan)
    seen_at = dict(zip(life["age"], life[kind], strict=True))
    risk_at = dict(zip(life["age"], life["at_risk"], strict=True))
    if kind == "survival":
        seen_at[came], risk_at[came] = 1.0, risk_at.get(came + 1.0, np.nan)
    return {
        "age": age,
        "actual": np.array([seen_at.get(a, np.nan) for a in age]),
        "at_risk": np.array([risk_at.get(a, 0.0) for a in age]),
        "expected": found[kind],
        "lower": found.get("lower", nothing),
        "upper": found.get("upper", nothing),
    }


def _plain(frame: Any) -> dict[str, NDArray[np.float64]]:
    """Return the columns of a frame of any family as arrays."""
    if isinstance(frame, dict):
        return frame  # pyright: ignore[reportUnknownVariableType]
    names = getattr(frame, "column_names", None) or list(frame.columns)
    return {name: frame[name].to_numpy() for name in names}
