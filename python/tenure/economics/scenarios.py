"""What if: what a change of retention, frequency, price or cost would be worth."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any

import numpy as np

from tenure._intervals import check_level
from tenure._units import plural
from tenure.economics._asked import segments_of
from tenure.economics._changes import LEVERS, Change
from tenure.economics.answers import WhatIf
from tenure.exceptions import ParameterError

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from numpy.typing import NDArray

    from tenure._bootstrap import Bootstrap
    from tenure._units import Horizon
    from tenure.economics._asked import Segment

    Floats = NDArray[np.float64]

__all__ = ["what_if"]


def what_if(
    subject: Any,
    *,
    retention: str | None = None,
    frequency: str | None = None,
    order_value: str | None = None,
    margin: str | None = None,
    cac: str | None = None,
    discount_rate: str | None = None,
    at: Mapping[str, float] | None = None,
    horizon: Horizon | None = None,
    unit: str | None = None,
    customers: float | None = None,
    observed: float | None = None,
    order: Sequence[str] = LEVERS,
    bootstrap: Bootstrap | None = None,
    level: float = 0.95,
) -> WhatIf:
    """Return what a change would do to the value of a new customer, and to the total.

    Parameters
    ----------
    subject : float, array, model, pair, frame or mapping
        Whose economics: a retention of each period, the same for ever; a curve of
        shares who are still there at ages 0, 1, 2, ... (1 at first); a fitted model of
        renewal; a fitted model of repeat buying with one of spend (or the value of an
        order): ``(BGNBD, GammaGamma)``; a frame with one row a segment (columns
        `segment`, `customers`, `retention`, and levels as in `at`); or a mapping from
        segments to any of the others.
    retention, frequency, order_value, margin, cac, discount_rate : str, optional
        The changes. "+5pp" adds five points of per cent (of shares), "x1.05"
        multiplies, "+3" adds an amount (not to shares), "=40" sets. "+5%" is refused:
        of a share it can mean two things. For retention also "churn x0.95": in each
        period, of those who would leave, 5 % fewer do.
    at : mapping of str to float, optional
        Levels as they are: `order_value` (needed without a model of spend),
        `frequency` (orders a period, 1 by default; models of buying have their own),
        `margin` (1: revenue counts), `cac` (0) and `discount_rate` (0.10 a year).
    horizon : float or str, optional
        How far to look ahead: payments and orders at ages before it. By default for
        ever, and to the end of a curve.
    unit : str, optional
        What a period is; models have their own. Without one the discount rate is that
        of a period.
    customers : float, optional
        How many customers the total is of; those that a model was fitted to.
    observed : float, optional
        For a rate or a curve: how many customers it was observed of, from which its
        error follows.
    order : sequence of str
        The order of the steps of the waterfall.
    bootstrap : Bootstrap, optional
        Of the model: intervals are percentiles over its replicates. By default they
        come from the covariance of the parameters, by the delta method.
    level : float, default 0.95
        Confidence level of the intervals.

    Returns
    -------
    WhatIf

    Raises
    ------
    ParameterError
        If a change is not clear, or leads to what cannot be.

    Notes
    -----
    A rate or curve of retention pays at once and at the beginning of each period for
    those who are still there. A model is asked by moving those of its parameters that
    make the quantity in question what was asked for, and no others; the notes of the
    result say which. It is new customers that are valued: the past of those who are
    there would not have happened under other parameters.

    References
    ----------
    Gupta, S., Lehmann, D. R., Stuart, J. A. (2004). Valuing customers. Journal of
    Marketing Research 41(1), 7-18: a retention that is 1 % higher is worth 3 to 7 %.

    Examples
    --------
    >>> import tenure as tn
    >>> levels = {"order_value": 100, "cac": 200, "discount_rate": 0.10}
    >>> tn.what_if(0.80, retention="+5pp", cac="x1.1", at=levels, unit="year")
    What if retention +5pp, cac x1.1: a new customer is worth 220.00 in place of ...
               asked  from    to  in this order  Shapley
    before                               166.67   166.67
    retention   +5pp   0.8  0.85         +73.33   +73.33
    cac         x1.1   200   220         -20.00   -20.00
    after                                220.00   220.00
    Note: retention: the chance of staying from each period to the next
    Note: no margin is given: the value is revenue
    """
    check_level(level, name="level")
    given = {
        "retention": retention,
        "frequency": frequency,
        "order_value": order_value,
        "margin": margin,
        "cac": cac,
        "discount_rate": discount_rate,
    }
    asked = {
        name: Change.of(name, text) for name, text in given.items() if text is not None
    }
    if not asked:
        raise ParameterError.of(
            name="retention",
            expected=f"be changed, or one of {', '.join(LEVERS[1:])}",
            found="no change",
        )
    changes = {name: asked[name] for name in _ordered(order) if name in asked}
    segments, family = segments_of(
        subject,
        at=at,
        unit=unit,
        horizon=horizon,
        customers=customers,
        observed=observed,
    )
    weights, total = _weights(segments)
    return _answer(
        segments,
        changes,
        (weights, total),
        family=family,
        draws=_draws(segments, bootstrap),
        level=level,
    )


def _ordered(order: Sequence[str]) -> tuple[str, ...]:
    unknown = [name for name in order if name not in LEVERS]
    if unknown or len(set(order)) < len(order):
        raise ParameterError.of(
            name="order",
            expected=f"name levers once each: {', '.join(LEVERS)}",
            found=repr(tuple(order)),
        )
    return (*order, *(name for name in LEVERS if name not in order))


def _weights(segments: list[Segment]) -> tuple[Floats, float]:
    """Return the share of customers in each segment, and their number."""
    if len(segments) == 1:
        return np.ones(1), segments[0].customers
    counts = np.array([one.customers for one in segments])
    if not (np.isfinite(counts).all() and counts.sum() > 0):
        raise ParameterError.of(
            name="customers",
            expected="be known of every segment, and not all be 0",
            found=repr(counts.tolist()),
            hint="give fitted models, or a frame with a column of customers",
        )
    return counts / counts.sum(), float(counts.sum())


def _draws(
    segments: list[Segment], bootstrap: Bootstrap | None
) -> tuple[Mapping[str, float], ...] | None:
    if bootstrap is None:
        return None
    model = getattr(segments[0].subject, "model", None)
    if len(segments) > 1 or model is None:
        raise ParameterError.of(
            name="bootstrap",
            expected="be that of a single model",
            found=repr(bootstrap),
        )
    bootstrap.for_core(model, tuple(model.params_))  # of this model, or an error
    columns = bootstrap.parameters
    return tuple(
        dict(zip(columns, row, strict=True))
        for row in np.column_stack(list(columns.values())).tolist()
    )


def _answer(
    segments: list[Segment],
    changes: dict[str, Change],
    counts: tuple[Floats, float],
    *,
    family: str,
    draws: tuple[Mapping[str, float], ...] | None,
    level: float,
) -> WhatIf:
    weights, customers = counts
    before = float(weights @ [one.subject.value({}) for one in segments])
    after = float(weights @ [one.subject.value(changes) for one in segments])
    first = segments[0].subject
    revenue = all(one.subject.margin == 1 for one in segments)
    notes = [
        f"{name}: {first.how(change)}"
        for name, change in changes.items()
        if name in ("retention", "frequency")
    ]
    if revenue:
        notes.append("no margin is given: the value is revenue")
    if not math.isinf(first.horizon):
        notes.append(f"within {first.horizon:,.4g} {plural(first.unit)}")
    found = WhatIf(
        before=before,
        after=after,
        change=after - before,
        low=math.nan,
        high=math.nan,
        customers=customers,
        changes=changes,
        basis="revenue" if revenue else "margin",
        unit=first.unit,
        horizon=first.horizon,
        level=level,
        notes=tuple(notes),
        family=family,
        _segments=tuple(segments),
        _weights=weights,
        _draws=draws,
    )
    _, low, high = found._effects([changes])  # noqa: SLF001
    object.__setattr__(found, "low", float(low[0]))
    object.__setattr__(found, "high", float(high[0]))
    return found
