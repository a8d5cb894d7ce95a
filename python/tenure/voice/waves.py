"""Whether a score changed from one survey to the next."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Literal, TypeAlias, get_args

import numpy as np

from tenure._differences import Difference, mover, paired, welch
from tenure._frame import Table, native_frame
from tenure._intervals import check_level
from tenure._report import html_report, text_table
from tenure._typing import override
from tenure.exceptions import DataError, EmptyDataError, ParameterError
from tenure.rfm.intervals import wilson
from tenure.voice._answers import Answers
from tenure.voice._score_interval import score_interval

if TYPE_CHECKING:
    from collections.abc import Callable

    from numpy.typing import NDArray

__all__ = ["Measure", "ScoreChange", "change", "points"]

Measure: TypeAlias = Literal["nps", "csat", "ces"]
"""What is measured."""

_SCALES: dict[str, tuple[int, int]] = {"nps": (0, 10), "csat": (1, 5), "ces": (1, 7)}


def points(measure: Measure) -> Callable[[NDArray[np.float64]], NDArray[np.float64]]:
    """Return what makes of each rating what the score is the mean of."""
    if measure not in get_args(Measure):
        expected = "be 'nps', 'csat' or 'ces'"
        raise ParameterError.of(name="measure", expected=expected, found=repr(measure))
    if measure == "nps":
        return lambda ratings: 100.0 * ((ratings >= 9).astype(int) - (ratings <= 6))
    if measure == "csat":
        return lambda ratings: (ratings >= 4).astype(np.float64)
    return lambda ratings: ratings


@dataclass(frozen=True, eq=False, repr=False)
class ScoreChange:
    """How a score changed between two waves, and how sure that is.

    Made by `change`.

    Attributes
    ----------
    measure : {"nps", "csat", "ces"}
        What was measured.
    panel : bool
        Whether the same people are compared with themselves.
    before, after : float
        The scores; of a panel, those of the people who answered both times.
    difference, low, high : float
        The change and its interval.
    p_value : float
        How often chance alone would change the score as much either way.
    n_before, n_after : int
        How many answers stand behind each score.
    left_out : int
        Of a panel: people who answered only once.
    level : float
        Confidence level.
    family : str
        The kind of frame that `to_frame` returns.
    """

    measure: Measure
    panel: bool
    before: float
    after: float
    difference: float
    low: float
    high: float
    p_value: float
    n_before: int
    n_after: int
    left_out: int
    level: float
    family: str

    def to_frame(self) -> Any:
        """Return one row with all of it."""
        names = (
            ["before", "after", "difference", "low", "high", "p_value"],
            ["n_before", "n_after", "left_out"],
        )
        columns = {
            name: np.array([getattr(self, name)]) for part in names for name in part
        }
        return native_frame(columns, family=self.family)

    def sentence(self) -> str:
        """Return in words what happened."""
        name = {"nps": "NPS", "csat": "Satisfaction", "ces": "The effort score"}
        if np.isnan(self.low):
            return f"{name[self.measure]}: too few answers to tell a change."
        if self.low <= 0 <= self.high:
            far = self._number(self.difference, sign=True)
            words = "which is within what chance alone would do"
            return f"{name[self.measure]} changed by {far}, {words}."
        way = "rose" if self.difference > 0 else "fell"
        size = self._number(abs(self.difference))
        return f"{name[self.measure]} {way} by {size}, more than chance alone would do."

    def _number(self, value: float, *, sign: bool = False) -> str:
        plus = "+" if sign else ""
        if self.measure == "csat":
            return f"{100 * value:{plus}.1f} points"
        return (
            f"{value:{plus}.1f} points"
            if self.measure == "nps"
            else f"{value:{plus}.2f}"
        )

    def _table(self) -> tuple[list[str], list[list[str]]]:
        scale = 100 if self.measure == "csat" else 1
        digits = 2 if self.measure == "ces" else 1

        def written(value: float) -> str:
            return f"{scale * value:.{digits}f}"

        ends = f"[{written(self.low)}, {written(self.high)}]"
        rows = [
            ["before", f"{self.n_before:,}", written(self.before), ""],
            ["after", f"{self.n_after:,}", written(self.after), ""],
            ["change", "", written(self.difference), ends],
        ]
        return ["", "answers", "score", f"{100 * self.level:g} % interval"], rows

    @override
    def __repr__(self) -> str:
        return f"{self.sentence()}\n{text_table(*self._table())}"

    def _repr_html_(self) -> str:
        return html_report(self.sentence(), *self._table())


def change(
    before: object,
    after: object,
    rating: str = "rating",
    *,
    measure: Measure = "nps",
    customer: str | None = None,
    level: float = 0.95,
) -> ScoreChange:
    """Compare a score of two waves of a survey.

    Parameters
    ----------
    before, after : frame
        One row a person asked in each wave; without a rating where they did not answer.
    rating : str
        The column of ratings.
    measure : {"nps", "csat", "ces"}
        NPS of ratings from 0 to 10, the share of 4 and 5 of ratings from 1 to 5, or the
        mean of ratings from 1 to 7.
    customer : str, optional
        The column that says who was asked. With it people are compared with themselves
        (a panel), which takes fewer of them; those who answered once are left out, and
        counted. Without it the waves are taken as of different people.
    level : float, default 0.95
        Confidence level.

    Returns
    -------
    ScoreChange

    Raises
    ------
    DataError
        If a rating is not on the scale, or somebody is asked twice in a wave.
    EmptyDataError
        If nobody answered one of the waves, or no one both.

    Notes
    -----
    Of different people, the interval of a change in NPS or CSAT is made of the score
    intervals of both waves (Newcombe's method 10 and its kin), that of CES is Welch's;
    of a panel it is that of a mean change by Student's t. The p-value is that of
    Welch's or Student's test of the single answers, and needs SciPy (extra `stats`).

    See Also
    --------
    nps : The score of one wave, with weights and by group.

    Examples
    --------
    >>> import tenure as tn
    >>> spring = {"rating": [9, 10, 8, 6, 3, 9, 7, 10, 2, 8] * 12}
    >>> autumn = {"rating": [9, 10, 9, 6, 8, 9, 10, 10, 2, 8] * 12}
    >>> tn.voice.change(spring, autumn)
    NPS rose by 30.0 points, more than chance alone would do.
            answers  score  95 % interval
    before      120   10.0
    after       120   40.0
    change            30.0   [9.0, 49.9]
    """
    check_level(level, name="level")
    score, scale = points(measure), _SCALES.get(measure, (0, 10))
    waves = [
        Answers.read(data, rating, scale, by=None, weights=None, weight_by=None)
        for data in (before, after)
    ]
    if customer is None:
        parts = [score(one.ratings[one.answered]) for one in waves]
        found = _independent(measure, parts, level)
        left_out = 0
    else:
        parts, left_out = _same_people(before, after, customer, waves, score)
        found = paired(parts[1] - parts[0], level)
    return ScoreChange(
        measure=measure,
        panel=customer is not None,
        before=float(parts[0].mean()),
        after=float(parts[1].mean()),
        difference=found.value,
        low=found.low,
        high=found.high,
        p_value=found.p_value,
        n_before=len(parts[0]),
        n_after=len(parts[1]),
        left_out=left_out,
        level=level,
        family=waves[1].family,
    )


def _independent(
    measure: Measure, parts: list[NDArray[np.float64]], level: float
) -> Difference:
    test = welch(parts[1], parts[0], level)
    if measure == "ces" or np.isnan(test.low):
        return test
    before, after = (_with_ends(measure, part, level) for part in parts)
    return Difference(*mover(after, before), test.p_value)


def _with_ends(
    measure: Measure, part: NDArray[np.float64], level: float
) -> tuple[float, float, float]:
    n = np.array([float(len(part))])
    if measure == "csat":
        share, low, high = wilson(np.array([int(part.sum())]), len(part), level)
        return float(share[0]), float(low[0]), float(high[0])
    above, below = ((part == end).mean(keepdims=True) for end in (100.0, -100.0))
    low, high = score_interval(above, below, n, level)
    return float(part.mean()), 100 * float(low[0]), 100 * float(high[0])


def _same_people(
    before: object,
    after: object,
    customer: str,
    waves: list[Answers],
    score: Callable[[NDArray[np.float64]], NDArray[np.float64]],
) -> tuple[list[NDArray[np.float64]], int]:
    """Return the scores of those who answered both times, and how many did not."""
    answers: list[dict[Any, float]] = []
    for data, wave in zip((before, after), waves, strict=True):
        codes = Table.of(data).codes(customer)
        who = codes.values
        asked, first = np.unique(who, return_index=True)
        if len(asked) < len(who) or (who < 0).any():
            row = int((who < 0).argmax()) if (who < 0).any() else _repeated(who, first)
            found = (
                "nothing" if who[row] < 0 else repr(codes.categories.tolist()[who[row]])
            )
            expected = "name each person once in a wave"
            raise DataError.at(customer, expected, row=row, found=found)
        names = codes.categories[who].tolist()
        scores = score(wave.ratings).tolist()
        answers.append(
            {
                n: s
                for n, s, there in zip(names, scores, wave.answered, strict=True)
                if there
            }
        )
    both = [one for one in answers[0] if one in answers[1]]
    if not both:
        what = "nobody answered both waves"
        hint = "leave `customer` out to compare different people"
        raise EmptyDataError.of(what, hint=hint)
    parts = [np.array([wave[one] for one in both]) for wave in answers]
    return parts, len(answers[0]) + len(answers[1]) - 2 * len(both)


def _repeated(who: NDArray[np.int64], first: NDArray[np.int64]) -> int:
    """Return the first row whose person stands in an earlier one."""
    again = np.ones(len(who), dtype=bool)
    again[first] = False
    return int(again.argmax())
