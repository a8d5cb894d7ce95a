"""How far each user gets through the steps of a funnel."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from tenure.channels._events import Events

__all__ = ["Path", "Walk", "sorted_steps", "walked"]


@dataclass(frozen=True, eq=False)
class Path:
    """Events by user and time.

    Attributes
    ----------
    users : int64 array
        The user of each event, ascending.
    steps : int64 array
        Which step it is, from 0; -1 for other events.
    times : int64 array
        Microseconds.
    n : int
        How many users.
    end : int
        The time of the last event of all.
    """

    users: NDArray[np.int64]
    steps: NDArray[np.int64]
    times: NDArray[np.int64]
    n: int
    end: int


@dataclass(frozen=True, eq=False)
class Walk:
    """How far each user gets.

    Attributes
    ----------
    depth : int64 array
        How many steps in order each user has taken.
    waits : list of float64 array
        For each step but the first, the microseconds since the one before; NaN for
        those who do not take it, and where steps have no order.
    last_start : int64 array
        When each user took the first step for the last time.
    """

    depth: NDArray[np.int64]
    waits: list[NDArray[np.float64]]
    last_start: NDArray[np.int64]


def sorted_steps(events: Events, names: tuple[str, ...], *, exact: bool) -> Path:
    """Return the events of a funnel in their order.

    Parameters
    ----------
    events : Events
        Whose channels are the events.
    names : tuple of str
        The steps.
    exact : bool
        Whether to keep other events, which come between steps; those of the same moment
        as a step do not.
    """
    assert events.times is not None  # noqa: S101 (read with their times)
    place = {name: step for step, name in enumerate(names)}
    of_name = np.array([place.get(name, -1) for name in events.channels.names])
    steps = of_name[events.channels.codes]
    times = events.times.view(np.int64)
    # at one moment steps come first, in the order of the funnel
    rank = np.where(steps < 0, len(names), steps)
    order = np.lexsort((rank, times, events.owners))
    users, steps, when = events.owners[order], steps[order], times[order]
    if exact:
        new = np.ones(len(users), dtype=bool)
        new[1:] = (np.diff(users) != 0) | (np.diff(when) != 0)
        moment = np.cumsum(new) - 1
        stepped = np.bincount(moment, steps >= 0) > 0
        keep = (steps >= 0) | ~stepped[moment]
        # the same step twice at one moment is one
        keep[1:] &= ~((steps[1:] == steps[:-1]) & (steps[1:] >= 0) & ~new[1:])
    else:
        keep = steps >= 0
    return Path(
        users[keep], steps[keep], when[keep], events.customers, int(times.max())
    )


def walked(
    path: Path, size: int, order: str, limits: tuple[int | None, int | None]
) -> Walk:
    """Return how far each user gets.

    Each event of a step is reached from the last event of the step before that was
    reached itself: its way began the latest, and so is the last to run out of time.
    """
    depth = np.zeros(path.n, dtype=np.int64)
    waits: list[NDArray[np.float64]] = []
    reached = np.flatnonzero(path.steps == 0)
    began = path.times.copy()
    depth[path.users[reached]] = 1
    last_start = np.full(path.n, np.iinfo(np.int64).min)
    np.maximum.at(last_start, path.users[reached], path.times[reached])
    for step in range(1, size):
        here = np.flatnonzero(path.steps == step)
        waited = np.full(path.n, np.nan)
        if order == "any":
            done = np.zeros(path.n, dtype=bool)
            done[path.users[here]] = True
            depth[(depth == step) & done] = step + 1
            waits.append(waited)
            continue
        before, valid = _from(path, reached, here, exact=order == "strict")
        here, before = here[valid], before[valid]
        gap = path.times[here] - path.times[before]
        began[here] = began[before]
        fine = np.ones(len(here), dtype=bool)
        if limits[0] is not None:
            fine &= path.times[here] - began[here] <= limits[0]
        if limits[1] is not None:
            fine &= gap <= limits[1]
        reached, gap = here[fine], gap[fine]
        users, first = np.unique(path.users[reached], return_index=True)
        depth[users] = step + 1
        waited[users] = gap[first]
        waits.append(waited)
    return Walk(depth, waits, last_start)


def _from(
    path: Path, reached: NDArray[np.int64], here: NDArray[np.int64], *, exact: bool
) -> tuple[NDArray[np.int64], NDArray[np.bool_]]:
    """Return the event of the step before that each of these follows, if any."""
    if not len(reached):
        return here, np.zeros(len(here), dtype=bool)
    place = np.searchsorted(reached, here) - 1
    before = reached[np.maximum(place, 0)]
    valid = (place >= 0) & (path.users[before] == path.users[here])
    if exact:
        valid &= before == here - 1
    return before, valid
