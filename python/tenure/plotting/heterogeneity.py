"""How widely customers differ in what they do, by a fitted model."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from tenure._frame import Table, native_frame
from tenure._heterogeneity import mixing_laws
from tenure._units import plural
from tenure.exceptions import ParameterError
from tenure.plotting._style import (
    ACCENT,
    EXPECTED,
    calm_axes,
    legend,
    mark,
    number_axis,
    title,
)

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from numpy.typing import NDArray

    from tenure._heterogeneity import Mixing
    from tenure._purchasing import PurchasingModel

__all__ = ["heterogeneity", "plot_heterogeneity"]

_TITLES = {
    "purchase_rate": "Rates of purchases while alive",
    "purchase_probability": "Probabilities of buying at an opportunity",
    "leaving_rate": "Rates of leaving",
    "leaving_probability": "Probabilities of leaving",
}


def heterogeneity(
    model: PurchasingModel,
    quantity: str = "purchase_rate",
    *,
    points: int = 200,
    family: str = "numpy",
) -> Any:
    """Return the density over customers of something that they differ in.

    Parameters
    ----------
    model : BGNBD
        A fitted model.
    quantity : str, default "purchase_rate"
        What: "purchase_rate", "leaving_rate", "purchase_probability" or
        "leaving_probability", as the model has it.
    points : int, default 200
        At how many values; rates up to four times their mean.
    family : {"numpy", "pandas", "polars", "pyarrow"}
        The kind of frame to return.

    Returns
    -------
    frame
        `value` and `density`.

    Examples
    --------
    >>> import tenure as tn
    >>> model = tn.BGNBD.from_params(r=0.243, alpha=4.414, a=0.793, b=2.426)
    >>> table = tn.plotting.heterogeneity(model, "leaving_probability", points=3)
    >>> table["density"].round(2)
    array([1.86, 0.72, 0.13])
    """
    columns, _ = _density(model, quantity, points)
    return native_frame(columns, family=family)


def _density(
    model: PurchasingModel, quantity: str, points: int
) -> tuple[dict[str, NDArray[Any]], Mixing]:
    parameters = model.params_
    laws = {law.quantity: law for law in mixing_laws(parameters)}
    if quantity not in laws:
        raise ParameterError.of(
            name="quantity",
            expected=f"be one of {', '.join(laws)} for {type(model).__name__}",
            found=repr(quantity),
        )
    law = laws[quantity]
    most = 1.0 if law.law == "beta" else 4.0 * law.mean(parameters)
    values = (np.arange(points) + 0.5) / points * most
    density = law.density(parameters, values)
    return {"value": values, "density": density}, law


def plot_heterogeneity(
    model: PurchasingModel,
    quantity: str = "purchase_rate",
    *,
    data: object = None,
    ax: Axes | None = None,
    **kwargs: Any,
) -> Axes:
    """Draw how customers differ: the density over customers that the model fitted.

    With a small shape the density has no end at 0: most customers hardly ever buy, and
    the mean comes from few.

    Parameters
    ----------
    model, quantity
        As `heterogeneity`.
    data : Summary or frame, optional
        Customers whose own expected rates are drawn as a histogram behind; these differ
        less than the rates themselves, the less is known of each.
    ax : Axes, optional
        Where to draw.
    **kwargs
        For the line, as `Axes.plot` takes them.
    """
    table, law = _density(model, quantity, 400)
    ax = calm_axes(ax)
    values, density = table["value"], table["density"]
    top = 1.15 * float(np.quantile(density, 0.97))
    if data is not None:
        own = Table.of(model.expected_rates(data)).numbers(quantity).values
        bars: dict[str, Any] = {"color": ACCENT, "density": True}
        counts, _, _ = ax.hist(
            own,
            bins=40,
            range=(0.0, float(values[-1])),
            label="expected of each customer",
            **bars,
        )
        top = max(top, 1.05 * float(np.quantile(counts, 0.95)))
    look: dict[str, Any] = {"color": EXPECTED, "linewidth": 1.8}
    ax.plot(values, density, label="over customers", **(look | kwargs))
    ax.set_xlim(0, float(values[-1]))
    ax.set_ylim(0, top)
    mean = law.mean(model.params_)
    mark(ax, mean, f"mean {mean:.3g}")
    number_axis(ax)
    number_axis(ax, "x")
    if data is not None:
        legend(ax, loc="center right")
    title(ax, _TITLES[quantity])
    rate = law.law == "gamma"
    ax.set_xlabel(f"per {plural(model.time_unit_)[:-1]}" if rate else "probability")
    ax.set_ylabel("density")
    return ax
