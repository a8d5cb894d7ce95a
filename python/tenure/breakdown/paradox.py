"""Whether a difference between two groups turns round within strata."""

from __future__ import annotations

from dataclasses import dataclass, field
from importlib import import_module
from typing import TYPE_CHECKING, Any

import numpy as np

from tenure._frame import native_frame
from tenure._intervals import check_level, normal_quantile
from tenure._report import counted, html_report, text_table
from tenure._typing import override
from tenure.breakdown._averages import joined
from tenure.breakdown._people import People, names_of
from tenure.breakdown.measures import chosen
from tenure.exceptions import EmptyDataError, ParameterError

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from tenure._typing import Date
    from tenure._units import Horizon
    from tenure.breakdown._people import Grouping

__all__ = ["Difference", "Simpson", "simpson"]


@dataclass(frozen=True)
class Difference:
    """A difference of two means, the second group's less the first's.

    Attributes
    ----------
    value, lower, upper : float
        The difference and its interval.
    """

    value: float
    lower: float
    upper: float

    @property
    def sign(self) -> int:
        """1 or -1 where the interval is on one side of 0, else 0."""
        return int(self.lower > 0) - int(self.upper < 0)


@dataclass(frozen=True, eq=False, repr=False)
class Simpson:
    """A difference between two groups, as it is and within strata.

    Made by `simpson`.

    Attributes
    ----------
    what : str
        The outcome.
    groups : (str, str)
        The groups; differences are those of the second from the first.
    strata : tuple of str
        What the strata are.
    raw : Difference
        Of all customers.
    adjusted : Difference
        Standardised: the mean of the differences within strata, weighted by how many
        customers of both groups are in each.
    regression : Difference or None
        Of a linear regression on the group and the strata; asked for only.
    flag : {"reversed", "explained", "masked", "kept", "unclear"}
        "reversed": the sign turns round. "explained": there is a difference, and none
        can be told within strata. "masked": none can be told but within strata.
        "kept": both have the same sign. "unclear": neither can be told from 0.
    certain : bool
        For a reversal: whether neither interval holds 0.
    level : float
        Confidence level of the intervals.
    family : str
        The kind of frame that results come back as.
    """

    what: str
    groups: tuple[str, str]
    strata: tuple[str, ...]
    raw: Difference
    adjusted: Difference
    regression: Difference | None
    flag: str
    certain: bool
    level: float
    means: tuple[float, float]
    left_out: tuple[int, int]
    family: str
    columns: dict[str, NDArray[Any]] = field(repr=False)

    def to_frame(self) -> Any:
        """Return one row a stratum.

        Returns
        -------
        frame
            The stratum, `customers_a`, `customers_b`, `mean_a`, `mean_b` (of the first
            and of the second group), `difference` with `lower` and `upper` (NaN where
            a group has fewer than two customers), and `weight`: 0 where one group is
            missing.
        """
        return native_frame(self.columns, family=self.family)

    def sentences(self) -> list[str]:
        """Return what happened, in words."""
        one, other = self.groups
        raw, adjusted = self.raw.value, self.adjusted.value
        by = " and ".join(self.strata)
        ahead = other if raw > 0 else one
        words = {
            "reversed": f"Within {by} it is the other way round: {adjusted:+,.4g}. "
            f"{ahead} looks ahead only since the groups differ in {by}.",
            "explained": f"Within {by} {adjusted:+,.4g} is left, which cannot be told "
            f"from none: that the groups differ in {by} explains it.",
            "masked": f"Within {by} there is one: {adjusted:+,.4g}. It does not show "
            f"over all, since the groups differ in {by}.",
            "kept": f"Within {by} it is {adjusted:+,.4g}, in the same direction.",
            "unclear": f"Within {by} it is {adjusted:+,.4g}: neither can be told from "
            "none.",
        }
        said = [
            (
                f"{self.what}: {self.means[1]:,.4g} for {other} and "
                f"{self.means[0]:,.4g} for {one}, a difference of {raw:+,.4g}."
            ),
            words[self.flag],
        ]
        if self.flag == "reversed" and not self.certain:
            said.append("But an interval holds 0, so the reversal may be chance.")
        strata, people = self.left_out
        if strata:
            word, who = (
                "stratum" if strata == 1 else "strata",
                counted(people, "customer"),
            )
            said.append(f"{strata} {word} with one group only ({who}) left out.")
        return said

    def _headline(self) -> str:
        flag = self.flag if self.flag != "reversed" else "reversed (Simpson's paradox)"
        one, other = self.groups
        return f"{other} against {one} within {', '.join(self.strata)}: {flag}"

    def _table(self) -> tuple[list[str], list[list[str]]]:
        header = ["", "difference", f"{100 * self.level:g} % interval"]
        found = {"raw": self.raw, "standardised": self.adjusted}
        if self.regression is not None:
            found["regression"] = self.regression
        rows = [
            [name, f"{one.value:+,.4g}", f"[{one.lower:+,.4g}, {one.upper:+,.4g}]"]
            for name, one in found.items()
        ]
        return header, rows

    @override
    def __repr__(self) -> str:
        parts = [self._headline(), *self.sentences(), text_table(*self._table())]
        return "\n".join(parts)

    def _repr_html_(self) -> str:
        return html_report(self._headline(), *self._table(), " ".join(self.sentences()))


