"""One calm look for all pictures, without touching anybody's global settings."""

from __future__ import annotations

import sys
from contextlib import contextmanager
from contextvars import ContextVar
from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Generator

    from matplotlib.axes import Axes
    from matplotlib.colors import Colormap

__all__ = [
    "ACCENT",
    "ACTUAL",
    "EXPECTED",
    "FAINT",
    "INK",
    "MUTED",
    "ON_MAP",
    "PAPER",
    "SERIES",
    "SHADE",
    "calm_axes",
    "color_bar",
    "date_axis",
    "detached",
    "halo",
    "label_ends",
    "legend",
    "mark",
    "number_axis",
    "percent_axis",
    "readable_on",
    "remark",
    "sequential",
    "shortened",
    "title",
]

INK = "#2b2f36"
"""Text that is read."""
MUTED = "#6b7280"
"""Text and lines that are only there when looked for."""
FAINT = "#e2e5ea"
"""Grid lines."""
SHADE = "#f1f3f6"
"""Backgrounds that set a part of a picture apart."""

PAPER = "#ffffff"
"""What pictures lie on; seen between bars."""

# Blue and orange differ for every common kind of colour vision, and in grey too.
ACTUAL = "#1f5f99"
"""What happened."""
EXPECTED = "#e07b1a"
"""What a model expects."""
ACCENT = "#8fb8de"
"""A second kind of what happened."""

SERIES = (ACTUAL, EXPECTED, "#6a51a3", "#3b8e5a", "#b0476e", "#8a6d3b")
"""Lines of several kinds, the first two first."""

# From next to nothing to a lot: one hue, lightness falling evenly.
_SEQUENCE = ("#f2f6fa", "#c5dbee", "#8fb8de", "#4c8bc0", "#1f5f99", "#12365a")

ON_MAP = "#1d2127"
"""Lines and text on a map, whose own colours are light, whatever the page's are."""

SIZE = (5.2, 3.3)
"""Inches; decided only where no axes are given."""


def calm_axes(ax: Axes | None, *, size: tuple[float, float] = SIZE) -> Axes:
    """Return the axes, or new ones, with thin spines and a faint grid."""
    if ax is None:
        ax = _new_axes(size)
    for side, spine in ax.spines.items():
        spine.set_visible(side in ("left", "bottom"))
        spine.set_color(MUTED)
        spine.set_linewidth(0.8)
    ax.tick_params(colors=MUTED, labelcolor=INK, labelsize=9, width=0.8, length=3)
    ax.grid(visible=True, axis="y", color=FAINT, linewidth=0.8)
    ax.set_axisbelow(True)
    for axis in (ax.xaxis, ax.yaxis):
        axis.label.set_color(INK)
        axis.label.set_fontsize(9.5)
        axis.label.set_parse_math(False)  # a "$" in a currency is only that
    return ax


def _new_axes(size: tuple[float, float]) -> Axes:
    try:
        from matplotlib.figure import Figure  # noqa: PLC0415
    except ModuleNotFoundError:
        msg = "plotting needs matplotlib; install with pip install 'tenure[plot]'"
        raise ImportError(msg) from None
    look: dict[str, Any] = {
        "figsize": size,
        "layout": "constrained",
        "facecolor": "none",
    }
    figure = _pyplot().figure(**look) if _is_shown() else Figure(**look)
    return figure.add_subplot(facecolor="none")


_detached = ContextVar("_detached", default=False)


@contextmanager
def detached() -> Generator[None]:
    """Make figures that nobody shows, as those of a page."""
    token = _detached.set(True)
    try:
        yield
    finally:
        _detached.reset(token)


def _is_shown() -> bool:
    """Whether new figures belong to pyplot: in a notebook, or where it is in use.

    There they are shown with the others; elsewhere pyplot is left alone.
    """
    in_use = {"matplotlib.pyplot", "ipykernel"} & set(sys.modules)
    return bool(in_use) and not _detached.get()


def _pyplot() -> Any:
    return import_module("matplotlib.pyplot")


def title(ax: Axes, text: str) -> None:
    """Put a title over the left end of the axes."""
    ax.set_title(
        text, loc="left", parse_math=False, fontsize=10.5, color=INK, fontweight="bold"
    )


def number_axis(ax: Axes, which: str = "y", *, whole: bool = False) -> None:
    """Write the numbers of an axis with thousands separators and no needless zeros.

    Parameters
    ----------
    ax : Axes
    which : {"y", "x"}
        The axis.
    whole : bool, default False
        Have ticks at whole numbers only: what is counted has no parts.
    """
    from matplotlib.ticker import FuncFormatter, MaxNLocator  # noqa: PLC0415

    axis = ax.yaxis if which == "y" else ax.xaxis
    if whole:
        axis.set_major_locator(MaxNLocator(integer=True, nbins=7, min_n_ticks=1))
    axis.set_major_formatter(FuncFormatter(_plain_number))


