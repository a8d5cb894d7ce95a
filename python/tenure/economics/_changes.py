"""What "+5pp", "x1.05", "+3" and "=40" ask for, and why "+5%" is refused."""

from __future__ import annotations

import math
import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

from tenure.exceptions import ParameterError

if TYPE_CHECKING:
    from typing import Literal

__all__ = ["LEVERS", "SHARES", "Change"]

LEVERS = ("retention", "frequency", "order_value", "margin", "cac", "discount_rate")
"""What can be changed, in the order of the waterfall."""

SHARES = ("retention", "margin", "discount_rate")
"""Those that are shares: points can be added to them."""

_NUMBER = r"([+-]?[0-9]*\.?[0-9]+(?:e[+-]?[0-9]+)?)"
_POINTS = re.compile(rf"\s*{_NUMBER}\s*pp\s*")
_TIMES = re.compile(rf"\s*(churn\s+)?[x×*]\s*{_NUMBER}\s*", re.IGNORECASE)
_ADDED = re.compile(rf"\s*(?=[+-]){_NUMBER}\s*")
_LEVEL = re.compile(rf"\s*=\s*{_NUMBER}\s*")
_PERCENT = re.compile(rf"\s*{_NUMBER}\s*%\s*")


@dataclass(frozen=True)
class Change:
    """What happens to one lever.

    Attributes
    ----------
    lever : str
        Which.
    kind : {"points", "times", "added", "level", "churn"}
        Points of per cent are added, it is multiplied, an amount is added, it is set,
        or the chance of leaving is multiplied.
    number : float
        By or to how much; of points, as a share.
    text : str
        As it was asked for.
    """

    lever: str
    kind: Literal["points", "times", "added", "level", "churn"]
    number: float
    text: str

    @classmethod
    def of(cls, lever: str, text: object) -> Change:
        """Return the change that a text asks for, or say what is wrong with it."""
        if not isinstance(text, str):
            raise _unclear(lever, text)
        if match := _PERCENT.fullmatch(text):
            raise _two_readings(lever, text, float(match[1]))
        if (match := _POINTS.fullmatch(text)) and lever in SHARES:
            return cls(lever, "points", float(match[1]) / 100, text.strip())
        if match := _TIMES.fullmatch(text):
            times = float(match[2])
            if times >= 0 and not match[1]:
                return cls(lever, "times", times, text.strip())
            if times >= 0 and lever == "retention":
                return cls(lever, "churn", times, text.strip())
        if (match := _ADDED.fullmatch(text)) and lever not in SHARES:
            return cls(lever, "added", float(match[1]), text.strip())
        if match := _LEVEL.fullmatch(text):
            return cls(lever, "level", float(match[1]), text.strip())
        raise _unclear(lever, text)

    def of_level(self, level: float) -> float:
        """Return the level that the lever has after the change."""
        if self.kind in ("points", "added"):
            return level + self.number
        if self.kind == "times":
            return level * self.number
        if self.kind == "churn":
            return 1 - (1 - level) * self.number
        return self.number

    def reversed(self) -> Change | None:
        """Return the change the other way, or None where there is none."""
        if self.kind in ("points", "added"):
            sign = "-" if self.number > 0 else "+"
            unit = "pp" if self.kind == "points" else ""
            amount = abs(self.number) * (100 if unit else 1)
            return Change(
                self.lever, self.kind, -self.number, f"{sign}{amount:g}{unit}"
            )
        if self.kind in ("times", "churn") and self.number > 0:
            of = "churn " if self.kind == "churn" else ""
            back = 1 / self.number
            return Change(self.lever, self.kind, back, f"{of}x{back:.4g}")
        return None


def _two_readings(lever: str, text: str, percent: float) -> ParameterError:
    start = {"margin": 0.30, "discount_rate": 0.10}.get(lever, 0.80)
    times = 1 + percent / 100
    if lever in SHARES:
        return ParameterError.of(
            name=lever,
            expected="say which of two things it means",
            found=repr(text),
            hint=f"'{percent:+g}pp' adds points of per cent ({start:g} becomes "
            f"{start + percent / 100:.4g}), 'x{times:g}' multiplies ({start:g} becomes "
            f"{start * times:.4g})",
        )
    return ParameterError.of(
        name=lever,
        expected="be a factor or an amount",
        found=repr(text),
        hint=f"'x{times:g}' multiplies, '{percent:+g}' adds an amount; per cent are "
        "taken nowhere, since of a rate they can mean two things",
    )


def _unclear(lever: str, text: object) -> ParameterError:
    if lever == "retention":
        ways = "'+5pp', 'x1.05', '=0.85' or 'churn x0.95'"
    elif lever in SHARES:
        ways = "'+5pp', 'x1.05' or '=0.35'"
    else:
        ways = "'x1.05', '+3' or '=40'"
    number = isinstance(text, int | float) and math.isfinite(text)
    hint = "a number alone does not say whether it adds, multiplies or sets"
    return ParameterError.of(
        name=lever,
        expected=f"be a text such as {ways}",
        found=repr(text),
        hint=hint if number else "",
    )
