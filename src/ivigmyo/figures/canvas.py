"""What every figure is drawn on and kept by: the size of a journal column, signs that print in grey, files that repeat."""

from __future__ import annotations

import io
import warnings
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

from ivigmyo.display import printable
from ivigmyo.errors import refusal

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

__all__ = [
    "COLOURS",
    "COLUMN",
    "PAGE",
    "figure_svg",
    "legend_above",
    "new_axes",
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

_STYLE: dict[str, Any] = {
    "axes.labelsize": 8,
    "axes.linewidth": 0.6,
    "axes.spines.right": False,
    "axes.spines.top": False,
    "axes.titlesize": 8,
    "font.family": ["sans-serif"],
    "font.sans-serif": ["DejaVu Sans", "Verdana", "Arial", "Helvetica"],
    "font.size": 8,
    "hatch.linewidth": 0.5,
    "legend.borderaxespad": 0.2,
    "legend.columnspacing": 0.9,
    "legend.fontsize": 8,
    "legend.frameon": False,
    "legend.handlelength": 1.4,
    "legend.handletextpad": 0.4,
    "lines.linewidth": 1.2,
    "lines.markersize": 4,
    "svg.fonttype": "none",
    "svg.hashsalt": "ivigmyo",
    "xtick.labelsize": 8,
    "xtick.major.width": 0.6,
    "ytick.labelsize": 8,
    "ytick.major.width": 0.6,
}
_METADATA: dict[str, dict[str, Any]] = {
    "svg": {"Creator": None, "Date": None, "Format": None, "Type": None},
    "pdf": {"CreationDate": None},
    "png": {},
}
_LONGEST = 16


@contextmanager
def _style() -> Iterator[None]:
    """Draw in one style whatever the caller's is, without warnings, and leave the caller's settings as they were."""
    import matplotlib.style

    with matplotlib.style.context(["default", _STYLE]), warnings.catch_warnings():
        # a name in a script that the font lacks is still right in an SVG, whose reader brings the font
        warnings.filterwarnings("ignore", message="Glyph .* missing from", category=UserWarning)
        warnings.filterwarnings("ignore", message="constrained_layout not applied", category=UserWarning)
        yield


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
        The axes. On a new figure the style of this package holds while they are drawn on, and what is drawn is laid
        out at the end; on the caller's axes, style and layout are the caller's.

    Examples
    --------
    >>> with new_axes(None, height=60) as ax:
    ...     _ = ax.set_xlabel("week")
    >>> (ax.get_figure().get_size_inches() * 25.4).round().tolist()
    [85.0, 60.0]
    """
    if ax is not None:
        yield ax
        return
    from matplotlib.figure import Figure
    from matplotlib.layout_engine import ConstrainedLayoutEngine

    with _style():
        figure = Figure(figsize=(width / 25.4, height / 25.4))
        yield figure.add_subplot()
        # laid out once and for all: a layout anew at every drawing would move things by a hair each time
        ConstrainedLayoutEngine().execute(figure)


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
    ax.annotate(printable(text), place, xytext=offset, textcoords="offset points", parse_math=False, **sign)


def legend_above(ax: Axes, entries: Mapping[str, Any], columns: int) -> None:
    """Set the key above the axes, where it hides nothing.

    Parameters
    ----------
    ax : matplotlib.axes.Axes
        The axes.
    entries : mapping of str to object
        What was drawn, by what it stands for, column by column.
    columns : int
        How many columns the key has.

    Examples
    --------
    >>> with new_axes(None, height=60) as ax:
    ...     line, = ax.plot([1, 2])
    ...     legend_above(ax, {"price in $": line}, columns=1)
    >>> [text.get_text() for text in ax.get_legend().get_texts()]
    ['price in $']
    """
    blanks = [" "] * len(entries)
    legend = ax.legend(list(entries.values()), blanks, loc="lower left", bbox_to_anchor=(0, 1), ncols=columns)
    # set afterwards, a text is taken as it is: neither "_" at its beginning nor "$" in it has a meaning
    for text, (label, drawn) in zip(legend.get_texts(), entries.items(), strict=True):
        drawn.set_label(label)
        text.set_parse_math(False)
        text.set_text(printable(label))


def figure_svg(drawing: Axes | Figure) -> str:
    """Return a figure as SVG.

    Parameters
    ----------
    drawing : matplotlib.axes.Axes or matplotlib.figure.Figure
        The figure, or axes on it.

    Returns
    -------
    str
        The SVG document: the same text on every run, its words as text.

    Examples
    --------
    >>> from ivigmyo import kaplan_meier
    >>> from ivigmyo.figures import draw_survival
    >>> svg = figure_svg(draw_survival(kaplan_meier([2, 5, 7, 9], [1, 1, 0, 1])))
    >>> "<text" in svg, "<dc:date>" in svg
    (True, False)
    """
    buffer = io.BytesIO()
    _write(drawing, buffer, "svg", 72)
    return buffer.getvalue().decode()


def save_figure(drawing: Axes | Figure, path: str | Path, dpi: float = 300) -> None:
    """Write a figure to a file.

    Parameters
    ----------
    drawing : matplotlib.axes.Axes or matplotlib.figure.Figure
        The figure, or axes on it.
    path : str or pathlib.Path
        The file, which ends in ``.svg``, ``.pdf`` or ``.png``; one that exists is replaced.
    dpi : float, default 300
        Dots per inch of a PNG.

    Raises
    ------
    ValueError
        If the file has another ending.

    Notes
    -----
    The same figure gives the same bytes on every run with one release of matplotlib.

    Examples
    --------
    >>> from ivigmyo import kaplan_meier
    >>> from ivigmyo.figures import draw_survival
    >>> save_figure(draw_survival(kaplan_meier([2, 5, 7, 9], [1, 1, 0, 1])), "curve.jpg")
    Traceback (most recent call last):
        ...
    ValueError: 'path' must end in .svg, .pdf or .png (got 'curve.jpg').
    """
    file = Path(path)
    kind = file.suffix.lower().removeprefix(".")
    if kind not in _METADATA:
        raise ValueError(refusal("'path' must end in .svg, .pdf or .png", str(path)))
    buffer = io.BytesIO()
    _write(drawing, buffer, kind, dpi)
    file.write_bytes(buffer.getvalue())


def _write(drawing: Axes | Figure, buffer: io.BytesIO, kind: str, dpi: float) -> None:
    figure = drawing.figure.figure  # of axes on a part of a figure, the whole figure
    with _style():
        figure.savefig(buffer, format=kind, dpi=dpi, metadata=_METADATA[kind])
