"""Robust errors, residuals and tests of a proportional hazards regression."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Literal, TypeAlias, get_args

import numpy as np

from tenure import _core
from tenure._frame import native_frame, native_series
from tenure.exceptions import ParameterError

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from tenure.survival._regression import CoxResult, Design
    from tenure.survival.cox import Cox

__all__ = [
    "Residual",
    "Transform",
    "overall_tests",
    "proportionality",
    "residuals",
    "robust_covariance",
]

Residual: TypeAlias = Literal[
    "martingale", "deviance", "score", "dfbeta", "schoenfeld", "scaled_schoenfeld"
]
"""A kind of residual."""

Transform: TypeAlias = Literal["rank", "km", "log", "identity"]
"""A scale of time."""


def _found(
    design: Design, ties: str, coefficients: NDArray[np.float64]
) -> dict[str, NDArray[np.float64]]:
    return _core.cox_residuals(
        design.subjects.columns,
        design.subjects.names,
        design.explained,
        ties,
        coefficients.tolist(),
    )


def robust_covariance(
    design: Design,
    ties: str,
    coefficients: NDArray[np.float64],
    covariance: NDArray[np.float64],
) -> NDArray[np.float64]:
    """Return the sandwich: what the coefficients would vary by if rows did.

    The sum over rows, or over clusters of rows, of the squares of how far each pulls
    the coefficients (Lin and Wei 1989).
    """
    pulls = _found(design, ties, coefficients)["score"] * design.weights[:, None]
    pulls = pulls @ covariance
    if design.clusters is not None:
        codes, number = design.clusters.codes, len(design.clusters)
        pulls = np.stack(
            [np.bincount(codes, pull, minlength=number) for pull in pulls.T], axis=1
        )
    return pulls.T @ pulls


def overall_tests(result: CoxResult, family: str) -> Any:
    """Return the tests of all coefficients being zero."""
    size = len(result.names)
    ratio = 2 * (result.log_likelihood - result.log_likelihood_null)
    b = result.coefficients
    wald = float(b @ np.linalg.solve(result.covariance, b))
    statistics = np.array([ratio, wald, result.score_statistic])
    columns = {
        "test": np.array(["likelihood ratio", "Wald", "score"], dtype=object),
        "statistic": statistics,
        "degrees_of_freedom": np.full(3, size),
        "p_value": np.array([_core.chi_squared_tail(s, size) for s in statistics]),
    }
    return native_frame(columns, family=family)


def residuals(cox: Cox, design: Design, kind: str, index: Any) -> Any:
    """Return the residuals of that kind."""
    if kind not in get_args(Residual):
        raise ParameterError.of(
            name="kind",
            expected="be one of " + ", ".join(map(repr, get_args(Residual))),
            found=repr(kind),
        )
    result = cox.result_
    found = _found(design, cox.ties, result.coefficients)
    family = cox.family_
    if kind in ("martingale", "deviance"):
        values = found["martingale"]
        if kind == "deviance":
            values = _deviance(values, design.events)
        return native_series(kind, values, family=family, index=index)
    if kind in ("score", "dfbeta"):
        pulls = found["score"] * design.weights[:, None]
        if kind == "dfbeta":
            pulls = pulls @ result.information_covariance
        columns = dict(zip(result.names, pulls.T.copy(), strict=True))
        return native_frame(columns, family=family, index=index)
    rows, times, left = _of_events(design, found["schoenfeld"])
    if kind == "scaled_schoenfeld":
        left = _scaled(left, result) + result.coefficients
    columns = dict(zip(result.names, left.T.copy(), strict=True))
    return native_frame({"row": rows, "timeline": times, **columns}, family=family)


def _deviance(
    martingale: NDArray[np.float64], events: NDArray[np.bool_]
) -> NDArray[np.float64]:
    """Return martingale residuals made symmetric (Therneau et al. 1990, Biometrika 77).

    `sign(M) sqrt(-2 (M + event ln(event - M)))`.
    """
    with np.errstate(divide="ignore", invalid="ignore"):
        log = np.where(events, np.log(events - martingale), 0.0)
    inside = -2 * (martingale + log)
    return np.copysign(np.sqrt(np.maximum(inside, 0.0)), martingale)


def _of_events(
    design: Design, schoenfeld: NDArray[np.float64]
) -> tuple[NDArray[np.int64], NDArray[np.float64], NDArray[np.float64]]:
    """Return rows, times and residuals of the events, in order of time."""
    rows = np.flatnonzero(~np.isnan(schoenfeld[:, 0]))
    times = design.subjects.durations[rows].astype(np.float64)
    order = np.argsort(times, kind="stable")
    return rows[order], times[order], schoenfeld[rows[order]]


def _scaled(left: NDArray[np.float64], result: CoxResult) -> NDArray[np.float64]:
    return len(left) * (left @ result.information_covariance)


def proportionality(cox: Cox, design: Design, transform: str) -> Any:
    """Return the tests of a trend of each coefficient over time."""
    if transform not in get_args(Transform):
        raise ParameterError.of(
            name="transform",
            expected="be one of " + ", ".join(map(repr, get_args(Transform))),
            found=repr(transform),
        )
    result = cox.result_
    found = _found(design, cox.ties, result.coefficients)
    _, times, left = _of_events(design, found["schoenfeld"])
    scale = _transformed(design, times, transform)
    scale = scale - scale.mean()
    spread = float(scale @ scale)
    if spread == 0:
        raise ParameterError.of(
            name="data",
            expected="have events at several times, to see a trend",
            found="events at a single time",
        )
    number = len(times)
    scaled = _scaled(left, result)
    trend = scale @ scaled
    each = trend**2 / (number * np.diag(result.covariance) * spread)
    raw = scale @ left
    together = float(number * raw @ result.information_covariance @ raw / spread)
    with np.errstate(divide="ignore", invalid="ignore"):
        sizes = np.sqrt(((scaled - scaled.mean(axis=0)) ** 2).sum(axis=0) * spread)
        correlation = trend / sizes
    statistics = np.append(each, together)
    degrees = np.append(np.ones(len(each), np.int64), len(each))
    pairs = zip(statistics.tolist(), degrees.tolist(), strict=True)
    columns = {
        "covariate": np.array([*result.names, "GLOBAL"], dtype=object),
        "correlation": np.append(correlation, np.nan),
        "statistic": statistics,
        "degrees_of_freedom": degrees,
        "p_value": np.array([_core.chi_squared_tail(s, d) for s, d in pairs]),
    }
    return native_frame(columns, family=cox.family_)


def _transformed(
    design: Design, times: NDArray[np.float64], transform: str
) -> NDArray[np.float64]:
    """Return event times on another scale; equal times are equal there too."""
    if transform == "identity":
        return times
    if transform == "log":
        if (times <= 0).any():
            raise ParameterError.of(
                name="transform",
                expected="be another scale where events happen at time 0",
                found="'log'",
            )
        return np.log(times)
    if transform == "rank":
        _, places, counts = np.unique(times, return_inverse=True, return_counts=True)
        last = np.cumsum(counts)
        return (last - (counts - 1) / 2)[places]
    table = _core.survival_table(design.subjects.columns, design.subjects.names)
    survival, _ = _core.kaplan_meier(table["at_risk"], table["observed"])
    before = np.searchsorted(table["timeline"], times, side="left") - 1
    return 1 - np.append(survival, 1.0)[before]
