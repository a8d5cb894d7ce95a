"""Dimensions of any unit and any skew on one scale."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Mapping

    from numpy.typing import NDArray

__all__ = ["Dimension", "scaled"]


@dataclass(frozen=True)
class Dimension:
    r"""How one column is brought to mean 0 and standard deviation 1.

    On the log scale that is done to

    .. math:: \operatorname{arsinh}(x / s) = \ln\left(x/s + \sqrt{(x/s)^2 + 1}\right)

    with s the median size of the values that are not 0: the logarithm of 2 x / s where
    x is large, and a straight line around 0, so that zeros and negative values have
    their place. As x is measured in s, the unit of money or time changes nothing,
    which ln(1 + x) cannot say of itself.

    Attributes
    ----------
    name : str
        The column.
    unit : float or None
        s; None where the column is taken as it is.
    mean, sd : float
        What is subtracted and divided by. A column of equal values has an `sd` of 0
        and becomes 0: it tells nobody from anybody.
    """

    name: str
    unit: float | None
    mean: float
    sd: float

    @classmethod
    def of(cls, name: str, values: NDArray[np.float64], *, log: bool) -> Dimension:
        """Learn the scale of a column."""
        sizes = np.abs(values[values != 0])
        unit = (float(np.median(sizes)) if len(sizes) else 1.0) if log else None
        moved = _moved(values, unit)
        mean, sd = float(moved.mean()), float(moved.std())
        # as good as constant: what is left is rounding
        if sd <= 1e-12 * max(1.0, abs(mean)):
            sd = 0.0
        return cls(name, unit, mean, sd)

    def apply(self, values: NDArray[np.float64]) -> NDArray[np.float64]:
        """Return the values on this scale."""
        if self.sd == 0.0:
            return np.zeros(len(values))
        return (_moved(values, self.unit) - self.mean) / self.sd

    def to_dict(self) -> dict[str, Any]:
        """Return the scale as plain values."""
        return asdict(self)


def _moved(values: NDArray[np.float64], unit: float | None) -> NDArray[np.float64]:
    return values if unit is None else np.arcsinh(values / unit)


def scaled(
    dimensions: tuple[Dimension, ...], columns: Mapping[str, NDArray[np.float64]]
) -> NDArray[np.float64]:
    """Return one row a customer and one column a dimension."""
    return np.column_stack([one.apply(columns[one.name]) for one in dimensions])
