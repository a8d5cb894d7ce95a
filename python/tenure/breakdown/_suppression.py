"""Which cells of a table with totals must not be shown, so that nobody is found out."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

__all__ = ["NOT", "PRIMARY", "SECONDARY", "WORDS", "suppressed"]

NOT, PRIMARY, SECONDARY = 0, 1, 2

WORDS = ("", "primary", "secondary")
"""What tables call them."""


def suppressed(
    sizes: NDArray[np.int64], parents: NDArray[np.int64], least: int
) -> NDArray[np.int64]:
    """Return which cells are suppressed, and why.

    A cell of fewer than `least` customers is suppressed (primary). So that it cannot be
    had from a total by taking the others away, further cells are suppressed
    (secondary), the smallest first:

    - within a cell that is shown, those suppressed are at least two, of `least`
      customers together;
    - within a cell that is suppressed although it is large enough, those suppressed
      have `least` customers together.

    Then a change of any suppressed number can be made up for by others that are
    suppressed as well, and every sum of suppressed cells that can be worked out is one
    over at least `least` customers. Cells without customers tell nothing of anybody
    and stay.

    Parameters
    ----------
    sizes : int64 array
        The number of customers behind each cell.
    parents : int64 array
        The cell that each lies in, which stands before it; -1 for the whole.
    least : int
        The fewest customers that are shown.

    Examples
    --------
    >>> sizes = np.array([30, 3, 12, 15])
    >>> suppressed(sizes, np.array([-1, 0, 0, 0]), least=5)
    array([0, 1, 2, 0])
    """
    marks = np.where((sizes > 0) & (sizes < least), PRIMARY, NOT)
    children: list[list[int]] = [[] for _ in sizes]
    for cell, parent in enumerate(parents.tolist()):
        if parent >= 0:
            children[parent].append(cell)
    for cell, own in enumerate(children):
        inside = sorted((int(sizes[one]), one) for one in own if sizes[one] > 0)
        hidden = [(size, one) for size, one in inside if marks[one] != NOT]
        if not inside or marks[cell] == PRIMARY or (marks[cell] == NOT and not hidden):
            continue
        fewest = 2 if marks[cell] == NOT else 1
        for size, one in inside:
            if len(hidden) >= fewest and sum(n for n, _ in hidden) >= least:
                break
            if marks[one] == NOT:
                marks[one] = SECONDARY
                hidden.append((size, one))
    return marks
