"""How customers differ: the laws of the rates that each of them has."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Literal

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping

    from numpy.typing import NDArray

__all__ = ["Mixing", "mixing_laws"]


@dataclass(frozen=True)
class Mixing:
    """The law of something that customers differ in.

    Attributes
    ----------
    quantity : str
        What it is.
    law : {"gamma", "beta"}
        Gamma with shape and inverse scale, or beta.
    first, second : str
        The names of its parameters; the mean is first / second for a gamma law and
        first / (first + second) for a beta law.
    """

    quantity: str
    law: Literal["gamma", "beta"]
    first: str
    second: str

    def mean(self, parameters: Mapping[str, Any]) -> Any:
        """Return the mean over customers; parameters may be arrays."""
        one, other = parameters[self.first], parameters[self.second]
        return one / other if self.law == "gamma" else one / (one + other)

    def density(
        self, parameters: Mapping[str, float], values: NDArray[np.float64]
    ) -> NDArray[np.float64]:
        """Return the density over customers at values within the range."""
        from math import lgamma  # noqa: PLC0415

        one, other = parameters[self.first], parameters[self.second]
        with np.errstate(divide="ignore"):
            if self.law == "gamma":
                constant = one * np.log(other) - lgamma(one)
                return np.exp(constant + (one - 1) * np.log(values) - other * values)
            constant = lgamma(one + other) - lgamma(one) - lgamma(other)
            tail = (other - 1) * np.log1p(-values)
            return np.exp(constant + (one - 1) * np.log(values) + tail)


def mixing_laws(parameters: Collection[str]) -> tuple[Mixing, ...]:
    """Return the laws of a model of buying, by the names of its parameters.

    Examples
    --------
    >>> [one.quantity for one in mixing_laws(("r", "alpha", "s", "beta"))]
    ['purchase_rate', 'leaving_rate']
    """
    if {"alpha", "beta", "gamma", "delta"} <= set(parameters):
        return (
            Mixing("purchase_probability", "beta", "alpha", "beta"),
            Mixing("leaving_probability", "beta", "gamma", "delta"),
        )
    known = (
        Mixing("purchase_rate", "gamma", "r", "alpha"),
        Mixing("leaving_rate", "gamma", "s", "beta"),
        Mixing("leaving_probability", "beta", "a", "b"),
    )
    return tuple(
        law for law in known if law.first in parameters and law.second in parameters
    )
