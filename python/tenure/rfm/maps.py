"""The segment maps that people use, cell by cell as their sources give them."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

from tenure._typing import override
from tenure.exceptions import ParameterError
from tenure.rfm.segments import SegmentMap

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tenure.rfm.segments import Range, Rule

__all__ = ["segment_maps"]

_RFM = ("recency", "frequency", "monetary")


def _boxes(
    rows: Mapping[str, tuple[Range, ...]], dimensions: tuple[str, ...]
) -> dict[str, Rule]:
    """Return a rule of one range a dimension for each name."""
    return {
        name: dict(zip(dimensions, ranges, strict=True))
        for name, ranges in rows.items()
    }


TEN = SegmentMap(
    {
        "Champions": "5[4-5]",
        "Loyal": "[3-4][4-5]",
        "Potential Loyalists": "[4-5][2-3]",
        "New": "51",
        "Promising": "41",
        "Need Attention": "33",
        "About to Sleep": "3[1-2]",
        "Can't Lose": "[1-2]5",
        "At Risk": "[1-2][3-4]",
        "Hibernating": "[1-2][1-2]",
    },
    source="the ten segments of recency and frequency of many Python notebooks",
)

_PUTLER_ORDER = (
    "Recent",
    "Promising",
    "Can't Lose",
    "Champions",
    "Needing Attention",
    "About To Sleep",
    "Hibernating",
    "Lost",
    "At Risk",
    "Potential Loyalist",
    "Loyal",
)
"""The row of the table that covers the fewest combinations wins, then the first one.

Read from the top, four names could never be given. Lost still is not: with scores from
1 on it stands for the same combinations as Hibernating.
"""

PUTLER = SegmentMap(
    _boxes(
        {
            "Champions": ((4, 5), (4, 5)),
            "Loyal": ((2, 5), (3, 5)),
            "Potential Loyalist": ((3, 5), (1, 3)),
            "Recent": ((4, 5), (0, 1)),
            "Promising": ((3, 4), (0, 1)),
            "Needing Attention": ((2, 3), (2, 3)),
            "About To Sleep": ((2, 3), (0, 2)),
            "At Risk": ((0, 2), (2, 5)),
            "Can't Lose": ((0, 1), (4, 5)),
            "Hibernating": ((1, 2), (1, 2)),
            "Lost": ((0, 2), (0, 2)),
        },
        ("recency", "frequency+monetary"),
    ),
    dimensions=_RFM,
    priority=_PUTLER_ORDER,
    unreachable="keep",
    source="Putler's table of recency and the mean of frequency and monetary scores",
)

R_RFM = SegmentMap(
    _boxes(
        {
            "Champions": (5, 5, 5),
            "Potential Loyalist": ((3, 5), (3, 5), (2, 5)),
            "Loyal": ((2, 4), (2, 4), (2, 4)),
            "Promising": ((3, 4), (1, 3), (3, 5)),
            "New": ((4, 5), (1, 3), (1, 5)),
            "Can't Lose": ((1, 2), (3, 4), (4, 5)),
            "At Risk": ((1, 2), (2, 5), (4, 5)),
            "Need Attention": ((1, 3), (3, 5), (3, 5)),
            "About To Sleep": ((2, 3), (1, 3), (1, 4)),
            "Lost": (1, (1, 5), (1, 5)),
        },
        _RFM,
    ),
    dimensions=_RFM,
    priority="listed",
    other="Others",
    source="the example of the R package rfm 0.3; the first match counts",
)

PYTHON_RFM = SegmentMap(
    _boxes(
        {
            "Champions": ((4, 5), (4, 5), (4, 5)),
            "Promising": ((4, 5), (1, 2), (3, 5)),
            "Loyal Accounts": ((3, 5), (3, 5), (3, 5)),
            "Potential Loyalist": ((3, 5), (2, 3), (2, 4)),
            "New Active": (5, 1, (1, 5)),
            "Low Spenders": ((3, 5), (1, 5), (1, 2)),
            "Need Attention": ((2, 3), (1, 2), (4, 5)),
            "About to Sleep": ((2, 3), (1, 2), (1, 3)),
            "At Risk": ((1, 2), (1, 5), (3, 5)),
            "Lost": ((1, 2), (1, 5), (1, 2)),
        },
        _RFM,
    ),
    dimensions=_RFM,
    priority="listed",
    source="the Python package rfm; the first match counts",
)

PYMC_MARKETING = SegmentMap(
    {
        "Premium Customer": "(333|334|343|344|433|434|443|444)",
        "Repeat Customer": "(143|232|233|234|243|244|332)",
        "Top Spender Customer": (
            "(124|133|134|144|224|313|314|323|324|413|414|423|424)"
        ),
        "At Risk Customer": "(122|123|132|212|214|222|223|312|322|412|422)",
        "Inactive Customer": "(111|112|113|114|211|311|411)",
    },
    bins=4,
    dimensions=_RFM,
    other="Other",
    source="the quartile codes of pymc-marketing's rfm_segments",
)

HEAVY_MEDIUM_LIGHT = SegmentMap(
    {"Heavy": {"monetary": 3}, "Medium": {"monetary": 2}, "Light": {"monetary": 1}},
    bins=3,
    dimensions=("monetary",),
    prospects="Zero",
    source="the top 20 % of customers by money, the next 30 %, and the other 50 %",
)


class SegmentMaps(Mapping[str, SegmentMap]):
    """The segment maps that people use, by name.

    `ten` is of recency and frequency; `putler`, `r_rfm`, `python_rfm` and
    `pymc_marketing` are of all three scores; `hml` is of money alone, cut at shares of
    0.5 and 0.8.

    Examples
    --------
    >>> import tenure as tn
    >>> tn.segment_maps["ten"].segment(5, 5)
    'Champions'
    >>> [name for name, one in tn.segment_maps.items() if one.gaps()]
    ['r_rfm', 'pymc_marketing']
    """

    def __init__(self, maps: Mapping[str, SegmentMap]) -> None:
        self._maps = dict(maps)

    @override
    def __getitem__(self, name: str) -> SegmentMap:
        if name not in self._maps:
            raise ParameterError.of(
                name="segment_maps",
                expected=f"be asked for {', '.join(map(repr, self._maps))}",
                found=repr(name),
            )
        return self._maps[name]

    @override
    def __contains__(self, name: object) -> bool:
        return name in self._maps

    @override
    def __iter__(self) -> Iterator[str]:
        return iter(self._maps)

    @override
    def __len__(self) -> int:
        return len(self._maps)

    @override
    def __repr__(self) -> str:
        rows = [[name, one.source] for name, one in self._maps.items()]
        width = max(len(name) for name, _ in rows)
        return "\n".join(f"{name.ljust(width)}  {source}" for name, source in rows)


segment_maps = SegmentMaps(
    {
        "ten": TEN,
        "putler": PUTLER,
        "r_rfm": R_RFM,
        "python_rfm": PYTHON_RFM,
        "pymc_marketing": PYMC_MARKETING,
        "hml": HEAVY_MEDIUM_LIGHT,
    }
)
"""The maps by name."""
