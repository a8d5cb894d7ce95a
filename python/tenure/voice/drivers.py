"""What goes with good and bad ratings."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from tenure._differences import welch
from tenure._frame import Table, native_frame
from tenure._intervals import check_level
from tenure.cohorts._intervals import adjusted
from tenure.exceptions import EmptyDataError, ParameterError
from tenure.voice._answers import Answers
from tenure.voice.waves import points

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from tenure.voice.waves import Measure

__all__ = ["drivers"]

_SCALES: dict[str, tuple[int, int]] = {"nps": (0, 10), "csat": (1, 5), "ces": (1, 7)}


def drivers(
    data: object,
    themes: Sequence[str],
    rating: str = "rating",
    *,
    measure: Measure = "nps",
    level: float = 0.95,
) -> Any:
    """Compare the score of those who name a theme with that of the others.

    Parameters
    ----------
    data : frame
        One row a person asked.
    themes : sequence of str
        Columns that say whether an answer names a theme: booleans, or 1 and 0.
    rating : str
        The column of ratings; missing where there is no answer.
    measure : {"nps", "csat", "ces"}
        As for `change`.
    level : float, default 0.95
        Confidence level of each interval.

    Returns
    -------
    frame
        One row a theme, the worst first: `theme`, `mentions` (answers that name it),
        `others`, `score` of those who do, `score_others`, `difference` with `low` and
        `high` (Welch), `p_value`, and `p_adjusted`, which allows for so many themes
        (Holm). No interval for a theme that fewer than two name. A theme that goes
        with bad ratings need not be their cause.

    Raises
    ------
    ParameterError
        If there is no theme.
    DataError
        If a theme holds anything but yes and no.

    Examples
    --------
    >>> import tenure as tn
    >>> survey = {
    ...     "rating": [10, 9, 3, 2, 9, 4, 10, 8],
    ...     "delivery": [0, 0, 1, 1, 0, 1, 0, 0],
    ...     "price": [1, 0, 0, 1, 0, 0, 1, 0],
    ... }
    >>> found = tn.voice.drivers(survey, ["delivery", "price"])
    >>> list(found["theme"]), found["score"].round(1), found["difference"].round(1)
    (['delivery', 'price'], array([-100. ,   33.3]), array([-180. ,   33.3]))
    """
    check_level(level, name="level")
    score = points(measure)
    names = (themes,) if isinstance(themes, str) else tuple(themes)
    if not names:
        expected = "name at least one column"
        raise ParameterError.of(name="themes", expected=expected, found="none")
    table = Table.of(data)
    answers = Answers.read(
        table, rating, _SCALES[measure], by=None, weights=None, weight_by=None
    )
    there = answers.answered
    values = score(answers.ratings[there])
    rows: list[tuple[float, ...]] = []
    for name in names:
        named = table.flags(name)[there]
        with_it, without = values[named], values[~named]
        found = welch(with_it, without, level)
        means = [part.mean() if len(part) else np.nan for part in (with_it, without)]
        rows.append((len(with_it), len(without), *means, *found))
    numbers = np.array(rows)
    order = np.argsort(numbers[:, 4], kind="stable")
    numbers = numbers[order]
    columns: dict[str, NDArray[Any]] = {
        "theme": np.array(names, dtype=object)[order],
        "mentions": numbers[:, 0].astype(np.int64),
        "others": numbers[:, 1].astype(np.int64),
        "score": numbers[:, 2],
        "score_others": numbers[:, 3],
        "difference": numbers[:, 4],
        "low": numbers[:, 5],
        "high": numbers[:, 6],
        "p_value": numbers[:, 7],
        "p_adjusted": adjusted(numbers[:, 7], "holm"),
    }
    if not columns["mentions"].any():
        raise EmptyDataError.of(what="no answer names a theme")
    return native_frame(columns, family=table.family)
