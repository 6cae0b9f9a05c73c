"""matplotlib's own parts, made to repeat themselves whatever its settings are.

This module alone is written on top of matplotlib's classes, so it is imported only when something is drawn. matplotlib's
settings belong to the whole process: a figure that changed them, even for a moment, would change the figures that other
threads draw meanwhile. What matplotlib reads from them while it writes a file is therefore overridden here instead.
"""

# mypy: disable-error-code="no-untyped-call"

from __future__ import annotations

import hashlib
import io
import re
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from matplotlib import rcParamsDefault
from matplotlib.axes import Axes
from matplotlib.backends.backend_agg import FigureCanvasAgg, RendererAgg
from matplotlib.backends.backend_mixed import MixedModeRenderer
from matplotlib.backends.backend_pdf import PdfFile, RendererPdf
from matplotlib.backends.backend_svg import RendererSVG
from matplotlib.figure import Figure
from matplotlib.image import imsave

from ivigmyo.figures.letters import drawable

__all__ = ["DrawnAxes", "DrawnFigure", "new_figure", "pdf", "png", "svg"]

_NO_METADATA = {"Creator": None, "Date": None, "Format": None, "Type": None}
_ID = re.compile(r'(?<= id=")(?:[hmp]|image|C[0-9a-f]+_[0-9a-f]+_)[0-9a-f]{10}(?=")')
_DEFAULT_FONTS = ", ".join([*map(repr, rcParamsDefault["font.sans-serif"]), "sans-serif"])
_FONTS = "'DejaVu Sans', 'Verdana', 'Arial', 'Helvetica', sans-serif"


class _Letters:
    """Measures and draws texts without a warning where a font lacks a sign."""

    def get_text_width_height_descent(self, s: str, prop: Any, ismath: Any) -> Any:
        return super().get_text_width_height_descent(s if ismath else drawable(s, prop), prop, ismath)  # type: ignore[misc]

    def draw_text(
        self, gc: Any, x: Any, y: Any, s: str, prop: Any, angle: Any, ismath: Any = False, mtext: Any = None
    ) -> None:
        super().draw_text(gc, x, y, s if ismath else drawable(s, prop), prop, angle, ismath, mtext)  # type: ignore[misc]


class _Pixels(_Letters, RendererAgg):
    def __init__(self, width: float, height: float, dpi: float) -> None:
        super().__init__(int(width), int(height), dpi)


class _Pages(_Letters, RendererPdf):
    pass


class _Shapes(RendererSVG):
    """Writes words as words, whatever ``svg.fonttype`` says; the reader's fonts may have the signs that are missing here."""

    def get_text_width_height_descent(self, s: str, prop: Any, ismath: Any) -> Any:
        return super().get_text_width_height_descent(s if ismath else drawable(s, prop), prop, ismath)

    def _draw_text_as_path(
        self, gc: Any, x: Any, y: Any, s: str, prop: Any, angle: Any, ismath: Any, mtext: Any = None
    ) -> None:
        self._draw_text_as_text(gc, x, y, s, prop, angle, ismath, mtext)


class _Canvas(FigureCanvasAgg):
    """Measures texts, and draws a figure that its user shows or saves by matplotlib's own means, as this module does."""

    def get_renderer(self) -> RendererAgg:
        width, height = (float(side) for side in self.figure.bbox.size)
        key = (width, height, self.figure.dpi)
        if getattr(self, "_key", None) != key:
            self._renderer, self._key = _Pixels(width, height, self.figure.dpi), key
        return self._renderer

    def print_svg(self, filename: Any, **_: Any) -> None:
        _put(filename, svg(self.figure).encode())

    def print_pdf(self, filename: Any, **_: Any) -> None:
        _put(filename, pdf(self.figure))


class DrawnFigure(Figure):
    """A figure that a notebook shows without a magic command."""

    def _repr_svg_(self) -> str:
        return svg(self)


class DrawnAxes(Axes):
    """Axes that a notebook shows as the figure they are on."""

    def _repr_svg_(self) -> str:
        return svg(self.figure.figure)


def new_figure(width: float, height: float) -> DrawnFigure:
    """Make an empty white figure of a size in inches."""
    figure = DrawnFigure((width, height), dpi=100, facecolor="white", edgecolor="white", linewidth=0, frameon=True)
    figure.set_layout_engine("none")
    _Canvas(figure)
    return figure


def svg(figure: Figure) -> str:
    """Draw a figure as SVG; its ids rest on its content, so that figures of one notebook or page do not share any."""
    text = io.StringIO()
    width, height = figure.get_size_inches()
    shapes = _Shapes(width * 72, height * 72, text, image_dpi=72, metadata=_NO_METADATA)
    with _at_dpi(figure, 72):
        renderer: Any = MixedModeRenderer(figure, width, height, 72, shapes)
        figure.draw(renderer)
        renderer.finalize()
    words = text.getvalue().replace(_DEFAULT_FONTS, _FONTS)
    random = {found: f"{found[0]}{k}x" for k, found in enumerate(dict.fromkeys(_ID.findall(words)))}
    named = re.sub("|".join(random) or "$.", lambda found: random[found[0]], words)
    own = hashlib.sha256(named.encode()).hexdigest()[:8]
    return re.sub("|".join(random) or "$.", lambda found: f"{random[found[0]]}-{own}", words)


def pdf(figure: Figure) -> bytes:
    """Draw a figure as PDF, without the date."""
    buffer = io.BytesIO()
    width, height = figure.get_size_inches()
    file = PdfFile(buffer, metadata={"CreationDate": None})
    try:
        with _at_dpi(figure, 72):
            file.newPage(width, height)
            renderer: Any = MixedModeRenderer(figure, width, height, 72, _Pages(file, 72, height, width))
            figure.draw(renderer)
            renderer.finalize()
        file.finalize()
    finally:
        file.close()
    return buffer.getvalue()


def png(figure: Figure, dpi: float) -> bytes:
    """Draw a figure as PNG."""
    buffer = io.BytesIO()
    with _at_dpi(figure, dpi):
        pixels = _Pixels(figure.bbox.width, figure.bbox.height, dpi)
        figure.draw(pixels)
    imsave(buffer, pixels.buffer_rgba(), format="png", origin="upper", dpi=dpi)
    return buffer.getvalue()


@contextmanager
def _at_dpi(figure: Any, dpi: float) -> Iterator[None]:
    """Let a figure have a resolution for a while; its window, if it has one, keeps its size."""
    before = figure.dpi
    figure._set_dpi(dpi, forward=False)
    try:
        yield
    finally:
        figure._set_dpi(before, forward=False)


def _put(target: Any, content: bytes) -> None:
    if hasattr(target, "write"):
        target.write(content.decode() if isinstance(target, io.TextIOBase) else content)
        return
    Path(target).write_bytes(content)
