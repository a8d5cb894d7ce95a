"""Randomised campaigns: what they added, for every eligible customer."""

from __future__ import annotations

import warnings
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import numpy as np

from tenure._frame import Table
from tenure._intervals import check_level
from tenure.campaigns._arms import adjusted, corrected, mismatch
from tenure.campaigns._assignment import Assignment, arms_of
from tenure.campaigns._compare import (
    How,
    LiftMethod,
    Side,
    compare_means,
    compare_ratios,
    compare_shares,
)
from tenure.campaigns._orders import Orders, whole_days
from tenure.campaigns._trial import Trial, check_margin, observed
from tenure.campaigns.experiment import SUSPECT, Experiment
from tenure.exceptions import DataError, EstimateWarning, ParameterError

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from numpy.typing import NDArray

    from tenure._typing import Date
    from tenure._units import Horizon
    from tenure.campaigns.effect import Effect

__all__ = ["experiment", "experiment_of_customers"]

_SHARES = ("conversion", "retained")
"""Outcomes of a log that are shares; the others are amounts."""


def experiment(
    orders: object,
    assignment: object,
    *,
    customer: str = "customer_id",
    arm: str = "arm",
    start: str | Date = "start",
    control: object = "control",
    window: Horizon | None = None,
    before: Horizon = "90 days",
    retained_within: Horizon | None = None,
    margin: float | None = None,
    cost: Mapping[Any, float] | str | float | None = None,
    shares: Mapping[Any, float] | None = None,
    lift: LiftMethod = "delta",
    level: float = 0.95,
    time: str = "date",
    amount: str | None = "amount",
    discount: str | None = None,
    as_of: Date | None = None,
) -> Experiment:
    """Return what a randomised campaign added: intention to treat, from the orders.

    Every eligible customer counts in the arm that chance gave them, whether or not the
    campaign reached them and whether or not they bought: who bought nothing adds 0.

    Parameters
    ----------
    orders : Transactions or frame
        The orders, of everybody; others than the eligible customers do no harm.
    assignment : frame
        One row an eligible customer, also of those who never bought.
    customer, arm : str
        The columns with the customer and the arm.
    start : str or date
        The column with the first day of the campaign, for the control as well, or one
        date for all. Orders of that day count.
    control : object
        The arm that the others are compared with.
    window : float or str, optional
        How long orders are counted from the start: days, or a text such as "8 weeks".
        Customers observed for less are left out, and counted; by default it is the
        time for which everybody has been observed.
    before : float or str
        How long before the start the covariate of CUPED is taken from.
    retained_within : float or str, optional
        A customer is retained who buys in so many last days of the window; by default
        in its second half.
    margin : float, optional
        The share of the full price that is earned. With it, margin is compared too:
        net of discounts (if `discount` is given) and of `cost`.
    cost : mapping, str or float, optional
        What the campaign costs for each eligible customer: by arm, a column of
        `assignment`, or one number for every arm but the control.
    shares : mapping, optional
        The planned share of each arm; equal by default.
    lift : {"delta", "fieller"}
        How intervals of the lift are made.
    level : float
        Confidence level of the intervals.
    time, amount, discount : str
        The columns of a frame of orders: when, how much was paid, and how much was
        taken off the price (0 for none).
    as_of : date, optional
        The last day observed, that whole day included.

    Returns
    -------
    Experiment

    Warns
    -----
    EstimateWarning
        If the arms are not of the planned sizes: then something other than chance
        decided who is in which, or who is in the data.

    See Also
    --------
    experiment_of_customers : From one row a customer with outcomes of yours.
    sample_size : How many customers a test needs.

    Notes
    -----
    Means are compared by Welch's test, shares by Newcombe's interval (1998) and the
    score test, order value by the delta method over customers. CUPED (Deng, Xu, Kohavi
    and Walker 2013) takes `theta` times the covariate off each customer's outcome,
    `theta = cov / var` within arms; it leaves the expected difference as it is and
    makes it surer. Holm's correction (1979) is over the arms, measure by measure.

    Examples
    --------
    >>> import tenure as tn
    >>> orders, assignment = tn.datasets.simulate_campaign(
    ...     4000, lift=0.3, seed=1, family="numpy"
    ... )
    >>> test = tn.campaigns.experiment(orders, assignment, window="30 days")
    >>> test.claim
    'causal under randomisation'
    >>> effect = test.effect("orders")
    >>> effect.customers, effect.control_customers
    (2000, 2000)
    >>> bool(effect.low > 0)
    True
    """
    check_level(level, name="level")
    check_margin(margin)
    if cost is not None and margin is None:
        raise ParameterError.of(
            name="cost",
            expected="come with a `margin`, which it is taken off",
            found=repr(cost),
        )
    log = Orders.of(
        orders,
        customer=customer,
        time=time,
        amount=amount,
        discount=discount,
        as_of=as_of,
    )
    if margin is not None and log.values is None:
        raise ParameterError.of(
            name="margin",
            expected="be left out with a log without amounts",
            found=repr(margin),
        )
    everybody = Assignment.of(
        assignment,
        log,
        customer=customer,
        arm=arm,
        start=start,
        control=control,
        cost=cost,
    )
    length = None if window is None else whole_days(window, "window")
    kept, length, left_out = observed(log, everybody, length)
    late = -(-length // 2)
    if retained_within is not None:
        late = min(whole_days(retained_within, "retained_within"), length)
    history = 0 if before == 0 else whole_days(before, "before")
    trial = Trial(log, kept, length, history, late, margin, left_out)
    effects = _effects(trial.outcomes(), trial.covariates(), kept, How(level, lift))
    return _experiment(
        effects, kept, everybody.arm, shares=shares, level=level, trial=trial
    )


def experiment_of_customers(
    customers: object,
    *,
    arm: str = "arm",
    metrics: Sequence[str],
    ratios: Mapping[str, tuple[str, str]] | None = None,
    before: Mapping[str, str] | None = None,
    control: object = "control",
    shares: Mapping[Any, float] | None = None,
    lift: LiftMethod = "delta",
    level: float = 0.95,
) -> Experiment:
    """Return what a randomised campaign added, from one row an eligible customer.

    Parameters
    ----------
    customers : frame
        One row an eligible customer: with zeros for those who did nothing.
    arm : str
        The column with the arm.
    metrics : sequence of str
        Columns with outcomes. One of zeros and ones (or booleans) is a share.
    ratios : mapping of str to (str, str), optional
        Ratios of two columns' sums by name: ``{"order_value": ("revenue", "orders")}``.
    before : mapping of str to str, optional
        For CUPED, the column from before the start that goes with an outcome.
    control, shares, lift, level
        As for `experiment`.

    Returns
    -------
    Experiment

    Examples
    --------
    >>> import tenure as tn
    >>> frame = {
    ...     "arm": ["control"] * 4 + ["mail"] * 4,
    ...     "spent": [0, 0, 10, 20, 0, 20, 30, 30],
    ... }
    >>> test = tn.campaigns.experiment_of_customers(frame, metrics=["spent"])
    >>> test.effect("spent").difference, round(test.effect("spent").p_value, 3)
    (12.5, 0.2)
    """
    check_level(level, name="level")
    table = Table.of(customers)
    codes, arms = arms_of(table, arm, control)
    outcomes = {name: _finite(table, name) for name in metrics}
    if not outcomes:
        raise ParameterError.of(
            name="metrics", expected="name at least one column", found="none"
        )
    unknown = [name for name in before or {} if name not in outcomes]
    if unknown:
        raise ParameterError.of(
            name="before",
            expected="name outcomes among `metrics`",
            found=repr(unknown[0]),
        )
    covariates = {name: _finite(table, own) for name, own in (before or {}).items()}
    parts = {
        name: (_finite(table, above), _finite(table, below))
        for name, (above, below) in (ratios or {}).items()
    }
    nothing = np.zeros(len(codes), np.int64)
    who = Assignment(nothing, codes, arms, nothing, np.zeros(len(codes)), table.family)
    effects = _effects(outcomes, covariates, who, How(level, lift), parts)
    return _experiment(effects, who, codes, shares=shares, level=level)


def _finite(table: Any, name: str) -> NDArray[np.float64]:
    column = table.column(name)
    try:
        values = column.numbers().values
    except KeyError:  # yes and no are 1 and 0
        values = column.flags().astype(np.float64)
    bad = ~np.isfinite(values)
    if bad.any():
        row = int(bad.argmax())
        raise DataError.at(
            name,
            "be finite",
            row=row,
            found=repr(float(values[row])),
            count=int(bad.sum()),
            hint="a customer who did nothing has 0, and counts",
        )
    return values


def _effects(
    outcomes: Mapping[str, NDArray[np.float64]],
    covariates: Mapping[str, NDArray[np.float64]],
    assignment: Assignment,
    how: How,
    ratios: Mapping[str, tuple[NDArray[np.float64], NDArray[np.float64]]] | None = None,
) -> tuple[Effect, ...]:
    """Compare each arm with the control in each measure."""
    parts = dict(ratios or {})
    if ratios is None and "revenue" in outcomes:
        parts["order_value"] = outcomes["revenue"], outcomes["orders"]
    effects: list[Effect] = []
    control = assignment.arm == 0
    arms = range(1, len(assignment.arms))
    for name, values in outcomes.items():
        is_share = name in _SHARES
        if ratios is not None:  # the caller's own columns
            is_share = bool(np.isin(values, (0.0, 1.0)).all())
        compare = compare_shares if is_share else compare_means
        found: list[Effect] = []
        for code in arms:
            treated = assignment.arm == code
            side = Side(name, assignment.arms[code])
            found.append(compare(side, values[treated], values[control], how))
        effects += corrected(found)
        if name in covariates:
            effects += corrected(
                adjusted(found, values, covariates[name], assignment.arm, how)
            )
    for name, (above, below) in parts.items():
        found = []
        for code in arms:
            treated = assignment.arm == code
            pairs = (above[treated], below[treated]), (above[control], below[control])
            side = Side(name, assignment.arms[code])
            found.append(compare_ratios(side, *pairs, how))
        effects += corrected(found)
    return tuple(effects)


def _experiment(
    effects: tuple[Effect, ...],
    kept: Assignment,
    assigned: NDArray[np.int64],
    *,
    shares: Mapping[Any, float] | None,
    level: float,
    trial: Trial | None = None,
) -> Experiment:
    """Return the result, and warn where the arms are not of the planned sizes."""
    counts = np.bincount(assigned, minlength=len(kept.arms))
    result = Experiment(
        effects=effects,
        arms=kept.arms,
        sizes=np.bincount(kept.arm, minlength=len(kept.arms)),
        mismatch=mismatch(counts, kept.arms, shares),
        window=None if trial is None else trial.window,
        left_out=0 if trial is None else trial.left_out,
        level=level,
        family=kept.family,
        _trial=trial,
    )
    if result.mismatch < SUSPECT:
        said = replace(result, sizes=counts).suspicion()
        msg = (
            f"{said}: something other than chance decided who is in which arm, or who "
            "is in the data; find out what before you trust the effects"
        )
        warnings.warn(msg, EstimateWarning, stacklevel=3)
    return result
