"""Times between orders by order number, and by category, in one table."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from tenure._frame import native_frame
from tenure._intervals import check_level
from tenure._typing import is_many
from tenure.exceptions import ParameterError
from tenure.retention.periods import at_least_one, length_in_days
from tenure.retention.repurchase import first_at
from tenure.retention.waits import by_order, grouped_waits
from tenure.survival.kaplan_meier import KaplanMeier

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from numpy.typing import NDArray

    from tenure._typing import Date
    from tenure._units import Horizon
    from tenure.transactions import Transactions

__all__ = ["times_between_orders"]


def times_between_orders(
    log: Transactions,
    *,
    horizons: Horizon | Sequence[Horizon],
    orders: int,
    by: str | None,
    categories: Mapping[Any, Any] | None,
    as_of: Date | None,
    level: float,
) -> Any:
    """Return one row an order number; see `Transactions.times_between_orders`."""
    check_level(level, name="level")
    most = at_least_one(orders, "orders")
    given: Any = horizons
    within: list[Any] = list(given) if is_many(given) else [given]
    lengths = [length_in_days(one, "horizons") for one in within]
    if not lengths or len(set(lengths)) < len(lengths):
        raise ParameterError.of(
            name="horizons",
            expected="hold at least one length of time, and none twice",
            found=repr(within),
        )
    if by is not None and categories is not None:
        raise ParameterError.of(
            name="by", expected="be left out where categories are given", found=repr(by)
        )
    if categories is not None and not categories:
        raise ParameterError.of(
            name="categories", expected="name at least one product", found="{}"
        )
    groups, _ = grouped_waits(log, most, as_of, by, categories)
    labels: list[Any] = []
    rows: list[dict[str, float]] = []
    for group, waits in groups:
        for order, durations in by_order(waits):
            labels.append(group)
            survival = KaplanMeier(level=level).fit(*durations)
            rows.append({"order": order, **_row(survival, lengths)})
    columns: dict[str, NDArray[Any]] = {
        name: np.array([row[name] for row in rows]) for name in rows[0]
    }
    name = "category" if categories is not None else by
    if name is not None:
        column = np.empty(len(labels), dtype=object)
        column[:] = labels
        columns = {name: column, **columns}
    return native_frame(
        columns, family=log.family, index="order" if name is None else None
    )


def _row(survival: KaplanMeier, lengths: list[float]) -> dict[str, float]:
    curve = survival.curves_[0]
    total, events = curve.total
    lower, upper = survival.band_of(curve)
    row: dict[str, float] = {
        "customers": int(total),
        "returned": int(events),
        "waiting": int(total - events),
        "first_quarter": first_at(curve, curve.estimate, 0.75),
        "median": first_at(curve, curve.estimate, 0.5),
        "median_low": first_at(curve, lower, 0.5),
        "median_high": first_at(curve, upper, 0.5),
        "third_quarter": first_at(curve, curve.estimate, 0.25),
    }
    for days in lengths:
        seen = days <= curve.timeline[-1] or curve.estimate[-1] <= 0
        place = int(curve.places(np.array([days]))[0])
        ends = (curve.estimate[place], upper[place], lower[place])
        values = [float(1 - one) if seen else np.nan for one in ends]
        name = f"within_{days:g}"
        row |= dict(zip((name, f"{name}_low", f"{name}_high"), values, strict=True))
    return row
