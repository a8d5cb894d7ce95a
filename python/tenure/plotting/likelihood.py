"""What the data say about parameters: the log-likelihood around the estimates."""

from __future__ import annotations

import copy
from typing import TYPE_CHECKING, Any

import numpy as np

from tenure._core import chi_squared_tail
from tenure._frame import native_frame
from tenure.exceptions import NotFittedError, ParameterError
from tenure.plotting._style import (
    ACTUAL,
    EXPECTED,
    INK,
    MUTED,
    SHADE,
    calm_axes,
    halo,
    legend,
    mark,
    number_axis,
    title,
)

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from numpy.typing import NDArray

    from tenure._purchasing import PurchasingModel

__all__ = [
    "likelihood_contour",
    "likelihood_profile",
    "plot_likelihood_contour",
    "plot_likelihood_profile",
]

_REACH = 3.0
"""Standard errors of the logarithm to either side."""

_LEVEL = 0.9973
"""The level of an interval of so many standard errors."""


def likelihood_profile(
    model: PurchasingModel, parameter: str, *, points: int = 41
) -> Any:
    """Return the best log-likelihood for each value of one parameter.

    At each value the other parameters are fitted anew.

    Parameters
    ----------
    model : BGNBD
        A model with the customers of its fit.
    parameter : str
        One that was estimated.
    points : int, default 41
        How many values, evenly spread on the log scale over three standard errors to
        either side (as far as the profile interval of 99.7 % for a fit that ended at a
        boundary); the estimate is among them for an odd number.

    Returns
    -------
    frame
        `value`; `log_likelihood`; `relative`, how far it is below the best; and
        `quadratic`, what standard errors take that for (NaN where there are none).

    Examples
    --------
    >>> import tenure as tn
    >>> log = tn.Transactions(tn.datasets.load_cdnow(family="numpy"))
    >>> buying = tn.NBD().fit(log.summary(unit="week", as_of="1997-09-30"))
    >>> table = tn.plotting.likelihood_profile(buying, "r", points=5)
    >>> table["relative"].round(1)
    array([-4.5, -1.1,  0. , -1.1, -4.4])
    """
    family = model._customers(None).family  # noqa: SLF001
    return native_frame(_profile(model, parameter, points), family=family)


def _profile(
    model: PurchasingModel, parameter: str, points: int
) -> dict[str, NDArray[np.float64]]:
    estimate, spread = _log_scale(model, parameter)
    values: NDArray[np.float64] = estimate * np.exp(np.linspace(-1, 1, points) * spread)
    found = np.array([_refit(model, {parameter: float(v)}) for v in values])
    error = model.standard_errors_[parameter]
    return {
        "value": values,
        "log_likelihood": found,
        "relative": found - model.log_likelihood_,
        "quadratic": -0.5 * np.square((values - estimate) / error),
    }


def _log_scale(model: PurchasingModel, parameter: str) -> tuple[float, float]:
    """Return the estimate and how far to go from it on the log scale."""
    result = model.result_
    free = [name for name in result.parameters if name not in result.fixed]
    if parameter not in free:
        raise ParameterError.of(
            name="parameter",
            expected=f"be one that was estimated: {', '.join(free)}",
            found=repr(parameter),
        )
    if model._training is None:  # noqa: SLF001
        msg = f"this {type(model).__name__} does not hold the customers of its fit"
        raise NotFittedError(msg)
    estimate = result.parameters[parameter]
    if result.covariance is None:
        return estimate, _reach_without_errors(model, parameter)
    spread = _REACH * model.standard_errors_[parameter] / estimate
    return estimate, min(spread, 4.0)


def _reach_without_errors(model: PurchasingModel, parameter: str) -> float:
    """Return how far to go where a fit ended at a boundary: to its profile interval."""
    estimate = model.result_.parameters[parameter]
    place = list(model.result_.parameters).index(parameter)
    low, high = model._profile(place, _LEVEL)  # noqa: SLF001
    ends = [end for end in (low, high) if np.isfinite(end) and end > 0]
    return min(max((abs(np.log(end / estimate)) for end in ends), default=4.0), 4.0)


def _refit(model: PurchasingModel, held: dict[str, float]) -> float:
    """Return the best log-likelihood with some parameters held, warm from the fit."""
    again = copy.copy(model)
    parameters = model.result_.parameters
    again._fixed = {  # noqa: SLF001
        **{name: parameters[name] for name in model.result_.fixed},
        **held,
    }
    again._start = dict(parameters)  # noqa: SLF001
    found = again._fit(model._customers(None), model._weights)  # noqa: SLF001
    return float(found["log_likelihood"])


