"""What frequency and recency say about a customer, as a map."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Literal, TypeAlias

import numpy as np

from tenure._frame import native_frame
from tenure._units import plural
from tenure.exceptions import ParameterError
from tenure.plotting._covariates import of_one
from tenure.plotting._style import (
    INK,
    MUTED,
    ON_MAP,
    calm_axes,
    halo,
    sequential,
    title,
)

if TYPE_CHECKING:
    from collections.abc import Mapping

    from matplotlib.axes import Axes
    from numpy.typing import NDArray

    from tenure._purchasing import PurchasingModel
    from tenure._units import Horizon
    from tenure.summary import Summary

__all__ = ["MapQuantity", "plot_recency_frequency", "recency_frequency_map"]

MapQuantity: TypeAlias = Literal["probability_alive", "expected_purchases"]
"""What a map shows."""


def recency_frequency_map(
    model: PurchasingModel,
    *,
    T: float,
    quantity: MapQuantity = "probability_alive",
    horizon: Horizon | None = None,
    most: int = 20,
    steps: int = 40,
    covariates: Mapping[str, Any] | None = None,
    family: str = "numpy",
) -> Any:
    """Return a prediction for every frequency and recency of customers of one age.

    Parameters
    ----------
    model : BGNBD
        A fitted model.
    T : float
        Age of the customers, in the model's unit.
    quantity : {"probability_alive", "expected_purchases"}
        What is predicted.
    horizon : float or str, optional
        For expected purchases: how long from now on.
    most : int, default 20
        The highest frequency.
    steps : int, default 40
        How many recencies between 0 and T; each is the middle of its step. (For BGBB
        they are the opportunities themselves, and what cannot be is NaN.)
    covariates : mapping of str to value, optional
        For a model with covariates, those of the customers, who are alike in them.
    family : {"numpy", "pandas", "polars", "pyarrow"}
        The kind of frame to return.

    Returns
    -------
    frame
        One row a cell: `frequency` (from 1 on), `recency` and the quantity.
    """
    columns = _map(
        model,
        T,
        quantity=quantity,
        horizon=horizon,
        most=most,
        steps=steps,
        covariates=covariates,
    )
    return native_frame(columns, family=family)


def _map(
    model: PurchasingModel,
    age: float,
    *,
    quantity: str,
    horizon: Horizon | None,
    most: int,
    steps: int,
    covariates: Mapping[str, Any] | None,
) -> dict[str, NDArray[Any]]:
    if not (np.isfinite(age) and age > 0):
        raise ParameterError.of(
            name="T", expected="be finite and greater than 0", found=repr(age)
        )
    places = (np.arange(steps) + 0.5) * age / steps
    if model._counts_opportunities:  # noqa: SLF001
        places = _opportunities(age)
    recency, frequency = np.meshgrid(places, np.arange(1.0, most + 1), indexing="ij")
    cells = {
        "frequency": frequency.ravel(),
        "recency": recency.ravel(),
        "T": np.full(frequency.size, float(age)),
    }
    # nobody has used more opportunities than there were
    there = np.ones(frequency.size, np.bool_)
    if model._counts_opportunities:  # noqa: SLF001
        there = cells["frequency"] <= cells["recency"]
    found = np.full(frequency.size, np.nan)
    known = {name: values[there] for name, values in cells.items()}
    known |= of_one(model, covariates, int(there.sum()))
    if quantity == "probability_alive":
        found[there] = model.probability_alive(known)
    elif quantity == "expected_purchases" and horizon is not None:
        found[there] = model.expected_purchases(known, horizon=horizon)
    else:
        raise ParameterError.of(
            name="quantity",
            expected="be 'probability_alive', or 'expected_purchases' with a horizon",
            found=repr(quantity) + ("" if horizon is None else f", {horizon!r}"),
        )
    return {
        "frequency": cells["frequency"].astype(np.int64),
        "recency": cells["recency"],
        quantity: found,
    }


def _opportunities(age: float) -> NDArray[np.float64]:
    """Return the opportunities at which a last purchase may have been made."""
    if age != np.round(age):
        raise ParameterError.of(
            name="T", expected="be a whole number of opportunities", found=repr(age)
        )
    return np.arange(1.0, age + 1.0)


def plot_recency_frequency(
    model: PurchasingModel,
    *,
    T: float,
    quantity: MapQuantity = "probability_alive",
    horizon: Horizon | None = None,
    most: int = 20,
    steps: int = 60,
    covariates: Mapping[str, Any] | None = None,
    summary: Summary | None = None,
    ax: Axes | None = None,
    **kwargs: Any,
) -> Axes:
    """Draw a prediction for every frequency and recency of customers of one age.

    Parameters
    ----------
    model, T, quantity, horizon, most, steps, covariates
        As `recency_frequency_map`.
    summary : Summary, optional
        Customers to mark by dots: those whose age is within a tenth of T.
    ax : Axes, optional
        Where to draw.
    **kwargs
        For the map, as `Axes.imshow` takes them.
    """
    table = _map(
        model,
        T,
        quantity=quantity,
        horizon=horizon,
        most=most,
        steps=steps,
        covariates=covariates,
    )
    cells = table[quantity].reshape(-1, most)
    whole = 0.5 if model._counts_opportunities else 0.0  # noqa: SLF001
    ax = calm_axes(ax)
    ax.grid(visible=False)
    look: dict[str, Any] = {"cmap": sequential(), "aspect": "auto", "origin": "lower"}
    extent = (0.5, most + 0.5, whole, T + whole)
    look |= {"extent": extent, "vmin": 0, "interpolation": "nearest"}
    if quantity == "probability_alive":
        look["vmax"] = 1
    image = ax.imshow(cells, **(look | kwargs))
    _contours(ax, table, cells, percent=quantity == "probability_alive")
    if summary is not None:
        _customers(ax, summary, most, T)
    ax.set_ylim(whole, T + whole)
    bar = ax.get_figure().colorbar(image, ax=ax, pad=0.02)  # type: ignore[union-attr]
    bar.outline.set_visible(False)
    if quantity == "probability_alive":
        bar.ax.yaxis.set_major_formatter(_percent)
    ax.xaxis.get_major_locator().set_params(integer=True)  # type: ignore[attr-defined]
    bar.ax.tick_params(colors=MUTED, labelcolor=INK, labelsize=8.5, length=0)
    unit = plural(model.time_unit_)
    across, up = (
        "repeat purchases (frequency)",
        f"last purchase, in {unit} after the first",
    )
    if model._counts_opportunities:  # noqa: SLF001
        unit = "opportunities"
        across, up = "purchases (frequency)", "opportunity of the last purchase"
    title(ax, _map_title(quantity, horizon, unit))
    ax.set_xlabel(across)
    ax.set_ylabel(up)
    return ax


def _map_title(quantity: str, horizon: Horizon | None, unit: str) -> str:
    if quantity == "probability_alive":
        return "Probability of being alive"
    span = horizon if isinstance(horizon, str) else f"{horizon:g} {unit}"
    return f"Expected purchases in the next {span}"


def _contours(
    ax: Axes,
    table: dict[str, NDArray[Any]],
    cells: NDArray[np.float64],
    *,
    percent: bool,
) -> None:
    """Draw lines of equal height with the height written on them."""
    if min(cells.shape) < 2 or np.ptp(cells) == 0:
        return
    grid = (table[name].reshape(cells.shape) for name in ("frequency", "recency"))
    levels: Any = [0.1, 0.25, 0.5, 0.75, 0.9] if percent else 6
    lines = ax.contour(*grid, cells, levels=levels, colors=ON_MAP, linewidths=0.7)
    for text in ax.clabel(
        lines, fmt=_percent if percent else "{:,.4g}".format, fontsize=8
    ):
        halo(text)


def _percent(share: float, _: object = None) -> str:
    return f"{100 * share:g} %"


def _customers(ax: Axes, summary: Summary, most: int, age: float) -> None:
    """Mark where customers of about that age are: each place once."""
    again = (summary.frequency > 0) & (summary.frequency <= most)
    again &= np.abs(summary.T - age) <= age / 10
    places = np.stack([summary.frequency[again], summary.recency[again]], axis=1)
    places = np.unique(places.round(1), axis=0)
    ax.scatter(*places.T, s=3, color=ON_MAP, alpha=0.25, linewidths=0, rasterized=True)
    ax.set_xlim(0.5, most + 0.5)
