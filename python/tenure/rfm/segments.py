"""Segments as data: which combination of scores has which name, checked when made."""

from __future__ import annotations

import itertools
import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, TypeAlias, cast

import numpy as np

from tenure._frame import native_frame
from tenure._report import text_table
from tenure._typing import override
from tenure.exceptions import ParameterError

if TYPE_CHECKING:
    from typing import Self

    from numpy.typing import NDArray

    from tenure._family import Family

__all__ = ["Cell", "Rule", "SegmentMap", "code_of"]

Cell: TypeAlias = tuple[int, ...]
"""One score a dimension."""

Range: TypeAlias = "int | float | Sequence[int | float]"
"""A score, or the lowest and the highest."""

Rule: TypeAlias = "str | Mapping[str, Range] | Sequence[str | Mapping[str, Range]]"
"""A pattern of codes, ranges by dimension, or several of these."""

_SHOWN = 12
"""Cells that an error lists before it says how many more there are."""


def code_of(cell: Cell, highest: int) -> str:
    """Return a combination of scores as text: digits, or numbers with hyphens.

    Examples
    --------
    >>> code_of((5, 4, 1), 5), code_of((10, 4, 1), 10)
    ('541', '10-4-1')
    """
    return ("" if highest < 10 else "-").join(map(str, cell))


