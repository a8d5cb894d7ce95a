"""Whether groups differ in when they have the event: the log-rank family of tests."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import combinations
from typing import TYPE_CHECKING, Any, Literal, TypeAlias

import numpy as np

from tenure import _core
from tenure._frame import native_frame
from tenure._report import html_report, text_table
from tenure._typing import override
from tenure.exceptions import ParameterError
from tenure.survival._curves import array_of
from tenure.survival._subjects import Groups, Source, Subjects

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import ArrayLike, NDArray

__all__ = ["Adjustment", "LogRank", "Weighting", "log_rank", "pairwise_log_rank"]

Weighting: TypeAlias = Literal[
    "log-rank", "wilcoxon", "tarone-ware", "peto", "fleming-harrington"
]
"""How much a difference counts at each time."""

Adjustment: TypeAlias = Literal["holm", "bonferroni", "none"]
"""How p-values allow for there being many."""


@dataclass(frozen=True)
class LogRank:
    """The outcome of `log_rank`.

    Attributes
    ----------
    statistic : float
        Chi-squared with `degrees_of_freedom` if the groups do not differ.
    degrees_of_freedom : int
    p_value : float
        How likely such a statistic, or a larger one, is then.
    by : str
        What the rows are grouped by.
    labels : tuple
        The groups, ascending.
    observed, expected : tuple of float
        Events of each group, and what would be expected if they did not differ.
    weighting : str
        The test.
    family : str
        The kind of frame that `table` returns.
    """

    statistic: float
    degrees_of_freedom: int
    p_value: float
    by: str
    labels: tuple[Any, ...]
    observed: tuple[float, ...]
    expected: tuple[float, ...]
    weighting: str
    family: str

    def table(self) -> Any:
        """Return observed and expected events of each group as a frame."""
        columns = {
            self.by: array_of(list(self.labels)),
            "observed": np.array(self.observed),
            "expected": np.array(self.expected),
        }
        return native_frame(columns, family=self.family)

    def _headline(self) -> str:
        return (
            f"{self.weighting} test: chi-squared {self.statistic:.4g} with "
            f"{self.degrees_of_freedom} degrees of freedom, p = {self.p_value:.3g}"
        )

    def _rows(self) -> tuple[list[str], list[list[str]]]:
        rows = [
            [str(label), f"{seen:,.10g}", f"{expected:,.1f}"]
            for label, seen, expected in zip(
                self.labels, self.observed, self.expected, strict=True
            )
        ]
        return ["", "observed", "expected"], rows

    @override
    def __repr__(self) -> str:
        return f"{self._headline()}\n{text_table(*self._rows())}"

    def _repr_html_(self) -> str:
        return html_report(self._headline(), *self._rows())


@dataclass(frozen=True, eq=False)
class _Compared:
    """Rows, their groups and strata, and how they are compared."""

    subjects: Subjects
    groups: Groups
    strata: NDArray[np.int64] | None
    weighting: str
    powers: tuple[float, float]
    family: str

    @classmethod
    def of(
        cls,
        data: object,
        event_observed: str | ArrayLike | None,
        columns: dict[str, str | ArrayLike | None],
        *,
        weighting: str,
        powers: tuple[float, float],
    ) -> _Compared:
        source = Source(data)
        of = (columns["durations"], event_observed, columns["entry"])
        subjects = Subjects.of(source, *of, columns["weights"])
        by, strata = columns["by"], columns["strata"]
        if by is None:
            raise ParameterError.of(
                name="by", expected="name the groups to compare", found="nothing"
            )
        groups = Groups.of(source, by, "by")
        if len(groups) < 2:
            raise ParameterError.of(
                name="by",
                expected="name at least two groups to compare",
                found=f"only {groups.labels[0]!r}",
            )
        if not all(np.isfinite(power) and power >= 0 for power in powers):
            raise ParameterError.of(
                name="p and q",
                expected="be finite and not negative",
                found=repr(powers),
            )
        codes = None if strata is None else Groups.of(source, strata, "strata").codes
        return cls(subjects, groups, codes, weighting, powers, source.family)

    def test(self, rows: NDArray[np.int64] | None, chosen: Sequence[int]) -> LogRank:
        """Compare the chosen groups, which are those of these rows."""
        subjects, codes, strata = self.subjects, self.groups.codes, self.strata
        if rows is not None:
            subjects, codes = subjects.take(rows), codes[rows]
            strata = None if strata is None else strata[rows]
            codes = np.searchsorted(np.array(chosen), codes)
        statistic, degrees, p_value, observed, expected = _core.log_rank(
            subjects.columns,
            subjects.names,
            np.ascontiguousarray(codes, np.int64),
            len(chosen),
            strata,
            self.weighting,
            *self.powers,
        )
        labels = tuple(self.groups.labels[place] for place in chosen)
        return LogRank(
            *(statistic, degrees, p_value, self.groups.name, labels),
            *(tuple(observed), tuple(expected), self.weighting, self.family),
        )


def log_rank(
    data: object,
    event_observed: str | ArrayLike | None = None,
    *,
    by: str | ArrayLike,
    durations: str | ArrayLike | None = None,
    entry: str | ArrayLike | None = None,
    weights: str | ArrayLike | None = None,
    strata: str | ArrayLike | None = None,
    weighting: Weighting = "log-rank",
    p: float = 0.0,
    q: float = 0.0,
) -> LogRank:
    """Test whether groups have the event at the same rate at each age.

    Parameters
    ----------
    data, event_observed, durations, entry, weights
        As `KaplanMeier.fit`.
    by : str or array
        The groups.
    strata : str or array, optional
        Compare within these only, so that what differs between them does not count.
    weighting : str, default "log-rank"
        How much a difference counts at each time: "log-rank" equally, which is best
        where one group's hazard is a multiple of the other's; "wilcoxon" by how many
        are at risk, so that early times count most; "tarone-ware" by the square root
        of that; "peto" by an estimate of the survival function; "fleming-harrington"
        by its powers, S^p (1 - S)^q.
    p, q : float, default 0.0
        The powers: p stresses early differences, q late ones.

    Returns
    -------
    LogRank
        Statistic, degrees of freedom, p-value, and events of each group.

    References
    ----------
    Kalbfleisch, J. D., Prentice, R. L. (2002). The statistical analysis of failure time
    data, 2nd ed., section 1.5.
    Fleming, T. R., Harrington, D. P. (1991). Counting processes and survival analysis,
    chapter 7.

    Examples
    --------
    >>> import tenure as tn
    >>> telco = tn.datasets.load_telco_churn(family="numpy")
    >>> telco["churned"] = telco["churn"] == "Yes"
    >>> tn.log_rank(
    ...     telco, durations="tenure", event_observed="churned", by="paperless_billing"
    ... )
    log-rank test: chi-squared 189.5 with 1 degrees of freedom, p = 4.06e-43
       observed  expected
    0       469     758.7
    1     1,400   1,110.3
    """
    columns = {
        "durations": durations,
        "entry": entry,
        "weights": weights,
        "by": by,
        "strata": strata,
    }
    compared = _Compared.of(
        data, event_observed, columns, weighting=weighting, powers=(p, q)
    )
    return compared.test(None, range(len(compared.groups)))


def pairwise_log_rank(
    data: object,
    event_observed: str | ArrayLike | None = None,
    *,
    by: str | ArrayLike,
    durations: str | ArrayLike | None = None,
    entry: str | ArrayLike | None = None,
    weights: str | ArrayLike | None = None,
    strata: str | ArrayLike | None = None,
    weighting: Weighting = "log-rank",
    p: float = 0.0,
    q: float = 0.0,
    adjust: Adjustment = "holm",
) -> Any:
    """Compare each two groups, with p-values that allow for there being many pairs.

    Parameters
    ----------
    data, event_observed, by, durations, entry, weights, strata, weighting, p, q
        As `log_rank`.
    adjust : {"holm", "bonferroni", "none"}, default "holm"
        How `p_adjusted` keeps the chance of any false alarm at its level.

    Returns
    -------
    frame
        One row a pair: `group`, `other`, `statistic`, `p_value`, `p_adjusted`.

    References
    ----------
    Holm, S. (1979). A simple sequentially rejective multiple test procedure.
    Scandinavian Journal of Statistics 6, 65-70.

    Examples
    --------
    >>> import tenure as tn
    >>> weeks = [2, 4, 5, 7, 9, 9, 1, 2, 3, 3, 4, 6, 8, 9, 9, 9]
    >>> plan = ["a"] * 6 + ["b"] * 6 + ["c"] * 4
    >>> table = tn.pairwise_log_rank(weeks, by=plan)
    >>> table["p_value"].round(3), table["p_adjusted"].round(3)
    (array([0.047, 0.149, 0.004]), array([0.093, 0.149, 0.011]))
    """
    columns = {
        "durations": durations,
        "entry": entry,
        "weights": weights,
        "by": by,
        "strata": strata,
    }
    compared = _Compared.of(
        data, event_observed, columns, weighting=weighting, powers=(p, q)
    )
    if adjust not in ("holm", "bonferroni", "none"):
        raise ParameterError.of(
            name="adjust",
            expected="be 'holm', 'bonferroni' or 'none'",
            found=repr(adjust),
        )
    members = [rows for _, rows in compared.groups.rows()]
    tests = [
        compared.test(np.sort(np.concatenate([members[i], members[j]])), (i, j))
        for i, j in combinations(range(len(members)), 2)
    ]
    p_values = np.array([test.p_value for test in tests])
    table = {
        "group": array_of([test.labels[0] for test in tests]),
        "other": array_of([test.labels[1] for test in tests]),
        "statistic": np.array([test.statistic for test in tests]),
        "p_value": p_values,
        "p_adjusted": _adjusted(p_values, adjust),
    }
    return native_frame(table, family=compared.family)


def _adjusted(p_values: NDArray[np.float64], adjust: str) -> NDArray[np.float64]:
    """Return p-values that keep their level over all pairs together."""
    number = len(p_values)
    if adjust == "none":
        return p_values
    if adjust == "bonferroni":
        return np.minimum(1.0, number * p_values)
    order = np.argsort(p_values, kind="stable")
    steps = (number - np.arange(number)) * p_values[order]
    adjusted = np.empty(number)
    adjusted[order] = np.minimum(1.0, np.maximum.accumulate(steps))
    return adjusted
