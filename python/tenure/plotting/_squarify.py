"""Rectangles of given areas that fill a rectangle and are nearly squares."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Sequence

__all__ = ["Tile", "squarified"]


class Tile(NamedTuple):
    """A rectangle by its lower left corner."""

    x: float
    y: float
    width: float
    height: float


def squarified(sizes: Sequence[float], width: float, height: float) -> list[Tile]:
    """Return a tile for each size, which all together fill the rectangle.

    Rows are laid along the shorter side of what is free; a size joins the row as long
    as that makes the row's tiles more like squares (Bruls, Huizing, van Wijk 2000,
    Squarified treemaps, Data Visualization 2000, 33-42).

    Parameters
    ----------
    sizes : sequence of float
        Greater than 0, the largest first.
    width, height : float
        Of the rectangle.

    Examples
    --------
    >>> [tuple(tile) for tile in squarified([2.0, 1.0, 1.0], 4.0, 1.0)]
    [(0.0, 0.0, 2.0, 1.0), (2.0, 0.0, 1.0, 1.0), (3.0, 0.0, 1.0, 1.0)]
    """
    total = sum(sizes)
    areas = [size / total * width * height for size in sizes] if total > 0 else []
    free = Tile(0.0, 0.0, width, height)
    tiles: list[Tile] = []
    while areas:
        side = min(free.width, free.height)
        count = 1
        while count < len(areas) and _worst(areas[: count + 1], side) <= _worst(
            areas[:count], side
        ):
            count += 1
        row, areas = areas[:count], areas[count:]
        laid, free = _laid(row, free)
        tiles += laid
    return tiles


def _worst(row: Sequence[float], side: float) -> float:
    """Return the largest ratio of sides in a row along a side of this length."""
    total = sum(row)
    thickness = total / side
    lengths = [area / thickness for area in row]
    return max(max(length / thickness, thickness / length) for length in lengths)


def _laid(row: Sequence[float], free: Tile) -> tuple[list[Tile], Tile]:
    """Return the tiles of a row along the shorter side, and what stays free."""
    upright = free.width >= free.height
    side = free.height if upright else free.width
    thickness = sum(row) / side
    tiles: list[Tile] = []
    # rows begin at the top left corner, where reading begins
    place = free.y + free.height if upright else free.x
    for area in row:
        length = area / thickness
        if upright:
            place -= length
            tiles.append(Tile(free.x, place, thickness, length))
        else:
            top = free.y + free.height
            tiles.append(Tile(place, top - thickness, length, thickness))
            place += length
    if upright:
        rest = Tile(free.x + thickness, free.y, free.width - thickness, free.height)
    else:
        rest = Tile(free.x, free.y, free.width, free.height - thickness)
    return tiles, rest
