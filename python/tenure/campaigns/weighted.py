"""Treated against untreated customers, weighted to be alike in what was measured."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any, Literal

import numpy as np

from tenure._frame import Table, native_frame
from tenure._intervals import check_level
from tenure._report import counted, html_report, text_table
from tenure._typing import override
from tenure.campaigns._compare import How, Side, compare_means
from tenure.campaigns._covariates import design, differences, propensity_model
from tenure.campaigns._influence import Sample, augmented, inverse
from tenure.campaigns.effect import CLAIMS, Effect, effect_rows, effects_frame
from tenure.exceptions import DataError, EmptyDataError, ParameterError

if TYPE_CHECKING:
    from collections.abc import Sequence

    from matplotlib.axes import Axes
    from numpy.typing import NDArray

__all__ = ["Estimand", "Weighted", "weighted"]

Estimand = Literal["everybody", "treated"]

_FEW = 2  # customers that a side must keep


@dataclass(frozen=True, eq=False, repr=False)
class Weighted:
    """What treatment did to an outcome, by weights and by a doubly robust estimate.

    Made by `weighted`.

    Attributes
    ----------
    effects : tuple of Effect
        By method: "unadjusted" (Welch), "weighted" (inverse probabilities) and "doubly
        robust" (AIPW), which is right if the chances of treatment or the regressions
        of the outcome are.
    estimand : {"everybody", "treated"}
        Whose mean effect it is.
    trimmed : int
        Customers left out because their chance of treatment was too near 0 or 1.
    propensity : float64 array
        The chance of treatment of each customer, also of those left out.
    treated : bool array
        Who was treated.
    trim : float
        How near is too near.
    effective : (float, float)
        How many customers the weighted treated and untreated are worth.
    balance : dict of str to array
        For each covariate the standardised mean difference before and after.
    level : float
        Confidence level of the intervals.
    family : str
        The kind of frame that results come back as.
    """

    effects: tuple[Effect, ...]
    estimand: Estimand
    trimmed: int
    propensity: NDArray[np.float64] = field(repr=False)
    treated: NDArray[np.bool_] = field(repr=False)
    trim: float
    effective: tuple[float, float]
    balance: dict[str, NDArray[Any]]
    level: float
    family: str

    @property
    def claim(self) -> str:
        """What the comparison can claim."""
        return CLAIMS["weighted"]

    def effect(self, method: str = "doubly robust") -> Effect:
        """Return the "unadjusted", the "weighted" or the "doubly robust" effect."""
        named = {effect.method: effect for effect in self.effects}
        if method not in named:
            expected = f"be one of {', '.join(named)}"
            raise ParameterError.of(
                name="method", expected=expected, found=repr(method)
            )
        return named[method]

    def to_frame(self) -> Any:
        """Return one row a method, with the attributes of `Effect`."""
        without = ("p_holm", "variance_reduction")
        return effects_frame(self.effects, self.family, without=without)

    def balance_frame(self) -> Any:
        """Return one row a covariate: how unlike the groups were before and after."""
        return native_frame(self.balance, family=self.family)

    def overlap(self, bins: int = 20) -> Any:
        """Return how many of each group have a chance of treatment in each bin.

        Parameters
        ----------
        bins : int
            How many bins of equal width there are between 0 and 1.

        Returns
        -------
        frame
            `low` and `high` ends of the bin, `treated` and `untreated` customers, and
            whether the bin is `trimmed`, at least in part.
        """
        return native_frame(self._overlap(bins), family=self.family)

    def _overlap(self, bins: int) -> dict[str, NDArray[Any]]:
        if isinstance(bins, bool) or bins < 1:
            raise ParameterError.of(
                name="bins", expected="be at least 1", found=repr(bins)
            )
        edges = np.linspace(0, 1, bins + 1)
        low, high = edges[:-1], edges[1:]
        return {
            "low": low,
            "high": high,
            "treated": np.histogram(self.propensity[self.treated], edges)[0],
            "untreated": np.histogram(self.propensity[~self.treated], edges)[0],
            "trimmed": (low < self.trim - 1e-12) | (high > 1 - self.trim + 1e-12),
        }

    def plot(self, *, bins: int = 20, ax: Axes | None = None) -> Axes:
        """Draw the overlap of the two groups; see `plotting.plot_overlap`."""
        from tenure.plotting.campaigns import plot_overlap  # noqa: PLC0415

        return plot_overlap(self, bins=bins, ax=ax)

    def _headline(self) -> str:
        best = self.effect()
        plain = self.effect("unadjusted")
        worst = float(np.abs(self.balance["after"]).max())
        of = "a customer" if self.estimand == "everybody" else "a treated customer"
        gain = (
            f"Treatment: {best.difference:+,.4g} {best.metric} {of} "
            f"({100 * self.level:g} % interval {best.low:+,.4g} to "
            f"{best.high:+,.4g}); without weights {plain.difference:+,.4g}"
        )
        who = (
            f"{counted(best.customers, 'customer')} treated and "
            f"{best.control_customers:,} not, worth {self.effective[0]:,.0f} and "
            f"{self.effective[1]:,.0f} after weighting; {self.trimmed:,} trimmed; "
            f"largest difference left {worst:.2f} standard deviations"
        )
        return f"{self.claim}\n{gain}\n{who}"

    @override
    def __repr__(self) -> str:
        table = effect_rows(self.effects, arms=False)
        return f"{self._headline()}\n{text_table(*table)}"

    def _repr_html_(self) -> str:
        return html_report(self._headline(), *effect_rows(self.effects, arms=False))


def weighted(
    customers: object,
    *,
    treated: str = "treated",
    outcome: str,
    covariates: Sequence[str],
    estimand: Estimand = "everybody",
    trim: float = 0.01,
    level: float = 0.95,
) -> Weighted:
    """Return what treatment did, with customers weighted by their chance of it.

    Parameters
    ----------
    customers : frame
        One row a customer.
    treated : str
        The column that says who was treated: booleans, or zeros and ones.
    outcome : str
        The column with the outcome, from after the treatment.
    covariates : sequence of str
        Columns from before the treatment: numbers, booleans, or text, of which each
        value gets a column of its own.
    estimand : {"everybody", "treated"}
        Whose mean effect is asked for.
    trim : float
        Customers with a chance of treatment below this, or above one less this, are
        left out and counted: there is nobody to compare them with. Of "treated", those
        above only.
    level : float
        Confidence level of the intervals.

    Returns
    -------
    Weighted

    Raises
    ------
    ParameterError
        If the covariates tell who is treated, so that nothing overlaps.

    Notes
    -----
    The chance of treatment is a logistic regression by statsmodels. Weights are scaled
    to add up to one on each side (Hajek); the doubly robust estimate (Robins, Rotnitzky
    and Zhao 1994) adds linear regressions of the outcome in each group. Standard errors
    come from influence functions, which hold the doubt about the chances of treatment.

    Examples
    --------
    >>> import numpy as np
    >>> import tenure as tn
    >>> random = np.random.default_rng(1)
    >>> before = random.normal(size=2000)
    >>> treated = random.random(2000) < 1 / (1 + np.exp(-before))
    >>> frame = {
    ...     "before": before,
    ...     "treated": treated,
    ...     "spend": 10 + 5 * before + 2 * treated + random.normal(size=2000),
    ... }
    >>> found = tn.campaigns.weighted(frame, outcome="spend", covariates=["before"])
    >>> bool(found.effect("unadjusted").low > 4)
    True
    >>> bool(found.effect().low < 2 < found.effect().high)
    True
    """
    check_level(level, name="level")
    if estimand not in ("everybody", "treated"):
        raise ParameterError.of(
            name="estimand",
            expected="be 'everybody' or 'treated'",
            found=repr(estimand),
        )
    if not 0 <= trim < 0.5:
        raise ParameterError.of(
            name="trim", expected="be at least 0, below 0.5", found=repr(trim)
        )
    table = Table.of(customers)
    side = table.flags(treated)
    values = _numbers(table, outcome)
    columns, names = _covariates(table, covariates)
    _check_sides(side, treated, "")
    matrix = design(columns)
    coefficients = propensity_model(side, matrix, names)
    chance = 1 / (1 + np.exp(-(matrix @ coefficients)))
    keep = chance <= 1 - trim
    if estimand == "everybody":
        keep &= chance >= trim
    _check_sides(side[keep], treated, " after trimming")
    if not keep.all():  # those who are left have chances among themselves
        matrix = design(columns[keep])
        coefficients = propensity_model(side[keep], matrix, names)
    sample = Sample.of(values[keep], side[keep], matrix, coefficients, estimand)
    return Weighted(
        effects=_three(outcome, sample, level),
        estimand=estimand,
        trimmed=int((~keep).sum()),
        propensity=chance,
        treated=side,
        trim=trim,
        effective=sample.effective,
        balance={
            "covariate": np.array(names, dtype=object),
            "before": differences(columns, side),
            "after": differences(columns[keep], side[keep], sample.weight),
        },
        level=level,
        family=table.family,
    )


def _three(outcome: str, sample: Sample, level: float) -> tuple[Effect, ...]:
    """Return the effect without weights, with them, and doubly robust."""
    name = Side(outcome, "treated")
    y, t = sample.outcome, sample.treated
    plain = replace(
        compare_means(name, y[t], y[~t], How(level)),
        method="unadjusted",
        lift_low=np.nan,
        lift_high=np.nan,
    )
    return (plain, inverse(name, sample, level), augmented(name, sample, level))


def _check_sides(treated: NDArray[np.bool_], name: str, when: str) -> None:
    counts = int(treated.sum()), int((~treated).sum())
    if min(counts) < _FEW:
        what = (
            f"column `{name}` has {counts[0]:,} treated and {counts[1]:,} untreated "
            f"customers{when}"
        )
        raise EmptyDataError.of(what, hint="both sides need at least 2")


def _numbers(table: Table, name: str) -> NDArray[np.float64]:
    column = table.column(name)
    try:
        values = column.numbers().values
    except KeyError:
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
            hint="say what a missing value means, as by 0 and a column of its own",
        )
    return values


def _covariates(
    table: Table, covariates: Sequence[str]
) -> tuple[NDArray[np.float64], tuple[str, ...]]:
    """Return the covariates as columns of numbers, and what they are called."""
    given = (covariates,) if isinstance(covariates, str) else tuple(covariates)
    if not given:
        raise ParameterError.of(
            name="covariates",
            expected="name at least one column",
            found="none",
            hint="without any, it is the unadjusted difference",
        )
    columns: list[NDArray[np.float64]] = []
    names: list[str] = []
    for name in given:
        if _is_text(table, name):
            codes = table.codes(name)
            labels = codes.categories.tolist()
            values = [codes.values == code for code in range(1, len(labels))]
            columns += [one.astype(np.float64) for one in values]
            names += [f"{name} = {label}" for label in labels[1:]]
            if len(labels) > 1:
                continue
            constant = True
        else:
            numbers = _numbers(table, name)
            columns.append(numbers)
            names.append(name)
            constant = bool(np.ptp(numbers) == 0)
        if constant:
            raise ParameterError.of(
                name="covariates",
                expected="differ between customers",
                found=f"{name!r}, which does not",
            )
    return np.column_stack(columns), tuple(names)


def _is_text(table: Table, name: str) -> bool:
    try:
        table.column(name).numbers()
    except KeyError:
        try:
            table.column(name).flags()
        except KeyError:
            return True
    return False
