"""From what a caller gives "what if" to subjects: segments with their economics."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, cast

import numpy as np

from tenure._frame import Table
from tenure._purchasing import PurchasingModel
from tenure._renewal_predictions import RenewalModel
from tenure._units import unit_named
from tenure._worth import described
from tenure.economics._changes import LEVERS
from tenure.economics._moved import frequency_of
from tenure.economics._projection import checked_curve
from tenure.economics._spend import labels_in
from tenure.economics._subjects import (
    BuyingSubject,
    CurveSubject,
    RateSubject,
    RenewalSubject,
    with_horizon,
)
from tenure.exceptions import ColumnError, DataError, EmptyDataError, ParameterError
from tenure.spend import GammaGamma

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from tenure._units import Horizon
    from tenure.economics._subjects import Subject

__all__ = ["Segment", "segments_of"]

_USUAL = {"frequency": 1.0, "margin": 1.0, "cac": 0.0, "discount_rate": 0.10}


@dataclass(frozen=True, eq=False)
class Segment:
    """Customers who are alike.

    Attributes
    ----------
    label : Any
        What they are called; None if there are no segments.
    subject : Subject
        Their economics.
    customers : float
        How many; NaN if that is not known.
    """

    label: Any
    subject: Subject
    customers: float


def segments_of(
    subject: Any,
    *,
    at: Mapping[str, float] | None,
    unit: str | None,
    horizon: Horizon | None,
    customers: float | None,
    observed: float | None,
) -> tuple[list[Segment], str]:
    """Return the segments, and the family of their frame."""
    levels = _levels(at)
    if not _is_frame(subject):
        many = isinstance(subject, Mapping)
        named = cast("Mapping[Any, Any]", subject) if many else {None: subject}
        found = [
            Segment(label, with_horizon(one, horizon), _count(one, customers))
            for label, given in named.items()
            for one in [_subject(given, levels, unit, observed)]
        ]
        if not found:
            raise EmptyDataError.of(what="there are no segments")
        return found, _family(found[0].subject)
    table = Table.of(subject)
    if customers is not None or observed is not None:
        raise ParameterError.of(
            name="customers" if observed is None else "observed",
            expected="be left out where segments have a column of it",
            found=repr(customers if observed is None else observed),
        )
    return _of_table(table, levels, unit, horizon), table.family


def _family(subject: Subject) -> str:
    """Return the kind of frame that a model was fitted to."""
    training = getattr(getattr(subject, "model", None), "_training", None)
    return "numpy" if training is None else training.family


def _is_frame(subject: Any) -> bool:
    if isinstance(subject, Mapping):
        return "retention" in subject
    vector = isinstance(subject, list | tuple | int | float | np.ndarray | np.generic)
    fitted = isinstance(subject, PurchasingModel | RenewalModel)
    return not vector and not fitted and hasattr(subject, "columns")


def _levels(at: Mapping[str, float] | None) -> dict[str, float]:
    """Return the levels that are given, and the usual ones for those that are not."""
    given = dict(at or {})
    known = [lever for lever in LEVERS if lever != "retention"]
    for name, level in given.items():
        if name not in known:
            raise ParameterError.of(
                name="at",
                expected=f"have levels of {', '.join(known)}",
                found=repr(name),
                hint="retention is that of the curve or model" * (name == "retention"),
            )
        if not (math.isfinite(level) and level >= 0):
            raise ParameterError.of(
                name=f"at[{name!r}]",
                expected="be finite and at least 0",
                found=repr(level),
            )
    return {name: float(level) for name, level in given.items()}


def _count(subject: Subject, customers: float | None) -> float:
    if customers is not None:
        if not (math.isfinite(customers) and customers > 0):
            raise ParameterError.of(
                name="customers", expected="be above 0", found=repr(customers)
            )
        return float(customers)
    model = getattr(subject, "model", None)
    fitted = 0.0 if model is None else float(model.n_customers_)
    return fitted if fitted > 0 else math.nan


def _subject(
    given: Any, levels: dict[str, float], unit: str | None, observed: float | None
) -> Subject:
    """Return the subject that a number, a curve, a model or a pair of models is."""
    spend = None
    pair = cast("tuple[Any, ...]", given) if isinstance(given, tuple) else ()
    if len(pair) == 2 and isinstance(pair[0], PurchasingModel):
        given, spend = pair
    if isinstance(given, PurchasingModel):
        return _of_buying(given, spend, levels, unit)
    if isinstance(given, RenewalModel):
        named = given.time_unit_ or (None if unit is None else unit_named(unit))
        return _of_renewal(given, levels, named)
    known: Any = _common(levels, None if unit is None else unit_named(unit))
    numbers = cast("Any", given)
    if isinstance(numbers, int | float | np.number):
        return _of_rate(float(numbers), known, observed)  # pyright: ignore[reportUnknownArgumentType]
    try:
        curve = checked_curve(numbers)
    except (TypeError, ValueError) as error:
        if isinstance(error, ParameterError):
            raise
        raise ParameterError.of(
            name="subject",
            expected="be a rate or curve of retention, a model of renewal, a model of "
            "buying with one of spend, or a frame or mapping of segments",
            found=described(numbers),
        ) from None
    return _of_shares(curve, known, observed)


def _common(levels: dict[str, float], unit: str | None) -> dict[str, Any]:
    """Return the levels of a subject whose orders have a value that is given."""
    if "order_value" not in levels:
        raise ParameterError.of(
            name="at",
            expected="have an order_value: the money of an order or a payment",
            found=repr(levels),
        )
    return {**_USUAL, **levels, "unit": unit, "horizon": math.inf}


def _of_rate(rate: float, known: Any, observed: float | None) -> RateSubject:
    if not 0 <= rate <= 1:
        raise ParameterError.of(
            name="subject", expected="be a retention in [0, 1]", found=repr(rate)
        )
    if observed is None:
        return RateSubject(**known, rate=rate)
    variance = np.array([[rate * (1 - rate) / _seen(observed)]])
    return RateSubject(
        **known, rate=rate, estimated={"retention": rate}, covariance=variance
    )


def _of_shares(
    curve: NDArray[np.float64], known: Any, observed: float | None
) -> CurveSubject:
    before = curve[:-1]
    rates = np.divide(curve[1:], before, out=np.zeros(len(before)), where=before > 0)
    known = known | {"horizon": float(len(curve))}
    if observed is None:
        return CurveSubject(**known, rates=rates)
    at_risk = _seen(observed) * np.where(before > 0, before, 1.0)
    names = [f"retention {age}" for age in range(1, len(curve))]
    return CurveSubject(
        **known,
        rates=rates,
        estimated=dict(zip(names, rates.tolist(), strict=True)),
        covariance=np.diag(rates * (1 - rates) / at_risk),
    )


def _seen(observed: float) -> float:
    if not (math.isfinite(observed) and observed > 0):
        raise ParameterError.of(
            name="observed", expected="be above 0", found=repr(observed)
        )
    return float(observed)


def _of_renewal(
    model: RenewalModel, levels: dict[str, float], unit: str | None
) -> RenewalSubject:
    known: Any = _common(levels, unit)
    estimated, covariance = _estimates(model)
    return RenewalSubject(
        **known, model=model, estimated=estimated, covariance=covariance
    )


def _of_buying(
    model: PurchasingModel, spend: Any, levels: dict[str, float], unit: str | None
) -> BuyingSubject:
    if unit is not None and unit != model.time_unit_:
        raise ParameterError.of(
            name="unit",
            expected="be left out: the model has its own",
            found=f"{unit!r} where it is in {model.time_unit_}s",
        )
    if "frequency" in levels:
        raise ParameterError.of(
            name="at",
            expected="have no frequency: the model has its own",
            found=repr(levels["frequency"]),
        )
    estimated, covariance = _estimates(model)
    if isinstance(spend, GammaGamma):
        levels = {**levels, "order_value": math.nan}
        further, of_spend = _estimates(spend, "spend ")
        if covariance is not None and of_spend is not None:
            nothing = np.zeros((len(covariance), len(of_spend)))
            covariance = np.block([[covariance, nothing], [nothing.T, of_spend]])
        else:
            covariance = None
        estimated |= further
    elif spend is not None:
        levels = {**levels, "order_value": float(spend)}
    known: Any = _common(levels, model.time_unit_)
    known["frequency"] = frequency_of(model)[0]
    return BuyingSubject(
        **known,
        model=model,
        spend=spend if isinstance(spend, GammaGamma) else None,
        estimated=estimated,
        covariance=covariance,
    )


def _estimates(
    model: Any, prefix: str = ""
) -> tuple[dict[str, float], NDArray[np.float64] | None]:
    """Return parameters by name and their covariance, where it is known."""
    result = model.result_
    names = {f"{prefix}{name}": value for name, value in result.parameters.items()}
    covariance = result.covariance
    if covariance is None or not np.isfinite(covariance).all():
        return names, None
    return names, np.asarray(covariance, dtype=np.float64)


def _of_table(
    table: Table, levels: dict[str, float], unit: str | None, horizon: Horizon | None
) -> list[Segment]:
    """Return one segment a row; a column goes before a level for all."""
    if table.n_rows == 0:
        raise EmptyDataError.of(what="the table of segments has no rows")
    labels = (
        labels_in(table, "segment")
        if "segment" in table.names
        else np.arange(table.n_rows)
    )
    columns = {
        name: _numbers(table, name, most=1.0 if name == "retention" else math.inf)
        for name in (*LEVERS, "customers", "observed")
        if name in table.names
    }
    for needed in ("retention", "customers"):
        if needed not in columns:
            raise ColumnError.unknown(needed, table.names)
    found: list[Segment] = []
    for row, label in enumerate(labels.tolist()):
        own = {name: float(values[row]) for name, values in columns.items()}
        count, seen = own.pop("customers"), own.pop("observed", None)
        rate = own.pop("retention")
        one = _subject(rate, {**levels, **own}, unit, seen)
        found.append(Segment(label, with_horizon(one, horizon), count))
    return found


def _numbers(table: Table, name: str, most: float) -> NDArray[np.float64]:
    values = table.numbers(name).values
    bad = ~(np.isfinite(values) & (values >= 0) & (values <= most))
    if bad.any():
        expected = "lie in [0, 1]" if most == 1 else "be finite and at least 0"
        raise DataError.at(
            name,
            expected,
            row=int(bad.argmax()),
            found=f"{values[bad.argmax()]:g}",
            count=int(bad.sum()),
        )
    return values
