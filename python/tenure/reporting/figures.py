"""Pictures for the page: vector graphics that follow its colours and its font."""

from __future__ import annotations

import io
import re
import warnings
from importlib import import_module
from typing import TYPE_CHECKING, Any

from tenure.plotting import _style
from tenure.reporting.html import Html, paragraph, tag

if TYPE_CHECKING:
    from matplotlib.axes import Axes

__all__ = ["figure"]

# What the page calls the colours of the pictures, so that they change with its own.
_COLORS = {
    _style.INK: "var(--ink)",
    _style.MUTED: "var(--muted)",
    _style.FAINT: "var(--line)",
    _style.SHADE: "var(--shade)",
    _style.ACTUAL: "var(--actual)",
    _style.EXPECTED: "var(--expected)",
    _style.ACCENT: "var(--accent)",
    _style.PAPER: "var(--paper)",
}

_COUNT = re.compile(r"(?<=\bid=\")|(?<=url\(#)|(?<=xlink:href=\"#)")


def figure(name: str, ax: Axes, alternative: str, *caption: str) -> Html:
    """Return a picture with what it shows in words.

    Parameters
    ----------
    name : str
        Tells its parts from those of the other pictures of the page.
    ax : Axes
        The picture; its figure is not used for anything else.
    alternative : str
        What it shows, for those who do not see it.
    *caption : str
        Sentences to stand below it.
    """
    svg = tag(
        "div", _svg(name, ax), class_="picture", role="img", aria_label=alternative
    )
    return tag("figure", svg, tag("figcaption", paragraph(*caption)))


def _svg(name: str, ax: Axes) -> Html:
    rc_context: Any = import_module("matplotlib").rc_context
    whole: Any = ax.figure
    text = io.StringIO()
    # text stays text, and names of parts depend on nothing but the picture
    settings: dict[Any, Any] = {"svg.fonttype": "none", "svg.hashsalt": name}
    with rc_context(settings), warnings.catch_warnings():
        # the page's own font will have the signs that this one misses
        warnings.filterwarnings("ignore", "Glyph .* missing from font", UserWarning)
        whole.savefig(text, format="svg", metadata={"Date": None})
    svg = text.getvalue()
    svg = svg[svg.index("<svg") :]
    svg = re.sub(r"<metadata>.*?</metadata>", "", svg, flags=re.DOTALL)
    svg = re.sub(r' xmlns(:\w+)?="[^"]*"', "", svg)
    svg = _COUNT.sub(f"{name}-", svg).replace("xlink:href", "href")
    svg = re.sub(r'(<svg[^>]*?) width="[^"]*"', r"\1", svg, count=1)
    svg = re.sub(r'(<svg[^>]*?) height="[^"]*"', r"\1", svg, count=1)
    for color, variable in _COLORS.items():
        svg = svg.replace(color, variable)
    return Html(svg.strip())
