"""How many go on from each step to the next, and how long it takes them."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Literal, TypeAlias

import numpy as np

from tenure._frame import native_frame
from tenure._intervals import check_level
from tenure._report import counted, html_report, text_table
from tenure._typing import override
from tenure.breakdown._estimates import median_ends
from tenure.breakdown._people import ALL, grouping_of
from tenure.channels._events import read
from tenure.channels._steps import Walk, sorted_steps, walked
from tenure.exceptions import EmptyDataError, ParameterError
from tenure.retention.periods import length_in_days
from tenure.rfm.intervals import wilson

if TYPE_CHECKING:
    from collections.abc import Sequence

    from matplotlib.axes import Axes
    from numpy.typing import NDArray

    from tenure._units import Horizon
    from tenure.channels._events import Events

__all__ = ["Funnel", "Order", "Span", "funnel"]

Order: TypeAlias = Literal["loose", "strict", "any"]
"""Whether steps follow each other with others between, at once, or in any order."""

Span: TypeAlias = Literal["second", "minute", "hour", "day"]
"""What times between steps are measured in."""

SECONDS = {"second": 1, "minute": 60, "hour": 3600, "day": 86_400}


@dataclass(frozen=True, eq=False, repr=False)
class Funnel:
    """How many users reach each step, in all and by segment.

    Made by `funnel`.

    Attributes
    ----------
    steps : tuple of str
        The events, in order.
    by : str or None
        What the segments are.
    order : {"loose", "strict", "any"}
        What may happen between steps.
    users : int
        How many users there are; not all of them take the first step.
    reached : int64 array
        How many take each step.
    level : float
        Confidence level of the intervals.
    unit : str
        What times are measured in.
    notes : tuple of str
        What was left out, and who may still go on.
    family : str
        The kind of frame that results come back as.
    """

    steps: tuple[str, ...]
    by: str | None
    order: str
    users: int
    reached: NDArray[np.int64]
    level: float
    unit: str
    notes: tuple[str, ...]
    family: str
    columns: dict[str, NDArray[Any]] = field(repr=False)

    def to_frame(self) -> Any:
        """Return one row a step; with segments, a step of each, everybody first.

        Returns
        -------
        frame
            The segment, `step` (from 1), `event`, `users`, `from_previous` and
            `from_first`: the shares who go on from the step before and from the first,
            with Wilson's interval (`_lower`, `_upper`), `median_time` since the step
            before, of those who went on, with the ends of its interval, and `dropped`:
            those lost since the step before.
        """
        columns = dict(self.columns)
        if self.by is None:
            del columns["segment"]
        else:
            columns = {self.by: columns.pop("segment"), **columns}
        return native_frame(columns, family=self.family)

    def plot(self, *, ax: Axes | None = None, **kwargs: Any) -> Axes:
        """Draw the steps; see `plotting.plot_funnel`."""
        from tenure.plotting.channels import plot_funnel  # noqa: PLC0415

        return plot_funnel(self, ax=ax, **kwargs)

    def sentences(self) -> list[str]:
        """Return what the numbers say."""
        k = len(self.steps)
        whole = self.columns["from_first"][k - 1]
        ends = [self.columns[f"from_first_{end}"][k - 1] for end in ("lower", "upper")]
        said = [
            (
                f"{100 * whole:.1f} % [{100 * ends[0]:.1f}, {100 * ends[1]:.1f}] of "
                f"{counted(int(self.reached[0]), 'user')} go from {self.steps[0]} to "
                f"{self.steps[-1]}."
            )
        ]
        on = self.columns["from_previous"][1:k]
        if np.isfinite(on).any():
            worst = 1 + int(np.nanargmin(on))
            said.append(
                f"Most are lost before {self.steps[worst]}: "
                f"{100 * on[worst - 1]:.1f} % go on to it from {self.steps[worst - 1]}."
            )
        return said

    def _headline(self) -> str:
        words = {
            "loose": "in this order",
            "strict": "one directly after the other",
            "any": "in any order",
        }[self.order]
        return (
            f"Funnel of {len(self.steps)} steps {words}, {counted(self.users, 'user')}"
        )

    def _table(self) -> tuple[list[str], list[list[str]]]:
        interval = f"{100 * self.level:g} % interval"
        header = ["", "users", "from previous", interval, "from first"]
        header.append(f"median {self.unit}s")
        rows: list[list[str]] = []
        for row in range(min(len(self.columns["step"]), 40)):
            one = {name: values[row] for name, values in self.columns.items()}
            name = str(one["event"])
            ends = [100 * one[f"from_previous_{end}"] for end in ("lower", "upper")]
            first = one["step"] == 1
            rows.append(
                [
                    name if self.by is None else f"{one['segment']}: {name}",
                    f"{one['users']:,}",
                    "" if first else f"{100 * one['from_previous']:.1f} %",
                    "" if first else f"[{ends[0]:.1f}, {ends[1]:.1f}]",
                    f"{100 * one['from_first']:.1f} %",
                    ""
                    if np.isnan(one["median_time"])
                    else f"{one['median_time']:,.3g}",
                ]
            )
        return header, rows

    @override
    def __repr__(self) -> str:
        parts = [self._headline(), *self.sentences(), text_table(*self._table())]
        return "\n".join([*parts, *self.notes])

    def _repr_html_(self) -> str:
        words = " ".join([*self.sentences(), *self.notes])
        return html_report(self._headline(), *self._table(), words)


def funnel(
    data: object,
    steps: Sequence[str],
    *,
    user: str = "user_id",
    event: str = "event",
    time: str = "timestamp",
    order: Order = "loose",
    within: Horizon | None = None,
    step_within: Horizon | None = None,
    by: str | None = None,
    unit: Span = "hour",
    level: float = 0.9,
) -> Funnel:
    """Return how many users go on from each step to the next.

    Parameters
    ----------
    data : frame
        One row an event.
    steps : sequence of str
        The events in order, two or more, all different.
    user, event, time : str
        The columns that say who did what and when. Rows without a user or a time are
        left out and counted.
    order : {"loose", "strict", "any"}
        "loose": steps in this order, whatever is between. "strict": nothing between
        them. "any": a user reaches a step who has done it and all before it, in
        whatever order.
    within : length of time, optional
        How long all steps may take, from the first one on; that moment included. A user
        may begin several times: the furthest counts.
    step_within : length of time, optional
        How long a step may take after the one before.
    by : str, optional
        Segments: a column. A user's segment is that of the earliest event.
    unit : {"hour", "second", "minute", "day"}
        What times between steps are measured in.
    level : float, default 0.9
        Confidence level of the intervals: Wilson's for shares of users, and between
        order statistics for medians.

    Returns
    -------
    Funnel

    Raises
    ------
    ParameterError
        If steps are fewer than two, repeated or not among the events, or times are
        limited for steps in any order.
    EmptyDataError
        If nobody takes the first step.

    Notes
    -----
    Of events at the same moment steps come first, in the order of the funnel, so that
    the order of rows changes nothing. The time to a step is from the last time that the
    step before was reached to the first time that this one was.

    Examples
    --------
    >>> import tenure as tn
    >>> did = {
    ...     "user_id": [1, 1, 1, 2, 2, 3],
    ...     "event": ["view", "cart", "pay", "view", "cart", "view"],
    ...     "timestamp": [
    ...         "2024-05-01T10:00",
    ...         "2024-05-01T10:05",
    ...         "2024-05-01T10:20",
    ...         "2024-05-01T11:00",
    ...         "2024-05-01T11:30",
    ...         "2024-05-02T08:00",
    ...     ],
    ... }
    >>> found = tn.channels.funnel(did, ["view", "cart", "pay"], unit="minute")
    >>> found.reached, found.to_frame()["median_time"]
    (array([3, 2, 1]), array([ nan, 17.5, 15. ]))
    """
    check_level(level, name="level")
    names = _checked(steps, order, unit, (within, step_within))
    events = read(data, user, event, time, what="events")
    missing = [name for name in names if name not in events.channels.names]
    if missing:
        raise ParameterError.of(
            name="steps",
            expected=f"be events: {', '.join(events.channels.names[:30])}",
            found=", ".join(missing),
        )
    limits = tuple(
        None if one is None else round(length_in_days(one, name) * 86_400_000_000)
        for one, name in ((within, "within"), (step_within, "step_within"))
    )
    path = sorted_steps(events, names, exact=order == "strict")
    walk = walked(path, len(names), order, (limits[0], limits[1]))
    if not (walk.depth > 0).any():
        msg = f"nobody does {names[0]}"
        raise EmptyDataError.of(msg)
    notes = [*events.notes, *_open(path, walk, limits[0], len(names))]
    blocks = [
        _block(ALL, names, walk, np.ones(events.customers, dtype=bool), level, unit)
    ]
    if by is not None:
        segment, conflicts = _segments(events, by)
        blocks += [
            _block(name, names, walk, segment == name, level, unit)
            for name in sorted(set(segment.tolist()))
        ]
        if conflicts:
            who = counted(conflicts, "user")
            notes.append(f"{who} with several values of {by}: the earliest counts")
    columns = {
        name: np.concatenate([one[name] for one in blocks]) for name in blocks[0]
    }
    return Funnel(
        steps=names,
        by=by,
        order=order,
        users=events.customers,
        reached=columns["users"][: len(names)],
        level=level,
        unit=unit,
        notes=tuple(notes),
        family=events.table.family,
        columns=columns,
    )


def _checked(
    steps: Sequence[str], order: str, unit: str, limits: tuple[Any, Any]
) -> tuple[str, ...]:
    """Return the steps, or say what is wrong with the question."""
    names = () if isinstance(steps, str) else tuple(str(one) for one in steps)
    if len(names) < 2 or len(set(names)) < len(names):
        raise ParameterError.of(
            name="steps",
            expected="be two or more different events in order",
            found=repr(steps),
        )
    if order not in ("loose", "strict", "any"):
        raise ParameterError.of(
            name="order", expected="be 'loose', 'strict' or 'any'", found=repr(order)
        )
    if unit not in SECONDS:
        raise ParameterError.of(
            name="unit", expected=f"be one of {', '.join(SECONDS)}", found=repr(unit)
        )
    if order == "any" and limits != (None, None):
        raise ParameterError.of(
            name="within",
            expected="and `step_within` be left out for steps in any order",
            found=repr(limits[0] if limits[0] is not None else limits[1]),
        )
    return names


def _open(path: Any, walk: Walk, limit: int | None, size: int) -> list[str]:
    """Say how many began too late to be through."""
    if limit is None:
        return []
    starts = walk.last_start
    late = (walk.depth > 0) & (walk.depth < size) & (starts > path.end - limit)
    count = int(late.sum())
    if not count:
        return []
    return [f"{counted(count, 'user')} began less than `within` before the end"]


def _segments(events: Events, by: str) -> tuple[NDArray[Any], int]:
    """Return the segment of each user's earliest event, and how many have several."""
    grouping = grouping_of(events.table.column(by))
    codes = grouping.codes[events.rows]
    assert events.times is not None  # noqa: S101 (read with their times)
    order = np.lexsort((codes, events.times, events.owners))
    first = np.unique(events.owners[order], return_index=True)[1]
    pairs = np.unique(np.stack([events.owners, codes]), axis=1)
    several = int((np.bincount(pairs[0]) > 1).sum())
    return grouping.array[codes[order][first]], several