def simpson(
    data: object,
    outcome: str,
    group: str,
    strata: str | Sequence[str],
    *,
    groups: tuple[Any, Any] | None = None,
    attributes: object = None,
    customer: str = "customer_id",
    as_of: Date | None = None,
    horizon: Horizon | None = None,
    window: Horizon | None = None,
    regression: bool = False,
    level: float = 0.9,
) -> Simpson:
    """Return whether a difference between two groups turns round within strata.

    Customers of an old channel have had more time to buy; in each cohort the new one
    may do better all the same. Compared are the means of both groups as they are, and
    standardised to the strata that both groups together have.

    Parameters
    ----------
    data : Transactions or frame
        A log, or one row a customer.
    outcome : str
        As a metric of `metrics`: one that is a mean or a share, or a column, of which
        the mean is compared.
    group : str
        The attribute with the two groups.
    strata : str or sequence of str
        What to compare within, as "cohort", the month of a log's first purchase.
    groups : (label, label), optional
        Which two groups, where there are more. The second is compared with the first.
    attributes, customer, as_of, horizon, window
        As for `metrics`.
    regression : bool, default False
        Whether to add the coefficient of the group in a linear regression on the group
        and the strata, with errors that hold for unequal variances (HC3); it weighs
        strata by how much they tell. Needs ``pip install 'tenure[stats]'``.
    level : float, default 0.9
        Confidence level of the intervals, which are normal, without equal variances.

    Returns
    -------
    Simpson

    Raises
    ------
    ParameterError
        If there are not two groups, or the outcome is no mean or share.
    EmptyDataError
        If no stratum has customers of both groups.
    ImportError
        If statsmodels is not installed and a regression is asked for.

    References
    ----------
    Simpson, E. H. (1951). The interpretation of interaction in contingency tables.
    Journal of the Royal Statistical Society B 13, 238-241.
    Charig, C. R. et al. (1986). Comparison of treatment of renal calculi. British
    Medical Journal 292, 879-882 (the numbers of the example).

    Examples
    --------
    >>> import tenure as tn
    >>> rows = [("A", "small", 81, 87), ("A", "large", 192, 263)]
    >>> rows += [("B", "small", 234, 270), ("B", "large", 55, 80)]
    >>> stones = {"way": [], "stone": [], "cured": []}
    >>> for way, stone, cured, number in rows:
    ...     stones["way"] += [way] * number
    ...     stones["stone"] += [stone] * number
    ...     stones["cured"] += [1] * cured + [0] * (number - cured)
    >>> tn.breakdown.simpson(stones, "cured", "way", "stone")
    B against A within stone: reversed (Simpson's paradox)
    cured: 0.8257 for B and 0.78 for A, a difference of +0.04571.
    Within stone it is the other way round: -0.05367. B looks ahead only since the
    groups differ in stone.
    But an interval holds 0, so the reversal may be chance.
                  difference          90 % interval
    raw             +0.04571  [-0.003742, +0.09517]
    standardised    -0.05367   [-0.1092, +0.001853]
    """
    check_level(level, name="level")
    people = People.of(
        data,
        attributes=attributes,
        customer=customer,
        as_of=as_of,
        horizon=horizon,
        window=window,
    )
    metric = chosen(outcome, people)[0]
    if metric.kind not in ("mean", "share", "total"):  # of a total the mean
        raise ParameterError.of(
            name="outcome",
            expected="be a column, or a metric that is a mean or a share",
            found=repr(outcome),
        )
    values = people.numbers(metric.above)
    names = names_of(strata, "strata")
    side, both = _sides(people.grouping(group), groups, group)
    rows = np.flatnonzero((side >= 0) & np.isfinite(values))
    codes, labels = joined([people.grouping(name).among(rows) for name in names])
    values, side = values[rows], side[rows]
    for place, name in enumerate(both):
        if not (side == place).any():
            msg = f"no customer of {name} has an outcome"
            raise EmptyDataError.of(msg)
    z = normal_quantile(level)
    found = _moments(values, side, codes, len(labels))
    raw = _difference(*_moments(values, side, np.zeros_like(codes), 1), np.ones(1), z)
    adjusted, weights = _standardised(found, z)
    fitted = _regression(values, side, codes, level) if regression else None
    alone = (found[0] == 0).any(axis=0)
    flag, certain = _flag(raw, adjusted)
    return Simpson(
        what=outcome,
        groups=both,
        strata=names,
        raw=raw,
        adjusted=adjusted,
        regression=fitted,
        flag=flag,
        certain=certain,
        level=level,
        means=(float(values[side == 0].mean()), float(values[side == 1].mean())),
        left_out=(int(alone.sum()), int(found[0][:, alone].sum())),
        family=people.family,
        columns=_columns(names, labels, found, weights, z),
    )


