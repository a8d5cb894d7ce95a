"""What customers are scored by: recency, frequency, money, and what else is wanted."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING, Any, Literal

from tenure.exceptions import ParameterError

if TYPE_CHECKING:
    from collections.abc import Iterable

__all__ = ["DIMENSIONS", "Dimension", "dimensions_of"]


@dataclass(frozen=True)
class Dimension:
    """One quantity that customers are scored by.

    Attributes
    ----------
    name : str
        How settings and segment maps call it.
    column : str
        The column that holds its values, in tables read and in results.
    score : str
        The column of results that holds its scores.
    best : {"high", "low"}
        Which end is the good one.
    kind : {"number", "count", "days"}
        What the values must be: any finite number, whole numbers from 0 on, or days
        from 0 on.

    Examples
    --------
    >>> import tenure as tn
    >>> stores = tn.rfm.Dimension("stores", column="stores", score="s", kind="count")
    >>> table = {
    ...     "recency_days": [3, 40, 90],
    ...     "frequency": [4, 2, 1],
    ...     "monetary": [90.0, 20.0, 15.0],
    ...     "stores": [1, 3, 1],
    ... }
    >>> wanted = ("recency", "frequency", "monetary", stores)
    >>> tn.RFM(dimensions=wanted, bins=3).fit(table).table()["s"]
    array([1, 3, 1], dtype=int8)
    """

    name: str
    column: str
    score: str
    best: Literal["high", "low"] = "high"
    kind: Literal["number", "count", "days"] = "number"

    @property
    def letter(self) -> str:
        """What reports call it for short: R for recency."""
        return self.score.upper()

    def to_dict(self) -> dict[str, str]:
        """Return its fields as texts."""
        return asdict(self)


DIMENSIONS: dict[str, Dimension] = {
    one.name: one
    for one in (
        Dimension("recency", "recency_days", "r", best="low", kind="days"),
        Dimension("frequency", "frequency", "f", kind="count"),
        Dimension("monetary", "monetary", "m"),
        Dimension("tenure", "tenure_days", "t", kind="days"),
        Dimension("breadth", "breadth", "b", kind="count"),
        Dimension("margin", "margin", "g"),
        Dimension("order_value", "order_value", "v"),
    )
}
"""The dimensions that a log of orders has, by name."""


def dimensions_of(wanted: Iterable[object]) -> tuple[Dimension, ...]:
    """Return dimensions by their names, or as they are given.

    Raises
    ------
    ParameterError
        If there is none, one is not known, or two would share a column.
    """
    found = tuple(_dimension(one) for one in ([wanted] if _is_one(wanted) else wanted))
    columns = [column for one in found for column in (one.column, one.score)]
    if not found or len(set(columns)) < len(columns):
        raise ParameterError.of(
            name="dimensions",
            expected="name at least one dimension, and each once",
            found=repr([one.name for one in found]),
        )
    return found


def _is_one(wanted: object) -> bool:
    return isinstance(wanted, str | Dimension)


def _dimension(one: Any) -> Dimension:
    if isinstance(one, Dimension):
        return one
    if isinstance(one, str) and one in DIMENSIONS:
        return DIMENSIONS[one]
    raise ParameterError.of(
        name="dimensions",
        expected=f"be one of {', '.join(DIMENSIONS)}, or a Dimension",
        found=repr(one),
        hint="a column of your own is Dimension(name, column=..., score=...)",
    )