@dataclass(frozen=True, eq=False)
class SegmentMap:
    """Names for combinations of scores.

    Every combination must have a name when the map is made: gaps, overlaps and names
    that no customer can get are errors that list the combinations in question.

    Parameters
    ----------
    rules : mapping of str to rule
        For each name, from the best segment to the worst, the combinations that it
        stands for: ranges by dimension, such as ``{"recency": (4, 5), "frequency":
        5}`` (a dimension left out may have any score; ``"frequency+monetary"`` is the
        mean of both scores), a regular expression for the scores in order, such as
        ``"[1-2]5"``, or a list of these.
    bins : int or mapping of str to int
        The highest score, of all dimensions or by dimension.
    dimensions : sequence of str
        The dimensions, in the order of their scores in patterns.
    priority : "listed" or sequence of str, optional
        Which name wins where several match: the first one listed in `rules`, or the
        first one here. Without it no two may match.
    other : str, optional
        The name of combinations that no rule matches. Without it there may be none.
    unreachable : {"raise", "keep"}
        What to do about a name that no combination gets.
    prospects : str
        The name of customers who have never bought.
    source : str
        Where the map comes from.

    Raises
    ------
    ParameterError
        If a rule cannot be read, or for gaps, overlaps and unreachable names.

    Examples
    --------
    >>> import tenure as tn
    >>> tn.SegmentMap(
    ...     {
    ...         "Regulars": {"recency": (2, 3), "frequency": (2, 3)},
    ...         "New": {"recency": (2, 3), "frequency": 1},
    ...         "Gone": {"recency": 1},
    ...     },
    ...     bins=3,
    ...     dimensions=("recency", "frequency"),
    ... )
    SegmentMap of 3 segments, recency x frequency
               f 1       f 2       f 3
    r 3        New  Regulars  Regulars
    r 2        New  Regulars  Regulars
    r 1       Gone      Gone      Gone
    """

    rules: Mapping[str, Rule]
    bins: int | Mapping[str, int] = 5
    dimensions: Sequence[str] = ("recency", "frequency")
    priority: str | Sequence[str] | None = None
    other: str | None = None
    unreachable: str = "raise"
    prospects: str = "Prospects"
    source: str = ""
    _matches: dict[str, frozenset[Cell]] = field(init=False, repr=False)
    _assigned: dict[Cell, str] = field(init=False, repr=False)

    def __post_init__(self) -> None:
        if not self.rules:
            raise ParameterError.of(
                name="rules", expected="name at least one segment", found="none"
            )
        matches = {name: self._matching(name) for name in self.rules}
        object.__setattr__(self, "_matches", matches)
        self._check_order()
        object.__setattr__(self, "_assigned", self._assign())
        self._check_overlaps()
        self._check_gaps()
        if self.unreachable != "keep":
            self._check_reachable()

    # -- what it says --------------------------------------------------------------

    @property
    def highest(self) -> tuple[int, ...]:
        """The highest score of each dimension."""
        bins = self.bins
        if isinstance(bins, Mapping):
            return tuple(bins[name] for name in self.dimensions)
        return (bins,) * len(self.dimensions)

    @property
    def names(self) -> tuple[str, ...]:
        """The segments, from the best to the worst, then the name of all others."""
        listed = tuple(self.rules)
        return listed if self.other in (None, *listed) else (*listed, self.other or "")

    @property
    def cells(self) -> tuple[Cell, ...]:
        """All combinations of scores, the last score running fastest."""
        return tuple(itertools.product(*(range(1, top + 1) for top in self.highest)))

    def code(self, cell: Cell) -> str:
        """Return a combination as text."""
        return code_of(cell, max(self.highest))

    def segment(self, *scores: int) -> str:
        """Return the name of one combination of scores.

        Examples
        --------
        >>> import tenure as tn
        >>> tn.segment_maps["ten"].segment(5, 1)
        'New'
        """
        if scores not in self._assigned:
            raise ParameterError.of(
                name="scores",
                expected=f"be one score of each of {', '.join(self.dimensions)}, "
                "from 1 to "
                f"{', '.join(map(str, self.highest))}",
                found=repr(scores),
            )
        return self._assigned[scores]

    def gaps(self) -> list[Cell]:
        """Return the combinations that no rule matches."""
        named = frozenset[Cell]().union(*self._matches.values())
        return [cell for cell in self.cells if cell not in named]

    def overlaps(self) -> dict[Cell, tuple[str, ...]]:
        """Return the combinations that several rules match, with their names."""
        found = {cell: self._names_of(cell) for cell in self.cells}
        return {cell: names for cell, names in found.items() if len(names) > 1}

    def unreached(self) -> list[str]:
        """Return the names that no combination gets."""
        reached = set(self._assigned.values())
        return [name for name in self.rules if name not in reached]

    def table(self) -> NDArray[np.uint8]:
        """Return the place in `names` of each of the `cells`."""
        places = {name: place for place, name in enumerate(self.names)}
        return np.array(
            [places[self._assigned[cell]] for cell in self.cells], dtype=np.uint8
        )

    def to_frame(self, family: Family = "numpy") -> Any:
        """Return one row a combination: its scores and its segment."""
        scores = np.array(self.cells, dtype=np.uint8).T
        columns: dict[str, NDArray[Any]] = dict(
            zip(self.dimensions, scores, strict=True)
        )
        names = [self._assigned[cell] for cell in self.cells]
        columns["segment"] = np.array(names, dtype=object)
        return native_frame(columns, family=family)

    # -- making it -----------------------------------------------------------------

    @property
    def _order(self) -> tuple[str, ...]:
        """The names, the one that wins first."""
        if self.priority is None or isinstance(self.priority, str):
            return tuple(self.rules)
        return tuple(self.priority)

    def _names_of(self, cell: Cell) -> tuple[str, ...]:
        return tuple(name for name in self._order if cell in self._matches[name])

    def _assign(self) -> dict[Cell, str]:
        """Return the name of each combination."""
        found: dict[Cell, str] = {}
        for cell in self.cells:
            names = self._names_of(cell)
            found[cell] = names[0] if names else self.other or ""
        return found

    def _matching(self, name: str) -> frozenset[Cell]:
        rule = self.rules[name]
        parts = [rule] if isinstance(rule, str | Mapping) else rule
        found = [self._part(name, part) for part in parts]
        return frozenset[Cell]().union(*found)

    def _part(self, name: str, part: object) -> set[Cell]:
        if isinstance(part, str):
            return self._pattern(name, part)
        if isinstance(part, Mapping):
            return self._box(name, cast("Mapping[str, Range]", part))
        raise _rule_error(name, "be a pattern, ranges by dimension, or several", part)

    def _pattern(self, name: str, pattern: str) -> set[Cell]:
        try:
            matches = re.compile(pattern).fullmatch
        except re.error:
            expected = "be a regular expression for the scores"
            raise _rule_error(name, expected, pattern) from None
        found = {cell for cell in self.cells if matches(self.code(cell))}
        if not found:
            codes = f"{self.code(self.cells[0])} to {self.code(self.cells[-1])}"
            raise _rule_error(name, f"match some of the scores {codes}", pattern)
        return found

    def _box(self, name: str, box: Mapping[str, Range]) -> set[Cell]:
        ranges = [
            (self._places(name, dimension), _ends(name, ends))
            for dimension, ends in box.items()
        ]
        return {
            cell
            for cell in self.cells
            if all(
                low <= sum(cell[place] for place in places) / len(places) <= high
                for places, (low, high) in ranges
            )
        }

    def _places(self, name: str, dimension: str) -> list[int]:
        parts = dimension.split("+")
        if not set(parts) <= set(self.dimensions):
            expected = f"give ranges of {', '.join(self.dimensions)}"
            raise _rule_error(name, expected, dimension)
        return [list(self.dimensions).index(part) for part in parts]

    # -- checking it ---------------------------------------------------------------

    def _check_order(self) -> None:
        listed = isinstance(self.priority, str) and self.priority == "listed"
        if not (
            self.priority is None
            or listed
            or (
                sorted(self._order) == sorted(self.rules)
                and not isinstance(self.priority, str)
            )
        ):
            raise ParameterError.of(
                name="priority",
                expected="be 'listed', or name each segment once",
                found=repr(self.priority),
            )

    def _check_overlaps(self) -> None:
        overlaps = {} if self.priority is not None else self.overlaps()
        if overlaps:
            found = [f"{self.code(c)} ({', '.join(n)})" for c, n in overlaps.items()]
            raise ParameterError.of(
                name="rules",
                expected="give each combination of scores one name",
                found=f"several for {_listed(found)}",
                hint="priority='listed' lets the first name win",
            )

    def _check_gaps(self) -> None:
        gaps = self.gaps() if self.other is None else []
        if gaps:
            raise ParameterError.of(
                name="rules",
                expected="name every combination of scores",
                found=f"no name for {_listed([self.code(cell) for cell in gaps])}",
                hint="other='Other' names them all",
            )

    def _check_reachable(self) -> None:
        lost = self.unreached()
        if lost:
            name = lost[0]
            cells = sorted(self._matches[name])
            takers = sorted({self._assigned[cell] for cell in cells})
            taken = f"; {_listed([self.code(cell) for cell in cells])} go to "
            raise ParameterError.of(
                name="rules",
                expected="let each name be given to some combination of scores",
                found=f"none for {', '.join(map(repr, lost))}"
                + (taken + ", ".join(takers) if cells else ""),
                hint="change priority, or keep the names with unreachable='keep'",
            )

    # -- storage and display -------------------------------------------------------

    def to_dict(self) -> dict[str, Any]:
        """Return the map as texts, numbers and lists."""
        bins, priority = self.bins, self.priority
        return {
            "rules": {name: _plain(rule) for name, rule in self.rules.items()},
            "bins": dict(bins) if isinstance(bins, Mapping) else bins,
            "dimensions": list(self.dimensions),
            "priority": priority
            if priority is None or isinstance(priority, str)
            else list(priority),
            "other": self.other,
            "unreachable": self.unreachable,
            "prospects": self.prospects,
            "source": self.source,
        }

    @classmethod
    def from_dict(cls, stored: Mapping[str, Any]) -> Self:
        """Return the map that `to_dict` wrote."""
        return cls(**stored)

    @override
    def __eq__(self, other: object) -> bool:
        return isinstance(other, SegmentMap) and self.to_dict() == other.to_dict()

    @override
    def __hash__(self) -> int:
        return hash((tuple(self.rules), self.other))

    def grid(self, **fixed: int) -> str:
        """Return the names as a grid of the first two dimensions, best recency on top.

        Parameters
        ----------
        **fixed : int
            A score for each further dimension: ``grid(monetary=5)``.
        """
        others = list(self.dimensions[2:])
        if sorted(fixed) != sorted(others):
            wanted = ", ".join(others) or "nothing"
            raise ParameterError.of(
                name="fixed", expected=f"give scores of {wanted}", found=repr(fixed)
            )
        rest = tuple(fixed[name] for name in others)
        if len(self.dimensions) == 1:
            rows = [[str(c[0]), self._assigned[c]] for c in reversed(self.cells)]
            return text_table([self.dimensions[0], "segment"], rows)
        across = range(1, self.highest[1] + 1)
        first, second = (name[0] for name in self.dimensions[:2])
        rows = [
            [f"{first} {down}"]
            + [self._assigned[(down, column, *rest)] for column in across]
            for down in range(self.highest[0], 0, -1)
        ]
        return text_table(["", *(f"{second} {column}" for column in across)], rows)

    @override
    def __repr__(self) -> str:
        over = " x ".join(self.dimensions)
        count = len(self.names)
        parts = [f"SegmentMap of {count} segments, {over}"]
        others = self.dimensions[2:]
        tops = [range(1, top + 1) for top in self.highest[2:]]
        for rest in itertools.product(*tops):
            fixed = dict(zip(others, rest, strict=True))
            if fixed:
                where = ", ".join(f"{name} {score}" for name, score in fixed.items())
                parts.append(f"\n{where}")
            parts.append(self.grid(**fixed))
        return "\n".join(parts)


