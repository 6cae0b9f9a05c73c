"""What every figure is drawn on and kept by: the size of a journal column, signs that print in grey, files that repeat."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

from ivigmyo.display import printable
from ivigmyo.figures.keep import figure_svg, save_figure
from ivigmyo.figures.letters import SIZE, load_matplotlib, unknown_signs, wrapped

if TYPE_CHECKING:
    from matplotlib.axes import Axes

__all__ = [
    "COLOURS",
    "COLUMN",
    "LINES",
    "PAGE",
    "POINT",
    "WORDS",
    "figure_svg",
    "fine_hatches",
    "legend_above",
    "missing_signs",
    "new_axes",
    "plain",
    "plain_number",
    "save_figure",
    "short_labels",
    "write",
]

COLUMN, PAGE = 85.0, 174.0
"""Widths of one and of two columns of a journal, in mm."""

COLOURS = {
    "black": "#000000",
    "blue": "#0072B2",
    "green": "#009E73",
    "grey": "#8C8C8C",
    "orange": "#E69F00",
    "pale": "#D9D9D9",
    "purple": "#CC79A7",
    "sky": "#56B4E9",
    "vermillion": "#D55E00",
    "yellow": "#F0E442",
}
"""The colours of Okabe and Ito, which the colour-blind tell apart, and greys."""

LINES: tuple[dict[str, Any], ...] = (
    {"color": COLOURS["blue"], "linestyle": "-"},
    {"color": COLOURS["vermillion"], "linestyle": "--"},
    {"color": COLOURS["green"], "linestyle": "-."},
    {"color": COLOURS["purple"], "linestyle": ":"},
    {"color": COLOURS["black"], "linestyle": (0, (6, 1, 1, 1, 1, 1))},
)
"""How the lines of several groups look, in their order."""

WORDS: dict[str, Any] = {"fontsize": SIZE, "color": COLOURS["black"]}
"""How a text looks; its font is the one of matplotlib's settings."""

POINT = 72 / 25.4
"""Points in a mm."""

_LEGEND: dict[str, Any] = {
    "borderaxespad": 0.2,
    "borderpad": 0.4,
    "columnspacing": 0.9,
    "fontsize": SIZE,
    "frameon": False,
    "handleheight": 0.7,
    "handlelength": 1.4,
    "handletextpad": 0.4,
    "labelcolor": COLOURS["black"],
    "labelspacing": 0.5,
    "markerscale": 1,
    "numpoints": 1,
}
_EDGE, _LEAST = 1.5, 28.0  # mm: the rim of a figure, and the least height of its axes
_LONGEST = 16


@contextmanager
def new_axes(ax: Axes | None, height: float, width: float = COLUMN) -> Iterator[Axes]:
    """Give axes to draw on: the caller's own, or those of a new figure.

    Parameters
    ----------
    ax : matplotlib.axes.Axes or None
        The caller's axes; None for a new figure.
    height, width : float
        Size of a new figure in mm.

    Yields
    ------
    matplotlib.axes.Axes
        The axes. Those of a new figure look the same whatever matplotlib's settings are, but for the font, and what is
        drawn on them is laid out at the end; style and layout of the caller's axes are the caller's.

    Examples
    --------
    >>> with new_axes(None, height=60) as ax:
    ...     _ = ax.set_xlabel("week")
    >>> (ax.get_figure().get_size_inches() * 25.4).round().tolist()
    [85.0, 60.0]
    """
    load_matplotlib()
    if ax is not None:
        yield ax
        return
    from ivigmyo.figures.drawn import DrawnAxes, new_figure

    figure = new_figure(width / 25.4, height / 25.4)
    axes = figure.add_subplot(axes_class=DrawnAxes)
    plain(axes)
    yield axes
    _plain_lines(axes)
    _lay_out(axes)


def plain(ax: Axes) -> None:
    """Give axes the looks of this package, setting by setting: matplotlib's own settings belong to every thread."""
    from matplotlib.ticker import FuncFormatter

    ax.set_facecolor("white")
    ax.grid(False, which="both")
    ax.set_axisbelow("line")
    ax.minorticks_off()
    for side, spine in ax.spines.items():
        spine.set(visible=side in ("left", "bottom"), color=COLOURS["black"], linewidth=0.6)
    shown: dict[str, Any] = {"bottom": True, "left": True, "top": False, "right": False}
    signs: dict[str, Any] = {
        "direction": "out",
        "length": 3.5,
        "width": 0.6,
        "pad": 3.5,
        "color": "black",
        "labelcolor": "black",
    }
    ax.tick_params(**shown, **{f"label{side}": on for side, on in shown.items()}, labelsize=SIZE, **signs)
    for axis in (ax.xaxis, ax.yaxis):
        axis.label.set(fontweight="normal", **WORDS)
        axis.labelpad = 4
        axis.set_major_formatter(FuncFormatter(plain_number))
    ax.margins(0.05)


def _plain_lines(ax: Axes) -> None:
    """Let lines end and turn as they do by default."""
    from matplotlib.lines import Line2D

    for line in ax.findobj(Line2D):
        assert isinstance(line, Line2D)
        line.set(solid_capstyle="projecting", solid_joinstyle="round", dash_capstyle="butt", dash_joinstyle="round")
        line.set_antialiased(True)


