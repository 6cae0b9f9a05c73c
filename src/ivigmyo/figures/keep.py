"""A figure becomes a file, or the text of one."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from ivigmyo.errors import refusal
from ivigmyo.files.whole import write_whole

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

__all__ = ["figure_svg", "save_figure"]

_KINDS = ("svg", "pdf", "png")


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
    from ivigmyo.figures import drawn

    return drawn.svg(drawing.figure.figure)  # of axes on a part of a figure, the whole figure


def save_figure(drawing: Axes | Figure, path: str | Path, dpi: float = 300) -> None:
    """Write a figure to a file.

    Parameters
    ----------
    drawing : matplotlib.axes.Axes or matplotlib.figure.Figure
        The figure, or axes on it.
    path : str or pathlib.Path
        The file, which ends in ``.svg``, ``.pdf`` or ``.png``. One that exists is replaced when the new one is whole;
        of a link, the file it leads to.
    dpi : float, default 300
        Dots per inch of a PNG.

    Raises
    ------
    ValueError
        If the file has another ending.

    Notes
    -----
    The same figure gives the same bytes on every run with one release of matplotlib and one set of fonts.

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
    if kind not in _KINDS:
        raise ValueError(refusal("'path' must end in .svg, .pdf or .png", str(path)))
    from ivigmyo.figures import drawn

    figure = drawing.figure.figure
    made = {
        "svg": lambda: drawn.svg(figure).encode(),
        "pdf": lambda: drawn.pdf(figure),
        "png": lambda: drawn.png(figure, dpi),
    }
    write_whole(file, made[kind]())
