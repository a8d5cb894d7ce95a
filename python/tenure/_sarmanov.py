"""Sarmanov's law of two gamma rates: its range, its strength and its correlation."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, cast

import numpy as np

from tenure.exceptions import ParameterError

__all__ = ["REFERENCE_TIMES", "STRENGTH", "Sarmanov"]

STRENGTH = "strength"
"""The parameter that a Pareto/NBD model has only if its rates are correlated."""

REFERENCE_TIMES: tuple[str, str] = ("tau_purchase", "tau_dropout")
"""The parameters that are held when it is fitted."""

_LAST_DIGITS = 1e-6
"""A weight that is beyond its range by this share was rounded when it was published."""


@dataclass(frozen=True)
class Sarmanov:
    """Rates of purchases and of leaving with gamma laws, and what relates them.

    Formulas hold for arrays and for complex numbers, by which they are differentiated.

    Attributes
    ----------
    r, alpha, s, beta : number or array
        Shapes and inverse scales of the rates of purchases and of leaving.
    tau_purchase, tau_dropout : number or array
        The reference time for each.
    """

    r: Any
    alpha: Any
    s: Any
    beta: Any
    tau_purchase: Any
    tau_dropout: Any

    @property
    def idle(self) -> tuple[Any, Any]:
        """Shares of customers who would buy nothing, and stay, a reference time."""
        one = np.exp(-self.r * np.log1p(self.tau_purchase / self.alpha))
        return one, np.exp(-self.s * np.log1p(self.tau_dropout / self.beta))

    def strength_of(self, m: float) -> float:
        """Return the strength of a weight, or say that it is out of range.

        Examples
        --------
        >>> law = Sarmanov(0.5, 10.0, 0.5, 10.0, 1.0, 1.0)
        >>> strength = law.strength_of(10.0)
        >>> print(f"{strength:.4f} {law.m(strength):.4f}")
        0.9417 10.0000
        """
        one, other = self.idle
        highest = 1.0 / max(one * (1.0 - other), (1.0 - one) * other)
        lowest = -1.0 / max(one * other, (1.0 - one) * (1.0 - other))
        slack = 1.0 + _LAST_DIGITS
        if not lowest * slack <= m <= highest * slack:
            raise ParameterError.of(
                name="m",
                expected=f"lie between {lowest:.6g} and {highest:.6g} at these "
                "parameters",
                found=repr(m),
                hint="beyond, the density of the rates is negative somewhere",
            )
        m = min(max(m, lowest), highest)

        def corner(p: float, q: float) -> float:
            return 1.0 + m * (p - one) * (q - other)

        alike, apart = corner(1, 1) * corner(0, 0), corner(1, 0) * corner(0, 1)
        return float(min(max(m / (alike + apart), -1.0), 1.0))

    def m(self, strength: Any) -> Any:
        """Return the weight of Sarmanov's term.

        The smaller root of the quadratic equation between the odds ratio and a cell of
        Plackett's table, written without a difference of nearly equal numbers.
        """
        one, other = self.idle
        positive = np.real(strength) >= 0
        size = _either(positive, strength, -strength)
        first = _either(positive, (1 - one) * other, one * other)
        second = _either(positive, one * (1 - other), (1 - one) * (1 - other))
        roots = np.sqrt(first) + np.sqrt(second)
        # their difference is this over the roots
        gap = _either(positive, other - one, one + other - 1)
        near = 1 - size + 2 * size * (gap / roots) ** 2
        far = 1 - size + 2 * size * roots**2
        total = 1 - size + 2 * size * (first + second)
        return 4 * strength / (total + np.sqrt(near * far))

    def weight(self, strength: Any) -> Any:
        """Return `m A B`: the weight of customers who are idle at both rates."""
        one, other = self.idle
        return self.m(strength) * one * other

    def correlation(self, strength: Any) -> Any:
        """Return the correlation of the rates."""
        spread = np.sqrt(self.r * self.s)
        near = self.tau_purchase / (self.alpha + self.tau_purchase)
        near *= self.tau_dropout / (self.beta + self.tau_dropout)
        return self.weight(strength) * spread * near


def _either(which: Any, one: Any, other: Any) -> Any:
    return cast("Any", np.where(which, one, other))
