"""One way to show things: tables and headlines as text for terminals and as HTML."""

from __future__ import annotations

from html import escape
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Sequence

__all__ = ["counted", "html_report", "inflected", "text_table", "written"]


def counted(count: int, noun: str) -> str:
    """Return the count and the noun in number.

    Examples
    --------
    >>> counted(1, "row"), counted(2357, "row")
    ('1 row', '2,357 rows')
    """
    return f"{count:,} {inflected(count, noun)}"


def inflected(count: int, noun: str) -> str:
    """Return the noun, with an s unless there is one.

    Examples
    --------
    >>> inflected(1, "row"), inflected(0, "row")
    ('row', 'rows')
    """
    return noun if count == 1 else f"{noun}s"


def written(moment: np.datetime64) -> str:
    """Return a date, or a date and a time of day, as people write it.

    Examples
    --------
    >>> written(np.datetime64("1997-09-30T00:00:00.000000"))
    '1997-09-30'
    >>> written(np.datetime64("1997-09-30T06:20"))
    '1997-09-30 06:20:00'
    """
    day = moment.astype("datetime64[D]")
    if day == moment:
        return str(day)
    return np.datetime_as_string(moment, unit="s").replace("T", " ")


def text_table(header: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    """Return an aligned table: the first column to the left, the others to the right.

    Examples
    --------
    >>> print(text_table(["", "mean"], [["frequency", "1.04"], ["T", "32.7"]]))
               mean
    frequency  1.04
    T          32.7
    """
    table = [list(header), *map(list, rows)]
    widths = [max(map(len, column)) for column in zip(*table, strict=True)]
    lines = [
        "  ".join(
            cell.ljust(width) if place == 0 else cell.rjust(width)
            for place, (cell, width) in enumerate(zip(row, widths, strict=True))
        ).rstrip()
        for row in table
    ]
    return "\n".join(lines)


def html_report(
    headline: str,
    header: Sequence[str],
    rows: Sequence[Sequence[str]],
    note: str = "",
) -> str:
    """Return a headline, a table and a note for notebooks; everything is escaped.

    Examples
    --------
    >>> html_report("<b>", [], [["rows", "3"]]).count("&lt;b&gt;")
    1
    """
    right = 'style="text-align:right"'
    head = "".join(f"<th {right}>{escape(cell)}</th>" for cell in header)
    body = ""
    for name, *cells in rows:
        values = "".join(f"<td {right}>{escape(cell)}</td>" for cell in cells)
        body += f'<tr><th style="text-align:left">{escape(name)}</th>{values}</tr>'
    below = f"<p>{escape(note)}</p>" if note else ""
    thead = f"<thead><tr>{head}</tr></thead>" if header else ""
    return (
        f"<div><strong>{escape(headline)}</strong>"
        f"<table>{thead}<tbody>{body}</tbody></table>{below}</div>"
    )