def _sides(
    grouping: Grouping, groups: tuple[Any, Any] | None, name: str
) -> tuple[NDArray[np.int64], tuple[str, str]]:
    """Return 0 and 1 for the two groups, -1 for others, and their names."""
    occur: list[int] = np.unique(grouping.codes).tolist()
    there = [grouping.names[code] for code in occur]
    both = there if groups is None else [str(one) for one in groups]
    if len(both) != 2 or len(set(both)) < 2 or not set(both) <= set(there):
        raise ParameterError.of(
            name="groups",
            expected=f"name two groups of column `{name}`: {', '.join(there[:20])}",
            found=repr(groups),
        )
    side = np.full(len(grouping.codes), -1)
    for place, one in enumerate(both):
        side[grouping.codes == grouping.names.index(one)] = place
    return side, (both[0], both[1])


def _moments(
    values: NDArray[np.float64],
    side: NDArray[np.int64],
    codes: NDArray[np.int64],
    size: int,
) -> tuple[NDArray[np.float64], NDArray[np.float64], NDArray[np.float64]]:
    """Return counts, means and variances of the means, each of shape (2, strata).

    A single customer has the variance within strata of the others in the group.
    """
    key = side * size + codes
    count = np.bincount(key, minlength=2 * size).astype(np.float64)
    with np.errstate(divide="ignore", invalid="ignore"):
        mean: NDArray[np.float64] = np.bincount(key, values, 2 * size) / count
    apart = np.bincount(key, (values - mean[key]) ** 2, 2 * size).astype(np.float64)
    n, means, squares = (one.reshape(2, size) for one in (count, mean, apart))
    with np.errstate(divide="ignore", invalid="ignore"):
        pooled = squares.sum(1) / np.maximum(n - 1, 0).sum(1)
        variance = np.where(n > 1, squares / (n - 1), pooled[:, None]) / n
    return n, means, variance


def _difference(
    n: NDArray[np.float64],
    means: NDArray[np.float64],
    variance: NDArray[np.float64],
    weights: NDArray[np.float64],
    z: float,
) -> Difference:
    del n
    value = float((weights * (means[1] - means[0])).sum())
    error = float(np.sqrt((weights**2 * variance.sum(axis=0)).sum()))
    return Difference(value, value - z * error, value + z * error)


def _standardised(
    found: tuple[NDArray[np.float64], NDArray[np.float64], NDArray[np.float64]],
    z: float,
) -> tuple[Difference, NDArray[np.float64]]:
    n, means, variance = found
    shared = (n > 0).all(axis=0)
    if not shared.any():
        msg = "no stratum has customers of both groups"
        raise EmptyDataError.of(msg, hint="choose wider strata")
    size = np.where(shared, n.sum(axis=0), 0.0)
    weights = size / size.sum()
    own = [np.where(shared, one, 0.0) for one in (n, means, variance)]
    return _difference(own[0], own[1], own[2], weights, z), weights


def _regression(
    values: NDArray[np.float64],
    side: NDArray[np.int64],
    codes: NDArray[np.int64],
    level: float,
) -> Difference:
    """Return the coefficient of the group beside one constant a stratum."""
    try:
        models = import_module("statsmodels.api")
    except ModuleNotFoundError:
        msg = (
            "a regression needs statsmodels; install it with pip install "
            "'tenure[stats]'"
        )
        raise ImportError(msg) from None
    there, own = np.unique(codes, return_inverse=True)
    design = np.zeros((len(values), 1 + len(there)))
    design[:, 0] = side
    design[np.arange(len(values)), 1 + own] = 1.0
    fit = models.OLS(values, design).fit(cov_type="HC3")
    low, high = np.asarray(fit.conf_int(1 - level))[0]
    return Difference(float(fit.params[0]), float(low), float(high))


def _flag(raw: Difference, adjusted: Difference) -> tuple[str, bool]:
    certain = raw.sign != 0 and adjusted.sign != 0
    if raw.value * adjusted.value < 0:
        return "reversed", certain
    if raw.sign and not adjusted.sign:
        return "explained", False
    if adjusted.sign and not raw.sign:
        return "masked", False
    return ("kept", certain) if certain else ("unclear", False)


def _columns(
    names: tuple[str, ...],
    labels: list[tuple[str, ...]],
    found: tuple[NDArray[np.float64], NDArray[np.float64], NDArray[np.float64]],
    weights: NDArray[np.float64],
    z: float,
) -> dict[str, NDArray[Any]]:
    n, means, variance = found
    columns: dict[str, NDArray[Any]] = {}
    for place, name in enumerate(names):
        column = np.empty(len(labels), dtype=object)
        column[:] = [one[place] for one in labels]
        columns[name] = column
    difference = means[1] - means[0]
    error = z * np.sqrt(np.where((n > 1).all(axis=0), variance.sum(axis=0), np.nan))
    return columns | {
        "customers_a": n[0].astype(np.int64),
        "customers_b": n[1].astype(np.int64),
        "mean_a": means[0],
        "mean_b": means[1],
        "difference": difference,
        "lower": difference - error,
        "upper": difference + error,
        "weight": weights,
    }
