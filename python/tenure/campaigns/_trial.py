"""What every eligible customer did in a window: the outcomes of a trial."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from tenure.exceptions import EmptyDataError, ParameterError

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from tenure.campaigns._assignment import Assignment
    from tenure.campaigns._orders import Orders

__all__ = ["Trial", "check_margin", "earned"]


@dataclass(frozen=True, eq=False)
class Trial:
    """Eligible customers, their orders, and what is counted of them.

    Attributes
    ----------
    orders : Orders
        The log.
    assignment : Assignment
        Those who were observed for the whole window.
    window, before, retained_within : int
        Days of the window, of the time before it whose spend is a covariate, and of
        the end of the window in which a retained customer buys.
    margin : float or None
        The share of the full price that is earned.
    left_out : int
        Customers whose window was not over.
    """

    orders: Orders
    assignment: Assignment
    window: int
    before: int
    retained_within: int
    margin: float | None
    left_out: int

    def outcomes(self) -> dict[str, NDArray[np.float64]]:
        """Return one number an eligible customer for each measure."""
        start = self.assignment.start
        end = start + self.window
        orders = self._sum(start, end, "orders")
        columns = {"conversion": (orders > 0).astype(np.float64), "orders": orders}
        if self.orders.values is not None:
            columns["revenue"] = self._sum(start, end, "revenue")
            if self.margin is not None:
                columns["margin"] = self.earned(start, end) - self.assignment.cost
        late = self._sum(end - self.retained_within, end, "orders")
        return columns | {"retained": (late > 0).astype(np.float64)}

    def earned(
        self, start: NDArray[np.int64], end: NDArray[np.int64]
    ) -> NDArray[np.float64]:
        """Return what was earned on days [start, end): margin net of discount."""
        paid = self._sum(start, end, "revenue")
        given = None
        if self.orders.discounts is not None:
            given = self._sum(start, end, "discount")
        return earned(paid, given, 1.0 if self.margin is None else self.margin)

    def covariates(self) -> dict[str, NDArray[np.float64]]:
        """Return what customers did before: the covariate of each measure of amounts.

        Spend for money, orders for orders; none where nobody had bought before.
        """
        start = self.assignment.start
        bought = self._sum(start - self.before, start, "orders")
        if self.before == 0 or bought.std() == 0:
            return {}
        columns = {"orders": bought}
        if self.orders.values is not None:
            spent = self._sum(start - self.before, start, "revenue")
            columns |= {"revenue": spent}
            if self.margin is not None:
                columns |= {"margin": spent}
        return {name: values for name, values in columns.items() if values.std() > 0}

    def _sum(
        self, start: NDArray[np.int64], end: NDArray[np.int64], what: str
    ) -> NDArray[np.float64]:
        return self.orders.within(self.assignment.who, start, end, what)  # pyright: ignore[reportArgumentType]


def earned(
    paid: NDArray[np.float64], given: NDArray[np.float64] | None, margin: float
) -> NDArray[np.float64]:
    """Return what is earned of what was paid.

    `margin` is the share of the full price that is left after the goods. With what
    was given away known, the full price is both together, and goods cost the same
    however cheaply they are sold.
    """
    if given is None:
        return margin * paid
    return paid - (1 - margin) * (paid + given)


def check_margin(margin: float | None) -> None:
    """Pass if the margin is a share."""
    if margin is not None and not 0 < margin <= 1:
        raise ParameterError.of(
            name="margin",
            expected="be a share greater than 0, at most 1",
            found=repr(margin),
        )


def observed(
    orders: Orders, assignment: Assignment, window: int | None
) -> tuple[Assignment, int, int]:
    """Return who was observed for the whole window, its days, and how many were not.

    Without a window, it is what everybody has been observed for.
    """
    there = orders.until + 1 - assignment.start
    if window is None:
        window = int(there.min())
        if window < 1:
            what = "some customers start after the last day that is observed"
            raise EmptyDataError.of(
                what,
                hint="choose a `window`, and they are left out, or a later `as_of`",
            )
    keep = there >= window
    kept = assignment.kept(keep)
    for code, name in enumerate(assignment.arms):
        if not (kept.arm == code).any():
            what = f"nobody in arm {name!r} was observed for {window} days"
            raise EmptyDataError.of(
                what,
                hint="choose a shorter `window` or a later `as_of`",
            )
    return kept, window, int((~keep).sum())