def _block(  # noqa: PLR0917
    segment: str,
    names: tuple[str, ...],
    walk: Walk,
    users: NDArray[np.bool_],
    level: float,
    unit: str,
) -> dict[str, NDArray[Any]]:
    """Return the rows of a segment."""
    k = len(names)
    reached = np.array([(walk.depth[users] > step).sum() for step in range(k)])
    previous = np.concatenate([reached[:1], reached[:-1]])
    labels = np.empty((2, k), dtype=object)
    labels[0], labels[1] = segment, names
    columns: dict[str, NDArray[Any]] = {
        "segment": labels[0],
        "step": np.arange(1, k + 1),
        "event": labels[1],
        "users": reached,
    }
    for name, base in (("from_previous", previous), ("from_first", reached[0])):
        found = wilson(reached, np.broadcast_to(base, k), level)
        for end, values in zip(("", "_lower", "_upper"), found, strict=True):
            columns[name + end] = np.array(values)
    times = np.full((3, k), np.nan)
    for step in range(1, k):
        own = walk.waits[step - 1][users]
        own = own[np.isfinite(own)] / (SECONDS[unit] * 1_000_000)
        if len(own):
            times[:, step] = np.median(own), *median_ends(own, level)
    for end, values in zip(("", "_lower", "_upper"), times, strict=True):
        columns["median_time" + end] = values
    columns["dropped"] = previous - reached
    return columns