def plot_likelihood_profile(
    model: PurchasingModel,
    parameter: str,
    *,
    points: int = 41,
    level: float = 0.95,
    ax: Axes | None = None,
    **kwargs: Any,
) -> Axes:
    """Draw the best log-likelihood for each value of one parameter.

    Where the curve lies above the horizontal line is the profile interval. The dashed
    parabola is what standard errors take the curve for: where both differ, intervals
    from standard errors are wrong.

    Parameters
    ----------
    model, parameter, points
        As `likelihood_profile`.
    level : float, default 0.95
        Confidence level of the line.
    ax : Axes, optional
        Where to draw.
    **kwargs
        For the curve, as `Axes.plot` takes them.
    """
    table = _profile(model, parameter, points)
    fall = -0.5 * _quantile(level, 1)
    ax = calm_axes(ax)
    inside = table["relative"] >= fall
    ax.fill_between(
        table["value"], 2.2 * fall, table["relative"], where=inside, color=SHADE
    )
    look: dict[str, Any] = {"color": ACTUAL, "linewidth": 1.8, "label": "profile"}
    ax.plot(table["value"], table["relative"], **(look | kwargs))
    if np.isfinite(table["quadratic"]).all():
        look = {"color": EXPECTED, "linewidth": 1.3, "linestyle": "--"}
        look |= {"label": "by the standard error"}
        ax.plot(table["value"], table["quadratic"], **look)
    ax.axhline(fall, color=MUTED, linewidth=1.0, linestyle=(0, (4, 3)))
    ax.set_ylim(2.2 * fall, -0.12 * fall)
    mark(ax, model.params_[parameter], f"{model.params_[parameter]:.4g}")
    number_axis(ax)
    number_axis(ax, "x")
    legend(ax, loc="lower center")
    title(ax, f"What the data say about {parameter}")
    ax.set_xlabel(parameter)
    ax.set_ylabel("log-likelihood below the best")
    return ax


def _quantile(level: float, degrees: int) -> float:
    """Return the chi-squared quantile by bisection of the tail."""
    low, high = 0.0, 1000.0
    for _ in range(100):
        middle = 0.5 * (low + high)
        if chi_squared_tail(middle, degrees) > 1 - level:
            low = middle
        else:
            high = middle
    return high


def likelihood_contour(
    model: PurchasingModel, x: str, y: str, *, points: int = 31
) -> Any:
    """Return the best log-likelihood for each pair of values of two parameters.

    Parameters
    ----------
    model : BGNBD
        A model with the customers of its fit.
    x, y : str
        Two parameters that were estimated.
    points : int, default 31
        How many values of each, as in `likelihood_profile`.

    Returns
    -------
    frame
        One row a pair: the two parameters and `relative`, how far the log-likelihood is
        below the best, with the other parameters fitted anew.
    """
    family = model._customers(None).family  # noqa: SLF001
    return native_frame(_contour(model, x, y, points), family=family)


def _contour(
    model: PurchasingModel, x: str, y: str, points: int
) -> dict[str, NDArray[np.float64]]:
    if x == y:
        raise ParameterError.of(name="y", expected="differ from x", found=repr(y))
    steps = np.linspace(-1, 1, points)
    across, up = (
        estimate * np.exp(steps * spread)
        for estimate, spread in (_log_scale(model, x), _log_scale(model, y))
    )
    pairs = [(one, other) for other in up for one in across]
    best = model.log_likelihood_
    all_held = model.result_.n_estimated == 2
    ask = _at if all_held else _refit
    found = [ask(model, {x: float(one), y: float(other)}) for one, other in pairs]
    columns = np.array(pairs)
    return {x: columns[:, 0], y: columns[:, 1], "relative": np.array(found) - best}


def _at(model: PurchasingModel, held: dict[str, float]) -> float:
    """Return the log-likelihood where nothing is left to be fitted."""
    parameters = {**model.params_, **held}
    there = copy.copy(model)
    there._result = type(model.result_).given(parameters, None, None)  # noqa: SLF001
    each = there._log_likelihoods(model._customers(None))  # noqa: SLF001
    weights = model._weights  # noqa: SLF001
    return float(each.sum() if weights is None else each @ weights)


def plot_likelihood_contour(
    model: PurchasingModel,
    x: str,
    y: str,
    *,
    points: int = 31,
    ax: Axes | None = None,
    **kwargs: Any,
) -> Axes:
    """Draw which pairs of values of two parameters the data allow.

    The lines are joint confidence regions of 50, 90 and 99 %. A long, narrow valley
    means that the data know a combination of both much better than each.

    Parameters
    ----------
    model, x, y, points
        As `likelihood_contour`.
    ax : Axes, optional
        Where to draw.
    **kwargs
        For the lines, as `Axes.contour` takes them.
    """
    table = _contour(model, x, y, points)
    across, up, height = (table[n].reshape(points, points) for n in (x, y, "relative"))
    levels = [0.99, 0.90, 0.50]
    falls = [-0.5 * _quantile(level, 2) for level in levels]
    ax = calm_axes(ax, size=(4.8, 3.9))
    ax.contourf(across, up, height, levels=[falls[0], 1.0], colors=[SHADE])
    look: dict[str, Any] = {
        "colors": [ACTUAL],
        "linewidths": 1.3,
        "linestyles": "solid",
    }
    lines = ax.contour(across, up, height, levels=falls, **(look | kwargs))
    words = {fall: f"{100 * one:g} %" for fall, one in zip(falls, levels, strict=True)}
    for text in ax.clabel(lines, fmt=words, fontsize=8):
        halo(text)
    ax.plot([model.params_[x]], [model.params_[y]], "+", color=INK, markersize=9)
    ax.grid(visible=False)
    number_axis(ax)
    number_axis(ax, "x")
    title(ax, f"What the data say about {x} and {y}")
    ax.set_xlabel(x)
    ax.set_ylabel(y)
    return ax