def _ends(name: str, ends: object) -> tuple[float, float]:
    """Return the lowest and the highest score of a range."""
    if isinstance(ends, int | float):
        return float(ends), float(ends)
    if isinstance(ends, Iterable) and not isinstance(ends, str):
        values = list(cast("Iterable[Any]", ends))
        if len(values) == 2 and all(isinstance(end, int | float) for end in values):
            low, high = float(values[0]), float(values[1])
            if low <= high:
                return low, high
    expected = "give a score, or the lowest and the highest"
    raise _rule_error(name, expected, cast("object", ends))


def _rule_error(name: str, expected: str, found: object) -> ParameterError:
    return ParameterError.of(
        name=f"rules[{name!r}]", expected=expected, found=repr(found)
    )


def _listed(items: Sequence[str]) -> str:
    """Return the items, or the first of them and how many more there are."""
    more = len(items) - _SHOWN
    return ", ".join(items[:_SHOWN]) + (f" and {more} more" if more > 0 else "")


def _plain(rule: object) -> Any:
    """Return a rule as texts, lists and dictionaries."""
    if isinstance(rule, str | int | float):
        return rule
    if isinstance(rule, Mapping):
        items = cast("Mapping[str, object]", rule).items()
        return {name: _plain(ends) for name, ends in items}
    return [_plain(part) for part in cast("Iterable[object]", rule)]
