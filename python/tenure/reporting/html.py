"""A few functions that write HTML: what is not markup already is escaped."""

from __future__ import annotations

from html import escape
from importlib import resources
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

__all__ = ["Html", "join", "page", "paragraph", "table", "tag"]

# A page that cannot load anything, whatever somebody managed to write into it.
_POLICY = "default-src 'none'; style-src 'unsafe-inline'; img-src data:"


class Html(str):
    """Text that is markup already."""

    __slots__ = ()


# What no page may hold: control signs other than tabs and ends of lines.
_CONTROLS = {
    code: "\N{REPLACEMENT CHARACTER}" for code in range(32) if code not in (9, 10)
}


def _escaped(text: str) -> str:
    return escape(text.translate(_CONTROLS))


def _markup(content: str) -> str:
    return content if isinstance(content, Html) else _escaped(content)


def join(parts: Iterable[str], separator: str = "\n") -> Html:
    """Return the parts as one piece of markup."""
    return Html(separator.join(map(_markup, parts)))


def tag(name: str, *content: str, **attributes: str) -> Html:
    """Return an element; text in it is escaped, and so are its attributes.

    Examples
    --------
    >>> tag("p", "1 < 2", class_="note")
    '<p class="note">1 &lt; 2</p>'
    """
    written = "".join(
        f' {key.rstrip("_").replace("_", "-")}="{_escaped(value)}"'
        for key, value in attributes.items()
    )
    return Html(f"<{name}{written}>{join(content, '')}</{name}>")


def paragraph(*sentences: str, **attributes: str) -> Html:
    """Return a paragraph of those sentences that are not empty."""
    return tag("p", join([one for one in sentences if one], " "), **attributes)


def table(
    header: Sequence[str],
    rows: Iterable[Sequence[str]],
    *,
    caption: str,
    texts: int = 1,
) -> Html:
    """Return a table that scrolls sideways where the page is narrow.

    Parameters
    ----------
    header : sequence of str
        What the columns are.
    rows : iterable of sequence of str
        The cells; the first of a row is its heading.
    caption : str
        What the table shows.
    texts : int, default 1
        How many columns, from the left, hold text; the others hold numbers.
    """

    def kind(place: int) -> dict[str, str]:
        return {} if place < texts else {"class_": "number"}

    head = [tag("th", cell, scope="col", **kind(at)) for at, cell in enumerate(header)]
    body: list[Html] = []
    for name, *cells in rows:
        values = [tag("td", cell, **kind(at)) for at, cell in enumerate(cells, 1)]
        body.append(tag("tr", tag("th", name, scope="row"), *values))
    thead = [tag("thead", tag("tr", *head))] if any(header) else []
    inner = tag("table", *thead, tag("tbody", join(body)), aria_label=caption)
    region = {"role": "region", "aria_label": caption, "tabindex": "0"}
    scrolled = tag("div", inner, class_="scroll", **region)
    return tag("div", tag("p", caption, class_="caption"), scrolled, class_="table")


def page(title: str, body: Iterable[str]) -> Html:
    """Return a whole page that needs nothing from anywhere else."""
    style = resources.files("tenure.reporting").joinpath("page.css").read_text("utf-8")
    head = join(
        [
            Html('<meta charset="utf-8">'),
            Html(
                '<meta name="viewport" content="width=device-width, initial-scale=1">'
            ),
            Html(f'<meta http-equiv="Content-Security-Policy" content="{_POLICY}">'),
            Html('<meta name="color-scheme" content="light dark">'),
            tag("title", title),
            tag("style", Html(f"\n{style}")),
        ]
    )
    html = tag("html", tag("head", head), tag("body", join(body)), lang="en")
    return Html(f"<!DOCTYPE html>\n{html}\n")
