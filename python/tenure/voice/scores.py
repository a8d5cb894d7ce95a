"""Net promoter score, satisfaction and effort, with intervals and non-response."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Literal, TypeAlias, get_args

import numpy as np

from tenure._differences import needed
from tenure._frame import native_frame
from tenure._intervals import check_level, normal_quantile
from tenure._report import counted, html_report, text_table
from tenure._typing import override
from tenure.exceptions import ParameterError
from tenure.rfm.intervals import sums, wilson
from tenure.voice._answers import Answers
from tenure.voice._score_interval import score_interval

if TYPE_CHECKING:
    from collections.abc import Sequence

    from matplotlib.axes import Axes
    from numpy.typing import NDArray

__all__ = ["ExactMethod", "NPSMethod", "SurveyScore", "ces", "csat", "nps"]

NPSMethod: TypeAlias = Literal["score", "normal"]
"""How the interval of a net promoter score is made."""

ExactMethod: TypeAlias = Literal["wilson", "exact"]
"""How the interval of a share is made."""

_NAMES = {
    "nps": "Net promoter score",
    "csat": "Customer satisfaction",
    "ces": "Customer effort score",
}


@dataclass(frozen=True, eq=False, repr=False)
class SurveyScore:
    """A score from a survey, of everyone or of each group, with its interval.

    Made by `nps`, `csat` and `ces`.

    Attributes
    ----------
    measure : {"nps", "csat", "ces"}
        What was measured.
    columns : dict of str to array
        The table that `to_frame` returns.
    by : str or None
        The column of the groups.
    level : float
        Confidence level of the intervals.
    weighted : bool
        Whether answers count by weights.
    family : str
        The kind of frame that `to_frame` returns.
    """

    measure: str
    columns: dict[str, NDArray[Any]]
    by: str | None
    level: float
    weighted: bool
    family: str

    @property
    def score(self) -> Any:
        """The score: a number, or an array with one a group."""
        return self._plain("score")

    @property
    def low(self) -> Any:
        """The lower end of the interval, likewise."""
        return self._plain("low")

    @property
    def high(self) -> Any:
        """The upper end of the interval, likewise."""
        return self._plain("high")

    def _plain(self, name: str) -> Any:
        values = self.columns[name]
        return float(values[0]) if self.by is None else values

    def to_frame(self) -> Any:
        """Return one row a group, or one in all.

        Columns: the group, `asked`, `answered`, `response_rate`, what the score is made
        of (for NPS the shares of `promoters`, `passives` and `detractors`; for CSAT
        `satisfied`, the number of top ratings; for CES `easy`, their share), `score`,
        `low` and `high`.
        """
        return native_frame(self.columns, family=self.family, index=self.by)

    def plot(self, *, ax: Axes | None = None) -> Axes:
        """Draw the scores with their intervals; see `plotting.plot_survey_score`."""
        from tenure.plotting.voice import plot_survey_score  # noqa: PLC0415

        return plot_survey_score(self, ax=ax)

    def _headline(self) -> str:
        asked, answered = (int(self.columns[n].sum()) for n in ("asked", "answered"))
        rate = answered / asked
        weighted = ", weighted" if self.weighted else ""
        return (
            f"{_NAMES[self.measure]}{weighted}: {counted(answered, 'answer')} of "
            f"{asked:,} asked ({100 * rate:.0f} %)"
        )

    def _table(self) -> tuple[list[str], list[list[str]]]:
        header = [
            "",
            "answers",
            "of asked",
            "score",
            f"{100 * self.level:g} % interval",
        ]
        labels = ["all"] if self.by is None else list(self.columns[self.by])
        unit = 100 if self.measure == "csat" else 1
        sign = " %" if self.measure == "csat" else ""
        digits = 2 if self.measure == "ces" else 1

        def ends(row: int) -> str:
            low, high = (unit * self.columns[end][row] for end in ("low", "high"))
            return f"[{low:.{digits}f}, {high:.{digits}f}]"

        rows = [
            [
                str(label),
                f"{self.columns['answered'][row]:,}",
                f"{100 * self.columns['response_rate'][row]:.0f} %",
                f"{unit * self.columns['score'][row]:.{digits}f}{sign}",
                ends(row),
            ]
            for row, label in enumerate(labels)
        ]
        return header, rows

    @override
    def __repr__(self) -> str:
        return f"{self._headline()}\n{text_table(*self._table())}"

    def _repr_html_(self) -> str:
        return html_report(self._headline(), *self._table())


def nps(
    data: object,
    rating: str = "rating",
    *,
    by: str | None = None,
    weights: str | None = None,
    weight_by: str | Sequence[str] | None = None,
    method: NPSMethod = "score",
    level: float = 0.95,
) -> SurveyScore:
    """Return the net promoter score: promoters less detractors, in points.

    "How likely are you to recommend us?", from 0 to 10: those who say 9 or 10 are
    promoters, those who say 0 to 6 detractors. The score lies between -100 and 100.

    Parameters
    ----------
    data : frame
        One row a person asked; without a rating where they did not answer.
    rating : str
        The column of ratings, whole numbers from 0 to 10.
    by : str, optional
        A column of groups: a segment, a channel, a wave, a value band.
    weights : str, optional
        A column that says how much each answer counts.
    weight_by : str or sequence of str, optional
        Columns of those who were asked, so that groups who seldom answer count as much
        as their share of those asked: each answer is weighted by asked over answered
        in its cell. Not with `weights`.
    method : {"score", "normal"}
        "score" is Tango's interval for a difference of two shares of the same people,
        right for few answers and extreme scores too; "normal" is that of every
        textbook, from the variance `p + d - (p - d)^2`.
    level : float, default 0.95
        Confidence level. With weights the number of answers is Kish's effective one,
        the square of the sum of the weights over the sum of their squares.

    Returns
    -------
    SurveyScore

    Raises
    ------
    DataError
        If a rating is no whole number on the scale, a weight is not above 0 or a group
        is missing.
    EmptyDataError
        If nobody answered.

    References
    ----------
    Reichheld, F. F. (2003). The one number you need to grow. Harvard Business Review
    81(12), 46-54.
    Rocks, B. (2016). Interval estimation for the "net promoter score". The American
    Statistician 70(4), 365-372.
    Kish, L. (1965). Survey sampling, section 11.7.

    Examples
    --------
    >>> import numpy as np
    >>> import tenure as tn
    >>> survey = {"rating": [10, 9, 9, 8, 7, 3, 10, 6, 9, 10, np.nan, np.nan]}
    >>> tn.voice.nps(survey)
    Net promoter score: 10 answers of 12 asked (83 %)
         answers  of asked  score  95 % interval
    all       10      83 %   40.0  [-15.3, 75.3]
    """
    check_level(level, name="level")
    if method not in get_args(NPSMethod):
        expected = "be 'score' or 'normal'"
        raise ParameterError.of(name="method", expected=expected, found=repr(method))
    answers = Answers.read(
        data, rating, (0, 10), by=by, weights=weights, weight_by=weight_by
    )
    promoters = _share(answers, answers.ratings >= 9)
    detractors = _share(answers, answers.ratings <= 6)
    n = _effective(answers)
    score = promoters - detractors
    if method == "score":
        low, high = score_interval(promoters, detractors, n, level)
    else:
        error = np.sqrt(np.maximum(promoters + detractors - score**2, 0.0) / n)
        low, high = (score + s * normal_quantile(level) * error for s in (-1, 1))
    columns = {
        **_asked(answers),
        "promoters": promoters,
        "passives": 1 - promoters - detractors,
        "detractors": detractors,
        "score": 100 * score,
        "low": 100 * low,
        "high": 100 * high,
    }
    return _result("nps", answers, columns, level)


def csat(
    data: object,
    rating: str = "rating",
    *,
    scale: int = 5,
    top: int = 2,
    by: str | None = None,
    weights: str | None = None,
    weight_by: str | Sequence[str] | None = None,
    method: ExactMethod = "wilson",
    level: float = 0.95,
) -> SurveyScore:
    """Return customer satisfaction: the share of the top ratings.

    "How satisfied were you?", usually from 1 to 5, of which 4 and 5 are satisfied.

    Parameters
    ----------
    data : frame
        One row a person asked; without a rating where they did not answer.
    rating : str
        The column of ratings, whole numbers from 1 to `scale`.
    scale : int, default 5
        The highest rating.
    top : int, default 2
        How many of the highest ratings are satisfied.
    by, weights, weight_by
        As for `nps`.
    method : {"wilson", "exact"}
        "exact" is Clopper and Pearson's interval, which is never too short and mostly
        too long; it needs SciPy (extra `stats`), and answers that all count alike.
    level : float, default 0.95
        Confidence level.

    Returns
    -------
    SurveyScore
        The score is a share, from 0 to 1.

    Raises
    ------
    DataError, EmptyDataError
        As `nps`.

    References
    ----------
    Wilson, E. B. (1927). Probable inference, the law of succession, and statistical
    inference. Journal of the American Statistical Association 22, 209-212.
    Clopper, C. J., Pearson, E. S. (1934). The use of confidence or fiducial limits
    illustrated in the case of the binomial. Biometrika 26, 404-413.

    Examples
    --------
    >>> import tenure as tn
    >>> survey = {"rating": [5, 4, 4, 2, 5, 3, 5, 4, 1, 5]}
    >>> tn.voice.csat(survey)
    Customer satisfaction: 10 answers of 10 asked (100 %)
         answers  of asked   score  95 % interval
    all       10     100 %  70.0 %   [39.7, 89.2]
    """
    check_level(level, name="level")
    if method not in get_args(ExactMethod):
        expected = "be 'wilson' or 'exact'"
        raise ParameterError.of(name="method", expected=expected, found=repr(method))
    floor = _top_of(scale, top)
    answers = Answers.read(
        data, rating, (1, scale), by=by, weights=weights, weight_by=weight_by
    )
    weighted = weights is not None or weight_by is not None
    if method == "exact" and weighted:
        raise ParameterError.of(
            name="method",
            expected="be 'wilson' where answers are weighted",
            found="'exact'",
        )
    share, n = _share(answers, answers.ratings >= floor), _effective(answers)
    with np.errstate(invalid="ignore"):
        counts = share * n
    if method == "exact":
        low, high = _clopper_pearson(np.round(counts), n, level)
    else:
        _, low, high = wilson(counts, n, level)  # type: ignore[arg-type]
    satisfied = _counts(answers, answers.ratings >= floor)
    columns = {
        **_asked(answers),
        "satisfied": satisfied,
        "score": share,
        "low": low,
        "high": high,
    }
    return _result("csat", answers, columns, level)


def ces(
    data: object,
    rating: str = "rating",
    *,
    scale: int = 7,
    top: int = 3,
    by: str | None = None,
    weights: str | None = None,
    weight_by: str | Sequence[str] | None = None,
    level: float = 0.95,
) -> SurveyScore:
    """Return the customer effort score: the mean rating of how easy it was.

    "They made it easy to handle my issue", from 1, not at all, to 7, very much so.

    Parameters
    ----------
    data : frame
        One row a person asked; without a rating where they did not answer.
    rating : str
        The column of ratings, whole numbers from 1 to `scale`.
    scale : int, default 7
        The highest rating.
    top : int, default 3
        How many of the highest ratings count as `easy`.
    by, weights, weight_by
        As for `nps`.
    level : float, default 0.95
        Confidence level. The interval is that of a mean by Student's t (of a weighted
        one with the standard error of a ratio); it needs SciPy (extra `stats`). There
        is none for a single answer.

    Returns
    -------
    SurveyScore

    Raises
    ------
    DataError, EmptyDataError
        As `nps`.

    References
    ----------
    Dixon, M., Freeman, K., Toman, N. (2010). Stop trying to delight your customers.
    Harvard Business Review 88(7/8), 116-122.

    Examples
    --------
    >>> import tenure as tn
    >>> tn.voice.ces({"rating": [7, 6, 6, 5, 7, 2]})
    Customer effort score: 6 answers of 6 asked (100 %)
         answers  of asked  score  95 % interval
    all        6     100 %   5.50   [3.54, 7.46]
    """
    check_level(level, name="level")
    floor = _top_of(scale, top)
    answers = Answers.read(
        data, rating, (1, scale), by=by, weights=weights, weight_by=weight_by
    )
    mean = _share(answers, np.where(answers.answered, answers.ratings, 0.0))
    residual = np.where(
        answers.answered,
        answers.weights * (answers.ratings - mean[answers.groups]),
        0.0,
    )
    size, total = _counts(answers, answers.answered), _total(answers, 1.0)
    squares = sums(residual**2, answers.groups, len(answers.labels))
    with np.errstate(divide="ignore", invalid="ignore"):
        error = np.sqrt(squares * size / (size - 1.0)) / total
        student = needed("scipy.stats").t.ppf(0.5 + level / 2, size - 1.0)
    columns = {
        **_asked(answers),
        "easy": _share(answers, answers.ratings >= floor),
        "score": mean,
        "low": mean - student * error,
        "high": mean + student * error,
    }
    return _result("ces", answers, columns, level)


def _top_of(scale: int, top: int) -> int:
    """Return the lowest of the top ratings of a scale from 1."""
    if isinstance(scale, bool) or int(scale) != scale or scale < 2:
        expected = "be a whole number of at least 2"
        raise ParameterError.of(name="scale", expected=expected, found=repr(scale))
    if isinstance(top, bool) or int(top) != top or not 1 <= top < scale:
        expected = f"be a whole number from 1 to {scale - 1}, below the scale"
        raise ParameterError.of(name="top", expected=expected, found=repr(top))
    return int(scale - top + 1)


def _total(answers: Answers, values: Any) -> NDArray[np.float64]:
    """Return the weighted sum of values over the answers of each group."""
    heavy = np.where(answers.answered, answers.weights * values, 0.0)
    return sums(heavy, answers.groups, len(answers.labels))


def _share(answers: Answers, values: NDArray[Any]) -> NDArray[np.float64]:
    """Return the weighted mean of values over the answers of each group."""
    with np.errstate(divide="ignore", invalid="ignore"):
        return _total(answers, values) / _total(answers, 1.0)


def _counts(answers: Answers, which: NDArray[np.bool_]) -> NDArray[np.int64]:
    return np.bincount(answers.groups[which], minlength=len(answers.labels))


def _effective(answers: Answers) -> NDArray[np.float64]:
    """Return Kish's effective number of answers of each group."""
    with np.errstate(divide="ignore", invalid="ignore"):
        return _total(answers, 1.0) ** 2 / _total(answers, answers.weights)


def _asked(answers: Answers) -> dict[str, NDArray[Any]]:
    asked = np.bincount(answers.groups, minlength=len(answers.labels))
    replied = _counts(answers, answers.answered)
    return {"asked": asked, "answered": replied, "response_rate": replied / asked}


def _clopper_pearson(
    counts: NDArray[np.float64], n: NDArray[np.float64], level: float
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    beta, tail = needed("scipy.stats").beta, (1 - level) / 2
    low = np.where(counts == 0, 0.0, beta.ppf(tail, counts, n - counts + 1))
    high = np.where(counts == n, 1.0, beta.ppf(1 - tail, counts + 1, n - counts))
    return low, high


def _result(
    measure: str, answers: Answers, columns: dict[str, NDArray[Any]], level: float
) -> SurveyScore:
    if answers.by is not None:
        labels = np.array(answers.labels)
        labels = labels.astype(object) if labels.dtype.kind in "USO" else labels
        columns = {answers.by: labels, **columns}
    weighted = bool((answers.weights[answers.answered] != 1).any())
    return SurveyScore(measure, columns, answers.by, level, weighted, answers.family)