def plain_number(value: float, _place: int | None = None) -> str:
    """Write the number of a tick."""
    return f"{value:.10g}".replace("-", "\N{MINUS SIGN}")


def _lay_out(ax: Axes) -> None:
    """Make the axes as large as what stands around them allows; a figure too low for that grows."""
    figure: Any = ax.figure.figure
    renderer = figure.canvas.get_renderer()
    ax.set_position((0.1, 0.15, 0.88, 0.7))  # wide, so that a key which begins at its left fits into it
    for _ in range(2):  # ticks and texts may differ once the axes have their size
        width, height = figure.get_size_inches() * figure.dpi
        frame = ax.get_window_extent(renderer)
        box = ax.get_tightbbox(renderer) or frame
        rim = _EDGE / 25.4 * figure.dpi
        left, below = frame.x0 - box.x0 + rim, frame.y0 - box.y0 + rim
        right, above = box.x1 - frame.x1 + rim, box.y1 - frame.y1 + rim
        if height - below - above < (least := _LEAST / 25.4 * figure.dpi):
            height = least + below + above
            figure.set_size_inches(width / figure.dpi, height / figure.dpi, forward=False)
        wide = max(width - left - right, 0.2 * width)
        ax.set_position((left / width, below / height, wide / width, (height - below - above) / height))


def fine_hatches(ax: Axes) -> None:
    """Make the lines of hatched bars thin and black."""
    for patch in ax.patches:
        if hasattr(patch, "set_hatch_linewidth"):  # matplotlib 3.10; before, only its settings could
            patch.set_hatch_linewidth(0.5)


def missing_signs(ax: Axes) -> str:
    """Say which signs of a figure the fonts in use do not have; nothing where they have all."""
    from matplotlib.text import Text

    signs = unknown_signs(text for text in ax.figure.findobj(Text) if text.get_visible())
    if not signs:
        return ""
    listed = ", ".join(signs[:10]) + (", ..." if len(signs) > 10 else "")
    return (
        f"No font that matplotlib was given here has the sign{'s' if len(signs) > 1 else ''} {listed}: in an SVG or "
        "on a page the reader's own fonts show what is missing, in a PNG or PDF a box stands for it. A font that has them "
        "may be named in matplotlib's setting font.family."
    )


def short_labels(names: Any) -> list[str]:
    """Make names fit beside an axis or into a key.

    Parameters
    ----------
    names : iterable of object
        Names of patients or groups.

    Returns
    -------
    list of str
        Each name on one line; of one of more than 16 signs the end, which tells patients of one site apart.

    Examples
    --------
    >>> short_labels(["P07", "CDISCPILOT01-01-701-1015"])
    ['P07', '…T01-01-701-1015']
    """
    texts = [printable(str(name)) for name in names]
    return [text if len(text) <= _LONGEST else f"…{text[1 - _LONGEST :]}" for text in texts]


def write(ax: Axes, text: str, place: tuple[float, float], offset: tuple[float, float], **sign: Any) -> None:
    """Write a text as it is, some points away from a place.

    Parameters
    ----------
    ax : matplotlib.axes.Axes
        The axes.
    text : str
        The text; signs such as ``$`` have no meaning.
    place : tuple of float
        Where, in the coordinates of the axes.
    offset : tuple of float
        How far to the right and up of it, in points.
    **sign
        Options of ``Axes.annotate``.

    Examples
    --------
    >>> with new_axes(None, height=60) as ax:
    ...     write(ax, "a $", (0, 0), (2, 2))
    >>> ax.texts[0].get_text(), ax.texts[0].get_parse_math()
    ('a $', False)
    """
    ax.annotate(
        "\n".join(map(printable, text.split("\n"))) if sign.pop("lines", False) else printable(text),
        place,
        xytext=offset,
        textcoords="offset points",
        parse_math=False,
        **WORDS | sign,
    )


def legend_above(ax: Axes, entries: Mapping[str, Any], columns: int, width: float = 56 * POINT) -> None:
    """Set the key above the axes, where it hides nothing.

    Parameters
    ----------
    ax : matplotlib.axes.Axes
        The axes.
    entries : mapping of str to object
        What was drawn, by what it stands for, column by column.
    columns : int
        How many columns the key has.
    width : float
        In points, where a text of a single column is broken into lines.

    Examples
    --------
    >>> with new_axes(None, height=60) as ax:
    ...     line, = ax.plot([1, 2])
    ...     legend_above(ax, {"price in $": line}, columns=1)
    >>> [text.get_text() for text in ax.get_legend().get_texts()]
    ['price in $']
    """
    blanks = [" "] * len(entries)
    legend = ax.legend(list(entries.values()), blanks, loc="lower left", bbox_to_anchor=(0, 1), ncols=columns, **_LEGEND)
    # set afterwards, a text is taken as it is: neither "_" at its beginning nor "$" in it has a meaning
    for text, (label, drawn) in zip(legend.get_texts(), entries.items(), strict=True):
        drawn.set_label(label)
        text.set_parse_math(False)
        text.set_text(wrapped(label, width) if columns == 1 else printable(label))