def percent_axis(ax: Axes, which: str = "y", *, digits: int = 0) -> None:
    """Write the shares of an axis as percentages."""
    from matplotlib.ticker import FuncFormatter, MaxNLocator  # noqa: PLC0415

    def written(share: float, _place: object) -> str:
        return f"{100 * share:.{digits}f} %"

    axis = ax.yaxis if which == "y" else ax.xaxis
    axis.set_major_locator(MaxNLocator(steps=[1, 2, 5, 10], nbins=7))
    axis.set_major_formatter(FuncFormatter(written))


def readable_on(color: Any) -> str:
    """Return the colour of text that can be read on this one."""
    from matplotlib.colors import to_rgb  # noqa: PLC0415

    red, green, blue = to_rgb(color)
    light = 0.299 * red + 0.587 * green + 0.114 * blue > 0.55
    return ON_MAP if light else "#ffffff"


def color_bar(ax: Axes, image: Any, label: str, *, extend: str = "neither") -> None:
    """Say beside the axes what the colours of a map stand for."""
    from matplotlib.ticker import FuncFormatter  # noqa: PLC0415

    figure: Any = ax.get_figure()
    bar = figure.colorbar(image, ax=ax, pad=0.02, extend=extend)
    bar.outline.set_visible(False)
    bar.ax.tick_params(colors=MUTED, labelcolor=INK, labelsize=8.5, length=0)
    bar.ax.yaxis.set_major_formatter(FuncFormatter(_plain_number))
    bar.set_label(label, color=INK, fontsize=9)


def _plain_number(number: float, _place: object) -> str:
    return f"{number:,.10g}"


def date_axis(ax: Axes) -> None:
    """Write dates as short as they can be without being ambiguous."""
    from matplotlib.dates import AutoDateLocator, ConciseDateFormatter  # noqa: PLC0415

    locator = AutoDateLocator(minticks=3, maxticks=8)
    ax.xaxis.set_major_locator(locator)
    ax.xaxis.set_major_formatter(ConciseDateFormatter(locator))
    ax.xaxis.get_offset_text().set_color(MUTED)


def label_ends(ax: Axes, ends: list[tuple[Any, float, str, str]]) -> None:
    """Write what each line is at its right end, the labels a line of text apart.

    Parameters
    ----------
    ax : Axes
    ends : list of (x, y, text, colour)
        Where each line ends.
    """
    lowest, highest = ax.get_ylim()
    height = ax.get_window_extent().height or 1.0
    apart = 13.0 * ax.figure.dpi / 72 * (highest - lowest) / height
    previous = -float("inf")
    for x, y, text, color in sorted(ends, key=lambda end: end[1]):
        place = max(y, previous + apart)
        previous = place
        ax.annotate(
            text,
            (x, place),
            xytext=(5, 0),
            textcoords="offset points",
            va="center",
            color=color,
            fontsize=9,
            annotation_clip=False,
        )


def mark(ax: Axes, x: Any, text: str, *, color: str = INK) -> None:
    """Draw a thin vertical line with a label at its top."""
    ax.axvline(x, color=color, linewidth=1.0, linestyle=(0, (4, 3)))
    place = ax.transAxes.inverted().transform(ax.transData.transform((x, 0.0)))[0]
    on_left = place > 0.7
    ax.annotate(
        text,
        (x, 1.0),
        xycoords=("data", "axes fraction"),
        xytext=(-4 if on_left else 4, -2),
        textcoords="offset points",
        ha="right" if on_left else "left",
        va="top",
        color=color,
        fontsize=9,
    )


def shortened(name: object, most: int = 24) -> str:
    r"""Return an id as text of one line: cut where it is long, without control signs.

    Examples
    --------
    >>> shortened(17), shortened("c" * 40, most=5), shortened("a\tb\0")
    ('17', 'cccc…', 'a b�')
    """
    text = " ".join(str(name).split())
    text = "".join(
        sign if sign.isprintable() else "\N{REPLACEMENT CHARACTER}" for sign in text
    )
    return text if len(text) <= most else f"{text[: most - 1]}…"


def remark(ax: Axes, text: str) -> None:
    """Put a remark over the right end of the axes."""
    ax.annotate(
        text,
        (1.0, 1.0),
        xycoords="axes fraction",
        xytext=(0, 3),
        textcoords="offset points",
        ha="right",
        va="bottom",
        color=MUTED,
        fontsize=8.5,
    )


def legend(ax: Axes, **kwargs: Any) -> None:
    """Say what is what in the axes' own words, without a box."""
    options = {
        "frameon": False,
        "fontsize": 9,
        "labelcolor": INK,
        "handlelength": 1.1,
        "handleheight": 0.9,
        "borderaxespad": 0.2,
    }
    ax.legend(**(options | kwargs))


def halo(text: Any) -> None:
    """Set a text apart from what lies behind it."""
    from matplotlib.patheffects import withStroke  # noqa: PLC0415

    text.set_path_effects([withStroke(linewidth=2.2, foreground="#fdfdfd", alpha=0.85)])


def sequential() -> Colormap:
    """Return colours for "the more, the darker"."""
    from matplotlib.colors import LinearSegmentedColormap  # noqa: PLC0415

    return LinearSegmentedColormap.from_list("tenure", _SEQUENCE)
