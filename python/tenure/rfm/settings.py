"""The settings of `RFM`: checked, and as JSON holds them."""

from __future__ import annotations

import datetime as dt
import math
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, cast

import numpy as np

from tenure.exceptions import ParameterError
from tenure.rfm.dimensions import Dimension
from tenure.rfm.maps import segment_maps
from tenure.rfm.segments import SegmentMap

if TYPE_CHECKING:
    from collections.abc import Sequence

__all__ = ["live_settings", "map_of", "plain_settings", "weights_of"]

STANDARD = ("recency", "frequency", "monetary")


def map_of(wanted: object, bins: Mapping[str, int]) -> SegmentMap | None:
    """Return the segment map that is asked for, if it goes with the scores."""
    if wanted is None:
        return None
    if wanted == "auto":
        five = bins.get("recency") == bins.get("frequency") == 5
        four = all(bins.get(name) == 4 for name in STANDARD)
        name = "ten" if five else "pymc_marketing" if four else None
        return None if name is None else segment_maps[name]
    if isinstance(wanted, str) and wanted in segment_maps:
        wanted = segment_maps[wanted]
    if not isinstance(wanted, SegmentMap):
        raise ParameterError.of(
            name="segment_map",
            expected=f"be 'auto', one of {', '.join(map(repr, segment_maps))}, a "
            "SegmentMap or None",
            found=repr(wanted),
        )
    return _fitting(wanted, bins)


def weights_of(
    given: Mapping[str, float] | None, dimensions: Sequence[Dimension]
) -> dict[str, float]:
    """Return a weight for each dimension."""
    names = [one.name for one in dimensions]
    weights = dict.fromkeys(names, 1.0) if given is None else dict(given)
    if sorted(weights) != sorted(names):
        raise ParameterError.of(
            name="weights",
            expected=f"be given for each of {', '.join(names)}",
            found=repr(weights),
        )
    values = [float(weight) for weight in weights.values()]
    if min(values) < 0 or not 0 < sum(values) < math.inf:
        raise ParameterError.of(
            name="weights",
            expected="be at least 0, finite, and not all 0",
            found=repr(weights),
        )
    return {name: float(weights[name]) for name in names}


def plain_settings(settings: Mapping[str, Any]) -> dict[str, Any]:
    """Return settings as JSON can hold them."""
    found = {name: _plain(value) for name, value in settings.items()}
    found["dimensions"] = [
        one.to_dict() if isinstance(one, Dimension) else one
        for one in settings["dimensions"]
    ]
    names = settings["segment_map"]
    if isinstance(names, SegmentMap):
        found["segment_map"] = names.to_dict()
    return found


def live_settings(stored: Mapping[str, Any]) -> dict[str, Any]:
    """Return the settings that `plain_settings` wrote."""
    found = dict(stored)
    found["dimensions"] = tuple(
        one if isinstance(one, str) else Dimension(**one)
        for one in stored["dimensions"]
    )
    names = stored["segment_map"]
    if names is not None and not isinstance(names, str):
        found["segment_map"] = SegmentMap.from_dict(names)
    return found


def _plain(value: Any) -> Any:
    """Return numbers, texts, lists and dictionaries of them."""
    if isinstance(value, Mapping):
        items = cast("Mapping[str, Any]", value).items()
        return {name: _plain(one) for name, one in items}
    if isinstance(value, np.ndarray | np.generic):
        return cast("Any", value).tolist()
    if isinstance(value, tuple | list):
        return [_plain(one) for one in cast("Sequence[Any]", value)]
    if isinstance(value, dt.timedelta):
        return value.total_seconds() / 86_400
    return value


def _fitting(names: SegmentMap, bins: Mapping[str, int]) -> SegmentMap:
    """Pass if a segment map goes with the scores that there are.

    Raises
    ------
    ParameterError
        If it needs another dimension, or other bins.
    """
    wanted = dict(zip(names.dimensions, names.highest, strict=True))
    for name, highest in wanted.items():
        if bins.get(name) != highest:
            found = f"{bins[name]} bins" if name in bins else "no such dimension"
            raise ParameterError.of(
                name="segment_map",
                expected=f"go with the scores: this map needs {highest} bins of {name}",
                found=found,
                hint="choose another map or other bins, or segment_map=None for none",
            )
    return names
