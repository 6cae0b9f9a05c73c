"""What a figure is made of, as lines of text: each line, bar, text and axis with its place and look."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
from matplotlib.artist import Artist
from matplotlib.axes import Axes
from matplotlib.collections import Collection
from matplotlib.colors import to_hex
from matplotlib.figure import Figure
from matplotlib.lines import Line2D
from matplotlib.patches import Patch
from matplotlib.text import Annotation, Text


def _numbers(values: object) -> str:
    return " ".join(f"{value:.4g}" for value in np.ravel(np.ma.filled(np.ma.asarray(values, float), np.nan)))


def _colours(colours: object) -> str:
    return " ".join(to_hex(colour, keep_alpha=True) for colour in np.reshape(colours, (-1, 4)))


def _label(artist: Artist) -> str:
    label = str(artist.get_label())
    return "" if label.startswith("_") else label


def _look(artist: Artist) -> Iterator[str]:
    lines = list(_own_look(artist))
    if lines:
        alpha = "" if artist.get_alpha() is None else f"; alpha {artist.get_alpha():g}"
        yield f"{lines[0]}; layer {artist.get_zorder():g}{alpha}"
        yield from lines[1:]


def _own_look(artist: Artist) -> Iterator[str]:
    if isinstance(artist, Line2D):
        dashes = getattr(artist, "_unscaled_dash_pattern", None)
        sizes = f"{artist.get_linewidth():g} {artist.get_marker()} {artist.get_markersize():g}"
        filled = to_hex(artist.get_markerfacecolor()) if artist.get_markerfacecolor() != "none" else "none"
        yield f"line {to_hex(artist.get_color())} {artist.get_linestyle()} {dashes} {sizes} {filled}: {_label(artist)}"
        yield f"  x {_numbers(artist.get_xdata(orig=False))}; y {_numbers(artist.get_ydata(orig=False))}"
    elif isinstance(artist, Collection):
        yield f"collection {_colours(artist.get_facecolor())} {_colours(artist.get_edgecolor())}"
        yield f"  at {_numbers(artist.get_offsets())}: {_label(artist)}; widths {_numbers(artist.get_linewidth())}"
        yield from (f"  path {_numbers(np.unique(path.vertices, axis=0))}" for path in artist.get_paths())
    elif isinstance(artist, Patch):
        colours = f"{to_hex(artist.get_facecolor(), True)} {to_hex(artist.get_edgecolor(), True)}"
        yield f"{type(artist).__name__} {colours} {artist.get_linewidth():g} {artist.get_hatch()}: {_label(artist)}"
        yield f"  corners {_numbers(artist.get_patch_transform().transform(artist.get_path().vertices))}"
    elif isinstance(artist, Annotation) and artist.arrow_patch is not None:
        arrow = artist.arrow_patch
        yield f"arrow {to_hex(arrow.get_edgecolor())} {arrow.get_linewidth():g} {arrow.get_mutation_scale():g}"
        yield f"  from {_numbers(artist.xyann)} to {_numbers(artist.xy)}; short by {arrow.shrinkA:g} and {arrow.shrinkB:g}"
    elif isinstance(artist, Text) and artist.get_text():
        look = (to_hex(artist.get_color()), f"{artist.get_fontsize():g}", artist.get_ha(), artist.get_va())
        yield f"text {artist.get_text()!r} {' '.join(look)} {artist.get_rotation():g} {artist.get_weight()}"
        yield f"  at {_numbers(artist.get_position())}; of {_numbers(getattr(artist, 'xy', ()))}"


def lines_of(figure: Figure) -> Iterator[str]:
    """Yield what a figure shows, its axes from the first to the last."""
    yield f"figure {_numbers(figure.get_size_inches())}"
    for axes in figure.axes:
        for each in (axes, *axes.child_axes):
            yield from _scales(each)
            if isinstance(each, Axes):
                yield from _axes(each)


def _scales(axes: Axes) -> Iterator[str]:
    yield f"axes {axes.get_xscale()} {axes.get_yscale()}"
    for name, axis in (("x", axes.xaxis), ("y", axes.yaxis)):
        limits = sorted(axis.get_view_interval()), axis.get_inverted(), axis.get_visible()
        yield f"{name} {axis.label.get_text()!r} from {_numbers(limits[0])}, inverted {limits[1]}, visible {limits[2]}"
        yield f"  {_numbers(axis.get_ticklocs())}: {' | '.join(label.get_text() for label in axis.get_ticklabels())}"
    yield f"  spines {[name for name, spine in axes.spines.items() if spine.get_visible()]}"


def _axes(axes: Axes) -> Iterator[str]:
    yield from _look(axes.title)
    yield from (line for artist in (*axes.lines, *axes.collections, *axes.patches, *axes.texts) for line in _look(artist))
    if (legend := axes.get_legend()) is not None:
        yield f"legend {[text.get_text() for text in legend.get_texts()]}"
